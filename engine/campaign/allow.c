/* campaign/allow.c — alerts that are known and not wanted: by rule or campaign, field and value, until a day.
 *
 * A value that reads as an address or a network is compared with addresses; one that reads as a domain covers its subdomains and
 * is compared without regard to case; any other is compared byte by byte. A list is covered when all its items are: one
 * friendly address among the answers must not hide the others.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/fmt.h"
#include "campaign/campaign_priv.h"

struct entry {
	const struct sk_campaign_allow *conf;
	bool is_net, is_domain;
	struct sk_addr net;
	unsigned bits;
	uint64_t hits;
};

struct sk_allow {
	size_t cnt;
	struct entry entries[];
};

/* "10.0.0.0/8", "2001:db8::/32", or an address alone. */
static bool read_net(const char *text, struct sk_addr *net, unsigned *bits)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	unsigned max, v = 0;

	if (sk_parse_addr(sk_span(text, n), net) < 0)
		return false;
	max = net->family == 4 ? 32 : 128;
	*bits = max;
	if (!slash)
		return true;
	if (!slash[1] || strlen(slash + 1) > 3)
		return false;
	for (const char *s = slash + 1; *s; s++) {
		if (*s < '0' || *s > '9')
			return false;
		v = v * 10 + (unsigned)(*s - '0');
	}
	*bits = v;
	return v <= max;
}

static bool read_domain(const char *s)
{
	bool dot = false;

	if (*s == '.' || !*s)
		return false;
	for (; *s; s++) {
		uint8_t c = sk_ascii_lower((uint8_t)*s);

		if (c == '.')
			dot = true;
		else if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
			return false;
	}
	return dot && s[-1] != '.';
}

int sk_allow_new(struct sk_allow **out, const struct sk_campaign_conf *conf)
{
	struct sk_allow *l = calloc(1, sizeof(*l) + conf->allow_cnt * sizeof(l->entries[0]));

	*out = l;
	if (!l)
		return SK_E_MEMORY;
	l->cnt = conf->allow_cnt;
	for (size_t i = 0; i < l->cnt; i++) {
		struct entry *e = &l->entries[i];

		e->conf = &conf->allow[i];
		if (!e->conf->value)
			continue;
		e->is_net = read_net(e->conf->value, &e->net, &e->bits);
		e->is_domain = !e->is_net && read_domain(e->conf->value);
	}
	return 0;
}

void sk_allow_free(struct sk_allow *l)
{
	free(l);
}

static bool in_net(const struct entry *e, const struct sk_addr *a)
{
	unsigned whole = e->bits / 8, rest = e->bits % 8;

	if (a->family != e->net.family || memcmp(a->b, e->net.b, whole) != 0)
		return false;
	return rest == 0 || (a->b[whole] ^ e->net.b[whole]) >> (8 - rest) == 0;
}

static bool covers_text(const struct entry *e, struct sk_span s)
{
	struct sk_span want = sk_span_str(e->conf->value);
	struct sk_addr a;

	if (e->is_net)
		return sk_parse_addr(s, &a) == 0 && in_net(e, &a);
	if (!e->is_domain)
		return sk_span_is(s, want);
	if (s.n && s.p[s.n - 1] == '.')
		s.n--;
	if (s.n > want.n && s.p[s.n - want.n - 1] == '.')
		s = sk_span_sub(s, s.n - want.n, want.n);
	return sk_span_is_nocase(s, want);
}

static bool covers_value(const struct entry *e, const struct sk_value *v)
{
	char text[24];

	switch (v->type) {
	case SK_VALUE_TEXT:
	case SK_VALUE_BYTES:
	case SK_VALUE_STREAM:
		return covers_text(e, v->u.bytes);
	case SK_VALUE_ADDR:
		return e->is_net && in_net(e, &v->u.addr);
	case SK_VALUE_INT:
	case SK_VALUE_BOOL:
	case SK_VALUE_TIME:
		snprintf(text, sizeof(text), "%llu", (unsigned long long)v->u.num);
		return strcmp(text, e->conf->value) == 0;
	case SK_VALUE_LIST:
		for (size_t i = 0; i < v->u.list.n; i++)
			if (!covers_value(e, &v->u.list.v[i]))
				return false;
		return v->u.list.n > 0 && v->u.list.n < SK_ALERT_LIST_MAX;	/* a full list may have lost items */
	default:
		return false;
	}
}

static bool is_rule(const char *id, const struct sk_rule *r)
{
	return !id || strcmp(id, r->id) == 0 || (r->campaign && strcmp(id, r->campaign->id) == 0);
}

bool sk_allow_covers(struct sk_allow *l, const struct sk_alert *a, struct sk_arena *scratch)
{
	for (size_t i = 0; i < l->cnt; i++) {
		struct entry *e = &l->entries[i];
		struct sk_value v;

		if (!is_rule(e->conf->rule, a->rule) || (e->conf->expires_ns && a->time_ns >= e->conf->expires_ns))
			continue;
		if (e->conf->field && e->conf->value) {
			v = sk_alert_value(a, e->conf->field, scratch);
			if (!covers_value(e, &v))
				continue;
		} else if (!e->conf->rule) {
			continue;		/* neither a rule nor a value: would cover everything */
		}
		e->hits++;
		return true;
	}
	return false;
}

void sk_allow_print(const struct sk_allow *l, void *out)
{
	for (size_t i = 0; i < l->cnt; i++) {
		const struct entry *e = &l->entries[i];
		const struct sk_campaign_allow *a = e->conf;

		if (e->hits)
			fprintf(out, "  allow-list  %6llu  %s %s: %s\n", (unsigned long long)e->hits, a->field ? a->field : "all of",
				a->value ? a->value : a->rule ? a->rule : "-", a->reason ? a->reason : "no reason given");
	}
}
