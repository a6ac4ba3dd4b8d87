/* sink/text/text.c — one readable block per alert.
 *
 * Everything that comes from the network is made printable before it reaches a terminal, names and addresses are defanged, and
 * lines are wrapped to the terminal's width. What an analyst should do next is told once per campaign.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "alert/utf8.h"
#include "base/fmt.h"
#include "sink/file.h"
#include "sink/text/defang.h"

#define WIDTH_PRESET 80u
#define WIDTH_MIN 40u
#define WIDTH_MAX 160u
#define LABEL 10u			/* columns before the text of a labelled line */
#define AROUND 32u			/* bytes shown before and after a match */
#define MATCH_MAX 160u			/* bytes shown of a match */
#define NUMBERS_MAX 8u			/* packet numbers shown */
#define STEPS_MAX 32u			/* members shown */
#define CAMPAIGNS_MAX 1024u		/* campaigns whose next steps are remembered as told */

struct text {
	struct sk_sink s;
	struct sk_sink_file f;
	bool colour;
	bool wipes;			/* a progress line may stand where a block begins */
	unsigned width;
	char **told;			/* ids of campaigns whose next steps were told */
	size_t told_cnt;
	struct sk_buf block, line;
	struct sk_defang defang;
};

static struct text *text_of(struct sk_sink *s)
{
	return SK_CONTAINER(s, struct text, s);
}

static void paint(struct text *t, const char *code)
{
	if (t->colour)
		sk_buf_add_str(&t->line, code);
}

/* Columns a piece of t->line takes: characters, without colour codes. */
static unsigned columns(struct sk_span s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == 033) {
			while (i < s.n && s.p[i] != 'm')
				i++;
			continue;
		}
		n += (s.p[i] & 0xc0) != 0x80;
	}
	return n;
}

static void newline(struct text *t, unsigned indent, unsigned *column)
{
	while (t->block.n && t->block.p[t->block.n - 1] == ' ')
		t->block.n--;
	sk_buf_add_byte(&t->block, '\n');
	for (unsigned i = 0; i < indent; i++)
		sk_buf_add_byte(&t->block, ' ');
	*column = indent;
}

/* Bytes of s that fit into room columns: whole characters and colour codes, at least one. */
static size_t fitting(struct sk_span s, unsigned room)
{
	size_t i = 0;
	unsigned n = 0;

	while (i < s.n) {
		size_t next = i + 1;

		if (s.p[i] == 033) {
			while (next < s.n && s.p[next - 1] != 'm')
				next++;
			i = next;
			continue;
		}
		while (next < s.n && (s.p[next] & 0xc0) == 0x80)
			next++;
		if (n == room && i > 0)
			break;
		n++;
		i = next;
	}
	return i;
}

/* Moves t->line into the block, wrapped at blanks; words longer than a line are cut. column: where the block's line is now. */
static void flow_line(struct text *t, unsigned indent, unsigned column)
{
	struct sk_span s = sk_buf_span(&t->line);
	bool first = true;

	t->block.failed |= t->line.failed;
	while (s.n) {
		const uint8_t *blank = memchr(s.p, ' ', s.n);
		struct sk_span word = sk_span(s.p, blank ? (size_t)(blank - s.p) : s.n);
		unsigned n = columns(word);

		s = sk_span_sub(s, word.n + (blank != NULL), s.n);
		if (!first && column + 1 + n > t->width) {
			newline(t, indent, &column);
		} else if (!first) {
			sk_buf_add_byte(&t->block, ' ');
			column++;
		}
		while (n > t->width - column) {
			size_t part = fitting(word, t->width - column);

			sk_buf_add(&t->block, sk_span_sub(word, 0, part));
			word = sk_span_sub(word, part, word.n);
			n = columns(word);
			newline(t, indent, &column);
		}
		sk_buf_add(&t->block, word);
		column += n;
		first = false;
	}
	sk_buf_add_byte(&t->block, '\n');
	sk_buf_clear(&t->line);
}

/* Ends a labelled line whose text is in t->line; where it is wrapped, it goes on hang columns further in. */
static void hanging(struct text *t, const char *label, unsigned hang)
{
	sk_buf_addf(&t->block, "  %-*s", (int)LABEL - 2, label);
	flow_line(t, LABEL + hang, LABEL);
}

static void labelled(struct text *t, const char *label)
{
	hanging(t, label, 0);
}

static void put_printable(struct text *t, const char *s)
{
	sk_alert_printable(&t->line, sk_span_str(s));
}

static const char *colour_of(unsigned severity)
{
	switch (severity) {
	case SK_SEVERITY_CRITICAL: return "\033[1;37;41m";
	case SK_SEVERITY_HIGH: return "\033[1;31m";
	case SK_SEVERITY_MEDIUM: return "\033[1;33m";
	default: return "\033[1;36m";
	}
}

static void put_head(struct text *t, const struct sk_alert *a)
{
	static const char *const words[] = { "INFO", "INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL" };
	const struct sk_campaign_info *c = a->rule->campaign;
	char time[SK_TIME_TEXT_MAX];

	sk_fmt_time(a->time_ns, time);
	sk_buf_addf(&t->line, "%.10s %.15s UTC  ", time, time + 11);
	paint(t, colour_of(a->rule->severity));
	sk_buf_add_str(&t->line, words[SK_MIN(a->rule->severity, (uint32_t)SK_ARRAY_LEN(words) - 1)]);
	paint(t, "\033[0m");
	sk_buf_addf(&t->line, " %u%%  ", a->confidence);
	if (c) {
		put_printable(t, c->name ? c->name : c->id);
		sk_buf_add_str(&t->line, "  ");
	}
	put_printable(t, a->rule->id);
	flow_line(t, 2, 0);
	sk_buf_add_str(&t->block, "  ");
	paint(t, "\033[1m");
	put_printable(t, a->rule->title ? a->rule->title : a->rule->id);
	paint(t, "\033[0m");
	flow_line(t, 2, 2);
}

static void put_end(struct text *t, const struct sk_addr *a, uint16_t port, bool has_port)
{
	bool v6 = a->family == 6 && has_port;

	if (v6)
		sk_buf_add_byte(&t->line, '[');
	sk_defang_addr(&t->line, a);
	if (v6)
		sk_buf_add_byte(&t->line, ']');
	if (has_port)
		sk_buf_addf(&t->line, ":%u", port);
}

/* What the server was called by the client. */
static struct sk_span server_name(const struct sk_alert *a)
{
	static const char *const fields[] = {
		"http.request.host", "tls.client_hello.sni", "tls.server_hello.sni", "tls.certificate.sni" };

	for (size_t i = 0; i < SK_ARRAY_LEN(fields); i++)
		for (size_t j = 0; j < a->context_cnt; j++)
			if (strcmp(a->context[j].field, fields[i]) == 0 && a->context[j].value.type == SK_VALUE_TEXT)
				return a->context[j].value.u.bytes;
	return sk_span(NULL, 0);
}

static void put_defanged(struct text *t, struct sk_span s)
{
	struct sk_buf printable = { 0 };

	sk_alert_printable(&printable, s);
	sk_defang_text(&t->defang, &t->line, sk_buf_span(&printable));
	sk_buf_fini(&printable);
}

static void put_ends(struct text *t, const struct sk_alert *a)
{
	bool has_ports = a->flow.proto == 6 || a->flow.proto == 17 || a->flow.proto == 132;
	struct sk_span name = server_name(sk_alert_trigger(a));

	put_end(t, &a->flow.client_ip, a->flow.client_port, has_ports);
	sk_buf_add_str(&t->line, " -> ");
	put_end(t, &a->flow.server_ip, a->flow.server_port, has_ports);
	if (name.n) {
		sk_buf_add_str(&t->line, " (");
		put_defanged(t, sk_span_sub(name, 0, 255));
		sk_buf_add_str(&t->line, ")");
	}
	if (a->flow.app_proto) {
		sk_buf_add_str(&t->line, " ");
		put_printable(t, a->flow.app_proto);
	}
	sk_buf_addf(&t->line, a->dir == SK_TO_CLIENT ? ", answer in packet %llu" : ", packet %llu",
		    (unsigned long long)a->packet);
	if (a->file) {
		sk_buf_add_str(&t->line, " of ");
		put_printable(t, a->file);
	}
	sk_buf_add_str(&t->block, "  ");
	flow_line(t, 4, 2);
}

static void put_packets(struct text *t, const struct sk_alert_evidence *ev)
{
	for (uint32_t i = 0; i < ev->packet_cnt && i < NUMBERS_MAX; i++)
		sk_buf_addf(&t->line, "%s%llu", i ? ", " : ev->packet_cnt > 1 ? " in packets " : " in packet ",
			    (unsigned long long)ev->packets[i]);
	if (ev->packet_cnt > NUMBERS_MAX)
		sk_buf_addf(&t->line, " and %u more", ev->packet_cnt - NUMBERS_MAX);
}

/* The match between marks, with some of what is around it. */
static void put_bytes(struct text *t, const struct sk_alert_evidence *ev)
{
	size_t start = SK_MIN((size_t)ev->start, ev->value.n), from = start > AROUND ? start - AROUND : 0;
	struct sk_span rest = sk_span_sub(ev->value, start, ev->value.n);
	struct sk_span match = ev->length ? sk_span_sub(rest, 0, ev->length) : rest, after = sk_span_sub(rest, match.n, AROUND);
	bool cut = match.n > MATCH_MAX, whole = from == start && after.n == 0;

	sk_buf_add_str(&t->line, from ? "\"..." : "\"");
	put_defanged(t, sk_span_sub(ev->value, from, start - from));
	if (!whole)
		sk_buf_add_str(&t->line, t->colour ? "\033[7m" : ">>");
	put_defanged(t, sk_span_sub(match, 0, MATCH_MAX));
	if (cut)
		sk_buf_add_str(&t->line, "...");
	if (!whole)
		sk_buf_add_str(&t->line, t->colour ? "\033[0m" : "<<");
	put_defanged(t, after);
	sk_buf_add_str(&t->line, ev->truncated || match.n + after.n < rest.n ? "...\"" : "\"");
}

static void put_evidence(struct text *t, const struct sk_alert *a)
{
	for (size_t i = 0; i < a->evidence_cnt; i++) {
		const struct sk_alert_evidence *ev = &a->evidence[i];

		put_printable(t, ev->field);
		sk_buf_addf(&t->line, " at %llu: ", (unsigned long long)(ev->offset + ev->start));
		put_bytes(t, ev);
		put_packets(t, ev);
		if (ev->note) {
			sk_buf_add_str(&t->line, "; ");
			put_defanged(t, sk_span_str(ev->note));
		}
		labelled(t, i ? "" : "seen");
	}
}

static void put_steps(struct text *t, const struct sk_alert *a)
{
	char time[SK_TIME_TEXT_MAX];

	for (size_t i = 0; i < a->member_cnt && i < STEPS_MAX; i++) {
		const struct sk_alert *m = a->members[i];

		sk_fmt_time(m->time_ns, time);
		sk_buf_addf(&t->line, "%.10s %.8s ", time, time + 11);
		put_printable(t, m->rule->id);
		sk_buf_add_str(&t->line, " ");
		sk_defang_addr(&t->line, &m->flow.client_ip);
		sk_buf_add_str(&t->line, " -> ");
		sk_defang_addr(&t->line, &m->flow.server_ip);
		sk_buf_addf(&t->line, " packet %llu", (unsigned long long)m->packet);
		labelled(t, i ? "" : "steps");
	}
	if (a->member_cnt > STEPS_MAX) {
		sk_buf_addf(&t->line, "and %zu more", a->member_cnt - STEPS_MAX);
		labelled(t, "");
	}
}

static void put_attack(struct text *t, const struct sk_rule *r)
{
	if (!r->attack || !r->attack[0])
		return;
	for (size_t i = 0; r->attack[i]; i++) {
		sk_buf_add_str(&t->line, i ? ", " : "");
		put_printable(t, r->attack[i]);
	}
	labelled(t, "attack");
}

/* True the first time for a campaign. */
static bool tell_once(struct text *t, const char *id)
{
	char **told;

	for (size_t i = 0; i < t->told_cnt; i++)
		if (strcmp(t->told[i], id) == 0)
			return false;
	if (t->told_cnt == CAMPAIGNS_MAX)
		return false;
	told = realloc(t->told, (t->told_cnt + 1) * sizeof(*told));
	if (!told)
		return true;
	t->told = told;
	t->told[t->told_cnt] = strdup(id);
	t->told_cnt += t->told[t->told_cnt] != NULL;
	return true;
}

static void put_next(struct text *t, const struct sk_campaign_info *c)
{
	if (!c || !c->next_steps || !c->next_steps[0] || !tell_once(t, c->id))
		return;
	for (size_t i = 0; c->next_steps[i]; i++) {
		sk_buf_addf(&t->line, "%zu. ", i + 1);
		put_printable(t, c->next_steps[i]);
		hanging(t, i ? "" : "next", 3);
	}
}

static int text_write(struct sk_sink *s, const struct sk_alert *a, struct sk_span event_json)
{
	struct text *t = text_of(s);
	const char *title;

	if (!a)
		return 0;
	title = a->rule->title ? a->rule->title : a->rule->id;
	sk_buf_clear(&t->block);
	sk_buf_clear(&t->line);
	if (t->wipes)
		sk_buf_add_str(&t->block, "\r\033[K");
	sk_defang_init(&t->defang, a);
	put_head(t, a);
	put_ends(t, a);
	if (strcmp(a->reason, title) != 0) {
		sk_defang_text(&t->defang, &t->line, sk_span_str(a->reason));
		labelled(t, "why");
	}
	put_evidence(t, a);
	put_steps(t, a);
	put_attack(t, a->rule);
	if (a->suppressed) {
		sk_buf_addf(&t->line, "%llu of this rule were held back before this one", (unsigned long long)a->suppressed);
		labelled(t, "limit");
	}
	put_next(t, a->rule->campaign);
	if (t->block.failed) {
		t->f.counts.written++;
		t->f.counts.lost++;
		return SK_E_MEMORY;
	}
	return sk_sink_file_put(&t->f, sk_buf_span(&t->block), sk_span("\n", 1), true);
}

static void text_flush(struct sk_sink *s)
{
	sk_sink_file_flush(&text_of(s)->f);
}

static void text_counts(struct sk_sink *s, struct sk_sink_counts *counts)
{
	sk_sink_file_counts(&text_of(s)->f, counts);
}

static void text_reopen(struct sk_sink *s)
{
	sk_sink_file_reopen(&text_of(s)->f);
}

static int text_close(struct sk_sink *s, uint64_t wait_ns, struct sk_sink_counts *counts)
{
	struct text *t = text_of(s);
	int rc = sk_sink_file_close(&t->f, counts);

	for (size_t i = 0; i < t->told_cnt; i++)
		free(t->told[i]);
	free(t->told);
	sk_buf_fini(&t->block);
	sk_buf_fini(&t->line);
	free(s->name);
	free(t);
	return rc;
}

static const struct sk_sink_ops ops = {
	.scheme = "text",
	.write = text_write,
	.flush = text_flush,
	.close = text_close,
	.counts = text_counts,
	.reopen = text_reopen,
};

static unsigned width_of(int fd)
{
	struct winsize w;

	if (ioctl(fd, TIOCGWINSZ, &w) < 0 || w.ws_col < WIDTH_MIN)
		return WIDTH_PRESET;
	return SK_MIN((unsigned)w.ws_col, WIDTH_MAX);
}

int sk_sink_text_open(struct sk_sink **out, const char *file, const struct sk_sink_conf *conf, struct sk_error *e)
{
	struct text *t = calloc(1, sizeof(*t));
	struct sk_sink_counts counts;
	int rc;

	*out = NULL;
	if (!t)
		return sk_error_set(e, SK_E_MEMORY, "not enough memory");
	rc = sk_sink_file_open(&t->f, file, "text", conf->queue_max, e);
	if (rc < 0) {
		free(t);
		return rc;
	}
	t->colour = conf->colour && isatty(t->f.fd);
	t->wipes = conf->progress && isatty(t->f.fd);
	t->width = width_of(t->f.fd);
	t->s = (struct sk_sink){ .ops = &ops, .name = sk_sink_file_name("text", file) };
	if (!t->s.name) {
		sk_sink_file_close(&t->f, &counts);
		free(t);
		return sk_error_set(e, SK_E_MEMORY, "not enough memory");
	}
	*out = &t->s;
	return 0;
}
