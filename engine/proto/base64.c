/* proto/base64.c — see base64.h. */
#include "proto/base64.h"

/* Six-bit value, or 64 padding, 65 white space, 66 anything else. */
static inline unsigned sextet(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26u;
	if (c >= '0' && c <= '9')
		return c - '0' + 52u;
	if (c == '+' || c == '-')
		return 62;
	if (c == '/' || c == '_')
		return 63;
	if (c == '=')
		return 64;
	return c == ' ' || (c >= '\t' && c <= '\r') ? 65 : 66;
}

size_t sk_base64_push(struct sk_base64 *b, struct sk_span s, uint8_t *out)
{
	size_t w = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned v = sextet(s.p[i]);

		if (v >= 64) {
			if (v == 64)
				b->cnt = 0;
			b->skipped += v == 66;
			continue;
		}
		b->bits = (b->bits << 6 | v) & 0xfff;
		b->cnt += 6;
		if (b->cnt >= 8) {
			b->cnt -= 8;
			out[w++] = (uint8_t)(b->bits >> b->cnt);
		}
	}
	return w;
}
