/* tests/unit/alert/t_alert.c — the record, the sentence, the identifier, the JSON. */
#include "unit.h"

#include <jansson.h>

#include "alert.h"
#include "alert/mask.h"
#include "alert/utf8.h"

static struct sk_registry reg;

static const struct sk_rule rule = {
	.id = "toolshell.toolpane-signout", .title = "ToolPane request that borrows the sign-out page's trust",
	.reason = "{client.ip} asked {host} on {server.ip}:{server.port} for {path} with {header[X-Test]} and {request.referer} {nothing}",
	.sid = 2510101, .rev = 3, .severity = SK_SEVERITY_CRITICAL, .confidence = 95, .attack = test_attack,
	.references = test_references, .stage = "exploit", .campaign = &test_campaign, .file = "toolshell.yaml", .line = 12,
	.kind = SK_KIND_HTTP_REQUEST };

static const uint64_t packets[] = { 15, 17 };

struct request {
	struct sk_flow_info flow;
	struct sk_value values[SK_FIELD_MAX], headers[4];
	struct sk_event e;
	struct sk_evidence evidence[1];
	struct sk_match m;
};

static void request_init(struct request *r)
{
	*r = (struct request){ .flow = test_flow("203.0.113.9", "10.1.1.5") };
	r->headers[0] = test_text("x-other");
	r->headers[1] = test_text("1");
	r->headers[2] = test_text("x-test");
	r->headers[3] = test_text("yes");
	r->values[SK_F_HTTP_REQUEST_METHOD] = test_text("POST");
	r->values[SK_F_HTTP_REQUEST_TARGET] = test_text("/_layouts/15/ToolPane.aspx?DisplayMode=Edit&a=/ToolPane.aspx");
	r->values[SK_F_HTTP_REQUEST_PATH] = test_text("/_layouts/15/ToolPane.aspx");
	r->values[SK_F_HTTP_REQUEST_VERSION] = test_text("HTTP/1.1");
	r->values[SK_F_HTTP_REQUEST_HOST] = test_text("sharepoint.example.org");
	r->values[SK_F_HTTP_REQUEST_REFERER] = test_text("/_layouts/SignOut.aspx");
	r->values[SK_F_HTTP_REQUEST_HEADERS] = (struct sk_value){ .type = SK_VALUE_PAIRS, .u.list = { r->headers, 4 } };
	r->values[SK_F_HTTP_REQUEST_NUMBER] = test_num(1);
	r->e = (struct sk_event){ .size = sizeof(r->e), .kind = SK_KIND_HTTP_REQUEST, .dir = SK_TO_SERVER,
		.value_cnt = SK_F_HTTP_REQUEST_CNT, .time_ns = TEST_T0 + 123456789, .packet = 17, .packets = packets, .packet_cnt = 2,
		.flow = &r->flow, .values = r->values };
	r->evidence[0] = (struct sk_evidence){ .field = "http.request.target", .value = r->values[SK_F_HTTP_REQUEST_TARGET].u.bytes,
		.start = 12, .length = 14, .note = "the page" };
	r->m = (struct sk_match){ .rule = &rule, .event = &r->e, .evidence = r->evidence, .evidence_cnt = 1 };
}

static struct sk_alert *make(const struct request *r)
{
	const struct sk_alert_order order = { 17, 11, 0 };
	struct sk_alert *a = sk_alert_new(&r->m, &reg, &order);

	assert_non_null(a);
	a->file = "incident.pcapng";
	return a;
}

static json_t *parse(const char *line)
{
	json_error_t e;
	json_t *j = json_loads(line, JSON_REJECT_DUPLICATES, &e);

	if (!j)
		print_message("%s\n%s\n", e.text, line);
	assert_non_null(j);
	return j;
}

static json_t *json_of(const struct sk_alert *a)
{
	char *line = test_json(a, "sensor-1");
	json_t *j = parse(line);

	free(line);
	return j;
}

/* The value at a path of keys and indexes, "alert.severity". */
static json_t *at(json_t *j, const char *path)
{
	char key[64];

	while (*path) {
		size_t n = strcspn(path, "/");

		assert_true(n < sizeof(key));
		memcpy(key, path, n);
		key[n] = 0;
		j = json_is_array(j) ? json_array_get(j, (size_t)atol(key)) : json_object_get(j, key);
		if (!j)
			return NULL;
		path += n + (path[n] == '/');
	}
	return j;
}

#define assert_at(j, path, text) assert_string_equal(json_string_value(at(j, path)), text)
#define assert_num(j, path, n) assert_int_equal(json_integer_value(at(j, path)), n)

static void everything_is_copied(void **state)
{
	struct request *r = malloc(sizeof(*r));
	struct sk_alert *a;

	request_init(r);
	a = make(r);
	memset(r, 0xee, sizeof(*r));
	free(r);
	assert_int_equal(a->evidence_cnt, 1);
	assert_string_equal(a->evidence[0].field, "http.request.target");
	assert_string_equal(a->evidence[0].note, "the page");
	assert_span(sk_span_sub(a->evidence[0].value, a->evidence[0].start, a->evidence[0].length), "/ToolPane.aspx");
	assert_int_equal(a->evidence[0].packet_cnt, 2);
	assert_int_equal(a->evidence[0].packets[1], 17);
	assert_string_equal(a->flow.app_proto, "http");
	assert_string_equal(a->community_id, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	assert_string_equal(a->reason, "203.0.113.9 asked sharepoint.example.org on 10.1.1.5:80 for /_layouts/15/ToolPane.aspx "
		"with yes and /_layouts/SignOut.aspx -");
	sk_alert_put(sk_alert_get(a));
	assert_int_equal(a->time_ns, TEST_T0 + 123456789);
	sk_alert_put(a);
}

static void values_are_found_by_name(void **state)
{
	struct sk_arena scratch;
	struct request r;
	struct sk_alert *a;

	sk_arena_init(&scratch, 512, 4096);
	request_init(&r);
	a = make(&r);
	assert_span(sk_alert_value(a, "http.request.method", &scratch).u.bytes, "POST");
	assert_span(sk_alert_value(a, "request.method", &scratch).u.bytes, "POST");
	assert_span(sk_alert_value(a, "method", &scratch).u.bytes, "POST");
	assert_span(sk_alert_value(a, "header[X-TEST]", &scratch).u.bytes, "yes");
	assert_span(sk_alert_value(a, "request.header[x-test]", &scratch).u.bytes, "yes");
	assert_int_equal(sk_alert_value(a, "header[x-none]", &scratch).type, SK_VALUE_NONE);
	assert_int_equal(sk_alert_value(a, "method[x]", &scratch).type, SK_VALUE_NONE);
	assert_int_equal(sk_alert_value(a, "[", &scratch).type, SK_VALUE_NONE);
	assert_int_equal(sk_alert_value(a, "[]", &scratch).type, SK_VALUE_NONE);
	assert_int_equal(sk_alert_value(a, "response.method", &scratch).type, SK_VALUE_NONE);
	assert_int_equal(sk_alert_value(a, "request.", &scratch).type, SK_VALUE_NONE);
	assert_int_equal(sk_alert_value(a, "server.port", &scratch).u.num, 80);
	assert_int_equal(sk_alert_value(a, "client.ip", &scratch).u.addr.b[0], 203);
	assert_span(sk_alert_value(a, "community_id", &scratch).u.bytes, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	assert_int_equal(sk_alert_value(a, "", &scratch).type, SK_VALUE_NONE);
	sk_alert_put(a);
	sk_arena_fini(&scratch);
}

static void json_is_eve(void **state)
{
	struct request r;
	struct sk_alert *a;
	json_t *j;
	char *line;

	request_init(&r);
	r.flow.vlan = 100;
	a = make(&r);
	a->seq = 42;
	a->suppressed = 3;
	line = test_json(a, "sensor-1");
	assert_memory_equal(line, "{\"timestamp\":\"2025-07-18T18:06:01.123456+0000\",\"flow_id\":", 57);
	j = parse(line);
	assert_at(j, "event_type", "alert");
	assert_at(j, "pcap_filename", "incident.pcapng");
	assert_num(j, "pcap_cnt", 17);
	assert_num(j, "vlan/0", 100);
	assert_at(j, "src_ip", "203.0.113.9");
	assert_num(j, "src_port", 49152);
	assert_at(j, "dest_ip", "10.1.1.5");
	assert_num(j, "dest_port", 80);
	assert_at(j, "proto", "TCP");
	assert_at(j, "app_proto", "http");
	assert_at(j, "direction", "to_server");
	assert_at(j, "host", "sensor-1");
	assert_at(j, "alert/action", "allowed");
	assert_num(j, "alert/signature_id", 2510101);
	assert_num(j, "alert/rev", 3);
	assert_num(j, "alert/severity", 1);
	assert_at(j, "alert/category", "SharePoint ToolShell");
	assert_at(j, "alert/metadata/mitre_technique_id/0", "T1190");
	assert_at(j, "alert/metadata/campaign/0", "toolshell");
	assert_at(j, "http/hostname", "sharepoint.example.org");
	assert_at(j, "http/url", "/_layouts/15/ToolPane.aspx?DisplayMode=Edit&a=/ToolPane.aspx");
	assert_at(j, "http/http_method", "POST");
	assert_null(at(j, "http/status"));
	assert_num(j, "flow/pkts_toserver", 6);
	assert_num(j, "flow/bytes_toclient", 901);
	assert_at(j, "flow/start", "2025-07-18T18:06:00.000000+0000");
	assert_num(j, "sekisho/seq", 42);
	assert_num(j, "sekisho/suppressed", 3);
	assert_at(j, "sekisho/severity", "critical");
	assert_num(j, "sekisho/confidence", 95);
	assert_num(j, "sekisho/evidence/0/offset", 12);
	assert_num(j, "sekisho/evidence/0/length", 14);
	assert_num(j, "sekisho/evidence/0/before", 12);
	assert_num(j, "sekisho/evidence/0/packets/1", 17);
	assert_at(j, "sekisho/next_steps/1", "Rotate its machine keys.");
	assert_null(at(j, "sekisho/fields/http.request.header"));
	assert_at(j, "sekisho/fields/http.request.path", "/_layouts/15/ToolPane.aspx");
	assert_true(json_integer_value(at(j, "flow_id")) > 0);
	json_decref(j);
	free(line);
	sk_alert_put(a);
}

static void direction_turns_the_ends(void **state)
{
	struct request r;
	struct sk_alert *a;
	json_t *j;

	request_init(&r);
	r.e.dir = SK_TO_CLIENT;
	r.flow.proto = 1;
	a = make(&r);
	a->file = NULL;
	a->iface = "eth1";
	j = json_of(a);
	assert_at(j, "src_ip", "10.1.1.5");
	assert_at(j, "dest_ip", "203.0.113.9");
	assert_at(j, "flow/src_ip", "203.0.113.9");
	assert_null(at(j, "src_port"));
	assert_null(at(j, "pcap_cnt"));
	assert_at(j, "in_iface", "eth1");
	assert_at(j, "proto", "ICMP");
	json_decref(j);
	sk_alert_put(a);
}

static void ids_tell_alerts_apart(void **state)
{
	struct sk_rule other = rule;
	struct request r;
	struct sk_alert *a, *b;

	request_init(&r);
	a = make(&r);
	b = make(&r);
	assert_string_equal(sk_alert_id(a), sk_alert_id(b));
	assert_int_equal(strlen(sk_alert_id(a)), 32);
	sk_alert_put(b);
	r.flow.serial = 99;		/* another run numbers flows differently */
	b = make(&r);
	assert_string_equal(sk_alert_id(a), sk_alert_id(b));
	sk_alert_put(b);
#define DIFFERS(change) \
	do { \
		request_init(&r); \
		change; \
		b = make(&r); \
		assert_string_not_equal(sk_alert_id(a), sk_alert_id(b)); \
		sk_alert_put(b); \
	} while (0)
	DIFFERS(r.evidence[0].start++);
	DIFFERS(r.evidence[0].offset++);
	DIFFERS(r.e.packet++);
	DIFFERS(r.e.time_ns++);
	DIFFERS(r.e.dir = SK_TO_CLIENT);
	DIFFERS(r.flow.client_port++);
	DIFFERS(r.evidence[0].value.n--);
	DIFFERS(other.rev++; r.m.rule = &other);
#undef DIFFERS
	sk_alert_put(a);
}

/* SHA-256 over the parts in the order of alert.c, computed with Python's hashlib. */
static void id_is_stable(void **state)
{
	struct request r;
	struct sk_alert *a;

	request_init(&r);
	a = make(&r);
	assert_string_equal(sk_alert_id(a), "62e67b4952e96602ad0684e45e204879");
	sk_alert_put(a);
}

static void hostile_bytes_stay_inside(void **state)
{
	static const char nasty[] = "\"}\n\r\t\0\x01\x7f\\ \xc3\x28 \xed\xa0\x80 \xf4\x90\x80\x80 \xc0\xaf \xff\xfe \xe2\x80\xae \xe2\x80\xa8 \xc3\xa9 \xe6\x97\xa5";
	const struct sk_span bytes = sk_span(nasty, sizeof(nasty) - 1);
	char want[4 * ((sizeof(nasty) + 1) / 3) + 8];
	struct sk_rule other = rule;
	struct request r;
	struct sk_alert *a;
	json_t *j;

	request_init(&r);
	for (unsigned i = 0; i < SK_F_HTTP_REQUEST_CNT; i++)
		if (r.values[i].type == SK_VALUE_TEXT)
			r.values[i].u.bytes = bytes;
	r.evidence[0].value = bytes;
	r.evidence[0].start = 0;
	r.evidence[0].note = nasty;
	other.title = "bad \xff\n title";
	other.reason = "{method}|{path}";
	r.m.rule = &other;
	r.flow.app_proto = "\xff";
	a = make(&r);
	assert_null(strpbrk(a->reason, "\n\r\t"));
	assert_non_null(strstr(a->reason, "\\x00\\x01\\x7f"));
	assert_non_null(strstr(a->reason, "\\xe2\\x80\\xae"));
	assert_non_null(strstr(a->reason, "\xc3\xa9 \xe6\x97\xa5|"));
	j = json_of(a);
	sk_fmt_base64(bytes, want, sizeof(want));
	assert_at(j, "sekisho/evidence/0/base64", want);
	assert_at(j, "alert/signature", "bad \xef\xbf\xbd\n title");
	assert_at(j, "app_proto", "\xef\xbf\xbd");
	assert_at(j, "http/http_method", "\"}\\x0a\\x0d\\x09\\x00\\x01\\x7f\\ \\xc3( \\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80 \\xc0\\xaf "
		"\\xff\\xfe \\xe2\\x80\\xae \\xe2\\x80\\xa8 \xc3\xa9 \xe6\x97\xa5");
	assert_at(j, "sekisho/reason", a->reason);
	json_decref(j);
	sk_alert_put(a);
}

static void long_values_are_cut(void **state)
{
	static char big[5000];
	struct sk_rule other = rule;
	struct request r;
	struct sk_alert *a;
	json_t *j;

	memset(big, 'a', sizeof(big));
	memcpy(big + 3000, "MATCH", 5);
	request_init(&r);
	r.values[SK_F_HTTP_REQUEST_TARGET].u.bytes = sk_span(big, sizeof(big));
	r.evidence[0].value = sk_span(big, sizeof(big));
	r.evidence[0].offset = 100;
	r.evidence[0].start = 3000;
	r.evidence[0].length = 5;
	other.reason = "{target} {target} {target} {target} {target} {target} {target} {target} {target} {target} {target} {target}";
	r.m.rule = &other;
	a = make(&r);
	assert_int_equal(a->evidence[0].value.n, SK_ALERT_VALUE_MAX);
	assert_true(a->evidence[0].truncated);
	assert_span(sk_span_sub(a->evidence[0].value, a->evidence[0].start, 5), "MATCH");
	assert_int_equal(a->evidence[0].offset + a->evidence[0].start, 3100);
	assert_int_equal(strlen(a->reason), SK_ALERT_REASON_MAX);
	assert_memory_equal(a->reason + 200, "... aaa", 7);
	j = json_of(a);
	assert_int_equal(json_string_length(at(j, "http/url")), SK_ALERT_CONTEXT_MAX);
	assert_num(j, "sekisho/evidence/0/offset", 3100);
	json_decref(j);
	sk_alert_put(a);
}

static void templates_know_names(void **state)
{
	static const struct {
		const char *template, *want;
	} cases[] = {
		{ "{http.request.path}", "/_layouts/15/ToolPane.aspx" },
		{ "{match}", "/ToolPane.aspx" },
		{ "{http.request.target}", "/_layouts/15/ToolPane.aspx?DisplayMode=Edit&a=/ToolPane.aspx" },
		{ "{{path}} 100%s %n", "{path} 100%s %n" },
		{ "open {path", "open {path" },
		{ "close } {}", "close } -" },
		{ "{header[none]} {header[]} {path[x]}", "- - -" },
		{ "{header}", "x-other: 1, x-test: yes" },
		{ "{transport} {direction} {vlan}", "tcp to_server -" },
		{ "line\nbreak", "line\\x0abreak" },
		{ "", "ToolPane request that borrows the sign-out page's trust" } };
	struct sk_rule other = rule;
	struct request r;

	request_init(&r);
	r.m.rule = &other;
	for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++) {
		struct sk_alert *a;

		other.reason = cases[i].template;
		a = make(&r);
		assert_string_equal(a->reason, cases[i].want);
		sk_alert_put(a);
	}
}

static void bodies_show_their_request(void **state)
{
	struct sk_value form[SK_F_HTTP_FORM_CNT] = { 0 };
	struct sk_rule other = rule;
	struct request r;
	struct sk_event e;
	struct sk_alert *a;
	json_t *j;

	request_init(&r);
	form[SK_F_HTTP_FORM_NAME] = test_text("MSOTlPn_DWP");
	form[SK_F_HTTP_FORM_SOURCE] = test_text("urlencoded");
	form[SK_F_HTTP_FORM_VALUE] = (struct sk_value){ .type = SK_VALUE_STREAM, .u.bytes = sk_span_str("streamed") };
	e = r.e;
	e.kind = SK_KIND_HTTP_FORM;
	e.values = form;
	e.value_cnt = SK_F_HTTP_FORM_CNT;
	e.parent = &r.e;
	r.m.event = &e;
	other.reason = "{name} of {request.path} from {http.request.host}";
	r.m.rule = &other;
	a = make(&r);
	assert_string_equal(a->reason, "MSOTlPn_DWP of /_layouts/15/ToolPane.aspx from sharepoint.example.org");
	j = json_of(a);
	assert_at(j, "http/hostname", "sharepoint.example.org");
	assert_at(j, "sekisho/fields/http.form.name", "MSOTlPn_DWP");
	assert_null(at(j, "sekisho/fields/http.form.value"));
	json_decref(j);
	sk_alert_put(a);
}

static void dns_and_tls_have_eve_names(void **state)
{
	struct sk_value v[SK_FIELD_MAX] = { 0 }, addresses[2] = { test_ip("192.0.2.1"), test_ip("2001:db8::1") };
	struct sk_value txt[1] = { test_text("v=spf1 -all") };
	struct request r;
	struct sk_alert *a;
	json_t *j;

	request_init(&r);
	r.e.kind = SK_KIND_DNS_ANSWER;
	r.e.values = v;
	r.e.value_cnt = SK_F_DNS_ANSWER_CNT;
	v[SK_F_DNS_ANSWER_NAME] = test_text("update.example.com");
	v[SK_F_DNS_ANSWER_TYPE] = test_text("A");
	v[SK_F_DNS_ANSWER_RCODE] = test_text("NOERROR");
	v[SK_F_DNS_ANSWER_ADDRESS] = (struct sk_value){ .type = SK_VALUE_LIST, .u.list = { addresses, 2 } };
	v[SK_F_DNS_ANSWER_TXT] = (struct sk_value){ .type = SK_VALUE_LIST, .u.list = { txt, 1 } };
	a = make(&r);
	j = json_of(a);
	assert_at(j, "dns/answer/rrname", "update.example.com");
	assert_at(j, "dns/answer/grouped/A/0", "192.0.2.1");
	assert_at(j, "dns/answer/grouped/AAAA/0", "2001:db8::1");
	assert_at(j, "dns/answer/grouped/TXT/0", "v=spf1 -all");
	assert_null(at(j, "http"));
	json_decref(j);
	sk_alert_put(a);

	memset(v, 0, sizeof(v));
	r.e.kind = SK_KIND_TLS_CERTIFICATE;
	r.e.value_cnt = SK_F_TLS_CERTIFICATE_CNT;
	v[SK_F_TLS_CERTIFICATE_SNI] = test_text("www.example.org");
	v[SK_F_TLS_CERTIFICATE_SHA1] = test_text("da39a3ee5e6b4b0d3255bfef95601890afd80709");
	v[SK_F_TLS_CERTIFICATE_NOT_BEFORE] = (struct sk_value){ .type = SK_VALUE_TIME, .u.num = UINT64_C(1735689600000000000) };
	v[SK_F_TLS_CERTIFICATE_NOT_AFTER] = (struct sk_value){ .type = SK_VALUE_TIME, .u.num = INT64_MAX };
	a = make(&r);
	j = json_of(a);
	assert_at(j, "tls/sni", "www.example.org");
	assert_at(j, "tls/fingerprint", "da:39:a3:ee:5e:6b:4b:0d:32:55:bf:ef:95:60:18:90:af:d8:07:09");
	assert_at(j, "tls/notbefore", "2025-01-01T00:00:00");
	assert_at(j, "tls/notafter", "9999-12-31T23:59:59");
	json_decref(j);
	sk_alert_put(a);

	memset(v, 0, sizeof(v));
	r.e.kind = SK_KIND_TLS_CLIENT_HELLO;
	r.e.value_cnt = SK_F_TLS_CLIENT_HELLO_CNT;
	v[SK_F_TLS_CLIENT_HELLO_VERSION] = test_num(771);
	v[SK_F_TLS_CLIENT_HELLO_JA3] = test_text("e7d705a3286e19ea42f587b344ee6865");
	v[SK_F_TLS_CLIENT_HELLO_JA3_STRING] = test_text("771,4865-4866,0-23,29-23,0");
	a = make(&r);
	j = json_of(a);
	assert_at(j, "tls/version", "TLS 1.2");
	assert_at(j, "tls/ja3/hash", "e7d705a3286e19ea42f587b344ee6865");
	assert_at(j, "tls/ja3/string", "771,4865-4866,0-23,29-23,0");
	json_decref(j);
	sk_alert_put(a);
}

static void plugin_events_show_all_fields(void **state)
{
	static const struct sk_field_def fields[] = {
		{ .name = "root_class", .type = SK_VALUE_TEXT }, { .name = "mac_length", .type = SK_VALUE_INT },
		{ .name = "encrypted", .type = SK_VALUE_BOOL }, { .name = "parts", .type = SK_VALUE_LIST } };
	static const struct sk_kind_def kind = { .name = "aspnet.viewstate", .help = "x", .fields = fields, .field_cnt = 4 };
	struct sk_value parts[40], v[4];
	struct sk_registry own;
	struct request r;
	struct sk_event e;
	struct sk_alert *a;
	json_t *j;
	struct sk_wanted w = { 0 };
	const struct sk_alert_order order = { 1, 1, 0 };

	sk_registry_init(&own);
	request_init(&r);
	for (size_t i = 0; i < 40; i++)
		parts[i] = test_num(i);
	v[0] = test_text("System.Example");
	v[1] = test_num(20);
	v[2] = (struct sk_value){ .type = SK_VALUE_BOOL, .u.num = 1 };
	v[3] = (struct sk_value){ .type = SK_VALUE_LIST, .u.list = { parts, 40 } };
	e = r.e;
	e.kind = (uint16_t)sk_registry_add(&own, &kind);
	e.values = v;
	e.value_cnt = 4;
	e.parent = &r.e;
	r.m.event = &e;
	a = sk_alert_new(&r.m, &own, &order);
	assert_non_null(a);
	j = json_of(a);
	assert_at(j, "sekisho/fields/aspnet.viewstate.root_class", "System.Example");
	assert_num(j, "sekisho/fields/aspnet.viewstate.mac_length", 20);
	assert_true(json_is_true(at(j, "sekisho/fields/aspnet.viewstate.encrypted")));
	assert_int_equal(json_array_size(at(j, "sekisho/fields/aspnet.viewstate.parts")), SK_ALERT_LIST_MAX);
	assert_at(j, "http/http_method", "POST");
	json_decref(j);
	sk_alert_put(a);

	w.kinds = UINT64_C(1) << SK_KIND_HTTP_BODY;
	sk_alert_wanted(&own, &w);
	assert_true(sk_wanted_field(&w, SK_KIND_HTTP_REQUEST, SK_F_HTTP_REQUEST_USER_AGENT));
	assert_true(sk_wanted_field(&w, SK_KIND_HTTP_RESPONSE, SK_F_HTTP_RESPONSE_STATUS));
	assert_false(sk_wanted_field(&w, SK_KIND_TLS_CLIENT_HELLO, SK_F_TLS_CLIENT_HELLO_JA4));
	assert_int_equal(w.kinds, UINT64_C(1) << SK_KIND_HTTP_BODY);
}

static void correlated_alerts_tell_a_story(void **state)
{
	static const struct sk_rule leak = { .id = "toolshell.machinekey-leak", .severity = SK_SEVERITY_CRITICAL },
		gadget = { .id = "toolshell.viewstate-gadget", .severity = SK_SEVERITY_CRITICAL };
	static const struct sk_rule *const steps[] = { &rule, &leak, &gadget };
	static const struct sk_correlation c = { .by = { "server.ip" }, .within_ns = 7 * 86400 * TEST_SEC, .steps = steps,
		.step_cnt = 3, .threshold = 2, .ordered = true };
	struct sk_rule takeover = { .id = "toolshell.takeover", .title = "ToolShell from the first request to forged view state",
		.severity = SK_SEVERITY_CRITICAL, .confidence = 99, .type = SK_RULE_SEQUENCE, .correlation = &c, .campaign = &test_campaign };
	const struct sk_alert_sum sum = { .places = (const uint32_t[]){ 0, 2 }, .case_id = "0123456789abcdef0123456789abcdef", .update = 3 },
		begun = { .places = (const uint32_t[]){ 0, 1 } };
	struct sk_alert *members[2], *a;
	struct request r;
	json_t *j;

	request_init(&r);
	members[0] = make(&r);
	r.e.time_ns += 3 * 3600 * TEST_SEC + 300 * TEST_SEC;
	r.e.packet = 99;
	r.m.rule = &gadget;
	members[1] = make(&r);
	a = sk_alert_new_correlated(&takeover, members, 2, &sum);
	assert_string_equal(a->reason, "ToolShell from the first request to forged view state [server.ip 10.1.1.5]: 2 of 3 steps in "
		"3 h 5 min: toolshell.toolpane-signout (2025-07-18 18:06:01 UTC), toolshell.viewstate-gadget (2025-07-18 21:11:01 UTC); "
		"not seen: toolshell.machinekey-leak");
	sk_alert_put(a);
	takeover.reason = "On {key}: {steps}";
	a = sk_alert_new_correlated(&takeover, members, 2, &begun);
	assert_memory_equal(a->reason, "On 10.1.1.5: 2 of 3: 2 of 3 steps in ", 37);
	assert_int_equal(a->confidence, 99);		/* what may still come does not count against it */
	sk_alert_put(a);
	takeover.reason = "{host}: {steps}, {count} in all.";
	a = sk_alert_new_correlated(&takeover, members, 2, &sum);
	assert_memory_equal(a->reason, "sharepoint.example.org: 2 of 3, 2 in all [server.ip 10.1.1.5]: 2 of 3 steps", 75);
	sk_alert_put(members[0]);
	sk_alert_put(members[1]);
	assert_int_equal(a->confidence, 66);
	assert_int_equal(a->depth, 1);
	assert_int_equal(a->packet, 99);
	j = json_of(a);
	assert_at(j, "sekisho/members/0", sk_alert_id(a->members[0]));
	assert_at(j, "sekisho/key/server.ip", "10.1.1.5");
	assert_at(j, "sekisho/case", "0123456789abcdef0123456789abcdef");
	assert_at(j, "sekisho/missing/0", "toolshell.machinekey-leak");
	assert_at(j, "sekisho/timeline/1/rule", "toolshell.viewstate-gadget");
	assert_at(j, "sekisho/timeline/1/time", "2025-07-18T21:11:01.123456+0000");
	assert_at(j, "http/hostname", "sharepoint.example.org");
	assert_at(j, "timestamp", "2025-07-18T21:11:01.123456+0000");
	json_decref(j);
	sk_alert_put(a);
}

static void utf8_is_strict(void **state)
{
	uint32_t cp;

	assert_int_equal(sk_utf8_next((const uint8_t *)"\xe6\x97\xa5", 3, &cp), 3);
	assert_int_equal(cp, 0x65e5);
	assert_int_equal(sk_utf8_next((const uint8_t *)"\xe6\x97\xa5", 2, &cp), 0);
	assert_int_equal(sk_utf8_next((const uint8_t *)"\xed\xa0\x80", 3, &cp), 0);
	assert_int_equal(sk_utf8_next((const uint8_t *)"\xc1\x81", 2, &cp), 0);
	assert_int_equal(sk_utf8_next((const uint8_t *)"\xf4\x8f\xbf\xbd", 4, &cp), 4);
	assert_int_equal(cp, 0x10fffd);
	assert_int_equal(sk_utf8_cut((const uint8_t *)"a\xe6\x97\xa5", 4, 3), 1);
	assert_int_equal(sk_utf8_cut((const uint8_t *)"a\xe6\x97\xa5", 4, 4), 4);
	assert_int_equal(sk_utf8_cut((const uint8_t *)"\xff\xff\xff\xff", 4, 3), 3);
}

static const char *community_id(const struct sk_flow_info *f, char *buf)
{
	static const char id[] = "1:LQU9qZlK+B5F3KDmev6m5PMibrg=";

	memcpy(buf, id, sizeof(id));
	return buf;
}

static int begin(void **state)
{
	sk_registry_init(&reg);
	sk_event_set_community_id(community_id);
	test_schema_begin("t_alert");
	return 0;
}

static void lines_fit_the_schema(void **state)
{
	int rc = test_schema_end("t_alert");

	if (rc == 77)
		skip();
	assert_int_equal(rc, 0);
}

static void masked(const char *in, bool open_begin, bool open_end, const char *want, size_t from, size_t to, size_t want_from, size_t want_to)
{
	uint8_t out[SK_MASK_ROOM(256)];
	size_t n = sk_mask(sk_span_str(in), open_begin, open_end, out, &from, &to);

	if (n != strlen(want) || memcmp(out, want, n) != 0)
		fail_msg("%s becomes %.*s", in, (int)n, (const char *)out);
	assert_int_equal(from, want_from);
	assert_int_equal(to, want_to);
}

/* Digests: printf … | sha256sum */
static void secrets_are_masked(void **state)
{
	masked("", false, false, "", 0, 0, 0, 0);
	masked("key=abc|Auto", false, false, "key=abc|Auto", 4, 7, 4, 7);
	masked("k 0123456789abcdef.", false, false, "k 01...ef (16 bytes #9f9f5111).", 2, 18, 2, 30);
	masked("0123456789abcde", false, false, "0123456789abcde", 0, 15, 0, 15);
	masked("0123456789ABCDEF0123456789ABCDEF|x", false, false, "0123...CDEF (32 bytes #cd6c1f7d)|x", 5, 34, 0, 34);
	masked("nothexnothexnothexnothe not", false, false, "nothexnothexnothexnothe not", 0, 3, 0, 3);
	masked("nothexnothexnothexnothex", false, false, "not...hex (24 bytes #89669ea1)", 3, 6, 0, 30);
	masked("0123456789abcdef|0123456789abcdef", true, true, "01...ef (16 bytes or more)|01...ef (16 bytes or more)", 16, 17, 26, 27);
	masked("0123456789abcdef|", true, true, "01...ef (16 bytes or more)|", 0, 0, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_copied),
		cmocka_unit_test(values_are_found_by_name),
		cmocka_unit_test(json_is_eve),
		cmocka_unit_test(direction_turns_the_ends),
		cmocka_unit_test(ids_tell_alerts_apart),
		cmocka_unit_test(id_is_stable),
		cmocka_unit_test(hostile_bytes_stay_inside),
		cmocka_unit_test(long_values_are_cut),
		cmocka_unit_test(templates_know_names),
		cmocka_unit_test(bodies_show_their_request),
		cmocka_unit_test(dns_and_tls_have_eve_names),
		cmocka_unit_test(plugin_events_show_all_fields),
		cmocka_unit_test(correlated_alerts_tell_a_story),
		cmocka_unit_test(utf8_is_strict),
		cmocka_unit_test(lines_fit_the_schema),
		cmocka_unit_test(secrets_are_masked),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
