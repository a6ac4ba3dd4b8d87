/* rules/unit.c — the state of one streamed value: the pattern stream, what was hit, which rules wait for more. */
#include "base/mem.h"
#include "rules/match.h"
#include "rules/search.h"
#include "rules/sieve.h"

_Static_assert(SK_LITERALS_LENGTH <= SK_UNIT_TAIL, "what few literals must know of the pieces before is kept");

static size_t words(uint32_t bits)
{
	return (size_t)bits / 32 + 1;
}

/* p with room for one more behind cnt. NULL when memory is short; p stays as it was. */
static void *grow(void *p, size_t *room, size_t cnt, size_t size)
{
	size_t more = *room ? *room + *room / 2 + 8 : 16;
	void *q;

	if (cnt < *room)
		return p;
	q = sk_mem_realloc(p, more * size);
	if (q)
		*room = more;
	return q;
}

void sk_unit_free(struct sk_unit *u)
{
	if (!u)
		return;
	if (u->stream)
		sk_search.close(u->stream, NULL, NULL, NULL);
	sk_mem_free(u->bits);
	sk_mem_free(u->seen);
	sk_mem_free(u->pending);
	sk_mem_free(u->hits);
	sk_mem_free(u->head);
	sk_mem_free(u);
}

static void clear(const struct sk_matcher *m, struct sk_unit *u)
{
	const struct sk_kind_rules *k = &m->s->kinds[u->kind];

	memset(u->bits, 0, words(k->stream_atom_cnt) * sizeof(*u->bits));
	memset(u->seen, 0, words(k->rule_cnt) * sizeof(*u->seen));
	u->len = u->base = u->tail_end = 0;
	u->tail_n = u->piece_cnt = 0;
	u->fresh = u->fed = u->deaf = false;
	u->pending_cnt = u->hit_cnt = 0;
}

static struct sk_unit *take_spare(struct sk_matcher *m, unsigned kind, uint32_t view)
{
	for (struct sk_unit **link = &m->spare; *link; link = &(*link)->next) {
		struct sk_unit *u = *link;

		if (u->kind != kind || u->view != view)
			continue;
		*link = u->next;
		m->spare_cnt--;
		clear(m, u);
		return u;
	}
	return NULL;
}

struct sk_unit *sk_unit_new(struct sk_matcher *m, unsigned kind, unsigned dir)
{
	const struct sk_kind_rules *k = &m->s->kinds[kind];
	const struct hs_database *db = NULL;
	const uint32_t view = k->stream_view[dir];
	struct sk_unit *u = take_spare(m, kind, view);

	if (u)
		return u;
	if (view != UINT32_MAX && !m->s->views[view].few && !sk_match_database(m, &m->s->views[view], &db))
		return NULL;
	u = sk_mem_zalloc(sizeof(*u));
	if (!u)
		return NULL;
	u->serial = m->s->serial;
	u->kind = kind;
	u->view = view;
	u->bits = sk_mem_zalloc(words(k->stream_atom_cnt) * sizeof(*u->bits));
	u->seen = sk_mem_zalloc(words(k->rule_cnt) * sizeof(*u->seen));
	if (!u->bits || !u->seen || (db && sk_search.open(db, 0, &u->stream) != HS_SUCCESS)) {
		u->stream = NULL;
		sk_unit_free(u);
		return NULL;
	}
	return u;
}

void sk_unit_put(struct sk_matcher *m, struct sk_unit *u)
{
	if (!u)
		return;
	if (m->spare_cnt == SK_UNIT_SPARE) {
		sk_unit_free(u);
		return;
	}
	u->next = m->spare;
	m->spare = u;
	m->spare_cnt++;
}

void sk_unit_push(struct sk_matcher *m, struct sk_unit *u, uint32_t rule)
{
	uint32_t local = m->s->rules[rule]->local;
	uint32_t *grown;

	if (u->seen[local / 32] >> (local % 32) & 1)
		return;
	grown = grow(u->pending, &u->pending_room, u->pending_cnt, sizeof(*grown));
	if (!grown) {
		m->counters.refused++;
		return;
	}
	u->seen[local / 32] |= 1u << (local % 32);
	u->pending = grown;
	u->pending[u->pending_cnt++] = rule;
	u->fresh = true;
}

/* Where in the value the bytes begin that are at hand without a gap up to the end of the piece. */
static uint64_t at_hand_from(const struct sk_matcher *m, const struct sk_unit *u)
{
	uint64_t begin = u->tail_end - u->tail_n;

	return u->tail_end >= m->piece_off && begin < m->piece_off ? begin : m->piece_off;
}

static uint32_t copy_at_hand(const struct sk_matcher *m, const struct sk_unit *u, uint64_t from, uint8_t *to, size_t room)
{
	size_t n = from < m->piece_off ? (size_t)SK_MIN(m->piece_off - from, (uint64_t)room) : 0;
	struct sk_span s = sk_span_sub(m->piece, (size_t)(from + n - m->piece_off), room - n);

	if (n)
		memcpy(to, u->tail + (from - (u->tail_end - u->tail_n)), n);
	if (s.n)
		memcpy(to + n, s.p, s.n);
	return (uint32_t)(n + s.n);
}

static bool add_piece(struct sk_unit_hit *h, uint64_t off, uint64_t packet)
{
	if (h->piece_cnt == SK_UNIT_PIECES)
		return false;
	h->pieces[h->piece_cnt++] = (struct sk_unit_piece){ off, packet };
	return true;
}

/* The packets that brought what is kept of the hit, as far back as they are remembered. */
static void keep_pieces(const struct sk_matcher *m, const struct sk_unit *u, struct sk_unit_hit *h)
{
	const struct sk_event *e = m->event;
	const uint32_t known = SK_MIN(u->piece_cnt, SK_UNIT_PIECES);
	uint64_t from = m->piece_off;

	h->piece_cnt = 0;
	for (uint32_t i = e->packet_cnt; i > 0 && add_piece(h, m->piece_off, e->packets[i - 1]); i--)
		;
	for (uint32_t i = 1; i <= known && from > h->off; i++) {
		const struct sk_unit_piece *p = &u->pieces[(u->piece_cnt - i) % SK_UNIT_PIECES];

		from = p->off;
		if (!add_piece(h, p->off, p->packet))
			return;
	}
}

/* Keeps what lies around the match: the rule may be decided when these bytes are gone, and some of them may be gone already. */
static void keep(struct sk_matcher *m, struct sk_unit *u, uint32_t atom, uint64_t end)
{
	const struct sk_atom *a = &m->s->atoms[atom];
	uint64_t before = a->type == SK_ATOM_REGEX ? SK_UNIT_TAIL : SK_MIN(a->text.n + SK_MATCH_CONTEXT, (size_t)SK_UNIT_TAIL);
	uint64_t from = end > before ? end - before : 0;
	struct sk_unit_hit *h;

	if (u->hit_cnt >= SK_UNIT_KEPT)
		return;
	h = grow(u->hits, &u->hit_room, u->hit_cnt, sizeof(*h));
	if (!h) {
		m->counters.unplaced++;
		return;
	}
	u->hits = h;
	h = &u->hits[u->hit_cnt++];
	h->atom = atom;
	h->end = end;
	h->off = SK_MAX(from, at_hand_from(m, u));
	h->n = copy_at_hand(m, u, h->off, h->bytes, sizeof(h->bytes));
	keep_pieces(m, u, h);
}

/* Keeps the end of a piece that has been searched. */
static void keep_tail(struct sk_unit *u, struct sk_span s, uint64_t packet)
{
	size_t stays;

	u->pieces[u->piece_cnt++ % SK_UNIT_PIECES] = (struct sk_unit_piece){ u->len - s.n, packet };
	if (s.n < SK_UNIT_TAIL) {
		stays = SK_MIN((size_t)u->tail_n, SK_UNIT_TAIL - s.n);
		memmove(u->tail, u->tail + (u->tail_n - stays), stays);
	} else {
		s = sk_span_sub(s, s.n - SK_UNIT_TAIL, SK_UNIT_TAIL);
		stays = 0;
	}
	memcpy(u->tail + stays, s.p, s.n);
	u->tail_n = (uint32_t)(stays + s.n);
	u->tail_end = u->len;
}

static int on_stream(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *cx)
{
	struct sk_matcher *m = cx;
	struct sk_unit *u = m->unit;
	const struct sk_atom *a = &m->s->atoms[id];

	if (sk_unit_bit(u, a->bit))
		return 0;
	/* the stream begins in the midst of the value */
	if (SK_UNLIKELY(u->base) && sk_atom_is_anchored(a))
		return 0;
	u->bits[a->bit / 32] |= 1u << (a->bit % 32);
	u->fresh = true;
	keep(m, u, id, u->base + to);
	for (uint32_t i = 0; i < a->rule_cnt; i++)
		sk_unit_push(m, u, a->rules[i]);
	return 0;
}

static void keep_head(struct sk_unit *u, struct sk_span s)
{
	const size_t at = (size_t)SK_MIN(u->len, (uint64_t)SK_MATCH_HEAD), n = SK_MIN(s.n, SK_MATCH_HEAD - at);

	if (!u->head)
		u->head = sk_mem_zalloc(SK_MATCH_HEAD);
	if (u->head && n)
		memcpy(u->head + at, s.p, n);
}

static void scan(struct sk_matcher *m, struct sk_unit *u, struct sk_span s)
{
	while (s.n) {
		size_t n = SK_MIN(s.n, (size_t)1 << 30);

		sk_search.scan_stream(u->stream, (const char *)s.p, (unsigned)n, 0, m->scratch, on_stream, m);
		s = sk_span_sub(s, n, s.n);
	}
}

/* What literals must know of the pieces before. */
static struct sk_span tail_for(const struct sk_unit *u, const struct sk_literals *few)
{
	const uint32_t n = SK_MIN(u->tail_n, (uint32_t)few->tail);

	return sk_span(u->tail + (u->tail_n - n), n);
}

bool sk_unit_passes(struct sk_matcher *m, const struct sk_view *v, const struct sk_piece *p, void **unit)
{
	struct sk_unit *u = *unit;

	if (u->serial != m->s->serial || u->fed || u->deaf || u->pending_cnt || u->fresh || (p->offset == 0 && u->len) ||
	    (p->last && u->len + p->bytes.n < SK_MAX(v->least, 1u)))
		return false;
	if (p->bytes.n) {
		if (sk_literals_may(v->few, tail_for(u, v->few), p->bytes))
			return false;
		m->counters.scans++;
		u->len += p->bytes.n;
		keep_tail(u, p->bytes, p->packet);
	}
	if (p->last) {
		sk_unit_put(m, u);
		*unit = NULL;
	}
	return true;
}

/* True when the stream is to be fed with the piece and all that follow. */
static bool may_match(struct sk_matcher *m, struct sk_unit *u, struct sk_span s)
{
	const struct sk_view *v = &m->s->views[u->view];
	const struct hs_database *db;
	const struct sk_span tail = tail_for(u, v->few);

	if (SK_LIKELY(!sk_literals_may(v->few, tail, s)))
		return false;
	if (!u->stream && (!sk_match_database(m, v, &db) || sk_search.open(db, 0, &u->stream) != HS_SUCCESS)) {
		u->stream = NULL;
		u->deaf = true;
		m->counters.refused++;
		return false;
	}
	u->base = m->piece_off - tail.n;
	scan(m, u, tail);
	return true;
}

void sk_unit_feed(struct sk_matcher *m, struct sk_unit *u)
{
	struct sk_span s = m->piece;

	m->piece_off = u->len;
	if (SK_UNLIKELY(m->explain_cnt))
		keep_head(u, s);
	u->len += s.n;
	if (u->view == UINT32_MAX || s.n == 0 || u->deaf)
		return;
	/* all there is of the value, and too short for anything */
	if (m->last && u->len == s.n && s.n < m->s->views[u->view].least)
		return;
	m->counters.scans++;
	if (u->fed || !m->s->views[u->view].few || may_match(m, u, s)) {
		u->fed = true;
		scan(m, u, s);
	}
	if (!m->last)
		keep_tail(u, s, m->event->packet);
}

void sk_unit_end(struct sk_matcher *m, struct sk_unit *u)
{
	const struct sk_kind_rules *k = &m->s->kinds[u->kind];
	const struct sk_view *view = k->stream_view[0] == UINT32_MAX ? NULL : &m->s->views[k->stream_view[0]];

	if (u->fed)
		sk_search.reset(u->stream, 0, m->scratch, on_stream, m);
	/* is: '' is the one condition that is hit by there being nothing */
	if (!view || u->len)
		return;
	for (uint32_t i = 0; view->is_slots && i <= view->is_mask; i++) {
		const struct sk_atom *a = view->is_slots[i] ? &m->s->atoms[view->is_slots[i] - 1] : NULL;

		for (uint32_t r = 0; a && r < a->rule_cnt; r++)
			sk_unit_push(m, u, a->rules[r]);
	}
}
