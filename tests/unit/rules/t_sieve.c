/* tests/unit/rules/t_sieve.c — random patterns and values: a sieve never holds back a value in which Vectorscan finds a pattern, and
 * holds back most of the others. */
#include <hs.h>
#include <stdlib.h>
#include <string.h>

#include "rules/load.h"
#include "rules/search.h"
#include "rules/sieve.h"
#include "unit.h"

#define ROUNDS 6000u
#define VALUES 60u

static uint64_t rng = 88172645463325252u;

static unsigned draw(unsigned n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (unsigned)(rng >> 20) % n;
}

static char letter(void)
{
	return "abAB01.-x"[draw(9)];
}

static void add(char *text, const char *s)
{
	strcat(text, s);
}

static void add_char(char *text, char c)
{
	char s[3] = { c, 0, 0 };

	if (c == '.' || c == '-') {
		s[0] = '\\';
		s[1] = c;
	}
	add(text, s);
}

static void add_sequence(char *text, unsigned n, unsigned depth);

static void add_item(char *text, unsigned depth)
{
	static const char *const classes[] = { "[ab]", "[^a]", "[a-b0]", "[]a]", "[^]a]", "[a-]", "[-a.]", "\\d", "\\w", "\\x61", ".", "[\\d-]",
		"[\\.\\-x]", "[\\x41-\\x42]", "\\." };
	static const char *const times[] = { "?", "*", "+", "{2}", "{0,2}", "{1,3}", "{2,}", "{0}", "??", "+?", "{2}?" };
	static const char *const odd[] = { "\\b", "(?i)a", "(?i:b)", "a|", "$", "^", "[[:alpha:]]", "\\t", "(?#x)", "\\Aa" };
	unsigned kind = draw(40);

	if (kind == 0) {
		add(text, odd[draw(SK_ARRAY_LEN(odd))]);
		return;
	}
	if (kind < 5 && depth < 2) {
		add(text, draw(2) ? "(" : "(?:");
		add_sequence(text, 1 + draw(3), depth + 1);
		if (draw(2)) {
			add(text, "|");
			add_sequence(text, draw(3), depth + 1);
		}
		add(text, ")");
	} else if (kind < 12) {
		add(text, classes[draw(SK_ARRAY_LEN(classes))]);
	} else {
		add_char(text, letter());
	}
	if (draw(5) == 0)
		add(text, times[draw(SK_ARRAY_LEN(times))]);
}

static void add_sequence(char *text, unsigned n, unsigned depth)
{
	while (n--)
		add_item(text, depth);
}

static void make_atom(struct sk_atom *a, char *text)
{
	text[0] = 0;
	a->type = (uint8_t)draw(4);
	a->nocase = draw(3) == 0;
	if (a->type == SK_ATOM_REGEX) {
		if (draw(2))
			add(text, "^");
		add_sequence(text, 3 + draw(10), 0);
		if (draw(3) == 0)
			add(text, "$");
	} else {
		unsigned n = 3 + draw(12);

		for (unsigned i = 0; i < n; i++)
			text[i] = letter();
		text[n] = 0;
	}
	a->text = sk_span_str(text);
}

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *cx)
{
	*(bool *)cx = true;
	return 0;
}

static hs_database_t *compile(const struct sk_atom *atoms, unsigned cnt)
{
	const char *texts[4];
	unsigned flags[4], ids[4] = { 0 };
	hs_compile_error_t *error = NULL;
	hs_database_t *db = NULL;
	struct sk_arena scratch;

	sk_arena_init(&scratch, 4096, SIZE_MAX / 2);
	for (unsigned i = 0; i < cnt; i++) {
		texts[i] = sk_atom_expression(&atoms[i], &scratch);
		flags[i] = sk_atom_flags(&atoms[i]);
	}
	if (sk_search_compile(texts, flags, ids, cnt, HS_MODE_BLOCK, &db, &error) != HS_SUCCESS)
		db = NULL;
	hs_free_compile_error(error);
	sk_arena_fini(&scratch);
	return db;
}

/* Some values are made from a pattern's own letters, so that many match. */
static size_t make_value(uint8_t *to, const struct sk_atom *a)
{
	size_t n = draw(48), i = 0;

	if (draw(3) == 0)
		n = 0;
	for (; i < n; i++)
		to[i] = (uint8_t)letter();
	if (draw(3)) {
		for (size_t k = 0; k < a->text.n; k++)
			if (!strchr("^$()?:[]\\{}|*+", a->text.p[k]))
				to[i++] = a->text.p[k];
		for (n = draw(4); n; n--)
			to[i++] = (uint8_t)letter();
	}
	return i;
}

struct tally {
	unsigned sieves, matches, held, let;
};

static void try_values(const struct sk_atom *atoms, unsigned cnt, hs_database_t *db, hs_scratch_t *scratch, const struct sk_sieve *s,
	struct tally *t)
{
	for (unsigned i = 0; i < VALUES; i++) {
		uint8_t *exact, value[512];
		size_t n = make_value(value, &atoms[draw(cnt)]);
		bool found = false, may;

		exact = malloc(n + 1);			/* so that reading behind it is seen */
		assert_non_null(exact);
		memcpy(exact + 1, value, n);
		assert_int_equal(hs_scan(db, (const char *)exact + 1, (unsigned)n, 0, scratch, on_match, &found), HS_SUCCESS);
		may = n && sk_sieve_may(s, sk_span(exact + 1, n));
		if (found && !may)
			fail_msg("'%s' (type %d) among %u is held back in '%.*s'", (const char *)atoms[0].text.p, atoms[0].type, cnt, (int)n,
				 (const char *)value);
		t->matches += found;
		t->let += may && !found;
		t->held += !may;
		free(exact);
	}
}

static void sieve_against_search(void **state)
{
	struct tally t = { 0 };
	hs_scratch_t *scratch = NULL;

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct sk_atom atoms[4] = { { 0 } };
		const struct sk_atom *list[4];
		char text[4][1024];
		unsigned cnt = 1 + draw(3);
		struct sk_arena arena;
		struct sk_sieve *s;
		hs_database_t *db;

		for (unsigned i = 0; i < cnt; i++) {
			make_atom(&atoms[i], text[i]);
			list[i] = &atoms[i];
		}
		sk_arena_init(&arena, 4096, SIZE_MAX / 2);
		s = sk_sieve_new(&arena, list, cnt);
		db = s ? compile(atoms, cnt) : NULL;
		if (db) {
			assert_int_equal(hs_alloc_scratch(db, &scratch), HS_SUCCESS);
			t.sieves++;
			try_values(atoms, cnt, db, scratch, s, &t);
		}
		hs_free_database(db);
		sk_arena_fini(&arena);
	}
	hs_free_scratch(scratch);
	assert_true(t.sieves > ROUNDS / 3);
	assert_true(t.matches > 10000);
	assert_true(t.held > 2 * t.let);
}

static struct sk_sieve *of(struct sk_arena *a, uint8_t type, const char *text, bool nocase)
{
	struct sk_atom atom = { .type = type, .nocase = nocase, .text = sk_span_str(text) };
	const struct sk_atom *list[] = { &atom };

	return sk_sieve_new(a, list, 1);
}

static bool lets(struct sk_arena *a, const char *regex, bool nocase, const char *value)
{
	const struct sk_sieve *s = of(a, SK_ATOM_REGEX, regex, nocase);

	assert_non_null(s);
	return sk_sieve_may(s, sk_span_str(value));
}

static void regexes(void **state)
{
	struct sk_arena a;

	sk_arena_init(&a, 4096, SIZE_MAX / 2);
	assert_false(lets(&a, "^s[0-9a-z]{5}t[0-9]{4}p", false, "static.example.com"));
	assert_true(lets(&a, "^s[0-9a-z]{5}t[0-9]{4}p", false, "sabcdet0001p.example.com"));
	assert_false(lets(&a, "^s[0-9a-z]{5}t[0-9]{4}p", false, "Sabcdet0001p.example.com"));
	assert_true(lets(&a, "^s[0-9a-z]{5}t[0-9]{4}p", true, "SABCDET0001P.example.com"));
	assert_false(lets(&a, "^([^.]+\\.)*npmjs\\.(help|support)$", false, "www.example.support"));
	assert_true(lets(&a, "^([^.]+\\.)*npmjs\\.(help|support)$", false, "npmjs.help"));
	assert_true(lets(&a, "^abcdefgh", false, "abcdefgh"));
	assert_false(lets(&a, "^abcdefgh", false, "abcdefg"));
	assert_true(lets(&a, "abc\\bdef\\b", false, "abcdef"));
	assert_false(lets(&a, "abcdef\\b", false, "fedcba"));
	/* no literal of three bytes, no beginning */
	assert_null(of(&a, SK_ATOM_REGEX, "a[bc]d", false));
	assert_null(of(&a, SK_ATOM_REGEX, "abcdef|x", false));
	assert_null(of(&a, SK_ATOM_REGEX, "(?i)abcdef", false));
	assert_null(of(&a, SK_ATOM_REGEX, "^(abcdef)?x", false));
	assert_null(of(&a, SK_ATOM_REGEX, "abcdef\\b+", false));
	assert_null(of(&a, SK_ATOM_REGEX, "abcdef\\B", false));
	assert_null(of(&a, SK_ATOM_CONTAINS, "ab", false));
	sk_arena_fini(&a);
}

/* What all matches begin with: a literal, a run, or nothing that is known. */
static void beginnings(void **state)
{
	static const struct {
		const char *regex, *literal;
		unsigned run;
		bool anchored;
	} rows[] = {
		{ "needle", "needle", 0, false }, { "^needle$", "needle", 0, true }, { "need[le]x", "need", 0, false }, { "needl?e", "need", 0, false },
		{ "need(le)?", "need", 0, false }, { "ne{3}dle", "neeedle", 0, false }, { "needle+x", "needle", 0, false }, { "need{0}x", "neex", 0, false },
		{ "a\\.b\\x41\\[c", "a.bA[c", 0, false }, { "needle\\b", "needle", 0, false }, { "needle.*", "needle", 0, false },
		{ "[0-9A-F]{40,128}[|:](MD5|SHA1)\\b", NULL, 40, false }, { "^[ab]+x", NULL, 1, true }, { "[ab]*x", NULL, 0, false },
		{ "\\bneedle", NULL, 0, false }, { "(needle)", NULL, 0, false }, { ".needle", NULL, 0, false }, { "\\dneedle", NULL, 0, false },
		{ "needle|x", NULL, 0, false }, { "(?i)needle", NULL, 0, false }, { "needle(?=x)", NULL, 0, false }, { "\\Aneedle", NULL, 0, false },
	};
	struct sk_pattern_begin b;

	for (size_t i = 0; i < SK_ARRAY_LEN(rows); i++) {
		const char *literal = rows[i].literal;
		const struct sk_atom a = { .type = SK_ATOM_REGEX, .text = sk_span_str(rows[i].regex) };
		bool known = sk_pattern_begin(&a, &b);

		assert_int_equal(known, literal != NULL || rows[i].run != 0);
		if (!known)
			continue;
		assert_int_equal(b.n, literal ? strlen(literal) : 0);
		if (literal)
			assert_memory_equal(b.literal, literal, b.n);
		assert_int_equal(b.run, rows[i].run);
		assert_int_equal(sk_atom_is_anchored(&a), rows[i].anchored);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(regexes),
		cmocka_unit_test(beginnings),
		cmocka_unit_test(sieve_against_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
