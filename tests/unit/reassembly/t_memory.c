/* tests/unit/reassembly/t_memory.c — every allocation of the flow table and of reassembly fails once: nothing breaks, what is
 * read stays in order, and it is counted.
 */
#include "dsl.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
void *__real_aligned_alloc(size_t align, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t n);

static unsigned countdown;		/* the allocation that fails, 0 for none */
static bool fails_ever_after;

static bool fails(void)
{
	if (countdown == 0 || --countdown > 0)
		return false;
	countdown = fails_ever_after ? 1 : 0;
	return true;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(p, n, size);
}

void *__wrap_aligned_alloc(size_t align, size_t n)
{
	return fails() ? NULL : __real_aligned_alloc(align, n);
}

static const struct seg script[] = {
	HELLO, { 'c', "A", 1, 1, "abc" }, { 'c', "A", 7, 1, "ghi" }, { 'c', "A", 20, 1, "tuvwxyz" }, { 'c', "A", 22, 1, "VWX" },
	{ 's', "A", 1, 4, "12" }, { 's', "A", 9, 4, "9" }, { 'c', "A", 4, 1, "def" }, { 's', "A", 3, 4, "3456" }, { 'c', "A", 12, 1, "l" },
	{ 'c', "P", 13, 1, "m" }, { 's', "A", 7, 10, "78" }, { 'c', "A", 10, 1, "jklmnop" }, { 's', "FA", 10, 27 }, { 'c', "FA", 27, 11 }, { 0 }
};

static void play(struct talk *t)
{
	for (const struct seg *s = script; s->from; s++)
		talk_packet(t, s, sk_span_str(s->data));
}

static void one_after_the_other(void **state)
{
	static struct talk t;
	unsigned missed = 0;

	for (int ever = 0; ever < 2; ever++) {
		for (unsigned i = 1; i < 40; i++) {
			talk_begin(&t, SK_POLICY_LAST);
			talk_open(&t);
			talk_packet(&t, &script[0], sk_span("", 0));
			fails_ever_after = ever;
			countdown = i;
			play(&t);
			countdown = 0;
			talk_close(&t);
			assert_int_equal(t.fins[0], 1);
			missed += sk_reassembly_counters(t.r)->memory > 0;
			talk_fini(&t);
		}
	}
	assert_true(missed > 3);
}

static void no_memory_for_a_flow(void **state)
{
	static struct talk t;
	struct sk_flow f = { .info.proto = 6 };
	struct sk_packet p = { .tcp_flags = SK_TCP_SYN };
	struct sk_flow_conf conf = { 100000, 4096, 1000, 1000, 1000, 1000, 1000, 0 };
	struct sk_flow_table *table;
	uint64_t hash;
	int dir;

	talk_begin(&t, SK_POLICY_BSD);
	talk_open(&t);
	countdown = 1;
	sk_reassembly_packet(t.r, &f, 0, &p);
	countdown = 0;
	assert_null(f.tcp);
	assert_int_equal(sk_reassembly_counters(t.r)->memory, 1);
	sk_reassembly_flow_end(t.r, &f, 0);
	talk_fini(&t);

	table = sk_flow_table_new(&conf, NULL, NULL);
	assert_non_null(table);
	fails_ever_after = true;
	countdown = 1;
	hash = sk_flow_hash(table, &p);
	assert_null(sk_flow_add(table, &p, hash, &dir));
	countdown = 0;
	assert_int_equal(sk_flow_counters(table)->refused, 1);
	assert_non_null(sk_flow_add(table, &p, hash, &dir));
	/* the slots cannot grow: flows are refused when the table is nearly full, nothing else */
	countdown = 1;
	for (unsigned i = 1; i < 5000; i++) {
		p.src_port = (uint16_t)i;
		(void)sk_flow_add(table, &p, sk_flow_hash(table, &p), &dir);
	}
	countdown = 0;
	assert_in_range(sk_flow_active(table), 3000, 4000);
	assert_true(sk_flow_counters(table)->refused > 1000);
	sk_flow_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_after_the_other),
		cmocka_unit_test(no_memory_for_a_flow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
