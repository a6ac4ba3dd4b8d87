/* pipeline/replay.c — reads capture files and drives the workers.
 *
 * in       files, one after the other
 * out      packets and time marks to one worker on this thread (-j 1), or in batches to a thread per worker, shared out by pair of
 *          hosts so that every flow, fragment and related flow meets the same worker
 * threads  main reads and decodes; workers follow
 *
 * Order. The N-th packet of the run has the order 2N+1, a time mark or an end before it 2N. Time marks come once per second
 * of packet time, to all workers at the same place: so flows end, and alerts come out, the same for every number of workers.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "pipeline/batch.h"
#include "pipeline/engine.h"
#include "pipeline/stop.h"

struct lane {					/* one worker thread, seen by the reader */
	struct sk_ring there, back;
	struct sk_batch *filling;
	struct sk_pipeline_worker *worker;
	struct sk_output *output;
	unsigned index;
	uint64_t told;				/* the newest upto in a batch */
	pthread_t thread;
	bool started;
};

struct replay {
	struct sk_engine *g;
	const struct sk_engine_replay *how;
	struct lane *lanes;			/* NULL: one worker, on this thread */
	const struct sk_packet *burst[SK_CAPTURE_BURST_MAX];	/* … what it is given next */
	int burst_n;
	const char *file;
	uint64_t count;				/* packets so far, over all files */
	uint64_t order;				/* of what is at hand */
	uint64_t upto_sent;			/* count when batches were last pushed out */
	uint64_t now_ns;			/* latest packet time of this file and those it continues */
	uint64_t second;			/* packet time of the last time mark, s */
	bool has_time;
	uint64_t problem_files;
};

/* Waits for the other side: longer every time, so that a side that has nothing to do for long costs little. */
static void nap(unsigned *times)
{
	const struct timespec t = { .tv_nsec = 20000 << SK_MIN(*times, 5u) };

	++*times;
	nanosleep(&t, NULL);
}

/* --- worker threads --- */

static void run_batch(struct lane *l, struct sk_batch *b)
{
	const struct sk_packet *burst[SK_CAPTURE_BURST_MAX];
	int n = 0;

	for (uint32_t i = 0; i < b->cnt; i++) {
		struct sk_batch_item *it = &b->items[i];

		if (n && (it->what != SK_BATCH_PACKET || n == SK_CAPTURE_BURST_MAX || it->file != l->worker->file)) {
			sk_worker_packets(l->worker, burst, n);
			n = 0;
		}
		l->worker->file = it->file;
		switch (it->what) {
		case SK_BATCH_PACKET:
			burst[n++] = &it->packet;
			break;
		case SK_BATCH_ODDITY:
			sk_worker_oddity(l->worker, &it->packet, it->order, it->name, it->bytes, it->other, it->offset);
			break;
		case SK_BATCH_TIME:
			if (l->index == 0)
				sk_output_time(l->output, 0, it->packet.order, it->packet.time_ns);
			sk_worker_time(l->worker, it->packet.order, it->packet.time_ns);
			break;
		case SK_BATCH_END:
			sk_worker_end(l->worker, it->packet.order);
			break;
		}
	}
	if (n)
		sk_worker_packets(l->worker, burst, n);
	if (b->upto)
		sk_output_upto(l->output, l->index, b->upto);
}

static void *worker_thread(void *arg)
{
	struct lane *l = arg;
	bool last = false;
	unsigned waited = 0;

	while (!last) {
		struct sk_batch *b = sk_ring_pop(&l->there);

		if (!b) {
			nap(&waited);
			continue;
		}
		waited = 0;
		run_batch(l, b);
		last = b->upto == UINT64_MAX;
		b->cnt = b->used = 0;
		b->upto = 0;
		sk_ring_push(&l->back, b);
	}
	return NULL;
}

/* Gives the batch to the worker. There are as many places as batches. */
static void lane_push(struct lane *l, uint64_t upto)
{
	l->filling->upto = upto;
	l->told = SK_MAX(l->told, upto);
	sk_ring_push(&l->there, l->filling);
	l->filling = NULL;
}

static bool lane_has_batch(struct lane *l)
{
	if (!l->filling)
		l->filling = sk_ring_pop(&l->back);
	return l->filling;
}

/* Waits until the lane has a batch to fill. Its worker may itself be waiting for the output, and that for the other workers to
 * get this far: they are told meanwhile that all up to upto has been shared out. */
static void lane_wait(struct replay *r, struct lane *l, uint64_t upto)
{
	unsigned waited = 0;

	while (!lane_has_batch(l)) {
		for (unsigned i = 0; i < r->g->worker_cnt; i++) {
			struct lane *o = &r->lanes[i];

			if (o != l && o->told < upto && lane_has_batch(o))
				lane_push(o, upto);
		}
		nap(&waited);
	}
}

/* A free item with room for n bytes. */
static struct sk_batch_item *lane_item(struct replay *r, struct lane *l, size_t n)
{
	if (l->filling && !sk_batch_fits(l->filling, n))
		lane_push(l, 0);
	lane_wait(r, l, r->count ? 2 * r->count - 2 : 0);	/* not yet the packet or mark at hand */
	return &l->filling->items[l->filling->cnt];
}

static struct lane *lane_of(struct replay *r, const struct sk_packet *p)
{
	return &r->lanes[sk_packet_pair_hash(p) % r->g->worker_cnt];
}

static void lane_packet(struct replay *r, const struct sk_packet *p)
{
	struct lane *l = lane_of(r, p);
	struct sk_batch_item *it = lane_item(r, l, p->ip.n);
	size_t payload_off = p->payload.p ? (size_t)(p->payload.p - p->ip.p) : 0;

	it->what = SK_BATCH_PACKET;
	it->file = r->file;
	it->packet = *p;
	it->packet.ip = sk_batch_copy(l->filling, p->ip);
	if (p->payload.p)
		it->packet.payload = sk_span(it->packet.ip.p + payload_off, p->payload.n);
	l->filling->cnt++;
}

static void lanes_mark(struct replay *r, enum sk_batch_what what, uint64_t order, uint64_t now_ns)
{
	for (unsigned i = 0; i < r->g->worker_cnt; i++) {
		struct sk_batch_item *it = lane_item(r, &r->lanes[i], 0);

		it->what = what;
		it->file = r->file;
		it->packet.order = order;
		it->packet.time_ns = now_ns;
		r->lanes[i].filling->cnt++;
	}
}

static void lanes_close(struct replay *r)
{
	/* all of them before the first is waited for: see lane_wait */
	for (unsigned i = 0; r->lanes && i < r->g->worker_cnt; i++) {
		if (!r->lanes[i].started)
			continue;
		lane_wait(r, &r->lanes[i], 2 * r->count);
		lane_push(&r->lanes[i], UINT64_MAX);
	}
	for (unsigned i = 0; r->lanes && i < r->g->worker_cnt; i++) {
		struct lane *l = &r->lanes[i];
		struct sk_batch *b;

		if (l->started)
			pthread_join(l->thread, NULL);
		free(l->filling);
		while (l->there.slots && (b = sk_ring_pop(&l->there)))
			free(b);
		while (l->back.slots && (b = sk_ring_pop(&l->back)))
			free(b);
		sk_ring_fini(&l->there);
		sk_ring_fini(&l->back);
	}
	free(r->lanes);
	r->lanes = NULL;
}

static int lanes_open(struct replay *r, struct sk_error *e)
{
	r->lanes = calloc(r->g->worker_cnt, sizeof(*r->lanes));
	if (!r->lanes)
		return sk_error_set(e, SK_E_MEMORY, "not enough memory");
	for (unsigned i = 0; i < r->g->worker_cnt; i++) {
		struct lane *l = &r->lanes[i];
		int rc;

		l->worker = &r->g->workers[i];
		l->output = r->g->output;
		l->index = i;
		if (sk_ring_init(&l->there, SK_BATCHES) < 0 || sk_ring_init(&l->back, SK_BATCHES) < 0)
			return sk_error_set(e, SK_E_MEMORY, "not enough memory");
		for (int n = 0; n < SK_BATCHES; n++) {
			struct sk_batch *b = malloc(sizeof(*b));

			if (!b)
				return sk_error_set(e, SK_E_MEMORY, "not enough memory");
			b->cnt = b->used = 0;
			b->upto = 0;
			sk_ring_push(&l->back, b);
		}
		rc = pthread_create(&l->thread, NULL, worker_thread, l);
		if (rc)
			return sk_error_set(e, -rc, "cannot start a worker: %s", strerror(rc));
		l->started = true;
	}
	return 0;
}

/* --- the reader --- */

/* Hands the packets that wait to the worker on this thread. */
static void flush_burst(struct replay *r)
{
	if (r->burst_n)
		sk_worker_packets(&r->g->workers[0], r->burst, r->burst_n);
	r->burst_n = 0;
}

static void on_packet_oddity(void *cx, const struct sk_packet *p, const char *name, struct sk_span bytes, struct sk_span other,
			       uint64_t offset)
{
	struct replay *r = cx;
	struct sk_batch_item *it;
	struct lane *l;

	if (!r->lanes) {
		flush_burst(r);
		sk_worker_oddity(&r->g->workers[0], p, r->order, name, bytes, other, offset);
		return;
	}
	l = lane_of(r, p);
	it = lane_item(r, l, p->ip.n + bytes.n + other.n);
	it->what = SK_BATCH_ODDITY;
	it->file = r->file;
	it->packet = *p;
	it->packet.ip = sk_batch_copy(l->filling, p->ip);
	it->packet.payload = sk_span(NULL, 0);
	it->name = name;
	it->order = r->order;
	it->bytes = sk_batch_copy(l->filling, bytes);
	it->other = sk_batch_copy(l->filling, other);
	it->offset = offset;
	l->filling->cnt++;
}

static void mark(struct replay *r, enum sk_batch_what what, uint64_t now_ns)
{
	uint64_t order = 2 * r->count;

	r->order = order;
	if (what == SK_BATCH_TIME)
		sk_defrag_expire(r->g->intakes[0].defrag, now_ns);
	else
		sk_defrag_end(r->g->intakes[0].defrag, now_ns);
	if (r->lanes) {
		lanes_mark(r, what, order, now_ns);
		return;
	}
	if (what == SK_BATCH_TIME) {
		sk_output_time(r->g->output, 0, order, now_ns);
		sk_worker_time(&r->g->workers[0], order, now_ns);
	} else {
		sk_worker_end(&r->g->workers[0], order);
	}
}

/* The first packet of a file, at now_ns. Flows of the file before end with it, unless this one continues it. */
static void begin_file(struct replay *r, const char *file, uint64_t now_ns)
{
	bool follows = now_ns >= r->now_ns && now_ns - r->now_ns <= UINT64_C(60000000000);

	if (r->has_time && r->g->settings->join != SK_JOIN_ALWAYS && !(r->g->settings->join == SK_JOIN_AUTO && follows)) {
		mark(r, SK_BATCH_END, r->now_ns);
		r->second = now_ns / 1000000000u;
		r->now_ns = now_ns;
	}
	r->file = file;
	if (!r->lanes)
		r->g->workers[0].file = file;
}

static void take_time(struct replay *r, uint64_t now_ns)
{
	uint64_t second = now_ns / 1000000000u;

	if (!r->has_time) {
		r->has_time = true;
		r->second = second;
		r->g->first_ns = now_ns;
	}
	r->g->first_ns = SK_MIN(r->g->first_ns, now_ns);
	r->g->last_ns = SK_MAX(r->g->last_ns, now_ns);
	r->now_ns = SK_MAX(r->now_ns, now_ns);
	if (second > r->second) {
		r->second = second;
		mark(r, SK_BATCH_TIME, now_ns);
	}
}

static void take_burst(struct replay *r, const struct sk_raw *raw, int cnt)
{
	struct sk_packet packets[SK_CAPTURE_BURST_MAX];

	for (int i = 0; i < cnt; i++) {
		struct sk_packet *p = &packets[i];

		if (raw[i].time_ns / 1000000000u > r->second || !r->has_time)
			flush_burst(r);
		take_time(r, raw[i].time_ns);
		r->order = 2 * r->count++ + 1;
		if (!sk_intake_packet(&r->g->intakes[0], &raw[i], r->order, p))
			continue;
		if (r->lanes) {
			lane_packet(r, p);
			continue;
		}
		r->burst[r->burst_n++] = p;
		if (p->flags & SK_PACKET_DEFRAGMENTED)	/* its bytes end with the next call */
			flush_burst(r);
	}
	flush_burst(r);
	if (!r->lanes) {
		sk_output_upto(r->g->output, 0, 2 * r->count);
	} else if (r->count - r->upto_sent >= 8192) {
		for (unsigned i = 0; i < r->g->worker_cnt; i++) {
			lane_wait(r, &r->lanes[i], 2 * r->count);
			lane_push(&r->lanes[i], 2 * r->count);
		}
		r->upto_sent = r->count;
	}
}

static void tell_progress(struct replay *r, const struct sk_capture *c, size_t file_no)
{
	static uint64_t next_ns;
	struct timespec t;
	uint64_t done, size, now;

	if (!r->how->progress)
		return;
	clock_gettime(CLOCK_MONOTONIC, &t);
	now = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
	if (now < next_ns)
		return;
	next_ns = now + 200000000u;
	sk_capture_progress(c, &done, &size);
	r->how->progress(r->how->cx, r->file, file_no, r->how->files->cnt, done, size, r->count);
}

static int replay_file(struct replay *r, size_t i, struct sk_error *e)
{
	struct sk_raw burst[SK_CAPTURE_BURST_MAX];
	struct sk_capture *c;
	bool begun = false;
	unsigned bursts = 0;
	int n;

	n = sk_capture_open_file(&c, r->how->files->paths[i], r->how->filter, e);
	if (n < 0)
		return n;
	sk_stop_breaks(0, c);
	while ((n = sk_capture_next(c, burst, SK_CAPTURE_BURST_MAX, 0, e)) > 0 && !sk_stop_wanted()) {
		if (!begun)
			begin_file(r, r->how->files->paths[i], burst[0].time_ns);
		begun = true;
		take_burst(r, burst, n);
		if ((++bursts & 255) == 0)
			tell_progress(r, c, i);
	}
	sk_stop_breaks(0, NULL);
	sk_counter_add(&sk_capture_counter_table, (uint64_t *)&r->g->capture, sk_capture_counters(c));
	sk_capture_close(c);
	return n == SK_E_EOF || n >= 0 ? 0 : n;
}

int sk_engine_replay(struct sk_engine *g, const struct sk_engine_replay *how, struct sk_error *e)
{
	struct replay r = { .g = g, .how = how };
	int rc;

	g->intakes = calloc(1, sizeof(*g->intakes));
	if (!g->intakes || sk_intake_init(&g->intakes[0], g->settings, on_packet_oddity, &r) < 0) {
		sk_engine_no_more(g);
		return sk_error_set(e, SK_E_MEMORY, "not enough memory");
	}
	g->intake_cnt = 1;
	rc = g->worker_cnt > 1 ? lanes_open(&r, e) : 0;
	for (size_t i = 0; i < how->files->cnt && rc == 0 && !sk_stop_wanted(); i++) {
		struct sk_error why;

		if (replay_file(&r, i, &why) < 0) {
			r.problem_files++;
			how->problem(how->cx, how->files->paths[i], &why);
		}
	}
	if (rc == 0) {
		r.order = UINT64_MAX;
		sk_defrag_end(g->intakes[0].defrag, g->last_ns);
		if (r.lanes)
			lanes_mark(&r, SK_BATCH_END, UINT64_MAX, g->last_ns);
		else
			sk_worker_end(&g->workers[0], UINT64_MAX);
	}
	lanes_close(&r);
	sk_engine_no_more(g);
	return rc < 0 ? rc : (int)r.problem_files;
}
