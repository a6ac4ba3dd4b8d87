/* tests/fuzz/proto/fuzz_base64.c — base64: the same bytes for any cut, within the room promised; file kinds of what comes out. */
#include <stdlib.h>

#include "proto/base64.h"
#include "proto/magic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *a = malloc(SK_BASE64_ROOM(size)), *b = malloc(SK_BASE64_ROOM(size) + 4);
	struct sk_base64 x = { 0 }, y = { 0 };
	size_t n = sk_base64_push(&x, sk_span(data, size), a), m = 0;

	for (size_t i = 0; i < size; i++)
		m += sk_base64_push(&y, sk_span(data + i, 1), b + m);
	if (n != m || memcmp(a, b, n) || x.skipped != y.skipped)
		abort();
	(void)sk_magic_is_file(sk_magic(sk_span(a, n)));
	(void)sk_magic(sk_span(data, size));
	free(a);
	free(b);
	return 0;
}
