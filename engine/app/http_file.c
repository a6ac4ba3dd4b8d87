/* app/http_file.c — bytes that travel as a file: kind, size, digests, one event at the end.
 *
 * in       decoded bytes of a body or of a multipart part
 * out      file
 * memory   inside the body's state; digest contexts from libcrypto while the file runs
 * source   FIPS 180-4, RFC 1321
 * limits   pieces of a file in several responses (RFC 9110 14) are files of their own, and one together: http_range.c
 */
#include <openssl/evp.h>

#include "app/http.h"
#include "app/list.h"
#include "base/fmt.h"
#include "base/mem.h"

#define DIGEST_BYTES 512		/* what libcrypto takes for one, about */

static const struct {
	unsigned slot;
	const EVP_MD *(*md)(void);
} digests[3] = { { SK_F_FILE_SHA256, EVP_sha256 }, { SK_F_FILE_SHA1, EVP_sha1 }, { SK_F_FILE_MD5, EVP_md5 } };

void sk_http_file_begin(struct sk_http_file *file, struct sk_span name, bool by_type)
{
	file->open = true;
	file->is_wanted = file->decided = false;
	file->by_type = by_type;
	file->name = name;
	file->size = 0;
	file->first_n = 0;
}

static void update(struct sk_http_file *file, const void *p, size_t n)
{
	for (unsigned i = 0; i < 3; i++)
		if (file->digest[i])
			EVP_DigestUpdate(file->digest[i], p, n);
}

/* The first bytes are there, or all: is it a file? */
static void decide(struct sk_http *h, struct sk_http_file *file)
{
	file->decided = true;
	file->is_wanted = file->by_type || sk_magic_is_file(sk_magic(sk_span(file->first, file->first_n)));
	if (!file->is_wanted)
		return;
	for (unsigned i = 0; i < 3; i++) {
		EVP_MD_CTX *md;

		if (!sk_http_wants(h, SK_KIND_FILE, digests[i].slot))
			continue;
		md = EVP_MD_CTX_new();
		if (md && EVP_DigestInit_ex(md, digests[i].md(), NULL) != 1) {
			EVP_MD_CTX_free(md);
			md = NULL;
		}
		if (!md)
			h->counters->memory++;
		else
			sk_mem_held += DIGEST_BYTES;
		file->digest[i] = md;
	}
	update(file, file->first, file->first_n);
}

void sk_http_file_push(struct sk_http *h, struct sk_http_file *file, struct sk_span bytes)
{
	size_t k;

	if (!file->open)
		return;
	file->size += bytes.n;
	if (!file->decided) {
		k = SK_MIN(bytes.n, (size_t)(SK_MAGIC_BYTES - file->first_n));
		if (k)
			memcpy(file->first + file->first_n, bytes.p, k);
		file->first_n += (uint32_t)k;
		if (file->first_n < SK_MAGIC_BYTES)
			return;
		decide(h, file);
		bytes = sk_span_sub(bytes, k, bytes.n);
	}
	if (file->is_wanted && bytes.n)
		update(file, bytes.p, bytes.n);
}

/* Ends a digest; its text in event memory, absent when not wanted or not to be had. */
static struct sk_value digest_text(struct sk_http *h, struct sk_http_file *file, unsigned i, bool is_whole)
{
	struct sk_arena *scratch = sk_app_scratch(h->a);
	uint8_t md[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	char *text;
	bool ok;

	if (!file->digest[i])
		return sk_value_none();
	ok = EVP_DigestFinal_ex(file->digest[i], md, &n) == 1 && is_whole;
	EVP_MD_CTX_free(file->digest[i]);
	sk_mem_held -= DIGEST_BYTES;
	file->digest[i] = NULL;
	text = ok ? sk_arena_alloc(scratch, 2 * n + 1) : NULL;
	return text ? sk_value_text(sk_span_str(sk_fmt_hex(sk_span(md, n), text, 2 * n + 1))) : sk_value_none();
}

static void tell(struct sk_http *h, struct sk_http_file *file, int dir, uint64_t first_off, const struct sk_event *parent, bool truncated,
		uint32_t pieces)
{
	struct sk_value v[SK_F_FILE_CNT] = { { .type = SK_VALUE_NONE } };
	struct sk_event e = { .kind = SK_KIND_FILE, .value_cnt = SK_F_FILE_CNT, .values = v, .parent = parent };

	for (unsigned i = 0; i < 3; i++)
		v[digests[i].slot] = digest_text(h, file, i, !truncated);
	if (file->size == 0)
		return;
	v[SK_F_FILE_NAME] = sk_value_bytes(file->name);
	v[SK_F_FILE_MAGIC] = sk_value_text(sk_span_str(sk_magic(sk_span(file->first, file->first_n))));
	v[SK_F_FILE_SIZE] = sk_value_num(file->size);
	v[SK_F_FILE_TRUNCATED] = sk_value_bool(truncated);
	if (pieces)
		v[SK_F_FILE_PIECES] = sk_value_num(pieces);
	sk_app_publish(h->a, h->f, dir, first_off, &e);
}

/* Of a body that was taken for a file first. */
static void drop_digests(struct sk_http_file *file)
{
	for (unsigned i = 0; i < 3; i++) {
		if (!file->digest[i])
			continue;
		EVP_MD_CTX_free(file->digest[i]);
		sk_mem_held -= DIGEST_BYTES;
		file->digest[i] = NULL;
	}
}

void sk_http_file_end(struct sk_http *h, struct sk_http_file *file, int dir, uint64_t first_off, const struct sk_event *parent,
		      bool truncated, uint32_t pieces)
{
	if (!file->open)
		return;
	if (!file->decided && file->size)
		decide(h, file);
	file->open = false;
	/* without a decision there are no digests */
	if (file->is_wanted)
		tell(h, file, dir, first_off, parent, truncated, pieces);
	else if (file->decided)
		drop_digests(file);
}
