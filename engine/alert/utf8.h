/* alert/utf8.h — one character of UTF-8 at a time, and whether it may be shown.
 *
 * source   RFC 3629 section 4 (well-formed sequences), Unicode 15 (categories Cc, Cf, Co, Cn by range)
 * limits   pure; never looks at a byte behind n
 */
#ifndef SK_ALERT_UTF8_H
#define SK_ALERT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length of the well-formed sequence at p (n > 0 bytes are there) and its code point; 0 where there is none. */
size_t sk_utf8_next(const uint8_t *p, size_t n, uint32_t *cp);

/* False for controls, line and paragraph separators, marks that are invisible or turn the writing direction, private use,
 * noncharacters. */
bool sk_utf8_printable(uint32_t cp);

/* The longest length up to max that does not cut a well-formed sequence of s (n bytes). */
size_t sk_utf8_cut(const uint8_t *s, size_t n, size_t max);

#endif
