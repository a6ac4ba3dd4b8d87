/* tests/unit/detect/fake_rules.c — rules without a language: each matches every event of its kind. */
#include "fixture.h"

struct sk_rule fake_rules[4];
size_t fake_rule_cnt;
long fake_units;

struct sk_ruleset {
	int unused;
};

struct sk_matcher {
	struct sk_rules_counters counters;
};

const struct sk_counter_table sk_rules_counter_table;

const struct sk_ruleset *fake_ruleset(void)
{
	static const struct sk_ruleset set;

	return &set;
}

const struct sk_rule *sk_rules_find(const struct sk_ruleset *s, const char *id)
{
	for (size_t i = 0; i < fake_rule_cnt; i++)
		if (!strcmp(fake_rules[i].id, id))
			return &fake_rules[i];
	return NULL;
}

struct sk_matcher *sk_matcher_new(const struct sk_ruleset *s, struct sk_error *e)
{
	return calloc(1, sizeof(struct sk_matcher));
}

void sk_matcher_free(struct sk_matcher *m)
{
	free(m);
}

const struct sk_rules_counters *sk_matcher_counters(const struct sk_matcher *m)
{
	return &m->counters;
}

bool sk_matcher_passes(struct sk_matcher *m, unsigned kind, unsigned dir, const struct sk_piece *p, void **unit)
{
	return false;
}

/* A unit's state is made at offset 0, is there for every later piece, and goes with the last. */
static void follow_unit(const struct sk_event *e, void **unit)
{
	static max_align_t state;

	if (e->kind != SK_KIND_HTTP_BODY)
		return;
	if (sk_event_num(e, SK_F_HTTP_BODY_OFFSET, 0) == 0) {
		assert_null(*unit);
		*unit = &state;
		fake_units++;
	}
	assert_non_null(*unit);
	if (sk_event_num(e, SK_F_HTTP_BODY_LAST, 0)) {
		*unit = NULL;
		fake_units--;
	}
}

void sk_matcher_event(struct sk_matcher *m, const struct sk_event *e, void **unit, sk_match_fn *on_match, void *cx)
{
	m->counters.events++;
	follow_unit(e, unit);
	for (size_t i = 0; i < fake_rule_cnt; i++)
		if (fake_rules[i].kind == e->kind)
			on_match(cx, &(struct sk_match){ .rule = &fake_rules[i], .event = e });
}

bool sk_matcher_may(const struct sk_matcher *m, const struct sk_flow_info *f, unsigned kind)
{
	(void)m;
	(void)f;
	(void)kind;
	return true;
}

bool sk_matcher_may_name(const struct sk_matcher *m, unsigned kind, const char *name)
{
	(void)m;
	(void)kind;
	(void)name;
	return true;
}

void sk_matcher_explain(struct sk_matcher *m, const struct sk_rules_explain *rules, size_t cnt, void *out)
{
	for (size_t i = 0; i < cnt; i++)
		fprintf(out, "%s%s\n", rules[i].rule->id, rules[i].brief ? " in brief" : "");
}
