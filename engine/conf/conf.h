/* conf/conf.h — YAML file to an immutable tree whose every node knows its file, line and column.
 *
 * in       a file, a string, or --set key=value
 * out      struct sk_conf_node, to rules/, pipeline/ and main/
 * memory   the tree owns its text; freed as a whole
 * threads  read-only after load
 * source   YAML 1.1 through libyaml's events
 * limits   duplicate keys, aliases, anchors, tags other than the core ones, tabs, bytes that are not UTF-8, more than one
 *          document, depth over 32 and files over 64 MiB are errors, each with its place; columns count characters
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
/* Every mistake is told. SK_E_CONFIG when there was one; *out is then what could be read all the same, for finding more
 * mistakes in it, or NULL. Of duplicate keys both are in the tree. */
typedef void sk_conf_error_fn(void *cx, const struct sk_error *e);
int sk_conf_load_file_all(struct sk_conf_tree **out, const char *path, sk_conf_error_fn *on_error, void *cx);
int sk_conf_load_text_all(struct sk_conf_tree **out, const char *name, struct sk_span text, sk_conf_error_fn *on_error,
	void *cx);
void sk_conf_free(struct sk_conf_tree *t);

const struct sk_conf_node *sk_conf_root(const struct sk_conf_tree *t);
const char *sk_conf_file(const struct sk_conf_tree *t);

/* The item of a mapping, or NULL. */
const struct sk_conf_node *sk_conf_get(const struct sk_conf_node *mapping, const char *key);

/* An error at the node's place. Returns SK_E_CONFIG. */
int sk_conf_error(const struct sk_conf_node *n, struct sk_error *e, const char *fmt, ...) SK_PRINTF(3, 4);

/* The same at the node's key, where it has one. */
int sk_conf_error_key(const struct sk_conf_node *n, struct sk_error *e, const char *fmt, ...) SK_PRINTF(3, 4);
/* What a node is, for "found …": 'its text', nothing, a list, a mapping. */
struct sk_conf_what {
	char text[80];
};
struct sk_conf_what sk_conf_what(const struct sk_conf_node *n);

/* A decimal number without leading zero, or hexadecimal with 0x. */
bool sk_conf_parse_number(struct sk_span text, uint64_t *out);

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
