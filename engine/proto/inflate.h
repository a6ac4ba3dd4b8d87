/* proto/inflate.h — undoes DEFLATE as it streams.
 *
 * in       compressed bytes in any pieces
 * out      pieces of what was compressed, each in one piece of memory, good until the next call
 * memory   struct sk_inflate, about 75 KiB, of which only what a stream needs is touched; nothing else
 * threads  one owner
 * source   RFC 1951
 * limits   what is broken is told with all bytes before it made, and with the bytes behind the broken part not taken
 */
#ifndef SK_PROTO_INFLATE_H
#define SK_PROTO_INFLATE_H

#include <sekisho/span.h>

#define SK_INFLATE_OUT 16384u		/* bytes made by a call, and at most 259 more: two literals and a copy */
#define SK_INFLATE_WINDOW 32768u

#define SK_INFLATE_ROOM (2 * SK_INFLATE_WINDOW)
#define SK_INFLATE_SLACK 320u		/* behind the room: the end of a copy, and what copying by words writes too much */
#define SK_INFLATE_LENGTH_TABLE 1334u	/* most entries for 288 codes of up to 15 bits behind a first table of 10 bits … */
#define SK_INFLATE_DISTANCE_TABLE 402u	/* … and for 32 codes behind one of 8 bits */

enum sk_inflate_result {
	SK_INFLATE_MORE,		/* all bytes are taken; there may be more to make where full is set */
	SK_INFLATE_END,			/* the stream ended; bytes behind it are not taken */
	SK_INFLATE_BROKEN
};

struct sk_inflate {
	uint64_t hold;			/* bits taken and not used, first one lowest; zeros above */
	uint32_t bits;
	uint32_t end;			/* of what is made, in window */
	uint32_t left;			/* bytes to come of a stored block */
	uint8_t state;
	bool last;			/* the block at hand is the last one */
	bool full;			/* a call stopped because it had made enough */
	uint16_t lengths, distances, steps;	/* code lengths announced in a block's head */
	uint16_t have;			/* of them read */
	uint8_t len[288 + 32];
	uint32_t length_table[SK_INFLATE_LENGTH_TABLE];
	uint32_t distance_table[SK_INFLATE_DISTANCE_TABLE];
	uint8_t window[SK_INFLATE_ROOM + SK_INFLATE_SLACK];
};

/* Begins a stream. The other members need not be set before. */
void sk_inflate_init(struct sk_inflate *z);
/* Takes bytes off *p, *n; what they make is in *out. */
enum sk_inflate_result sk_inflate_run(struct sk_inflate *z, const uint8_t **p, size_t *n, struct sk_span *out);

#endif
