/* decode/tunnel.c — tunnels over IP and over UDP.
 *
 * what     a tunnel is entered on trial: only when an inner IP header is found the packet becomes the inner one, otherwise
 *          the outer one stands
 * source   RFC 2784, 2890 (GRE), 2637 (GRE version 1), 1701 (routing field), 8086 (GRE in UDP), 7348 (VXLAN),
 *          draft-ietf-nvo3-vxlan-gpe, 8926 (GENEVE), 4380 (Teredo), draft-foschiano-erspan-03, 3GPP TS 29.281 (GTP-U)
 * limits   UDP tunnels are known by their registered ports, Teredo by its content
 */
#include "decode/walk.h"

enum {
	PORT_GTP = 2152, PORT_TEREDO = 3544, PORT_GRE = 4754, PORT_VXLAN = 4789, PORT_VXLAN_GPE = 4790, PORT_GENEVE = 6081,
	PORT_VXLAN_LINUX = 8472
};

void sk_tunnel_enter(struct walk *w)
{
	if (w->speculative)
		return;
	w->outer = *w->p;
	w->speculative = true;
}

/* RFC 1701: source route entries up to an empty one. */
static void skip_routes(struct sk_rd *r)
{
	unsigned family, len;

	do {
		family = sk_rd_u16be(r);
		sk_rd_skip(r, 1);
		len = sk_rd_u8(r);
		sk_rd_skip(r, len);
	} while (sk_rd_ok(r) && (family || len));
}

static enum layer gre_payload(struct walk *w, unsigned type, bool has_sequence)
{
	switch (type) {
	case 0x88be:
		return has_sequence ? LAYER_ERSPAN2 : LAYER_ETHERNET;
	case 0x22eb:
		return LAYER_ERSPAN3;
	case 0x883e:
		if (w->at.n >= 4 && w->at.p[0] >> 4 != 4)
			walk_skip(w, 4);
		return LAYER_IPV4;
	default:
		return type <= 1500 ? LAYER_NOT_IP : sk_layer_of_ethertype(type);
	}
}

/*  C R K S s recur A flags version | protocol type. Each of C/R, K, S and (version 1) A adds four bytes.
 * 0x88be without a sequence number is ERSPAN I: no header of its own. 0x883e is WCCP, with a redirect header in its version 2. */
enum layer sk_layer_gre(struct walk *w)
{
	struct sk_rd r = sk_rd(w->at);
	unsigned flags = sk_rd_u16be(&r), type = sk_rd_u16be(&r), version = flags & 7;

	if (sk_rd_ok(&r) && (version > 1 || (version == 1 && type != 0x880b)))
		return LAYER_MALFORMED;
	if (flags & 0xc000)
		sk_rd_skip(&r, 4);
	if (flags & 0x2000)
		sk_rd_skip(&r, 4);
	if (flags & 0x1000)
		sk_rd_skip(&r, 4);
	if (version == 1 && flags & 0x0080)
		sk_rd_skip(&r, 4);
	if (flags & 0x4000)
		skip_routes(&r);
	if (!sk_rd_ok(&r))
		return LAYER_TRUNCATED;
	walk_skip(w, sk_rd_taken(&r));
	return gre_payload(w, type, flags & 0x1000);
}

enum layer sk_layer_erspan2(struct walk *w)
{
	if (w->at.n < 8)
		return LAYER_TRUNCATED;
	if (w->at.p[0] >> 4 != 1)
		return LAYER_MALFORMED;
	walk_skip(w, 8);
	return LAYER_ETHERNET;
}

/* 12 bytes, and 8 more with the O flag. */
enum layer sk_layer_erspan3(struct walk *w)
{
	size_t len;

	if (w->at.n < 12)
		return LAYER_TRUNCATED;
	if (w->at.p[0] >> 4 != 2)
		return LAYER_MALFORMED;
	len = w->at.p[11] & 1 ? 20 : 12;
	if (w->at.n < len)
		return LAYER_TRUNCATED;
	walk_skip(w, len);
	return LAYER_ETHERNET;
}

/* RFC 7348 5: the I flag, 24 bits of network id. With the P flag (draft-ietf-nvo3-vxlan-gpe) the fourth byte names what follows. */
enum layer sk_layer_vxlan(struct walk *w)
{
	struct sk_rd r = sk_rd(w->at);
	unsigned flags = sk_rd_u8(&r), next;

	sk_rd_skip(&r, 2);
	next = sk_rd_u8(&r);
	sk_rd_skip(&r, 4);
	if (!sk_rd_ok(&r) || !(flags & 0x08))
		return LAYER_NOT_IP;
	walk_skip(w, 8);
	return flags & 0x04 ? sk_layer_of_nsh_next(next) : LAYER_ETHERNET;
}

/*  version(2) length of options in words(6) | O C reserved | protocol type | network id | reserved */
enum layer sk_layer_geneve(struct walk *w)
{
	struct sk_rd r = sk_rd(w->at);
	unsigned first = sk_rd_u8(&r), type;

	sk_rd_skip(&r, 1);
	type = sk_rd_u16be(&r);
	sk_rd_skip(&r, 4 + (first & 0x3f) * 4u);
	if (!sk_rd_ok(&r) || first >> 6 != 0 || type <= 1500)
		return LAYER_NOT_IP;
	walk_skip(w, sk_rd_taken(&r));
	return sk_layer_of_ethertype(type);
}

/*  version(3) PT * E S PN | type | length | tunnel id | with any of E, S, PN: sequence(2), N-PDU, type of extension.
 * Extensions: length in words, content, type of the next. Type 255 carries a packet. TS 29.281 5. */
enum layer sk_layer_gtp(struct walk *w)
{
	struct sk_rd r = sk_rd(w->at);
	unsigned flags = sk_rd_u8(&r), type = sk_rd_u8(&r), next = 0, words;

	if (flags >> 4 != 3 || type != 255)
		return LAYER_NOT_IP;
	sk_rd_skip(&r, 6);
	if (flags & 7) {
		sk_rd_skip(&r, 3);
		next = sk_rd_u8(&r);
	}
	while (flags & 4 && next && sk_rd_ok(&r)) {
		words = sk_rd_u8(&r);
		if (words == 0)
			return LAYER_MALFORMED;
		sk_rd_skip(&r, words * 4u - 2);
		next = sk_rd_u8(&r);
	}
	if (!sk_rd_ok(&r))
		return LAYER_TRUNCATED;
	walk_skip(w, sk_rd_taken(&r));
	return LAYER_RAW;
}

/* RFC 4380 5.1.1: an authentication header (0x0001) and an origin indication (0x0000) may come first. */
static struct sk_span teredo_body(struct sk_span s)
{
	struct sk_rd r = sk_rd(s);

	if (s.n >= 4 && s.p[0] == 0 && s.p[1] == 1) {
		sk_rd_skip(&r, 2);
		size_t id_len = sk_rd_u8(&r), auth_len = sk_rd_u8(&r);

		sk_rd_skip(&r, id_len + auth_len + 9);
	}
	struct sk_span rest = sk_rd_rest(&r);

	return rest.n >= 8 && rest.p[0] == 0 && rest.p[1] == 0 ? sk_span_sub(rest, 8, SIZE_MAX) : rest;
}

/* An IPv6 packet that fills the rest exactly; on any port with an address in 2001::/32, on Teredo's own port also with
 * a link-local one (router discovery). */
static bool is_teredo(struct sk_span s, bool own_port, size_t missing)
{
	const uint8_t *b = s.p;

	if (s.n < 40 || b[0] >> 4 != 6 || ((size_t)b[4] << 8 | b[5]) != s.n + missing - 40)
		return false;
	if (memcmp(b + 8, "\x20\x01\0\0", 4) == 0 || memcmp(b + 24, "\x20\x01\0\0", 4) == 0)
		return true;
	return own_port && b[8] == 0xfe && (b[9] & 0xc0) == 0x80;
}

enum layer sk_layer_teredo(struct walk *w)
{
	w->at = teredo_body(w->at);
	return LAYER_IPV6;
}

bool sk_tunnel_port(unsigned port)
{
	switch (port) {
	case PORT_GTP: case PORT_TEREDO: case PORT_GRE: case PORT_VXLAN: case PORT_VXLAN_GPE: case PORT_GENEVE: case PORT_VXLAN_LINUX:
		return true;
	default:
		return false;
	}
}

enum layer sk_tunnel_of_udp(const struct walk *w)
{
	const struct sk_packet *p = w->p;
	bool own_port = p->dst_port == PORT_TEREDO || p->src_port == PORT_TEREDO;

	switch (p->dst_port) {
	case PORT_VXLAN: case PORT_VXLAN_LINUX: case PORT_VXLAN_GPE:
		return LAYER_VXLAN;
	case PORT_GENEVE:
		return LAYER_GENEVE;
	case PORT_GRE:
		return LAYER_GRE;
	case PORT_GTP:
		return LAYER_GTP;
	default:
		break;
	}
	if (p->src_port == PORT_GTP)
		return LAYER_GTP;
	if (w->at.n < 40 || (w->at.p[0] >> 4 != 6 && !own_port))
		return LAYER_DONE;
	return is_teredo(own_port ? teredo_body(w->at) : w->at, own_port, w->missing) ? LAYER_TEREDO : LAYER_DONE;
}
