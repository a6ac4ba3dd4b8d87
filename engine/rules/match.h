/* rules/match.h — inside of rules/: one worker's matcher and the state of streamed units. */
#ifndef SK_RULES_MATCH_H
#define SK_RULES_MATCH_H

#include <hs.h>

#include "rules/ruleset.h"

#define SK_MATCH_CONTEXT 32u		/* bytes shown before a match */
#define SK_MATCH_SHOWN 256u		/* bytes shown in all */
#define SK_MATCH_HEAD 80u		/* bytes shown of a streamed value that is explained */
#define SK_UNIT_KEPT 16u		/* hits of a unit of which bytes are kept */
#define SK_UNIT_TAIL 256u		/* bytes kept of what came before a piece */
#define SK_UNIT_AROUND 320u		/* bytes kept around a hit */
#define SK_UNIT_PIECES 16u		/* packets remembered of the latest pieces, and of a hit */
#define SK_UNIT_SPARE 32u		/* closed units kept for reuse */

enum sk_truth { SK_NO, SK_MAYBE, SK_YES };	/* MAYBE: hangs on pieces to come */

struct sk_atom_state {
	uint32_t epoch, probe;		/* hit in this event; hit in the item being probed */
	uint32_t elem;			/* first item that hit */
	uint64_t end, probe_end;	/* of the match in the item */
	const struct sk_set_entry *entry, *probe_entry;
};

struct sk_view_state {
	uint32_t epoch, scanned;
	uint32_t looked;		/* its tables only */
	uint32_t n;			/* values; 0: absent */
	const struct sk_value *v, *raw;	/* raw: before decoding */
	struct sk_value one;
};

/* A packet that brought bytes of the value. */
struct sk_unit_piece {
	uint64_t off, packet;		/* of the piece in the value */
};

struct sk_unit_hit {
	uint32_t atom;
	uint32_t piece_cnt;
	struct sk_unit_piece pieces[SK_UNIT_PIECES];	/* newest first */
	uint64_t end;			/* of the match in the whole value */
	uint64_t off;			/* of bytes in the whole value */
	uint32_t n;
	uint8_t bytes[SK_UNIT_AROUND];
};

struct sk_unit {
	struct sk_unit *next;		/* spare */
	uint64_t serial;		/* of the rule set it was made for */
	unsigned kind;
	uint32_t view;			/* whose database stream is of; UINT32_MAX: none */
	hs_stream_t *stream;		/* with few literals: once it is needed */
	uint64_t base;			/* bytes of the value that stream has not had */
	bool deaf;			/* memory was short for the stream */
	uint64_t len;			/* of the value so far */
	uint8_t *head;			/* its first SK_MATCH_HEAD bytes; with explanations only */
	uint64_t tail_end;		/* where in the value tail ends */
	uint32_t tail_n;
	uint32_t piece_cnt;		/* ever; the latest SK_UNIT_PIECES are in pieces, each at its number modulo that */
	struct sk_unit_piece pieces[SK_UNIT_PIECES];	/* before the one that is searched */
	bool fed;			/* the stream has had bytes */
	bool fresh;			/* something was hit since the rules were last tried */
	uint32_t *bits;			/* streamed atoms hit */
	uint32_t *seen;			/* rules that are or were pending */
	uint32_t *pending;
	size_t pending_cnt, pending_room;
	struct sk_unit_hit *hits;
	size_t hit_cnt, hit_room;
	uint8_t tail[SK_UNIT_TAIL];	/* the latest bytes of the pieces before the one that is searched */
};

struct sk_matcher {
	const struct sk_ruleset *s;
	hs_scratch_t *scratch;
	const hs_database_t **late;	/* by view: compiled late, and the scratch has room for it */
	struct sk_arena arena;		/* of the event */
	uint32_t epoch, probe;
	struct sk_view_state *views;
	struct sk_atom_state *atoms;
	uint32_t *rule_epoch;
	uint32_t *candidates;
	uint32_t candidate_cnt;
	hs_database_t **starts;		/* by regex: finds where a match began; made when first needed */
	bool *no_start;
	struct sk_unit *spare;
	unsigned spare_cnt;
	struct sk_rules_counters counters;

	/* at hand */
	const struct sk_event *event;
	struct sk_unit *unit;		/* NULL: not a streamed kind */
	bool last;
	bool probing;			/* one item of a list, for one test */
	const struct sk_view *view;
	uint32_t elem;
	struct sk_span item;
	struct sk_span piece;		/* of the streamed field */
	uint64_t piece_off;
	struct sk_evidence evidence[SK_EVIDENCE_MAX];
	struct sk_match_packets packets[SK_EVIDENCE_MAX];
	size_t evidence_cnt;
	bool mask;			/* of the rule at hand */
	uint8_t open[SK_EVIDENCE_MAX];	/* SK_OPEN_*, where mask */

	const struct sk_rules_explain *explain;
	size_t explain_cnt;
	void *explain_out;		/* stdio */
};

/* match.c: the view's database in *db, NULL where it has none. False, counted, where it has one that cannot be used. */
bool sk_match_database(struct sk_matcher *m, const struct sk_view *v, const hs_database_t **db);
/* Room for db in the scratch too. */
bool sk_match_grow_scratch(struct sk_matcher *m, const hs_database_t *db);

/* scan.c */
const struct sk_view_state *sk_match_values(struct sk_matcher *m, uint32_t view);
void sk_match_scan(struct sk_matcher *m, uint32_t view);
/* The same for a view that gates rules, without fetching what is searched as it stands. */
void sk_match_gate(struct sk_matcher *m, uint32_t view);
/* False: in an event of that flow no atom of the view is hit. */
bool sk_match_gate_may(const struct sk_matcher *m, uint32_t view, const struct sk_flow_info *f);
/* The same of an oddity of that name. */
bool sk_match_gate_may_name(const struct sk_matcher *m, uint32_t view, const char *name);
/* Searches one item for one test; atoms hit then have probe == m->probe. */
void sk_match_probe(struct sk_matcher *m, uint32_t view, uint32_t elem);
void sk_match_push(struct sk_matcher *m, uint32_t rule);

/* unit.c */
void sk_unit_feed(struct sk_matcher *m, struct sk_unit *u);
/* The piece goes into *unit, where that is all that comes of it; v: the unit's view, of few literals. */
bool sk_unit_passes(struct sk_matcher *m, const struct sk_view *v, const struct sk_piece *p, void **unit);
struct sk_unit *sk_unit_new(struct sk_matcher *m, unsigned kind, unsigned dir);
/* Finds matches that need the end, then leaves the unit ready for sk_unit_put. */
void sk_unit_end(struct sk_matcher *m, struct sk_unit *u);
void sk_unit_put(struct sk_matcher *m, struct sk_unit *u);
void sk_unit_free(struct sk_unit *u);
void sk_unit_push(struct sk_matcher *m, struct sk_unit *u, uint32_t rule);
static inline bool sk_unit_bit(const struct sk_unit *u, uint32_t bit) { return u->bits[bit / 32] >> (bit % 32) & 1; }

/* eval.c */
enum sk_truth sk_match_eval(struct sk_matcher *m, const struct sk_cond *c);
/* *elem: the item that made it true. */
enum sk_truth sk_match_test(struct sk_matcher *m, const struct sk_test *t, uint32_t *elem);
enum sk_truth sk_match_op(struct sk_matcher *m, const struct sk_test *t, const struct sk_op *op, uint32_t elem, bool probed);
/* More than one thing must hold of the same item of a list. */
bool sk_match_needs_probe(const struct sk_matcher *m, const struct sk_test *t);

/* evidence.c: fills m->evidence for a rule that matched. */
void sk_match_evidence(struct sk_matcher *m, const struct sk_cond *c);
/* The value as text for people, cut, with what is not printable escaped. */
const char *sk_match_show(struct sk_matcher *m, const struct sk_value *v, size_t max);

/* explain.c: the rules under explanation, on the event at hand, when it is whole. */
void sk_match_explain(struct sk_matcher *m);

/* match.c: readies the matcher for an event; the unit may be NULL. */
void sk_match_begin(struct sk_matcher *m, const struct sk_event *e);

#endif
