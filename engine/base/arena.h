/* base/arena.h — bump allocator with a cap; freed as a whole.
 *
 * what     memory of one lifetime (flow, event): many small pieces, one free
 * memory   chunks from malloc; the first chunk of a reset arena is kept
 * threads  one owner
 * limits   over the cap or when malloc fails the answer is NULL; refused counts those
 */
#ifndef SK_BASE_ARENA_H
#define SK_BASE_ARENA_H

#include <stdalign.h>

#include <sekisho/span.h>

#include "base/compiler.h"

struct sk_arena_chunk {
	struct sk_arena_chunk *next;
	size_t size;			/* of data */
	size_t used;
	alignas(max_align_t) uint8_t data[];
};

struct sk_arena {
	struct sk_arena_chunk *head;	/* newest first */
	size_t used;			/* bytes handed out, with alignment */
	size_t cap;
	uint32_t refused;		/* pieces, since the last reset */
	uint32_t chunk_size;
};

/* chunk_size: smallest chunk asked from malloc, in bytes. cap: most bytes ever handed out between resets. */
void sk_arena_init(struct sk_arena *a, uint32_t chunk_size, size_t cap);
void sk_arena_fini(struct sk_arena *a);

/* Frees all pieces; keeps one chunk of the usual size for the next round. */
void sk_arena_reset_used(struct sk_arena *a);
static inline void sk_arena_reset(struct sk_arena *a)
{
	if (a->used || a->refused)
		sk_arena_reset_used(a);
}

/* Frees all; returns a chunk of the usual size that is the caller's now, or NULL. */
struct sk_arena_chunk *sk_arena_end(struct sk_arena *a);
/* Gives such a chunk to an arena that has none. */
void sk_arena_lend(struct sk_arena *a, struct sk_arena_chunk *c);

void *sk_arena_alloc_chunk(struct sk_arena *a, size_t n);

/* n bytes aligned for any type, not zeroed; NULL over the cap. */
static inline void *sk_arena_alloc(struct sk_arena *a, size_t n)
{
	struct sk_arena_chunk *c = a->head;
	size_t size = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	void *p;

	/* size < n when n is close to SIZE_MAX */
	if (SK_UNLIKELY(!c || size > c->size - c->used || size < n || a->used > a->cap || size > a->cap - a->used))
		return sk_arena_alloc_chunk(a, n);
	p = c->data + c->used;
	c->used += size;
	a->used += size;
	return p;
}

void *sk_arena_zalloc(struct sk_arena *a, size_t n);

/* A copy of s. p is NULL only when s.p was or memory is short. */
struct sk_span sk_arena_copy(struct sk_arena *a, struct sk_span s);

#endif
