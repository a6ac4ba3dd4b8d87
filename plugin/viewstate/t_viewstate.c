/* plugin/viewstate/t_viewstate.c — the plugin against a fake host, with view state built here: inert, class names and no members. */
#include "fake_host.h"

#include <zlib.h>

#include "markup.h"

extern const struct sk_plugin sk_plugin_viewstate;

enum { FORMAT, VERDICT, GADGET, ROOT_CLASS, LIBRARY, CLASSES, ROOT_TOKEN, MAC_LENGTH, MAC, SIZE, OBJECTS, NESTED, CHUNKED };

struct bytes {
	uint8_t p[65536];
	size_t n;
};

static void add(struct bytes *b, const void *p, size_t n)
{
	CHECK(n <= sizeof(b->p) - b->n);
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

static void add_u8(struct bytes *b, unsigned v)
{
	uint8_t c = (uint8_t)v;

	add(b, &c, 1);
}

static void add_u32(struct bytes *b, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		add_u8(b, v >> 8 * i & 255);
}

static void add_varint(struct bytes *b, uint32_t v)
{
	for (; v >= 0x80; v >>= 7)
		add_u8(b, (v & 0x7f) | 0x80);
	add_u8(b, v);
}

static void add_string(struct bytes *b, const char *s)
{
	add_varint(b, (uint32_t)strlen(s));
	add(b, s, strlen(s));
}

/* Header, a library, one class with one string member whose value is text (may be NULL), end. */
static void add_object(struct bytes *b, uint32_t root_id, const char *class, const char *member, const char *text)
{
	add_u8(b, 0);
	add_u32(b, root_id);
	add_u32(b, UINT32_MAX);
	add_u32(b, 1);
	add_u32(b, 0);
	add_u8(b, 12);
	add_u32(b, 2);
	add_string(b, "Inert, Version=0.0.0.0");
	add_u8(b, 5);
	add_u32(b, root_id);
	add_string(b, class);
	add_u32(b, 1);
	add_string(b, member);
	add_u8(b, 1);			/* a string */
	add_u32(b, 2);
	if (text) {
		add_u8(b, 6);
		add_u32(b, 3);
		add_string(b, text);
	} else {
		add_u8(b, 10);
	}
	add_u8(b, 11);
}

static char *base64(const struct bytes *b, char *out)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *o = out;

	for (size_t i = 0; i < b->n; i += 3) {
		uint32_t v = (uint32_t)b->p[i] << 16 | (i + 1 < b->n ? (uint32_t)b->p[i + 1] << 8 : 0) | (i + 2 < b->n ? b->p[i + 2] : 0u);

		*o++ = set[v >> 18];
		*o++ = set[v >> 12 & 63];
		*o++ = i + 1 < b->n ? set[v >> 6 & 63] : '=';
		*o++ = i + 2 < b->n ? set[v & 63] : '=';
	}
	*o = 0;
	return out;
}

static const char *source = "urlencoded";

/* One parameter of request number, in pieces of at most piece bytes. */
static void send(struct fake *f, uint64_t number, const char *name, const char *value, size_t piece)
{
	struct sk_value head[SK_F_HTTP_REQUEST_CNT] = { [SK_F_HTTP_REQUEST_NUMBER] = { .type = SK_VALUE_INT, .u.num = number } };
	struct sk_event request = { .kind = SK_KIND_HTTP_REQUEST, .values = head, .value_cnt = SK_F_HTTP_REQUEST_CNT };
	size_t n = strlen(value), off = 0;

	do {
		size_t part = n - off < piece ? n - off : piece;
		bool last = off + part == n;
		struct sk_value values[SK_F_HTTP_FORM_CNT] = {
			[SK_F_HTTP_FORM_NAME] = { .type = SK_VALUE_BYTES, .u.bytes = sk_span_str(name) },
			[SK_F_HTTP_FORM_VALUE] = { .type = SK_VALUE_STREAM, .u.bytes = sk_span(value + off, part) },
			[SK_F_HTTP_FORM_OFFSET] = { .type = SK_VALUE_INT, .u.num = off },
			[SK_F_HTTP_FORM_LAST] = { .type = SK_VALUE_BOOL, .u.num = last },
			[SK_F_HTTP_FORM_SOURCE] = { .type = SK_VALUE_TEXT, .u.bytes = sk_span_str(source) } };
		struct sk_event e = { .kind = SK_KIND_HTTP_FORM, .parent = &request, .values = values, .value_cnt = SK_F_HTTP_FORM_CNT };

		CHECK(fake_event_unit(f, &e, off == 0, last) == SK_CONTINUE);
		off += part;
	} while (off < n);
}

static bool is(const struct fake *f, unsigned i, unsigned field, const char *text)
{
	const struct sk_value *v = &f->published[i].values[field];

	if (!text)
		return v->type == SK_VALUE_NONE;
	return v->type == SK_VALUE_TEXT && sk_span_is_str(v->u.bytes, text);
}

static uint64_t num(const struct fake *f, unsigned i, unsigned field)
{
	return f->published[i].values[field].u.num;
}

static void begin(struct fake *f)
{
	fake_init(f, &sk_plugin_viewstate);
	fake_option_num(f, "max_size", 1 << 20);
	CHECK(fake_start(f) == 0);
}

static struct bytes state, object, inner;
static char text[200000], text2[200000];

/* FF 01, before bytes, token 50 with the object, after bytes, a tail of zeros. */
static void make_state(const void *before, size_t before_n, const void *after, size_t after_n, size_t tail)
{
	state.n = 0;
	add(&state, "\xff\x01", 2);
	add(&state, before, before_n);
	add_u8(&state, 50);
	add_varint(&state, (uint32_t)object.n);
	add(&state, object.p, object.n);
	add(&state, after, after_n);
	for (size_t i = 0; i < tail; i++)
		add_u8(&state, 0x5a);
}

static void roots_and_macs(void)
{
	static const struct { size_t n; const char *format, *mac; } tails[] = {
		{ 0, "unsigned", NULL }, { 16, "signed", "MD5" }, { 20, "signed", "SHA1" }, { 32, "signed", "HMACSHA256" },
		{ 48, "signed", "HMACSHA384" }, { 64, "signed", "HMACSHA512" }, { 21, "trailing", NULL } };
	struct fake f;

	begin(&f);
	for (unsigned i = 0; i < 7; i++) {
		object.n = 0;
		add_object(&object, 77 + i, "Microsoft.VisualStudio.Text.Formatting.TextFormattingRunProperties", "ForegroundBrush", NULL);
		make_state("", 0, "", 0, tails[i].n);
		send(&f, i + 1, "__VIEWSTATE", base64(&state, text), i * 7 + 1);
		CHECK(f.published_cnt == i + 1);
		CHECK(is(&f, i, FORMAT, tails[i].format));
		CHECK(is(&f, i, MAC, tails[i].mac));
		CHECK(is(&f, i, VERDICT, "gadget"));
		CHECK(is(&f, i, GADGET, "TextFormattingRunProperties"));
		CHECK(is(&f, i, ROOT_CLASS, "Microsoft.VisualStudio.Text.Formatting.TextFormattingRunProperties"));
		CHECK(is(&f, i, LIBRARY, "Inert, Version=0.0.0.0"));
		CHECK(num(&f, i, ROOT_TOKEN) == 50);
		CHECK(num(&f, i, SIZE) == state.n);
	}
	CHECK(fake_close(&f) == 0);
}

static void nested_in_a_pair(void)
{
	struct fake f;

	begin(&f);
	object.n = 0;
	add_object(&object, 1, "System.Windows.Forms.AxHost+State", "x", NULL);
	make_state("\x0f\x0f\x16\x01", 4, "\x64\x64", 2, 32);	/* Pair(Pair(ArrayList[object], null), null) */
	send(&f, 1, "__viewstate", base64(&state, text), 100000);
	CHECK(is(&f, 0, FORMAT, "signed"));
	CHECK(is(&f, 0, GADGET, "AxHostState"));
	CHECK(num(&f, 0, ROOT_TOKEN) == 15);
	CHECK(num(&f, 0, OBJECTS) == 1);
	CHECK(fake_close(&f) == 0);
}

static void pieces_in_any_order(void)
{
	struct fake f;
	size_t third;

	begin(&f);
	object.n = 0;
	add_object(&object, 1, "System.Management.Automation.PSObject", "CliXml", NULL);
	make_state("", 0, "", 0, 20);
	base64(&state, text);
	third = strlen(text) / 3;
	memcpy(text2, text, third);
	text2[third] = 0;
	send(&f, 1, "__VIEWSTATEFIELDCOUNT", "3", 100);
	send(&f, 1, "__VIEWSTATE2", text + 2 * third, 11);
	send(&f, 1, "__VIEWSTATE", text2, 11);
	CHECK(f.published_cnt == 0);
	memcpy(text2, text + third, third);
	text2[third] = 0;
	send(&f, 1, "__VIEWSTATE1", text2, 11);
	CHECK(f.published_cnt == 1);
	CHECK(is(&f, 0, GADGET, "PSObject"));
	CHECK(num(&f, 0, CHUNKED) == 1);

	/* the count last */
	send(&f, 2, "__VIEWSTATE1", text + third, 1000);
	memcpy(text2, text, third);
	text2[third] = 0;
	send(&f, 2, "__VIEWSTATE", text2, 1000);
	CHECK(f.published_cnt == 2);
	CHECK(!is(&f, 1, FORMAT, "signed"));
	send(&f, 2, "__VIEWSTATEFIELDCOUNT", "2", 1);
	CHECK(f.published_cnt == 3);
	CHECK(is(&f, 2, GADGET, "PSObject"));
	CHECK(is(&f, 2, FORMAT, "signed"));
	CHECK(fake_close(&f) == 0);
}

/* What a count may say that is not so: the server takes __VIEWSTATE by itself unless it cuts its own. */
static void counts(void)
{
	static const char *const two[] = { "2", "+2", " 2", "\t2\r\n", "00000000000000000000002", "2 " };
	static const char *const none[] = { "0", "1", "", "x", "-2", "5", "99999999999999999999" };
	static char name[32], piece[2];
	struct fake f;
	size_t half;
	unsigned n = 0;

	begin(&f);
	object.n = 0;
	add_object(&object, 1, "System.Management.Automation.PSObject", "CliXml", NULL);
	make_state("", 0, "", 0, 20);
	base64(&state, text);
	half = strlen(text) / 2;
	memcpy(text2, text, half);
	text2[half] = 0;
	for (size_t i = 0; i < sizeof(two) / sizeof(two[0]); i++) {
		send(&f, 100 + i, "__VIEWSTATEFIELDCOUNT", two[i], 1);
		send(&f, 100 + i, "__VIEWSTATE", text2, 11);
		send(&f, 100 + i, "__VIEWSTATE1", text + half, 11);
		CHECK(f.published_cnt == ++n && is(&f, n - 1, GADGET, "PSObject") && num(&f, n - 1, CHUNKED) == 1);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		send(&f, 200 + i, "__VIEWSTATEFIELDCOUNT", none[i], 1);
		send(&f, 200 + i, "__VIEWSTATE", text, 11);
		CHECK(f.published_cnt == ++n && is(&f, n - 1, GADGET, "PSObject") && num(&f, n - 1, CHUNKED) == 0);
	}
	/* the count of a query is none of a body's */
	source = "query";
	send(&f, 300, "__VIEWSTATEFIELDCOUNT", "2", 1);
	source = "multipart";
	send(&f, 300, "__VIEWSTATE", text, 11);
	CHECK(f.published_cnt == ++n && is(&f, n - 1, GADGET, "PSObject"));
	source = "urlencoded";
	/* a byte a piece, the last ones first; and more than anybody sends */
	send(&f, 301, "__VIEWSTATEFIELDCOUNT", "200", 1);
	for (int i = 199; i > 0; i--) {
		snprintf(name, sizeof(name), "__VIEWSTATE%d", i);
		snprintf(piece, sizeof(piece), "%c", text[i]);
		send(&f, 301, name, i == 199 ? text + 199 : piece, 1000);
	}
	text2[0] = text[0];
	text2[1] = 0;
	send(&f, 301, "__VIEWSTATE", text2, 1000);
	CHECK(f.published_cnt == ++n && is(&f, n - 1, GADGET, "PSObject") && num(&f, n - 1, CHUNKED) == 1);
	send(&f, 302, "__VIEWSTATE1000", text, 1000);
	send(&f, 302, "__VIEWSTATE99999", text, 1000);
	CHECK(f.published_cnt == n);
	CHECK(fake_close(&f) == 0);
}

static void text_inside_text(void)
{
	static uint8_t packed[4096];
	struct fake f;
	z_stream z = { 0 };

	begin(&f);
	/* an object in base64 in a member of a harmless one */
	inner.n = 0;
	add_object(&inner, 1, "System.Resources.ResourceSet", "x", NULL);
	object.n = 0;
	add_object(&object, 1, "System.Collections.Hashtable", "x", base64(&inner, text2));
	make_state("", 0, "", 0, 20);
	send(&f, 1, "__VIEWSTATE", base64(&state, text), 1000);
	CHECK(is(&f, 0, ROOT_CLASS, "System.Collections.Hashtable"));
	CHECK(is(&f, 0, GADGET, "ResourceSet"));
	CHECK(num(&f, 0, OBJECTS) == 2);

	/* the same, packed with gzip */
	CHECK(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	z.next_in = inner.p;
	z.avail_in = (uInt)inner.n;
	z.next_out = packed;
	z.avail_out = sizeof(packed);
	CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
	inner.n = 0;
	add(&inner, packed, z.total_out);
	deflateEnd(&z);
	object.n = 0;
	add_object(&object, 1, "System.Collections.Hashtable", "x", base64(&inner, text2));
	make_state("", 0, "", 0, 20);
	send(&f, 2, "__VIEWSTATE", base64(&state, text), 1000);
	CHECK(is(&f, 1, GADGET, "ResourceSet"));

	/* XAML text */
	object.n = 0;
	add_object(&object, 1, "Some.Type", "x", "<ResourceDictionary><ObjectDataProvider/></ResourceDictionary>");
	make_state("", 0, "", 0, 20);
	send(&f, 3, "__VIEWSTATE", base64(&state, text), 1000);
	CHECK(is(&f, 2, GADGET, "ObjectDataProvider"));
	CHECK(fake_close(&f) == 0);
}

static void what_is_no_gadget(void)
{
	/* Pair(Pair("0", Pair(null, ArrayList[Int32 3, IntEnum SPControlMode 1])), null) and a MAC of 20 bytes */
	static const char type[] = "Microsoft.SharePoint.WebControls.SPControlMode, Microsoft.SharePoint, Version=15.0.0.0";
	struct fake f;

	begin(&f);
	state.n = 0;
	add(&state, "\xff\x01\x0f\x0f\x05\x01" "0" "\x0f\x64\x16\x02\x02\x03\x0b\x29", 15);
	add_string(&state, type);
	add(&state, "\x01\x64", 2);
	for (int i = 0; i < 20; i++)
		add_u8(&state, 0xa5);
	send(&f, 1, "__VIEWSTATE", base64(&state, text), 10);
	CHECK(is(&f, 0, FORMAT, "signed"));
	CHECK(is(&f, 0, VERDICT, "none"));
	CHECK(is(&f, 0, GADGET, NULL));
	CHECK(is(&f, 0, ROOT_CLASS, NULL));
	CHECK(num(&f, 0, MAC_LENGTH) == 20);

	object.n = 0;
	add_object(&object, 1, "System.Collections.Hashtable", "LoadFactor", NULL);
	make_state("", 0, "", 0, 20);
	send(&f, 2, "__VIEWSTATE", base64(&state, text), 10);
	CHECK(is(&f, 1, VERDICT, "harmless"));

	object.n = 0;
	add_object(&object, 1, "Contoso.Web.Parts.Settings", "x", NULL);
	make_state("", 0, "", 0, 20);
	send(&f, 3, "__VIEWSTATE", base64(&state, text), 10);
	CHECK(is(&f, 2, VERDICT, "unknown"));
	CHECK(is(&f, 2, GADGET, NULL));

	object.n = 0;
	add_object(&object, 1, "System.Collections.HashtableOfEvil", "x", NULL);
	make_state("", 0, "", 0, 20);
	send(&f, 4, "__VIEWSTATE", base64(&state, text), 10);
	CHECK(is(&f, 3, VERDICT, "unknown"));

	send(&f, 5, "__VIEWSTATE", "this is no view state", 10);
	CHECK(is(&f, 4, FORMAT, "broken"));
	/* bytes that look random, from a linear congruence */
	state.n = 0;
	for (uint32_t i = 0, x = 1; i < 128; i++) {
		x = x * 1664525 + 1013904223;
		add_u8(&state, x >> 24);
	}
	send(&f, 6, "__VIEWSTATE", base64(&state, text), 10);
	CHECK(is(&f, 5, FORMAT, "encrypted"));
	send(&f, 7, "__VIEWSTATEENCRYPTED", "", 10);
	send(&f, 7, "__VIEWSTATE", "AAAAAAAAAAAA", 10);
	CHECK(is(&f, 6, FORMAT, "encrypted"));
	CHECK(fake_close(&f) == 0);
}

static void blanks_and_plus_signs(void)
{
	struct fake f;
	size_t o = 0;

	begin(&f);
	object.n = 0;
	add_object(&object, 1, "System.Web.Security.RolePrincipal", "x", NULL);
	make_state("", 0, "", 0, 20);
	base64(&state, text);
	for (size_t i = 0; text[i]; i++) {
		text2[o++] = text[i];
		if (i % 5 == 0)
			text2[o++] = "\r\n\t "[i % 4];
	}
	text2[o] = 0;
	send(&f, 1, "__VIEWSTATE", text2, 3);
	CHECK(is(&f, 0, GADGET, "RolePrincipal"));
	/* unescaped plus signs arrive as blanks: Pair(a string that gives some, object) */
	state.n = 2;
	add(&state, "\x0f\x05\x07" "A\xfb\xef\xbe\xfb\xef\xbe", 10);
	add_u8(&state, 50);
	add_varint(&state, (uint32_t)object.n);
	add(&state, object.p, object.n);
	base64(&state, text);
	CHECK(strchr(text, '+'));
	for (char *c = text; *c; c++)
		if (*c == '+')
			*c = ' ';
	send(&f, 2, "__VIEWSTATE", text, 3);
	CHECK(is(&f, 1, GADGET, "RolePrincipal"));
	CHECK(fake_close(&f) == 0);
}

/* A DataSet with a schema whose column has this type, gzip'd, base64, in markup; filler keeps it from being short. */
static void make_markup(const char *data_type, const char *before, const char *after)
{
	static char schema[2048], coded[8192];
	static struct bytes packed;
	z_stream z = { 0 };

	snprintf(schema, sizeof(schema), "<xs:schema><xs:element name=\"c\" msdata:DataType=\"%s\" type=\"xs:anyType\" /></xs:schema>", data_type);
	object.n = 0;
	add_object(&object, 1, "System.Data.DataSet", "XmlSchema", schema);
	CHECK(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	z.next_in = object.p;
	z.avail_in = (uInt)object.n;
	z.next_out = packed.p;
	z.avail_out = sizeof(packed.p);
	CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
	packed.n = z.total_out;
	deflateEnd(&z);
	CHECK(packed.n < sizeof(coded) / 2);
	snprintf(text, sizeof(text), "%s%s%s", before, base64(&packed, coded), after);
}

enum { TABLE_ROOT, TABLE_TYPE, TABLE_GENERIC, TABLE_GADGET };

static void tables(void)
{
	static const size_t pieces[] = { 1, 7, 100000 };
	struct fake f;

	begin(&f);
	for (unsigned i = 0; i < 3; i++) {
		make_markup("System.Collections.Generic.List`1[[Inert.Test, Inert]]", "<a:ExcelDataSet CompressedDataTable=\"", "\" runat='server'/>");
		send(&f, i + 1, "MSOTlPn_DWP", text, pieces[i]);
		CHECK(f.published[i].kind_index == 1 && is(&f, i, TABLE_ROOT, "System.Data.DataSet"));
		CHECK(is(&f, i, TABLE_TYPE, "System.Collections.Generic.List`1[[Inert.Test, Inert]]") && f.published[i].values[TABLE_GENERIC].u.num == 1);
	}
	make_markup("System.String", "<a:ExcelDataSet compresseddatatable = '", "'/>");
	send(&f, 4, "msotlpn_dwp", text, 5);
	CHECK(is(&f, 3, TABLE_TYPE, "System.String") && f.published[3].values[TABLE_GENERIC].u.num == 0);
	CHECK(f.published[3].values[TABLE_GADGET].type == SK_VALUE_NONE);
	make_markup("System.Byte[]", "<CompressedDataTable>", "</CompressedDataTable>");
	send(&f, 5, "MSOTlPn_DWP", text, 50);
	CHECK(f.published[4].values[TABLE_GENERIC].u.num == 0);
	make_markup("A&#96;1&#x5B;&#x5b;B]]", "CompressedDataTable=", " x");
	send(&f, 6, "MSOTlPn_DWP", text, 50);
	CHECK(is(&f, 5, TABLE_TYPE, "A`1[[B]]") && f.published[5].values[TABLE_GENERIC].u.num == 1);
	make_markup("System.Data.Services.Internal.ExpandedWrapper`2[[x]]", "CompressedDataTable=\"", "\"");
	send(&f, 7, "MSOTlPn_DWP", text, 50);
	CHECK(is(&f, 6, TABLE_GADGET, "DataSetOldBehaviour with ExpandedWrapper"));
	send(&f, 8, "MSOTlPn_DWP", "<x NotCompressedDataTable=\"H4sI\" CompressedDataTable /> CompressedDataTable=", 3);
	CHECK(f.published_cnt == 7);
	send(&f, 9, "MSOTlPn_DWP", "CompressedDataTable=\"not base64\"", 3);
	CHECK(f.published_cnt == 8 && f.published[7].values[TABLE_ROOT].type == SK_VALUE_NONE);
	/* behind forty plain ones, of which eight are told */
	{
		static char many[100000];
		size_t n = 0;

		make_markup("System.String", "<a CompressedDataTable='", "'/>");
		for (int i = 0; i < 40; i++)
			n += (size_t)snprintf(many + n, sizeof(many) - n, "%s", text);
		make_markup("System.Collections.Generic.List`1[[A, B]]", "<a CompressedDataTable='", "'/>");
		snprintf(many + n, sizeof(many) - n, "%s", text);
		send(&f, 10, "MSOTlPn_DWP", many, 1000);
		CHECK(f.published_cnt == 8 + 8 + 1 && f.published[16].values[TABLE_GENERIC].u.num == 1);
	}
	CHECK(fake_close(&f) == 0);
}

static void references(void)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "a&#43;b", "a+b" }, { "&#x2F;&#X3d;", "/=" }, { "&amp;&lt;&gt;&quot;&apos;", "&<>\"'" }, { "&#228;&#8364;", "\xc3\xa4\xe2\x82\xac" },
		{ "&#x1F600;", "\xf0\x9f\x98\x80" }, { "&#;&#x;&#0;&#x110000;&#12", "&#;&#x;&#0;&#x110000;&#12" }, { "&#99999999999999999999;", "&#99999999999999999999;" },
		{ "&", "&" }, { "&#", "&#" }, { "&nbsp;", "&nbsp;" } };
	uint8_t out[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = markup_unescape(sk_span_str(rows[i].in), out, sizeof(out));

		CHECK(n == strlen(rows[i].out) && memcmp(out, rows[i].out, n) == 0);
	}
	CHECK(markup_unescape(sk_span_str("0123456789"), out, 8) == 5);
}

static void shortage(void)
{
	struct fake f;

	begin(&f);
	f.alloc_fails = true;
	send(&f, 1, "__VIEWSTATE", "/wEPZGQ=", 3);
	send(&f, 2, "MSOTlPn_DWP", "CompressedDataTable=\"H4sI\"", 3);
	CHECK(f.published_cnt == 0);
	CHECK(fake_close(&f) == 0);
}

int main(void)
{
	roots_and_macs();
	nested_in_a_pair();
	pieces_in_any_order();
	counts();
	text_inside_text();
	what_is_no_gadget();
	blanks_and_plus_signs();
	tables();
	references();
	shortage();
	return 0;
}
