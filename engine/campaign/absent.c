/* campaign/absent.c — ABSENT: the first step, and then the second does not come within a time.
 *
 * Waits of a rule are in a list by their end. Times ascend almost always, so the place is found from the back.
 */
#include "campaign/campaign_priv.h"

static void list_out(struct sk_wait_list *l, struct sk_wait *w)
{
	*(w->prev ? &w->prev->next : &l->first) = w->next;
	*(w->next ? &w->next->prev : &l->last) = w->prev;
	w->prev = w->next = NULL;
}

static void list_in(struct sk_wait_list *l, struct sk_wait *w)
{
	struct sk_wait *after = l->last;

	while (after && after->end_ns > w->end_ns)
		after = after->prev;
	w->prev = after;
	w->next = after ? after->next : l->first;
	*(w->next ? &w->next->prev : &l->last) = w;
	*(after ? &after->next : &l->first) = w;
}

void sk_absent_fini(struct sk_campaign *c, struct sk_key *k)
{
	struct sk_wait *w = &((union sk_open *)k->payload)->wait;

	if (!w->alert)
		return;
	list_out(&c->waits[k->owner], w);
	c->wait_cnt--;
	sk_alert_put(w->alert);
	w->alert = NULL;
}

void sk_absent_step(struct sk_campaign *c, const struct sk_arrival *v)
{
	const struct sk_correlation *cor = v->rule->correlation;
	struct sk_wait *w = &((union sk_open *)v->key->payload)->wait;
	struct sk_key *k = v->key;
	struct sk_alert *a = v->alert;

	if (v->steps & 2 && w->alert && a->time_ns >= w->alert->time_ns) {
		sk_keys_shrink(&c->open, k, w->alert->size);
		sk_absent_fini(c, k);
	}
	if (!w->alert && v->steps & 1) {
		w->key = k;
		w->alert = sk_campaign_hold(c, k, a);
		w->end_ns = a->time_ns > UINT64_MAX - cor->within_ns ? UINT64_MAX : a->time_ns + cor->within_ns;
		list_in(&c->waits[v->rule->index], w);
		c->wait_cnt++;
	}
	if (!w->alert)
		sk_keys_drop(&c->open, k);
}

struct sk_wait *sk_absent_over(struct sk_campaign *c, uint64_t now_ns)
{
	struct sk_wait *found = NULL;

	if (c->wait_cnt == 0)
		return NULL;
	for (size_t i = 0; i < c->state_cnt; i++) {
		struct sk_wait *w = c->waits[i].first;

		if (w && w->end_ns < now_ns && (!found || w->end_ns < found->end_ns))
			found = w;
	}
	return found;
}
