/* alert/reason.c — the sentence that says why.
 *
 * A template is cut at braces; a name nobody knows or that has no value here is shown as "-". Field bytes go through
 * sk_alert_printable, so that whatever travels in them the sentence stays one printable line.
 */
#include <stdio.h>
#include <string.h>

#include "alert/alert_priv.h"
#include "alert/utf8.h"
#include "base/fmt.h"

/* Finds the value of a name. */
typedef struct sk_value find_fn(const void *cx, struct sk_span name, struct sk_arena *scratch);

static const struct sk_value none = { .type = SK_VALUE_NONE };

static bool starts(struct sk_span s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n > n && memcmp(s.p, prefix, n) == 0;
}

static void put_bytes(struct sk_buf *out, struct sk_span s)
{
	size_t n = sk_utf8_cut(s.p, s.n, SK_ALERT_REASON_FIELD_MAX);

	sk_alert_printable(out, sk_span(s.p, n));
	if (n < s.n)
		sk_buf_add_str(out, "...");
}

static void put_scalar(struct sk_buf *out, const struct sk_value *v)
{
	char text[SK_TIME_TEXT_MAX > SK_ADDR_TEXT_MAX ? SK_TIME_TEXT_MAX : SK_ADDR_TEXT_MAX];

	switch (v->type) {
	case SK_VALUE_TEXT:
	case SK_VALUE_BYTES:
	case SK_VALUE_STREAM:
		put_bytes(out, v->u.bytes);
		break;
	case SK_VALUE_INT:
		sk_buf_addf(out, "%llu", (unsigned long long)v->u.num);
		break;
	case SK_VALUE_BOOL:
		sk_buf_add_str(out, v->u.num ? "yes" : "no");
		break;
	case SK_VALUE_TIME:
		sk_buf_add_str(out, sk_fmt_time(v->u.num, text));
		break;
	case SK_VALUE_ADDR:
		sk_buf_add_str(out, sk_fmt_addr(&v->u.addr, text));
		break;
	default:
		sk_buf_add_str(out, "-");
	}
}

static void put_value(struct sk_buf *out, const struct sk_value *v)
{
	size_t start = out->n;

	if (v->type != SK_VALUE_LIST && v->type != SK_VALUE_PAIRS) {
		put_scalar(out, v);
		return;
	}
	if (v->u.list.n == 0)
		sk_buf_add_str(out, "-");
	for (size_t i = 0; i < v->u.list.n; i++) {
		if (i)
			sk_buf_add_str(out, v->type == SK_VALUE_PAIRS && i % 2 ? ": " : ", ");
		if (out->n - start > SK_ALERT_REASON_FIELD_MAX) {
			sk_buf_add_str(out, "...");
			return;
		}
		put_scalar(out, &v->u.list.v[i]);
	}
}

struct sk_value sk_alert_pair(const struct sk_value *v, struct sk_span key)
{
	for (size_t i = 0; i + 1 < v->u.list.n; i += 2)
		if (v->u.list.v[i].type >= SK_VALUE_TEXT && v->u.list.v[i].type <= SK_VALUE_STREAM &&
		    sk_span_is_nocase(v->u.list.v[i].u.bytes, key))
			return v->u.list.v[i + 1];
	return none;
}

/* A field of one event by its name within the kind. */
static struct sk_value field_of(const struct sk_event *e, const struct sk_kind_def *def, struct sk_span name)
{
	const uint8_t *bracket = name.n ? memchr(name.p, '[', name.n) : NULL;
	struct sk_span key = { 0 };
	const struct sk_value *v;
	int slot;

	if (bracket && name.p[name.n - 1] == ']') {
		key = sk_span(bracket + 1, (size_t)(name.p + name.n - 1 - (bracket + 1)));
		name.n = (size_t)(bracket - name.p);
	}
	slot = sk_kind_field(def, name);
	v = slot < 0 ? &none : sk_event_value(e, (unsigned)slot);
	if (!key.p)
		return *v;
	return v->type == SK_VALUE_PAIRS ? sk_alert_pair(v, key) : none;
}

struct source {
	const struct sk_match *m;
	const struct sk_registry *reg;
};

static struct sk_value find_evidence(const struct sk_match *m, struct sk_span name)
{
	bool match = sk_span_is_str(name, "match");

	for (size_t i = 0; i < m->evidence_cnt; i++) {
		const struct sk_evidence *ev = &m->evidence[i];
		struct sk_span s = ev->value;

		if (!match && !(ev->field && sk_span_is_str(name, ev->field)))
			continue;
		if (match && ev->length)
			s = sk_span_sub(s, ev->start, ev->length);
		return (struct sk_value){ .type = SK_VALUE_BYTES, .u.bytes = s };
	}
	return none;
}

static struct sk_value find_in_match(const void *cx, struct sk_span name, struct sk_arena *scratch)
{
	const struct source *src = cx;
	const struct sk_event *e = src->m->event;
	int slot = sk_kind_field(&sk_event_common, name);
	struct sk_value v;
	unsigned depth;

	if (slot >= 0)
		return sk_event_common_value(e, (unsigned)slot, scratch);
	for (depth = 0; e && depth < SK_ALERT_CHAIN_MAX; e = e->parent, depth++) {
		const struct sk_kind_def *def = e->kind < src->reg->cnt ? src->reg->kinds[e->kind] : NULL;
		size_t n = def ? strlen(def->name) : 0;

		if (!def)
			continue;
		v = field_of(e, def, name);
		if (v.type == SK_VALUE_NONE && starts(name, def->name) && name.p[n] == '.')
			v = field_of(e, def, sk_span_sub(name, n + 1, name.n));
		if (v.type == SK_VALUE_NONE && e->kind == SK_KIND_HTTP_REQUEST && starts(name, "request."))
			v = field_of(e, def, sk_span_sub(name, 8, name.n));
		if (v.type == SK_VALUE_NONE && e->kind == SK_KIND_HTTP_RESPONSE && starts(name, "response."))
			v = field_of(e, def, sk_span_sub(name, 9, name.n));
		if (v.type != SK_VALUE_NONE)
			return v;
	}
	return find_evidence(src->m, name);
}

struct story {
	const struct sk_rule *rule;
	struct sk_alert *const *members;
	size_t cnt;
	const struct sk_alert_sum *sum;
};

static struct sk_value shared_values(const struct story *s, struct sk_arena *scratch)
{
	struct sk_value *v = sk_arena_alloc(scratch, 4 * sizeof(*v));
	size_t n = 0;

	for (; v && n < 4 && s->rule->correlation->by[n]; n++)
		v[n] = sk_alert_shared(s->rule, s->members[s->cnt - 1], s->sum, n, scratch);
	return v ? (struct sk_value){ .type = SK_VALUE_LIST, .u.list = { v, n } } : none;
}

static struct sk_value find_in_story(const void *cx, struct sk_span name, struct sk_arena *scratch)
{
	const struct story *s = cx;
	char text[160];

	if (sk_span_is_str(name, "count"))
		return (struct sk_value){ .type = SK_VALUE_INT, .u.num = s->sum->count ? s->sum->count : s->cnt };
	if (sk_span_is_str(name, "steps")) {
		int n = snprintf(text, sizeof(text), "%d of %zu", __builtin_popcountll(sk_alert_steps_seen(s->sum, s->cnt)),
				 sk_step_cnt(s->rule->correlation));

		return (struct sk_value){ .type = SK_VALUE_TEXT, .u.bytes = sk_arena_copy(scratch, sk_span(text, (size_t)n)) };
	}
	if (sk_span_is_str(name, "key"))
		return shared_values(s, scratch);
	if (name.n >= sizeof(text))
		return none;
	memcpy(text, name.p, name.n);
	text[name.n] = 0;
	return sk_alert_value(s->members[s->cnt - 1], text, scratch);
}

/* The template with its fields filled in. */
static void expand(struct sk_buf *out, const char *template, find_fn *find, const void *cx, struct sk_arena *scratch)
{
	const char *s = template, *end;

	while (*s) {
		size_t n = strcspn(s, "{}");
		struct sk_value v;

		sk_alert_printable(out, sk_span(s, n));
		s += n;
		if (*s == 0)
			return;
		end = *s == '{' && s[1] != '{' ? strchr(s, '}') : NULL;
		if (!end) {			/* {{, }}, or a brace that stands for itself */
			sk_buf_add_byte(out, (uint8_t)*s);
			s += s[1] == *s ? 2 : 1;
			continue;
		}
		v = find(cx, sk_span(s + 1, (size_t)(end - s - 1)), scratch);
		put_value(out, &v);
		s = end + 1;
	}
}

static int finish(struct sk_buf *out)
{
	if (out->failed)
		return SK_E_MEMORY;
	if (out->n <= SK_ALERT_REASON_MAX)
		return 0;
	out->n = sk_utf8_cut(out->p, out->n, SK_ALERT_REASON_MAX - 3);
	return sk_buf_add_str(out, "...");
}

static const char *template_of(const struct sk_rule *r)
{
	if (r->reason && r->reason[0])
		return r->reason;
	return r->title && r->title[0] ? r->title : r->id;
}

bool sk_alert_reason_is_plain(const struct sk_rule *r, struct sk_span *reason)
{
	const char *s = template_of(r);
	size_t n = 0;

	while (s[n] >= ' ' && s[n] < 0x7f && s[n] != '{' && s[n] != '}' && s[n] != '\\')
		n++;
	*reason = sk_span(s, n);
	return s[n] == 0 && n <= SK_ALERT_REASON_MAX;
}

int sk_alert_reason(struct sk_buf *out, const struct sk_match *m, const struct sk_registry *reg, struct sk_arena *scratch)
{
	const struct source src = { m, reg };

	expand(out, template_of(m->rule), find_in_match, &src, scratch);
	return finish(out);
}

uint64_t sk_alert_steps_seen(const struct sk_alert_sum *sum, size_t cnt)
{
	uint64_t seen = 0;

	for (size_t i = 0; sum->places && i < cnt; i++)
		seen |= UINT64_C(1) << (sum->places[i] & 63);
	return seen;
}

struct sk_value sk_alert_shared(const struct sk_rule *r, const struct sk_alert *last, const struct sk_alert_sum *sum, size_t i,
				struct sk_arena *scratch)
{
	const char *const *by = sum->by ? sum->by : r->correlation->by;

	return i < 4 && r->correlation->by[i] && by[i] ? sk_alert_value(last, by[i], scratch) : none;
}

/* In the two largest units: "3 h 5 min". */
static void put_span_of_time(struct sk_buf *out, uint64_t ns)
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	uint64_t s = ns / 1000000000u;
	size_t i = 0;

	if (s < 60) {
		sk_buf_addf(out, "%llu", (unsigned long long)s);
		if (ns % 1000000000u)
			sk_buf_addf(out, ".%03llu", (unsigned long long)(ns / 1000000u % 1000));
		sk_buf_add_str(out, " s");
		return;
	}
	while (s < units[i].seconds)
		i++;
	sk_buf_addf(out, "%llu %s", (unsigned long long)(s / units[i].seconds), units[i].name);
	s = s % units[i].seconds / units[i + 1].seconds;
	if (s)
		sk_buf_addf(out, " %llu %s", (unsigned long long)s, units[i + 1].name);
}

/* "2025-07-18 18:06:01 UTC" */
static void put_moment(struct sk_buf *out, uint64_t ns)
{
	char text[SK_TIME_TEXT_MAX];

	sk_fmt_time(ns, text);
	sk_buf_addf(out, "%.10s %.8s UTC", text, text + 11);
}

static const char *name_of(const struct sk_correlation *c, size_t step)
{
	for (size_t i = 0; c->joins && i < c->step_cnt; i++)
		if (c->joins[i].step == step)
			return c->joins[i].name;
	return NULL;
}

/* What a step is called: by its name, or by its rules. */
static void put_step(struct sk_buf *out, const struct sk_correlation *c, size_t step)
{
	const char *first = name_of(c, step);
	size_t rules = 0;

	for (size_t i = 0; !first && i < c->step_cnt; i++)
		first = sk_step_place(c, i) == step ? c->steps[i]->id : NULL;
	for (size_t i = 0; !name_of(c, step) && i < c->step_cnt; i++)
		rules += sk_step_place(c, i) == step;
	sk_alert_printable(out, sk_span_str(first ? first : "-"));
	if (rules > 1)
		sk_buf_addf(out, " or %zu others", rules - 1);
}

static void put_sequence(struct sk_buf *out, const struct sk_rule *r, struct sk_alert *const *members, size_t cnt,
			 const struct sk_alert_sum *sum)
{
	const struct sk_correlation *c = r->correlation;
	uint64_t first = members[0]->time_ns, last = members[cnt - 1]->time_ns;
	const uint64_t seen = sk_alert_steps_seen(sum, cnt);
	const char *sep = "; not seen: ";

	sk_buf_addf(out, ": %d of %zu steps in ", __builtin_popcountll(seen), sk_step_cnt(c));
	put_span_of_time(out, last > first ? last - first : 0);
	for (size_t i = 0, run; i < cnt; i += run) {
		const char *name = sum->places ? name_of(c, sum->places[i]) : NULL;

		for (run = 1; i + run < cnt && members[i + run]->rule == members[i]->rule; run++)
			;

		sk_buf_add_str(out, i ? ", " : ": ");
		if (name) {
			sk_alert_printable(out, sk_span_str(name));
			sk_buf_add_str(out, " by ");
		}
		sk_alert_printable(out, sk_span_str(members[i]->rule->id));
		sk_buf_add_str(out, " (");
		if (run > 1)
			sk_buf_addf(out, "%zu times, first ", run);
		put_moment(out, members[i]->time_ns);
		sk_buf_add_str(out, ")");
	}
	for (size_t i = 0; i < sk_step_cnt(c) && i < 64; i++) {
		if (seen >> i & 1)
			continue;
		sk_buf_add_str(out, sep);
		put_step(out, c, i);
		sep = ", ";
	}
}

static void put_sum(struct sk_buf *out, const struct sk_rule *r, struct sk_alert *const *members, size_t cnt,
		    const struct sk_alert_sum *sum)
{
	const struct sk_correlation *c = r->correlation;

	switch (r->type) {
	case SK_RULE_COUNT:
		sk_buf_addf(out, ": %llu times within ", (unsigned long long)sum->count);
		put_span_of_time(out, c->within_ns);
		break;
	case SK_RULE_DISTINCT:
		sk_buf_addf(out, ": %llu different values of ", (unsigned long long)sum->count);
		sk_alert_printable(out, sk_span_str(c->distinct ? c->distinct : "-"));
		sk_buf_add_str(out, " within ");
		put_span_of_time(out, c->within_ns);
		break;
	case SK_RULE_ABSENT:
		sk_buf_add_str(out, ": ");
		sk_alert_printable(out, sk_span_str(members[0]->rule->id));
		sk_buf_add_str(out, " (");
		put_moment(out, members[0]->time_ns);
		sk_buf_add_str(out, ") and then no ");
		put_step(out, c, 1);
		sk_buf_add_str(out, " within ");
		put_span_of_time(out, c->within_ns);
		return;
	default:
		put_sequence(out, r, members, cnt, sum);
		return;
	}
	sk_buf_add_str(out, ", the last at ");
	put_moment(out, members[cnt - 1]->time_ns);
}

int sk_alert_reason_correlated(struct sk_buf *out, const struct sk_rule *r, struct sk_alert *const *members, size_t cnt,
			       const struct sk_alert_sum *sum, struct sk_arena *scratch)
{
	const struct story story = { r, members, cnt, sum };
	const struct sk_alert *last = members[cnt - 1];
	size_t n;

	expand(out, template_of(r), find_in_story, &story, scratch);
	for (n = out->n; n && out->p[n - 1] == '.'; n--)
		;
	out->n = n;
	for (size_t i = 0; i < 4 && r->correlation->by[i] && !strstr(template_of(r), "{key}"); i++) {
		struct sk_value v = sk_alert_shared(r, last, sum, i, scratch);

		sk_buf_add_str(out, i ? ", " : " [");
		sk_alert_printable(out, sk_span_str(r->correlation->by[i]));
		sk_buf_add_str(out, " ");
		put_value(out, &v);
		if (i == 3 || !r->correlation->by[i + 1])
			sk_buf_add_str(out, "]");
	}
	put_sum(out, r, members, cnt, sum);
	return finish(out);
}
