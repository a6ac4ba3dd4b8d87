/* detect/detect_priv.h — what the files of detect/ share.
 *
 * what     struct plugin: one loaded plugin of the process; struct sk_worker: that plugin on one worker
 * memory   plugin: process; sk_worker and its blocks: worker; flow_state: flow memory; unit: from first to last piece
 * threads  struct plugin is read-only once workers run, but for its findings, log gate and the set's watched
 */
#ifndef SK_DETECT_DETECT_PRIV_H
#define SK_DETECT_DETECT_PRIV_H

#include "detect/detect.h"

#include <stdatomic.h>

#include "base/arena.h"
#include "base/log.h"
#include "conf/conf.h"

#define NESTING_MAX 4u			/* events of plugins within each other */
#define SCRATCH_MAX (4u << 20)		/* bytes of scratch memory during one event */
#define COUNTERS_MAX 64u		/* of one plugin */
#define FINDINGS_MAX 256u		/* different findings of one plugin */
#define BURST_MAX 16u			/* findings of one plugin in one flow at a time … */
#define BURST_REFILL_NS 10000000000u	/* … and one more every 10 s of packet time */

/* --- process --- */

struct option_value {
	uint64_t num;
	char *text;			/* owned; NULL but for SK_OPTION_TEXT */
};

struct plugin_counter {
	char *name;			/* "<plugin>.<name>", owned */
	const char *help;
};

/* A pseudo rule for what a plugin finds. */
struct finding {
	struct finding *next;
	struct sk_rule rule;
};

struct plugin;

struct host {
	struct sk_host table;		/* first: the plugin hands it back */
	struct plugin *plugin;
};

struct plugin {
	struct sk_plugin p;		/* our copy; zero where the plugin is older than we are */
	char *origin;			/* "built in" or a path */
	struct sk_plugins *set;
	uint32_t index;			/* in the set */
	uint32_t kind_base;		/* number of its first own kind */
	void *instance;
	bool opening, opened;
	struct host host;
	struct option_value *options;	/* p.option_cnt */
	struct plugin_counter counters[COUNTERS_MAX];
	uint32_t counter_cnt;
	struct sk_campaign_info campaign;	/* of its findings */
	_Atomic(struct finding *) findings;
	struct sk_log_gate log_gate;
};

/* Only events whose field starts with prefix. */
struct filter {
	uint16_t slot;
	bool common;
	uint8_t dirs;			/* of the common field direction: bit by direction that fits; else 0 */
	uint8_t first;			/* byte of prefix, in lower case */
	struct sk_span prefix;
};

/* A plugin's wish for events of one kind; filter_cnt 0: for all of them. */
struct subscription {
	uint32_t plugin;
	uint32_t filter_cnt;
	struct filter *filters;
	uint32_t unit_off;		/* of its state in a unit; 0 for none */
	uint8_t dirs;			/* bit by direction: filters let some of its events pass */
	uint32_t least;			/* bytes of the shortest whole unit it gets */
	bool all;			/* while the list is made: one interest had no filter */
	bool one_slot;			/* all filters ask for a prefix of one field of the event's own … */
	uint64_t first[4];		/* … which begins with one of these bytes: bit by byte */
};

struct route {
	struct subscription *subs;	/* in order of the plugins' names */
	uint32_t cnt;
	uint32_t unit_size;		/* of a whole struct unit; 0 when nobody keeps state per unit */
	int offset_slot, last_slot;	/* of a streamed kind; else -1 */
	int stream_slot;		/* where a subscription has least; else -1 */
	uint8_t dirs;			/* of all subs */
};

struct sk_plugins {
	struct plugin **v;		/* in order of names */
	size_t cnt;
	struct sk_registry *registry;
	struct route routes[SK_KIND_MAX];
	struct sk_wanted wanted;
	_Atomic bool watched;		/* a worker keeps time budgets: the run is live, logs are limited */
};

/* host.c */
void sk_detect_plugin_free(struct plugin *pl);

/* load.c: the table behind a file, after the checks that need no trust in it. On error nothing of it is kept. */
int sk_detect_load_file(const char *path, const struct sk_plugin **table, struct sk_error *e);
/* load.c: the numbers at the front of a table. */
int sk_detect_check_abi(const struct sk_plugin *table, const char *origin, struct sk_error *e);
/* load.c: copies what both sides know. */
void sk_detect_copy_table(struct sk_plugin *to, const struct sk_plugin *from);

/* check.c: everything in the table that can be checked without running the plugin. */
int sk_detect_check_plugin(const struct plugin *pl, struct sk_error *e);
bool sk_detect_is_name(const char *name);

/* options.c: presets, then what the mapping says; node may be NULL. */
int sk_detect_read_options(struct plugin *pl, const struct sk_conf_node *node, struct sk_error *e);

/* route.c: registers kinds, resolves interests. */
int sk_detect_make_routes(struct sk_plugins *set, struct sk_error *e);
void sk_detect_free_routes(struct sk_plugins *set);

/* services.c */
extern const struct sk_host sk_detect_host_table;

/* --- worker --- */

enum fault { FAULT_SLOW, FAULT_FAILED, FAULT_MEMORY, FAULT_FLOOD, FAULT_CNT };

struct watch {
	uint64_t window_ns[FAULT_CNT];	/* packet time at which counting began */
	uint32_t cnt[FAULT_CNT];
	uint32_t calls;
	uint32_t closely;		/* calls still to be timed each */
	uint64_t since_ns, until_ns;	/* quarantine; until 0 for none */
	uint64_t pause_ns;		/* length of the last one */
	bool told;
};

/* A call into a plugin; the innermost one is in sk_worker.at. */
struct call {
	const struct sk_event *event;	/* NULL outside on_event, unit_end and flow_end */
	struct sk_flow *flow;
	struct slot *slot;
	void *unit;
	uint64_t now_ns;
	bool may_publish;
	bool timed;
	uint64_t nested_ns;		/* spent in what it published */
};

struct block;

struct sk_worker {
	struct sk_detect *d;
	struct plugin *plugin;
	void *state;			/* guarded; NULL for worker_size 0 */
	bool begun;
	bool broken;			/* wrote where it must not: never called again */
	struct call *at;		/* never NULL */
	struct watch watch;
	struct block *blocks;
	uint64_t memory;		/* bytes asked for and not freed */
	uint64_t *counters;		/* COUNTERS_MAX */
};

enum { SLOT_NEW, SLOT_WATCH, SLOT_LEFT };

/* One plugin in one flow. */
struct slot {
	void *state;			/* guarded flow memory; NULL for flow_size 0 */
	uint64_t refill_ns;		/* packet time up to which tokens were given back */
	uint32_t used;			/* of BURST_MAX */
	uint32_t held;			/* findings held back since the last one */
	uint8_t status;
	bool begun;			/* flow_end is due */
};

/* f->detect */
struct flow_state {
	uint64_t order, seq;		/* next place of an alert within packet and flow */
	uint64_t packet, time_ns;	/* of the last event a plugin got */
	struct slot slots[];		/* by plugin */
};

/* Behind ev->unit, for kinds where a plugin keeps state per unit. */
struct unit {
	struct unit *next;		/* in the list of spare ones */
	void *matcher;
	uint32_t done;			/* flags with UNIT_DONE */
	bool ends;			/* a plugin that has begun it wants to know its end */
	uint8_t flags[];		/* by place in the route; then the guarded states */
};
enum { UNIT_BEGUN = 1, UNIT_LEFT = 2, UNIT_DONE = 4 };	/* DONE: wants no more pieces */

struct sk_detect {
	struct sk_detect_conf conf;
	struct sk_matcher *matcher;
	struct sk_worker *workers;	/* by plugin */
	size_t worker_cnt;
	sk_detect_alert_fn *alert;
	void *cx;
	struct sk_arena scratch;
	unsigned depth;			/* events of plugins we are in */
	unsigned calls;			/* calls into plugins we are in */
	uint64_t spare_seq;
	struct unit *spare[SK_KIND_MAX];
	uint32_t spare_cnt[SK_KIND_MAX];
	struct sk_rules_explain *explain;	/* event rules to explain */
	size_t explain_cnt;
	struct sk_flow *flow;		/* at hand */
	struct sk_detect_counters counters;
};

/* detect.c: rules, then plugins, on an event of f. */
void sk_detect_run(struct sk_detect *d, struct sk_flow *f, const struct sk_event *e);
struct flow_state *sk_detect_flow_state(struct sk_detect *d, struct sk_flow *f);
/* The flow's memory would hold one. */
bool sk_detect_has_room(const struct sk_detect *d, const struct sk_flow *f);
struct sk_alert_order sk_detect_next_order(struct sk_detect *d, struct sk_flow *f);
void sk_detect_emit(struct sk_detect *d, struct sk_flow *f, struct sk_alert *a);

/* dispatch.c */
/* Bytes of the unit where the event is all of it; else more than any plugin asks for. Before the unit is made. */
size_t sk_detect_whole_length(const struct route *r, const struct sk_event *e);
/* False: no plugin gets the event. length: of its unit. */
bool sk_detect_is_wanted(const struct route *r, const struct sk_event *e, size_t length);
void sk_detect_give(struct sk_detect *d, struct sk_flow *f, const struct sk_event *e, struct unit *u, size_t length);
struct unit *sk_detect_unit_begin(struct sk_detect *d, const struct sk_event *e);
void sk_detect_unit_end(struct sk_detect *d, struct sk_flow *f, const struct sk_event *e, struct unit *u);
void sk_detect_plugins_flow_end(struct sk_detect *d, struct sk_flow *f);
int sk_detect_workers_begin(struct sk_detect *d, struct sk_error *e);
void sk_detect_workers_end(struct sk_detect *d);

/* finding.c */
int sk_detect_finding(struct sk_worker *w, const struct sk_finding *f);
void sk_detect_findings_free(struct plugin *pl);

/* services.c */
void sk_detect_blocks_free(struct sk_worker *w);

/* watch.c */
uint64_t sk_detect_clock(void);			/* wall clock that never steps, ns */
bool sk_detect_watch_timed(struct sk_worker *w);
void sk_detect_watch_spent(struct sk_worker *w, uint64_t spent_ns, uint64_t now_ns);
void sk_detect_watch_fault(struct sk_worker *w, enum fault what, uint64_t now_ns);
bool sk_detect_watch_out(struct sk_worker *w, uint64_t now_ns);	/* in quarantine now */

/* guard.c: blocks with a pattern before and behind that a plugin's state lives in. */
#define GUARD_FRONT 16u
#define GUARD_BEHIND 64u
enum guard { GUARD_WHOLE, GUARD_TOUCHED, GUARD_RUINED };
static inline size_t sk_detect_guarded_size(size_t n) { return (GUARD_FRONT + n + GUARD_BEHIND + 15) & ~(size_t)15; }
/* Zeroes n bytes within block (sk_detect_guarded_size(n) bytes, aligned for any type). Returns them. */
void *sk_detect_guard(void *block, size_t n);
/* The bytes next to the state only: after every call. */
bool sk_detect_guard_near(const void *state, size_t n);
enum guard sk_detect_guard_check(const void *state, size_t n);

/* crumb.c: who runs now, on this thread. */
struct crumb {
	const char *plugin;		/* NULL: the rules */
	const char *kind;
	uint64_t flow, packet;
};
extern _Thread_local const struct crumb *sk_detect_crumb_now;	/* NULL: nobody runs */

/* c: NULL, or stays until the next call. Returns the one before. */
static inline const struct crumb *sk_detect_crumb_set(const struct crumb *c)
{
	const struct crumb *old = sk_detect_crumb_now;

	/* what it points to is written first */
	atomic_signal_fence(memory_order_seq_cst);
	sk_detect_crumb_now = c;
	atomic_signal_fence(memory_order_seq_cst);
	return old;
}

#endif
