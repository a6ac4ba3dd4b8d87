/* campaign/limit.c — what holds alerts back: a rule's own limit per key, and storm limits per rule and per source.
 *
 * A rule's limit counts in windows that begin with the first alert of a key; storm limits count in minutes of packet time. Time
 * that goes back by more than that begins a new window. What is held back is told with the next alert that leaves.
 */
#include "campaign/campaign_priv.h"

#define MINUTE_NS UINT64_C(60000000000)

struct window {				/* payload of limits and sources */
	uint64_t start;			/* ns, or minutes since 1970 */
	uint64_t cnt;			/* alerts that left in it */
	uint64_t held;			/* held back since the last that left */
};

/* The window of the rule's limit; *held: no, it is full. NULL where there is no limit. */
static struct window *own_limit(struct sk_campaign *c, const struct sk_alert *a, bool *full)
{
	const struct sk_rule_limit *l = &a->rule->limit;
	uint8_t bytes[SK_ALERT_KEY_MAX];
	struct window *w;
	struct sk_key *k;
	size_t n;

	*full = false;
	if (!l->count)
		return NULL;
	sk_campaign_key(c, a, l->by, true, bytes, &n);
	k = sk_keys_get(&c->limits, a->rule->index, sk_span(bytes, n));
	if (!k) {
		c->counters.no_memory++;
		return NULL;
	}
	w = k->payload;
	if (w->cnt == 0 || sk_campaign_apart(a->time_ns, w->start) >= l->within_ns) {
		w->start = a->time_ns;
		w->cnt = 0;
	}
	*full = w->cnt >= l->count;
	return w;
}

/* A later minute, or one before the last: a packet that is a little late does not open its minute again. */
static bool is_other(uint64_t minute, uint64_t current)
{
	return minute > current || minute + 1 < current;
}

static bool rule_storm(const struct sk_campaign *c, struct sk_rule_state *s, uint64_t minute)
{
	if (!c->conf.rule_per_min)
		return false;
	if (is_other(minute, s->minute)) {
		s->minute = minute;
		s->minute_cnt = 0;
	}
	return s->minute_cnt >= c->conf.rule_per_min;
}

/* The client's window; a correlated alert has no source of its own. */
static struct window *source_storm(struct sk_campaign *c, const struct sk_alert *a, uint64_t minute, bool *full)
{
	struct window *w;
	struct sk_key *k;

	*full = false;
	if (!c->conf.source_per_min || a->member_cnt)
		return NULL;
	k = sk_keys_get(&c->sources, 0, sk_span(&a->flow.client_ip, sizeof(a->flow.client_ip)));
	if (!k) {
		c->counters.no_memory++;
		return NULL;
	}
	w = k->payload;
	if (is_other(minute, w->start)) {
		w->start = minute;
		w->cnt = 0;
	}
	*full = w->cnt >= c->conf.source_per_min;
	return w;
}

bool sk_limit_passes(struct sk_campaign *c, struct sk_rule_state *s, struct sk_alert *a)
{
	const uint64_t minute = a->time_ns / MINUTE_NS;
	struct window *own, *source;
	bool full;

	own = own_limit(c, a, &full);
	if (full) {
		own->held++;
		s->held_total++;
		c->counters.limited++;
		return false;
	}
	source = source_storm(c, a, minute, &full);
	if (full || rule_storm(c, s, minute)) {
		s->held++;
		s->held_total++;
		c->counters.storm++;
		return false;
	}
	a->suppressed = s->held;
	s->held = 0;
	s->minute_cnt++;
	if (source)
		source->cnt++;
	if (own) {
		a->suppressed += own->held;
		own->held = 0;
		own->cnt++;
	}
	return true;
}
