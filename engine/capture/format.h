/* capture/format.h — records of a pcap or pcapng file; private to capture/.
 *
 * in       the window of a sk_source
 * out      one packet at a time, pointing into the window
 * memory   a pcapng section's interfaces
 * source   draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng; libpcap's sf-pcap.c for what old writers left behind
 * limits   a packet over PACKET_LEN_MAX bytes counts as damage; a pcapng section has at most INTERFACES_MAX interfaces
 */
#ifndef SK_CAPTURE_FORMAT_H
#define SK_CAPTURE_FORMAT_H

#include "capture/capture.h"
#include "capture/source.h"

/* What libpcap and Wireshark take for the longest packet there is. */
#define PACKET_LEN_MAX 262144u
/* Of a pcapng block with a packet: the packet and its options. */
#define PACKET_BLOCK_LEN_MAX (PACKET_LEN_MAX + (512u << 10))
#define INTERFACES_MAX 65536u

struct sk_interface {
	int linktype;
	uint32_t snaplen;
	uint8_t resolution;		/* if_tsresol: 10^-n, or 2^-n with the high bit */
	int64_t offset_sec;		/* if_tsoffset */
};

struct sk_format {
	bool is_ng, swapped;
	/* pcap */
	uint32_t frac_ns;		/* ns per unit of the fraction */
	uint16_t minor;
	uint8_t head_len;		/* of a record: 16, or 24 in modified pcap */
	int linktype;
	uint64_t ahead;			/* bytes of the capture before the record that was looked at ahead */
	/* pcapng */
	struct sk_interface *interfaces;
	uint32_t interface_cnt, interface_room;
	uint64_t skip;			/* bytes of an uninteresting block still to come */
	uint64_t last_ns;
};

/* Result of sk_format_next besides errors. */
enum { SK_FORMAT_PACKET = 1, SK_FORMAT_AGAIN = 0, SK_FORMAT_MORE = 2 };

enum { SK_FORMAT_MAGIC_LEN = 12 };

/* True when the bytes begin like a pcap or pcapng file. */
bool sk_format_is(struct sk_span begin);

/* Reads the file's head. 0, SK_E_FORMAT, or as sk_source_more. */
int sk_format_open(struct sk_format *f, struct sk_source *s, struct sk_error *e);
void sk_format_close(struct sk_format *f);

/* SK_FORMAT_PACKET: *raw but for number. SK_FORMAT_AGAIN: something else was read. SK_FORMAT_MORE: *want bytes must be in the
 * window. SK_E_FORMAT: damage; *what, a static string, says what. SK_E_MEMORY. */
int sk_format_next(struct sk_format *f, struct sk_source *s, struct sk_raw *raw, size_t *want, const char **what);

/* Fetches the beginning of one more record into the caches. Called once per packet while packets are worked on, it stays about a burst
 * ahead of sk_format_next. */
void sk_format_look_ahead(struct sk_format *f, const struct sk_source *s);

/* Of pcapng.c, for format.c. */
int sk_pcapng_next(struct sk_format *f, struct sk_source *s, struct sk_raw *raw, size_t *want, const char **what);
/* The DLT_* value of a LINKTYPE_* value of a file. */
int sk_format_linktype(unsigned in_file);

static inline uint32_t format_u32(const struct sk_format *f, const uint8_t *b)
{
	uint32_t v;

	memcpy(&v, b, 4);
	return f->swapped ? __builtin_bswap32(v) : v;
}

static inline uint16_t format_u16(const struct sk_format *f, const uint8_t *b)
{
	uint16_t v;

	memcpy(&v, b, 2);
	return f->swapped ? __builtin_bswap16(v) : v;
}

#endif
