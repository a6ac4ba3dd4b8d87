/* tests/fuzz/reassembly/fuzz_reassembly.c — bytes to a conversation: settings, then packets of 8 bytes each.
 *
 * in       byte 0: policy, midstream, small limits, stop; then per packet: who and which flags, place of seq and ack against
 *          what is plausible, length, window, options
 * out      aborts when a run does not follow the one before, comes after the end, or when more waits than is allowed
 */
#include <stdlib.h>

#include "reassembly/tcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct check {
	struct sk_reassembly *r;
	uint64_t off[2];
	unsigned fins[2];
	uint64_t runs, stop_at;
	bool stopped;
};

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void on_run(void *cx, struct sk_flow *f, int dir, const struct sk_run *run)
{
	struct check *c = cx;
	volatile uint8_t sum = 0;

	if (run->reading) {			/* another one of bytes that are told, or will be */
		must(run->data.p && !run->fin && !run->lost);
		return;
	}
	must(!c->stopped && run->off == c->off[dir] && c->fins[dir] == 0);
	must(run->data.p ? run->lost == 0 : run->lost > 0 && run->data.n == 0);
	for (size_t i = 0; i < run->data.n; i++)
		sum = (uint8_t)(sum + run->data.p[i]);
	c->off[dir] += run->data.n + run->lost;
	c->fins[dir] += run->fin;
	if (++c->runs == c->stop_at) {
		c->stopped = true;
		sk_reassembly_stop(c->r, f);
	}
}

static void on_odd(void *cx, struct sk_flow *f, int dir, const struct sk_packet *p, const char *name, struct sk_span bytes,
		   struct sk_span other, uint64_t offset)
{
	volatile uint8_t sum = 0;

	must(p && name && !((struct check *)cx)->stopped);
	for (size_t i = 0; i < bytes.n; i++)
		sum = (uint8_t)(sum + bytes.p[i]);
	for (size_t i = 0; i < other.n; i++)
		sum = (uint8_t)(sum + other.p[i]);
}

/* Distances that matter: nearby mostly, sometimes about a window or half the numbers away. */
static uint32_t distance(uint8_t b)
{
	static const uint32_t far[] = { 0, 1, 0xffffffff, 1000, 65535, 65536, 200000, 0x7fffffff, 0x80000000, 0x80000001, 4096, 4095, 1 << 20,
					(uint32_t)-1000, (uint32_t)-65536, 30 };

	return b < 0xe0 ? (uint32_t)(int32_t)(int8_t)(b - 0x60) : far[b & 15];
}

static const uint8_t flag_sets[16] = {
	SK_TCP_ACK, SK_TCP_ACK, SK_TCP_ACK, SK_TCP_ACK | SK_TCP_PSH, SK_TCP_ACK | SK_TCP_URG, SK_TCP_ACK | SK_TCP_FIN,
	SK_TCP_SYN, SK_TCP_SYN | SK_TCP_ACK, SK_TCP_RST, SK_TCP_RST | SK_TCP_ACK, 0, SK_TCP_FIN, SK_TCP_SYN | SK_TCP_FIN,
	SK_TCP_ACK, SK_TCP_ACK, SK_TCP_URG | SK_TCP_ACK | SK_TCP_FIN
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_policies policies = { NULL, 0, SK_POLICY_BSD };
	struct sk_reassembly_conf conf = { 1 << 20, 1 << 22, &policies, true, true };
	struct check c = { 0 };
	struct sk_flow f = { .info.proto = 6 };
	uint32_t base[2] = { 0xffffff80, 5000 }, top[2] = { 0xffffff81, 5001 };
	uint64_t number = 0, now = 1000000000;
	uint8_t ip[20] = { 0x45 };

	if (size < 1)
		return 0;
	policies.preset = (enum sk_policy)(data[0] & 7);
	conf.midstream = data[0] & 8;
	if (data[0] & 16) {
		conf.max_bytes = 300;
		conf.max_total = 1000;
	}
	c.stop_at = data[0] & 32 ? 5 : 0;
	c.r = sk_reassembly_new(&conf, on_run, on_odd, &c);
	if (!c.r)
		return 0;
	for (size_t at = 1; at + 8 <= size; at += 8) {
		const uint8_t *b = data + at;
		unsigned side = b[0] & 1;
		struct sk_packet p = { .proto = 6, .ttl = b[7] & 32 ? 4 : 64, .src.family = 4 };
		size_t n = b[3] & 0x80 ? 0 : SK_MIN((size_t)b[3], size - at);
		uint8_t *payload = malloc(n ? n : 1);

		if (!payload)
			break;
		memcpy(payload, data + at, n);
		now += (uint64_t)b[4] * 1000000;
		p.time_ns = now;
		p.number = ++number;
		p.tcp_flags = flag_sets[b[0] >> 4];
		p.seq = (p.tcp_flags & SK_TCP_SYN ? base[side] : top[side]) + distance(b[1]);
		p.ack = top[!side] + distance(b[2]);
		p.window = (uint16_t)(b[4] << 6);
		p.urgent = b[5] & 15;
		p.payload = sk_span(payload, n);
		p.ip = sk_span(ip, sizeof(ip));
		if (b[6] & 1) {
			p.flags |= SK_PACKET_HAS_TIMESTAMP;
			p.ts_val = 1000 + b[5];
			p.ts_ecr = 1000 + (b[5] >> 4);
		}
		if (b[6] & 2 && p.tcp_flags & SK_TCP_SYN) {
			p.flags |= SK_PACKET_HAS_WSCALE;
			p.wscale = b[5];
		}
		if (b[6] & 4) {
			p.flags |= SK_PACKET_CUT;
			ip[3] = (uint8_t)(20 + (b[5] & 127));
		}
		if (b[6] == 0xff)
			p.flags |= SK_PACKET_BAD_CHECKSUM;
		if (!sk_reassembly_is_reuse(&f, &p, (int)side))
			sk_reassembly_packet(c.r, &f, (int)side, &p);
		if (n && (int32_t)(p.seq + (uint32_t)n - top[side]) > 0 && (int32_t)(p.seq + (uint32_t)n - top[side]) < 1000)
			top[side] = p.seq + (uint32_t)n;
		free(payload);
		must(f.state <= SK_FLOW_RESET);
		must(sk_reassembly_counters(c.r)->waiting_max <= conf.max_total + 4096);
	}
	sk_reassembly_flow_end(c.r, &f, now);
	must(!f.tcp);
	sk_reassembly_free(c.r);
	return 0;
}
