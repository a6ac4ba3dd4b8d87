/* detect/host.c — the set of plugins of this process: which, from where, opened and closed.
 *
 * what     built-in tables and files go the same way: numbers, copy, check, options, routes; only then open
 * memory   process. Files stay mapped (see load.c)
 */
#include "detect/detect_priv.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ERROR_LINE_MAX 256

static const char *const nothing[] = { NULL };

static int add(struct sk_plugins *set, struct plugin *pl, struct sk_error *e)
{
	struct plugin **grown = realloc(set->v, (set->cnt + 1) * sizeof(*grown));

	if (!grown)
		return sk_error_set(e, SK_E_MEMORY, "out of memory");
	set->v = grown;
	set->v[set->cnt++] = pl;
	return 0;
}

void sk_detect_plugin_free(struct plugin *pl)
{
	if (!pl)
		return;
	if (pl->opened && pl->p.close)
		pl->p.close(pl->instance);
	sk_detect_findings_free(pl);
	for (uint32_t i = 0; pl->options && i < pl->p.option_cnt; i++)
		free(pl->options[i].text);
	free(pl->options);
	for (uint32_t i = 0; i < pl->counter_cnt; i++)
		free(pl->counters[i].name);
	free(pl->origin);
	free(pl);
}

/* Makes a plugin of a table whose numbers are good. NULL with *e. */
static struct plugin *adopt(struct sk_plugins *set, const struct sk_plugin *table, const char *origin,
			    const struct sk_conf_node *node, struct sk_error *e)
{
	struct plugin *pl = calloc(1, sizeof(*pl));

	if (!pl || !(pl->origin = strdup(origin))) {
		sk_error_set(e, SK_E_MEMORY, "out of memory");
		sk_detect_plugin_free(pl);
		return NULL;
	}
	sk_detect_copy_table(&pl->p, table);
	pl->set = set;
	pl->campaign = (struct sk_campaign_info){
		.id = pl->p.name, .name = pl->p.name, .summary = pl->p.summary, .file = pl->origin, .actors = nothing,
		.references = nothing, .next_steps = nothing };
	pl->host = (struct host){ .table = sk_detect_host_table, .plugin = pl };
	if (sk_detect_check_plugin(pl, e) < 0 || sk_detect_read_options(pl, node, e) < 0) {
		sk_detect_plugin_free(pl);
		return NULL;
	}
	return pl;
}

/* What the configuration says about a plugin; preset: when it says nothing. */
static int read_enabled(const struct sk_conf_node *node, bool *enabled, struct sk_error *e)
{
	const struct sk_conf_node *n;

	if (!node)
		return 0;
	if (node->type != SK_CONF_MAPPING)
		return sk_conf_error(node, e, "expected the options of plugin '%s', as in %s: {enabled: true}", node->key, node->key);
	*enabled = true;
	n = sk_conf_get(node, "enabled");
	return n ? sk_conf_bool(n, enabled, e) : 0;
}

static int load_builtin(struct sk_plugins *set, const struct sk_plugin *table, const struct sk_conf_node *node,
		struct sk_error *e)
{
	bool enabled;
	struct plugin *pl;
	int rc = sk_detect_check_abi(table, "built in", e);

	if (rc < 0)
		return rc;
	enabled = !(table->flags & SK_PLUGIN_OFF);
	rc = read_enabled(node, &enabled, e);
	if (rc < 0)
		return rc;
	pl = adopt(set, table, "built in", node, e);
	if (!pl)
		return e ? e->code : SK_E_CONFIG;
	if (enabled && add(set, pl, e) == 0)
		return 0;
	sk_detect_plugin_free(pl);
	for (uint32_t i = 0; !enabled && i < table->kind_cnt; i++) {
		/* known, so that rules over them can be checked, and told from misspelt ones */
		int kind = sk_registry_add(set->registry, &table->kinds[i]);

		if (kind >= 0)
			set->registry->off[kind] = table->name;
	}
	return enabled ? SK_E_MEMORY : 0;
}

/* Where the plugin's file is: what path: says, or <dir>/<name>.so. */
static int find_file(const struct sk_conf_node *node, const char *dir, char *path, size_t size, struct sk_error *e)
{
	const struct sk_conf_node *n = sk_conf_get(node, "path");
	struct sk_span text;
	int rc;

	if (n) {
		rc = sk_conf_text(n, &text, e);
		if (rc < 0)
			return rc;
		if (text.n == 0 || text.n >= size || memchr(text.p, 0, text.n))
			return sk_conf_error(n, e, "expected the path of a plugin");
		memcpy(path, text.p, text.n);
		path[text.n] = 0;
		return 0;
	}
	if (!sk_detect_is_name(node->key))
		return sk_conf_error(node, e, "'%s' is no name for a plugin", node->key);
	if (dir && (size_t)snprintf(path, size, "%s/%s.so", dir, node->key) < size && access(path, F_OK) == 0)
		return 0;
	sk_error_at(e, SK_E_CONFIG, sk_conf_file(node->tree), node->key_line, node->key_column,
		    "plugin '%s' is not built in%s%s: correct the name or give its path:", node->key,
		    dir ? " and has no file in " : "", dir ? dir : "");
	return SK_E_CONFIG;
}

static int load_named(struct sk_plugins *set, const struct sk_conf_node *node, const char *dir, struct sk_error *e)
{
	const struct sk_plugin *table;
	struct plugin *pl;
	char path[PATH_MAX];
	bool enabled = true;
	int rc = read_enabled(node, &enabled, e);

	if (rc == 0 && !enabled && set->registry->off_file_cnt < SK_ARRAY_LEN(set->registry->off_files))
		set->registry->off_files[set->registry->off_file_cnt++] = node->key;
	if (rc < 0 || !enabled)
		return rc;
	rc = find_file(node, dir, path, sizeof(path), e);
	if (rc == 0)
		rc = sk_detect_load_file(path, &table, e);
	if (rc < 0)
		return rc;
	pl = adopt(set, table, path, node, e);
	if (!pl)
		return e ? e->code : SK_E_CONFIG;
	if (strcmp(pl->p.name, node->key))
		rc = sk_error_at(e, SK_E_CONFIG, sk_conf_file(node->tree), node->key_line, node->key_column,
				 "the plugin in %s is called '%s', not '%s': use that name", path, pl->p.name, node->key);
	else
		rc = add(set, pl, e);
	if (rc < 0)
		sk_detect_plugin_free(pl);
	return rc;
}

static bool is_builtin(const char *name)
{
	for (size_t i = 0; sk_plugins_builtin[i]; i++)
		if (sk_plugins_builtin[i]->name && !strcmp(sk_plugins_builtin[i]->name, name))
			return true;
	return false;
}

static int by_name(const void *a, const void *b)
{
	const struct plugin *const *x = a, *const *y = b;

	return strcmp((*x)->p.name, (*y)->p.name);
}

static int load_all(struct sk_plugins *set, const struct sk_conf_node *conf, const char *dir, struct sk_error *e)
{
	int rc = 0;

	if (conf && conf->type != SK_CONF_MAPPING)
		return sk_conf_error(conf, e, "expected plugins by name, as in plugins: {trace: {enabled: true}}");
	for (size_t i = 0; rc == 0 && sk_plugins_builtin[i]; i++) {
		const struct sk_plugin *table = sk_plugins_builtin[i];
		const struct sk_conf_node *node = conf && table->name ? sk_conf_get(conf, table->name) : NULL;

		if (!node || node->type != SK_CONF_MAPPING || !sk_conf_get(node, "path"))
			rc = load_builtin(set, table, node, e);
	}
	for (const struct sk_conf_node *n = conf ? conf->child : NULL; rc == 0 && n; n = n->next)
		if (!is_builtin(n->key) || (n->type == SK_CONF_MAPPING && sk_conf_get(n, "path")))
			rc = load_named(set, n, dir, e);
	if (rc < 0)
		return rc;
	if (set->cnt)
		qsort(set->v, set->cnt, sizeof(*set->v), by_name);
	for (size_t i = 0; i < set->cnt; i++)
		set->v[i]->index = (uint32_t)i;
	return sk_detect_make_routes(set, e);
}

int sk_plugins_load(struct sk_plugins **out, const struct sk_conf_node *conf, const char *dir,
		struct sk_registry *registry, struct sk_error *e)
{
	struct sk_plugins *set = calloc(1, sizeof(*set));
	int rc;

	*out = NULL;
	if (!set)
		return sk_error_set(e, SK_E_MEMORY, "out of memory");
	set->registry = registry;
	rc = load_all(set, conf, dir, e);
	if (rc < 0)
		sk_plugins_free(set);
	else
		*out = set;
	return rc;
}

static void one_line(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 32 || *s == 127)
			*s = ' ';
}

int sk_plugins_open(struct sk_plugins *p, struct sk_error *e)
{
	for (size_t i = 0; i < p->cnt; i++) {
		struct plugin *pl = p->v[i];
		char line[ERROR_LINE_MAX] = "";
		int rc = 0;

		pl->opening = true;
		if (pl->p.open)
			rc = pl->p.open(&pl->host.table, &pl->instance, line, sizeof(line));
		pl->opening = false;
		line[sizeof(line) - 1] = 0;
		one_line(line);
		if (rc < 0)
			return sk_error_set(e, SK_E_CONFIG, "plugin '%s' (%s) cannot start: %s", pl->p.name, pl->origin,
					    line[0] ? line : "it gives no reason");
		pl->opened = true;
	}
	return 0;
}

void sk_plugins_free(struct sk_plugins *p)
{
	if (!p)
		return;
	sk_detect_free_routes(p);
	for (size_t i = p->cnt; i-- > 0; )
		sk_detect_plugin_free(p->v[i]);
	free(p->v);
	free(p);
}

void sk_plugins_wanted(const struct sk_plugins *p, struct sk_wanted *w)
{
	w->kinds |= p->wanted.kinds;
	w->common |= p->wanted.common;
	for (unsigned i = 0; i < SK_KIND_MAX; i++)
		w->fields[i] |= p->wanted.fields[i];
}

size_t sk_plugins_count(const struct sk_plugins *p)
{
	return p->cnt;
}

const struct sk_plugin *sk_plugins_at(const struct sk_plugins *p, size_t i)
{
	return i < p->cnt ? &p->v[i]->p : NULL;
}

const char *sk_plugins_origin(const struct sk_plugins *p, size_t i)
{
	return i < p->cnt ? p->v[i]->origin : NULL;
}
