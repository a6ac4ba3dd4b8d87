/* lumma/chacha.h — the ChaCha20 block function.
 *
 * source   RFC 8439 section 2.3
 */
#ifndef LUMMA_CHACHA_H
#define LUMMA_CHACHA_H

#include <stdint.h>

#define CHACHA_KEY 32
#define CHACHA_BLOCK 64

/* last: words 12 to 15 of the state, which are counter and nonce in whatever split. */
void chacha_block(const uint8_t key[CHACHA_KEY], const uint32_t last[4], uint8_t out[CHACHA_BLOCK]);

#endif
