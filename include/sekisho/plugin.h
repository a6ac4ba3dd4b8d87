/* sekisho/plugin.h — the plugin API.
 *
 * what     a plugin is a shared object that exports one const object, sk_plugin_main; the host reads it, gives services
 *          through struct sk_host, and calls back
 * memory   instance: from open to close, read-only while workers run; worker, flow and unit: zeroed blocks the host makes;
 *          event: ends when on_event returns
 * threads  open, close: main thread. worker_begin, worker_end: while the worker handles no packets. All others: the worker's
 *          thread. One flow is never entered concurrently; one instance is, with different worker states
 * limits   plugins are trusted code in the host's address space: budgets contain mistakes, not malice. Plugins make no
 *          threads, install no signal handlers and never block
 *
 * How it grows: members are appended to struct sk_plugin and struct sk_host, found by their size; elements of the arrays a
 * plugin brings (interests, options, kinds, fields, evidence) are found by the element sizes it gives. Both make a new
 * minor. A change or removal makes a new major.
 *
 * ABI ledger
 *   1.0    first
 */
#ifndef SEKISHO_PLUGIN_H
#define SEKISHO_PLUGIN_H

#include <sekisho/alert.h>
#include <sekisho/event.h>

#define SK_ABI_MAJOR 1u
#define SK_ABI_MINOR 0u
#define SK_ABI (SK_ABI_MAJOR << 16 | SK_ABI_MINOR)

struct sk_worker;		/* opaque: one plugin on one worker of the host */

#if defined(__GNUC__)
#define SK_PLUGIN_PRINTF_(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define SK_PLUGIN_PRINTF_(fmt, args)
#endif

enum { SK_LOG_ERROR, SK_LOG_WARNING, SK_LOG_INFO, SK_LOG_DEBUG };

/* Option types. Durations are ns, sizes bytes; both are written with units (10 s, 64 KiB). */
enum { SK_OPTION_BOOL, SK_OPTION_INT, SK_OPTION_SIZE, SK_OPTION_DURATION, SK_OPTION_TEXT };

struct sk_option {
	const char *name;		/* [a-z][a-z0-9_]*, but not enabled or path */
	uint32_t type;			/* SK_OPTION_* */
	uint32_t pad;
	const char *preset;		/* default, as it would be written in the configuration */
	uint64_t min, max;		/* of numbers; max 0 for no limit */
	const char *help;
};

/* An event kind the plugin wants. The host calls on_event for nothing else. */
struct sk_interest {
	const char *kind;		/* "http.form", or a kind another plugin publishes */
	const char *field;		/* NULL, or a TEXT or BYTES field: only events where it … */
	const char *prefix;		/* … starts with this, without regard to case; "" for: is there at all */
	const char *reads;		/* names of the fields the plugin looks at, blanks between: its own ("name value") and those of
					 * the request or response it belongs to ("request.path"). Others may be absent. NULL for all */
	uint32_t least;			/* of kinds that come in pieces: bytes of the shortest unit that is of use, 0 for any. Shorter
					 * ones that come in one piece are left out. Of several in a kind the smallest counts */
	uint32_t pad;
};

struct sk_host {
	uint32_t abi;
	uint32_t size;

	/* Anywhere. printf-like; one line, no final newline. */
	void (*log)(const struct sk_host *, int level, const char *fmt, ...) SK_PLUGIN_PRINTF_(3, 4);

	/* In open only. Option values, checked against the declared type; text ends with the instance. */
	uint64_t (*option_num)(const struct sk_host *, const char *name);
	const char *(*option_text)(const struct sk_host *, const char *name);
	/* A counter, told at the end of the run and in stats; returns its id. name is kept. */
	uint32_t (*counter)(const struct sk_host *, const char *name, const char *help);

	/* In callbacks on a worker. */
	void (*count)(struct sk_worker *, uint32_t counter, uint64_t n);
	/* Zeroed memory counted against the plugin's cap; NULL over the cap or when memory is short. */
	void *(*alloc)(struct sk_worker *, size_t n);
	void *(*realloc)(struct sk_worker *, void *p, size_t n);	/* new bytes are not zeroed; NULL leaves p as it was */
	void (*free)(struct sk_worker *, void *p);
	/* Memory that ends when the current call returns, not zeroed. NULL when short. */
	void *(*scratch)(struct sk_worker *, size_t n);
	/* The plugin's unit_size bytes for the unit whose piece is at hand: zeroed at the first piece, the same until the last.
	 * NULL for events that do not come in pieces. Only inside on_event. */
	void *(*unit)(struct sk_worker *);
	/* Publishes an event of one of the plugin's own kinds; values are borrowed, one per declared field. The event's parent
	 * is the event being handled. 0, or <0 when refused (nesting too deep). Only inside on_event. */
	int (*publish)(struct sk_worker *, uint32_t kind_index, const struct sk_value *values, uint32_t value_cnt);
	/* Raises an alert. 0 accepted, 1 suppressed by a limit, <0 dropped. Inside on_event, unit_end and flow_end. */
	int (*alert)(struct sk_worker *, const struct sk_finding *);
	/* Packet time of the event being handled, ns since 1970. */
	uint64_t (*now)(struct sk_worker *);
};

enum { SK_WATCH = 0, SK_IGNORE = 1 };				/* flow_begin */
enum { SK_CONTINUE = 0, SK_FLOW_DONE = 1, SK_UNIT_DONE = 2, SK_FAILED = -1 };	/* on_event */

/* struct sk_plugin.flags */
#define SK_PLUGIN_OFF 1u	/* runs only when the configuration names it */

struct sk_plugin {
	uint32_t abi;			/* SK_ABI; offset 0 for ever */
	uint32_t size;			/* sizeof(struct sk_plugin); offset 4 for ever */
	uint16_t interest_size;		/* sizeof of an element at build, as the next three */
	uint16_t option_size;
	uint16_t kind_size;
	uint16_t field_size;
	const char *name;		/* [a-z][a-z0-9_]*; the key under plugins: */
	const char *version;
	const char *summary;		/* one line */
	const char *licence;
	const struct sk_interest *interests;
	uint32_t interest_cnt;
	uint32_t option_cnt;
	const struct sk_option *options;
	const struct sk_kind_def *kinds;	/* events the plugin publishes; names start with a word and a dot */
	uint32_t kind_cnt;
	uint32_t worker_size;		/* bytes of zeroed worker state, 0 for none */
	uint32_t flow_size;		/* bytes of zeroed flow state, 0 for none */
	uint32_t unit_size;		/* bytes of zeroed state per unit of a streamed event, see host->unit; 0 for none, no unit_end */
	uint32_t flags;			/* SK_PLUGIN_* */
	uint32_t pad;

	/* All optional but on_event. */

	/* Once, before privileges are dropped. *instance is handed to every other call; host stays valid until close.
	 * 0, or <0 after writing one line without newline into error (error_size bytes). */
	int (*open)(const struct sk_host *, void **instance, char *error, size_t error_size);
	void (*close)(void *instance);
	int (*worker_begin)(void *instance, struct sk_worker *, void *worker_state);
	void (*worker_end)(void *instance, struct sk_worker *, void *worker_state);
	/* Asked before the flow's first event. SK_IGNORE: no events of this flow. */
	int (*flow_begin)(void *instance, struct sk_worker *, void *worker_state, void *flow_state, const struct sk_flow_info *);
	/* SK_CONTINUE; SK_FLOW_DONE: no more of this flow; SK_UNIT_DONE: no more of this unit, where the plugin has a unit_size; SK_FAILED:
	 * counted, plugin is detached from the flow. */
	int (*on_event)(void *instance, struct sk_worker *, void *worker_state, void *flow_state, const struct sk_event *);
	/* For results and for memory got with alloc; called when the flow's first event was given or flow_begin asked. */
	void (*flow_end)(void *instance, struct sk_worker *, void *worker_state, void *flow_state, const struct sk_flow_info *);
	/* After the unit's last piece, whether the plugin still got that or not: for memory got with alloc. */
	void (*unit_end)(void *instance, struct sk_worker *, void *worker_state, void *flow_state, void *unit_state);
};

#if defined(__GNUC__)
#define SK_EXPORT __attribute__((visibility("default")))
#else
#define SK_EXPORT
#endif

/* Defines the one exported object or, with SK_PLUGIN_STATIC, one the host links. abi, sizes and name are filled in:
 *	SK_PLUGIN(trace, .version = "1.0", .on_event = on_event); */
#ifdef __cplusplus
#define SK_PLUGIN_LINKAGE_ extern "C"
#else
#define SK_PLUGIN_LINKAGE_
#endif
#ifdef SK_PLUGIN_STATIC
#define SK_PLUGIN_SYMBOL_(id) sk_plugin_##id
#define SK_PLUGIN_VISIBLE_
#else
#define SK_PLUGIN_SYMBOL_(id) sk_plugin_main
#define SK_PLUGIN_VISIBLE_ SK_EXPORT
#endif
#define SK_PLUGIN(id, ...) \
	SK_PLUGIN_LINKAGE_ SK_PLUGIN_VISIBLE_ extern const struct sk_plugin SK_PLUGIN_SYMBOL_(id); \
	SK_PLUGIN_VISIBLE_ const struct sk_plugin SK_PLUGIN_SYMBOL_(id) = { \
		.abi = SK_ABI, .size = sizeof(struct sk_plugin), \
		.interest_size = sizeof(struct sk_interest), .option_size = sizeof(struct sk_option), \
		.kind_size = sizeof(struct sk_kind_def), .field_size = sizeof(struct sk_field_def), \
		.name = #id, __VA_ARGS__ }

/* A finding with its sizes filled in:  host->alert(w, SK_FINDING(.id = "trace.odd", …)); */
#define SK_FINDING(...) \
	&(struct sk_finding) { .size = sizeof(struct sk_finding), .evidence_size = sizeof(struct sk_evidence), __VA_ARGS__ }

#endif
