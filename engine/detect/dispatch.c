/* detect/dispatch.c — an event to the plugins that want it, and the state they keep per flow and per unit.
 *
 * what     plugins in order of their names. A flow's slots are made when the first plugin gets its first event; a unit's
 *          states at its first piece. A plugin that misses an event of a flow or a piece of a unit leaves it: what it has
 *          begun it sees whole or not at all
 * memory   slots and flow states: f->arena. Units: a list of spare ones per kind, else malloc
 * threads  the worker's
 */
#include "detect/detect_priv.h"

#include <stdlib.h>

#include "base/mem.h"

#define SPARE_UNITS_MAX 32u

/* --- a call --- */

static struct call outside;		/* of any; all zero, never written */

struct frame {
	struct call *outer;
	struct crumb crumb;
	const struct crumb *outer_crumb;
	uint64_t began_ns;
};

/* fr and c stay until leave. */
static void enter(struct sk_worker *w, struct frame *fr, struct call *c, const char *what)
{
	fr->crumb = (struct crumb){ w->plugin->p.name, what, c->flow ? c->flow->info.serial : 0, c->event ? c->event->packet : 0 };
	fr->outer = w->at;
	w->at = c;
	fr->outer_crumb = sk_detect_crumb_set(&fr->crumb);
	w->d->calls++;
	fr->began_ns = w->at->timed ? sk_detect_clock() : 0;
}

static void leave(struct sk_worker *w, struct frame *fr)
{
	uint64_t now_ns = w->at->now_ns, spent = 0;
	bool timed = w->at->timed;

	if (timed) {
		spent = sk_detect_clock() - fr->began_ns;
		spent -= SK_MIN(spent, w->at->nested_ns);
	}
	sk_detect_crumb_set(fr->outer_crumb);
	w->at = fr->outer;
	if (--w->d->calls == 0 && w->d->scratch.used)
		sk_arena_reset(&w->d->scratch);
	if (timed)
		sk_detect_watch_spent(w, spent, now_ns);
}

/* After a call: has it written past a state of n bytes? Then it is never called again; when it may have written further
 * than our guards, nothing in this process can be trusted any more. */
static void check_state(struct sk_worker *w, const void *state, uint32_t n, const char *what)
{
	if (!state || sk_detect_guard_near(state, n))
		return;
	if (sk_detect_guard_check(state, n) == GUARD_RUINED) {
		sk_log_error("detect", "plugin '%s' wrote far past its %s state; memory cannot be trusted, stopping", w->plugin->p.name, what);
		abort();
	}
	if (!w->broken)
		sk_log_error("detect", "plugin '%s' wrote past the %u bytes of its %s state; it gets no more events on this worker",
			     w->plugin->p.name, n, what);
	w->broken = true;
}

static void failed(struct sk_worker *w, struct slot *s, uint64_t now_ns)
{
	s->status = SLOT_LEFT;
	w->d->counters.plugin_failures++;
	sk_detect_watch_fault(w, FAULT_FAILED, now_ns);
}

/* --- flows --- */

static bool slot_begin(struct sk_worker *w, struct sk_flow *f, struct slot *s, const struct sk_event *e)
{
	const struct sk_plugin *p = &w->plugin->p;
	struct call c = { .flow = f, .slot = s, .now_ns = e->time_ns };
	struct frame fr;
	int rc;

	if (p->flow_size && !s->state) {
		void *block = sk_arena_alloc(&f->arena, sk_detect_guarded_size(p->flow_size));

		if (!block) {
			w->d->counters.plugin_memory++;
			s->status = SLOT_LEFT;
			return false;
		}
		s->state = sk_detect_guard(block, p->flow_size);
	}
	s->status = SLOT_WATCH;
	s->begun = true;
	if (!p->flow_begin)
		return true;
	enter(w, &fr, &c, "flow_begin");
	rc = p->flow_begin(w->plugin->instance, w, w->state, s->state, &f->info);
	leave(w, &fr);
	check_state(w, s->state, p->flow_size, "flow");
	if (rc == SK_IGNORE)
		s->status = SLOT_LEFT;
	else if (rc != SK_WATCH)
		failed(w, s, e->time_ns);
	return s->status == SLOT_WATCH && !w->broken;
}

static void slot_end(struct sk_worker *w, struct sk_flow *f, struct slot *s, const struct flow_state *fs)
{
	const struct sk_plugin *p = &w->plugin->p;
	const struct sk_event e = {
		.size = sizeof(e), .kind = SK_KIND_FLOW_END, .time_ns = fs->time_ns, .packet = fs->packet, .packets = &fs->packet,
		.packet_cnt = 1, .flow = &f->info };
	struct call c = { .event = &e, .flow = f, .slot = s, .now_ns = fs->time_ns };
	struct frame fr;

	if (!s->begun || w->broken)
		return;
	if (p->flow_end) {
		c.timed = sk_detect_watch_timed(w);
		enter(w, &fr, &c, "flow_end");
		p->flow_end(w->plugin->instance, w, w->state, s->state, &f->info);
		leave(w, &fr);
	}
	check_state(w, s->state, p->flow_size, "flow");
}

void sk_detect_plugins_flow_end(struct sk_detect *d, struct sk_flow *f)
{
	struct flow_state *fs = f->detect;

	for (size_t i = 0; fs && i < d->worker_cnt; i++)
		slot_end(&d->workers[i], f, &fs->slots[i], fs);
}

/* --- units --- */

struct unit *sk_detect_unit_begin(struct sk_detect *d, const struct sk_event *e)
{
	const struct route *r = &d->conf.plugins->routes[e->kind];
	struct unit *u = d->spare[e->kind];

	if (u) {
		d->spare[e->kind] = u->next;
		d->spare_cnt[e->kind]--;
	} else {
		u = sk_mem_alloc(r->unit_size);
		if (!u) {
			d->counters.plugin_memory++;
			return NULL;
		}
	}
	memset(u, 0, offsetof(struct unit, flags) + r->cnt);
	return u;
}

static void *unit_state(const struct subscription *sub, struct unit *u)
{
	return (uint8_t *)u + sub->unit_off + GUARD_FRONT;
}

static void call_unit_end(struct sk_worker *w, struct sk_flow *f, const struct sk_event *e, struct slot *s, void *state)
{
	struct call c = { .event = e, .flow = f, .slot = s, .now_ns = e->time_ns };
	struct frame fr;

	enter(w, &fr, &c, "unit_end");
	w->plugin->p.unit_end(w->plugin->instance, w, w->state, s ? s->state : NULL, state);
	leave(w, &fr);
}

void sk_detect_unit_end(struct sk_detect *d, struct sk_flow *f, const struct sk_event *e, struct unit *u)
{
	const struct route *r = &d->conf.plugins->routes[e->kind];
	struct flow_state *fs = f->detect;

	for (uint32_t i = 0; u->ends && i < r->cnt; i++) {
		struct sk_worker *w = &d->workers[r->subs[i].plugin];
		void *state;

		if (!w->plugin->p.unit_end || !(u->flags[i] & UNIT_BEGUN) || w->broken)
			continue;
		state = unit_state(&r->subs[i], u);
		call_unit_end(w, f, e, fs ? &fs->slots[r->subs[i].plugin] : NULL, state);
		check_state(w, state, w->plugin->p.unit_size, "unit");
	}
	if (d->spare_cnt[e->kind] == SPARE_UNITS_MAX) {
		sk_mem_free(u);
		return;
	}
	u->next = d->spare[e->kind];
	d->spare[e->kind] = u;
	d->spare_cnt[e->kind]++;
}

/* The plugin's state of the unit at hand. False when it is to get nothing of the unit: it missed a piece. */
static bool unit_enter(const struct sk_detect *d, const struct subscription *sub, const struct sk_event *e,
		struct unit *u, uint32_t place, void **state)
{
	const struct sk_plugin *p = &d->conf.plugins->v[sub->plugin]->p;
	const struct route *r = &d->conf.plugins->routes[e->kind];

	*state = NULL;
	if (!sub->unit_off || !e->unit)
		return true;
	if (!u || (u->flags[place] & UNIT_LEFT))
		return false;
	if (!(u->flags[place] & UNIT_BEGUN)) {
		if (sk_event_num(e, (unsigned)r->offset_slot, 0) != 0)
			return false;
		u->flags[place] |= UNIT_BEGUN;
		u->ends |= p->unit_end != NULL;
		sk_detect_guard((uint8_t *)u + sub->unit_off, p->unit_size);
	}
	*state = unit_state(sub, u);
	return true;
}

/* --- events --- */

static bool starts_nocase(struct sk_span s, struct sk_span prefix)
{
	return s.p && sk_span_is_nocase(sk_span_sub(s, 0, prefix.n), prefix);
}

/* Does the event have a field of its own as the filter asks? */
static bool own_passes(const struct filter *f, const struct sk_event *e)
{
	struct sk_span s;

	if (f->prefix.n == 0)
		return sk_event_value(e, f->slot)->type != SK_VALUE_NONE;
	s = sk_event_bytes(e, f->slot);
	return s.n && sk_ascii_lower(s.p[0]) == f->first && starts_nocase(s, f->prefix);
}

static bool common_passes(struct sk_detect *d, const struct filter *f, const struct sk_event *e)
{
	struct sk_value v;

	if (f->dirs)
		return f->dirs >> e->dir & 1;
	v = sk_event_common_value(e, f->slot, &d->scratch);
	if (f->prefix.n == 0)
		return v.type != SK_VALUE_NONE;
	return (v.type == SK_VALUE_TEXT || v.type == SK_VALUE_BYTES) && starts_nocase(v.u.bytes, f->prefix);
}

/* Of a subscription with one_slot: false says that no filter lets the event pass. */
static bool may_begin(const struct subscription *sub, const struct sk_event *e)
{
	struct sk_span s = sk_event_bytes(e, sub->filters[0].slot);

	return s.n && sub->first[s.p[0] / 64] >> s.p[0] % 64 & 1;
}

static bool passes(struct sk_detect *d, const struct subscription *sub, const struct sk_event *e)
{
	for (uint32_t i = 0; i < sub->filter_cnt; i++) {
		const struct filter *f = &sub->filters[i];

		if (f->common ? common_passes(d, f, e) : own_passes(f, e))
			return true;
	}
	return sub->filter_cnt == 0;
}

/* False when the plugin wants no more of the unit. */
static bool call(struct sk_worker *w, struct sk_flow *f, struct slot *s, const struct sk_event *e, void *unit)
{
	const struct sk_plugin *p = &w->plugin->p;
	struct call c = { .event = e, .flow = f, .slot = s, .unit = unit, .now_ns = e->time_ns, .may_publish = true,
		.timed = sk_detect_watch_timed(w) };
	struct frame fr;
	int rc;

	w->d->counters.plugin_calls++;
	enter(w, &fr, &c, w->d->conf.registry->kinds[e->kind]->name);
	rc = p->on_event(w->plugin->instance, w, w->state, s->state, e);
	leave(w, &fr);
	check_state(w, s->state, p->flow_size, "flow");
	if (unit)
		check_state(w, unit, p->unit_size, "unit");
	if (rc == SK_FLOW_DONE)
		s->status = SLOT_LEFT;
	else if (rc != SK_CONTINUE && rc != SK_UNIT_DONE)
		failed(w, s, e->time_ns);
	return rc != SK_UNIT_DONE || !unit;
}

/* A plugin that wants to know nothing of flows: its slot is made only when there is something to remember in it. */
static bool needs_slot(const struct sk_plugin *p)
{
	return p->flow_size || p->flow_begin || p->flow_end;
}

static bool call_without_slot(struct sk_worker *w, struct sk_flow *f, const struct sk_event *e, void *unit)
{
	struct slot spare = { .status = SLOT_WATCH };
	struct flow_state *fs;
	bool more = call(w, f, &spare, e, unit);

	if (SK_LIKELY(spare.status == SLOT_WATCH && !spare.used && !spare.held))
		return more;
	fs = sk_detect_flow_state(w->d, f);
	/* its own findings over what it has published come before */
	if (fs && fs->slots[w->plugin->index].status != SLOT_LEFT)
		fs->slots[w->plugin->index] = spare;
	return more;
}

static void unit_done(struct unit *u, uint32_t place)
{
	if (!u || (u->flags[place] & UNIT_DONE))
		return;
	u->flags[place] |= UNIT_DONE;
	u->done++;
}

static void give(struct sk_detect *d, struct sk_flow *f, const struct sk_event *e, struct unit *u,
		const struct subscription *sub, uint32_t place)
{
	struct sk_worker *w = &d->workers[sub->plugin];
	struct flow_state *fs = f->detect;
	struct slot *s = fs ? &fs->slots[sub->plugin] : NULL;
	void *state;

	if (u && (u->flags[place] & UNIT_DONE))
		return;
	if (!(sub->dirs >> e->dir & 1)) {
		unit_done(u, place);
		return;
	}
	if ((s && s->status == SLOT_LEFT) || !passes(d, sub, e))
		return;
	if (w->broken || sk_detect_watch_out(w, e->time_ns)) {
		d->counters.plugin_skipped++;
		if (s && s->begun)
			s->status = SLOT_LEFT;
		if (u)
			u->flags[place] |= UNIT_LEFT;
		return;
	}
	if (!fs && !needs_slot(&w->plugin->p)) {
		if (SK_UNLIKELY(!sk_detect_has_room(d, f)))
			d->counters.plugin_memory++;
		else if (unit_enter(d, sub, e, u, place, &state) && !call_without_slot(w, f, e, state))
			unit_done(u, place);
		return;
	}
	if (!fs) {
		fs = sk_detect_flow_state(d, f);
		if (!fs)
			return;
		s = &fs->slots[sub->plugin];
	}
	fs->packet = e->packet;
	fs->time_ns = e->time_ns;
	if (s->status == SLOT_NEW && !slot_begin(w, f, s, e))
		return;
	if (unit_enter(d, sub, e, u, place, &state) && !call(w, f, s, e, state))
		unit_done(u, place);
}

size_t sk_detect_whole_length(const struct route *r, const struct sk_event *e)
{
	if (r->stream_slot < 0 || !e->unit || *e->unit || sk_event_num(e, (unsigned)r->offset_slot, 0) ||
	    !sk_event_num(e, (unsigned)r->last_slot, 0))
		return SIZE_MAX;
	return sk_event_bytes(e, (unsigned)r->stream_slot).n;
}

static inline bool may_want(const struct subscription *sub, const struct sk_event *e, size_t length)
{
	return length >= sub->least && (!sub->one_slot || may_begin(sub, e));
}

bool sk_detect_is_wanted(const struct route *r, const struct sk_event *e, size_t length)
{
	if (!(r->dirs >> e->dir & 1))
		return false;
	for (uint32_t i = 0; i < r->cnt; i++)
		if (may_want(&r->subs[i], e, length))
			return true;
	return false;
}

void sk_detect_give(struct sk_detect *d, struct sk_flow *f, const struct sk_event *e, struct unit *u, size_t length)
{
	const struct route *r = &d->conf.plugins->routes[e->kind];

	if (u && u->done == r->cnt)
		return;
	for (uint32_t i = 0; i < r->cnt; i++)
		if (may_want(&r->subs[i], e, length))
			give(d, f, e, u, &r->subs[i], i);
}

/* --- workers --- */

int sk_detect_workers_begin(struct sk_detect *d, struct sk_error *e)
{
	const struct sk_plugins *set = d->conf.plugins;

	d->workers = calloc(set->cnt + 1, sizeof(*d->workers));
	if (!d->workers)
		return sk_error_set(e, SK_E_MEMORY, "out of memory");
	for (size_t i = 0; i < set->cnt; i++) {
		struct sk_worker *w = &d->workers[i];
		struct plugin *pl = set->v[i];
		void *block = pl->p.worker_size ? malloc(sk_detect_guarded_size(pl->p.worker_size)) : NULL;
		struct call c = { .event = NULL };
		struct frame fr;

		*w = (struct sk_worker){ .d = d, .plugin = pl, .at = &outside, .counters = calloc(COUNTERS_MAX, sizeof(*w->counters)) };
		d->worker_cnt++;
		if (block)
			w->state = sk_detect_guard(block, pl->p.worker_size);
		if (!w->counters || (pl->p.worker_size && !block))
			return sk_error_set(e, SK_E_MEMORY, "out of memory");
		if (pl->p.worker_begin) {
			int rc;

			enter(w, &fr, &c, "worker_begin");
			rc = pl->p.worker_begin(pl->instance, w, w->state);
			leave(w, &fr);
			if (rc < 0)
				return sk_error_set(e, SK_E_STATE, "plugin '%s' cannot begin on a worker", pl->p.name);
		}
		w->begun = true;
	}
	return 0;
}

void sk_detect_workers_end(struct sk_detect *d)
{
	for (size_t i = d->worker_cnt; i-- > 0; ) {
		struct sk_worker *w = &d->workers[i];
		const struct sk_plugin *p = &w->plugin->p;
		struct call c = { .event = NULL };
		struct frame fr;

		if (w->begun && !w->broken && p->worker_end) {
			enter(w, &fr, &c, "worker_end");
			p->worker_end(w->plugin->instance, w, w->state);
			leave(w, &fr);
		}
		if (!w->broken)
			check_state(w, w->state, p->worker_size, "worker");
		sk_detect_blocks_free(w);
		free(w->counters);
		if (w->state)
			free((uint8_t *)w->state - GUARD_FRONT);
	}
	free(d->workers);
	for (unsigned k = 0; k < SK_KIND_MAX; k++) {
		while (d->spare[k]) {
			struct unit *u = d->spare[k];

			d->spare[k] = u->next;
			sk_mem_free(u);
		}
	}
}
