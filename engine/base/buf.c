/* base/buf.c — see buf.h. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

void sk_buf_fini(struct sk_buf *b)
{
	sk_mem_free(b->p);
	b->p = NULL;
	b->n = b->room = 0;
}

int sk_buf_reserve(struct sk_buf *b, size_t n)
{
	size_t need, room;
	uint8_t *p;

	if (n <= b->room - b->n)
		return 0;
	if (n > SIZE_MAX / 4 - b->n || (b->cap && n > b->cap - SK_MIN(b->n, b->cap))) {
		b->failed = true;
		return SK_E_LIMIT;
	}
	need = b->n + n;
	room = SK_MAX(need, SK_MAX(b->room * 2, (size_t)64));
	if (b->cap)
		room = SK_MIN(room, b->cap);
	p = sk_mem_realloc(b->p, room);
	if (!p) {
		b->failed = true;
		return SK_E_MEMORY;
	}
	b->p = p;
	b->room = room;
	return 0;
}

int sk_buf_add(struct sk_buf *b, struct sk_span s)
{
	int rc = sk_buf_reserve(b, s.n);

	if (rc == 0 && s.n) {
		memcpy(b->p + b->n, s.p, s.n);
		b->n += s.n;
	}
	return rc;
}

int sk_buf_add_str(struct sk_buf *b, const char *s)
{
	return sk_buf_add(b, sk_span_str(s));
}

int sk_buf_add_byte(struct sk_buf *b, uint8_t c)
{
	return sk_buf_add(b, sk_span(&c, 1));
}

int sk_buf_addf(struct sk_buf *b, const char *fmt, ...)
{
	char small[256], *large;
	va_list args;
	int n, rc;

	va_start(args, fmt);
	n = vsnprintf(small, sizeof(small), fmt, args);
	va_end(args);
	if (n < 0)
		return SK_E_FORMAT;
	if ((size_t)n < sizeof(small))
		return sk_buf_add(b, sk_span(small, (size_t)n));
	large = malloc((size_t)n + 1);
	if (!large) {
		b->failed = true;
		return SK_E_MEMORY;
	}
	va_start(args, fmt);
	vsnprintf(large, (size_t)n + 1, fmt, args);
	va_end(args);
	rc = sk_buf_add(b, sk_span(large, (size_t)n));
	free(large);
	return rc;
}

void sk_buf_consume(struct sk_buf *b, size_t n)
{
	n = SK_MIN(n, b->n);
	if (n && n < b->n)
		memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

const char *sk_buf_str(struct sk_buf *b)
{
	size_t cap = b->cap;
	int rc;

	b->cap = 0;
	rc = sk_buf_reserve(b, 1);
	b->cap = cap;
	if (rc < 0)
		return "";
	b->p[b->n] = 0;
	return (const char *)b->p;
}
