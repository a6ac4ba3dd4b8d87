/* base/crc32c.c — see crc32c.h. Eight bytes a step, by the processor's instruction where it has one (SSE 4.2; Intel SDM,
 * CRC32), else by tables (Kounavis and Berry, "Slicing by 8"). */
#include "base/crc32c.h"

#include <pthread.h>
#include <string.h>

#define POLY UINT32_C(0x82f63b78)	/* reflected */

static uint32_t table[8][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ POLY : c >> 1;
		table[0][i] = c;
	}
	for (uint32_t i = 0; i < 256; i++)
		for (int k = 1; k < 8; k++)
			table[k][i] = table[k - 1][i] >> 8 ^ table[0][table[k - 1][i] & 0xff];
}

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t by_tables(uint32_t c, struct sk_span s)
{
	pthread_once(&once, make);
	for (; s.n >= 8; s.p += 8, s.n -= 8) {
		uint32_t a = le32(s.p) ^ c, b = le32(s.p + 4);

		c = table[7][a & 0xff] ^ table[6][a >> 8 & 0xff] ^ table[5][a >> 16 & 0xff] ^ table[4][a >> 24] ^
		    table[3][b & 0xff] ^ table[2][b >> 8 & 0xff] ^ table[1][b >> 16 & 0xff] ^ table[0][b >> 24];
	}
	for (; s.n; s.p++, s.n--)
		c = c >> 8 ^ table[0][(c ^ *s.p) & 0xff];
	return c;
}

#if defined(__x86_64__) && defined(__GNUC__)
__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t c, struct sk_span s)
{
	uint64_t wide = c, part;

	for (; s.n >= 8; s.p += 8, s.n -= 8) {
		memcpy(&part, s.p, 8);
		wide = __builtin_ia32_crc32di(wide, part);
	}
	c = (uint32_t)wide;
	for (; s.n; s.p++, s.n--)
		c = __builtin_ia32_crc32qi(c, *s.p);
	return c;
}

uint32_t sk_crc32c_more(uint32_t crc, struct sk_span s)
{
	return ~(__builtin_cpu_supports("sse4.2") ? by_instruction(~crc, s) : by_tables(~crc, s));
}
#else
uint32_t sk_crc32c_more(uint32_t crc, struct sk_span s)
{
	return ~by_tables(~crc, s);
}
#endif

uint32_t sk_crc32c(struct sk_span s) { return sk_crc32c_more(0, s); }

uint32_t sk_crc32c_plain(struct sk_span s)
{
	return ~by_tables(UINT32_MAX, s);
}
