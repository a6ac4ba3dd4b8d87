/* tests/fuzz/reassembly/fuzz_stream.c — segments of two streams against a reading of their own, byte by byte.
 *
 * in       byte 0: policy, who goes on; then 4 bytes per packet: side, variant of the bytes and flags; offset (2); length
 * out      aborts when what is passed on differs from the model in a byte, a gap or the end, or when different readings of the
 *          same bytes are not told, or told where there are none
 *
 * The model keeps one cell per byte: who holds it, and which. A piece is a run of neighbouring cells with one owner. Where a new
 * segment and a piece differ in a byte, the policy says by their ends who keeps what both have; holes are filled; what is next
 * goes out and is final.
 *
 * source   Novak and Sturges, Target-Based TCP Stream Reassembly (2007), written down here once more as sentences
 * limits   both sides are seen, nothing is lost, windows are open: what receivers drop is in fuzz_reassembly.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reassembly/tcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROOM 4096u
#define OUT_ROOM (2 * ROOM)
#define PACKETS_MAX 120u			/* fewer than make reassembly/ join small pieces */

struct cell {
	uint8_t byte;
	uint16_t owner;				/* 0: nobody */
};

struct side {
	struct cell cells[ROOM];
	size_t next;				/* all before went out */
	size_t acked;				/* where next was when the other side last spoke */
	bool must_tell, told;			/* two readings of the same bytes differ */
	/* what came out, and what should have: bytes as they are, a lost one as 256, the end as 257 */
	uint16_t got[OUT_ROOM], want[OUT_ROOM];
	size_t got_n, want_n;
	uint64_t off;
};

static struct side sides[2];
static uint16_t owners;
static unsigned told;			/* of both sides: they share what may be told of a flow */

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void on_run(void *cx, struct sk_flow *f, int dir, const struct sk_run *run)
{
	struct side *s = &sides[dir];

	must(run->off == s->off);
	s->off += run->data.p ? run->data.n : run->lost;
	for (size_t i = 0; run->data.p ? i < run->data.n : i < run->lost; i++) {
		must(s->got_n < OUT_ROOM);
		s->got[s->got_n++] = run->data.p ? run->data.p[i] : 256;
	}
	if (run->fin) {
		must(s->got_n < OUT_ROOM);
		s->got[s->got_n++] = 257;
	}
}

static void on_odd(void *cx, struct sk_flow *f, int dir, const struct sk_packet *p, const char *name, struct sk_span bytes,
		   struct sk_span other, uint64_t offset)
{
	if (strcmp(name, "overlap_different_data") == 0) {
		must(bytes.n > 0 && bytes.n == other.n && memcmp(bytes.p, other.p, bytes.n) != 0);
		sides[dir].told = true;
		told++;
	}
}

/* Does the new segment [a, b) take bytes from the piece [c, d)? */
static bool new_keeps(enum sk_policy policy, size_t a, size_t b, size_t c, size_t d)
{
	switch (policy) {
	case SK_POLICY_FIRST:
		return false;
	case SK_POLICY_LAST:
		return true;
	case SK_POLICY_BSD: case SK_POLICY_WINDOWS:
		return a < c;				/* begins before */
	case SK_POLICY_BSD_RIGHT:
		return a >= c;				/* does not begin before */
	case SK_POLICY_LINUX:
		return a < c || (a == c && b > d);	/* begins before, or reaches farther from the same place */
	case SK_POLICY_OLD_LINUX:
		return a < c || (a == c && b >= d);
	case SK_POLICY_SOLARIS:
		return (a <= c && b >= d) || (a > c && b > d);	/* covers all of it, or goes on behind it */
	}
	abort();
}

/* Cells [a, b) of the new segment against the piece that holds cell at; returns the piece's end. */
static size_t settle(struct side *s, enum sk_policy policy, size_t a, size_t b, size_t at, const uint8_t *bytes)
{
	uint16_t owner = s->cells[at].owner;
	size_t c = at, d = at;
	bool differ = false;

	while (c > s->next && s->cells[c - 1].owner == owner)
		c--;
	while (d < ROOM && s->cells[d].owner == owner)
		d++;
	for (size_t i = at; i < b && i < d; i++)
		differ |= s->cells[i].byte != bytes[i - a];
	s->must_tell |= differ;
	for (size_t i = at; differ && i < b && i < d && new_keeps(policy, a, b, c, d); i++)
		s->cells[i].owner = 0;
	return d;
}

static void model_segment(struct side *s, enum sk_policy policy, size_t a, size_t b, const uint8_t *bytes)
{
	bool hole = false;

	/* what went out is kept to compare with until all of it is acknowledged */
	for (; a < b && a < s->next; a++, bytes++)
		s->must_tell |= a >= s->acked && s->cells[a].byte != *bytes;
	if (a >= b)
		return;
	for (size_t i = a; i < b;)
		i = s->cells[i].owner ? settle(s, policy, a, b, i, bytes) : i + 1;
	for (size_t i = a; i < b; i++) {
		if (s->cells[i].owner) {
			hole = false;
			continue;
		}
		owners += !hole;
		hole = true;
		s->cells[i] = (struct cell){ bytes[i - a], owners };
	}
	for (; s->next < ROOM && s->cells[s->next].owner; s->next++)
		s->want[s->want_n++] = s->cells[s->next].byte;
}

/* What is left at the end: holes are gaps. */
static void model_end(struct side *s)
{
	size_t last = s->next;

	for (size_t i = s->next; i < ROOM; i++)
		if (s->cells[i].owner)
			last = i + 1;
	for (; s->next < last; s->next++)
		s->want[s->want_n++] = s->cells[s->next].owner ? s->cells[s->next].byte : 256;
	s->want[s->want_n++] = 257;
}

struct talk {
	struct sk_reassembly *r;
	struct sk_flow f;
	uint32_t isn[2];
	uint64_t number;
};

static void send_packet(struct talk *t, unsigned side, unsigned flags, size_t off, struct sk_span bytes)
{
	struct sk_packet p = { .proto = 6, .ttl = 64, .src.family = 4, .tcp_flags = (uint8_t)flags, .window = 65535 };
	uint8_t ip[20] = { 0x45 };

	p.number = ++t->number;
	p.time_ns = t->number * 1000000;
	p.seq = t->isn[side] + (flags & SK_TCP_SYN ? 0 : 1) + (uint32_t)off;
	p.ack = flags & SK_TCP_ACK ? t->isn[!side] + 1 + (uint32_t)sides[!side].next : 0;
	if (flags & SK_TCP_ACK)
		sides[!side].acked = sides[!side].next;
	p.payload = bytes;
	p.ip = sk_span(ip, sizeof(ip));
	sk_reassembly_packet(t->r, &t->f, (int)side, &p);
}

static void compare(const struct side *s, const char *name)
{
	bool same = s->got_n == s->want_n && memcmp(s->got, s->want, s->got_n * sizeof(s->got[0])) == 0;

	if (!same) {
		size_t i = 0;

		while (i < s->got_n && i < s->want_n && s->got[i] == s->want[i])
			i++;
		fprintf(stderr, "%s: %zu symbols, expected %zu; first difference at %zu: %u, expected %u\n", name, s->got_n, s->want_n, i,
			i < s->got_n ? s->got[i] : 999, i < s->want_n ? s->want[i] : 999);
		abort();
	}
	if (s->must_tell != s->told && (s->told || told < SK_REASSEMBLY_ODDITY_MAX)) {
		fprintf(stderr, "%s: different readings: %d, told: %d\n", name, s->must_tell, s->told);
		abort();
	}
}

static void take(struct talk *t, enum sk_policy policy, const uint8_t *b)
{
	unsigned side = b[0] & 1, variant = b[0] >> 1 & 3;
	size_t off = ((size_t)b[1] << 8 | b[2]) % (ROOM - 256), n = b[3];
	uint8_t *bytes;

	/* mostly near what is next, so that streams grow */
	if (b[0] & 8)
		off = sides[side].next > 32 ? sides[side].next - 32 + b[2] % 96 : b[2] % 96;
	off = SK_MIN(off, (size_t)ROOM);
	n = SK_MIN(n, ROOM - off);
	bytes = malloc(n ? n : 1);
	if (!bytes)
		return;
	for (size_t i = 0; i < n; i++)		/* variant 3 differs from 0 here and there only */
		bytes[i] = (uint8_t)((off + i) * 7 + (variant == 3 ? (off + i) % 5 == 0 : variant * 85));
	send_packet(t, side, SK_TCP_ACK | SK_TCP_PSH, off, sk_span(bytes, n));
	model_segment(&sides[side], policy, off, off + n, bytes);
	free(bytes);
	if (b[0] & 16)
		send_packet(t, !side, SK_TCP_ACK, sides[!side].next, sk_span("", 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_policies policies = { NULL, 0, SK_POLICY_BSD };
	struct sk_reassembly_conf conf = { 1 << 20, 1 << 22, &policies, true, false };
	struct talk t = { .f = { .info.proto = 6 }, .isn = { 0xffffffff - 700, 5000 } };
	size_t packets = 0;

	if (size < 1)
		return 0;
	memset(sides, 0, sizeof(sides));
	owners = 0;
	told = 0;
	policies.preset = (enum sk_policy)(data[0] & 7);
	t.isn[1] = data[0] & 8 ? 0x7fffff80 : 5000;
	t.r = sk_reassembly_new(&conf, on_run, on_odd, &t);
	if (!t.r)
		return 0;
	send_packet(&t, 0, SK_TCP_SYN, 0, sk_span("", 0));
	send_packet(&t, 1, SK_TCP_SYN | SK_TCP_ACK, 0, sk_span("", 0));
	send_packet(&t, 0, SK_TCP_ACK, 0, sk_span("", 0));
	for (size_t at = 1; at + 4 <= size && packets++ < PACKETS_MAX; at += 4)
		take(&t, policies.preset, data + at);
	sk_reassembly_flow_end(t.r, &t.f, t.number * 1000000);
	sk_reassembly_free(t.r);
	for (unsigned i = 0; i < 2; i++) {
		model_end(&sides[i]);
		compare(&sides[i], i ? "server" : "client");
	}
	return 0;
}
