/* proto/uri.h — request targets and references: their parts, and the ways servers read a path.
 *
 * in       bytes of a request line, a Referer or Location field
 * out      spans into them, or normalised bytes in memory the caller gives (never longer than the input)
 * memory   none of its own
 * threads  pure
 * source   RFC 3986 (appendix B, 5.2), RFC 9112 3.2; %uXXXX, overlong UTF-8, full-width forms and backslashes as IIS reads
 *          them; ;parameters as Servlet containers do (Servlet 6.0 3.5.2)
 * limits   best-fit mapping covers U+FF01 to U+FF5E only
 */
#ifndef SK_PROTO_URI_H
#define SK_PROTO_URI_H

#include <sekisho/span.h>

#include "proto/http1_oddity.h"

/* Absent parts have p NULL. */
struct sk_uri {
	struct sk_span scheme, authority, path, query, fragment;
};

/* A URI reference (RFC 3986 appendix B; backslashes count as slashes before the path). */
void sk_uri_split(struct sk_span ref, struct sk_uri *u);

/* Place of the first byte that is c, s.n where there is none. */
size_t sk_uri_find(struct sk_span s, uint8_t c);

/* A request target: absolute-form is split as a reference, all else into path and query; a fragment stays in. */
void sk_uri_split_target(struct sk_span target, struct sk_uri *u);

/* Host of an authority into out (authority.n bytes of room): no user, no port, no final dot, lower case. Its length. */
size_t sk_uri_host(struct sk_span authority, uint8_t *out);

enum sk_uri_view {
	SK_URI_PATH,			/* decoded once, backslashes turned, dot segments and double slashes gone */
	SK_URI_JAVA,			/* the same, ;parameters taken off first */
	SK_URI_TWICE			/* decoded twice */
};

/* Writes a view of a raw path to out (path.n bytes of room) and returns its length. odds (may be NULL) collects. */
size_t sk_uri_path(struct sk_span path, enum sk_uri_view view, uint8_t *out, struct sk_http_odds *odds);

/* Query decoded once, plus as blank, to out (query.n bytes of room). Its length. */
size_t sk_uri_query(struct sk_span query, uint8_t *out, struct sk_http_odds *odds);

/* The same once more, in place, on what sk_uri_query wrote. The new length. */
size_t sk_uri_query_again(uint8_t *p, size_t n);

/* True when path or query cannot change in any view: no escapes, dots before slashes, high bytes and the like. */
bool sk_uri_is_plain(struct sk_span path);

/* Path of a reference resolved against the raw path of a request (RFC 3986 5.2.2), then as SK_URI_PATH; out has room for
 * base.n + ref.n + 1 bytes. Its length. */
size_t sk_uri_resolve(struct sk_span base, struct sk_span ref, uint8_t *out);

/* Undoes %XX and %uXXXX of n bytes in place, plus too when asked; returns the new length. For form parsers. */
size_t sk_uri_unescape(uint8_t *p, size_t n, bool plus, struct sk_http_odds *odds);

#endif
