/* rules/rules.h — campaign files to an immutable set of rules, and the matcher that runs them over events.
 *
 * in       YAML through conf/, kinds and fields through event/
 * out      struct sk_rule for alert/, campaign/ and main/; struct sk_match for detect/
 * memory   the set is one block of immutable memory shared by workers; a matcher holds a worker's scratch
 * threads  set read-only after load; one matcher per worker
 * source   doc/rules.md is the language
 * limits   conditions over several events are carried here but evaluated in campaign/
 */
#ifndef SK_RULES_RULES_H
#define SK_RULES_RULES_H

#include <sekisho/alert.h>

#include "base/counter.h"
#include "base/hash.h"
#include "conf/conf.h"
#include "event/event.h"

/* What a campaign file says about its campaign. */
struct sk_campaign_info {
	const char *id, *name, *summary, *file;
	const char *const *actors;		/* NULL-ended, as the other lists */
	const char *const *references;
	const char *const *next_steps;		/* what an analyst does now */
};

enum sk_rule_type { SK_RULE_EVENT, SK_RULE_SEQUENCE, SK_RULE_COUNT, SK_RULE_DISTINCT, SK_RULE_ABSENT };

struct sk_rule;

#define SK_RULES_STEPS_MAX 32u		/* steps of a SEQUENCE */

/* Something that must not have been seen before: alerts of these rules whose fields have the values of the alert at hand. */
struct sk_unless {
	const struct sk_rule *const *rules;
	size_t rule_cnt;
	const char *seen[4];			/* fields of theirs, NULL-ended … */
	const char *here[4];			/* … and of the alert at hand */
	uint64_t within_ns;			/* how long before, packet time */
	struct sk_seed seed;			/* of the hashes it remembers values by */
};

#define SK_RULES_FEEDS_MAX 8u

/* Which fields of a mark's event some unless remembers. */
struct sk_feed {
	const struct sk_unless *unless;
	size_t cnt;
	uint8_t slot[4];			/* of the event's own fields, or of the common ones */
	bool common[4];
};

/* How alerts of one of the rules count. */
struct sk_join {
	uint32_t step;				/* which step they are; several rules may be one */
	const char *name;			/* of the step, for people, or NULL */
	const char *by[4];			/* fields whose values must be those of the other steps, NULL-ended */
	const struct sk_unless *unless;		/* or NULL */
};

/* A condition over several alerts and marks: evaluated by campaign/. */
struct sk_correlation {
	const char *by[4];			/* common field or evidence-carried field names, NULL-ended; also what the key is called */
	uint64_t within_ns;			/* packet time */
	const struct sk_rule *const *steps;	/* SEQUENCE: in order; COUNT, DISTINCT: any of; ABSENT: [0] seen, then not [1] */
	size_t step_cnt;
	const struct sk_join *joins;		/* beside steps; NULL: each is a step of its own and joined by what by says */
	size_t place_cnt;			/* steps that joins number; 0: step_cnt */
	uint64_t threshold;			/* COUNT, DISTINCT: this many; SEQUENCE: at least this many steps (0: all) */
	const char *distinct;			/* DISTINCT: field whose different values count */
	bool ordered;				/* SEQUENCE: steps in time order (preset) */
};

/* How many steps there are, which one steps[i] is, and what joins it. */
static inline size_t sk_step_cnt(const struct sk_correlation *c) { return c->place_cnt ? c->place_cnt : c->step_cnt; }
static inline size_t sk_step_place(const struct sk_correlation *c, size_t i) { return c->joins ? c->joins[i].step : i; }
static inline const char *const *sk_step_by(const struct sk_correlation *c, size_t i) { return c->joins ? c->joins[i].by : c->by; }
/* SEQUENCE: is told before all of its steps are there, and again when more are. */
static inline bool sk_step_grows(const struct sk_correlation *c) { return c->threshold && c->threshold < sk_step_cnt(c); }

struct sk_rule_limit {				/* at most count alerts per key within a time; 0 count: no limit */
	uint64_t count, within_ns;
	const char *by[4];
};

struct sk_rule_test {
	const char *pcap;			/* below pcaps/ */
	int64_t alerts;				/* exact number, or -1 for at least one */
	int line;
};

struct sk_rule {
	const char *id, *title;
	const char *reason;			/* sentence template with {field} parts, or NULL for the title */
	uint32_t index;				/* 0 … count-1, order of load */
	uint32_t sid, rev;
	uint32_t severity;			/* SK_SEVERITY_* */
	uint32_t confidence;			/* 0 to 100 */
	const char *const *attack;		/* MITRE technique ids */
	const char *const *references;
	const char *stage;			/* free word: delivery, exploit, c2 … or NULL */
	bool mark;				/* raises no alert, counts as a step */
	bool mask;				/* its evidence shows long words by their ends and a digest */
	bool bare;				/* a mark of which only keys are asked: what some unless looks up, and nobody else */
	uint32_t bare_fields;			/* bits of the event's own fields those keys are */
	const struct sk_feed *feeds;		/* of a bare mark: all there is to tell; NULL: an alert with those fields has to */
	size_t feed_cnt;
	enum sk_rule_type type;
	unsigned kind;				/* EVENT */
	const struct sk_campaign_info *campaign;
	const struct sk_correlation *correlation;	/* other types */
	struct sk_rule_limit limit;
	const struct sk_rule_test *tests;
	size_t test_cnt;
	const char *file;
	int line;
};

struct sk_ruleset;

/* Called for every mistake found, file by file in the order of lines. */
typedef void sk_rules_error_fn(void *cx, const struct sk_error *e);

struct sk_rules_source {
	const char *const *paths;		/* files or folders (their *.yaml, sorted), NULL-ended */
	const struct sk_registry *registry;	/* kinds known, plugins' included */
	const char *const *disabled;		/* campaign or rule ids not to load, NULL-ended, may be NULL */
	uint64_t now_ns;			/* wall clock: indicators expired by then are left out of live runs; 0 keeps all */
	const char *cache_dir;			/* compiled patterns are looked up and kept there; NULL or empty: nowhere */
	bool late;				/* patterns are compiled when they are first searched for; checked as far as that goes */
	sk_rules_error_fn *on_error;
	void *cx;
};

/* 0, or SK_E_CONFIG after on_error was called at least once. */
int sk_rules_load(struct sk_ruleset **out, const struct sk_rules_source *src);
void sk_rules_free(struct sk_ruleset *s);

size_t sk_rules_count(const struct sk_ruleset *s);
const struct sk_rule *sk_rules_at(const struct sk_ruleset *s, size_t i);
const struct sk_rule *sk_rules_find(const struct sk_ruleset *s, const char *id);
size_t sk_rules_campaign_count(const struct sk_ruleset *s);
size_t sk_rules_indicator_count(const struct sk_ruleset *s);
/* Rules left out because a plugin is switched off: those over its events, and those over several alerts that cannot do without
 * them. */
struct sk_rules_blind {
	const char *plugin;
	size_t rule_cnt;
	const char *ids;			/* "a, b" */
};
size_t sk_rules_blind_count(const struct sk_ruleset *s);
const struct sk_rules_blind *sk_rules_blind_at(const struct sk_ruleset *s, size_t i);	/* NULL behind the last */
/* Expired indicators, those left out (live). */
size_t sk_rules_expired_count(const struct sk_ruleset *s);
/* Adds what the rules look at. */
void sk_rules_wanted(const struct sk_ruleset *s, struct sk_wanted *w);

#define SK_RULES_COUNTERS(X) \
	X(events, "events", "events looked at by rules") \
	X(scans, "scans", "fields searched for patterns") \
	X(candidates, "rules", "rules tried because their rarest pattern was there") \
	X(matches, "matches", "rules that matched") \
	X(refused, "units", "values not searched because memory was short") \
	X(unplaced, "matches", "matches told without their place because memory was short") \
	X(left_out, "rules", "rules left out because a plugin is switched off") \
	X(broken, "values", "values not searched because their patterns cannot be compiled (sekisho -T tells why)")
SK_COUNTER_STRUCT(rules, SK_RULES_COUNTERS)

struct sk_matcher;

/* Numbers of packets, ascending. */
struct sk_match_packets {
	const uint64_t *at;
	uint32_t cnt;
};

/* A rule matched an event. Evidence is borrowed until the callback returns. */
struct sk_match {
	const struct sk_rule *rule;
	const struct sk_event *event;
	const struct sk_evidence *evidence;
	size_t evidence_cnt;
	const struct sk_match_packets *packets;	/* per evidence: what brought it; NULL: those of the event did */
	const uint8_t *open;			/* of a rule with mask, per evidence: SK_OPEN_*; NULL for none */
};
/* The bytes may begin or end within a word. */
enum { SK_OPEN_BEGIN = 1, SK_OPEN_END = 2 };
typedef void sk_match_fn(void *cx, const struct sk_match *m);

struct sk_matcher *sk_matcher_new(const struct sk_ruleset *s, struct sk_error *e);
void sk_matcher_free(struct sk_matcher *m);

/* Runs the rules of the event's kind. Streamed kinds: state of the unit hangs in *unit (NULL at offset 0) and is freed with
 * last = 1; a rule matches a unit at most once. A unit begun under an older rule set is freed and not searched any more; one
 * without state (memory was short at offset 0) is not searched. Without unit the event is a unit of its own. Matches come in
 * the order of the rules; on_match must not call the matcher. */
void sk_matcher_event(struct sk_matcher *m, const struct sk_event *e, void **unit, sk_match_fn *on_match, void *cx);

/* A piece of a streamed value. */
struct sk_piece {
	struct sk_span bytes;
	uint64_t offset;
	uint64_t packet;		/* that brought the end of it */
	bool last;
};

/* True: an event with that piece would find nothing; it has been taken and counted as if it had come. False: the event has to come. */
bool sk_matcher_passes(struct sk_matcher *m, unsigned kind, unsigned dir, const struct sk_piece *p, void **unit);

/* False: no event of that kind of the flow can match, whatever its own fields say. */
bool sk_matcher_may(const struct sk_matcher *m, const struct sk_flow_info *f, unsigned kind);
/* False: no oddity of that kind (*.oddity) and name can match. */
bool sk_matcher_may_name(const struct sk_matcher *m, unsigned kind, const char *name);
/* Frees the state of a unit that gets no last piece, of whatever rule set. */
void sk_matcher_drop(void **unit);
const struct sk_rules_counters *sk_matcher_counters(const struct sk_matcher *m);

/* From now on, for every event of its kind the matcher writes how far a rule got, condition by condition, as text to stdio file
 * out; of a streamed value when its last piece is there. brief: only where some condition held. At most SK_RULES_EXPLAIN_MAX
 * rules over events; the list and the rules are kept by pointer. */
#define SK_RULES_EXPLAIN_MAX 64u
struct sk_rules_explain {
	const struct sk_rule *rule;
	bool brief;
};
void sk_matcher_explain(struct sk_matcher *m, const struct sk_rules_explain *rules, size_t cnt, void *out);
/* The rule's conditions as text, for `sekisho rules show`. */
void sk_rules_print(const struct sk_ruleset *s, const struct sk_rule *r, void *out);

#endif
