/* tests/unit/app/t_claim.c — claims, switches, swaps, stream.data, the packets of an event; with two toy protocols. */
#include "unit.h"

#include "app_kit.h"

#include "app/binding.h"
#include "app/state.h"

#define TOY_COUNTERS(X) X(runs, "runs", "")
SK_COUNTER_STRUCT(toy, TOY_COUNTERS)
SK_COUNTER_TABLE(toy, TOY_COUNTERS)

/* "TOY1" opens it, "toy1" answers. It writes every run into the log; 'S' switches to toy2 behind it, 'G' guesses anew, 'D' is
 * done, 'E' publishes an event that began at offset 0. */
struct toy {
	int id;
};

static struct kit *kit;

static enum sk_app_guess guess(struct sk_span first, int dir, const struct sk_flow_info *f)
{
	const char *want = dir == SK_TO_SERVER ? "TOY1" : "toy1";
	size_t n = first.n < 4 ? first.n : 4;

	if (memcmp(first.p, want, n))
		return SK_APP_NO;
	return n == 4 ? SK_APP_YES : SK_APP_MORE;
}

static void begin(struct sk_app *a, struct sk_flow *f, void *state, const void *setup)
{
	((struct toy *)state)->id = setup ? 2 : 1;
	sk_buf_addf(&kit->log, "begin%d ", ((struct toy *)state)->id);
}

static void end(struct sk_app *a, struct sk_flow *f, void *state)
{
	sk_buf_addf(&kit->log, "end%d ", ((struct toy *)state)->id);
}

extern const struct sk_app_binding toy2;

static void run(struct sk_app *a, struct sk_flow *f, void *state, int dir, const struct sk_run *r)
{
	struct sk_run rest[2] = { { .off = 0 }, { .off = 0 } };
	static const int setup = 1;

	sk_buf_addf(&kit->log, "%d%c%llu:", ((struct toy *)state)->id, dir ? '<' : '>', (unsigned long long)r->off);
	if (!r->data.p)
		sk_buf_addf(&kit->log, "gap%llu", (unsigned long long)r->lost);
	for (size_t i = 0; i < r->data.n; i++) {
		uint8_t c = r->data.p[i];

		sk_buf_add_byte(&kit->log, c);
		if (c == 'S' || c == 'G') {
			rest[dir].data = sk_span_sub(r->data, i + 1, r->data.n);
			rest[dir].off = r->off + i + 1;
			sk_app_switch(a, f, c == 'S' ? &toy2 : NULL, &setup, rest);
			break;
		}
		if (c == 'D')
			sk_app_done(a, f);
		if (c == 'E')
			sk_app_publish_oddity(a, f, dir, SK_KIND_TLS_ODDITY, "e", sk_span(NULL, 0), sk_span(NULL, 0), 0, NULL);
	}
	sk_buf_add_str(&kit->log, r->fin ? "$ " : " ");
}

static const struct sk_app_binding toy1 = { .name = "toy1", .state_size = sizeof(struct toy), .guess = guess, .begin = begin, .run = run,
	.end = end, .counter_table = &sk_toy_counter_table };
const struct sk_app_binding toy2 = { .name = "toy2", .state_size = sizeof(struct toy), .begin = begin, .run = run, .end = end,
	.counter_table = &sk_toy_counter_table };
const struct sk_app_binding *const sk_app_bindings[] = { &toy1, &toy2, NULL };

static struct kit *start(struct kit *k, uint8_t proto)
{
	kit_init(k, proto, 40000, 7000);
	kit = k;
	return k;
}

#define RUN(dir, s) kit_run(&k, dir, s, sizeof(s) - 1, false)
#define FIN(dir, s) kit_run(&k, dir, s, sizeof(s) - 1, true)

static void finish(struct kit *k, const char *want)
{
	kit_end(k);
	assert_string_equal(kit_log(k), want);
	kit_free(k);
}

static void the_first_bytes_decide(void **state)
{
	struct kit k;

	start(&k, 6);
	RUN(0, "TOY1 a");
	assert_string_equal(k.flow.info.app_proto, "toy1");
	RUN(1, "b");
	FIN(0, "");
	finish(&k, "begin1 1>0:TOY1 a 1<0:b 1>6:$ end1 ");
}

static void first_bytes_may_come_in_pieces(void **state)
{
	struct kit k;

	start(&k, 6);
	RUN(0, "T");
	RUN(0, "O");
	RUN(0, "");
	RUN(0, "Y1xy");
	RUN(0, "z");
	finish(&k, "begin1 1>0:TOY1xy 1>6:z end1 ");
}

#define OTHER(off, s, tail) kit_other(&k, 0, off, sk_span(s, sizeof(s) - 1), false, sk_span(tail, sizeof(tail) - 1))
#define INSERT(s, tail) kit_other(&k, 0, k.off[0], sk_span(s, sizeof(s) - 1), true, sk_span(tail, sizeof(tail) - 1))

/* The readings that were told, one after the other. */
static void end_with_views(struct kit *k, const char *want)
{
	char views[4096] = "";
	size_t n = 0;

	kit_end(k);
	for (const char *p = strstr(kit_log(k), "stream.data"); p; p = strstr(p + 1, "stream.data")) {
		const char *second = strstr(p, "second_reading=1"), *end = strchr(p, '\n'), *bytes = strstr(p, "bytes=") + 6;

		if (second && second < end)
			n += (size_t)snprintf(views + n, sizeof(views) - n, "%.*s|", (int)strcspn(bytes, " "), bytes);
	}
	assert_string_equal(views, want);
	kit_free(k);
}

static void bytes_that_other_hosts_read(void **state)
{
	static const char many[] = "0123456789";
	char want[128] = "";
	struct kit k;

	/* passed on before: what lies around is remembered, and goes on */
	start(&k, 6);
	RUN(0, "one two three");
	OTHER(4, "TWO", "one two three");
	RUN(0, " four");
	end_with_views(&k, "one%20TWO%20three%20four|");
	/* nothing is remembered */
	start(&k, 6);
	RUN(0, "one two three");
	OTHER(4, "TWO", "");
	RUN(0, " four");
	end_with_views(&k, "TWO|");
	/* still to come: in several places, in any order, one over another, one never reached */
	start(&k, 6);
	RUN(0, "one");
	OTHER(8, "THREE", "one");
	OTHER(4, "TWO", "one");
	OTHER(3, "+++", "one");
	OTHER(6, "----", "one");
	OTHER(8, "xx", "one");
	OTHER(30, "END", "one");
	RUN(0, " two three");
	RUN(0, " four");
	end_with_views(&k, "one+TWO-THREE%20fourEND|");
	/* an urgent byte; a gap ends what is shown */
	start(&k, 6);
	RUN(0, "one");
	INSERT("!", "one");
	RUN(0, "two");
	kit_gap(&k, 0, 3);
	RUN(0, "three");
	end_with_views(&k, "one!two|");
	/* more places than one view has */
	start(&k, 6);
	RUN(0, "ab");
	for (unsigned i = 0; i < 33; i++) {
		kit_other(&k, 0, 2 + 2 * i, sk_span(many + i % 10, 1), false, sk_span("ab", 2));
		if (i < 32)
			snprintf(want + strlen(want), sizeof(want) - strlen(want), "%c", many[i % 10]);
	}
	memmove(want + 2, want, strlen(want) + 1);
	memcpy(want, "ab", 2);
	strcat(want, "|ab2|");
	end_with_views(&k, want);
}

static void the_other_side_may_decide(void **state)
{
	struct kit k;

	start(&k, 6);
	RUN(0, "TO");
	RUN(1, "toy1");
	RUN(0, "x");
	finish(&k, "begin1 1>0:TO 1<0:toy1 1>2:x end1 ");
}

static void told_bytes_become_a_gap(void **state)
{
	struct kit k;

	start(&k, 6);
	RUN(0, "what");
	RUN(1, "toy1");
	RUN(0, "x");
	finish(&k, "stream.data to_server bytes=what last=1 truncated=0\nbegin1 1>0:gap4 1<0:toy1 1>4:x end1 ");
}

static void unknown_bytes_are_stream_data(void **state)
{
	struct kit k;

	start(&k, 6);
	RUN(0, "TOx");
	RUN(1, "hello ");
	RUN(0, "TOY1");
	RUN(1, "you");
	FIN(1, "");
	kit_gap(&k, 0, 100);
	RUN(0, "z");
	finish(&k, "stream.data to_client bytes=hello%20you last=1 truncated=0\nstream.data to_server bytes=TOxTOY1z last=1 truncated=0\n");
}

static void unwanted_flows_are_done(void **state)
{
	struct kit k;

	start(&k, 6);
	k.wanted.kinds &= ~(UINT64_C(1) << SK_KIND_STREAM_DATA);
	RUN(0, "hey");
	assert_int_equal(k.flow.done, 0);
	RUN(1, "ho");
	assert_int_equal(k.flow.done, 1);
	finish(&k, "");
}

static void a_hole_is_resynced(void **state)
{
	struct kit k;

	start(&k, 6);
	RUN(0, "junk");
	kit_gap(&k, 0, 10);
	RUN(0, "more");
	RUN(0, "TOY1");
	finish(&k, "stream.data to_server bytes=junkmore last=1 truncated=0\nbegin1 1>18:TOY1 end1 ");
}

static void switches_hand_over_the_rest(void **state)
{
	struct kit k;

	start(&k, 6);
	RUN(0, "TOY1Sabc");
	assert_string_equal(k.flow.info.app_proto, "toy2");
	RUN(1, "x");
	FIN(1, "yG");
	FIN(0, "TOY1");
	finish(&k, "begin1 1>0:TOY1S end1 begin2 2>5:abc 2<0:x 2<1:yG$ end2 begin1 1<3:$ 1>8:TOY1$ end1 ");
}

static void switches_are_bounded(void **state)
{
	struct kit k;

	start(&k, 6);
	for (int i = 0; i < 16; i++)
		RUN(0, "TOY1G");
	assert_int_equal(k.flow.done, 0);
	RUN(0, "TOY1G");
	assert_int_equal(k.flow.done, 1);
	kit_free(&k);
}

static void done_ends_the_binding(void **state)
{
	struct kit k;

	start(&k, 6);
	RUN(0, "TOY1D");
	assert_int_equal(k.flow.done, 1);
	RUN(0, "x");
	finish(&k, "begin1 1>0:TOY1D end1 ");
}

static void swap(void *cx, struct sk_flow *f)
{
	uint16_t port = f->info.client_port;

	kit->off[1] = kit->off[0];
	kit->off[0] = 0;
	f->info.client_port = f->info.server_port;
	f->info.server_port = port;
}

static void a_response_first_swaps(void **state)
{
	struct kit k;

	start(&k, 6);
	sk_app_on_swap(k.app, swap);
	k.flow.info.dir_guessed = k.flow.info.midstream = 1;
	RUN(0, "toy1E");
	assert_int_equal(k.flow.info.client_port, 7000);
	k.with_packets = true;
	RUN(1, "E");
	finish(&k, "begin1 1<0:toy1Etls.oddity to_client name=e offset=0\n 1<5:Etls.oddity to_client name=e offset=0 packets=2,3\n end1 ");
}

static void events_name_their_packets(void **state)
{
	struct kit k;
	char want[256] = "";

	start(&k, 6);
	k.with_packets = true;
	RUN(0, "TOY1");			/* packet 2 */
	RUN(1, "xxxx");			/* 3 */
	RUN(0, "x");			/* 4 */
	sk_buf_clear(&k.log);
	RUN(0, "E");			/* 5 */
	assert_string_equal(kit_log(&k), "1>5:Etls.oddity to_server name=e offset=0 packets=2,4,5\n ");
	for (int i = 0; i < 30; i++)
		RUN(0, "y");		/* … 35: 33 segments in all, the first one forgotten */
	sk_buf_clear(&k.log);
	RUN(0, "E");
	for (int i = 6; i <= 12; i++)
		snprintf(want + strlen(want), sizeof(want) - strlen(want), "%s%d", i > 6 ? "," : "", i);
	for (int i = 29; i <= 36; i++)
		snprintf(want + strlen(want), sizeof(want) - strlen(want), ",%d", i);
	assert_non_null(strstr(kit_log(&k), ",36\n"));
	assert_non_null(strstr(kit_log(&k), ",29,30,31,32,33,34,35,36\n"));
	assert_non_null(strstr(kit_log(&k), "packets=5,6,7,8,9,10,11,12,29"));
	kit_free(&k);
}

static void a_pin_keeps_the_first_packet(void **state)
{
	struct kit k;

	start(&k, 6);
	k.with_packets = true;
	RUN(0, "TOY1");			/* packet 2 */
	sk_app_pin(&k.flow, 0, 0);
	for (int i = 0; i < 50; i++)
		RUN(0, "y");
	sk_buf_clear(&k.log);
	RUN(0, "E");			/* 53 */
	assert_non_null(strstr(kit_log(&k), "packets=2,22,23,24,25,26,27,28,46,47,48,49,50,51,52,53\n"));
	kit_free(&k);
}

static void datagrams_are_units(void **state)
{
	struct kit k;

	start(&k, 17);
	kit_datagram(&k, 0, "abc", 3);
	kit_datagram(&k, 1, "", 0);
	kit_datagram(&k, 1, "d", 1);
	finish(&k, "stream.data to_server bytes=abc last=1 truncated=0\nstream.data to_client bytes=d last=1 truncated=0\n");
}

static void flows_begin_and_end(void **state)
{
	struct kit k;

	start(&k, 6);
	k.wanted.kinds = UINT64_C(1) << SK_KIND_FLOW_END;
	k.flow.info.packets[0] = 3;
	k.flow.info.bytes[0] = 199;
	k.flow.info.bytes[1] = 101;
	k.flow.info.last_ns = k.flow.info.start_ns + 1503999999u;
	k.flow.state = SK_FLOW_ESTABLISHED;
	finish(&k, "flow.end to_server packets_to_server=3 packets_to_client=0 bytes_to_server=199 bytes_to_client=101 duration=1503 "
		   "state=established reason=end upload=66\n");
	start(&k, 6);
	k.wanted.kinds = UINT64_C(1) << SK_KIND_FLOW_END;
	k.flow.info.last_ns = k.flow.info.start_ns;
	k.flow.state = SK_FLOW_ESTABLISHED;
	finish(&k, "flow.end to_server packets_to_server=0 packets_to_client=0 bytes_to_server=0 bytes_to_client=0 duration=0 "
		   "state=established reason=end\n");
}

#define FLOW_MEMORY "stream.oddity to_server name=flow_memory offset=0\n"

static void no_memory_is_survived(void **state)
{
	struct kit k;

	start(&k, 6);
	assert_null(k.flow.app);		/* no bytes, no state */
	assert_non_null(sk_app_flow_state(k.app, &k.flow));
	k.flow.arena.cap = k.flow.arena.used;
	RUN(0, "T");
	RUN(0, "OY1");
	assert_int_equal(k.flow.done, 0);
	finish(&k, "stream.data to_server bytes=TOY1 last=1 truncated=0\n" FLOW_MEMORY);
	start(&k, 6);
	assert_non_null(sk_app_flow_state(k.app, &k.flow));
	k.flow.arena.cap = k.flow.arena.used;
	RUN(0, "TOY1");
	assert_int_equal(k.flow.done, 1);
	finish(&k, FLOW_MEMORY);
	start(&k, 6);
	k.flow.arena.cap = k.flow.arena.used;
	RUN(0, "TOY1");
	assert_int_equal(k.flow.done, 1);
	finish(&k, FLOW_MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_bytes_decide),
		cmocka_unit_test(first_bytes_may_come_in_pieces),
		cmocka_unit_test(bytes_that_other_hosts_read), cmocka_unit_test(the_other_side_may_decide),
		cmocka_unit_test(told_bytes_become_a_gap),
		cmocka_unit_test(unknown_bytes_are_stream_data),
		cmocka_unit_test(unwanted_flows_are_done),
		cmocka_unit_test(a_hole_is_resynced),
		cmocka_unit_test(switches_hand_over_the_rest),
		cmocka_unit_test(switches_are_bounded),
		cmocka_unit_test(done_ends_the_binding),
		cmocka_unit_test(a_response_first_swaps),
		cmocka_unit_test(events_name_their_packets),
		cmocka_unit_test(a_pin_keeps_the_first_packet),
		cmocka_unit_test(datagrams_are_units),
		cmocka_unit_test(flows_begin_and_end),
		cmocka_unit_test(no_memory_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
