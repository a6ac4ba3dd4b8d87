/* tests/fuzz/plugin/fuzz_ak47.c — labels separated by dots, the same bytes as text, and what parts they give. */
#include "message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ak47_message m;
	struct sk_span labels[128];
	static struct ak47_part parts[64];
	size_t n = 0, from = 0, cnt;

	for (size_t i = 0; i <= size && n < 128; i++)
		if (i == size || data[i] == '.') {
			labels[n++] = sk_span(data + from, i - from);
			from = i + 1;
		}
	ak47_from_labels(labels, n, &m);
	ak47_from_text(sk_span(data, size), &m);
	ak47_plain(sk_span(data, size), &m.command);
	ak47_name_text(labels, n, &m.command);
	for (size_t at = cnt = 0; cnt < 64 && ak47_next_part(sk_span(data, size), &at, &parts[cnt]); cnt++)
		;
	ak47_from_parts(parts, cnt, size & 1, &m);
	if (ak47_part_of_labels(labels, n, &parts[0]))
		ak47_from_parts(parts, 1, size & 1, &m);
	return 0;
}
