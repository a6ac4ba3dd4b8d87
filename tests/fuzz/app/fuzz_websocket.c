/* tests/fuzz/app/fuzz_websocket.c — WebSocket frames of two directions, with and without deflate. */
#include "fuzz_flow.h"

#include "app/state.h"
#include "app/websocket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const extensions[] = {
		"", "permessage-deflate", "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
		"permessage-deflate; client_max_window_bits=9" };
	struct sk_app_conf conf = sk_app_conf_default;
	struct sk_app_websocket_setup setup = { .key = sk_span_str("a"), .accept = sk_span_str("b") };
	struct kit k;

	if (size == 0 || size > 65536)
		return 0;
	conf.inflate_max = 1 << 16;
	setup.extensions = sk_span_str(extensions[data[0] & 3]);
	kit_init(&k, 6, 40000, 80);
	sk_app_free(k.app);
	k.app = sk_app_new(&conf, &k.wanted, kit_publish, &k);
	if (!k.app)
		abort();
	if (!sk_app_flow_state(k.app, &k.flow))
		abort();
	sk_app_bind(k.app, &k.flow, &sk_app_websocket, &setup);
	fuzz_directions(&k, data + 1, size - 1);
	kit_free(&k);
	return 0;
}
