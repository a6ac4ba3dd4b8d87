/* base/ring.c — see ring.h. */
#include "base/ring.h"

#include <stdlib.h>

#include "base/err.h"

int sk_ring_init(struct sk_ring *r, uint32_t size)
{
	SK_ASSERT(size && (size & (size - 1)) == 0);
	*r = (struct sk_ring){ .mask = size - 1 };
	r->slots = calloc(size, sizeof(*r->slots));
	return r->slots ? 0 : SK_E_MEMORY;
}

void sk_ring_fini(struct sk_ring *r)
{
	free(r->slots);
	r->slots = NULL;
}
