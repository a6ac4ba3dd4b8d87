/* tests/unit/sink/t_redis.c — the Redis output against a server that fails on demand: every error by its kind, every alert once. */
#include "unit.h"

#include <time.h>
#include <unistd.h>

#include "alert.h"
#include "base/log.h"
#include "fake_redis.h"
#include "sink/sink.h"

#define MS UINT64_C(1000000)

static struct fake fake;
static unsigned next_alert;
static char spool_parent[64];

static const struct sk_campaign_info campaigns[] = { { .id = "one", .name = "one" }, { .id = "two", .name = "two" } };
static const struct sk_rule rules[] = {
	{ .id = "one.x", .title = "x", .severity = SK_SEVERITY_HIGH, .campaign = &campaigns[0] },
	{ .id = "two.x", .title = "x", .severity = SK_SEVERITY_LOW, .campaign = &campaigns[1] } };

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct sk_sink *open_sink(const char *query, const char *spool)
{
	struct sk_sink_conf conf = sk_sink_conf_default;
	struct sk_sink *s = NULL;
	struct sk_error e;
	char url[256];

	conf.sensor = "s";
	conf.spool_dir = spool;
	conf.command_timeout_ns = conf.connect_timeout_ns = 200 * MS;
	conf.backoff_max_ns = 60 * MS;
	conf.batch_max = 16;
	snprintf(url, sizeof(url), "redis+unix://%s?%s", fake.path, query);
	if (sk_sink_open(&s, url, &conf, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

/* cnt alerts, of the two rules in turn: "0", "1", … */
static void write_alerts(struct sk_sink *s, unsigned cnt)
{
	for (unsigned i = 0; i < cnt; i++) {
		struct sk_alert a = { .rule = &rules[next_alert % 2] };
		char text[16];

		snprintf(text, sizeof(text), "%u", next_alert++);
		assert_int_equal(s->ops->write(s, &a, sk_span_str(text)), 0);
	}
}

static struct sk_sink_counts close_sink(struct sk_sink *s, uint64_t wait_ms)
{
	struct sk_sink_counts n;

	s->ops->close(s, wait_ms * MS, &n);
	return n;
}

/* The server has 0 … next_alert - 1, each once, those of a key in order. */
static void every_alert_is_there_once(void)
{
	bool seen[FAKE_VALUES] = { false };
	unsigned last[2] = { 0, 0 };

	assert_int_equal(fake.cnt, next_alert);
	for (size_t i = 0; i < fake.cnt; i++) {
		unsigned n = (unsigned)strtoul(fake.values[i], NULL, 10);

		assert_true(n < next_alert && !seen[n]);
		seen[n] = true;
		assert_true(n >= last[n % 2]);
		last[n % 2] = n;
	}
}

static int begin(void **state)
{
	next_alert = 0;
	fake_start(&fake);
	return 0;
}

static int finish(void **state)
{
	fake_stop(&fake);
	return 0;
}

static void wait_happened(int n)
{
	for (int i = 0; i < 2000 && fake_happened(&fake) < n; i++)
		usleep(1000);
	assert_true(fake_happened(&fake) >= n);
}

static void all_goes_well(void **state)
{
	struct sk_sink *s = open_sink("key=k", NULL);
	struct sk_sink_counts n;
	uint64_t trips = 0;

	write_alerts(s, 100);
	n = close_sink(s, 5000);
	assert_int_equal(n.delivered, 100);
	assert_int_equal(n.undelivered, 0);
	assert_int_equal(n.way.queued, 100);
	assert_int_equal(n.way.sent, 100);
	assert_int_equal(n.way.acknowledged, 100);
	assert_int_equal(n.way.retried + n.way.healed + n.way.refused + n.way.oldest_ms, 0);
	for (unsigned i = 0; i < SK_SINK_TRIPS; i++)
		trips += n.way.trips[i];
	assert_true(trips >= 100 / 16 + 1 && trips <= 100);
	every_alert_is_there_once();
}

/* Goes on by itself when they have gone; until then it waits as long as it may. */
static void passing_errors(void **state)
{
	static const char *const errors[] = { "LOADING Redis is loading the dataset in memory", "OOM command not allowed when used memory > 'maxmemory'.",
		"READONLY You can't write against a read only replica.", "MASTERDOWN Link with MASTER is down", "CLUSTERDOWN The cluster is down",
		"TRYAGAIN Multiple keys request during rehashing of slot", "BUSY Redis is busy running a script.", "MISCONF Redis is configured to save",
		"NOREPLICAS Not enough good replicas to write.", "ERR max number of clients reached" };
	static const char *const commands[] = { "PING", "TYPE", "WATCH", "RPUSH", "HSET", "EXEC" };
	struct sk_sink_counts n;

	for (size_t i = 0; i < SK_ARRAY_LEN(errors); i++) {
		struct sk_sink *s;

		fake_trouble(&fake, FAKE_ERROR, commands[i % SK_ARRAY_LEN(commands)], NULL, errors[i], 3);
		s = open_sink("key=k", NULL);
		write_alerts(s, 20);
		n = close_sink(s, 10000);
		assert_int_equal(n.delivered, 20);
		assert_int_equal(fake_happened(&fake), 3);
		every_alert_is_there_once();
	}
	for (size_t i = 0; i < SK_ARRAY_LEN(errors); i += 3) {
		double from = now_s();
		struct sk_sink *s;

		fake_trouble(&fake, FAKE_ERROR, "EXEC", NULL, errors[i], -1);
		s = open_sink("key=k", NULL);
		write_alerts(s, 1);
		next_alert--;
		n = close_sink(s, 300);
		assert_true(now_s() - from >= 0.29 && now_s() - from < 3);
		assert_int_equal(n.undelivered, 1);
	}
	every_alert_is_there_once();
}

/* Ends at once, everything kept; and goes on when somebody has corrected it. */
static void stopping_errors(void **state)
{
	static const char *const errors[][2] = { { "PING", "NOAUTH Authentication required." },
		{ "TYPE", "NOPERM this user has no permissions to run the 'type' command" }, { "PING", "WRONGPASS invalid username-password pair" },
		{ "RPUSH", "NOPERM this user has no permissions to access one of the keys used as arguments" },
		{ "HMGET", "WRONGTYPE Operation against a key holding the wrong kind of value" }, { "RPUSH", "ERR unknown command 'RPUSH'" } };
	struct sk_sink_counts n;
	struct sk_sink *s;

	for (size_t i = 0; i < SK_ARRAY_LEN(errors); i++) {
		double from;

		fake_trouble(&fake, FAKE_ERROR, errors[i][0], NULL, errors[i][1], -1);
		s = open_sink("key=k", NULL);
		write_alerts(s, 3);
		wait_happened(1);
		from = now_s();
		n = close_sink(s, 20000);
		assert_true(now_s() - from < 5);
		assert_int_equal(n.undelivered, 3);
		assert_int_equal(fake_count(&fake), 0);
		next_alert -= 3;
	}
	fake_trouble(&fake, FAKE_ERROR, "RPUSH", NULL, errors[3][1], 4);
	s = open_sink("key=k", NULL);
	write_alerts(s, 30);
	wait_happened(4);
	for (int i = 0; i < 5000 && fake_count(&fake) < 30; i++)
		usleep(1000);
	n = close_sink(s, 5000);
	assert_int_equal(n.delivered, 30);
	every_alert_is_there_once();
}

/* Before the transaction, after it was carried out, while it is asked what there is. */
static void broken_connections(void **state)
{
	static const struct { enum fake_trouble trouble; const char *command; } cases[] = {
		{ FAKE_CLOSE_BEFORE, "EXEC" }, { FAKE_CLOSE_BEFORE, "PUSHES" }, { FAKE_CLOSE_AFTER, "PUSHES" }, { FAKE_SILENCE, "PUSHES" }, { FAKE_CLOSE_BEFORE, "RPUSH" }, { FAKE_CLOSE_BEFORE, "HMGET" },
		{ FAKE_CLOSE_BEFORE, "PING" }, { FAKE_SILENCE, "EXEC" }, { FAKE_SILENCE, "WATCH" }, { FAKE_SILENCE, "PING" } };

	for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++) {
		struct sk_sink_counts n;
		struct sk_sink *s;

		fake_trouble(&fake, cases[i].trouble, cases[i].command, NULL, "", 3);
		s = open_sink("key=k", NULL);
		write_alerts(s, 100);
		n = close_sink(s, 10000);
		assert_int_equal(fake_happened(&fake), 3);
		assert_int_equal(n.delivered, 100);
		assert_int_equal(n.way.acknowledged <= 100 && n.way.sent >= n.way.acknowledged, true);
		every_alert_is_there_once();
	}
}

/* Within 50 ms; the best of some, for other programs run here too. */
static void idle_sensor_delivers_at_once(void **state)
{
	struct sk_sink *s = open_sink("key=k", NULL);
	double best = 1;

	write_alerts(s, 1);
	for (int i = 0; i < 5000 && fake_count(&fake) < 1; i++)
		usleep(1000);
	for (int i = 0; i < 20; i++) {
		double from;

		usleep(30000);
		from = now_s();
		write_alerts(s, 1);
		while (fake_count(&fake) < next_alert && now_s() - from < 1)
			usleep(200);
		best = now_s() - from < best ? now_s() - from : best;
	}
	assert_true(best < 0.05);
	assert_int_equal(close_sink(s, 5000).delivered, 21);
}

static void black_hole_holds_nobody(void **state)
{
	struct sk_sink_counts n;
	struct sk_sink *s;
	double from;

	fake_trouble(&fake, FAKE_SILENCE, "PING", NULL, "", -1);
	s = open_sink("key=k", NULL);
	from = now_s();
	write_alerts(s, 1000);
	assert_true(now_s() - from < 0.5);
	usleep(50000);
	from = now_s();
	n = close_sink(s, 100);
	assert_true(now_s() - from < 2);
	assert_int_equal(n.undelivered, 1000);
	assert_int_equal(n.lost, 1000);
}

/* Two keys in one transaction, of which one fails when it is carried out: what the other has taken comes no second time. */
static void half_a_transaction(void **state)
{
	struct sk_sink *s = open_sink("key=k:{campaign}", NULL);
	struct sk_sink_counts n;

	write_alerts(s, 10);
	for (int i = 0; i < 2000 && fake_count(&fake) < 10; i++)
		usleep(1000);
	assert_int_equal(fake_count(&fake), 10);
	fake_trouble(&fake, FAKE_ERROR_IN_EXEC, "RPUSH", "k:two", "WRONGTYPE Operation against a key holding the wrong kind of value", 3);
	write_alerts(s, 40);
	wait_happened(3);
	for (int i = 0; i < 5000 && fake_count(&fake) < 50; i++)
		usleep(1000);
	n = close_sink(s, 5000);
	assert_int_equal(n.delivered, 50);
	assert_int_equal(n.undelivered, 0);
	every_alert_is_there_once();
	for (size_t i = 0; i < fake.cnt; i++)
		assert_string_equal(fake.keys[i], strtoul(fake.values[i], NULL, 10) % 2 ? "k:two" : "k:one");
}

/* The same, and sekisho is gone before it was corrected: another run on the same spool. */
static void half_a_transaction_and_a_new_run(void **state)
{
	struct sk_sink *s = open_sink("key=k:{campaign}", spool_parent);
	struct sk_sink_counts n;

	write_alerts(s, 2);
	for (int i = 0; i < 2000 && fake_count(&fake) < 2; i++)
		usleep(1000);
	fake_trouble(&fake, FAKE_ERROR_IN_EXEC, "RPUSH", "k:two", "WRONGTYPE Operation against a key holding the wrong kind of value", -1);
	write_alerts(s, 14);
	wait_happened(1);
	n = close_sink(s, 5000);
	assert_true(n.undelivered > 0 && n.lost == 0);
	fake_trouble(&fake, FAKE_NONE, "", NULL, "", 0);
	s = open_sink("key=k:{campaign}", spool_parent);
	n = close_sink(s, 5000);
	assert_int_equal(n.undelivered, 0);
	every_alert_is_there_once();
}

static void alternating_keys_share_transactions(void **state)
{
	struct sk_sink *s;
	struct sk_sink_counts n;
	uint64_t trips = 0;

	fake_trouble(&fake, FAKE_ERROR, "PING", NULL, "LOADING", 1);	/* so that all wait when it begins */
	s = open_sink("key=k:{rule}", NULL);
	write_alerts(s, 160);
	n = close_sink(s, 5000);
	assert_int_equal(n.delivered, 160);
	for (unsigned i = 0; i < SK_SINK_TRIPS; i++)
		trips += n.way.trips[i];
	assert_in_range(trips, 10, 14);
	every_alert_is_there_once();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_goes_well, begin, finish), cmocka_unit_test_setup_teardown(passing_errors, begin, finish),
		cmocka_unit_test_setup_teardown(stopping_errors, begin, finish),
		cmocka_unit_test_setup_teardown(broken_connections, begin, finish),
		cmocka_unit_test_setup_teardown(idle_sensor_delivers_at_once, begin, finish),
		cmocka_unit_test_setup_teardown(black_hole_holds_nobody, begin, finish),
		cmocka_unit_test_setup_teardown(half_a_transaction, begin, finish),
		cmocka_unit_test_setup_teardown(half_a_transaction_and_a_new_run, begin, finish),
		cmocka_unit_test_setup_teardown(alternating_keys_share_transactions, begin, finish) };
	char command[128];
	int failed;

	sk_log_set_level(SK_LOG_LEVEL_ERROR);
	snprintf(spool_parent, sizeof(spool_parent), "/tmp/t_redis.XXXXXX");
	if (!mkdtemp(spool_parent))
		return 99;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof(command), "rm -rf %s", spool_parent);
	return system(command) ? 99 : failed;
}
