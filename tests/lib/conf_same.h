/* tests/lib/conf_same.h — are two trees of conf/ the same, places included? */
#ifndef SK_TESTS_CONF_SAME_H
#define SK_TESTS_CONF_SAME_H

#include <string.h>

#include "conf/conf.h"

static inline bool conf_same(const struct sk_conf_node *a, const struct sk_conf_node *b)
{
	for (; a && b; a = a->next, b = b->next) {
		if (a->type != b->type || a->line != b->line || a->column != b->column || a->quoted != b->quoted || !a->key != !b->key)
			return false;
		if (a->key && (strcmp(a->key, b->key) != 0 || a->key_line != b->key_line || a->key_column != b->key_column))
			return false;
		if (a->text.n != b->text.n || (a->text.n && memcmp(a->text.p, b->text.p, a->text.n) != 0))
			return false;
		if (!conf_same(a->child, b->child))
			return false;
	}
	return !a && !b;
}

#endif
