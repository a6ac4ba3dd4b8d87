/* campaign/values.h — different values, each with the moment it was last seen: found by value, oldest and newest at hand.
 *
 * memory   64 bytes a value, at most as many as sk_values_grow is allowed; everything costs O(log n) but growing
 * threads  one owner
 * limits   values are told apart by 64-bit hashes, which the caller has made under a seed
 */
#ifndef SK_CAMPAIGN_VALUES_H
#define SK_CAMPAIGN_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sk_alert;

struct sk_tally_value {
	uint64_t hash, when_ns;
	uint64_t rank;			/* among those of one moment the lowest is the oldest */
	struct sk_alert *alert;		/* the caller's */
	uint32_t place[2];		/* in the heaps */
};

/* Zeroed at first. */
struct sk_values {
	struct sk_tally_value *at;	/* the first cnt are there, in no order */
	uint32_t cnt, room;
	uint32_t *heap[2];		/* indexes of at: the oldest first, the newest first */
	uint32_t *table;		/* by hash: index of at + 1, 0 for none */
	uint32_t mask;
	uint64_t next_rank;
};

/* Frees the memory; alerts are the caller's. */
void sk_values_fini(struct sk_values *v);

/* Room for more, at most max in all. Bytes it takes more than before; 0 when there is no more to be had. */
size_t sk_values_grow(struct sk_values *v, size_t max);

/* NULL where it is not there. Pointers to values end with the next call that adds or drops one. */
struct sk_tally_value *sk_values_find(const struct sk_values *v, uint64_t hash);
/* NULL when there are none. */
struct sk_tally_value *sk_values_oldest(const struct sk_values *v);
struct sk_tally_value *sk_values_newest(const struct sk_values *v);

/* A value that is not there, behind all others of that moment; there is room. Its alert is NULL. */
struct sk_tally_value *sk_values_add(struct sk_values *v, uint64_t hash, uint64_t when_ns);
/* x becomes another value, not there yet, or is seen at another time. Its rank stays. */
void sk_values_set(struct sk_values *v, struct sk_tally_value *x, uint64_t hash, uint64_t when_ns);
void sk_values_drop(struct sk_values *v, struct sk_tally_value *x);

#endif
