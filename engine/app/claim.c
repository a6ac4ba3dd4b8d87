/* app/claim.c — flows nobody has claimed yet: asks the bindings at the first bytes of both directions, publishes the rest as
 * stream.data.
 *
 * in       runs and datagrams of flows without a binding
 * memory   at most SK_APP_FIRST_MAX bytes per direction wait for a verdict
 * limits   a direction is asked once, and for upgrades at the start of SK_APP_LATE_RUNS later runs to the server; where it was
 *          picked up in the middle (no handshake, a hole) at the start of SK_APP_RESYNC_RUNS runs. Bytes told as stream.data do not come back when the other direction shows the protocol:
 *          the binding gets a gap in their place
 */
#include "app/state.h"

/* Attempts at the start of later runs to the server: none where nobody would be glad of what they find. */
static uint16_t late_runs(const struct sk_app *a)
{
	for (size_t i = 0; sk_app_bindings[i]; i++)
		if (sk_app_bindings[i]->guess_late && a->wanted->kinds & sk_app_bindings[i]->kinds)
			return SK_APP_LATE_RUNS;
	return 0;
}

void sk_app_claim_start(const struct sk_app *a, struct sk_app_flow *af, const struct sk_flow_info *info)
{
	af->phase = SK_APP_GUESSING;
	for (int i = 0; i < 2; i++) {
		struct sk_app_dir *d = &af->dir[i];

		d->tries = info->proto == 17 ? SK_APP_DATAGRAMS : info->midstream ? SK_APP_RESYNC_RUNS : 1;
		d->first_n = 0;
		d->resynced = info->midstream;
		d->late = d->told = d->lost = d->opened = false;
		d->unit = NULL;
	}
	if (info->proto == 6 && !info->midstream)
		af->dir[SK_TO_SERVER].tries = (uint16_t)(1 + late_runs(a));
}

/* --- stream.data --- */

static void publish_piece(struct sk_app *a, struct sk_flow *f, int dir, struct sk_span bytes, uint64_t off, bool last, void **unit)
{
	struct sk_app_flow *af = f->app;
	struct sk_value v[SK_F_STREAM_DATA_CNT] = {
		[SK_F_STREAM_DATA_BYTES] = { .type = SK_VALUE_STREAM, .u.bytes = bytes },
		[SK_F_STREAM_DATA_OFFSET] = { .type = SK_VALUE_INT, .u.num = off },
		[SK_F_STREAM_DATA_LAST] = { .type = SK_VALUE_BOOL, .u.num = last },
		[SK_F_STREAM_DATA_TRUNCATED] = { .type = SK_VALUE_BOOL, .u.num = af->dir[dir].lost },
	};
	struct sk_event e = { .kind = SK_KIND_STREAM_DATA, .value_cnt = SK_F_STREAM_DATA_CNT, .values = v, .unit = unit };

	af->dir[dir].lost = false;
	sk_app_publish(a, f, dir, off, &e);
}

static void tell_piece(struct sk_app *a, struct sk_flow *f, int dir, struct sk_span bytes, uint64_t off, bool last, void **unit)
{
	if (a->pass && a->pass(a->cx, SK_KIND_STREAM_DATA, dir, &(struct sk_app_piece){ bytes, off, a->packet, last }, unit)) {
		((struct sk_app_flow *)f->app)->dir[dir].lost = false;
		a->counters.events++;
	} else {
		publish_piece(a, f, dir, bytes, off, last, unit);
	}
}

static void tell(struct sk_app *a, struct sk_flow *f, int dir, struct sk_span bytes, uint64_t off, bool last)
{
	struct sk_app_flow *af = f->app;
	struct sk_app_dir *d = &af->dir[dir];

	if (bytes.n)
		d->told = true;
	if (!sk_wanted_kind(a->wanted, SK_KIND_STREAM_DATA) || (bytes.n == 0 && !(last && d->opened)))
		return;
	if (!bytes.p)
		bytes = sk_span("", 0);
	if (!d->opened && off > 0) {
		bool lost = d->lost;

		/* a unit is opened by its piece with offset 0 */
		d->lost = false;
		publish_piece(a, f, dir, sk_span("", 0), 0, false, &d->unit);
		d->lost = lost;
	}
	d->opened = true;
	tell_piece(a, f, dir, bytes, off, last, &d->unit);
	if (last) {
		d->opened = false;
		d->unit = NULL;
	}
}

/* --- guessing --- */

static enum sk_app_guess guess(const struct sk_app_binding **found, struct sk_span first, int dir, const struct sk_flow_info *info,
			       bool datagram)
{
	enum sk_app_guess best = SK_APP_NO;

	first = sk_span_sub(first, 0, SK_APP_FIRST_MAX);
	for (size_t i = 0; sk_app_bindings[i]; i++) {
		const struct sk_app_binding *b = sk_app_bindings[i];
		enum sk_app_guess (*ask)(struct sk_span, int, const struct sk_flow_info *) = datagram ? b->guess_datagram : b->guess;
		enum sk_app_guess g = ask ? ask(first, dir, info) : SK_APP_NO;

		if (g == SK_APP_YES) {
			*found = b;
			return SK_APP_YES;
		}
		if (g == SK_APP_MORE && first.n < SK_APP_FIRST_MAX)
			best = SK_APP_MORE;
	}
	return best;
}

static enum sk_app_guess guess_late(const struct sk_app_binding **found, struct sk_span first)
{
	enum sk_app_guess best = SK_APP_NO;

	for (size_t i = 0; sk_app_bindings[i]; i++) {
		enum sk_app_guess g = sk_app_bindings[i]->guess_late ? sk_app_bindings[i]->guess_late(first) : SK_APP_NO;

		*found = sk_app_bindings[i];
		if (g == SK_APP_YES)
			return g;
		if (g == SK_APP_MORE)
			best = g;
	}
	return best;
}

static bool may_swap(const struct sk_app *a, const struct sk_flow *f)
{
	return a->swap && f->info.dir_guessed && f->info.client_port != f->info.server_port;
}

static void swap(struct sk_app *a, struct sk_flow *f)
{
	struct sk_app_flow *af = f->app;
	struct sk_app_dir d;

	a->counters.swapped++;
	a->swap(a->cx, f);
	a->run_dir = !a->run_dir;
	if (!af)
		return;
	d = af->dir[0];
	af->dir[0] = af->dir[1];
	af->dir[1] = d;
	if (af->view)
		sk_app_view_end(a, f);
}

/* Asks everybody, also whether the flow is the wrong way round. */
static enum sk_app_guess ask(struct sk_app *a, struct sk_flow *f, int *dir, struct sk_span first, bool datagram,
			     const struct sk_app_binding **found)
{
	enum sk_app_guess g, other;

	if (!datagram && ((struct sk_app_flow *)f->app)->dir[*dir].late)
		return guess_late(found, first);
	g = guess(found, first, *dir, &f->info, datagram);
	if (g == SK_APP_YES || !may_swap(a, f))
		return g;
	other = guess(found, first, !*dir, &f->info, datagram);
	if (other == SK_APP_YES) {
		swap(a, f);
		*dir = !*dir;
		return SK_APP_YES;
	}
	return other == SK_APP_MORE ? SK_APP_MORE : g;
}

/* --- TCP --- */

/* Gives what the other direction holds, or a gap for what of it is gone. */
static void give_other(struct sk_app *a, struct sk_flow *f, int dir)
{
	struct sk_app_flow *af = f->app;
	struct sk_app_dir *d = &af->dir[dir];
	struct sk_run run = { .time_ns = a->time_ns, .packet = a->packet };

	if (d->told) {
		run.lost = d->end_off - d->first_n;
		if (d->first_n)
			run.lost = d->first_off;
		sk_app_give(a, f, dir, &run);
	}
	if (d->first_n && af->phase == SK_APP_BOUND) {
		run.lost = 0;
		run.off = d->first_off;
		run.data = sk_span(d->first, d->first_n);
		d->first_n = 0;
		sk_app_give(a, f, dir, &run);
	}
	if (d->fin && af->phase == SK_APP_BOUND) {
		run = (struct sk_run){ .data = sk_span("", 0), .off = d->end_off, .time_ns = a->time_ns, .packet = a->packet, .fin = true,
					.closed = d->closed };
		sk_app_give(a, f, dir, &run);
	}
}

void sk_app_claim_other(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_run *run)
{
	struct sk_app_flow *af = f->app;
	struct sk_app_other *o = af->other;
	bool goes_on;

	if (!o)
		o = af->other = sk_arena_zalloc(&f->arena, sizeof(*o));
	if (!o) {
		a->counters.memory++;
		return;
	}
	goes_on = o->bytes.n && o->dir == dir && o->reading == run->reading && run->reading == SK_RUN_REPLACED && run->off == o->off + o->bytes.n;
	if (o->bytes.n && !goes_on)
		return;
	if (o->bytes.n == 0) {
		o->off = run->off;
		o->dir = (uint8_t)dir;
		o->reading = run->reading;
	}
	o->bytes.cap = SK_APP_OTHER_MAX;
	(void)sk_buf_add(&o->bytes, run->data);
}

static void give_reading(struct sk_app *a, struct sk_flow *f)
{
	struct sk_app_flow *af = f->app;
	struct sk_app_other *o = af->other;
	struct sk_run run;

	if (SK_LIKELY(!o || o->bytes.n == 0))
		return;
	run = (struct sk_run){ .data = sk_buf_span(&o->bytes), .off = o->off, .reading = o->reading };
	if (af->phase == SK_APP_BOUND && af->binding->other && run.reading == SK_RUN_REPLACED)
		af->binding->other(a, f, af->state, o->dir, &run);
	sk_buf_fini(&o->bytes);
}

/* The flow is b's. held: bytes of run that are in d->first too (at its end). */
static void claim(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_app_binding *b, const struct sk_run *run, size_t held)
{
	struct sk_app_flow *af = f->app;
	struct sk_app_dir *d = &af->dir[dir];
	struct sk_run r = *run;

	for (int i = 0; i < 2; i++)
		if (af->dir[i].opened)
			tell(a, f, i, sk_span(NULL, 0), af->dir[i].end_off - (i == dir ? run->data.n : 0) - af->dir[i].first_n + (i == dir ? held : 0),
			     true);
	if (!sk_app_bind(a, f, b, NULL))
		return;
	give_reading(a, f);
	give_other(a, f, !dir);
	if (d->first_n && af->phase == SK_APP_BOUND) {
		r.off = d->first_off;
		r.data = sk_span(d->first, d->first_n);
		r.fin = run->fin && held == run->data.n;
		r.closed = run->closed && r.fin;
		d->first_n = 0;
		sk_app_give(a, f, dir, &r);
		if (held == run->data.n)
			return;
		r = *run;
		r.data = sk_span_sub(run->data, held, run->data.n);
		r.off += held;
	}
	if (af->phase == SK_APP_BOUND)
		sk_app_give(a, f, dir, &r);
}

/* Nobody knows the direction's bytes so far: they are told. Bytes of the run at hand that are held: held. */
static void release(struct sk_app *a, struct sk_flow *f, int dir)
{
	struct sk_app_flow *af = f->app;
	struct sk_app_dir *d = &af->dir[dir];
	uint16_t n = d->first_n;

	d->first_n = 0;
	if (n)
		tell(a, f, dir, sk_span(d->first, n), d->first_off, false);
}

/* The direction's attempt is over. */
static void refuse(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_run *run, size_t held)
{
	struct sk_app_flow *af = f->app;
	struct sk_app_dir *d = &af->dir[dir];

	if (d->tries)
		d->tries--;
	d->late = !d->resynced;
	release(a, f, dir);
	tell(a, f, dir, sk_span_sub(run->data, held, run->data.n), run->off + held, run->fin);
}

/* Once nobody will claim the flow and nobody wants its bytes, it is only counted. */
static void conclude(struct sk_app *a, struct sk_flow *f, int dir)
{
	struct sk_app_flow *af = f->app;
	struct sk_app_dir *d = &af->dir[dir], *o = &af->dir[!dir];

	/* upgrades come early */
	if (d->end_off > SK_APP_ONE_SIDED_MAX && af->dir[SK_TO_SERVER].late)
		af->dir[SK_TO_SERVER].tries = 0;
	if (d->tries == 0 && o->tries && o->end_off == 0 && d->end_off > SK_APP_ONE_SIDED_MAX)
		af->dir[!dir].tries = 0;
	if (d->tries || o->tries)
		return;
	af->phase = SK_APP_UNCLAIMED;
	if (!sk_wanted_kind(a->wanted, SK_KIND_STREAM_DATA))
		sk_app_stop(f);
}

static void gap(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_run *run)
{
	struct sk_app_flow *af = f->app;
	struct sk_app_dir *d = &af->dir[dir];

	release(a, f, dir);
	d->lost = d->told = true;
	if (!d->resynced) {
		d->resynced = true;
		d->late = false;
		d->tries = SK_APP_RESYNC_RUNS;
		af->phase = SK_APP_GUESSING;
	}
	if (run->fin)
		tell(a, f, dir, sk_span(NULL, 0), d->end_off, true);
}

/* Keeps bytes of the run until more have come. Bytes kept; 0 when memory is short. */
static size_t hold(struct sk_flow *f, struct sk_app_dir *d, const struct sk_run *run)
{
	size_t n = SK_MIN(run->data.n, (size_t)(SK_APP_FIRST_MAX - d->first_n));

	if (!d->first)
		d->first = sk_arena_alloc(&f->arena, SK_APP_FIRST_MAX);
	if (!d->first)
		return 0;
	if (d->first_n == 0)
		d->first_off = run->off;
	memcpy(d->first + d->first_n, run->data.p, n);
	d->first_n = (uint16_t)(d->first_n + n);
	return n;
}

/* Bytes of earlier runs that waited for a verdict are nobody's: they are told, and the run at hand is looked at for itself. */
static enum sk_app_guess ask_anew(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_run *run, size_t *held,
				  const struct sk_app_binding **found)
{
	struct sk_app_dir *d = &((struct sk_app_flow *)f->app)->dir[dir];

	if (dir != SK_TO_SERVER || d->resynced || d->late || d->tries < 2 || d->first_n <= *held)
		return SK_APP_NO;
	d->first_n = (uint16_t)(d->first_n - *held);
	*held = 0;
	d->tries--;
	d->late = true;
	release(a, f, dir);
	return guess_late(found, run->data);
}

void sk_app_claim_run(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_run *run)
{
	struct sk_app_flow *af = f->app;
	struct sk_app_dir *d = &af->dir[dir];
	const struct sk_app_binding *found = NULL;
	enum sk_app_guess g = SK_APP_NO;
	size_t held = 0;

	if (!run->data.p) {
		gap(a, f, dir, run);
		return;
	}
	if (d->tries && run->data.n) {
		if (d->first_n)
			held = hold(f, d, run);
		g = ask(a, f, &dir, d->first_n ? sk_span(d->first, d->first_n) : run->data, false, &found);
		d = &af->dir[dir];
		if (g == SK_APP_NO)
			g = ask_anew(a, f, dir, run, &held, &found);
	} else if (d->tries && d->first_n) {
		g = SK_APP_MORE;
	}
	if (g == SK_APP_YES) {
		claim(a, f, dir, found, run, held);
		return;
	}
	if (g == SK_APP_MORE && !run->fin && run->data.n && d->first_n == 0)
		held = hold(f, d, run);
	if (g == SK_APP_MORE && !run->fin && held == run->data.n)
		return;
	refuse(a, f, dir, run, held);
	conclude(a, f, dir);
}

void sk_app_claim_end(struct sk_app *a, struct sk_flow *f)
{
	struct sk_app_flow *af = f->app;

	if (af->phase == SK_APP_DONE)
		return;
	for (int dir = 0; dir < 2; dir++) {
		release(a, f, dir);
		tell(a, f, dir, sk_span(NULL, 0), af->dir[dir].end_off, true);
	}
}

/* --- datagrams --- */

static void claim_datagrams(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_packet *p, const struct sk_app_binding *b)
{
	if (b->datagrams_alone && !f->app) {
		if (sk_app_bind_alone(a, f, b))
			sk_app_give_alone(a, f, dir, p);
	} else if (sk_app_flow_state(a, f) && sk_app_bind(a, f, b, NULL)) {
		sk_app_give_datagram(a, f, dir, p);
	}
}

void sk_app_claim_datagram(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_packet *p)
{
	struct sk_app_flow *af = f->app;
	const struct sk_app_binding *found = NULL;
	void *unit = NULL;

	if (p->proto == 17 && (!af || af->dir[dir].tries) && p->payload.n && ask(a, f, &dir, p->payload, true, &found) == SK_APP_YES) {
		claim_datagrams(a, f, dir, p, found);
		return;
	}
	af = sk_app_flow_state(a, f);
	if (!af)
		return;
	if (af->dir[dir].tries)
		af->dir[dir].tries--;
	if (sk_wanted_kind(a->wanted, SK_KIND_STREAM_DATA)) {
		if (p->payload.n) {
			af->dir[dir].lost = p->flags & SK_PACKET_CUT;
			tell_piece(a, f, dir, p->payload, 0, true, &unit);
		}
	} else if (p->proto != 17 || (af->dir[0].tries == 0 && af->dir[1].tries == 0) || f->info.packets[dir] > 8 * SK_APP_DATAGRAMS) {
		sk_app_stop(f);
	}
}
