/* capture/pcap.c — pcap files, and which format a file has; see format.h. */
#include <stdlib.h>

#include "capture/format.h"

#define SCOUT_MAX (256u << 10)		/* bytes; a burst may be of jumbo frames */
#define SCOUT_LINES 8u			/* cache lines of a record: the processor fetches what follows by itself */

enum { HEAD_LEN = 24, NANOSECONDS = 1, MODIFIED = 2 };

/* Magic numbers as the writing machine would write them. */
static const struct {
	uint32_t magic;
	uint8_t flags;
} magics[] = { { 0xa1b2c3d4, 0 }, { 0xa1b23c4d, NANOSECONDS }, { 0xa1b2cd34, MODIFIED } };

#define NG_BLOCK 0x0a0d0d0au
#define NG_MAGIC 0x1a2b3c4du

/* Link types that have another number in memory than in files (tcpdump.org's list). */
int sk_format_linktype(unsigned in_file)
{
	static const struct { uint16_t in_file, dlt; } differ[] = {
		{ 100, 11 }, { 101, 12 }, { 102, 15 }, { 103, 16 }, { 106, 19 },
	};

	for (size_t i = 0; i < SK_ARRAY_LEN(differ); i++)
		if (differ[i].in_file == in_file)
			return differ[i].dlt;
	return (int)in_file;
}

static bool is_ng(struct sk_span begin)
{
	uint32_t type, magic;

	if (begin.n < SK_FORMAT_MAGIC_LEN)
		return false;
	memcpy(&type, begin.p, 4);
	memcpy(&magic, begin.p + 8, 4);
	return type == NG_BLOCK && (magic == NG_MAGIC || __builtin_bswap32(magic) == NG_MAGIC);
}

/* The magic's place in the table, or <0. */
static int find_magic(struct sk_span begin, bool *swapped)
{
	uint32_t magic;

	if (begin.n < 4)
		return -1;
	memcpy(&magic, begin.p, 4);
	for (size_t i = 0; i < SK_ARRAY_LEN(magics); i++) {
		*swapped = magic != magics[i].magic;
		if (magic == magics[i].magic || __builtin_bswap32(magic) == magics[i].magic)
			return (int)i;
	}
	return -1;
}

bool sk_format_is(struct sk_span begin)
{
	bool swapped;

	return is_ng(begin) || find_magic(begin, &swapped) >= 0;
}

static int open_pcap(struct sk_format *f, struct sk_source *s, uint8_t flags, struct sk_error *e)
{
	const uint8_t *b = s->window.p;
	unsigned major;

	if (s->window.n < HEAD_LEN)
		return sk_error_set(e, SK_E_FORMAT, "%s: the file ends inside its header", s->name);
	major = format_u16(f, b + 4);
	f->minor = format_u16(f, b + 6);
	if (major != 2)
		return sk_error_set(e, SK_E_FORMAT, "%s: pcap version %u.%u is not known", s->name, major, f->minor);
	f->frac_ns = flags & NANOSECONDS ? 1 : 1000;
	f->head_len = flags & MODIFIED ? 24 : 16;
	/* The upper half tells of frame check sequences. */
	f->linktype = sk_format_linktype(format_u32(f, b + 20) & 0xffff);
	sk_source_take(s, HEAD_LEN);
	return 0;
}

int sk_format_open(struct sk_format *f, struct sk_source *s, struct sk_error *e)
{
	int magic, rc = 0;

	memset(f, 0, sizeof(*f));
	while (s->window.n < HEAD_LEN && (rc = sk_source_more(s, HEAD_LEN, e)) > 0)
		;
	if (rc < 0)
		return rc;
	if (s->window.n == 0)
		return sk_error_set(e, SK_E_FORMAT, "%s: the file is empty", s->name);
	if (is_ng(s->window)) {
		f->is_ng = true;
		return 0;
	}
	magic = find_magic(s->window, &f->swapped);
	if (magic < 0)
		return sk_error_set(e, SK_E_FORMAT, "%s: not a capture file (neither pcap nor pcapng)", s->name);
	return open_pcap(f, s, magics[magic].flags, e);
}

void sk_format_close(struct sk_format *f)
{
	free(f->interfaces);
	f->interfaces = NULL;
}

static int pcap_next(struct sk_format *f, struct sk_source *s, struct sk_raw *raw, size_t *want, const char **what)
{
	const uint8_t *b = s->window.p;
	uint32_t caplen, len;

	if (SK_UNLIKELY(s->window.n < f->head_len)) {
		*want = f->head_len;
		return SK_FORMAT_MORE;
	}
	caplen = format_u32(f, b + 8);
	len = format_u32(f, b + 12);
	/* Before version 2.3 the lengths came the other way round; writers of 2.3 did not agree. */
	if (SK_UNLIKELY(f->minor < 3 || (f->minor == 3 && caplen > len))) {
		uint32_t swap = caplen;

		caplen = len;
		len = swap;
	}
	if (SK_UNLIKELY(caplen > PACKET_LEN_MAX)) {
		*what = "its length is more than 262144 bytes";
		return SK_E_FORMAT;
	}
	if (SK_UNLIKELY(s->window.n < f->head_len + (size_t)caplen)) {
		*want = f->head_len + (size_t)caplen;
		return SK_FORMAT_MORE;
	}
	raw->data = b + f->head_len;
	raw->caplen = caplen;
	raw->len = SK_MAX(len, caplen);
	raw->time_ns = (uint64_t)format_u32(f, b) * 1000000000u + (uint64_t)format_u32(f, b + 4) * f->frac_ns;
	raw->linktype = f->linktype;
	sk_source_take(s, f->head_len + (size_t)caplen);
	return SK_FORMAT_PACKET;
}

void sk_format_look_ahead(struct sk_format *f, const struct sk_source *s)
{
	const uint8_t *b;
	size_t len;

	if (f->is_ng)
		return;
	if (f->ahead < s->taken || f->ahead - s->taken > SCOUT_MAX)
		f->ahead = s->taken;
	if (f->ahead - s->taken + f->head_len > s->window.n)
		return;
	b = s->window.p + (f->ahead - s->taken);
	len = f->head_len + (size_t)SK_MIN(format_u32(f, b + 8), PACKET_LEN_MAX);
	f->ahead += len;
	for (size_t i = 0; i < SCOUT_LINES; i++)
		SK_PREFETCH(b + len + 64 * i);
}

int sk_format_next(struct sk_format *f, struct sk_source *s, struct sk_raw *raw, size_t *want, const char **what)
{
	return f->is_ng ? sk_pcapng_next(f, s, raw, want, what) : pcap_next(f, s, raw, want, what);
}
