/* tests/unit/campaign/t_memory.c — one allocation after the other fails, from the alert to the text that leaves. */
#include "unit.h"

#include "alert.h"
#include "campaign/campaign.h"
#include "sink/sink.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);

static long countdown = -1;		/* allocations until one fails; below 0: none */
static bool has_failed, stays;
static unsigned made;			/* alerts that came to be whole */
static uint64_t lines;			/* hash of what left */
static bool is_told_elsewhere;		/* a line could not be made: its alert's loss is the output's to tell */

static bool refuse(void)
{
	if (countdown < 0 || countdown-- > 0)
		return false;
	has_failed = true;
	countdown = stays ? 0 : -1;
	return true;
}

void *__wrap_malloc(size_t n) { return refuse() ? NULL : __real_malloc(n); }
void *__wrap_calloc(size_t n, size_t size) { return refuse() ? NULL : __real_calloc(n, size); }
void *__wrap_realloc(void *p, size_t n) { return refuse() ? NULL : __real_realloc(p, n); }
char *__wrap_strdup(const char *s) { return refuse() ? NULL : __real_strdup(s); }

static struct sk_rule rule_a = { .id = "a", .title = "A", .stage = "exploit", .campaign = &test_campaign, .attack = test_attack,
	.limit = { .count = 3, .within_ns = TEST_SEC, .by = { "server.ip" } }, .severity = SK_SEVERITY_HIGH, .confidence = 90 };
static struct sk_rule rule_b = { .id = "b", .title = "B", .campaign = &test_campaign, .index = 1 };
static const struct sk_rule *const ab[] = { &rule_a, &rule_b };
static const struct sk_correlation in_order = { .by = { "server.ip" }, .within_ns = 9 * TEST_SEC, .steps = ab, .step_cnt = 2, .ordered = true };
static const struct sk_correlation any_order = { .by = { "server.ip" }, .within_ns = 9 * TEST_SEC, .steps = ab, .step_cnt = 2 };
static const struct sk_correlation counted = { .within_ns = 9 * TEST_SEC, .steps = ab, .step_cnt = 2, .threshold = 6 };
static const struct sk_correlation distinct = { .within_ns = 9 * TEST_SEC, .steps = ab, .step_cnt = 2, .threshold = 6, .distinct = "client.port" };
static const struct sk_correlation absent = { .by = { "server.ip" }, .within_ns = TEST_SEC, .steps = ab, .step_cnt = 2 };
static const struct sk_rule rule_s = { .id = "s", .index = 2, .type = SK_RULE_SEQUENCE, .correlation = &in_order };
static const struct sk_rule rule_u = { .id = "u", .index = 3, .type = SK_RULE_SEQUENCE, .correlation = &any_order };
static const struct sk_rule rule_t = { .id = "t", .index = 4, .type = SK_RULE_COUNT, .correlation = &counted };
static const struct sk_rule rule_d = { .id = "d", .index = 5, .type = SK_RULE_DISTINCT, .correlation = &distinct };
static const struct sk_rule rule_n = { .id = "n", .index = 6, .type = SK_RULE_ABSENT, .correlation = &absent };
static const struct sk_rule *const only_b[] = { &rule_b };
static const struct sk_unless unless = { .rules = only_b, .rule_cnt = 1, .seen = { "name" }, .here = { "name" }, .within_ns = TEST_SEC / 2 };
static const struct sk_join joins[] = { { .step = 0, .by = { "server.ip" }, .unless = &unless }, { .step = 1, .by = { "client.ip" } } };
static const struct sk_correlation grows = { .by = { "server.ip" }, .within_ns = 9 * TEST_SEC, .steps = ab, .step_cnt = 2, .joins = joins,
	.place_cnt = 2, .threshold = 1 };
static const struct sk_rule rule_g = { .id = "g", .index = 7, .type = SK_RULE_SEQUENCE, .correlation = &grows };
static const struct sk_rule *const set[] = { &rule_a, &rule_b, &rule_s, &rule_u, &rule_t, &rule_d, &rule_n, &rule_g };

struct sk_ruleset {
	int unused;
};

size_t sk_rules_count(const struct sk_ruleset *s) { return SK_ARRAY_LEN(set); }
const struct sk_rule *sk_rules_at(const struct sk_ruleset *s, size_t i) { return set[i]; }

struct run {
	struct sk_sink *text, *json;
	struct sk_buf line;
	unsigned alerts;
};

static void on_emit(void *cx, const struct sk_alert *a)
{
	struct run *r = cx;

	r->alerts++;
	sk_buf_clear(&r->line);
	if (sk_alert_json(a, "s", &r->line) == 0)
		r->json->ops->write(r->json, a, sk_buf_span(&r->line));
	else
		is_told_elsewhere = true;
	for (size_t i = 0; i < r->line.n; i++)
		lines = lines * 31 + r->line.p[i];
	r->text->ops->write(r->text, a, sk_buf_span(&r->line));
}

static struct sk_alert *make(const struct sk_rule *rule, unsigned i)
{
	static struct sk_registry reg;
	struct sk_flow_info flow = test_flow("203.0.113.9", "10.1.1.5");
	struct sk_value v[SK_F_DNS_QUERY_CNT] = { 0 };
	const struct sk_event e = { .size = sizeof(e), .kind = SK_KIND_DNS_QUERY, .value_cnt = SK_F_DNS_QUERY_CNT, .flow = &flow, .values = v,
		.time_ns = TEST_T0 + i * TEST_SEC / 4, .packet = i + 1 };
	const struct sk_evidence ev = { .field = "dns.query.name", .value = sk_span_str("a.example.com") };

	sk_registry_init(&reg);
	flow.client_port = (uint16_t)i;
	v[SK_F_DNS_QUERY_NAME] = test_text("a.example.com");
	return sk_alert_new(&(struct sk_match){ .rule = rule, .event = &e, .evidence = &ev, .evidence_cnt = 1 }, &reg, &(struct sk_alert_order){ i, 1, 0 });
}

/* Everything once; the n-th allocation fails (0: the first), and, where all is set, those after it. */
static unsigned run(long n, bool all, struct sk_campaign_counters *counters)
{
	const struct sk_campaign_conf conf = { .max_keys = 50, .rule_per_min = 100, .source_per_min = 100, .hold = true, .explain = "g" };
	const struct sk_ruleset rules = { 0 };
	struct run r = { 0 };
	struct sk_sink_counts counts;
	struct sk_campaign *c = NULL;

	has_failed = false;
	made = 0;
	lines = 0;
	is_told_elsewhere = false;
	stays = all;
	countdown = n;
	if (sk_sink_open(&r.text, "text:/dev/null", &sk_sink_conf_default, NULL) == 0 &&
	    sk_sink_open(&r.json, "json:/dev/null", &sk_sink_conf_default, NULL) == 0)
		c = sk_campaign_new(&rules, &conf, on_emit, &r);
	for (unsigned i = 0; c && i < 24; i++) {
		struct sk_alert *a = make(i % 8 == 7 ? &rule_b : &rule_a, i);

		made += a != NULL && !a->cut;
		if (a)
			sk_campaign_push(c, a);
	}
	if (c) {
		FILE *f;

		sk_campaign_end(c, TEST_T0 + 100 * TEST_SEC);
		*counters = *sk_campaign_counters(c);
		countdown = countdown > 0 ? countdown : -1;
		f = fopen("/dev/null", "w");
		if (f) {
			sk_campaign_summary(c, f, true);
			fclose(f);
		}
	}
	countdown = -1;
	sk_campaign_free(c);
	if (r.text)
		r.text->ops->close(r.text, 0, &counts);
	if (r.json)
		r.json->ops->close(r.json, 0, &counts);
	sk_buf_fini(&r.line);
	return r.alerts;
}

static void one_failure_loses_little(void **state)
{
	struct sk_campaign_counters all = { 0 }, some = { 0 };
	unsigned whole = run(-1, false, &all);
	const uint64_t whole_lines = lines;
	long n = 0;

	assert_true(whole > 20);
	assert_int_equal(all.no_memory, 0);
	assert_true(all.correlated >= 5);
	do {
		unsigned left = run(n++, false, &some);

		assert_true(left <= whole + 12);	/* a lost alert may let others through a limit, or end a wait too late */
		if (made == 24 && left && !is_told_elsewhere && lines != whole_lines)
			assert_true(some.no_memory > 0);
	} while (has_failed);
	assert_true(n > 100);
}

static void all_failures_lose_alerts_only(void **state)
{
	struct sk_campaign_counters counters;
	long n = 0;

	do
		run(n += 7, true, &counters);
	while (has_failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_failure_loses_little),
		cmocka_unit_test(all_failures_lose_alerts_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
