/* alert/utf8.c — see utf8.h. */
#include "alert/utf8.h"

#include "alert/alert.h"

size_t sk_utf8_next(const uint8_t *p, size_t n, uint32_t *cp)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len;
	uint32_t c = p[0];

	if (c < 0x80) {
		*cp = c;
		return 1;
	}
	if ((c & 0xe0) == 0xc0)
		len = 2;
	else if ((c & 0xf0) == 0xe0)
		len = 3;
	else if ((c & 0xf8) == 0xf0)
		len = 4;
	else
		return 0;
	if (len > n)
		return 0;
	c &= 0x7fu >> len;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*cp = c;
	return len;
}

bool sk_utf8_printable(uint32_t cp)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {
		{ 0x7f, 0x9f }, { 0xad, 0xad }, { 0x34f, 0x34f }, { 0x61c, 0x61c }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
		{ 0x180b, 0x180f }, { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
		{ 0xe000, 0xf8ff }, { 0xfdd0, 0xfdef }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
		{ 0xfff0, 0xfffb }, { 0xe0000, 0xe0fff }, { 0xf0000, 0x10ffff } };

	if (cp < 0x20)
		return false;
	if ((cp & 0xfffe) == 0xfffe)
		return false;
	for (size_t i = 0; i < SK_ARRAY_LEN(hidden); i++)
		if (cp >= hidden[i].first && cp <= hidden[i].last)
			return false;
	return true;
}

size_t sk_utf8_cut(const uint8_t *s, size_t n, size_t max)
{
	uint32_t cp;

	if (n <= max)
		return n;
	for (size_t back = 1; back < 4 && back <= max; back++) {
		size_t len = sk_utf8_next(s + max - back, n - (max - back), &cp);

		if (len > back)
			return max - back;
		if (len)
			break;
	}
	return max;
}

int sk_alert_printable(struct sk_buf *out, struct sk_span s)
{
	static const char hex[] = "0123456789abcdef";
	size_t from = 0, i = 0;
	int rc = 0;

	while (i < s.n && rc == 0) {
		uint32_t cp;
		size_t len = sk_utf8_next(s.p + i, s.n - i, &cp);

		if (len && sk_utf8_printable(cp)) {
			i += len;
			continue;
		}
		rc = sk_buf_add(out, sk_span_sub(s, from, i - from));
		for (len = len ? len : 1; len > 0 && rc == 0; len--, i++) {
			char escape[4] = { '\\', 'x', hex[s.p[i] >> 4], hex[s.p[i] & 15] };

			rc = sk_buf_add(out, sk_span(escape, sizeof(escape)));
		}
		from = i;
	}
	return rc ? rc : sk_buf_add(out, sk_span_sub(s, from, i - from));
}
