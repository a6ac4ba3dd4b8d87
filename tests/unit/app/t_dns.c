/* tests/unit/app/t_dns.c — DNS events over UDP and TCP: any segmentation, truncation at every byte, holes, malformed messages. */
#include "unit.h"

#include "app_kit.h"

static const char query[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\3wWw\7eXample\3org\0\0\x10\0\1";
/* CNAME, A with AAAA, TXT of two strings, NS and SOA in authority, MG, OPT with an extended rcode of 1 */
static const char answer[] =
	"\x12\x34\x81\x80\0\1\0\5\0\2\0\1"
	"\3wWw\7eXample\3org\0\0\x10\0\1"
	"\xc0\x0c\0\5\0\1\0\0\1\x2c\0\6\3cDn\xc0\x10"
	"\xc0\x2d\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"
	"\xc0\x2d\0\x1c\0\1\0\0\0\x3c\0\x10\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
	"\xc0\x2d\0\x10\0\1\0\0\0\x3c\0\6\2ab\2cd"
	"\xc0\x2d\0\x08\0\1\0\0\0\x3c\0\4\1m\xc0\x18"
	"\xc0\x10\0\2\0\1\0\0\0\x3d\0\5\2ns\xc0\x10"
	"\xc0\x10\0\6\0\1\0\0\0\x01\0\x1c\1p\xc0\x10\1r\xc0\x10\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"
	"\0\0\x29\x10\0\1\0\0\0\0\0";
#define QUERY_LEN (sizeof(query) - 1)
#define ANSWER_LEN (sizeof(answer) - 1)

#define QUERY_LINE "dns.query to_server name=www.example.org name.raw=wWw.eXample.org type=TXT class=1 id=4660 opcode=0 labels=wWw,eXample,org"
#define ANSWER_LINE "dns.answer to_client name=www.example.org type=TXT rcode=BADVERS id=4660 address=192.0.2.1,2001:db8::1 " \
	"cname=cdn.example.org txt=abcd ns=ns.example.org names=www.example.org,cdn.example.org,cdn.example.org,m.org,example.org," \
	"ns.example.org,p.example.org,r.example.org other=%01m%c0%18,%01p%c0%10%01r%c0%10%00%00%00%01%00%00%00%02%00%00%00%03%00%00%00%04%00%00%00%05 " \
	"records=8 ttl_min=60"

static void expect(struct kit *k, const char *want)
{
	kit_end(k);
	assert_string_equal(kit_log(k), want);
	kit_free(k);
}

static void udp_query_and_answer(void **state)
{
	struct kit k;
	char want[4096];

	kit_init(&k, 17, 40000, 9999);	/* an unusual port */
	k.with_packets = true;
	kit_datagram(&k, 0, query, QUERY_LEN);
	kit_datagram(&k, 1, answer, ANSWER_LEN);
	assert_string_equal(k.flow.info.app_proto, "dns");
	snprintf(want, sizeof(want), "%s packets=2\n%s packets=3\n", QUERY_LINE, ANSWER_LINE);
	expect(&k, want);
}

static size_t frame(uint8_t *out, const char *msg, size_t n)
{
	out[0] = (uint8_t)(n >> 8);
	out[1] = (uint8_t)n;
	memcpy(out + 2, msg, n);
	return n + 2;
}

static void tcp_in_any_segmentation(void **state)
{
	uint8_t up[200], down[1000];
	size_t up_n = frame(up, query, QUERY_LEN), down_n = frame(down, answer, ANSWER_LEN);
	struct kit k;

	up_n += frame(up + up_n, query, QUERY_LEN);
	down_n += frame(down + down_n, answer, ANSWER_LEN);
	for (size_t step = 1; step <= down_n; step++) {
		kit_init(&k, 6, 40000, 53);
		kit_split(&k, 0, up, up_n, step);
		kit_split(&k, 1, down, down_n, step);
		expect(&k, QUERY_LINE "\n" QUERY_LINE "\n" ANSWER_LINE "\n" ANSWER_LINE "\n");
	}
}

static void tcp_names_its_packets(void **state)
{
	uint8_t up[200];
	size_t n = frame(up, query, QUERY_LEN);
	struct kit k;

	n += frame(up + n, query, QUERY_LEN);
	kit_init(&k, 6, 40000, 7777);
	k.with_packets = true;
	kit_split(&k, 0, up, n, 20);	/* 35 bytes each: packets 2, 3, and 3, 4, 5 */
	expect(&k, QUERY_LINE " packets=2,3\n" QUERY_LINE " packets=3,4,5\n");
}

static void tcp_survives_a_hole_anywhere(void **state)
{
	uint8_t up[400];
	size_t n = 0;
	struct kit k;

	for (int i = 0; i < 5; i++)
		n += frame(up + n, query, QUERY_LEN);
	for (size_t at = 0; at < n; at++) {
		size_t end = at + 10 > n ? n : at + 10, next = (end + 34) / 35 * 35;
		unsigned queries = 0;

		kit_init(&k, 6, 40000, 53);
		if (at)
			kit_run(&k, 0, up, at, false);
		kit_gap(&k, 0, end - at);
		if (next < end)
			next = end;
		/* the sender pushes message by message */
		if (next > end)
			kit_run(&k, 0, up + end, next - end, false);
		for (; next + 35 <= n; next += 35)
			kit_run(&k, 0, up + next, 35, false);
		kit_end(&k);
		for (const char *p = kit_log(&k); (p = strstr(p, "dns.query")); p++)
			queries++;
		assert_true(queries >= 3);
		kit_free(&k);
	}
}

static void every_truncation_over_udp(void **state)
{
	for (size_t n = 1; n < ANSWER_LEN; n++) {
		struct kit k;

		kit_init(&k, 17, 40000, 53);
		kit_datagram(&k, 0, query, QUERY_LEN);
		kit_datagram(&k, 1, answer, n);
		kit_end(&k);
		assert_non_null(strstr(kit_log(&k), n < 12 ? "name=truncated_header" : "name=truncated_message"));
		if (n >= 37)	/* the question and whole records are told */
			assert_non_null(strstr(kit_log(&k), "dns.answer to_client name=www.example.org type=TXT"));
		if (n >= 71)
			assert_non_null(strstr(kit_log(&k), "address=192.0.2.1"));
		kit_free(&k);
	}
}

static void loops_and_garbage_are_oddities(void **state)
{
	static const char loop[] = "\0\1\1\0\0\1\0\0\0\0\0\0\1a\xc0\x0c\0\1\0\1", garbage[] = "\1\2\x7f\4garbage garbage";
	struct kit k;

	kit_init(&k, 17, 40000, 53);
	kit_datagram(&k, 0, loop, sizeof(loop) - 1);
	kit_datagram(&k, 0, garbage, sizeof(garbage) - 1);
	expect(&k, "dns.query to_server name=a name.raw=a type=A class=1 id=1 opcode=0 labels=a\n"
		   "dns.oddity to_server name=pointer_loop bytes=%00%01%01%00%00%01%00%00%00%00%00%00%01a%c0%0c%00%01%00%01 offset=14\n"
		   "dns.oddity to_server name=not_dns bytes=%01%02%7f%04garbage%20garbage offset=0\n");
}

static void mdns_answers_without_a_question(void **state)
{
	static const char mdns[] = "\0\0\x84\0\0\0\0\1\0\0\0\0\4host\5local\0\0\1\x80\1\0\0\0\x78\0\4\xc0\0\2\7";
	struct kit k;

	kit_init(&k, 17, 5353, 5353);
	kit_datagram(&k, 0, mdns, sizeof(mdns) - 1);
	expect(&k, "dns.answer to_server rcode=NOERROR id=0 address=192.0.2.7 names=host.local records=1 ttl_min=120\n");
}

static void unknown_types_have_numbers(void **state)
{
	static const char odd[] = "\0\7\1\0\0\2\0\0\0\0\0\0\1a\0\xff\1\0\1\3b.c\0\0\1\0\3";
	struct kit k;

	kit_init(&k, 17, 40000, 53);
	kit_datagram(&k, 0, odd, sizeof(odd) - 1);
	expect(&k, "dns.query to_server name=a name.raw=a type=TYPE65281 class=1 id=7 opcode=0 labels=a\n"
		   "dns.query to_server name=b\\.c name.raw=b\\.c type=A class=3 id=7 opcode=0 labels=b.c\n"
		   "dns.oddity to_server name=many_questions bytes=%00%07%01%00%00%02%00%00%00%00%00%00%01a%00%ff%01%00%01%03b.c%00%00%01%00%03 offset=19\n");
}

static void names_of_a_huge_answer_are_bounded(void **state)
{
	static uint8_t msg[65535];
	size_t n = 12;
	struct kit k;

	memcpy(msg, "\0\1\x81\x80\0\0\x17\0\0\0\0\0", 12);
	/* 126 labels of one byte, then records whose owners alternate between them and their tail */
	memcpy(msg + n, "\1x\0", 3);
	for (unsigned i = 0; i < 126; i++)
		memcpy(msg + n + 2 * i, "\1x", 2);
	n += 252;
	msg[n++] = 0;
	memcpy(msg + n, "\0\1\0\1\0\0\0\0\0\0", 10);
	n += 10;
	for (unsigned i = 0; n + 12 <= sizeof(msg); i++, n += 12)
		memcpy(msg + n, i & 1 ? "\xc0\x0c\0\1\0\1\0\0\0\0\0\0" : "\xc0\x0e\0\1\0\1\0\0\0\0\0\0", 12);
	kit_init(&k, 17, 40000, 53);
	kit_datagram(&k, 0, query, QUERY_LEN);
	kit_datagram(&k, 1, msg, n);
	kit_end(&k);
	assert_non_null(strstr(kit_log(&k), "dns.oddity to_client name=too_many_names"));
	assert_true(k.log.n < 2 * 1024 * 1024);
	kit_free(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(udp_query_and_answer),
		cmocka_unit_test(tcp_in_any_segmentation),
		cmocka_unit_test(tcp_names_its_packets),
		cmocka_unit_test(tcp_survives_a_hole_anywhere),
		cmocka_unit_test(every_truncation_over_udp),
		cmocka_unit_test(loops_and_garbage_are_oddities),
		cmocka_unit_test(mdns_answers_without_a_question),
		cmocka_unit_test(unknown_types_have_numbers),
		cmocka_unit_test(names_of_a_huge_answer_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
