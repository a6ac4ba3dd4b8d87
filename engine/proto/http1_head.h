/* proto/http1_head.h — where an HTTP/1 head ends, and what is in it; the part of http1.c that needs no state.
 *
 * in       bytes that begin a message
 * out      the end of the head; the index of its fields; how its body is framed, with the other reading where there is one
 * memory   none
 * threads  pure
 * source   RFC 9112 2.2, 3, 4, 5, 6
 */
#ifndef SK_PROTO_HTTP1_HEAD_H
#define SK_PROTO_HTTP1_HEAD_H

#include "proto/http1.h"

struct sk_http1_framing {
	bool chunked;			/* chunked is named, in whatever spelling */
	bool clean_chunked;		/* … and a strict reader agrees */
	bool other_coding;		/* a transfer coding without chunked */
	bool has_length;		/* length holds */
	bool has_other;			/* a second, different length is named too: other */
	bool bad_length;		/* Content-Length that no strict reader takes; hint holds its leading digits, 0 for none */
	bool no_body_wanted;
	uint64_t length, other, hint;
};

/* Finds the end of the head that begins at p.
 * scan, first_line   kept by the caller between calls with more of the same bytes; 0 and false at first
 * fin                no more bytes will come
 * Returns its length, or 0 when more bytes are needed (never with fin: then n). */
size_t sk_http1_head_end(const uint8_t *p, size_t n, bool is_response, bool fin, uint32_t *scan, bool *first_line);

void sk_http1_head_parse(struct sk_http1_head *h, struct sk_span raw, bool is_response, struct sk_http1_framing *fr);

/* Does a message begin at p? 1 yes, 0 no, -1 more bytes are needed. strict: only what cannot be anything else. */
int sk_http1_begins(const uint8_t *p, size_t n, bool is_response, bool strict, bool fin);

/* RFC 9110 5.6.2 */
extern const bool sk_http1_is_token[256];

static inline bool sk_http1_is_blank(uint8_t c) { return c == ' ' || c == '\t' || c == '\v' || c == '\f'; }

static inline bool sk_http1_is_space(uint8_t c) { return sk_http1_is_blank(c) || c == '\r' || c == '\n' || c == 0; }

/* "HTTP/" in any case at p. */
bool sk_http1_is_http(const uint8_t *p, size_t n);
/* Does a field line begin at p: a word, blanks, a colon? 1 yes, 0 no, -1 more bytes are needed. */
int sk_http1_field_begins(const uint8_t *p, size_t n);

#endif
