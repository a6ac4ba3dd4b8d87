/* alert/key.c — see key.h. */
#include "alert/key.h"

static void put16(uint8_t *key, size_t *n, size_t v)
{
	key[(*n)++] = (uint8_t)(v >> 8);
	key[(*n)++] = (uint8_t)v;
}

static inline void put_address(uint8_t *key, size_t *n, const struct sk_addr *a)
{
	key[(*n)++] = a->family;
	memcpy(key + *n, a->b, sizeof(a->b));
	*n += sizeof(a->b);
}

static void put_value(uint8_t *key, size_t *n, const struct sk_value *v)
{
	size_t len;

	switch (v->type) {
	case SK_VALUE_TEXT:
	case SK_VALUE_BYTES:
	case SK_VALUE_STREAM:
		len = SK_MIN(v->u.bytes.n, (size_t)SK_ALERT_CONTEXT_MAX);
		put16(key, n, len);
		if (len)
			memcpy(key + *n, v->u.bytes.p, len);
		*n += len;
		break;
	case SK_VALUE_ADDR:
		put_address(key, n, &v->u.addr);
		break;
	case SK_VALUE_INT:
	case SK_VALUE_BOOL:
	case SK_VALUE_TIME:
		memcpy(key + *n, &v->u.num, sizeof(v->u.num));
		*n += sizeof(v->u.num);
		break;
	default:
		break;
	}
}

void sk_alert_key_add(uint8_t *key, size_t *n, const struct sk_value *v)
{
	const size_t start = *n;

	key[(*n)++] = (uint8_t)(v->type == SK_VALUE_BYTES ? SK_VALUE_TEXT : v->type);
	if (v->type != SK_VALUE_LIST && v->type != SK_VALUE_PAIRS) {
		put_value(key, n, v);
		return;
	}
	for (size_t j = 0; j < v->u.list.n && *n - start < SK_ALERT_CONTEXT_MAX; j++)
		put_value(key, n, &v->u.list.v[j]);
}

static bool is_list(const struct sk_value *v)
{
	return v->type == SK_VALUE_LIST || v->type == SK_VALUE_PAIRS;
}

static size_t item_cnt(const struct sk_value *v)
{
	return is_list(v) ? SK_MIN(v->u.list.n, (size_t)SK_ALERT_LIST_MAX) : 1;
}

static void add_item(uint8_t *key, size_t *n, const struct sk_value *v, size_t i)
{
	struct sk_value cut;

	if (is_list(v)) {
		v = &v->u.list.v[i];
	} else if (v->type != SK_VALUE_ADDR) {
		sk_alert_key_add(key, n, v);
		return;
	}
	if (SK_LIKELY(v->type == SK_VALUE_ADDR)) {
		key[(*n)++] = SK_VALUE_ADDR;
		put_address(key, n, &v->u.addr);
		return;
	}
	cut = *v;
	if (cut.type == SK_VALUE_TEXT || cut.type == SK_VALUE_BYTES || cut.type == SK_VALUE_STREAM)
		cut.u.bytes = sk_span_sub(cut.u.bytes, 0, SK_ALERT_CONTEXT_MAX / 4);
	else if (is_list(&cut))
		cut.type = SK_VALUE_NONE;
	sk_alert_key_add(key, n, &cut);
}

size_t sk_alert_seen_hashes(const struct sk_unless *u, const struct sk_value *values, size_t cnt, uint64_t *hashes)
{
	uint8_t key[SK_ALERT_KEY_MAX];
	size_t combinations = cnt > 0;

	for (size_t i = 0; i < cnt; i++)
		combinations *= item_cnt(&values[i]);
	combinations = SK_MIN(combinations, (size_t)SK_ALERT_LIST_MAX);
	for (size_t at = 0; at < combinations; at++) {
		size_t n = 0, rest = at;

		for (size_t i = 0; i < cnt; i++) {
			const size_t items = item_cnt(&values[i]);

			/* mostly one: a division costs more than all the rest */
			add_item(key, &n, &values[i], items > 1 ? rest % items : 0);
			rest = items > 1 ? rest / items : rest;
		}
		hashes[at] = sk_hash(key, n, &u->seed);
	}
	return combinations;
}

uint64_t sk_alert_seen_hash(const struct sk_unless *u, const struct sk_value *values, size_t cnt)
{
	uint8_t key[SK_ALERT_KEY_MAX];
	size_t n = 0;

	for (size_t i = 0; i < cnt; i++)
		sk_alert_key_add(key, &n, &values[i]);
	return sk_hash(key, n, &u->seed);
}

static size_t one_feed(const struct sk_feed *feed, const struct sk_event *e, struct sk_arena *scratch, uint64_t *hashes)
{
	struct sk_value v[4];

	for (size_t i = 0; i < feed->cnt; i++) {
		v[i] = feed->common[i] ? sk_event_common_value(e, feed->slot[i], scratch) : *sk_event_value(e, feed->slot[i]);
		if (v[i].type == SK_VALUE_NONE)
			return 0;
	}
	return sk_alert_seen_hashes(feed->unless, v, feed->cnt, hashes);
}

size_t sk_alert_seen(const struct sk_rule *r, const struct sk_event *e, struct sk_arena *scratch, uint64_t *hashes)
{
	size_t n = 0;

	for (size_t i = 0; i < r->feed_cnt; i++)
		n += one_feed(&r->feeds[i], e, scratch, hashes + n);
	return n;
}
