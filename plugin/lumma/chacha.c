/* lumma/chacha.c — see chacha.h. */
#include "chacha.h"

typedef uint32_t lanes __attribute__((vector_size(4 * CHACHA_LANES)));	/* one word of every block */

static lanes rotate(lanes v, unsigned n)
{
	return v << n | v >> (32 - n);
}

static void quarter(lanes *s, unsigned a, unsigned b, unsigned c, unsigned d)
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

static lanes same(uint32_t word)
{
	return (lanes){ word, word, word, word };
}

void chacha_blocks(const uint8_t key[CHACHA_KEY], uint32_t last[CHACHA_LANES][4], uint8_t out[CHACHA_LANES][CHACHA_BLOCK])
{
	lanes from[16] = { same(0x61707865), same(0x3320646e), same(0x79622d32), same(0x6b206574) }, s[16];

	for (unsigned i = 0; i < 8; i++)
		from[4 + i] = same((uint32_t)key[4 * i + 3] << 24 | (uint32_t)key[4 * i + 2] << 16 | (uint32_t)key[4 * i + 1] << 8 | key[4 * i]);
	for (unsigned i = 0; i < 4; i++)
		from[12 + i] = (lanes){ last[0][i], last[1][i], last[2][i], last[3][i] };
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
	for (unsigned i = 0; i < 16; i++) {
		s[i] += from[i];
		for (unsigned block = 0; block < CHACHA_LANES; block++)
			for (unsigned k = 0; k < 4; k++)
				out[block][4 * i + k] = (uint8_t)(s[i][block] >> 8 * k);
	}
}
