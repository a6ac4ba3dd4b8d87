/* tests/unit/base/t_base.c — reader, arena, buffer, ring, bell, formats. */
#include "unit.h"

#include <pthread.h>

#include "base/arena.h"
#include "base/ascii.h"
#include "base/bell.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/rd.h"
#include "base/ring.h"

static void reader_is_sticky(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7 };
	struct sk_rd r = sk_rd(sk_span(bytes, sizeof(bytes)));

	assert_int_equal(sk_rd_u16be(&r), 0x0102);
	assert_int_equal(sk_rd_u32le(&r), 0x06050403);
	assert_true(sk_rd_ok(&r));
	assert_int_equal(sk_rd_u16be(&r), 0);
	assert_false(sk_rd_ok(&r));
	assert_int_equal(sk_rd_u8(&r), 0);
	assert_null(sk_rd_span(&r, 0).p);
	assert_int_equal(sk_rd_left(&r), 0);
	assert_int_equal(sk_rd_taken(&r), 6);
}

static void reader_refuses_huge_lengths(void **state)
{
	static const uint8_t bytes[4] = { 0 };
	struct sk_rd r = sk_rd(sk_span(bytes, sizeof(bytes)));

	assert_null(sk_rd_take(&r, SIZE_MAX));
	assert_false(sk_rd_ok(&r));
}

static void arena_holds_its_cap(void **state)
{
	struct sk_arena a;
	uint8_t *p, *q;

	sk_arena_init(&a, 256, 1000);
	p = sk_arena_alloc(&a, 100);
	q = sk_arena_zalloc(&a, 500);
	assert_non_null(p);
	assert_non_null(q);
	assert_int_equal((uintptr_t)p % 16, 0);
	for (size_t i = 0; i < 500; i++)
		assert_int_equal(q[i], 0);
	assert_null(sk_arena_alloc(&a, 500));
	assert_null(sk_arena_alloc(&a, SIZE_MAX));
	assert_int_equal(a.refused, 2);
	sk_arena_reset(&a);
	assert_non_null(sk_arena_alloc(&a, 900));
	assert_span(sk_arena_copy(&a, sk_span_str("abc")), "abc");
	assert_null(sk_arena_copy(&a, sk_span(NULL, 0)).p);
	sk_arena_fini(&a);
}

static void buffer_holds_its_cap(void **state)
{
	struct sk_buf b = { .cap = 10 };

	assert_int_equal(sk_buf_add_str(&b, "12345678"), 0);
	assert_int_equal(sk_buf_add_str(&b, "abc"), SK_E_LIMIT);
	assert_true(b.failed);
	assert_span(sk_buf_span(&b), "12345678");
	assert_string_equal(sk_buf_str(&b), "12345678");
	sk_buf_consume(&b, 3);
	assert_span(sk_buf_span(&b), "45678");
	assert_int_equal(sk_buf_addf(&b, "%d", 42), 0);
	assert_span(sk_buf_span(&b), "4567842");
	sk_buf_fini(&b);
}

static void ring_is_full_and_empty(void **state)
{
	struct sk_ring r;
	int item[5];

	assert_int_equal(sk_ring_init(&r, 4), 0);
	assert_null(sk_ring_pop(&r));
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 4; i++)
			assert_true(sk_ring_push(&r, &item[i]));
		assert_false(sk_ring_push(&r, &item[4]));
		assert_int_equal(sk_ring_len(&r), 4);
		for (int i = 0; i < 4; i++)
			assert_ptr_equal(sk_ring_pop(&r), &item[i]);
		assert_int_equal(sk_ring_len(&r), 0);
		assert_null(sk_ring_pop(&r));
	}
	sk_ring_fini(&r);
}

#define ROUNDS 20000u

struct pair {
	struct sk_bell bell;
	_Atomic uint32_t wanted;
};

static void *bell_answers(void *arg)
{
	struct pair *p = arg;		/* the question, then the answer */

	for (uint32_t n = 1; n <= ROUNDS; n++) {
		while (atomic_load_explicit(&p[0].wanted, memory_order_acquire) < n) {
			sk_bell_listen(&p[0].bell);
			if (atomic_load_explicit(&p[0].wanted, memory_order_acquire) < n)
				sk_bell_sleep(&p[0].bell);
			else
				sk_bell_stay(&p[0].bell);
		}
		atomic_store_explicit(&p[1].wanted, n, memory_order_release);
		if (sk_bell_heard(&p[1].bell))
			sk_bell_ring(&p[1].bell);
	}
	return NULL;
}

/* Two threads wake each other in turn; a lost ring would leave both asleep, and the test to its time limit. */
static void bell_is_never_missed(void **state)
{
	static struct pair p[2];
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, bell_answers, p), 0);
	alarm(120);
	for (uint32_t n = 1; n <= ROUNDS; n++) {
		atomic_store_explicit(&p[0].wanted, n, memory_order_release);
		if (sk_bell_heard(&p[0].bell))
			sk_bell_ring(&p[0].bell);
		while (atomic_load_explicit(&p[1].wanted, memory_order_acquire) < n) {
			sk_bell_listen(&p[1].bell);
			if (atomic_load_explicit(&p[1].wanted, memory_order_acquire) < n)
				sk_bell_sleep(&p[1].bell);
			else
				sk_bell_stay(&p[1].bell);
		}
	}
	alarm(0);
	pthread_join(thread, NULL);
}

static void formats(void **state)
{
	struct sk_addr a;
	char text[SK_ADDR_TEXT_MAX], time[SK_TIME_TEXT_MAX], b64[32], hex[8];

	assert_int_equal(sk_parse_addr(sk_span_str("2001:db8::1"), &a), 0);
	assert_string_equal(sk_fmt_addr(&a, text), "2001:db8::1");
	assert_int_equal(sk_parse_addr(sk_span_str("10.0.0.300"), &a), SK_E_FORMAT);
	assert_string_equal(sk_fmt_time(1753000000123456789u, time), "2025-07-20T08:26:40.123456+0000");
	/* RFC 4648 section 10 */
	assert_int_equal(sk_fmt_base64(sk_span_str("fooba"), b64, sizeof(b64)), 8);
	assert_string_equal(b64, "Zm9vYmE=");
	assert_string_equal(sk_fmt_hex(sk_span("\x00\xff\x10\x20", 4), hex, sizeof(hex)), "00ff10");
}

static void units(void **state)
{
	uint64_t v;

	assert_int_equal(sk_parse_size(sk_span_str("64 KiB"), &v), 0);
	assert_int_equal(v, 65536);
	assert_int_equal(sk_parse_duration(sk_span_str("7d"), &v), 0);
	assert_int_equal(v, UINT64_C(7) * 86400 * 1000000000);
	assert_int_equal(sk_parse_duration(sk_span_str("7 parsecs"), &v), SK_E_FORMAT);
	assert_int_equal(sk_parse_size(sk_span_str("99999999999999999999"), &v), SK_E_FORMAT);
	assert_int_equal(sk_parse_size(sk_span_str("20000000000 GiB"), &v), SK_E_FORMAT);
}

/* Blocks that were freed come again: as long as asked for, each once, and cleared where that is asked for. */
static void small_blocks_come_again(void **state)
{
	enum { BLOCKS = 300 };
	int64_t before = sk_mem_held;
	uint8_t *p[BLOCKS];

	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < BLOCKS; i++) {
			size_t n = (i * 37u + round * 101u) % 2200;

			p[i] = i % 2 ? sk_mem_zalloc(n) : sk_mem_alloc(n);
			assert_non_null(p[i]);
			for (size_t k = 0; i % 2 && k < n; k++)
				assert_int_equal(p[i][k], 0);
			memset(p[i], (int)i, n);
		}
		assert_true(sk_mem_held - before > BLOCKS * 500);
		for (unsigned i = 0; i < BLOCKS; i++) {
			size_t n = (i * 37u + round * 101u) % 2200;

			for (size_t k = 0; k < n; k++)
				assert_int_equal(p[i][k], (uint8_t)i);
			sk_mem_free(p[i]);
		}
		assert_int_equal(sk_mem_held, before);
	}
	sk_mem_trim();
	assert_int_equal(sk_mem_held, before);
}

static void held_memory_is_counted(void **state)
{
	int64_t before = sk_mem_held, with;
	uint8_t *p = sk_mem_alloc(1000), *q;

	assert_true(sk_mem_held - before >= 1000 && sk_mem_held - before < 1100);
	with = sk_mem_held;
	q = sk_mem_zalloc(100);
	for (int i = 0; i < 100; i++)
		assert_int_equal(q[i], 0);
	sk_mem_free(q);
	assert_int_equal(sk_mem_held, with);
	p = sk_mem_realloc(p, 100000);
	assert_true(sk_mem_held - before >= 100000);
	sk_mem_free(p);
	sk_mem_free(NULL);
	assert_int_equal(sk_mem_held, before);
}

static void hash_depends_on_all(void **state)
{
	struct sk_seed s = { { 1, 2 } }, t = { { 1, 3 } };
	uint8_t bytes[40] = { 0 };
	uint64_t h = sk_hash(bytes, sizeof(bytes), &s);

	assert_true(h != sk_hash(bytes, sizeof(bytes), &t));
	assert_true(h != sk_hash(bytes, sizeof(bytes) - 1, &s));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = 1;
		assert_true(h != sk_hash(bytes, sizeof(bytes), &s));
		bytes[i] = 0;
	}
}

static void errors_name_their_place(void **state)
{
	struct sk_error e;
	char line[1024];

	assert_int_equal(sk_error_at(&e, SK_E_CONFIG, "a.yaml", 3, 7, "expected %s", "a word"), SK_E_CONFIG);
	assert_string_equal(sk_error_line(&e, line, sizeof(line)), "a.yaml:3:7: expected a word");
}

static void lower_case_is_that_of_each_byte(void **state)
{
	uint8_t in[300], out[300];

	for (size_t from = 0; from < 256; from += 7) {
		for (size_t n = 0; n < 40; n++) {
			for (size_t i = 0; i < n; i++)
				in[i] = (uint8_t)(from + i * 5);
			out[n] = 0xee;
			sk_ascii_lower_copy(out, sk_span(in, n));
			for (size_t i = 0; i < n; i++)
				assert_int_equal(out[i], in[i] >= 'A' && in[i] <= 'Z' ? in[i] + 32 : in[i]);
			assert_int_equal(out[n], 0xee);
		}
	}
	for (size_t i = 0; i < 256; i++)
		in[i] = (uint8_t)i;
	sk_ascii_lower_copy(out, sk_span(in, 256));
	for (size_t i = 0; i < 256; i++)
		assert_int_equal(out[i], i >= 'A' && i <= 'Z' ? i + 32 : i);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader_is_sticky),
		cmocka_unit_test(reader_refuses_huge_lengths),
		cmocka_unit_test(arena_holds_its_cap),
		cmocka_unit_test(buffer_holds_its_cap),
		cmocka_unit_test(ring_is_full_and_empty),
		cmocka_unit_test(bell_is_never_missed),
		cmocka_unit_test(formats),
		cmocka_unit_test(units),
		cmocka_unit_test(held_memory_is_counted),
		cmocka_unit_test(small_blocks_come_again),
		cmocka_unit_test(lower_case_is_that_of_each_byte),
		cmocka_unit_test(hash_depends_on_all),
		cmocka_unit_test(errors_name_their_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
