/* proto/inflate_ws.h — one direction of permessage-deflate.
 *
 * in       payload bytes of compressed messages, in any pieces
 * out      inflated bytes, through a callback, at most SK_WS_INFLATE_CHUNK at a time
 * memory   about 40 KiB per open inflater, from zlib's malloc
 * threads  one owner
 * source   RFC 7692 7.2; zlib
 * limits   the window is always 32 KiB: an endpoint may understand more than it agreed to. At most 16 final blocks in one
 *          message
 */
#ifndef SK_PROTO_INFLATE_WS_H
#define SK_PROTO_INFLATE_WS_H

#include <sekisho/span.h>

#define SK_WS_INFLATE_CHUNK 16384u

struct sk_ws_inflate;

/* False: enough, stop (SK_E_LIMIT). */
typedef bool sk_ws_inflate_fn(void *cx, struct sk_span out);

/* NULL when memory is short. */
struct sk_ws_inflate *sk_ws_inflate_new(void);
void sk_ws_inflate_free(struct sk_ws_inflate *z);

/* Before the first byte of a message. keep: the window of the messages before is kept. */
void sk_ws_inflate_begin(struct sk_ws_inflate *z, bool keep);
/* last: the message ends behind in. chunk: SK_WS_INFLATE_CHUNK bytes to inflate into. 0, SK_E_FORMAT, SK_E_LIMIT, SK_E_MEMORY;
 * after an error the inflater is of no more use until begin without keep. */
int sk_ws_inflate_run(struct sk_ws_inflate *z, struct sk_span in, bool last, uint8_t *chunk, sk_ws_inflate_fn *out, void *cx);

#endif
