/* tests/bench/bench_flow.c — what the flow table and reassembly cost, without capture, decode and what follows.
 *
 * out      one line per measurement: ns per packet, or bytes of resident memory
 * limits   one thread, one table, generated packets; processor time, the best of five rounds
 *
 *	make tests/bench/bench_flow && tests/bench/bench_flow
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "flow/flow.h"
#include "reassembly/tcp.h"

#define SEC UINT64_C(1000000000)
#define ROUNDS 5

static const struct sk_flow_conf conf = { 2000000, 65536, 30 * SEC, 600 * SEC, 10 * SEC, 60 * SEC, 5 * SEC, 0 };

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

static struct sk_packet flow_packet(uint32_t i, uint64_t order)
{
	struct sk_packet p = { .proto = 17, .wire_len = 100, .dst_port = 53, .src.family = 4, .dst.family = 4, .payload = { NULL, 40 } };

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

static void find_burst(struct sk_flow_table *t, const struct sk_packet *p, bool prefetch)
{
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
		sk_flow_touch(t, f, &p[i], dir);
	}
}

static void lookups(uint32_t flows, bool prefetch)
{
	struct sk_flow_table *t = sk_flow_table_new(&conf, NULL, NULL);
	static struct sk_packet p[BATCH];
	uint64_t order = 0, best = UINT64_MAX, hash;
	int dir;

	for (uint32_t i = 0; i < flows; i++) {
		p[0] = flow_packet(i, ++order);
		hash = sk_flow_hash(t, &p[0]);
		if (!sk_flow_add(t, &p[0], hash, &dir))
			abort();
	}
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t took = 0, from;

		for (uint32_t n = 0; n < 1000; n++) {
			for (unsigned i = 0; i < BATCH; i++)
				p[i] = flow_packet((uint32_t)(draw() % flows), ++order);
			from = now_ns();
			for (unsigned i = 0; i < BATCH; i += BURST)
				find_burst(t, p + i, prefetch);
			took += now_ns() - from;
		}
		best = took < best ? took : best;
	}
	printf("flow: hash, find and touch, %u flows at random%s: %.0f ns\n", flows, prefetch ? ", bursts of 32 prefetched" : "",
	       (double)best / (1000 * BATCH));
	sk_flow_table_free(t);
}

static void short_flows(uint32_t flows)
{
	size_t before = resident();
	struct sk_flow_table *t = sk_flow_table_new(&conf, NULL, NULL);
	uint64_t from = now_ns(), added, expired;
	int dir;

	for (uint32_t i = 0; i < flows; i++) {
		struct sk_packet p = flow_packet(i, i);
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

int main(void)
{
	short_flows(600000);
	lookups(1000, false);
	lookups(1000000, false);
	lookups(1000000, true);
	segments(1448, 200000, true, false, "1448 bytes in order, an ACK for every second (cost included)");
	segments(1448, 200000, false, false, "1448 bytes in order, no ACK");
	segments(100, 200000, false, false, "100 bytes in order, no ACK");
	segments(1, 1 << 20, false, true, "1 MiB in single bytes, last one first");
	return 0;
}
