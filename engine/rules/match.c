/* rules/match.c — a worker's matcher: from an event to the rules that match it. See rules.h. */
#include "rules/match.h"

#include <stdlib.h>

#include "base/mem.h"

#define SCRATCH_MAX (32u << 20)		/* decoded values and lists of one event */

void sk_matcher_free(struct sk_matcher *m)
{
	if (!m)
		return;
	while (m->spare) {
		struct sk_unit *next = m->spare->next;

		sk_unit_free(m->spare);
		m->spare = next;
	}
	for (uint32_t i = 0; m->starts && i < m->s->regex_cnt; i++)
		hs_free_database(m->starts[i]);
	hs_free_scratch(m->scratch);
	sk_arena_fini(&m->arena);
	free(m->late);
	free(m->views);
	free(m->atoms);
	free(m->rule_epoch);
	free(m->candidates);
	free(m->starts);
	free(m->no_start);
	free(m);
}

struct sk_matcher *sk_matcher_new(const struct sk_ruleset *s, struct sk_error *e)
{
	struct sk_matcher *m = calloc(1, sizeof(*m));

	if (!m) {
		sk_error_set(e, SK_E_MEMORY, "rules: out of memory");
		return NULL;
	}
	m->s = s;
	hs_set_stream_allocator(sk_mem_alloc, sk_mem_free);
	sk_arena_init(&m->arena, 16384, SCRATCH_MAX);
	m->late = calloc(s->view_cnt + 1, sizeof(*m->late));
	m->views = calloc(s->view_cnt + 1, sizeof(*m->views));
	m->atoms = calloc(s->atom_cnt + 1, sizeof(*m->atoms));
	m->rule_epoch = calloc(s->rule_cnt + 1, sizeof(*m->rule_epoch));
	m->candidates = calloc(s->rule_cnt + 1, sizeof(*m->candidates));
	m->starts = calloc(s->regex_cnt + 1, sizeof(*m->starts));
	m->no_start = calloc(s->regex_cnt + 1, sizeof(*m->no_start));
	if (!m->late || !m->views || !m->atoms || !m->rule_epoch || !m->candidates || !m->starts || !m->no_start ||
		(s->scratch && hs_clone_scratch(s->scratch, &m->scratch) != HS_SUCCESS)) {
		sk_error_set(e, SK_E_MEMORY, "rules: out of memory");
		sk_matcher_free(m);
		return NULL;
	}
	return m;
}

/* A scratch that cannot grow is lost, so a copy is grown. */
bool sk_match_grow_scratch(struct sk_matcher *m, const hs_database_t *db)
{
	hs_scratch_t *copy = NULL;

	if (m->scratch && hs_clone_scratch(m->scratch, &copy) != HS_SUCCESS)
		return false;
	if (hs_alloc_scratch(db, &copy) != HS_SUCCESS) {
		hs_free_scratch(copy);
		return false;
	}
	hs_free_scratch(m->scratch);
	m->scratch = copy;
	return true;
}

bool sk_match_database(struct sk_matcher *m, const struct sk_view *v, const hs_database_t **db)
{
	const uint32_t index = v->index;
	hs_database_t *made;
	bool broken;

	*db = v->late ? m->late[index] : v->db;
	if (SK_LIKELY(*db || !v->late))
		return true;
	made = sk_rules_late_database(m->s, v, &broken);
	if (!made || !sk_match_grow_scratch(m, made)) {
		m->counters.broken += broken;
		m->counters.refused += !broken;
		return false;
	}
	*db = m->late[index] = made;
	return true;
}

const struct sk_rules_counters *sk_matcher_counters(const struct sk_matcher *m)
{
	return &m->counters;
}

/* A new mark for what belongs to one event; when the numbers run out, old marks are wiped. */
static void next_epoch(struct sk_matcher *m)
{
	if (++m->epoch != 0 && m->probe < UINT32_MAX / 2)
		return;
	m->epoch = 1;
	m->probe = 0;
	for (uint32_t i = 0; i < m->s->view_cnt; i++)
		m->views[i].epoch = m->views[i].scanned = m->views[i].looked = 0;
	for (uint32_t i = 0; i < m->s->atom_cnt; i++)
		m->atoms[i].epoch = m->atoms[i].probe = 0;
	for (size_t i = 0; i < m->s->rule_cnt; i++)
		m->rule_epoch[i] = 0;
}

void sk_match_begin(struct sk_matcher *m, const struct sk_event *e)
{
	next_epoch(m);
	sk_arena_reset(&m->arena);
	m->event = e;
	m->unit = NULL;
	m->last = true;
	m->candidate_cnt = 0;
	m->piece = sk_span(NULL, 0);
	m->piece_off = 0;
}

static int by_index(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void tell(struct sk_matcher *m, const struct sk_crule *r, sk_match_fn *on_match, void *cx)
{
	struct sk_match match = { .rule = &r->pub, .event = m->event, .evidence = m->evidence, .packets = m->packets, .open = r->pub.mask ? m->open : NULL };

	m->counters.matches++;
	m->evidence_cnt = 0;
	m->mask = r->pub.mask;
	memset(m->open, 0, sizeof(m->open));
	if (!r->pub.bare)
		sk_match_evidence(m, r->where);
	match.evidence_cnt = m->evidence_cnt;
	on_match(cx, &match);
}

/* Of a gate of a field of the event's own; the event has values that far. */
static inline bool may_hit(const struct sk_gate *g, const struct sk_value *values, const struct sk_event *e)
{
	const struct sk_value *v = &values[g->slot];

	if (v->type == SK_VALUE_NONE)
		return false;
	if (v->u.bytes.n < g->least && (v->type == SK_VALUE_TEXT || v->type == SK_VALUE_BYTES))
		return false;
	return !g->with_host || sk_event_value(e, SK_F_HTTP_REQUEST_HOST)->type != SK_VALUE_NONE;
}

/* Searches what gates rules; candidates are in m->candidates or, with a unit, pending there. */
static void find_candidates(struct sk_matcher *m, const struct sk_kind_rules *k)
{
	const struct sk_event *e = m->event;
	const struct sk_value *values = e->values;
	const struct sk_gate *g = k->gates, *own_end = g + (e->value_cnt >= k->own_slots ? k->own_cnt : 0), *end = g + k->gate_cnt;

	for (; g < own_end; g++)
		if (may_hit(g, values, e))
			sk_match_gate(m, g->view);
	for (; g < end; g++)
		sk_match_gate(m, g->view);
	for (uint32_t i = 0; i < k->always_cnt; i++)
		sk_match_push(m, k->always[i]);
}

static void match_plain(struct sk_matcher *m, const struct sk_kind_rules *k, sk_match_fn *on_match, void *cx)
{
	find_candidates(m, k);
	if (m->candidate_cnt > 1)
		qsort(m->candidates, m->candidate_cnt, sizeof(*m->candidates), by_index);
	m->counters.candidates += m->candidate_cnt;
	for (uint32_t i = 0; i < m->candidate_cnt; i++) {
		const struct sk_crule *r = m->s->rules[m->candidates[i]];

		if (sk_match_eval(m, r->where) == SK_YES)
			tell(m, r, on_match, cx);
	}
	if (SK_UNLIKELY(m->explain_cnt))
		sk_match_explain(m);
}

/* Tries the rules that wait for more of the unit. What is true is told; what can no longer be true is dropped. */
static void try_pending(struct sk_matcher *m, struct sk_unit *u, sk_match_fn *on_match, void *cx)
{
	bool fresh = u->fresh || m->last;
	size_t keep = 0, cnt = u->pending_cnt;

	u->fresh = false;
	if (fresh && cnt > 1)
		qsort(u->pending, cnt, sizeof(*u->pending), by_index);
	for (size_t i = 0; i < cnt; i++) {
		const struct sk_crule *r = m->s->rules[u->pending[i]];
		enum sk_truth truth = SK_MAYBE;

		if (fresh || r->varies) {
			m->counters.candidates++;
			truth = sk_match_eval(m, r->where);
		}
		if (truth == SK_YES)
			tell(m, r, on_match, cx);
		else if (truth == SK_MAYBE || r->varies)
			u->pending[keep++] = u->pending[i];
	}
	/* a value searched for the first time may have added some */
	for (size_t i = cnt; i < u->pending_cnt; i++)
		u->pending[keep++] = u->pending[i];
	u->pending_cnt = keep;
}

/* Is the piece at hand all of a value that is too short for every pattern? */
static bool is_too_short(const struct sk_matcher *m, const struct sk_kind_rules *k)
{
	return m->last && m->piece.n && m->piece.n < k->stream_least[m->event->dir & 1];
}

/* At offset 0: the unit, or NULL where no rule will need one. */
static struct sk_unit *open_unit(struct sk_matcher *m, const struct sk_kind_rules *k)
{
	struct sk_unit *u;

	find_candidates(m, k);
	if (m->candidate_cnt == 0 && (k->stream_atom_cnt == 0 || is_too_short(m, k)) && !m->explain_cnt)
		return NULL;
	u = sk_unit_new(m, m->event->kind, m->event->dir & 1);
	if (!u) {
		m->counters.refused++;
		return NULL;
	}
	for (uint32_t i = 0; i < m->candidate_cnt; i++)
		sk_unit_push(m, u, m->candidates[i]);
	return u;
}

static void match_streamed(struct sk_matcher *m, const struct sk_kind_rules *k, void **unit, sk_match_fn *on_match, void *cx)
{
	const struct sk_event *e = m->event;
	uint64_t offset = k->slot_offset == 0xff ? 0 : sk_event_num(e, k->slot_offset, 0);
	struct sk_unit *u = unit ? *unit : NULL;

	m->last = !unit || k->slot_last == 0xff || sk_event_num(e, k->slot_last, 1) != 0;
	m->piece = sk_event_bytes(e, k->slot_stream);
	if (u && (u->serial != m->s->serial || (offset == 0 && u->len))) {
		sk_unit_free(u);
		u = *unit = NULL;
	}
	if (!u && (offset == 0 || !unit))
		u = open_unit(m, k);
	if (!u)
		return;
	m->unit = u;
	sk_unit_feed(m, u);
	if (m->last)
		sk_unit_end(m, u);
	/* again while a value that is searched only now makes more rules candidates; each at most once */
	do
		try_pending(m, u, on_match, cx);
	while (u->fresh);
	if (SK_UNLIKELY(m->explain_cnt) && m->last)
		sk_match_explain(m);
	m->unit = NULL;
	if (m->last)
		sk_unit_put(m, u);
	if (unit)
		*unit = m->last ? NULL : u;
}

/* Is the event all of a value that is too short for every pattern, and nothing else in it is searched? */
static inline bool is_brief(const struct sk_matcher *m, const struct sk_kind_rules *k, const struct sk_event *e, void **unit)
{
	const struct sk_span s = sk_event_bytes(e, k->slot_stream);

	if (s.n == 0 || s.n >= k->stream_least[e->dir & 1] || k->own_cnt < k->gate_cnt || k->always_cnt || e->value_cnt < k->own_slots ||
	    m->explain_cnt)
		return false;
	if (unit && (*unit || (k->slot_offset != 0xff && sk_event_num(e, k->slot_offset, 0)) ||
		     (k->slot_last != 0xff && !sk_event_num(e, k->slot_last, 1))))
		return false;
	for (uint32_t i = 0; i < k->gate_cnt; i++)
		if (may_hit(&k->gates[i], e->values, e))
			return false;
	return true;
}

/* Is there nothing to be found in the piece? Then it has been taken. */
static bool is_nothing(struct sk_matcher *m, const struct sk_kind_rules *k, unsigned dir, const struct sk_piece *p, void **unit)
{
	const uint32_t view = k->stream_view[dir & 1];
	const struct sk_view *v = view == UINT32_MAX ? NULL : &m->s->views[view];
	bool whole = !unit || !*unit;

	if (!v || !v->few || k->gate_cnt || k->always_cnt || m->explain_cnt || (whole && (!p->last || p->offset || p->bytes.n == 0)))
		return false;
	if (!whole)
		return sk_unit_passes(m, v, p, unit);
	if (p->bytes.n < v->least)
		return true;
	if (sk_literals_may(v->few, sk_span(NULL, 0), p->bytes))
		return false;
	m->counters.scans++;
	return true;
}

bool sk_matcher_passes(struct sk_matcher *m, unsigned kind, unsigned dir, const struct sk_piece *p, void **unit)
{
	const struct sk_kind_rules *k = kind < SK_KIND_MAX ? &m->s->kinds[kind] : NULL;

	if (!k || !k->rule_cnt || !k->streamed || !is_nothing(m, k, dir, p, unit))
		return false;
	m->counters.events++;
	return true;
}

static struct sk_piece piece_of(const struct sk_kind_rules *k, const struct sk_event *e, bool in_unit)
{
	return (struct sk_piece){ sk_event_bytes(e, k->slot_stream), in_unit && k->slot_offset != 0xff ? sk_event_num(e, k->slot_offset, 0) : 0,
				  e->packet, !in_unit || k->slot_last == 0xff || sk_event_num(e, k->slot_last, 1) };
}

void sk_matcher_event(struct sk_matcher *m, const struct sk_event *e, void **unit, sk_match_fn *on_match, void *cx)
{
	const struct sk_kind_rules *k = e->kind < SK_KIND_MAX ? &m->s->kinds[e->kind] : NULL;

	if (!k || k->rule_cnt == 0) {
		if (k && unit && *unit) {		/* of an older set */
			sk_unit_free(*unit);
			*unit = NULL;
		}
		return;
	}
	m->counters.events++;
	if (k->streamed) {
		if (is_brief(m, k, e, unit))
			return;
		if (!k->gate_cnt && !k->always_cnt) {
			const struct sk_piece p = piece_of(k, e, unit);

			if (is_nothing(m, k, e->dir, &p, unit))
				return;
		}
	}
	sk_match_begin(m, e);
	if (k->streamed)
		match_streamed(m, k, unit, on_match, cx);
	else
		match_plain(m, k, on_match, cx);
}

bool sk_matcher_may(const struct sk_matcher *m, const struct sk_flow_info *f, unsigned kind)
{
	const struct sk_kind_rules *k = kind < SK_KIND_MAX ? &m->s->kinds[kind] : NULL;

	if (!k || k->rule_cnt == 0)
		return false;
	if (k->always_cnt || k->streamed || m->explain_cnt)
		return true;
	for (uint32_t i = 0; i < k->gate_cnt; i++)
		if (sk_match_gate_may(m, k->gates[i].view, f))
			return true;
	return false;
}

bool sk_matcher_may_name(const struct sk_matcher *m, unsigned kind, const char *name)
{
	const struct sk_kind_rules *k = &m->s->kinds[kind];

	if (k->always_cnt || (m->explain_cnt && k->rule_cnt))
		return true;
	for (uint32_t i = 0; i < k->gate_cnt; i++)
		if (sk_match_gate_may_name(m, k->gates[i].view, name))
			return true;
	return false;
}

void sk_matcher_drop(void **unit)
{
	sk_unit_free(*unit);
	*unit = NULL;
}
