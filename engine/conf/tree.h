/* conf/tree.h — inside of conf/: the tree, and how its nodes are named in messages. */
#ifndef SK_CONF_TREE_H
#define SK_CONF_TREE_H

#include "base/arena.h"
#include "conf/conf.h"

struct sk_conf_tree {
	struct sk_arena arena;
	const char *file;
	const struct sk_conf_node *root;
};

#define SK_CONF_DEPTH_MAX 32

/* conf.c. Length of the UTF-8 sequence at p, or 0: RFC 3629, no surrogates, nothing longer than needed. */
size_t sk_conf_utf8_len(const uint8_t *p, size_t n);
/* False when two of the cnt keys are the same, or memory is short. */
bool sk_conf_keys_differ(const struct sk_conf_node *mapping, size_t cnt);
/* As sk_conf_load_text_all, always through libyaml: for tests. */
int sk_conf_load_text_libyaml(struct sk_conf_tree **out, const char *name, struct sk_span text, sk_conf_error_fn *on_error, void *cx);

/* plain.c. Fills t->root; false: libyaml is to read it, nothing was told. The text is without a byte order mark. */
bool sk_conf_read_plain(struct sk_conf_tree *t, struct sk_span text);

#endif
