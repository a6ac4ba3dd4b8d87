/* rules/refer.c — what refers to fields by name beside conditions: keys, limits, reason templates; and rule numbers. */
#include <stdio.h>
#include <stdlib.h>

#include "rules/load.h"

bool sk_load_want_field(struct sk_load *l, unsigned kind, const char *name, struct sk_error *e)
{
	struct sk_wanted *w = &l->set->wanted;
	struct sk_field_ref ref;

	if (sk_field_resolve(&l->set->registry, kind, name, &ref, e) < 0)
		return false;
	if (ref.def->type == SK_VALUE_STREAM) {
		sk_error_set(e, SK_E_CONFIG, "%s is streamed; expected a field with one value", name);
		return false;
	}
	if (ref.up == SK_KIND_NONE) {
		w->common |= 1u << ref.slot;
	} else {
		w->fields[ref.up] |= 1u << ref.slot;
		w->kinds |= UINT64_C(1) << ref.up;
	}
	return true;
}

static void check_by(struct sk_load *l, const struct sk_crule *r, const struct sk_conf_node *n, const char *name)
{
	const struct sk_correlation *c = r->pub.correlation;
	struct sk_error e;

	if (sk_kind_field(&sk_event_common, sk_span_str(name)) >= 0) {
		l->set->wanted.common |= 1u << sk_kind_field(&sk_event_common, sk_span_str(name));
		return;
	}
	if (!c) {
		if (r->pub.kind != SK_KIND_NONE && !sk_load_want_field(l, r->pub.kind, name, &e))
			sk_load_error(l, n, "%s", e.text);
		return;
	}
	/* steps that are correlated themselves carry the fields of their members */
	for (size_t i = 0; i < c->step_cnt; i++) {
		if (c->steps[i]->type != SK_RULE_EVENT || c->steps[i]->kind == SK_KIND_NONE)
			continue;
		if (!sk_load_want_field(l, c->steps[i]->kind, name, &e)) {
			sk_load_error(l, n, "%s (rule '%s')", e.text, c->steps[i]->id);
			return;
		}
	}
}

size_t sk_load_names(struct sk_load *l, const struct sk_conf_node *n, const char **by)
{
	const struct sk_conf_node *c = n->type == SK_CONF_SEQUENCE ? n->child : n;
	size_t cnt = 0;

	if (n->type == SK_CONF_MAPPING) {
		sk_load_error(l, n, "expected the name of a field or a list of them, found a mapping");
		return 0;
	}
	for (; c; c = n->type == SK_CONF_SEQUENCE ? c->next : NULL) {
		const char *name = sk_load_text(l, c);

		if (cnt == 3) {
			sk_load_error(l, c, "more than three fields");
			return cnt;
		}
		if (name)
			by[cnt++] = name;
	}
	return cnt;
}

const struct sk_conf_node *sk_load_nth(const struct sk_conf_node *n, size_t i)
{
	const struct sk_conf_node *c = n->type == SK_CONF_SEQUENCE ? n->child : n;

	while (i-- && c && c->next)
		c = c->next;
	return c ? c : n;
}

static void read_by(struct sk_load *l, const struct sk_crule *r, const struct sk_conf_node *n, const char **by)
{
	size_t cnt = sk_load_names(l, n, by);

	for (size_t i = 0; i < cnt; i++)
		check_by(l, r, sk_load_nth(n, i), by[i]);
}

void sk_load_within(struct sk_load *l, const struct sk_conf_node *n, const char *what, uint64_t *ns)
{
	const struct sk_conf_node *c = sk_conf_get(n, "within");
	struct sk_error e;

	if (!c)
		sk_load_error_key(l, n, "%s has no within", what);
	else if (sk_conf_duration(c, ns, &e) < 0)
		sk_load_tell(l, &e);
	else if (*ns == 0)
		sk_load_error(l, c, "expected a time of more than 0, found %s", sk_conf_what(c).text);
}

void sk_load_limit(struct sk_load *l, struct sk_crule *r)
{
	static const char *const names[] = { "count", "within", "by", NULL };
	const struct sk_conf_node *n = sk_conf_get(r->node, "limit"), *c;
	struct sk_error e;

	if (!n || !sk_load_mapping(l, n, "limit", names))
		return;
	c = sk_conf_get(n, "count");
	if (!c)
		sk_load_error_key(l, n, "limit has no count");
	else if (sk_conf_int(c, 1, UINT32_MAX, &r->pub.limit.count, &e) < 0)
		sk_load_tell(l, &e);
	sk_load_within(l, n, "limit", &r->pub.limit.within_ns);
	c = sk_conf_get(n, "by");
	if (c)
		read_by(l, r, c, r->pub.limit.by);
}

/* A field of a reason: as in conditions, or the plain name of a field of any kind above. */
static bool known_in_reason(struct sk_load *l, const struct sk_crule *r, const char *name)
{
	const struct sk_registry *reg = &l->set->registry;
	const struct sk_correlation *c = r->pub.correlation;
	struct sk_error e;

	if (strcmp(name, "match") == 0 || (c && (strcmp(name, "count") == 0 || strcmp(name, "steps") == 0 || strcmp(name, "key") == 0)))
		return true;
	if (sk_kind_field(&sk_event_common, sk_span_str(name)) >= 0) {
		l->set->wanted.common |= 1u << sk_kind_field(&sk_event_common, sk_span_str(name));
		return true;
	}
	if (r->pub.type == SK_RULE_EVENT) {
		struct sk_field_ref ref;

		if (r->pub.kind == SK_KIND_NONE || sk_field_resolve(reg, r->pub.kind, name, &ref, &e) == 0)
			return r->pub.kind == SK_KIND_NONE || ref.def->type == SK_VALUE_STREAM || sk_load_want_field(l, r->pub.kind, name, &e);
		for (unsigned up = 0; up < reg->cnt; up++) {
			char full[256];

			snprintf(full, sizeof(full), "%s.%s", reg->kinds[up]->name, name);
			if (sk_field_resolve(reg, r->pub.kind, full, &ref, &e) == 0)
				return sk_load_want_field(l, r->pub.kind, full, &e);
		}
		return false;
	}
	for (size_t i = 0; c && i < c->step_cnt; i++)
		if (c->steps[i]->type != SK_RULE_EVENT || c->steps[i]->kind == SK_KIND_NONE || sk_load_want_field(l, c->steps[i]->kind, name, &e))
			return true;
	return false;
}

void sk_load_reason(struct sk_load *l, const struct sk_crule *r)
{
	const struct sk_conf_node *n = sk_conf_get(r->node, "reason");
	char name[160];

	for (const char *p = r->pub.reason; p && *p; p++) {
		const char *end = *p == '{' ? strchr(p, '}') : NULL;

		if ((*p == '{' && p[1] == '{') || (*p == '}' && p[1] == '}')) {
			p++;
			continue;
		}
		if (*p == '}' || (*p == '{' && !end)) {
			sk_load_error(l, n, "a lone '%c'; expected {field}, or '%c%c' for the character itself", *p, *p, *p);
			return;
		}
		if (*p != '{')
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)SK_MIN(end - p - 1, 159), p + 1);
		if (!known_in_reason(l, r, name))
			sk_load_error(l, n, "reason: '%s' is not a field of the rule's events", name);
		p = end;
	}
}

static int by_sid(const void *a, const void *b)
{
	const struct sk_crule *x = *(struct sk_crule *const *)a, *y = *(struct sk_crule *const *)b;

	if (x->pub.sid != y->pub.sid)
		return x->pub.sid < y->pub.sid ? -1 : 1;
	return x->pub.index < y->pub.index ? -1 : x->pub.index > y->pub.index;
}

void sk_load_sids(struct sk_load *l)
{
	size_t cnt = l->set->rule_cnt;
	struct sk_crule **sorted = calloc(cnt + 1, sizeof(struct sk_crule *));

	if (!sorted) {
		sk_load_no_memory(l);
		return;
	}
	for (size_t i = 0; i < cnt; i++) {
		sorted[i] = l->set->rules[i];
		sorted[i]->pub.index = (uint32_t)i;
	}
	qsort(sorted, cnt, sizeof(struct sk_crule *), by_sid);
	for (size_t i = 1; i < cnt; i++) {
		const struct sk_rule *a = &sorted[i - 1]->pub, *b = &sorted[i]->pub;
		const struct sk_conf_node *n = sk_conf_get(sorted[i]->node, "sid");

		if (a->sid != b->sid)
			continue;
		if (n)
			sk_load_error(l, n, "duplicate sid %u, first in %s:%d", b->sid, a->file, a->line);
		else if (strcmp(a->id, b->id) != 0)
			sk_load_error(l, sorted[i]->node, "rule '%s' needs a sid: the one made from its id is taken by %s:%d", b->id, a->file,
				a->line);
	}
	free(sorted);
}

