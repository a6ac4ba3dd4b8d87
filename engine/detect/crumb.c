/* detect/crumb.c — who runs now, on this thread: a few words that a signal handler can read.
 *
 * threads  one per thread; written around every call, read by a handler on the same thread
 */
#include "detect/detect_priv.h"

#include <unistd.h>

_Thread_local const struct crumb *sk_detect_crumb_now;

struct line {
	char text[256];
	size_t n;
};

static void add(struct line *l, const char *s)
{
	while (*s && l->n < sizeof(l->text))
		l->text[l->n++] = *s++;
}

static void add_number(struct line *l, uint64_t v)
{
	char digits[21], *d = digits + sizeof(digits) - 1;

	*d = 0;
	do
		*--d = (char)('0' + v % 10);
	while (v /= 10);
	add(l, d);
}

bool sk_detect_breadcrumb(int fd)
{
	struct line l = { .n = 0 };
	const struct crumb *now;

	atomic_signal_fence(memory_order_seq_cst);
	now = sk_detect_crumb_now;
	if (!now)
		return false;
	add(&l, "sekisho: detect: in ");
	if (now->plugin)
		add(&l, "plugin '");
	add(&l, now->plugin ? now->plugin : "the rules");
	add(&l, now->plugin ? "' at " : " at ");
	add(&l, now->kind);
	add(&l, ", flow ");
	add_number(&l, now->flow);
	add(&l, ", packet ");
	add_number(&l, now->packet);
	add(&l, "\n");
	return write(fd, l.text, l.n) > 0;
}
