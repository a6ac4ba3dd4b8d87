/* rules/set_net.c — whole addresses by hash, networks by a path-compressed binary trie, IPv4 and IPv6 apart. See set.h.
 *
 * Most addresses begin with 16 bits with which no entry begins: one look at a bitmap of 8 KiB ends their search.
 * A look-up walks the trie from the root and takes every network on the way, so nested networks of different sets all answer.
 */
#include <stdlib.h>

#include "rules/ruleset.h"
#include "rules/set.h"

static unsigned width(const struct sk_addr *a)
{
	return a->family == 4 ? 32 : 128;
}

static unsigned bit_at(const struct sk_addr *a, unsigned i)
{
	return a->b[i / 8] >> (7 - i % 8) & 1;
}

static void clear_behind(struct sk_addr *a, unsigned bits)
{
	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = bits > i * 8 ? SK_MIN(bits - i * 8, 8u) : 0;

		a->b[i] = (uint8_t)(a->b[i] & (0xff00u >> keep));
	}
}

/* Leading bits two addresses share, up to max. */
static unsigned shared_bits(const struct sk_addr *a, const struct sk_addr *b, unsigned max)
{
	for (unsigned i = 0; i < 16 && i * 8 < max; i++) {
		unsigned diff = (unsigned)(a->b[i] ^ b->b[i]);

		if (diff)
			return SK_MIN(max, i * 8 + (unsigned)__builtin_clz(diff) - 24);
	}
	return max;
}

int sk_nettable_add(struct sk_nettable *t, const struct sk_addr *addr, unsigned bits, uint32_t set, uint32_t meta)
{
	struct sk_set_entry *entries = sk_rules_grow(t->entries, &t->room, t->cnt, sizeof(*t->entries));
	struct sk_net_prefix *prefixes;

	if (!entries)
		return SK_E_MEMORY;
	t->entries = entries;
	prefixes = sk_rules_grow(t->prefixes, &t->prefix_room, t->cnt, sizeof(*t->prefixes));
	if (!prefixes)
		return SK_E_MEMORY;
	t->prefixes = prefixes;
	if (t->cnt >= UINT32_MAX / 2)
		return SK_E_LIMIT;
	t->prefixes[t->cnt] = (struct sk_net_prefix){ .addr = *addr, .len = (uint8_t)bits };
	clear_behind(&t->prefixes[t->cnt].addr, bits);
	t->entries[t->cnt] = (struct sk_set_entry){ .text = (uint32_t)t->cnt, .set = set, .meta = meta };
	t->cnt++;
	return 0;
}

/* Index + 1, or 0. */
static uint32_t new_node(struct sk_nettable *t, const struct sk_addr *prefix, unsigned len)
{
	struct sk_net_node *grown = sk_rules_grow(t->nodes, &t->node_room, t->node_cnt, sizeof(*t->nodes));

	if (!grown)
		return 0;
	t->nodes = grown;
	t->nodes[t->node_cnt] = (struct sk_net_node){ .prefix = *prefix, .len = (uint8_t)len };
	clear_behind(&t->nodes[t->node_cnt].prefix, len);
	return (uint32_t)++t->node_cnt;
}

static void set_link(struct sk_nettable *t, uint32_t parent, unsigned side, unsigned family, uint32_t node)
{
	if (parent)
		t->nodes[parent - 1].child[side] = node;
	else
		t->root[family] = node;
}

static void chain_entry(struct sk_nettable *t, uint32_t node, uint32_t entry)
{
	uint32_t *link = &t->nodes[node - 1].entry;

	while (*link)
		link = &t->prefixes[*link - 1].next;
	*link = entry;
}

static int insert(struct sk_nettable *t, uint32_t entry)
{
	struct sk_net_prefix p = t->prefixes[entry - 1];
	unsigned family = p.addr.family == 6, side = 0;
	uint32_t parent = 0, at = t->root[family];

	while (at) {
		const struct sk_net_node *n = &t->nodes[at - 1];
		unsigned same = shared_bits(&n->prefix, &p.addr, SK_MIN(n->len, p.len));
		uint32_t mid;

		if (same == n->len && n->len == p.len) {
			chain_entry(t, at, entry);
			return 0;
		}
		if (same == n->len) {
			parent = at;
			side = bit_at(&p.addr, n->len);
			at = n->child[side];
			continue;
		}
		/* the paths part inside this node: a node for what they share takes its place */
		mid = new_node(t, &p.addr, same);
		if (!mid)
			return SK_E_MEMORY;
		t->nodes[mid - 1].child[bit_at(&t->nodes[at - 1].prefix, same)] = at;
		set_link(t, parent, side, family, mid);
		if (same == p.len) {
			chain_entry(t, mid, entry);
			return 0;
		}
		parent = mid;
		side = bit_at(&p.addr, same);
		break;
	}
	at = new_node(t, &p.addr, p.len);
	if (!at)
		return SK_E_MEMORY;
	chain_entry(t, at, entry);
	set_link(t, parent, side, family, at);
	return 0;
}

static unsigned first_bits(const struct sk_addr *a)
{
	return (unsigned)a->b[0] << 8 | a->b[1];
}

void sk_nettable_mark(const struct sk_nettable *t, size_t entry, uint64_t *first)
{
	const struct sk_net_prefix *p = &t->prefixes[entry];
	unsigned from = first_bits(&p->addr), cnt = p->len < 16 ? 1u << (16 - p->len) : 1;

	for (unsigned v = from; v < from + cnt; v++)
		first[v / 64] |= UINT64_C(1) << v % 64;
}

static uint64_t hash(const struct sk_addr *a, const struct sk_seed *seed)
{
	return sk_hash(a, 17, seed);
}

int sk_nettable_build(struct sk_nettable *t, const struct sk_seed *seed)
{
	size_t slots = 16;

	if (t->cnt == 0)
		return 0;
	while (slots < t->cnt + t->cnt / 3)
		slots *= 2;
	t->slots = calloc(slots, sizeof(*t->slots));
	t->first = calloc(2, sizeof(*t->first));
	if (!t->slots || !t->first)
		return SK_E_MEMORY;
	t->mask = (uint32_t)(slots - 1);
	for (uint32_t i = 0; i < t->cnt; i++) {
		const struct sk_net_prefix *p = &t->prefixes[i];
		uint64_t h = hash(&p->addr, seed);
		uint32_t at = (uint32_t)h & t->mask;

		sk_nettable_mark(t, i, t->first[p->addr.family == 6]);
		if (p->len < width(&p->addr)) {
			if (insert(t, i + 1) < 0)
				return SK_E_MEMORY;
			continue;
		}
		while (t->slots[at])
			at = (at + 1) & t->mask;
		t->slots[at] = h >> 32 << 32 | (i + 1u);
	}
	return 0;
}

void sk_nettable_fini(struct sk_nettable *t)
{
	free(t->entries);
	free(t->prefixes);
	free(t->nodes);
	free(t->slots);
	free(t->first);
}

void sk_sets_net(const struct sk_sets *s, const struct sk_addr *a, sk_set_hit_fn *hit, void *cx)
{
	const struct sk_nettable *t = &s->net;
	uint32_t node;
	uint64_t h;

	if (!t->first || (a->family != 4 && a->family != 6))
		return;
	if (SK_LIKELY(!(t->first[a->family == 6][first_bits(a) / 64] >> first_bits(a) % 64 & 1)))
		return;
	node = t->root[a->family == 6];
	while (node) {
		const struct sk_net_node *n = &t->nodes[node - 1];

		if (shared_bits(&n->prefix, a, n->len) < n->len)
			break;
		for (uint32_t e = n->entry; e; e = t->prefixes[e - 1].next)
			hit(cx, &t->entries[e - 1]);
		node = n->len < width(a) ? n->child[bit_at(a, n->len)] : 0;
	}
	h = hash(a, &s->seed);
	for (uint32_t at = (uint32_t)h & t->mask; t->slots[at]; at = (at + 1) & t->mask) {
		uint32_t e = (uint32_t)t->slots[at] - 1;

		if (t->slots[at] >> 32 == h >> 32 && sk_addr_is(&t->prefixes[e].addr, a))
			hit(cx, &t->entries[e]);
	}
}
