/* sink/redis/conn.h — one connection to Redis: requests in a pipeline, replies in order.
 *
 * what     TCP, a unix socket, or TLS over TCP; hiredis makes the requests and reads the replies, the bytes are moved here,
 *          so that every wait has a limit and can be ended from another thread
 * memory   requests of one pipeline; replies belong to the caller (freeReplyObject)
 * threads  one; sk_redis_conn_cancel from any
 * limits   every call ends within the times of sk_redis_conn_conf, also looking up names
 */
#ifndef SK_SINK_REDIS_CONN_H
#define SK_SINK_REDIS_CONN_H

#include <hiredis/hiredis.h>

#include "base/buf.h"
#include "base/err.h"
#include "sink/redis/url.h"

struct sk_redis_tls;
struct sk_redis_lookup;

struct sk_redis_conn {
	int fd, wake_fd;
	struct sk_redis_tls *tls;
	redisReader *reader;
	struct sk_buf out;
	size_t sent;			/* of out */
	uint64_t timeout_ns;		/* for one reply */
	bool is_cancelled;
	bool is_asking;			/* requests go to a node that is about to get the slot: each is announced by ASKING */
	bool in_multi;
	struct sk_buf announced;	/* while is_asking: 1 for each reply to an ASKING, 0 for each other one, in order */
	struct sk_redis_lookup *lookup;	/* that has not ended, or NULL */
	void (*tick)(void *cx);		/* called while waiting, a few times a second; NULL for none */
	void *cx;
	char error[256];		/* what went wrong last */
};

struct sk_redis_conn_conf {
	uint64_t connect_ns, command_ns;
	const char *tls_ca, *tls_cert, *tls_key;
};

int sk_redis_conn_init(struct sk_redis_conn *c);
void sk_redis_conn_fini(struct sk_redis_conn *c);
/* 0 or <0 with c->error. */
int sk_redis_conn_open(struct sk_redis_conn *c, const struct sk_redis_place *at, const struct sk_redis_conn_conf *conf);
void sk_redis_conn_close(struct sk_redis_conn *c);
bool sk_redis_conn_is_open(const struct sk_redis_conn *c);
/* Every wait ends at once, now and from now on. */
void sk_redis_conn_cancel(struct sk_redis_conn *c);

/* Appends a request. 0 or SK_E_MEMORY. */
int sk_redis_conn_request(struct sk_redis_conn *c, size_t argc, const char **argv, const size_t *lens);
/* One of words, the last NULL. */
int sk_redis_conn_words(struct sk_redis_conn *c, ...) __attribute__((sentinel));
/* Appends cnt requests that are within MULTI, as bytes. 0 or SK_E_MEMORY. */
int sk_redis_conn_raw(struct sk_redis_conn *c, struct sk_span text, size_t cnt);
/* Sends what can be sent without waiting. What goes wrong shows at the next reply. */
void sk_redis_conn_kick(struct sk_redis_conn *c);
/* The next reply; sends what waits. NULL with c->error: the connection is of no use any more. */
redisReply *sk_redis_conn_reply(struct sk_redis_conn *c);

#endif
