/* tests/fuzz/plugin/fuzz_viewstate.c — decoded view state; the first byte is the encrypted flag. */
#include <stdlib.h>

#include "inspect.h"

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
	struct inspection v;

	if (size)
		inspect_viewstate(sk_span(data + 1, size - 1), data[0] & 1, &mem, &v);
	return 0;
}
