/* tests/unit/proto/t_tls.c — hellos of real clients, published fingerprints, malformed hellos, recognition. */
#include <stdlib.h>

#include "unit.h"

#include "base/buf.h"
#include "hello_bytes.h"
#include "proto/tls.h"

#define RECORD_BODY(a) sk_span((a) + 9, sizeof(a) - 9)	/* behind record and message headers */

static struct sk_digester *digester;

static void expect_ja3(const struct sk_tls_hello *h, const char *text, const char *md5)
{
	struct sk_buf b = { .cap = 0 };
	char hex[SK_DIGEST_TEXT_MAX];

	assert_int_equal(sk_tls_ja3(h, &b), 0);
	assert_string_equal(sk_buf_str(&b), text);
	assert_int_equal(sk_digest_hex(digester, SK_DIGEST_MD5, sk_buf_span(&b), hex), 32);
	assert_string_equal(hex, md5);
	sk_buf_fini(&b);
}

static void expect_ja4(const struct sk_tls_hello *h, const char *want)
{
	struct sk_buf b = { .cap = 0 };
	char ja4[SK_TLS_JA4_LEN + 1];

	assert_int_equal(sk_tls_ja4(h, digester, &b, ja4), 0);
	assert_string_equal(ja4, want);
	sk_buf_fini(&b);
}

/* Expected values: tshark 4.0 for JA3; SHA-256 of tshark's lists, sorted, for JA4. */
static void hellos_of_openssl(void **state)
{
	struct sk_tls_hello h;

	assert_true(sk_tls_client_hello(RECORD_BODY(hello_13), &h));
	assert_int_equal(h.oddities, 0);
	assert_int_equal(h.version, 0x0303);
	assert_span(h.sni, "WWW.Example.ORG");
	assert_span(h.alpn, "\2h2\x08http/1.1");
	assert_int_equal(h.versions.n, 8);
	assert_int_equal(h.session_id.n, 32);
	assert_false(h.has_ech);
	expect_ja3(&h, "771,4866-4867-4865-49196-49200-159-52393-52392-52394-49195-49199-158-49188-49192-107-49187-49191-103-49162-49172-57-"
		   "49161-49171-51-157-156-61-60-53-47-255,0-11-10-35-16-22-23-13-43-45-51,29-23-30-25-24-256-257-258-259-260,0-1-2",
		   "5a1edc7f170af1014fc65c994878e63c");
	expect_ja4(&h, "t13d3111h2_e8f1e7e78f70_1f22a2ca17c4");
	assert_true(sk_tls_client_hello(RECORD_BODY(hello_12), &h));
	assert_int_equal(h.oddities, 0);
	assert_null(h.sni.p);
	expect_ja3(&h, "771,49196-49200-159-52393-52392-52394-49195-49199-158-49188-49192-107-49187-49191-103-49162-49172-57-49161-49171-51-"
		   "157-156-61-60-53-47-255,11-10-35-22-23-13,29-23-30-25-24,0-1-2", "fbe7e189e37a07ee33706f86bc746344");
	expect_ja4(&h, "t12i280600_d943125447b4_e7e480e5a997");
}

/* --- a hello made of lists of numbers --- */

struct maker {
	uint8_t b[4096];
	size_t n;
};

static void put16(struct maker *m, unsigned v)
{
	m->b[m->n++] = (uint8_t)(v >> 8);
	m->b[m->n++] = (uint8_t)v;
}

/* Numbers, ended by -1; to the buffer as a vector with a length of two bytes. */
static void put_list(struct maker *m, const int *list)
{
	size_t at = m->n;

	put16(m, 0);
	for (; *list >= 0; list++)
		put16(m, (unsigned)*list);
	m->b[at] = (uint8_t)((m->n - at - 2) >> 8);
	m->b[at + 1] = (uint8_t)(m->n - at - 2);
}

static void put_ext(struct maker *m, int type, const int *groups, const int *sigs)
{
	size_t at;

	put16(m, (unsigned)type);
	at = m->n;
	put16(m, 0);
	if (type == 10 && groups)
		put_list(m, groups);
	else if (type == 13 && sigs)
		put_list(m, sigs);
	else if (type == 11)
		memcpy(&m->b[m->n], "\1\0", 2), m->n += 2;
	else if (type == 16)
		memcpy(&m->b[m->n], "\0\x0c\2h2\x08http/1.1", 14), m->n += 14;
	else if (type == 0)
		memcpy(&m->b[m->n], "\0\x06\0\0\3a.b", 8), m->n += 8;
	else if (type == 43)
		memcpy(&m->b[m->n], "\6\x0a\x0a\3\4\3\3", 7), m->n += 7;
	m->b[at] = (uint8_t)((m->n - at - 2) >> 8);
	m->b[at + 1] = (uint8_t)(m->n - at - 2);
}

static void make_hello(struct maker *m, unsigned version, const int *ciphers, const int *exts, const int *groups, const int *sigs)
{
	size_t at;

	memset(m, 0, sizeof(*m));
	put16(m, version);
	m->n += 32;
	m->b[m->n++] = 0;
	put_list(m, ciphers);
	m->b[m->n++] = 1;
	m->b[m->n++] = 0;
	if (!exts)
		return;
	at = m->n;
	put16(m, 0);
	for (; *exts >= 0; exts++)
		put_ext(m, *exts, groups, sigs);
	m->b[at] = (uint8_t)((m->n - at - 2) >> 8);
	m->b[at + 1] = (uint8_t)(m->n - at - 2);
}

/* The two examples of the JA3 README. */
static void ja3_readme(void **state)
{
	static const int c1[] = { 47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4, -1 }, e1[] = { 0, 10, 11, -1 },
		g1[] = { 23, 24, 25, -1 }, c2[] = { 4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99, -1 };
	struct maker m;
	struct sk_tls_hello h;

	make_hello(&m, 769, c1, e1, g1, NULL);
	assert_true(sk_tls_client_hello(sk_span(m.b, m.n), &h));
	expect_ja3(&h, "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0", "ada70206e40642a3e4461f35503241d5");
	make_hello(&m, 769, c2, NULL, NULL, NULL);
	assert_true(sk_tls_client_hello(sk_span(m.b, m.n), &h));
	expect_ja3(&h, "769,4-5-10-9-100-98-3-6-19-18-99,,,", "de350869b8c85de67a350c8d186f11e6");
	assert_int_equal(h.oddities, 0);
}

/* The worked example of FoxIO's JA4.md, with GREASE put in wherever clients do. */
static void ja4_worked_example(void **state)
{
	static const int c[] = { 0x0a0a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c,
		0x009d, 0x002f, 0x0035, -1 };
	static const int e[] = { 0x1a1a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b,
		0xff01, 0x000b, 0x000a, 0x0015, 0xfafa, -1 };
	static const int g[] = { 0x2a2a, 0x001d, -1 }, s[] = { 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601, -1 };
	struct maker m;
	struct sk_tls_hello h;

	make_hello(&m, 0x0303, c, e, g, s);
	assert_true(sk_tls_client_hello(sk_span(m.b, m.n), &h));
	assert_int_equal(h.oddities, 0);
	expect_ja4(&h, "t13d1516h2_8daaf6152771_e5627efa2ab1");
}

static void ja4_of_little(void **state)
{
	static const int none[] = { -1 }, sni[] = { 0, -1 };
	struct maker m;
	struct sk_tls_hello h;

	make_hello(&m, 0x0300, none, NULL, NULL, NULL);
	assert_true(sk_tls_client_hello(sk_span(m.b, m.n), &h));
	expect_ja4(&h, "ts3i000000_000000000000_000000000000");
	make_hello(&m, 0x0301, none, sni, NULL, NULL);
	assert_true(sk_tls_client_hello(sk_span(m.b, m.n), &h));
	expect_ja4(&h, "t10d000100_000000000000_000000000000");
}

static void ja4_alpn_forms(void **state)
{
	static const struct { const char *bytes; size_t n; const char *want; } forms[] = {
		{ "\2h2", 3, "h2" }, { "\x08http/1.1", 9, "h1" }, { "\1a", 2, "aa" }, { "\2\xab\xcd", 3, "ad" }, { "\3\x20ok", 4, "2b" },
		{ "\2\x0a\x0a", 3, "0a" }, { "", 0, "00" }, { "\5ab", 3, "00" } };

	for (size_t i = 0; i < SK_ARRAY_LEN(forms); i++) {
		struct sk_tls_hello h = { .version = 0x0303, .alpn = sk_span(forms[i].bytes, forms[i].n) };
		char want[SK_TLS_JA4_LEN + 1] = "t12i0000--_000000000000_000000000000";

		memcpy(want + 8, forms[i].want, 2);
		expect_ja4(&h, want);
	}
}

static void many_ciphers_are_sorted(void **state)
{
	static uint8_t list[2 * 30000];
	struct sk_tls_hello up = { .version = 0x0303, .ciphers = sk_span(list, sizeof(list)) };
	struct sk_buf b = { .cap = 0 };
	char a[SK_TLS_JA4_LEN + 1], z[SK_TLS_JA4_LEN + 1];

	for (unsigned i = 0; i < 30000; i++) {
		list[2 * i] = (uint8_t)(i >> 8);
		list[2 * i + 1] = (uint8_t)i;
	}
	assert_int_equal(sk_tls_ja4(&up, digester, &b, a), 0);
	for (unsigned i = 0; i < 30000; i++) {
		list[2 * i] = (uint8_t)((29999 - i) >> 8);
		list[2 * i + 1] = (uint8_t)(29999 - i);
	}
	assert_int_equal(sk_tls_ja4(&up, digester, &b, z), 0);
	assert_string_equal(a, z);
	assert_memory_equal(a, "t12i990000_", 11);
	sk_buf_fini(&b);
}

static void truncation_at_every_byte(void **state)
{
	for (size_t n = 0; n < sizeof(hello_13) - 9; n++) {
		uint8_t *copy = malloc(n ? n : 1);
		struct sk_tls_hello h;
		struct sk_buf b = { .cap = 0 };
		char ja4[SK_TLS_JA4_LEN + 1];

		memcpy(copy, hello_13 + 9, n);
		assert_int_equal(sk_tls_client_hello(sk_span(copy, n), &h), n >= 2);
		if (n >= 2) {
			assert_int_equal(sk_tls_ja3(&h, &b), 0);
			assert_int_equal(sk_tls_ja4(&h, digester, &b, ja4), 0);
			/* the hello without any extension is well-formed */
			if (h.oddities == 0)
				assert_false(h.has_extensions);
		}
		sk_tls_server_hello(sk_span(copy, n), &h);
		sk_tls_v2_hello(sk_span(copy, n), &h);
		sk_buf_fini(&b);
		free(copy);
	}
}

static void odd_extensions_are_told(void **state)
{
	static const int c[] = { 47, -1 }, twice[] = { 0, 0, -1 }, plain[] = { 0, -1 };
	struct maker m;
	struct sk_tls_hello h;

	make_hello(&m, 0x0303, c, twice, NULL, NULL);
	sk_tls_client_hello(sk_span(m.b, m.n), &h);
	assert_int_equal(h.oddities, SK_TLS_ODD(DUPLICATE) | SK_TLS_ODD(SNI));
	make_hello(&m, 0x0303, c, plain, NULL, NULL);
	m.b[m.n++] = 'x';
	sk_tls_client_hello(sk_span(m.b, m.n), &h);
	assert_int_equal(h.oddities, SK_TLS_ODD(TRAILING));
	m.n--;
	m.b[m.n - 2] = 0;	/* a NUL inside the name */
	sk_tls_client_hello(sk_span(m.b, m.n), &h);
	assert_int_equal(h.oddities, SK_TLS_ODD(SNI));
	m.b[m.n - 4] = 9;	/* a name longer than its list */
	sk_tls_client_hello(sk_span(m.b, m.n), &h);
	assert_true(h.oddities & SK_TLS_ODD(SNI));
	assert_true(h.has_sni);
}

/* RFC 8446 4.1.3, RFC 8448 5: the HelloRetryRequest of the trace. */
static void retry_request(void **state)
{
	static const uint8_t body[] = {
		0x03, 0x03, 0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
		0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c, 0x00, 0x13, 0x01, 0x00, 0x00, 0x0c,
		0x00, 0x33, 0x00, 0x02, 0x00, 0x17, 0x00, 0x2b, 0x00, 0x02, 0x03, 0x04 };
	struct sk_tls_hello h;

	assert_true(sk_tls_server_hello(sk_span(body, sizeof(body)), &h));
	assert_true(h.is_retry);
	assert_int_equal(h.oddities, 0);
	assert_int_equal(h.cipher, 0x1301);
	assert_int_equal(h.selected, 0x0304);
	assert_int_equal(h.version, 0x0303);
}

static void v2_hello(void **state)
{
	static const char msg[] = "\1\3\1\0\6\0\0\0\x10\1\0\x80\0\0\x2f" "0123456789abcdef";
	struct sk_tls_hello h;

	assert_true(sk_tls_v2_hello(sk_span(msg, sizeof(msg) - 1), &h));
	assert_int_equal(h.version, 0x0301);
	assert_int_equal(h.ciphers.n, 6);
	assert_int_equal(h.random.n, 16);
	assert_int_equal(h.oddities, 0);
}

static void certificate_lists(void **state)
{
	static const char list[] = "\0\0\x0a\0\0\3abc\0\0\1d";
	struct sk_span rest = sk_span(list, sizeof(list) - 1), der;
	uint32_t odd = 0;
	size_t len;

	assert_true(sk_tls_next_certificate(&rest, true, &der, &len, &odd));
	assert_span(der, "abc");
	assert_true(sk_tls_next_certificate(&rest, false, &der, &len, &odd));
	assert_span(der, "d");
	assert_false(sk_tls_next_certificate(&rest, false, &der, &len, &odd));
	assert_int_equal(odd, 0);
	rest = sk_span(list, 8);
	assert_true(sk_tls_next_certificate(&rest, true, &der, &len, &odd));
	assert_span(der, "ab");
	assert_int_equal(odd, SK_TLS_ODD(CERTIFICATE_LIST));
}

static void only_tls_looks_like_tls(void **state)
{
	static const char v2[] = "\x80\x1f\1\3\1\0\6\0\0\0\x10";

	for (size_t n = 0; n < 9; n++)
		assert_int_equal(sk_tls_looks(sk_span(hello_13, n), true, false), SK_TLS_MORE);
	assert_int_equal(sk_tls_looks(sk_span(hello_13, 9), true, false), SK_TLS_YES);
	assert_int_equal(sk_tls_looks(sk_span(hello_13, 9), false, false), SK_TLS_NO);
	assert_int_equal(sk_tls_looks(sk_span_str("GET / HTTP/1.1"), true, true), SK_TLS_NO);
	assert_int_equal(sk_tls_looks(sk_span("\x17\3\3\0\x20", 5), true, false), SK_TLS_NO);
	assert_int_equal(sk_tls_looks(sk_span("\x17\3\3\0\x20", 5), true, true), SK_TLS_YES);
	assert_int_equal(sk_tls_looks(sk_span("\x15\3\1\0\2\2\x28", 7), false, false), SK_TLS_YES);
	assert_int_equal(sk_tls_looks(sk_span(v2, 11), true, false), SK_TLS_YES);
	assert_int_equal(sk_tls_looks(sk_span(v2, 4), true, false), SK_TLS_MORE);
	assert_int_equal(sk_tls_looks(sk_span(v2, 11), false, false), SK_TLS_NO);
}

static int make_digester(void **state)
{
	digester = sk_digester_new();
	return digester ? 0 : -1;
}

static int drop_digester(void **state)
{
	sk_digester_free(digester);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hellos_of_openssl),
		cmocka_unit_test(ja3_readme),
		cmocka_unit_test(ja4_worked_example),
		cmocka_unit_test(ja4_of_little),
		cmocka_unit_test(ja4_alpn_forms),
		cmocka_unit_test(many_ciphers_are_sorted),
		cmocka_unit_test(truncation_at_every_byte),
		cmocka_unit_test(odd_extensions_are_told),
		cmocka_unit_test(retry_request),
		cmocka_unit_test(v2_hello),
		cmocka_unit_test(certificate_lists),
		cmocka_unit_test(only_tls_looks_like_tls),
	};

	return cmocka_run_group_tests(tests, make_digester, drop_digester);
}
