/* decode/transport.c — TCP, UDP, UDP-Lite, ICMP, ICMPv6, SCTP.
 *
 * source   RFC 9293, 7323 (TCP options), 768, 3828 (UDP-Lite), 792, 950, 4443, 9260
 */
#include "base/crc32c.h"
#include "decode/walk.h"

/* IANA TCP option kinds. */
enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_MSS = 2, OPTION_WSCALE = 3, OPTION_TIMESTAMPS = 8 };

static inline uint32_t be32(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static inline unsigned be16(const uint8_t *b)
{
	return (unsigned)b[0] << 8 | b[1];
}

static enum layer bad_header(struct walk *w, uint32_t oddity)
{
	w->p->oddities |= oddity;
	return LAYER_MALFORMED;
}

/* Over the pseudo header and the first covered bytes of the segment, which is len bytes long. */
static void verify(struct walk *w, const uint8_t *b, size_t covered, size_t len)
{
	uint8_t pseudo[4] = { 0, w->p->proto, (uint8_t)(len >> 8), (uint8_t)len };
	uint64_t sum = w->pseudo + sk_checksum_word(pseudo);

	if (SK_UNLIKELY(len > 0xffff)) {
		uint8_t high[2] = { (uint8_t)(len >> 24), (uint8_t)(len >> 16) };

		sum = sk_checksum_add(high, 2, sum);
	}
	sk_checksum_transport(w, sk_checksum_add(b, covered, sum) == 0xffff);
}

static inline bool is_verified(const struct walk *w)
{
	return w->d->checksums != SK_CHECKSUMS_NONE && !w->missing;
}

static bool is_loopback(const struct sk_addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	return a->family == 4 ? a->b[0] == 127 : memcmp(a->b, one, 16) == 0;
}

static inline void look_for_land(struct sk_packet *p)
{
	if (SK_UNLIKELY(p->src_port == p->dst_port && sk_addr_is(&p->src, &p->dst) && !is_loopback(&p->src)))
		p->oddities |= SK_PACKET_ODD(LAND);
}

static void take_option(struct sk_packet *p, unsigned kind, struct sk_span body)
{
	if (kind == OPTION_MSS && body.n == 2) {
		p->mss = (uint16_t)be16(body.p);
	} else if (kind == OPTION_WSCALE && body.n == 1) {
		p->wscale = body.p[0] > 14 ? 14 : body.p[0];	/* RFC 7323 2.3 */
		p->flags |= SK_PACKET_HAS_WSCALE;
	} else if (kind == OPTION_TIMESTAMPS && body.n == 8) {
		p->ts_val = be32(body.p);
		p->ts_ecr = be32(body.p + 4);
		p->flags |= SK_PACKET_HAS_TIMESTAMP;
	} else if (kind == OPTION_MSS || kind == OPTION_WSCALE || kind == OPTION_TIMESTAMPS) {
		p->oddities |= SK_PACKET_ODD(BAD_TCP_HEADER);
	}
}

/* A damaged list ends where the damage is; hosts take the segment all the same. */
void sk_tcp_options(struct sk_packet *p, const uint8_t *b, size_t n)
{
	struct sk_rd r = sk_rd(sk_span(b, n));

	if (SK_LIKELY(n == 12 && be32(b) == 0x0101080a)) {
		p->ts_val = be32(b + 4);
		p->ts_ecr = be32(b + 8);
		p->flags |= SK_PACKET_HAS_TIMESTAMP;
		return;
	}
	while (sk_rd_left(&r) > 0) {
		unsigned kind = sk_rd_u8(&r), size;

		if (kind == OPTION_END)
			return;
		if (kind == OPTION_NOP)
			continue;
		size = sk_rd_u8(&r);
		if (size < 2)
			sk_rd_fail(&r);
		struct sk_span body = sk_rd_span(&r, size < 2 ? 0 : size - 2);

		if (!sk_rd_ok(&r)) {
			p->oddities |= SK_PACKET_ODD(BAD_TCP_HEADER);
			return;
		}
		take_option(p, kind, body);
	}
}

/* Combinations no host sends: none at all, SYN with FIN or RST, FIN with RST, and FIN, PSH or URG alone without ACK. */
static bool flags_are_odd(unsigned flags)
{
	unsigned f = flags & (SK_TCP_FIN | SK_TCP_SYN | SK_TCP_RST | SK_TCP_ACK);

	if (SK_LIKELY(f == SK_TCP_ACK || f == SK_TCP_SYN || f == (SK_TCP_SYN | SK_TCP_ACK)))
		return false;
	if ((f & SK_TCP_SYN && f & (SK_TCP_FIN | SK_TCP_RST)) || (f & SK_TCP_FIN && f & SK_TCP_RST))
		return true;
	return f == 0 || f == SK_TCP_FIN;
}

enum layer sk_layer_tcp(struct walk *w)
{
	struct sk_packet *p = w->p;
	const uint8_t *b = w->at.p;
	size_t header_len;

	if (SK_UNLIKELY(w->at.n < 20))
		return LAYER_TRUNCATED;
	header_len = (b[12] >> 4) * 4u;
	if (SK_UNLIKELY(header_len < 20 || header_len > w->at.n + w->missing))
		return bad_header(w, SK_PACKET_ODD(BAD_TCP_HEADER));
	if (SK_UNLIKELY(header_len > w->at.n))
		return LAYER_TRUNCATED;
	p->src_port = (uint16_t)be16(b);
	p->dst_port = (uint16_t)be16(b + 2);
	p->seq = be32(b + 4);
	p->ack = be32(b + 8);
	p->tcp_flags = b[13];
	p->window = (uint16_t)be16(b + 14);
	p->urgent = (uint16_t)be16(b + 18);
	if (header_len > 20)
		sk_tcp_options(p, b + 20, header_len - 20);
	if (SK_UNLIKELY(flags_are_odd(p->tcp_flags)))
		p->oddities |= SK_PACKET_ODD(TCP_FLAGS);
	look_for_land(p);
	if (is_verified(w))
		verify(w, b, w->at.n, w->at.n);
	p->payload = sk_span(b + header_len, w->at.n - header_len);
	return LAYER_DONE;
}

enum layer sk_layer_udp(struct walk *w)
{
	struct sk_packet *p = w->p;
	const uint8_t *b = w->at.p;
	size_t len, got = w->at.n + w->missing;
	enum layer inside;

	if (SK_UNLIKELY(w->at.n < 8))
		return LAYER_TRUNCATED;
	p->src_port = (uint16_t)be16(b);
	p->dst_port = (uint16_t)be16(b + 2);
	len = be16(b + 4);
	if (len == 0 && got > 0xffff)
		len = got;		/* RFC 2675 4 */
	if (SK_UNLIKELY(len < 8 || !walk_trim(w, len)))
		return bad_header(w, SK_PACKET_ODD(BAD_UDP_LENGTH));
	if (SK_UNLIKELY(len < got))
		p->oddities |= SK_PACKET_ODD(BAD_UDP_LENGTH);
	look_for_land(p);
	/* Zero is "no checksum": allowed in IPv4 and for tunnels in IPv6 (RFC 6935). */
	if (is_verified(w) && be16(b + 6) != 0)
		verify(w, b, w->at.n, w->at.n);
	walk_skip(w, 8);
	p->payload = w->at;
	inside = sk_tunnel_of_udp(w);
	if (SK_UNLIKELY(inside != LAYER_DONE))
		sk_tunnel_enter(w);
	return inside;
}

/* RFC 3828: the length field is the checksum's coverage, 0 for all; the length is IP's. */
enum layer sk_layer_udplite(struct walk *w)
{
	struct sk_packet *p = w->p;
	const uint8_t *b = w->at.p;
	size_t covered, got = w->at.n + w->missing;

	if (w->at.n < 8)
		return LAYER_TRUNCATED;
	p->src_port = (uint16_t)be16(b);
	p->dst_port = (uint16_t)be16(b + 2);
	covered = be16(b + 4);
	if (covered == 0)
		covered = got;
	if (covered < 8 || covered > got)
		return bad_header(w, SK_PACKET_ODD(BAD_UDP_LENGTH));
	look_for_land(p);
	if (is_verified(w))
		verify(w, b, covered, w->at.n);
	walk_skip(w, 8);
	p->payload = w->at;
	return LAYER_DONE;
}

/* Echo, timestamp, information, address mask: type and code, then an id that the reply repeats. */
static bool has_id(unsigned type)
{
	return type == 0 || type == 8 || (type >= 13 && type <= 18);
}

enum layer sk_layer_icmp(struct walk *w)
{
	struct sk_packet *p = w->p;
	const uint8_t *b = w->at.p;

	if (w->at.n < 8)
		return LAYER_TRUNCATED;
	p->src_port = (uint16_t)be16(b);
	if (has_id(b[0]))
		p->dst_port = (uint16_t)be16(b + 4);
	if (is_verified(w))
		sk_checksum_transport(w, sk_checksum_add(b, w->at.n, 0) == 0xffff);
	walk_skip(w, 8);
	p->payload = w->at;
	return LAYER_DONE;
}

#define ICMPV6_TOO_BIG 2
#define IPV6_MTU_MIN 1280u

enum layer sk_layer_icmpv6(struct walk *w)
{
	struct sk_packet *p = w->p;
	const uint8_t *b = w->at.p;

	if (w->at.n < 8)
		return LAYER_TRUNCATED;
	if (b[0] == ICMPV6_TOO_BIG && be16(b + 4) == 0 && be16(b + 6) < IPV6_MTU_MIN)
		p->oddities |= SK_PACKET_ODD(SMALL_MTU);
	p->src_port = (uint16_t)be16(b);
	if (b[0] == 128 || b[0] == 129)
		p->dst_port = (uint16_t)be16(b + 4);
	if (is_verified(w) && p->src.family == 6)
		verify(w, b, w->at.n, w->at.n);
	walk_skip(w, 8);
	p->payload = w->at;
	return LAYER_DONE;
}

/* RFC 9260 6.8 and appendix A: CRC-32C over the packet with the field zero, lowest byte first. A zero is taken for none (RFC 9653). */
static void verify_sctp(struct walk *w)
{
	static const uint8_t zero[4];
	const uint8_t *b = w->at.p;
	uint32_t sent = (uint32_t)b[8] | (uint32_t)b[9] << 8 | (uint32_t)b[10] << 16 | (uint32_t)b[11] << 24, crc;

	if (sent == 0)
		return;
	crc = sk_crc32c_more(sk_crc32c(sk_span(b, 8)), sk_span(zero, 4));
	sk_checksum_transport(w, sk_crc32c_more(crc, sk_span(b + 12, w->at.n - 12)) == sent);
}

enum layer sk_layer_sctp(struct walk *w)
{
	struct sk_packet *p = w->p;

	if (w->at.n < 12)
		return LAYER_TRUNCATED;
	p->src_port = (uint16_t)be16(w->at.p);
	p->dst_port = (uint16_t)be16(w->at.p + 2);
	if (is_verified(w))
		verify_sctp(w);
	walk_skip(w, 12);
	p->payload = w->at;
	return LAYER_DONE;
}
