/* campaign/seen.c — what an unless asks for: values that alerts and marks had, and when last.
 *
 * memory   a key per unless and value, conf.max_seen bytes in all; the one used longest ago goes first, counted
 * limits   of a list every item is remembered by itself; where time goes back, what was last seen counts
 */
#include "campaign/campaign_priv.h"

#define SEEN_PRESET (16u << 20)
#define SEEN_LEAST 64u			/* bytes that any takes */

uint64_t sk_seen_bytes(const struct sk_campaign_conf *conf)
{
	return conf->max_seen ? conf->max_seen : SEEN_PRESET;
}

int sk_seen_init(struct sk_campaign *c)
{
	c->conf.max_seen = (size_t)sk_seen_bytes(&c->conf);
	return sk_keys_init(&c->seen, c->conf.max_seen / SEEN_LEAST, sizeof(uint64_t), NULL, NULL);
}

static size_t item_cnt(const struct sk_value *v)
{
	return v->type == SK_VALUE_LIST || v->type == SK_VALUE_PAIRS ? v->u.list.n : 1;
}

static const struct sk_value *item(const struct sk_value *v, size_t i)
{
	return v->type == SK_VALUE_LIST || v->type == SK_VALUE_PAIRS ? &v->u.list.v[i] : v;
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

static void add(struct sk_campaign *c, const struct sk_unless *u, const struct sk_alert *a)
{
	uint8_t key[SK_CAMPAIGN_KEY_MAX];
	struct sk_value v[4];
	size_t cnt, n, combinations = 1;

	if (!take_values(c, a, u->seen, v, &cnt))
		return;
	for (size_t i = 0; i < cnt; i++)
		combinations *= item_cnt(&v[i]);
	for (size_t at = 0; at < SK_MIN(combinations, (size_t)SK_ALERT_LIST_MAX); at++) {
		struct sk_key *k;

		n = 0;
		for (size_t i = 0, rest = at; i < cnt; rest /= item_cnt(&v[i]), i++)
			sk_campaign_key_add(key, &n, item(&v[i], rest % item_cnt(&v[i])));
		k = sk_keys_get(&c->seen, u->index, sk_span(key, n));
		if (k)
			*(uint64_t *)k->payload = a->time_ns;
		else
			c->counters.no_memory++;
	}
	while (c->seen.bytes > c->conf.max_seen && c->seen.cnt)
		sk_keys_evict(&c->seen);
}

void sk_seen_add(struct sk_campaign *c, const struct sk_rule_state *s, const struct sk_alert *a)
{
	for (size_t i = 0; i < s->feed_cnt; i++)
		add(c, s->feeds[i], a);
}

bool sk_seen_forbids(struct sk_campaign *c, const struct sk_rule *r, size_t i, const struct sk_alert *a)
{
	const struct sk_unless *u = r->correlation->joins ? r->correlation->joins[i].unless : NULL;
	uint8_t key[SK_CAMPAIGN_KEY_MAX];
	struct sk_value v[4];
	struct sk_key *k;
	size_t cnt, n = 0;
	uint64_t when;

	if (!u || !take_values(c, a, u->here, v, &cnt))
		return false;
	for (size_t j = 0; j < cnt; j++)
		sk_campaign_key_add(key, &n, &v[j]);
	k = sk_keys_find(&c->seen, u->index, sk_span(key, n));
	if (!k)
		return false;
	when = *(const uint64_t *)k->payload;
	if (when > a->time_ns || a->time_ns - when > u->within_ns)
		return false;
	sk_explain_left_out(c, r, a, "is excepted: its unless was seen before");
	return true;
}
