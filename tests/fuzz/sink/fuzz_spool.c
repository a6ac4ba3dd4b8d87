/* tests/fuzz/sink/fuzz_spool.c — any bytes as a segment: records found lie inside, ascend, and read back as they were written. */
#include <stdlib.h>
#include <string.h>

#include "sink/spool/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_segment_head h;
	struct sk_spool_item it;
	uint64_t last = 0;
	size_t off = 0, n;

	sk_segment_head_read(sk_span(data, size), &h);
	while ((n = sk_record_find(sk_span(data, size), &off, last, &it)) > 0) {
		uint8_t *copy = malloc(n);

		SK_ASSERT(it.seq > last && n <= size - off && it.key.n + it.json.n + SK_RECORD_HEAD <= n && n == sk_record_size(&it));
		if (copy) {
			sk_record_write(copy, &it);
			SK_ASSERT(memcmp(copy, data + off, SK_RECORD_HEAD + it.key.n + it.json.n) == 0);
		}
		free(copy);
		last = it.seq;
		off += n;
	}
	/* what was written is found again */
	if (size >= 2 && size < 4096) {
		struct sk_spool_item in = { .seq = 1 + data[0], .severity = data[1] % SK_SPOOL_SEVERITIES, .json = sk_span(data, size) }, back;
		uint8_t *p = malloc(sk_record_size(&in));

		if (p) {
			sk_record_write(p, &in);
			SK_ASSERT(sk_record_read(sk_span(p, sk_record_size(&in)), 0, 0, &back) == sk_record_size(&in));
			SK_ASSERT(back.seq == in.seq && back.json.n == size && memcmp(back.json.p, data, size) == 0);
		}
		free(p);
	}
	return 0;
}
