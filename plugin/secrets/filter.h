/* secrets/filter.h — places in a text where one of many patterns may begin.
 *
 * in       bytes
 * out      a bit for each of FILTER_WIDTH places whose first bytes some pattern of the set may have: none is missed, some are told
 *          in vain
 * memory   a value of fixed size
 * threads  read-only after filter_init
 * source   search by shuffled nibbles: the Teddy matcher of Hyperscan (X. Wang et al., NSDI 2019), as a method
 * limits   eight sets of patterns, four bytes of each; with processors without AVX2 two bytes
 */
#ifndef SECRETS_FILTER_H
#define SECRETS_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILTER_SETS 8u
#define FILTER_BYTES 4u
#define FILTER_WIDTH 32u
#define FILTER_MAX 256u

struct filter {
	uint8_t low[FILTER_BYTES][16], high[FILTER_BYTES][16];	/* by half of the byte at this place: the sets that allow it */
	uint8_t one[256], two[256];				/* by first and second byte */
};

/* texts: cnt patterns, FILTER_MAX at most, two bytes or longer, in order: neighbours share a set. */
void filter_init(struct filter *f, const char *const *texts, unsigned cnt);

/* Reads FILTER_WIDTH + FILTER_BYTES - 1 bytes. Bit i: a pattern may begin at w[i]. */
uint32_t filter_places(const struct filter *f, const uint8_t *w);
/* The same for one place, by its two bytes. */
static inline bool filter_place(const struct filter *f, const uint8_t *w)
{
	return f->one[w[0]] & f->two[w[1]];
}

#endif
