/* pipeline/batch.h — packets on their way from the reader of a replay to a worker.
 *
 * what     packets of one file, decoded or as frames that the worker decodes, oddities, time marks and ends, in order
 * memory   a fixed set per worker goes round: the reader fills, the worker empties. Packet bytes stay where the capture has them
 *          when they stay there, otherwise they are copied into the batch
 * threads  one ring there, one ring back; a batch belongs to who holds it
 */
#ifndef SK_PIPELINE_BATCH_H
#define SK_PIPELINE_BATCH_H

#include "base/ring.h"
#include "pipeline/worker.h"

#define SK_BATCH_ITEMS 256
#define SK_BATCH_BYTES (512 * 1024)
#define SK_BATCH_FULL (96 * 1024)	/* packet bytes after which nothing is added: what is on its way should stay in the caches */
#define SK_BATCHES 32			/* per worker; a power of two */

enum sk_batch_what {
	SK_BATCH_PACKET, SK_BATCH_FRAME, SK_BATCH_ODDITY,
	SK_BATCH_TIME, SK_BATCH_SWEEP, SK_BATCH_END,
	SK_BATCH_SETTLE, SK_BATCH_LOST		/* bytes that stayed go; have gone */
};

struct sk_batch_frame {
	struct sk_raw raw;
	uint64_t order;
	bool stays;
};

struct sk_batch_oddity {
	const char *name;
	uint64_t order;				/* its place, not that of the packet it is about */
	struct sk_span bytes, other;
	uint64_t offset;
};

struct sk_batch {
	const char *file;
	uint64_t upto;				/* all alerts to this order may go once the batch is done; 0: none */
	uint32_t cnt;
	uint32_t used;				/* of bytes */
	uint32_t left_behind;			/* packet bytes that are not in bytes */
	uint8_t what[SK_BATCH_ITEMS];
	struct sk_batch_frame frames[SK_BATCH_ITEMS];	/* with FRAME */
	struct sk_packet packets[SK_BATCH_ITEMS];	/* with PACKET and ODDITY; with marks order and time_ns only */
	struct sk_batch_oddity oddities[SK_BATCH_ITEMS];	/* with ODDITY */
	uint8_t bytes[SK_BATCH_BYTES];
};

static inline void sk_batch_clear(struct sk_batch *b)
{
	b->file = NULL;
	b->upto = 0;
	b->cnt = b->used = b->left_behind = 0;
}

/* Room for one more item of this file with n bytes to copy. */
static inline bool sk_batch_fits(const struct sk_batch *b, const char *file, size_t n)
{
	if (b->cnt == 0)
		return n <= SK_BATCH_BYTES;
	return b->cnt < SK_BATCH_ITEMS && b->file == file && b->used + b->left_behind < SK_BATCH_FULL &&
	       n <= SK_BATCH_BYTES - b->used;
}

/* Copies s into the batch; the caller has asked sk_batch_fits. */
static inline struct sk_span sk_batch_copy(struct sk_batch *b, struct sk_span s)
{
	uint8_t *to = b->bytes + b->used;

	if (!s.p)
		return s;
	if (s.n)
		memcpy(to, s.p, s.n);
	b->used += (uint32_t)s.n;
	return sk_span(to, s.n);
}

#endif
