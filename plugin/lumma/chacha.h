/* lumma/chacha.h — the ChaCha20 block function, four blocks at a time.
 *
 * source   RFC 8439 section 2.3
 */
#ifndef LUMMA_CHACHA_H
#define LUMMA_CHACHA_H

#include <stdint.h>

#define CHACHA_KEY 32
#define CHACHA_BLOCK 64
#define CHACHA_LANES 4

/* last: per block words 12 to 15 of the state, which are counter and nonce in whatever split. */
void chacha_blocks(const uint8_t key[CHACHA_KEY], uint32_t last[CHACHA_LANES][4], uint8_t out[CHACHA_LANES][CHACHA_BLOCK]);

#endif
