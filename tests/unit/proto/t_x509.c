/* tests/unit/proto/t_x509.c — certificates: fields as openssl prints them, times, string types, truncation, hostile lengths. */
#include <stdlib.h>

#include "unit.h"

#include "base/buf.h"
#include "hello_bytes.h"
#include "proto/x509.h"

static void fields_of_a_certificate(void **state)
{
	struct sk_x509 c;
	struct sk_buf b = { .cap = 0 };
	struct sk_x509_alt alt;
	struct sk_span rest;

	assert_true(sk_x509_parse(sk_span(certificate, sizeof(certificate)), &c));
	assert_false(c.broken);
	assert_int_equal(c.version, 3);
	assert_int_equal(c.serial.n, 3);
	assert_memory_equal(c.serial.p, "\x0a\x1b\x2c", 3);
	assert_true(c.self_issued);
	assert_int_equal(sk_x509_name(c.subject, &b), 0);
	assert_string_equal(sk_buf_str(&b), "C=US, O=Ex\\, Ample \\\"Ltd\\\", CN=Test.Example.org");
	sk_buf_clear(&b);
	assert_int_equal(sk_x509_common_name(c.subject, &b), 1);
	assert_string_equal(sk_buf_str(&b), "Test.Example.org");
	assert_true(c.has_times);
	assert_int_equal(c.not_before, UINT64_C(1735689600000000000));	/* 2025-01-01 */
	assert_int_equal(c.not_after, INT64_MAX);			/* 9999-12-31 */
	rest = c.alt_names;
	assert_true(sk_x509_next_alt(&rest, &alt));
	assert_span(alt.dns, "*.Example.org");
	assert_true(sk_x509_next_alt(&rest, &alt));
	assert_int_equal(alt.addr.family, 4);
	assert_memory_equal(alt.addr.b, "\xc0\0\2\7", 4);
	assert_true(sk_x509_next_alt(&rest, &alt));
	assert_int_equal(alt.addr.family, 6);
	assert_memory_equal(alt.addr.b, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	assert_false(sk_x509_next_alt(&rest, &alt));	/* the mail address is passed over */
	sk_buf_fini(&b);
}

static void truncation_at_every_byte(void **state)
{
	for (size_t n = 0; n < sizeof(certificate); n++) {
		uint8_t *copy = malloc(n ? n : 1);
		struct sk_x509 c;

		memcpy(copy, certificate, n);
		assert_false(sk_x509_parse(sk_span(copy, n), &c));	/* the outermost length does not fit */
		free(copy);
	}
}

static void every_byte_may_be_wrong(void **state)
{
	static const uint8_t wrong[] = { 0x00, 0x80, 0xff, 0x30, 0x84 };

	for (size_t i = 0; i < sizeof(certificate) * sizeof(wrong); i++) {
		uint8_t *copy = malloc(sizeof(certificate));
		struct sk_x509 c;
		struct sk_x509_alt alt;
		struct sk_buf b = { .cap = 65536 };

		memcpy(copy, certificate, sizeof(certificate));
		copy[i / sizeof(wrong)] = wrong[i % sizeof(wrong)];
		if (sk_x509_parse(sk_span(copy, sizeof(certificate)), &c)) {
			sk_x509_name(c.subject, &b);
			sk_x509_common_name(c.issuer, &b);
			while (c.alt_names.p && sk_x509_next_alt(&c.alt_names, &alt))
				;
		}
		sk_buf_fini(&b);
		free(copy);
	}
}

/* A certificate that ends behind its subject, with the given validity. */
static bool parse_times(const char *validity, struct sk_x509 *c)
{
	static uint8_t der[256];
	size_t n = strlen(validity), tbs = 3 + 2 + 2 + 2 + n + 2;

	memset(der, 0, sizeof(der));
	uint8_t *p = der;
	*p++ = 0x30, *p++ = (uint8_t)(tbs + 2), *p++ = 0x30, *p++ = (uint8_t)tbs;
	memcpy(p, "\2\1\5\x30\0\x30\0\x30", 8);
	p += 8;
	*p++ = (uint8_t)n;
	memcpy(p, validity, n);
	p += n;
	*p++ = 0x30, *p++ = 0;
	return sk_x509_parse(sk_span(der, (size_t)(p - der)), c) && c->has_times;
}

#define S UINT64_C(1000000000)

static void times_of_all_kinds(void **state)
{
	struct sk_x509 c;

	assert_true(parse_times("\x17\x0d" "500101000000Z" "\x17\x0d" "491231235959Z", &c));
	assert_int_equal(c.not_before, 0);			/* 1950 */
	assert_int_equal(c.not_after, 2524607999 * S);		/* 2049 */
	assert_true(parse_times("\x17\x0d" "000229120000Z" "\x18\x0f" "20500101000000Z", &c));
	assert_int_equal(c.not_before, 951825600 * S);
	assert_int_equal(c.not_after, 2524608000 * S);
	assert_true(parse_times("\x17\x0b" "0001010000Z" "\x17\x11" "000101020000+0200", &c));
	assert_int_equal(c.not_before, 946684800 * S);
	assert_int_equal(c.not_after, 946684800 * S);
	assert_true(parse_times("\x18\x0f" "22620411234716Z" "\x18\x0f" "22620411234717Z", &c));
	assert_int_equal(c.not_before, 9223372036 * S);
	assert_int_equal(c.not_after, INT64_MAX);
	assert_false(parse_times("\x17\x0d" "001301000000Z" "\x17\x0d" "491231235959Z", &c));
	assert_false(parse_times("\x17\x0d" "00 101000000Z" "\x17\x0d" "491231235959Z", &c));
	assert_false(parse_times("\x16\x0d" "000101000000Z" "\x17\x0d" "491231235959Z", &c));
	assert_true(c.broken);
}

static void expect_name(const char *der, size_t n, const char *want)
{
	struct sk_buf b = { .cap = 0 };

	assert_int_equal(sk_x509_name(sk_span(der, n), &b), 0);
	assert_string_equal(sk_buf_str(&b), want);
	sk_buf_fini(&b);
}

#define NAME(s, want) expect_name(s, sizeof(s) - 1, want)

static void names_of_all_kinds(void **state)
{
	/* BMPString, T61String, UniversalString; two attributes in one set; an unknown one; an empty value */
	NAME("\x31\x0d\x30\x0b\6\3\x55\4\3\x1e\4\x20\xac\0A", "CN=\xe2\x82\xac" "A");
	NAME("\x31\x0b\x30\x09\6\3\x55\4\3\x14\2\xe9x", "CN=\xc3\xa9x");
	NAME("\x31\x0d\x30\x0b\6\3\x55\4\3\x1c\4\0\1\xf6\0", "CN=\xf0\x9f\x98\x80");
	NAME("\x31\x14\x30\x08\6\3\x55\4\3\x0c\1a\x30\x08\6\3\x55\4\x0a\x0c\1b", "CN=a+O=b");
	NAME("\x31\x0b\x30\x09\6\4\x2b\6\1\4\x0c\1z", "1.3.6.1.4=z");
	NAME("\x31\x09\x30\x07\6\3\x55\4\3\x0c\0", "CN=");
	NAME("\x31\x0b\x30\x09\6\3\x55\4\3\x0c\2 #", "CN=\\ #");
	NAME("\x31\x0b\x30\x09\6\3\x55\4\3\x0c\2\0 ", "CN=\\00\\ ");
	NAME("\x31\x0b\x30\x09\6\3\x55\4\3\x0c\x7f\0 ", "");
}

static void lengths_lie(void **state)
{
	static const char *const bad[] = { "\x30\x80", "\x30\x84\xff\xff\xff\xff", "\x30\x85\1\1\1\1\1", "\x30\x04\x30\x7f\2\1", "\x1f\x1f" };
	struct sk_x509 c;

	for (size_t i = 0; i < SK_ARRAY_LEN(bad); i++) {
		assert_false(sk_x509_parse(sk_span_str(bad[i]), &c));
		assert_true(c.broken);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_of_a_certificate),
		cmocka_unit_test(truncation_at_every_byte),
		cmocka_unit_test(every_byte_may_be_wrong),
		cmocka_unit_test(times_of_all_kinds),
		cmocka_unit_test(names_of_all_kinds),
		cmocka_unit_test(lengths_lie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
