/* sink/spool/segment.c — see segment.h. */
#include "sink/spool/segment.h"

#include <stdio.h>

#include "base/crc32c.h"

static const char magic[8] = { 'S', 'K', 'S', 'P', 'O', 'O', 'L', '\n' };

static void put(uint8_t *p, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static uint64_t get(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	for (unsigned i = n; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

void sk_segment_head_write(uint8_t *p, const struct sk_segment_head *h)
{
	memset(p, 0, SK_SEGMENT_HEAD);
	memcpy(p, magic, sizeof(magic));
	put(p + 8, SK_SPOOL_VERSION, 4);
	memcpy(p + 16, h->id, 32);
	put(p + 48, h->base, 8);
	put(p + 56, h->time_ns, 8);
	memcpy(p + 64, h->sensor, strnlen(h->sensor, sizeof(h->sensor) - 1));
	put(p + 12, sk_crc32c(sk_span(p + 16, SK_SEGMENT_HEAD - 16)), 4);
}

int sk_segment_head_read(struct sk_span file, struct sk_segment_head *h)
{
	const uint8_t *p = file.p;

	memset(h, 0, sizeof(*h));
	if (file.n < SK_SEGMENT_HEAD || memcmp(p, magic, sizeof(magic)) != 0)
		return SK_E_FORMAT;
	h->version = (uint32_t)get(p + 8, 4);
	if (h->version != SK_SPOOL_VERSION)
		return SK_E_UNSUPPORTED;
	if (get(p + 12, 4) != sk_crc32c(sk_span(p + 16, SK_SEGMENT_HEAD - 16)))
		return SK_E_FORMAT;
	memcpy(h->id, p + 16, 32);
	h->base = get(p + 48, 8);
	h->time_ns = get(p + 56, 8);
	memcpy(h->sensor, p + 64, sizeof(h->sensor) - 1);
	return 0;
}

static size_t padded(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

size_t sk_record_size(const struct sk_spool_item *it)
{
	if (it->key.n > UINT16_MAX || it->json.n > SK_RECORD_MAX - SK_RECORD_HEAD - UINT16_MAX)
		return 0;
	return padded(SK_RECORD_HEAD + it->key.n + it->json.n);
}

void sk_record_write(uint8_t *p, const struct sk_spool_item *it)
{
	size_t n = SK_RECORD_HEAD + it->key.n + it->json.n;

	put(p, n, 4);
	put(p + 8, it->seq, 8);
	put(p + 16, it->time_ns, 8);
	put(p + 24, it->key.n, 2);
	p[26] = it->severity;
	p[27] = it->is_alert;
	put(p + 28, 0, 4);
	if (it->key.n)
		memcpy(p + SK_RECORD_HEAD, it->key.p, it->key.n);
	if (it->json.n)
		memcpy(p + SK_RECORD_HEAD + it->key.n, it->json.p, it->json.n);
	memset(p + n, 0, padded(n) - n);
	put(p + 4, sk_crc32c(sk_span(p + 8, n - 8)), 4);
}

size_t sk_record_view(struct sk_span file, size_t off, struct sk_spool_item *it)
{
	const uint8_t *p;
	size_t n, key;

	if (off > file.n || file.n - off < SK_RECORD_HEAD)
		return 0;
	p = file.p + off;
	n = (size_t)get(p, 4);
	key = (size_t)get(p + 24, 2);
	if (n < SK_RECORD_HEAD + key || n > SK_RECORD_MAX || n > file.n - off || padded(n) > file.n - off)
		return 0;
	if (p[26] >= SK_SPOOL_SEVERITIES || p[27] > 1 || get(p + 28, 4) != 0)
		return 0;
	it->seq = get(p + 8, 8);
	it->time_ns = get(p + 16, 8);
	it->severity = p[26];
	it->is_alert = p[27];
	it->key = sk_span(p + SK_RECORD_HEAD, key);
	it->json = sk_span(p + SK_RECORD_HEAD + key, n - SK_RECORD_HEAD - key);
	return padded(n);
}

size_t sk_record_read(struct sk_span file, size_t off, uint64_t after, struct sk_spool_item *it)
{
	size_t size = sk_record_view(file, off, it);
	const uint8_t *p = file.p + off;

	if (!size || it->seq <= after || get(p + 4, 4) != sk_crc32c(sk_span(p + 8, (size_t)get(p, 4) - 8)))
		return 0;
	return size;
}

size_t sk_record_find(struct sk_span file, size_t *off, uint64_t after, struct sk_spool_item *it)
{
	for (; *off < file.n && file.n - *off >= SK_RECORD_HEAD; *off += 8) {
		size_t n = sk_record_read(file, *off, after, it);

		if (n)
			return n;
	}
	return 0;
}
