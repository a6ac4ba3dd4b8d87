/* proto/charset.h — text in charsets that are no relatives of ASCII, to UTF-8: UTF-16, UTF-32, UTF-7, EBCDIC.
 *
 * in       the charset's name, then bytes in any pieces
 * out      UTF-8, at most SK_CHARSET_ROOM(n) bytes for n; what is no character becomes U+FFFD
 * memory   none: a value of a few bytes
 * threads  one owner
 * source   RFC 2781 (UTF-16), Unicode 3.10 (UTF-32), RFC 2152 (UTF-7); EBCDIC code pages as in glibc's charmaps and Unicode's
 *          VENDORS/MICSFT/EBCDIC. Names as .NET's Encoding.GetEncoding and the IANA registry have them
 * limits   libc's iconv is left out on purpose: which charsets it has depends on the machine, and some of its converters have had
 *          holes. EBCDIC pages of other scripts than Latin 1 are read as page 37, the euro sign as the older currency sign
 */
#ifndef SK_PROTO_CHARSET_H
#define SK_PROTO_CHARSET_H

#include <sekisho/span.h>

#define SK_CHARSET_ROOM(n) (4 * (n) + 8)

struct sk_charset {
	uint8_t kind;			/* 0: none */
	uint8_t page;			/* of EBCDIC */
	uint8_t held_n;			/* bytes in held; bits in bits */
	uint8_t held[4];
	bool shifted;			/* UTF-7: inside base64 … */
	bool fresh;			/* … and nothing of it was read yet */
	uint16_t high;			/* first half of a pair */
	uint32_t bits;
};

/* False, and kind 0, where the name is none of these. */
bool sk_charset_find(struct sk_charset *cs, struct sk_span name);
bool sk_charset_is_utf16le(const struct sk_charset *cs);
/* utf-16le, utf-16be, utf-32le, utf-32be, utf-7, ebcdic (whatever page), "" for none. */
const char *sk_charset_name(const struct sk_charset *cs);

/* Bytes written. */
size_t sk_charset_push(struct sk_charset *cs, struct sk_span in, uint8_t *out);
/* The text ended: what is left of it, at most 4 bytes; the next one begins. */
size_t sk_charset_end(struct sk_charset *cs, uint8_t *out);

#endif
