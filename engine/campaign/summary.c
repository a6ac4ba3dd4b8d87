/* campaign/summary.c — what the run has seen: by campaign, then stage, then hosts, in 80 columns.
 *
 * Counts are kept per campaign, stage, server and client while alerts leave; up to SK_CAMPAIGN_SUMMARY_MAX such pairs, those
 * after that only by campaign and stage. Everything is sorted by what it says, never by where it was stored.
 */
#include <stdio.h>
#include <stdlib.h>

#include "alert/utf8.h"
#include "base/fmt.h"
#include "campaign/campaign_priv.h"

#define CLIENTS_SHOWN 6u

struct node {				/* payload; key: campaign, stage, server, client */
	const char *campaign, *name, *stage;
	struct sk_addr server, client;
	uint64_t cnt;
	uint64_t first_ns, last_ns;
	unsigned severity;
	bool is_rest;			/* hosts that are not told apart */
};

struct sk_summary {
	struct sk_keys nodes;
	struct sk_keys rest;		/* by campaign and stage alone */
};

struct sk_summary *sk_summary_new(void)
{
	struct sk_summary *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	if (sk_keys_init(&s->nodes, SK_CAMPAIGN_SUMMARY_MAX, sizeof(struct node), NULL, NULL) < 0 ||
	    sk_keys_init(&s->rest, SK_CAMPAIGN_SUMMARY_MAX, sizeof(struct node), NULL, NULL) < 0) {
		sk_summary_free(s);
		return NULL;
	}
	s->nodes.keeps = s->rest.keeps = true;
	return s;
}

void sk_summary_free(struct sk_summary *s)
{
	if (!s)
		return;
	sk_keys_fini(&s->nodes);
	sk_keys_fini(&s->rest);
	free(s);
}

/* An alert over several flows belongs to the server its rule joins them by, and to who spoke to that first. */
static void find_hosts(const struct sk_alert *a, struct sk_addr *server, struct sk_addr *client)
{
	*server = a->flow.server_ip;
	*client = a->flow.client_ip;
	for (size_t i = 0; i < a->key_cnt; i++) {
		if (strcmp(a->key[i].field, "server.ip") != 0 || a->key[i].value.type != SK_VALUE_ADDR)
			continue;
		*server = a->key[i].value.u.addr;
		for (size_t k = a->member_cnt; k-- > 0;)
			if (sk_addr_is(&a->members[k]->flow.server_ip, server))
				*client = a->members[k]->flow.client_ip;
	}
}

void sk_summary_add(struct sk_summary *s, const struct sk_alert *a)
{
	const struct sk_campaign_info *c = a->rule->campaign;
	struct node n = { .campaign = c ? c->id : "", .name = c && c->name ? c->name : "",
		.stage = a->rule->stage ? a->rule->stage : "",
		.first_ns = UINT64_MAX };
	const size_t hosts = sizeof(n.server) + sizeof(n.client);
	uint8_t key[sizeof(n.server) + sizeof(n.client) + 256];
	size_t len = hosts + (size_t)snprintf((char *)key + hosts, sizeof(key) - hosts, "%.100s/%.100s", n.campaign, n.stage);
	struct sk_key *k;
	struct node *at;

	find_hosts(a, &n.server, &n.client);
	memcpy(key, &n.server, sizeof(n.server));
	memcpy(key + sizeof(n.server), &n.client, sizeof(n.client));
	k = sk_keys_get(&s->nodes, 0, sk_span(key, len));
	if (!k) {
		n.is_rest = true;
		k = sk_keys_get(&s->rest, 0, sk_span(key + hosts, len - hosts));
	}
	if (!k)
		return;
	at = k->payload;
	if (at->cnt == 0)
		*at = n;
	at->cnt++;
	at->first_ns = SK_MIN(at->first_ns, a->time_ns);
	at->last_ns = SK_MAX(at->last_ns, a->time_ns);
	at->severity = SK_MAX(at->severity, a->rule->severity);
}

/* A run of nodes that share campaign, stage or server. */
struct group {
	const struct node *nodes;
	size_t n;
	uint64_t cnt, first_ns, last_ns;
	unsigned severity;
};

static int by_names(const void *a, const void *b)
{
	const struct node *x = a, *y = b;
	int d = strcmp(x->campaign, y->campaign);

	if (d == 0)
		d = strcmp(x->stage, y->stage);
	if (d == 0)
		d = x->is_rest - y->is_rest;
	if (d == 0)
		d = x->server.family - y->server.family;
	if (d == 0)
		d = memcmp(x->server.b, y->server.b, sizeof(x->server.b));
	if (d == 0)
		d = x->client.family - y->client.family;
	return d ? d : memcmp(x->client.b, y->client.b, sizeof(x->client.b));
}

/* The worst first, then the earliest; ties stay in the order of names, which is that of the addresses. */
static int by_weight(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	if (x->first_ns != y->first_ns)
		return x->first_ns < y->first_ns ? -1 : 1;
	return x->nodes < y->nodes ? -1 : x->nodes > y->nodes;
}

/* The order in which things happened. */
static int by_first(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->nodes->is_rest != y->nodes->is_rest)
		return x->nodes->is_rest ? 1 : -1;
	if (x->first_ns != y->first_ns)
		return x->first_ns < y->first_ns ? -1 : 1;
	return x->nodes < y->nodes ? -1 : x->nodes > y->nodes;
}

static bool same_campaign(const struct node *a, const struct node *b) { return strcmp(a->campaign, b->campaign) == 0; }
static bool same_stage(const struct node *a, const struct node *b) { return strcmp(a->stage, b->stage) == 0; }
static bool same_server(const struct node *a, const struct node *b)
{
	return sk_addr_is(&a->server, &b->server) && a->is_rest == b->is_rest;
}

/* Cuts sorted nodes into groups, sorted by order. NULL when memory is short. */
static struct group *make_groups(const struct node *nodes, size_t n, bool (*same)(const struct node *, const struct node *),
				 int (*order)(const void *, const void *), size_t *cnt)
{
	struct group *groups = calloc(n ? n : 1, sizeof(*groups));

	*cnt = 0;
	for (size_t i = 0; groups && i < n; i++) {
		struct group *g;

		if (i == 0 || !same(&nodes[i - 1], &nodes[i]))
			groups[(*cnt)++] = (struct group){ .nodes = &nodes[i], .first_ns = UINT64_MAX };
		g = &groups[*cnt - 1];
		g->n++;
		g->cnt += nodes[i].cnt;
		g->first_ns = SK_MIN(g->first_ns, nodes[i].first_ns);
		g->last_ns = SK_MAX(g->last_ns, nodes[i].last_ns);
		g->severity = SK_MAX(g->severity, nodes[i].severity);
	}
	if (groups)
		qsort(groups, *cnt, sizeof(*groups), order);
	return groups;
}

/* "2025-07-18 18:06:01 - 18:09:13", or with days to the minute, or one moment. */
static const char *span_text(const struct group *g, char *buf, size_t size)
{
	char first[SK_TIME_TEXT_MAX], last[SK_TIME_TEXT_MAX];

	sk_fmt_time(g->first_ns, first);
	sk_fmt_time(g->last_ns, last);
	if (memcmp(first, last, 19) == 0)
		snprintf(buf, size, "%.10s %.8s", first, first + 11);
	else if (memcmp(first, last, 10) == 0)
		snprintf(buf, size, "%.10s %.8s - %.8s", first, first + 11, last + 11);
	else
		snprintf(buf, size, "%.10s %.5s - %.10s %.5s", first, first + 11, last, last + 11);
	return buf;
}

static void print_row(FILE *out, const char *label, const struct group *g)
{
	char span[48];
	size_t n = strlen(label);

	if (n > 34) {
		fprintf(out, "%s\n", label);
		label = "";
	}
	fprintf(out, "%-34s %7llu  %s\n", label, (unsigned long long)g->cnt, span_text(g, span, sizeof(span)));
}

static void print_clients(FILE *out, const struct group *g)
{
	char addr[SK_ADDR_TEXT_MAX];
	size_t column = 0, shown = SK_MIN(g->n, (size_t)CLIENTS_SHOWN);

	for (size_t i = 0; i < shown; i++) {
		size_t n = strlen(sk_fmt_addr(&g->nodes[i].client, addr));

		if (i && column + n + 2 > 78) {
			fputs(",\n", out);
			column = 0;
		} else if (i) {
			fputs(", ", out);
			column += 2;
		}
		if (column == 0)
			column = (size_t)fprintf(out, "%s", i ? "           " : "      from ");
		fputs(addr, out);
		column += n;
	}
	if (g->n > shown)
		fprintf(out, "\n           and %zu more", g->n - shown);
	fputc('\n', out);
}

static void print_stage(FILE *out, const struct group *stage)
{
	char label[SK_ADDR_TEXT_MAX + 16], addr[SK_ADDR_TEXT_MAX];
	struct group *servers;
	size_t cnt;

	snprintf(label, sizeof(label), "  %.40s", *stage->nodes->stage ? stage->nodes->stage : "(no stage)");
	print_row(out, label, stage);
	servers = make_groups(stage->nodes, stage->n, same_server, by_first, &cnt);
	for (size_t i = 0; servers && i < cnt; i++) {
		if (servers[i].nodes->is_rest) {
			print_row(out, "    other hosts", &servers[i]);
			continue;
		}
		snprintf(label, sizeof(label), "    %s", sk_fmt_addr(&servers[i].nodes->server, addr));
		print_row(out, label, &servers[i]);
		print_clients(out, &servers[i]);
	}
	free(servers);
}

static const char *colour_of(unsigned severity)
{
	return severity >= SK_SEVERITY_HIGH ? "\033[1;31m" : severity == SK_SEVERITY_MEDIUM ? "\033[33m" : "\033[36m";
}

static void print_campaign(FILE *out, const struct group *g, bool colour)
{
	char name[160], tail[64];
	struct sk_buf shown = { 0 };
	struct group *stages;
	size_t cnt, room;

	snprintf(name, sizeof(name), *g->nodes->name ? "%.80s (%.60s)" : "%s%.60s", g->nodes->name,
		 *g->nodes->campaign ? g->nodes->campaign : "findings of plugins");
	snprintf(tail, sizeof(tail), "%s  %llu alert%s", sk_severity_word(g->severity), (unsigned long long)g->cnt,
		 g->cnt == 1 ? "" : "s");
	sk_alert_printable(&shown, sk_span_str(name));
	room = 78 - strlen(tail);
	shown.n = sk_utf8_cut(shown.p, shown.n, room);
	fprintf(out, "\n%s%s%s%*s%s%s%s\n", colour ? "\033[1m" : "", sk_buf_str(&shown), colour ? "\033[0m" : "",
		(int)(room - shown.n + 2), "", colour ? colour_of(g->severity) : "", tail, colour ? "\033[0m" : "");
	sk_buf_fini(&shown);
	stages = make_groups(g->nodes, g->n, same_stage, by_first, &cnt);
	for (size_t i = 0; stages && i < cnt; i++)
		print_stage(out, &stages[i]);
	free(stages);
}

static void print_held(FILE *out, const struct sk_campaign *c)
{
	const struct sk_campaign_counters *n = &c->counters;

	if (n->limited + n->storm + n->allowed + n->keys_evicted == 0)
		return;
	fprintf(out, "\nheld back: %llu by rules' limits, %llu by storm limits, %llu by the allow-list\n",
		(unsigned long long)n->limited, (unsigned long long)n->storm, (unsigned long long)n->allowed);
	for (size_t i = 0; i < c->state_cnt + c->foreign_cnt; i++) {
		const struct sk_rule_state *s = i < c->state_cnt ? &c->states[i] : &c->foreign[i - c->state_cnt];

		if (s->held_total)
			fprintf(out, "  limits      %6llu  %s\n", (unsigned long long)s->held_total, s->id ? s->id : s->rule->id);
	}
	sk_allow_print(c->allow, out);
	if (n->keys_evicted)
		fprintf(out, "  %llu open states were forgotten for want of room\n", (unsigned long long)n->keys_evicted);
}

static void copy_nodes(struct node *to, size_t *n, const struct sk_keys *from)
{
	for (const struct sk_key *k = from->oldest; k; k = k->newer)
		to[(*n)++] = *(const struct node *)k->payload;
}

void sk_campaign_summary(const struct sk_campaign *c, void *out, bool colour)
{
	size_t n = 0, cnt = 0;
	struct node *nodes = calloc(c->summary->nodes.cnt + c->summary->rest.cnt + 1, sizeof(*nodes));
	struct group *campaigns;

	if (!nodes)
		return;
	copy_nodes(nodes, &n, &c->summary->nodes);
	copy_nodes(nodes, &n, &c->summary->rest);
	qsort(nodes, n, sizeof(*nodes), by_names);
	campaigns = make_groups(nodes, n, same_campaign, by_weight, &cnt);
	if (n == 0)
		fputs("\nno alerts\n", out);
	for (size_t i = 0; campaigns && i < cnt; i++)
		print_campaign(out, &campaigns[i], colour);
	print_held(out, c);
	free(campaigns);
	free(nodes);
}
