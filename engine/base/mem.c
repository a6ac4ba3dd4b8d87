/* base/mem.c — see mem.h. malloc_usable_size(3) tells what a block takes, so that blocks carry nothing of ours.
 *
 * Flows that end give back what flows that begin ask for: blocks of up to SMALL_MAX bytes are kept by size, and given out again
 * without a way through malloc, whose own caches hold seven of a size.
 */
#include "base/mem.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"

#define OVERHEAD 8			/* malloc's own word beside a block */
#define SMALL_MAX 2048u
#define STEP 16u
#define KEPT_MAX (1u << 20)		/* bytes kept by a thread */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define KEEPS_NONE
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(KEEPS_NONE)
static const size_t kept_max;		/* none, so that use after the end is seen */
#else
static const size_t kept_max = KEPT_MAX;
#endif

struct kept {
	struct kept *next;
};

_Thread_local int64_t sk_mem_held;
static _Thread_local struct kept *kept[SMALL_MAX / STEP + 1];	/* by size: of list c hold 16 c - 8 bytes at least */
static _Thread_local size_t kept_bytes;

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

/* A block kept that holds n bytes, or NULL. */
static void *take(size_t n)
{
	struct kept **list, *k;
	size_t size;

	if (n > SMALL_MAX - OVERHEAD - STEP)
		return NULL;
	list = &kept[(n + OVERHEAD + STEP - 1) / STEP];
	k = *list;
	if (!k)
		return NULL;
	*list = k->next;
	size = (size_t)size_of(k);
	kept_bytes -= size;
	sk_mem_held += (int64_t)size;
	return k;
}

void *sk_mem_alloc(size_t n)
{
	void *p = take(n);

	return p ? p : counted(malloc(n ? n : 1));
}

void *sk_mem_zalloc(size_t n)
{
	void *p = take(n);

	return p ? memset(p, 0, n) : counted(calloc(1, n ? n : 1));
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
	struct kept *k = p;
	size_t size;

	if (!p)
		return;
	size = (size_t)size_of(p);
	sk_mem_held -= (int64_t)size;
	if (size > SMALL_MAX || size < OVERHEAD + sizeof(*k) || kept_bytes + size > kept_max) {
		free(p);
		return;
	}
	k->next = kept[size / STEP];
	kept[size / STEP] = k;
	kept_bytes += size;
}

void sk_mem_trim(void)
{
	for (size_t c = 0; c < SK_ARRAY_LEN(kept); c++)
		while (kept[c]) {
			struct kept *next = kept[c]->next;

			free(kept[c]);
			kept[c] = next;
		}
	kept_bytes = 0;
}
