/* rules/pad.h — pattern databases that find what they should.
 *
 * what     Vectorscan 5.4.9 to 5.4.11 misses matches of sets of two to about eight patterns, in values of 64 bytes and more, on
 *          processors with AVX-512 (VectorCamp/vectorscan, issue 317, and what tests/corpus shows): a small set is compiled together
 *          with patterns that nothing contains, for larger sets take another way through the library
 * limits   a callback gets SK_PAD_ID for what is none of the caller's
 */
#ifndef SK_RULES_PAD_H
#define SK_RULES_PAD_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#include <hs.h>

#define SK_PAD_ID UINT_MAX

/* As hs_compile_multi, for this machine. */
hs_error_t sk_pad_compile(const char *const *texts, const unsigned *flags, const unsigned *ids, unsigned cnt, unsigned mode,
			  hs_database_t **db, hs_compile_error_t **error);

#endif
