/* rules/field.c — what a field's name in a rule stands for.
 *
 * Looked up in this order: a field of the event's own kind, a common field, request.X and response.X, a full name (kind.X) of
 * the own kind or of an ancestor.
 */
#include <stdio.h>

#include "rules/load.h"

/* May an event of that kind have such an ancestor? Plugins' events may hang under any. */
static bool may_be_above(unsigned kind, unsigned up)
{
	switch (kind) {
	case SK_KIND_HTTP_RESPONSE:
	case SK_KIND_HTTP_FORM:
	case SK_KIND_WEBSOCKET_OPEN:
	case SK_KIND_WEBSOCKET_MESSAGE:
		return up == SK_KIND_HTTP_REQUEST;
	case SK_KIND_HTTP_BODY:
	case SK_KIND_FILE:
	case SK_KIND_HTTP_ODDITY:
	case SK_KIND_WEBSOCKET_ODDITY:
		return up == SK_KIND_HTTP_REQUEST || up == SK_KIND_HTTP_RESPONSE;
	default:
		return kind >= SK_KIND_BUILTIN_CNT;
	}
}

static int find_in(const struct sk_kind_def *def, unsigned up, struct sk_span name, struct sk_field_ref *out)
{
	int slot = sk_kind_field(def, name);

	if (slot < 0)
		return -1;
	out->up = (uint16_t)up;
	out->slot = (uint8_t)slot;
	out->def = &def->fields[slot];
	return 0;
}

static bool has_prefix(struct sk_span s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n > n && memcmp(s.p, prefix, n) == 0;
}

static int not_found(const struct sk_kind_def *def, const char *name, const char *prefix, struct sk_error *e)
{
	const char *names[SK_FIELD_MAX * 2 + 1], *near;
	size_t n = 0;

	for (uint32_t i = 0; i < def->field_cnt; i++)
		names[n++] = def->fields[i].name;
	for (uint32_t i = 0; prefix[0] == 0 && i < sk_event_common.field_cnt; i++)
		names[n++] = sk_event_common.fields[i].name;
	names[n] = NULL;
	near = sk_conf_nearest(name, names);
	if (near)
		return sk_error_set(e, SK_E_CONFIG, "%s has no field '%.64s'; did you mean '%s%s'?", def->name, name, prefix, near);
	return sk_error_set(e, SK_E_CONFIG, "%s has no field '%.64s'", def->name, name);
}

/* request.X, response.X and full names. 1 when the name is none of these. */
static int find_above(const struct sk_registry *r, unsigned kind, struct sk_span name, struct sk_field_ref *out,
	struct sk_error *e)
{
	for (unsigned up = 0; up < r->cnt; up++) {
		const char *shorthand = up == SK_KIND_HTTP_REQUEST ? "request." : up == SK_KIND_HTTP_RESPONSE ? "response." : NULL;
		struct sk_span rest;
		char prefix[128];

		snprintf(prefix, sizeof(prefix), "%s.", r->kinds[up]->name);
		if (shorthand && has_prefix(name, shorthand))
			snprintf(prefix, sizeof(prefix), "%s", shorthand);
		else if (!has_prefix(name, prefix))
			continue;
		rest = sk_span_sub(name, strlen(prefix), name.n);
		if (up != kind && !may_be_above(kind, up))
			return sk_error_set(e, SK_E_CONFIG, "%s has no %s above it", r->kinds[kind]->name, r->kinds[up]->name);
		if (find_in(r->kinds[up], up, rest, out) < 0)
			return not_found(r->kinds[up], (const char *)rest.p, prefix, e);
		if (up != kind && out->def->type == SK_VALUE_STREAM)
			return sk_error_set(e, SK_E_CONFIG, "%s.%s is streamed; it can be looked at on %s only", r->kinds[up]->name,
				out->def->name, r->kinds[up]->name);
		return 0;
	}
	return 1;
}

int sk_field_resolve(const struct sk_registry *r, unsigned kind, const char *name, struct sk_field_ref *out, struct sk_error *e)
{
	static _Thread_local char base[160], pair[160];
	size_t n = strlen(name);
	const char *bracket = n && name[n - 1] == ']' ? strchr(name, '[') : NULL;
	struct sk_span s;
	int rc;

	*out = (struct sk_field_ref){ 0 };
	if (n >= sizeof(base) || n == 0)
		return sk_error_set(e, SK_E_CONFIG, "expected the name of a field, found '%.64s'", name);
	s = sk_span(base, bracket ? (size_t)(bracket - name) : n);
	memcpy(base, name, s.n);
	base[s.n] = 0;
	if (find_in(r->kinds[kind], kind, s, out) < 0 && find_in(&sk_event_common, SK_KIND_NONE, s, out) < 0) {
		rc = find_above(r, kind, s, out, e);
		if (rc > 0)
			return not_found(r->kinds[kind], base, "", e);
		if (rc < 0)
			return rc;
	}
	if (out->def->type != SK_VALUE_PAIRS)
		return bracket ? sk_error_set(e, SK_E_CONFIG, "'%s' is not a field of pairs; leave out '%s'", base, bracket) : 0;
	if (!bracket || bracket[1] == ']')
		return sk_error_set(e, SK_E_CONFIG, "'%s' holds pairs; expected %s[name], or %s[*] for all", base, base, base);
	n = strlen(bracket + 1) - 1;
	for (size_t i = 0; i < n; i++)
		pair[i] = (char)sk_ascii_lower((uint8_t)bracket[1 + i]);
	pair[n] = 0;
	out->pair = pair;
	return 0;
}
