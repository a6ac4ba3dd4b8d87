/* alert/jw.h — writes JSON into a buffer, value by value.
 *
 * what     commas and quotes are kept by the writer; the caller opens and closes objects and arrays
 * memory   appends to the caller's sk_buf; when that refuses, b->failed is set and the rest is void
 * source   RFC 8259 sections 2 to 8; RFC 3629 for what is UTF-8
 * limits   output is valid UTF-8 for any input: malformed bytes of text become U+FFFD, of bytes \xNN
 */
#ifndef SK_ALERT_JW_H
#define SK_ALERT_JW_H

#include "base/buf.h"

struct sk_jw {
	struct sk_buf *b;
	bool comma;			/* the next item needs one before it */
};

/* key NULL: an item of an array, or the outermost value. */
void sk_jw_object(struct sk_jw *w, const char *key);
void sk_jw_array(struct sk_jw *w, const char *key);
void sk_jw_end_object(struct sk_jw *w);
void sk_jw_end_array(struct sk_jw *w);
/* Numbers over 2^63-1 are written as that. */
void sk_jw_num(struct sk_jw *w, const char *key, uint64_t v);
void sk_jw_bool(struct sk_jw *w, const char *key, bool v);
/* Text of our own or of a rule; s NULL is written as an empty string. */
void sk_jw_str(struct sk_jw *w, const char *key, const char *s);
/* Bytes from the network: the printable view of sk_alert_printable. */
void sk_jw_bytes(struct sk_jw *w, const char *key, struct sk_span s);
void sk_jw_base64(struct sk_jw *w, const char *key, struct sk_span s);

#endif
