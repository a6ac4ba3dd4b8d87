/* tests/unit/detect/t_builtin.c — the plugins this tree brings: all load together, linked in and from their files. */
#include "fixture.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

/* Every built-in plugin by name; modules: from its file in the build tree. */
static void name_all(char *yaml, size_t size, bool modules)
{
	char here[PATH_MAX / 2];
	size_t n = 0;

	assert_non_null(getcwd(here, sizeof(here)));
	for (size_t i = 0; sk_plugins_builtin[i]; i++) {
		const char *name = sk_plugins_builtin[i]->name;

		assert_non_null(name);
		if (modules) {
			char path[PATH_MAX];

			snprintf(path, sizeof(path), "%s/plugin/%s/.libs", here, name);
			chmod(path, 0755);
			snprintf(path, sizeof(path), "%s/plugin/%s/.libs/%s.so", here, name, name);
			chmod(path, 0755);
			n += (size_t)snprintf(yaml + n, size - n, "%s: {path: \"%s\"}\n", name, path);
		} else {
			n += (size_t)snprintf(yaml + n, size - n, "%s: {enabled: true}\n", name);
		}
		assert_true(n < size);
	}
}

static void all_load(bool modules)
{
	struct sk_wanted wanted = { 0 };
	struct fixture x;
	char yaml[8192];
	size_t cnt = 0;

	name_all(yaml, sizeof(yaml), modules);
	while (sk_plugins_builtin[cnt])
		cnt++;
	if (load(&x, yaml, NULL) < 0)
		fail_msg("%s", x.error.text);
	assert_int_equal(sk_plugins_count(x.plugins), cnt);
	for (size_t i = 0; i < cnt; i++) {
		assert_int_equal(sk_plugins_origin(x.plugins, i)[0], modules ? '/' : 'b');
		assert_true(i == 0 || strcmp(sk_plugins_at(x.plugins, i - 1)->name, sk_plugins_at(x.plugins, i)->name) < 0);
	}
	if (sk_plugins_open(x.plugins, &x.error) < 0)
		fail_msg("%s", x.error.text);
	sk_plugins_wanted(x.plugins, &wanted);
	assert_true(wanted.kinds != 0);
	stop(&x);
}

static void linked_in(void **state)
{
	all_load(false);
}

static void from_files(void **state)
{
	all_load(true);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(linked_in),
		cmocka_unit_test(from_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
