/* capture/pcapng.c — pcapng files; see format.h.
 *
 *  Every block: type(4) length(4) body length(4), in the byte order of the section header before it.
 *  Section header 0x0a0d0d0a, interface 1, old packet 2, simple packet 3, enhanced packet 6; the rest is skipped.
 */
#include <stdlib.h>

#include "capture/format.h"

#define BLOCK_SECTION 0x0a0d0d0au
#define ORDER_MAGIC 0x1a2b3c4du

enum { BLOCK_INTERFACE = 1, BLOCK_OLD_PACKET = 2, BLOCK_SIMPLE_PACKET = 3, BLOCK_PACKET = 6 };
enum { OPTION_END = 0, OPTION_TSRESOL = 9, OPTION_TSOFFSET = 14 };
enum { BLOCK_MIN = 12, SECTION_MIN = 28, INTERFACE_BODY = 8, PACKET_BODY = 20, RESOLUTION_US = 6 };

static uint64_t pow10u(unsigned n)
{
	uint64_t v = 1;

	while (n--)
		v *= 10;
	return v;
}

/* Units of if_tsresol since if_tsoffset to ns since 1970. */
static uint64_t to_ns(const struct sk_interface *i, uint64_t t)
{
	unsigned n = i->resolution & 0x7f;
	uint64_t ns;

	if (SK_LIKELY(i->resolution == RESOLUTION_US))
		ns = t * 1000;
	else if (i->resolution & 0x80)
		ns = (uint64_t)((__extension__ (unsigned __int128)t * 1000000000u) >> n);
	else if (n <= 9)
		ns = t * pow10u(9 - n);
	else
		ns = n - 9 <= 19 ? t / pow10u(n - 9) : 0;
	return ns + (uint64_t)i->offset_sec * 1000000000u;
}

/* A section header is read in its own byte order, whatever the section before had. */
static int section(struct sk_format *f, struct sk_source *s, size_t *want, const char **what)
{
	const uint8_t *b = s->window.p;
	uint32_t magic, len;

	if (s->window.n < SECTION_MIN) {
		*want = SECTION_MIN;
		return SK_FORMAT_MORE;
	}
	memcpy(&magic, b + 8, 4);
	if (magic != ORDER_MAGIC && __builtin_bswap32(magic) != ORDER_MAGIC) {
		*what = "its section header has no byte order mark";
		return SK_E_FORMAT;
	}
	f->swapped = magic != ORDER_MAGIC;
	len = format_u32(f, b + 4);
	if (len < SECTION_MIN || len % 4) {
		*what = "its section header has an impossible length";
		return SK_E_FORMAT;
	}
	if (format_u16(f, b + 12) != 1) {
		*what = "its pcapng version is not known";
		return SK_E_FORMAT;
	}
	f->interface_cnt = 0;
	f->skip = len;
	return SK_FORMAT_AGAIN;
}

static void interface_options(const struct sk_format *f, struct sk_interface *i, struct sk_span options)
{
	while (options.n >= 4) {
		unsigned code = format_u16(f, options.p), len = format_u16(f, options.p + 2);
		struct sk_span value = sk_span_sub(options, 4, len);

		if (code == OPTION_END || value.n < len)
			return;
		if (code == OPTION_TSRESOL && len == 1)
			i->resolution = value.p[0];
		if (code == OPTION_TSOFFSET && len == 8) {
			uint64_t first = format_u32(f, value.p), second = format_u32(f, value.p + 4);
			uint16_t probe = 1;
			bool little = (*(const uint8_t *)&probe == 1) != f->swapped;

			i->offset_sec = (int64_t)(little ? second << 32 | first : first << 32 | second);
		}
		options = sk_span_sub(options, 4 + (size_t)(len + 3) / 4 * 4, SIZE_MAX);
	}
}

static int interface(struct sk_format *f, struct sk_span body, const char **what)
{
	struct sk_interface *i;

	if (body.n < INTERFACE_BODY) {
		*what = "an interface description is too short";
		return SK_E_FORMAT;
	}
	if (f->interface_cnt == f->interface_room) {
		uint32_t room = f->interface_room ? f->interface_room * 2 : 4;
		struct sk_interface *more = room <= INTERFACES_MAX ? realloc(f->interfaces, room * sizeof(*more)) : NULL;

		if (!more) {
			*what = room <= INTERFACES_MAX ? "not enough memory" : "it has more than 65536 interfaces";
			return room <= INTERFACES_MAX ? SK_E_MEMORY : SK_E_FORMAT;
		}
		f->interfaces = more;
		f->interface_room = room;
	}
	i = &f->interfaces[f->interface_cnt++];
	*i = (struct sk_interface){ .linktype = sk_format_linktype(format_u16(f, body.p)), .snaplen = format_u32(f, body.p + 4),
		.resolution = RESOLUTION_US };
	interface_options(f, i, sk_span_sub(body, INTERFACE_BODY, SIZE_MAX));
	return SK_FORMAT_AGAIN;
}

/* Enhanced and old packet blocks differ in their first four bytes. */
static int packet(struct sk_format *f, struct sk_span body, bool old, struct sk_raw *raw, const char **what)
{
	const uint8_t *b = body.p;
	const struct sk_interface *i;
	uint32_t id;

	if (body.n < PACKET_BODY) {
		*what = "its block is too short";
		return SK_E_FORMAT;
	}
	id = old ? format_u16(f, b) : format_u32(f, b);
	raw->caplen = format_u32(f, b + 12);
	raw->len = format_u32(f, b + 16);
	if (id >= f->interface_cnt) {
		*what = "it names an interface that is not described";
		return SK_E_FORMAT;
	}
	if (raw->caplen > PACKET_LEN_MAX || raw->caplen > body.n - PACKET_BODY) {
		*what = "its length does not fit its block";
		return SK_E_FORMAT;
	}
	i = &f->interfaces[id];
	raw->data = b + PACKET_BODY;
	raw->len = SK_MAX(raw->len, raw->caplen);
	raw->linktype = i->linktype;
	raw->time_ns = f->last_ns = to_ns(i, (uint64_t)format_u32(f, b + 4) << 32 | format_u32(f, b + 8));
	return SK_FORMAT_PACKET;
}

/* Has no time of its own: takes that of the packet before. */
static int simple_packet(struct sk_format *f, struct sk_span body, struct sk_raw *raw, const char **what)
{
	const struct sk_interface *i = f->interfaces;

	if (body.n < 4 || f->interface_cnt == 0) {
		*what = body.n < 4 ? "its block is too short" : "no interface is described";
		return SK_E_FORMAT;
	}
	raw->len = format_u32(f, body.p);
	raw->caplen = (uint32_t)SK_MIN((size_t)raw->len, body.n - 4);
	if (i->snaplen && raw->caplen > i->snaplen)
		raw->caplen = i->snaplen;
	if (raw->caplen > PACKET_LEN_MAX) {
		*what = "its length is more than 262144 bytes";
		return SK_E_FORMAT;
	}
	raw->data = body.p + 4;
	raw->linktype = i->linktype;
	raw->time_ns = f->last_ns;
	return SK_FORMAT_PACKET;
}

static int take_skipped(struct sk_format *f, struct sk_source *s, size_t *want)
{
	size_t n = (size_t)SK_MIN(f->skip, (uint64_t)s->window.n);

	sk_source_take(s, n);
	f->skip -= n;
	*want = 1;
	return f->skip ? SK_FORMAT_MORE : SK_FORMAT_AGAIN;
}

static int block(struct sk_format *f, uint32_t type, struct sk_span body, struct sk_raw *raw, const char **what)
{
	switch (type) {
	case BLOCK_PACKET:
		return packet(f, body, false, raw, what);
	case BLOCK_OLD_PACKET:
		return packet(f, body, true, raw, what);
	case BLOCK_SIMPLE_PACKET:
		return simple_packet(f, body, raw, what);
	default:
		return interface(f, body, what);
	}
}

int sk_pcapng_next(struct sk_format *f, struct sk_source *s, struct sk_raw *raw, size_t *want, const char **what)
{
	const uint8_t *b = s->window.p;
	uint32_t type, len;
	int rc;

	if (f->skip)
		return take_skipped(f, s, want);
	if (SK_UNLIKELY(s->window.n < BLOCK_MIN)) {
		*want = BLOCK_MIN;
		return SK_FORMAT_MORE;
	}
	type = format_u32(f, b);
	if (type == BLOCK_SECTION)
		return section(f, s, want, what);
	len = format_u32(f, b + 4);
	if (SK_UNLIKELY(len < BLOCK_MIN || len % 4)) {
		*what = "its block has an impossible length";
		return SK_E_FORMAT;
	}
	if (type != BLOCK_INTERFACE && type != BLOCK_PACKET && type != BLOCK_OLD_PACKET && type != BLOCK_SIMPLE_PACKET) {
		f->skip = len;
		return SK_FORMAT_AGAIN;
	}
	if (SK_UNLIKELY(len > PACKET_BLOCK_LEN_MAX)) {
		*what = "its block is longer than any packet";
		return SK_E_FORMAT;
	}
	if (SK_UNLIKELY(s->window.n < len)) {
		*want = len;
		return SK_FORMAT_MORE;
	}
	if (SK_UNLIKELY(format_u32(f, b + len - 4) != len)) {
		*what = "the two lengths of its block differ";
		return SK_E_FORMAT;
	}
	rc = block(f, type, sk_span(b + 8, len - BLOCK_MIN), raw, what);
	if (rc >= 0)
		sk_source_take(s, len);
	return rc;
}
