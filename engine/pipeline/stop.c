/* pipeline/stop.c — see stop.h. */
#include "pipeline/stop.h"

#include <stdatomic.h>

#include "pipeline/engine.h"

static _Atomic bool wanted;
static _Atomic(struct sk_capture *) captures[SK_STOP_MAX];

void sk_engine_stop(void)
{
	atomic_store(&wanted, true);
	for (unsigned i = 0; i < SK_STOP_MAX; i++) {
		struct sk_capture *c = atomic_load(&captures[i]);

		if (c)
			sk_capture_break(c);
	}
}

bool sk_stop_wanted(void)
{
	return atomic_load_explicit(&wanted, memory_order_relaxed);
}

void sk_stop_breaks(unsigned i, struct sk_capture *c)
{
	atomic_store(&captures[i], c);
}
