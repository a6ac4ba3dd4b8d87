/* tests/fuzz/flow/fuzz_defrag.c — sequences of fragments. Six bytes each: flags (IPv6, last, seconds that pass), id and protocol,
 * offset in units (2), length (2); the bytes are made. The first two bytes of the input choose policy and cap. */
#include <stdlib.h>

#include "base/rd.h"
#include "flow/defrag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_oddity(void *cx, const struct sk_packet *p, const char *name, struct sk_span bytes, struct sk_span other, uint64_t off)
{
	volatile uint8_t *sink = cx;

	if (!p || !name)
		abort();
	if (bytes.n)
		*sink = bytes.p[bytes.n - 1];
	if (other.n)
		*sink = other.p[other.n - 1];
}

/* Header and bytes of the fragment into frame; *p as decode/ would have it. */
static void make_fragment(struct sk_rd *r, uint8_t *frame, struct sk_packet *p, uint64_t *now)
{
	unsigned flags = sk_rd_u8(r), id = sk_rd_u8(r), off = sk_rd_u16be(r), len = sk_rd_u16be(r) & 0x7ff;
	unsigned header_len = flags & 1 ? 48 : 20;

	*now += (flags >> 4) * UINT64_C(1000000000);
	memset(p, 0, sizeof(*p));
	memset(frame, (int)(id ^ off ^ flags), header_len + len);
	frame[0] = flags & 1 ? 0x60 : 0x45;
	p->time_ns = *now;
	p->src.family = p->dst.family = flags & 1 ? 6 : 4;
	p->frag_id = id & 3;
	p->frag_proto = p->proto = id & 4 ? 6 : 17;
	p->frag_off = (off & 0x1fff) * 8;
	p->frag_more = !(flags & 2);
	p->flags = SK_PACKET_FRAGMENT | (id & 8 && id & 16 ? SK_PACKET_CUT : 0);
	p->ip_header_len = (uint16_t)header_len;
	p->ip_next_off = flags & 1 ? 40 : 9;
	p->ip = sk_span(frame, header_len + len);
	p->payload = sk_span(frame + header_len, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t frame[48 + 2048];
	struct sk_policies policies = { NULL, 0, SK_POLICY_BSD };
	struct sk_rd r = sk_rd(sk_span(data, size));
	volatile uint8_t sink = 0;
	uint64_t now = 1, cap;
	struct sk_defrag *d;
	struct sk_packet p;
	struct sk_span ip;

	policies.preset = (enum sk_policy)(sk_rd_u8(&r) % 8);
	cap = 4096 + sk_rd_u8(&r) * UINT64_C(2048);
	d = sk_defrag_new(cap, UINT64_C(30000000000), &policies, on_oddity, (void *)(uintptr_t)&sink);
	while (d && sk_rd_left(&r) >= 6) {
		make_fragment(&r, frame, &p, &now);
		if (sk_defrag_push(d, &p, &ip)) {
			size_t say = p.src.family == 4 ? (size_t)ip.p[2] << 8 | ip.p[3] : ((size_t)ip.p[4] << 8 | ip.p[5]) + 40;

			if (ip.n != say || ip.n < p.ip_header_len)
				abort();
			sink = ip.p[ip.n - 1];
		}
		if (sk_defrag_used(d) > cap)
			abort();
	}
	sk_defrag_free(d);
	return 0;
}
