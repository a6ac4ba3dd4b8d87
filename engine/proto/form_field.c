/* proto/form_field.c — parameters of fields like Content-Type, and what kind of form a body is; see form.h. */
#include "base/compiler.h"
#include "proto/form.h"
#include "proto/uri.h"

/* --- parameters of fields --- */

static inline bool is_blank(uint8_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* Reads one value at *i: quoted or a word. */
static size_t param_value(struct sk_span s, size_t *i, uint8_t *out, size_t room)
{
	size_t w = 0;

	if (*i < s.n && s.p[*i] == '"') {
		for (++*i; *i < s.n && s.p[*i] != '"'; ++*i) {
			if (s.p[*i] == '\\' && *i + 1 < s.n && (s.p[*i + 1] == '"' || s.p[*i + 1] == '\\'))
				++*i;
			if (w < room)
				out[w++] = s.p[*i];
		}
		*i += *i < s.n;
		return w;
	}
	for (; *i < s.n && s.p[*i] != ';'; ++*i)
		if (w < room)
			out[w++] = s.p[*i];
	while (w && is_blank(out[w - 1]))
		w--;
	return w;
}

/* charset'language'escaped (RFC 5987 3.2.1) in place. */
static size_t param_extended(uint8_t *p, size_t n)
{
	uint8_t *q = n ? memchr(p, '\'', n) : NULL;

	q = q ? memchr(q + 1, '\'', n - (size_t)(q + 1 - p)) : NULL;
	if (q) {
		n -= (size_t)(q + 1 - p);
		memmove(p, q + 1, n);
	}
	return sk_uri_unescape(p, n, false, NULL);
}

bool sk_form_param(struct sk_span s, const char *word, uint8_t *out, size_t room, size_t *n)
{
	size_t i = 0, len = strlen(word);
	bool found = false;
	uint8_t skip[1];

	while (i < s.n && s.p[i] != ';')
		i++;
	while (i < s.n) {
		size_t start;
		bool star, is;

		while (i < s.n && (s.p[i] == ';' || s.p[i] == ',' || is_blank(s.p[i])))
			i++;
		start = i;
		while (i < s.n && s.p[i] != '=' && s.p[i] != ';')
			i++;
		struct sk_span name = sk_span(s.p + start, i - start);
		while (name.n && is_blank(name.p[name.n - 1]))
			name.n--;
		star = name.n == len + 1 && name.p[len] == '*';
		is = (name.n == len || star) && sk_span_is_nocase(sk_span(name.p, len), sk_span(word, len));
		if (i < s.n && s.p[i] == '=')
			i++;
		while (i < s.n && is_blank(s.p[i]))
			i++;
		/* the first of its name counts, an extended one before all */
		if (is && (!found || star)) {
			*n = param_value(s, &i, out, room);
			if (star)
				*n = param_extended(out, *n);
			found = true;
		} else {
			(void)param_value(s, &i, skip, 0);
		}
		while (i < s.n && s.p[i] != ';')
			i++;
	}
	return found;
}

/* --- what kind --- */

static struct sk_span media_type(struct sk_span s)
{
	size_t i = 0;

	while (s.n && is_blank(s.p[0]))
		s = sk_span(s.p + 1, s.n - 1);
	while (i < s.n && s.p[i] != ';' && s.p[i] != ',' && !is_blank(s.p[i]))
		i++;
	return sk_span_sub(s, 0, i);
}

enum sk_form_kind sk_form_kind_of(struct sk_span content_type)
{
	struct sk_span t = media_type(content_type);

	if (sk_span_is_str_nocase(t, "application/x-www-form-urlencoded"))
		return SK_FORM_URLENCODED;
	if (t.n > 10 && sk_span_is_str_nocase(sk_span(t.p, 10), "multipart/"))
		return SK_FORM_MULTIPART;
	return SK_FORM_NONE;
}

bool sk_form_is_ranges(struct sk_span content_type)
{
	return sk_span_is_str_nocase(media_type(content_type), "multipart/byteranges");
}

enum sk_form_kind sk_form_sniff(struct sk_span first)
{
	size_t i = 0;

	if (first.n >= 3 && first.p[0] == '-' && first.p[1] == '-') {
		const uint8_t *lf = memchr(first.p, '\n', SK_MIN(first.n, (size_t)SK_FORM_BOUNDARY_MAX));

		if (lf && first.n - (size_t)(lf + 1 - first.p) >= 8 && sk_span_is_str_nocase(sk_span(lf + 1, 8), "content-"))
			return SK_FORM_MULTIPART;
	}
	while (i < first.n && i < 128) {
		uint8_t c = first.p[i], l = c | 0x20;

		if (c == '=')
			return i ? SK_FORM_URLENCODED : SK_FORM_NONE;
		if (!((l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || memchr("_.-$%[]+:*", c, 10)))
			return SK_FORM_NONE;
		i++;
	}
	return SK_FORM_NONE;
}

bool sk_form_charset_is_plain(struct sk_span content_type)
{
	static const char *const plain[] = { "utf-8", "utf8", "iso-8859-1", "latin1", "iso_8859-1", "us-ascii", "ascii" };
	uint8_t buf[64];
	struct sk_span v;
	size_t n = 0;

	if (!sk_form_param(content_type, "charset", buf, sizeof(buf), &n) || n == 0)
		return true;
	v = sk_span(buf, n);
	for (size_t i = 0; i < SK_ARRAY_LEN(plain); i++)
		if (sk_span_is_str_nocase(v, plain[i]))
			return true;
	return n == 12 && sk_span_is_str_nocase(sk_span_sub(v, 0, 11), "windows-125");
}
