/* plugin/trace/t_trace.c — the lines, against a fake host. */
#include "fake_host.h"

extern const struct sk_plugin sk_plugin_trace;

static struct sk_value text(const char *s)
{
	return (struct sk_value){ .type = SK_VALUE_TEXT, .u.bytes = sk_span_str(s) };
}

static int request(struct fake *f)
{
	static const uint64_t packets[] = { 4, 5 };
	struct sk_value headers[] = { text("Host"), text("a"), text("X"), text("\"\x01\\") };
	struct sk_value values[SK_F_HTTP_REQUEST_CNT] = {
		[SK_F_HTTP_REQUEST_METHOD] = text("GET"),
		[SK_F_HTTP_REQUEST_TARGET] = text("/0123456789"),
		[SK_F_HTTP_REQUEST_QUERY] = text(""),
		[SK_F_HTTP_REQUEST_HEADERS] = { .type = SK_VALUE_PAIRS, .u.list = { headers, 4 } },
		[SK_F_HTTP_REQUEST_NUMBER] = { .type = SK_VALUE_INT, .u.num = UINT64_MAX } };
	struct sk_event e = { .kind = SK_KIND_HTTP_REQUEST, .time_ns = 1753000000000000001u, .packet = 5, .packets = packets,
			.packet_cnt = 2,
		.values = values, .value_cnt = SK_F_HTTP_REQUEST_CNT };

	return fake_event(f, &e);
}

static int answer(struct fake *f)
{
	struct sk_value addresses[2] = { { .type = SK_VALUE_ADDR }, { .type = SK_VALUE_ADDR } };
	struct sk_value values[SK_F_DNS_ANSWER_CNT] = {
		[SK_F_DNS_ANSWER_NAME] = text("example.org"),
		[SK_F_DNS_ANSWER_ADDRESS] = { .type = SK_VALUE_LIST, .u.list = { addresses, 2 } } };
	struct sk_event parent = { .kind = SK_KIND_DNS_QUERY };
	struct sk_event e = { .kind = SK_KIND_DNS_ANSWER, .dir = SK_TO_CLIENT, .time_ns = 7, .parent = &parent,
		.values = values, .value_cnt = SK_F_DNS_ANSWER_CNT };

	addresses[0].u.addr = (struct sk_addr){ { 192, 0, 2, 1 }, 4, { 0 } };
	addresses[1].u.addr = (struct sk_addr){ { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 }, 6, { 0 } };
	return fake_event(f, &e);
}

static void lines(void)
{
	struct fake f;

	fake_init(&f, &sk_plugin_trace);
	fake_option_num(&f, "bytes", 8);
	fake_option_num(&f, "flows", 1);
	CHECK(fake_start(&f) == 0);
	CHECK(request(&f) == SK_CONTINUE);
	CHECK(answer(&f) == SK_CONTINUE);
	fake_next_flow(&f);
	CHECK(!strcmp(f.log,
		"begin flow=1 proto=6 client=10.1.2.3 port=49152 server=10.1.1.5 port=80\n"
		"http.request to_server flow=1 time=1753000000000000001 packet=5 packets=4,5 method=\"GET\" target=\"/0123456\"+3"
		" query=\"\" header=[\"Host\": \"a\", \"X\": \"\\\"\\x01\\\\\"] number=18446744073709551615\n"
		"dns.answer to_client flow=1 time=7 packet=1 packets=1 parent=dns.query name=\"example.\"+3 address=[192.0.2.1, 2001:db8::1]\n"
		"end flow=1 proto=6 client=10.1.2.3 port=49152 server=10.1.1.5 port=80 packets=0/0 bytes=0/0\n"));
	CHECK(fake_close(&f) == 0);
}

static void chosen_kinds(void)
{
	struct fake f;

	fake_init(&f, &sk_plugin_trace);
	fake_option_text(&f, "kinds", " tls.client_hello dns.answer");
	CHECK(fake_start(&f) == 0);
	request(&f);
	CHECK(f.log[0] == 0);
	answer(&f);
	CHECK(!strncmp(f.log, "dns.answer ", 11));
	CHECK(fake_close(&f) == 0);
}

static void mistakes(void)
{
	struct fake f;

	fake_init(&f, &sk_plugin_trace);
	fake_option_text(&f, "kinds", "dns.answers");
	CHECK(fake_start(&f) < 0);
	CHECK(!strcmp(f.error, "option kinds: there is no event 'dns.answers'"));
	free(f.worker_state);
	free(f.flow_state);

	fake_init(&f, &sk_plugin_trace);
	fake_option_text(&f, "file", "/nonexistent/file");
	CHECK(fake_start(&f) < 0);
	CHECK(!strcmp(f.error, "/nonexistent/file: No such file or directory"));
	free(f.worker_state);
	free(f.flow_state);
}

static void file(void)
{
	char name[] = "t_trace.XXXXXX", got[512];
	struct fake f;
	int fd = mkstemp(name);
	FILE *in;
	size_t n;

	CHECK(fd >= 0);
	fake_init(&f, &sk_plugin_trace);
	fake_option_text(&f, "file", name);
	CHECK(fake_start(&f) == 0);
	answer(&f);
	answer(&f);
	CHECK(fake_close(&f) == 0);
	in = fdopen(fd, "r");
	CHECK(in != NULL);
	n = fread(got, 1, sizeof(got) - 1, in);
	got[n] = 0;
	fclose(in);
	remove(name);
	CHECK(!strcmp(got,
		"dns.answer to_client flow=1 time=7 packet=1 packets=1 parent=dns.query name=\"example.org\" address=[192.0.2.1, 2001:db8::1]\n"
		"dns.answer to_client flow=1 time=7 packet=1 packets=1 parent=dns.query name=\"example.org\" address=[192.0.2.1, 2001:db8::1]\n"));
}

int main(void)
{
	lines();
	chosen_kinds();
	mistakes();
	file();
	return 0;
}
