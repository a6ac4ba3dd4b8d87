/* detect/check.c — what a plugin's table says about itself, held against the rules of doc/plugin-api.md.
 *
 * limits   a pointer that is neither NULL nor good cannot be told from a good one: the macros of <sekisho/plugin.h> make
 *          the table, and the numbers at its front have been compared before
 */
#include "detect/detect_priv.h"

#define NAME_MAX_ 48u
#define ITEMS_MAX 256u			/* interests or options */
#define WORKER_SIZE_MAX (64u << 20)
#define STATE_SIZE_MAX (64u << 10)	/* per flow, per unit */

bool sk_detect_is_name(const char *name)
{
	size_t n = 0;

	if (!name || name[0] < 'a' || name[0] > 'z')
		return false;
	for (; name[n]; n++) {
		bool fits = (name[n] >= 'a' && name[n] <= 'z') || (name[n] >= '0' && name[n] <= '9') || name[n] == '_';

		if (!fits || n == NAME_MAX_)
			return false;
	}
	return true;
}

static int check_sizes(const struct plugin *pl, struct sk_error *e)
{
	const struct sk_plugin *p = &pl->p;

	if (p->worker_size > WORKER_SIZE_MAX)
		return sk_error_set(e, SK_E_CONFIG, "%s: worker_size is %u, at most %u: use host->alloc", pl->origin,
				p->worker_size, WORKER_SIZE_MAX);
	if (p->flow_size > STATE_SIZE_MAX)
		return sk_error_set(e, SK_E_CONFIG, "%s: flow_size is %u, at most %u: use host->alloc", pl->origin, p->flow_size,
				STATE_SIZE_MAX);
	if (p->unit_size > STATE_SIZE_MAX)
		return sk_error_set(e, SK_E_CONFIG, "%s: unit_size is %u, at most %u: use host->alloc", pl->origin, p->unit_size,
				STATE_SIZE_MAX);
	if (p->flags & ~SK_PLUGIN_OFF)
		return sk_error_set(e, SK_E_CONFIG, "%s: flags are 0x%x, known is 0x%x", pl->origin, p->flags, SK_PLUGIN_OFF);
	return 0;
}

static int check_interests(const struct plugin *pl, struct sk_error *e)
{
	const struct sk_plugin *p = &pl->p;

	if (p->interest_cnt == 0 || p->interest_cnt > ITEMS_MAX || !p->interests)
		return sk_error_set(e, SK_E_CONFIG, "%s: has %u interests, expected 1 to %u", pl->origin, p->interest_cnt, ITEMS_MAX);
	for (uint32_t i = 0; i < p->interest_cnt; i++) {
		if (!p->interests[i].kind)
			return sk_error_set(e, SK_E_CONFIG, "%s: interest %u names no event kind", pl->origin, i);
		if (!p->interests[i].field != !p->interests[i].prefix)
			return sk_error_set(e, SK_E_CONFIG, "%s: interest %u has a field or a prefix, but not both", pl->origin, i);
	}
	return 0;
}

static int check_options(const struct plugin *pl, struct sk_error *e)
{
	const struct sk_plugin *p = &pl->p;

	if (p->option_cnt > ITEMS_MAX || (p->option_cnt && !p->options))
		return sk_error_set(e, SK_E_CONFIG, "%s: has %u options, at most %u", pl->origin, p->option_cnt, ITEMS_MAX);
	for (uint32_t i = 0; i < p->option_cnt; i++) {
		const struct sk_option *o = &p->options[i];

		if (!sk_detect_is_name(o->name) || !strcmp(o->name, "enabled") || !strcmp(o->name, "path"))
			return sk_error_set(e, SK_E_CONFIG, "%s: option %u has no usable name", pl->origin, i);
		for (uint32_t k = 0; k < i; k++)
			if (!strcmp(o->name, p->options[k].name))
				return sk_error_set(e, SK_E_CONFIG, "%s: option '%s' is there twice", pl->origin, o->name);
		if (o->type > SK_OPTION_TEXT)
			return sk_error_set(e, SK_E_CONFIG, "%s: option '%s' has type %u, which nobody knows", pl->origin, o->name, o->type);
		if (!o->preset || !o->help)
			return sk_error_set(e, SK_E_CONFIG, "%s: option '%s' has no %s", pl->origin, o->name, o->preset ? "help" : "preset");
	}
	return 0;
}

static int check_kinds(const struct plugin *pl, struct sk_error *e)
{
	const struct sk_plugin *p = &pl->p;

	if (p->kind_cnt > SK_KIND_MAX || (p->kind_cnt && !p->kinds))
		return sk_error_set(e, SK_E_CONFIG, "%s: has %u event kinds, at most %u", pl->origin, p->kind_cnt, SK_KIND_MAX);
	for (uint32_t i = 0; i < p->kind_cnt; i++) {
		const struct sk_kind_def *k = &p->kinds[i];

		if (!k->name || !k->help || (k->field_cnt && !k->fields))
			return sk_error_set(e, SK_E_CONFIG, "%s: event kind %u lacks a name, help or fields", pl->origin, i);
		for (uint32_t f = 0; f < k->field_cnt; f++) {
			if (k->fields[f].type == SK_VALUE_STREAM)
				return sk_error_set(e, SK_E_CONFIG, "%s: field %u of event '%s' is streamed; events of plugins are whole",
						pl->origin, f, k->name);
			if (!k->fields[f].unit || !k->fields[f].source || !k->fields[f].example || !k->fields[f].help)
				return sk_error_set(e, SK_E_CONFIG, "%s: field %u of event '%s' is not described in full", pl->origin, f, k->name);
		}
	}
	return 0;
}

int sk_detect_check_plugin(const struct plugin *pl, struct sk_error *e)
{
	int rc;

	if (!sk_detect_is_name(pl->p.name))
		return sk_error_set(e, SK_E_CONFIG,
				"%s: the plugin has no name, or one that is not of lower-case letters, digits and underscores", pl->origin);
	if (!pl->p.version || !pl->p.summary || !pl->p.licence)
		return sk_error_set(e, SK_E_CONFIG, "%s: version, summary or licence is missing", pl->origin);
	if (!pl->p.on_event)
		return sk_error_set(e, SK_E_CONFIG, "%s: has no on_event", pl->origin);
	rc = check_sizes(pl, e);
	if (rc == 0)
		rc = check_interests(pl, e);
	if (rc == 0)
		rc = check_options(pl, e);
	if (rc == 0)
		rc = check_kinds(pl, e);
	return rc;
}
