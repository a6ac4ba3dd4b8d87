/* alert/mask.c — see mask.h. */
#include "alert/mask.h"

#include <stdio.h>

#include "alert/digest.h"
#include "base/compiler.h"
#include "base/fmt.h"

static bool is_hex(uint8_t c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

static bool is_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '+' || c == '/' || c == '_' || c == '=';
}

/* The word at in.p[at] ends there; its length 0 where it is too short to be a secret. */
static size_t word_at(struct sk_span in, size_t at)
{
	size_t n = 0;
	bool hex = true;

	for (; at + n < in.n && is_word(in.p[at + n]); n++)
		hex = hex && is_hex(in.p[at + n]);
	return n >= (hex ? SK_MASK_HEX : SK_MASK_WORD) ? n : 0;
}

/* A word by its ends, at most an eighth of it at each. is_whole: otherwise it goes on where the evidence does not. */
static size_t put_word(struct sk_span word, bool is_whole, uint8_t *out)
{
	uint8_t digest[SK_ALERT_DIGEST];
	char text[SK_MASK_ROOM(0)], hex[9];
	size_t ends = SK_MIN(word.n / 8, (size_t)4);
	int n;

	sk_alert_digest(word.p, word.n, digest);
	n = snprintf(text, sizeof(text), "%.*s...%.*s (%zu%s%s)", (int)ends, (const char *)word.p, (int)ends, (const char *)word.p + word.n - ends,
		     word.n, is_whole ? " bytes #" : " bytes or more", is_whole ? sk_fmt_hex(sk_span(digest, 4), hex, sizeof(hex)) : "");
	memcpy(out, text, (size_t)n);
	return (size_t)n;
}

size_t sk_mask(struct sk_span in, bool open_begin, bool open_end, uint8_t *out, size_t *start, size_t *end)
{
	const size_t from = *start, to = *end;
	size_t w = 0, n;

	*start = *end = 0;
	for (size_t i = 0; i < in.n; i += n) {
		size_t begin = w;

		n = i == 0 || !is_word(in.p[i - 1]) ? word_at(in, i) : 0;
		if (n) {
			w += put_word(sk_span(in.p + i, n), !(i == 0 && open_begin) && !(i + n == in.n && open_end), out + w);
		} else {
			n = 1;
			out[w++] = in.p[i];
		}
		if (from >= i && from < i + n)
			*start = begin;
		if (to > i && to <= i + n)
			*end = w;
	}
	if (from >= in.n)
		*start = w;
	return w;
}
