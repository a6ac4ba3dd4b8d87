/* proto/coding_name.c — the codings a head names; see coding.h. */
#include "base/compiler.h"
#include "proto/coding.h"

static const struct {
	const char *name;
	int kind;			/* -1: passed over */
} names[] = {
	{ "gzip", SK_CODING_GZIP }, { "x-gzip", SK_CODING_GZIP }, { "deflate", SK_CODING_DEFLATE },
	{ "x-deflate", SK_CODING_DEFLATE }, { "br", SK_CODING_BROTLI }, { "zstd", SK_CODING_ZSTD },
	{ "compress", SK_CODING_COMPRESS }, { "x-compress", SK_CODING_COMPRESS }, { "lzma", SK_CODING_LZMA }, { "x-lzma", SK_CODING_LZMA },
	{ "xz", SK_CODING_LZMA }, { "x-xz", SK_CODING_LZMA },
	{ "identity", -1 }, { "chunked", -1 }
};

static void add_name(struct sk_span name, struct sk_coding_list *list, struct sk_http_odds *odds)
{
	for (size_t i = 0; i < SK_ARRAY_LEN(names); i++) {
		if (!sk_span_is_str_nocase(name, names[i].name))
			continue;
		if (names[i].kind < 0)
			return;
		if (list->cnt == SK_CODING_LAYERS_MAX) {
			/* the outermost are the last: forget the first */
			memmove(list->kind, list->kind + 1, sizeof(list->kind) - 1);
			list->cnt--;
			sk_http_odds_add(odds, SK_HTTP_ODD_TOO_MANY_CODINGS);
		}
		if (list->cnt)
			sk_http_odds_add(odds, SK_HTTP_ODD_STACKED_CODINGS);
		list->kind[list->cnt++] = (uint8_t)names[i].kind;
		return;
	}
	sk_http_odds_add(odds, SK_HTTP_ODD_UNKNOWN_CODING);
}

static inline bool name_char(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_' || c == '.';
}

void sk_coding_parse(struct sk_span value, struct sk_coding_list *list, struct sk_http_odds *odds)
{
	uint8_t name[32];
	size_t n = 0;
	bool gap = false, clean = true;	/* gap: white space behind a name without a comma */

	for (size_t i = 0; i <= value.n; i++) {
		uint8_t c = i < value.n ? value.p[i] : ',';

		if (c == 0) {
			clean = false;		/* servers that skip NUL read on */
			continue;
		}
		if (name_char(c)) {
			clean = clean && !(gap && n == 0);
			if (n < sizeof(name))
				name[n++] = c;
			continue;
		}
		if (n)
			add_name(sk_span(name, n), list, odds);
		if (c == ',')
			gap = false;
		else if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			gap = gap || n > 0;
		else
			clean = false;
		n = 0;
	}
	if (!clean)
		sk_http_odds_add(odds, SK_HTTP_ODD_BAD_CODING_SYNTAX);
}
