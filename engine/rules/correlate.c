/* rules/correlate.c — conditions over several alerts: sequence, count, distinct, absent. Read when all files are, so that the
 * order of files and rules does not matter. */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
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

/* A correlation being read: what will be its steps and joins. */
struct draft {
	struct sk_load *l;
	struct sk_crule *rule;
	enum sk_rule_type type;
	struct sk_correlation *c;
	const struct sk_rule **steps;
	struct sk_join *joins;
	const struct sk_conf_node **by;		/* where each one's fields are named, for its mistakes */
	size_t cnt, room;
	const struct sk_conf_node *shared;	/* the form's own by */
};

/* Fields that can be joined: values of one class are compared as they are. */
enum join_class { CLASS_UNKNOWN, CLASS_ADDRESS, CLASS_NUMBER, CLASS_TEXT, CLASS_LIST };

static enum join_class class_of(const struct sk_field_def *def, bool pair)
{
	switch (def->type) {
	case SK_VALUE_ADDR:
		return CLASS_ADDRESS;
	case SK_VALUE_INT:
	case SK_VALUE_BOOL:
	case SK_VALUE_TIME:
		return CLASS_NUMBER;
	case SK_VALUE_LIST:
		return CLASS_LIST;
	default:
		return def->type == SK_VALUE_PAIRS && !pair ? CLASS_LIST : CLASS_TEXT;
	}
}

static const char *class_word(enum join_class c)
{
	static const char *const words[] = { "unknown", "an address", "a number", "text", "a list" };

	return words[c];
}

/* What a field is on the alerts of a rule; correlated ones carry the fields of their members, of which only common ones are known.
 * Marks it as wanted. CLASS_UNKNOWN and an error where it is no field of theirs. */
static enum join_class field_class(struct sk_load *l, const struct sk_rule *r, const struct sk_conf_node *n, const char *name, bool *ok)
{
	int slot = sk_kind_field(&sk_event_common, sk_span_str(name));
	struct sk_field_ref ref;
	struct sk_error e;

	*ok = true;
	if (slot >= 0) {
		l->set->wanted.common |= 1u << slot;
		return class_of(&sk_event_common.fields[slot], false);
	}
	if (r->type != SK_RULE_EVENT || r->kind == SK_KIND_NONE)
		return CLASS_UNKNOWN;
	if (sk_load_want_field(l, r->kind, name, &e) && sk_field_resolve(&l->set->registry, r->kind, name, &ref, &e) == 0)
		return class_of(ref.def, ref.pair != NULL);
	sk_load_error(l, n, "%s (rule '%s')", e.text, r->id);
	*ok = false;
	return CLASS_UNKNOWN;
}

static size_t name_cnt(const char *const *by)
{
	size_t n = 0;

	while (n < 4 && by[n])
		n++;
	return n;
}

/* --- steps --- */

static size_t list_length(const struct sk_conf_node *n)
{
	size_t cnt = 0;

	if (n->type != SK_CONF_SEQUENCE)
		return 1;
	for (const struct sk_conf_node *c = n->child; c; c = c->next)
		cnt++;
	return cnt;
}

/* How many rules a list of steps may name. */
static size_t count_rules(const struct sk_conf_node *n)
{
	const struct sk_conf_node *c = n->type == SK_CONF_SEQUENCE ? n->child : n;
	size_t cnt = 0;

	for (; c; c = n->type == SK_CONF_SEQUENCE ? c->next : NULL) {
		const struct sk_conf_node *of = c->type == SK_CONF_MAPPING ? sk_conf_get(c, "of") : NULL;

		cnt += of ? list_length(of) : 1;
	}
	return cnt;
}

static const struct sk_rule *named_rule(struct sk_load *l, const struct sk_conf_node *n)
{
	struct sk_crule *r = n->type == SK_CONF_SCALAR && n->text.n ? find_rule(l, n->text) : NULL;

	if (n->type != SK_CONF_SCALAR || n->text.n == 0)
		sk_load_error(l, n, "expected a rule's id, found %s", sk_conf_what(n).text);
	else if (!r)
		unknown_rule(l, n);
	return r ? &r->pub : NULL;
}

static void add_step(struct draft *d, const struct sk_rule *r, const struct sk_join *join, const struct sk_conf_node *by)
{
	if (!r || d->cnt == d->room)
		return;
	d->steps[d->cnt] = r;
	d->joins[d->cnt] = *join;
	d->by[d->cnt++] = by;
}

/* same: {a field of what must not have been seen: a field of the step's alert} */
static void read_same(struct sk_load *l, const struct sk_conf_node *n, struct sk_unless *u)
{
	size_t cnt = 0;

	if (!n || n->type != SK_CONF_MAPPING || !n->child) {
		sk_load_error(l, n, "same: expected fields of what was seen with those of the step, as in {client.ip: client.ip}, found %s",
			sk_conf_what(n).text);
		return;
	}
	for (const struct sk_conf_node *c = n->child; c; c = c->next, cnt++) {
		if (cnt == 3) {
			sk_load_error_key(l, c, "more than three fields");
			return;
		}
		u->seen[cnt] = sk_load_copy(l, sk_span_str(c->key));
		u->here[cnt] = sk_load_text(l, c);
	}
}

static const struct sk_unless *read_unless(struct sk_load *l, const struct sk_conf_node *n)
{
	static const char *const keys[] = { "of", "within", "same", NULL };
	struct sk_unless *u = sk_load_alloc(l, sizeof(*u));
	const struct sk_conf_node *of;
	const struct sk_rule **rules;

	if (!u || !sk_load_mapping(l, n, "unless", keys))
		return NULL;
	of = sk_conf_get(n, "of");
	if (!of || !sk_conf_get(n, "same")) {
		sk_load_error_key(l, n, "unless has no %s", of ? "same; expected fields that must have the same value" : "of; expected rules");
		return NULL;
	}
	sk_load_within(l, n, "unless", &u->within_ns);
	read_same(l, sk_conf_get(n, "same"), u);
	rules = sk_load_alloc(l, list_length(of) * sizeof(*rules));
	for (const struct sk_conf_node *c = of->type == SK_CONF_SEQUENCE ? of->child : of; c && rules;
		c = of->type == SK_CONF_SEQUENCE ? c->next : NULL) {
		rules[u->rule_cnt] = named_rule(l, c);
		u->rule_cnt += rules[u->rule_cnt] != NULL;
	}
	u->rules = rules;
	u->seed = sk_seed_draw();
	return u;
}

/* A rule's id, or {name: words, of: rules, by: fields, unless: …}. */
static void read_step(struct draft *d, const struct sk_conf_node *n, uint32_t step)
{
	static const char *const keys[] = { "name", "of", "by", "unless", NULL };
	struct sk_join join = { .step = step };
	const struct sk_conf_node *of, *by = d->shared, *c;

	memcpy(join.by, d->c->by, sizeof(join.by));
	if (n->type != SK_CONF_MAPPING) {
		add_step(d, named_rule(d->l, n), &join, by);
		return;
	}
	if (!sk_load_mapping(d->l, n, "a step", keys))
		return;
	of = sk_conf_get(n, "of");
	if (!of || (of->type == SK_CONF_SEQUENCE && !of->child)) {
		sk_load_error(d->l, of ? of : n, "step has no %s", of ? "rules" : "of; expected a rule's id or a list of them");
		return;
	}
	join.name = sk_load_text(d->l, sk_conf_get(n, "name"));
	c = sk_conf_get(n, "by");
	if (c) {
		memset(join.by, 0, sizeof(join.by));
		sk_load_names(d->l, c, join.by);
		by = c;
	}
	c = sk_conf_get(n, "unless");
	if (c && d->type == SK_RULE_ABSENT)
		sk_load_error_key(d->l, c, "unless does not go with absent");
	else if (c)
		join.unless = read_unless(d->l, c);
	for (c = of->type == SK_CONF_SEQUENCE ? of->child : of; c; c = of->type == SK_CONF_SEQUENCE ? c->next : NULL)
		add_step(d, named_rule(d->l, c), &join, by);
}

/* All fields one step is joined by are there, as many as of the others, and of their class. */
static void check_joins(struct draft *d)
{
	const size_t want = name_cnt(d->c->by);

	for (size_t i = 0; i < d->cnt; i++) {
		const struct sk_join *j = &d->joins[i];
		const size_t have = name_cnt(j->by);

		if (d->by[i] == d->shared || !d->shared)
			continue;
		if (have != want && (i == 0 || d->by[i] != d->by[i - 1]))
			sk_load_error(d->l, d->by[i], "expected %zu field%s, as many as the other steps are joined by, found %zu", want,
				want == 1 ? "" : "s", have);
	}
	for (size_t k = 0; k < 3; k++) {
		enum join_class first = CLASS_UNKNOWN;
		const char *first_name = NULL;

		for (size_t i = 0; i < d->cnt; i++) {
			const char *name = d->joins[i].by[k];
			const struct sk_conf_node *at = name ? sk_load_nth(d->by[i], k) : NULL;
			enum join_class mine;
			bool ok;

			if (!name)
				continue;
			mine = field_class(d->l, d->steps[i], at, name, &ok);
			if (!ok)
				return;
			if (first == CLASS_UNKNOWN) {
				first = mine;
				first_name = name;
			} else if (mine != CLASS_UNKNOWN && mine != first) {
				sk_load_error(d->l, at, "'%s' is %s and cannot be joined with '%s', which is %s", name, class_word(mine), first_name,
					class_word(first));
				return;
			}
		}
	}
}

static void check_unless(struct draft *d, const struct sk_join *j, const struct sk_rule *step, const struct sk_conf_node *n)
{
	const struct sk_unless *u = j->unless;

	for (size_t k = 0; k < 3 && u->seen[k] && u->here[k]; k++) {
		enum join_class here, seen;
		bool ok;

		here = field_class(d->l, step, n, u->here[k], &ok);
		for (size_t i = 0; ok && i < u->rule_cnt; i++) {
			seen = field_class(d->l, u->rules[i], n, u->seen[k], &ok);
			if (ok && here == CLASS_LIST)
				sk_load_error(d->l, n, "'%s' is a list; expected a field with one value", u->here[k]);
			/* a list that was seen stands for each of its items */
			else if (ok && seen != here && seen != CLASS_LIST && seen != CLASS_UNKNOWN && here != CLASS_UNKNOWN)
				sk_load_error(d->l, n, "'%s' is %s and cannot be the same as '%s', which is %s", u->seen[k], class_word(seen),
					u->here[k], class_word(here));
		}
		if (!ok)
			return;
	}
}

static void check_all_unless(struct draft *d, const struct sk_conf_node *steps)
{
	for (size_t i = 0; i < d->cnt; i++) {
		const struct sk_conf_node *n = sk_load_nth(steps, d->joins[i].step);

		if (d->joins[i].unless)
			check_unless(d, &d->joins[i], d->steps[i], sk_conf_get(sk_conf_get(n, "unless"), "same"));
	}
}

static bool read_steps(struct draft *d, const struct sk_conf_node *n, uint32_t step)
{
	const struct sk_conf_node *c = n->type == SK_CONF_SEQUENCE ? n->child : n;

	if (!c || (n->type == SK_CONF_MAPPING && d->type == SK_RULE_SEQUENCE)) {
		sk_load_error(d->l, n, "expected a rule's id or a list of them, found %s", c ? "a mapping" : "an empty list");
		return false;
	}
	for (; c; c = n->type == SK_CONF_SEQUENCE ? c->next : NULL, step++) {
		if (step == SK_RULES_STEPS_MAX && d->type == SK_RULE_SEQUENCE) {
			sk_load_error(d->l, c, "more than %u steps", SK_RULES_STEPS_MAX);
			return false;
		}
		read_step(d, c, step);
	}
	d->c->place_cnt = step;
	return true;
}

static bool begin_draft(struct draft *d, const struct sk_conf_node *a, const struct sk_conf_node *b)
{
	d->room = (a ? count_rules(a) : 0) + (b ? count_rules(b) : 0);
	d->steps = sk_load_alloc(d->l, (d->room + 1) * sizeof(*d->steps));
	d->joins = sk_load_alloc(d->l, (d->room + 1) * sizeof(*d->joins));
	d->by = sk_load_alloc(d->l, (d->room + 1) * sizeof(*d->by));
	return d->steps && d->joins && d->by;
}

static void read_all_steps(struct draft *d, const struct sk_conf_node *n)
{
	const struct sk_conf_node *first = sk_conf_get(n, forms[d->type].steps);
	const struct sk_conf_node *then = d->type == SK_RULE_ABSENT ? sk_conf_get(n, "then") : NULL;

	if (!first)
		sk_load_error_key(d->l, n, "%s has no %s", forms[d->type].what, forms[d->type].steps);
	if (d->type == SK_RULE_ABSENT && !then)
		sk_load_error_key(d->l, n, "absent has no then");
	if (!first || (d->type == SK_RULE_ABSENT && !then) || !begin_draft(d, first, then) || !read_steps(d, first, 0))
		return;
	if (then && (d->c->place_cnt > 1 || list_length(then) > 1)) {
		sk_load_error_key(d->l, n, "absent: expected one rule as first and one as then");
		return;
	}
	if (then && !read_steps(d, then, 1))
		return;
	if (d->type == SK_RULE_SEQUENCE && d->c->place_cnt < 2)
		sk_load_error(d->l, first, "expected at least two steps");
	check_joins(d);
	if (d->type != SK_RULE_ABSENT)
		check_all_unless(d, first);
	d->c->steps = d->steps;
	d->c->joins = d->joins;
	d->c->step_cnt = d->cnt;
}

/* --- the forms --- */

static void read_threshold(struct sk_load *l, const struct sk_conf_node *n, enum sk_rule_type type, struct sk_correlation *c)
{
	const struct sk_conf_node *t = sk_conf_get(n, "at_least");
	uint64_t most = type == SK_RULE_SEQUENCE ? SK_MAX(c->place_cnt, (size_t)1) : 1000000;
	struct sk_error e;

	if (type == SK_RULE_ABSENT)
		return;
	if (!t && type != SK_RULE_SEQUENCE)
		sk_load_error_key(l, n, "%s has no at_least", forms[type].what);
	else if (t && sk_conf_int(t, type == SK_RULE_SEQUENCE ? 1 : 2, most, &c->threshold, &e) < 0)
		sk_load_tell(l, &e);
}

/* distinct's field, on all of its rules */
static void read_field(struct draft *d, const struct sk_conf_node *n)
{
	const struct sk_conf_node *c = sk_conf_get(n, "field");
	bool ok = true;

	if (!c && d->type == SK_RULE_DISTINCT)
		sk_load_error_key(d->l, n, "distinct has no field");
	if (!c)
		return;
	d->c->distinct = sk_load_text(d->l, c);
	for (size_t i = 0; d->c->distinct && ok && i < d->cnt; i++)
		field_class(d->l, d->steps[i], c, d->c->distinct, &ok);
}

static void read_correlation(struct sk_load *l, struct sk_crule *r)
{
	struct draft d = { .l = l, .rule = r, .type = r->pub.type };
	const struct sk_conf_node *n = r->body, *c;
	struct sk_correlation *k = sk_load_alloc(l, sizeof(*k));
	struct sk_error e;

	if (!k || !sk_load_mapping(l, n, forms[d.type].what, forms[d.type].keys))
		return;
	d.c = k;
	r->pub.correlation = k;
	k->ordered = true;
	d.shared = sk_conf_get(n, "by");
	if (d.shared)
		sk_load_names(l, d.shared, k->by);
	read_all_steps(&d, n);
	sk_load_within(l, n, forms[d.type].what, &k->within_ns);
	read_threshold(l, n, d.type, k);
	if (!d.shared)
		sk_load_error_key(l, n, "%s has no by; expected a field such as client.ip or server.ip", forms[d.type].what);
	read_field(&d, n);
	c = sk_conf_get(n, "ordered");
	if (c && sk_conf_bool(c, &k->ordered, &e) < 0)
		sk_load_tell(l, &e);
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

/* --- rules that are switched off --- */

static bool is_rule_off(const struct sk_load *l, const struct sk_rule *r)
{
	return l->set->rules[r->index]->off;
}

/* Takes out what is off; returns the steps that are left, bit by step. */
static uint64_t prune_steps(const struct sk_load *l, struct sk_correlation *c)
{
	const struct sk_rule **steps = (const struct sk_rule **)(uintptr_t)c->steps;
	struct sk_join *joins = (struct sk_join *)(uintptr_t)c->joins;
	uint64_t left = 0;
	size_t n = 0;

	for (size_t i = 0; i < c->step_cnt; i++) {
		if (is_rule_off(l, steps[i]))
			continue;
		steps[n] = steps[i];
		joins[n] = joins[i];
		left |= UINT64_C(1) << (joins[n++].step & 63);
	}
	c->step_cnt = n;
	return left;
}

static bool has_off_unless(const struct sk_load *l, const struct sk_correlation *c)
{
	for (size_t i = 0; i < c->step_cnt; i++) {
		const struct sk_unless *u = c->joins[i].unless;

		for (size_t k = 0; u && k < u->rule_cnt; k++)
			if (is_rule_off(l, u->rules[k]))
				return true;
	}
	return false;
}

/* How many steps the rule cannot do without. */
static size_t needed_steps(const struct sk_rule *r)
{
	if (r->type == SK_RULE_COUNT || r->type == SK_RULE_DISTINCT)
		return 1;
	return r->type == SK_RULE_SEQUENCE && sk_step_grows(r->correlation) ? (size_t)r->correlation->threshold : r->correlation->place_cnt;
}

/* The plugin that blinds one of the rules it is over, or NULL. */
static const char *blinding(const struct sk_load *l, const struct sk_correlation *c)
{
	const char *found = NULL;

	for (size_t i = 0; i < c->step_cnt && !found; i++) {
		const struct sk_unless *u = c->joins[i].unless;

		found = l->set->rules[c->steps[i]->index]->blind;
		for (size_t k = 0; u && k < u->rule_cnt && !found; k++)
			found = l->set->rules[u->rules[k]->index]->blind;
	}
	return found;
}

/* Without one of its steps, or of what an unless asks for, a sequence or an absence cannot be told: it goes too, and those over
 * it. A count, a sequence with enough other steps, or a step of several rules, goes on with the others. */
static void spread_off(struct sk_load *l)
{
	for (bool more = true; more; ) {
		more = false;
		for (size_t i = 0; i < l->set->rule_cnt; i++) {
			struct sk_crule *r = l->set->rules[i];
			struct sk_correlation *c = (struct sk_correlation *)(uintptr_t)r->pub.correlation;
			const char *blind;
			uint64_t left;

			if (!c || r->off || !c->joins)
				continue;
			blind = blinding(l, c);
			left = prune_steps(l, c);
			if ((size_t)__builtin_popcountll(left) >= needed_steps(&r->pub) && !has_off_unless(l, c))
				continue;
			r->off = more = true;
			r->blind = blind;
		}
	}
}

/* What an unless asks for of a mark, as slots. False where that is more than fields of its event or its flow. */
static bool resolve_feed(struct sk_load *l, const struct sk_rule *r, const struct sk_unless *u, struct sk_feed *feed)
{
	*feed = (struct sk_feed){ .unless = u };
	for (size_t f = 0; f < 3 && u->seen[f]; f++) {
		struct sk_field_ref ref;
		struct sk_error e;

		if (sk_field_resolve(&l->set->registry, r->kind, u->seen[f], &ref, &e) < 0 || ref.pair)
			return false;
		if (ref.up != r->kind && ref.up != SK_KIND_NONE)
			return false;
		feed->slot[feed->cnt] = ref.slot;
		feed->common[feed->cnt++] = ref.up == SK_KIND_NONE;
	}
	return feed->cnt > 0;
}

/* The rule is one of those that u asks for. */
static void add_feed(struct sk_load *l, struct sk_crule *r, const struct sk_unless *u)
{
	struct sk_feed feed, *more;

	for (size_t i = 0; i < r->pub.feed_cnt; i++)
		if (r->pub.feeds[i].unless == u)
			return;
	if (!resolve_feed(l, &r->pub, u, &feed) || r->pub.feed_cnt == SK_RULES_FEEDS_MAX) {
		r->is_step = true;		/* kept whole */
		return;
	}
	more = sk_load_alloc(l, (r->pub.feed_cnt + 1) * sizeof(*more));
	if (!more)
		return;
	if (r->pub.feed_cnt)
		memcpy(more, r->pub.feeds, r->pub.feed_cnt * sizeof(*more));
	more[r->pub.feed_cnt++] = feed;
	r->pub.feeds = more;
	for (size_t i = 0; i < feed.cnt; i++)
		r->pub.bare_fields |= feed.common[i] ? 0 : 1u << feed.slot[i];
}

/* Marks that are only looked up by some unless need not carry more than that asks for. */
static void find_bare(struct sk_load *l)
{
	for (size_t i = 0; i < l->set->rule_cnt; i++) {
		const struct sk_correlation *c = l->set->rules[i]->pub.correlation;

		for (size_t s = 0; c && s < c->step_cnt; s++) {
			const struct sk_unless *u = c->joins ? c->joins[s].unless : NULL;

			l->set->rules[c->steps[s]->index]->is_step = true;
			for (size_t k = 0; u && k < u->rule_cnt; k++)
				if (u->rules[k]->mark && u->rules[k]->type == SK_RULE_EVENT)
					add_feed(l, l->set->rules[u->rules[k]->index], u);
		}
	}
	for (size_t i = 0; i < l->set->rule_cnt; i++) {
		struct sk_crule *r = l->set->rules[i];

		r->pub.bare = r->pub.feed_cnt && !r->is_step;
		if (!r->pub.bare) {
			r->pub.feed_cnt = 0;
			r->pub.bare_fields = 0;
		}
	}
}

/* What the plugins that are off cost, by plugin, in the order of the rules. */
static void list_blind(struct sk_load *l)
{
	struct sk_ruleset *s = l->set;
	struct sk_rules_blind *list = sk_load_alloc(l, SK_KIND_MAX * sizeof(*list));

	for (size_t i = 0; list && i < s->rule_cnt; i++) {
		const struct sk_crule *r = s->rules[i];
		struct sk_buf ids = { 0 };
		size_t k = 0;

		if (!r->off || !r->blind)
			continue;
		while (k < s->blind_cnt && strcmp(list[k].plugin, r->blind) != 0)
			k++;
		if (k == SK_KIND_MAX)
			continue;
		if (k == s->blind_cnt)
			list[s->blind_cnt++] = (struct sk_rules_blind){ .plugin = sk_load_copy(l, sk_span_str(r->blind)) };
		sk_buf_addf(&ids, "%s%s%s", list[k].ids ? list[k].ids : "", list[k].ids ? ", " : "", r->pub.id);
		list[k].ids = sk_load_copy(l, sk_buf_span(&ids));
		list[k].rule_cnt++;
		sk_buf_fini(&ids);
	}
	s->blind = list;
}

void sk_load_resolve(struct sk_load *l)
{
	struct sk_ruleset *s = l->set;

	sk_load_sids(l);
	for (size_t i = 0; i < s->rule_cnt; i++)
		if (s->rules[i]->pub.type != SK_RULE_EVENT)
			read_correlation(l, s->rules[i]);
	for (size_t i = 0; i < s->rule_cnt; i++) {
		sk_load_limit(l, s->rules[i]);
		sk_load_reason(l, s->rules[i]);
	}
	for (size_t i = 0; i < s->rule_cnt; i++)
		check_cycle(l, s->rules[i], 0);
	if (l->errors)
		return;
	spread_off(l);
	find_bare(l);
	list_blind(l);
}
