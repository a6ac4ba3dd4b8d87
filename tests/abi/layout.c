/* tests/abi/layout.c — sizes, offsets, kinds and slots of the headers it is built with; LAYOUT says which those are. */
#include <sekisho/plugin.h>

#include "layout.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

#define SIZE(type) { "sizeof struct " #type, sizeof(struct type), 0 },
#define GROWS(type) { "sizeof struct " #type, sizeof(struct type), 1 },
#define MEMBER(type, member) { #type "." #member, offsetof(struct type, member), 0 },
#define NUMBER(name) { #name, (unsigned long)(name), 0 },
#define KIND(id, name, help) { "kind " name, SK_KIND_##id, 0 },

/* Slot and type of every field; X over the kinds cannot nest, so each list has its own line. */
#define FIELD(kind, id, name, type) { "field " kind " " name, SK_F_##id * 16ul + SK_VALUE_##type, 0 },
#define COMMON(id, name, type, ...) FIELD("common", COMMON_##id, name, type)
#define FLOW_START(id, name, type, ...) FIELD("flow.start", FLOW_START_##id, name, type)
#define FLOW_END(id, name, type, ...) FIELD("flow.end", FLOW_END_##id, name, type)
#define DNS_QUERY(id, name, type, ...) FIELD("dns.query", DNS_QUERY_##id, name, type)
#define DNS_ANSWER(id, name, type, ...) FIELD("dns.answer", DNS_ANSWER_##id, name, type)
#define TLS_CLIENT_HELLO(id, name, type, ...) FIELD("tls.client_hello", TLS_CLIENT_HELLO_##id, name, type)
#define TLS_SERVER_HELLO(id, name, type, ...) FIELD("tls.server_hello", TLS_SERVER_HELLO_##id, name, type)
#define TLS_CERTIFICATE(id, name, type, ...) FIELD("tls.certificate", TLS_CERTIFICATE_##id, name, type)
#define HTTP_REQUEST(id, name, type, ...) FIELD("http.request", HTTP_REQUEST_##id, name, type)
#define HTTP_RESPONSE(id, name, type, ...) FIELD("http.response", HTTP_RESPONSE_##id, name, type)
#define HTTP_BODY(id, name, type, ...) FIELD("http.body", HTTP_BODY_##id, name, type)
#define HTTP_FORM(id, name, type, ...) FIELD("http.form", HTTP_FORM_##id, name, type)
#define WEBSOCKET_OPEN(id, name, type, ...) FIELD("websocket.open", WEBSOCKET_OPEN_##id, name, type)
#define WEBSOCKET_MESSAGE(id, name, type, ...) FIELD("websocket.message", WEBSOCKET_MESSAGE_##id, name, type)
#define STREAM_DATA(id, name, type, ...) FIELD("stream.data", STREAM_DATA_##id, name, type)
#define FILE_(id, name, type, ...) FIELD("file", FILE_##id, name, type)
#define ODDITY(id, name, type, ...) FIELD("oddity", ODDITY_##id, name, type)

const struct layout_number JOIN(layout_, LAYOUT)[] = {
	SIZE(sk_span) MEMBER(sk_span, p) MEMBER(sk_span, n)
	SIZE(sk_addr) MEMBER(sk_addr, b) MEMBER(sk_addr, family)
	SIZE(sk_value) MEMBER(sk_value, type) MEMBER(sk_value, u)
	GROWS(sk_event) MEMBER(sk_event, size) MEMBER(sk_event, kind) MEMBER(sk_event, dir) MEMBER(sk_event, value_cnt)
	MEMBER(sk_event, time_ns) MEMBER(sk_event, packet) MEMBER(sk_event, packets) MEMBER(sk_event, packet_cnt) MEMBER(sk_event, flow)
	MEMBER(sk_event, parent) MEMBER(sk_event, values) MEMBER(sk_event, unit)
	GROWS(sk_flow_info) MEMBER(sk_flow_info, size) MEMBER(sk_flow_info, proto) MEMBER(sk_flow_info, saw_both)
	MEMBER(sk_flow_info, dir_guessed) MEMBER(sk_flow_info, midstream) MEMBER(sk_flow_info, client_ip) MEMBER(sk_flow_info, server_ip)
	MEMBER(sk_flow_info, client_port) MEMBER(sk_flow_info, server_port) MEMBER(sk_flow_info, vlan) MEMBER(sk_flow_info, serial)
	MEMBER(sk_flow_info, start_ns) MEMBER(sk_flow_info, last_ns) MEMBER(sk_flow_info, packets) MEMBER(sk_flow_info, bytes)
	MEMBER(sk_flow_info, app_proto) MEMBER(sk_flow_info, ndpi_protocol) MEMBER(sk_flow_info,
			ndpi_category) MEMBER(sk_flow_info, ndpi_risk)
	GROWS(sk_field_def) MEMBER(sk_field_def, name) MEMBER(sk_field_def, type) MEMBER(sk_field_def, unit) MEMBER(sk_field_def, source)
	MEMBER(sk_field_def, example) MEMBER(sk_field_def, help)
	GROWS(sk_kind_def) MEMBER(sk_kind_def, name) MEMBER(sk_kind_def, help) MEMBER(sk_kind_def, fields) MEMBER(sk_kind_def, field_cnt)
	GROWS(sk_evidence) MEMBER(sk_evidence, field) MEMBER(sk_evidence, value) MEMBER(sk_evidence, offset) MEMBER(sk_evidence, length)
	MEMBER(sk_evidence, start) MEMBER(sk_evidence, note)
	GROWS(sk_finding) MEMBER(sk_finding, size) MEMBER(sk_finding, evidence_size) MEMBER(sk_finding, severity)
	MEMBER(sk_finding, confidence) MEMBER(sk_finding, evidence_cnt) MEMBER(sk_finding, id) MEMBER(sk_finding, title)
	MEMBER(sk_finding, reason) MEMBER(sk_finding, evidence)
	GROWS(sk_option) MEMBER(sk_option, name) MEMBER(sk_option, type) MEMBER(sk_option, preset) MEMBER(sk_option, min)
	MEMBER(sk_option, max) MEMBER(sk_option, help)
	GROWS(sk_interest) MEMBER(sk_interest, kind) MEMBER(sk_interest, field) MEMBER(sk_interest, prefix) MEMBER(sk_interest, reads)
	MEMBER(sk_interest, least)
	GROWS(sk_host) MEMBER(sk_host, abi) MEMBER(sk_host, size) MEMBER(sk_host, log) MEMBER(sk_host, option_num)
	MEMBER(sk_host, option_text) MEMBER(sk_host, counter) MEMBER(sk_host, count) MEMBER(sk_host, alloc) MEMBER(sk_host, realloc)
	MEMBER(sk_host, free) MEMBER(sk_host, scratch) MEMBER(sk_host, unit) MEMBER(sk_host, publish) MEMBER(sk_host, alert)
	MEMBER(sk_host, now)
	GROWS(sk_plugin) MEMBER(sk_plugin, abi) MEMBER(sk_plugin, size) MEMBER(sk_plugin, interest_size) MEMBER(sk_plugin, option_size)
	MEMBER(sk_plugin, kind_size) MEMBER(sk_plugin, field_size) MEMBER(sk_plugin, name) MEMBER(sk_plugin, version)
	MEMBER(sk_plugin, summary) MEMBER(sk_plugin, licence) MEMBER(sk_plugin, interests) MEMBER(sk_plugin, interest_cnt)
	MEMBER(sk_plugin, option_cnt) MEMBER(sk_plugin, options) MEMBER(sk_plugin, kinds) MEMBER(sk_plugin, kind_cnt)
	MEMBER(sk_plugin, worker_size) MEMBER(sk_plugin, flow_size) MEMBER(sk_plugin, unit_size) MEMBER(sk_plugin, flags)
	MEMBER(sk_plugin, open) MEMBER(sk_plugin, close) MEMBER(sk_plugin, worker_begin) MEMBER(sk_plugin, worker_end)
	MEMBER(sk_plugin, flow_begin) MEMBER(sk_plugin, on_event) MEMBER(sk_plugin, flow_end) MEMBER(sk_plugin, unit_end)

	NUMBER(SK_ABI_MAJOR) NUMBER(SK_EVIDENCE_MAX)
	NUMBER(SK_SEVERITY_INFO) NUMBER(SK_SEVERITY_LOW) NUMBER(SK_SEVERITY_MEDIUM) NUMBER(SK_SEVERITY_HIGH) NUMBER(SK_SEVERITY_CRITICAL)
	NUMBER(SK_VALUE_NONE) NUMBER(SK_VALUE_TEXT) NUMBER(SK_VALUE_BYTES) NUMBER(SK_VALUE_STREAM) NUMBER(SK_VALUE_INT)
	NUMBER(SK_VALUE_BOOL) NUMBER(SK_VALUE_TIME) NUMBER(SK_VALUE_ADDR) NUMBER(SK_VALUE_LIST) NUMBER(SK_VALUE_PAIRS)
	NUMBER(SK_TO_SERVER) NUMBER(SK_TO_CLIENT) NUMBER(SK_KIND_NONE)
	NUMBER(SK_LOG_ERROR) NUMBER(SK_LOG_WARNING) NUMBER(SK_LOG_INFO) NUMBER(SK_LOG_DEBUG)
	NUMBER(SK_OPTION_BOOL) NUMBER(SK_OPTION_INT) NUMBER(SK_OPTION_SIZE) NUMBER(SK_OPTION_DURATION) NUMBER(SK_OPTION_TEXT)
	NUMBER(SK_WATCH) NUMBER(SK_IGNORE) NUMBER(SK_CONTINUE) NUMBER(SK_FLOW_DONE) NUMBER(SK_FAILED) NUMBER(SK_PLUGIN_OFF)

	SK_KINDS(KIND)
	SK_FIELDS_COMMON(COMMON)
	SK_FIELDS_FLOW_START(FLOW_START) SK_FIELDS_FLOW_END(FLOW_END)
	SK_FIELDS_DNS_QUERY(DNS_QUERY) SK_FIELDS_DNS_ANSWER(DNS_ANSWER)
	SK_FIELDS_TLS_CLIENT_HELLO(TLS_CLIENT_HELLO) SK_FIELDS_TLS_SERVER_HELLO(TLS_SERVER_HELLO) SK_FIELDS_TLS_CERTIFICATE(TLS_CERTIFICATE)
	SK_FIELDS_HTTP_REQUEST(HTTP_REQUEST) SK_FIELDS_HTTP_RESPONSE(HTTP_RESPONSE)
	SK_FIELDS_HTTP_BODY(HTTP_BODY) SK_FIELDS_HTTP_FORM(HTTP_FORM)
	SK_FIELDS_WEBSOCKET_OPEN(WEBSOCKET_OPEN) SK_FIELDS_WEBSOCKET_MESSAGE(WEBSOCKET_MESSAGE)
	SK_FIELDS_STREAM_DATA(STREAM_DATA) SK_FIELDS_FILE(FILE_) SK_FIELDS_ODDITY(ODDITY)
};
const size_t JOIN(JOIN(layout_, LAYOUT), _cnt) = sizeof(JOIN(layout_, LAYOUT)) / sizeof(JOIN(layout_, LAYOUT)[0]);
