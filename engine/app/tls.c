/* app/tls.c — TLS over TCP up to the end of the handshake: hellos, certificates, oddities.
 *
 * in       runs; records are cut out of them, handshake messages out of records
 * memory   a message that is not whole in one run and one record waits in a malloc'd buffer, at most handshake_max per
 *          direction; the server name is kept in flow memory
 * source   RFC 8446 5.1, RFC 5246 6.2, RFC 6101 E; RFC 6520 (heartbeats)
 * limits   once the server has switched to encryption and the client's hello was seen the flow is done. A hole inside a
 *          record is stepped over; behind a larger one the next run that begins like a record is one
 */
#include "app/binding.h"
#include "app/list.h"
#include "base/buf.h"
#include "base/fmt.h"
#include "base/rd.h"
#include "proto/tls.h"
#include "proto/x509.h"

#define SK_TLS_COUNTERS(X) \
	X(client_hellos, "messages", "ClientHello messages") \
	X(server_hellos, "messages", "ServerHello messages") \
	X(certificates, "certificates", "certificates in clear") \
	X(records, "records", "records followed") \
	X(malformed, "messages", "things wrong with records, hellos or certificates") \
	X(too_long, "messages", "handshake messages over the limit, skipped") \
	X(lost, "gaps", "holes after which records were looked for") \
	X(memory, "messages", "messages lost because memory was short")
SK_COUNTER_STRUCT(tls, SK_TLS_COUNTERS)
SK_COUNTER_TABLE(tls, SK_TLS_COUNTERS)

#define HANDSHAKE_HEADER 4u
#define ONE_SIDED_MAX 65536u		/* bytes of one side while the other is not seen, before the flow is given up */
#define SNI_MAX 255u

struct side {
	uint8_t header[SK_TLS_RECORD_HEADER];
	uint8_t header_n;
	uint8_t type;
	uint8_t beat[3];		/* first bytes of a heartbeat record */
	uint8_t beat_n;
	uint32_t left;			/* bytes of the record at hand still to come */
	uint32_t len;			/* its length */
	bool started;			/* any byte was seen */
	bool is_v2;			/* inside an SSL 2 message */
	bool lost;			/* where a record begins is not known */
	bool no_message;		/* where a handshake message begins is not known */
	bool encrypted;
	uint32_t skip;			/* bytes of a message nobody wants */
	uint32_t told;			/* oddities told of this direction */
	struct sk_buf held;		/* beginning of a handshake or SSL 2 message */
	uint64_t held_off;
};

struct tls {
	struct side dir[2];
	bool has_hello;			/* the client's */
	bool is_v2;			/* … was of SSL 2 and asked for it */
	bool is_retry;			/* the server asked for another hello */
	bool retried;
	bool finished;			/* the server has switched to encryption */
	struct sk_span sni;		/* flow memory, lower case */
};

/* What is at hand. */
struct job {
	struct sk_app *a;
	struct sk_flow *f;
	struct tls *t;
	struct side *s;
	int dir;
	struct sk_tls_counters *counters;
};

static bool wants(const struct job *j, unsigned kind, unsigned slot)
{
	const struct sk_wanted *w = sk_app_wanted(j->a);

	return sk_wanted_kind(w, kind) && sk_wanted_field(w, kind, slot);
}

/* Each name is told once per direction. */
static void odd(struct job *j, uint32_t bits, struct sk_span bytes, uint64_t off)
{
	bits &= ~j->s->told;
	j->s->told |= bits;
	for (; bits; bits &= bits - 1) {
		j->counters->malformed++;
		sk_app_publish_oddity(j->a, j->f, j->dir, SK_KIND_TLS_ODDITY, sk_tls_oddity_names[__builtin_ctz(bits)], bytes,
				      sk_span(NULL, 0), off, NULL);
	}
}

/* --- hellos --- */

static void keep_sni(struct job *j, const struct sk_tls_hello *h)
{
	struct sk_span s = sk_span_sub(h->sni, 0, SNI_MAX);

	if (!s.n)
		return;
	if (s.n > 1 && s.p[s.n - 1] == '.')
		s.n--;
	/* a second hello repeats the name: flow memory is not taken twice for it */
	if (sk_span_is_nocase(s, j->t->sni))
		return;
	s = sk_list_lower(&j->f->arena, s);
	if (s.p)
		j->t->sni = s;
	else
		j->counters->memory++;
}

static struct sk_value name_value(struct job *j, const struct sk_tls_hello *h)
{
	struct sk_span s = h->sni;

	if (!s.n)
		return sk_value_none();
	if (s.n > 1 && s.p[s.n - 1] == '.')
		s.n--;
	return sk_value_text(sk_list_lower(sk_app_scratch(j->a), s));
}

static struct sk_value alpn_value(struct job *j, struct sk_span alpn)
{
	struct sk_rd r = sk_rd(alpn);
	struct sk_list l = { 0 };

	while (sk_rd_left(&r)) {
		size_t n = sk_rd_u8(&r);
		struct sk_span s = sk_rd_span(&r, SK_MIN(n, sk_rd_left(&r)));

		if (s.n)
			sk_list_add(&l, sk_app_scratch(j->a), sk_value_text(s));
	}
	return sk_value_list(&l);
}

static struct sk_value versions_value(struct job *j, struct sk_span versions)
{
	struct sk_list l = { 0 };

	for (size_t i = 0; i + 2 <= versions.n; i += 2) {
		uint16_t v = (uint16_t)(versions.p[i] << 8 | versions.p[i + 1]);

		if (!sk_tls_is_grease(v))
			sk_list_add(&l, sk_app_scratch(j->a), sk_value_num(v));
	}
	return sk_value_list(&l);
}

/* out: SK_DIGEST_TEXT_MAX characters that live until the event is published. */
static struct sk_value md5_value(struct job *j, struct sk_span s, char *out)
{
	size_t n = sk_digest_hex(sk_app_digester(j->a), SK_DIGEST_MD5, s, out);

	return n ? sk_value_text(sk_span(out, n)) : sk_value_none();
}

static void publish_client_hello(struct job *j, const struct sk_tls_hello *h, uint64_t off)
{
	const unsigned kind = SK_KIND_TLS_CLIENT_HELLO;
	struct sk_value v[SK_F_TLS_CLIENT_HELLO_CNT] = { 0 };
	struct sk_event e = { .kind = kind, .value_cnt = SK_F_TLS_CLIENT_HELLO_CNT, .values = v };
	struct sk_buf *work = sk_app_work(j->a);
	char md5[SK_DIGEST_TEXT_MAX], ja4[SK_TLS_JA4_LEN + 1];

	if (!sk_wanted_kind(sk_app_wanted(j->a), kind))
		return;
	v[SK_F_TLS_CLIENT_HELLO_SNI] = name_value(j, h);
	v[SK_F_TLS_CLIENT_HELLO_VERSION] = sk_value_num(h->version);
	v[SK_F_TLS_CLIENT_HELLO_ALPN] = alpn_value(j, h->alpn);
	v[SK_F_TLS_CLIENT_HELLO_VERSIONS] = versions_value(j, h->versions);
	if (wants(j, kind, SK_F_TLS_CLIENT_HELLO_JA4) && sk_tls_ja4(h, sk_app_digester(j->a), work, ja4) == 0)
		v[SK_F_TLS_CLIENT_HELLO_JA4] = sk_value_text(sk_span(ja4, SK_TLS_JA4_LEN));
	sk_buf_clear(work);
	if ((wants(j, kind, SK_F_TLS_CLIENT_HELLO_JA3) || wants(j, kind, SK_F_TLS_CLIENT_HELLO_JA3_STRING)) &&
	    sk_tls_ja3(h, work) == 0) {
		v[SK_F_TLS_CLIENT_HELLO_JA3] = md5_value(j, sk_buf_span(work), md5);
		v[SK_F_TLS_CLIENT_HELLO_JA3_STRING] = sk_value_text(sk_buf_span(work));
	}
	sk_app_publish(j->a, j->f, j->dir, off, &e);
}

static void run_client_hello(struct job *j, const struct sk_tls_hello *h, struct sk_span msg, uint64_t off)
{
	j->counters->client_hellos++;
	if (j->t->has_hello && !(j->t->is_retry && !j->t->retried))
		odd(j, SK_TLS_ODD(SECOND_HELLO), msg, off);
	j->t->retried = j->t->has_hello;
	j->t->has_hello = true;
	j->t->is_v2 = h->is_v2 && h->version == 2;
	keep_sni(j, h);
	publish_client_hello(j, h, off);
	odd(j, h->oddities, msg, off);
}

static struct sk_value kept_sni(const struct job *j)
{
	return sk_value_text(j->t->sni);
}

static void run_server_hello(struct job *j, const struct sk_tls_hello *h, struct sk_span msg, uint64_t off)
{
	struct sk_value v[SK_F_TLS_SERVER_HELLO_CNT] = { 0 };
	struct sk_event e = { .kind = SK_KIND_TLS_SERVER_HELLO, .value_cnt = SK_F_TLS_SERVER_HELLO_CNT, .values = v };
	struct sk_buf *work = sk_app_work(j->a);
	char md5[SK_DIGEST_TEXT_MAX];
	struct sk_rd alpn = sk_rd(h->alpn);
	struct sk_span name;

	j->counters->server_hellos++;
	j->t->is_retry = h->is_retry;
	v[SK_F_TLS_SERVER_HELLO_SNI] = kept_sni(j);
	v[SK_F_TLS_SERVER_HELLO_VERSION] = sk_value_num(h->selected);
	v[SK_F_TLS_SERVER_HELLO_CIPHER] = sk_value_num(h->cipher);
	name = sk_rd_span(&alpn, sk_rd_u8(&alpn));
	if (name.n)
		v[SK_F_TLS_SERVER_HELLO_ALPN] = sk_value_text(name);
	sk_buf_clear(work);
	if (wants(j, SK_KIND_TLS_SERVER_HELLO, SK_F_TLS_SERVER_HELLO_JA3S) && sk_tls_ja3s(h, work) == 0)
		v[SK_F_TLS_SERVER_HELLO_JA3S] = md5_value(j, sk_buf_span(work), md5);
	sk_app_publish(j->a, j->f, j->dir, off, &e);
	odd(j, h->oddities, msg, off);
}

/* --- certificates --- */

static struct sk_value buf_text(struct job *j, struct sk_buf *b, int rc)
{
	struct sk_span s = rc < 0 ? sk_span(NULL, 0) : sk_arena_copy(sk_app_scratch(j->a), b->n ? sk_buf_span(b) : sk_span("", 0));

	if (!s.p)
		j->counters->memory++;
	return sk_value_text(s);
}

static struct sk_value dn_value(struct job *j, struct sk_span name)
{
	struct sk_buf *work = sk_app_work(j->a);

	if (!name.p)
		return sk_value_none();
	sk_buf_clear(work);
	return buf_text(j, work, sk_x509_name(name, work));
}

static struct sk_value cn_value(struct job *j, struct sk_span name)
{
	struct sk_buf *work = sk_app_work(j->a);
	int rc;

	sk_buf_clear(work);
	rc = sk_x509_common_name(name, work);
	for (size_t i = 0; i < work->n; i++)
		work->p[i] = sk_ascii_lower(work->p[i]);
	return rc == 0 ? sk_value_none() : buf_text(j, work, rc);
}

static struct sk_value alt_value(struct job *j, struct sk_span rest)
{
	struct sk_x509_alt alt;
	struct sk_list l = { 0 };

	while (rest.p && sk_x509_next_alt(&rest, &alt))
		sk_list_add(&l, sk_app_scratch(j->a),
			    alt.dns.p ? sk_value_text(sk_list_lower(sk_app_scratch(j->a), alt.dns)) : sk_value_addr(&alt.addr));
	return sk_value_list(&l);
}

static struct sk_value hex_value(struct job *j, struct sk_span s)
{
	char *p = sk_arena_alloc(sk_app_scratch(j->a), 2 * s.n + 1);

	if (!p)
		return sk_value_none();
	sk_fmt_hex(s, p, 2 * s.n + 1);
	return sk_value_text(sk_span(p, 2 * s.n));
}

static struct sk_value digest_value(struct job *j, unsigned slot, enum sk_digest_kind kind, struct sk_span der, char *out)
{
	size_t n = wants(j, SK_KIND_TLS_CERTIFICATE, slot) ? sk_digest_hex(sk_app_digester(j->a), kind, der, out) : 0;

	return n ? sk_value_text(sk_span(out, n)) : sk_value_none();
}

static void publish_certificate(struct job *j, struct sk_span der, unsigned index, uint64_t off)
{
	struct sk_value v[SK_F_TLS_CERTIFICATE_CNT] = { 0 };
	struct sk_event e = { .kind = SK_KIND_TLS_CERTIFICATE, .value_cnt = SK_F_TLS_CERTIFICATE_CNT, .values = v };
	char sha1[SK_DIGEST_TEXT_MAX], sha256[SK_DIGEST_TEXT_MAX];
	struct sk_x509 c;
	struct sk_span serial;

	j->counters->certificates++;
	v[SK_F_TLS_CERTIFICATE_SNI] = kept_sni(j);
	v[SK_F_TLS_CERTIFICATE_INDEX] = sk_value_num(index);
	v[SK_F_TLS_CERTIFICATE_SHA1] = digest_value(j, SK_F_TLS_CERTIFICATE_SHA1, SK_DIGEST_SHA1, der, sha1);
	v[SK_F_TLS_CERTIFICATE_SHA256] = digest_value(j, SK_F_TLS_CERTIFICATE_SHA256, SK_DIGEST_SHA256, der, sha256);
	if (sk_x509_parse(der, &c)) {
		serial = c.serial;
		if (serial.n > 1 && serial.p[0] == 0)
			serial = sk_span_sub(serial, 1, serial.n);
		v[SK_F_TLS_CERTIFICATE_SERIAL] = hex_value(j, serial);
		v[SK_F_TLS_CERTIFICATE_SUBJECT] = dn_value(j, c.subject);
		v[SK_F_TLS_CERTIFICATE_ISSUER] = dn_value(j, c.issuer);
		v[SK_F_TLS_CERTIFICATE_CN] = cn_value(j, c.subject);
		v[SK_F_TLS_CERTIFICATE_SAN] = alt_value(j, c.alt_names);
		if (c.has_times) {
			v[SK_F_TLS_CERTIFICATE_NOT_BEFORE] = (struct sk_value){ .type = SK_VALUE_TIME, .u.num = c.not_before };
			v[SK_F_TLS_CERTIFICATE_NOT_AFTER] = (struct sk_value){ .type = SK_VALUE_TIME, .u.num = c.not_after };
		}
		if (c.subject.p)
			v[SK_F_TLS_CERTIFICATE_SELF_ISSUED] = sk_value_bool(c.self_issued);
	}
	sk_app_publish(j->a, j->f, j->dir, off, &e);
	if (c.broken)
		odd(j, SK_TLS_ODD(CERTIFICATE), der, off);
}

/* is_whole: of a message that was cut short only the certificates that are whole are told. */
static void run_certificates(struct job *j, struct sk_span body, uint64_t off, bool is_whole)
{
	struct sk_span list = body, der;
	uint32_t oddities = 0;
	size_t len;
	unsigned index = 0;

	for (bool first = true; sk_tls_next_certificate(&list, first, &der, &len, &oddities); first = false) {
		if (index)
			sk_arena_reset(sk_app_scratch(j->a));
		if (!is_whole && der.n < len)
			return;
		if (der.n)
			publish_certificate(j, der, index++, off);
	}
	odd(j, oddities, body, off);
}

/* --- handshake messages --- */

static void run_message(struct job *j, struct sk_span msg, uint64_t off)
{
	struct sk_span body = sk_span_sub(msg, HANDSHAKE_HEADER, msg.n);
	struct sk_tls_hello h;

	sk_arena_reset(sk_app_scratch(j->a));
	switch (msg.p[0]) {
	case SK_TLS_CLIENT_HELLO:
		if (sk_tls_client_hello(body, &h))
			run_client_hello(j, &h, msg, off);
		else
			odd(j, SK_TLS_ODD(HELLO), msg, off);
		break;
	case SK_TLS_SERVER_HELLO:
		if (sk_tls_server_hello(body, &h))
			run_server_hello(j, &h, msg, off);
		else
			odd(j, SK_TLS_ODD(HELLO), msg, off);
		break;
	case SK_TLS_CERTIFICATE:
		if (sk_wanted_kind(sk_app_wanted(j->a), SK_KIND_TLS_CERTIFICATE) || sk_wanted_kind(sk_app_wanted(j->a), SK_KIND_TLS_ODDITY))
			run_certificates(j, body, off, true);
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
static size_t begin_message(struct job *j, struct sk_span s, uint64_t off)
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
		odd(j, SK_TLS_ODD(HANDSHAKE_LENGTH), s, off);
	}
	j->s->skip = (uint32_t)len;
	return 0;
}

/* Adds to the message that is held. Bytes taken. */
static size_t go_on(struct job *j, struct sk_span s)
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

static void handshake(struct job *j, struct sk_span s, uint64_t off)
{
	struct side *side = j->s;

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
static void heartbeat(struct job *j, struct sk_span s, uint64_t off)
{
	struct side *side = j->s;

	for (size_t i = 0; i < s.n && side->beat_n < sizeof(side->beat); i++)
		side->beat[side->beat_n++] = s.p[i];
	if (side->beat_n == sizeof(side->beat) && (side->beat[0] == 1 || side->beat[0] == 2) &&
	    (uint32_t)(side->beat[1] << 8 | side->beat[2]) + 19 > side->len)
		odd(j, SK_TLS_ODD(HEARTBEAT), sk_span(side->beat, sizeof(side->beat)), off);
}

static void finish_if_done(struct job *j)
{
	const struct side *client = &j->t->dir[SK_TO_SERVER];

	if (j->t->finished && (j->t->has_hello || client->lost || client->encrypted))
		sk_app_done(j->a, j->f);
}

static void record_bytes(struct job *j, struct sk_span s, uint64_t off)
{
	struct side *side = j->s;

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

static void lose(struct job *j)
{
	struct side *side = j->s;

	j->counters->lost++;
	side->lost = true;
	side->header_n = 0;
	side->left = side->skip = 0;
	side->is_v2 = false;
	sk_buf_clear(&side->held);
	side->no_message = true;
}

/* A record's header is whole. False when it is none. */
static bool begin_record(struct job *j, uint64_t off)
{
	struct side *side = j->s;
	const uint8_t *h = side->header;
	struct sk_span bytes = sk_span(h, SK_TLS_RECORD_HEADER);

	side->header_n = 0;
	side->type = h[0];
	side->left = side->len = (uint32_t)(h[3] << 8 | h[4]);
	side->beat_n = 0;
	if (h[0] < SK_TLS_CHANGE_CIPHER || h[0] > SK_TLS_HEARTBEAT || h[1] != 3) {
		odd(j, SK_TLS_ODD(RECORD), bytes, off);
		return false;
	}
	if (side->left > SK_TLS_RECORD_MAX)
		odd(j, SK_TLS_ODD(RECORD_LENGTH), bytes, off);
	if (side->type == SK_TLS_HANDSHAKE)
		side->no_message = false;
	j->counters->records++;
	return true;
}

/* --- SSL 2 --- */

/* Server hello: type 4, session id hit, certificate type, version, three lengths, the certificate; draft-hickman-netscape-ssl. */
static void run_v2_server(struct job *j, struct sk_span msg, uint64_t off)
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
		publish_certificate(j, der, 0, off);
	j->t->finished = true;
}

/* The message is whole, its two bytes of length in front. */
static void run_v2(struct job *j, struct sk_span framed, uint64_t off)
{
	struct sk_span msg = sk_span_sub(framed, 2, framed.n);
	struct sk_tls_hello h;

	if (j->dir == SK_TO_CLIENT)
		run_v2_server(j, msg, off);
	else if (msg.n && msg.p[0] == SK_TLS_CLIENT_HELLO && sk_tls_v2_hello(msg, &h))
		run_client_hello(j, &h, framed, off);
	else
		odd(j, SK_TLS_ODD(HELLO), framed, off);
}

/* Bytes taken. */
static size_t v2_bytes(struct job *j, struct sk_span s)
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
static bool begins_v2(const struct job *j, uint8_t first)
{
	return first & 0x80 && (j->dir == SK_TO_SERVER || j->t->is_v2);
}

static size_t next_bytes(struct job *j, struct sk_span s, uint64_t off)
{
	struct side *side = j->s;
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

static void gap(struct job *j, uint64_t lost)
{
	struct side *side = j->s;

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

/* The direction ends inside a message. */
static void cut_short(struct job *j)
{
	struct sk_buf *held = &j->s->held;

	if (!j->s->is_v2 && held->n > HANDSHAKE_HEADER && held->p[0] == SK_TLS_CERTIFICATE)
		run_certificates(j, sk_span_sub(sk_buf_span(held), HANDSHAKE_HEADER, held->n), j->s->held_off, false);
	/* a capture may end anywhere, a closed connection may not */
	if (j->f->state == SK_FLOW_CLOSED)
		odd(j, SK_TLS_ODD(CUT), sk_buf_span(held), j->s->held_off);
	sk_buf_clear(held);
}

static void run(struct sk_app *a, struct sk_flow *f, void *state, int dir, const struct sk_run *r)
{
	struct tls *t = state;
	struct job j = { .a = a, .f = f, .t = t, .s = &t->dir[dir], .dir = dir, .counters = sk_app_binding_counters(a, &sk_app_tls) };
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
		cut_short(&j);
	finish_if_done(&j);
	if (off > ONE_SIDED_MAX && (t->finished || (j.s->encrypted && !t->dir[!dir].started)))
		sk_app_done(a, f);
}

static enum sk_app_guess guess(struct sk_span first, int dir, const struct sk_flow_info *f)
{
	enum sk_tls_look look = sk_tls_looks(first, dir == SK_TO_SERVER, f->midstream);

	return look == SK_TLS_YES ? SK_APP_YES : look == SK_TLS_MORE ? SK_APP_MORE : SK_APP_NO;
}

static void begin(struct sk_app *a, struct sk_flow *f, void *state, const void *setup)
{
	struct tls *t = state;

	(void)f;
	(void)setup;
	for (int i = 0; i < 2; i++)
		t->dir[i].held.cap = SK_MAX(sk_app_conf_of(a)->handshake_max, (uint64_t)(0x7fff + 2));
}

static void end(struct sk_app *a, struct sk_flow *f, void *state)
{
	struct tls *t = state;

	(void)a;
	(void)f;
	for (int i = 0; i < 2; i++)
		sk_buf_fini(&t->dir[i].held);
}

const struct sk_app_binding sk_app_tls = {
	.name = "tls",
	.kinds = SK_APP_KIND(TLS_CLIENT_HELLO) | SK_APP_KIND(TLS_SERVER_HELLO) | SK_APP_KIND(TLS_CERTIFICATE) | SK_APP_KIND(TLS_ODDITY),
	.state_size = sizeof(struct tls),
	.guess = guess,
	.begin = begin,
	.run = run,
	.end = end,
	.counter_table = &sk_tls_counter_table,
};
