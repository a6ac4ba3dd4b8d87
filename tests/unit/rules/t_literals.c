/* tests/unit/rules/t_literals.c — no literal is missed, however the stream is cut; what disagrees with all of them is no hit. */
#include <stdlib.h>

#include "unit.h"

#include "rules/literals.h"

static uint32_t rng = 12345;

static uint32_t draw(uint32_t below)
{
	rng = rng * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(rng >> 4) * below >> 28);
}

struct text {
	uint8_t b[512];
	size_t n;
	bool nocase;
};

static void fill(struct text *t, size_t n, const char *letters)
{
	t->n = n;
	for (size_t i = 0; i < n; i++)
		t->b[i] = (uint8_t)letters[draw((uint32_t)strlen(letters))];
}

static bool is_at(const struct text *in, size_t at, const struct text *what)
{
	struct sk_span a, b = sk_span(what->b, what->n);

	if (at + what->n > in->n)
		return false;
	a = sk_span(in->b + at, what->n);
	return what->nocase ? sk_span_is_nocase(a, b) : sk_span_is(a, b);
}

/* Asked piece by piece until one may have a literal. Where the rest begins that a database would be given; in->n: nowhere. */
static size_t stopped_at(const struct sk_literals *s, const struct text *in, uint32_t piece_max, size_t *piece_at)
{
	size_t at = 0, n, tail;

	for (; at < in->n; at += n) {
		uint8_t *piece;
		bool may;

		n = 1 + draw(piece_max);
		n = SK_MIN(n, in->n - at);
		tail = SK_MIN(at, s->tail);
		piece = malloc(n);
		assert_non_null(piece);
		memcpy(piece, in->b + at, n);
		may = sk_literals_may(s, sk_span(in->b + at - tail, tail), sk_span(piece, n));
		free(piece);
		*piece_at = at;
		if (may)
			return at - tail;
	}
	return in->n;
}

static void nothing_passes(void **state)
{
	static struct text literals[SK_LITERALS_MAX], in;
	unsigned stopped = 0, passed = 0;

	for (unsigned round = 0; round < 20000; round++) {
		static struct sk_literals s;
		unsigned cnt = 1 + draw(round % 3 ? 4 : SK_LITERALS_MAX);
		size_t first = SIZE_MAX, begin, piece_at = 0;

		memset(&s, 0, sizeof(s));
		for (unsigned i = 0; i < cnt; i++) {
			fill(&literals[i], SK_LITERALS_WINDOW + draw(round % 5 ? 10 : 100), "abAB\x90");
			literals[i].nocase = draw(2);
			assert_true(sk_literals_add(&s, sk_span(literals[i].b, literals[i].n), literals[i].nocase));
		}
		fill(&in, draw(sizeof(in.b)), round % 7 ? "abcdefAB\x90\x91" : "abAB");
		if (draw(2)) {			/* put one in */
			const struct text *l = &literals[draw(cnt)];
			size_t at = draw(sizeof(in.b) - 100);

			if (at + l->n <= in.n)
				memcpy(in.b + at, l->b, l->n);
		}
		begin = stopped_at(&s, &in, round % 4 ? 20 : 400, &piece_at);
		/* no literal that ends in a piece before, and none that begins before what is left */
		for (size_t at = 0; at < in.n; at++)
			for (unsigned i = 0; i < cnt; i++)
				if (is_at(&in, at, &literals[i]) && (at < begin || begin == in.n))
					first = SK_MIN(first, at);
		if (first != SIZE_MAX)
			fail_msg("round %u: a literal at %zu of %zu, stopped at %zu", round, first, in.n, begin);
		stopped += begin < in.n;
		passed += begin == in.n;
	}
	assert_true(stopped > 1000 && passed > 1000);
}

/* Part of a literal stops a piece only where it ends with the piece. */
static void what_disagrees_goes_on(void **state)
{
	static const char literal[] = "the quick \x91\x92\x93 fox jumps";
	const size_t n = sizeof(literal) - 1;
	struct sk_literals s = { .cnt = 0 };
	uint8_t b[128] = { 0 };

	assert_true(sk_literals_add(&s, sk_span(literal, n), false));
	assert_int_equal(s.tail, n - 1);
	for (size_t at = 0; at + n <= sizeof(b); at++) {
		memset(b, '.', sizeof(b));
		memcpy(b + at, literal, n);
		assert_true(sk_literals_may(&s, sk_span(NULL, 0), sk_span(b, sizeof(b))));
		assert_true(sk_literals_may(&s, sk_span(NULL, 0), sk_span(b, at + n - 1)));
		assert_false(sk_literals_may(&s, sk_span(NULL, 0), sk_span(b, at + 11)));
		b[at] ^= 1;
		assert_false(sk_literals_may(&s, sk_span(NULL, 0), sk_span(b, sizeof(b))));
		b[at] ^= 1;
		b[at + n - 1] ^= 1;
		assert_false(sk_literals_may(&s, sk_span(NULL, 0), sk_span(b, sizeof(b))));
	}
	assert_false(sk_literals_may(&s, sk_span(NULL, 0), sk_span(b, 0)));
}

static bool in_set(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

/* A run is told with the piece that brings its 32nd byte, at the latest; no shorter one is. */
static void runs(void **state)
{
	static struct text in;
	unsigned stopped = 0, passed = 0;

	for (unsigned round = 0; round < 20000; round++) {
		static struct sk_literals s;
		const uint64_t set[4] = { UINT64_C(0x03ff000000000000), UINT64_C(0x7e) };	/* 0-9A-F */
		size_t run = 0, first = SIZE_MAX, begin, piece_at = 0;

		memset(&s, 0, sizeof(s));
		assert_true(sk_literals_add_run(&s, set, true));
		assert_int_equal(s.tail, SK_LITERALS_RUN - 1);
		fill(&in, draw(sizeof(in.b)), "0123456789abcdefABCDEF0123456789abcdefABCDEF/:@G`g \xb0");
		if (draw(2)) {
			size_t at = draw(sizeof(in.b) - 64), n = 28 + draw(12);

			for (size_t i = at; i < at + n; i++)
				in.b[i] = (uint8_t)"0123456789abcdefABCDEF"[draw(22)];
		}
		begin = stopped_at(&s, &in, round % 4 ? 20 : 400, &piece_at);
		for (size_t at = 0; at < in.n && first == SIZE_MAX; at++) {
			run = in_set(in.b[at]) ? run + 1 : 0;
			if (run == SK_LITERALS_RUN)
				first = at;
		}
		if (begin == in.n) {
			assert_int_equal(first, SIZE_MAX);
			passed++;
			continue;
		}
		assert_true(first != SIZE_MAX && first >= piece_at);
		assert_true(begin + SK_LITERALS_RUN - 1 <= first);	/* what is left has all of it */
		stopped++;
	}
	assert_true(stopped > 1000 && passed > 1000);
}

/* Text made to agree in part at every place is not looked at place by place. */
static void much_that_nearly_agrees(void **state)
{
	struct sk_literals s = { .cnt = 0 };
	uint8_t b[1448];

	assert_true(sk_literals_add(&s, sk_span("0123#~#456", 10), false));
	memset(b, '.', sizeof(b));
	for (size_t i = 0; i < 8; i++)
		memcpy(b + 100 * i, "#~#", 3);
	assert_false(sk_literals_may(&s, sk_span(NULL, 0), sk_span(b, sizeof(b))));
	for (size_t i = 0; i + 3 < sizeof(b); i += 3)
		memcpy(b + i, "#~#", 3);
	assert_true(sk_literals_may(&s, sk_span(NULL, 0), sk_span(b, sizeof(b))));
}

static void only_what_fits(void **state)
{
	static const uint64_t not_ascii[4] = { 1, 0, 1, 0 };
	struct sk_literals s = { .cnt = 0 };

	assert_false(sk_literals_add_run(&s, not_ascii, false));
	assert_false(sk_literals_add(&s, sk_span("ab", 2), false));
	for (unsigned i = 0; i < SK_LITERALS_MAX; i++)
		assert_true(sk_literals_add(&s, sk_span("abc", 3), true));
	assert_false(sk_literals_add(&s, sk_span("abc", 3), true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_passes),
		cmocka_unit_test(what_disagrees_goes_on),
		cmocka_unit_test(runs),
		cmocka_unit_test(much_that_nearly_agrees),
		cmocka_unit_test(only_what_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
