/* app/http.c — HTTP/1: pairs requests with responses, follows upgrades and tunnels, publishes their events.
 *
 * in       runs and gaps of a flow
 * out      http.request, http.response, http.oddity; bodies, forms and files through http_body.c and http_file.c
 * memory   see http.h; parsers keep at most header_max bytes of a head per direction
 * source   RFC 9110, RFC 9112 9.3 (order of responses), RFC 9110 7.8 (upgrades), 9.3.6 (CONNECT)
 * limits   behind SK_HTTP_QUEUE_MAX unanswered requests the next ones are published but not kept for their responses
 *
 * Order of events: a request, its oddities, its query's parameters, its body; a response, its oddities, its body. A request's
 * memory lives until its body and its response's body are done, so that everything that belongs to it can name it.
 */
#include "app/http.h"

#include "app/list.h"
#include "app/websocket.h"
#include "base/mem.h"

SK_COUNTER_TABLE(http, SK_HTTP_COUNTERS)

#define TX_CHUNK 4096u
#if defined(__SANITIZE_ADDRESS__)
static const unsigned spare_max;	/* none, so that use after the end of a transaction is seen */
#else
static const unsigned spare_max = 64;
#endif

/* --- transactions --- */

static struct sk_http_tx *tx_new(struct sk_http *h)
{
	struct sk_http_tx *tx = h->worker->spare;

	if (tx) {
		h->worker->spare = tx->next;
		h->worker->spare_cnt--;
	} else {
		tx = sk_mem_alloc(sizeof(*tx));
		if (!tx) {
			h->counters->memory++;
			return NULL;
		}
		sk_arena_init(&tx->arena, TX_CHUNK, 0);
	}
	tx->next = NULL;
	memset(&tx->refs, 0, offsetof(struct sk_http_tx, request) - offsetof(struct sk_http_tx, refs));
	tx->refs = 1;
	/* a copy of both heads, and two values of 32 bytes for every two bytes of cookies */
	tx->arena.cap = sk_app_conf_of(h->a)->header_max * 36 + (256u << 10);
	return tx;
}

struct sk_http_tx *sk_http_tx_ref(struct sk_http_tx *tx)
{
	if (tx)
		tx->refs++;
	return tx;
}

void sk_http_tx_unref(struct sk_http *h, struct sk_http_tx *tx)
{
	if (!tx || --tx->refs)
		return;
	if (h->worker->spare_cnt < spare_max) {
		sk_arena_reset(&tx->arena);
		tx->next = h->worker->spare;
		h->worker->spare = tx;
		h->worker->spare_cnt++;
		return;
	}
	sk_arena_fini(&tx->arena);
	sk_mem_free(tx);
}

static void worker_end(void *worker)
{
	struct sk_http_worker *w = worker;

	sk_http_range_worker_end(w);
	while (w->spare) {
		struct sk_http_tx *next = w->spare->next;

		sk_arena_fini(&w->spare->arena);
		sk_mem_free(w->spare);
		w->spare = next;
	}
}

/* A request whose response will find nothing: but whether that has a body must be known. */
static void not_kept(struct sk_http *h, bool is_head)
{
	if (h->not_kept < SK_HTTP_HEADS_MAX && is_head)
		h->heads[h->not_kept / 64] |= UINT64_C(1) << h->not_kept % 64;
	h->not_kept++;
}

/* Keeps the request for its response. */
static void enqueue(struct sk_http *h, struct sk_http_tx *tx, uint64_t off)
{
	if (h->not_kept || h->queued >= SK_HTTP_QUEUE_MAX || h->queued_bytes > SK_HTTP_QUEUE_BYTES_MAX) {
		struct sk_http_odds odds = { { 0, 0 } };

		h->counters->queue_limit++;
		sk_http_odds_add(&odds, SK_HTTP_ODD_PIPELINE_TOO_LONG);
		if (h->not_kept == 0)
			sk_http_tell_odds(h, SK_TO_SERVER, &odds, sk_span(NULL, 0), off, &tx->request);
		not_kept(h, tx->is_head);
		return;
	}
	sk_http_tx_ref(tx);
	tx->next = NULL;
	if (h->last)
		h->last->next = tx;
	else
		h->first = tx;
	h->last = tx;
	h->queued++;
	h->queued_bytes += tx->arena.used;
}

/* The oldest request without response, with the queue's reference; NULL when there is none. */
static struct sk_http_tx *dequeue(struct sk_http *h)
{
	struct sk_http_tx *tx = h->first;

	if (!tx)
		return NULL;
	h->first = tx->next;
	if (!h->first) {
		h->last = NULL;
		h->queued_bytes = 0;
	}
	h->queued--;
	h->queued_bytes -= SK_MIN(h->queued_bytes, tx->arena.used);
	return tx;
}

/* --- pieces --- */

/* Tells the pieces that were put together. */
static void flush_pieces(struct sk_http_worker *w)
{
	struct sk_http_side *s = w->pieces_of;

	if (SK_LIKELY(!s))
		return;
	w->pieces_of = NULL;
	sk_http_body_push(s->body, sk_span(w->pieces, w->pieces_n), w->pieces_off, false);
}

/* Chunks of a byte or two: an event for each would cost far more than their bytes. */
static void gather_piece(struct sk_http_side *s, struct sk_span bytes, uint64_t off)
{
	struct sk_http_worker *w = s->http->worker;

	if (w->pieces_of && (w->pieces_of != s || sizeof(w->pieces) - w->pieces_n < bytes.n))
		flush_pieces(w);
	if (!w->pieces_of) {
		w->pieces_of = s;
		w->pieces_off = off;
		w->pieces_n = 0;
	}
	memcpy(w->pieces + w->pieces_n, bytes.p, bytes.n);
	w->pieces_n += bytes.n;
}

/* --- oddities --- */

/* Of at least one. */
static SK_NOINLINE void publish_odds(struct sk_http *h, int dir, struct sk_http_odds left, struct sk_span bytes, uint64_t off,
				     const struct sk_event *parent)
{
	while (sk_http_odds_any(&left))
		sk_app_publish_oddity(h->a, h->f, dir, SK_KIND_HTTP_ODDITY, sk_http_oddity_defs[sk_http_odds_take(&left)].name, bytes,
				      sk_span(NULL, 0), off, parent);
}

void sk_http_tell_odds(struct sk_http *h, int dir, const struct sk_http_odds *odds, struct sk_span bytes, uint64_t off,
		       const struct sk_event *parent)
{
	if (SK_LIKELY(!sk_http_odds_any(odds)))
		return;
	for (unsigned i = 0; i < SK_ARRAY_LEN(odds->w); i++)
		for (uint64_t left = odds->w[i]; left; left &= left - 1)
			h->counters->oddities++;
	if (sk_wanted_kind(h->wanted, SK_KIND_HTTP_ODDITY))
		publish_odds(h, dir, *odds, bytes, off, parent);
}

static void on_oddity(void *cx, enum sk_http_odd odd, struct sk_span bytes, uint64_t off)
{
	struct sk_http_side *s = cx;
	struct sk_http *h = s->http;
	struct sk_http_odds odds = { { 0, 0 } };
	const struct sk_event *parent = NULL;

	flush_pieces(h->worker);
	if (s->tx && s->dir == SK_TO_CLIENT && s->tx->has_response)
		parent = &s->tx->response;
	else if (s->tx && s->tx->has_request)
		parent = &s->tx->request;
	if (odd == SK_HTTP_ODD_JUNK_BEFORE_MESSAGE && s->dir == SK_TO_CLIENT && h->first) {
		/* all there is to an answer of HTTP/0.9 */
		parent = &h->first->request;
		odd = SK_HTTP_ODD_MISSING_STATUS_LINE;
		if (h->first->version_kind == SK_HTTP1_VERSION_NONE)
			return;
	}
	sk_http_odds_add(&odds, odd);
	sk_http_tell_odds(h, s->dir, &odds, bytes, off, parent);
}

/* --- messages --- */

/* The message at hand is tx's; the side has its own reference. Where no body follows and the head says nothing of one, none is made. */
static void open_message(struct sk_http_side *s, struct sk_http_tx *tx, const struct sk_http1_head *head)
{
	s->tx = sk_http_tx_ref(tx);
	if (head->bodyless && !sk_http1_find(head, SK_HTTP1_CONTENT_TYPE) && !sk_http1_find(head, SK_HTTP1_CONTENT_RANGE)) {
		s->body = NULL;
		s->body_failed = false;
		return;
	}
	s->body = sk_http_body_new(s, tx, head);
	s->body_failed = !s->body;
}

static enum sk_http1_answer on_request(struct sk_http_side *s, const struct sk_http1_head *head)
{
	struct sk_http *h = s->http;
	struct sk_http_tx *tx = tx_new(h);
	bool hold;

	h->counters->requests++;
	h->counters->second_readings += head->second;
	h->number++;
	if (tx && !sk_http_request_event(h, tx, head)) {
		h->counters->memory++;
		tx->has_request = false;
	}
	if (!tx || !tx->has_request) {
		sk_http_tx_unref(h, tx);
		if (!head->second)
			not_kept(h, sk_span_is_str(head->method, "HEAD"));
		return SK_HTTP1_BODY;
	}
	sk_http_query_form(s, tx, head, sk_event_bytes(&tx->request, SK_F_HTTP_REQUEST_QUERY));
	if (head->second) {
		sk_http_tx_unref(h, tx);
		return SK_HTTP1_BODY;
	}
	enqueue(h, tx, head->off);
	hold = tx->is_connect || tx->wants_websocket;
	if (!hold)
		open_message(s, tx, head);
	sk_http_tx_unref(h, tx);
	if (!hold)
		return SK_HTTP1_BODY;
	h->holding = true;
	return SK_HTTP1_SWITCH;
}

static struct sk_span flow_value(struct sk_http *h, const struct sk_http1_head *head, enum sk_http1_name name)
{
	const struct sk_http1_field *f = sk_http1_find(head, name);

	return f ? sk_arena_copy(&h->f->arena, sk_http1_value(head, f)) : sk_span(NULL, 0);
}

/* What websocket.c needs to know, in flow memory. NULL when memory is short. */
static const void *websocket_setup(struct sk_http *h, struct sk_http_tx *tx, const struct sk_http1_head *head)
{
	uint64_t refused = h->f->arena.refused;
	struct sk_app_websocket_setup *w = sk_arena_zalloc(&h->f->arena, sizeof(*w));

	if (!w) {
		h->counters->memory++;
		return NULL;
	}
	w->request = tx->has_request ? sk_http_copy_event(&h->f->arena, &tx->request) : NULL;
	w->key = sk_arena_copy(&h->f->arena, tx->key);
	w->origin = sk_arena_copy(&h->f->arena, tx->origin);
	w->accept = flow_value(h, head, SK_HTTP1_WEBSOCKET_ACCEPT);
	w->protocol = flow_value(h, head, SK_HTTP1_WEBSOCKET_PROTOCOL);
	w->extensions = flow_value(h, head, SK_HTTP1_WEBSOCKET_EXTENSIONS);
	h->counters->memory += h->f->arena.refused > refused;
	return w;
}

/* Does the response end HTTP on this flow? */
static bool is_switch(struct sk_http *h, struct sk_http_tx *tx, const struct sk_http1_head *head)
{
	const struct sk_http1_field *upgrade = sk_http1_find(head, SK_HTTP1_UPGRADE);
	struct sk_http_odds odds = { { 0, 0 } };

	if (tx->is_connect)
		return head->status / 100 == 2;
	if (head->status != 101)
		return false;
	if (!tx->wants_upgrade) {
		sk_http_odds_add(&odds, SK_HTTP_ODD_UPGRADE_WITHOUT_REQUEST);
		sk_http_tell_odds(h, SK_TO_CLIENT, &odds, sk_span(NULL, 0), head->off, &tx->response);
	}
	if (!tx->wants_upgrade && !upgrade)
		return false;
	h->to = NULL;
	if (tx->wants_websocket || (upgrade && sk_http1_has_token(sk_http1_value(head, upgrade), "websocket"))) {
		h->setup = websocket_setup(h, tx, head);
		h->to = h->setup ? &sk_app_websocket : NULL;
	}
	return true;
}

/* Interim responses belong to the oldest request and leave it waiting. */
static void on_interim(struct sk_http *h, const struct sk_http1_head *head)
{
	struct sk_http_tx *tx = h->first ? sk_http_tx_ref(h->first) : tx_new(h);
	struct sk_event e;

	if (!tx || !sk_http_response_event(h, tx, &e, head))
		h->counters->memory++;
	sk_http_tx_unref(h, tx);
}

static struct sk_http_tx *unasked(struct sk_http *h, bool *odd, bool *is_head)
{
	h->counters->unpaired++;
	*is_head = h->heads[0] & 1;
	if (h->not_kept == 0) {
		*odd = h->f->info.saw_both;
		return tx_new(h);
	}
	h->not_kept--;
	for (unsigned i = 0; i < SK_ARRAY_LEN(h->heads); i++)
		h->heads[i] = h->heads[i] >> 1 | (i + 1 < SK_ARRAY_LEN(h->heads) ? h->heads[i + 1] << 63 : 0);
	return tx_new(h);
}

static enum sk_http1_answer on_response(struct sk_http_side *s, const struct sk_http1_head *head)
{
	struct sk_http *h = s->http;
	struct sk_http_tx *tx;
	bool odd = false, is_head = false;
	enum sk_http1_answer answer = SK_HTTP1_BODY;

	h->counters->responses++;
	if (head->status / 100 == 1 && head->status != 101) {
		on_interim(h, head);
		return SK_HTTP1_NO_BODY;
	}
	tx = dequeue(h);
	if (!tx)
		tx = unasked(h, &odd, &is_head);
	if (is_head || (tx && tx->is_head) || head->status == 204 || head->status == 304)
		answer = SK_HTTP1_NO_BODY;
	if (!tx || !sk_http_response_event(h, tx, &tx->response, head)) {
		h->counters->memory++;
		sk_http_tx_unref(h, tx);
		s->body_failed = true;
		return answer;
	}
	tx->has_response = true;
	if (odd) {
		struct sk_http_odds odds = { { 0, 0 } };

		sk_http_odds_add(&odds, SK_HTTP_ODD_RESPONSE_WITHOUT_REQUEST);
		sk_http_tell_odds(h, SK_TO_CLIENT, &odds, sk_span(NULL, 0), head->off, &tx->response);
	}
	if (is_switch(h, tx, head)) {
		h->stopped = true;
		answer = SK_HTTP1_SWITCH;
	} else {
		open_message(s, tx, head);
	}
	sk_http_tx_unref(h, tx);
	return answer;
}

static enum sk_http1_answer on_head(void *cx, const struct sk_http1_head *head)
{
	struct sk_http_side *s = cx;

	flush_pieces(s->http->worker);
	return head->is_response ? on_response(s, head) : on_request(s, head);
}

static void on_body(void *cx, struct sk_span bytes, uint64_t off, bool headless, bool last)
{
	struct sk_http_side *s = cx;

	s->http->counters->body_bytes += bytes.n;
	if (headless && !s->body && !s->body_failed) {
		s->tx = s->dir == SK_TO_CLIENT ? sk_http_tx_ref(s->http->first) : NULL;
		s->body = sk_http_body_new(s, s->tx, NULL);
		s->body_failed = !s->body;
	}
	if (!s->body)
		return;
	if (SK_UNLIKELY(bytes.n < SK_HTTP_PIECE_SMALL && !last)) {
		gather_piece(s, bytes, off);
		return;
	}
	flush_pieces(s->http->worker);
	sk_http_body_push(s->body, bytes, off, last);
}

static void on_gap(void *cx, uint64_t lost)
{
	struct sk_http_side *s = cx;

	flush_pieces(s->http->worker);
	if (s->body)
		sk_http_body_gap(s->body, lost);
	else
		s->http->counters->gap_bytes += lost;
}

static void on_end(void *cx, bool truncated, bool headless)
{
	struct sk_http_side *s = cx;

	flush_pieces(s->http->worker);
	if (s->body)
		sk_http_body_end(s->body, truncated);
	s->body = NULL;
	s->body_failed = false;
	sk_http_tx_unref(s->http, s->tx);
	s->tx = NULL;
}

static void on_trailer(void *cx, struct sk_span bytes)
{
	struct sk_http_side *s = cx;

	flush_pieces(s->http->worker);
	if (s->body)
		sk_http_body_trailer(s->body, bytes);
}

static const struct sk_http1_ops ops = { on_head, on_body, on_gap, on_end, on_oddity, on_trailer };

/* --- bytes behind a handshake --- */

static size_t feed_side(struct sk_http *h, int dir, struct sk_span bytes, uint64_t off);

/* The handshake was refused, or nobody answers: what was held is HTTP. */
static void stop_holding(struct sk_http *h)
{
	struct sk_buf held = h->held;

	if (!h->holding)
		return;
	h->holding = false;
	h->held = (struct sk_buf){ 0 };
	sk_http1_resume(&h->side[SK_TO_SERVER].parser);
	if (held.n)
		(void)feed_side(h, SK_TO_SERVER, sk_buf_span(&held), h->held_off);
	sk_buf_fini(&held);
}

static void hold(struct sk_http *h, struct sk_span bytes, uint64_t off)
{
	struct sk_http_odds odds = { { 0, 0 } };

	h->held.cap = SK_HTTP_HELD_MAX;
	if (h->held.n == 0)
		h->held_off = off;
	if (bytes.n == 0 || sk_buf_add(&h->held, bytes) == 0)
		return;
	h->counters->held_limit++;
	sk_http_odds_add(&odds, SK_HTTP_ODD_HELD_TOO_LONG);
	sk_http_tell_odds(h, SK_TO_SERVER, &odds, sk_span(NULL, 0), h->held_off, h->last ? &h->last->request : NULL);
	stop_holding(h);
	(void)feed_side(h, SK_TO_SERVER, bytes, off);
}

/* Gives bytes to the parser; holds them behind a handshake. Returns the bytes read. */
static size_t feed_side(struct sk_http *h, int dir, struct sk_span bytes, uint64_t off)
{
	size_t k;

	if (dir == SK_TO_SERVER && h->holding) {
		hold(h, bytes, off);
		return bytes.n;
	}
	k = sk_http1_feed(&h->side[dir].parser, bytes);
	if (dir == SK_TO_SERVER && h->holding && k < bytes.n) {
		hold(h, sk_span_sub(bytes, k, bytes.n), off + k);
		return bytes.n;
	}
	return k;
}

/* --- the binding --- */

static void begin(struct sk_app *a, struct sk_flow *f, void *state, const void *setup)
{
	struct sk_http *h = state;
	uint32_t head_max = (uint32_t)SK_MIN(sk_app_conf_of(a)->header_max, (uint64_t)16 << 20);

	h->a = a;
	h->f = f;
	h->wanted = sk_app_wanted(a);
	h->counters = sk_app_binding_counters(a, &sk_app_http);
	h->worker = sk_app_binding_worker(a, &sk_app_http);
	for (int dir = 0; dir < 2; dir++) {
		h->side[dir].http = h;
		h->side[dir].dir = dir;
		sk_http1_init(&h->side[dir].parser, dir == SK_TO_CLIENT, head_max, 0, &ops, &h->side[dir]);
	}
}

/* The flow goes on with another protocol behind the response head; k bytes of the run are read. */
static void leave(struct sk_http *h, const struct sk_run *run, size_t k)
{
	struct sk_run rest[2] = { { .off = h->held_off }, { .off = run->off + k } };

	rest[SK_TO_SERVER].data = sk_buf_span(&h->held);
	if (h->held.n == 0)
		rest[SK_TO_SERVER].off = h->side[SK_TO_SERVER].parser.off;
	rest[SK_TO_CLIENT].data = sk_span_sub(run->data, k, run->data.n);
	h->counters->switched++;
	sk_app_switch(h->a, h->f, h->to, h->setup, rest);
}

static void run_gap(struct sk_http *h, int dir, const struct sk_run *run)
{
	if (dir == SK_TO_SERVER && h->holding)
		stop_holding(h);
	sk_http1_gap(&h->side[dir].parser, run->lost);
}

static void take_run(struct sk_http *h, int dir, const struct sk_run *run)
{
	struct sk_http1 *p = &h->side[dir].parser;
	size_t k;

	/* the stream may be joined in its middle */
	if (p->off < run->off && p->wait.n == 0 && !p->open)
		p->off = run->off;
	if (!run->data.p) {
		run_gap(h, dir, run);
	} else if (run->data.n) {
		if (dir == SK_TO_CLIENT)
			sk_http1_flush(&h->side[SK_TO_SERVER].parser);
		k = feed_side(h, dir, run->data, run->off);
		h->counters->memory += p->refused;
		p->refused = 0;
		if (h->stopped) {
			leave(h, run, k);
			return;
		}
		if (dir == SK_TO_CLIENT && h->holding && !h->first)
			stop_holding(h);
	}
	if (run->fin) {
		if (dir == SK_TO_SERVER)
			stop_holding(h);
		sk_http1_end(p);
	}
}

static void run(struct sk_app *a, struct sk_flow *f, void *state, int dir, const struct sk_run *run)
{
	struct sk_http *h = state;

	if (h->stopped)
		return;
	take_run(h, dir, run);
	flush_pieces(h->worker);
}

/* Hosts of another kind see another request. */
static void other(struct sk_app *a, struct sk_flow *f, void *state, int dir, const struct sk_run *run)
{
	struct sk_http *h = state;
	struct sk_http_side *s = &h->side[dir];

	sk_http_tx_unref(h, s->view_tx);
	s->view_tx = sk_http_tx_ref(s->tx ? s->tx : h->first);
	if (!h->stopped && !h->holding && dir == SK_TO_SERVER)
		sk_http1_other(&h->side[dir].parser, run->data, run->off, run->reading == SK_RUN_INSERTED);
}

/* As a body of its own, of the message that was at hand when the other bytes came: undecoded, perhaps with heads and chunk sizes among it. */
static void view(struct sk_app *a, struct sk_flow *f, void *state, int dir, struct sk_span bytes, uint64_t off)
{
	struct sk_http *h = state;
	const struct sk_http_tx *tx = h->side[dir].view_tx;
	struct sk_value v[SK_F_HTTP_BODY_CNT] = { [SK_F_HTTP_BODY_BYTES] = { .type = SK_VALUE_STREAM, .u.bytes = bytes } };
	void *unit = NULL;
	struct sk_event e = { .kind = SK_KIND_HTTP_BODY, .value_cnt = SK_F_HTTP_BODY_CNT, .values = v, .unit = &unit };

	if (tx)
		e.parent = dir == SK_TO_CLIENT && tx->has_response ? &tx->response : tx->has_request ? &tx->request : NULL;
	v[SK_F_HTTP_BODY_OFFSET] = sk_value_num(0);
	v[SK_F_HTTP_BODY_LAST] = sk_value_bool(true);
	v[SK_F_HTTP_BODY_TRUNCATED] = sk_value_bool(true);
	v[SK_F_HTTP_BODY_SECOND] = sk_value_bool(true);
	sk_app_publish(a, f, dir, off, &e);
}

static void end(struct sk_app *a, struct sk_flow *f, void *state)
{
	struct sk_http *h = state;
	struct sk_http_tx *tx;

	if (!h->stopped)
		stop_holding(h);
	for (int dir = 0; dir < 2; dir++) {
		sk_http1_end(&h->side[dir].parser);
		sk_http1_fini(&h->side[dir].parser);
		on_end(&h->side[dir], true, false);
		sk_http_tx_unref(h, h->side[dir].view_tx);
	}
	sk_http_range_flow_end(h);
	h->stopped = true;
	while ((tx = dequeue(h)))
		sk_http_tx_unref(h, tx);
	sk_buf_fini(&h->held);
}

static enum sk_app_guess guess(struct sk_span first, int dir, const struct sk_flow_info *f)
{
	int g;

	if (f->proto != 6)
		return SK_APP_NO;
	g = sk_http1_guess(first, dir == SK_TO_CLIENT);
	return g > 0 ? SK_APP_YES : g < 0 ? SK_APP_MORE : SK_APP_NO;
}

const struct sk_app_binding sk_app_http = {
	.name = "http",
	.kinds = 0,			/* a tunnel may hold anything */
	.state_size = sizeof(struct sk_http),
	.guess = guess,
	.begin = begin,
	.run = run,
	.other = other,
	.view = view,
	.end = end,
	.counter_table = &sk_http_counter_table,
	.worker_size = sizeof(struct sk_http_worker),
	.worker_end = worker_end,
};
