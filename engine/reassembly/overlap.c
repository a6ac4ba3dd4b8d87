/* reassembly/overlap.c — two readings of the same bytes: which one the receiver keeps, and whether they differ.
 *
 * What a host has passed to its application it never takes back, so bytes already passed on stay as they were; policies
 * decide about bytes that still wait. A policy is nine answers: the new segment begins before, at or behind the begin of
 * the waiting piece, and ends before, at or behind its end.
 *
 * source   Novak and Sturges, Target-Based TCP Stream Reassembly (2007); bsd-right as in their paper on fragments (2005)
 */
#include <stdlib.h>

#include "reassembly/inside.h"

enum { BEFORE, SAME, BEHIND };
#define CELL(begin, end) (1u << ((begin) * 3 + (end)))
#define BEGINS(begin) (CELL(begin, BEFORE) | CELL(begin, SAME) | CELL(begin, BEHIND))

/* Where the new bytes win. */
static const uint16_t wins[] = {
	[SK_POLICY_FIRST] = 0,
	[SK_POLICY_LAST] = BEGINS(BEFORE) | BEGINS(SAME) | BEGINS(BEHIND),
	[SK_POLICY_BSD] = BEGINS(BEFORE),
	[SK_POLICY_BSD_RIGHT] = BEGINS(SAME) | BEGINS(BEHIND),
	[SK_POLICY_LINUX] = BEGINS(BEFORE) | CELL(SAME, BEHIND),
	[SK_POLICY_OLD_LINUX] = BEGINS(BEFORE) | CELL(SAME, SAME) | CELL(SAME, BEHIND),
	[SK_POLICY_WINDOWS] = BEGINS(BEFORE),
	[SK_POLICY_SOLARIS] = CELL(BEFORE, SAME) | CELL(BEFORE, BEHIND) | CELL(SAME, SAME) | CELL(SAME, BEHIND) | CELL(BEHIND, BEHIND),
};

static unsigned compare(int64_t a, int64_t b)
{
	return a < b ? BEFORE : a == b ? SAME : BEHIND;
}

bool sk_reassembly_new_wins(enum sk_policy policy, int64_t new_off, int64_t new_end, int64_t old_off, int64_t old_end)
{
	return wins[policy] & CELL(compare(new_off, old_off), compare(new_end, old_end));
}

/* Whether seg's bytes take the place of n's, which differ. */
static bool replaces(const struct tcp_side *s, const struct tcp_segment *seg, const struct tcp_node *n)
{
	if (n->doubtful || seg->doubtful)
		return n->doubtful && !seg->doubtful;
	return sk_reassembly_new_wins((enum sk_policy)s->policy, seg->off, seg->off + (int64_t)seg->data.n, n->off, node_end(n));
}

void sk_reassembly_resolve(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct tcp_segment *seg)
{
	struct tcp_side *s = &t->side[side];
	int64_t end = seg->off + (int64_t)seg->data.n;
	struct tcp_node *n = s->queue ? sk_reassembly_queue_at(s->queue, seg->off) : NULL;
	bool counted = false;

	while (n && n->off < end) {
		int64_t from = SK_MAX(seg->off, n->off), to = SK_MIN(end, node_end(n));
		struct sk_span fresh = sk_span_sub(seg->data, (size_t)(from - seg->off), (size_t)(to - from));
		struct sk_span old = sk_span_sub(node_span(n), (size_t)(from - n->off), (size_t)(to - from));
		bool differ = !n->lost && !sk_span_is(fresh, old);
		/* equal bytes: a good reading still makes doubtful ones good */
		bool replace = n->lost || (differ ? replaces(s, seg, n) : n->doubtful && !seg->doubtful);

		if (!n->lost)
			r->counters.retransmitted += fresh.n;
		if (differ) {
			r->counters.overlap_different += !counted;
			counted = true;
			sk_reassembly_odd(r, t, side, ODD_OVERLAP, replace ? fresh : old, replace ? old : fresh, from);
			sk_reassembly_other(r, t, side, replace ? old : fresh, from, SK_RUN_REPLACED);
			if (t->stopped)
				return;
		}
		n = replace ? sk_reassembly_queue_cut(r, s->queue, n, from, to) : n->next;
	}
	sk_reassembly_queue_settle(r, s);
}

static void history_unlink(struct sk_reassembly *r, struct tcp_history *h)
{
	if (h->older)
		h->older->newer = h->newer;
	else
		r->history_oldest = h->newer;
	if (h->newer)
		h->newer->older = h->older;
	else
		r->history_newest = h->older;
}

void sk_reassembly_history_drop(struct sk_reassembly *r, struct tcp_side *s)
{
	struct tcp_history *h = s->history;

	if (!h)
		return;
	history_unlink(r, h);
	s->history = NULL;
	h->newer = r->history_unused;
	r->history_unused = h;
	r->history_used--;
}

/* One from the unused, a new one, or that of the side that has kept its one longest. */
static struct tcp_history *history_get(struct sk_reassembly *r, struct tcp_side *s)
{
	struct tcp_history *h;

	if (!r->history_unused && r->history_cnt < HISTORIES_MAX) {
		h = malloc(sizeof(*h));
		if (h) {
			h->newer = NULL;
			r->history_unused = h;
			r->history_cnt++;
		}
	}
	if (!r->history_unused && r->history_oldest) {
		r->counters.history_evicted++;
		sk_reassembly_history_drop(r, r->history_oldest->owner);
	}
	h = r->history_unused;
	if (!h)
		return NULL;
	r->history_unused = h->newer;
	r->history_used++;
	r->counters.history_max = SK_MAX(r->counters.history_max, (uint64_t)r->history_used * HISTORY_BYTES);
	h->owner = s;
	h->from = h->to = s->next;
	h->older = r->history_newest;
	h->newer = NULL;
	if (r->history_newest)
		r->history_newest->newer = h;
	else
		r->history_oldest = h;
	r->history_newest = h;
	s->history = h;
	return h;
}

/* data begins at s->next. */
void sk_reassembly_history_add(struct sk_reassembly *r, struct tcp_side *s, struct sk_span data)
{
	struct tcp_history *h = s->history ? s->history : history_get(r, s);
	int64_t end = s->next + (int64_t)data.n;
	size_t at, n, first;

	if (!h)
		return;
	if (h->to != s->next)
		h->from = s->next;
	n = SK_MIN(data.n, HISTORY_BYTES);
	at = (size_t)(end - (int64_t)n) % HISTORY_BYTES;
	first = SK_MIN(n, HISTORY_BYTES - at);
	memcpy(h->ring + at, data.p + data.n - n, first);
	memcpy(h->ring, data.p + data.n - n + first, n - first);
	h->to = end;
	if (h->to - h->from > HISTORY_BYTES)
		h->from = h->to - HISTORY_BYTES;
}

struct sk_span sk_reassembly_history_tail(struct sk_reassembly *r, const struct tcp_side *s, int64_t end)
{
	const struct tcp_history *h = s->history;
	size_t n, at, first;

	if (!h || end <= h->from || end > h->to)
		return sk_span("", 0);
	n = (size_t)(end - h->from);
	at = (size_t)h->from % HISTORY_BYTES;
	first = SK_MIN(n, HISTORY_BYTES - at);
	memcpy(r->scratch, h->ring + at, first);
	memcpy(r->scratch + first, h->ring, n - first);
	return sk_span(r->scratch, n);
}

void sk_reassembly_history_compare(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, int64_t off, struct sk_span data)
{
	struct tcp_history *h = t->side[side].history;
	int64_t from, to;
	size_t n, at, first;

	if (!h)
		return;
	from = SK_MAX(off, h->from);
	to = SK_MIN(off + (int64_t)data.n, h->to);
	if (from >= to)
		return;
	n = (size_t)(to - from);
	at = (size_t)from % HISTORY_BYTES;
	first = SK_MIN(n, HISTORY_BYTES - at);
	data = sk_span_sub(data, (size_t)(from - off), n);
	if (memcmp(h->ring + at, data.p, first) == 0 && memcmp(h->ring, data.p + first, n - first) == 0)
		return;
	memcpy(r->scratch, h->ring + at, first);
	memcpy(r->scratch + first, h->ring, n - first);
	r->counters.overlap_different++;
	sk_reassembly_odd(r, t, side, ODD_OVERLAP, sk_span(r->scratch, n), data, from);
	sk_reassembly_other(r, t, side, data, from, SK_RUN_REPLACED);
}
