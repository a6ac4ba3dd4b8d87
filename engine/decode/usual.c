/* decode/usual.c — most frames are the same few headers with nothing odd about them: they are decoded in one go.
 *
 * in       Ethernet, IPv4 without options or fragments, TCP or UDP without tunnel, whole, all lengths and checksums right, of a sender whose
 *          checksums need no judgement
 * out      the packet and counters sk_decode makes of it layer by layer; of any other frame nothing
 * source   RFC 791, 768, 9293, 1071
 */
#include "decode/walk.h"

enum { ETHERNET = 14, IP = 20, UDP = 8, TCP = 20 };
enum { PROTO_TCP = 6, PROTO_UDP = 17 };

static SK_ALWAYS_INLINE unsigned be16(const uint8_t *b)
{
	return (unsigned)b[0] << 8 | b[1];
}

static SK_ALWAYS_INLINE uint32_t be32(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* n is at least eight. */
static SK_ALWAYS_INLINE bool is_right(const uint8_t *ip, const uint8_t *b, size_t n)
{
	const uint8_t pseudo[4] = { 0, ip[9], (uint8_t)(n >> 8), (uint8_t)n };

	return sk_checksum_add(b, n, sk_checksum_word(ip + 12) + sk_checksum_word(ip + 16) + sk_checksum_word(pseudo)) == 0xffff;
}

static SK_ALWAYS_INLINE bool is_ip_right(const uint8_t *ip)
{
	uint64_t sum = sk_checksum_word(ip) + sk_checksum_word(ip + 4) + sk_checksum_word(ip + 8) + sk_checksum_word(ip + 12) +
		sk_checksum_word(ip + 16);

	return sk_checksum_fold(sum) == 0xffff;
}

/* Flags with nothing odd about them, for sure. */
static SK_ALWAYS_INLINE bool are_usual(unsigned flags)
{
	unsigned f = flags & (SK_TCP_FIN | SK_TCP_SYN | SK_TCP_RST | SK_TCP_ACK);

	return f == SK_TCP_ACK || f == SK_TCP_SYN || f == (SK_TCP_SYN | SK_TCP_ACK) || f == (SK_TCP_FIN | SK_TCP_ACK);
}

static SK_ALWAYS_INLINE void fill(struct sk_packet *p, const struct sk_raw *raw, const uint8_t *ip, size_t total)
{
	sk_zero_small(p, sizeof(*p));
	p->time_ns = raw->time_ns;
	p->number = raw->number;
	p->wire_len = raw->len;
	p->src.family = p->dst.family = 4;
	memcpy(p->src.b, ip + 12, 4);
	memcpy(p->dst.b, ip + 16, 4);
	p->proto = ip[9];
	p->ttl = ip[8];
	p->src_port = (uint16_t)be16(ip + IP);
	p->dst_port = (uint16_t)be16(ip + IP + 2);
	p->ip = sk_span(ip, total);
}

/* Teredo is known by that on any port. */
static SK_ALWAYS_INLINE bool may_be_ipv6(struct sk_span s)
{
	return s.n >= 40 && s.p[0] >> 4 == 6 && be16(s.p + 4) == s.n - 40;
}

static bool take_udp(struct sk_decode *d, const struct sk_raw *raw, struct sk_packet *p, const uint8_t *ip, size_t total)
{
	const uint8_t *b = ip + IP;
	const size_t n = total - IP;

	if (be16(b + 4) != n || sk_tunnel_port(be16(b)) || sk_tunnel_port(be16(b + 2)) || may_be_ipv6(sk_span(b + UDP, n - UDP)))
		return false;
	if (d->checksums != SK_CHECKSUMS_NONE && be16(b + 6) != 0 && !is_right(ip, b, n))
		return false;
	fill(p, raw, ip, total);
	p->payload = sk_span(b + UDP, n - UDP);
	d->counters.udp++;
	return true;
}

static bool take_tcp(struct sk_decode *d, const struct sk_raw *raw, struct sk_packet *p, const uint8_t *ip, size_t total)
{
	const uint8_t *b = ip + IP;
	const size_t n = total - IP;
	size_t header_len;

	if (n < TCP || !are_usual(b[13]))
		return false;
	header_len = (b[12] >> 4) * 4u;
	if (header_len < TCP || header_len > n)
		return false;
	if (d->checksums != SK_CHECKSUMS_NONE && !is_right(ip, b, n))
		return false;
	fill(p, raw, ip, total);
	p->seq = be32(b + 4);
	p->ack = be32(b + 8);
	p->tcp_flags = b[13];
	p->window = (uint16_t)be16(b + 14);
	p->urgent = (uint16_t)be16(b + 18);
	if (header_len > TCP)
		sk_tcp_options(p, b + TCP, header_len - TCP);
	p->payload = sk_span(b + header_len, n - header_len);
	d->counters.tcp++;
	return true;
}

bool sk_decode_usual(struct sk_decode *d, const struct sk_raw *raw, struct sk_packet *p)
{
	const uint8_t *ip = raw->data + ETHERNET;
	size_t total;

	if (raw->linktype != 1 || raw->caplen < ETHERNET + IP + UDP || raw->caplen < raw->len || be16(ip - 2) != 0x0800 || ip[0] != 0x45)
		return false;
	total = be16(ip + 2);
	if (total < IP + UDP || total > raw->caplen - ETHERNET || be16(ip + 6) & 0x3fff)
		return false;
	/* the same host at both ends: only the other way knows what is odd about that */
	if (memcmp(ip + 12, ip + 16, 4) == 0)
		return false;
	if (d->checksums == SK_CHECKSUMS_AUTO && !sk_checksum_is_counted(d, ip + 12))
		return false;
	if (d->checksums != SK_CHECKSUMS_NONE && !is_ip_right(ip))
		return false;
	if (ip[9] == PROTO_UDP ? !take_udp(d, raw, p, ip, total) : ip[9] != PROTO_TCP || !take_tcp(d, raw, p, ip, total))
		return false;
	d->counters.packets++;
	return true;
}
