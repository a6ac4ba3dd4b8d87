/* plugin/secrets/secrets.c — scores what leaves: environment dumps and credential tokens in uploads and WebSocket messages.
 *
 * in       http.body to the server, decoded values of http.form, websocket.message to the server
 * out      secrets.found, once per body, value or message; rules decide what it is worth
 * memory   one struct scan per unit
 * threads  the table is read-only
 * source   names and shapes: scan.c, tokens.c; the weighing of names against tokens is our own
 * limits   a secret is never published: only its kind, length, first four characters and a keyed hash (option hash_key)
 */
#include <sekisho/plugin.h>

#include <stdlib.h>

#include "scan.h"

struct instance {
	const struct sk_host *host;
	struct scan_table table;
	uint64_t min_score;
	uint32_t scanned, found;	/* counters */
};

struct unit {
	struct scan scan;
};

/* name, type, pad, unit, source, example, help */
static const struct sk_field_def fields[] = {
	{ "score", SK_VALUE_INT, 0, "", "", "19",
	  "weight of all that was found" },
	{ "groups", SK_VALUE_INT, 0, "", "", "3",
	  "how many of: shell names, Windows names, npm names, CI and cloud names, tokens, names in base64, weak tokens" },
	{ "tokens", SK_VALUE_INT, 0, "", "", "1",
	  "different kinds of credential tokens; weak ones (JWT, test keys, a checksum that does not fit) are left out" },
	{ "names", SK_VALUE_LIST, 0, "", "", "npm_config_",
	  "names of variables and kinds of tokens found" },
	{ "secrets", SK_VALUE_LIST, 0, "", "", "npm_token npm_… 40 bytes #1a2b3c4d",
	  "each secret's kind, first four characters, length and keyed hash" },
	{ "where", SK_VALUE_TEXT, 0, "", "", "websocket",
	  "http, form or websocket" },
	{ "scripted_client", SK_VALUE_BOOL, 0, "", "", "1",
	  "the request had neither User-Agent nor Origin" },
	{ "size", SK_VALUE_INT, 0, "bytes", "", "2048",
	  "bytes looked at so far" },
};
enum { SCORE, GROUPS, TOKENS, NAMES, SECRETS, WHERE, SCRIPTED, SIZE, FIELD_CNT };

static const struct sk_kind_def kinds[] = {
	{ .name = "secrets.found", .help = "names of an environment or credentials in bytes on their way to a server; request.* is the request",
	  .fields = fields, .field_cnt = FIELD_CNT },
};

static bool has_header(const struct sk_event *request, const char *name)
{
	const struct sk_value *v = sk_event_value(request, SK_F_HTTP_REQUEST_HEADERS);

	if (v->type != SK_VALUE_PAIRS)
		return false;
	for (size_t i = 0; i + 1 < v->u.list.n; i += 2)
		if (sk_span_is_str_nocase(v->u.list.v[i].u.bytes, name))
			return true;
	return false;
}

static bool is_scripted(const struct sk_event *e)
{
	const struct sk_event *request = sk_event_up(e, SK_KIND_HTTP_REQUEST);

	return request && !sk_event_bytes(request, SK_F_HTTP_REQUEST_USER_AGENT).p && !has_header(request, "origin");
}

static struct sk_value num_value(uint64_t n)
{
	return (struct sk_value){ .type = SK_VALUE_INT, .u.num = n };
}

static struct sk_value text_value(const char *s)
{
	return (struct sk_value){ .type = SK_VALUE_TEXT, .u.bytes = sk_span_str(s) };
}

static struct sk_value list_value(const struct sk_value *v, size_t n)
{
	return (struct sk_value){ .type = n ? SK_VALUE_LIST : SK_VALUE_NONE, .u.list = { v, n } };
}

static bool is_among(const struct sk_value *v, size_t n, const char *label)
{
	for (size_t i = 0; i < n; i++)
		if (sk_span_is_str(v[i].u.bytes, label))
			return true;
	return false;
}

static void publish(const struct instance *in, struct sk_worker *w, const struct scan *s, const struct sk_event *e)
{
	struct sk_value *names = in->host->scratch(w, in->table.cnt * sizeof(*names)), secrets[SCAN_SHOWN], values[FIELD_CNT];
	char texts[SCAN_SHOWN][SCAN_SHOWN_MAX];
	size_t n = 0;

	if (!names)
		return;
	for (unsigned i = 0; i < in->table.cnt; i++) {
		const char *label = in->table.patterns[i].label;

		/* a name in base64 has a pattern for each place it may have in three bytes */
		if (((s->tally.seen[i / 64] | s->tally.seen_weak[i / 64]) >> (i % 64) & 1) && !is_among(names, n, label))
			names[n++] = text_value(label);
	}
	for (unsigned i = 0; i < s->tally.shown_cnt; i++) {
		scan_describe(&in->table, &s->tally.shown[i], texts[i]);
		secrets[i] = text_value(texts[i]);
	}
	values[SCORE] = num_value(s->tally.score);
	values[GROUPS] = num_value(s->tally.groups);
	values[TOKENS] = num_value(s->tally.by_group[GROUP_TOKEN]);
	values[NAMES] = list_value(names, n);
	values[SECRETS] = list_value(secrets, s->tally.shown_cnt);
	values[WHERE] = text_value(e->kind == SK_KIND_WEBSOCKET_MESSAGE ? "websocket" : e->kind == SK_KIND_HTTP_FORM ? "form" : "http");
	values[SCRIPTED] = (struct sk_value){ .type = SK_VALUE_BOOL, .u.num = is_scripted(e) };
	values[SIZE] = num_value(s->total);
	in->host->count(w, in->found, 1);
	in->host->publish(w, 0, values, FIELD_CNT);
}

/* The streamed field and the last flag of the kinds we take. */
static struct sk_span piece_of(const struct sk_event *e, bool *last)
{
	unsigned bytes = SK_F_HTTP_BODY_BYTES, end = SK_F_HTTP_BODY_LAST;

	if (e->kind == SK_KIND_HTTP_FORM) {
		bytes = SK_F_HTTP_FORM_VALUE;
		end = SK_F_HTTP_FORM_LAST;
	} else if (e->kind == SK_KIND_WEBSOCKET_MESSAGE) {
		bytes = SK_F_WEBSOCKET_MESSAGE_PAYLOAD;
		end = SK_F_WEBSOCKET_MESSAGE_LAST;
	}
	*last = sk_event_num(e, end, 0) != 0;
	return sk_event_bytes(e, bytes);
}

static int on_event(void *instance, struct sk_worker *w, void *worker_state, void *flow_state, const struct sk_event *e)
{
	const struct instance *in = instance;
	struct unit *u = in->host->unit(w);
	struct sk_span piece;
	bool last;

	(void)worker_state;
	(void)flow_state;
	if (!u || e->dir != SK_TO_SERVER)
		return SK_CONTINUE;
	piece = piece_of(e, &last);
	in->host->count(w, in->scanned, piece.n);
	scan_push(&u->scan, &in->table, piece, last);
	/* a dump is told as soon as it is one; a single token when the unit ends */
	if ((u->scan.tally.score >= 10 && u->scan.tally.groups >= 2) || (last && u->scan.tally.score >= in->min_score)) {
		publish(in, w, &u->scan, e);
		return SK_UNIT_DONE;
	}
	return SK_CONTINUE;
}

static int on_open(const struct sk_host *host, void **instance, char *error, size_t error_size)
{
	struct instance *in = calloc(1, sizeof(*in));

	(void)error;
	(void)error_size;
	if (!in || !scan_table_init(&in->table, host->option_text(host, "hash_key"))) {
		free(in);
		return -1;
	}
	in->host = host;
	in->min_score = host->option_num(host, "min_score");
	in->scanned = host->counter(host, "bytes", "bytes searched for secrets");
	in->found = host->counter(host, "found", "bodies, values and messages with secrets");
	*instance = in;
	return 0;
}

static void on_close(void *instance)
{
	struct instance *in = instance;

	scan_table_fini(&in->table);
	free(in);
}

static const struct sk_interest interests[] = {
	{ .kind = "http.body", .field = "direction", .prefix = "to_server", .reads = "bytes last request.user_agent request.header",
	  .least = SCAN_LEAST },
	{ .kind = "http.form", .field = "direction", .prefix = "to_server", .reads = "value last request.user_agent request.header",
	  .least = SCAN_LEAST },
	{ .kind = "websocket.message", .field = "direction", .prefix = "to_server", .reads = "payload last request.user_agent request.header",
	  .least = SCAN_LEAST },
};

static const struct sk_option options[] = {
	{ .name = "hash_key", .type = SK_OPTION_TEXT, .preset = "sekisho",
	  .help = "keys the hash by which a secret is told from others; set your own so that hashes cannot be looked up" },
	{ .name = "min_score", .type = SK_OPTION_INT, .preset = "6", .min = 1, .max = 100, .help = "less is not published" },
};

SK_PLUGIN(secrets,
	.version = "1.0",
	.summary = "scores environment dumps and credentials in uploads and WebSocket messages",
	.licence = "BSD-2-Clause",
	.interests = interests, .interest_cnt = sizeof(interests) / sizeof(interests[0]),
	.options = options, .option_cnt = sizeof(options) / sizeof(options[0]),
	.kinds = kinds, .kind_cnt = 1,
	.unit_size = sizeof(struct unit),
	.open = on_open, .close = on_close, .on_event = on_event);
