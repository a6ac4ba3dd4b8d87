/* tests/fuzz/plugin/fuzz_lumma.c — a whole body. */
#include "decrypt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config c;
	uint8_t tail[CONFIG_KEYS] = { 0 };

	if (size >= CONFIG_KEYS)
		memcpy(tail, data + size - CONFIG_KEYS, CONFIG_KEYS);
	config_decrypt(sk_span_sub(sk_span(data, size), 0, CONFIG_KEYS + CONFIG_TEXT), tail, size, &c);
	return 0;
}
