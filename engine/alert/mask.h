/* alert/mask.h — evidence that must not hand secrets on: words are shown by their ends, length and a digest.
 *
 * in       evidence, and whether it may begin or end within a word: of such a word there is no digest, for it is not whole
 * what     a word is a run of letters, digits, +, /, _ and = of SK_MASK_HEX or more bytes that are all hex digits, or SK_MASK_WORD or
 *          more. ABCDEF…0123 of 64 bytes becomes "ABCD...0123 (64 bytes #1a2b3c4d)", the number being the begin of its SHA-256: who has
 *          the secret can tell whether it is this one
 * memory   the caller's
 * threads  pure
 */
#ifndef SK_ALERT_MASK_H
#define SK_ALERT_MASK_H

#include <sekisho/span.h>

#define SK_MASK_HEX 16u
#define SK_MASK_WORD 24u
#define SK_MASK_ROOM(n) (3 * (n) + 48)

/* To out (SK_MASK_ROOM(in.n) bytes); its length. *start and *end, places in `in`, become places in out: of the word's begin and end where
 * they lie within one. */
size_t sk_mask(struct sk_span in, bool open_begin, bool open_end, uint8_t *out, size_t *start, size_t *end);

#endif
