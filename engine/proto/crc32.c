/* proto/crc32.c — see crc32.h.
 *
 * source   V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel, 2009: 64 bytes at
 *          a time are folded into 64, these into 16, and those are reduced (Barrett); the constants are those of its section
 *          on the reversed polynomial of gzip
 */
#include "proto/crc32.h"

#include <zlib.h>

#include "base/compiler.h"

static uint32_t by_table(uint32_t crc, struct sk_span b)
{
	while (b.n) {
		size_t k = SK_MIN(b.n, (size_t)1 << 30);

		crc = (uint32_t)crc32(crc, b.p, (uInt)k);
		b = sk_span_sub(b, k, b.n);
	}
	return crc;
}

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define FOLD_MIN 64u

__attribute__((target("pclmul,sse4.1"))) static inline __m128i fold(__m128i a, __m128i k, const uint8_t *p)
{
	__m128i low = _mm_clmulepi64_si128(a, k, 0x00), high = _mm_clmulepi64_si128(a, k, 0x11);

	return _mm_xor_si128(_mm_xor_si128(low, high), _mm_loadu_si128((const __m128i *)(const void *)p));
}

/* n: a multiple of 16, at least FOLD_MIN. crc is the inner value: not inverted. */
__attribute__((target("pclmul,sse4.1"))) static uint32_t by_folding(uint32_t crc, const uint8_t *p, size_t n)
{
	/* x^(512+32), x^(512-32); x^(128+32), x^(128-32); x^64; the polynomial and its inverse */
	const __m128i k64 = _mm_set_epi64x(0x00000001c6e41596, 0x0000000154442bd4);
	const __m128i k16 = _mm_set_epi64x(0x00000000ccaa009e, 0x00000001751997d0);
	const __m128i k8 = _mm_set_epi64x(0, 0x0000000163cd6124), poly = _mm_set_epi64x(0x00000001f7011641, 0x00000001db710641);
	const __m128i low32 = _mm_setr_epi32(-1, 0, -1, 0);
	__m128i a = _mm_xor_si128(_mm_loadu_si128((const __m128i *)(const void *)p), _mm_cvtsi32_si128((int)crc));
	__m128i b = _mm_loadu_si128((const __m128i *)(const void *)(p + 16)), c = _mm_loadu_si128((const __m128i *)(const void *)(p + 32));
	__m128i d = _mm_loadu_si128((const __m128i *)(const void *)(p + 48)), t;

	for (p += 64, n -= 64; n >= 64; p += 64, n -= 64) {
		a = fold(a, k64, p);
		b = fold(b, k64, p + 16);
		c = fold(c, k64, p + 32);
		d = fold(d, k64, p + 48);
	}
	t = _mm_xor_si128(_mm_clmulepi64_si128(a, k16, 0x00), _mm_clmulepi64_si128(a, k16, 0x11));
	b = _mm_xor_si128(b, t);
	t = _mm_xor_si128(_mm_clmulepi64_si128(b, k16, 0x00), _mm_clmulepi64_si128(b, k16, 0x11));
	c = _mm_xor_si128(c, t);
	t = _mm_xor_si128(_mm_clmulepi64_si128(c, k16, 0x00), _mm_clmulepi64_si128(c, k16, 0x11));
	a = _mm_xor_si128(d, t);
	for (; n >= 16; p += 16, n -= 16)
		a = fold(a, k16, p);
	/* 128 bits to 64, to 32 */
	t = _mm_clmulepi64_si128(a, k16, 0x10);
	a = _mm_xor_si128(_mm_srli_si128(a, 8), t);
	t = _mm_srli_si128(a, 4);
	a = _mm_xor_si128(_mm_clmulepi64_si128(_mm_and_si128(a, low32), k8, 0x00), t);
	t = _mm_clmulepi64_si128(_mm_and_si128(a, low32), poly, 0x10);
	t = _mm_clmulepi64_si128(_mm_and_si128(t, low32), poly, 0x00);
	return (uint32_t)_mm_extract_epi32(_mm_xor_si128(a, t), 1);
}

uint32_t sk_crc32(uint32_t crc, struct sk_span b)
{
	size_t n = b.n & ~(size_t)15;

	if (n < FOLD_MIN || !__builtin_cpu_supports("pclmul") || !__builtin_cpu_supports("sse4.1"))
		return by_table(crc, b);
	crc = ~by_folding(~crc, b.p, n);
	return by_table(crc, sk_span_sub(b, n, b.n));
}
#else
uint32_t sk_crc32(uint32_t crc, struct sk_span b) { return by_table(crc, b); }
#endif
