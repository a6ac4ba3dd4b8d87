/* tests/fuzz/decode/fuzz_decode.c — frames of every link type; the first byte selects it, the second how it is looked at. */
#include <stdlib.h>

#include "decode/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct sk_span part, const uint8_t *b, size_t n)
{
	if (part.p && (part.p < b || part.p > b + n || part.n > (size_t)(b + n - part.p)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int links[] = { 1, 0, 9, 12, 14, 50, 51, 101, 104, 108, 113, 219, 228, 229, 276, 239 };
	static struct sk_decode d;
	struct sk_packet p, q;
	struct sk_raw raw;

	if (size < 2)
		return 0;
	raw = (struct sk_raw){ data + 2, (uint32_t)size - 2, (uint32_t)size - 2 + (data[1] & 4 ? data[1] : 0), 1, 1,
		links[data[0] % SK_ARRAY_LEN(links)] };
	sk_decode_init(&d, data[1] % 3);
	if (sk_decode(&d, &raw, &p) == 0) {
		inside(p.ip, raw.data, raw.caplen);
		inside(p.payload, raw.data, raw.caplen);
		if (p.src.family != 4 && p.src.family != 6)
			abort();
		if (p.flags & SK_PACKET_FRAGMENT && p.ip_header_len + p.payload.n > p.ip.n)
			abort();
		if (sk_decode_datagram(&d, p.ip, &p, &q) == 0)
			inside(q.payload, p.ip.p, p.ip.n);
		(void)sk_packet_pair_hash(&p);
	}
	return 0;
}
