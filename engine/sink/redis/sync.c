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
#define DONE_MAX 1000000u

int sk_redis_check_types(struct sk_redis *r, const struct sk_span *keys, size_t cnt)
{
	const char *wanted = r->url.type == SK_REDIS_LIST ? "list" : "stream";
	char why[200] = "";
	redisReply *p;

	for (size_t i = 0; i < cnt; i++) {
		const char *argv[] = { "TYPE", (const char *)keys[i].p };
		const size_t lens[] = { 4, keys[i].n };

		sk_redis_conn_request(&r->conn, 2, argv, lens);
	}
	for (size_t i = 0; i < cnt; i++) {
		p = sk_redis_reply(r);
		if (!p)
			return SK_E_STATE;
		if (!why[0] && p->type == REDIS_REPLY_ERROR && strncmp(p->str, "ASK ", 4) != 0) {
			snprintf(why, sizeof(why), "%s", p->str);
		} else if (!why[0] && p->type == REDIS_REPLY_STATUS && strcmp(p->str, "none") != 0 && strcmp(p->str, wanted) != 0) {
			/* a batch whose reply was lost may be counted, but not stored */
			r->must_rewind = true;
			snprintf(why, sizeof(why), "WRONGTYPE the key %.*s holds a %s, not a %s", (int)SK_MIN(keys[i].n, (size_t)80),
				 (const char *)keys[i].p, p->str, wanted);
		}
		freeReplyObject(p);
	}
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

/* "12 14-17": what r->there holds. */
static void done_text(const struct sk_redis *r, struct sk_buf *b)
{
	for (size_t i = 0, k; i < r->there_cnt; i = k + 1) {
		for (k = i; k + 1 < r->there_cnt && r->there[k + 1] == r->there[k] + 1; k++)
			;
		sk_buf_addf(b, k > i ? "%s%" PRIu64 "-%" PRIu64 : "%s%" PRIu64, i ? " " : "", r->there[i], r->there[k]);
	}
}

static void read_done(struct sk_redis *r, const char *text)
{
	r->there_cnt = 0;
	while (*text) {
		char *end;
		uint64_t from = strtoull(text, &end, 10), to = *end == '-' ? strtoull(end + 1, &end, 10) : from;
		uint64_t *done;

		if (end == text || to < from || to - from > DONE_MAX - r->there_cnt)
			return;
		done = realloc(r->there, (r->there_cnt + (size_t)(to - from) + 1) * sizeof(*done));
		if (!done)
			return;
		r->there = done;
		for (uint64_t i = from; i <= to; i++)
			r->there[r->there_cnt++] = i;
		text = end + (*end == ' ');
	}
}

/* Without a spool on disk the key is the run's own, and goes after a while. */
size_t sk_redis_request_seq(struct sk_redis *r, uint64_t seq)
{
	const char *id = sk_spool_id(r->spool);
	char value[24], field[SK_SPOOL_ID_MAX + 8];
	struct sk_buf done = { 0 };
	size_t cnt = 2;

	snprintf(value, sizeof(value), "%" PRIu64, seq);
	snprintf(field, sizeof(field), "%s:done", id);
	sk_redis_conn_words(&r->conn, "HSET", r->seq_key, id, value, NULL);
	if (r->there_cnt && seq >= r->there[r->there_cnt - 1]) {
		sk_redis_conn_words(&r->conn, "HDEL", r->seq_key, field, NULL);
		cnt++;
	} else if (r->there_cnt) {
		done_text(r, &done);
		sk_redis_conn_words(&r->conn, "HSET", r->seq_key, field, sk_buf_str(&done), NULL);
		sk_buf_fini(&done);
		cnt++;
	}
	if (r->owner_key)
		sk_redis_request_owner(r);
	else
		sk_redis_conn_words(&r->conn, "EXPIRE", r->seq_key, MEMORY_SEQ_S, NULL);
	return cnt;
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
	char field[SK_SPOOL_ID_MAX + 8];
	redisReply *p, *n, *done;
	char *end;

	*seq = 0;
	snprintf(field, sizeof(field), "%s:done", sk_spool_id(r->spool));
	sk_redis_conn_words(&r->conn, "WATCH", r->seq_key, NULL);
	sk_redis_conn_words(&r->conn, "HMGET", r->seq_key, sk_spool_id(r->spool), field, NULL);
	if (watched(r) < 0)
		return SK_E_STATE;
	p = sk_redis_good_reply(r);
	if (!p)
		return SK_E_STATE;
	n = p->type == REDIS_REPLY_ARRAY && p->elements == 2 ? p->element[0] : NULL;
	done = n ? p->element[1] : NULL;
	if (n && n->type == REDIS_REPLY_STRING) {
		*seq = strtoull(n->str, &end, 10);
		if (*end)
			*seq = 0;
	}
	if (!r->must_rewind)
		read_done(r, done && done->type == REDIS_REPLY_STRING ? done->str : "");
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

void sk_redis_set_back(struct sk_redis *r)
{
	struct sk_spool_state st;

	pthread_mutex_lock(&r->lock);
	sk_spool_state(r->spool, &st);
	pthread_mutex_unlock(&r->lock);
	if (fence(r, st.acked) == 1)
		r->must_rewind = false;
}

int sk_redis_synchronize(struct sk_redis *r)
{
	struct sk_span key = sk_buf_span(&r->key);
	struct sk_spool_state before, after;
	uint64_t seq = 0, lost;
	int rc = 0;

	if (r->url.type == SK_REDIS_CHANNEL)
		return 0;
	for (int i = 0; rc == 0; i++) {
		if (i == FENCE_TRIES)
			return sk_redis_fail(r, SK_REDIS_RETRY, "another connection keeps writing the sequence key");
		if (sk_redis_get_seq(r, &seq) < 0)
			return SK_E_STATE;
		if (i == 0 && ((!r->is_varied && sk_redis_check_types(r, &key, 1) < 0) || sk_redis_check_owner(r) < 0))
			return SK_E_STATE;
		if (r->must_rewind) {
			pthread_mutex_lock(&r->lock);
			sk_spool_state(r->spool, &before);
			pthread_mutex_unlock(&r->lock);
			seq = before.acked;
		}
		rc = fence(r, seq);
	}
	if (rc < 0)
		return rc;
	r->must_rewind = false;
	sk_redis_drop_batches(r);
	pthread_mutex_lock(&r->lock);
	sk_spool_state(r->spool, &before);
	if (seq != before.acked)
		sk_spool_seek(r->spool, seq);
	sk_spool_state(r->spool, &after);
	lost = after.pending > before.pending && before.acked ? after.pending - before.pending : 0;
	r->way.healed += lost;
	pthread_mutex_unlock(&r->lock);
	if (lost)
		sk_log_warning("redis", "%s: Redis has lost %" PRIu64 " of what it had taken; it is sent again", r->s.name, lost);
	return 0;
}

