/* tests/fuzz/sink/fuzz_alert_json.c — alerts of any event with any values: their JSON is read back by another reader and says
 * what the record says.
 *
 * in       bytes that are spent on an event: kind, direction, flow, the values of its fields by their types, evidence, template
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert.h"
#include "base/fmt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) \
	do { \
		if (!(x)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); \
			abort(); \
		} \
	} while (0)

static const struct sk_field_def fields[] = {
	{ .name = "token", .type = SK_VALUE_BYTES }, { .name = "count", .type = SK_VALUE_INT }, { .name = "when", .type = SK_VALUE_TIME },
	{ .name = "names", .type = SK_VALUE_LIST }, { .name = "pairs", .type = SK_VALUE_PAIRS }, { .name = "piece", .type = SK_VALUE_STREAM },
	{ .name = "yes", .type = SK_VALUE_BOOL }, { .name = "where", .type = SK_VALUE_ADDR } };
static const struct sk_kind_def kind_own = { .name = "fuzz.kind", .help = "x", .fields = fields, .field_cnt = 8 };

struct input {
	struct sk_span s;
	struct sk_value items[64];
	size_t item_cnt;
};

static uint64_t number(struct input *in, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes && in->s.n; i++) {
		v = v << 8 | in->s.p[0];
		in->s = sk_span_sub(in->s, 1, in->s.n);
	}
	return v;
}

static struct sk_span bytes(struct input *in)
{
	size_t n = (size_t)number(in, 1);
	struct sk_span s;

	if (n > 250)
		n = (n - 250) * 400;
	s = sk_span_sub(in->s, 0, n);
	in->s = sk_span_sub(in->s, s.n, in->s.n);
	return s;
}

static struct sk_addr address(struct input *in)
{
	struct sk_addr a = { .family = number(in, 1) & 1 ? 4 : 6 };
	struct sk_span s = sk_span_sub(in->s, 0, a.family == 4 ? 4 : 16);

	if (s.n)
		memcpy(a.b, s.p, s.n);
	in->s = sk_span_sub(in->s, s.n, in->s.n);
	return a;
}

static struct sk_value value(struct input *in, uint32_t type)
{
	struct sk_value v = { .type = type };
	size_t first = in->item_cnt, n;

	switch (type) {
	case SK_VALUE_TEXT:
	case SK_VALUE_BYTES:
	case SK_VALUE_STREAM:
		v.u.bytes = bytes(in);
		break;
	case SK_VALUE_ADDR:
		v.u.addr = address(in);
		break;
	case SK_VALUE_LIST:
	case SK_VALUE_PAIRS:
		n = number(in, 1) % 12;
		n -= type == SK_VALUE_PAIRS ? n % 2 : 0;
		if (n > 64 - first)
			n = 0;
		in->item_cnt += n;
		for (size_t i = 0; i < n; i++)
			in->items[first + i] = value(in, number(in, 1) % 3 ? SK_VALUE_TEXT : SK_VALUE_ADDR);
		v.u.list.v = in->items + first;
		v.u.list.n = n;
		break;
	default:
		v.u.num = number(in, 8);
	}
	return v;
}

static void fill(struct input *in, const struct sk_kind_def *def, struct sk_value *values)
{
	uint32_t present = (uint32_t)number(in, 4);

	for (unsigned i = 0; i < def->field_cnt; i++)
		values[i] = present >> i & 1 ? value(in, def->fields[i].type) : (struct sk_value){ .type = SK_VALUE_NONE };
}

static const char *text(struct input *in, char *room, size_t size)
{
	struct sk_span s = sk_span_sub(bytes(in), 0, size - 1);

	if (s.n)
		memcpy(room, s.p, s.n);
	room[s.n] = 0;
	return room;
}

static void same_evidence(json_t *j, const struct sk_alert_evidence *ev)
{
	char base64[4 * ((SK_ALERT_VALUE_MAX + 2) / 3) + 1];
	struct sk_buf shown = { 0 };

	sk_fmt_base64(ev->value, base64, sizeof(base64));
	MUST(strcmp(json_string_value(json_object_get(j, "base64")), base64) == 0);
	sk_alert_printable(&shown, ev->value);
	MUST(json_string_length(json_object_get(j, "text")) == shown.n);
	MUST(shown.n == 0 || memcmp(json_string_value(json_object_get(j, "text")), shown.p, shown.n) == 0);
	MUST(json_boolean_value(json_object_get(j, "truncated")) == ev->truncated);
	MUST(json_array_size(json_object_get(j, "packets")) == ev->packet_cnt);
	MUST(ev->start <= ev->value.n);
	sk_buf_fini(&shown);
}

static void read_back(const struct sk_alert *a)
{
	struct sk_buf out = { 0 };
	json_error_t e;
	json_t *j, *s;

	MUST(sk_alert_json(a, "fuzz", &out) == 0);
	for (size_t i = 0; i < out.n; i++)
		MUST(out.p[i] >= 0x20);
	j = json_loadb((const char *)out.p, out.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
	if (!j)
		fprintf(stderr, "%s\n%.*s\n", e.text, (int)out.n, (const char *)out.p);
	MUST(j);
	s = json_object_get(j, "sekisho");
	MUST(strcmp(json_string_value(json_object_get(s, "id")), sk_alert_id(a)) == 0);
	MUST(strcmp(json_string_value(json_object_get(s, "reason")), a->reason) == 0);
	MUST(json_integer_value(json_object_get(j, "flow_id")) > 0);
	MUST(json_array_size(json_object_get(s, "evidence")) == a->evidence_cnt);
	for (size_t i = 0; i < a->evidence_cnt; i++)
		same_evidence(json_array_get(json_object_get(s, "evidence"), i), &a->evidence[i]);
	MUST(json_array_size(json_object_get(s, "members")) == a->member_cnt);
	json_decref(j);
	sk_buf_fini(&out);
}

static void correlate(struct sk_alert *a)
{
	static const struct sk_rule step = { .id = "fuzz.step" };
	const struct sk_rule *steps[] = { a->rule, &step };
	const struct sk_correlation c = { .by = { "server.ip", "fuzz.kind.token", "name" }, .within_ns = 3600000000000, .steps = steps,
		.step_cnt = 2, .distinct = "host" };
	const struct sk_alert_sum sum = { .count = a->packet, .places = (const uint32_t[]){ 0, 1 } };

	for (int type = SK_RULE_SEQUENCE; type <= SK_RULE_ABSENT; type++) {
		const struct sk_rule r = { .id = "fuzz.sum", .reason = "{match} {count} {steps} {path} {fuzz.kind.token} {header[a]}",
			.type = (enum sk_rule_type)type, .correlation = &c, .confidence = 100 };
		struct sk_alert *sum_of = sk_alert_new_correlated(&r, (struct sk_alert *[]){ a, a }, type == SK_RULE_ABSENT ? 1 : 2, &sum);

		MUST(sum_of);
		read_back(sum_of);
		sk_alert_put(sum_of);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { .s = sk_span(data, size) };
	struct sk_value values[2][SK_FIELD_MAX];
	char id[64], title[300], template[300], note[64];
	struct sk_evidence evidence[3];
	struct sk_registry reg;
	uint64_t packets[2], many[200];

	sk_registry_init(&reg);
	MUST(sk_registry_add(&reg, &kind_own) >= 0);
	struct sk_flow_info flow = { .size = sizeof(flow), .proto = (uint8_t)number(&in, 1), .client_ip = address(&in), .server_ip = address(&in),
		.client_port = (uint16_t)number(&in, 2), .vlan = number(&in, 2) & 0xfff, .serial = number(&in, 4), .start_ns = number(&in, 8) };
	struct sk_event up = { .size = sizeof(up), .kind = (uint16_t)(number(&in, 1) % reg.cnt), .flow = &flow, .values = values[0] };
	struct sk_event e = { .size = sizeof(e), .kind = (uint16_t)(number(&in, 1) % reg.cnt), .dir = number(&in, 1) & 1, .flow = &flow,
		.values = values[1], .parent = &up, .time_ns = number(&in, 8), .packet = number(&in, 4), .packets = packets, .packet_cnt = 2 };
	struct sk_rule rule = { .severity = (uint32_t)number(&in, 1), .confidence = (uint32_t)number(&in, 1), .kind = e.kind };

	packets[0] = number(&in, 2);
	packets[1] = UINT64_MAX;
	for (size_t i = 0; i < SK_ARRAY_LEN(many); i++)
		many[i] = i * i;
	rule.id = text(&in, id, sizeof(id));
	rule.title = text(&in, title, sizeof(title));
	rule.reason = text(&in, template, sizeof(template));
	fill(&in, reg.kinds[up.kind], values[0]);
	fill(&in, reg.kinds[e.kind], values[1]);
	up.value_cnt = (uint8_t)reg.kinds[up.kind]->field_cnt;
	e.value_cnt = (uint8_t)reg.kinds[e.kind]->field_cnt;
	for (int i = 0; i < 3; i++)
		evidence[i] = (struct sk_evidence){ .field = i ? "fuzz.kind.token" : "http.request.target", .value = bytes(&in),
			.offset = number(&in, 4), .length = (uint32_t)number(&in, 2), .start = (uint32_t)number(&in, 2),
			.note = i == 1 ? text(&in, note, sizeof(note)) : NULL };
	const struct sk_match_packets brought[3] = { { e.packets, e.packet_cnt }, { &up.packet, 1 }, { many, (uint32_t)number(&in, 1) % SK_ARRAY_LEN(many) } };
	const struct sk_match m = { .rule = &rule, .event = &e, .evidence = evidence, .evidence_cnt = (size_t)number(&in, 1) % 4, .packets = brought };
	struct sk_alert *a = sk_alert_new(&m, &reg, &(struct sk_alert_order){ 1, 2, 3 });

	MUST(a);
	a->seq = number(&in, 8);
	a->file = "fuzz.pcap";
	read_back(a);
	correlate(a);
	sk_alert_put(a);
	return 0;
}
