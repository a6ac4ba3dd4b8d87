/* app/http.h — the inside of the HTTP binding: one flow's state, its transactions, the body at hand of each direction.
 *
 * memory   struct sk_http: flow memory. Transactions and bodies: malloc, bounded by QUEUE_MAX and QUEUE_BYTES_MAX per flow, and
 *          freed when their messages are done
 * threads  the flow's worker
 * limits   for http.c, http_event.c, http_body.c, http_file.c, http_range.c and http_text.c only
 */
#ifndef SK_APP_HTTP_H
#define SK_APP_HTTP_H

#include "app/binding.h"
#include "base/buf.h"
#include "proto/coding.h"
#include "proto/form.h"
#include "proto/http1.h"
#include "proto/magic.h"
#include "proto/ranges.h"

#define SK_HTTP_QUEUE_MAX 128			/* requests of a flow that wait for their responses */
#define SK_HTTP_HEADS_MAX 1024u			/* requests behind those of which it is remembered whether they were HEAD */
#define SK_HTTP_QUEUE_BYTES_MAX (2u << 20)	/* memory of their heads */
#define SK_HTTP_TRAILER_MAX 8192u		/* bytes kept of the fields behind a chunked body */
#define SK_HTTP_RANGE_USES 8u		/* resources in pieces a flow is in the midst of */
#define SK_HTTP_RANGES_MAX 256u		/* … and all flows of a worker */
#define SK_HTTP_HELD_MAX (64u << 10)		/* bytes behind a handshake that wait for the answer */
#define SK_HTTP_PIECE_SMALL 64u			/* pieces of a body shorter than that are put together … */
#define SK_HTTP_PIECES_MAX 1024u		/* … up to so many bytes of a run */

#define SK_HTTP_COUNTERS(X) \
	X(requests, "messages", "request heads") \
	X(responses, "messages", "response heads") \
	X(second_readings, "messages", "requests that only the other reading of a length shows") \
	X(oddities, "oddities", "oddities told") \
	X(unpaired, "messages", "responses nobody asked for") \
	X(queue_limit, "messages", "requests not kept for their responses because too many waited") \
	X(held_limit, "flows", "handshakes behind which too much came before their answer: it was read as HTTP") \
	X(body_bytes, "bytes", "body bytes as sent") \
	X(decoded_bytes, "bytes", "body bytes after decompression") \
	X(bombs, "bodies", "bodies whose decompression was given up") \
	X(gap_bytes, "bytes", "body bytes that never came") \
	X(ranges_joined, "resources", "resources told whole that came in pieces") \
	X(ranges_partial, "resources", "resources of whose pieces some were missing at the end of the flow, told as far as they were there") \
	X(ranges_limit, "resources", "resources in pieces that were given up because they have too many or too large ones") \
	X(ranges_evicted, "resources", "resources in pieces that were forgotten for want of room") \
	X(switched, "flows", "flows that went on with another protocol") \
	X(memory, "messages", "messages or bodies told in part because memory was short")
SK_COUNTER_STRUCT(http, SK_HTTP_COUNTERS)

/* A request and its response. refs: the queue, the request's body, the response's body. */
struct sk_http_tx {
	struct sk_http_tx *next;
	struct sk_arena arena;		/* heads and what was made of them */
	unsigned refs;
	bool has_request, has_response;
	bool is_head, is_connect, wants_websocket, wants_upgrade, wants_range;
	uint8_t version_kind;		/* of the request */
	struct sk_span path_raw;	/* of the request, undecoded */
	struct sk_span key, origin;	/* of a WebSocket handshake */
	uint64_t packet[2];		/* request, response: where it came in one */
	struct sk_event request, response;	/* last: not cleared; nobody looks at them where there is none */
};

/* A file as it goes by. */
struct sk_http_file {
	bool open;
	bool is_wanted;			/* decided with the first bytes */
	bool decided;
	bool by_type;			/* its type or name say it is a file */
	struct sk_span name;
	uint64_t size;
	uint32_t first_n;
	uint8_t first[SK_MAGIC_BYTES];
	void *digest[3];		/* EVP_MD_CTX, as wanted: SHA-256, SHA-1, MD5 */
};

/* The body of one message. */
struct sk_http_body {
	struct sk_http_side *side;
	struct sk_http_tx *tx;		/* NULL: belongs to no message */
	const struct sk_event *parent;
	struct sk_coding *coding;	/* NULL: none, or already raw */
	struct sk_form *form;
	bool opened, closed;		/* http.body: a piece was told, the last one was */
	bool started;			/* first_off is set */
	bool lost;
	bool sniffing;			/* the kind of form waits for the first bytes */
	uint8_t form_kind;
	uint64_t off;			/* of the next decoded byte in the body */
	uint64_t first_off;		/* stream offset of the body's first byte */
	uint64_t at;			/* stream offset of the bytes at hand */
	void *unit, *form_unit;
	struct sk_http_odds told;	/* coding and form oddities already told */
	struct sk_span content_type;	/* in the transaction's memory */
	/* the parameter at hand */
	struct sk_form_part part;
	uint64_t part_off;
	struct sk_http_file file, part_file;
	struct sk_buf trailer;		/* lines behind the last chunk */
	/* in another charset */
	struct sk_http_text *text;	/* NULL: it is not converted */
	const char *charset;		/* this body was converted from; NULL: it came as it is */
	bool text_known;		/* its first bytes were looked at */
	/* a piece of a resource */
	struct sk_http_range *range;	/* NULL: it is none */
	struct sk_form *parts;		/* of multipart/byteranges */
	uint64_t range_off;		/* of the next byte in the resource */
	uint32_t range_piece;
	bool range_decoded;		/* the pieces are of decoded bytes */
	uint32_t joined;		/* pieces this body was put together from; 0: it came as it is */
	uint32_t sniff_n;
	uint8_t sniff[SK_FORM_BOUNDARY_MAX + 16];
};

struct sk_http_side {
	struct sk_http1 parser;
	struct sk_http *http;
	int dir;
	struct sk_http_tx *tx;		/* of the message at hand; holds a reference */
	struct sk_http_tx *view_tx;	/* that was at hand when other bytes of it came last; holds a reference */
	struct sk_http_body *body;
	bool body_failed;		/* memory was short: the rest of it is not told */
};

/* A resource whose pieces a flow has brought, with the response (or request) of the last of them. */
struct sk_http_range_use {
	struct sk_http_range *range;
	struct sk_http_tx *tx;
	struct sk_span name;
	uint64_t off;			/* in the stream, of that piece */
	uint32_t pieces;		/* of this flow */
	uint8_t dir;
	bool by_type;
};

/* Of all the worker's flows: transactions to be used again, resources in pieces. */
struct sk_http_worker {
	struct sk_http_tx *spare;	/* linked by next */
	unsigned spare_cnt;
	struct sk_http_range *ranges;	/* the one used last first */
	unsigned range_cnt;
	uint64_t range_budget;		/* bytes they may still take */
	struct sk_http_side *pieces_of;	/* whose body pieces are put together; NULL: nobody's, as between runs */
	uint64_t pieces_off;		/* stream offset of the first */
	size_t pieces_n;
	uint8_t pieces[SK_HTTP_PIECES_MAX];
	bool range_begun;		/* range_budget is set */
};

struct sk_http {
	struct sk_app *a;
	struct sk_flow *f;
	const struct sk_wanted *wanted;
	struct sk_http_counters *counters;
	struct sk_http_worker *worker;
	struct sk_http_side side[2];
	struct sk_http_tx *first, *last;	/* requests that wait for responses, oldest first */
	unsigned queued;
	size_t queued_bytes;
	uint64_t not_kept;		/* requests behind them that were not kept */
	uint64_t heads[SK_HTTP_HEADS_MAX / 64];	/* of the first of those: which were HEAD */
	uint64_t number;
	bool holding;			/* bytes to the server wait for the answer to a handshake */
	bool stopped;			/* switched or done */
	bool broken;			/* no memory to hold: the rest is not held */
	struct sk_buf held;
	uint64_t held_off;
	const struct sk_app_binding *to;	/* of the switch to be made */
	const void *setup;
	struct sk_http_range_use *uses;	/* SK_HTTP_RANGE_USES, once there is one */
	unsigned use_cnt;
};

static inline bool sk_http_wants(const struct sk_http *h, unsigned kind, unsigned slot)
{
	return sk_wanted_field(h->wanted, kind, slot);
}

/* http.c */
struct sk_http_tx *sk_http_tx_ref(struct sk_http_tx *tx);
void sk_http_tx_unref(struct sk_http *h, struct sk_http_tx *tx);
void sk_http_tell_odds(struct sk_http *h, int dir, const struct sk_http_odds *odds, struct sk_span bytes, uint64_t off,
		       const struct sk_event *parent);

/* http_event.c: fills tx->request or e from the head, all in the transaction's memory. False: memory is short. */
bool sk_http_request_event(struct sk_http *h, struct sk_http_tx *tx, const struct sk_http1_head *head);
bool sk_http_response_event(struct sk_http *h, struct sk_http_tx *tx, struct sk_event *e, const struct sk_http1_head *head);
/* A deep copy in flow memory, or NULL. */
const struct sk_event *sk_http_copy_event(struct sk_arena *arena, const struct sk_event *e);

/* http_body.c */
/* The body of the message at hand, NULL where nobody wants it. head NULL: bytes between messages. */
struct sk_http_body *sk_http_body_new(struct sk_http_side *side, struct sk_http_tx *tx, const struct sk_http1_head *head);
void sk_http_body_push(struct sk_http_body *b, struct sk_span bytes, uint64_t off, bool last);
void sk_http_body_gap(struct sk_http_body *b, uint64_t lost);
/* Bytes of lines behind a chunked body. */
void sk_http_body_trailer(struct sk_http_body *b, struct sk_span bytes);
/* Closes what is open and frees it. */
void sk_http_body_end(struct sk_http_body *b, bool truncated);
/* http.form events of a query. */
void sk_http_query_form(struct sk_http_side *side, struct sk_http_tx *tx, const struct sk_http1_head *head, struct sk_span query);

/* http_text.c: bodies in charsets that are no relatives of ASCII, told in UTF-8 as well. */
void sk_http_text_push(struct sk_http_body *b, struct sk_span bytes);
void sk_http_text_end(struct sk_http_body *b, bool truncated);

/* http_range.c: pieces of a resource. The head names one: what is read of the body is kept for it. */
void sk_http_range_begin(struct sk_http_body *b, const struct sk_http1_head *head);
/* Bytes of the body: raw as sent, or decoded. */
void sk_http_range_push(struct sk_http_body *b, struct sk_span bytes, bool is_decoded);
void sk_http_range_gap(struct sk_http_body *b, uint64_t lost);
/* The body is over. Tells the resource where it is whole now. */
void sk_http_range_end(struct sk_http_body *b, bool truncated);
/* The flow is over: tells what of its resources there is. */
void sk_http_range_flow_end(struct sk_http *h);
void sk_http_range_worker_end(struct sk_http_worker *w);

/* http_body.c: tells what of odds was not told yet for this body. */
void sk_http_body_tell(struct sk_http_body *b, const struct sk_http_odds *odds);
/* A body made here, of pieces (their number) or by conversion (0). NULL when memory is short. Bytes through sk_http_body_push, then
 * sk_http_body_end. */
struct sk_http_body *sk_http_body_made(struct sk_http_side *side, struct sk_http_tx *tx, const struct sk_coding_list *codings,
					 uint32_t pieces);

/* http_file.c */
void sk_http_file_begin(struct sk_http_file *file, struct sk_span name, bool by_type);
void sk_http_file_push(struct sk_http *h, struct sk_http_file *file, struct sk_span bytes);
/* Tells the file where it is one. pieces: it was put together from so many; 0: it came as it is. */
void sk_http_file_end(struct sk_http *h, struct sk_http_file *file, int dir, uint64_t first_off, const struct sk_event *parent,
		      bool truncated, uint32_t pieces);

#endif
