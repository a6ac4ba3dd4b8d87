/* rules/literals.c — see literals.h. */
#include "rules/literals.h"

#include <limits.h>
#include <string.h>

#define WINDOW SK_LITERALS_WINDOW
#define RUN SK_LITERALS_RUN
#define BLOCK 32u			/* no longer than RUN: so half of one lies in every run */
#define VERIFIED_MIN 16u			/* places of a piece … */
#define VERIFIED_OF 128u			/* … and one of so many bytes */
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

bool sk_literals_add_run(struct sk_literals *s, const uint64_t set[4], bool nocase)
{
	if (set[2] || set[3])
		return false;
	for (unsigned c = 0; c < 128; c++) {
		const unsigned other = nocase && (c | 0x20) >= 'a' && (c | 0x20) <= 'z' ? c ^ 0x20 : c;

		if (!(set[c / 64] >> c % 64 & 1) && !(set[other / 64] >> other % 64 & 1))
			continue;
		s->in_run[c] = true;
		s->run_low[c & 15] |= (uint8_t)(1u << (c >> 4));
		s->run_high[c >> 4] = (uint8_t)(1u << (c >> 4));
	}
	s->runs = true;
	s->tail = SK_MAX(s->tail, (size_t)SK_LITERALS_RUN - 1);
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

/* left: places that may be verified yet. Where more agree in part, the database is cheaper. */
static bool verify(const struct sk_literals *s, struct sk_span tail, struct sk_span piece, ptrdiff_t at, unsigned buckets, unsigned *left)
{
	if (*left == 0)
		return true;
	--*left;
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
static bool across(const struct sk_literals *s, struct sk_span tail, struct sk_span piece, unsigned *left)
{
	uint8_t b[2 * (WINDOW - 1)];
	const size_t before = SK_MIN(tail.n, (size_t)WINDOW - 1), behind = SK_MIN(piece.n, (size_t)WINDOW - 1);

	if (before == 0)
		return false;
	memcpy(b, tail.p + (tail.n - before), before);
	memcpy(b + before, piece.p, behind);
	for (size_t i = 0; i < before && i + WINDOW <= before + behind; i++) {
		unsigned buckets = buckets_at(s, b + i);

		if (buckets && verify(s, tail, piece, (ptrdiff_t)i - (ptrdiff_t)before, buckets, left))
			return true;
	}
	return false;
}

static bool by_byte(const struct sk_literals *s, struct sk_span tail, struct sk_span piece, unsigned *left)
{
	for (size_t i = 0; i + WINDOW <= piece.n; i++) {
		unsigned buckets = buckets_at(s, piece.p + i);

		if (buckets && verify(s, tail, piece, (ptrdiff_t)i, buckets, left))
			return true;
	}
	return false;
}

/* A run that begins in the tail or with the piece. */
static bool run_across(const struct sk_literals *s, struct sk_span tail, struct sk_span piece)
{
	size_t n = 0, k = 0;

	while (n < tail.n && n < RUN && s->in_run[tail.p[tail.n - 1 - n]])
		n++;
	while (k < piece.n && n + k < RUN && s->in_run[piece.p[k]])
		k++;
	return n + k >= RUN;
}

static bool run_by_byte(const struct sk_literals *s, struct sk_span piece)
{
	size_t n = 0;

	for (size_t i = 0; i < piece.n; i++) {
		n = s->in_run[piece.p[i]] ? n + 1 : 0;
		if (n == RUN)
			return true;
	}
	return false;
}

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define TABLE(t) _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(t)))

_Static_assert(WINDOW == 3, "two bytes are looked for, then the third");

struct tables {
	__m256i low[WINDOW], high[WINDOW];
};

__attribute__((target("avx2"))) static inline struct tables tables_of(const struct sk_literals *s)
{
	struct tables t;

	for (unsigned k = 0; k < WINDOW; k++) {
		t.low[k] = TABLE(s->low[k]);
		t.high[k] = TABLE(s->high[k]);
	}
	return t;
}

/* By bytes of v, what both tables have for their nibbles. */
__attribute__((target("avx2"))) static inline __m256i by_nibbles(__m256i v, __m256i low, __m256i high)
{
	const __m256i nibble = _mm256_set1_epi8(15);

	return _mm256_and_si256(_mm256_shuffle_epi8(low, _mm256_and_si256(v, nibble)),
				_mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble)));
}

/* Buckets by place, of BLOCK places from p on, by the first two bytes; BLOCK + 1 bytes are read. */
__attribute__((target("avx2"))) static inline __m256i begins_at(const struct tables *t, const uint8_t *p)
{
	return _mm256_and_si256(by_nibbles(LOAD(p), t->low[0], t->high[0]), by_nibbles(LOAD(p + 1), t->low[1], t->high[1]));
}

/* Those of found whose third byte agrees too. */
__attribute__((target("avx2"))) static inline __m256i goes_on(const struct tables *t, const uint8_t *p, __m256i found)
{
	return _mm256_and_si256(found, by_nibbles(LOAD(p + 2), t->low[2], t->high[2]));
}

__attribute__((target("avx2"))) static bool look_at(const struct sk_literals *s, struct sk_span tail, struct sk_span piece, size_t at, __m256i found,
						       unsigned *left)
{
	uint8_t buckets[BLOCK];

	memcpy(buckets, &found, sizeof(buckets));
	for (size_t i = 0; i < BLOCK && at + i + WINDOW <= piece.n; i++)
		if (buckets[i] && verify(s, tail, piece, (ptrdiff_t)(at + i), buckets[i], left))
			return true;
	return false;
}

__attribute__((target("avx2"))) static inline bool is_at(const struct sk_literals *s, const struct tables *t, struct sk_span tail,
							 struct sk_span piece, size_t i, __m256i found, unsigned *left)
{
	found = goes_on(t, piece.p + i, found);
	return SK_UNLIKELY(!_mm256_testz_si256(found, found)) && look_at(s, tail, piece, i, found, left);
}

__attribute__((target("avx2"))) static bool by_block(const struct sk_literals *s, struct sk_span tail, struct sk_span piece, unsigned *left)
{
	const size_t need = BLOCK + WINDOW - 1;
	const struct tables t = tables_of(s);
	uint8_t copy[BLOCK + WINDOW - 1] = { 0 };
	__m256i found, more, any;
	size_t i = 0;

	if (piece.n < need) {
		memcpy(copy, piece.p, piece.n);
		found = goes_on(&t, copy, begins_at(&t, copy));
		return !_mm256_testz_si256(found, found) && look_at(s, tail, piece, 0, found, left);
	}
	for (; i + BLOCK + need <= piece.n; i += 2 * BLOCK) {
		found = begins_at(&t, piece.p + i);
		more = begins_at(&t, piece.p + i + BLOCK);
		any = _mm256_or_si256(found, more);
		if (SK_LIKELY(_mm256_testz_si256(any, any)))
			continue;
		if (is_at(s, &t, tail, piece, i, found, left) || is_at(s, &t, tail, piece, i + BLOCK, more, left))
			return true;
	}
	for (i = SK_MIN(i, piece.n - need);; i = SK_MIN(i + BLOCK, piece.n - need)) {
		if (is_at(s, &t, tail, piece, i, begins_at(&t, piece.p + i), left))
			return true;
		if (i + need == piece.n)
			return false;
	}
}

/* Is the run around these sixteen bytes of it long enough? */
static bool is_run(const struct sk_literals *s, struct sk_span piece, size_t at)
{
	size_t begin = at, end = at + BLOCK / 2;

	while (begin && end - begin < RUN && s->in_run[piece.p[begin - 1]])
		begin--;
	while (end < piece.n && end - begin < RUN && s->in_run[piece.p[end]])
		end++;
	return end - begin >= RUN;
}

/* Which bytes from p on are of no run; bit by place. */
__attribute__((target("avx2"))) static inline uint32_t not_in_run(const uint8_t *p, __m256i low, __m256i high)
{
	return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(by_nibbles(LOAD(p), low, high), _mm256_setzero_si256()));
}

static bool has_run(const struct sk_literals *s, struct sk_span piece, size_t at, uint32_t out)
{
	return (!(out & 0xffff) && is_run(s, piece, at)) || (!(out >> 16) && is_run(s, piece, at + BLOCK / 2));
}

/* A run holds half a block, wherever it begins. */
__attribute__((target("avx2"))) static bool run_by_block(const struct sk_literals *s, struct sk_span piece)
{
	const __m256i low = TABLE(s->run_low), high = TABLE(s->run_high);
	size_t i = 0;

	if (piece.n < RUN)
		return false;
	for (; i + BLOCK <= piece.n; i += BLOCK) {
		uint32_t out = not_in_run(piece.p + i, low, high);

		if (SK_UNLIKELY(!(out & 0xffff) || !(out >> 16)) && has_run(s, piece, i, out))
			return true;
	}
	i = piece.n - BLOCK;
	return has_run(s, piece, i, not_in_run(piece.p + i, low, high));
}

static bool within(const struct sk_literals *s, struct sk_span tail, struct sk_span piece, unsigned *left)
{
	return piece.n >= BLOCK_FROM && __builtin_cpu_supports("avx2") ? by_block(s, tail, piece, left) : by_byte(s, tail, piece, left);
}

static bool run_within(const struct sk_literals *s, struct sk_span piece)
{
	return __builtin_cpu_supports("avx2") ? run_by_block(s, piece) : run_by_byte(s, piece);
}
#else
static bool run_within(const struct sk_literals *s, struct sk_span piece)
{
	return run_by_byte(s, piece);
}

static bool within(const struct sk_literals *s, struct sk_span tail, struct sk_span piece, unsigned *left)
{
	return by_byte(s, tail, piece, left);
}
#endif

bool sk_literals_may(const struct sk_literals *s, struct sk_span tail, struct sk_span piece)
{
	unsigned left = VERIFIED_MIN + (unsigned)SK_MIN(piece.n / VERIFIED_OF, (size_t)UINT16_MAX);

	if (s->cnt && (across(s, tail, piece, &left) || within(s, tail, piece, &left)))
		return true;
	return s->runs && (run_across(s, tail, piece) || run_within(s, piece));
}
