/* campaign/tally.c — COUNT: so many alerts within a time; DISTINCT: so many different values of a field within a time.
 *
 * Both tell once and then keep silent under that key for as long as the window is. What is further away than the window is
 * forgotten, also when time goes back. COUNT is exact up to SLOTS alerts; above
 * that alerts share slots, and the count is exact to one in SLOTS of the threshold. Values are kept as 64-bit hashes under the
 * table's seed (values.h), at most as many as the rule asks for and an alert may add.
 */
#include <stdlib.h>

#include "campaign/campaign_priv.h"

#define SLOTS 4096u

void sk_tally_fini(struct sk_campaign *c, struct sk_key *k)
{
	struct sk_tally *t = &((union sk_open *)k->payload)->tally;

	if (sk_rules_at(c->rules, k->owner)->type == SK_RULE_DISTINCT) {
		for (uint32_t i = 0; i < t->values.cnt; i++)
			sk_campaign_release(c, k, t->values.at[i].alert);
	} else {
		for (size_t i = 0; i < t->member_cnt; i++)
			sk_campaign_release(c, k, t->members[i]);
	}
	sk_values_fini(&t->values);
	free(t->members);
	free(t->slots);
}

static uint64_t threshold_of(const struct sk_rule *r)
{
	return r->correlation->threshold ? r->correlation->threshold : 1;
}

/* Room for one more item, at most max. False when memory is short or max is reached. */
static bool make_room(struct sk_campaign *c, struct sk_key *k, void **items, size_t *room, size_t cnt, size_t size, size_t max)
{
	size_t more = SK_MIN(*room ? *room * 2 : 4, max);
	void *p;

	if (cnt < *room)
		return true;
	if (more <= *room)
		return false;
	p = realloc(*items, more * size);
	if (!p) {
		c->counters.no_memory++;
		return false;
	}
	sk_keys_grow(&c->open, k, (more - *room) * size);
	*items = p;
	*room = more;
	return true;
}

static void add_member(struct sk_campaign *c, struct sk_key *k, struct sk_tally *t, struct sk_alert *a)
{
	void *items = t->members;

	if (!make_room(c, k, &items, &t->member_room, t->member_cnt, sizeof(struct sk_alert *), c->conf.max_members) &&
	    t->member_cnt) {
		sk_campaign_release(c, k, t->members[0]);
		c->counters.members_dropped++;
		t->member_cnt--;
		memmove(t->members, t->members + 1, t->member_cnt * sizeof(struct sk_alert *));
	}
	t->members = items;
	if (t->member_cnt < t->member_room)
		t->members[t->member_cnt++] = sk_campaign_hold(c, k, a);
}

/* Members that left the window. */
static void expire_members(struct sk_campaign *c, struct sk_key *k, struct sk_tally *t, uint64_t now, uint64_t within)
{
	size_t gone = 0;

	while (gone < t->member_cnt && sk_campaign_apart(now, t->members[gone]->time_ns) > within)
		sk_campaign_release(c, k, t->members[gone++]);
	if (gone) {
		t->member_cnt -= gone;
		memmove(t->members, t->members + gone, t->member_cnt * sizeof(struct sk_alert *));
	}
}

static struct sk_tally_slot *slot_at(const struct sk_tally *t, size_t i)
{
	return &t->slots[(t->slot_first + i) % t->slot_room];
}

static void drop_slot(struct sk_tally *t)
{
	t->total -= slot_at(t, 0)->value;
	t->slot_first = (t->slot_first + 1) % t->slot_room;
	t->slot_cnt--;
}

/* Straightens the ring, so that its array may be grown. */
static bool rotate(struct sk_campaign *c, struct sk_key *k, struct sk_tally *t, size_t max)
{
	void *items = t->slots;
	bool has_room;

	if (t->slot_cnt < t->slot_room)
		return true;
	if (t->slot_room >= max)
		return false;
	if (t->slot_first) {
		struct sk_tally_slot *copy = malloc(t->slot_room * sizeof(*copy));

		if (!copy) {
			c->counters.no_memory++;
			return false;
		}
		for (size_t i = 0; i < t->slot_cnt; i++)
			copy[i] = *slot_at(t, i);
		free(t->slots);
		items = copy;
		t->slots = copy;
		t->slot_first = 0;
	}
	has_room = make_room(c, k, &items, &t->slot_room, t->slot_cnt, sizeof(*t->slots), max);
	t->slots = items;
	return has_room;
}

static uint64_t count_one(struct sk_campaign *c, const struct sk_rule *r, struct sk_key *k, struct sk_tally *t, uint64_t now)
{
	const uint64_t threshold = threshold_of(r), share = (threshold + SLOTS - 1) / SLOTS;
	const size_t max = (size_t)((threshold + share - 1) / share) + 1;

	while (t->slot_cnt && sk_campaign_apart(now, slot_at(t, 0)->time_ns) > r->correlation->within_ns)
		drop_slot(t);
	while (t->slot_cnt && sk_campaign_apart(now, slot_at(t, t->slot_cnt - 1)->time_ns) > r->correlation->within_ns)
		t->total -= slot_at(t, --t->slot_cnt)->value;
	if (t->slot_cnt && slot_at(t, t->slot_cnt - 1)->value < share) {
		struct sk_tally_slot *last = slot_at(t, t->slot_cnt - 1);

		last->value++;
		last->time_ns = SK_MAX(last->time_ns, now);
		return ++t->total;
	}
	if (!rotate(c, k, t, max)) {
		if (!t->slot_cnt)
			return 0;
		drop_slot(t);
	}
	t->slot_cnt++;
	*slot_at(t, t->slot_cnt - 1) = (struct sk_tally_slot){
		.time_ns = t->slot_cnt > 1 ? SK_MAX(now, slot_at(t, t->slot_cnt - 2)->time_ns) : now, .value = 1 };
	return ++t->total;
}

static uint64_t hash_value(const struct sk_value *v, const struct sk_seed *seed)
{
	switch (v->type) {
	case SK_VALUE_TEXT:
	case SK_VALUE_BYTES:
	case SK_VALUE_STREAM:
		return sk_hash(v->u.bytes.p, v->u.bytes.n, seed);
	case SK_VALUE_ADDR:
		return sk_hash(v->u.addr.b, sizeof(v->u.addr.b), seed) + v->u.addr.family;
	default:
		return sk_hash(&v->u.num, sizeof(v->u.num), seed);
	}
}

/* The alert is the latest with the value x. */
static void set_latest(struct sk_campaign *c, struct sk_key *k, struct sk_tally_value *x, struct sk_alert *a)
{
	struct sk_alert *old = x->alert;

	x->alert = sk_campaign_hold(c, k, a);
	if (old)
		sk_campaign_release(c, k, old);
}

/* Marks a value as seen; where there is no room the oldest goes. True when it is new in the window. */
static bool see(struct sk_campaign *c, const struct sk_rule *r, struct sk_key *k, struct sk_values *v, uint64_t hash,
		struct sk_alert *a)
{
	const size_t max = (size_t)threshold_of(r) + SK_ALERT_LIST_MAX;
	struct sk_tally_value *x = sk_values_find(v, hash);

	if (x && a->time_ns < x->when_ns)
		return false;
	if (x) {
		sk_values_set(v, x, hash, a->time_ns);
		set_latest(c, k, x, a);
		return false;
	}
	if (v->cnt == v->room && v->room < max) {
		size_t more = sk_values_grow(v, max);

		sk_keys_grow(&c->open, k, more);
		c->counters.no_memory += more == 0;
	}
	if (v->cnt < v->room) {
		x = sk_values_add(v, hash, a->time_ns);
	} else if (v->cnt) {
		x = sk_values_oldest(v);
		sk_values_set(v, x, hash, a->time_ns);
	} else {
		return false;
	}
	set_latest(c, k, x, a);
	return true;
}

static void expire_values(struct sk_campaign *c, struct sk_key *k, struct sk_values *v, uint64_t now, uint64_t within)
{
	struct sk_tally_value *x;

	while ((x = sk_values_oldest(v)) && now > x->when_ns && now - x->when_ns > within) {
		sk_campaign_release(c, k, x->alert);
		sk_values_drop(v, x);
	}
	while ((x = sk_values_newest(v)) && x->when_ns > now && x->when_ns - now > within) {
		sk_campaign_release(c, k, x->alert);
		sk_values_drop(v, x);
	}
}

/* How many different values there are now. */
static uint64_t see_values(struct sk_campaign *c, const struct sk_rule *r, struct sk_key *k, struct sk_tally *t,
			   struct sk_alert *a, bool *is_new)
{
	struct sk_value v = { .type = SK_VALUE_NONE };

	expire_values(c, k, &t->values, a->time_ns, r->correlation->within_ns);
	*is_new = false;
	sk_arena_reset(&c->scratch);
	if (r->correlation->distinct)
		v = sk_alert_value(a, r->correlation->distinct, &c->scratch);
	if (v.type == SK_VALUE_LIST || v.type == SK_VALUE_PAIRS)
		for (size_t i = 0; i < v.u.list.n; i++)
			*is_new |= see(c, r, k, &t->values, hash_value(&v.u.list.v[i], &c->open.seed), a);
	else if (v.type != SK_VALUE_NONE)
		*is_new = see(c, r, k, &t->values, hash_value(&v, &c->open.seed), a);
	return t->values.cnt;
}

/* The latest alerts of the values, each once, into t->members. */
static void collect_members(struct sk_campaign *c, struct sk_key *k, struct sk_tally *t)
{
	const struct sk_values *v = &t->values;
	struct sk_alert **all = malloc(v->cnt * sizeof(struct sk_alert *));
	size_t n = 0, skip;
	void *items = t->members;

	t->member_cnt = 0;
	if (!all)
		return;
	for (uint32_t i = 0; i < v->cnt; i++)
		all[i] = v->at[i].alert;
	qsort(all, v->cnt, sizeof(struct sk_alert *), sk_campaign_by_time);
	for (uint32_t i = 0; i < v->cnt; i++)
		if (n == 0 || all[n - 1] != all[i])
			all[n++] = all[i];
	skip = n > c->conf.max_members ? n - c->conf.max_members : 0;
	while (t->member_room < n - skip && make_room(c, k, &items, &t->member_room, t->member_room, sizeof(struct sk_alert *),
						       c->conf.max_members))
		t->members = items;
	t->members = items;
	skip = n > t->member_room ? n - t->member_room : 0;
	t->member_cnt = n - skip;
	if (t->member_cnt)
		memcpy(t->members, all + skip, t->member_cnt * sizeof(struct sk_alert *));
	free(all);
}

bool sk_tally_step(struct sk_campaign *c, const struct sk_rule *r, struct sk_key *k, struct sk_alert *a, struct sk_fire *fire)
{
	struct sk_tally *t = &((union sk_open *)k->payload)->tally;
	const uint64_t within = r->correlation->within_ns;
	bool is_new = true;
	uint64_t cnt;

	if (r->type == SK_RULE_COUNT) {
		expire_members(c, k, t, a->time_ns, within);
		cnt = count_one(c, r, k, t, a->time_ns);
		add_member(c, k, t, a);
	} else {
		cnt = see_values(c, r, k, t, a, &is_new);
	}
	if (t->fired && sk_campaign_apart(a->time_ns, t->fired_ns) > within)
		t->fired = false;
	if (cnt < threshold_of(r) || t->fired || !is_new)
		return false;
	if (r->type == SK_RULE_DISTINCT)
		collect_members(c, k, t);
	if (t->member_cnt == 0) {
		c->counters.no_memory++;
		return false;
	}
	t->fired = true;
	t->fired_ns = a->time_ns;
	*fire = (struct sk_fire){ .members = t->members, .cnt = t->member_cnt, .sum = { .count = cnt } };
	return true;
}
