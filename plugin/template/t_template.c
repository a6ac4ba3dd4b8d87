/* plugin/template/t_template.c — the plugin against a fake host. */
#include "fake_host.h"

extern const struct sk_plugin sk_plugin_template;

static int answer(struct fake *f, uint64_t status)
{
	struct sk_value request_values[SK_F_HTTP_REQUEST_CNT] = {
		[SK_F_HTTP_REQUEST_PATH] = { .type = SK_VALUE_BYTES, .u.bytes = sk_span_str("/login") } };
	struct sk_value values[SK_F_HTTP_RESPONSE_CNT] = {
		[SK_F_HTTP_RESPONSE_STATUS] = { .type = SK_VALUE_INT, .u.num = status } };
	struct sk_event request = { .kind = SK_KIND_HTTP_REQUEST, .values = request_values, .value_cnt = SK_F_HTTP_REQUEST_CNT };
	struct sk_event response = { .kind = SK_KIND_HTTP_RESPONSE, .dir = SK_TO_CLIENT, .parent = &request,
		.values = values, .value_cnt = SK_F_HTTP_RESPONSE_CNT };

	return fake_event(f, &response);
}

int main(void)
{
	struct fake f;

	fake_init(&f, &sk_plugin_template);
	fake_option_num(&f, "threshold", 3);
	CHECK(fake_start(&f) == 0);

	CHECK(answer(&f, 401) == SK_CONTINUE);
	CHECK(answer(&f, 200) == SK_CONTINUE);
	CHECK(answer(&f, 401) == SK_CONTINUE);
	CHECK(f.finding_cnt == 0);
	CHECK(answer(&f, 401) == SK_FLOW_DONE);
	CHECK(f.finding_cnt == 1);
	CHECK(!strcmp(f.findings[0].id, "template.refused"));
	CHECK(!strcmp(f.findings[0].reason, "3 requests of one connection were answered with 401."));
	CHECK(!strcmp(f.findings[0].field, "http.request.path"));
	CHECK(!strcmp(f.findings[0].value, "/login"));
	CHECK(f.counters[0] == 3);

	/* another flow begins at nothing */
	fake_next_flow(&f);
	CHECK(answer(&f, 401) == SK_CONTINUE);
	CHECK(f.finding_cnt == 1);

	CHECK(fake_close(&f) == 0);
	return 0;
}
