/* base/mem.c — see mem.h. malloc_usable_size(3) tells what a block takes, so that blocks carry nothing of ours. */
#include "base/mem.h"

#include <malloc.h>
#include <stdlib.h>

#define OVERHEAD 8			/* malloc's own word beside a block */

_Thread_local int64_t sk_mem_held;

static int64_t size_of(void *p)
{
	return (int64_t)malloc_usable_size(p) + OVERHEAD;
}

static void *counted(void *p)
{
	if (p)
		sk_mem_held += size_of(p);
	return p;
}

void *sk_mem_alloc(size_t n)
{
	return counted(malloc(n ? n : 1));
}

void *sk_mem_zalloc(size_t n)
{
	return counted(calloc(1, n ? n : 1));
}

void *sk_mem_realloc(void *p, size_t n)
{
	int64_t was = p ? size_of(p) : 0;
	void *grown = realloc(p, n ? n : 1);

	if (grown)
		sk_mem_held += size_of(grown) - was;
	return grown;
}

void sk_mem_free(void *p)
{
	if (p)
		sk_mem_held -= size_of(p);
	free(p);
}
