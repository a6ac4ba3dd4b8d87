/* tests/unit/proto/t_coding.c — content codings: every wrapping, lies about it, bombs, any cut. */
#include "unit.h"

#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "base/buf.h"
#include "proto/base64.h"
#include "proto/coding.h"

static const char text[] = "The quick brown fox jumps over the lazy dog. The quick brown fox jumps over the lazy dog.";
static const struct sk_coding_conf conf = { 4, UINT64_C(1) << 30, 2048, NULL };

static struct sk_http_odds odds;
static char names[SK_CODING_NAMES_MAX + 1];

static void emit(void *cx, struct sk_span s) { assert_int_equal(sk_buf_add(cx, s), 0); }

static struct sk_buf decode(const char *header, struct sk_span in, size_t step)
{
	struct sk_coding_list list = { { 0 }, 0 };
	struct sk_buf out = { 0 };
	struct sk_coding *c;

	odds = (struct sk_http_odds){ { 0, 0 } };
	sk_coding_parse(sk_span_str(header), &list, &odds);
	c = sk_coding_new(&list, &conf);
	for (size_t i = 0; i < in.n; i += step) {
		size_t n = in.n - i < step ? in.n - i : step;
		uint8_t *copy = malloc(n);

		memcpy(copy, in.p + i, n);
		sk_coding_push(c, sk_span(copy, n), emit, &out);
		free(copy);
	}
	sk_coding_finish(c, emit, &out);
	sk_http_odds_merge(&odds, sk_coding_odds(c));
	names[sk_coding_names(c, names)] = 0;
	sk_coding_free(c);
	return out;
}

/* bits: 31 gzip, 15 zlib, -15 raw */
static struct sk_buf deflated(struct sk_span in, int bits)
{
	struct sk_buf b = { 0 };
	z_stream z = { 0 };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, bits, 9, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(sk_buf_reserve(&b, deflateBound(&z, in.n)), 0);
	z.next_in = (Bytef *)(uintptr_t)in.p;
	z.avail_in = (uInt)in.n;
	z.next_out = b.p;
	z.avail_out = (uInt)b.room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	b.n = z.total_out;
	deflateEnd(&z);
	return b;
}

static void check(const char *header, struct sk_span in, const char *want)
{
	for (size_t step = 1; step <= in.n + 1; step = step < 4 ? step + 1 : step * 3) {
		struct sk_buf out = decode(header, in, step);

		assert_span(sk_buf_span(&out), want);
		sk_buf_fini(&out);
	}
}

#define ODD(name) sk_http_odds_has(&odds, SK_HTTP_ODD_##name)

static void gzip_zlib_and_raw(void **state)
{
	static const int bits[] = { 31, 15, -15 };
	static const char *const header[] = { "gzip", "deflate", "deflate" };

	for (int i = 0; i < 3; i++) {
		struct sk_buf b = deflated(sk_span_str(text), bits[i]);

		check(header[i], sk_buf_span(&b), text);
		assert_false(sk_http_odds_any(&odds));
		assert_string_equal(names, header[i]);
		sk_buf_fini(&b);
	}
}

static void any_name_for_gzip(void **state)
{
	struct sk_buf b = deflated(sk_span_str(text), 31);

	check("x-gzip", sk_buf_span(&b), text);
	check("deflate", sk_buf_span(&b), text);
	assert_true(ODD(CODING_MISMATCH));
	assert_string_equal(names, "gzip");
	check("br", sk_buf_span(&b), text);
	check("identity, gzip", sk_buf_span(&b), text);
	check("gzip, identity", sk_buf_span(&b), text);
	check("gzip,gzip", sk_buf_span(&b), text);
	check("gzip,deflate", sk_buf_span(&b), text);
	sk_buf_fini(&b);
}

static void stacks(void **state)
{
	struct sk_buf a = deflated(sk_span_str(text), -15), b = deflated(sk_buf_span(&a), 31), c = deflated(sk_buf_span(&b), 15);

	check("deflate, gzip, deflate", sk_buf_span(&c), text);
	assert_string_equal(names, "deflate,gzip,deflate");
	assert_true(ODD(STACKED_CODINGS));
	sk_buf_fini(&a);
	sk_buf_fini(&b);
	sk_buf_fini(&c);
}

static void plain_under_a_coding_name(void **state)
{
	check("gzip", sk_span_str(text), text);
	assert_true(ODD(CODING_MISMATCH));
	assert_string_equal(names, "");
	check("deflate", sk_span_str("X5O!P%@AP"), "X5O!P%@AP");
	check("zstd", sk_span_str(text), text);
	check("gzip", sk_span_str("x"), "x");
	check("unheard-of", sk_span_str(text), text);
	assert_true(ODD(UNKNOWN_CODING));
	check("=?UTF-8?B?ZGVmbGF0ZQo=?=", sk_span_str(text), text);
	assert_true(ODD(BAD_CODING_SYNTAX));
}

/* RFC 1952 2.3.1: extra field, name, comment, header CRC and reserved bits. */
static void gzip_headers(void **state)
{
	struct sk_buf b = deflated(sk_span_str(text), 31);

	for (unsigned flags = 1; flags < 256; flags++) {
		struct sk_buf g = { 0 };

		sk_buf_add(&g, sk_span("\x1f\x8b\x08", 3));
		sk_buf_add_byte(&g, (uint8_t)flags);
		sk_buf_add(&g, sk_span("\0\0\0\0\0\3", 6));
		if (flags & 4)
			sk_buf_add(&g, sk_span("\3\0abc", 5));
		if (flags & 8)
			sk_buf_add(&g, sk_span("name", 5));
		if (flags & 16)
			sk_buf_add(&g, sk_span("", 1));
		if (flags & 2)
			sk_buf_add(&g, sk_span("\xff\xff", 2));
		sk_buf_add(&g, sk_span_sub(sk_buf_span(&b), 10, b.n));
		check("gzip", sk_buf_span(&g), text);
		assert_int_equal(ODD(GZIP_FLAGS), (flags & ~8u) != 0);
		sk_buf_fini(&g);
	}
	sk_buf_fini(&b);
}

static void gzip_flags_that_lie(void **state)
{
	struct sk_buf b = deflated(sk_span_str(text), 31);
	struct sk_buf out;

	b.p[3] = 8;			/* says there is a name, there is none */
	out = decode("gzip", sk_buf_span(&b), b.n);
	assert_non_null(memmem(out.p, out.n, text, sizeof(text) - 1));
	sk_buf_fini(&out);
	sk_buf_fini(&b);
}

static void wrong_sums_and_short_trailers(void **state)
{
	struct sk_buf b = deflated(sk_span_str(text), 31);

	for (size_t cut = 1; cut <= 8; cut++) {
		check("gzip", sk_span_sub(sk_buf_span(&b), 0, b.n - cut), text);
		assert_true(ODD(GZIP_CHECKSUM));
	}
	b.p[b.n - 1] ^= 0xff;
	check("gzip", sk_buf_span(&b), text);
	assert_true(ODD(GZIP_CHECKSUM));
	sk_buf_fini(&b);
}

static void members_and_what_follows(void **state)
{
	struct sk_buf b = deflated(sk_span_str("one,"), 31), c = deflated(sk_span_str("two"), 31);

	sk_buf_add(&b, sk_buf_span(&c));
	check("gzip", sk_buf_span(&b), "one,two");
	assert_false(sk_http_odds_any(&odds));
	sk_buf_add_str(&b, "+junk");
	check("gzip", sk_buf_span(&b), "one,two+junk");
	assert_true(ODD(CODING_TRAILER));
	sk_buf_fini(&b);
	sk_buf_fini(&c);
}

static void truncation_gives_what_there_is(void **state)
{
	struct sk_buf b = deflated(sk_span_str(text), 31);

	for (size_t n = 0; n < b.n - 8; n++) {
		struct sk_buf out = decode("gzip", sk_span(b.p, n), 7);

		if (n > 10)
			assert_true(out.n == 0 || memcmp(out.p, text, out.n) == 0);
		sk_buf_fini(&out);
	}
	sk_buf_fini(&b);
}

static void damage_ends_in_raw_bytes(void **state)
{
	struct sk_buf b = deflated(sk_span_str(text), 31), out;

	for (size_t i = 10; i < b.n; i++) {
		b.p[i] ^= 0x55;
		out = decode("gzip", sk_buf_span(&b), 5);
		sk_buf_fini(&out);
		b.p[i] ^= 0x55;
	}
	memset(b.p + 10, 0xff, b.n - 10);
	sk_buf_add_str(&b, "needle");
	out = decode("gzip", sk_buf_span(&b), 3);
	assert_non_null(memmem(out.p, out.n, "needle", 6));
	sk_buf_fini(&out);
	sk_buf_fini(&b);
}

static void brotli(void **state)
{
	static const uint8_t stored[] = { 0x0b, 0x02, 0x80, 'h', 'e', 'l', 'l', 'o', 0x03 };

	/* RFC 7932 9.2: WBITS 22, one uncompressed-like meta-block of five literals, then the empty last one */
	check("br", sk_span(stored, sizeof(stored)), "hello");
	assert_false(sk_http_odds_any(&odds));
	assert_string_equal(names, "br");
}

static void zstd(void **state)
{
	uint8_t buf[512];
	size_t n = ZSTD_compress(buf, sizeof(buf), text, sizeof(text) - 1, 3);

	check("zstd", sk_span(buf, n), text);
	assert_string_equal(names, "zstd");
	buf[n / 2] ^= 0xff;
	struct sk_buf out = decode("zstd", sk_span(buf, n), 11);
	sk_buf_fini(&out);
}

static uint64_t counted;
static void count(void *cx, struct sk_span s) { counted += s.n; }

static struct sk_buf from_base64(const char *s)
{
	struct sk_buf b = { 0 };

	struct sk_base64 d = { 0 };

	assert_int_equal(sk_buf_reserve(&b, SK_BASE64_ROOM(strlen(s))), 0);
	b.n = sk_base64_push(&d, sk_span_str(s), b.p);
	return b;
}

/* Made by ncompress 4.2.4.6: codes of 9, 10 and 11 bits. The second by hand, as gzip -d reads it: a code, the code that clears the
 * table, the rest of the group of eight, two codes. */
static void compress_of_old(void **state)
{
	static const char squares[] =
		"H52QMEDEAEEDRA6BNkDIqAFiRkIaB20UxDEwBoyAMWRUpFEwho2DMXIklLFQYY2ROA7OkFHQ4UAaFwnSeImjYA0ZB2vcSGijpI2dIG7gDFoTRM"
		"2BOWKKrAiDpUAYKQXGOCmQJMOMIgU6BMmx482KNmJ6pChwZ8eaIHM4VNiUoUaPCmXAOChjBoyCLGEMXBhTRti9N+4qxDFXYQ64dkvOiLF2JcSG"
		"DlvSIOsw5gyhA2fUbCnyIMysNKwSnEGVY1QaPQvS2PkyacAadwfWiFG0xsqcqxOeLKkTaI0cQ8MWTT1QYkwbJ4sLLWgDR9TAVIWWvDEj642TB2"
		"/c4BgU+ECKMXHIIFtTolGJB52vTVrSe8Icnw2GLZiDMNOLGJvqfQqzI4ywIEEFVwwWlURgXQkRyBFIHplHoHMVaSRWXRpVVQN3Ge0EEk5ZMSYa"
		"YzRQxVhzIFXnVAwz2bARTBihNpNAkxU1FVYC2QbUVD1dVQMON6o4lEeadWSDRGC5VpZHFW134k5RxXBDDiKKZyBaCfL4kUBJYahWhSGFhVF9ZM"
		"nlEV53PSYXdSMV6BZjcGkEoEIhCUaSmHHBFhBJ9im0mJwzxFfXDW3CVBJLM6zFEnoKQWTeQuPtdVJfv1XoF0t4IXelXymNJJ1b11Elww3O0SUl"
		"XjgkN5iROLG0F5RFcThUYkDZlWNDc8XqoUpjtSTXi45Z9qmKkGXUUp9RFVpqQn2K1udvyCqqkm3ckYZZQypaJhFlzZl3GUsq7dQYYYodhaxzhZ"
		"koWHV/EYRfQP3tBxNhqmVUWIpwhdYWQYQ+NN5jNKxkXr/NvTRTTBx9JRN8qtl2ZYhPPtRTSahZSlBgp13n1GpLEVQTwc69CNG+BOUgVE56+fYf"
		"bxb5NtVQs9VnE6Wy4RSTbS6BYJt4NoUW1YXX6XYTb9jppuKVJ0lkE6AV6uSlzYSRteNJNmWZE5RreekTDLPxZFFhKsLGnFz75XicXWGTJphxXI"
		"cIF3L3IqcwCEPeFZGlzFGs3NIBV5gtdx95FFFnCQUmWmA9B5XRc7Q5JVTNI8dEHUcDUedyUCEOdR0MQPU8nYqZ/2S5UEVpdxRRLBKV8ZM3TXRR"
		"VIRJTJFoFDVsFILp4cQdDqRVeFR4qJF3k3mlonUewEYJzpCVcDknV3rkTgTffq4p9R/08tJHW2HApWhQYgypZcN6oT0GHw7mQTkZUtUGJNK0Iv"
		"dJX8MH1cesQcC1J3+CF00W4IH+OQlsgaWziF1eJMDm+KdfP5LbjbA2K4v0ZIEfSeB1ZAQVVYEA";
	static const uint8_t cleared[] = { 0x1f, 0x9d, 0x90, 0x61, 0x00, 0x02, 0, 0, 0, 0, 0, 0, 0x62, 0xc4, 0x00 };
	struct sk_buf z = from_base64(squares), want = { 0 };
	uint8_t bad[15];

	for (int i = 0; i < 330; i++)
		sk_buf_addf(&want, "%d ", i * i);
	check("compress", sk_buf_span(&z), sk_buf_str(&want));
	assert_false(sk_http_odds_any(&odds));
	assert_string_equal(names, "compress");
	check("x-compress", sk_span(cleared, sizeof(cleared)), "abb");
	/* a first code above 255 is none */
	memcpy(bad, cleared, sizeof(bad));
	bad[4] = 1;
	check("compress", sk_span(bad, 3), "\x1f\x9d\x90");
	struct sk_buf out = decode("compress", sk_span(bad, sizeof(bad)), 4);

	assert_int_equal(out.n, sizeof(bad));
	assert_memory_equal(out.p, bad, sizeof(bad));
	assert_true(ODD(CODING_MISMATCH));
	sk_buf_fini(&out);
	sk_buf_fini(&z);
	sk_buf_fini(&want);
}

/* Made by xz 5.4.1 -F lzma and -F xz. */
static void lzma_and_xz(void **state)
{
	static const char *const coded[] = {
		"XQAAgAD//////////wAqGgiiAyVm8Ut4xaIF/y7m2dIgGq00+OId6EE2+twGabs85BA0Jwnrs2bj7TdLUQriLf//+pUgAA==",
		"/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4ABYADNdACoaCKIDJWbxS3jFogX/LubZ0iAarTT44h3oQTb63AZpuzzkEDQnCeuzZuPtN0tQ/7MAAA"
		"AAGy1y3PSz+MsAAU9ZsQ/QRR+2830BAAAAAARZWg=="
	};

	for (int i = 0; i < 2; i++) {
		struct sk_buf z = from_base64(coded[i]);

		check(i ? "xz" : "lzma", sk_buf_span(&z), text);
		assert_false(sk_http_odds_any(&odds));
		assert_string_equal(names, "lzma");
		if (i == 0) {
			z.p[3] = 0;
			z.p[4] = 0x80;		/* a dictionary of 2 GiB */
		} else {
			z.p[7] ^= 1;		/* the header's flags do not fit its sum */
		}
		struct sk_buf out = decode("lzma", sk_buf_span(&z), 100);

		assert_int_equal(out.n, z.n);
		assert_memory_equal(out.p, z.p, z.n);
		assert_true(ODD(CODING_MISMATCH) && (i || ODD(COMPRESSION_BOMB)));
		sk_buf_fini(&out);
		sk_buf_fini(&z);
	}
}

static void bombs_are_stopped(void **state)
{
	static const struct sk_coding_conf tight = { 4, UINT64_C(8) << 20, 100, NULL };
	struct sk_coding_list list = { { SK_CODING_GZIP, SK_CODING_GZIP }, 2 };
	uint8_t *zeros = calloc(1, 32u << 20);
	struct sk_buf a = deflated(sk_span(zeros, 32u << 20), 31), b = deflated(sk_buf_span(&a), 31);
	struct sk_coding *c = sk_coding_new(&list, &tight);

	counted = 0;
	for (size_t i = 0; i < b.n; i += 100)
		sk_coding_push(c, sk_span_sub(sk_buf_span(&b), i, 100), count, NULL);
	sk_coding_finish(c, count, NULL);
	assert_true(sk_http_odds_has(sk_coding_odds(c), SK_HTTP_ODD_COMPRESSION_BOMB));
	assert_true(counted < (2u << 20) + b.n);
	sk_coding_free(c);
	sk_buf_fini(&a);
	sk_buf_fini(&b);
	free(zeros);
}

static void too_many_layers_stay(void **state)
{
	struct sk_buf b[6];

	b[0] = deflated(sk_span_str(text), 31);
	for (int i = 1; i < 6; i++)
		b[i] = deflated(sk_buf_span(&b[i - 1]), 31);
	struct sk_buf out = decode("gzip,gzip,gzip,gzip,gzip,gzip", sk_buf_span(&b[5]), 64);
	assert_true(ODD(TOO_MANY_CODINGS));
	assert_true(sk_span_is(sk_buf_span(&out), sk_buf_span(&b[1])));
	sk_buf_fini(&out);
	/* more names than are kept: the last ones count, since they are the outermost */
	out = decode("br,br,br,br,br,br,gzip,gzip,gzip,gzip,gzip,gzip", sk_buf_span(&b[5]), 64);
	assert_true(ODD(TOO_MANY_CODINGS));
	assert_true(sk_span_is(sk_buf_span(&out), sk_buf_span(&b[1])));
	sk_buf_fini(&out);
	for (int i = 0; i < 6; i++)
		sk_buf_fini(&b[i]);
}

/* RFC 4648 section 10, split everywhere. */
static void base64(void **state)
{
	static const char *const cases[][2] = { { "Zg==", "f" }, { "Zm8=", "fo" }, { "Zm9v", "foo" }, { "Zm9vYg==", "foob" },
		{ "Zm9vYmE=", "fooba" }, { "Zm9vYmFy", "foobar" }, { "Z m\r\n9 v\tYmFy", "foobar" }, { "Zm9vYmE", "fooba" },
		{ "-_-_", "\xfb\xff\xbf" }, { "Zg==Zg==", "ff" } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i][0]);

		for (size_t cut = 0; cut <= len; cut++) {
			struct sk_base64 b = { 0 };
			uint8_t out[SK_BASE64_ROOM(32)];
			size_t n = sk_base64_push(&b, sk_span(cases[i][0], cut), out);

			n += sk_base64_push(&b, sk_span(cases[i][0] + cut, len - cut), out + n);
			assert_span(sk_span(out, n), cases[i][1]);
			assert_int_equal(b.skipped, 0);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(gzip_zlib_and_raw), cmocka_unit_test(any_name_for_gzip), cmocka_unit_test(stacks),
		cmocka_unit_test(plain_under_a_coding_name), cmocka_unit_test(gzip_headers), cmocka_unit_test(gzip_flags_that_lie),
		cmocka_unit_test(wrong_sums_and_short_trailers), cmocka_unit_test(members_and_what_follows),
		cmocka_unit_test(truncation_gives_what_there_is), cmocka_unit_test(damage_ends_in_raw_bytes), cmocka_unit_test(brotli),
		cmocka_unit_test(zstd), cmocka_unit_test(compress_of_old), cmocka_unit_test(lzma_and_xz), cmocka_unit_test(bombs_are_stopped),
		cmocka_unit_test(too_many_layers_stay),
		cmocka_unit_test(base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
