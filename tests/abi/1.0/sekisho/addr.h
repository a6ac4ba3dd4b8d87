/* sekisho/addr.h — an IPv4 or IPv6 address as plain bytes.
 *
 * memory   a value, 20 bytes, no padding that is not zeroed
 * source   IPv4 in b[0..3], the rest zero; IPv6 in b[0..15]; both in network order
 */
#ifndef SEKISHO_ADDR_H
#define SEKISHO_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct sk_addr {
	uint8_t b[16];
	uint8_t family;		/* 4, 6, or 0 for none */
	uint8_t pad[3];
};

static inline bool sk_addr_is(const struct sk_addr *a, const struct sk_addr *b)
{
	return a->family == b->family && memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

#endif
