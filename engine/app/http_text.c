/* app/http_text.c — bodies in charsets that are no relatives of ASCII: told in UTF-8 as well, for rules to search.
 *
 * in       decoded bytes of bodies that are no forms
 * out      a second http.body with charset; the oddity odd_charset
 * memory   one malloc'd struct sk_http_text and one more body while such a body runs
 * threads  the flow's worker
 * source   XML 1.0, appendix F (the first bytes of an entity); RFC 4627 3 (those of JSON); RFC 9110 8.3.2 (charset of the type); a byte
 *          order mark goes before all of them, as readers do it
 * limits   what charset.h can read. Without byte order mark, type and XML declaration only a body that begins with <, { or [ is known
 */
#include "app/http.h"
#include "base/mem.h"
#include "proto/charset.h"

#define SNIFF 128u			/* an XML declaration ends within */
#define PIECE 2048u

struct sk_http_text {
	struct sk_charset cs;
	struct sk_http_body *out;	/* NULL: the charset is not known yet */
	uint32_t n;
	uint8_t first[SNIFF];
};

static const struct {
	uint8_t n, skip;
	uint8_t bytes[4];
	const char *charset;
} begins[] = {
	{ 4, 4, { 0xff, 0xfe, 0, 0 }, "utf-32" }, { 4, 4, { 0, 0, 0xfe, 0xff }, "utf-32be" }, { 2, 2, { 0xff, 0xfe }, "utf-16" },
	{ 2, 2, { 0xfe, 0xff }, "utf-16be" },
	{ 4, 0, { 0, 0, 0, '<' }, "utf-32be" }, { 4, 0, { 0, 0, 0, '{' }, "utf-32be" }, { 4, 0, { 0, 0, 0, '[' }, "utf-32be" },
	{ 4, 0, { '<', 0, 0, 0 }, "utf-32" }, { 4, 0, { '{', 0, 0, 0 }, "utf-32" }, { 4, 0, { '[', 0, 0, 0 }, "utf-32" },
	{ 2, 0, { 0, '<' }, "utf-16be" }, { 2, 0, { 0, '{' }, "utf-16be" }, { 2, 0, { 0, '[' }, "utf-16be" },
	{ 2, 0, { '<', 0 }, "utf-16" }, { 2, 0, { '{', 0 }, "utf-16" }, { 2, 0, { '[', 0 }, "utf-16" },
};

/* "<?xml" and "?>" in EBCDIC, whatever page. */
static const uint8_t ebcdic_begin[] = { 0x4c, 0x6f, 0xa7, 0x94, 0x93 }, ebcdic_end[] = { 0x6f, 0x6e };

static bool is_ebcdic(struct sk_span s) { return s.n >= 5 && memcmp(s.p, ebcdic_begin, 5) == 0; }

/* The encoding an XML declaration names; p NULL where there is none. */
static struct sk_span xml_encoding(struct sk_span s)
{
	const uint8_t *p = s.n > 5 && memcmp(s.p, "<?xml", 5) == 0 ? memmem(s.p, s.n, "encoding", 8) : NULL;
	size_t i = p ? (size_t)(p - s.p) + 8 : s.n, start;

	while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t' || s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == '='))
		i++;
	if (i >= s.n || (s.p[i] != '"' && s.p[i] != '\''))
		return sk_span(NULL, 0);
	start = ++i;
	while (i < s.n && s.p[i] != s.p[start - 1])
		i++;
	return sk_span(s.p + start, i - start);
}

/* The page of EBCDIC: as the declaration says, which the letters of all pages have alike. */
static bool find_page(struct sk_span s, struct sk_charset *cs)
{
	uint8_t utf8[SK_CHARSET_ROOM(SNIFF)];
	struct sk_charset page;

	(void)sk_charset_find(cs, sk_span_str("ibm037"));
	page = *cs;
	s = sk_span(utf8, sk_charset_push(&page, sk_span_sub(s, 0, SNIFF), utf8));
	if (sk_charset_find(&page, xml_encoding(s)) && strcmp(sk_charset_name(&page), "ebcdic") == 0)
		*cs = page;
	return true;
}

/* What the first bytes and the type say. skip: bytes of a byte order mark. False: nothing that must be converted. */
static bool find(struct sk_http_body *b, struct sk_span s, struct sk_charset *cs, size_t *skip)
{
	uint8_t type[64];
	size_t n = 0;

	*skip = 0;
	for (size_t i = 0; i < SK_ARRAY_LEN(begins); i++) {
		if (s.n < begins[i].n || memcmp(s.p, begins[i].bytes, begins[i].n) != 0)
			continue;
		*skip = begins[i].skip;
		return sk_charset_find(cs, sk_span_str(begins[i].charset));
	}
	if (b->content_type.n && sk_form_param(b->content_type, "charset", type, sizeof(type), &n) && sk_charset_find(cs, sk_span(type, n)))
		return true;
	return is_ebcdic(s) ? find_page(s, cs) : sk_charset_find(cs, xml_encoding(s));
}

/* Whether more bytes could change what the first ones say. */
static bool undecided(struct sk_span s)
{
	if (s.n < 5)
		return true;
	if (s.n >= SNIFF)
		return false;
	if (is_ebcdic(s))
		return !memmem(s.p, s.n, ebcdic_end, sizeof(ebcdic_end));
	return memcmp(s.p, "<?xml", 5) == 0 && !memmem(s.p, s.n, "?>", 2);
}

static void convert(struct sk_http_body *b, struct sk_span s)
{
	struct sk_http_text *t = b->text;
	uint8_t utf8[SK_CHARSET_ROOM(PIECE)];

	for (size_t i = 0; i < s.n; i += PIECE) {
		size_t n = sk_charset_push(&t->cs, sk_span_sub(s, i, PIECE), utf8);

		if (n)
			sk_http_body_push(t->out, sk_span(utf8, n), b->at, false);
	}
}

static void forget(struct sk_http_body *b)
{
	sk_mem_free(b->text);
	b->text = NULL;
}

/* The first bytes are there. */
static void decide(struct sk_http_body *b, struct sk_span first)
{
	static const struct sk_coding_list none;
	struct sk_http_text *t = b->text;
	struct sk_http_odds odds = { { 0, 0 } };
	size_t skip;

	if (find(b, first, &t->cs, &skip))
		t->out = sk_http_body_made(b->side, b->tx, &none, b->joined);
	if (!t->out) {
		forget(b);
		return;
	}
	t->out->charset = sk_charset_name(&t->cs);
	t->out->text_known = true;
	sk_http_odds_add(&odds, SK_HTTP_ODD_ODD_CHARSET);
	sk_http_body_tell(b, &odds);
	convert(b, sk_span_sub(first, skip, first.n));
}

/* Nearly all bodies can be told from their first bytes without keeping any. */
static bool is_plain(struct sk_http_body *b, struct sk_span s)
{
	struct sk_charset cs;
	size_t skip;

	return !undecided(s) && !find(b, s, &cs, &skip);
}

void sk_http_text_push(struct sk_http_body *b, struct sk_span bytes)
{
	struct sk_http_text *t = b->text;
	size_t n;

	if (bytes.n == 0)
		return;
	if (!t) {
		b->text_known = true;
		if (!sk_wanted_kind(b->side->http->wanted, SK_KIND_HTTP_BODY) || b->form || is_plain(b, sk_span_sub(bytes, 0, SNIFF)))
			return;
		t = b->text = sk_mem_zalloc(sizeof(*t));
		if (!t) {
			b->side->http->counters->memory++;
			return;
		}
	}
	if (!t->out) {
		n = SK_MIN(bytes.n, (size_t)(SNIFF - t->n));
		memcpy(t->first + t->n, bytes.p, n);
		t->n += (uint32_t)n;
		if (undecided(sk_span(t->first, t->n)))
			return;
		decide(b, sk_span(t->first, t->n));
		bytes = sk_span_sub(bytes, n, bytes.n);
	}
	if (b->text)
		convert(b, bytes);
}

void sk_http_text_end(struct sk_http_body *b, bool truncated)
{
	struct sk_http_text *t = b->text;
	uint8_t utf8[SK_CHARSET_ROOM(1)];
	size_t n;

	if (t && !t->out)
		decide(b, sk_span(t->first, t->n));
	if (!b->text)
		return;
	n = sk_charset_end(&t->cs, utf8);
	if (n)
		sk_http_body_push(t->out, sk_span(utf8, n), b->at, false);
	sk_http_body_end(t->out, truncated);
	forget(b);
}
