/* viewstate/markup.c — see markup.h. */
#include "markup.h"

#include <strings.h>

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t skip_blanks(struct sk_span s, size_t i)
{
	while (i < s.n && is_blank(s.p[i]))
		i++;
	return i;
}

/* From i to a byte of ends or the end of s. */
static struct sk_span until(struct sk_span s, size_t i, const char *ends)
{
	size_t from = i;

	while (i < s.n && !(s.p[i] && strchr(ends, s.p[i])))
		i++;
	return sk_span_sub(s, from, i - from);
}

static bool is_name_byte(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-' || c == '.';
}

/* The value behind a name that ends at i; false when none follows. */
static bool value_at(struct sk_span s, size_t i, struct sk_span *value)
{
	i = skip_blanks(s, i);
	if (i >= s.n)
		return false;
	if (s.p[i] == '>') {
		*value = until(s, i + 1, "<");
		return value->n > 0;
	}
	if (s.p[i] != '=')
		return false;
	i = skip_blanks(s, i + 1);
	if (i < s.n && (s.p[i] == '"' || s.p[i] == '\''))
		*value = until(s, i + 1, s.p[i] == '"' ? "\"" : "'");
	else
		*value = until(s, i, " \t\r\n>");
	return value->n > 0;
}

bool markup_attribute(struct sk_span *text, const char *name, struct sk_span *value)
{
	struct sk_span s = *text;
	size_t n = strlen(name);
	char first[3] = { (char)(name[0] | 0x20), (char)(name[0] & ~0x20), 0 };

	for (size_t i = 0; s.n >= n && i <= s.n - n; i++) {
		i += until(s, i, first).n;
		if (i > s.n - n)
			break;
		if (strncasecmp((const char *)s.p + i, name, n) != 0 || (i > 0 && is_name_byte(s.p[i - 1])) || !value_at(s, i + n, value))
			continue;
		i = (size_t)(value->p - s.p) + value->n;
		*text = sk_span_sub(s, i, s.n - i);
		return true;
	}
	return false;
}

/* &#65; &#x41; &amp; … at the start of s. Bytes of it, 0 when it is none. */
static size_t reference(struct sk_span s, uint32_t *c)
{
	static const struct {
		const char *text;
		uint32_t c;
	} names[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' }, { "&apos;", '\'' } };
	size_t i = 2, digits = 0;
	bool hex;

	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		size_t n = strlen(names[k].text);

		if (s.n >= n && memcmp(s.p, names[k].text, n) == 0) {
			*c = names[k].c;
			return n;
		}
	}
	if (s.n < 4 || s.p[1] != '#')
		return 0;
	hex = (s.p[2] | 0x20) == 'x';
	*c = 0;
	for (i += hex; i < s.n && s.p[i] != ';'; i++, digits++) {
		uint8_t b = s.p[i], low = b | 0x20;

		if (*c > 0x10ffff)
			return 0;
		if (b >= '0' && b <= '9')
			*c = *c * (hex ? 16 : 10) + (uint32_t)(b - '0');
		else if (hex && low >= 'a' && low <= 'f')
			*c = *c * 16 + (uint32_t)(low - 'a' + 10);
		else
			return 0;
	}
	return digits && i < s.n && *c && *c <= 0x10ffff ? i + 1 : 0;
}

static size_t put_utf8(uint32_t c, uint8_t *out)
{
	unsigned tail = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const uint8_t head[] = { 0, 0xc0, 0xe0, 0xf0 };

	out[0] = (uint8_t)(head[tail] | c >> 6 * tail);
	for (unsigned i = 1; i <= tail; i++)
		out[i] = (uint8_t)(0x80 | (c >> 6 * (tail - i) & 0x3f));
	return tail + 1;
}

size_t markup_unescape(struct sk_span s, uint8_t *out, size_t room)
{
	size_t n = 0, taken;

	for (size_t i = 0; i < s.n && n + 4 <= room; i += taken) {
		uint32_t c;

		taken = s.p[i] == '&' ? reference(sk_span_sub(s, i, s.n - i), &c) : 0;
		if (taken) {
			n += put_utf8(c, out + n);
		} else {
			out[n++] = s.p[i];
			taken = 1;
		}
	}
	return n;
}
