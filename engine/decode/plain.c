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

struct ethernet {
	uint8_t b[14];
};

/* Takes Ethernet and VLAN tags off. The family of what follows, or 0. */
static unsigned link_family(struct sk_rd *r)
{
	const struct ethernet *ethernet = (const void *)sk_rd_take(r, sizeof(*ethernet));
	unsigned type, tags = 0;

	if (!ethernet)
		return 0;
	type = be16(&ethernet->b[12]);
	while (SK_UNLIKELY(type == 0x8100 || type == 0x88a8)) {
		if (++tags > VLANS_MAX)
			return 0;
		sk_rd_skip(r, 2);
		type = sk_rd_u16be(r);
	}
	return type == 0x0800 ? 4 : type == 0x86dd ? 6 : 0;
}

struct ipv4 {
	uint8_t b[20];
};

struct ipv6 {
	uint8_t b[40];
};

/* Takes an IPv4 header without fragments off. Its protocol, or 0. */
static unsigned take_ipv4(struct sk_rd *r, struct sk_packet *p)
{
	const struct ipv4 *ip = (const void *)sk_rd_take(r, sizeof(*ip));

	if (!ip || ip->b[0] >> 4 != 4 || (ip->b[0] & 15) < 5 || be16(&ip->b[6]) & 0x3fff || ip->b[9] == 58)
		return 0;
	sk_rd_skip(r, ((ip->b[0] & 15) - 5u) * 4u);
	memcpy(p->src.b, &ip->b[12], 4);
	memcpy(p->dst.b, &ip->b[16], 4);
	return ip->b[9];
}

/* The same of IPv6 without extensions. */
static unsigned take_ipv6(struct sk_rd *r, struct sk_packet *p)
{
	const struct ipv6 *ip = (const void *)sk_rd_take(r, sizeof(*ip));

	if (!ip || ip->b[0] >> 4 != 6 || ip->b[6] == 1)
		return 0;
	memcpy(p->src.b, &ip->b[8], 16);
	memcpy(p->dst.b, &ip->b[24], 16);
	return ip->b[6];
}

struct udp {
	uint8_t b[8];
};

/* A known port, or IPv6 as content (Teredo). */
static bool may_be_tunnel(const struct udp *h, struct sk_span content)
{
	return sk_tunnel_port(be16(&h->b[0])) || sk_tunnel_port(be16(&h->b[2])) || (content.n >= 40 && content.p[0] >> 4 == 6);
}

bool sk_decode_is_plain(const struct sk_decode *d, const struct sk_raw *raw, uint64_t *pair)
{
	struct sk_rd r = sk_rd(sk_span(raw->data, raw->caplen));
	const struct udp *transport;	/* or as much of another */
	struct sk_packet p;
	unsigned family, proto;

	if (raw->linktype != 1)
		return false;
	family = link_family(&r);
	if (!family || sk_rd_left(&r) > IP_LEN_MAX)
		return false;
	memset(&p.src, 0, sizeof(p.src));
	memset(&p.dst, 0, sizeof(p.dst));
	p.src.family = p.dst.family = (uint8_t)family;
	proto = family == 4 ? take_ipv4(&r, &p) : take_ipv6(&r, &p);
	transport = (const void *)sk_rd_take(&r, sizeof(*transport));
	if (!transport || !is_transport(proto) || (proto == 17 && may_be_tunnel(transport, sk_rd_rest(&r))))
		return false;
	if (d->checksums == SK_CHECKSUMS_AUTO && !sk_checksum_is_settled(d, &p.src))
		return false;
	*pair = sk_packet_pair_hash(&p);
	return true;
}
