/* plugin/builtin.c — the plugins that are linked into sekisho. */
#include <sekisho/plugin.h>

#define BUILTINS(BUILTIN) \
	BUILTIN(ak47) \
	BUILTIN(lumma) \
	BUILTIN(secrets) \
	BUILTIN(trace) \
	BUILTIN(viewstate)

#define DECLARE(name) extern const struct sk_plugin sk_plugin_##name;
BUILTINS(DECLARE)

/* Read by engine/detect. */
extern const struct sk_plugin *const sk_plugins_builtin[];

#define ENTRY(name) &sk_plugin_##name,
const struct sk_plugin *const sk_plugins_builtin[] = { BUILTINS(ENTRY) NULL };
