/* sink/redis/redis.h — what the two threads of a Redis output share: the caller's (redis.c) and the sender's (send.c).
 *
 * memory   the spool holds all alerts; the sender borrows them until they are acknowledged
 * threads  fields say whose they are
 */
#ifndef SK_SINK_REDIS_REDIS_H
#define SK_SINK_REDIS_REDIS_H

#include <pthread.h>

#include "sink/redis/conn.h"
#include "sink/sink.h"
#include "sink/spool/spool.h"

enum sk_redis_state {
	SK_REDIS_FINE,
	SK_REDIS_RETRY,			/* by itself this may become better */
	SK_REDIS_STOPPED		/* a person must correct something */
};

struct sk_redis {
	struct sk_sink s;
	/* read-only once open */
	struct sk_redis_url url;
	char *sensor, *tls_ca, *tls_cert, *tls_key;
	char *seq_key, *owner_key;	/* owner_key: NULL without a spool on disk */
	char *spool_dir;		/* of this output; NULL: in memory */
	bool is_varied;			/* the key has names in it */
	struct sk_redis_conn_conf conn_conf;
	uint64_t backoff_max_ns, fsync_ns, queue_max;
	size_t batch_max;

	pthread_mutex_t lock;
	pthread_cond_t more;		/* for the sender: work, or the end */
	pthread_cond_t done;		/* for the caller: the sender has ended */
	/* under lock */
	struct sk_spool *spool;
	struct sk_buf key;
	uint64_t written;		/* alerts given, also those an earlier run has left */
	uint64_t lost_told;		/* alerts that lost events speak of */
	bool is_waiting, is_closing, is_done, is_left;
	uint64_t deadline_ns;		/* of the end, monotonic */
	enum sk_redis_state state;
	char why[256];			/* of the state */

	/* the sender's */
	pthread_t thread;
	struct sk_redis_conn conn;
	struct sk_spool_item *items;
	const char **argv;
	size_t *lens;
	uint64_t backoff_ns, next_sync_ns, next_expire_ns, next_ping_ns;
	uint64_t random;
	uint64_t room;			/* in the list, where it has a limit */
	bool must_rewind;		/* Redis counts a batch it has not stored */
	bool told;			/* the trouble at hand */
	bool full_told;
};

int sk_redis_send_init(struct sk_redis *r);
void sk_redis_send_fini(struct sk_redis *r);
/* The thread's function. */
void *sk_redis_send(void *arg);

/* Under lock: an event that says how many alerts the spool has refused, once there is room for it. */
void sk_redis_tell_lost(struct sk_redis *r);
uint64_t sk_redis_clock(void);

#endif
