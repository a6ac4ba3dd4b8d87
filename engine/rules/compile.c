/* rules/compile.c — from parsed rules to what the matcher runs: look-up tables of views, gates of rules, pattern databases. */
#include <stdio.h>
#include <stdlib.h>

#include <hs.h>

#include "rules/load.h"

/* --- views and atoms, made while rules are read --- */

static bool same_chain(const struct sk_view *v, const struct sk_decode *decode, unsigned cnt)
{
	if (v->decode_cnt != cnt)
		return false;
	for (unsigned i = 0; i < cnt; i++)
		if (v->decode[i].type != decode[i].type || !sk_span_is(v->decode[i].key, decode[i].key))
			return false;
	return true;
}

static bool same_pair(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool has_stream(const struct sk_kind_def *def)
{
	for (uint32_t i = 0; i < def->field_cnt; i++)
		if (def->fields[i].type == SK_VALUE_STREAM)
			return true;
	return false;
}

/* How a field of a streamed kind behaves from piece to piece. */
static void set_streaming(const struct sk_ruleset *s, struct sk_view *v)
{
	uint32_t type = v->def->type;

	if (!has_stream(s->registry.kinds[v->kind]))
		return;
	if (v->up == SK_KIND_NONE) {
		v->varies = v->slot == SK_F_COMMON_APP_PROTO || v->slot == SK_F_COMMON_NDPI_PROTOCOL || v->slot == SK_F_COMMON_NDPI_CATEGORY ||
			v->slot == SK_F_COMMON_NDPI_RISK;
		return;
	}
	if (v->up != v->kind)
		return;
	v->streamed = type == SK_VALUE_STREAM;
	v->varies = type == SK_VALUE_INT || type == SK_VALUE_BOOL || type == SK_VALUE_TIME;
	v->at_last = strcmp(v->def->name, "last") == 0 || strcmp(v->def->name, "truncated") == 0 || strcmp(v->def->name, "fragments") == 0;
}

static const char *full_name(struct sk_load *l, const struct sk_field_ref *ref)
{
	char full[256];

	if (ref->up == SK_KIND_NONE)
		snprintf(full, sizeof(full), "%s", ref->def->name);
	else if (ref->pair)
		snprintf(full, sizeof(full), "%s.%s[%s]", l->set->registry.kinds[ref->up]->name, ref->def->name, ref->pair);
	else
		snprintf(full, sizeof(full), "%s.%s", l->set->registry.kinds[ref->up]->name, ref->def->name);
	return sk_load_copy(l, sk_span_str(full));
}

uint32_t sk_load_view(struct sk_load *l, unsigned kind, const struct sk_field_ref *ref, const char *name, const struct sk_decode *decode,
	unsigned decode_cnt)
{
	struct sk_ruleset *s = l->set;
	size_t room = l->view_room;
	struct sk_view *v;
	struct sk_decode *chain;

	for (uint32_t i = 0; i < s->view_cnt; i++) {
		v = &s->views[i];
		if (v->kind == kind && v->up == ref->up && v->slot == ref->slot && same_pair(v->pair, ref->pair) && same_chain(v, decode, decode_cnt))
			return i;
	}
	v = sk_rules_grow(s->views, &room, s->view_cnt, sizeof(*v));
	chain = sk_load_alloc(l, decode_cnt * sizeof(*chain));
	if (v) {
		s->views = v;
		l->view_room = room;
	}
	if (!v || !chain) {
		sk_load_no_memory(l);
		return SK_LOAD_NONE;
	}
	for (unsigned i = 0; i < decode_cnt; i++)
		chain[i] = decode[i];
	v = &s->views[s->view_cnt];
	*v = (struct sk_view){ .kind = (uint16_t)kind, .up = ref->up, .slot = ref->slot, .type = (uint8_t)ref->def->type, .def = ref->def,
		.decode = chain, .decode_cnt = (uint8_t)decode_cnt };
	v->pair = ref->pair ? sk_load_copy(l, sk_span_str(ref->pair)) : NULL;
	v->field = full_name(l, ref);
	v->name = sk_load_copy(l, sk_span_str(name));
	set_streaming(s, v);
	return s->view_cnt++;
}

static uint32_t atom_bucket(const struct sk_atom *a)
{
	uint32_t h = 2166136261u ^ a->type ^ a->view << 8 ^ (uint32_t)a->nocase << 4 ^ a->set ^ (uint32_t)a->num ^ (uint32_t)(a->num >> 32);

	for (size_t i = 0; i < a->text.n; i++)
		h = (h ^ a->text.p[i]) * 16777619u;
	return (h ^ h >> 15) % SK_LOAD_BUCKETS;
}

/* Values so common that waiting for them selects nothing. */
static bool is_common(struct sk_span text)
{
	static const char *const common[] = { "mozilla/5.0", "mozilla", "text/html", "application/json", "application/x-www-form-urlencoded",
		"application/octet-stream", "multipart/form-data", "http/1.1", "http/1.0", "keep-alive", "www.", ".com", "http://", "https://",
		"windows nt 10.0", "applewebkit", "chrome/", "safari/", "content-type", "to_server", "to_client", "<html", "http" };

	for (size_t i = 0; i < SK_ARRAY_LEN(common); i++)
		if (sk_span_is_str_nocase(text, common[i]))
			return true;
	return false;
}

/* About -log2 of how often an event has it; only the order matters. */
static uint32_t rarity(const struct sk_atom *a)
{
	uint32_t n = (uint32_t)SK_MIN(a->text.n, (size_t)20);

	switch (a->type) {
	case SK_ATOM_SET:
		return 40;
	case SK_ATOM_NUM:
		return 5;
	case SK_ATOM_REGEX:
		return SK_MIN(a->width, 16u) * 2;
	case SK_ATOM_IS:
		return is_common(a->text) ? 2 : 4 + 2 * n;
	case SK_ATOM_CONTAINS:
		return is_common(a->text) ? 1 : 3 * n;
	default:
		return is_common(a->text) ? 2 : 2 + 3 * n;
	}
}

uint32_t sk_load_atom(struct sk_load *l, const struct sk_atom *like)
{
	struct sk_ruleset *s = l->set;
	uint32_t *bucket = &l->atom_buckets[atom_bucket(like)];
	struct sk_atom *a;

	for (uint32_t i = *bucket; i; i = a->next) {
		a = &s->atoms[i - 1];
		if (a->type == like->type && a->nocase == like->nocase && a->view == like->view && a->num == like->num && a->set == like->set &&
			sk_span_is(a->text, like->text))
			return i - 1;
	}
	a = like->text.n && !like->text.p ? NULL : sk_rules_grow(s->atoms, &l->atom_room, s->atom_cnt, sizeof(*a));
	if (!a || s->atom_cnt == UINT32_MAX - 1) {
		sk_load_no_memory(l);
		return SK_LOAD_NONE;
	}
	s->atoms = a;
	a = &s->atoms[s->atom_cnt++];
	*a = *like;
	a->rarity = rarity(a);
	a->next = *bucket;
	*bucket = s->atom_cnt;
	return s->atom_cnt - 1;
}

/* --- patterns --- */

unsigned sk_atom_flags(const struct sk_atom *a)
{
	return HS_FLAG_SINGLEMATCH | (a->nocase ? HS_FLAG_CASELESS : 0);
}

const char *sk_atom_expression(const struct sk_atom *a, struct sk_arena *scratch)
{
	static const char hex[] = "0123456789abcdef";
	char *p, *out;

	if (a->type == SK_ATOM_REGEX)
		return (const char *)a->text.p;
	p = out = sk_arena_alloc(scratch, a->text.n * 4 + 8);
	if (!out)
		return NULL;
	if (a->type == SK_ATOM_STARTS || a->type == SK_ATOM_IS) {
		*p++ = '\\';
		*p++ = 'A';
	}
	for (size_t i = 0; i < a->text.n; i++) {
		*p++ = '\\';
		*p++ = 'x';
		*p++ = hex[a->text.p[i] >> 4];
		*p++ = hex[a->text.p[i] & 15];
	}
	if (a->type == SK_ATOM_ENDS || a->type == SK_ATOM_IS) {
		*p++ = '\\';
		*p++ = 'z';
	}
	*p = 0;
	return out;
}

static bool is_pattern(const struct sk_ruleset *s, const struct sk_atom *a)
{
	return a->type <= SK_ATOM_REGEX || (a->type == SK_ATOM_IS && s->views[a->view].streamed && a->text.n);
}

struct patterns {			/* of one view, for the compiler */
	const char **texts;
	unsigned *flags, *ids;
	unsigned cnt;
};

static int patterns_init(struct patterns *p, size_t n)
{
	p->texts = calloc(n, sizeof(*p->texts));
	p->flags = calloc(n, sizeof(*p->flags));
	p->ids = calloc(n, sizeof(*p->ids));
	p->cnt = 0;
	return p->texts && p->flags && p->ids ? 0 : SK_E_MEMORY;
}

static void patterns_fini(struct patterns *p)
{
	free(p->texts);
	free(p->flags);
	free(p->ids);
}

/* A pattern the compiler refuses is told and left out, so that the next one is told too. */
static void compile_patterns(struct sk_load *l, struct sk_view *v, struct patterns *p)
{
	struct sk_ruleset *s = l->set;
	unsigned mode = v->streamed ? HS_MODE_STREAM : HS_MODE_BLOCK;

	while (p->cnt && !v->db) {
		hs_compile_error_t *error = NULL;
		int rc = hs_compile_multi(p->texts, p->flags, p->ids, p->cnt, mode, NULL, &v->db, &error);
		int bad = error ? error->expression : -1;

		if (rc == HS_SUCCESS)
			break;
		v->db = NULL;
		if (rc != HS_COMPILER_ERROR || bad < 0 || (unsigned)bad >= p->cnt) {
			struct sk_error e;

			sk_error_set(&e, SK_E_CONFIG, "patterns of %s: %s", v->field, error ? error->message : "cannot be compiled");
			sk_load_tell(l, &e);
			hs_free_compile_error(error);
			return;
		}
		sk_load_error(l, s->atoms[p->ids[bad]].node, "pattern: %s", error->message);
		hs_free_compile_error(error);
		p->cnt--;
		p->texts[bad] = p->texts[p->cnt];
		p->flags[bad] = p->flags[p->cnt];
		p->ids[bad] = p->ids[p->cnt];
	}
	if (v->db && hs_alloc_scratch(v->db, &s->scratch) != HS_SUCCESS)
		sk_load_no_memory(l);
}

/* atoms: indices of the view's used pattern atoms. */
static void build_patterns(struct sk_load *l, struct sk_view *v, const uint32_t *atoms, uint32_t cnt)
{
	struct sk_ruleset *s = l->set;
	struct sk_arena scratch;
	struct patterns p;
	bool regex = false;
	uint32_t *plain;

	for (uint32_t i = 0; i < cnt; i++)
		regex |= s->atoms[atoms[i]].type == SK_ATOM_REGEX;
	if (cnt == 0)
		return;
	if (!v->streamed && !regex && cnt <= SK_RULES_PLAIN_MAX) {
		plain = sk_load_alloc(l, cnt * sizeof(*plain));
		if (!plain)
			return;
		memcpy(plain, atoms, cnt * sizeof(*plain));
		v->plain = plain;
		v->plain_cnt = cnt;
		return;
	}
	sk_arena_init(&scratch, 65536, SIZE_MAX / 2);
	if (patterns_init(&p, cnt) < 0)
		sk_load_no_memory(l);
	for (uint32_t i = 0; i < cnt && !l->out_of_memory; i++) {
		const struct sk_atom *a = &s->atoms[atoms[i]];

		p.texts[p.cnt] = sk_atom_expression(a, &scratch);
		p.flags[p.cnt] = sk_atom_flags(a);
		p.ids[p.cnt++] = atoms[i];
		if (!p.texts[p.cnt - 1])
			sk_load_no_memory(l);
	}
	if (!l->out_of_memory)
		compile_patterns(l, v, &p);
	patterns_fini(&p);
	sk_arena_fini(&scratch);
}

/* --- look-up tables of a view --- */

uint32_t sk_is_hash(struct sk_span s)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ sk_ascii_lower(s.p[i])) * 16777619u;
	return h ^ h >> 16;
}

static void build_is(struct sk_load *l, struct sk_view *v, const uint32_t *atoms, uint32_t cnt)
{
	struct sk_ruleset *s = l->set;
	uint32_t slots = 4;

	if (cnt == 0)
		return;
	while (slots < cnt * 2)
		slots *= 2;
	v->is_slots = calloc(slots, sizeof(*v->is_slots));
	if (!v->is_slots) {
		sk_load_no_memory(l);
		return;
	}
	v->is_mask = slots - 1;
	for (uint32_t i = 0; i < cnt; i++) {
		uint32_t at = sk_is_hash(s->atoms[atoms[i]].text) & v->is_mask;

		v->is_lengths |= UINT64_C(1) << (s->atoms[atoms[i]].text.n % 64);
		while (v->is_slots[at])
			at = (at + 1) & v->is_mask;
		v->is_slots[at] = atoms[i] + 1;
	}
}

static int compare_nums(const void *a, const void *b)
{
	const struct sk_view_num *x = a, *y = b;

	return x->num < y->num ? -1 : x->num > y->num;
}

static int compare_sets(const void *a, const void *b)
{
	const struct sk_view_set *x = a, *y = b;

	if (x->set != y->set)
		return x->set < y->set ? -1 : 1;
	return (int)x->nocase - (int)y->nocase;
}

/* Sorts the view's used atoms by what finds them. */
static void build_view(struct sk_load *l, struct sk_view *v, const uint32_t *atoms, uint32_t cnt)
{
	struct sk_ruleset *s = l->set;
	uint32_t *patterns = calloc(cnt * 2 + 1, sizeof(*patterns)), *is = patterns ? patterns + cnt : NULL;
	uint32_t pattern_cnt = 0, is_cnt = 0;

	v->nums = calloc(cnt + 1, sizeof(*v->nums));
	v->sets = calloc(cnt + 1, sizeof(*v->sets));
	if (!patterns || !v->nums || !v->sets) {
		free(patterns);
		sk_load_no_memory(l);
		return;
	}
	for (uint32_t i = 0; i < cnt; i++) {
		const struct sk_atom *a = &s->atoms[atoms[i]];

		if (is_pattern(s, a))
			patterns[pattern_cnt++] = atoms[i];
		else if (a->type == SK_ATOM_IS)
			is[is_cnt++] = atoms[i];
		else if (a->type == SK_ATOM_NUM)
			v->nums[v->num_cnt++] = (struct sk_view_num){ a->num, atoms[i] };
		else
			v->sets[v->set_cnt++] = (struct sk_view_set){ a->set, atoms[i], a->nocase };
		if (a->type == SK_ATOM_SET)
			v->tables |= 1u << sk_set_table(s->sets.sets[a->set].kind);
	}
	qsort(v->nums, v->num_cnt, sizeof(*v->nums), compare_nums);
	qsort(v->sets, v->set_cnt, sizeof(*v->sets), compare_sets);
	build_patterns(l, v, patterns, pattern_cnt);
	build_is(l, v, is, is_cnt);
	free(patterns);
}

static void build_views(struct sk_load *l)
{
	struct sk_ruleset *s = l->set;
	uint32_t *first = calloc(s->view_cnt + 1, sizeof(*first)), *sorted = calloc(s->atom_cnt + 1, sizeof(*sorted));

	if (!first || !sorted) {
		sk_load_no_memory(l);
		free(first);
		free(sorted);
		return;
	}
	for (uint32_t i = 0; i < s->atom_cnt; i++)
		s->views[s->atoms[i].view].atom_cnt += s->atoms[i].used;
	for (uint32_t i = 0; i < s->view_cnt; i++)
		first[i + 1] = first[i] + s->views[i].atom_cnt;
	for (uint32_t i = 0; i < s->atom_cnt; i++) {
		struct sk_atom *a = &s->atoms[i];
		struct sk_view *v = &s->views[a->view];

		if (!a->used)
			continue;
		if (v->streamed)
			a->bit = s->kinds[v->kind].stream_atom_cnt++;
		if (a->type == SK_ATOM_REGEX)
			a->regex = s->regex_cnt++;
		sorted[first[a->view]++] = i;
	}
	for (uint32_t i = 0, at = 0; i < s->view_cnt && !l->out_of_memory; at += s->views[i].atom_cnt, i++)
		if (s->views[i].atom_cnt)
			build_view(l, &s->views[i], sorted + at, s->views[i].atom_cnt);
	free(first);
	free(sorted);
}

/* --- gates --- */

struct gate {
	uint32_t rarity;		/* of its most common atom; 0: there is none */
	uint32_t cnt;
};

/* May the atoms of that view gate? In streamed kinds views are searched at offset 0, so what may change later cannot. */
static bool may_gate(const struct sk_view *v)
{
	return !v->varies && !v->at_last;
}

/* The best gate of an operator: one of its atoms with all, else all of its atoms. */
static struct gate op_gate(const struct sk_ruleset *s, const struct sk_op *op, uint32_t *best)
{
	struct gate g = { 0, 0 };

	*best = 0;
	for (uint32_t i = 0; op->type == SK_OP_ATOMS && i < op->atom_cnt; i++) {
		uint32_t r = s->atoms[op->atoms[i]].rarity;

		if (op->all ? g.cnt == 0 || r > g.rarity : g.cnt == 0 || r < g.rarity)
			g.rarity = r;
		if (op->all && g.rarity == r)
			*best = i;
		g.cnt = op->all ? 1 : g.cnt + 1;
	}
	/* many alternatives are hit more often than one */
	for (uint32_t n = g.cnt; n > 1 && g.rarity > 1; n /= 2)
		g.rarity--;
	return g;
}

static struct gate find_gate(const struct sk_ruleset *s, const struct sk_cond *c, uint32_t *out, uint32_t *cnt);

static const struct sk_op *test_gate(const struct sk_ruleset *s, const struct sk_test *t, struct gate *g, uint32_t *best)
{
	const struct sk_op *chosen = NULL;
	uint32_t at;

	*g = (struct gate){ 0, 0 };
	for (uint32_t i = 0; may_gate(&s->views[t->view]) && i < t->op_cnt; i++) {
		struct gate mine = op_gate(s, &t->ops[i], &at);

		if (mine.cnt && mine.rarity > g->rarity) {
			*g = mine;
			*best = at;
			chosen = &t->ops[i];
		}
	}
	return chosen;
}

/* Writes the atoms of the gate behind out[*cnt] where out is given. A NOT has none; of ALL the rarest child's; ANY needs one of
 * every child. */
static struct gate find_gate(const struct sk_ruleset *s, const struct sk_cond *c, uint32_t *out, uint32_t *cnt)
{
	struct gate g = { 0, 0 }, mine;
	const struct sk_cond *chosen = NULL;
	const struct sk_op *op;
	uint32_t best = 0;

	if (c->type == SK_COND_TEST) {
		op = test_gate(s, c->test, &g, &best);
		for (uint32_t i = 0; op && out && i < op->atom_cnt; i++)
			if (!op->all || i == best)
				out[(*cnt)++] = op->atoms[i];
		return g;
	}
	if (c->type == SK_COND_NOT)
		return g;
	for (const struct sk_cond *k = c->child; k; k = k->next) {
		mine = find_gate(s, k, NULL, NULL);
		if (c->type == SK_COND_ALL && mine.rarity > g.rarity) {
			g = mine;
			chosen = k;
		} else if (c->type == SK_COND_ANY) {
			if (mine.rarity == 0)
				return (struct gate){ 0, 0 };
			g.rarity = k == c->child ? mine.rarity : SK_MIN(g.rarity, mine.rarity);
			g.cnt += mine.cnt;
		}
	}
	if (chosen && out)
		find_gate(s, chosen, out, cnt);
	for (const struct sk_cond *k = c->child; k && out && c->type == SK_COND_ANY; k = k->next)
		find_gate(s, k, out, cnt);
	return g;
}

static bool must_look_again(const struct sk_ruleset *s, const struct sk_cond *c)
{
	if (c->type == SK_COND_TEST)
		return s->views[c->test->view].varies;
	for (const struct sk_cond *k = c->child; k; k = k->next)
		if (must_look_again(s, k))
			return true;
	return false;
}

struct gate_list {			/* pairs of atom and rule */
	struct gate_pair {
		uint32_t atom, rule;
	} *p;
	size_t cnt, room;
};

static int compare_pairs(const void *a, const void *b)
{
	const struct gate_pair *x = a, *y = b;

	if (x->atom != y->atom)
		return x->atom < y->atom ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

static void gate_rule(struct sk_load *l, const struct sk_crule *r, struct gate_list *list, uint32_t *always)
{
	struct sk_ruleset *s = l->set;
	struct sk_kind_rules *k = &s->kinds[r->pub.kind];
	struct gate g = find_gate(s, r->where, NULL, NULL);
	uint32_t *atoms = calloc(g.cnt + 1, sizeof(*atoms)), cnt = 0;

	if (!atoms) {
		sk_load_no_memory(l);
		return;
	}
	if (g.rarity)
		find_gate(s, r->where, atoms, &cnt);
	else
		always[k->always_cnt++] = r->pub.index;
	for (uint32_t i = 0; i < cnt; i++) {
		struct gate_pair *grown = sk_rules_grow(list->p, &list->room, list->cnt, sizeof(*grown));

		if (!grown) {
			sk_load_no_memory(l);
			break;
		}
		list->p = grown;
		list->p[list->cnt++] = (struct gate_pair){ atoms[i], r->pub.index };
		s->views[s->atoms[atoms[i]].view].gate = true;
	}
	free(atoms);
}

/* Gives every atom the rules it gates, and every kind its rules without a gate. */
static void build_gates(struct sk_load *l)
{
	struct sk_ruleset *s = l->set;
	struct gate_list list = { 0 };
	uint32_t *always, *rules;

	for (unsigned kind = 0; kind < SK_KIND_MAX && !l->out_of_memory; kind++) {
		always = sk_load_alloc(l, s->kinds[kind].rule_cnt * sizeof(*always));
		s->kinds[kind].always = always;
		for (size_t i = 0; always && s->kinds[kind].rule_cnt && i < s->rule_cnt; i++)
			if (s->rules[i]->pub.type == SK_RULE_EVENT && s->rules[i]->pub.kind == kind)
				gate_rule(l, s->rules[i], &list, always);
	}
	if (list.cnt)
		qsort(list.p, list.cnt, sizeof(*list.p), compare_pairs);
	rules = sk_load_alloc(l, list.cnt * sizeof(*rules));
	for (size_t i = 0; rules && i < list.cnt; i++) {
		struct sk_atom *a = &s->atoms[list.p[i].atom];

		rules[i] = list.p[i].rule;
		if (!a->rules)
			a->rules = &rules[i];
		a->rule_cnt++;
	}
	free(list.p);
}

static void build_kind(struct sk_load *l, unsigned kind)
{
	struct sk_ruleset *s = l->set;
	struct sk_kind_rules *k = &s->kinds[kind];
	const struct sk_kind_def *def = s->registry.kinds[kind];
	uint32_t *gates = sk_load_alloc(l, s->view_cnt * sizeof(*gates));

	k->stream_view = UINT32_MAX;
	k->slot_stream = k->slot_offset = k->slot_last = 0xff;
	k->gates = gates;
	for (uint32_t i = 0; gates && i < s->view_cnt; i++) {
		if (s->views[i].kind != kind)
			continue;
		if (s->views[i].streamed)
			k->stream_view = i;
		else if (s->views[i].gate)
			gates[k->gate_cnt++] = i;
	}
	for (uint32_t i = 0; i < def->field_cnt; i++) {
		if (def->fields[i].type == SK_VALUE_STREAM && k->slot_stream == 0xff)
			k->slot_stream = (uint8_t)i;
		else if (strcmp(def->fields[i].name, "offset") == 0)
			k->slot_offset = (uint8_t)i;
		else if (strcmp(def->fields[i].name, "last") == 0)
			k->slot_last = (uint8_t)i;
	}
	k->streamed = k->slot_stream != 0xff;
	if (k->streamed && k->rule_cnt) {
		s->wanted.fields[kind] |= 1u << k->slot_stream;
		s->wanted.fields[kind] |= k->slot_offset == 0xff ? 0 : 1u << k->slot_offset;
		s->wanted.fields[kind] |= k->slot_last == 0xff ? 0 : 1u << k->slot_last;
	}
}

/* --- all --- */

static void drop_off(struct sk_ruleset *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->rule_cnt; i++) {
		if (s->rules[i]->off)
			continue;
		s->rules[n] = s->rules[i];
		s->rules[n]->pub.index = (uint32_t)n;
		n++;
	}
	s->rule_cnt = n;
}

static void use_atoms(struct sk_ruleset *s, const struct sk_cond *c)
{
	struct sk_wanted *w = &s->wanted;

	for (const struct sk_cond *k = c->child; k; k = k->next)
		use_atoms(s, k);
	if (c->type != SK_COND_TEST)
		return;
	const struct sk_view *v = &s->views[c->test->view];
	if (v->up == SK_KIND_NONE) {
		w->common |= 1u << v->slot;
	} else {
		w->fields[v->up] |= 1u << v->slot;
		w->kinds |= UINT64_C(1) << v->up;
	}
	for (uint32_t i = 0; i < c->test->op_cnt; i++) {
		for (uint32_t k = 0; k < c->test->ops[i].atom_cnt; k++) {
			struct sk_atom *a = &s->atoms[c->test->ops[i].atoms[k]];

			a->used = true;
			if (a->type == SK_ATOM_SET && s->sets.sets[a->set].kind == SK_SET_URL)
				w->fields[SK_KIND_HTTP_REQUEST] |= 1u << SK_F_HTTP_REQUEST_HOST;
		}
	}
}

void sk_load_compile(struct sk_load *l)
{
	struct sk_ruleset *s = l->set;

	/* with mistakes the set is thrown away; patterns are still compiled, because that finds more mistakes */
	if (!l->errors)
		drop_off(s);
	for (size_t i = 0; i < s->rule_cnt; i++) {
		struct sk_crule *r = s->rules[i];

		if (r->pub.type != SK_RULE_EVENT || r->pub.kind == SK_KIND_NONE || !r->where)
			continue;
		r->local = s->kinds[r->pub.kind].rule_cnt++;
		r->varies = must_look_again(s, r->where);
		s->wanted.kinds |= UINT64_C(1) << r->pub.kind;
		use_atoms(s, r->where);
	}
	build_views(l);
	if (l->errors)
		return;
	build_gates(l);
	for (unsigned kind = 0; kind < s->registry.cnt && !l->out_of_memory; kind++)
		build_kind(l, kind);
	if (!l->out_of_memory && sk_sets_build(&s->sets) < 0)
		sk_load_no_memory(l);
}
