/* tests/fuzz/app/fuzz_tls.c — TLS records of two directions. */
#include "fuzz_flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kit k;

	if (size > 65536)
		return 0;
	kit_init(&k, 6, 40000, 443);
	fuzz_directions(&k, data, size);
	kit_free(&k);
	return 0;
}
