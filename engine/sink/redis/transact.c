/* sink/redis/transact.c — alerts to Redis: a batch as one transaction, exactly once.
 *
 *	MULTI; RPUSH key json …; HSET {key}:seq:sensor spool N; SET {key}:owner:sensor …; EXEC; WATCH {key}:seq:sensor
 *
 * (a hash, so that a spool that comes back finds its own number though another one has used the name meanwhile). So Redis has both
 * the alerts and the number of the last one, or neither; sync.c finds out which. While Redis works on a batch the next is put
 * together; it goes when the one before has been acknowledged, for it must not be stored if that was not.
 *
 * An error in the middle of EXEC (WRONGTYPE) does not undo the rest of it. So every key's type is asked for before the first alert
 * goes to it. Should it change later, the number is set back at once, to before the batch, and the numbers of those alerts of the
 * batch that other keys have taken are written beside it (field "<spool>:done"), to be left out the next time.
 *
 * Channels have no memory: alerts are published in order, and again when it is not known that they were.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sink/redis/redis.h"

static void count_trip(struct sk_redis *r, uint64_t ns)
{
	static const uint64_t limits[SK_SINK_TRIPS - 1] = SK_SINK_TRIP_LIMITS_MS;
	unsigned i = 0;

	while (i < SK_SINK_TRIPS - 1 && ns > limits[i] * 1000000u)
		i++;
	pthread_mutex_lock(&r->lock);
	r->way.trips[i]++;
	pthread_mutex_unlock(&r->lock);
}

static void acknowledge(struct sk_redis *r, uint64_t seq, size_t cnt)
{
	pthread_mutex_lock(&r->lock);
	sk_spool_ack(r->spool, seq);
	r->way.acknowledged += cnt;
	sk_redis_tell_lost(r);
	pthread_mutex_unlock(&r->lock);
	if (r->there_cnt && seq >= r->there[r->there_cnt - 1])
		r->there_cnt = 0;
}

static void count_sent(struct sk_redis *r, size_t cnt)
{
	pthread_mutex_lock(&r->lock);
	r->way.sent += cnt;
	pthread_mutex_unlock(&r->lock);
}

static void count_retried(struct sk_redis *r, size_t cnt)
{
	pthread_mutex_lock(&r->lock);
	r->way.retried += cnt;
	pthread_mutex_unlock(&r->lock);
}

/* --- keys --- */

static struct sk_redis_known *known(struct sk_redis *r, struct sk_span key)
{
	uint64_t hash = sk_hash(key.p, key.n, &r->seed);
	struct sk_redis_known *k;

	for (unsigned i = 0; i < r->known_cnt; i++)
		if (r->known[i].hash == hash)
			return &r->known[i];
	if (r->known_cnt == SK_REDIS_KNOWN)
		r->known_cnt = 0;
	k = &r->known[r->known_cnt++];
	*k = (struct sk_redis_known){ .hash = hash };
	return k;
}

void sk_redis_forget_keys(struct sk_redis *r)
{
	r->known_cnt = 0;
}

/* Of the keys whose type is not known on this connection. A batch has fewer keys than there is room for known ones. */
static int check_types(struct sk_redis *r, const struct sk_redis_batch *b)
{
	struct sk_span unknown[SK_REDIS_BATCH_KEYS] = { 0 };
	size_t cnt = 0;

	if (r->known_cnt + b->key_cnt > SK_REDIS_KNOWN)
		sk_redis_forget_keys(r);
	for (unsigned i = 0; i < b->key_cnt; i++)
		if (!known(r, b->keys[i])->is_checked)
			unknown[cnt++] = b->keys[i];
	if (sk_redis_check_types(r, unknown, cnt) < 0)
		return SK_E_STATE;
	for (size_t i = 0; i < cnt; i++)
		known(r, unknown[i])->is_checked = true;
	return 0;
}

static int ask_length(struct sk_redis *r, const struct sk_redis_batch *b, unsigned key)
{
	const char *argv[] = { "LLEN", (const char *)b->keys[key].p };
	const size_t lens[] = { 4, b->keys[key].n };
	redisReply *p;
	uint64_t n;

	sk_redis_conn_request(&r->conn, 2, argv, lens);
	p = sk_redis_good_reply(r);
	if (!p)
		return SK_E_STATE;
	n = p->type == REDIS_REPLY_INTEGER ? (uint64_t)p->integer : 0;
	freeReplyObject(p);
	known(r, b->keys[key])->room = n < r->url.high ? r->url.high - n : 0;
	return 0;
}

/* How many items there is room for, where lists have a limit. <0: the connection is gone. */
static long find_room(struct sk_redis *r, const struct sk_redis_batch *b, size_t cnt)
{
	uint64_t wanted[SK_REDIS_BATCH_KEYS] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < cnt; i++)
		wanted[b->key_of[i]]++;
	for (unsigned k = 0; k < b->key_cnt; k++)
		if (wanted[k] > known(r, b->keys[k])->room && ask_length(r, b, k) < 0)
			return SK_E_STATE;
	while (n < cnt && known(r, b->keys[b->key_of[n]])->room) {
		known(r, b->keys[b->key_of[n]])->room--;
		n++;
	}
	r->is_full = cnt && !n;
	if (r->is_full && !r->full_told)
		sk_log_warning("redis", "%s: the list %.*s has %" PRIu64 " entries, as many as high allows; alerts wait", r->s.name,
			       (int)SK_MIN(b->keys[b->key_of[0]].n, (size_t)64), (const char *)b->keys[b->key_of[0]].p, r->url.high);
	r->full_told = r->is_full;
	return (long)n;
}

/* --- those that are there already --- */

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Takes out of items what Redis has. */
static void leave_out_done(struct sk_redis *r, struct sk_spool_item *items, size_t cnt)
{
	for (size_t i = 0; r->there_cnt && i < cnt; i++)
		if (bsearch(&items[i].seq, r->there, r->there_cnt, sizeof(*r->there), by_number))
			items[i].seq = 0;
}

/* The alerts of pushes that did not fail. p: the result of EXEC. */
static void remember_done(struct sk_redis *r, const struct sk_redis_batch *b, const redisReply *p)
{
	uint64_t *done = realloc(r->there, (r->there_cnt + b->cnt) * sizeof(*done));

	if (!done)
		return;			/* some may come twice then */
	r->there = done;
	for (size_t i = 0; i < b->cnt; i++)
		if (p->element[b->push_of[i]]->type != REDIS_REPLY_ERROR && p->element[b->push_of[i]]->type != REDIS_REPLY_NIL)
			r->there[r->there_cnt++] = b->seqs[i];
	qsort(r->there, r->there_cnt, sizeof(*r->there), by_number);
}

/* --- filling --- */

/* Takes what fits behind what the batch has, or behind after. */
static int fill(struct sk_redis *r, struct sk_redis_batch *b, uint64_t after)
{
	size_t cnt, bytes = b->text.n < SK_REDIS_BATCH_BYTES ? SK_REDIS_BATCH_BYTES - b->text.n : 0;
	uint64_t last;
	long room;

	if (b->taken == b->max || !bytes)
		return 0;
	pthread_mutex_lock(&r->lock);
	cnt = sk_spool_peek(r->spool, b->taken ? b->last : after, r->items, b->max - b->taken, bytes);
	pthread_mutex_unlock(&r->lock);
	cnt = sk_redis_batch_keys(b, r->items, cnt);
	if (r->url.high) {
		if (check_types(r, b) < 0)
			return SK_E_STATE;
		room = find_room(r, b, cnt);
		if (room < 0)
			return SK_E_STATE;
		cnt = (size_t)room;
	}
	if (!cnt)
		return 0;
	last = r->items[cnt - 1].seq;
	leave_out_done(r, r->items, cnt);
	return sk_redis_batch_add(b, &r->url, r->items, cnt, last) < 0 ? sk_redis_fail(r, SK_REDIS_RETRY, "not enough memory") : 0;
}

void sk_redis_drop_batches(struct sk_redis *r)
{
	sk_redis_batch_clear(&r->batches[0]);
	sk_redis_batch_clear(&r->batches[1]);
}

/* --- a transaction --- */

/* The result of EXEC: 0 when all is stored. */
static int judge(struct sk_redis *r, const struct sk_redis_batch *b, const redisReply *p, char *why, size_t size)
{
	if (p->type == REDIS_REPLY_ERROR) {
		snprintf(why, size, "%s", p->str);
		return SK_E_STATE;
	}
	if (p->type != REDIS_REPLY_ARRAY)
		return SK_E_LIMIT;	/* somebody else has written the sequence key */
	for (size_t i = 0; i < p->elements; i++) {
		const redisReply *e = p->element[i];

		if (e->type != REDIS_REPLY_ERROR && (i >= b->push_cnt || e->type != REDIS_REPLY_NIL))
			continue;
		snprintf(why, size, "%s", e->type == REDIS_REPLY_ERROR ? e->str : "ERR nothing was stored");
		if (p->elements >= b->push_cnt) {
			r->must_rewind = true;	/* EXEC has counted the batch all the same */
			remember_done(r, b, p);
		}
		return SK_E_STATE;
	}
	return 0;
}

static int request(struct sk_redis *r, const struct sk_redis_batch *b, size_t *replies)
{
	if (sk_redis_conn_words(&r->conn, "MULTI", NULL) < 0 || sk_redis_conn_raw(&r->conn, sk_buf_span(&b->text), b->push_cnt) < 0)
		return sk_redis_fail(r, SK_REDIS_RETRY, "not enough memory");
	*replies = 1 + b->push_cnt + sk_redis_request_seq(r, b->last);
	sk_redis_conn_words(&r->conn, "EXEC", NULL);
	sk_redis_conn_words(&r->conn, "WATCH", r->seq_key, NULL);
	sk_redis_conn_kick(&r->conn);
	return 0;
}

/* 0: stored, SK_E_LIMIT: not, and the connection is good; else SK_E_STATE. */
static int answers(struct sk_redis *r, const struct sk_redis_batch *b, size_t replies)
{
	char why[200] = "";
	redisReply *p;
	int rc;

	for (size_t i = 0; i < replies; i++) {
		p = sk_redis_reply(r);
		if (!p)
			return SK_E_STATE;
		if (p->type == REDIS_REPLY_ERROR && !why[0])
			snprintf(why, sizeof(why), "%s", p->str);
		freeReplyObject(p);
	}
	p = sk_redis_reply(r);
	if (!p)
		return SK_E_STATE;
	rc = why[0] ? SK_E_STATE : judge(r, b, p, why, sizeof(why));
	freeReplyObject(p);
	if (r->must_rewind && sk_redis_expect(r, 1) == 0)
		sk_redis_set_back(r);
	if (rc == SK_E_STATE)
		return sk_redis_fail_error(r, why);
	if (rc == 0)
		acknowledge(r, b->last, b->cnt);
	return sk_redis_expect(r, 1) < 0 ? SK_E_STATE : rc;
}

static int send_transaction(struct sk_redis *r, struct sk_redis_batch *b, struct sk_redis_batch *next)
{
	uint64_t begin = sk_redis_clock();
	size_t replies = 0;
	int rc = request(r, b, &replies);

	if (rc < 0)
		return rc;
	count_sent(r, b->cnt);
	if (!r->url.high && fill(r, next, b->last) < 0)
		return SK_E_STATE;
	rc = answers(r, b, replies);
	if (rc < 0)
		count_retried(r, b->cnt);
	else
		count_trip(r, sk_redis_clock() - begin);
	return rc;
}

/* --- a channel --- */

static int publish(struct sk_redis *r)
{
	size_t cnt;

	pthread_mutex_lock(&r->lock);
	cnt = sk_spool_peek(r->spool, 0, r->items, r->batch_max, SK_REDIS_BATCH_BYTES);
	pthread_mutex_unlock(&r->lock);
	for (size_t i = 0; i < cnt; i++) {
		const struct sk_spool_item *it = &r->items[i];
		const char *argv[] = { "PUBLISH", (const char *)it->key.p, (const char *)it->json.p };
		const size_t lens[] = { 7, it->key.n, it->json.n };

		if (sk_redis_conn_request(&r->conn, 3, argv, lens) < 0)
			return sk_redis_fail(r, SK_REDIS_RETRY, "not enough memory");
	}
	count_sent(r, cnt);
	for (size_t i = 0; i < cnt; i++) {
		redisReply *p = sk_redis_good_reply(r);

		if (!p) {
			count_retried(r, cnt - i);
			return SK_E_STATE;
		}
		freeReplyObject(p);
		acknowledge(r, r->items[i].seq, 1);
	}
	return 0;
}

int sk_redis_send_batch(struct sk_redis *r)
{
	struct sk_redis_batch *b = &r->batches[r->turn], *next = &r->batches[!r->turn];
	int rc;

	if (r->url.type == SK_REDIS_CHANNEL)
		return publish(r);
	rc = fill(r, b, 0);
	if (rc == 0)
		rc = check_types(r, b);
	if (rc == 0 && b->taken)
		rc = send_transaction(r, b, next);
	if (rc == 0) {
		sk_redis_batch_clear(b);
		r->turn = !r->turn;
		return 0;
	}
	sk_redis_drop_batches(r);
	return rc == SK_E_LIMIT ? sk_redis_synchronize(r) : rc;
}
