/* detect/detect.h — runs rules and plugins over events; loads plugins, checks the ABI, keeps them within their budgets.
 *
 * in       events from app/, through pipeline/
 * out      struct sk_alert through a callback; the caller owns it
 * memory   plugin instances: process; matcher and plugin worker state: worker; plugin flow state: flow memory
 * threads  struct sk_plugins on the main thread until workers run, then read-only; one struct sk_detect per worker
 * limits   a plugin that fails, is slow or floods is detached from the flow or put in quarantine, and counted
 */
#ifndef SK_DETECT_DETECT_H
#define SK_DETECT_DETECT_H

#include <sekisho/plugin.h>

#include "alert/alert.h"
#include "flow/flow.h"
#include "rules/rules.h"

/* --- the plugin host, process-wide --- */

struct sk_plugins;

/* The plugins linked into the program, NULL-ended; plugin/builtin.c has the list. */
extern const struct sk_plugin *const sk_plugins_builtin[];

/* conf: the mapping under plugins: in the configuration, or NULL; not needed after the call. registry gets the plugins' kinds and
 * must outlive the set. dir: folder to look in for <name>.so, or NULL for the built-in ones only. A plugin is loaded when it is
 * built in and not off by itself, or when conf names it, unless that says enabled: false. SK_E_CONFIG or SK_E_MEMORY with *e. */
int sk_plugins_load(struct sk_plugins **out, const struct sk_conf_node *conf, const char *dir,
		struct sk_registry *registry, struct sk_error *e);
/* Calls open of all, in order of their names. Before privileges are dropped. */
int sk_plugins_open(struct sk_plugins *p, struct sk_error *e);
void sk_plugins_free(struct sk_plugins *p);
void sk_plugins_wanted(const struct sk_plugins *p, struct sk_wanted *w);
/* In order of their names. */
size_t sk_plugins_count(const struct sk_plugins *p);
const struct sk_plugin *sk_plugins_at(const struct sk_plugins *p, size_t i);
/* Where it came from: "built in" or a path. */
const char *sk_plugins_origin(const struct sk_plugins *p, size_t i);

/* --- one worker --- */

#define SK_DETECT_COUNTERS(X) \
	X(events, "events", "events given to rules or plugins") \
	X(alerts, "alerts", "alerts raised") \
	X(alerts_lost, "alerts", "alerts lost because memory was short") \
	X(alerts_cut, "alerts", "alerts told in part because memory was short") \
	X(plugin_calls, "calls", "events given to plugins") \
	X(plugin_failures, "calls", "calls a plugin said had failed") \
	X(plugin_slow, "calls", "calls over the time budget") \
	X(plugin_quarantines, "plugins", "times a plugin was put in quarantine") \
	X(plugin_skipped, "events", "events a plugin in quarantine did not get") \
	X(plugin_memory, "requests", "memory refused to plugins") \
	X(plugin_nesting, "events", "events of plugins refused because they nest too deep") \
	X(findings_suppressed, "alerts", "findings of a flooding plugin held back")
SK_COUNTER_STRUCT(detect, SK_DETECT_COUNTERS)

struct sk_detect;
/* Takes the alert. */
typedef void sk_detect_alert_fn(void *cx, struct sk_alert *a);

/* A mark that has feeds matched: hashes of sk_alert_seen, borrowed for the call. */
typedef void sk_detect_seen_fn(void *cx, const struct sk_event *e, const uint64_t *hashes, size_t n);

/* An alert of the flow and the event at hand is about to be made: both are to be as complete as they get. */
typedef void sk_detect_complete_fn(void *cx, struct sk_flow *f);

#define SK_PLUGIN_MEMORY_MAX (64u << 20)

struct sk_detect_conf {
	const struct sk_ruleset *rules;
	struct sk_plugins *plugins;
	const struct sk_registry *registry;
	uint64_t plugin_budget_ns;	/* per call, wall clock; 0: not watched (replay default: results must not depend on speed) */
	uint64_t plugin_memory_max;	/* bytes per plugin and worker; 0: SK_PLUGIN_MEMORY_MAX */
	sk_detect_seen_fn *seen;	/* instead of an alert of a mark with feeds; NULL: those are alerts like the others */
	sk_detect_complete_fn *complete;	/* NULL: they are */
	const char *explain;		/* rule id: tell how far it, or each step of it, gets, on standard error; or NULL */
};

struct sk_detect *sk_detect_new(const struct sk_detect_conf *conf, unsigned worker, sk_detect_alert_fn *alert,
		void *cx, struct sk_error *e);
void sk_detect_free(struct sk_detect *d);

void sk_detect_event(struct sk_detect *d, struct sk_flow *f, const struct sk_event *e);
/* True: nobody finds anything in that piece of a streamed value; it has been taken and counted, and no event has to be made of it. */
bool sk_detect_passes(struct sk_detect *d, unsigned kind, unsigned dir, const struct sk_piece *p, void **unit);
/* False: nobody would see more of an event of that kind of the flow than that it is there. */
bool sk_detect_may(const struct sk_detect *d, const struct sk_flow_info *f, unsigned kind);
/* The same of an oddity of that kind (*.oddity) and name. */
bool sk_detect_may_name(const struct sk_detect *d, unsigned kind, const char *name);
/* After app/ has ended the flow: calls flow_end of plugins, frees f->detect. */
void sk_detect_flow_end(struct sk_detect *d, struct sk_flow *f);
const struct sk_detect_counters *sk_detect_counters(const struct sk_detect *d);
/* Of its matcher. */
const struct sk_rules_counters *sk_detect_rules_counters(const struct sk_detect *d);
/* Plugins' own counters: name with plugin prefix, sum so far; NULL from the last one on. */
const char *sk_detect_plugin_counter(const struct sk_detect *d, size_t i, uint64_t *value);

/* Writes to fd what this thread's detection is at: plugin or rules, event kind, flow, packet. For a handler of SIGSEGV and
 * the like: async-signal-safe. False, and nothing written, when it is at nothing. */
bool sk_detect_breadcrumb(int fd);

/* Rules made for findings of plugins have this index: they are in no ruleset. */
#define SK_RULE_INDEX_FINDING UINT32_MAX

#endif
