/* sink/redis/redis.c — alerts to Redis: the side of the caller. See redis.h and send.c. */
#include "sink/redis/redis.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "base/fmt.h"
#include "base/log.h"
#include "sink/redis/tls.h"

#define PASSWORD_SIZE 512u
#define GRACE_NS UINT64_C(2000000000)	/* for the sender to notice the end */

uint64_t sk_redis_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static struct sk_redis *redis_of(struct sk_sink *s)
{
	return SK_CONTAINER(s, struct sk_redis, s);
}

/* --- writing --- */

static void put_key(struct sk_redis *r, const struct sk_redis_names *names)
{
	sk_buf_clear(&r->key);
	sk_redis_key(r->url.key, names, &r->key);
}

static void json_text(struct sk_buf *b, const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s >= 0x20 && *s != '"' && *s != '\\' && *s != 0x7f)
			sk_buf_add_byte(b, (uint8_t)*s);
}

void sk_redis_tell_lost(struct sk_redis *r)
{
	struct sk_spool_state st;
	char from[SK_TIME_TEXT_MAX], to[SK_TIME_TEXT_MAX];
	struct sk_buf b = { .cap = 4096 };
	struct sk_spool_item it = { .severity = SK_SPOOL_SEVERITIES - 1 };
	const uint64_t *n = st.lost.by_severity;

	sk_spool_state(r->spool, &st);
	if (st.lost.alerts == r->lost_told || st.pending_bytes > r->queue_max / 2)
		return;
	sk_buf_addf(&b, "{\"timestamp\":\"%s\",\"event_type\":\"lost\",\"host\":\"", sk_fmt_time(st.lost.last_ns, to));
	json_text(&b, r->sensor);
	sk_buf_addf(&b, "\",\"lost\":{\"alerts\":%" PRIu64 ",\"total\":%" PRIu64 ",\"total_by_severity\":{\"critical\":%" PRIu64
		    ",\"high\":%" PRIu64 ",\"medium\":%" PRIu64 ",\"low\":%" PRIu64 ",\"info\":%" PRIu64 ",\"unknown\":%" PRIu64 "},\"first\":\"%s\",\"last\":\"%s\"}}",
		    st.lost.alerts - r->lost_told, st.lost.alerts, n[5], n[4], n[3], n[2], n[1], n[0], sk_fmt_time(st.lost.first_ns, from), to);
	if (r->is_varied)
		put_key(r, &(struct sk_redis_names){ "lost", "lost", "lost" });
	it.key = sk_buf_span(&r->key);
	it.json = sk_buf_span(&b);
	if (!b.failed && !r->key.failed && sk_spool_add(r->spool, &it) == 0)
		r->lost_told = st.lost.alerts, r->way.queued++;
	sk_buf_fini(&b);
}

static int redis_write(struct sk_sink *s, const struct sk_alert *a, struct sk_span event_json)
{
	static struct sk_log_gate gate;
	struct sk_redis *r = redis_of(s);
	struct sk_redis_names names = { "stats", "stats", "stats" };
	struct sk_spool_item it = { .json = event_json, .is_alert = a != NULL };
	uint64_t held;
	int rc;

	if (a) {
		names.campaign = a->rule->campaign ? a->rule->campaign->id : "none";
		names.severity = sk_severity_word(a->rule->severity);
		names.rule = a->rule->id;
		it.severity = (uint8_t)SK_MIN(a->rule->severity, SK_SPOOL_SEVERITIES - 1u);
	}
	pthread_mutex_lock(&r->lock);
	sk_redis_tell_lost(r);
	if (r->is_varied)
		put_key(r, &names);
	it.key = sk_buf_span(&r->key);
	r->written += a != NULL;
	rc = sk_spool_add(r->spool, &it);
	r->way.queued += rc == 0;
	if (rc == 0 && r->is_waiting)
		pthread_cond_signal(&r->more);
	pthread_mutex_unlock(&r->lock);
	if (rc < 0 && a && sk_log_gate_open(&gate, &held))
		sk_log_error("redis", "%s: %s is full; alerts of low severity are lost first, and counted", s->name,
			     r->spool_dir ? "the spool" : "the queue in memory");
	return rc;
}

static void redis_flush(struct sk_sink *s)
{
	(void)s;			/* every write wakes the sender */
}

static uint64_t wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void count(struct sk_redis *r, struct sk_sink_counts *c)
{
	uint64_t missing, oldest, now = wall_ns();
	struct sk_spool_state st;

	pthread_mutex_lock(&r->lock);
	sk_spool_state(r->spool, &st);
	missing = st.pending_alerts + st.lost.alerts;
	*c = (struct sk_sink_counts){ .written = SK_MAX(r->written, missing), .lost = st.lost.alerts, .undelivered = missing, .way = r->way };
	c->delivered = c->written - missing;
	c->way.refused = st.lost.alerts - st.lost.by_severity[0];
	c->way.spool_bytes = st.bytes;
	oldest = sk_spool_oldest(r->spool);
	c->way.oldest_ms = oldest && now > oldest ? (now - oldest) / 1000000u : 0;
	pthread_mutex_unlock(&r->lock);
	if (!r->spool_dir && r->is_done)
		c->lost = c->undelivered;
}

static void redis_counts(struct sk_sink *s, struct sk_sink_counts *counts)
{
	count(redis_of(s), counts);
}

/* --- the end --- */

static void redis_free(struct sk_redis *r)
{
	sk_redis_send_fini(r);
	sk_spool_close(r->spool);
	pthread_cond_destroy(&r->done);
	pthread_cond_destroy(&r->more);
	pthread_mutex_destroy(&r->lock);
	sk_buf_fini(&r->key);
	free(r->sensor);
	free(r->tls_ca);
	free(r->tls_cert);
	free(r->tls_key);
	free(r->sentinel_user);
	free(r->seq_key);
	free(r->owner_key);
	free(r->spool_dir);
	free(r->options);
	explicit_bzero(&r->url, sizeof(r->url));
	explicit_bzero(r->sentinel_password, sizeof(r->sentinel_password));
	free(r->s.name);
	free(r);
}

static struct timespec in_time(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u) };
}

static void wait_done(struct sk_redis *r, uint64_t until_ns)
{
	struct timespec until = in_time(until_ns);

	while (!r->is_done && pthread_cond_timedwait(&r->done, &r->lock, &until) != ETIMEDOUT)
		;
}

static void tell_end(const struct sk_redis *r, const struct sk_sink_counts *c)
{
	if (!c->undelivered)
		return;
	if (c->undelivered > c->lost)
		sk_log_error("redis", "%s: %" PRIu64 " alerts NOT delivered: %s; they are kept, and sent by: sekisho spool send --set sensor='%s' "
			     "--set spool.dir='%.*s' -o '%s'%s", r->s.name, c->undelivered - c->lost, r->why[0] ? r->why : "no time left", r->sensor,
			     (int)(strrchr(r->spool_dir, '/') - r->spool_dir), r->spool_dir, r->s.name, r->options);
	if (c->lost)
		sk_log_error("redis", "%s: %" PRIu64 " alerts NOT delivered and lost: %s", r->s.name, c->lost,
			     r->why[0] ? r->why : r->spool_dir ? "the spool was full, or is damaged" : "no time left");
}

static int redis_close(struct sk_sink *s, uint64_t wait_ns, struct sk_sink_counts *counts)
{
	struct sk_redis *r = redis_of(s);
	uint64_t now = sk_redis_clock();
	bool is_done;

	pthread_mutex_lock(&r->lock);
	r->is_closing = true;
	r->deadline_ns = wait_ns < UINT64_MAX - now ? now + wait_ns : UINT64_MAX;
	pthread_cond_signal(&r->more);
	wait_done(r, SK_MIN(r->deadline_ns, UINT64_MAX / 2));
	if (!r->is_done) {
		sk_redis_conn_cancel(&r->conn);
		wait_done(r, sk_redis_clock() + GRACE_NS);
	}
	is_done = r->is_done;
	r->is_left = !is_done;
	pthread_mutex_unlock(&r->lock);
	count(r, counts);
	if (!is_done && !r->spool_dir)
		counts->lost = counts->undelivered;
	tell_end(r, counts);
	if (is_done) {
		pthread_join(r->thread, NULL);
		redis_free(r);
	} else {
		pthread_detach(r->thread);	/* it waits for a disk; what it uses stays */
	}
	return counts->undelivered ? SK_E_STATE : 0;
}

static const struct sk_sink_ops ops = {
	.scheme = "redis",
	.write = redis_write,
	.flush = redis_flush,
	.close = redis_close,
	.counts = redis_counts,
};

/* --- opening --- */

/* The first line of a file, unless there is a password already. */
static int read_password(char *password, size_t size, const char *path, const char *what, struct sk_error *e)
{
	char line[PASSWORD_SIZE + 2];
	FILE *f;
	bool got;
	size_t n;

	if (password[0] || !path)
		return 0;
	f = fopen(path, "re");
	if (!f)
		return sk_error_set(e, SK_E_CONFIG, "%s: cannot read %s: %s", what, path, strerror(errno));
	got = fgets(line, sizeof(line), f) != NULL;
	fclose(f);
	n = got ? strcspn(line, "\r\n") : 0;
	if (n && n < size) {
		memcpy(password, line, n);
		password[n] = 0;
	}
	explicit_bzero(line, sizeof(line));
	return n && n < size ? 0 : sk_error_set(e, SK_E_CONFIG, "%s: the first line of %s is empty or too long", what, path);
}

static char *copy(const char *s, int *rc)
{
	char *c = s ? strdup(s) : NULL;

	if (s && !c)
		*rc = SK_E_MEMORY;
	return c;
}

/* The folder of this output's spool: named after the place it sends to. */
static char *spool_dir(const struct sk_redis *r, const char *parent)
{
	char name[96];
	struct sk_span full = sk_span_str(r->url.name);
	size_t n = 0;
	char *dir = NULL;

	for (const char *c = r->url.name; *c && n + 1 < sizeof(name); c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '.' || *c == '-';

		if (plain || (n && name[n - 1] != '_'))
			name[n++] = plain ? *c : '_';
	}
	name[n] = 0;
	return asprintf(&dir, "%s/%s-%08x", parent, name, sk_crc32c(full)) < 0 ? NULL : dir;
}

/* Records know their keys: a spool that is sent to another place goes to the same key there. */
static int check_label(const struct sk_redis *r, struct sk_error *e)
{
	static const char *const types[] = { "list", "stream", "channel" };
	struct sk_redis_url *u = calloc(1, sizeof(*u));
	char label[sizeof(u->name)];
	struct sk_error ignored;
	int rc = 0;

	if (!u)
		return sk_error_set(e, SK_E_MEMORY, "not enough memory");
	if (sk_redis_url_parse(u, sk_spool_read_label(r->spool_dir, label, sizeof(label)), &ignored) == 0 &&
	    (strcmp(u->key, r->url.key) != 0 || u->type != r->url.type))
		rc = sk_error_set(e, SK_E_CONFIG, "the alerts in %s are for key=%s&type=%s: give both in -o", r->spool_dir, u->key, types[u->type]);
	free(u);
	return rc;
}

static int open_spool(struct sk_redis *r, const struct sk_sink_conf *conf, struct sk_error *e)
{
	struct sk_spool_state st;
	struct stat info;
	int rc;

	if (conf->spool_dir) {
		if (stat(conf->spool_dir, &info) < 0)
			return sk_error_set(e, SK_E_CONFIG, "spool.dir: cannot use %s: %s", conf->spool_dir, strerror(errno));
		if (!S_ISDIR(info.st_mode) || access(conf->spool_dir, W_OK | X_OK) < 0)
			return sk_error_set(e, SK_E_CONFIG, "spool.dir: cannot write to %s: %s", conf->spool_dir,
					    S_ISDIR(info.st_mode) ? strerror(errno) : "it is no folder");
		r->spool_dir = conf->spool_folder ? strdup(conf->spool_folder) : spool_dir(r, conf->spool_dir);
		if (!r->spool_dir)
			return sk_error_set(e, SK_E_MEMORY, "not enough memory");
		if (conf->spool_folder && check_label(r, e) < 0)
			return SK_E_CONFIG;
	}
	r->queue_max = r->spool_dir ? conf->spool_max : conf->queue_max;
	rc = sk_spool_open(&r->spool, &(struct sk_spool_conf){
		.dir = r->spool_dir, .sensor = r->sensor, .user = conf->user, .max = r->queue_max, .retain_ns = conf->retain_ns,
		.fsync_always = conf->fsync_ns == 0 }, e);
	if (rc < 0)
		return rc;
	sk_spool_state(r->spool, &st);
	r->written = st.pending_alerts + st.lost.alerts;
	r->way.queued = st.pending;
	if (r->spool_dir && !conf->spool_folder)
		sk_spool_label(r->spool_dir, r->url.name);
	if (st.pending_alerts)
		sk_log_info("redis", "%s: %" PRIu64 " alerts wait in %s", r->url.name, st.pending_alerts, r->spool_dir);
	return 0;
}

/* Keys beside the alerts' own, in the same slot of a cluster. */
static int make_keys(struct sk_redis *r)
{
	struct sk_buf b = { .cap = 1024 };
	int rc = sk_redis_side_key(r->url.key, "seq", r->sensor, &b);

	if (rc == 0 && !r->spool_dir)
		rc = sk_buf_addf(&b, ":%s", sk_spool_id(r->spool));
	if (rc == 0)
		r->seq_key = copy(sk_buf_str(&b), &rc);
	sk_buf_clear(&b);
	if (rc == 0 && r->spool_dir)
		rc = sk_redis_side_key(r->url.key, "owner", r->sensor, &b);
	if (rc == 0 && r->spool_dir)
		r->owner_key = copy(sk_buf_str(&b), &rc);
	sk_buf_fini(&b);
	return rc;
}

/* What a command needs beside the URL. The name of the URL has neither user nor password. */
static char *options(const struct sk_redis *r, const struct sk_sink_conf *conf)
{
	const struct {
		const char *key, *value;
	} files[] = {
		{ "redis.password_file", conf->password_file }, { "redis.sentinel_password_file", conf->sentinel_password_file },
		{ "redis.sentinel_user", conf->sentinel_user }, { "redis.tls_ca", conf->tls_ca }, { "redis.tls_cert", conf->tls_cert },
		{ "redis.tls_key", conf->tls_key },
	};
	struct sk_buf b = { .cap = 16384 };
	char *text;

	sk_buf_add_str(&b, "");
	for (size_t i = 0; i < SK_ARRAY_LEN(files); i++)
		if (files[i].value)
			sk_buf_addf(&b, " --set %s='%s'", files[i].key, files[i].value);
	if (r->url.user[0] || (r->url.password[0] && !conf->password_file))
		sk_buf_add_str(&b, "  # user and password are left out of this URL");
	text = b.failed ? NULL : strdup(sk_buf_str(&b));
	sk_buf_fini(&b);
	return text;
}

static int start(struct sk_redis *r, struct sk_error *e)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	sigdelset(&all, SIGSYS);	/* main/sandbox.c reaches all threads with it */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&r->thread, NULL, sk_redis_send, r);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc ? sk_error_set(e, -rc, "cannot start the thread that sends to Redis: %s", strerror(rc)) : 0;
}

/* All that is looked at before anything is opened. */
static int read_spec(struct sk_redis_url *u, char *sentinel_password, const char *url, const struct sk_sink_conf *conf,
		     struct sk_error *e)
{
	struct sk_redis_tls *t;

	if (sk_redis_url_parse(u, url, e) < 0 ||
	    read_password(u->password, sizeof(u->password), conf->password_file, "redis.password_file", e) < 0 ||
	    read_password(sentinel_password, PASSWORD_SIZE, conf->sentinel_password_file, "redis.sentinel_password_file", e) < 0)
		return SK_E_CONFIG;
	if (!u->is_tls)
		return 0;
	t = sk_redis_tls_new(&(struct sk_redis_tls_conf){
		.host = u->places[0].host, .ca = conf->tls_ca, .cert = conf->tls_cert, .key = conf->tls_key }, -1, e);
	sk_redis_tls_free(t);
	return t ? 0 : SK_E_CONFIG;
}

static void init_lock(struct sk_redis *r)
{
	pthread_condattr_t a;

	pthread_condattr_init(&a);
	pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->more, &a);
	pthread_cond_init(&r->done, &a);
	pthread_condattr_destroy(&a);
}

int sk_sink_redis_open(struct sk_sink **out, const char *url, const struct sk_sink_conf *conf, struct sk_error *e)
{
	struct sk_redis *r = calloc(1, sizeof(*r));
	int rc = 0;

	*out = NULL;
	if (!r)
		return sk_error_set(e, SK_E_MEMORY, "not enough memory");
	r->conn.fd = r->conn.wake_fd = -1;
	r->key.cap = UINT16_MAX;
	init_lock(r);
	r->sensor = copy(conf->sensor, &rc);
	r->tls_ca = copy(conf->tls_ca, &rc);
	r->tls_cert = copy(conf->tls_cert, &rc);
	r->tls_key = copy(conf->tls_key, &rc);
	r->sentinel_user = copy(conf->sentinel_user, &rc);
	r->conn_conf = (struct sk_redis_conn_conf){ .connect_ns = conf->connect_timeout_ns, .command_ns = conf->command_timeout_ns,
		.tls_ca = r->tls_ca, .tls_cert = r->tls_cert, .tls_key = r->tls_key };
	r->backoff_max_ns = conf->backoff_max_ns;
	r->fsync_ns = conf->fsync_ns;
	r->batch_max = (size_t)SK_MAX(conf->batch_max, UINT64_C(1));
	if (rc < 0)
		sk_error_set(e, rc, "not enough memory");
	if (rc == 0)
		rc = read_spec(&r->url, r->sentinel_password, url, conf, e);
	if (rc == 0)
		rc = open_spool(r, conf, e);
	if (rc == 0) {
		r->options = options(r, conf);
		r->is_varied = sk_redis_key_varies(r->url.key);
		put_key(r, &(struct sk_redis_names){ "", "", "" });
		r->s = (struct sk_sink){ .ops = &ops, .name = copy(r->url.name, &rc) };
		if (rc < 0 || !r->options || make_keys(r) < 0 || sk_redis_send_init(r) < 0)
			rc = sk_error_set(e, SK_E_MEMORY, "not enough memory");
	}
	if (rc == 0)
		rc = start(r, e);
	if (rc < 0) {
		redis_free(r);
		return rc;
	}
	*out = &r->s;
	return 0;
}

int sk_sink_redis_check(const char *url, const struct sk_sink_conf *conf, struct sk_error *e)
{
	struct sk_redis_url u;
	char sentinel[PASSWORD_SIZE] = "";
	int rc = read_spec(&u, sentinel, url, conf, e);

	explicit_bzero(&u, sizeof(u));
	explicit_bzero(sentinel, sizeof(sentinel));
	return rc;
}
