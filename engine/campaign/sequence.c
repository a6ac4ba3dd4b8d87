/* campaign/sequence.c — SEQUENCE: steps under one key within a time, in order or not.
 *
 * Which steps an alert may be under this key its arrival says, bit by step; it becomes one of them.
 *
 * In order: for every step and every length the chain of alerts that ends in that step, has that length and starts latest is
 * kept. A chain that starts later stays within the window longer and can be continued whenever one that starts earlier can, so
 * no better one is ever forgotten, and a step repeated a thousand times costs no more than once. Chains share their beginnings.
 * Missing steps are simply not in the chain. Where time goes back, as between two captures read in the wrong order, chains that
 * end later than the alert at hand make room for it.
 *
 * Not in order: of every step the first alert within the window and the latest are kept. The first tells when it began; the
 * latest takes its place when it is too long ago.
 */
#include <stdlib.h>

#include "campaign/campaign_priv.h"

struct sk_link {
	struct sk_link *prev;
	struct sk_alert *alert;
	uint64_t start_ns;		/* time of the chain's first alert */
	uint32_t step;
	size_t refs;
};

static void link_put(struct sk_campaign *c, struct sk_key *k, struct sk_link *l)
{
	while (l && --l->refs == 0) {
		struct sk_link *prev = l->prev;

		sk_keys_shrink(&c->open, k, sizeof(*l));
		sk_campaign_release(c, k, l->alert);
		free(l);
		l = prev;
	}
}

static void release(struct sk_campaign *c, struct sk_key *k, struct sk_alert **a)
{
	if (*a)
		sk_campaign_release(c, k, *a);
	*a = NULL;
}

void sk_sequence_fini(struct sk_campaign *c, const struct sk_rule *r, struct sk_key *k)
{
	struct sk_sequence *s = &((union sk_open *)k->payload)->sequence;
	const size_t n = sk_step_cnt(r->correlation);

	for (size_t i = 0; s->best && i < n * n; i++)
		link_put(c, k, s->best[i]);
	for (size_t i = 0; s->latest && i < n; i++) {
		release(c, k, &s->first[i]);
		release(c, k, &s->latest[i]);
	}
	release(c, k, &s->pending);
	release(c, k, &s->best_alert);
	free(s->best);
	free(s->first);
	free(s->members);
	free(s->places);
}

/* The tables of the state. False when memory is short. */
static bool prepare(struct sk_campaign *c, const struct sk_rule *r, struct sk_key *k, struct sk_sequence *s)
{
	const size_t n = sk_step_cnt(r->correlation), pointers = r->correlation->ordered ? n * n : 2 * n;

	if (s->members)
		return true;
	if (r->correlation->ordered)
		s->best = calloc(pointers, sizeof(struct sk_link *));
	else
		s->first = calloc(pointers, sizeof(struct sk_alert *));
	s->latest = s->first ? s->first + n : NULL;
	s->places = calloc(n, sizeof(*s->places));
	if ((s->best || s->first) && s->places)
		s->members = calloc(n, sizeof(struct sk_alert *));
	if (!s->members) {
		free(s->best);
		free(s->first);
		free(s->places);
		*s = (struct sk_sequence){ 0 };
		return false;
	}
	sk_keys_grow(&c->open, k, (pointers + n) * sizeof(void *) + n * sizeof(*s->places));
	return true;
}

/* The chain of cnt alerts that ends before step and may be continued at now, with the latest start. */
static struct sk_link *continued(const struct sk_sequence *s, const struct sk_correlation *c, size_t step, size_t cnt,
				 uint64_t now)
{
	const size_t n = sk_step_cnt(c);
	struct sk_link *found = NULL;

	for (size_t j = 0; j < step; j++) {
		struct sk_link *l = s->best[j * n + cnt - 1];

		if (!l || l->alert->time_ns > now || (now > l->start_ns && now - l->start_ns > c->within_ns))
			continue;
		if (!found || l->start_ns >= found->start_ns)
			found = l;
	}
	return found;
}

/* Puts a at the end of the best chains it can continue. Returns the length of the longest. */
static size_t chain(struct sk_campaign *c, const struct sk_arrival *v, size_t step)
{
	const struct sk_correlation *cor = v->rule->correlation;
	struct sk_sequence *s = &((union sk_open *)v->key->payload)->sequence;
	struct sk_alert *a = v->alert;
	const size_t n = sk_step_cnt(cor);
	size_t longest = 0;

	for (size_t cnt = step + 1; cnt >= 1; cnt--) {
		struct sk_link **at = &s->best[step * n + cnt - 1], *prev = NULL, *l;
		uint64_t start = a->time_ns;

		if (cnt > 1) {
			prev = continued(s, cor, step, cnt - 1, a->time_ns);
			if (!prev)
				continue;
			start = prev->start_ns;
		}
		/* of two that start alike the one that ended first: an alert that comes late in time may still continue it */
		if (*at && (*at)->start_ns >= start && (*at)->alert->time_ns <= a->time_ns)
			continue;
		l = malloc(sizeof(*l));
		if (!l) {
			c->counters.no_memory++;
			continue;
		}
		*l = (struct sk_link){ .prev = prev, .alert = sk_campaign_hold(c, v->key, a), .start_ns = start, .step = (uint32_t)step,
			.refs = 1 };
		sk_keys_grow(&c->open, v->key, sizeof(*l));
		if (prev)
			prev->refs++;
		link_put(c, v->key, *at);
		*at = l;
		longest = SK_MAX(longest, cnt);
	}
	return longest;
}

static size_t ordered(struct sk_campaign *c, const struct sk_arrival *v)
{
	struct sk_sequence *s = &((union sk_open *)v->key->payload)->sequence;
	const size_t n = sk_step_cnt(v->rule->correlation);
	size_t longest = 0, last = 0;
	struct sk_link *l;

	/* Backwards: where a rule is two steps, one alert must not be both. */
	for (size_t i = n; i-- > 0;) {
		size_t cnt = v->steps >> i & 1 ? chain(c, v, i) : 0;

		if (cnt > longest) {
			longest = cnt;
			last = i;
		}
	}
	if (longest == 0)
		return 0;
	l = s->best[last * n + longest - 1];
	for (size_t i = longest; i-- > 0; l = l->prev) {
		s->members[i] = l->alert;
		s->places[i] = l->step;
	}
	return longest;
}

/* The alert of a step within the window around now, the first if there are two. */
static struct sk_alert *in_window(const struct sk_sequence *s, size_t step, uint64_t now, uint64_t within)
{
	if (s->first[step] && sk_campaign_apart(now, s->first[step]->time_ns) <= within)
		return s->first[step];
	return s->latest[step] && sk_campaign_apart(now, s->latest[step]->time_ns) <= within ? s->latest[step] : NULL;
}

/* Of several steps it may be, one that is open, else the one seen longest ago. */
static size_t choose(const struct sk_sequence *s, const struct sk_arrival *v, size_t n)
{
	size_t at = n;
	uint64_t oldest = UINT64_MAX;

	for (size_t i = 0; i < n; i++) {
		const struct sk_alert *l = s->latest[i] ? s->latest[i] : s->first[i];

		if (!(v->steps >> i & 1) || (l && l->time_ns >= oldest))
			continue;
		if (!l)
			return i;
		oldest = l->time_ns;
		at = i;
	}
	return at;
}

static size_t unordered(struct sk_campaign *c, const struct sk_arrival *v)
{
	const struct sk_correlation *cor = v->rule->correlation;
	struct sk_sequence *s = &((union sk_open *)v->key->payload)->sequence;
	const size_t n = sk_step_cnt(cor);
	const uint64_t now = v->alert->time_ns;
	size_t cnt = 0, at = choose(s, v, n);

	if (at == n)
		return 0;
	if (s->first[at] && sk_campaign_apart(now, s->first[at]->time_ns) > cor->within_ns) {
		release(c, v->key, &s->first[at]);
		s->first[at] = s->latest[at];
		s->latest[at] = NULL;
	}
	if (s->first[at]) {
		release(c, v->key, &s->latest[at]);
		s->latest[at] = sk_campaign_hold(c, v->key, v->alert);
	} else {
		s->first[at] = sk_campaign_hold(c, v->key, v->alert);
	}
	for (size_t i = 0; i < n; i++) {
		struct sk_alert *a = in_window(s, i, now, cor->within_ns);

		if (a)
			s->members[cnt++] = a;
	}
	qsort(s->members, cnt, sizeof(struct sk_alert *), sk_campaign_by_time);
	for (size_t i = 0; i < cnt; i++)
		for (uint32_t k = 0; k < n; k++)
			if (s->members[i] == s->first[k] || s->members[i] == s->latest[k])
				s->places[i] = k;
	return cnt;
}

/* How far it came, for --explain. */
static void remember(struct sk_campaign *c, const struct sk_arrival *v, size_t cnt)
{
	struct sk_sequence *s = &((union sk_open *)v->key->payload)->sequence;

	s->now = 0;
	for (size_t i = 0; i < cnt; i++)
		s->now |= UINT64_C(1) << (s->places[i] & 63);
	if (cnt <= (size_t)__builtin_popcountll(s->best_steps))
		return;
	release(c, v->key, &s->best_alert);
	s->best_alert = sk_campaign_hold(c, v->key, v->alert);
	s->best_by = v->by;
	s->best_steps = s->now;
}

bool sk_sequence_step(struct sk_campaign *c, const struct sk_arrival *v, struct sk_fire *fire)
{
	const struct sk_correlation *cor = v->rule->correlation;
	struct sk_sequence *s = &((union sk_open *)v->key->payload)->sequence;
	const size_t need = sk_step_grows(cor) ? (size_t)cor->threshold : sk_step_cnt(cor);
	size_t cnt;

	if (!prepare(c, v->rule, v->key, s)) {
		c->counters.no_memory++;
		return false;
	}
	if (s->fired_cnt && sk_campaign_apart(v->alert->time_ns, s->fired_start_ns) > cor->within_ns) {
		sk_campaign_settle(c, v->key);
		s->fired_cnt = 0;
		s->tells = 0;
	}
	cnt = cor->ordered ? ordered(c, v) : unordered(c, v);
	if (c->conf.explain)
		remember(c, v, cnt);
	if (cnt < need || cnt <= s->fired_cnt)
		return false;
	if (s->fired_cnt == 0)
		sk_alert_case_id(v->rule, s->members[0], s->case_id);
	s->has_told = true;
	s->fired_cnt = cnt;
	s->fired_start_ns = s->members[0]->time_ns;
	*fire = (struct sk_fire){ .members = s->members, .cnt = cnt, .sum = { .count = cnt, .places = s->places,
		.case_id = sk_step_grows(cor) ? s->case_id : NULL, .update = s->tells } };
	return true;
}
