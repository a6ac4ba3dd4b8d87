/* tests/bench/bench_redis.c — what the Redis output costs its caller, and how fast it delivers, beside hiredis alone.
 *
 * in       the path of the socket of a Redis that may be emptied
 * out      one line per measurement; wall time and processor time of this process
 * limits   alerts of 600 bytes; the server shares the processors
 *
 *	redis-server --port 0 --unixsocket /tmp/bench.sock --save '' &
 *	make tests/bench/bench_redis && tests/bench/bench_redis /tmp/bench.sock
 */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "sink/sink.h"

#define CNT 300000u
#define JSON_SIZE 600u
#define BATCH 256u

static const struct sk_campaign_info campaign = { .id = "bench", .name = "bench" };
static struct sk_rule rule = { .id = "bench.rule", .title = "bench", .severity = SK_SEVERITY_HIGH, .campaign = &campaign };
static char json[JSON_SIZE];

static double seconds(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what)
{
	fprintf(stderr, "bench_redis: %s\n", what);
	exit(1);
}

static void check(const char *path, const char *command, long long want)
{
	redisContext *c = redisConnectUnix(path);
	redisReply *r;

	if (!c || c->err)
		fail("cannot connect");
	r = redisCommand(c, command);
	if (!r || r->type == REDIS_REPLY_ERROR || (want >= 0 && r->integer != want))
		fail("the list does not have what was sent");
	freeReplyObject(r);
	redisFree(c);
}

/* hiredis as its documentation says: one command after the other into a pipeline, no transaction, nothing kept. */
static double bare(const char *path, bool is_stream)
{
	double wall, cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	redisContext *c = redisConnectUnix(path);
	redisReply *r;

	if (!c || c->err)
		fail("cannot connect");
	wall = seconds(CLOCK_MONOTONIC);
	for (unsigned i = 0; i < CNT; i += BATCH) {
		unsigned n = CNT - i < BATCH ? CNT - i : BATCH;

		for (unsigned k = 0; k < n; k++)
			redisAppendCommand(c, is_stream ? "XADD bench * eve %b" : "RPUSH bench %b", json, sizeof(json));
		for (unsigned k = 0; k < n; k++) {
			if (redisGetReply(c, (void **)&r) != REDIS_OK)
				fail("hiredis");
			freeReplyObject(r);
		}
	}
	wall = seconds(CLOCK_MONOTONIC) - wall;
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("hiredis alone, %s, pipelines of %u: %.0f alerts/s, %.2f us of processor per alert\n", is_stream ? "XADD" : "RPUSH", BATCH,
	       CNT / wall, cpu * 1e6 / CNT);
	redisFree(c);
	return CNT / wall;
}

static void sink(const char *path, const char *type, const char *spool, double bare_rate)
{
	struct sk_sink_conf conf = sk_sink_conf_default;
	struct sk_alert a = { .rule = &rule };
	struct sk_sink_counts n;
	struct sk_sink *s;
	struct sk_error e;
	double wall, writing, thread, cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	char url[256];

	conf.sensor = "bench";
	conf.spool_dir = spool;
	conf.queue_max = UINT64_C(1) << 30;
	conf.retain_ns = 0;
	snprintf(url, sizeof(url), "redis+unix://%s?key=bench&type=%s", path, type);
	if (sk_sink_open(&s, url, &conf, &e) < 0)
		fail(e.text);
	usleep(100000);
	wall = seconds(CLOCK_MONOTONIC);
	thread = seconds(CLOCK_THREAD_CPUTIME_ID);
	for (unsigned i = 0; i < CNT; i++)
		s->ops->write(s, &a, sk_span(json, sizeof(json)));
	thread = seconds(CLOCK_THREAD_CPUTIME_ID) - thread;
	writing = seconds(CLOCK_MONOTONIC) - wall;
	if (s->ops->close(s, UINT64_C(60000000000), &n) < 0 || n.delivered != CNT)
		fail("not everything was delivered");
	wall = seconds(CLOCK_MONOTONIC) - wall;
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("%s, spool %s: %.0f alerts/s delivered, %.2f of hiredis alone; write() %.2f us wall, %.2f us of processor; %.2f us in all threads\n",
	       type, spool ? "on disk" : "in memory", CNT / wall, CNT / wall / bare_rate, writing * 1e6 / CNT, thread * 1e6 / CNT, cpu * 1e6 / CNT);
}

/* From write() of a sensor that was idle until a reader that waits has the alert. */
static void latency(const char *path)
{
	struct sk_sink_conf conf = sk_sink_conf_default;
	struct sk_alert a = { .rule = &rule };
	struct sk_sink_counts n;
	struct sk_sink *s;
	struct sk_error e;
	double most = 0, sum = 0;
	redisContext *c = redisConnectUnix(path);
	char url[256];

	conf.sensor = "bench";
	snprintf(url, sizeof(url), "redis+unix://%s?key=bench", path);
	if (!c || c->err || sk_sink_open(&s, url, &conf, &e) < 0)
		fail("cannot connect");
	for (int i = 0; i < 100; i++) {
		double from;

		usleep(20000);
		from = seconds(CLOCK_MONOTONIC);
		s->ops->write(s, &a, sk_span(json, sizeof(json)));
		freeReplyObject(redisCommand(c, "BLPOP bench 1"));
		from = seconds(CLOCK_MONOTONIC) - from;
		sum += from;
		most = from > most ? from : most;
	}
	s->ops->close(s, 1000000000, &n);
	redisFree(c);
	printf("one alert of an idle sensor: %.2f ms on average, %.2f ms at most until it is read\n", sum * 10, most * 1000);
}

int main(int argc, char **argv)
{
	char dir[] = "bench_redis.XXXXXX", command[64];

	if (argc != 2)
		fail("usage: bench_redis SOCKET");
	memset(json, 'x', sizeof(json));
	sk_log_set_level(SK_LOG_LEVEL_ERROR);
	check(argv[1], "FLUSHALL", -1);
	latency(argv[1]);
	if (!mkdtemp(dir))
		fail("cannot make a folder");
	for (int i = 0; i < 6; i++) {
		const char *type = i % 2 ? "stream" : "list", *count = i % 2 ? "XLEN bench" : "LLEN bench";
		double rate;

		check(argv[1], "FLUSHALL", -1);
		rate = bare(argv[1], i % 2);
		check(argv[1], count, CNT);
		check(argv[1], "FLUSHALL", -1);
		sink(argv[1], type, i < 2 ? NULL : dir, rate);
		check(argv[1], count, CNT);
	}
	check(argv[1], "FLUSHALL", -1);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) ? 1 : 0;
}
