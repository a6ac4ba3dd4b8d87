/* base/arena.c — see arena.h. */
#include "base/arena.h"

#include <string.h>

#include "base/mem.h"

void sk_arena_init(struct sk_arena *a, uint32_t chunk_size, size_t cap)
{
	*a = (struct sk_arena){ .chunk_size = chunk_size, .cap = cap };
}

void sk_arena_fini(struct sk_arena *a)
{
	while (a->head) {
		struct sk_arena_chunk *next = a->head->next;

		sk_mem_free(a->head);
		a->head = next;
	}
	a->used = 0;
	a->refused = 0;
}

void sk_arena_reset_used(struct sk_arena *a)
{
	struct sk_arena_chunk *keep = NULL;

	a->refused = 0;
	if (SK_LIKELY(!a->head || (!a->head->next && a->head->size == a->chunk_size))) {
		if (a->head)
			a->head->used = 0;
		a->used = 0;
		return;
	}
	while (a->head) {
		struct sk_arena_chunk *next = a->head->next;

		if (!keep && a->head->size == a->chunk_size)
			keep = a->head;
		else
			sk_mem_free(a->head);
		a->head = next;
	}
	if (keep) {
		keep->next = NULL;
		keep->used = 0;
	}
	a->head = keep;
	a->used = 0;
}

struct sk_arena_chunk *sk_arena_end(struct sk_arena *a)
{
	struct sk_arena_chunk *c;

	if (!a->head)
		return NULL;
	sk_arena_reset_used(a);
	c = a->head;
	a->head = NULL;
	return c;
}

void sk_arena_lend(struct sk_arena *a, struct sk_arena_chunk *c)
{
	c->next = NULL;
	c->used = 0;
	a->head = c;
}

/* The way of the first piece, of a full chunk, and over the cap. */
void *sk_arena_alloc_chunk(struct sk_arena *a, size_t n)
{
	struct sk_arena_chunk *c = a->head;
	const size_t align = alignof(max_align_t);

	if (n > SIZE_MAX - align || (n = (n + align - 1) & ~(align - 1)) > a->cap - SK_MIN(a->used, a->cap)) {
		a->refused++;
		return NULL;
	}
	if (!c || n > c->size - c->used) {
		size_t size = SK_MAX(n, a->chunk_size);

		c = sk_mem_alloc(sizeof(*c) + size);
		if (!c) {
			a->refused++;
			return NULL;
		}
		c->size = size;
		c->used = 0;
		if (a->head && size > a->chunk_size) {
			/* a large piece goes behind the current chunk, which still has room */
			c->next = a->head->next;
			a->head->next = c;
		} else {
			c->next = a->head;
			a->head = c;
		}
	}
	void *p = c->data + c->used;
	c->used += n;
	a->used += n;
	return p;
}

void *sk_arena_zalloc(struct sk_arena *a, size_t n)
{
	void *p = sk_arena_alloc(a, n);

	return p ? memset(p, 0, n) : NULL;
}

struct sk_span sk_arena_copy(struct sk_arena *a, struct sk_span s)
{
	uint8_t *p;

	if (!s.p)
		return s;
	p = sk_arena_alloc(a, s.n ? s.n : 1);
	if (!p)
		return sk_span(NULL, 0);
	if (s.n)
		memcpy(p, s.p, s.n);
	return sk_span(p, s.n);
}
