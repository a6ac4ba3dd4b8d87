/* decode/plain.c — frames that any thread may decode: see sk_decode_is_plain.
 *
 * what     reads as much of the headers as tells the pair of hosts, and that there is nothing but them
 * source   IEEE 802.3, 802.1Q; RFC 791, 8200; the ports are those of tunnel.c
 */
#include "decode/walk.h"

#define VLANS_MAX 2
#define IP_LEN_MAX 1500u		/* more is not taken for what a wire carries: see checksum.c */

static inline unsigned be16(const uint8_t *b)
{
	return (unsigned)b[0] << 8 | b[1];
}

static bool is_transport(unsigned proto)
{
	return proto == 6 || proto == 17 || proto == 1 || proto == 58;
}

/* Takes Ethernet and VLAN tags off. The family of what follows, or 0. */
static unsigned link_family(struct sk_span *s)
{
	unsigned type, tags = 0;

	if (s->n < 14)
		return 0;
	type = be16(s->p + 12);
	*s = sk_span(s->p + 14, s->n - 14);
	while (SK_UNLIKELY(type == 0x8100 || type == 0x88a8)) {
		if (++tags > VLANS_MAX || s->n < 4)
			return 0;
		type = be16(s->p + 2);
		*s = sk_span(s->p + 4, s->n - 4);
	}
	return type == 0x0800 ? 4 : type == 0x86dd ? 6 : 0;
}

/* The addresses of an IP header without fragments and extensions; it goes off the front. The protocol, or 0. */
static unsigned take_ip(struct sk_span *s, unsigned family, struct sk_packet *p)
{
	const uint8_t *b = s->p;
	size_t header_len = 40;
	unsigned proto;

	if (s->n < 48 - 20 * (family == 4) || b[0] >> 4 != family)
		return 0;
	if (family == 4) {
		header_len = (b[0] & 15u) * 4u;
		proto = b[9];
		if (be16(b + 6) & 0x3fff || header_len < 20 || header_len + 8 > s->n || proto == 58)
			return 0;
		memcpy(p->src.b, b + 12, 4);
		memcpy(p->dst.b, b + 16, 4);
	} else {
		proto = b[6];
		if (proto == 1)
			return 0;
		memcpy(p->src.b, b + 8, 16);
		memcpy(p->dst.b, b + 24, 16);
	}
	p->src.family = p->dst.family = (uint8_t)family;
	*s = sk_span(b + header_len, s->n - header_len);
	return is_transport(proto) ? proto : 0;
}

/* s: eight bytes of header at least. Teredo is IPv6. */
static bool may_be_tunnel(struct sk_span s)
{
	return sk_tunnel_port(be16(s.p)) || sk_tunnel_port(be16(s.p + 2)) || (s.n >= 48 && s.p[8] >> 4 == 6);
}

bool sk_decode_is_plain(const struct sk_decode *d, const struct sk_raw *raw, uint64_t *pair)
{
	struct sk_span at = sk_span(raw->data, raw->caplen);
	struct sk_packet p;
	unsigned family, proto;

	if (raw->linktype != 1)
		return false;
	family = link_family(&at);
	if (!family || at.n > IP_LEN_MAX)
		return false;
	memset(&p.src, 0, sizeof(p.src));
	memset(&p.dst, 0, sizeof(p.dst));
	proto = take_ip(&at, family, &p);
	if (!proto || (proto == 17 && may_be_tunnel(at)))
		return false;
	if (d->checksums == SK_CHECKSUMS_AUTO && !sk_checksum_is_settled(d, &p.src))
		return false;
	*pair = sk_packet_pair_hash(&p);
	return true;
}
