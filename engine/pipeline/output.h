/* pipeline/output.h — from the workers' alerts to the sinks: merges them in order, runs campaign/, writes.
 *
 * in       per worker a ring of alerts and time marks in ascending order, and how far the worker has got
 * out      sinks
 * memory   what waits for the slowest worker: rings of SK_OUTPUT_RING slots and campaign.queue bytes
 * threads  a thread of its own; each ring has one worker as its producer
 * limits   a replay waits when a ring is full; a sensor does not: it counts the alert as lost
 */
#ifndef SK_PIPELINE_OUTPUT_H
#define SK_PIPELINE_OUTPUT_H

#include "campaign/campaign.h"
#include "pipeline/conf.h"
#include "sink/sink.h"

#define SK_OUTPUT_RING 32768u			/* records of 48 bytes */

struct sk_output;

/* Called on the output thread now and then, for stats events. */
typedef void sk_output_idle_fn(void *cx, struct sk_output *o);
/* Called on the output thread for every alert that leaves and every mark, instead of any sink. */
typedef void sk_output_observe_fn(void *cx, const struct sk_alert *a);

struct sk_output_setup {
	const struct sk_settings *settings;
	const struct sk_ruleset *rules;
	const struct sk_sink_conf *sink;
	unsigned workers;
	bool live;
	bool hold;				/* sequences that may grow are told at their end */
	const char *explain;			/* id of a rule over several alerts, or NULL */
	sk_output_idle_fn *idle;
	sk_output_observe_fn *observe;		/* NULL: write to the sinks */
	void *cx;
};

/* Opens the sinks of settings->outputs (text when there are none). 0, or SK_E_CONFIG with *e. */
int sk_output_open(struct sk_output **out, const struct sk_output_setup *setup, struct sk_error *e);
int sk_output_start(struct sk_output *o, struct sk_error *e);

/* On worker i's thread. Takes the alert. */
void sk_output_alert(struct sk_output *o, unsigned i, struct sk_alert *a);
/* On worker i's thread: a mark that has feeds, by its hashes (sk_alert_seen). */
void sk_output_seen(struct sk_output *o, unsigned i, const struct sk_alert_order *order, uint64_t time_ns, const uint64_t *hashes, size_t n);
/* On worker i's thread: packet time at this place in the order. */
void sk_output_time(struct sk_output *o, unsigned i, uint64_t order, uint64_t now_ns);
/* On worker i's thread: every alert up to this order has been given. */
void sk_output_upto(struct sk_output *o, unsigned i, uint64_t order);

/* On the output thread, from idle: writes an event that is no alert. */
void sk_output_event(struct sk_output *o, struct sk_span json);

/* Files of all outputs are opened anew soon: they were moved away. Async-signal-safe. */
void sk_output_reopen(void);

/* After all workers gave UINT64_MAX: waits for the thread, ends campaign/, closes the sinks within wait_ns.
 * 0, or SK_E_STATE when alerts were not delivered. counts by sink, in order of the settings. */
int sk_output_finish(struct sk_output *o, uint64_t wait_ns);
size_t sk_output_sink_count(const struct sk_output *o);
const char *sk_output_sink(const struct sk_output *o, size_t i, struct sk_sink_counts *counts);
const struct sk_campaign *sk_output_campaign(const struct sk_output *o);
/* True when text goes to standard output: the summary may follow it there. */
bool sk_output_is_text(const struct sk_output *o);
uint64_t sk_output_alerts(const struct sk_output *o);
uint64_t sk_output_lost(const struct sk_output *o);
void sk_output_free(struct sk_output *o);

#endif
