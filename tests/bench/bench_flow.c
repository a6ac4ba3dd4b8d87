/* tests/bench/bench_flow.c — what the flow table and reassembly cost, without capture, decode and what follows.
 *
 * out      one line per measurement: ns per packet, or bytes of resident memory
 * limits   one thread, one table, generated packets; processor time, the best of five rounds
 *
 *	make tests/bench/bench_flow && tests/bench/bench_flow
 *	tests/bench/bench_flow 10000000		so many half-open connections at a time, and nothing else
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "flow/flow.h"
#include "reassembly/tcp.h"

#define SEC UINT64_C(1000000000)
#define ROUNDS 5

static const struct sk_flow_conf conf = { 20000000, 65536, 30 * SEC, 600 * SEC, 10 * SEC, 60 * SEC, 5 * SEC, 0 };

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * SEC + (uint64_t)t.tv_nsec;
}

static size_t resident(void)
{
	size_t total = 0, pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f && fscanf(f, "%zu %zu", &total, &pages) != 2)
		pages = 0;
	if (f)
		fclose(f);
	return pages * 4096;
}

static uint64_t rng = 88172645463325252u;

static uint64_t draw(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng;
}

static struct sk_packet flow_packet(uint32_t i, uint8_t proto, uint64_t order)
{
	struct sk_packet p = { .proto = proto, .wire_len = 100, .dst_port = 53, .src.family = 4, .dst.family = 4, .payload = { NULL, 40 } };

	p.src.b[0] = 10;
	memcpy(p.src.b + 1, &i, 3);
	p.src_port = (uint16_t)(1024 + (i >> 24) + i % 60000);
	p.dst.b[0] = 192;
	p.order = order;
	p.time_ns = SEC + order * 1000;
	return p;
}

#define BATCH 1024u
#define BURST 32u

enum how { FIND, TOUCH, FIND_FETCHED, TOUCH_FETCHED };

static void find_burst(struct sk_flow_table *t, const struct sk_packet *p, enum how how)
{
	const bool prefetch = how >= FIND_FETCHED, touch = how == TOUCH || how == TOUCH_FETCHED;
	uint64_t hash[BURST];
	int dir;

	for (unsigned i = 0; i < BURST; i++) {
		hash[i] = sk_flow_hash(t, &p[i]);
		if (prefetch)
			sk_flow_prefetch(t, hash[i]);
	}
	for (unsigned i = 0; i < BURST && prefetch; i++)
		sk_flow_prefetch_flow(t, hash[i]);
	for (unsigned i = 0; i < BURST; i++) {
		struct sk_flow *f = sk_flow_find(t, &p[i], hash[i], &dir);

		if (!f)
			abort();
		if (touch)
			sk_flow_touch(t, f, &p[i], dir);
	}
}

/* Packets of flows drawn at random. */
static void look_up(struct sk_flow_table *t, uint32_t flows, uint8_t proto, enum how how)
{
	static struct sk_packet p[BATCH];
	uint64_t order = flows, best = UINT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t took = 0, from;

		for (uint32_t n = 0; n < 1000; n++) {
			for (unsigned i = 0; i < BATCH; i++)
				p[i] = flow_packet((uint32_t)(draw() % flows), proto, ++order);
			from = now_ns();
			for (unsigned i = 0; i < BATCH; i += BURST)
				find_burst(t, p + i, how);
			took += now_ns() - from;
		}
		best = took < best ? took : best;
	}
	printf("flow: hash%s, %u flows at random%s: %.0f ns\n", how == TOUCH || how == TOUCH_FETCHED ? ", find and touch" : " and find", flows,
	       how >= FIND_FETCHED ? ", bursts of 32 prefetched" : "", (double)best / (1000 * BATCH));
}

static void lookups(uint32_t flows, enum how how)
{
	struct sk_flow_table *t = sk_flow_table_new(&conf, NULL, NULL);
	int dir;

	for (uint32_t i = 0; i < flows; i++) {
		struct sk_packet p = flow_packet(i, 17, i);

		if (!sk_flow_add(t, &p, sk_flow_hash(t, &p), &dir))
			abort();
	}
	look_up(t, flows, 17, how);
	sk_flow_table_free(t);
}

static void no_run(void *cx, struct sk_flow *f, int dir, const struct sk_run *run)
{
}

static void on_end(void *cx, struct sk_flow *f, enum sk_flow_reason why)
{
	sk_reassembly_flow_end(cx, f, 0);
}

/* A SYN each, answered or not. */
static void half_open(uint32_t flows, bool answered)
{
	struct sk_reassembly_conf tcp = { 2 << 20, 64 << 20, NULL, true, true };
	size_t before = resident();
	struct sk_reassembly *r = sk_reassembly_new(&tcp, no_run, NULL, NULL);
	struct sk_flow_table *t = sk_flow_table_new(&conf, on_end, r);
	uint64_t from = now_ns(), added, ended;
	int dir;

	for (uint32_t i = 0; i < flows; i++) {
		struct sk_packet p = flow_packet(i, 6, i);
		uint64_t hash = sk_flow_hash(t, &p);
		struct sk_flow *f;

		p.tcp_flags = SK_TCP_SYN;
		p.payload.n = 0;
		f = sk_flow_find(t, &p, hash, &dir);
		if (!f)
			f = sk_flow_add(t, &p, hash, &dir);
		sk_flow_touch(t, f, &p, dir);
		sk_reassembly_packet(r, f, dir, &p);
		if (!answered)
			continue;
		p.tcp_flags = SK_TCP_SYN | SK_TCP_ACK;
		p.ack = 1;
		sk_flow_touch(t, f, &p, !dir);
		sk_reassembly_packet(r, f, !dir, &p);
	}
	added = now_ns();
	printf("half-open: %u connections%s: %.0f ns and %.0f bytes each, %.0f MiB in all\n", flows, answered ? ", answered" : "",
	       (double)(added - from) / flows, (double)(resident() - before) / flows, (double)(resident() - before) / (1 << 20));
	for (enum how how = FIND; how <= TOUCH_FETCHED; how++)
		look_up(t, flows, 6, how);
	added = now_ns();
	sk_flow_end_all(t, SK_FLOW_END_INPUT);
	ended = now_ns();
	printf("half-open: their end, sorted: %.0f ns each\n", (double)(ended - added) / flows);
	sk_flow_table_free(t);
	sk_reassembly_free(r);
}

static void short_flows(uint32_t flows)
{
	size_t before = resident();
	struct sk_flow_table *t = sk_flow_table_new(&conf, NULL, NULL);
	uint64_t from = now_ns(), added, expired;
	int dir;

	for (uint32_t i = 0; i < flows; i++) {
		struct sk_packet p = flow_packet(i, 17, i);
		uint64_t hash = sk_flow_hash(t, &p);
		struct sk_flow *f = sk_flow_find(t, &p, hash, &dir);

		if (!f)
			f = sk_flow_add(t, &p, hash, &dir);
		sk_flow_touch(t, f, &p, dir);
	}
	added = now_ns();
	printf("flow: %u new flows: %.0f ns and %.0f bytes each, %.0f MB\n", flows, (double)(added - from) / flows,
	       (double)(resident() - before) / flows, (double)(resident() - before) / 1e6);
	sk_flow_expire(t, 1000 * SEC);
	expired = now_ns();
	printf("flow: %u flows expire, sorted: %.0f ns each\n", flows, (double)(expired - added) / flows);
	sk_flow_table_free(t);
}

static uint64_t bytes;

static void on_run(void *cx, struct sk_flow *f, int dir, const struct sk_run *run)
{
	bytes += run->data.n;
}

/* backwards: each byte in a segment of its own, last one first. */
static void segments(size_t len, uint32_t cnt, bool acked, bool backwards, const char *what)
{
	struct sk_reassembly_conf how = { 2 << 20, 64 << 20, NULL, true, true };
	static uint8_t payload[65536];
	uint64_t best = UINT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		struct sk_reassembly *r = sk_reassembly_new(&how, on_run, NULL, NULL);
		struct sk_flow f = { .info.proto = 6 };
		struct sk_packet c = { .tcp_flags = SK_TCP_SYN, .window = 65535, .ttl = 64 }, s = c;
		uint64_t from;

		c.flags = s.flags = SK_PACKET_HAS_WSCALE;
		c.wscale = s.wscale = 14;
		sk_reassembly_packet(r, &f, 0, &c);
		s.tcp_flags = SK_TCP_SYN | SK_TCP_ACK;
		s.ack = c.seq = 1;
		sk_reassembly_packet(r, &f, 1, &s);
		c.tcp_flags = s.tcp_flags = SK_TCP_ACK;
		c.ack = s.seq = 1;
		sk_reassembly_packet(r, &f, 0, &c);
		sk_reassembly_packet(r, &f, 1, &s);
		c.payload = sk_span(payload, len);
		bytes = 0;
		from = now_ns();
		for (uint32_t i = 0; i < cnt; i++) {
			c.number++;
			c.time_ns += 1000;
			c.seq = 1 + (uint32_t)len * (backwards ? cnt - 1 - i : i);
			sk_reassembly_packet(r, &f, 0, &c);
			if (acked && i % 2) {
				s.time_ns = c.time_ns;
				s.ack = c.seq + (uint32_t)len;
				sk_reassembly_packet(r, &f, 1, &s);
			}
		}
		from = now_ns() - from;
		best = from < best ? from : best;
		if (bytes != (uint64_t)len * cnt)
			abort();
		if (round == 0 && backwards)
			printf("reassembly: %s: %.1f MB waiting at most\n", what, (double)sk_reassembly_counters(r)->waiting_max / 1e6);
		sk_reassembly_flow_end(r, &f, 0);
		sk_reassembly_free(r);
	}
	printf("reassembly: %s: %.0f ns per segment\n", what, (double)best / cnt);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		half_open((uint32_t)strtoul(argv[1], NULL, 10), false);
		half_open((uint32_t)strtoul(argv[1], NULL, 10), true);
		return 0;
	}
	short_flows(600000);
	lookups(1000, TOUCH);
	lookups(1000000, TOUCH);
	lookups(1000000, TOUCH_FETCHED);
	half_open(1000000, false);
	segments(1448, 200000, true, false, "1448 bytes in order, an ACK for every second (cost included)");
	segments(1448, 200000, false, false, "1448 bytes in order, no ACK");
	segments(100, 200000, false, false, "100 bytes in order, no ACK");
	segments(1, 1 << 20, false, true, "1 MiB in single bytes, last one first");
	return 0;
}
