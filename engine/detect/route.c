/* detect/route.c — from the plugins' interests to one list of subscriptions per event kind, and to what is wanted.
 *
 * what     done once, before the first event: kinds and fields are found by name here and nowhere else
 * memory   process
 */
#include "detect/detect_priv.h"

#include <stdlib.h>

static int add_kinds(struct sk_plugins *set, struct plugin *pl, struct sk_error *e)
{
	for (uint32_t i = 0; i < pl->p.kind_cnt; i++) {
		const struct sk_kind_def *k = &pl->p.kinds[i];
		bool taken = sk_registry_find(set->registry, sk_span_str(k->name)) >= 0;
		int number = sk_registry_add(set->registry, k);

		if (number == SK_E_LIMIT)
			return sk_error_set(e, SK_E_CONFIG, "%s: event kind '%s' is one too many, there is room for %u", pl->origin,
					k->name, SK_KIND_MAX);
		if (number < 0)
			return sk_error_set(e, SK_E_CONFIG, "%s: event kind '%s' %s", pl->origin, k->name,
					    taken ? "is there already" : "or one of its fields has no usable name or type, or a name that is taken");
		if (i == 0)
			pl->kind_base = (uint32_t)number;
	}
	return 0;
}

static const struct sk_field_def *find_field(const struct sk_kind_def *def, const char *name, struct filter *f)
{
	int slot = sk_kind_field(def, sk_span_str(name));

	if (slot < 0)
		return NULL;
	f->slot = (uint16_t)slot;
	return &def->fields[slot];
}

static int make_filter(const struct plugin *pl, const struct sk_interest *in, const struct sk_kind_def *def,
		struct filter *f, struct sk_error *e)
{
	static const char *const names[2] = { [SK_TO_SERVER] = "to_server", [SK_TO_CLIENT] = "to_client" };
	const struct sk_field_def *field = find_field(def, in->field, f);

	f->common = !field;
	if (!field)
		field = find_field(&sk_event_common, in->field, f);
	if (!field)
		return sk_error_set(e, SK_E_CONFIG, "%s: event '%s' has no field '%s'", pl->origin, in->kind, in->field);
	if (in->prefix[0] && field->type != SK_VALUE_TEXT && field->type != SK_VALUE_BYTES)
		return sk_error_set(e, SK_E_CONFIG, "%s: events can be chosen by text only, and field '%s' of '%s' is something else",
				    pl->origin, in->field, in->kind);
	f->prefix = sk_span_str(in->prefix);
	f->first = sk_ascii_lower((uint8_t)in->prefix[0]);
	for (unsigned dir = 0; f->common && f->slot == SK_F_COMMON_DIRECTION && dir < 2; dir++)
		if (sk_span_is_nocase(sk_span_sub(sk_span_str(names[dir]), 0, f->prefix.n), f->prefix))
			f->dirs |= (uint8_t)(1u << dir);
	return 0;
}

static uint32_t all_fields(const struct sk_kind_def *def)
{
	return def->field_cnt < 32 ? (1u << def->field_cnt) - 1 : UINT32_MAX;
}

/* Kinds whose events have a request, or a response, above them. */
static bool has_request(unsigned kind)
{
	return kind == SK_KIND_HTTP_RESPONSE || kind == SK_KIND_HTTP_BODY || kind == SK_KIND_HTTP_FORM || kind == SK_KIND_WEBSOCKET_OPEN
	       || kind == SK_KIND_WEBSOCKET_MESSAGE || kind == SK_KIND_FILE;
}

static bool has_response(unsigned kind)
{
	return kind == SK_KIND_HTTP_BODY || kind == SK_KIND_FILE;
}

static int want_field(struct sk_plugins *set, unsigned kind, struct sk_span name)
{
	static const struct { const char *prefix; unsigned kind; } above[] = {
		{ "request.", SK_KIND_HTTP_REQUEST }, { "response.", SK_KIND_HTTP_RESPONSE } };
	int slot = sk_kind_field(set->registry->kinds[kind], name);

	for (size_t i = 0; slot < 0 && i < SK_ARRAY_LEN(above); i++) {
		size_t n = strlen(above[i].prefix);

		if (!sk_span_is(sk_span_sub(name, 0, n), sk_span_str(above[i].prefix)))
			continue;
		kind = above[i].kind;
		slot = sk_kind_field(set->registry->kinds[kind], sk_span_sub(name, n, name.n));
	}
	if (slot < 0)
		return SK_E_CONFIG;
	set->wanted.fields[kind] |= 1u << slot;
	return 0;
}

static int want(struct sk_plugins *set, const struct plugin *pl, const struct sk_interest *in, unsigned kind, struct sk_error *e)
{
	struct sk_wanted *w = &set->wanted;

	w->kinds |= UINT64_C(1) << kind;
	if (!in->reads) {
		w->fields[kind] |= all_fields(set->registry->kinds[kind]);
		if (has_request(kind))
			w->fields[SK_KIND_HTTP_REQUEST] |= all_fields(set->registry->kinds[SK_KIND_HTTP_REQUEST]);
		if (has_response(kind))
			w->fields[SK_KIND_HTTP_RESPONSE] |= all_fields(set->registry->kinds[SK_KIND_HTTP_RESPONSE]);
		return 0;
	}
	for (const char *p = in->reads; *p; ) {
		size_t n = strcspn(p, " ");

		if (n && want_field(set, kind, sk_span(p, n)) < 0)
			return sk_error_set(e, SK_E_CONFIG, "%s: reads '%.*s' of event '%s', which has no such field", pl->origin, (int)n,
					p, in->kind);
		p += n;
		p += strspn(p, " ");
	}
	return 0;
}

static int stream_slot(const struct sk_kind_def *def)
{
	for (uint32_t i = 0; def && i < def->field_cnt; i++)
		if (def->fields[i].type == SK_VALUE_STREAM)
			return (int)i;
	return -1;
}

static bool is_streamed(const struct sk_kind_def *def)
{
	return stream_slot(def) >= 0;
}

static struct subscription *find_sub(struct route *r, uint32_t plugin)
{
	struct subscription *grown;

	if (r->cnt && r->subs[r->cnt - 1].plugin == plugin)
		return &r->subs[r->cnt - 1];
	grown = realloc(r->subs, (r->cnt + 1u) * sizeof(*grown));
	if (!grown)
		return NULL;
	r->subs = grown;
	grown[r->cnt] = (struct subscription){ .plugin = plugin, .least = UINT32_MAX };
	return &grown[r->cnt++];
}

static int add_interest(struct sk_plugins *set, struct plugin *pl, const struct sk_interest *in, struct sk_error *e)
{
	int kind = sk_registry_find(set->registry, sk_span_str(in->kind));
	struct subscription *s;
	struct filter *grown, f = { 0 };
	int rc;

	if (kind < 0 || set->registry->off[kind])
		return sk_error_set(e, SK_E_CONFIG,
				"%s: wants event '%s', which nothing here makes: correct the name or enable the plugin that makes it",
				    pl->origin, in->kind);
	rc = want(set, pl, in, (unsigned)kind, e);
	if (rc < 0)
		return rc;
	if (in->least && !is_streamed(set->registry->kinds[kind]))
		return sk_error_set(e, SK_E_CONFIG, "%s: asks for %u bytes of event '%s', which does not come in pieces", pl->origin,
				    in->least, in->kind);
	s = find_sub(&set->routes[kind], pl->index);
	if (!s)
		return sk_error_set(e, SK_E_MEMORY, "out of memory");
	s->least = SK_MIN(s->least, in->least);
	if (!in->field) {
		s->all = true;
		return 0;
	}
	rc = make_filter(pl, in, set->registry->kinds[kind], &f, e);
	if (rc < 0)
		return rc;
	if (f.common)
		set->wanted.common |= 1u << f.slot;
	else
		set->wanted.fields[kind] |= 1u << f.slot;
	grown = realloc(s->filters, (s->filter_cnt + 1u) * sizeof(*grown));
	if (!grown)
		return sk_error_set(e, SK_E_MEMORY, "out of memory");
	s->filters = grown;
	s->filters[s->filter_cnt++] = f;
	return 0;
}

/* With which bytes a field must begin that one of the filters lets pass. */
static void find_first(struct subscription *s)
{
	s->one_slot = s->filter_cnt > 0;
	for (uint32_t i = 0; i < s->filter_cnt; i++) {
		const struct filter *f = &s->filters[i];
		const uint8_t upper = f->first >= 'a' && f->first <= 'z' ? f->first - 32 : f->first;

		if (f->common || f->prefix.n == 0 || f->slot != s->filters[0].slot)
			s->one_slot = false;
		s->first[f->first / 64] |= UINT64_C(1) << f->first % 64;
		s->first[upper / 64] |= UINT64_C(1) << upper % 64;
	}
}

/* Lays out struct unit for kinds that come in pieces; see dispatch.c. */
static void finish(struct sk_plugins *set, unsigned kind)
{
	const struct sk_kind_def *def = set->registry->kinds[kind];
	struct route *r = &set->routes[kind];
	size_t off = (offsetof(struct unit, flags) + r->cnt + 15) & ~(size_t)15;
	const bool streamed = is_streamed(def);
	bool any = false;

	r->stream_slot = -1;
	r->offset_slot = streamed ? sk_kind_field(def, sk_span_str("offset")) : -1;
	r->last_slot = streamed ? sk_kind_field(def, sk_span_str("last")) : -1;
	for (uint32_t i = 0; i < r->cnt; i++) {
		struct subscription *s = &r->subs[i];
		uint32_t size = set->v[s->plugin]->p.unit_size, by_dir = 0;

		if (s->all)
			s->filter_cnt = 0;
		s->dirs = s->filter_cnt ? 0 : 3;
		for (uint32_t k = 0; k < s->filter_cnt; k++) {
			s->dirs |= s->filters[k].dirs ? s->filters[k].dirs : 3;
			by_dir += s->filters[k].dirs != 0;
		}
		if (by_dir == s->filter_cnt)
			s->filter_cnt = 0;		/* dirs says it all */
		r->dirs |= s->dirs;
		if (s->least)
			r->stream_slot = stream_slot(def);
		find_first(s);
		if (r->last_slot < 0 || !size)
			continue;
		any = true;
		s->unit_off = (uint32_t)off;
		off += sk_detect_guarded_size(size);
	}
	r->unit_size = any ? (uint32_t)off : 0;
}

int sk_detect_make_routes(struct sk_plugins *set, struct sk_error *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < set->cnt; i++)
		rc = add_kinds(set, set->v[i], e);
	for (size_t i = 0; rc == 0 && i < set->cnt; i++)
		for (uint32_t k = 0; rc == 0 && k < set->v[i]->p.interest_cnt; k++)
			rc = add_interest(set, set->v[i], &set->v[i]->p.interests[k], e);
	for (unsigned kind = 0; rc == 0 && kind < SK_KIND_MAX; kind++)
		finish(set, kind);
	return rc;
}

void sk_detect_free_routes(struct sk_plugins *set)
{
	for (unsigned kind = 0; kind < SK_KIND_MAX; kind++) {
		struct route *r = &set->routes[kind];

		for (uint32_t i = 0; i < r->cnt; i++)
			free(r->subs[i].filters);
		free(r->subs);
	}
}
