/* decode/checksum.c — the Internet checksum, and whose wrong ones count.
 *
 * source   RFC 1071 (the sum may be taken in any word size and byte order); RFC 768 (UDP's zero)
 *
 * A frame captured on the machine that sends it has no checksum yet when the network card is to fill it in. Such a
 * machine's frames are all wrong, everybody else's are right; so AUTO keeps a tally per sender: a wrong checksum is let
 * through while the sender's wrong ones outnumber its right ones by far. Who completes a handshake has right ones: his
 * packets that are meant for the sensor only are not let through. Senders are told apart in a fixed table that is filled
 * once, so that nobody can be pushed out of it; who finds his place taken is judged by the tally of all.
 */
#include "decode/walk.h"

#define MAJORITY 4u			/* wrong ones per right one */
#define VECTOR_FROM 128u			/* bytes */
#define RIGHT_MAX 64u			/* a sender with as many right ones is not offloaded, whatever follows */
/* A frame longer than a wire carries was captured before it was cut into segments. */
#define WIRE_LEN_MAX 1500u

typedef uint64_t lanes __attribute__((vector_size(16)));

/* 32-bit words are added into 64-bit lanes: no carry is lost below 2^32 words. */
uint32_t sk_checksum_add(const uint8_t *b, size_t n, uint64_t sum)
{
	uint64_t word;

	if (n >= VECTOR_FROM) {
		const lanes low = { UINT32_MAX, UINT32_MAX };
		lanes even = { 0, 0 }, odd = { 0, 0 }, v, u;

		do {
			memcpy(&v, b, 16);
			memcpy(&u, b + 16, 16);
			even += (v & low) + (u & low);
			odd += (v >> 32) + (u >> 32);
			b += 32;
			n -= 32;
		} while (n >= 32);
		even += odd;
		sum = (sum & UINT32_MAX) + (sum >> 32) + (even[0] & UINT32_MAX) + (even[0] >> 32) + (even[1] & UINT32_MAX) + (even[1] >> 32);
	}
	if (n >= 8) {
		__extension__ unsigned __int128 wide = sum;

		for (; n >= 32; b += 32, n -= 32) {
			wide += sk_hash_load64(b);
			wide += sk_hash_load64(b + 8);
			wide += sk_hash_load64(b + 16);
			wide += sk_hash_load64(b + 24);
		}
		for (; n >= 8; b += 8, n -= 8)
			wide += sk_hash_load64(b);
		word = (uint64_t)wide;
		sum = (word & UINT32_MAX) + (word >> 32) + (uint64_t)(wide >> 64);
	}
	if (n >= 4) {
		sum += sk_checksum_word(b);
		b += 4;
		n -= 4;
	}
	if (n) {
		uint8_t tail[4] = { b[0], n > 1 ? b[1] : 0, n > 2 ? b[2] : 0, 0 };

		sum += sk_checksum_word(tail);
	}
	return sk_checksum_fold(sum);
}

/* What the sender has had: of IPv4 headers and of transports. With RIGHT_MAX right ones nothing that follows matters. */
static void count(struct sk_decode_tally *t, bool right)
{
	if (right)
		t->right += t->right < RIGHT_MAX;
	else
		t->wrong += t->wrong < UINT16_MAX;
}

/* The sender's place in the table. */
static SK_ALWAYS_INLINE size_t place_of_words(uint64_t lo, uint64_t hi, unsigned family, uint32_t *tag)
{
	uint64_t h = sk_hash_fold(lo ^ 0x9e3779b97f4a7c15u, hi ^ 0xa0761d6478bd642fu ^ family);

	*tag = (uint32_t)(h >> 32) | 1;
	return h % SK_DECODE_SENDERS;
}

static size_t place_of(const struct sk_addr *a, uint32_t *tag)
{
	return place_of_words(sk_hash_load64(a->b), sk_hash_load64(a->b + 8), a->family, tag);
}

/* The sender's tallies, or those of all. */
static struct sk_decode_tally *tallies_of(struct walk *w)
{
	struct sk_decode *d = w->d;
	uint32_t tag;
	struct sk_decode_sender *s = &d->senders[place_of(&w->p->src, &tag)];

	if (s->tag == 0)
		s->tag = tag;
	return s->tag == tag ? s->tally : d->all;
}

static bool is_settled(const struct sk_decode *d, const struct sk_decode_sender *s, uint32_t tag, unsigned family)
{
	const struct sk_decode_tally *t = s->tag == tag ? s->tally : d->all;

	return s->tag && (t[0].right == RIGHT_MAX || family != 4) && t[1].right == RIGHT_MAX;
}

bool sk_checksum_is_settled(const struct sk_decode *d, const struct sk_addr *sender)
{
	uint32_t tag;
	const struct sk_decode_sender *s = &d->senders[place_of(sender, &tag)];

	return is_settled(d, s, tag, sender->family);
}

bool sk_checksum_is_counted(const struct sk_decode *d, const uint8_t *ipv4)
{
	uint64_t lo = sk_checksum_word(ipv4);
	uint32_t tag;
	const struct sk_decode_sender *s;

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
	lo <<= 32;
#endif
	/* not through a struct sk_addr: its bytes, read as words at once, would have to wait for having been written one by one */
	s = &d->senders[place_of_words(lo, 0, 4, &tag)];
	return is_settled(d, s, tag, 4) && d->all[0].right == RIGHT_MAX && d->all[1].right == RIGHT_MAX;
}

/* True when the wrong checksum is to be taken for what offloading leaves. */
static bool judge(struct walk *w, unsigned kind, bool right)
{
	struct sk_decode *d = w->d;
	struct sk_decode_tally *t;

	if (d->checksums == SK_CHECKSUMS_ALL)
		return false;
	if (!w->tally)
		w->tally = tallies_of(w);
	t = &w->tally[kind];
	if (SK_LIKELY(right && t->right == RIGHT_MAX && d->all[kind].right == RIGHT_MAX))
		return false;
	count(t, right);
	if (w->tally != d->all)
		count(&d->all[kind], right);
	if (right)
		return false;
	if ((t->right >= RIGHT_MAX || t->wrong <= MAJORITY * t->right) && w->p->ip.n <= WIRE_LEN_MAX)
		return false;
	d->offloaded = true;
	d->counters.checksum_ignored++;
	return true;
}

void sk_checksum_ip(struct walk *w, bool right)
{
	if (SK_LIKELY(right && w->d->checksums == SK_CHECKSUMS_ALL))
		return;
	if (judge(w, 0, right) || right)
		return;
	w->d->counters.bad_ip_checksum++;
	w->p->flags |= SK_PACKET_BAD_IP_CHECKSUM;
	w->p->oddities |= SK_PACKET_ODD(BAD_IP_CHECKSUM);
}

void sk_checksum_transport(struct walk *w, bool right)
{
	if (SK_LIKELY(right && w->d->checksums == SK_CHECKSUMS_ALL))
		return;
	if (judge(w, 1, right) || right)
		return;
	w->d->counters.bad_checksum++;
	w->p->flags |= SK_PACKET_BAD_CHECKSUM;
	w->p->oddities |= SK_PACKET_ODD(BAD_CHECKSUM);
}
