/* tests/fuzz/proto/fuzz_form.c — form readers: the same parameters for any cut.
 *
 * in       first byte: bit 0 multipart, bit 1 boundary from the body, bits 2 to 4 the charset, bit 5 as of a query; a body follows
 */
#include <stdlib.h>

#include "base/buf.h"
#include "proto/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int depth;

static void begin(void *cx, const struct sk_form_part *part)
{
	if (depth++)
		abort();
	sk_buf_add(cx, sk_span("\1", 1));
	sk_buf_add(cx, part->name);
	sk_buf_add(cx, sk_span("\2", 1));
	if (part->filename.p)
		sk_buf_add(cx, part->filename);
}

static void value(void *cx, struct sk_span s)
{
	if (depth != 1)
		abort();
	sk_buf_add(cx, s);
}

static void end(void *cx, struct sk_span rest, bool truncated)
{
	if (depth-- != 1)
		abort();
	sk_buf_add(cx, rest);
	sk_buf_add_byte(cx, truncated ? 3 : 4);
}

static const struct sk_form_ops ops = { begin, value, end };

static struct sk_buf run(uint8_t how, const uint8_t *p, size_t n, size_t step)
{
	static const char with[] = "multipart/form-data; boundary=\"-x y\"";
	static const char *const charsets[8] = { "", "ibm037", "utf-16", "utf-16be", "utf-7", "utf-32", "ibm1026", "none" };
	struct sk_buf b = { 0 };
	enum sk_form_kind kind = how & 1 ? SK_FORM_MULTIPART : how & 64 ? SK_FORM_RANGES : SK_FORM_URLENCODED;
	struct sk_form *f = sk_form_new(kind, how & 2 ? sk_span(NULL, 0) : sk_span_str(with), &ops, &b);

	sk_form_set_charset(f, sk_span_str(charsets[how >> 2 & 7]), how & 32);
	for (size_t i = 0; i < n; i += step) {
		size_t len = n - i < step ? n - i : step;
		uint8_t *copy = malloc(len);

		memcpy(copy, p + i, len);
		sk_form_push(f, sk_span(copy, len));
		free(copy);
	}
	sk_form_finish(f, false);
	sk_form_free(f);
	if (depth)
		abort();
	return b;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_buf a, b;

	if (size < 1)
		return 0;
	(void)sk_form_sniff(sk_span(data + 1, size - 1));
	(void)sk_form_kind_of(sk_span(data + 1, size - 1));
	(void)sk_form_charset_is_plain(sk_span(data + 1, size - 1));
	a = run(data[0], data + 1, size - 1, size);
	b = run(data[0], data + 1, size - 1, 1);
	if (!sk_span_is(sk_buf_span(&a), sk_buf_span(&b)))
		abort();
	sk_buf_fini(&a);
	sk_buf_fini(&b);
	return 0;
}
