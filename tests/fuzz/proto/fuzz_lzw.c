/* tests/fuzz/proto/fuzz_lzw.c — LZW: what is coded here decodes to itself; any bytes give the same for any cut.
 *
 * in       byte 0: most bits of a code, block mode, whether the table is cleared early; byte 1: size of a piece; then the bytes
 *
 * The coder keeps its table as the codes that lengthen a code by a byte.
 *
 * source   ncompress, described in proto/lzw.h: codes lowest bit first in groups of eight, padded to a whole group where the width
 *          changes or the table is cleared
 */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "proto/lzw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OUT_ROOM (1u << 18)
#define TEXT_MAX 3000u

static void must(bool ok)
{
	if (!ok)
		abort();
}

struct coder {
	uint8_t *out;
	size_t bits;			/* written */
	unsigned width, most, codes;	/* codes of this width since it began */
	uint32_t next;
	uint32_t first;			/* of the codes for more than a byte */
	uint16_t longer[TEXT_MAX + 300][256];	/* by code and the byte behind; 0 for none */
};

static void put(struct coder *c, uint32_t code)
{
	for (unsigned i = 0; i < c->width; i++, c->bits++)
		c->out[c->bits / 8] = (uint8_t)(c->out[c->bits / 8] | (code >> i & 1) << c->bits % 8);
	c->codes++;
}

static void pad(struct coder *c)
{
	while (c->codes % 8)
		put(c, 0);
	c->codes = 0;
}

/* A code of the text, and the change of width that may follow. */
static void put_text(struct coder *c, uint32_t code)
{
	put(c, code);
	if (c->next >= 1u << c->width && c->width < c->most) {
		pad(c);
		c->width++;
	}
}

static void begin(struct coder *c)
{
	memset(c->longer, 0, c->next * sizeof(c->longer[0]));
	c->width = 9;
	c->next = c->first;
}

/* Bytes behind the magic. */
static size_t code_text(uint8_t *out, const uint8_t *text, size_t n, unsigned most, bool block, bool clears)
{
	static struct coder c;
	uint32_t ent = text[0];

	c.out = out;
	c.bits = 8;
	c.codes = 0;
	c.most = most;
	c.first = block ? 257 : 256;
	begin(&c);
	out[0] = (uint8_t)(most | (block ? 0x80 : 0));
	for (size_t i = 1; i < n; i++) {
		uint32_t longer = c.longer[ent][text[i]];

		if (longer) {
			ent = longer;
			continue;
		}
		put_text(&c, ent);
		if (c.next < 1u << most)
			c.longer[ent][text[i]] = (uint16_t)c.next++;
		if (block && (c.next == 1u << most || (clears && i % 97 == 0)) && text[i] % 3 == 0) {
			put(&c, 256);
			pad(&c);
			begin(&c);
		}
		ent = text[i];
	}
	put_text(&c, ent);
	return (c.bits + 7) / 8;
}

/* Decodes in pieces; OUT_ROOM at most. SIZE_MAX: no LZW. */
static size_t decode(const uint8_t *data, size_t size, size_t piece, size_t room, uint8_t *out)
{
	struct sk_lzw *z = sk_lzw_new();
	size_t made = 0;

	must(z);
	for (size_t at = 0; at < size;) {
		size_t n = SK_MIN(piece, size - at);
		uint8_t *copy = malloc(n);
		const uint8_t *p = copy;

		must(copy);
		memcpy(copy, data + at, n);
		at += n;
		while ((n || sk_lzw_holds_output(z)) && made < OUT_ROOM) {
			size_t got = sk_lzw_run(z, &p, &n, out + made, SK_MIN(room, OUT_ROOM - made));

			if (got == SIZE_MAX) {
				free(copy);
				sk_lzw_free(z);
				return SIZE_MAX;
			}
			made += got;
		}
		free(copy);
	}
	sk_lzw_free(z);
	return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t coded[8 * TEXT_MAX], a[OUT_ROOM], b[OUT_ROOM];
	size_t n, m, text_n;

	if (size < 3 || size > 16384)
		return 0;
	n = decode(data + 2, size - 2, size, OUT_ROOM, a);
	m = decode(data + 2, size - 2, data[1] % 7 + 1u, data[1] + 1u, b);
	must(n == m || (n == SIZE_MAX) == (m == SIZE_MAX));
	must(n == SIZE_MAX || memcmp(a, b, n) == 0);
	text_n = SK_MIN(size - 2, (size_t)TEXT_MAX);
	memset(coded, 0, sizeof(coded));
	n = code_text(coded, data + 2, text_n, 10 + (data[0] & 7) % 7, data[0] & 8, data[0] & 16);
	m = decode(coded, n, data[1] + 1u, 1000, a);
	must(m == text_n && memcmp(a, data + 2, text_n) == 0);
	return 0;
}
