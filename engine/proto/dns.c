/* proto/dns.c — see dns.h. */
#include "proto/dns.h"

#include "base/ascii.h"
#include "base/rd.h"

#define X(id, name, help, source) [SK_DNS_ODDITY_BIT_##id] = name,
const char *const sk_dns_oddity_names[SK_DNS_ODDITY_CNT] = { SK_DNS_ODDITIES(X) };
#undef X

/* IANA DNS parameters, resource record types. */
static const char *const low_types[] = {
	[1] = "A", "NS", "MD", "MF", "CNAME", "SOA", "MB", "MG", "MR", "NULL", "WKS", "PTR", "HINFO", "MINFO", "MX", "TXT", "RP", "AFSDB",
	"X25", "ISDN", "RT", "NSAP", "NSAP-PTR", "SIG", "KEY", "PX", "GPOS", "AAAA", "LOC", "NXT", "EID", "NIMLOC", "SRV", "ATMA",
	"NAPTR", "KX", "CERT", "A6", "DNAME", "SINK", "OPT", "APL", "DS", "SSHFP", "IPSECKEY", "RRSIG", "NSEC", "DNSKEY", "DHCID",
	"NSEC3", "NSEC3PARAM", "TLSA", "SMIMEA", [55] = "HIP", "NINFO", "RKEY", "TALINK", "CDS", "CDNSKEY", "OPENPGPKEY", "CSYNC",
	"ZONEMD", "SVCB", "HTTPS", "DSYNC", "HHIT", "BRID", [99] = "SPF", "UINFO", "UID", "GID", "UNSPEC", "NID", "L32", "L64", "LP",
	"EUI48", "EUI64", [128] = "NXNAME", [249] = "TKEY", "TSIG", "IXFR", "AXFR", "MAILB", "MAILA", "ANY", "URI", "CAA", "AVC",
	"DOA", "AMTRELAY", "RESINFO", "WALLET", "CLA", "IPN"
};

const char *sk_dns_type_name(uint16_t type)
{
	if (type < SK_ARRAY_LEN(low_types))
		return low_types[type];
	return type == 32768 ? "TA" : type == 32769 ? "DLV" : NULL;
}

const char *sk_dns_rcode_name(uint16_t rcode)
{
	/* IANA DNS parameters, DNS RCODEs */
	static const char *const names[] = {
		"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE",
		"DSOTYPENI", [16] = "BADVERS", "BADKEY", "BADTIME", "BADMODE", "BADNAME", "BADALG", "BADTRUNC", "BADCOOKIE" };

	return rcode < SK_ARRAY_LEN(names) ? names[rcode] : NULL;
}

void sk_dns_odd(struct sk_dns *d, unsigned bit, size_t at)
{
	if (d->oddities & bit)
		return;
	d->oddities |= bit;
	d->odd_at[__builtin_ctz(bit)] = (uint16_t)SK_MIN(at, (size_t)UINT16_MAX);
}

/* Nothing more can be read. */
static bool stop(struct sk_dns *d, unsigned bit, size_t at)
{
	if (bit)
		sk_dns_odd(d, bit, at);
	d->stopped = true;
	return false;
}

/* IANA DNS parameters, DNS OpCodes. */
static bool is_opcode(unsigned opcode)
{
	return opcode <= 6 && opcode != 3;
}

struct header {
	uint16_t id, flags, cnt[4];
};

/* All of it or nothing. */
static SK_ALWAYS_INLINE bool read_header(struct sk_span msg, struct header *h)
{
	uint64_t cnt;

	if (SK_UNLIKELY(msg.n < SK_DNS_HEADER_LEN))
		return false;
	h->id = (uint16_t)(msg.p[0] << 8 | msg.p[1]);
	h->flags = (uint16_t)(msg.p[2] << 8 | msg.p[3]);
	memcpy(&cnt, msg.p + 4, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	cnt = (cnt & 0x00ff00ff00ff00ffu) << 8 | (cnt >> 8 & 0x00ff00ff00ff00ffu);
#endif
	memcpy(h->cnt, &cnt, 8);
	return true;
}

bool sk_dns_open(struct sk_dns *d, struct sk_span msg)
{
	struct header h;

	SK_ASSERT(msg.n <= UINT16_MAX);
	memset(d, 0, sizeof(*d));
	d->msg = msg;
	if (!read_header(msg, &h))
		return stop(d, SK_DNS_ODD(HEADER), msg.n);
	d->id = h.id;
	d->flags = h.flags;
	memcpy(d->cnt, h.cnt, sizeof(d->cnt));
	memcpy(d->left, h.cnt, sizeof(d->left));
	d->at = SK_DNS_HEADER_LEN;
	d->is_response = d->flags >> 15;
	d->opcode = d->flags >> 11 & 15;
	d->rcode = d->flags & 15;
	if (!is_opcode(d->opcode))
		sk_dns_odd(d, SK_DNS_ODD(OPCODE), 2);
	/* an inverse query has answers instead; a response (of mDNS, to an update) may repeat nothing */
	if (d->cnt[0] == 0 && !d->is_response && d->opcode != 1)
		sk_dns_odd(d, SK_DNS_ODD(NO_QUESTION), 4);
	return true;
}

/* Bit 7 of the lowest byte of v that is c, and perhaps of some above it; 0 for none. */
static uint64_t byte_is(uint64_t v, uint8_t c)
{
	v ^= c * 0x0101010101010101u;
	return (v - 0x0101010101010101u) & ~v & 0x8080808080808080u;
}

/* The first n bytes of eight in memory, at most seven; all are read and written as little-endian. */
static inline uint64_t low_bytes(size_t n)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (UINT64_C(1) << 8 * n) - 1;
#else
	return ~(UINT64_MAX >> 8 * n);
#endif
}

/* Adds the labels that begin at off, up to the root label or a pointer, while none has a dot or backslash in it; the text is the
 * message's with dots for lengths. Where what is left begins; that may be all. *wire grows by the bytes of labels added. */
static size_t add_plain(struct sk_dns_name *name, struct sk_span msg, size_t off, size_t *wire)
{
	const size_t start = off, n0 = name->n + (name->label_cnt > 0);
	const size_t end = SK_MIN(msg.n, start + SK_DNS_NAME_MAX - *wire);	/* of labels */
	size_t n, o = n0, i = 1, at;
	unsigned cnt = name->label_cnt;
	uint64_t v, odd = 0, capital = 0;
	sk_bytes16 b;
	sk_words2 odd16, capital16;

	while (off < end) {
		const size_t len = msg.p[off];

		if (len - 1 >= 63 || len >= end - off)
			break;
		name->label[cnt].off = (uint16_t)(off + 1);
		name->label[cnt++].n = (uint16_t)len;
		off += len + 1;
	}
	n = off - start;
	if (n == 0 || sizeof(name->text) - n0 < SK_MAX(n, (size_t)8) || (n < 9 && msg.n - start < 9))
		return start;
	if (n < 9) {
		memcpy(&v, msg.p + start + 1, 8);
		odd = (byte_is(v, '.') | byte_is(v, '\\')) & low_bytes(n - 1);
		capital = (sk_ascii_lower8(v) ^ v) & low_bytes(n - 1);
		memcpy(name->text + n0, &v, 8);
		i = n;
	}
	for (; i + 16 <= n; i += 16) {
		memcpy(&b, msg.p + start + i, 16);
		odd16 = (sk_words2)((b == '.') | (b == '\\'));
		capital16 = (sk_words2)((sk_bytes16)(b - 'A') < 26);
		odd |= odd16[0] | odd16[1];
		capital |= capital16[0] | capital16[1];
		memcpy(name->text + n0 + i - 1, &b, 16);
	}
	for (; i < n; i = at + 8) {	/* the last eight bytes, with some of those before */
		at = SK_MIN(i, n - 8);
		memcpy(&v, msg.p + start + at, 8);
		odd |= byte_is(v, '.') | byte_is(v, '\\');
		capital |= sk_ascii_lower8(v) ^ v;
		memcpy(name->text + n0 + at - 1, &v, 8);
	}
	if (SK_UNLIKELY(odd))
		return start;
	if (n0)
		name->text[n0 - 1] = '.';
	for (unsigned k = name->label_cnt; k < cnt; k++) {
		o += name->label[k].n;
		name->text[o++] = '.';
	}
	name->n = (uint16_t)(o - 1);
	name->label_cnt = (uint8_t)cnt;
	name->lower &= !capital;
	*wire += n;
	return off;
}

/* Where a run of labels begins, and through how many pointers. */
struct walk {
	size_t piece, wire;
	unsigned hops;
};

static inline unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* Eight bytes from a label of at most seven. False when a dot or backslash is in it. */
static inline bool copy_short(uint8_t *to, const uint8_t *from, size_t n)
{
	sk_words2 both = { 0, 0 }, odd;
	sk_bytes16 b;
	uint64_t v;

	memcpy(&v, from, 8);
	memcpy(to, &v, 8);
	both[0] = v;
	b = (sk_bytes16)both;
	odd = (sk_words2)((b == '.') | (b == '\\'));
	return !(odd[0] & low_bytes(n));
}

/* Follows a chain from the name at w->piece on: short labels without dots and backslashes, a pointer behind each to what lies before it. A
 * name may have SK_DNS_HOPS_MAX of them for every few bytes of a message, so a step is kept to a few instructions. Where reading goes on:
 * at what is something else, or is wrong. */
static size_t follow_links(struct sk_dns_name *name, struct sk_span msg, struct walk *w)
{
	const uint8_t *p = msg.p;
	size_t to = w->piece, piece = to, o = name->n, left = SK_DNS_NAME_MAX - w->wire;	/* bytes of labels that there may be */
	unsigned cnt = name->label_cnt, more = SK_DNS_HOPS_MAX - w->hops;

	/* text grows like the name on the wire, and is written eight bytes at a time */
	if (msg.n < 10 || sizeof(name->text) - o < left + 10)
		return to;
	if (cnt)
		name->text[o++] = '.';
	while (to <= msg.n - 10) {
		const size_t len = p[to], at = to + 1 + len;
		size_t next;

		if (len - 1 >= 7 || len >= left)
			break;
		next = get16(p + at);
		if (next < 0xc000 || !copy_short(name->text + o, p + to + 1, len))
			break;
		name->label[cnt].off = (uint16_t)(to + 1);
		name->label[cnt++].n = (uint16_t)len;
		o += len + 1;
		name->text[o - 1] = '.';
		left -= len + 1;
		next &= 0x3fff;
		piece = to;
		to = at;
		if (next >= piece || more == 0)
			break;
		more--;
		piece = to = next;
	}
	name->lower &= cnt == name->label_cnt;
	name->n = (uint16_t)(cnt ? o - 1 : o);
	name->label_cnt = (uint8_t)cnt;
	w->piece = piece;
	w->wire = SK_DNS_NAME_MAX - left;
	w->hops = SK_DNS_HOPS_MAX - more;
	return to;
}

/* Eight bytes at a time while there are no dots and backslashes among the label's. Returns how many were copied: all or less. */
static size_t copy_plain(struct sk_dns_name *name, size_t o, struct sk_span msg, size_t off, size_t n)
{
	size_t i = 0;
	uint64_t v, odd;

	for (; i < n && msg.n - off - i >= 8 && sizeof(name->text) - o - i >= 8; i += 8) {
		memcpy(&v, msg.p + off + i, 8);
		odd = byte_is(v, '.') | byte_is(v, '\\');
		if (SK_UNLIKELY(n - i >= 8 ? odd : odd & ((UINT64_C(1) << 8 * (n - i)) - 1)))
			return i;
		memcpy(name->text + o + i, &v, 8);
	}
	return SK_MIN(i, n);
}

static void add_label(struct sk_dns_name *name, struct sk_span msg, size_t off, size_t n)
{
	size_t o = name->n, plain;

	/* room: text takes at most two bytes per byte on the wire, and the wire length was checked */
	if (name->label_cnt)
		name->text[o++] = '.';
	plain = copy_plain(name, o, msg, off, n);
	o += plain;
	for (size_t i = plain; i < n; i++) {
		uint8_t c = msg.p[off + i];

		if (SK_UNLIKELY(c == '.' || c == '\\'))
			name->text[o++] = '\\';
		name->text[o++] = c;
	}
	name->n = (uint16_t)o;
	name->lower = false;
	name->label[name->label_cnt].off = (uint16_t)off;
	name->label[name->label_cnt].n = (uint16_t)n;
	name->label_cnt++;
}

size_t sk_dns_name_at(struct sk_dns *d, size_t off, struct sk_dns_name *name)
{
	const struct sk_span msg = d->msg;
	struct walk w = { .piece = off, .wire = 1 };
	size_t after = 0;

	name->n = 0;
	name->label_cnt = 0;
	name->whole = false;
	name->lower = true;
	off = add_plain(name, msg, off, &w.wire);
	for (;;) {
		if (off >= msg.n) {
			sk_dns_odd(d, w.hops ? SK_DNS_ODD(POINTER_OUTSIDE) : SK_DNS_ODD(TRUNCATED), off);
			return 0;
		}
		uint8_t c = msg.p[off];
		if (c == 0) {
			name->whole = true;
			return after ? after : off + 1;
		}
		if (c < 64) {
			if (c > msg.n - off - 1) {
				sk_dns_odd(d, SK_DNS_ODD(TRUNCATED), off);
				return 0;
			}
			w.wire += c + 1u;
			if (w.wire > SK_DNS_NAME_MAX) {
				sk_dns_odd(d, SK_DNS_ODD(NAME_LENGTH), off);
				return 0;
			}
			add_label(name, msg, off + 1, c);
			off += c + 1u;
			continue;
		}
		if (c < 0xc0) {
			sk_dns_odd(d, SK_DNS_ODD(LABEL_TYPE), off);
			return 0;
		}
		if (msg.n - off < 2) {
			sk_dns_odd(d, SK_DNS_ODD(TRUNCATED), off);
			return 0;
		}
		if (!after)
			after = off + 2;
		size_t to = (size_t)(c & 0x3f) << 8 | msg.p[off + 1];
		if (to > off && to < msg.n)
			sk_dns_odd(d, SK_DNS_ODD(POINTER_FORWARD), off);
		if (++w.hops > SK_DNS_HOPS_MAX || (to >= w.piece && to <= off)) {
			sk_dns_odd(d, SK_DNS_ODD(POINTER_LOOP), off);
			return 0;
		}
		w.piece = to;
		off = follow_links(name, msg, &w);
		if (off == w.piece)
			off = add_plain(name, msg, off, &w.wire);
	}
}

/* Offset behind the name at off, without expanding it; 0 when it does not end within the message. */
static size_t skip_name(struct sk_dns *d, size_t off)
{
	const struct sk_span msg = d->msg;

	while (off < msg.n) {
		uint8_t c = msg.p[off];

		if (c == 0)
			return off + 1;
		if (c >= 0xc0)
			return msg.n - off < 2 ? 0 : off + 2;
		if (c >= 64)
			return 0;
		off += c + 1u;
	}
	return 0;
}

bool sk_dns_next_question(struct sk_dns *d, struct sk_dns_question *q)
{
	struct sk_rd r;
	size_t at;

	if (d->stopped || d->left[0] == 0)
		return false;
	if (d->cnt[0] > 1 && d->left[0] != d->cnt[0] && d->opcode == 0 && !(d->flags & 0x8000))
		sk_dns_odd(d, SK_DNS_ODD(QUESTIONS), d->at);
	d->left[0]--;
	if (d->at == d->msg.n)
		return stop(d, SK_DNS_ODD(TRUNCATED), d->at);
	at = sk_dns_name_at(d, d->at, q->name);
	q->type = q->class = 0;
	q->whole = false;
	if (at == 0) {
		/* a name with a bad end may still have an end in place */
		at = skip_name(d, d->at);
		if (at == 0) {
			stop(d, 0, 0);
			return q->name->label_cnt > 0;
		}
	}
	r = sk_rd(sk_span_sub(d->msg, at, d->msg.n));
	q->type = sk_rd_u16be(&r);
	q->class = sk_rd_u16be(&r);
	q->whole = sk_rd_ok(&r);
	d->at = at + sk_rd_taken(&r);
	if (!q->whole) {
		q->type = q->class = 0;
		stop(d, SK_DNS_ODD(TRUNCATED), at);
	}
	return true;
}

static void read_opt(struct sk_dns *d, const struct sk_dns_record *r)
{
	if (d->has_opt)
		sk_dns_odd(d, SK_DNS_ODD(OPT), r->owner_at);
	else
		d->rcode = (uint16_t)((r->ttl >> 24 << 4) | (d->flags & 15));
	d->has_opt = true;
}

bool sk_dns_next_record(struct sk_dns *d, struct sk_dns_record *r)
{
	struct sk_rd rd;
	size_t at, len;
	unsigned s = 1;

	while (!d->stopped && d->left[0]) {
		d->left[0]--;
		at = skip_name(d, d->at);
		if (at == 0 || d->msg.n - at < 4)
			return stop(d, SK_DNS_ODD(TRUNCATED), d->at);
		d->at = at + 4;
	}
	while (s < 4 && d->left[s] == 0)
		s++;
	if (d->stopped)
		return false;
	if (s == 4) {
		if (d->at < d->msg.n)
			sk_dns_odd(d, SK_DNS_ODD(TRAILING), d->at);
		d->stopped = true;
		return false;
	}
	d->left[s]--;
	at = d->at < d->msg.n ? skip_name(d, d->at) : 0;
	if (at == 0)
		return stop(d, SK_DNS_ODD(TRUNCATED), d->at);
	r->section = (uint8_t)(s - 1);
	r->owner_at = d->at;
	rd = sk_rd(sk_span_sub(d->msg, at, d->msg.n));
	r->type = sk_rd_u16be(&rd);
	r->class = sk_rd_u16be(&rd);
	r->ttl = sk_rd_u32be(&rd);
	len = sk_rd_u16be(&rd);
	if (!sk_rd_ok(&rd))
		return stop(d, SK_DNS_ODD(TRUNCATED), d->at);
	r->data_at = at + sk_rd_taken(&rd);
	r->data = sk_span_sub(d->msg, r->data_at, len);
	if (r->data.n < len)
		stop(d, SK_DNS_ODD(TRUNCATED), r->data_at);
	d->at = r->data_at + r->data.n;
	if (r->type == SK_DNS_OPT && s == 3)
		read_opt(d, r);
	return true;
}

/* --- names in record data --- */

/* Bytes before the first name of the data, how many names, by type; RFC 1035 3.3, 1183, 2163, 2230, 2535, 2782, 3403, 4034, 6672,
 * 9460. cnt 0: no name. */
static unsigned name_layout(uint16_t type, size_t *skip)
{
	*skip = 0;
	switch (type) {
	case 2: case 3: case 4: case 5: case 7: case 8: case 9: case 12: case 23: case 30: case 39: case 47:
		return 1;
	case 6: case 14: case 17:
		return 2;
	case 15: case 18: case 21: case 36: case 64: case 65: case 107:
		*skip = 2;
		return 1;
	case 26:
		*skip = 2;
		return 2;
	case 24: case 46:
		*skip = 18;
		return 1;
	case 33:
		*skip = 6;
		return 1;
	default:
		return 0;
	}
}

/* NAPTR: order, preference, three strings, then the name. */
static bool skip_naptr(const struct sk_dns_record *r, size_t *skip)
{
	struct sk_rd rd = sk_rd(r->data);

	sk_rd_skip(&rd, 4);
	for (int i = 0; i < 3; i++)
		sk_rd_skip(&rd, sk_rd_u8(&rd));
	*skip = sk_rd_taken(&rd);
	return sk_rd_ok(&rd);
}

unsigned sk_dns_data_names(struct sk_dns *d, const struct sk_dns_record *r, size_t at[2])
{
	size_t skip, end = r->data_at + r->data.n, off;
	unsigned cnt = name_layout(r->type, &skip), n = 0;

	if (r->data.n == 0 && (d->opcode == 5 || cnt == 0))
		return 0;	/* RFC 2136 2.4, 2.5: updates have records without data */
	if (r->type == 35) {
		cnt = 1;
		if (!skip_naptr(r, &skip)) {
			sk_dns_odd(d, SK_DNS_ODD(DATA), r->data_at);
			return 0;
		}
	}
	off = r->data_at + skip;
	while (n < cnt) {
		if (off >= end) {
			sk_dns_odd(d, SK_DNS_ODD(DATA), r->data_at);
			break;
		}
		at[n++] = off;
		off = skip_name(d, off);
		if (off == 0 || off > end) {
			sk_dns_odd(d, SK_DNS_ODD(DATA), r->data_at);
			break;
		}
	}
	return n;
}

/* --- recognition --- */

static bool known_class(uint16_t class)
{
	class &= 0x7fff;	/* RFC 6762 5.4, 10.2: the top bit is a flag in mDNS */
	return class == 1 || class == 3 || class == 4 || class == 254 || class == 255;
}

/* The question, label by label, without compression. */
static enum sk_dns_look look_question(struct sk_span msg, size_t declared)
{
	size_t at = SK_DNS_HEADER_LEN;

	for (;;) {
		if (at >= declared)
			return SK_DNS_NO;
		if (at >= msg.n)
			return SK_DNS_MORE;
		if (msg.p[at] == 0)
			break;
		if (msg.p[at] >= 64 || at - SK_DNS_HEADER_LEN + msg.p[at] + 2u > SK_DNS_NAME_MAX)
			return SK_DNS_NO;
		at += msg.p[at] + 1u;
	}
	at++;
	if (declared - at < 4)
		return SK_DNS_NO;
	if (msg.n < at + 4)
		return SK_DNS_MORE;
	uint16_t type = (uint16_t)(msg.p[at] << 8 | msg.p[at + 1]), class = (uint16_t)(msg.p[at + 2] << 8 | msg.p[at + 3]);
	return sk_dns_type_name(type) && known_class(class) ? SK_DNS_YES : SK_DNS_NO;
}

/* Records in a message of 64 KiB: 11 bytes each at least. */
#define COUNTS_MAX 6000u

enum sk_dns_look sk_dns_looks(struct sk_span msg, size_t declared, bool strict)
{
	struct header h;

	if (!strict && sk_dns_is_usual(msg))
		return SK_DNS_YES;
	if (declared < SK_DNS_HEADER_LEN + (strict ? 5 : 0))
		return SK_DNS_NO;
	if (!read_header(msg, &h))
		return SK_DNS_MORE;
	const uint16_t flags = h.flags, *cnt = h.cnt;
	unsigned opcode = flags >> 11 & 15, sum = (unsigned)cnt[0] + cnt[1] + cnt[2] + cnt[3];
	if (!is_opcode(opcode) && strict)
		return SK_DNS_NO;
	if (!strict) {
		/* something is in it, or it is an error; counts may lie, but bytes at random would count to thousands */
		if (sum == 0)
			return (flags & 0x800f) > 0x8000 ? SK_DNS_YES : SK_DNS_NO;
		if (!is_opcode(opcode))
			return cnt[0] == 1 ? look_question(msg, declared) : SK_DNS_NO;
		return sum <= COUNTS_MAX ? SK_DNS_YES : SK_DNS_NO;
	}
	if (cnt[0] != 1 || opcode == 1 || opcode == 3 || opcode == 6 || (flags & 0x40))
		return SK_DNS_NO;
	if (!(flags & 0x8000) && ((flags & 15) || (opcode == 0 && (cnt[1] || cnt[2] > 1 || cnt[3] > 2 || (flags & 0x0480)))))
		return SK_DNS_NO;
	if ((size_t)(cnt[1] + cnt[2] + cnt[3]) * 11 > declared)
		return SK_DNS_NO;
	return look_question(msg, declared);
}
