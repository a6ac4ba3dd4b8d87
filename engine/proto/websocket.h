/* proto/websocket.h — WebSocket frame headers, masks, the handshake's proof and the deflate extension's parameters.
 *
 * in       bytes of one direction, in any pieces
 * memory   struct sk_ws_reader is a value
 * threads  pure
 * source   RFC 6455 4.2.2, 5.2, 5.3; RFC 7692 7.1
 */
#ifndef SK_PROTO_WEBSOCKET_H
#define SK_PROTO_WEBSOCKET_H

#include <sekisho/span.h>

#include "proto/digest.h"

enum {
	SK_WS_CONTINUATION = 0, SK_WS_TEXT = 1, SK_WS_BINARY = 2, SK_WS_CLOSE = 8, SK_WS_PING = 9, SK_WS_PONG = 10
};

#define SK_WS_HEADER_MAX 14u
#define SK_WS_CONTROL_MAX 125u	/* payload of a control frame, RFC 6455 5.5 */

/* X(ENUM, "name") */
#define SK_WS_ODDITIES(X) \
	X(RESERVED_BITS, "reserved_bits") \
	X(RESERVED_OPCODE, "reserved_opcode") \
	X(CONTROL_LENGTH, "oversize_control_frame") \
	X(CONTROL_FRAGMENT, "fragmented_control_frame") \
	X(LENGTH_FORM, "non_minimal_length") \
	X(LENGTH, "length_out_of_range") \
	X(UNMASKED, "unmasked_client_frame") \
	X(MASKED, "masked_server_frame") \
	X(CONTINUATION, "unexpected_continuation") \
	X(UNFINISHED, "unfinished_message") \
	X(EXTENSION, "bad_extension") \
	X(INFLATE, "inflate_failed") \
	X(RATIO, "inflate_ratio") \
	X(INFLATE_LIMIT, "inflate_limit") \
	X(CONTEXT, "inflate_context_lost") \
	X(ACCEPT, "bad_accept") \
	X(AFTER_CLOSE, "frame_after_close") \
	X(CUT, "truncated_frame")
enum {
#define X(id, name) SK_WS_ODDITY_BIT_##id,
	SK_WS_ODDITIES(X)
#undef X
	SK_WS_ODDITY_CNT
};
extern const char *const sk_ws_oddity_names[SK_WS_ODDITY_CNT];

struct sk_ws_header {
	uint8_t opcode;
	uint8_t reserved;		/* RSV1 is 4, RSV2 2, RSV3 1 */
	bool fin, masked;
	bool is_minimal;		/* the length is in its shortest form */
	uint8_t mask[4];
	uint64_t len;			/* of the payload, as sent */
	uint8_t header_len;
};

struct sk_ws_reader {
	uint8_t bytes[SK_WS_HEADER_MAX];
	uint8_t n;
};

/* Takes bytes off *data until a header is whole; then true, and the reader is ready for the next one. */
bool sk_ws_next_header(struct sk_ws_reader *r, struct sk_span *data, struct sk_ws_header *h);

/* Whether whole frames follow each other from the start of data to exactly its end. */
bool sk_ws_is_chain(struct sk_span data, bool masked);

/* dst[i] = src[i] ^ mask[(pos + i) % 4]; dst may not overlap src. */
void sk_ws_unmask(uint8_t *dst, struct sk_span src, const uint8_t mask[4], uint64_t pos);

/* Whether accept is base64(SHA-1(key, GUID)). */
bool sk_ws_accept_fits(struct sk_digester *d, struct sk_span key, struct sk_span accept);

/* By direction of sending: 0 client to server, 1 server to client. */
struct sk_ws_deflate {
	bool agreed;
	bool is_odd;			/* parameters that RFC 7692 7.1 does not allow */
	bool no_takeover[2];
	uint8_t window_bits[2];
};

/* Reads the Sec-WebSocket-Extensions field of the response. */
void sk_ws_read_extensions(struct sk_span field, struct sk_ws_deflate *d);

#endif
