/* alert/digest.h — SHA-256 of what alerts are named by. A header of its own: libcrypto's headers and ours have names in common. */
#ifndef SK_ALERT_DIGEST_H
#define SK_ALERT_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define SK_ALERT_DIGEST 32		/* bytes */

/* Always 32 bytes that tell p from others; SHA-256 unless libcrypto has no memory. */
void sk_alert_digest(const void *p, size_t n, uint8_t out[SK_ALERT_DIGEST]);

#endif
