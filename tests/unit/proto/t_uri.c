/* tests/unit/proto/t_uri.c — the views of a path, queries, hosts, references. */
#include "unit.h"

#include <stdlib.h>

#include "base/compiler.h"
#include "proto/uri.h"

static struct sk_http_odds odds;

/* A view of a path, in an exact heap block so that a sanitizer sees a byte too many. */
static const char *view(const char *path, enum sk_uri_view v)
{
	static char text[512];
	size_t n = strlen(path);
	uint8_t *in = malloc(n + 1), *out = malloc(n + 1);

	odds = (struct sk_http_odds){ { 0, 0 } };
	memcpy(in, path, n);
	n = sk_uri_path(sk_span(in, n), v, out, &odds);
	assert_true(n <= strlen(path));
	memcpy(text, out, n);
	text[n] = 0;
	free(in);
	free(out);
	return text;
}

#define ODD(name) sk_http_odds_has(&odds, SK_HTTP_ODD_##name)

/* The rows of the captures' table of 26 spellings: spelling, main view, Java view, second view, the oddity or none. */
static const struct row {
	const char *target, *path, *java, *twice;
	int odd;
} rows[] = {
	{ "/WebInterface/function/", "/WebInterface/function/", "/WebInterface/function/", "/WebInterface/function/", -1 },
	{ "/webinterface/FUNCTION/", "/webinterface/FUNCTION/", "/webinterface/FUNCTION/", "/webinterface/FUNCTION/", -1 },
	{ "/%57eb%49nterface/function/", "/WebInterface/function/", "/WebInterface/function/", "/WebInterface/function/", -1 },
	{ "/WebInterface//function/", "/WebInterface/function/", "/WebInterface/function/", "/WebInterface/function/", SK_HTTP_ODD_DOUBLE_SLASH },
	{ "/WebInterface/./function/", "/WebInterface/function/", "/WebInterface/function/", "/WebInterface/function/", SK_HTTP_ODD_DOT_SEGMENT },
	{ "/x/../WebInterface/function/", "/WebInterface/function/", "/WebInterface/function/", "/WebInterface/function/", SK_HTTP_ODD_PATH_TRAVERSAL },
	{ "/WebInterface/%66unction/", "/WebInterface/function/", "/WebInterface/function/", "/WebInterface/function/", -1 },
	{ "/WebInterface/%2566unction/", "/WebInterface/%66unction/", "/WebInterface/%66unction/", "/WebInterface/function/", SK_HTTP_ODD_DOUBLE_ENCODING },
	{ "/WebInterface/%u0066unction/", "/WebInterface/function/", "/WebInterface/function/", "/WebInterface/function/", SK_HTTP_ODD_PERCENT_U },
	{ "/WebInterface\\function/", "/WebInterface/function/", "/WebInterface/function/", "/WebInterface/function/", SK_HTTP_ODD_BACKSLASH },
	{ "/WebInterface%2ffunction/", "/WebInterface/function/", "/WebInterface/function/", "/WebInterface/function/", SK_HTTP_ODD_ENCODED_SEPARATOR },
	{ "/WebInterface%5cfunction/", "/WebInterface/function/", "/WebInterface/function/", "/WebInterface/function/", SK_HTTP_ODD_ENCODED_SEPARATOR },
	{ "/WebInterface/%c1%a6unction/", "/WebInterface/function/", "/WebInterface/function/", "/WebInterface/function/", SK_HTTP_ODD_OVERLONG_UTF8 },
	{ "/WebInterface;a=b/function/", "/WebInterface;a=b/function/", "/WebInterface/function/", "/WebInterface;a=b/function/", SK_HTTP_ODD_PATH_PARAMETER },
	{ "/WebInterface/function;jsessionid=1/", "/WebInterface/function;jsessionid=1/", "/WebInterface/function/", "/WebInterface/function;jsessionid=1/", SK_HTTP_ODD_PATH_PARAMETER },
	{ "/x/..;/WebInterface/function/", "/x/..;/WebInterface/function/", "/WebInterface/function/", "/x/..;/WebInterface/function/", SK_HTTP_ODD_PATH_PARAMETER_TRAVERSAL },
	{ "/x/%2e%2e;/WebInterface/function/", "/x/..;/WebInterface/function/", "/WebInterface/function/", "/x/..;/WebInterface/function/", SK_HTTP_ODD_PATH_PARAMETER_TRAVERSAL },
	{ "/x/%2e%2e/WebInterface/function/", "/WebInterface/function/", "/WebInterface/function/", "/WebInterface/function/", SK_HTTP_ODD_PATH_TRAVERSAL },
	{ "/%252e%252e/WebInterface/function/", "/%2e%2e/WebInterface/function/", "/%2e%2e/WebInterface/function/", "/WebInterface/function/", SK_HTTP_ODD_DOUBLE_ENCODING },
	{ "/%e2%84%a6/WebInterface/function/", "/\xe2\x84\xa6/WebInterface/function/", "/\xe2\x84\xa6/WebInterface/function/", "/\xe2\x84\xa6/WebInterface/function/", -1 },
	{ "/WebInterface/\xef\xbd\x86unction/", "/WebInterface/function/", "/WebInterface/function/", "/WebInterface/function/", SK_HTTP_ODD_FULLWIDTH },
};

static void the_matrix_holds(void **state)
{
	for (size_t i = 0; i < SK_ARRAY_LEN(rows); i++) {
		assert_string_equal(view(rows[i].target, SK_URI_PATH), rows[i].path);
		if (rows[i].odd < 0)
			assert_false(sk_http_odds_any(&odds));
		else
			assert_true(sk_http_odds_has(&odds, (enum sk_http_odd)rows[i].odd));
		assert_string_equal(view(rows[i].target, SK_URI_JAVA), rows[i].java);
		assert_string_equal(view(rows[i].target, SK_URI_TWICE), rows[i].twice);
	}
}

static void nul_is_kept_and_told(void **state)
{
	uint8_t out[64];
	struct sk_span in = sk_span("/WebInterface/function%00/", 26);
	struct sk_http_odds o = { { 0, 0 } };

	assert_int_equal(sk_uri_path(in, SK_URI_PATH, out, &o), 24);
	assert_memory_equal(out, "/WebInterface/function\0/", 24);
	assert_true(sk_http_odds_has(&o, SK_HTTP_ODD_NUL_IN_TARGET));
}

/* RFC 3986 5.2.4 and what lies around it. */
static void dot_segments(void **state)
{
	assert_string_equal(view("/a/b/c/./../../g", SK_URI_PATH), "/a/g");
	assert_string_equal(view("mid/content=5/../6", SK_URI_PATH), "mid/6");
	assert_string_equal(view("/a/b/..", SK_URI_PATH), "/a/");
	assert_string_equal(view("/a/b/.", SK_URI_PATH), "/a/b/");
	assert_string_equal(view("/../../etc", SK_URI_PATH), "/etc");
	assert_true(ODD(PATH_ABOVE_ROOT));
	assert_string_equal(view("/..", SK_URI_PATH), "/");
	assert_string_equal(view("/a/...", SK_URI_PATH), "/a/...");
	assert_string_equal(view("/a/..b/.c", SK_URI_PATH), "/a/..b/.c");
	assert_false(sk_http_odds_any(&odds));
	assert_string_equal(view("/a%c0%af..%c0%afb", SK_URI_PATH), "/b");
	assert_string_equal(view("*", SK_URI_PATH), "*");
	assert_string_equal(view("//", SK_URI_PATH), "/");
}

static void broken_escapes_stay(void **state)
{
	assert_string_equal(view("/%", SK_URI_PATH), "/%");
	assert_true(ODD(BAD_ESCAPE));
	assert_string_equal(view("/%4", SK_URI_PATH), "/%4");
	assert_string_equal(view("/%zz%u12", SK_URI_PATH), "/%zz%u12");
	assert_string_equal(view("/%%36%36", SK_URI_PATH), "/%66");
	assert_true(ODD(DOUBLE_ENCODING));
}

static const char *query(const char *q)
{
	static char text[256];
	size_t n;

	odds = (struct sk_http_odds){ { 0, 0 } };
	n = sk_uri_query(sk_span_str(q), (uint8_t *)text, &odds);
	text[n] = 0;
	return text;
}

static void queries(void **state)
{
	assert_string_equal(query("command=set%55serItem"), "command=setUserItem");
	assert_false(sk_http_odds_any(&odds));
	assert_string_equal(query("command=set%2555serItem"), "command=set%55serItem");
	assert_true(ODD(DOUBLE_ENCODING));
	assert_string_equal(query("command=set+UserItem"), "command=set UserItem");
	assert_false(sk_http_odds_any(&odds));
	assert_string_equal(query("a=100%25"), "a=100%");
	assert_false(sk_http_odds_any(&odds));
}

static void hosts(void **state)
{
	static const char *const cases[][2] = {
		{ "WWW.Example.org:8080", "www.example.org" }, { "user:pw@host.example", "host.example" }, { "[2001:DB8::1]:80", "[2001:db8::1]" },
		{ "[::1]", "[::1]" }, { "192.0.2.1:", "192.0.2.1" }, { "a.example.", "a.example" }, { "a.example.:80", "a.example" },
		{ "2001:db8::1", "2001:db8::1" }, { "", "" }, { ":80", "" }
	};
	uint8_t out[64];

	for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++)
		assert_span(sk_span(out, sk_uri_host(sk_span_str(cases[i][0]), out)), cases[i][1]);
}

static void targets(void **state)
{
	struct sk_uri u;

	sk_uri_split_target(sk_span_str("http://h.example/a?b?c#d"), &u);
	assert_span(u.scheme, "http");
	assert_span(u.authority, "h.example");
	assert_span(u.path, "/a");
	assert_span(u.query, "b?c#d");
	sk_uri_split_target(sk_span_str("//a/b"), &u);
	assert_null(u.authority.p);
	assert_span(u.path, "//a/b");
	assert_null(u.query.p);
	sk_uri_split_target(sk_span_str("/a?"), &u);
	assert_non_null(u.query.p);
	assert_int_equal(u.query.n, 0);
}

/* RFC 3986 5.4 with base http://a/b/c/d;p?q, paths only; then the spellings of a sign-out page. */
static void references(void **state)
{
	static const char *const cases[][3] = {
		{ "/b/c/d;p", "g:h", "h" }, { "/b/c/d;p", "g", "/b/c/g" }, { "/b/c/d;p", "./g", "/b/c/g" }, { "/b/c/d;p", "g/", "/b/c/g/" },
		{ "/b/c/d;p", "/g", "/g" }, { "/b/c/d;p", "//g", "/" }, { "/b/c/d;p", "?y", "/b/c/d;p" }, { "/b/c/d;p", "g?y", "/b/c/g" },
		{ "/b/c/d;p", "#s", "/b/c/d;p" }, { "/b/c/d;p", "g#s", "/b/c/g" }, { "/b/c/d;p", ";x", "/b/c/;x" }, { "/b/c/d;p", "", "/b/c/d;p" },
		{ "/b/c/d;p", ".", "/b/c/" }, { "/b/c/d;p", "..", "/b/" }, { "/b/c/d;p", "../g", "/b/g" }, { "/b/c/d;p", "../..", "/" },
		{ "/b/c/d;p", "../../../g", "/g" }, { "/b/c/d;p", "g;x=1/../y", "/b/c/y" }, { "/b/c/d;p", "g?y/./x", "/b/c/g" },
		{ "/_layouts/15/ToolPane.aspx", "SignOut.aspx", "/_layouts/15/SignOut.aspx" },
		{ "/_layouts/15/ToolPane.aspx", "../SignOut.aspx", "/_layouts/SignOut.aspx" },
		{ "/_layouts/15/ToolPane.aspx", "x/../SignOut.aspx#f", "/_layouts/15/SignOut.aspx" },
		{ "/_layouts/15/ToolPane.aspx", "//h.example/_layouts/SignOut.aspx?x", "/_layouts/SignOut.aspx" },
		{ "/_layouts/15/ToolPane.aspx", "https://h.example/_layouts/Sign%4fut.aspx", "/_layouts/SignOut.aspx" },
		{ "/_layouts/15/ToolPane.aspx", "\\\\h.example\\_layouts\\SignOut.aspx", "/_layouts/SignOut.aspx" },
		{ "", "SignOut.aspx", "/SignOut.aspx" },
	};
	uint8_t out[256];

	for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++)
		assert_span(sk_span(out, sk_uri_resolve(sk_span_str(cases[i][0]), sk_span_str(cases[i][1]), out)), cases[i][2]);
}

static void plain_paths_need_no_work(void **state)
{
	assert_true(sk_uri_is_plain(sk_span_str("/a/b.c/d-e_f~")));
	assert_false(sk_uri_is_plain(sk_span_str("/a%41")));
	assert_false(sk_uri_is_plain(sk_span_str("/a//b")));
	assert_false(sk_uri_is_plain(sk_span_str("/a/./b")));
	assert_false(sk_uri_is_plain(sk_span_str("/a;b")));
	assert_false(sk_uri_is_plain(sk_span_str("*")));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_matrix_holds), cmocka_unit_test(nul_is_kept_and_told), cmocka_unit_test(dot_segments),
		cmocka_unit_test(broken_escapes_stay), cmocka_unit_test(queries), cmocka_unit_test(hosts), cmocka_unit_test(targets),
		cmocka_unit_test(references), cmocka_unit_test(plain_paths_need_no_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
