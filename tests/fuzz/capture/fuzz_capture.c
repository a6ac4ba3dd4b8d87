/* tests/fuzz/capture/fuzz_capture.c — whole capture files: pcap, pcapng, compressed ones; with a filter when the first byte
 * is odd. */
#include <stdlib.h>

#include "base/err.h"
#include "capture/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_raw burst[SK_CAPTURE_BURST_MAX];
	volatile uint8_t last = 0;
	struct sk_capture *c;
	struct sk_error e;
	uint64_t number = 0;
	int n, bursts = 0;

	if (size < 1 || sk_capture_open_memory(&c, sk_span(data + 1, size - 1), "fuzz", data[0] & 1 ? "udp" : NULL, &e) < 0)
		return 0;
	/* A small compressed file can hold gigabytes. */
	while (bursts++ < 4096 && (n = sk_capture_next(c, burst, data[0] & 2 ? 1 : 32, 0, &e)) > 0) {
		for (int i = 0; i < n; i++) {
			if (data[0] & 4)
				sk_capture_look_ahead(c);
			if (burst[i].number <= number || burst[i].caplen > burst[i].len)
				abort();
			number = burst[i].number;
			if (burst[i].caplen)
				last = burst[i].data[burst[i].caplen - 1];
		}
	}
	(void)last;
	sk_capture_close(c);
	return 0;
}
