/* proto/x509.h — what a certificate says of itself; no signature is checked.
 *
 * in       one DER certificate
 * out      spans into it, times as numbers, names as text on request
 * memory   none but what callers give
 * threads  pure
 * source   RFC 5280 4.1, 4.2.1.6; X.690 8.1, 10.1 (DER lengths); RFC 4514 2.4 (escapes)
 * limits   no recursion: fixed depth by the structure; indefinite lengths and lengths over four bytes are refused; what is
 *          malformed ends the reading and sets broken, what was read before stays
 */
#ifndef SK_PROTO_X509_H
#define SK_PROTO_X509_H

#include <sekisho/addr.h>
#include <sekisho/span.h>

#include "base/buf.h"

#define SK_X509_TIME_MAX INT64_MAX	/* ns: RFC 5280's 99991231235959Z, and all that does not fit */

struct sk_x509 {
	bool broken;
	uint8_t version;		/* 1 to 3 */
	struct sk_span serial;		/* content of the INTEGER */
	struct sk_span issuer, subject;	/* content of the Name's SEQUENCE */
	bool self_issued;
	bool has_times;
	uint64_t not_before, not_after;	/* ns since 1970, 0 for before */
	struct sk_span alt_names;	/* content of the GeneralNames SEQUENCE; p NULL where absent */
};

/* False when not even the serial number could be read. */
bool sk_x509_parse(struct sk_span der, struct sk_x509 *c);

/* "C=US, O=Example, CN=Example CA", appended as UTF-8. 0 or what sk_buf_add says. */
int sk_x509_name(struct sk_span name, struct sk_buf *out);
/* Last common name, appended as UTF-8 as it is. 1 appended, 0 none, or <0. */
int sk_x509_common_name(struct sk_span name, struct sk_buf *out);

/* The next DNS name (text) or address (family set) of alt_names; *rest is alt_names at first. Others are passed over. */
struct sk_x509_alt {
	struct sk_span dns;		/* p NULL: an address */
	struct sk_addr addr;
};
bool sk_x509_next_alt(struct sk_span *rest, struct sk_x509_alt *alt);

#endif
