/* proto/dns.h — one DNS message: header, questions, records, names.
 *
 * in       a whole message, without the length that leads it over TCP
 * out      pulled: sk_dns_open, then sk_dns_next_question until false, then sk_dns_next_record until false
 * memory   none; spans point into the message, names are expanded into what the caller gives
 * threads  pure
 * source   RFC 1035 4.1, 3.2, 3.3; RFC 3597; RFC 6891 6.1; RFC 6762 18; RFC 2136; IANA DNS parameters (2025)
 * limits   a name costs at most SK_DNS_HOPS_MAX pointers and 255 bytes however it is compressed; what is malformed sets a bit
 *          in oddities, and what could be read before it is still given
 */
#ifndef SK_PROTO_DNS_H
#define SK_PROTO_DNS_H

#include <sekisho/span.h>

#include "base/compiler.h"

#define SK_DNS_HEADER_LEN 12u
#define SK_DNS_NAME_MAX 255u		/* bytes of a name on the wire, RFC 1035 2.3.4 */
#define SK_DNS_LABELS_MAX 127u
#define SK_DNS_TEXT_MAX (2 * SK_DNS_NAME_MAX)
#define SK_DNS_HOPS_MAX 64u

/* What can be wrong with a message. X(ENUM, "name", "what it means", "source") */
#define SK_DNS_ODDITIES(X) \
	X(HEADER, "truncated_header", "a message shorter than its header", "RFC 1035 4.1.1") \
	X(TRUNCATED, "truncated_message", "a message that ends before what its header announces", "RFC 1035 4.1") \
	X(POINTER_LOOP, "pointer_loop", "a name whose pointers lead round or are too many", "RFC 1035 4.1.4") \
	X(POINTER_FORWARD, "pointer_forward", "a pointer to bytes behind itself", "RFC 1035 4.1.4") \
	X(POINTER_OUTSIDE, "pointer_outside", "a pointer to behind the message", "RFC 1035 4.1.4") \
	X(LABEL_TYPE, "label_type", "a label of a kind nobody uses", "RFC 1035 4.1.4") \
	X(NAME_LENGTH, "name_too_long", "a name of more than 255 bytes", "RFC 1035 2.3.4") \
	X(DATA, "bad_record_data", "data that does not fit the type of its record", "RFC 1035 3.3") \
	X(TRAILING, "trailing_bytes", "bytes behind the last record", "RFC 1035 4.1") \
	X(NO_QUESTION, "no_question", "a query without question", "RFC 1035 4.1.2") \
	X(QUESTIONS, "many_questions", "more than one question", "RFC 9619") \
	X(OPT, "many_opt_records", "more than one OPT record", "RFC 6891 6.1.1") \
	X(OPCODE, "unknown_opcode", "an opcode nobody has registered", "RFC 1035 4.1.1") \
	X(NOT_DNS, "not_dns", "what came where DNS was expected is none", "RFC 1035 4.1") \
	X(NAMES, "too_many_names", "more names than are told of one message: 256 KiB", "")
enum {
#define X(id, name, help, source) SK_DNS_ODDITY_BIT_##id,
	SK_DNS_ODDITIES(X)
#undef X
	SK_DNS_ODDITY_CNT
};
#define SK_DNS_ODD(id) (UINT32_C(1) << SK_DNS_ODDITY_BIT_##id)
extern const char *const sk_dns_oddity_names[SK_DNS_ODDITY_CNT];

/* Record types that have a meaning here. */
enum {
	SK_DNS_A = 1, SK_DNS_NS = 2, SK_DNS_CNAME = 5, SK_DNS_TXT = 16, SK_DNS_AAAA = 28, SK_DNS_OPT = 41
};
enum { SK_DNS_ANSWER, SK_DNS_AUTHORITY, SK_DNS_ADDITIONAL };

struct sk_dns {
	struct sk_span msg;
	size_t at;			/* next byte to read */
	uint16_t id, flags;
	uint16_t cnt[4];		/* as in the header: questions, answers, authority, additional */
	uint16_t left[4];
	bool is_response;
	uint8_t opcode;
	bool has_opt;
	uint16_t rcode;			/* with the extension, once an OPT record was read */
	bool stopped;			/* nothing behind at can be read */
	uint32_t oddities;		/* SK_DNS_ODD() bits */
	uint16_t odd_at[SK_DNS_ODDITY_CNT];	/* offset in msg at which the bit was first set */
};

struct sk_dns_name {
	uint16_t n;			/* bytes of text */
	uint8_t label_cnt;
	bool whole;			/* read up to its root label */
	bool lower;			/* no capital letters are in text; false also where that was not looked at */
	struct {
		uint16_t off, n;	/* in msg */
	} label[SK_DNS_LABELS_MAX];
	/* As sent, labels joined by dots, no dot at the end; a dot or backslash inside a label has a backslash before it. */
	uint8_t text[SK_DNS_TEXT_MAX];
};

struct sk_dns_question {
	struct sk_dns_name *name;	/* the caller's */
	uint16_t type, class;
	bool whole;			/* type and class were there */
};

struct sk_dns_record {
	uint8_t section;		/* SK_DNS_ANSWER … */
	size_t owner_at;		/* for sk_dns_name_at */
	uint16_t type, class;
	uint32_t ttl;
	size_t data_at;			/* offset of data in msg */
	struct sk_span data;		/* cut where the message ends */
};

/* Reads the header. msg must be at most 65535 bytes. False (and an oddity) when it is shorter than a header. */
bool sk_dns_open(struct sk_dns *d, struct sk_span msg);
/* q->name must point to the caller's name. False when there is none, or when one could not be read at all. */
bool sk_dns_next_question(struct sk_dns *d, struct sk_dns_question *q);
/* Skips questions that were not asked for. At the end of the message tells trailing bytes. */
bool sk_dns_next_record(struct sk_dns *d, struct sk_dns_record *r);

/* Expands the name at off. Offset of what follows it, or 0 when it could not be read to its end (then as much as could is in
 * *name, and a bit is set). */
size_t sk_dns_name_at(struct sk_dns *d, size_t off, struct sk_dns_name *name);

/* Offsets of the names in the data of a record, as its type has them; how many (at most 2). Bad data sets a bit. */
unsigned sk_dns_data_names(struct sk_dns *d, const struct sk_dns_record *r, size_t at[2]);

void sk_dns_odd(struct sk_dns *d, unsigned bit, size_t at);

/* "TXT", or NULL where IANA has no name for it. */
const char *sk_dns_type_name(uint16_t type);
const char *sk_dns_rcode_name(uint16_t rcode);

/* True for nearly all messages: opcode 0, one question, fewer than 256 of anything else. Without strict they are DNS. */
static inline bool sk_dns_is_usual(struct sk_span msg)
{
	return msg.n >= SK_DNS_HEADER_LEN && (msg.p[2] & 0x78) == 0 && msg.p[4] == 0 && msg.p[5] == 1 && (msg.p[6] | msg.p[8] | msg.p[10]) == 0;
}

/* How sure one can be that the bytes begin a DNS message. declared: its length, at least msg.n. */
enum sk_dns_look { SK_DNS_NO, SK_DNS_MORE, SK_DNS_YES };
/* strict: nothing else speaks for DNS (an unusual port): one ordinary question of a known type and class is asked for. */
enum sk_dns_look sk_dns_looks(struct sk_span msg, size_t declared, bool strict);

#endif
