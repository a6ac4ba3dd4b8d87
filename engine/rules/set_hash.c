/* rules/set_hash.c — texts by hash: open addressing over 64-bit slots that hold half of the hash, so that a miss touches one
 * cache line and no text. Also the families that are looked up whole: text, hashes, URLs. See set.h. */
#include <stdlib.h>

#include "base/ascii.h"
#include "rules/ruleset.h"
#include "rules/set.h"

#define FILTER_BITS 16u			/* for each key */
#define FILTER_LEAST 4096u
#define FILTER_MOST (UINT32_C(1) << 26)

const char *const sk_set_kind_names[] = {
	[SK_SET_DOMAIN] = "domain", [SK_SET_FQDN] = "fqdn", [SK_SET_IP] = "ip", [SK_SET_CIDR] = "cidr", [SK_SET_URL] = "url",
	[SK_SET_JA3] = "ja3", [SK_SET_JA3S] = "ja3s", [SK_SET_JA4] = "ja4", [SK_SET_CERT_SHA1] = "cert_sha1",
	[SK_SET_SHA256] = "sha256", [SK_SET_SHA1] = "sha1", [SK_SET_MD5] = "md5", [SK_SET_TEXT] = "text", [SK_SET_PATH] = "path",
	NULL
};

enum sk_table sk_set_table(enum sk_set_kind kind)
{
	switch (kind) {
	case SK_SET_DOMAIN:
	case SK_SET_FQDN:
		return SK_TABLE_DOMAIN;
	case SK_SET_IP:
	case SK_SET_CIDR:
		return SK_TABLE_NET;
	case SK_SET_URL:
		return SK_TABLE_URL;
	case SK_SET_TEXT:
		return SK_TABLE_TEXT;
	case SK_SET_PATH:
		return SK_TABLE_PATH;
	default:
		return SK_TABLE_HASH;
	}
}

void *sk_rules_grow(void *p, size_t *room, size_t cnt, size_t size)
{
	size_t more = *room ? *room + *room / 2 + 8 : 16;
	void *q;

	if (cnt < *room)
		return p;
	if (more > SIZE_MAX / size)
		return NULL;
	q = realloc(p, more * size);
	if (q)
		*room = more;
	return q;
}

/* Without regard to ASCII case, so that texts can be found both ways. */
static uint64_t hash(struct sk_span key, const struct sk_seed *seed)
{
	uint64_t h = seed->k[0] ^ 0x9e3779b97f4a7c15u * (key.n + 1), v;

	while (key.n >= 8) {
		v = sk_ascii_lower8(sk_hash_load64(key.p));
		h = sk_hash_fold(h ^ v, seed->k[1] | 1) + v;
		key = sk_span(key.p + 8, key.n - 8);
	}
	if (key.n) {
		v = sk_ascii_lower8(sk_strtable_tail(key));
		h = sk_hash_fold(h ^ v, seed->k[1] | 1) + v;
	}
	return sk_hash_fold(h ^ seed->k[0], 0xa0761d6478bd642fu);
}

int sk_strtable_add(struct sk_strtable *t, struct sk_span key, bool exact, uint32_t set, uint32_t meta)
{
	struct sk_set_entry *grown = sk_rules_grow(t->entries, &t->room, t->cnt, sizeof(*t->entries));

	if (!grown)
		return SK_E_MEMORY;
	t->entries = grown;
	if (key.n > UINT16_MAX || t->cnt >= UINT32_MAX - 1 || t->text.n + key.n > UINT32_MAX)
		return SK_E_LIMIT;
	t->entries[t->cnt] = (struct sk_set_entry){ .text = (uint32_t)t->text.n, .len = (uint16_t)key.n, .exact = exact, .set = set,
		.meta = meta };
	if (sk_buf_add(&t->text, key) < 0)
		return SK_E_MEMORY;
	t->least = t->cnt ? SK_MIN(t->least, (uint32_t)key.n) : (uint32_t)key.n;
	t->cnt++;
	return 0;
}

static struct sk_span entry_text(const struct sk_strtable *t, const struct sk_set_entry *e)
{
	return sk_span(t->text.p + e->text, e->len);
}

/* False when the same entry is there already. */
static bool put(struct sk_strtable *t, size_t i, uint64_t h)
{
	const struct sk_set_entry *e = &t->entries[i], *other;
	uint32_t at = (uint32_t)h & t->mask;

	for (; t->slots[at]; at = (at + 1) & t->mask) {
		if (t->slots[at] >> 32 != h >> 32)
			continue;
		other = &t->entries[(uint32_t)t->slots[at] - 1];
		if (other->set == e->set && other->meta == e->meta && other->exact == e->exact &&
			sk_span_is(entry_text(t, other), entry_text(t, e)))
			return false;
	}
	t->slots[at] = h >> 32 << 32 | (i + 1);
	return true;
}

static void mark(struct sk_strtable *t, struct sk_span key, enum sk_strtable_part part, const struct sk_seed *seed)
{
	uint32_t bit = key.n ? sk_strtable_bit(t, key, part, seed) : 0;

	t->filter[bit / 64] |= UINT64_C(1) << bit % 64;
}

static int build_filter(struct sk_strtable *t, const struct sk_seed *seed, bool ends)
{
	size_t bits = FILTER_LEAST;
	bool two;

	while (bits < t->cnt * FILTER_BITS && bits < FILTER_MOST)
		bits *= 2;
	t->filter = calloc(bits / 64, sizeof(*t->filter));
	if (!t->filter)
		return SK_E_MEMORY;
	t->filter_mask = (uint32_t)(bits - 1);
	for (size_t i = 0; i < t->cnt; i++) {
		struct sk_span key = entry_text(t, &t->entries[i]);

		mark(t, key, SK_STRTABLE_KEY, seed);
		if (!ends)
			continue;
		key = sk_span_sub(key, sk_domain_end(key, &two), key.n);
		mark(t, key, SK_STRTABLE_END, seed);
		t->has_single |= !two;
	}
	return 0;
}

#define AHEAD 16u			/* entries whose places are on their way to the cache */

static uint64_t hash_ahead(const struct sk_strtable *t, size_t i, const struct sk_seed *seed)
{
	uint64_t h = hash(entry_text(t, &t->entries[i]), seed);

	__builtin_prefetch(&t->slots[(uint32_t)h & t->mask], 1);
	return h;
}

int sk_strtable_build(struct sk_strtable *t, const struct sk_seed *seed, bool ends, size_t *repeated)
{
	struct sk_set_entry *fit;
	uint64_t hashes[AHEAD];
	size_t slots = 16;
	uint8_t *text;

	if (t->cnt == 0)
		return 0;
	while (slots < t->cnt + t->cnt / 3)
		slots *= 2;
	t->slots = calloc(slots, sizeof(*t->slots));
	if (!t->slots)
		return SK_E_MEMORY;
	t->mask = (uint32_t)(slots - 1);
	if (build_filter(t, seed, ends) < 0)
		return SK_E_MEMORY;
	for (size_t i = 0; i < SK_MIN(t->cnt, AHEAD); i++)
		hashes[i] = hash_ahead(t, i, seed);
	for (size_t i = 0; i < t->cnt; i++) {
		*repeated += !put(t, i, hashes[i % AHEAD]);
		if (i + AHEAD < t->cnt)
			hashes[i % AHEAD] = hash_ahead(t, i + AHEAD, seed);
	}
	fit = realloc(t->entries, t->cnt * sizeof(*fit));
	if (fit) {
		t->entries = fit;
		t->room = t->cnt;
	}
	text = t->text.n ? realloc(t->text.p, t->text.n) : NULL;
	if (text) {
		t->text.p = text;
		t->text.room = t->text.n;
	}
	return 0;
}

void sk_strtable_fini(struct sk_strtable *t)
{
	free(t->entries);
	free(t->slots);
	free(t->filter);
	sk_buf_fini(&t->text);
}

size_t sk_strtable_bytes(const struct sk_strtable *t)
{
	return t->room * sizeof(*t->entries) + t->text.room + (t->slots ? ((size_t)t->mask + 1) * sizeof(*t->slots) : 0) +
	       (t->filter ? ((size_t)t->filter_mask + 1) / 8 : 0);
}

void sk_strtable_find(struct sk_strtable_find *f, const struct sk_strtable *t, struct sk_span key, const struct sk_seed *seed)
{
	*f = (struct sk_strtable_find){ .t = t, .key = key };
	if (!t->slots)
		return;
	f->hash = hash(key, seed);
	f->at = (uint32_t)f->hash & t->mask;
}

const struct sk_set_entry *sk_strtable_next(struct sk_strtable_find *f)
{
	const struct sk_strtable *t = f->t;

	if (!t->slots)
		return NULL;
	while (t->slots[f->at]) {
		uint64_t slot = t->slots[f->at];

		f->at = (f->at + 1) & t->mask;
		if (slot >> 32 == f->hash >> 32 && sk_span_is_nocase(entry_text(t, &t->entries[(uint32_t)slot - 1]), f->key))
			return &t->entries[(uint32_t)slot - 1];
	}
	return NULL;
}

void sk_sets_init(struct sk_sets *s)
{
	*s = (struct sk_sets){ .seed = sk_seed_draw() };
}

int sk_sets_build(struct sk_sets *s)
{
	size_t repeated = 0;
	int rc = sk_nettable_build(&s->net, &s->seed);

	for (unsigned i = 0; i < SK_TABLE_CNT && rc == 0; i++)
		if (i != SK_TABLE_NET)
			rc = sk_strtable_build(&s->str[i], &s->seed, i == SK_TABLE_DOMAIN, &repeated);
	s->indicators -= SK_MIN(s->indicators, repeated);
	return rc;
}

void sk_sets_fini(struct sk_sets *s)
{
	for (unsigned i = 0; i < SK_TABLE_CNT; i++)
		sk_strtable_fini(&s->str[i]);
	sk_nettable_fini(&s->net);
	free(s->sets);
	free(s->metas);
}

int64_t sk_sets_new(struct sk_sets *s, const char *name, enum sk_set_kind kind)
{
	struct sk_set *grown = sk_rules_grow(s->sets, &s->set_room, s->set_cnt, sizeof(*s->sets));

	if (!grown)
		return SK_E_MEMORY;
	s->sets = grown;
	s->sets[s->set_cnt] = (struct sk_set){ .name = name, .kind = kind };
	return (int64_t)s->set_cnt++;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

int64_t sk_sets_meta(struct sk_sets *s, const struct sk_set_meta *m)
{
	struct sk_set_meta *grown;

	/* values of one set come one after the other: looking back a little finds most of what is the same */
	for (size_t i = s->meta_cnt; i > 0 && i + 8 > s->meta_cnt; i--) {
		const struct sk_set_meta *o = &s->metas[i - 1];

		if (same_text(o->source, m->source) && same_text(o->note, m->note) && same_text(o->role, m->role) &&
			same_text(o->stage, m->stage) && same_text(o->expires, m->expires) && o->expires_ns == m->expires_ns &&
			o->confidence == m->confidence)
			return (int64_t)(i - 1);
	}
	grown = sk_rules_grow(s->metas, &s->meta_room, s->meta_cnt, sizeof(*s->metas));
	if (!grown)
		return SK_E_MEMORY;
	s->metas = grown;
	s->metas[s->meta_cnt] = *m;
	return (int64_t)s->meta_cnt++;
}

static void find_all(const struct sk_strtable *t, struct sk_span key, const struct sk_seed *seed, sk_set_hit_fn *hit, void *cx)
{
	const struct sk_set_entry *e;
	struct sk_strtable_find f;

	sk_strtable_find(&f, t, key, seed);
	while ((e = sk_strtable_next(&f)))
		hit(cx, e);
}

void sk_sets_text(const struct sk_sets *s, struct sk_span text, sk_set_hit_fn *hit, void *cx)
{
	if (text.n <= UINT16_MAX)
		find_all(&s->str[SK_TABLE_TEXT], text, &s->seed, hit, cx);
}

void sk_sets_hash(const struct sk_sets *s, struct sk_span text, sk_set_hit_fn *hit, void *cx)
{
	if (text.n <= 64)
		find_all(&s->str[SK_TABLE_HASH], text, &s->seed, hit, cx);
}

#define URL_MAX 8192u

/* The target without scheme and authority (absolute form). */
static struct sk_span origin_form(struct sk_span t)
{
	/* a path may have "://" in it, too (RFC 9112 3.2.1) */
	for (size_t i = 0; i + 3 <= t.n && i < 8 && t.p[0] != '/'; i++) {
		const uint8_t *slash;

		if (memcmp(t.p + i, "://", 3) != 0)
			continue;
		t = sk_span_sub(t, i + 3, t.n);
		slash = t.n ? memchr(t.p, '/', t.n) : NULL;
		return slash ? sk_span_sub(t, (size_t)(slash - t.p), t.n) : sk_span("/", 1);
	}
	return t;
}

/* Hosts have no case, paths do; the table compares without it. */
static void find_url(const struct sk_sets *s, struct sk_span key, size_t host_len, sk_set_hit_fn *hit, void *cx)
{
	const struct sk_strtable *t = &s->str[SK_TABLE_URL];
	const struct sk_set_entry *e;
	struct sk_strtable_find f;

	sk_strtable_find(&f, t, key, &s->seed);
	while ((e = sk_strtable_next(&f)))
		if (sk_span_is(sk_span_sub(entry_text(t, e), host_len, e->len), sk_span_sub(key, host_len, key.n)))
			hit(cx, e);
}

void sk_sets_url(const struct sk_sets *s, struct sk_span host, struct sk_span target, sk_set_hit_fn *hit, void *cx)
{
	uint8_t key[URL_MAX];
	const uint8_t *end;
	size_t n;

	if (!s->str[SK_TABLE_URL].slots || host.n == 0 || host.n > 255)
		return;
	target = origin_form(target);
	end = target.n ? memchr(target.p, '#', target.n) : NULL;
	if (end)
		target.n = (size_t)(end - target.p);
	memcpy(key, host.p, host.n);
	n = SK_MIN(target.n, URL_MAX - host.n);
	if (n)
		memcpy(key + host.n, target.p, n);
	if (n == target.n)
		find_url(s, sk_span(key, host.n + n), host.n, hit, cx);
	end = n ? memchr(key + host.n, '?', n) : NULL;
	if (end)
		find_url(s, sk_span(key, (size_t)(end - key)), host.n, hit, cx);
}
