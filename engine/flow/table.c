/* flow/table.c — see table.h. Search is linear probing over 8-byte slots, eight to a cache line; removal shifts the slots
 * behind back, so that no grave marks pile up. The hash in a slot saves the look at the record in nearly all misses.
 */
#include "flow/table.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/mem.h"

#define SLOTS_FIRST 4096u
#define ARENA_CHUNK 304u		/* what the first bytes of a connection need */
#if defined(__SANITIZE_ADDRESS__)
static const uint32_t kept_max;		/* none, so that use after the end of a flow is seen */
#else
static const uint32_t kept_max = 65536;	/* pieces kept: 22 MiB */
#endif
#define RUN_MAX 1024u			/* flows that are sorted at a time, on the stack … */
#define PLACES_MAX 16384u		/* … or, where they are more, in memory of the table's … */
#define MOVES 32u			/* … as long as each is moved past fewer */
#define HUGE_FROM_SLABS 4u		/* small captures stay off huge pages: zeroing them costs more than they save */

struct place {
	uint64_t serial;
	uint32_t link;
};

_Static_assert(sizeof(struct record) <= 256, "a flow record should stay within four cache lines");
_Static_assert(offsetof(struct record, f) == 0, "flow pointers are cast to records");

static void *huge_alloc(size_t size)
{
	void *p = aligned_alloc(SLAB_BYTES, (size + SLAB_BYTES - 1) & ~(SLAB_BYTES - 1));

	if (p)
		(void)madvise(p, size, MADV_HUGEPAGE);
	return p;
}

static struct slot *slots_new(uint32_t cnt)
{
	size_t size = (size_t)cnt * sizeof(struct slot);
	struct slot *s;

	if (size < 2 * SLAB_BYTES)
		return calloc(cnt, sizeof(struct slot));
	s = huge_alloc(size);
	return s ? memset(s, 0, size) : NULL;
}

int sk_flow_table_init(struct sk_flow_table *t)
{
	t->slots = slots_new(SLOTS_FIRST);
	t->mask = SLOTS_FIRST - 1;
	return t->slots ? 0 : SK_E_MEMORY;
}

void sk_flow_table_fini(struct sk_flow_table *t)
{
	while (t->spare) {
		struct sk_arena_chunk *next = t->spare->next;

		sk_mem_free(t->spare);
		t->spare = next;
	}
	for (uint32_t i = 0; i < t->slab_cnt; i++)
		free(t->slabs[i]);
	free(t->slabs);
	free(t->slots);
	free(t->places);
}

static int slab_add(struct sk_flow_table *t)
{
	struct record *slab;

	if (t->slab_cnt == t->slab_room) {
		uint32_t room = t->slab_room ? 2 * t->slab_room : 16;
		struct record **slabs = reallocarray(t->slabs, room, sizeof(*slabs));

		if (!slabs)
			return SK_E_MEMORY;
		t->slabs = slabs;
		t->slab_room = room;
	}
	slab = t->slab_cnt < HUGE_FROM_SLABS ? aligned_alloc(64, SLAB_BYTES) : huge_alloc(SLAB_BYTES);
	if (!slab)
		return SK_E_MEMORY;
	t->slabs[t->slab_cnt++] = slab;
	return 0;
}

void sk_flow_table_prefetch(const struct sk_flow *f)
{
	for (size_t i = 0; i < sizeof(struct record); i += 64)
		SK_PREFETCH((const char *)f + i);
}

void sk_flow_table_prefetch_memory(const struct sk_arena_chunk *c)
{
	for (size_t i = 0; c && i < 256; i += 64)
		SK_PREFETCH((const char *)c + i);
}

struct record *sk_flow_table_take(struct sk_flow_table *t)
{
	struct record *r = (struct record *)sk_flow_table_at(t, t->unused);

	if (r) {
		const struct sk_flow *next = sk_flow_table_at(t, r->f.newer);

		t->unused = r->f.newer;
		/* the next one's record has been fetched when this one was taken */
		if (next && next->newer)
			sk_flow_table_prefetch(sk_flow_table_at(t, next->newer));
		return r;
	}
	if (t->fresh == UINT32_MAX - 1 || (t->fresh == t->slab_cnt * SLAB_RECORDS && slab_add(t) < 0))
		return NULL;
	r = sk_flow_table_record(t, t->fresh);
	r->f.index = t->fresh++;
	return r;
}

void sk_flow_table_begin_memory(const struct sk_flow_table *t, struct record *r)
{
	sk_arena_init(&r->f.arena, ARENA_CHUNK, t->conf.arena_cap);
}

void sk_flow_table_lend_memory(struct sk_flow_table *t, struct record *r)
{
	struct sk_arena_chunk *c = t->spare;

	if (!c)
		return;
	t->spare = c->next;
	t->kept--;
	sk_flow_table_prefetch_memory(t->spare);
	sk_arena_lend(&r->f.arena, c);
}

void sk_flow_table_keep_memory(struct sk_flow_table *t, struct record *r)
{
	struct sk_arena_chunk *c;

	if (t->kept == kept_max || t->tight) {
		sk_arena_fini(&r->f.arena);
		return;
	}
	c = sk_arena_end(&r->f.arena);
	if (!c)
		return;
	c->next = t->spare;
	t->spare = c;
	t->kept++;
}

void sk_flow_table_give_back(struct sk_flow_table *t, struct record *r)
{
	r->f.newer = t->unused;
	t->unused = r->f.index + 1;
}

/* Records come in whole slabs; slots are doubled at two thirds, while the old ones are still there. */
uint64_t sk_flow_table_bytes(const struct sk_flow_conf *conf)
{
	uint64_t slots = SLOTS_FIRST;

	while (conf->max >= slots / 3 * 2)
		slots *= 2;
	return (conf->max / SLAB_RECORDS + 1) * (SLAB_BYTES + 64) + slots / 2 * 3 * sizeof(struct slot) + SLAB_BYTES +
	       PLACES_MAX * sizeof(struct place);
}

static void slot_put(struct slot *slots, uint32_t mask, struct slot s)
{
	uint32_t at = s.hash & mask;

	while (slots[at].index1)
		at = (at + 1) & mask;
	slots[at] = s;
}

static int grow(struct sk_flow_table *t)
{
	uint32_t cnt = 2 * (t->mask + 1);
	struct slot *slots = cnt ? slots_new(cnt) : NULL;

	if (!slots)
		return SK_E_MEMORY;
	for (uint32_t i = 0; i <= t->mask; i++)
		if (t->slots[i].index1)
			slot_put(slots, cnt - 1, t->slots[i]);
	free(t->slots);
	t->slots = slots;
	t->mask = cnt - 1;
	return 0;
}

int sk_flow_table_insert(struct sk_flow_table *t, struct record *r)
{
	uint64_t room = (uint64_t)t->mask + 1;

	/* at 2/3 the table should grow; where memory is short it may fill to 7/8 before flows are refused */
	if (t->active >= room / 3 * 2 && grow(t) < 0 && t->active >= room / 8 * 7)
		return SK_E_MEMORY;
	slot_put(t->slots, t->mask, (struct slot){ r->f.hash, r->f.index + 1 });
	t->active++;
	return 0;
}

void sk_flow_table_remove(struct sk_flow_table *t, struct record *r)
{
	uint32_t hole = r->f.hash & t->mask, at;

	while (t->slots[hole].index1 != r->f.index + 1) {
		SK_ASSERT(t->slots[hole].index1);
		hole = (hole + 1) & t->mask;
	}
	for (at = (hole + 1) & t->mask; t->slots[at].index1; at = (at + 1) & t->mask) {
		/* a slot may move into the hole unless it would land before its home */
		if (((at - (t->slots[at].hash & t->mask)) & t->mask) < ((at - hole) & t->mask))
			continue;
		t->slots[hole] = t->slots[at];
		hole = at;
	}
	t->slots[hole].index1 = 0;
	t->active--;
}

void sk_flow_list_append(struct sk_flow_table *t, struct list *l, struct sk_flow *f)
{
	f->older = l->newest;
	f->newer = 0;
	*(l->newest ? &sk_flow_table_at(t, l->newest)->newer : &l->oldest) = f->index + 1;
	l->newest = f->index + 1;
}

void sk_flow_list_unlink(struct sk_flow_table *t, struct list *l, struct sk_flow *f)
{
	*(f->older ? &sk_flow_table_at(t, f->older)->newer : &l->oldest) = f->newer;
	*(f->newer ? &sk_flow_table_at(t, f->newer)->older : &l->newest) = f->older;
}

/* Merges two sorted lists. */
static uint32_t merge(struct sk_flow_table *t, uint32_t a, uint32_t b)
{
	uint32_t first = 0, *end = &first;
	struct sk_flow *fa = sk_flow_table_at(t, a), *fb = sk_flow_table_at(t, b);

	while (fa && fb) {
		struct sk_flow **less = fa->info.serial <= fb->info.serial ? &fa : &fb;

		*end = (*less)->index + 1;
		end = &(*less)->newer;
		*less = sk_flow_table_at(t, *end);
	}
	*end = fa ? fa->index + 1 : fb ? fb->index + 1 : 0;
	return first;
}

/* For more than the RUN_MAX - 1 places taken so far, unless memory is short. */
static struct place *more_places(struct sk_flow_table *t, struct place *v, uint32_t *max)
{
	t->places = malloc(PLACES_MAX * sizeof(*v));
	if (!t->places)
		return v;
	*max = PLACES_MAX;
	return memcpy(t->places, v, (RUN_MAX - 1) * sizeof(*v));
}

/* Puts a flow behind n that are sorted, by moving it past those it belongs before. False where they are more than MOVES. */
static bool put_place(struct place *v, uint32_t n, struct place p)
{
	if (n >= MOVES && v[n - MOVES].serial > p.serial)
		return false;
	for (; n > 0 && v[n - 1].serial > p.serial; n--)
		v[n] = v[n - 1];
	v[n] = p;
	return true;
}

/* Takes flows that are nearly in order off the front of a list, and sorts them. The link to the first. */
static uint32_t take_run(struct sk_flow_table *t, uint32_t *list)
{
	struct place here[RUN_MAX], *v = t->places ? t->places : here;
	uint32_t n = 0, next = 0, max = t->places ? PLACES_MAX : RUN_MAX;

	for (; *list && n < max; n++) {
		const struct sk_flow *f = sk_flow_table_at(t, *list);

		if (SK_UNLIKELY(n == RUN_MAX - 1 && !t->places))
			v = more_places(t, v, &max);
		if (!put_place(v, n, (struct place){ f->info.serial, *list }))
			break;
		*list = f->newer;
	}
	for (uint32_t i = n; i > 0; next = v[--i].link)
		sk_flow_table_at(t, v[i - 1].link)->newer = next;
	return next;
}

uint32_t sk_flow_list_sort(struct sk_flow_table *t, uint32_t first)
{
	uint32_t runs[33] = { 0 };	/* run i was merged of 2^i runs; there are fewer than 2^32 */
	uint32_t all = 0;

	while (first) {
		uint32_t run = take_run(t, &first);
		unsigned i = 0;

		for (; i < 32 && runs[i]; i++) {
			run = merge(t, runs[i], run);
			runs[i] = 0;
		}
		runs[i] = run;
	}
	for (unsigned i = 0; i < 33; i++)
		all = merge(t, runs[i], all);
	return all;
}
