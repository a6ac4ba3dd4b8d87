/* base/hash.h — seeded hashing for every table that traffic can fill.
 *
 * what     a keyed 64-bit hash of bytes (multiply-fold with secret lanes) and helpers to draw a seed
 * threads  pure; the process seed is drawn once at start
 * limits   not a cryptographic hash; a peer that cannot read our memory cannot aim collisions
 */
#ifndef SK_BASE_HASH_H
#define SK_BASE_HASH_H

#include <sekisho/span.h>

struct sk_seed {
	uint64_t k[2];
};

/* Draws a seed from getrandom(2). Tables may be seeded differently in every run: order of iteration must never
 * reach the output. */
struct sk_seed sk_seed_draw(void);

static inline uint64_t sk_hash_fold(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 m = (unsigned __int128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static inline uint64_t sk_hash_load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t sk_hash(const void *data, size_t n, const struct sk_seed *seed)
{
	const uint8_t *p = data;
	uint64_t h = seed->k[0] ^ sk_hash_fold(n ^ 0x9e3779b97f4a7c15u, seed->k[1] | 1);

	while (n >= 16) {
		h = sk_hash_fold(sk_hash_load64(p) ^ seed->k[1] ^ h, sk_hash_load64(p + 8) ^ seed->k[0] ^ 0xa0761d6478bd642fu);
		p += 16;
		n -= 16;
	}
	uint8_t tail[16] = { 0 };
	if (n)
		memcpy(tail, p, n);
	h = sk_hash_fold(sk_hash_load64(tail) ^ seed->k[1] ^ h, sk_hash_load64(tail + 8) ^ seed->k[0] ^ 0xe7037ed1a0b428dbu);
	return sk_hash_fold(h ^ 0x8ebc6af09c88c6e3u, seed->k[1] ^ 0x589965cc75374cc3u);
}

#endif
