/* plugin/lumma/t_lumma.c — the cipher against RFC 8439, the plugin against bodies made with openssl enc -chacha20. */
#include "fake_host.h"

#include "chacha.h"
#include "decrypt.h"

extern const struct sk_plugin sk_plugin_lumma;

enum { PLACE, TEXT, MARKERS, SIZE };

static size_t from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;

	for (; hex[2 * n]; n++) {
		char two[3] = { hex[2 * n], hex[2 * n + 1], 0 };

		out[n] = (uint8_t)strtoul(two, NULL, 16);
	}
	return n;
}

/* RFC 8439 2.3.2, in every place, with other blocks beside it */
static void block(void)
{
	uint8_t key[32], out[CHACHA_LANES][CHACHA_BLOCK], want[CHACHA_BLOCK];

	for (unsigned i = 0; i < 32; i++)
		key[i] = (uint8_t)i;
	from_hex("10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
		 "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e", want);
	for (unsigned place = 0; place < CHACHA_LANES; place++) {
		uint32_t last[CHACHA_LANES][4];

		for (uint32_t k = 0; k < CHACHA_LANES; k++)
			memcpy(last[k], (const uint32_t[4]){ k == place ? 1 : 2 + k, 0x09000000, 0x4a000000, 0 }, sizeof(last[k]));
		chacha_blocks(key, last, out);
		for (unsigned k = 0; k < CHACHA_LANES; k++)
			CHECK((memcmp(out[k], want, sizeof(want)) == 0) == (k == place));
	}
}

static void send(struct fake *f, const uint8_t *body, size_t n, size_t piece, bool truncated)
{
	size_t off = 0;

	do {
		size_t part = n - off < piece ? n - off : piece;
		bool last = off + part == n;
		struct sk_value values[SK_F_HTTP_BODY_CNT] = {
			[SK_F_HTTP_BODY_BYTES] = { .type = SK_VALUE_STREAM, .u.bytes = sk_span(body + off, part) },
			[SK_F_HTTP_BODY_LAST] = { .type = SK_VALUE_BOOL, .u.num = last },
			[SK_F_HTTP_BODY_TRUNCATED] = { .type = SK_VALUE_BOOL, .u.num = last && truncated } };
		struct sk_event e = { .kind = SK_KIND_HTTP_BODY, .dir = SK_TO_CLIENT, .values = values, .value_cnt = SK_F_HTTP_BODY_CNT };

		CHECK(fake_event_unit(f, &e, off == 0, last) == SK_CONTINUE);
		off += part;
	} while (off < n);
}

/* Key 32 times 07, nonce 01 to 08; one body with block number 1 and the nonce in front of four zero bytes, one with 0. */
static const char short_cipher[] = "b3b554a156c031e7aab047a7cc1d0a29449e480a60f7f4c787d86c91f69e5fa202d67a25e1";
static const char short_text[] = "[{\"mx\":1,\"note\":\"made with openssl\"}]";
static const char long_cipher[] = "e5e2a8c28d3ac3fe3f8eb7bd8d8a4824c38ed12a338f635003f08fc47bed43a930d4fa335793bda5c1e05357223765e7"
	"3718242f79dde884789c22fd9d87ac60c8a110ec5d8b73a2ffbf4fa7cd0a08711f874c1d27fba1d89e9276cefb";
static const char long_text[] = " {\"name\":\"none of the members that matter, and more than a block of sixty-four bytes\",\"vm\":0}";

static size_t make(const char *cipher, bool prefix, uint8_t *out)
{
	uint8_t keys[CONFIG_KEYS];
	size_t n;

	memset(keys, 7, 32);
	for (unsigned i = 0; i < 8; i++)
		keys[32 + i] = (uint8_t)(i + 1);
	n = from_hex(cipher, out + (prefix ? CONFIG_KEYS : 0));
	memcpy(prefix ? out : out + n, keys, CONFIG_KEYS);
	return n + CONFIG_KEYS;
}

static bool is(const struct fake *f, unsigned i, unsigned field, const char *text)
{
	return sk_span_is_str(f->published[i].values[field].u.bytes, text);
}

static void places(void)
{
	static const size_t pieces[] = { 1, 3, 39, 40, 41, 1000 };
	uint8_t body[256];
	struct fake f;
	unsigned k = 0;

	fake_open(&f, &sk_plugin_lumma);
	for (unsigned i = 0; i < 6; i++)
		for (unsigned prefix = 0; prefix < 2; prefix++, k += 2) {
			size_t n = make(short_cipher, prefix, body);

			send(&f, body, n, pieces[i], false);
			CHECK(f.published_cnt == k + 1 && is(&f, k, PLACE, prefix ? "prefix" : "suffix") && is(&f, k, TEXT, short_text));
			CHECK(f.published[k].values[MARKERS].type == SK_VALUE_LIST && f.published[k].values[MARKERS].u.list.n == 1);
			CHECK(f.published[k].values[SIZE].u.num == n);
			n = make(long_cipher, prefix, body);
			send(&f, body, n, pieces[i], false);
			CHECK(f.published_cnt == k + 2 && is(&f, k + 1, PLACE, prefix ? "prefix" : "suffix") && is(&f, k + 1, TEXT, long_text));
			CHECK(f.published[k + 1].values[MARKERS].u.list.n == 1);
		}
	CHECK(fake_close(&f) == 0);
}

/* Longer than what is decrypted at a time; block by block in the first lane only. */
static void many_blocks(void)
{
	uint8_t body[CONFIG_KEYS + 700], stream[CHACHA_LANES][CHACHA_BLOCK];
	char text[701];
	struct fake f;

	memset(text, ' ', sizeof(text));
	memcpy(text, "{\"ex\":[", 7);
	strcpy(text + 691, "],\"vm\":1}");
	for (unsigned i = 0; i < CONFIG_KEYS; i++)
		body[i] = (uint8_t)(200 - i);
	for (uint32_t i = 0; i < 700; i++) {
		uint32_t last[CHACHA_LANES][4] = { { i / CHACHA_BLOCK, 0, 0xa5a6a7a8, 0xa1a2a3a4 } };

		if (i % CHACHA_BLOCK == 0)
			chacha_blocks(body, last, stream);
		body[CONFIG_KEYS + i] = (uint8_t)text[i] ^ stream[0][i % CHACHA_BLOCK];
	}
	fake_open(&f, &sk_plugin_lumma);
	send(&f, body, sizeof(body), 333, false);
	CHECK(f.published_cnt == 1 && is(&f, 0, TEXT, text));
	CHECK(f.published[0].values[MARKERS].u.list.n == 2);
	CHECK(fake_close(&f) == 0);
}

static void what_is_none(void)
{
	uint8_t body[2048];
	struct fake f;
	uint32_t x = 1;
	size_t n;

	fake_open(&f, &sk_plugin_lumma);
	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
	for (n = 0; n < sizeof(body); n += 7)
		send(&f, body, n, 500, false);
	n = make(short_cipher, true, body);
	send(&f, body, n, 500, true);			/* bytes are missing */
	body[3] ^= 1;
	send(&f, body, n, 500, false);			/* another key */
	send(&f, body, CONFIG_KEYS + CONFIG_MIN - 1, 500, false);
	memset(body, 'a', sizeof(body));
	send(&f, body, sizeof(body), 500, false);
	CHECK(f.published_cnt == 0);
	f.alloc_fails = true;
	send(&f, body, make(short_cipher, true, body), 500, false);
	CHECK(f.published_cnt == 0);
	CHECK(fake_close(&f) == 0);
}

/* A page of the host in pieces. */
static void page(struct fake *f, const char *host, const char *text, size_t piece, uint8_t dir)
{
	struct sk_value head[SK_F_HTTP_REQUEST_CNT] = { [SK_F_HTTP_REQUEST_HOST] = { .type = SK_VALUE_TEXT, .u.bytes = sk_span_str(host) } };
	struct sk_event request = { .kind = SK_KIND_HTTP_REQUEST, .values = head, .value_cnt = SK_F_HTTP_REQUEST_CNT };
	size_t n = strlen(text), off = 0;

	do {
		size_t part = n - off < piece ? n - off : piece;
		bool last = off + part == n;
		struct sk_value values[SK_F_HTTP_BODY_CNT] = {
			[SK_F_HTTP_BODY_BYTES] = { .type = SK_VALUE_STREAM, .u.bytes = sk_span(text + off, part) },
			[SK_F_HTTP_BODY_LAST] = { .type = SK_VALUE_BOOL, .u.num = last } };
		struct sk_event e = { .kind = SK_KIND_HTTP_BODY, .dir = dir, .parent = &request, .values = values, .value_cnt = SK_F_HTTP_BODY_CNT };

		CHECK(fake_event_unit(f, &e, off == 0, last) == SK_CONTINUE);
		off += part;
	} while (off < n);
}

/* tr a-z p-za-o, as in shells: contsact.top, narrathfpt.top, snakerjs.run; the last with tr a-z l-za-k */
static void dead_drops(void)
{
	static const struct { const char *host, *page, *name; } rows[] = {
		{ "steamcommunity.com", "<html><title>Steam Community :: rdcihpri.ide</title>", "contsact.top" },
		{ "STEAMCOMMUNITY.com", "<span class=\"actual_persona_name\">\r\n\tcpggpiwuei.ide </span>", "narrathfpt.top" },
		{ "t.me", "<meta property=\"og:title\" content=\"hcpztgyh.gjc\">", "snakerjs.run" },
		{ "t.me", "<div class=\"tgme_page_title\" dir=\"auto\">\n  <span dir=\"auto\">dylvpcud.cfy</span>", "snakerjs.run" },
		{ "www.telegram.me", "<title>a</title><meta property=\"og:title\" content=\"RDCIHPRI.IDE\">", "contsact.top" } };
	static const struct { const char *host, *page; } none[] = {
		{ "forum.example", "<title>Steam Community :: rdcihpri.ide</title>" }, { "xt.me", "<span dir=\"auto\">rdcihpri.ide</span>" },
		{ "t.me", "<span dir=\"auto\">contsact.top</span>" }, { "t.me", "<span dir=\"auto\">John D. Smith</span>" },
		{ "t.me", "<span dir=\"auto\">mr.smith</span>" }, { "t.me", "<span dir=\"auto\">rd.ide</span>" }, { "t.me", "<span dir=\"auto\">rdcihpri</span>" },
		{ "t.me", "<span dir=\"auto\">-rdcihpri.ide</span>" }, { "t.me", "<span dir=\"auto\">rdcihpri..ide</span>" },
		{ "t.me", "<span dir=\"auto\">rdcihpri.ide" }, { "t.me", "<b>rdcihpri.ide</b>" }, { "t.me", "<span dir=\"auto\"></span>" } };
	static const size_t pieces[] = { 1, 2, 7, 64, 5000 };
	static char filler[6000];
	struct fake f;
	unsigned n = 0;

	fake_open(&f, &sk_plugin_lumma);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t k = 0; k < sizeof(pieces) / sizeof(pieces[0]); k++) {
			page(&f, rows[i].host, rows[i].page, pieces[k], SK_TO_CLIENT);
			CHECK(f.published_cnt == ++n && f.published[n - 1].kind_index == 1 && is(&f, n - 1, 1, rows[i].name));
		}
	/* wherever in a long page */
	for (size_t at = 900; at < 1300; at += 13) {
		memset(filler, ' ', sizeof(filler) - 1);
		memcpy(filler + at, rows[0].page, strlen(rows[0].page));
		page(&f, "steamcommunity.com", filler, 5999, SK_TO_CLIENT);
		CHECK(f.published_cnt == ++n);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		page(&f, none[i].host, none[i].page, 9, SK_TO_CLIENT);
	page(&f, rows[0].host, rows[0].page, 9, SK_TO_SERVER);
	CHECK(f.published_cnt == n);
	CHECK(fake_close(&f) == 0);
}

int main(void)
{
	block();
	dead_drops();
	places();
	many_blocks();
	what_is_none();
	return 0;
}
