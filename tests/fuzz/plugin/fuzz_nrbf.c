/* tests/fuzz/plugin/fuzz_nrbf.c — the walker over .NET records by itself: what it gives lies within the bytes, in their order. */
#include <stdlib.h>

#include "nrbf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	struct sk_span all;
	const uint8_t *last;
	uint32_t classes;
};

static void record(void *cx, enum nrbf_what what, struct sk_span s)
{
	struct seen *seen = cx;

	if (s.p < seen->all.p || s.n > seen->all.n || (size_t)(s.p - seen->all.p) > seen->all.n - s.n || s.p < seen->last)
		abort();
	seen->last = s.p;
	seen->classes += what == NRBF_CLASS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = { sk_span(data, size), data, 0 };
	struct nrbf_result r;

	(void)nrbf_begins(seen.all);
	nrbf_walk(seen.all, record, &seen, &r);
	if (r.classes > seen.classes || r.records > NRBF_RECORDS_MAX)
		abort();
	return 0;
}
