/* tests/fuzz/plugin/fuzz_lumma.c — a whole body; the same as a page, in which a title is found for any cut. */
#include <stdlib.h>

#include "decrypt.h"
#include "drop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config c;
	uint8_t tail[CONFIG_KEYS] = { 0 };
	bool first = false;

	if (size >= CONFIG_KEYS)
		memcpy(tail, data + size - CONFIG_KEYS, CONFIG_KEYS);
	config_decrypt(sk_span_sub(sk_span(data, size), 0, CONFIG_KEYS + CONFIG_TEXT), tail, size, &c);
	for (size_t piece = 1; piece < 3000; piece = piece * 7 + 1) {
		struct drop d = { .n = 0 };
		bool found = false;

		for (size_t off = 0; off < size && !found; off += piece)
			found = drop_push(&d, sk_span(data + off, size - off < piece ? size - off : piece));
		if (piece > 1 && found != first)
			abort();
		first = found;
	}
	return 0;
}
