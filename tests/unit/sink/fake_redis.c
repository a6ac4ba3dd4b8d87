/* tests/unit/sink/fake_redis.c — see fake_redis.h. */
#include "fake_redis.h"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS 16
#define QUEUED 2048

struct client {
	int fd;
	bool in_multi, is_refused, is_silent;
	redisReader *reader;
	redisReply *queued[QUEUED];
	size_t cnt;
};

static const char *word(const redisReply *c, size_t i)
{
	return i < c->elements && c->element[i]->str ? c->element[i]->str : "";
}

static bool is(const redisReply *c, const char *name)
{
	return strcasecmp(word(c, 0), name) == 0;
}

static void say(struct client *c, const char *text)
{
	size_t n = strlen(text), done = 0;

	while (done < n) {
		ssize_t got = send(c->fd, text + done, n - done, MSG_NOSIGNAL);

		if (got <= 0)
			return;
		done += (size_t)got;
	}
}

static char *copy(const char *s)
{
	char *p = strdup(s);

	if (!p)
		abort();
	return p;
}

static char **field(struct fake *f, const char *name)
{
	for (size_t i = 0; i < f->field_cnt; i++)
		if (strcmp(f->fields[i][0], name) == 0)
			return &f->fields[i][1];
	if (f->field_cnt == FAKE_FIELDS)
		abort();
	f->fields[f->field_cnt][0] = copy(name);
	f->fields[f->field_cnt][1] = NULL;
	return &f->fields[f->field_cnt++][1];
}

/* PUSHES is the EXEC of a transaction with alerts. */
static bool strikes(struct fake *f, const redisReply *c, bool has_pushes, enum fake_trouble trouble)
{
	if (f->trouble != trouble || !f->times || !(is(c, f->command) || (has_pushes && is(c, "EXEC") && strcmp(f->command, "PUSHES") == 0)) || (f->key && strcmp(word(c, 1), f->key) != 0))
		return false;
	f->times -= f->times > 0;
	f->happened++;
	return true;
}

/* Carries out one command; its answer into buf. */
static void carry_out(struct fake *f, const redisReply *c, char *buf, size_t size)
{
	char **v;

	if (strikes(f, c, false, FAKE_ERROR_IN_EXEC)) {
		snprintf(buf, size, "-%s\r\n", f->text);
	} else if (is(c, "RPUSH")) {
		for (size_t i = 2; i < c->elements; i++) {
			if (f->cnt == FAKE_VALUES)
				abort();
			f->keys[f->cnt] = copy(word(c, 1));
			f->values[f->cnt++] = copy(word(c, i));
		}
		snprintf(buf, size, ":%zu\r\n", f->cnt);
	} else if (is(c, "HSET")) {
		v = field(f, word(c, 2));
		free(*v);
		*v = copy(word(c, 3));
		snprintf(buf, size, ":1\r\n");
	} else if (is(c, "HDEL")) {
		v = field(f, word(c, 2));
		free(*v);
		*v = NULL;
		snprintf(buf, size, ":1\r\n");
	} else if (is(c, "HMGET")) {
		int n = snprintf(buf, size, "*%zu\r\n", c->elements - 2);

		for (size_t i = 2; i < c->elements; i++) {
			const char *text = *field(f, word(c, i));

			n += text ? snprintf(buf + n, size - (size_t)n, "$%zu\r\n%s\r\n", strlen(text), text) : snprintf(buf + n, size - (size_t)n, "$-1\r\n");
		}
	} else if (is(c, "TYPE")) {
		snprintf(buf, size, "+none\r\n");
	} else if (is(c, "GET")) {
		snprintf(buf, size, "$-1\r\n");
	} else if (is(c, "LLEN")) {
		snprintf(buf, size, ":%zu\r\n", f->cnt);
	} else {
		snprintf(buf, size, "+OK\r\n");
	}
}

static void execute(struct fake *f, struct client *c, bool answer)
{
	char buf[65536];

	snprintf(buf, sizeof(buf), "*%zu\r\n", c->cnt);
	if (answer)
		say(c, buf);
	for (size_t i = 0; i < c->cnt; i++) {
		carry_out(f, c->queued[i], buf, sizeof(buf));
		if (answer)
			say(c, buf);
		freeReplyObject(c->queued[i]);
	}
	c->cnt = 0;
	c->in_multi = false;
}

static void discard(struct client *c)
{
	for (size_t i = 0; i < c->cnt; i++)
		freeReplyObject(c->queued[i]);
	c->cnt = 0;
	c->in_multi = c->is_refused = false;
}

static void hang_up(struct client *c)
{
	discard(c);
	redisReaderFree(c->reader);
	close(c->fd);
	c->fd = -1;
}

/* One request. It is freed, or kept in the queue. */
static void handle(struct fake *f, struct client *c, redisReply *q)
{
	bool has_pushes = c->cnt && is(c->queued[0], "RPUSH");
	char buf[65536];

	if (c->cnt == QUEUED)
		abort();
	if (strikes(f, q, has_pushes, FAKE_ERROR)) {
		snprintf(buf, sizeof(buf), "-%s\r\n", f->text);
		say(c, buf);
		c->is_refused = c->in_multi;
		if (is(q, "EXEC"))
			discard(c);
	} else if (strikes(f, q, has_pushes, FAKE_SILENCE)) {
		c->is_silent = true;
	} else if (strikes(f, q, has_pushes, FAKE_CLOSE_BEFORE)) {
		hang_up(c);
	} else if (is(q, "EXEC") && c->is_refused) {
		discard(c);
		say(c, "-EXECABORT Transaction discarded because of previous errors.\r\n");
	} else if (is(q, "EXEC") && strikes(f, q, has_pushes, FAKE_CLOSE_AFTER)) {
		execute(f, c, false);
		hang_up(c);
	} else if (is(q, "EXEC")) {
		execute(f, c, true);
	} else if (is(q, "MULTI")) {
		c->in_multi = true;
		say(c, "+OK\r\n");
	} else if (c->in_multi) {
		c->queued[c->cnt++] = q;
		q = NULL;
		say(c, "+QUEUED\r\n");
	} else {
		carry_out(f, q, buf, sizeof(buf));
		say(c, buf);
	}
	freeReplyObject(q);
}

static void read_from(struct fake *f, struct client *c)
{
	char buf[65536];
	ssize_t n = recv(c->fd, buf, sizeof(buf), 0);
	void *q;

	if (n <= 0) {
		hang_up(c);
		return;
	}
	redisReaderFeed(c->reader, buf, (size_t)n);
	while (c->fd >= 0 && redisReaderGetReply(c->reader, &q) == REDIS_OK && q) {
		if (c->is_silent)
			freeReplyObject(q);
		else
			handle(f, c, q);
	}
}

static void *serve(void *arg)
{
	static struct client none;
	struct client *clients = calloc(CLIENTS, sizeof(*clients));
	struct fake *f = arg;

	if (!clients)
		abort();
	for (int i = 0; i < CLIENTS; i++)
		clients[i].fd = -1;
	for (;;) {
		struct pollfd p[CLIENTS + 2] = { { .fd = f->wake[0], .events = POLLIN }, { .fd = f->fd, .events = POLLIN } };

		for (int i = 0; i < CLIENTS; i++)
			p[i + 2] = (struct pollfd){ .fd = clients[i].fd, .events = POLLIN };
		if (poll(p, CLIENTS + 2, -1) < 0)
			continue;
		if (p[0].revents)
			break;
		pthread_mutex_lock(&f->lock);
		for (int i = 0; i < CLIENTS; i++)
			if (p[i + 2].fd >= 0 && p[i + 2].revents)
				read_from(f, &clients[i]);
		for (int i = 0; p[1].revents && i < CLIENTS; i++) {
			if (clients[i].fd >= 0)
				continue;
			clients[i] = none;
			clients[i].fd = accept(f->fd, NULL, NULL);
			clients[i].reader = redisReaderCreate();
			break;
		}
		pthread_mutex_unlock(&f->lock);
	}
	for (int i = 0; i < CLIENTS; i++) {
		if (clients[i].fd >= 0)
			hang_up(&clients[i]);
	}
	free(clients);
	return NULL;
}

void fake_start(struct fake *f)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	memset(f, 0, sizeof(*f));
	pthread_mutex_init(&f->lock, NULL);
	snprintf(f->path, sizeof(f->path), "/tmp/fake_redis.%ld.sock", (long)getpid());
	unlink(f->path);
	memcpy(a.sun_path, f->path, sizeof(f->path));
	f->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (f->fd < 0 || bind(f->fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(f->fd, 8) < 0 || pipe(f->wake) < 0 ||
	    pthread_create(&f->thread, NULL, serve, f) != 0)
		abort();
}

void fake_stop(struct fake *f)
{
	if (write(f->wake[1], "", 1) != 1)
		abort();
	pthread_join(f->thread, NULL);
	close(f->fd);
	close(f->wake[0]);
	close(f->wake[1]);
	unlink(f->path);
	for (size_t i = 0; i < f->cnt; i++) {
		free(f->keys[i]);
		free(f->values[i]);
	}
	for (size_t i = 0; i < f->field_cnt; i++) {
		free(f->fields[i][0]);
		free(f->fields[i][1]);
	}
	pthread_mutex_destroy(&f->lock);
}

void fake_trouble(struct fake *f, enum fake_trouble trouble, const char *command, const char *key, const char *text, int times)
{
	pthread_mutex_lock(&f->lock);
	f->trouble = trouble;
	f->command = command;
	f->key = key;
	f->text = text;
	f->times = times;
	f->happened = 0;
	pthread_mutex_unlock(&f->lock);
}

size_t fake_count(struct fake *f)
{
	size_t n;

	pthread_mutex_lock(&f->lock);
	n = f->cnt;
	pthread_mutex_unlock(&f->lock);
	return n;
}

int fake_happened(struct fake *f)
{
	int n;

	pthread_mutex_lock(&f->lock);
	n = f->happened;
	pthread_mutex_unlock(&f->lock);
	return n;
}
