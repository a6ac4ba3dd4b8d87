/* pipeline/paths.c — see paths.h. */
#include "pipeline/paths.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* True when the running program lies in the folder it was built in. */
static bool in_build_tree(void)
{
	static int known = -1;
	char self[4096], build[4096];
	ssize_t n;

	if (known >= 0)
		return known;
	known = 0;
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n > 0 && realpath(SK_BUILD_DIR, build)) {
		size_t len = strlen(build);

		self[n] = 0;
		known = strncmp(self, build, len) == 0 && self[len] == '/';
	}
	return known;
}

const char *sk_paths_rules(void) { return in_build_tree() ? SK_SOURCE_DIR "/rules" : SK_RULES_DIR; }
const char *sk_paths_plugins(void) { return in_build_tree() ? NULL : SK_PLUGINS_DIR; }
const char *sk_paths_pcaps(void) { return in_build_tree() ? SK_SOURCE_DIR "/pcaps" : NULL; }
const char *sk_paths_config(void) { return in_build_tree() ? NULL : SK_CONFIG_DIR "/sekisho.yaml"; }
