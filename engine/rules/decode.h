/* rules/decode.h — decoders that turn a field's value into the bytes that are searched.
 *
 * limits   no decoder makes more bytes than it takes
 */
#ifndef SK_RULES_DECODE_H
#define SK_RULES_DECODE_H

#include "base/arena.h"

enum sk_decoder {
	SK_DECODE_PERCENT,		/* %XX, RFC 3986 */
	SK_DECODE_URL,			/* %XX and plus as blank, WHATWG URL */
	SK_DECODE_BASE64,		/* RFC 4648, both alphabets, white space skipped, ends at the first other byte */
	SK_DECODE_HEX,			/* white space skipped, ends at the first other byte */
	SK_DECODE_XOR,
	SK_DECODE_LOWER,		/* ASCII */
	SK_DECODE_REVERSE,
	SK_DECODE_UTF16			/* UTF-16LE of Latin-1 text: bytes with a zero after them */
};

#define SK_DECODE_MAX 8u		/* decoders in a row */

struct sk_decode {
	enum sk_decoder type;
	struct sk_span key;		/* XOR */
	const char *shown;		/* as written */
};

extern const char *const sk_decoder_names[];

/* Runs the chain; p is NULL where nothing could be decoded or memory is short (then refused of scratch counts). */
struct sk_span sk_decode_run(const struct sk_decode *chain, unsigned cnt, struct sk_span in, struct sk_arena *scratch);

/* "xor(KEY)" or a decoder's name; key is kept as bytes in arena. 0 or SK_E_FORMAT, SK_E_MEMORY. */
int sk_decode_parse(struct sk_span text, struct sk_decode *out, struct sk_arena *arena);

/* Bytes written in hex, blanks allowed. 0 or SK_E_FORMAT, SK_E_MEMORY. */
int sk_decode_hex_text(struct sk_span text, struct sk_span *out, struct sk_arena *arena);

#endif
