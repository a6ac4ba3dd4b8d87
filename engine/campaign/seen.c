/* campaign/seen.c — what an unless asks for: values that alerts and marks had, and when last.
 *
 * memory   an entry per unless and value, found by a hash of 64 bits with a seed of its own for each unless; conf.max_seen bytes in
 *          all; the one used longest ago goes first, counted
 * limits   of a list every item is remembered by itself; where time goes back, what was last seen counts; two of n values have the same
 *          hash with a chance of n² / 2^65
 */
#include <stdlib.h>

#include "campaign/campaign_priv.h"

#define SEEN_PRESET (16u << 20)
#define SEEN_FIRST 64u
#define SEEN_COST (sizeof(struct sk_seen_value) + 2 * sizeof(uint32_t))	/* at most two buckets to a value */

uint64_t sk_seen_bytes(const struct sk_campaign_conf *conf)
{
	return conf->max_seen ? conf->max_seen : SEEN_PRESET;
}

size_t sk_seen_held(const struct sk_seen *s)
{
	return s->cnt * SEEN_COST;
}

static bool widen(struct sk_seen *s)
{
	uint32_t room = s->room ? 2 * s->room : SEEN_FIRST;
	uint32_t *buckets = calloc(room, sizeof(*buckets));
	struct sk_seen_value *values = buckets ? realloc(s->values, SK_MIN(room, s->cap) * sizeof(*values)) : NULL;

	if (!values) {
		free(buckets);
		return false;
	}
	free(s->buckets);
	*s = (struct sk_seen){ .values = values, .buckets = buckets, .cnt = s->cnt, .room = room, .cap = s->cap, .oldest = s->oldest,
		.newest = s->newest, .evicted = s->evicted };
	for (uint32_t i = 0; i < s->cnt; i++) {
		uint32_t *at = &buckets[values[i].hash & (room - 1)];

		values[i].next = *at;
		*at = i + 1;
	}
	return true;
}

int sk_seen_init(struct sk_campaign *c)
{
	c->seen.cap = (uint32_t)SK_MIN(SK_MAX(sk_seen_bytes(&c->conf) / SEEN_COST, (uint64_t)1), (uint64_t)UINT32_MAX / 4);
	return 0;
}

void sk_seen_fini(struct sk_campaign *c)
{
	free(c->seen.values);
	free(c->seen.buckets);
	c->seen = (struct sk_seen){ .cap = c->seen.cap };
}

static struct sk_seen_value *find(const struct sk_seen *s, uint64_t hash)
{
	for (uint32_t at = s->room ? s->buckets[hash & (s->room - 1)] : 0; at; at = s->values[at - 1].next)
		if (s->values[at - 1].hash == hash)
			return &s->values[at - 1];
	return NULL;
}

static void list_out(struct sk_seen *s, const struct sk_seen_value *v)
{
	*(v->older ? &s->values[v->older - 1].newer : &s->oldest) = v->newer;
	*(v->newer ? &s->values[v->newer - 1].older : &s->newest) = v->older;
}

static void list_in(struct sk_seen *s, struct sk_seen_value *v)
{
	uint32_t at = (uint32_t)(v - s->values) + 1;

	v->newer = 0;
	v->older = s->newest;
	*(s->newest ? &s->values[s->newest - 1].newer : &s->oldest) = at;
	s->newest = at;
}

/* The place of the one used longest ago, which is forgotten. */
static struct sk_seen_value *evict(struct sk_seen *s)
{
	struct sk_seen_value *v = &s->values[s->oldest - 1];
	uint32_t *at = &s->buckets[v->hash & (s->room - 1)];

	while (&s->values[*at - 1] != v)
		at = &s->values[*at - 1].next;
	*at = v->next;
	list_out(s, v);
	s->evicted++;
	return v;
}

void sk_seen_put(struct sk_campaign *c, uint64_t hash, uint64_t when_ns)
{
	struct sk_seen *s = &c->seen;
	struct sk_seen_value *v = find(s, hash);

	if (v) {
		list_out(s, v);
	} else {
		if (s->cnt < s->cap && s->cnt == s->room && !widen(s)) {
			c->counters.no_memory++;
			if (s->cnt == 0)
				return;
			v = evict(s);
		} else {
			v = s->cnt < s->cap ? &s->values[s->cnt++] : evict(s);
		}
		v->hash = hash;
		v->next = s->buckets[hash & (s->room - 1)];
		s->buckets[hash & (s->room - 1)] = (uint32_t)(v - s->values) + 1;
	}
	v->when_ns = when_ns;
	list_in(s, v);
}

/* The values of the fields; false where one is missing. Borrowed from the alert and the scratch. */
static bool take_values(struct sk_campaign *c, const struct sk_alert *a, const char *const fields[4], struct sk_value v[4], size_t *n)
{
	sk_arena_reset(&c->scratch);
	for (*n = 0; *n < 4 && fields[*n]; ++*n) {
		v[*n] = sk_alert_value(a, fields[*n], &c->scratch);
		if (v[*n].type == SK_VALUE_NONE)
			return false;
	}
	return *n > 0;
}

void sk_seen_add(struct sk_campaign *c, const struct sk_rule_state *s, const struct sk_alert *a)
{
	uint64_t hashes[SK_ALERT_LIST_MAX];
	struct sk_value v[4];
	size_t cnt, n;

	for (size_t i = 0; i < s->feed_cnt; i++) {
		if (!take_values(c, a, s->feeds[i]->seen, v, &cnt))
			continue;
		n = sk_alert_seen_hashes(s->feeds[i], v, cnt, hashes);
		for (size_t k = 0; k < n; k++)
			sk_seen_put(c, hashes[k], a->time_ns);
	}
}

bool sk_seen_forbids(struct sk_campaign *c, const struct sk_rule *r, size_t i, const struct sk_alert *a)
{
	const struct sk_unless *u = r->correlation->joins ? r->correlation->joins[i].unless : NULL;
	const struct sk_seen_value *seen;
	struct sk_value v[4];
	size_t cnt;

	if (!u || !take_values(c, a, u->here, v, &cnt))
		return false;
	seen = find(&c->seen, sk_alert_seen_hash(u, v, cnt));
	if (!seen || seen->when_ns > a->time_ns || a->time_ns - seen->when_ns > u->within_ns)
		return false;
	sk_explain_left_out(c, r, a, "is excepted: its unless was seen before");
	return true;
}
