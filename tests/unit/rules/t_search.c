/* tests/unit/rules/t_search.c — patterns find what is there, in values of any length, whole and streamed. */
#include "unit.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "rules/search.h"

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

/* found: by pattern. */
static void search(hs_database_t *db, hs_scratch_t *scratch, bool streamed, const uint8_t *value, unsigned n, bool *found)
{
	hs_stream_t *stream;

	if (!streamed) {
		assert_int_equal(sk_search.scan(db, (const char *)value, n, 0, scratch, on_match, found), HS_SUCCESS);
		return;
	}
	assert_int_equal(sk_search.open(db, 0, &stream), HS_SUCCESS);
	assert_int_equal(sk_search.scan_stream(stream, (const char *)value, n, 0, scratch, on_match, found), HS_SUCCESS);
	assert_int_equal(sk_search.close(stream, scratch, on_match, found), HS_SUCCESS);
}

static unsigned missed(const struct set *s, hs_database_t *db, hs_scratch_t *scratch, bool streamed, unsigned tries)
{
	unsigned misses = 0;

	for (unsigned t = 0; t < tries; t++) {
		uint8_t value[400];
		unsigned at = draw(200), which = draw(s->cnt), n = at + (unsigned)strlen(s->text[which]) + draw(60);
		bool found[8] = { false };

		for (unsigned k = 0; k < n; k++)
			value[k] = draw(4) ? 0 : (uint8_t)draw(256);
		memcpy(value + at, s->text[which], strlen(s->text[which]));
		search(db, scratch, streamed, value, n, found);
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
		assert_int_equal(sk_search_compile(s->expressions, s->flags, s->ids, s->cnt, streamed ? HS_MODE_STREAM : HS_MODE_BLOCK, &db, &error),
				 HS_SUCCESS);
		assert_int_equal(hs_alloc_scratch(db, &scratch), HS_SUCCESS);
		assert_true(sk_search_misses() || missed(s, db, scratch, streamed, 150) == 0);
		hs_free_database(db);
	}
	hs_free_scratch(scratch);
	free(s);
}

/* Sets of up to 20 literals, some for the end or the beginning of the value, against a plain comparison. */
enum { MANY = 20 };

struct many {
	char text[MANY][8], expression[MANY][40];
	const char *expressions[MANY];
	unsigned flags[MANY], ids[MANY], cnt;
	enum { ANYWHERE, AT_BEGIN, AT_END } where[MANY];
};

static void make_many(struct many *s, const char *letters)
{
	s->cnt = 1 + draw(MANY);
	for (unsigned i = 0; i < s->cnt; i++) {
		unsigned n = 1 + draw(4), at = 0;

		s->where[i] = draw(10) ? draw(4) ? ANYWHERE : AT_END : AT_BEGIN;
		at += (unsigned)snprintf(s->expression[i], sizeof(s->expression[i]), "%s", s->where[i] == AT_BEGIN ? "\\A" : "");
		for (unsigned k = 0; k < n; k++) {
			s->text[i][k] = letters[draw((unsigned)strlen(letters))];
			at += (unsigned)snprintf(s->expression[i] + at, sizeof(s->expression[i]) - at, "\\x%02x", (unsigned)s->text[i][k]);
		}
		s->text[i][n] = 0;
		snprintf(s->expression[i] + at, sizeof(s->expression[i]) - at, "%s", s->where[i] == AT_END ? "\\z" : "");
		s->expressions[i] = s->expression[i];
		s->flags[i] = HS_FLAG_SINGLEMATCH;
		s->ids[i] = i;
	}
}

static bool is_in(const struct many *s, unsigned i, const uint8_t *value, unsigned n)
{
	const unsigned len = (unsigned)strlen(s->text[i]);

	for (unsigned at = s->where[i] == AT_END && n >= len ? n - len : 0; at + len <= n; at++) {
		if (memcmp(value + at, s->text[i], len) == 0)
			return true;
		if (s->where[i] == AT_BEGIN)
			return false;
	}
	return false;
}

static unsigned make_value(const struct many *s, const char *letters, uint8_t *value, unsigned max)
{
	unsigned n = draw(2) ? 16 + draw(80) : draw(max + 1), dense = draw(4);

	for (unsigned k = 0; k < n; k++)
		value[k] = draw(20) < dense ? (uint8_t)letters[draw((unsigned)strlen(letters))] : draw(2) ? 0xa4 : '0';
	for (unsigned k = 0; k < 2; k++) {
		unsigned i = draw(s->cnt), len = (unsigned)strlen(s->text[i]);

		if (len <= n)
			memcpy(value + (s->where[i] == AT_BEGIN ? 0 : s->where[i] == AT_END ? n - len : draw(n - len + 1)), s->text[i], len);
	}
	return n;
}

static void expect_same(const struct many *s, hs_database_t *db, hs_scratch_t *scratch, const char *letters, bool streamed)
{
	uint8_t value[300];

	for (unsigned t = 0; t < 60; t++) {
		const unsigned n = make_value(s, letters, value, sizeof(value));
		bool found[MANY] = { false };

		search(db, scratch, streamed, value, n, found);
		for (unsigned i = 0; i < s->cnt; i++)
			if (found[i] != is_in(s, i, value, n))
				fail_msg("%s in a value of %u bytes%s, beside %u others", s->expression[i], n, streamed ? ", streamed" : "", s->cnt - 1);
	}
}

static void sets_find_what_is_there(void **state)
{
	static const char *const letters[] = { "abAB./", "ab", "abcdefghijklmnopqrstuvwxyz" };
	struct many *s = calloc(1, sizeof(*s));
	hs_scratch_t *scratch = NULL;

	if (sk_search_misses())
		skip();
	for (unsigned i = 0; i < 300; i++) {
		const bool streamed = i % 3 == 2;
		hs_compile_error_t *error = NULL;
		hs_database_t *db = NULL;

		make_many(s, letters[i % 4 % 3]);
		assert_int_equal(sk_search_compile(s->expressions, s->flags, s->ids, s->cnt, streamed ? HS_MODE_STREAM : HS_MODE_BLOCK, &db, &error),
				 HS_SUCCESS);
		assert_int_equal(hs_alloc_scratch(db, &scratch), HS_SUCCESS);
		expect_same(s, db, scratch, letters[i % 4 % 3], streamed);
		hs_free_database(db);
	}
	hs_free_scratch(scratch);
	free(s);
}

/* The trial tells the routines of 5.4.9 and 5.4.11 that miss from those that do not. */
static void trial(void **state)
{
	hs_platform_info_t cpu;
	struct sk_search s;
	void *avx2 = NULL;

	sk_search_platform(&cpu);
	assert_int_equal(sk_search_finds(&sk_search, &cpu), !sk_search_misses());
#ifdef __x86_64__
	avx2 = __builtin_cpu_supports("avx2") ? dlsym(RTLD_DEFAULT, "avx2_hs_scan") : NULL;
#endif
	if (!avx2 || (strncmp(hs_version(), "5.4.9 ", 6) != 0 && strncmp(hs_version(), "5.4.11 ", 7) != 0))
		skip();
	s = sk_search;
	memcpy(&s.scan, &avx2, sizeof(avx2));
	cpu.cpu_features = HS_CPU_FEATURES_AVX2;
	assert_false(sk_search_finds(&s, &cpu));
}

/* Whether text is found at every place of values of every length, alone and beside other patterns. */
static void expect_found(const char *expression, const char *text, unsigned flags, bool streamed, unsigned cnt)
{
	const char *const expressions[] = { expression, "zebra", "quagga" };
	const unsigned all[] = { flags, HS_FLAG_SINGLEMATCH, HS_FLAG_SINGLEMATCH }, ids[] = { 0, 1, 2 };
	size_t len = strlen(text);
	hs_compile_error_t *error = NULL;
	hs_scratch_t *scratch = NULL;
	hs_database_t *db = NULL;
	uint8_t value[200];

	assert_int_equal(sk_search_compile(expressions, all, ids, cnt, streamed ? HS_MODE_STREAM : HS_MODE_BLOCK, &db, &error), HS_SUCCESS);
	assert_int_equal(hs_alloc_scratch(db, &scratch), HS_SUCCESS);
	for (unsigned n = (unsigned)len; n <= sizeof(value); n++) {
		for (unsigned at = 0; at + len <= n; at++) {
			bool found[3] = { false };

			memset(value, 'w', n);
			memcpy(value + at, text, len);
			search(db, scratch, streamed, value, n, found);
			if (!found[0])
				fail_msg("%s is not found at %u of %u bytes%s", expression, at, n, streamed ? ", streamed" : "");
		}
	}
	hs_free_scratch(scratch);
	hs_free_database(db);
}

static void waits_for_a_byte(void **state)
{
	static const char *const cases[][2] = {
		{ "\\x42", "B" }, { "[bB]", "b" }, { "x?b", "b" }, { "b|cc", "b" }, { "b.*c", "bzzc" }, { "[0-9]", "7" },
		{ "q[^r]+r", "qaaar" }, { "name=[^;]*;", "name=vvvvv;" },
	};

	if (sk_search_misses())
		skip();
	for (unsigned i = 0; i < SK_ARRAY_LEN(cases); i++)
		for (unsigned k = 0; k < 8; k++)
			expect_found(cases[i][0], cases[i][1], HS_FLAG_DOTALL | (k & 1 ? HS_FLAG_SINGLEMATCH : 0), k & 2, k & 4 ? 3 : 1);
}

static void errors_name_the_caller_s_pattern(void **state)
{
	const char *const texts[] = { "abc", "(", "def" };
	const unsigned flags[3] = { 0 }, ids[3] = { 0, 1, 2 };
	hs_compile_error_t *error = NULL;
	hs_database_t *db = NULL;

	assert_int_equal(sk_search_compile(texts, flags, ids, 3, HS_MODE_BLOCK, &db, &error), HS_COMPILER_ERROR);
	assert_int_equal(error->expression, 1);
	hs_free_compile_error(error);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_sets_miss_nothing),
		cmocka_unit_test(sets_find_what_is_there),
		cmocka_unit_test(trial),
		cmocka_unit_test(waits_for_a_byte),
		cmocka_unit_test(errors_name_the_caller_s_pattern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
