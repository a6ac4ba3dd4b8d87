/* reassembly/data.c — segments to runs: what is next goes on where it lies, what is early waits, what never comes is a gap.
 *
 * Bytes are passed on as they come in order, acknowledged or not: an IDS must not see later than the host. Three kinds wait:
 * early bytes behind a hole; doubtful bytes, which the receiver should have dropped (old timestamp, outside the window, no ACK,
 * on a SYN) and which count only when it acknowledges them; and nothing else.
 *
 * A hole becomes a gap when the receiver has acknowledged bytes behind its begin: they will never be sent again. But where
 * both directions come over different mirror ports an acknowledgement may overtake its data, so a hole gets one more packet:
 * it is given up when the receiver answers with data, when more data follows behind the hole, or after HOLE_WAIT_NS. A hole
 * of one byte with nothing behind it is more likely a FIN that was not captured: it waits until something follows.
 */
#include "reassembly/inside.h"

#define HOLE_WAIT_NS UINT64_C(50000000)

static int dir_of(const struct tcp_flow *t, unsigned side)
{
	return (int)(side ^ t->f->swapped);
}

static void give(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, struct sk_run *run, int64_t off)
{
	run->off = (uint64_t)(off - t->side[side].removed);
	run->time_ns = r->now_ns;
	r->run(r->cx, t->f, dir_of(t, side), run);
}

void sk_reassembly_other(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, struct sk_span bytes, int64_t off, uint8_t reading)
{
	struct sk_reading around = { .behind = 0 };
	struct sk_run run = { .data = bytes, .packet = r->number, .reading = reading, .around = &around };
	int64_t end = reading == SK_RUN_INSERTED ? off : t->side[side].next;

	if (!r->conf.readings || t->stopped || !bytes.n)
		return;
	around.tail = sk_reassembly_history_tail(r, &t->side[side], end);
	around.behind = end > off ? (uint64_t)(end - off) : 0;
	give(r, t, side, &run, off);
}

static void give_bytes(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, struct sk_span data, int64_t off,
		       uint64_t packet)
{
	struct sk_run run = { .data = data, .packet = packet };

	if (data.n == 0 || t->stopped)
		return;
	r->counters.bytes += data.n;
	give(r, t, side, &run, off);
}

/* Passes on data, which begins at next. */
static void pass_on(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, struct sk_span data, uint64_t packet)
{
	struct tcp_side *s = &t->side[side];
	int64_t off = s->next, urgent = s->urgent;

	if (data.n > (uint64_t)(s->fin - off))
		data.n = (size_t)(s->fin - off);
	if (data.n == 0)
		return;
	if (!t->stopped)
		sk_reassembly_history_add(r, s, data);
	s->next += (int64_t)data.n;
	if (SK_LIKELY(urgent < off || urgent >= s->next)) {
		give_bytes(r, t, side, data, off, packet);
		return;
	}
	s->urgent = -1;
	give_bytes(r, t, side, sk_span_sub(data, 0, (size_t)(urgent - off)), off, packet);
	sk_reassembly_odd(r, t, side, ODD_URGENT, sk_span_sub(data, (size_t)(urgent - off), 1), data, urgent);
	sk_reassembly_other(r, t, side, sk_span_sub(data, (size_t)(urgent - off), 1), urgent, SK_RUN_INSERTED);
	s->removed++;
	give_bytes(r, t, side, sk_span_sub(data, (size_t)(urgent - off) + 1, data.n), urgent + 1, packet);
}

/* Bytes up to `to` are missing. counted: they were there for the receiver, but not for us. */
static void pass_gap(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, int64_t to, uint64_t packet, bool counted)
{
	struct tcp_side *s = &t->side[side];
	int64_t off = s->next;
	struct sk_run run = { .packet = packet };

	to = SK_MIN(to, s->fin);
	if (to <= off)
		return;
	run.lost = (uint64_t)(to - off);
	s->next = to;
	if (counted) {
		r->counters.gaps++;
		r->counters.gap_bytes += run.lost;
	}
	if (!t->stopped)
		give(r, t, side, &run, off);
}

static void pass_counted_gap(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, int64_t to)
{
	int64_t off = t->side[side].next;

	pass_gap(r, t, side, to, r->number, true);
	sk_reassembly_odd(r, t, side, ODD_GAP, sk_span(NULL, 0), sk_span(NULL, 0), off);
}

static void pass_node(struct sk_reassembly *r, struct tcp_flow *t, unsigned side)
{
	struct tcp_side *s = &t->side[side];
	struct tcp_node *n = sk_reassembly_queue_pop(r, s);
	int64_t behind = s->next - n->off;	/* > 0 only where the begin of n has been passed on meanwhile */

	if (n->lost)
		pass_gap(r, t, side, node_end(n), n->packet, true);
	else if (behind < n->len)
		pass_on(r, t, side, sk_span_sub(node_span(n), (size_t)behind, n->len), n->packet);
	sk_reassembly_node_free(n);
}

void sk_reassembly_drain(struct sk_reassembly *r, struct tcp_flow *t, unsigned side)
{
	struct tcp_side *s = &t->side[side];

	while (s->queue && s->queue->first->off <= s->next) {
		struct tcp_node *n = s->queue->first;

		if (n->doubtful && node_end(n) > s->next && s->unanswered < UNANSWERED_MAX) {
			if (s->acked <= s->next)
				return;
			/* what lies behind the acknowledgement stays doubtful */
			if (s->acked < node_end(n))
				sk_reassembly_queue_split(r, s->queue, n, s->acked);
		}
		pass_node(r, t, side);
	}
}

static bool has_hole(const struct tcp_side *s)
{
	int64_t to = SK_MIN(s->acked, s->fin);

	return to > s->next + (s->queue || s->fin != NOWHERE ? 0 : 1);
}

void sk_reassembly_check_hole(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, bool now)
{
	struct tcp_side *s = &t->side[side];

	if (SK_LIKELY(s->acked <= s->next || !has_hole(s))) {
		s->hole_ns = 0;
		return;
	}
	sk_reassembly_drain(r, t, side);
	while (has_hole(s) && (s->flags & SIDE_SEEN)) {
		int64_t to = SK_MIN(s->acked, s->fin);
		bool waited = s->hole_ns && (s->queue || r->now_ns - s->hole_ns >= HOLE_WAIT_NS);

		if (!now && !waited) {
			if (!s->hole_ns)
				s->hole_ns = r->now_ns ? r->now_ns : 1;
			return;
		}
		pass_counted_gap(r, t, side, s->queue ? SK_MIN(to, s->queue->first->off) : to);
		sk_reassembly_drain(r, t, side);
	}
	s->hole_ns = 0;
}

/* Doubtful bytes at the begin, which hold up the others, and those behind the end, which no gap leads to. */
static void drop_doubtful(struct sk_reassembly *r, struct tcp_side *s)
{
	while (s->queue && ((s->queue->first->doubtful && s->queue->first->off <= s->next) || s->queue->first->off >= s->fin))
		sk_reassembly_node_free(sk_reassembly_queue_pop(r, s));
}

void sk_reassembly_relieve(struct sk_reassembly *r, struct tcp_flow *t, unsigned side)
{
	struct tcp_side *s = &t->side[side];

	drop_doubtful(r, s);
	sk_reassembly_drain(r, t, side);
	if (!s->queue)
		return;
	r->counters.limit++;
	sk_reassembly_odd(r, t, side, ODD_LIMIT, sk_span(NULL, 0), sk_span(NULL, 0), s->next);
	pass_counted_gap(r, t, side, s->queue->first->off);
	drop_doubtful(r, s);
	sk_reassembly_drain(r, t, side);
}

void sk_reassembly_tell_fin(struct sk_reassembly *r, struct tcp_flow *t, unsigned side)
{
	struct tcp_side *s = &t->side[side];
	struct sk_run run = { .data = { (const uint8_t *)"", 0 }, .packet = r->number, .fin = true,
			      .closed = s->next >= s->fin };

	if (s->flags & SIDE_FIN_TOLD || t->stopped)
		return;
	s->flags |= SIDE_FIN_TOLD;
	give(r, t, side, &run, s->next);
}

void sk_reassembly_flush(struct sk_reassembly *r, struct tcp_flow *t, unsigned side)
{
	struct tcp_side *s = &t->side[side];

	while (s->queue && !t->stopped) {
		struct tcp_node *n = s->queue->first;

		if (n->doubtful == DOUBT_DROPPED && s->acked <= n->off) {
			sk_reassembly_node_free(sk_reassembly_queue_pop(r, s));
			continue;
		}
		/* a hole nobody acknowledged was perhaps never sent: the reader must know, the loss counters need not */
		if (n->off > s->next)
			pass_gap(r, t, side, n->off, r->number, s->acked > s->next);
		if (s->queue && s->queue->first == n)
			pass_node(r, t, side);
	}
	if (s->flags & SIDE_SEEN && has_hole(s))
		pass_gap(r, t, side, SK_MIN(s->acked, s->fin), r->number, true);
	sk_reassembly_tell_fin(r, t, side);
}

static void enqueue(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct tcp_segment *seg)
{
	struct tcp_side *s = &t->side[side];

	if (t->stopped)
		return;
	r->counters.queued++;
	if (!sk_reassembly_queue_fill(r, t, side, seg))
		r->counters.memory++;
	while (s->queue && (s->queue->bytes > r->conf.max_bytes || s->queue->cnt > r->node_max))
		sk_reassembly_relieve(r, t, side);
}

/* A segment that begins at next: its bytes and what they release, each where the policy has left it. */
static void pass_segment(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct tcp_segment *seg)
{
	struct tcp_side *s = &t->side[side];
	int64_t end = seg->off + (int64_t)seg->data.n, all = end + seg->lost;

	while (s->next < all && s->next < s->fin) {
		struct tcp_node *n = s->queue ? s->queue->first : NULL;
		int64_t to = n && n->off < all ? n->off : all, bytes_to = SK_MIN(to, end), from = s->next;

		if (bytes_to > from)
			pass_on(r, t, side, sk_span_sub(seg->data, (size_t)(from - seg->off), (size_t)(bytes_to - from)), r->number);
		else if (to > from)
			pass_gap(r, t, side, to, r->number, true);
		else
			pass_node(r, t, side);
		if (t->stopped)
			s->next = SK_MAX(s->next, SK_MIN(all, s->fin));
	}
	sk_reassembly_drain(r, t, side);
}

/* Cuts off what was passed on before. False when nothing is left. */
static bool cut_old(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, struct tcp_segment *seg)
{
	struct tcp_side *s = &t->side[side];
	int64_t end = seg->off + (int64_t)seg->data.n, gone = s->next - seg->off;
	struct sk_span old = sk_span_sub(seg->data, 0, (size_t)gone);

	r->counters.retransmitted += old.n;
	sk_reassembly_history_compare(r, t, side, seg->off, old);
	if (end + seg->lost <= s->next)
		return false;
	if (gone > (int64_t)seg->data.n)
		seg->lost -= (uint32_t)(gone - (int64_t)seg->data.n);
	seg->data = sk_span_sub(seg->data, old.n, seg->data.n);
	seg->off = s->next;
	return true;
}

/* Bytes behind the end: no host takes them once the end is acknowledged; before that the end itself may be the forgery. */
static bool cut_at_fin(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, struct tcp_segment *seg)
{
	struct tcp_side *s = &t->side[side];
	int64_t end = seg->off + (int64_t)seg->data.n;

	if (end + seg->lost <= s->fin)
		return true;
	sk_reassembly_odd(r, t, side, ODD_FIN, seg->data, sk_span(NULL, 0), seg->off);
	if (s->acked <= s->fin && !(s->flags & SIDE_FIN_TOLD)) {
		s->fin = NOWHERE;
		return true;
	}
	seg->lost = 0;
	if (seg->off >= s->fin)
		return false;
	seg->data = sk_span_sub(seg->data, 0, (size_t)(s->fin - seg->off));
	return true;
}

/* The sender, of whose partner nothing is seen, goes on behind its SYN data: the partner must have taken them. */
static void trust_syn_data(struct tcp_flow *t, unsigned side, int64_t off)
{
	struct tcp_side *s = &t->side[side];

	if (s->queue && !(t->side[!side].flags & SIDE_SEEN) && s->queue->first->doubtful && s->queue->first->off == 0 &&
	    node_end(s->queue->first) == off && s->next == 0)
		s->queue->first->doubtful = false;
}

void sk_reassembly_take_data(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, struct tcp_segment seg)
{
	struct tcp_side *s = &t->side[side];
	int64_t end = seg.off + (int64_t)seg.data.n + seg.lost;

	r->counters.segments++;
	if (SK_LIKELY(seg.off == s->next && !s->queue && !seg.doubtful && !seg.lost && end <= s->fin)) {
		r->counters.in_order++;
		s->in_order += s->in_order < UINT8_MAX;
		s->seen = SK_MAX(s->seen, end);
		pass_on(r, t, side, seg.data, r->number);
		return;
	}
	if (seg.off < s->next && !cut_old(r, t, side, &seg))
		return;
	if (!cut_at_fin(r, t, side, &seg))
		return;
	if (seg.doubtful) {
		sk_reassembly_resolve(r, t, side, &seg);
		enqueue(r, t, side, &seg);
		return;
	}
	s->seen = SK_MAX(s->seen, seg.off + (int64_t)seg.data.n + seg.lost);
	trust_syn_data(t, side, seg.off);
	sk_reassembly_drain(r, t, side);
	sk_reassembly_resolve(r, t, side, &seg);
	if (seg.off > s->next && !t->stopped) {
		enqueue(r, t, side, &seg);
		sk_reassembly_check_hole(r, t, side, false);
		return;
	}
	r->counters.in_order++;
	s->in_order += s->in_order < UINT8_MAX;
	if (t->stopped)
		s->next = SK_MAX(s->next, SK_MIN(end, s->fin));
	else
		pass_segment(r, t, side, &seg);
}
