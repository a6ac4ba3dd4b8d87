/* ak47/message.h — takes the coding off messages of AK47C2, the implant of Storm-2603.
 *
 * in       labels of a DNS name, or hex text of a TXT record or HTTP body
 * out      struct ak47_message, copies; struct ak47_part where a message was cut
 * memory   none of its own
 * source   Unit 42 on AK47C2 (AK47DNS versions 202503 and 202504, AK47HTTP): key and layouts as in its published analysis, through
 *          HackTricks' page on tunnels; a public YARA rule for AK47DNS (t3ft3lb, 2026-03-21) for the marker's format, s%st%04zup%04zu
 * limits   texts over their room are cut; where in a name of layout fields a result stands is not published: the labels behind
 *          the host that decode to text are taken for it, as is the text of parts
 */
#ifndef AK47_MESSAGE_H
#define AK47_MESSAGE_H

#include <sekisho/span.h>

#define AK47_TEXT_MAX 1024u
#define AK47_HEX_MAX 8192u		/* of one message that are looked at */
#define AK47_SESSION 5u
#define AK47_PART_MAX 252u		/* bytes of one part: no name has more */
#define AK47_PARTS_MAX 256u

struct ak47_text {
	uint32_t n;
	uint8_t p[AK47_TEXT_MAX];
};

struct ak47_message {
	const char *layout;		/* "json" or "fields", static */
	const char *kind;		/* "task" or "result", static; NULL: neither */
	struct ak47_text session, host, command, id, result;	/* n 0: not there */
};

struct ak47_part {
	uint8_t session[AK47_SESSION];
	bool plain;			/* the coding is off already; else hex */
	uint16_t total, at;		/* how many there are; which one, from 0 or 1 */
	uint16_t n;
	uint8_t bytes[AK47_PART_MAX];
};

/* Without the coding: members of a flat object with string values; what is cut off at the end is read as far as it goes. False
 * when there is no cmd among them. */
bool ak47_from_json(struct sk_span text, struct ak47_message *out);
/* hex: from the first digit on, in any case; ends at the first byte that is no digit. False when it is no message. */
bool ak47_from_hex(struct sk_span hex, struct ak47_message *out);
/* The same where the coded start of a message is within the first 64 bytes of text, behind a marker. */
bool ak47_from_text(struct sk_span text, struct ak47_message *out);
/* The labels of a name, leftmost first; those of the domain behind the message may be among them. */
bool ak47_from_labels(const struct sk_span *labels, size_t n, struct ak47_message *out);

/* The labels of a name written with dots. How many. */
size_t ak47_labels(struct sk_span name, struct sk_span *labels, size_t room);

/* Coded text by itself, fields between dots: what a server answers to a name of layout fields. Fields that are a session are left
 * out. False when it does not decode to text. */
bool ak47_plain(struct sk_span coded, struct ak47_text *out);

/* The same in the first labels of a name, without fields. */
bool ak47_name_text(const struct sk_span *labels, size_t n, struct ak47_text *out);

/* The part that a name carries: a label is the marker, in clear or coded; the labels beside it are the part. */
bool ak47_part_of_labels(const struct sk_span *labels, size_t n, struct ak47_part *out);
/* The next part in a text where markers stand before parts. *at goes on behind it. */
bool ak47_next_part(struct sk_span text, size_t *at, struct ak47_part *out);
/* A message from its parts in order. plain: the coding is off already. to_server decides what a text by itself is. */
bool ak47_from_parts(const struct ak47_part *parts, size_t n, bool to_server, struct ak47_message *out);

#endif
