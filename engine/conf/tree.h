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

#endif
