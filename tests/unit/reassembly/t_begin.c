/* tests/unit/reassembly/t_begin.c — a half-open connection kept small reads on like one that was kept in full from its first packet. */
#include "dsl.h"

#include "reassembly/inside.h"

static uint64_t rng = 0x9e3779b97f4a7c15;

static uint32_t draw(uint32_t below)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (uint32_t)(rng >> 33) % below;
}

/* Mostly what a handshake is made of. */
static struct seg draw_segment(unsigned place)
{
	static const char *const flags[] = { "S", "S", "S", "SA", "SA", "SA", "A", "PA", "FA", "R", "RA", "SF", "SR", "SAF", "" };
	static const char *const data[] = { NULL, NULL, NULL, NULL, "abc", "a" };
	struct seg s = { .from = draw(2) ? 'c' : 's' };

	s.flags = flags[draw(SK_ARRAY_LEN(flags))];
	if (draw(4))
		s.from = s.flags[0] == 'S' && s.flags[1] == 'A' ? 's' : 'c';
	s.seq = s.flags[0] == 'S' ? (draw(12) ? 0 : (int64_t)draw(3)) : (int64_t)draw(3);
	s.ack = draw(10) ? 1 : (int64_t)draw(5);
	s.data = s.flags[0] == 'S' && draw(8) ? NULL : data[draw(SK_ARRAY_LEN(data))];
	if (draw(2)) {
		s.ts = 100 + draw(3);
		s.ecr = draw(4) ? 100 + draw(3) : 0;
	}
	s.window = draw(5) ? 0 : 1 + (int)draw(60000);
	s.wscale = (int)draw(3) * 7;
	if (place < 2 && draw(4)) {
		s.from = place ? 's' : 'c';
		s.flags = place ? "SA" : "S";
		s.seq = 0;
		s.ack = 1;
		s.data = NULL;
	}
	s.packet_flags = draw(20) ? 0 : SK_PACKET_BAD_CHECKSUM;
	s.isn = draw(30) ? 0 : 12345;
	s.after_ms = draw(10) ? 0 : 1 + draw(100000);
	return s;
}

static void packet(struct talk *t, const struct seg *s)
{
	const struct seg one[] = { *s, { 0 } };

	talk_say(t, one);
}

static void assert_same(struct talk *small, struct talk *full)
{
	struct sk_reassembly_counters a = *sk_reassembly_counters(small->r), b = *sk_reassembly_counters(full->r);

	a.duplicated = b.duplicated = 0;	/* that of old packets is not kept */
	assert_memory_equal(&a, &b, sizeof(a));
	assert_string_equal(small->odd, full->odd);
	assert_string_equal(small->read[0], full->read[0]);
	assert_string_equal(small->read[1], full->read[1]);
}

static void small_and_full(void **state)
{
	static struct talk small, full;
	unsigned begins = 0, answered = 0;

	for (unsigned round = 0; round < 5000; round++) {
		talk_begin(&small, (enum sk_policy)(round % 8));
		talk_begin(&full, (enum sk_policy)(round % 8));
		for (unsigned i = 0, cnt = 1 + draw(9); i < cnt; i++) {
			const struct seg s = draw_segment(i);

			packet(&small, &s);
			packet(&full, &s);
			assert_int_equal(small.f->state, full.f->state);
			begins += sk_reassembly_is_begin(small.f);
			answered += sk_reassembly_is_begin(small.f) && s.from == 's';
			if (sk_reassembly_is_begin(full.f))
				assert_non_null(sk_reassembly_unfold(full.r, full.f));
			assert_same(&small, &full);
		}
		talk_close(&small);
		talk_close(&full);
		assert_same(&small, &full);
		talk_fini(&small);
		talk_fini(&full);
	}
	assert_true(begins > 2000);
	assert_true(answered > 500);
}

static void the_usual_handshake_is_small(void **state)
{
	static const struct seg ack[] = { { 'c', "A", 1, 1 }, { 0 } };
	static const struct seg hello[] = { { 'c', "S", .ts = 5, .wscale = 8 }, { 's', "SA", 0, 1, .ts = 9, .ecr = 5, .wscale = 8 },
		{ 's', "SA", 0, 1, .ts = 10, .ecr = 5, .wscale = 8, .after_ms = 1000 }, { 'c', "S", .ts = 6, .wscale = 8 }, { 0 } };
	static struct talk t;

	talk_begin(&t, SK_POLICY_LINUX);
	talk_say(&t, hello);
	assert_true(sk_reassembly_is_begin(t.f));
	assert_int_equal(t.f->state, SK_FLOW_NEW);
	talk_say(&t, ack);
	assert_false(sk_reassembly_is_begin(t.f));
	assert_int_equal(t.f->state, SK_FLOW_ESTABLISHED);
	assert_string_equal(t.odd, "");
	talk_fini(&t);
}

static void twice_at_once_is_counted(void **state)
{
	static const struct seg twice[] = { { 'c', "S" }, { 'c', "S" }, { 's', "SA", 0, 1 }, { 's', "SA", 0, 1 }, { 0 } };
	static struct talk t;

	talk_begin(&t, SK_POLICY_LINUX);
	talk_say(&t, twice);
	assert_true(sk_reassembly_is_begin(t.f));
	assert_int_equal(sk_reassembly_counters(t.r)->duplicated, 2);
	talk_close(&t);
	assert_string_equal(t.read[0], "$");
	assert_string_equal(t.read[1], "$");
	talk_fini(&t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_and_full),
		cmocka_unit_test(the_usual_handshake_is_small),
		cmocka_unit_test(twice_at_once_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
