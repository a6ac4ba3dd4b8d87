/* campaign/explain.c — how far a rule over several alerts gets: what became of each alert it looked at, and what is open at the
 * end.
 *
 * in       arrivals at the rules under explanation, in the order of alerts: the same lines for any number of workers
 * out      lines of text, kept until the end
 * memory   conf.explain only; capped, what does not fit is told
 */
#include <stdio.h>

#include "base/fmt.h"
#include "campaign/campaign_priv.h"

static bool is_wanted(const struct sk_campaign *c, const struct sk_rule *r)
{
	return c->conf.explain && r->index < c->state_cnt && c->states[r->index].rule == r && c->states[r->index].explain;
}

static void put_value(struct sk_campaign *c, const struct sk_value *v)
{
	char text[SK_ADDR_TEXT_MAX];

	switch (v->type) {
	case SK_VALUE_TEXT:
	case SK_VALUE_BYTES:
		sk_alert_printable(&c->tale, sk_span_sub(v->u.bytes, 0, 80));
		break;
	case SK_VALUE_ADDR:
		sk_buf_add_str(&c->tale, sk_fmt_addr(&v->u.addr, text));
		break;
	case SK_VALUE_LIST:
	case SK_VALUE_PAIRS:
		sk_buf_addf(&c->tale, "%zu values", v->u.list.n);
		break;
	case SK_VALUE_NONE:
		sk_buf_add_str(&c->tale, "-");
		break;
	default:
		sk_buf_addf(&c->tale, "%llu", (unsigned long long)v->u.num);
		break;
	}
}

/* "toolshell.takeover [server.ip 10.1.1.5]" */
static void put_head(struct sk_campaign *c, const struct sk_rule *r, const struct sk_alert *a, const char *const *by)
{
	const char *const *names = r->correlation->by;

	sk_buf_add_str(&c->tale, r->id);
	for (size_t i = 0; i < 4 && names[i] && by[i]; i++) {
		struct sk_value v;

		sk_arena_reset(&c->scratch);
		v = sk_alert_value(a, by[i], &c->scratch);
		sk_buf_addf(&c->tale, "%s%s ", i ? ", " : " [", names[i]);
		put_value(c, &v);
	}
	sk_buf_add_str(&c->tale, names[0] ? "]: " : ": ");
}

static void put_alert(struct sk_campaign *c, const struct sk_alert *a)
{
	char time[SK_TIME_TEXT_MAX];

	sk_fmt_time(a->time_ns, time);
	sk_buf_addf(&c->tale, "%.10s %.8s packet %llu, %s", time, time + 11, (unsigned long long)a->packet, a->rule->id);
}

static void put_time(struct sk_campaign *c, uint64_t ns)
{
	static const struct {
		uint64_t ns;
		const char *name;
	} units[] = { { UINT64_C(86400000000000), "d" }, { UINT64_C(3600000000000), "h" }, { UINT64_C(60000000000), "min" },
		{ UINT64_C(1000000000), "s" }, { UINT64_C(1000000), "ms" } };
	size_t i = 0;

	while (i + 1 < SK_ARRAY_LEN(units) && ns % units[i].ns)
		i++;
	sk_buf_addf(&c->tale, "%llu %s", (unsigned long long)(ns / units[i].ns), units[i].name);
}

static void put_steps(struct sk_campaign *c, uint64_t steps)
{
	const char *sep = "";

	for (unsigned i = 0; i < 64; i++) {
		if (!(steps >> i & 1))
			continue;
		sk_buf_addf(&c->tale, "%s%u", sep, i + 1);
		sep = ", ";
	}
}

static uint64_t all_steps(const struct sk_correlation *cor)
{
	const size_t n = sk_step_cnt(cor);

	return n >= 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

static void put_progress(struct sk_campaign *c, const struct sk_correlation *cor, uint64_t seen)
{
	sk_buf_addf(&c->tale, "%d of %zu steps (", __builtin_popcountll(seen), sk_step_cnt(cor));
	put_steps(c, seen);
	sk_buf_add_str(&c->tale, ")");
	if (seen != all_steps(cor)) {
		sk_buf_add_str(&c->tale, ", missing ");
		put_steps(c, all_steps(cor) & ~seen);
	}
}

static void put_sequence(struct sk_campaign *c, const struct sk_arrival *v, bool came_true)
{
	const struct sk_correlation *cor = v->rule->correlation;
	const struct sk_sequence *s = &((union sk_open *)v->key->payload)->sequence;
	const size_t need = sk_step_grows(cor) ? (size_t)cor->threshold : sk_step_cnt(cor);

	sk_buf_add_str(&c->tale, " may be step ");
	put_steps(c, v->steps);
	sk_buf_add_str(&c->tale, ": ");
	if (!s->now) {
		sk_buf_add_str(&c->tale, "continues nothing within ");
		put_time(c, cor->within_ns);
		return;
	}
	put_progress(c, cor, s->now);
	sk_buf_add_str(&c->tale, " within ");
	put_time(c, cor->within_ns);
	if (came_true)
		sk_buf_add_str(&c->tale, ": matches");
	else if ((size_t)__builtin_popcountll(s->now) < need)
		sk_buf_addf(&c->tale, ", needs %zu", need);
	else
		sk_buf_addf(&c->tale, ", told before with %zu", s->fired_cnt);
}

static void put_tally(struct sk_campaign *c, const struct sk_arrival *v, bool came_true)
{
	const struct sk_correlation *cor = v->rule->correlation;
	const struct sk_tally *t = &((union sk_open *)v->key->payload)->tally;
	const bool distinct = v->rule->type == SK_RULE_DISTINCT;

	sk_buf_addf(&c->tale, ": %llu %s within ", (unsigned long long)(distinct ? t->values.cnt : t->total),
		    distinct ? "different values" : "times");
	put_time(c, cor->within_ns);
	if (came_true)
		sk_buf_add_str(&c->tale, ": matches");
	else if (t->fired)
		sk_buf_add_str(&c->tale, ", told before in this time");
	else
		sk_buf_addf(&c->tale, ", needs %llu", (unsigned long long)cor->threshold);
}

void sk_explain_arrival(struct sk_campaign *c, const struct sk_arrival *v, bool came_true)
{
	if (!is_wanted(c, v->rule))
		return;
	put_head(c, v->rule, v->alert, v->by);
	put_alert(c, v->alert);
	if (v->rule->type == SK_RULE_SEQUENCE) {
		put_sequence(c, v, came_true);
	} else if (v->rule->type == SK_RULE_ABSENT) {
		sk_buf_add_str(&c->tale, v->steps & 2 ? ": ends a wait, if there is one" : ": is waited on for ");
		if (!(v->steps & 2))
			put_time(c, v->rule->correlation->within_ns);
	} else {
		put_tally(c, v, came_true);
	}
	sk_buf_add_byte(&c->tale, '\n');
}

void sk_explain_left_out(struct sk_campaign *c, const struct sk_rule *r, const struct sk_alert *a, const char *why)
{
	if (!is_wanted(c, r))
		return;
	sk_buf_addf(&c->tale, "%s: ", r->id);
	put_alert(c, a);
	sk_buf_addf(&c->tale, " %s\n", why);
}

void sk_explain_held(struct sk_campaign *c, const struct sk_alert *a, const char *why)
{
	if (!c->conf.explain || (strcmp(a->rule->id, c->conf.explain) != 0 && !is_wanted(c, a->rule)))
		return;
	put_alert(c, a);
	sk_buf_addf(&c->tale, " matched and was held back %s\n", why);
}

void sk_explain_open(struct sk_campaign *c)
{
	for (const struct sk_key *k = c->open.oldest; k && c->conf.explain; k = k->newer) {
		const struct sk_rule *r = sk_rules_at(c->rules, k->owner);
		const struct sk_sequence *s = &((const union sk_open *)k->payload)->sequence;
		const struct sk_alert *a = s->best_alert;

		if (r->type != SK_RULE_SEQUENCE || !is_wanted(c, r) || !a || s->has_told)
			continue;
		put_head(c, r, a, s->best_by);
		sk_buf_add_str(&c->tale, "got no further than ");
		put_progress(c, r->correlation, s->best_steps);
		sk_buf_add_byte(&c->tale, '\n');
	}
}

void sk_campaign_explain(const struct sk_campaign *c, void *out)
{
	FILE *f = out;

	if (c->tale.n)
		fwrite(c->tale.p, 1, c->tale.n, f);
	if (c->tale.failed)
		fputs("there is more to tell than fits\n", f);
}
