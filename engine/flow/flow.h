/* flow/flow.h — who talks with whom: the flow table, its timeouts and its end.
 *
 * in       decoded packets
 * out      struct sk_flow with slots for the stations behind; ends through a callback
 * memory   at most max flows of fixed size, and at most total bytes that stations keep for them; when full the flow with the
 *          least to lose goes first
 * threads  one table per worker
 * source   timeouts by state in the habit of RFC 5382 and of conntrack; community id spec 1
 * limits   flows are told apart by addresses, ports and protocol; VLAN ids are not part of the key (asymmetric tagging);
 *          silence is noticed up to an eighth of the timeout late, but a packet never joins a flow that should have ended before
 */
#ifndef SK_FLOW_FLOW_H
#define SK_FLOW_FLOW_H

#include <sekisho/event.h>

#include "base/arena.h"
#include "base/counter.h"
#include "base/hash.h"
#include "decode/decode.h"

enum sk_flow_state { SK_FLOW_NEW, SK_FLOW_ESTABLISHED, SK_FLOW_CLOSED, SK_FLOW_RESET };
enum sk_flow_reason { SK_FLOW_END_CLOSED, SK_FLOW_END_TIMEOUT, SK_FLOW_END_EVICTED, SK_FLOW_END_REUSED, SK_FLOW_END_INPUT };
extern const char *const sk_flow_state_names[], *const sk_flow_reason_names[];	/* by enum value */

/* The first three cache lines are what every packet needs. */
struct sk_flow {
	struct sk_flow_info info;
	uint8_t state;			/* enum sk_flow_state, set by reassembly/ for TCP, by the table otherwise */
	uint8_t done;			/* nobody wants more of this flow: only counted */
	uint8_t suspect;		/* has raised an alert or a mark: evicted last */
	uint8_t has_payload;
	uint8_t swapped : 1;		/* sk_flow_swap turned the flow round (an odd number of times) */
	uint8_t apart : 1;		/* holds only what is odd about packets no flow gets: no flow.start, no flow.end */
	uint8_t list;			/* table's */
	uint8_t answered;		/* datagrams: the last one was an answer, set by app/ */
	uint8_t alone;			/* app/: who gets the flow's datagrams without state for them; 0 for nobody */
	uint32_t listed, touched;	/* table's: ticks of its clock */
	uint64_t order;			/* capture order of the packet at hand */
	uint64_t number;		/* of the latest packet, in its file */
	void *tcp;			/* reassembly/ */
	void *app;			/* app/ */
	void *classify;			/* classify/ */
	void *detect;			/* detect/ */
	uint32_t older, newer;		/* table's timeout list */
	uint32_t hash, index;		/* table's */
	struct sk_arena arena;		/* flow memory for app/ and detect/ */
};

struct sk_flow_conf {
	uint64_t max;			/* flows per table */
	uint64_t arena_cap;		/* bytes of flow memory per flow */
	uint64_t new_ns, established_ns, closed_ns, datagram_ns, answered_ns;	/* idle timeouts by state, packet time */
	uint64_t total;			/* bytes all flows may hold (sk_mem_held), 0 for any; see sk_flow_relieve */
};

#define SK_FLOW_COUNTERS(X) \
	X(tcp, "flows", "TCP flows") X(udp, "flows", "UDP flows") X(other, "flows", "other flows") \
	X(midstream, "flows", "TCP flows whose handshake was not seen") \
	X(one_sided, "flows", "flows of which only one direction was seen") \
	X(tcp_data, "flows", "TCP flows that carried data") \
	X(one_sided_data, "flows", "… of which only one direction was seen") \
	X(vlan_differs, "flows", "flows with another VLAN tag, or none, in the other direction") \
	X(timeouts, "flows", "flows ended by silence") \
	X(evicted, "flows", "flows ended because the table or flow memory was full") \
	X(evicted_memory, "flows", "of them, flows ended because flow memory was full") \
	X(evicted_suspects, "flows", "of them, flows that had raised an alert: there were no others left") \
	X(reused, "flows", "flows ended because their ports were used again") \
	X(refused, "packets", "packets without a flow because memory was short") \
	X(active_max, "flows", "most flows at a time") \
	X(memory_max, "bytes", "most memory flows held at a time")
SK_COUNTER_STRUCT(flow, SK_FLOW_COUNTERS)

struct sk_flow_table;

/* Called once for every flow, before its memory goes. Must not add, find or end flows. */
typedef void sk_flow_end_fn(void *cx, struct sk_flow *f, enum sk_flow_reason why);

struct sk_flow_table *sk_flow_table_new(const struct sk_flow_conf *conf, sk_flow_end_fn *on_end, void *cx);
/* Ends all flows (SK_FLOW_END_INPUT), in order of their first packets, then frees the table. */
void sk_flow_table_free(struct sk_flow_table *t);

uint64_t sk_flow_hash(const struct sk_flow_table *t, const struct sk_packet *p);

/* Two steps for a burst: first the table's slot, some packets later, when that has come, the flow behind it. */
void sk_flow_prefetch(const struct sk_flow_table *t, uint64_t hash);
void sk_flow_prefetch_flow(const struct sk_flow_table *t, uint64_t hash);

/* The packet's flow and *dir, or NULL. Does not count the packet. A flow that was silent for too long before this packet
 * ends here (SK_FLOW_END_TIMEOUT). */
struct sk_flow *sk_flow_find(struct sk_flow_table *t, const struct sk_packet *p, uint64_t hash, int *dir);

/* A new flow for the packet. Client is the sender of a SYN, the receiver of a SYN-ACK; otherwise the sender, or the
 * side with the higher port where the other's is a well-known one. For TCP without SYN and wherever the ports decided
 * info.dir_guessed is set. Of ICMP requests and replies the client is who requests; client_port is type << 8 | code of the
 * request, server_port the id. May end another flow. NULL when memory is short. *dir is the packet's direction. */
struct sk_flow *sk_flow_add(struct sk_flow_table *t, const struct sk_packet *p, uint64_t hash, int *dir);

/* Counts the packet (once, also after sk_flow_add) and restarts the flow's timeout by its state. */
void sk_flow_touch(struct sk_flow_table *t, struct sk_flow *f, const struct sk_packet *p, int dir);

/* Swaps client and server: the first packet was a response (app/ has seen it). Directions known before, also that of the
 * packet at hand, have turned round for whoever kept them; reassembly/ follows by itself through f->swapped. */
void sk_flow_swap(struct sk_flow_table *t, struct sk_flow *f);

void sk_flow_end(struct sk_flow_table *t, struct sk_flow *f, enum sk_flow_reason why);

/* Behind a packet: ends flows until they hold no more than conf.total, those with the least to lose first. */
void sk_flow_relieve(struct sk_flow_table *t);

/* Behind a packet: fetches the next of the flows that will be due soon, about as many as were at the last look. */
void sk_flow_look_ahead(struct sk_flow_table *t);

/* Ends flows idle at now_ns, in order of their first packets. */
void sk_flow_expire(struct sk_flow_table *t, uint64_t now_ns);
/* Ends all, in order of their first packets. */
void sk_flow_end_all(struct sk_flow_table *t, enum sk_flow_reason why);

/* Most bytes the table itself can take, without what flows hold. */
uint64_t sk_flow_table_bytes(const struct sk_flow_conf *conf);

size_t sk_flow_active(const struct sk_flow_table *t);
const struct sk_flow_counters *sk_flow_counters(const struct sk_flow_table *t);

#define SK_COMMUNITY_ID_MAX 48
/* Community id version 1, seed 0, into buf (SK_COMMUNITY_ID_MAX bytes). Returns buf. */
const char *sk_flow_community_id(const struct sk_flow_info *f, char *buf);

#endif
