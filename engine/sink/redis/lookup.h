/* sink/redis/lookup.h — addresses of a host, within a time of one's own.
 *
 * what     getaddrinfo has no time limit: it runs in a thread of its own, and who asks waits for a descriptor. A look-up nobody
 *          waits for any more ends by itself, whenever the resolver gives up
 * memory   sk_redis_lookup_free frees all, at once or when the thread ends
 * threads  one asks; the thread behind lives as long as getaddrinfo takes
 */
#ifndef SK_SINK_REDIS_LOOKUP_H
#define SK_SINK_REDIS_LOOKUP_H

#include <netdb.h>
#include <stdbool.h>

struct sk_redis_lookup;

/* NULL: no memory, no thread. */
struct sk_redis_lookup *sk_redis_lookup_start(const char *host, const char *port);
bool sk_redis_lookup_is(const struct sk_redis_lookup *l, const char *host, const char *port);
/* Readable when the result is there. */
int sk_redis_lookup_fd(const struct sk_redis_lookup *l);
/* Only then: as of getaddrinfo; the list is borrowed. */
int sk_redis_lookup_result(struct sk_redis_lookup *l, const struct addrinfo **list);
void sk_redis_lookup_free(struct sk_redis_lookup *l);

#endif
