/* campaign/sequence.c — SEQUENCE: steps under one key within a time, in order or not.
 *
 * In order: for every step and every length the chain of alerts that ends in that step, has that length and starts latest is
 * kept. A chain that starts later stays within the window longer and can be continued whenever one that starts earlier can, so
 * no better one is ever forgotten, and a step repeated a thousand times costs no more than once. Chains share their beginnings.
 * Missing steps are simply not in the chain. Where time goes back, as between two captures read in the wrong order, chains that
 * end later than the alert at hand make room for it.
 */
#include <stdlib.h>

#include "campaign/campaign_priv.h"

struct sk_link {
	struct sk_link *prev;
	struct sk_alert *alert;
	uint64_t start_ns;		/* time of the chain's first alert */
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

void sk_sequence_fini(struct sk_campaign *c, const struct sk_rule *r, struct sk_key *k)
{
	struct sk_sequence *s = &((union sk_open *)k->payload)->sequence;
	size_t n = r->correlation->step_cnt;

	for (size_t i = 0; s->best && i < n * n; i++)
		link_put(c, k, s->best[i]);
	for (size_t i = 0; s->latest && i < n; i++)
		if (s->latest[i])
			sk_campaign_release(c, k, s->latest[i]);
	free(s->best);
	free(s->latest);
	free(s->members);
}

/* The two tables of the state. False when memory is short. */
static bool prepare(struct sk_campaign *c, const struct sk_rule *r, struct sk_key *k, struct sk_sequence *s)
{
	size_t n = r->correlation->step_cnt;

	if (s->members)
		return true;
	if (r->correlation->ordered)
		s->best = calloc(n * n, sizeof(struct sk_link *));
	else
		s->latest = calloc(n, sizeof(struct sk_alert *));
	if (s->best || s->latest)
		s->members = calloc(n, sizeof(struct sk_alert *));
	if (!s->members) {
		free(s->best);
		free(s->latest);
		*s = (struct sk_sequence){ 0 };
		return false;
	}
	sk_keys_grow(&c->open, k, (r->correlation->ordered ? n * n : n) * sizeof(void *) + n * sizeof(void *));
	return true;
}

/* The chain of cnt alerts that ends before step and may be continued at now, with the latest start. */
static struct sk_link *continued(const struct sk_sequence *s, const struct sk_correlation *c, size_t step, size_t cnt,
				 uint64_t now)
{
	struct sk_link *found = NULL;

	for (size_t j = 0; j < step; j++) {
		struct sk_link *l = s->best[j * c->step_cnt + cnt - 1];

		if (!l || l->alert->time_ns > now || (now > l->start_ns && now - l->start_ns > c->within_ns))
			continue;
		if (!found || l->start_ns >= found->start_ns)
			found = l;
	}
	return found;
}

/* Puts a at the end of the best chains it can continue. Returns the length of the longest. */
static size_t chain(struct sk_campaign *c, const struct sk_rule *r, struct sk_key *k, size_t step, struct sk_alert *a)
{
	const struct sk_correlation *cor = r->correlation;
	struct sk_sequence *s = &((union sk_open *)k->payload)->sequence;
	size_t longest = 0;

	for (size_t cnt = step + 1; cnt >= 1; cnt--) {
		struct sk_link **at = &s->best[step * cor->step_cnt + cnt - 1], *prev = NULL, *l;
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
		*l = (struct sk_link){ .prev = prev, .alert = sk_campaign_hold(c, k, a), .start_ns = start, .refs = 1 };
		sk_keys_grow(&c->open, k, sizeof(*l));
		if (prev)
			prev->refs++;
		link_put(c, k, *at);
		*at = l;
		longest = SK_MAX(longest, cnt);
	}
	return longest;
}

static size_t ordered(struct sk_campaign *c, const struct sk_rule *r, struct sk_key *k, struct sk_alert *a)
{
	const struct sk_correlation *cor = r->correlation;
	struct sk_sequence *s = &((union sk_open *)k->payload)->sequence;
	size_t longest = 0, last = 0;
	struct sk_link *l;

	/* Backwards: where a rule is two steps, one alert must not be both. */
	for (size_t i = cor->step_cnt; i-- > 0;) {
		size_t cnt = strcmp(cor->steps[i]->id, a->rule->id) == 0 ? chain(c, r, k, i, a) : 0;

		if (cnt > longest) {
			longest = cnt;
			last = i;
		}
	}
	if (longest == 0)
		return 0;
	l = s->best[last * cor->step_cnt + longest - 1];
	for (size_t i = longest; i-- > 0; l = l->prev)
		s->members[i] = l->alert;
	return longest;
}

static size_t unordered(struct sk_campaign *c, const struct sk_rule *r, struct sk_key *k, struct sk_alert *a)
{
	const struct sk_correlation *cor = r->correlation;
	struct sk_sequence *s = &((union sk_open *)k->payload)->sequence;
	size_t cnt = 0, at = cor->step_cnt;

	/* Of several steps of the same rule the one seen longest ago. */
	for (size_t i = 0; i < cor->step_cnt; i++) {
		if (strcmp(cor->steps[i]->id, a->rule->id) != 0)
			continue;
		if (at == cor->step_cnt || (s->latest[at] && (!s->latest[i] || s->latest[i]->time_ns < s->latest[at]->time_ns)))
			at = i;
	}
	if (at == cor->step_cnt)
		return 0;
	if (s->latest[at])
		sk_campaign_release(c, k, s->latest[at]);
	s->latest[at] = sk_campaign_hold(c, k, a);
	for (size_t i = 0; i < cor->step_cnt; i++)
		if (s->latest[i] && sk_campaign_apart(a->time_ns, s->latest[i]->time_ns) <= cor->within_ns)
			s->members[cnt++] = s->latest[i];
	qsort(s->members, cnt, sizeof(struct sk_alert *), sk_campaign_by_time);
	return cnt;
}

bool sk_sequence_step(struct sk_campaign *c, const struct sk_rule *r, struct sk_key *k, struct sk_alert *a, struct sk_fire *fire)
{
	const struct sk_correlation *cor = r->correlation;
	struct sk_sequence *s = &((union sk_open *)k->payload)->sequence;
	size_t need = cor->threshold && cor->threshold < cor->step_cnt ? (size_t)cor->threshold : cor->step_cnt, cnt;

	if (!prepare(c, r, k, s)) {
		c->counters.no_memory++;
		return false;
	}
	if (s->fired_cnt && sk_campaign_apart(a->time_ns, s->fired_start_ns) > cor->within_ns)
		s->fired_cnt = 0;
	cnt = cor->ordered ? ordered(c, r, k, a) : unordered(c, r, k, a);
	if (cnt < need || cnt <= s->fired_cnt)
		return false;
	s->fired_cnt = cnt;
	s->fired_start_ns = s->members[0]->time_ns;
	*fire = (struct sk_fire){ .members = s->members, .cnt = cnt, .sum = { .count = cnt } };
	return true;
}
