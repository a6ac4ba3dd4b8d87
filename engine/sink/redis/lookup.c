/* sink/redis/lookup.c — see lookup.h. */
#include "sink/redis/lookup.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct sk_redis_lookup {
	pthread_mutex_t lock;
	unsigned holders;		/* under lock: who asks, and the thread */
	bool is_done;			/* under lock */
	int fd, rc;
	struct addrinfo *list;
	char host[256], port[8];
};

static void let_go(struct sk_redis_lookup *l)
{
	unsigned left;

	pthread_mutex_lock(&l->lock);
	left = --l->holders;
	pthread_mutex_unlock(&l->lock);
	if (left)
		return;
	if (l->list)
		freeaddrinfo(l->list);
	if (l->fd >= 0)
		close(l->fd);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static void *look_up(void *arg)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG }, *list = NULL;
	struct sk_redis_lookup *l = arg;
	int rc = getaddrinfo(l->host, l->port, &hints, &list);
	uint64_t one = 1;
	ssize_t n;

	pthread_mutex_lock(&l->lock);
	l->rc = rc;
	l->list = rc ? NULL : list;
	l->is_done = true;
	pthread_mutex_unlock(&l->lock);
	n = write(l->fd, &one, sizeof(one));
	(void)n;			/* the first one always fits */
	let_go(l);
	return NULL;
}

struct sk_redis_lookup *sk_redis_lookup_start(const char *host, const char *port)
{
	struct sk_redis_lookup *l = calloc(1, sizeof(*l));
	pthread_attr_t attr;
	pthread_t thread;
	int rc = -1;

	if (!l)
		return NULL;
	pthread_mutex_init(&l->lock, NULL);
	l->holders = 2;
	l->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->fd >= 0 && strlen(host) < sizeof(l->host) && strlen(port) < sizeof(l->port) && pthread_attr_init(&attr) == 0) {
		memcpy(l->host, host, strlen(host) + 1);
		memcpy(l->port, port, strlen(port) + 1);
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		rc = pthread_create(&thread, &attr, look_up, l);
		pthread_attr_destroy(&attr);
	}
	if (rc == 0)
		return l;
	l->holders = 1;
	let_go(l);
	return NULL;
}

bool sk_redis_lookup_is(const struct sk_redis_lookup *l, const char *host, const char *port)
{
	return strcmp(l->host, host) == 0 && strcmp(l->port, port) == 0;
}

int sk_redis_lookup_fd(const struct sk_redis_lookup *l)
{
	return l->fd;
}

int sk_redis_lookup_result(struct sk_redis_lookup *l, const struct addrinfo **list)
{
	int rc;

	pthread_mutex_lock(&l->lock);
	rc = l->is_done ? l->rc : EAI_AGAIN;
	*list = l->list;
	pthread_mutex_unlock(&l->lock);
	return rc;
}

void sk_redis_lookup_free(struct sk_redis_lookup *l)
{
	if (l)
		let_go(l);
}
