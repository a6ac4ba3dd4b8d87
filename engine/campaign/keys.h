/* campaign/keys.h — a bounded table of states under byte keys, oldest first out.
 *
 * memory   one block per key: head, payload (zeroed, payload_size bytes), key bytes; at most cap keys
 * threads  one owner
 * limits   seeded hashing: who chooses the keys cannot aim collisions; nothing is ever visited in hash order
 */
#ifndef SK_CAMPAIGN_KEYS_H
#define SK_CAMPAIGN_KEYS_H

#include "base/hash.h"

struct sk_key {
	struct sk_key *next;		/* of the same bucket */
	struct sk_key *older, *newer;	/* by last use */
	uint64_t hash;
	uint32_t owner;			/* part of the key: which rule's state it is */
	uint32_t n;
	size_t size;			/* bytes this key accounts for */
	const uint8_t *bytes;
	void *payload;
};

typedef void sk_key_fini_fn(void *cx, struct sk_key *k);

struct sk_keys {
	struct sk_key **buckets;
	size_t mask, cnt, cap;
	size_t payload_size;
	struct sk_key *oldest, *newest;
	struct sk_seed seed;
	sk_key_fini_fn *fini;		/* called before a key goes; may be NULL */
	void *cx;
	size_t bytes;			/* sum of all sizes */
	uint64_t evicted;
	size_t cnt_max;
	bool keeps;			/* full means refused, not that the oldest goes */
};

/* 0 or SK_E_MEMORY. cap at least 1. */
int sk_keys_init(struct sk_keys *t, size_t cap, size_t payload_size, sk_key_fini_fn *fini, void *cx);
void sk_keys_fini(struct sk_keys *t);

struct sk_key *sk_keys_find(struct sk_keys *t, uint32_t owner, struct sk_span bytes);
/* Finds or makes; the key becomes the newest. NULL when memory is short, or full and keeps. May drop the oldest. */
struct sk_key *sk_keys_get(struct sk_keys *t, uint32_t owner, struct sk_span bytes);
void sk_keys_drop(struct sk_keys *t, struct sk_key *k);
/* Drops the oldest and counts it. */
void sk_keys_evict(struct sk_keys *t);
/* The key's size has changed by so many bytes. */
void sk_keys_grow(struct sk_keys *t, struct sk_key *k, size_t more);
void sk_keys_shrink(struct sk_keys *t, struct sk_key *k, size_t less);

#endif
