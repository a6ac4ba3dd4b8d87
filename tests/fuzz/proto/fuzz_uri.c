/* tests/fuzz/proto/fuzz_uri.c — targets, views, queries, hosts and references: never longer than they came, stable once simple. */
#include <stdlib.h>

#include "proto/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void view(struct sk_span path, enum sk_uri_view v)
{
	struct sk_http_odds odds = { { 0, 0 } };
	uint8_t *out = malloc(path.n + 1), *again = malloc(path.n + 1);
	size_t n = sk_uri_path(path, v, out, &odds), m;

	if (n > path.n)
		abort();
	/* a plain path is its own view */
	if (sk_uri_is_plain(path) && (n != path.n || memcmp(out, path.p, n)))
		abort();
	/* what is simple stays so */
	if (sk_uri_is_plain(sk_span(out, n))) {
		m = sk_uri_path(sk_span(out, n), SK_URI_PATH, again, NULL);
		if (m != n || memcmp(out, again, n))
			abort();
	}
	free(out);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_span s = sk_span(data, size), base, ref;
	uint8_t *out = malloc(size + 2);
	struct sk_uri u;

	sk_uri_split_target(s, &u);
	view(s, SK_URI_PATH);
	view(s, SK_URI_JAVA);
	view(s, SK_URI_TWICE);
	view(u.path, SK_URI_PATH);
	if (sk_uri_query(s, out, NULL) > size || sk_uri_host(s, out) > size)
		abort();
	base = sk_span_sub(s, 0, size / 2);
	ref = sk_span_sub(s, size / 2, size);
	if (sk_uri_resolve(base, ref, out) > size + 1)
		abort();
	free(out);
	return 0;
}
