/* capture/ahead.h — makes bytes ahead of who reads them, on a thread of its own; private to capture/.
 *
 * what     a function that makes bytes runs on the thread; they wait in blocks until they are taken, in order
 * memory   SK_AHEAD_BLOCKS blocks of SK_AHEAD_BLOCK bytes
 * threads  one taker; the maker's data are its own until sk_ahead_free
 */
#ifndef SK_CAPTURE_AHEAD_H
#define SK_CAPTURE_AHEAD_H

#include <stddef.h>
#include <stdint.h>

#define SK_AHEAD_BLOCKS 8
#define SK_AHEAD_BLOCK (256u << 10)

struct sk_ahead;

/* Up to room bytes into to: their number, 0 at the end, a negative code. Not called again after either. */
typedef int64_t sk_ahead_make_fn(void *cx, uint8_t *to, size_t room);

/* NULL when there is no memory or no thread: nothing has been called then. */
struct sk_ahead *sk_ahead_new(sk_ahead_make_fn *make, void *cx);
/* Waits for bytes. As make; the end and a code are said again and again. */
int64_t sk_ahead_take(struct sk_ahead *a, uint8_t *to, size_t room);
/* Waits until make, if it runs, has returned. NULL is allowed. */
void sk_ahead_free(struct sk_ahead *a);

#endif
