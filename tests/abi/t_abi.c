/* tests/abi/t_abi.c — plugins from files: one of API 1.0 works, faulty ones are refused or contained; layouts stay. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "layout.h"

#define MODULES "tests/abi/.libs"

const struct sk_plugin *const sk_plugins_builtin[] = { NULL };

/* Path of a module, which nobody else may write to, whatever the umask it was built with. */
static const char *module(const char *name)
{
	static char path[PATH_MAX];
	char here[PATH_MAX / 2];

	assert_non_null(getcwd(here, sizeof(here)));
	snprintf(path, sizeof(path), "%s/" MODULES, here);
	chmod(path, 0755);
	snprintf(path, sizeof(path), "%s/" MODULES "/%s.so", here, name);
	chmod(path, 0755);
	return path;
}

static int load_module(struct fixture *x, const char *name, const char *path, const char *options)
{
	char yaml[PATH_MAX + 256];

	snprintf(yaml, sizeof(yaml), "%s: {path: \"%s\"%s}\n", name, path, options);
	return load(x, yaml, NULL);
}

static void start_module(struct fixture *x, const char *name, const char *path, const char *options, uint64_t budget_ns)
{
	struct sk_detect_conf conf = { .registry = &x->registry, .rules = fake_ruleset(), .plugin_budget_ns = budget_ns,
			.plugin_memory_max = 100000 };

	assert_int_equal(load_module(x, name, path, options), 0);
	assert_int_equal(sk_plugins_open(x->plugins, &x->error), 0);
	conf.plugins = x->plugins;
	x->detect = sk_detect_new(&conf, 0, keep_alert, x, &x->error);
	assert_non_null(x->detect);
	new_flow(x, 7);
}

/* --- layout --- */

static void today_keeps_1_0(void **state)
{
	assert_true(layout_1_0_cnt > 200);
	for (size_t i = 0; i < layout_1_0_cnt; i++) {
		const struct layout_number *old = &layout_1_0[i];
		size_t k = 0;

		while (k < layout_today_cnt && strcmp(layout_today[k].what, old->what))
			k++;
		if (k == layout_today_cnt)
			fail_msg("%s was in 1.0 and is gone", old->what);
		if (old->may_grow ? layout_today[k].value < old->value : layout_today[k].value != old->value)
			fail_msg("%s was %lu in 1.0 and is %lu", old->what, old->value, layout_today[k].value);
	}
}

/* Counted by hand, for machines with 8-byte pointers. */
static void sizes_of_1_0(void **state)
{
	static const struct { const char *what; unsigned long value; } want[] = {
		{ "sizeof struct sk_span", 16 }, { "sizeof struct sk_addr", 20 }, { "sizeof struct sk_value", 32 },
		{ "sizeof struct sk_event", 72 }, { "sizeof struct sk_flow_info", 144 }, { "sizeof struct sk_field_def", 48 },
		{ "sizeof struct sk_kind_def", 32 }, { "sizeof struct sk_evidence", 48 }, { "sizeof struct sk_finding", 56 },
		{ "sizeof struct sk_option", 48 }, { "sizeof struct sk_interest", 40 }, { "sizeof struct sk_host", 112 },
		{ "sizeof struct sk_plugin", 168 }, { "sk_plugin.abi", 0 }, { "sk_plugin.size", 4 }, { "sk_plugin.name", 16 },
		{ "sk_plugin.open", 104 }, { "sk_plugin.unit_end", 160 }, { "sk_host.log", 8 }, { "sk_host.now", 104 },
		{ "sk_event.values", 56 }, { "sk_event.unit", 64 }, { "sk_finding.evidence", 48 },
	};

	if (sizeof(void *) != 8)
		skip();
	for (size_t i = 0; i < SK_ARRAY_LEN(want); i++) {
		size_t k = 0;

		while (k < layout_1_0_cnt && strcmp(layout_1_0[k].what, want[i].what))
			k++;
		assert_true(k < layout_1_0_cnt);
		if (layout_1_0[k].value != want[i].value)
			fail_msg("%s is %lu, expected %lu", want[i].what, layout_1_0[k].value, want[i].value);
	}
}

/* --- a plugin of 1.0 --- */

static void plugin_of_1_0(void **state)
{
	struct fixture x;
	void *unit = NULL;
	uint64_t value;
	const char *reason = "b4096 worker 104 flow 4 pieces 3 bytes 6 time 1753000000000000000.";

	start_module(&x, "plugin10", module("plugin10"), ", word: b, size: 4 KiB", 0);
	assert_string_equal(sk_plugins_at(x.plugins, 0)->name, "plugin10");
	assert_string_equal(sk_plugins_origin(x.plugins, 0), module("plugin10"));
	assert_int_equal(sk_registry_find(&x.registry, sk_span_str("plugin10.seen")), SK_KIND_BUILTIN_CNT);
	request(&x, 1, "GET");			/* not what it asked for */
	request(&x, 2, "POST");
	piece(&x, 3, &unit, 0, "abc", false);
	piece(&x, 4, &unit, 3, "de", false);
	piece(&x, 5, &unit, 5, "f", true);
	assert_int_equal(sk_detect_counters(x.detect)->plugin_failures, 0);
	assert_int_equal(sk_detect_counters(x.detect)->events, 6);
	assert_int_equal(sk_detect_counters(x.detect)->plugin_calls, 4);
	assert_string_equal(sk_detect_plugin_counter(x.detect, 0, &value), "plugin10.events");
	assert_int_equal(value, 4);
	assert_int_equal(x.alert_cnt, 1);
	assert_string_equal(x.alerts[0]->rule->id, "plugin10.body");
	assert_string_equal(x.alerts[0]->reason, reason);
	end_flow(&x);
	new_flow(&x, 8);
	x.flow.info.server_port = 81;
	request(&x, 6, "POST");
	assert_int_equal(sk_detect_counters(x.detect)->plugin_calls, 4);
	stop(&x);
}

/* --- refused --- */

static void tables_refused(void **state)
{
	static const struct { const char *module, *name, *error; } cases[] = {
		{ "wrong_major", "faulty", "%s: made for plugin API 2.0, this sekisho has 1.0: build it with the headers of this one" },
		{ "newer_minor", "faulty",
				"%s: made for plugin API 1.1, this sekisho has 1.0: use a newer sekisho, or build it with the headers of this one" },
		{ "short_size", "faulty", "%s: its table has 40 bytes, plugin API 1.0 needs 168: define it with SK_PLUGIN()" },
		{ "no_symbol", "faulty", "%s: has no sk_plugin_main, so it is no plugin for sekisho: define it with SK_PLUGIN()" },
		{ "no_name", "faulty", "%s: the plugin has no name, or one that is not of lower-case letters, digits and underscores" },
		{ "unknown_kind", "faulty",
				"%s: wants event 'http.requets', which nothing here makes: correct the name or enable the plugin that makes it" },
		{ "unknown_option", "faulty", "%s: option 'how' has type 77, which nobody knows" },
		{ "faulty", "other", "sekisho.yaml:1:1: the plugin in %s is called 'faulty', not 'other': use that name" },
	};
	struct fixture x;

	for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++) {
		const char *path = module(cases[i].module), *at = strstr(cases[i].error, "%s");
		char want[PATH_MAX + 512];

		snprintf(want, sizeof(want), "%.*s%s%s", (int)(at - cases[i].error), cases[i].error, path, at + 2);
		assert_int_equal(load_module(&x, cases[i].name, path, ""), SK_E_CONFIG);
		error_is(&x, want);
		assert_null(x.plugins);
		stop(&x);
	}
}

static void options_refused(void **state)
{
	struct fixture x;
	char want[PATH_MAX + 512];

	assert_int_equal(load_module(&x, "faulty", module("faulty"), ",\n  hwo: slow"), SK_E_CONFIG);
	error_is(&x, "sekisho.yaml:2:3: plugin 'faulty' has no option 'hwo', did you mean 'how'?");
	stop(&x);
	assert_int_equal(load_module(&x, "faulty", module("faulty"), ", how: open"), 0);
	assert_int_equal(sk_plugins_open(x.plugins, &x.error), SK_E_CONFIG);
	snprintf(want, sizeof(want), "plugin 'faulty' (%s) cannot start: it was told to fail", module("faulty"));
	error_is(&x, want);
	stop(&x);
}

static void copy(const char *from, const char *to, mode_t mode)
{
	char buf[65536];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	ssize_t n;

	assert_true(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		assert_int_equal(write(out, buf, (size_t)n), n);
	close(in);
	close(out);
	assert_int_equal(chmod(to, mode), 0);
}

/* Mode of the file, mode of its folder, and what is said; NULL for nothing. */
static void files_others_can_write(void **state)
{
	static const struct { mode_t file, folder; const char *error; bool root; } cases[] = {
		{ 0755, 0755, NULL, false },
		{ 0644, 01777, NULL, false },
		{ 0757, 0755, "everyone may write to the file: chmod o-w it", false },
		{ 0755, 0757, "everyone may write to the folder it is in: chmod o-w it", false },
		{ 0775, 0755, "a group may write to the file: chmod g-w it", true },
		{ 0755, 0775, "a group may write to the folder it is in: chmod g-w it", true },
	};
	char dir[] = "t_abi.XXXXXX", here[PATH_MAX / 2], path[PATH_MAX], *real;
	struct fixture x;

	assert_non_null(mkdtemp(dir));
	assert_non_null(getcwd(here, sizeof(here)));
	snprintf(path, sizeof(path), "%s/%s/faulty.so", here, dir);
	for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++) {
		bool refused = cases[i].error && (!cases[i].root || geteuid() == 0);
		int rc;

		assert_int_equal(chmod(dir, 0755), 0);
		copy(module("faulty"), path, cases[i].file);
		assert_int_equal(chmod(dir, cases[i].folder), 0);
		rc = load_module(&x, "faulty", path, "");
		assert_int_equal(rc, refused ? SK_E_CONFIG : 0);
		real = realpath(path, NULL);
		if (refused) {
			assert_int_equal(strncmp(x.error.text, real, strlen(real)), 0);
			assert_non_null(strstr(x.error.text, cases[i].error));
		}
		free(real);
		stop(&x);
		unlink(path);
	}
	assert_int_equal(rmdir(dir), 0);
}

/* A folder to look in, as pluginsdir is. */
static void by_name_in_a_folder(void **state)
{
	char dir[PATH_MAX];
	struct fixture x;

	snprintf(dir, sizeof(dir), "%s", module("faulty"));
	*strrchr(dir, '/') = 0;
	assert_int_equal(load(&x, "faulty: {}", dir), 0);
	assert_int_equal(sk_plugins_count(x.plugins), 1);
	stop(&x);
}

/* --- contained --- */

static void run(struct fixture *x, const char *how, uint64_t budget_ns, int requests)
{
	char options[64];

	snprintf(options, sizeof(options), ", how: %s", how);
	start_module(x, "faulty", module("faulty"), options, budget_ns);
	for (int i = 0; i < requests; i++) {
		request(x, (uint64_t)i + 1, "GET");
		if (strcmp(how, "failed"))
			continue;
		end_flow(x);
		new_flow(x, (uint64_t)i + 10);
	}
}

static void mistakes_contained(void **state)
{
	const struct sk_detect_counters *c;
	struct fixture x;

	run(&x, "failed", SEC, 20);
	c = sk_detect_counters(x.detect);
	assert_int_equal(c->plugin_failures, 16);
	assert_int_equal(c->plugin_quarantines, 1);
	assert_int_equal(c->plugin_skipped, 4);
	stop(&x);

	run(&x, "slow", 1000000, 10);
	c = sk_detect_counters(x.detect);
	assert_int_equal(c->plugin_slow, 3);
	assert_int_equal(c->plugin_calls, 3);
	assert_int_equal(c->plugin_quarantines, 1);
	stop(&x);

	run(&x, "hog", 0, 2);
	c = sk_detect_counters(x.detect);
	assert_int_equal(c->plugin_memory, 2);		/* 100 blocks of 1000, then no more */
	assert_int_equal(c->plugin_calls, 2);
	stop(&x);

	run(&x, "flood", 0, 1000);
	c = sk_detect_counters(x.detect);
	assert_int_equal(x.alert_cnt, 16);
	assert_int_equal(c->findings_suppressed, 984);
	stop(&x);

	run(&x, "overrun", 0, 5);
	assert_int_equal(sk_detect_counters(x.detect)->plugin_calls, 1);
	stop(&x);

	run(&x, "recurse", 0, 1);
	c = sk_detect_counters(x.detect);
	assert_int_equal(c->plugin_nesting, 1);
	assert_int_equal(c->plugin_calls, 5);
	stop(&x);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(today_keeps_1_0),
		cmocka_unit_test(sizes_of_1_0),
		cmocka_unit_test(plugin_of_1_0),
		cmocka_unit_test(tables_refused),
		cmocka_unit_test(options_refused),
		cmocka_unit_test(files_others_can_write),
		cmocka_unit_test(by_name_in_a_folder),
		cmocka_unit_test(mistakes_contained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
