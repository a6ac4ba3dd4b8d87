/* tests/unit/proto/t_inflate.c — DEFLATE against zlib: the same bytes from the same bytes, whole, cut, damaged and invented. */
#include "unit.h"

#include <stdlib.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/compiler.h"
#include "proto/crc32.h"
#include "proto/inflate.h"

#define MADE_MAX (1u << 20)

struct result {
	int state;			/* 0 more, 1 end, 2 broken */
	size_t taken, made;
	uint8_t out[MADE_MAX];
};

static struct result ours, theirs;
static struct sk_inflate inflater;
static uint64_t seed = UINT64_C(88172645463325252);

static uint32_t draw(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 20) % n;
}

static bool feed_theirs(z_stream *z, const uint8_t *p, size_t n)
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
	return theirs.made < MADE_MAX;
}

static bool feed_ours(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n);	/* so that sanitizers see a byte too many */
	const uint8_t *at = copy;
	size_t left = n;
	struct sk_span out;

	memcpy(copy, p, n);
	do {
		ours.state = (int)sk_inflate_run(&inflater, &at, &left, &out);
		assert_true(out.n <= SK_INFLATE_OUT + 259);
		out.n = SK_MIN(out.n, MADE_MAX - ours.made);
		memcpy(ours.out + ours.made, out.p, out.n);
		ours.made += out.n;
	} while (ours.state == 0 && ours.made < MADE_MAX && inflater.full);
	free(copy);
	ours.taken += n - left;
	return ours.made < MADE_MAX;
}

/* In pieces of at most `most` bytes; the same pieces to both. */
static void compare(const uint8_t *p, size_t n, uint32_t most)
{
	z_stream z = { 0 };

	assert_int_equal(inflateInit2(&z, -15), Z_OK);
	sk_inflate_init(&inflater);
	ours.state = theirs.state = 0;
	ours.taken = theirs.taken = ours.made = theirs.made = 0;
	for (size_t at = 0; at < n && ours.state == 0 && theirs.state == 0; ) {
		size_t k = SK_MIN(n - at, (size_t)1 + draw(most));
		bool more = feed_theirs(&z, p + at, k);

		if (!feed_ours(p + at, k) || !more)
			break;
		/* what the bits so far say is made at once by both */
		assert_int_equal(ours.made, theirs.made);
		at += k;
	}
	inflateEnd(&z);
	assert_int_equal(ours.state, theirs.state);
	if (ours.made < MADE_MAX)
		assert_int_equal(ours.taken, theirs.taken);
	assert_int_equal(ours.made, theirs.made);
	assert_memory_equal(ours.out, theirs.out, ours.made);
}

static uint8_t plain[1u << 18], packed[1u << 19];

static size_t invent(unsigned kind, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		switch (kind) {
		case 0: plain[i] = (uint8_t)draw(256); break;
		case 1: plain[i] = (uint8_t)"abcd efgh"[draw(9)]; break;
		case 2: plain[i] = (uint8_t)(i % 257); break;
		case 3: plain[i] = draw(50) ? 'a' : (uint8_t)draw(256); break;
		default: plain[i] = i > 300 && draw(3) ? plain[i - 1 - draw(300)] : (uint8_t)draw(100);
		}
	}
	return n;
}

static size_t pack(size_t n, int level, int window, int strategy)
{
	z_stream z = { 0 };

	assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, -window, 1 + (int)draw(9), strategy), Z_OK);
	z.next_in = plain;
	z.avail_in = (uInt)n;
	z.next_out = packed;
	z.avail_out = sizeof(packed);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

static uint32_t some_size(void)
{
	static const uint32_t sizes[] = { 1, 4, 40, 1460, 70000 };

	return sizes[draw(SK_ARRAY_LEN(sizes))];
}

static void round_trip(void **state)
{
	for (unsigned i = 0; i < 600; i++) {
		size_t n = invent(i % 5, draw(i % 30 == 0 ? sizeof(plain) : 3000));
		size_t k = pack(n, (int)(i % 10), 9 + (int)draw(7), (int)draw(5));

		compare(packed, k, some_size());
		assert_int_equal(ours.state, SK_INFLATE_END);
		assert_int_equal(ours.made, n);
		assert_memory_equal(ours.out, plain, n);
	}
}

static void bytes_behind_the_end_are_left(void **state)
{
	for (unsigned i = 0; i < 300; i++) {
		size_t k = pack(invent(i % 5, draw(2000)), 6, 15, Z_DEFAULT_STRATEGY), more = 1 + draw(40);

		for (size_t j = 0; j < more; j++)
			packed[k + j] = (uint8_t)draw(256);
		compare(packed, k + more, some_size());
		assert_int_equal(ours.state, SK_INFLATE_END);
		assert_true(ours.taken == k);
	}
}

static void damaged(void **state)
{
	unsigned broken = 0;

	for (unsigned i = 0; i < 4000; i++) {
		size_t k = pack(invent(i % 5, 1 + draw(1500)), (int)(i % 10), 15, (int)draw(5));

		for (unsigned hits = 1 + draw(3); hits; hits--)
			packed[draw((uint32_t)(draw(2) ? k : SK_MIN(k, (size_t)64)))] ^= (uint8_t)(1u << draw(8));
		compare(packed, draw(3) ? k : draw((uint32_t)k + 1), some_size());
		broken += ours.state == SK_INFLATE_BROKEN;
	}
	assert_true(broken > 1000);
}

/* Heads of blocks that no packer writes: codes that are none, lengths without codes, distances into nothing. */
static void invented(void **state)
{
	unsigned broken = 0;

	for (unsigned i = 0; i < 30000; i++) {
		size_t n = 1 + draw(300);

		for (size_t k = 0; k < n; k++)
			packed[k] = draw(9) ? (uint8_t)draw(256) : 0;
		if (i & 1)
			packed[0] = (uint8_t)((packed[0] & ~6u) | 4u);
		compare(packed, n, some_size());
		broken += ours.state == SK_INFLATE_BROKEN;
	}
	assert_true(broken > 10000);
}

static void check_sums(void **state)
{
	invent(0, 5000);
	for (unsigned i = 0; i < 2000; i++) {
		size_t n = i < 300 ? i : draw(4000), at = draw(900), cut = n ? draw((uint32_t)n) : 0;
		uint32_t once = sk_crc32(0, sk_span(plain + at, n)), first = sk_crc32(0, sk_span(plain + at, cut));

		assert_int_equal(once, (uint32_t)crc32(0, plain + at, (uInt)n));
		assert_int_equal(once, sk_crc32(first, sk_span(plain + at + cut, n - cut)));
	}
	/* RFC 1952's sum of "123456789", as every list of check sums has it */
	assert_int_equal(sk_crc32(0, sk_span("123456789", 9)), 0xcbf43926);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(bytes_behind_the_end_are_left),
		cmocka_unit_test(damaged),
		cmocka_unit_test(invented),
		cmocka_unit_test(check_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
