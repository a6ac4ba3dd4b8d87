/* tests/unit/rules/t_match.c — fields, operators, modifiers, evidence, streamed values. */
#include "unit.h"

#include "lab.h"
#include "rules/ruleset.h"

/* Does a condition hold of an http.request with one field set? */
static bool holds_in(unsigned kind, unsigned slot, struct sk_value v, const char *where)
{
	char text[4096];
	struct sk_ruleset *s;
	struct sk_matcher *m;
	struct lab_event e;
	struct lab_seen seen;

	lab_event(&e, kind);
	if (slot < SK_FIELD_MAX)
		e.values[slot] = v;
	snprintf(text, sizeof(text), LAB_HEAD "rules:\n  - id: r\n    title: t\n    severity: low\n    on: %s\n    where: {%s}\n",
		lab_registry.kinds[kind]->name, where);
	s = lab_load(text);
	m = sk_matcher_new(s, NULL);
	seen = lab_run(m, &e.e);
	sk_matcher_free(m);
	sk_rules_free(s);
	return seen.cnt == 1;
}

static bool holds(const char *path, const char *where)
{
	return holds_in(SK_KIND_HTTP_REQUEST, SK_F_HTTP_REQUEST_PATH, lab_text(path), where);
}

static void operators(void **state)
{
	assert_true(holds("/a/b", "path: /a/b"));
	assert_false(holds("/a/b", "path: /A/b"));
	assert_true(holds("/a/b", "path: {is: /A/B, nocase: true}"));
	assert_true(holds("/a/b", "path: [/x, /a/b]"));
	assert_true(holds("/a/b", "path: {in: [/x, /a/b]}"));
	assert_false(holds("/a/b", "path: {in: [/x, /y]}"));
	assert_true(holds("/a/b", "path: {contains: a/}"));
	assert_true(holds("/a/b", "path: {contains: [zz, a/]}"));
	assert_false(holds("/a/b", "path: {contains_all: [zz, a/]}"));
	assert_true(holds("/a/b", "path: {contains_all: [b, a/]}"));
	assert_true(holds("/a/b", "path: {contains: A/, nocase: true}"));
	assert_false(holds("/a/b", "path: {contains: A/}"));
	assert_true(holds("/a/b", "path: {starts: /a}"));
	assert_false(holds("/a/b", "path: {starts: a}"));
	assert_true(holds("/a/b", "path: {starts: /A, nocase: true}"));
	assert_true(holds("/a/b", "path: {ends: /b}"));
	assert_false(holds("/a/b", "path: {ends: /a}"));
	assert_false(holds("/a/b\n", "path: {ends: /b}"));
	assert_true(holds("/a/b", "path: {ends: /B, nocase: true}"));
	assert_true(holds("/a/b", "path: {starts: /a, ends: b, len: 4}"));
	assert_false(holds("/a/b", "path: {starts: /a, ends: c}"));
	assert_true(holds("/a/b", "path: {regex: '^/[a-z]/b$'}"));
	assert_false(holds("/a/b", "path: {regex: '^/[A-Z]/b$'}"));
	assert_true(holds("/a/b", "path: {regex: '^/[A-Z]/b$', nocase: true}"));
	assert_true(holds("/a/b", "path: {regex: ['zz', 'a.b']}"));
	assert_true(holds("/a/b", "path: {len: {gt: 3, lt: 5}}"));
	assert_false(holds("/a/b", "path: {len: {gt: 4}}"));
	assert_true(holds("/a/b", "path: {len: {ge: 4, le: 4}}"));
	assert_true(holds("/a/b", "path: {exists: yes}"));
	assert_false(holds("/a/b", "path: {exists: no}"));
	assert_true(holds("/a/b", "query: {exists: no}"));
	assert_false(holds("/a/b", "query: {contains: x}"));
	assert_true(holds("/a/b", "not: {query: {contains: x}}"));
	assert_true(holds("", "path: ''"));
	assert_true(holds("", "path: {len: 0}"));
	assert_true(holds("U\x11i\xdf{", "path: {starts: '55 11 69 DF 7b', as: hex}"));
	assert_true(holds("xA\0B\0", "path: {contains: x, as: [text, utf16]}"));
	assert_true(holds_in(SK_KIND_HTTP_REQUEST, SK_F_HTTP_REQUEST_PATH, lab_bytes("..<\0|\0", 6), "path: {contains: '<|', as: [text, utf16]}"));
	assert_false(holds_in(SK_KIND_HTTP_REQUEST, SK_F_HTTP_REQUEST_PATH, lab_bytes("..<\0|\0", 6), "path: {contains: '<|'}"));
	assert_true(holds("10.1.2.9", "path: {cidr: 10.1.2.0/24}"));
	assert_false(holds("10.1.3.9", "path: {cidr: 10.1.2.0/24}"));
	assert_false(holds("x10.1.2.9", "path: {cidr: 10.1.2.0/24}"));
}

static void logic(void **state)
{
	assert_true(holds("/a", "any: [{path: /b}, {path: /a}]"));
	assert_true(holds("/a", "any: {path: /a, query: x}"));
	assert_false(holds("/a", "all: [{path: /b}, {path: /a}]"));
	assert_true(holds("/a", "not: {path: /a, query: x}"));
	assert_false(holds("/a", "not: [{path: /a}, {query: x}]"));
	assert_true(holds("/a", "not: {not: {path: /a}}"));
	assert_true(holds("/a", "path: /a, not: {any: [{path: /b}, {path: /c}]}"));
	assert_true(holds("/a", "all: {path: {starts: /}}, any: [{not: {path: /c}}]"));
}

static void numbers(void **state)
{
	const unsigned k = SK_KIND_HTTP_RESPONSE, f = SK_F_HTTP_RESPONSE_STATUS;

	assert_true(holds_in(k, f, lab_num(200), "status: 200"));
	assert_true(holds_in(k, f, lab_num(200), "status: [404, 0xc8]"));
	assert_true(holds_in(k, f, lab_num(200), "status: {in: [404, 200]}"));
	assert_true(holds_in(k, f, lab_num(200), "status: {ge: 200, lt: 300}"));
	assert_false(holds_in(k, f, lab_num(300), "status: {ge: 200, lt: 300}"));
	assert_true(holds_in(k, f, lab_num(300), "status: {gt: 200, le: 300}"));
	assert_true(holds_in(k, SK_F_HTTP_RESPONSE_CONTENT_LENGTH, lab_num(70000), "content_length: {gt: 64 KiB}"));
	assert_true(holds_in(SK_KIND_FLOW_END, SK_F_FLOW_END_DURATION, lab_num(61000), "duration: {gt: 1 min}"));
	assert_false(holds_in(SK_KIND_FLOW_END, SK_F_FLOW_END_DURATION, lab_num(60000), "duration: {gt: 1 min}"));
	assert_true(holds_in(SK_KIND_WEBSOCKET_OPEN, SK_F_WEBSOCKET_OPEN_ACCEPT_OK, lab_bool(false), "accept_ok: no"));
	assert_false(holds_in(SK_KIND_WEBSOCKET_OPEN, SK_F_WEBSOCKET_OPEN_ACCEPT_OK, lab_bool(true), "accept_ok: no"));
	assert_true(holds_in(SK_KIND_TLS_CERTIFICATE, SK_F_TLS_CERTIFICATE_NOT_AFTER,
		(struct sk_value){ .type = SK_VALUE_TIME, .u.num = UINT64_C(1767225600000000000) }, "not_after: {ge: 2026-01-01, lt: 2026-01-02}"));
	assert_false(holds_in(SK_KIND_TLS_CERTIFICATE, SK_F_TLS_CERTIFICATE_NOT_AFTER,
		(struct sk_value){ .type = SK_VALUE_TIME, .u.num = UINT64_C(1767225599999999999) }, "not_after: {ge: 2026-01-01}"));
}

static void common(void **state)
{
	const struct sk_value none = { .type = SK_VALUE_NONE };
	const unsigned k = SK_KIND_DNS_QUERY, no = SK_FIELD_MAX;

	assert_true(holds_in(k, no, none, "client.ip: 10.1.2.3"));
	assert_true(holds_in(k, no, none, "client.ip: {cidr: [192.0.2.0/24, 10.0.0.0/8]}"));
	assert_false(holds_in(k, no, none, "client.ip: {cidr: [192.0.2.0/24, 10.2.0.0/16]}"));
	assert_true(holds_in(k, no, none, "not: {server.ip: {in: [10.9.9.9]}}"));
	assert_true(holds_in(k, no, none, "server.port: 80, transport: tcp, direction: to_server"));
	assert_true(holds_in(k, no, none, "vlan: {exists: false}"));
}

static void lists(void **state)
{
	const struct sk_value names[] = { lab_text("a.example"), lab_text("bb.example"), lab_addr("192.0.2.7"), lab_num(771) };
	const unsigned k = SK_KIND_DNS_ANSWER, f = SK_F_DNS_ANSWER_NAMES;

	assert_true(holds_in(k, f, lab_list(names, 4), "names: {starts: bb, ends: example}"));
	/* both must hold of the same item */
	assert_false(holds_in(k, f, lab_list(names, 2), "names: {starts: 'a.', len: {gt: 9}}"));
	assert_true(holds_in(k, f, lab_list(names, 2), "names: {starts: bb, len: {gt: 9}}"));
	assert_false(holds_in(k, f, lab_list(names, 2), "names: {contains_all: ['a.', bb]}"));
	assert_true(holds_in(k, f, lab_list(names, 2), "names: {contains_all: ['ex', bb]}"));
	assert_true(holds_in(k, f, lab_list(names, 4), "names: {cidr: 192.0.2.0/24}"));
	assert_true(holds_in(k, f, lab_list(names, 4), "names: 192.0.2.7"));
	assert_true(holds_in(k, f, lab_list(names, 4), "names: 771"));
	assert_true(holds_in(k, f, lab_list(names, 4), "names: {gt: 770}"));
	assert_false(holds_in(k, f, lab_list(names, 3), "names: 771"));
	assert_false(holds_in(k, f, lab_list(names, 0), "names: {exists: true}"));
}

static void pairs(void **state)
{
	const struct sk_value headers[] = { lab_text("Accept"), lab_text("x"), lab_text("X-Test"), lab_text("one"), lab_text("x-test"),
		lab_text("two") };
	struct sk_value v = lab_list(headers, 6);
	const unsigned k = SK_KIND_HTTP_REQUEST, f = SK_F_HTTP_REQUEST_HEADERS;

	v.type = SK_VALUE_PAIRS;
	assert_true(holds_in(k, f, v, "'header[x-test]': two"));
	assert_true(holds_in(k, f, v, "'header[X-TEST]': one"));
	assert_false(holds_in(k, f, v, "'header[x-test]': x"));
	assert_true(holds_in(k, f, v, "'header[*]': x"));
	assert_false(holds_in(k, f, v, "'header[*]': X-Test"));
	assert_true(holds_in(k, f, v, "'header[cookie]': {exists: no}"));
	assert_true(holds_in(k, f, v, "'header[x-test]': {starts: t, ends: o}"));
}

static void decoders(void **state)
{
	assert_true(holds("JTNDc2 NyaXB0\r\n", "path: {is: '<script', decode: [base64, urldecode]}"));
	assert_true(holds("PHNjcmlwdA==", "path: {starts: '<SCR', nocase: true, decode: base64}"));
	assert_true(holds("3c73 63", "path: {is: '<sc', decode: hex}"));
	assert_true(holds("a%2Bb+c", "path: {is: 'a+b c', decode: urldecode}"));
	assert_true(holds("a%2Bb+c%zz%", "path: {is: 'a+b+c%zz%', decode: percent}"));
	assert_true(holds("\"!", "path: {is: ab, decode: xor(C)}") == ((('"' ^ 'C') == 'a') && (('!' ^ 'C') == 'b')));
	assert_true(holds("bc", "path: {is: ab, decode: 'xor(0x0301)'}"));
	assert_true(holds("ABC", "path: {is: cba, decode: [lower, reverse]}"));
	assert_true(holds_in(SK_KIND_HTTP_REQUEST, SK_F_HTTP_REQUEST_PATH, lab_bytes("a\0b\0", 4), "path: {is: ab, decode: utf16}"));
	assert_false(holds("!!!", "path: {exists: yes, decode: base64}"));
	assert_true(holds("AAAA", "path: {len: 3, decode: base64}"));
}

static void ancestors(void **state)
{
	struct sk_ruleset *s = lab_load(LAB_HEAD
		"rules:\n"
		"  - {id: own, title: t, severity: low, on: http.response, where: {status: 200, request.path: {ends: .aspx}}}\n"
		"  - {id: full, title: t, severity: low, on: http.response, where: {http.response.status: 200, http.request.method: GET}}\n"
		"  - {id: head, title: t, severity: low, on: http.response, where: {'request.header[a]': b}}\n"
		"  - {id: body, title: t, severity: low, on: http.body, where: {request.path: {ends: .aspx}, response.status: 200, direction: to_client}}\n"
		"  - {id: form, title: t, severity: low, on: http.form, where: {request.method: GET, name: n}}\n");
	struct sk_matcher *m = sk_matcher_new(s, NULL);
	const struct sk_value headers[] = { lab_text("A"), lab_text("b") };
	struct lab_event req, resp, body;

	lab_event(&req, SK_KIND_HTTP_REQUEST);
	lab_event(&resp, SK_KIND_HTTP_RESPONSE);
	lab_event(&body, SK_KIND_HTTP_BODY);
	req.values[SK_F_HTTP_REQUEST_PATH] = lab_text("/x.aspx");
	req.values[SK_F_HTTP_REQUEST_METHOD] = lab_text("GET");
	req.values[SK_F_HTTP_REQUEST_HEADERS] = lab_list(headers, 2);
	resp.values[SK_F_HTTP_RESPONSE_STATUS] = lab_num(200);
	assert_string_equal(lab_run(m, &resp.e).ids, "");
	resp.e.parent = &req.e;
	assert_string_equal(lab_run(m, &resp.e).ids, "own full head");
	assert_string_equal(lab_run(m, &resp.e).field, "http.request.header[a]");
	body.e.parent = &resp.e;
	body.e.dir = SK_TO_CLIENT;
	assert_string_equal(lab_run(m, &body.e).ids, "body");
	resp.values[SK_F_HTTP_RESPONSE_STATUS] = lab_num(404);
	assert_string_equal(lab_run(m, &body.e).ids, "");
	sk_matcher_free(m);
	sk_rules_free(s);
}

/* Each direction of a streamed value is searched for what is wanted of it. */
static void directions(void **state)
{
	static const struct { const char *bytes; const char *up, *down; } cases[] = {
		{ "nothing", "", "without" }, { "needle", "up twice", "" }, { "thread", "twice", "down without" },
		{ "everywhere", "both named", "both named without" }, { "needle thread everywhere", "up both twice named", "down both named" } };
	struct sk_ruleset *s = lab_load(LAB_HEAD
		"rules:\n"
		"  - {id: up, title: t, severity: low, on: http.body, where: {direction: to_server, bytes: {contains: needle}}}\n"
		"  - {id: down, title: t, severity: low, on: http.body, where: {all: [direction: to_client, bytes: {regex: 'th[a-z]*d'}]}}\n"
		"  - {id: both, title: t, severity: low, on: http.body, where: {bytes: {contains: everywhere}}}\n"
		"  - {id: twice, title: t, severity: low, on: http.body, where: {direction: to_server, bytes: {contains: [needle, thread]}}}\n"
		"  - {id: named, title: t, severity: low, on: http.body, where: {direction: [to_server, to_client], bytes: {contains: where}}}\n"
		"  - {id: without, title: t, severity: low, on: http.body, where: {direction: to_client, not: {bytes: {contains: needle}}}}\n");
	struct sk_matcher *m = sk_matcher_new(s, NULL);
	struct lab_event e;

	for (unsigned round = 0; round < 2; round++) {
		for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++) {
			lab_event(&e, SK_KIND_HTTP_BODY);
			e.values[SK_F_HTTP_BODY_BYTES] = lab_text(cases[i].bytes);
			e.e.dir = SK_TO_SERVER;
			assert_string_equal(lab_run(m, &e.e).ids, cases[i].up);
			e.e.dir = SK_TO_CLIENT;
			assert_string_equal(lab_run(m, &e.e).ids, cases[i].down);
		}
	}
	sk_matcher_free(m);
	sk_rules_free(s);
}

static struct lab_seen one_match(const char *where, const char *path)
{
	char text[2048];
	struct lab_event e;
	struct lab_seen seen;
	struct sk_ruleset *s;
	struct sk_matcher *m;

	snprintf(text, sizeof(text), LAB_HEAD "rules:\n  - {id: r, title: t, severity: low, on: http.request, where: {%s}}\n", where);
	s = lab_load(text);
	m = sk_matcher_new(s, NULL);
	lab_event(&e, SK_KIND_HTTP_REQUEST);
	e.values[SK_F_HTTP_REQUEST_PATH] = lab_text(path);
	seen = lab_run(m, &e.e);
	assert_int_equal(seen.cnt, 1);
	sk_matcher_free(m);
	sk_rules_free(s);
	return seen;
}

static void evidence(void **state)
{
	char path[700];
	struct lab_seen seen = one_match("path: {contains: needle}", "/hay/needle/hay");

	assert_string_equal(seen.field, "http.request.path");
	assert_string_equal(seen.value, "/hay/needle/hay");
	assert_int_equal(seen.start, 5);
	assert_int_equal(seen.length, 6);
	assert_int_equal(seen.offset, 0);
	memset(path, 'h', sizeof(path));
	memcpy(path + 300, "needle", 6);
	path[699] = 0;
	seen = one_match("path: {contains: needle}", path);
	assert_int_equal(seen.offset, 268);
	assert_int_equal(seen.start, 32);
	assert_int_equal(seen.length, 6);
	assert_int_equal(seen.value_n, 256);
	assert_memory_equal(seen.value + 32, "needle", 6);
	seen = one_match("path: {regex: 'ne+dl[a-f]'}", path);
	assert_int_equal(seen.offset, 268);
	assert_int_equal(seen.start, 32);
	assert_int_equal(seen.length, 6);
	seen = one_match("path: {starts: '<scr', decode: base64}", "PHNjcmlwdA==");
	assert_string_equal(seen.value, "PHNjcmlwdA==");
	assert_int_equal(seen.length, 0);
	assert_string_equal(seen.note, "after base64: '<script'");
	seen = one_match("path: {len: {gt: 2}}, client.port: {gt: 1}", "/abc");
	assert_int_equal(seen.evidence_cnt, 2);
	assert_string_equal(seen.value, "/abc");
	seen = one_match("client.port: 40000", "/abc");
	assert_string_equal(seen.field, "client.port");
	assert_string_equal(seen.value, "40000");
	seen = one_match("client.ip: {cidr: 10.0.0.0/8}", "/abc");
	assert_string_equal(seen.value, "10.1.2.3");
	assert_string_equal(seen.note, "");
	seen = one_match("query: {exists: no}", "/abc");
	assert_string_equal(seen.note, "absent");
	/* what was not true is not shown */
	seen = one_match("any: [{query: x}, {path: /abc}], not: {query: y}", "/abc");
	assert_int_equal(seen.evidence_cnt, 1);
	assert_string_equal(seen.field, "http.request.path");
}

/* What was found in an event that this one came from is in that one's packets. */
static void evidence_of_parents(void **state)
{
	struct sk_ruleset *s = lab_load(LAB_HEAD "rules:\n"
		"- {id: a, title: t, severity: low, on: http.response, where: {request.path: {contains: odd}, status: 200}}\n"
		"- {id: b, title: t, severity: low, on: http.response, where: {status: 204, request.path: {contains: odd}}}\n");
	struct sk_matcher *m = sk_matcher_new(s, NULL);
	const uint64_t asked_in[] = { 4, 6, 7 };
	struct lab_event request, response;
	struct lab_seen seen;

	lab_event(&request, SK_KIND_HTTP_REQUEST);
	request.values[SK_F_HTTP_REQUEST_PATH] = lab_text("/odd");
	request.e.packets = asked_in;
	request.e.packet_cnt = 3;
	lab_event(&response, SK_KIND_HTTP_RESPONSE);
	response.packet = response.e.packet = 9;
	response.e.parent = &request.e;
	response.values[SK_F_HTTP_RESPONSE_STATUS] = lab_num(200);
	seen = lab_run(m, &response.e);
	assert_string_equal(seen.ids, "a");
	assert_string_equal(seen.field, "http.request.path");
	assert_int_equal(seen.packet_cnt, 3);
	assert_memory_equal(seen.packets, asked_in, sizeof(asked_in));
	response.values[SK_F_HTTP_RESPONSE_STATUS] = lab_num(204);
	seen = lab_run(m, &response.e);
	assert_string_equal(seen.ids, "b");
	assert_string_equal(seen.field, "http.response.status");
	assert_int_equal(seen.packet_cnt, 1);
	assert_int_equal(seen.packets[0], 9);
	sk_matcher_free(m);
	sk_rules_free(s);
}

/* Feeds text cut at the given places as one body, piece i in packet 100 + i; what matched, and after which piece the first did. */
static bool feed_asks;				/* makes no event of a piece that passes */

static struct lab_seen feed(struct sk_matcher *m, const char *text, size_t n, const size_t *cuts, size_t cut_cnt, size_t *first)
{
	struct lab_seen seen = { 0 };
	struct lab_event e;
	void *unit = NULL;
	size_t at = 0;

	lab_event(&e, SK_KIND_HTTP_BODY);
	*first = SIZE_MAX;
	for (size_t i = 0; i <= cut_cnt; i++) {
		size_t end = i < cut_cnt ? cuts[i] : n;
		uint8_t *copy = malloc(end - at + 1);

		assert_non_null(copy);
		memcpy(copy, text + at, end - at);
		e.packet = e.e.packet = 100 + i;
		e.values[SK_F_HTTP_BODY_BYTES] = lab_bytes(copy, end - at);
		e.values[SK_F_HTTP_BODY_BYTES].type = SK_VALUE_STREAM;
		e.values[SK_F_HTTP_BODY_OFFSET] = lab_num(at);
		e.values[SK_F_HTTP_BODY_LAST] = lab_bool(i == cut_cnt);
		e.values[SK_F_HTTP_BODY_TRUNCATED] = lab_bool(false);
		if (!feed_asks || !sk_matcher_passes(m, SK_KIND_HTTP_BODY, e.e.dir, &(struct sk_piece){ sk_span(copy, end - at), at, e.e.packet, i == cut_cnt }, &unit))
			sk_matcher_event(m, &e.e, &unit, lab_on_match, &seen);
		if (seen.cnt && *first == SIZE_MAX)
			*first = i;
		free(copy);
		at = end;
	}
	assert_null(unit);
	return seen;
}

/* The parameter comes whole; what matched. */
static struct lab_seen whole_value(struct sk_matcher *m, const char *name, const char *value)
{
	struct lab_seen seen = { 0 };
	struct lab_event e;
	void *unit = NULL;

	lab_event(&e, SK_KIND_HTTP_FORM);
	e.values[SK_F_HTTP_FORM_NAME] = lab_text(name);
	e.values[SK_F_HTTP_FORM_VALUE] = lab_text(value);
	e.values[SK_F_HTTP_FORM_VALUE].type = SK_VALUE_STREAM;
	e.values[SK_F_HTTP_FORM_OFFSET] = lab_num(0);
	e.values[SK_F_HTTP_FORM_LAST] = lab_bool(true);
	sk_matcher_event(m, &e.e, &unit, lab_on_match, &seen);
	assert_null(unit);
	return seen;
}

#define ON_FORM(id, where) "  - {id: " id ", title: t, severity: low, on: http.form, where: {" where "}}\n"

/* Values too short for every pattern: what is asked besides them is still found. */
static void short_values(void **state)
{
	static const char *const more[] = { "", ON_FORM("client", "client.ip: {cidr: 10.1.2.0/24}, value: {contains: a}"),
		ON_FORM("length", "value: {len: {lt: 3}}"), ON_FORM("empty", "value: {is: ''}") };

	for (size_t i = 0; i < SK_ARRAY_LEN(more); i++) {
		char text[1024];
		struct sk_matcher *m;
		struct sk_ruleset *s;

		snprintf(text, sizeof(text), LAB_HEAD "rules:\n" ON_FORM("long", "value: {contains: needle}")
			 ON_FORM("named", "name: {starts: odd}, value: {len: {lt: 3}}") "%s", more[i]);
		s = lab_load(text);
		assert_int_equal(s->kinds[SK_KIND_HTTP_FORM].own_cnt, 1);
		assert_int_equal(s->kinds[SK_KIND_HTTP_FORM].gate_cnt, i == 1 ? 2 : 1);
		assert_int_equal(s->kinds[SK_KIND_HTTP_FORM].always_cnt, i == 2);
		assert_int_equal(s->kinds[SK_KIND_HTTP_FORM].stream_least[0], i == 1 ? 1 : 6);
		m = sk_matcher_new(s, NULL);
		assert_string_equal(whole_value(m, "a", "b").ids, i == 2 ? "length" : "");
		assert_string_equal(whole_value(m, "a", "needl").ids, "");
		assert_string_equal(whole_value(m, "a", "needle").ids, "long");
		assert_string_equal(whole_value(m, "oddly", "b").ids, i == 2 ? "named length" : "named");
		assert_string_equal(whole_value(m, "odd", "bbb").ids, "");
		assert_string_equal(whole_value(m, "a", "").ids, i == 2 ? "length" : i == 3 ? "empty" : "");
		assert_string_equal(whole_value(m, "a", "xax").ids, i == 1 ? "client" : "");
		assert_int_equal(sk_matcher_counters(m)->events, 7);
		sk_matcher_free(m);
		sk_rules_free(s);
	}
}

static const char stream_rules[] = LAB_HEAD
	"rules:\n"
	"  - {id: contains, title: t, severity: low, on: http.body, where: {bytes: {contains: needle}}}\n"
	"  - {id: two, title: t, severity: low, on: http.body, where: {bytes: {contains_all: [needle, begin]}}}\n"
	"  - {id: starts, title: t, severity: low, on: http.body, where: {bytes: {starts: begin}}}\n"
	"  - {id: ends, title: t, severity: low, on: http.body, where: {bytes: {ends: finis}}}\n"
	"  - {id: regex, title: t, severity: low, on: http.body, where: {bytes: {regex: 'n[e]{2}d.e'}}}\n"
	"  - {id: is, title: t, severity: low, on: http.body, where: {bytes: begin needle finis}}\n"
	"  - {id: not, title: t, severity: low, on: http.body, where: {bytes: {contains: begin}, not: {bytes: {contains: absent}}}}\n"
	"  - {id: notneedle, title: t, severity: low, on: http.body, where: {bytes: {contains: begin}, not: {bytes: {contains: needle}}}}\n"
	"  - {id: len, title: t, severity: low, on: http.body, where: {bytes: {len: {gt: 17, lt: 19}}}}\n"
	"  - {id: longer, title: t, severity: low, on: http.body, where: {bytes: {len: {gt: 18}}}}\n"
	"  - {id: whole, title: t, severity: low, on: http.body, where: {truncated: no, bytes: {contains: e}}}\n"
	"  - {id: port, title: t, severity: low, on: http.body, where: {server.port: 80, bytes: {contains: needle}}}\n"
	"  - {id: noport, title: t, severity: low, on: http.body, where: {server.port: 81, bytes: {contains: needle}}}\n"
	"  - {id: plain, title: t, severity: low, on: http.body, where: {transport: tcp}}\n"
	"  - {id: empty, title: t, severity: low, on: http.body, where: {bytes: ''}}\n";

static void sort_words(char *s)
{
	char *words[64];
	size_t n = 0;
	char out[512] = "";

	for (char *w = strtok(s, " "); w && n < 64; w = strtok(NULL, " "))
		words[n++] = w;
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++)
			if (strcmp(words[k], words[i]) < 0) {
				char *swap = words[i];

				words[i] = words[k];
				words[k] = swap;
			}
	for (size_t i = 0; i < n; i++) {
		if (i)
			strncat(out, " ", sizeof(out) - strlen(out) - 1);
		strncat(out, words[i], sizeof(out) - strlen(out) - 1);
	}
	memcpy(s, out, sizeof(out));
}

static void streams(void **state)
{
	static const char text[] = "begin needle finis";
	const size_t n = sizeof(text) - 1;
	struct sk_ruleset *s = lab_load(stream_rules);
	struct sk_matcher *m = sk_matcher_new(s, NULL);
	struct lab_seen seen;
	size_t first, all[32];

	seen = feed(m, text, n, NULL, 0, &first);
	assert_string_equal(seen.ids, "contains two starts ends regex is not len whole port plain");
	for (size_t a = 0; a <= n; a++) {
		for (size_t b = a; b <= n; b++) {
			size_t cuts[] = { a, b };

			seen = feed(m, text, n, cuts, 2, &first);
			sort_words(seen.ids);
			assert_string_equal(seen.ids, "contains ends is len not plain port regex starts two whole");
		}
	}
	for (size_t i = 0; i < n - 1; i++)
		all[i] = i + 1;
	seen = feed(m, text, n, all, n - 1, &first);
	sort_words(seen.ids);
	assert_string_equal(seen.ids, "contains ends is len not plain port regex starts two whole");
	seen = feed(m, "", 0, NULL, 0, &first);
	assert_string_equal(seen.ids, "plain empty");
	seen = feed(m, "begin of something else", 23, NULL, 0, &first);
	assert_string_equal(seen.ids, "starts not notneedle longer whole plain");
	assert_int_equal(sk_matcher_counters(m)->refused, 0);
	sk_matcher_free(m);
	sk_rules_free(s);
}

/* A rule is told as soon as it is certain, once per unit, and again in the next unit. */
static void stream_moment(void **state)
{
	struct sk_ruleset *s = lab_load(LAB_HEAD
		"rules:\n  - {id: a, title: t, severity: low, on: http.body, where: {bytes: {contains: [one, two]}}}\n");
	struct sk_matcher *m = sk_matcher_new(s, NULL);
	const size_t cuts[] = { 4, 8, 12 };
	struct lab_seen seen;
	size_t first;

	seen = feed(m, "xxxxone two one xxx", 19, cuts, 3, &first);
	assert_int_equal(seen.cnt, 1);
	assert_int_equal(first, 1);
	assert_string_equal(seen.value, "xxxxone ");
	assert_int_equal(seen.offset, 0);
	assert_int_equal(seen.start, 4);
	assert_int_equal(seen.length, 3);
	seen = feed(m, "xxxxxxxxtwo", 11, cuts, 2, &first);
	assert_int_equal(seen.cnt, 1);
	assert_int_equal(first, 2);
	sk_matcher_free(m);
	sk_rules_free(s);
}

/* Evidence of bytes that are gone when the rule is decided. */
static void stream_evidence(void **state)
{
	struct sk_ruleset *s = lab_load(LAB_HEAD
		"rules:\n  - {id: a, title: t, severity: low, on: http.body, where: {bytes: {regex: 'k[a-z]y=\\d'}, not: {bytes: {contains: harmless}}}}\n");
	struct sk_matcher *m = sk_matcher_new(s, NULL);
	const size_t cuts[] = { 3, 20 };
	struct lab_seen seen;
	size_t first;

	seen = feed(m, "....some key=7 then and more", 28, cuts, 2, &first);
	assert_int_equal(seen.cnt, 1);
	assert_int_equal(first, 2);
	assert_string_equal(seen.value, "....some key=7 then ");
	assert_int_equal(seen.offset, 0);
	assert_int_equal(seen.start, 9);
	assert_int_equal(seen.length, 5);
	sk_matcher_free(m);
	sk_rules_free(s);
}

#define FEW_LITERALS LAB_HEAD "rules:\n" \
	"  - {id: a, title: t, severity: low, on: http.body, where: {bytes: {contains: needle, nocase: true}}}\n" \
	"  - {id: b, title: t, severity: low, on: http.body, where: {bytes: {contains_all: [needle, finis]}}}\n" \
	"  - {id: c, title: t, severity: low, on: http.body, where: {bytes: {contains: '%s'}}}\n"

/* Few literals, for which the database is asked only where one may be: what matches, when and where, is the same. */
static void few_literals(void **state)
{
	static const char *const texts[] = { "begin NeeDle and needle finis", "needleneedle", "nneedleefinis", "no need for a fin", "finis", "NEEDLE" };
	char with[2048], without[2048], l[101] = "";
	struct sk_matcher *m, *m2;
	struct sk_ruleset *s, *s2;
	unsigned found = 0;

	for (size_t i = 0; i < sizeof(l) - 1; i++)
		l[i] = (char)('a' + i % 23);
	snprintf(with, sizeof(with), FEW_LITERALS, l);
	snprintf(without, sizeof(without), FEW_LITERALS "  - {id: d, title: t, severity: low, on: http.body, where: {bytes: {regex: 'zz[0-9]'}}}\n", l);
	s = lab_load(with);
	s2 = lab_load(without);
	m = sk_matcher_new(s, NULL);
	m2 = sk_matcher_new(s2, NULL);
	for (size_t i = 0; i <= SK_ARRAY_LEN(texts); i++) {
		const char *text = i < SK_ARRAY_LEN(texts) ? texts[i] : l;
		const size_t n = strlen(text);

		for (size_t a = 0; a <= n; a++) {
			for (size_t b = a; b <= n; b++) {
				const size_t cuts[] = { a, b };
				size_t first, first2;
				struct lab_seen seen, seen2 = feed(m2, text, n, cuts, 2, &first2);

				feed_asks = (a + b) % 2;
				seen = feed(m, text, n, cuts, 2, &first);
				feed_asks = false;
				assert_memory_equal(&seen, &seen2, sizeof(seen));
				if (seen.cnt)
					assert_int_equal(first, first2);
				found += seen.cnt != 0;
			}
		}
	}
	assert_true(found > 1000);
	assert_int_equal(sk_matcher_counters(m)->scans, sk_matcher_counters(m2)->scans);
	assert_int_equal(sk_matcher_counters(m)->events, sk_matcher_counters(m2)->events);
	sk_matcher_free(m);
	sk_matcher_free(m2);
	sk_rules_free(s);
	sk_rules_free(s2);
}

static void is_whole_match(const struct lab_seen *seen, const char *text, const char *match, uint32_t before)
{
	const char *at = strstr(text, match);

	assert_int_equal(seen->cnt, 1);
	assert_int_equal(seen->length, strlen(match));
	assert_int_equal(seen->offset + seen->start, at - text);
	assert_in_range(seen->start, before, 250);
	assert_memory_equal(seen->value, at - seen->start, seen->start + seen->length);
}

static void is_in_packets(const struct lab_seen *seen, uint64_t first, uint64_t last)
{
	assert_int_equal(seen->packet_cnt, last - first + 1);
	for (uint64_t i = 0; i < seen->packet_cnt; i++)
		assert_int_equal(seen->packets[i], first + i);
}

/* The bytes of a match are shown with some before them, also those that came in pieces before the one that decided, and the
 * packets are named that brought the match. */
static void stream_evidence_of_pieces(void **state)
{
	static const char *const conditions[] = { "contains: a needle", "regex: 'a ne{2}d\\w{2}'" };
	char text[801], rule[256];
	size_t cuts[800], first;

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = (char)('0' + i % 10);
	memcpy(text + 420, "a needle", 8);
	text[800] = 0;
	for (size_t i = 0; i < 800; i++)
		cuts[i] = i + 1;
	for (unsigned c = 0; c < 2; c++) {
		struct sk_ruleset *s;
		struct sk_matcher *m;
		struct lab_seen seen;

		snprintf(rule, sizeof(rule), LAB_HEAD "rules:\n  - {id: a, title: t, severity: low, on: http.body, where: {bytes: {%s}}}\n", conditions[c]);
		s = lab_load(rule);
		m = sk_matcher_new(s, NULL);
		for (size_t cut = 1; cut < 800; cut++) {
			seen = feed(m, text, 800, &cut, 1, &first);
			is_whole_match(&seen, text, "a needle", c ? 0 : 32);
			is_in_packets(&seen, cut <= 420 ? 101 : 100, cut < 428 ? 101 : 100);
		}
		seen = feed(m, text, 800, cuts, 799, &first);
		is_whole_match(&seen, text, "a needle", c ? 0 : 32);
		is_in_packets(&seen, 520, 527);
		sk_matcher_free(m);
		sk_rules_free(s);
	}
}

#define FEW_BEGINS LAB_HEAD "rules:\n" \
	"  - {id: a, title: t, severity: low, on: http.body, where: {bytes: {regex: 'nee[d-e]{1,3}le', nocase: true}}}\n" \
	"  - {id: b, title: t, severity: low, on: http.body, where: {bytes: {regex: '[0-9A-F]{34,60}[:;](md5|sha)\\b'}}}\n" \
	"  - {id: c, title: t, severity: low, on: http.body, where: {bytes: {regex: '^start[a-z]'}}}\n" \
	"  - {id: d, title: t, severity: low, on: http.body, where: {bytes: {is: startle}}}\n" \
	"  - {id: e, title: t, severity: low, on: http.body, where: {bytes: {starts: needle}}}\n" \
	"  - {id: f, title: t, severity: low, on: http.body, where: {bytes: {ends: finis}}}\n"

#define HEX "0123456789ABCDEF0123456789ABCDEF01"

/* The same of regexes that begin with a literal or a long run, and of those for the beginning or end of the value. */
static void few_begins(void **state)
{
	static const char *const texts[] = {
		"startle", "start", "  startle and startle", "needle NEEDDDLE", "neneedle", HEX ":md5", "x" HEX "5:shall " HEX "7;sha", "12" HEX HEX ":md5x",
		"0123456789ABCDEF0123456789ABCDEF0:md5", "it is finis", "finis ", "........................................................."
		".............................................................................................................................................."
		".........................startled needle" };
	char without[2048];
	struct sk_matcher *m, *m2;
	struct sk_ruleset *s, *s2;
	unsigned found = 0;

	snprintf(without, sizeof(without), FEW_BEGINS
		 "  - {id: g, title: t, severity: low, on: http.body, where: {bytes: {regex: 'zz[0-9]'}}}\n");
	s = lab_load(FEW_BEGINS);
	s2 = lab_load(without);
	assert_non_null(s->views[s->kinds[SK_KIND_HTTP_BODY].stream_view[0]].few);
	assert_null(s2->views[s2->kinds[SK_KIND_HTTP_BODY].stream_view[0]].few);
	m = sk_matcher_new(s, NULL);
	m2 = sk_matcher_new(s2, NULL);
	for (size_t i = 0; i < SK_ARRAY_LEN(texts); i++) {
		const size_t n = strlen(texts[i]);

		for (size_t a = 0; a <= n; a++) {
			for (size_t b = a; b <= n; b++) {
				const size_t cuts[] = { a, b };
				size_t first, first2;
				struct lab_seen seen = feed(m, texts[i], n, cuts, 2, &first), seen2 = feed(m2, texts[i], n, cuts, 2, &first2);

				assert_memory_equal(&seen, &seen2, sizeof(seen));
				if (seen.cnt)
					assert_int_equal(first, first2);
				found += seen.cnt != 0;
			}
		}
	}
	assert_true(found > 1000);
	assert_int_equal(sk_matcher_counters(m)->scans, sk_matcher_counters(m2)->scans);
	sk_matcher_free(m);
	sk_matcher_free(m2);
	sk_rules_free(s);
	sk_rules_free(s2);
}

/* What is known of the flow may change between pieces: rules that wait for the unit see it. */
static void varying(void **state)
{
	struct sk_ruleset *s = lab_load(LAB_HEAD "rules:\n"
		"- {id: proto, title: t, severity: low, on: stream.data, where: {ndpi.protocol: Odd, bytes: {contains: abc}}}\n"
		"- {id: only, title: t, severity: low, on: stream.data, where: {ndpi.protocol: Odd}}\n"
		"- {id: late, title: t, severity: low, on: stream.data, where: {offset: {ge: 6}, bytes: {starts: abc}}}\n");
	struct sk_matcher *m = sk_matcher_new(s, NULL);
	static const char *const want[] = { "", "proto only", "late", "" };
	struct lab_event e;
	void *unit = NULL;

	lab_event(&e, SK_KIND_STREAM_DATA);
	for (unsigned i = 0; i < 4; i++) {
		struct lab_seen seen = { 0 };

		e.flow.ndpi_protocol = i ? "Odd" : NULL;
		e.values[SK_F_STREAM_DATA_BYTES] = lab_text("abc");
		e.values[SK_F_STREAM_DATA_OFFSET] = lab_num(i * 3);
		e.values[SK_F_STREAM_DATA_LAST] = lab_bool(i == 3);
		sk_matcher_event(m, &e.e, &unit, lab_on_match, &seen);
		assert_string_equal(seen.ids, want[i]);
	}
	assert_null(unit);
	sk_matcher_free(m);
	sk_rules_free(s);
}

/* Units that never see their end, and units of an older rule set. */
static void units_dropped(void **state)
{
	struct sk_ruleset *s = lab_load(stream_rules), *s2 = lab_load(stream_rules);
	struct sk_matcher *m = sk_matcher_new(s, NULL), *m2 = sk_matcher_new(s2, NULL);
	struct lab_seen seen = { 0 };
	struct lab_event e;
	void *unit = NULL;

	lab_event(&e, SK_KIND_HTTP_BODY);
	e.values[SK_F_HTTP_BODY_BYTES] = lab_text("begin");
	e.values[SK_F_HTTP_BODY_OFFSET] = lab_num(0);
	e.values[SK_F_HTTP_BODY_LAST] = lab_bool(false);
	sk_matcher_event(m, &e.e, &unit, lab_on_match, &seen);
	assert_non_null(unit);
	sk_matcher_free(m);
	sk_rules_free(s);
	e.values[SK_F_HTTP_BODY_BYTES] = lab_text("needle");
	e.values[SK_F_HTTP_BODY_OFFSET] = lab_num(5);
	memset(&seen, 0, sizeof(seen));
	sk_matcher_event(m2, &e.e, &unit, lab_on_match, &seen);
	assert_null(unit);
	assert_int_equal(seen.cnt, 0);
	e.values[SK_F_HTTP_BODY_OFFSET] = lab_num(0);
	sk_matcher_event(m2, &e.e, &unit, lab_on_match, &seen);
	assert_non_null(unit);
	sk_matcher_drop(&unit);
	assert_null(unit);
	sk_matcher_free(m2);
	sk_rules_free(s2);
}

static void explain_nothing(void *cx, const struct sk_match *m)
{
}

static void body_piece(struct sk_matcher *m, void **unit, const char *text, uint64_t offset, bool last)
{
	struct lab_event e;

	lab_event(&e, SK_KIND_HTTP_BODY);
	e.values[SK_F_HTTP_BODY_BYTES] = lab_text(text);
	e.values[SK_F_HTTP_BODY_BYTES].type = SK_VALUE_STREAM;
	e.values[SK_F_HTTP_BODY_OFFSET] = lab_num(offset);
	e.values[SK_F_HTTP_BODY_LAST] = lab_bool(last);
	sk_matcher_event(m, &e.e, unit, explain_nothing, NULL);
}

/* A value in pieces is judged as a whole; a brief explanation leaves out what nothing held of. */
static void explain_streams(void **state)
{
	static const char text[] = LAB_HEAD
		"rules:\n"
		"  - {id: r, title: t, severity: low, on: http.body, where: {bytes: {contains: needle}, request.method: POST}}\n"
		"  - {id: b, title: t, severity: low, on: http.body, where: {bytes: {contains: needle}}}\n"
		"  - {id: n, title: t, severity: low, on: http.body, where: {bytes: {contains: haystack}}}\n";
	struct sk_ruleset *s = lab_load(text);
	struct sk_matcher *m = sk_matcher_new(s, NULL);
	const struct sk_rules_explain list[] = { { sk_rules_at(s, 0), false }, { sk_rules_at(s, 1), true }, { sk_rules_at(s, 2), true } };
	void *unit = NULL;
	char *out = NULL;
	size_t n;
	FILE *f = open_memstream(&out, &n);

	sk_matcher_explain(m, list, 3, f);
	body_piece(m, &unit, "a nee", 0, false);
	body_piece(m, &unit, "dle in it", 5, true);
	fclose(f);
	assert_string_equal(out,
		"r on http.body, packet 1: does not match\n"
		"  true  bytes: {contains: needle}   # 'a needle in it' (14 bytes)\n"
		"  false request.method: POST   # absent\n"
		"b on http.body, packet 1: matches\n");
	free(out);
	sk_matcher_free(m);
	sk_rules_free(s);
}

static void explain_and_print(void **state)
{
	static const char text[] = LAB_HEAD
		"indicators: {c2: {kind: domain, values: [evil.example]}}\n"
		"rules:\n"
		"  - id: r\n    title: 'A: title'\n    severity: high\n    attack: [T1190]\n    on: http.request\n"
		"    where:\n"
		"      method: POST\n"
		"      path: {contains: ['/a b', \"x\\ty\"], nocase: true, len: {gt: 3, lt: 90}}\n"
		"      query: {regex: 'a=\\d+', decode: [base64, 'xor(0x41)']}\n"
		"      not: [{host: {in: c2}}, {'header[x-a]': {exists: yes}}]\n"
		"    limit: {count: 3, within: 1 h, by: client.ip}\n";
	struct sk_ruleset *s = lab_load(text), *again;
	struct sk_matcher *m = sk_matcher_new(s, NULL);
	struct lab_event e;
	char *out = NULL, *twice = NULL, whole[4096];
	size_t n;
	FILE *f = open_memstream(&out, &n);

	sk_rules_print(s, sk_rules_at(s, 0), f);
	fclose(f);
	/* the print is a rule again, and prints the same */
	snprintf(whole, sizeof(whole), LAB_HEAD "indicators: {c2: {kind: domain, values: [evil.example]}}\nrules:\n- ");
	for (const char *p = out; *p; p++) {
		size_t k = strlen(whole);

		snprintf(whole + k, sizeof(whole) - k, *p == '\n' && p[1] ? "\n  " : "%c", *p);
	}
	again = lab_load(whole);
	f = open_memstream(&twice, &n);
	sk_rules_print(again, sk_rules_at(again, 0), f);
	fclose(f);
	assert_string_equal(out, twice);
	assert_non_null(strstr(out, "    - not:\n        - host: {in: c2}\n        - header[x-a]: {exists: yes}\n"));
	assert_non_null(strstr(out, "path: {contains: ['/a b', \"x\\x09y\"], len: {gt: 3, lt: 90}, nocase: true}\n"));
	assert_non_null(strstr(out, "query: {decode: [base64, xor(0x41)], regex: 'a=\\d+'}\n"));
	sk_rules_free(again);
	free(out);
	free(twice);

	lab_event(&e, SK_KIND_HTTP_REQUEST);
	e.values[SK_F_HTTP_REQUEST_METHOD] = lab_text("POST");
	e.values[SK_F_HTTP_REQUEST_PATH] = lab_text("/q/A B\x01");
	f = open_memstream(&out, &n);
	sk_matcher_explain(m, (struct sk_rules_explain[]){ { sk_rules_at(s, 0), false } }, 1, f);
	sk_matcher_event(m, &e.e, NULL, explain_nothing, NULL);
	fclose(f);
	assert_string_equal(out,
		"r on http.request, packet 1: does not match\n"
		"  true  method: POST   # 'POST'\n"
		"  true  path: {contains: ['/a b', \"x\\x09y\"], len: {gt: 3, lt: 90}, nocase: true}   # '/q/A B\\x01'\n"
		"  false query: {decode: [base64, xor(0x41)], regex: 'a=\\d+'}   # absent\n"
		"  true  not\n"
		"  false   any\n"
		"  false     host: {in: c2}   # absent\n"
		"  false     header[x-a]: {exists: yes}   # absent\n");
	free(out);
	sk_matcher_free(m);
	sk_rules_free(s);
}

static void wanted(void **state)
{
	struct sk_ruleset *s = lab_load(LAB_HEAD
		"indicators: {u: {kind: url, values: ['h.example/a']}}\n"
		"rules:\n"
		"  - {id: a, title: t, severity: low, on: http.body, where: {request.target: {in: u}, ndpi.protocol: x}, reason: 'to {request.method}'}\n");
	struct sk_wanted w = { 0 };

	sk_rules_wanted(s, &w);
	assert_true(sk_wanted_kind(&w, SK_KIND_HTTP_BODY));
	assert_true(sk_wanted_kind(&w, SK_KIND_HTTP_REQUEST));
	assert_false(sk_wanted_kind(&w, SK_KIND_DNS_QUERY));
	assert_true(sk_wanted_field(&w, SK_KIND_HTTP_REQUEST, SK_F_HTTP_REQUEST_TARGET));
	assert_true(sk_wanted_field(&w, SK_KIND_HTTP_REQUEST, SK_F_HTTP_REQUEST_HOST));
	assert_true(sk_wanted_field(&w, SK_KIND_HTTP_REQUEST, SK_F_HTTP_REQUEST_METHOD));
	assert_true(sk_wanted_field(&w, SK_KIND_HTTP_BODY, SK_F_HTTP_BODY_BYTES));
	assert_true(sk_wanted_field(&w, SK_KIND_HTTP_BODY, SK_F_HTTP_BODY_LAST));
	assert_true(w.common >> SK_F_COMMON_NDPI_PROTOCOL & 1);
	assert_false(w.common >> SK_F_COMMON_VLAN & 1);
	sk_rules_free(s);
}

/* May an oddity of that name match? Where it does match it may. */
static bool name_may(const char *where, const char *name)
{
	char text[4096];
	struct sk_ruleset *s;
	struct sk_matcher *m;
	struct lab_event e;
	bool may;

	lab_event(&e, SK_KIND_HTTP_ODDITY);
	e.values[SK_F_ODDITY_NAME] = lab_text(name);
	e.values[SK_F_ODDITY_BYTES] = lab_text("EVIL");
	snprintf(text, sizeof(text), LAB_HEAD "rules:\n  - id: r\n    title: t\n    severity: low\n    on: http.oddity\n    where: {%s}\n", where);
	s = lab_load(text);
	m = sk_matcher_new(s, NULL);
	may = sk_matcher_may_name(m, SK_KIND_HTTP_ODDITY, name);
	assert_false(sk_matcher_may_name(m, SK_KIND_DNS_ODDITY, name));
	if (lab_run(m, &e.e).cnt)
		assert_true(may);
	sk_matcher_free(m);
	sk_rules_free(s);
	return may;
}

static void names_asked_for(void **state)
{
	assert_true(name_may("name: bare_cr", "bare_cr"));
	assert_false(name_may("name: bare_cr", "bare_lf"));
	assert_false(name_may("name: bare_cr", "bare_cr_"));
	assert_true(name_may("name: [bare_cr, nul_in_head]", "nul_in_head"));
	assert_false(name_may("name: [bare_cr, nul_in_head]", "bad_escape"));
	assert_true(name_may("name: {is: BARE_CR, nocase: true}", "bare_cr"));
	assert_false(name_may("name: bare_cr, bytes: {contains: EVIL}", "bad_escape"));
	assert_true(name_may("name: bare_cr, bytes: {contains: EVIL}", "bare_cr"));
	/* others than whole names, and rules that do without */
	assert_true(name_may("name: {contains: cr}", "bare_cr"));
	assert_true(name_may("name: {exists: yes}", "bare_cr"));
	assert_true(name_may("bytes: {contains: EVIL}", "bare_cr"));
	assert_true(name_may("any: [{name: bare_cr}, {bytes: {contains: EVIL}}]", "bad_escape"));
	assert_true(name_may("any: [{name: bare_cr}, {name: bad_escape}]", "bad_escape"));
	assert_false(name_may("any: [{name: bare_cr}, {name: bad_escape}]", "chunked_twice"));
	assert_true(name_may("not: {name: bare_cr}", "bad_escape"));
	assert_true(name_may("name: {regex: '^bare'}", "bare_cr"));
	assert_true(name_may("name: {decode: [base64], is: bare_cr}", "bad_escape"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators), cmocka_unit_test(logic), cmocka_unit_test(numbers), cmocka_unit_test(common),
		cmocka_unit_test(lists), cmocka_unit_test(pairs), cmocka_unit_test(decoders), cmocka_unit_test(ancestors), cmocka_unit_test(directions),
		cmocka_unit_test(evidence), cmocka_unit_test(short_values),
		cmocka_unit_test(streams), cmocka_unit_test(stream_moment), cmocka_unit_test(stream_evidence),
		cmocka_unit_test(evidence_of_parents),
		cmocka_unit_test(stream_evidence_of_pieces), cmocka_unit_test(few_literals), cmocka_unit_test(few_begins),
		cmocka_unit_test(varying), cmocka_unit_test(units_dropped), cmocka_unit_test(explain_and_print), cmocka_unit_test(explain_streams), cmocka_unit_test(wanted), cmocka_unit_test(names_asked_for),
	};

	int failed = cmocka_run_group_tests_name("match", tests, NULL, NULL);

	lab_late = true;
	return failed + cmocka_run_group_tests_name("match, compiled late", tests, NULL, NULL);
}
