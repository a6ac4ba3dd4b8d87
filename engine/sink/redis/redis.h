/* sink/redis/redis.h — what the two threads of a Redis output share: the caller's (redis.c) and the sender's (send.c and, one
 * idea each, answer.c: what an answer means; route.c: which server; sync.c: what it has; transact.c: a batch).
 *
 * memory   the spool holds all alerts; the sender borrows them until they are acknowledged
 * threads  fields say whose they are
 */
#ifndef SK_SINK_REDIS_REDIS_H
#define SK_SINK_REDIS_REDIS_H

#include <pthread.h>

#include "base/hash.h"
#include "sink/redis/batch.h"
#include "sink/redis/conn.h"
#include "sink/sink.h"
#include "sink/spool/spool.h"

enum sk_redis_state {
	SK_REDIS_FINE,
	SK_REDIS_RETRY,			/* by itself this may become better */
	SK_REDIS_STOPPED		/* a person must correct something */
};

#define SK_REDIS_KNOWN 256u

/* A key alerts have gone to on this connection. */
struct sk_redis_known {
	uint64_t hash;
	uint64_t room;			/* at least so many more, where lists have a limit */
	bool is_checked;		/* it has the right type */
};

struct sk_redis {
	struct sk_sink s;
	/* read-only once open */
	struct sk_redis_url url;
	char *sensor, *tls_ca, *tls_cert, *tls_key, *sentinel_user;
	char sentinel_password[512];
	char *seq_key, *owner_key;	/* owner_key: NULL without a spool on disk */
	char *spool_dir;		/* of this output; NULL: in memory */
	char *options;			/* for the command that sends the rest */
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
	struct sk_sink_way way;		/* what of it grows */

	/* the sender's */
	pthread_t thread;
	struct sk_redis_conn conn;
	struct sk_spool_item *items;
	struct sk_redis_batch batches[2];
	bool turn;			/* which of them goes next */
	struct sk_redis_known known[SK_REDIS_KNOWN];
	unsigned known_cnt;
	struct sk_seed seed;
	uint64_t backoff_ns, next_sync_ns, next_expire_ns, next_ping_ns;
	uint64_t random;
	bool is_full;			/* the list at hand is as long as it may be */
	unsigned next_place;		/* of the URL, to begin with */
	struct sk_redis_place at;	/* connected to last, or where MOVED has pointed since */
	struct sk_redis_place asked;
	bool is_moved, is_asked;	/* at is where to go from now on; asked is, for once */
	bool is_at_once;		/* the next attempt needs no rest before it */
	unsigned follows;		/* redirections since something was done */
	char told_at[280];		/* the server people were told of */
	bool must_rewind;		/* Redis counts a batch of which it has not stored all */
	uint64_t *there;		/* of that batch, what it has stored; growing */
	size_t there_cnt;
	bool told;			/* the trouble at hand */
	bool full_told;
};

int sk_redis_send_init(struct sk_redis *r);
void sk_redis_send_fini(struct sk_redis *r);
/* The thread's function. */
void *sk_redis_send(void *arg);

/* answer.c. All of these close the connection when it is of no use any more, and keep the reason; <0 then. */
void sk_redis_set_state(struct sk_redis *r, enum sk_redis_state state, const char *why);
int sk_redis_fail(struct sk_redis *r, enum sk_redis_state state, const char *why);
int sk_redis_fail_broken(struct sk_redis *r);
/* text: of an error reply. */
int sk_redis_fail_error(struct sk_redis *r, const char *text);
/* ASK: that node, for the next connection only. */
int sk_redis_ask(struct sk_redis *r, const char *text);
bool sk_redis_is_passing(const char *text);
/* The next reply, whatever it is, or NULL. */
redisReply *sk_redis_reply(struct sk_redis *r);
/* The next reply that is no error, or NULL. */
redisReply *sk_redis_good_reply(struct sk_redis *r);
/* Reads cnt replies that must not be errors. */
int sk_redis_expect(struct sk_redis *r, size_t cnt);

/* route.c: connects to the server that takes writes, and logs in. */
int sk_redis_route(struct sk_redis *r);

/* transact.c */
int sk_redis_send_batch(struct sk_redis *r);
/* What was put together does not fit any more. */
void sk_redis_drop_batches(struct sk_redis *r);
void sk_redis_forget_keys(struct sk_redis *r);

/* sync.c: goes to where Redis is. */
int sk_redis_synchronize(struct sk_redis *r);
/* Sets the sequence key back to what is acknowledged, when r->must_rewind says so. */
void sk_redis_set_back(struct sk_redis *r);
/* Refuses keys of another type. */
int sk_redis_check_types(struct sk_redis *r, const struct sk_span *keys, size_t cnt);
int sk_redis_check_owner(struct sk_redis *r);
/* What Redis says it has of this spool: 0 for nothing. Watches the sequence key from then on. */
int sk_redis_get_seq(struct sk_redis *r, uint64_t *seq);
/* Requests that write the sequence key, and how many. */
size_t sk_redis_request_seq(struct sk_redis *r, uint64_t seq);
void sk_redis_request_owner(struct sk_redis *r);

/* Under lock: an event that says how many alerts the spool has refused, once there is room for it. */
void sk_redis_tell_lost(struct sk_redis *r);
uint64_t sk_redis_clock(void);

#endif
