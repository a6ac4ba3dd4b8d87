/* tests/unit/rules/t_memory.c — every allocation fails once: in a load, in a new matcher, over events in pieces. Nothing may
 * crash or leak; a load says so; a matcher goes on and counts. */
#include "unit.h"

#include <stdatomic.h>

#include <hs.h>

#include "lab.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static _Atomic long left = -1;		/* allocations until one fails; negative: none does */

static bool fails(void)
{
	return atomic_load(&left) >= 0 && atomic_fetch_sub(&left, 1) == 0;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

static const char text[] = LAB_HEAD
	"indicators:\n"
	"  c2: {kind: domain, source: s, values: [evil.example, {value: b.example, note: n}]}\n"
	"  nets: {kind: cidr, values: [10.0.0.0/8, 10.1.0.0/16, 192.0.2.1]}\n"
	"rules:\n"
	"- {id: a, title: t, severity: low, on: http.body, where: {bytes: {contains_all: [one, three]}, request.path: {starts: /a, decode: lower}}}\n"
	"- {id: b, title: t, severity: low, on: http.body, where: {bytes: {regex: 't[wx]o'}, server.ip: {in: nets}}}\n"
	"- {id: c, title: t, severity: low, on: http.body, where: {not: {bytes: absent}, 'request.header[x]': y}}\n"
	"- {id: d, title: t, severity: low, on: dns.query, where: {name: {in: c2}}}\n"
	"- {id: e, title: t, severity: low, sequence: {by: client.ip, within: 1 h, steps: [a, b]}, limit: {count: 1, within: 1 h, by: client.ip}}\n";

static char path[] = "/tmp/sk-rules-XXXXXX";

static struct sk_ruleset *load(struct lab_errors *errors)
{
	const char *paths[] = { path, NULL };
	struct sk_rules_source src = { .paths = paths, .registry = &lab_registry, .late = lab_late, .on_error = lab_on_error, .cx = errors };
	struct sk_ruleset *s = NULL;

	sk_rules_load(&s, &src);
	return s;
}

/* One body in pieces, then one name. */
static struct lab_seen run(struct sk_matcher *m)
{
	static const char *const pieces[] = { "on", "e two thr", "ee", "" };
	static const struct sk_value header[] = { { .type = SK_VALUE_TEXT, .u.bytes = { (const uint8_t *)"X", 1 } },
		{ .type = SK_VALUE_TEXT, .u.bytes = { (const uint8_t *)"y", 1 } } };
	struct lab_event req, body, dns;
	struct lab_seen seen = { 0 };
	void *unit = NULL;
	uint64_t at = 0;

	lab_event(&req, SK_KIND_HTTP_REQUEST);
	lab_event(&body, SK_KIND_HTTP_BODY);
	lab_event(&dns, SK_KIND_DNS_QUERY);
	req.values[SK_F_HTTP_REQUEST_PATH] = lab_text("/Abc");
	req.values[SK_F_HTTP_REQUEST_HEADERS] = lab_list(header, 2);
	body.e.parent = &req.e;
	for (unsigned i = 0; i < 4; i++) {
		body.values[SK_F_HTTP_BODY_BYTES] = lab_text(pieces[i]);
		body.values[SK_F_HTTP_BODY_OFFSET] = lab_num(at);
		body.values[SK_F_HTTP_BODY_LAST] = lab_bool(i == 3);
		sk_matcher_event(m, &body.e, &unit, lab_on_match, &seen);
		at += strlen(pieces[i]);
	}
	assert_null(unit);
	dns.values[SK_F_DNS_QUERY_NAME] = lab_text("x.evil.example");
	sk_matcher_event(m, &dns.e, NULL, lab_on_match, &seen);
	return seen;
}

static void loads(void **state)
{
	struct lab_errors errors = { 0 };
	struct sk_ruleset *s = NULL;
	long k;

	for (k = 0; k < 100000; k++) {
		errors.cnt = 0;
		sk_buf_clear(&errors.text);
		sk_buf_reserve(&errors.text, 65536);
		atomic_store(&left, k);
		s = load(&errors);
		if (atomic_load(&left) >= 0)
			break;				/* none failed any more */
		atomic_store(&left, -1);
		assert_true((s == NULL) == (errors.cnt > 0));
		sk_rules_free(s);
	}
	atomic_store(&left, -1);
	assert_true(k > 50);
	assert_non_null(s);
	sk_rules_free(s);
	sk_buf_fini(&errors.text);
}

static void matches(void **state)
{
	struct lab_errors errors = { 0 };
	struct sk_ruleset *s = load(&errors);
	struct sk_matcher *m = NULL;
	struct sk_error e;
	struct lab_seen seen;
	long k;

	for (k = 0; k < 1000; k++) {
		atomic_store(&left, k);
		m = sk_matcher_new(s, &e);
		if (atomic_load(&left) >= 0)
			break;
		assert_null(m);
		assert_string_equal(e.text, "rules: out of memory");
	}
	assert_true(k > 5);
	atomic_store(&left, -1);
	assert_string_equal(run(m).ids, "b a c d");
	sk_matcher_free(m);
	for (k = 0; k < 10000; k++) {
		if (lab_late) {			/* nothing compiled yet */
			sk_rules_free(s);
			s = load(&errors);
		}
		m = sk_matcher_new(s, NULL);
		assert_non_null(m);
		atomic_store(&left, k);
		seen = run(m);
		if (atomic_load(&left) >= 0)
			break;
		atomic_store(&left, -1);
		assert_true(seen.cnt <= 4);
		/* and with memory again all is as before */
		assert_string_equal(run(m).ids, "b a c d");
		sk_matcher_free(m);
	}
	atomic_store(&left, -1);
	assert_true(k > 5);
	assert_string_equal(seen.ids, "b a c d");
	sk_matcher_free(m);
	sk_rules_free(s);
	sk_buf_fini(&errors.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(loads), cmocka_unit_test(matches) };
	int fd = mkstemp(path), rc;

	if (fd < 0 || write(fd, text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1)
		return 99;
	close(fd);
	sk_registry_init(&lab_registry);
	hs_set_allocator(__wrap_malloc, free);
	rc = cmocka_run_group_tests_name("memory", tests, NULL, NULL);
	lab_late = true;
	rc += cmocka_run_group_tests_name("memory, compiled late", tests, NULL, NULL);
	unlink(path);
	return rc;
}
