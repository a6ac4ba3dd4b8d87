/* tests/fuzz/rules/fuzz_decoders.c — a chain of decoders as rules write it, over any value.
 *
 * in       decoders separated by blanks up to a line end, then the value
 * out      aborts when more comes out than went in, or when what is encoded here does not decode to itself
 */
#include <stdlib.h>

#include "rules/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* The value encoded by one line of code each; decoding gives it back. */
static void round_trip(struct sk_span in, struct sk_arena *a)
{
	static const struct sk_decode hex = { .type = SK_DECODE_HEX }, percent = { .type = SK_DECODE_PERCENT }, url = { .type = SK_DECODE_URL },
		base64 = { .type = SK_DECODE_BASE64 }, wide = { .type = SK_DECODE_UTF16 };
	static const char digits[] = "0123456789aBcDeF", abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const struct sk_decode twice[] = { { .type = SK_DECODE_REVERSE }, { .type = SK_DECODE_XOR, .key = in }, { .type = SK_DECODE_XOR, .key = in },
		{ .type = SK_DECODE_REVERSE } };
	uint8_t text[3 * 64], bits[64 + 3] = { 0 };
	size_t n = 0;

	if (in.n == 0 || in.n > 64)
		return;
	for (size_t i = 0; i < in.n; i++) {
		text[2 * i] = (uint8_t)digits[in.p[i] >> 4];
		text[2 * i + 1] = (uint8_t)digits[in.p[i] & 15];
	}
	must(sk_span_is(sk_decode_run(&hex, 1, sk_span(text, 2 * in.n), a), in));
	for (size_t i = 0; i < in.n; i++) {
		text[3 * i] = '%';
		text[3 * i + 1] = (uint8_t)digits[in.p[i] >> 4];
		text[3 * i + 2] = (uint8_t)digits[in.p[i] & 15];
	}
	must(sk_span_is(sk_decode_run(&percent, 1, sk_span(text, 3 * in.n), a), in));
	must(sk_span_is(sk_decode_run(&url, 1, sk_span(text, 3 * in.n), a), in));
	memcpy(bits, in.p, in.n);
	for (size_t bit = 0; bit < in.n * 8; bit += 6)
		text[n++] = (uint8_t)abc[(bits[bit / 8] << 8 | bits[bit / 8 + 1]) >> (10 - bit % 8) & 63];
	must(sk_span_is(sk_decode_run(&base64, 1, sk_span(text, n), a), in));
	for (size_t i = 0; i < in.n; i++) {
		text[2 * i] = in.p[i];
		text[2 * i + 1] = 0;
	}
	must(sk_span_is(sk_decode_run(&wide, 1, sk_span(text, 2 * in.n), a), in));
	must(sk_span_is(sk_decode_run(twice, 4, in, a), in));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	struct sk_decode chain[SK_DECODE_MAX];
	struct sk_span line = sk_span(data, end ? (size_t)(end - data) : size), in, out;
	struct sk_arena a;
	unsigned cnt = 0;

	sk_arena_init(&a, 4096, 1 << 20);
	while (line.n && cnt < SK_DECODE_MAX) {
		const uint8_t *blank = memchr(line.p, ' ', line.n);
		size_t n = blank ? (size_t)(blank - line.p) : line.n;

		if (n && sk_decode_parse(sk_span(line.p, n), &chain[cnt], &a) == 0)
			cnt++;
		line = sk_span_sub(line, n + (blank != NULL), line.n);
	}
	in = end ? sk_span(end + 1, size - (size_t)(end + 1 - data)) : sk_span("", 0);
	out = sk_decode_run(chain, cnt, in, &a);
	must(out.n <= in.n);
	for (size_t i = 0; i < out.n; i++)
		*(volatile uint8_t *)&chain = out.p[i];
	round_trip(in, &a);
	sk_arena_fini(&a);
	return 0;
}
