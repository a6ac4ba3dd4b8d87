/* tests/unit/proto/t_websocket.c — the examples of RFC 6455 1.3, 5.7 and RFC 7692 7.1, 7.2.3; headers byte by byte. */
#include <stdlib.h>

#include "unit.h"

#include "base/buf.h"
#include "base/err.h"
#include "proto/inflate_ws.h"
#include "proto/websocket.h"

static struct sk_ws_header header_of(const char *bytes, size_t n, size_t step)
{
	struct sk_ws_reader r = { .n = 0 };
	struct sk_ws_header h = { .opcode = 99 };

	for (size_t i = 0; i < n; i += step) {
		struct sk_span s = sk_span(bytes + i, n - i < step ? n - i : step);

		if (sk_ws_next_header(&r, &s, &h))
			break;
	}
	return h;
}

static void rfc6455_frames(void **state)
{
	for (size_t step = 1; step < 12; step++) {
		struct sk_ws_header h = header_of("\x81\x05Hello", 7, step);
		uint8_t text[5];

		assert_true(h.fin && !h.masked && h.opcode == SK_WS_TEXT && h.len == 5 && h.header_len == 2);
		h = header_of("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11, step);
		assert_true(h.fin && h.masked && h.opcode == SK_WS_TEXT && h.len == 5 && h.header_len == 6);
		sk_ws_unmask(text, sk_span("\x7f\x9f\x4d\x51\x58", 5), h.mask, 0);
		assert_memory_equal(text, "Hello", 5);
		h = header_of("\x01\x03Hel", 5, step);
		assert_true(!h.fin && h.opcode == SK_WS_TEXT && h.len == 3);
		h = header_of("\x80\x02lo", 4, step);
		assert_true(h.fin && h.opcode == SK_WS_CONTINUATION && h.len == 2);
		h = header_of("\x89\x05Hello", 7, step);
		assert_true(h.fin && h.opcode == SK_WS_PING);
		h = header_of("\x82\x7e\x01\x00", 4, step);
		assert_true(h.opcode == SK_WS_BINARY && h.len == 256 && h.is_minimal && h.header_len == 4);
		h = header_of("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10, step);
		assert_true(h.opcode == SK_WS_BINARY && h.len == 65536 && h.is_minimal && h.header_len == 10);
		h = header_of("\x82\x7e\x00\x7d", 4, step);
		assert_true(h.len == 125 && !h.is_minimal);
		h = header_of("\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff", 10, step);
		assert_true(h.len == 65535 && !h.is_minimal);
		h = header_of("\xf3\x00", 2, step);
		assert_true(h.reserved == 7 && h.opcode == 3 && h.len == 0);
	}
}

static void masks_turn_with_the_position(void **state)
{
	static const uint8_t mask[4] = { 1, 2, 4, 8 };
	uint8_t src[41], whole[41], part[41];

	for (size_t i = 0; i < sizeof(src); i++)
		src[i] = (uint8_t)(i * 7);
	sk_ws_unmask(whole, sk_span(src, sizeof(src)), mask, 0);
	for (size_t i = 0; i < sizeof(src); i++)
		assert_int_equal(whole[i], src[i] ^ mask[i % 4]);
	for (size_t cut = 0; cut <= sizeof(src); cut++) {
		sk_ws_unmask(part, sk_span(src, cut), mask, 0);
		sk_ws_unmask(part + cut, sk_span(src + cut, sizeof(src) - cut), mask, cut);
		assert_memory_equal(part, whole, sizeof(src));
	}
}

static void rfc6455_accept(void **state)
{
	struct sk_digester *d = sk_digester_new();

	assert_true(sk_ws_accept_fits(d, sk_span_str("dGhlIHNhbXBsZSBub25jZQ=="), sk_span_str("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")));
	assert_false(sk_ws_accept_fits(d, sk_span_str("dGhlIHNhbXBsZSBub25jZQ="), sk_span_str("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")));
	assert_false(sk_ws_accept_fits(d, sk_span(NULL, 0), sk_span(NULL, 0)));
	sk_digester_free(d);
}

static void rfc7692_parameters(void **state)
{
	struct sk_ws_deflate d;

	sk_ws_read_extensions(sk_span_str(""), &d);
	assert_false(d.agreed);
	sk_ws_read_extensions(sk_span_str("permessage-deflate"), &d);
	assert_true(d.agreed && !d.is_odd && !d.no_takeover[0] && d.window_bits[0] == 15 && d.window_bits[1] == 15);
	sk_ws_read_extensions(sk_span_str("x-a; b=c, Permessage-Deflate; server_no_context_takeover;client_max_window_bits=\"9\" ; "
					  "server_max_window_bits=10"), &d);
	assert_true(d.agreed && !d.is_odd && d.no_takeover[1] && !d.no_takeover[0] && d.window_bits[0] == 9 && d.window_bits[1] == 10);
	sk_ws_read_extensions(sk_span_str("permessage-deflate; client_no_context_takeover; client_max_window_bits=16"), &d);
	assert_true(d.agreed && d.is_odd && d.no_takeover[0] && d.window_bits[0] == 15);
	sk_ws_read_extensions(sk_span_str("permessage-deflate; what"), &d);
	assert_true(d.agreed && d.is_odd);
	sk_ws_read_extensions(sk_span_str("permessage-deflated, x"), &d);
	assert_false(d.agreed);
}

static bool collect(void *cx, struct sk_span out)
{
	return sk_buf_add(cx, out) == 0;
}

static uint8_t chunk[SK_WS_INFLATE_CHUNK];

static int inflate_message(struct sk_ws_inflate *z, const char *in, size_t n, bool keep, size_t step, struct sk_buf *out)
{
	int rc = 0;

	sk_buf_clear(out);
	sk_ws_inflate_begin(z, keep);
	for (size_t i = 0; i < n && rc == 0; i += step)
		rc = sk_ws_inflate_run(z, sk_span(in + i, n - i < step ? n - i : step), i + step >= n, chunk, collect, out);
	return rc;
}

#define INFLATE(bytes, keep) inflate_message(z, bytes, sizeof(bytes) - 1, keep, step, &out)

static void rfc7692_examples(void **state)
{
	struct sk_buf out = { .cap = 0 };

	for (size_t step = 1; step < 16; step++) {
		struct sk_ws_inflate *z = sk_ws_inflate_new();

		assert_int_equal(INFLATE("\xf2\x48\xcd\xc9\xc9\x07\x00", false), 0);	/* 7.2.3.1 */
		assert_string_equal(sk_buf_str(&out), "Hello");
		assert_int_equal(INFLATE("\xf2\x00\x11\x00\x00", true), 0);		/* 7.2.3.2, shared window */
		assert_string_equal(sk_buf_str(&out), "Hello");
		assert_int_equal(INFLATE("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", false), 0);	/* 7.2.3.3, not compressed */
		assert_string_equal(sk_buf_str(&out), "Hello");
		assert_int_equal(INFLATE("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", false), 0);	/* 7.2.3.4, final block */
		assert_string_equal(sk_buf_str(&out), "Hello");
		assert_int_equal(INFLATE("\xf2\x00\x11\x00\x00", true), 0);		/* … after which the window lives on */
		assert_string_equal(sk_buf_str(&out), "Hello");
		assert_int_equal(INFLATE("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", false), 0);	/* 7.2.3.5 */
		assert_string_equal(sk_buf_str(&out), "Hello");
		assert_int_equal(INFLATE("\x00", false), 0);				/* 7.2.3.6, empty */
		assert_int_equal(out.n, 0);
		assert_int_equal(INFLATE("\xf3\x48\xcd\xc9\xc9\x07\x00", false), 0);	/* a final block and nothing behind it */
		assert_string_equal(sk_buf_str(&out), "Hello");
		/* no window to refer to; a block type that does not exist; a message cut in the middle */
		assert_int_equal(INFLATE("\xf2\x00\x11\x00\x00", false), SK_E_FORMAT);
		assert_int_equal(INFLATE("\x07\x00", false), SK_E_FORMAT);
		assert_int_equal(INFLATE("\xf2\x48\xcd", false), SK_E_FORMAT);
		sk_ws_inflate_free(z);
	}
	sk_buf_fini(&out);
}

static void final_blocks_are_bounded(void **state)
{
	char many[2 * 1000 + 1];
	struct sk_buf out = { .cap = 0 };
	struct sk_ws_inflate *z = sk_ws_inflate_new();

	for (size_t i = 0; i + 2 < sizeof(many); i += 2)
		memcpy(many + i, "\x03\x00", 2);
	assert_int_equal(inflate_message(z, many, 2 * 16, false, 64, &out), 0);
	assert_int_equal(inflate_message(z, many, 2 * 17, false, 64, &out), SK_E_FORMAT);
	sk_ws_inflate_free(z);
	sk_buf_fini(&out);
}

static void chains_are_whole_frames(void **state)
{
	assert_true(sk_ws_is_chain(sk_span("\x81\x01" "a\x82\x00\x89\x00", 7), false));
	assert_false(sk_ws_is_chain(sk_span("\x81\x01" "a\x82\x01", 5), false));
	assert_false(sk_ws_is_chain(sk_span("\x81\x01" "a", 3), true));
	assert_true(sk_ws_is_chain(sk_span("\x81\x81....a", 7), true));
	assert_false(sk_ws_is_chain(sk_span("\x83\x01" "a", 3), false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc6455_frames),
		cmocka_unit_test(masks_turn_with_the_position),
		cmocka_unit_test(rfc6455_accept),
		cmocka_unit_test(rfc7692_parameters),
		cmocka_unit_test(rfc7692_examples),
		cmocka_unit_test(final_blocks_are_bounded),
		cmocka_unit_test(chains_are_whole_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
