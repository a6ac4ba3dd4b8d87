/* base/mem.h — memory that flows hold, counted per thread.
 *
 * what     malloc and its family for whatever lives as long as a flow or less: what a worker's flows hold together is known, and
 *          pipeline/ ends flows when it is too much
 * memory   sk_mem_held: bytes given out on this thread and not taken back, with what malloc adds. It may be below zero on a
 *          thread that frees what another one made. Besides, a thread keeps up to a MiB of small blocks for those to come
 * threads  a counter per thread; a block is freed on the thread that made it, or at the end of the run
 * limits   blocks must come from here: what a library returns goes back to free(3)
 */
#ifndef SK_BASE_MEM_H
#define SK_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

extern _Thread_local int64_t sk_mem_held;

/* NULL when memory is short. */
void *sk_mem_alloc(size_t n);
void *sk_mem_zalloc(size_t n);
/* p may be NULL. On failure p stays as it was. */
void *sk_mem_realloc(void *p, size_t n);
void sk_mem_free(void *p);
/* Gives back what this thread keeps: before it ends. */
void sk_mem_trim(void);

#endif
