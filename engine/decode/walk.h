/* decode/walk.h — one frame on its way through the layers; private to decode/.
 *
 * what     every layer takes its header off w->at and names the layer that follows
 * memory   struct walk lives on the stack of one call; spans point into the frame
 * limits   a layer function never reads outside w->at
 */
#ifndef SK_DECODE_WALK_H
#define SK_DECODE_WALK_H

#include "base/hash.h"
#include "base/rd.h"
#include "decode/decode.h"

/* X(ENUM, function): what a frame may consist of, in the order of link.c, ip.c, tunnel.c, transport.c. */
#define SK_LAYERS(X) \
	X(ETHERNET, ethernet) X(VLAN, vlan) X(ITAG, itag) X(ETAG, etag) X(VNTAG, vntag) X(LLC, llc) X(SLL, sll) X(SLL2, sll2) \
	X(LOOPBACK, loopback) X(NFLOG, nflog) X(FABRICPATH, fabricpath) X(PPP, ppp) X(HDLC, hdlc) X(PPPOE, pppoe) X(MPLS, mpls) X(NSH, nsh) \
	X(RAW, raw) X(IPV4, ipv4) X(IPV6, ipv6) \
	X(GRE, gre) X(ERSPAN2, erspan2) X(ERSPAN3, erspan3) X(VXLAN, vxlan) X(GENEVE, geneve) X(GTP, gtp) X(TEREDO, teredo) \
	X(TCP, tcp) X(UDP, udp) X(UDPLITE, udplite) X(ICMP, icmp) X(ICMPV6, icmpv6) X(SCTP, sctp)

enum layer {
#define X(id, fn) LAYER_##id,
	SK_LAYERS(X)
#undef X
	LAYER_CNT,
	/* Ends of the way. */
	LAYER_DONE,			/* the packet is complete */
	LAYER_NOT_IP,
	LAYER_UNKNOWN_LINK,
	LAYER_TRUNCATED,		/* the frame ends inside this header */
	LAYER_MALFORMED
};

struct walk {
	struct sk_decode *d;
	struct sk_packet *p;
	struct sk_span at;		/* from the next header on */
	size_t missing;			/* bytes that were behind at on the wire and are not here */
	uint8_t layers;
	bool made_here;			/* the next IP header was written by defragmentation: its checksum says nothing */
	bool has_ip;			/* addresses are known */
	bool speculative;		/* inside a tunnel whose inner IP header is not seen yet: *outer is the way back */
	uint64_t pseudo;		/* sum over the innermost addresses, for transport checksums */
	struct sk_decode_tally *tally;	/* the sender's, once looked for; see checksum.c */
	struct sk_packet outer;		/* set only with speculative */
};

typedef enum layer layer_fn(struct walk *w);
#define X(id, fn) layer_fn sk_layer_##fn;
SK_LAYERS(X)
#undef X

/* What follows an EtherType; LAYER_NOT_IP for what carries no IP. */
enum layer sk_layer_of_ethertype(unsigned type);
/* … the next protocol of NSH (RFC 8300 2.2), whose numbers VXLAN-GPE shares. */
enum layer sk_layer_of_nsh_next(unsigned next);
/* … an IP protocol number that is no extension header; LAYER_DONE for what is not looked into. */
enum layer sk_layer_of_proto(unsigned proto);

/* A port by which UDP tunnels are known. */
bool sk_tunnel_port(unsigned port);
/* The tunnel a UDP payload (w->at) opens, or LAYER_DONE. */
enum layer sk_tunnel_of_udp(const struct walk *w);
/* Keeps the packet so far as the answer in case there is no IP packet inside. */
void sk_tunnel_enter(struct walk *w);

/* Folded ones' complement sum in the machine's own byte order; a whole with its checksum in place sums up to 0xffff. */
uint32_t sk_checksum_add(const uint8_t *b, size_t n, uint64_t sum);

/* Four bytes of what is summed up; fewer than 2^32 words may be added before the sum is folded. */
static inline uint64_t sk_checksum_word(const uint8_t *b)
{
	uint32_t word;

	memcpy(&word, b, 4);
	return word;
}

static inline uint32_t sk_checksum_fold(uint64_t sum)
{
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)((sum & 0xffff) + (sum >> 16));
}

/* Judges a checksum of the packet: right or wrong. Sets flags, oddities and counters. */
void sk_checksum_ip(struct walk *w, bool right);
void sk_checksum_transport(struct walk *w, bool right);
/* A wrong checksum of the sender's in a packet that a wire carries is wrong, whatever others there have been or will be. */
bool sk_checksum_is_settled(const struct sk_decode *d, const struct sk_addr *sender);

/* Right checksums of an IPv4 address need no counting any more. */
bool sk_checksum_is_counted(const struct sk_decode *d, const uint8_t *ipv4);

/* usual.c: true, and *p, for a frame with nothing odd about it; false for any other, with nothing done. */
bool sk_decode_usual(struct sk_decode *d, const struct sk_raw *raw, struct sk_packet *p);
/* transport.c: a list of TCP options. */
void sk_tcp_options(struct sk_packet *p, const uint8_t *b, size_t n);

/* Takes n bytes off the front, which must be there. */
static inline void walk_skip(struct walk *w, size_t n)
{
	w->at.p += n;
	w->at.n -= n;
}

/* Cuts what follows down to n bytes on the wire: link padding goes. False when there never were that many. */
static inline bool walk_trim(struct walk *w, size_t n)
{
	if (SK_UNLIKELY(n > w->at.n)) {
		if (n - w->at.n > w->missing)
			return false;
		w->missing = n - w->at.n;
		return true;
	}
	w->at.n = n;
	w->missing = 0;
	return true;
}

#endif
