/* tests/unit/pipeline/t_conf.c — the configuration: defaults, files, --set, mistakes, the dump. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pipeline/conf.h"

static void load_text(struct sk_settings *s, const char *text, int want, const char *message)
{
	char path[] = "/tmp/sekisho-conf-XXXXXX", line[1024], full[1200];
	int fd = mkstemp(path);
	struct sk_error e;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(sk_settings_load(s, path, &e), want);
	unlink(path);
	if (message) {
		snprintf(full, sizeof(full), "%s:%s", path, message);
		assert_string_equal(sk_error_line(&e, line, sizeof(line)), full);
	}
}

static void defaults_are_set(void **state)
{
	struct sk_settings s;

	assert_int_equal(sk_settings_init(&s), 0);
	assert_int_equal(s.workers, 1);
	assert_int_equal(s.reassembly.max_bytes, 1 << 20);
	assert_int_equal(s.flow.established_ns, UINT64_C(600) * 1000000000);
	assert_int_equal(s.checksums, 0);
	assert_true(s.reassembly.midstream);
	assert_int_equal(s.policies.preset, SK_POLICY_WINDOWS);
	assert_true(*s.sensor);
	sk_settings_fini(&s);
}

static void file_then_command_line(void **state)
{
	struct sk_settings s;
	struct sk_error e;

	assert_int_equal(sk_settings_init(&s), 0);
	load_text(&s, "sensor: dmz\nflow:\n  max: 500\n  timeout_new: 5 s\noutputs: [json, 'text:/tmp/x']\n"
		  "reassembly:\n  policies: {10.0.0.0/8: linux, 10.1.0.0/16: solaris}\n"
		  "campaign:\n  allow:\n    - {field: client.ip, value: 10.9.9.9, reason: scanner, expires: 2026-12-31}\n", 0, NULL);
	assert_string_equal(s.sensor, "dmz");
	assert_int_equal(s.flow.max, 500);
	assert_int_equal(s.flow.new_ns, UINT64_C(5) * 1000000000);
	assert_int_equal(s.outputs.cnt, 2);
	assert_string_equal(s.outputs.items[1], "text:/tmp/x");
	assert_int_equal(s.policies.cnt, 2);
	assert_int_equal(s.allow_cnt, 1);
	/* the end of the day: 2027-01-01T00:00:00Z is 1798761600 */
	assert_int_equal(s.allow[0].expires_ns, UINT64_C(1798761600) * 1000000000);
	assert_int_equal(sk_settings_set(&s, "flow.max=600", &e), 0);
	assert_int_equal(s.flow.max, 600);
	assert_int_equal(sk_settings_set(&s, "sensor=", &e), 0);
	assert_string_equal(s.sensor, "");
	sk_settings_fini(&s);
}

static void mistakes_are_placed(void **state)
{
	static const struct { const char *text, *message; } cases[] = {
		{ "flow:\n  maxx: 1\n", "2:9: unknown key 'flow.maxx', did you mean 'flow.max'?" },
		{ "flow: 3\n", "1:7: 'flow' is a section: its keys go below it, indented" },
		{ "spool:\n  fsync: 2 h\n", "2:10: spool.fsync is out of range: 2 h" },
		{ "reassembly:\n  policies: {nonsense: linux}\n", "2:24: 'nonsense' is no network, expected one as in 10.0.0.0/8" },
		{ "campaign:\n  allow:\n    - {field: client.ip}\n", "3:7: an allow-list entry needs field, value and reason" },
		{ "plugins: yes\n", "1:10: expected plugin names" },
	};
	struct sk_settings s;

	assert_int_equal(sk_settings_init(&s), 0);
	for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++)
		load_text(&s, cases[i].text, SK_E_CONFIG, cases[i].message);
	sk_settings_fini(&s);
}

static void sets_are_checked(void **state)
{
	static const char *const bad[] = { "flow.max", "=1", "flow.max=none", "no.such=1", "plugins.x=1", "workers=0", "workers=65" };
	struct sk_settings s;
	struct sk_error e;

	assert_int_equal(sk_settings_init(&s), 0);
	for (size_t i = 0; i < SK_ARRAY_LEN(bad); i++) {
		assert_int_equal(sk_settings_set(&s, bad[i], &e), SK_E_CONFIG);
		assert_non_null(strstr(e.text, bad[i]));
	}
	assert_int_equal(s.workers, 1);
	sk_settings_fini(&s);
}

static void plugin_options_are_merged(void **state)
{
	const struct sk_conf_node *p;
	struct sk_settings s;
	struct sk_error e;

	assert_int_equal(sk_settings_init(&s), 0);
	load_text(&s, "plugins:\n  a: {x: 1, y: \"two words\"}\n  b: {z: yes}\n", 0, NULL);
	assert_int_equal(sk_settings_set(&s, "plugins.a.x=5", &e), 0);
	assert_int_equal(sk_settings_set(&s, "plugins.c.w=say \"hi\"", &e), 0);
	p = sk_conf_get(s.plugins, "a");
	assert_non_null(p);
	assert_span(sk_conf_get(p, "x")->text, "5");
	assert_span(sk_conf_get(p, "y")->text, "two words");
	assert_span(sk_conf_get(sk_conf_get(s.plugins, "b"), "z")->text, "yes");
	assert_span(sk_conf_get(sk_conf_get(s.plugins, "c"), "w")->text, "say \"hi\"");
	sk_settings_fini(&s);
}

static void dump_hides_credentials(void **state)
{
	struct sk_settings s;
	char *text = NULL;
	size_t n = 0;
	FILE *out;

	assert_int_equal(sk_settings_init(&s), 0);
	assert_int_equal(sk_settings_list_add(&s.outputs, "redis://bob:hunter2@localhost/?key=a"), 0);
	out = open_memstream(&text, &n);
	sk_settings_dump(&s, out);
	fclose(out);
	assert_null(strstr(text, "hunter2"));
	assert_non_null(strstr(text, "redis://***@localhost/?key=a"));
	assert_non_null(strstr(text, "\nflow:\n  max: 1000000"));
	free(text);
	sk_settings_fini(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_set),
		cmocka_unit_test(file_then_command_line),
		cmocka_unit_test(mistakes_are_placed),
		cmocka_unit_test(sets_are_checked),
		cmocka_unit_test(plugin_options_are_merged),
		cmocka_unit_test(dump_hides_credentials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
