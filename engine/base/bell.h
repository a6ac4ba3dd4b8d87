/* base/bell.h — one thread sleeps until another has something for it, without a system call while nobody sleeps.
 *
 * what     the sleeper: sk_bell_listen, looks once more at what it waits for, then sk_bell_sleep or sk_bell_stay. The other side: makes what
 *          is waited for visible, asks sk_bell_heard, then sk_bell_ring. Both sides change one word, so one of them sees the other.
 * threads  one sleeper, any number that ring
 * limits   sk_bell_sleep and sk_bell_sleep_for may return early: the sleeper looks again
 */
#ifndef SK_BASE_BELL_H
#define SK_BASE_BELL_H

#include <linux/futex.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct sk_bell {
	_Atomic uint32_t listening;
};

static inline void sk_bell_listen(struct sk_bell *b)
{
	atomic_exchange_explicit(&b->listening, 1, memory_order_acq_rel);
}

static inline void sk_bell_stay(struct sk_bell *b)
{
	atomic_store_explicit(&b->listening, 0, memory_order_relaxed);
}

/* most: how long at most, NULL for any time. */
static inline void sk_bell_sleep_for(struct sk_bell *b, const struct timespec *most)
{
	syscall(SYS_futex, &b->listening, FUTEX_WAIT_PRIVATE, 1, most, NULL, 0);
	sk_bell_stay(b);
}

static inline void sk_bell_sleep(struct sk_bell *b)
{
	sk_bell_sleep_for(b, NULL);
}

/* True when the sleeper sleeps or is about to: what it waits for may be there now. */
static inline bool sk_bell_heard(struct sk_bell *b)
{
	return atomic_fetch_add_explicit(&b->listening, 0, memory_order_acq_rel) != 0;
}

static inline void sk_bell_ring(struct sk_bell *b)
{
	if (atomic_exchange_explicit(&b->listening, 0, memory_order_acq_rel))
		syscall(SYS_futex, &b->listening, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

#endif
