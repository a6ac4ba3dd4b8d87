/* app/binding.h — what app/ asks of a protocol binding (http.c, dns.c, tls.c, websocket.c) and gives to it.
 *
 * memory   state lives in flow memory (f->arena); what needs more than that is malloc'd and freed in end
 * threads  the flow's worker
 */
#ifndef SK_APP_BINDING_H
#define SK_APP_BINDING_H

#include "app/app.h"
#include "base/buf.h"
#include "proto/digest.h"

/* A guess from the first bytes of a direction. */
enum sk_app_guess { SK_APP_NO, SK_APP_MORE, SK_APP_YES };

/* First bytes a guess is given at most; who still says MORE then has said NO. */
#define SK_APP_FIRST_MAX 512

#define SK_APP_KIND(id) (UINT64_C(1) << SK_KIND_##id)

struct sk_app_binding {
	const char *name;		/* app_proto */
	uint64_t kinds;			/* SK_APP_KIND() of all it and its successors may publish; 0 for any. Unwanted all: not run */
	size_t state_size;		/* zeroed flow memory */
	/* Looks at the first bytes of a direction (all that has come so far, at most SK_APP_FIRST_MAX). Either may be NULL. */
	enum sk_app_guess (*guess)(struct sk_span first, int dir, const struct sk_flow_info *f);
	enum sk_app_guess (*guess_datagram)(struct sk_span payload, int dir, const struct sk_flow_info *f);
	/* Looks at the start of a later run to the server of a stream nobody knows: protocols that others go on with (STARTTLS). May be
	 * NULL. */
	enum sk_app_guess (*guess_late)(struct sk_span first);
	/* setup: what sk_app_switch was given, NULL otherwise. May call sk_app_publish. May be NULL. */
	void (*begin)(struct sk_app *a, struct sk_flow *f, void *state, const void *setup);
	/* A run or a gap. */
	void (*run)(struct sk_app *a, struct sk_flow *f, void *state, int dir, const struct sk_run *run);
	/* Bytes of another reading, see run->reading. May be NULL. */
	void (*other)(struct sk_app *a, struct sk_flow *f, void *state, int dir, const struct sk_run *run);
	/* Raw bytes from stream offset off on as other hosts read them, with what lies around. NULL: they are told as stream.data. */
	void (*view)(struct sk_app *a, struct sk_flow *f, void *state, int dir, struct sk_span bytes, uint64_t off);
	void (*datagram)(struct sk_app *a, struct sk_flow *f, void *state, int dir, const struct sk_packet *p);
	bool datagrams_alone;		/* a datagram tells by itself: state may be NULL, begin and end may not be called */
	/* Closes open units. May be NULL. */
	void (*end)(struct sk_app *a, struct sk_flow *f, void *state);
	const struct sk_counter_table *counter_table;
	size_t worker_size;		/* zeroed memory for all the binding's flows of a worker; 0 for none */
	void (*worker_end)(void *worker);	/* frees what it holds. May be NULL */
};

extern const struct sk_app_binding sk_app_http, sk_app_dns, sk_app_tls, sk_app_websocket;

/* All bindings, in the order in which they are asked; ends with NULL. */
extern const struct sk_app_binding *const sk_app_bindings[];
#define SK_APP_BINDINGS_MAX 8

typedef void sk_app_fill_fn(void *cx);

const struct sk_wanted *sk_app_wanted(const struct sk_app *a);
const struct sk_app_conf *sk_app_conf_of(const struct sk_app *a);
/* Event memory: reset when the packet is done, and by bindings between two messages of a run. */
struct sk_arena *sk_app_scratch(struct sk_app *a);
/* One per worker; a buffer that is free for use until the binding returns or publishes. */
struct sk_digester *sk_app_digester(struct sk_app *a);
struct sk_buf *sk_app_work(struct sk_app *a);
/* Decoders for reuse, may be NULL. */
struct sk_coding_pool *sk_app_codings(struct sk_app *a);
/* The binding's counters: the struct that SK_COUNTER_STRUCT made for its counter_table. */
void *sk_app_binding_counters(struct sk_app *a, const struct sk_app_binding *b);
/* worker_size bytes. */
void *sk_app_binding_worker(struct sk_app *a, const struct sk_app_binding *b);

/* Publishes when the kind is wanted. size, flow, dir, time, packet and packets are filled in from the run at hand and from
 * first_off, the stream offset in direction dir at which the event's bytes begin; callers set kind, value_cnt, values,
 * parent and unit. */
void sk_app_publish(struct sk_app *a, struct sk_flow *f, int dir, uint64_t first_off, struct sk_event *e);

/* The same; fill is called with cx, at most once and before the call returns, when an alert needs the event's late fields. */
void sk_app_publish_late(struct sk_app *a, struct sk_flow *f, int dir, uint64_t first_off, struct sk_event *e, sk_app_fill_fn *fill, void *cx);

/* Only fills in, for events that are kept as parents of others whether they are wanted or not. packets is borrowed until the
 * next call. */
void sk_app_stamp(struct sk_app *a, struct sk_flow *f, int dir, uint64_t first_off, struct sk_event *e);

/* An oddity of the protocol (SK_KIND_HTTP_ODDITY …) at stream offset off. */
void sk_app_publish_oddity(struct sk_app *a, struct sk_flow *f, int dir, unsigned kind, const char *name,
			   struct sk_span bytes, struct sk_span other, uint64_t off, const struct sk_event *parent);

/* A message that may need many segments begins at off: the packet that carries off is remembered for the events to come,
 * also when more segments follow than are remembered otherwise. Call while the run that has off is at hand; one per direction. */
void sk_app_pin(struct sk_flow *f, int dir, uint64_t off);

/* From the next byte on the flow speaks another protocol: after 101 with Upgrade: websocket the binding is given, its state
 * made and begin called with setup; after CONNECT or another upgrade, or when the flow turns out to be something else, to is
 * NULL and the protocol is guessed anew. rest: by direction, the bytes behind the switch that the old binding holds or that
 * are left of the run at hand (data and off are read; data.n may be 0). All of it happens when the binding's run returns,
 * which should be at once: bytes of rest that are not in the run at hand are copied here, setup must be flow memory, the old
 * binding's end is called, then the new one's begin, then its run with each rest. */
void sk_app_switch(struct sk_app *a, struct sk_flow *f, const struct sk_app_binding *to, const void *setup, const struct sk_run rest[2]);

/* Nothing more is wanted of this flow by this binding: end is called when its run returns, f->done is set. */
void sk_app_done(struct sk_app *a, struct sk_flow *f);

#endif
