/* proto/form.c — see form.h.
 *
 * The multipart reader looks for line ends only: what may be the beginning of a boundary line is held back until it is one or
 * is not. A boundary holds no line end, so a mismatch never hides another beginning except the byte that made it.
 *
 * Where there is a charset, bytes of names and values gather in out, are converted when it is full or the text ends, and told from
 * there. A body that is a form only when all of it is converted, signs and escapes too, is converted before anything else; its first
 * SNIFF bytes wait in line until that is clear.
 */
#include "proto/form.h"

#include "base/compiler.h"
#include "base/mem.h"
#include "proto/base64.h"
#include "proto/charset.h"
#include "proto/uri.h"

#define OUT_SIZE 2048
#define HOLD_MAX (SK_FORM_BOUNDARY_MAX + 80)
#define SNIFF 512

enum state { NAME, VALUE, FIRST_LINE, PREAMBLE, PART_HEAD, PART_BODY, EPILOGUE };
enum transfer { PLAIN, BASE64, QUOTED };

struct sk_form {
	const struct sk_form_ops *ops;
	void *cx;
	struct sk_http_odds odds;
	struct sk_form_part part;
	uint8_t state;
	uint8_t transfer;
	bool open;			/* begin was told */
	bool lost;			/* bytes of the value are missing */
	bool line_start;		/* what is held began behind a line end or at the start */
	bool fold_wait;			/* a head line waits for its continuation */
	bool in_word;			/* urlencoded: a byte of the parameter was seen */
	bool whole;			/* what is pushed is all there is */
	unsigned esc_n;			/* bytes of an escape so far */
	unsigned boundary_n;
	unsigned hold_n;
	unsigned line_n;
	size_t out_n;
	size_t name_n, filename_n, type_n;
	struct sk_base64 b64;
	struct sk_charset cs, part_cs;	/* of names and values; of the part at hand */
	struct sk_charset body_cs;	/* of all of the body */
	bool sniffing;			/* is it cs or body_cs? */
	bool ranges;			/* SK_FORM_RANGES */
	uint8_t esc[8];
	uint8_t boundary[SK_FORM_BOUNDARY_MAX + 2];	/* with the two dashes */
	uint8_t hold[HOLD_MAX];
	uint8_t name[SK_FORM_NAME_MAX], filename[SK_FORM_NAME_MAX], type[SK_FORM_NAME_MAX];
	uint8_t line[SK_FORM_LINE_MAX];
	uint8_t out[OUT_SIZE];
};

static void odd(struct sk_form *f, enum sk_http_odd o) { sk_http_odds_add(&f->odds, o); }

/* --- telling --- */

static void add_name(struct sk_form *f, uint8_t c)
{
	if (f->name_n < SK_FORM_NAME_MAX)
		f->name[f->name_n++] = c;
	else
		odd(f, SK_HTTP_ODD_FORM_NAME_TOO_LONG);
}

static bool is_converted(const struct sk_form *f) { return f->part_cs.kind != 0; }

/* Bytes of the value, or of the name of an urlencoded parameter. */
static void tell(struct sk_form *f, struct sk_span s)
{
	if (f->state == NAME && !f->open) {
		for (size_t i = 0; i < s.n; i++)
			add_name(f, s.p[i]);
	} else if (s.n && f->open) {
		f->ops->value(f->cx, s);
	}
}

static void tell_converted(struct sk_form *f, struct sk_span s)
{
	uint8_t utf8[SK_CHARSET_ROOM(512)];

	for (size_t i = 0; i < s.n; i += 512)
		tell(f, sk_span(utf8, sk_charset_push(&f->part_cs, sk_span_sub(s, i, 512), utf8)));
}

static void flush(struct sk_form *f)
{
	size_t n = f->out_n;

	f->out_n = 0;
	if (n && is_converted(f))
		tell_converted(f, sk_span(f->out, n));
	else if (n && f->open)
		f->ops->value(f->cx, sk_span(f->out, n));
}

/* The name or value in another charset ended: what is left of it is in out then. */
static void end_text(struct sk_form *f)
{
	if (!is_converted(f))
		return;
	flush(f);
	f->out_n = sk_charset_end(&f->part_cs, f->out);
	if (f->state == NAME && !f->open) {
		tell(f, sk_span(f->out, f->out_n));
		f->out_n = 0;
	}
}

/* What end_text left in out. */
static void flush_raw(struct sk_form *f)
{
	tell(f, sk_span(f->out, f->out_n));
	f->out_n = 0;
}

static void put(struct sk_form *f, uint8_t c)
{
	f->out[f->out_n++] = c;
	if (f->out_n == OUT_SIZE)
		flush(f);
}

static void begin(struct sk_form *f)
{
	f->part.name = sk_span(f->name, f->name_n);
	f->open = true;
	f->lost = false;
	f->ops->begin(f->cx, &f->part);
}

static void end(struct sk_form *f, bool truncated)
{
	end_text(f);
	if (f->open) {
		f->ops->end(f->cx, sk_span(f->out, f->out_n), truncated || f->lost);
		f->part.index++;
	}
	f->open = false;
	f->out_n = 0;
	f->name_n = f->filename_n = f->type_n = 0;
	f->part.filename = f->part.content_type = sk_span(NULL, 0);
	f->transfer = PLAIN;
	f->b64 = (struct sk_base64){ 0 };
	f->part_cs = f->cs;
	f->esc_n = 0;
}

/* --- urlencoded --- */

static void url_put(struct sk_form *f, uint8_t c)
{
	if (f->state == NAME && !is_converted(f))
		add_name(f, c);
	else
		put(f, c);
}

/* The escape in esc is whole, or is none. */
static void url_escape_done(struct sk_form *f)
{
	bool is_char = f->esc_n == 6;		/* %uXXXX: a character, whatever the charset */
	size_t n = sk_uri_unescape(f->esc, f->esc_n, false, &f->odds);

	if (is_char && is_converted(f)) {
		end_text(f);
		flush_raw(f);
		tell(f, sk_span(f->esc, n));
		n = 0;
	}
	for (size_t i = 0; i < n; i++)
		url_put(f, f->esc[i]);
	f->esc_n = 0;
}

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* Adds c to the escape at hand. False: c does not belong to it and is still to be read. */
static bool url_escape(struct sk_form *f, uint8_t c)
{
	bool u = f->esc_n > 1 && (f->esc[1] | 0x20) == 'u';

	if (!is_hex(c) && !(f->esc_n == 1 && (c | 0x20) == 'u')) {
		url_escape_done(f);
		return false;
	}
	f->esc[f->esc_n++] = c;
	if (f->esc_n == (u ? 6 : 3))
		url_escape_done(f);
	return true;
}

static void url_param_end(struct sk_form *f, bool truncated)
{
	if (f->esc_n)
		url_escape_done(f);
	if (f->in_word && !f->open) {
		end_text(f);
		begin(f);
	}
	end(f, truncated);
	f->state = NAME;
	f->in_word = false;
}

static void url_push(struct sk_form *f, struct sk_span s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (f->esc_n && url_escape(f, c))
			continue;
		if (c == '&') {
			url_param_end(f, false);
			continue;
		}
		f->in_word = true;
		if (c == '=' && f->state == NAME) {
			end_text(f);
			begin(f);
			f->state = VALUE;
		} else if (c == '%') {
			f->esc[0] = c;
			f->esc_n = 1;
		} else {
			url_put(f, c == '+' ? ' ' : c);
		}
	}
	if (!f->whole)
		flush(f);
}

/* --- multipart --- */

static inline bool is_blank(uint8_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static void quoted_printable(struct sk_form *f, struct sk_span s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (f->esc_n == 0 && c != '=') {
			put(f, c);
			continue;
		}
		f->esc[f->esc_n++] = c;
		if (f->esc_n == 1)
			continue;
		if (f->esc[1] == '\n') {
			f->esc_n = 0;		/* soft line break */
		} else if (f->esc_n == 3 && f->esc[1] == '\r' && c == '\n') {
			f->esc_n = 0;
		} else if (f->esc_n == 3 && is_hex(f->esc[1]) && is_hex(c)) {
			f->esc[0] = '%';
			(void)sk_uri_unescape(f->esc, 3, false, NULL);
			put(f, f->esc[0]);
			f->esc_n = 0;
		} else if (f->esc_n == 3) {
			for (unsigned k = 0; k < 3; k++)
				put(f, f->esc[k]);
			f->esc_n = 0;
		}
	}
	flush(f);
}

static void tell_value(struct sk_form *f, struct sk_span s)
{
	if (is_converted(f))
		tell_converted(f, s);
	else
		f->ops->value(f->cx, s);
}

static void part_value(struct sk_form *f, struct sk_span s)
{
	uint8_t out[SK_BASE64_ROOM(1024)];

	if (s.n == 0 || !f->open)
		return;
	if (f->transfer == PLAIN) {
		tell_value(f, s);
		return;
	}
	if (f->transfer == QUOTED) {
		quoted_printable(f, s);
		return;
	}
	for (size_t i = 0; i < s.n; i += 1024) {
		size_t n = sk_base64_push(&f->b64, sk_span_sub(s, i, 1024), out);

		if (n)
			tell_value(f, sk_span(out, n));
	}
}

static struct sk_span field_value(struct sk_span line, const char *name, bool *is)
{
	size_t n = strlen(name), i = n;

	*is = false;
	if (line.n <= n || !sk_span_is_nocase(sk_span(line.p, n), sk_span(name, n)))
		return sk_span(NULL, 0);
	while (i < line.n && is_blank(line.p[i]))
		i++;
	if (i == line.n || line.p[i] != ':')
		return sk_span(NULL, 0);
	i++;
	while (i < line.n && is_blank(line.p[i]))
		i++;
	*is = true;
	return sk_span_sub(line, i, line.n);
}

static void part_content_type(struct sk_form *f, struct sk_span v)
{
	uint8_t charset[64];
	struct sk_charset cs;
	size_t n;

	f->type_n = SK_MIN(v.n, (size_t)SK_FORM_NAME_MAX);
	memcpy(f->type, v.p, f->type_n);
	f->part.content_type = sk_span(f->type, f->type_n);
	if (!sk_form_charset_is_plain(v))
		odd(f, SK_HTTP_ODD_ODD_CHARSET);
	if (sk_form_param(v, "charset", charset, sizeof(charset), &n) && sk_charset_find(&cs, sk_span(charset, n)))
		f->part_cs = cs;
}

/* A field of a part head. False: it is none that is looked at. */
static bool part_field(struct sk_form *f, struct sk_span line)
{
	struct sk_span v;
	bool is;

	if (f->ranges) {
		v = field_value(line, "content-range", &is);
		if (is) {
			f->name_n = SK_MIN(v.n, (size_t)SK_FORM_NAME_MAX);
			memcpy(f->name, v.p, f->name_n);
		}
		return is;
	}
	v = field_value(line, "content-disposition", &is);
	if (is) {
		if (!sk_form_param(v, "name", f->name, SK_FORM_NAME_MAX, &f->name_n))
			f->name_n = 0;
		if (sk_form_param(v, "filename", f->filename, SK_FORM_NAME_MAX, &f->filename_n))
			f->part.filename = sk_span(f->filename, f->filename_n);
		return true;
	}
	v = field_value(line, "content-type", &is);
	if (is) {
		part_content_type(f, v);
		return true;
	}
	v = field_value(line, "content-transfer-encoding", &is);
	if (is) {
		f->transfer = sk_span_is_str_nocase(v, "base64") ? BASE64 :
			      sk_span_is_str_nocase(v, "quoted-printable") ? QUOTED : PLAIN;
		if (f->transfer != PLAIN)
			odd(f, SK_HTTP_ODD_TRANSFER_CODED_PART);
	}
	return is;
}

static struct sk_span trimmed(struct sk_span line)
{
	while (line.n && is_blank(line.p[line.n - 1]))
		line.n--;
	return line;
}

/* One whole line of a part head: in ASCII, or in the form's charset. */
static void part_line(struct sk_form *f)
{
	struct sk_span raw = sk_span(f->line, f->line_n), line = trimmed(raw);
	uint8_t utf8[SK_CHARSET_ROOM(SK_FORM_LINE_MAX)];
	struct sk_charset cs = f->cs;

	f->line_n = 0;
	if (line.n == 0 || part_field(f, line))
		return;
	if (cs.kind) {
		line = trimmed(sk_span(utf8, sk_charset_push(&cs, raw, utf8)));
		if (part_field(f, line))
			return;
	}
	if (!line.n || !memchr(line.p, ':', line.n))
		odd(f, SK_HTTP_ODD_MULTIPART_HEADER);
}

/* A boundary line was seen. */
static void part_starts(struct sk_form *f, bool last)
{
	if (f->state == PART_HEAD)
		odd(f, SK_HTTP_ODD_MULTIPART_HEADER);
	if (f->transfer == QUOTED && f->esc_n && f->open)
		for (unsigned k = 0; k < f->esc_n; k++)
			put(f, f->esc[k]);
	end(f, false);
	f->line_n = 0;
	f->state = last ? EPILOGUE : PART_HEAD;
	f->hold_n = 0;
	f->line_start = false;
}

static bool hold(struct sk_form *f, uint8_t c)
{
	if (f->hold_n == HOLD_MAX)
		return false;
	f->hold[f->hold_n++] = c;
	return true;
}

/* What was held is no boundary line. */
static void release(struct sk_form *f)
{
	if (f->state == PART_BODY)
		part_value(f, sk_span(f->hold, f->hold_n));
	f->hold_n = 0;
	f->line_start = false;
}

/* Does the byte go on with a boundary line? At hold[at] the dashes begin. */
static bool boundary_goes_on(const struct sk_form *f, size_t at, uint8_t c)
{
	size_t n = f->hold_n - at, b = f->boundary_n;

	if (n < b)
		return c == f->boundary[n];
	/* behind it: white space up to the line end, or two dashes */
	if (n == b)
		return is_blank(c) || c == '-';
	if (f->hold[at + b] == '-')
		return n == b + 1 && c == '-';
	return is_blank(c);
}

/* One byte while something is held or a line begins. False: c is still to be read. */
static bool hold_byte(struct sk_form *f, uint8_t c)
{
	size_t at = 0, n;

	while (at < f->hold_n && at < 2 && (f->hold[at] == '\r' || f->hold[at] == '\n'))
		at++;
	if (f->hold_n == 1 && f->hold[0] == '\r') {
		if (c == '\n')
			return hold(f, c);
		release(f);
		return false;
	}
	if (!boundary_goes_on(f, at, c) || !hold(f, c)) {
		release(f);
		return false;
	}
	n = f->hold_n - at;
	if (n > f->boundary_n && c == '\n') {
		if (f->hold[f->hold_n - 2] != '\r')
			odd(f, SK_HTTP_ODD_MULTIPART_LINE_END);
		part_starts(f, false);
	} else if (n == f->boundary_n + 2 && f->hold[at + f->boundary_n] == '-') {
		part_starts(f, true);
	}
	return true;
}

/* Bytes before, between and in parts, up to the next thing to hold back. Returns the bytes read. */
static size_t body_run(struct sk_form *f, const uint8_t *p, size_t n)
{
	const uint8_t *lf = memchr(p, '\n', n);
	size_t k = lf ? (size_t)(lf - p) : n;

	if (lf && k && p[k - 1] == '\r')
		k--;
	else if (!lf && p[n - 1] == '\r')
		k--;
	if (k && f->state == PART_BODY)
		part_value(f, sk_span(p, k));
	if (k == n)
		return n;
	f->line_start = true;
	f->hold[0] = p[k];
	f->hold_n = 1;
	return k + 1;
}

/* Part head lines; a boundary line ends the head. */
static size_t head_run(struct sk_form *f, const uint8_t *p, size_t n)
{
	uint8_t c = p[0];

	if (f->fold_wait) {
		/* the line before is whole unless this one continues it */
		f->fold_wait = false;
		if (c != ' ' && c != '\t')
			part_line(f);
	}
	if (c != '\n') {
		if (f->line_n < SK_FORM_LINE_MAX)
			f->line[f->line_n++] = c;
		return 1;
	}
	if (f->line_n && f->line[f->line_n - 1] == '\r')
		f->line_n--;
	else
		odd(f, SK_HTTP_ODD_MULTIPART_LINE_END);
	if (f->line_n == 0) {
		begin(f);
		f->state = PART_BODY;
		f->line_start = true;
		return 1;
	}
	if (f->line_n >= f->boundary_n && memcmp(f->line, f->boundary, f->boundary_n) == 0) {
		size_t b = f->boundary_n;

		part_starts(f, f->line_n >= b + 2 && f->line[b] == '-' && f->line[b + 1] == '-');
		return 1;
	}
	f->fold_wait = true;
	return 1;
}

/* Without a boundary in the type: the first line that begins with two dashes is one. */
static size_t first_line_run(struct sk_form *f, const uint8_t *p, size_t n)
{
	uint8_t c = p[0];

	if (c != '\n' && f->line_n < SK_FORM_BOUNDARY_MAX) {
		f->line[f->line_n++] = c;
		return 1;
	}
	while (f->line_n && is_blank(f->line[f->line_n - 1]))
		f->line_n--;
	if (f->line_n > 2 && f->line[0] == '-' && f->line[1] == '-' && c == '\n') {
		memcpy(f->boundary, f->line, f->line_n);
		f->boundary_n = f->line_n;
		part_starts(f, false);
	} else if (f->line_n >= SK_FORM_BOUNDARY_MAX) {
		f->state = EPILOGUE;
	}
	f->line_n = 0;
	return 1;
}

static void multipart_push(struct sk_form *f, struct sk_span s)
{
	size_t i = 0;

	while (i < s.n) {
		switch ((enum state)f->state) {
		case FIRST_LINE:
			i += first_line_run(f, s.p + i, s.n - i);
			break;
		case PREAMBLE:
		case PART_BODY:
			if (f->hold_n || f->line_start) {
				if (hold_byte(f, s.p[i]))
					i++;
			} else {
				i += body_run(f, s.p + i, s.n - i);
			}
			break;
		case PART_HEAD:
			i += head_run(f, s.p + i, s.n - i);
			break;
		default:
			return;
		}
	}
	flush(f);
}

/* --- outside --- */

struct sk_form *sk_form_new(enum sk_form_kind kind, struct sk_span content_type, const struct sk_form_ops *ops, void *cx)
{
	struct sk_form *f = sk_mem_alloc(sizeof(*f));
	size_t n = 0;

	if (!f)
		return NULL;
	memset(f, 0, offsetof(struct sk_form, esc));
	f->ops = ops;
	f->cx = cx;
	f->state = NAME;
	f->ranges = kind == SK_FORM_RANGES;
	if (!f->ranges && sk_form_param(content_type, "charset", f->line, 64, &n))
		sk_form_set_charset(f, sk_span(f->line, n), false);
	n = 0;
	if (kind != SK_FORM_MULTIPART && kind != SK_FORM_RANGES)
		return f;
	f->boundary[0] = f->boundary[1] = '-';
	if (sk_form_param(content_type, "boundary", f->boundary + 2, SK_FORM_BOUNDARY_MAX, &n) && n) {
		f->boundary_n = (unsigned)n + 2;
		f->state = PREAMBLE;
		f->line_start = true;
		for (size_t i = 2; i < f->boundary_n; i++) {
			if (f->boundary[i] == '\n')
				f->boundary[i] = ' ';
			if (f->boundary[i] < ' ' || f->boundary[i] >= 0x7f || n > 70)
				odd(f, SK_HTTP_ODD_MULTIPART_BOUNDARY);
		}
	} else {
		odd(f, SK_HTTP_ODD_MULTIPART_BOUNDARY);
		f->state = FIRST_LINE;
	}
	return f;
}

void sk_form_free(struct sk_form *f) { sk_mem_free(f); }

void sk_form_set_charset(struct sk_form *f, struct sk_span name, bool query)
{
	if (sk_charset_find(&f->cs, name) && query && sk_charset_is_utf16le(&f->cs))
		f->cs = (struct sk_charset){ .kind = 0 };
	f->part_cs = f->cs;
	f->sniffing = f->cs.kind && !query;
}

static void read_plain(struct sk_form *f, struct sk_span bytes)
{
	if (f->state == NAME || f->state == VALUE)
		url_push(f, bytes);
	else
		multipart_push(f, bytes);
}

static void read_bytes(struct sk_form *f, struct sk_span bytes)
{
	uint8_t utf8[SK_CHARSET_ROOM(512)];

	if (!f->body_cs.kind) {
		read_plain(f, bytes);
		return;
	}
	for (size_t i = 0; i < bytes.n; i += 512)
		read_plain(f, sk_span(utf8, sk_charset_push(&f->body_cs, sk_span_sub(bytes, i, 512), utf8)));
}

static bool looks_like(const struct sk_form *f, struct sk_span first)
{
	if (f->state != NAME && f->state != VALUE)
		return first.n >= 2 && first.p[0] == '-' && first.p[1] == '-';
	return sk_form_sniff(first) == SK_FORM_URLENCODED;
}

/* The first bytes are here: a form as they are, or only behind the charset? */
static void sniffed(struct sk_form *f)
{
	uint8_t first[SNIFF], utf8[SK_CHARSET_ROOM(SNIFF)];
	struct sk_charset cs = f->cs;
	size_t n = f->line_n;

	f->sniffing = false;
	f->line_n = 0;
	memcpy(first, f->line, n);
	if (!looks_like(f, sk_span(first, n)) && looks_like(f, sk_span(utf8, sk_charset_push(&cs, sk_span(first, n), utf8)))) {
		f->body_cs = f->cs;
		f->cs.kind = f->part_cs.kind = 0;
	}
	read_bytes(f, sk_span(first, n));
}

void sk_form_push(struct sk_form *f, struct sk_span bytes)
{
	if (SK_UNLIKELY(f->sniffing)) {
		size_t n = SK_MIN(bytes.n, (size_t)(SNIFF - f->line_n));

		if (n)
			memcpy(f->line + f->line_n, bytes.p, n);
		f->line_n += (unsigned)n;
		if (f->line_n < SNIFF)
			return;
		sniffed(f);
		bytes = sk_span_sub(bytes, n, bytes.n);
	}
	read_bytes(f, bytes);
}

void sk_form_push_all(struct sk_form *f, struct sk_span bytes)
{
	f->whole = true;
	sk_form_push(f, bytes);
}

void sk_form_gap(struct sk_form *f)
{
	if (f->sniffing)
		sniffed(f);
	f->lost = f->open;
	if (f->esc_n && f->transfer == PLAIN)
		url_escape_done(f);
	if (f->state == PART_HEAD) {
		odd(f, SK_HTTP_ODD_MULTIPART_HEADER);
		end(f, true);
		f->state = PREAMBLE;
	}
	if (f->hold_n)
		release(f);
	f->line_start = false;
}

void sk_form_finish(struct sk_form *f, bool truncated)
{
	if (f->sniffing)
		sniffed(f);
	if (f->state == NAME || f->state == VALUE) {
		url_param_end(f, truncated);
		return;
	}
	if (f->hold_n)
		release(f);
	if (f->state != EPILOGUE)
		odd(f, SK_HTTP_ODD_MULTIPART_UNFINISHED);
	if (f->esc_n && f->open)
		for (unsigned k = 0; k < f->esc_n; k++)
			put(f, f->esc[k]);
	end(f, truncated || f->state == PART_BODY);
}

const struct sk_http_odds *sk_form_odds(const struct sk_form *f) { return &f->odds; }
