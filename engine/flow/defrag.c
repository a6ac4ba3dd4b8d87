/* flow/defrag.c — IP fragments to whole datagrams.
 *
 * A datagram is kept in chunks of CHUNK bytes that are made where a fragment falls, so what it costs follows what was sent.
 * For every unit of eight bytes a chunk knows where the fragment that brought it began and ended: that is what the
 * overlap policies ask. A fragment costs time in proportion to its own length, however many came before.
 *
 * IPv4 datagrams are told apart by addresses, id and protocol (RFC 791 3.2), IPv6 ones by addresses and id only: the fragments
 * of one may name different next headers, the first one's counts (RFC 8200 4.5).
 */
#include "flow/defrag.h"

#include <stdlib.h>

#define UNIT 8u
#define CHUNK 1024u
#define CHUNK_UNITS (CHUNK / UNIT)
#define CHUNKS (65536u / CHUNK)
#define DATAGRAM_MAX 65535u
#define IPV6_HEADER 40u
#define TCP_HEADER 20u
#define BUCKETS_MIN 64u
#define BUCKETS_MAX 65536u
/* One bucket for so many bytes of the cap. */
#define BUCKET_BYTES 2048u

SK_COUNTER_TABLE(defrag, SK_DEFRAG_COUNTERS)

struct chunk {
	uint32_t owner[CHUNK_UNITS];	/* of each unit: fragment's first unit << 16 | its end in bytes; 0 for a hole */
	uint8_t data[CHUNK];
};

struct key {
	uint8_t src[16], dst[16];
	uint32_t id;
	uint8_t family, proto, depth, pad;
};

struct datagram {
	struct datagram *next;		/* in its bucket */
	struct datagram *older, *newer;
	struct key key;
	uint64_t start_ns;
	uint64_t number, order;		/* of the packet that began it */
	uint32_t total;			/* bytes, 0 until the last fragment was seen */
	uint32_t end;			/* of the fragment that reaches farthest */
	uint32_t units;			/* units held */
	uint32_t header_len, header_next_off;
	uint32_t wire_len;		/* of the frames its fragments came in */
	uint8_t policy, proto;
	bool discarded;			/* RFC 5722: what is still to come goes, too */
	bool is_tiny;			/* told */
	uint8_t *header;		/* of the fragment that holds unit 0 */
	struct chunk *chunks[CHUNKS];
};

struct sk_defrag {
	uint64_t cap, used, timeout_ns;
	const struct sk_policies *policies;
	sk_defrag_oddity_fn *oddity;
	void *cx;
	struct sk_seed seed;
	uint64_t tell_ns;		/* when eviction may be told again */
	uint32_t mask;
	struct datagram **buckets;
	struct datagram *oldest, *newest;
	uint8_t *out;			/* the datagram handed out last */
	uint32_t out_wire_len;
	struct sk_defrag_counters counters;
};

/* The fragment at hand. */
struct fragment {
	const struct sk_packet *p;
	struct sk_span bytes;
	uint32_t off, end;
};

struct sk_defrag *sk_defrag_new(uint64_t cap, uint64_t timeout_ns, const struct sk_policies *policies,
	sk_defrag_oddity_fn *oddity, void *cx)
{
	struct sk_defrag *d = calloc(1, sizeof(*d));
	uint32_t buckets = BUCKETS_MIN;

	if (!d)
		return NULL;
	while (buckets < BUCKETS_MAX && (uint64_t)buckets * BUCKET_BYTES < cap)
		buckets *= 2;
	d->cap = cap;
	d->timeout_ns = timeout_ns;
	d->policies = policies;
	d->oddity = oddity;
	d->cx = cx;
	d->seed = sk_seed_draw();
	d->mask = buckets - 1;
	d->buckets = calloc(buckets, sizeof(*d->buckets));
	d->out = malloc(IPV6_HEADER + DATAGRAM_MAX);
	if (!d->buckets || !d->out) {
		sk_defrag_free(d);
		return NULL;
	}
	return d;
}

uint64_t sk_defrag_bytes(uint64_t cap)
{
	return cap + BUCKETS_MAX * sizeof(struct datagram *) + IPV6_HEADER + DATAGRAM_MAX + sizeof(struct sk_defrag);
}

/* Gives back all but the datagram itself. */
static void empty(struct sk_defrag *d, struct datagram *g)
{
	for (size_t i = 0; i < CHUNKS; i++) {
		if (!g->chunks[i])
			continue;
		free(g->chunks[i]);
		g->chunks[i] = NULL;
		d->used -= sizeof(struct chunk);
	}
	if (g->header)
		d->used -= g->header_len;
	free(g->header);
	g->header = NULL;
}

static struct datagram **bucket_of(struct sk_defrag *d, const struct key *k)
{
	return &d->buckets[sk_hash(k, sizeof(*k), &d->seed) & d->mask];
}

static void drop(struct sk_defrag *d, struct datagram *g)
{
	struct datagram **at = bucket_of(d, &g->key);

	while (*at != g)
		at = &(*at)->next;
	*at = g->next;
	*(g->older ? &g->older->newer : &d->oldest) = g->newer;
	*(g->newer ? &g->newer->older : &d->newest) = g->older;
	empty(d, g);
	d->used -= sizeof(*g);
	free(g);
}

void sk_defrag_free(struct sk_defrag *d)
{
	if (!d)
		return;
	while (d->oldest)
		drop(d, d->oldest);
	free(d->buckets);
	free(d->out);
	free(d);
}

static void tell(struct sk_defrag *d, const struct sk_packet *p, const char *name, struct sk_span bytes, struct sk_span other,
	uint64_t off)
{
	if (d->oddity)
		d->oddity(d->cx, p, name, bytes, other, off);
}

/* What is missing will not come any more. */
static void give_up(struct sk_defrag *d, struct datagram *g, uint64_t now_ns)
{
	struct sk_packet p = { .time_ns = now_ns, .number = g->number, .order = g->order, .flags = SK_PACKET_FRAGMENT | SK_PACKET_NO_TRANSPORT,
		.src.family = g->key.family, .dst.family = g->key.family, .proto = g->key.family == 4 ? g->key.proto : g->proto,
		.tunnel_depth = g->key.depth };
	bool is_told = g->discarded || g->units == 0;	/* when that was found, or each of its fragments was refused */

	memcpy(p.src.b, g->key.src, sizeof(p.src.b));
	memcpy(p.dst.b, g->key.dst, sizeof(p.dst.b));
	drop(d, g);
	if (is_told)
		return;
	d->counters.timeout++;
	tell(d, &p, "fragment_timeout", sk_span(NULL, 0), sk_span(NULL, 0), 0);
}

void sk_defrag_expire(struct sk_defrag *d, uint64_t now_ns)
{
	while (d->oldest && now_ns > d->oldest->start_ns && now_ns - d->oldest->start_ns >= d->timeout_ns)
		give_up(d, d->oldest, now_ns);
}

void sk_defrag_end(struct sk_defrag *d, uint64_t now_ns)
{
	while (d->oldest)
		give_up(d, d->oldest, now_ns);
}

/* Makes room for n bytes: the oldest datagrams but keep go. False when that is not enough. */
static bool make_room(struct sk_defrag *d, size_t n, const struct datagram *keep, const struct sk_packet *p)
{
	while (d->used + n > d->cap) {
		struct datagram *g = d->oldest == keep && keep ? keep->newer : d->oldest;

		if (!g)
			return false;
		if (!g->discarded)
			d->counters.evicted++;
		drop(d, g);
		/* Told once per timeout: a flood evicts with every packet. */
		if (p->time_ns >= d->tell_ns) {
			d->tell_ns = p->time_ns + d->timeout_ns;
			tell(d, p, "fragment_memory", sk_span(NULL, 0), sk_span(NULL, 0), 0);
		}
	}
	return true;
}

static struct key key_of(const struct sk_packet *p)
{
	struct key k = { .id = p->frag_id, .family = p->src.family, .depth = p->tunnel_depth,
		.proto = p->src.family == 4 ? p->frag_proto : 0 };

	memcpy(k.src, p->src.b, sizeof(k.src));
	memcpy(k.dst, p->dst.b, sizeof(k.dst));
	return k;
}

static struct datagram *find_or_add(struct sk_defrag *d, const struct sk_packet *p)
{
	struct key k = key_of(p);
	struct datagram *g;

	for (g = *bucket_of(d, &k); g; g = g->next)
		if (memcmp(&g->key, &k, sizeof(k)) == 0)
			return g;
	if (!make_room(d, sizeof(*g), NULL, p))
		return NULL;
	g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	d->used += sizeof(*g);
	g->key = k;
	g->start_ns = p->time_ns;
	g->number = p->number;
	g->order = p->order;
	g->proto = p->frag_proto;
	g->policy = (uint8_t)sk_policies_find(d->policies, &p->dst);
	g->next = *bucket_of(d, &k);
	*bucket_of(d, &k) = g;
	g->older = d->newest;
	*(d->newest ? &d->newest->newer : &d->oldest) = g;
	d->newest = g;
	return g;
}

/* Who keeps a unit that both have: the fragment that holds it, or the new one? Novak's tables, by what is compared. */
static bool new_one_wins(enum sk_policy policy, uint32_t owner, const struct fragment *f)
{
	uint32_t old_off = (owner >> 16) * UNIT, old_end = owner & 0xffff;

	switch (policy) {
	case SK_POLICY_LAST:
		return true;
	case SK_POLICY_BSD:
		return f->off < old_off;
	case SK_POLICY_BSD_RIGHT:
		return f->off >= old_off;
	case SK_POLICY_LINUX: case SK_POLICY_OLD_LINUX:
		return f->off <= old_off;
	case SK_POLICY_WINDOWS:
		return f->off < old_off && f->end > old_end;
	case SK_POLICY_SOLARIS:
		return f->off < old_off && f->end >= old_end;
	case SK_POLICY_FIRST:
		break;
	}
	return false;
}

static uint32_t owner_of(const struct fragment *f)
{
	return f->off / UNIT << 16 | f->end;
}

static uint32_t owner_at(const struct datagram *g, uint32_t unit)
{
	const struct chunk *c = g->chunks[unit / CHUNK_UNITS];

	return c ? c->owner[unit % CHUNK_UNITS] : 0;
}

static const uint8_t *data_at(const struct datagram *g, uint32_t unit)
{
	return g->chunks[unit / CHUNK_UNITS]->data + unit % CHUNK_UNITS * UNIT;
}

static uint32_t unit_len(const struct fragment *f, uint32_t unit)
{
	return SK_MIN(UNIT, f->end - unit * UNIT);
}

/* How the fragment lies over what is held. */
struct overlap {
	uint32_t units;			/* held already */
	bool is_whole;			/* all of them */
	bool is_exact;			/* … brought by a fragment with the same place and length */
	uint32_t first, cnt;		/* first run of units (in one chunk) whose bytes differ */
};

static struct overlap compare(const struct datagram *g, const struct fragment *f)
{
	struct overlap o = { .is_whole = true, .is_exact = true };

	for (uint32_t u = f->off / UNIT; u * UNIT < f->end; u++) {
		if (!owner_at(g, u)) {
			o.is_whole = o.is_exact = false;
			continue;
		}
		o.is_exact = o.is_exact && owner_at(g, u) == owner_of(f);
		o.units++;
		if (memcmp(data_at(g, u), f->bytes.p + (u * UNIT - f->off), unit_len(f, u)) == 0)
			continue;
		if (o.cnt == 0)
			o.first = u;
		if (u == o.first + o.cnt && u / CHUNK_UNITS == o.first / CHUNK_UNITS)
			o.cnt++;
	}
	return o;
}

static void tell_overlap(struct sk_defrag *d, const struct datagram *g, const struct fragment *f, const struct overlap *o,
	const char *name)
{
	uint32_t off = o->first * UNIT, len;

	if (o->cnt == 0) {
		tell(d, f->p, name, f->bytes, sk_span(NULL, 0), f->off);
		return;
	}
	len = SK_MIN(o->cnt * UNIT, f->end - off);
	tell(d, f->p, name, sk_span_sub(f->bytes, off - f->off, len), sk_span(data_at(g, o->first), len), off);
}

/* True when the fragment may be put in. IPv6: an overlap is the end of the datagram; but the very same fragment again is a
 * duplicate (RFC 8200 4.5), and so is to Linux whatever lies within what is there, also with other bytes. */
static bool may_overlap(struct sk_defrag *d, struct datagram *g, const struct fragment *f)
{
	struct overlap o = compare(g, f);

	if (SK_LIKELY(o.units == 0))
		return true;
	d->counters.overlaps++;
	if (o.cnt)
		d->counters.overlaps_different++;
	if (g->key.family == 4) {
		if (o.cnt)
			tell_overlap(d, g, f, &o, "fragment_overlap");
		return true;
	}
	if (o.is_exact && !o.cnt)
		return true;
	tell_overlap(d, g, f, &o, "ipv6_fragment_overlap");
	if (o.is_whole && g->policy == SK_POLICY_LINUX)
		return false;
	g->discarded = true;
	empty(d, g);
	return false;
}

static bool keep_header(struct sk_defrag *d, struct datagram *g, const struct fragment *f)
{
	const struct sk_packet *p = f->p;
	uint8_t *header;

	if (!make_room(d, p->ip_header_len, g, p))
		return false;
	header = malloc(p->ip_header_len);
	if (!header)
		return false;
	memcpy(header, p->ip.p, p->ip_header_len);
	if (g->header)
		d->used -= g->header_len;
	free(g->header);
	g->header = header;
	g->header_len = p->ip_header_len;
	g->header_next_off = p->ip_next_off;
	g->proto = p->frag_proto;
	d->used += p->ip_header_len;
	return true;
}

/* False when memory is short. */
static bool make_chunks(struct sk_defrag *d, struct datagram *g, const struct fragment *f)
{
	for (uint32_t i = f->off / CHUNK; i * CHUNK < f->end; i++) {
		if (g->chunks[i])
			continue;
		if (!make_room(d, sizeof(struct chunk), g, f->p))
			return false;
		g->chunks[i] = calloc(1, sizeof(struct chunk));
		if (!g->chunks[i])
			return false;
		d->used += sizeof(struct chunk);
	}
	return true;
}

static bool put(struct sk_defrag *d, struct datagram *g, const struct fragment *f)
{
	uint32_t mine = owner_of(f);

	if (!make_chunks(d, g, f))
		return false;
	if (f->off == 0 && (!g->header || new_one_wins(g->policy, owner_at(g, 0), f)) && !keep_header(d, g, f))
		return false;
	for (uint32_t u = f->off / UNIT; u * UNIT < f->end; u++) {
		struct chunk *c = g->chunks[u / CHUNK_UNITS];
		uint32_t *owner = &c->owner[u % CHUNK_UNITS];

		if (*owner && !new_one_wins(g->policy, *owner, f))
			continue;
		if (!*owner)
			g->units++;
		*owner = mine;
		memcpy(c->data + u % CHUNK_UNITS * UNIT, f->bytes.p + (u * UNIT - f->off), unit_len(f, u));
	}
	if (f->end > g->end)
		g->end = f->end;
	if (!f->p->frag_more)
		g->total = f->end;
	return true;
}

/* False for what a host would not even look at: no bytes, or a length that is no multiple of eight before the end (Linux cuts
 * it down). */
static bool is_sound(const struct datagram *g, struct fragment *f)
{
	if (f->p->frag_more && f->bytes.n % UNIT) {
		if (g->key.family != 4 || (g->policy != SK_POLICY_LINUX && g->policy != SK_POLICY_OLD_LINUX))
			return false;
		f->bytes.n -= f->bytes.n % UNIT;
		f->end = f->off + (uint32_t)f->bytes.n;
	}
	return f->bytes.n > 0;
}

/* The first end that is told stands. */
static bool ends_agree(const struct datagram *g, const struct fragment *f)
{
	if (f->p->frag_more)
		return !g->total || f->end <= g->total;
	return g->total ? f->end == g->total : f->end >= g->end;
}

static void put16(uint8_t *b, uint32_t v)
{
	b[0] = (uint8_t)(v >> 8);
	b[1] = (uint8_t)v;
}

static void finish_ipv4(uint8_t *b, uint32_t header_len, uint32_t total)
{
	uint32_t sum = 0;

	put16(b + 2, header_len + total);
	put16(b + 6, 0);
	put16(b + 10, 0);
	for (uint32_t i = 0; i + 1 < header_len; i += 2)
		sum += (uint32_t)b[i] << 8 | b[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	put16(b + 10, ~((sum & 0xffff) + (sum >> 16)));
}

static void finish_ipv6(uint8_t *b, const struct datagram *g)
{
	put16(b + 4, g->header_len - IPV6_HEADER + g->total);
	b[g->header_next_off] = g->proto;
}

/* What IP's own length field counts is more than it can say. */
static bool is_too_large(uint32_t header_len, uint32_t end, unsigned family)
{
	return header_len + end - (family == 6 ? IPV6_HEADER : 0) > DATAGRAM_MAX;
}

static struct sk_span put_together(struct sk_defrag *d, const struct datagram *g)
{
	uint8_t *b = d->out;

	memcpy(b, g->header, g->header_len);
	for (uint32_t off = 0; off < g->total; off += CHUNK)
		memcpy(b + g->header_len + off, g->chunks[off / CHUNK]->data, SK_MIN(CHUNK, g->total - off));
	if (g->key.family == 4)
		finish_ipv4(b, g->header_len, g->total);
	else
		finish_ipv6(b, g);
	return sk_span(b, g->header_len + g->total);
}

/* RFC 1858: a first fragment too small for a TCP header hides ports or flags. */
static void look_for_tiny(struct sk_defrag *d, struct datagram *g, const struct fragment *f)
{
	if (f->off || !f->p->frag_more || f->p->frag_proto != 6 || f->bytes.n >= TCP_HEADER || g->is_tiny)
		return;
	g->is_tiny = true;
	tell(d, f->p, "tiny_fragment", f->bytes, sk_span(NULL, 0), 0);
}

/* Told, counted, forgotten: the datagram goes on without the fragment. */
static int refuse(struct sk_defrag *d, const struct fragment *f, const char *name, uint64_t *counter)
{
	(*counter)++;
	tell(d, f->p, name, f->bytes, sk_span(NULL, 0), f->off);
	return 0;
}

static int complete(struct sk_defrag *d, struct datagram *g, const struct fragment *f, struct sk_span *ip)
{
	if (!g->total || !g->header || g->units != (g->total + UNIT - 1) / UNIT)
		return 0;
	if (is_too_large(g->header_len, g->total, g->key.family)) {
		refuse(d, f, "fragment_too_large", &d->counters.too_large);
		drop(d, g);
		return 0;
	}
	*ip = put_together(d, g);
	d->out_wire_len = g->wire_len;
	d->counters.whole++;
	drop(d, g);
	return 1;
}

static bool has_header(const struct sk_packet *p)
{
	return p->ip_header_len >= (p->src.family == 6 ? IPV6_HEADER : 20u) && p->ip_header_len <= p->ip.n &&
		p->ip_next_off < p->ip_header_len;
}

int sk_defrag_push(struct sk_defrag *d, const struct sk_packet *p, struct sk_span *ip)
{
	struct fragment f = { p, p->payload, p->frag_off, p->frag_off + (uint32_t)p->payload.n };
	struct datagram *g;

	d->counters.fragments++;
	sk_defrag_expire(d, p->time_ns);
	if (p->flags & SK_PACKET_BAD_IP_CHECKSUM || !has_header(p)) {
		d->counters.malformed++;
		return 0;
	}
	if (p->flags & SK_PACKET_CUT)
		return refuse(d, &f, "fragment_cut", &d->counters.cut);
	if (is_too_large(p->ip_header_len, f.end, p->src.family))
		return refuse(d, &f, "fragment_too_large", &d->counters.too_large);
	g = find_or_add(d, p);
	if (!g) {
		d->counters.evicted++;
		return 0;
	}
	g->wire_len += SK_MIN(p->wire_len, UINT32_MAX - g->wire_len);
	if (g->discarded)
		return 0;
	if (!is_sound(g, &f))
		return refuse(d, &f, "bad_fragment", &d->counters.malformed);
	look_for_tiny(d, g, &f);
	if (!may_overlap(d, g, &f))
		return 0;
	if (!ends_agree(g, &f))
		return refuse(d, &f, "bad_fragment", &d->counters.malformed);
	if (!put(d, g, &f)) {
		d->counters.evicted++;
		drop(d, g);
		return 0;
	}
	return complete(d, g, &f, ip);
}

uint32_t sk_defrag_wire_len(const struct sk_defrag *d)
{
	return d->out_wire_len;
}

uint64_t sk_defrag_used(const struct sk_defrag *d)
{
	return d->used;
}

const struct sk_defrag_counters *sk_defrag_counters(const struct sk_defrag *d)
{
	return &d->counters;
}
