/* campaign/campaign.h — what alerts add up to: sequences, thresholds, limits, allow-lists, the summary.
 *
 * in       alerts and marks of all workers, in sk_alert_order
 * out      alerts that leave, through emit, numbered; the run's summary
 * memory   keys with open state are capped; the oldest go first, counted
 * threads  one
 * limits   time is packet time; where it goes back, as from one capture to an older one, no sequence in order is completed
 *          backwards, and what lies further ahead than a window does not count in it
 */
#ifndef SK_CAMPAIGN_CAMPAIGN_H
#define SK_CAMPAIGN_CAMPAIGN_H

#include "alert/alert.h"

struct sk_campaign_allow {			/* one entry of the allow-list */
	const char *rule;			/* rule or campaign id, or NULL for all */
	const char *field;			/* common or context field */
	const char *value;			/* exact text, address or network, or domain with subdomains */
	const char *reason;
	uint64_t expires_ns;			/* 0 never */
};

struct sk_campaign_conf {
	size_t max_keys;			/* keys with open state */
	size_t max_members;			/* alerts kept per key of a COUNT, DISTINCT */
	size_t max_bytes;			/* memory of kept alerts and open states, and again of limits; 0 for 64 MiB */
	size_t max_seen;			/* memory of values that unless looks up; 0 for 16 MiB */
	bool hold;				/* sequences that may grow are told once, when they can no more: for files, not sensors */
	const char *explain;			/* id of a correlated rule to tell about, or NULL */
	uint64_t rule_per_min, source_per_min;	/* storm limits; 0 none */
	const struct sk_campaign_allow *allow;
	size_t allow_cnt;
};

#define SK_CAMPAIGN_COUNTERS(X) \
	X(alerts, "alerts", "alerts that left") \
	X(marks, "marks", "marks seen") \
	X(correlated, "alerts", "alerts made of others") \
	X(allowed, "alerts", "alerts held back by the allow-list") \
	X(limited, "alerts", "alerts held back by a rule's limit") \
	X(storm, "alerts", "alerts held back by a storm limit") \
	X(keys_evicted, "keys", "open states forgotten for want of room") \
	X(keys_max, "keys", "most open states at a time") \
	X(members_dropped, "alerts", "alerts of counts that are counted but not kept: campaign.members newer ones are") \
	X(memory_max, "bytes", "most memory of open states and the alerts they keep") \
	X(seen_evicted, "values", "values for unless forgotten for want of room") \
	X(no_memory, "times", "states, values or correlated alerts not kept or made because memory was short")
SK_COUNTER_STRUCT(campaign, SK_CAMPAIGN_COUNTERS)

/* Most bytes all of it takes. */
uint64_t sk_campaign_bytes(const struct sk_campaign_conf *conf);

struct sk_campaign;
/* An alert leaves, or (rule->mark) a mark was counted. Borrowed for the call; sk_alert_get to keep. */
typedef void sk_campaign_emit_fn(void *cx, const struct sk_alert *a);

struct sk_campaign *sk_campaign_new(const struct sk_ruleset *rules, const struct sk_campaign_conf *conf, sk_campaign_emit_fn *emit, void *cx);
void sk_campaign_free(struct sk_campaign *c);
/* Takes the alert. */
void sk_campaign_push(struct sk_campaign *c, struct sk_alert *a);
/* The same of a mark that has feeds: each hash of sk_alert_seen, or NULL where there is none; is_mark for the first. Not where an
 * allow-list, --explain or emit has to know of marks. */
void sk_campaign_seen(struct sk_campaign *c, uint64_t time_ns, bool is_mark, const uint64_t *hash);
/* Packet time has come this far: decides absences, forgets what is too old. For live runs, where nothing may come for long.
 * In a replay it must be called at places of the order of alerts that do not hang on the number of workers. */
void sk_campaign_time(struct sk_campaign *c, uint64_t now_ns);
void sk_campaign_end(struct sk_campaign *c, uint64_t now_ns);
const struct sk_campaign_counters *sk_campaign_counters(const struct sk_campaign *c);

/* What there is to tell of conf.explain, as text to stdio file out; after the end. */
void sk_campaign_explain(const struct sk_campaign *c, void *out);

/* The summary by campaign, stage and host as text to stdio file out; colour for a terminal. */
void sk_campaign_summary(const struct sk_campaign *c, void *out, bool colour);

#endif
