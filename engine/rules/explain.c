/* rules/explain.c — how far a rule gets on one event, condition by condition, for people. A streamed value is taken as if the
 * piece at hand were all of it. */
#include <stdio.h>

#include "rules/match.h"
#include "rules/print.h"

#define SHOWN_VALUES 4u
#define SHOWN_BYTES 80u

static const char *truth_word(enum sk_truth t)
{
	return t == SK_YES ? "true " : t == SK_NO ? "false" : "open ";
}

static void print_values(struct sk_matcher *m, const struct sk_test *t, FILE *out)
{
	const struct sk_view *view = &m->s->views[t->view];
	const struct sk_view_state *vs;
	struct sk_value piece = { .type = SK_VALUE_BYTES, .u.bytes = m->piece };

	if (view->streamed) {
		fprintf(out, "%s (%zu bytes)", sk_match_show(m, &piece, SHOWN_BYTES), m->piece.n);
		return;
	}
	vs = sk_match_values(m, t->view);
	if (vs->n == 0)
		fputs("absent", out);
	for (uint32_t i = 0; i < vs->n && i < SHOWN_VALUES; i++)
		fprintf(out, "%s%s", i ? ", " : "", sk_match_show(m, &vs->v[i], SHOWN_BYTES));
	if (vs->n > SHOWN_VALUES)
		fprintf(out, ", ... (%u values)", vs->n);
}

static void explain(struct sk_matcher *m, const struct sk_cond *c, unsigned depth, FILE *out)
{
	static const char *const groups[] = { [SK_COND_ALL] = "all", [SK_COND_ANY] = "any", [SK_COND_NOT] = "not" };

	fprintf(out, "  %s %*s", truth_word(sk_match_eval(m, c)), (int)depth * 2, "");
	if (c->type != SK_COND_TEST) {
		fprintf(out, "%s\n", groups[c->type]);
		for (const struct sk_cond *k = c->child; k; k = k->next)
			explain(m, k, depth + 1, out);
		return;
	}
	sk_print_test(m->s, c->test, out);
	fputs("   # ", out);
	print_values(m, c->test, out);
	fputc('\n', out);
}

void sk_matcher_explain(struct sk_matcher *m, const struct sk_rule *r, const struct sk_event *e, void *out)
{
	const struct sk_kind_rules *k;
	const struct sk_crule *rule;

	if (r->index >= m->s->rule_cnt || &m->s->rules[r->index]->pub != r)
		return;
	rule = m->s->rules[r->index];
	if (r->type != SK_RULE_EVENT) {
		fprintf(out, "%s: is evaluated over alerts, not over events\n", r->id);
		return;
	}
	if (e->kind != r->kind) {
		fprintf(out, "%s: is on %s, the event is %s\n", r->id, m->s->registry.kinds[r->kind]->name,
			e->kind < m->s->registry.cnt ? m->s->registry.kinds[e->kind]->name : "of an unknown kind");
		return;
	}
	k = &m->s->kinds[r->kind];
	sk_match_begin(m, e);
	if (k->streamed) {
		m->piece = sk_event_bytes(e, k->slot_stream);
		m->unit = sk_unit_new(m, r->kind);
		if (!m->unit)
			return;
		sk_unit_feed(m, m->unit);
		sk_unit_end(m, m->unit);
	}
	fprintf(out, "%s on %s, packet %llu: %s\n", r->id, m->s->registry.kinds[r->kind]->name, (unsigned long long)e->packet,
		sk_match_eval(m, rule->where) == SK_YES ? "matches" : "does not match");
	if (rule->where->type == SK_COND_ALL)
		for (const struct sk_cond *c = rule->where->child; c; c = c->next)
			explain(m, c, 0, out);
	else
		explain(m, rule->where, 0, out);
	sk_unit_put(m, m->unit);
	m->unit = NULL;
}
