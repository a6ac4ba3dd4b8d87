/* base/rd.h — the sticky byte reader: the only way the engine reads numbers from the network.
 *
 * what     a cursor over a span; after the first read past the end every read gives 0 or an empty span
 * memory   borrows the span
 * limits   check sk_rd_ok() before a length that was read steers an allocation or a loop
 */
#ifndef SK_BASE_RD_H
#define SK_BASE_RD_H

#include <sekisho/span.h>

#include "base/compiler.h"

struct sk_rd {
	const uint8_t *p;
	size_t left;
	size_t taken;
	bool failed;
};

static inline struct sk_rd sk_rd(struct sk_span s)
{
	struct sk_rd r = { s.p, s.n, 0, false };
	return r;
}

static inline bool sk_rd_ok(const struct sk_rd *r) { return !r->failed; }
static inline size_t sk_rd_left(const struct sk_rd *r) { return r->left; }
static inline size_t sk_rd_taken(const struct sk_rd *r) { return r->taken; }

/* The next n bytes, or NULL (and failed) when fewer are left. */
static inline const uint8_t *sk_rd_take(struct sk_rd *r, size_t n)
{
	const uint8_t *p = r->p;

	if (SK_UNLIKELY(n > r->left || r->failed)) {
		r->failed = true;
		r->left = 0;
		return NULL;
	}
	if (n)
		r->p += n;
	r->left -= n;
	r->taken += n;
	return p;
}

static inline struct sk_span sk_rd_span(struct sk_rd *r, size_t n)
{
	const uint8_t *p = sk_rd_take(r, n);

	return p || (n == 0 && !r->failed) ? sk_span(p, n) : sk_span(NULL, 0);
}

static inline void sk_rd_skip(struct sk_rd *r, size_t n) { (void)sk_rd_take(r, n); }

/* All that is left. */
static inline struct sk_span sk_rd_rest(struct sk_rd *r) { return sk_rd_span(r, r->left); }

static inline uint8_t sk_rd_u8(struct sk_rd *r)
{
	const uint8_t *p = sk_rd_take(r, 1);

	return p ? p[0] : 0;
}

static inline uint16_t sk_rd_u16be(struct sk_rd *r)
{
	const uint8_t *p = sk_rd_take(r, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t sk_rd_u24be(struct sk_rd *r)
{
	const uint8_t *p = sk_rd_take(r, 3);

	return p ? (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2] : 0;
}

static inline uint32_t sk_rd_u32be(struct sk_rd *r)
{
	const uint8_t *p = sk_rd_take(r, 4);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

static inline uint64_t sk_rd_u64be(struct sk_rd *r)
{
	uint64_t hi = sk_rd_u32be(r);
	uint64_t lo = sk_rd_u32be(r);

	return r->failed ? 0 : hi << 32 | lo;
}

static inline uint16_t sk_rd_u16le(struct sk_rd *r)
{
	const uint8_t *p = sk_rd_take(r, 2);

	return p ? (uint16_t)(p[1] << 8 | p[0]) : 0;
}

static inline uint32_t sk_rd_u32le(struct sk_rd *r)
{
	const uint8_t *p = sk_rd_take(r, 4);

	return p ? (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0] : 0;
}

/* Ends reading: everything after gives 0. */
static inline void sk_rd_fail(struct sk_rd *r)
{
	r->failed = true;
	r->left = 0;
}

#endif
