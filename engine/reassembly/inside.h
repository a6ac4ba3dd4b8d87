/* reassembly/inside.h — the connection as reassembly keeps it; shared by the .c files of this folder only.
 *
 * what     a side is one end of the connection and the stream it sends. Places in a stream are 64-bit offsets from its
 *          first byte, never sequence numbers; offset_of() turns one into the other at the door
 * memory   struct tcp_flow from a pool; queues, their nodes and histories are counted and capped
 * threads  one worker
 */
#ifndef SK_REASSEMBLY_INSIDE_H
#define SK_REASSEMBLY_INSIDE_H

#include "reassembly/tcp.h"

#define NOWHERE INT64_MAX		/* an offset that is not known */
#define HISTORY_BYTES 4096u		/* per side; a power of two */
#define UNANSWERED_MAX 64u		/* data segments without an acknowledgement in between: the other direction is not captured */
#define SK_TCP_WSCALE_MAX 14		/* RFC 7323 2.3 */
#define HISTORIES_MAX 1024u		/* per worker: 4 MiB */

enum {
#define X(id, name, help) ODD_##id,
	SK_REASSEMBLY_ODDITIES(X)
#undef X
	ODD_CNT
};

enum {
	SIDE_SEEN = 1 << 0,		/* has sent a packet */
	SIDE_KNOWN = 1 << 1,		/* base is known */
	SIDE_SYN = 1 << 2,		/* … from its SYN */
	SIDE_TENTATIVE = 1 << 3,	/* … only as a lower bound: picked up in the middle, no data yet */
	SIDE_ACKED = 1 << 4,		/* the other side has acknowledged its SYN or its data */
	SIDE_TS = 1 << 5,		/* ts_recent is known */
	SIDE_WSCALE = 1 << 6,
	SIDE_FIN_TOLD = 1 << 7,
	SIDE_RST = 1 << 8		/* has sent a reset while the connection was established */
};

/* Why bytes may not count: the receiver should have dropped them, or they may not have reached it. The latter are read at the end
 * where nothing else came in their place. */
enum { DOUBT_NONE, DOUBT_DROPPED, DOUBT_FAR };

/* What waits for the bytes before it. Nodes never overlap. */
struct tcp_node {
	struct tcp_node *left, *right;	/* treap by off */
	struct tcp_node *prev, *next;	/* in order */
	int64_t off;
	uint64_t packet;		/* number of the packet that brought it (of the first one, where small pieces were joined) */
	uint32_t len;
	uint32_t start, size;		/* the bytes are buf[start .. start + len), of size; none when lost */
	uint32_t prio;
	bool lost;			/* cut off by the snap length */
	uint8_t doubtful;		/* DOUBT_*: only an acknowledgement makes it count */
	uint8_t buf[];
};

struct tcp_queue {
	struct tcp_node *root, *first, *last;
	struct tcp_queue *older, *newer;	/* all queues of the worker, by the time their first hole opened */
	struct tcp_flow *flow;
	uint64_t bytes;			/* waiting payload */
	uint32_t cnt;
	uint8_t side;
};

/* The last bytes passed on and not acknowledged yet, to hold repetitions against. */
struct tcp_history {
	struct tcp_history *older, *newer;
	struct tcp_side *owner;
	int64_t from, to;
	uint8_t ring[HISTORY_BYTES];	/* byte at offset o: ring[o % HISTORY_BYTES] */
};

struct tcp_side {
	int64_t next;			/* first byte not passed on */
	int64_t acked;			/* the other side has acknowledged everything before; a FIN counts as one */
	int64_t edge;			/* end of the window the other side has offered */
	int64_t seen;			/* end of the farthest good data */
	int64_t fin;			/* where the stream ends */
	int64_t urgent;			/* the urgent byte to come */
	int64_t rst;			/* where its reset lay, with SIDE_RST */
	int64_t wild_ack;		/* an acknowledgement far out that waits for a second one, 0 for none */
	uint64_t hole_ns;		/* when a hole was first known to be acknowledged, 0 for none */
	struct tcp_queue *queue;	/* NULL when nothing waits */
	struct tcp_history *history;
	uint32_t base;			/* sequence number of offset 0 */
	uint32_t removed;		/* urgent bytes taken out so far */
	uint32_t slack;			/* largest window offered to it, bytes */
	uint32_t ts_recent, ts_first;
	uint32_t ts_sec;		/* packet time of ts_recent */
	uint32_t last_ack;		/* acknowledgement number of its last packet, 0 for none */
	uint32_t other_isn[3];		/* sequence numbers of other SYNs, newest first */
	uint16_t flags;			/* SIDE_* */
	uint32_t recent[4];		/* of its last packets: see is_duplicate */
	uint16_t mss;			/* that it announced, 0 for none */
	uint16_t syn_len;		/* bytes of data on its SYN */
	uint8_t other_isn_cnt;
	uint8_t wscale;
	uint8_t ttl;			/* highest seen behind the handshake */
	uint8_t policy;			/* enum sk_policy of the receiver */
	uint8_t unanswered;		/* data segments since the other side's last acknowledgement */
	uint8_t recent_at;
	uint8_t in_order;		/* segments passed on in place, up to 255 */
};

struct tcp_flow {
	struct sk_flow *f;		/* also links the pool's free ones */
	struct tcp_side side[2];	/* by direction at the time f->swapped was 0 */
	uint64_t number;		/* of the last packet */
	uint32_t reuse_isn;
	uint8_t reuse_side;
	bool has_reuse;			/* a SYN with reuse_isn came in the open connection */
	bool stopped;			/* no runs wanted */
	bool ignored;			/* handshake not seen and midstream flows are not wanted */
	bool acks_advance;		/* a side nobody sees goes on sending, say the other's acknowledgements */
	uint8_t told[ODD_CNT];
};

struct sk_reassembly {
	struct sk_reassembly_conf conf;
	struct sk_reassembly_counters counters;
	sk_reassembly_run_fn *run;
	sk_reassembly_oddity_fn *oddity;
	void *cx;
	const struct sk_packet *packet;	/* at hand; NULL at a flow's end */
	uint64_t now_ns;
	uint64_t number;		/* of the packet at hand, or of the last one */
	uint64_t total;			/* bytes of all nodes, with what they cost */
	uint32_t node_max;		/* per side */
	uint64_t random;
	struct tcp_queue *oldest, *newest;
	struct tcp_history *history_oldest, *history_newest, *history_unused;
	uint32_t history_cnt, history_used;
	uint64_t states;		/* connections that have one */
	struct tcp_flow *unused;
	void *slabs;
	struct tcp_begin *begin_unused;
	struct begin_slab *begin_slabs;	/* newest first */
	uint32_t begin_fresh;		/* of the newest: never used so far, at its end */
	bool busy;			/* a packet or a flow's end is being worked on: nothing that was handed out may go */
	uint8_t scratch[HISTORY_BYTES];
};

/* A flow has a state now, small or full. */
static inline void sk_reassembly_count_state(struct sk_reassembly *r)
{
	r->counters.states_max = SK_MAX(r->counters.states_max, ++r->states);
}

static inline int64_t offset_of(const struct tcp_side *s, uint32_t seq)
{
	return s->next + (int32_t)(seq - (s->base + (uint32_t)s->next));
}

static inline int64_t node_end(const struct tcp_node *n)
{
	return n->off + n->len;
}

static inline struct sk_span node_span(const struct tcp_node *n)
{
	return sk_span(n->buf + n->start, n->lost ? 0 : n->len);
}

/* tcp.c */
void sk_reassembly_odd(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, unsigned what, struct sk_span bytes,
		       struct sk_span other, int64_t off);
/* The side's packet p acknowledges bytes of the other one: moves what the other one may assume, may release or give up. */
void sk_reassembly_take_ack(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct sk_packet *p);
bool sk_reassembly_timestamp_old(const struct tcp_side *s, const struct sk_packet *p);

/* A connection with nothing to say yet, f->tcp. NULL when memory is short. */
struct tcp_flow *sk_reassembly_flow_new(struct sk_reassembly *r, struct sk_flow *f);
/* By what a packet is known when a mirror shows it twice. */
uint32_t sk_reassembly_print(const struct sk_packet *p);

/* begin.c */
static inline bool sk_reassembly_is_begin(const struct sk_flow *f)
{
	return (uintptr_t)f->tcp & 1;
}
/* f->tcp is NULL or a begin. True when the packet left a begin behind and nothing else is to do. */
bool sk_reassembly_begin(struct sk_reassembly *r, struct sk_flow *f, unsigned side, const struct sk_packet *p);
/* The connection in full instead of the begin. NULL when memory is short: the begin stays. */
struct tcp_flow *sk_reassembly_unfold(struct sk_reassembly *r, struct sk_flow *f);
void sk_reassembly_begin_drop(struct sk_reassembly *r, struct sk_flow *f);
void sk_reassembly_begin_fini(struct sk_reassembly *r);
uint64_t sk_reassembly_begin_bytes(void);

/* handshake.c */
void sk_reassembly_syn(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct sk_packet *p);
void sk_reassembly_rst(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct sk_packet *p);
/* Finds out where the side's stream begins when p is no SYN; also chooses among several SYNs. False: p cannot be placed. */
bool sk_reassembly_place(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct sk_packet *p);

/* data.c */
struct tcp_segment {
	int64_t off;
	struct sk_span data;
	uint32_t lost;			/* bytes behind data that the snap length cut off */
	uint8_t doubtful;		/* DOUBT_* */
};
void sk_reassembly_take_data(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, struct tcp_segment seg);
/* Passes on what no longer has to wait. */
void sk_reassembly_drain(struct sk_reassembly *r, struct tcp_flow *t, unsigned side);
/* Gives up holes of the side's stream that the other side has acknowledged. now: without waiting for stragglers. */
void sk_reassembly_check_hole(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, bool now);
/* Gives up the first hole. */
void sk_reassembly_relieve(struct sk_reassembly *r, struct tcp_flow *t, unsigned side);
void sk_reassembly_tell_fin(struct sk_reassembly *r, struct tcp_flow *t, unsigned side);
/* All that waits goes, holes become gaps; then fin. */
void sk_reassembly_flush(struct sk_reassembly *r, struct tcp_flow *t, unsigned side);

/* overlap.c */
/* Settles which of the new and the waiting bytes stay: takes away waiting bytes that lose against seg. */
void sk_reassembly_other(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, struct sk_span bytes, int64_t off, uint8_t reading);
void sk_reassembly_resolve(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct tcp_segment *seg);
bool sk_reassembly_new_wins(enum sk_policy policy, int64_t new_off, int64_t new_end, int64_t old_off, int64_t old_end);
void sk_reassembly_history_add(struct sk_reassembly *r, struct tcp_side *s, struct sk_span data);
/* What is remembered of the bytes up to end, in scratch. */
struct sk_span sk_reassembly_history_tail(struct sk_reassembly *r, const struct tcp_side *s, int64_t end);
void sk_reassembly_history_compare(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, int64_t off, struct sk_span data);
void sk_reassembly_history_drop(struct sk_reassembly *r, struct tcp_side *s);

/* queue.c */
/* The first node that ends behind off, or NULL. */
struct tcp_node *sk_reassembly_queue_at(const struct tcp_queue *q, int64_t off);
/* Copies the parts of seg no node has into the queue. False when memory was short. */
bool sk_reassembly_queue_fill(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct tcp_segment *seg);
/* Splits n at off, inside of it. The part before stays n. Returns the other one; NULL when memory is short: then it is lost. */
struct tcp_node *sk_reassembly_queue_split(struct sk_reassembly *r, struct tcp_queue *q, struct tcp_node *n, int64_t off);
/* Takes [from, to) out of a node: shortens, splits or removes it. Returns what is left of it behind to, or the node after it. */
struct tcp_node *sk_reassembly_queue_cut(struct sk_reassembly *r, struct tcp_queue *q, struct tcp_node *n, int64_t from,
					 int64_t to);
/* Takes the first node out; the caller frees it with sk_reassembly_node_free. The queue itself goes with its last node. */
struct tcp_node *sk_reassembly_queue_pop(struct sk_reassembly *r, struct tcp_side *s);
void sk_reassembly_node_free(struct tcp_node *n);
void sk_reassembly_queue_drop(struct sk_reassembly *r, struct tcp_side *s);
/* Frees the side's queue when nothing is left in it. */
void sk_reassembly_queue_settle(struct sk_reassembly *r, struct tcp_side *s);

#endif
