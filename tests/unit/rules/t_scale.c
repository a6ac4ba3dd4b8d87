/* tests/unit/rules/t_scale.c — 10,000 rules cost about what 30 cost; a set of the usual size loads in a moment. Times are CPU
 * time, printed always and held against wide bounds, because test machines differ. */
#include "unit.h"

#include <time.h>

#include "lab.h"

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Rules as campaigns write them: several conditions, of which one is rare. */
static struct sk_ruleset *make(unsigned cnt, double *load_s)
{
	struct sk_buf b = { 0 };
	struct sk_ruleset *s;
	double t0;

	sk_buf_add_str(&b, LAB_HEAD "rules:\n");
	for (unsigned i = 0; i < cnt; i++)
		sk_buf_addf(&b, "- id: r%u\n  title: 'Rule %u'\n  severity: high\n  on: http.request\n  where:\n    method: POST\n"
			"    path: {contains: /campaign-%u/, nocase: true}\n    user_agent: {contains: Mozilla}\n    not: {query: {contains: 'safe=%u'}}\n",
			i, i, i * 7919, i);
	t0 = cpu();
	s = lab_load(sk_buf_str(&b));
	*load_s = cpu() - t0;
	sk_buf_fini(&b);
	return s;
}

/* Nanoseconds per ordinary request that matches nothing. */
static double cost(struct sk_ruleset *s, uint64_t *candidates)
{
	struct sk_matcher *m = sk_matcher_new(s, NULL);
	struct lab_event e;
	char path[128];
	double t0, best = 1e9;

	lab_event(&e, SK_KIND_HTTP_REQUEST);
	e.values[SK_F_HTTP_REQUEST_METHOD] = lab_text("POST");
	e.values[SK_F_HTTP_REQUEST_USER_AGENT] = lab_text("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36");
	e.values[SK_F_HTTP_REQUEST_QUERY] = lab_text("id=77&page=3&sort=name");
	for (unsigned round = 0; round < 5; round++) {
		t0 = cpu();
		for (unsigned i = 0; i < 4000; i++) {
			snprintf(path, sizeof(path), "/shop/category-%u/item-%u/details.html", i % 97, i);
			e.values[SK_F_HTTP_REQUEST_PATH] = lab_text(path);
			assert_int_equal(lab_run(m, &e.e).cnt, 0);
		}
		best = SK_MIN(best, (cpu() - t0) / 4000 * 1e9);
	}
	*candidates = sk_matcher_counters(m)->candidates;
	e.values[SK_F_HTTP_REQUEST_PATH] = lab_text("/x/Campaign-7919/y");
	assert_string_equal(lab_run(m, &e.e).ids, "r1");
	sk_matcher_free(m);
	return best;
}

static void many_rules(void **state)
{
	double load_few, load_many, few, many;
	uint64_t candidates;
	struct sk_ruleset *s = make(30, &load_few), *t = make(10000, &load_many);

	few = cost(s, &candidates);
	assert_int_equal(candidates, 0);
	many = cost(t, &candidates);
	assert_int_equal(candidates, 0);
	printf("30 rules: loaded in %.1f ms, %.0f ns per request; 10,000 rules: loaded in %.0f ms, %.0f ns; ratio %.2f\n", load_few * 1e3,
		few, load_many * 1e3, many, many / few);
	assert_true(many < few * 8);
	sk_rules_free(s);
	sk_rules_free(t);
}

/* Sixty rules over the kinds and operators that shipped rules use. */
static void usual_set(void **state)
{
	struct sk_buf b = { 0 };
	struct sk_ruleset *s;
	double t0, best = 1e9;

	sk_buf_add_str(&b, LAB_HEAD "indicators:\n  c2: {kind: domain, values: [a.example, b.example]}\n  ips: {kind: ip, values: [192.0.2.1]}\nrules:\n");
	for (unsigned i = 0; i < 10; i++)
		sk_buf_addf(&b,
			"- {id: a%u, title: t, severity: high, on: http.request, where: {method: POST, path: {contains: /_layouts/%u}, target: {ends: /Tool%u.aspx, nocase: true}}}\n"
			"- {id: b%u, title: t, severity: high, on: http.request, where: {referer.path: {regex: '^/_layouts/(1[0-9]/)?sign%uout\\.aspx$', nocase: true}}}\n"
			"- {id: c%u, title: t, severity: high, on: dns.query, where: {any: [{name: {in: c2}}, {name: {ends: .e%u.example}}]}}\n"
			"- {id: d%u, title: t, severity: high, on: http.body, where: {bytes: {contains: ['uid=%u', 'act=life'], regex: 'lid=[a-z0-9]{4,12}&j=%u'}}}\n"
			"- {id: e%u, title: t, severity: high, on: tls.client_hello, where: {sni: {in: c2}, server.port: [443, %u]}}\n"
			"- {id: f%u, title: t, severity: high, on: stream.data, where: {direction: to_server, bytes: {starts: '55 11 69 DF %02u', as: hex}}}\n",
			i, i, i, i, i, i, i, i, i, i, i, 8000 + i, i, i);
	for (unsigned round = 0; round < 3; round++) {
		t0 = cpu();
		s = lab_load(sk_buf_str(&b));
		best = SK_MIN(best, cpu() - t0);
		assert_int_equal(sk_rules_count(s), 60);
		sk_rules_free(s);
	}
	printf("60 rules of six kinds: loaded in %.1f ms\n", best * 1e3);
	assert_true(best < 0.5);
	sk_buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(many_rules), cmocka_unit_test(usual_set) };

	return cmocka_run_group_tests_name("scale", tests, NULL, NULL);
}
