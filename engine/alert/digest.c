/* alert/digest.c — SHA-256 of what alerts are named by.
 *
 * memory   libcrypto's algorithm, looked up once in the process: that costs more than the digest of an alert
 * threads  any
 * source   FIPS 180-4; libcrypto
 * limits   where libcrypto has no memory another hash stands in, so that what differs keeps differing
 */
#include <openssl/evp.h>
#include <openssl/opensslv.h>
#include <pthread.h>
#include <string.h>

#include "alert/digest.h"
#include "base/hash.h"

static const EVP_MD *algorithm;

static void choose(void)
{
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
	algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
#endif
	if (!algorithm)
		algorithm = EVP_sha256();
}

static void stand_in(const void *p, size_t n, uint8_t out[SK_ALERT_DIGEST])
{
	for (uint64_t i = 0; i < SK_ALERT_DIGEST / sizeof(uint64_t); i++) {
		const struct sk_seed seed = { { i, ~i } };
		uint64_t h = sk_hash(p, n, &seed);

		memcpy(out + i * sizeof(h), &h, sizeof(h));
	}
}

void sk_alert_digest(const void *p, size_t n, uint8_t out[SK_ALERT_DIGEST])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	uint8_t digest[EVP_MAX_MD_SIZE];

	pthread_once(&once, choose);
	if (EVP_Digest(p, n, digest, NULL, algorithm, NULL) == 1)
		memcpy(out, digest, SK_ALERT_DIGEST);
	else
		stand_in(p, n, out);
}
