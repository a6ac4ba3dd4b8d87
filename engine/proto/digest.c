/* proto/digest.c — see digest.h. */
#include "proto/digest.h"

#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/opensslv.h>

#include "base/fmt.h"

struct sk_digester {
	EVP_MD_CTX *cx;
	const EVP_MD *md[SK_DIGEST_CNT];
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
	EVP_MD *fetched[SK_DIGEST_CNT];
#endif
};

static void choose(struct sk_digester *d)
{
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
	static const char *const names[SK_DIGEST_CNT] = {
		[SK_DIGEST_MD5] = "MD5", [SK_DIGEST_SHA1] = "SHA1", [SK_DIGEST_SHA256] = "SHA256" };

	for (int i = 0; i < SK_DIGEST_CNT; i++)
		d->md[i] = d->fetched[i] = EVP_MD_fetch(NULL, names[i], NULL);
#else
	d->md[SK_DIGEST_MD5] = EVP_md5();
	d->md[SK_DIGEST_SHA1] = EVP_sha1();
	d->md[SK_DIGEST_SHA256] = EVP_sha256();
#endif
}

struct sk_digester *sk_digester_new(void)
{
	struct sk_digester *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->cx = EVP_MD_CTX_new();
	if (!d->cx) {
		free(d);
		return NULL;
	}
	choose(d);
	return d;
}

void sk_digester_free(struct sk_digester *d)
{
	if (!d)
		return;
	EVP_MD_CTX_free(d->cx);
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
	for (int i = 0; i < SK_DIGEST_CNT; i++)
		EVP_MD_free(d->fetched[i]);
#endif
	free(d);
}

size_t sk_digest(struct sk_digester *d, enum sk_digest_kind kind, struct sk_span s, uint8_t out[SK_DIGEST_MAX])
{
	unsigned n = 0;

	if (!d->md[kind] || EVP_DigestInit_ex(d->cx, d->md[kind], NULL) != 1 || EVP_DigestUpdate(d->cx, s.p, s.n) != 1 ||
	    EVP_DigestFinal_ex(d->cx, out, &n) != 1)
		return 0;
	return n;
}

size_t sk_digest_hex(struct sk_digester *d, enum sk_digest_kind kind, struct sk_span s, char out[SK_DIGEST_TEXT_MAX])
{
	uint8_t raw[SK_DIGEST_MAX];
	size_t n = sk_digest(d, kind, s, raw);

	sk_fmt_hex(sk_span(raw, n), out, SK_DIGEST_TEXT_MAX);
	return 2 * n;
}
