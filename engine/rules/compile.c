/* rules/compile.c — the last step of loading: drops what is switched off, makes tables and databases, gives every rule its
 * gate. */
#include <stdio.h>
#include <stdlib.h>

#include "rules/load.h"

struct gate {
	uint32_t rarity;		/* of its most common atom; 0: there is none */
	uint32_t cnt;
};

#define CHEAP_RARITY 20u		/* of a gate worth more than a search for patterns … */
#define CHEAP_MAX 16u			/* … for so few rules of a view: all are evaluated where the gate opens */

/* Found by a look-up, not by a search. */
static bool is_cheap(const struct sk_ruleset *s, uint32_t atom)
{
	const struct sk_atom *a = &s->atoms[atom];

	return (a->type == SK_ATOM_IS && !s->views[a->view].streamed) || a->type == SK_ATOM_NUM || a->type == SK_ATOM_SET;
}

static bool is_cheap_op(const struct sk_ruleset *s, const struct sk_op *op)
{
	for (uint32_t i = 0; i < op->atom_cnt; i++)
		if (!is_cheap(s, op->atoms[i]))
			return false;
	return true;
}

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

static struct gate find_gate(const struct sk_ruleset *s, const struct sk_cond *c, bool cheap, uint32_t *out, uint32_t *cnt);

static const struct sk_op *test_gate(const struct sk_ruleset *s, const struct sk_test *t, bool cheap, struct gate *g, uint32_t *best)
{
	const struct sk_op *chosen = NULL;
	uint32_t at;

	*g = (struct gate){ 0, 0 };
	for (uint32_t i = 0; may_gate(&s->views[t->view]) && i < t->op_cnt; i++) {
		struct gate mine = op_gate(s, &t->ops[i], &at);

		if (cheap && !is_cheap_op(s, &t->ops[i]))
			continue;
		if (mine.cnt && mine.rarity > g->rarity) {
			*g = mine;
			*best = at;
			chosen = &t->ops[i];
		}
	}
	return chosen;
}

/* Writes the atoms of the gate behind out[*cnt] where out is given. cheap: one without patterns, if there is any. A NOT has none; of ALL the rarest child's; ANY needs one of
 * every child. */
static struct gate find_gate(const struct sk_ruleset *s, const struct sk_cond *c, bool cheap, uint32_t *out, uint32_t *cnt)
{
	struct gate g = { 0, 0 }, mine;
	const struct sk_cond *chosen = NULL;
	const struct sk_op *op;
	uint32_t best = 0;

	if (c->type == SK_COND_TEST) {
		op = test_gate(s, c->test, cheap, &g, &best);
		for (uint32_t i = 0; op && out && i < op->atom_cnt; i++)
			if (!op->all || i == best)
				out[(*cnt)++] = op->atoms[i];
		return g;
	}
	if (c->type == SK_COND_NOT)
		return g;
	for (const struct sk_cond *k = c->child; k; k = k->next) {
		mine = find_gate(s, k, cheap, NULL, NULL);
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
		find_gate(s, chosen, cheap, out, cnt);
	for (const struct sk_cond *k = c->child; k && out && c->type == SK_COND_ANY; k = k->next)
		find_gate(s, k, cheap, out, cnt);
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

/* The atoms of the rule's gate, to be freed; *cnt 0: it has none. NULL when memory is short. */
static uint32_t *gate_atoms(struct sk_load *l, const struct sk_crule *r, bool cheap, uint32_t *cnt)
{
	struct gate g = find_gate(l->set, r->where, cheap, NULL, NULL);
	uint32_t *atoms = calloc(g.cnt + 1, sizeof(*atoms));

	*cnt = 0;
	if (!atoms)
		sk_load_no_memory(l);
	else if (g.rarity)
		find_gate(l->set, r->where, cheap, atoms, cnt);
	return atoms;
}

static bool has_cheap_gate(const struct sk_ruleset *s, const struct sk_crule *r)
{
	return find_gate(s, r->where, true, NULL, NULL).rarity >= CHEAP_RARITY;
}

/* Views whose patterns gate a rule that could not do without, or many rules, are searched for every event. */
static void mark_searched(struct sk_load *l, const struct sk_crule *r)
{
	struct sk_ruleset *s = l->set;
	const bool needed = !has_cheap_gate(s, r);
	uint32_t cnt, *atoms = gate_atoms(l, r, false, &cnt);

	for (uint32_t i = 0; atoms && i < cnt; i++) {
		struct sk_view *v = &s->views[s->atoms[atoms[i]].view];

		if (!is_cheap(s, atoms[i]) && (needed || ++v->spared > CHEAP_MAX))
			v->searched = true;
	}
	free(atoms);
}

/* Is there a pattern among the atoms whose view would be searched for this rule alone? */
static bool needs_search(const struct sk_ruleset *s, const uint32_t *atoms, uint32_t cnt)
{
	for (uint32_t i = 0; i < cnt; i++)
		if (!is_cheap(s, atoms[i]) && !s->views[s->atoms[atoms[i]].view].searched && !s->views[s->atoms[atoms[i]].view].streamed)
			return true;
	return false;
}

static void gate_rule(struct sk_load *l, const struct sk_crule *r, struct gate_list *list, uint32_t *always)
{
	struct sk_ruleset *s = l->set;
	struct sk_kind_rules *k = &s->kinds[r->pub.kind];
	uint32_t cnt, *atoms = gate_atoms(l, r, false, &cnt);

	if (atoms && needs_search(s, atoms, cnt) && has_cheap_gate(s, r)) {
		free(atoms);
		atoms = gate_atoms(l, r, true, &cnt);
	}
	if (!atoms)
		return;
	if (cnt == 0)
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

	for (size_t i = 0; i < s->rule_cnt; i++)
		if (s->rules[i]->pub.type == SK_RULE_EVENT && s->rules[i]->pub.kind < SK_KIND_MAX && s->rules[i]->where)
			mark_searched(l, s->rules[i]);
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

/* Bytes of the shortest text in which something of the view is hit; 0 where that is not known. */
static uint32_t least_of(const struct sk_ruleset *s, const struct sk_view *v)
{
	size_t least = v->db || v->late ? v->least : UINT32_MAX;

	for (uint32_t i = 0; i < v->plain_cnt; i++)
		least = SK_MIN(least, s->atoms[v->plain[i]].text.n);
	if (v->is_slots)
		least = SK_MIN(least, v->is_lengths ? (size_t)__builtin_ctzll(v->is_lengths) : 0);
	for (unsigned t = 0; t < SK_TABLE_CNT; t++) {
		if (!(v->tables >> t & 1))
			continue;
		/* the shortest address is "::"; of a URL only the path may be there */
		least = SK_MIN(least, t == SK_TABLE_NET ? 2 : t == SK_TABLE_URL ? 0 : s->sets.str[t].least);
	}
	return (uint32_t)least;
}

static void add_own_gate(const struct sk_ruleset *s, struct sk_kind_rules *k, struct sk_gate *gates, uint32_t view)
{
	const struct sk_view *v = &s->views[view];

	gates[k->own_cnt++] = (struct sk_gate){ .view = view, .least = least_of(s, v), .slot = v->slot,
		.with_host = v->kind == SK_KIND_HTTP_REQUEST && v->tables == 1u << SK_TABLE_URL && !v->db && !v->late && !v->plain_cnt &&
			!v->is_slots && !v->num_cnt };
	k->gate_cnt = k->own_cnt;
	k->own_slots = SK_MAX(k->own_slots, v->slot + 1u);
}

static void build_kind(struct sk_load *l, unsigned kind)
{
	struct sk_ruleset *s = l->set;
	struct sk_kind_rules *k = &s->kinds[kind];
	const struct sk_kind_def *def = s->registry.kinds[kind];
	struct sk_gate *gates = sk_load_alloc(l, s->view_cnt * sizeof(*gates));

	k->stream_view[0] = k->stream_view[1] = UINT32_MAX;
	k->slot_stream = k->slot_offset = k->slot_last = 0xff;
	k->gates = gates;
	for (uint32_t i = 0; gates && i < s->view_cnt; i++) {
		const struct sk_view *v = &s->views[i];

		if (v->kind != kind)
			continue;
		if (v->streamed && v->of == i)
			k->stream_view[0] = i;
		else if (v->streamed)
			k->stream_view[1] = i;
		else if (v->gate && v->direct == SK_DIRECT_FIELD)
			add_own_gate(s, k, gates, i);
	}
	for (uint32_t i = 0; gates && i < s->view_cnt; i++)
		if (s->views[i].kind == kind && s->views[i].gate && !s->views[i].streamed && s->views[i].direct != SK_DIRECT_FIELD)
			gates[k->gate_cnt++] = (struct sk_gate){ .view = i, .slot = SK_GATE_OTHER };
	if (k->stream_view[1] == UINT32_MAX)
		k->stream_view[1] = k->stream_view[0];
	for (unsigned dir = 0; dir < 2 && k->stream_view[dir] != UINT32_MAX; dir++)
		k->stream_least[dir] = s->views[k->stream_view[dir]].least;
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

/* Directions of the events a rule can match, as far as its outermost conditions say. */
static uint8_t dirs_of(const struct sk_ruleset *s, const struct sk_cond *c)
{
	uint8_t dirs = 3, named = 0;

	for (const struct sk_cond *k = c->child; k && c->type == SK_COND_ALL; k = k->next)
		dirs &= dirs_of(s, k);
	if (c->type != SK_COND_TEST || s->views[c->test->view].up != SK_KIND_NONE ||
	    s->views[c->test->view].slot != SK_F_COMMON_DIRECTION || c->test->op_cnt != 1 || c->test->ops[0].type != SK_OP_ATOMS)
		return dirs;
	for (uint32_t i = 0; i < c->test->ops[0].atom_cnt; i++) {
		const struct sk_atom *a = &s->atoms[c->test->ops[0].atoms[i]];

		if (a->type != SK_ATOM_IS)
			return 3;
		named |= (uint8_t)(sk_span_is_str_nocase(a->text, "to_server") << SK_TO_SERVER);
		named |= (uint8_t)(sk_span_is_str_nocase(a->text, "to_client") << SK_TO_CLIENT);
	}
	return named;
}

static void use_atoms(struct sk_ruleset *s, const struct sk_cond *c, uint8_t dirs)
{
	struct sk_wanted *w = &s->wanted;

	for (const struct sk_cond *k = c->child; k; k = k->next)
		use_atoms(s, k, dirs);
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
			a->dirs |= dirs;
			if (a->type == SK_ATOM_SET && s->sets.sets[a->set].kind == SK_SET_URL)
				w->fields[SK_KIND_HTTP_REQUEST] |= 1u << SK_F_HTTP_REQUEST_HOST;
		}
	}
}

/* A streamed value whose patterns are for one direction each gets a database for either: fewer patterns are searched faster. */
static void split_streams(struct sk_load *l)
{
	struct sk_ruleset *s = l->set;

	for (uint32_t i = 0, cnt = s->view_cnt; i < cnt && !l->out_of_memory; i++) {
		bool apart = false;
		struct sk_view *v;

		for (uint32_t k = 0; s->views[i].streamed && k < s->atom_cnt; k++)
			apart = apart || (s->atoms[k].view == i && s->atoms[k].used && s->atoms[k].dirs != 3);
		if (!apart)
			continue;
		v = sk_rules_grow(s->views, &l->view_room, s->view_cnt, sizeof(*v));
		if (!v) {
			sk_load_no_memory(l);
			return;
		}
		s->views = v;
		v[s->view_cnt] = v[i];
		v[i].dirs = 1u << SK_TO_SERVER;
		v[i].other = s->view_cnt;
		v = &v[s->view_cnt];
		v->index = s->view_cnt++;
		v->dirs = 1u << SK_TO_CLIENT;
		v->is_slots = NULL;
		v->nums = NULL;
		v->sets = NULL;
		v->num_cnt = v->set_cnt = 0;
	}
}

/* Views with which little is done: values that cannot be hit need not be begun with. */
static void find_simple(struct sk_ruleset *s)
{
	for (uint32_t i = 0; i < s->view_cnt; i++) {
		struct sk_view *v = &s->views[i];
		const bool searched = v->decode_cnt || v->pair || v->db || v->late || v->plain_cnt;

		v->compared = v->is_slots && !searched && !v->tables && !v->num_cnt;
		v->nets = v->net_first && !searched && !v->is_slots && !v->num_cnt && v->tables == 1u << SK_TABLE_NET;
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
		use_atoms(s, r->where, dirs_of(s, r->where));
	}
	sk_load_build_views(l);
	split_streams(l);
	sk_load_build_databases(l);
	if (l->errors)
		return;
	find_simple(s);
	build_gates(l);
	for (unsigned kind = 0; kind < s->registry.cnt && !l->out_of_memory; kind++)
		build_kind(l, kind);
	if (!l->out_of_memory && sk_sets_build(&s->sets) < 0)
		sk_load_no_memory(l);
}
