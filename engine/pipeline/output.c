/* pipeline/output.c — see output.h.
 *
 * Every item carries its place in the one order all workers share. A worker's ring is ascending; the item with the lowest order of
 * all rings may go as soon as every worker whose ring is empty has said that it is past that order.
 *
 * The thread sleeps for as long as an alert may come late, and is rung earlier only where a ring fills up or at the end: an alert costs a worker
 * no system call.
 */
#include "pipeline/output.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bell.h"
#include "base/log.h"
#include "base/mem.h"
#include "pipeline/lane.h"

#define NAP_NS 250000L			/* of the output thread of a sensor, growing while there is nothing to do … */
#define NAP_NS_MAX 4000000L		/* … up to what an alert may come late */
#define NAP_NS_REPLAY 20000000L		/* of a replay */
#define RING_AT_SEEN 2048u		/* … but for what is only remembered this is enough */
#define RING_AT 256u			/* it is woken for every so many items: alerts that wait for long are in no cache any more */

struct lane {
	struct sk_lane ring;
	uint64_t upto_seen;			/* upto, read before the ring was */
	_Atomic uint64_t upto;
	_Atomic uint64_t lost;
	_Atomic uint64_t bytes;			/* of the alerts in the ring */
};

struct sk_output {
	struct sk_output_setup setup;
	struct sk_campaign *campaign;
	struct sk_sink **sinks;
	struct sk_sink_counts *counts;
	char **names;
	size_t sink_cnt;
	struct lane *lanes;
	struct sk_buf json;
	uint64_t alerts, json_lost;
	uint64_t last_ns;			/* latest packet time */
	pthread_t thread;
	struct sk_bell bell;			/* the thread sleeps on it */
	bool running, text, needs_json;
};

static _Atomic bool reopen_wanted;

void sk_output_reopen(void)
{
	atomic_store(&reopen_wanted, true);
}

static void on_emit(void *cx, const struct sk_alert *a)
{
	struct sk_output *o = cx;

	o->alerts += !a->rule->mark;
	if (o->setup.observe)
		o->setup.observe(o->setup.cx, a);
	if (o->setup.observe || a->rule->mark)
		return;
	sk_buf_clear(&o->json);
	if (o->needs_json && sk_alert_json(a, o->setup.settings->sensor, &o->json) < 0) {
		o->json_lost++;
		return;
	}
	for (size_t i = 0; i < o->sink_cnt; i++)
		o->sinks[i]->ops->write(o->sinks[i], a, sk_buf_span(&o->json));
}

static int open_sink(struct sk_output *o, const char *spec, struct sk_error *e)
{
	int rc = sk_sink_open(&o->sinks[o->sink_cnt], spec, o->setup.sink, e);

	if (rc < 0)
		return rc;
	o->names[o->sink_cnt] = strdup(o->sinks[o->sink_cnt]->name);
	if (strcmp(o->sinks[o->sink_cnt]->ops->scheme, "text") != 0)
		o->needs_json = true;
	else if (strcmp(spec, "text") == 0 || strcmp(spec, "text:") == 0 || strcmp(spec, "text:-") == 0)
		o->text = true;
	return o->names[o->sink_cnt++] ? 0 : SK_E_MEMORY;
}

static int ring_init(struct sk_lane *l)
{
	l->mask = SK_OUTPUT_RING - 1;
	l->items = malloc(SK_OUTPUT_RING * sizeof(*l->items));
	return l->items ? 0 : SK_E_MEMORY;
}

int sk_output_open(struct sk_output **out, const struct sk_output_setup *setup, struct sk_error *e)
{
	const struct sk_settings *s = setup->settings;
	const struct sk_campaign_conf conf = {
		.max_keys = s->keys, .max_members = s->members, .max_bytes = s->campaign_memory, .max_seen = s->seen,
		.hold = setup->hold, .explain = setup->explain, .rule_per_min = s->rule_per_min,
		.source_per_min = s->source_per_min, .allow = s->allow, .allow_cnt = s->allow_cnt };
	size_t cnt = s->outputs.cnt ? s->outputs.cnt : 1;
	struct sk_output *o = calloc(1, sizeof(*o));
	int rc = 0;

	*out = NULL;
	if (!o)
		return sk_error_set(e, SK_E_MEMORY, "not enough memory");
	o->setup = *setup;
	o->sinks = calloc(cnt, sizeof(*o->sinks));
	o->counts = calloc(cnt, sizeof(*o->counts));
	o->names = calloc(cnt, sizeof(*o->names));
	o->lanes = calloc(setup->workers, sizeof(*o->lanes));
	o->campaign = sk_campaign_new(setup->rules, &conf, on_emit, o);
	if (!o->sinks || !o->counts || !o->names || !o->lanes || !o->campaign)
		rc = sk_error_set(e, SK_E_MEMORY, "not enough memory");
	for (unsigned i = 0; i < setup->workers && rc == 0; i++)
		if (ring_init(&o->lanes[i].ring) < 0)
			rc = sk_error_set(e, SK_E_MEMORY, "not enough memory");
	for (size_t i = 0; i < s->outputs.cnt && !setup->observe && rc == 0; i++)
		rc = open_sink(o, s->outputs.items[i], e);
	if (s->outputs.cnt == 0 && !setup->observe && rc == 0)
		rc = open_sink(o, "text", e);
	if (rc < 0) {
		sk_output_free(o);
		return rc;
	}
	*out = o;
	return 0;
}

static bool before(const struct sk_alert_order *a, const struct sk_alert_order *b)
{
	if (a->packet != b->packet)
		return a->packet < b->packet;
	return a->flow != b->flow ? a->flow < b->flow : a->seq < b->seq;
}

static void deliver(struct sk_output *o, struct lane *l, const struct sk_lane_item *it)
{
	uint64_t size;

	o->last_ns = SK_MAX(o->last_ns, it->what == SK_LANE_ALERT ? it->u.alert->time_ns : it->time_ns);
	switch (it->what) {
	case SK_LANE_ALERT:
		size = it->u.alert->size;
		sk_campaign_push(o->campaign, it->u.alert);
		atomic_fetch_sub_explicit(&l->bytes, size, memory_order_relaxed);
		break;
	case SK_LANE_MARK:
		sk_campaign_seen(o->campaign, it->time_ns, true, NULL);
		break;
	case SK_LANE_SEEN:
	case SK_LANE_SEEN_TOO:
		sk_campaign_seen(o->campaign, it->time_ns, it->what == SK_LANE_SEEN, &it->u.hash);
		break;
	case SK_LANE_TIME:
		sk_campaign_time(o->campaign, it->time_ns);
		break;
	}
	sk_lane_pop(&l->ring);
}

/* The lane whose item is next, NULL when there is none or when an earlier one may still come. */
static struct lane *next_lane(struct sk_output *o, struct sk_lane_item **next)
{
	uint64_t upto = UINT64_MAX;
	struct lane *first = NULL;

	*next = NULL;
	for (unsigned i = 0; i < o->setup.workers; i++) {
		struct lane *l = &o->lanes[i];
		struct sk_lane_item *it = sk_lane_peek(&l->ring);

		if (!it) {
			upto = SK_MIN(upto, l->upto_seen);
		} else if (!first || before(&it->order, &(*next)->order)) {
			first = l;
			*next = it;
		}
	}
	return first && (*next)->order.packet <= upto ? first : NULL;
}

/* Delivers all that may go. True when there was something. */
static bool merge(struct sk_output *o, bool *done)
{
	struct sk_lane_item *it;
	struct lane *l;
	bool any = false;

	*done = true;
	for (unsigned i = 0; i < o->setup.workers; i++) {
		l = &o->lanes[i];
		l->upto_seen = atomic_load_explicit(&l->upto, memory_order_acquire);
		*done = *done && l->upto_seen == UINT64_MAX;
	}
	for (; (l = next_lane(o, &it)); any = true)
		deliver(o, l, it);
	return any;
}

static void *output_thread(void *arg)
{
	struct sk_output *o = arg;
	const long first = o->setup.live ? NAP_NS : NAP_NS_REPLAY, most = o->setup.live ? NAP_NS_MAX : NAP_NS_REPLAY;
	struct timespec nap = { .tv_nsec = first };
	bool done = false, pending = false;

	while (!done) {
		if (merge(o, &done)) {
			pending = true;
			nap.tv_nsec = first;
			continue;
		}
		if (pending)
			for (size_t i = 0; i < o->sink_cnt; i++)
				o->sinks[i]->ops->flush(o->sinks[i]);
		pending = false;
		if (atomic_exchange_explicit(&reopen_wanted, false, memory_order_relaxed))
			for (size_t i = 0; i < o->sink_cnt; i++)
				if (o->sinks[i]->ops->reopen)
					o->sinks[i]->ops->reopen(o->sinks[i]);
		if (o->setup.idle)
			o->setup.idle(o->setup.cx, o);
		if (done)
			break;
		sk_bell_listen(&o->bell);
		if (merge(o, &done)) {
			pending = true;
			nap.tv_nsec = first;
			sk_bell_stay(&o->bell);
		} else if (!done) {
			sk_bell_sleep_for(&o->bell, &nap);
			nap.tv_nsec = SK_MIN(nap.tv_nsec * 5 / 4, most);
		}
	}
	merge(o, &done);
	sk_mem_trim();
	return NULL;
}

int sk_output_start(struct sk_output *o, struct sk_error *e)
{
	int rc = pthread_create(&o->thread, NULL, output_thread, o);

	if (rc)
		return sk_error_set(e, -rc, "cannot start the output thread: %s", strerror(rc));
	o->running = true;
	return 0;
}

/* One alert is always let in. */
static bool has_room(const struct sk_output *o, const struct lane *l, const struct sk_lane_item *it)
{
	uint64_t held;

	if (it->what != SK_LANE_ALERT)
		return true;
	held = atomic_load_explicit(&l->bytes, memory_order_relaxed);
	return !held || held + it->u.alert->size <= o->setup.settings->alert_queue;
}

static void wake(struct sk_output *o)
{
	if (sk_bell_heard(&o->bell))
		sk_bell_ring(&o->bell);
}

/* False where a sensor has to let it go. */
static bool push(struct sk_output *o, unsigned i, const struct sk_lane_item *it)
{
	static const struct timespec nap = { .tv_nsec = 50000 };
	struct lane *l = &o->lanes[i];

	for (;;) {
		if (has_room(o, l, it)) {
			/* before the push: the item may be gone behind it */
			if (it->what == SK_LANE_ALERT)
				atomic_fetch_add_explicit(&l->bytes, it->u.alert->size, memory_order_relaxed);
			if (sk_lane_push(&l->ring, it)) {
				if (SK_UNLIKELY(sk_lane_pushed(&l->ring) % (it->what == SK_LANE_ALERT ? RING_AT : RING_AT_SEEN) == 0))
					wake(o);
				return true;
			}
			if (it->what == SK_LANE_ALERT)
				atomic_fetch_sub_explicit(&l->bytes, it->u.alert->size, memory_order_relaxed);
		}
		if (o->setup.live) {
			atomic_fetch_add_explicit(&l->lost, it->what != SK_LANE_TIME, memory_order_relaxed);
			return false;
		}
		wake(o);
		nanosleep(&nap, NULL);
	}
}

void sk_output_alert(struct sk_output *o, unsigned i, struct sk_alert *a)
{
	if (!push(o, i, &(struct sk_lane_item){ .what = SK_LANE_ALERT, .order = a->order, .u.alert = a }))
		sk_alert_put(a);
}

void sk_output_seen(struct sk_output *o, unsigned i, const struct sk_alert_order *order, uint64_t time_ns, const uint64_t *hashes,
		    size_t n)
{
	struct sk_lane_item it = { .what = n ? SK_LANE_SEEN : SK_LANE_MARK, .order = *order, .time_ns = time_ns };

	it.u.hash = n ? hashes[0] : 0;
	if (!push(o, i, &it))
		return;
	it.what = SK_LANE_SEEN_TOO;
	for (size_t k = 1; k < n; k++) {
		it.u.hash = hashes[k];
		push(o, i, &it);
	}
}

void sk_output_time(struct sk_output *o, unsigned i, uint64_t order, uint64_t now_ns)
{
	push(o, i, &(struct sk_lane_item){ .what = SK_LANE_TIME, .order = { .packet = order }, .time_ns = now_ns });
}

void sk_output_upto(struct sk_output *o, unsigned i, uint64_t order)
{
	atomic_store_explicit(&o->lanes[i].upto, order, memory_order_release);
	if (order == UINT64_MAX)
		wake(o);
}

void sk_output_event(struct sk_output *o, struct sk_span json)
{
	for (size_t i = 0; i < o->sink_cnt; i++)
		o->sinks[i]->ops->write(o->sinks[i], NULL, json);
}

static uint64_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int sk_output_finish(struct sk_output *o, uint64_t wait_ns)
{
	uint64_t begin, gone;
	int rc = 0;

	if (o->running)
		pthread_join(o->thread, NULL);
	o->running = false;
	sk_campaign_end(o->campaign, o->last_ns);
	begin = monotonic_ns();
	for (size_t i = 0; i < o->sink_cnt; i++) {
		gone = monotonic_ns() - begin;		/* all of them deliver while one is waited for */
		if (o->sinks[i] && o->sinks[i]->ops->close(o->sinks[i], wait_ns > gone ? wait_ns - gone : 0, &o->counts[i]) < 0)
			rc = SK_E_STATE;
		o->sinks[i] = NULL;
	}
	return sk_output_lost(o) ? SK_E_STATE : rc;
}

size_t sk_output_sink_count(const struct sk_output *o) { return o->sink_cnt; }
const struct sk_campaign *sk_output_campaign(const struct sk_output *o) { return o->campaign; }
bool sk_output_is_text(const struct sk_output *o) { return o->text; }
uint64_t sk_output_alerts(const struct sk_output *o) { return o->alerts; }

const char *sk_output_sink(const struct sk_output *o, size_t i, struct sk_sink_counts *counts)
{
	if (o->sinks[i])
		o->sinks[i]->ops->counts(o->sinks[i], counts);
	else
		*counts = o->counts[i];
	return o->names[i];
}

uint64_t sk_output_lost(const struct sk_output *o)
{
	uint64_t lost = o->json_lost;

	for (unsigned i = 0; i < o->setup.workers; i++)
		lost += atomic_load_explicit(&o->lanes[i].lost, memory_order_relaxed);
	return lost;
}

void sk_output_free(struct sk_output *o)
{
	struct sk_sink_counts unused;

	if (!o)
		return;
	for (size_t i = 0; i < o->sink_cnt; i++) {
		if (o->sinks[i])
			o->sinks[i]->ops->close(o->sinks[i], 0, &unused);
		free(o->names[i]);
	}
	for (unsigned i = 0; o->lanes && i < o->setup.workers; i++) {
		struct sk_lane *l = &o->lanes[i].ring;
		struct sk_lane_item *it;

		while (l->items && (it = sk_lane_peek(l))) {
			if (it->what == SK_LANE_ALERT)
				sk_alert_put(it->u.alert);
			sk_lane_pop(l);
		}
		free(l->items);
	}
	sk_campaign_free(o->campaign);
	sk_buf_fini(&o->json);
	free(o->sinks);
	free(o->counts);
	free(o->names);
	free(o->lanes);
	free(o);
}
