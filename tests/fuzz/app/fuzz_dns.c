/* tests/fuzz/app/fuzz_dns.c — DNS as datagrams (first byte even) and over TCP. */
#include "fuzz_flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kit k;
	bool tcp = size && data[0] & 1;

	if (size == 0 || size > 65536)
		return 0;
	kit_init(&k, tcp ? 6 : 17, 40000, 53);
	if (tcp) {
		fuzz_directions(&k, data + 1, size - 1);
	} else {
		kit_datagram(&k, 0, data + 1, size - 1);
		kit_datagram(&k, 1, data + 1, size - 1);
	}
	kit_free(&k);
	return 0;
}
