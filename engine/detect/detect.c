/* detect/detect.c — one worker's detection: rules, then plugins, on every event.
 *
 * what     a match becomes an alert and leaves at once through the callback. What plugins publish goes through the same
 *          function, so rules see it while the event it was made from is still there
 * memory   worker; per flow see detect_priv.h
 * threads  one per worker
 */
#include "detect/detect_priv.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "alert/key.h"

SK_COUNTER_TABLE(detect, SK_DETECT_COUNTERS)

#define SCRATCH_CHUNK 16384u
#define EXPLAIN_MAX SK_RULES_EXPLAIN_MAX

/* --- alerts --- */

static size_t flow_state_size(const struct sk_detect *d)
{
	return sizeof(struct flow_state) + d->worker_cnt * sizeof(struct slot);
}

bool sk_detect_has_room(const struct sk_detect *d, const struct sk_flow *f)
{
	return f->arena.used + flow_state_size(d) <= f->arena.cap;
}

struct flow_state *sk_detect_flow_state(struct sk_detect *d, struct sk_flow *f)
{
	if (!f->detect) {
		f->detect = sk_arena_zalloc(&f->arena, flow_state_size(d));
		if (!f->detect)
			d->counters.plugin_memory++;
	}
	return f->detect;
}

/* Where the flow has no room for its own count, one that no flow's can reach stands in. */
struct sk_alert_order sk_detect_next_order(struct sk_detect *d, struct sk_flow *f)
{
	struct sk_alert_order o = { .packet = f->order, .flow = f->info.serial };
	struct flow_state *fs = sk_detect_flow_state(d, f);

	if (!fs) {
		o.seq = (UINT64_C(1) << 32) + d->spare_seq++;
		return o;
	}
	if (fs->order != f->order)
		fs->seq = 0;
	fs->order = f->order;
	o.seq = fs->seq++;
	return o;
}

void sk_detect_emit(struct sk_detect *d, struct sk_flow *f, struct sk_alert *a)
{
	f->suspect = 1;
	d->alert(d->cx, a);
}

/* A mark that is only looked up: nobody's suspicion, so the flow is no suspect. */
static void on_bare(struct sk_detect *d, const struct sk_match *m)
{
	uint64_t hashes[SK_ALERT_SEEN_MAX];
	struct sk_alert_order order;
	struct sk_alert *a;

	if (d->conf.seen) {
		d->conf.seen(d->cx, m->event, hashes, sk_alert_seen(m->rule, m->event, &d->scratch, hashes));
		return;
	}
	order = sk_detect_next_order(d, d->flow);
	a = sk_alert_new_bare(m, d->conf.registry, &order);
	if (a)
		d->alert(d->cx, a);
	else
		d->counters.alerts_lost++;
}

static void on_match(void *cx, const struct sk_match *m)
{
	struct sk_detect *d = cx;
	struct sk_alert_order order;
	struct sk_alert *a;

	if (m->rule->bare) {
		on_bare(d, m);
		return;
	}
	if (d->conf.complete)
		d->conf.complete(d->cx, d->flow);
	order = sk_detect_next_order(d, d->flow);
	a = sk_alert_new(m, d->conf.registry, &order);
	if (!a) {
		d->counters.alerts_lost++;
		return;
	}
	d->counters.alerts_cut += a->cut;
	if (!m->rule->mark)
		d->counters.alerts++;
	sk_detect_emit(d, d->flow, a);
}

/* --- events --- */

static inline bool has_unit(const struct sk_event *e)
{
	return e->unit && (uintptr_t)*e->unit & 1;
}

/* *ev->unit holds the matcher's state of the unit or, where a plugin keeps state per unit too, a struct unit with both. An odd
 * address tells the second; when memory for it is short, rules still see the unit and those plugins do not. */
static struct unit *unit_of(struct sk_detect *d, const struct route *r, const struct sk_event *e)
{
	uintptr_t held;

	if (!e->unit || !r->unit_size)
		return NULL;
	held = (uintptr_t)*e->unit;
	if (held & 1)
		return (struct unit *)(held - 1);
	if (!held && sk_event_num(e, (unsigned)r->offset_slot, 0) == 0) {
		struct unit *u = sk_detect_unit_begin(d, e);

		if (u)
			*e->unit = (void *)((uintptr_t)u + 1);
		return u;
	}
	return NULL;
}

void sk_detect_run(struct sk_detect *d, struct sk_flow *f, const struct sk_event *e)
{
	const struct route *r = &d->conf.plugins->routes[e->kind];
	const size_t length = sk_detect_whole_length(r, e);
	const bool is_wanted = r->cnt && sk_detect_is_wanted(r, e, length);
	struct unit *u = is_wanted || has_unit(e) ? unit_of(d, r, e) : NULL;
	struct sk_flow *outer = d->flow;
	struct crumb crumb = { NULL, d->conf.registry->kinds[e->kind]->name, f->info.serial, e->packet };
	const struct crumb *outer_crumb;

	d->counters.events++;
	d->flow = f;
	outer_crumb = sk_detect_crumb_set(&crumb);
	if (d->matcher)
		sk_matcher_event(d->matcher, e, u ? &u->matcher : e->unit, on_match, d);
	sk_detect_crumb_set(outer_crumb);
	if (is_wanted)
		sk_detect_give(d, f, e, u, length);
	if (u && sk_event_num(e, (unsigned)r->last_slot, 0)) {
		*e->unit = NULL;
		sk_detect_unit_end(d, f, e, u);
	}
	d->flow = outer;
}

void sk_detect_event(struct sk_detect *d, struct sk_flow *f, const struct sk_event *e)
{
	SK_ASSERT(e->kind < d->conf.registry->cnt);
	sk_detect_run(d, f, e);
	if (d->scratch.used)
		sk_arena_reset(&d->scratch);
}

bool sk_detect_passes(struct sk_detect *d, unsigned kind, unsigned dir, const struct sk_piece *p, void **unit)
{
	if (d->conf.plugins->routes[kind].cnt || !d->matcher || !sk_matcher_passes(d->matcher, kind, dir, p, unit))
		return false;
	d->counters.events++;
	return true;
}

bool sk_detect_may(const struct sk_detect *d, const struct sk_flow_info *f, unsigned kind)
{
	return d->conf.plugins->routes[kind].cnt || (d->matcher && sk_matcher_may(d->matcher, f, kind));
}

bool sk_detect_may_name(const struct sk_detect *d, unsigned kind, const char *name)
{
	return d->conf.plugins->routes[kind].cnt || (d->matcher && sk_matcher_may_name(d->matcher, kind, name));
}

void sk_detect_flow_end(struct sk_detect *d, struct sk_flow *f)
{
	sk_detect_plugins_flow_end(d, f);
	f->detect = NULL;
}

/* --- a worker's life --- */

/* The event rules behind the one that is to be explained: itself, or its steps. */
static int find_explained(struct sk_detect *d, const struct sk_rule *r, struct sk_error *e)
{
	int rc = 0;

	if (r->type == SK_RULE_EVENT) {
		for (size_t i = 0; i < d->explain_cnt; i++)
			if (d->explain[i].rule == r)
				return 0;
		if (d->explain_cnt == EXPLAIN_MAX)
			return sk_error_set(e, SK_E_CONFIG, "rule '%s' has more than %u steps: explain one of them", d->conf.explain, EXPLAIN_MAX);
		d->explain[d->explain_cnt++] = (struct sk_rules_explain){ r, strcmp(r->id, d->conf.explain) != 0 };
		return 0;
	}
	for (size_t i = 0; rc == 0 && r->correlation && i < r->correlation->step_cnt; i++) {
		const struct sk_unless *u = r->correlation->joins ? r->correlation->joins[i].unless : NULL;

		rc = find_explained(d, r->correlation->steps[i], e);
		for (size_t k = 0; rc == 0 && u && k < u->rule_cnt; k++)
			rc = find_explained(d, u->rules[k], e);
	}
	return rc;
}

static int begin_explain(struct sk_detect *d, struct sk_error *e)
{
	const struct sk_rule *r;

	if (!d->conf.explain)
		return 0;
	r = d->conf.rules ? sk_rules_find(d->conf.rules, d->conf.explain) : NULL;
	if (!r)
		return sk_error_set(e, SK_E_CONFIG, "no rule '%s' to explain: see sekisho rules list", d->conf.explain);
	d->explain = calloc(EXPLAIN_MAX, sizeof(*d->explain));
	if (!d->explain)
		return sk_error_set(e, SK_E_MEMORY, "out of memory");
	return find_explained(d, r, e);
}

static int begin(struct sk_detect *d, struct sk_error *e)
{
	int rc = begin_explain(d, e);

	if (rc < 0)
		return rc;
	if (d->conf.rules) {
		d->matcher = sk_matcher_new(d->conf.rules, e);
		if (!d->matcher)
			return SK_E_MEMORY;
		if (d->explain_cnt)
			sk_matcher_explain(d->matcher, d->explain, d->explain_cnt, stderr);
	}
	if (d->conf.plugin_budget_ns)
		atomic_store(&d->conf.plugins->watched, true);
	return sk_detect_workers_begin(d, e);
}

struct sk_detect *sk_detect_new(const struct sk_detect_conf *conf, unsigned worker, sk_detect_alert_fn *alert,
		void *cx, struct sk_error *e)
{
	struct sk_detect *d = calloc(1, sizeof(*d));

	SK_ASSERT(conf->plugins && conf->registry);
	if (!d) {
		sk_error_set(e, SK_E_MEMORY, "out of memory");
		return NULL;
	}
	d->conf = *conf;
	d->alert = alert;
	d->cx = cx;
	if (!d->conf.plugin_memory_max)
		d->conf.plugin_memory_max = SK_PLUGIN_MEMORY_MAX;
	sk_arena_init(&d->scratch, SCRATCH_CHUNK, SCRATCH_MAX);
	if (begin(d, e) < 0) {
		sk_detect_free(d);
		return NULL;
	}
	return d;
}

void sk_detect_free(struct sk_detect *d)
{
	if (!d)
		return;
	sk_detect_workers_end(d);
	sk_matcher_free(d->matcher);
	sk_arena_fini(&d->scratch);
	free(d->explain);
	free(d);
}

const struct sk_detect_counters *sk_detect_counters(const struct sk_detect *d)
{
	return &d->counters;
}

const struct sk_rules_counters *sk_detect_rules_counters(const struct sk_detect *d)
{
	static const struct sk_rules_counters none;

	return d->matcher ? sk_matcher_counters(d->matcher) : &none;
}

const char *sk_detect_plugin_counter(const struct sk_detect *d, size_t i, uint64_t *value)
{
	for (size_t p = 0; p < d->worker_cnt; p++) {
		const struct plugin *pl = d->workers[p].plugin;

		if (i < pl->counter_cnt) {
			*value = d->workers[p].counters[i];
			return pl->counters[i].name;
		}
		i -= pl->counter_cnt;
	}
	return NULL;
}
