/* tests/unit/rules/t_sets.c — indicator sets: what is in them, refanging, expiry, size. */
#include "unit.h"

#include <time.h>

#include "base/compiler.h"
#include "lab.h"
#include "rules/load.h"
#include "rules/set.h"

/* The note of the one match of a value against a set; "" for none. */
static const char *look(const char *set, const char *on, const char *field, unsigned kind, unsigned slot, struct sk_value v, uint64_t now)
{
	static struct lab_seen seen;
	char text[4096];
	struct sk_ruleset *s;
	struct sk_matcher *m;
	struct lab_event e;

	snprintf(text, sizeof(text), LAB_HEAD "indicators:\n  s: {%s}\nrules:\n- {id: r, title: t, severity: low, on: %s, where: {%s: {in: s}}}\n",
		set, on, field);
	s = lab_load_at(text, now);
	m = sk_matcher_new(s, NULL);
	lab_event(&e, kind);
	if (slot < SK_FIELD_MAX)
		e.values[slot] = v;
	seen = lab_run(m, &e.e);
	sk_matcher_free(m);
	sk_rules_free(s);
	return seen.cnt ? seen.note : NULL;
}

static const char *dns(const char *set, const char *name)
{
	return look(set, "dns.query", "name", SK_KIND_DNS_QUERY, SK_F_DNS_QUERY_NAME, lab_text(name), 0);
}

static void domains(void **state)
{
	static const char set[] = "kind: domain, values: [evil.example, 'HXXP[.]Bad(dot)example.', 'a[.]b.c.d.e.example', evil.co.uk]";
	char longer[400];

	assert_string_equal(dns(set, "evil.example"), "indicator evil.example");
	assert_string_equal(dns(set, "www.evil.example"), "indicator evil.example");
	assert_string_equal(dns(set, "a.b.c.d.e.f.g.h.evil.example"), "indicator evil.example");
	assert_non_null(dns(set, "EVIL.example."));
	assert_non_null(dns(set, "httP.bad.example"));
	assert_null(dns(set, "bad.example"));
	assert_null(dns(set, "notevil.example"));
	assert_null(dns(set, "evil.example.org"));
	assert_null(dns(set, "example"));
	assert_null(dns(set, ""));
	assert_null(dns(set, "."));
	assert_null(dns(set, "co.uk"));
	assert_non_null(dns(set, "x.a.b.c.d.e.example"));
	assert_null(dns(set, "b.c.d.e.example"));
	/* longer than a name can be, and a label boundary just where it is cut */
	memset(longer, 'x', sizeof(longer));
	memcpy(longer + 300, ".evil.example", 14);
	assert_non_null(dns(set, longer));
	memcpy(longer + 299, "xevil.example", 14);
	assert_null(dns(set, longer));
	assert_string_equal(dns("kind: fqdn, values: [evil.example]", "evil.example"), "indicator evil.example");
	assert_null(dns("kind: fqdn, values: [evil.example]", "www.evil.example"));
	assert_non_null(dns("kind: fqdn, values: [evil.example]", "Evil.Example."));
}

static void addresses(void **state)
{
	const struct sk_value none = { .type = SK_VALUE_NONE };
	const unsigned k = SK_KIND_DNS_QUERY, no = SK_FIELD_MAX;

	assert_string_equal(look("kind: ip, values: ['10[.]1.1.5']", "dns.query", "server.ip", k, no, none, 0), "indicator 10.1.1.5");
	assert_null(look("kind: ip, values: ['10[.]1.1.5']", "dns.query", "client.ip", k, no, none, 0));
	assert_string_equal(look("kind: cidr, values: [10.0.0.0/8, 10.1.1.0/24]", "dns.query", "server.ip", k, no, none, 0), "indicator 10.0.0.0/8");
	assert_null(look("kind: cidr, values: [11.0.0.0/8, '::/0']", "dns.query", "server.ip", k, no, none, 0));
	assert_non_null(look("kind: cidr, values: [0.0.0.0/0]", "dns.query", "server.ip", k, no, none, 0));
	assert_string_equal(look("kind: cidr, values: ['2001:db8::/33']", "dns.answer", "address", SK_KIND_DNS_ANSWER, SK_F_DNS_ANSWER_ADDRESS,
		lab_addr("2001:db8:7fff::1"), 0), "indicator 2001:db8::/33");
	assert_null(look("kind: cidr, values: ['2001:db8::/33']", "dns.answer", "address", SK_KIND_DNS_ANSWER, SK_F_DNS_ANSWER_ADDRESS,
		lab_addr("2001:db8:8000::1"), 0));
	assert_non_null(look("kind: ip, values: [192.0.2.1]", "http.request", "host", SK_KIND_HTTP_REQUEST, SK_F_HTTP_REQUEST_HOST,
		lab_text("192.0.2.1"), 0));
}

static bool url(const char *value, const char *host, const char *target)
{
	char text[2048];
	struct lab_event e;
	struct lab_seen seen;
	struct sk_ruleset *s;
	struct sk_matcher *m;

	snprintf(text, sizeof(text), LAB_HEAD "indicators: {u: {kind: url, values: ['%s']}}\nrules:\n"
		"- {id: r, title: t, severity: low, on: http.request, where: {target: {in: u}}}\n", value);
	s = lab_load(text);
	m = sk_matcher_new(s, NULL);
	lab_event(&e, SK_KIND_HTTP_REQUEST);
	e.values[SK_F_HTTP_REQUEST_HOST] = lab_text(host);
	e.values[SK_F_HTTP_REQUEST_TARGET] = lab_text(target);
	seen = lab_run(m, &e.e);
	sk_matcher_free(m);
	sk_rules_free(s);
	return seen.cnt == 1;
}

static void urls(void **state)
{
	assert_true(url("hxxps://Evil[.]example/a/B.ps1", "evil.example", "/a/B.ps1"));
	assert_true(url("evil.example:8080/a/B.ps1", "evil.example", "/a/B.ps1?x=1"));
	assert_false(url("evil.example/a/B.ps1", "evil.example", "/a/b.ps1"));
	assert_false(url("evil.example/a/B.ps1", "www.evil.example", "/a/B.ps1"));
	assert_false(url("evil.example/a/B.ps1", "evil.example", "/a/B.ps1/c"));
	assert_true(url("http://user@evil.example/?id=7#top", "evil.example", "/?id=7"));
	assert_false(url("http://evil.example/?id=7", "evil.example", "/?id=8"));
	assert_false(url("http://evil.example/?id=7", "evil.example", "/"));
	assert_true(url("evil.example/x", "evil.example", "http://evil.example/x"));
	assert_true(url("http://evil.example/a://b/x", "evil.example", "/a://b/x"));
	assert_false(url("http://evil.example/x", "evil.example", "/a://b/x"));
	assert_false(url("evil.example/x", "", "/x"));
}

static void hashes(void **state)
{
	static const char sha256[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
	char set[256];

	snprintf(set, sizeof(set), "kind: sha256, values: [E%s]", sha256 + 1);
	assert_non_null(look(set, "file", "sha256", SK_KIND_FILE, SK_F_FILE_SHA256, lab_text(sha256), 0));
	assert_null(look(set, "file", "sha256", SK_KIND_FILE, SK_F_FILE_SHA256, lab_text("00"), 0));
	assert_non_null(look("kind: ja3, values: [e7d705a3286e19ea42f587b344ee6865]", "tls.client_hello", "ja3", SK_KIND_TLS_CLIENT_HELLO,
		SK_F_TLS_CLIENT_HELLO_JA3, lab_text("e7d705a3286e19ea42f587b344ee6865"), 0));
	assert_non_null(look("kind: ja4, values: [t13d1516h2_8daaf6152771_02713d6af862]", "tls.client_hello", "ja4", SK_KIND_TLS_CLIENT_HELLO,
		SK_F_TLS_CLIENT_HELLO_JA4, lab_text("t13d1516h2_8daaf6152771_02713d6af862"), 0));
}

static void texts_and_paths(void **state)
{
	static const char text[] = "kind: text, values: ['Some Agent/1.0', x]";
	static const char path[] = "kind: path, values: [/_layouts/15/a.aspx, spinstall0.aspx, b/c.php]";
	const unsigned k = SK_KIND_HTTP_REQUEST, p = SK_F_HTTP_REQUEST_PATH, u = SK_F_HTTP_REQUEST_USER_AGENT;

	assert_non_null(look(text, "http.request", "user_agent", k, u, lab_text("Some Agent/1.0"), 0));
	assert_null(look(text, "http.request", "user_agent", k, u, lab_text("some agent/1.0"), 0));
	assert_null(look(text, "http.request", "user_agent", k, u, lab_text("Some Agent/1.01"), 0));
	assert_non_null(look(path, "http.request", "path", k, p, lab_text("/_LAYOUTS/15/a.aspx"), 0));
	assert_null(look(path, "http.request", "path", k, p, lab_text("/x/_layouts/15/a.aspx"), 0));
	assert_non_null(look(path, "http.request", "path", k, p, lab_text("/anything/SPinstall0.aspx"), 0));
	assert_null(look(path, "http.request", "path", k, p, lab_text("/xspinstall0.aspx"), 0));
	assert_non_null(look(path, "http.request", "path", k, p, lab_text("/a/b/c.php"), 0));
	assert_null(look(path, "http.request", "path", k, p, lab_text("/a/c.php"), 0));
}

static void text_nocase(void **state)
{
	struct sk_ruleset *s = lab_load(LAB_HEAD "indicators: {a: {kind: text, values: [AbC]}}\nrules:\n"
		"- {id: exact, title: t, severity: low, on: http.request, where: {user_agent: {in: a}}}\n"
		"- {id: any, title: t, severity: low, on: http.request, where: {user_agent: {in: a, nocase: true}}}\n");
	struct sk_matcher *m = sk_matcher_new(s, NULL);
	struct lab_event e;

	lab_event(&e, SK_KIND_HTTP_REQUEST);
	e.values[SK_F_HTTP_REQUEST_USER_AGENT] = lab_text("aBc");
	assert_string_equal(lab_run(m, &e.e).ids, "any");
	e.values[SK_F_HTTP_REQUEST_USER_AGENT] = lab_text("AbC");
	assert_string_equal(lab_run(m, &e.e).ids, "exact any");
	sk_matcher_free(m);
	sk_rules_free(s);
}

static void notes_and_expiry(void **state)
{
	/* the lab's events are of 2025-07-20T08:26:40Z, 1753000000 s */
	static const char set[] = "kind: domain, source: 'Vendor, p. 3', expires: 2025-07-21, role: c2, values: [a.example, "
		"{value: b.example, expires: 2025-07-20}, {value: c.example, source: Other, expires: 2030-01-01, note: seen twice}, "
		"{value: d.example, expires: '2025-07-20T08:26:41Z'}]";
	const uint64_t later = UINT64_C(1767225600000000000);	/* 2026-01-01 */
	struct sk_ruleset *s;
	char text[1024];

	assert_string_equal(dns(set, "x.a.example"), "indicator a.example, Vendor, p. 3, expires 2025-07-21, c2");
	assert_null(dns(set, "b.example"));
	assert_string_equal(dns(set, "c.example"), "indicator c.example, Other, expires 2030-01-01, c2, seen twice");
	assert_non_null(dns(set, "d.example"));
	snprintf(text, sizeof(text), LAB_HEAD "indicators:\n  s: {%s}\n", set);
	s = lab_load(text);
	assert_int_equal(sk_rules_indicator_count(s), 4);
	assert_int_equal(sk_rules_expired_count(s), 0);
	sk_rules_free(s);
	s = lab_load_at(text, later);
	assert_int_equal(sk_rules_indicator_count(s), 1);
	assert_int_equal(sk_rules_expired_count(s), 3);
	sk_rules_free(s);
}

static void from_file(void **state)
{
	char path[] = "/tmp/sk-set-XXXXXX", text[512], line[256];
	struct lab_errors errors = { 0 };
	struct sk_ruleset *s;
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	fputs("# a list\r\n\r\nevil[.]example  # note\nEVIL.example\n  other.example\nlast.example", f);
	fclose(f);
	snprintf(text, sizeof(text), LAB_HEAD "indicators: {s: {kind: domain, file: %s, values: [inline.example]}}\n", strrchr(path, '/') + 1);
	s = lab_load(text);
	assert_int_equal(sk_rules_indicator_count(s), 4);
	sk_rules_free(s);
	f = fopen(path, "a");
	fputs("\nnot a domain\n", f);
	fclose(f);
	assert_null(lab_try_load(sk_span_str(text), &errors, 0, NULL));
	snprintf(line, sizeof(line), "7:1: domain: expected a domain, found 'not a domain'\n");
	assert_string_equal(sk_buf_str(&errors.text), line);
	sk_buf_fini(&errors.text);
	unlink(path);
}

static uint64_t rng = 88172645463325252u;
static uint32_t draw(uint32_t below)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (uint32_t)(rng >> 32) % below;
}

struct found {
	unsigned long long sets;
};

static void on_found(void *cx, const struct sk_set_entry *e)
{
	((struct found *)cx)->sets |= 1ull << e->set;
}

/* Random networks against a plain loop over all of them. */
static void nets_random(void **state)
{
	enum { NETS = 600 };
	static struct sk_addr addrs[NETS];
	static unsigned bits[NETS];
	struct sk_sets s;

	sk_sets_init(&s);
	for (unsigned i = 0; i < NETS; i++) {
		bool six = draw(2);

		/* few different bits, so that prefixes nest and repeat */
		addrs[i] = (struct sk_addr){ .family = six ? 6 : 4 };
		for (unsigned k = 0; k < (six ? 16u : 4u); k++)
			addrs[i].b[k] = (uint8_t)(draw(3) ? 0 : draw(4) << 6 | draw(2));
		bits[i] = draw((six ? 128u : 32u) + 1);
		assert_int_equal(sk_nettable_add(&s.net, &addrs[i], bits[i], i % 60, 0), 0);
	}
	assert_int_equal(sk_sets_build(&s), 0);
	for (unsigned round = 0; round < 4000; round++) {
		struct sk_addr a = addrs[draw(NETS)];
		unsigned width = a.family == 4 ? 32 : 128;
		unsigned long long want = 0;
		struct found got = { 0 };

		for (unsigned k = draw(3); k > 0; k--)
			a.b[draw(width / 8)] ^= (uint8_t)(1u << draw(8));
		for (unsigned i = 0; i < NETS; i++) {
			bool in = addrs[i].family == a.family;

			for (unsigned b = 0; in && b < bits[i]; b++)
				in = ((addrs[i].b[b / 8] ^ a.b[b / 8]) >> (7 - b % 8) & 1) == 0;
			if (in)
				want |= 1ull << (i % 60);
		}
		sk_sets_net(&s, &a, on_found, &got);
		assert_true(got.sets == want);
	}
	sk_sets_fini(&s);
}

static void count_hit(void *cx, const struct sk_set_entry *e)
{
	++*(size_t *)cx;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int check_million(size_t want_bytes, char *const *names, size_t name_cnt)
{
	enum { MILLION = 1000000 };
	const char *problem;
	char name[96];
	struct sk_sets s;
	size_t hits = 0, bytes;
	double t0, t1, t2;

	sk_sets_init(&s);
	assert_int_equal(sk_sets_new(&s, "bulk", SK_SET_DOMAIN), 0);
	t0 = seconds();
	for (unsigned i = 0; i < MILLION; i++) {
		int n = name_cnt ? snprintf(name, sizeof(name), "%x.%s", (unsigned)(i / name_cnt), names[i % name_cnt]) :
			snprintf(name, sizeof(name), "d%07u-%x.example", i, i * 2654435761u);

		assert_int_equal(sk_indicator_add(&s, 0, 0, sk_span(name, (size_t)n), &problem), 0);
	}
	assert_int_equal(sk_sets_build(&s), 0);
	t1 = seconds();
	bytes = sk_strtable_bytes(&s.str[SK_TABLE_DOMAIN]);
	for (unsigned i = 0; i < MILLION; i += 7) {
		int n = name_cnt ? snprintf(name, sizeof(name), "www.%x.%s", (unsigned)(i / name_cnt), names[i % name_cnt]) :
			snprintf(name, sizeof(name), "www.d%07u-%x.example", i, i * 2654435761u);

		sk_sets_domain(&s, sk_span(name, (size_t)n), count_hit, &hits);
	}
	t2 = seconds();
	assert_int_equal(hits, (MILLION + 6) / 7);
	printf("million domains%s: %.1f MiB, built in %.2f s, %.0f ns per look-up with hit\n", name_cnt ? " (public list)" : "",
		(double)bytes / 1048576, t1 - t0, (t2 - t1) * 1e9 / (double)hits);
	sk_sets_fini(&s);
	return bytes <= want_bytes ? 0 : -1;
}

static void million(void **state)
{
	static char *names[4096];
	const char *srcdir = getenv("srcdir");
	char path[4096], *line = NULL;
	size_t room = 0, cnt = 0;
	ssize_t n;
	FILE *f;

	assert_int_equal(check_million(64u << 20, NULL, 0), 0);
	snprintf(path, sizeof(path), "%s/../shared/bulk/lumma-domains.txt", srcdir ? srcdir : ".");
	f = fopen(path, "r");
	while (f && cnt < 4096 && (n = getline(&line, &room, f)) > 0) {
		while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
			line[--n] = 0;
		if (n && line[0] != '#')
			names[cnt++] = strdup(line);
	}
	if (f)
		fclose(f);
	free(line);
	if (cnt)
		assert_int_equal(check_million(64u << 20, names, cnt), 0);
	while (cnt)
		free(names[--cnt]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(domains), cmocka_unit_test(addresses), cmocka_unit_test(urls), cmocka_unit_test(hashes),
		cmocka_unit_test(texts_and_paths), cmocka_unit_test(text_nocase), cmocka_unit_test(notes_and_expiry), cmocka_unit_test(from_file),
		cmocka_unit_test(nets_random), cmocka_unit_test(million),
	};

	return cmocka_run_group_tests_name("sets", tests, NULL, NULL);
}
