/* alert/jw.c — see jw.h.
 *
 * Written by hand because an alert of fifty values costs jansson some hundred allocations, which must all be checked, and
 * because jansson refuses the strings that need care most, those that are not UTF-8. An alert of 2135 bytes takes 5.5 us here,
 * 38 us as a tree of jansson's that is built and dumped. The tests read everything back with jansson.
 */
#include "alert/jw.h"

#include "alert/utf8.h"
#include "base/fmt.h"

static const char hex[] = "0123456789abcdef";

static void lead(struct sk_jw *w, const char *key)
{
	if (w->comma)
		sk_buf_add_byte(w->b, ',');
	w->comma = true;
	if (!key)
		return;
	sk_buf_add_byte(w->b, '"');
	sk_buf_add_str(w->b, key);
	sk_buf_add(w->b, sk_span("\":", 2));
}

void sk_jw_object(struct sk_jw *w, const char *key)
{
	lead(w, key);
	sk_buf_add_byte(w->b, '{');
	w->comma = false;
}

void sk_jw_array(struct sk_jw *w, const char *key)
{
	lead(w, key);
	sk_buf_add_byte(w->b, '[');
	w->comma = false;
}

void sk_jw_end_object(struct sk_jw *w)
{
	sk_buf_add_byte(w->b, '}');
	w->comma = true;
}

void sk_jw_end_array(struct sk_jw *w)
{
	sk_buf_add_byte(w->b, ']');
	w->comma = true;
}

void sk_jw_num(struct sk_jw *w, const char *key, uint64_t v)
{
	uint8_t digits[20];
	size_t at = sizeof(digits);

	v = SK_MIN(v, (uint64_t)INT64_MAX);	/* readers with signed integers would refuse the line */
	lead(w, key);
	do
		digits[--at] = (uint8_t)('0' + v % 10);
	while (v /= 10);
	sk_buf_add(w->b, sk_span(digits + at, sizeof(digits) - at));
}

void sk_jw_bool(struct sk_jw *w, const char *key, bool v)
{
	lead(w, key);
	sk_buf_add_str(w->b, v ? "true" : "false");
}

static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* One character that is not plain ASCII; len 0: a byte that is not UTF-8. Returns the bytes it took. */
static size_t put_odd(struct sk_jw *w, const uint8_t *p, size_t len, uint32_t cp, bool is_text)
{
	uint8_t u[6] = { '\\', 'u', '0', '0', 0, 0 }, x[5] = { '\\', '\\', 'x', 0, 0 };

	if (cp == '"' || cp == '\\') {
		u[1] = (uint8_t)cp;
		sk_buf_add(w->b, sk_span(u, 2));
		return 1;
	}
	if (len && (sk_utf8_printable(cp) || (is_text && cp > 0x7f))) {
		sk_buf_add(w->b, sk_span(p, len));
		return len;
	}
	if (!is_text) {
		x[3] = (uint8_t)hex[p[0] >> 4];
		x[4] = (uint8_t)hex[p[0] & 15];
		sk_buf_add(w->b, sk_span(x, 5));
		return 1;
	}
	if (!len) {
		sk_buf_add(w->b, sk_span("\xef\xbf\xbd", 3));
		return 1;
	}
	u[4] = (uint8_t)hex[p[0] >> 4];
	u[5] = (uint8_t)hex[p[0] & 15];
	sk_buf_add(w->b, sk_span(u, 6));
	return 1;
}

static void put_string(struct sk_jw *w, struct sk_span s, bool is_text)
{
	size_t i = 0;

	sk_buf_add_byte(w->b, '"');
	while (i < s.n) {
		size_t from = i, len;
		uint32_t cp = 0;

		while (i < s.n && is_plain(s.p[i]))
			i++;
		sk_buf_add(w->b, sk_span_sub(s, from, i - from));
		if (i == s.n)
			break;
		len = sk_utf8_next(s.p + i, s.n - i, &cp);
		if (len > 1 && !is_text && !sk_utf8_printable(cp)) {
			while (len--)		/* a character that must not be shown: all its bytes */
				i += put_odd(w, s.p + i, 0, 0, false);
			continue;
		}
		i += put_odd(w, s.p + i, len, cp, is_text);
	}
	sk_buf_add_byte(w->b, '"');
}

void sk_jw_str(struct sk_jw *w, const char *key, const char *s)
{
	lead(w, key);
	put_string(w, sk_span_str(s), true);
}

void sk_jw_bytes(struct sk_jw *w, const char *key, struct sk_span s)
{
	lead(w, key);
	put_string(w, s, false);
}

void sk_jw_base64(struct sk_jw *w, const char *key, struct sk_span s)
{
	size_t room = 4 * ((s.n + 2) / 3) + 1;

	lead(w, key);
	sk_buf_add_byte(w->b, '"');
	if (sk_buf_reserve(w->b, room) == 0)
		w->b->n += sk_fmt_base64(s, (char *)w->b->p + w->b->n, room);
	sk_buf_add_byte(w->b, '"');
}
