/* sekisho/span.h — borrowed bytes.
 *
 * what     a pointer and a length, passed by value
 * memory   a span never owns; it ends with the event, packet or buffer it was cut from
 * limits   not NUL-terminated; p may be NULL only when the value is absent
 */
#ifndef SEKISHO_SPAN_H
#define SEKISHO_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sk_span {
	const uint8_t *p;
	size_t n;
};

static inline struct sk_span sk_span(const void *p, size_t n)
{
	struct sk_span s = { (const uint8_t *)p, n };
	return s;
}

static inline struct sk_span sk_span_str(const char *s)
{
	return sk_span(s, s ? strlen(s) : 0);
}

static inline bool sk_span_is(struct sk_span a, struct sk_span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline uint8_t sk_ascii_lower(uint8_t c)
{
	return (uint8_t)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* Compares without regard to ASCII case; other bytes must be equal. */
static inline bool sk_span_is_nocase(struct sk_span a, struct sk_span b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (sk_ascii_lower(a.p[i]) != sk_ascii_lower(b.p[i]))
			return false;
	return true;
}

static inline bool sk_span_is_str(struct sk_span a, const char *s)
{
	return sk_span_is(a, sk_span_str(s));
}

static inline bool sk_span_is_str_nocase(struct sk_span a, const char *s)
{
	return sk_span_is_nocase(a, sk_span_str(s));
}

/* The n bytes from off on; shorter or empty where the span ends before. */
static inline struct sk_span sk_span_sub(struct sk_span s, size_t off, size_t n)
{
	if (off >= s.n)
		return sk_span(s.p ? s.p + s.n : NULL, 0);
	return sk_span(s.p + off, n > s.n - off ? s.n - off : n);
}

#endif
