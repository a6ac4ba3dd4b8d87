/* sink/redis/send.c — alerts to Redis: the thread that sends.
 *
 * It has a connection, or tries to get one, waits for work, sends it, and keeps the house: syncs the spool and drops what was
 * acknowledged long ago.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "sink/redis/redis.h"

#define MS UINT64_C(1000000)
#define BACKOFF_MIN_NS (50 * MS)
#define BACKOFF_END_NS (200 * MS)	/* between attempts once the program ends */
#define PING_NS (1000 * MS)
#define EXPIRE_NS (1000 * MS)
#define FULL_NS (200 * MS)		/* between looks at a list that is full */

int sk_redis_send_init(struct sk_redis *r)
{
	struct sk_seed seed = sk_seed_draw();

	r->random = seed.k[0] | 1;
	r->seed = sk_seed_draw();
	r->items = calloc(r->batch_max, sizeof(*r->items));
	if (!r->items || sk_redis_batch_init(&r->batches[0], r->batch_max) < 0 || sk_redis_batch_init(&r->batches[1], r->batch_max) < 0)
		return SK_E_MEMORY;
	return sk_redis_conn_init(&r->conn);
}

void sk_redis_send_fini(struct sk_redis *r)
{
	sk_redis_conn_fini(&r->conn);
	sk_redis_batch_fini(&r->batches[0]);
	sk_redis_batch_fini(&r->batches[1]);
	free(r->items);
	free(r->there);
}

static int connect_it(struct sk_redis *r)
{
	sk_redis_drop_batches(r);
	sk_redis_forget_keys(r);
	return sk_redis_route(r) < 0 ? SK_E_STATE : sk_redis_synchronize(r);
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
		if (now >= until || r->is_closing != was_closing || (r->is_closing && now >= r->deadline_ns) || (for_work && sk_spool_has_pending(r->spool)))
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

/* Where something is sent, that tells. */
static bool is_time_to_ping(struct sk_redis *r, bool work)
{
	uint64_t now = sk_redis_clock();

	if (work && (!r->is_full || now < r->next_ping_ns))
		return false;
	r->next_ping_ns = now + PING_NS;
	return true;
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
	return seq != st.acked ? sk_redis_synchronize(r) : 0;
}

/* The end has come and there is nothing more to do, or no more time, or no hope. */
static bool is_over(struct sk_redis *r)
{
	bool over;

	pthread_mutex_lock(&r->lock);
	over = r->is_closing && (!sk_spool_has_pending(r->spool) || r->state == SK_REDIS_STOPPED || sk_redis_clock() >= r->deadline_ns || r->conn.is_cancelled);
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
	bool work;

	r->conn.tick = keep_house;
	r->conn.cx = r;
	while (!is_over(r)) {
		keep_house(r);
		if (!sk_redis_conn_is_open(&r->conn)) {
			if (connect_it(r) < 0)
				back_off(r);
			continue;
		}
		rest(r, sk_redis_clock() + (r->is_full ? FULL_NS : PING_NS), !r->is_full);
		pthread_mutex_lock(&r->lock);
		work = sk_spool_has_pending(r->spool);
		pthread_mutex_unlock(&r->lock);
		if ((is_time_to_ping(r, work) && ping(r) < 0) || (work && sk_redis_send_batch(r) < 0)) {
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
