/* proto/http1_other.h — the inside of http1.c that http1_other.c needs, and back.
 *
 * memory   a second reader while the readings differ: a copy of the first one with what waits in it; bytes of the other reading that
 *          lie ahead, at most SK_HTTP1_SECOND_BYTES_MAX
 * limits   one other reading at a time; where bytes were read long ago, only what begins a request by itself is looked at
 */
#ifndef SK_PROTO_HTTP1_OTHER_H
#define SK_PROTO_HTTP1_OTHER_H

#include "proto/http1.h"

/* How far a second reader may go. */
#define SK_HTTP1_SECOND_HEADS_MAX 16u
#define SK_HTTP1_SECOND_BYTES_MAX (256u << 10)

/* http1.c: reads without regard to the other reading. */
size_t sk_http1_feed_stream(struct sk_http1 *h, struct sk_span bytes);
bool sk_http1_is_at_start(const struct sk_http1 *h);
/* Goes on inside of a chunk extension, behind an LF that does not end it. */
void sk_http1_pass_lf(struct sk_http1 *h);

/* http1_other.c */
void sk_http1_other_drop(struct sk_http1 *h);

#endif
