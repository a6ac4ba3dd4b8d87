/* tests/unit/app/t_tls.c — whole handshakes in any segmentation, with holes, split into tiny records, cut short. */
#include "unit.h"

#include "app_kit.h"
#include "tls_bytes.h"

/* JA3 and JA3S as tshark 4.0 computes them; digests of the certificate as openssl prints them. */
#define HELLO_12 "tls.client_hello to_server sni=test.example.org alpn=http/1.1 version=771 ja3=3970be26546041f72d8a1ce7fd1dabea " \
	"ja3.string=771,49196-49200-49195-49199-255,0-11-10-35-16-22-23-13,29-23-30-25-24,0-1-2 ja4="
#define SERVER_12 "tls.server_hello to_client sni=test.example.org version=771 cipher=49196 ja3s=abade5a4a7f42baf54766e5d108283b6\n"
#define CERTIFICATE "tls.certificate to_client sni=test.example.org index=0 subject=C=US,%20O=Ex\\,%20Ample%20\\\"Ltd\\\",%20CN=Test.Example.org " \
	"issuer=C=US,%20O=Ex\\,%20Ample%20\\\"Ltd\\\",%20CN=Test.Example.org cn=test.example.org " \
	"san=*.example.org,192.0.2.7,2001:db8::1 serial=0a1b2c sha1=aa6259aab49f73ca47657aa32e8cb733db133f4c " \
	"sha256=b8f613b936672a8c603b267bef7d1e726340556c4529f9da316867d5c7cd24ef not_before=1735689600000000000 " \
	"not_after=9223372036854775807 self_issued=1\n"

static void tls12_in_any_segmentation(void **state)
{
	for (size_t step = 1; step <= sizeof(tls12_server); step += step < 80 ? 1 : 37) {
		struct kit k;
		const char *log;

		kit_init(&k, 6, 40000, 8443);
		kit_split(&k, 0, tls12_client, 188, step);	/* the hello */
		kit_split(&k, 1, tls12_server, sizeof(tls12_server), step);
		kit_split(&k, 0, tls12_client + 188, sizeof(tls12_client) - 188, step);
		assert_string_equal(k.flow.info.app_proto, "tls");
		assert_int_equal(k.flow.done, 1);
		kit_end(&k);
		log = kit_log(&k);
		assert_memory_equal(log, HELLO_12, sizeof(HELLO_12) - 1);
		assert_non_null(strchr(log, '\n'));
		assert_string_equal(strchr(log, '\n') + 1, SERVER_12 CERTIFICATE);
		kit_free(&k);
	}
}

static void tls13_in_any_segmentation(void **state)
{
	for (size_t step = 1; step <= 300; step += step < 40 ? 1 : 29) {
		struct kit k;

		kit_init(&k, 6, 40000, 443);
		kit_split(&k, 0, tls13_client, 266, step);
		kit_split(&k, 1, tls13_server, sizeof(tls13_server), step);
		assert_int_equal(k.flow.done, 1);
		kit_end(&k);
		assert_non_null(strstr(kit_log(&k), "versions=772 ja3=9dffdb8b608a430b774a2ff7d36c1a0c "));
		assert_non_null(strstr(kit_log(&k), "\ntls.server_hello to_client sni=test.example.org version=772 cipher=4866 "
				       "ja3s=15af977ce25de452b96affa2addb1036\n"));
		kit_free(&k);
	}
}

static void handshake_over_tiny_records(void **state)
{
	/* the hello's message in records of k bytes each */
	for (size_t size = 1; size < 190; size += 7) {
		uint8_t out[188 * 6];
		size_t n = 0;
		struct kit k;

		for (size_t i = 5; i < 188; i += size) {
			size_t len = 188 - i < size ? 188 - i : size;

			out[n++] = 22, out[n++] = 3, out[n++] = 1, out[n++] = 0, out[n++] = (uint8_t)len;
			memcpy(out + n, tls12_client + i, len);
			n += len;
		}
		kit_init(&k, 6, 40000, 443);
		kit_run(&k, 0, out, n, false);
		kit_end(&k);
		assert_memory_equal(kit_log(&k), HELLO_12, sizeof(HELLO_12) - 1);
		kit_free(&k);
	}
}

static void a_hole_anywhere(void **state)
{
	for (size_t at = 0; at < sizeof(tls12_server) - 20; at += 3) {
		struct kit k;
		const char *log;

		kit_init(&k, 6, 40000, 443);
		kit_run(&k, 0, tls12_client, 188, false);
		if (at)
			kit_run(&k, 1, tls12_server, at, false);
		kit_gap(&k, 1, 20);
		kit_run(&k, 1, tls12_server + at + 20, sizeof(tls12_server) - at - 20, false);
		kit_end(&k);
		log = kit_log(&k);
		if (at >= 70)
			assert_non_null(strstr(log, SERVER_12));
		/* a hole inside the hello's record leaves the certificate's record alone */
		if (at >= 555 || (at >= 5 && at < 70 - 20))
			assert_non_null(strstr(log, CERTIFICATE));
		kit_free(&k);
	}
}

static void events_name_their_packets(void **state)
{
	struct kit k;

	kit_init(&k, 6, 40000, 443);
	k.with_packets = true;
	kit_split(&k, 0, tls12_client, 188, 100);	/* 2, 3 */
	kit_split(&k, 1, tls12_server, sizeof(tls12_server), 60);	/* 4 …: the hello in 4, 5; the certificate's message 75 to 555 */
	kit_end(&k);
	assert_non_null(strstr(kit_log(&k), " packets=2,3\ntls.server_hello"));
	assert_non_null(strstr(kit_log(&k), "ja3s=abade5a4a7f42baf54766e5d108283b6 packets=4,5\n"));
	assert_non_null(strstr(kit_log(&k), "self_issued=1 packets=5,6,7,8,9,10,11,12,13\n"));
	kit_free(&k);
}

/* What only alerts show is made when there is one, and is then the same. */
static void late_fields_wait_for_an_alert(void **state)
{
	for (int alerts = 0; alerts < 2; alerts++) {
		struct kit k;

		kit_init(&k, 6, 40000, 443);
		memset(k.wanted.late, 0xff, sizeof(k.wanted.late));
		k.alerts = alerts;
		kit_run(&k, 0, tls12_client, 188, false);
		kit_run(&k, 1, tls12_server, sizeof(tls12_server), false);
		kit_end(&k);
		if (alerts) {
			assert_memory_equal(kit_log(&k), HELLO_12, sizeof(HELLO_12) - 1);
			assert_string_equal(strchr(kit_log(&k), '\n') + 1, SERVER_12 CERTIFICATE);
		} else {
			assert_string_equal(kit_log(&k), "tls.client_hello to_server sni=test.example.org alpn=http/1.1 version=771\n"
					    "tls.server_hello to_client sni=test.example.org version=771 cipher=49196\n"
					    "tls.certificate to_client sni=test.example.org index=0 not_before=1735689600000000000 "
					    "not_after=9223372036854775807 self_issued=1\n");
		}
		kit_free(&k);
	}
}

static void server_first_and_alone(void **state)
{
	struct kit k;

	kit_init(&k, 6, 40000, 443);
	kit_run(&k, 1, tls12_server, sizeof(tls12_server), true);
	kit_end(&k);
	assert_non_null(strstr(kit_log(&k), "tls.server_hello to_client version=771"));
	assert_non_null(strstr(kit_log(&k), "tls.certificate to_client index=0"));
	kit_free(&k);
}

static void not_tls_any_more(void **state)
{
	struct kit k;

	kit_init(&k, 6, 40000, 443);
	kit_run(&k, 0, tls12_client, 188, false);
	kit_run(&k, 1, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, false);
	kit_run(&k, 1, "more of it", 10, true);
	kit_end(&k);
	assert_non_null(strstr(kit_log(&k), "\ntls.oddity to_client name=bad_record bytes=HTTP/ offset=0\n"));
	kit_free(&k);
}

static void heartbleed_is_told(void **state)
{
	struct kit k;

	kit_init(&k, 6, 40000, 443);
	kit_run(&k, 0, tls12_client, 188, false);
	kit_split(&k, 0, "\x18\3\2\0\3\1\x40\0", 8, 1);
	kit_end(&k);
	assert_non_null(strstr(kit_log(&k), "\ntls.oddity to_server name=heartbeat_overread bytes=%01@%00 offset=195\n"));
	kit_free(&k);
}

static void long_messages_are_skipped(void **state)
{
	static uint8_t record[5 + 16000];
	struct kit k;

	kit_init(&k, 6, 40000, 443);
	kit_run(&k, 0, tls12_client, 188, false);
	memcpy(record, "\x16\3\3\x3e\x80\x0b\xff\xff\xff", 9);
	for (int i = 0; i < 1050; i++) {	/* a certificate message of 16 MiB … */
		memcpy(record, "\x16\3\3\x3e\x80", 5);
		kit_run(&k, 1, record, sizeof(record), false);
		memset(record + 5, 0, 4);
	}
	kit_end(&k);
	assert_non_null(strstr(kit_log(&k), "name=handshake_too_long"));
	assert_true(k.flow.arena.used < 64 * 1024);
	kit_free(&k);
}

/* STARTTLS: the first bytes are another protocol's. */
static void tls_behind_another_protocol(void **state)
{
	for (size_t step = 1; step <= 200; step += 40) {
		/* the short one might yet become DNS, so it is held */
		const char *start = step > 1 ? "a STARTTLS\r\n" : "a001 STARTTLS\r\n";
		struct kit k;

		kit_init(&k, 6, 40000, 143);
		kit_run(&k, 1, "* OK ready\r\n", 12, false);
		kit_run(&k, 0, start, strlen(start), false);
		assert_null(k.flow.info.app_proto);
		kit_run(&k, 1, "a OK begin\r\n", 12, false);
		kit_split(&k, 0, tls12_client, 188, step);
		assert_string_equal(k.flow.info.app_proto, "tls");
		kit_split(&k, 1, tls12_server, sizeof(tls12_server), 700);
		kit_end(&k);
		assert_non_null(strstr(kit_log(&k), HELLO_12));
		assert_non_null(strstr(kit_log(&k), SERVER_12));
		kit_free(&k);
	}
}

static void unwanted_tls_is_done_at_once(void **state)
{
	struct kit k;

	kit_init(&k, 6, 40000, 443);
	k.wanted.kinds = UINT64_C(1) << SK_KIND_DNS_QUERY;
	kit_run(&k, 0, tls12_client, 188, false);
	assert_int_equal(k.flow.done, 1);
	assert_string_equal(k.flow.info.app_proto, "tls");
	kit_free(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tls12_in_any_segmentation),
		cmocka_unit_test(tls13_in_any_segmentation),
		cmocka_unit_test(handshake_over_tiny_records),
		cmocka_unit_test(a_hole_anywhere),
		cmocka_unit_test(events_name_their_packets),
		cmocka_unit_test(late_fields_wait_for_an_alert),
		cmocka_unit_test(server_first_and_alone),
		cmocka_unit_test(not_tls_any_more),
		cmocka_unit_test(heartbleed_is_told),
		cmocka_unit_test(long_messages_are_skipped),
		cmocka_unit_test(tls_behind_another_protocol),
		cmocka_unit_test(unwanted_tls_is_done_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
