/* proto/coding.h — takes content codings off a body as it streams.
 *
 * in       body bytes in any pieces, and the codings its head names
 * out      decoded bytes through emit, in pieces of little more than 16 KiB at most
 * memory   malloc'd by new, freed by free or kept in a pool: per layer 2 KiB, 75 KiB for gzip and deflate, or 16 KiB and the
 *          library's window (brotli up to 16 MiB, zstd up to 8 MiB, both only as far as the stream asks for it; LZW 260 KiB; lzma
 *          and xz up to 16 MiB)
 * threads  one owner
 * source   RFC 1950, 1951, 1952 (gzip and zlib wrappings are read here, so that wrong flags and sums do not end a body),
 *          RFC 7932, RFC 8878, RFC 9110 8.4.1, RFC 9659 (zstd window of 8 MiB)
 * limits   codings of other names are passed on raw; a coding whose bytes do not fit its name is passed on raw; behind a
 *          bomb the rest is passed on raw, from where depends on how the bytes were cut
 */
#ifndef SK_PROTO_CODING_H
#define SK_PROTO_CODING_H

#include <sekisho/span.h>

#include "proto/http1_oddity.h"

enum sk_coding_kind { SK_CODING_GZIP, SK_CODING_DEFLATE, SK_CODING_BROTLI, SK_CODING_ZSTD, SK_CODING_COMPRESS, SK_CODING_LZMA };
#define SK_CODING_LAYERS_MAX 8

/* Codings in the order they were applied. */
struct sk_coding_list {
	uint8_t kind[SK_CODING_LAYERS_MAX];
	unsigned cnt;
};

/* Adds the codings of one Content-Encoding or Transfer-Encoding value; chunked and identity are passed over. */
void sk_coding_parse(struct sk_span value, struct sk_coding_list *list, struct sk_http_odds *odds);

/* Layers for reuse, of one worker. */
struct sk_coding_pool;
struct sk_coding_pool *sk_coding_pool_new(void);	/* NULL when memory is short */
/* After all that was made with it. */
void sk_coding_pool_free(struct sk_coding_pool *pool);

struct sk_coding_conf {
	unsigned layers_max;		/* outermost codings that are taken off */
	uint64_t out_max;		/* bytes made by all layers */
	uint64_t ratio_max;		/* bytes made per byte in, behind the first MiB */
	struct sk_coding_pool *pool;	/* may be NULL */
};

struct sk_coding;
typedef void sk_coding_emit_fn(void *cx, struct sk_span bytes);

/* NULL when memory is short: pass the body on raw. */
struct sk_coding *sk_coding_new(const struct sk_coding_list *list, const struct sk_coding_conf *conf);
void sk_coding_free(struct sk_coding *c);

void sk_coding_push(struct sk_coding *c, struct sk_span in, sk_coding_emit_fn *emit, void *cx);
/* The body ended. */
void sk_coding_finish(struct sk_coding *c, sk_coding_emit_fn *emit, void *cx);

/* Memory was short: something that could have been decoded is passed on raw. */
bool sk_coding_no_memory(const struct sk_coding *c);
/* What was odd so far. */
const struct sk_http_odds *sk_coding_odds(const struct sk_coding *c);

#define SK_CODING_NAMES_MAX 80
/* Codings really taken off, in the order of the head, joined by commas, into buf (SK_CODING_NAMES_MAX bytes). Its length. */
size_t sk_coding_names(const struct sk_coding *c, char *buf);

#endif
