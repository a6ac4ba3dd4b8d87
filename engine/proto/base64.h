/* proto/base64.h — base64 as it comes, in any pieces.
 *
 * in       text in the standard or the URL-safe alphabet; white space and other bytes are skipped
 * memory   a small value the caller keeps; zeroed to begin with
 * threads  pure
 * source   RFC 4648 4, 5; RFC 2045 6.8 (skip what is not in the alphabet)
 * limits   padding ends a quantum; decoding goes on behind it
 */
#ifndef SK_PROTO_BASE64_H
#define SK_PROTO_BASE64_H

#include <sekisho/span.h>

struct sk_base64 {
	uint32_t bits;
	uint32_t cnt;			/* valid bits in bits: 0, 2, 4 or 6 behind a push */
	uint64_t skipped;		/* bytes outside the alphabet that are not white space */
};

#define SK_BASE64_ROOM(n) ((n) / 4 * 3 + 4)

/* Decodes s to out (SK_BASE64_ROOM(s.n) bytes); returns the bytes written. */
size_t sk_base64_push(struct sk_base64 *b, struct sk_span s, uint8_t *out);

#endif
