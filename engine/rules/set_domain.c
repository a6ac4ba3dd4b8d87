/* rules/set_domain.c — names and paths by their suffixes. See set.h.
 *
 * A name is looked up once for every suffix that begins at a label, but never for more labels than the longest indicator has:
 * a hostile name of 127 labels costs what an ordinary one costs. Most names end in two labels with which no indicator ends:
 * one look at the filter ends their search.
 */
#include <stdio.h>

#include "base/fmt.h"
#include "rules/set.h"

#define NAME_MAX_ 255u
#define PATH_MAX_ 2048u

struct walk {
	const struct sk_sets *s;
	const struct sk_strtable *t;
	sk_set_hit_fn *hit;
	void *cx;
};

/* whole: the suffix is all there is. */
static void find(const struct walk *w, struct sk_span key, bool whole)
{
	const struct sk_set_entry *e;
	struct sk_strtable_find f;

	if (SK_LIKELY(key.n && !sk_strtable_may(w->t, key, SK_STRTABLE_KEY, &w->s->seed)))
		return;
	sk_strtable_find(&f, w->t, key, &w->s->seed);
	while ((e = sk_strtable_next(&f)))
		if (whole || !e->exact)
			w->hit(w->cx, e);
}

/* False for nearly all names (of one label and more) that are under no indicator. */
static bool may_be_under(const struct sk_sets *s, const struct sk_strtable *t, struct sk_span name)
{
	bool two;
	size_t start = sk_domain_end(name, &two);

	return t->has_single || (two && sk_strtable_may(t, sk_span_sub(name, start, name.n), SK_STRTABLE_END, &s->seed));
}

void sk_sets_domain(const struct sk_sets *s, struct sk_span name, sk_set_hit_fn *hit, void *cx)
{
	struct walk w = { s, &s->str[SK_TABLE_DOMAIN], hit, cx };
	unsigned labels = 0;
	size_t end, start;
	bool cut = false;

	if (!w.t->slots)
		return;
	if (name.n && name.p[name.n - 1] == '.')
		name.n--;
	if (name.n > NAME_MAX_) {
		name = sk_span_sub(name, name.n - NAME_MAX_, NAME_MAX_);
		cut = true;
	}
	if (SK_LIKELY(!may_be_under(s, w.t, name)))
		return;
	end = name.n;
	for (start = end; start > 0 && labels < w.t->parts_max; ) {
		while (start > 0 && name.p[start - 1] != '.')
			start--;
		if (start == 0 && cut)
			return;
		labels++;
		find(&w, sk_span_sub(name, start, end - start), start == 0);
		if (start > 0)
			start--;
	}
}

void sk_sets_path(const struct sk_sets *s, struct sk_span path, sk_set_hit_fn *hit, void *cx)
{
	struct walk w = { s, &s->str[SK_TABLE_PATH], hit, cx };
	unsigned parts = 0;
	bool cut = path.n > PATH_MAX_;

	if (!w.t->slots || path.n == 0)
		return;
	if (cut)
		path = sk_span_sub(path, path.n - PATH_MAX_, PATH_MAX_);
	for (size_t start = path.n; start > 0 && parts < w.t->parts_max; start--) {
		if (path.p[start - 1] == '/') {
			parts++;
			find(&w, sk_span_sub(path, start, path.n), false);
		}
	}
	if (!cut)
		find(&w, path, true);
}

struct sk_span sk_sets_text_of(const struct sk_sets *s, const struct sk_set_entry *e, enum sk_set_kind kind, char *buf,
	size_t size)
{
	enum sk_table table = sk_set_table(kind);
	char addr[SK_ADDR_TEXT_MAX];
	const struct sk_net_prefix *p;
	int n;

	if (table != SK_TABLE_NET)
		return sk_span(s->str[table].text.p + e->text, e->len);
	p = &s->net.prefixes[e->text];
	sk_fmt_addr(&p->addr, addr);
	if (p->len == (p->addr.family == 4 ? 32 : 128))
		n = snprintf(buf, size, "%s", addr);
	else
		n = snprintf(buf, size, "%s/%u", addr, p->len);
	return sk_span(buf, n < 0 ? 0 : SK_MIN((size_t)n, size - 1));
}
