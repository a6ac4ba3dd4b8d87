/* proto/lzw.h — undoes the LZW coding of compress(1), HTTP's "compress", as it streams.
 *
 * in       bytes behind the two of the magic, in any pieces
 * out      decoded bytes, into room the caller gives
 * memory   one block of 260 KiB per decoder
 * threads  one owner
 * source   RFC 9110 8.4.1.1; POSIX.1-2024 compress; the layout (codes of 9 to 16 bits, lowest bit first, widths changed and tables
 *          cleared at groups of eight codes) is that of ncompress
 * limits   codes of at most 16 bits
 */
#ifndef SK_PROTO_LZW_H
#define SK_PROTO_LZW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sk_lzw;

/* NULL when memory is short. */
struct sk_lzw *sk_lzw_new(void);
void sk_lzw_free(struct sk_lzw *z);

/* Takes bytes off *in and writes to out until either is used up. Bytes written; SIZE_MAX where the input is no LZW. */
size_t sk_lzw_run(struct sk_lzw *z, const uint8_t **in, size_t *n, uint8_t *out, size_t room);

/* True while decoded bytes wait that had no room. */
bool sk_lzw_holds_output(const struct sk_lzw *z);

#endif
