/* rules/correlate.c — what refers to other rules or to fields by name: conditions over several alerts, limits, reason
 * templates, rule numbers. Done when all files are read, so that the order of files and rules does not matter. */
#include <stdio.h>
#include <stdlib.h>

#include "rules/load.h"

static struct sk_crule *find_rule(const struct sk_load *l, struct sk_span id)
{
	for (size_t i = 0; i < l->set->rule_cnt; i++)
		if (sk_span_is_str(id, l->set->rules[i]->pub.id))
			return l->set->rules[i];
	return NULL;
}

static void unknown_rule(struct sk_load *l, const struct sk_conf_node *n)
{
	const char **names = calloc(l->set->rule_cnt + 1, sizeof(*names));
	char hint[192];

	if (!names) {
		sk_load_no_memory(l);
		return;
	}
	for (size_t i = 0; i < l->set->rule_cnt; i++)
		names[i] = l->set->rules[i]->pub.id;
	sk_load_error(l, n, "unknown rule %s%s", sk_conf_what(n).text, sk_load_hint((const char *)n->text.p, names, hint,
		sizeof(hint)));
	free(names);
}

/* Rules named by a text or list of texts; those switched off are left out and set *off. */
static const struct sk_rule *const *read_steps(struct sk_load *l, const struct sk_conf_node *n, size_t *cnt, bool *off)
{
	const struct sk_conf_node *c = n->type == SK_CONF_SEQUENCE ? n->child : n;
	const struct sk_rule **steps;
	size_t room = 1;

	for (const struct sk_conf_node *i = c; i; i = i->next)
		room++;
	steps = sk_load_alloc(l, room * sizeof(*steps));
	if (n->type == SK_CONF_MAPPING || !c) {
		sk_load_error(l, n, "expected a rule's id or a list of them, found %s", c ? "a mapping" : "an empty list");
		return steps;
	}
	for (; c && steps; c = n->type == SK_CONF_SEQUENCE ? c->next : NULL) {
		struct sk_crule *r = c->type == SK_CONF_SCALAR && c->text.n ? find_rule(l, c->text) : NULL;

		if (c->type != SK_CONF_SCALAR || c->text.n == 0)
			sk_load_error(l, c, "expected a rule's id, found %s", sk_conf_what(c).text);
		else if (!r)
			unknown_rule(l, c);
		else if (r->off)
			*off = true;
		else
			steps[(*cnt)++] = &r->pub;
	}
	return steps;
}

/* Marks a field alerts must carry; false and an error where the name stands for nothing a step's events have. */
static bool want_field(struct sk_load *l, unsigned kind, const char *name, struct sk_error *e)
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
		if (r->pub.kind != SK_KIND_NONE && !want_field(l, r->pub.kind, name, &e))
			sk_load_error(l, n, "%s", e.text);
		return;
	}
	/* steps that are correlated themselves carry the fields of their members */
	for (size_t i = 0; i < c->step_cnt; i++) {
		if (c->steps[i]->type != SK_RULE_EVENT || c->steps[i]->kind == SK_KIND_NONE)
			continue;
		if (!want_field(l, c->steps[i]->kind, name, &e)) {
			sk_load_error(l, n, "%s (rule '%s')", e.text, c->steps[i]->id);
			return;
		}
	}
}

static void read_by(struct sk_load *l, const struct sk_crule *r, const struct sk_conf_node *n, const char **by)
{
	const struct sk_conf_node *c = n && n->type == SK_CONF_SEQUENCE ? n->child : n;
	unsigned cnt = 0;

	if (n && n->type == SK_CONF_MAPPING) {
		sk_load_error(l, n, "expected the name of a field or a list of them, found a mapping");
		return;
	}
	for (; c; c = n->type == SK_CONF_SEQUENCE ? c->next : NULL) {
		const char *name = sk_load_text(l, c);

		if (cnt == 3) {
			sk_load_error(l, c, "more than three fields");
			return;
		}
		if (!name)
			continue;
		check_by(l, r, c, name);
		by[cnt++] = name;
	}
}

static void read_within(struct sk_load *l, const struct sk_conf_node *n, const char *what, uint64_t *ns)
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

/* In the order of enum sk_rule_type. */
static const struct {
	const char *what;
	const char *const *keys;
	const char *steps;		/* the key that names them */
} forms[] = {
	[SK_RULE_SEQUENCE] = { "sequence", (const char *const[]){ "by", "within", "steps", "at_least", "ordered", NULL }, "steps" },
	[SK_RULE_COUNT] = { "count", (const char *const[]){ "by", "within", "of", "at_least", NULL }, "of" },
	[SK_RULE_DISTINCT] = { "distinct", (const char *const[]){ "by", "within", "of", "field", "at_least", NULL }, "of" },
	[SK_RULE_ABSENT] = { "absent", (const char *const[]){ "by", "within", "first", "then", NULL }, "first" },
};

static void read_threshold(struct sk_load *l, const struct sk_conf_node *n, enum sk_rule_type type, struct sk_correlation *c)
{
	const struct sk_conf_node *t = sk_conf_get(n, "at_least");
	uint64_t most = type == SK_RULE_SEQUENCE ? SK_MAX(c->step_cnt, (size_t)1) : 1000000;
	struct sk_error e;

	if (type == SK_RULE_ABSENT)
		return;
	if (!t && type != SK_RULE_SEQUENCE)
		sk_load_error_key(l, n, "%s has no at_least", forms[type].what);
	else if (t && sk_conf_int(t, type == SK_RULE_SEQUENCE ? 1 : 2, most, &c->threshold, &e) < 0)
		sk_load_tell(l, &e);
}

static void read_absent(struct sk_load *l, const struct sk_conf_node *n, struct sk_correlation *c, bool *off)
{
	const struct sk_conf_node *then = sk_conf_get(n, "then");
	const struct sk_rule *const *first = c->steps, *const *second;
	const struct sk_rule **both = sk_load_alloc(l, 3 * sizeof(*both));
	size_t cnt = 0;

	if (!then || !both) {
		sk_load_error_key(l, n, "absent has no then");
		return;
	}
	second = read_steps(l, then, &cnt, off);
	if ((c->step_cnt > 1 || cnt > 1) || n->type != SK_CONF_MAPPING) {
		sk_load_error_key(l, n, "absent: expected one rule as first and one as then");
		return;
	}
	if (c->step_cnt == 1)
		both[0] = first[0];
	if (second && cnt == 1)
		both[1] = second[0];
	c->steps = both;
	c->step_cnt = c->step_cnt + cnt;
}

static void read_correlation(struct sk_load *l, struct sk_crule *r)
{
	enum sk_rule_type type = r->pub.type;
	const struct sk_conf_node *n = r->body, *c;
	struct sk_correlation *k = sk_load_alloc(l, sizeof(*k));
	struct sk_error e;
	bool off = false;

	if (!k || !sk_load_mapping(l, n, forms[type].what, forms[type].keys))
		return;
	r->pub.correlation = k;
	k->ordered = true;
	c = sk_conf_get(n, forms[type].steps);
	if (c)
		k->steps = read_steps(l, c, &k->step_cnt, &off);
	else
		sk_load_error_key(l, n, "%s has no %s", forms[type].what, forms[type].steps);
	if (c && type == SK_RULE_ABSENT)
		read_absent(l, n, k, &off);
	if (type == SK_RULE_SEQUENCE && c && !off && k->step_cnt < 2 && c->type == SK_CONF_SEQUENCE && c->child && !c->child->next)
		sk_load_error(l, c, "expected at least two steps");
	/* without one of its rules a sequence or an absence cannot be told; a count goes on with the others */
	if (off && (type == SK_RULE_SEQUENCE || type == SK_RULE_ABSENT || k->step_cnt == 0))
		r->off = true;
	read_within(l, n, forms[type].what, &k->within_ns);
	if (!r->off)
		read_threshold(l, n, type, k);
	c = sk_conf_get(n, "by");
	if (c)
		read_by(l, r, c, k->by);
	else
		sk_load_error_key(l, n, "%s has no by; expected a field such as client.ip or server.ip", forms[type].what);
	c = sk_conf_get(n, "field");
	if (c && (k->distinct = sk_load_text(l, c)))
		check_by(l, r, c, k->distinct);
	else if (!c && type == SK_RULE_DISTINCT)
		sk_load_error_key(l, n, "distinct has no field");
	c = sk_conf_get(n, "ordered");
	if (c && sk_conf_bool(c, &k->ordered, &e) < 0)
		sk_load_tell(l, &e);
}

static void read_limit(struct sk_load *l, struct sk_crule *r)
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
	read_within(l, n, "limit", &r->pub.limit.within_ns);
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

	if (strcmp(name, "match") == 0 || (c && (strcmp(name, "count") == 0 || strcmp(name, "steps") == 0)))
		return true;
	if (sk_kind_field(&sk_event_common, sk_span_str(name)) >= 0) {
		l->set->wanted.common |= 1u << sk_kind_field(&sk_event_common, sk_span_str(name));
		return true;
	}
	if (r->pub.type == SK_RULE_EVENT) {
		struct sk_field_ref ref;

		if (r->pub.kind == SK_KIND_NONE || sk_field_resolve(reg, r->pub.kind, name, &ref, &e) == 0)
			return r->pub.kind == SK_KIND_NONE || ref.def->type == SK_VALUE_STREAM || want_field(l, r->pub.kind, name, &e);
		for (unsigned up = 0; up < reg->cnt; up++) {
			char full[256];

			snprintf(full, sizeof(full), "%s.%s", reg->kinds[up]->name, name);
			if (sk_field_resolve(reg, r->pub.kind, full, &ref, &e) == 0)
				return want_field(l, r->pub.kind, full, &e);
		}
		return false;
	}
	for (size_t i = 0; c && i < c->step_cnt; i++)
		if (c->steps[i]->type != SK_RULE_EVENT || c->steps[i]->kind == SK_KIND_NONE || want_field(l, c->steps[i]->kind, name, &e))
			return true;
	return false;
}

static void check_reason(struct sk_load *l, const struct sk_crule *r)
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

static void check_sids(struct sk_load *l)
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

#define CORRELATION_DEPTH_MAX 8

/* A rule that waits for itself can never be true. */
static void check_cycle(struct sk_load *l, struct sk_crule *r, int depth)
{
	const struct sk_correlation *c = r->pub.correlation;

	if (!c || r->walk == 2)
		return;
	if (r->walk == 1 || depth > CORRELATION_DEPTH_MAX) {
		sk_load_error(l, r->body, r->walk == 1 ? "rule '%s' waits for itself" : "rule '%s': rules over rules nested deeper than 8",
			r->pub.id);
		return;
	}
	r->walk = 1;
	for (size_t i = 0; i < c->step_cnt; i++)
		check_cycle(l, l->set->rules[c->steps[i]->index], depth + 1);
	r->walk = 2;
}

/* Correlated rules over rules that are switched off go too, and those over them. */
static void spread_off(struct sk_load *l)
{
	for (bool more = true; more; ) {
		more = false;
		for (size_t i = 0; i < l->set->rule_cnt; i++) {
			struct sk_crule *r = l->set->rules[i];
			const struct sk_correlation *c = r->pub.correlation;

			for (size_t k = 0; c && !r->off && k < c->step_cnt; k++)
				if (l->set->rules[c->steps[k]->index]->off)
					r->off = more = true;
		}
	}
}

void sk_load_resolve(struct sk_load *l)
{
	struct sk_ruleset *s = l->set;

	check_sids(l);
	for (size_t i = 0; i < s->rule_cnt; i++)
		if (s->rules[i]->pub.type != SK_RULE_EVENT)
			read_correlation(l, s->rules[i]);
	for (size_t i = 0; i < s->rule_cnt; i++) {
		read_limit(l, s->rules[i]);
		check_reason(l, s->rules[i]);
	}
	for (size_t i = 0; i < s->rule_cnt; i++)
		check_cycle(l, s->rules[i], 0);
	spread_off(l);
}
