/* sink/redis/conn.c — see conn.h. */
#include "sink/redis/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "sink/redis/lookup.h"
#include "sink/redis/tls.h"

#define WORDS_MAX 16u
#define READ_SIZE 16384u
#define TICK_MS 100u

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int SK_PRINTF(2, 3) failed(struct sk_redis_conn *c, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(c->error, sizeof(c->error), fmt, args);
	va_end(args);
	return SK_E_STATE;
}

int sk_redis_conn_init(struct sk_redis_conn *c)
{
	memset(c, 0, sizeof(*c));
	c->fd = -1;
	c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return c->wake_fd < 0 ? -errno : 0;
}

void sk_redis_conn_fini(struct sk_redis_conn *c)
{
	sk_redis_conn_close(c);
	sk_buf_fini(&c->out);
	sk_buf_fini(&c->announced);
	sk_redis_lookup_free(c->lookup);
	c->lookup = NULL;
	if (c->wake_fd >= 0)
		close(c->wake_fd);
	c->wake_fd = -1;
}

bool sk_redis_conn_is_open(const struct sk_redis_conn *c)
{
	return c->fd >= 0;
}

void sk_redis_conn_close(struct sk_redis_conn *c)
{
	sk_redis_tls_free(c->tls);
	c->tls = NULL;
	if (c->reader)
		redisReaderFree(c->reader);
	c->reader = NULL;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	sk_buf_clear(&c->out);
	sk_buf_clear(&c->announced);
	c->is_asking = c->in_multi = false;
	c->sent = 0;
}

void sk_redis_conn_cancel(struct sk_redis_conn *c)
{
	uint64_t one = 1;
	ssize_t n = write(c->wake_fd, &one, sizeof(one));

	(void)n;			/* a full counter is as good */
}

/* Waits for events on fd. 0, or <0 with c->error. */
static int wait_for(struct sk_redis_conn *c, int fd, short events, uint64_t deadline)
{
	for (;;) {
		struct pollfd p[2] = { { .fd = fd, .events = events }, { .fd = c->wake_fd, .events = POLLIN } };
		uint64_t now = clock_ns(), left = deadline > now ? (deadline - now + 999999) / 1000000 : 0;
		int n = poll(p, 2, (int)SK_MIN(left, (uint64_t)TICK_MS));

		if (n > 0 && p[1].revents) {
			c->is_cancelled = true;
			return failed(c, "no answer in time");
		}
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return failed(c, "%s", strerror(errno));
		if (clock_ns() >= deadline)
			return failed(c, "no answer in time");
		if (c->tick)
			c->tick(c->cx);
	}
}

/* --- connecting --- */

static int connect_to(struct sk_redis_conn *c, const struct sockaddr *a, socklen_t n, uint64_t deadline)
{
	int error = 0, one = 1;
	socklen_t size = sizeof(error);

	c->fd = socket(a->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return failed(c, "%s", strerror(errno));
	if (connect(c->fd, a, n) < 0) {
		if (errno != EINPROGRESS)
			return failed(c, "%s", strerror(errno));
		if (wait_for(c, c->fd, POLLOUT, deadline) < 0)
			return SK_E_STATE;
		if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error)
			return failed(c, "%s", strerror(error ? error : errno));
	}
	if (a->sa_family != AF_UNIX) {
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		setsockopt(c->fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	}
	return 0;
}

static int connect_unix(struct sk_redis_conn *c, const char *path, uint64_t deadline)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(a.sun_path))
		return failed(c, "the path of the socket is longer than %zu bytes", sizeof(a.sun_path) - 1);
	memcpy(a.sun_path, path, strlen(path) + 1);
	return connect_to(c, (struct sockaddr *)&a, sizeof(a), deadline);
}

static int connect_any(struct sk_redis_conn *c, const struct addrinfo *list, uint64_t deadline)
{
	int rc = failed(c, "the host has no address");

	for (const struct addrinfo *a = list; a && rc < 0 && !c->is_cancelled; a = a->ai_next) {
		if (c->fd >= 0)
			close(c->fd);
		c->fd = -1;
		rc = connect_to(c, a->ai_addr, a->ai_addrlen, deadline);
	}
	return rc;
}

static int connect_tcp(struct sk_redis_conn *c, const struct sk_redis_place *at, uint64_t deadline)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV }, *numeric;
	const struct addrinfo *list;
	int rc;

	if (getaddrinfo(at->host, at->port, &hints, &numeric) == 0) {
		rc = connect_any(c, numeric, deadline);
		freeaddrinfo(numeric);
		return rc;
	}
	if (c->lookup && !sk_redis_lookup_is(c->lookup, at->host, at->port)) {
		sk_redis_lookup_free(c->lookup);
		c->lookup = NULL;
	}
	if (!c->lookup)
		c->lookup = sk_redis_lookup_start(at->host, at->port);
	if (!c->lookup)
		return failed(c, "not enough memory to look up the host");
	if (wait_for(c, sk_redis_lookup_fd(c->lookup), POLLIN, deadline) < 0)
		return c->is_cancelled ? SK_E_STATE : failed(c, "the host's name was not found in time");
	rc = sk_redis_lookup_result(c->lookup, &list);
	rc = rc ? failed(c, "cannot look up the host: %s", gai_strerror(rc)) : connect_any(c, list, deadline);
	sk_redis_lookup_free(c->lookup);
	c->lookup = NULL;
	return rc;
}

static int start_tls(struct sk_redis_conn *c, const char *host, const struct sk_redis_conn_conf *conf, uint64_t deadline)
{
	struct sk_error e;
	short events = 0;

	c->tls = sk_redis_tls_new(&(struct sk_redis_tls_conf){
		.host = host, .ca = conf->tls_ca, .cert = conf->tls_cert, .key = conf->tls_key }, c->fd, &e);
	if (!c->tls)
		return failed(c, "%.250s", e.text);
	while (sk_redis_tls_handshake(c->tls, &events) < 0) {
		if (errno == EPROTO) {
			sk_redis_tls_why(c->tls, c->error, sizeof(c->error));
			return SK_E_STATE;
		}
		if (errno != EAGAIN)
			return failed(c, "TLS: %s", strerror(errno));
		if (wait_for(c, c->fd, events, deadline) < 0)
			return SK_E_STATE;
	}
	return 0;
}

int sk_redis_conn_open(struct sk_redis_conn *c, const struct sk_redis_place *at, const struct sk_redis_conn_conf *conf)
{
	uint64_t deadline = clock_ns() + conf->connect_ns;
	int rc;

	sk_redis_conn_close(c);
	c->timeout_ns = conf->command_ns;
	rc = at->is_unix ? connect_unix(c, at->host, deadline) : connect_tcp(c, at, deadline);
	if (rc == 0 && at->is_tls)
		rc = start_tls(c, at->host, conf, deadline);
	if (rc == 0) {
		c->reader = redisReaderCreate();
		if (!c->reader)
			rc = failed(c, "not enough memory");
	}
	if (rc < 0)
		sk_redis_conn_close(c);
	return rc;
}

/* --- requests and replies --- */

static bool is_word(const char *arg, size_t n, const char *word)
{
	return n == strlen(word) && memcmp(arg, word, n) == 0;
}

/* ASKING counts for one command, and for all of a transaction when it stands before MULTI (Redis 7.0, src/networking.c, resetClient). */
static int announce(struct sk_redis_conn *c, const char *arg, size_t n)
{
	int rc = c->in_multi ? 0 : sk_buf_add_str(&c->out, "*1\r\n$6\r\nASKING\r\n");

	if (rc == 0 && !c->in_multi)
		rc = sk_buf_add_byte(&c->announced, 1);
	if (is_word(arg, n, "MULTI"))
		c->in_multi = true;
	else if (is_word(arg, n, "EXEC"))
		c->in_multi = false;
	return rc < 0 ? rc : sk_buf_add_byte(&c->announced, 0);
}

int sk_redis_conn_request(struct sk_redis_conn *c, size_t argc, const char **argv, const size_t *lens)
{
	char *text = NULL;
	long long n;
	int rc;

	if (c->is_asking && announce(c, argv[0], lens[0]) < 0)
		return SK_E_MEMORY;
	n = redisFormatCommandArgv(&text, (int)argc, argv, lens);
	rc = n < 0 ? SK_E_MEMORY : sk_buf_add(&c->out, sk_span(text, (size_t)n));
	if (n >= 0)
		redisFreeCommand(text);
	return rc;
}

int sk_redis_conn_words(struct sk_redis_conn *c, ...)
{
	const char *argv[WORDS_MAX], *word;
	size_t lens[WORDS_MAX], argc = 0;
	va_list args;

	va_start(args, c);
	while ((word = va_arg(args, const char *)) != NULL && argc < WORDS_MAX) {
		argv[argc] = word;
		lens[argc++] = strlen(word);
	}
	va_end(args);
	return sk_redis_conn_request(c, argc, argv, lens);
}

int sk_redis_conn_raw(struct sk_redis_conn *c, struct sk_span text, size_t cnt)
{
	for (size_t i = 0; c->is_asking && i < cnt; i++)
		if (sk_buf_add_byte(&c->announced, 0) < 0)
			return SK_E_MEMORY;
	return sk_buf_add(&c->out, text);
}

static ssize_t move(struct sk_redis_conn *c, bool out, uint8_t *in, short *events)
{
	const uint8_t *p = c->out.p + c->sent;
	size_t n = c->out.n - c->sent;

	*events = out ? POLLOUT : POLLIN;
	if (c->tls)
		return out ? sk_redis_tls_write(c->tls, p, n, events) : sk_redis_tls_read(c->tls, in, READ_SIZE, events);
	return out ? send(c->fd, p, n, MSG_NOSIGNAL) : recv(c->fd, in, READ_SIZE, 0);
}

static int broken(struct sk_redis_conn *c, ssize_t n)
{
	if (n == 0)
		return failed(c, "the server has closed the connection");
	if (errno == EPROTO && c->tls) {
		sk_redis_tls_why(c->tls, c->error, sizeof(c->error));
		return SK_E_STATE;
	}
	return failed(c, "%s", strerror(errno));
}

/* Sends and receives what can be at once, else waits. */
static int turn(struct sk_redis_conn *c, uint64_t deadline)
{
	uint8_t in[READ_SIZE];
	short events = 0, wanted = 0;
	bool moved = false;
	ssize_t n;

	if (c->sent < c->out.n) {
		n = move(c, true, NULL, &events);
		if (n <= 0 && errno != EAGAIN && errno != EINTR)
			return broken(c, n < 0 ? n : 0);
		c->sent += n > 0 ? (size_t)n : 0;
		wanted |= n > 0 ? 0 : events;
		moved |= n > 0;
		if (c->sent == c->out.n) {
			sk_buf_clear(&c->out);
			c->sent = 0;
		}
	}
	n = move(c, false, in, &events);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		return broken(c, n);
	if (n > 0 && redisReaderFeed(c->reader, (const char *)in, (size_t)n) != REDIS_OK)
		return failed(c, "the answer makes no sense: %s", c->reader->errstr);
	wanted |= n > 0 ? 0 : events;
	return moved || n > 0 ? 0 : wait_for(c, c->fd, wanted, deadline);
}

void sk_redis_conn_kick(struct sk_redis_conn *c)
{
	short events;
	ssize_t n;

	while (c->sent < c->out.n && (n = move(c, true, NULL, &events)) > 0)
		c->sent += (size_t)n;
}

static redisReply *next_reply(struct sk_redis_conn *c)
{
	uint64_t deadline = clock_ns() + c->timeout_ns;
	void *reply = NULL;

	for (;;) {
		if (redisReaderGetReply(c->reader, &reply) != REDIS_OK) {
			failed(c, "the answer makes no sense: %s", c->reader->errstr);
			return NULL;
		}
		if (reply)
			return reply;
		if (turn(c, deadline) < 0)
			return NULL;
	}
}

redisReply *sk_redis_conn_reply(struct sk_redis_conn *c)
{
	while (c->is_asking && c->announced.n) {
		bool was_asking = c->announced.p[0];
		redisReply *p;

		sk_buf_consume(&c->announced, 1);
		if (!was_asking)
			break;
		p = next_reply(c);
		if (!p)
			return NULL;
		freeReplyObject(p);
	}
	return next_reply(c);
}
