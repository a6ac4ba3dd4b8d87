/* tests/unit/detect/t_watch.c — plugins that misbehave: each kind of mistake and what the engine does about it. */
#include "fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

static const struct sk_host *host;
static int (*act)(struct sk_worker *w, uint8_t *worker, uint8_t *flow, const struct sk_event *e);
static unsigned calls, depth, depth_max;

static int on_open(const struct sk_host *h, void **instance, char *error, size_t error_size)
{
	host = h;
	return 0;
}

static int on_event(void *instance, struct sk_worker *w, void *worker, void *flow, const struct sk_event *e)
{
	calls++;
	return act ? act(w, worker, flow, e) : SK_CONTINUE;
}

#define FLOW_SIZE 24u
#define UNIT_SIZE 8u
static const struct sk_field_def fields[] = { { "level", SK_VALUE_INT, 0, "", "", "1", "a level" } };
static const struct sk_kind_def kinds[] = { { "bad.thing", "a thing", fields, 1, 0 } };
static const struct sk_interest interests[] = { { .kind = "http.request" }, { .kind = "http.body" }, { .kind = "bad.thing" } };
static const struct sk_plugin bad = {
	.abi = SK_ABI, .size = sizeof(struct sk_plugin), .interest_size = sizeof(struct sk_interest),
	.option_size = sizeof(struct sk_option), .kind_size = sizeof(struct sk_kind_def), .field_size = sizeof(struct sk_field_def),
	.name = "bad", .version = "1", .summary = "s", .licence = "l", .interests = interests, .interest_cnt = 3, .kinds = kinds, .kind_cnt = 1,
	.flow_size = FLOW_SIZE, .unit_size = UNIT_SIZE, .worker_size = 16, .open = on_open, .on_event = on_event };

const struct sk_plugin *const sk_plugins_builtin[] = { &bad, NULL };

static int reset(void **state)
{
	act = NULL;
	calls = depth = depth_max = 0;
	fake_rule_cnt = 0;
	sk_log_set_level(SK_LOG_LEVEL_INFO);
	return 0;
}

/* What is logged while f runs. */
static char logged[8192];
static int kept_stderr;

static void log_begin(void)
{
	char name[] = "/tmp/t_watch.XXXXXX";
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	unlink(name);
	kept_stderr = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static size_t log_end(void)
{
	ssize_t n = pread(STDERR_FILENO, logged, sizeof(logged) - 1, 0);
	size_t lines = 0;

	dup2(kept_stderr, STDERR_FILENO);
	close(kept_stderr);
	assert_true(n >= 0);
	logged[n] = 0;
	for (const char *s = logged; (s = strchr(s, '\n')); s++)
		lines++;
	return lines;
}

/* A flow of its own for every call, so that leaving a flow does not hide what is done to the plugin. */
static void request_in_new_flow(struct fixture *x, uint64_t time_ns)
{
	static uint64_t serial = 100;

	end_flow(x);
	new_flow(x, serial++);
	x->flow.info.last_ns = time_ns;
	request(x, serial, "GET");
}

/* --- slow --- */

static int slow(struct sk_worker *w, uint8_t *worker, uint8_t *flow, const struct sk_event *e)
{
	struct timespec t = { 0, 2000000 };

	nanosleep(&t, NULL);
	return SK_CONTINUE;
}

static void slow_goes_out(void **state)
{
	const struct sk_detect_counters *c;
	struct fixture x;

	start(&x, NULL, 1000000);
	c = sk_detect_counters(x.detect);
	act = slow;
	log_begin();
	/* the first call is sampled, then every one: three strikes */
	for (int i = 0; i < 5; i++)
		request(&x, 1, "GET");
	assert_int_equal(log_end(), 1);
	assert_string_equal(logged, "sekisho: warning: detect: plugin 'bad' gets no events for 10 s: 3 calls took longer than its time budget"
			    " within 60 s; counters tell of further times\n");
	assert_int_equal(calls, 3);
	assert_int_equal(c->plugin_slow, 3);
	assert_int_equal(c->plugin_quarantines, 1);
	assert_int_equal(c->plugin_skipped, 1);		/* then it has left the flow */
	/* still out after 9 s, back after 10 */
	request_in_new_flow(&x, T0 + 9 * SEC);
	assert_int_equal(calls, 3);
	log_begin();
	for (int i = 0; i < 4; i++)
		request_in_new_flow(&x, T0 + 10 * SEC);
	assert_int_equal(log_end(), 0);			/* told once */
	assert_int_equal(calls, 6);
	assert_int_equal(c->plugin_quarantines, 2);
	/* twice as long now */
	request_in_new_flow(&x, T0 + 29 * SEC);
	assert_int_equal(calls, 6);
	act = NULL;
	request_in_new_flow(&x, T0 + 30 * SEC);
	assert_int_equal(calls, 7);
	stop(&x);
}

/* Without a budget nothing depends on the clock. */
static void slow_in_a_replay(void **state)
{
	struct fixture x;

	start(&x, NULL, 0);
	act = slow;
	for (int i = 0; i < 10; i++)
		request(&x, 1, "GET");
	assert_int_equal(calls, 10);
	assert_int_equal(sk_detect_counters(x.detect)->plugin_slow, 0);
	assert_int_equal(sk_detect_counters(x.detect)->plugin_quarantines, 0);
	stop(&x);
}

/* What goes wrong long ago is forgiven; time that goes back ends a quarantine. */
static int fails(struct sk_worker *w, uint8_t *worker, uint8_t *flow, const struct sk_event *e)
{
	return SK_FAILED;
}

static void failing_goes_out(void **state)
{
	const struct sk_detect_counters *c;
	struct fixture x;

	start(&x, NULL, SEC);
	c = sk_detect_counters(x.detect);
	act = fails;
	for (int i = 0; i < 40; i++)
		request_in_new_flow(&x, T0 + (uint64_t)i * 2 * SEC);
	assert_int_equal(c->plugin_failures, 40);
	assert_int_equal(c->plugin_quarantines, 0);
	log_begin();
	for (int i = 0; i < 20; i++)
		request_in_new_flow(&x, T0 + 100 * SEC);
	assert_int_equal(log_end(), 1);
	assert_non_null(strstr(logged, "16 calls failed within 10 s"));
	assert_int_equal(c->plugin_failures, 56);
	assert_int_equal(c->plugin_quarantines, 1);
	assert_int_equal(c->plugin_skipped, 4);
	request_in_new_flow(&x, T0 + 50 * SEC);
	assert_int_equal(c->plugin_failures, 57);
	stop(&x);
}

/* --- memory --- */

static void *blocks[64];

static int hog(struct sk_worker *w, uint8_t *worker, uint8_t *flow, const struct sk_event *e)
{
	int n = 0;
	uint8_t *p;

	while (n < 64 && (blocks[n] = host->alloc(w, 10000)))
		n++;
	assert_int_equal(n, 10);			/* the fixture's cap is 100,000 */
	p = blocks[0];
	assert_int_equal(p[0], 0);
	assert_int_equal(p[9999], 0);
	memset(p, 1, 10000);
	assert_null(host->realloc(w, p, 10001));
	assert_int_equal(p[9999], 1);
	p = host->realloc(w, p, 5000);
	assert_non_null(p);
	assert_int_equal(p[4999], 1);
	blocks[10] = host->realloc(w, NULL, 5000);
	assert_non_null(blocks[10]);
	assert_null(host->alloc(w, 1));
	assert_null(host->alloc(w, SIZE_MAX));
	assert_null(host->scratch(w, 5u << 20));
	host->free(w, NULL);
	host->free(w, p);
	for (int i = 1; i < 11; i++)
		host->free(w, blocks[i]);
	/* what is not given back goes with the worker */
	return host->alloc(w, 100000) ? SK_CONTINUE : SK_FAILED;
}

static void memory_has_a_cap(void **state)
{
	struct fixture x;

	start(&x, NULL, 0);
	act = hog;
	request(&x, 1, "GET");
	assert_int_equal(calls, 1);
	assert_int_equal(sk_detect_counters(x.detect)->plugin_failures, 0);
	assert_int_equal(sk_detect_counters(x.detect)->plugin_memory, 5);
	stop(&x);
}

static int greedy(struct sk_worker *w, uint8_t *worker, uint8_t *flow, const struct sk_event *e)
{
	assert_null(host->alloc(w, 100001));
	return SK_CONTINUE;
}

static void greedy_goes_out(void **state)
{
	struct fixture x;

	start(&x, NULL, SEC);
	act = greedy;
	log_begin();
	for (int i = 0; i < 70; i++)
		request(&x, 1, "GET");
	assert_int_equal(log_end(), 1);
	assert_non_null(strstr(logged, "64 requests went over its memory cap within 10 s"));
	assert_int_equal(calls, 64);
	stop(&x);
}

static int past_block(struct sk_worker *w, uint8_t *worker, uint8_t *flow, const struct sk_event *e)
{
	volatile uint8_t *p = host->alloc(w, 10);

	p[10] = 1;
	host->free(w, (void *)(uintptr_t)p);
	return SK_CONTINUE;
}

static void writing_past_a_block(void **state)
{
	struct fixture x;

	start(&x, NULL, 0);
	act = past_block;
	log_begin();
	request(&x, 1, "GET");
	request(&x, 2, "GET");
	assert_int_equal(log_end(), 1);
	assert_string_equal(logged, "sekisho: error: detect: plugin 'bad' wrote past 10 bytes it was given; it gets no more events on this worker\n");
	assert_int_equal(calls, 1);
	stop(&x);
}

/* --- alerts --- */

static int cry(struct sk_worker *w, uint8_t *worker, uint8_t *flow, const struct sk_event *e)
{
	host->alert(w, SK_FINDING(.id = "bad.wolf", .title = "Wolf", .reason = "wolf", .severity = SK_SEVERITY_LOW));
	return SK_CONTINUE;
}

static void flooding_goes_out(void **state)
{
	struct fixture x;

	start(&x, NULL, SEC);
	act = cry;
	log_begin();
	for (int i = 0; i < 300; i++)
		request(&x, 1, "GET");
	assert_int_equal(log_end(), 1);
	assert_non_null(strstr(logged, "256 findings went over its limit within 10 s"));
	assert_int_equal(x.alert_cnt, 16);
	assert_int_equal(calls, 16 + 256);
	stop(&x);
}

/* --- writing where it must not --- */

static size_t how_far;

static int past_flow(struct sk_worker *w, uint8_t *worker, uint8_t *flow, const struct sk_event *e)
{
	for (size_t i = 0; i < how_far; i++)
		((volatile uint8_t *)flow)[FLOW_SIZE + i] = 0x11;
	return SK_CONTINUE;
}

static int before_flow(struct sk_worker *w, uint8_t *worker, uint8_t *flow, const struct sk_event *e)
{
	flow[-1] = 0x11;
	return SK_CONTINUE;
}

static int past_unit(struct sk_worker *w, uint8_t *worker, uint8_t *flow, const struct sk_event *e)
{
	uint8_t *u = host->unit(w);

	u[UNIT_SIZE] = 0x11;
	return SK_CONTINUE;
}

static int past_worker(struct sk_worker *w, uint8_t *worker, uint8_t *flow, const struct sk_event *e)
{
	worker[16] = 0x11;
	return SK_CONTINUE;
}

static void writing_past_flow_state(void **state)
{
	struct fixture x;

	start(&x, NULL, 0);
	act = past_flow;
	how_far = 32;			/* as far as the second half of the guard */
	log_begin();
	request(&x, 1, "GET");
	request_in_new_flow(&x, T0);
	stop(&x);
	assert_int_equal(log_end(), 1);
	assert_string_equal(logged, "sekisho: error: detect: plugin 'bad' wrote past the 24 bytes of its flow state; it gets no more events on this worker\n");
	assert_int_equal(calls, 1);

	start(&x, NULL, 0);
	act = before_flow;
	calls = 0;
	log_begin();
	request(&x, 1, "GET");
	request(&x, 2, "GET");
	assert_int_equal(log_end(), 1);
	assert_int_equal(calls, 1);
	stop(&x);
}

static void writing_past_other_state(void **state)
{
	struct fixture x;
	void *unit = NULL;

	start(&x, NULL, 0);
	act = past_unit;
	log_begin();
	piece(&x, 1, &unit, 0, "a", false);
	piece(&x, 2, &unit, 1, "b", true);
	assert_int_equal(log_end(), 1);
	assert_non_null(strstr(logged, "wrote past the 8 bytes of its unit state"));
	assert_int_equal(calls, 1);
	assert_int_equal(fake_units, 0);
	stop(&x);

	start(&x, NULL, 0);
	act = past_worker;
	request(&x, 1, "GET");
	log_begin();
	stop(&x);
	assert_int_equal(log_end(), 1);
	assert_non_null(strstr(logged, "wrote past the 16 bytes of its worker state"));
}

/* Further than our guards reach: memory of the engine may be gone too, so the process stops and says so. */
static void writing_far_past_flow_state(void **state)
{
	int fds[2], status;
	char got[512];
	ssize_t n;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct fixture x;

		signal(SIGABRT, SIG_DFL);
		dup2(fds[1], STDERR_FILENO);
		start(&x, NULL, 0);
		act = past_flow;
		how_far = 64;
		request(&x, 1, "GET");
		_exit(0);
	}
	close(fds[1]);
	n = read(fds[0], got, sizeof(got) - 1);
	got[n > 0 ? n : 0] = 0;
	close(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_non_null(strstr(got, "sekisho: error: detect: plugin 'bad' wrote far past its flow state; memory cannot be trusted, stopping\n"));
}

/* --- publishing without end --- */

static int refused;

static int recurse(struct sk_worker *w, uint8_t *worker, uint8_t *flow, const struct sk_event *e)
{
	struct sk_value v = number(depth);
	int rc;

	depth++;
	depth_max = depth > depth_max ? depth : depth_max;
	assert_int_equal(sk_event_num(e, 0, 99), depth == 1 ? 99 : depth - 2);
	rc = host->publish(w, 0, &v, 1);
	refused += rc < 0;
	depth--;
	return SK_CONTINUE;
}

static void publishing_has_a_depth(void **state)
{
	struct fixture x;

	start(&x, NULL, 0);
	act = recurse;
	refused = 0;
	request(&x, 1, "GET");
	assert_int_equal(depth_max, 5);			/* the event and four within each other */
	assert_int_equal(refused, 1);
	assert_int_equal(calls, 5);
	assert_int_equal(sk_detect_counters(x.detect)->plugin_nesting, 1);
	assert_int_equal(sk_detect_counters(x.detect)->events, 5);
	stop(&x);
}

/* --- asking at the wrong time --- */

static struct sk_worker *kept_worker;

static int keep_worker(struct sk_worker *w, uint8_t *worker, uint8_t *flow, const struct sk_event *e)
{
	kept_worker = w;
	assert_int_equal(host->option_num(host, "nothing"), 0);
	assert_string_equal(host->option_text(host, "nothing"), "");
	assert_int_equal(host->counter(host, "late", ""), UINT32_MAX);
	return SK_CONTINUE;
}

static void asking_at_the_wrong_time(void **state)
{
	struct sk_value v = number(1);
	struct fixture x;

	start(&x, NULL, 0);
	act = keep_worker;
	log_begin();
	request(&x, 1, "GET");
	assert_int_equal(log_end(), 3);
	assert_true(host->publish(kept_worker, 0, &v, 1) < 0);
	assert_true(host->alert(kept_worker, SK_FINDING(.id = "bad.wolf", .title = "t", .reason = "r", .severity = 1)) < 0);
	assert_int_equal(host->now(kept_worker), 0);
	assert_null(host->unit(kept_worker));
	stop(&x);
}

/* --- talking without end --- */

static int talk(struct sk_worker *w, uint8_t *worker, uint8_t *flow, const struct sk_event *e)
{
	host->log(host, SK_LOG_WARNING, "a\nb\x1b[31m %d", 5);
	return SK_CONTINUE;
}

static void talking_has_a_limit(void **state)
{
	struct fixture x;

	start(&x, NULL, SEC);
	act = talk;
	log_begin();
	for (int i = 0; i < 500; i++)
		request(&x, 1, "GET");
	assert_in_range(log_end(), 60, 61);
	assert_int_equal(strncmp(logged, "sekisho: warning: bad: a.b.[31m 5\n", 34), 0);
	stop(&x);

	start(&x, NULL, 0);
	log_begin();
	for (int i = 0; i < 100; i++)
		request(&x, 1, "GET");
	assert_int_equal(log_end(), 100);
	stop(&x);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(slow_goes_out, reset),
		cmocka_unit_test_setup(slow_in_a_replay, reset),
		cmocka_unit_test_setup(failing_goes_out, reset),
		cmocka_unit_test_setup(memory_has_a_cap, reset),
		cmocka_unit_test_setup(greedy_goes_out, reset),
		cmocka_unit_test_setup(writing_past_a_block, reset),
		cmocka_unit_test_setup(flooding_goes_out, reset),
		cmocka_unit_test_setup(writing_past_flow_state, reset),
		cmocka_unit_test_setup(writing_past_other_state, reset),
		cmocka_unit_test_setup(writing_far_past_flow_state, reset),
		cmocka_unit_test_setup(publishing_has_a_depth, reset),
		cmocka_unit_test_setup(asking_at_the_wrong_time, reset),
		cmocka_unit_test_setup(talking_has_a_limit, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
