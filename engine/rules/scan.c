/* rules/scan.c — the values of views, and finding atoms in them. */
#include "base/fmt.h"
#include "rules/load.h"
#include "rules/match.h"
#include "rules/search.h"
#include "rules/sieve.h"

static bool is_bytes(const struct sk_value *v)
{
	return v->type == SK_VALUE_TEXT || v->type == SK_VALUE_BYTES || v->type == SK_VALUE_STREAM;
}

/* Values of all pairs with that name. */
static void pick_pairs(struct sk_matcher *m, const struct sk_value *pairs, const char *name, struct sk_view_state *vs)
{
	bool any = strcmp(name, "*") == 0;
	struct sk_value *out;
	size_t n = pairs->u.list.n / 2;

	out = n ? sk_arena_alloc(&m->arena, n * sizeof(*out)) : NULL;
	for (size_t i = 0; out && i < n; i++) {
		const struct sk_value *pair = &pairs->u.list.v[2 * i];

		if (is_bytes(&pair[0]) && (any || sk_span_is_str_nocase(pair[0].u.bytes, name)))
			out[vs->n++] = pair[1];
	}
	vs->v = out;
}

static void decode(struct sk_matcher *m, const struct sk_view *view, struct sk_view_state *vs)
{
	struct sk_value *out = sk_arena_alloc(&m->arena, vs->n * sizeof(*out));

	vs->raw = vs->v;
	for (uint32_t i = 0; out && i < vs->n; i++) {
		struct sk_span s = is_bytes(&vs->v[i]) ? sk_decode_run(view->decode, view->decode_cnt, vs->v[i].u.bytes, &m->arena) :
			sk_span(NULL, 0);

		out[i] = (struct sk_value){ .type = s.p ? SK_VALUE_BYTES : SK_VALUE_NONE, .u.bytes = s };
	}
	vs->v = out;
	if (!out || (vs->n == 1 && out[0].type == SK_VALUE_NONE))
		vs->n = 0;
}

static struct sk_value fetch(struct sk_matcher *m, const struct sk_view *view)
{
	const struct sk_event *e = m->event;

	if (view->up == SK_KIND_NONE)
		return sk_event_common_value(e, view->slot, &m->arena);
	if (view->up != view->kind)
		e = sk_event_up(e->parent, view->up);
	return e ? *sk_event_value(e, view->slot) : (struct sk_value){ .type = SK_VALUE_NONE };
}

const struct sk_view_state *sk_match_values(struct sk_matcher *m, uint32_t index)
{
	const struct sk_view *view = &m->s->views[index];
	struct sk_view_state *vs = &m->views[index];

	if (vs->epoch == m->epoch)
		return vs;
	vs->epoch = m->epoch;
	vs->n = 0;
	vs->v = vs->raw = NULL;
	vs->one = fetch(m, view);
	if (view->pair) {
		if (vs->one.type == SK_VALUE_PAIRS || vs->one.type == SK_VALUE_LIST)
			pick_pairs(m, &vs->one, view->pair, vs);
	} else if (vs->one.type == SK_VALUE_LIST) {
		vs->v = vs->one.u.list.v;
		vs->n = (uint32_t)SK_MIN(vs->one.u.list.n, (size_t)UINT32_MAX - 1);
	} else if (vs->one.type != SK_VALUE_NONE && vs->one.type != SK_VALUE_PAIRS) {
		vs->v = &vs->one;
		vs->n = 1;
	}
	if (vs->n && view->decode_cnt)
		decode(m, view, vs);
	return vs;
}

void sk_match_push(struct sk_matcher *m, uint32_t rule)
{
	if (m->unit) {
		sk_unit_push(m, m->unit, rule);
		return;
	}
	if (m->rule_epoch[rule] == m->epoch)
		return;
	m->rule_epoch[rule] = m->epoch;
	m->candidates[m->candidate_cnt++] = rule;
}

static void hit(struct sk_matcher *m, uint32_t index, uint64_t end, const struct sk_set_entry *entry)
{
	struct sk_atom_state *st = &m->atoms[index];
	const struct sk_atom *a = &m->s->atoms[index];

	if (m->probing) {
		st->probe = m->probe;
		st->probe_end = end;
		st->probe_entry = entry;
		return;
	}
	if (st->epoch == m->epoch)
		return;
	*st = (struct sk_atom_state){ .epoch = m->epoch, .elem = m->elem, .end = end, .entry = entry, .probe = st->probe };
	for (uint32_t i = 0; i < a->rule_cnt; i++)
		sk_match_push(m, a->rules[i]);
}

static int on_pattern(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *cx)
{
	hit(cx, id, to, NULL);
	return 0;
}

static const uint8_t *find_nocase(struct sk_span in, struct sk_span what)
{
	uint8_t first = sk_ascii_lower(what.p[0]);

	for (size_t i = 0; i + what.n <= in.n; i++)
		if (sk_ascii_lower(in.p[i]) == first && sk_span_is_nocase(sk_span(in.p + i, what.n), what))
			return in.p + i;
	return NULL;
}

static SK_NOINLINE void search_plain(struct sk_matcher *m, uint32_t index, struct sk_span s)
{
	const struct sk_atom *a = &m->s->atoms[index];
	const uint8_t *p;
	struct sk_span at;

	if (s.n < a->text.n)
		return;
	if (a->type == SK_ATOM_CONTAINS) {
		p = a->nocase ? find_nocase(s, a->text) : memmem(s.p, s.n, a->text.p, a->text.n);
		if (p)
			hit(m, index, (uint64_t)(p - s.p) + a->text.n, NULL);
		return;
	}
	at = a->type == SK_ATOM_STARTS ? sk_span(s.p, a->text.n) : sk_span(s.p + (s.n - a->text.n), a->text.n);
	if (a->nocase ? sk_span_is_nocase(at, a->text) : sk_span_is(at, a->text))
		hit(m, index, (uint64_t)(at.p - s.p) + a->text.n, NULL);
}

/* The next atom that s is, from *at on; NULL: none. */
static const struct sk_atom *next_is(const struct sk_matcher *m, const struct sk_view *view, struct sk_span s, uint32_t *at)
{
	while (view->is_slots[*at]) {
		const struct sk_atom *a = &m->s->atoms[view->is_slots[*at] - 1];

		*at = (*at + 1) & view->is_mask;
		if (a->nocase ? sk_span_is_nocase(a->text, s) : sk_span_is(a->text, s))
			return a;
	}
	return NULL;
}

static bool has_length(const struct sk_view *view, struct sk_span s)
{
	return view->is_lengths >> (s.n % 64) & 1 && s.n <= SK_RULES_PATTERN_MAX * 2;
}

static void search_is(struct sk_matcher *m, const struct sk_view *view, struct sk_span s)
{
	const struct sk_atom *a;
	uint32_t at;

	if (!has_length(view, s))
		return;
	at = sk_is_hash(s) & view->is_mask;
	while ((a = next_is(m, view, s, &at)))
		hit(m, (uint32_t)(a - m->s->atoms), s.n, NULL);
}

/* An indicator of any set is there: which atoms of the view is its set? */
static void on_entry(void *cx, const struct sk_set_entry *e)
{
	struct sk_matcher *m = cx;
	const struct sk_view *view = m->view;
	const struct sk_sets *sets = &m->s->sets;
	uint32_t low = 0, high = view->set_cnt;

	if (sets->metas[e->meta].expires_ns <= m->event->time_ns)
		return;
	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (view->sets[mid].set < e->set)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < view->set_cnt && view->sets[low].set == e->set; low++) {
		bool exact = sets->sets[e->set].kind == SK_SET_TEXT && !view->sets[low].nocase;

		if (!exact || sk_span_is(m->item, sk_sets_text_of(sets, e, SK_SET_TEXT, NULL, 0)))
			hit(m, view->sets[low].atom, m->item.n, e);
	}
}

/* All tables but that of names. */
static SK_NOINLINE void search_other_tables(struct sk_matcher *m, const struct sk_view *view, struct sk_span s)
{
	const struct sk_sets *sets = &m->s->sets;
	struct sk_addr addr;

	if (view->tables >> SK_TABLE_PATH & 1)
		sk_sets_path(sets, s, on_entry, m);
	if (view->tables >> SK_TABLE_TEXT & 1)
		sk_sets_text(sets, s, on_entry, m);
	if (view->tables >> SK_TABLE_HASH & 1)
		sk_sets_hash(sets, s, on_entry, m);
	if (view->tables >> SK_TABLE_NET & 1 && sk_parse_addr(s, &addr) == 0)
		sk_sets_net(sets, &addr, on_entry, m);
	if (view->tables >> SK_TABLE_URL & 1) {
		const struct sk_event *request = sk_event_up(m->event, SK_KIND_HTTP_REQUEST);

		if (request)
			sk_sets_url(sets, sk_event_bytes(request, SK_F_HTTP_REQUEST_HOST), s, on_entry, m);
	}
}

static SK_NOINLINE void search_num(struct sk_matcher *m, const struct sk_view *view, uint64_t num)
{
	uint32_t low = 0, high = view->num_cnt;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (view->nums[mid].num < num)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < view->num_cnt && view->nums[low].num == num)
		hit(m, view->nums[low].atom, 0, NULL);
}

static void search_tables(struct sk_matcher *m, const struct sk_view *view, struct sk_span s)
{
	m->item = s;
	if (view->tables >> SK_TABLE_DOMAIN & 1)
		sk_sets_domain(&m->s->sets, s, on_entry, m);
	if (view->tables & ~(1u << SK_TABLE_DOMAIN))
		search_other_tables(m, view, s);
}

/* What is searched for: patterns, and what is found by a look-up. */
enum { PATTERNS = 1, TABLES = 2, ALL = 3 };

/* May a pattern of the view's database be in s? */
static bool pattern_may(const struct sk_view *view, struct sk_span s)
{
	if (s.n == 0 || s.n < view->least)
		return false;
	return !view->sieve || s.n > SK_SIEVE_VALUE_MAX || sk_sieve_may(view->sieve, s);
}

static SK_NOINLINE void search_database(struct sk_matcher *m, const struct sk_view *view, struct sk_span s)
{
	const hs_database_t *db;

	if (!sk_match_database(m, view, &db))
		return;
	m->counters.scans++;
	sk_search.scan(db, (const char *)s.p, (unsigned)s.n, 0, m->scratch, on_pattern, m);
}

static void search_bytes(struct sk_matcher *m, const struct sk_view *view, struct sk_span s, unsigned what)
{
	s.n = SK_MIN(s.n, (size_t)UINT32_MAX);
	if (what & PATTERNS) {
		if ((view->db || view->late) && pattern_may(view, s))
			search_database(m, view, s);
		for (uint32_t i = 0; i < view->plain_cnt; i++)
			search_plain(m, view->plain[i], s);
	}
	if (!(what & TABLES))
		return;
	if (view->is_slots)
		search_is(m, view, s);
	if (view->tables)
		search_tables(m, view, s);
}

static void search_addr(struct sk_matcher *m, const struct sk_view *view, const struct sk_addr *a)
{
	if (view->net_first && sk_net_may(view->net_first, a))
		sk_sets_net(&m->s->sets, a, on_entry, m);
}

static void search_item(struct sk_matcher *m, const struct sk_view *view, const struct sk_value *v, unsigned what)
{
	m->view = view;
	m->item = sk_span(NULL, 0);
	if (is_bytes(v)) {
		if (v->u.bytes.p)
			search_bytes(m, view, v->u.bytes, what);
	} else if (what & TABLES) {
		if (v->type == SK_VALUE_ADDR)
			search_addr(m, view, &v->u.addr);
		else if (v->type == SK_VALUE_INT || v->type == SK_VALUE_TIME)
			search_num(m, view, v->u.num);
	}
}

/* Of what, what this event has not been searched for yet. */
static unsigned begin_search(struct sk_matcher *m, uint32_t index, unsigned what)
{
	struct sk_view_state *vs = &m->views[index];

	if (vs->scanned == m->epoch)
		return 0;
	if (vs->looked == m->epoch)
		what &= PATTERNS;
	if (what & TABLES)
		vs->looked = m->epoch;
	if (what & PATTERNS)
		vs->scanned = m->epoch;
	return what;
}

static void search_values(struct sk_matcher *m, uint32_t index, unsigned what)
{
	const struct sk_view_state *vs = sk_match_values(m, index);

	what = begin_search(m, index, what);
	for (uint32_t i = 0; what && i < vs->n; i++) {
		m->elem = i;
		search_item(m, &m->s->views[index], &vs->v[i], what);
	}
}

void sk_match_scan(struct sk_matcher *m, uint32_t index)
{
	search_values(m, index, ALL);
}

/* Of a view that is compared or for addresses: can the value hit anything? */
static bool value_may(const struct sk_view *view, const struct sk_value *v)
{
	if (view->compared && is_bytes(v))
		return has_length(view, v->u.bytes);
	if (!view->nets || v->type != SK_VALUE_LIST)
		return true;
	for (size_t i = 0; i < v->u.list.n; i++)
		if (v->u.list.v[i].type != SK_VALUE_ADDR || sk_net_may(view->net_first, &v->u.list.v[i].u.addr))
			return true;
	return false;
}

void sk_match_gate(struct sk_matcher *m, uint32_t index)
{
	const struct sk_view *view = &m->s->views[index];
	const struct sk_event *e = m->event;
	const unsigned what = view->searched ? ALL : TABLES;
	const struct sk_value *v;

	m->elem = 0;
	if (view->direct == SK_DIRECT_FIELD) {
		v = sk_event_value(e, view->slot);
		if (v->type == SK_VALUE_NONE || !value_may(view, v))
			return;
		if (v->type != SK_VALUE_LIST && v->type != SK_VALUE_PAIRS) {
			search_item(m, view, v, begin_search(m, index, what));
			return;
		}
	} else if (view->direct == SK_DIRECT_ADDR && e->flow) {
		m->view = view;
		m->item = sk_span(NULL, 0);
		if (begin_search(m, index, TABLES))
			search_addr(m, view, view->slot == SK_F_COMMON_CLIENT_IP ? &e->flow->client_ip : &e->flow->server_ip);
		return;
	}
	search_values(m, index, what);
}

/* A text that rules compare as a whole. */
static bool text_may(const struct sk_matcher *m, const struct sk_view *view, const char *text)
{
	struct sk_span s = text ? sk_span_str(text) : sk_span(NULL, 0);
	uint32_t at;

	if (!s.p || !has_length(view, s))
		return false;
	at = sk_is_hash(s) & view->is_mask;
	return next_is(m, view, s, &at) != NULL;
}

bool sk_match_gate_may(const struct sk_matcher *m, uint32_t index, const struct sk_flow_info *f)
{
	const struct sk_view *view = &m->s->views[index];

	if (view->direct == SK_DIRECT_ADDR)
		return view->net_first && sk_net_may(view->net_first, view->slot == SK_F_COMMON_CLIENT_IP ? &f->client_ip : &f->server_ip);
	if (view->up == SK_KIND_NONE && view->slot == SK_F_COMMON_APP_PROTO && view->compared)
		return text_may(m, view, f->app_proto);
	return true;
}

bool sk_match_gate_may_name(const struct sk_matcher *m, uint32_t index, const char *name)
{
	const struct sk_view *view = &m->s->views[index];

	return view->direct != SK_DIRECT_FIELD || view->slot != SK_F_ODDITY_NAME || !view->compared || text_may(m, view, name);
}

void sk_match_probe(struct sk_matcher *m, uint32_t index, uint32_t elem)
{
	const struct sk_view_state *vs = sk_match_values(m, index);

	m->probe++;
	m->probing = true;
	search_item(m, &m->s->views[index], &vs->v[elem], ALL);
	m->probing = false;
}
