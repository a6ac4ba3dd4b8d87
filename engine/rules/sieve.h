/* rules/sieve.h — says of most short values that no pattern of a view is in them, for less than a search costs.
 *
 * what     of every pattern either a literal that each match has in it, or the bytes a match begins with at the value's beginning
 * memory   the rule set's arena; 16 KiB for beginnings, up to 128 KiB for literals
 * threads  made while loading, then read-only
 * limits   views of which a pattern has neither have no sieve; a sieve may let pass what a search does not find, never the opposite
 */
#ifndef SK_RULES_SIEVE_H
#define SK_RULES_SIEVE_H

#include "rules/ruleset.h"

#define SK_SIEVE_VALUE_MAX 512u		/* bytes: longer values are searched at once */
#define SK_SIEVE_DEPTH 8u
#define SK_SIEVE_BEGINS_MAX 64u
#define SK_SIEVE_SHORT_MAX 4u
#define SK_SIEVE_SHORT 3u		/* bytes compared of a short literal */

struct sk_sieve {
	/* begins: bit by pattern */
	uint64_t all;
	uint64_t deeper[SK_SIEVE_DEPTH + 1];	/* those that need more than so many bytes */
	uint64_t (*first)[256];		/* by place: those that may have the byte there; NULL without any */
	/* literals of few bytes: letters without case */
	uint8_t shorts[SK_SIEVE_SHORT_MAX][SK_SIEVE_SHORT];
	unsigned short_cnt;
	/* longer ones: of any, every four bytes that begin in its first step bytes are in the filter, letters without case */
	uint64_t *filter;		/* NULL without any */
	uint32_t shift;			/* of a product to a bit of it */
	uint32_t step;
};

/* A sieve of so many patterns, from arena; NULL where there can be none or memory is short. */
struct sk_sieve *sk_sieve_new(struct sk_arena *arena, const struct sk_atom *const *atoms, size_t cnt);

/* What all matches of a pattern begin with: a literal, or else a run of bytes of a set. */
struct sk_pattern_begin {
	uint8_t literal[64];
	unsigned n;			/* its bytes; 0: none is known */
	uint64_t set[4];		/* bit by byte … */
	unsigned run;			/* … and how many of them there are at least; 0: not known */
};

/* False where nothing is known. Whether a byte before it matters to the pattern is told by sk_atom_is_anchored alone. */
bool sk_pattern_begin(const struct sk_atom *a, struct sk_pattern_begin *b);
/* Matches at the beginning of the value only. Of regexes: right where sk_pattern_begin is true. */
bool sk_atom_is_anchored(const struct sk_atom *a);

/* False when no pattern is in s. */
bool sk_sieve_may(const struct sk_sieve *s, struct sk_span value);

#endif
