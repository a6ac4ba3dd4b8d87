/* tests/unit/flow/t_flow.c — the flow table: who is found, who is client, who ends when, who is evicted. */
#include "unit.h"

#include <stdlib.h>

#include "base/fmt.h"
#include "base/mem.h"
#include "flow/flow.h"

#define SEC UINT64_C(1000000000)
#define NEW_SEC 30u
#define ESTABLISHED_SEC 300u
#define CLOSED_SEC 10u
#define DATAGRAM_SEC 60u
#define ANSWERED_SEC 5u

struct ended {
	uint64_t serials[4096];
	enum sk_flow_reason why[4096];
	size_t cnt;
};

static void on_end(void *cx, struct sk_flow *f, enum sk_flow_reason why)
{
	struct ended *e = cx;

	if (e->cnt < SK_ARRAY_LEN(e->serials)) {
		e->serials[e->cnt] = f->info.serial;
		e->why[e->cnt] = why;
	}
	e->cnt++;
}

static struct sk_flow_table *table(uint64_t max, struct ended *e)
{
	struct sk_flow_conf conf = { max, 65536, NEW_SEC * SEC, ESTABLISHED_SEC * SEC, CLOSED_SEC * SEC, DATAGRAM_SEC * SEC,
		ANSWERED_SEC * SEC, 0 };
	struct sk_flow_table *t;

	if (e)
		e->cnt = 0;
	t = sk_flow_table_new(&conf, e ? on_end : NULL, e);
	assert_non_null(t);
	return t;
}

static uint64_t order;

static struct sk_packet packet(const char *src, unsigned sport, const char *dst, unsigned dport, uint8_t proto, double sec)
{
	struct sk_packet p = { .src_port = (uint16_t)sport, .dst_port = (uint16_t)dport, .proto = proto, .wire_len = 100 };

	assert_int_equal(sk_parse_addr(sk_span_str(src), &p.src), 0);
	assert_int_equal(sk_parse_addr(sk_span_str(dst), &p.dst), 0);
	p.time_ns = 1000 * SEC + (uint64_t)(sec * 1e9);
	p.order = ++order;
	return p;
}

/* As pipeline/ does it. */
static struct sk_flow *pass(struct sk_flow_table *t, const struct sk_packet *p, int *dir)
{
	uint64_t hash = sk_flow_hash(t, p);
	struct sk_flow *f = sk_flow_find(t, p, hash, dir);

	if (!f)
		f = sk_flow_add(t, p, hash, dir);
	if (f)
		sk_flow_touch(t, f, p, *dir);
	return f;
}

static void both_directions_are_one_flow(void **state)
{
	static const struct { const char *a, *b; unsigned pa, pb; uint8_t proto; } cases[] = {
		{ "10.0.0.1", "10.0.0.2", 40000, 50000, 17 },
		{ "10.0.0.2", "10.0.0.1", 50000, 40000, 17 },
		{ "2001:db8::1", "2001:db8::2", 40000, 50000, 6 },
		{ "10.0.0.1", "10.0.0.1", 4000, 5000, 17 },
		{ "10.0.0.1", "10.0.0.2", 0, 0, 47 },
	};

	for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++) {
		struct sk_flow_table *t = table(10, NULL);
		struct sk_packet p = packet(cases[i].a, cases[i].pa, cases[i].b, cases[i].pb, cases[i].proto, 0);
		struct sk_packet q = packet(cases[i].b, cases[i].pb, cases[i].a, cases[i].pa, cases[i].proto, 1);
		struct sk_flow *f;
		int dir;

		assert_int_equal(sk_flow_hash(t, &p), sk_flow_hash(t, &q));
		f = pass(t, &p, &dir);
		assert_int_equal(dir, SK_TO_SERVER);
		assert_int_equal(f->info.saw_both, 0);
		assert_ptr_equal(pass(t, &q, &dir), f);
		assert_int_equal(dir, SK_TO_CLIENT);
		assert_int_equal(f->info.saw_both, 1);
		assert_int_equal(f->info.packets[0], 1);
		assert_int_equal(f->info.packets[1], 1);
		assert_int_equal(f->info.bytes[1], 100);
		assert_int_equal(sk_flow_active(t), 1);
		sk_flow_table_free(t);
	}
}

static void other_tuples_are_other_flows(void **state)
{
	struct sk_flow_table *t = table(100, NULL);
	struct sk_packet p[] = {
		packet("10.0.0.1", 1111, "10.0.0.2", 2222, 17, 0),
		packet("10.0.0.1", 2222, "10.0.0.2", 1111, 17, 0),
		packet("10.0.0.1", 1111, "10.0.0.2", 2222, 6, 0),
		packet("10.0.0.1", 1111, "10.0.0.3", 2222, 17, 0),
		packet("::a00:1", 1111, "::a00:2", 2222, 17, 0),
	};
	int dir;

	for (size_t i = 0; i < SK_ARRAY_LEN(p); i++)
		pass(t, &p[i], &dir);
	assert_int_equal(sk_flow_active(t), SK_ARRAY_LEN(p));
	sk_flow_table_free(t);
}

static void client_is_who_opens(void **state)
{
	static const struct {
		unsigned sport, dport;
		uint8_t proto, flags;
		int dir;
		unsigned client_port, guessed, midstream;
	} cases[] = {
		{ 80, 40000, 6, SK_TCP_SYN, SK_TO_SERVER, 80, 0, 0 },
		{ 80, 40000, 6, SK_TCP_SYN | SK_TCP_ACK, SK_TO_CLIENT, 40000, 0, 0 },
		{ 40000, 80, 6, SK_TCP_ACK, SK_TO_SERVER, 40000, 1, 1 },
		{ 80, 40000, 6, SK_TCP_ACK, SK_TO_CLIENT, 40000, 1, 1 },
		{ 8080, 40000, 6, SK_TCP_ACK, SK_TO_SERVER, 8080, 1, 1 },
		{ 53, 40000, 17, 0, SK_TO_CLIENT, 40000, 1, 0 },
		{ 40000, 53, 17, 0, SK_TO_SERVER, 40000, 0, 0 },
		{ 123, 123, 17, 0, SK_TO_SERVER, 123, 0, 0 },
		{ 137, 138, 17, 0, SK_TO_SERVER, 137, 0, 0 },
	};

	for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++) {
		struct sk_flow_table *t = table(10, NULL);
		struct sk_packet p = packet("10.0.0.1", cases[i].sport, "10.0.0.2", cases[i].dport, cases[i].proto, 0);
		struct sk_flow *f;
		int dir;

		p.tcp_flags = cases[i].flags;
		f = pass(t, &p, &dir);
		assert_int_equal(dir, cases[i].dir);
		assert_int_equal(f->info.client_port, cases[i].client_port);
		assert_int_equal(f->info.dir_guessed, cases[i].guessed);
		assert_int_equal(f->info.midstream, cases[i].midstream);
		assert_int_equal(f->info.client_ip.b[3], cases[i].dir == SK_TO_SERVER ? 1 : 2);
		sk_flow_table_free(t);
	}
}

static void icmp_replies_meet_requests(void **state)
{
	struct sk_flow_table *t = table(10, NULL);
	struct sk_packet reply = packet("10.0.0.2", 0 << 8, "10.0.0.1", 77, 1, 0);
	struct sk_packet request = packet("10.0.0.1", 8 << 8, "10.0.0.2", 77, 1, 1);
	struct sk_packet other_id = packet("10.0.0.1", 8 << 8, "10.0.0.2", 78, 1, 1);
	struct sk_packet solicit = packet("fe80::1", 135 << 8, "ff02::1:ff00:2", 0, 58, 1);
	struct sk_packet unreachable = packet("10.0.0.9", 3 << 8 | 1, "10.0.0.1", 0, 1, 1);
	struct sk_flow *f;
	int dir;

	assert_int_equal(sk_flow_hash(t, &reply), sk_flow_hash(t, &request));
	f = pass(t, &reply, &dir);
	assert_int_equal(dir, SK_TO_CLIENT);
	assert_int_equal(f->info.client_ip.b[3], 1);
	assert_int_equal(f->info.client_port, 8 << 8);
	assert_ptr_equal(pass(t, &request, &dir), f);
	assert_int_equal(dir, SK_TO_SERVER);
	assert_ptr_not_equal(pass(t, &other_id, &dir), f);
	f = pass(t, &solicit, &dir);
	assert_int_equal(dir, SK_TO_SERVER);
	f = pass(t, &unreachable, &dir);
	assert_int_equal(dir, SK_TO_SERVER);
	assert_int_equal(f->info.client_ip.b[3], 9);
	assert_int_equal(sk_flow_active(t), 4);
	sk_flow_table_free(t);
}

static void flows_expire_by_state_in_order(void **state)
{
	static struct ended e;
	struct sk_flow_table *t = table(100, &e);
	struct sk_flow *f[5];
	uint64_t serial[5];
	int dir;

	for (unsigned i = 0; i < 5; i++) {
		struct sk_packet p = packet("10.0.0.1", 1000 + i, "10.0.0.2", 80, i == 4 ? 17 : 6, i * 0.1);

		p.tcp_flags = SK_TCP_SYN;
		f[i] = pass(t, &p, &dir);
		serial[i] = f[i]->info.serial;
		if (i == 1)
			f[i]->state = SK_FLOW_ESTABLISHED;
		if (i == 2)
			f[i]->state = SK_FLOW_CLOSED;
	}
	sk_flow_expire(t, 1009 * SEC);
	assert_int_equal(e.cnt, 0);
	sk_flow_expire(t, (1000 + CLOSED_SEC + 1) * SEC);
	assert_int_equal(e.cnt, 1);
	assert_int_equal(e.serials[0], serial[2]);
	assert_int_equal(e.why[0], SK_FLOW_END_TIMEOUT);
	sk_flow_expire(t, (1000 + DATAGRAM_SEC + 1) * SEC);
	assert_int_equal(e.cnt, 4);
	assert_int_equal(e.serials[1], serial[0]);
	assert_int_equal(e.serials[2], serial[3]);
	assert_int_equal(e.serials[3], serial[4]);
	sk_flow_expire(t, (1000 + ESTABLISHED_SEC + 1) * SEC);
	assert_int_equal(e.cnt, 5);
	assert_int_equal(e.serials[4], serial[1]);
	assert_int_equal(sk_flow_active(t), 0);
	assert_int_equal(sk_flow_counters(t)->timeouts, 5);
	assert_int_equal(sk_flow_counters(t)->one_sided, 5);
	sk_flow_table_free(t);
}

/* app/ says so after the packet. */
static void answered_datagrams_go_sooner(void **state)
{
	static struct ended e;
	struct sk_flow_table *t = table(100, &e);
	struct sk_packet ask = packet("10.0.0.1", 1000, "10.0.0.2", 53, 17, 0), answer = packet("10.0.0.2", 53, "10.0.0.1", 1000, 17, 1);
	struct sk_packet other = packet("10.0.0.1", 1001, "10.0.0.2", 53, 17, 1);
	struct sk_flow *f;
	int dir;

	pass(t, &ask, &dir);
	f = pass(t, &answer, &dir);
	f->answered = 1;
	pass(t, &other, &dir);
	sk_flow_expire(t, (1001 + ANSWERED_SEC - 1) * SEC);
	assert_int_equal(e.cnt, 0);
	ask.time_ns = (1001 + ANSWERED_SEC - 1) * SEC;		/* another question before that: the flow goes on */
	f = pass(t, &ask, &dir);
	assert_int_equal(e.cnt, 0);
	f->answered = 0;
	sk_flow_expire(t, (1001 + 2 * ANSWERED_SEC + 2) * SEC);
	assert_int_equal(e.cnt, 0);
	answer.time_ns = (1001 + 2 * ANSWERED_SEC + 2) * SEC;
	f = pass(t, &answer, &dir);
	f->answered = 1;
	sk_flow_expire(t, (1001 + 3 * ANSWERED_SEC + 4) * SEC);
	assert_int_equal(e.cnt, 1);
	assert_int_equal(e.serials[0], ask.order);
	sk_flow_table_free(t);
}

static void a_packet_keeps_its_flow(void **state)
{
	static struct ended e;
	struct sk_flow_table *t = table(100, &e);
	int dir;

	for (unsigned i = 0; i < 20; i++) {
		struct sk_packet p = packet("10.0.0.1", 1000, "10.0.0.2", 53, 17, i * 50.0);

		sk_flow_expire(t, p.time_ns);
		pass(t, &p, &dir);
	}
	assert_int_equal(e.cnt, 0);
	sk_flow_table_free(t);
	assert_int_equal(e.cnt, 1);
	assert_int_equal(e.why[0], SK_FLOW_END_INPUT);
}

/* The same packets, swept often or never, belong to the same flows. */
static void sweeping_does_not_change_the_flows(void **state)
{
	static const double gaps[] = { 0, 59.9, 60.0, 0.2, 61, 59.99, 60.01, 5 };
	size_t added[2];

	for (int sweep = 0; sweep < 2; sweep++) {
		static struct ended e;
		struct sk_flow_table *t = table(100, &e);
		double at = 0;
		int dir;

		for (size_t i = 0; i < SK_ARRAY_LEN(gaps); i++) {
			struct sk_packet p;

			at += gaps[i];
			p = packet("10.0.0.1", 1000, "10.0.0.2", 53, 17, at);
			if (sweep)
				sk_flow_expire(t, p.time_ns);
			pass(t, &p, &dir);
		}
		added[sweep] = sk_flow_counters(t)->udp;
		sk_flow_table_free(t);
	}
	assert_int_equal(added[0], 4);
	assert_int_equal(added[1], 4);
}

/* When a flow ends must not depend on the others of its list: with -j other ones are beside it. */
static void a_busy_flow_holds_up_nobody(void **state)
{
	struct ended e;
	struct sk_flow_table *t = table(100, &e);
	struct sk_packet busy = packet("10.0.0.1", 1, "10.0.0.9", 53, 17, 0), silent = packet("10.0.0.2", 1, "10.0.0.9", 53, 17, 1);
	struct sk_packet again = packet("10.0.0.1", 1, "10.0.0.9", 53, 17, 7);	/* too soon to be moved behind the silent one */
	int dir;

	pass(t, &busy, &dir);
	pass(t, &silent, &dir);
	pass(t, &again, &dir);
	sk_flow_expire(t, (1000 + DATAGRAM_SEC) * SEC);
	assert_int_equal(e.cnt, 0);
	sk_flow_expire(t, (1000 + 1 + DATAGRAM_SEC + 1) * SEC);
	assert_int_equal(e.cnt, 1);
	assert_int_equal(e.serials[0], silent.order);
	sk_flow_expire(t, (1000 + 7 + DATAGRAM_SEC) * SEC - SEC / 2);
	assert_int_equal(e.cnt, 1);
	sk_flow_expire(t, (1000 + 7 + DATAGRAM_SEC + 1) * SEC);
	assert_int_equal(e.cnt, 2);
	assert_int_equal(e.serials[1], busy.order);
	sk_flow_table_free(t);
}

static void time_may_jump(void **state)
{
	static struct ended e;
	struct sk_flow_table *t = table(100, &e);
	struct sk_packet far = packet("10.0.0.9", 1, "10.0.0.8", 2, 17, 2e9);
	struct sk_packet p = packet("10.0.0.1", 1000, "10.0.0.2", 53, 17, 0);
	int dir;

	pass(t, &far, &dir);
	pass(t, &p, &dir);
	assert_int_equal(sk_flow_active(t), 2);
	for (unsigned i = 1; i < 100; i++)
		sk_flow_expire(t, p.time_ns + i * SEC);
	assert_int_equal(sk_flow_active(t), 0);
	sk_flow_table_free(t);
}

static void the_worthless_go_first(void **state)
{
	static struct ended e;
	struct sk_flow_table *t = table(4, &e);
	struct sk_packet p[8];
	struct sk_flow *f;
	int dir;

	/* 0: payload and an alert, 1: payload, 2: no payload, 3: payload; each a second later than the one before */
	for (unsigned i = 0; i < 8; i++) {
		p[i] = packet("10.0.0.1", 1000 + i, "10.0.0.2", 4000, 17, i);
		p[i].payload = i == 2 ? sk_span(NULL, 0) : sk_span_str("x");
	}
	for (unsigned i = 0; i < 4; i++) {
		f = pass(t, &p[i], &dir);
		f->suspect = i == 0;
	}
	for (unsigned i = 4; i < 8; i++)
		pass(t, &p[i], &dir);
	assert_int_equal(e.cnt, 4);
	assert_int_equal(e.serials[0], p[2].order);
	assert_int_equal(e.serials[1], p[1].order);
	assert_int_equal(e.serials[2], p[3].order);
	assert_int_equal(e.serials[3], p[4].order);
	assert_int_equal(e.why[0], SK_FLOW_END_EVICTED);
	assert_int_equal(sk_flow_counters(t)->evicted, 4);
	assert_int_equal(sk_flow_counters(t)->active_max, 4);
	assert_non_null(sk_flow_find(t, &p[0], sk_flow_hash(t, &p[0]), &dir));
	sk_flow_table_free(t);
}

/* A busy flow is not moved for every packet, and yet it is not taken for an idle one. */
static void the_busy_stay(void **state)
{
	static struct ended e;
	struct sk_flow_table *t = table(2, &e);
	struct sk_packet p[5];
	int dir;

	for (unsigned i = 0; i < 5; i++) {
		p[i] = packet("10.0.0.1", i == 2 || i == 3 ? 1000 : 1000 + i, "10.0.0.2", 4000, 17, i);
		pass(t, &p[i], &dir);
	}
	assert_int_equal(e.cnt, 1);
	assert_int_equal(e.serials[0], p[1].order);
	sk_flow_table_free(t);
}

static void only_suspects_left_still_gives_room(void **state)
{
	static struct ended e;
	struct sk_flow_table *t = table(3, &e);
	int dir;

	for (unsigned i = 0; i < 5; i++) {
		struct sk_packet p = packet("10.0.0.1", 1000 + i, "10.0.0.2", 4000, 17, i);

		pass(t, &p, &dir)->suspect = 1;
	}
	assert_int_equal(e.cnt, 2);
	assert_int_equal(sk_flow_active(t), 3);
	sk_flow_table_free(t);
}

static void ends_come_in_order_of_first_packets(void **state)
{
	static struct ended e;
	struct sk_flow_table *t = table(4000, &e);
	uint64_t x = 88172645463325252u;
	int dir;

	/* touched again in an order of its own, in all lists */
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 3000; i++) {
			struct sk_packet p;
			unsigned port = i;

			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			if (round)
				port = (unsigned)(x % 3000);
			p = packet("10.0.0.1", 2000 + port, "10.0.0.2", 1999, port % 3 ? 6 : 17, round * 5 + i * 0.001);
			p.tcp_flags = SK_TCP_SYN;
			p.payload = port % 2 ? sk_span_str("x") : sk_span(NULL, 0);
			pass(t, &p, &dir)->suspect = port % 7 == 0;
		}
	}
	assert_int_equal(sk_flow_active(t), 3000);
	sk_flow_end_all(t, SK_FLOW_END_INPUT);
	assert_int_equal(e.cnt, 3000);
	for (size_t i = 1; i < e.cnt; i++)
		assert_true(e.serials[i - 1] < e.serials[i]);
	sk_flow_table_free(t);
}

struct last {
	uint64_t serial;
	unsigned cnt;
};

static void on_end_in_order(void *cx, struct sk_flow *f, enum sk_flow_reason why)
{
	struct last *l = cx;

	assert_true(f->info.serial > l->serial);
	l->serial = f->info.serial;
	l->cnt++;
}

/* More than are sorted at a time; in order, nearly so, and not at all. */
static void many_ends_come_in_order(void **state)
{
	const struct sk_flow_conf conf = { 100000, 65536, NEW_SEC * SEC, ESTABLISHED_SEC * SEC, CLOSED_SEC * SEC, DATAGRAM_SEC * SEC,
		ANSWERED_SEC * SEC, 0 };
	static const uint32_t spread[] = { 1, 40, 1000, 60000 };
	uint64_t x = 88172645463325252u;
	int dir;

	for (unsigned k = 0; k < SK_ARRAY_LEN(spread); k++) {
		struct last l = { 0, 0 };
		struct sk_flow_table *t = sk_flow_table_new(&conf, on_end_in_order, &l);

		assert_non_null(t);
		for (unsigned i = 0; i < 50000; i++) {
			struct sk_packet p = packet("10.0.0.1", 2000 + i, "10.0.0.2", 1999, i % 5 ? 17 : 6, i * 0.00001);

			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			/* no two have the same */
			p.order = ((uint64_t)i + x % spread[k]) << 20 | (i + 1);
			assert_non_null(pass(t, &p, &dir));
		}
		sk_flow_end_all(t, SK_FLOW_END_INPUT);
		assert_int_equal(l.cnt, 50000);
		sk_flow_table_free(t);
	}
}

/* Adds, finds and ends in random order against a plain array: nothing is lost in collisions and removals. */
static void table_agrees_with_a_plain_model(void **state)
{
	enum { PORTS = 30000 };
	struct sk_flow_table *t = table(1000000, NULL);
	struct sk_flow **model = calloc(PORTS, sizeof(*model));
	uint64_t x = 1234567890123u;
	size_t active = 0;
	int dir;

	assert_non_null(model);
	for (unsigned i = 0; i < 300000; i++) {
		struct sk_packet p = packet("10.0.0.1", 0, "10.0.0.2", 40000, 17, i * 1e-6);
		uint64_t hash;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		p.src_port = (uint16_t)(x % PORTS);
		hash = sk_flow_hash(t, &p);
		assert_ptr_equal(sk_flow_find(t, &p, hash, &dir), model[p.src_port]);
		if (!model[p.src_port]) {
			model[p.src_port] = sk_flow_add(t, &p, hash, &dir);
			active++;
		} else if (x >> 40 & 1) {
			sk_flow_end(t, model[p.src_port], SK_FLOW_END_CLOSED);
			model[p.src_port] = NULL;
			active--;
		} else {
			sk_flow_touch(t, model[p.src_port], &p, dir);
		}
		assert_int_equal(sk_flow_active(t), active);
	}
	free(model);
	sk_flow_table_free(t);
}

static void swap_turns_everything(void **state)
{
	struct sk_flow_table *t = table(10, NULL);
	struct sk_packet p = packet("10.0.0.1", 4000, "10.0.0.2", 5000, 6, 0);
	struct sk_packet q = packet("10.0.0.2", 5000, "10.0.0.1", 4000, 6, 0);
	struct sk_flow *f;
	int dir;

	f = pass(t, &p, &dir);
	pass(t, &p, &dir);
	pass(t, &q, &dir);
	sk_flow_swap(t, f);
	assert_int_equal(f->swapped, 1);
	assert_int_equal(f->info.client_port, 5000);
	assert_int_equal(f->info.packets[SK_TO_CLIENT], 2);
	assert_ptr_equal(pass(t, &p, &dir), f);
	assert_int_equal(dir, SK_TO_CLIENT);
	assert_int_equal(f->info.packets[SK_TO_CLIENT], 3);
	assert_int_equal(f->info.packets[SK_TO_SERVER], 1);
	sk_flow_table_free(t);
}

/* Flows hold 20 KB each and may hold 100 KB: the empty one goes first, then the one longest silent, and never the suspect. */
static void full_memory_ends_the_least_valuable(void **state)
{
	struct sk_flow_conf conf = { 1000, 65536, NEW_SEC * SEC, ESTABLISHED_SEC * SEC, CLOSED_SEC * SEC, DATAGRAM_SEC * SEC, ANSWERED_SEC * SEC, 0 };
	struct ended e = { .cnt = 0 };
	struct sk_flow_table *t;
	struct sk_flow *f[6];
	int dir;

	conf.total = (uint64_t)sk_mem_held + 100000;
	t = sk_flow_table_new(&conf, on_end, &e);
	assert_non_null(t);
	for (unsigned i = 0; i < 6; i++) {
		struct sk_packet p = packet("10.0.0.1", 1000 + i, "10.0.0.2", 53, 17, i);

		p.payload = i == 2 ? sk_span(NULL, 0) : sk_span("x", 1);
		f[i] = pass(t, &p, &dir);
		assert_non_null(sk_arena_alloc(&f[i]->arena, 20000));
		if (i == 0)
			f[i]->suspect = 1;
		sk_flow_relieve(t);
	}
	/* five fit no longer: with the fifth the empty one (2) goes, with the sixth the oldest that is no suspect (1) */
	assert_int_equal(e.cnt, 2);
	assert_int_equal(e.serials[0], f[0]->info.serial + 2);
	assert_int_equal(e.serials[1], f[0]->info.serial + 1);
	assert_int_equal(e.why[0], SK_FLOW_END_EVICTED);
	assert_int_equal(sk_flow_counters(t)->evicted_memory, 2);
	assert_int_equal(sk_flow_counters(t)->evicted_suspects, 0);
	sk_flow_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_directions_are_one_flow),
		cmocka_unit_test(other_tuples_are_other_flows),
		cmocka_unit_test(client_is_who_opens),
		cmocka_unit_test(icmp_replies_meet_requests),
		cmocka_unit_test(flows_expire_by_state_in_order),
		cmocka_unit_test(a_packet_keeps_its_flow),
		cmocka_unit_test(sweeping_does_not_change_the_flows),
		cmocka_unit_test(a_busy_flow_holds_up_nobody),
		cmocka_unit_test(time_may_jump),
		cmocka_unit_test(the_worthless_go_first),
		cmocka_unit_test(the_busy_stay),
		cmocka_unit_test(only_suspects_left_still_gives_room),
		cmocka_unit_test(ends_come_in_order_of_first_packets),
		cmocka_unit_test(many_ends_come_in_order),
		cmocka_unit_test(table_agrees_with_a_plain_model),
		cmocka_unit_test(answered_datagrams_go_sooner),
		cmocka_unit_test(swap_turns_everything),
		cmocka_unit_test(full_memory_ends_the_least_valuable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
