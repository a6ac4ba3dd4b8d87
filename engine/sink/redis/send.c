/* sink/redis/send.c — alerts to Redis: the thread that sends.
 *
 * Lists and streams, exactly once. A batch is one transaction, in one go:
 *
 *	MULTI; RPUSH key json …; HSET {key}:seq:sensor spool N; EXEC; WATCH {key}:seq:sensor
 *
 * (a hash, so that a spool that comes back finds its own number though another one has used the name meanwhile). So Redis has both
 * the alerts and the number of the last one, or neither; sync.c finds out which.
 *
 * An error in the middle of a transaction (WRONGTYPE) does not undo the rest of it: such a batch holds one key only, so that all
 * of it has failed, and the sequence key is set back.
 *
 * Channels have no memory: alerts are published in order, and again when it is not known that they were.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "sink/redis/redis.h"

#define MS UINT64_C(1000000)
#define BACKOFF_MIN_NS (50 * MS)
#define BACKOFF_END_NS (200 * MS)	/* between attempts once the program ends */
#define PING_NS (1000 * MS)
#define EXPIRE_NS (1000 * MS)
#define FULL_NS (200 * MS)		/* between looks at a list that is full */
#define BATCH_BYTES (4u << 20)

int sk_redis_send_init(struct sk_redis *r)
{
	struct sk_seed seed = sk_seed_draw();

	r->random = seed.k[0] | 1;
	r->room = UINT64_MAX;
	r->items = calloc(r->batch_max, sizeof(*r->items));
	r->argv = calloc(r->batch_max + 2, sizeof(*r->argv));
	r->lens = calloc(r->batch_max + 2, sizeof(*r->lens));
	if (!r->items || !r->argv || !r->lens)
		return SK_E_MEMORY;
	return sk_redis_conn_init(&r->conn);
}

void sk_redis_send_fini(struct sk_redis *r)
{
	sk_redis_conn_fini(&r->conn);
	free(r->items);
	free(r->argv);
	free(r->lens);
}

static int look_at_list(struct sk_redis *r)
{
	redisReply *p;
	uint64_t n;

	if (!r->url.high || r->is_varied)
		return 0;
	const char *argv[] = { "LLEN", (const char *)r->key.p };
	const size_t lens[] = { 4, r->key.n };

	sk_redis_conn_request(&r->conn, 2, argv, lens);
	p = sk_redis_reply(r);
	if (!p)
		return SK_E_STATE;
	n = p->type == REDIS_REPLY_INTEGER ? (uint64_t)p->integer : 0;
	freeReplyObject(p);
	r->room = n < r->url.high ? r->url.high - n : 0;
	if (r->room == 0 && !r->full_told)
		sk_log_warning("redis", "%s: the list has %" PRIu64 " entries, as many as high allows; alerts wait", r->s.name, n);
	r->full_told = r->room == 0;
	return 0;
}

static int connect_it(struct sk_redis *r)
{
	if (sk_redis_route(r) < 0 || sk_redis_synchronize(r) < 0)
		return SK_E_STATE;
	return look_at_list(r);
}

/* --- a batch --- */

/* Records at the front that go into one transaction: of one key. */
static size_t same_key(const struct sk_redis *r, size_t cnt)
{
	size_t n = 1;

	while (n < cnt && r->items[n].key.n == r->items[0].key.n &&
	       memcmp(r->items[n].key.p, r->items[0].key.p, r->items[0].key.n) == 0)
		n++;
	return n;
}

static void argument(struct sk_redis *r, size_t i, struct sk_span s)
{
	r->argv[i] = s.n ? (const char *)s.p : "";
	r->lens[i] = s.n;
}

static int request_list(struct sk_redis *r, size_t cnt)
{
	argument(r, 0, sk_span_str(r->url.is_left ? "LPUSH" : "RPUSH"));
	argument(r, 1, r->items[0].key);
	for (size_t i = 0; i < cnt; i++)
		argument(r, i + 2, r->items[i].json);
	return sk_redis_conn_request(&r->conn, cnt + 2, r->argv, r->lens);
}

static int request_entry(struct sk_redis *r, const struct sk_spool_item *it)
{
	char maxlen[24];
	struct sk_span parts[8];
	const char *argv[8];
	size_t lens[8], n = 0;

	parts[n++] = sk_span_str("XADD");
	parts[n++] = it->key;
	if (r->url.maxlen) {
		snprintf(maxlen, sizeof(maxlen), "%" PRIu64, r->url.maxlen);
		parts[n++] = sk_span_str("MAXLEN");
		parts[n++] = sk_span_str("~");
		parts[n++] = sk_span_str(maxlen);
	}
	parts[n++] = sk_span_str("*");
	parts[n++] = sk_span_str(r->url.field);
	parts[n++] = it->json;
	for (size_t i = 0; i < n; i++) {
		argv[i] = parts[i].n ? (const char *)parts[i].p : "";
		lens[i] = parts[i].n;
	}
	return sk_redis_conn_request(&r->conn, n, argv, lens);
}

static int request_pushes(struct sk_redis *r, size_t cnt)
{
	int rc = 0;

	if (r->url.type == SK_REDIS_LIST)
		return request_list(r, cnt);
	for (size_t i = 0; i < cnt && rc == 0; i++)
		rc = request_entry(r, &r->items[i]);
	return rc;
}

static void acknowledge(struct sk_redis *r, uint64_t seq)
{
	pthread_mutex_lock(&r->lock);
	sk_spool_ack(r->spool, seq);
	sk_redis_tell_lost(r);
	pthread_mutex_unlock(&r->lock);
}

/* The result of EXEC for pushes pushes: 0 when all is stored. */
static int judge(struct sk_redis *r, const redisReply *p, size_t pushes)
{
	char why[200];

	if (p->type == REDIS_REPLY_ERROR) {
		snprintf(why, sizeof(why), "%s", p->str);
		return sk_redis_fail_error(r, why);
	}
	if (p->type != REDIS_REPLY_ARRAY)
		return SK_E_LIMIT;	/* somebody else has written the sequence key */
	for (size_t i = 0; i < p->elements; i++) {
		if (p->element[i]->type != REDIS_REPLY_ERROR && (i >= pushes || p->element[i]->type != REDIS_REPLY_NIL))
			continue;
		/* EXEC counts the batch all the same */
		r->must_rewind = true;
		snprintf(why, sizeof(why), "%s", p->element[i]->type == REDIS_REPLY_ERROR ? p->element[i]->str : "ERR nothing was stored");
		return sk_redis_fail_error(r, why);
	}
	return 0;
}

static int send_transaction(struct sk_redis *r, size_t cnt)
{
	size_t pushes = r->url.type == SK_REDIS_LIST ? 1 : cnt, queued = pushes + 1;
	uint64_t last = r->items[cnt - 1].seq;
	char error[200] = "";
	redisReply *p;
	int rc;

	if (sk_redis_conn_words(&r->conn, "MULTI", NULL) < 0 || request_pushes(r, cnt) < 0)
		return sk_redis_fail(r, SK_REDIS_RETRY, "not enough memory");
	queued += sk_redis_request_seq(r, last);
	sk_redis_conn_words(&r->conn, "EXEC", NULL);
	sk_redis_conn_words(&r->conn, "WATCH", r->seq_key, NULL);
	for (size_t i = 0; i < queued; i++) {
		p = sk_redis_reply(r);
		if (!p)
			return SK_E_STATE;
		if (p->type == REDIS_REPLY_ERROR && !error[0])
			snprintf(error, sizeof(error), "%s", p->str);
		freeReplyObject(p);
	}
	p = sk_redis_reply(r);
	if (!p)
		return SK_E_STATE;
	if (error[0])
		rc = sk_redis_fail_error(r, error);
	else
		rc = judge(r, p, pushes);
	freeReplyObject(p);
	if (rc == 0)
		acknowledge(r, last);
	if (rc == SK_E_STATE)
		return rc;
	if (sk_redis_expect(r, 1) < 0)
		return SK_E_STATE;
	return rc == 0 ? 0 : sk_redis_synchronize(r);
}

static int publish(struct sk_redis *r, size_t cnt)
{
	char error[200] = "";

	for (size_t i = 0; i < cnt; i++) {
		argument(r, 0, sk_span_str("PUBLISH"));
		argument(r, 1, r->items[i].key);
		argument(r, 2, r->items[i].json);
		if (sk_redis_conn_request(&r->conn, 3, r->argv, r->lens) < 0)
			return sk_redis_fail(r, SK_REDIS_RETRY, "not enough memory");
	}
	for (size_t i = 0; i < cnt; i++) {
		redisReply *p = sk_redis_reply(r);

		if (!p)
			return SK_E_STATE;
		if (p->type == REDIS_REPLY_ERROR && !error[0])
			snprintf(error, sizeof(error), "%s", p->str);
		freeReplyObject(p);
		if (error[0])
			return sk_redis_fail_error(r, error);
		acknowledge(r, r->items[i].seq);
	}
	return 0;
}

static int send_batch(struct sk_redis *r)
{
	size_t cnt;
	int rc;

	pthread_mutex_lock(&r->lock);
	cnt = sk_spool_peek(r->spool, r->items, (size_t)SK_MIN((uint64_t)r->batch_max, r->room), BATCH_BYTES);
	pthread_mutex_unlock(&r->lock);
	if (!cnt)
		return 0;
	if (r->url.type == SK_REDIS_CHANNEL)
		return publish(r, cnt);
	cnt = same_key(r, cnt);
	rc = send_transaction(r, cnt);
	return rc == 0 ? look_at_list(r) : rc;
}

/* --- the loop --- */

static uint64_t wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* What must be done now and then, also while Redis is away. */
static void keep_house(void *cx)
{
	struct sk_redis *r = cx;
	uint64_t now = sk_redis_clock();
	int fd;

	if (r->fsync_ns && now >= r->next_sync_ns) {
		r->next_sync_ns = now + r->fsync_ns;
		for (;;) {
			pthread_mutex_lock(&r->lock);
			fd = sk_spool_sync_fd(r->spool);
			pthread_mutex_unlock(&r->lock);
			if (fd < 0)
				break;
			if (fdatasync(fd) < 0)
				sk_log_error("redis", "%s: cannot write the spool to disk", r->s.name);
			close(fd);
		}
	}
	if (now >= r->next_expire_ns) {
		r->next_expire_ns = now + EXPIRE_NS;
		pthread_mutex_lock(&r->lock);
		sk_spool_expire(r->spool, wall_ns());
		sk_redis_tell_lost(r);
		pthread_mutex_unlock(&r->lock);
	}
}

static struct timespec in_time(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u) };
}

static bool has_work(const struct sk_redis *r)
{
	struct sk_spool_state st;

	sk_spool_state(r->spool, &st);
	return st.pending > 0;
}

/* Until the time, or work when that is waited for, or the beginning of the end. */
static void rest(struct sk_redis *r, uint64_t until, bool for_work)
{
	bool was_closing;

	pthread_mutex_lock(&r->lock);
	was_closing = r->is_closing;
	for (;;) {
		uint64_t now, next;
		struct timespec t;

		pthread_mutex_unlock(&r->lock);
		keep_house(r);
		pthread_mutex_lock(&r->lock);
		now = sk_redis_clock();
		if (now >= until || r->is_closing != was_closing || (r->is_closing && now >= r->deadline_ns) || (for_work && has_work(r)))
			break;
		next = SK_MIN(until, r->next_expire_ns);
		if (r->fsync_ns)
			next = SK_MIN(next, r->next_sync_ns);
		t = in_time(next);
		r->is_waiting = true;
		pthread_cond_timedwait(&r->more, &r->lock, &t);
		r->is_waiting = false;
	}
	pthread_mutex_unlock(&r->lock);
}

static void back_off(struct sk_redis *r)
{
	uint64_t ns = r->backoff_ns ? r->backoff_ns * 2 : BACKOFF_MIN_NS;

	if (r->is_at_once) {
		r->is_at_once = false;
		return;
	}
	r->random ^= r->random << 13;
	r->random ^= r->random >> 7;
	r->random ^= r->random << 17;
	r->backoff_ns = ns = SK_MIN(ns, r->backoff_max_ns);
	ns -= r->random % (ns / 4 + 1);
	pthread_mutex_lock(&r->lock);
	if (r->is_closing)
		ns = SK_MIN(ns, BACKOFF_END_NS);
	pthread_mutex_unlock(&r->lock);
	rest(r, sk_redis_clock() + ns, false);
}

/* Nothing to send: is Redis still there, and does it still have everything? */
static int ping(struct sk_redis *r)
{
	uint64_t seq;
	struct sk_spool_state st;

	if (r->url.type == SK_REDIS_CHANNEL) {
		sk_redis_conn_words(&r->conn, "PING", NULL);
		return sk_redis_expect(r, 1);
	}
	if (r->owner_key) {
		if (sk_redis_check_owner(r) < 0)
			return SK_E_STATE;
		sk_redis_request_owner(r);
		if (sk_redis_expect(r, 1) < 0)
			return SK_E_STATE;
	}
	if (sk_redis_get_seq(r, &seq) < 0)
		return SK_E_STATE;
	pthread_mutex_lock(&r->lock);
	sk_spool_state(r->spool, &st);
	pthread_mutex_unlock(&r->lock);
	if (seq != st.acked && sk_redis_synchronize(r) < 0)
		return SK_E_STATE;
	return look_at_list(r);
}

/* The end has come and there is nothing more to do, or no more time, or no hope. */
static bool is_over(struct sk_redis *r)
{
	bool over;

	pthread_mutex_lock(&r->lock);
	over = r->is_closing && (!has_work(r) || r->state == SK_REDIS_STOPPED || sk_redis_clock() >= r->deadline_ns || r->conn.is_cancelled);
	pthread_mutex_unlock(&r->lock);
	return over;
}

/* Nobody shall wait for a sensor that has said goodbye. */
static void say_goodbye(struct sk_redis *r)
{
	struct sk_spool_state st;

	pthread_mutex_lock(&r->lock);
	sk_spool_state(r->spool, &st);
	pthread_mutex_unlock(&r->lock);
	if (!sk_redis_conn_is_open(&r->conn) || r->url.type == SK_REDIS_CHANNEL || r->conn.is_cancelled)
		return;
	if (!r->owner_key && st.pending)
		return;
	r->conn.timeout_ns = SK_MIN(r->conn.timeout_ns, 500 * MS);
	sk_redis_conn_words(&r->conn, "DEL", r->owner_key ? r->owner_key : r->seq_key, NULL);
	freeReplyObject(sk_redis_conn_reply(&r->conn));
}

void *sk_redis_send(void *arg)
{
	struct sk_redis *r = arg;

	r->conn.tick = keep_house;
	r->conn.cx = r;
	while (!is_over(r)) {
		keep_house(r);
		if (!sk_redis_conn_is_open(&r->conn)) {
			if (connect_it(r) < 0)
				back_off(r);
			continue;
		}
		if (r->room == 0) {
			rest(r, sk_redis_clock() + FULL_NS, false);
			look_at_list(r);
			continue;
		}
		rest(r, sk_redis_clock() + PING_NS, true);
		pthread_mutex_lock(&r->lock);
		bool work = has_work(r);
		pthread_mutex_unlock(&r->lock);
		if ((work ? send_batch(r) : ping(r)) < 0) {
			back_off(r);
			continue;
		}
		r->backoff_ns = 0;
		r->follows = 0;
		if (r->state != SK_REDIS_FINE)
			sk_redis_set_state(r, SK_REDIS_FINE, "");
	}
	say_goodbye(r);
	sk_redis_conn_close(&r->conn);
	pthread_mutex_lock(&r->lock);
	r->is_done = true;
	pthread_cond_signal(&r->done);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}
