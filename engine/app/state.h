/* app/state.h — the inside of app/: one worker's struct sk_app, one flow's struct sk_app_flow.
 *
 * memory   struct sk_app: worker; struct sk_app_flow and all it points to but copies of rests: flow memory
 * limits   for app.c and claim.c only; bindings use binding.h
 */
#ifndef SK_APP_STATE_H
#define SK_APP_STATE_H

#include "app/binding.h"

#define SK_APP_PACKETS_MAX 16		/* in sk_event.packets */
#define SK_APP_SEGMENTS_FIRST 4		/* segments remembered per direction, to begin with … */
#define SK_APP_SEGMENTS_MORE 8		/* … and once there are more */
#define SK_APP_SEGMENTS_MAX 32
#define SK_APP_SWITCHES_MAX 16		/* changes of protocol in one flow */
#define SK_APP_RESYNC_RUNS 64		/* runs of a midstream or gapped direction at whose start a protocol is looked for */
#define SK_APP_LATE_RUNS 16		/* later runs to the server at whose start an upgrade is looked for (STARTTLS, RDP) */
#define SK_APP_DATAGRAMS 4		/* datagrams of a direction at which a protocol is looked for */
#define SK_APP_OTHER_MAX 16384u		/* bytes of another reading kept for whoever claims the flow */
#define SK_APP_VIEWS_MAX 64u		/* other readings of a flow that are shown to rules */
#define SK_APP_ONE_SIDED_MAX 65536	/* unknown bytes of one direction after which the silent one is not waited for */

struct sk_app_segment {
	uint64_t off, packet;
};

/* Which packets brought which part of a direction: the newest segments, oldest overwritten. */
struct sk_app_segments {
	struct sk_app_segment *at;
	uint16_t room, n, next;
	bool has_pin;
	struct sk_app_segment pin;	/* see sk_app_pin */
};

struct sk_app_dir {
	struct sk_app_segments segments;
	uint64_t end_off;		/* offset behind the last byte seen */
	bool fin, closed;		/* as of struct sk_run */

	/* while unclaimed */
	uint8_t *first;			/* SK_APP_FIRST_MAX bytes of flow memory, once a guess wanted more than a run had */
	uint16_t first_n;
	uint16_t tries;			/* attempts left; 0: this direction says nothing */
	bool resynced;			/* tries were raised for a gap once */
	bool late;			/* past the first attempt of a direction whose begin was seen: only upgrades are looked for */
	bool told;			/* bytes went to stream.data or nowhere: a binding that comes later gets a gap */
	bool lost;			/* bytes before the next piece are missing */
	bool opened;			/* a stream.data unit is open */
	uint64_t first_off;
	void *unit;
};

enum sk_app_phase { SK_APP_GUESSING, SK_APP_BOUND, SK_APP_UNCLAIMED, SK_APP_DONE };

/* A switch that waits for the binding to return. */
struct sk_app_change {
	const struct sk_app_binding *to;
	const void *setup;
	uint8_t *copy[2];		/* malloc'd; the bytes of rest that are not in the run at hand */
	struct sk_run rest[2];
};

/* Bytes of another reading that came before anybody had claimed the flow. */
struct sk_app_other {
	struct sk_buf bytes;
	uint64_t off;
	uint8_t dir, reading;
};

struct sk_app_flow {
	enum sk_app_phase phase;
	bool finished;			/* the binding called sk_app_done */
	bool switching;
	uint8_t switches;
	bool claimed_once;
	const struct sk_app_binding *binding;
	void *state;
	struct sk_app_change *change;	/* NULL before the first switch */
	struct sk_app_dir dir[2];
	struct sk_app_other *other;	/* NULL before the first */
	struct sk_app_view *view;	/* malloc'd; another reading of the bytes, or NULL */
	uint8_t views;			/* so far */
};

struct sk_app {
	struct sk_app_conf conf;
	const struct sk_wanted *wanted;
	sk_app_publish_fn *publish;
	sk_app_swap_fn *swap;
	sk_app_ask_fn *ask;
	sk_app_pass_fn *pass;
	sk_app_ask_name_fn *ask_name;
	void *cx;
	struct sk_arena scratch;
	struct sk_buf work;
	struct sk_digester *digester;
	struct sk_coding_pool *codings;		/* NULL when memory was short */
	struct sk_app_counters counters;
	void *binding_counters[SK_APP_BINDINGS_MAX], *binding_worker[SK_APP_BINDINGS_MAX];

	/* what is at hand */
	const struct sk_run *run;	/* NULL: a datagram, or no bytes at all */
	int run_dir;
	uint64_t time_ns, packet;
	bool by_segments;		/* packets are found by stream offset */
	sk_app_fill_fn *fill;		/* for the late fields of the event that is published, or NULL */
	void *fill_cx;
	uint64_t packets[SK_APP_SEGMENTS_MAX + 2];
};

/* second.c: another reading of the bytes of a direction, with what lies around it. */
void sk_app_view_reading(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_run *run);
void sk_app_view_run(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_run *run);
void sk_app_view_end(struct sk_app *a, struct sk_flow *f);

/* claim.c */
/* Keeps bytes of another reading until the flow is claimed. */
void sk_app_claim_other(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_run *run);
void sk_app_claim_start(const struct sk_app *a, struct sk_app_flow *af, const struct sk_flow_info *info);
void sk_app_claim_run(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_run *run);
void sk_app_claim_datagram(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_packet *p);
/* Tells what is held and closes the stream.data units. */
void sk_app_claim_end(struct sk_app *a, struct sk_flow *f);

/* app.c: the flow's state, made when its first bytes come: a half-open connection has none. NULL when memory is short; the flow
 * is only counted then. */
struct sk_app_flow *sk_app_flow_state(struct sk_app *a, struct sk_flow *f);

/* app.c: makes state and calls begin; false (and f->done) when memory is short or nothing of the binding is wanted. */
bool sk_app_bind(struct sk_app *a, struct sk_flow *f, const struct sk_app_binding *b, const void *setup);
/* The binding's run, then what it asked for. */
void sk_app_give(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_run *run);
void sk_app_give_datagram(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_packet *p);
void sk_app_stop(struct sk_flow *f);
/* The same for a binding whose datagrams are each by itself: the flow needs no state. */
bool sk_app_bind_alone(struct sk_app *a, struct sk_flow *f, const struct sk_app_binding *b);
void sk_app_give_alone(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_packet *p);

#endif
