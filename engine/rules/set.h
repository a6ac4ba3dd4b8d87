/* rules/set.h — inside of rules/: indicator sets.
 *
 * All sets of one family share one table, so that a value costs one look-up however many sets there are. An answer is an
 * entry: which set it is of, until when it counts, where it comes from.
 *
 * memory   16 bytes, the text and 8 to 16 bytes of slots per indicator; what many indicators say alike is kept once
 * threads  filled on the main thread, then read-only
 */
#ifndef SK_RULES_SET_H
#define SK_RULES_SET_H

#include <sekisho/addr.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

/* Kinds, as campaign files name them. */
enum sk_set_kind {
	SK_SET_DOMAIN, SK_SET_FQDN, SK_SET_IP, SK_SET_CIDR, SK_SET_URL, SK_SET_JA3, SK_SET_JA3S, SK_SET_JA4, SK_SET_CERT_SHA1,
	SK_SET_SHA256, SK_SET_SHA1, SK_SET_MD5, SK_SET_TEXT, SK_SET_PATH, SK_SET_KIND_CNT
};

/* Families: one table each. */
enum sk_table { SK_TABLE_DOMAIN, SK_TABLE_NET, SK_TABLE_URL, SK_TABLE_HASH, SK_TABLE_TEXT, SK_TABLE_PATH, SK_TABLE_CNT };

extern const char *const sk_set_kind_names[];
enum sk_table sk_set_table(enum sk_set_kind kind);

/* What is known of an indicator beside its value; shared by those that say the same. */
struct sk_set_meta {
	const char *source, *note, *role, *stage;	/* NULL where not said */
	const char *expires;		/* as written */
	uint64_t expires_ns;		/* UINT64_MAX: never */
	uint32_t confidence;		/* 0 to 100, 101: not said */
};

struct sk_set {
	const char *name;		/* NULL for lists written into a rule */
	enum sk_set_kind kind;
	uint32_t cnt;			/* entries */
};

struct sk_set_entry {
	uint32_t text;			/* into the table's text; NET: into its prefixes */
	uint16_t len;
	uint16_t exact;			/* DOMAIN: no subdomains; PATH: the whole path */
	uint32_t set, meta;
};

/* --- set_hash.c: texts by hash --- */

struct sk_strtable {
	struct sk_set_entry *entries;
	size_t cnt, room;
	struct sk_buf text;
	uint64_t *slots;		/* upper half of the hash, entry + 1 */
	uint64_t *filter;		/* a bit by length and last eight bytes of a key, of domains' last two labels too; see sk_strtable_may */
	uint32_t mask, filter_mask;
	uint32_t least;			/* bytes of the shortest key */
	unsigned parts_max;		/* most labels of a domain, most segments of a path */
	bool has_single;		/* a domain of one label */
};

struct sk_strtable_find {		/* a look-up under way */
	const struct sk_strtable *t;
	struct sk_span key;
	uint64_t hash;
	uint32_t at;
};

int sk_strtable_add(struct sk_strtable *t, struct sk_span key, bool exact, uint32_t set, uint32_t meta);
/* Makes the slots, leaves out repeated entries (told in *repeated, added to). ends: the filter knows the keys' last two labels too. */
int sk_strtable_build(struct sk_strtable *t, const struct sk_seed *seed, bool ends, size_t *repeated);
void sk_strtable_fini(struct sk_strtable *t);
void sk_strtable_find(struct sk_strtable_find *f, const struct sk_strtable *t, struct sk_span key, const struct sk_seed *seed);
/* The next entry with that key, in the order they were added, or NULL. */
const struct sk_set_entry *sk_strtable_next(struct sk_strtable_find *f);
size_t sk_strtable_bytes(const struct sk_strtable *t);

/* One to seven bytes; with the length, no two keys give the same. */
static inline uint64_t sk_strtable_tail(struct sk_span key)
{
	uint32_t low, high;

	if (key.n >= 4) {
		memcpy(&low, key.p, 4);
		memcpy(&high, key.p + key.n - 4, 4);
		return (uint64_t)high << 32 | low;
	}
	return (uint64_t)key.p[0] | (uint64_t)key.p[key.n / 2] << 8 | (uint64_t)key.p[key.n - 1] << 16;
}

enum sk_strtable_part { SK_STRTABLE_KEY, SK_STRTABLE_END };	/* a whole key, the end of one */

static inline uint32_t sk_strtable_bit(const struct sk_strtable *t, struct sk_span key, enum sk_strtable_part part, const struct sk_seed *seed)
{
	uint64_t v = key.n >= 8 ? sk_hash_load64(key.p + key.n - 8) : sk_strtable_tail(key);
	uint64_t n = key.n * 2 + part;

	return (uint32_t)sk_hash_fold(sk_ascii_lower8(v) ^ seed->k[0], (seed->k[1] + n * 0x9e3779b97f4a7c15u) | 1) & t->filter_mask;
}

/* False for nearly all keys (not empty) that are not in a table with slots, for less than looking them up. */
static inline bool sk_strtable_may(const struct sk_strtable *t, struct sk_span key, enum sk_strtable_part part, const struct sk_seed *seed)
{
	uint32_t bit = sk_strtable_bit(t, key, part, seed);

	return t->filter[bit / 64] >> bit % 64 & 1;
}

/* Eight bytes, the first the lowest: bit 7 of those that are dots. */
static inline uint64_t sk_domain_dots(const uint8_t *p)
{
	uint64_t v = sk_hash_load64(p) ^ 0x2e2e2e2e2e2e2e2eu;

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return ~(((v & 0x7f7f7f7f7f7f7f7fu) + 0x7f7f7f7f7f7f7f7fu) | v | 0x7f7f7f7f7f7f7f7fu);
}

/* Where the last two labels of a name begin; *two: there are so many. */
static inline size_t sk_domain_end(struct sk_span name, bool *two)
{
	unsigned dots = 0;
	size_t i = name.n;

	for (; i >= 8; i -= 8)
		for (uint64_t d = sk_domain_dots(name.p + i - 8), top; d; d ^= top) {
			unsigned at = 63 - (unsigned)__builtin_clzll(d);

			top = UINT64_C(1) << at;
			if (++dots == 2) {
				*two = true;
				return i - 7 + at / 8;
			}
		}
	for (; i > 0; i--)
		if (name.p[i - 1] == '.' && ++dots == 2) {
			*two = true;
			return i;
		}
	*two = dots == 1;
	return 0;
}

/* --- set_net.c: addresses by hash, networks by a path-compressed trie --- */

#define SK_NET_FIRST 1024u		/* words of a bitmap of the first 16 bits of addresses */

struct sk_net_prefix {
	struct sk_addr addr;
	uint8_t len;			/* bits */
	uint32_t next;			/* entry + 1 with the same prefix */
};

struct sk_net_node {
	struct sk_addr prefix;		/* family is not used */
	uint8_t len;
	uint32_t child[2];		/* node + 1 */
	uint32_t entry;			/* first entry + 1 with this prefix, 0 for none */
};

struct sk_nettable {
	struct sk_set_entry *entries;
	struct sk_net_prefix *prefixes;	/* by entry */
	size_t cnt, room, prefix_room;
	struct sk_net_node *nodes;
	size_t node_cnt, node_room;
	uint32_t root[2];		/* IPv4, IPv6: node + 1 */
	uint64_t *slots;		/* whole addresses: as sk_strtable */
	uint32_t mask;
	uint64_t (*first)[SK_NET_FIRST];	/* by family: a bit per value of the first 16 bits with which any entry begins */
};

int sk_nettable_add(struct sk_nettable *t, const struct sk_addr *addr, unsigned bits, uint32_t set, uint32_t meta);
int sk_nettable_build(struct sk_nettable *t, const struct sk_seed *seed);
/* Marks in first the addresses of an entry by their first 16 bits, whatever their family. */
void sk_nettable_mark(const struct sk_nettable *t, size_t entry, uint64_t *first);
static inline bool sk_net_may(const uint64_t *first, const struct sk_addr *a)
{
	unsigned bits = (unsigned)a->b[0] << 8 | a->b[1];

	return first[bits / 64] >> bits % 64 & 1;
}
void sk_nettable_fini(struct sk_nettable *t);

/* --- all of them --- */

struct sk_sets {
	struct sk_seed seed;
	struct sk_set *sets;
	size_t set_cnt, set_room;
	struct sk_set_meta *metas;
	size_t meta_cnt, meta_room;
	struct sk_strtable str[SK_TABLE_CNT];	/* but NET */
	struct sk_nettable net;
	size_t indicators;		/* in named sets */
	size_t expired;			/* left out */
};

typedef void sk_set_hit_fn(void *cx, const struct sk_set_entry *e);

void sk_sets_init(struct sk_sets *s);
int sk_sets_build(struct sk_sets *s);
void sk_sets_fini(struct sk_sets *s);
/* A new set's index, or <0. */
int64_t sk_sets_new(struct sk_sets *s, const char *name, enum sk_set_kind kind);
/* The index of such a meta, or <0. */
int64_t sk_sets_meta(struct sk_sets *s, const struct sk_set_meta *meta);

/* Look-ups call hit for every entry of any set. Values may come from traffic. */
void sk_sets_domain(const struct sk_sets *s, struct sk_span name, sk_set_hit_fn *hit, void *cx);
void sk_sets_path(const struct sk_sets *s, struct sk_span path, sk_set_hit_fn *hit, void *cx);
void sk_sets_text(const struct sk_sets *s, struct sk_span text, sk_set_hit_fn *hit, void *cx);
void sk_sets_hash(const struct sk_sets *s, struct sk_span text, sk_set_hit_fn *hit, void *cx);
/* target: as sent or a path; host: lower case, without port. */
void sk_sets_url(const struct sk_sets *s, struct sk_span host, struct sk_span target, sk_set_hit_fn *hit, void *cx);
void sk_sets_net(const struct sk_sets *s, const struct sk_addr *a, sk_set_hit_fn *hit, void *cx);

/* The entry's value as text for people, into buf. */
struct sk_span sk_sets_text_of(const struct sk_sets *s, const struct sk_set_entry *e, enum sk_set_kind kind, char *buf,
	size_t size);

#endif
