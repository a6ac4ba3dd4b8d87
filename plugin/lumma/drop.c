/* lumma/drop.c — see drop.h. */
#include "drop.h"

#define WINDOW (DROP_BACK + 1024u)
#define SHIFT 15
#define BLANKS_MAX 60u			/* between marker and title; with both, no more than DROP_BACK bytes */

/* What stands before the title: of a Steam profile, of a Telegram channel. */
static const char *const markers[] = { "actual_persona_name\">", "<title>Steam Community :: ", "og:title\" content=\"", "<span dir=\"auto\">" };

/* Endings: those Lumma's names have had, and the usual ones. Moved by 15 either way, none of them is another of them. */
static const char *const endings[] = {
	"com", "net", "org", "info", "biz", "top", "shop", "xyz", "run", "live", "life", "digital", "click", "cyou", "icu", "bet", "lat", "fun",
	"pics", "asia", "world", "today", "tech", "cfd", "xin", "qpon", "beer", "forum", "site", "store", "online", "space", "website", "pro",
	"cloud", "link", "sbs", "ru", "su", "cc", "my", "in", "me", "io", "pw", "to",
};

static bool is_ending(const char *p, size_t n)
{
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (strlen(endings[i]) == n && memcmp(endings[i], p, n) == 0)
			return true;
	return false;
}

/* Labels of letters, digits and inner hyphens; two or more; the first of three letters or more; a known ending. */
static bool is_name(const char *p, size_t n)
{
	size_t from = 0, labels = 0;

	for (size_t i = 0; i <= n; i++) {
		if (i < n && p[i] != '.') {
			if (p[i] == '-' && (i == from || i + 1 == n || p[i + 1] == '.'))
				return false;
			continue;
		}
		if (i == from || (labels == 0 && i - from < 3))
			return false;
		labels++;
		if (i == n)
			return labels > 1 && is_ending(p + from, n - from);
		from = i + 1;
	}
	return false;
}

bool drop_decode(struct sk_span title, char *name)
{
	if (title.n < 5 || title.n > DROP_NAME_MAX)
		return false;
	for (size_t i = 0; i < title.n; i++) {
		uint8_t c = sk_ascii_lower(title.p[i]);

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'))
			return false;
		name[i] = (char)c;
	}
	if (is_name(name, title.n))		/* a name as it stands: somebody's own site */
		return false;
	for (int back = 0; back < 2; back++) {
		for (size_t i = 0; i < title.n; i++) {
			uint8_t c = sk_ascii_lower(title.p[i]);
			unsigned by = back ? SHIFT : 26 - SHIFT;

			name[i] = c >= 'a' && c <= 'z' ? (char)('a' + (c - 'a' + by) % 26) : (char)c;
		}
		if (is_name(name, title.n))
			return true;
	}
	return false;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The title behind a marker that ends at i; false when its end is not here, or it is none. */
static bool take_title(struct drop *d, struct sk_span s, size_t i)
{
	size_t most = i + BLANKS_MAX, from, end;

	while (i < s.n && i < most && is_blank(s.p[i]))
		i++;
	for (from = end = i; end < s.n && s.p[end] != '<' && s.p[end] != '"' && end - from <= DROP_NAME_MAX; end++)
		;
	if (end == s.n || end - from > DROP_NAME_MAX)
		return false;
	while (end > from && is_blank(s.p[end - 1]))
		end--;
	if (!drop_decode(sk_span_sub(s, from, end - from), d->name))
		return false;
	d->title_n = (uint32_t)(end - from);
	memcpy(d->title, s.p + from, d->title_n);
	return true;
}

static bool look(struct drop *d, struct sk_span s)
{
	for (size_t k = 0; k < sizeof(markers) / sizeof(markers[0]); k++) {
		size_t len = strlen(markers[k]), at = 0;

		while (at < s.n) {
			const uint8_t *p = memmem(s.p + at, s.n - at, markers[k], len);

			if (!p)
				break;
			at = (size_t)(p - s.p) + len;
			if (take_title(d, s, at))
				return true;
		}
	}
	return false;
}

bool drop_push(struct drop *d, struct sk_span piece)
{
	uint8_t window[WINDOW];

	while (piece.n) {
		size_t n = piece.n < WINDOW - d->n ? piece.n : WINDOW - d->n;

		memcpy(window, d->back, d->n);
		memcpy(window + d->n, piece.p, n);
		piece = sk_span_sub(piece, n, piece.n);
		n += d->n;
		if (look(d, sk_span(window, n)))
			return true;
		d->n = (uint32_t)(n < DROP_BACK ? n : DROP_BACK);
		memcpy(d->back, window + n - d->n, d->n);
	}
	return false;
}
