/* proto/uri.c — see uri.h.
 *
 * A path goes through four steps, each in place and each never longer than before: undo escapes; fold overlong and full-width
 * characters; turn backslashes; take off ;parameters (Java view); resolve segments. The second view runs the first two twice.
 */
#include "proto/uri.h"

#include "base/compiler.h"

#define FIND_SHORT 6u			/* bytes that are looked at one by one sooner than memchr is called */

static inline int hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void odd(struct sk_http_odds *s, enum sk_http_odd o)
{
	if (s)
		sk_http_odds_add(s, o);
}

/* --- parts --- */

static inline bool is_slash(uint8_t c) { return c == '/' || c == '\\'; }

/* Length of the scheme before a colon, or 0. */
static size_t scheme_len(struct sk_span s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i], l = c | 0x20;

		if (c == ':')
			return i;
		if (!(l >= 'a' && l <= 'z') && (i == 0 || !((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.')))
			return 0;
	}
	return 0;
}

size_t sk_uri_find(struct sk_span s, uint8_t c)
{
	const uint8_t *p;
	size_t i = 0;

	if (s.n < FIND_SHORT) {
		while (i < s.n && s.p[i] != c)
			i++;
		return i;
	}
	p = memchr(s.p, c, s.n);
	return p ? (size_t)(p - s.p) : s.n;
}

/* Path and query of what is left behind the authority. */
static void split_path(struct sk_span s, struct sk_uri *u)
{
	size_t q = sk_uri_find(s, '?');

	u->path = sk_span_sub(s, 0, q);
	if (q < s.n)
		u->query = sk_span_sub(s, q + 1, s.n);
}

static struct sk_span split_authority(struct sk_span s, struct sk_uri *u)
{
	size_t i = 0;

	s = sk_span_sub(s, 2, s.n);
	while (i < s.n && !is_slash(s.p[i]) && s.p[i] != '?' && s.p[i] != '#')
		i++;
	u->authority = sk_span_sub(s, 0, i);
	return sk_span_sub(s, i, s.n);
}

void sk_uri_split(struct sk_span ref, struct sk_uri *u)
{
	size_t n = scheme_len(ref), f;

	*u = (struct sk_uri){ .path = ref };
	if (n) {
		u->scheme = sk_span_sub(ref, 0, n);
		ref = sk_span_sub(ref, n + 1, ref.n);
	}
	if (ref.n >= 2 && is_slash(ref.p[0]) && is_slash(ref.p[1]))
		ref = split_authority(ref, u);
	f = sk_uri_find(ref, '#');
	if (f < ref.n)
		u->fragment = sk_span_sub(ref, f + 1, ref.n);
	split_path(sk_span_sub(ref, 0, f), u);
}

void sk_uri_split_target(struct sk_span target, struct sk_uri *u)
{
	size_t n = scheme_len(target);

	*u = (struct sk_uri){ .path = target };
	if (n && target.n >= n + 3 && is_slash(target.p[n + 1]) && is_slash(target.p[n + 2])) {
		u->scheme = sk_span_sub(target, 0, n);
		target = split_authority(sk_span_sub(target, n + 1, target.n), u);
	}
	split_path(target, u);
}

size_t sk_uri_host(struct sk_span authority, uint8_t *out)
{
	size_t n = authority.n, start = 0, i;

	for (i = n; i > 0; i--) {
		if (authority.p[i - 1] == '@') {
			start = i;
			break;
		}
	}
	/* the port: digits behind the last colon, not inside brackets */
	i = n;
	while (i > start && authority.p[i - 1] >= '0' && authority.p[i - 1] <= '9')
		i--;
	if (i > start && authority.p[i - 1] == ':') {
		const uint8_t *colon = memchr(authority.p + start, ':', i - 1 - start);

		if (!colon || authority.p[start] == '[')
			n = i - 1;
	}
	if (n > start + 1 && authority.p[n - 1] == '.')
		n--;
	for (i = start; i < n; i++)
		out[i - start] = sk_ascii_lower(authority.p[i]);
	return n - start;
}

/* --- escapes --- */

static size_t put_utf8(uint8_t *out, unsigned c)
{
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	out[0] = (uint8_t)(0xe0 | c >> 12);
	out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	out[2] = (uint8_t)(0x80 | (c & 0x3f));
	return 3;
}

/* The byte or character of the escape at p[0] = '%'. Returns how many bytes it takes, 0 where it is none. */
static size_t escape(const uint8_t *p, size_t n, unsigned *c)
{
	if (n >= 3 && hex(p[1]) >= 0 && hex(p[2]) >= 0) {
		*c = (unsigned)(hex(p[1]) << 4 | hex(p[2]));
		return 3;
	}
	if (n >= 6 && (p[1] | 0x20) == 'u' && hex(p[2]) >= 0 && hex(p[3]) >= 0 && hex(p[4]) >= 0 && hex(p[5]) >= 0) {
		*c = (unsigned)(hex(p[2]) << 12 | hex(p[3]) << 8 | hex(p[4]) << 4 | hex(p[5]));
		return 6;
	}
	return 0;
}

static bool has_escape(const uint8_t *p, size_t n)
{
	unsigned c;

	for (size_t i = 0; i + 2 < n; i++)
		if (p[i] == '%' && escape(p + i, n - i, &c))
			return true;
	return false;
}

size_t sk_uri_unescape(uint8_t *p, size_t n, bool plus, struct sk_http_odds *odds)
{
	size_t w = 0, r = 0;

	while (r < n) {
		unsigned c;
		size_t k;

		if (p[r] != '%') {
			p[w++] = plus && p[r] == '+' ? ' ' : p[r];
			r++;
			continue;
		}
		k = escape(p + r, n - r, &c);
		if (k == 0) {
			odd(odds, SK_HTTP_ODD_BAD_ESCAPE);
			p[w++] = p[r++];
			continue;
		}
		r += k;
		if (k == 6) {
			odd(odds, SK_HTTP_ODD_PERCENT_U);
			w += put_utf8(p + w, c);
		} else {
			p[w++] = (uint8_t)c;
		}
	}
	return w;
}

/* A multi-byte sequence at p that stands for one ASCII character: its length and *c, or 0. */
static size_t foldable(const uint8_t *p, size_t n, uint8_t *c, enum sk_http_odd *why)
{
	unsigned v = 0;
	size_t k = 0;

	if (n >= 2 && (p[0] == 0xc0 || p[0] == 0xc1)) {
		k = 2;
		v = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
	} else if (n >= 3 && p[0] == 0xe0 && p[1] >= 0x80 && p[1] <= 0x81) {
		k = 3;
		v = (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	} else if (n >= 4 && p[0] == 0xf0 && p[1] == 0x80 && p[2] >= 0x80 && p[2] <= 0x81) {
		k = 4;
		v = (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
	}
	if (k && (p[k - 1] & 0xc0) == 0x80 && v < 0x80) {
		*c = (uint8_t)v;
		*why = SK_HTTP_ODD_OVERLONG_UTF8;
		return k;
	}
	if (n >= 3 && p[0] == 0xef && (p[1] == 0xbc || p[1] == 0xbd) && (p[2] & 0xc0) == 0x80) {
		v = 0xf000u | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
		if (v >= 0xff01 && v <= 0xff5e) {
			*c = (uint8_t)(v - 0xff01 + 0x21);
			*why = SK_HTTP_ODD_FULLWIDTH;
			return 3;
		}
	}
	return 0;
}

static size_t fold(uint8_t *p, size_t n, struct sk_http_odds *odds)
{
	size_t w = 0, r = 0;

	while (r < n) {
		enum sk_http_odd why;
		uint8_t c;
		size_t k = p[r] >= 0xc0 ? foldable(p + r, n - r, &c, &why) : 0;

		if (k) {
			odd(odds, why);
			p[w++] = c;
			r += k;
		} else {
			p[w++] = p[r++];
		}
	}
	return w;
}

/* --- segments --- */

static size_t turn_backslashes(uint8_t *p, size_t n, struct sk_http_odds *odds)
{
	uint8_t *b = n ? memchr(p, '\\', n) : NULL;

	if (!b)
		return n;
	odd(odds, SK_HTTP_ODD_BACKSLASH);
	for (; b < p + n; b++)
		if (*b == '\\')
			*b = '/';
	return n;
}

/* Takes ;parameters off every segment. */
static size_t strip_parameters(uint8_t *p, size_t n)
{
	size_t w = 0;
	bool skip = false;

	for (size_t r = 0; r < n; r++) {
		if (p[r] == ';')
			skip = true;
		else if (p[r] == '/')
			skip = false;
		if (!skip)
			p[w++] = p[r];
	}
	return w;
}

static void note_parameters(const uint8_t *p, size_t n, struct sk_http_odds *odds)
{
	const uint8_t *s = n ? memchr(p, ';', n) : NULL;

	for (; s; s = memchr(s + 1, ';', (size_t)(p + n - s - 1))) {
		size_t dots = 0;

		while (dots < (size_t)(s - p) && s[-1 - (ptrdiff_t)dots] == '.')
			dots++;
		odd(odds, SK_HTTP_ODD_PATH_PARAMETER);
		if (dots && dots <= 2 && (dots == (size_t)(s - p) || s[-1 - (ptrdiff_t)dots] == '/'))
			odd(odds, SK_HTTP_ODD_PATH_PARAMETER_TRAVERSAL);
		if ((size_t)(s - p) + 1 >= n)
			break;
	}
}

/* Removes the last segment of out[0..w), leaving its slash in front. */
static size_t drop_segment(const uint8_t *p, size_t w, size_t root, struct sk_http_odds *odds)
{
	if (w <= root) {
		odd(odds, SK_HTTP_ODD_PATH_ABOVE_ROOT);
		return root;
	}
	w--;				/* the slash behind the segment */
	while (w > root && p[w - 1] != '/')
		w--;
	return w;
}

/* Empty, one-dot and two-dot segments (RFC 3986 5.2.4, with empty segments gone). */
static size_t resolve_segments(uint8_t *p, size_t n, struct sk_http_odds *odds)
{
	size_t root = n && p[0] == '/' ? 1 : 0;
	size_t w = root, r = root;

	/* invariant: w is root or p[w-1] is a slash */
	while (r < n) {
		size_t end = r + sk_uri_find(sk_span(p + r, n - r), '/');
		size_t len = end - r;

		if (len == 0) {
			odd(odds, SK_HTTP_ODD_DOUBLE_SLASH);
		} else if (len == 1 && p[r] == '.') {
			odd(odds, SK_HTTP_ODD_DOT_SEGMENT);
		} else if (len == 2 && p[r] == '.' && p[r + 1] == '.') {
			odd(odds, SK_HTTP_ODD_PATH_TRAVERSAL);
			w = drop_segment(p, w, root, odds);
		} else {
			if (w != r)
				memmove(p + w, p + r, len);
			w += len;
			if (end < n)
				p[w++] = '/';
		}
		r = end + 1;
	}
	return w;
}

static void note_encoded_separators(struct sk_span path, struct sk_http_odds *odds)
{
	for (size_t i = 0; i + 2 < path.n; i++) {
		unsigned c;

		if (path.p[i] == '%' && escape(path.p + i, path.n - i, &c) && (c == '/' || c == '\\'))
			odd(odds, SK_HTTP_ODD_ENCODED_SEPARATOR);
	}
}

bool sk_uri_is_plain(struct sk_span path)
{
	uint8_t last = 0;

	for (size_t i = 0; i < path.n; i++) {
		uint8_t c = path.p[i];

		if (c == '%' || c == '\\' || c == ';' || c >= 0x80 || c == 0 || (last == '/' && (c == '/' || c == '.')))
			return false;
		last = c;
	}
	return path.n > 0 && path.p[0] == '/';
}

size_t sk_uri_path(struct sk_span path, enum sk_uri_view view, uint8_t *out, struct sk_http_odds *odds)
{
	struct sk_http_odds ignored = { { 0, 0 } };
	size_t n = path.n;

	if (n == 0)
		return 0;
	memcpy(out, path.p, n);
	if (odds)
		note_encoded_separators(path, odds);
	n = fold(out, sk_uri_unescape(out, n, false, odds), odds);
	if (has_escape(out, n))
		odd(odds, SK_HTTP_ODD_DOUBLE_ENCODING);
	if (view == SK_URI_TWICE)
		n = fold(out, sk_uri_unescape(out, n, false, &ignored), &ignored);
	if (memchr(out, 0, n))
		odd(odds, SK_HTTP_ODD_NUL_IN_TARGET);
	n = turn_backslashes(out, n, odds);
	note_parameters(out, n, odds);
	if (view == SK_URI_JAVA)
		n = strip_parameters(out, n);
	return resolve_segments(out, n, odds);
}

size_t sk_uri_query(struct sk_span query, uint8_t *out, struct sk_http_odds *odds)
{
	size_t n = query.n;

	if (n == 0)
		return 0;
	memcpy(out, query.p, n);
	n = fold(out, sk_uri_unescape(out, n, true, odds), odds);
	if (has_escape(out, n))
		odd(odds, SK_HTTP_ODD_DOUBLE_ENCODING);
	if (memchr(out, 0, n))
		odd(odds, SK_HTTP_ODD_NUL_IN_TARGET);
	return n;
}

size_t sk_uri_query_again(uint8_t *p, size_t n)
{
	struct sk_http_odds ignored = { { 0, 0 } };

	return n ? fold(p, sk_uri_unescape(p, n, true, &ignored), &ignored) : 0;
}

size_t sk_uri_resolve(struct sk_span base, struct sk_span ref, uint8_t *out)
{
	struct sk_span whole = base;
	struct sk_uri u;
	size_t n = 0;

	sk_uri_split(ref, &u);
	if (u.path.n && (u.scheme.p || u.authority.p || is_slash(u.path.p[0]))) {
		whole = u.path;
	} else if (u.scheme.p || u.authority.p) {
		whole = sk_span("/", 1);
	} else if (u.path.n) {
		n = base.n;
		while (n && !is_slash(base.p[n - 1]))
			n--;
		if (n)
			memcpy(out, base.p, n);
		else
			out[n++] = '/';
		memcpy(out + n, u.path.p, u.path.n);
		n += u.path.n;
		n = fold(out, sk_uri_unescape(out, n, false, NULL), NULL);
		return resolve_segments(out, turn_backslashes(out, n, NULL), NULL);
	}
	return sk_uri_path(whole, SK_URI_PATH, out, NULL);
}
