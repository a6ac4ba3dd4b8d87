/* flow/table.h — the inside of the flow table, shared by flow.c (flows) and table.c (memory and search).
 *
 * what     records in slabs that never move; an open-addressed array of {hash, record} finds them; lists by state and
 *          worth order them by silence
 * memory   8 bytes per slot, 256 per record, slabs of 2 MiB kept until the table goes
 * threads  the table's worker
 */
#ifndef SK_FLOW_TABLE_H
#define SK_FLOW_TABLE_H

#include "flow/flow.h"

enum { CLASS_EMPTY, CLASS_PAYLOAD, CLASS_SUSPECT, CLASS_CNT };	/* in order of eviction */
enum { LIST_NEW, LIST_ESTABLISHED, LIST_CLOSED, LIST_DATAGRAM, LIST_ANSWERED, LIST_CNT };

/* Silence is measured in ticks of 2^25 ns. */
#define TICK_SHIFT 25

struct record {
	_Alignas(64) struct sk_flow f;	/* first: a flow pointer is a record pointer */
};

struct slot {
	uint32_t hash;
	uint32_t index1;		/* record index + 1, 0 for a free slot */
};

/* Flows are linked by their index + 1, 0 for none: see sk_flow_table_at. */
struct list {
	uint32_t oldest, newest;
};

struct sk_flow_table {
	struct slot *slots;
	uint32_t mask;
	uint32_t active;
	struct record **slabs;
	uint32_t slab_cnt, slab_room;
	uint32_t fresh;			/* records never used so far begin here */
	uint32_t unused;		/* used ones, linked by newer */
	struct place *places;		/* PLACES_MAX, to sort flows in; NULL until there are many to sort */
	struct sk_arena_chunk *spare;	/* of flow memory, for flows to come … */
	uint32_t kept;			/* … so many */
	struct list lists[LIST_CNT * CLASS_CNT];	/* by LIST_* * CLASS_CNT + CLASS_*; f->list says which */
	uint32_t idle_ticks[LIST_CNT];
	uint64_t idle_ns[LIST_CNT];
	struct record *touched;		/* last, see settle() */
	uint64_t learnt;		/* of it, as it was touched */
	struct ahead {
		uint32_t at;		/* link to a flow in the list; any flow, once that has left */
		uint32_t left;		/* steps */
	} ahead[LIST_CNT];		/* of CLASS_PAYLOAD; see sk_flow_look_ahead */
	uint64_t clock_ns;		/* adds up the steps of packet time forward; see clock_advance() */
	uint64_t seen_ns;		/* packet time the clock has followed to */
	uint64_t next_tick;		/* no flow is due before */
	bool tight;			/* flow memory is full: ended flows keep none */
	struct sk_seed seed;
	struct sk_flow_conf conf;
	struct sk_flow_counters counters;
	sk_flow_end_fn *on_end;
	void *cx;
};

/* 0 or SK_E_MEMORY. */
int sk_flow_table_init(struct sk_flow_table *t);
void sk_flow_table_fini(struct sk_flow_table *t);

/* A record that is in no list and in no slot, not zeroed; NULL when memory is short. */
struct record *sk_flow_table_take(struct sk_flow_table *t);
void sk_flow_table_give_back(struct sk_flow_table *t, struct record *r);
void sk_flow_table_prefetch(const struct sk_flow *f);
/* A new flow's: none yet. */
void sk_flow_table_begin_memory(const struct sk_flow_table *t, struct record *r);
/* Of flow memory: what the first parser state needs. */
void sk_flow_table_prefetch_memory(const struct sk_arena_chunk *c);
/* Gives the flow a piece of memory that another has left, where there is one: most connections need it, most datagrams do not. */
void sk_flow_table_lend_memory(struct sk_flow_table *t, struct record *r);
/* Empties the flow's memory. A piece of it is kept for another flow unless there are many. */
void sk_flow_table_keep_memory(struct sk_flow_table *t, struct record *r);

/* Makes r findable by r->f.hash. 0 or SK_E_MEMORY. */
int sk_flow_table_insert(struct sk_flow_table *t, struct record *r);
void sk_flow_table_remove(struct sk_flow_table *t, struct record *r);

/* A slab is as large as a huge page. */
#define SLAB_BYTES ((size_t)2 << 20)
#define SLAB_RECORDS ((uint32_t)(SLAB_BYTES / sizeof(struct record)))

static inline struct record *sk_flow_table_record(const struct sk_flow_table *t, uint32_t index)
{
	return &t->slabs[index / SLAB_RECORDS][index % SLAB_RECORDS];
}

static inline struct sk_flow *sk_flow_table_at(const struct sk_flow_table *t, uint32_t link)
{
	return link ? &sk_flow_table_record(t, link - 1)->f : NULL;
}

void sk_flow_list_append(struct sk_flow_table *t, struct list *l, struct sk_flow *f);
void sk_flow_list_unlink(struct sk_flow_table *t, struct list *l, struct sk_flow *f);

/* Sorts flows linked by newer by info.serial. Returns the link to the first. */
uint32_t sk_flow_list_sort(struct sk_flow_table *t, uint32_t first);

#endif
