/* pipeline/lane.h — a worker's way to the output thread: a ring of records.
 *
 * what     alerts, marks that are only looked up, time marks, in ascending order
 * memory   a power-of-two array of records of 48 bytes made at init; nothing per record
 * threads  one thread pushes, one peeks and pops; no locks, no waiting in here
 * limits   push says false when full: the caller decides to wait or to count
 */
#ifndef SK_PIPELINE_LANE_H
#define SK_PIPELINE_LANE_H

#include <stdatomic.h>

#include "alert/alert.h"

enum sk_lane_what {
	SK_LANE_ALERT,
	SK_LANE_MARK,			/* a mark with feeds matched, and nothing is to be remembered of it */
	SK_LANE_SEEN,			/* … what unless is to remember of it first … */
	SK_LANE_SEEN_TOO,		/* … and then */
	SK_LANE_TIME
};

struct sk_lane_item {
	struct sk_alert_order order;
	uint64_t time_ns;		/* but of ALERT */
	union {
		struct sk_alert *alert;
		uint64_t hash;		/* SEEN */
	} u;
	enum sk_lane_what what;
};

struct sk_lane {
	struct sk_lane_item *items;
	uint32_t mask;
	char pad0[52];
	_Atomic uint32_t head;		/* next to pop */
	uint32_t tail_seen;		/* consumer's copy of tail */
	char pad1[56];
	_Atomic uint32_t tail;		/* next to push */
	uint32_t head_seen;		/* producer's copy of head */
	char pad2[56];
};

static inline bool sk_lane_push(struct sk_lane *l, const struct sk_lane_item *it)
{
	uint32_t tail = atomic_load_explicit(&l->tail, memory_order_relaxed);

	if (tail - l->head_seen > l->mask) {
		l->head_seen = atomic_load_explicit(&l->head, memory_order_acquire);
		if (tail - l->head_seen > l->mask)
			return false;
	}
	l->items[tail & l->mask] = *it;
	atomic_store_explicit(&l->tail, tail + 1, memory_order_release);
	return true;
}

/* On the producer's side: items pushed so far, modulo 2^32. */
static inline uint32_t sk_lane_pushed(const struct sk_lane *l)
{
	return atomic_load_explicit(&l->tail, memory_order_relaxed);
}

/* The oldest, or NULL; the consumer's until it pops it. */
static inline struct sk_lane_item *sk_lane_peek(struct sk_lane *l)
{
	uint32_t head = atomic_load_explicit(&l->head, memory_order_relaxed);

	if (head == l->tail_seen) {
		l->tail_seen = atomic_load_explicit(&l->tail, memory_order_acquire);
		if (head == l->tail_seen)
			return NULL;
	}
	return &l->items[head & l->mask];
}

static inline void sk_lane_pop(struct sk_lane *l)
{
	atomic_store_explicit(&l->head, atomic_load_explicit(&l->head, memory_order_relaxed) + 1, memory_order_release);
}

#endif
