/* tests/fuzz/plugin/fuzz_dataset.c — web part markup: attributes, references, base64, and what is behind them. */
#include <stdlib.h>

#include "inspect.h"
#include "markup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *get(void *cx, size_t n)
{
	(void)cx;
	return malloc(n ? n : 1);
}

static void put(void *cx, void *p)
{
	(void)cx;
	free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct inspect_alloc mem = { get, put, NULL };
	struct sk_span text = sk_span(data, size), value;

	for (int i = 0; i < 8 && markup_attribute(&text, "CompressedDataTable", &value); i++) {
		uint8_t *plain = malloc(value.n + 4), *decoded = malloc(value.n / 4 * 3 + 6);
		struct inspection v;
		bool clean;

		if (plain && decoded) {
			size_t n = markup_unescape(value, plain, value.n + 4);

			n = inspect_base64(sk_span(plain, n), decoded, &clean);
			inspect_stream(sk_span(decoded, n), &mem, &v);
		}
		free(plain);
		free(decoded);
	}
	return 0;
}
