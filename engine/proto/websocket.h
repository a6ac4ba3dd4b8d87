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

/* X(ENUM, "name", "what it means", "source") */
#define SK_WS_ODDITIES(X) \
	X(RESERVED_BITS, "reserved_bits", "reserved bits nobody has agreed on", "RFC 6455 5.2") \
	X(RESERVED_OPCODE, "reserved_opcode", "an opcode without meaning", "RFC 6455 5.2") \
	X(CONTROL_LENGTH, "oversize_control_frame", "a control frame of more than 125 bytes", "RFC 6455 5.5") \
	X(CONTROL_FRAGMENT, "fragmented_control_frame", "a control frame in pieces", "RFC 6455 5.5") \
	X(LENGTH_FORM, "non_minimal_length", "a length in a longer form than it needs", "RFC 6455 5.2") \
	X(LENGTH, "length_out_of_range", "a length of 2^63 or more", "RFC 6455 5.2") \
	X(UNMASKED, "unmasked_client_frame", "a client frame without mask", "RFC 6455 5.1") \
	X(MASKED, "masked_server_frame", "a server frame with mask", "RFC 6455 5.1") \
	X(CONTINUATION, "unexpected_continuation", "a continuation of nothing", "RFC 6455 5.4") \
	X(UNFINISHED, "unfinished_message", "a message begins before the one before has ended", "RFC 6455 5.4") \
	X(EXTENSION, "bad_extension", "parameters of permessage-deflate nobody may send", "RFC 7692 7.1") \
	X(INFLATE, "inflate_failed", "a compressed message that cannot be read", "RFC 7692 7.2.2") \
	X(RATIO, "inflate_ratio", "a message inflates to more than app.inflate_ratio times its size: the rest is left out", "") \
	X(INFLATE_LIMIT, "inflate_limit", "a message inflates to more than app.inflate_max: the rest is left out", "") \
	X(INFLATERS, "too_many_inflaters", "4,096 compressed directions were open at a time: the message is told as sent", "") \
	X(CONTEXT, "inflate_context_lost", "the window of earlier messages is lost: what needs it is told as sent", "RFC 7692 7.1.1") \
	X(ACCEPT, "bad_accept", "Sec-WebSocket-Accept does not fit the key", "RFC 6455 4.2.2") \
	X(AFTER_CLOSE, "frame_after_close", "a frame behind the close frame", "RFC 6455 5.5.1") \
	X(CUT, "truncated_frame", "the connection was closed inside a frame", "RFC 6455 5.2")
enum {
#define X(id, name, help, source) SK_WS_ODDITY_BIT_##id,
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
