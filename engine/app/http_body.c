/* app/http_body.c — one HTTP body on its way: decompression, http.body, http.form, file.
 *
 * in       body bytes without chunked coding, gaps, the end
 * out      http.body, http.form, file, and the oddities of codings and forms
 * memory   one malloc'd struct sk_http_body per direction while somebody wants its events, with decoders and form reader as
 *          far as they are needed
 * source   RFC 9110 8.4; proto/coding.h, proto/form.h. Pieces of a resource: http_range.c; charsets: http_text.c
 * limits   a gap in a compressed body ends its decompression: the rest is passed on raw
 */
#include "app/http.h"
#include "app/list.h"
#include "base/mem.h"

static struct sk_http *http_of(const struct sk_http_body *b) { return b->side->http; }

static bool kind_wanted(const struct sk_http *h, unsigned kind) { return sk_wanted_kind(h->wanted, kind); }

void sk_http_body_tell(struct sk_http_body *b, const struct sk_http_odds *odds)
{
	struct sk_http_odds fresh = { { odds->w[0] & ~b->told.w[0], odds->w[1] & ~b->told.w[1] } };

	if (SK_LIKELY(!sk_http_odds_any(&fresh)))
		return;
	sk_http_odds_merge(&b->told, &fresh);
	if (sk_http_odds_has(&fresh, SK_HTTP_ODD_COMPRESSION_BOMB))
		http_of(b)->counters->bombs++;
	sk_http_tell_odds(http_of(b), b->side->dir, &fresh, sk_span(NULL, 0), b->first_off, b->parent);
}

/* --- trailers --- */

void sk_http_body_trailer(struct sk_http_body *b, struct sk_span bytes)
{
	struct sk_http_odds odds = { { 0, 0 } };
	size_t n = SK_MIN(bytes.n, SK_HTTP_TRAILER_MAX - b->trailer.n);

	if (n && sk_buf_add(&b->trailer, sk_span(bytes.p, n)) < 0)
		http_of(b)->counters->memory++;
	if (n == bytes.n)
		return;
	sk_http_odds_add(&odds, SK_HTTP_ODD_TRAILER_TOO_LONG);
	sk_http_body_tell(b, &odds);
}

/* RFC 9110 6.5.1: fields for framing, routing, and how the content is to be read. */
static bool is_forbidden_trailer(struct sk_span name)
{
	static const char *const names[] = { "content-length", "transfer-encoding", "host", "content-encoding", "content-type",
		"content-range", "authorization", "cookie", "set-cookie" };

	for (size_t i = 0; i < SK_ARRAY_LEN(names); i++)
		if (sk_span_is_str_nocase(name, names[i]))
			return true;
	return false;
}

/* The fields of the lines, in event memory; lines without colon are passed over. */
static struct sk_value trailers(struct sk_http_body *b)
{
	struct sk_http_odds odds = { { 0, 0 } };
	struct sk_arena *arena = sk_app_scratch(http_of(b)->a);
	struct sk_span left = sk_buf_span(&b->trailer);
	struct sk_list l = { 0 };

	while (left.n) {
		const uint8_t *lf = memchr(left.p, '\n', left.n), *colon;
		size_t n = lf ? (size_t)(lf - left.p) : left.n;
		struct sk_span line = sk_http1_trim(sk_span(left.p, n));

		left = sk_span_sub(left, n + 1, left.n);
		colon = line.n ? memchr(line.p, ':', line.n) : NULL;
		if (!colon)
			continue;
		struct sk_span name = sk_http1_trim(sk_span(line.p, (size_t)(colon - line.p)));

		if (is_forbidden_trailer(name))
			sk_http_odds_add(&odds, SK_HTTP_ODD_FORBIDDEN_TRAILER);
		sk_list_add(&l, arena, sk_value_text(name));
		sk_list_add(&l, arena, sk_value_bytes(sk_http1_trim(sk_span(colon + 1, line.n - (size_t)(colon + 1 - line.p)))));
	}
	sk_http_body_tell(b, &odds);
	if (l.n == 0)
		return sk_value_none();
	return (struct sk_value){ .type = SK_VALUE_PAIRS, .u.list = { l.v, l.n & ~(size_t)1 } };
}

/* --- http.body --- */

static void publish_body(struct sk_http_body *b, struct sk_span bytes, bool last, bool truncated)
{
	struct sk_value v[SK_F_HTTP_BODY_CNT];
	struct sk_event e = { .kind = SK_KIND_HTTP_BODY, .value_cnt = SK_F_HTTP_BODY_CNT, .values = v, .parent = b->parent, .unit = &b->unit };
	struct sk_http *h = http_of(b);
	char names[SK_CODING_NAMES_MAX];
	size_t n = b->coding ? sk_coding_names(b->coding, names) : 0;

	if (!kind_wanted(h, SK_KIND_HTTP_BODY))
		return;
	sk_set_span(&v[SK_F_HTTP_BODY_BYTES], SK_VALUE_STREAM, bytes.p ? bytes : sk_span("", 0));
	sk_set_num(&v[SK_F_HTTP_BODY_OFFSET], b->off);
	sk_set_bool(&v[SK_F_HTTP_BODY_LAST], last);
	sk_set_bool(&v[SK_F_HTTP_BODY_TRUNCATED], truncated);
	sk_set_span(&v[SK_F_HTTP_BODY_ENCODING], SK_VALUE_TEXT, n ? sk_span(names, n) : sk_span(NULL, 0));
	v[SK_F_HTTP_BODY_TRAILERS].type = v[SK_F_HTTP_BODY_PIECES].type = v[SK_F_HTTP_BODY_SECOND].type = SK_VALUE_NONE;
	if (SK_UNLIKELY(last && b->trailer.n))
		v[SK_F_HTTP_BODY_TRAILERS] = trailers(b);
	if (SK_UNLIKELY(b->joined))
		sk_set_num(&v[SK_F_HTTP_BODY_PIECES], b->joined);
	sk_set_span(&v[SK_F_HTTP_BODY_CHARSET], SK_VALUE_TEXT, b->charset ? sk_span_str(b->charset) : sk_span(NULL, 0));
	b->opened = true;
	b->closed = last;
	sk_app_publish(h->a, h->f, b->side->dir, b->at, &e);
}

/* --- http.form --- */

static void publish_param(struct sk_http_body *b, struct sk_span bytes, bool last, bool truncated)
{
	static const char *const sources[] = { "query", "urlencoded", "multipart" };
	struct sk_value v[SK_F_HTTP_FORM_CNT];
	struct sk_event e = { .kind = SK_KIND_HTTP_FORM, .value_cnt = SK_F_HTTP_FORM_CNT, .values = v, .parent = b->parent,
			      .unit = &b->form_unit };
	struct sk_http *h = http_of(b);

	if (!kind_wanted(h, SK_KIND_HTTP_FORM))
		return;
	sk_set_span(&v[SK_F_HTTP_FORM_NAME], SK_VALUE_BYTES, b->part.name);
	sk_set_span(&v[SK_F_HTTP_FORM_VALUE], SK_VALUE_STREAM, bytes.p ? bytes : sk_span("", 0));
	sk_set_num(&v[SK_F_HTTP_FORM_OFFSET], b->part_off);
	sk_set_bool(&v[SK_F_HTTP_FORM_LAST], last);
	sk_set_bool(&v[SK_F_HTTP_FORM_TRUNCATED], truncated);
	sk_set_span(&v[SK_F_HTTP_FORM_SOURCE], SK_VALUE_TEXT, sk_span_str(sources[b->form_kind]));
	sk_set_span(&v[SK_F_HTTP_FORM_FILENAME], SK_VALUE_BYTES, b->part.filename);
	sk_set_span(&v[SK_F_HTTP_FORM_CONTENT_TYPE], SK_VALUE_BYTES, b->part.content_type);
	sk_set_num(&v[SK_F_HTTP_FORM_INDEX], b->part.index);
	sk_app_publish(h->a, h->f, b->side->dir, b->at, &e);
	b->part_off += bytes.n;
}

static void param_begin(void *cx, const struct sk_form_part *part)
{
	struct sk_http_body *b = cx;

	b->part = *part;
	b->part_off = 0;
	b->form_unit = NULL;
	if (part->filename.p && kind_wanted(http_of(b), SK_KIND_FILE))
		sk_http_file_begin(&b->part_file, part->filename, true);
}

static void param_value(void *cx, struct sk_span bytes)
{
	struct sk_http_body *b = cx;

	publish_param(b, bytes, false, false);
	sk_http_file_push(http_of(b), &b->part_file, bytes);
}

static void param_end(void *cx, struct sk_span rest, bool truncated)
{
	struct sk_http_body *b = cx;

	publish_param(b, rest, true, truncated);
	if (SK_LIKELY(!b->part_file.open))
		return;
	sk_http_file_push(http_of(b), &b->part_file, rest);
	sk_http_file_end(http_of(b), &b->part_file, b->side->dir, b->at, b->parent, truncated, 0);
}

static const struct sk_form_ops form_ops = { param_begin, param_value, param_end };

/* The charset ASP.NET reads a form in where no Content-Type says it: of a telephone's browser, by its own header. */
static struct sk_span device_charset(const struct sk_http1_head *head)
{
	static const char name[] = "x-up-devcap-post-charset";
	const struct sk_http1_field *agent = sk_http1_find(head, SK_HTTP1_USER_AGENT);

	if (!agent || agent->value_n < 2 || memcmp(sk_http1_value(head, agent).p, "UP", 2) != 0)
		return sk_span(NULL, 0);
	for (uint32_t i = 0; i < head->field_cnt; i++)
		if (sk_span_is_str_nocase(sk_http1_name(head, &head->fields[i]), name))
			return sk_http1_value(head, &head->fields[i]);
	return sk_span(NULL, 0);
}

/* A query is read in the charset of the body. */
static void set_query_charset(struct sk_form *f, const struct sk_http1_head *head)
{
	struct sk_span name = device_charset(head);
	const struct sk_http1_field *type = sk_http1_find(head, SK_HTTP1_CONTENT_TYPE);
	uint8_t word[64];
	size_t n;

	if (name.n)
		sk_form_set_charset(f, name, true);
	else if (type && sk_form_param(sk_http1_value(head, type), "charset", word, sizeof(word), &n))
		sk_form_set_charset(f, sk_span(word, n), true);
}

void sk_http_query_form(struct sk_http_side *side, struct sk_http_tx *tx, const struct sk_http1_head *head, struct sk_span query)
{
	struct sk_http_body *b;
	struct sk_form *f;

	if (query.n == 0 || !kind_wanted(side->http, SK_KIND_HTTP_FORM))
		return;
	b = sk_mem_zalloc(sizeof(*b));
	f = sk_form_new(SK_FORM_URLENCODED, sk_span(NULL, 0), &form_ops, b);
	if (b && f) {
		b->side = side;
		b->parent = &tx->request;
		b->at = b->first_off = head->off;
		set_query_charset(f, head);
		sk_form_push_all(f, query);
		sk_form_finish(f, false);
		sk_http_body_tell(b, sk_form_odds(f));
	} else {
		side->http->counters->memory++;
	}
	sk_form_free(f);
	sk_mem_free(b);
}

/* The body is a form of that kind. charset: p NULL for the one the type names. */
static void start_form(struct sk_http_body *b, enum sk_form_kind kind, struct sk_span charset)
{
	b->form_kind = (uint8_t)kind;
	b->form = sk_form_new(kind, b->content_type, &form_ops, b);
	if (!b->form)
		http_of(b)->counters->memory++;
	else if (charset.n)
		sk_form_set_charset(b->form, charset, false);
}

/* --- the first bytes --- */

static bool contains_nocase(struct sk_span s, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= s.n; i++)
		if (sk_span_is_nocase(sk_span(s.p + i, n), sk_span(word, n)))
			return true;
	return false;
}

/* Types whose bodies are no forms whatever they look like. */
static bool is_other_type(struct sk_span type)
{
	return contains_nocase(type, "json") || contains_nocase(type, "xml") || contains_nocase(type, "image/") ||
	       contains_nocase(type, "video/") || contains_nocase(type, "audio/");
}

/* Types of pages and their parts; all else is a file. */
static bool is_page_type(struct sk_span type)
{
	static const char *const pages[] = { "text/", "json", "javascript", "ecmascript", "xml", "image/", "font", "x-www-form-urlencoded" };

	for (size_t i = 0; i < SK_ARRAY_LEN(pages); i++)
		if (contains_nocase(type, pages[i]))
			return true;
	return false;
}

static void sniffed(struct sk_http_body *b)
{
	struct sk_span first = sk_span(b->sniff, b->sniff_n);
	enum sk_form_kind kind = sk_form_sniff(first);
	struct sk_http_odds odds = { { 0, 0 } };

	b->sniffing = false;
	if (kind == SK_FORM_NONE)
		return;
	sk_http_odds_add(&odds, SK_HTTP_ODD_FORM_TYPE_MISMATCH);
	sk_http_body_tell(b, &odds);
	start_form(b, kind, sk_span(NULL, 0));
	if (b->form) {
		sk_form_push(b->form, first);
		sk_http_body_tell(b, sk_form_odds(b->form));
	}
}

static void feed_form(struct sk_http_body *b, struct sk_span bytes)
{
	if (b->sniffing) {
		size_t k = SK_MIN(bytes.n, sizeof(b->sniff) - b->sniff_n);

		memcpy(b->sniff + b->sniff_n, bytes.p, k);
		b->sniff_n += (uint32_t)k;
		if (b->sniff_n < sizeof(b->sniff))
			return;
		sniffed(b);
		bytes = sk_span_sub(bytes, k, bytes.n);
	}
	if (b->form && bytes.n) {
		sk_form_push(b->form, bytes);
		sk_http_body_tell(b, sk_form_odds(b->form));
	}
}

/* --- decoded bytes --- */

static void decoded(struct sk_http_body *b, struct sk_span bytes, bool last)
{
	http_of(b)->counters->decoded_bytes += bytes.n;
	publish_body(b, bytes, last, last && b->lost);
	feed_form(b, bytes);
	sk_http_file_push(http_of(b), &b->file, bytes);
	if (SK_UNLIKELY(b->range || b->parts))
		sk_http_range_push(b, bytes, true);
	if (SK_UNLIKELY(b->text || !b->text_known))
		sk_http_text_push(b, bytes);
	b->off += bytes.n;
}

static void emit(void *cx, struct sk_span bytes) { decoded(cx, bytes, false); }

void sk_http_body_push(struct sk_http_body *b, struct sk_span bytes, uint64_t off, bool last)
{
	if (!b->started)
		b->first_off = off;
	b->started = true;
	b->at = off;
	if (SK_UNLIKELY(b->range))
		sk_http_range_push(b, bytes, false);
	if (!b->coding) {
		decoded(b, bytes, last);
		return;
	}
	sk_coding_push(b->coding, bytes, emit, b);
	sk_http_body_tell(b, sk_coding_odds(b->coding));
}

static void finish_coding(struct sk_http_body *b)
{
	if (!b->coding)
		return;
	sk_coding_finish(b->coding, emit, b);
	sk_http_body_tell(b, sk_coding_odds(b->coding));
}

void sk_http_body_gap(struct sk_http_body *b, uint64_t lost)
{
	b->lost = true;
	http_of(b)->counters->gap_bytes += lost;
	sk_http_range_gap(b, lost);
	finish_coding(b);
	if (b->coding && sk_coding_no_memory(b->coding))
		http_of(b)->counters->memory++;
	sk_coding_free(b->coding);
	b->coding = NULL;
	if (b->sniffing)
		sniffed(b);
	if (b->form)
		sk_form_gap(b->form);
}

/* --- begin and end --- */

/* Last segment of the request's path. */
static struct sk_span path_name(const struct sk_http_tx *tx)
{
	struct sk_span path = tx->has_request ? sk_event_bytes(&tx->request, SK_F_HTTP_REQUEST_PATH) : sk_span(NULL, 0);
	size_t i = path.n;

	while (i && path.p[i - 1] != '/')
		i--;
	path = sk_span_sub(path, i, path.n);
	return path.n ? path : sk_span(NULL, 0);
}

static void start_file(struct sk_http_body *b, const struct sk_http1_head *head)
{
	const struct sk_http1_field *f = sk_http1_find(head, SK_HTTP1_CONTENT_DISPOSITION);
	struct sk_span name = path_name(b->tx), disposition = f ? sk_http1_value(head, f) : sk_span(NULL, 0);
	bool by_type = b->side->dir == SK_TO_SERVER || f || !b->content_type.n || !is_page_type(b->content_type);
	size_t n = 0;
	uint8_t *p;

	if (disposition.n && (p = sk_arena_alloc(&b->tx->arena, disposition.n)) &&
	    sk_form_param(disposition, "filename", p, disposition.n, &n) && n)
		name = sk_span(p, n);
	sk_http_file_begin(&b->file, name, by_type);
}

static void start_codings(struct sk_http_body *b, const struct sk_coding_list *codings)
{
	const struct sk_app_conf *conf = sk_app_conf_of(http_of(b)->a);
	struct sk_coding_conf limits = { conf->inflate_layers_max, conf->inflate_max, conf->inflate_ratio_max,
					 sk_app_codings(http_of(b)->a) };

	if (codings->cnt == 0)
		return;
	b->coding = sk_coding_new(codings, &limits);
	if (!b->coding)
		http_of(b)->counters->memory++;
}

static void start_content(struct sk_http_body *b, struct sk_http_tx *tx, const struct sk_http1_head *head)
{
	struct sk_http *h = http_of(b);
	struct sk_http_odds odds = { { 0, 0 } };
	struct sk_span charset = sk_span(NULL, 0);
	enum sk_form_kind kind;

	b->content_type = sk_event_bytes(head->is_response ? &tx->response : &tx->request,
					 head->is_response ? (unsigned)SK_F_HTTP_RESPONSE_CONTENT_TYPE : (unsigned)SK_F_HTTP_REQUEST_CONTENT_TYPE);
	kind = head->is_response ? SK_FORM_NONE : sk_form_kind_of(b->content_type);
	start_codings(b, &head->codings);
	if (kind != SK_FORM_NONE)
		charset = device_charset(head);
	if (charset.n || (kind != SK_FORM_NONE && !sk_form_charset_is_plain(b->content_type))) {
		sk_http_odds_add(&odds, SK_HTTP_ODD_ODD_CHARSET);
		sk_http_body_tell(b, &odds);
	}
	if (!head->is_response && (kind_wanted(h, SK_KIND_HTTP_FORM) || (kind == SK_FORM_MULTIPART && kind_wanted(h, SK_KIND_FILE)))) {
		b->sniffing = kind == SK_FORM_NONE && !is_other_type(b->content_type);
		if (kind != SK_FORM_NONE)
			start_form(b, kind, charset);
	}
	if (kind == SK_FORM_NONE && kind_wanted(h, SK_KIND_FILE))
		start_file(b, head);
	if (kind_wanted(h, SK_KIND_FILE) || kind_wanted(h, SK_KIND_HTTP_BODY))
		sk_http_range_begin(b, head);
}

struct sk_http_body *sk_http_body_new(struct sk_http_side *side, struct sk_http_tx *tx, const struct sk_http1_head *head)
{
	struct sk_http *h = side->http;
	struct sk_http_body *b;

	if (!kind_wanted(h, SK_KIND_HTTP_BODY) && !(head && kind_wanted(h, SK_KIND_FILE)) &&
	    !(side->dir == SK_TO_SERVER && head && kind_wanted(h, SK_KIND_HTTP_FORM)))
		return NULL;
	b = sk_mem_zalloc(sizeof(*b));
	if (!b) {
		h->counters->memory++;
		return NULL;
	}
	b->side = side;
	b->tx = tx;
	if (tx && head && side->dir == SK_TO_CLIENT)
		b->parent = &tx->response;
	else if (tx && tx->has_request)
		b->parent = &tx->request;
	if (head && tx)
		start_content(b, tx, head);
	return b;
}

struct sk_http_body *sk_http_body_made(struct sk_http_side *side, struct sk_http_tx *tx, const struct sk_coding_list *codings,
				       uint32_t pieces)
{
	struct sk_http_body *b = sk_mem_zalloc(sizeof(*b));

	if (!b) {
		side->http->counters->memory++;
		return NULL;
	}
	b->side = side;
	b->tx = tx;
	if (tx)
		b->parent = side->dir == SK_TO_CLIENT && tx->has_response ? &tx->response : tx->has_request ? &tx->request : NULL;
	b->joined = pieces;
	start_codings(b, codings);
	return b;
}

void sk_http_body_end(struct sk_http_body *b, bool truncated)
{
	struct sk_http *h = http_of(b);

	truncated = truncated || b->lost;
	finish_coding(b);
	if (b->sniffing)
		sniffed(b);
	if ((b->opened || b->trailer.n) && !b->closed)
		publish_body(b, sk_span(NULL, 0), true, truncated);
	if (b->form) {
		sk_form_finish(b->form, truncated);
		sk_http_body_tell(b, sk_form_odds(b->form));
		/* its parts were the files */
		b->file.by_type = b->file.is_wanted = false;
	}
	sk_http_file_end(h, &b->file, b->side->dir, b->first_off, b->parent, truncated, b->joined);
	sk_http_file_end(h, &b->part_file, b->side->dir, b->first_off, b->parent, true, 0);
	sk_http_text_end(b, truncated);
	sk_http_range_end(b, truncated);
	if (b->coding && sk_coding_no_memory(b->coding))
		h->counters->memory++;
	sk_form_free(b->form);
	sk_coding_free(b->coding);
	sk_buf_fini(&b->trailer);
	sk_mem_free(b);
}
