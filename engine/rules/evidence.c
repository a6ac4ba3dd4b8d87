/* rules/evidence.c — what to show of a match: for every condition that made the rule true, the field, the bytes around the
 * match and where they were. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fmt.h"
#include "rules/load.h"
#include "rules/match.h"
#include "rules/search.h"

#define REGEX_BACK 4096u		/* bytes before the end of a regex's match in which its start is looked for */

struct window {				/* bytes of a field that are at hand */
	struct sk_span bytes;
	uint64_t off;			/* of them in the field */
};

struct begin {
	uint64_t end, from;
	bool found;
};

static int on_start(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *cx)
{
	struct begin *b = cx;

	if (id == 0 && to == b->end && (!b->found || from < b->from)) {
		b->from = from;
		b->found = true;
	}
	return to > b->end;
}

/* The database that tells where a regex's match began; made at its first match on this worker. */
static hs_database_t *start_db(struct sk_matcher *m, const struct sk_atom *a)
{
	hs_database_t *db = NULL;
	hs_compile_error_t *error = NULL;
	unsigned flags = HS_FLAG_SOM_LEFTMOST | (a->nocase ? HS_FLAG_CASELESS : 0);

	if (m->starts[a->regex] || m->no_start[a->regex])
		return m->starts[a->regex];
	if (sk_search_compile((const char *const[]){ (const char *)a->text.p }, &flags, &(unsigned){ 0 }, 1, HS_MODE_BLOCK, &db, &error) != HS_SUCCESS) {
		m->no_start[a->regex] = true;
		hs_free_compile_error(error);
		return NULL;
	}
	if (!sk_match_grow_scratch(m, db)) {
		m->counters.unplaced++;
		hs_free_database(db);
		return NULL;
	}
	m->starts[a->regex] = db;
	return db;
}

/* Where the regex's match that ends at end of the window begins. False: not in the window. */
static bool find_begin(struct sk_matcher *m, const struct sk_atom *a, struct sk_span bytes, uint64_t end, uint64_t *from)
{
	struct begin b = { .end = end };
	hs_database_t *db = start_db(m, a);

	if (db && end && end <= bytes.n && end <= UINT32_MAX)
		sk_search.scan(db, (const char *)bytes.p, (unsigned)end, 0, m->scratch, on_start, &b);
	*from = b.from;
	return b.found;
}

/* Length of the match that ends at end of the window; the least it can be where its start is not known. */
static uint64_t match_len(struct sk_matcher *m, const struct sk_atom *a, struct sk_span bytes, uint64_t end)
{
	uint64_t from;

	if (a->type != SK_ATOM_REGEX)
		return a->type == SK_ATOM_SET || a->type == SK_ATOM_NUM ? end : SK_MIN(a->text.n, end);
	return find_begin(m, a, bytes, end, &from) ? end - from : SK_MIN((uint64_t)a->width, end);
}

static struct sk_evidence *add(struct sk_matcher *m, const char *field)
{
	struct sk_evidence *e;

	if (m->evidence_cnt == SK_EVIDENCE_MAX)
		return NULL;
	m->packets[m->evidence_cnt] = (struct sk_match_packets){ m->event->packets, m->event->packet_cnt };
	e = &m->evidence[m->evidence_cnt++];
	*e = (struct sk_evidence){ .field = field };
	return e;
}

/* The same for a value that is not streamed. */
static struct sk_evidence *add_value(struct sk_matcher *m, const struct sk_view *view)
{
	const struct sk_event *at = view->up == SK_KIND_NONE || view->up == view->kind ? NULL : sk_event_up(m->event->parent, view->up);
	struct sk_evidence *e = add(m, view->field);

	if (e && at && at->packet_cnt)
		m->packets[e - m->evidence] = (struct sk_match_packets){ at->packets, at->packet_cnt };
	return e;
}

/* Tells which packets brought the value from off on to the end of the hit. */
static void tell_packets(struct sk_matcher *m, const struct sk_evidence *e, const struct sk_unit_hit *h, uint64_t off)
{
	uint64_t *list = sk_arena_alloc(&m->arena, sizeof(h->pieces) / sizeof(h->pieces[0]) * sizeof(*list));
	uint32_t n = 0, i;

	if (!list)
		return;
	for (uint32_t k = 0; k < h->piece_cnt && (k == 0 || h->pieces[k - 1].off > off || h->pieces[k - 1].off == h->pieces[k].off); k++) {
		const uint64_t packet = h->pieces[k].packet;

		for (i = n; i > 0 && list[i - 1] > packet; i--)
			;
		if (i > 0 && list[i - 1] == packet)
			continue;
		memmove(&list[i + 1], &list[i], (n - i) * sizeof(*list));
		list[i] = packet;
		n++;
	}
	m->packets[e - m->evidence] = (struct sk_match_packets){ list, n };
}

/* Cuts the window around the match that ends at end (in the field) and is len long. */
static void cut(struct sk_evidence *e, struct window w, uint64_t end, uint64_t len)
{
	uint64_t stop = end > w.off ? SK_MIN(end - w.off, (uint64_t)w.bytes.n) : 0;
	uint64_t start = stop > len ? stop - len : 0;
	uint64_t from = start > SK_MATCH_CONTEXT ? start - SK_MATCH_CONTEXT : 0;

	e->value = sk_span_sub(w.bytes, (size_t)from, SK_MATCH_SHOWN);
	e->offset = w.off + from;
	e->start = (uint32_t)(start - from);
	e->length = (uint32_t)SK_MIN(stop - start, (uint64_t)e->value.n - SK_MIN((uint64_t)e->value.n, (uint64_t)e->start));
}

static bool is_word(uint8_t c)
{
	return isalnum(c) || c == '+' || c == '/' || c == '_' || c == '=';
}

/* Both ends of what is shown moved to the ends of the words there, so that a secret is not cut. */
static void take_whole_words(struct sk_matcher *m, struct sk_evidence *e, struct window w, bool whole)
{
	size_t from = (size_t)(e->offset - w.off), to = from + e->value.n, back = 0;

	while (back < SK_MATCH_SHOWN && from > 0 && is_word(w.bytes.p[from - 1])) {
		from--;
		back++;
	}
	for (size_t on = 0; on < SK_MATCH_SHOWN && to < w.bytes.n && to > 0 && is_word(w.bytes.p[to - 1]) && is_word(w.bytes.p[to]); on++)
		to++;
	if (from > 0 ? is_word(w.bytes.p[from - 1]) : w.off > 0)
		m->open[e - m->evidence] |= SK_OPEN_BEGIN;
	if (to < w.bytes.n ? is_word(w.bytes.p[to]) : !whole)
		m->open[e - m->evidence] |= SK_OPEN_END;
	e->value = sk_span_sub(w.bytes, from, to - from);
	e->offset -= back;
	e->start += (uint32_t)back;
}

static const char *to_text(struct sk_matcher *m, const char *s, size_t n)
{
	char *p = sk_arena_alloc(&m->arena, n + 1);

	if (!p)
		return "";
	memcpy(p, s, n);
	p[n] = 0;
	return p;
}

const char *sk_match_show(struct sk_matcher *m, const struct sk_value *v, size_t max)
{
	static const char hex[] = "0123456789abcdef";
	char addr[SK_ADDR_TEXT_MAX], num[32];
	struct sk_span s;
	char *out;
	size_t k = 0;
	int n;

	switch (v->type) {
	case SK_VALUE_NONE:
		return "absent";
	case SK_VALUE_ADDR:
		sk_fmt_addr(&v->u.addr, addr);
		return to_text(m, addr, strlen(addr));
	case SK_VALUE_INT:
	case SK_VALUE_TIME:
		n = snprintf(num, sizeof(num), "%llu", (unsigned long long)v->u.num);
		return to_text(m, num, (size_t)n);
	case SK_VALUE_BOOL:
		return v->u.num ? "true" : "false";
	case SK_VALUE_LIST:
	case SK_VALUE_PAIRS:
		return "a list";
	}
	s = sk_span_sub(v->u.bytes, 0, max);
	out = sk_arena_alloc(&m->arena, s.n * 4 + 8);
	if (!out)
		return "";
	out[k++] = '\'';
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] >= 0x20 && s.p[i] < 0x7f && s.p[i] != '\\' && s.p[i] != '\'') {
			out[k++] = (char)s.p[i];
			continue;
		}
		out[k++] = '\\';
		out[k++] = 'x';
		out[k++] = hex[s.p[i] >> 4];
		out[k++] = hex[s.p[i] & 15];
	}
	out[k++] = '\'';
	memcpy(out + k, v->u.bytes.n > s.n ? "..." : "", v->u.bytes.n > s.n ? 4 : 1);
	return out;
}

/* "indicator evil.example, Vendor 2025-07-20, expires 2026-12-31" */
static const char *indicator_note(struct sk_matcher *m, const struct sk_set_entry *entry)
{
	const struct sk_sets *sets = &m->s->sets;
	const struct sk_set *set = &sets->sets[entry->set];
	const struct sk_set_meta *meta = &sets->metas[entry->meta];
	char buf[SK_ADDR_TEXT_MAX + 8], note[768];
	struct sk_span value = sk_sets_text_of(sets, entry, set->kind, buf, sizeof(buf));
	int n;

	if (!set->name)
		return NULL;
	n = snprintf(note, sizeof(note), "indicator %.*s%s%.200s%s%s%s%.64s%s%.200s", (int)SK_MIN(value.n, (size_t)200),
		(const char *)value.p,
		meta->source ? ", " : "", meta->source ? meta->source : "", meta->expires ? ", expires " : "", meta->expires ? meta->expires :
			"",
		meta->role ? ", " : "", meta->role ? meta->role : "", meta->note ? ", " : "", meta->note ? meta->note : "");
	return n < 0 ? NULL : to_text(m, note, SK_MIN((size_t)n, sizeof(note) - 1));
}

/* "after base64: 'bytes around the match'" */
static const char *decoded_note(struct sk_matcher *m, const struct sk_view *view, struct sk_span bytes, uint64_t end,
	uint64_t len)
{
	struct sk_evidence around = { 0 };
	struct sk_value shown = { .type = SK_VALUE_BYTES };
	char note[1024];
	size_t k;
	int n;

	cut(&around, (struct window){ bytes, 0 }, end, len);
	shown.u.bytes = around.value;
	k = (size_t)snprintf(note, sizeof(note), "after");
	for (unsigned i = 0; i < view->decode_cnt && k < sizeof(note) / 2; i++)
		k += (size_t)snprintf(note + k, sizeof(note) - k, "%s %.48s", i ? "," : "", view->decode[i].shown);
	n = snprintf(note + k, sizeof(note) - k, ": %s", sk_match_show(m, &shown, 96));
	return n < 0 ? NULL : to_text(m, note, SK_MIN(k + (size_t)n, sizeof(note) - 1));
}

/* A value shown whole, or its first bytes. */
static void show_value(struct sk_matcher *m, struct sk_evidence *e, const struct sk_value *v)
{
	const char *text;

	if (v->type == SK_VALUE_TEXT || v->type == SK_VALUE_BYTES || v->type == SK_VALUE_STREAM) {
		e->value = sk_span_sub(v->u.bytes, 0, SK_MATCH_SHOWN);
		return;
	}
	text = v->type == SK_VALUE_NONE ? "" : sk_match_show(m, v, SK_MATCH_SHOWN);
	e->value = sk_span_str(text);
}

static void item_atom(struct sk_matcher *m, const struct sk_test *t, uint32_t elem, uint32_t atom, bool probed)
{
	const struct sk_view *view = &m->s->views[t->view];
	const struct sk_view_state *vs = &m->views[t->view];
	const struct sk_atom_state *st = &m->atoms[atom];
	const struct sk_atom *a = &m->s->atoms[atom];
	const struct sk_set_entry *entry = probed ? st->probe_entry : st->entry;
	const struct sk_value *v = &vs->v[elem];
	uint64_t end = probed ? st->probe_end : st->end, len;
	struct sk_evidence *e = add_value(m, view);

	if (!e)
		return;
	if (v->type != SK_VALUE_TEXT && v->type != SK_VALUE_BYTES) {
		show_value(m, e, v);
	} else {
		len = match_len(m, a, v->u.bytes, end);
		if (view->decode_cnt) {
			e->note = m->mask ? NULL : decoded_note(m, view, v->u.bytes, end, len);
			show_value(m, e, &vs->raw[elem]);
		} else {
			cut(e, (struct window){ v->u.bytes, 0 }, end, len);
			if (m->mask)
				take_whole_words(m, e, (struct window){ v->u.bytes, 0 }, true);
		}
	}
	if (entry && indicator_note(m, entry))
		e->note = indicator_note(m, entry);
}

/* Near the end of what is at hand only: the start of a long value is not looked for. */
static struct window last_part(struct window w, uint64_t end)
{
	if (end > w.off && end - w.off > REGEX_BACK) {
		w.bytes = sk_span_sub(w.bytes, (size_t)(end - w.off) - REGEX_BACK, w.bytes.n);
		w.off = end - REGEX_BACK;
	}
	return w;
}

/* The piece at hand, or what was kept where some of the match, or of what is shown before a literal, came before the piece. */
static struct window window_of(struct sk_matcher *m, const struct sk_atom *a, const struct sk_unit_hit *h)
{
	struct window piece = { m->piece, m->piece_off }, kept = { sk_span(h->bytes, h->n), h->off };
	uint64_t from;

	if (h->end <= piece.off || h->end > piece.off + piece.bytes.n)
		return kept;
	if (a->type != SK_ATOM_REGEX)
		return h->off < piece.off ? kept : piece;
	piece = last_part(piece, h->end);
	return h->off < piece.off && !find_begin(m, a, piece.bytes, h->end - piece.off, &from) ? kept : piece;
}

static void stream_atom(struct sk_matcher *m, const struct sk_view *view, uint32_t atom)
{
	const struct sk_atom *a = &m->s->atoms[atom];
	const struct sk_unit *u = m->unit;
	struct sk_evidence *e = add(m, view->field);
	const struct sk_unit_hit *h = NULL;
	struct window w;

	for (size_t i = 0; i < u->hit_cnt && !h; i++)
		if (u->hits[i].atom == atom)
			h = &u->hits[i];
	if (!e)
		return;
	if (!h) {				/* more was hit than is kept */
		e->value = sk_span_sub(m->piece, 0, SK_MATCH_SHOWN);
		e->offset = m->piece_off;
		return;
	}
	w = window_of(m, a, h);
	cut(e, w, h->end, match_len(m, a, w.bytes, h->end > w.off ? h->end - w.off : 0));
	tell_packets(m, e, h, e->offset + e->start);
	if (m->mask)
		take_whole_words(m, e, w, m->last && w.off + w.bytes.n == u->len);
}

static void op_atoms(struct sk_matcher *m, const struct sk_test *t, const struct sk_op *op, uint32_t elem, bool probed)
{
	const struct sk_view *view = &m->s->views[t->view];

	for (uint32_t i = 0; i < op->atom_cnt; i++) {
		const struct sk_atom *a = &m->s->atoms[op->atoms[i]];
		const struct sk_atom_state *st = &m->atoms[op->atoms[i]];
		bool hit = probed ? st->probe == m->probe : st->epoch == m->epoch && st->elem == elem;

		if (view->streamed) {
			if (a->text.n && sk_unit_bit(m->unit, a->bit))
				stream_atom(m, view, op->atoms[i]);
			else
				continue;
		} else if (hit) {
			item_atom(m, t, elem, op->atoms[i], probed);
		} else {
			continue;
		}
		if (!op->all)
			return;
	}
}

static void test_evidence(struct sk_matcher *m, const struct sk_test *t)
{
	const struct sk_view *view = &m->s->views[t->view];
	size_t before = m->evidence_cnt;
	bool probed = !view->streamed && sk_match_needs_probe(m, t);
	const struct sk_view_state *vs;
	struct sk_evidence *e;
	uint32_t elem = 0;

	/* the alert says it anyway */
	if (view->up == SK_KIND_NONE && view->slot == SK_F_COMMON_DIRECTION)
		return;
	/* once more, which leaves what was hit in the item at hand */
	if (sk_match_test(m, t, &elem) != SK_YES)
		return;
	for (uint32_t i = 0; i < t->op_cnt; i++)
		if (t->ops[i].type == SK_OP_ATOMS)
			op_atoms(m, t, &t->ops[i], elem, probed);
	if (m->evidence_cnt > before)
		return;
	e = view->streamed ? add(m, view->field) : add_value(m, view);
	if (!e)
		return;
	if (view->streamed) {
		e->value = sk_span_sub(m->piece, 0, SK_MATCH_SHOWN);
		e->offset = m->piece_off;
		return;
	}
	vs = sk_match_values(m, t->view);
	if (vs->n) {
		show_value(m, e, view->decode_cnt ? &vs->raw[elem] : &vs->v[elem]);
	} else {
		e->value = sk_span("", 0);
		e->note = "absent";
	}
}

void sk_match_evidence(struct sk_matcher *m, const struct sk_cond *c)
{
	if (c->type == SK_COND_TEST) {
		test_evidence(m, c->test);
		return;
	}
	if (c->type == SK_COND_NOT)
		return;
	for (const struct sk_cond *k = c->child; k; k = k->next)
		if (k->type != SK_COND_NOT && sk_match_eval(m, k) == SK_YES)
			sk_match_evidence(m, k);
}
