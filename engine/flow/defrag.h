/* flow/defrag.h — IP fragments to whole datagrams.
 *
 * in       packets with SK_PACKET_FRAGMENT
 * out      the datagram's bytes, borrowed until the next call
 * memory   bounded by cap; the oldest incomplete datagram goes first, counted
 * threads  one owner
 * source   RFC 791 3.2, RFC 8200 4.5, RFC 5722 (overlap); policies as in Novak, Target-Based Fragmentation Reassembly (2005)
 * limits   what reaches beyond 65,535 bytes is dropped and reported
 */
#ifndef SK_FLOW_DEFRAG_H
#define SK_FLOW_DEFRAG_H

#include "base/hash.h"
#include "decode/decode.h"
#include "flow/policy.h"

#define SK_DEFRAG_COUNTERS(X) \
	X(fragments, "packets", "fragments taken") \
	X(whole, "datagrams", "datagrams put together") \
	X(overlaps, "packets", "fragments that overlap others") \
	X(overlaps_different, "packets", "… with different bytes") \
	X(timeout, "datagrams", "incomplete datagrams given up") \
	X(evicted, "datagrams", "incomplete datagrams given up for want of memory") \
	X(too_large, "datagrams", "datagrams over 65,535 bytes") \
	X(malformed, "packets", "fragments no host would take") \
	X(cut, "packets", "fragments shorter than on the wire (snaplen)")
SK_COUNTER_STRUCT(defrag, SK_DEFRAG_COUNTERS)

struct sk_defrag;

/* Names of packet.oddity told from here, with bad_fragment. X(ENUM, "name", "what it means", "source") */
#define SK_DEFRAG_ODDITIES(X) \
	X(OVERLAP, "fragment_overlap", "fragments overlap; bytes are the new ones, other those held, both only where they differ", "RFC 791 3.2") \
	X(OVERLAP6, "ipv6_fragment_overlap", "the same in IPv6: the datagram is discarded", "RFC 5722") \
	X(TOO_LARGE, "fragment_too_large", "a fragment that reaches beyond 65,535 bytes", "RFC 791 3.1") \
	X(TINY, "tiny_fragment", "a first fragment too short for a TCP header", "RFC 1858") \
	X(CUT, "fragment_cut", "a fragment that was not captured whole (snaplen): its datagram stays incomplete", "") \
	X(TIMEOUT, "fragment_timeout", "a datagram whose fragments did not all come in defrag.timeout or before the end; the packet is its first one", "") \
	X(MEMORY, "fragment_memory", "incomplete datagrams were given up because of defrag.max; at most once per defrag.timeout", "")

/* What was odd about a datagram. p: the packet at hand; of a timeout a packet without bytes: addresses, number and order of the first
 * fragment, time of the end. */
typedef void sk_defrag_oddity_fn(void *cx, const struct sk_packet *p, const char *name, struct sk_span bytes,
	struct sk_span other, uint64_t offset);

/* cap: bytes of fragments held. timeout_ns: packet time. policies: borrowed. */
struct sk_defrag *sk_defrag_new(uint64_t cap, uint64_t timeout_ns, const struct sk_policies *policies,
	sk_defrag_oddity_fn *oddity, void *cx);
/* Most bytes it takes. */
uint64_t sk_defrag_bytes(uint64_t cap);
void sk_defrag_free(struct sk_defrag *d);

/* p has SK_PACKET_FRAGMENT. 1: complete, *ip is the datagram (header of the first fragment, lengths and checksum corrected);
 * 0: more needed or dropped. What the datagram carries may again be a fragment (in a tunnel): callers that loop give it an end. */
int sk_defrag_push(struct sk_defrag *d, const struct sk_packet *p, struct sk_span *ip);
/* Of the datagram handed out last: bytes on the wire of the frames that brought it, repeated ones too; at most UINT32_MAX. */
uint32_t sk_defrag_wire_len(const struct sk_defrag *d);
void sk_defrag_expire(struct sk_defrag *d, uint64_t now_ns);
/* The input ends, at now_ns: what is incomplete is given up as by a timeout. */
void sk_defrag_end(struct sk_defrag *d, uint64_t now_ns);
/* Bytes held now; at most cap. */
uint64_t sk_defrag_used(const struct sk_defrag *d);
const struct sk_defrag_counters *sk_defrag_counters(const struct sk_defrag *d);

#endif
