/* tests/unit/proto/t_charset.c — charsets against Python's codecs, and forms in them as ASP.NET reads them. */
#include "unit.h"

#include "base/compiler.h"
#include "proto/charset.h"
#include "proto/form.h"

static void names(void **state)
{
	static const char *const known[] = { "utf-16", "UTF-16LE", "unicode", "utf-16BE", "unicodeFFFE", "utf-32", "utf-7", "IBM037", "ibm500",
		"cp037", "IBM01140", "csIBM037", "ebcdic-cp-us", "IBM-1047", "cp1026", "ibm870" };
	static const char *const unknown[] = { "", "utf-8", "iso-8859-1", "windows-1252", "ibm", "ibm437", "cp", "cp037x", "ibm0", "shift_jis",
		"ibm99999999999999999999", "utf-16-and-a-name-that-is-too-long-for-any" };
	struct sk_charset cs;

	for (size_t i = 0; i < SK_ARRAY_LEN(known); i++)
		if (!sk_charset_find(&cs, sk_span_str(known[i])) || cs.kind == 0)
			fail_msg("%s is not known", known[i]);
	for (size_t i = 0; i < SK_ARRAY_LEN(unknown); i++)
		if (sk_charset_find(&cs, sk_span_str(unknown[i])) || cs.kind != 0)
			fail_msg("%s is known", unknown[i]);
	assert_true(sk_charset_find(&cs, sk_span_str("Unicode")) && sk_charset_is_utf16le(&cs));
	assert_true(sk_charset_find(&cs, sk_span_str("utf-16be")) && !sk_charset_is_utf16le(&cs));
}

static void characters(void **state)
{
	/* Python: text.encode(charset) */
	static const struct {
		const char *charset;
		struct sk_span in;
		const char *out;
	} rows[] = {
#define IN(s) { (const uint8_t *)s, sizeof(s) - 1 }
		{ "ibm037", IN("\x6d\x6d\xe5\xc9\xc5\xe6\xe2\xe3\xc1\xe3\xc5\x7e\x61\xa6\xc5\xd7\x81\x4e\x82\x50\x4c\x7f\xa7\x7f\x6e"),
		  "__VIEWSTATE=/wEPa+b&<\"x\">" },
		{ "ibm500", IN("\x81\x4a\x82\x5a\x4f"), "a[b]!" },
		{ "ibm273", IN("\x43\xc0\xdc"), "{\xc3\xa4}" },
		{ "ibm1026", IN("\x6a\x48"), "\xc5\x9f{" },
		{ "utf-16", IN("\x61\x00\xe9\x00\xac\x20\x3d\xd8\x00\xde"), "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "utf-16be", IN("\x00\x61\x00\xe9\x20\xac\xd8\x3d\xde\x00"), "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "utf-32", IN("\x61\x00\x00\x00\x00\xf6\x01\x00"), "a\xf0\x9f\x98\x80" },
		{ "utf-32be", IN("\x00\x00\x00\x61\x00\x01\xf6\x00"), "a\xf0\x9f\x98\x80" },
		{ "utf-7", IN("\x61\x3c\x62\x2b\x2d\x2b\x49\x4b\x77\x2d\x2d\x2b\x32\x44\x33\x65\x41\x41\x2d"), "a<b+\xe2\x82\xac-\xf0\x9f\x98\x80" },
		/* broken: halves of pairs, half a unit, over the end */
		{ "utf-16", IN("\x3d\xd8\x61\x00\x00\xde\x62"), "\xef\xbf\xbd" "a\xef\xbf\xbd\xef\xbf\xbd" },
		{ "utf-16", IN("\x61\x00\x3d\xd8"), "a\xef\xbf\xbd" },
		{ "utf-32", IN("\xff\xff\xff\xff\x61\x00"), "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "utf-7", IN("+2D0-a\x80+2D0"), "\xef\xbf\xbd" "a\xef\xbf\xbd\xef\xbf\xbd" } };

	for (size_t i = 0; i < SK_ARRAY_LEN(rows); i++)
		for (size_t step = 1; step < 8; step += 3) {
			uint8_t out[SK_CHARSET_ROOM(64)];
			struct sk_charset cs;
			size_t n = 0;

			assert_true(sk_charset_find(&cs, sk_span_str(rows[i].charset)));
			for (size_t at = 0; at < rows[i].in.n; at += step)
				n += sk_charset_push(&cs, sk_span_sub(rows[i].in, at, step), out + n);
			n += sk_charset_end(&cs, out + n);
			if (n != strlen(rows[i].out) || memcmp(out, rows[i].out, n) != 0)
				fail_msg("row %zu in steps of %zu: %.*s", i, step, (int)n, out);
		}
}

/* --- forms --- */

static char text[4096];
static size_t text_n;

static void say(const char *s, size_t n)
{
	assert_true(n < sizeof(text) - text_n);
	memcpy(text + text_n, s, n);
	text[text_n += n] = 0;
}

static void begin(void *cx, const struct sk_form_part *part)
{
	(void)cx;
	say((const char *)part->name.p, part->name.n);
	if (part->filename.p) {
		say("@", 1);
		say((const char *)part->filename.p, part->filename.n);
	}
	say("=", 1);
}

static void value(void *cx, struct sk_span s)
{
	(void)cx;
	say((const char *)s.p, s.n);
}

static void end(void *cx, struct sk_span rest, bool truncated)
{
	(void)cx;
	(void)truncated;
	say((const char *)rest.p, rest.n);
	say(";", 1);
}

static const struct sk_form_ops ops = { begin, value, end };

/* The same for any cut. */
static void reads(const char *type, const char *query_charset, struct sk_span body, const char *want)
{
	for (size_t step = 1; step < 700; step += step < 8 ? 1 : 331) {
		struct sk_form *f = sk_form_new(sk_form_kind_of(sk_span_str(type)), sk_span_str(type), &ops, NULL);

		assert_non_null(f);
		if (query_charset)
			sk_form_set_charset(f, sk_span_str(query_charset), true);
		text_n = 0;
		text[0] = 0;
		for (size_t at = 0; at < body.n; at += step)
			sk_form_push(f, sk_span_sub(body, at, step));
		sk_form_finish(f, false);
		sk_form_free(f);
		if (strcmp(text, want) != 0)
			fail_msg("%s in steps of %zu: %s, not %s", type, step, text, want);
	}
}

#define FORM "application/x-www-form-urlencoded; charset="
#define BODY(s) sk_span(s, sizeof(s) - 1)

/* Python: quote(name.encode(charset)) + "=" + quote(value.encode(charset)), joined with "&" */
static void urlencoded(void **state)
{
	reads(FORM "ibm037", NULL, BODY("%95%81%94%85=%A5%40%F1&%82=L%A7n"), "name=v 1;b=<x>;");
	reads(FORM "\"IBM037\"", NULL, BODY("\x95\x81\x94\x85=\xa5\x40\xf1&\x82=L\xa7n&\x83"), "name=v 1;b=<x>;c=;");
	reads(FORM "utf-16", NULL, BODY("n%00a%00m%00e%00=v%00%20%001%00&b%00=%3C%00x%00%3E%00"), "name=v 1;b=<x>;");
	reads(FORM "utf-16", NULL, BODY("n\0a\0=v\0&b\0=<\0"), "na=v;b=<;");
	reads(FORM "utf-7", NULL, BODY("a=%2BADw-x%2BAD4-&%2BAGI-=1"), "a=<x>;b=1;");
	/* a character by number is one in any charset; half a unit is told as none */
	reads(FORM "utf-16", NULL, BODY("%u0061b%00=c%00%u0064e"), "ab=cd\xef\xbf\xbd;");
	/* the whole body, signs and all */
	reads(FORM "utf-16", NULL, BODY("n\0a\0=\0v\0%\0""2\0""1\0&\0b\0=\0<\0"), "na=v!;b=<;");
	reads(FORM "utf-16be", NULL, BODY("\0n\0=\0v\0&\0b\0="), "n=v;b=;");
	reads(FORM "ibm037", NULL, BODY("\x95\x7e\xa5\x50\x82\x7e\x4c"), "n=v;b=<;");
	/* a charset that is a relative of ASCII, or unknown, changes nothing */
	reads(FORM "shift_jis", NULL, BODY("a=b%83A"), "a=b\x83" "A;");
	reads(FORM "x-none", NULL, BODY("a=b"), "a=b;");
	/* a query: as the body, but never in UTF-16 */
	reads("application/x-www-form-urlencoded", "ibm037", BODY("%95=%A5"), "n=v;");
	reads("application/x-www-form-urlencoded", "utf-16", BODY("a=b"), "a=b;");
}

static void multipart(void **state)
{
	/* Content-Disposition: form-data; name="n"; filename="f" in page 37; boundary and line ends in ASCII */
#define HEAD "\xc3\x96\x95\xa3\x85\x95\xa3\x60\xc4\x89\xa2\x97\x96\xa2\x89\xa3\x89\x96\x95\x7a\x40\x86\x96\x99\x94\x60\x84\x81\xa3\x81\x5e\x40" \
	"\x95\x81\x94\x85\x7e\x7f\x95\x7f"
#define FILE_ "\x5e\x40\x86\x89\x93\x85\x95\x81\x94\x85\x7e\x7f\x86\x7f"
	reads("multipart/form-data; boundary=b; charset=ibm037", NULL,
	      BODY("--b\r\n" HEAD "\r\n\r\n\x4c\xa7\x6e\r\n--b\r\n" HEAD FILE_ "\r\n\r\n\xa5\r\n--b--\r\n"), "n=<x>;n@f=v;");
	/* names in ASCII, the values in the form's charset */
	reads("multipart/form-data; boundary=b; charset=utf-16", NULL,
	      BODY("--b\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n<\0x\0\r\n--b--\r\n"), "n=<x;");
	/* a charset of one part */
	reads("multipart/form-data; boundary=b", NULL,
	      BODY("--b\r\nContent-Disposition: form-data; name=n\r\nContent-Type: text/plain; charset=ibm037\r\n\r\n\x4c\xa7\x6e\r\n"
		   "--b\r\nContent-Disposition: form-data; name=m\r\n\r\n<x>\r\n--b--\r\n"), "n=<x>;m=<x>;");
	/* coded for transfer below the charset: PABAAA== is 3c 00 40 00 */
	reads("multipart/form-data; boundary=b; charset=utf-16", NULL,
	      BODY("--b\r\nContent-Disposition: form-data; name=n\r\nContent-Transfer-Encoding: base64\r\n\r\nPABAAA==\r\n--b--\r\n"), "n=<@;");
	/* all of it */
	reads("multipart/form-data; boundary=b; charset=utf-16", NULL,
	      BODY("-\0-\0b\0\r\0\n\0C\0o\0n\0t\0e\0n\0t\0-\0D\0i\0s\0p\0o\0s\0i\0t\0i\0o\0n\0:\0f\0;\0n\0a\0m\0e\0=\0n\0\r\0\n\0\r\0\n\0v\0\r\0\n\0"
		   "-\0-\0b\0-\0-\0\r\0\n\0"), "n=v;");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(names), cmocka_unit_test(characters), cmocka_unit_test(urlencoded),
					    cmocka_unit_test(multipart) };

	return cmocka_run_group_tests_name("charset", tests, NULL, NULL);
}
