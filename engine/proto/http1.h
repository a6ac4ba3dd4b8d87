/* proto/http1.h — one direction of an HTTP/1 connection, read the way servers and clients do.
 *
 * in       ordered bytes in any pieces, gaps, the end
 * out      heads (an index into bytes that lie in one piece), body bytes without chunked coding, ends of messages, oddities
 * memory   heads that lie in one piece are read in place; otherwise bytes wait in a buffer of at most head_max + 4 KiB, freed when
 *          the head is done; an ambiguous request may bring a second reader of the same size for a while
 * threads  one owner
 * source   RFC 9110, RFC 9112; where servers are known to read otherwise, both readings (see DOC in http1.c)
 * limits   at most SK_HTTP1_FIELDS_MAX fields are kept of a head; an HTTP/2 preface is no message
 */
#ifndef SK_PROTO_HTTP1_H
#define SK_PROTO_HTTP1_H

#include <sekisho/span.h>

#include "base/buf.h"
#include "proto/coding.h"
#include "proto/http1_oddity.h"

#define SK_HTTP1_FIELDS_MAX 512

/* Fields the engine itself reads. */
enum sk_http1_name {
	SK_HTTP1_OTHER, SK_HTTP1_HOST, SK_HTTP1_USER_AGENT, SK_HTTP1_REFERER, SK_HTTP1_CONTENT_TYPE, SK_HTTP1_CONTENT_LENGTH,
	SK_HTTP1_CONTENT_ENCODING, SK_HTTP1_CONTENT_DISPOSITION, SK_HTTP1_TRANSFER_ENCODING, SK_HTTP1_CONNECTION, SK_HTTP1_UPGRADE,
	SK_HTTP1_EXPECT, SK_HTTP1_COOKIE, SK_HTTP1_SERVER, SK_HTTP1_LOCATION, SK_HTTP1_ORIGIN, SK_HTTP1_WEBSOCKET_KEY,
	SK_HTTP1_WEBSOCKET_ACCEPT, SK_HTTP1_WEBSOCKET_PROTOCOL, SK_HTTP1_WEBSOCKET_EXTENSIONS,
	SK_HTTP1_RANGE, SK_HTTP1_CONTENT_RANGE
};

struct sk_http1_field {
	uint32_t name_off, name_n;	/* into sk_http1_head.raw; as sent, without white space around it */
	uint32_t value_off, value_n;	/* white space around it taken off; line ends inside where folded */
	uint8_t name;			/* enum sk_http1_name, control bytes in the name passed over */
	uint8_t folded;
};

enum { SK_HTTP1_VERSION_NONE, SK_HTTP1_VERSION_10, SK_HTTP1_VERSION_11, SK_HTTP1_VERSION_OTHER };

struct sk_http1_head {
	struct sk_span raw;		/* start line and fields, with the line that ends them */
	uint64_t off;			/* stream offset of raw.p */
	bool is_response;
	bool second;			/* only the other reading of a length shows this request */
	bool bare_cr;			/* a CR is in raw without LF behind it */
	bool bodyless;			/* a request, read to its end, that names neither a length nor a coding: its end follows at once */
	bool has_content_length;	/* valid and single: content_length holds */
	uint8_t version_kind;		/* SK_HTTP1_VERSION_* */
	uint16_t status;		/* 0 where it is not a number below 1000 */
	uint32_t names;			/* enum sk_http1_name of the fields, bit by name */
	struct sk_span method, target, version, reason;	/* p NULL where absent */
	uint64_t content_length;
	struct sk_coding_list codings;	/* content codings, then transfer codings, in the order applied */
	bool has_transfer_codings;	/* some of codings are */
	struct sk_http_odds odds;	/* framing and codings included */
	uint32_t field_cnt;
	struct sk_http1_field fields[SK_HTTP1_FIELDS_MAX];	/* the first field_cnt are set */
};

static inline struct sk_span sk_http1_name(const struct sk_http1_head *h, const struct sk_http1_field *f)
{
	return sk_span(h->raw.p + f->name_off, f->name_n);
}

static inline struct sk_span sk_http1_value(const struct sk_http1_head *h, const struct sk_http1_field *f)
{
	return sk_span(h->raw.p + f->value_off, f->value_n);
}

/* First field of that name, or NULL. */
const struct sk_http1_field *sk_http1_find_field(const struct sk_http1_head *h, enum sk_http1_name name);

static inline const struct sk_http1_field *sk_http1_find(const struct sk_http1_head *h, enum sk_http1_name name)
{
	return h->names >> name & 1 ? sk_http1_find_field(h, name) : NULL;
}

/* Without white space around it. */
struct sk_span sk_http1_trim(struct sk_span s);

/* A folded value with every line end and the white space around it made one blank, to out (value.n bytes). Its length. */
size_t sk_http1_unfold(struct sk_span value, uint8_t *out);

/* True when a comma separated value has the token, without regard to case. */
bool sk_http1_has_token(struct sk_span value, const char *token);

enum sk_http1_answer {
	SK_HTTP1_BODY,			/* framed by the head */
	SK_HTTP1_NO_BODY,		/* none may follow: to a HEAD, to a CONNECT that was accepted, 1xx, 204, 304 */
	SK_HTTP1_SWITCH			/* what follows is another protocol: sk_http1_feed stops there */
};

struct sk_http1_ops {
	/* Everything of h but h itself ends with the call. */
	enum sk_http1_answer (*head)(void *cx, const struct sk_http1_head *h);
	/* off: stream offset of the first byte. headless: bytes between messages that are none. last: end follows at once. */
	void (*body)(void *cx, struct sk_span bytes, uint64_t off, bool headless, bool last);
	/* lost bytes of the body */
	void (*gap)(void *cx, uint64_t lost);
	/* End of a message, or of a run of headless bytes. truncated: not as its head said. */
	void (*end)(void *cx, bool truncated, bool headless);
	void (*oddity)(void *cx, enum sk_http_odd odd, struct sk_span bytes, uint64_t off);
	/* Lines behind the last chunk, in any pieces. May be NULL. */
	void (*trailer)(void *cx, struct sk_span bytes);
};

struct sk_http1 {
	const struct sk_http1_ops *ops;
	void *cx;
	uint64_t off;			/* of the first byte not taken */
	uint64_t left;			/* bytes of the body or chunk still to come */
	uint64_t size;			/* chunk size being read */
	uint64_t suspect[2];		/* offsets at which the other reading of a length would begin a message; 0 none */
	uint32_t head_max;
	uint32_t scan;			/* bytes of the waiting head known not to end it */
	uint8_t state;
	uint8_t next;			/* state behind a look ahead */
	uint8_t framing;
	bool is_response;
	bool is_second;
	bool ended;			/* fin or sk_http1_end */
	bool stopped;			/* switched: nothing more is read */
	bool headless;			/* the bytes at hand belong to no message */
	bool open;			/* a message (or headless run) has begun and not ended */
	bool first_line;		/* the waiting head has its request line and it has a version */
	bool at_line;			/* the next byte begins a line */
	bool clean_chunked;		/* the head says chunked and nothing else */
	bool lost;			/* bytes of the message are missing */
	bool overflow;
	uint8_t phase;			/* part of the chunk line at hand */
	uint32_t line_n;		/* bytes of the chunk or trailer line so far */
	uint32_t heads;			/* seen by a second reader */
	struct sk_http_odds told;	/* body oddities of this message already told */
	struct sk_http1 *second;	/* reader of the other reading, or NULL */
	uint64_t second_from;		/* stream offset it begins at */
	struct sk_http1 *other;		/* reader of what other hosts read instead, or NULL */
	uint64_t other_from;		/* stream offset at which it began to differ */
	uint32_t inserted;		/* bytes it has read that the stream lacks */
	uint32_t start_cnt;
	uint64_t starts[8];		/* stream offsets at which the last messages began, while there is another reader */
	uint64_t lf_at;			/* stream offset behind an LF inside of a chunk extension, 0 for none … */
	uint64_t lf_size;		/* … and the chunk size read before it */
	bool passes_lf;			/* this reader takes such an LF for part of the extension */
	struct sk_buf replaced;		/* bytes of another reading, for it to read at replaced_off once the stream is there */
	uint64_t replaced_off;
	uint32_t refused;		/* times bytes were lost because memory was short */
	struct sk_buf wait;		/* bytes that must be seen together with the next ones */
};

/* head_max: bytes of a head that are kept. off: stream offset of the first byte to come. */
void sk_http1_init(struct sk_http1 *h, bool is_response, uint32_t head_max, uint64_t off, const struct sk_http1_ops *ops, void *cx);
void sk_http1_fini(struct sk_http1 *h);

/* Returns the bytes taken: all, or fewer where a head was answered with SK_HTTP1_SWITCH. */
size_t sk_http1_feed(struct sk_http1 *h, struct sk_span bytes);
/* Bytes that other hosts read: at stream offset off before the next ones (inserted: RFC 6093 6), or in place of as many from off on,
 * seen already or still to come. Requests that only this reading shows are told with second = true. */
void sk_http1_other(struct sk_http1 *h, struct sk_span bytes, uint64_t off, bool inserted);
/* Bytes that never came. */
void sk_http1_gap(struct sk_http1 *h, uint64_t lost);
/* The direction ended, or will not go on: what waits is read as it is, an open message is ended. */
void sk_http1_end(struct sk_http1 *h);
/* Goes on behind a head that was answered with SK_HTTP1_SWITCH: the next bytes begin a message. */
void sk_http1_resume(struct sk_http1 *h);
/* The other side has answered: a request line without version that waits for fields is complete. */
void sk_http1_flush(struct sk_http1 *h);

/* A guess from the first bytes of a direction: 1 HTTP/1, 0 not, -1 more bytes are needed. */
int sk_http1_guess(struct sk_span first, bool is_response);

#endif
