/* proto/ranges.h — Content-Range, and the bytes of a resource that comes in pieces.
 *
 * in       the field's value; bytes with their place in the resource, in any order
 * out      the range; chunks in order of their place
 * memory   malloc'd chunks of at most SK_RANGES_CHUNK bytes, paid for out of a budget that the caller shares between resources
 * threads  one owner
 * source   RFC 9110 14.4
 * limits   SK_RANGES_CHUNKS chunks of a resource. Where pieces overlap the newer bytes take the place of the older ones: that is
 *          what a client does that writes what it receives to a file
 */
#ifndef SK_PROTO_RANGES_H
#define SK_PROTO_RANGES_H

#include <sekisho/span.h>

#define SK_RANGES_CHUNK 65536u
#define SK_RANGES_CHUNKS 1024u
#define SK_RANGES_UNKNOWN UINT64_MAX

struct sk_range {
	uint64_t first, last;
	uint64_t total;			/* of the resource, SK_RANGES_UNKNOWN where it is not said */
};

/* 1: a range of bytes. 0: none, as of a 416 (bytes and a length), or another unit. -1: nobody can read it. */
int sk_range_parse(struct sk_span value, struct sk_range *r);

struct sk_ranges_chunk {
	struct sk_ranges_chunk *next;
	uint64_t off;
	uint32_t n, room;
	uint32_t piece;			/* number of the piece that began it */
	bool mixed;			/* others have a part in it */
	uint8_t *p;
};

/* Zeroed: empty. */
struct sk_ranges {
	struct sk_ranges_chunk *first;	/* by place, none over another */
	struct sk_ranges_chunk *last;	/* written to; NULL or one of them */
	uint64_t held;			/* paid out of the budget */
	uint32_t chunks;
};

/* Told before bytes take the place of others that differ. */
typedef void sk_ranges_differ_fn(void *cx, struct sk_span fresh, struct sk_span old, uint64_t off);

/* Bytes of piece number `piece` at off. budget: bytes that may still be had; it shrinks. False: it, the chunks or memory were too
 * short, and some of the bytes are not kept. */
bool sk_ranges_put(struct sk_ranges *s, uint64_t off, struct sk_span bytes, uint32_t piece, uint64_t *budget, sk_ranges_differ_fn *differ,
		   void *cx);
/* Gives everything back to the budget. */
void sk_ranges_clear(struct sk_ranges *s, uint64_t *budget);

/* The end of the bytes without hole that begin with c; *joined: more than one piece has a part in them. */
uint64_t sk_ranges_run(const struct sk_ranges_chunk *c, const struct sk_ranges_chunk **behind, bool *joined);

#endif
