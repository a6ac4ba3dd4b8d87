/* tests/lib/packet.h — builds packets for tests, from the payload outwards.
 *
 * what     pk_begin puts the payload down, every later call puts a header in front of what is there; the IP headers
 *          fill in the checksum of the TCP, UDP, ICMP or ICMPv6 right behind them
 * memory   one fixed buffer in struct pk; a test that overruns it aborts
 * source   RFC 791, 768, 792, 1071, 4443, 8200, 9293; file format: draft-ietf-opsawg-pcap
 *
 *	struct pk p;
 *	pk_begin(&p, "GET / HTTP/1.1\r\n\r\n", 18);
 *	pk_tcp(&p, 40000, 80, 1000, 2000, 0x18);
 *	pk_ipv4(&p, "10.0.0.1", "10.0.0.2", 6);
 *	pk_eth(&p, 0x0800);
 *	… pk_span(&p), or pk_raw(&p, number, time_ns) for decode/
 * or all of it: pk_tcp_frame(&p, "10.0.0.1", 40000, "10.0.0.2", 80, 1000, 2000, 0x18, "GET …", 18);
 */
#ifndef SK_TESTS_PACKET_H
#define SK_TESTS_PACKET_H

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include <sekisho/span.h>

#include "capture/capture.h"

#define PK_ROOM 70000u

struct pk {
	size_t at;			/* first byte in use; the last is the buffer's end */
	bool wrong_checksum;		/* set before pk_ipv4 or pk_ipv6: the transport's checksum comes out wrong */
	bool no_checksum;		/* … stays as it is */
	bool wrong_ip_checksum;		/* … the IPv4 header's comes out wrong */
	uint8_t ttl;			/* of the IP headers to come, 0 for 64 */
	uint16_t ip_id;			/* of the IPv4 headers to come */
	uint8_t b[PK_ROOM];
};

static inline struct sk_span pk_span(const struct pk *p)
{
	return sk_span(p->b + p->at, PK_ROOM - p->at);
}

/* Room for n zeroed bytes in front. */
static inline uint8_t *pk_front(struct pk *p, size_t n)
{
	if (n > p->at)
		abort();
	p->at -= n;
	memset(p->b + p->at, 0, n);
	return p->b + p->at;
}

static inline void pk_push(struct pk *p, const void *bytes, size_t n)
{
	uint8_t *at = pk_front(p, n);

	if (n)
		memcpy(at, bytes, n);
}

static inline void pk_begin(struct pk *p, const void *payload, size_t n)
{
	p->at = PK_ROOM;
	p->wrong_checksum = p->no_checksum = p->wrong_ip_checksum = false;
	p->ttl = 0;
	p->ip_id = 0;
	pk_push(p, payload, n);
}

static inline void pk_put16(uint8_t *b, unsigned v)
{
	b[0] = (uint8_t)(v >> 8);
	b[1] = (uint8_t)v;
}

static inline void pk_put32(uint8_t *b, uint32_t v)
{
	pk_put16(b, v >> 16);
	pk_put16(b + 2, v & 0xffff);
}

/* RFC 1071, byte by byte on purpose: independent of decode/checksum.c. */
static inline uint32_t pk_sum(const uint8_t *b, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i++) {
		sum += i % 2 ? b[i] : (uint32_t)b[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

/* Fills in the checksum of the transport at the front; addresses in network order, n 4 or 16 bytes each. */
static inline void pk_transport_checksum(struct pk *p, unsigned proto, const uint8_t *src, const uint8_t *dst, size_t n)
{
	static const struct { uint8_t proto, off; } where[] = { { 6, 16 }, { 17, 6 }, { 1, 2 }, { 58, 2 } };
	struct sk_span s = pk_span(p);
	uint8_t *b = p->b + p->at, pseudo[4] = { 0, (uint8_t)proto, (uint8_t)(s.n >> 8), (uint8_t)s.n };
	uint32_t sum = 0;

	for (size_t i = 0; i < SK_ARRAY_LEN(where); i++) {
		if (where[i].proto != proto || p->no_checksum || s.n < (size_t)where[i].off + 2)
			continue;
		pk_put16(b + where[i].off, 0);
		if (proto != 1)
			sum = pk_sum(pseudo, 4, pk_sum(dst, n, pk_sum(src, n, 0)));
		sum = ~pk_sum(b, s.n, sum) & 0xffff;
		if (proto == 17 && sum == 0)
			sum = 0xffff;
		pk_put16(b + where[i].off, p->wrong_checksum ? sum ^ 0x5555 : sum);
	}
	p->wrong_checksum = p->no_checksum = false;
}

/* TCP with options (a multiple of 4 bytes, at most 40). flags as on the wire: FIN 1 SYN 2 RST 4 PSH 8 ACK 16 URG 32. */
static inline void pk_tcp_options(struct pk *p, unsigned sport, unsigned dport, uint32_t seq, uint32_t ack, unsigned flags,
	const void *options, size_t n)
{
	uint8_t *b;

	pk_push(p, options, n);
	b = pk_front(p, 20);
	pk_put16(b, sport);
	pk_put16(b + 2, dport);
	pk_put32(b + 4, seq);
	pk_put32(b + 8, ack);
	b[12] = (uint8_t)((20 + n) / 4 << 4);
	b[13] = (uint8_t)flags;
	pk_put16(b + 14, 64240);
}

static inline void pk_tcp(struct pk *p, unsigned sport, unsigned dport, uint32_t seq, uint32_t ack, unsigned flags)
{
	pk_tcp_options(p, sport, dport, seq, ack, flags, NULL, 0);
}

static inline void pk_udp(struct pk *p, unsigned sport, unsigned dport)
{
	size_t n = pk_span(p).n + 8;
	uint8_t *b = pk_front(p, 8);

	pk_put16(b, sport);
	pk_put16(b + 2, dport);
	pk_put16(b + 4, (unsigned)n);
}

/* ICMP or ICMPv6; id and sequence for echo. */
static inline void pk_icmp(struct pk *p, unsigned type, unsigned code, unsigned id, unsigned sequence)
{
	uint8_t *b = pk_front(p, 8);

	b[0] = (uint8_t)type;
	b[1] = (uint8_t)code;
	pk_put16(b + 4, id);
	pk_put16(b + 6, sequence);
}

/* off in bytes, a multiple of 8; options a multiple of 4 bytes, at most 40. The checksum behind is filled in for whole
 * datagrams only. */
static inline void pk_ipv4_full(struct pk *p, const char *src, const char *dst, unsigned proto, unsigned off, bool more,
	const void *options, size_t n)
{
	uint8_t a[4], z[4], *b;
	size_t len = pk_span(p).n + 20 + n;
	unsigned sum;

	if (inet_pton(AF_INET, src, a) != 1 || inet_pton(AF_INET, dst, z) != 1)
		abort();
	if (off == 0 && !more)
		pk_transport_checksum(p, proto, a, z, 4);
	pk_push(p, options, n);
	b = pk_front(p, 20);
	b[0] = (uint8_t)(0x40 + (20 + n) / 4);
	pk_put16(b + 2, (unsigned)len);
	pk_put16(b + 4, p->ip_id);
	pk_put16(b + 6, off / 8 | (more ? 0x2000 : 0));
	b[8] = p->ttl ? p->ttl : 64;
	b[9] = (uint8_t)proto;
	memcpy(b + 12, a, 4);
	memcpy(b + 16, z, 4);
	sum = ~pk_sum(b, 20 + n, 0) & 0xffff;
	pk_put16(b + 10, p->wrong_ip_checksum ? sum ^ 0x5555 : sum);
	p->wrong_ip_checksum = false;
}

static inline void pk_ipv4(struct pk *p, const char *src, const char *dst, unsigned proto)
{
	pk_ipv4_full(p, src, dst, proto, 0, false, NULL, 0);
}

static inline void pk_ipv4_fragment(struct pk *p, const char *src, const char *dst, unsigned proto, unsigned id, unsigned off, bool more)
{
	p->ip_id = (uint16_t)id;
	pk_ipv4_full(p, src, dst, proto, off, more, NULL, 0);
}

/* next: the header at the front. Where extension headers are in between, call pk_ipv6_checksum before them. */
static inline void pk_ipv6(struct pk *p, const char *src, const char *dst, unsigned next)
{
	uint8_t a[16], z[16], *b;
	size_t len = pk_span(p).n;

	if (inet_pton(AF_INET6, src, a) != 1 || inet_pton(AF_INET6, dst, z) != 1)
		abort();
	pk_transport_checksum(p, next, a, z, 16);
	b = pk_front(p, 40);
	b[0] = 0x60;
	pk_put16(b + 4, (unsigned)len);
	b[6] = (uint8_t)next;
	b[7] = p->ttl ? p->ttl : 64;
	memcpy(b + 8, a, 16);
	memcpy(b + 24, z, 16);
}

/* For transports behind extension headers: call with the transport at the front, then put the extensions before it. */
static inline void pk_ipv6_checksum(struct pk *p, const char *src, const char *dst, unsigned proto)
{
	uint8_t a[16], z[16];

	if (inet_pton(AF_INET6, src, a) != 1 || inet_pton(AF_INET6, dst, z) != 1)
		abort();
	pk_transport_checksum(p, proto, a, z, 16);
}

/* An extension header of 8 bytes with a PadN option (hop-by-hop 0, destination options 60) or a routing header (43). */
static inline void pk_ipv6_extension(struct pk *p, unsigned next)
{
	uint8_t *b = pk_front(p, 8);

	b[0] = (uint8_t)next;
	b[2] = 1;
	b[3] = 4;
}

static inline void pk_ipv6_fragment(struct pk *p, unsigned next, uint32_t id, unsigned off, bool more)
{
	uint8_t *b = pk_front(p, 8);

	b[0] = (uint8_t)next;
	pk_put16(b + 2, (off & 0xfff8) | more);
	pk_put32(b + 4, id);
}

static inline void pk_eth(struct pk *p, unsigned ethertype)
{
	static const uint8_t macs[12] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };
	uint8_t *b = pk_front(p, 14);

	memcpy(b, macs, sizeof(macs));
	pk_put16(b + 12, ethertype);
}

/* A VLAN tag: the two bytes of tag control information and the type of what follows. The type before it (0x8100,
 * 0x88a8 …) is told to the next call. */
static inline void pk_vlan(struct pk *p, unsigned id, unsigned ethertype)
{
	uint8_t *b = pk_front(p, 4);

	pk_put16(b, id);
	pk_put16(b + 2, ethertype);
}

/* Whole Ethernet frames; IPv6 where the address has a colon. */
static inline void pk_ip_frame(struct pk *p, const char *src, const char *dst, unsigned proto)
{
	bool six = strchr(src, ':') != NULL;

	if (six)
		pk_ipv6(p, src, dst, proto);
	else
		pk_ipv4(p, src, dst, proto);
	pk_eth(p, six ? 0x86dd : 0x0800);
}

static inline void pk_tcp_frame(struct pk *p, const char *src, unsigned sport, const char *dst, unsigned dport, uint32_t seq,
	uint32_t ack, unsigned flags, const void *payload, size_t n)
{
	pk_begin(p, payload, n);
	pk_tcp(p, sport, dport, seq, ack, flags);
	pk_ip_frame(p, src, dst, 6);
}

static inline void pk_udp_frame(struct pk *p, const char *src, unsigned sport, const char *dst, unsigned dport, const void *payload, size_t n)
{
	pk_begin(p, payload, n);
	pk_udp(p, sport, dport);
	pk_ip_frame(p, src, dst, 17);
}

/* What capture/ would give for it, as Ethernet. */
static inline struct sk_raw pk_raw(const struct pk *p, uint64_t number, uint64_t time_ns)
{
	struct sk_span s = pk_span(p);
	struct sk_raw r = { s.p, (uint32_t)s.n, (uint32_t)s.n, time_ns, number, 1 };

	return r;
}

/* A pcap file with nanoseconds, in this machine's byte order. linktype: as in the file header, 1 for Ethernet. */
static inline void pk_pcap_begin(FILE *f, uint32_t linktype)
{
	uint32_t head[6] = { 0xa1b23c4d, 0, 0, 0, 262144, linktype };
	uint16_t version[2] = { 2, 4 };

	memcpy(&head[1], version, sizeof(version));
	if (fwrite(head, sizeof(head), 1, f) != 1)
		abort();
}

static inline void pk_pcap_add(FILE *f, const struct pk *p, uint64_t time_ns)
{
	struct sk_span s = pk_span(p);
	uint32_t head[4] = { (uint32_t)(time_ns / 1000000000), (uint32_t)(time_ns % 1000000000), (uint32_t)s.n, (uint32_t)s.n };

	if (fwrite(head, sizeof(head), 1, f) != 1 || (s.n && fwrite(s.p, s.n, 1, f) != 1))
		abort();
}

#endif
