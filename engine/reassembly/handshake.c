/* reassembly/handshake.c — where streams begin: SYN, data on SYN, several SYNs, streams met in the middle; and resets.
 *
 * A decoy SYN or SYN-ACK must not lead the reading astray, so nothing about a beginning is final until the other side has
 * acknowledged it: other sequence numbers are remembered, and the acknowledgement chooses.
 *
 * source   RFC 9293 3.5 (handshake, simultaneous open), 3.10.7.3 (SYN-SENT); RFC 7413 (data on SYN); RFC 7323 3.2, 5;
 *          RFC 5961 3 (resets); Beardsley and Qian, The TCP Split Handshake (2010)
 */
#include "reassembly/inside.h"

/* Both ends have agreed on the beginning of this side's stream, or it is well under way. */
static bool is_settled(const struct tcp_side *s)
{
	return s->next > 0 || s->flags & SIDE_FIN_TOLD || (s->flags & (SIDE_SYN | SIDE_ACKED)) == (SIDE_SYN | SIDE_ACKED);
}

static void remember_isn(struct tcp_side *s, uint32_t isn)
{
	for (unsigned i = 0; i < s->other_isn_cnt; i++)
		if (s->other_isn[i] == isn)
			return;
	memmove(s->other_isn + 1, s->other_isn, sizeof(s->other_isn) - sizeof(s->other_isn[0]));
	s->other_isn[0] = isn;
	if (s->other_isn_cnt < SK_ARRAY_LEN(s->other_isn))
		s->other_isn_cnt++;
}

static void begin_at(struct sk_reassembly *r, struct tcp_side *s, uint32_t base)
{
	sk_reassembly_queue_drop(r, s);
	s->base = base;
	s->next = s->acked = s->seen = 0;
	s->edge = s->fin = NOWHERE;
	s->wild_ack = 0;
	s->flags = (uint16_t)((s->flags | SIDE_KNOWN) & ~SIDE_TENTATIVE);
}

/* Turns to a SYN remembered whose stream begins at base. */
static bool choose(struct sk_reassembly *r, struct tcp_side *s, uint32_t base)
{
	for (unsigned i = 0; i < s->other_isn_cnt; i++) {
		if (s->other_isn[i] + 1 != base)
			continue;
		s->other_isn[i] = s->base - 1;
		begin_at(r, s, base);
		return true;
	}
	return false;
}

/* The other side says ack: does it mean this side's SYN, or one remembered? */
static bool is_acked_by(struct sk_reassembly *r, struct tcp_side *s, uint32_t ack)
{
	int64_t a = offset_of(s, ack);

	if (a >= 0 && a <= SK_MAX(s->seen, s->syn_len) + 1)
		return true;
	return !is_settled(s) && choose(r, s, ack);
}

/* An answer to a SYN that echoes a timestamp the SYN did not carry is dropped by the host (Linux tcp_rcv_synsent_state_process;
 * hosts that did not offer timestamps take none). */
static bool echo_is_wrong(const struct tcp_side *me, const struct tcp_side *peer, const struct sk_packet *p)
{
	if (!(p->flags & SK_PACKET_HAS_TIMESTAMP) || !(peer->flags & SIDE_SYN) || me->flags & (SIDE_SYN | SIDE_ACKED) ||
	    peer->flags & SIDE_ACKED)
		return false;
	if (!(peer->flags & SIDE_TS))
		return true;
	return p->ts_ecr != 0 && ((int32_t)(p->ts_ecr - peer->ts_first) < 0 || (int32_t)(p->ts_ecr - peer->ts_recent) > 0);
}

static void take_syn_options(struct tcp_side *me, const struct sk_packet *p)
{
	me->flags &= (uint16_t)~SIDE_WSCALE;
	if (p->flags & SK_PACKET_HAS_WSCALE) {
		me->flags |= SIDE_WSCALE;
		me->wscale = (uint8_t)SK_MIN(p->wscale, SK_TCP_WSCALE_MAX);
	}
	if (!(p->flags & SK_PACKET_HAS_TIMESTAMP))
		return;
	if (!(me->flags & SIDE_TS))
		me->ts_first = p->ts_val;
	me->flags |= SIDE_TS;
	me->ts_recent = p->ts_val;
	me->ts_sec = (uint32_t)(p->time_ns / 1000000000u);
}

static void take_syn_data(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct sk_packet *p)
{
	struct tcp_segment seg = { 0, p->payload, 0, true };

	r->counters.syn_data++;
	t->side[side].syn_len = (uint16_t)SK_MIN(p->payload.n, UINT16_MAX);
	sk_reassembly_take_data(r, t, side, seg);
}

void sk_reassembly_syn(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct sk_packet *p)
{
	struct tcp_side *me = &t->side[side], *peer = &t->side[!side];
	bool known = me->flags & SIDE_KNOWN, repeated = known && p->seq + 1 == me->base, acks = p->tcp_flags & SK_TCP_ACK;

	if (echo_is_wrong(me, peer, p)) {
		r->counters.bad_timestamp++;
		remember_isn(me, p->seq);
		sk_reassembly_odd(r, t, side, ODD_TIMESTAMP, p->payload, sk_span(NULL, 0), 0);
		return;
	}
	if (acks && peer->flags & SIDE_SYN && !is_acked_by(r, peer, p->ack)) {
		r->counters.out_of_window++;
		remember_isn(me, p->seq);
		remember_isn(peer, p->ack - 1);
		sk_reassembly_odd(r, t, side, ODD_ACK, p->payload, sk_span(NULL, 0), 0);
		return;
	}
	if (known && !repeated && is_settled(me)) {
		t->has_reuse = true;
		t->reuse_isn = p->seq;
		t->reuse_side = (uint8_t)side;
		sk_reassembly_odd(r, t, side, ODD_SYN, p->payload, sk_span(NULL, 0), me->next);
		return;
	}
	if (known && !repeated && me->flags & SIDE_SYN) {
		remember_isn(me, me->base - 1);
		sk_reassembly_odd(r, t, side, ODD_ISN, p->payload, sk_span(NULL, 0), 0);
	}
	if (!acks && peer->flags & SIDE_SYN && !(me->flags & SIDE_SYN))
		sk_reassembly_odd(r, t, side, ODD_SPLIT, sk_span(NULL, 0), sk_span(NULL, 0), 0);
	if (!repeated)
		begin_at(r, me, p->seq + 1);
	me->flags = (uint16_t)((me->flags | SIDE_SYN) & ~SIDE_TENTATIVE);
	if (!is_settled(me))
		take_syn_options(me, p);
	if (acks && !(peer->flags & SIDE_KNOWN))
		begin_at(r, peer, p->ack);
	if (acks)
		sk_reassembly_take_ack(r, t, side, p);
	if (p->payload.n && me->next == 0)
		take_syn_data(r, t, side, p);
}

/* A stream met in the middle begins with its first data, whatever acknowledgements said before. */
static void settle_tentative(struct tcp_side *me, const struct sk_packet *p)
{
	int64_t moved;

	if (!(me->flags & SIDE_TENTATIVE) || (p->payload.n == 0 && !(p->tcp_flags & SK_TCP_FIN)))
		return;
	moved = offset_of(me, p->seq);
	me->base = p->seq;
	me->acked = SK_MAX(me->acked - moved, 0);
	if (me->edge != NOWHERE)
		me->edge -= moved;
	me->seen = 0;
	me->flags &= (uint16_t)~SIDE_TENTATIVE;
}

bool sk_reassembly_place(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct sk_packet *p)
{
	struct tcp_side *me = &t->side[side], *peer = &t->side[!side];
	bool carries = p->payload.n || p->tcp_flags & SK_TCP_FIN;

	if (echo_is_wrong(me, peer, p)) {
		r->counters.bad_timestamp++;
		sk_reassembly_odd(r, t, side, ODD_TIMESTAMP, p->payload, sk_span(NULL, 0), 0);
		return false;
	}
	if (me->flags & SIDE_KNOWN) {
		settle_tentative(me, p);
		if (!is_settled(me) && p->seq != me->base)
			(void)choose(r, me, p->seq);
		/* the third packet of the handshake says which of several SYN-ACKs it answers */
		if (p->tcp_flags & SK_TCP_ACK && peer->flags & SIDE_SYN && !is_settled(peer))
			(void)is_acked_by(r, peer, p->ack);
		return true;
	}
	/* in a split handshake the server acknowledges before it sends its own SYN: its number says nothing */
	if (peer->flags & SIDE_SYN && !carries)
		return true;
	begin_at(r, me, p->seq);
	if (!(peer->flags & SIDE_SYN) && !carries)
		me->flags |= SIDE_TENTATIVE;
	return true;
}

static bool rst_fits(const struct tcp_side *me, const struct tcp_side *peer, const struct sk_packet *p)
{
	int64_t off, a;

	/* who has not answered the other side's SYN yet must acknowledge it (RFC 9293 3.10.7.3) */
	if (peer->flags & SIDE_SYN && !(me->flags & (SIDE_KNOWN | SIDE_ACKED)) && !(peer->flags & SIDE_ACKED)) {
		a = offset_of(peer, p->ack);
		return p->tcp_flags & SK_TCP_ACK && a >= 0 && a <= SK_MAX(peer->seen, peer->syn_len) + 1;
	}
	if (!(me->flags & SIDE_KNOWN))
		return true;
	off = offset_of(me, p->seq);
	if (off == me->next || off == me->acked || (me->fin != NOWHERE && off >= me->fin && off <= me->fin + 1))
		return true;
	return off >= me->acked && off <= (me->edge != NOWHERE ? me->edge : me->next + UINT16_MAX);
}

/* A host answers a segment of a connection it does not have with what that segment acknowledged (RFC 9293 3.5.2). No news, no
 * forgery. */
static bool rst_is_stale(const struct tcp_side *me, const struct tcp_side *peer, const struct sk_packet *p)
{
	int64_t off = offset_of(me, p->seq);

	if (peer->last_ack && p->seq == peer->last_ack)
		return true;
	return me->flags & SIDE_KNOWN && off < me->acked && off >= me->acked - (int64_t)me->slack - UINT16_MAX;
}

void sk_reassembly_rst(struct sk_reassembly *r, struct tcp_flow *t, unsigned side, const struct sk_packet *p)
{
	struct tcp_side *me = &t->side[side], *peer = &t->side[!side];
	int64_t off = me->flags & SIDE_KNOWN ? offset_of(me, p->seq) : 0;

	if (p->payload.n)
		sk_reassembly_odd(r, t, side, ODD_RST_DATA, p->payload, sk_span(NULL, 0), off);
	/* hosts that have forgotten the connection send timestamps of 0 in resets */
	if ((p->ts_val && sk_reassembly_timestamp_old(me, p)) || echo_is_wrong(me, peer, p)) {
		r->counters.bad_rst++;
		sk_reassembly_odd(r, t, side, ODD_TIMESTAMP, p->payload, sk_span(NULL, 0), off);
		return;
	}
	if (!rst_fits(me, peer, p)) {
		r->counters.bad_rst++;
		if (!rst_is_stale(me, peer, p))
			sk_reassembly_odd(r, t, side, ODD_RST, p->payload, sk_span(NULL, 0), off);
		return;
	}
	if (t->f->state == SK_FLOW_ESTABLISHED) {
		me->flags |= SIDE_RST;
		me->rst = off;
	}
	if (t->f->state != SK_FLOW_CLOSED)
		t->f->state = SK_FLOW_RESET;
}
