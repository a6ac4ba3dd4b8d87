/* tests/unit/app/t_http.c — HTTP/1 from bytes to events: what servers and clients read, pairing, bodies, forms, files, switches;
 * the same events for any segmentation; every unit closed at every truncation and gap. */
#include "unit.h"

#include <zlib.h>

#include "app_kit.h"

#include "base/compiler.h"
#include "proto/ranges.h"

static struct kit k;

static void start(void)
{
	kit_init(&k, 6, 40000, 80);
	k.flow.info.saw_both = 1;
}

#define C(s) kit_run(&k, SK_TO_SERVER, s, sizeof(s) - 1, false)
#define S(s) kit_run(&k, SK_TO_CLIENT, s, sizeof(s) - 1, false)

static const char *finish(void)
{
	static char log[1 << 20];

	kit_run(&k, SK_TO_SERVER, "", 0, true);
	kit_run(&k, SK_TO_CLIENT, "", 0, true);
	kit_end(&k);
	snprintf(log, sizeof(log), "%s", kit_log(&k));
	kit_free(&k);
	return log;
}

/* The nth line that begins with kind, as a copy. */
static const char *line(const char *log, const char *kind, int nth)
{
	static char buf[4][1 << 16];
	static int at;
	char *b = buf[at++ & 3];
	size_t n = strlen(kind);

	for (const char *p = log; *p; p = strchr(p, '\n') + 1) {
		if (strncmp(p, kind, n) || p[n] != ' ' || nth-- > 0)
			continue;
		size_t len = (size_t)(strchr(p, '\n') - p);

		snprintf(b, sizeof(buf[0]), "%.*s ", (int)len, p);
		return b;
	}
	return "";
}

static int lines(const char *log, const char *kind)
{
	int n = 0;

	while (*line(log, kind, n))
		n++;
	return n;
}

static void has(const char *log, const char *kind, int nth, const char *field)
{
	char want[4096];

	snprintf(want, sizeof(want), " %s ", field);
	if (!strstr(line(log, kind, nth), want))
		fail_msg("no%sin %s #%d: %s\nall:\n%s", want, kind, nth, line(log, kind, nth), log);
}

static bool odd(const char *log, const char *name)
{
	char want[128];

	snprintf(want, sizeof(want), " name=%s ", name);
	for (int i = 0; *line(log, "http.oddity", i); i++)
		if (strstr(line(log, "http.oddity", i), want))
			return true;
	return false;
}

/* One request, or one response to a plain GET; what comes of it. */
static const char *request(const char *s)
{
	start();
	kit_run(&k, SK_TO_SERVER, s, strlen(s), false);
	return finish();
}

static const char *response_n(const char *s, size_t n)
{
	start();
	C("GET /a/eicar.txt HTTP/1.1\r\nHost: h\r\n\r\n");
	kit_run(&k, SK_TO_CLIENT, s, n, false);
	return finish();
}

static const char *response(const char *s) { return response_n(s, strlen(s)); }

static void a_plain_exchange(void **state)
{
	const char *l;

	start();
	C("GET /a%20b/c?x=1&y=%41+b HTTP/1.1\r\nHost: WWW.Example.org:8080\r\nUser-Agent: curl/7.88.1\r\nReferer: ../d?e\r\n"
	  "Cookie: s=1; t=\"2\"\r\nAccept: */*\r\n\r\n");
	S("HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello");
	l = finish();
	assert_string_equal(l,
		"http.request to_server method=GET target=/a%2520b/c?x=1&y=%2541+b path=/a%20b/c path.java=/a%20b/c query=x=1&y=%2541+b "
		"query.decoded=x=1&y=A%20b version=HTTP/1.1 host=www.example.org user_agent=curl/7.88.1 referer=../d?e referer.path=/d "
		"header=Host,WWW.Example.org:8080,User-Agent,curl/7.88.1,Referer,../d?e,Cookie,s=1;%20t=\"2\",Accept,*/* "
		"cookie=s,1,t,\"2\" header_order=host,user-agent,referer,cookie,accept number=1\n"
		"http.form to_server name=x value=1 last=1 truncated=0 source=query index=0\n"
		"http.form to_server name=y value=A%20b last=1 truncated=0 source=query index=1\n"
		"http.response to_client status=200 reason=OK version=HTTP/1.1 server=nginx content_type=text/html content_length=5 "
		"header=Server,nginx,Content-Type,text/html,Content-Length,5\n"
		"http.body to_client bytes=hello last=1 truncated=0\n");
}

static void the_other_views_of_a_target(void **state)
{
	const char *l = request("GET /a%2562?x=%2541%252b+y HTTP/1.1\r\nHost: a\r\n\r\n");

	has(l, "http.request", 0, "path.twice=/ab");
	has(l, "http.request", 0, "query.decoded=x=%2541%252b%20y");
	has(l, "http.request", 0, "query.twice=x=A+%20y");
	assert_true(odd(l, "double_encoding"));
	l = request("GET /a.aspx%00.png?x=%41 HTTP/1.1\r\nHost: a\r\n\r\n");
	has(l, "http.request", 0, "path=/a.aspx%00.png");
	has(l, "http.request", 0, "path.nul=/a.aspx");
	assert_null(strstr(l, "query.twice"));
	assert_true(odd(l, "nul_in_target"));
}

static void fields_behind_a_chunked_body(void **state)
{
	const char *l;
	static char big[16000];

	for (size_t step = 1; step < 200; step += 13) {
		static const char s[] = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n"
					"X-Sum: 1\r\nno colon\r\n Digest :  x y \r\n\r\nGET /n HTTP/1.1\r\nHost: h\r\n\r\n";

		start();
		kit_split(&k, SK_TO_SERVER, s, sizeof(s) - 1, step);
		l = finish();
		assert_non_null(strstr(l, "last=1 truncated=0 trailer=X-Sum,1,Digest,x%20y\n"));
		has(l, "http.request", 1, "target=/n");
		assert_null(strstr(l, "forbidden"));
	}
	l = request("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\ncontent-Length: 9\r\n\r\n");
	assert_non_null(strstr(l, "trailer=content-Length,9"));
	assert_true(odd(l, "forbidden_trailer"));
	snprintf(big, sizeof(big), "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: %09000d\r\nB: 1\r\n\r\n", 7);
	l = request(big);
	assert_true(odd(l, "trailer_too_long"));
}

static void request_lines(void **state)
{
	const char *l = request("GET\t /x\t y  HTTP/1.1 \r\nHost: a\r\n\r\n");

	has(l, "http.request", 0, "target=/x%09%20y");
	assert_true(odd(l, "start_line_space") && odd(l, "space_in_target"));
	l = request("get /x http/1.1\r\nHost: a\r\n\r\n");
	has(l, "http.request", 0, "method=get");
	assert_true(odd(l, "version_case") && odd(l, "method_case"));
	l = request("GET /x\r\nUser-Agent: myscript\r\n\r\n");
	has(l, "http.request", 0, "user_agent=myscript");
	assert_true(odd(l, "missing_version"));
	l = request("GET /x\nFakeHeader\nHost: a\nUser-Agent: myscript\n\n");
	has(l, "http.request", 0, "user_agent=myscript");
	assert_true(odd(l, "missing_version") && odd(l, "header_without_colon"));
	l = request("GET /x\r\nGET /y\r\nHost: a\r\n\r\n");
	has(l, "http.request", 1, "target=/y");
	l = request("GET /x\r\nnothing\r\nat all\r\n");
	assert_int_equal(lines(l, "http.request"), 1);
	assert_true(odd(l, "junk_before_message"));
	l = request("GET /x\r\n");
	has(l, "http.request", 0, "target=/x");
	assert_null(strstr(l, "oddity"));
	l = request("GET http://u@H.example:81/p?q HTTP/1.1\r\nHost: other\r\n\r\n");
	has(l, "http.request", 0, "host=h.example");
	has(l, "http.request", 0, "path=/p");
	assert_true(odd(l, "host_mismatch"));
	l = request("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
	has(l, "http.request", 0, "path=*");
	l = request("WEIRD /x HTTP/1.1\r\nHost: a\r\n\r\n");
	has(l, "http.request", 0, "method=WEIRD");
	l = request("\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n");
	assert_true(odd(l, "blank_before_message") && odd(l, "missing_host"));
}

static void fields(void **state)
{
	const char *l = request("GET / HTTP/1.1\nHost : a\r\n b\r\nX\r\nUser-Agent: u\rAccept: z\r\nUser-Agent: v\r\n\r\n");

	has(l, "http.request", 0, "header=Host,a%20b,X,,User-Agent,u,Accept,z,User-Agent,v");
	has(l, "http.request", 0, "user_agent=u");
	has(l, "http.request", 0, "oddities=lf_line_end,cr_line_end,header_folding,space_before_colon,header_without_colon");
	l = request("GET / HTTP/1.1\r\n Host: a\r\nReferer: /x/SignOut.aspx\r\nReferer: y\r\n\r\n");
	has(l, "http.request", 0, "host=a");
	has(l, "http.request", 0, "referer.path=/x/SignOut.aspx,/y");
	assert_true(odd(l, "space_before_name"));
}

/* What of body is told when the response has these fields. */
static const char *body_of(const char *head_fields, const char *body)
{
	char buf[4096];

	snprintf(buf, sizeof(buf), "HTTP/1.1 200 ok\r\n%s\r\n%s", head_fields, body);
	return response(buf);
}

#define BODY(fields, body, want) has(body_of(fields, body), "http.body", 0, "bytes=" want)

static void chunked_in_all_spellings(void **state)
{
	static const char *const te[] = { "Transfer-Encoding: chunked\r\n", "Transfer-Encoding:\r\n chunked\r\n", "Transfer-Encoding: xchunked\r\n",
		"Transfer-Encoding\t: chunked\r\n", "Transfer-Encoding:: chunked\r\n", "X: y\r\n Transfer-Encoding: chunked\r\n",
		"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding\r\n : chunked\r\n", "Transfer-Encoding:\vchunked\r\n",
		"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "A: b\rTransfer-Encoding: chunked\r\n" };
	static const char *const chunks[] = { "5\r\nhello\r\n3\r\n wo\r\n0\r\n\r\n", "05\r\nhello\r\n0003\r\n wo\r\n00\r\n\r\n",
		"5 \r\nhello\r\n3;x=y\r\n wo\r\n0\r\n\r\n", "5\nhello\n3\n wo\n0\n\n", "\r\n5\r\nhello\r\n\r\n3\r\n wo\r\n0\r\n\r\n",
		"0x5\r\nhello\r\n0x3\r\n wo\r\n0\r\n\r\n", "5\r\nhello\r\n3\r\n wo\r\n", "\t5\r\r\nhello\r\n3\v\r\n wo\r\n0\r\nT: v\r\n\r\n" };

	for (size_t i = 0; i < SK_ARRAY_LEN(te); i++)
		for (size_t j = 0; j < SK_ARRAY_LEN(chunks); j++)
			has(body_of(te[i], chunks[j]), "http.body", 0, "bytes=hello%20wo");
	assert_true(odd(body_of(te[0], chunks[1]), "chunk_size_zeros"));
	assert_true(odd(body_of(te[0], chunks[2]), "chunk_extension"));
	assert_true(odd(body_of(te[0], chunks[3]), "chunk_line_end"));
	assert_true(odd(body_of(te[0], chunks[5]), "chunk_size_syntax"));
	assert_true(odd(body_of(te[0], chunks[6]), "missing_final_chunk"));
	has(body_of(te[0], chunks[6]), "http.body", 0, "truncated=1");
	assert_null(strstr(body_of(te[0], chunks[0]), "oddity"));
	assert_true(odd(body_of(te[9], chunks[0]), "content_length_and_chunked"));
}

/* Pieces of a run that are a byte or two long are told together, in their order, also where something is odd among them. */
static void tiny_chunks(void **state)
{
	char text[8192], want[2300] = "bytes=";
	size_t n = 0, w = 6;
	uint64_t before;

	start();
	C("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
	before = k.events;
	for (int i = 0; i < 600; i++) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, "2%s\r\n%c%c\r\n", i == 300 ? ";x" : "", 'a' + i % 26, 'A' + i % 25);
		w += (size_t)snprintf(want + w, sizeof(want) - w, "%c%c", 'a' + i % 26, 'A' + i % 25);
	}
	kit_run(&k, SK_TO_SERVER, text, n, false);
	assert_int_equal(k.events - before, 3);			/* 600 bytes, the oddity, 600 bytes */
	C("1\r\n.\r\n");
	assert_int_equal(k.events - before, 4);			/* what comes with another packet is told with it */
	C("0\r\n\r\n");
	want[w++] = '.';
	want[w] = 0;
	has(finish(), "http.body", 0, want);
}

static void chunked_in_name_only(void **state)
{
	BODY("Transfer-Encoding: x chunked\r\n", "plain body", "plain%20body");
	assert_true(odd(body_of("Transfer-Encoding: chunked\r\n", "plain body"), "not_chunked"));
	BODY("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "plain", "plain");
}

static void lengths(void **state)
{
	const char *l;

	BODY("Content-Length: 3\r\nContent-Length: 3\r\n", "abc", "abc");
	BODY("Content-Length: 003\r\n", "abc", "abc");
	BODY("Content-Length: 3, 3\r\n", "abc", "abc");
	BODY("Content-Length: +3\r\n", "abc", "abc");
	BODY("Content-Length: 1 3\r\n", "abc", "abc");
	BODY("Content-Length: 2\r\nContent-Length: 3\r\n", "abc", "abc");
	l = body_of("Content-Length: 9\r\n", "abc");
	assert_true(odd(l, "short_body"));
	has(l, "http.body", 0, "truncated=1");
	assert_true(odd(body_of("Content-Length: -3\r\n", "abc"), "bad_content_length"));
	assert_true(odd(body_of("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), "duplicate_content_length"));
	assert_true(odd(body_of("Content-Length: 3,4\r\n", "abc"), "different_content_length"));
	assert_true(odd(body_of("Content-Length: 03\r\n", "abc"), "content_length_zeros"));
}

static void the_request_behind_an_odd_length(void **state)
{
	static const struct {
		const char *fields, *body, *odd;
	} cases[] = {
		{ "Transfer-Encoding: chunked\r\n", "10000000000000000\r\n\r\n", "chunk_size_overflow" },
		{ "Content-Length: 18446744073709551615\r\n", "", "bad_content_length" },
		{ "Content-Length: -1\r\n", "", "bad_content_length" },
		{ "Transfer-Encoding: chunked\r\nContent-Length: 50\r\n", "0\r\n\r\n", "content_length_and_chunked" },
		{ "Expect: 100-continue\r\nContent-Length: 0\r\n", "", "expect_without_body" },
		{ "Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n", "chunked_twice" },
		{ "Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n", "header_folding" },
		{ "Content-Length: 0003\r\n", "abc", "content_length_zeros" },
		{ "Transfer-Encoding: chunked\r\n", "zz\r\n", "not_chunked" },
		{ "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\nzz\r\n", "chunk_broken" },
		{ "Content-Length: 3;\r\n", "abc", "bad_content_length" },
		{ "Content-Length: 3\r\n", "abc\r\n\r\n\r\n", "blank_before_message" },
		{ "Content-Length: 3\r\n", "abcjunk\r\n", "junk_before_message" },
	};

	for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++) {
		char buf[1024];
		const char *l;

		snprintf(buf, sizeof(buf), "POST /one HTTP/1.1\r\nHost: a\r\n%s\r\n%sGET /two HTTP/1.1\r\nHost: a\r\n\r\n", cases[i].fields,
			 cases[i].body);
		l = request(buf);
		assert_int_equal(lines(l, "http.request"), 2);
		has(l, "http.request", 1, "target=/two");
		assert_true(odd(l, cases[i].odd));
	}
}

/* CL.TE and TE.CL: the requests of both readings. */
static void both_readings_are_told(void **state)
{
	const char *l = request("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGPOST /b HTTP/1.1\r\n"
				"Host: h\r\n\r\n");

	assert_int_equal(lines(l, "http.request"), 3);
	has(l, "http.request", 1, "method=GPOST");
	has(l, "http.request", 2, "method=POST");
	assert_true(odd(l, "second_reading"));
	l = request("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n2c\r\nGET /hidden HTTP/1.1\r\n"
		    "Content-Length: 8\r\n\r\n\r\n0\r\n\r\nGET /c HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_non_null(strstr(l, "target=/hidden"));
	assert_non_null(strstr(l, "target=/c"));
	assert_true(odd(l, "second_reading"));
	/* an LF in a chunk extension: the end of the line, or a part of it */
	l = request("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;a\nb\r\nabc\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_non_null(strstr(l, "target=/hidden"));
	assert_true(odd(l, "second_reading"));
	assert_true(odd(l, "chunk_extension"));
	l = request("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 0\r\n\r\nabcGET /b HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_int_equal(lines(l, "http.request"), 3);
	has(l, "http.request", 1, "method=GET");
	has(l, "http.request", 2, "method=abcGET");
}

static void messages_without_bodies(void **state)
{
	const char *l;

	start();
	C("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\nGET /c HTTP/1.1\r\nHost: h\r\n\r\n");
	S("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nHTTP/1.1 304 Not\r\nContent-Length: 10\r\n\r\n"
	  "HTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 Five\r\nContent-Length: 0\r\n\r\n");
	l = finish();
	assert_int_equal(lines(l, "http.response"), 5);
	assert_int_equal(lines(l, "http.body"), 0);
	assert_true(odd(l, "response_without_request"));
	l = response("HTTP/1.1 204 ok\r\nContent-Length: 5\r\n\r\nhello");
	has(l, "http.body", 0, "bytes=hello");
	assert_true(odd(l, "unexpected_body"));
}

static void odd_responses(void **state)
{
	const char *l = response("only bytes");

	has(l, "http.body", 0, "bytes=only%20bytes");
	assert_true(odd(l, "missing_status_line"));
	l = response("SIP/2.0 200 ok\r\nHTTP/1.1 200 ok\r\nContent-Length: 2\r\n\r\nhi");
	has(l, "http.response", 0, "status=200");
	has(l, "http.body", 1, "bytes=hi");
	l = response("HTTP/1.1\n 200 ok\r\nContent-Length: 2\r\n\r\nhi");
	has(l, "http.response", 0, "status=200");
	l = response("HTTP/1.1 20x ok\r\nContent-Length: 2\r\n\r\nhi");
	assert_true(odd(l, "bad_status"));
	has(l, "http.body", 0, "bytes=hi");
	l = response_n("\0HTTP/1.1\0 200\0 ok\r\nContent\0-Length: 2\r\n\r\nhi", 44);
	has(l, "http.response", 0, "status=200");
	has(l, "http.body", 0, "bytes=hi");
	l = response("HTTP/1.1 101 Switch\r\nContent-Length: 2\r\n\r\nhi");
	has(l, "http.body", 0, "bytes=hi");
	l = response("HTTP/1.1 200 ok\nContent-Length: 2\n \nhi");
	has(l, "http.body", 0, "bytes=hi");
	l = response("HTTP/1.1 200 ok\r\nA: b\r\n\r\r\nContent-Length: 2\r\n\r\nhi");
	has(l, "http.body", 0, "bytes=hi");
}

/* Behind as many requests as are kept it is still known which were HEAD. */
static void heads_have_no_bodies_even_unkept(void **state)
{
	char text[64];
	const char *l;

	start();
	for (int i = 0; i < 330; i++) {
		snprintf(text, sizeof(text), "%s /%d HTTP/1.1\r\nHost: h\r\n\r\n", i % 100 == 65 || i % 100 == 29 ? "HEAD" : "GET", i);
		kit_run(&k, SK_TO_SERVER, text, strlen(text), false);
	}
	for (int i = 0; i < 330; i++) {
		bool head = i % 100 == 65 || i % 100 == 29;

		snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", head ? 40 : 2, head ? "" : "ab");
		kit_run(&k, SK_TO_CLIENT, text, strlen(text), false);
	}
	l = finish();
	assert_int_equal(lines(l, "http.response"), 330);
	assert_false(odd(l, "short_body") || odd(l, "junk_before_message") || odd(l, "response_without_request"));
}

static void inline_byte(const char *byte)
{
	struct sk_run r = { .data = sk_span_str(byte), .off = k.off[0], .packet = ++k.packet, .reading = SK_RUN_INSERTED };

	r.time_ns = k.packet * 1000000000u;
	sk_app_run(k.app, &k.flow, SK_TO_SERVER, &r);
}

/* RFC 6093 6: hosts that read urgent data inline see another target. */
static void urgent_data_is_read_both_ways(void **state)
{
	const char *l;

	start();
	C("GET /malic");
	inline_byte("X");
	C("ious HTTP/1.1\r\nHo");
	inline_byte("s");
	C("st: h\r\n\r\n");
	C("GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
	l = finish();
	assert_int_equal(lines(l, "http.request"), 3);
	has(l, "http.request", 0, "target=/malicious");
	has(l, "http.request", 1, "target=/malicXious");
	assert_true(odd(l, "second_reading"));
	has(l, "http.request", 2, "target=/next");
	/* in a body: the other reading's message ends earlier, and shows a request there */
	start();
	C("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na");
	inline_byte("X");
	C("bGET /hidden HTTP/1.1\r\nHost: h\r\n\r\n");
	l = finish();
	assert_non_null(strstr(l, "target=/hidden"));
	/* before anything is known, and at the very end */
	start();
	inline_byte("X");
	C("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
	inline_byte("X");
	l = finish();
	assert_int_equal(lines(l, "http.request"), 1);
}

static void replaced(const char *bytes, uint64_t off)
{
	struct sk_run r = { .data = sk_span_str(bytes), .off = off, .packet = ++k.packet, .reading = SK_RUN_REPLACED };

	r.time_ns = k.packet * 1000000000u;
	sk_app_run(k.app, &k.flow, SK_TO_SERVER, &r);
}

/* Overlaps with different bytes: the reading that lost, wherever the stream stands. */
/* The stream comes to the other bytes in the middle of a run, and the request goes on behind them. */
static void bytes_to_come_are_read_both_ways(void **state)
{
	const char *l;

	start();
	C("GET /");
	kit_other(&k, 0, 8, sk_span_str("hidden"), false, sk_span_str("GET /"));
	kit_other(&k, 0, 14, sk_span_str(".x"), false, sk_span_str("GET /"));
	C("pubpublic.y HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n");
	l = finish();
	assert_int_equal(lines(l, "http.request"), 3);
	assert_non_null(strstr(l, "target=/pubpublic.y "));
	assert_non_null(strstr(l, "target=/pubhidden.x "));
	assert_true(odd(l, "second_reading"));
	/* in a run that ends a request to a proxy: nothing behind it is read */
	start();
	C("GET /a HTTP/1.1\r\nHost: h\r\n\r\nCONN");
	kit_other(&k, 0, 66, sk_span_str("XX"), false, sk_span_str(""));
	C("ECT h:1 HTTP/1.1\r\nHost: h\r\n\r\nabcdefghijklmnop");
	l = finish();
	assert_int_equal(lines(l, "http.request"), 2);
}

static void replaced_bytes_are_read_both_ways(void **state)
{
	const char *l;

	/* still to come, in two pieces; what follows is read by both */
	start();
	C("GET /");
	replaced("sec", 5);
	replaced("ret", 8);
	C("public HTTP/1.1\r\nHo");
	C("st: h\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n");
	l = finish();
	assert_int_equal(lines(l, "http.request"), 3);
	has(l, "http.request", 0, "target=/public");
	has(l, "http.request", 1, "target=/next");
	has(l, "http.request", 2, "target=/secret");
	has(l, "http.request", 2, "host=h");
	/* waiting for the rest of its head */
	start();
	C("GET /public HTTP/1.1\r\nHost: h");
	replaced("secret", 5);
	C("\r\n\r\n");
	l = finish();
	assert_int_equal(lines(l, "http.request"), 2);
	has(l, "http.request", 1, "target=/secret");
	has(l, "http.request", 1, "host=h");
	/* read long ago */
	start();
	C("GET /public HTTP/1.1\r\nHost: h\r\n\r\n");
	replaced("GET /secret HTTP/1.1\r\nHost: h\r\n\r\n", 0);
	C("GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
	l = finish();
	assert_int_equal(lines(l, "http.request"), 3);
	has(l, "http.request", 1, "target=/secret");
	has(l, "http.request", 2, "target=/next");
	assert_true(odd(l, "second_reading"));
	/* what begins no request tells none */
	start();
	C("GET /public HTTP/1.1\r\nHost: h\r\n\r\n");
	replaced("secret", 5);
	l = finish();
	assert_int_equal(lines(l, "http.request"), 1);
}

static void responses_find_their_requests(void **state)
{
	const char *l;

	start();
	for (int i = 0; i < 200; i++)
		C("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
	for (int i = 0; i < 201; i++)
		S("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	l = finish();
	assert_int_equal(lines(l, "http.request"), 200);
	assert_int_equal(lines(l, "http.response"), 201);
	assert_true(odd(l, "pipeline_too_long"));
	assert_int_equal(lines(l, "http.oddity"), 2);
	has(l, "http.oddity", 1, "name=response_without_request");
}

static void forms(void **state)
{
	const char *l = request("POST /f?q=1 HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 31\r\n\r\n"
				"a=%3Cb%3E+c&d&=e&f=%zz%u0041&&g");

	has(l, "http.form", 0, "source=query");
	has(l, "http.form", 1, "name=a value=<b>%20c last=1 truncated=0 source=urlencoded index=0");
	has(l, "http.form", 2, "name=d value= last=1 truncated=0 source=urlencoded index=1");
	has(l, "http.form", 3, "name= value=e last=1 truncated=0 source=urlencoded index=2");
	has(l, "http.form", 4, "name=f value=%25zzA last=1 truncated=0 source=urlencoded index=3");
	has(l, "http.form", 5, "name=g value= last=1 truncated=0 source=urlencoded index=4");
	l = request("POST /f HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na=b");
	has(l, "http.form", 0, "name=a value=b last=1 truncated=0 source=urlencoded index=0");
	assert_true(odd(l, "form_type_mismatch"));
	l = request("POST /f HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded; charset=ibm037\r\nContent-Length: 3\r\n\r\na=b");
	assert_true(odd(l, "odd_charset"));
	l = request("POST /f HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\na=b");
	assert_int_equal(lines(l, "http.form"), 0);
}

/* Where the charset is named; t_charset.c has what is read in it. IBM037: %95 is n, %A5 is v; "n=" as it stands is ">" and a control. */
static void charsets(void **state)
{
	const char *l = request("POST /f?%95=%A5 HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded; charset=ibm037\r\n"
				"Content-Length: 7\r\n\r\n%95=%A5");

	has(l, "http.form", 0, "name=n value=v last=1 truncated=0 source=query");
	has(l, "http.form", 1, "name=n value=v last=1 truncated=0 source=urlencoded");
	assert_true(odd(l, "odd_charset"));
	l = request("POST /f?a=1 HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded; charset=utf-16\r\n"
		    "Content-Length: 9\r\n\r\nn%00=v%00");
	has(l, "http.form", 0, "name=a value=1");
	has(l, "http.form", 1, "name=n value=v");
	/* a telephone's browser names it in a header of its own, also without a body */
	l = request("GET /f?%95=%A5 HTTP/1.1\r\nHost: h\r\nUser-Agent: UP.Browser\r\nX-UP-Devcap-Post-Charset: ibm037\r\n\r\n");
	has(l, "http.form", 0, "name=n value=v");
	l = request("POST /f HTTP/1.1\r\nHost: h\r\nUser-Agent: UPx\r\nx-up-devcap-post-charset: ibm037\r\n"
		    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\n%95=%A5");
	has(l, "http.form", 0, "name=n value=v");
	assert_true(odd(l, "odd_charset"));
	/* not of another browser */
	l = request("POST /f HTTP/1.1\r\nHost: h\r\nUser-Agent: Up\r\nx-up-devcap-post-charset: ibm037\r\n"
		    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b");
	has(l, "http.form", 0, "name=a value=b");
	assert_false(odd(l, "odd_charset"));
}

#define MULTIPART "POST /f HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=\"=_x y\"\r\nTransfer-Encoding: chunked\r\n\r\n"

static void multipart(void **state)
{
	char buf[2048];
	static const char body[] = "preamble\r\n--=_x y\r\nContent-Disposition: form-data; name=\"a\\\"b\"\r\n\r\nv1\r\n--=_x\r\n--\r\n--=_x y \t\r\n"
		"content-disposition: form-data; name=f; filename=\"..\\x.exe\"\r\nContent-Type: text/plain\r\n\r\nMZ\r\n\r\n--=_x y\r\n"
		"Content-Disposition: form-data;\r\n name=b64\r\nContent-Transfer-Encoding: base64\r\n\r\naGVs\r\nbG8=\r\n--=_x y\r\n"
		"Content-Disposition: form-data; name=qp\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na=3Db=\r\nc\r\n--=_x y--\r\nepilogue";
	const char *l;

	snprintf(buf, sizeof(buf), "%s%zx\r\n%s\r\n0\r\n\r\n", MULTIPART, sizeof(body) - 1, body);
	l = request(buf);
	has(l, "http.form", 0, "name=a\"b value=v1%0d%0a--=_x%0d%0a-- last=1 truncated=0 source=multipart index=0");
	has(l, "http.form", 1, "name=f value=MZ%0d%0a last=1 truncated=0 source=multipart filename=..\\x.exe content_type=text/plain index=1");
	has(l, "http.form", 2, "name=b64 value=hello last=1 truncated=0 source=multipart index=2");
	has(l, "http.form", 3, "name=qp value=a=bc last=1 truncated=0 source=multipart index=3");
	assert_int_equal(lines(l, "http.form"), 4);
	has(l, "file", 0, "name=..\\x.exe magic=pe size=4");
	assert_true(odd(l, "transfer_coded_part"));
	assert_false(odd(l, "multipart_unfinished"));
	l = request("POST /f HTTP/1.1\r\nHost: h\r\nContent-Length: 59\r\n\r\n--x\nContent-Disposition: form-data; name=a\n\nv\n--x\nContent-");
	has(l, "http.form", 0, "name=a value=v last=1 truncated=0 source=multipart index=0");
	assert_true(odd(l, "multipart_unfinished") && odd(l, "multipart_line_end"));
}

/* SHA-256, SHA-1 and MD5 of "abc": FIPS 180-2 B.1, A.1; RFC 1321 A.5. */
static void files(void **state)
{
	const char *l = body_of("Content-Disposition: attachment; filename*=UTF-8''%e2%82%ac.bin\r\nContent-Length: 3\r\n", "abc");

	has(l, "file", 0, "name=%e2%82%ac.bin magic=data size=3 sha256=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad "
		"sha1=a9993e364706816aba3e25717850c26c9cd0d89d md5=900150983cd24fb0d6963f7d28e17f72 truncated=0");
	l = body_of("Content-Type: text/html\r\nContent-Length: 3\r\n", "abc");
	assert_int_equal(lines(l, "file"), 0);
	l = body_of("Content-Type: text/html\r\nContent-Length: 9\r\n", "%PDF-1.4\n");
	has(l, "file", 0, "name=eicar.txt magic=pdf size=9");
	l = body_of("Content-Type: application/zip\r\nContent-Length: 9\r\n", "PK\3\4");
	assert_null(strstr(line(l, "file", 0), "sha256"));
	has(l, "file", 0, "truncated=1");
	l = request("PUT /d/x.bin HTTP/1.1\r\nHost: h\r\nContent-Type: application/octet-stream\r\nContent-Length: 5\r\n\r\n\177ELF ");
	has(l, "file", 0, "name=x.bin magic=elf size=5");
}

static size_t gzipped(const char *s, uint8_t *out, size_t room)
{
	z_stream z = { 0 };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, 0), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)s;
	z.avail_in = (uInt)strlen(s);
	z.next_out = out;
	z.avail_out = (uInt)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	room = z.total_out;
	deflateEnd(&z);
	return room;
}

static void compressed_bodies(void **state)
{
	uint8_t buf[1024];
	int n = snprintf((char *)buf, sizeof(buf), "HTTP/1.1 200 ok\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n");
	size_t len = (size_t)n + gzipped("hello hello hello", buf + n, sizeof(buf) - (size_t)n);

	has(response_n((char *)buf, len), "http.body", 0, "bytes=hello%20hello%20hello last=1 truncated=0 encoding=gzip");
}

static void pieces_of_a_resource(void **state)
{
	static const char *const ok = "GET /f HTTP/1.1\r\nHost: h\r\nRange: bytes=0-9\r\n\r\n";
	char head[128];
	const char *l;

	/* single bytes, none beside another: more than are kept */
	start();
	kit_run(&k, SK_TO_SERVER, ok, strlen(ok), false);
	S("HTTP/1.1 206 P\r\nContent-Type: multipart/byteranges; boundary=b\r\n\r\n");
	for (unsigned i = 0; i <= SK_RANGES_CHUNKS; i++) {
		int n = snprintf(head, sizeof(head), "--b\r\nContent-Range: bytes %u-%u/9999\r\n\r\nx\r\n", 2 * i, 2 * i);

		kit_run(&k, SK_TO_CLIENT, head, (size_t)n, false);
	}
	l = finish();
	assert_true(odd(l, "range_limit"));
	assert_false(odd(l, "range_hole"));
	/* more resources of a flow than it remembers, and of a worker than are kept */
	start();
	k.wanted.kinds = UINT64_C(1) << SK_KIND_HTTP_BODY | UINT64_C(1) << SK_KIND_HTTP_ODDITY;
	for (unsigned i = 0; i < 600; i++) {
		int n = snprintf(head, sizeof(head), "GET /%u HTTP/1.1\r\nHost: h\r\nRange: bytes=0-9\r\n\r\n", i / 2);

		kit_run(&k, SK_TO_SERVER, head, (size_t)n, false);
		n = snprintf(head, sizeof(head), "HTTP/1.1 206 P\r\nContent-Range: bytes %u-%u/9\r\nContent-Length: 2\r\n\r\nab", i % 2 * 2, i % 2 * 2 + 1);
		kit_run(&k, SK_TO_CLIENT, head, (size_t)n, false);
	}
	l = finish();
	assert_true(odd(l, "range_hole"));
	has(l, "http.body", 602, "bytes=abab");
	/* pieces of a compressed body behind transfer coding, a gap in one of them */
	start();
	kit_run(&k, SK_TO_SERVER, ok, strlen(ok), false);
	S("HTTP/1.1 206 P\r\nTransfer-Encoding: deflate\r\nContent-Range: bytes 0-3/6\r\n\r\n\x4b\x4c");
	kit_gap(&k, SK_TO_CLIENT, 3);
	S("rest");
	l = finish();
	assert_false(odd(l, "range_hole"));
}

static void switches(void **state)
{
	const char *l;

	start();
	C("CONNECT h.example:443 HTTP/1.1\r\nHost: h.example:443\r\n\r\nGET /early HTTP/1.1\r\n\r\n");
	S("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n");
	C("GET /late HTTP/1.1\r\nHost: h\r\n\r\n");
	l = finish();
	has(l, "http.request", 0, "host=h.example");
	has(l, "http.request", 1, "target=/early");
	has(l, "http.request", 2, "target=/late");
	start();
	C("CONNECT h.example:80 HTTP/1.1\r\nHost: h.example:80\r\n\r\n");
	S("HTTP/1.1 200 Fine\r\n\r\n");
	C("GET /inside HTTP/1.1\r\nHost: h\r\n\r\n");
	S("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
	l = finish();
	has(l, "http.request", 1, "target=/inside");
	has(l, "http.body", 0, "bytes=hi");
	start();
	C("GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: unheard-of\r\nConnection: Upgrade\r\n\r\n");
	S("HTTP/1.1 101 Switching\r\nUpgrade: unheard-of\r\nConnection: Upgrade\r\n\r\nrest");
	l = finish();
	has(l, "stream.data", 0, "bytes=rest");
}

static void long_heads_are_cut(void **state)
{
	const char *l;

	start();
	C("GET /long HTTP/1.1\r\nHost: h\r\n");
	for (int i = 0; i < 9000; i++)
		C("X-Filler: 0123456789abcdef0123456789abcdef\r\n");
	C("\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n");
	l = finish();
	assert_non_null(strstr(l, "target=/long"));
	assert_non_null(strstr(l, "target=/next"));
	assert_true(odd(l, "header_too_long"));
	/* where it ends nobody knows: what follows a gap may be its body */
	start();
	C("GET /long HTTP/1.1\r\nHost: h\r\n");
	for (int i = 0; i < 9000; i++)
		C("X-Filler: 0123456789abcdef0123456789abcdef\r\n");
	kit_gap(&k, SK_TO_SERVER, 100);
	C("what is behind\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n");
	l = finish();
	has(l, "http.body", 0, "bytes=what%20is%20behind%0d%0a");
	assert_non_null(strstr(l, "target=/next"));
}

static void gaps(void **state)
{
	const char *l;

	start();
	C("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n");
	S("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
	kit_gap(&k, SK_TO_CLIENT, 4);
	S("hijHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nab");
	kit_gap(&k, SK_TO_CLIENT, 5);
	S("h\r\n2\r\nij\r\n0\r\n\r\n");
	l = finish();
	has(l, "http.body", 0, "bytes=abchij last=1 truncated=1");
	has(l, "http.body", 1, "bytes=abhij last=1 truncated=1");
	start();
	C("GET /a HTTP/1.1\r\nHos");
	kit_gap(&k, SK_TO_SERVER, 100);
	C("middle of something\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n");
	l = finish();
	assert_true(odd(l, "incomplete_head"));
	assert_int_equal(lines(l, "http.request"), 2);
	has(l, "http.request", 1, "target=/b");
}

/* --- properties --- */

struct transcript {
	const char *client, *server;
};

static const struct transcript transcripts[] = {
	{ "GET /a?x=%41&y=2 HTTP/1.1\r\nHost: h\r\nCookie: a=b\r\n\r\nPOST /b HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	  "Content-Length: 17\r\n\r\nname=%3cvalue%3e&GET /c HTTP/1.0\r\n\r\n",
	  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "5;e\r\nhello\r\n0a\r\n0123456789\r\n0\r\nX: y\r\n\r\nHTTP/1.0 404 No\r\n\r\nuntil the end\r\nHTTP/1.1 of it" },
	{ MULTIPART "d6\r\n--=_x y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nv1\r\n--=_x\r\n--\r\n\r\n--=_x y\r\n"
	  "Content-Disposition: form-data; name=f; filename=\"x\"\r\nContent-Transfer-Encoding: base64\r\n\r\naGVs\r\nbG8=\r\n--=_x y--\r\n\r\n0\r\n\r\n",
	  "\r\n \tHTTP/1.1\t200 ok\r\nA: b\rTransfer-Encoding:\r\n chunked\r\n\r\r\nX : y\r\n\t\r\n\r\n\t5\nhello3\r\n" },
	{ "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: -4\r\nTransfer-Encoding: x\r\n\r\nline\r\nno GET here\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\njunk\r\n"
	  "more junk\nGET /c\r\nHost: h\r\n\r\nGET /d\r\n",
	  "SIP/2.0 200\r\nHTTP/1.1 200 ok\r\nContent-Length: 3;\r\n\r\nabcdef\r\nHTTP/1.1 204 no\r\nContent-Length: 4\r\n\r\nbodyHTTP/1.1 304 not\r\n"
	  "Content-Length: 4\r\n\r\nHTTP/1.1 200 ok\r\nTransfer-Encoding: chunked\r\n\r\nno chunks" },
	{ "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\nGET /e HTTP/1.1\r\nHost: h\r\n \r\n\r\n"
	  "POST /f HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nGET /g HTTP/1.1\r\n\r\n",
	  "HTTP/1.1 200 ok\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzipHTTP/1.1 200 ok\r\nContent-Encoding: deflate\r\n\r\nplain text" },
	{ "GET /f HTTP/1.1\r\nHost: h\r\nRange: bytes=3-5\r\n\r\nGET /f HTTP/1.1\r\nHost: h\r\nRange: bytes=0-3\r\n\r\n"
	  "GET /f HTTP/1.1\r\nHost: h\r\nRange: bytes=6-8,0-1\r\n\r\nGET /g HTTP/1.1\r\nHost: h\r\nRange: bytes=0-9\r\n\r\n",
	  "HTTP/1.1 206 P\r\nContent-Range: bytes 3-5/9\r\nContent-Length: 3\r\n\r\ndefHTTP/1.1 206 P\r\nContent-Range: bytes 0-3/9\r\n"
	  "Content-Length: 4\r\n\r\nabcXHTTP/1.1 206 P\r\nContent-Type: multipart/byteranges; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "57\r\n--b\r\nContent-Range: bytes 6-8/9\r\n\r\nghi\r\n--b\r\nContent-Range: none\r\nX: y\r\n\r\nx\r\n--b--\r\nepilogue!\r\n0\r\n\r\n"
	  "HTTP/1.1 206 P\r\nTransfer-Encoding: deflate\r\nContent-Range: bytes 2-8/20\r\n\r\nplain" },
	{ "POST /a HTTP/1.1\r\nHost: h\r\nContent-Type: text/xml\r\nContent-Length: 47\r\n\r\n"
	  "Lo\xa7\x94\x93@\xa5\x85\x99\xa2\x89\x96\x95~\x7f\xf1K\xf0\x7f@\x85\x95\x83\x96\x84\x89\x95\x87~\x7f\x89\x82\x94\xf5\xf0\xf0\x7fonL\x99n\x81L"
	  "a\x99n"
	  "POST /b HTTP/1.1\r\nHost: h\r\nContent-Type: text/xml\r\nContent-Length: 54\r\n\r\n"
	  "<\?xml version=\"1.0\" encoding=\"utf-7\"\?><r>a</r>+AEU-+AE",
	  "HTTP/1.1 200 ok\r\nContent-Length: 6\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n+AEU-<HTTP/1.1 200 ok\r\n\r\n<?xml" },
};

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* The lines in order of their text: units of different kinds may close in another order when their bytes come otherwise. */
static char *sorted(const char *log)
{
	char *copy = strdup(log), *out = calloc(1, strlen(log) + 2), *at[512], *rest;
	size_t n = 0, w = 0;

	for (char *p = strtok_r(copy, "\n", &rest); p && n < 512; p = strtok_r(NULL, "\n", &rest))
		at[n++] = p;
	qsort(at, n, sizeof(at[0]), by_text);
	for (size_t i = 0; i < n; i++)
		w += (size_t)snprintf(out + w, strlen(log) + 2 - w, "%s\n", at[i]);
	free(copy);
	return out;
}

static char *run_transcript(const struct transcript *t, size_t step, size_t client_n, size_t server_n)
{
	char *log;

	start();
	kit_split(&k, SK_TO_SERVER, t->client, client_n, step);
	kit_split(&k, SK_TO_CLIENT, t->server, server_n, step);
	kit_run(&k, SK_TO_SERVER, "", 0, true);
	kit_run(&k, SK_TO_CLIENT, "", 0, true);
	kit_end(&k);
	log = sorted(kit_log(&k));
	kit_free(&k);
	return log;
}

static void any_segmentation_gives_the_same(void **state)
{
	for (size_t i = 0; i < SK_ARRAY_LEN(transcripts); i++) {
		const struct transcript *t = &transcripts[i];
		size_t c = strlen(t->client), s = strlen(t->server);
		char *whole = run_transcript(t, 10000, c, s);

		for (size_t step = 1; step < 64; step++) {
			char *log = run_transcript(t, step, c, s);

			if (strcmp(log, whole))
				fail_msg("transcript %zu, step %zu:\n%s\nwhole:\n%s", i, step, log, whole);
			free(log);
		}
		free(whole);
	}
}

static void every_truncation_closes_its_units(void **state)
{
	for (size_t i = 0; i < SK_ARRAY_LEN(transcripts); i++) {
		const struct transcript *t = &transcripts[i];
		size_t c = strlen(t->client), s = strlen(t->server);

		for (size_t n = 0; n <= c; n++)
			free(run_transcript(t, 10000, n, s));
		for (size_t n = 0; n <= s; n++)
			free(run_transcript(t, 7, c, n));
	}
}

/* Bytes [at, at + lost) of a direction never come. */
static void run_gap(const struct transcript *t, int dir, size_t at, size_t lost)
{
	const char *bytes[2] = { t->client, t->server };

	start();
	for (int d = 0; d < 2; d++) {
		size_t n = strlen(bytes[d]);

		if (d != dir) {
			kit_run(&k, d, bytes[d], n, false);
			continue;
		}
		lost = lost < n - at ? lost : n - at;
		kit_run(&k, d, bytes[d], at, false);
		if (lost)
			kit_gap(&k, d, lost);
		if (at + lost < n)
			kit_run(&k, d, bytes[d] + at + lost, n - at - lost, false);
	}
	(void)finish();
}

static void every_gap_closes_its_units(void **state)
{
	for (size_t i = 0; i < SK_ARRAY_LEN(transcripts); i++)
		for (int dir = 0; dir < 2; dir++) {
			size_t n = strlen(dir ? transcripts[i].server : transcripts[i].client);

			for (size_t at = 0; at < n; at++) {
				run_gap(&transcripts[i], dir, at, 1);
				run_gap(&transcripts[i], dir, at, 50);
			}
		}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_exchange), cmocka_unit_test(the_other_views_of_a_target),
		cmocka_unit_test(fields_behind_a_chunked_body), cmocka_unit_test(request_lines),
		cmocka_unit_test(heads_have_no_bodies_even_unkept), cmocka_unit_test(urgent_data_is_read_both_ways),
		cmocka_unit_test(replaced_bytes_are_read_both_ways), cmocka_unit_test(bytes_to_come_are_read_both_ways), cmocka_unit_test(fields),
		cmocka_unit_test(chunked_in_all_spellings), cmocka_unit_test(tiny_chunks), cmocka_unit_test(chunked_in_name_only), cmocka_unit_test(lengths),
		cmocka_unit_test(the_request_behind_an_odd_length), cmocka_unit_test(both_readings_are_told),
		cmocka_unit_test(messages_without_bodies), cmocka_unit_test(odd_responses), cmocka_unit_test(responses_find_their_requests),
		cmocka_unit_test(forms), cmocka_unit_test(charsets), cmocka_unit_test(multipart), cmocka_unit_test(files), cmocka_unit_test(compressed_bodies),
		cmocka_unit_test(pieces_of_a_resource), cmocka_unit_test(switches), cmocka_unit_test(long_heads_are_cut), cmocka_unit_test(gaps),
		cmocka_unit_test(any_segmentation_gives_the_same), cmocka_unit_test(every_truncation_closes_its_units),
		cmocka_unit_test(every_gap_closes_its_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
