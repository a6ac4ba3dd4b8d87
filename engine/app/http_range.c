/* app/http_range.c — a resource that is fetched in ranges: its pieces put together, so that it is seen as its receiver sees it.
 *
 * in       bodies with Content-Range, parts of multipart/byteranges, of any flows of a worker
 * out      http.body and file (with pieces) of the whole once its last byte is there, in the flow that brought that; at the end of a
 *          flow that brought several pieces of a resource that is not whole, http.body of what lies together, and range_hole
 * memory   app.ranges bytes a worker, of which a resource may have a quarter; at most SK_HTTP_RANGES_MAX resources, the one unused
 *          longest goes first
 * threads  the flow's worker
 * source   RFC 9110 14, 15.3.7
 * limits   pieces belong together by client, server, host and target, whatever their validators say. Pieces that other workers saw
 *          are not known: of a sensor with several workers those in other flows may be missing, of a replay none. What lies together
 *          of different flows, but is never whole, is told in its pieces only
 */
#include <stdlib.h>

#include "app/http.h"

struct sk_http_range {
	struct sk_http_range *next;
	uint8_t *key;
	size_t key_n;
	struct sk_ranges bytes;
	struct sk_coding_list codings;
	uint64_t total;
	uint64_t told;			/* bytes.held when what there is was told; again when it has doubled, so that the cost stays in proportion */
	uint32_t pieces;
	uint32_t users;			/* bodies and flows that point here */
	bool given_up;
	bool linked;
	bool differs;			/* range_overlap was told */
};

static uint64_t budget_of_one(const struct sk_http *h) { return sk_app_conf_of(h->a)->ranges_max / 4; }

/* --- resources of a worker --- */

static void give_up(struct sk_http_worker *w, struct sk_http_range *r)
{
	sk_ranges_clear(&r->bytes, &w->range_budget);
	r->given_up = true;
}

static void unlink_range(struct sk_http_worker *w, struct sk_http_range *r)
{
	struct sk_http_range **p = &w->ranges;

	if (!r->linked)
		return;
	while (*p != r)
		p = &(*p)->next;
	*p = r->next;
	r->linked = false;
	w->range_cnt--;
}

static void free_range(struct sk_http_worker *w, struct sk_http_range *r)
{
	give_up(w, r);
	w->range_budget += sizeof(*r) + r->key_n;
	free(r->key);
	free(r);
}

/* Nobody is to find it any more. */
static void drop(struct sk_http_worker *w, struct sk_http_range *r)
{
	unlink_range(w, r);
	if (r->users)
		give_up(w, r);
	else
		free_range(w, r);
}

static void release(struct sk_http_worker *w, struct sk_http_range *r)
{
	if (--r->users == 0 && !r->linked)
		free_range(w, r);
}

/* Makes room for n bytes by forgetting the resources unused longest, all but r; without r for a new one as well. */
static void make_room(struct sk_http *h, uint64_t n, const struct sk_http_range *r)
{
	struct sk_http_worker *w = h->worker;

	while (w->ranges && (w->range_budget < n || (!r && w->range_cnt >= SK_HTTP_RANGES_MAX))) {
		struct sk_http_range *oldest = NULL;

		for (struct sk_http_range *o = w->ranges; o; o = o->next)
			if (o != r)
				oldest = o;
		if (!oldest)
			return;
		h->counters->ranges_evicted++;
		drop(w, oldest);
	}
}

/* Client, server, host and target. n 0 where there is no request. */
static size_t make_key(const struct sk_http *h, const struct sk_http_body *b, uint8_t *key)
{
	const struct sk_event *q = &b->tx->request;
	const struct sk_span host = sk_event_bytes(q, SK_F_HTTP_REQUEST_HOST), target = sk_event_bytes(q, SK_F_HTTP_REQUEST_TARGET);
	const struct sk_flow_info *f = &h->f->info;
	uint8_t *p = key;

	if (!key)
		return 2 * sizeof(f->client_ip) + 2 + host.n + target.n;
	memcpy(p, &f->client_ip, sizeof(f->client_ip));
	p += sizeof(f->client_ip);
	memcpy(p, &f->server_ip, sizeof(f->server_ip));
	p += sizeof(f->server_ip);
	*p++ = (uint8_t)b->side->dir;
	if (host.n)
		memcpy(p, host.p, host.n);
	p += host.n;
	*p++ = 0;
	if (target.n)
		memcpy(p, target.p, target.n);
	return (size_t)(p - key) + target.n;
}

static struct sk_http_range *find(struct sk_http_worker *w, const uint8_t *key, size_t n)
{
	for (struct sk_http_range **p = &w->ranges; *p; p = &(*p)->next) {
		struct sk_http_range *r = *p;

		if (r->key_n != n || memcmp(r->key, key, n) != 0)
			continue;
		*p = r->next;
		r->next = w->ranges;
		w->ranges = r;
		return r;
	}
	return NULL;
}

static struct sk_http_range *new_range(struct sk_http *h, uint8_t *key, size_t n)
{
	struct sk_http_worker *w = h->worker;
	struct sk_http_range *r;

	make_room(h, sizeof(*r) + n, NULL);
	if (w->range_budget < sizeof(*r) + n)
		return NULL;
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	w->range_budget -= sizeof(*r) + n;
	r->key = key;
	r->key_n = n;
	r->total = SK_RANGES_UNKNOWN;
	r->linked = true;
	r->next = w->ranges;
	w->ranges = r;
	w->range_cnt++;
	return r;
}

static void tell_odd(struct sk_http *h, int dir, enum sk_http_odd odd, struct sk_span bytes, struct sk_span old, uint64_t off,
		     const struct sk_event *parent)
{
	h->counters->oddities++;
	sk_app_publish_oddity(h->a, h->f, dir, SK_KIND_HTTP_ODDITY, sk_http_oddity_defs[odd].name, bytes, old, off, parent);
}

/* There is not room for the resource. */
static void tell_limit(struct sk_http_body *b, uint64_t off)
{
	struct sk_http *h = b->side->http;

	h->counters->ranges_limit++;
	tell_odd(h, b->side->dir, SK_HTTP_ODD_RANGE_LIMIT, sk_span(NULL, 0), sk_span(NULL, 0), off, b->parent);
}

/* The resource of the body whose head begins at off, known or new. NULL: it cannot be had. */
static struct sk_http_range *range_of(struct sk_http_body *b, uint64_t off)
{
	struct sk_http *h = b->side->http;
	struct sk_http_worker *w = h->worker;
	size_t n = make_key(h, b, NULL);
	uint8_t *key;
	struct sk_http_range *r;

	if (!w->range_begun)
		w->range_budget = sk_app_conf_of(h->a)->ranges_max;
	w->range_begun = true;
	if (n > budget_of_one(h)) {
		tell_limit(b, off);
		return NULL;
	}
	key = malloc(n);
	if (!key) {
		h->counters->memory++;
		return NULL;
	}
	make_key(h, b, key);
	r = find(w, key, n);
	if (!r && (r = new_range(h, key, n)))
		return r;
	free(key);
	if (!r)
		h->counters->memory++;
	return r;
}

/* --- pieces --- */

static void on_differ(void *cx, struct sk_span fresh, struct sk_span old, uint64_t off)
{
	struct sk_http_body *b = cx;

	if (!b->range->differs)
		tell_odd(b->side->http, b->side->dir, SK_HTTP_ODD_RANGE_OVERLAP, fresh, old, b->first_off, b->parent);
	b->range->differs = true;
}

/* A piece begins, as its Content-Range says. */
static void open_piece(struct sk_http_body *b, struct sk_http_range *r, const struct sk_range *range)
{
	b->range = r;
	b->range_off = range->first;
	b->range_piece = ++r->pieces;
	r->users++;
	if (range->total != SK_RANGES_UNKNOWN)
		r->total = range->total;
}

static void put(struct sk_http_body *b, struct sk_span bytes)
{
	struct sk_http *h = b->side->http;
	struct sk_http_worker *w = h->worker;
	struct sk_http_range *r = b->range;
	const uint64_t want = 2 * bytes.n + SK_RANGES_CHUNK, may = budget_of_one(h);
	bool kept;

	if (r->given_up)
		return;
	make_room(h, SK_MIN(want, may), r);
	kept = bytes.n <= may && r->bytes.held + bytes.n <= may &&
	       sk_ranges_put(&r->bytes, b->range_off, bytes, b->range_piece, &w->range_budget, on_differ, b);
	b->range_off += bytes.n;
	if (kept)
		return;
	give_up(w, r);
	tell_limit(b, b->first_off);
}

static void part_begin(void *cx, const struct sk_form_part *part);
static void part_value(void *cx, struct sk_span bytes);
static void part_end(void *cx, struct sk_span rest, bool truncated);

static const struct sk_form_ops part_ops = { part_begin, part_value, part_end };

void sk_http_range_begin(struct sk_http_body *b, const struct sk_http1_head *head)
{
	const struct sk_http1_field *f = sk_http1_find(head, SK_HTTP1_CONTENT_RANGE);
	struct sk_http_range *r;
	struct sk_range range;

	if (SK_LIKELY(!f && head->status != 206))
		return;
	if (!b->tx->has_request || sk_app_conf_of(b->side->http->a)->ranges_max == 0)
		return;
	if (sk_form_is_ranges(b->content_type)) {
		b->parts = sk_form_new(SK_FORM_RANGES, b->content_type, &part_ops, b);
		b->range_decoded = true;
		if (!b->parts)
			b->side->http->counters->memory++;
		return;
	}
	if (!f || sk_range_parse(sk_http1_value(head, f), &range) <= 0 || !(r = range_of(b, head->off)))
		return;
	b->range_decoded = head->has_transfer_codings;
	if (r->pieces == 0 && !b->range_decoded)
		r->codings = head->codings;
	open_piece(b, r, &range);
}

void sk_http_range_push(struct sk_http_body *b, struct sk_span bytes, bool is_decoded)
{
	if (is_decoded != b->range_decoded)
		return;
	if (b->parts)
		sk_form_push(b->parts, bytes);
	else
		put(b, bytes);
}

void sk_http_range_gap(struct sk_http_body *b, uint64_t lost)
{
	if (b->parts)
		sk_form_gap(b->parts);
	b->range_off += lost;
	if (!b->range || !b->range_decoded || !b->coding)
		return;
	/* how many bytes the decoder would have made of them nobody knows */
	release(b->side->http->worker, b->range);
	b->range = NULL;
}

/* --- telling --- */

static bool is_whole(const struct sk_http_range *r, const struct sk_ranges_chunk **behind)
{
	const struct sk_ranges_chunk *c = r->bytes.first;
	bool joined;

	return c && c->off == 0 && r->total != SK_RANGES_UNKNOWN && sk_ranges_run(c, behind, &joined) >= r->total;
}

/* Bytes [c, behind) as a body, and as a file where they are all there is. */
static void tell(struct sk_http *h, const struct sk_http_range_use *u, const struct sk_ranges_chunk *c, const struct sk_ranges_chunk *behind,
		 bool whole)
{
	struct sk_http_range *r = u->range;
	struct sk_http_body *b = sk_http_body_made(&h->side[u->dir], u->tx, &r->codings, r->pieces);

	if (!b)
		return;
	if (whole && sk_wanted_kind(h->wanted, SK_KIND_FILE))
		sk_http_file_begin(&b->file, u->name, u->by_type);
	for (; c != behind; c = c->next)
		if (c->n)
			sk_http_body_push(b, sk_span(c->p, c->n), u->off, false);
	sk_http_body_end(b, !whole);
}

/* What lies together of several pieces; the flow that brought them is over. */
static void tell_partial(struct sk_http *h, struct sk_http_range_use *u)
{
	struct sk_http_range *r = u->range;
	const struct sk_ranges_chunk *c = r->bytes.first, *behind;
	bool joined, any = false;

	if (r->bytes.held < 2 * r->told)
		return;
	r->told = r->bytes.held;
	for (; c; c = behind) {
		(void)sk_ranges_run(c, &behind, &joined);
		if (!joined)
			continue;
		tell(h, u, c, behind, false);
		any = true;
	}
	if (!any)
		return;
	h->counters->ranges_partial++;
	tell_odd(h, u->dir, SK_HTTP_ODD_RANGE_HOLE, sk_span(NULL, 0), sk_span(NULL, 0), u->off,
		 u->dir == SK_TO_CLIENT ? &u->tx->response : &u->tx->request);
}

static void end_use(struct sk_http *h, unsigned i, bool with_partial)
{
	struct sk_http_range_use *u = &h->uses[i];

	if (with_partial && u->pieces > 1 && !u->range->given_up)
		tell_partial(h, u);
	release(h->worker, u->range);
	sk_http_tx_unref(h, u->tx);
	h->uses[i] = h->uses[--h->use_cnt];
}

/* The flow's note of the resource; the oldest makes place for a new one. NULL when memory is short. */
static struct sk_http_range_use *use_of(struct sk_http *h, struct sk_http_range *r)
{
	if (!h->uses)
		h->uses = sk_arena_zalloc(&h->f->arena, SK_HTTP_RANGE_USES * sizeof(*h->uses));
	if (!h->uses) {
		h->counters->memory++;
		return NULL;
	}
	for (unsigned i = 0; i < h->use_cnt; i++)
		if (h->uses[i].range == r)
			return &h->uses[i];
	if (h->use_cnt == SK_HTTP_RANGE_USES)
		end_use(h, 0, true);
	h->uses[h->use_cnt] = (struct sk_http_range_use){ .range = r };
	r->users++;
	return &h->uses[h->use_cnt++];
}

static void close_piece(struct sk_http_body *b)
{
	struct sk_http *h = b->side->http;
	struct sk_http_range *r = b->range;
	struct sk_http_range_use *u = r->given_up ? NULL : use_of(h, r);
	const struct sk_ranges_chunk *behind = NULL;

	b->range = NULL;
	if (u) {
		if (u->tx != b->tx) {
			sk_http_tx_unref(h, u->tx);
			u->tx = sk_http_tx_ref(b->tx);
		}
		u->name = b->file.name;
		u->by_type = b->file.by_type;
		u->off = b->first_off;
		u->dir = (uint8_t)b->side->dir;
		u->pieces++;
	}
	if (u && is_whole(r, &behind)) {
		if (r->pieces > 1) {
			h->counters->ranges_joined++;
			tell(h, u, r->bytes.first, behind, true);
		}
		drop(h->worker, r);
		end_use(h, (unsigned)(u - h->uses), false);
	}
	release(h->worker, r);
}

static void part_begin(void *cx, const struct sk_form_part *part)
{
	struct sk_http_body *b = cx;
	struct sk_http_range *r;
	struct sk_range range;

	if (sk_range_parse(part->name, &range) <= 0) {
		tell_odd(b->side->http, b->side->dir, SK_HTTP_ODD_BAD_CONTENT_RANGE, part->name, sk_span(NULL, 0), b->first_off, b->parent);
		return;
	}
	r = range_of(b, b->first_off);
	if (r)
		open_piece(b, r, &range);
}

static void part_value(void *cx, struct sk_span bytes)
{
	struct sk_http_body *b = cx;

	if (b->range)
		put(b, bytes);
}

static void part_end(void *cx, struct sk_span rest, bool truncated)
{
	struct sk_http_body *b = cx;

	if (!b->range)
		return;
	put(b, rest);
	close_piece(b);
}

void sk_http_range_end(struct sk_http_body *b, bool truncated)
{
	if (b->parts) {
		sk_form_finish(b->parts, truncated);
		sk_form_free(b->parts);
		b->parts = NULL;
	} else if (b->range) {
		close_piece(b);
	}
}

void sk_http_range_flow_end(struct sk_http *h)
{
	while (h->use_cnt)
		end_use(h, 0, true);
}

void sk_http_range_worker_end(struct sk_http_worker *w)
{
	while (w->ranges)
		drop(w, w->ranges);
}
