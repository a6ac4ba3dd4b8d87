/* tests/unit/app/t_websocket.c — messages in any segmentation, fragments with control frames between them, deflate with and
 * without takeover, holes anywhere, oddities that do not stop the reading. */
#include "unit.h"

#include <zlib.h>

#include "app_kit.h"

#include "app/state.h"
#include "app/websocket.h"

static struct sk_app_websocket_setup setup;

static void start(struct kit *k, const char *extensions)
{
	kit_init(k, 6, 40000, 80);
	setup = (struct sk_app_websocket_setup){ .key = sk_span_str("dGhlIHNhbXBsZSBub25jZQ=="),
		.accept = sk_span_str("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), .extensions = sk_span_str(extensions) };
	assert_non_null(sk_app_flow_state(k->app, &k->flow));
	assert_true(sk_app_bind(k->app, &k->flow, &sk_app_websocket, &setup));
	assert_non_null(strstr(kit_log(k), "accept_ok=1"));
	sk_buf_clear(&k->log);
}

static void finish(struct kit *k, const char *want)
{
	kit_end(k);
	assert_string_equal(kit_log(k), want);
	kit_free(k);
}

/* A frame as it is sent; masked when the mask is not 0. */
static size_t put_frame(uint8_t *out, unsigned first, const void *payload, size_t n, uint32_t mask)
{
	size_t o = 0;
	uint8_t key[4] = { (uint8_t)(mask >> 24), (uint8_t)(mask >> 16), (uint8_t)(mask >> 8), (uint8_t)mask };

	out[o++] = (uint8_t)first;
	if (n < 126) {
		out[o++] = (uint8_t)((mask ? 0x80 : 0) | n);
	} else {
		out[o++] = mask ? 0xfe : 0x7e;
		out[o++] = (uint8_t)(n >> 8);
		out[o++] = (uint8_t)n;
	}
	if (mask) {
		memcpy(out + o, key, 4);
		o += 4;
	}
	for (size_t i = 0; i < n; i++)
		out[o++] = ((const uint8_t *)payload)[i] ^ (mask ? key[i % 4] : 0);
	return o;
}

static void open_tells_the_handshake(void **state)
{
	struct kit k;

	kit_init(&k, 6, 40000, 80);
	setup = (struct sk_app_websocket_setup){ .key = sk_span_str("dGhlIHNhbXBsZSBub25jZQ=="), .accept = sk_span_str("no"),
		.protocol = sk_span_str("chat"), .extensions = sk_span_str("permessage-deflate; foo"), .origin = sk_span_str("https://a.example") };
	assert_non_null(sk_app_flow_state(k.app, &k.flow));
	sk_app_bind(k.app, &k.flow, &sk_app_websocket, &setup);
	finish(&k, "websocket.open to_client protocol=chat extensions=permessage-deflate;%20foo origin=https://a.example accept_ok=0\n"
		   "websocket.oddity to_client name=bad_accept bytes=no offset=0\n"
		   "websocket.oddity to_client name=bad_extension bytes=permessage-deflate;%20foo offset=0\n");
}

static void fragments_and_control_frames_in_any_segmentation(void **state)
{
	uint8_t up[400];
	size_t n = 0;

	n += put_frame(up + n, 0x01, "Hel", 3, 0x37fa213d);
	n += put_frame(up + n, 0x89, "are you there", 13, 0x01020304);
	n += put_frame(up + n, 0x00, "", 0, 0x11111111);
	n += put_frame(up + n, 0x80, "lo", 2, 0xa1b2c3d4);
	n += put_frame(up + n, 0x82, "", 0, 0x55555555);
	n += put_frame(up + n, 0x88, "\x03\xe8" "bye", 5, 0x99999999);
	for (size_t step = 1; step <= n; step++) {
		struct kit k;

		start(&k, "");
		kit_split(&k, 0, up, n, step);
		finish(&k, "websocket.message to_server payload=are%20you%20there last=1 truncated=0 opcode=ping fragments=1 compressed=0 masked=1 number=2\n"
			   "websocket.message to_server payload=Hello last=1 truncated=0 opcode=text fragments=3 compressed=0 masked=1 number=1\n"
			   "websocket.message to_server payload= last=1 truncated=0 opcode=binary fragments=1 compressed=0 masked=1 number=3\n"
			   "websocket.message to_server payload=%03%e8bye last=1 truncated=0 opcode=close fragments=1 compressed=0 masked=1 number=4\n");
	}
}

static void long_frames(void **state)
{
	static uint8_t payload[70000], frame[70100];
	struct kit k;
	size_t o = 0;

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)('a' + i % 26);
	memcpy(frame, "\x82\xff\0\0\0\0\0\1\x11\x70\1\2\3\4", 14);
	for (o = 0; o < sizeof(payload); o++)
		frame[14 + o] = payload[o] ^ (uint8_t)(1 + o % 4);
	start(&k, "");
	kit_split(&k, 0, frame, 14 + sizeof(payload), 1460);
	kit_end(&k);
	assert_int_equal(k.log.n, sizeof(payload) + strlen("websocket.message to_server payload= last=1 truncated=0 opcode=binary fragments=1 "
							    "compressed=0 masked=1 number=1\n"));
	assert_memory_equal(kit_log(&k) + strlen("websocket.message to_server payload="), payload, sizeof(payload));
	kit_free(&k);
}

/* Pieces of a message that came in one run and are a byte long are told together. */
static void tiny_fragments(void **state)
{
	uint8_t up[8192];
	char want[2300] = "websocket.message to_client payload=";
	size_t n = 0, w = strlen(want);
	uint64_t before;
	struct kit k;

	start(&k, "");
	before = k.events;
	for (int i = 0; i < 600; i++) {
		char c = (char)('a' + i % 26);

		n += put_frame(up + n, i == 0 ? 1 : i == 599 ? 0x80 : 0, &c, 1, 0);
		want[w++] = c;
		if (i == 300)					/* a ping between them comes in its place */
			n += put_frame(up + n, 0x89, "?", 1, 0);
	}
	kit_run(&k, SK_TO_CLIENT, up, n, false);
	assert_int_equal(k.events - before, 3);			/* to the ping, it, the rest */
	snprintf(want + w, sizeof(want) - w, " last=1 truncated=0 opcode=text fragments=600 compressed=0 masked=0 number=1\n");
	kit_end(&k);
	assert_non_null(strstr(kit_log(&k), want));
	kit_free(&k);
}

#define SERVER(p, o, n) "websocket.message to_client payload=" p " last=1 truncated=0 opcode=" o " fragments=1 compressed=0 masked=0 number=" n "\n"

static void oddities_go_on(void **state)
{
	struct kit k;

	start(&k, "");
	kit_run(&k, 1, "\xc1\1a", 3, false);			/* RSV1 without deflate */
	kit_run(&k, 1, "\x83\1b", 3, false);			/* opcode 3 */
	kit_run(&k, 1, "\x09\1c", 3, false);			/* ping without FIN */
	kit_run(&k, 1, "\x82\x7e\0\1d", 5, false);		/* long form of 1 */
	kit_run(&k, 1, "\x81\x81\0\0\0\0e", 7, false);		/* masked by the server */
	kit_run(&k, 1, "\x80\1f", 3, false);			/* nothing to continue */
	kit_run(&k, 1, "\x01\1g\x81\1h", 6, false);		/* a message inside a message */
	finish(&k, "websocket.oddity to_client name=reserved_bits bytes=%c1%01 offset=0\n" SERVER("a", "text", "1")
		   "websocket.oddity to_client name=reserved_opcode bytes=%83%01 offset=3\n" SERVER("b", "3", "2")
		   "websocket.oddity to_client name=fragmented_control_frame bytes=%09%01 offset=6\n" SERVER("c", "ping", "3")
		   "websocket.oddity to_client name=non_minimal_length bytes=%82~%00%01 offset=9\n" SERVER("d", "binary", "4")
		   "websocket.oddity to_client name=masked_server_frame bytes=%81%81%00%00%00%00 offset=14\n"
		   "websocket.message to_client payload=e last=1 truncated=0 opcode=text fragments=1 compressed=0 masked=1 number=5\n"
		   "websocket.oddity to_client name=unexpected_continuation bytes=%80%01 offset=21\n" SERVER("f", "0", "6")
		   "websocket.oddity to_client name=unfinished_message bytes=%81%01 offset=27\n"
		   "websocket.message to_client payload=g last=1 truncated=1 opcode=text fragments=1 compressed=0 masked=0 number=7\n"
		   SERVER("h", "text", "8"));
	start(&k, "");
	kit_run(&k, 0, "\x88\x7e\0\x7e", 4, false);		/* a close frame of 126 bytes, unmasked, cut short by the end */
	kit_run(&k, 0, "\3\xe8", 2, false);
	kit_close(&k, 0);
	finish(&k, "websocket.oddity to_server name=oversize_control_frame bytes=%88~%00~ offset=0\n"
		   "websocket.oddity to_server name=unmasked_client_frame bytes=%88~%00~ offset=0\n"
		   "websocket.oddity to_server name=truncated_frame bytes=%88~%00~ offset=0\n"
		   "websocket.message to_server payload=%03%e8 last=1 truncated=1 opcode=close fragments=1 compressed=0 masked=0 number=1\n");
}

/* What is told of a direction that has sent these bytes when it ends: closed by its sender, or otherwise. */
static bool tells_cut(int dir, const char *bytes, size_t n, bool closed)
{
	struct kit k;
	bool told;

	start(&k, "");
	kit_run(&k, dir, bytes, n, false);
	if (closed)
		kit_close(&k, dir);
	else
		kit_run(&k, dir, "", 0, true);
	told = strstr(kit_log(&k), "name=truncated_frame") != NULL;
	kit_run(&k, !dir, "", 0, true);
	kit_end(&k);
	kit_free(&k);
	return told;
}

static void a_frame_is_cut_by_whoever_closes(void **state)
{
	static const char client[] = "\x81\x83\1\2\3\4abc", server[] = "\x81\3abc";

	for (size_t n = 1; n < sizeof(client); n++) {
		assert_int_equal(tells_cut(0, client, n, true), n < sizeof(client) - 1);
		assert_false(tells_cut(0, client, n, false));		/* a reset, or the capture's end */
	}
	for (size_t n = 1; n < sizeof(server); n++) {
		assert_int_equal(tells_cut(1, server, n, true), n < sizeof(server) - 1);
		assert_false(tells_cut(1, server, n, false));
	}
	assert_false(tells_cut(1, "\x01\1a", 3, true));		/* whole frames of a message that is not */
	assert_false(tells_cut(0, "", 0, true));
}

/* --- deflate, by zlib itself --- */

struct packer {
	z_stream z;
	bool takeover;
};

static size_t pack(struct packer *p, const void *in, size_t n, uint8_t *out, size_t room)
{
	z_stream *z = &p->z;

	if (!p->takeover)
		deflateReset(z);
	z->next_in = (Bytef *)(uintptr_t)in;
	z->avail_in = (uInt)n;
	z->next_out = out;
	z->avail_out = (uInt)room;
	assert_int_equal(deflate(z, Z_SYNC_FLUSH), Z_OK);
	n = room - z->avail_out;
	assert_memory_equal(out + n - 4, "\0\0\xff\xff", 4);
	return n - 4;
}

static size_t put_deflated(struct packer *p, uint8_t *out, const char *text, uint32_t mask)
{
	uint8_t packed[512];
	size_t n = pack(p, text, strlen(text), packed, sizeof(packed));

	return put_frame(out, 0xc1, packed, n, mask);
}

static void deflate_in_any_segmentation(void **state)
{
	static const char *const texts[] = { "{\"env\": {\"PATH\": \"/usr/bin\"}}", "{\"env\": {\"PATH\": \"/usr/bin:/bin\"}}", "{\"env\": {}}" };

	for (int takeover = 0; takeover < 2; takeover++) {
		for (size_t step = 1; step < 120; step += 3) {
			struct packer p = { .takeover = takeover };
			uint8_t up[1000], packed[300];
			size_t n = 0, m;
			struct kit k;

			assert_int_equal(deflateInit2(&p.z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
			n += put_deflated(&p, up + n, texts[0], 0x01020304);
			n += put_frame(up + n, 0x81, "plain", 5, 0x0a0b0c0d);	/* not every message is compressed */
			/* in two fragments with a pong between them */
			m = pack(&p, texts[1], strlen(texts[1]), packed, sizeof(packed));
			n += put_frame(up + n, 0x41, packed, 3, 0x05060708);
			n += put_frame(up + n, 0x8a, "", 0, 0x05060708);
			n += put_frame(up + n, 0x80, packed + 3, m - 3, 0x15161718);
			n += put_deflated(&p, up + n, texts[2], 0x99999999);
			start(&k, takeover ? "permessage-deflate" : "permessage-deflate; client_no_context_takeover");
			kit_split(&k, 0, up, n, step);
			finish(&k, "websocket.message to_server payload={\"env\":%20{\"PATH\":%20\"/usr/bin\"}} last=1 truncated=0 opcode=text fragments=1 compressed=1 masked=1 number=1\n"
				   "websocket.message to_server payload=plain last=1 truncated=0 opcode=text fragments=1 compressed=0 masked=1 number=2\n"
				   "websocket.message to_server payload= last=1 truncated=0 opcode=pong fragments=1 compressed=0 masked=1 number=4\n"
				   "websocket.message to_server payload={\"env\":%20{\"PATH\":%20\"/usr/bin:/bin\"}} last=1 truncated=0 opcode=text fragments=2 compressed=1 masked=1 number=3\n"
				   "websocket.message to_server payload={\"env\":%20{}} last=1 truncated=0 opcode=text fragments=1 compressed=1 masked=1 number=5\n");
			deflateEnd(&p.z);
		}
	}
}

/* A client that does not wait for the answer: what it sends is held, and inflated from what was held. */
static void messages_before_the_answer(void **state)
{
	static const char request[] = "GET /s HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
	static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n\x81\2hi";
	struct packer p = { .takeover = true };
	static uint8_t text[40000], packed[20000], up[20100];
	static char want[41000];
	uint32_t x = 1;
	struct kit k;
	size_t n;

	/* letters a compressor cannot do much with: what is inflated refers back to input that has not been read yet */
	for (size_t i = 0; i < sizeof(text); i++) {
		x = x * 1664525u + 1013904223u;
		text[i] = (uint8_t)("abcd"[x >> 30]);
	}
	assert_int_equal(deflateInit2(&p.z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
	n = pack(&p, text, sizeof(text), packed, sizeof(packed));
	deflateEnd(&p.z);
	n = put_frame(up, 0xc2, packed, n, 0x37fa213d);
	kit_init(&k, 6, 40000, 80);
	kit_run(&k, 0, request, sizeof(request) - 1, false);
	kit_run(&k, 0, up, n, false);
	kit_run(&k, 1, answer, sizeof(answer) - 1, false);
	kit_end(&k);
	snprintf(want, sizeof(want), "websocket.message to_server payload=%.40000s last=1 truncated=0 opcode=binary fragments=1 "
		 "compressed=1 masked=1 number=1\n", (const char *)text);
	assert_non_null(strstr(kit_log(&k), want));
	assert_non_null(strstr(kit_log(&k), "websocket.message to_client payload=hi last=1 truncated=0 opcode=text"));
	kit_free(&k);
}

static void a_bomb_is_capped(void **state)
{
	struct sk_app_conf conf = sk_app_conf_default;
	struct packer p = { .takeover = true };
	static uint8_t zero[1 << 20], packed[8192], frame[8300];
	struct kit k;
	size_t n;

	assert_int_equal(deflateInit2(&p.z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
	n = pack(&p, zero, sizeof(zero), packed, sizeof(packed));
	deflateEnd(&p.z);
	n = put_frame(frame, 0xc2, packed, n, 0);
	start(&k, "permessage-deflate");
	conf.inflate_max = 100000;
	sk_app_free(k.app);
	k.app = sk_app_new(&conf, &k.wanted, kit_publish, &k);
	kit_run(&k, 1, frame, n, false);
	kit_run(&k, 1, "\xc1\1x", 3, false);
	kit_end(&k);
	assert_non_null(strstr(kit_log(&k), "websocket.oddity to_client name=inflate_limit"));
	assert_non_null(strstr(kit_log(&k), "websocket.oddity to_client name=inflate_context_lost"));
	assert_non_null(strstr(kit_log(&k), " last=1 truncated=1 opcode=binary fragments=1 compressed=1 masked=0 number=1\n"));
	assert_non_null(strstr(kit_log(&k), "payload=x last=1 truncated=1 opcode=text fragments=1 compressed=1 masked=0 number=2\n"));
	assert_true(k.log.n < 4 * 120000);
	kit_free(&k);
}

static void garbage_does_not_inflate(void **state)
{
	struct kit k;

	start(&k, "permessage-deflate; server_no_context_takeover");
	kit_run(&k, 1, "\xc1\2\x07\x00", 4, false);
	kit_run(&k, 1, "\xc1\7\xf2\x48\xcd\xc9\xc9\x07\x00", 9, false);	/* the next one stands alone */
	finish(&k, "websocket.oddity to_client name=inflate_failed bytes=%c1%02 offset=0\n"
		   "websocket.message to_client payload= last=1 truncated=1 opcode=text fragments=1 compressed=1 masked=0 number=1\n"
		   "websocket.message to_client payload=Hello last=1 truncated=0 opcode=text fragments=1 compressed=1 masked=0 number=2\n");
}

/* --- holes --- */

static void a_hole_inside_a_frame(void **state)
{
	struct kit k;
	uint8_t up[64];
	size_t n = put_frame(up, 0x81, "0123456789", 10, 0x11223344);

	n += put_frame(up + n, 0x81, "next", 4, 0x55667788);
	start(&k, "permessage-deflate");
	kit_run(&k, 0, up, 9, false);
	kit_gap(&k, 0, 3);
	kit_run(&k, 0, up + 12, n - 12, false);
	finish(&k, "websocket.message to_server payload=012 last=1 truncated=1 opcode=text fragments=1 compressed=0 masked=1 number=1\n"
		   "websocket.message to_server payload=6789 last=1 truncated=1 opcode=text fragments=1 compressed=0 masked=1 number=2\n"
		   "websocket.message to_server payload=next last=1 truncated=0 opcode=text fragments=1 compressed=0 masked=1 number=3\n");
}

static void a_hole_over_a_header(void **state)
{
	struct kit k;

	start(&k, "permessage-deflate");
	kit_run(&k, 1, "\x01\4ab", 4, false);
	kit_gap(&k, 1, 50);
	kit_run(&k, 1, "in the middle", 13, false);
	kit_run(&k, 1, "\x81\2cd", 4, false);		/* a whole frame: reading goes on */
	kit_run(&k, 1, "\xc1\7\xf2\x48\xcd\xc9\xc9\x07\x00", 9, false);	/* the window is not known any more */
	finish(&k, "websocket.message to_client payload=ab last=1 truncated=1 opcode=text fragments=1 compressed=0 masked=0 number=1\n"
		   "websocket.oddity to_client name=inflate_context_lost bytes=%01%04 offset=4\n"
		   "websocket.message to_client payload=cd last=1 truncated=0 opcode=text fragments=1 compressed=0 masked=0 number=2\n"
		   "websocket.message to_client payload=%f2H%cd%c9%c9%07%00 last=1 truncated=1 opcode=text fragments=1 compressed=1 masked=0 number=3\n");
}

static void a_hole_anywhere(void **state)
{
	uint8_t up[300];
	size_t n = 0;

	for (int i = 0; i < 5; i++)
		n += put_frame(up + n, i & 1 ? 0x80 : 0x01, "some words", 10, 0x11223344);
	for (size_t at = 0; at < n; at++)
		for (size_t len = 1; at + len <= n && len < 40; len += 6) {
			struct kit k;

			start(&k, "");
			if (at)
				kit_run(&k, 0, up, at, false);
			kit_gap(&k, 0, len);
			kit_run(&k, 0, up + at + len, n - at - len, false);
			kit_free(&k);		/* aborts when a unit stays open */
		}
}

static void nobody_wants_messages(void **state)
{
	struct kit k;

	kit_init(&k, 6, 40000, 80);
	k.wanted.kinds = UINT64_C(1) << SK_KIND_WEBSOCKET_OPEN;
	setup = (struct sk_app_websocket_setup){ .key = sk_span_str("a"), .accept = sk_span_str("b") };
	assert_non_null(sk_app_flow_state(k.app, &k.flow));
	sk_app_bind(k.app, &k.flow, &sk_app_websocket, &setup);
	kit_run(&k, 0, "\x81\1a", 3, false);
	assert_int_equal(k.flow.done, 1);
	kit_free(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_tells_the_handshake),
		cmocka_unit_test(fragments_and_control_frames_in_any_segmentation),
		cmocka_unit_test(long_frames),
		cmocka_unit_test(tiny_fragments),
		cmocka_unit_test(oddities_go_on),
		cmocka_unit_test(a_frame_is_cut_by_whoever_closes),
		cmocka_unit_test(deflate_in_any_segmentation),
		cmocka_unit_test(messages_before_the_answer),
		cmocka_unit_test(a_bomb_is_capped),
		cmocka_unit_test(garbage_does_not_inflate),
		cmocka_unit_test(a_hole_inside_a_frame),
		cmocka_unit_test(a_hole_over_a_header),
		cmocka_unit_test(a_hole_anywhere),
		cmocka_unit_test(nobody_wants_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
