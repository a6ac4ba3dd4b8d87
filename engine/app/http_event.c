/* app/http_event.c — from an HTTP head to the fields of http.request and http.response.
 *
 * in       a head, as the parser indexed it
 * out      the values of the events, and the oddities of the target among those of the head
 * memory   the transaction's arena: one copy of the head, then only what is wanted of it
 * source   include/sekisho/event.h for the fields, RFC 9110, RFC 6265 4.2, RFC 3986
 */
#include "app/http.h"
#include "app/list.h"
#include "proto/uri.h"

struct job {
	struct sk_http *h;
	struct sk_arena *arena;
	const struct sk_http1_head *head;
	struct sk_span raw;		/* the head's bytes, in the arena */
	struct sk_value *v;
	struct sk_http_odds odds;
	unsigned kind;
};

/* A span of the head, in the copy. */
static struct sk_span own(const struct job *j, struct sk_span s)
{
	return s.p ? sk_span(j->raw.p + (s.p - j->head->raw.p), s.n) : s;
}

static uint8_t *room(const struct job *j, size_t n)
{
	return sk_arena_alloc(j->arena, n ? n : 1);
}

static bool wants(const struct job *j, unsigned slot) { return sk_http_wants(j->h, j->kind, slot); }

/* A field's value, unfolded. */
static struct sk_span field_value(const struct job *j, const struct sk_http1_field *f)
{
	struct sk_span s = own(j, sk_http1_value(j->head, f));
	uint8_t *p;

	if (SK_LIKELY(!f->folded))
		return s;
	p = room(j, s.n);
	return p ? sk_span(p, sk_http1_unfold(s, p)) : s;
}

static struct sk_span first_value(const struct job *j, enum sk_http1_name name)
{
	const struct sk_http1_field *f = sk_http1_find(j->head, name);

	return f ? field_value(j, f) : sk_span(NULL, 0);
}

/* --- lists --- */

static struct sk_value headers(const struct job *j)
{
	const struct sk_http1_head *head = j->head;
	struct sk_value *v;

	if (head->field_cnt == 0)
		return sk_value_none();
	v = sk_arena_alloc(j->arena, 2 * head->field_cnt * sizeof(*v));
	if (!v)
		return sk_value_none();
	for (uint32_t i = 0; i < head->field_cnt; i++) {
		sk_set_span(&v[2 * i], SK_VALUE_TEXT, own(j, sk_http1_name(head, &head->fields[i])));
		sk_set_span(&v[2 * i + 1], SK_VALUE_BYTES, field_value(j, &head->fields[i]));
	}
	return (struct sk_value){ .type = SK_VALUE_PAIRS, .u.list = { v, 2 * head->field_cnt } };
}

static struct sk_value header_order(const struct job *j)
{
	const struct sk_http1_head *head = j->head;
	size_t n = 0;
	uint8_t *p;

	for (uint32_t i = 0; i < head->field_cnt; i++)
		n += head->fields[i].name_n + 1;
	if (n == 0 || !(p = room(j, n)))
		return sk_value_none();
	n = 0;
	for (uint32_t i = 0; i < head->field_cnt; i++) {
		struct sk_span name = sk_http1_name(head, &head->fields[i]);

		if (i)
			p[n++] = ',';
		for (size_t k = 0; k < name.n; k++)
			p[n++] = sk_ascii_lower(name.p[k]);
	}
	return sk_value_text(sk_span(p, n));
}

static struct sk_span trim(struct sk_span s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = sk_span(s.p + 1, s.n - 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

static void add_cookies(const struct job *j, struct sk_list *l, struct sk_span value)
{
	for (size_t pos = 0; pos < value.n; ) {
		const uint8_t *semi = memchr(value.p + pos, ';', value.n - pos), *eq;
		size_t end = semi ? (size_t)(semi - value.p) : value.n;
		struct sk_span pair = trim(sk_span_sub(value, pos, end - pos));

		pos = end + 1;
		if (pair.n == 0)
			continue;
		eq = memchr(pair.p, '=', pair.n);
		struct sk_span name = eq ? trim(sk_span(pair.p, (size_t)(eq - pair.p))) : pair;
		struct sk_span v = eq ? trim(sk_span(eq + 1, pair.n - (size_t)(eq + 1 - pair.p))) : sk_span(pair.p + pair.n, 0);

		sk_list_add_span(l, j->arena, SK_VALUE_TEXT, name);
		sk_list_add_span(l, j->arena, SK_VALUE_BYTES, v);
	}
}

/* Pairs there may be in the value. */
static size_t count_cookies(struct sk_span value)
{
	size_t n = value.n > 0;

	for (const uint8_t *p = value.p, *end = p + value.n; n && (p = memchr(p, ';', (size_t)(end - p))); p++)
		n++;
	return n;
}

static struct sk_value cookies(const struct job *j)
{
	struct sk_list l = { 0 };

	for (uint32_t i = 0; i < j->head->field_cnt; i++)
		if (j->head->fields[i].name == SK_HTTP1_COOKIE)
			l.room += 2 * count_cookies(sk_http1_value(j->head, &j->head->fields[i]));
	if (l.room == 0 || !(l.v = sk_arena_alloc(j->arena, l.room * sizeof(*l.v))))
		return sk_value_none();
	for (uint32_t i = 0; i < j->head->field_cnt; i++)
		if (j->head->fields[i].name == SK_HTTP1_COOKIE)
			add_cookies(j, &l, field_value(j, &j->head->fields[i]));
	if (l.n == 0)
		return sk_value_none();
	return (struct sk_value){ .type = SK_VALUE_PAIRS, .u.list = { l.v, l.n & ~(size_t)1 } };
}

static struct sk_value referer_paths(const struct job *j, struct sk_span base)
{
	struct sk_list l = { 0 };

	for (uint32_t i = 0; i < j->head->field_cnt; i++) {
		struct sk_span ref;
		uint8_t *p;

		if (j->head->fields[i].name != SK_HTTP1_REFERER)
			continue;
		ref = field_value(j, &j->head->fields[i]);
		p = room(j, base.n + ref.n + 1);
		if (p)
			sk_list_add(&l, j->arena, sk_value_bytes(sk_span(p, sk_uri_resolve(base, ref, p))));
	}
	return sk_value_list(&l);
}

#define X(id, name, help, source) { .type = SK_VALUE_TEXT, .u.bytes = { (const uint8_t *)(name), sizeof(name) - 1 } },
static const struct sk_value oddity_values[SK_HTTP_ODD_CNT] = { SK_HTTP_ODDITIES(X) };
#undef X

static void set_oddities(const struct job *j, struct sk_value *v)
{
	struct sk_http_odds left = j->odds;
	struct sk_list l = { 0 };

	while (sk_http_odds_any(&left)) {
		enum sk_http_odd odd = sk_http_odds_take(&left);

		if (l.n == 0 && !sk_http_odds_any(&left)) {	/* one by itself needs no memory */
			v->type = SK_VALUE_LIST;
			v->u.list.v = &oddity_values[odd];
			v->u.list.n = 1;
			return;
		}
		sk_list_add(&l, j->arena, oddity_values[odd]);
	}
	sk_set_list(v, &l);
}

/* --- the target --- */

static void set_path(struct job *j, struct sk_span path)
{
	struct sk_value *v = j->v;
	struct sk_span once, other;
	uint8_t *p;

	if (sk_uri_is_plain(path)) {
		sk_set_span(&v[SK_F_HTTP_REQUEST_PATH], SK_VALUE_BYTES, path);
		sk_set_span(&v[SK_F_HTTP_REQUEST_PATH_JAVA], SK_VALUE_BYTES, path);
		return;
	}
	if (!(p = room(j, path.n)))
		return;
	once = sk_span(p, sk_uri_path(path, SK_URI_PATH, p, &j->odds));
	sk_set_span(&v[SK_F_HTTP_REQUEST_PATH], SK_VALUE_BYTES, once);
	if (wants(j, SK_F_HTTP_REQUEST_PATH_JAVA)) {
		sk_set_span(&v[SK_F_HTTP_REQUEST_PATH_JAVA], SK_VALUE_BYTES, once);
		if (sk_http_odds_has(&j->odds, SK_HTTP_ODD_PATH_PARAMETER) && (p = room(j, path.n)))
			sk_set_span(&v[SK_F_HTTP_REQUEST_PATH_JAVA], SK_VALUE_BYTES, sk_span(p, sk_uri_path(path, SK_URI_JAVA, p, NULL)));
	}
	if (SK_UNLIKELY(sk_http_odds_has(&j->odds, SK_HTTP_ODD_NUL_IN_TARGET)) && (p = memchr(once.p, 0, once.n)))
		sk_set_span(&v[SK_F_HTTP_REQUEST_PATH_NUL], SK_VALUE_BYTES, sk_span_sub(once, 0, (size_t)(p - once.p)));
	if (wants(j, SK_F_HTTP_REQUEST_PATH_TWICE) && memchr(once.p, '%', once.n) && (p = room(j, path.n))) {
		other = sk_span(p, sk_uri_path(path, SK_URI_TWICE, p, NULL));
		if (!sk_span_is(once, other))
			sk_set_span(&v[SK_F_HTTP_REQUEST_PATH_TWICE], SK_VALUE_BYTES, other);
	}
}

static void set_query_twice(struct job *j, struct sk_span once)
{
	uint8_t *p;

	if (!wants(j, SK_F_HTTP_REQUEST_QUERY_TWICE) || !sk_http_odds_has(&j->odds, SK_HTTP_ODD_DOUBLE_ENCODING) || !(p = room(j, once.n)))
		return;
	memcpy(p, once.p, once.n);
	struct sk_span twice = sk_span(p, sk_uri_query_again(p, once.n));

	if (!sk_span_is(once, twice))
		sk_set_span(&j->v[SK_F_HTTP_REQUEST_QUERY_TWICE], SK_VALUE_BYTES, twice);
}

static void set_query(struct job *j, struct sk_span query)
{
	struct sk_value *v = j->v;
	uint8_t *p;

	sk_set_span(&v[SK_F_HTTP_REQUEST_QUERY], SK_VALUE_BYTES, query);
	if (query.n == 0) {
		sk_set_span(&v[SK_F_HTTP_REQUEST_QUERY_DECODED], SK_VALUE_BYTES, query);
		return;
	}
	if (!wants(j, SK_F_HTTP_REQUEST_QUERY_DECODED) && !wants(j, SK_F_HTTP_REQUEST_QUERY_TWICE) && !wants(j, SK_F_HTTP_REQUEST_ODDITIES) &&
	    !sk_wanted_kind(j->h->wanted, SK_KIND_HTTP_ODDITY))
		return;
	if ((p = room(j, query.n))) {
		struct sk_span once = sk_span(p, sk_uri_query(query, p, &j->odds));

		sk_set_span(&v[SK_F_HTTP_REQUEST_QUERY_DECODED], SK_VALUE_BYTES, once);
		set_query_twice(j, once);
	}
}

/* Host by the target where it names one, otherwise by the field. */
static void set_host(struct job *j, struct sk_span authority)
{
	struct sk_span field = first_value(j, SK_HTTP1_HOST), first = authority.n ? authority : field;
	uint8_t *p, *q;
	size_t n;

	if (!first.p || !(p = room(j, first.n)))
		return;
	n = sk_uri_host(first, p);
	sk_set_span(&j->v[SK_F_HTTP_REQUEST_HOST], SK_VALUE_TEXT, sk_span(p, n));
	if (authority.n && field.p && (q = room(j, field.n)) && !sk_span_is(sk_span(p, n), sk_span(q, sk_uri_host(field, q))))
		sk_http_odds_add(&j->odds, SK_HTTP_ODD_HOST_MISMATCH);
}

static void set_target(struct job *j, struct sk_http_tx *tx)
{
	struct sk_span target = own(j, j->head->target);
	struct sk_uri u = { .path = sk_span(NULL, 0) };

	sk_set_span(&j->v[SK_F_HTTP_REQUEST_TARGET], SK_VALUE_BYTES, target);
	if (tx->is_connect)
		u.authority = target;
	else if (target.p)
		sk_uri_split_target(target, &u);
	if (u.authority.p && !tx->is_connect && u.path.n == 0)
		u.path = sk_span("/", 1);
	if (u.path.n) {
		tx->path_raw = u.path;
		set_path(j, u.path);
	}
	if (u.query.p)
		set_query(j, u.query);
	if (sk_uri_find(target, '#') < target.n)
		sk_http_odds_add(&j->odds, SK_HTTP_ODD_FRAGMENT_IN_TARGET);
	set_host(j, u.authority);
}

/* --- heads --- */

static bool start(struct job *j, struct sk_http *h, struct sk_http_tx *tx, const struct sk_http1_head *head, unsigned kind, size_t cnt)
{
	*j = (struct job){ .h = h, .arena = &tx->arena, .head = head, .odds = head->odds, .kind = kind };
	j->raw = sk_arena_copy(j->arena, head->raw);
	j->v = sk_arena_zalloc(j->arena, cnt * sizeof(*j->v));
	return j->raw.p && j->v;
}

/* Publishes, and makes the event fit to be a parent later: the packets it came in are copied. */
static void publish(const struct job *j, struct sk_http_tx *tx, int dir, struct sk_event *e)
{
	struct sk_http *h = j->h;
	uint64_t *packets;

	if (sk_wanted_kind(h->wanted, e->kind))
		sk_app_publish(h->a, h->f, dir, j->head->off, e);
	else
		sk_app_stamp(h->a, h->f, dir, j->head->off, e);
	if (SK_LIKELY(e->packet_cnt == 1)) {
		tx->packet[dir] = *e->packets;
		e->packets = &tx->packet[dir];
		return;
	}
	packets = sk_arena_alloc(j->arena, e->packet_cnt * sizeof(*packets));
	if (packets)
		memcpy(packets, e->packets, e->packet_cnt * sizeof(*packets));
	else
		e->packet_cnt = 0;
	e->packets = packets;
}

/* What the arena refused is missing from the event. */
static void note_memory(struct job *j)
{
	if (SK_LIKELY(!j->arena->refused))
		return;
	j->arena->refused = 0;
	j->h->counters->memory++;
	sk_http_odds_add(&j->odds, SK_HTTP_ODD_MESSAGE_MEMORY);
}

static void note_request(struct job *j, struct sk_http_tx *tx)
{
	const struct sk_http1_head *head = j->head;
	struct sk_span upgrade = first_value(j, SK_HTTP1_UPGRADE);

	tx->is_head = sk_span_is_str(head->method, "HEAD");
	tx->is_connect = sk_span_is_str(head->method, "CONNECT");
	tx->version_kind = head->version_kind;
	tx->wants_upgrade = upgrade.p != NULL;
	tx->wants_range = sk_http1_find(head, SK_HTTP1_RANGE) != NULL;
	tx->wants_websocket = upgrade.p && sk_http1_has_token(upgrade, "websocket");
	if (tx->wants_websocket) {
		tx->key = first_value(j, SK_HTTP1_WEBSOCKET_KEY);
		tx->origin = first_value(j, SK_HTTP1_ORIGIN);
	}
}

/* What is made of the fields of a request. */
static void set_fields(const struct job *j, const struct sk_http_tx *tx)
{
	struct sk_value *v = j->v;

	sk_set_span(&v[SK_F_HTTP_REQUEST_USER_AGENT], SK_VALUE_BYTES, first_value(j, SK_HTTP1_USER_AGENT));
	sk_set_span(&v[SK_F_HTTP_REQUEST_REFERER], SK_VALUE_BYTES, first_value(j, SK_HTTP1_REFERER));
	sk_set_span(&v[SK_F_HTTP_REQUEST_CONTENT_TYPE], SK_VALUE_BYTES, first_value(j, SK_HTTP1_CONTENT_TYPE));
	if (j->head->has_content_length)
		sk_set_num(&v[SK_F_HTTP_REQUEST_CONTENT_LENGTH], j->head->content_length);
	if (wants(j, SK_F_HTTP_REQUEST_REFERER_PATH))
		v[SK_F_HTTP_REQUEST_REFERER_PATH] = referer_paths(j, tx->path_raw);
	if (wants(j, SK_F_HTTP_REQUEST_HEADERS))
		v[SK_F_HTTP_REQUEST_HEADERS] = headers(j);
	if (wants(j, SK_F_HTTP_REQUEST_COOKIES))
		v[SK_F_HTTP_REQUEST_COOKIES] = cookies(j);
	if (wants(j, SK_F_HTTP_REQUEST_HEADER_ORDER))
		v[SK_F_HTTP_REQUEST_HEADER_ORDER] = header_order(j);
}

bool sk_http_request_event(struct sk_http *h, struct sk_http_tx *tx, const struct sk_http1_head *head)
{
	struct sk_value *v;
	struct job j;

	if (!start(&j, h, tx, head, SK_KIND_HTTP_REQUEST, SK_F_HTTP_REQUEST_CNT))
		return false;
	v = j.v;
	note_request(&j, tx);
	sk_set_span(&v[SK_F_HTTP_REQUEST_METHOD], SK_VALUE_TEXT, own(&j, head->method));
	sk_set_span(&v[SK_F_HTTP_REQUEST_VERSION], SK_VALUE_TEXT, own(&j, head->version));
	set_target(&j, tx);
	if (head->field_cnt)
		set_fields(&j, tx);
	note_memory(&j);
	if (wants(&j, SK_F_HTTP_REQUEST_ODDITIES))
		set_oddities(&j, &v[SK_F_HTTP_REQUEST_ODDITIES]);
	sk_set_num(&v[SK_F_HTTP_REQUEST_NUMBER], h->number);
	tx->request = (struct sk_event){ .kind = SK_KIND_HTTP_REQUEST, .value_cnt = SK_F_HTTP_REQUEST_CNT, .values = v };
	tx->has_request = true;
	publish(&j, tx, SK_TO_SERVER, &tx->request);
	sk_http_tell_odds(h, SK_TO_SERVER, &j.odds, j.raw, head->off, &tx->request);
	return true;
}

/* Status 206: was it asked for, does it say of what? */
static void check_partial(struct job *j, const struct sk_http_tx *tx)
{
	const struct sk_http1_field *f = sk_http1_find(j->head, SK_HTTP1_CONTENT_RANGE);
	struct sk_span type = first_value(j, SK_HTTP1_CONTENT_TYPE);
	struct sk_range r;

	if (tx->has_request && !tx->wants_range)
		sk_http_odds_add(&j->odds, SK_HTTP_ODD_RANGE_UNASKED);
	if (sk_form_is_ranges(type))
		return;
	if (!f || sk_range_parse(sk_http1_value(j->head, f), &r) <= 0)
		sk_http_odds_add(&j->odds, SK_HTTP_ODD_BAD_CONTENT_RANGE);
}

bool sk_http_response_event(struct sk_http *h, struct sk_http_tx *tx, struct sk_event *e, const struct sk_http1_head *head)
{
	struct sk_value *v;
	struct job j;

	if (!start(&j, h, tx, head, SK_KIND_HTTP_RESPONSE, SK_F_HTTP_RESPONSE_CNT))
		return false;
	v = j.v;
	if (head->status)
		sk_set_num(&v[SK_F_HTTP_RESPONSE_STATUS], head->status);
	if (head->status == 206)
		check_partial(&j, tx);
	sk_set_span(&v[SK_F_HTTP_RESPONSE_REASON], SK_VALUE_BYTES, own(&j, head->reason));
	sk_set_span(&v[SK_F_HTTP_RESPONSE_VERSION], SK_VALUE_TEXT, own(&j, head->version));
	sk_set_span(&v[SK_F_HTTP_RESPONSE_CONTENT_TYPE], SK_VALUE_BYTES, first_value(&j, SK_HTTP1_CONTENT_TYPE));
	sk_set_span(&v[SK_F_HTTP_RESPONSE_SERVER], SK_VALUE_BYTES, first_value(&j, SK_HTTP1_SERVER));
	sk_set_span(&v[SK_F_HTTP_RESPONSE_LOCATION], SK_VALUE_BYTES, first_value(&j, SK_HTTP1_LOCATION));
	if (head->has_content_length)
		sk_set_num(&v[SK_F_HTTP_RESPONSE_CONTENT_LENGTH], head->content_length);
	if (wants(&j, SK_F_HTTP_RESPONSE_HEADERS))
		v[SK_F_HTTP_RESPONSE_HEADERS] = headers(&j);
	note_memory(&j);
	if (wants(&j, SK_F_HTTP_RESPONSE_ODDITIES))
		set_oddities(&j, &v[SK_F_HTTP_RESPONSE_ODDITIES]);
	*e = (struct sk_event){ .kind = SK_KIND_HTTP_RESPONSE, .value_cnt = SK_F_HTTP_RESPONSE_CNT, .values = v,
				.parent = tx->has_request ? &tx->request : NULL };
	publish(&j, tx, SK_TO_CLIENT, e);
	sk_http_tell_odds(h, SK_TO_CLIENT, &j.odds, j.raw, head->off, e);
	return true;
}

/* --- copies --- */

static bool copy_value(struct sk_arena *arena, struct sk_value *v)
{
	struct sk_value *list;

	if (v->type == SK_VALUE_TEXT || v->type == SK_VALUE_BYTES || v->type == SK_VALUE_STREAM) {
		v->u.bytes = sk_arena_copy(arena, v->u.bytes);
		return v->u.bytes.p != NULL;
	}
	if (v->type != SK_VALUE_LIST && v->type != SK_VALUE_PAIRS)
		return true;
	list = sk_arena_alloc(arena, SK_MAX(v->u.list.n, (size_t)1) * sizeof(*list));
	if (!list)
		return false;
	for (size_t i = 0; i < v->u.list.n; i++) {
		list[i] = v->u.list.v[i];
		if (!copy_value(arena, &list[i]))
			return false;
	}
	v->u.list.v = list;
	return true;
}

const struct sk_event *sk_http_copy_event(struct sk_arena *arena, const struct sk_event *e)
{
	struct sk_event *copy = sk_arena_alloc(arena, sizeof(*copy));
	struct sk_value *v = sk_arena_alloc(arena, SK_MAX(e->value_cnt, 1u) * sizeof(*v));
	uint64_t *packets = sk_arena_alloc(arena, SK_MAX(e->packet_cnt, 1u) * sizeof(*packets));

	if (!copy || !v || !packets)
		return NULL;
	*copy = *e;
	if (e->packet_cnt)
		memcpy(packets, e->packets, e->packet_cnt * sizeof(*packets));
	copy->packets = packets;
	copy->unit = NULL;
	copy->parent = NULL;
	for (unsigned i = 0; i < e->value_cnt; i++) {
		v[i] = e->values[i];
		if (!copy_value(arena, &v[i]))
			v[i] = sk_value_none();
	}
	copy->values = v;
	return copy;
}
