/* base/fmt.h — bytes to text: addresses, hex, base64, times, and numbers with units. */
#ifndef SK_BASE_FMT_H
#define SK_BASE_FMT_H

#include <sekisho/addr.h>
#include <sekisho/span.h>

#include "base/err.h"

#define SK_ADDR_TEXT_MAX 48
#define SK_TIME_TEXT_MAX 48

/* RFC 5952 text of an address. Returns buf (SK_ADDR_TEXT_MAX bytes). */
const char *sk_fmt_addr(const struct sk_addr *a, char *buf);

/* IPv4 or IPv6 text to address; no port, no zone. 0 or SK_E_FORMAT. */
int sk_parse_addr(struct sk_span text, struct sk_addr *a);

/* "2025-07-20T12:34:56.123456+0000" of ns since 1970, in UTC. Returns buf (SK_TIME_TEXT_MAX bytes). */
const char *sk_fmt_time(uint64_t ns, char *buf);

/* Lower-case hex of s into buf, NUL-terminated; as many whole bytes as fit in size. Returns buf. */
const char *sk_fmt_hex(struct sk_span s, char *buf, size_t size);

/* RFC 4648 base64 with padding; size must be at least 4 * ((n + 2) / 3) + 1. Returns the length written. */
size_t sk_fmt_base64(struct sk_span s, char *buf, size_t size);

/* "10", "64 KiB", "1 MiB", "2 GB" to bytes; "200 ms", "10 s", "5 min", "2 h", "7 d" to ns. 0 or SK_E_FORMAT. */
int sk_parse_size(struct sk_span text, uint64_t *bytes);
int sk_parse_duration(struct sk_span text, uint64_t *ns);

#endif
