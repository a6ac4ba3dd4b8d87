/* campaign/keys.c — see keys.h. */
#include "campaign/keys.h"

#include <stdlib.h>

#include "base/compiler.h"
#include "base/err.h"

#define FIRST_BUCKETS 64u

int sk_keys_init(struct sk_keys *t, size_t cap, size_t payload_size, sk_key_fini_fn *fini, void *cx)
{
	*t = (struct sk_keys){ .cap = SK_MAX(cap, (size_t)1), .payload_size = payload_size, .fini = fini, .cx = cx };
	t->buckets = calloc(FIRST_BUCKETS, sizeof(struct sk_key *));
	if (!t->buckets)
		return SK_E_MEMORY;
	t->mask = FIRST_BUCKETS - 1;
	t->seed = sk_seed_draw();
	return 0;
}

void sk_keys_fini(struct sk_keys *t)
{
	while (t->oldest)
		sk_keys_drop(t, t->oldest);
	free(t->buckets);
	t->buckets = NULL;
}

static uint64_t hash_of(const struct sk_keys *t, uint32_t owner, struct sk_span bytes)
{
	return sk_hash(bytes.p, bytes.n, &t->seed) ^ sk_hash_fold(owner + UINT64_C(1), UINT64_C(0x9e3779b97f4a7c15));
}

static struct sk_key *lookup(struct sk_keys *t, uint32_t owner, struct sk_span bytes, uint64_t hash)
{
	for (struct sk_key *k = t->buckets[hash & t->mask]; k; k = k->next)
		if (k->hash == hash && k->owner == owner && sk_span_is(sk_span(k->bytes, k->n), bytes))
			return k;
	return NULL;
}

static void list_out(struct sk_keys *t, struct sk_key *k)
{
	*(k->older ? &k->older->newer : &t->oldest) = k->newer;
	*(k->newer ? &k->newer->older : &t->newest) = k->older;
}

static void list_in(struct sk_keys *t, struct sk_key *k)
{
	k->newer = NULL;
	k->older = t->newest;
	*(t->newest ? &t->newest->newer : &t->oldest) = k;
	t->newest = k;
}

/* Twice the buckets where there are fewer than keys; where memory is short the chains get longer. */
static void widen(struct sk_keys *t)
{
	size_t mask = t->mask * 2 + 1;
	struct sk_key **buckets;

	if (t->cnt <= t->mask)
		return;
	buckets = calloc(mask + 1, sizeof(struct sk_key *));
	if (!buckets)
		return;
	for (struct sk_key *k = t->oldest; k; k = k->newer) {
		k->next = buckets[k->hash & mask];
		buckets[k->hash & mask] = k;
	}
	free(t->buckets);
	t->buckets = buckets;
	t->mask = mask;
}

struct sk_key *sk_keys_find(struct sk_keys *t, uint32_t owner, struct sk_span bytes)
{
	return lookup(t, owner, bytes, hash_of(t, owner, bytes));
}

static struct sk_key *add(struct sk_keys *t, uint32_t owner, struct sk_span bytes, uint64_t hash)
{
	const size_t head = (sizeof(struct sk_key) + 15) & ~(size_t)15, payload = (t->payload_size + 15) & ~(size_t)15;
	uint8_t *block = calloc(1, head + payload + bytes.n);
	struct sk_key *k = (struct sk_key *)(void *)block;

	if (!k)
		return NULL;
	if (bytes.n)
		memcpy(block + head + payload, bytes.p, bytes.n);
	k->hash = hash;
	k->owner = owner;
	k->n = (uint32_t)bytes.n;
	k->bytes = block + head + payload;
	k->payload = block + head;
	k->next = t->buckets[hash & t->mask];
	t->buckets[hash & t->mask] = k;
	list_in(t, k);
	t->cnt++;
	t->cnt_max = SK_MAX(t->cnt_max, t->cnt);
	sk_keys_grow(t, k, head + payload + bytes.n);
	widen(t);
	return k;
}

struct sk_key *sk_keys_get(struct sk_keys *t, uint32_t owner, struct sk_span bytes)
{
	uint64_t hash = hash_of(t, owner, bytes);
	struct sk_key *k = lookup(t, owner, bytes, hash);

	if (k) {
		list_out(t, k);
		list_in(t, k);
		return k;
	}
	if (t->cnt >= t->cap && t->keeps)
		return NULL;
	if (t->cnt >= t->cap)
		sk_keys_evict(t);
	return add(t, owner, bytes, hash);
}

void sk_keys_drop(struct sk_keys *t, struct sk_key *k)
{
	struct sk_key **at = &t->buckets[k->hash & t->mask];

	if (t->fini)
		t->fini(t->cx, k);
	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	list_out(t, k);
	t->bytes -= k->size;
	t->cnt--;
	free(k);
}

void sk_keys_evict(struct sk_keys *t)
{
	if (!t->oldest)
		return;
	sk_keys_drop(t, t->oldest);
	t->evicted++;
}

void sk_keys_grow(struct sk_keys *t, struct sk_key *k, size_t more)
{
	k->size += more;
	t->bytes += more;
}

void sk_keys_shrink(struct sk_keys *t, struct sk_key *k, size_t less)
{
	SK_ASSERT(less <= k->size);
	k->size -= less;
	t->bytes -= less;
}
