/* base/ascii.h — ASCII letters in lower case, eight bytes at a time.
 *
 * threads  pure
 * limits   other bytes stay as they are
 */
#ifndef SK_BASE_ASCII_H
#define SK_BASE_ASCII_H

#include <sekisho/span.h>

/* Every byte of v by itself. A byte's high bit says in each sum whether it is beyond the letter; bit 5 is what differs. */
static inline uint64_t sk_ascii_lower8(uint64_t v)
{
	const uint64_t ones = 0x0101010101010101u, low7 = v & 0x7f * ones;
	uint64_t from_a = low7 + (0x80 - 'A') * ones, behind_z = low7 + (0x7f - 'Z') * ones;

	return v | ((from_a ^ behind_z) & ~v & 0x80 * ones) >> 2;
}

typedef uint8_t sk_bytes16 __attribute__((vector_size(16)));
typedef uint64_t sk_words2 __attribute__((vector_size(16)));	/* the same as two words, to see whether any byte is not zero */

static inline sk_bytes16 sk_ascii_lower16(sk_bytes16 v)
{
	return v | ((sk_bytes16)((sk_bytes16)(v - 'A') < 26) & 0x20);
}

/* to: s.n bytes, not overlapping s. */
static inline void sk_ascii_lower_copy(uint8_t *to, struct sk_span s)
{
	size_t i = 0;
	uint64_t v;

	if (s.n < 8) {
		for (; i < s.n; i++)
			to[i] = sk_ascii_lower(s.p[i]);
		return;
	}
	for (sk_bytes16 b; i + 16 <= s.n; i += 16) {
		memcpy(&b, s.p + i, 16);
		b = sk_ascii_lower16(b);
		memcpy(to + i, &b, 16);
	}
	for (; i + 8 <= s.n; i += 8) {
		memcpy(&v, s.p + i, 8);
		v = sk_ascii_lower8(v);
		memcpy(to + i, &v, 8);
	}
	memcpy(&v, s.p + s.n - 8, 8);		/* the rest, and some of it again */
	v = sk_ascii_lower8(v);
	memcpy(to + s.n - 8, &v, 8);
}

#endif
