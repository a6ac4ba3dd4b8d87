/* decode/decode.h — link layers, tunnels, IP and transport headers to struct sk_packet.
 *
 * in       struct sk_raw from capture/, or a whole datagram from flow/defrag.h
 * out      struct sk_packet, a value; its spans point into the frame
 * memory   nothing is allocated per packet
 * threads  one struct sk_decode per thread
 * source   RFC 791, 8200, 9293, 768, 792, 4443, 9260, 2784, 7348, 8926, 8300, 4380, 3032, 2516, 1661; IEEE 802.1Q; see each file
 * limits   at most SK_DECODE_LAYERS_MAX headers; what lies below is counted, not decoded
 */
#ifndef SK_DECODE_DECODE_H
#define SK_DECODE_DECODE_H

#include <sekisho/addr.h>
#include <sekisho/span.h>

#include "base/counter.h"
#include "capture/capture.h"

#define SK_DECODE_LAYERS_MAX 16

enum {
	SK_PACKET_FRAGMENT = 1 << 0,		/* an IP fragment: no transport fields; for flow/defrag.h */
	SK_PACKET_DEFRAGMENTED = 1 << 1,
	SK_PACKET_CUT = 1 << 2,			/* payload is shorter than the headers say (snaplen) */
	SK_PACKET_BAD_IP_CHECKSUM = 1 << 3,
	SK_PACKET_BAD_CHECKSUM = 1 << 4,	/* transport */
	SK_PACKET_NO_TRANSPORT = 1 << 5,	/* ports and payload are not known */
	SK_PACKET_HAS_TIMESTAMP = 1 << 6,	/* TCP timestamps option */
	SK_PACKET_HAS_WSCALE = 1 << 7,
	SK_PACKET_TUNNELLED = 1 << 8,
	SK_PACKET_STAYS = 1 << 9		/* set by pipeline/: the bytes are there until sk_worker_settle */
};

enum { SK_TCP_FIN = 1, SK_TCP_SYN = 2, SK_TCP_RST = 4, SK_TCP_PSH = 8, SK_TCP_ACK = 16, SK_TCP_URG = 32, SK_TCP_ECE = 64, SK_TCP_CWR = 128 };

/* Oddities of one packet. X(ENUM, "name", "what it means", "source") */
#define SK_PACKET_ODDITIES(X) \
	X(BAD_IP_CHECKSUM, "bad_ip_checksum", "the checksum of an IPv4 header is wrong", "RFC 791 3.1") \
	X(BAD_CHECKSUM, "bad_checksum", "the checksum of the transport is wrong", "RFC 1071") \
	X(TRUNCATED_HEADER, "truncated_header", "the packet ends inside a header", "") \
	X(BAD_IP_LENGTH, "bad_ip_length", "the lengths in an IP header contradict each other or the packet", "RFC 791 3.1") \
	X(BAD_TCP_HEADER, "bad_tcp_header", "a TCP header too short for itself, or options with wrong lengths", "RFC 9293 3.1") \
	X(BAD_UDP_LENGTH, "bad_udp_length", "a UDP length that is not that of the packet", "RFC 768") \
	X(TOO_MANY_LAYERS, "too_many_layers", "more headers, or fragments inside of fragments, than are followed", "") \
	X(EXTENSION_CHAIN, "extension_chain", "IPv6 extension headers out of order, or more than are followed", "RFC 8200 4.1") \
	X(ATOMIC_FRAGMENT, "atomic_fragment", "a fragment header on a whole datagram", "RFC 6946") \
	X(DUPLICATE_FRAGMENT_HEADER, "duplicate_fragment_header", "more than one fragment header", "RFC 8200 4.1") \
	X(BAD_FRAGMENT, "bad_fragment", "a fragment whose length or end no host takes", "RFC 8200 4.5") \
	X(LAND, "land", "sender and receiver are the same", "") \
	X(TCP_FLAGS, "tcp_flags", "TCP flags that are never set together", "RFC 9293 3.1") \
	X(BAD_IP_VERSION, "bad_ip_version", "the version of an IP header is not that of its link layer", "RFC 8200 3") \
	X(BAD_IP_OPTIONS, "bad_ip_options", "IPv4 options with wrong lengths", "RFC 791 3.1") \
	X(SOURCE_ROUTE, "source_route", "the sender chooses the way", "RFC 791 3.1") \
	X(SMALL_MTU, "small_mtu", "an ICMPv6 Packet Too Big with less than 1,280 bytes, which makes hosts send atomic fragments", "RFC 8021 2")
enum {
#define X(id, name, help, source) SK_PACKET_ODDITY_BIT_##id,
	SK_PACKET_ODDITIES(X)
#undef X
	SK_PACKET_ODDITY_CNT
};
#define SK_PACKET_ODD(id) (UINT32_C(1) << SK_PACKET_ODDITY_BIT_##id)
extern const char *const sk_packet_oddity_names[SK_PACKET_ODDITY_CNT];

struct sk_packet {
	uint64_t time_ns;
	uint64_t number;		/* in its file, from 1 */
	uint64_t order;			/* over all files of the run, set by pipeline/ */
	uint32_t wire_len;		/* frame length on the wire; of a datagram put together, of all its frames */
	uint32_t flags;			/* SK_PACKET_* */
	uint32_t oddities;		/* SK_PACKET_ODD() bits */
	struct sk_addr src, dst;
	uint16_t src_port, dst_port;	/* ICMP: type << 8 | code, and the id of messages that have one; flow/ pairs them */
	uint8_t proto;			/* IP protocol number of the transport */
	uint8_t ttl;			/* TTL or hop limit */
	uint8_t vlan_cnt;
	uint8_t tunnel_depth;
	uint16_t vlan[3];		/* outermost first; ids only */

	uint8_t tcp_flags;
	uint8_t wscale;			/* with SK_PACKET_HAS_WSCALE */
	uint16_t window;
	uint16_t urgent;
	uint16_t mss;			/* 0 when not sent */
	uint32_t seq, ack;
	uint32_t ts_val, ts_ecr;	/* with SK_PACKET_HAS_TIMESTAMP */

	uint32_t frag_id;		/* with SK_PACKET_FRAGMENT */
	uint32_t frag_off;		/* bytes */
	uint8_t frag_more;
	uint8_t frag_proto;		/* protocol of what is fragmented */
	uint16_t ip_header_len;		/* unfragmentable part, bytes from ip.p */
	uint16_t ip_next_off;		/* where in it frag_proto belongs, bytes from ip.p */

	struct sk_span ip;		/* from the innermost IP header to the datagram's end, without link padding */
	struct sk_span payload;		/* of the transport; of an IP fragment: the fragment's bytes */
};

#define SK_DECODE_COUNTERS(X) \
	X(packets, "packets", "frames looked at") \
	X(not_ip, "packets", "frames that carry no IP (ARP, LLDP, spanning tree …)") \
	X(unknown_link, "packets", "frames of a link type that is not supported") \
	X(truncated, "packets", "frames cut before their headers ended") \
	X(malformed, "packets", "frames whose headers contradict themselves") \
	X(layers, "packets", "frames with more headers than allowed") \
	X(tunnelled, "packets", "frames with a tunnel inside") \
	X(fragments, "packets", "IP fragments") \
	X(bad_ip_checksum, "packets", "wrong IPv4 header checksum") \
	X(bad_checksum, "packets", "wrong TCP, UDP, ICMP or SCTP checksum") \
	X(checksum_ignored, "packets", "wrong checksums taken for offloading and let through") \
	X(tcp, "packets", "TCP") X(udp, "packets", "UDP") X(icmp, "packets", "ICMP and ICMPv6") X(sctp, "packets", "SCTP") \
	X(other, "packets", "other transports")
SK_COUNTER_STRUCT(decode, SK_DECODE_COUNTERS)

/* AUTO: wrong checksums of a sender most of whose checksums are wrong are taken for offloading (the capture was made on
 * that machine) and let through; offloaded says that it has happened. See checksum.c. */
enum sk_decode_checksums { SK_CHECKSUMS_AUTO, SK_CHECKSUMS_ALL, SK_CHECKSUMS_NONE };

#define SK_DECODE_SENDERS 1024u

struct sk_decode_tally {
	uint16_t right, wrong;
};

struct sk_decode_sender {
	uint32_t tag;			/* of its address; 0 for a free place */
	struct sk_decode_tally tally[2];	/* IPv4 headers, transports */
};

struct sk_decode {
	enum sk_decode_checksums checksums;
	bool offloaded;			/* AUTO has let a wrong checksum through */
	struct sk_decode_tally all[2];	/* AUTO: as in senders, of everybody */
	struct sk_decode_sender senders[SK_DECODE_SENDERS];
	struct sk_decode_counters counters;
};

void sk_decode_init(struct sk_decode *d, enum sk_decode_checksums how);

/* Fills *p. 0: p has addresses and, unless SK_PACKET_FRAGMENT or SK_PACKET_NO_TRANSPORT, a transport.
 * SK_E_FORMAT: nothing to follow (counted; p->oddities may be set). With a bad checksum that counts as such the packet comes
 * back 0 and flagged: flow/ keeps it out of streams. */
int sk_decode(struct sk_decode *d, const struct sk_raw *raw, struct sk_packet *p);

/* Decodes a datagram put together from fragments; p->time_ns, number, order, vlan and wire_len are kept from *like. */
int sk_decode_datagram(struct sk_decode *d, struct sk_span ip, const struct sk_packet *like, struct sk_packet *p);

/* A frame of Ethernet, IP without fragments, TCP, UDP or ICMP and nothing else, from a sender whose checksums need no judgement any
 * more. sk_decode of it comes to the same with a struct sk_decode that has not seen what d has, when it takes checksums as
 * sk_decode_plain_checksums says; d does not have to see the frame. *pair: its sk_packet_pair_hash. */
bool sk_decode_is_plain(const struct sk_decode *d, const struct sk_raw *raw, uint64_t *pair);
static inline enum sk_decode_checksums sk_decode_plain_checksums(const struct sk_decode *d)
{
	return d->checksums == SK_CHECKSUMS_NONE ? SK_CHECKSUMS_NONE : SK_CHECKSUMS_ALL;
}

/* The same for both directions, for fragments and for every flow of a pair of hosts: addresses only. */
uint64_t sk_packet_pair_hash(const struct sk_packet *p);

#endif
