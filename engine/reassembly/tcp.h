/* reassembly/tcp.h — TCP segments to ordered runs of bytes and gaps, and the state of the connection.
 *
 * in       TCP packets of one flow, any order, any loss, any trick
 * out      runs: each byte once, in order, by direction; gaps where bytes never came; oddities
 * memory   an in-order segment is passed on where it lies; what must wait is copied, at most max_bytes per direction and
 *          max_total per worker, then the oldest hole becomes a gap
 * threads  one per worker
 * source   RFC 9293 3.4, 3.10.7; RFC 7323 5 (PAWS); RFC 6093 (urgent data); RFC 7413 (fast open); flow/policy.h for overlaps
 * limits   what is passed on is passed on: a later reading of the same bytes is told as an oddity, not delivered again
 */
#ifndef SK_REASSEMBLY_TCP_H
#define SK_REASSEMBLY_TCP_H

#include "flow/flow.h"
#include "flow/policy.h"

/* What a run is. Other than stream: bytes that are not part of it, which hosts of another kind read. */
enum {
	SK_RUN_STREAM,
	SK_RUN_INSERTED,		/* between the bytes before off and those from off on: an urgent byte */
	SK_RUN_REPLACED			/* in place of as many bytes from off on, which may be passed on or still to come */
};

/* What lies around the bytes of another reading. */
struct sk_reading {
	struct sk_span tail;		/* the last bytes passed on before this was told, as far as they are remembered */
	uint64_t behind;		/* how many of them lie at or behind off; 0 where off is still to come */
};

struct sk_run {
	struct sk_span data;		/* p NULL: a gap */
	uint64_t lost;			/* bytes missing, of a gap */
	uint64_t off;			/* stream offset of the first byte, from 0 */
	uint64_t time_ns;		/* of the packet that brought or released it */
	uint64_t packet;		/* number of the packet that brought the bytes */
	bool fin;			/* the direction ends behind data (data may be empty) */
	bool closed;			/* with fin: its sender has said so; without it only nothing more is seen */
	uint8_t reading;		/* SK_RUN_* */
	const struct sk_reading *around;	/* of another reading */
};

/* Both callbacks may call sk_reassembly_stop and sk_flow_swap, but must not end flows. When memory is short, run is also called
 * for flows that have waited longer than the packet's own. */
typedef void sk_reassembly_run_fn(void *cx, struct sk_flow *f, int dir, const struct sk_run *run);
/* name: static, a stream.oddity name. other: the other reading where two exist. */
typedef void sk_reassembly_oddity_fn(void *cx, struct sk_flow *f, int dir, const struct sk_packet *p, const char *name,
				     struct sk_span bytes, struct sk_span other, uint64_t offset);

/* Every name is told at most SK_REASSEMBLY_ODDITY_MAX times per flow. X(ENUM, "name", "what it means") */
#define SK_REASSEMBLY_ODDITY_MAX 8
#define SK_REASSEMBLY_ODDITIES(X) \
	X(OVERLAP, "overlap_different_data", "the same bytes were sent twice and differ; bytes is what the receiver keeps") \
	X(TIMESTAMP, "invalid_timestamp", "a segment its receiver drops for its timestamp (RFC 7323 5)") \
	X(WINDOW, "out_of_window", "a segment its receiver drops because it lies outside the window") \
	X(FAR_ACK, "ack_beyond_data", "an acknowledgement far beyond all bytes that were seen: it counts once another bears it out") \
	X(NO_ACK, "data_without_ack", "a segment its receiver drops because it has no ACK flag (RFC 9293 3.10.7.4)") \
	X(URGENT, "urgent_data", "an urgent byte was taken out of the stream; bytes is that byte, other its segment with it inside") \
	X(TTL, "ttl_insertion", "data with a TTL far below that of the flow: it counts where it is acknowledged, or nothing else comes") \
	X(RST, "suspected_rst_injection", "a reset no host would take, or one its alleged sender knew nothing of") \
	X(RST_DATA, "data_in_rst", "a reset carried data; it is not part of the stream") \
	X(FIN, "data_after_fin", "data behind the end of its direction") \
	X(SYN, "syn_in_stream", "a SYN with another sequence number in an open connection") \
	X(ISN, "handshake_another_isn", "a SYN was repeated with another sequence number") \
	X(ACK, "handshake_bad_ack", "a SYN-ACK acknowledged a SYN that was not sent") \
	X(SPLIT, "split_handshake", "both sides sent a SYN of their own: split handshake or simultaneous open") \
	X(GAP, "gap", "bytes the receiver has were not in the capture") \
	X(LIMIT, "reassembly_limit", "too much was waiting behind a hole: it was given up")
extern const char *const sk_reassembly_oddity_names[];	/* NULL-ended */

struct sk_reassembly;
struct sk_reassembly_conf;
/* Most bytes it takes for so many flows. */
uint64_t sk_reassembly_bytes(const struct sk_reassembly_conf *conf, uint64_t flows);

struct sk_reassembly_conf {
	uint64_t max_bytes;		/* waiting bytes per direction */
	uint64_t max_total;		/* waiting bytes per worker */
	const struct sk_policies *policies;
	bool midstream;			/* follow flows whose handshake was not seen */
	bool readings;			/* tell other readings too */
};

#define SK_REASSEMBLY_COUNTERS(X) \
	X(segments, "segments", "segments with payload") \
	X(in_order, "segments", "… passed on in place") \
	X(queued, "segments", "… that had to wait") \
	X(retransmitted, "bytes", "bytes seen again") \
	X(overlap_different, "segments", "segments that overlap others with different bytes") \
	X(gaps, "gaps", "holes that were never filled") \
	X(gap_bytes, "bytes", "bytes missing in them") \
	X(limit, "gaps", "holes given up because too much was waiting behind them") \
	X(out_of_window, "segments", "segments outside the receiver's window") \
	X(bad_timestamp, "segments", "segments the receiver drops for their timestamp (PAWS)") \
	X(bad_rst, "segments", "resets no host would take") \
	X(urgent, "segments", "segments with urgent data") \
	X(syn_data, "segments", "data on SYN") \
	X(duplicated, "packets", "packets seen twice at once: the mirror sends them twice") \
	X(merged, "segments", "segments longer than their receiver allows: the capturing host merges them (GRO, LRO)") \
	X(bad_checksum, "segments", "segments with a wrong checksum, which count only where they are acknowledged") \
	X(memory, "segments", "segments lost because memory was short") \
	X(bytes, "bytes", "bytes passed on") \
	X(waiting_max, "bytes", "most bytes waiting at a time") \
	X(history_max, "bytes", "most memory of bytes kept to compare repetitions with") \
	X(history_evicted, "sides", "… forgotten for want of room: their repetitions are not compared") \
	X(states_max, "flows", "most connections followed at a time")
SK_COUNTER_STRUCT(reassembly, SK_REASSEMBLY_COUNTERS)

struct sk_reassembly;

struct sk_reassembly *sk_reassembly_new(const struct sk_reassembly_conf *conf, sk_reassembly_run_fn *run,
					sk_reassembly_oddity_fn *oddity, void *cx);
void sk_reassembly_free(struct sk_reassembly *r);

/* True when the packet opens a new connection on the ports of f: end f, add a new flow. To be asked before
 * sk_reassembly_packet. */
bool sk_reassembly_is_reuse(const struct sk_flow *f, const struct sk_packet *p, int dir);

/* Takes one packet of the flow: moves f->state, may call run and oddity any number of times before it returns. */
void sk_reassembly_packet(struct sk_reassembly *r, struct sk_flow *f, int dir, const struct sk_packet *p);

/* Passes on what still waits (holes become gaps), tells fin for both directions once, frees f->tcp. To be called for every flow,
 * from the flow table's end callback. */
void sk_reassembly_flow_end(struct sk_reassembly *r, struct sk_flow *f, uint64_t now_ns);

/* No more runs are wanted of this flow: forgets waiting bytes, goes on following the state. */
void sk_reassembly_stop(struct sk_reassembly *r, struct sk_flow *f);

const struct sk_reassembly_counters *sk_reassembly_counters(const struct sk_reassembly *r);

#endif
