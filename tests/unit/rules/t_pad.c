/* tests/unit/rules/t_pad.c — sets of a few patterns find what is there, in values of any length, whole and streamed. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "rules/pad.h"

static uint64_t rng = 88172645463325252;

static unsigned draw(unsigned n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (unsigned)((rng >> 11) % n);
}

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *cx)
{
	bool *found = cx;

	if (id != SK_PAD_ID)
		found[id] = true;
	return 0;
}

struct set {
	char text[8][48], expression[8][200];
	const char *expressions[8];
	unsigned flags[8], ids[8], cnt;
};

static void make(struct set *s, unsigned cnt)
{
	s->cnt = cnt;
	for (unsigned i = 0; i < cnt; i++) {
		unsigned n = 2 + draw(draw(3) ? 12 : 40);

		for (unsigned k = 0; k < n; k++) {
			s->text[i][k] = "abcdeEVILXYZ/.-"[draw(12)];
			snprintf(s->expression[i] + 4 * k, 5, "\\x%02x", (unsigned)s->text[i][k]);
		}
		s->text[i][n] = 0;
		s->expressions[i] = s->expression[i];
		s->flags[i] = HS_FLAG_SINGLEMATCH;
		s->ids[i] = i;
	}
}

static unsigned missed(const struct set *s, hs_database_t *db, hs_scratch_t *scratch, bool streamed, unsigned tries)
{
	unsigned misses = 0;

	for (unsigned t = 0; t < tries; t++) {
		uint8_t value[400];
		unsigned at = draw(200), which = draw(s->cnt), n = at + (unsigned)strlen(s->text[which]) + draw(60);
		bool found[8] = { false };
		hs_stream_t *stream;

		for (unsigned k = 0; k < n; k++)
			value[k] = draw(4) ? 0 : (uint8_t)draw(256);
		memcpy(value + at, s->text[which], strlen(s->text[which]));
		if (streamed) {
			assert_int_equal(hs_open_stream(db, 0, &stream), HS_SUCCESS);
			assert_int_equal(hs_scan_stream(stream, (const char *)value, n, 0, scratch, on_match, found), HS_SUCCESS);
			assert_int_equal(hs_close_stream(stream, scratch, on_match, found), HS_SUCCESS);
		} else {
			assert_int_equal(hs_scan(db, (const char *)value, n, 0, scratch, on_match, found), HS_SUCCESS);
		}
		misses += !found[which];
	}
	return misses;
}

static void small_sets_miss_nothing(void **state)
{
	struct set *s = calloc(1, sizeof(*s));
	hs_scratch_t *scratch = NULL;

	for (unsigned i = 0; i < 48; i++) {
		hs_compile_error_t *error = NULL;
		hs_database_t *db = NULL;
		bool streamed = i % 2;

		make(s, 1 + i / 2 % 8);
		assert_int_equal(sk_pad_compile(s->expressions, s->flags, s->ids, s->cnt, streamed ? HS_MODE_STREAM : HS_MODE_BLOCK, &db, &error),
				 HS_SUCCESS);
		assert_int_equal(hs_alloc_scratch(db, &scratch), HS_SUCCESS);
		assert_int_equal(missed(s, db, scratch, streamed, 150), 0);
		hs_free_database(db);
	}
	hs_free_scratch(scratch);
	free(s);
}

static void errors_name_the_caller_s_pattern(void **state)
{
	const char *const texts[] = { "abc", "(", "def" };
	const unsigned flags[3] = { 0 }, ids[3] = { 0, 1, 2 };
	hs_compile_error_t *error = NULL;
	hs_database_t *db = NULL;

	assert_int_equal(sk_pad_compile(texts, flags, ids, 3, HS_MODE_BLOCK, &db, &error), HS_COMPILER_ERROR);
	assert_int_equal(error->expression, 1);
	hs_free_compile_error(error);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_sets_miss_nothing),
		cmocka_unit_test(errors_name_the_caller_s_pattern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
