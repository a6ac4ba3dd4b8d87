/* proto/tls.c — hellos and certificate lists; see tls.h. */
#include "proto/tls.h"

#include "base/rd.h"

#define X(id, name, help, source) [SK_TLS_ODDITY_BIT_##id] = name,
const char *const sk_tls_oddity_names[SK_TLS_ODDITY_CNT] = { SK_TLS_ODDITIES(X) };
#undef X

/* IANA TLS ExtensionType values. */
enum { EXT_SERVER_NAME = 0, EXT_GROUPS = 10, EXT_POINTS = 11, EXT_SIGNATURES = 13, EXT_ALPN = 16, EXT_VERSIONS = 43, EXT_ECH = 0xfe0d };

/* RFC 8446 4.1.3: SHA-256 of "HelloRetryRequest". */
static const uint8_t retry_random[32] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c };

/* A vector with a length of width bytes that should fill the extension. */
static struct sk_span vector(struct sk_span data, unsigned width, unsigned unit, uint32_t *oddities)
{
	struct sk_rd r = sk_rd(data);
	size_t n = width == 1 ? sk_rd_u8(&r) : sk_rd_u16be(&r);
	struct sk_span s = sk_rd_span(&r, SK_MIN(n, sk_rd_left(&r)));

	if (!sk_rd_ok(&r) || s.n < n || sk_rd_left(&r) || s.n % unit)
		*oddities |= SK_TLS_ODD(EXTENSION);
	s.n -= s.n % unit;
	return s.p ? s : sk_span(data.p, 0);
}

/* RFC 6066 3: a list of type, length, name; the first host name. */
static void read_sni(struct sk_tls_hello *h, struct sk_span data)
{
	struct sk_rd r;

	h->has_sni = true;
	if (data.n == 0)
		return;
	r = sk_rd(vector(data, 2, 1, &h->oddities));
	while (sk_rd_left(&r)) {
		uint8_t type = sk_rd_u8(&r);
		size_t n = sk_rd_u16be(&r);
		struct sk_span name = sk_rd_span(&r, SK_MIN(n, sk_rd_left(&r)));

		if (!sk_rd_ok(&r) || name.n < n || n == 0 || memchr(name.p, 0, name.n))
			h->oddities |= SK_TLS_ODD(SNI);
		if (type == 0 && name.n && !h->sni.p)
			h->sni = name;
		else if (type == 0 && name.n)
			h->oddities |= SK_TLS_ODD(SNI);
	}
}

static void read_alpn(struct sk_tls_hello *h, struct sk_span data)
{
	struct sk_rd r;

	h->alpn = vector(data, 2, 1, &h->oddities);
	for (r = sk_rd(h->alpn); sk_rd_left(&r);) {
		size_t n = sk_rd_u8(&r);

		sk_rd_skip(&r, n);
		if (!sk_rd_ok(&r) || n == 0)
			h->oddities |= SK_TLS_ODD(EXTENSION);
	}
}

static void read_extension(struct sk_tls_hello *h, uint16_t type, struct sk_span data, bool client)
{
	switch (type) {
	case EXT_SERVER_NAME:
		if (client)
			read_sni(h, data);
		break;
	case EXT_ALPN:
		read_alpn(h, data);
		break;
	case EXT_VERSIONS:
		if (client)
			h->versions = vector(data, 1, 2, &h->oddities);
		else if (data.n == 2)
			h->selected = (uint16_t)(data.p[0] << 8 | data.p[1]);
		else
			h->oddities |= SK_TLS_ODD(EXTENSION);
		break;
	case EXT_GROUPS:
		if (client)
			h->groups = vector(data, 2, 2, &h->oddities);
		break;
	case EXT_POINTS:
		if (client)
			h->points = vector(data, 1, 1, &h->oddities);
		break;
	case EXT_SIGNATURES:
		if (client)
			h->signatures = vector(data, 2, 2, &h->oddities);
		break;
	case EXT_ECH:
		h->has_ech = true;
		break;
	default:
		break;
	}
}

/* Types below 64 are told apart by a bit set; larger ones may come twice unnoticed. */
static void read_extensions(struct sk_tls_hello *h, struct sk_rd *r, bool client)
{
	uint64_t seen = 0;
	size_t n = sk_rd_u16be(r);
	struct sk_span all = sk_rd_span(r, SK_MIN(n, sk_rd_left(r)));
	struct sk_rd e = sk_rd(all);
	size_t whole = 0;

	h->has_extensions = true;
	if (!sk_rd_ok(r) || all.n < n)
		h->oddities |= SK_TLS_ODD(HELLO);
	if (sk_rd_left(r))
		h->oddities |= SK_TLS_ODD(TRAILING);
	while (sk_rd_left(&e)) {
		uint16_t type = sk_rd_u16be(&e);
		size_t len = sk_rd_u16be(&e);
		struct sk_span data = sk_rd_span(&e, len);

		if (!sk_rd_ok(&e)) {
			h->oddities |= SK_TLS_ODD(EXTENSION);
			break;
		}
		whole = sk_rd_taken(&e);
		h->has_grease |= client && sk_tls_is_grease(type);
		if (type < 64) {
			if (seen >> type & 1)
				h->oddities |= SK_TLS_ODD(DUPLICATE);
			seen |= UINT64_C(1) << type;
		}
		read_extension(h, type, data, client);
	}
	h->extensions = sk_span(all.p, whole);
}

bool sk_tls_client_hello(struct sk_span body, struct sk_tls_hello *h)
{
	struct sk_rd r = sk_rd(body);
	size_t n;

	memset(h, 0, sizeof(*h));
	h->selected = h->version = sk_rd_u16be(&r);
	if (!sk_rd_ok(&r))
		return false;
	h->random = sk_rd_span(&r, 32);
	h->session_id = sk_rd_span(&r, sk_rd_u8(&r));
	n = sk_rd_u16be(&r);
	h->ciphers = sk_rd_span(&r, n & ~(size_t)1);
	sk_rd_skip(&r, n & 1);
	for (size_t i = 0; i + 2 <= h->ciphers.n; i += 2)
		h->has_grease |= sk_tls_is_grease((uint16_t)(h->ciphers.p[i] << 8 | h->ciphers.p[i + 1]));
	sk_rd_skip(&r, sk_rd_u8(&r));
	if (!sk_rd_ok(&r) || n & 1 || h->session_id.n > 32)
		h->oddities |= SK_TLS_ODD(HELLO);
	if (sk_rd_ok(&r) && sk_rd_left(&r))
		read_extensions(h, &r, true);
	return true;
}

bool sk_tls_server_hello(struct sk_span body, struct sk_tls_hello *h)
{
	struct sk_rd r = sk_rd(body);

	memset(h, 0, sizeof(*h));
	h->selected = h->version = sk_rd_u16be(&r);
	if (!sk_rd_ok(&r))
		return false;
	h->random = sk_rd_span(&r, 32);
	h->is_retry = h->random.p && memcmp(h->random.p, retry_random, 32) == 0;
	if (h->version < 0x0304)	/* drafts of TLS 1.3 up to 21 have neither session id nor compression */
		h->session_id = sk_rd_span(&r, sk_rd_u8(&r));
	h->cipher = sk_rd_u16be(&r);
	if (h->version < 0x0304)
		sk_rd_skip(&r, 1);
	if (!sk_rd_ok(&r) || h->session_id.n > 32)
		h->oddities |= SK_TLS_ODD(HELLO);
	if (sk_rd_ok(&r) && sk_rd_left(&r))
		read_extensions(h, &r, false);
	return true;
}

bool sk_tls_v2_hello(struct sk_span msg, struct sk_tls_hello *h)
{
	struct sk_rd r = sk_rd(msg);
	size_t ciphers, session, challenge;

	memset(h, 0, sizeof(*h));
	h->is_v2 = true;
	sk_rd_skip(&r, 1);
	h->selected = h->version = sk_rd_u16be(&r);
	if (!sk_rd_ok(&r))
		return false;
	ciphers = sk_rd_u16be(&r);
	session = sk_rd_u16be(&r);
	challenge = sk_rd_u16be(&r);
	h->ciphers = sk_rd_span(&r, ciphers);
	h->session_id = sk_rd_span(&r, session);
	h->random = sk_rd_span(&r, challenge);
	if (!sk_rd_ok(&r) || ciphers % 3)
		h->oddities |= SK_TLS_ODD(HELLO);
	return true;
}

bool sk_tls_next_certificate(struct sk_span *list, bool first, struct sk_span *der, size_t *len, uint32_t *oddities)
{
	struct sk_rd r = sk_rd(*list);
	size_t n;

	if (first) {
		n = sk_rd_u24be(&r);
		if (!sk_rd_ok(&r) || n != sk_rd_left(&r))
			*oddities |= SK_TLS_ODD(CERTIFICATE_LIST);
		r = sk_rd(sk_rd_span(&r, SK_MIN(n, sk_rd_left(&r))));
	}
	if (sk_rd_left(&r) == 0)
		return false;
	n = sk_rd_u24be(&r);
	if (!sk_rd_ok(&r)) {
		*oddities |= SK_TLS_ODD(CERTIFICATE_LIST);
		return false;
	}
	if (n > sk_rd_left(&r))
		*oddities |= SK_TLS_ODD(CERTIFICATE_LIST);
	*len = n;
	*der = sk_rd_span(&r, SK_MIN(n, sk_rd_left(&r)));
	*list = sk_rd_rest(&r);
	return true;
}

/* --- recognition --- */

static bool is_version(uint16_t v)
{
	return v >= 0x0300 && v <= 0x0304;
}

/* SSL 2: two bytes of length with the top bit set, type, version, three lengths that add up. */
static enum sk_tls_look look_v2(struct sk_span first, bool to_server)
{
	struct sk_rd r = sk_rd(first);
	size_t len = sk_rd_u16be(&r) & 0x7fff, a, b, c;
	uint8_t type = sk_rd_u8(&r);
	uint16_t version;

	if (!to_server)
		return SK_TLS_NO;
	if (first.n >= 3 && type != SK_TLS_CLIENT_HELLO)
		return SK_TLS_NO;
	version = sk_rd_u16be(&r);
	a = sk_rd_u16be(&r);
	b = sk_rd_u16be(&r);
	c = sk_rd_u16be(&r);
	if (!sk_rd_ok(&r))
		return SK_TLS_MORE;
	if ((version != 2 && !is_version(version)) || a == 0 || a % 3 || c < 8 || c > 64 || (b && b != 16) || 9 + a + b + c != len)
		return SK_TLS_NO;
	return SK_TLS_YES;
}

enum sk_tls_look sk_tls_looks(struct sk_span first, bool to_server, bool midstream)
{
	struct sk_rd r = sk_rd(first);
	uint8_t type = sk_rd_u8(&r), message;
	uint16_t version = sk_rd_u16be(&r);
	size_t len = sk_rd_u16be(&r), body;

	if (first.n && type & 0x80)
		return look_v2(first, to_server);
	if (first.n && (type < SK_TLS_CHANGE_CIPHER || type > SK_TLS_DATA))
		return SK_TLS_NO;
	if (first.n >= 2 && first.p[1] != 3)
		return SK_TLS_NO;
	if (!sk_rd_ok(&r))
		return SK_TLS_MORE;
	if (!is_version(version) || len == 0 || len > SK_TLS_RECORD_MAX)
		return SK_TLS_NO;
	if (type == SK_TLS_ALERT && len == 2 && !to_server) {
		uint8_t level = sk_rd_u8(&r);

		return !sk_rd_ok(&r) ? SK_TLS_MORE : level == 1 || level == 2 ? SK_TLS_YES : SK_TLS_NO;
	}
	if (type != SK_TLS_HANDSHAKE)
		return midstream ? SK_TLS_YES : SK_TLS_NO;
	message = sk_rd_u8(&r);
	if (!sk_rd_ok(&r))
		return SK_TLS_MORE;
	if (midstream)
		return SK_TLS_YES;	/* may be encrypted */
	if (message != (to_server ? SK_TLS_CLIENT_HELLO : SK_TLS_SERVER_HELLO) && (to_server || message != SK_TLS_HELLO_RETRY))
		return SK_TLS_NO;
	if (len < 4)
		return SK_TLS_YES;	/* the message's length is in another record */
	body = sk_rd_u24be(&r);
	if (!sk_rd_ok(&r))
		return SK_TLS_MORE;
	/* the shortest hellos: version, random and the empty rest */
	return body >= 38 && body < 1u << 18 ? SK_TLS_YES : SK_TLS_NO;
}
