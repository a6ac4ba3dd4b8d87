/* app/binding.h — what app/ asks of a protocol binding (http.c, dns.c, tls.c, websocket.c) and gives to it.
 *
 * memory   state lives in flow memory (f->arena); what needs more than that is malloc'd and freed in end
 * threads  the flow's worker
 */
#ifndef SK_APP_BINDING_H
#define SK_APP_BINDING_H

#include "app/app.h"

/* A guess from the first bytes of a direction. */
enum sk_app_guess { SK_APP_NO, SK_APP_MORE, SK_APP_YES };

struct sk_app_flow;

struct sk_app_binding {
	const char *name;		/* app_proto */
	size_t state_size;		/* zeroed flow memory */
	/* Looks at the first bytes of a direction (all that has come so far). */
	enum sk_app_guess (*guess)(struct sk_span first, int dir, const struct sk_flow_info *f);
	enum sk_app_guess (*guess_datagram)(struct sk_span payload, int dir, const struct sk_flow_info *f);
	void (*begin)(struct sk_app *a, struct sk_flow *f, void *state);
	/* A run or a gap. */
	void (*run)(struct sk_app *a, struct sk_flow *f, void *state, int dir, const struct sk_run *run);
	void (*datagram)(struct sk_app *a, struct sk_flow *f, void *state, int dir, const struct sk_packet *p);
	void (*end)(struct sk_app *a, struct sk_flow *f, void *state);
	const struct sk_counter_table *counter_table;
	size_t counters_off;		/* of its counters in struct sk_app */
};

extern const struct sk_app_binding sk_app_http, sk_app_dns, sk_app_tls, sk_app_websocket;

const struct sk_wanted *sk_app_wanted(const struct sk_app *a);
const struct sk_app_conf *sk_app_conf_of(const struct sk_app *a);
/* Event memory: reset when the packet is done. */
struct sk_arena *sk_app_scratch(struct sk_app *a);

/* Publishes. flow, dir, time, packet and packets are filled in from the run at hand and from first_off, the stream offset
 * in direction dir at which the event's bytes begin; callers set kind, value_cnt, values, parent and unit. */
void sk_app_publish(struct sk_app *a, struct sk_flow *f, int dir, uint64_t first_off, struct sk_event *e);

/* An oddity of the protocol (SK_KIND_HTTP_ODDITY …) at stream offset off. */
void sk_app_publish_oddity(struct sk_app *a, struct sk_flow *f, int dir, unsigned kind, const char *name,
			   struct sk_span bytes, struct sk_span other, uint64_t off, const struct sk_event *parent);

/* From the next byte on the flow speaks another protocol: after 101 with Upgrade: websocket the binding is given, its state
 * made and begin called with setup; after CONNECT or another upgrade to is NULL and the protocol is guessed anew. The old
 * binding's end is called by then; rest are the bytes of the run behind the switch. */
void sk_app_switch(struct sk_app *a, struct sk_flow *f, const struct sk_app_binding *to, const void *setup);

/* Nothing more is wanted of this flow by this binding. */
void sk_app_done(struct sk_app *a, struct sk_flow *f);

#endif
