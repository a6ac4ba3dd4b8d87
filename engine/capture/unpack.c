/* capture/unpack.c — see unpack.h. */
#include "capture/unpack.h"

#include <lz4frame.h>
#include <lzma.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#define XZ_MEMORY_MAX (UINT64_C(128) << 20)

struct kind {
	const char *name;
	uint8_t magic[SK_UNPACK_MAGIC_LEN], magic_len;
	bool (*open)(struct sk_unpack *u);
	void (*close)(struct sk_unpack *u);
	/* One step: *taken of in, the result is bytes written or <0; sets u->between at the end of a stream. */
	int64_t (*step)(struct sk_unpack *u, struct sk_span in, bool last, size_t *taken, uint8_t *out, size_t room);
};

struct sk_unpack {
	const struct kind *kind;
	bool between;			/* at the end of a stream, another may follow */
	bool done;			/* nothing more is to be unpacked */
	union {
		z_stream gz;
		lzma_stream xz;
		ZSTD_DStream *zst;
		LZ4F_dctx *lz4;
	} u;
};

static bool gz_open(struct sk_unpack *u)
{
	return inflateInit2(&u->u.gz, 15 + 16) == Z_OK;
}

static void gz_close(struct sk_unpack *u)
{
	inflateEnd(&u->u.gz);
}

static int64_t gz_step(struct sk_unpack *u, struct sk_span in, bool last, size_t *taken, uint8_t *out, size_t room)
{
	z_stream *z = &u->u.gz;
	uint8_t *borrowed;
	int rc;

	if (u->between && in.n > 0) {
		/* The second byte of a magic may not be here yet; a lone first one is left to inflate. */
		if (in.p[0] != 0x1f || (in.n > 1 && in.p[1] != 0x8b)) {
			u->done = true;
			return 0;
		}
		if (inflateReset(z) != Z_OK)
			return SK_E_FORMAT;
		u->between = false;
	}
	memcpy(&borrowed, &in.p, sizeof(borrowed));	/* zlib does not write to its input, its type does not say so */
	z->next_in = borrowed;
	z->avail_in = (uInt)SK_MIN(in.n, (size_t)1 << 30);
	z->next_out = out;
	z->avail_out = (uInt)room;
	*taken = z->avail_in;
	rc = inflate(z, Z_NO_FLUSH);
	*taken -= z->avail_in;
	if (rc == Z_STREAM_END)
		u->between = true;
	else if (rc == Z_MEM_ERROR)
		return SK_E_MEMORY;
	else if (rc != Z_OK && rc != Z_BUF_ERROR)
		return SK_E_FORMAT;
	return (int64_t)(room - z->avail_out);
}

static bool zst_open(struct sk_unpack *u)
{
	u->u.zst = ZSTD_createDStream();
	return u->u.zst != NULL;
}

static void zst_close(struct sk_unpack *u)
{
	ZSTD_freeDStream(u->u.zst);
}

static int64_t zst_step(struct sk_unpack *u, struct sk_span in, bool last, size_t *taken, uint8_t *out, size_t room)
{
	ZSTD_inBuffer i = { in.p, in.n, 0 };
	ZSTD_outBuffer o = { out, room, 0 };
	size_t rc;

	if (in.n)
		u->between = false;
	rc = ZSTD_decompressStream(u->u.zst, &o, &i);
	*taken = i.pos;
	if (ZSTD_isError(rc))
		return SK_E_FORMAT;
	if (rc == 0)
		u->between = true;
	return (int64_t)o.pos;
}

static bool xz_open(struct sk_unpack *u)
{
	u->u.xz = (lzma_stream)LZMA_STREAM_INIT;
	return lzma_stream_decoder(&u->u.xz, XZ_MEMORY_MAX, LZMA_CONCATENATED) == LZMA_OK;
}

static void xz_close(struct sk_unpack *u)
{
	lzma_end(&u->u.xz);
}

static int64_t xz_step(struct sk_unpack *u, struct sk_span in, bool last, size_t *taken, uint8_t *out, size_t room)
{
	lzma_stream *x = &u->u.xz;
	lzma_ret rc;

	x->next_in = in.p;
	x->avail_in = in.n;
	x->next_out = out;
	x->avail_out = room;
	rc = lzma_code(x, last ? LZMA_FINISH : LZMA_RUN);
	*taken = in.n - x->avail_in;
	if (rc == LZMA_STREAM_END)
		u->done = u->between = true;
	else if (rc == LZMA_MEMLIMIT_ERROR)
		return SK_E_LIMIT;
	else if (rc == LZMA_MEM_ERROR)
		return SK_E_MEMORY;
	else if (rc != LZMA_OK && rc != LZMA_BUF_ERROR)
		return SK_E_FORMAT;
	return (int64_t)(room - x->avail_out);
}

static bool lz4_open(struct sk_unpack *u)
{
	return !LZ4F_isError(LZ4F_createDecompressionContext(&u->u.lz4, LZ4F_VERSION));
}

static void lz4_close(struct sk_unpack *u)
{
	LZ4F_freeDecompressionContext(u->u.lz4);
}

static int64_t lz4_step(struct sk_unpack *u, struct sk_span in, bool last, size_t *taken, uint8_t *out, size_t room)
{
	size_t written = room, rc;

	if (in.n)
		u->between = false;
	*taken = in.n;
	rc = LZ4F_decompress(u->u.lz4, out, &written, in.p, taken, NULL);
	if (LZ4F_isError(rc))
		return SK_E_FORMAT;
	if (rc == 0)
		u->between = true;
	return (int64_t)written;
}

static const struct kind kinds[] = {
	{ "gzip", { 0x1f, 0x8b }, 2, gz_open, gz_close, gz_step },
	{ "zstd", { 0x28, 0xb5, 0x2f, 0xfd }, 4, zst_open, zst_close, zst_step },
	{ "xz", { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, xz_open, xz_close, xz_step },
	{ "lz4", { 0x04, 0x22, 0x4d, 0x18 }, 4, lz4_open, lz4_close, lz4_step },
};

static const struct kind *kind_of(struct sk_span begin)
{
	for (size_t i = 0; i < SK_ARRAY_LEN(kinds); i++)
		if (begin.n >= kinds[i].magic_len && memcmp(begin.p, kinds[i].magic, kinds[i].magic_len) == 0)
			return &kinds[i];
	return NULL;
}

bool sk_unpack_is(struct sk_span begin)
{
	return kind_of(begin) != NULL;
}

struct sk_unpack *sk_unpack_new(struct sk_span begin)
{
	const struct kind *k = kind_of(begin);
	struct sk_unpack *u = k ? calloc(1, sizeof(*u)) : NULL;

	if (!u)
		return NULL;
	u->kind = k;
	if (!k->open(u)) {
		free(u);
		return NULL;
	}
	return u;
}

void sk_unpack_free(struct sk_unpack *u)
{
	if (!u)
		return;
	u->kind->close(u);
	free(u);
}

const char *sk_unpack_name(const struct sk_unpack *u)
{
	return u->kind->name;
}

int64_t sk_unpack_some(struct sk_unpack *u, struct sk_span *in, bool last, uint8_t *out, size_t room)
{
	size_t taken;
	int64_t n;

	do {
		if (u->done) {
			*in = sk_span(in->p, 0);
			return 0;
		}
		if (in->n == 0 && last && u->between)
			return 0;
		taken = 0;
		n = u->kind->step(u, *in, last, &taken, out, room);
		in->p += taken;
		in->n -= taken;
	} while (n == 0 && (taken || u->done) && in->n);
	if (n == 0 && in->n == 0 && last && !u->between && !u->done)
		return SK_E_FORMAT;
	if (n == 0 && in->n && !u->done)
		return SK_E_FORMAT;
	return n;
}
