/* pipeline/memory.h — how much memory a configuration allows: what traffic can make each station keep, added up.
 *
 * in       settings, how many plugins and outputs there are
 * out      a list of items in bytes; the process stays below their sum and what it had before the first packet
 * limits   counts what is asked of malloc and a quarter more, for what malloc keeps in pieces nobody fits into; the kernel's own buffers
 *          are not counted
 */
#ifndef SK_PIPELINE_MEMORY_H
#define SK_PIPELINE_MEMORY_H

#include "pipeline/engine.h"

struct sk_memory_item {
	const char *key;			/* in the configuration; "" where nothing sets it */
	const char *what;
	uint64_t bytes;				/* all workers together */
};
#define SK_MEMORY_ITEMS 16

/* Returns the number of items; *sum: all of them. start: bytes the process takes before the first packet. */
size_t sk_memory_items(const struct sk_engine *g, uint64_t start, struct sk_memory_item items[SK_MEMORY_ITEMS], uint64_t *sum);

/* What the process has resident now, and the most it has had. 0 where the system does not tell. */
uint64_t sk_memory_resident(void);
uint64_t sk_memory_resident_max(void);

/* A line per item and the sum, to stdio file out. */
void sk_memory_print(const struct sk_engine *g, uint64_t start, void *out);

#endif
