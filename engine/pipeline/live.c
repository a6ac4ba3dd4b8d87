/* pipeline/live.c — watches an interface: one capture, one intake and one thread per worker.
 *
 * The kernel shares packets out by flow (PACKET_FANOUT), so workers meet only at the output. The order of alerts is packet time,
 * made ascending per worker; a worker without packets moves its mark on by the clock, so that it holds nobody up.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "pipeline/engine.h"
#include "pipeline/stop.h"

#define POLL_MS 100
#define SLACK_NS UINT64_C(200000000)	/* a silent worker's mark lags the clock by this */

struct watcher {
	struct sk_engine *g;
	struct sk_pipeline_worker *worker;
	struct sk_intake *intake;
	struct sk_capture *capture;
	unsigned index;
	uint64_t order;				/* last given */
	uint64_t second, sweep;		/* of the last marks: packet time, s and 2^SK_WORKER_SWEEP_SHIFT ns */
	const struct sk_packet *burst[SK_CAPTURE_BURST_MAX];
	int burst_n;				/* packets decoded and not yet given to the worker */
	pthread_t thread;
	const struct sk_engine_live *how;
	bool started;
	struct sk_error error;
	int rc;
};

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t next_order(struct watcher *v, uint64_t time_ns)
{
	return v->order = SK_MAX(v->order + 1, time_ns);
}

static void take_time(struct watcher *v, uint64_t now_ns)
{
	if (now_ns >> SK_WORKER_SWEEP_SHIFT <= v->sweep)
		return;
	v->sweep = now_ns >> SK_WORKER_SWEEP_SHIFT;
	sk_worker_time(v->worker, next_order(v, now_ns), now_ns);
	if (now_ns / 1000000000u <= v->second)
		return;
	v->second = now_ns / 1000000000u;
	sk_defrag_expire(v->intake->defrag, now_ns);
	if (v->index == 0)
		sk_output_time(v->g->output, 0, next_order(v, now_ns), now_ns);
}

static void flush_burst(struct watcher *v)
{
	if (v->burst_n)
		sk_worker_packets(v->worker, v->burst, v->burst_n);
	v->burst_n = 0;
}

static void take_burst(struct watcher *v, const struct sk_raw *raw, int cnt)
{
	struct sk_packet packets[SK_CAPTURE_BURST_MAX];

	for (int i = 0; i < cnt; i++) {
		if (!sk_intake_packet(v->intake, &raw[i], next_order(v, raw[i].time_ns), &packets[i]))
			continue;
		v->burst[v->burst_n++] = &packets[i];
		if (packets[i].flags & SK_PACKET_DEFRAGMENTED)	/* its bytes end with the next call */
			flush_burst(v);
	}
	flush_burst(v);
}

static void on_packet_oddity(void *cx, const struct sk_packet *p, const char *name, struct sk_span bytes, struct sk_span other,
			       uint64_t offset)
{
	struct watcher *v = cx;

	flush_burst(v);
	sk_worker_oddity(v->worker, p, v->order, name, bytes, other, offset);
}

static void *watch(void *arg)
{
	struct watcher *v = arg;
	struct sk_raw burst[SK_CAPTURE_BURST_MAX];
	int n = 0;

	if (v->how->begin)
		v->how->begin(v->how->cx);
	while (!sk_stop_wanted()) {
		uint64_t now;

		n = sk_capture_next(v->capture, burst, SK_CAPTURE_BURST_MAX, POLL_MS, &v->error);
		if (n < 0)
			break;
		if (n > 0) {
			take_burst(v, burst, n);
			now = burst[n - 1].time_ns;
		} else {
			now = clock_ns() - SLACK_NS;
		}
		take_time(v, now);
		sk_output_upto(v->g->output, v->index, SK_MAX(v->order, n ? 0 : now));
		v->order = SK_MAX(v->order, n ? 0 : now);
	}
	if (n < 0 && n != SK_E_EOF) {
		v->rc = n;
		sk_engine_stop();
	}
	sk_worker_end(v->worker, UINT64_MAX);
	sk_output_upto(v->g->output, v->index, UINT64_MAX);
	sk_mem_trim();
	return NULL;
}

static int open_watchers(struct sk_engine *g, const struct sk_engine_live *how, struct watcher *v, struct sk_error *e)
{
	const struct sk_settings *s = g->settings;
	struct sk_capture_live live = {
		.iface = how->iface, .filter = how->filter, .snaplen = (uint32_t)s->snaplen, .buffer = s->ring,
		.promiscuous = s->promiscuous, .fanout_group = g->worker_cnt > 1 ? (int)(getpid() & 0xffff) : -1 };
	int rc;

	for (unsigned i = 0; i < g->worker_cnt; i++) {
		v[i].g = g;
		v[i].index = i;
		v[i].worker = &g->workers[i];
		v[i].worker->iface = how->iface;
		v[i].how = how;
		v[i].intake = &g->intakes[i];
		if (sk_intake_init(v[i].intake, s, on_packet_oddity, &v[i]) < 0)
			return sk_error_set(e, SK_E_MEMORY, "not enough memory");
		g->intake_cnt++;
		rc = sk_capture_open_live(&v[i].capture, &live, e);
		if (rc < 0)
			return rc;
		sk_stop_breaks(i, v[i].capture);
	}
	return 0;
}

int sk_engine_live(struct sk_engine *g, const struct sk_engine_live *how, struct sk_error *e)
{
	struct watcher *v = calloc(g->worker_cnt, sizeof(*v));
	int rc;

	g->intakes = calloc(g->worker_cnt, sizeof(*g->intakes));
	if (!v || !g->intakes) {
		free(v);
		sk_engine_no_more(g);
		return sk_error_set(e, SK_E_MEMORY, "not enough memory");
	}
	g->first_ns = clock_ns();
	rc = open_watchers(g, how, v, e);
	if (rc == 0 && how->opened)
		rc = how->opened(how->cx, e);
	for (unsigned i = 0; i < g->worker_cnt && rc == 0; i++) {
		rc = pthread_create(&v[i].thread, NULL, watch, &v[i]);
		v[i].started = rc == 0;
		if (rc)
			rc = sk_error_set(e, -rc, "cannot start a worker: %s", strerror(rc));
	}
	if (rc < 0)
		sk_engine_stop();
	for (unsigned i = 0; i < g->worker_cnt; i++) {
		if (v[i].started)
			pthread_join(v[i].thread, NULL);
		else
			sk_output_upto(g->output, i, UINT64_MAX);
		if (v[i].rc < 0 && rc == 0) {
			rc = v[i].rc;
			*e = v[i].error;
		}
		sk_stop_breaks(i, NULL);
		if (v[i].capture) {
			sk_counter_add(&sk_capture_counter_table, (uint64_t *)&g->capture, sk_capture_counters(v[i].capture));
			sk_capture_close(v[i].capture);
		}
	}
	g->last_ns = clock_ns();
	free(v);
	return rc;
}
