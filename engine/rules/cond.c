/* rules/cond.c — the tree under where: all, any, not and the conditions in them. The language is in doc/rules.md. */
#include "rules/load.h"

static struct sk_cond *read_mapping(struct sk_load *l, unsigned kind, const struct sk_conf_node *n, enum sk_cond_type type);

/* A group of one is its item. */
static void collapse(struct sk_cond *c)
{
	while ((c->type == SK_COND_ALL || c->type == SK_COND_ANY) && c->child && !c->child->next)
		*c = *c->child;
}

static struct sk_cond *read_group(struct sk_load *l, unsigned kind, const struct sk_conf_node *n, enum sk_cond_type type)
{
	struct sk_cond *group = sk_load_cond(l, type);
	const struct sk_cond **tail = group ? &group->child : NULL;

	if (n->type == SK_CONF_SCALAR || !n->child) {
		sk_load_error(l, n, "%s: expected conditions, found %s", n->key ? n->key : "where",
			n->type == SK_CONF_SCALAR ? sk_conf_what(n).text : "none");
		return NULL;
	}
	if (n->type == SK_CONF_MAPPING)
		return read_mapping(l, kind, n, type);
	for (const struct sk_conf_node *c = n->child; c && tail; c = c->next) {
		struct sk_cond *item = NULL;

		if (c->type == SK_CONF_MAPPING)
			item = read_group(l, kind, c, SK_COND_ALL);
		else
			sk_load_error(l, c, "expected a condition (field: value), found %s", sk_conf_what(c).text);
		if (item) {
			collapse(item);
			*tail = item;
			tail = &item->next;
		}
	}
	return group;
}

/* Items of a mapping under one node of that type. */
static struct sk_cond *read_mapping(struct sk_load *l, unsigned kind, const struct sk_conf_node *n, enum sk_cond_type type)
{
	struct sk_cond *group = sk_load_cond(l, type);
	const struct sk_cond **tail = group ? &group->child : NULL;

	for (const struct sk_conf_node *c = n->child; c && tail; c = c->next) {
		struct sk_cond *item, *not;

		if (strcmp(c->key, "all") == 0) {
			item = read_group(l, kind, c, SK_COND_ALL);
		} else if (strcmp(c->key, "any") == 0) {
			item = read_group(l, kind, c, SK_COND_ANY);
		} else if (strcmp(c->key, "not") == 0) {
			/* a mapping is negated as a whole; of a list none may hold */
			item = read_group(l, kind, c, c->type == SK_CONF_SEQUENCE ? SK_COND_ANY : SK_COND_ALL);
			not = item ? sk_load_cond(l, SK_COND_NOT) : NULL;
			if (not) {
				collapse(item);
				not->child = item;
			}
			item = not;
		} else {
			item = sk_load_test(l, kind, c);
		}
		if (item) {
			collapse(item);
			*tail = item;
			tail = &item->next;
		}
	}
	return group;
}

const struct sk_cond *sk_load_where(struct sk_load *l, unsigned kind, const struct sk_conf_node *n)
{
	struct sk_cond *c;

	if (n->type == SK_CONF_SEQUENCE) {
		sk_load_error(l, n, "where: expected a mapping of conditions, found a list; a list goes under all:, any: or not:");
		return NULL;
	}
	c = read_group(l, kind, n, SK_COND_ALL);
	while (c && c->child && !c->child->next && (c->child->type == SK_COND_ALL || c->child->type == SK_COND_ANY))
		*c = *c->child;
	return c;
}
