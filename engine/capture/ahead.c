/* capture/ahead.c — see ahead.h. */
#include "capture/ahead.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/bell.h"
#include "base/compiler.h"
#include "base/ring.h"

struct block {
	int64_t n;			/* bytes; 0 or a code: the last block */
	uint8_t bytes[SK_AHEAD_BLOCK];
};

struct sk_ahead {
	sk_ahead_make_fn *make;
	void *cx;
	struct sk_ring made, empty;
	struct sk_bell taker, maker;	/* who sleeps on it */
	_Atomic bool stop;
	pthread_t thread;
	struct block *at;		/* being taken */
	int64_t taken;			/* bytes of it */
};

/* An empty block; NULL when there will be none. */
static struct block *next_empty(struct sk_ahead *a)
{
	struct block *b = NULL;

	while (!atomic_load_explicit(&a->stop, memory_order_acquire) && !(b = sk_ring_pop(&a->empty))) {
		sk_bell_listen(&a->maker);
		if (sk_ring_len(&a->empty) == 0 && !atomic_load_explicit(&a->stop, memory_order_acquire))
			sk_bell_sleep(&a->maker);
		else
			sk_bell_stay(&a->maker);
	}
	return b;
}

static void *maker_thread(void *arg)
{
	struct sk_ahead *a = arg;
	struct block *b;
	bool last = false;

	while (!last && (b = next_empty(a))) {
		b->n = a->make(a->cx, b->bytes, sizeof(b->bytes));
		last = b->n <= 0;
		sk_ring_push(&a->made, b);
		if (sk_bell_heard(&a->taker))
			sk_bell_ring(&a->taker);
	}
	return NULL;
}

static void give_back(struct sk_ahead *a)
{
	sk_ring_push(&a->empty, a->at);
	a->at = NULL;
	a->taken = 0;
	/* woken seldom, for long */
	if (sk_bell_heard(&a->maker) && sk_ring_len(&a->empty) >= SK_AHEAD_BLOCKS / 2)
		sk_bell_ring(&a->maker);
}

int64_t sk_ahead_take(struct sk_ahead *a, uint8_t *to, size_t room)
{
	size_t n;

	if (a->at && a->at->n > 0 && a->taken == a->at->n)
		give_back(a);
	while (!a->at && !(a->at = sk_ring_pop(&a->made))) {
		sk_bell_listen(&a->taker);
		if (sk_ring_len(&a->made) == 0)
			sk_bell_sleep(&a->taker);
		else
			sk_bell_stay(&a->taker);
	}
	if (a->at->n <= 0)
		return a->at->n;
	n = SK_MIN(room, (size_t)(a->at->n - a->taken));
	memcpy(to, a->at->bytes + a->taken, n);
	a->taken += (int64_t)n;
	return (int64_t)n;
}

static void free_blocks(struct sk_ahead *a)
{
	void *b;

	free(a->at);
	while (a->made.slots && (b = sk_ring_pop(&a->made)))
		free(b);
	while (a->empty.slots && (b = sk_ring_pop(&a->empty)))
		free(b);
	sk_ring_fini(&a->made);
	sk_ring_fini(&a->empty);
	free(a);
}

struct sk_ahead *sk_ahead_new(sk_ahead_make_fn *make, void *cx)
{
	struct sk_ahead *a = calloc(1, sizeof(*a));
	bool ok;

	if (!a)
		return NULL;
	a->make = make;
	a->cx = cx;
	ok = sk_ring_init(&a->made, SK_AHEAD_BLOCKS) == 0 && sk_ring_init(&a->empty, SK_AHEAD_BLOCKS) == 0;
	for (int i = 0; ok && i < SK_AHEAD_BLOCKS; i++) {
		struct block *b = malloc(sizeof(*b));

		ok = b && sk_ring_push(&a->empty, b);
	}
	if (ok && pthread_create(&a->thread, NULL, maker_thread, a) == 0)
		return a;
	free_blocks(a);
	return NULL;
}

void sk_ahead_free(struct sk_ahead *a)
{
	if (!a)
		return;
	atomic_store_explicit(&a->stop, true, memory_order_release);
	if (sk_bell_heard(&a->maker))
		sk_bell_ring(&a->maker);
	pthread_join(a->thread, NULL);
	free_blocks(a);
}
