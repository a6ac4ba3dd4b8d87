/* detect/watch.c — keeps a plugin's mistakes within bounds on a live sensor: strikes, then quarantine, longer each time.
 *
 * what     a plugin may be slow, fail, run out of its memory or flood a little; when it does too much of one within a
 *          while, it gets no events for 10 s, then 20 s, … up to an hour. After as long without a strike as it was out,
 *          it begins at 10 s again
 * threads  one worker's plugin: nothing shared
 * limits   only with a time budget (plugin_budget_ns): a replay's output must not depend on the machine or on -j, so there a
 *          plugin only leaves the flow it failed in. Times are packet times but for the length of a call
 */
#include "detect/detect_priv.h"

#include <time.h>

#define SECOND UINT64_C(1000000000)
#define SAMPLE 64u			/* one call in so many is timed … */
#define CLOSELY 256u			/* … and after a strike this many in a row */
#define PAUSE_MIN (10 * SECOND)
#define PAUSE_MAX (3600 * SECOND)

static const struct {
	uint32_t cnt;
	uint64_t within_ns;
	const char *text;
} limits[FAULT_CNT] = {
	[FAULT_SLOW] = { 3, 60 * SECOND, "calls took longer than its time budget" },
	[FAULT_FAILED] = { 16, 10 * SECOND, "calls failed" },
	[FAULT_MEMORY] = { 64, 10 * SECOND, "requests went over its memory cap" },
	[FAULT_FLOOD] = { 256, 10 * SECOND, "findings went over its limit" },
};

uint64_t sk_detect_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

bool sk_detect_watch_timed(struct sk_worker *w)
{
	if (!w->d->conf.plugin_budget_ns)
		return false;
	if (w->watch.closely) {
		w->watch.closely--;
		return true;
	}
	return w->watch.calls++ % SAMPLE == 0;
}

void sk_detect_watch_spent(struct sk_worker *w, uint64_t spent_ns, uint64_t now_ns)
{
	if (spent_ns <= w->d->conf.plugin_budget_ns)
		return;
	w->d->counters.plugin_slow++;
	w->watch.closely = CLOSELY;
	sk_detect_watch_fault(w, FAULT_SLOW, now_ns);
}

static void send_out(struct sk_worker *w, enum fault what, uint64_t now_ns)
{
	struct watch *x = &w->watch;
	bool again = x->pause_ns && now_ns >= x->until_ns && now_ns - x->until_ns < x->pause_ns;

	x->pause_ns = again ? SK_MIN(x->pause_ns * 2, PAUSE_MAX) : PAUSE_MIN;
	x->since_ns = now_ns;
	x->until_ns = now_ns + x->pause_ns;
	for (int i = 0; i < FAULT_CNT; i++)
		x->cnt[i] = 0;
	w->d->counters.plugin_quarantines++;
	if (!x->told)
		sk_log_warning("detect", "plugin '%s' gets no events for %llu s: %u %s within %llu s; counters tell of further times",
			       w->plugin->p.name, (unsigned long long)(x->pause_ns / SECOND), limits[what].cnt, limits[what].text,
			       (unsigned long long)(limits[what].within_ns / SECOND));
	x->told = true;
}

void sk_detect_watch_fault(struct sk_worker *w, enum fault what, uint64_t now_ns)
{
	struct watch *x = &w->watch;

	if (!w->d->conf.plugin_budget_ns || sk_detect_watch_out(w, now_ns))
		return;
	if (x->cnt[what] == 0 || now_ns < x->window_ns[what] || now_ns - x->window_ns[what] > limits[what].within_ns) {
		x->window_ns[what] = now_ns;
		x->cnt[what] = 0;
	}
	if (++x->cnt[what] >= limits[what].cnt)
		send_out(w, what, now_ns);
}

/* Packet time that went back to before the quarantine ends it. */
bool sk_detect_watch_out(struct sk_worker *w, uint64_t now_ns)
{
	return w->watch.until_ns && now_ns < w->watch.until_ns && now_ns >= w->watch.since_ns;
}
