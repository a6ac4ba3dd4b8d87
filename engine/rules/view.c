/* rules/view.c — views and atoms, made while rules are read, and the look-up tables of views, made when all are. */
#include <stdio.h>
#include <stdlib.h>

#include "rules/load.h"

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
		v->varies = v->slot == SK_F_COMMON_APP_PROTO || v->slot == SK_F_COMMON_NDPI_PROTOCOL ||
			v->slot == SK_F_COMMON_NDPI_CATEGORY ||
			v->slot == SK_F_COMMON_NDPI_RISK;
		return;
	}
	if (v->up != v->kind)
		return;
	v->streamed = type == SK_VALUE_STREAM;
	v->varies = type == SK_VALUE_INT || type == SK_VALUE_BOOL || type == SK_VALUE_TIME;
	v->at_last = strcmp(v->def->name, "last") == 0 || strcmp(v->def->name, "truncated") == 0 || strcmp(v->def->name,
		"fragments") == 0;
}

static uint8_t directness(const struct sk_view *v)
{
	if (v->pair || v->decode_cnt)
		return SK_DIRECT_NONE;
	if (v->up == v->kind)
		return SK_DIRECT_FIELD;
	return v->up == SK_KIND_NONE && (v->slot == SK_F_COMMON_CLIENT_IP || v->slot == SK_F_COMMON_SERVER_IP) ? SK_DIRECT_ADDR : SK_DIRECT_NONE;
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

uint32_t sk_load_view(struct sk_load *l, unsigned kind, const struct sk_field_ref *ref, const char *name,
	const struct sk_decode *decode,
	unsigned decode_cnt)
{
	struct sk_ruleset *s = l->set;
	size_t room = l->view_room;
	struct sk_view *v;
	struct sk_decode *chain;

	for (uint32_t i = 0; i < s->view_cnt; i++) {
		v = &s->views[i];
		if (v->kind == kind && v->up == ref->up && v->slot == ref->slot && same_pair(v->pair, ref->pair) && same_chain(v, decode,
			decode_cnt))
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
	*v = (struct sk_view){ .index = s->view_cnt, .kind = (uint16_t)kind, .up = ref->up, .slot = ref->slot, .type = (uint8_t)ref->def->type, .def = ref->def,
		.decode = chain, .decode_cnt = (uint8_t)decode_cnt, .dirs = 3, .of = s->view_cnt, .other = UINT32_MAX };
	v->pair = ref->pair ? sk_load_copy(l, sk_span_str(ref->pair)) : NULL;
	v->field = full_name(l, ref);
	v->name = sk_load_copy(l, sk_span_str(name));
	v->direct = directness(v);
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
	static const char *const common[] = { "mozilla/5.0", "mozilla", "text/html", "application/json",
		"application/x-www-form-urlencoded",
		"application/octet-stream", "multipart/form-data", "http/1.1", "http/1.0", "keep-alive", "www.", ".com", "http://",
			"https://",
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
		if (a->type == like->type && a->nocase == like->nocase && a->view == like->view && a->num == like->num &&
			a->set == like->set &&
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

/* Of the addresses and networks in the view's sets: other views may have sets with networks that every flow is in. */
static uint64_t *net_first(struct sk_load *l, const struct sk_view *v)
{
	const struct sk_sets *sets = &l->set->sets;
	uint64_t *first = sk_load_alloc(l, SK_NET_FIRST * sizeof(*first));
	bool *is_mine = calloc(sets->set_cnt + 1, sizeof(*is_mine));

	for (uint32_t i = 0; is_mine && i < v->set_cnt; i++)
		is_mine[v->sets[i].set] = true;
	for (size_t i = 0; first && is_mine && i < sets->net.cnt; i++)
		if (is_mine[sets->net.entries[i].set])
			sk_nettable_mark(&sets->net, i, first);
	if (!is_mine)
		sk_load_no_memory(l);
	free(is_mine);
	return first;
}

/* Sorts the view's used atoms by what finds them. */
static void build_view(struct sk_load *l, struct sk_view *v, const uint32_t *atoms, uint32_t cnt)
{
	struct sk_ruleset *s = l->set;
	uint32_t *is = calloc(cnt + 1, sizeof(*is)), is_cnt = 0;

	v->nums = calloc(cnt + 1, sizeof(*v->nums));
	v->sets = calloc(cnt + 1, sizeof(*v->sets));
	if (!is || !v->nums || !v->sets) {
		free(is);
		sk_load_no_memory(l);
		return;
	}
	for (uint32_t i = 0; i < cnt; i++) {
		const struct sk_atom *a = &s->atoms[atoms[i]];

		/* patterns are pattern.c's; of a streamed field a whole value is one, but for the empty one */
		if (a->type == SK_ATOM_IS && (!v->streamed || a->text.n == 0))
			is[is_cnt++] = atoms[i];
		else if (a->type == SK_ATOM_NUM)
			v->nums[v->num_cnt++] = (struct sk_view_num){ a->num, atoms[i] };
		else if (a->type == SK_ATOM_SET)
			v->sets[v->set_cnt++] = (struct sk_view_set){ a->set, atoms[i], a->nocase };
		if (a->type == SK_ATOM_SET)
			v->tables |= 1u << sk_set_table(s->sets.sets[a->set].kind);
	}
	if (v->tables >> SK_TABLE_NET & 1)
		v->net_first = net_first(l, v);
	qsort(v->nums, v->num_cnt, sizeof(*v->nums), compare_nums);
	qsort(v->sets, v->set_cnt, sizeof(*v->sets), compare_sets);
	build_is(l, v, is, is_cnt);
	free(is);
}

void sk_load_build_views(struct sk_load *l)
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
