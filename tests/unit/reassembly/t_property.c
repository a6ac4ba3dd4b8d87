/* tests/unit/reassembly/t_property.c — whatever way a stream is cut, shuffled, repeated or lost, what is read is a part of it;
 * floods stay within their bounds; stop, swap and shortage of memory do no harm.
 */
#include "dsl.h"

#define STREAM 20000u

static uint8_t stream[1 << 18];
static uint64_t rng = 0x9e3779b97f4a7c15;

static uint32_t draw(uint32_t below)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (uint32_t)(rng >> 33) % below;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void say_hello(struct talk *t)
{
	static const struct seg hello[] = { HELLO, { 0 } };

	talk_say(t, hello);
}

/* stream[off .. off + n) from the client, in a block of exactly that size. */
static void send_bytes(struct talk *t, size_t off, size_t n)
{
	struct seg s = { .from = 'c', .seq = 1 + (int64_t)off, .ack = 1, .packet_flags = 0 };
	uint8_t *copy = malloc(n ? n : 1);

	assert_non_null(copy);
	memcpy(copy, stream + off, n);
	talk_packet(t, &s, sk_span(copy, n));
	free(copy);
}

static void ack_bytes(struct talk *t, size_t off)
{
	struct seg s = { .from = 's', .seq = 1, .ack = 1 + (int64_t)off };

	talk_packet(t, &s, sk_span("", 0));
}

static void begin(struct talk *t, enum sk_policy policy)
{
	talk_begin(t, policy);
	t->isn[0] = 0xffffffff - draw(30000);
	t->model[0] = stream;
	t->log_off = true;
	say_hello(t);
}

/* Cut at random, then every piece swapped with one nearby, some repeated, some covering two. The receiver acknowledges
 * what it has in order. */
static void shuffled(void **state)
{
	static struct talk t;
	static struct { uint32_t off, n; } cut[STREAM];
	static uint8_t has[STREAM];

	for (unsigned round = 0; round < 60; round++) {
		uint32_t cnt = 0, off = 0, biggest = 1 + draw(round % 3 ? 1500 : 8), in_order = 0;

		begin(&t, (enum sk_policy)(round % 8));
		memset(has, 0, sizeof(has));
		while (off < STREAM) {
			cut[cnt].off = off;
			cut[cnt].n = least(1 + draw(biggest), STREAM - off);
			off += cut[cnt++].n;
		}
		for (uint32_t i = 0; i < cnt; i++) {
			uint32_t j = least(i + draw(12), cnt - 1), o = cut[i].off, n = cut[i].n;

			cut[i].off = cut[j].off;
			cut[i].n = cut[j].n;
			cut[j].off = o;
			cut[j].n = n;
		}
		for (uint32_t i = 0; i < cnt; i++) {
			uint32_t n = least(cut[i].n + (draw(4) ? 0 : draw(50)), STREAM - cut[i].off);

			send_bytes(&t, cut[i].off, n);
			if (draw(5) == 0)
				send_bytes(&t, cut[i].off, n);
			if (draw(9) == 0)
				send_bytes(&t, cut[draw(i + 1)].off, 1);
			memset(has + cut[i].off, 1, n);
			while (in_order < STREAM && has[in_order])
				in_order++;
			if (draw(3) == 0)
				ack_bytes(&t, in_order);
		}
		assert_int_equal(t.total[0], STREAM);
		assert_string_equal(t.odd, "");
		talk_close(&t);
		assert_int_equal(t.fins[0], 1);
		assert_int_equal(t.lost[0], 0);
		talk_fini(&t);
	}
}

/* The capture misses pieces the receiver has. */
static void with_losses(void **state)
{
	static struct talk t;

	for (unsigned round = 0; round < 60; round++) {
		uint32_t lost = 0;

		begin(&t, SK_POLICY_BSD);
		for (uint32_t off = 0; off < STREAM;) {
			uint32_t n = least(1 + draw(1400), STREAM - off);

			if (draw(6) == 0 && n > 1)
				lost += n;
			else
				send_bytes(&t, off, n);
			off += n;
			if (draw(4) == 0)
				ack_bytes(&t, off);
		}
		ack_bytes(&t, STREAM);
		talk_close(&t);
		assert_int_equal(t.lost[0], lost);
		assert_int_equal(t.total[0], STREAM - lost);
		assert_int_equal(sk_reassembly_counters(t.r)->gap_bytes, lost);
		talk_fini(&t);
	}
}

static void one_gap_anywhere(void **state)
{
	static struct talk t;

	for (uint32_t at = 0; at < 60; at++) {
		begin(&t, SK_POLICY_BSD);
		for (uint32_t off = 0; off < 60; off++)
			if (off != at)
				send_bytes(&t, off, 1);
		ack_bytes(&t, 60);
		talk_close(&t);
		assert_int_equal(t.total[0], 59);
		/* the last one may as well have been a FIN */
		assert_int_equal(t.lost[0], at < 59);
		talk_fini(&t);
	}
}

static void single_bytes_backwards(void **state)
{
	static struct talk t;

	begin(&t, SK_POLICY_BSD);
	/* a window that lets them all wait */
	for (size_t off = 60000; off-- > 0;)
		send_bytes(&t, off, 1);
	assert_int_equal(t.total[0], 60000);
	assert_int_equal(sk_reassembly_counters(t.r)->limit, 0);
	assert_true(sk_reassembly_counters(t.r)->waiting_max < 60000 + 300 * 1024);
	talk_fini(&t);
}

static void every_other_byte_then_the_rest(void **state)
{
	static struct talk t;

	begin(&t, SK_POLICY_BSD);
	for (size_t off = 1; off < 20000; off += 2)
		send_bytes(&t, off, 1);
	for (size_t off = 20000; off >= 2; off -= 2)
		send_bytes(&t, off - 2, 1);
	assert_int_equal(t.total[0], 20000);
	talk_fini(&t);
}

static void a_hole_is_given_up_at_the_limit(void **state)
{
	static struct talk t;

	talk_begin(&t, SK_POLICY_BSD);
	t.conf.max_bytes = 10000;
	t.model[0] = stream;
	t.log_off = true;
	say_hello(&t);
	for (size_t off = 100; off < 60000; off += 100)
		if (off % 3000)
			send_bytes(&t, off, 100);
	assert_true(sk_reassembly_counters(t.r)->waiting_max <= 10100 + 110 * 128);
	assert_true(sk_reassembly_counters(t.r)->limit >= 1);
	assert_non_null(strstr(t.odd, "reassembly_limit"));
	talk_close(&t);
	assert_int_equal(t.total[0] + t.lost[0], 60000);
	talk_fini(&t);
}

/* Bytes that only an acknowledgement would count wait behind an end that came after them: what is over the limit must go all the same. */
static void doubtful_bytes_behind_the_end(void **state)
{
	static struct talk t;
	const struct seg doubtful = { 'c', "A", 500, 1, .packet_flags = SK_PACKET_BAD_CHECKSUM }, fin = { 'c', "FA", 101, 1 };

	talk_begin(&t, SK_POLICY_BSD);
	t.conf.max_total = 4000;
	t.model[0] = t.model[1] = stream;
	t.log_off = true;
	say_hello(&t);
	send_bytes(&t, 0, 100);
	talk_packet(&t, &doubtful, sk_span(stream + 499, 100));
	talk_packet(&t, &fin, sk_span("", 0));
	for (int64_t off = 1000; off < 8000; off += 1000)
		talk_packet(&t, &(struct seg){ 's', "A", off, 101 }, sk_span(stream + off - 1, 1000));
	assert_true(sk_reassembly_counters(t.r)->limit > 0);
	talk_close(&t);
	assert_int_equal(t.total[0], 100);
	assert_int_equal(t.total[1] + t.lost[1], 7999);
	talk_fini(&t);
}

struct crowd {
	struct sk_reassembly *r;
	uint64_t runs;
};

static void crowd_run(void *cx, struct sk_flow *f, int dir, const struct sk_run *run)
{
	((struct crowd *)cx)->runs++;
}

/* Many flows with a hole each: the worker's limit holds, whoever waits longest gives up first. */
static void the_worker_has_a_limit(void **state)
{
	enum { FLOWS = 200 };
	static struct sk_flow flows[FLOWS];
	struct sk_reassembly_conf conf = { 1 << 20, 1 << 20, NULL, true, false };
	struct crowd c = { NULL, 0 };
	struct sk_packet p = { .tcp_flags = SK_TCP_ACK, .window = 65535, .payload = { stream, 1000 } };

	memset(flows, 0, sizeof(flows));
	c.r = sk_reassembly_new(&conf, crowd_run, NULL, &c);
	assert_non_null(c.r);
	for (uint32_t round = 0; round < 20; round++) {
		for (unsigned i = 0; i < FLOWS; i++) {
			p.number++;
			p.seq = round ? 1000 + round * 1000 : 1;
			sk_reassembly_packet(c.r, &flows[i], 0, &p);
		}
	}
	assert_true(sk_reassembly_counters(c.r)->waiting_max <= (1 << 20) + 2000);
	assert_true(sk_reassembly_counters(c.r)->limit > 0);
	assert_true(c.runs > FLOWS);
	for (unsigned i = 0; i < FLOWS; i++)
		sk_reassembly_flow_end(c.r, &flows[i], 0);
	sk_reassembly_free(c.r);
}

static void stop_is_quiet(void **state)
{
	static struct talk t;

	for (int after = 1; after < 6; after++) {
		begin(&t, SK_POLICY_BSD);
		t.stop_after = after;
		send_bytes(&t, 10, 10);
		send_bytes(&t, 30, 10);
		send_bytes(&t, 0, 15);
		send_bytes(&t, 20, 10);
		send_bytes(&t, 60, 10);
		send_bytes(&t, 40, 20);
		talk_close(&t);
		assert_int_equal(t.stop_after, 0);
		assert_int_equal(t.fins[0], 0);
		talk_fini(&t);
	}
}

static void swapped_in_the_middle_of_a_run(void **state)
{
	static const struct seg segs[] = { { 'c', "A", 1, 1, "resp" }, { 's', "A", 1, 5, "req" }, { 'c', "A", 5, 4, "more" }, { 0 } };
	static struct talk t;

	talk_begin(&t, SK_POLICY_BSD);
	t.swap = true;
	talk_say(&t, segs);
	assert_string_equal(t.read[SK_TO_SERVER], "respreq");
	assert_string_equal(t.read[SK_TO_CLIENT], "more");
	assert_int_equal(t.f->info.client_port, 80);
	talk_fini(&t);
}

static void runs_name_their_packets(void **state)
{
	static const struct seg segs[] = { HELLO, { 'c', "A", 4, 1, "d" }, { 'c', "A", 2, 1, "bc" }, { 'c', "A", 1, 1, "a" }, { 0 } };
	static struct talk t;

	talk_begin(&t, SK_POLICY_BSD);
	talk_say(&t, segs);
	assert_string_equal(t.read[0], "abcd");
	assert_int_equal(t.runs[0], 3);
	assert_int_equal(t.run_packets[0][0], 6);
	assert_int_equal(t.run_packets[0][1], 5);
	assert_int_equal(t.run_packets[0][2], 4);
	talk_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shuffled),
		cmocka_unit_test(with_losses),
		cmocka_unit_test(one_gap_anywhere),
		cmocka_unit_test(single_bytes_backwards),
		cmocka_unit_test(every_other_byte_then_the_rest),
		cmocka_unit_test(a_hole_is_given_up_at_the_limit),
		cmocka_unit_test(doubtful_bytes_behind_the_end),
		cmocka_unit_test(the_worker_has_a_limit),
		cmocka_unit_test(stop_is_quiet),
		cmocka_unit_test(swapped_in_the_middle_of_a_run),
		cmocka_unit_test(runs_name_their_packets),
	};

	for (size_t i = 0; i < sizeof(stream); i++)
		stream[i] = (uint8_t)draw(256);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
