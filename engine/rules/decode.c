/* rules/decode.c — see decode.h. */
#include "rules/decode.h"

#include "base/err.h"

const char *const sk_decoder_names[] = {
	[SK_DECODE_PERCENT] = "percent", [SK_DECODE_URL] = "urldecode", [SK_DECODE_BASE64] = "base64", [SK_DECODE_HEX] = "hex",
	[SK_DECODE_XOR] = "xor", [SK_DECODE_LOWER] = "lower", [SK_DECODE_REVERSE] = "reverse", [SK_DECODE_UTF16] = "utf16", NULL
};

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = sk_ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t percent(struct sk_span in, bool plus, uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		uint8_t c = in.p[i];

		if (c == '%' && in.n - i > 2 && hex_digit(in.p[i + 1]) >= 0 && hex_digit(in.p[i + 2]) >= 0) {
			out[n++] = (uint8_t)(hex_digit(in.p[i + 1]) << 4 | hex_digit(in.p[i + 2]));
			i += 2;
		} else {
			out[n++] = c == '+' && plus ? ' ' : c;
		}
	}
	return n;
}

static int base64_digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

static size_t base64(struct sk_span in, uint8_t *out)
{
	uint32_t bits = 0, have = 0;
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		int d = base64_digit(in.p[i]);

		if (is_space(in.p[i]))
			continue;
		if (d < 0)
			break;
		bits = (bits << 6 | (uint32_t)d) & 0xffffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (uint8_t)(bits >> have);
		}
	}
	return n;
}

static size_t hex(struct sk_span in, uint8_t *out)
{
	int high = -1;
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		int d = hex_digit(in.p[i]);

		if (is_space(in.p[i]))
			continue;
		if (d < 0)
			break;
		if (high >= 0)
			out[n++] = (uint8_t)(high << 4 | d);
		high = high >= 0 ? -1 : d;
	}
	return n;
}

static size_t utf16(struct sk_span in, uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i + 1 < in.n; i += 2)
		out[n++] = in.p[i + 1] ? '?' : in.p[i];
	return n;
}

static size_t run_one(const struct sk_decode *d, struct sk_span in, uint8_t *out)
{
	switch (d->type) {
	case SK_DECODE_PERCENT:
	case SK_DECODE_URL:
		return percent(in, d->type == SK_DECODE_URL, out);
	case SK_DECODE_BASE64:
		return base64(in, out);
	case SK_DECODE_HEX:
		return hex(in, out);
	case SK_DECODE_UTF16:
		return utf16(in, out);
	case SK_DECODE_XOR:
		for (size_t i = 0; i < in.n; i++)
			out[i] = in.p[i] ^ d->key.p[i % d->key.n];
		return in.n;
	case SK_DECODE_LOWER:
		for (size_t i = 0; i < in.n; i++)
			out[i] = sk_ascii_lower(in.p[i]);
		return in.n;
	case SK_DECODE_REVERSE:
		for (size_t i = 0; i < in.n; i++)
			out[i] = in.p[in.n - 1 - i];
		return in.n;
	}
	return 0;
}

struct sk_span sk_decode_run(const struct sk_decode *chain, unsigned cnt, struct sk_span in, struct sk_arena *scratch)
{
	for (unsigned i = 0; i < cnt; i++) {
		uint8_t *out = sk_arena_alloc(scratch, in.n ? in.n : 1);
		size_t n = out ? run_one(&chain[i], in, out) : 0;

		if (!out || (n == 0 && in.n))
			return sk_span(NULL, 0);
		in = sk_span(out, n);
	}
	return in;
}

int sk_decode_hex_text(struct sk_span text, struct sk_span *out, struct sk_arena *arena)
{
	uint8_t *p = sk_arena_alloc(arena, text.n / 2 + 1);
	size_t digits = 0;

	if (!p)
		return SK_E_MEMORY;
	for (size_t i = 0; i < text.n; i++) {
		if (hex_digit(text.p[i]) >= 0)
			digits++;
		else if (text.p[i] != ' ' || digits % 2)
			return SK_E_FORMAT;
	}
	if (digits == 0 || digits % 2)
		return SK_E_FORMAT;
	*out = sk_span(p, hex(text, p));
	return 0;
}

static int parse_xor(struct sk_span key, struct sk_decode *out, struct sk_arena *arena)
{
	out->type = SK_DECODE_XOR;
	if (key.n == 0)
		return SK_E_FORMAT;
	if (key.n > 2 && key.p[0] == '0' && key.p[1] == 'x')
		return sk_decode_hex_text(sk_span_sub(key, 2, key.n), &out->key, arena);
	out->key = sk_arena_copy(arena, key);
	return out->key.p ? 0 : SK_E_MEMORY;
}

int sk_decode_parse(struct sk_span text, struct sk_decode *out, struct sk_arena *arena)
{
	char *shown = sk_arena_alloc(arena, text.n + 1);

	if (!shown)
		return SK_E_MEMORY;
	memcpy(shown, text.p, text.n);
	shown[text.n] = 0;
	*out = (struct sk_decode){ .shown = shown };
	if (text.n > 5 && memcmp(text.p, "xor(", 4) == 0 && text.p[text.n - 1] == ')')
		return parse_xor(sk_span_sub(text, 4, text.n - 5), out, arena);
	for (unsigned i = 0; sk_decoder_names[i]; i++) {
		if (i != SK_DECODE_XOR && sk_span_is_str(text, sk_decoder_names[i])) {
			out->type = (enum sk_decoder)i;
			return 0;
		}
	}
	return SK_E_FORMAT;
}
