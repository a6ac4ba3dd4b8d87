/* tests/unit/detect/t_rules.c — real rules over what plugins publish, and over bodies whose units plugins keep state in too. */
#include "fixture.h"

#include "alert/key.h"

#include "../rules/lab.h"

static const struct sk_host *host;
static uint64_t longest;		/* unit, in bytes */

static int on_open(const struct sk_host *h, void **instance, char *error, size_t error_size)
{
	host = h;
	return 0;
}

/* Publishes how long a body was and how it was asked for. */
static int on_event(void *instance, struct sk_worker *w, void *worker, void *flow, const struct sk_event *e)
{
	uint64_t *bytes = host->unit(w);
	struct sk_value values[2];

	*bytes += sk_event_bytes(e, SK_F_HTTP_BODY_BYTES).n;
	longest = SK_MAX(longest, *bytes);
	if (!sk_event_num(e, SK_F_HTTP_BODY_LAST, 0))
		return SK_CONTINUE;
	values[0] = number(*bytes);
	values[1] = text(*bytes > 8 ? "long" : "short");
	return host->publish(w, 0, values, 2) < 0 ? SK_FAILED : SK_CONTINUE;
}

static const struct sk_field_def fields[] = {
	{ "size", SK_VALUE_INT, 0, "bytes", "", "1", "bytes of the body" }, { "class", SK_VALUE_TEXT, 0, "", "", "long", "long or short" } };
static const struct sk_kind_def kinds[] = { { "measure.body", "a body has ended", fields, 2, 0 } };
static const struct sk_interest interests[] = { { .kind = "http.body" } };
static const struct sk_plugin measure = {
	.abi = SK_ABI, .size = sizeof(struct sk_plugin), .interest_size = sizeof(struct sk_interest),
	.option_size = sizeof(struct sk_option), .kind_size = sizeof(struct sk_kind_def), .field_size = sizeof(struct sk_field_def),
	.name = "measure", .version = "1", .summary = "s", .licence = "l", .interests = interests, .interest_cnt = 1, .kinds = kinds, .kind_cnt = 1,
	.unit_size = 8, .open = on_open, .on_event = on_event };

const struct sk_plugin *const sk_plugins_builtin[] = { &measure, NULL };

static const char rules_text[] =
	LAB_HEAD
	"rules:\n"
	"  - id: lab.long\n"
	"    sid: 1\n"
	"    title: A long body\n"
	"    severity: low\n"
	"    on: measure.body\n"
	"    where: {class: long}\n"
	"  - id: lab.secret\n"
	"    sid: 2\n"
	"    title: A secret\n"
	"    severity: high\n"
	"    on: http.body\n"
	"    where: {bytes: {contains: secret}}\n";

static struct sk_ruleset *rules;

static void begin(struct fixture *x, const char *yaml)
{
	struct sk_detect_conf conf = { .registry = &lab_registry };
	const struct sk_conf_node *node = NULL;

	memset(x, 0, sizeof(*x));
	longest = 0;
	sk_registry_init(&lab_registry);
	if (yaml) {
		assert_int_equal(sk_conf_load_text(&x->tree, "sekisho.yaml", sk_span_str(yaml), &x->error), 0);
		node = sk_conf_root(x->tree);
	}
	assert_int_equal(sk_plugins_load(&x->plugins, node, NULL, &lab_registry, &x->error), 0);
	assert_int_equal(sk_plugins_open(x->plugins, &x->error), 0);
	rules = lab_load(yaml ? LAB_HEAD "rules:\n  - {id: lab.secret, sid: 2, title: A secret, severity: high, on: http.body,"
			 " where: {bytes: {contains: secret}}}\n" : rules_text);
	conf.plugins = x->plugins;
	conf.rules = rules;
	x->detect = sk_detect_new(&conf, 0, keep_alert, x, &x->error);
	assert_non_null(x->detect);
	new_flow(x, 7);
}

static void end(struct fixture *x)
{
	stop(x);
	sk_rules_free(rules);
}

static void over_what_plugins_publish(void **state)
{
	struct fixture x;
	void *a = NULL, *b = NULL;

	begin(&x, NULL);
	piece(&x, 1, &a, 0, "12345678", true);
	assert_int_equal(x.alert_cnt, 0);
	piece(&x, 2, &a, 0, "12345678", false);
	piece(&x, 3, &b, 0, "1234", false);
	piece(&x, 4, &a, 8, "9", true);
	piece(&x, 5, &b, 4, "", true);
	assert_int_equal(x.alert_cnt, 1);
	assert_string_equal(x.alerts[0]->rule->id, "lab.long");
	assert_int_equal(x.alerts[0]->packet, 4);
	assert_int_equal(longest, 9);
	end(&x);
}

/* The matcher's state and the plugin's hang in the same unit, of two bodies at a time. */
static void across_pieces(void **state)
{
	static const char *const with[] = { NULL, "measure: {enabled: false}" };

	for (size_t i = 0; i < SK_ARRAY_LEN(with); i++) {
		struct fixture x;
		void *up = NULL, *down = NULL;

		begin(&x, with[i]);
		piece(&x, 1, &up, 0, "a sec", false);
		piece(&x, 2, &down, 0, "ret", false);		/* not the rest of the other */
		assert_int_equal(x.alert_cnt, 0);
		piece(&x, 3, &up, 5, "ret", false);
		assert_int_equal(x.alert_cnt, 1);
		assert_string_equal(x.alerts[0]->rule->id, "lab.secret");
		assert_int_equal(x.alerts[0]->packet, 3);
		piece(&x, 4, &up, 8, "secret", true);		/* once per unit */
		piece(&x, 5, &down, 3, "", true);
		assert_null(up);
		assert_null(down);
		assert_int_equal(x.alert_cnt, with[i] ? 1 : 2);	/* and lab.long */
		end(&x);
	}
}

static const char feeding_rules[] =
	LAB_HEAD
	"rules:\n"
	"  - {id: lab.seen, sid: 1, title: A body, severity: info, mark: true, on: measure.body, where: {size: {gt: 0}}}\n"
	"  - {id: lab.long, sid: 2, title: A long body, severity: low, on: measure.body, where: {class: long}}\n"
	"  - id: lab.news\n"
	"    sid: 3\n"
	"    title: News\n"
	"    severity: low\n"
	"    sequence:\n"
	"      by: client.ip\n"
	"      within: 60s\n"
	"      steps:\n"
	"        - lab.long\n"
	"        - of: lab.long\n"
	"          unless: {of: lab.seen, within: 1 d, same: {client.ip: client.ip, class: class}}\n";

static uint64_t seen_hashes[4];
static size_t seen_cnt, seen_calls;

static void on_seen(void *cx, const struct sk_event *e, const uint64_t *hashes, size_t n)
{
	assert_int_equal(e->packet, 2);
	for (size_t i = 0; i < n; i++)
		seen_hashes[seen_cnt++] = hashes[i];
	seen_calls++;
}

/* A mark that is only looked up leaves as hashes or, where marks have to be whole, as an alert that gives the same hashes. */
static void marks_that_are_only_looked_up(void **state)
{
	for (int whole = 0; whole < 2; whole++) {
		struct sk_detect_conf conf = { .registry = &lab_registry, .seen = whole ? NULL : on_seen };
		struct fixture x = { 0 };
		void *unit = NULL;

		sk_registry_init(&lab_registry);
		assert_int_equal(sk_plugins_load(&x.plugins, NULL, NULL, &lab_registry, &x.error), 0);
		assert_int_equal(sk_plugins_open(x.plugins, &x.error), 0);
		if (!whole)
			rules = lab_load(feeding_rules);
		conf.plugins = x.plugins;
		conf.rules = rules;
		x.detect = sk_detect_new(&conf, 0, keep_alert, &x, &x.error);
		assert_non_null(x.detect);
		new_flow(&x, 7);
		piece(&x, 1, &unit, 0, "1234", false);
		piece(&x, 2, &unit, 4, "5", true);
		assert_int_equal(x.alert_cnt, whole);
		assert_int_equal(x.flow.suspect, 0);
		assert_int_equal(seen_calls, 1);
		assert_int_equal(seen_cnt, 1);
		if (whole) {
			const struct sk_rule *r = x.alerts[0]->rule;
			struct sk_value v[2];
			struct sk_arena scratch;
			uint64_t hashes[SK_ALERT_LIST_MAX];

			sk_arena_init(&scratch, 256, 4096);
			v[0] = sk_alert_value(x.alerts[0], "client.ip", &scratch);
			v[1] = sk_alert_value(x.alerts[0], "class", &scratch);
			assert_string_equal(r->id, "lab.seen");
			assert_int_equal(r->feed_cnt, 1);
			assert_int_equal(sk_alert_seen_hashes(r->feeds[0].unless, v, 2, hashes), 1);
			assert_true(hashes[0] == seen_hashes[0]);
			assert_true(sk_alert_seen_hash(r->feeds[0].unless, v, 2) == seen_hashes[0]);
			sk_arena_fini(&scratch);
			end(&x);
		} else {
			stop(&x);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(over_what_plugins_publish),
		cmocka_unit_test(across_pieces),
		cmocka_unit_test(marks_that_are_only_looked_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
