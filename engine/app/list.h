/* app/list.h — values for events: a growing list in event memory, and the scalar ones.
 *
 * memory   the arena's; a list that grows leaves its smaller self behind until the event is over
 * limits   when memory is short the list stays as it is and failed is set
 */
#ifndef SK_APP_LIST_H
#define SK_APP_LIST_H

#include <sekisho/event.h>

#include "base/arena.h"
#include "base/ascii.h"

struct sk_list {
	struct sk_value *v;
	size_t n, room;
	bool failed;
};

/* Place of one more, or NULL. */
static inline struct sk_value *sk_list_more(struct sk_list *l, struct sk_arena *a)
{
	if (l->n == l->room) {
		size_t room = l->room ? l->room * 2 : 4;
		struct sk_value *v = sk_arena_alloc(a, room * sizeof(*v));

		if (!v) {
			l->failed = true;
			return NULL;
		}
		if (l->n)
			memcpy(v, l->v, l->n * sizeof(*v));
		l->v = v;
		l->room = room;
	}
	return &l->v[l->n++];
}

static inline void sk_list_add(struct sk_list *l, struct sk_arena *a, struct sk_value value)
{
	struct sk_value *v = sk_list_more(l, a);

	if (v)
		*v = value;
}

static inline struct sk_value sk_value_none(void) { return (struct sk_value){ .type = SK_VALUE_NONE }; }
static inline struct sk_value sk_value_num(uint64_t n) { return (struct sk_value){ .type = SK_VALUE_INT, .u.num = n }; }
static inline struct sk_value sk_value_bool(bool b) { return (struct sk_value){ .type = SK_VALUE_BOOL, .u.num = b }; }
static inline struct sk_value sk_value_addr(const struct sk_addr *a) { return (struct sk_value){ .type = SK_VALUE_ADDR, .u.addr = *a }; }

/* Absent when p is NULL. */
static inline struct sk_value sk_value_text(struct sk_span s)
{
	return s.p ? (struct sk_value){ .type = SK_VALUE_TEXT, .u.bytes = s } : sk_value_none();
}

static inline struct sk_value sk_value_bytes(struct sk_span s)
{
	return s.p ? (struct sk_value){ .type = SK_VALUE_BYTES, .u.bytes = s } : sk_value_none();
}

/* The same into a place: of short events that come by the million, a value made elsewhere and copied is felt. */
static inline void sk_set_num(struct sk_value *v, uint64_t n)
{
	v->type = SK_VALUE_INT;
	v->u.num = n;
}

static inline void sk_set_bool(struct sk_value *v, bool b)
{
	v->type = SK_VALUE_BOOL;
	v->u.num = b;
}

static inline void sk_set_span(struct sk_value *v, uint32_t type, struct sk_span s)
{
	v->type = s.p ? type : SK_VALUE_NONE;
	v->u.bytes.p = s.p;
	v->u.bytes.n = s.n;
}

static inline void sk_list_add_span(struct sk_list *l, struct sk_arena *a, uint32_t type, struct sk_span s)
{
	struct sk_value *v = sk_list_more(l, a);

	if (v)
		sk_set_span(v, type, s);
}

/* Absent when empty. */
static inline void sk_set_list(struct sk_value *v, const struct sk_list *l)
{
	v->type = l->n ? SK_VALUE_LIST : SK_VALUE_NONE;
	v->u.list.v = l->v;
	v->u.list.n = l->n;
}

static inline struct sk_value sk_value_list(const struct sk_list *l)
{
	return l->n ? (struct sk_value){ .type = SK_VALUE_LIST, .u.list = { l->v, l->n } } : sk_value_none();
}

/* A copy with ASCII letters in lower case; p NULL when memory is short. */
static inline struct sk_span sk_list_lower(struct sk_arena *a, struct sk_span s)
{
	uint8_t *p = sk_arena_alloc(a, s.n ? s.n : 1);

	if (!p)
		return sk_span(NULL, 0);
	sk_ascii_lower_copy(p, s);
	return sk_span(p, s.n);
}

#endif
