/* proto/tls_finger.c — JA3, JA3S and JA4 of a hello; see tls.h for their sources. */
#include <stdlib.h>

#include "base/err.h"
#include "base/fmt.h"
#include "proto/tls.h"

#define SORT_SMALL 64	/* up to here insertion sort */

static uint16_t at16(struct sk_span s, size_t i)
{
	return (uint16_t)(s.p[i] << 8 | s.p[i + 1]);
}

/* --- JA3: five fields of decimal numbers, without GREASE --- */

static char *put_number(char *p, uint16_t v)
{
	char digits[5];
	int n = 0;

	do
		digits[n++] = (char)('0' + v % 10);
	while ((v = (uint16_t)(v / 10)));
	while (n)
		*p++ = digits[--n];
	return p;
}

static char *put_list(char *p, struct sk_span list, unsigned unit)
{
	char *start = p;

	for (size_t i = 0; i + unit <= list.n; i += unit) {
		uint16_t v = unit == 1 ? list.p[i] : at16(list, i);

		if (unit == 2 && sk_tls_is_grease(v))
			continue;
		if (p != start)
			*p++ = '-';
		p = put_number(p, v);
	}
	return p;
}

static char *put_extensions(char *p, struct sk_span exts, bool grease)
{
	char *start = p;

	for (size_t i = 0; i + 4 <= exts.n; i += 4u + at16(exts, i + 2)) {
		uint16_t v = at16(exts, i);

		if (!grease && sk_tls_is_grease(v))
			continue;
		if (p != start)
			*p++ = '-';
		p = put_number(p, v);
	}
	return p;
}

/* Room for the worst: six characters per number. */
static char *reserve(struct sk_buf *out, size_t numbers, int *rc)
{
	*rc = sk_buf_reserve(out, numbers * 6 + 16);
	return *rc < 0 ? NULL : (char *)out->p + out->n;
}

int sk_tls_ja3(const struct sk_tls_hello *h, struct sk_buf *out)
{
	char *p;
	int rc;

	if (h->is_v2)
		return SK_E_UNSUPPORTED;
	p = reserve(out, 1 + h->ciphers.n / 2 + h->extensions.n / 4 + h->groups.n / 2 + h->points.n, &rc);
	if (!p)
		return rc;
	p = put_number(p, h->version);
	*p++ = ',';
	p = put_list(p, h->ciphers, 2);
	*p++ = ',';
	p = put_extensions(p, h->extensions, false);
	*p++ = ',';
	p = put_list(p, h->groups, 2);
	*p++ = ',';
	p = put_list(p, h->points, 1);
	out->n = (size_t)((uint8_t *)p - out->p);
	return 0;
}

int sk_tls_ja3s(const struct sk_tls_hello *h, struct sk_buf *out)
{
	char *p;
	int rc;

	p = reserve(out, 2 + h->extensions.n / 4, &rc);
	if (!p)
		return rc;
	p = put_number(p, h->version);
	*p++ = ',';
	p = put_number(p, h->cipher);
	*p++ = ',';
	p = put_extensions(p, h->extensions, true);
	out->n = (size_t)((uint8_t *)p - out->p);
	return 0;
}

/* --- JA4 --- */

static int compare16(const void *a, const void *b)
{
	uint16_t x, y;

	memcpy(&x, a, 2);
	memcpy(&y, b, 2);
	return (x > y) - (x < y);
}

static void sort16(uint16_t *v, size_t n)
{
	if (n > SORT_SMALL) {
		qsort(v, n, sizeof(*v), compare16);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		uint16_t x = v[i];
		size_t j = i;

		for (; j > 0 && v[j - 1] > x; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

static char *put_hex(char *p, const uint16_t *v, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		if (i)
			*p++ = ',';
		*p++ = digits[v[i] >> 12];
		*p++ = digits[v[i] >> 8 & 15];
		*p++ = digits[v[i] >> 4 & 15];
		*p++ = digits[v[i] & 15];
	}
	return p;
}

static size_t collect(uint16_t *v, struct sk_span list)
{
	size_t n = 0;

	for (size_t i = 0; i + 2 <= list.n; i += 2)
		if (!sk_tls_is_grease(at16(list, i)))
			v[n++] = at16(list, i);
	return n;
}

/* All extensions are counted, those of names (0 and 16) are not hashed. */
static size_t collect_extensions(uint16_t *v, struct sk_span exts, size_t *cnt)
{
	size_t n = 0;

	*cnt = 0;
	for (size_t i = 0; i + 4 <= exts.n; i += 4u + at16(exts, i + 2)) {
		uint16_t type = at16(exts, i);

		if (sk_tls_is_grease(type))
			continue;
		++*cnt;
		if (type != 0 && type != 16)
			v[n++] = type;
	}
	return n;
}

static const char *version_code(const struct sk_tls_hello *h)
{
	uint16_t best = 0;

	for (size_t i = 0; i + 2 <= h->versions.n; i += 2)
		if (!sk_tls_is_grease(at16(h->versions, i)))
			best = SK_MAX(best, at16(h->versions, i));
	switch (best ? best : h->version) {
	case 0x0304:
		return "13";
	case 0x0303:
		return "12";
	case 0x0302:
		return "11";
	case 0x0301:
		return "10";
	case 0x0300:
		return "s3";
	case 0x0002:
		return "s2";
	default:
		return "00";
	}
}

static bool is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* First and last character of the first protocol; of its hex form where one of them is no letter or digit. */
static void put_alpn(char *p, struct sk_span alpn)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = alpn.n ? alpn.p[0] : 0;

	p[0] = p[1] = '0';
	if (n == 0 || n > alpn.n - 1)
		return;
	uint8_t a = alpn.p[1], z = alpn.p[n];
	if (is_alnum(a) && is_alnum(z)) {
		p[0] = (char)a;
		p[1] = (char)z;
	} else {
		p[0] = digits[a >> 4];
		p[1] = digits[z & 15];
	}
}

static void put_count(char *p, size_t n)
{
	n = SK_MIN(n, (size_t)99);
	p[0] = (char)('0' + n / 10);
	p[1] = (char)('0' + n % 10);
}

static int put_hash(char *p, struct sk_digester *d, const char *text, size_t n)
{
	char hex[SK_DIGEST_TEXT_MAX];

	if (n == 0) {
		memset(p, '0', 12);
		return 0;
	}
	if (sk_digest_hex(d, SK_DIGEST_SHA256, sk_span(text, n), hex) == 0)
		return SK_E_UNSUPPORTED;
	memcpy(p, hex, 12);
	return 0;
}

int sk_tls_ja4(const struct sk_tls_hello *h, struct sk_digester *d, struct sk_buf *work, char out[SK_TLS_JA4_LEN + 1])
{
	size_t max = SK_MAX(SK_MAX(h->ciphers.n / 2, h->extensions.n / 4), h->signatures.n / 2) + 1, cipher_cnt, ext_cnt, n;
	uint16_t *v;
	char *text, *p;
	int rc;

	if (h->is_v2)
		return SK_E_UNSUPPORTED;
	/* numbers first, then text: five characters each, of extensions and signatures together */
	sk_buf_clear(work);
	rc = sk_buf_reserve(work, max * sizeof(*v) + 2 * max * 5 + 2);
	if (rc < 0)
		return rc;
	v = (uint16_t *)(void *)work->p;
	text = (char *)work->p + max * sizeof(*v);

	cipher_cnt = collect(v, h->ciphers);
	sort16(v, cipher_cnt);
	p = put_hex(text, v, cipher_cnt);
	rc = put_hash(out + 11, d, text, (size_t)(p - text));
	if (rc < 0)
		return rc;

	n = collect_extensions(v, h->extensions, &ext_cnt);
	sort16(v, n);
	p = put_hex(text, v, n);
	n = collect(v, h->signatures);
	if (n) {
		*p++ = '_';
		p = put_hex(p, v, n);
	}
	rc = put_hash(out + 24, d, text, ext_cnt ? (size_t)(p - text) : 0);
	if (rc < 0)
		return rc;

	out[0] = 't';
	memcpy(out + 1, version_code(h), 2);
	out[3] = h->has_sni ? 'd' : 'i';
	put_count(out + 4, cipher_cnt);
	put_count(out + 6, ext_cnt);
	put_alpn(out + 8, h->alpn);
	out[10] = '_';
	out[23] = '_';
	out[SK_TLS_JA4_LEN] = 0;
	return 0;
}
