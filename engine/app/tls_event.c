/* app/tls_event.c — TLS hellos and certificates to events; see tls_inside.h.
 *
 * memory   values in event memory; the server name is kept in flow memory
 */
#include "app/list.h"
#include "app/tls_inside.h"
#include "base/fmt.h"
#include "base/rd.h"
#include "proto/x509.h"

#define SNI_MAX 255u
#define CERTIFICATES_MAX 64u		/* told of one message; real chains have a few */

static bool wants(const struct sk_tls_job *j, unsigned kind, unsigned slot)
{
	const struct sk_wanted *w = sk_app_wanted(j->a);

	return sk_wanted_kind(w, kind) && sk_wanted_field(w, kind, slot);
}

/* Whether to fill in the field now: with the event, or late, when an alert is made of it. */
static bool is_due(const struct sk_tls_job *j, unsigned kind, unsigned slot, bool late)
{
	return wants(j, kind, slot) && sk_wanted_late(sk_app_wanted(j->a), kind, slot) == late;
}

void sk_tls_tell_oddities(struct sk_tls_job *j, uint32_t bits, struct sk_span bytes, uint64_t off)
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

static void keep_sni(struct sk_tls_job *j, const struct sk_tls_hello *h)
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

/* A name in lower case, in event memory. */
static struct sk_value lower_value(struct sk_tls_job *j, struct sk_span s)
{
	s = sk_list_lower(sk_app_scratch(j->a), s);
	j->counters->memory += s.p == NULL;
	return sk_value_text(s);
}

static struct sk_value name_value(struct sk_tls_job *j, const struct sk_tls_hello *h)
{
	struct sk_span s = h->sni;

	if (!s.n)
		return sk_value_none();
	if (s.n > 1 && s.p[s.n - 1] == '.')
		s.n--;
	return lower_value(j, s);
}

static struct sk_value alpn_value(struct sk_tls_job *j, struct sk_span alpn)
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

static struct sk_value versions_value(struct sk_tls_job *j, struct sk_span versions)
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
static struct sk_value md5_value(struct sk_tls_job *j, struct sk_span s, char *out)
{
	size_t n = sk_digest_hex(sk_app_digester(j->a), SK_DIGEST_MD5, s, out);

	return n ? sk_value_text(sk_span(out, n)) : sk_value_none();
}

struct client_hello {
	struct sk_tls_job *j;
	const struct sk_tls_hello *h;
	struct sk_value v[SK_F_TLS_CLIENT_HELLO_CNT];
	char md5[SK_DIGEST_TEXT_MAX], ja4[SK_TLS_JA4_LEN + 1];
};

static void fill_prints(struct client_hello *c, bool late)
{
	const unsigned kind = SK_KIND_TLS_CLIENT_HELLO;
	struct sk_buf *work = sk_app_work(c->j->a);

	if (is_due(c->j, kind, SK_F_TLS_CLIENT_HELLO_JA4, late) && sk_tls_ja4(c->h, sk_app_digester(c->j->a), work, c->ja4) == 0)
		c->v[SK_F_TLS_CLIENT_HELLO_JA4] = sk_value_text(sk_span(c->ja4, SK_TLS_JA4_LEN));
	if (!is_due(c->j, kind, SK_F_TLS_CLIENT_HELLO_JA3, late) && !is_due(c->j, kind, SK_F_TLS_CLIENT_HELLO_JA3_STRING, late))
		return;
	sk_buf_clear(work);
	if (sk_tls_ja3(c->h, work) < 0)
		return;
	c->v[SK_F_TLS_CLIENT_HELLO_JA3] = md5_value(c->j, sk_buf_span(work), c->md5);
	c->v[SK_F_TLS_CLIENT_HELLO_JA3_STRING] = sk_value_text(sk_arena_copy(sk_app_scratch(c->j->a), sk_buf_span(work)));
}

static void fill_client_hello(void *cx)
{
	fill_prints(cx, true);
}

static void publish_client_hello(struct sk_tls_job *j, const struct sk_tls_hello *h, uint64_t off)
{
	const unsigned kind = SK_KIND_TLS_CLIENT_HELLO;
	struct client_hello c = { .j = j, .h = h };
	struct sk_event e = { .kind = kind, .value_cnt = SK_F_TLS_CLIENT_HELLO_CNT, .values = c.v };
	struct sk_value *v = c.v;

	if (!sk_wanted_kind(sk_app_wanted(j->a), kind))
		return;
	v[SK_F_TLS_CLIENT_HELLO_SNI] = name_value(j, h);
	v[SK_F_TLS_CLIENT_HELLO_VERSION] = sk_value_num(h->version);
	v[SK_F_TLS_CLIENT_HELLO_ALPN] = alpn_value(j, h->alpn);
	v[SK_F_TLS_CLIENT_HELLO_VERSIONS] = versions_value(j, h->versions);
	if (h->has_ech)
		v[SK_F_TLS_CLIENT_HELLO_ECH] = sk_value_bool(true);
	if (h->has_grease)
		v[SK_F_TLS_CLIENT_HELLO_GREASE] = sk_value_bool(true);
	fill_prints(&c, false);
	sk_app_publish_late(j->a, j->f, j->dir, off, &e, fill_client_hello, &c);
}

void sk_tls_tell_client_hello(struct sk_tls_job *j, const struct sk_tls_hello *h, struct sk_span msg, uint64_t off)
{
	j->counters->client_hellos++;
	if (j->t->has_hello && !(j->t->is_retry && !j->t->retried))
		sk_tls_tell_oddities(j, SK_TLS_ODD(SECOND_HELLO), msg, off);
	j->t->retried = j->t->has_hello;
	j->t->has_hello = true;
	j->t->is_v2 = h->is_v2 && h->version == 2;
	keep_sni(j, h);
	publish_client_hello(j, h, off);
	sk_tls_tell_oddities(j, h->oddities, msg, off);
}

static struct sk_value kept_sni(const struct sk_tls_job *j)
{
	return sk_value_text(j->t->sni);
}

struct server_hello {
	struct sk_tls_job *j;
	const struct sk_tls_hello *h;
	struct sk_value v[SK_F_TLS_SERVER_HELLO_CNT];
	char md5[SK_DIGEST_TEXT_MAX];
};

static void fill_ja3s(struct server_hello *s, bool late)
{
	struct sk_buf *work = sk_app_work(s->j->a);

	if (!is_due(s->j, SK_KIND_TLS_SERVER_HELLO, SK_F_TLS_SERVER_HELLO_JA3S, late))
		return;
	sk_buf_clear(work);
	if (sk_tls_ja3s(s->h, work) == 0)
		s->v[SK_F_TLS_SERVER_HELLO_JA3S] = md5_value(s->j, sk_buf_span(work), s->md5);
}

static void fill_server_hello(void *cx)
{
	fill_ja3s(cx, true);
}

void sk_tls_tell_server_hello(struct sk_tls_job *j, const struct sk_tls_hello *h, struct sk_span msg, uint64_t off)
{
	struct server_hello s = { .j = j, .h = h };
	struct sk_event e = { .kind = SK_KIND_TLS_SERVER_HELLO, .value_cnt = SK_F_TLS_SERVER_HELLO_CNT, .values = s.v };
	struct sk_rd alpn = sk_rd(h->alpn);
	struct sk_span name;

	j->counters->server_hellos++;
	j->t->is_retry = h->is_retry;
	s.v[SK_F_TLS_SERVER_HELLO_SNI] = kept_sni(j);
	s.v[SK_F_TLS_SERVER_HELLO_VERSION] = sk_value_num(h->selected);
	s.v[SK_F_TLS_SERVER_HELLO_CIPHER] = sk_value_num(h->cipher);
	name = sk_rd_span(&alpn, sk_rd_u8(&alpn));
	if (name.n)
		s.v[SK_F_TLS_SERVER_HELLO_ALPN] = sk_value_text(name);
	fill_ja3s(&s, false);
	sk_app_publish_late(j->a, j->f, j->dir, off, &e, fill_server_hello, &s);
	sk_tls_tell_oddities(j, h->oddities, msg, off);
}

/* --- certificates --- */

static struct sk_value buf_text(struct sk_tls_job *j, struct sk_buf *b, int rc)
{
	struct sk_span s = rc < 0 ? sk_span(NULL, 0) : sk_arena_copy(sk_app_scratch(j->a), b->n ? sk_buf_span(b) : sk_span("", 0));

	if (!s.p)
		j->counters->memory++;
	return sk_value_text(s);
}

static struct sk_value dn_value(struct sk_tls_job *j, struct sk_span name)
{
	struct sk_buf *work = sk_app_work(j->a);

	if (!name.p)
		return sk_value_none();
	sk_buf_clear(work);
	return buf_text(j, work, sk_x509_name(name, work));
}

static struct sk_value cn_value(struct sk_tls_job *j, struct sk_span name)
{
	struct sk_buf *work = sk_app_work(j->a);
	int rc;

	sk_buf_clear(work);
	rc = sk_x509_common_name(name, work);
	for (size_t i = 0; i < work->n; i++)
		work->p[i] = sk_ascii_lower(work->p[i]);
	return rc == 0 ? sk_value_none() : buf_text(j, work, rc);
}

static struct sk_value alt_value(struct sk_tls_job *j, struct sk_span rest)
{
	struct sk_x509_alt alt;
	struct sk_list l = { 0 };

	while (rest.p && sk_x509_next_alt(&rest, &alt))
		sk_list_add(&l, sk_app_scratch(j->a), alt.dns.p ? lower_value(j, alt.dns) : sk_value_addr(&alt.addr));
	return sk_value_list(&l);
}

static struct sk_value hex_value(struct sk_tls_job *j, struct sk_span s)
{
	char *p = sk_arena_alloc(sk_app_scratch(j->a), 2 * s.n + 1);

	if (!p)
		return sk_value_none();
	sk_fmt_hex(s, p, 2 * s.n + 1);
	return sk_value_text(sk_span(p, 2 * s.n));
}

struct certificate {
	struct sk_tls_job *j;
	struct sk_span der;
	struct sk_x509 x;
	bool parsed;
	struct sk_value v[SK_F_TLS_CERTIFICATE_CNT];
	char sha1[SK_DIGEST_TEXT_MAX], sha256[SK_DIGEST_TEXT_MAX];
};

static bool is_certificate_due(const struct certificate *c, unsigned slot, bool late)
{
	return is_due(c->j, SK_KIND_TLS_CERTIFICATE, slot, late);
}

static void fill_digest(struct certificate *c, unsigned slot, enum sk_digest_kind kind, char *out, bool late)
{
	size_t n = is_certificate_due(c, slot, late) ? sk_digest_hex(sk_app_digester(c->j->a), kind, c->der, out) : 0;

	if (n)
		c->v[slot] = sk_value_text(sk_span(out, n));
}

/* What takes a while to make. */
static void fill_certificate(struct certificate *c, bool late)
{
	struct sk_span serial = c->x.serial;

	fill_digest(c, SK_F_TLS_CERTIFICATE_SHA1, SK_DIGEST_SHA1, c->sha1, late);
	fill_digest(c, SK_F_TLS_CERTIFICATE_SHA256, SK_DIGEST_SHA256, c->sha256, late);
	if (!c->parsed)
		return;
	if (is_certificate_due(c, SK_F_TLS_CERTIFICATE_SUBJECT, late))
		c->v[SK_F_TLS_CERTIFICATE_SUBJECT] = dn_value(c->j, c->x.subject);
	if (is_certificate_due(c, SK_F_TLS_CERTIFICATE_ISSUER, late))
		c->v[SK_F_TLS_CERTIFICATE_ISSUER] = dn_value(c->j, c->x.issuer);
	if (is_certificate_due(c, SK_F_TLS_CERTIFICATE_CN, late))
		c->v[SK_F_TLS_CERTIFICATE_CN] = cn_value(c->j, c->x.subject);
	if (is_certificate_due(c, SK_F_TLS_CERTIFICATE_SAN, late))
		c->v[SK_F_TLS_CERTIFICATE_SAN] = alt_value(c->j, c->x.alt_names);
	if (serial.n > 1 && serial.p[0] == 0)
		serial = sk_span_sub(serial, 1, serial.n);
	if (is_certificate_due(c, SK_F_TLS_CERTIFICATE_SERIAL, late))
		c->v[SK_F_TLS_CERTIFICATE_SERIAL] = hex_value(c->j, serial);
}

static void fill_late(void *cx)
{
	fill_certificate(cx, true);
}

void sk_tls_tell_certificate(struct sk_tls_job *j, struct sk_span der, unsigned index, uint64_t off)
{
	struct certificate c = { .j = j, .der = der };
	struct sk_event e = { .kind = SK_KIND_TLS_CERTIFICATE, .value_cnt = SK_F_TLS_CERTIFICATE_CNT, .values = c.v };

	j->counters->certificates++;
	c.v[SK_F_TLS_CERTIFICATE_SNI] = kept_sni(j);
	c.v[SK_F_TLS_CERTIFICATE_INDEX] = sk_value_num(index);
	c.parsed = sk_x509_parse(der, &c.x);
	if (c.parsed) {
		if (c.x.has_times) {
			c.v[SK_F_TLS_CERTIFICATE_NOT_BEFORE] = (struct sk_value){ .type = SK_VALUE_TIME, .u.num = c.x.not_before };
			c.v[SK_F_TLS_CERTIFICATE_NOT_AFTER] = (struct sk_value){ .type = SK_VALUE_TIME, .u.num = c.x.not_after };
		}
		if (c.x.subject.p)
			c.v[SK_F_TLS_CERTIFICATE_SELF_ISSUED] = sk_value_bool(c.x.self_issued);
	}
	fill_certificate(&c, false);
	sk_app_publish_late(j->a, j->f, j->dir, off, &e, fill_late, &c);
	if (c.x.broken)
		sk_tls_tell_oddities(j, SK_TLS_ODD(CERTIFICATE), der, off);
}

void sk_tls_tell_certificates(struct sk_tls_job *j, struct sk_span body, uint64_t off, bool is_whole)
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
		if (index == CERTIFICATES_MAX) {
			oddities |= SK_TLS_ODD(CERTIFICATE_LIST);
			break;
		}
		if (der.n)
			sk_tls_tell_certificate(j, der, index++, off);
	}
	sk_tls_tell_oddities(j, oddities, body, off);
}
