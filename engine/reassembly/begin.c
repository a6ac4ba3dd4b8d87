/* reassembly/begin.c — connections of which only a SYN, or a SYN and its answer, were seen.
 *
 * Most of what a flood or a scan leaves behind is that, so it is kept in 56 bytes instead of a struct tcp_flow. Any packet that is not
 * one of these two, or one of them again, unfolds the connection: what tcp.c and handshake.c had made of the packets is written down
 * as they would have.
 *
 * memory   from a pool of the worker; f->tcp points to it with the lowest bit set
 * limits   of packets that come again only the latest is known as such (duplicated)
 */
#include <stdlib.h>

#include "reassembly/inside.h"

#define SLAB_BYTES 65536u

/* What a SYN says. */
struct hello {
	uint32_t seq, print;
	uint32_t ts, ts_first, ts_sec;
	uint16_t window, mss;
	uint8_t wscale;
	uint8_t flags;			/* SIDE_SEEN, SIDE_TS, SIDE_WSCALE */
};

struct tcp_begin {
	union {
		struct hello side[2];	/* who sent the SYN, who answered */
		struct tcp_begin *next;	/* unused */
	} u;
};

_Static_assert((SIDE_SEEN | SIDE_TS | SIDE_WSCALE) <= UINT8_MAX, "they are kept in a byte");

struct begin_slab {
	struct begin_slab *next;
	struct tcp_begin begins[(SLAB_BYTES - sizeof(void *)) / sizeof(struct tcp_begin)];
};

static struct tcp_begin *begin_of(const struct sk_flow *f)
{
	return (struct tcp_begin *)((uintptr_t)f->tcp & ~(uintptr_t)1);
}

uint64_t sk_reassembly_begin_bytes(void)
{
	return sizeof(struct tcp_begin);
}

void sk_reassembly_begin_fini(struct sk_reassembly *r)
{
	struct begin_slab *s, *next;

	for (s = r->begin_slabs; s; s = next) {
		next = s->next;
		free(s);
	}
}

static struct tcp_begin *take(struct sk_reassembly *r)
{
	struct tcp_begin *b = r->begin_unused;
	struct begin_slab *s;

	if (b) {
		r->begin_unused = b->u.next;
		return b;
	}
	if (r->begin_fresh == 0) {
		s = malloc(sizeof(*s));
		if (!s)
			return NULL;
		s->next = r->begin_slabs;
		r->begin_slabs = s;
		r->begin_fresh = (uint32_t)SK_ARRAY_LEN(s->begins);
	}
	s = r->begin_slabs;
	return &s->begins[SK_ARRAY_LEN(s->begins) - r->begin_fresh--];
}

void sk_reassembly_begin_drop(struct sk_reassembly *r, struct sk_flow *f)
{
	struct tcp_begin *b = begin_of(f);

	f->tcp = NULL;
	b->u.next = r->begin_unused;
	r->begin_unused = b;
}

/* As echo_is_wrong in handshake.c, of the first answer to a SYN. */
static bool answers(const struct hello *c, const struct sk_packet *p)
{
	if (p->ack != c->seq + 1)
		return false;
	if (!(p->flags & SK_PACKET_HAS_TIMESTAMP))
		return true;
	return c->flags & SIDE_TS && (p->ts_ecr == 0 || ((int32_t)(p->ts_ecr - c->ts_first) >= 0 && (int32_t)(p->ts_ecr - c->ts) <= 0));
}

static bool fits(const struct tcp_begin *b, unsigned side, const struct sk_packet *p)
{
	unsigned flags = p->tcp_flags & (SK_TCP_SYN | SK_TCP_ACK | SK_TCP_RST | SK_TCP_FIN);

	if (p->payload.n)
		return false;
	if (side == 0)
		return flags == SK_TCP_SYN && (!b || p->seq == b->u.side[0].seq);
	if (!b || flags != (SK_TCP_SYN | SK_TCP_ACK))
		return false;
	if (b->u.side[1].flags & SIDE_SEEN)
		return p->seq == b->u.side[1].seq && p->ack == b->u.side[0].seq + 1;
	return answers(&b->u.side[0], p);
}

static void take_options(struct hello *h, const struct sk_packet *p)
{
	h->flags = (uint8_t)(h->flags & ~SIDE_WSCALE);
	if (p->flags & SK_PACKET_HAS_WSCALE) {
		h->flags |= SIDE_WSCALE;
		h->wscale = (uint8_t)SK_MIN(p->wscale, SK_TCP_WSCALE_MAX);
	}
	if (!(p->flags & SK_PACKET_HAS_TIMESTAMP))
		return;
	if (!(h->flags & SIDE_TS))
		h->ts_first = p->ts_val;
	h->flags |= SIDE_TS;
	h->ts = p->ts_val;
	h->ts_sec = (uint32_t)(p->time_ns / 1000000000u);
}

bool sk_reassembly_begin(struct sk_reassembly *r, struct sk_flow *f, unsigned side, const struct sk_packet *p)
{
	struct tcp_begin *b = f->tcp ? begin_of(f) : NULL;
	uint32_t print = sk_reassembly_print(p);
	struct hello *h;

	if (!fits(b, side, p))
		return false;
	if (!b) {
		b = take(r);
		if (!b)
			return false;
		memset(b, 0, sizeof(*b));
		f->tcp = (void *)((uintptr_t)b | 1);
		sk_reassembly_count_state(r);
	}
	h = &b->u.side[side];
	r->counters.duplicated += h->flags & SIDE_SEEN && h->print == print;
	/* options of a SYN that was answered are settled */
	if (side == 1 || !(b->u.side[1].flags & SIDE_SEEN))
		take_options(h, p);
	h->flags |= SIDE_SEEN;
	h->seq = p->seq;
	h->print = print;
	h->mss = p->mss;
	h->window = SK_MAX(h->window, p->window);
	return true;
}

static void unfold_side(struct tcp_side *s, const struct hello *h)
{
	s->flags = (uint16_t)(h->flags | SIDE_KNOWN | SIDE_SYN);
	s->base = h->seq + 1;
	s->recent[s->recent_at++] = h->print;
	s->mss = h->mss;
	s->wscale = h->wscale;
	s->ts_first = h->ts_first;
	s->ts_recent = h->ts;
	s->ts_sec = h->ts_sec;
}

struct tcp_flow *sk_reassembly_unfold(struct sk_reassembly *r, struct sk_flow *f)
{
	const struct tcp_begin b = *begin_of(f);
	void *folded = f->tcp;
	struct tcp_flow *t = sk_reassembly_flow_new(r, f);

	if (!t)
		return NULL;
	f->tcp = folded;
	sk_reassembly_begin_drop(r, f);
	f->tcp = t;
	unfold_side(&t->side[0], &b.u.side[0]);
	if (b.u.side[1].flags & SIDE_SEEN) {
		unfold_side(&t->side[1], &b.u.side[1]);
		t->side[1].last_ack = t->side[0].base;
		t->side[0].flags |= SIDE_ACKED;
		t->side[0].edge = b.u.side[1].window;
		t->side[0].slack = SK_MAX(b.u.side[1].window, UINT16_MAX);
	}
	return t;
}
