/* tests/unit/flow/t_defrag.c — fragments of both IP versions: order, overlaps by policy, lies, limits. */
#include "unit.h"

#include <stdlib.h>

#include "base/err.h"
#include "decode/decode.h"
#include "flow/defrag.h"
#include "packet.h"

#define A4 "10.1.0.1"
#define B4 "10.1.0.2"
#define A6 "2001:db8::1"
#define B6 "2001:db8::2"
#define SECOND UINT64_C(1000000000)

static struct pk pk;
static struct sk_decode decode;
static uint64_t now = 1000 * SECOND;

/* Oddities told. */
static struct {
	unsigned cnt;
	const char *name;
	char bytes[128], other[128];
	uint64_t off;
} told;

static void copy_text(char *to, struct sk_span s)
{
	size_t n = s.n < 127 ? s.n : 127;

	if (n)
		memcpy(to, s.p, n);
	to[n] = 0;
}

static void on_oddity(void *cx, const struct sk_packet *p, const char *name, struct sk_span bytes, struct sk_span other, uint64_t off)
{
	assert_ptr_equal(cx, &told);
	assert_non_null(p);
	told.cnt++;
	told.name = name;
	copy_text(told.bytes, bytes);
	copy_text(told.other, other);
	told.off = off;
}

static struct sk_defrag *make(enum sk_policy policy, uint64_t cap)
{
	static struct sk_policies policies;

	policies.preset = policy;
	memset(&told, 0, sizeof(told));
	sk_decode_init(&decode, SK_CHECKSUMS_ALL);
	return sk_defrag_new(cap, 30 * SECOND, &policies, on_oddity, &told);
}

static int push_pk(struct sk_defrag *d, struct sk_span *ip)
{
	struct sk_raw raw = pk_raw(&pk, 1, now);
	struct sk_packet p;

	assert_int_equal(sk_decode(&decode, &raw, &p), 0);
	assert_true(p.flags & SK_PACKET_FRAGMENT);
	return sk_defrag_push(d, &p, ip);
}

static int push4(struct sk_defrag *d, unsigned proto, unsigned id, unsigned off, bool more, const void *bytes, size_t n, struct sk_span *ip)
{
	pk_begin(&pk, bytes, n);
	pk_ipv4_fragment(&pk, A4, B4, proto, id, off, more);
	pk_eth(&pk, 0x0800);
	return push_pk(d, ip);
}

static int push6(struct sk_defrag *d, unsigned next, uint32_t id, unsigned off, bool more, const void *bytes, size_t n, struct sk_span *ip)
{
	pk_begin(&pk, bytes, n);
	pk_ipv6_fragment(&pk, next, id, off, more);
	pk_ipv6_extension(&pk, 44);
	pk_ipv6(&pk, A6, B6, 60);
	pk_eth(&pk, 0x86dd);
	return push_pk(d, ip);
}

/* n times 8 of a letter. */
static const char *letters(char c, size_t n)
{
	static char b[512];

	memset(b, c, n);
	return b;
}

/* A TCP segment of 20 + 80 bytes, cut into 24, 32, 40 and 4: whole again in whatever order they come. */
static void any_order(void **state)
{
	static const uint8_t offs[] = { 0, 24, 56, 96 }, lens[] = { 24, 32, 40, 4 };

	for (int six = 0; six < 2; six++) {
		for (unsigned order = 0; order < 256; order++) {
			unsigned pick[4] = { order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6 & 3 }, seen = 0;
			uint8_t segment[100];
			struct sk_defrag *d;
			struct sk_packet p, like = { .time_ns = 5 };
			struct sk_span ip;

			for (int i = 0; i < 4; i++)
				seen |= 1u << pick[i];
			if (seen != 15)
				continue;
			d = make(SK_POLICY_FIRST, 1 << 20);
			pk_begin(&pk, letters('x', 80), 80);
			pk_tcp(&pk, 40000, 80, 1, 2, 0x18);
			if (six)
				pk_ipv6_checksum(&pk, A6, B6, 6);
			else
				pk_transport_checksum(&pk, 6, (const uint8_t[4]){ 10, 1, 0, 1 }, (const uint8_t[4]){ 10, 1, 0, 2 }, 4);
			memcpy(segment, pk_span(&pk).p, 100);
			for (int i = 0; i < 4; i++) {
				unsigned k = pick[i];
				/* Later fragments of IPv6 may name any next header: the first one's counts. */
				int rc = six ? push6(d, k ? 17 : 6, 7, offs[k], k < 3, segment + offs[k], lens[k], &ip) :
					push4(d, 6, 7, offs[k], k < 3, segment + offs[k], lens[k], &ip);

				assert_int_equal(rc, i == 3);
			}
			assert_int_equal(ip.n, (six ? 48 : 20) + 100);
			assert_int_equal(sk_defrag_wire_len(d), 4 * (six ? 14 + 40 + 8 + 8 : 14 + 20) + 100);
			assert_int_equal(sk_decode_datagram(&decode, ip, &like, &p), 0);
			assert_int_equal(p.flags, SK_PACKET_DEFRAGMENTED);
			assert_int_equal(p.proto, 6);
			assert_int_equal(p.dst_port, 80);
			assert_int_equal(p.payload.n, 80);
			if (!six) {
				assert_int_equal(pk_sum(ip.p, 20, 0), 0xffff);
				assert_int_equal(ip.p[6] | ip.p[7], 0);
				assert_int_equal(ip.p[3], 120);
			} else {
				assert_int_equal(ip.p[5], 108);
				assert_int_equal(ip.p[40], 6);
			}
			assert_int_equal(told.cnt, 0);
			assert_int_equal(sk_defrag_used(d), 0);
			assert_int_equal(sk_defrag_counters(d)->whole, 1);
			assert_int_equal(sk_defrag_counters(d)->fragments, 4);
			sk_defrag_free(d);
		}
	}
}

/* The fragments of Novak's paper and what each system makes of them, eight bytes a letter. */
static void overlaps_by_policy(void **state)
{
	static const struct { char letter; uint16_t off, len; } fragments[] = {
		{ 'A', 0, 24 }, { 'B', 32, 16 }, { 'C', 48, 24 }, { 'D', 80, 8 }, { 'E', 104, 16 }, { 'F', 120, 24 }, { 'G', 144, 16 },
		{ 'H', 160, 16 }, { 'I', 176, 8 }, { 'J', 8, 32 }, { 'K', 48, 24 }, { 'L', 72, 24 }, { 'M', 96, 24 }, { 'N', 128, 8 },
		{ 'O', 152, 8 }, { 'P', 160, 8 }, { 'Q', 176, 16 },
	};
	static const struct { enum sk_policy policy; const char *want; } readings[] = {
		{ SK_POLICY_FIRST, "AAAJBBCCCLDLMEEFFFGGHHIQ" },
		{ SK_POLICY_LAST, "AJJJJBKKKLLLMMMFNFGOPHQQ" },
		{ SK_POLICY_BSD, "AAAJJBCCCLLLMMMFFFGGHHIQ" },
		{ SK_POLICY_BSD_RIGHT, "AJJJBBKKKLDLMEEFNFGOPHQQ" },
		{ SK_POLICY_LINUX, "AAAJJBKKKLLLMMMFFFGGPHQQ" },
		{ SK_POLICY_WINDOWS, "AAAJBBCCCLLLMEEFFFGGHHIQ" },
		{ SK_POLICY_SOLARIS, "AAAJBBCCCLLLMMMFFFGGHHIQ" },
	};

	for (size_t i = 0; i < SK_ARRAY_LEN(readings); i++) {
		struct sk_defrag *d = make(readings[i].policy, 1 << 20);
		struct sk_span ip;
		char got[25] = "";
		int rc = 0;

		for (size_t k = 0; k < SK_ARRAY_LEN(fragments); k++) {
			assert_int_equal(rc, 0);
			rc = push4(d, 1, 9, fragments[k].off, k + 1 < SK_ARRAY_LEN(fragments), letters(fragments[k].letter, fragments[k].len),
				fragments[k].len, &ip);
		}
		assert_int_equal(rc, 1);
		assert_int_equal(ip.n, 20 + 192);
		for (size_t u = 0; u < 24; u++) {
			got[u] = (char)ip.p[20 + u * 8];
			for (size_t k = 1; k < 8; k++)
				assert_int_equal(ip.p[20 + u * 8 + k], got[u]);
		}
		assert_string_equal(got, readings[i].want);
		assert_int_equal(told.cnt, 8);
		assert_string_equal(told.name, "fragment_overlap");
		assert_int_equal(sk_defrag_counters(d)->overlaps_different, 8);
		sk_defrag_free(d);
	}
}

static void overlap_shows_both_strings(void **state)
{
	struct sk_defrag *d = make(SK_POLICY_FIRST, 1 << 20);
	struct sk_span ip;

	assert_int_equal(push4(d, 17, 1, 0, true, "AAAAAAAAsecret..BBBBBBBB", 24, &ip), 0);
	/* The same bytes again: no matter. */
	assert_int_equal(push4(d, 17, 1, 8, true, "secret..", 8, &ip), 0);
	assert_int_equal(told.cnt, 0);
	assert_int_equal(push4(d, 17, 1, 8, true, "harmlessBBBBBBBBCCCCCCCC", 24, &ip), 0);
	assert_int_equal(told.cnt, 1);
	assert_string_equal(told.name, "fragment_overlap");
	assert_string_equal(told.bytes, "harmless");
	assert_string_equal(told.other, "secret..");
	assert_int_equal(told.off, 8);
	assert_int_equal(push4(d, 17, 1, 32, false, "D", 1, &ip), 1);
	assert_memory_equal(ip.p + 20, "AAAAAAAAsecret..BBBBBBBBCCCCCCCCD", 33);
	assert_int_equal(ip.n, 53);
	assert_int_equal(sk_defrag_counters(d)->overlaps, 2);
	assert_int_equal(sk_defrag_counters(d)->overlaps_different, 1);
	sk_defrag_free(d);
}

static void ipv6_overlap_ends_the_datagram(void **state)
{
	struct sk_defrag *d = make(SK_POLICY_BSD, 1 << 20);
	struct sk_span ip;

	assert_int_equal(push6(d, 17, 1, 0, true, "AAAAAAAABBBBBBBB", 16, &ip), 0);
	assert_int_equal(push6(d, 17, 1, 0, true, "AAAAAAAABBBBBBBB", 16, &ip), 0);	/* a duplicate is none */
	assert_int_equal(told.cnt, 0);
	assert_int_equal(push6(d, 17, 1, 8, true, "XXXXXXXXCCCCCCCC", 16, &ip), 0);
	assert_int_equal(told.cnt, 1);
	assert_string_equal(told.name, "ipv6_fragment_overlap");
	assert_string_equal(told.bytes, "XXXXXXXX");
	assert_string_equal(told.other, "BBBBBBBB");
	assert_int_equal(told.off, 8);
	/* Nothing that follows brings it back. */
	assert_int_equal(push6(d, 17, 1, 0, true, "AAAAAAAA", 8, &ip), 0);
	assert_int_equal(push6(d, 17, 1, 8, false, "BBBBBBBB", 8, &ip), 0);
	/* Not for ever. */
	now += 31 * SECOND;
	assert_int_equal(push6(d, 17, 1, 0, true, "AAAAAAAA", 8, &ip), 0);
	assert_int_equal(push6(d, 17, 1, 8, false, "BBBBBBBB", 8, &ip), 1);
	assert_int_equal(sk_defrag_counters(d)->timeout, 0);
	sk_defrag_free(d);

	/* The same bytes, but not the same fragment. */
	d = make(SK_POLICY_BSD, 1 << 20);
	assert_int_equal(push6(d, 17, 1, 0, true, "AAAAAAAABBBBBBBB", 16, &ip), 0);
	assert_int_equal(push6(d, 17, 1, 8, false, "B", 1, &ip), 0);
	assert_int_equal(told.cnt, 1);
	assert_string_equal(told.name, "ipv6_fragment_overlap");
	assert_int_equal(push6(d, 17, 1, 16, false, "C", 1, &ip), 0);
	sk_defrag_free(d);

	/* Linux takes what it has whole already for a duplicate, whatever the bytes; told it is. */
	d = make(SK_POLICY_LINUX, 1 << 20);
	assert_int_equal(push6(d, 17, 1, 0, true, "AAAAAAAABBBBBBBB", 16, &ip), 0);
	assert_int_equal(push6(d, 17, 1, 8, true, "XXXXXXXX", 8, &ip), 0);
	assert_int_equal(told.cnt, 1);
	assert_int_equal(push6(d, 17, 1, 16, false, "C", 1, &ip), 1);
	assert_memory_equal(ip.p + 48, "AAAAAAAABBBBBBBBC", 17);
	sk_defrag_free(d);
}

static void datagrams_are_told_apart(void **state)
{
	struct sk_defrag *d = make(SK_POLICY_FIRST, 1 << 20);
	struct sk_span ip;

	assert_int_equal(push4(d, 17, 1, 0, true, "AAAAAAAA", 8, &ip), 0);
	assert_int_equal(push4(d, 17, 2, 8, false, "2", 1, &ip), 0);
	assert_int_equal(push4(d, 6, 1, 8, false, "6", 1, &ip), 0);
	/* The same numbers in IPv6: ::ffff would not do, 0a01:0001:: has the same first bytes as 10.1.0.1. */
	pk_begin(&pk, "X", 1);
	pk_ipv6_fragment(&pk, 17, 1, 8, false);
	pk_ipv6(&pk, "a01:1::", "a01:2::", 44);
	pk_eth(&pk, 0x86dd);
	assert_int_equal(push_pk(d, &ip), 0);
	assert_int_equal(push4(d, 17, 1, 8, false, "B", 1, &ip), 1);
	assert_memory_equal(ip.p + 20, "AAAAAAAAB", 9);
	assert_int_equal(told.cnt, 0);
	sk_defrag_free(d);
}

static void fragments_that_lie(void **state)
{
	static uint8_t big[1488];
	struct sk_defrag *d = make(SK_POLICY_FIRST, 1 << 20);
	struct sk_span ip;

	assert_int_equal(push4(d, 17, 1, 65528, false, big, 100, &ip), 0);
	assert_string_equal(told.name, "fragment_too_large");
	assert_int_equal(push6(d, 17, 1, 65528, true, big, 1488, &ip), 0);
	assert_string_equal(told.name, "fragment_too_large");
	assert_int_equal(sk_defrag_counters(d)->too_large, 2);
	assert_int_equal(sk_defrag_used(d), 0);
	/* 65,515 bytes behind a header of 20 are just right. */
	for (unsigned off = 0; off < 65472; off += 1488)
		assert_int_equal(push4(d, 17, 2, off, true, big, SK_MIN(1488u, 65472 - off), &ip), 0);
	assert_int_equal(push4(d, 17, 2, 65472, false, big, 44, &ip), 0);
	assert_int_equal(sk_defrag_counters(d)->too_large, 3);
	assert_int_equal(push4(d, 17, 2, 65472, false, big, 43, &ip), 1);
	assert_int_equal(ip.n, 65535);
	assert_int_equal(ip.p[2] << 8 | ip.p[3], 65535);

	memset(&told, 0, sizeof(told));
	assert_int_equal(push4(d, 17, 3, 0, true, "", 0, &ip), 0);
	assert_string_equal(told.name, "bad_fragment");
	assert_int_equal(push4(d, 17, 3, 0, true, "1234567", 7, &ip), 0);
	assert_int_equal(told.cnt, 2);
	assert_int_equal(push4(d, 17, 3, 8, false, "BB", 2, &ip), 0);
	/* Bytes behind the end. */
	assert_int_equal(push4(d, 17, 3, 16, true, "CCCCCCCC", 8, &ip), 0);
	assert_int_equal(push4(d, 17, 3, 16, false, "C", 1, &ip), 0);
	assert_int_equal(told.cnt, 4);
	assert_string_equal(told.name, "bad_fragment");
	assert_int_equal(sk_defrag_counters(d)->malformed, 4);
	assert_int_equal(push4(d, 17, 3, 8, false, "BB", 2, &ip), 0);		/* the same end twice */
	assert_int_equal(push4(d, 17, 3, 0, true, "AAAAAAAA", 8, &ip), 1);
	assert_memory_equal(ip.p + 20, "AAAAAAAABB", 10);
	assert_int_equal(told.cnt, 4);
	sk_defrag_free(d);

	/* Linux cuts a fragment in the middle down to a multiple of eight. */
	d = make(SK_POLICY_LINUX, 1 << 20);
	assert_int_equal(push4(d, 17, 3, 0, true, "AAAAAAAABBB", 11, &ip), 0);
	assert_int_equal(push4(d, 17, 3, 8, false, "CC", 2, &ip), 1);
	assert_memory_equal(ip.p + 20, "AAAAAAAACC", 10);
	sk_defrag_free(d);
}

static void tiny_and_damaged_fragments(void **state)
{
	struct sk_defrag *d = make(SK_POLICY_FIRST, 1 << 20);
	struct sk_packet p;
	struct sk_span ip;
	struct sk_raw raw;

	assert_int_equal(push4(d, 6, 1, 0, true, "AAAAAAAA", 8, &ip), 0);
	assert_int_equal(told.cnt, 1);
	assert_string_equal(told.name, "tiny_fragment");
	assert_int_equal(push4(d, 17, 1, 0, true, "AAAAAAAA", 8, &ip), 0);
	assert_int_equal(told.cnt, 1);
	/* A host drops what has a wrong header checksum, the sensor cannot use what it has not got. */
	pk_begin(&pk, "BBBBBBBB", 8);
	pk.wrong_ip_checksum = true;
	pk_ipv4_fragment(&pk, A4, B4, 17, 1, 8, false);
	pk_eth(&pk, 0x0800);
	assert_int_equal(push_pk(d, &ip), 0);
	assert_int_equal(sk_defrag_counters(d)->malformed, 1);
	pk_begin(&pk, "BBBBBBBB", 8);
	pk_ipv4_fragment(&pk, A4, B4, 17, 1, 8, false);
	pk_eth(&pk, 0x0800);
	raw = pk_raw(&pk, 1, now);
	raw.caplen -= 3;
	assert_int_equal(sk_decode(&decode, &raw, &p), 0);
	assert_int_equal(sk_defrag_push(d, &p, &ip), 0);
	assert_int_equal(sk_defrag_counters(d)->cut, 1);
	assert_string_equal(told.name, "fragment_cut");
	assert_int_equal(push4(d, 17, 1, 8, false, "BBBBBBBB", 8, &ip), 1);
	sk_defrag_free(d);
}

static void memory_and_time_are_bounded(void **state)
{
	struct sk_defrag *d = make(SK_POLICY_FIRST, 64 << 10);
	struct sk_span ip;

	for (unsigned i = 0; i < 5000; i++) {
		assert_int_equal(push4(d, 17, i, 65000, true, "AAAAAAAA", 8, &ip), 0);
		assert_in_range(sk_defrag_used(d), 1, 64 << 10);
	}
	assert_in_range(sk_defrag_counters(d)->evicted, 4900, 4999);
	assert_int_equal(told.cnt, 1);
	assert_string_equal(told.name, "fragment_memory");
	/* The newest are still there. */
	for (unsigned off = 0; off < 65000; off += 1000)
		(void)push4(d, 17, 4999, off, true, pk.b, 1000, &ip);
	assert_in_range(sk_defrag_used(d), 0, 64 << 10);
	sk_defrag_free(d);

	d = make(SK_POLICY_FIRST, 1 << 20);
	assert_int_equal(push4(d, 17, 1, 0, true, "AAAAAAAA", 8, &ip), 0);
	now += 10 * SECOND;
	assert_int_equal(push4(d, 17, 2, 0, true, "AAAAAAAA", 8, &ip), 0);
	sk_defrag_expire(d, now + 20 * SECOND);
	assert_int_equal(sk_defrag_counters(d)->timeout, 1);
	assert_int_equal(told.cnt, 1);
	assert_string_equal(told.name, "fragment_timeout");
	assert_int_equal(push4(d, 17, 1, 8, false, "B", 1, &ip), 0);
	assert_int_equal(push4(d, 17, 2, 8, false, "B", 1, &ip), 1);
	sk_defrag_end(d, now);
	assert_int_equal(sk_defrag_counters(d)->timeout, 2);
	assert_int_equal(told.cnt, 2);
	assert_int_equal(sk_defrag_used(d), 0);
	sk_defrag_free(d);
}

static uint32_t draw(uint32_t below)
{
	static uint64_t rng = 0x243f6a8885a308d3;

	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (uint32_t)(rng >> 32) % below;
}

/* Random overlapping fragments against a model that keeps every byte's history. */
static void model_agrees(void **state)
{
	enum { TOTAL = 4096, FRAGMENTS = 60 };

	for (int round = 0; round < 300; round++) {
		enum sk_policy policy = (enum sk_policy)(round % 8);
		struct sk_defrag *d = make(policy, 4 << 20);
		static uint8_t want[TOTAL];
		static uint32_t from[TOTAL], to[TOTAL];		/* of the fragment each byte is from */
		uint32_t filled = 0;
		struct sk_span ip;
		int rc = 0;

		memset(to, 0, sizeof(to));
		for (int i = 0; rc == 0 && i < 100000; i++) {
			uint32_t off, len;
			uint8_t bytes[1200];

			off = i < FRAGMENTS ? draw(TOTAL / 8) * 8 : (uint32_t)(i - FRAGMENTS) * 8;
			assert_in_range(off, 0, TOTAL - 8);
			len = i < FRAGMENTS ? (draw(140) + 1) * 8 : 8;
			len = SK_MIN(len, TOTAL - off);
			for (uint32_t k = 0; k < len; k++)
				bytes[k] = (uint8_t)draw(256);
			for (uint32_t k = off; k < off + len; k++) {
				bool wins = to[k] == 0;

				if (!wins && policy == SK_POLICY_LAST)
					wins = true;
				if (!wins && policy == SK_POLICY_BSD)
					wins = !(from[k] <= off);
				if (!wins && policy == SK_POLICY_BSD_RIGHT)
					wins = from[k] <= off;
				if (!wins && (policy == SK_POLICY_LINUX || policy == SK_POLICY_OLD_LINUX))
					wins = !(from[k] < off);
				if (!wins && policy == SK_POLICY_WINDOWS)
					wins = off < from[k] && off + len > to[k];
				if (!wins && policy == SK_POLICY_SOLARIS)
					wins = off < from[k] && off + len >= to[k];
				filled += to[k] == 0;
				if (wins) {
					want[k] = bytes[k - off];
					from[k] = off;
					to[k] = off + len;
				}
			}
			rc = push4(d, 17, 1, off, off + len < TOTAL, bytes, len, &ip);
			assert_int_equal(rc, filled == TOTAL);
		}
		assert_int_equal(ip.n, 20 + TOTAL);
		assert_memory_equal(ip.p + 20, want, TOTAL);
		assert_int_equal(sk_defrag_used(d), 0);
		sk_defrag_free(d);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order),
		cmocka_unit_test(overlaps_by_policy),
		cmocka_unit_test(overlap_shows_both_strings),
		cmocka_unit_test(ipv6_overlap_ends_the_datagram),
		cmocka_unit_test(datagrams_are_told_apart),
		cmocka_unit_test(fragments_that_lie),
		cmocka_unit_test(tiny_and_damaged_fragments),
		cmocka_unit_test(memory_and_time_are_bounded),
		cmocka_unit_test(model_agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
