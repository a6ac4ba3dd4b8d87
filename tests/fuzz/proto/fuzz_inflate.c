/* tests/fuzz/proto/fuzz_inflate.c — DEFLATE read by us and by zlib: the same bytes, the same end, the same verdict, for any cut.
 *
 * in       byte 0: bit 0 the rest is deflated first, bits 1 to 3 how, then byte 2 damages a byte of it; byte 1: size of pieces;
 *          otherwise the rest is taken as a stream as it is
 * limits   what both have made after 256 KiB is not compared any further
 */
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/compiler.h"
#include "proto/crc32.h"
#include "proto/inflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MADE_MAX (1u << 18)

struct reading {
	int state;				/* 0 more, 1 end, 2 broken */
	size_t taken, made;
	uint8_t out[MADE_MAX];
};

static struct reading ours, theirs;

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void push_theirs(z_stream *z, const uint8_t *p, size_t n)
{
	z->next_in = p;
	z->avail_in = (uInt)n;
	do {
		int rc;

		z->next_out = theirs.out + theirs.made;
		z->avail_out = (uInt)SK_MIN((size_t)16384, MADE_MAX - theirs.made);
		rc = inflate(z, Z_NO_FLUSH);
		theirs.made = (size_t)(z->next_out - theirs.out);
		theirs.state = rc == Z_STREAM_END ? 1 : rc == Z_OK || rc == Z_BUF_ERROR ? 0 : 2;
	} while (theirs.state == 0 && theirs.made < MADE_MAX && z->avail_out == 0);
	theirs.taken += n - z->avail_in;
}

static void push_ours(struct sk_inflate *z, const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	const uint8_t *at = copy;
	struct sk_span out;
	size_t left = n;

	must(copy);
	memcpy(copy, p, n);
	do {
		ours.state = (int)sk_inflate_run(z, &at, &left, &out);
		must(out.n <= SK_INFLATE_OUT + 259);
		out.n = SK_MIN(out.n, MADE_MAX - ours.made);
		memcpy(ours.out + ours.made, out.p, out.n);
		ours.made += out.n;
	} while (ours.state == 0 && ours.made < MADE_MAX && z->full);
	free(copy);
	ours.taken += n - left;
}

static void compare(const uint8_t *p, size_t n, size_t piece)
{
	static struct sk_inflate inflater;
	z_stream z = { 0 };
	bool all = false;

	must(inflateInit2(&z, -15) == Z_OK);
	sk_inflate_init(&inflater);
	ours.state = theirs.state = 0;
	ours.taken = theirs.taken = ours.made = theirs.made = 0;
	for (size_t at = 0; at < n && ours.state == 0 && theirs.state == 0 && !all; at += piece) {
		push_theirs(&z, p + at, SK_MIN(piece, n - at));
		push_ours(&inflater, p + at, SK_MIN(piece, n - at));
		must(ours.made == theirs.made);
		all = ours.made == MADE_MAX;
	}
	inflateEnd(&z);
	must(all || (ours.state == theirs.state && ours.taken == theirs.taken));
	must(memcmp(ours.out, theirs.out, ours.made) == 0);
	must(sk_crc32(0, sk_span(ours.out, ours.made)) == (uint32_t)crc32(0, ours.out, (uInt)ours.made));
}

static size_t deflated(const uint8_t *p, size_t n, unsigned how, uint8_t *out, size_t room)
{
	static const int strategies[] = { Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE };
	z_stream z = { 0 };
	size_t made;

	must(deflateInit2(&z, how & 1 ? 9 : 1, Z_DEFLATED, -15, 8, strategies[how >> 1 & 3]) == Z_OK);
	z.next_in = p;
	z.avail_in = (uInt)n;
	z.next_out = out;
	z.avail_out = (uInt)room;
	must(deflate(&z, Z_FINISH) == Z_STREAM_END);
	made = z.total_out;
	deflateEnd(&z);
	return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t packed[1 << 16];
	size_t n, piece;

	if (size < 4 || size > 16384)
		return 0;
	piece = data[1] ? (size_t)data[1] * 5 : size;
	if (!(data[0] & 1)) {
		compare(data + 2, size - 2, piece);
		return 0;
	}
	n = deflated(data + 3, size - 3, data[0] >> 1 & 7, packed, sizeof(packed));
	if (data[2])
		packed[(size_t)data[2] * 7 % n] ^= data[2];
	compare(packed, n, piece);
	return 0;
}
