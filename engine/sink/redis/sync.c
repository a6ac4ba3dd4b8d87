/* sink/redis/sync.c — alerts to Redis: what Redis has of this spool, whose name it is, and going on from there.
 *
 * A new connection reads the sequence key and goes on behind that number, forwards or backwards, for Redis may have taken more than
 * was heard of, or have lost what it had taken. Before, it writes the key with what it says: the transaction an old connection may
 * still have on its way then fails, because it watches the key since before. The watch also tells when another sensor writes to it.
 *
 * A slot on its way to another node: the sequence key is read first, and where it is, is the truth: a node that answers ASK for it
 * does not have it any more. For other keys ASK may only mean that they do not exist, so it is a matter of waiting.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sink/redis/redis.h"

#define LEASE_MS "10000"		/* how long a sensor's name stays its own when it is gone without a word */
#define MEMORY_SEQ_S "86400"		/* life of the sequence key of a run without a spool */
#define FENCE_TRIES 8

/* Refuses a key of another type before anything is sent to it. */
static int check_type(struct sk_redis *r, const char *key, size_t key_len)
{
	const char *argv[] = { "TYPE", key }, *wanted = r->url.type == SK_REDIS_LIST ? "list" : "stream";
	size_t lens[] = { 4, key_len };
	char why[160] = "";
	redisReply *p;

	sk_redis_conn_request(&r->conn, 2, argv, lens);
	p = sk_redis_reply(r);
	if (!p)
		return SK_E_STATE;
	if (p->type == REDIS_REPLY_ERROR && strncmp(p->str, "ASK ", 4) != 0)
		snprintf(why, sizeof(why), "%s", p->str);
	else if (p->type == REDIS_REPLY_STATUS && strcmp(p->str, "none") != 0 && strcmp(p->str, wanted) != 0) {
		/* a batch whose reply was lost may be counted, but not stored */
		r->must_rewind = true;
		snprintf(why, sizeof(why), "WRONGTYPE the key holds a %s, not a %s", p->str, wanted);
	}
	freeReplyObject(p);
	return why[0] ? sk_redis_fail_error(r, why) : 0;
}

int sk_redis_check_owner(struct sk_redis *r)
{
	bool is_other;
	redisReply *p;
	char why[200];

	if (!r->owner_key)
		return 0;
	sk_redis_conn_words(&r->conn, "GET", r->owner_key, NULL);
	p = sk_redis_good_reply(r);
	if (!p)
		return SK_E_STATE;
	is_other = p->type == REDIS_REPLY_STRING && strcmp(p->str, sk_spool_id(r->spool)) != 0;
	freeReplyObject(p);
	if (!is_other)
		return 0;
	snprintf(why, sizeof(why), "another sensor called '%.80s' sends to this key: give one of them another name (sensor:)", r->sensor);
	return sk_redis_fail(r, SK_REDIS_STOPPED, why);
}

void sk_redis_request_owner(struct sk_redis *r)
{
	sk_redis_conn_words(&r->conn, "SET", r->owner_key, sk_spool_id(r->spool), "PX", LEASE_MS, NULL);
}

/* Without a spool on disk the key is the run's own, and goes after a while. */
size_t sk_redis_request_seq(struct sk_redis *r, uint64_t seq)
{
	char value[24];

	snprintf(value, sizeof(value), "%" PRIu64, seq);
	if (!r->owner_key) {
		sk_redis_conn_words(&r->conn, "SET", r->seq_key, value, "EX", MEMORY_SEQ_S, NULL);
		return 1;
	}
	sk_redis_conn_words(&r->conn, "HSET", r->seq_key, sk_spool_id(r->spool), value, NULL);
	sk_redis_request_owner(r);
	return 2;
}

/* The reply to the first request for the sequence key, which may point to where a slot is going. */
static int watched(struct sk_redis *r)
{
	redisReply *p = sk_redis_reply(r);
	char why[200] = "";

	if (!p)
		return SK_E_STATE;
	if (p->type == REDIS_REPLY_ERROR)
		snprintf(why, sizeof(why), "%s", p->str);
	freeReplyObject(p);
	if (!why[0])
		return 0;
	if (strncmp(why, "ASK ", 4) == 0 && r->url.mode == SK_REDIS_CLUSTER && !r->conn.is_asking)
		return sk_redis_ask(r, why);
	return sk_redis_fail_error(r, why);
}

int sk_redis_get_seq(struct sk_redis *r, uint64_t *seq)
{
	redisReply *p;
	char *end;

	*seq = 0;
	sk_redis_conn_words(&r->conn, "WATCH", r->seq_key, NULL);
	if (r->owner_key)
		sk_redis_conn_words(&r->conn, "HGET", r->seq_key, sk_spool_id(r->spool), NULL);
	else
		sk_redis_conn_words(&r->conn, "GET", r->seq_key, NULL);
	if (watched(r) < 0)
		return SK_E_STATE;
	p = sk_redis_good_reply(r);
	if (!p)
		return SK_E_STATE;
	if (p->type == REDIS_REPLY_STRING) {
		*seq = strtoull(p->str, &end, 10);
		if (*end)
			*seq = 0;
	}
	freeReplyObject(p);
	return 0;
}

/* Writes the sequence key with what it says. 1: done, 0: somebody was faster. */
static int fence(struct sk_redis *r, uint64_t seq)
{
	size_t queued = 1;
	redisReply *p;
	int rc;

	sk_redis_conn_words(&r->conn, "MULTI", NULL);
	queued += sk_redis_request_seq(r, seq);
	sk_redis_conn_words(&r->conn, "EXEC", NULL);
	sk_redis_conn_words(&r->conn, "WATCH", r->seq_key, NULL);
	if (sk_redis_expect(r, queued) < 0)
		return SK_E_STATE;
	p = sk_redis_good_reply(r);
	if (!p)
		return SK_E_STATE;
	rc = p->type == REDIS_REPLY_ARRAY;
	freeReplyObject(p);
	return sk_redis_expect(r, 1) < 0 ? SK_E_STATE : rc;
}

int sk_redis_synchronize(struct sk_redis *r)
{
	struct sk_spool_state before, after;
	uint64_t seq = 0;
	int rc = 0;

	if (r->url.type == SK_REDIS_CHANNEL)
		return 0;
	for (int i = 0; rc == 0; i++) {
		if (i == FENCE_TRIES)
			return sk_redis_fail(r, SK_REDIS_RETRY, "another connection keeps writing the sequence key");
		if (sk_redis_get_seq(r, &seq) < 0)
			return SK_E_STATE;
		if (i == 0 && ((!r->is_varied && check_type(r, (const char *)r->key.p, r->key.n) < 0) || sk_redis_check_owner(r) < 0))
			return SK_E_STATE;
		if (r->must_rewind) {
			sk_spool_state(r->spool, &before);
			seq = before.acked;
		}
		rc = fence(r, seq);
	}
	if (rc < 0)
		return rc;
	r->must_rewind = false;
	pthread_mutex_lock(&r->lock);
	sk_spool_state(r->spool, &before);
	if (seq != before.acked)
		sk_spool_seek(r->spool, seq);
	sk_spool_state(r->spool, &after);
	pthread_mutex_unlock(&r->lock);
	if (after.pending > before.pending && before.acked)
		sk_log_warning("redis", "%s: Redis has lost %" PRIu64 " of what it had taken; it is sent again", r->s.name,
			       after.pending - before.pending);
	return 0;
}

