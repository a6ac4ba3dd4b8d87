/* app/app.h — binds protocol parsers to flows, pairs transactions, follows upgrades, publishes events.
 *
 * in       runs and gaps from reassembly/, datagrams from decode/
 * out      events, through publish
 * memory   parser state in flow memory; buffers capped per flow
 * threads  one per worker
 * limits   a protocol is recognised by its first bytes on any port; a flow nobody can parse is published as stream.data when
 *          that is wanted, otherwise f->done is set
 */
#ifndef SK_APP_APP_H
#define SK_APP_APP_H

#include "event/event.h"
#include "flow/flow.h"
#include "reassembly/tcp.h"

struct sk_app;

typedef void sk_app_publish_fn(void *cx, struct sk_flow *f, const struct sk_event *e);
/* Swaps client and server of the flow in flow/ and in reassembly/; runs that come from then on have the new directions. */
typedef void sk_app_swap_fn(void *cx, struct sk_flow *f);

/* False when no event of that kind of the flow can mean anything to anybody, whatever it says. */
typedef bool sk_app_ask_fn(void *cx, const struct sk_flow *f, unsigned kind);
/* The same of oddities of that kind and name. */
typedef bool sk_app_ask_name_fn(void *cx, unsigned kind, const char *name);

struct sk_app_piece {
	struct sk_span bytes;
	uint64_t offset;		/* in the value */
	uint64_t packet;		/* that brought the end of it */
	bool last;
};

/* True when nobody finds anything in a piece of a streamed value of that kind, which need not be published then. */
typedef bool sk_app_pass_fn(void *cx, unsigned kind, int dir, const struct sk_app_piece *p, void **unit);

struct sk_app_conf {
	uint64_t header_max;		/* bytes of an HTTP head that are kept; more is skipped, told as an oddity */
	uint64_t inflate_ratio_max;	/* output bytes per input byte after the first MiB */
	uint64_t inflate_max;		/* bytes out of one body or message */
	unsigned inflate_layers_max;
	uint64_t ranges_max;		/* bytes of resources that come in pieces, of all flows; a resource may have a quarter. 0: none */
	uint64_t handshake_max;		/* bytes of TLS handshake or DNS over TCP message that are kept */
};
extern const struct sk_app_conf sk_app_conf_default;

#define SK_APP_COUNTERS(X) \
	X(flows, "flows", "flows looked at") \
	X(claimed, "flows", "flows a parser has claimed") \
	X(unclaimed, "flows", "flows no parser has claimed") \
	X(swapped, "flows", "flows whose first packet was a response: client and server swapped") \
	X(switched, "flows", "changes of protocol inside a flow") \
	X(switch_limit, "flows", "flows that changed protocol too often and are not followed further") \
	X(gaps, "gaps", "holes told to parsers") \
	X(views, "readings", "second readings of bytes shown to rules") \
	X(views_limit, "readings", "… not shown, because a flow had too many") \
	X(events, "events", "events published") \
	X(memory, "flows", "flows not parsed because memory was short") \
	X(flow_memory, "flows", "flows in which something went without for want of memory, their own (flow.memory) or any")
SK_COUNTER_STRUCT(app, SK_APP_COUNTERS)

/* Names of stream.oddity told from here. X(ENUM, "name", "what it means") */
#define SK_APP_ODDITIES(X) \
	X(MEMORY, "flow_memory", "flow.memory was used up, or memory was short: parsers or plugins went without; told when the flow ends") \
	X(SWITCHES, "protocol_changes", "the flow changed its protocol too often: it is not followed further") \
	X(READINGS, "too_many_readings", "64 second readings of the flow were shown: later ones are not")

/* conf is copied (NULL for the default), wanted is kept by pointer. NULL when memory is short. */
struct sk_app *sk_app_new(const struct sk_app_conf *conf, const struct sk_wanted *wanted, sk_app_publish_fn *publish, void *cx);
void sk_app_free(struct sk_app *a);
/* Without it flows are never swapped. cx is the one of sk_app_new. */
void sk_app_on_swap(struct sk_app *a, sk_app_swap_fn *swap);
/* Asked before starts and ends of flows, and oddities, are published; without them all are. */
void sk_app_on_ask(struct sk_app *a, sk_app_ask_fn *ask, sk_app_ask_name_fn *ask_name);
/* Asked before pieces of streams that no parser has claimed are published; without it all are. */
void sk_app_on_pass(struct sk_app *a, sk_app_pass_fn *pass);

void sk_app_flow_start(struct sk_app *a, struct sk_flow *f, const struct sk_packet *p);
void sk_app_run(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_run *run);
void sk_app_datagram(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_packet *p);
/* An oddity seen by decode/, flow/ or reassembly/; kind is SK_KIND_PACKET_ODDITY or SK_KIND_STREAM_ODDITY. p may be NULL. */
void sk_app_oddity(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_packet *p, unsigned kind, const char *name,
		   struct sk_span bytes, struct sk_span other, uint64_t offset);
/* While an event is published: an alert is made of it, its late fields (sk_wanted) are filled in. */
void sk_app_complete(struct sk_app *a);
/* Closes every open unit, publishes flow.end, frees f->app. */
void sk_app_flow_end(struct sk_app *a, struct sk_flow *f, enum sk_flow_reason why);

/* Counters of app/ and of its bindings (http, dns, tls, websocket), each with its table. */
struct sk_app_counter_set {
	const struct sk_counter_table *table;
	const void *counters;
};
size_t sk_app_counters(const struct sk_app *a, struct sk_app_counter_set *sets, size_t max);

#endif
