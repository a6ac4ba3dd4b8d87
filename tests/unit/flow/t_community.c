/* tests/unit/flow/t_community.c — community ids against published values.
 *
 * source   the test data of the pycommunityid reference implementation, baselines of community-id-spec version 1, seed 0
 */
#include "unit.h"

#include "base/fmt.h"
#include "flow/flow.h"

/* ICMP: type << 8 | code as client port, as flow.h says; the id as server port must not matter. */
#define ICMP(type, code) (type) << 8 | (code), 4711

static const struct {
	uint8_t proto;
	const char *client, *server;
	unsigned client_port, server_port;
	const char *id;
} vectors[] = {
	{ 6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
	{ 6, "66.35.250.204", "128.232.110.120", 80, 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
	{ 6, "10.0.0.1", "10.0.0.2", 10, 11569, "1:SXBGMX1lBOwhhoDrZynfROxnhnM=" },
	{ 17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=" },
	{ 17, "8.8.8.8", "192.168.1.52", 53, 54585, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=" },
	{ 132, "192.168.170.8", "192.168.170.56", 7, 80, "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ=" },
	{ 132, "192.168.170.56", "192.168.170.8", 80, 7, "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ=" },
	{ 46, "10.1.24.4", "10.1.12.1", 0, 0, "1:/nQI4Rh/TtY3mf0R2gJFBkVlgS4=" },
	{ 46, "10.1.12.1", "10.1.24.4", 0, 0, "1:/nQI4Rh/TtY3mf0R2gJFBkVlgS4=" },
	{ 1, "192.168.0.89", "192.168.0.1", ICMP(8, 0), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
	{ 1, "192.168.0.1", "192.168.0.89", ICMP(0, 0), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
	{ 1, "192.168.0.89", "192.168.0.1", ICMP(20, 0), "1:3o2RFccXzUgjl7zDpqmY7yJi8rI=" },
	{ 1, "192.168.0.89", "192.168.0.1", ICMP(20, 1), "1:tz/fHIDUHs19NkixVVoOZywde+I=" },
	{ 1, "192.168.0.1", "192.168.0.89", ICMP(0, 20), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
	{ 58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", ICMP(135, 0), "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=" },
	{ 58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", ICMP(136, 0), "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=" },
	{ 58, "3ffe:507:0:1:260:97ff:fe07:69ea", "3ffe:507:0:1:200:86ff:fe05:80da", ICMP(3, 0), "1:NdobDX8PQNJbAyfkWxhtL2Pqp5w=" },
	{ 58, "3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:507:0:1:260:97ff:fe07:69ea", ICMP(3, 0), "1:/OGBt9BN1ofenrmSPWYicpij2Vc=" },
};

static void published_values(void **state)
{
	for (size_t i = 0; i < SK_ARRAY_LEN(vectors); i++) {
		struct sk_flow_info f = { .proto = vectors[i].proto, .client_port = (uint16_t)vectors[i].client_port,
					  .server_port = (uint16_t)vectors[i].server_port };
		char buf[SK_COMMUNITY_ID_MAX];

		assert_int_equal(sk_parse_addr(sk_span_str(vectors[i].client), &f.client_ip), 0);
		assert_int_equal(sk_parse_addr(sk_span_str(vectors[i].server), &f.server_ip), 0);
		assert_string_equal(sk_flow_community_id(&f, buf), vectors[i].id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
