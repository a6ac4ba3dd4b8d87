/* plugin/viewstate/t_inspect.c — the walkers by themselves: every token, every length, every gadget; inert names, no members. */
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "inspect.h"
#include "nrbf.h"
#include "osf.h"

#define CHECK(x) \
	do { \
		if (!(x)) { \
			fprintf(stderr, "%s:%d: %s (%s)\n", __FILE__, __LINE__, #x, label); \
			exit(1); \
		} \
	} while (0)

static const char *label = "";		/* row at hand */

struct bytes {
	uint8_t p[1 << 21];
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

static void add_string(struct bytes *b, const char *s, size_t n)
{
	add_varint(b, (uint32_t)n);
	add(b, s, n);
}

static void add_head(struct bytes *b)
{
	add_u8(b, 0);
	add_u32(b, 1);
	add_u32(b, UINT32_MAX);
	add_u32(b, 1);
	add_u32(b, 0);
}

/* A class of mscorlib with one member, a string (10: none). */
static void add_class(struct bytes *b, const char *class, const char *member)
{
	add_u8(b, 4);
	add_u32(b, 1);
	add_string(b, class, strlen(class));
	add_u32(b, 1);
	add_string(b, member, strlen(member));
	add_u8(b, 1);
}

static void add_object(struct bytes *b, const char *class, const char *member, const char *text, size_t n)
{
	add_head(b);
	add_class(b, class, member);
	add_u8(b, 6);
	add_u32(b, 3);
	add_string(b, text, n);
	add_u8(b, 11);
}

static size_t base64(const uint8_t *p, size_t n, char *out)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *o = out;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0u);

		*o++ = set[v >> 18];
		*o++ = set[v >> 12 & 63];
		*o++ = i + 1 < n ? set[v >> 6 & 63] : '=';
		*o++ = i + 2 < n ? set[v & 63] : '=';
	}
	*o = 0;
	return (size_t)(o - out);
}

static void *get(void *cx, size_t n)
{
	(void)cx;
	return malloc(n);
}

static void put(void *cx, void *p)
{
	(void)cx;
	free(p);
}

static const struct inspect_alloc mem = { get, put, NULL };
static struct bytes state, object, inner;
static struct inspection v;

/* FF 01, before, the object as token 50 unless it is empty, after; from a block of its very size. */
static void look(const void *before, size_t before_n, const void *after, size_t after_n)
{
	uint8_t *copy;

	state.n = 0;
	add(&state, "\xff\x01", 2);
	add(&state, before, before_n);
	if (object.n) {
		add_u8(&state, 50);
		add_varint(&state, (uint32_t)object.n);
		add(&state, object.p, object.n);
	}
	add(&state, after, after_n);
	copy = malloc(state.n);
	memcpy(copy, state.p, state.n);
	inspect_viewstate(sk_span(copy, state.n), false, &mem, &v);
	free(copy);
}

static bool gadget_is(const char *name)
{
	return v.gadget && strcmp(v.gadget, name) == 0 && v.verdict == VERDICT_GADGET;
}

/* ObjectStateFormatter's table: each token in front of an object in a pair; if it were read with another length the object would
 * not be found, or what follows would not be the end. */
static void every_token(void)
{
	static const struct {
		const char *name, *bytes;
		size_t n;
	} tokens[] = {
#define TOKEN(name, s) { name, s, sizeof(s) - 1 }
		TOKEN("Int16", "\x01\x34\x12"), TOKEN("Int32", "\x02\x80\x80\x80\x80\x08"), TOKEN("Int32, longer than needed", "\x02\x81\x80\x80\x00"),
		TOKEN("Byte", "\x03\x32"), TOKEN("Char", "\x04" "a"), TOKEN("Char of two bytes", "\x04\xc3\xa4"),
		TOKEN("Char of three bytes", "\x04\xe2\x82\xac"), TOKEN("String", "\x05\x02" "ab"), TOKEN("DateTime", "\x06" "12345678"),
		TOKEN("Double", "\x07" "12345678"), TOKEN("Single", "\x08" "1234"), TOKEN("Color", "\x09" "1234"),
		TOKEN("KnownColor", "\x0a\x81\x01"), TOKEN("IntEnum", "\x0b\x29\x01T\x02"), TOKEN("IntEnum of a local type", "\x0b\x2a\x01T\x02"),
		TOKEN("IntEnum of a known type", "\x0b\x2b\x01\x02"), TOKEN("EmptyColor", "\x0c"), TOKEN("Pair", "\x0f\x64\x66"),
		TOKEN("Triplet", "\x10\x64\x66\x67"), TOKEN("Array", "\x14\x2b\x00\x02\x64\x05\x01x"), TOKEN("Array of none", "\x14\x2b\x00\x00"),
		TOKEN("StringArray", "\x15\x02\x01" "a\x00"), TOKEN("ArrayList", "\x16\x02\x64\x68"), TOKEN("Hashtable", "\x17\x01\x05\x01k\x67"),
		TOKEN("HybridDictionary", "\x18\x01\x1e\x01k\x1f\x00"), TOKEN("Type", "\x19\x29\x01T"), TOKEN("Unit", "\x1b" "123456781234"),
		TOKEN("EmptyUnit", "\x1c"), TOKEN("EventValidationStore", "\x1d\x00\x01" "0123456789abcdef"), TOKEN("IndexedStringAdd", "\x1e\x01k"),
		TOKEN("IndexedString", "\x1f\x05"), TOKEN("StringFormatted", "\x28\x29\x01T\x01x"), TOKEN("SparseArray", "\x3c\x2b\x00\x80\x08\x01\x05\x64"),
		TOKEN("Null", "\x64"), TOKEN("EmptyString", "\x65"), TOKEN("zero", "\x66"), TOKEN("True", "\x67"), TOKEN("False", "\x68") };
	static const uint8_t unknown[] = { 0, 13, 14, 17, 26, 32, 41, 42, 43, 44, 49, 51, 59, 61, 99, 105, 255 };
	char before[64];

	object.n = 0;
	add_object(&object, "System.Resources.ResourceSet", "x", "", 0);
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		label = tokens[i].name;
		before[0] = 0x0f;
		memcpy(before + 1, tokens[i].bytes, tokens[i].n);
		look(before, tokens[i].n + 1, "12345678901234567890", 20);
		CHECK(gadget_is("ResourceSet") && v.format == VIEWSTATE_SIGNED && v.mac_len == 20 && v.root_token == 15 && v.blobs == 1);
		/* by itself, as a root */
		object.n = 0;
		look(tokens[i].bytes, tokens[i].n, "", 0);
		CHECK(v.format == VIEWSTATE_UNSIGNED && v.verdict == VERDICT_NONE && v.root_token == (uint8_t)tokens[i].bytes[0]);
		add_object(&object, "System.Resources.ResourceSet", "x", "", 0);
	}
	object.n = 0;
	for (size_t i = 0; i < sizeof(unknown); i++) {
		label = "unknown token";
		look(&unknown[i], 1, "abcdefgh", 8);
		CHECK(v.format == VIEWSTATE_BROKEN);
	}
	label = "cut event validation";
	look("\x1d\x00\x02" "0123456789abcdef", 19, "", 0);
	CHECK(v.format == VIEWSTATE_BROKEN);
}

/* Length classes of the blob, lengths longer than needed, tails. */
static void every_length(void)
{
	static const struct { size_t n; const char *format; uint32_t mac; } tails[] = {
		{ 0, "unsigned", 0 }, { 16, "signed", 16 }, { 20, "signed", 20 }, { 32, "signed", 32 }, { 48, "signed", 48 }, { 64, "signed", 64 },
		{ 1, "trailing", 0 }, { 15, "trailing", 0 }, { 33, "trailing", 0 }, { 65, "trailing", 0 } };
	static const size_t sizes[] = { 0, 40, 128, 16384, 300000, 1000000 };
	static char filler[1000001], tail[64];

	memset(filler, 'x', sizeof(filler));
	memset(tail, 'T', sizeof(tail));
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
		for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
			label = tails[i].format;
			object.n = 0;
			add_object(&object, "System.Web.Security.RolePrincipal", "x", filler, sizes[s]);
			look("", 0, filler, tails[i].n);
			CHECK(gadget_is("RolePrincipal") && v.mac_len == tails[i].mac && v.root_token == 50);
			CHECK(strcmp(inspect_format_names[v.format], tails[i].format) == 0 && v.size == state.n);
		}
	label = "length of five bytes";
	object.n = 0;
	add_object(&inner, "System.Web.Security.RolePrincipal", "x", "", 0);
	CHECK(inner.n < 128);
	{
		uint8_t five[6] = { 50, (uint8_t)(inner.n | 0x80), 0x80, 0x80, 0x80, 0 };
		struct bytes *b = &object;

		add(b, inner.p, inner.n);
		state.n = 0;
		add(&state, "\xff\x01", 2);
		add(&state, five, sizeof(five));
		add(&state, inner.p, inner.n);
		inspect_viewstate(sk_span(state.p, state.n), false, &mem, &v);
		CHECK(gadget_is("RolePrincipal") && v.format == VIEWSTATE_UNSIGNED);
	}
	inner.n = 0;
}

static void every_depth(void)
{
	static const unsigned depths[] = { 1, 63, 64, 65, 500, 1023, 1024, 5000 };
	static uint8_t before[20000];

	label = "depth";
	object.n = 0;
	add_object(&object, "System.Windows.Forms.AxHost+State", "x", "", 0);
	for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		/* lists of one within each other; deeper than the walker goes, the name is found all the same */
		for (unsigned k = 0; k < depths[i]; k++)
			memcpy(before + 2 * k, "\x16\x01", 2);
		look(before, 2 * depths[i], "", 0);
		CHECK(gadget_is("AxHostState"));
		CHECK(v.format == (depths[i] <= OSF_DEPTH_MAX ? VIEWSTATE_UNSIGNED : VIEWSTATE_BROKEN));
	}
	/* objects within each other, deeper than the walker goes */
	object.n = 0;
	add_head(&object);
	for (int i = 0; i < 3000; i++) {
		add_u8(&object, 4);
		add_u32(&object, (uint32_t)i + 1);
		add_string(&object, "System.Collections.Hashtable", 28);
		add_u32(&object, 1);
		add_string(&object, "x", 1);
		add_u8(&object, 2);
	}
	add_class(&object, "System.Windows.Forms.AxHost+State", "x");
	look("", 0, "", 0);
	CHECK(gadget_is("AxHostState"));
}

/* Every class, member and text that section "gadgets" of the sources names. */
static void every_gadget(void)
{
	static const struct { const char *class, *member, *text, *gadget; } rows[] = {
		{ "System.Collections.Generic.ComparisonComparer`1[[System.String, mscorlib]]", "_comparison", "", "TypeConfuseDelegate" },
		{ "System.DelegateSerializationHolder", "Delegate", "", "TypeConfuseDelegate" },
		{ "System.DelegateSerializationHolder+DelegateEntry", "type", "", "TypeConfuseDelegate" },
		{ "Microsoft.VisualStudio.Text.Formatting.TextFormattingRunProperties", "ForegroundBrush", "", "TextFormattingRunProperties" },
		{ "System.Workflow.ComponentModel.Serialization.ActivitySurrogateSelector+ObjectSurrogate+ObjectSerializedRef", "type", "",
		  "ActivitySurrogateSelector" },
		{ "A", "x", "<add key=\"microsoft:WorkflowComponentModel:DisableActivitySurrogateSelectorTypeCheck\"/>", "ActivitySurrogateDisableTypeCheck" },
		{ "System.Windows.Forms.AxHost+State", "x", "", "AxHostState" }, { "A", "PropertyBagBinary", "", "AxHostState" },
		{ "System.Data.DataSet, System.Data, Version=4.0.0.0, x=]", "x", "", "DataSetTypeSpoof" },
		{ "System.Data.DataSet", "XmlSchema", "<xs:e msdata:DataType=\"System.Data.Services.Internal.ExpandedWrapper`2[[A]]\"/>",
		  "DataSetOldBehaviour with ExpandedWrapper" },
		{ "System.Data.DataSet", "XmlSchema", "<xs:e msdata:DataType=\"System.Collections.Generic.List`1[[A, B]]\"/>",
		  "DataSetOldBehaviour with generic DataType" },
		{ "System.Data.DataTable", "XmlSchema", "<!DOCTYPE a [<!ENTITY b SYSTEM \"http://inert.example/\">]>", "DataSetXxe" },
		{ "System.Security.Principal.WindowsIdentity", "System.Security.ClaimsIdentity.actor", "", "WindowsIdentity" },
		{ "System.Security.Principal.WindowsPrincipal", "x", "", "WindowsPrincipal" },
		{ "System.Security.Principal.GenericPrincipal", "x", "", "GenericPrincipal" },
		{ "System.Security.Principal.GenericIdentity", "x", "", "GenericIdentity" },
		{ "Microsoft.IdentityModel.Claims.WindowsClaimsIdentity", "x", "", "WindowsClaimsIdentity" },
		{ "System.Security.Claims.ClaimsIdentity", "m_serializedClaims", "", "ClaimsIdentity" },
		{ "A", "System.Security.ClaimsIdentity.bootstrapContext", "", "ClaimsIdentity" },
		{ "System.Security.Claims.ClaimsPrincipal", "m_serializedClaimsIdentities", "", "ClaimsPrincipal" },
		{ "A", "System.Security.ClaimsPrincipal.Identities", "", "ClaimsPrincipal" },
		{ "System.Web.Security.RolePrincipal", "x", "", "RolePrincipal" }, { "System.Web.Security.FormsIdentity", "x", "", "FormsIdentity" },
		{ "System.IdentityModel.Tokens.SessionSecurityToken", "SessionToken", "", "SessionSecurityToken" },
		{ "Microsoft.IdentityModel.Tokens.SessionSecurityToken", "SessionToken", "", "SessionSecurityToken" },
		{ "System.Web.UI.MobileControls.SessionViewState+SessionViewStateHistoryItem", "s", "", "SessionViewStateHistoryItem" },
		{ "System.Drawing.Design.ToolboxItemContainer", "TbxIC_DataObjectValues", "", "ToolboxItemContainer" },
		{ "System.Management.Automation.PSObject", "CliXml", "", "PSObject" }, { "System.Resources.ResourceSet", "x", "", "ResourceSet" },
		{ "System.Runtime.Remoting.ObjRef", "uri", "", "ObjRef" },
		{ "System.Management.IWbemClassObjectFreeThreaded", "flatWbemClassObject", "", "WbemClassObjectUnmarshal" },
		{ "System.IO.FileInfo", "OriginalPath", "", "FileSystemInfo" }, { "System.IO.DirectoryInfo", "FullPath", "", "FileSystemInfo" },
		{ "System.CodeDom.Compiler.TempFileCollection", "files", "", "TempFileCollection" },
		{ "System.Configuration.Install.AssemblyInstaller", "path", "", "AssemblyInstaller" },
		{ "A", "x", "<ResourceDictionary><o:ObjectDataProvider/></ResourceDictionary>", "ObjectDataProvider" },
		{ "A", "x", "System.Windows.Markup.XamlReader", "XamlReader" }, { "A", "x", "System.Web.UI.LosFormatter", "LosFormatter" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		label = rows[i].gadget;
		object.n = 0;
		add_object(&object, rows[i].class, rows[i].member, rows[i].text, strlen(rows[i].text));
		look("", 0, "", 0);
		CHECK(gadget_is(rows[i].gadget));
		/* as the class of an array's elements, and where the record before cannot be read */
		if (gadget_of_class(sk_span_str(rows[i].class))) {
			object.n = 0;
			add_head(&object);
			add(&object, "\x07\x01\0\0\0\0\x01\0\0\0\x01\0\0\0\x03", 15);
			add_string(&object, rows[i].class, strlen(rows[i].class));
			look("", 0, "", 0);
			CHECK(gadget_is(rows[i].gadget));
			object.n = 0;
			add_head(&object);
			add(&object, "\x0c\x02\0\0\0\x01L\x15\x16\x17", 10);
			add_class(&object, rows[i].class, "x");
			look("", 0, "", 0);
			CHECK(strcmp(rows[i].gadget, "DataSetTypeSpoof") == 0 || gadget_is(rows[i].gadget));
		}
	}
}

/* A DataSet that brings its tables as bytes: tables are fine, anything else is none. */
static void tables_as_bytes(void)
{
	static const struct { const char *class; enum inspect_verdict verdict; const char *gadget; } rows[] = {
		{ "System.Data.DataTable", VERDICT_UNKNOWN, NULL }, { "Inert.Thing", VERDICT_GADGET, "DataSet" },
		{ "System.Resources.ResourceSet", VERDICT_GADGET, "ResourceSet" } };

	for (size_t i = 0; i < 3; i++) {
		label = rows[i].class;
		inner.n = object.n = 0;
		add_object(&inner, rows[i].class, "x", "", 0);
		add_head(&object);
		add_u8(&object, 4);
		add_u32(&object, 1);
		add_string(&object, "System.Data.DataSet", 19);
		add_u32(&object, 1);
		add_string(&object, "DataSet.Tables_0", 16);
		add(&object, "\x07\x02", 2);
		add(&object, "\x0f\x02\0\0\0", 5);
		add_u32(&object, (uint32_t)inner.n);
		add_u8(&object, 2);
		add(&object, inner.p, inner.n);
		add_u8(&object, 11);
		look("", 0, "", 0);
		CHECK(v.verdict == rows[i].verdict && (rows[i].gadget ? gadget_is(rows[i].gadget) : !v.gadget) && v.blobs == 2);
	}
}

static size_t pack(const uint8_t *p, size_t n, uint8_t *out, size_t room)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)p, .avail_in = (uInt)n, .next_out = out, .avail_out = (uInt)room };

	CHECK(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

/* Text in base64 at the beginning of a member, behind blanks, within an element; as object, view state, gzip of either. */
static void encodings(void)
{
	static char text[40000], coded[30000];
	static uint8_t packed[20000];
	size_t n;

	for (int form = 0; form < 4; form++)
		for (int place = 0; place < 3; place++) {
			const uint8_t *p = inner.p;

			label = "nested encoding";
			inner.n = object.n = 0;
			if (form & 1)
				add(&inner, "\xff\x01\x32\x48", 4);
			add_object(&inner, "System.Resources.ResourceSet", "x", "", 0);
			if (form & 1)
				inner.p[3] = (uint8_t)(inner.n - 4);
			n = inner.n;
			if (form & 2) {
				n = pack(inner.p, inner.n, packed, sizeof(packed));
				p = packed;
			}
			base64(p, n, coded);
			snprintf(text, sizeof(text), "%s%s%s", place == 0 ? "" : place == 1 ? " \r\n\t" : "<a><anyType xsi:type=\"xs:string\">", coded,
				 place == 2 ? "</anyType></a>" : "");
			add_object(&object, "System.Collections.Hashtable", "x", text, strlen(text));
			look("", 0, "", 0);
			CHECK(gadget_is("ResourceSet") && v.blobs == 2 && v.root_class.n == 28);
		}
}

/* What stands behind the part of a gzip'd text that is read as an object is searched; what is behind all caps is not. */
static void inflated(void)
{
	static struct bytes packed;
	static char schema[20 << 20];
	static const char type[] = "<xs:e msdata:DataType=\"System.Collections.Generic.List`1[[A, B]]\"/>";
	static const size_t at[] = { 100, (1 << 20) - 30, (1 << 20) + 100, 3 << 20, 7 << 20, 9 << 20 };

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		static uint8_t plain[(20 << 20) + 4096];
		size_t n = at[i] + sizeof(type);

		label = "inflated";
		memset(schema, ' ', n);
		memcpy(schema + at[i], type, sizeof(type) - 1);
		object.n = 0;
		add_head(&object);
		add_class(&object, "System.Data.DataSet", "XmlSchema");
		add(&object, "\x06\x03\0\0\0", 5);
		add_varint(&object, (uint32_t)n);
		memcpy(plain, object.p, object.n);
		memcpy(plain + object.n, schema, n);
		packed.n = pack(plain, object.n + n, packed.p, sizeof(packed.p));
		inspect_stream(sk_span(packed.p, packed.n), &mem, &v);
		CHECK(at[i] > 8 << 20 ? !v.generic : v.generic && gadget_is("DataSetOldBehaviour with generic DataType"));
	}
}

int main(void)
{
	every_token();
	every_length();
	every_depth();
	every_gadget();
	tables_as_bytes();
	encodings();
	inflated();
	return 0;
}
