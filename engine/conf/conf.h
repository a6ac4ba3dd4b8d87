/* conf/conf.h — YAML file to an immutable tree whose every node knows its file, line and column.
 *
 * in       a file, a string, or --set key=value
 * out      struct sk_conf_node, to rules/, pipeline/ and main/
 * memory   the tree owns its text; freed as a whole
 * threads  read-only after load
 * source   YAML 1.1 through libyaml's document API
 * limits   duplicate keys, aliases, anchors, tags other than the core ones and depth over 32 are errors, each with its place
 */
#ifndef SK_CONF_CONF_H
#define SK_CONF_CONF_H

#include <sekisho/span.h>

#include "base/err.h"

enum sk_conf_type { SK_CONF_SCALAR, SK_CONF_SEQUENCE, SK_CONF_MAPPING };

struct sk_conf_tree;

struct sk_conf_node {
	enum sk_conf_type type;
	int line, column;			/* from 1 */
	bool quoted;				/* scalar was written with quotes */
	struct sk_span text;			/* scalar; NUL-terminated behind the end */
	const char *key;			/* name under which a mapping holds this node, else NULL */
	int key_line, key_column;
	const struct sk_conf_node *child;	/* first item of a sequence or mapping */
	const struct sk_conf_node *next;	/* next sibling */
	const struct sk_conf_tree *tree;
};

/* Errors go to error (the first) and are the return value's; an empty document is an empty mapping. */
int sk_conf_load_file(struct sk_conf_tree **out, const char *path, struct sk_error *error);
int sk_conf_load_text(struct sk_conf_tree **out, const char *name, struct sk_span text, struct sk_error *error);
void sk_conf_free(struct sk_conf_tree *t);

const struct sk_conf_node *sk_conf_root(const struct sk_conf_tree *t);
const char *sk_conf_file(const struct sk_conf_tree *t);

/* The item of a mapping, or NULL. */
const struct sk_conf_node *sk_conf_get(const struct sk_conf_node *mapping, const char *key);

/* An error at the node's place. Returns SK_E_CONFIG. */
int sk_conf_error(const struct sk_conf_node *n, struct sk_error *e, const char *fmt, ...) SK_PRINTF(3, 4);

/* Typed leaves; each says what was expected: "expected a number from 1 to 64, found 'many'". */
int sk_conf_bool(const struct sk_conf_node *n, bool *out, struct sk_error *e);
int sk_conf_int(const struct sk_conf_node *n, uint64_t min, uint64_t max, uint64_t *out, struct sk_error *e);
int sk_conf_bytes(const struct sk_conf_node *n, uint64_t min, uint64_t max, uint64_t *out, struct sk_error *e);
int sk_conf_duration(const struct sk_conf_node *n, uint64_t *out_ns, struct sk_error *e);
int sk_conf_text(const struct sk_conf_node *n, struct sk_span *out, struct sk_error *e);
/* One of a NULL-ended list of words; *out is its index. */
int sk_conf_word(const struct sk_conf_node *n, const char *const *words, unsigned *out, struct sk_error *e);

/* The nearest of a NULL-ended list of names by edit distance, or NULL when none is near: for "did you mean". */
const char *sk_conf_nearest(const char *name, const char *const *names);

#endif
