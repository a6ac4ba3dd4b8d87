/* tests/fuzz/plugin/fuzz_ak47.c — labels separated by dots, and the same bytes as text. */
#include "message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ak47_message m;
	struct sk_span labels[128];
	size_t n = 0, from = 0;

	for (size_t i = 0; i <= size && n < 128; i++)
		if (i == size || data[i] == '.') {
			labels[n++] = sk_span(data + from, i - from);
			from = i + 1;
		}
	ak47_from_labels(labels, n, &m);
	ak47_from_text(sk_span(data, size), &m);
	return 0;
}
