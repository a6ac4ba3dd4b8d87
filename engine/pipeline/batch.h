/* pipeline/batch.h — packets on their way from the reader of a replay to a worker.
 *
 * what     decoded packets with copies of their bytes, oddities, time marks and ends, in order
 * memory   a fixed set per worker goes round: the reader fills, the worker empties
 * threads  one ring there, one ring back; a batch belongs to who holds it
 */
#ifndef SK_PIPELINE_BATCH_H
#define SK_PIPELINE_BATCH_H

#include "base/ring.h"
#include "pipeline/worker.h"

#define SK_BATCH_ITEMS 256
#define SK_BATCH_BYTES (512 * 1024)
#define SK_BATCH_FULL (96 * 1024)	/* bytes after which nothing is added: what is on its way should stay in the caches */
#define SK_BATCHES 16			/* per worker */

enum sk_batch_what { SK_BATCH_PACKET, SK_BATCH_ODDITY, SK_BATCH_TIME, SK_BATCH_END };

struct sk_batch_item {
	enum sk_batch_what what;
	struct sk_packet packet;		/* TIME, END: order and time_ns only */
	const char *file;
	const char *name;			/* ODDITY */
	uint64_t order;				/* … its place */
	struct sk_span bytes, other;
	uint64_t offset;
};

struct sk_batch {
	uint32_t cnt;
	uint32_t used;				/* of bytes */
	uint64_t upto;				/* all alerts to this order may go once the batch is done; 0: none */
	struct sk_batch_item items[SK_BATCH_ITEMS];
	uint8_t bytes[SK_BATCH_BYTES];
};

/* Room for one more item with n bytes to copy. */
static inline bool sk_batch_fits(const struct sk_batch *b, size_t n)
{
	return b->cnt < SK_BATCH_ITEMS && (b->used < SK_BATCH_FULL || n == 0) && n <= SK_BATCH_BYTES - b->used;
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
