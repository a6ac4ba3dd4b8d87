/* rules/literals.c — see literals.h. */
#include "rules/literals.h"

#include <limits.h>
#include <string.h>

#define WINDOW SK_LITERALS_WINDOW
#define BLOCK 32u
#define BLOCK_FROM 12u			/* bytes: fewer are looked at one by one */

/* How often a byte is met, roughly: streams are text, or numbers with many zeros. */
static unsigned commonness(uint8_t c)
{
	if (c == 0)
		return 16;
	if (c == 0xff || c == ' ' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
		return 6;
	return c < 0x80 ? 3 : 1;
}

static size_t rarest_window(struct sk_span text)
{
	size_t best = 0;
	unsigned least = UINT_MAX;

	for (size_t i = 0; i + WINDOW <= text.n; i++) {
		unsigned sum = 0;

		for (size_t k = 0; k < WINDOW; k++)
			sum += commonness(text.p[i + k]);
		if (sum < least) {
			least = sum;
			best = i;
		}
	}
	return best;
}

static void add_byte(struct sk_literals *s, unsigned at, uint8_t c, uint8_t bucket)
{
	s->low[at][c & 15] |= bucket;
	s->high[at][c >> 4] |= bucket;
	s->byte[at][c] |= bucket;
}

bool sk_literals_add(struct sk_literals *s, struct sk_span text, bool nocase)
{
	struct sk_literal *l = &s->literals[s->cnt];
	unsigned bucket = s->cnt % 8;

	if (text.n < WINDOW || s->cnt == SK_LITERALS_MAX)
		return false;
	text = sk_span_sub(text, 0, SK_LITERALS_LENGTH);
	*l = (struct sk_literal){ text, (uint8_t)rarest_window(text), nocase };
	s->in_bucket[bucket] |= 1u << s->cnt++;
	s->tail = SK_MAX(s->tail, text.n - 1);
	for (unsigned k = 0; k < WINDOW; k++) {
		uint8_t c = text.p[l->window + k];

		add_byte(s, k, c, (uint8_t)(1u << bucket));
		if (nocase && (c | 0x20) >= 'a' && (c | 0x20) <= 'z')
			add_byte(s, k, c ^ 0x20, (uint8_t)(1u << bucket));
	}
	return true;
}

static bool agrees(const struct sk_literal *l, struct sk_span part, size_t from)
{
	struct sk_span text = sk_span(l->text.p + from, part.n);

	return l->nocase ? sk_span_is_nocase(part, text) : sk_span_is(part, text);
}

/* The literal with its window at at, from the beginning of the piece. Some of the window is in the piece. */
static bool is_there(const struct sk_literal *l, struct sk_span tail, struct sk_span piece, ptrdiff_t at)
{
	const ptrdiff_t begin = at - l->window;
	const size_t before = begin < 0 ? (size_t)-begin : 0;	/* bytes of it in the tail */

	if (before > tail.n)
		return false;
	if (before && !agrees(l, sk_span(tail.p + (tail.n - before), before), 0))
		return false;
	piece = sk_span_sub(piece, begin < 0 ? 0 : (size_t)begin, l->text.n - before);
	return agrees(l, piece, before);
}

static bool verify(const struct sk_literals *s, struct sk_span tail, struct sk_span piece, ptrdiff_t at, unsigned buckets)
{
	for (; buckets; buckets &= buckets - 1)
		for (uint32_t bits = s->in_bucket[__builtin_ctz(buckets)]; bits; bits &= bits - 1)
			if (is_there(&s->literals[__builtin_ctz(bits)], tail, piece, at))
				return true;
	return false;
}

static unsigned buckets_at(const struct sk_literals *s, const uint8_t *b)
{
	return (unsigned)s->byte[0][b[0]] & s->byte[1][b[1]] & s->byte[2][b[2]];
}

/* Windows that begin in the tail and end in the piece. */
static bool across(const struct sk_literals *s, struct sk_span tail, struct sk_span piece)
{
	uint8_t b[2 * (WINDOW - 1)];
	const size_t before = SK_MIN(tail.n, (size_t)WINDOW - 1), behind = SK_MIN(piece.n, (size_t)WINDOW - 1);

	if (before == 0)
		return false;
	memcpy(b, tail.p + (tail.n - before), before);
	memcpy(b + before, piece.p, behind);
	for (size_t i = 0; i < before && i + WINDOW <= before + behind; i++) {
		unsigned buckets = buckets_at(s, b + i);

		if (buckets && verify(s, tail, piece, (ptrdiff_t)i - (ptrdiff_t)before, buckets))
			return true;
	}
	return false;
}

static bool by_byte(const struct sk_literals *s, struct sk_span tail, struct sk_span piece)
{
	for (size_t i = 0; i + WINDOW <= piece.n; i++) {
		unsigned buckets = buckets_at(s, piece.p + i);

		if (buckets && verify(s, tail, piece, (ptrdiff_t)i, buckets))
			return true;
	}
	return false;
}

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define TABLE(t) _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(t)))

/* Buckets by place, of BLOCK places from p on; BLOCK + WINDOW - 1 bytes are read. */
__attribute__((target("avx2"))) static inline __m256i buckets_of(const struct sk_literals *s, const uint8_t *p)
{
	const __m256i nibble = _mm256_set1_epi8(15);
	__m256i all = _mm256_set1_epi8(-1);

	for (unsigned k = 0; k < WINDOW; k++) {
		__m256i v = LOAD(p + k), low = _mm256_and_si256(v, nibble), high = _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble);

		all = _mm256_and_si256(all, _mm256_and_si256(_mm256_shuffle_epi8(TABLE(s->low[k]), low), _mm256_shuffle_epi8(TABLE(s->high[k]), high)));
		if (k && k < WINDOW - 1 && SK_LIKELY(_mm256_testz_si256(all, all)))
			break;
	}
	return all;
}

__attribute__((target("avx2"))) static bool look_at(const struct sk_literals *s, struct sk_span tail, struct sk_span piece, size_t at, __m256i found)
{
	uint8_t buckets[BLOCK];

	memcpy(buckets, &found, sizeof(buckets));
	for (size_t i = 0; i < BLOCK && at + i + WINDOW <= piece.n; i++)
		if (buckets[i] && verify(s, tail, piece, (ptrdiff_t)(at + i), buckets[i]))
			return true;
	return false;
}

__attribute__((target("avx2"))) static bool by_block(const struct sk_literals *s, struct sk_span tail, struct sk_span piece)
{
	const size_t need = BLOCK + WINDOW - 1;
	uint8_t copy[BLOCK + WINDOW - 1] = { 0 };
	__m256i found;
	size_t i = 0;

	if (piece.n < need) {
		memcpy(copy, piece.p, piece.n);
		found = buckets_of(s, copy);
		return !_mm256_testz_si256(found, found) && look_at(s, tail, piece, 0, found);
	}
	for (;;) {
		found = buckets_of(s, piece.p + i);
		if (SK_UNLIKELY(!_mm256_testz_si256(found, found)) && look_at(s, tail, piece, i, found))
			return true;
		if (i + need == piece.n)
			return false;
		i = SK_MIN(i + BLOCK, piece.n - need);
	}
}

static bool within(const struct sk_literals *s, struct sk_span tail, struct sk_span piece)
{
	return piece.n >= BLOCK_FROM && __builtin_cpu_supports("avx2") ? by_block(s, tail, piece) : by_byte(s, tail, piece);
}
#else
static bool within(const struct sk_literals *s, struct sk_span tail, struct sk_span piece)
{
	return by_byte(s, tail, piece);
}
#endif

bool sk_literals_may(const struct sk_literals *s, struct sk_span tail, struct sk_span piece)
{
	return across(s, tail, piece) || within(s, tail, piece);
}
