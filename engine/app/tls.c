/* app/tls.c — TLS over TCP up to the end of the handshake: hellos, certificates, oddities.
 *
 * in       runs; records are cut out of them, handshake messages out of records
 * memory   a message that is not whole in one run and one record waits in a malloc'd buffer, at most handshake_max per
 *          direction; the server name is kept in flow memory
 * source   RFC 8446 5.1, RFC 5246 6.2, RFC 6101 E; RFC 6520 (heartbeats)
 * limits   once the server has switched to encryption and the client's hello was seen the flow is done. A hole inside a
 *          record is stepped over; behind a larger one the next run that begins like a record is one
 */
#include "app/tls_inside.h"
#include "base/rd.h"

SK_COUNTER_TABLE(tls, SK_TLS_COUNTERS)

#define HANDSHAKE_HEADER 4u
#define ONE_SIDED_MAX 65536u		/* bytes of one side while the other is not seen, before the flow is given up */

/* --- handshake messages --- */

static void run_message(struct sk_tls_job *j, struct sk_span msg, uint64_t off)
{
	struct sk_span body = sk_span_sub(msg, HANDSHAKE_HEADER, msg.n);
	struct sk_tls_hello h;

	sk_arena_reset(sk_app_scratch(j->a));
	switch (msg.p[0]) {
	case SK_TLS_CLIENT_HELLO:
		if (sk_tls_client_hello(body, &h))
			sk_tls_tell_client_hello(j, &h, msg, off);
		else
			sk_tls_tell_oddities(j, SK_TLS_ODD(HELLO), msg, off);
		break;
	case SK_TLS_SERVER_HELLO:
		if (sk_tls_server_hello(body, &h))
			sk_tls_tell_server_hello(j, &h, msg, off);
		else
			sk_tls_tell_oddities(j, SK_TLS_ODD(HELLO), msg, off);
		break;
	case SK_TLS_CERTIFICATE:
		if (sk_wanted_kind(sk_app_wanted(j->a), SK_KIND_TLS_CERTIFICATE) || sk_wanted_kind(sk_app_wanted(j->a), SK_KIND_TLS_ODDITY))
			sk_tls_tell_certificates(j, body, off, true);
		break;
	default:
		break;
	}
}

static bool is_wanted_message(uint8_t type, int dir)
{
	return type == SK_TLS_CERTIFICATE || type == (dir == SK_TO_SERVER ? SK_TLS_CLIENT_HELLO : SK_TLS_SERVER_HELLO);
}

static size_t message_len(const uint8_t *p)
{
	return HANDSHAKE_HEADER + ((size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3]);
}

/* Begins a message whose header is whole. Bytes of s taken: all of it when it is held, the message when it was run. */
static size_t begin_message(struct sk_tls_job *j, struct sk_span s, uint64_t off)
{
	size_t len = message_len(s.p);
	bool is_wanted = is_wanted_message(s.p[0], j->dir);

	if (is_wanted && len <= s.n) {
		run_message(j, sk_span_sub(s, 0, len), off);
		return len;
	}
	if (is_wanted && len <= sk_app_conf_of(j->a)->handshake_max) {
		j->s->held_off = off;
		sk_app_pin(j->f, j->dir, off);
		if (sk_buf_add(&j->s->held, s) == 0)
			return s.n;
		j->counters->memory++;
	} else if (is_wanted) {
		j->counters->too_long++;
		sk_tls_tell_oddities(j, SK_TLS_ODD(HANDSHAKE_LENGTH), s, off);
	}
	j->s->skip = (uint32_t)len;
	return 0;
}

/* Adds to the message that is held. Bytes taken. */
static size_t go_on(struct sk_tls_job *j, struct sk_span s)
{
	struct sk_buf *held = &j->s->held;
	size_t want = held->n < HANDSHAKE_HEADER ? HANDSHAKE_HEADER : message_len(held->p), n = SK_MIN(s.n, want - held->n);

	if (sk_buf_add(held, sk_span(s.p, n)) < 0) {
		j->counters->memory++;
		j->s->no_message = true;
		sk_buf_clear(held);
		return n;
	}
	if (held->n == HANDSHAKE_HEADER && want == HANDSHAKE_HEADER) {
		/* the header was cut in two: now it is known what this is */
		uint8_t header[HANDSHAKE_HEADER];

		memcpy(header, held->p, sizeof(header));
		sk_buf_clear(held);
		if (begin_message(j, sk_span(header, sizeof(header)), j->s->held_off) == 0)
			j->s->skip -= HANDSHAKE_HEADER;
		return n;
	}
	if (held->n == want) {
		run_message(j, sk_buf_span(held), j->s->held_off);
		sk_buf_clear(held);
	}
	return n;
}

static void handshake(struct sk_tls_job *j, struct sk_span s, uint64_t off)
{
	struct sk_tls_side *side = j->s;

	while (s.n && !side->no_message) {
		size_t n;

		if (side->skip) {
			n = SK_MIN(s.n, (size_t)side->skip);
			side->skip -= (uint32_t)n;
		} else if (side->held.n) {
			n = go_on(j, s);
		} else if (s.n < HANDSHAKE_HEADER) {
			side->held_off = off;
			sk_app_pin(j->f, j->dir, off);
			n = s.n;
			if (sk_buf_add(&side->held, s) < 0)
				side->no_message = true;
		} else {
			n = begin_message(j, s, off);
		}
		s = sk_span_sub(s, n, s.n);
		off += n;
	}
}

/* --- records --- */

/* RFC 6520 4: a heartbeat that speaks of more than it brought, its 16 bytes of padding included (CVE-2014-0160). */
static void heartbeat(struct sk_tls_job *j, struct sk_span s, uint64_t off)
{
	struct sk_tls_side *side = j->s;

	for (size_t i = 0; i < s.n && side->beat_n < sizeof(side->beat); i++)
		side->beat[side->beat_n++] = s.p[i];
	if (side->beat_n == sizeof(side->beat) && (side->beat[0] == 1 || side->beat[0] == 2) &&
	    (uint32_t)(side->beat[1] << 8 | side->beat[2]) + 19 > side->len)
		sk_tls_tell_oddities(j, SK_TLS_ODD(HEARTBEAT), sk_span(side->beat, sizeof(side->beat)), off);
}

static void finish_if_done(struct sk_tls_job *j)
{
	const struct sk_tls_side *client = &j->t->dir[SK_TO_SERVER];

	if (j->t->finished && (j->t->has_hello || client->lost || client->encrypted))
		sk_app_done(j->a, j->f);
}

static void record_bytes(struct sk_tls_job *j, struct sk_span s, uint64_t off)
{
	struct sk_tls_side *side = j->s;

	switch (side->type) {
	case SK_TLS_HANDSHAKE:
		if (!side->encrypted)
			handshake(j, s, off);
		break;
	case SK_TLS_HEARTBEAT:
		if (!side->encrypted)
			heartbeat(j, s, off);
		break;
	case SK_TLS_CHANGE_CIPHER:
		/* RFC 8446 D.4: around a retry it means nothing */
		if (j->t->is_retry)
			break;
		side->encrypted = true;
		j->t->finished |= j->dir == SK_TO_CLIENT;
		break;
	case SK_TLS_DATA:
		side->encrypted = true;
		j->t->finished |= j->dir == SK_TO_CLIENT;
		break;
	default:
		break;
	}
}

static void lose(struct sk_tls_job *j)
{
	struct sk_tls_side *side = j->s;

	j->counters->lost++;
	side->lost = true;
	side->header_n = 0;
	side->left = side->skip = 0;
	side->is_v2 = false;
	sk_buf_clear(&side->held);
	side->no_message = true;
}

/* A record's header is whole. False when it is none. */
static bool begin_record(struct sk_tls_job *j, uint64_t off)
{
	struct sk_tls_side *side = j->s;
	const uint8_t *h = side->header;
	struct sk_span bytes = sk_span(h, SK_TLS_RECORD_HEADER);

	side->header_n = 0;
	side->type = h[0];
	side->left = side->len = (uint32_t)(h[3] << 8 | h[4]);
	side->beat_n = 0;
	if (h[0] < SK_TLS_CHANGE_CIPHER || h[0] > SK_TLS_HEARTBEAT || h[1] != 3) {
		sk_tls_tell_oddities(j, SK_TLS_ODD(RECORD), bytes, off);
		return false;
	}
	if (side->left > SK_TLS_RECORD_MAX)
		sk_tls_tell_oddities(j, SK_TLS_ODD(RECORD_LENGTH), bytes, off);
	if (side->type == SK_TLS_HANDSHAKE)
		side->no_message = false;
	j->counters->records++;
	return true;
}

/* --- SSL 2 --- */

/* Server hello: type 4, session id hit, certificate type, version, three lengths, the certificate; draft-hickman-netscape-ssl. */
static void run_v2_server(struct sk_tls_job *j, struct sk_span msg, uint64_t off)
{
	struct sk_rd r = sk_rd(msg);
	size_t n;
	struct sk_span der;

	if (sk_rd_u8(&r) != 4)
		return;
	sk_rd_skip(&r, 4);
	n = sk_rd_u16be(&r);
	sk_rd_skip(&r, 4);
	der = sk_rd_span(&r, n);
	if (der.n && sk_wanted_kind(sk_app_wanted(j->a), SK_KIND_TLS_CERTIFICATE))
		sk_tls_tell_certificate(j, der, 0, off);
	j->t->finished = true;
}

/* The message is whole, its two bytes of length in front. */
static void run_v2(struct sk_tls_job *j, struct sk_span framed, uint64_t off)
{
	struct sk_span msg = sk_span_sub(framed, 2, framed.n);
	struct sk_tls_hello h;

	if (j->dir == SK_TO_CLIENT)
		run_v2_server(j, msg, off);
	else if (msg.n && msg.p[0] == SK_TLS_CLIENT_HELLO && sk_tls_v2_hello(msg, &h))
		sk_tls_tell_client_hello(j, &h, framed, off);
	else
		sk_tls_tell_oddities(j, SK_TLS_ODD(HELLO), framed, off);
}

/* Bytes taken. */
static size_t v2_bytes(struct sk_tls_job *j, struct sk_span s)
{
	struct sk_buf *held = &j->s->held;
	size_t want = held->n < 2 ? 2 : 2 + ((size_t)(held->p[0] & 0x7f) << 8 | held->p[1]), n = SK_MIN(s.n, want - held->n);

	if (sk_buf_add(held, sk_span(s.p, n)) < 0) {
		j->counters->memory++;
		lose(j);
		return s.n;
	}
	if (held->n == want && want > 2) {
		run_v2(j, sk_buf_span(held), j->s->held_off);
		sk_buf_clear(held);
		j->s->is_v2 = false;
	}
	return n;
}

/* --- runs --- */

/* Whether the first byte of a direction begins an SSL 2 message. */
static bool begins_v2(const struct sk_tls_job *j, uint8_t first)
{
	return first & 0x80 && (j->dir == SK_TO_SERVER || j->t->is_v2);
}

static size_t next_bytes(struct sk_tls_job *j, struct sk_span s, uint64_t off)
{
	struct sk_tls_side *side = j->s;
	size_t n;

	if (side->is_v2)
		return v2_bytes(j, s);
	if (side->left) {
		n = SK_MIN(s.n, (size_t)side->left);
		record_bytes(j, sk_span_sub(s, 0, n), off);
		side->left -= (uint32_t)n;
		return n;
	}
	n = SK_MIN(s.n, (size_t)(SK_TLS_RECORD_HEADER - side->header_n));
	memcpy(side->header + side->header_n, s.p, n);
	side->header_n = (uint8_t)(side->header_n + n);
	if (side->header_n == SK_TLS_RECORD_HEADER && !begin_record(j, off + n - SK_TLS_RECORD_HEADER)) {
		lose(j);
		return s.n;
	}
	return n;
}

static void gap(struct sk_tls_job *j, uint64_t lost)
{
	struct sk_tls_side *side = j->s;

	/* inside a record of which more than the hole is missing */
	if (!side->lost && !side->is_v2 && side->left > lost) {
		side->left -= (uint32_t)lost;
		sk_buf_clear(&side->held);
		side->skip = 0;
		side->no_message = true;
		return;
	}
	lose(j);
}

/* The direction ends inside a message. closed: by its sender. */
static void cut_short(struct sk_tls_job *j, bool closed)
{
	struct sk_buf *held = &j->s->held;

	if (!j->s->is_v2 && held->n > HANDSHAKE_HEADER && held->p[0] == SK_TLS_CERTIFICATE)
		sk_tls_tell_certificates(j, sk_span_sub(sk_buf_span(held), HANDSHAKE_HEADER, held->n), j->s->held_off, false);
	/* a capture may end anywhere, and so may a connection that is reset; one that is closed may not */
	if (closed)
		sk_tls_tell_oddities(j, SK_TLS_ODD(CUT), sk_buf_span(held), j->s->held_off);
	sk_buf_clear(held);
}

static void run(struct sk_app *a, struct sk_flow *f, void *state, int dir, const struct sk_run *r)
{
	struct sk_tls_flow *t = state;
	struct sk_tls_job j = { .a = a, .f = f, .t = t, .s = &t->dir[dir], .dir = dir, .counters = sk_app_binding_counters(a, &sk_app_tls) };
	struct sk_span s = r->data;
	uint64_t off = r->off;

	if (!s.p) {
		gap(&j, r->lost);
		s.n = 0;
	}
	if (s.n && j.s->lost) {
		if (sk_tls_looks(s, dir == SK_TO_SERVER, true) != SK_TLS_YES)
			return;
		j.s->lost = false;
	}
	if (s.n && !j.s->started) {
		j.s->started = true;
		j.s->is_v2 = begins_v2(&j, s.p[0]);
		j.s->held_off = off;
	}
	while (s.n && !(t->finished && t->has_hello)) {
		size_t n = next_bytes(&j, s, off);

		s = sk_span_sub(s, n, s.n);
		off += n;
	}
	if (r->fin && j.s->held.n)
		cut_short(&j, r->closed);
	finish_if_done(&j);
	if (off > ONE_SIDED_MAX && (t->finished || (j.s->encrypted && !t->dir[!dir].started)))
		sk_app_done(a, f);
}

static enum sk_app_guess guess(struct sk_span first, int dir, const struct sk_flow_info *f)
{
	enum sk_tls_look look = sk_tls_looks(first, dir == SK_TO_SERVER, f->midstream);

	return look == SK_TLS_YES ? SK_APP_YES : look == SK_TLS_MORE ? SK_APP_MORE : SK_APP_NO;
}

/* Only a whole ClientHello's begin counts. */
static enum sk_app_guess guess_late(struct sk_span first)
{
	enum sk_tls_look look = first.p[0] == SK_TLS_HANDSHAKE ? sk_tls_looks(first, true, false) : SK_TLS_NO;

	return look == SK_TLS_YES ? SK_APP_YES : look == SK_TLS_MORE ? SK_APP_MORE : SK_APP_NO;
}

static void begin(struct sk_app *a, struct sk_flow *f, void *state, const void *setup)
{
	struct sk_tls_flow *t = state;

	(void)f;
	(void)setup;
	for (int i = 0; i < 2; i++)
		t->dir[i].held.cap = SK_MAX(sk_app_conf_of(a)->handshake_max, (uint64_t)(0x7fff + 2));
}

static void end(struct sk_app *a, struct sk_flow *f, void *state)
{
	struct sk_tls_flow *t = state;

	(void)a;
	(void)f;
	for (int i = 0; i < 2; i++)
		sk_buf_fini(&t->dir[i].held);
}

const struct sk_app_binding sk_app_tls = {
	.name = "tls",
	.kinds = SK_APP_KIND(TLS_CLIENT_HELLO) | SK_APP_KIND(TLS_SERVER_HELLO) | SK_APP_KIND(TLS_CERTIFICATE) | SK_APP_KIND(TLS_ODDITY),
	.state_size = sizeof(struct sk_tls_flow),
	.guess = guess,
	.guess_late = guess_late,
	.begin = begin,
	.run = run,
	.end = end,
	.counter_table = &sk_tls_counter_table,
};
