/* app/websocket.c — WebSocket frames to messages: unmasked, joined, inflated, told in pieces as they come.
 *
 * in       runs behind the handshake that http.c followed
 * memory   state in flow memory; an inflater per direction once a compressed message came, about 40 KiB, at most
 *          INFLATERS_MAX per worker
 * source   RFC 6455 5, RFC 7692
 * limits   behind a hole that swallowed a frame header a run that consists of whole frames is where reading goes on. A
 *          direction whose deflate window is lost is told as it was sent, marked compressed and truncated
 */
#include "app/websocket.h"

#include "app/list.h"
#include "proto/inflate_ws.h"
#include "proto/websocket.h"

#define SK_WEBSOCKET_COUNTERS(X) \
	X(connections, "flows", "accepted handshakes") \
	X(frames, "frames", "frames") \
	X(messages, "messages", "messages") \
	X(compressed, "messages", "… deflated") \
	X(malformed, "frames", "things against RFC 6455 or 7692") \
	X(inflate_failed, "messages", "messages that could not be inflated") \
	X(inflate_limit, "messages", "messages that inflate to too much") \
	X(inflaters, "inflaters", "inflaters open now") \
	X(inflaters_refused, "messages", "messages not inflated because too many inflaters were open") \
	X(lost, "gaps", "holes that hid a frame header") \
	X(memory, "runs", "runs lost because memory was short")
SK_COUNTER_STRUCT(websocket, SK_WEBSOCKET_COUNTERS)
SK_COUNTER_TABLE(websocket, SK_WEBSOCKET_COUNTERS)

#define INFLATERS_MAX 4096u
#define CHUNK 16384u			/* bytes unmasked or inflated at a time */
#define ODD_MAX 8u			/* times an oddity of one name is told per direction */
#define RATIO_FREE (1u << 20)		/* bytes out before the ratio counts */
#define PIECE_SMALL 64u			/* pieces of a message shorter than that are put together … */
#define PIECES_MAX 1024u		/* … up to so many bytes of a run */

_Static_assert(CHUNK == SK_WS_INFLATE_CHUNK, "one buffer serves both");

enum how { AS_SENT, INFLATE, SILENT };	/* what is told of a message's payload; SILENT: inflating it has failed half-way */

struct message {
	bool is_open;
	bool masked, compressed, truncated;
	enum how how;
	uint8_t opcode;
	void *unit;
	uint64_t off;			/* bytes told */
	uint64_t in;			/* bytes of payload taken */
	uint64_t fragments;
	uint64_t number;
};

struct side {
	struct sk_ws_reader reader;
	struct sk_ws_header frame;
	bool in_frame;
	bool lost;			/* where a frame begins is not known */
	bool closed;			/* a close frame was seen */
	bool no_context;		/* the deflate window is lost for good */
	bool has_window;		/* the inflater holds what earlier messages left */
	uint64_t left;			/* payload of the frame at hand still to come */
	uint64_t pos;			/* … that has come */
	uint64_t frame_off;
	uint64_t numbers;
	struct sk_ws_inflate *inflate;
	struct message data, control;
	uint8_t told[SK_WS_ODDITY_CNT];
};

struct websocket {
	const struct sk_event *request;
	struct sk_ws_deflate deflate;
	struct side side[2];
};

/* What is at hand. */
struct job {
	struct sk_app *a;
	struct sk_flow *f;
	struct websocket *w;
	struct side *s;
	struct message *m;
	int dir;
	uint64_t first_off;		/* where the bytes of the piece at hand begin */
	uint8_t *chunk;
	uint8_t *pieces;		/* PIECES_MAX, where there are bytes at hand */
	size_t pieces_n;
	struct message *pieces_of;
	uint64_t pieces_off;		/* where the first of them begins */
	struct sk_websocket_counters *counters;
};

static void flush_pieces(struct job *j);

static void odd(struct job *j, unsigned which, struct sk_span bytes)
{
	flush_pieces(j);
	j->counters->malformed++;
	if (j->s->told[which] == ODD_MAX)
		return;
	j->s->told[which]++;
	sk_app_publish_oddity(j->a, j->f, j->dir, SK_KIND_WEBSOCKET_ODDITY, sk_ws_oddity_names[which], bytes, sk_span(NULL, 0),
			      j->first_off, j->w->request);
}

#define ODD(j, id, bytes) odd(j, SK_WS_ODDITY_BIT_##id, bytes)

static struct sk_span frame_bytes(const struct side *s)
{
	return sk_span(s->reader.bytes, s->frame.header_len);
}

/* --- messages --- */

static const char *opcode_name(uint8_t opcode)
{
	static const char *const names[16] = {
		"0", "text", "binary", "3", "4", "5", "6", "7", "close", "ping", "pong", "11", "12", "13", "14", "15" };

	return names[opcode & 15];
}

static void publish(struct job *j, struct sk_span bytes, bool last)
{
	struct message *m = j->m;
	struct sk_value v[SK_F_WEBSOCKET_MESSAGE_CNT];
	struct sk_event e = { .kind = SK_KIND_WEBSOCKET_MESSAGE, .value_cnt = SK_F_WEBSOCKET_MESSAGE_CNT, .values = v,
			      .parent = j->w->request, .unit = &m->unit };

	sk_set_span(&v[SK_F_WEBSOCKET_MESSAGE_PAYLOAD], SK_VALUE_STREAM, bytes.p ? bytes : sk_span("", 0));
	sk_set_num(&v[SK_F_WEBSOCKET_MESSAGE_OFFSET], m->off);
	sk_set_bool(&v[SK_F_WEBSOCKET_MESSAGE_LAST], last);
	sk_set_bool(&v[SK_F_WEBSOCKET_MESSAGE_TRUNCATED], m->truncated);
	sk_set_span(&v[SK_F_WEBSOCKET_MESSAGE_OPCODE], SK_VALUE_TEXT, sk_span_str(opcode_name(m->opcode)));
	sk_set_num(&v[SK_F_WEBSOCKET_MESSAGE_FRAGMENTS], m->fragments);
	sk_set_bool(&v[SK_F_WEBSOCKET_MESSAGE_COMPRESSED], m->compressed);
	sk_set_bool(&v[SK_F_WEBSOCKET_MESSAGE_MASKED], m->masked);
	sk_set_num(&v[SK_F_WEBSOCKET_MESSAGE_NUMBER], m->number);
	sk_app_publish(j->a, j->f, j->dir, j->first_off, &e);
	m->off += bytes.n;
}

/* Publishes the pieces that were put together. */
static void publish_pieces(struct job *j, bool last)
{
	struct message *m = j->m;
	uint64_t off = j->first_off;

	j->m = j->pieces_of;
	j->first_off = j->pieces_off;
	publish(j, sk_span(j->pieces, j->pieces_n), last);
	j->pieces_n = 0;
	j->m = m;
	j->first_off = off;
}

static void flush_pieces(struct job *j)
{
	if (SK_UNLIKELY(j->pieces_n))
		publish_pieces(j, false);
}

static void add_piece(struct job *j, struct sk_span bytes)
{
	if (bytes.n)
		memcpy(j->pieces + j->pieces_n, bytes.p, bytes.n);
	j->pieces_n += bytes.n;
}

/* Pieces of only a few bytes wait for those of their message behind them. */
static void publish_piece(struct job *j, struct sk_span bytes, bool last)
{
	bool joins = j->pieces_n && j->pieces_of == j->m && bytes.n < PIECE_SMALL && bytes.n <= PIECES_MAX - j->pieces_n;

	if (last && joins) {
		add_piece(j, bytes);
		publish_pieces(j, true);
		return;
	}
	if (last || bytes.n >= PIECE_SMALL) {
		flush_pieces(j);
		publish(j, bytes, last);
		return;
	}
	if (!joins) {
		flush_pieces(j);
		j->pieces_of = j->m;
		j->pieces_off = j->first_off;
	}
	add_piece(j, bytes);
}

static void open_message(struct job *j, uint8_t opcode, bool compressed)
{
	struct message *m = j->m;

	*m = (struct message){ .is_open = true, .opcode = opcode, .compressed = compressed, .masked = j->s->frame.masked,
			       .number = ++j->s->numbers };
	j->counters->messages++;
}

static void publish_last(struct job *j, struct sk_span bytes)
{
	publish_piece(j, bytes, true);
	j->m->is_open = false;
	j->m->unit = NULL;
}

static void close_message(struct job *j, bool truncated)
{
	if (!j->m->is_open)
		return;
	j->m->truncated |= truncated;
	publish_last(j, sk_span(NULL, 0));
}

/* --- inflating --- */

static void drop_inflate(struct job *j, struct side *s)
{
	if (!s->inflate)
		return;
	sk_ws_inflate_free(s->inflate);
	s->inflate = NULL;
	j->counters->inflaters--;
}

/* The window is gone: where later messages need it they are told as sent. */
static void lose_context(struct job *j)
{
	struct side *s = j->s;

	drop_inflate(j, s);
	s->has_window = false;
	if (!j->w->deflate.agreed || j->w->deflate.no_takeover[j->dir] || s->no_context)
		return;
	s->no_context = true;
	ODD(j, CONTEXT, frame_bytes(s));
}

static void begin_inflate(struct job *j)
{
	struct side *s = j->s;

	j->counters->compressed++;
	if (s->no_context) {
		j->m->truncated = true;
		return;
	}
	if (!s->inflate && j->counters->inflaters < INFLATERS_MAX) {
		s->inflate = sk_ws_inflate_new();
		j->counters->inflaters += s->inflate != NULL;
	}
	if (!s->inflate) {
		j->counters->inflaters_refused++;
		ODD(j, INFLATERS, frame_bytes(s));
		j->m->truncated = true;
		lose_context(j);
		return;
	}
	sk_ws_inflate_begin(s->inflate, s->has_window && !j->w->deflate.no_takeover[j->dir]);
	j->m->how = INFLATE;
}

static bool on_inflated(void *cx, struct sk_span out)
{
	struct job *j = cx;
	const struct sk_app_conf *conf = sk_app_conf_of(j->a);
	uint64_t waiting = j->pieces_n && j->pieces_of == j->m ? j->pieces_n : 0, total = j->m->off + waiting + out.n;

	publish_piece(j, out, false);
	if (total > conf->inflate_max) {
		j->counters->inflate_limit++;
		ODD(j, INFLATE_LIMIT, frame_bytes(j->s));
		return false;
	}
	if (total > RATIO_FREE && total / SK_MAX(j->m->in, (uint64_t)1) > conf->inflate_ratio_max) {
		j->counters->inflate_limit++;
		ODD(j, RATIO, frame_bytes(j->s));
		return false;
	}
	return true;
}

static void give_up_inflate(struct job *j, int rc)
{
	if (rc != SK_E_LIMIT) {
		j->counters->inflate_failed++;
		ODD(j, INFLATE, frame_bytes(j->s));
	}
	j->m->truncated = true;
	j->m->how = SILENT;
	lose_context(j);
}

static void inflate_bytes(struct job *j, struct sk_span bytes, bool last)
{
	int rc = sk_ws_inflate_run(j->s->inflate, bytes, last, j->chunk, on_inflated, j);

	if (rc < 0)
		give_up_inflate(j, rc);
	else if (last)
		j->s->has_window = true;
}

/* --- payload --- */

/* Payload bytes of the frame at hand, unmasked. last: the message ends with them. */
static void message_bytes(struct job *j, struct sk_span bytes, bool last)
{
	struct message *m = j->m;

	m->in += bytes.n;
	if (m->how == INFLATE)
		inflate_bytes(j, bytes, last);
	else if (m->how == AS_SENT && bytes.n && !last)
		publish_piece(j, bytes, false);
	else if (m->how == AS_SENT && last)
		publish_last(j, bytes);
	if (last)
		close_message(j, false);
}

static void payload(struct job *j, struct sk_span bytes)
{
	struct side *s = j->s;
	bool is_control = s->frame.opcode >= 8;
	size_t step;
	uint8_t *plain = j->chunk;
	uint8_t small[512];

	/* an inflater writes into the chunk: its input is unmasked elsewhere */
	if (j->m->how == INFLATE) {
		plain = small;
		step = sizeof(small);
	} else {
		step = CHUNK;
	}
	if (!s->frame.masked)
		step = bytes.n;
	do {
		struct sk_span part = sk_span_sub(bytes, 0, step);
		bool ends = part.n == s->left && (s->frame.fin || is_control);

		if (s->frame.masked) {
			sk_ws_unmask(plain, part, s->frame.mask, s->pos);
			part.p = plain;
		}
		s->pos += part.n;
		s->left -= part.n;
		bytes = sk_span_sub(bytes, part.n, bytes.n);
		message_bytes(j, part, ends);
	} while (bytes.n);
}

/* --- frames --- */

static void check_frame(struct job *j)
{
	const struct side *s = j->s;
	const struct sk_ws_header *h = &s->frame;
	bool is_control = h->opcode >= 8;
	bool may_deflate = j->w->deflate.agreed && !is_control && h->opcode != SK_WS_CONTINUATION;
	struct sk_span bytes = frame_bytes(s);

	if (h->reserved & (may_deflate ? 3 : 7))
		ODD(j, RESERVED_BITS, bytes);
	if ((h->opcode > SK_WS_BINARY && h->opcode < SK_WS_CLOSE) || h->opcode > SK_WS_PONG)
		ODD(j, RESERVED_OPCODE, bytes);
	if (is_control && h->len > SK_WS_CONTROL_MAX)
		ODD(j, CONTROL_LENGTH, bytes);
	if (is_control && !h->fin)
		ODD(j, CONTROL_FRAGMENT, bytes);
	if (!h->is_minimal)
		ODD(j, LENGTH_FORM, bytes);
	if (h->len >> 63)
		ODD(j, LENGTH, bytes);
	if (h->masked != (j->dir == SK_TO_SERVER)) {
		if (h->masked)
			ODD(j, MASKED, bytes);
		else
			ODD(j, UNMASKED, bytes);
	}
	if (s->closed)
		ODD(j, AFTER_CLOSE, bytes);
}

/* Chooses the message the frame belongs to; opens it where the frame is its first. */
static void enter_frame(struct job *j)
{
	struct side *s = j->s;
	const struct sk_ws_header *h = &s->frame;
	bool deflated = (h->reserved & 4) && j->w->deflate.agreed;

	j->counters->frames++;
	check_frame(j);
	s->closed |= h->opcode == SK_WS_CLOSE;
	j->m = h->opcode >= 8 ? &s->control : &s->data;
	if (h->opcode >= 8) {
		open_message(j, h->opcode, false);
	} else if (h->opcode == SK_WS_CONTINUATION && s->data.is_open) {
		;
	} else {
		if (h->opcode == SK_WS_CONTINUATION)
			ODD(j, CONTINUATION, frame_bytes(s));
		else if (s->data.is_open)
			ODD(j, UNFINISHED, frame_bytes(s));
		if (s->data.is_open && s->data.how == INFLATE)
			lose_context(j);
		close_message(j, true);
		open_message(j, h->opcode, deflated && h->opcode != SK_WS_CONTINUATION);
		if (j->m->compressed)
			begin_inflate(j);
	}
	j->m->fragments++;
	s->left = h->len;
	s->pos = 0;
	s->in_frame = h->len > 0;
	if (h->len == 0 && (h->fin || h->opcode >= 8))
		message_bytes(j, sk_span("", 0), true);
}

static void lose(struct job *j)
{
	struct side *s = j->s;

	j->counters->lost++;
	s->lost = true;
	s->in_frame = false;
	s->reader.n = 0;
}

/* Bytes are missing: what is open ends here. The frame's rest, where its end is still known, is told as a message of its own. */
static void gap(struct job *j, uint64_t lost)
{
	struct side *s = j->s;
	bool inside = s->in_frame && s->left > lost && !s->lost;
	bool in_control = inside && s->frame.opcode >= 8;
	struct message *open[2] = { &s->control, &s->data };
	uint8_t opcode = in_control ? s->control.opcode : s->data.opcode;
	bool compressed = inside && !in_control && s->data.compressed;

	for (int i = 0; i < 2; i++) {
		j->m = open[i];
		/* a control frame inside a fragmented message does not hurt the message */
		if (!in_control || i == 0)
			close_message(j, true);
	}
	/* what is missing was no compressed payload only when it lies inside a frame that has none */
	if (!inside || compressed)
		lose_context(j);
	if (!inside) {
		lose(j);
		return;
	}
	s->left -= lost;
	s->pos += lost;
	j->m = in_control ? &s->control : &s->data;
	open_message(j, opcode, compressed);
	j->m->truncated = true;
	j->m->fragments = 1;
}

static void bytes(struct job *j, struct sk_span data, uint64_t off)
{
	struct side *s = j->s;

	while (data.n) {
		size_t before = data.n, n;

		if (!s->in_frame) {
			if (s->reader.n == 0)
				s->frame_off = off;
			if (sk_ws_next_header(&s->reader, &data, &s->frame)) {
				j->first_off = s->frame_off;
				enter_frame(j);
			} else {
				sk_app_pin(j->f, j->dir, s->frame_off);
			}
			off += before - data.n;
			continue;
		}
		j->m = s->frame.opcode >= 8 ? &s->control : &s->data;
		j->first_off = s->pos ? off : s->frame_off;
		n = s->left < data.n ? (size_t)s->left : data.n;
		payload(j, sk_span_sub(data, 0, n));
		data = sk_span_sub(data, n, data.n);
		off += n;
		s->in_frame = s->left > 0;
	}
}

static struct job job_of(struct sk_app *a, struct sk_flow *f, struct websocket *w, int dir)
{
	return (struct job){ .a = a, .f = f, .w = w, .s = &w->side[dir], .dir = dir,
			     .counters = sk_app_binding_counters(a, &sk_app_websocket) };
}

static void run(struct sk_app *a, struct sk_flow *f, void *state, int dir, const struct sk_run *r)
{
	struct job j = job_of(a, f, state, dir);
	struct side *s = j.s;

	j.first_off = r->off;
	if (!r->data.p) {
		gap(&j, r->lost);
	} else if (r->data.n) {
		if (s->lost && !sk_ws_is_chain(r->data, dir == SK_TO_SERVER))
			return;
		s->lost = false;
		sk_arena_reset(sk_app_scratch(a));
		j.chunk = sk_arena_alloc(sk_app_scratch(a), CHUNK + PIECES_MAX);
		if (!j.chunk) {
			j.counters->memory++;
			gap(&j, UINT64_MAX);
			return;
		}
		j.pieces = j.chunk + CHUNK;
		bytes(&j, r->data, r->off);
		flush_pieces(&j);
	}
	/* a capture may end anywhere, and so may a connection that is reset; one that is closed may not */
	if (r->closed && (s->in_frame || s->reader.n) && !s->lost) {
		j.first_off = s->frame_off;
		ODD(&j, CUT, sk_span(s->reader.bytes, s->in_frame ? s->frame.header_len : s->reader.n));
	}
}

/* --- the connection --- */

static void publish_open(struct job *j, const struct sk_app_websocket_setup *setup, bool accept_ok)
{
	struct sk_value v[SK_F_WEBSOCKET_OPEN_CNT] = {
		[SK_F_WEBSOCKET_OPEN_PROTOCOL] = sk_value_text(setup->protocol),
		[SK_F_WEBSOCKET_OPEN_EXTENSIONS] = sk_value_text(setup->extensions),
		[SK_F_WEBSOCKET_OPEN_ORIGIN] = sk_value_text(setup->origin),
		[SK_F_WEBSOCKET_OPEN_ACCEPT_OK] = sk_value_bool(accept_ok),
	};
	struct sk_event e = { .kind = SK_KIND_WEBSOCKET_OPEN, .value_cnt = SK_F_WEBSOCKET_OPEN_CNT, .values = v,
			      .parent = setup->request };

	sk_app_publish(j->a, j->f, j->dir, UINT64_MAX, &e);
}

static void begin(struct sk_app *a, struct sk_flow *f, void *state, const void *setup_)
{
	const struct sk_app_websocket_setup *setup = setup_;
	struct websocket *w = state;
	struct job j = job_of(a, f, w, SK_TO_CLIENT);
	bool accept_ok;

	j.counters->connections++;
	w->request = setup->request;
	sk_ws_read_extensions(setup->extensions, &w->deflate);
	accept_ok = sk_ws_accept_fits(sk_app_digester(a), setup->key, setup->accept);
	publish_open(&j, setup, accept_ok);
	if (!accept_ok)
		ODD(&j, ACCEPT, setup->accept);
	if (w->deflate.is_odd)
		ODD(&j, EXTENSION, setup->extensions);
	if (!sk_wanted_kind(sk_app_wanted(a), SK_KIND_WEBSOCKET_MESSAGE) && !sk_wanted_kind(sk_app_wanted(a), SK_KIND_WEBSOCKET_ODDITY))
		sk_app_done(a, f);
}

static void end(struct sk_app *a, struct sk_flow *f, void *state)
{
	for (int dir = 0; dir < 2; dir++) {
		struct job j = job_of(a, f, state, dir);

		j.first_off = UINT64_MAX;
		j.m = &j.s->control;
		close_message(&j, true);
		j.m = &j.s->data;
		close_message(&j, true);
		drop_inflate(&j, j.s);
	}
}

const struct sk_app_binding sk_app_websocket = {
	.name = "websocket",
	.kinds = SK_APP_KIND(WEBSOCKET_OPEN) | SK_APP_KIND(WEBSOCKET_MESSAGE) | SK_APP_KIND(WEBSOCKET_ODDITY),
	.state_size = sizeof(struct websocket),
	.begin = begin,
	.run = run,
	.end = end,
	.counter_table = &sk_websocket_counter_table,
};
