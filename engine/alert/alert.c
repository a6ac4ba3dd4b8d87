/* alert/alert.c — see alert.h.
 *
 * An alert is laid out on the stack, which says how large it is, then moved to its one block; one that is too large for that is laid out
 * once more, over the block.
 */
#include "alert/alert.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "alert/alert_priv.h"
#include "alert/digest.h"
#include "alert/mask.h"
#include "base/fmt.h"

#define STACK_ROOM 6144u		/* nearly every alert of an event is smaller */

/* Room handed out in order; what is beyond it is only counted and the answer NULL. */
struct pack {
	uint8_t *base;
	size_t n, room;
};

static void *take(struct pack *p, size_t n, size_t align)
{
	size_t at = (p->n + align - 1) & ~(align - 1);

	p->n = at + n;
	return p->n <= p->room ? p->base + at : NULL;
}

static struct sk_span pack_span(struct pack *p, struct sk_span s)
{
	uint8_t *at = take(p, s.n, 1);

	if (at && s.n)
		memcpy(at, s.p, s.n);
	return sk_span(at, s.n);
}

static const char *pack_str(struct pack *p, const char *s)
{
	return s ? (const char *)pack_span(p, sk_span(s, strlen(s) + 1)).p : NULL;
}

/* One value to out, NULL while counting; bytes are cut at max, items of a list within a list are left out. */
static void pack_scalar(struct pack *p, const struct sk_value *v, size_t max, struct sk_value *out)
{
	const bool is_list = v->type == SK_VALUE_LIST || v->type == SK_VALUE_PAIRS;
	struct sk_span s;

	if (v->type == SK_VALUE_TEXT || v->type == SK_VALUE_BYTES || v->type == SK_VALUE_STREAM) {
		s = pack_span(p, sk_span_sub(v->u.bytes, 0, max));
		if (out) {
			out->type = v->type;
			out->u.bytes = s;
		}
		return;
	}
	if (out && is_list)
		out->type = SK_VALUE_NONE;
	else if (out)
		*out = *v;
}

static void pack_value(struct pack *p, const struct sk_value *v, struct sk_value *out)
{
	struct sk_value *items;
	size_t n;

	if (v->type != SK_VALUE_LIST && v->type != SK_VALUE_PAIRS) {
		pack_scalar(p, v, SK_ALERT_CONTEXT_MAX, out);
		return;
	}
	n = SK_MIN(v->u.list.n, (size_t)(v->type == SK_VALUE_PAIRS ? SK_ALERT_PAIRS_MAX : SK_ALERT_LIST_MAX));
	items = take(p, n * sizeof(*items), _Alignof(struct sk_value));
	for (size_t i = 0; i < n; i++)
		pack_scalar(p, &v->u.list.v[i], SK_ALERT_CONTEXT_MAX / 4, items ? &items[i] : NULL);
	if (!out)
		return;
	out->type = v->type;
	out->u.list.v = items;
	out->u.list.n = n;
}

/* c: NULL while counting. */
static void pack_context(struct pack *p, const struct sk_alert_pick *pick, struct sk_alert_context *c)
{
	const char *kind = pick->kind->name, *name = pick->kind->fields[pick->slot].name;
	const size_t kind_len = pick->kind_len;
	size_t size;
	char *full;

	if (c) {
		c->field = c->name = name;
		c->hidden = pick->bare || pick->hidden;
	}
	if (pick->full && c) {
		c->field = pick->full;
		c->name = pick->full + kind_len + 1;
	}
	if (pick->bare || pick->full) {
		pack_value(p, pick->value, c ? &c->value : NULL);
		return;
	}
	size = kind_len + strlen(name) + 2;
	full = take(p, size, 1);
	if (full) {
		memcpy(full, kind, kind_len);
		full[kind_len] = '.';
		memcpy(full + kind_len + 1, name, size - kind_len - 1);
	}
	if (c && full) {
		c->field = full;
		c->name = full + kind_len + 1;
	}
	pack_value(p, pick->value, c ? &c->value : NULL);
}

/* Values are shown from a little before the match where they are too long to be shown whole. */
static struct sk_alert_evidence pack_evidence(struct pack *p, const struct sk_evidence *ev, struct sk_match_packets packets, const uint8_t *open)
{
	struct sk_alert_evidence out = { .offset = ev->offset, .packets = packets.at, .packet_cnt = packets.cnt };
	struct sk_evidence masked = *ev;
	uint8_t buf[SK_MASK_ROOM(SK_ALERT_VALUE_MAX)];
	size_t start, skip = 0;
	struct sk_span value;

	if (open) {
		size_t from = ev->start, to = (size_t)ev->start + ev->length;

		masked.value = sk_span_sub(ev->value, 0, SK_ALERT_VALUE_MAX);
		masked.value = sk_span(buf, sk_mask(masked.value, *open & SK_OPEN_BEGIN, (*open & SK_OPEN_END) || masked.value.n < ev->value.n, buf, &from, &to));
		masked.start = (uint32_t)from;
		masked.length = ev->length ? (uint32_t)(to - SK_MIN(from, to)) : 0;
		ev = &masked;
	}
	start = SK_MIN((size_t)ev->start, ev->value.n);
	value = ev->value;
	if (value.n > SK_ALERT_VALUE_MAX && start > SK_ALERT_VALUE_MAX / 4)
		skip = SK_MIN(start - SK_ALERT_VALUE_MAX / 4, value.n - SK_ALERT_VALUE_MAX);
	value = sk_span_sub(value, skip, SK_ALERT_VALUE_MAX);
	out.field = pack_str(p, ev->field);
	out.note = pack_str(p, ev->note);
	out.value = pack_span(p, value);
	out.offset += skip;
	out.start = (uint32_t)(start - skip);
	out.length = ev->length;
	out.truncated = value.n < ev->value.n;
	return out;
}

struct draft {
	const struct sk_match *m;
	const struct sk_alert_pick *picks;
	size_t pick_cnt;
	struct sk_span reason;
};

static void pack_flow(struct pack *p, struct sk_flow_info *to, const struct sk_flow_info *from)
{
	if (from)
		memcpy(to, from, from->size ? SK_MIN(sizeof(*to), (size_t)from->size) : sizeof(*to));
	to->size = sizeof(*to);
	to->app_proto = pack_str(p, to->app_proto);
	to->ndpi_protocol = pack_str(p, to->ndpi_protocol);
	to->ndpi_category = pack_str(p, to->ndpi_category);
}

static const char *pack_reason(struct pack *p, struct sk_span reason)
{
	char *at = take(p, reason.n + 1, 1);

	if (at) {
		if (reason.n)
			memcpy(at, reason.p, reason.n);
		at[reason.n] = 0;
	}
	return at;
}

static struct sk_match_packets pack_packets(struct pack *p, const uint64_t *at, uint32_t cnt)
{
	struct sk_match_packets out = { .cnt = SK_MIN(cnt, SK_ALERT_PACKETS_MAX) };
	uint64_t *to = take(p, out.cnt * sizeof(*to), _Alignof(uint64_t));

	if (to && out.cnt)
		memcpy(to, at, out.cnt * sizeof(*to));
	out.at = to;
	return out;
}

/* Lays the alert out; a is the block's own head, or, while counting, a head that is thrown away. */
static void lay_out(struct pack *p, struct sk_alert *a, const struct draft *d)
{
	const struct sk_event *e = d->m->event;
	size_t evidence_cnt = SK_MIN(d->m->evidence_cnt, (size_t)SK_EVIDENCE_MAX);
	struct sk_match_packets packets;

	take(p, sizeof(*a), _Alignof(struct sk_alert));
	a->evidence = take(p, evidence_cnt * sizeof(*a->evidence), _Alignof(struct sk_alert_evidence));
	a->context = take(p, d->pick_cnt * sizeof(*a->context), _Alignof(struct sk_alert_context));
	packets = pack_packets(p, e->packets, e->packet_cnt);
	for (size_t i = 0; i < d->pick_cnt; i++)
		pack_context(p, &d->picks[i], a->context ? &a->context[i] : NULL);
	for (size_t i = 0; i < evidence_cnt; i++) {
		const struct sk_match_packets *own = d->m->packets && d->m->packets[i].at != e->packets ? &d->m->packets[i] : NULL;
		struct sk_alert_evidence ev = pack_evidence(p, &d->m->evidence[i], own ? pack_packets(p, own->at, own->cnt) : packets,
							    d->m->open ? d->m->open + i : NULL);

		if (a->evidence)
			a->evidence[i] = ev;
	}
	a->evidence_cnt = evidence_cnt;
	a->context_cnt = d->pick_cnt;
	pack_flow(p, &a->flow, e->flow);
	a->reason = pack_reason(p, d->reason);
}

/* Input of the identifier: every part with its length before it, so that no two alerts share one by chance of layout. */
struct recipe {
	uint8_t bytes[8192];
	size_t n;
};

static void mix(struct recipe *r, const void *p, size_t n)
{
	uint8_t len[2];

	n = SK_MIN(n, (size_t)128);
	if (sizeof(r->bytes) - r->n < n + sizeof(len))
		return;
	len[0] = (uint8_t)(n >> 8);
	len[1] = (uint8_t)n;
	memcpy(r->bytes + r->n, len, sizeof(len));
	if (n)
		memcpy(r->bytes + r->n + sizeof(len), p, n);
	r->n += n + sizeof(len);
}

static void mix_str(struct recipe *r, const char *s)
{
	mix(r, s, s ? strlen(s) : 0);
}

static void mix_num(struct recipe *r, uint64_t v)
{
	uint8_t b[8];

	for (unsigned i = 0; i < 8; i++)
		b[i] = (uint8_t)(v >> (56 - 8 * i));
	mix(r, b, sizeof(b));
}

static void seal(struct recipe *r, char *id)
{
	uint8_t digest[SK_ALERT_DIGEST];

	sk_alert_digest(r->bytes, r->n, digest);
	sk_fmt_hex(sk_span(digest, 16), id, 33);
}

static void mix_place(struct recipe *r, const struct sk_alert *a)
{
	mix_str(r, a->rule->id);
	mix_num(r, a->rule->rev);
	mix(r, a->flow.client_ip.b, sizeof(a->flow.client_ip.b));
	mix(r, a->flow.server_ip.b, sizeof(a->flow.server_ip.b));
	mix_num(r, (uint64_t)a->flow.client_port << 32 | (uint64_t)a->flow.server_port << 16 | a->flow.proto);
	mix_num(r, a->packet);
	mix_num(r, a->time_ns);
}

static void make_id(struct sk_alert *a)
{
	struct recipe r;

	r.n = 0;
	mix_place(&r, a);
	mix_str(&r, a->kind_name);
	mix_num(&r, a->dir);
	mix_num(&r, a->place);
	for (size_t i = 0; i < a->evidence_cnt; i++) {
		const struct sk_alert_evidence *ev = &a->evidence[i];

		mix_str(&r, ev->field);
		mix_num(&r, ev->offset + ev->start);
		mix_num(&r, ev->length);
		mix(&r, ev->value.p, ev->value.n);
	}
	seal(&r, a->made_id);
}

const char *sk_alert_id(const struct sk_alert *a)
{
	/* a record is ours, whoever reads it; one thread does at a time */
	struct sk_alert *own = (struct sk_alert *)(uintptr_t)a;

	if (!own->made_id[0] && !own->rule->bare)
		make_id(own);
	return own->made_id;
}

static struct sk_alert *block_new(size_t size)
{
	struct sk_alert *a = malloc(size);

	if (a)
		memset(a, 0, sizeof(*a));
	return a;
}

/* From where the parts of an alert were laid out to where they are now. */
struct shift {
	const uint8_t *from;
	uint8_t *to;
	size_t n;
};

/* Names that are not the alert's own stay where they are. */
static void *moved(const struct shift *s, const void *p)
{
	uintptr_t at = (uintptr_t)p - (uintptr_t)s->from;

	return at <= s->n ? s->to + at : (void *)(uintptr_t)p;		/* an empty value may stand at the end */
}

static void move_scalar(const struct shift *s, struct sk_value *v)
{
	if (v->type == SK_VALUE_TEXT || v->type == SK_VALUE_BYTES || v->type == SK_VALUE_STREAM)
		v->u.bytes.p = moved(s, v->u.bytes.p);
}

static void move_value(const struct shift *s, struct sk_value *v)
{
	struct sk_value *items;

	if (v->type != SK_VALUE_LIST && v->type != SK_VALUE_PAIRS) {
		move_scalar(s, v);
		return;
	}
	items = moved(s, v->u.list.v);
	v->u.list.v = items;
	for (size_t i = 0; i < v->u.list.n; i++)
		move_scalar(s, &items[i]);
}

static void move(const struct shift *s, struct sk_alert *a)
{
	a->evidence = moved(s, a->evidence);
	a->context = moved(s, a->context);
	a->reason = moved(s, a->reason);
	a->flow.app_proto = moved(s, a->flow.app_proto);
	a->flow.ndpi_protocol = moved(s, a->flow.ndpi_protocol);
	a->flow.ndpi_category = moved(s, a->flow.ndpi_category);
	for (size_t i = 0; i < a->evidence_cnt; i++) {
		struct sk_alert_evidence *ev = &a->evidence[i];

		ev->field = moved(s, ev->field);
		ev->note = moved(s, ev->note);
		ev->value.p = moved(s, ev->value.p);
		ev->packets = moved(s, ev->packets);
	}
	for (size_t i = 0; i < a->context_cnt; i++) {
		struct sk_alert_context *c = &a->context[i];

		c->field = moved(s, c->field);
		c->name = moved(s, c->name);
		move_value(s, &c->value);
	}
}

static struct sk_alert *make(const struct draft *d)
{
	alignas(max_align_t) uint8_t room[STACK_ROOM];
	struct pack p = { .base = room, .room = sizeof(room) };
	struct sk_alert laid = { 0 }, *a;

	lay_out(&p, &laid, d);
	a = malloc(p.n);
	if (!a)
		return NULL;
	if (p.n <= sizeof(room)) {
		*a = laid;
		memcpy((uint8_t *)a + sizeof(*a), room + sizeof(*a), p.n - sizeof(*a));
		move(&(struct shift){ room, (uint8_t *)a, p.n }, a);
	} else {
		memset(a, 0, sizeof(*a));
		p = (struct pack){ .base = (uint8_t *)a, .room = p.n };
		lay_out(&p, a, d);
	}
	a->size = p.n;
	return a;
}

struct sk_alert *sk_alert_new(const struct sk_match *m, const struct sk_registry *reg, const struct sk_alert_order *order)
{
	struct sk_alert_pick picks[SK_ALERT_PICK_MAX];
	struct draft d = { .m = m, .picks = picks };
	struct sk_buf reason = { 0 };
	struct sk_arena scratch;
	struct sk_alert *a = NULL;

	sk_arena_init(&scratch, 512, 64 * 1024);
	d.pick_cnt = sk_alert_picks(m->event, reg, picks);
	if (sk_alert_reason_is_plain(m->rule, &d.reason)) {
		a = make(&d);
	} else if (sk_alert_reason(&reason, m, reg, &scratch) == 0) {
		d.reason = sk_buf_span(&reason);
		a = make(&d);
	}
	if (a) {
		a->cut = scratch.refused != 0;
		a->order = *order;
		a->rule = m->rule;
		a->time_ns = m->event->time_ns;
		a->packet = m->event->packet;
		a->kind = m->event->kind;
		a->dir = m->event->dir;
		a->confidence = SK_MIN(m->rule->confidence, 100u);
		sk_event_community_id(m->event->flow, a->community_id);
		a->kind_name = m->event->kind < reg->cnt ? reg->kinds[m->event->kind]->name : NULL;
		a->place = order->seq;
		atomic_init(&a->refs, 1);
	}
	sk_buf_fini(&reason);
	sk_arena_fini(&scratch);
	return a;
}

struct sk_alert *sk_alert_new_bare(const struct sk_match *m, const struct sk_registry *reg, const struct sk_alert_order *order)
{
	const struct sk_event *e = m->event;
	struct sk_alert_pick picks[SK_FIELD_MAX];
	const struct sk_match bare = { .rule = m->rule, .event = e };
	struct draft d = { .m = &bare, .picks = picks };
	struct sk_alert *a;

	for (unsigned slot = 0; slot < SK_FIELD_MAX; slot++)
		if (m->rule->bare_fields >> slot & 1 && sk_event_value(e, slot)->type != SK_VALUE_NONE)
			picks[d.pick_cnt++] = (struct sk_alert_pick){ reg->kinds[e->kind], NULL, 0, slot, sk_event_value(e, slot), true, true };
	a = make(&d);
	if (!a)
		return NULL;
	a->order = *order;
	a->rule = m->rule;
	a->time_ns = e->time_ns;
	a->packet = e->packet;
	a->kind = e->kind;
	a->dir = e->dir;
	atomic_init(&a->refs, 1);
	return a;
}

/* The tale of a correlated alert. */
struct tale {
	const struct sk_rule *rule;
	struct sk_alert *const *members;
	size_t cnt;
	const struct sk_alert_sum *sum;
	struct sk_span reason;
	struct sk_value key[4];
};

static void pack_key(struct pack *p, struct sk_alert *a, const struct tale *t)
{
	size_t cnt = 0;

	while (cnt < 4 && t->rule->correlation->by[cnt])
		cnt++;
	a->key = take(p, cnt * sizeof(*a->key), _Alignof(struct sk_alert_context));
	for (size_t i = 0; i < cnt; i++) {
		struct sk_alert_context c = { .field = pack_str(p, t->rule->correlation->by[i]) };

		pack_value(p, &t->key[i], &c.value);
		c.name = c.field;
		if (a->key)
			a->key[i] = c;
	}
	a->key_cnt = cnt;
}

static void lay_out_correlated(struct pack *p, struct sk_alert *a, const struct tale *t)
{
	struct sk_alert *const *members = t->members;
	const size_t cnt = t->cnt;

	take(p, sizeof(*a), _Alignof(struct sk_alert));
	a->members = take(p, cnt * sizeof(*a->members), _Alignof(struct sk_alert *));
	for (size_t i = 0; a->members && i < cnt; i++)
		a->members[i] = sk_alert_get(members[i]);
	a->member_cnt = cnt;
	pack_key(p, a, t);
	pack_flow(p, &a->flow, &members[cnt - 1]->flow);
	a->reason = pack_reason(p, t->reason);
}

/* What is missing before the furthest step that was seen counts against it. */
static uint32_t lower_confidence(uint32_t confidence, uint64_t seen)
{
	const unsigned furthest = seen ? 64u - (unsigned)__builtin_clzll(seen) : 0;

	return furthest ? confidence * (uint32_t)__builtin_popcountll(seen) / furthest : confidence;
}

static void set_correlated(struct sk_alert *a, const struct sk_rule *r, const struct sk_alert_sum *sum)
{
	const struct sk_alert *last = a->members[a->member_cnt - 1];
	struct recipe recipe;

	recipe.n = 0;
	a->order = last->order;
	a->rule = r;
	a->time_ns = sum->time_ns ? sum->time_ns : last->time_ns;
	a->packet = last->packet;
	a->file = last->file;
	a->iface = last->iface;
	memcpy(a->community_id, last->community_id, sizeof(a->community_id));
	a->kind = last->kind;
	a->dir = last->dir;
	a->confidence = SK_MIN(r->confidence, 100u);
	if (r->type == SK_RULE_SEQUENCE) {
		a->steps = sk_alert_steps_seen(sum, a->member_cnt);
		a->confidence = lower_confidence(a->confidence, a->steps);
	}
	a->update = sum->update;
	if (sum->case_id)
		snprintf(a->case_id, sizeof(a->case_id), "%s", sum->case_id);
	mix_place(&recipe, a);
	mix_num(&recipe, sum->count);
	for (size_t i = 0; i < a->member_cnt; i++) {
		a->depth = SK_MAX(a->depth, a->members[i]->depth + 1);
		mix_str(&recipe, sk_alert_id(a->members[i]));
	}
	seal(&recipe, a->made_id);
	atomic_init(&a->refs, 1);
}

struct sk_alert *sk_alert_new_correlated(const struct sk_rule *r, struct sk_alert *const *members, size_t cnt,
					 const struct sk_alert_sum *sum)
{
	struct tale t = { .rule = r, .members = members, .cnt = cnt, .sum = sum };
	struct sk_alert counted = { 0 }, *a = NULL;
	struct sk_buf reason = { 0 };
	struct sk_arena scratch;
	struct pack p = { 0 };

	SK_ASSERT(cnt > 0 && r->correlation);
	sk_arena_init(&scratch, 512, 64 * 1024);
	if (sk_alert_reason_correlated(&reason, r, members, cnt, sum, &scratch) == 0) {
		t.reason = sk_buf_span(&reason);
		for (size_t i = 0; i < 4; i++)
			t.key[i] = sk_alert_shared(r, members[cnt - 1], sum, i, &scratch);
		lay_out_correlated(&p, &counted, &t);
		a = block_new(p.n);
	}
	if (a) {
		a->size = p.n;
		p = (struct pack){ .base = (uint8_t *)a, .room = p.n };
		lay_out_correlated(&p, a, &t);
		set_correlated(a, r, sum);
		a->cut = scratch.refused != 0;
	}
	sk_buf_fini(&reason);
	sk_arena_fini(&scratch);
	return a;
}

void sk_alert_case_id(const struct sk_rule *r, const struct sk_alert *first, char *id)
{
	struct recipe recipe;

	recipe.n = 0;
	mix_str(&recipe, "case");
	mix_str(&recipe, r->id);
	mix_num(&recipe, r->rev);
	mix_str(&recipe, sk_alert_id(first));
	seal(&recipe, id);
}

struct sk_alert *sk_alert_get(struct sk_alert *a)
{
	atomic_fetch_add_explicit(&a->refs, 1, memory_order_relaxed);
	return a;
}

void sk_alert_put(struct sk_alert *a)
{
	if (!a || atomic_fetch_sub_explicit(&a->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < a->member_cnt; i++)
		sk_alert_put(a->members[i]);
	free(a);
}

const struct sk_alert *sk_alert_trigger(const struct sk_alert *a)
{
	while (a->member_cnt)
		a = a->members[a->member_cnt - 1];
	return a;
}

static bool is_context(const struct sk_alert_context *c, struct sk_span field)
{
	const struct sk_span full = sk_span_str(c->field);

	if (sk_span_is(full, field) || sk_span_is_str(field, c->name))
		return true;
	/* request.path, response.status: as rules write them */
	if (full.n > 5 && memcmp(full.p, "http.", 5) == 0)
		return sk_span_is(sk_span_sub(full, 5, full.n), field);
	return false;
}

static struct sk_value own_value(const struct sk_alert *a, const char *field)
{
	const char *bracket = strchr(field, '[');
	const size_t n = strlen(field);
	const struct sk_span base = sk_span(field, bracket && field[n - 1] == ']' ? (size_t)(bracket - field) : n);

	for (size_t i = 0; i < a->context_cnt; i++) {
		if (!is_context(&a->context[i], base))
			continue;
		if (base.n == n)
			return a->context[i].value;
		if (a->context[i].value.type == SK_VALUE_PAIRS)
			return sk_alert_pair(&a->context[i].value, sk_span(bracket + 1, n - base.n - 2));
	}
	for (size_t i = 0; i < a->evidence_cnt; i++)
		if (a->evidence[i].field && strcmp(a->evidence[i].field, field) == 0)
			return (struct sk_value){ .type = SK_VALUE_BYTES, .u.bytes = a->evidence[i].value };
	return (struct sk_value){ .type = SK_VALUE_NONE };
}

struct sk_value sk_alert_value(const struct sk_alert *a, const char *field, struct sk_arena *scratch)
{
	int slot = sk_kind_field(&sk_event_common, sk_span_str(field));
	struct sk_event e = { .size = sizeof(e), .dir = a->dir, .flow = &a->flow };
	struct sk_value v;

	if (slot == SK_F_COMMON_COMMUNITY_ID && a->community_id[0])
		return (struct sk_value){ .type = SK_VALUE_TEXT, .u.bytes = sk_span_str(a->community_id) };
	if (slot >= 0)
		return sk_event_common_value(&e, (unsigned)slot, scratch);
	v = own_value(a, field);
	for (size_t i = a->member_cnt; v.type == SK_VALUE_NONE && i > 0; i--)
		v = own_value(sk_alert_trigger(a->members[i - 1]), field);
	return v;
}

const char *sk_severity_word(unsigned severity)
{
	static const char *const words[] = { "info", "info", "low", "medium", "high", "critical" };

	return severity < SK_ARRAY_LEN(words) ? words[severity] : "critical";
}

unsigned sk_severity_eve(unsigned severity)
{
	static const uint8_t numbers[] = { 4, 4, 3, 2, 1, 1 };

	return severity < SK_ARRAY_LEN(numbers) ? numbers[severity] : 1;
}
