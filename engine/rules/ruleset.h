/* rules/ruleset.h — inside of rules/: what a loaded set of rules is made of.
 *
 * A rule's conditions are a tree of tests. A test looks at one *view*: a field of the event, of an ancestor or of the flow,
 * perhaps decoded. What a view is searched for are *atoms*: literals, regexes, whole values, numbers, indicator sets. All
 * literals and regexes of a view are found in one pass, whole values and indicators by one look-up each; a hit sets the atom,
 * and trees are evaluated over set atoms. Every rule hangs, where it can, on a *gate*: atoms of which at least one must be hit
 * before the rule can match, chosen rare; a rule is evaluated only then.
 */
#ifndef SK_RULES_RULESET_H
#define SK_RULES_RULESET_H

#include <pthread.h>

#include "base/arena.h"
#include "base/hash.h"
#include "rules/decode.h"
#include "rules/rules.h"
#include "rules/set.h"
#include "rules/literals.h"

#define SK_RULES_PATTERN_MAX 2048u	/* bytes of one pattern */
#define SK_RULES_PLAIN_MAX 8u		/* up to so many literals a view is searched without a database … */
#define SK_RULES_PLAIN_LENGTH 64u	/* … when none is longer */

enum sk_atom_type { SK_ATOM_CONTAINS, SK_ATOM_STARTS, SK_ATOM_ENDS, SK_ATOM_REGEX, SK_ATOM_IS, SK_ATOM_NUM, SK_ATOM_SET };

struct sk_atom {
	uint8_t type;
	bool nocase;
	bool used;			/* by a rule that is on */
	uint8_t dirs;			/* bit by direction: such a rule asks for events of it */
	uint32_t view;
	struct sk_span text;		/* bytes looked for; NUL-terminated for regexes */
	uint64_t num;			/* NUM */
	uint32_t set;			/* SET: sk_ruleset.sets */
	uint32_t bit;			/* among the streamed atoms of the kind */
	uint32_t regex;			/* among all regexes */
	uint32_t rarity;		/* higher is rarer */
	uint32_t width;			/* regex: about the least bytes it matches */
	uint32_t next;			/* same hash bucket while loading; same table slot chain after */
	const uint32_t *rules;		/* gated by this atom: indices into sk_ruleset.rules */
	uint32_t rule_cnt;
	const struct sk_conf_node *node;	/* while loading */
};

struct sk_sieve;

struct sk_view_set {			/* which atom a set is in a view */
	uint32_t set, atom;
	bool nocase;
};

struct sk_view_num {
	uint64_t num;
	uint32_t atom;
};

/* Of a view: its values are those of an event's own field, or an address of the flow, as they stand. */
enum { SK_DIRECT_NONE, SK_DIRECT_FIELD, SK_DIRECT_ADDR };

struct sk_view {
	uint32_t index;			/* in sk_ruleset.views */
	uint16_t kind;			/* of the rules that use it */
	uint16_t up;			/* kind the field is of; SK_KIND_NONE: common */
	uint8_t slot;
	uint8_t type;			/* SK_VALUE_* of the field */
	bool streamed;			/* the streamed field of the kind itself */
	bool varies;			/* in streamed kinds: may differ from piece to piece */
	bool at_last;			/* in streamed kinds: known with the last piece */
	bool gate;			/* an atom of it gates a rule … */
	bool searched;			/* … a pattern does: db is searched for every event, otherwise once a rule is to be evaluated */
	uint8_t direct;			/* SK_DIRECT_* */
	bool compared;			/* its values are compared as a whole, and searched for nothing else … */
	bool nets;			/* … or addresses among them are looked up, and nothing else is */
	uint8_t decode_cnt;
	const struct sk_decode *decode;
	const char *pair;		/* PAIRS: name wanted, "*" for any */
	const char *field;		/* full name, for evidence */
	const char *name;		/* as rules write it */
	const struct sk_field_def *def;

	uint8_t dirs;			/* bit by direction: the values db is for */
	uint32_t of, other;		/* the view whose atoms db holds, mostly itself; the one for the other direction, UINT32_MAX: none */
	struct hs_database *db;		/* literals and regexes; the id is the atom's index */
	struct sk_late *late;		/* or how db is made once it is needed; NULL where there is nothing to compile */
	const struct sk_sieve *sieve;	/* says of short values that no pattern of db is in them; NULL: nothing does */
	const struct sk_literals *few;	/* of a streamed field: what its patterns begin with, where they are few: what db need not see */
	uint32_t least;			/* bytes: in shorter values no pattern of db is found; 0 where that is not known */
	const uint32_t *plain;		/* or the atoms themselves where they are few literals */
	uint32_t plain_cnt;
	uint32_t *is_slots;		/* IS atoms by hash without case: atom + 1 */
	uint32_t is_mask;
	uint64_t is_lengths;		/* bit n % 64: there is one of n bytes */
	struct sk_view_num *nums;	/* sorted */
	uint32_t num_cnt;
	struct sk_view_set *sets;	/* sorted by set, nocase */
	uint32_t set_cnt;
	const uint64_t *net_first;	/* first 16 bits of the addresses in sets; NULL: none are */
	uint32_t tables;		/* bit by SK_TABLE_*: indicator tables to look in */
	uint32_t atom_cnt;		/* while loading */
	uint32_t spared;		/* while loading: gates of patterns that a cheaper one may stand in for */
};

/* A database that the first worker to need it compiles, for all. */
struct sk_late {
	pthread_mutex_t lock;		/* held by who compiles */
	struct hs_database *db;		/* under lock */
	bool broken;			/* under lock: does not compile; told */
};

enum sk_op_type {
	SK_OP_ATOMS,			/* any of the atoms; all of them with all set */
	SK_OP_GT, SK_OP_LT, SK_OP_GE, SK_OP_LE, SK_OP_BOOL,
	SK_OP_LEN_IS, SK_OP_LEN_GT, SK_OP_LEN_LT, SK_OP_LEN_GE, SK_OP_LEN_LE,
	SK_OP_EXISTS
};

struct sk_op {
	uint8_t type;
	bool all;
	const char *word;		/* as written */
	const char *const *shown;	/* values as written, NULL-ended */
	const uint32_t *atoms;
	uint32_t atom_cnt;
	uint64_t num;			/* EXISTS, BOOL: 0 or 1 */
};

struct sk_test {
	uint32_t view;
	const struct sk_op *ops;
	uint32_t op_cnt;
	bool nocase;
	const char *as;			/* how patterns are written, or NULL */
};

enum sk_cond_type { SK_COND_ALL, SK_COND_ANY, SK_COND_NOT, SK_COND_TEST };

struct sk_cond {
	enum sk_cond_type type;
	const struct sk_cond *child, *next;
	const struct sk_test *test;
};

struct sk_crule {
	struct sk_rule pub;
	const struct sk_cond *where;
	uint32_t local;			/* among the rules of its kind */
	bool varies;			/* must be looked at again with every piece */
	bool off;			/* not to be loaded; while loading */
	const char *blind;		/* while loading: the plugin that is off and would publish its events, or NULL */
	bool is_step;			/* while loading: of some other rule */
	uint8_t walk;			/* while loading: 1 being visited, 2 done */
	const struct sk_conf_node *node, *body;	/* while loading */
	struct sk_crule *next_id;	/* same hash bucket while loading */
};

/* A view searched for every event. */
struct sk_gate {
	uint32_t view;
	uint32_t least;			/* bytes: in shorter texts nothing of the view is hit; 0 where that is not known */
	uint8_t slot;			/* of the event's own, where values are searched as they stand; SK_GATE_OTHER: it must be asked */
	bool with_host;			/* only URLs are looked up, of a request's host and target */
};
#define SK_GATE_OTHER 0xff

struct sk_kind_rules {
	const uint32_t *always;		/* rules without a gate */
	uint32_t always_cnt;
	const struct sk_gate *gates;	/* searched for every event (streamed kinds: at offset 0); first own_cnt of the event's own fields */
	uint32_t gate_cnt, own_cnt;
	uint32_t own_slots;		/* all slots of these are below */
	uint32_t rule_cnt;
	uint32_t stream_view[2];	/* by direction; UINT32_MAX: none. Tables but db are those of the first */
	uint32_t stream_least[2];	/* bytes: in shorter whole values nothing of that view is hit; 0 where that is not known */
	uint32_t stream_atom_cnt;
	bool streamed;
	uint8_t slot_stream, slot_offset, slot_last;	/* 0xff: none */
};

struct sk_ruleset {
	struct sk_arena arena;
	struct sk_registry registry;
	const char *cache_dir;		/* of compiled patterns, or NULL */
	uint64_t serial;		/* unlike that of every other set of this process */
	struct sk_crule **rules;
	size_t rule_cnt;
	const struct sk_campaign_info **campaigns;
	size_t campaign_cnt;
	struct sk_view *views;
	uint32_t view_cnt;
	struct sk_atom *atoms;
	uint32_t atom_cnt;
	uint32_t regex_cnt;
	struct sk_rules_blind *blind;	/* by plugin that is off */
	size_t blind_cnt;
	struct sk_sets sets;
	struct sk_kind_rules kinds[SK_KIND_MAX];
	struct sk_wanted wanted;
	struct hs_scratch *scratch;	/* prototype for the matchers; NULL without databases */
};

/* The database of a view with late, compiled by the first call. NULL when memory is short, and when *broken: for ever. */
struct hs_database *sk_rules_late_database(const struct sk_ruleset *s, const struct sk_view *v, bool *broken);

/* Grows an array of size-byte items so that one more fits. NULL when memory is short; the old one stays. */
void *sk_rules_grow(void *p, size_t *room, size_t cnt, size_t size);

#endif
