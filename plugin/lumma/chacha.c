/* lumma/chacha.c — see chacha.h. */
#include "chacha.h"

static uint32_t rotate(uint32_t v, unsigned n)
{
	return v << n | v >> (32 - n);
}

static void quarter(uint32_t *s, unsigned a, unsigned b, unsigned c, unsigned d)
{
	s[a] += s[b];
	s[d] = rotate(s[d] ^ s[a], 16);
	s[c] += s[d];
	s[b] = rotate(s[b] ^ s[c], 12);
	s[a] += s[b];
	s[d] = rotate(s[d] ^ s[a], 8);
	s[c] += s[d];
	s[b] = rotate(s[b] ^ s[c], 7);
}

void chacha_block(const uint8_t key[CHACHA_KEY], const uint32_t last[4], uint8_t out[CHACHA_BLOCK])
{
	uint32_t from[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 }, s[16];

	for (unsigned i = 0; i < 8; i++)
		from[4 + i] = (uint32_t)key[4 * i + 3] << 24 | (uint32_t)key[4 * i + 2] << 16 | (uint32_t)key[4 * i + 1] << 8 | key[4 * i];
	for (unsigned i = 0; i < 4; i++)
		from[12 + i] = last[i];
	for (unsigned i = 0; i < 16; i++)
		s[i] = from[i];
	for (unsigned round = 0; round < 20; round += 2) {
		quarter(s, 0, 4, 8, 12);
		quarter(s, 1, 5, 9, 13);
		quarter(s, 2, 6, 10, 14);
		quarter(s, 3, 7, 11, 15);
		quarter(s, 0, 5, 10, 15);
		quarter(s, 1, 6, 11, 12);
		quarter(s, 2, 7, 8, 13);
		quarter(s, 3, 4, 9, 14);
	}
	for (unsigned i = 0; i < 16; i++)
		for (unsigned k = 0; k < 4; k++)
			out[4 * i + k] = (uint8_t)((s[i] + from[i]) >> 8 * k);
}
