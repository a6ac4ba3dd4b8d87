/* plugin/ak47/ak47.c — reads what AK47C2, the implant of Storm-2603, and its server say to each other.
 *
 * in       dns.query (labels), dns.answer (TXT records), http.body of both directions
 * out      ak47.message, one per message; rules decide
 * memory   the beginning of one body per unit, AK47_HEX_MAX bytes where it begins like a message
 * threads  no state but the unit's
 * source   see message.h
 * limits   a body is read to AK47_HEX_MAX digits
 */
#include <sekisho/plugin.h>

#include <stdlib.h>

#include "message.h"

#define LABELS_MAX 128u

struct instance {
	const struct sk_host *host;
	uint32_t messages;		/* counter */
};

/* Of the body that is arriving. */
struct unit {
	bool done;
	uint32_t n;
	uint8_t *hex;			/* room for AK47_HEX_MAX; only when the body begins like a message */
};

/* name, type, pad, unit, source, example, help */
static const struct sk_field_def fields[] = {
	{ "kind", SK_VALUE_TEXT, 0, "", "Unit 42", "task",
	  "task or result; absent when the message says neither" },
	{ "layout", SK_VALUE_TEXT, 0, "", "Unit 42", "json",
	  "json (version 202503, HTTP) or fields (version 202504)" },
	{ "session", SK_VALUE_BYTES, 0, "", "Unit 42", "k3v9q",
	  "session of layout fields" },
	{ "host", SK_VALUE_BYTES, 0, "", "Unit 42", "WS-0042",
	  "the computer the implant runs on" },
	{ "command", SK_VALUE_BYTES, 0, "", "Unit 42", "whoami",
	  "what to run, in clear, at most 1024 bytes; absent when empty" },
	{ "command_id", SK_VALUE_BYTES, 0, "", "Unit 42", "17",
	  "the command's number; absent when empty" },
	{ "result", SK_VALUE_BYTES, 0, "", "Unit 42", "corp\\\\svc",
	  "what came of it, at most 1024 bytes; absent when empty" },
	{ "channel", SK_VALUE_TEXT, 0, "", "", "dns",
	  "dns or http" },
};
enum { KIND, LAYOUT, SESSION, HOST, COMMAND, COMMAND_ID, RESULT, CHANNEL, FIELD_CNT };

static const struct sk_kind_def kinds[] = {
	{ .name = "ak47.message", .help = "a message of the implant AK47C2 or its server, decoded",
	  .fields = fields, .field_cnt = FIELD_CNT },
};

static struct sk_value text_value(const char *s)
{
	return (struct sk_value){ .type = s ? SK_VALUE_TEXT : SK_VALUE_NONE, .u.bytes = sk_span_str(s) };
}

static struct sk_value bytes_value(const struct ak47_text *t)
{
	return (struct sk_value){ .type = t->n ? SK_VALUE_BYTES : SK_VALUE_NONE, .u.bytes = sk_span(t->p, t->n) };
}

static void publish(const struct instance *in, struct sk_worker *w, const struct ak47_message *m, const char *channel)
{
	const struct sk_value values[FIELD_CNT] = {
		[KIND] = text_value(m->kind), [LAYOUT] = text_value(m->layout), [SESSION] = bytes_value(&m->session),
		[HOST] = bytes_value(&m->host), [COMMAND] = bytes_value(&m->command), [COMMAND_ID] = bytes_value(&m->id),
		[RESULT] = bytes_value(&m->result), [CHANNEL] = text_value(channel) };

	in->host->count(w, in->messages, 1);
	in->host->publish(w, 0, values, FIELD_CNT);
}

static void take_query(const struct instance *in, struct sk_worker *w, const struct sk_event *e, struct ak47_message *m)
{
	const struct sk_value *v = sk_event_value(e, SK_F_DNS_QUERY_LABELS);
	struct sk_span labels[LABELS_MAX];
	size_t n = 0;

	if (v->type != SK_VALUE_LIST)
		return;
	for (; n < v->u.list.n && n < LABELS_MAX; n++)
		labels[n] = v->u.list.v[n].u.bytes;
	if (ak47_from_labels(labels, n, m))
		publish(in, w, m, "dns");
}

/* TXT records hold the text as it is, perhaps behind the marker of a part. */
static void take_answer(const struct instance *in, struct sk_worker *w, const struct sk_event *e, struct ak47_message *m)
{
	const struct sk_value *txt = sk_event_value(e, SK_F_DNS_ANSWER_TXT);

	for (size_t i = 0; txt->type == SK_VALUE_LIST && i < txt->u.list.n; i++)
		if (ak47_from_text(txt->u.list.v[i].u.bytes, m))
			publish(in, w, m, "dns");
}

static void take_body(const struct instance *in, struct sk_worker *w, const struct sk_event *e, struct unit *u)
{
	static const char start[] = "2d6a";		/* {" */
	struct sk_span piece = sk_event_bytes(e, SK_F_HTTP_BODY_BYTES);
	struct ak47_message *m;
	size_t i = 0, n;

	for (; i < piece.n && u->n < sizeof(start) - 1; i++)
		if ((piece.p[i] | 0x20) != start[u->n++]) {
			u->done = true;
			return;
		}
	if (u->n < sizeof(start) - 1)
		return;
	if (!u->hex) {
		u->hex = in->host->alloc(w, AK47_HEX_MAX);
		if (!u->hex) {
			u->done = true;
			return;
		}
		memcpy(u->hex, start, sizeof(start) - 1);
	}
	n = piece.n - i < AK47_HEX_MAX - u->n ? piece.n - i : AK47_HEX_MAX - u->n;
	if (n)
		memcpy(u->hex + u->n, piece.p + i, n);
	u->n += (uint32_t)n;
	if (u->n < AK47_HEX_MAX && !sk_event_num(e, SK_F_HTTP_BODY_LAST, 0))
		return;
	u->done = true;
	m = in->host->scratch(w, sizeof(*m));
	if (m && ak47_from_hex(sk_span(u->hex, u->n), m))
		publish(in, w, m, "http");
}

static void on_unit_end(void *instance, struct sk_worker *w, void *worker_state, void *flow_state, void *unit_state)
{
	const struct instance *in = instance;
	struct unit *u = unit_state;

	(void)worker_state;
	(void)flow_state;
	if (u->hex)
		in->host->free(w, u->hex);
	u->hex = NULL;
}

static int on_event(void *instance, struct sk_worker *w, void *worker_state, void *flow_state, const struct sk_event *e)
{
	const struct instance *in = instance;
	struct ak47_message *m;

	(void)worker_state;
	(void)flow_state;
	if (e->kind == SK_KIND_HTTP_BODY) {
		struct unit *u = in->host->unit(w);

		if (u && !u->done)
			take_body(in, w, e, u);
		return SK_CONTINUE;
	}
	m = in->host->scratch(w, sizeof(*m));
	if (m && e->kind == SK_KIND_DNS_QUERY)
		take_query(in, w, e, m);
	else if (m)
		take_answer(in, w, e, m);
	return SK_CONTINUE;
}

static int on_open(const struct sk_host *host, void **instance, char *error, size_t error_size)
{
	struct instance *in = calloc(1, sizeof(*in));

	(void)error;
	(void)error_size;
	if (!in)
		return -1;
	in->host = host;
	in->messages = host->counter(host, "messages", "messages of AK47C2 read");
	*instance = in;
	return 0;
}

/* Coded, a name begins with {" or with 1 or 2. */
static const struct sk_interest interests[] = {
	{ .kind = "dns.query", .field = "name", .prefix = "2d6a", .reads = "name labels" },
	{ .kind = "dns.query", .field = "name", .prefix = "67", .reads = "name labels" },
	{ .kind = "dns.query", .field = "name", .prefix = "64", .reads = "name labels" },
	{ .kind = "dns.answer", .reads = "txt" },
	{ .kind = "http.body", .reads = "bytes last" },
};

SK_PLUGIN(ak47,
	.version = "1.0",
	.summary = "reads messages of the implant AK47C2 in DNS and HTTP",
	.licence = "BSD-2-Clause",
	.interests = interests, .interest_cnt = sizeof(interests) / sizeof(interests[0]),
	.kinds = kinds, .kind_cnt = 1,
	.unit_size = sizeof(struct unit),
	.open = on_open, .close = free, .on_event = on_event, .unit_end = on_unit_end);
