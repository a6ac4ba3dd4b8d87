/* decode/link.c — link layers and what is stacked on them before IP.
 *
 * source   IEEE 802.3, 802.1Q-2022 (C, S and I tags), 802.1BR (E-TAG); Cisco VN-TAG and FabricPath; RFC 1042 (SNAP), 1661, 1662,
 *          2516, 3032, 4385, 8300; link types: the tcpdump.org list (LINUX_SLL, LINUX_SLL2, NULL, LOOP, NFLOG, C_HDLC, PPP)
 */
#include "decode/walk.h"

#define MPLS_LABELS_MAX 16

enum layer sk_layer_of_ethertype(unsigned type)
{
	switch (type) {
	case 0x0800:
		return LAYER_IPV4;
	case 0x86dd:
		return LAYER_IPV6;
	case 0x8100: case 0x88a8: case 0x9100: case 0x9200: case 0x9300:
		return LAYER_VLAN;
	case 0x88e7:
		return LAYER_ITAG;
	case 0x893f:
		return LAYER_ETAG;
	case 0x8926:
		return LAYER_VNTAG;
	case 0x8847: case 0x8848:
		return LAYER_MPLS;
	case 0x8864:
		return LAYER_PPPOE;
	case 0x894f:
		return LAYER_NSH;
	case 0x6558:
		return LAYER_ETHERNET;
	case 0x880b:
		return LAYER_PPP;
	case 0x8903:
		return LAYER_FABRICPATH;
	default:
		return type <= 1500 ? LAYER_LLC : LAYER_NOT_IP;
	}
}

enum layer sk_layer_ethernet(struct walk *w)
{
	struct sk_rd r = sk_rd(w->at);
	unsigned type;

	sk_rd_skip(&r, 12);
	type = sk_rd_u16be(&r);
	if (!sk_rd_ok(&r))
		return LAYER_TRUNCATED;
	walk_skip(w, 14);
	return sk_layer_of_ethertype(type);
}

/* Ids only; 0 is a priority tag and no VLAN. */
enum layer sk_layer_vlan(struct walk *w)
{
	struct sk_rd r = sk_rd(w->at);
	unsigned id = sk_rd_u16be(&r) & 0xfff, type = sk_rd_u16be(&r);

	if (!sk_rd_ok(&r))
		return LAYER_TRUNCATED;
	if (id && w->p->vlan_cnt < SK_ARRAY_LEN(w->p->vlan))
		w->p->vlan[w->p->vlan_cnt++] = (uint16_t)id;
	walk_skip(w, 4);
	return sk_layer_of_ethertype(type);
}

/* Tags of n bytes before the EtherType of what follows. */
static enum layer skip_tag(struct walk *w, size_t n)
{
	struct sk_rd r = sk_rd(w->at);
	unsigned type;

	sk_rd_skip(&r, n);
	type = sk_rd_u16be(&r);
	if (!sk_rd_ok(&r))
		return LAYER_TRUNCATED;
	walk_skip(w, n + 2);
	return sk_layer_of_ethertype(type);
}

enum layer sk_layer_etag(struct walk *w)
{
	return skip_tag(w, 6);
}

enum layer sk_layer_vntag(struct walk *w)
{
	return skip_tag(w, 4);
}

/* 802.1Q 9.7: four bytes of I-TAG, then the customer's frame from its addresses on. */
enum layer sk_layer_itag(struct walk *w)
{
	if (w->at.n < 4)
		return LAYER_TRUNCATED;
	walk_skip(w, 4);
	return LAYER_ETHERNET;
}

/* 802.2: DSAP, SSAP, control; SNAP brings an EtherType (RFC 1042), SAP 6 is IPv4. */
enum layer sk_layer_llc(struct walk *w)
{
	struct sk_rd r = sk_rd(w->at);
	unsigned saps = sk_rd_u16be(&r), control = sk_rd_u8(&r), oui, type;

	if (!sk_rd_ok(&r))
		return w->missing ? LAYER_TRUNCATED : LAYER_NOT_IP;
	if (saps == 0x0606 && control == 3) {
		walk_skip(w, 3);
		return LAYER_IPV4;
	}
	if (saps != 0xaaaa || control != 3)
		return LAYER_NOT_IP;
	oui = sk_rd_u24be(&r);
	type = sk_rd_u16be(&r);
	if (!sk_rd_ok(&r))
		return LAYER_TRUNCATED;
	if ((oui != 0 && oui != 0x0000f8) || type <= 1500)
		return LAYER_NOT_IP;
	walk_skip(w, 8);
	return sk_layer_of_ethertype(type);
}

/* The protocol field of cooked captures: an EtherType, or 1 and 4 for 802.3 frames without and with 802.2. */
static enum layer cooked(struct walk *w, unsigned arphrd, unsigned proto)
{
	enum { ARPHRD_NETLINK = 824 };

	if (arphrd == ARPHRD_NETLINK)
		return LAYER_NOT_IP;
	if (proto <= 1500)
		return proto == 4 ? LAYER_LLC : LAYER_NOT_IP;
	return sk_layer_of_ethertype(proto);
}

enum layer sk_layer_sll(struct walk *w)
{
	struct sk_rd r = sk_rd(w->at);
	unsigned arphrd, proto;

	sk_rd_skip(&r, 2);
	arphrd = sk_rd_u16be(&r);
	sk_rd_skip(&r, 10);
	proto = sk_rd_u16be(&r);
	if (!sk_rd_ok(&r))
		return LAYER_TRUNCATED;
	walk_skip(w, 16);
	return cooked(w, arphrd, proto);
}

enum layer sk_layer_sll2(struct walk *w)
{
	struct sk_rd r = sk_rd(w->at);
	unsigned arphrd, proto = sk_rd_u16be(&r);

	sk_rd_skip(&r, 6);
	arphrd = sk_rd_u16be(&r);
	sk_rd_skip(&r, 10);
	if (!sk_rd_ok(&r))
		return LAYER_TRUNCATED;
	walk_skip(w, 20);
	return cooked(w, arphrd, proto);
}

/* BSD loopback: the address family in the byte order of the machine that captured. AF_INET6 is 10 on Linux, 24 on NetBSD and
 * OpenBSD, 28 on FreeBSD, 30 on Darwin. */
enum layer sk_layer_loopback(struct walk *w)
{
	struct sk_rd r = sk_rd(w->at);
	uint32_t family = sk_rd_u32be(&r);

	if (!sk_rd_ok(&r))
		return LAYER_TRUNCATED;
	if (family > 0xffff)
		family = __builtin_bswap32(family);
	walk_skip(w, 4);
	switch (family) {
	case 2:
		return LAYER_IPV4;
	case 10: case 24: case 28: case 30:
		return LAYER_IPV6;
	default:
		return LAYER_NOT_IP;
	}
}

/* Two bytes of tree number and time to live behind the outer addresses, then the frame. */
enum layer sk_layer_fabricpath(struct walk *w)
{
	if (w->at.n < 2)
		return LAYER_TRUNCATED;
	walk_skip(w, 2);
	return LAYER_ETHERNET;
}

/* Family, version, two bytes of group; then values with length and type in the byte order of the machine that captured:
 * little endian unless that makes no sense. Type 9 is the packet. */
enum layer sk_layer_nflog(struct walk *w)
{
	struct sk_rd r = sk_rd(w->at);
	unsigned family = sk_rd_u8(&r);

	sk_rd_skip(&r, 3);
	while (sk_rd_ok(&r)) {
		unsigned len = sk_rd_u16le(&r), type = sk_rd_u16le(&r);

		if (len < 4 || len - 4 > sk_rd_left(&r) + w->missing) {
			len = __builtin_bswap16((uint16_t)len);
			type = __builtin_bswap16((uint16_t)type);
		}
		if (len < 4 || !sk_rd_ok(&r))
			break;
		if ((type & 0x7fff) == 9) {
			walk_skip(w, sk_rd_taken(&r));
			if (!walk_trim(w, len - 4))
				return LAYER_MALFORMED;
			return family == 2 ? LAYER_IPV4 : family == 10 ? LAYER_IPV6 : LAYER_NOT_IP;
		}
		sk_rd_skip(&r, (len + 3) / 4 * 4 - 4);
	}
	return sk_rd_ok(&r) ? LAYER_MALFORMED : LAYER_TRUNCATED;
}

/* RFC 1661, 1662: address and control may be left out, the protocol may be one byte (its lowest bit is set). */
enum layer sk_layer_ppp(struct walk *w)
{
	struct sk_rd r = sk_rd(w->at);
	unsigned proto;

	if (w->at.n >= 2 && w->at.p[0] == 0xff && w->at.p[1] == 0x03)
		sk_rd_skip(&r, 2);
	proto = sk_rd_u8(&r);
	if (!(proto & 1))
		proto = proto << 8 | sk_rd_u8(&r);
	if (!sk_rd_ok(&r))
		return LAYER_TRUNCATED;
	walk_skip(w, sk_rd_taken(&r));
	switch (proto) {
	case 0x0021:
		return LAYER_IPV4;
	case 0x0057:
		return LAYER_IPV6;
	case 0x0281: case 0x0283:
		return LAYER_MPLS;
	default:
		return LAYER_NOT_IP;
	}
}

/* Cisco HDLC and RFC 1662 PPP share link types: the first byte tells them apart (0x0f unicast, 0x8f broadcast). */
enum layer sk_layer_hdlc(struct walk *w)
{
	struct sk_rd r = sk_rd(w->at);
	unsigned address = sk_rd_u8(&r), type;

	if (sk_rd_ok(&r) && address != 0x0f && address != 0x8f)
		return LAYER_PPP;
	sk_rd_skip(&r, 1);
	type = sk_rd_u16be(&r);
	if (!sk_rd_ok(&r))
		return LAYER_TRUNCATED;
	walk_skip(w, 4);
	return type <= 1500 ? LAYER_NOT_IP : sk_layer_of_ethertype(type);
}

enum layer sk_layer_pppoe(struct walk *w)
{
	struct sk_rd r = sk_rd(w->at);
	unsigned version = sk_rd_u8(&r), code = sk_rd_u8(&r), len;

	sk_rd_skip(&r, 2);
	len = sk_rd_u16be(&r);
	if (!sk_rd_ok(&r))
		return LAYER_TRUNCATED;
	if (version != 0x11)
		return LAYER_MALFORMED;
	if (code != 0)
		return LAYER_NOT_IP;
	walk_skip(w, 6);
	return walk_trim(w, len) ? LAYER_PPP : LAYER_MALFORMED;
}

/* RFC 3032: labels until the bottom of the stack. What follows is not named: 4 and 6 are IP (RFC 4928), 0 is a pseudowire's
 * control word (RFC 4385) before an Ethernet frame, the rest is taken for an Ethernet frame. */
enum layer sk_layer_mpls(struct walk *w)
{
	struct sk_rd r = sk_rd(w->at);
	uint32_t entry;
	unsigned labels = 0, first;

	do {
		entry = sk_rd_u32be(&r);
		labels++;
	} while (sk_rd_ok(&r) && !(entry & 0x100) && labels < MPLS_LABELS_MAX);
	if (!sk_rd_ok(&r))
		return LAYER_TRUNCATED;
	if (!(entry & 0x100)) {
		w->layers = SK_DECODE_LAYERS_MAX;
		return LAYER_MPLS;
	}
	walk_skip(w, sk_rd_taken(&r));
	first = sk_rd_u8(&r) >> 4;
	if (!sk_rd_ok(&r))
		return LAYER_TRUNCATED;
	if (first == 4)
		return LAYER_IPV4;
	if (first == 6)
		return LAYER_IPV6;
	if (first == 0 && w->at.n >= 4)
		walk_skip(w, 4);
	return LAYER_ETHERNET;
}

enum layer sk_layer_of_nsh_next(unsigned next)
{
	static const uint8_t layers[] = { LAYER_CNT, LAYER_IPV4, LAYER_IPV6, LAYER_ETHERNET, LAYER_NSH, LAYER_MPLS };

	return next > 0 && next < SK_ARRAY_LEN(layers) ? (enum layer)layers[next] : LAYER_NOT_IP;
}

enum layer sk_layer_nsh(struct walk *w)
{
	struct sk_rd r = sk_rd(w->at);
	unsigned base = sk_rd_u16be(&r), next, len = (base & 0x3f) * 4u;

	sk_rd_skip(&r, 1);
	next = sk_rd_u8(&r);
	if (!sk_rd_ok(&r))
		return LAYER_TRUNCATED;
	if (base >> 14 != 0 || len < 8)
		return LAYER_MALFORMED;
	if (len > w->at.n)
		return LAYER_TRUNCATED;
	walk_skip(w, len);
	return sk_layer_of_nsh_next(next);
}
