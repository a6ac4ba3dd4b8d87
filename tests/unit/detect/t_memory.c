/* tests/unit/detect/t_memory.c — the k-th allocation fails, for every k: nothing crashes, leaks or goes on half made. */
#include "fixture.h"

/* The linker puts these in the place of the C library's (see local.mk). */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);

static long countdown = -1;		/* <0: none fails */
static bool for_good;			/* all after it fail too */

static bool refuse(void)
{
	if (countdown < 0)
		return false;
	if (countdown == 0)
		return for_good || countdown-- == 0;
	return --countdown == 0;
}

void *__wrap_malloc(size_t n) { return refuse() ? NULL : __real_malloc(n); }
void *__wrap_calloc(size_t n, size_t size) { return refuse() ? NULL : __real_calloc(n, size); }
void *__wrap_realloc(void *p, size_t n) { return refuse() ? NULL : __real_realloc(p, n); }
char *__wrap_strdup(const char *s) { return refuse() ? NULL : __real_strdup(s); }

static const struct sk_host *host;
static unsigned pieces;

static int on_open(const struct sk_host *h, void **instance, char *error, size_t error_size)
{
	host = h;
	h->counter(h, "events", "events seen");
	return 0;
}

static int on_event(void *instance, struct sk_worker *w, void *worker, void *flow, const struct sk_event *e)
{
	struct sk_value v = { .type = SK_VALUE_INT, .u.num = 1 };
	uint64_t *unit = host->unit(w);
	void *p = host->alloc(w, 100);

	if (unit)
		pieces += ++*unit != 0;
	host->free(w, host->scratch(w, 10) ? p : p);
	host->alert(w, SK_FINDING(.id = "m.found", .title = "Found", .reason = "found", .severity = SK_SEVERITY_LOW));
	return e->kind == SK_KIND_BUILTIN_CNT ? SK_CONTINUE : host->publish(w, 0, &v, 1) < 0 ? SK_FAILED : SK_CONTINUE;
}

static const struct sk_field_def fields[] = { { "level", SK_VALUE_INT, 0, "", "", "1", "a level" } };
static const struct sk_kind_def kinds[] = { { "m.thing", "a thing", fields, 1, 0 } };
static const struct sk_interest interests[] = { { .kind = "http.request", .field = "method", .prefix = "G" }, { .kind = "http.body" }, { .kind = "m.thing" } };
static const struct sk_option options[] = { { .name = "word", .type = SK_OPTION_TEXT, .preset = "hello", .help = "h" } };
static const struct sk_plugin m = {
	.abi = SK_ABI, .size = sizeof(struct sk_plugin), .interest_size = sizeof(struct sk_interest),
	.option_size = sizeof(struct sk_option), .kind_size = sizeof(struct sk_kind_def), .field_size = sizeof(struct sk_field_def),
	.name = "m", .version = "1", .summary = "s", .licence = "l", .interests = interests, .interest_cnt = 3, .kinds = kinds, .kind_cnt = 1,
	.options = options, .option_cnt = 1, .worker_size = 8, .flow_size = 8, .unit_size = 8, .open = on_open, .on_event = on_event };

const struct sk_plugin *const sk_plugins_builtin[] = { &m, NULL };

static bool begin(struct fixture *x)
{
	struct sk_detect_conf conf = { .registry = &x->registry, .rules = fake_ruleset() };

	memset(x, 0, sizeof(*x));
	sk_registry_init(&x->registry);
	if (sk_plugins_load(&x->plugins, NULL, NULL, &x->registry, &x->error) < 0 || sk_plugins_open(x->plugins, &x->error) < 0)
		return false;
	conf.plugins = x->plugins;
	x->detect = sk_detect_new(&conf, 0, keep_alert, x, &x->error);
	return x->detect != NULL;
}

static void traffic(struct fixture *x)
{
	void *units[2] = { NULL, NULL };

	new_flow(x, 7);
	request(x, 1, "GET");
	piece(x, 2, &units[0], 0, "abc", false);
	piece(x, 3, &units[1], 0, "abc", false);
	piece(x, 4, &units[0], 3, "abc", true);
	piece(x, 5, &units[1], 3, "abc", true);
	assert_null(units[0]);
	assert_null(units[1]);
	request(x, 6, "GET");
}

/* Set-up either works or tells that memory is short. */
static void set_up(void **state)
{
	struct fixture x;
	bool done = false;

	for (long k = 1; !done && k < 10000; k++) {
		countdown = k;
		done = begin(&x);
		countdown = -1;
		if (!done)
			assert_true(x.error.code == SK_E_MEMORY || x.error.code == 0);
		sk_detect_free(x.detect);
		sk_plugins_free(x.plugins);
	}
	assert_true(done);
}

static size_t alerts_with_memory(void)
{
	struct fixture x;
	size_t cnt;

	assert_true(begin(&x));
	traffic(&x);
	cnt = x.alert_cnt;
	stop(&x);
	return cnt;
}

/* An alert that is missing is counted somewhere; one that is there has a sentence: its own, or its title. */
static void losses_are_counted(const struct fixture *x, size_t whole)
{
	const struct sk_detect_counters *c = sk_detect_counters(x->detect);

	assert_true(x->alert_cnt == whole || c->alerts_lost + c->plugin_memory + c->plugin_failures > 0);
	for (size_t i = 0; i < x->alert_cnt; i++)
		assert_int_equal(strcasecmp(x->alerts[i]->reason, "found"), 0);
}

/* On the road one failed allocation loses what it was for, and all of them failing loses alerts and plugins, no more. */
static void on_the_road(void **state)
{
	size_t whole = alerts_with_memory();

	assert_int_equal(whole, 12);		/* 6 events, and one published for each */
	for (int all = 0; all <= 1; all++) {
		bool reached = true;

		for_good = all;
		for (long k = 1; reached && k < 10000; k++) {
			struct fixture x;

			assert_true(begin(&x));
			countdown = k;
			traffic(&x);
			reached = countdown == 0 || (countdown < 0 && !all);
			end_flow(&x);
			countdown = -1;
			losses_are_counted(&x, whole);
			sk_detect_free(x.detect);
			drop_alerts(&x);
			sk_plugins_free(x.plugins);
		}
		assert_false(reached);
	}
	for_good = false;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_up),
		cmocka_unit_test(on_the_road),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
