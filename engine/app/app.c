/* app/app.c — see app.h and binding.h.
 *
 * A flow is GUESSING until a binding claims it (claim.c), then BOUND: its bytes go to the binding's run. A binding never
 * changes the flow's protocol under its own feet: sk_app_switch and sk_app_done only note what is to happen, and settle()
 * does it when the binding has returned.
 */
#include "app/app.h"

#include <stdlib.h>

#include "app/list.h"
#include "app/state.h"
#include "base/mem.h"
#include "proto/coding.h"

SK_COUNTER_TABLE(app, SK_APP_COUNTERS)

#define SCRATCH_CHUNK (64u * 1024)
#define SCRATCH_MAX (8u * 1024 * 1024)

const struct sk_app_conf sk_app_conf_default = {
	.header_max = 256 * 1024,
	.inflate_ratio_max = 1000,
	.inflate_max = UINT64_C(1) << 30,
	.inflate_layers_max = 4,
	.ranges_max = 32 << 20,
	.handshake_max = 256 * 1024,
};

struct sk_app *sk_app_new(const struct sk_app_conf *conf, const struct sk_wanted *wanted, sk_app_publish_fn *publish, void *cx)
{
	struct sk_app *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->conf = conf ? *conf : sk_app_conf_default;
	a->wanted = wanted;
	a->publish = publish;
	a->cx = cx;
	sk_arena_init(&a->scratch, SCRATCH_CHUNK, SCRATCH_MAX);
	a->work.cap = SCRATCH_MAX;
	a->digester = sk_digester_new();
	a->codings = sk_coding_pool_new();
	if (!a->digester) {
		sk_app_free(a);
		return NULL;
	}
	for (size_t i = 0; sk_app_bindings[i]; i++) {
		SK_ASSERT(i < SK_APP_BINDINGS_MAX);
		a->binding_counters[i] = calloc(sk_app_bindings[i]->counter_table->cnt, sizeof(uint64_t));
		if (sk_app_bindings[i]->worker_size)
			a->binding_worker[i] = calloc(1, sk_app_bindings[i]->worker_size);
		if (!a->binding_counters[i] || (sk_app_bindings[i]->worker_size && !a->binding_worker[i])) {
			sk_app_free(a);
			return NULL;
		}
	}
	return a;
}

void sk_app_free(struct sk_app *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < SK_APP_BINDINGS_MAX; i++) {
		if (a->binding_worker[i] && sk_app_bindings[i]->worker_end)
			sk_app_bindings[i]->worker_end(a->binding_worker[i]);
		free(a->binding_worker[i]);
		free(a->binding_counters[i]);
	}
	sk_arena_fini(&a->scratch);
	sk_buf_fini(&a->work);
	sk_digester_free(a->digester);
	sk_coding_pool_free(a->codings);
	free(a);
}

void sk_app_on_swap(struct sk_app *a, sk_app_swap_fn *swap)
{
	a->swap = swap;
}

void sk_app_on_ask(struct sk_app *a, sk_app_ask_fn *ask, sk_app_ask_name_fn *ask_name)
{
	a->ask = ask;
	a->ask_name = ask_name;
}

void sk_app_on_pass(struct sk_app *a, sk_app_pass_fn *pass)
{
	a->pass = pass;
}

size_t sk_app_counters(const struct sk_app *a, struct sk_app_counter_set *sets, size_t max)
{
	size_t n = 0;

	if (n < max)
		sets[n++] = (struct sk_app_counter_set){ &sk_app_counter_table, &a->counters };
	for (size_t i = 0; sk_app_bindings[i] && n < max; i++)
		sets[n++] = (struct sk_app_counter_set){ sk_app_bindings[i]->counter_table, a->binding_counters[i] };
	return n;
}

const struct sk_wanted *sk_app_wanted(const struct sk_app *a)
{
	return a->wanted;
}

const struct sk_app_conf *sk_app_conf_of(const struct sk_app *a)
{
	return &a->conf;
}

struct sk_arena *sk_app_scratch(struct sk_app *a)
{
	return &a->scratch;
}

static size_t place_of(const struct sk_app_binding *b)
{
	size_t i = 0;

	while (sk_app_bindings[i] != b) {
		SK_ASSERT(sk_app_bindings[i]);
		i++;
	}
	return i;
}

void *sk_app_binding_counters(struct sk_app *a, const struct sk_app_binding *b)
{
	return a->binding_counters[place_of(b)];
}

void *sk_app_binding_worker(struct sk_app *a, const struct sk_app_binding *b)
{
	return a->binding_worker[place_of(b)];
}

struct sk_digester *sk_app_digester(struct sk_app *a)
{
	return a->digester;
}

struct sk_coding_pool *sk_app_codings(struct sk_app *a)
{
	return a->codings;
}

struct sk_buf *sk_app_work(struct sk_app *a)
{
	return &a->work;
}

/* --- which packets carry an event --- */

static void note_segment(struct sk_flow *f, struct sk_app_segments *s, uint64_t off, uint64_t packet)
{
	struct sk_app_segment *more;

	if (s->n && s->at[(s->next + s->room - 1u) % s->room].packet == packet)
		return;
	if (s->n == s->room && s->room < SK_APP_SEGMENTS_MAX) {
		uint16_t room = s->room == 0 ? SK_APP_SEGMENTS_FIRST : s->room == SK_APP_SEGMENTS_FIRST ? SK_APP_SEGMENTS_MORE : SK_APP_SEGMENTS_MAX;

		more = sk_arena_alloc(&f->arena, room * sizeof(*more));
		if (more) {
			/* next is 0 here: the ring was filled from its start and never went round */
			if (s->n)
				memcpy(more, s->at, s->n * sizeof(*more));
			s->at = more;
			s->room = room;
			s->next = s->n;
		}
	}
	if (s->room == 0)
		return;
	s->at[s->next] = (struct sk_app_segment){ off, packet };
	s->next = (uint16_t)((s->next + 1u) % s->room);
	if (s->n < s->room)
		s->n++;
}

void sk_app_pin(struct sk_flow *f, int dir, uint64_t off)
{
	struct sk_app_flow *af = f->app;
	struct sk_app_segments *s;

	if (!af)
		return;
	s = &af->dir[dir].segments;
	for (uint16_t i = 1; i <= s->n; i++) {
		const struct sk_app_segment *g = &s->at[(s->next + s->room - i) % s->room];

		if (g->off <= off) {
			s->pin = (struct sk_app_segment){ off, g->packet };
			s->has_pin = true;
			return;
		}
	}
}

static size_t add_packet(uint64_t *list, size_t n, uint64_t packet)
{
	size_t i = n;

	while (i > 0 && list[i - 1] > packet)
		i--;
	if (i > 0 && list[i - 1] == packet)
		return n;
	memmove(&list[i + 1], &list[i], (n - i) * sizeof(*list));
	list[i] = packet;
	return n + 1;
}

/* Numbers of the packets from first_off to what is at hand, ascending, distinct; first and last stay when there are too many. */
static size_t list_packets(struct sk_app *a, const struct sk_app_segments *s, uint64_t first_off)
{
	const struct sk_app_segment *newest = a->by_segments && s->n ? &s->at[(s->next + s->room - 1u) % s->room] : NULL;
	uint64_t *list = a->packets;
	size_t n = 1;

	list[0] = a->packet;
	if (!a->by_segments)
		return n;
	/* all of it came in the newest packet */
	if (SK_LIKELY(newest && newest->off <= first_off && newest->packet == a->packet && !(s->has_pin && s->pin.off == first_off)))
		return n;
	for (uint16_t i = 1; i <= s->n; i++) {
		const struct sk_app_segment *g = &s->at[(s->next + s->room - i) % s->room];

		n = add_packet(list, n, g->packet);
		if (g->off <= first_off)
			break;
	}
	if (s->has_pin && s->pin.off == first_off)
		n = add_packet(list, n, s->pin.packet);
	if (n > SK_APP_PACKETS_MAX) {
		memmove(&list[SK_APP_PACKETS_MAX / 2], &list[n - SK_APP_PACKETS_MAX / 2], SK_APP_PACKETS_MAX / 2 * sizeof(*list));
		n = SK_APP_PACKETS_MAX;
	}
	return n;
}

/* --- publishing --- */

void sk_app_stamp(struct sk_app *a, struct sk_flow *f, int dir, uint64_t first_off, struct sk_event *e)
{
	static const struct sk_app_segments no_segments;
	const struct sk_app_flow *af = f->app;
	const struct sk_app_segments *s = af ? &af->dir[dir].segments : &no_segments;

	/* at the flow's end: the newest packet of the direction, where it had any */
	if (a->by_segments && !a->run && s->n)
		a->packet = s->at[(s->next + s->room - 1u) % s->room].packet;
	e->size = sizeof(*e);
	e->dir = (uint8_t)dir;
	e->time_ns = a->time_ns;
	e->packet = a->packet;
	e->packet_cnt = (uint32_t)list_packets(a, s, first_off);
	e->packets = a->packets;
	e->flow = &f->info;
}

void sk_app_publish(struct sk_app *a, struct sk_flow *f, int dir, uint64_t first_off, struct sk_event *e)
{
	if (!sk_wanted_kind(a->wanted, e->kind))
		return;
	sk_app_stamp(a, f, dir, first_off, e);
	a->counters.events++;
	a->publish(a->cx, f, e);
}

void sk_app_publish_late(struct sk_app *a, struct sk_flow *f, int dir, uint64_t first_off, struct sk_event *e, sk_app_fill_fn *fill, void *cx)
{
	a->fill = fill;
	a->fill_cx = cx;
	sk_app_publish(a, f, dir, first_off, e);
	a->fill = NULL;
}

void sk_app_complete(struct sk_app *a)
{
	sk_app_fill_fn *fill = a->fill;

	a->fill = NULL;
	if (fill)
		fill(a->fill_cx);
}

static struct sk_value text(const char *s)
{
	return (struct sk_value){ .type = SK_VALUE_TEXT, .u.bytes = sk_span_str(s) };
}

static struct sk_value num(uint64_t n)
{
	return (struct sk_value){ .type = SK_VALUE_INT, .u.num = n };
}

void sk_app_publish_oddity(struct sk_app *a, struct sk_flow *f, int dir, unsigned kind, const char *name,
			   struct sk_span bytes, struct sk_span other, uint64_t off, const struct sk_event *parent)
{
	struct sk_value v[SK_F_ODDITY_CNT];
	struct sk_event e = { .kind = (uint16_t)kind, .value_cnt = SK_F_ODDITY_CNT, .values = v, .parent = parent };

	if (!sk_wanted_kind(a->wanted, kind) || (a->ask_name && !a->ask_name(a->cx, kind, name)))
		return;
	sk_set_span(&v[SK_F_ODDITY_NAME], SK_VALUE_TEXT, sk_span_str(name));
	sk_set_span(&v[SK_F_ODDITY_BYTES], SK_VALUE_BYTES, bytes);
	sk_set_span(&v[SK_F_ODDITY_OTHER], SK_VALUE_BYTES, other);
	sk_set_num(&v[SK_F_ODDITY_OFFSET], off);
	sk_app_publish(a, f, dir, off, &e);
}

/* Sets what is at hand. p NULL: nothing is, the flow's newest packet is named. */
static void at_hand(struct sk_app *a, const struct sk_flow *f, const struct sk_packet *p)
{
	sk_arena_reset(&a->scratch);
	a->run = NULL;
	a->by_segments = false;
	if (p) {
		a->time_ns = p->time_ns;
		a->packet = p->number;
	} else {
		a->time_ns = f->info.last_ns;
		a->packet = f->number;
	}
}

void sk_app_oddity(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_packet *p, unsigned kind, const char *name,
		   struct sk_span bytes, struct sk_span other, uint64_t offset)
{
	if (!sk_wanted_kind(a->wanted, kind))
		return;
	at_hand(a, f, p);
	sk_app_publish_oddity(a, f, dir, kind, name, bytes, other, offset, NULL);
}

/* --- flows --- */

/* Whether anything could come of the flow's bytes. */
static bool is_wanted(const struct sk_app *a)
{
	if (sk_wanted_kind(a->wanted, SK_KIND_STREAM_DATA) || a->wanted->common >> SK_F_COMMON_APP_PROTO & 1)
		return true;
	for (size_t i = 0; sk_app_bindings[i]; i++)
		if (!sk_app_bindings[i]->kinds || (sk_app_bindings[i]->kinds & a->wanted->kinds))
			return true;
	return false;
}

/* Starts and ends of flows are most of the events of small flows, and nearly all are of addresses nobody looks for. */
static bool is_asked(const struct sk_app *a, const struct sk_flow *f, unsigned kind)
{
	return sk_wanted_kind(a->wanted, kind) && (!a->ask || a->ask(a->cx, f, kind));
}

static void publish_start(struct sk_app *a, struct sk_flow *f, const struct sk_packet *p)
{
	struct sk_value v[SK_F_FLOW_START_CNT];
	struct sk_event e = { .kind = SK_KIND_FLOW_START, .value_cnt = SK_F_FLOW_START_CNT, .values = v };
	int dir;

	if (!is_asked(a, f, SK_KIND_FLOW_START))
		return;
	dir = sk_addr_is(&p->src, &f->info.client_ip) && p->src_port == f->info.client_port ? SK_TO_SERVER : SK_TO_CLIENT;
	v[SK_F_FLOW_START_STATE] = text(f->info.proto != 6 ? "datagram" : f->info.midstream ? "midstream" : "syn");
	sk_app_publish(a, f, dir, 0, &e);
}

void sk_app_flow_start(struct sk_app *a, struct sk_flow *f, const struct sk_packet *p)
{
	f->app = NULL;
	at_hand(a, f, p);
	if (SK_LIKELY(!f->apart)) {
		a->counters.flows++;
		publish_start(a, f, p);
	}
	if (!is_wanted(a))
		f->done = 1;
}

struct sk_app_flow *sk_app_flow_state(struct sk_app *a, struct sk_flow *f)
{
	struct sk_app_flow *af = f->app;

	if (SK_LIKELY(af))
		return af;
	af = sk_arena_zalloc(&f->arena, sizeof(*af));
	if (!af) {
		a->counters.memory++;
		f->done = 1;
		return NULL;
	}
	f->app = af;
	sk_app_claim_start(a, af, &f->info);
	return af;
}

/* In percent, rounded down. */
static struct sk_value share(uint64_t mine, uint64_t other)
{
	const double all = (double)mine + (double)other;

	return all > 0 ? num((uint64_t)((double)mine * 100 / all)) : (struct sk_value){ .type = SK_VALUE_NONE };
}

static void publish_end(struct sk_app *a, struct sk_flow *f, enum sk_flow_reason why)
{
	const struct sk_flow_info *i = &f->info;
	struct sk_value v[SK_F_FLOW_END_CNT];
	struct sk_event e = { .kind = SK_KIND_FLOW_END, .value_cnt = SK_F_FLOW_END_CNT, .values = v };

	if (!is_asked(a, f, SK_KIND_FLOW_END))
		return;
	v[SK_F_FLOW_END_PACKETS_TO_SERVER] = num(i->packets[SK_TO_SERVER]);
	v[SK_F_FLOW_END_PACKETS_TO_CLIENT] = num(i->packets[SK_TO_CLIENT]);
	v[SK_F_FLOW_END_BYTES_TO_SERVER] = num(i->bytes[SK_TO_SERVER]);
	v[SK_F_FLOW_END_BYTES_TO_CLIENT] = num(i->bytes[SK_TO_CLIENT]);
	v[SK_F_FLOW_END_DURATION] = num(i->last_ns > i->start_ns ? (i->last_ns - i->start_ns) / 1000000u : 0);
	v[SK_F_FLOW_END_STATE] = text(sk_flow_state_names[f->state]);
	v[SK_F_FLOW_END_REASON] = text(sk_flow_reason_names[why]);
	v[SK_F_FLOW_END_UPLOAD] = share(i->bytes[SK_TO_SERVER], i->bytes[SK_TO_CLIENT]);
	sk_app_publish(a, f, SK_TO_SERVER, 0, &e);
}

static void end_binding(struct sk_app *a, struct sk_flow *f)
{
	struct sk_app_flow *af = f->app;

	if (af->binding && af->binding->end)
		af->binding->end(a, f, af->state);
	af->binding = NULL;
	af->state = NULL;
}

void sk_app_flow_end(struct sk_app *a, struct sk_flow *f, enum sk_flow_reason why)
{
	struct sk_app_flow *af = f->app;

	at_hand(a, f, NULL);
	if (af) {
		a->by_segments = true;
		if (af->view)
			sk_app_view_end(a, f);
		if (af->binding)
			end_binding(a, f);
		else
			sk_app_claim_end(a, f);
		af->phase = SK_APP_DONE;
		a->by_segments = false;
		if (SK_UNLIKELY(af->other))
			sk_buf_fini(&af->other->bytes);
	}
	if (!f->alone && !f->apart && (!af || !af->claimed_once))
		a->counters.unclaimed++;
	if (SK_UNLIKELY(f->arena.refused)) {
		a->counters.flow_memory++;
		sk_app_publish_oddity(a, f, SK_TO_SERVER, SK_KIND_STREAM_ODDITY, "flow_memory", sk_span(NULL, 0), sk_span(NULL, 0), 0, NULL);
	}
	if (SK_LIKELY(!f->apart))
		publish_end(a, f, why);
	f->app = NULL;
}

/* --- bindings --- */

void sk_app_stop(struct sk_flow *f)
{
	struct sk_app_flow *af = f->app;

	af->phase = SK_APP_DONE;
	f->done = 1;
}

bool sk_app_bind(struct sk_app *a, struct sk_flow *f, const struct sk_app_binding *b, const void *setup)
{
	struct sk_app_flow *af = f->app;

	f->info.app_proto = b->name;
	if (!af->claimed_once)
		a->counters.claimed++;
	af->claimed_once = true;
	if (b->kinds && !(b->kinds & a->wanted->kinds)) {
		sk_app_stop(f);
		return false;
	}
	if (b->state_size) {
		af->state = sk_arena_zalloc(&f->arena, b->state_size);
		if (!af->state) {
			a->counters.memory++;
			sk_app_stop(f);
			return false;
		}
	}
	af->binding = b;
	af->phase = SK_APP_BOUND;
	if (b->begin)
		b->begin(a, f, af->state, setup);
	return true;
}

bool sk_app_bind_alone(struct sk_app *a, struct sk_flow *f, const struct sk_app_binding *b)
{
	f->info.app_proto = b->name;
	f->alone = (uint8_t)(place_of(b) + 1);
	a->counters.claimed++;
	f->done = b->kinds && !(b->kinds & a->wanted->kinds);
	return !f->done;
}

void sk_app_give_alone(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_packet *p)
{
	sk_app_bindings[f->alone - 1]->datagram(a, f, NULL, dir, p);
}

void sk_app_switch(struct sk_app *a, struct sk_flow *f, const struct sk_app_binding *to, const void *setup, const struct sk_run rest[2])
{
	struct sk_app_flow *af = f->app;
	struct sk_app_change *c;

	if (!af->change)
		af->change = sk_arena_zalloc(&f->arena, sizeof(*af->change));
	c = af->change;
	if (!c) {
		a->counters.memory++;
		af->finished = true;
		return;
	}
	af->switching = true;
	c->to = to;
	c->setup = setup;
	for (int dir = 0; dir < 2; dir++) {
		struct sk_span s = rest[dir].data;
		bool here = a->run && dir == a->run_dir;

		if (s.n && !(a->run && a->run->data.p && s.p >= a->run->data.p && s.p + s.n <= a->run->data.p + a->run->data.n)) {
			/* not into event memory: that is the next binding's to reset */
			c->copy[dir] = sk_mem_alloc(s.n);
			if (c->copy[dir])
				memcpy(c->copy[dir], s.p, s.n);
			else
				a->counters.memory++;
			s.p = c->copy[dir];
		}
		c->rest[dir] = (struct sk_run){ .data = s.p ? s : sk_span(NULL, 0), .off = rest[dir].off, .time_ns = a->time_ns,
						.packet = a->packet, .fin = here ? a->run->fin : af->dir[dir].fin,
						.closed = here ? a->run->closed : af->dir[dir].closed };
	}
}

void sk_app_done(struct sk_app *a, struct sk_flow *f)
{
	struct sk_app_flow *af = f->app;

	af->finished = true;
}

static void dispatch(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_run *run);

/* From one protocol to another. The rests are dispatched from here, so a switch inside a rest nests; SK_APP_SWITCHES_MAX
 * bounds that. */
static void change(struct sk_app *a, struct sk_flow *f, struct sk_app_change *to)
{
	struct sk_app_flow *af = f->app;
	struct sk_run *rest = to->rest;

	end_binding(a, f);
	if (++af->switches > SK_APP_SWITCHES_MAX) {
		a->counters.switch_limit++;
		sk_app_publish_oddity(a, f, a->run_dir, SK_KIND_STREAM_ODDITY, "protocol_changes", sk_span(NULL, 0), sk_span(NULL, 0),
				      af->dir[a->run_dir].end_off, NULL);
		sk_app_stop(f);
		return;
	}
	a->counters.switched++;
	if (to->to) {
		if (!sk_app_bind(a, f, to->to, to->setup))
			return;
	} else {
		sk_app_claim_start(a, af, &f->info);
	}
	/* the side whose run is not at hand spoke before */
	for (int i = 0; i < 2; i++) {
		int dir = i == 0 ? !a->run_dir : a->run_dir;

		if ((rest[dir].data.n || rest[dir].fin) && af->phase != SK_APP_DONE) {
			if (!rest[dir].data.p)
				rest[dir].data = sk_span("", 0);
			dispatch(a, f, dir, &rest[dir]);
		}
	}
}

/* Does what the binding asked for while it ran. */
static void settle(struct sk_app *a, struct sk_flow *f)
{
	struct sk_app_flow *af = f->app;
	struct sk_app_change now = { 0 };

	if (SK_LIKELY(!af->finished && !af->switching))
		return;
	if (af->switching) {
		now = *af->change;
		af->change->copy[0] = af->change->copy[1] = NULL;
	}
	af->switching = false;
	if (af->finished) {
		af->finished = false;
		end_binding(a, f);
		sk_app_stop(f);
	} else {
		change(a, f, &now);
	}
	sk_mem_free(now.copy[0]);
	sk_mem_free(now.copy[1]);
}

void sk_app_give(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_run *run)
{
	struct sk_app_flow *af = f->app;

	if (!run->data.p)
		a->counters.gaps++;
	af->binding->run(a, f, af->state, dir, run);
	settle(a, f);
}

void sk_app_give_datagram(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_packet *p)
{
	struct sk_app_flow *af = f->app;

	if (!af->binding->datagram)
		return;
	af->binding->datagram(a, f, af->state, dir, p);
	settle(a, f);
}

static void dispatch(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_run *run)
{
	struct sk_app_flow *af = f->app;

	if (af->phase == SK_APP_BOUND)
		sk_app_give(a, f, dir, run);
	else if (af->phase != SK_APP_DONE)
		sk_app_claim_run(a, f, dir, run);
}

void sk_app_run(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_run *run)
{
	struct sk_app_flow *af;

	if (f->done || !(af = sk_app_flow_state(a, f)))
		return;
	if (SK_UNLIKELY(run->reading != SK_RUN_STREAM)) {
		sk_arena_reset(&a->scratch);
		a->run = NULL;
		a->by_segments = false;
		a->run_dir = dir;
		a->time_ns = run->time_ns;
		a->packet = run->packet;
		if (af->phase == SK_APP_BOUND && af->binding->other)
			af->binding->other(a, f, af->state, dir, run);
		else if (af->phase == SK_APP_GUESSING)
			sk_app_claim_other(a, f, dir, run);
		sk_app_view_reading(a, f, dir, run);
		return;
	}
	sk_arena_reset(&a->scratch);
	a->run = run;
	a->run_dir = dir;
	a->time_ns = run->time_ns;
	a->packet = run->packet;
	a->by_segments = true;
	if (run->data.n)
		note_segment(f, &af->dir[dir].segments, run->off, run->packet);
	af->dir[dir].end_off = run->off + (run->data.p ? run->data.n : run->lost);
	dispatch(a, f, dir, run);
	if (f->app) {
		af->dir[a->run_dir].fin |= run->fin;
		af->dir[a->run_dir].closed |= run->closed;
	}
	if (SK_UNLIKELY(f->app && af->view))
		sk_app_view_run(a, f, a->run_dir, run);
	a->run = NULL;
}

void sk_app_datagram(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_packet *p)
{
	struct sk_app_flow *af = f->app;

	if (f->done)
		return;
	at_hand(a, f, p);
	a->run_dir = dir;
	if (SK_LIKELY(f->alone))
		sk_app_give_alone(a, f, dir, p);
	else if (!af || (af->phase != SK_APP_BOUND && af->phase != SK_APP_DONE))
		sk_app_claim_datagram(a, f, dir, p);
	else if (af->phase == SK_APP_BOUND)
		sk_app_give_datagram(a, f, dir, p);
}
