/* proto/digest.h — MD5, SHA-1 and SHA-256 of bytes at hand.
 *
 * memory   a handful of libcrypto objects per worker, made once: looking an algorithm up costs more than a short digest
 * threads  one owner
 * source   RFC 1321, FIPS 180-4; libcrypto
 * limits   an algorithm that libcrypto refuses (MD5 in FIPS mode) gives no digest
 */
#ifndef SK_PROTO_DIGEST_H
#define SK_PROTO_DIGEST_H

#include <sekisho/span.h>

enum sk_digest_kind { SK_DIGEST_MD5, SK_DIGEST_SHA1, SK_DIGEST_SHA256, SK_DIGEST_CNT };
#define SK_DIGEST_MAX 32		/* bytes of the longest */
#define SK_DIGEST_TEXT_MAX (2 * SK_DIGEST_MAX + 1)

struct sk_digester;

struct sk_digester *sk_digester_new(void);
void sk_digester_free(struct sk_digester *d);

/* Length of the digest written to out, or 0. */
size_t sk_digest(struct sk_digester *d, enum sk_digest_kind kind, struct sk_span s, uint8_t out[SK_DIGEST_MAX]);
/* In lower-case hex, NUL-terminated; length without the NUL, or 0. */
size_t sk_digest_hex(struct sk_digester *d, enum sk_digest_kind kind, struct sk_span s, char out[SK_DIGEST_TEXT_MAX]);

#endif
