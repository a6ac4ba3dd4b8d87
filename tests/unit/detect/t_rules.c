/* tests/unit/detect/t_rules.c — real rules over what plugins publish, and over bodies whose units plugins keep state in too. */
#include "fixture.h"

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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(over_what_plugins_publish),
		cmocka_unit_test(across_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
