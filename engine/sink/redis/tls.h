/* sink/redis/tls.h — TLS over a connected, non-blocking socket, by libssl (hiredis 0.14 has none).
 *
 * limits   TLS 1.2 and later; the server's certificate must be valid and carry the name or address connected to
 */
#ifndef SK_SINK_REDIS_TLS_H
#define SK_SINK_REDIS_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct sk_redis_tls;

struct sk_redis_tls_conf {
	const char *host;
	const char *ca, *cert, *key;		/* files; NULL: the system's, none, as cert */
};

/* Reads the files. NULL with *e. */
struct sk_redis_tls *sk_redis_tls_new(const struct sk_redis_tls_conf *conf, int fd, struct sk_error *e);
void sk_redis_tls_free(struct sk_redis_tls *t);

/* As the system calls: bytes, 0 at the end, or -1 with errno; EAGAIN: wait for *events of poll(2). After EPROTO
 * sk_redis_tls_why has the reason. */
ssize_t sk_redis_tls_read(struct sk_redis_tls *t, void *p, size_t n, short *events);
ssize_t sk_redis_tls_write(struct sk_redis_tls *t, const void *p, size_t n, short *events);
/* 0 when the handshake is done. */
int sk_redis_tls_handshake(struct sk_redis_tls *t, short *events);
const char *sk_redis_tls_why(struct sk_redis_tls *t, char *buf, size_t size);

#endif
