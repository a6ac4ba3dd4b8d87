/* app/websocket.h — what http.c hands to websocket.c when a handshake was accepted. */
#ifndef SK_APP_WEBSOCKET_H
#define SK_APP_WEBSOCKET_H

#include "app/binding.h"

/* All of it in flow memory, valid until the flow ends. */
struct sk_app_websocket_setup {
	const struct sk_event *request;	/* the http.request of the handshake, deep copy */
	struct sk_span key;		/* Sec-WebSocket-Key of the request */
	struct sk_span accept;		/* Sec-WebSocket-Accept of the response */
	struct sk_span protocol;	/* Sec-WebSocket-Protocol of the response */
	struct sk_span extensions;	/* Sec-WebSocket-Extensions of the response */
	struct sk_span origin;		/* Origin of the request */
};

#endif
