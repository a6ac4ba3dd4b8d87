/* tests/unit/campaign/t_campaign.c — sequences, counts, absences, limits, allow-lists, the summary. */
#include "unit.h"

#include "alert.h"
#include "alert/key.h"
#include "campaign/campaign.h"
#include "campaign/keys.h"

/* A set of rules without files; the engine's own is not linked. */
struct sk_ruleset {
	const struct sk_rule *rules[16];
	size_t n;
};

size_t sk_rules_count(const struct sk_ruleset *s) { return s->n; }
const struct sk_rule *sk_rules_at(const struct sk_ruleset *s, size_t i) { return s->rules[i]; }

static struct sk_registry reg;
static uint64_t packet;

struct run {
	struct sk_ruleset set;
	struct sk_campaign_conf conf;
	struct sk_campaign *c;
	char log[65536];			/* "<rule>@<second>[x<members>][ -<suppressed>] " of all that left */
	size_t n;
	uint32_t confidence;			/* of the last */
	char reason[SK_ALERT_REASON_MAX + 1];
	char json[16384];
	unsigned marks;
	bool quiet;
};

static void on_emit(void *cx, const struct sk_alert *a)
{
	struct run *r = cx;

	if (a->rule->mark) {
		r->marks++;
		return;
	}
	assert_true(a->seq > 0);
	r->confidence = a->confidence;
	snprintf(r->reason, sizeof(r->reason), "%s", a->reason);
	if (!r->quiet) {
		char *json = test_json(a, "s");

		snprintf(r->json, sizeof(r->json), "%s", json);
		free(json);
	}
	r->n += (size_t)snprintf(r->log + r->n, sizeof(r->log) - r->n, "%s@%lld", a->rule->id,
				 ((long long)a->time_ns - (long long)TEST_T0) / (long long)TEST_SEC);
	if (a->member_cnt)
		r->n += (size_t)snprintf(r->log + r->n, sizeof(r->log) - r->n, "x%zu", a->member_cnt);
	if (a->suppressed)
		r->n += (size_t)snprintf(r->log + r->n, sizeof(r->log) - r->n, "-%llu", (unsigned long long)a->suppressed);
	r->n += (size_t)snprintf(r->log + r->n, sizeof(r->log) - r->n, " ");
}

static void run_rule(struct run *r, struct sk_rule *rule)
{
	rule->index = (uint32_t)r->set.n;
	rule->campaign = &test_campaign;
	rule->confidence = rule->confidence ? rule->confidence : 90;
	if (!rule->severity)
		rule->severity = SK_SEVERITY_HIGH;
	r->set.rules[r->set.n++] = rule;
}

static void run_begin(struct run *r)
{
	r->c = sk_campaign_new(&r->set, &r->conf, on_emit, r);
	assert_non_null(r->c);
}

static struct run *run_new(void)
{
	struct run *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	return r;
}

static void run_end(struct run *r)
{
	sk_campaign_free(r->c);
	free(r);
}

#define assert_log(r, text) \
	do { \
		assert_string_equal((r)->log, text); \
		(r)->n = 0; \
		(r)->log[0] = 0; \
	} while (0)

/* An alert of a DNS answer: server, name and addresses to key on. at in milliseconds from TEST_T0. */
static struct sk_alert *alert(const struct sk_rule *rule, int64_t at, const char *client, const char *server, const char *name)
{
	struct sk_flow_info flow = test_flow(client, server);
	struct sk_value v[SK_F_DNS_ANSWER_CNT] = { 0 }, list[2] = { test_ip("192.0.2.1"), test_ip("198.51.100.7") };
	const struct sk_event e = { .size = sizeof(e), .kind = SK_KIND_DNS_ANSWER, .value_cnt = SK_F_DNS_ANSWER_CNT, .flow = &flow,
		.values = v, .time_ns = (uint64_t)((int64_t)TEST_T0 + at * 1000000), .packet = ++packet };
	const struct sk_alert_order order = { packet, 1, 0 };
	struct sk_alert *a;

	if (name)
		v[SK_F_DNS_ANSWER_NAME] = test_text(name);
	v[SK_F_DNS_ANSWER_ADDRESS] = (struct sk_value){ .type = SK_VALUE_LIST, .u.list = { list, 2 } };
	a = sk_alert_new(&(struct sk_match){ .rule = rule, .event = &e }, &reg, &order);
	assert_non_null(a);
	return a;
}

static void push(struct run *r, const struct sk_rule *rule, int64_t at)
{
	sk_campaign_push(r->c, alert(rule, at, "203.0.113.9", "10.1.1.5", "a.example.com"));
}

static void push_server(struct run *r, const struct sk_rule *rule, int64_t at, const char *server)
{
	sk_campaign_push(r->c, alert(rule, at, "203.0.113.9", server, "a.example.com"));
}

static struct sk_rule rule_a = { .id = "a", .title = "A" }, rule_b = { .id = "b", .title = "B" }, rule_c = { .id = "c", .title = "C" };
static struct sk_rule mark_m = { .id = "m", .title = "M", .mark = true };
static const struct sk_rule *const abc[] = { &rule_a, &rule_b, &rule_c };

static struct sk_correlation sequence_abc(void)
{
	return (struct sk_correlation){ .by = { "server.ip" }, .within_ns = 100 * TEST_SEC, .steps = abc, .step_cnt = 3, .ordered = true };
}

static struct run *sequence_run(struct sk_rule *s)
{
	struct run *r = run_new();

	run_rule(r, &rule_a);
	run_rule(r, &rule_b);
	run_rule(r, &rule_c);
	run_rule(r, s);
	run_begin(r);
	return r;
}

static void sequence_completes_in_order(void **state)
{
	const struct sk_correlation cor = sequence_abc();
	struct sk_rule s = { .id = "s", .title = "S", .type = SK_RULE_SEQUENCE, .correlation = &cor };
	struct run *r = sequence_run(&s);

	push(r, &rule_a, 0);
	push_server(r, &rule_b, 5000, "10.1.1.6");	/* another key */
	push(r, &rule_b, 10000);
	assert_log(r, "a@0 b@5 b@10 ");
	push(r, &rule_c, 100000);			/* just within */
	assert_log(r, "c@100 s@100x3 ");
	assert_int_equal(r->confidence, 90);
	push(r, &rule_c, 100001);			/* not again */
	assert_log(r, "c@100 ");
	assert_int_equal(sk_campaign_counters(r->c)->correlated, 1);
	run_end(r);
}

static void sequence_heeds_time_and_order(void **state)
{
	const struct sk_correlation cor = sequence_abc();
	struct sk_rule s = { .id = "s", .title = "S", .type = SK_RULE_SEQUENCE, .correlation = &cor };
	struct run *r = sequence_run(&s);

	push(r, &rule_a, 0);
	push(r, &rule_b, 10000);
	push(r, &rule_c, 100001);			/* too late by a millisecond */
	push(r, &rule_b, 150000);
	push(r, &rule_a, 150001);			/* wrong order */
	push(r, &rule_c, 150002);
	assert_log(r, "a@0 b@10 c@100 b@150 a@150 c@150 ");
	push(r, &rule_b, 150003);
	push(r, &rule_c, 149000);			/* back in time: cannot complete */
	assert_log(r, "b@150 c@149 ");
	push(r, &rule_c, 150003);			/* the same instant can */
	assert_log(r, "c@150 s@150x3 ");
	push(r, &rule_a, 100);				/* an older capture, within the window of the newer one's */
	push(r, &rule_b, 101000);
	push(r, &rule_a, -90000);
	push(r, &rule_b, -89000);
	push(r, &rule_c, -88000);
	assert_log(r, "a@0 b@101 a@-90 b@-89 c@-88 s@-88x3 ");
	run_end(r);
}

static void sequence_remembers_the_best_chain(void **state)
{
	const struct sk_correlation cor = sequence_abc();
	struct sk_rule s = { .id = "s", .title = "S", .type = SK_RULE_SEQUENCE, .correlation = &cor };
	struct run *r = sequence_run(&s);

	push(r, &rule_a, 0);
	push(r, &rule_a, 50000);			/* b below must remember this one */
	push(r, &rule_b, 60000);
	for (int i = 0; i < 200; i++)
		push(r, &rule_a, 61000 + i);
	r->n = 0;
	push(r, &rule_c, 140000);			/* in the window of the second a only */
	assert_log(r, "c@140 s@140x3 ");
	run_end(r);
}

static void sequence_grows(void **state)
{
	struct sk_correlation cor = sequence_abc();
	struct sk_rule s = { .id = "s", .title = "S", .type = SK_RULE_SEQUENCE, .correlation = &cor };
	struct run *r;

	cor.threshold = 2;
	r = sequence_run(&s);
	push(r, &rule_a, 0);
	push(r, &rule_c, 10000);			/* the middle is missing */
	assert_log(r, "a@0 c@10 s@10x2 ");
	assert_int_equal(r->confidence, 60);
	assert_non_null(strstr(r->reason, "2 of 3 steps in 10 s: a ("));
	assert_non_null(strstr(r->reason, "; not seen: b"));
	push(r, &rule_c, 11000);
	push(r, &rule_b, 12000);
	assert_log(r, "c@11 b@12 ");
	push(r, &rule_c, 13000);			/* now all three */
	assert_log(r, "c@13 s@13x3 ");
	assert_int_equal(r->confidence, 90);
	push(r, &rule_b, 14000);
	push(r, &rule_c, 15000);
	assert_log(r, "b@14 c@15 ");
	push(r, &rule_a, 200000);			/* another window */
	push(r, &rule_b, 201000);
	assert_log(r, "a@200 b@201 s@201x2 ");
	run_end(r);
}

static void sequence_without_order(void **state)
{
	struct sk_correlation cor = sequence_abc();
	struct sk_rule s = { .id = "s", .title = "S", .type = SK_RULE_SEQUENCE, .correlation = &cor };
	struct run *r;

	cor.ordered = false;
	r = sequence_run(&s);
	push(r, &rule_c, 0);
	push(r, &rule_b, 100000);
	push(r, &rule_a, 100001);			/* c is out by now */
	assert_log(r, "c@0 b@100 a@100 ");
	push(r, &rule_c, 150000);
	assert_log(r, "c@150 s@150x3 ");
	run_end(r);
}

static void steps_may_repeat_and_be_marks(void **state)
{
	static const struct sk_rule *const steps[] = { &mark_m, &mark_m, &rule_a };
	struct sk_correlation cor = sequence_abc();
	struct sk_rule s = { .id = "s", .title = "S", .type = SK_RULE_SEQUENCE, .correlation = &cor };
	struct run *r = run_new();

	cor.steps = steps;
	run_rule(r, &mark_m);
	run_rule(r, &rule_a);
	run_rule(r, &s);
	run_begin(r);
	push(r, &mark_m, 0);
	push(r, &rule_a, 1000);				/* one mark is not two */
	assert_log(r, "a@1 ");
	push(r, &mark_m, 2000);
	push(r, &rule_a, 3000);
	assert_log(r, "a@3 s@3x3 ");
	assert_int_equal(r->confidence, 90);
	assert_int_equal(sk_campaign_counters(r->c)->marks, 2);
	assert_int_equal(sk_campaign_counters(r->c)->alerts, 3);
	run_end(r);
}

/* The server that was attacked is the client later. */
static void steps_join_on_their_own_fields(void **state)
{
	static const struct sk_rule *const steps[] = { &rule_a, &rule_b, &rule_c };
	static const struct sk_join joins[] = { { .step = 0, .by = { "server.ip" } }, { .step = 1, .by = { "client.ip" }, .name = "call home" },
		{ .step = 1, .by = { "client.ip" }, .name = "call home" } };
	const struct sk_correlation cor = { .by = { "server.ip" }, .within_ns = 100 * TEST_SEC, .steps = steps, .step_cnt = 3,
		.joins = joins, .place_cnt = 2, .ordered = true };
	struct sk_rule s = { .id = "s", .title = "S", .type = SK_RULE_SEQUENCE, .correlation = &cor };
	struct run *r = sequence_run(&s);

	push_server(r, &rule_a, 0, "10.1.1.5");
	push_server(r, &rule_b, 1000, "10.1.1.5");	/* goes there, and not from there */
	sk_campaign_push(r->c, alert(&rule_b, 2000, "10.1.1.6", "198.51.100.7", "x"));
	push_server(r, &rule_a, 3000, "10.1.1.5");	/* step one again is not step two */
	assert_log(r, "a@0 b@1 b@2 a@3 ");
	sk_campaign_push(r->c, alert(&rule_c, 4000, "10.1.1.5", "198.51.100.7", "x"));
	assert_log(r, "c@4 s@4x2 ");
	assert_non_null(strstr(r->reason, "S [server.ip 10.1.1.5]: 2 of 2 steps in 1 s: a ("));
	assert_non_null(strstr(r->reason, ", call home by c ("));
	sk_campaign_push(r->c, alert(&rule_b, 5000, "10.1.1.5", "198.51.100.8", "x"));	/* the same step by another rule */
	assert_log(r, "b@5 ");
	sk_campaign_push(r->c, alert(&rule_a, 6000, "10.9.9.9", "10.9.9.9", "x"));	/* who talks to himself */
	sk_campaign_push(r->c, alert(&rule_b, 7000, "10.9.9.9", "10.9.9.9", "x"));
	assert_log(r, "a@6 b@7 s@7x2 ");
	run_end(r);
}

static void one_rule_under_two_keys(void **state)
{
	static const struct sk_rule *const steps[] = { &rule_a, &rule_a };
	static const struct sk_join joins[] = { { .step = 0, .by = { "server.ip" } }, { .step = 1, .by = { "client.ip" } } };
	const struct sk_correlation cor = { .by = { "server.ip" }, .within_ns = 100 * TEST_SEC, .steps = steps, .step_cnt = 2,
		.joins = joins, .place_cnt = 2, .ordered = true };
	struct sk_rule s = { .id = "s", .title = "S", .type = SK_RULE_SEQUENCE, .correlation = &cor };
	struct run *r = sequence_run(&s);

	sk_campaign_push(r->c, alert(&rule_a, 0, "10.0.0.1", "10.0.0.2", "x"));
	sk_campaign_push(r->c, alert(&rule_a, 1000, "10.0.0.2", "10.0.0.3", "x"));	/* from host to host */
	sk_campaign_push(r->c, alert(&rule_a, 2000, "10.0.0.3", "10.0.0.4", "x"));
	assert_log(r, "a@0 a@1 s@1x2 a@2 s@2x2 ");
	sk_campaign_push(r->c, alert(&rule_a, 3000, "10.7.7.7", "10.7.7.7", "x"));	/* one alert is not two steps */
	assert_log(r, "a@3 ");
	run_end(r);
}

static void unless_looks_back(void **state)
{
	static const struct sk_rule *const seen[] = { &mark_m }, *const steps[] = { &rule_a, &rule_b };
	static const struct sk_unless unless = { .rules = seen, .rule_cnt = 1, .seen = { "client.ip", "address" },
		.here = { "client.ip", "server.ip" }, .within_ns = 50 * TEST_SEC };
	static const struct sk_join joins[] = { { .step = 0, .by = { "client.ip" } }, { .step = 1, .by = { "client.ip" }, .unless = &unless } };
	const struct sk_correlation cor = { .by = { "client.ip" }, .within_ns = 100 * TEST_SEC, .steps = steps, .step_cnt = 2,
		.joins = joins, .place_cnt = 2, .ordered = true };
	struct sk_rule s = { .id = "s", .title = "S", .type = SK_RULE_SEQUENCE, .correlation = &cor };
	struct run *r = run_new();

	run_rule(r, &mark_m);
	run_rule(r, &rule_a);
	run_rule(r, &rule_b);
	run_rule(r, &s);
	r->conf.max_seen = 160;		/* four values */
	run_begin(r);
	push_server(r, &rule_a, 0, "192.0.2.99");
	push_server(r, &mark_m, 10000, "192.0.2.53");	/* had 192.0.2.1 and 198.51.100.7 in an answer */
	push_server(r, &rule_b, 11000, "198.51.100.7");
	push_server(r, &rule_b, 11000, "192.0.2.1");
	push_server(r, &rule_b, 60000, "192.0.2.1");	/* just within */
	assert_log(r, "a@0 b@11 b@11 b@60 ");
	push_server(r, &rule_b, 60001, "192.0.2.1");	/* too long ago */
	assert_log(r, "b@60 s@60x2 ");
	push_server(r, &rule_a, 200000, "192.0.2.99");
	push_server(r, &mark_m, 210000, "192.0.2.53");
	push_server(r, &rule_b, 209999, "192.0.2.1");	/* before it was seen */
	assert_log(r, "a@200 b@209 s@209x2 ");
	sk_campaign_push(r->c, alert(&rule_a, 400000, "10.0.0.8", "192.0.2.99", "x"));
	push_server(r, &mark_m, 400001, "192.0.2.53");
	sk_campaign_push(r->c, alert(&rule_b, 400002, "10.0.0.8", "192.0.2.1", "x"));	/* somebody else had it */
	assert_log(r, "a@400 b@400 s@400x2 ");
	assert_int_equal(sk_campaign_counters(r->c)->seen_evicted, 0);
	sk_campaign_push(r->c, alert(&mark_m, 400003, "10.0.0.9", "192.0.2.53", "x"));
	sk_campaign_push(r->c, alert(&mark_m, 400003, "10.0.0.10", "192.0.2.53", "x"));
	assert_int_equal(sk_campaign_counters(r->c)->seen_evicted, 2);
	/* as hashes, without an alert */
	for (int i = 0; i < 2; i++) {
		const struct sk_value here[2] = { test_ip("10.0.0.11"), test_ip("192.0.2.1") };
		const uint64_t hash = sk_alert_seen_hash(&unless, here, 2);

		sk_campaign_push(r->c, alert(&rule_a, 500000, "10.0.0.11", "192.0.2.99", "x"));
		if (i == 0) {
			sk_campaign_seen(r->c, TEST_T0 + (uint64_t)500001 * 1000000, true, NULL);
			sk_campaign_seen(r->c, TEST_T0 + (uint64_t)500001 * 1000000, false, &hash);
		}
		sk_campaign_push(r->c, alert(&rule_b, 500000 + (i ? 50002 : 2), "10.0.0.11", "192.0.2.1", "x"));
		assert_log(r, i ? "a@500 b@550 s@550x2 " : "a@500 b@500 ");
	}
	run_end(r);
}

/* The member of a key in a JSON line, as text. */
static const char *member(const char *json, const char *key, char *buf, size_t size)
{
	char pattern[64];
	const char *at;

	snprintf(pattern, sizeof(pattern), "\"%s\":", key);
	at = strstr(json, pattern);
	snprintf(buf, size, "%.*s", at ? (int)strcspn(at, ",}") : 0, at ? at : "");
	return buf;
}

static void growth_is_one_case(void **state)
{
	struct sk_correlation cor = sequence_abc();
	struct sk_rule s = { .id = "s", .title = "S", .type = SK_RULE_SEQUENCE, .correlation = &cor };
	char first[64], second[64], update[64];
	struct run *r;

	cor.threshold = 2;
	r = sequence_run(&s);
	push(r, &rule_a, 0);
	push(r, &rule_b, 10000);
	assert_int_equal(r->confidence, 90);		/* the third may still come */
	member(r->json, "case", first, sizeof(first));
	assert_int_equal(strlen(first), strlen("\"case\":\"\"") + 32);
	assert_string_equal(member(r->json, "update", update, sizeof(update)), "\"update\":0");
	push(r, &rule_c, 20000);
	assert_string_equal(member(r->json, "case", second, sizeof(second)), first);
	assert_string_equal(member(r->json, "update", update, sizeof(update)), "\"update\":1");
	assert_log(r, "a@0 b@10 s@10x2 c@20 s@20x3 ");
	push(r, &rule_a, 200000);
	push(r, &rule_b, 210000);
	assert_string_not_equal(member(r->json, "case", second, sizeof(second)), first);
	assert_string_equal(member(r->json, "update", update, sizeof(update)), "\"update\":0");
	run_end(r);
}

static void held_growth_leaves_once(void **state)
{
	static struct sk_rule inner = { .id = "inner", .title = "I", .type = SK_RULE_SEQUENCE };
	static const struct sk_rule *const steps[] = { &inner, &inner };
	struct sk_correlation cor = sequence_abc();
	const struct sk_correlation over = { .by = { "server.ip" }, .within_ns = 100 * TEST_SEC, .steps = steps, .step_cnt = 1, .threshold = 2 };
	struct sk_rule t = { .id = "t", .title = "T", .type = SK_RULE_COUNT, .correlation = &over };
	struct run *r = run_new();

	cor.threshold = 2;
	cor.ordered = false;
	inner.correlation = &cor;
	run_rule(r, &rule_a);
	run_rule(r, &rule_b);
	run_rule(r, &rule_c);
	run_rule(r, &inner);
	run_rule(r, &t);
	r->conf.hold = true;
	r->conf.max_keys = 4;
	run_begin(r);
	push(r, &rule_a, 0);
	push(r, &rule_b, 10000);
	push(r, &rule_c, 20000);			/* others see it grow */
	assert_log(r, "a@0 b@10 c@20 t@20x2 ");
	push(r, &rule_a, 200000);			/* out of the window: what there was leaves */
	assert_log(r, "a@200 inner@20x3 ");
	push(r, &rule_b, 201000);
	for (int i = 0; i < 4; i++) {			/* other keys take its room */
		char server[32];

		snprintf(server, sizeof(server), "10.2.0.%d", i);
		push_server(r, &rule_a, 202000, server);
	}
	assert_log(r, "b@201 a@202 a@202 a@202 inner@201x2 a@202 ");
	push_server(r, &rule_c, 203000, "10.2.0.3");
	assert_log(r, "c@203 ");
	sk_campaign_end(r->c, TEST_T0 + 204 * TEST_SEC);
	assert_log(r, "inner@203x2 ");
	run_end(r);
}

static void marks_of_correlations_count_and_are_seen(void **state)
{
	static struct sk_rule inner = { .id = "inner", .title = "I", .mark = true, .type = SK_RULE_SEQUENCE };
	static const struct sk_rule *const ab[] = { &rule_a, &rule_b }, *const of[] = { &inner };
	const struct sk_correlation cor = { .by = { "server.ip" }, .within_ns = 5 * TEST_SEC, .steps = ab, .step_cnt = 2, .ordered = true };
	const struct sk_correlation counted = { .by = { "server.ip" }, .within_ns = 100 * TEST_SEC, .steps = of, .step_cnt = 1, .threshold = 2 };
	struct sk_rule t = { .id = "t", .title = "T", .type = SK_RULE_COUNT, .correlation = &counted };
	struct run *r = run_new();

	inner.correlation = &cor;
	run_rule(r, &rule_a);
	run_rule(r, &rule_b);
	run_rule(r, &inner);
	run_rule(r, &t);
	run_begin(r);
	push(r, &rule_a, 0);
	push(r, &rule_b, 1000);
	assert_int_equal(r->marks, 1);
	push(r, &rule_a, 10000);
	push(r, &rule_b, 11000);
	assert_int_equal(r->marks, 2);
	assert_log(r, "a@0 b@1 a@10 b@11 t@11x2 ");
	run_end(r);
}

static void the_first_of_a_step_tells_when_it_began(void **state)
{
	struct sk_correlation cor = sequence_abc();
	struct sk_rule s = { .id = "s", .title = "S", .type = SK_RULE_SEQUENCE, .correlation = &cor };
	struct run *r;

	cor.ordered = false;
	r = sequence_run(&s);
	push(r, &rule_a, 0);
	push(r, &rule_a, 50000);
	push(r, &rule_b, 60000);
	push(r, &rule_c, 70000);
	assert_non_null(strstr(r->reason, "in 1 min 10 s: a (2025-07-18 18:06:01 UTC), b ("));
	run_end(r);
	r = sequence_run(&s);
	push(r, &rule_a, 0);
	push(r, &rule_a, 50000);			/* the latest is still there when the first is too long ago */
	push(r, &rule_b, 60000);
	push(r, &rule_c, 120000);
	assert_log(r, "a@0 a@50 b@60 c@120 s@120x3 ");
	assert_non_null(strstr(r->reason, "a (2025-07-18 18:06:51 UTC)"));
	run_end(r);
}

static void explanations(void **state)
{
	struct sk_correlation cor = sequence_abc();
	struct sk_rule s = { .id = "s", .title = "S", .type = SK_RULE_SEQUENCE, .correlation = &cor };
	struct run *r = run_new();
	char *text = NULL;
	size_t size;
	FILE *f;

	run_rule(r, &rule_a);
	run_rule(r, &rule_b);
	run_rule(r, &rule_c);
	run_rule(r, &s);
	r->conf.explain = "s";
	run_begin(r);
	packet = 0;
	push(r, &rule_b, 0);
	push(r, &rule_a, 1000);
	push(r, &rule_b, 2000);
	push_server(r, &rule_c, 3000, "10.1.1.6");
	push(r, &rule_c, 101001);			/* a is out of the window by now */
	push(r, &rule_a, 102000);
	sk_campaign_end(r->c, TEST_T0 + 200 * TEST_SEC);
	f = open_memstream(&text, &size);
	sk_campaign_explain(r->c, f);
	fclose(f);
	assert_string_equal(text,
		"s [server.ip 10.1.1.5]: 2025-07-18 18:06:01 packet 1, b may be step 2: 1 of 3 steps (2), missing 1, 3 within 100 s, needs 3\n"
		"s [server.ip 10.1.1.5]: 2025-07-18 18:06:02 packet 2, a may be step 1: 1 of 3 steps (1), missing 2, 3 within 100 s, needs 3\n"
		"s [server.ip 10.1.1.5]: 2025-07-18 18:06:03 packet 3, b may be step 2: 2 of 3 steps (1, 2), missing 3 within 100 s, needs 3\n"
		"s [server.ip 10.1.1.6]: 2025-07-18 18:06:04 packet 4, c may be step 3: 1 of 3 steps (3), missing 1, 2 within 100 s, needs 3\n"
		"s [server.ip 10.1.1.5]: 2025-07-18 18:07:42 packet 5, c may be step 3: 2 of 3 steps (2, 3), missing 1 within 100 s, needs 3\n"
		"s [server.ip 10.1.1.5]: 2025-07-18 18:07:43 packet 6, a may be step 1: 1 of 3 steps (1), missing 2, 3 within 100 s, needs 3\n"
		"s [server.ip 10.1.1.6]: got no further than 1 of 3 steps (3), missing 1, 2\n"
		"s [server.ip 10.1.1.5]: got no further than 2 of 3 steps (1, 2), missing 3\n");
	free(text);
	run_end(r);
}

static struct run *tally_run(struct sk_rule *t)
{
	struct run *r = run_new();

	run_rule(r, &mark_m);
	run_rule(r, t);
	r->conf.max_members = 4;
	run_begin(r);
	return r;
}

static void count_within_a_window(void **state)
{
	static const struct sk_rule *const steps[] = { &mark_m };
	const struct sk_correlation cor = { .by = { "client.ip" }, .within_ns = 10 * TEST_SEC, .steps = steps, .step_cnt = 1, .threshold = 3 };
	struct sk_rule t = { .id = "t", .title = "T", .type = SK_RULE_COUNT, .correlation = &cor };
	struct run *r = tally_run(&t);

	push(r, &mark_m, 0);
	push(r, &mark_m, 5000);
	push(r, &mark_m, 10001);			/* the first is out by a millisecond */
	assert_log(r, "");
	push(r, &mark_m, 15000);			/* the second is just in */
	assert_log(r, "t@15x3 ");
	assert_non_null(strstr(r->reason, "T [client.ip 203.0.113.9]: 3 times within 10 s, the last at 2025-07-18 18:06:16 UTC"));
	for (int i = 16; i <= 25; i++)
		push(r, &mark_m, i * 1000);
	assert_log(r, "");				/* silent for a window */
	push(r, &mark_m, 25001);
	assert_log(r, "t@25x4 ");			/* four members kept at most */
	push(r, &mark_m, 50000);
	push(r, &mark_m, 50001);
	assert_log(r, "");
	push(r, &mark_m, -60000);			/* an older capture: what came after does not count */
	push(r, &mark_m, -59000);
	assert_log(r, "");
	push(r, &mark_m, -58000);
	assert_log(r, "t@-58x3 ");
	run_end(r);
}

static void count_of_many(void **state)
{
	static const struct sk_rule *const steps[] = { &mark_m };
	const struct sk_correlation cor = { .within_ns = 1000 * TEST_SEC, .steps = steps, .step_cnt = 1, .threshold = 10000 };
	struct sk_rule t = { .id = "t", .title = "T", .type = SK_RULE_COUNT, .correlation = &cor };
	struct run *r = tally_run(&t);

	for (int i = 0; i < 9999; i++)
		push(r, &mark_m, i);
	assert_log(r, "");
	push(r, &mark_m, 9999);
	assert_log(r, "t@9x4 ");
	run_end(r);
}

static void distinct_values(void **state)
{
	static const struct sk_rule *const steps[] = { &mark_m };
	struct sk_correlation cor = { .by = { "client.ip" }, .within_ns = 10 * TEST_SEC, .steps = steps, .step_cnt = 1, .threshold = 3,
		.distinct = "dns.answer.name" };
	struct sk_rule t = { .id = "t", .title = "T", .type = SK_RULE_DISTINCT, .correlation = &cor };
	struct run *r = tally_run(&t);
	const char *names[] = { "a.example", "b.example", "a.example", "c.example", "d.example" };
	const int times[] = { 0, 5000, 10000, 15000, 15001 };

	for (size_t i = 0; i < 5; i++)
		sk_campaign_push(r->c, alert(&mark_m, times[i], "203.0.113.9", "10.1.1.5", names[i]));
	assert_log(r, "t@15x3 ");			/* a was seen again at 10, b is just in, c */
	for (size_t i = 0; i < 2; i++)			/* an older capture */
		sk_campaign_push(r->c, alert(&mark_m, -60000 + times[i], "203.0.113.9", "10.1.1.5", names[i]));
	assert_log(r, "");
	assert_non_null(strstr(r->reason, "3 different values of dns.answer.name within 10 s"));
	run_end(r);

	cor.distinct = "address";			/* two in every answer */
	cor.threshold = 2;
	r = tally_run(&t);
	push(r, &mark_m, 0);
	push(r, &mark_m, 1);
	assert_log(r, "t@0x1 ");
	run_end(r);
}

static void absence_is_decided_by_packet_time(void **state)
{
	static const struct sk_rule *const steps[] = { &rule_a, &rule_b };
	const struct sk_correlation cor = { .by = { "server.ip" }, .within_ns = 10 * TEST_SEC, .steps = steps, .step_cnt = 2 };
	struct sk_rule n = { .id = "n", .title = "N", .type = SK_RULE_ABSENT, .correlation = &cor };
	struct run *r = run_new();

	run_rule(r, &rule_a);
	run_rule(r, &rule_b);
	run_rule(r, &n);
	run_begin(r);
	push(r, &rule_a, 0);
	push(r, &rule_b, 10000);			/* just in time */
	push(r, &rule_c, 60000);
	assert_log(r, "a@0 b@10 c@60 ");
	push(r, &rule_a, 100000);
	push_server(r, &rule_a, 101000, "10.1.1.6");
	push_server(r, &rule_b, 110000, "10.1.1.5");
	push_server(r, &rule_b, 111001, "10.1.1.6");	/* too late: told first, at the end of the wait */
	assert_log(r, "a@100 a@101 b@110 n@111x1 b@111 ");
	assert_non_null(strstr(r->reason, ""));
	push(r, &rule_a, 200000);
	sk_campaign_time(r->c, TEST_T0 + 210 * TEST_SEC);
	assert_log(r, "a@200 ");
	sk_campaign_time(r->c, TEST_T0 + 210 * TEST_SEC + 1);
	assert_log(r, "n@210x1 ");
	assert_non_null(strstr(r->reason, "N [server.ip 10.1.1.5]: a (2025-07-18 18:09:21 UTC) and then no b within 10 s"));
	push(r, &rule_a, 300000);
	sk_campaign_end(r->c, TEST_T0 + 309 * TEST_SEC);	/* the input ends before the wait does */
	assert_log(r, "a@300 ");
	sk_campaign_end(r->c, TEST_T0 + 310 * TEST_SEC);
	assert_log(r, "n@310x1 ");
	run_end(r);
}

static void correlated_alerts_are_steps(void **state)
{
	static struct sk_rule inner = { .id = "inner", .type = SK_RULE_SEQUENCE }, outer = { .id = "outer", .type = SK_RULE_SEQUENCE };
	static const struct sk_rule *const ab[] = { &rule_a, &rule_b }, *const ic[] = { &inner, &rule_c };
	const struct sk_correlation first = { .by = { "server.ip" }, .within_ns = TEST_SEC * 100, .steps = ab, .step_cnt = 2, .ordered = true };
	const struct sk_correlation second = { .by = { "server.ip" }, .within_ns = TEST_SEC * 100, .steps = ic, .step_cnt = 2, .ordered = true };
	static const struct sk_rule *const any[] = { &inner, &rule_b };
	const struct sk_correlation counted = { .by = { "server.ip" }, .within_ns = TEST_SEC * 100, .steps = any, .step_cnt = 2, .threshold = 1 };
	struct sk_rule count = { .id = "count", .type = SK_RULE_COUNT, .correlation = &counted };
	struct run *r = run_new();

	inner.correlation = &first;
	outer.correlation = &second;
	run_rule(r, &count);
	run_rule(r, &rule_a);
	run_rule(r, &rule_b);
	run_rule(r, &rule_c);
	run_rule(r, &outer);
	run_rule(r, &inner);
	run_begin(r);
	push(r, &rule_a, 0);
	push(r, &rule_b, 1000);				/* load order: count before inner */
	assert_log(r, "a@0 b@1 count@1x1 inner@1x2 ");
	push(r, &rule_c, 2000);
	assert_log(r, "c@2 outer@2x2 ");
	run_end(r);
}

static void a_rule_of_itself_ends(void **state)
{
	static struct sk_rule self = { .id = "self", .type = SK_RULE_COUNT }, other = { .id = "other", .type = SK_RULE_COUNT };
	static const struct sk_rule *const steps[] = { &rule_a, &self, &other };
	const struct sk_correlation cor = { .within_ns = 0, .steps = steps, .step_cnt = 3, .threshold = 1 };
	struct run *r = run_new();

	self.correlation = &cor;
	other.correlation = &cor;
	run_rule(r, &rule_a);
	run_rule(r, &self);
	run_rule(r, &other);
	run_begin(r);
	push(r, &rule_a, 0);
	assert_true(sk_campaign_counters(r->c)->alerts <= 16);
	run_end(r);
}

static void limits_count_what_they_hold(void **state)
{
	struct sk_rule l = { .id = "l", .limit = { .count = 2, .within_ns = 10 * TEST_SEC, .by = { "server.ip" } } };
	struct run *r = run_new();

	run_rule(r, &l);
	run_begin(r);
	for (int i = 0; i < 5; i++)
		push(r, &l, i * 1000);
	push_server(r, &l, 5000, "10.1.1.6");
	push(r, &l, 9999);
	assert_log(r, "l@0 l@1 l@5 ");
	push(r, &l, 10000);				/* the next window */
	assert_log(r, "l@10-4 ");
	push(r, &l, 10001);
	assert_log(r, "l@10 ");
	push(r, &l, -90000);
	assert_log(r, "l@-90 ");
	assert_int_equal(sk_campaign_counters(r->c)->limited, 4);
	run_end(r);
}

static void storms_are_held_back_but_count_as_steps(void **state)
{
	static const struct sk_rule *const steps[] = { &rule_a };
	const struct sk_correlation cor = { .within_ns = 100 * TEST_SEC, .steps = steps, .step_cnt = 1, .threshold = 9 };
	struct sk_rule t = { .id = "t", .type = SK_RULE_COUNT, .correlation = &cor };
	struct run *r = run_new();

	run_rule(r, &rule_a);
	run_rule(r, &rule_b);
	run_rule(r, &t);
	r->conf.rule_per_min = 3;
	r->conf.source_per_min = 5;
	run_begin(r);
	/* TEST_T0 is second 1 of its minute */
	for (int i = 0; i < 9; i++)
		push(r, &rule_a, i);
	assert_log(r, "a@0 a@0 a@0 t@0x9 ");
	for (int i = 0; i < 4; i++)
		push(r, &rule_b, 10 + i);
	assert_log(r, "b@0 b@0 ");			/* the source's five are used up */
	sk_campaign_push(r->c, alert(&rule_b, 20, "203.0.113.10", "10.1.1.5", "x.example"));
	assert_log(r, "b@0-2 ");			/* another source */
	push(r, &rule_a, 58999);
	assert_log(r, "");
	push(r, &rule_a, 59000);
	assert_log(r, "a@59-7 ");
	assert_int_equal(sk_campaign_counters(r->c)->storm, 9);
	run_end(r);
}

static void allow_list_covers(void **state)
{
	const struct sk_campaign_allow allow[] = {
		{ .rule = "a", .field = "dns.answer.name", .value = "example.com", .reason = "ours" },
		{ .field = "client.ip", .value = "198.51.100.0/25", .reason = "scanner" },
		{ .field = "server.ip", .value = "2001:db8::1", .reason = "lab" },
		{ .rule = "toolshell", .field = "server.port", .value = "81", .reason = "none" },
		{ .rule = "b", .field = "dns.answer.name", .value = "old.test", .reason = "then", .expires_ns = TEST_T0 + TEST_SEC },
		{ .rule = "c", .field = "dns.answer.address", .value = "192.0.2.0/24", .reason = "list" } };
	struct run *r = run_new();

	run_rule(r, &rule_a);
	run_rule(r, &rule_b);
	run_rule(r, &rule_c);
	r->conf.allow = allow;
	r->conf.allow_cnt = SK_ARRAY_LEN(allow);
	run_begin(r);
	sk_campaign_push(r->c, alert(&rule_a, 0, "203.0.113.9", "10.1.1.5", "www.Example.com"));
	sk_campaign_push(r->c, alert(&rule_a, 0, "203.0.113.9", "10.1.1.5", "example.com."));
	assert_log(r, "");
	sk_campaign_push(r->c, alert(&rule_a, 1000, "203.0.113.9", "10.1.1.5", "badexample.com"));
	sk_campaign_push(r->c, alert(&rule_b, 2000, "203.0.113.9", "10.1.1.5", "www.example.com"));
	assert_log(r, "a@1 b@2 ");
	sk_campaign_push(r->c, alert(&rule_b, 3000, "198.51.100.127", "10.1.1.5", "x"));
	sk_campaign_push(r->c, alert(&rule_b, 4000, "198.51.100.128", "10.1.1.5", "x"));
	sk_campaign_push(r->c, alert(&rule_b, 5000, "203.0.113.9", "2001:db8::1", "x"));
	assert_log(r, "b@4 ");
	sk_campaign_push(r->c, alert(&rule_b, 999, "203.0.113.9", "10.1.1.5", "old.test"));
	sk_campaign_push(r->c, alert(&rule_b, 1000, "203.0.113.9", "10.1.1.5", "old.test"));
	assert_log(r, "b@1 ");
	sk_campaign_push(r->c, alert(&rule_c, 6000, "203.0.113.9", "10.1.1.5", "x"));	/* the second address is not covered */
	assert_log(r, "c@6 ");
	assert_int_equal(sk_campaign_counters(r->c)->allowed, 5);
	run_end(r);
}

static void open_states_are_bounded(void **state)
{
	const struct sk_correlation cor = sequence_abc();
	struct sk_rule s = { .id = "s", .title = "S", .type = SK_RULE_SEQUENCE, .correlation = &cor };
	struct run *r = run_new();

	run_rule(r, &rule_a);
	run_rule(r, &rule_b);
	run_rule(r, &rule_c);
	run_rule(r, &s);
	r->conf.max_keys = 2;
	run_begin(r);
	push_server(r, &rule_a, 0, "10.0.0.1");
	push_server(r, &rule_a, 1, "10.0.0.2");
	push_server(r, &rule_b, 2, "10.0.0.1");		/* used: the second is the oldest now */
	push_server(r, &rule_a, 3, "10.0.0.3");
	push_server(r, &rule_c, 4, "10.0.0.1");
	assert_log(r, "a@0 a@0 b@0 a@0 c@0 s@0x3 ");
	assert_int_equal(sk_campaign_counters(r->c)->keys_evicted, 1);
	assert_int_equal(sk_campaign_counters(r->c)->keys_max, 2);
	run_end(r);

	r = run_new();
	run_rule(r, &rule_a);
	run_rule(r, &rule_b);
	run_rule(r, &rule_c);
	run_rule(r, &s);
	r->conf.max_bytes = 20000;
	r->quiet = true;
	run_begin(r);
	for (int i = 0; i < 1000; i++) {
		char server[32];

		snprintf(server, sizeof(server), "10.0.%d.%d", i / 250, i % 250);
		push_server(r, &rule_a, i, server);
	}
	assert_true(sk_campaign_counters(r->c)->keys_evicted > 900);
	assert_true(sk_campaign_counters(r->c)->keys_evicted < 1000);
	run_end(r);
}

static void missing_keys_and_foreign_rules(void **state)
{
	static const struct sk_rule *const steps[] = { &rule_a };
	const struct sk_correlation cor = { .by = { "http.request.host" }, .within_ns = TEST_SEC, .steps = steps, .step_cnt = 1, .threshold = 1 };
	struct sk_rule t = { .id = "t", .type = SK_RULE_COUNT, .correlation = &cor };
	const struct sk_rule finding = { .id = "plugin.finding", .index = 7, .severity = SK_SEVERITY_LOW };
	const struct sk_rule clash = { .id = "plugin.other", .index = 0, .severity = SK_SEVERITY_LOW };
	struct run *r = run_new();

	run_rule(r, &rule_a);
	run_rule(r, &t);
	run_begin(r);
	push(r, &rule_a, 0);
	push(r, &finding, 1000);
	push(r, &clash, 2000);
	assert_log(r, "a@0 plugin.finding@1 plugin.other@2 ");
	run_end(r);
}

static uint32_t draw(uint64_t *rng)
{
	*rng = *rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*rng >> 33);
}

/* Seeds differ between the two runs; what leaves must not. */
static void output_does_not_hang_on_seeds(void **state)
{
	static const struct sk_rule *const steps[] = { &rule_a, &rule_b, &mark_m };
	struct sk_correlation seq = sequence_abc(), cnt = { .by = { "client.ip" }, .within_ns = 5 * TEST_SEC, .steps = steps, .step_cnt = 3, .threshold = 5 };
	const struct sk_correlation dis = { .by = { "server.ip" }, .within_ns = 20 * TEST_SEC, .steps = steps, .step_cnt = 3, .threshold = 4, .distinct = "name" };
	const struct sk_correlation abs = { .by = { "server.ip", "client.ip" }, .within_ns = 3 * TEST_SEC, .steps = steps, .step_cnt = 2 };
	struct sk_rule s = { .id = "s", .type = SK_RULE_SEQUENCE, .correlation = &seq }, t = { .id = "t", .type = SK_RULE_COUNT, .correlation = &cnt },
		       d = { .id = "d", .type = SK_RULE_DISTINCT, .correlation = &dis }, n = { .id = "n", .type = SK_RULE_ABSENT, .correlation = &abs };
	const struct sk_rule *what[] = { &rule_a, &rule_b, &rule_c, &mark_m };
	struct run *runs[2];
	char *texts[2];

	seq.threshold = 2;
	for (int i = 0; i < 2; i++) {
		struct run *r = runs[i] = run_new();
		uint64_t rng = 42;
		size_t size;
		FILE *f;

		run_rule(r, &rule_a);
		run_rule(r, &rule_b);
		run_rule(r, &rule_c);
		run_rule(r, &mark_m);
		run_rule(r, &s);
		run_rule(r, &t);
		run_rule(r, &d);
		run_rule(r, &n);
		r->conf.max_keys = 20;
		r->quiet = true;
		run_begin(r);
		packet = 0;
		for (int j = 0; j < 3000; j++) {
			char client[32], server[32], name[32];

			snprintf(client, sizeof(client), "10.0.0.%u", draw(&rng) % 9);
			snprintf(server, sizeof(server), "10.1.0.%u", draw(&rng) % 9);
			snprintf(name, sizeof(name), "%u.example", draw(&rng) % 30);
			sk_campaign_push(r->c, alert(what[draw(&rng) % 4], j * 200 - (int)(draw(&rng) % 400), client, server, name));
		}
		sk_campaign_end(r->c, TEST_T0 + 1000 * TEST_SEC);
		f = open_memstream(&texts[i], &size);
		sk_campaign_summary(r->c, f, false);
		fclose(f);
	}
	assert_true(runs[0]->n > 10000);
	assert_true(sk_campaign_counters(runs[0]->c)->keys_evicted > 0);
	assert_string_equal(runs[0]->log, runs[1]->log);
	assert_string_equal(texts[0], texts[1]);
	for (int i = 0; i < 2; i++) {
		free(texts[i]);
		run_end(runs[i]);
	}
}

static void summary_fits_the_page(void **state)
{
	struct sk_rule exploit = { .id = "toolshell.signout", .stage = "exploit", .severity = SK_SEVERITY_CRITICAL,
		.limit = { .count = 1, .within_ns = 100 * TEST_SEC, .by = { "client.ip" } } };
	struct sk_rule c2 = { .id = "toolshell.c2", .stage = "c2", .severity = SK_SEVERITY_HIGH };
	const struct sk_rule finding = { .id = "plugin.finding", .index = 99, .severity = SK_SEVERITY_LOW };
	struct run *r = run_new();
	char *text = NULL;
	size_t size;
	FILE *f;

	run_rule(r, &exploit);
	run_rule(r, &c2);
	run_begin(r);
	f = open_memstream(&text, &size);
	sk_campaign_summary(r->c, f, false);
	fclose(f);
	assert_string_equal(text, "\nno alerts\n");
	free(text);
	push(r, &exploit, 0);
	push(r, &exploit, 1000);
	for (int i = 0; i < 8; i++) {
		char client[64];

		snprintf(client, sizeof(client), "2001:db8:1111:2222:3333:4444:5555:%x", 0x1000 + i);
		sk_campaign_push(r->c, alert(&exploit, 60000 + i, client, "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", "x"));
	}
	sk_campaign_push(r->c, alert(&c2, 86400000, "10.1.1.5", "198.51.100.7", "x"));
	push(r, &finding, 5000);
	f = open_memstream(&text, &size);
	sk_campaign_summary(r->c, f, false);
	fclose(f);
	assert_string_equal(text,
		"\n"
		"SharePoint ToolShell (toolshell)                             critical  10 alerts\n"
		"  exploit                                9  2025-07-18 18:06:01 - 18:07:01\n"
		"    10.1.1.5                             1  2025-07-18 18:06:01\n"
		"      from 203.0.113.9\n"
		"    2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff\n"
		"                                         8  2025-07-18 18:07:01\n"
		"      from 2001:db8:1111:2222:3333:4444:5555:1000,\n"
		"           2001:db8:1111:2222:3333:4444:5555:1001,\n"
		"           2001:db8:1111:2222:3333:4444:5555:1002,\n"
		"           2001:db8:1111:2222:3333:4444:5555:1003,\n"
		"           2001:db8:1111:2222:3333:4444:5555:1004,\n"
		"           2001:db8:1111:2222:3333:4444:5555:1005\n"
		"           and 2 more\n"
		"  c2                                     1  2025-07-19 18:06:01\n"
		"    198.51.100.7                         1  2025-07-19 18:06:01\n"
		"      from 10.1.1.5\n"
		"\n"
		"findings of plugins                                                 low  1 alert\n"
		"  (no stage)                             1  2025-07-18 18:06:06\n"
		"    10.1.1.5                             1  2025-07-18 18:06:06\n"
		"      from 203.0.113.9\n"
		"\n"
		"held back: 1 by rules' limits, 0 by storm limits, 0 by the allow-list\n"
		"  limits           1  toolshell.signout\n");
	free(text);
	run_end(r);
}

static void keys_are_a_table(void **state)
{
	struct sk_keys t;
	struct sk_key *first;

	assert_int_equal(sk_keys_init(&t, 1000, 8, NULL, NULL), 0);
	for (uint32_t i = 0; i < 1500; i++) {
		struct sk_key *k = sk_keys_get(&t, i % 3, sk_span(&i, sizeof(i)));

		assert_non_null(k);
		*(uint64_t *)k->payload = i;
	}
	assert_int_equal(t.cnt, 1000);
	assert_int_equal(t.evicted, 500);
	for (uint32_t i = 0; i < 1500; i++) {
		struct sk_key *k = sk_keys_find(&t, i % 3, sk_span(&i, sizeof(i)));

		assert_int_equal(k != NULL, i >= 500);
		assert_true(!k || *(uint64_t *)k->payload == i);
		assert_null(sk_keys_find(&t, i % 3 + 1, sk_span(&i, sizeof(i))));
	}
	first = sk_keys_get(&t, 0, sk_span(NULL, 0));
	assert_ptr_equal(sk_keys_get(&t, 0, sk_span(NULL, 0)), first);
	t.keeps = true;
	assert_null(sk_keys_get(&t, 9, sk_span("x", 1)));
	sk_keys_drop(&t, first);
	assert_non_null(sk_keys_get(&t, 9, sk_span("x", 1)));
	while (t.oldest)
		sk_keys_evict(&t);
	assert_int_equal(t.bytes, 0);
	sk_keys_fini(&t);
}

static int begin(void **state)
{
	sk_registry_init(&reg);
	test_schema_begin("t_campaign");
	return 0;
}

static void lines_fit_the_schema(void **state)
{
	int rc = test_schema_end("t_campaign");

	if (rc == 77)
		skip();
	assert_int_equal(rc, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sequence_completes_in_order),
		cmocka_unit_test(sequence_heeds_time_and_order),
		cmocka_unit_test(sequence_remembers_the_best_chain),
		cmocka_unit_test(sequence_grows),
		cmocka_unit_test(sequence_without_order),
		cmocka_unit_test(steps_may_repeat_and_be_marks),
		cmocka_unit_test(steps_join_on_their_own_fields),
		cmocka_unit_test(one_rule_under_two_keys),
		cmocka_unit_test(unless_looks_back),
		cmocka_unit_test(growth_is_one_case),
		cmocka_unit_test(held_growth_leaves_once),
		cmocka_unit_test(marks_of_correlations_count_and_are_seen),
		cmocka_unit_test(the_first_of_a_step_tells_when_it_began),
		cmocka_unit_test(explanations),
		cmocka_unit_test(count_within_a_window),
		cmocka_unit_test(count_of_many),
		cmocka_unit_test(distinct_values),
		cmocka_unit_test(absence_is_decided_by_packet_time),
		cmocka_unit_test(correlated_alerts_are_steps),
		cmocka_unit_test(a_rule_of_itself_ends),
		cmocka_unit_test(limits_count_what_they_hold),
		cmocka_unit_test(storms_are_held_back_but_count_as_steps),
		cmocka_unit_test(allow_list_covers),
		cmocka_unit_test(open_states_are_bounded),
		cmocka_unit_test(missing_keys_and_foreign_rules),
		cmocka_unit_test(output_does_not_hang_on_seeds),
		cmocka_unit_test(summary_fits_the_page),
		cmocka_unit_test(keys_are_a_table),
		cmocka_unit_test(lines_fit_the_schema),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
