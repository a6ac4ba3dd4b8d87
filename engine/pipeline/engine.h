/* pipeline/engine.h — an engine: configuration, plugins, rules, workers and outputs put together, run over an input.
 *
 * in       struct sk_settings, what to read
 * out      alerts through the outputs; struct sk_report for people
 * memory   owns all of it
 * threads  everything here is called on the main thread, but sk_engine_stop
 */
#ifndef SK_PIPELINE_ENGINE_H
#define SK_PIPELINE_ENGINE_H

#include "pipeline/conf.h"
#include "pipeline/output.h"
#include "pipeline/worker.h"

/* Which ring a worker's alerts go to. */
struct sk_engine_lane {
	struct sk_output *output;
	unsigned index;
};

struct sk_engine {
	const struct sk_settings *settings;
	struct sk_registry registry;
	struct sk_plugins *plugins;
	struct sk_ruleset *rules;
	bool rules_borrowed;			/* of another engine with the same settings */
	struct sk_wanted wanted;
	struct sk_detect_conf detect;
	struct sk_output *output;
	struct sk_pipeline_worker *workers;
	struct sk_engine_lane *lanes;		/* by worker */
	unsigned worker_cnt;
	struct sk_intake *intakes;		/* one, or one per worker when live */
	unsigned intake_cnt;
	struct sk_capture_counters capture;	/* of the inputs that are closed */
	uint64_t first_ns, last_ns;		/* packet time seen */
	uint64_t started_ns, ready_ns;		/* monotonic clock */
	uint64_t start_bytes;			/* resident when ready */
	bool live;
};

enum sk_engine_need {
	SK_ENGINE_CHECK,			/* configuration, plugins, rules: for -T and sekisho rules */
	SK_ENGINE_REPLAY,
	SK_ENGINE_LIVE
};

struct sk_engine_setup {
	const struct sk_settings *settings;
	enum sk_engine_need need;
	struct sk_ruleset *rules;		/* of an engine with the same settings that outlives this one; NULL: loads its own */
	const char *explain;			/* rule id or NULL */
	bool hold;				/* what is read ends: sequences that may grow are told once, at their end */
	bool colour;
	bool progress;				/* a progress line is shown on this terminal */
	sk_rules_error_fn *on_rule_error;	/* told every mistake in a rule */
	sk_output_idle_fn *idle;		/* may be NULL */
	sk_output_observe_fn *observe;		/* instead of the outputs; may be NULL */
	void *cx;
};

/* 0; SK_E_CONFIG with *e (empty text when on_rule_error has told all); another negative code with *e. */
int sk_engine_open(struct sk_engine **out, const struct sk_engine_setup *setup, struct sk_error *e);
void sk_engine_free(struct sk_engine *g);

/* Told while a replay goes on, a few times a second. */
typedef void sk_engine_progress_fn(void *cx, const char *file, size_t file_no, size_t file_cnt, uint64_t done, uint64_t size,
				   uint64_t packets);
/* Told of a file that cannot be read, or only in part; the replay goes on. */
typedef void sk_engine_problem_fn(void *cx, const char *file, const struct sk_error *e);

struct sk_engine_replay {
	const struct sk_capture_list *files;
	const char *filter;			/* BPF expression or NULL */
	sk_engine_progress_fn *progress;	/* may be NULL */
	sk_engine_problem_fn *problem;
	void *cx;
};

/* Reads all files. Number of files that could not be read whole, or a negative code with *e. */
int sk_engine_replay(struct sk_engine *g, const struct sk_engine_replay *how, struct sk_error *e);

struct sk_engine_live {
	const char *iface, *filter;
	/* Called when the interface is open and before the first packet: drops privileges. 0 or <0 with *e. */
	int (*opened)(void *cx, struct sk_error *e);
	/* Called on every thread that looks at packets, before its first one. NULL: nothing to do. */
	void (*begin)(void *cx);
	void *cx;
};

/* Watches the interface until sk_engine_stop. 0 or a negative code with *e. */
int sk_engine_live(struct sk_engine *g, const struct sk_engine_live *how, struct sk_error *e);

/* No alert comes any more: the output may end. For replay.c and live.c. */
void sk_engine_no_more(struct sk_engine *g);

/* Ends a replay or a live run soon, cleanly. Async-signal-safe. */
void sk_engine_stop(void);

/* Ends the output. 0, or SK_E_STATE when alerts were not delivered. */
int sk_engine_finish(struct sk_engine *g, uint64_t wait_ns);

#endif
