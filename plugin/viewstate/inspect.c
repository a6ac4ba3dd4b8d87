/* viewstate/inspect.c — see inspect.h.
 *
 * Encodings nest: view state holds binary objects, those hold strings that are base64 of objects or of gzip'd objects or of view
 * state again. look() is entered for every piece of bytes, look_text() for every text.
 */
#include "inspect.h"

#include <zlib.h>

#include "markup.h"
#include "nrbf.h"
#include "osf.h"

const char *const inspect_format_names[] = { "broken", "encrypted", "unsigned", "signed", "trailing" };
const char *const inspect_verdict_names[] = { "none", "harmless", "unknown", "gadget" };

#define TEXT_MIN 24u			/* shorter base64 cannot hold an object */
#define INFLATE_MAX (1u << 20)		/* out of one gzip'd text, to be read */
#define INFLATE_WINDOWS 7u		/* as much again, to be searched */
#define WINDOW_OVERLAP 1024u		/* longer than any name that is searched for */
#define SEARCH_MAX (256u << 10)		/* of an object, from where it cannot be read */
#define EMBEDDED_MAX 8u			/* encoded texts within one text */

struct look {
	struct inspection *out;
	const struct inspect_alloc *mem;
	size_t budget;
	unsigned depth;
	bool tables;			/* inside a DataSet that holds its tables as bytes */
	bool dataset;			/* inside a DataSet or DataTable */
};

static void look(struct look *l, struct sk_span s);

static void copy_name(struct inspect_name *to, struct sk_span s)
{
	to->n = (uint16_t)(s.n < INSPECT_NAME_MAX ? s.n : INSPECT_NAME_MAX);
	memcpy(to->text, s.p, to->n);
}

static void raise_verdict(struct look *l, enum inspect_verdict v)
{
	if (v > l->out->verdict)
		l->out->verdict = v;
}

static void found_gadget(struct look *l, const char *gadget)
{
	if (!gadget)
		return;
	if (!l->out->gadget)
		l->out->gadget = gadget;
	raise_verdict(l, VERDICT_GADGET);
	if (l->depth > l->out->nested)
		l->out->nested = l->depth;
}

static bool begins(struct sk_span s, const char *with)
{
	return sk_span_is_str(sk_span_sub(s, 0, strlen(with)), with);
}

static void found_class(struct look *l, struct sk_span name)
{
	if (l->out->root_class.n == 0)
		copy_name(&l->out->root_class, name);
	if (l->out->class_cnt < INSPECT_CLASSES_MAX)
		copy_name(&l->out->classes[l->out->class_cnt++], name);
	found_gadget(l, gadget_of_class(name));
	if (begins(name, "System.Data.DataSet") || begins(name, "System.Data.DataTable"))
		l->dataset = true;
	raise_verdict(l, class_is_harmless(name) ? VERDICT_HARMLESS : VERDICT_UNKNOWN);
}

size_t inspect_base64(struct sk_span text, uint8_t *out, bool *clean)
{
	uint32_t bits = 0;
	unsigned held = 0;
	size_t n = 0, i;

	for (i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		uint32_t v;

		if (c >= 'A' && c <= 'Z')
			v = (uint32_t)(c - 'A');
		else if (c >= 'a' && c <= 'z')
			v = (uint32_t)(c - 'a' + 26);
		else if (c >= '0' && c <= '9')
			v = (uint32_t)(c - '0' + 52);
		else if (c == '+')
			v = 62;
		else if (c == '/')
			v = 63;
		else if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			continue;
		else
			break;
		bits = bits << 6 | v;
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[n++] = (uint8_t)(bits >> held);
		}
	}
	while (i < text.n && (text.p[i] == '=' || text.p[i] == ' ' || text.p[i] == '\t' || text.p[i] == '\r' || text.p[i] == '\n'))
		i++;
	*clean = i == text.n;
	return n;
}

/* A block from the allocator within the budget, or NULL. */
static uint8_t *block(struct look *l, size_t n)
{
	uint8_t *p;

	if (n > l->budget)
		return NULL;
	p = l->mem->alloc(l->mem->cx, n);
	if (p)
		l->budget -= n;
	return p;
}

/* Does it begin like something look() knows? */
static bool is_known(struct sk_span s)
{
	return s.n >= 3 && ((s.p[0] == 0xff && s.p[1] == 0x01) || (s.p[0] == 0x1f && s.p[1] == 0x8b && s.p[2] == 8) || nrbf_begins(s));
}

/* List`1[[…]] and List`1[…]; System.Byte[] is none. */
static bool is_generic(struct sk_span type)
{
	const uint8_t *tick = type.n ? memchr(type.p, '`', type.n) : NULL;

	return tick && memchr(tick, '[', type.n - (size_t)(tick - type.p)) != NULL;
}

/* Types of columns, where text is the XML schema of a DataSet. */
static void look_schema(struct look *l, struct sk_span text)
{
	struct sk_span value;

	while (!l->out->generic && markup_attribute(&text, "DataType", &value)) {
		uint8_t plain[INSPECT_NAME_MAX];
		struct sk_span type = { plain, markup_unescape(sk_span_sub(value, 0, 6 * sizeof(plain)), plain, sizeof(plain)) };

		l->out->generic = is_generic(type);
		if (l->out->generic || l->out->data_type.n == 0)
			copy_name(&l->out->data_type, type);
		if (l->out->generic)
			found_gadget(l, gadget_of_text(type));
	}
}

/* What is behind the first INFLATE_MAX bytes: window by window, each beginning with the end of the one before. */
static void search_rest(struct look *l, z_stream *z, uint8_t *out)
{
	int rc = Z_OK;

	for (unsigned i = 0; i < INFLATE_WINDOWS && rc == Z_OK && z->avail_out == 0; i++) {
		struct sk_span s;

		memmove(out, out + INFLATE_MAX - WINDOW_OVERLAP, WINDOW_OVERLAP);
		z->next_out = out + WINDOW_OVERLAP;
		z->avail_out = INFLATE_MAX - WINDOW_OVERLAP;
		rc = inflate(z, Z_SYNC_FLUSH);
		s = sk_span(out, INFLATE_MAX - z->avail_out);
		found_gadget(l, gadget_of_bytes(s));
		look_schema(l, s);
	}
}

static void look_gzip(struct look *l, struct sk_span s)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)s.p, .avail_in = (uInt)(s.n > UINT32_MAX ? UINT32_MAX : s.n) };
	uint8_t *out = block(l, INFLATE_MAX);

	if (!out)
		return;
	z.next_out = out;
	z.avail_out = INFLATE_MAX;
	if (inflateInit2(&z, 15 + 16) == Z_OK) {
		int rc = inflate(&z, Z_SYNC_FLUSH);

		look(l, sk_span(out, INFLATE_MAX - z.avail_out));
		if (rc == Z_OK)
			search_rest(l, &z, out);
		inflateEnd(&z);
	}
	l->mem->free(l->mem->cx, out);
}

/* Takes base64 off what begins here and looks, if it is something known. */
static void look_encoded(struct look *l, struct sk_span s)
{
	uint8_t head[(TEXT_MIN + 8) / 4 * 3 + 3];
	uint8_t *out;
	bool clean;

	if (s.n < TEXT_MIN || l->depth >= INSPECT_DEPTH_MAX)
		return;
	if (!is_known(sk_span(head, inspect_base64(sk_span_sub(s, 0, TEXT_MIN + 8), head, &clean))))
		return;
	out = block(l, s.n / 4 * 3 + 3);
	if (!out)
		return;
	look(l, sk_span(out, inspect_base64(s, out, &clean)));
	l->mem->free(l->mem->cx, out);
}

static bool is_base64_byte(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '+' || c == '/';
}

/* Base64 within a text, as in an element of XML: view state, objects and gzip begin alike. */
static void look_embedded(struct look *l, struct sk_span s)
{
	static const char *const starts[] = { "/wE", "AAEAAAD/////", "H4sI" };
	unsigned n = 0;

	for (size_t k = 0; k < sizeof(starts) / sizeof(starts[0]); k++)
		for (size_t i = 1; i < s.n && n < EMBEDDED_MAX; i++) {
			const uint8_t *p = memmem(s.p + i, s.n - i, starts[k], strlen(starts[k]));

			if (!p)
				break;
			i = (size_t)(p - s.p);
			if (is_base64_byte(p[-1]))
				continue;
			look_encoded(l, sk_span_sub(s, i, s.n));
			n++;
		}
}

static void look_text(struct look *l, struct sk_span s)
{
	found_gadget(l, gadget_of_text(s));
	look_schema(l, s);
	if (l->dataset && s.n && memmem(s.p, s.n, "<!DOCTYPE", 9))
		found_gadget(l, "DataSetXxe");
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\r' || s.p[0] == '\n'))
		s = sk_span_sub(s, 1, s.n);
	look_encoded(l, s);
	look_embedded(l, s);
}

/* Bytes of an array. Those of a DataSet's tables are tables, if they are what they should be. */
static void look_bytes(struct look *l, struct sk_span s)
{
	unsigned classes = l->out->class_cnt;

	look(l, s);
	if (l->tables && classes < l->out->class_cnt &&
	    !begins(sk_span(l->out->classes[classes].text, l->out->classes[classes].n), "System.Data.DataTable"))
		found_gadget(l, "DataSet");
}

static void found_member(struct look *l, struct sk_span name)
{
	found_gadget(l, gadget_of_member(name));
	if (begins(name, "DataSet.Tables_"))
		l->tables = true;
}

static void on_record(void *cx, enum nrbf_what what, struct sk_span s)
{
	struct look *l = cx;

	switch (what) {
	case NRBF_LIBRARY:
		if (l->out->library.n == 0)
			copy_name(&l->out->library, s);
		break;
	case NRBF_CLASS: found_class(l, s); break;
	case NRBF_MEMBER: found_member(l, s); break;
	case NRBF_STRING: look_text(l, s); break;
	case NRBF_BYTES: look_bytes(l, s); break;
	}
}

static void look_object(struct look *l, struct sk_span s)
{
	bool tables = l->tables, dataset = l->dataset;
	struct nrbf_result r;

	l->tables = l->dataset = false;
	l->out->blobs++;
	if (l->depth > l->out->nested)
		l->out->nested = l->depth;
	nrbf_walk(s, on_record, l, &r);
	if (r.classes == 0)
		raise_verdict(l, VERDICT_UNKNOWN);
	if (!r.whole)		/* too deep, too many, of a kind nobody reads: the names must still be there */
		found_gadget(l, gadget_of_bytes(sk_span_sub(s, r.stopped, SEARCH_MAX)));
	l->tables = tables;
	l->dataset = dataset;
}

static void on_token(void *cx, enum osf_what what, struct sk_span s, unsigned depth)
{
	struct look *l = cx;

	(void)depth;
	if (what == OSF_GOT_STRING) {
		look_text(l, s);
	} else if (what == OSF_GOT_BLOB) {
		if (nrbf_begins(s)) {
			look_object(l, s);
		} else {
			l->out->blobs++;
			raise_verdict(l, VERDICT_UNKNOWN);
		}
	}
}

static void look(struct look *l, struct sk_span s)
{
	struct osf_result r;

	if (l->depth >= INSPECT_DEPTH_MAX || !is_known(s))
		return;
	l->depth++;
	if (s.p[0] == 0xff)
		osf_walk(s, on_token, l, &r);
	else if (s.p[0] == 0x1f)
		look_gzip(l, s);
	else
		look_object(l, s);
	l->depth--;
}

/* Uniform bytes, by Pearson's chi-square over byte values: 255 degrees of freedom, mean 255, deviation 22.6. */
static bool looks_random(struct sk_span s)
{
	uint32_t seen[256] = { 0 };
	double expect = (double)s.n / 256, chi = 0;

	if (s.n < 32)
		return false;
	for (size_t i = 0; i < s.n; i++)
		seen[s.p[i]]++;
	for (int i = 0; i < 256; i++)
		chi += (seen[i] - expect) * (seen[i] - expect) / expect;
	return chi < 255 + 5 * 22.6;
}

static bool is_mac_length(size_t n)
{
	/* MD5, SHA1, HMACSHA256, HMACSHA384, HMACSHA512 */
	return n == 16 || n == 20 || n == 32 || n == 48 || n == 64;
}

void inspect_viewstate(struct sk_span decoded, bool encrypted_flag, const struct inspect_alloc *mem, struct inspection *out)
{
	struct look l = { .out = out, .mem = mem, .budget = INSPECT_BUDGET };
	struct osf_result r;

	*out = (struct inspection){ .size = decoded.n };
	if (osf_walk(decoded, on_token, &l, &r)) {
		out->root_token = r.root;
		if (!r.whole)
			found_gadget(&l, gadget_of_bytes(sk_span_sub(decoded, r.read, SEARCH_MAX)));
		if (!r.whole)
			out->format = VIEWSTATE_BROKEN;
		else if (r.tail == 0)
			out->format = VIEWSTATE_UNSIGNED;
		else if (is_mac_length(r.tail))
			out->format = VIEWSTATE_SIGNED;
		else
			out->format = VIEWSTATE_TRAILING;
		out->mac_len = out->format == VIEWSTATE_SIGNED ? (uint32_t)r.tail : 0;
		return;
	}
	out->format = encrypted_flag || looks_random(decoded) ? VIEWSTATE_ENCRYPTED : VIEWSTATE_BROKEN;
}

void inspect_stream(struct sk_span decoded, const struct inspect_alloc *mem, struct inspection *out)
{
	struct look l = { .out = out, .mem = mem, .budget = INSPECT_BUDGET };

	*out = (struct inspection){ .size = decoded.n };
	look(&l, decoded);
}
