/* tests/unit/proto/t_dns.c — DNS messages after RFC 1035 4.1 and 4.1.4, compression attacks, recognition. */
#include <stdlib.h>

#include "unit.h"

#include "proto/dns.h"

/* RFC 1035 4.1.4: F.ISI.ARPA at 20, FOO.F.ISI.ARPA at 40, ARPA at 64, the root at 92. */
static void rfc1035_compression_example(void **state)
{
	uint8_t msg[93] = { 0 };
	struct sk_dns d;
	struct sk_dns_name n;

	memcpy(msg + 20, "\1F\3ISI\4ARPA\0", 12);
	memcpy(msg + 40, "\3FOO\xc0\x14", 6);
	memcpy(msg + 64, "\xc0\x1a", 2);
	assert_true(sk_dns_open(&d, sk_span(msg, sizeof(msg))));
	assert_int_equal(sk_dns_name_at(&d, 20, &n), 32);
	assert_span(sk_span(n.text, n.n), "F.ISI.ARPA");
	assert_int_equal(sk_dns_name_at(&d, 40, &n), 46);
	assert_span(sk_span(n.text, n.n), "FOO.F.ISI.ARPA");
	assert_int_equal(n.label_cnt, 4);
	assert_int_equal(sk_dns_name_at(&d, 64, &n), 66);
	assert_span(sk_span(n.text, n.n), "ARPA");
	assert_int_equal(sk_dns_name_at(&d, 92, &n), 93);
	assert_int_equal(n.n, 0);
	assert_true(n.whole);
	assert_int_equal(d.oddities & ~SK_DNS_ODD(NO_QUESTION), 0);
}

static uint32_t name_oddities(const char *bytes, size_t n, size_t at, struct sk_dns_name *name, size_t *after)
{
	struct sk_dns d = { .msg = sk_span(bytes, n) };

	*after = sk_dns_name_at(&d, at, name);
	return d.oddities;
}

/* The text as RFC 1035 5.1 has it, byte by byte. */
static size_t expand_slowly(const uint8_t *wire, uint8_t *text)
{
	size_t n = 0;

	for (size_t off = 0; wire[off]; off += wire[off] + 1u) {
		if (n)
			text[n++] = '.';
		for (size_t i = 1; i <= wire[off]; i++) {
			if (wire[off + i] == '.' || wire[off + i] == '\\')
				text[n++] = '\\';
			text[n++] = wire[off + i];
		}
	}
	return n;
}

/* Names of every length, in one label or more, a byte that needs a backslash at every place or nowhere, at the end of a message or not. */
static void names_of_all_lengths(void **state)
{
	uint8_t wire[300], text[600];
	struct sk_dns_name name;
	size_t after, want;

	for (size_t labels = 1; labels <= 3; labels++) {
		for (size_t len = 1; len <= 60; len++) {
			for (size_t odd = 0; odd <= labels * len; odd++) {
				size_t n = 0;

				for (size_t k = 0; k < labels; k++) {
					wire[n++] = (uint8_t)len;
					for (size_t i = 0; i < len; i++)
						wire[n++] = (uint8_t)(k * len + i == odd ? odd % 2 ? '.' : '\\' : 'a' + i % 26);
				}
				wire[n++] = 0;
				memset(wire + n, '.', 20);
				want = expand_slowly(wire, text);
				for (size_t more = 0; more <= 20; more += 20) {
					assert_int_equal(name_oddities((char *)wire, n + more, 0, &name, &after), 0);
					assert_int_equal(after, n);
					assert_true(name.whole && name.label_cnt == labels && name.label[labels - 1].n == len);
					assert_int_equal(name.n, want);
					assert_memory_equal(name.text, text, want);
				}
			}
		}
	}
}

static void hostile_names_end(void **state)
{
	struct sk_dns_name n;
	size_t after;
	char many[4096], longest[300];

	assert_int_equal(name_oddities("\xc0\x00", 2, 0, &n, &after), SK_DNS_ODD(POINTER_LOOP));
	assert_int_equal(after, 0);
	assert_int_equal(name_oddities("\1a\xc0\x00", 4, 0, &n, &after), SK_DNS_ODD(POINTER_LOOP));
	assert_span(sk_span(n.text, n.n), "a");
	assert_int_equal(name_oddities("\xc0\x02\xc0\x00", 4, 0, &n, &after), SK_DNS_ODD(POINTER_FORWARD) | SK_DNS_ODD(POINTER_LOOP));
	assert_int_equal(name_oddities("\xc0\x04--\1b\0", 7, 0, &n, &after), SK_DNS_ODD(POINTER_FORWARD));
	assert_span(sk_span(n.text, n.n), "b");
	assert_int_equal(after, 2);
	assert_int_equal(name_oddities("\xc0\x40", 2, 0, &n, &after), SK_DNS_ODD(POINTER_OUTSIDE));
	assert_int_equal(name_oddities("\1a\x41z\0", 5, 0, &n, &after), SK_DNS_ODD(LABEL_TYPE));
	assert_int_equal(name_oddities("\1a\x05z", 4, 0, &n, &after), SK_DNS_ODD(TRUNCATED));
	assert_int_equal(name_oddities("\1a\xc0", 3, 0, &n, &after), SK_DNS_ODD(TRUNCATED));

	/* a chain of pointers, each to the one before */
	memset(many, 0, sizeof(many));
	for (size_t i = 2; i < 2048; i += 2) {
		many[i] = (char)(0xc0 | (i - 2) >> 8);
		many[i + 1] = (char)(i - 2);
	}
	assert_int_equal(name_oddities(many, sizeof(many), 2046, &n, &after), SK_DNS_ODD(POINTER_LOOP));
	assert_int_equal(name_oddities(many, sizeof(many), 2 * SK_DNS_HOPS_MAX, &n, &after), 0);

	/* 254 bytes of labels and the root are 255: allowed; one label more is not */
	for (size_t i = 0; i < sizeof(longest); i += 2)
		memcpy(&longest[i], "\1.", 2);
	longest[254] = 0;
	assert_int_equal(name_oddities(longest, 255, 0, &n, &after), 0);
	assert_int_equal(n.label_cnt, 127);
	assert_int_equal(n.n, 127 * 2 + 126);	/* every dot inside a label is escaped */
	longest[254] = 1;
	longest[256] = 0;
	assert_int_equal(name_oddities(longest, 257, 0, &n, &after), SK_DNS_ODD(NAME_LENGTH));
	assert_int_equal(n.label_cnt, 127);
}

/* A response with a question, a CNAME and an A record, an OPT record with extended rcode 1 (BADVERS with flags 0). */
static const uint8_t answer[] =
	"\x12\x34\x81\x80\0\1\0\2\0\0\0\1"
	"\3wWw\7eXample\3org\0\0\1\0\1"
	"\xc0\x0c\0\5\0\1\0\0\1\x2c\0\6\3cdn\xc0\x10"
	"\xc0\x2d\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"
	"\0\0\x29\x10\0\1\0\0\0\0\0";
#define ANSWER_LEN (sizeof(answer) - 1)

static void a_response_is_walked(void **state)
{
	struct sk_dns d;
	struct sk_dns_name n;
	struct sk_dns_question q = { .name = &n };
	struct sk_dns_record r;
	size_t at[2];

	assert_true(sk_dns_open(&d, sk_span(answer, ANSWER_LEN)));
	assert_true(d.is_response);
	assert_int_equal(d.id, 0x1234);
	assert_true(sk_dns_next_question(&d, &q));
	assert_span(sk_span(n.text, n.n), "wWw.eXample.org");
	assert_int_equal(q.type, 1);
	assert_int_equal(q.class, 1);
	assert_false(sk_dns_next_question(&d, &q));
	assert_true(sk_dns_next_record(&d, &r));
	assert_int_equal(r.type, SK_DNS_CNAME);
	assert_int_equal(r.ttl, 300);
	assert_int_equal(sk_dns_data_names(&d, &r, at), 1);
	assert_int_not_equal(sk_dns_name_at(&d, at[0], &n), 0);
	assert_span(sk_span(n.text, n.n), "cdn.eXample.org");
	assert_true(sk_dns_next_record(&d, &r));
	assert_int_equal(r.type, SK_DNS_A);
	assert_int_equal(r.data.n, 4);
	assert_int_not_equal(sk_dns_name_at(&d, r.owner_at, &n), 0);
	assert_span(sk_span(n.text, n.n), "cdn.eXample.org");
	assert_int_equal(d.rcode, 0);
	assert_true(sk_dns_next_record(&d, &r));
	assert_int_equal(r.section, SK_DNS_ADDITIONAL);
	assert_int_equal(d.rcode, 16);
	assert_false(sk_dns_next_record(&d, &r));
	assert_int_equal(d.oddities, 0);
}

static void every_truncation_is_told(void **state)
{
	for (size_t n = 0; n < ANSWER_LEN; n++) {
		uint8_t *copy = malloc(n ? n : 1);
		struct sk_dns d;
		struct sk_dns_name name;
		struct sk_dns_question q = { .name = &name };
		struct sk_dns_record r;
		unsigned records = 0;

		memcpy(copy, answer, n);
		if (sk_dns_open(&d, sk_span(copy, n))) {
			while (sk_dns_next_question(&d, &q))
				;
			while (sk_dns_next_record(&d, &r))
				records++;
		}
		assert_true(d.oddities & (SK_DNS_ODD(TRUNCATED) | SK_DNS_ODD(HEADER)));
		assert_true(records <= 3);
		free(copy);
	}
}

static void trailing_bytes_and_counts_are_told(void **state)
{
	uint8_t msg[ANSWER_LEN + 3];
	struct sk_dns d;
	struct sk_dns_record r;

	memcpy(msg, answer, ANSWER_LEN);
	memcpy(msg + ANSWER_LEN, "abc", 3);
	assert_true(sk_dns_open(&d, sk_span(msg, sizeof(msg))));
	while (sk_dns_next_record(&d, &r))
		;
	assert_int_equal(d.oddities, SK_DNS_ODD(TRAILING));
	assert_int_equal(d.odd_at[__builtin_ctz(SK_DNS_ODD(TRAILING))], ANSWER_LEN);
	msg[7] = 200;
	assert_true(sk_dns_open(&d, sk_span(msg, ANSWER_LEN)));
	while (sk_dns_next_record(&d, &r))
		;
	assert_int_equal(d.oddities, SK_DNS_ODD(TRUNCATED));
}

static void types_have_iana_names(void **state)
{
	static const struct { uint16_t n; const char *name; } some[] = {
		{ 1, "A" }, { 8, "MG" }, { 12, "PTR" }, { 15, "MX" }, { 16, "TXT" }, { 28, "AAAA" }, { 33, "SRV" }, { 35, "NAPTR" },
		{ 41, "OPT" }, { 43, "DS" }, { 46, "RRSIG" }, { 50, "NSEC3" }, { 53, "SMIMEA" }, { 55, "HIP" }, { 61, "OPENPGPKEY" },
		{ 64, "SVCB" }, { 65, "HTTPS" }, { 99, "SPF" }, { 109, "EUI64" }, { 249, "TKEY" }, { 252, "AXFR" }, { 255, "ANY" },
		{ 257, "CAA" }, { 260, "AMTRELAY" }, { 32769, "DLV" } };

	for (size_t i = 0; i < SK_ARRAY_LEN(some); i++)
		assert_string_equal(sk_dns_type_name(some[i].n), some[i].name);
	assert_null(sk_dns_type_name(0));
	assert_null(sk_dns_type_name(54));
	assert_null(sk_dns_type_name(65280));
	assert_string_equal(sk_dns_rcode_name(3), "NXDOMAIN");
	assert_string_equal(sk_dns_rcode_name(23), "BADCOOKIE");
	assert_null(sk_dns_rcode_name(12));
}

static void only_dns_looks_like_dns(void **state)
{
	static const char http[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n", zero[64] = "";

	assert_int_equal(sk_dns_looks(sk_span(answer, ANSWER_LEN), ANSWER_LEN, true), SK_DNS_YES);
	for (size_t n = 0; n < 33; n++)
		assert_int_equal(sk_dns_looks(sk_span(answer, n), ANSWER_LEN, true), SK_DNS_MORE);
	assert_int_equal(sk_dns_looks(sk_span(answer, 20), 20, true), SK_DNS_NO);
	assert_int_equal(sk_dns_looks(sk_span(http, sizeof(http) - 1), sizeof(http) - 1, true), SK_DNS_NO);
	assert_int_equal(sk_dns_looks(sk_span(http, sizeof(http) - 1), sizeof(http) - 1, false), SK_DNS_NO);
	assert_int_equal(sk_dns_looks(sk_span(zero, sizeof(zero)), sizeof(zero), false), SK_DNS_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc1035_compression_example),
		cmocka_unit_test(hostile_names_end),
		cmocka_unit_test(names_of_all_lengths),
		cmocka_unit_test(a_response_is_walked),
		cmocka_unit_test(every_truncation_is_told),
		cmocka_unit_test(trailing_bytes_and_counts_are_told),
		cmocka_unit_test(types_have_iana_names),
		cmocka_unit_test(only_dns_looks_like_dns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
