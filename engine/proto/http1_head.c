/* proto/http1_head.c — what is in a head; see http1_head.h. */
#include "proto/http1_head.h"

#include "base/ascii.h"
#include "base/compiler.h"

static void odd(struct sk_http1_head *h, enum sk_http_odd o) { sk_http_odds_add(&h->odds, o); }

/* --- lines --- */

struct line {
	size_t start, end, next;	/* content, then where the next line begins */
};

/* Is the CR at c (inside [c, end)) a line end: does a field line follow it? */
static bool cr_ends_line(const uint8_t *p, size_t c, size_t end)
{
	while (c < end && p[c] == '\r')
		c++;
	return c < end && sk_http1_field_begins(p + c, end - c) == 1;
}

/* Is there a CR without LF behind it? */
static bool has_bare_cr(struct sk_span s)
{
	sk_bytes16 a, b, found = { 0 };
	sk_words2 all;
	size_t i = 0;

	for (; i + 17 <= s.n; i += 16) {
		memcpy(&a, s.p + i, 16);
		memcpy(&b, s.p + i + 1, 16);
		found |= (sk_bytes16)((a == '\r') & (b != '\n'));
	}
	all = (sk_words2)found;
	if (all[0] | all[1])
		return true;
	/* what is left is short, or the empty line */
	for (const uint8_t *cr; i < s.n && (cr = memchr(s.p + i, '\r', s.n - i)); i = (size_t)(cr - s.p) + 1)
		if (cr + 1 == s.p + s.n || cr[1] != '\n')
			return true;
	return false;
}

static bool next_line(struct sk_http1_head *h, size_t pos, struct line *l)
{
	const uint8_t *p = h->raw.p, *lf, *cr;
	size_t n = h->raw.n, end;

	if (pos >= n)
		return false;
	/* the empty line is in every head */
	lf = p[pos] == '\n' ? p + pos : p[pos] == '\r' && n - pos > 1 && p[pos + 1] == '\n' ? p + pos + 1 : memchr(p + pos, '\n', n - pos);
	end = lf ? (size_t)(lf - p) : n;
	l->start = pos;
	l->next = lf ? end + 1 : n;
	if (SK_LIKELY(end > pos && p[end - 1] == '\r'))
		end--;
	else if (lf)
		odd(h, SK_HTTP_ODD_LF_LINE_END);
	l->end = end;
	if (SK_LIKELY(!h->bare_cr))
		return true;
	cr = end > pos ? memchr(p + pos, '\r', end - pos) : NULL;
	if (SK_LIKELY(!cr))
		return true;
	for (; cr; cr = memchr(cr + 1, '\r', (size_t)(p + end - cr - 1))) {
		size_t c = (size_t)(cr - p);

		if (cr_ends_line(p, c, end)) {
			odd(h, SK_HTTP_ODD_CR_LINE_END);
			l->end = c;
			l->next = c + 1;
			return true;
		}
		odd(h, SK_HTTP_ODD_BARE_CR);
		if (c + 1 >= end)
			break;
	}
	while (l->end > pos && p[l->end - 1] == '\r')
		l->end--;
	return true;
}

static bool line_is_blank(const struct sk_http1_head *h, const struct line *l)
{
	for (size_t i = l->start; i < l->end; i++)
		if (!sk_http1_is_space(h->raw.p[i]))
			return false;
	return true;
}

/* --- start lines --- */

struct sk_span sk_http1_trim(struct sk_span s)
{
	while (s.n && sk_http1_is_space(s.p[0]))
		s = sk_span(s.p + 1, s.n - 1);
	while (s.n && sk_http1_is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

static void read_version(struct sk_http1_head *h, struct sk_span v)
{
	h->version = v;
	if (sk_span_is_str(v, "HTTP/1.1")) {
		h->version_kind = SK_HTTP1_VERSION_11;
	} else if (sk_span_is_str(v, "HTTP/1.0")) {
		h->version_kind = SK_HTTP1_VERSION_10;
	} else if (sk_span_is_str_nocase(v, "HTTP/1.1") || sk_span_is_str_nocase(v, "HTTP/1.0")) {
		h->version_kind = v.p[7] == '1' ? SK_HTTP1_VERSION_11 : SK_HTTP1_VERSION_10;
		odd(h, SK_HTTP_ODD_VERSION_CASE);
	} else {
		h->version_kind = SK_HTTP1_VERSION_OTHER;
		odd(h, SK_HTTP_ODD_BAD_VERSION);
	}
}

static void check_method(struct sk_http1_head *h)
{
	for (size_t i = 0; i < h->method.n; i++) {
		if (!sk_http1_is_token[h->method.p[i]])
			odd(h, SK_HTTP_ODD_BAD_METHOD);
		if (h->method.p[i] >= 'a' && h->method.p[i] <= 'z')
			odd(h, SK_HTTP_ODD_METHOD_CASE);
	}
}

static void read_request_line(struct sk_http1_head *h, struct sk_span line)
{
	size_t m = 0, v, n = line.n;

	while (n && sk_http1_is_space(line.p[n - 1]))
		n--;
	if (n < line.n)
		odd(h, SK_HTTP_ODD_START_LINE_SPACE);
	while (m < n && !sk_http1_is_blank(line.p[m]))
		m++;
	h->method = sk_span(line.p, m);
	if (!sk_span_is_str(h->method, "GET"))
		check_method(h);
	/* the version: the last word, where it is one */
	v = n;
	while (v > m && !sk_http1_is_blank(line.p[v - 1]))
		v--;
	if (v > m && sk_http1_is_http(line.p + v, n - v)) {
		read_version(h, sk_span(line.p + v, n - v));
		n = v;
		while (n > m && sk_http1_is_blank(line.p[n - 1]))
			n--;
		if (v - n != 1 || line.p[n] != ' ')
			odd(h, SK_HTTP_ODD_START_LINE_SPACE);
	}
	v = m;
	while (m < n && sk_http1_is_blank(line.p[m]))
		m++;
	if (m == n) {
		odd(h, SK_HTTP_ODD_MISSING_TARGET);
		return;
	}
	if (m - v != 1 || line.p[v] != ' ')
		odd(h, SK_HTTP_ODD_START_LINE_SPACE);
	h->target = sk_span(line.p + m, n - m);
	for (size_t i = m; i < n; i++)
		if (sk_http1_is_blank(line.p[i]))
			odd(h, SK_HTTP_ODD_SPACE_IN_TARGET);
}

static void read_status(struct sk_http1_head *h, struct sk_span s)
{
	unsigned v = 0;
	size_t i = 0;

	while (s.n && s.p[s.n - 1] == 0)
		s.n--;
	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9' && v < 10000; i++)
		v = v * 10 + (s.p[i] - '0');
	if (i == s.n && v < 1000)
		h->status = (uint16_t)v;
	if (s.n != 3 || h->status < 100 || h->status > 599)
		odd(h, SK_HTTP_ODD_BAD_STATUS);
}

static void read_status_line(struct sk_http1_head *h, struct sk_span line)
{
	size_t i = 0, start;
	struct sk_span v;

	while (i < line.n && !sk_http1_is_blank(line.p[i]) && line.p[i] != '\n' && line.p[i] != '\r')
		i++;
	v = sk_span_sub(line, 0, i);
	while (v.n && v.p[v.n - 1] == 0)
		v.n--;
	read_version(h, v);
	start = i;
	while (i < line.n && sk_http1_is_space(line.p[i]))
		i++;
	if (i - start > 1 || (i > start && line.p[start] != ' '))
		odd(h, SK_HTTP_ODD_START_LINE_SPACE);
	start = i;
	while (i < line.n && !sk_http1_is_blank(line.p[i]))
		i++;
	read_status(h, sk_span_sub(line, start, i - start));
	h->reason = sk_http1_trim(sk_span_sub(line, i, line.n));
}

/* --- fields --- */

#define NAME_IS(word) (n == sizeof(word) - 1 && memcmp(low, word, sizeof(word) - 1) == 0)

static enum sk_http1_name lookup(const char *low, size_t n)
{
	switch (n) {
	case 4: return NAME_IS("host") ? SK_HTTP1_HOST : SK_HTTP1_OTHER;
	case 5: return NAME_IS("range") ? SK_HTTP1_RANGE : SK_HTTP1_OTHER;
	case 6:
		return NAME_IS("cookie") ? SK_HTTP1_COOKIE : NAME_IS("expect") ? SK_HTTP1_EXPECT :
		       NAME_IS("server") ? SK_HTTP1_SERVER : NAME_IS("origin") ? SK_HTTP1_ORIGIN : SK_HTTP1_OTHER;
	case 7:
		return NAME_IS("referer") ? SK_HTTP1_REFERER : NAME_IS("upgrade") ? SK_HTTP1_UPGRADE : SK_HTTP1_OTHER;
	case 8: return NAME_IS("location") ? SK_HTTP1_LOCATION : SK_HTTP1_OTHER;
	case 10:
		return NAME_IS("user-agent") ? SK_HTTP1_USER_AGENT : NAME_IS("connection") ? SK_HTTP1_CONNECTION : SK_HTTP1_OTHER;
	case 12: return NAME_IS("content-type") ? SK_HTTP1_CONTENT_TYPE : SK_HTTP1_OTHER;
	case 13: return NAME_IS("content-range") ? SK_HTTP1_CONTENT_RANGE : SK_HTTP1_OTHER;
	case 14: return NAME_IS("content-length") ? SK_HTTP1_CONTENT_LENGTH : SK_HTTP1_OTHER;
	case 16: return NAME_IS("content-encoding") ? SK_HTTP1_CONTENT_ENCODING : SK_HTTP1_OTHER;
	case 17:
		return NAME_IS("transfer-encoding") ? SK_HTTP1_TRANSFER_ENCODING :
		       NAME_IS("sec-websocket-key") ? SK_HTTP1_WEBSOCKET_KEY : SK_HTTP1_OTHER;
	case 19: return NAME_IS("content-disposition") ? SK_HTTP1_CONTENT_DISPOSITION : SK_HTTP1_OTHER;
	case 20: return NAME_IS("sec-websocket-accept") ? SK_HTTP1_WEBSOCKET_ACCEPT : SK_HTTP1_OTHER;
	case 22: return NAME_IS("sec-websocket-protocol") ? SK_HTTP1_WEBSOCKET_PROTOCOL : SK_HTTP1_OTHER;
	case 24: return NAME_IS("sec-websocket-extensions") ? SK_HTTP1_WEBSOCKET_EXTENSIONS : SK_HTTP1_OTHER;
	default: return SK_HTTP1_OTHER;
	}
}

/* The engine's name for a field name, as lenient servers read it: control bytes and white space passed over. */
static enum sk_http1_name name_of(const uint8_t *p, size_t n, bool *clean)
{
	char low[32];
	size_t k = 0;

	*clean = n > 0;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = p[i];

		if (SK_UNLIKELY(!sk_http1_is_token[c])) {
			*clean = false;
			if (c <= ' ' || c == 0x7f)
				continue;
		}
		if (k < sizeof(low))
			low[k] = (char)sk_ascii_lower(c);
		k++;
	}
	return k <= sizeof(low) ? lookup(low, k) : SK_HTTP1_OTHER;
}

/* A name of letters, digits and dashes of up to 15 bytes before a colon, in lower case to low (16 bytes). Its length; 0 for any other, or
 * where fewer than 16 bytes are at p. */
static size_t plain_name(const uint8_t *p, size_t n, char *low)
{
	sk_bytes16 b, plain, other;
	sk_words2 w;
	unsigned at;

	if (n < 16)
		return 0;
	memcpy(&b, p, 16);
	plain = (sk_bytes16)((sk_bytes16)((b | 0x20) - 'a') < 26) | (sk_bytes16)((sk_bytes16)(b - '0') < 10) | (sk_bytes16)(b == '-');
	other = ~plain;
	b |= 0x20;
	memcpy(low, &b, 16);
	w = (sk_words2)other;
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
	w[0] = __builtin_bswap64(w[0]);
	w[1] = __builtin_bswap64(w[1]);
#endif
	if (!(w[0] | w[1]))
		return 0;
	at = w[0] ? (unsigned)__builtin_ctzll(w[0]) / 8 : 8 + (unsigned)__builtin_ctzll(w[1]) / 8;
	return p[at] == ':' ? at : 0;
}

/* A field whose name is a token with the colon right behind it: nearly all. False: read_field must look closer. */
static bool read_clean_field(struct sk_http1_head *h, struct sk_http1_field *f, size_t start, size_t end)
{
	const uint8_t *p = h->raw.p;
	size_t i = start, v;
	char low[32];

	i += plain_name(p + start, h->raw.n - start, low);
	if (SK_UNLIKELY(i == start)) {
		while (i < end && sk_http1_is_token[p[i]] && i - start < sizeof(low)) {
			low[i - start] = (char)sk_ascii_lower(p[i]);
			i++;
		}
	}
	if (i == start || i >= end || p[i] != ':')
		return false;
	v = i + 1;
	while (v < end && (p[v] == ' ' || p[v] == '\t'))
		v++;
	while (end > v && (p[end - 1] == ' ' || p[end - 1] == '\t'))
		end--;
	if (v < end && (p[v] == ':' || p[v] == '\r' || p[end - 1] == '\r'))
		return false;
	*f = (struct sk_http1_field){ (uint32_t)start, (uint32_t)(i - start), (uint32_t)v, (uint32_t)(end - v),
				      (uint8_t)lookup(low, i - start), 0 };
	return true;
}

/* Name and value of the logical line [start, end). False where there is no colon. */
static bool read_field(struct sk_http1_head *h, struct sk_http1_field *f, size_t start, size_t end)
{
	const uint8_t *p = h->raw.p, *colon = end > start ? memchr(p + start, ':', end - start) : NULL;
	size_t name_end = colon ? (size_t)(colon - p) : end, v = colon ? name_end + 1 : end;
	bool clean;

	if (colon && name_end > start && sk_http1_is_space(p[name_end - 1]))
		odd(h, SK_HTTP_ODD_SPACE_BEFORE_COLON);
	while (name_end > start && sk_http1_is_space(p[name_end - 1]))
		name_end--;
	while (v < end && (p[v] == ' ' || p[v] == '\t' || p[v] == '\r' || p[v] == '\n'))
		v++;
	while (end > v && (p[end - 1] == ' ' || p[end - 1] == '\t' || p[end - 1] == '\r' || p[end - 1] == '\n'))
		end--;
	if (colon && v < end && p[v] == ':')
		odd(h, SK_HTTP_ODD_DOUBLE_COLON);
	*f = (struct sk_http1_field){ (uint32_t)start, (uint32_t)(name_end - start), (uint32_t)v, (uint32_t)(end - v), 0, 0 };
	f->name = (uint8_t)name_of(p + start, name_end - start, &clean);
	if (colon && !clean)
		odd(h, SK_HTTP_ODD_BAD_HEADER_NAME);
	return colon != NULL;
}

static bool frames(uint8_t name)
{
	return name == SK_HTTP1_TRANSFER_ENCODING || name == SK_HTTP1_CONTENT_LENGTH || name == SK_HTTP1_CONTENT_ENCODING;
}

/* Place for one more field; when all are taken, fields that frame the body take the last. */
static struct sk_http1_field *add_field(struct sk_http1_head *h, const struct sk_http1_field *f)
{
	if (h->field_cnt == SK_HTTP1_FIELDS_MAX) {
		odd(h, SK_HTTP_ODD_TOO_MANY_HEADERS);
		if (!frames(f->name))
			return NULL;
		h->field_cnt--;
	}
	h->fields[h->field_cnt] = *f;
	return &h->fields[h->field_cnt++];
}

/* The continuation of a field that looks like a framing field: some readers take it as one. */
static void check_folded(struct sk_http1_head *h, const struct line *l, struct sk_http1_framing *fr)
{
	struct sk_span s = sk_http1_trim(sk_span(h->raw.p + l->start, l->end - l->start));
	const uint8_t *colon = s.n ? memchr(s.p, ':', s.n) : NULL;
	bool clean;

	if (!colon)
		return;
	switch (name_of(s.p, (size_t)(colon - s.p), &clean)) {
	case SK_HTTP1_TRANSFER_ENCODING:
		fr->chunked = true;
		odd(h, SK_HTTP_ODD_FOLDED_FIELD);
		break;
	case SK_HTTP1_CONTENT_LENGTH:
	case SK_HTTP1_CONTENT_ENCODING:
		odd(h, SK_HTTP_ODD_FOLDED_FIELD);
		break;
	default:
		break;
	}
}

static void read_fields(struct sk_http1_head *h, size_t pos, struct sk_http1_framing *fr)
{
	struct sk_http1_field *last = NULL, f;
	struct line l;

	while (next_line(h, pos, &l)) {
		uint8_t first = l.start < l.end ? h->raw.p[l.start] : 0;

		pos = l.next;
		if (l.start == l.end)
			continue;
		if (SK_UNLIKELY(sk_http1_is_blank(first) || first == 0) && line_is_blank(h, &l)) {
			odd(h, SK_HTTP_ODD_BLANK_LINE_WITH_SPACE);
			continue;
		}
		if (SK_UNLIKELY(sk_http1_is_blank(first)) && last) {
			struct sk_http1_field grown;

			odd(h, SK_HTTP_ODD_HEADER_FOLDING);
			check_folded(h, &l, fr);
			read_field(h, &grown, last->name_off, l.end);
			grown.folded = 1;
			*last = grown;
			continue;
		}
		if (SK_UNLIKELY(sk_http1_is_blank(first))) {
			odd(h, SK_HTTP_ODD_SPACE_BEFORE_NAME);
			while (l.start < l.end && sk_http1_is_blank(h->raw.p[l.start]))
				l.start++;
		}
		if (!read_clean_field(h, &f, l.start, l.end) && !read_field(h, &f, l.start, l.end))
			odd(h, SK_HTTP_ODD_HEADER_WITHOUT_COLON);
		last = add_field(h, &f);
	}
}

/* --- framing --- */

enum length { LENGTH_OK, LENGTH_BAD, LENGTH_NONE };

/* One number of a Content-Length value; *hint its leading digits where it is no number. */
static enum length read_length(struct sk_http1_head *h, struct sk_span s, uint64_t *v, uint64_t *hint)
{
	uint64_t n = 0;
	size_t i = 0;

	s = sk_http1_trim(s);
	if (s.n == 0)
		return LENGTH_NONE;
	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
		if (n > (uint64_t)INT64_MAX / 10)
			return LENGTH_BAD;
		n = n * 10 + (s.p[i] - '0');
	}
	if (n > INT64_MAX || i < s.n) {
		*hint = n > INT64_MAX ? 0 : n;
		return LENGTH_BAD;
	}
	if (s.n > 1 && s.p[0] == '0')
		odd(h, SK_HTTP_ODD_CONTENT_LENGTH_ZEROS);
	*v = n;
	return LENGTH_OK;
}

static void note_length(struct sk_http1_head *h, uint64_t v, struct sk_http1_framing *fr)
{
	if (!fr->has_length) {
		fr->has_length = true;
		fr->length = v;
	} else if (v == fr->length) {
		odd(h, SK_HTTP_ODD_DUPLICATE_CONTENT_LENGTH);
	} else {
		odd(h, SK_HTTP_ODD_DIFFERENT_CONTENT_LENGTH);
		fr->has_other = true;
		fr->other = v;
	}
}

static void read_content_length(struct sk_http1_head *h, struct sk_span value, struct sk_http1_framing *fr)
{
	size_t seen = 0;

	while (value.n && value.p[0] == ':')
		value = sk_span(value.p + 1, value.n - 1);
	for (size_t pos = 0; pos <= value.n; ) {
		const uint8_t *comma = pos < value.n ? memchr(value.p + pos, ',', value.n - pos) : NULL;
		size_t end = comma ? (size_t)(comma - value.p) : value.n;
		uint64_t v = 0;
		enum length rc = read_length(h, sk_span_sub(value, pos, end - pos), &v, &fr->hint);

		if (rc == LENGTH_OK)
			note_length(h, v, fr);
		if (rc == LENGTH_BAD || (rc == LENGTH_NONE && (comma || seen || value.n == 0))) {
			odd(h, SK_HTTP_ODD_BAD_CONTENT_LENGTH);
			fr->bad_length = true;
		}
		seen++;
		pos = end + 1;
	}
}

/* A copy without NUL bytes, as much as fits. */
static size_t without_nul(struct sk_span s, uint8_t *out, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n && n < room; i++)
		if (s.p[i])
			out[n++] = s.p[i];
	return n;
}

static bool contains_nocase(struct sk_span s, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= s.n; i++)
		if (sk_span_is_nocase(sk_span(s.p + i, n), sk_span(word, n)))
			return true;
	return false;
}

static void read_transfer_encoding(struct sk_http1_head *h, struct sk_span value, unsigned nth, struct sk_coding_list *list,
				   struct sk_http1_framing *fr)
{
	struct sk_http_odds codings = { { 0, 0 } };
	unsigned before = list->cnt;
	uint8_t buf[256];

	if (sk_span_is_str_nocase(value, "chunked")) {
		fr->clean_chunked = nth == 0 && !fr->chunked && !fr->other_coding;
		fr->chunked = true;
		if (nth)
			odd(h, SK_HTTP_ODD_CHUNKED_TWICE);
		return;
	}
	fr->clean_chunked = false;
	sk_coding_parse(value, list, &codings);
	value = sk_span(buf, without_nul(value, buf, sizeof(buf)));
	if (contains_nocase(value, "chunked")) {
		fr->chunked = true;
		/* RFC 9112 6.1: other codings may come before chunked */
		if (value.n > 7 && list->cnt > before && sk_span_is_str_nocase(sk_span_sub(value, value.n - 7, 7), "chunked") && nth == 0)
			return;
		odd(h, sk_http1_has_token(value, "chunked") ? SK_HTTP_ODD_CHUNKED_TWICE : SK_HTTP_ODD_BAD_TRANSFER_ENCODING);
	} else {
		fr->other_coding = fr->other_coding || !sk_span_is_str_nocase(sk_http1_trim(value), "identity");
		if (nth)
			odd(h, SK_HTTP_ODD_CHUNKED_TWICE);
		if (list->cnt == before)
			odd(h, SK_HTTP_ODD_UNKNOWN_TRANSFER_ENCODING);
	}
}

static void read_framing(struct sk_http1_head *h, struct sk_http1_framing *fr)
{
	struct sk_coding_list transfer = { { 0 }, 0 };
	unsigned te = 0, hosts = 0;
	bool expects = false;

	for (uint32_t i = 0; i < h->field_cnt; i++) {
		const struct sk_http1_field *f = &h->fields[i];

		h->names |= UINT32_C(1) << f->name;
		switch (f->name) {
		case SK_HTTP1_CONTENT_LENGTH:
			read_content_length(h, sk_http1_value(h, f), fr);
			break;
		case SK_HTTP1_TRANSFER_ENCODING:
			read_transfer_encoding(h, sk_http1_value(h, f), te++, &transfer, fr);
			break;
		case SK_HTTP1_CONTENT_ENCODING:
			sk_coding_parse(sk_http1_value(h, f), &h->codings, &h->odds);
			break;
		case SK_HTTP1_HOST:
			if (hosts++)
				odd(h, SK_HTTP_ODD_DUPLICATE_HOST);
			break;
		case SK_HTTP1_EXPECT:
			expects = expects || sk_http1_has_token(sk_http1_value(h, f), "100-continue");
			break;
		default:
			break;
		}
	}
	for (unsigned i = 0; i < transfer.cnt && h->codings.cnt < SK_CODING_LAYERS_MAX; i++)
		h->codings.kind[h->codings.cnt++] = transfer.kind[i];
	h->has_transfer_codings = transfer.cnt > 0;
	h->bodyless = !h->is_response && !te && !fr->has_length && !fr->bad_length && h->codings.cnt == 0;
	if ((fr->has_length || fr->bad_length) && te)
		odd(h, SK_HTTP_ODD_CONTENT_LENGTH_AND_CHUNKED);
	if (te && h->version_kind != SK_HTTP1_VERSION_11) {
		odd(h, SK_HTTP_ODD_CHUNKED_HTTP10);
		fr->clean_chunked = false;
	}
	if (expects && fr->has_length && fr->length == 0)
		odd(h, SK_HTTP_ODD_EXPECT_WITHOUT_BODY);
	if (!h->is_response && hosts == 0 && h->version_kind == SK_HTTP1_VERSION_11)
		odd(h, SK_HTTP_ODD_MISSING_HOST);
	if (fr->has_length && !fr->has_other && !fr->bad_length && !(sk_http_odds_has(&h->odds, SK_HTTP_ODD_DUPLICATE_CONTENT_LENGTH))) {
		h->has_content_length = true;
		h->content_length = fr->length;
	}
}

void sk_http1_head_parse(struct sk_http1_head *h, struct sk_span raw, bool is_response, struct sk_http1_framing *fr)
{
	struct line l = { 0, 0, 0 };
	struct sk_span start;

	/* in parts that are a few stores each */
	memset(h, 0, offsetof(struct sk_http1_head, method));
	memset(&h->method, 0, offsetof(struct sk_http1_head, codings) - offsetof(struct sk_http1_head, method));
	memset(&h->codings, 0, offsetof(struct sk_http1_head, fields) - offsetof(struct sk_http1_head, codings));
	*fr = (struct sk_http1_framing){ 0 };
	h->raw = raw;
	h->is_response = is_response;
	h->bare_cr = has_bare_cr(raw);
	if (raw.n && memchr(raw.p, 0, raw.n))
		odd(h, SK_HTTP_ODD_NUL_IN_HEAD);
	(void)next_line(h, 0, &l);
	if (is_response) {
		/* a status that stands on a folded line belongs to the start line */
		if (l.next < raw.n && sk_http1_is_blank(raw.p[l.next]) && !memchr(raw.p, ' ', l.end)) {
			struct line m;

			if (next_line(h, l.next, &m) && !line_is_blank(h, &m)) {
				odd(h, SK_HTTP_ODD_HEADER_FOLDING);
				l.end = m.end;
				l.next = m.next;
			}
		}
		read_status_line(h, sk_span_sub(raw, 0, l.end));
	} else {
		start = sk_span_sub(raw, 0, l.end);
		read_request_line(h, start);
	}
	read_fields(h, l.next, fr);
	read_framing(h, fr);
	if (!is_response && h->version_kind == SK_HTTP1_VERSION_NONE && h->field_cnt)
		odd(h, SK_HTTP_ODD_MISSING_VERSION);
}

/* --- for readers of heads --- */

const struct sk_http1_field *sk_http1_find_field(const struct sk_http1_head *h, enum sk_http1_name name)
{
	for (uint32_t i = 0; i < h->field_cnt; i++)
		if (h->fields[i].name == name)
			return &h->fields[i];
	return NULL;
}

size_t sk_http1_unfold(struct sk_span value, uint8_t *out)
{
	size_t w = 0;

	for (size_t r = 0; r < value.n; ) {
		size_t k = r;
		bool line = false;

		while (k < value.n && (value.p[k] == ' ' || value.p[k] == '\t' || value.p[k] == '\r' || value.p[k] == '\n'))
			line |= value.p[k++] == '\n';
		if (line) {
			out[w++] = ' ';
			r = k;
			continue;
		}
		/* blanks inside a line stay as they are */
		while (r < k)
			out[w++] = value.p[r++];
		if (r < value.n)
			out[w++] = value.p[r++];
	}
	return w;
}

bool sk_http1_has_token(struct sk_span value, const char *token)
{
	for (size_t pos = 0; pos < value.n; ) {
		const uint8_t *comma = memchr(value.p + pos, ',', value.n - pos);
		size_t end = comma ? (size_t)(comma - value.p) : value.n;
		struct sk_span s = sk_http1_trim(sk_span_sub(value, pos, end - pos));

		if (sk_span_is_str_nocase(s, token))
			return true;
		pos = end + 1;
	}
	return false;
}
