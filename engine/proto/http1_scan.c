/* proto/http1_scan.c — where a message begins and where its head ends; see http1_head.h. */
#include "base/compiler.h"
#include "proto/http1_head.h"

static inline bool is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static inline bool is_word(uint8_t c) { return is_alnum(c) || c == '-' || c == '_'; }

/* RFC 9110 5.6.2 */
const bool sk_http1_is_token[256] = {
	['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1, ['&'] = 1, ['\''] = 1, ['*'] = 1, ['+'] = 1, ['-'] = 1, ['.'] = 1, ['^'] = 1,
	['_'] = 1, ['`'] = 1, ['|'] = 1, ['~'] = 1, ['0' ... '9'] = 1, ['a' ... 'z'] = 1, ['A' ... 'Z'] = 1
};

/* --- where a message begins --- */

static const char *const methods[] = {
	"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PATCH", "PROPFIND", "PROPPATCH", "MKCOL", "COPY",
	"MOVE", "LOCK", "UNLOCK", "SEARCH", "REPORT", "MERGE", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "BIND", "REBIND", "UNBIND",
	"ACL", "CHECKOUT", "CHECKIN", "MKACTIVITY", "MKCALENDAR", "VERSION-CONTROL", "PURGE", "LINK", "UNLINK", "QUERY", "DEBUG",
	"TRACK", "BPROPFIND", "BPROPPATCH", "BCOPY", "BMOVE", "BDELETE", "POLL", "SOURCE", "M-SEARCH", "RPC_IN_DATA", "RPC_OUT_DATA",
	"MKREDIRECTREF", "UPDATE", "LABEL", "ORDERPATCH", "BASELINE-CONTROL", "UPDATEREDIRECTREF", "MKWORKSPACE", "BITS_POST",
	"CCM_POST", "SMS_POST", "PRONFIND"
};

static bool is_any_method(struct sk_span s)
{
	for (size_t i = 0; i < SK_ARRAY_LEN(methods); i++)
		if (s.p[0] == (uint8_t)methods[i][0] && sk_span_is_str(s, methods[i]))
			return true;
	return false;
}

static inline bool is_method(struct sk_span s)
{
	return (s.n == 3 ? memcmp(s.p, "GET", 3) == 0 : s.n == 4 && (memcmp(s.p, "POST", 4) == 0 || memcmp(s.p, "HEAD", 4) == 0)) ||
	       is_any_method(s);
}

bool sk_http1_is_http(const uint8_t *p, size_t n)
{
	return n >= 5 && (p[0] | 0x20) == 'h' && (p[1] | 0x20) == 't' && (p[2] | 0x20) == 't' && (p[3] | 0x20) == 'p' && p[4] == '/';
}

/* Offset of a blank and "HTTP/" behind it, or n. */
static size_t find_version(const uint8_t *p, size_t n)
{
	const uint8_t *s = n >= sizeof(" HTTP/") - 1 ? memchr(p, '/', n) : NULL;

	for (; s; s = memchr(s + 1, '/', (size_t)(p + n - s - 1))) {
		if (s - p >= 5 && sk_http1_is_http(s - 4, 5) && sk_http1_is_blank(s[-5]))
			return (size_t)(s - p - 5);
		if (s + 1 >= p + n)
			break;
	}
	return n;
}

static int response_begins(const uint8_t *p, size_t n, bool strict, bool fin)
{
	static const char word[] = "http/";
	size_t i = 0;

	for (; i < 5 && i < n; i++)
		if (sk_ascii_lower(p[i]) != (uint8_t)word[i])
			return 0;
	if (i < 5)
		return fin ? 0 : -1;
	if (!strict)
		return 1;
	if (n < 6)
		return fin ? 0 : -1;
	return p[5] >= '0' && p[5] <= '9';
}

#define LINE_LOOK_MAX 8192

static int request_begins(const uint8_t *p, size_t n, bool strict, bool fin)
{
	size_t m = 0, line;
	const uint8_t *lf;

	while (m < n && m < 32 && sk_http1_is_token[p[m]])
		m++;
	if (m == n && m < 32)
		return fin || m == 0 ? 0 : -1;
	if (m == 0 || m == 32 || !sk_http1_is_blank(p[m]))
		return 0;
	if (!strict && is_method(sk_span(p, m))) {
		/* the HTTP/2 preface and other protocols with such words name another version */
		return 1;
	}
	lf = memchr(p + m, '\n', SK_MIN(n, (size_t)LINE_LOOK_MAX) - m);
	line = lf ? (size_t)(lf - p) : SK_MIN(n, (size_t)LINE_LOOK_MAX);
	if (find_version(p + m, line - m) < line - m)
		return 1;
	if (lf || fin)
		return 0;
	if (n >= LINE_LOOK_MAX)
		return is_method(sk_span(p, m));
	return -1;
}

int sk_http1_begins(const uint8_t *p, size_t n, bool is_response, bool strict, bool fin)
{
	if (n == 0)
		return fin ? 0 : -1;
	return is_response ? response_begins(p, n, strict, fin) : request_begins(p, n, strict, fin);
}

int sk_http1_guess(struct sk_span first, bool is_response)
{
	static const char preface[] = "PRI * HTTP/2";
	size_t i = 0, m, line;
	const uint8_t *lf;
	int begins;

	while (i < first.n && i < 64 && sk_http1_is_space(first.p[i]))
		i++;
	first = sk_span_sub(first, i, first.n);
	if (first.n == 0)
		return i == 64 ? 0 : -1;
	m = SK_MIN(first.n, sizeof(preface) - 1);
	if (memcmp(first.p, preface, m) == 0 && m >= 3)
		return m == sizeof(preface) - 1 ? 0 : -1;
	if (is_response)
		return sk_http1_begins(first.p, first.n, true, true, false);
	begins = sk_http1_begins(first.p, first.n, false, false, false);
	if (begins != 1)
		return begins;
	/* a method word that other protocols have too: look at the target */
	m = 0;
	while (m < first.n && sk_http1_is_token[first.p[m]])
		m++;
	while (m < first.n && sk_http1_is_blank(first.p[m]))
		m++;
	if (m == first.n)
		return -1;
	if (first.p[m] == '/' || first.p[m] == '\\')
		return 1;
	lf = memchr(first.p, '\n', first.n);
	line = lf ? (size_t)(lf - first.p) : first.n;
	if (find_version(first.p, line) < line || (line >= m + 7 && sk_span_is_str_nocase(sk_span(first.p + m, 7), "http://")))
		return 1;
	return lf || first.n > LINE_LOOK_MAX ? 0 : -1;
}

/* --- where a head ends --- */

int sk_http1_field_begins(const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (i < n && is_word(p[i]))
		i++;
	if (i == n)
		return -1;
	if (i == 0)
		return 0;
	while (i < n && (p[i] == ' ' || p[i] == '\t'))
		i++;
	if (i == n)
		return -1;
	return p[i] == ':';
}

enum next_line { NEXT_MORE, NEXT_EMPTY, NEXT_FIELD, NEXT_BLANK, NEXT_FOLD, NEXT_OTHER };

/* What the line at p is; *len is the length of an empty or blank line with its line end. */
static enum next_line look_at_line(const uint8_t *p, size_t n, size_t *len)
{
	size_t i = 0;
	int field;

	if (n == 0)
		return NEXT_MORE;
	if (p[0] == '\n') {
		*len = 1;
		return NEXT_EMPTY;
	}
	if (p[0] == '\r' && n == 1)
		return NEXT_MORE;
	if (p[0] == '\r' && p[1] == '\n') {
		*len = 2;
		return NEXT_EMPTY;
	}
	while (i < n && (sk_http1_is_blank(p[i]) || p[i] == '\r' || p[i] == 0))
		i++;
	if (i == n)
		return NEXT_MORE;
	if (i && p[i] == '\n') {
		*len = i + 1;
		return NEXT_BLANK;
	}
	if (i)
		return NEXT_FOLD;
	field = sk_http1_field_begins(p, n);
	return field < 0 ? NEXT_MORE : field ? NEXT_FIELD : NEXT_OTHER;
}

/* Behind a line that may be the end of the head: 0 more, 1 the head goes on at *at, 2 it ends at *at. */
static int behind_blank(const uint8_t *p, size_t n, size_t *at)
{
	size_t len = 0;

	for (;;) {
		switch (look_at_line(p + *at, n - *at, &len)) {
		case NEXT_MORE:
			return 0;
		case NEXT_EMPTY:
			*at += len;
			return 2;
		case NEXT_BLANK:
			*at += len;
			break;
		case NEXT_FIELD:
		case NEXT_FOLD:
			return 1;
		case NEXT_OTHER:
			return 2;
		}
	}
}

/* Behind a start line without version stands a line at `at` that is no field: but fields may follow it, and then it is a head that
 * a server of HTTP/1 reads. Results as of behind_blank. */
static int behind_odd_line(const uint8_t *p, size_t n, bool fin, size_t at)
{
	const uint8_t *lf = memchr(p + at, '\n', n - at);
	size_t len = 0;
	enum next_line next;

	if (sk_http1_begins(p + at, n - at, false, false, true) > 0)
		return 2;
	if (!lf)
		return fin || n - at >= LINE_LOOK_MAX ? 2 : 0;
	next = look_at_line(lf + 1, n - (size_t)(lf + 1 - p), &len);
	if (next == NEXT_MORE)
		return fin ? 2 : 0;
	return next == NEXT_FIELD ? 1 : 2;
}

/* Offset of the line end of the first line that has one, behind a start line without version. */
static int behind_request_line(const uint8_t *p, size_t n, bool fin, size_t *at)
{
	size_t len = 0;

	switch (look_at_line(p + *at, n - *at, &len)) {
	case NEXT_MORE:
		return 0;
	case NEXT_EMPTY:
		*at += len;
		return 2;
	case NEXT_FIELD:
	case NEXT_FOLD:
	case NEXT_BLANK:
		return 1;
	case NEXT_OTHER:
		return behind_odd_line(p, n, fin, *at);
	}
	SK_UNREACHABLE();
}

/* scan is the start of the line at which nothing is known yet (the line end before it included in what was seen). */
size_t sk_http1_head_end(const uint8_t *p, size_t n, bool is_response, bool fin, uint32_t *scan, bool *first_line)
{
	for (;;) {
		const uint8_t *lf = *scan < n ? memchr(p + *scan, '\n', n - *scan) : NULL;
		size_t at, i;
		int what = 1;

		if (!lf) {
			*scan = (uint32_t)n;
			return fin ? n : 0;
		}
		*scan = (uint32_t)(lf - p);	/* come back here until the next line is known */
		at = i = (size_t)(lf - p) + 1;
		if (!*first_line && !is_response && find_version(p, (size_t)(lf - p)) == (size_t)(lf - p)) {
			what = behind_request_line(p, n, fin, &at);
			if (what == 2)
				return at;
			if (what == 0)
				return fin ? n : 0;
		}
		if (i == n)
			return fin ? n : 0;
		if (SK_LIKELY(p[i] > ' ')) {
			*first_line = true;
			*scan = (uint32_t)i;
			continue;
		}
		if (p[i] == '\n')
			return i + 1;
		if (p[i] == '\r' && i + 1 < n && p[i + 1] == '\n')
			return i + 2;
		/* white space before anything else: a folded line, or an end that some see */
		size_t len = 0;
		switch (look_at_line(p + i, n - i, &len)) {
		case NEXT_MORE:
			return fin ? n : 0;
		case NEXT_BLANK:
			at = i + len;
			what = behind_blank(p, n, &at);
			if (what == 0)
				return fin ? at : 0;
			if (what == 2)
				return at;
			*scan = (uint32_t)at;
			break;
		default:
			*scan = (uint32_t)i;
		}
		*first_line = true;
	}
}
