/* capture/unpack.h — gzip, zstd, xz and lz4 streams; private to capture/.
 *
 * memory   gzip 48 KiB; zstd a window of at most 128 MiB (its own default limit); xz at most 128 MiB; lz4 8 MiB
 * source   RFC 1952, RFC 8878, the .xz file format 1.2, the LZ4 frame format 1.6
 * limits   streams that follow each other count as one; what follows a gzip stream and is none is left alone, as gzip(1) does
 */
#ifndef SK_CAPTURE_UNPACK_H
#define SK_CAPTURE_UNPACK_H

#include <sekisho/span.h>

#include "base/err.h"

struct sk_unpack;

enum { SK_UNPACK_MAGIC_LEN = 6 };

/* True when the bytes begin like a compressed file. */
bool sk_unpack_is(struct sk_span begin);
/* For bytes that do; NULL when memory is short. */
struct sk_unpack *sk_unpack_new(struct sk_span begin);
void sk_unpack_free(struct sk_unpack *u);
const char *sk_unpack_name(const struct sk_unpack *u);

/* Takes from *in, writes to out. The number of bytes written: 0 when more input is needed (or, with *in empty and last,
 * when all is done). SK_E_FORMAT: damaged, or it ended early. SK_E_LIMIT: would need too much memory. */
int64_t sk_unpack_some(struct sk_unpack *u, struct sk_span *in, bool last, uint8_t *out, size_t room);

#endif
