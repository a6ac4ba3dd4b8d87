/* ak47/message.h — takes the coding off messages of AK47C2, the implant of Storm-2603.
 *
 * in       labels of a DNS name, or hex text of a TXT record or HTTP body
 * out      struct ak47_message, copies
 * memory   none of its own
 * source   Unit 42 on AK47C2 (AK47DNS versions 202503 and 202504, AK47HTTP); key and layouts as in its published analysis
 * limits   texts over their room are cut; parts of an answer that was cut in several records are read each by itself
 */
#ifndef AK47_MESSAGE_H
#define AK47_MESSAGE_H

#include <sekisho/span.h>

#define AK47_TEXT_MAX 1024u
#define AK47_HEX_MAX 8192u		/* of one message that are looked at */

struct ak47_text {
	uint32_t n;
	uint8_t p[AK47_TEXT_MAX];
};

struct ak47_message {
	const char *layout;		/* "json" or "fields", static */
	const char *kind;		/* "task" or "result", static; NULL: neither */
	struct ak47_text session, host, command, id, result;	/* n 0: not there */
};

/* hex: from the first digit on, in any case; ends at the first byte that is no digit. False when it is no message. */
bool ak47_from_hex(struct sk_span hex, struct ak47_message *out);
/* The same where the coded start of a message is within the first 64 bytes of text, behind a marker. */
bool ak47_from_text(struct sk_span text, struct ak47_message *out);
/* The labels of a name, leftmost first; those of the domain behind the message may be among them. */
bool ak47_from_labels(const struct sk_span *labels, size_t n, struct ak47_message *out);

#endif
