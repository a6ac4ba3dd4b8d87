/* decode/usual.c — most frames are the same few headers with nothing odd about them: they are decoded in one go.
 *
 * in       Ethernet, IPv4 without options or fragments, TCP or UDP without tunnel, whole, all lengths and checksums right, of a sender whose
 *          checksums need no judgement
 * out      the packet and counters sk_decode makes of it layer by layer; of any other frame nothing
 * limits   a header is an array of its length, which the reader gave whole: compilers and sanitizers see what is read of it
 * source   RFC 791, 768, 9293, 1071
 */
#include "decode/walk.h"

enum { ETHERNET = 14, IP = 20, UDP = 8, TCP = 20 };
enum { PROTO_TCP = 6, PROTO_UDP = 17 };

struct ethernet {
	uint8_t b[ETHERNET];
};

struct ip {
	uint8_t b[IP];
};

struct udp {
	uint8_t b[UDP];
};

struct tcp {
	uint8_t b[TCP];
};

static SK_ALWAYS_INLINE unsigned be16(const uint8_t *b)
{
	return (unsigned)b[0] << 8 | b[1];
}

static SK_ALWAYS_INLINE uint32_t be32(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* s: a segment or datagram with its header. */
static SK_ALWAYS_INLINE bool is_right(const struct ip *ip, struct sk_span s)
{
	const uint8_t pseudo[4] = { 0, ip->b[9], (uint8_t)(s.n >> 8), (uint8_t)s.n };

	return sk_checksum_add(s.p, s.n, sk_checksum_word(&ip->b[12]) + sk_checksum_word(&ip->b[16]) + sk_checksum_word(pseudo)) == 0xffff;
}

static SK_ALWAYS_INLINE bool is_ip_right(const struct ip *ip)
{
	uint64_t sum = sk_checksum_word(&ip->b[0]) + sk_checksum_word(&ip->b[4]) + sk_checksum_word(&ip->b[8]) + sk_checksum_word(&ip->b[12]) +
		sk_checksum_word(&ip->b[16]);

	return sk_checksum_fold(sum) == 0xffff;
}

/* Flags with nothing odd about them, for sure. */
static SK_ALWAYS_INLINE bool are_usual(unsigned flags)
{
	unsigned f = flags & (SK_TCP_FIN | SK_TCP_SYN | SK_TCP_RST | SK_TCP_ACK);

	return f == SK_TCP_ACK || f == SK_TCP_SYN || f == (SK_TCP_SYN | SK_TCP_ACK) || f == (SK_TCP_FIN | SK_TCP_ACK);
}

/* transport: its header, of four bytes at least. */
static SK_ALWAYS_INLINE void fill(struct sk_packet *p, const struct sk_raw *raw, const struct ip *ip, const uint8_t *transport, size_t n)
{
	sk_zero_small(p, sizeof(*p));
	p->time_ns = raw->time_ns;
	p->number = raw->number;
	p->wire_len = raw->len;
	p->src.family = p->dst.family = 4;
	memcpy(p->src.b, &ip->b[12], 4);
	memcpy(p->dst.b, &ip->b[16], 4);
	p->proto = ip->b[9];
	p->ttl = ip->b[8];
	p->src_port = (uint16_t)be16(transport);
	p->dst_port = (uint16_t)be16(transport + 2);
	p->ip = sk_span(ip->b, IP + n);
}

/* Teredo is known by that on any port. */
static SK_ALWAYS_INLINE bool may_be_ipv6(struct sk_span s)
{
	return s.n >= 40 && s.p[0] >> 4 == 6 && be16(s.p + 4) == s.n - 40;
}

static SK_ALWAYS_INLINE bool take_udp(struct sk_decode *d, const struct sk_raw *raw, struct sk_packet *p, const struct ip *ip, struct sk_span s)
{
	struct sk_rd r = sk_rd(s);
	const struct udp *h = (const void *)sk_rd_take(&r, sizeof(*h));
	struct sk_span payload = sk_rd_rest(&r);

	if (!h || be16(&h->b[4]) != s.n || sk_tunnel_port(be16(&h->b[0])) || sk_tunnel_port(be16(&h->b[2])) || may_be_ipv6(payload))
		return false;
	if (d->checksums != SK_CHECKSUMS_NONE && be16(&h->b[6]) != 0 && !is_right(ip, s))
		return false;
	fill(p, raw, ip, h->b, s.n);
	p->payload = payload;
	d->counters.udp++;
	return true;
}

static SK_ALWAYS_INLINE bool take_tcp(struct sk_decode *d, const struct sk_raw *raw, struct sk_packet *p, const struct ip *ip, struct sk_span s)
{
	struct sk_rd r = sk_rd(s);
	const struct tcp *h = (const void *)sk_rd_take(&r, sizeof(*h));
	struct sk_span options;
	size_t header_len;

	if (!h || !are_usual(h->b[13]))
		return false;
	header_len = (h->b[12] >> 4) * 4u;
	if (header_len < TCP)
		return false;
	options = sk_rd_span(&r, header_len - TCP);
	if (!sk_rd_ok(&r) || (d->checksums != SK_CHECKSUMS_NONE && !is_right(ip, s)))
		return false;
	fill(p, raw, ip, h->b, s.n);
	p->seq = be32(&h->b[4]);
	p->ack = be32(&h->b[8]);
	p->tcp_flags = h->b[13];
	p->window = (uint16_t)be16(&h->b[14]);
	p->urgent = (uint16_t)be16(&h->b[18]);
	if (options.n)
		sk_tcp_options(p, options.p, options.n);
	p->payload = sk_rd_rest(&r);
	d->counters.tcp++;
	return true;
}

/* What the IP header says is there of the segment or datagram behind it, where nothing about the header is odd; empty otherwise. */
static SK_ALWAYS_INLINE struct sk_span take_ip(struct sk_rd *r, const struct ip **header)
{
	const struct ip *ip = (const void *)sk_rd_take(r, sizeof(*ip));
	size_t total;

	*header = ip;
	if (!ip || ip->b[0] != 0x45 || be16(&ip->b[6]) & 0x3fff)
		return sk_span(NULL, 0);
	total = be16(&ip->b[2]);
	return total < IP ? sk_span(NULL, 0) : sk_rd_span(r, total - IP);
}

bool sk_decode_usual(struct sk_decode *d, const struct sk_raw *raw, struct sk_packet *p)
{
	struct sk_rd r = sk_rd(sk_span(raw->data, raw->caplen));
	const struct ethernet *ethernet = (const void *)sk_rd_take(&r, sizeof(*ethernet));
	struct sk_span s;
	const struct ip *ip;

	if (raw->linktype != 1 || raw->caplen < raw->len || !ethernet || be16(&ethernet->b[12]) != 0x0800)
		return false;
	s = take_ip(&r, &ip);
	/* the same host at both ends: only the other way knows what is odd about that */
	if (!s.n || memcmp(&ip->b[12], &ip->b[16], 4) == 0)
		return false;
	if (d->checksums == SK_CHECKSUMS_AUTO && !sk_checksum_is_counted(d, &ip->b[12]))
		return false;
	if (d->checksums != SK_CHECKSUMS_NONE && !is_ip_right(ip))
		return false;
	if (ip->b[9] == PROTO_UDP ? !take_udp(d, raw, p, ip, s) : ip->b[9] != PROTO_TCP || !take_tcp(d, raw, p, ip, s))
		return false;
	d->counters.packets++;
	return true;
}
