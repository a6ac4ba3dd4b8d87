/* viewstate/reader.h — sticky little-endian byte reader of this plugin: after the first read past the end all reads give 0. */
#ifndef VIEWSTATE_READER_H
#define VIEWSTATE_READER_H

#include <sekisho/span.h>

struct reader {
	const uint8_t *p;
	size_t left;
	bool failed;
};

static inline struct reader reader(struct sk_span s)
{
	struct reader r = { s.p, s.n, false };
	return r;
}

static inline const uint8_t *take(struct reader *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->failed || n > r->left) {
		r->failed = true;
		r->left = 0;
		return NULL;
	}
	r->p += n;
	r->left -= n;
	return p;
}

static inline uint8_t take_u8(struct reader *r)
{
	const uint8_t *p = take(r, 1);

	return p ? *p : 0;
}

static inline uint32_t take_u32(struct reader *r)
{
	const uint8_t *p = take(r, 4);

	return p ? (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0] : 0;
}

/* .NET's 7-bit number: groups of seven bits, lowest first, at most five bytes; longer forms than needed are read too. */
static inline uint32_t take_varint(struct reader *r)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 35; shift += 7) {
		uint8_t b = take_u8(r);

		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return r->failed || v > UINT32_MAX ? (r->failed = true, 0) : (uint32_t)v;
	}
	r->failed = true;
	r->left = 0;
	return 0;
}

/* A string: length as varint, then UTF-8. p is NULL when it does not fit. */
static inline struct sk_span take_string(struct reader *r)
{
	uint32_t n = take_varint(r);
	const uint8_t *p = take(r, n);

	return sk_span(p, p ? n : 0);
}

#endif
