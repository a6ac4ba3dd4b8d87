/* decode/ip.c — IPv4 and IPv6 headers, options, extension headers and fragments.
 *
 * source   RFC 791, 815, 2675 (jumbograms), 4302 (AH), 6564 (uniform extension headers), 6946 (atomic fragments), 8200
 * limits   EXTENSIONS_MAX extension headers; behind them the transport is not known
 */
#include "decode/walk.h"

#define EXTENSIONS_MAX 64
/* A length of 0 is what segmentation offload leaves in frames captured before they were cut for the wire; only frames that no
 * usual wire carries are taken for that. */
#define OFFLOAD_LEN_MIN 1501

enum {
	PROTO_HOP_BY_HOP = 0, PROTO_IPIP = 4, PROTO_IPV6 = 41, PROTO_ROUTING = 43, PROTO_FRAGMENT = 44, PROTO_GRE = 47, PROTO_AH = 51,
	PROTO_NONE = 59, PROTO_OPTIONS = 60, PROTO_MOBILITY = 135, PROTO_HIP = 139, PROTO_SHIM6 = 140, PROTO_MPLS = 137
};

enum { IPV4_OPTION_END = 0, IPV4_OPTION_NOP = 1, IPV4_OPTION_LOOSE_ROUTE = 131, IPV4_OPTION_STRICT_ROUTE = 137 };
enum { IPV6_OPTION_PAD1 = 0, IPV6_OPTION_JUMBO = 0xc2, IPV6_OPTION_HOME = 0xc9 };

enum layer sk_layer_of_proto(unsigned proto)
{
	switch (proto) {
	case 6:
		return LAYER_TCP;
	case 17:
		return LAYER_UDP;
	case 1:
		return LAYER_ICMP;
	case 58:
		return LAYER_ICMPV6;
	case 132:
		return LAYER_SCTP;
	case 136:
		return LAYER_UDPLITE;
	case PROTO_IPIP:
		return LAYER_IPV4;
	case PROTO_IPV6:
		return LAYER_IPV6;
	case PROTO_GRE:
		return LAYER_GRE;
	case PROTO_MPLS:
		return LAYER_MPLS;
	default:
		return LAYER_DONE;
	}
}

/* The way on from the IP header: w->at is its payload. */
static enum layer follow(struct walk *w, unsigned proto)
{
	enum layer next = sk_layer_of_proto(proto);

	w->p->proto = (uint8_t)proto;
	w->p->payload = w->at;
	if (w->missing)
		w->p->flags |= SK_PACKET_CUT;
	if (next == LAYER_IPV4 || next == LAYER_IPV6 || next == LAYER_GRE || next == LAYER_MPLS)
		sk_tunnel_enter(w);
	return next;
}

/* A new innermost IP header: what an outer one has left in the packet goes. */
static void begin_ip(struct walk *w, unsigned family)
{
	struct sk_packet *p = w->p;

	if (SK_UNLIKELY(w->has_ip)) {
		p->flags |= SK_PACKET_TUNNELLED;
		if (p->tunnel_depth < UINT8_MAX)
			p->tunnel_depth++;
		p->flags &= ~(uint32_t)(SK_PACKET_CUT | SK_PACKET_NO_TRANSPORT);
		p->src_port = p->dst_port = 0;
		memset(&p->src, 0, sizeof(p->src));
		memset(&p->dst, 0, sizeof(p->dst));
	}
	w->has_ip = true;
	w->tally = NULL;
	w->speculative = false;
	p->src.family = p->dst.family = (uint8_t)family;
}

static enum layer fragment(struct walk *w, uint32_t id, uint32_t off, bool more, unsigned proto, size_t header_len,
	size_t next_off)
{
	struct sk_packet *p = w->p;
	size_t len = w->at.n + w->missing;

	p->flags |= SK_PACKET_FRAGMENT;
	p->proto = p->frag_proto = (uint8_t)proto;
	p->frag_id = id;
	p->frag_off = off;
	p->frag_more = more;
	p->ip_header_len = (uint16_t)header_len;
	p->ip_next_off = (uint16_t)next_off;
	p->payload = w->at;
	if (w->missing)
		p->flags |= SK_PACKET_CUT;
	if (len == 0 || (more && len % 8))
		p->oddities |= SK_PACKET_ODD(BAD_FRAGMENT);
	w->d->counters.fragments++;
	return LAYER_DONE;
}

/* RFC 4302 2.2: AH is walked like an extension header, in IPv4 too. Its next header, or <0. */
static int authentication(struct walk *w)
{
	struct sk_rd r = sk_rd(w->at);
	unsigned next = sk_rd_u8(&r), len = (sk_rd_u8(&r) + 2u) * 4u;

	if (!sk_rd_ok(&r) || len > w->at.n)
		return -1;
	walk_skip(w, len);
	return (int)next;
}

static bool length_is_offloaded(const struct walk *w, unsigned proto)
{
	return proto == 6 && w->at.n + w->missing >= OFFLOAD_LEN_MIN;
}

/* RFC 791 3.1. Hosts do not agree on what to do with a damaged list; the packet is looked into and told to be odd. */
static void ipv4_options(struct sk_packet *p, const uint8_t *b, size_t n)
{
	struct sk_rd r = sk_rd(sk_span(b, n));

	while (sk_rd_left(&r) > 0) {
		unsigned kind = sk_rd_u8(&r), len;

		if (kind == IPV4_OPTION_END)
			return;
		if (kind == IPV4_OPTION_NOP)
			continue;
		len = sk_rd_u8(&r);
		if (len < 2)
			sk_rd_fail(&r);
		sk_rd_skip(&r, len < 2 ? 0 : len - 2);
		if (kind == IPV4_OPTION_LOOSE_ROUTE || kind == IPV4_OPTION_STRICT_ROUTE)
			p->oddities |= SK_PACKET_ODD(SOURCE_ROUTE);
	}
	if (!sk_rd_ok(&r))
		p->oddities |= SK_PACKET_ODD(BAD_IP_OPTIONS);
}

/* addresses: their sum. */
static uint32_t header_sum(const uint8_t *b, size_t n, uint64_t addresses)
{
	uint64_t sum = addresses + sk_checksum_word(b) + sk_checksum_word(b + 4) + sk_checksum_word(b + 8);

	return SK_LIKELY(n == 20) ? sk_checksum_fold(sum) : sk_checksum_add(b + 20, n - 20, sum);
}

enum layer sk_layer_ipv4(struct walk *w)
{
	struct sk_packet *p = w->p;
	const uint8_t *b = w->at.p;
	unsigned header_len, total, frag, proto;
	int next;

	if (SK_UNLIKELY(w->at.n < 20))
		return LAYER_TRUNCATED;
	header_len = (b[0] & 15u) * 4u;
	total = (unsigned)b[2] << 8 | b[3];
	frag = (unsigned)b[6] << 8 | b[7];
	proto = b[9];
	if (SK_UNLIKELY(b[0] >> 4 != 4)) {
		p->oddities |= SK_PACKET_ODD(BAD_IP_VERSION);
		return LAYER_MALFORMED;
	}
	if (SK_UNLIKELY(total == 0 && length_is_offloaded(w, proto)))
		total = (unsigned)(w->at.n + w->missing);
	if (SK_UNLIKELY(header_len < 20 || total < header_len || !walk_trim(w, total))) {
		p->oddities |= SK_PACKET_ODD(BAD_IP_LENGTH);
		return LAYER_MALFORMED;
	}
	if (SK_UNLIKELY(header_len > w->at.n))
		return LAYER_TRUNCATED;
	begin_ip(w, 4);
	memcpy(p->src.b, b + 12, 4);
	memcpy(p->dst.b, b + 16, 4);
	p->ttl = b[8];
	p->ip = w->at;
	if (w->d->checksums != SK_CHECKSUMS_NONE) {
		w->pseudo = sk_checksum_word(b + 12) + sk_checksum_word(b + 16);
		if (!w->made_here)
			sk_checksum_ip(w, header_sum(b, header_len, w->pseudo) == 0xffff);
	}
	w->made_here = false;
	if (SK_UNLIKELY(header_len > 20))
		ipv4_options(p, b + 20, header_len - 20);
	walk_skip(w, header_len);
	if (SK_UNLIKELY(frag & 0x3fff))
		return fragment(w, (uint32_t)b[4] << 8 | b[5], (frag & 0x1fff) * 8, frag & 0x2000, proto, header_len, 9);
	while (SK_UNLIKELY(proto == PROTO_AH)) {
		next = authentication(w);
		if (next < 0 || ++w->layers > SK_DECODE_LAYERS_MAX)
			break;
		proto = (unsigned)next;
	}
	return follow(w, proto);
}

static bool is_extension(unsigned proto)
{
	switch (proto) {
	case PROTO_HOP_BY_HOP: case PROTO_ROUTING: case PROTO_FRAGMENT: case PROTO_AH: case PROTO_OPTIONS: case PROTO_MOBILITY:
	case PROTO_HIP: case PROTO_SHIM6:
		return true;
	default:
		return false;
	}
}

/* The content of an option of the hop-by-hop or destination options header at w->at, when it has that length; otherwise p is
 * NULL. */
static struct sk_span ipv6_option(const struct walk *w, unsigned type, size_t len)
{
	struct sk_rd r = sk_rd(w->at), o;
	size_t n;

	sk_rd_skip(&r, 1);
	n = (sk_rd_u8(&r) + 1u) * 8u - 2;
	o = sk_rd(sk_rd_span(&r, n));
	while (sk_rd_left(&o) > 0) {
		unsigned kind = sk_rd_u8(&o), size = kind == IPV6_OPTION_PAD1 ? 0 : sk_rd_u8(&o);
		struct sk_span value = sk_rd_span(&o, size);

		if (kind == type && size == len)
			return value;
	}
	return sk_span(NULL, 0);
}

/* RFC 2675; 0 for none. */
static uint32_t jumbo_len(const struct walk *w)
{
	struct sk_rd r = sk_rd(ipv6_option(w, IPV6_OPTION_JUMBO, 4));

	return sk_rd_u32be(&r);
}

/* How often each kind was in the chain, to tell what RFC 8200 4.1 does not allow; and the addresses the transport's checksum
 * is over. */
struct chain {
	uint8_t headers, routing, options, fragments, auth;
	const uint8_t *src, *dst;
};

static bool is_out_of_order(struct chain *c, unsigned kind)
{
	switch (kind) {
	case PROTO_HOP_BY_HOP:
		return c->headers > 1;
	case PROTO_ROUTING:
		return ++c->routing > 1;
	case PROTO_OPTIONS:
		return ++c->options > 2;
	case PROTO_AH:
		return ++c->auth > 1;
	default:
		return false;
	}
}

/* With segments left the checksum is over the last address of the way (RFC 8200 8.1): the first in the list of a segment
 * routing header (type 4, RFC 8754 2), the last in those of type 0 and 2. */
static void final_destination(const struct walk *w, struct chain *c, size_t len)
{
	const uint8_t *b = w->at.p;

	if (len < 24 || b[3] == 0)
		return;
	if (b[2] == 4)
		c->dst = b + 8;
	else if ((b[2] == 0 || b[2] == 2) && len % 16 == 8)
		c->dst = b + len - 16;
}

/* RFC 6275 6.3: a mobile node's checksum is over its home address. */
static void home_address(const struct walk *w, struct chain *c)
{
	struct sk_span home = ipv6_option(w, IPV6_OPTION_HOME, 16);

	if (home.p)
		c->src = home.p;
}

/* One extension header other than a true fragment's. *kind becomes the next header. */
static bool extension(struct walk *w, struct chain *c, unsigned *kind)
{
	struct sk_rd r = sk_rd(w->at);
	unsigned next = sk_rd_u8(&r), size = sk_rd_u8(&r);
	size_t len = *kind == PROTO_FRAGMENT ? 8 : *kind == PROTO_AH ? (size + 2u) * 4u : (size + 1u) * 8u;

	if (!sk_rd_ok(&r) || len > w->at.n)
		return false;
	if (is_out_of_order(c, *kind))
		w->p->oddities |= SK_PACKET_ODD(EXTENSION_CHAIN);
	if (*kind == PROTO_ROUTING)
		final_destination(w, c, len);
	else if (*kind == PROTO_OPTIONS)
		home_address(w, c);
	walk_skip(w, len);
	*kind = next;
	return true;
}

/* A fragment header: true (with *end set) when the packet is a fragment, false when it is atomic and is to be walked on. */
static bool fragment_header(struct walk *w, struct chain *c, const uint8_t *base, size_t next_off, enum layer *end)
{
	struct sk_rd r = sk_rd(w->at);
	unsigned next = sk_rd_u8(&r), off;
	uint32_t id;

	sk_rd_skip(&r, 1);
	off = sk_rd_u16be(&r);
	id = sk_rd_u32be(&r);
	if (!sk_rd_ok(&r)) {
		*end = LAYER_TRUNCATED;
		return true;
	}
	if (++c->fragments > 1)
		w->p->oddities |= SK_PACKET_ODD(DUPLICATE_FRAGMENT_HEADER);
	if (!(off & 0xfff9)) {
		w->p->oddities |= SK_PACKET_ODD(ATOMIC_FRAGMENT);
		return false;
	}
	if (next == PROTO_FRAGMENT && !(off & 0xfff8))
		w->p->oddities |= SK_PACKET_ODD(DUPLICATE_FRAGMENT_HEADER);
	size_t header_len = (size_t)(w->at.p - base);

	walk_skip(w, 8);
	*end = fragment(w, id, off & 0xfff8, off & 1, next, header_len, next_off);
	return true;
}

static enum layer extensions(struct walk *w, const uint8_t *base, unsigned kind)
{
	struct chain c = { .src = w->p->src.b, .dst = w->p->dst.b };
	size_t next_off = 6;
	enum layer end;

	while (is_extension(kind)) {
		const uint8_t *header = w->at.p;

		if (++c.headers > EXTENSIONS_MAX) {
			w->p->oddities |= SK_PACKET_ODD(EXTENSION_CHAIN);
			w->p->flags |= SK_PACKET_NO_TRANSPORT;
			w->p->proto = (uint8_t)kind;
			w->d->counters.layers++;
			return LAYER_DONE;
		}
		if (kind == PROTO_FRAGMENT && fragment_header(w, &c, base, next_off, &end))
			return end;
		if (!extension(w, &c, &kind))
			return LAYER_TRUNCATED;
		next_off = (size_t)(header - base);
	}
	if (c.src != w->p->src.b || c.dst != w->p->dst.b)
		w->pseudo = sk_checksum_add(c.dst, 16, sk_checksum_add(c.src, 16, 0));
	if (kind == PROTO_NONE)
		w->p->flags |= SK_PACKET_NO_TRANSPORT;
	return follow(w, kind);
}

enum layer sk_layer_ipv6(struct walk *w)
{
	struct sk_packet *p = w->p;
	const uint8_t *b = w->at.p;
	size_t len;
	unsigned next;

	if (SK_UNLIKELY(w->at.n < 40))
		return LAYER_TRUNCATED;
	if (SK_UNLIKELY(b[0] >> 4 != 6)) {
		p->oddities |= SK_PACKET_ODD(BAD_IP_VERSION);
		return LAYER_MALFORMED;
	}
	len = (size_t)b[4] << 8 | b[5];
	next = b[6];
	p->ip = w->at;
	walk_skip(w, 40);
	if (SK_UNLIKELY(len == 0 && next == PROTO_HOP_BY_HOP))
		len = jumbo_len(w);
	else if (SK_UNLIKELY(len == 0 && length_is_offloaded(w, next)))
		len = w->at.n + w->missing;
	if (SK_UNLIKELY(!walk_trim(w, len))) {
		p->oddities |= SK_PACKET_ODD(BAD_IP_LENGTH);
		return LAYER_MALFORMED;
	}
	p->ip.n = 40 + w->at.n;
	begin_ip(w, 6);
	memcpy(p->src.b, b + 8, 16);
	memcpy(p->dst.b, b + 24, 16);
	p->ttl = b[7];
	if (w->d->checksums != SK_CHECKSUMS_NONE)
		w->pseudo = sk_checksum_add(b + 8, 32, 0);
	w->made_here = false;
	if (SK_UNLIKELY(is_extension(next) || next == PROTO_NONE))
		return extensions(w, b, next);
	return follow(w, next);
}

enum layer sk_layer_raw(struct walk *w)
{
	if (w->at.n == 0)
		return LAYER_TRUNCATED;
	switch (w->at.p[0] >> 4) {
	case 4:
		return LAYER_IPV4;
	case 6:
		return LAYER_IPV6;
	default:
		return LAYER_NOT_IP;
	}
}
