/* tests/fuzz/proto/fuzz_ranges.c — pieces of a resource: against a model of byte cells; Content-Range: what is read can be written.
 *
 * in       byte 0: budget in KiB; then records of place (2 bytes), length (1 byte, times 8), first of the bytes (1 byte, they count up).
 *          All of it is read as a Content-Range too
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/ranges.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CELLS (65536u + 255u * 8)

static struct {
	uint8_t byte;
	bool set, differs;
} cells[CELLS];

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void on_differ(void *cx, struct sk_span fresh, struct sk_span old, uint64_t off)
{
	bool any = false;

	must(fresh.n == old.n && off + fresh.n <= CELLS);
	for (size_t i = 0; i < old.n; i++) {
		must(cells[off + i].set && cells[off + i].byte == old.p[i]);
		any = any || fresh.p[i] != old.p[i];
	}
	must(any);
	++*(unsigned *)cx;
}

static void compare(const struct sk_ranges *s)
{
	uint64_t at = 0;

	for (const struct sk_ranges_chunk *c = s->first; c; c = c->next) {
		must(c->off >= at && c->n <= c->room && c->n <= SK_RANGES_CHUNK);
		for (; at < c->off; at++)
			must(!cells[at].set);
		for (; at < c->off + c->n; at++)
			must(cells[at].set && cells[at].byte == c->p[at - c->off]);
	}
	for (; at < CELLS; at++)
		must(!cells[at].set);
}

static void runs(const struct sk_ranges *s)
{
	const struct sk_ranges_chunk *c = s->first, *behind;
	bool joined;

	for (; c; c = behind) {
		uint64_t end = sk_ranges_run(c, &behind, &joined);

		must(end >= c->off && (!behind || behind->off > end || (behind->off == end && behind == c)));
		must(behind != c);
	}
}

static void range_text(struct sk_span s)
{
	struct sk_range r, again;
	char text[96];
	int n;

	if (sk_range_parse(s, &r) != 1)
		return;
	must(r.first <= r.last && (r.total == SK_RANGES_UNKNOWN || r.last < r.total));
	n = snprintf(text, sizeof(text), "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, r.first, r.last, r.total);
	if (r.total == SK_RANGES_UNKNOWN)
		n = snprintf(text, sizeof(text), "bytes %" PRIu64 "-%" PRIu64 "/*", r.first, r.last);
	must(sk_range_parse(sk_span(text, (size_t)n), &again) == 1);
	must(again.first == r.first && again.last == r.last && again.total == r.total);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_ranges s = { 0 };
	uint64_t budget, whole;
	bool all = true;

	range_text(sk_span(data, size));
	if (size < 1)
		return 0;
	whole = budget = (uint64_t)data[0] * 1024;
	memset(cells, 0, sizeof(cells));
	for (uint32_t piece = 1; size >= 5; size -= 4, data += 4, piece++) {
		const size_t off = data[1] | (size_t)data[2] << 8, n = (size_t)data[3] * 8;
		uint8_t *bytes = malloc(n ? n : 1);
		unsigned told = 0, expected = 0;

		for (size_t i = 0; i < n; i++) {
			bytes[i] = (uint8_t)(data[4] + i);
			expected += cells[off + i].set && cells[off + i].byte != bytes[i];
		}
		all = sk_ranges_put(&s, off, sk_span(bytes, n), piece, &budget, on_differ, &told) && all;
		must(!all || (told > 0) == (expected > 0));
		for (size_t i = 0; i < n; i++) {
			cells[off + i].byte = bytes[i];
			cells[off + i].set = true;
		}
		free(bytes);
		must(budget + s.held == whole && s.chunks <= SK_RANGES_CHUNKS);
		if (!all)
			break;
		runs(&s);
		if (piece % 16 == 0 || size < 9)	/* the last one, too */
			compare(&s);
	}
	sk_ranges_clear(&s, &budget);
	must(budget == whole && !s.first && !s.last);
	return 0;
}
