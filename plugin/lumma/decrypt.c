/* lumma/decrypt.c — see decrypt.h.
 *
 * The nonce has 8 bytes: words 14 and 15 of the state as in the first ChaCha, or words 13 and 14 where it was put in front of a
 * nonce of 12; block numbers begin with 0 or 1. All are tried; the first block decides.
 */
#include "decrypt.h"

#include "chacha.h"

#define FORMS CHACHA_LANES		/* tried at once */

const char *const config_markers[CONFIG_MARKERS] = { "c", "ex", "mx", "se", "ad", "vm" };

static uint32_t word(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* Printable ASCII, blanks and bytes of UTF-8 above it, beginning with an object or array. */
static bool is_json(const uint8_t *p, size_t n)
{
	size_t high = 0, i = 0;

	while (i < n && i < 16 && (p[i] == ' ' || p[i] == '\t' || p[i] == '\r' || p[i] == '\n'))
		i++;
	if (i + 1 >= n || (p[i] != '{' && p[i] != '['))
		return false;
	for (; i < n; i++) {
		if ((p[i] < 0x20 && p[i] != '\t' && p[i] != '\r' && p[i] != '\n') || p[i] == 0x7f)
			return false;
		high += p[i] >= 0x80;
	}
	return high <= n / 4;
}

/* Words 12 to 15 of the state: block numbers from form & 1, the nonce behind the key where form & 2 says. */
static void set_last(uint32_t last[4], const uint8_t keys[CONFIG_KEYS], unsigned form, uint32_t block)
{
	const uint8_t *nonce = keys + CHACHA_KEY;
	unsigned at = form & 2 ? 1 : 2;

	memset(last, 0, 4 * sizeof(*last));
	last[0] = (form & 1) + block;
	last[at] = word(nonce);
	last[at + 1] = word(nonce + 4);
}

static void apply(const uint8_t *stream, const uint8_t *in, uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = in[i] ^ stream[i];
}

/* Decrypts out->n bytes. */
static void decrypt(const uint8_t keys[CONFIG_KEYS], unsigned form, struct sk_span in, struct config *out)
{
	uint32_t last[CHACHA_LANES][4];
	uint8_t stream[CHACHA_LANES][CHACHA_BLOCK];

	for (size_t i = 0; i < out->n; i += sizeof(stream)) {
		for (uint32_t k = 0; k < CHACHA_LANES; k++)
			set_last(last[k], keys, form, (uint32_t)(i / CHACHA_BLOCK) + k);
		chacha_blocks(keys, last, stream);
		apply(&stream[0][0], in.p + i, out->text + i, out->n - i < sizeof(stream) ? out->n - i : sizeof(stream));
	}
}

/* "name": followed by an array, an object, a text or a number. */
static unsigned find_markers(const uint8_t *p, size_t n)
{
	unsigned bits = 0;

	for (unsigned k = 0; k < CONFIG_MARKERS; k++) {
		uint8_t needle[8] = { '"' };
		size_t len = strlen(config_markers[k]);

		memcpy(needle + 1, config_markers[k], len);
		needle[len + 1] = '"';
		needle[len + 2] = ':';
		if (memmem(p, n, needle, len + 3))
			bits |= 1u << k;
	}
	return bits;
}

static bool try_place(const uint8_t keys[CONFIG_KEYS], struct sk_span cipher, struct config *out)
{
	size_t first = cipher.n < CHACHA_BLOCK ? cipher.n : CHACHA_BLOCK;
	uint32_t last[FORMS][4];
	uint8_t stream[FORMS][CHACHA_BLOCK];

	if (cipher.n < CONFIG_MIN)
		return false;
	for (unsigned form = 0; form < FORMS; form++)
		set_last(last[form], keys, form, 0);
	chacha_blocks(keys, last, stream);
	for (unsigned form = 0; form < FORMS; form++) {
		apply(stream[form], cipher.p, out->text, first);
		if (!is_json(out->text, first))
			continue;
		out->n = cipher.n < CONFIG_TEXT ? cipher.n : CONFIG_TEXT;
		decrypt(keys, form, cipher, out);
		out->marker_bits = find_markers(out->text, out->n);
		return true;
	}
	return false;
}

bool config_decrypt(struct sk_span head, const uint8_t tail[CONFIG_KEYS], uint64_t size, struct config *out)
{
	uint64_t cipher = size < CONFIG_KEYS ? 0 : size - CONFIG_KEYS;

	if (head.n < CONFIG_KEYS || cipher < CONFIG_MIN)
		return false;
	out->place = "prefix";
	if (try_place(head.p, sk_span_sub(head, CONFIG_KEYS, head.n), out))
		return true;
	out->place = "suffix";
	return try_place(tail, sk_span_sub(head, 0, head.n < cipher ? head.n : (size_t)cipher), out);
}
