/* proto/form.h — the parameters of a query, an urlencoded or a multipart body, as they stream.
 *
 * in       decoded body bytes in any pieces
 * out      per parameter: begin, its value in pieces, end
 * memory   one malloc'd block of about 10 KiB; names, file names and types are kept up to SK_FORM_NAME_MAX bytes, part head
 *          lines up to SK_FORM_LINE_MAX, the rest of them is passed over
 * threads  one owner
 * source   WHATWG URL 5.1, RFC 7578, RFC 2046 5.1, RFC 2045 6, RFC 6266 4, RFC 5987 3.2. Charsets that are no relatives of ASCII
 *          as ASP.NET reads them (Microsoft reference source: HttpRequest, HttpValueCollection.FillFromEncodedBytes,
 *          HttpMultipartContentTemplateParser): signs between parameters, escapes, boundaries and line ends are ASCII, names, values
 *          and part head lines are not; S. Dalili, "Request encoding to bypass web application firewalls", 2017
 * limits   nested multiparts are values; RFC 2231 continuations are not joined. Relatives of ASCII (Shift JIS, GBK …) are told as
 *          they are sent
 */
#ifndef SK_PROTO_FORM_H
#define SK_PROTO_FORM_H

#include <sekisho/span.h>

#include "proto/http1_oddity.h"

#define SK_FORM_NAME_MAX 1024
#define SK_FORM_LINE_MAX 4096
#define SK_FORM_BOUNDARY_MAX 256

/* SK_FORM_RANGES: multipart/byteranges (RFC 9110 14.6). The Content-Range of a part is its name; charsets and transfer encodings are
 * nobody's concern there. */
enum sk_form_kind { SK_FORM_NONE, SK_FORM_URLENCODED, SK_FORM_MULTIPART, SK_FORM_RANGES };

struct sk_form_part {
	struct sk_span name;		/* decoded */
	struct sk_span filename;	/* p NULL where there is none */
	struct sk_span content_type;	/* p NULL where there is none */
	uint64_t index;			/* from 0 */
};

/* Names and values are UTF-8 where the form came in a charset of charset.h. */
struct sk_form_ops {
	/* the part is valid until its end */
	void (*begin)(void *cx, const struct sk_form_part *part);
	void (*value)(void *cx, struct sk_span bytes);
	/* rest: the last bytes of the value, often all of it */
	void (*end)(void *cx, struct sk_span rest, bool truncated);
};

struct sk_form;

/* content_type gives the boundary and charset; without a boundary the first line of the body does. NULL when memory is short. */
struct sk_form *sk_form_new(enum sk_form_kind kind, struct sk_span content_type, const struct sk_form_ops *ops, void *cx);
void sk_form_free(struct sk_form *f);
/* Before the first push: a charset named elsewhere, in place of content_type's. query: a query string, which ASP.NET reads in it
 * unless it is UTF-16. */
void sk_form_set_charset(struct sk_form *f, struct sk_span name, bool query);

void sk_form_push(struct sk_form *f, struct sk_span bytes);
/* All there is: the last value comes with its end, not before. sk_form_finish is to follow. */
void sk_form_push_all(struct sk_form *f, struct sk_span bytes);
/* Bytes of the body are missing here. */
void sk_form_gap(struct sk_form *f);
/* The body ended. */
void sk_form_finish(struct sk_form *f, bool truncated);

const struct sk_http_odds *sk_form_odds(const struct sk_form *f);

/* The kind a Content-Type names. */
enum sk_form_kind sk_form_kind_of(struct sk_span content_type);
/* multipart/byteranges */
bool sk_form_is_ranges(struct sk_span content_type);
/* The kind the first bytes of a body look like. */
enum sk_form_kind sk_form_sniff(struct sk_span first);
/* True where the type names no charset, or one that all readers take for ASCII with something above. */
bool sk_form_charset_is_plain(struct sk_span content_type);

/* The value of a parameter (word, in lower case) of a field like Content-Type or Content-Disposition, without quotes and
 * escapes, to out (room bytes). False where it is absent. */
bool sk_form_param(struct sk_span field, const char *word, uint8_t *out, size_t room, size_t *n);

#endif
