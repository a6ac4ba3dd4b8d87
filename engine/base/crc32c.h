/* base/crc32c.h — CRC-32C (Castagnoli; RFC 3720, appendix B.4; RFC 9260, appendix A). */
#ifndef SK_BASE_CRC32C_H
#define SK_BASE_CRC32C_H

#include <sekisho/span.h>

uint32_t sk_crc32c(struct sk_span s);
/* Of the bytes crc is of, and s behind them. */
uint32_t sk_crc32c_more(uint32_t crc, struct sk_span s);
/* The same without the processor's help, for tests. */
uint32_t sk_crc32c_plain(struct sk_span s);

#endif
