/* tests/unit/proto/t_ranges.c — Content-Range in all spellings; caps of what is kept of a resource in pieces. Order and overlaps are
 * compared with a model by tests/fuzz/proto/fuzz_ranges.c. */
#include "unit.h"

#include "base/compiler.h"
#include "proto/ranges.h"

static void spellings(void **state)
{
	static const struct {
		const char *text;
		int rc;
		uint64_t first, last, total;
	} rows[] = {
		{ "bytes 0-499/1234", 1, 0, 499, 1234 },
		{ "Bytes  1 - 2 / 3 ", 1, 1, 2, 3 },
		{ "bytes=0-0/1", 1, 0, 0, 1 },
		{ "bytes 5-9/*", 1, 5, 9, SK_RANGES_UNKNOWN },
		{ "bytes 5-9", 1, 5, 9, SK_RANGES_UNKNOWN },
		{ "bytes\t922337203685477580-922337203685477580/922337203685477581", 1, 922337203685477580, 922337203685477580, 922337203685477581 },
		{ "bytes */1234", 0, 0, 0, 0 },
		{ "items 0-1/2", 0, 0, 0, 0 },
		{ "byte", 0, 0, 0, 0 },
		{ "bytes ", -1, 0, 0, 0 },
		{ "bytes 1", -1, 0, 0, 0 },
		{ "bytes -5/9", -1, 0, 0, 0 },
		{ "bytes 1-/9", -1, 0, 0, 0 },
		{ "bytes 9-3/20", -1, 0, 0, 0 },
		{ "bytes 0-20/20", -1, 0, 0, 0 },
		{ "bytes 0-3 20", -1, 0, 0, 0 },
		{ "bytes 0-3/x", -1, 0, 0, 0 },
		{ "bytes 99999999999999999999-3/4", -1, 0, 0, 0 },
	};

	for (size_t i = 0; i < SK_ARRAY_LEN(rows); i++) {
		struct sk_range r;
		int rc = sk_range_parse(sk_span_str(rows[i].text), &r);

		if (rc != rows[i].rc)
			fail_msg("%s: %d", rows[i].text, rc);
		if (rc == 1 && (r.first != rows[i].first || r.last != rows[i].last || r.total != rows[i].total))
			fail_msg("%s: %llu-%llu/%llu", rows[i].text, (unsigned long long)r.first, (unsigned long long)r.last, (unsigned long long)r.total);
	}
}

static void nobody(void *cx, struct sk_span fresh, struct sk_span old, uint64_t off) { fail(); }

static void caps(void **state)
{
	static uint8_t bytes[3 * SK_RANGES_CHUNK];
	uint64_t budget = UINT64_C(1) << 30;
	const struct sk_ranges_chunk *behind;
	struct sk_ranges s = { 0 };
	uint64_t n = 0;
	bool joined;

	/* one piece of any length: chunks of 64 KiB, one run */
	assert_true(sk_ranges_put(&s, 0, sk_span(bytes, sizeof(bytes)), 1, &budget, nobody, NULL));
	assert_int_equal(s.chunks, 3);
	assert_int_equal(sk_ranges_run(s.first, &behind, &joined), sizeof(bytes));
	assert_false(joined || behind);
	assert_true(sk_ranges_put(&s, sizeof(bytes), sk_span(bytes, 1), 2, &budget, nobody, NULL));
	assert_int_equal(sk_ranges_run(s.first, &behind, &joined), sizeof(bytes) + 1);
	assert_true(joined);
	sk_ranges_clear(&s, &budget);
	assert_int_equal(budget, 1 << 30);
	/* single bytes, none beside another */
	while (sk_ranges_put(&s, 2 * n, sk_span(bytes, 1), (uint32_t)n, &budget, nobody, NULL))
		n++;
	assert_int_equal(n, SK_RANGES_CHUNKS);
	sk_ranges_clear(&s, &budget);
	/* the budget */
	budget = 100 << 10;
	assert_false(sk_ranges_put(&s, 0, sk_span(bytes, sizeof(bytes)), 1, &budget, nobody, NULL));
	assert_true(s.held <= 100 << 10);
	assert_int_equal(s.held + budget, 100 << 10);
	sk_ranges_clear(&s, &budget);
	budget = 10;
	assert_false(sk_ranges_put(&s, 0, sk_span(bytes, 1), 1, &budget, nobody, NULL));
	assert_int_equal(budget, 10);
	/* no place behind the last */
	budget = 100 << 10;
	assert_false(sk_ranges_put(&s, UINT64_MAX - 1, sk_span(bytes, 9), 1, &budget, nobody, NULL));
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(spellings), cmocka_unit_test(caps) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
