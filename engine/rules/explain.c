/* rules/explain.c — how far a rule gets on one event, condition by condition, for people. A streamed value is judged when all of
 * it was there, by what was found in it. */
#include <stdio.h>

#include "rules/match.h"
#include "rules/print.h"

#define SHOWN_VALUES 4u
#define SHOWN_BYTES SK_MATCH_HEAD

static const char *truth_word(enum sk_truth t)
{
	return t == SK_YES ? "true " : t == SK_NO ? "false" : "open ";
}

/* Patterns that no rule wants in values of this direction are not looked for. */
static bool is_searched(const struct sk_matcher *m, const struct sk_test *t)
{
	for (uint32_t i = 0; i < t->op_cnt; i++)
		for (uint32_t k = 0; k < t->ops[i].atom_cnt; k++)
			if (!(m->s->atoms[t->ops[i].atoms[k]].dirs >> m->event->dir & 1))
				return false;
	return true;
}

static void print_values(struct sk_matcher *m, const struct sk_test *t, FILE *out)
{
	const struct sk_view *view = &m->s->views[t->view];
	const struct sk_view_state *vs;

	if (view->streamed) {
		const size_t n = m->unit->head ? (size_t)SK_MIN(m->unit->len, (uint64_t)SHOWN_BYTES) : 0;
		struct sk_value head = { .type = SK_VALUE_BYTES, .u.bytes = sk_span(m->unit->head, n) };

		fprintf(out, "%s%s (%llu bytes%s)", sk_match_show(m, &head, SHOWN_BYTES), m->unit->len > n ? "..." : "",
			(unsigned long long)m->unit->len, is_searched(m, t) ? "" : ", not searched in this direction");
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

static bool any_holds(struct sk_matcher *m, const struct sk_cond *where)
{
	for (const struct sk_cond *c = where->type == SK_COND_ALL ? where->child : where; c; c = where->type == SK_COND_ALL ? c->next : NULL)
		if (c->type != SK_COND_NOT && sk_match_eval(m, c) == SK_YES)
			return true;
	return false;
}

static void explain_rule(struct sk_matcher *m, const struct sk_crule *rule, bool brief, FILE *out)
{
	const bool matches = sk_match_eval(m, rule->where) == SK_YES;

	if (brief && !matches && !any_holds(m, rule->where))
		return;
	fprintf(out, "%s on %s, packet %llu: %s\n", rule->pub.id, m->s->registry.kinds[rule->pub.kind]->name,
		(unsigned long long)m->event->packet, matches ? "matches" : "does not match");
	if (brief && matches)
		return;
	if (rule->where->type == SK_COND_ALL)
		for (const struct sk_cond *c = rule->where->child; c; c = c->next)
			explain(m, c, 0, out);
	else
		explain(m, rule->where, 0, out);
}

void sk_match_explain(struct sk_matcher *m)
{
	for (size_t i = 0; i < m->explain_cnt; i++) {
		const struct sk_rule *r = m->explain[i].rule;

		if (r->kind == m->event->kind && r->type == SK_RULE_EVENT && r->index < m->s->rule_cnt && &m->s->rules[r->index]->pub == r)
			explain_rule(m, m->s->rules[r->index], m->explain[i].brief, m->explain_out);
	}
}

void sk_matcher_explain(struct sk_matcher *m, const struct sk_rules_explain *rules, size_t cnt, void *out)
{
	m->explain = rules;
	m->explain_cnt = cnt;
	m->explain_out = out;
}
