/* proto/inflate_ws.c — see inflate_ws.h. */
#include "proto/inflate_ws.h"

#include <stdlib.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/mem.h"

#define FINALS_MAX 16u		/* each costs a copy of the window */
#define WINDOW 32768u
#define SMALL 64u			/* a last piece of so few bytes is fed with the tail behind it, in one call */

struct sk_ws_inflate {
	z_stream z;
	unsigned finals;		/* final blocks in this message */
	bool ended;			/* the last byte taken ended a final block */
};

static voidpf zlib_alloc(voidpf opaque, uInt items, uInt size) { return sk_mem_alloc((size_t)items * size); }
static void zlib_free(voidpf opaque, voidpf p) { sk_mem_free(p); }

struct sk_ws_inflate *sk_ws_inflate_new(void)
{
	struct sk_ws_inflate *z = sk_mem_zalloc(sizeof(*z));

	if (!z)
		return NULL;
	z->z.zalloc = zlib_alloc;
	z->z.zfree = zlib_free;
	if (inflateInit2(&z->z, -15) != Z_OK) {
		sk_mem_free(z);
		return NULL;
	}
	return z;
}

void sk_ws_inflate_free(struct sk_ws_inflate *z)
{
	if (!z)
		return;
	inflateEnd(&z->z);
	sk_mem_free(z);
}

void sk_ws_inflate_begin(struct sk_ws_inflate *z, bool keep)
{
	z->finals = 0;
	z->ended = false;
	if (!keep)
		inflateReset(&z->z);
}

/* RFC 7692 7.2.3.4: a final block does not end the stream; the window lives on. */
static int go_on(struct sk_ws_inflate *z)
{
	uint8_t *window;
	uInt n = 0;
	int rc;

	if (++z->finals > FINALS_MAX)
		return SK_E_FORMAT;
	window = malloc(WINDOW);
	if (!window)
		return SK_E_MEMORY;
	rc = inflateGetDictionary(&z->z, window, &n);
	if (rc == Z_OK)
		rc = inflateReset(&z->z);
	if (rc == Z_OK && n)
		rc = inflateSetDictionary(&z->z, window, n);
	free(window);
	return rc == Z_OK ? 0 : SK_E_FORMAT;
}

/* The last tail bytes of in are not the message's: they are left where a final block has ended before them. */
static int feed(struct sk_ws_inflate *z, struct sk_span in, size_t tail, uint8_t *chunk, sk_ws_inflate_fn *out, void *cx)
{
	SK_ASSERT(in.n <= UINT32_MAX);
	z->ended = false;
	z->z.next_in = in.p;
	z->z.avail_in = (uInt)in.n;
	for (;;) {
		int rc;
		size_t n;

		z->z.next_out = chunk;
		z->z.avail_out = SK_WS_INFLATE_CHUNK;
		rc = inflate(&z->z, Z_SYNC_FLUSH);
		n = SK_WS_INFLATE_CHUNK - z->z.avail_out;
		if (n && !out(cx, sk_span(chunk, n)))
			return SK_E_LIMIT;
		if (rc == Z_STREAM_END) {
			rc = go_on(z);
			if (rc < 0)
				return rc;
			z->ended = z->z.avail_in == tail;
			if (z->ended)
				return 0;
			continue;
		}
		if (rc == Z_BUF_ERROR || (rc == Z_OK && z->z.avail_in == 0 && z->z.avail_out))
			return 0;
		if (rc != Z_OK)
			return rc == Z_MEM_ERROR ? SK_E_MEMORY : SK_E_FORMAT;
	}
}

int sk_ws_inflate_run(struct sk_ws_inflate *z, struct sk_span in, bool last, uint8_t *chunk, sk_ws_inflate_fn *out, void *cx)
{
	static const uint8_t tail[4] = { 0x00, 0x00, 0xff, 0xff };
	uint8_t whole[SMALL + sizeof(tail)];
	int rc = 0;

	if (last && in.n && in.n <= SMALL) {
		memcpy(whole, in.p, in.n);
		memcpy(whole + in.n, tail, sizeof(tail));
		rc = feed(z, sk_span(whole, in.n + sizeof(tail)), sizeof(tail), chunk, out, cx);
		if (z->ended)
			return rc;
	} else {
		if (in.n)
			rc = feed(z, in, 0, chunk, out, cx);
		if (rc < 0 || !last || z->ended)
			return rc;
		rc = feed(z, sk_span(tail, sizeof(tail)), 0, chunk, out, cx);
	}
	/* the message must end between two blocks: zlib says so with 128 */
	return rc == 0 && !(z->z.data_type & 128) ? SK_E_FORMAT : rc;
}
