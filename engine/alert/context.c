/* alert/context.c — which fields of an event and its ancestors an alert carries, and which of them it shows.
 *
 * It carries all that have a value but streamed ones, because conditions over several alerts may key on any. It shows, of
 * built-in kinds, those that tell an analyst which transaction it was; of plugins' kinds, all but head sections.
 */
#include "alert/alert_priv.h"

#define BIT(kind, id) (1u << SK_F_##kind##_##id)

static const uint32_t useful[SK_KIND_BUILTIN_CNT] = {
	[SK_KIND_FLOW_START] = BIT(FLOW_START, STATE),
	[SK_KIND_FLOW_END] = BIT(FLOW_END, PACKETS_TO_SERVER) | BIT(FLOW_END, PACKETS_TO_CLIENT) | BIT(FLOW_END, BYTES_TO_SERVER) |
		BIT(FLOW_END, BYTES_TO_CLIENT) | BIT(FLOW_END, DURATION) | BIT(FLOW_END, STATE) | BIT(FLOW_END, REASON) |
		BIT(FLOW_END, UPLOAD),
	[SK_KIND_DNS_QUERY] = BIT(DNS_QUERY, NAME) | BIT(DNS_QUERY, TYPE) | BIT(DNS_QUERY, ID) | BIT(DNS_QUERY, OPCODE),
	[SK_KIND_DNS_ANSWER] = BIT(DNS_ANSWER, NAME) | BIT(DNS_ANSWER, TYPE) | BIT(DNS_ANSWER, RCODE) | BIT(DNS_ANSWER, ID) |
		BIT(DNS_ANSWER, ADDRESS) | BIT(DNS_ANSWER, CNAME) | BIT(DNS_ANSWER, TXT) | BIT(DNS_ANSWER, NS),
	[SK_KIND_TLS_CLIENT_HELLO] = BIT(TLS_CLIENT_HELLO, SNI) | BIT(TLS_CLIENT_HELLO, ALPN) | BIT(TLS_CLIENT_HELLO, VERSION) |
		BIT(TLS_CLIENT_HELLO, JA3) | BIT(TLS_CLIENT_HELLO, JA3_STRING) | BIT(TLS_CLIENT_HELLO, JA4),
	[SK_KIND_TLS_SERVER_HELLO] = BIT(TLS_SERVER_HELLO, SNI) | BIT(TLS_SERVER_HELLO, VERSION) | BIT(TLS_SERVER_HELLO, CIPHER) |
		BIT(TLS_SERVER_HELLO, ALPN) | BIT(TLS_SERVER_HELLO, JA3S),
	[SK_KIND_TLS_CERTIFICATE] = BIT(TLS_CERTIFICATE, SNI) | BIT(TLS_CERTIFICATE, INDEX) | BIT(TLS_CERTIFICATE, SUBJECT) |
		BIT(TLS_CERTIFICATE, ISSUER) | BIT(TLS_CERTIFICATE, CN) | BIT(TLS_CERTIFICATE, SAN) | BIT(TLS_CERTIFICATE, SERIAL) |
		BIT(TLS_CERTIFICATE, SHA1) | BIT(TLS_CERTIFICATE, SHA256) | BIT(TLS_CERTIFICATE, NOT_BEFORE) |
		BIT(TLS_CERTIFICATE, NOT_AFTER) | BIT(TLS_CERTIFICATE, SELF_ISSUED),
	[SK_KIND_HTTP_REQUEST] = BIT(HTTP_REQUEST, METHOD) | BIT(HTTP_REQUEST, TARGET) | BIT(HTTP_REQUEST, PATH) |
		BIT(HTTP_REQUEST, VERSION) | BIT(HTTP_REQUEST, HOST) | BIT(HTTP_REQUEST, USER_AGENT) | BIT(HTTP_REQUEST, REFERER) |
		BIT(HTTP_REQUEST, CONTENT_TYPE) | BIT(HTTP_REQUEST, CONTENT_LENGTH) | BIT(HTTP_REQUEST, ODDITIES) |
		BIT(HTTP_REQUEST, NUMBER),
	[SK_KIND_HTTP_RESPONSE] = BIT(HTTP_RESPONSE, STATUS) | BIT(HTTP_RESPONSE, SERVER) | BIT(HTTP_RESPONSE, LOCATION) |
		BIT(HTTP_RESPONSE, CONTENT_TYPE) | BIT(HTTP_RESPONSE, CONTENT_LENGTH) | BIT(HTTP_RESPONSE, ODDITIES),
	[SK_KIND_HTTP_BODY] = BIT(HTTP_BODY, ENCODING),
	[SK_KIND_HTTP_FORM] = BIT(HTTP_FORM, NAME) | BIT(HTTP_FORM, SOURCE) | BIT(HTTP_FORM, FILENAME) | BIT(HTTP_FORM, CONTENT_TYPE),
	[SK_KIND_WEBSOCKET_OPEN] = BIT(WEBSOCKET_OPEN, PROTOCOL) | BIT(WEBSOCKET_OPEN, EXTENSIONS) | BIT(WEBSOCKET_OPEN, ORIGIN) |
		BIT(WEBSOCKET_OPEN, ACCEPT_OK),
	[SK_KIND_WEBSOCKET_MESSAGE] = BIT(WEBSOCKET_MESSAGE, OPCODE) | BIT(WEBSOCKET_MESSAGE, COMPRESSED) |
		BIT(WEBSOCKET_MESSAGE, MASKED) | BIT(WEBSOCKET_MESSAGE, NUMBER),
	[SK_KIND_STREAM_DATA] = BIT(STREAM_DATA, OFFSET),
	[SK_KIND_FILE] = BIT(FILE, NAME) | BIT(FILE, MAGIC) | BIT(FILE, SIZE) | BIT(FILE, SHA256) | BIT(FILE, SHA1) | BIT(FILE, MD5),
	[SK_KIND_PACKET_ODDITY] = BIT(ODDITY, NAME) | BIT(ODDITY, OFFSET),
	[SK_KIND_STREAM_ODDITY] = BIT(ODDITY, NAME) | BIT(ODDITY, OFFSET),
	[SK_KIND_HTTP_ODDITY] = BIT(ODDITY, NAME) | BIT(ODDITY, OFFSET),
	[SK_KIND_DNS_ODDITY] = BIT(ODDITY, NAME) | BIT(ODDITY, OFFSET),
	[SK_KIND_TLS_ODDITY] = BIT(ODDITY, NAME) | BIT(ODDITY, OFFSET),
	[SK_KIND_WEBSOCKET_ODDITY] = BIT(ODDITY, NAME) | BIT(ODDITY, OFFSET),
};

/* Kinds an event of this kind may have above it. */
static uint64_t ancestors(unsigned kind)
{
	const uint64_t request = UINT64_C(1) << SK_KIND_HTTP_REQUEST, response = UINT64_C(1) << SK_KIND_HTTP_RESPONSE;

	switch (kind) {
	case SK_KIND_HTTP_RESPONSE:
	case SK_KIND_HTTP_FORM:
	case SK_KIND_WEBSOCKET_OPEN:
		return request;
	case SK_KIND_HTTP_BODY:
	case SK_KIND_HTTP_ODDITY:
	case SK_KIND_FILE:
		return request | response;
	case SK_KIND_WEBSOCKET_MESSAGE:
	case SK_KIND_WEBSOCKET_ODDITY:
		return request | UINT64_C(1) << SK_KIND_WEBSOCKET_OPEN;
	default:
		return kind < SK_KIND_BUILTIN_CNT ? 0 : (UINT64_C(1) << SK_KIND_BUILTIN_CNT) - 1;
	}
}

static uint32_t useful_of(const struct sk_kind_def *def, unsigned kind)
{
	uint32_t bits = 0;

	if (kind < SK_KIND_BUILTIN_CNT)
		return useful[kind];
	for (uint32_t i = 0; i < def->field_cnt && i < SK_FIELD_MAX; i++)
		if (def->fields[i].type != SK_VALUE_STREAM && def->fields[i].type != SK_VALUE_PAIRS)
			bits |= 1u << i;
	return bits;
}

/* Of all bytes of a file: too much work for a rule that only looks at names. */
static const uint32_t file_digests = BIT(FILE, SHA256) | BIT(FILE, SHA1) | BIT(FILE, MD5);

void sk_alert_wanted(const struct sk_registry *reg, struct sk_wanted *w)
{
	uint64_t kinds = w->kinds;

	for (unsigned kind = 0; kind < reg->cnt; kind++)
		if (sk_wanted_kind(w, kind))
			kinds |= ancestors(kind);
	for (unsigned kind = 0; kind < reg->cnt; kind++) {
		uint32_t shown = kinds >> kind & 1 ? useful_of(reg->kinds[kind], kind) & ~(kind == SK_KIND_FILE ? file_digests : 0) : 0;

		w->late[kind] |= shown & ~w->fields[kind];
		w->fields[kind] |= shown;
	}
}

size_t sk_alert_picks(const struct sk_event *e, const struct sk_registry *reg, struct sk_alert_pick *out)
{
	uint64_t seen = 0;
	size_t n = 0;

	for (unsigned depth = 0; e && depth < SK_ALERT_CHAIN_MAX; e = e->parent, depth++) {
		const struct sk_kind_def *def = e->kind < reg->cnt ? reg->kinds[e->kind] : NULL;
		uint32_t shown, cnt;
		size_t len;

		if (!def || (seen >> e->kind & 1))
			continue;
		seen |= UINT64_C(1) << e->kind;
		shown = useful_of(def, e->kind);
		len = strlen(def->name);
		cnt = SK_MIN(SK_MIN(def->field_cnt, e->value_cnt), SK_FIELD_MAX);
		for (unsigned slot = 0; slot < cnt; slot++) {
			const struct sk_value *v = &e->values[slot];

			if (v->type != SK_VALUE_NONE && v->type != SK_VALUE_STREAM && n < SK_ALERT_PICK_MAX)
				out[n++] = (struct sk_alert_pick){ def, sk_event_full_name(e->kind, slot), len, slot, v, !(shown >> slot & 1), false };
		}
	}
	return n;
}
