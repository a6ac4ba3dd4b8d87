/* tests/fuzz/proto/fuzz_x509.c — one certificate: everything that can be asked of it. */
#include "base/buf.h"
#include "proto/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_x509 c;
	struct sk_x509_alt alt;
	struct sk_buf b = { .cap = 1 << 20 };

	if (!sk_x509_parse(sk_span(data, size), &c))
		return 0;
	sk_x509_name(c.subject, &b);
	sk_x509_name(c.issuer, &b);
	sk_x509_common_name(c.subject, &b);
	while (c.alt_names.p && sk_x509_next_alt(&c.alt_names, &alt))
		sk_buf_add(&b, alt.dns.p ? alt.dns : sk_span(alt.addr.b, 16));
	sk_buf_fini(&b);
	return 0;
}
