/* ak47/coding.h — the coding of AK47C2: XOR with six bytes, then hex. Source: see message.h. */
#ifndef AK47_CODING_H
#define AK47_CODING_H

#include <sekisho/span.h>

static inline int ak47_digit(uint8_t c)
{
	uint8_t low = c | 0x20;

	return c >= '0' && c <= '9' ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* Digits s begins with. */
static inline size_t ak47_hex_run(struct sk_span s)
{
	size_t n = 0;

	while (n < s.n && ak47_digit(s.p[n]) >= 0)
		n++;
	return n;
}

/* Bytes behind the coding; stops at the first that is no pair of digits. */
static inline size_t ak47_decode(struct sk_span hex, uint8_t *out, size_t room)
{
	static const uint8_t key[6] = { 'V', 'H', 'B', 'D', '@', 'H' };
	size_t n = 0;

	for (size_t i = 0; i + 1 < hex.n && n < room; i += 2) {
		int high = ak47_digit(hex.p[i]), low = ak47_digit(hex.p[i + 1]);

		if (high < 0 || low < 0)
			break;
		out[n] = (uint8_t)(high << 4 | low) ^ key[n % sizeof(key)];
		n++;
	}
	return n;
}

/* Text of a command or its output, in whatever code page: no control characters but blanks and line ends. */
static inline bool ak47_is_text(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((p[i] < 0x20 && p[i] != '\t' && p[i] != '\r' && p[i] != '\n') || p[i] == 0x7f)
			return false;
	return n > 0;
}

#endif
