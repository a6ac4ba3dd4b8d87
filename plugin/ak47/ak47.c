/* plugin/ak47/ak47.c — reads what AK47C2, the implant of Storm-2603, and its server say to each other.
 *
 * in       dns.query (labels), dns.answer (TXT and MG records), http.body of both directions
 * out      ak47.message, one per message; rules decide
 * memory   the beginning of one body per unit, AK47_HEX_MAX bytes where it begins like a message; per worker max_open messages
 *          whose parts are still coming, at most 70 KiB each
 * threads  parts wait with the worker, by pair of hosts; a replay gives a pair to one worker, a sensor perhaps to several
 * source   see message.h
 * limits   a body is read to AK47_HEX_MAX digits; a message whose parts do not all come is not told
 */
#include <sekisho/plugin.h>

#include <stdlib.h>

#include "message.h"

#define LABELS_MAX 128u
#define NAMES_MAX 64u			/* of an MG answer that are read */
#define OPEN_MAX 64u

struct instance {
	const struct sk_host *host;
	uint64_t max_open, wait;
	uint32_t messages, parts, incomplete;	/* counters */
};

/* A message of which parts are missing. */
struct waiting {
	struct sk_addr client, server;
	uint64_t time;			/* of the latest part */
	uint8_t session[AK47_SESSION];
	uint8_t dir;
	uint16_t total, have;
	struct ak47_part *parts;	/* total + 1 by number; n 0: not here yet. NULL: the place is free */
};

struct worker_state {
	struct waiting open[OPEN_MAX];
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
	{ "parts", SK_VALUE_INT, 0, "", "public YARA rule for AK47DNS", "3",
	  "in how many parts it came" },
};
enum { KIND, LAYOUT, SESSION, HOST, COMMAND, COMMAND_ID, RESULT, CHANNEL, PARTS, FIELD_CNT };

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

/* A call's context, for helpers. */
struct call {
	const struct instance *in;
	struct sk_worker *w;
	struct worker_state *state;
	const struct sk_event *e;
};

static void publish(const struct call *c, const struct ak47_message *m, const char *channel, size_t parts)
{
	const struct sk_value values[FIELD_CNT] = {
		[KIND] = text_value(m->kind), [LAYOUT] = text_value(m->layout), [SESSION] = bytes_value(&m->session),
		[HOST] = bytes_value(&m->host), [COMMAND] = bytes_value(&m->command), [COMMAND_ID] = bytes_value(&m->id),
		[RESULT] = bytes_value(&m->result), [CHANNEL] = text_value(channel),
		[PARTS] = { .type = SK_VALUE_INT, .u.num = parts } };

	c->in->host->count(c->w, c->in->messages, 1);
	c->in->host->publish(c->w, 0, values, FIELD_CNT);
}

/* --- parts --- */

static void forget(const struct call *c, struct waiting *m)
{
	c->in->host->free(c->w, m->parts);
	*m = (struct waiting){ .parts = NULL };
}

static bool is_of(const struct waiting *m, const struct call *c, const struct ak47_part *p)
{
	return m->parts && m->dir == c->e->dir && m->total == p->total && memcmp(m->session, p->session, AK47_SESSION) == 0 &&
	       sk_addr_is(&m->client, &c->e->flow->client_ip) && sk_addr_is(&m->server, &c->e->flow->server_ip);
}

/* The place of the part's message; the one that waits longest makes room for a new one. NULL when memory is short. */
static struct waiting *place_of(const struct call *c, const struct ak47_part *p)
{
	struct waiting *to = NULL;
	uint64_t now = c->in->host->now(c->w);

	for (struct waiting *m = c->state->open; m < c->state->open + c->in->max_open; m++) {
		if (m->parts && now > m->time && now - m->time > c->in->wait) {
			c->in->host->count(c->w, c->in->incomplete, 1);
			forget(c, m);
		}
		if (is_of(m, c, p))
			return m;
		if (!to || (to->parts && (!m->parts || m->time < to->time)))
			to = m;
	}
	if (to->parts) {
		c->in->host->count(c->w, c->in->incomplete, 1);
		forget(c, to);
	}
	to->parts = c->in->host->alloc(c->w, (p->total + 1u) * sizeof(*to->parts));
	if (!to->parts) {
		c->in->host->count(c->w, c->in->incomplete, 1);
		return NULL;
	}
	to->client = c->e->flow->client_ip;
	to->server = c->e->flow->server_ip;
	to->dir = c->e->dir;
	to->total = p->total;
	memcpy(to->session, p->session, AK47_SESSION);
	return to;
}

/* Told when the last part is here; one that comes again replaces the former. */
static void take_part(const struct call *c, const struct ak47_part *p, struct ak47_message *m)
{
	struct waiting *to = place_of(c, p);
	size_t first;

	if (!to)
		return;
	c->in->host->count(c->w, c->in->parts, 1);
	to->time = c->in->host->now(c->w);
	to->have = (uint16_t)(to->have + (to->parts[p->at].n == 0));
	to->parts[p->at] = *p;
	if (to->have < to->total)
		return;
	first = to->parts[0].n == 0;
	if (ak47_from_parts(to->parts + first, to->total, to->dir == SK_TO_SERVER, m))
		publish(c, m, "dns", to->total);
	forget(c, to);
}

/* --- names and records --- */

static void take_labels(const struct call *c, const struct sk_span *labels, size_t n, struct ak47_message *m)
{
	struct ak47_part part;

	if (ak47_part_of_labels(labels, n, &part))
		take_part(c, &part, m);
	else if (ak47_from_labels(labels, n, m))
		publish(c, m, "dns", 1);
}

static void take_query(const struct call *c, struct ak47_message *m)
{
	const struct sk_value *v = sk_event_value(c->e, SK_F_DNS_QUERY_LABELS);
	struct sk_span labels[LABELS_MAX];
	size_t n = 0;

	if (v->type != SK_VALUE_LIST)
		return;
	for (; n < v->u.list.n && n < LABELS_MAX; n++)
		labels[n] = v->u.list.v[n].u.bytes;
	take_labels(c, labels, n, m);
}

/* Text of a record: parts behind their markers, JSON, or, as the answer to a task's name (asked), the command by itself. */
static void take_text(const struct call *c, struct sk_span text, const struct ak47_message *asked, struct ak47_message *m)
{
	struct sk_span labels[LABELS_MAX];
	struct ak47_part part;
	size_t at = 0, n = 0;

	if (ak47_from_hex(text, m)) {
		publish(c, m, "dns", 1);
		return;
	}
	for (; ak47_next_part(text, &at, &part); n++)
		take_part(c, &part, m);
	if (n)
		return;
	n = ak47_labels(text, labels, LABELS_MAX);
	if (n > 1 && ak47_part_of_labels(labels, n, &part)) {
		take_part(c, &part, m);
	} else if (ak47_from_text(text, m)) {
		publish(c, m, "dns", 1);
	} else if (asked && asked->kind && asked->kind[0] == 't') {
		*m = *asked;
		m->result.n = 0;
		if (ak47_plain(text, &m->command))
			publish(c, m, "dns", 1);
	}
}

/* Names in the data of MG records; names of owners are there too, and one is the question. */
static void take_mg(const struct call *c, struct sk_span question, const struct ak47_message *asked, struct ak47_message *m)
{
	const struct sk_value *names = sk_event_value(c->e, SK_F_DNS_ANSWER_NAMES);

	for (size_t i = 0; names->type == SK_VALUE_LIST && i < names->u.list.n && i < NAMES_MAX; i++) {
		struct sk_span name = names->u.list.v[i].u.bytes, labels[LABELS_MAX];
		struct ak47_part part;
		size_t n = ak47_labels(name, labels, LABELS_MAX);

		if (sk_span_is_nocase(name, question))
			continue;
		if (ak47_part_of_labels(labels, n, &part)) {
			take_part(c, &part, m);
		} else if (ak47_from_labels(labels, n, m)) {
			publish(c, m, "dns", 1);
		} else if (asked && asked->kind && asked->kind[0] == 't') {
			*m = *asked;
			m->result.n = 0;
			if (ak47_name_text(labels, n, &m->command))
				publish(c, m, "dns", 1);
		}
	}
}

/* TXT records hold the coded text, MG records a name of it. */
static void take_answer(const struct call *c, struct ak47_message *m)
{
	const struct sk_value *txt = sk_event_value(c->e, SK_F_DNS_ANSWER_TXT);
	struct sk_span question = sk_event_bytes(c->e, SK_F_DNS_ANSWER_NAME), labels[LABELS_MAX];
	bool is_mg = sk_span_is_str(sk_event_bytes(c->e, SK_F_DNS_ANSWER_TYPE), "MG");
	struct ak47_message *asked = NULL;

	if (!is_mg && txt->type != SK_VALUE_LIST)
		return;
	asked = c->in->host->scratch(c->w, sizeof(*asked));
	if (asked && !ak47_from_labels(labels, ak47_labels(question, labels, LABELS_MAX), asked))
		asked = NULL;
	for (size_t i = 0; txt->type == SK_VALUE_LIST && i < txt->u.list.n; i++)
		take_text(c, txt->u.list.v[i].u.bytes, asked, m);
	if (is_mg)
		take_mg(c, question, asked, m);
}

/* --- bodies --- */

static void take_body(const struct call *c, struct unit *u)
{
	static const char start[] = "2d6a";		/* {" */
	struct sk_span piece = sk_event_bytes(c->e, SK_F_HTTP_BODY_BYTES);
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
		u->hex = c->in->host->alloc(c->w, AK47_HEX_MAX);
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
	if (u->n < AK47_HEX_MAX && !sk_event_num(c->e, SK_F_HTTP_BODY_LAST, 0))
		return;
	u->done = true;
	m = c->in->host->scratch(c->w, sizeof(*m));
	if (m && ak47_from_hex(sk_span(u->hex, u->n), m))
		publish(c, m, "http", 1);
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
	const struct call c = { instance, w, worker_state, e };
	struct ak47_message *m;

	(void)flow_state;
	if (e->kind == SK_KIND_HTTP_BODY) {
		struct unit *u = c.in->host->unit(w);

		if (u)
			take_body(&c, u);
		return u && u->done ? SK_UNIT_DONE : SK_CONTINUE;
	}
	m = c.in->host->scratch(w, sizeof(*m));
	if (m && e->kind == SK_KIND_DNS_QUERY)
		take_query(&c, m);
	else if (m)
		take_answer(&c, m);
	return SK_CONTINUE;
}

static void on_worker_end(void *instance, struct sk_worker *w, void *worker_state)
{
	const struct call c = { instance, w, worker_state, NULL };

	for (unsigned i = 0; i < OPEN_MAX; i++)
		if (c.state->open[i].parts)
			forget(&c, &c.state->open[i]);
}

static int on_open(const struct sk_host *host, void **instance, char *error, size_t error_size)
{
	struct instance *in = calloc(1, sizeof(*in));

	(void)error;
	(void)error_size;
	if (!in)
		return -1;
	in->host = host;
	in->max_open = host->option_num(host, "max_open");
	in->wait = host->option_num(host, "wait");
	in->messages = host->counter(host, "messages", "messages of AK47C2 read");
	in->parts = host->counter(host, "parts", "parts of messages read");
	in->incomplete = host->counter(host, "incomplete", "messages given up with parts missing");
	*instance = in;
	return 0;
}

/* Coded, a name begins with {" or with 1, 2 or s; a marker in clear is an s. */
static const struct sk_interest interests[] = {
	{ .kind = "dns.query", .field = "name", .prefix = "2d6a", .reads = "name labels" },
	{ .kind = "dns.query", .field = "name", .prefix = "67", .reads = "name labels" },
	{ .kind = "dns.query", .field = "name", .prefix = "64", .reads = "name labels" },
	{ .kind = "dns.query", .field = "name", .prefix = "25", .reads = "name labels" },
	{ .kind = "dns.query", .field = "name", .prefix = "s", .reads = "name labels" },
	{ .kind = "dns.answer", .field = "txt", .prefix = "", .reads = "name type txt names" },
	{ .kind = "dns.answer", .field = "type", .prefix = "MG", .reads = "name type txt names" },
	{ .kind = "http.body", .reads = "bytes last" },
};

static const struct sk_option options[] = {
	{ .name = "max_open", .type = SK_OPTION_INT, .preset = "32", .min = 1, .max = OPEN_MAX,
	  .help = "messages per worker whose parts are still coming; the oldest goes first" },
	{ .name = "wait", .type = SK_OPTION_DURATION, .preset = "10 min", .min = 1, .max = UINT64_C(86400) * 1000000000,
	  .help = "how long to wait for the next part of a message" },
};

SK_PLUGIN(ak47,
	.version = "1.0",
	.summary = "reads messages of the implant AK47C2 in DNS and HTTP",
	.licence = "BSD-2-Clause",
	.interests = interests, .interest_cnt = sizeof(interests) / sizeof(interests[0]),
	.options = options, .option_cnt = sizeof(options) / sizeof(options[0]),
	.kinds = kinds, .kind_cnt = 1,
	.worker_size = sizeof(struct worker_state), .unit_size = sizeof(struct unit),
	.open = on_open, .close = free, .worker_end = on_worker_end, .on_event = on_event, .unit_end = on_unit_end);
