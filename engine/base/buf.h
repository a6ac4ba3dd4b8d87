/* base/buf.h — a growing byte buffer with a cap.
 *
 * memory   one malloc block; fini frees it; a zeroed buf is empty with no cap (set cap for anything traffic can grow)
 * limits   over the cap or when malloc fails the append is refused whole and failed is set
 */
#ifndef SK_BASE_BUF_H
#define SK_BASE_BUF_H

#include <sekisho/span.h>

#include "base/compiler.h"

struct sk_buf {
	uint8_t *p;
	size_t n;
	size_t room;
	size_t cap;			/* most bytes, 0 for no cap */
	bool failed;			/* an append was refused since the last clear */
};

void sk_buf_fini(struct sk_buf *b);
static inline void sk_buf_clear(struct sk_buf *b) { b->n = 0; b->failed = false; }
static inline struct sk_span sk_buf_span(const struct sk_buf *b) { return sk_span(b->p, b->n); }

/* Makes room for n more bytes. 0 or SK_E_LIMIT, SK_E_MEMORY. */
int sk_buf_reserve(struct sk_buf *b, size_t n);
int sk_buf_add(struct sk_buf *b, struct sk_span s);
int sk_buf_add_str(struct sk_buf *b, const char *s);
int sk_buf_add_byte(struct sk_buf *b, uint8_t c);
int sk_buf_addf(struct sk_buf *b, const char *fmt, ...) SK_PRINTF(2, 3);

/* Takes n bytes off the front. */
void sk_buf_consume(struct sk_buf *b, size_t n);

/* The bytes as a C string (a NUL is put behind, not counted); "" when memory is short. */
const char *sk_buf_str(struct sk_buf *b);

#endif
