/* base/ring.h — single-producer single-consumer ring of pointers.
 *
 * memory   a power-of-two array made at init
 * threads  one thread pushes, one pops; no locks, no waiting in here
 * limits   push says false when full: the caller decides to wait, drop or count
 */
#ifndef SK_BASE_RING_H
#define SK_BASE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sk_ring {
	void **slots;
	uint32_t mask;
	char pad0[52];
	_Atomic uint32_t head;		/* next to pop */
	uint32_t tail_seen;		/* consumer's copy of tail */
	char pad1[56];
	_Atomic uint32_t tail;		/* next to push */
	uint32_t head_seen;		/* producer's copy of head */
	char pad2[56];
};

/* size: a power of two. 0 or SK_E_MEMORY. */
int sk_ring_init(struct sk_ring *r, uint32_t size);
void sk_ring_fini(struct sk_ring *r);

static inline bool sk_ring_push(struct sk_ring *r, void *p)
{
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	if (tail - r->head_seen > r->mask) {
		r->head_seen = atomic_load_explicit(&r->head, memory_order_acquire);
		if (tail - r->head_seen > r->mask)
			return false;
	}
	r->slots[tail & r->mask] = p;
	atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
	return true;
}

/* How many are in it; either side may ask, and knows that the other may have changed it since. */
static inline uint32_t sk_ring_len(struct sk_ring *r)
{
	return atomic_load_explicit(&r->tail, memory_order_acquire) - atomic_load_explicit(&r->head, memory_order_acquire);
}

/* NULL when empty. */
static inline void *sk_ring_pop(struct sk_ring *r)
{
	uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	void *p;

	if (head == r->tail_seen) {
		r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
		if (head == r->tail_seen)
			return NULL;
	}
	p = r->slots[head & r->mask];
	atomic_store_explicit(&r->head, head + 1, memory_order_release);
	return p;
}

#endif
