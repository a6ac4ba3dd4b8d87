/* tests/unit/event/t_event.c — the registry, look-ups, common values, the printed reference. */
#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

#include "event/event.h"

static void builtin_kinds_have_names_and_slots(void **state)
{
	struct sk_registry r;

	sk_registry_init(&r);
	assert_int_equal(r.cnt, SK_KIND_BUILTIN_CNT);
	assert_int_equal(sk_registry_find(&r, sk_span_str("http.form")), SK_KIND_HTTP_FORM);
	assert_int_equal(sk_registry_find(&r, sk_span_str("websocket.oddity")), SK_KIND_WEBSOCKET_ODDITY);
	assert_int_equal(sk_registry_find(&r, sk_span_str("http.for")), -1);
	assert_int_equal(sk_kind_field(r.kinds[SK_KIND_HTTP_REQUEST], sk_span_str("path.java")), SK_F_HTTP_REQUEST_PATH_JAVA);
	assert_int_equal(sk_kind_field(r.kinds[SK_KIND_DNS_ODDITY], sk_span_str("name")), SK_F_ODDITY_NAME);
	assert_int_equal(sk_kind_field(r.kinds[SK_KIND_DNS_ODDITY], sk_span_str("nam")), -1);
	assert_int_equal(sk_kind_field(&sk_event_common, sk_span_str("server.port")), SK_F_COMMON_SERVER_PORT);
	assert_int_equal(r.kinds[SK_KIND_HTTP_REQUEST]->fields[SK_F_HTTP_REQUEST_HEADERS].type, SK_VALUE_PAIRS);
	assert_int_equal(r.kinds[SK_KIND_HTTP_REQUEST]->field_cnt, SK_F_HTTP_REQUEST_CNT);
}

static void plugin_kinds_are_checked(void **state)
{
	static const struct sk_field_def fields[] = { { .name = "format", .type = SK_VALUE_TEXT } };
	static const struct sk_field_def shadow[] = { { .name = "client.ip", .type = SK_VALUE_ADDR } };
	static const struct sk_kind_def ok = { .name = "aspnet.viewstate", .help = "h", .fields = fields, .field_cnt = 1 };
	static const struct sk_kind_def bad[] = {
		{ .name = "http.request", .fields = fields, .field_cnt = 1 },	/* taken */
		{ .name = "aspnet", .fields = fields, .field_cnt = 1 },		/* no dot */
		{ .name = "Aspnet.x", .fields = fields, .field_cnt = 1 },
		{ .name = "aspnet.", .fields = fields, .field_cnt = 1 },
		{ .name = "aspnet.y", .fields = shadow, .field_cnt = 1 },	/* hides a common field */
		{ .name = "aspnet.z", .fields = fields, .field_cnt = SK_FIELD_MAX + 1 },
	};
	static struct sk_kind_def many[SK_KIND_MAX];
	static char names[SK_KIND_MAX][16];
	struct sk_registry r;

	sk_registry_init(&r);
	assert_int_equal(sk_registry_add(&r, &ok), SK_KIND_BUILTIN_CNT);
	assert_int_equal(sk_registry_find(&r, sk_span_str("aspnet.viewstate")), SK_KIND_BUILTIN_CNT);
	assert_int_equal(sk_registry_add(&r, &ok), SK_E_CONFIG);
	for (size_t i = 0; i < SK_ARRAY_LEN(bad); i++)
		assert_int_equal(sk_registry_add(&r, &bad[i]), SK_E_CONFIG);
	for (uint32_t i = r.cnt; i < SK_KIND_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "many.k%u", i);
		many[i] = (struct sk_kind_def){ .name = names[i] };
		assert_int_equal(sk_registry_add(&r, &many[i]), i);
	}
	many[0] = (struct sk_kind_def){ .name = "one.more" };
	assert_int_equal(sk_registry_add(&r, &many[0]), SK_E_LIMIT);
}

static const char *risk(unsigned bit)
{
	return bit == 3 ? "Three" : bit == 5 ? "Five" : NULL;
}

static const char *cid(const struct sk_flow_info *f, char *buf)
{
	snprintf(buf, 16, "1:p%u", f->proto);
	return buf;
}

static void common_values_come_from_the_flow(void **state)
{
	struct sk_flow_info f = { .proto = 6, .client_port = 49152, .server_port = 443, .app_proto = "tls", .ndpi_risk = 1u << 3 | 1u << 5 | 1u << 7 };
	struct sk_event e = { .kind = SK_KIND_HTTP_REQUEST, .dir = SK_TO_CLIENT, .flow = &f };
	struct sk_arena a;
	struct sk_value v;

	sk_arena_init(&a, 256, 4096);
	f.client_ip = (struct sk_addr){ .family = 4, .b = { 10, 1, 2, 3 } };
	v = sk_event_common_value(&e, SK_F_COMMON_CLIENT_IP, &a);
	assert_int_equal(v.type, SK_VALUE_ADDR);
	assert_true(sk_addr_is(&v.u.addr, &f.client_ip));
	assert_int_equal(sk_event_common_value(&e, SK_F_COMMON_SERVER_IP, &a).type, SK_VALUE_NONE);
	assert_int_equal(sk_event_common_value(&e, SK_F_COMMON_CLIENT_PORT, &a).u.num, 49152);
	assert_span(sk_event_common_value(&e, SK_F_COMMON_TRANSPORT, &a).u.bytes, "tcp");
	f.proto = 47;
	assert_span(sk_event_common_value(&e, SK_F_COMMON_TRANSPORT, &a).u.bytes, "47");
	assert_span(sk_event_common_value(&e, SK_F_COMMON_DIRECTION, &a).u.bytes, "to_client");
	assert_span(sk_event_common_value(&e, SK_F_COMMON_APP_PROTO, &a).u.bytes, "tls");
	assert_int_equal(sk_event_common_value(&e, SK_F_COMMON_VLAN, &a).type, SK_VALUE_NONE);
	assert_int_equal(sk_event_common_value(&e, SK_F_COMMON_COMMUNITY_ID, &a).type, SK_VALUE_NONE);
	sk_event_set_community_id(cid);
	assert_span(sk_event_common_value(&e, SK_F_COMMON_COMMUNITY_ID, &a).u.bytes, "1:p47");
	assert_int_equal(sk_event_common_value(&e, SK_F_COMMON_NDPI_RISK, &a).type, SK_VALUE_NONE);
	sk_event_set_risk_names(risk);
	v = sk_event_common_value(&e, SK_F_COMMON_NDPI_RISK, &a);
	assert_int_equal(v.type, SK_VALUE_LIST);
	assert_int_equal(v.u.list.n, 2);
	assert_span(v.u.list.v[0].u.bytes, "Three");
	assert_span(v.u.list.v[1].u.bytes, "Five");
	sk_event_set_community_id(NULL);
	sk_event_set_risk_names(NULL);
	sk_arena_fini(&a);
}

static void reference_has_every_field(void **state)
{
	struct sk_registry r;
	char *text = NULL;
	size_t n = 0, rows = 0, want = sk_event_common.field_cnt;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(out);
	sk_registry_init(&r);
	sk_registry_print(&r, out);
	fclose(out);
	for (const char *p = text; (p = strstr(p, "\n| `")); p++)
		rows++;
	for (uint32_t i = 0; i < r.cnt; i++)
		want += r.kinds[i]->field_cnt;
	assert_int_equal(rows, want);
	assert_non_null(strstr(text, "### tls.client_hello\n\nA TLS ClientHello.\n"));
	assert_non_null(strstr(text, "| `ja4` | text |  | `t13d1516h2_8daaf6152771_02713d6af862` |"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builtin_kinds_have_names_and_slots),
		cmocka_unit_test(plugin_kinds_are_checked),
		cmocka_unit_test(common_values_come_from_the_flow),
		cmocka_unit_test(reference_has_every_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
