/* tests/unit/detect/t_host.c — which plugins are loaded, with which options, and what is refused with which words. */
#include "fixture.h"

#include <sys/stat.h>
#include <unistd.h>

static int nothing(void *instance, struct sk_worker *w, void *worker, void *flow, const struct sk_event *e)
{
	return SK_CONTINUE;
}

static struct {
	uint64_t count, size, pause;
	bool loud;
	char word[32];
	int opened, closed;
} got;

static int alpha_open(const struct sk_host *h, void **instance, char *error, size_t error_size)
{
	got.opened++;
	got.count = h->option_num(h, "count");
	got.size = h->option_num(h, "size");
	got.pause = h->option_num(h, "pause");
	got.loud = h->option_num(h, "loud") != 0;
	snprintf(got.word, sizeof(got.word), "%s", h->option_text(h, "word"));
	if (!strcmp(got.word, "fail")) {
		snprintf(error, error_size, "the word\nis fail");
		return -1;
	}
	return 0;
}

static void alpha_close(void *instance)
{
	got.closed++;
}

static const struct sk_option alpha_options[] = {
	{ .name = "count", .type = SK_OPTION_INT, .preset = "3", .min = 1, .max = 9, .help = "h" },
	{ .name = "size", .type = SK_OPTION_SIZE, .preset = "2 KiB", .help = "h" },
	{ .name = "pause", .type = SK_OPTION_DURATION, .preset = "5 s", .min = SEC, .max = 10 * SEC, .help = "h" },
	{ .name = "loud", .type = SK_OPTION_BOOL, .preset = "no", .help = "h" },
	{ .name = "word", .type = SK_OPTION_TEXT, .preset = "hello", .help = "h" },
};

static const struct sk_field_def alpha_fields[] = {
	{ "level", SK_VALUE_INT, 0, "", "", "1", "a level" }, { "shape", SK_VALUE_TEXT, 0, "", "", "round", "a shape" } };
static const struct sk_kind_def alpha_kinds[] = { { "alpha.thing", "a thing", alpha_fields, 2, 0 } };

#define HEAD \
	.abi = SK_ABI, .size = sizeof(struct sk_plugin), .interest_size = sizeof(struct sk_interest), \
	.option_size = sizeof(struct sk_option), .kind_size = sizeof(struct sk_kind_def), .field_size = sizeof(struct sk_field_def), \
	.version = "1", .summary = "s", .licence = "l", .on_event = nothing

static const struct sk_interest alpha_interests[] = { { .kind = "http.body", .reads = "bytes offset last request.path response.status" } };
static const struct sk_plugin alpha = { HEAD, .name = "alpha", .interests = alpha_interests, .interest_cnt = 1,
	.options = alpha_options, .option_cnt = 5, .kinds = alpha_kinds, .kind_cnt = 1, .open = alpha_open, .close = alpha_close };

static const struct sk_interest beta_interests[] = { { .kind = "alpha.thing", .field = "shape", .prefix = "r" } };
static const struct sk_plugin beta = { HEAD, .name = "beta", .interests = beta_interests, .interest_cnt = 1, .flags = SK_PLUGIN_OFF };

/* What the table of a case is; on by itself. */
static const struct sk_interest one_interests[] = { { .kind = "http.request" } };
static const struct sk_plugin good = { HEAD, .name = "one", .interests = one_interests, .interest_cnt = 1, .flags = SK_PLUGIN_OFF };
static struct sk_plugin one;

const struct sk_plugin *const sk_plugins_builtin[] = { &beta, &alpha, &one, NULL };

static int reset(void **state)
{
	memset(&got, 0, sizeof(got));
	one = good;
	return 0;
}

static void presets(void **state)
{
	struct fixture x;

	assert_int_equal(load(&x, NULL, NULL), 0);
	assert_int_equal(sk_plugins_count(x.plugins), 1);
	assert_string_equal(sk_plugins_at(x.plugins, 0)->name, "alpha");
	assert_string_equal(sk_plugins_origin(x.plugins, 0), "built in");
	assert_null(sk_plugins_at(x.plugins, 1));
	assert_int_equal(got.opened, 0);
	assert_int_equal(sk_plugins_open(x.plugins, &x.error), 0);
	assert_int_equal(got.count, 3);
	assert_int_equal(got.size, 2048);
	assert_int_equal(got.pause, 5 * SEC);
	assert_false(got.loud);
	assert_string_equal(got.word, "hello");
	stop(&x);
	assert_int_equal(got.closed, 1);
}

static void values(void **state)
{
	struct fixture x;

	assert_int_equal(load(&x, "alpha: {count: 9, size: 1 MiB, pause: 2 s, loud: true, word: \"a b\"}\nbeta: {}\n", NULL), 0);
	assert_int_equal(sk_plugins_count(x.plugins), 2);
	assert_string_equal(sk_plugins_at(x.plugins, 0)->name, "alpha");
	assert_string_equal(sk_plugins_at(x.plugins, 1)->name, "beta");
	assert_int_equal(sk_plugins_open(x.plugins, &x.error), 0);
	assert_int_equal(got.count, 9);
	assert_int_equal(got.size, 1048576);
	assert_int_equal(got.pause, 2 * SEC);
	assert_true(got.loud);
	assert_string_equal(got.word, "a b");
	stop(&x);
}

static void switched_off(void **state)
{
	struct fixture x;

	assert_int_equal(load(&x, "alpha: {enabled: false}", NULL), 0);
	assert_int_equal(sk_plugins_count(x.plugins), 0);
	stop(&x);
	/* what is off is still read: a mistake in it is told before it is switched on */
	assert_int_equal(load(&x, "alpha: {enabled: false, count: 10}", NULL), SK_E_CONFIG);
	stop(&x);
}

static void mistakes_in_configuration(void **state)
{
	static const struct { const char *yaml, *error; } cases[] = {
		{ "alpha:\n  cuont: 1\n", "sekisho.yaml:2:3: plugin 'alpha' has no option 'cuont', did you mean 'count'?" },
		{ "alpha:\n  xyzzyplugh: 1\n", "sekisho.yaml:2:3: plugin 'alpha' has no option 'xyzzyplugh'" },
		{ "alpha: true\n", "sekisho.yaml:1:8: expected the options of plugin 'alpha', as in alpha: {enabled: true}" },
		{ "gamma: {}\n", "sekisho.yaml:1:1: plugin 'gamma' is not built in: correct the name or give its path:" },
		{ "Gamma: {}\n", "sekisho.yaml:1:8: 'Gamma' is no name for a plugin" },
		{ "gamma: {path: lib/gamma.so}\n", "lib/gamma.so: the path of a plugin must begin with a slash" },
		{ "gamma: {path: /nonexistent/gamma.so}\n", "/nonexistent/gamma.so: No such file or directory" },
		{ "alpha: {pause: 11 s}\n", "sekisho.yaml:1:16: expected a time from 1000000000 ns to 10000000000 ns" },
		{ "alpha: {enabled: false}\nbeta: {}\n",
		  "built in: wants event 'alpha.thing', which nothing here makes: correct the name or enable the plugin that makes it" },
	};
	struct fixture x;

	for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++) {
		assert_int_equal(load(&x, cases[i].yaml, NULL), SK_E_CONFIG);
		error_is(&x, cases[i].error);
		assert_null(x.plugins);
		stop(&x);
	}
	/* words of conf/, our place */
	assert_int_equal(load(&x, "alpha:\n  count: many\n", NULL), SK_E_CONFIG);
	assert_int_equal(x.error.line, 2);
	assert_int_equal(x.error.column, 10);
	stop(&x);
}

static void plugins_are_a_mapping(void **state)
{
	struct fixture x;

	memset(&x, 0, sizeof(x));
	sk_registry_init(&x.registry);
	assert_int_equal(sk_conf_load_text(&x.tree, "sekisho.yaml", sk_span_str("plugins: [alpha]"), &x.error), 0);
	assert_int_equal(sk_plugins_load(&x.plugins, sk_conf_get(sk_conf_root(x.tree), "plugins"), NULL, &x.registry, &x.error), SK_E_CONFIG);
	error_is(&x, "sekisho.yaml:1:10: expected plugins by name, as in plugins: {trace: {enabled: true}}");
	stop(&x);
}

static void a_folder_is_looked_in(void **state)
{
	struct fixture x;

	assert_int_equal(load(&x, "gamma: {}\n", "/nonexistent"), SK_E_CONFIG);
	error_is(&x, "sekisho.yaml:1:1: plugin 'gamma' is not built in and has no file in /nonexistent: correct the name or give its path:");
	stop(&x);
}

static void open_that_fails(void **state)
{
	struct fixture x;

	assert_int_equal(load(&x, "alpha: {word: fail}", NULL), 0);
	assert_int_equal(sk_plugins_open(x.plugins, &x.error), SK_E_CONFIG);
	error_is(&x, "plugin 'alpha' (built in) cannot start: the word is fail");
	stop(&x);
	assert_int_equal(got.opened, 1);
	assert_int_equal(got.closed, 0);
}

static void what_is_wanted(void **state)
{
	struct sk_wanted w = { 0 };
	struct fixture x;
	unsigned thing = SK_KIND_BUILTIN_CNT;

	assert_int_equal(load(&x, "beta: {}\none: {}", NULL), 0);
	sk_plugins_wanted(x.plugins, &w);
	assert_string_equal(x.registry.kinds[thing]->name, "alpha.thing");
	assert_true(w.kinds == (UINT64_C(1) << SK_KIND_HTTP_BODY | UINT64_C(1) << SK_KIND_HTTP_REQUEST | UINT64_C(1) << thing));
	assert_int_equal(w.fields[SK_KIND_HTTP_BODY],
			 1u << SK_F_HTTP_BODY_BYTES | 1u << SK_F_HTTP_BODY_OFFSET | 1u << SK_F_HTTP_BODY_LAST);
	assert_int_equal(w.fields[SK_KIND_HTTP_RESPONSE], 1u << SK_F_HTTP_RESPONSE_STATUS);
	/* "one" says nothing about what it reads: all */
	assert_int_equal(w.fields[SK_KIND_HTTP_REQUEST], (1u << SK_F_HTTP_REQUEST_CNT) - 1);
	assert_int_equal(w.fields[thing], 3);
	stop(&x);
}

/* --- tables --- */

static const struct sk_interest by_number[] = { { .kind = "http.response", .field = "status", .prefix = "4" } };
static const struct sk_interest by_nothing[] = { { .kind = "http.request", .field = "colour", .prefix = "r" } };
static const struct sk_interest half[] = { { .kind = "http.request", .field = "method" } };
static const struct sk_interest reads_wrong[] = { { .kind = "http.request", .reads = "method colour" } };
static const struct sk_interest least_of_whole[] = { { .kind = "http.request", .least = 4 } };
static const struct sk_interest unknown[] = { { .kind = "smtp.mail" } };
static const struct sk_interest unnamed[] = { { .kind = NULL } };
static const struct sk_option twice[] = {
	{ .name = "a", .type = SK_OPTION_INT, .preset = "1", .help = "h" }, { .name = "a", .type = SK_OPTION_INT, .preset = "1", .help = "h" } };
static const struct sk_option reserved[] = { { .name = "enabled", .type = SK_OPTION_BOOL, .preset = "yes", .help = "h" } };
static const struct sk_option bad_type[] = { { .name = "a", .type = 99, .preset = "1", .help = "h" } };
static const struct sk_option no_preset[] = { { .name = "a", .type = SK_OPTION_INT, .help = "h" } };
static const struct sk_option bad_preset[] = { { .name = "a", .type = SK_OPTION_INT, .preset = "10", .max = 9, .help = "h" } };
static const struct sk_option no_number[] = { { .name = "a", .type = SK_OPTION_DURATION, .preset = "soon", .help = "h" } };
static const struct sk_field_def stream_field[] = { { "bytes", SK_VALUE_STREAM, 0, "", "", "", "h" } };
static const struct sk_field_def bare_field[] = { { .name = "bytes", .type = SK_VALUE_BYTES } };
static const struct sk_kind_def streams[] = { { "one.flood", "h", stream_field, 1, 0 } };
static const struct sk_kind_def bare[] = { { "one.flood", "h", bare_field, 1, 0 } };
static const struct sk_kind_def taken[] = { { "http.request", "h", NULL, 0, 0 } };
static const struct sk_kind_def dotless[] = { { "flood", "h", NULL, 0, 0 } };
static const struct sk_kind_def helpless[] = { { "one.flood", NULL, NULL, 0, 0 } };

#define CASE(change, error) { reset(NULL); one.flags = 0; change; refused(error); }

static void refused(const char *error)
{
	struct fixture x;

	assert_int_equal(load(&x, "alpha: {enabled: false}", NULL), SK_E_CONFIG);
	error_is(&x, error);
	stop(&x);
}

static void mistakes_in_tables(void **state)
{
	char sizes[256];

	CASE(one.abi = 2u << 16, "built in: made for plugin API 2.0, this sekisho has 1.0: build it with the headers of this one");
	CASE(one.abi = 0, "built in: made for plugin API 0.0, this sekisho has 1.0: build it with the headers of this one");
	CASE(one.abi = SK_ABI + 1, "built in: made for plugin API 1.1, this sekisho has 1.0: use a newer sekisho, or build it with the headers of this one");
	CASE(one.size = 64, "built in: its table has 64 bytes, plugin API 1.0 needs 168: define it with SK_PLUGIN()");
	snprintf(sizes, sizeof(sizes), "built in: its element sizes are 0, %zu, %zu, %zu, those of plugin API 1.0 are %zu, %zu, %zu, %zu: define it with SK_PLUGIN()",
		 sizeof(struct sk_option), sizeof(struct sk_kind_def), sizeof(struct sk_field_def), sizeof(struct sk_interest),
		 sizeof(struct sk_option), sizeof(struct sk_kind_def), sizeof(struct sk_field_def));
	CASE(one.interest_size = 0, sizes);
	CASE(one.name = NULL, "built in: the plugin has no name, or one that is not of lower-case letters, digits and underscores");
	CASE(one.name = "One", "built in: the plugin has no name, or one that is not of lower-case letters, digits and underscores");
	CASE(one.version = NULL, "built in: version, summary or licence is missing");
	CASE(one.on_event = NULL, "built in: has no on_event");
	CASE(one.flow_size = 1u << 20, "built in: flow_size is 1048576, at most 65536: use host->alloc");
	CASE(one.unit_size = 1u << 20, "built in: unit_size is 1048576, at most 65536: use host->alloc");
	CASE(one.worker_size = 1u << 30, "built in: worker_size is 1073741824, at most 67108864: use host->alloc");
	CASE(one.flags = 6, "built in: flags are 0x6, known is 0x1");
	CASE(one.interest_cnt = 0, "built in: has 0 interests, expected 1 to 256");
	CASE(one.interests = NULL, "built in: has 1 interests, expected 1 to 256");
	CASE(one.interests = unnamed, "built in: interest 0 names no event kind");
	CASE(one.interests = unknown, "built in: wants event 'smtp.mail', which nothing here makes: correct the name or enable the plugin that makes it");
	CASE(one.interests = half, "built in: interest 0 has a field or a prefix, but not both");
	CASE(one.interests = by_nothing, "built in: event 'http.request' has no field 'colour'");
	CASE(one.interests = by_number, "built in: events can be chosen by text only, and field 'status' of 'http.response' is something else");
	CASE(one.interests = reads_wrong, "built in: reads 'colour' of event 'http.request', which has no such field");
	CASE(one.interests = least_of_whole, "built in: asks for 4 bytes of event 'http.request', which does not come in pieces");
	CASE((one.options = twice, one.option_cnt = 2), "built in: option 'a' is there twice");
	CASE((one.options = reserved, one.option_cnt = 1), "built in: option 0 has no usable name");
	CASE((one.options = bad_type, one.option_cnt = 1), "built in: option 'a' has type 99, which nobody knows");
	CASE((one.options = no_preset, one.option_cnt = 1), "built in: option 'a' has no preset");
	CASE((one.options = bad_preset, one.option_cnt = 1), "built in: the preset of option 'a' is '10', which the option itself does not allow");
	CASE((one.options = no_number, one.option_cnt = 1), "built in: the preset of option 'a' is 'soon', which the option itself does not allow");
	CASE(one.option_cnt = 1, "built in: has 1 options, at most 256");
	CASE((one.kinds = streams, one.kind_cnt = 1), "built in: field 0 of event 'one.flood' is streamed; events of plugins are whole");
	CASE((one.kinds = bare, one.kind_cnt = 1), "built in: field 0 of event 'one.flood' is not described in full");
	CASE((one.kinds = taken, one.kind_cnt = 1), "built in: event kind 'http.request' is there already");
	CASE((one.kinds = dotless, one.kind_cnt = 1), "built in: event kind 'flood' or one of its fields has no usable name or type, or a name that is taken");
	CASE((one.kinds = helpless, one.kind_cnt = 1), "built in: event kind 0 lacks a name, help or fields");
}

/* A table that is longer than ours, or ends where 1.0 does, is read as far as both sides go. */
static void longer_table(void **state)
{
	struct fixture x;

	one.size = sizeof(one) + 64;
	assert_int_equal(load(&x, "one: {}", NULL), 0);
	assert_int_equal(sk_plugins_count(x.plugins), 2);
	stop(&x);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(presets, reset),
		cmocka_unit_test_setup(values, reset),
		cmocka_unit_test_setup(switched_off, reset),
		cmocka_unit_test_setup(mistakes_in_configuration, reset),
		cmocka_unit_test_setup(plugins_are_a_mapping, reset),
		cmocka_unit_test_setup(a_folder_is_looked_in, reset),
		cmocka_unit_test_setup(open_that_fails, reset),
		cmocka_unit_test_setup(what_is_wanted, reset),
		cmocka_unit_test_setup(mistakes_in_tables, reset),
		cmocka_unit_test_setup(longer_table, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
