/* tests/fuzz/proto/fuzz_coding.c — content codings: bounded output, no overread, whatever the bytes and their cut.
 *
 * in       a coding list as text up to a line end; then the body
 */
#include <stdlib.h>

#include "proto/coding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t got;

static void emit(void *cx, struct sk_span s)
{
	volatile uint8_t sum = 0;

	for (size_t i = 0; i < s.n; i += 64)
		sum = (uint8_t)(sum + s.p[i]);
	got += s.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sk_coding_conf conf = { 4, 4u << 20, 1000, NULL };
	const uint8_t *lf = size ? memchr(data, '\n', size) : NULL;
	struct sk_coding_list list = { { 0 }, 0 };
	struct sk_http_odds odds = { { 0, 0 } };
	char names[SK_CODING_NAMES_MAX];
	struct sk_coding *c;
	size_t step;

	if (!lf)
		return 0;
	sk_coding_parse(sk_span(data, (size_t)(lf - data)), &list, &odds);
	c = sk_coding_new(&list, &conf);
	lf++;
	size -= (size_t)(lf - data);
	step = size % 13 + 1;
	got = 0;
	for (size_t i = 0; i < size; i += step) {
		size_t len = size - i < step ? size - i : step;
		uint8_t *copy = malloc(len);

		memcpy(copy, lf + i, len);
		sk_coding_push(c, sk_span(copy, len), emit, NULL);
		free(copy);
	}
	sk_coding_finish(c, emit, NULL);
	(void)sk_coding_names(c, names);
	sk_coding_free(c);
	/* one piece of output more per layer than allowed, and the raw bytes */
	if (got > (4u << 20) + 4 * 16384 + 3 * size)
		abort();
	return 0;
}
