/* sink/redis/batch.h — alerts on their way from the spool into one transaction, as the bytes of its requests.
 *
 * what     a list gets one RPUSH or LPUSH per key, a stream one XADD per alert. A batch is filled while the one before it is with
 *          Redis, and topped up before it goes
 * memory   a batch copies the alerts and owns what it holds; its keys are borrowed from the spool until they are acknowledged
 * limits   SK_REDIS_BATCH_KEYS keys, max alerts, SK_REDIS_BATCH_BYTES
 */
#ifndef SK_SINK_REDIS_BATCH_H
#define SK_SINK_REDIS_BATCH_H

#include "base/buf.h"
#include "sink/redis/url.h"
#include "sink/spool/spool.h"

#define SK_REDIS_BATCH_KEYS 64u
#define SK_REDIS_BATCH_BYTES (4u << 20)

struct sk_redis_batch {
	struct sk_buf text;		/* the requests */
	size_t taken, cnt, push_cnt;	/* from the spool; of these, alerts in here; requests */
	uint64_t last;			/* sequence number of the last alert */
	struct sk_span keys[SK_REDIS_BATCH_KEYS];
	unsigned key_cnt;
	size_t max;
	uint64_t *seqs;			/* of each alert */
	uint32_t *push_of;		/* the request it is in */
	uint8_t *key_of;		/* of each item that is being added */
};

int sk_redis_batch_init(struct sk_redis_batch *b, size_t max);
void sk_redis_batch_fini(struct sk_redis_batch *b);
void sk_redis_batch_clear(struct sk_redis_batch *b);
/* How many of the items, from the front, the batch can have keys for; each new key is kept, and key_of filled. */
size_t sk_redis_batch_keys(struct sk_redis_batch *b, const struct sk_spool_item *items, size_t cnt);
/* Appends those items; those with seq 0 are left out. last: the number of the last one. 0 or SK_E_MEMORY: the batch is of no use. */
int sk_redis_batch_add(struct sk_redis_batch *b, const struct sk_redis_url *u, const struct sk_spool_item *items, size_t cnt, uint64_t last);

#endif
