/* proto/crc32.h — the check sum of gzip members.
 *
 * source   RFC 1952 8
 */
#ifndef SK_PROTO_CRC32_H
#define SK_PROTO_CRC32_H

#include <sekisho/span.h>

/* Begins with 0; what it returns goes on with the next bytes. */
uint32_t sk_crc32(uint32_t crc, struct sk_span bytes);

#endif
