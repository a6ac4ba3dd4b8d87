/* tests/unit/detect/t_dispatch.c — who gets which event when; flows, units, what plugins publish and find. */
#include "fixture.h"

#include <stdarg.h>
#include <unistd.h>

/* --- two plugins that write down what happens to them --- */

static char story[4096];

SK_PRINTF(1, 2)
static void tell(const char *fmt, ...)
{
	size_t n = strlen(story);
	va_list args;

	va_start(args, fmt);
	vsnprintf(story + n, sizeof(story) - n, fmt, args);
	va_end(args);
}

static void story_is(const char *want)
{
	assert_string_equal(story, want);
	story[0] = 0;
}

static const struct sk_host *host;
static int (*act)(struct sk_worker *w, void *flow, const struct sk_event *e);	/* of plugin b, on a request */
static int begin_answer;
static uint32_t counter;

struct flow_bytes {
	uint64_t events;
	char text[9];			/* an odd size: the guard comes right behind */
};

struct unit_bytes {
	uint64_t pieces;
	char *copy;
};

static int b_open(const struct sk_host *h, void **instance, char *error, size_t error_size)
{
	host = h;
	counter = h->counter(h, "things", "things seen");
	assert_int_equal(h->counter(h, "things", "again"), counter);
	assert_int_equal(h->counter(h, "Not a name", ""), UINT32_MAX);
	*instance = &act;
	return 0;
}

static int b_worker_begin(void *instance, struct sk_worker *w, void *worker)
{
	assert_ptr_equal(instance, &act);
	*(uint64_t *)worker = 42;
	return 0;
}

static void b_worker_end(void *instance, struct sk_worker *w, void *worker)
{
	assert_int_equal(*(uint64_t *)worker, 42);
	tell("worker_end ");
}

static int b_flow_begin(void *instance, struct sk_worker *w, void *worker, void *flow, const struct sk_flow_info *info)
{
	static const char zeroes[sizeof(struct flow_bytes)];

	assert_memory_equal(flow, zeroes, sizeof(zeroes));
	assert_int_equal(*(uint64_t *)worker, 42);
	tell("begin%llu ", (unsigned long long)info->serial);
	return begin_answer;
}

static int b_event(void *instance, struct sk_worker *w, void *worker, void *flow, const struct sk_event *e)
{
	struct flow_bytes *fb = flow;
	struct unit_bytes *u = host->unit(w);

	fb->events++;
	assert_int_equal(host->now(w), e->time_ns);
	if (e->unit) {
		assert_non_null(u);
		if (u->pieces++ == 0)
			u->copy = host->alloc(w, 10);
		assert_non_null(u->copy);
		tell("b:piece%llu ", (unsigned long long)u->pieces);
	} else {
		assert_null(u);
		tell("b:%u ", e->kind);
	}
	return act ? act(w, flow, e) : SK_CONTINUE;
}

static void b_unit_end(void *instance, struct sk_worker *w, void *worker, void *flow, void *unit)
{
	struct unit_bytes *u = unit;

	tell("unit_end%llu ", (unsigned long long)u->pieces);
	host->free(w, u->copy);
}

static void b_flow_end(void *instance, struct sk_worker *w, void *worker, void *flow, const struct sk_flow_info *info)
{
	struct flow_bytes *fb = flow;

	tell("end%llu:%llu ", (unsigned long long)info->serial, (unsigned long long)fb->events);
}

static int a_answer;

static int a_event(void *instance, struct sk_worker *w, void *worker, void *flow, const struct sk_event *e)
{
	assert_null(instance);
	assert_null(worker);
	assert_null(flow);
	tell("a:%u ", e->kind);
	return a_answer;
}

static const struct sk_field_def thing_fields[] = {
	{ "level", SK_VALUE_INT, 0, "", "", "1", "a level" }, { "shape", SK_VALUE_TEXT, 0, "", "", "round", "a shape" } };
static const struct sk_kind_def b_kinds[] = { { "b.thing", "a thing", thing_fields, 2, 0 } };
#define THING SK_KIND_BUILTIN_CNT

static const struct sk_interest b_interests[] = {
	{ .kind = "http.request" }, { .kind = "http.body" }, { .kind = "dns.query", .field = "type", .prefix = "tx" },
	{ .kind = "dns.query", .field = "transport", .prefix = "UDP" }, { .kind = "websocket.message", .least = 6 },
	{ .kind = "websocket.message", .reads = "payload", .least = 4 } };
static const struct sk_interest a_interests[] = { { .kind = "http.request" }, { .kind = "b.thing", .field = "shape", .prefix = "ROUND" } };

#define HEAD \
	.abi = SK_ABI, .size = sizeof(struct sk_plugin), .interest_size = sizeof(struct sk_interest), \
	.option_size = sizeof(struct sk_option), .kind_size = sizeof(struct sk_kind_def), .field_size = sizeof(struct sk_field_def), \
	.version = "1", .summary = "s", .licence = "l"

static const struct sk_plugin b = { HEAD, .name = "b", .interests = b_interests, .interest_cnt = SK_ARRAY_LEN(b_interests),
	.kinds = b_kinds, .kind_cnt = 1, .worker_size = 8, .flow_size = sizeof(struct flow_bytes), .unit_size = sizeof(struct unit_bytes),
	.open = b_open, .worker_begin = b_worker_begin, .worker_end = b_worker_end, .flow_begin = b_flow_begin, .on_event = b_event,
	.flow_end = b_flow_end, .unit_end = b_unit_end };
static const struct sk_plugin a = { HEAD, .name = "a", .interests = a_interests, .interest_cnt = SK_ARRAY_LEN(a_interests), .on_event = a_event };

const struct sk_plugin *const sk_plugins_builtin[] = { &b, &a, NULL };

static int reset(void **state)
{
	story[0] = 0;
	act = NULL;
	begin_answer = SK_WATCH;
	a_answer = SK_CONTINUE;
	fake_rule_cnt = 0;
	fake_units = 0;
	return 0;
}

static void query(struct fixture *x, const char *type)
{
	struct sk_value values[SK_F_DNS_QUERY_CNT] = { [SK_F_DNS_QUERY_TYPE] = text(type) };

	event(x, SK_KIND_DNS_QUERY, 1, values, SK_F_DNS_QUERY_CNT, NULL);
}

static void in_order_of_names(void **state)
{
	struct fixture x;
	char want[128];

	start(&x, NULL, 0);
	request(&x, 1, "GET");
	request(&x, 2, "GET");
	event(&x, SK_KIND_FILE, 3, NULL, 0, NULL);
	snprintf(want, sizeof(want), "a:%u begin7 b:%u a:%u b:%u ", SK_KIND_HTTP_REQUEST, SK_KIND_HTTP_REQUEST, SK_KIND_HTTP_REQUEST, SK_KIND_HTTP_REQUEST);
	story_is(want);
	assert_int_equal(sk_detect_counters(x.detect)->events, 3);
	assert_int_equal(sk_detect_counters(x.detect)->plugin_calls, 4);
	stop(&x);
	story_is("end7:2 worker_end ");
}

static void chosen_by_field(void **state)
{
	struct fixture x;

	start(&x, NULL, 0);
	query(&x, "A");
	query(&x, "T");
	story_is("");
	query(&x, "TXT");
	assert_non_null(strstr(story, "begin7 b:"));
	story[0] = 0;
	x.flow.info.proto = 17;
	query(&x, "A");
	assert_non_null(strstr(story, "b:"));
	stop(&x);
}

static void ignored_flow(void **state)
{
	struct fixture x;

	begin_answer = SK_IGNORE;
	start(&x, "a: {enabled: false}", 0);
	request(&x, 1, "GET");
	request(&x, 2, "GET");
	story_is("begin7 ");
	end_flow(&x);
	story_is("end7:0 ");
	begin_answer = SK_WATCH;
	new_flow(&x, 8);
	request(&x, 3, "GET");
	stop(&x);
	assert_non_null(strstr(story, "begin8 b:"));
}

static int done(struct sk_worker *w, void *flow, const struct sk_event *e)
{
	return SK_FLOW_DONE;
}

static int say_failed(struct sk_worker *w, void *flow, const struct sk_event *e)
{
	return SK_FAILED;
}

static int answer_nobody_knows(struct sk_worker *w, void *flow, const struct sk_event *e)
{
	return 77;
}

static void leaving_a_flow(void **state)
{
	static const struct { int (*act)(struct sk_worker *, void *, const struct sk_event *); uint64_t failures; } cases[] = {
		{ done, 0 }, { say_failed, 1 }, { answer_nobody_knows, 1 } };
	struct fixture x;

	for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++) {
		start(&x, "a: {enabled: false}", 0);
		act = cases[i].act;
		request(&x, 1, "GET");
		act = NULL;
		story[0] = 0;
		request(&x, 2, "GET");
		story_is("");
		assert_int_equal(sk_detect_counters(x.detect)->plugin_failures, cases[i].failures);
		stop(&x);
		story_is("end7:1 worker_end ");
	}
}

/* --- units --- */

static void units(void **state)
{
	void *up = NULL, *down = NULL;
	struct fixture x;

	start(&x, "a: {enabled: false}", 0);
	piece(&x, 1, &up, 0, "abc", false);
	piece(&x, 2, &down, 0, "x", false);
	piece(&x, 3, &up, 3, "def", false);
	piece(&x, 4, &down, 1, "y", true);
	assert_null(down);
	piece(&x, 5, &up, 6, "", true);
	assert_null(up);
	story_is("begin7 b:piece1 b:piece1 b:piece2 b:piece2 unit_end2 b:piece3 unit_end3 ");
	assert_int_equal(fake_units, 0);
	/* a spare unit begins with zeroes again; one piece may be all */
	piece(&x, 6, &up, 0, "all", true);
	story_is("b:piece1 unit_end1 ");
	assert_int_equal(fake_units, 0);
	stop(&x);
}

static void leaving_within_a_unit(void **state)
{
	void *unit = NULL;
	struct fixture x;

	start(&x, "a: {enabled: false}", 0);
	act = done;
	piece(&x, 1, &unit, 0, "abc", false);
	piece(&x, 2, &unit, 3, "abc", false);
	piece(&x, 3, &unit, 6, "abc", true);
	story_is("begin7 b:piece1 unit_end1 ");
	assert_int_equal(fake_units, 0);
	stop(&x);
}

static int unit_done(struct sk_worker *w, void *flow, const struct sk_event *e)
{
	return SK_UNIT_DONE;
}

static void enough_of_a_unit(void **state)
{
	void *unit = NULL, *other = NULL;
	struct fixture x;

	start(&x, "a: {enabled: false}", 0);
	act = unit_done;
	piece(&x, 1, &unit, 0, "abc", false);
	act = NULL;
	piece(&x, 2, &other, 0, "x", false);
	piece(&x, 3, &unit, 3, "abc", false);
	piece(&x, 4, &other, 1, "y", true);
	piece(&x, 5, &unit, 6, "abc", true);
	piece(&x, 6, &unit, 0, "again", true);
	story_is("begin7 b:piece1 b:piece1 b:piece2 unit_end2 unit_end1 b:piece1 unit_end1 ");
	assert_int_equal(fake_units, 0);
	assert_int_equal(sk_detect_counters(x.detect)->plugin_failures, 0);
	stop(&x);
}

static void message(struct fixture *x, uint64_t packet, void **unit, uint64_t offset, const char *bytes, bool last)
{
	struct sk_value values[SK_F_WEBSOCKET_MESSAGE_CNT] = {
		[SK_F_WEBSOCKET_MESSAGE_PAYLOAD] = { .type = SK_VALUE_STREAM, .u.bytes = sk_span_str(bytes) },
		[SK_F_WEBSOCKET_MESSAGE_OFFSET] = number(offset),
		[SK_F_WEBSOCKET_MESSAGE_LAST] = { .type = SK_VALUE_BOOL, .u.num = last },
	};

	event(x, SK_KIND_WEBSOCKET_MESSAGE, packet, values, SK_F_WEBSOCKET_MESSAGE_CNT, unit);
}

/* Of two interests in the kind the smaller length counts, and only where the unit comes whole. */
static void units_too_short(void **state)
{
	void *unit = NULL;
	struct fixture x;

	start(&x, NULL, 0);
	message(&x, 1, &unit, 0, "abc", true);
	message(&x, 2, &unit, 0, "", true);
	assert_null(unit);
	assert_int_equal(fake_units, 0);
	story_is("");
	assert_int_equal(sk_detect_counters(x.detect)->events, 2);
	assert_int_equal(sk_detect_counters(x.detect)->plugin_calls, 0);
	message(&x, 3, &unit, 0, "abcd", true);
	assert_null(unit);
	story_is("begin7 b:piece1 unit_end1 ");
	message(&x, 4, &unit, 0, "a", false);
	message(&x, 5, &unit, 1, "b", false);
	message(&x, 6, &unit, 2, "c", true);
	assert_null(unit);
	story_is("b:piece1 b:piece2 b:piece3 unit_end3 ");
	/* a unit that was begun is not left because of a last piece that could be one by itself */
	message(&x, 7, &unit, 0, "", false);
	message(&x, 8, &unit, 0, "abc", true);
	assert_null(unit);
	story_is("b:piece1 b:piece2 unit_end2 ");
	assert_int_equal(fake_units, 0);
	stop(&x);
}

/* Nobody keeps state per unit: the rules' state hangs in ev->unit itself. */
static void units_of_rules_alone(void **state)
{
	void *unit = NULL;
	struct fixture x;

	start(&x, "b: {enabled: false}\na: {enabled: false}", 0);
	piece(&x, 1, &unit, 0, "abc", false);
	assert_int_equal(fake_units, 1);
	assert_int_equal((uintptr_t)unit & 1, 0);
	piece(&x, 2, &unit, 3, "abc", true);
	assert_int_equal(fake_units, 0);
	assert_null(unit);
	stop(&x);
}

/* --- what plugins publish --- */

static int published;

static int publish(struct sk_worker *w, void *flow, const struct sk_event *e)
{
	struct sk_value values[2] = { number(5), text("Roundish") };
	struct sk_value wrong[2] = { text("5"), text("round") };

	published = host->publish(w, 0, values, 2);
	assert_true(host->publish(w, 1, values, 2) < 0);
	assert_true(host->publish(w, 0, wrong, 2) < 0);
	assert_true(host->publish(w, 0, values, 3) < 0);
	values[1] = text("square");
	assert_int_equal(host->publish(w, 0, values, 2), 0);
	return SK_CONTINUE;
}

static struct sk_campaign_info campaign = { .id = "c", .name = "c" };

static void add_rule(const char *id, unsigned kind, bool mark)
{
	static const char *const none[] = { NULL };

	campaign.actors = campaign.references = campaign.next_steps = none;
	fake_rules[fake_rule_cnt++] = (struct sk_rule){ .id = id, .title = "title", .sid = 1, .severity = SK_SEVERITY_HIGH, .confidence = 90,
		.attack = none, .references = none, .kind = kind, .campaign = &campaign, .mark = mark };
}

static void rules_see_what_plugins_publish(void **state)
{
	struct fixture x;
	char want[128];

	add_rule("c.thing", THING, false);
	add_rule("c.request", SK_KIND_HTTP_REQUEST, true);
	start(&x, NULL, 0);
	act = publish;
	request(&x, 9, "GET");
	assert_int_equal(published, 0);
	/* b's events: the first has a shape a asked for, the second does not */
	snprintf(want, sizeof(want), "a:%u begin7 b:%u a:%u ", SK_KIND_HTTP_REQUEST, SK_KIND_HTTP_REQUEST, THING);
	story_is(want);
	assert_int_equal(x.alert_cnt, 3);
	assert_string_equal(x.alerts[0]->rule->id, "c.request");
	assert_string_equal(x.alerts[1]->rule->id, "c.thing");
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(x.alerts[i]->order.packet, 9);
		assert_int_equal(x.alerts[i]->order.flow, 7);
		assert_int_equal(x.alerts[i]->order.seq, i);
	}
	/* a mark is no alert, but makes the flow worth keeping */
	assert_int_equal(sk_detect_counters(x.detect)->alerts, 2);
	assert_int_equal(x.flow.suspect, 1);
	act = NULL;
	request(&x, 10, "GET");
	assert_int_equal(x.alerts[3]->order.packet, 10);
	assert_int_equal(x.alerts[3]->order.seq, 0);
	stop(&x);
}

/* --- what plugins find --- */

static struct sk_finding finding;
static int found;

static int find(struct sk_worker *w, void *flow, const struct sk_event *e)
{
	found = host->alert(w, &finding);
	return SK_CONTINUE;
}

static void good_finding(void)
{
	static const struct sk_evidence evidence = { .field = "http.request.method", .value = { (const uint8_t *)"GET", 3 } };

	finding = *SK_FINDING(.id = "b.odd", .title = "Odd", .reason = "It is {odd}\n} indeed.", .severity = SK_SEVERITY_MEDIUM,
			      .confidence = 33, .evidence = &evidence, .evidence_cnt = 1);
}

static void findings(void **state)
{
	struct fixture x;

	good_finding();
	start(&x, "a: {enabled: false}", 0);
	act = find;
	request(&x, 5, "GET");
	assert_int_equal(found, 0);
	finding.severity = SK_SEVERITY_HIGH;
	request(&x, 6, "GET");
	assert_int_equal(x.alert_cnt, 2);
	assert_string_equal(x.alerts[0]->rule->id, "b.odd");
	assert_string_equal(x.alerts[0]->rule->title, "Odd");
	assert_string_equal(x.alerts[0]->rule->campaign->id, "b");
	assert_int_equal(x.alerts[0]->rule->severity, SK_SEVERITY_MEDIUM);
	assert_int_equal(x.alerts[0]->rule->index, SK_RULE_INDEX_FINDING);
	assert_true(x.alerts[0]->rule->sid >= 1000000000u && x.alerts[0]->rule->sid < 2000000000u);
	assert_int_equal(x.alerts[0]->confidence, 33);
	assert_string_equal(x.alerts[0]->reason, "It is {odd}\\x0a} indeed.");
	assert_int_equal(x.alerts[0]->evidence_cnt, 1);
	assert_string_equal(x.alerts[0]->evidence[0].field, "http.request.method");
	assert_int_equal(x.alerts[1]->rule->severity, SK_SEVERITY_HIGH);
	assert_int_equal(x.alerts[1]->rule->sid, x.alerts[0]->rule->sid);
	stop(&x);
}

static void findings_refused(void **state)
{
	static const struct sk_evidence no_field = { .field = NULL };
	struct fixture x;

	start(&x, "a: {enabled: false}", 0);
	act = find;
#define REFUSED(change) { good_finding(); change; found = 0; request(&x, 5, "GET"); assert_true(found < 0); }
	REFUSED(finding.id = "a.odd");
	REFUSED(finding.id = "b.");
	REFUSED(finding.id = NULL);
	REFUSED(finding.reason = NULL);
	REFUSED(finding.severity = 0);
	REFUSED(finding.severity = 6);
	REFUSED(finding.confidence = 101);
	REFUSED(finding.size = 8);
	REFUSED(finding.evidence_size = 0);
	REFUSED(finding.evidence_cnt = SK_EVIDENCE_MAX + 1);
	REFUSED(finding.evidence = &no_field);
	assert_int_equal(x.alert_cnt, 0);
	stop(&x);
}

/* 16 at once, then one per 10 s of packet time; the next alert says how many were held back. */
static void flood(void **state)
{
	struct fixture x;

	good_finding();
	start(&x, "a: {enabled: false}", 0);
	act = find;
	for (int i = 0; i < 100; i++) {
		request(&x, 5, "GET");
		assert_int_equal(found, i >= 16);
	}
	assert_int_equal(x.alert_cnt, 16);
	assert_int_equal(sk_detect_counters(x.detect)->findings_suppressed, 84);
	x.flow.info.last_ns += 21 * SEC;
	for (int i = 0; i < 4; i++)
		request(&x, 5, "GET");
	assert_int_equal(x.alert_cnt, 18);
	assert_int_equal(x.alerts[16]->suppressed, 84);
	assert_int_equal(x.alerts[17]->suppressed, 0);
	/* another flow has a bucket of its own */
	end_flow(&x);
	new_flow(&x, 8);
	request(&x, 6, "GET");
	assert_int_equal(found, 0);
	stop(&x);
}

/* --- the rest --- */

static int things(struct sk_worker *w, void *flow, const struct sk_event *e)
{
	uint8_t *p = host->scratch(w, 5000);

	assert_non_null(p);
	memset(p, 0xff, 5000);
	host->count(w, counter, 3);
	host->count(w, 12345, 1);
	return SK_CONTINUE;
}

static void counters(void **state)
{
	struct fixture x;
	uint64_t value = 0;

	start(&x, NULL, 0);
	act = things;
	for (int i = 0; i < 5000; i++)
		request(&x, 1, "GET");
	assert_string_equal(sk_detect_plugin_counter(x.detect, 0, &value), "b.things");
	assert_int_equal(value, 15000);
	assert_null(sk_detect_plugin_counter(x.detect, 1, &value));
	assert_int_equal(sk_detect_rules_counters(x.detect)->events, 5000);
	stop(&x);
}

static void explain(void **state)
{
	struct sk_detect_conf conf = { .rules = fake_ruleset() };
	const struct sk_rule *steps[] = { &fake_rules[0], &fake_rules[0] };
	const struct sk_correlation correlation = { .steps = steps, .step_cnt = 2 };
	struct fixture x;
	char got[128] = "";
	FILE *kept = stderr, *out = fmemopen(got, sizeof(got), "w");

	add_rule("c.request", SK_KIND_HTTP_REQUEST, false);
	add_rule("c.sequence", 0, false);
	fake_rules[1].type = SK_RULE_SEQUENCE;
	fake_rules[1].kind = SK_KIND_NONE;
	fake_rules[1].correlation = &correlation;
	assert_int_equal(load(&x, NULL, NULL), 0);
	assert_int_equal(sk_plugins_open(x.plugins, NULL), 0);
	conf.plugins = x.plugins;
	conf.registry = &x.registry;
	conf.explain = "c.unknown";
	assert_null(sk_detect_new(&conf, 0, keep_alert, &x, &x.error));
	error_is(&x, "no rule 'c.unknown' to explain: see sekisho rules list");
	assert_non_null(out);
	conf.explain = "c.sequence";
	stderr = out;
	x.detect = sk_detect_new(&conf, 0, keep_alert, &x, &x.error);
	fflush(out);
	stderr = kept;
	fclose(out);
	assert_non_null(x.detect);
	new_flow(&x, 7);
	assert_string_equal(got, "c.request in brief\n");
	stop(&x);
}

static char crumb[256];

static int drop_crumb(struct sk_worker *w, void *flow, const struct sk_event *e)
{
	int fds[2];
	ssize_t n;

	assert_int_equal(pipe(fds), 0);
	assert_true(sk_detect_breadcrumb(fds[1]));
	n = read(fds[0], crumb, sizeof(crumb) - 1);
	assert_true(n > 0);
	crumb[n] = 0;
	close(fds[0]);
	close(fds[1]);
	return SK_CONTINUE;
}

static void breadcrumb(void **state)
{
	struct fixture x;

	start(&x, NULL, 0);
	assert_false(sk_detect_breadcrumb(STDERR_FILENO));
	act = drop_crumb;
	request(&x, 1234567890123u, "GET");
	assert_string_equal(crumb, "sekisho: detect: in plugin 'b' at http.request, flow 7, packet 1234567890123\n");
	assert_false(sk_detect_breadcrumb(STDERR_FILENO));
	stop(&x);
}

/* No room left in the flow's memory: plugins that need some stay away, rules go on. */
static void short_of_flow_memory(void **state)
{
	struct fixture x;

	add_rule("c.request", SK_KIND_HTTP_REQUEST, false);
	start(&x, NULL, 0);
	x.flow.arena.cap = 16;
	request(&x, 1, "GET");
	story_is("");
	assert_int_equal(x.alert_cnt, 1);
	assert_true(x.alerts[0]->order.seq >= UINT64_C(1) << 32);
	assert_true(sk_detect_counters(x.detect)->plugin_memory > 0);
	stop(&x);
}

/* A plugin that keeps nothing in flows is called before there is a slot for it, and leaves a flow all the same. */
static void leaving_without_flow_state(void **state)
{
	static const int answers[] = { SK_FLOW_DONE, SK_FAILED };
	struct fixture x;

	for (size_t i = 0; i < SK_ARRAY_LEN(answers); i++) {
		start(&x, NULL, 0);
		assert_null(x.flow.detect);
		a_answer = answers[i];
		request(&x, 1, "GET");
		assert_ptr_equal(strstr(story, "a:"), story);
		story[0] = 0;
		request(&x, 2, "GET");
		assert_null(strstr(story, "a:"));
		assert_non_null(strstr(story, "b:"));
		assert_int_equal(sk_detect_counters(x.detect)->plugin_failures, i);
		stop(&x);
		story[0] = 0;
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(in_order_of_names, reset),
		cmocka_unit_test_setup(chosen_by_field, reset),
		cmocka_unit_test_setup(ignored_flow, reset),
		cmocka_unit_test_setup(leaving_a_flow, reset),
		cmocka_unit_test_setup(units, reset),
		cmocka_unit_test_setup(leaving_within_a_unit, reset),
		cmocka_unit_test_setup(enough_of_a_unit, reset),
		cmocka_unit_test_setup(units_too_short, reset),
		cmocka_unit_test_setup(units_of_rules_alone, reset),
		cmocka_unit_test_setup(rules_see_what_plugins_publish, reset),
		cmocka_unit_test_setup(findings, reset),
		cmocka_unit_test_setup(findings_refused, reset),
		cmocka_unit_test_setup(flood, reset),
		cmocka_unit_test_setup(counters, reset),
		cmocka_unit_test_setup(explain, reset),
		cmocka_unit_test_setup(breadcrumb, reset),
		cmocka_unit_test_setup(short_of_flow_memory, reset),
		cmocka_unit_test_setup(leaving_without_flow_state, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
