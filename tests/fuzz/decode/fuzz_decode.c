/* tests/fuzz/decode/fuzz_decode.c — frames of every link type; the first byte selects it, the second how it is looked at. */
#include <stdlib.h>

#include "decode/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct sk_span part, const uint8_t *b, size_t n)
{
	if (part.p && (part.p < b || part.p > b + n || part.n > (size_t)(b + n - part.p)))
		abort();
}

/* A plain frame is decoded the same by who has seen nothing. */
static void plain(const struct sk_raw *raw, enum sk_decode_checksums how)
{
	static struct sk_decode seen, fresh;
	struct sk_packet p, q;
	uint64_t pair;
	int rc;

	sk_decode_init(&seen, how);
	for (size_t i = 0; i < SK_ARRAY_LEN(seen.senders); i++)	/* judged by the tally of all */
		seen.senders[i].tag = 2;
	seen.all[0].right = seen.all[1].right = 64;
	if (!sk_decode_is_plain(&seen, raw, &pair))
		return;
	sk_decode_init(&fresh, sk_decode_plain_checksums(&seen));
	rc = sk_decode(&seen, raw, &p);
	if (sk_decode(&fresh, raw, &q) != rc || memcmp(&p, &q, sizeof(p)) != 0 || p.flags & (SK_PACKET_FRAGMENT | SK_PACKET_TUNNELLED))
		abort();
	if (memcmp(&seen.counters, &fresh.counters, sizeof(fresh.counters)) != 0 || (rc == 0 && pair != sk_packet_pair_hash(&p)))
		abort();
}

/* IPv4 in Ethernet is what it is without. */
static void usual(const struct sk_raw *raw, enum sk_decode_checksums how)
{
	static struct sk_decode one, other;
	struct sk_raw ip = *raw;
	struct sk_packet p, q;
	int rc;

	if (raw->linktype != 1 || raw->caplen < 14 || raw->data[12] != 8 || raw->data[13] != 0)
		return;
	ip.data += 14;
	ip.caplen -= 14;
	ip.len -= 14;
	ip.linktype = 228;
	sk_decode_init(&one, how);
	for (size_t i = 0; i < SK_ARRAY_LEN(one.senders); i++)	/* judged by the tally of all */
		one.senders[i].tag = 2;
	one.all[0].right = one.all[1].right = 64;
	other = one;
	rc = sk_decode(&one, raw, &p);
	if (sk_decode(&other, &ip, &q) != rc)
		abort();
	if (one.counters.layers != other.counters.layers)	/* Ethernet was one layer too many */
		return;
	q.wire_len += 14;
	if (memcmp(&p, &q, sizeof(p)) != 0 || memcmp(&one, &other, sizeof(one)) != 0)
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
	plain(&raw, data[1] % 3);
	usual(&raw, data[1] % 3);
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
