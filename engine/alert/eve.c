/* alert/eve.c — see eve.h.
 *
 * A correlated alert shows the protocol objects of the alert that completed it.
 */
#include "alert/eve.h"

#include <stdio.h>

#include "base/fmt.h"

static const struct sk_value none = { .type = SK_VALUE_NONE };

/* A context field by full name. */
static const struct sk_value *get(const struct sk_alert *a, const char *field)
{
	for (size_t i = 0; i < a->context_cnt; i++)
		if (strcmp(a->context[i].field, field) == 0)
			return &a->context[i].value;
	return &none;
}

static bool has_prefix(const struct sk_alert *a, const char *prefix)
{
	size_t n = strlen(prefix);

	for (size_t i = 0; i < a->context_cnt; i++)
		if (strncmp(a->context[i].field, prefix, n) == 0)
			return true;
	return false;
}

static bool is_bytes(const struct sk_value *v)
{
	return v->type == SK_VALUE_TEXT || v->type == SK_VALUE_BYTES || v->type == SK_VALUE_STREAM;
}

void sk_eve_value(struct sk_jw *w, const char *key, const struct sk_value *v)
{
	char text[SK_TIME_TEXT_MAX > SK_ADDR_TEXT_MAX ? SK_TIME_TEXT_MAX : SK_ADDR_TEXT_MAX];

	switch (v->type) {
	case SK_VALUE_TEXT:
	case SK_VALUE_BYTES:
	case SK_VALUE_STREAM:
		sk_jw_bytes(w, key, v->u.bytes);
		break;
	case SK_VALUE_INT:
		sk_jw_num(w, key, v->u.num);
		break;
	case SK_VALUE_BOOL:
		sk_jw_bool(w, key, v->u.num != 0);
		break;
	case SK_VALUE_TIME:
		sk_jw_str(w, key, sk_fmt_time(v->u.num, text));
		break;
	case SK_VALUE_ADDR:
		sk_jw_str(w, key, sk_fmt_addr(&v->u.addr, text));
		break;
	case SK_VALUE_LIST:
	case SK_VALUE_PAIRS:
		sk_jw_array(w, key);
		for (size_t i = 0; i < v->u.list.n; i++)
			if (v->u.list.v[i].type != SK_VALUE_LIST && v->u.list.v[i].type != SK_VALUE_PAIRS)
				sk_eve_value(w, NULL, &v->u.list.v[i]);
		sk_jw_end_array(w);
		break;
	default:
		break;
	}
}

struct pair {
	const char *key, *field;
};

static void put_pairs(struct sk_jw *w, const struct sk_alert *a, const struct pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sk_eve_value(w, pairs[i].key, get(a, pairs[i].field));
}

static void put_http(struct sk_jw *w, const struct sk_alert *a)
{
	static const struct pair pairs[] = {
		{ "hostname", "http.request.host" }, { "url", "http.request.target" },
		{ "http_user_agent", "http.request.user_agent" },
		{ "http_content_type", "http.response.content_type" }, { "http_refer", "http.request.referer" },
		{ "http_method", "http.request.method" }, { "protocol", "http.request.version" },
		{ "status", "http.response.status" },
		{ "redirect", "http.response.location" }, { "length", "http.response.content_length" } };

	if (!has_prefix(a, "http.request.") && !has_prefix(a, "http.response."))
		return;
	sk_jw_object(w, "http");
	put_pairs(w, a, pairs, SK_ARRAY_LEN(pairs));
	sk_jw_end_object(w);
}

/* Addresses of one family as a list. */
static void put_addresses(struct sk_jw *w, const char *key, const struct sk_value *list, uint8_t family)
{
	bool open = false;

	for (size_t i = 0; list->type == SK_VALUE_LIST && i < list->u.list.n; i++) {
		const struct sk_value *v = &list->u.list.v[i];

		if (v->type != SK_VALUE_ADDR || v->u.addr.family != family)
			continue;
		if (!open)
			sk_jw_array(w, key);
		open = true;
		sk_eve_value(w, NULL, v);
	}
	if (open)
		sk_jw_end_array(w);
}

static void put_dns(struct sk_jw *w, const struct sk_alert *a)
{
	static const struct pair query[] = {
		{ "id", "dns.query.id" }, { "rrname", "dns.query.name" }, { "rrtype", "dns.query.type" },
		{ "opcode", "dns.query.opcode" } };
	static const struct pair answer[] = {
		{ "id", "dns.answer.id" }, { "rrname", "dns.answer.name" }, { "rrtype", "dns.answer.type" },
		{ "rcode", "dns.answer.rcode" } };
	static const struct pair grouped[] = {
		{ "CNAME", "dns.answer.cname" }, { "TXT", "dns.answer.txt" }, { "NS", "dns.answer.ns" } };
	bool has_query = has_prefix(a, "dns.query."), has_answer = has_prefix(a, "dns.answer.");

	if (!has_query && !has_answer)
		return;
	sk_jw_object(w, "dns");
	if (has_query) {
		sk_jw_array(w, "query");
		sk_jw_object(w, NULL);
		sk_jw_str(w, "type", "query");
		put_pairs(w, a, query, SK_ARRAY_LEN(query));
		sk_jw_end_object(w);
		sk_jw_end_array(w);
	}
	if (has_answer) {
		sk_jw_object(w, "answer");
		sk_jw_num(w, "version", 2);
		sk_jw_str(w, "type", "answer");
		put_pairs(w, a, answer, SK_ARRAY_LEN(answer));
		sk_jw_object(w, "grouped");
		put_addresses(w, "A", get(a, "dns.answer.address"), 4);
		put_addresses(w, "AAAA", get(a, "dns.answer.address"), 6);
		put_pairs(w, a, grouped, SK_ARRAY_LEN(grouped));
		sk_jw_end_object(w);
		sk_jw_end_object(w);
	}
	sk_jw_end_object(w);
}

/* Names as EVE writes them. */
static void put_tls_version(struct sk_jw *w, const struct sk_value *v)
{
	static const char *const names[] = { "SSLv3", "TLSv1", "TLS 1.1", "TLS 1.2", "TLS 1.3" };
	char other[16];

	if (v->type != SK_VALUE_INT)
		return;
	if (v->u.num >= 0x300 && v->u.num <= 0x304) {
		sk_jw_str(w, "version", names[v->u.num - 0x300]);
		return;
	}
	snprintf(other, sizeof(other), "0x%04x", (unsigned)(v->u.num & 0xffff));
	sk_jw_str(w, "version", other);
}

/* "aa:bb:…" of hex. */
static void put_fingerprint(struct sk_jw *w, const struct sk_value *v)
{
	char text[3 * 64 + 1];
	size_t o = 0;

	if (!is_bytes(v))
		return;
	for (size_t i = 0; i < v->u.bytes.n && o + 2 < sizeof(text); i++) {
		if (i && i % 2 == 0)
			text[o++] = ':';
		text[o++] = (char)v->u.bytes.p[i];
	}
	sk_jw_bytes(w, "fingerprint", sk_span(text, o));
}

/* "2025-07-18T00:00:00"; the certificate without an end has the year 9999 (RFC 5280 4.1.2.5). */
static void put_day(struct sk_jw *w, const char *key, const struct sk_value *v)
{
	char text[SK_TIME_TEXT_MAX];

	if (v->type != SK_VALUE_TIME)
		return;
	sk_jw_bytes(w, key, sk_span(v->u.num == INT64_MAX ? "9999-12-31T23:59:59" : sk_fmt_time(v->u.num, text), 19));
}

static void put_ja3(struct sk_jw *w, const char *key, const struct sk_value *hash, const struct sk_value *string)
{
	if (hash->type == SK_VALUE_NONE && string->type == SK_VALUE_NONE)
		return;
	sk_jw_object(w, key);
	sk_eve_value(w, "hash", hash);
	sk_eve_value(w, "string", string);
	sk_jw_end_object(w);
}

/* The first of the three TLS events that has the field. */
static const struct sk_value *get_tls(const struct sk_alert *a, const char *name)
{
	static const char *const kinds[] = { "tls.server_hello", "tls.client_hello", "tls.certificate" };

	for (size_t i = 0; i < SK_ARRAY_LEN(kinds); i++) {
		char field[64];
		const struct sk_value *v;

		snprintf(field, sizeof(field), "%s.%s", kinds[i], name);
		v = get(a, field);
		if (v->type != SK_VALUE_NONE)
			return v;
	}
	return &none;
}

static void put_tls(struct sk_jw *w, const struct sk_alert *a)
{
	if (!has_prefix(a, "tls.client_hello.") && !has_prefix(a, "tls.server_hello.") && !has_prefix(a, "tls.certificate."))
		return;
	sk_jw_object(w, "tls");
	sk_eve_value(w, "subject", get(a, "tls.certificate.subject"));
	sk_eve_value(w, "issuerdn", get(a, "tls.certificate.issuer"));
	sk_eve_value(w, "serial", get(a, "tls.certificate.serial"));
	put_fingerprint(w, get(a, "tls.certificate.sha1"));
	sk_eve_value(w, "sni", get_tls(a, "sni"));
	put_tls_version(w, get_tls(a, "version"));
	put_day(w, "notbefore", get(a, "tls.certificate.not_before"));
	put_day(w, "notafter", get(a, "tls.certificate.not_after"));
	put_ja3(w, "ja3", get(a, "tls.client_hello.ja3"), get(a, "tls.client_hello.ja3.string"));
	put_ja3(w, "ja3s", get(a, "tls.server_hello.ja3s"), &none);
	sk_eve_value(w, "ja4", get(a, "tls.client_hello.ja4"));
	sk_eve_value(w, "client_alpns", get(a, "tls.client_hello.alpn"));
	sk_eve_value(w, "server_alpn", get(a, "tls.server_hello.alpn"));
	sk_eve_value(w, "subjectaltname", get(a, "tls.certificate.san"));
	sk_jw_end_object(w);
}

static void put_websocket(struct sk_jw *w, const struct sk_alert *a)
{
	static const struct pair pairs[] = { { "mask", "websocket.message.masked" }, { "opcode", "websocket.message.opcode" } };

	if (!has_prefix(a, "websocket.message."))
		return;
	sk_jw_object(w, "websocket");
	put_pairs(w, a, pairs, SK_ARRAY_LEN(pairs));
	sk_jw_end_object(w);
}

static void put_files(struct sk_jw *w, const struct sk_alert *a)
{
	static const struct pair pairs[] = {
		{ "filename", "file.name" }, { "magic", "file.magic" }, { "md5", "file.md5" }, { "sha1", "file.sha1" },
		{ "sha256", "file.sha256" }, { "size", "file.size" } };

	if (!has_prefix(a, "file."))
		return;
	sk_jw_array(w, "files");
	sk_jw_object(w, NULL);
	put_pairs(w, a, pairs, SK_ARRAY_LEN(pairs));
	sk_jw_end_object(w);
	sk_jw_end_array(w);
}

void sk_eve_protocols(struct sk_jw *w, const struct sk_alert *a)
{
	a = sk_alert_trigger(a);
	put_http(w, a);
	put_dns(w, a);
	put_tls(w, a);
	put_websocket(w, a);
	put_files(w, a);
}

/* True where a protocol object already says it. */
static bool is_shown(const char *field)
{
	static const char *const shown[] = {
		"http.request.host", "http.request.target", "http.request.user_agent", "http.response.content_type",
		"http.request.referer", "http.request.method", "http.request.version", "http.response.status",
		"http.response.location", "http.response.content_length", "tls.client_hello.sni", "tls.server_hello.sni",
		"tls.certificate.sni", "tls.client_hello.version", "tls.server_hello.version", "tls.certificate.subject",
		"tls.certificate.issuer", "tls.certificate.serial", "tls.certificate.sha1", "tls.certificate.not_before",
		"tls.certificate.not_after", "tls.client_hello.ja3", "tls.client_hello.ja3.string", "tls.server_hello.ja3s",
		"tls.client_hello.ja4", "tls.client_hello.alpn", "tls.server_hello.alpn", "tls.certificate.san",
		"websocket.message.masked", "websocket.message.opcode" };

	if (strncmp(field, "dns.query.", 10) == 0 || strncmp(field, "dns.answer.", 11) == 0 || strncmp(field, "file.", 5) == 0)
		return true;
	for (size_t i = 0; i < SK_ARRAY_LEN(shown); i++)
		if (strcmp(field, shown[i]) == 0)
			return true;
	return false;
}

void sk_eve_fields(struct sk_jw *w, const struct sk_alert *a)
{
	bool open = false;

	a = sk_alert_trigger(a);
	for (size_t i = 0; i < a->context_cnt; i++) {
		if (a->context[i].hidden || a->context[i].value.type == SK_VALUE_NONE || is_shown(a->context[i].field))
			continue;
		if (!open)
			sk_jw_object(w, "fields");
		open = true;
		sk_eve_value(w, a->context[i].field, &a->context[i].value);
	}
	if (open)
		sk_jw_end_object(w);
}
