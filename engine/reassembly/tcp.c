/* reassembly/tcp.c — one packet of a connection: whose it is, what it may say, what state the connection is in then.
 *
 * The reading follows what the receiver keeps. Where that cannot be known it prefers to read too much and say so: a reset or
 * an end that its alleged sender contradicts is taken back, a dropped segment that is acknowledged after all still counts.
 *
 *	begin.c       half-open connections      handshake.c where streams begin
 *	data.c        what is passed on, what waits, what is lost
 *	overlap.c     two readings               queue.c     the waiting pieces
 */
#include <stdlib.h>

#include "base/rd.h"
#include "reassembly/inside.h"

SK_COUNTER_TABLE(reassembly, SK_REASSEMBLY_COUNTERS)

const char *const sk_reassembly_oddity_names[] = {
#define X(id, name, help) name,
	SK_REASSEMBLY_ODDITIES(X)
#undef X
	NULL
};

#define SLAB_FLOWS 128u
#define TTL_FAR 8u			/* hops; routes change by fewer */
#define WILD_NEAR (INT64_C(1) << 20)
#define PAWS_AGE_SEC 2073600u		/* 24 days: RFC 7323 5.5 */
#define ONE_SIDED_SEGMENTS 4u

struct slab {
	struct slab *next;
	struct tcp_flow flows[SLAB_FLOWS];
};

struct sk_reassembly *sk_reassembly_new(const struct sk_reassembly_conf *conf, sk_reassembly_run_fn *run,
					sk_reassembly_oddity_fn *oddity, void *cx)
{
	struct sk_reassembly *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->conf = *conf;
	r->run = run;
	r->oddity = oddity;
	r->cx = cx;
	r->random = sk_seed_draw().k[0] | 1;
	r->node_max = (uint32_t)SK_MIN(conf->max_bytes / 16 + 64, UINT32_MAX);
	return r;
}

void sk_reassembly_free(struct sk_reassembly *r)
{
	struct slab *s, *next;
	struct tcp_history *h, *later;

	if (!r)
		return;
	for (s = r->slabs; s; s = next) {
		next = s->next;
		free(s);
	}
	for (h = r->history_unused; h; h = later) {
		later = h->newer;
		free(h);
	}
	sk_reassembly_begin_fini(r);
	free(r);
}

uint64_t sk_reassembly_bytes(const struct sk_reassembly_conf *conf, uint64_t flows)
{
	return (flows / SLAB_FLOWS + 1) * (sizeof(struct slab) + 64) + flows * sk_reassembly_begin_bytes() + HISTORIES_MAX * (sizeof(struct tcp_history) + 16) + conf->max_total +
	       sizeof(struct sk_reassembly);
}

static struct tcp_flow *flow_take(struct sk_reassembly *r)
{
	struct tcp_flow *t = r->unused;
	struct slab *s;

	if (!t) {
		s = malloc(sizeof(*s));
		if (!s)
			return NULL;
		s->next = r->slabs;
		r->slabs = s;
		for (unsigned i = 0; i < SLAB_FLOWS; i++) {
			s->flows[i].f = (struct sk_flow *)(void *)r->unused;
			r->unused = &s->flows[i];
		}
		t = r->unused;
	}
	r->unused = (struct tcp_flow *)(void *)t->f;
	return t;
}

struct tcp_flow *sk_reassembly_flow_new(struct sk_reassembly *r, struct sk_flow *f)
{
	struct tcp_flow *t = flow_take(r);

	if (!t)
		return NULL;
	memset(t, 0, sizeof(*t));
	t->f = f;
	for (unsigned i = 0; i < 2; i++) {
		struct tcp_side *s = &t->side[i];
		/* who receives what this side sends decides */
		const struct sk_addr *to = (i ^ f->swapped) == SK_TO_SERVER ? &f->info.server_ip : &f->info.client_ip;

		s->edge = s->fin = NOWHERE;
		s->urgent = -1;
		s->policy = (uint8_t)sk_policies_find(r->conf.policies, to);
	}
	f->tcp = t;
	return t;
}

void sk_reassembly_odd(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, unsigned what, struct sk_span bytes,
		       struct sk_span other, int64_t off)
{
	if (!r->oddity || !r->packet || t->stopped || t->told[what] >= SK_REASSEMBLY_ODDITY_MAX)
		return;
	t->told[what]++;
	r->oddity(r->cx, t->f, (int)(side ^ t->f->swapped), r->packet, sk_reassembly_oddity_names[what], bytes, other,
		  (uint64_t)SK_MAX(off, 0));
}

/* Older than what the receiver has seen last (RFC 7323 5.3); Linux forgives one tick, and a zero at the begin. */
bool sk_reassembly_timestamp_old(const struct tcp_side *s, const struct sk_packet *p)
{
	int32_t forgiven = s->policy == SK_POLICY_LINUX || s->policy == SK_POLICY_OLD_LINUX;

	if (!(p->flags & SK_PACKET_HAS_TIMESTAMP) || !(s->flags & SIDE_TS) || s->ts_recent == 0)
		return false;
	if ((int32_t)(s->ts_recent - p->ts_val) <= forgiven)
		return false;
	return (uint32_t)(p->time_ns / 1000000000u) - s->ts_sec < PAWS_AGE_SEC;
}

static void take_timestamp(struct tcp_side *s, const struct sk_packet *p, int64_t off)
{
	if (!(p->flags & SK_PACKET_HAS_TIMESTAMP) || off > s->next)
		return;
	if (!(s->flags & SIDE_TS))
		s->ts_first = p->ts_val;
	s->flags |= SIDE_TS;
	s->ts_recent = p->ts_val;
	s->ts_sec = (uint32_t)(p->time_ns / 1000000000u);
}

/* How far the window of a packet reaches, bytes. Where a handshake was not seen the largest scale is assumed. */
static int64_t window_of(const struct tcp_side *me, const struct tcp_side *peer, const struct sk_packet *p)
{
	if (p->tcp_flags & SK_TCP_SYN)
		return p->window;
	if (!(me->flags & SIDE_SYN) || !(peer->flags & SIDE_SYN))
		return (int64_t)p->window << 14;
	return (int64_t)p->window << (me->flags & peer->flags & SIDE_WSCALE ? me->wscale : 0);
}

/* Whether an acknowledgement up to a can be true. One far beyond all that was seen waits for a second one: so a single forged
 * one cannot make us skip, and a capture that lost much finds back. far: only such ones are asked for. */
static bool ack_is_plausible(struct tcp_side *peer, int64_t a, bool far)
{
	int64_t known = peer->edge == NOWHERE ? peer->seen : SK_MAX(peer->seen, peer->edge);

	if (a <= known + SK_MAX(peer->slack, UINT16_MAX) + 1)
		return !far;
	if (peer->wild_ack && a >= peer->wild_ack && a - peer->wild_ack <= WILD_NEAR)
		return true;
	peer->wild_ack = a;
	return false;
}

/* An acknowledgement of bytes of a side that has not sent a packet we saw. */
static void ack_unseen(struct tcp_flow *t, const struct tcp_side *me, struct tcp_side *peer, const struct sk_packet *p)
{
	if (peer->flags & SIDE_KNOWN && (int32_t)(p->ack - peer->base) > 0)
		t->acks_advance = true;
	if (!(peer->flags & SIDE_KNOWN)) {
		peer->base = p->ack;
		peer->flags |= (uint16_t)(SIDE_KNOWN | (me->flags & SIDE_SYN ? 0 : SIDE_TENTATIVE));
	} else if (peer->flags & SIDE_TENTATIVE) {
		peer->base = p->ack;
	} else {
		peer->acked = SK_MAX(peer->acked, offset_of(peer, p->ack));
	}
	peer->flags |= SIDE_ACKED;
}

static void take_ack(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct sk_packet *p, bool far)
{
	struct tcp_side *me = &t->side[side], *peer = &t->side[!side];
	int64_t a, window;

	if (!(peer->flags & SIDE_SEEN) || !(peer->flags & SIDE_KNOWN)) {
		ack_unseen(t, me, peer, p);
		return;
	}
	a = offset_of(peer, p->ack);
	if (SK_UNLIKELY(peer->flags & SIDE_TENTATIVE && a > 0)) {
		peer->base = p->ack;
		peer->edge = NOWHERE;
		a = 0;
	}
	if (SK_UNLIKELY(!ack_is_plausible(peer, a, far))) {
		if (!far)
			sk_reassembly_odd(r, t, side, ODD_FAR_ACK, sk_span(NULL, 0), sk_span(NULL, 0), me->next);
		return;
	}
	peer->unanswered = 0;
	window = window_of(me, peer, p);
	peer->slack = SK_MAX(peer->slack, (uint32_t)SK_MAX(window, UINT16_MAX));
	if (peer->edge == NOWHERE || a + window > peer->edge)
		peer->edge = a + window;
	if (a >= 0)
		peer->flags |= SIDE_ACKED;
	if (a > peer->acked)
		peer->acked = a;
	if (peer->history && peer->acked >= peer->next)
		sk_reassembly_history_drop(r, peer);
	sk_reassembly_check_hole(r, t, !side, p->payload.n != 0);
	if (SK_UNLIKELY(peer->next >= peer->fin && peer->acked > peer->fin))
		sk_reassembly_tell_fin(r, t, !side);
}

void sk_reassembly_take_ack(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct sk_packet *p)
{
	take_ack(r, t, side, p, false);
}

/* Payload bytes the snap length has cut off. */
static uint32_t cut_bytes(const struct sk_packet *p)
{
	struct sk_rd rd = sk_rd(p->ip);
	size_t total;

	if (SK_LIKELY(!(p->flags & SK_PACKET_CUT)))
		return 0;
	if (p->src.family == 4) {
		sk_rd_skip(&rd, 2);
		total = sk_rd_u16be(&rd);
	} else {
		sk_rd_skip(&rd, 4);
		total = (size_t)sk_rd_u16be(&rd) + 40;
	}
	return sk_rd_ok(&rd) && total > p->ip.n ? (uint32_t)(total - p->ip.n) : 0;
}

/* Where a segment lies against the window: inside, beyond what the receiver offered, or out of all reach. */
enum reach { REACH_OK, REACH_BEYOND, REACH_NONE };

static enum reach reach_of(const struct tcp_side *me, int64_t off)
{
	if (SK_LIKELY(off < me->edge))
		return REACH_OK;
	return off <= me->edge + me->slack ? REACH_BEYOND : REACH_NONE;
}

/* True for data that may not have reached the receiver. */
static bool look_at_ttl(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct sk_packet *p, int64_t off)
{
	struct tcp_side *me = &t->side[side];

	if (SK_UNLIKELY(p->ttl > me->ttl))
		me->ttl = p->ttl;
	if (SK_LIKELY((unsigned)(me->ttl - p->ttl) < TTL_FAR) || p->payload.n == 0 || off + (int64_t)p->payload.n <= me->next)
		return false;
	sk_reassembly_odd(r, t, side, ODD_TTL, p->payload, sk_span(NULL, 0), off);
	return true;
}

/* Only the newest pointer counts; the byte before it leaves the stream (RFC 6093 3.1). Linux reads 0 as the first byte. */
static void take_urgent(struct sk_reassembly *r, struct tcp_side *me, const struct sk_packet *p, int64_t off)
{
	bool linux_host = me->policy == SK_POLICY_LINUX || me->policy == SK_POLICY_OLD_LINUX;
	int64_t at = off + (p->urgent ? p->urgent - 1 : 0);

	if (p->payload.n == 0 || (p->urgent == 0 && !linux_host))
		return;
	r->counters.urgent++;
	if (at >= me->next && at > me->urgent)
		me->urgent = at;
}

static void take_fin(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, int64_t at)
{
	struct tcp_side *me = &t->side[side];

	if (at == me->fin)
		return;
	/* an end within what is known already, or another end than the one acknowledged, is no end */
	if (at < me->seen || at < me->next || (me->fin != NOWHERE && me->acked > me->fin)) {
		if (me->fin == NOWHERE)
			sk_reassembly_odd(r, t, side, ODD_FIN, sk_span(NULL, 0), sk_span(NULL, 0), at);
		return;
	}
	me->fin = at;
}

/* The alleged sender of a reset goes on: it sends new bytes, or acknowledges more than before. */
static void doubt_rst(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct sk_packet *p, int64_t off)
{
	struct tcp_side *me = &t->side[side], *peer = &t->side[!side];
	bool sends = p->payload.n && off >= me->rst && off + (int64_t)p->payload.n > me->next;
	bool acks = p->tcp_flags & SK_TCP_ACK && peer->flags & SIDE_KNOWN && offset_of(peer, p->ack) > peer->acked;

	if (!sends && !acks)
		return;
	sk_reassembly_odd(r, t, side, ODD_RST, p->payload, sk_span(NULL, 0), me->rst);
	me->flags &= (uint16_t)~SIDE_RST;
	t->f->state = SK_FLOW_ESTABLISHED;
}

/* Says whether the receiver should drop what p brings, and tells why. Nothing new is nothing to drop. */
static bool is_doubtful(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct sk_packet *p, int64_t off,
			bool old_ts)
{
	const struct tcp_side *me = &t->side[side];

	if (SK_UNLIKELY(off + (int64_t)p->payload.n <= me->next && !(p->tcp_flags & SK_TCP_FIN)))
		return false;
	if (SK_UNLIKELY(old_ts)) {
		r->counters.bad_timestamp++;
		sk_reassembly_odd(r, t, side, ODD_TIMESTAMP, p->payload, sk_span(NULL, 0), off);
		return true;
	}
	if (SK_UNLIKELY(!(p->tcp_flags & SK_TCP_ACK))) {
		sk_reassembly_odd(r, t, side, ODD_NO_ACK, p->payload, sk_span(NULL, 0), off);
		return true;
	}
	if (SK_UNLIKELY(p->payload.n && reach_of(me, off) == REACH_BEYOND)) {
		r->counters.out_of_window++;
		return true;
	}
	return false;
}

static void segment(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct sk_packet *p)
{
	struct tcp_side *me = &t->side[side];
	struct tcp_segment seg = { 0, p->payload, 0, DOUBT_NONE };
	bool far, old_ts = sk_reassembly_timestamp_old(me, p), carries = p->payload.n || p->tcp_flags & SK_TCP_FIN;

	if (!sk_reassembly_place(r, t, side, p))
		return;
	if (!(me->flags & SIDE_KNOWN)) {
		if (p->tcp_flags & SK_TCP_ACK)
			sk_reassembly_take_ack(r, t, side, p);
		return;
	}
	seg.off = offset_of(me, p->seq);
	if (SK_UNLIKELY(seg.off > me->next && reach_of(me, seg.off) == REACH_NONE)) {
		r->counters.out_of_window++;
		sk_reassembly_odd(r, t, side, ODD_WINDOW, p->payload, sk_span(NULL, 0), seg.off);
		/* where a capture lost more than a window of both directions, only acknowledgements far out lead on */
		if (p->tcp_flags & SK_TCP_ACK && me->flags & SIDE_ACKED)
			take_ack(r, t, side, p, true);
		return;
	}
	if (SK_UNLIKELY(me->flags & SIDE_RST))
		doubt_rst(r, t, side, p, seg.off);
	far = look_at_ttl(r, t, side, p, seg.off);
	if (!old_ts && p->tcp_flags & SK_TCP_ACK)
		sk_reassembly_take_ack(r, t, side, p);
	if (carries) {
		if (SK_UNLIKELY(++me->unanswered > UNANSWERED_MAX)) {
			me->unanswered = UNANSWERED_MAX;
			me->edge = NOWHERE;	/* the other direction is seen no more: so its window is not known */
		}
		seg.lost = cut_bytes(p);
		seg.doubtful = is_doubtful(r, t, side, p, seg.off, old_ts) ? DOUBT_DROPPED : far ? DOUBT_FAR : DOUBT_NONE;
		if (SK_UNLIKELY(p->tcp_flags & SK_TCP_URG) && !seg.doubtful)
			take_urgent(r, me, p, seg.off);
		if (seg.data.n || seg.lost)
			sk_reassembly_take_data(r, t, side, seg);
		if (SK_UNLIKELY(p->tcp_flags & SK_TCP_FIN) && !seg.doubtful)
			take_fin(r, t, side, seg.off + (int64_t)p->payload.n + seg.lost);
	}
	if (!old_ts && !seg.doubtful)
		take_timestamp(me, p, seg.off);
}

static bool has_ended(const struct tcp_side *s)
{
	return s->next >= s->fin;
}

static void update_state(struct tcp_flow *t, unsigned side)
{
	const struct tcp_side *me = &t->side[side], *peer = &t->side[!side];
	bool both = me->flags & peer->flags & SIDE_ACKED, alone = !(peer->flags & SIDE_SEEN);

	if (t->f->state == SK_FLOW_RESET)
		return;
	if (has_ended(me) && (has_ended(peer) || alone)) {
		t->f->state = SK_FLOW_CLOSED;
		return;
	}
	if (t->f->state != SK_FLOW_NEW)
		return;
	/* of a flow with one side the handshake cannot be seen: it counts as done when that side evidently went on */
	if ((both && me->flags & peer->flags & SIDE_SEEN) || (alone && me->flags & SIDE_SYN && me->next > 0) ||
	    (alone && (t->acks_advance || me->in_order >= ONE_SIDED_SEGMENTS)))
		t->f->state = SK_FLOW_ESTABLISHED;
}

static void forget(struct sk_reassembly *r, struct tcp_flow *t)
{
	for (unsigned i = 0; i < 2; i++) {
		sk_reassembly_queue_drop(r, &t->side[i]);
		sk_reassembly_history_drop(r, &t->side[i]);
	}
}

/* Too much waits in all flows together: those go first that have waited longest. */
static void relieve_worker(struct sk_reassembly *r)
{
	while (SK_UNLIKELY(r->total > r->conf.max_total && r->oldest)) {
		struct tcp_flow *t = r->oldest->flow;

		r->number = t->number;
		sk_reassembly_relieve(r, t, r->oldest->side);
		if (t->stopped)
			forget(r, t);
	}
}

static uint32_t ip_id(const struct sk_packet *p)
{
	return p->src.family == 4 && p->ip.n >= 6 ? (uint32_t)p->ip.p[4] << 8 | p->ip.p[5] : 0;
}

uint32_t sk_reassembly_print(const struct sk_packet *p)
{
	return (p->seq * 0x9e3779b1u) ^ (p->ack * 0x85ebca6bu) ^ (ip_id(p) << 16 | p->window) ^ ((uint32_t)p->payload.n << 8 | p->tcp_flags);
}

/* The same packet as one of the last of its side: a mirror that copies what comes in and what goes out shows all packets twice. A
 * host that sends again uses another IP id, or in IPv6 waits until more than four other packets have gone by. */
static bool is_duplicate(struct tcp_side *s, const struct sk_packet *p)
{
	uint32_t print = sk_reassembly_print(p);

	if (ip_id(p) == 0 && p->payload.n == 0 && !(p->tcp_flags & (SK_TCP_SYN | SK_TCP_FIN)))
		return false;
	for (unsigned i = 0; i < SK_ARRAY_LEN(s->recent); i++)
		if (SK_UNLIKELY(s->recent[i] == print))
			return true;
	s->recent[s->recent_at++ % SK_ARRAY_LEN(s->recent)] = print;
	return false;
}

/* What capturing has done to the packet. */
static void look_at_capture(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct sk_packet *p)
{
	struct tcp_side *me = &t->side[side], *peer = &t->side[!side];

	if (SK_UNLIKELY(is_duplicate(me, p)))
		r->counters.duplicated++;
	if (p->tcp_flags & SK_TCP_SYN)
		me->mss = p->mss;
	else if (SK_UNLIKELY(peer->mss && p->payload.n > peer->mss))
		r->counters.merged++;
}

/* The receiver drops it, unless the checksum was right on the wire: so what it acknowledges counts, as of other segments it should
 * drop. Nothing but the bytes is believed. */
static void bad_checksum(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct sk_packet *p)
{
	struct tcp_side *me = &t->side[side];
	struct tcp_segment seg = { 0, p->payload, 0, DOUBT_DROPPED };

	if (t->ignored || t->stopped || p->payload.n == 0 || p->tcp_flags & (SK_TCP_SYN | SK_TCP_RST) || !(me->flags & SIDE_KNOWN))
		return;
	r->counters.bad_checksum++;
	seg.off = offset_of(me, p->seq);
	if (reach_of(me, seg.off) != REACH_OK || seg.off + (int64_t)seg.data.n <= me->next)
		return;
	r->packet = p;
	r->now_ns = p->time_ns;
	r->number = t->number = p->number;
	r->busy = true;
	sk_reassembly_take_data(r, t, side, seg);
	relieve_worker(r);
	r->busy = false;
	r->packet = NULL;
}

static struct tcp_flow *flow_of(struct sk_reassembly *r, struct sk_flow *f, const struct sk_packet *p)
{
	struct tcp_flow *t;

	if (f->tcp)
		return sk_reassembly_unfold(r, f);
	t = sk_reassembly_flow_new(r, f);
	if (!t)
		return NULL;
	sk_reassembly_count_state(r);
	t->ignored = !r->conf.midstream && !(p->tcp_flags & SK_TCP_SYN);
	return t;
}

void sk_reassembly_packet(struct sk_reassembly *r, struct sk_flow *f, int dir, const struct sk_packet *p)
{
	struct tcp_flow *t = f->tcp;
	unsigned side = (unsigned)dir ^ f->swapped;

	if (SK_UNLIKELY(p->flags & (SK_PACKET_NO_TRANSPORT | SK_PACKET_FRAGMENT)))
		return;
	if (SK_UNLIKELY(p->flags & SK_PACKET_BAD_CHECKSUM && !t))
		return;
	if (SK_UNLIKELY(!t || sk_reassembly_is_begin(f))) {
		if (!(p->flags & SK_PACKET_BAD_CHECKSUM) && sk_reassembly_begin(r, f, side, p))
			return;
		t = flow_of(r, f, p);
		if (!t) {
			r->counters.memory++;
			return;
		}
	}
	if (SK_UNLIKELY(p->flags & SK_PACKET_BAD_CHECKSUM)) {
		bad_checksum(r, t, side, p);
		return;
	}
	r->packet = p;
	r->now_ns = p->time_ns;
	r->number = t->number = p->number;
	r->busy = true;
	t->side[side].flags |= SIDE_SEEN;
	look_at_capture(r, t, side, p);
	if (SK_UNLIKELY(p->tcp_flags & SK_TCP_RST)) {
		if (!t->ignored)
			sk_reassembly_rst(r, t, side, p);
		else
			f->state = SK_FLOW_RESET;
	} else if (SK_UNLIKELY(p->tcp_flags & SK_TCP_SYN)) {
		t->ignored = false;
		if (f->state == SK_FLOW_RESET && t->side[0].next + t->side[1].next == 0)
			f->state = SK_FLOW_NEW;
		sk_reassembly_syn(r, t, side, p);
	} else if (!t->ignored) {
		/* a reset during the handshake that the connection survived */
		if (SK_UNLIKELY(f->state == SK_FLOW_RESET) && !((t->side[0].flags | t->side[1].flags) & SIDE_RST) && p->payload.n)
			f->state = SK_FLOW_NEW;
		segment(r, t, side, p);
	}
	if (p->tcp_flags & SK_TCP_ACK)
		t->side[side].last_ack = p->ack;
	update_state(t, side);
	relieve_worker(r);
	if (SK_UNLIKELY(t->stopped))
		forget(r, t);
	r->busy = false;
	r->packet = NULL;
}

/* Ends both directions of a connection without any bytes. */
static void end_begin(struct sk_reassembly *r, struct sk_flow *f, uint64_t now_ns)
{
	const struct sk_run run = { .data = { (const uint8_t *)"", 0 }, .packet = f->number, .time_ns = now_ns, .fin = true };

	for (int dir = 0; dir < 2 && sk_reassembly_is_begin(f); dir++)
		r->run(r->cx, f, dir, &run);
	if (sk_reassembly_is_begin(f))
		sk_reassembly_begin_drop(r, f);
}

void sk_reassembly_flow_end(struct sk_reassembly *r, struct sk_flow *f, uint64_t now_ns)
{
	struct tcp_flow *t;

	r->states -= f->tcp != NULL;
	if (sk_reassembly_is_begin(f))
		end_begin(r, f, now_ns);
	t = f->tcp;
	if (!t)
		return;
	r->packet = NULL;
	r->now_ns = now_ns;
	r->number = t->number;
	r->busy = true;
	for (unsigned dir = 0; dir < 2 && !t->ignored; dir++)
		sk_reassembly_flush(r, t, dir ^ f->swapped);
	forget(r, t);
	r->busy = false;
	f->tcp = NULL;
	t->f = (struct sk_flow *)(void *)r->unused;
	r->unused = t;
}

void sk_reassembly_stop(struct sk_reassembly *r, struct sk_flow *f)
{
	struct tcp_flow *t = sk_reassembly_is_begin(f) ? sk_reassembly_unfold(r, f) : f->tcp;

	if (!t)
		return;
	t->stopped = true;
	if (!r->busy)
		forget(r, t);
}

bool sk_reassembly_is_reuse(const struct sk_flow *f, const struct sk_packet *p, int dir)
{
	const struct tcp_flow *t = f->tcp;
	unsigned side = (unsigned)dir ^ f->swapped;
	bool over = f->state == SK_FLOW_CLOSED || f->state == SK_FLOW_RESET;
	const struct tcp_side *me, *peer;

	if (SK_LIKELY(!(p->tcp_flags & SK_TCP_SYN)) || p->tcp_flags & SK_TCP_RST || p->flags & SK_PACKET_BAD_CHECKSUM)
		return false;
	if (!t || sk_reassembly_is_begin(f))
		return over;
	me = &t->side[side];
	peer = &t->side[!side];
	if (!(p->tcp_flags & SK_TCP_ACK)) {
		bool other = !(me->flags & SIDE_SYN) || p->seq + 1 != me->base;

		/* in an open connection only the answer of the other side tells; where no other side is seen there is none to come */
		return other && (over || (!(peer->flags & SIDE_SEEN) && me->next > 0));
	}
	if (t->has_reuse && t->reuse_side == !side && p->ack == t->reuse_isn + 1)
		return true;
	return over && me->flags & SIDE_KNOWN && p->seq + 1 != me->base && peer->flags & SIDE_KNOWN && p->ack != peer->base &&
	       offset_of(peer, p->ack) > peer->seen + 1;
}

const struct sk_reassembly_counters *sk_reassembly_counters(const struct sk_reassembly *r)
{
	return &r->counters;
}
