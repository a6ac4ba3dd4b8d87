/* tests/fuzz/app/fuzz_claim.c — any bytes on a port of nobody: who claims them, and what then happens.
 *
 * in       first byte: TCP or UDP and the port; the rest as in fuzz_flow.h, or one datagram in each direction
 */
#include "fuzz_flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t ports[] = { 8088, 443, 80, 53, 5353, 4444, 25, 8443 };
	struct kit k;
	bool tcp = size && data[0] & 1;

	if (size == 0 || size > 65536)
		return 0;
	kit_init(&k, tcp ? 6 : 17, 40000, ports[data[0] >> 1 & 7]);
	if (tcp) {
		k.flow.info.saw_both = data[0] >> 4 & 1;
		fuzz_directions(&k, data + 1, size - 1);
	} else {
		kit_datagram(&k, data[0] >> 4 & 1, data + 1, size / 2);
		kit_datagram(&k, !(data[0] >> 4 & 1), data + 1 + size / 2, size - 1 - size / 2);
	}
	kit_free(&k);
	return 0;
}
