/* proto/coding.c — see coding.h.
 *
 * A body runs through a chain of layers, outermost coding first. A layer looks at its first bytes before it believes its name:
 * gzip is gzip whatever it is called, deflate may be zlib or raw, and what is none of these goes through untouched. The first
 * bytes are kept for a while, so that a wrong guess can be taken back and nothing is lost.
 */
#include "proto/coding.h"

#include <brotli/decode.h>
#include <lzma.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/compiler.h"
#include "base/mem.h"
#include "proto/crc32.h"
#include "proto/inflate.h"
#include "proto/lzw.h"

#define LZMA_MEMORY_MAX (UINT64_C(16) << 20)	/* of one decoder: larger dictionaries are passed on raw */
#define OUT_SIZE 16384
#define KEEP_MAX 2048			/* first bytes kept to take back a guess */
#define POOL_MAX 32u			/* layers that wait for reuse */
#define BOMB_FREE (UINT64_C(1) << 20)	/* output that no ratio is asked of */

enum state { PROBE, GZIP_HEADER, INFLATE, GZIP_TRAILER, ZLIB_TRAILER, MEMBER_END, BROTLI, ZSTD, LZW, LZMA, RAW };
enum wrap { WRAP_NONE, WRAP_ZLIB, WRAP_GZIP };

struct layer {
	enum state state;
	enum wrap wrap;
	uint8_t kind;
	bool decoded;			/* something was decoded: counts as taken off */
	bool flags_ignored;		/* second try: a gzip header without its optional parts */
	uint8_t gz_flags;
	uint8_t gz_step;		/* part of the header or trailer at hand */
	uint32_t gz_need;		/* bytes of that part still to come */
	uint8_t small[16];		/* header, trailer or probe bytes so far */
	unsigned small_n;
	uint32_t crc, isize;
	BrotliDecoderState *br;
	ZSTD_DStream *zs;
	size_t zs_size;			/* bytes of it that are counted */
	struct sk_lzw *lzw;
	bool has_lzma;
	lzma_stream lzma;
	bool out_full;			/* the last piece of output was full: there may be more inside */
	bool keeping;			/* keep holds all that came in so far */
	size_t keep_n;
	/* kept while the layer waits in a pool; what is above begins as zeros */
	struct layer *next;		/* in the pool */
	struct sk_inflate *inflate;	/* made when first needed */
	uint8_t *out;			/* of brotli and zstd; made when first needed */
	uint8_t keep[KEEP_MAX];
};

struct sk_coding_pool {
	struct layer *unused;
	unsigned cnt;
};

struct sk_coding {
	struct layer *layers[SK_CODING_LAYERS_MAX];
	unsigned cnt;
	bool bomb;
	bool no_memory;			/* a decoder could not be made or go on */
	struct sk_coding_conf conf;
	struct sk_http_odds odds;
	uint64_t in, made;
	sk_coding_emit_fn *emit;
	void *cx;
};

/* --- one layer --- */

static void push(struct sk_coding *c, unsigned i, const uint8_t *p, size_t n);

static void odd(struct sk_coding *c, enum sk_http_odd o) { sk_http_odds_add(&c->odds, o); }

/* Passes bytes behind layer i. */
static void pass(struct sk_coding *c, unsigned i, const uint8_t *p, size_t n)
{
	if (n == 0)
		return;
	if (i + 1 < c->cnt && !c->bomb)
		push(c, i + 1, p, n);
	else
		c->emit(c->cx, sk_span(p, n));
}

static void *alloc(void *opaque, size_t n) { return sk_mem_alloc(n); }
static void dealloc(void *opaque, void *p) { sk_mem_free(p); }
static void *lzma_counted(void *opaque, size_t items, size_t size) { return sk_mem_alloc(items * size); }	/* items is 1 */

/* zstd's memory has no hooks in its stable interface: its size is asked. */
static void count_zstd(struct layer *l)
{
	size_t size = l->zs ? ZSTD_sizeof_DStream(l->zs) : 0;

	sk_mem_held += (int64_t)size - (int64_t)l->zs_size;
	l->zs_size = size;
}

/* n bytes at p are made. */
static void made(struct sk_coding *c, unsigned i, const uint8_t *p, size_t n)
{
	struct layer *l = c->layers[i];

	l->decoded = l->decoded || n > 0;
	c->made += n;
	if (c->made > c->conf.out_max || (c->made > BOMB_FREE && c->made / (c->in ? c->in : 1) > c->conf.ratio_max)) {
		odd(c, SK_HTTP_ODD_COMPRESSION_BOMB);
		pass(c, i, p, n);
		c->bomb = true;
		return;
	}
	pass(c, i, p, n);
}

static void close_libs(struct layer *l)
{
	BrotliDecoderDestroyInstance(l->br);
	l->br = NULL;
	ZSTD_freeDStream(l->zs);
	l->zs = NULL;
	count_zstd(l);
	sk_lzw_free(l->lzw);
	l->lzw = NULL;
	if (l->has_lzma)
		lzma_end(&l->lzma);
	l->has_lzma = false;
}

static void go_raw(struct layer *l)
{
	close_libs(l);
	l->state = RAW;
}

/* Memory a layer goes on having: given, or made. */
static void *part(void *given, size_t n)
{
	void *p = given ? given : malloc(n);

	if (p && !given)
		sk_mem_held += (int64_t)n;
	return p;
}

static void start_inflate(struct sk_coding *c, struct layer *l, enum wrap wrap)
{
	l->wrap = wrap;
	l->small_n = 0;
	l->crc = 0;
	l->isize = 0;
	l->inflate = part(l->inflate, sizeof(*l->inflate));
	if (l->inflate)
		sk_inflate_init(l->inflate);
	c->no_memory = c->no_memory || !l->inflate;
	l->state = l->inflate ? INFLATE : RAW;
}

static bool make_out(struct layer *l)
{
	l->out = part(l->out, OUT_SIZE);
	return l->out;
}

static void start_gzip(struct layer *l)
{
	l->state = GZIP_HEADER;
	l->gz_step = 0;
	l->gz_need = 10;
	l->small_n = 0;
}

/* What to try when the bytes do not fit the guess: how many of the kept bytes to leave out. */
static size_t next_guess(struct sk_coding *c, struct layer *l)
{
	l->small_n = 0;
	if (l->state == INFLATE && l->wrap == WRAP_GZIP && l->gz_flags && !l->flags_ignored && l->keep_n > 10) {
		l->flags_ignored = true;
		start_inflate(c, l, WRAP_GZIP);
		return 10;
	}
	if (l->state == INFLATE && l->wrap == WRAP_ZLIB && !l->decoded) {
		start_inflate(c, l, WRAP_NONE);
		return 0;
	}
	odd(c, l->decoded ? SK_HTTP_ODD_CODING_BROKEN : SK_HTTP_ODD_CODING_MISMATCH);
	go_raw(l);
	return 0;
}

/* The steps take bytes off *p, *n; false: the bytes do not fit, *p and *n are where they began to. */
static bool run(struct sk_coding *c, unsigned i, const uint8_t **p, size_t *n);

static void take(const uint8_t **p, size_t *n, size_t k)
{
	*p += k;
	*n -= k;
}

static bool is_zlib_header(const uint8_t *b)
{
	return (b[0] & 0x0f) == 8 && (b[0] >> 4) <= 7 && (b[0] << 8 | b[1]) % 31 == 0 && !(b[1] & 0x20);
}

static bool is_compress(const uint8_t *b) { return b[0] == 0x1f && b[1] == 0x9d; }

/* Begins of .xz and of the older .lzma: the magic, or properties below 225 and a dictionary size that is 2^n or 2^n + 2^(n-1) in the
 * lower bytes zero (LZMA SDK, lzma-file-format.txt 1.1). */
static bool is_lzma(const uint8_t *b)
{
	return (b[0] == 0xfd && b[1] == '7' && b[2] == 'z' && b[3] == 'X') || (b[0] < 225 && b[1] == 0 && b[2] == 0);
}

static bool start_lzma(struct layer *l)
{
	static const lzma_allocator counted = { lzma_counted, dealloc, NULL };

	l->lzma = (lzma_stream)LZMA_STREAM_INIT;
	l->lzma.allocator = &counted;
	l->has_lzma = make_out(l) && lzma_auto_decoder(&l->lzma, LZMA_MEMORY_MAX, 0) == LZMA_OK;
	l->state = l->has_lzma ? LZMA : RAW;
	return l->has_lzma;
}

/* Codings that are known by their first bytes or not at all. */
static void choose_rare(struct sk_coding *c, struct layer *l)
{
	if (l->kind == SK_CODING_COMPRESS && is_compress(l->small)) {
		l->lzw = make_out(l) ? sk_lzw_new() : NULL;
		l->state = l->lzw ? LZW : RAW;
		c->no_memory = c->no_memory || !l->lzw;
	} else if (l->kind != SK_CODING_LZMA || !is_lzma(l->small) || !start_lzma(l)) {
		odd(c, SK_HTTP_ODD_CODING_MISMATCH);
		go_raw(l);
	}
}

static void choose(struct sk_coding *c, struct layer *l)
{
	static const uint8_t zstd_magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };
	const uint8_t *b = l->small;

	if (l->small_n >= 2 && b[0] == 0x1f && b[1] == 0x8b) {
		if (l->kind != SK_CODING_GZIP)
			odd(c, SK_HTTP_ODD_CODING_MISMATCH);
		start_gzip(l);
	} else if (l->kind == SK_CODING_ZSTD && (memcmp(b, zstd_magic, 4) == 0 || ((b[0] & 0xf0) == 0x50 && b[1] == 0x2a &&
										 b[2] == 0x4d && b[3] == 0x18))) {
		l->zs = make_out(l) ? ZSTD_createDStream() : NULL;
		l->state = l->zs ? ZSTD : RAW;
		c->no_memory = c->no_memory || !l->zs;
		if (l->zs)
			(void)ZSTD_DCtx_setParameter(l->zs, ZSTD_d_windowLogMax, 23);
	} else if (l->kind == SK_CODING_BROTLI) {
		l->br = make_out(l) ? BrotliDecoderCreateInstance(alloc, dealloc, NULL) : NULL;
		l->state = l->br ? BROTLI : RAW;
		c->no_memory = c->no_memory || !l->br;
	} else if (l->kind == SK_CODING_ZSTD) {
		odd(c, SK_HTTP_ODD_CODING_MISMATCH);
		go_raw(l);
	} else if (l->kind == SK_CODING_LZMA || (l->kind == SK_CODING_COMPRESS && is_compress(b))) {
		choose_rare(c, l);
	} else if (is_zlib_header(b)) {
		if (l->kind != SK_CODING_DEFLATE)
			odd(c, SK_HTTP_ODD_CODING_MISMATCH);
		start_inflate(c, l, WRAP_ZLIB);
	} else if (l->kind == SK_CODING_DEFLATE) {
		start_inflate(c, l, WRAP_NONE);
	} else {
		odd(c, SK_HTTP_ODD_CODING_MISMATCH);
		go_raw(l);
	}
}

static bool step_probe(struct sk_coding *c, unsigned i, const uint8_t **p, size_t *n)
{
	struct layer *l = c->layers[i];
	unsigned need = l->kind == SK_CODING_ZSTD || l->kind == SK_CODING_LZMA ? 4 : 2;
	uint8_t probe[4];
	const uint8_t *q = probe;
	size_t k = need;

	while (l->small_n < need && *n) {
		l->small[l->small_n++] = **p;
		take(p, n, 1);
	}
	if (l->small_n < need)
		return true;
	memcpy(probe, l->small, need);
	choose(c, l);
	l->small_n = 0;
	if ((l->state == INFLATE && l->wrap == WRAP_ZLIB) || l->state == LZW)
		return true;		/* the probe was the header */
	return run(c, i, &q, &k);
}

enum { GZ_FIXED, GZ_EXTRA_LEN, GZ_EXTRA, GZ_NAME, GZ_COMMENT, GZ_HCRC, GZ_DONE };

/* The next part of a gzip header that is there. */
static void gzip_next(struct sk_coding *c, struct layer *l)
{
	static const uint8_t flag[] = { 0, 0x04, 0x04, 0x08, 0x10, 0x02 };

	do
		l->gz_step++;
	while (l->gz_step < GZ_DONE && !(l->gz_flags & flag[l->gz_step]));
	l->small_n = 0;
	l->gz_need = l->gz_step == GZ_EXTRA ? l->gz_need : 2;
	if (l->gz_step == GZ_DONE)
		start_inflate(c, l, WRAP_GZIP);
}

static bool step_gzip_fixed(struct sk_coding *c, struct layer *l, uint8_t b)
{
	l->small[l->small_n++] = b;
	if (l->small_n < 10)
		return true;
	if (l->small[2] != 8)
		return false;
	l->gz_flags = l->small[3];
	if (l->gz_flags & ~0x08u)
		odd(c, SK_HTTP_ODD_GZIP_FLAGS);
	gzip_next(c, l);
	return true;
}

/* RFC 1952 2.3: ID1 ID2 CM FLG MTIME(4) XFL OS, then by FLG: extra, name, comment, header CRC. */
static bool step_gzip_header(struct sk_coding *c, struct layer *l, const uint8_t **p, size_t *n)
{
	while (*n && l->state == GZIP_HEADER) {
		uint8_t b = **p;

		take(p, n, 1);
		switch (l->gz_step) {
		case GZ_FIXED:
			if (!step_gzip_fixed(c, l, b))
				return false;
			break;
		case GZ_EXTRA_LEN:
			l->small[l->small_n++] = b;
			if (l->small_n == 2) {
				l->gz_need = (uint32_t)(l->small[0] | l->small[1] << 8);
				gzip_next(c, l);
				if (l->gz_need == 0)
					gzip_next(c, l);
			}
			break;
		case GZ_NAME:
		case GZ_COMMENT:
			if (b == 0)
				gzip_next(c, l);
			break;
		default:		/* extra and header CRC: counted bytes */
			if (--l->gz_need == 0)
				gzip_next(c, l);
		}
	}
	return true;
}

static void inflate_ended(struct layer *l)
{
	l->small_n = 0;
	if (l->wrap == WRAP_GZIP)
		l->state = GZIP_TRAILER;
	else if (l->wrap == WRAP_ZLIB)
		l->state = ZLIB_TRAILER;
	else
		l->state = MEMBER_END;
}

static bool step_inflate(struct sk_coding *c, unsigned i, const uint8_t **p, size_t *n)
{
	struct layer *l = c->layers[i];
	struct sk_span out;
	enum sk_inflate_result rc = sk_inflate_run(l->inflate, p, n, &out);

	if (out.n && l->wrap == WRAP_GZIP)
		l->crc = sk_crc32(l->crc, out);
	l->isize += (uint32_t)out.n;
	if (out.n)
		made(c, i, out.p, out.n);
	if (rc == SK_INFLATE_END)
		inflate_ended(l);
	return rc != SK_INFLATE_BROKEN;
}

static bool step_trailer(struct sk_coding *c, struct layer *l, const uint8_t **p, size_t *n)
{
	unsigned need = l->state == GZIP_TRAILER ? 8 : 4;

	while (*n && l->small_n < need) {
		l->small[l->small_n++] = **p;
		take(p, n, 1);
	}
	if (l->small_n < need)
		return true;
	if (l->state == GZIP_TRAILER) {
		const uint8_t *b = l->small;
		uint32_t crc = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
		uint32_t len = (uint32_t)b[4] | (uint32_t)b[5] << 8 | (uint32_t)b[6] << 16 | (uint32_t)b[7] << 24;

		if (crc != l->crc || len != l->isize)
			odd(c, SK_HTTP_ODD_GZIP_CHECKSUM);
	}
	l->small_n = 0;
	l->state = MEMBER_END;
	return true;
}

/* Behind a member: another one, or bytes that belong to nothing. */
static bool step_member_end(struct sk_coding *c, unsigned i, const uint8_t **p, size_t *n)
{
	struct layer *l = c->layers[i];
	uint8_t first[2];

	l->keeping = false;
	while (*n && l->small_n < 2) {
		l->small[l->small_n++] = **p;
		take(p, n, 1);
	}
	if (l->small_n < 2)
		return true;
	memcpy(first, l->small, 2);
	if (first[0] == 0x1f && first[1] == 0x8b) {
		start_gzip(l);
		memcpy(l->small, first, 2);
		l->small_n = 2;
		return true;
	}
	odd(c, SK_HTTP_ODD_CODING_TRAILER);
	go_raw(l);
	l->small_n = 0;
	pass(c, i, first, 2);
	return true;
}

static bool step_brotli(struct sk_coding *c, unsigned i, const uint8_t **p, size_t *n)
{
	struct layer *l = c->layers[i];
	size_t room = OUT_SIZE;
	uint8_t *out = l->out;
	BrotliDecoderResult rc;

	rc = BrotliDecoderDecompressStream(l->br, n, p, &room, &out, NULL);
	if (room < OUT_SIZE)
		made(c, i, l->out, OUT_SIZE - room);
	if (rc == BROTLI_DECODER_RESULT_SUCCESS) {
		close_libs(l);
		l->small_n = 0;
		l->state = MEMBER_END;
	}
	if (rc == BROTLI_DECODER_RESULT_ERROR && BrotliDecoderGetErrorCode(l->br) <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
	    BrotliDecoderGetErrorCode(l->br) >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES)
		c->no_memory = true;
	return rc != BROTLI_DECODER_RESULT_ERROR;
}

static bool step_zstd(struct sk_coding *c, unsigned i, const uint8_t **p, size_t *n)
{
	struct layer *l = c->layers[i];
	ZSTD_inBuffer in = { *p, *n, 0 };
	ZSTD_outBuffer out = { l->out, OUT_SIZE, 0 };
	size_t rc = ZSTD_decompressStream(l->zs, &out, &in);

	count_zstd(l);
	c->no_memory = c->no_memory || ZSTD_getErrorCode(rc) == ZSTD_error_memory_allocation;

	if (in.pos)
		take(p, n, in.pos);
	l->out_full = out.pos == OUT_SIZE;
	if (out.pos)
		made(c, i, l->out, out.pos);
	return !ZSTD_isError(rc);
}

static bool step_lzw(struct sk_coding *c, unsigned i, const uint8_t **p, size_t *n)
{
	struct layer *l = c->layers[i];
	size_t got = sk_lzw_run(l->lzw, p, n, l->out, OUT_SIZE);

	if (got == SIZE_MAX)
		return false;
	if (got)
		made(c, i, l->out, got);
	return true;
}

static bool step_lzma(struct sk_coding *c, unsigned i, const uint8_t **p, size_t *n)
{
	struct layer *l = c->layers[i];
	lzma_ret rc;

	l->lzma.next_in = *p;
	l->lzma.avail_in = *n;
	l->lzma.next_out = l->out;
	l->lzma.avail_out = OUT_SIZE;
	rc = lzma_code(&l->lzma, LZMA_RUN);
	take(p, n, *n - l->lzma.avail_in);
	l->out_full = l->lzma.avail_out == 0;
	if (l->lzma.avail_out < OUT_SIZE)
		made(c, i, l->out, OUT_SIZE - l->lzma.avail_out);
	c->no_memory = c->no_memory || rc == LZMA_MEM_ERROR;
	if (rc == LZMA_MEMLIMIT_ERROR)
		odd(c, SK_HTTP_ODD_COMPRESSION_BOMB);
	if (rc == LZMA_STREAM_END) {
		close_libs(l);
		l->small_n = 0;
		l->state = MEMBER_END;
	}
	return rc == LZMA_OK || rc == LZMA_STREAM_END || rc == LZMA_BUF_ERROR;
}

/* True while a library has more output than fitted; a step with *n = 0 fetches it. */
static bool holds_output(const struct layer *l)
{
	return (l->state == INFLATE && l->inflate->full) || (l->state == BROTLI && BrotliDecoderHasMoreOutput(l->br)) ||
	       ((l->state == ZSTD || l->state == LZMA) && l->out_full) || (l->state == LZW && sk_lzw_holds_output(l->lzw));
}

static bool run_step(struct sk_coding *c, unsigned i, const uint8_t **p, size_t *n)
{
	struct layer *l = c->layers[i];

	switch (l->state) {
	case PROBE:
		return step_probe(c, i, p, n);
	case GZIP_HEADER:
		return step_gzip_header(c, l, p, n);
	case INFLATE:
		return step_inflate(c, i, p, n);
	case GZIP_TRAILER:
	case ZLIB_TRAILER:
		return step_trailer(c, l, p, n);
	case MEMBER_END:
		return step_member_end(c, i, p, n);
	case BROTLI:
		return step_brotli(c, i, p, n);
	case ZSTD:
		return step_zstd(c, i, p, n);
	case LZW:
		return step_lzw(c, i, p, n);
	case LZMA:
		return step_lzma(c, i, p, n);
	case RAW:
		pass(c, i, *p, *n);
		take(p, n, *n);
		return true;
	}
	SK_UNREACHABLE();
}

static bool run(struct sk_coding *c, unsigned i, const uint8_t **p, size_t *n)
{
	while (!c->bomb && (*n || holds_output(c->layers[i])))
		if (!run_step(c, i, p, n))
			return false;
	return true;
}

static void push(struct sk_coding *c, unsigned i, const uint8_t *p, size_t n)
{
	struct layer *l = c->layers[i];

	if (l->keeping && n <= KEEP_MAX - l->keep_n) {
		memcpy(l->keep + l->keep_n, p, n);
		l->keep_n += n;
	} else {
		l->keeping = false;
	}
	while (!run(c, i, &p, &n)) {
		if (l->keeping) {
			size_t skip = next_guess(c, l);

			p = l->keep + skip;
			n = l->keep_n - skip;
			l->keeping = l->state != RAW;
		} else {
			odd(c, SK_HTTP_ODD_CODING_BROKEN);
			go_raw(l);
		}
	}
	if (c->bomb && i == 0 && n)
		c->emit(c->cx, sk_span(p, n));
}

/* --- layers for reuse --- */

/* What waits in a pool is bounded and no flow's: only what is in use counts as held by flows. */
static int64_t bytes_of(const struct layer *l)
{
	return (int64_t)(sizeof(*l) + (l->inflate ? sizeof(*l->inflate) : 0) + (l->out ? OUT_SIZE : 0));
}

static void layer_free(struct layer *l)
{
	free(l->inflate);
	free(l->out);
	free(l);
}

struct sk_coding_pool *sk_coding_pool_new(void) { return calloc(1, sizeof(struct sk_coding_pool)); }

void sk_coding_pool_free(struct sk_coding_pool *pool)
{
	while (pool && pool->unused) {
		struct layer *l = pool->unused;

		pool->unused = l->next;
		layer_free(l);
	}
	free(pool);
}

/* The one used last, whose memory is the most likely to be near. */
static struct layer *layer_new(struct sk_coding_pool *pool)
{
	struct layer *l = pool ? pool->unused : NULL;

	if (l) {
		pool->unused = l->next;
		pool->cnt--;
	} else {
		l = malloc(sizeof(*l));
		if (!l)
			return NULL;
		l->inflate = NULL;
		l->out = NULL;
	}
	memset(l, 0, offsetof(struct layer, next));
	sk_mem_held += bytes_of(l);
	return l;
}

static void layer_put(struct sk_coding_pool *pool, struct layer *l)
{
	sk_mem_held -= bytes_of(l);
	if (!pool || pool->cnt == POOL_MAX) {
		layer_free(l);
		return;
	}
	l->next = pool->unused;
	pool->unused = l;
	pool->cnt++;
}

/* --- the chain --- */

struct sk_coding *sk_coding_new(const struct sk_coding_list *list, const struct sk_coding_conf *conf)
{
	struct sk_coding *c = sk_mem_zalloc(sizeof(*c));
	unsigned cnt = SK_MIN(list->cnt, SK_MIN(conf->layers_max, (unsigned)SK_CODING_LAYERS_MAX));

	if (!c)
		return NULL;
	c->conf = *conf;
	if (cnt < list->cnt)
		odd(c, SK_HTTP_ODD_TOO_MANY_CODINGS);
	for (unsigned i = 0; i < cnt; i++) {
		struct layer *l = layer_new(conf->pool);

		if (!l) {
			sk_coding_free(c);
			return NULL;
		}
		l->kind = list->kind[list->cnt - 1 - i];
		l->keeping = true;
		c->layers[c->cnt++] = l;
	}
	return c;
}

void sk_coding_free(struct sk_coding *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < c->cnt; i++) {
		close_libs(c->layers[i]);
		layer_put(c->conf.pool, c->layers[i]);
	}
	sk_mem_free(c);
}

void sk_coding_push(struct sk_coding *c, struct sk_span in, sk_coding_emit_fn *emit, void *cx)
{
	if (in.n == 0)
		return;
	c->emit = emit;
	c->cx = cx;
	c->in += in.n;
	if (c->cnt == 0 || c->bomb)
		emit(cx, in);
	else
		push(c, 0, in.p, in.n);
}

void sk_coding_finish(struct sk_coding *c, sk_coding_emit_fn *emit, void *cx)
{
	c->emit = emit;
	c->cx = cx;
	for (unsigned i = 0; i < c->cnt && !c->bomb; i++) {
		struct layer *l = c->layers[i];

		switch (l->state) {
		case PROBE:
			if (l->small_n) {
				odd(c, SK_HTTP_ODD_CODING_MISMATCH);
				pass(c, i, l->small, l->small_n);
			}
			break;
		case MEMBER_END:
			if (l->small_n) {
				odd(c, SK_HTTP_ODD_CODING_TRAILER);
				pass(c, i, l->small, l->small_n);
			}
			break;
		case GZIP_TRAILER:
			odd(c, SK_HTTP_ODD_GZIP_CHECKSUM);
			break;
		case INFLATE:
			/* a raw stream that gave nothing was no deflate */
			if (l->keeping && !l->decoded && l->wrap == WRAP_NONE) {
				odd(c, SK_HTTP_ODD_CODING_MISMATCH);
				pass(c, i, l->keep, l->keep_n);
				break;
			}
			odd(c, SK_HTTP_ODD_CODING_TRUNCATED);
			break;
		case GZIP_HEADER:
		case BROTLI:
		case LZMA:
			odd(c, SK_HTTP_ODD_CODING_TRUNCATED);
			break;
		case ZLIB_TRAILER:
		case LZW:		/* has no end of its own, but no bytes is no text either */
			if (l->keeping && !l->decoded) {
				odd(c, SK_HTTP_ODD_CODING_MISMATCH);
				pass(c, i, l->keep, l->keep_n);
			}
			break;
		case ZSTD:
		case RAW:
			break;
		}
	}
}

bool sk_coding_no_memory(const struct sk_coding *c) { return c->no_memory; }
const struct sk_http_odds *sk_coding_odds(const struct sk_coding *c) { return &c->odds; }

size_t sk_coding_names(const struct sk_coding *c, char *buf)
{
	static const char *const name[] = { "gzip", "deflate", "br", "zstd", "compress", "lzma" };
	size_t n = 0;

	for (unsigned i = c->cnt; i > 0; i--) {
		const struct layer *l = c->layers[i - 1];
		const char *s = l->wrap == WRAP_GZIP ? "gzip" : name[l->kind];

		if (!l->decoded)
			continue;
		if (n)
			buf[n++] = ',';
		for (; *s; s++)
			buf[n++] = *s;
	}
	return n;
}
