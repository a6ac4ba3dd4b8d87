/* reassembly/queue.c — what waits behind a hole: a treap of disjoint pieces, threaded in order.
 *
 * A treap keeps insertion in the middle logarithmic whatever the order of arrival; its priorities are random, so that a
 * sender cannot shape it. A flood of tiny pieces would cost more for bookkeeping than for bytes: beyond JOIN_FROM pieces
 * neighbours are joined into blocks. Joining forgets where a piece began (for overlap policies) and which packet brought it;
 * nobody needs either in a flood.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "reassembly/inside.h"

#define JOIN_FROM 256u			/* pieces */
#define JOIN_MAX 512u			/* bytes of a piece worth joining */
#define BLOCK_BYTES 2048u

static uint64_t cost(const struct tcp_node *n)
{
	return sizeof(*n) + n->size;
}

static uint32_t draw(struct sk_reassembly *r)
{
	r->random ^= r->random << 13;
	r->random ^= r->random >> 7;
	r->random ^= r->random << 17;
	return (uint32_t)(r->random >> 32);
}

struct tcp_node *sk_reassembly_queue_at(const struct tcp_queue *q, int64_t off)
{
	struct tcp_node *n = q->root, *best = NULL;

	if (node_end(q->last) <= off)
		return NULL;
	while (n) {
		if (node_end(n) > off) {
			best = n;
			n = n->left;
		} else {
			n = n->right;
		}
	}
	return best;
}

static void tree_add(struct tcp_queue *q, struct tcp_node *n)
{
	struct tcp_node **at = &q->root, **less = &n->left, **more = &n->right, *rest;

	while (*at && (*at)->prio >= n->prio)
		at = n->off < (*at)->off ? &(*at)->left : &(*at)->right;
	rest = *at;
	*at = n;
	/* split what hung there */
	while (rest) {
		if (rest->off < n->off) {
			*less = rest;
			less = &rest->right;
			rest = rest->right;
		} else {
			*more = rest;
			more = &rest->left;
			rest = rest->left;
		}
	}
	*less = NULL;
	*more = NULL;
}

static void tree_remove(struct tcp_queue *q, struct tcp_node *n)
{
	struct tcp_node **at = &q->root, *a = n->left, *b = n->right;

	while (*at != n)
		at = n->off < (*at)->off ? &(*at)->left : &(*at)->right;
	/* join both subtrees in its place */
	while (a && b) {
		if (a->prio >= b->prio) {
			*at = a;
			at = &a->right;
			a = a->right;
		} else {
			*at = b;
			at = &b->left;
			b = b->left;
		}
	}
	*at = a ? a : b;
}

static struct tcp_queue *queue_get(struct sk_reassembly *r, struct tcp_flow *t, unsigned side)
{
	struct tcp_queue *q = t->side[side].queue;

	if (q)
		return q;
	q = sk_mem_zalloc(sizeof(*q));
	if (!q)
		return NULL;
	q->flow = t;
	q->side = (uint8_t)side;
	q->older = r->newest;
	if (r->newest)
		r->newest->newer = q;
	else
		r->oldest = q;
	r->newest = q;
	t->side[side].queue = q;
	return q;
}

void sk_reassembly_queue_settle(struct sk_reassembly *r, struct tcp_side *s)
{
	struct tcp_queue *q = s->queue;

	if (!q || q->first)
		return;
	if (q->older)
		q->older->newer = q->newer;
	else
		r->oldest = q->newer;
	if (q->newer)
		q->newer->older = q->older;
	else
		r->newest = q->older;
	sk_mem_free(q);
	s->queue = NULL;
}

static void unlink_node(struct sk_reassembly *r, struct tcp_queue *q, struct tcp_node *n)
{
	tree_remove(q, n);
	if (n->prev)
		n->prev->next = n->next;
	else
		q->first = n->next;
	if (n->next)
		n->next->prev = n->prev;
	else
		q->last = n->prev;
	q->cnt--;
	if (!n->lost)
		q->bytes -= n->len;
	r->total -= cost(n);
}

static void link_node(struct sk_reassembly *r, struct tcp_queue *q, struct tcp_node *n, struct tcp_node *after)
{
	n->prio = draw(r);
	n->prev = after;
	n->next = after ? after->next : q->first;
	if (n->prev)
		n->prev->next = n;
	else
		q->first = n;
	if (n->next)
		n->next->prev = n;
	else
		q->last = n;
	tree_add(q, n);
	q->cnt++;
	if (!n->lost)
		q->bytes += n->len;
	r->total += cost(n);
	if (r->total > r->counters.waiting_max)
		r->counters.waiting_max = r->total;
}

void sk_reassembly_node_free(struct tcp_node *n)
{
	free(n);
}

struct tcp_node *sk_reassembly_queue_pop(struct sk_reassembly *r, struct tcp_side *s)
{
	struct tcp_node *n = s->queue->first;

	unlink_node(r, s->queue, n);
	sk_reassembly_queue_settle(r, s);
	return n;
}

void sk_reassembly_queue_drop(struct sk_reassembly *r, struct tcp_side *s)
{
	while (s->queue)
		sk_reassembly_node_free(sk_reassembly_queue_pop(r, s));
}

/* A node of size bytes (0 when lost), not linked. */
static struct tcp_node *node_new(int64_t off, uint32_t size, const struct tcp_segment *seg, uint64_t packet)
{
	struct tcp_node *n = malloc(sizeof(*n) + size);

	if (n)
		*n = (struct tcp_node){ .off = off, .packet = packet, .size = size, .doubtful = seg->doubtful };
	return n;
}

static bool joins(const struct tcp_node *n, const struct tcp_segment *piece)
{
	return n && !n->lost && n->doubtful == piece->doubtful;
}

/* Puts piece into a neighbour's spare room. after: the node before it, or NULL. */
static bool join(struct tcp_queue *q, struct tcp_node *after, const struct tcp_segment *piece)
{
	struct tcp_node *next = after ? after->next : q->first;
	uint32_t n = (uint32_t)piece->data.n;

	if (joins(after, piece) && node_end(after) == piece->off && n <= after->size - after->start - after->len) {
		memcpy(after->buf + after->start + after->len, piece->data.p, n);
		after->len += n;
	} else if (joins(next, piece) && piece->off + n == next->off && n <= next->start) {
		next->start -= n;
		memcpy(next->buf + next->start, piece->data.p, n);
		next->off -= n;		/* stays behind after: the tree's order is the same */
		next->len += n;
	} else {
		return false;
	}
	q->bytes += n;
	return true;
}

/* Adds a piece that overlaps no node, behind after. */
static bool add_piece(struct sk_reassembly *r, struct tcp_queue *q, struct tcp_node *after, const struct tcp_segment *piece)
{
	struct tcp_node *next = after ? after->next : q->first, *n;
	uint32_t len = (uint32_t)piece->data.n, size = len;
	bool ends_at_next = joins(next, piece) && piece->off + len == next->off;

	if (q->cnt >= JOIN_FROM && len <= JOIN_MAX) {
		if (join(q, after, piece))
			return true;
		if (ends_at_next || (joins(after, piece) && node_end(after) == piece->off))
			size = BLOCK_BYTES;
	}
	n = node_new(piece->off, size, piece, r->number);
	if (!n)
		return false;
	n->start = ends_at_next ? size - len : 0;
	n->len = len;
	memcpy(n->buf + n->start, piece->data.p, len);
	link_node(r, q, n, after);
	return true;
}

static bool add_lost(struct sk_reassembly *r, struct tcp_queue *q, struct tcp_node *after, const struct tcp_segment *seg,
		     int64_t from, int64_t to)
{
	struct tcp_node *n = node_new(from, 0, seg, r->number);

	if (!n)
		return false;
	n->lost = true;
	n->len = (uint32_t)(to - from);
	link_node(r, q, n, after);
	return true;
}

/* Fills the free places of [from, to); the bytes are seg's, or lost. */
static bool fill(struct sk_reassembly *r, struct tcp_queue *q, const struct tcp_segment *seg, int64_t from, int64_t to, bool lost)
{
	struct tcp_node *n = q->last ? sk_reassembly_queue_at(q, from) : NULL;
	struct tcp_node *after = n ? n->prev : q->last;

	while (from < to) {
		int64_t stop = n && n->off < to ? n->off : to;
		struct tcp_segment piece = { from, { NULL, 0 }, 0, seg->doubtful };

		if (from < stop && lost) {
			if (!add_lost(r, q, after, seg, from, stop))
				return false;
		} else if (from < stop) {
			piece.data = sk_span_sub(seg->data, (size_t)(from - seg->off), (size_t)(stop - from));
			if (!add_piece(r, q, after, &piece))
				return false;
		}
		if (!n)
			break;
		from = node_end(n);
		after = n;
		n = n->next;
	}
	return true;
}

bool sk_reassembly_queue_fill(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct tcp_segment *seg)
{
	struct tcp_queue *q = queue_get(r, t, side);
	int64_t end = seg->off + (int64_t)seg->data.n;
	bool ok = q && fill(r, q, seg, seg->off, end, false) && fill(r, q, seg, end, end + seg->lost, true);

	sk_reassembly_queue_settle(r, &t->side[side]);
	return ok;
}

struct tcp_node *sk_reassembly_queue_split(struct sk_reassembly *r, struct tcp_queue *q, struct tcp_node *n, int64_t off)
{
	uint32_t before = (uint32_t)(off - n->off), behind = n->len - before;
	struct tcp_segment like = { .doubtful = n->doubtful };
	struct tcp_node *m = node_new(off, n->lost ? 0 : behind, &like, n->packet);

	n->len = before;
	if (!n->lost)
		q->bytes -= behind;
	if (!m) {
		r->counters.memory++;
		return NULL;
	}
	m->len = behind;
	m->lost = n->lost;
	if (!m->lost)
		memcpy(m->buf, n->buf + n->start + before, behind);
	link_node(r, q, m, n);
	return m;
}

struct tcp_node *sk_reassembly_queue_cut(struct sk_reassembly *r, struct tcp_queue *q, struct tcp_node *n, int64_t from,
					 int64_t to)
{
	struct tcp_node *next = n->next;
	uint32_t gone;

	if (from > n->off && to < node_end(n)) {
		struct tcp_node *behind = sk_reassembly_queue_split(r, q, n, to);

		next = behind ? behind : next;
	}
	if (from <= n->off && to >= node_end(n)) {
		unlink_node(r, q, n);
		sk_reassembly_node_free(n);
		return next;
	}
	if (from <= n->off) {
		gone = (uint32_t)(to - n->off);
		n->off += gone;		/* no node lies between: the tree's order is the same */
		n->start += n->lost ? 0 : gone;
		next = n;
	} else {
		gone = (uint32_t)(node_end(n) - from);
	}
	n->len -= gone;
	if (!n->lost)
		q->bytes -= gone;
	return next;
}
