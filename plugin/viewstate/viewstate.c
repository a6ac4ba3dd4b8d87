/* plugin/viewstate/viewstate.c — finds forged ASP.NET view state, and data sets in web part markup, by reading them.
 *
 * in       http.form parameters whose name begins with __VIEWSTATE: query, urlencoded or multipart, in any order; MSOTlPn_DWP
 * out      aspnet.viewstate {format, root class, gadget, MAC …}, one event per view state; aspnet.dataset, one per
 *          CompressedDataTable; rules decide what they are worth
 * memory   the text of one request's view state, at most max_size per flow; freed with the next request or the flow;
 *          the same per parameter with markup, freed with the parameter
 * threads  no state but the flow's
 * source   ASP.NET Page: __VIEWSTATEFIELDCOUNT pieces __VIEWSTATE, __VIEWSTATE1 … are joined before base64 is taken off
 *          Viettel Cyber Security on ToolShell: CompressedDataTable is base64 of gzip of a serialised DataSet
 *          Page.RequestViewStateString: pieces are joined only where the site cuts its own view state; elsewhere the count is ignored and
 *          __VIEWSTATE is all of it. Which is so cannot be seen, so both readings are tried
 * limits   a view state over max_size is judged by its beginning and counted; at most PARTS_MAX pieces; TABLES_MAX tables per markup,
 *          of which TABLES_TOLD without anything of note are told
 */
#include <sekisho/plugin.h>

#include <stdlib.h>

#include "inspect.h"
#include "markup.h"

#define PARTS_MAX 1000u			/* parameters ASP.NET takes */
#define TABLES_MAX 512u
#define TABLES_TOLD 8u

struct text {
	uint8_t *p;
	size_t n, room;
};

struct part {
	struct text text;
	bool complete;
};

struct request {
	uint64_t number;		/* http.request.number */
	bool in_query;			/* of the query, not of the body: ASP.NET does not mix them */
	unsigned count;			/* __VIEWSTATEFIELDCOUNT, 0: not seen */
	bool encrypted;
	size_t total;
	struct part *parts;		/* by number */
	unsigned part_cnt;		/* room in parts */
};

struct flow_state {
	struct request *request;
};

/* Of the parameter whose value is arriving. */
struct unit_state {
	unsigned count;			/* of __VIEWSTATEFIELDCOUNT, as far as it was read */
	bool digits, ended;		/* a digit was seen; what followed was none */
	struct text markup;
};

struct instance {
	const struct sk_host *host;
	uint64_t max_size;
	uint32_t seen, gadgets, too_large, tables;	/* counters */
};

/* A call's context, for helpers. */
struct call {
	const struct instance *in;
	struct sk_worker *w;
};

/* name, type, pad, unit, source, example, help */
static const struct sk_field_def fields[] = {
	{ "format", SK_VALUE_TEXT, 0, "", "ObjectStateFormatter.cs", "signed",
	  "signed, unsigned, trailing (bytes behind the graph that are no MAC), encrypted or broken" },
	{ "verdict", SK_VALUE_TEXT, 0, "", "", "gadget",
	  "gadget, unknown (a class that is not known to be harmless), harmless or none (no serialised object)" },
	{ "gadget", SK_VALUE_TEXT, 0, "", "ysoserial.net, ysonet", "TypeConfuseDelegate",
	  "name of the gadget; absent when there is none" },
	{ "root_class", SK_VALUE_TEXT, 0, "", "MS-NRBF 2.3", "System.Collections.Hashtable",
	  "class of the first serialised object; absent when there is none" },
	{ "library", SK_VALUE_TEXT, 0, "", "MS-NRBF 2.6.2", "mscorlib",
	  "first library named" },
	{ "classes", SK_VALUE_LIST, 0, "", "MS-NRBF 2.3", "System.String",
	  "first 16 classes" },
	{ "root_token", SK_VALUE_INT, 0, "", "ObjectStateFormatter.cs", "50",
	  "first token" },
	{ "mac_length", SK_VALUE_INT, 0, "bytes", "ObjectStateFormatter.cs", "20",
	  "of the MAC, 0 without" },
	{ "mac", SK_VALUE_TEXT, 0, "", "MachineKeyValidation", "SHA1",
	  "algorithm a MAC of this length is made with" },
	{ "size", SK_VALUE_INT, 0, "bytes", "", "5120",
	  "after base64" },
	{ "objects", SK_VALUE_INT, 0, "", "", "1",
	  "serialised objects at any depth" },
	{ "nested", SK_VALUE_INT, 0, "", "", "0",
	  "encodings around the deepest object" },
	{ "chunked", SK_VALUE_BOOL, 0, "", "", "1",
	  "was sent in pieces" },
	{ "encrypted_flag", SK_VALUE_BOOL, 0, "", "", "0",
	  "__VIEWSTATEENCRYPTED was sent" },
	{ "source", SK_VALUE_TEXT, 0, "", "", "urlencoded",
	  "query, urlencoded or multipart" },
	{ "bytes", SK_VALUE_BYTES, 0, "", "", "",
	  "first 256 decoded bytes" },
};
enum { FORMAT, VERDICT, GADGET, ROOT_CLASS, LIBRARY, CLASSES, ROOT_TOKEN, MAC_LENGTH, MAC, SIZE, OBJECTS, NESTED, CHUNKED,
       ENCRYPTED_FLAG, SOURCE, BYTES, FIELD_CNT };

static const struct sk_field_def table_fields[] = {
	{ "root_class", SK_VALUE_TEXT, 0, "", "MS-NRBF 2.3", "System.Data.DataSet",
	  "class of the serialised object; absent when it could not be read" },
	{ "data_type", SK_VALUE_TEXT, 0, "", "", "System.String",
	  "DataType of a column in the schema: the first that is generic, else the first; at most 255 bytes" },
	{ "generic", SK_VALUE_BOOL, 0, "", "", "1",
	  "data_type is a generic type, which no ordinary table has and which passes SharePoint's check of types" },
	{ "gadget", SK_VALUE_TEXT, 0, "", "ysoserial.net, ysonet", "ObjectDataProvider",
	  "name of the gadget in schema or data; absent when there is none" },
	{ "size", SK_VALUE_INT, 0, "bytes", "", "4992",
	  "after base64" },
};
enum { TABLE_ROOT, TABLE_TYPE, TABLE_GENERIC, TABLE_GADGET, TABLE_SIZE, TABLE_FIELD_CNT };

static const struct sk_kind_def kinds[] = {
	{ .name = "aspnet.viewstate", .help = "a view state sent by a client, decoded; request.* is its request",
	  .fields = fields, .field_cnt = FIELD_CNT },
	{ .name = "aspnet.dataset", .help = "a CompressedDataTable in web part markup sent by a client, decoded; request.* is its request",
	  .fields = table_fields, .field_cnt = TABLE_FIELD_CNT },
};

static void *call_alloc(void *cx, size_t n)
{
	struct call *c = cx;

	return c->in->host->alloc(c->w, n);
}

static void call_free(void *cx, void *p)
{
	struct call *c = cx;

	c->in->host->free(c->w, p);
}

static void drop_request(struct call *c, struct flow_state *fs)
{
	struct request *q = fs->request;

	if (!q)
		return;
	for (unsigned i = 0; i < q->part_cnt; i++)
		if (q->parts[i].text.p)
			call_free(c, q->parts[i].text.p);
	if (q->parts)
		call_free(c, q->parts);
	call_free(c, q);
	fs->request = NULL;
}

/* The flow's record of this request; an older one is dropped. NULL when memory is short. */
static struct request *this_request(struct call *c, struct flow_state *fs, const struct sk_event *e, bool in_query)
{
	const struct sk_event *http = sk_event_up(e, SK_KIND_HTTP_REQUEST);
	uint64_t number = http ? sk_event_num(http, SK_F_HTTP_REQUEST_NUMBER, 0) : 0;

	if (fs->request && (fs->request->number != number || fs->request->in_query != in_query))
		drop_request(c, fs);
	if (!fs->request)
		fs->request = call_alloc(c, sizeof(*fs->request));
	if (fs->request) {
		fs->request->number = number;
		fs->request->in_query = in_query;
	}
	return fs->request;
}

/* The piece of that number; NULL when memory is short. */
static struct part *part_of(struct call *c, struct request *q, unsigned number)
{
	if (number >= q->part_cnt) {
		unsigned cnt = number + 1 > 2 * q->part_cnt ? number + 1 : 2 * q->part_cnt;
		struct part *p = c->in->host->realloc(c->w, q->parts, cnt * sizeof(*p));

		if (!p) {
			c->in->host->count(c->w, c->in->too_large, 1);
			return NULL;
		}
		memset(p + q->part_cnt, 0, (cnt - q->part_cnt) * sizeof(*p));
		q->parts = p;
		q->part_cnt = cnt;
	}
	return &q->parts[number];
}

/* Keeps a piece of text, of which `kept` bytes are there in all; what is over the cap is left out and counted. Bytes kept of it. */
static size_t keep(struct call *c, struct text *t, size_t kept, struct sk_span s)
{
	if (s.n > c->in->max_size - kept) {
		s.n = (size_t)(c->in->max_size - kept);
		c->in->host->count(c->w, c->in->too_large, 1);
	}
	if (s.n > t->room - t->n) {
		size_t room = t->room * 2 > t->n + s.n ? t->room * 2 : t->n + s.n;
		uint8_t *p = c->in->host->realloc(c->w, t->p, room);

		if (!p) {
			c->in->host->count(c->w, c->in->too_large, 1);
			return 0;
		}
		t->p = p;
		t->room = room;
	}
	if (s.n)
		memcpy(t->p + t->n, s.p, s.n);
	t->n += s.n;
	return s.n;
}

static struct sk_value text_value(const char *s)
{
	return (struct sk_value){ .type = s ? SK_VALUE_TEXT : SK_VALUE_NONE, .u.bytes = sk_span_str(s) };
}

static struct sk_value name_value(const struct inspect_name *n)
{
	return (struct sk_value){ .type = n->n ? SK_VALUE_TEXT : SK_VALUE_NONE, .u.bytes = sk_span(n->text, n->n) };
}

static struct sk_value num_value(uint64_t n)
{
	return (struct sk_value){ .type = SK_VALUE_INT, .u.num = n };
}

static const char *mac_name(uint32_t n)
{
	return n == 16 ? "MD5" : n == 20 ? "SHA1" : n == 32 ? "HMACSHA256" : n == 48 ? "HMACSHA384" : n == 64 ? "HMACSHA512" : NULL;
}

static void publish(struct call *c, const struct request *q, const struct inspection *v, struct sk_span decoded,
		    struct sk_span source, bool chunked)
{
	struct sk_value names[INSPECT_CLASSES_MAX], values[FIELD_CNT] = {
		[FORMAT] = text_value(inspect_format_names[v->format]),
		[VERDICT] = text_value(inspect_verdict_names[v->verdict]),
		[GADGET] = text_value(v->gadget),
		[ROOT_CLASS] = name_value(&v->root_class),
		[LIBRARY] = name_value(&v->library),
		[ROOT_TOKEN] = num_value(v->root_token),
		[MAC_LENGTH] = num_value(v->mac_len),
		[MAC] = text_value(mac_name(v->mac_len)),
		[SIZE] = num_value(v->size),
		[OBJECTS] = num_value(v->blobs),
		[NESTED] = num_value(v->nested),
		[CHUNKED] = { .type = SK_VALUE_BOOL, .u.num = chunked },
		[ENCRYPTED_FLAG] = { .type = SK_VALUE_BOOL, .u.num = q->encrypted },
		[SOURCE] = { .type = source.p ? SK_VALUE_TEXT : SK_VALUE_NONE, .u.bytes = source },
		[BYTES] = { .type = SK_VALUE_BYTES, .u.bytes = sk_span_sub(decoded, 0, 256) },
	};

	for (unsigned i = 0; i < v->class_cnt; i++)
		names[i] = name_value(&v->classes[i]);
	if (v->class_cnt)
		values[CLASSES] = (struct sk_value){ .type = SK_VALUE_LIST, .u.list = { names, v->class_cnt } };
	c->in->host->publish(c->w, 0, values, FIELD_CNT);
}

/* Takes base64 off and looks; only_whole: to be told only when all of it can be read. A form encoder that forgot to escape plus signs leaves blanks: when the text cannot be read as it is,
 * it is read with them put back. */
static void judge_text(struct call *c, const struct request *q, struct sk_span text, uint8_t *decoded, struct sk_span source,
		       bool chunked, bool only_whole)
{
	const struct inspect_alloc mem = { call_alloc, call_free, c };
	struct inspection *v = c->in->host->scratch(c->w, sizeof(*v));
	bool clean;
	size_t n;

	if (!v)
		return;
	n = inspect_base64(text, decoded, &clean);
	inspect_viewstate(sk_span(decoded, n), q->encrypted, &mem, v);
	if ((v->format == VIEWSTATE_BROKEN || v->format == VIEWSTATE_ENCRYPTED) && memchr(text.p, ' ', text.n)) {
		uint8_t *with = c->in->host->scratch(c->w, text.n);

		if (with) {
			for (size_t i = 0; i < text.n; i++)
				with[i] = text.p[i] == ' ' ? '+' : text.p[i];
			n = inspect_base64(sk_span(with, text.n), decoded, &clean);
			inspect_viewstate(sk_span(decoded, n), q->encrypted, &mem, v);
		}
	}
	if (only_whole && (v->format == VIEWSTATE_BROKEN || v->format == VIEWSTATE_ENCRYPTED))
		return;
	c->in->host->count(c->w, c->in->seen, 1);
	if (v->verdict == VERDICT_GADGET)
		c->in->host->count(c->w, c->in->gadgets, 1);
	publish(c, q, v, sk_span(decoded, n), source, chunked);
}

static void judge(struct call *c, const struct request *q, unsigned parts, struct sk_span source, bool only_whole)
{
	uint8_t *text, *decoded;
	size_t n = 0;

	for (unsigned i = 0; i < parts; i++)
		n += q->parts[i].text.n;
	if (n == 0)
		return;
	text = call_alloc(c, n);
	decoded = call_alloc(c, n / 4 * 3 + 3);
	if (text && decoded) {
		n = 0;
		for (unsigned i = 0; i < parts; i++) {
			if (q->parts[i].text.n)
				memcpy(text + n, q->parts[i].text.p, q->parts[i].text.n);
			n += q->parts[i].text.n;
		}
		judge_text(c, q, sk_span(text, n), decoded, source, parts > 1, only_whole);
	} else {
		c->in->host->count(c->w, c->in->too_large, 1);
	}
	if (text)
		call_free(c, text);
	if (decoded)
		call_free(c, decoded);
}

/* A value is complete: is there a whole view state now? */
static void complete(struct call *c, struct request *q, unsigned part, struct sk_span source)
{
	if (part == 0)
		judge(c, q, 1, source, q->count > 1);
	if (q->count < 2 || q->count > q->part_cnt)
		return;
	for (unsigned i = 0; i < q->count; i++)
		if (!q->parts[i].complete)
			return;
	judge(c, q, q->count, source, false);
}

/* Digits behind __VIEWSTATE: the piece's number, 0 for none, -1 for another name. */
static int part_number(struct sk_span rest)
{
	int n = 0;

	if (rest.n > 4)
		return -1;
	for (size_t i = 0; i < rest.n; i++) {
		if (rest.p[i] < '0' || rest.p[i] > '9')
			return -1;
		n = n * 10 + (rest.p[i] - '0');
	}
	return rest.n && n == 0 ? -1 : n;
}

/* A number as Convert.ToInt32 reads it: blanks and a plus sign before, blanks behind. */
static void read_count(struct unit_state *u, struct sk_span s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t b = s.p[i];

		if (!u->ended && b >= '0' && b <= '9') {
			u->digits = true;
			if (u->count <= PARTS_MAX)
				u->count = u->count * 10 + (unsigned)(b - '0');
		} else if (u->digits || (b != '+' && b != ' ' && (b < '\t' || b > '\r'))) {
			u->ended = true;
		}
	}
}

/* The fields beside the view state itself. */
static void take_small(struct call *c, struct request *q, struct unit_state *u, struct sk_span name, const struct sk_event *e,
		       struct sk_span source)
{
	if (sk_span_is_str_nocase(name, "ENCRYPTED"))
		q->encrypted = true;
	if (!sk_span_is_str_nocase(name, "FIELDCOUNT"))
		return;
	read_count(u, sk_event_bytes(e, SK_F_HTTP_FORM_VALUE));
	if (!sk_event_num(e, SK_F_HTTP_FORM_LAST, 0))
		return;
	q->count = u->count > PARTS_MAX ? PARTS_MAX : u->count;
	if (q->count > 1)
		complete(c, q, q->count, source);
}

static void publish_table(struct call *c, const struct inspection *v)
{
	const struct sk_value values[TABLE_FIELD_CNT] = {
		[TABLE_ROOT] = name_value(&v->root_class),
		[TABLE_TYPE] = name_value(&v->data_type),
		[TABLE_GENERIC] = { .type = SK_VALUE_BOOL, .u.num = v->generic },
		[TABLE_GADGET] = text_value(v->gadget),
		[TABLE_SIZE] = num_value(v->size),
	};

	c->in->host->count(c->w, c->in->tables, 1);
	c->in->host->publish(c->w, 1, values, TABLE_FIELD_CNT);
}

/* One value of CompressedDataTable: references, base64 and gzip come off, then the object is read. plain: how many without anything
 * of note were told. */
static void judge_table(struct call *c, struct sk_span value, unsigned *plain)
{
	const struct inspect_alloc mem = { call_alloc, call_free, c };
	struct inspection *v = c->in->host->scratch(c->w, sizeof(*v));
	uint8_t *text = call_alloc(c, value.n + 4), *decoded = call_alloc(c, value.n / 4 * 3 + 6);
	bool clean;

	if (v && text && decoded) {
		size_t n = markup_unescape(value, text, value.n + 4);

		n = inspect_base64(sk_span(text, n), decoded, &clean);
		inspect_stream(sk_span(decoded, n), &mem, v);
		if (v->generic || v->gadget || (*plain)++ < TABLES_TOLD)
			publish_table(c, v);
	} else {
		c->in->host->count(c->w, c->in->too_large, 1);
	}
	if (text)
		call_free(c, text);
	if (decoded)
		call_free(c, decoded);
}

/* Web part markup: every table in it, when it is whole. */
static void take_markup(struct call *c, struct unit_state *u, const struct sk_event *e)
{
	struct sk_span text, value;
	unsigned plain = 0, i = 0;

	(void)keep(c, &u->markup, u->markup.n, sk_event_bytes(e, SK_F_HTTP_FORM_VALUE));
	if (!sk_event_num(e, SK_F_HTTP_FORM_LAST, 0))
		return;
	text = sk_span(u->markup.p, u->markup.n);
	for (; i < TABLES_MAX && markup_attribute(&text, "CompressedDataTable", &value); i++)
		judge_table(c, value, &plain);
	if (i == TABLES_MAX)
		c->in->host->count(c->w, c->in->too_large, 1);
}

static void on_unit_end(void *instance, struct sk_worker *w, void *worker_state, void *flow_state, void *unit_state)
{
	struct call c = { instance, w };
	struct unit_state *u = unit_state;

	(void)worker_state;
	(void)flow_state;
	if (u->markup.p)
		call_free(&c, u->markup.p);
	u->markup.p = NULL;
}

static int on_event(void *instance, struct sk_worker *w, void *worker_state, void *flow_state, const struct sk_event *e)
{
	struct call c = { instance, w };
	struct sk_span name = sk_event_bytes(e, SK_F_HTTP_FORM_NAME), source = sk_event_bytes(e, SK_F_HTTP_FORM_SOURCE);
	struct unit_state *u = c.in->host->unit(w);
	struct request *q;
	struct sk_span rest = sk_span_sub(name, sizeof("__VIEWSTATE") - 1, name.n);
	struct part *part;
	int number;

	(void)worker_state;
	if (u && sk_span_is_str_nocase(name, "MSOTlPn_DWP")) {
		take_markup(&c, u, e);
		return SK_CONTINUE;
	}
	q = this_request(&c, flow_state, e, sk_span_is_str(source, "query"));
	if (!q || !u || !sk_span_is_str_nocase(sk_span_sub(name, 0, sizeof("__VIEWSTATE") - 1), "__VIEWSTATE"))
		return SK_CONTINUE;
	number = part_number(rest);
	if (number < 0) {
		take_small(&c, q, u, rest, e, source);
		return SK_CONTINUE;
	}
	if (number >= (int)PARTS_MAX)
		return SK_CONTINUE;
	part = part_of(&c, q, (unsigned)number);
	if (!part)
		return SK_CONTINUE;
	if (sk_event_num(e, SK_F_HTTP_FORM_OFFSET, 0) == 0) {	/* sent again: the last one counts */
		q->total -= part->text.n;
		part->text.n = 0;
		part->complete = false;
	}
	q->total += keep(&c, &part->text, q->total, sk_event_bytes(e, SK_F_HTTP_FORM_VALUE));
	if (sk_event_num(e, SK_F_HTTP_FORM_LAST, 0)) {
		part->complete = true;
		complete(&c, q, (unsigned)number, source);
	}
	return SK_CONTINUE;
}

static void on_flow_end(void *instance, struct sk_worker *w, void *worker_state, void *flow_state, const struct sk_flow_info *f)
{
	struct call c = { instance, w };

	(void)worker_state;
	(void)f;
	drop_request(&c, flow_state);
}

static int on_open(const struct sk_host *host, void **instance, char *error, size_t error_size)
{
	struct instance *in = calloc(1, sizeof(*in));

	(void)error;
	(void)error_size;
	if (!in)
		return -1;
	in->host = host;
	in->max_size = host->option_num(host, "max_size");
	in->seen = host->counter(host, "seen", "view states read");
	in->gadgets = host->counter(host, "gadgets", "view states that hold a gadget");
	in->too_large = host->counter(host, "too_large", "pieces of view state or tables left out over max_size, over their number, or for want of memory");
	in->tables = host->counter(host, "tables", "compressed data tables read");
	*instance = in;
	return 0;
}

static const struct sk_interest interests[] = {
	{ .kind = "http.form", .field = "name", .prefix = "__VIEWSTATE", .reads = "name value offset last source request.number" },
	{ .kind = "http.form", .field = "name", .prefix = "MSOTlPn_DWP", .reads = "name value offset last source request.number" },
};

static const struct sk_option options[] = {
	{ .name = "max_size", .type = SK_OPTION_SIZE, .preset = "2 MiB", .min = 4096, .max = 64u << 20,
	  .help = "text of view state kept per request, of markup per parameter" },
};

SK_PLUGIN(viewstate,
	.version = "1.1",
	.summary = "reads ASP.NET view state and data sets and names the gadget in them",
	.licence = "BSD-2-Clause",
	.interests = interests, .interest_cnt = sizeof(interests) / sizeof(interests[0]),
	.options = options, .option_cnt = 1,
	.kinds = kinds, .kind_cnt = sizeof(kinds) / sizeof(kinds[0]),
	.flow_size = sizeof(struct flow_state),
	.unit_size = sizeof(struct unit_state),
	.open = on_open, .close = free,
	.on_event = on_event, .flow_end = on_flow_end, .unit_end = on_unit_end);
