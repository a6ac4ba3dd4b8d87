/* tests/fuzz/app/fuzz_http1.c — bytes of both directions through the HTTP binding, in pieces, with gaps.
 *
 * in       first byte: how the rest is cut. Then records: one byte (bit 0 direction, bit 1 gap, bit 2 end, bit 7 other
 *          bytes, then bit 1 means inserted), one byte length, bytes;
 *          an input that begins with a letter is a conversation as text instead: lines behind "<<<" go to the client
 * limits   units are checked by app_kit.h: opened at 0, closed once
 */
#include "app_kit.h"

#include "base/compiler.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_text(struct kit *k, const uint8_t *p, size_t n)
{
	size_t step = n % 7 + 1;
	int dir = 0;

	while (n) {
		const uint8_t *turn = memmem(p, n, "<<<", 3);
		size_t len = turn ? (size_t)(turn - p) : n;

		kit_split(k, dir, p, len, dir ? 1000 : step);
		dir = !dir;
		p += len;
		n -= len;
		if (turn) {
			p += 3;
			n -= 3;
		}
	}
}

static void as_records(struct kit *k, const uint8_t *p, size_t n)
{
	while (n >= 2) {
		uint8_t what = p[0];
		size_t len = p[1];

		p += 2;
		n -= 2;
		if (len > n)
			len = n;
		if (what & 128)
			kit_other(k, what & 1, k->off[what & 1] + 16 - SK_MIN(k->off[what & 1] + 16, (uint64_t)(what >> 2 & 31)), sk_span(p, len), what & 2,
				  sk_span_sub(sk_span(p, n), len, SK_MIN(k->off[what & 1], (uint64_t)40)));
		else if (what & 2)
			kit_gap(k, what & 1, len + 1);
		else
			kit_split(k, what & 1, p, len, (what >> 3 & 15) + 1u);
		if (what & 4)
			kit_run(k, what & 1, "", 0, true);
		p += len;
		n -= len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct kit k;

	kit_init(&k, 6, 40000, 80);
	k.flow.info.saw_both = 1;
	if (size && data[0] >= 'A')
		as_text(&k, data, size);
	else
		as_records(&k, data, size);
	kit_end(&k);
	kit_free(&k);
	return 0;
}
