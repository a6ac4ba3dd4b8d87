/* alert/alert.h — the alert record: what matched, where, in which bytes; and its EVE JSON.
 *
 * in       a match or a plugin's finding, on a worker
 * out      a self-contained record for campaign/; JSON for the sinks
 * memory   one malloc block per alert, freed by the last owner; values are cut at SK_ALERT_VALUE_MAX with truncated set
 * threads  made on a worker, handed over whole, read by one thread at a time
 * source   EVE JSON as read by Wazuh, Elastic, Security Onion, Splunk, EveBox; doc/alert.schema.json
 */
#ifndef SK_ALERT_ALERT_H
#define SK_ALERT_ALERT_H

#include "base/buf.h"
#include "rules/rules.h"

#define SK_ALERT_VALUE_MAX 512u		/* bytes of one evidence value */
#define SK_ALERT_CONTEXT_MAX 1024u	/* bytes of one field of the protocol object */
#define SK_ALERT_LIST_MAX 32u		/* items kept of a list */
#define SK_ALERT_PAIRS_MAX 64u		/* names and values kept of pairs */
#define SK_ALERT_PACKETS_MAX 64u	/* packet numbers kept of an event */
#define SK_ALERT_REASON_MAX 2048u	/* bytes of the sentence */
#define SK_ALERT_REASON_FIELD_MAX 200u	/* bytes of one field in it, before escapes */
#define SK_ALERT_DEPTH_MAX 8u		/* correlated alerts made of correlated alerts */

/* Total order of alerts, the same for every number of workers. */
struct sk_alert_order {
	uint64_t packet;		/* capture order of the packet at hand; UINT64_MAX at the end of the input */
	uint64_t flow;			/* serial of the flow */
	uint64_t seq;			/* within packet and flow */
};

struct sk_alert_evidence {
	const char *field, *note;
	struct sk_span value;
	uint64_t offset;
	uint32_t length;		/* of what matched; 0 for all of value */
	uint32_t start;			/* of what matched, in value */
	bool truncated;
	const uint64_t *packets;
	uint32_t packet_cnt;
};

/* One named value of the event or its ancestors, copied for the protocol object and for correlation keys: all that were made
 * but streamed ones. */
struct sk_alert_context {
	const char *field;		/* full name, "http.request.method" */
	const char *name;		/* its part behind the kind, "method" */
	bool hidden;			/* carried for correlation, not shown */
	struct sk_value value;
};

struct sk_alert {
	struct sk_alert_order order;
	const struct sk_rule *rule;	/* of a live ruleset */
	uint64_t time_ns;
	uint64_t packet;		/* number in its file */
	const char *file;		/* capture file, kept by the run; NULL live */
	const char *iface;		/* interface, kept by the run; NULL offline */
	struct sk_flow_info flow;
	char community_id[48];
	unsigned kind;
	uint8_t dir;
	const char *reason;		/* the sentence: one line, printable UTF-8 */
	uint32_t confidence;
	struct sk_alert_evidence *evidence;
	size_t evidence_cnt;
	struct sk_alert_context *context;
	size_t context_cnt;
	struct sk_alert **members;	/* correlated: what it is made of, owned, in order */
	size_t member_cnt;
	struct sk_alert_context *key;	/* correlated: the values its members share, under the names the rule gives them */
	size_t key_cnt;
	uint64_t steps;			/* SEQUENCE: steps that were seen, bit by step */
	char case_id[33];		/* SEQUENCE that may grow: the same for all alerts that tell how far it has come; else empty */
	uint64_t update;		/* of the case, 0 for its first alert */
	uint64_t suppressed;		/* alerts of this rule and key held back before this one */
	const char *kind_name;		/* of the event, or NULL; kept by who knows the kinds */
	uint64_t place;			/* order.seq as it was when the alert was made: of a worker's numbers the one its id is made of */
	char made_id[33];		/* sk_alert_id's; empty before */
	uint64_t seq;			/* place in the output, from 1; set by campaign/ */
	size_t size;			/* bytes of this block */
	bool cut;			/* its sentence or its values lack something because memory was short */
	unsigned depth;			/* 0 for an alert of an event, else one more than its deepest member */
	_Atomic uint32_t refs;
};

/* Copies everything. NULL when memory is short. file and iface are the caller's to set.
 *
 * The reason is the rule's template, or its title. {name} stands for a common field, a field of the event or of one of its
 * ancestors, by full name (http.request.path), by name as rules use it (request.path, header[host]) or alone (path), for the
 * field of a piece of evidence, or, as {match}, for the first matched bytes. {{ and }} are braces. Correlated alerts know the
 * fields of their latest member, {key} (the shared values), {count} (alerts or values) and {steps} ("2 of 3"). */
struct sk_alert *sk_alert_new(const struct sk_match *m, const struct sk_registry *reg, const struct sk_alert_order *order);
/* The same, of a mark that is only looked up (sk_rule.bare): flow, time, order and the fields it is looked up by, no sentence, no
 * evidence, no id. */
struct sk_alert *sk_alert_new_bare(const struct sk_match *m, const struct sk_registry *reg, const struct sk_alert_order *order);
/* What campaign/ knows of a correlated alert beyond its members. */
struct sk_alert_sum {
	uint64_t count;			/* COUNT: alerts; DISTINCT: values; may be more than the members kept */
	uint64_t time_ns;		/* when the condition came true; ABSENT: end of the wait */
	const uint32_t *places;		/* SEQUENCE: the step of each member */
	const char *const *by;		/* fields of the last member that hold the shared values; NULL: those the rule names */
	const char *case_id;		/* or NULL */
	uint64_t update;
};
/* A correlated alert over members in time order, at least one (takes a reference on each). Flow, packet and order are those
 * of the last member. Confidence goes down with the steps a SEQUENCE has not seen before the furthest it has: those after it may
 * still come. NULL when memory is short. */
struct sk_alert *sk_alert_new_correlated(const struct sk_rule *r, struct sk_alert *const *members, size_t cnt, const struct sk_alert_sum *sum);
/* What the alerts of a sequence that grows have in common: made from its rule and its first member. id: 33 bytes. */
void sk_alert_case_id(const struct sk_rule *r, const struct sk_alert *first, char *id);
/* 128 bits in hex: the same for every replay of the same capture, and of a copy of it. Made when it is first asked for: most alerts of a
 * storm are held back and marks are never told. Empty for a bare one. */
const char *sk_alert_id(const struct sk_alert *a);
struct sk_alert *sk_alert_get(struct sk_alert *a);
void sk_alert_put(struct sk_alert *a);

/* Adds the fields alerts show of the wanted kinds and of their ancestors, but digests of files: those are made when asked for. */
void sk_alert_wanted(const struct sk_registry *reg, struct sk_wanted *w);

/* The alert of an event that a correlated alert ends in; a itself otherwise. */
const struct sk_alert *sk_alert_trigger(const struct sk_alert *a);

/* Value of a common field or of a context field by full or short name, or of a piece of evidence by its field; of a correlated
 * alert, that of its latest member which has one. Type NONE where absent. Borrowed from a and scratch. */
struct sk_value sk_alert_value(const struct sk_alert *a, const char *field, struct sk_arena *scratch);

/* One line of EVE JSON, without newline, appended. 0 or SK_E_MEMORY. sensor: name of this sensor. */
int sk_alert_json(const struct sk_alert *a, const char *sensor, struct sk_buf *out);

/* Bytes as printable UTF-8: what is not a printable character becomes \xNN, also controls, marks that turn the writing
 * direction, and malformed UTF-8. Line ends too: the result is one line. 0 or a code of sk_buf_add. */
int sk_alert_printable(struct sk_buf *out, struct sk_span s);

const char *sk_severity_word(unsigned severity);	/* "critical" */
unsigned sk_severity_eve(unsigned severity);		/* critical and high 1, medium 2, low 3, info 4 */

#endif
