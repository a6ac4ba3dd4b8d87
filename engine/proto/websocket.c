/* proto/websocket.c — see websocket.h. */
#include "proto/websocket.h"

#include "base/compiler.h"
#include "base/fmt.h"
#include "base/rd.h"

#define X(id, name, help, source) [SK_WS_ODDITY_BIT_##id] = name,
const char *const sk_ws_oddity_names[SK_WS_ODDITY_CNT] = { SK_WS_ODDITIES(X) };
#undef X

static unsigned header_len(const uint8_t *b)
{
	unsigned code = b[1] & 0x7f;

	return 2 + (code == 126 ? 2 : code == 127 ? 8 : 0) + (b[1] & 0x80 ? 4 : 0);
}

static void read_header(struct sk_span s, struct sk_ws_header *h)
{
	struct sk_rd r = sk_rd(s);
	uint8_t a = sk_rd_u8(&r), b = sk_rd_u8(&r);
	const uint8_t *mask;

	memset(h, 0, sizeof(*h));
	h->fin = a >> 7;
	h->reserved = a >> 4 & 7;
	h->opcode = a & 15;
	h->masked = b >> 7;
	h->len = b & 0x7f;
	h->is_minimal = true;
	if (h->len == 126) {
		h->len = sk_rd_u16be(&r);
		h->is_minimal = h->len > 125;
	} else if (h->len == 127) {
		h->len = sk_rd_u64be(&r);
		h->is_minimal = h->len > UINT16_MAX;
	}
	mask = h->masked ? sk_rd_take(&r, 4) : NULL;
	if (mask)
		memcpy(h->mask, mask, 4);
	h->header_len = (uint8_t)sk_rd_taken(&r);
}

bool sk_ws_next_header(struct sk_ws_reader *r, struct sk_span *data, struct sk_ws_header *h)
{
	while (data->n) {
		size_t want = r->n < 2 ? 2 : header_len(r->bytes), n = SK_MIN(data->n, want - r->n);

		memcpy(r->bytes + r->n, data->p, n);
		r->n = (uint8_t)(r->n + n);
		*data = sk_span_sub(*data, n, data->n);
		if (r->n >= 2 && r->n == header_len(r->bytes)) {
			read_header(sk_span(r->bytes, r->n), h);
			r->n = 0;
			return true;
		}
	}
	return false;
}

bool sk_ws_is_chain(struct sk_span data, bool masked)
{
	while (data.n) {
		struct sk_ws_reader r = { .n = 0 };
		struct sk_ws_header h;

		if (!sk_ws_next_header(&r, &data, &h) || h.masked != masked || !h.is_minimal || h.len > data.n || (h.reserved & 3) ||
		    (h.opcode > 2 && h.opcode < 8) || h.opcode > 10 || (h.opcode >= 8 && (!h.fin || h.len > SK_WS_CONTROL_MAX)))
			return false;
		data = sk_span_sub(data, (size_t)h.len, data.n);
	}
	return true;
}

void sk_ws_unmask(uint8_t *dst, struct sk_span src, const uint8_t mask[4], uint64_t pos)
{
	uint8_t turned[8];
	uint64_t key, word;
	size_t i = 0;

	for (unsigned k = 0; k < 8; k++)
		turned[k] = mask[(pos + k) & 3];
	memcpy(&key, turned, sizeof(key));
	for (; i + 8 <= src.n; i += 8) {
		memcpy(&word, src.p + i, sizeof(word));
		word ^= key;
		memcpy(dst + i, &word, sizeof(word));
	}
	for (; i < src.n; i++)
		dst[i] = src.p[i] ^ turned[i & 7];
}

bool sk_ws_accept_fits(struct sk_digester *d, struct sk_span key, struct sk_span accept)
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	uint8_t text[128 + sizeof(guid)], sha1[SK_DIGEST_MAX];
	char base64[64];
	size_t n;

	if (key.n > 128)
		return false;
	if (key.n)
		memcpy(text, key.p, key.n);
	memcpy(text + key.n, guid, sizeof(guid) - 1);
	n = sk_digest(d, SK_DIGEST_SHA1, sk_span(text, key.n + sizeof(guid) - 1), sha1);
	if (n == 0)
		return false;
	n = sk_fmt_base64(sk_span(sha1, n), base64, sizeof(base64));
	return sk_span_is(accept, sk_span(base64, n));
}

/* --- Sec-WebSocket-Extensions --- */

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static struct sk_span trim(struct sk_span s)
{
	while (s.n && is_blank(s.p[0]))
		s = sk_span_sub(s, 1, s.n);
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* Cuts *s at the first c; the part before it. */
static struct sk_span cut(struct sk_span *s, uint8_t c)
{
	const uint8_t *p = s->n ? memchr(s->p, c, s->n) : NULL;
	size_t n = p ? (size_t)(p - s->p) : s->n;
	struct sk_span first = sk_span_sub(*s, 0, n);

	*s = p ? sk_span_sub(*s, n + 1, s->n) : sk_span(NULL, 0);
	return trim(first);
}

/* 8 to 15, quoted or not; 0 otherwise. */
static uint8_t read_bits(struct sk_span v)
{
	if (v.n >= 2 && v.p[0] == '"' && v.p[v.n - 1] == '"')
		v = sk_span_sub(v, 1, v.n - 2);
	if (v.n == 1 && (v.p[0] == '8' || v.p[0] == '9'))
		return (uint8_t)(v.p[0] - '0');
	if (v.n == 2 && v.p[0] == '1' && v.p[1] >= '0' && v.p[1] <= '5')
		return (uint8_t)(10 + v.p[1] - '0');
	return 0;
}

static void read_parameter(struct sk_span p, struct sk_ws_deflate *d)
{
	static const char *const takeover[] = { "client_no_context_takeover", "server_no_context_takeover" };
	static const char *const bits[] = { "client_max_window_bits", "server_max_window_bits" };
	bool has_value = p.n && memchr(p.p, '=', p.n);
	struct sk_span name = cut(&p, '='), value = trim(p);

	for (int i = 0; i < 2; i++) {
		if (sk_span_is_str_nocase(name, takeover[i])) {
			d->is_odd |= has_value || d->no_takeover[i];
			d->no_takeover[i] = true;
			return;
		}
		if (sk_span_is_str_nocase(name, bits[i])) {
			uint8_t n = read_bits(value);

			d->is_odd |= n == 0 || d->window_bits[i];
			d->window_bits[i] = n;
			return;
		}
	}
	d->is_odd = true;
}

void sk_ws_read_extensions(struct sk_span field, struct sk_ws_deflate *d)
{
	memset(d, 0, sizeof(*d));
	while (field.n) {
		struct sk_span one = cut(&field, ','), name = cut(&one, ';');

		if (!sk_span_is_str_nocase(name, "permessage-deflate"))
			continue;
		if (d->agreed)
			d->is_odd = true;
		d->agreed = true;
		while (one.n)
			read_parameter(cut(&one, ';'), d);
	}
	for (int i = 0; i < 2; i++)
		if (!d->window_bits[i])
			d->window_bits[i] = 15;
}
