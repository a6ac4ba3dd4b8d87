/* proto/x509.c — see x509.h. */
#include "proto/x509.h"

#include <stdio.h>

#include "base/err.h"
#include "base/rd.h"

enum {
	DER_INTEGER = 0x02, DER_OID = 0x06, DER_UTF8 = 0x0c, DER_UTC_TIME = 0x17, DER_GENERALIZED_TIME = 0x18, DER_UNIVERSAL = 0x1c,
	DER_BMP = 0x1e, DER_T61 = 0x14, DER_OCTETS = 0x04, DER_SEQUENCE = 0x30, DER_SET = 0x31, DER_CONTEXT_0 = 0xa0,
	DER_CONTEXT_3 = 0xa3, DER_BOOLEAN = 0x01
};

#define NS UINT64_C(1000000000)

/* One element: its tag and content; the reader fails when it does not fit. Tags of more than one byte do not occur here. */
static struct sk_span take(struct sk_rd *r, uint8_t *tag)
{
	size_t len;
	uint8_t first;

	*tag = sk_rd_u8(r);
	first = sk_rd_u8(r);
	len = first;
	if (first & 0x80) {
		unsigned n = first & 0x7f;

		if (n == 0 || n > 4 || (*tag & 0x1f) == 0x1f) {
			sk_rd_fail(r);
			return sk_span(NULL, 0);
		}
		for (len = 0; n > 0; n--)
			len = len << 8 | sk_rd_u8(r);
	}
	return sk_rd_span(r, len);
}

static struct sk_span want(struct sk_rd *r, uint8_t tag)
{
	uint8_t got;
	struct sk_span s = take(r, &got);

	if (got != tag) {
		sk_rd_fail(r);
		return sk_span(NULL, 0);
	}
	return s;
}

static bool next_is(const struct sk_rd *r, uint8_t tag)
{
	return sk_rd_left(r) && r->p[0] == tag;
}

/* --- times --- */

/* n decimal digits, or -1. */
static int digits(struct sk_rd *r, unsigned n)
{
	int v = 0;

	while (n-- > 0) {
		uint8_t c = sk_rd_u8(r);

		if (c < '0' || c > '9')
			return -1;
		v = v * 10 + (c - '0');
	}
	return v;
}

/* Days from 1970-01-01 to a day of the Gregorian calendar (years from March on, eras of 400 years). */
static int64_t days(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year, era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* RFC 5280 4.1.2.5; seconds may be absent and an offset may stand for Z, as X.680 allows. */
static bool read_time(struct sk_rd *outer, uint64_t *ns)
{
	uint8_t tag;
	struct sk_span s = take(outer, &tag);
	struct sk_rd r = sk_rd(s);
	int year, month, day, hour, minute, second = 0, offset = 0;
	int64_t sec;

	if (tag == DER_UTC_TIME) {
		year = digits(&r, 2);
		year += year < 0 ? 0 : year < 50 ? 2000 : 1900;
	} else if (tag == DER_GENERALIZED_TIME) {
		year = digits(&r, 4);
	} else {
		return false;
	}
	month = digits(&r, 2);
	day = digits(&r, 2);
	hour = digits(&r, 2);
	minute = digits(&r, 2);
	if (sk_rd_left(&r) && r.p[0] >= '0' && r.p[0] <= '9')
		second = digits(&r, 2);
	if (next_is(&r, '+') || next_is(&r, '-')) {
		int sign = sk_rd_u8(&r) == '+' ? 1 : -1, h = digits(&r, 2), m = digits(&r, 2);

		if (h < 0 || m < 0)
			return false;
		offset = sign * (h * 3600 + m * 60);
	}
	if (!sk_rd_ok(&r) || year < 0 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 24 || minute < 0 ||
	    minute > 59 || second < 0 || second > 60)
		return false;
	sec = days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
	*ns = sec < 0 ? 0 : (uint64_t)sec > SK_X509_TIME_MAX / NS ? (uint64_t)SK_X509_TIME_MAX : (uint64_t)sec * NS;
	return true;
}

/* --- the certificate --- */

static void read_extensions(struct sk_x509 *c, struct sk_span wrapped)
{
	static const uint8_t alt_oid[] = { 0x55, 0x1d, 0x11 };	/* 2.5.29.17 */
	struct sk_rd outer = sk_rd(wrapped), list = sk_rd(want(&outer, DER_SEQUENCE));

	if (!sk_rd_ok(&outer))
		c->broken = true;
	while (sk_rd_left(&list)) {
		struct sk_rd e = sk_rd(want(&list, DER_SEQUENCE)), value;
		struct sk_span oid = want(&e, DER_OID);

		if (next_is(&e, DER_BOOLEAN))
			want(&e, DER_BOOLEAN);
		value = sk_rd(want(&e, DER_OCTETS));
		if (!sk_rd_ok(&list) || !sk_rd_ok(&e)) {
			c->broken = true;
			return;
		}
		if (sk_span_is(oid, sk_span(alt_oid, sizeof(alt_oid))) && !c->alt_names.p) {
			c->alt_names = want(&value, DER_SEQUENCE);
			if (!sk_rd_ok(&value))
				c->broken = true;
		}
	}
}

/* Behind the subject: the key, unique identifiers (1, 2), extensions (3). */
static void read_tail(struct sk_x509 *c, struct sk_rd *tbs)
{
	uint8_t tag;

	want(tbs, DER_SEQUENCE);
	if (!sk_rd_ok(tbs))
		c->broken = true;
	while (sk_rd_ok(tbs) && sk_rd_left(tbs)) {
		struct sk_span s = take(tbs, &tag);

		if (!sk_rd_ok(tbs))
			c->broken = true;
		else if (tag == DER_CONTEXT_3)
			read_extensions(c, s);
	}
}

bool sk_x509_parse(struct sk_span der, struct sk_x509 *c)
{
	struct sk_rd outer = sk_rd(der), cert, tbs, validity, version;
	uint8_t tag;

	memset(c, 0, sizeof(*c));
	c->version = 1;
	cert = sk_rd(want(&outer, DER_SEQUENCE));
	tbs = sk_rd(want(&cert, DER_SEQUENCE));
	if (next_is(&tbs, DER_CONTEXT_0)) {
		struct sk_span v;

		version = sk_rd(take(&tbs, &tag));
		v = want(&version, DER_INTEGER);
		if (v.n == 1)
			c->version = (uint8_t)(v.p[0] + 1);
	}
	c->serial = want(&tbs, DER_INTEGER);
	if (!sk_rd_ok(&outer) || !sk_rd_ok(&cert) || !sk_rd_ok(&tbs)) {
		c->broken = true;
		return false;
	}
	want(&tbs, DER_SEQUENCE);	/* signature algorithm */
	c->issuer = want(&tbs, DER_SEQUENCE);
	validity = sk_rd(want(&tbs, DER_SEQUENCE));
	c->has_times = sk_rd_ok(&tbs) && read_time(&validity, &c->not_before) && read_time(&validity, &c->not_after);
	c->subject = want(&tbs, DER_SEQUENCE);
	if (!sk_rd_ok(&tbs) || !c->has_times)
		c->broken = true;
	c->self_issued = c->subject.p && c->issuer.p && c->subject.n && sk_span_is(c->subject, c->issuer);
	if (sk_rd_ok(&tbs))
		read_tail(c, &tbs);
	return true;
}

/* --- names --- */

/* RFC 4519, RFC 4524, PKCS #9, X.520: the last arc of 2.5.4 and whole OIDs of others. */
static const char *attribute(struct sk_span oid)
{
	static const char *const x520[] = {
		[3] = "CN", [4] = "SN", [5] = "serialNumber", [6] = "C", [7] = "L", [8] = "ST", [9] = "street", [10] = "O", [11] = "OU",
		[12] = "title", [13] = "description", [15] = "businessCategory", [17] = "postalCode", [18] = "postOfficeBox", [41] = "name",
		[42] = "GN", [43] = "initials", [44] = "generationQualifier", [46] = "dnQualifier", [65] = "pseudonym",
		[97] = "organizationIdentifier" };
	static const struct {
		const char *name, *oid;
		size_t n;
	} others[] = {
		{ "DC", "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", 10 },
		{ "UID", "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", 10 },
		{ "emailAddress", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", 9 },
		{ "unstructuredName", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x02", 9 },
		{ "jurisdictionL", "\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x01", 11 },
		{ "jurisdictionST", "\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x02", 11 },
		{ "jurisdictionC", "\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x03", 11 },
	};

	if (oid.n == 3 && oid.p[0] == 0x55 && oid.p[1] == 0x04)
		return oid.p[2] < SK_ARRAY_LEN(x520) ? x520[oid.p[2]] : NULL;
	for (size_t i = 0; i < SK_ARRAY_LEN(others); i++)
		if (sk_span_is(oid, sk_span(others[i].oid, others[i].n)))
			return others[i].name;
	return NULL;
}

/* X.690 8.19: arcs in base 128; at most 16 of them are written. */
static int add_oid(struct sk_buf *out, struct sk_span oid)
{
	uint64_t arc = 0;
	unsigned cnt = 0;
	int rc = 0;

	for (size_t i = 0; i < oid.n && rc == 0 && cnt < 16; i++) {
		arc = arc << 7 | (oid.p[i] & 0x7f);
		if (oid.p[i] & 0x80)
			continue;
		if (cnt == 0) {
			uint64_t top = arc < 80 ? arc / 40 : 2;

			rc = sk_buf_addf(out, "%llu.%llu", (unsigned long long)top, (unsigned long long)(arc - top * 40));
		} else {
			rc = sk_buf_addf(out, ".%llu", (unsigned long long)arc);
		}
		cnt++;
		arc = 0;
	}
	return rc;
}

static int add_utf8(struct sk_buf *out, uint32_t c)
{
	uint8_t b[4];
	size_t n;

	if (c < 0x80) {
		b[0] = (uint8_t)c;
		n = 1;
	} else if (c < 0x800) {
		b[0] = (uint8_t)(0xc0 | c >> 6);
		b[1] = (uint8_t)(0x80 | (c & 0x3f));
		n = 2;
	} else if (c < 0x10000) {
		b[0] = (uint8_t)(0xe0 | c >> 12);
		b[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		b[2] = (uint8_t)(0x80 | (c & 0x3f));
		n = 3;
	} else {
		b[0] = (uint8_t)(0xf0 | (c >> 18 & 7));
		b[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
		b[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		b[3] = (uint8_t)(0x80 | (c & 0x3f));
		n = 4;
	}
	return sk_buf_add(out, sk_span(b, n));
}

/* RFC 4514 2.4: what must have a backslash. */
static bool is_special(uint32_t c, bool first, bool last)
{
	return (c < 0x80 && strchr(",+\"\\<>;", (int)c) && c) || (first && (c == ' ' || c == '#')) || (last && c == ' ');
}

static int add_char(struct sk_buf *out, uint32_t c, bool escape, bool first, bool last)
{
	int rc;

	if (escape && c == 0)
		return sk_buf_add_str(out, "\\00");
	if (escape && is_special(c, first, last)) {
		rc = sk_buf_add_byte(out, '\\');
		if (rc < 0)
			return rc;
	}
	return add_utf8(out, c);
}

/* A string value: wide ones and T61 (taken for Latin-1) become UTF-8; of the others bytes stay what they are. */
static int add_string(struct sk_buf *out, uint8_t tag, struct sk_span s, bool escape)
{
	unsigned unit = tag == DER_BMP ? 2 : tag == DER_UNIVERSAL ? 4 : 1;
	int rc = 0;

	for (size_t i = 0; i + unit <= s.n && rc == 0; i += unit) {
		uint32_t c = 0;
		bool last = i + 2 * unit > s.n;

		for (unsigned k = 0; k < unit; k++)
			c = c << 8 | s.p[i + k];
		if (unit == 1 && tag != DER_T61 && c >= 0x80)
			rc = sk_buf_add_byte(out, (uint8_t)c);
		else
			rc = add_char(out, SK_MIN(c, UINT32_C(0x10ffff)), escape, i == 0, last);
	}
	return rc;
}

static int add_pair(struct sk_buf *out, struct sk_span pair, const char *separator)
{
	struct sk_rd r = sk_rd(pair);
	struct sk_span oid = want(&r, DER_OID), value;
	const char *name = attribute(oid);
	uint8_t tag = 0;
	int rc;

	value = take(&r, &tag);
	if (!sk_rd_ok(&r))
		return 0;
	rc = sk_buf_add_str(out, separator);
	if (rc == 0)
		rc = name ? sk_buf_add_str(out, name) : add_oid(out, oid);
	if (rc == 0)
		rc = sk_buf_add_byte(out, '=');
	return rc == 0 ? add_string(out, tag, value, true) : rc;
}

int sk_x509_name(struct sk_span name, struct sk_buf *out)
{
	struct sk_rd r = sk_rd(name);
	size_t start = out->n;
	int rc = 0;

	while (rc == 0 && sk_rd_left(&r)) {
		struct sk_rd set = sk_rd(want(&r, DER_SET));
		bool first = true;

		while (rc == 0 && sk_rd_left(&set)) {
			struct sk_span pair = want(&set, DER_SEQUENCE);

			if (!sk_rd_ok(&set))
				break;
			rc = add_pair(out, pair, !first ? "+" : out->n > start ? ", " : "");
			first = false;
		}
	}
	return rc;
}

int sk_x509_common_name(struct sk_span name, struct sk_buf *out)
{
	static const uint8_t cn[] = { 0x55, 0x04, 0x03 };
	struct sk_rd r = sk_rd(name);
	struct sk_span found = sk_span(NULL, 0);
	uint8_t found_tag = 0;
	int rc;

	while (sk_rd_left(&r)) {
		struct sk_rd set = sk_rd(want(&r, DER_SET));

		while (sk_rd_left(&set)) {
			struct sk_rd pair = sk_rd(want(&set, DER_SEQUENCE));
			struct sk_span oid = want(&pair, DER_OID), value;
			uint8_t tag = 0;

			value = take(&pair, &tag);
			if (sk_rd_ok(&pair) && sk_span_is(oid, sk_span(cn, sizeof(cn)))) {
				found = value;
				found_tag = tag;
			}
		}
	}
	if (!found.p)
		return 0;
	rc = add_string(out, found_tag, found, false);
	return rc < 0 ? rc : 1;
}

bool sk_x509_next_alt(struct sk_span *rest, struct sk_x509_alt *alt)
{
	struct sk_rd r = sk_rd(*rest);

	memset(alt, 0, sizeof(*alt));
	while (sk_rd_left(&r)) {
		uint8_t tag;
		struct sk_span s = take(&r, &tag);

		if (!sk_rd_ok(&r))
			break;
		if (tag == 0x82) {
			alt->dns = s;
		} else if (tag == 0x87 && (s.n == 4 || s.n == 16)) {
			alt->addr.family = s.n == 4 ? 4 : 6;
			memcpy(alt->addr.b, s.p, s.n);
		} else {
			continue;
		}
		*rest = sk_rd_rest(&r);
		return true;
	}
	*rest = sk_span(NULL, 0);
	return false;
}
