/* campaign/campaign_priv.h — between the files of this folder. */
#ifndef SK_CAMPAIGN_CAMPAIGN_PRIV_H
#define SK_CAMPAIGN_CAMPAIGN_PRIV_H

#include "campaign/campaign.h"
#include "campaign/keys.h"
#include "campaign/values.h"
#include "alert/key.h"

#define SK_CAMPAIGN_FOREIGN_MAX 1024u	/* rules that are not of the set: plugins' findings */
#define SK_CAMPAIGN_SUMMARY_MAX 16384u	/* pairs of hosts the summary tells apart */

/* What a rule has going, whatever the key. */
struct sk_rule_state {
	const struct sk_rule *rule;
	char *id;			/* of a foreign rule, copied: its rule may go before us */
	uint64_t minute, minute_cnt;	/* storm limit */
	uint64_t held;			/* held back since the last alert that left */
	uint64_t held_total;
	struct sk_parent {
		uint32_t rule;
		uint32_t first, cnt;	/* in places */
	} *parents;			/* rules of the set it is a step of, by index, ascending */
	uint32_t *places;		/* which of their steps it is */
	size_t parent_cnt;
	const struct sk_unless **feeds;	/* whose seen it is */
	size_t feed_cnt;
	bool explain;			/* tell how far it gets */
};

struct sk_allow;
struct sk_summary;

/* One open ABSENT wait, in its rule's list, earliest end first. */
struct sk_wait {
	struct sk_wait *prev, *next;
	struct sk_key *key;
	struct sk_alert *alert;
	uint64_t end_ns;
};

struct sk_wait_list {
	struct sk_wait *first, *last;
};

/* A value that was seen. */
struct sk_seen_value {
	uint64_t hash, when_ns;
	uint32_t older, newer;		/* by last use; index + 1, 0 for none */
	uint32_t next;			/* of the same bucket, likewise */
};

struct sk_seen {
	struct sk_seen_value *values;
	uint32_t *buckets;		/* as many as room; the index + 1 of their first value */
	uint32_t cnt, room, cap;	/* room: a power of two, but no more than cap values are kept */
	uint32_t oldest, newest;
	uint64_t evicted;
};

struct sk_campaign {
	const struct sk_ruleset *rules;
	struct sk_campaign_conf conf;
	sk_campaign_emit_fn *emit;
	void *cx;
	struct sk_rule_state *states;	/* by rule index */
	size_t state_cnt;
	uint32_t *correlations;		/* indexes of the rules that have steps, ascending */
	size_t correlation_cnt;
	struct sk_rule_state *foreign;
	size_t foreign_cnt;
	struct sk_rule_state others;	/* foreign rules over the cap */
	struct sk_keys open;		/* correlation, by rule and key */
	struct sk_keys limits;		/* limits, by rule and key */
	struct sk_keys sources;		/* storm limit per source */
	struct sk_seen seen;		/* for unless */
	struct sk_buf tale;		/* what --explain has to tell */
	bool closing;			/* no output any more */
	struct sk_wait_list *waits;	/* by rule index */
	size_t wait_cnt;
	struct sk_allow *allow;
	struct sk_summary *summary;
	struct sk_arena scratch;
	struct sk_campaign_counters counters;
	uint64_t seq;
	uint64_t clock_ns;		/* latest time seen */
};

/* Allow-list. */
int sk_allow_new(struct sk_allow **out, const struct sk_campaign_conf *conf);
void sk_allow_free(struct sk_allow *l);
/* True when an entry in force covers the alert; counts on it. */
bool sk_allow_covers(struct sk_allow *l, const struct sk_alert *a, struct sk_arena *scratch);

/* The key of an alert under up to four fields; false where one is missing (unless empty values will do). Text and bytes are one
 * sort of value. */
bool sk_campaign_key(struct sk_campaign *c, const struct sk_alert *a, const char *const by[4], bool empty_ok, uint8_t *key,
	size_t *n);

/* True when neither the rule's limit nor a storm limit holds the alert back; sets a->suppressed. */
bool sk_limit_passes(struct sk_campaign *c, struct sk_rule_state *s, struct sk_alert *a);

/* An alert as a step of a rule, under one of its keys. */
struct sk_arrival {
	const struct sk_rule *rule;
	struct sk_alert *alert;
	struct sk_key *key;
	const char *const *by;		/* fields of the alert that make the key */
	uint64_t steps;			/* SEQUENCE, ABSENT: the steps it may be, bit by step */
};

/* A condition that came true: the members of the alert to make. */
struct sk_fire {
	struct sk_alert **members;	/* borrowed from the state until it is touched again */
	size_t cnt;
	struct sk_alert_sum sum;
};

/* The state of a rule under a key: one of these, zeroed at first. */
struct sk_link;
struct sk_sequence {
	struct sk_link **best;		/* ordered: steps x steps chains by last step and length */
	struct sk_alert **first;	/* not ordered: by step, the first within the window … */
	struct sk_alert **latest;	/* … and the latest, where that is another one */
	struct sk_alert **members;	/* room for one per step */
	uint32_t *places;		/* their steps */
	uint64_t fired_start_ns;	/* start of the chain last told */
	size_t fired_cnt;		/* its steps, 0 for none */
	char case_id[33];		/* of the chain last told */
	uint64_t tells;			/* alerts of the case that left */
	struct sk_alert *pending;	/* waits for the end of the case; see hold */
	uint64_t now;			/* for --explain: the steps that the latest alert continued, itself included, bit by step … */
	uint64_t best_steps;		/* … the most there ever were … */
	struct sk_alert *best_alert;	/* … the alert that ended them, held … */
	const char *const *best_by;	/* … and its fields of the key */
	bool has_told;			/* it has matched */
};

struct sk_tally_slot {
	uint64_t time_ns;		/* of the latest in the slot */
	uint64_t value;			/* how many */
};

struct sk_tally {			/* COUNT and DISTINCT */
	struct sk_tally_slot *slots;	/* COUNT */
	size_t slot_first, slot_cnt, slot_room;
	uint64_t total;			/* sum over slots */
	struct sk_values values;	/* DISTINCT, each with the latest alert that has it, held */
	struct sk_alert **members;	/* COUNT: the latest, held; DISTINCT: room to collect them from the values */
	size_t member_cnt, member_room;
	uint64_t fired_ns;
	bool fired;
};

union sk_open {
	struct sk_sequence sequence;
	struct sk_tally tally;
	struct sk_wait wait;
};

/* An alert that is a step of r arrives. True when the condition came true, with *fire set. */
bool sk_sequence_step(struct sk_campaign *c, const struct sk_arrival *v, struct sk_fire *fire);
bool sk_tally_step(struct sk_campaign *c, const struct sk_rule *r, struct sk_key *k, struct sk_alert *a, struct sk_fire *fire);
void sk_sequence_fini(struct sk_campaign *c, const struct sk_rule *r, struct sk_key *k);
void sk_tally_fini(struct sk_campaign *c, struct sk_key *k);

/* A wait begins, ends, or is over. */
void sk_absent_step(struct sk_campaign *c, const struct sk_arrival *v);
void sk_absent_fini(struct sk_campaign *c, struct sk_key *k);
/* The earliest wait that ended before now, or NULL. */
struct sk_wait *sk_absent_over(struct sk_campaign *c, uint64_t now_ns);

/* For qsort of pointers to alerts: by time, then by order. */
int sk_campaign_by_time(const void *a, const void *b);

/* Time between two moments, whichever is first: captures read one after the other need not be in order of time. */
static inline uint64_t sk_campaign_apart(uint64_t a, uint64_t b) { return a > b ? a - b : b - a; }

/* What unless looks up: an alert of a rule that feeds one arrives; whether the i-th of r's steps is forbidden to a. */
uint64_t sk_seen_bytes(const struct sk_campaign_conf *conf);
int sk_seen_init(struct sk_campaign *c);
void sk_seen_fini(struct sk_campaign *c);
size_t sk_seen_held(const struct sk_seen *s);
void sk_seen_put(struct sk_campaign *c, uint64_t hash, uint64_t when_ns);
void sk_seen_add(struct sk_campaign *c, const struct sk_rule_state *s, const struct sk_alert *a);
bool sk_seen_forbids(struct sk_campaign *c, const struct sk_rule *r, size_t i, const struct sk_alert *a);

/* Lets an alert go that waited for its case to end. */
void sk_campaign_settle(struct sk_campaign *c, struct sk_key *k);

/* --explain: what became of an alert as a step, and what is open at the end. */
void sk_explain_arrival(struct sk_campaign *c, const struct sk_arrival *v, bool came_true);
void sk_explain_left_out(struct sk_campaign *c, const struct sk_rule *r, const struct sk_alert *a, const char *why);
void sk_explain_held(struct sk_campaign *c, const struct sk_alert *a, const char *why);
void sk_explain_open(struct sk_campaign *c);

/* Keeps and forgets an alert, accounted to the key. */
struct sk_alert *sk_campaign_hold(struct sk_campaign *c, struct sk_key *k, struct sk_alert *a);
void sk_campaign_release(struct sk_campaign *c, struct sk_key *k, struct sk_alert *a);

/* Summary. */
struct sk_summary *sk_summary_new(void);
void sk_summary_free(struct sk_summary *s);
void sk_summary_add(struct sk_summary *s, const struct sk_alert *a);
/* Entries that held something back, for the summary. */
void sk_allow_print(const struct sk_allow *l, void *out);

#endif
