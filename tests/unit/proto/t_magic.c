/* tests/unit/proto/t_magic.c — kinds of files by their first bytes, and digests of published texts.
 *
 * source   each row's comment names where its bytes are from; digests: RFC 1321 A.5, FIPS 180-2 A.1 and B.1 ("abc"), RFC 3174 7.3
 */
#include "unit.h"

#include "base/compiler.h"
#include "proto/digest.h"
#include "proto/magic.h"

#define ROW(bytes, kind, is_file) { bytes, sizeof(bytes) - 1, kind, is_file }

static const struct {
	const char *bytes;
	size_t n;
	const char *kind;
	bool is_file;
} rows[] = {
	ROW("\177ELF\2\1\1\0", "elf", true),			/* elf(5), 64 bits, little endian */
	ROW("PK\3\4\24\0\0\0", "zip", true),			/* APPNOTE 4.3.7 */
	ROW("PK\5\6\0\0\0\0", "zip", true),			/* … 4.3.16: an empty archive */
	ROW("PK\7\10PK\3\4", "zip", true),			/* … 8.5.3: spanned */
	ROW("\37\213\10\0", "gzip", true),			/* RFC 1952 2.3.1 */
	ROW("\37\213\7\0", "data", false),			/* … another method than deflate */
	ROW("%PDF-1.7\n", "pdf", true),				/* ISO 32000 7.5.2 */
	ROW("\211PNG\r\n\32\n\0\0\0\15IHDR", "png", false),	/* PNG 5.2 */
	ROW("\211PNG\n\32\n\0\0\0\15IHDR", "data", false),	/* … damaged in text mode, which its magic is there to show */
	ROW("\377\330\377\340\0\20JFIF\0", "jpeg", false),
	ROW("GIF87a\1\0", "gif", false),
	ROW("GIF89a\1\0", "gif", false),
	ROW("GIF88a\1\0", "data", false),
	ROW("\320\317\21\340\241\261\32\341", "ole", true),	/* MS-CFB 2.2 */
	ROW("Rar!\32\7\0", "rar", true),			/* RAR 4 */
	ROW("Rar!\32\7\1\0", "rar", true),			/* RAR 5.0 */
	ROW("7z\274\257\47\34\0\4", "7z", true),		/* 7zFormat.txt */
	ROW("SQLite format 3\0\20\0", "sqlite", true),		/* SQLite file format 1.3 */
	ROW("SQLite format 3", "data", false),			/* … without the NUL that belongs to it */
	ROW("\312\376\272\276\0\0\0\64", "java", true),		/* JVMS 4.1 */
	ROW("\254\355\0\5sr", "java", true),			/* Java Object Serialization 6.4.2 */
	ROW("#!/bin/sh\n", "script", true),
	ROW("<?php eval", "script", true),
	ROW("\n <%@ Page Language=\"C#\" %>", "script", true),
	ROW("@ECHO OFF\r\n", "script", true),
	ROW("<?xml version=\"1.0\"?>", "xml", false),
	ROW("\357\273\277<?xml version=\"1.0\"?>", "xml", false),	/* behind a byte order mark */
	ROW("<!DOCTYPE HTML>", "html", false),			/* WHATWG MIME Sniffing 7.1 */
	ROW(" \t\r\n<HtMl>", "html", false),
	ROW("<p>", "html", false),
	ROW("<", "data", false),
	ROW("", "data", false),
	ROW("PK\3", "data", false),
	ROW("MZ", "pe", true),
	ROW("MX", "data", false),
};

static void by_first_bytes(void **state)
{
	for (size_t i = 0; i < SK_ARRAY_LEN(rows); i++) {
		const char *kind = sk_magic(sk_span(rows[i].bytes, rows[i].n));

		if (strcmp(kind, rows[i].kind) != 0)
			fail_msg("row %zu is %s, not %s", i, kind, rows[i].kind);
		if (sk_magic_is_file(kind) != rows[i].is_file)
			fail_msg("row %zu: %s is %sa file", i, kind, rows[i].is_file ? "not " : "");
	}
	assert_false(sk_magic_is_file("data"));
	assert_false(sk_magic_is_file("nothing of the sort"));
}

/* MZ alone is in many texts; the header it points to says more (PE/COFF 3.1). */
static void programs_for_windows(void **state)
{
	uint8_t b[128] = "MZ";

	b[60] = 100;
	assert_string_equal(sk_magic(sk_span(b, sizeof(b))), "data");
	memcpy(b + 100, "PE\0\0", 4);
	assert_string_equal(sk_magic(sk_span(b, sizeof(b))), "pe");
	memcpy(b + 100, "NE", 2);
	assert_string_equal(sk_magic(sk_span(b, sizeof(b))), "pe");
	b[61] = 1;			/* behind what is at hand */
	assert_string_equal(sk_magic(sk_span(b, sizeof(b))), "pe");
	b[62] = 1;			/* out of all proportion */
	assert_string_equal(sk_magic(sk_span(b, sizeof(b))), "data");
}

static void digests(void **state)
{
	struct sk_digester *d = sk_digester_new();
	uint8_t out[SK_DIGEST_MAX];
	char hex[SK_DIGEST_TEXT_MAX];

	assert_non_null(d);
	assert_int_equal(sk_digest_hex(d, SK_DIGEST_MD5, sk_span_str("abc"), hex), 32);
	assert_string_equal(hex, "900150983cd24fb0d6963f7d28e17f72");
	assert_int_equal(sk_digest_hex(d, SK_DIGEST_SHA1, sk_span_str("abc"), hex), 40);
	assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
	assert_int_equal(sk_digest_hex(d, SK_DIGEST_SHA256, sk_span_str("abc"), hex), 64);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	/* nothing of the one before is left in the next */
	assert_int_equal(sk_digest_hex(d, SK_DIGEST_SHA256, sk_span("", 0), hex), 64);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_int_equal(sk_digest(d, SK_DIGEST_SHA1, sk_span_str("abc"), out), 20);
	assert_int_equal(out[0], 0xa9);
	assert_int_equal(out[19], 0x9d);
	sk_digester_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_first_bytes),
		cmocka_unit_test(programs_for_windows),
		cmocka_unit_test(digests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
