/* rules/load.h — inside of rules/: one load under way, from files to a compiled set. */
#ifndef SK_RULES_LOAD_H
#define SK_RULES_LOAD_H

#include "rules/ruleset.h"

#define SK_LOAD_BUCKETS 32768u

struct sk_load_set {			/* an indicator set of the file at hand */
	const char *name;
	uint32_t set;
};

struct sk_load_told {			/* a mistake, kept until all are known */
	struct sk_error e;
	size_t file, seq;		/* order of files' first mistakes; of telling */
};

struct sk_load {
	struct sk_ruleset *set;
	const struct sk_rules_source *src;
	int errors;
	struct sk_load_told *told;
	size_t told_cnt, told_room;
	bool out_of_memory;
	struct sk_conf_tree **trees;	/* kept until everything is resolved */
	size_t tree_cnt, tree_room;

	const char *file;		/* at hand */
	const struct sk_campaign_info *campaign;
	bool disabled;			/* the campaign is not to be loaded */
	struct sk_load_set *sets;
	size_t set_cnt, set_room;

	size_t rule_room, campaign_room, view_room, atom_room;
	uint32_t *atom_buckets;		/* atom + 1 */
	struct sk_crule **id_buckets;
};

/* What a name in a rule stands for. */
struct sk_field_ref {
	uint16_t up;			/* kind, or SK_KIND_NONE for a common field */
	uint8_t slot;
	const struct sk_field_def *def;
	const char *pair;		/* PAIRS: the name in brackets, lower case; else NULL */
};

/* load.c */
void sk_load_error(struct sk_load *l, const struct sk_conf_node *n, const char *fmt, ...) SK_PRINTF(3, 4);
void sk_load_error_key(struct sk_load *l, const struct sk_conf_node *n, const char *fmt, ...) SK_PRINTF(3, 4);
void sk_load_tell(struct sk_load *l, const struct sk_error *e);
int sk_load_no_memory(struct sk_load *l);
void *sk_load_alloc(struct sk_load *l, size_t n);	/* zeroed, of the set's arena */
char *sk_load_copy(struct sk_load *l, struct sk_span s);
/* False where n is no mapping. Complains about every key that is not in names. */
bool sk_load_mapping(struct sk_load *l, const struct sk_conf_node *n, const char *what, const char *const *names);
/* A text that is not empty; NULL and an error otherwise; NULL for no node. */
const char *sk_load_text(struct sk_load *l, const struct sk_conf_node *n);
/* A text or a list of texts, NULL-ended; never NULL itself unless memory is short. */
const char *const *sk_load_texts(struct sk_load *l, const struct sk_conf_node *n);
bool sk_load_is_id(struct sk_span s);
/* ", did you mean 'x'?" or nothing, into buf. */
const char *sk_load_hint(const char *name, const char *const *names, char *buf, size_t size);

/* indicator.c */
void sk_load_indicators(struct sk_load *l, const struct sk_conf_node *n);
/* 2026-12-31 or 2026-12-31T12:00:00Z, UTC. 0 or SK_E_FORMAT. */
int sk_load_date(struct sk_span text, uint64_t *ns);
/* One value into a set; *problem says what was expected. 0, SK_E_FORMAT, SK_E_MEMORY, SK_E_LIMIT. */
int sk_indicator_add(struct sk_sets *s, uint32_t set, uint32_t meta, struct sk_span value, const char **problem);

/* field.c. out->pair is borrowed until the next call on this thread. */
int sk_field_resolve(const struct sk_registry *r, unsigned kind, const char *name, struct sk_field_ref *out,
	struct sk_error *e);

/* rule.c */
void sk_load_rule(struct sk_load *l, const struct sk_conf_node *n);

/* correlate.c: what refers to other rules, after all files are read */
void sk_load_resolve(struct sk_load *l);

/* refer.c. Marks a field alerts must carry; false and an error where the name stands for nothing the kind's events have. */
bool sk_load_want_field(struct sk_load *l, unsigned kind, const char *name, struct sk_error *e);
/* The names of up to three fields, without a look at what they stand for. Returns how many. */
size_t sk_load_names(struct sk_load *l, const struct sk_conf_node *n, const char **by);
/* The i-th of a list, or what is no list itself. */
const struct sk_conf_node *sk_load_nth(const struct sk_conf_node *n, size_t i);
void sk_load_within(struct sk_load *l, const struct sk_conf_node *n, const char *what, uint64_t *ns);
void sk_load_limit(struct sk_load *l, struct sk_crule *r);
void sk_load_reason(struct sk_load *l, const struct sk_crule *r);
/* Numbers the rules, and sees that no two have one sid. */
void sk_load_sids(struct sk_load *l);

/* test.c: a condition on one field (the node's key); NULL after a mistake */
struct sk_cond *sk_load_test(struct sk_load *l, unsigned kind, const struct sk_conf_node *n);
struct sk_cond *sk_load_cond(struct sk_load *l, enum sk_cond_type type);

/* cond.c */
const struct sk_cond *sk_load_where(struct sk_load *l, unsigned kind, const struct sk_conf_node *n);

/* compile.c: drops what is off, makes tables, databases and gates */
void sk_load_compile(struct sk_load *l);

/* view.c. name: as the rule has it. */
uint32_t sk_load_view(struct sk_load *l, unsigned kind, const struct sk_field_ref *ref, const char *name,
	const struct sk_decode *decode,
	unsigned decode_cnt);
uint32_t sk_load_atom(struct sk_load *l, const struct sk_atom *like);
void sk_load_build_views(struct sk_load *l);

/* pattern.c */
void sk_load_build_databases(struct sk_load *l);
/* The pattern as the regex compiler wants it, NUL-terminated; NULL when memory is short. */
const char *sk_atom_expression(const struct sk_atom *a, struct sk_arena *scratch);
unsigned sk_atom_flags(const struct sk_atom *a);
/* About how many bytes a match has at least. */
unsigned sk_regex_width(const char *regex);

/* Of a value without regard to ASCII case, for the is table of a view. */
uint32_t sk_is_hash(struct sk_span s);

#define SK_LOAD_NONE UINT32_MAX

#endif
