/* sink/redis/answer.c — alerts to Redis: what an answer, or none, means for the sender.
 *
 * An error is one of three: it passes by itself (try again later), it points elsewhere (follow), or a person must correct something
 * (stop, say so, keep everything; look again now and then). The words are those of Redis 7.0, src/server.c (createSharedObjects)
 * and src/cluster.c (clusterRedirectClient).
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "sink/redis/redis.h"

#define FOLLOWS_MAX 5u			/* redirections one after the other before a rest */

void sk_redis_set_state(struct sk_redis *r, enum sk_redis_state state, const char *why)
{
	bool changed;

	pthread_mutex_lock(&r->lock);
	changed = r->state != state || strncmp(r->why, why, sizeof(r->why) - 1) != 0;
	r->state = state;
	snprintf(r->why, sizeof(r->why), "%s", why);
	pthread_mutex_unlock(&r->lock);
	if (state == SK_REDIS_FINE) {
		if (r->told)
			sk_log_info("redis", "%s: sending again", r->s.name);
		r->told = false;
		return;
	}
	if (!changed && r->told)
		return;
	r->told = true;
	if (state == SK_REDIS_STOPPED)
		sk_log_error("redis", "%s: %s; nothing is sent until this is corrected, alerts wait in %s", r->s.name, why,
			     r->spool_dir ? r->spool_dir : "memory");
	else
		sk_log_warning("redis", "%s: %s; alerts wait in %s", r->s.name, why, r->spool_dir ? r->spool_dir : "memory");
}

static bool begins(const char *s, const char *word)
{
	return strncmp(s, word, strlen(word)) == 0;
}

/* By the first word of their text; all others need a person. ASK is followed where sync.c can, else the slot will have arrived soon. */
bool sk_redis_is_passing(const char *text)
{
	static const char *const words[] = { "LOADING", "OOM", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "MISCONF",
		"NOREPLICAS", "EXECABORT", "UNBLOCKED", "ERR max number of clients", "ASK " };

	for (size_t i = 0; i < SK_ARRAY_LEN(words); i++)
		if (begins(text, words[i]))
			return true;
	return false;
}

int sk_redis_fail(struct sk_redis *r, enum sk_redis_state state, const char *why)
{
	char printable[256];
	size_t n = 0;

	for (; *why && n + 1 < sizeof(printable); why++)
		printable[n++] = (unsigned char)*why < 0x20 || (unsigned char)*why >= 0x7f ? '?' : *why;
	printable[n] = 0;
	sk_redis_conn_close(&r->conn);
	sk_redis_set_state(r, state, printable);
	return SK_E_STATE;
}

int sk_redis_fail_broken(struct sk_redis *r)
{
	return sk_redis_fail(r, SK_REDIS_RETRY, r->conn.error);
}

/* "MOVED 3999 127.0.0.1:6381" or the same with ASK: where to go next. */
static int follow(struct sk_redis *r, const char *text)
{
	struct sk_redis_place at = r->at;
	const char *to = strchr(text + strcspn(text, " ") + 1, ' ');

	if (!to || sk_redis_place_parse(&at, to + 1) < 0)
		return sk_redis_fail(r, SK_REDIS_RETRY, text);
	if (r->follows++ == FOLLOWS_MAX) {
		r->follows = 0;
		r->is_moved = false;
		return sk_redis_fail(r, SK_REDIS_RETRY, "the nodes of the cluster point to one another");
	}
	sk_redis_conn_close(&r->conn);
	r->at = at;
	r->is_at_once = true;
	return SK_E_STATE;
}

int sk_redis_ask(struct sk_redis *r, const char *text)
{
	struct sk_redis_place from = r->at;

	if (follow(r, text) < 0 && r->is_at_once) {
		r->asked = r->at;
		r->at = from;
		r->is_asked = r->is_moved = true;
	}
	return SK_E_STATE;
}

int sk_redis_fail_error(struct sk_redis *r, const char *text)
{
	char why[256];

	if (!begins(text, "MOVED "))
		return sk_redis_fail(r, sk_redis_is_passing(text) ? SK_REDIS_RETRY : SK_REDIS_STOPPED, text);
	if (r->url.mode == SK_REDIS_CLUSTER) {
		r->is_moved = true;
		return follow(r, text);
	}
	snprintf(why, sizeof(why), "%.150s: this Redis is a cluster, write redis-cluster://", text);
	return sk_redis_fail(r, SK_REDIS_STOPPED, why);
}

redisReply *sk_redis_reply(struct sk_redis *r)
{
	redisReply *p = sk_redis_conn_reply(&r->conn);

	if (!p)
		sk_redis_fail_broken(r);
	return p;
}

redisReply *sk_redis_good_reply(struct sk_redis *r)
{
	redisReply *p = sk_redis_reply(r);
	char why[200];

	if (!p || p->type != REDIS_REPLY_ERROR)
		return p;
	snprintf(why, sizeof(why), "%s", p->str);
	freeReplyObject(p);
	sk_redis_fail_error(r, why);
	return NULL;
}

int sk_redis_expect(struct sk_redis *r, size_t cnt)
{
	char error[200] = "";

	for (size_t i = 0; i < cnt; i++) {
		redisReply *p = sk_redis_reply(r);

		if (!p)
			return SK_E_STATE;
		if (p->type == REDIS_REPLY_ERROR && !error[0])
			snprintf(error, sizeof(error), "%s", p->str);
		freeReplyObject(p);
	}
	return error[0] ? sk_redis_fail_error(r, error) : 0;
}
