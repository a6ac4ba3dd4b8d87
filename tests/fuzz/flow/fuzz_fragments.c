/* tests/fuzz/flow/fuzz_fragments.c — fragments of one datagram against a reading of their own, unit by unit.
 *
 * in       byte 0: policy, IPv6; then 4 bytes per fragment: variant of the bytes, last; offset in units (2); length
 * out      aborts when a datagram comes out that the model has not completed, does not come out that it has, or differs in a
 *          byte; when different bytes are not told, or told where there are none
 *
 * The model has a cell per unit of eight bytes that knows begin and end of the fragment that brought it.
 *
 * source   RFC 791 3.2, RFC 8200 4.5, RFC 5722; Novak, Target-Based Fragmentation Reassembly (2005), written down here once
 *          more as sentences
 * limits   one datagram at a time; caps and damage are in fuzz_defrag.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/defrag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define UNITS 600u
#define HEADER_MAX 48u

struct unit {
	bool held;
	uint32_t begin, end;			/* of the fragment it is from */
	uint8_t bytes[8];
};

struct model {
	enum sk_policy policy;
	bool ipv6;
	struct unit units[UNITS];
	uint32_t total, farthest;		/* total 0: the last fragment has not come */
	bool discarded;
};

static bool told;

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void on_oddity(void *cx, const struct sk_packet *p, const char *name, struct sk_span bytes, struct sk_span other, uint64_t off)
{
	if (strcmp(name, "fragment_overlap") != 0 && strcmp(name, "ipv6_fragment_overlap") != 0)
		return;
	told = true;
	must(other.n == 0 || (other.n == bytes.n && memcmp(bytes.p, other.p, other.n) != 0));
}

static bool new_keeps(const struct model *m, const struct unit *u, uint32_t begin, uint32_t end)
{
	switch (m->policy) {
	case SK_POLICY_FIRST:
		return false;
	case SK_POLICY_LAST:
		return true;
	case SK_POLICY_BSD:
		return begin < u->begin;
	case SK_POLICY_BSD_RIGHT:
		return begin >= u->begin;
	case SK_POLICY_LINUX: case SK_POLICY_OLD_LINUX:
		return begin <= u->begin;
	case SK_POLICY_WINDOWS:
		return begin < u->begin && end > u->end;
	case SK_POLICY_SOLARIS:
		return begin < u->begin && end >= u->end;
	}
	abort();
}

enum verdict { TAKEN, REFUSED };

/* Overlaps: 1 goes on, 0 the fragment goes. *tell: it must be told. */
static bool overlap_allowed(struct model *m, uint32_t begin, uint32_t end, const uint8_t *bytes, bool *tell)
{
	uint32_t held = 0, units = 0, differ = 0, twins = 0;

	for (uint32_t at = begin; at < end; at += 8, units++) {
		const struct unit *u = &m->units[at / 8];

		if (!u->held)
			continue;
		held++;
		twins += u->begin == begin && u->end == end;
		differ += memcmp(u->bytes, bytes + (at - begin), end - at < 8 ? end - at : 8) != 0;
	}
	*tell = m->ipv6 ? held && (twins < units || differ) : differ;
	if (!m->ipv6 || !*tell)
		return true;
	if (held < units || m->policy != SK_POLICY_LINUX)
		m->discarded = true;
	return false;
}

static enum verdict model_take(struct model *m, uint32_t begin, uint32_t len, bool more, const uint8_t *bytes, bool *tell)
{
	uint32_t end = begin + len;

	*tell = false;
	if (m->discarded)
		return REFUSED;
	if (more && len % 8) {			/* Linux takes the whole units */
		if (m->ipv6 || (m->policy != SK_POLICY_LINUX && m->policy != SK_POLICY_OLD_LINUX))
			return REFUSED;
		end -= len % 8;
	}
	if (end == begin || !overlap_allowed(m, begin, end, bytes, tell))
		return REFUSED;
	if (more ? m->total && end > m->total : m->total ? end != m->total : end < m->farthest)
		return REFUSED;			/* the ends do not agree */
	for (uint32_t at = begin; at < end; at += 8) {
		struct unit *u = &m->units[at / 8];

		if (u->held && !new_keeps(m, u, begin, end))
			continue;
		u->held = true;
		u->begin = begin;
		u->end = end;
		memcpy(u->bytes, bytes + (at - begin), end - at < 8 ? end - at : 8);
	}
	m->farthest = SK_MAX(m->farthest, end);
	if (!more)
		m->total = end;
	return TAKEN;
}

static bool model_complete(const struct model *m)
{
	for (uint32_t at = 0; at < m->total; at += 8)
		if (!m->units[at / 8].held)
			return false;
	return m->total > 0;
}

static struct sk_packet make(const struct model *m, uint8_t *frame, uint32_t begin, uint32_t len, bool more)
{
	uint16_t header = m->ipv6 ? HEADER_MAX : 20;
	struct sk_packet p = { .time_ns = 1, .src.family = m->ipv6 ? 6 : 4, .dst.family = m->ipv6 ? 6 : 4, .frag_id = 7,
		.frag_proto = 17, .proto = 17, .frag_off = begin, .frag_more = more, .flags = SK_PACKET_FRAGMENT,
		.ip_header_len = header, .ip_next_off = m->ipv6 ? 40 : 9 };

	frame[0] = m->ipv6 ? 0x60 : 0x45;
	p.ip = sk_span(frame, header + len);
	p.payload = sk_span(frame + header, len);
	return p;
}

static void compare(const struct model *m, struct sk_span ip)
{
	size_t header = m->ipv6 ? HEADER_MAX : 20;

	must(ip.n == header + m->total);
	for (uint32_t at = 0; at < m->total; at++)
		must(ip.p[header + at] == m->units[at / 8].bytes[at % 8]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t frame[HEADER_MAX + 256];
	static struct model m;
	struct sk_policies policies = { NULL, 0, SK_POLICY_BSD };
	struct sk_defrag *d;

	if (size < 1)
		return 0;
	memset(&m, 0, sizeof(m));
	m.policy = policies.preset = (enum sk_policy)(data[0] & 7);
	m.ipv6 = data[0] & 8;
	d = sk_defrag_new(1 << 20, UINT64_C(30000000000), &policies, on_oddity, NULL);
	for (size_t at = 1; d && at + 4 <= size; at += 4) {
		const uint8_t *b = data + at;
		uint32_t begin = ((uint32_t)b[1] << 8 | b[2]) % (b[0] & 16 ? 8 : 500) * 8, len = b[0] & 8 ? b[3] : b[3] % 4 * 8u;
		uint8_t *bytes = frame + (m.ipv6 ? HEADER_MAX : 20);
		bool more = !(b[0] & 4), tell;
		struct sk_packet p = make(&m, frame, begin, len, more);
		struct sk_span ip;
		int rc;

		for (uint32_t i = 0; i < len; i++)	/* variant 3 differs from 0 in one byte of five only */
			bytes[i] = (uint8_t)((begin + i) * 7 + ((b[0] & 3) == 3 ? (begin + i) % 5 == 0 : (b[0] & 3) * 85u));
		told = false;
		model_take(&m, begin, len, more, bytes, &tell);
		rc = sk_defrag_push(d, &p, &ip);
		if (told != tell) {
			fprintf(stderr, "fragment %zu: told %d, expected %d\n", at / 4 + 1, told, tell);
			abort();
		}
		must(rc == (m.discarded ? 0 : model_complete(&m)));
		if (rc == 1) {
			compare(&m, ip);
			memset(m.units, 0, sizeof(m.units));
			m.total = m.farthest = 0;
		}
	}
	sk_defrag_free(d);
	return 0;
}
