/* pipeline/replay.c — reads capture files and drives the workers.
 *
 * in       files, one after the other
 * out      packets and time marks to one worker on this thread (-j 1), or in batches to a thread per worker, shared out by pair of
 *          hosts so that every flow, fragment and related flow meets the same worker
 * threads  main reads, and decodes where others must know of it: fragments, tunnels, senders whose checksums are judged; workers
 *          decode the rest
 *
 * Order. The N-th packet of the run has the order 2N+1, a time mark or an end before it 2N. Time marks come once per second
 * of packet time, to all workers at the same place, between them marks to end flows that are due: so flows end, and alerts come out, the
 * same for every number of workers. Flows that end few at a time leave memory that is still in the caches to those that begin.
 */
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "pipeline/engine.h"
#include "pipeline/crew.h"
#include "pipeline/stop.h"

#define UPTO_EVERY 8192			/* packets after which the output is told how far the workers are */
#define SWEEP_EVERY 256			/* packets between marks to end flows, at least */
#define STAYS_MIN (1u << 20)		/* bytes of a file for whose end it is worth to wait, so that nothing is copied */

struct replay {
	struct sk_engine *g;
	const struct sk_engine_replay *how;
	struct sk_crew *crew;			/* NULL: one worker, on this thread */
	const struct sk_packet *burst[SK_CAPTURE_BURST_MAX];	/* … what it is given next */
	int burst_n;
	const char *file;
	uint64_t count;				/* packets so far, over all files */
	uint64_t order;				/* of what is at hand */
	uint64_t upto_sent;			/* count when batches were last pushed out */
	uint64_t now_ns;			/* latest packet time of this file and those it continues */
	uint64_t second;			/* packet time of the last time mark, s */
	uint64_t swept, sweep;			/* count and packet time of the last mark to end flows, 2^SK_WORKER_SWEEP_SHIFT ns */
	bool has_time;
	uint64_t problem_files;
	bool stays;				/* bytes of this file's packets stay until it is closed */
	struct sk_capture *before;		/* the file before, whose bytes stayed: flows may still need them */
};

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

	if (r->crew) {
		sk_crew_oddity(r->crew, p, r->order, r->file, name, bytes, other, offset);
		return;
	}
	flush_burst(r);
	sk_worker_oddity(&r->g->workers[0], p, r->order, name, bytes, other, offset);
}

static void mark(struct replay *r, enum sk_batch_what what, uint64_t now_ns)
{
	uint64_t order = 2 * r->count;

	r->order = order;
	r->swept = r->count;
	r->sweep = now_ns >> SK_WORKER_SWEEP_SHIFT;
	if (!r->crew)
		flush_burst(r);
	if (what == SK_BATCH_TIME)
		sk_defrag_expire(r->g->intakes[0].defrag, now_ns);
	else if (what == SK_BATCH_END)
		sk_defrag_end(r->g->intakes[0].defrag, now_ns);
	if (r->crew) {
		sk_crew_mark(r->crew, what, r->file, order, now_ns);
		return;
	}
	if (what == SK_BATCH_TIME)
		sk_output_time(r->g->output, 0, order, now_ns);
	if (what == SK_BATCH_END)
		sk_worker_end(&r->g->workers[0], order);
	else
		sk_worker_time(&r->g->workers[0], order, now_ns);
}

static void tell_workers(struct replay *r, enum sk_batch_what what)
{
	if (r->crew)
		sk_crew_mark(r->crew, what, r->file, 2 * r->count, r->now_ns);
	else
		sk_worker_settle(&r->g->workers[0], what == SK_BATCH_LOST);
}

/* Closes the file before. ended: its flows have ended, or will have before it is closed. */
static void close_before(struct replay *r, bool ended)
{
	if (!r->before)
		return;
	if (!ended)
		tell_workers(r, SK_BATCH_SETTLE);
	if (r->crew)
		sk_crew_drain(r->crew, 2 * r->count - 1);
	sk_capture_close(r->before);
	r->before = NULL;
}

/* The first packet of a file, at now_ns. Flows of the file before end with it, unless this one continues it. */
static void begin_file(struct replay *r, const char *file, uint64_t now_ns)
{
	bool follows = now_ns >= r->now_ns && now_ns - r->now_ns <= UINT64_C(60000000000);

	if (r->has_time && r->g->settings->join != SK_JOIN_ALWAYS && !(r->g->settings->join == SK_JOIN_AUTO && follows)) {
		mark(r, SK_BATCH_END, r->now_ns);
		r->second = now_ns / 1000000000u;
		r->now_ns = now_ns;
		close_before(r, true);
	}
	close_before(r, false);
	r->file = file;
	if (!r->crew)
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
	} else if (now_ns >> SK_WORKER_SWEEP_SHIFT > r->sweep && r->count - r->swept >= SWEEP_EVERY) {
		mark(r, SK_BATCH_SWEEP, now_ns);
	}
}

static void take_burst(struct replay *r, struct sk_capture *c, const struct sk_raw *raw, int cnt)
{
	struct sk_packet packets[SK_CAPTURE_BURST_MAX];

	for (int i = 0; i < cnt; i++) {
		struct sk_packet *p = &packets[i];
		uint64_t pair;

		sk_capture_look_ahead(c);
		take_time(r, raw[i].time_ns);
		r->order = 2 * r->count++ + 1;
		if (r->crew && sk_decode_is_plain(&r->g->intakes[0].decode, &raw[i], &pair)) {
			sk_crew_frame(r->crew, &raw[i], pair, r->order, r->file, r->stays);
			continue;
		}
		if (!sk_intake_packet(&r->g->intakes[0], &raw[i], r->order, p))
			continue;
		if (r->stays && !(p->flags & SK_PACKET_DEFRAGMENTED))
			p->flags |= SK_PACKET_STAYS;
		if (r->crew) {
			sk_crew_packet(r->crew, p, r->file, p->flags & SK_PACKET_STAYS);
			continue;
		}
		r->burst[r->burst_n++] = p;
		if (p->flags & SK_PACKET_DEFRAGMENTED)	/* its bytes end with the next call */
			flush_burst(r);
	}
	flush_burst(r);
	if (!r->crew) {
		sk_output_upto(r->g->output, 0, 2 * r->count - 1);
	} else if (r->count - r->upto_sent >= UPTO_EVERY) {
		sk_crew_upto(r->crew, 2 * r->count - 1);
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
	uint64_t done, size;
	int n;

	n = sk_capture_open_file(&c, r->how->files->paths[i], r->how->filter, e);
	if (n < 0)
		return n;
	sk_stop_breaks(0, c);
	sk_capture_progress(c, &done, &size);
	r->stays = size >= STAYS_MIN && sk_capture_stays(c, r->crew);
	while ((n = sk_capture_next(c, burst, SK_CAPTURE_BURST_MAX, 0, e)) > 0 && !sk_stop_wanted()) {
		if (!begun)
			begin_file(r, r->how->files->paths[i], burst[0].time_ns);
		begun = true;
		take_burst(r, c, burst, n);
		if ((++bursts & 255) == 0)
			tell_progress(r, c, i);
	}
	sk_stop_breaks(0, NULL);
	sk_counter_add(&sk_capture_counter_table, (uint64_t *)&r->g->capture, sk_capture_counters(c));
	if (r->stays && begun) {
		if (!sk_capture_is_whole(c))
			tell_workers(r, SK_BATCH_LOST);
		r->before = c;
	} else {
		sk_capture_close(c);
	}
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
	rc = g->worker_cnt > 1 ? sk_crew_open(&r.crew, g, e) : 0;
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
		if (r.crew)
			sk_crew_mark(r.crew, SK_BATCH_END, r.file, UINT64_MAX, g->last_ns);
		else
			sk_worker_end(&g->workers[0], UINT64_MAX);
	}
	sk_crew_close(r.crew);
	sk_capture_close(r.before);
	sk_engine_no_more(g);
	return rc < 0 ? rc : (int)r.problem_files;
}
