/* lumma/decrypt.h — decrypts a message of Lumma 6, which brings its own key.
 *
 * in       beginning and end of a body
 * out      struct config: the beginning of the text in clear
 * memory   none of its own
 * source   published analyses of Lumma 6: ChaCha20, key (32 bytes) and nonce (8 bytes) in front of the ciphertext or behind it
 * limits   CONFIG_TEXT bytes are decrypted
 */
#ifndef LUMMA_DECRYPT_H
#define LUMMA_DECRYPT_H

#include <sekisho/span.h>

#define CONFIG_KEYS 40u			/* key and nonce */
#define CONFIG_TEXT 1024u
#define CONFIG_MIN 24u			/* shorter ciphertext does not decide */
#define CONFIG_MARKERS 6

extern const char *const config_markers[CONFIG_MARKERS];	/* names of members */

struct config {
	const char *place;		/* "prefix" or "suffix", static */
	unsigned marker_bits;		/* which of config_markers the text has */
	size_t n;
	uint8_t text[CONFIG_TEXT];
};

/* head: the first bytes of the body, CONFIG_KEYS + CONFIG_TEXT of them or all; tail: its last CONFIG_KEYS bytes; size: of the whole
 * body. True when what comes out is JSON. */
bool config_decrypt(struct sk_span head, const uint8_t tail[CONFIG_KEYS], uint64_t size, struct config *out);

#endif
