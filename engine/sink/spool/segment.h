/* sink/spool/segment.h — one stretch of records: a file or a piece of memory, appended to until it is full.
 *
 * All numbers are little-endian. A file is called <first sequence number in 16 hex digits>.seg and is
 *
 *	header, 256 bytes
 *	  0  "SKSPOOL\n"
 *	  8  u32 version (1)
 *	 12  u32 CRC32C of bytes 16 to 255
 *	 16  id of the spool, 32 hex digits
 *	 48  u64 base: all sequence numbers in here are greater
 *	 56  u64 time of making, ns since 1970
 *	 64  name of the sensor, padded with NUL (127 bytes at most)
 *	192  zeros
 *	records, each at a multiple of 8
 *	  0  u32 length of the record with its head and without padding
 *	  4  u32 CRC32C of what follows, up to length
 *	  8  u64 sequence number
 *	 16  u64 time, ns since 1970
 *	 24  u16 length of the key
 *	 26  u8  severity
 *	 27  u8  1: an alert
 *	 28  u32 zero
 *	 32  key, JSON
 *	zeros up to the size it was made with
 *
 * memory   views point into the segment
 * limits   a record that is not whole ends the segment unless a later one is whole: then the bytes between are damaged
 */
#ifndef SK_SINK_SPOOL_SEGMENT_H
#define SK_SINK_SPOOL_SEGMENT_H

#include "sink/spool/spool.h"

#define SK_SEGMENT_HEAD 256u
#define SK_RECORD_HEAD 32u
#define SK_RECORD_MAX (16u << 20)
#define SK_SPOOL_VERSION 1u

struct sk_segment_head {
	uint32_t version;
	char id[SK_SPOOL_ID_MAX];
	uint64_t base, time_ns;
	char sensor[128];
};

void sk_segment_head_write(uint8_t *p, const struct sk_segment_head *h);
/* 0; SK_E_UNSUPPORTED with h->version set: another version; SK_E_FORMAT. */
int sk_segment_head_read(struct sk_span file, struct sk_segment_head *h);

/* Bytes a record takes, with padding; 0 when it is too long. */
size_t sk_record_size(const struct sk_spool_item *it);
/* p has room for sk_record_size(it). */
void sk_record_write(uint8_t *p, const struct sk_spool_item *it);
/* The record at off, of a stretch that is known to be whole: its checksum is not looked at. Its length with padding, or 0. */
size_t sk_record_view(struct sk_span file, size_t off, struct sk_spool_item *it);
/* The record at off. Its length with padding, or 0 when there is no whole one whose number is greater than after. */
size_t sk_record_read(struct sk_span file, size_t off, uint64_t after, struct sk_spool_item *it);
/* The next whole record at or behind off; *off goes to it. Its length, or 0 when there is none. */
size_t sk_record_find(struct sk_span file, size_t *off, uint64_t after, struct sk_spool_item *it);

#endif
