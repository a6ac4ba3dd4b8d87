/* tests/unit/sink/t_sink.c — specs, the JSON and text outputs, files that cannot be written. */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

#include "alert.h"
#include "sink/sink.h"
#include "sink/text/defang.h"

static struct sk_registry reg;
static char dir[64];

static char *slurp(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *s = calloc(1, 1 << 20);

	assert_non_null(f);
	assert_non_null(s);
	assert_true(fread(s, 1, (1 << 20) - 1, f) < (1 << 20) - 1);
	fclose(f);
	return s;
}

static const char *in_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static struct sk_sink *open_spec(const char *scheme, const char *name)
{
	struct sk_sink_conf conf = sk_sink_conf_default;
	struct sk_sink *s = NULL;
	struct sk_error e;
	char spec[256];

	conf.colour = true;
	snprintf(spec, sizeof(spec), "%s:%s", scheme, name[0] == '/' ? name : in_dir(name));
	assert_int_equal(sk_sink_open(&s, spec, &conf, &e), 0);
	assert_string_equal(s->name, spec);
	assert_string_equal(s->ops->scheme, scheme);
	return s;
}

static struct sk_rule rule = {
	.id = "toolshell.toolpane-signout", .title = "ToolPane request that borrows the sign-out page's trust",
	.reason = "{client.ip} asked {host} for {path} and said it came from {referer}; see https://example.org/x and Chrome/119.0.0.0",
	.sid = 2510101, .rev = 3, .severity = SK_SEVERITY_CRITICAL, .confidence = 95, .attack = test_attack, .stage = "exploit",
	.campaign = &test_campaign };

static struct sk_alert *make(const struct sk_rule *r, uint64_t at)
{
	static const uint64_t packets[] = { 15, 16, 17 };
	struct sk_flow_info flow = test_flow("203.0.113.9", "10.1.1.5");
	struct sk_value v[SK_F_HTTP_REQUEST_CNT] = { 0 };
	const struct sk_event e = { .size = sizeof(e), .kind = SK_KIND_HTTP_REQUEST, .value_cnt = SK_F_HTTP_REQUEST_CNT, .flow = &flow,
		.values = v, .time_ns = TEST_T0 + 123456789 + at * TEST_SEC, .packet = 17 + at, .packets = packets, .packet_cnt = 3 };
	const struct sk_evidence evidence[] = {
		{ .field = "http.request.target", .value = sk_span_str("/_layouts/15/ToolPane.aspx?DisplayMode=Edit&a=/ToolPane.aspx"),
		  .offset = 0, .start = 46, .length = 14 },
		{ .field = "http.request.host", .value = sk_span_str("SharePoint.example.org"), .note = "seen \033[31m before" } };
	const struct sk_match_packets brought[] = { { packets + 1, 2 }, { packets, 3 } };
	const struct sk_alert_order order = { e.packet, 1, 0 };
	struct sk_alert *a;

	v[SK_F_HTTP_REQUEST_METHOD] = test_text("POST");
	v[SK_F_HTTP_REQUEST_HOST] = test_text("sharepoint.example.org");
	v[SK_F_HTTP_REQUEST_PATH] = test_text("/_layouts/15/ToolPane.aspx");
	v[SK_F_HTTP_REQUEST_REFERER] = test_text("http://SharePoint.example.org/_layouts/SignOut.aspx\r\n\033]0;x\007");
	a = sk_alert_new(&(struct sk_match){ .rule = r, .event = &e, .evidence = evidence, .evidence_cnt = 2, .packets = brought }, &reg, &order);
	assert_non_null(a);
	a->file = "incident.pcapng";
	return a;
}

static void write_alert(struct sk_sink *s, const struct sk_alert *a)
{
	char *line = test_json(a, "s");

	assert_int_equal(s->ops->write(s, a, sk_span_str(line)), 0);
	free(line);
}

static void specs_are_read(void **state)
{
	static const struct {
		const char *spec, *text;
	} wrong[] = {
		{ "", "unknown output '', expected text[:FILE]" },
		{ "yaml:x", "unknown output 'yaml', expected text[:FILE]" },
		{ "Text", "unknown output 'Text', expected text[:FILE]" },
		{ "amqp://user:secret@host", "unknown output 'amqp', expected text[:FILE]" },
		{ "text://x", "unknown output 'text', expected text[:FILE]" },
		{ "json:/nowhere/at/all", "cannot open output file '/nowhere/at/all': No such file or directory" } };
	struct sk_sink_counts counts;
	struct sk_sink *s;
	struct sk_error e;
	char spec[128];

	for (size_t i = 0; i < SK_ARRAY_LEN(wrong); i++) {
		assert_int_equal(sk_sink_open(&s, wrong[i].spec, &sk_sink_conf_default, &e), SK_E_CONFIG);
		assert_memory_equal(e.text, wrong[i].text, strlen(wrong[i].text));
		assert_null(strstr(e.text, "secret"));
		assert_null(s);
	}
	assert_int_equal(sk_sink_check("yaml:x", &sk_sink_conf_default, &e), SK_E_CONFIG);
	assert_int_equal(sk_sink_check("text", &sk_sink_conf_default, &e), 0);
	assert_int_equal(sk_sink_check("json:-", &sk_sink_conf_default, &e), 0);
	snprintf(spec, sizeof(spec), "json:%s", dir);
	assert_int_equal(sk_sink_check(spec, &sk_sink_conf_default, &e), SK_E_CONFIG);
	assert_non_null(strstr(e.text, "is a folder"));
	for (const char *const *p = (const char *const[]){ "text", "text:", "text:-", "json", "json:-", NULL }; *p; p++) {
		assert_int_equal(sk_sink_open(&s, *p, &sk_sink_conf_default, &e), 0);
		assert_int_equal(s->ops->close(s, 0, &counts), 0);
	}
}

static void json_is_lines(void **state)
{
	struct sk_sink *s = open_spec("json", "a.json");
	struct sk_alert *a = make(&rule, 0);
	struct sk_sink_counts counts;
	char *text, *line = test_json(a, "s"), want[16384];

	write_alert(s, a);
	s->ops->flush(s);
	text = slurp(in_dir("a.json"));
	snprintf(want, sizeof(want), "%s\n", line);
	assert_string_equal(text, want);
	free(text);
	assert_int_equal(s->ops->write(s, NULL, sk_span_str("{\"event_type\":\"stats\"}")), 0);
	s->ops->counts(s, &counts);
	assert_int_equal(counts.written, 1);
	assert_int_equal(counts.delivered, 1);

	assert_int_equal(s->ops->close(s, 0, &counts), 0);
	assert_int_equal(counts.written, 1);
	assert_int_equal(counts.undelivered, 0);

	s = open_spec("json", "a.json");		/* appended to, not emptied */
	write_alert(s, a);
	assert_int_equal(s->ops->close(s, 0, &counts), 0);
	text = slurp(in_dir("a.json"));
	snprintf(want, sizeof(want), "%s\n{\"event_type\":\"stats\"}\n%s\n", line, line);
	assert_string_equal(text, want);
	free(text);
	free(line);
	sk_alert_put(a);
}

static void json_is_opened_anew(void **state)
{
	struct sk_sink *s = open_spec("json", "b.json");
	char from[128], to[128], *text;
	struct sk_sink_counts counts;

	assert_int_equal(s->ops->write(s, NULL, sk_span_str("{\"n\":1}")), 0);
	snprintf(from, sizeof(from), "%s", in_dir("b.json"));
	snprintf(to, sizeof(to), "%s", in_dir("b.json.1"));
	assert_int_equal(rename(from, to), 0);
	s->ops->reopen(s);
	assert_int_equal(s->ops->write(s, NULL, sk_span_str("{\"n\":2}")), 0);
	assert_int_equal(s->ops->close(s, 0, &counts), 0);
	text = slurp(to);
	assert_string_equal(text, "{\"n\":1}\n");
	free(text);
	text = slurp(from);
	assert_string_equal(text, "{\"n\":2}\n");
	free(text);
}

static void full_disk_is_told(void **state)
{
	struct sk_sink *s = open_spec("json", "/dev/full");
	struct sk_alert *a = make(&rule, 0);
	struct sk_sink_counts counts;
	int rc;

	write_alert(s, a);
	s->ops->flush(s);
	write_alert(s, a);
	s->ops->counts(s, &counts);
	assert_int_equal(counts.written, 2);
	assert_int_equal(counts.delivered, 0);
	assert_int_equal(counts.undelivered, 2);
	assert_int_equal(counts.lost, 0);
	rc = s->ops->close(s, 0, &counts);
	assert_int_equal(rc, SK_E_STATE);
	assert_int_equal(counts.lost, 2);
	sk_alert_put(a);
}

static void memory_for_waiting_is_bounded(void **state)
{
	struct sk_sink_conf conf = sk_sink_conf_default;
	static char big[70000];
	struct sk_sink_counts counts;
	struct sk_sink *s;
	struct sk_alert *a = make(&rule, 0);
	int kept = 0;

	conf.queue_max = 200000;
	memset(big, 'x', sizeof(big));
	assert_int_equal(sk_sink_open(&s, "json:/dev/full", &conf, NULL), 0);
	for (int i = 0; i < 10; i++)
		kept += s->ops->write(s, a, sk_span(big, sizeof(big))) == 0;
	assert_int_equal(kept, 2);
	s->ops->counts(s, &counts);
	assert_int_equal(counts.lost, 8);
	assert_int_equal(s->ops->close(s, 0, &counts), SK_E_STATE);
	assert_int_equal(counts.lost, 10);
	sk_alert_put(a);
}

static void closed_pipe_ends_quietly(void **state)
{
	int ends[2], keep = dup(STDOUT_FILENO), rc;
	struct sk_sink_counts counts;
	struct sk_sink *s;
	struct sk_alert *a = make(&rule, 0);

	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[1]);
	close(ends[0]);
	assert_int_equal(sk_sink_open(&s, "json", &sk_sink_conf_default, NULL), 0);
	rc = s->ops->write(s, a, sk_span_str("{}"));
	s->ops->flush(s);
	rc |= s->ops->write(s, a, sk_span_str("{}")) == SK_E_STATE ? 0 : -1;
	rc |= s->ops->close(s, 0, &counts) == SK_E_STATE ? 0 : -1;
	dup2(keep, STDOUT_FILENO);
	close(keep);
	assert_int_equal(rc, 0);
	assert_int_equal(counts.written, 2);
	assert_int_equal(counts.lost, 2);
	sk_alert_put(a);
}

static void text_is_a_block(void **state)
{
	static const struct sk_rule *const steps[] = { &rule, &rule };
	static const struct sk_correlation cor = { .by = { "server.ip" }, .within_ns = 60 * TEST_SEC, .steps = steps, .step_cnt = 2, .ordered = true };
	const struct sk_rule takeover = { .id = "toolshell.takeover", .title = "ToolShell, twice", .severity = SK_SEVERITY_HIGH, .confidence = 99,
		.type = SK_RULE_SEQUENCE, .correlation = &cor, .campaign = &test_campaign };
	struct sk_alert *a = make(&rule, 0), *b = make(&rule, 5), *c;
	struct sk_sink *s = open_spec("text", "c.txt");
	struct sk_sink_counts counts;
	char *text;

	c = sk_alert_new_correlated(&takeover, (struct sk_alert *[]){ a, b }, 2,
		&(struct sk_alert_sum){ .places = (const uint32_t[]){ 0, 1 } });
	assert_non_null(c);
	c->suppressed = 4;
	write_alert(s, a);
	assert_int_equal(s->ops->write(s, NULL, sk_span_str("{}")), 0);
	write_alert(s, c);
	assert_int_equal(s->ops->close(s, 0, &counts), 0);
	assert_int_equal(counts.delivered, 2);
	text = slurp(in_dir("c.txt"));
	assert_string_equal(text,
		"2025-07-18 18:06:01.123456 UTC  CRITICAL 95%  SharePoint ToolShell\n"
		"  toolshell.toolpane-signout\n"
		"  ToolPane request that borrows the sign-out page's trust\n"
		"  203.0.113[.]9:49152 -> 10.1.1.5:80 (sharepoint.example[.]org) http, packet 17\n"
		"    of incident.pcapng\n"
		"  why     203.0.113[.]9 asked sharepoint.example[.]org for\n"
		"          /_layouts/15/ToolPane.aspx and said it came from\n"
		"          hxxp://SharePoint.example[.]org/_layouts/SignOut.aspx\\x0d\\x0a\\x1b]0;x\\\n"
		"          x07; see hxxps://example[.]org/x and Chrome/119.0.0.0\n"
		"  seen    http.request.target at 46:\n"
		"          \"...oolPane.aspx?DisplayMode=Edit&a=>>/ToolPane.aspx<<\" in packets 16,\n"
		"          17\n"
		"          http.request.host at 0: \"SharePoint.example[.]org\" in packets 15, 16,\n"
		"          17; seen \\x1b[31m before\n"
		"  attack  T1190\n"
		"  next    1. Take the server off the network.\n"
		"          2. Rotate its machine keys.\n"
		"\n"
		"2025-07-18 18:06:06.123456 UTC  HIGH 99%  SharePoint ToolShell\n"
		"  toolshell.takeover\n"
		"  ToolShell, twice\n"
		"  203.0.113[.]9:49152 -> 10.1.1.5:80 (sharepoint.example[.]org) http, packet 22\n"
		"    of incident.pcapng\n"
		"  why     ToolShell, twice [server.ip 10.1.1.5]: 2 of 2 steps in 5 s:\n"
		"          toolshell.toolpane-signout (2 times, first 2025-07-18 18:06:01 UTC)\n"
		"  steps   2025-07-18 18:06:01 toolshell.toolpane-signout 203.0.113[.]9 ->\n"
		"          10.1.1.5 packet 17\n"
		"          2025-07-18 18:06:06 toolshell.toolpane-signout 203.0.113[.]9 ->\n"
		"          10.1.1.5 packet 22\n"
		"  limit   4 of this rule were held back before this one\n"
		"\n");
	free(text);
	sk_alert_put(a);
	sk_alert_put(b);
	sk_alert_put(c);
}

/* A pseudo-terminal: colours, and its width. */
static void text_on_a_terminal(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	struct winsize w = { .ws_row = 24, .ws_col = 70 };
	struct sk_sink_counts counts;
	struct sk_alert *a;
	struct termios raw;
	struct sk_sink *s;
	char got[16384];
	size_t n = 0, column = 0;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		skip();
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0)
		skip();
	a = make(&rule, 0);
	assert_int_equal(tcgetattr(slave, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(slave, TCSANOW, &raw), 0);
	assert_int_equal(ioctl(slave, TIOCSWINSZ, &w), 0);
	s = open_spec("text", ptsname(master));
	write_alert(s, a);
	assert_int_equal(s->ops->close(s, 0, &counts), 0);
	while (n < sizeof(got) - 1 && (n < 2 || memcmp(got + n - 2, "\n\n", 2) != 0)) {
		ssize_t r = read(master, got + n, sizeof(got) - 1 - n);

		assert_true(r > 0);
		n += (size_t)r;
	}
	got[n] = 0;
	assert_non_null(strstr(got, "\033[1;37;41mCRITICAL\033[0m 95%"));
	assert_non_null(strstr(got, "\033[7m/ToolPane.aspx\033[0m\""));
	for (size_t i = 0; i < n; i++) {
		if (got[i] == '\n')
			column = 0;
		else if (got[i] == '\033')
			i += strcspn(got + i, "m");
		else
			assert_true(++column <= 70);
	}
	close(slave);
	close(master);
	sk_alert_put(a);
}

static void names_are_defanged(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "sharepoint.example.org", "sharepoint.example[.]org" },
		{ "a.sharepoint.example.org.", "a.sharepoint.example[.]org." },
		{ "notsharepoint.example.org", "notsharepoint.example.org" },
		{ "Example.org example.org.uk org .org", "Example[.]org example.org.uk org .org" },
		{ "file.aspx 203.0.113.9 10.1.1.5 1.2.3.4", "file.aspx 203.0.113[.]9 10.1.1.5 1.2.3.4" },
		{ "HTTPS://x.y/z.html http:// ftp://a.b", "hxxps://x[.]y/z.html hxxp:// ftp://a[.]b" },
		{ "...", "..." },
		{ "", "" } };
	struct sk_alert *a = make(&rule, 0);
	struct sk_buf b = { 0 };
	struct sk_defang d;
	struct sk_addr addr;

	sk_defang_init(&d, a);
	for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++) {
		sk_buf_clear(&b);
		sk_defang_text(&d, &b, sk_span_str(cases[i].text));
		assert_string_equal(sk_buf_str(&b), cases[i].want);
	}
	for (const char *const *p = (const char *const[]){ "10.0.0.1", "10.0.0.1", "8.8.8.8", "8.8.8[.]8", "2001:db8::1", "2001[:]db8::1",
	     "fe80::1", "fe80::1", "::1", "::1", "fd00::2", "fd00::2", "172.32.0.1", "172.32.0[.]1", "172.31.0.1", "172.31.0.1", NULL }; *p; p += 2) {
		addr = test_addr(p[0]);
		sk_buf_clear(&b);
		sk_defang_addr(&b, &addr);
		assert_string_equal(sk_buf_str(&b), p[1]);
	}
	sk_buf_fini(&b);
	sk_alert_put(a);
}

static void hostile_bytes_never_reach_the_terminal(void **state)
{
	struct sk_sink *s = open_spec("text", "d.txt");
	struct sk_sink_counts counts;
	uint64_t rng = 7;
	char *text;

	for (int i = 0; i < 200; i++) {
		uint8_t junk[700];
		struct sk_flow_info flow = test_flow("203.0.113.9", "10.1.1.5");
		struct sk_value v[SK_F_HTTP_REQUEST_CNT] = { 0 };
		const struct sk_event e = { .size = sizeof(e), .kind = SK_KIND_HTTP_REQUEST, .value_cnt = SK_F_HTTP_REQUEST_CNT,
			.flow = &flow, .values = v, .time_ns = TEST_T0, .packet = 1 };
		const struct sk_evidence evidence = { .field = "http.request.target", .value = sk_span(junk, (size_t)i * 3),
			.start = (uint32_t)i, .length = (uint32_t)i };
		struct sk_alert *a;

		for (size_t j = 0; j < sizeof(junk); j++) {
			rng = rng * UINT64_C(6364136223846793005) + 1;
			junk[j] = (uint8_t)(rng >> 56);
		}
		v[SK_F_HTTP_REQUEST_HOST] = (struct sk_value){ .type = SK_VALUE_TEXT, .u.bytes = sk_span(junk, (size_t)i) };
		a = sk_alert_new(&(struct sk_match){ .rule = &rule, .event = &e, .evidence = &evidence, .evidence_cnt = 1 }, &reg, &(struct sk_alert_order){ 1, 1, 1 });
		write_alert(s, a);
		sk_alert_put(a);
		if (i % 40 != 39)
			continue;
		s->ops->close(s, 0, &counts);
		text = slurp(in_dir("d.txt"));
		for (const char *p = text; *p; p++)
			assert_true(*p == '\n' || (uint8_t)*p >= 0x20);
		assert_null(strchr(text, 0x7f));
		free(text);
		unlink(in_dir("d.txt"));
		s = open_spec("text", "d.txt");
	}
	s->ops->close(s, 0, &counts);
}

static int begin(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	sk_registry_init(&reg);
	snprintf(dir, sizeof(dir), "t_sink.XXXXXX");
	test_schema_begin("t_sink");
	return mkdtemp(dir) ? 0 : -1;
}

static int end(void **state)
{
	static const char *const names[] = { "a.json", "b.json", "b.json.1", "c.txt", "d.txt" };

	for (size_t i = 0; i < SK_ARRAY_LEN(names); i++)
		unlink(in_dir(names[i]));
	return rmdir(dir);
}

static void lines_fit_the_schema(void **state)
{
	int rc = test_schema_end("t_sink");

	if (rc == 77)
		skip();
	assert_int_equal(rc, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(specs_are_read),
		cmocka_unit_test(json_is_lines),
		cmocka_unit_test(json_is_opened_anew),
		cmocka_unit_test(full_disk_is_told),
		cmocka_unit_test(memory_for_waiting_is_bounded),
		cmocka_unit_test(closed_pipe_ends_quietly),
		cmocka_unit_test(text_is_a_block),
		cmocka_unit_test(text_on_a_terminal),
		cmocka_unit_test(names_are_defanged),
		cmocka_unit_test(hostile_bytes_never_reach_the_terminal),
		cmocka_unit_test(lines_fit_the_schema),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
