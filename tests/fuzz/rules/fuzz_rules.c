/* tests/fuzz/rules/fuzz_rules.c — any text as a campaign file: it loads or says why not; what loads can be matched, explained
 * and printed. */
#include "../../unit/rules/lab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static FILE *sink;

static void try_event(struct sk_ruleset *s, struct sk_matcher *m, unsigned kind)
{
	static const struct sk_value list[] = { { .type = SK_VALUE_TEXT, .u.bytes = { (const uint8_t *)"a", 1 } } };
	struct lab_event e, up;
	struct lab_seen seen = { 0 };

	lab_event(&up, SK_KIND_HTTP_REQUEST);
	lab_event(&e, kind);
	for (uint32_t i = 0; i < lab_registry.kinds[kind]->field_cnt; i++) {
		uint32_t type = lab_registry.kinds[kind]->fields[i].type;

		e.values[i] = type == SK_VALUE_INT || type == SK_VALUE_BOOL || type == SK_VALUE_TIME ? lab_num(i % 2) :
			type == SK_VALUE_LIST ? lab_list(list, 1) : type == SK_VALUE_PAIRS ? lab_list(NULL, 0) : lab_text("abc.example/x");
	}
	e.e.parent = &up.e;
	sk_matcher_event(m, &e.e, NULL, lab_on_match, &seen);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lab_errors errors = { 0 };
	struct sk_ruleset *s;
	struct sk_rules_explain explain[SK_RULES_EXPLAIN_MAX];
	struct sk_matcher *m;
	size_t explained = 0;

	if (!sink)
		sink = fopen("/dev/null", "w");
	if (!sink || size > 16384)
		return 0;
	s = lab_try_load(sk_span(data, size), &errors, 0, NULL);
	if ((s == NULL) != (errors.cnt > 0))
		abort();
	sk_buf_fini(&errors.text);
	if (!s)
		return 0;
	m = sk_matcher_new(s, NULL);
	for (; m && explained < sk_rules_count(s) && explained < SK_RULES_EXPLAIN_MAX; explained++)
		explain[explained] = (struct sk_rules_explain){ sk_rules_at(s, explained), explained % 2 };
	if (m)
		sk_matcher_explain(m, explain, explained, sink);
	for (unsigned kind = 0; m && kind < lab_registry.cnt; kind++)
		try_event(s, m, kind);
	for (size_t i = 0; i < sk_rules_count(s); i++)
		sk_rules_print(s, sk_rules_at(s, i), sink);
	sk_matcher_free(m);
	sk_rules_free(s);
	return 0;
}
