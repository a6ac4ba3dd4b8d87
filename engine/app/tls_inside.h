/* app/tls_inside.h — what tls.c (records, messages) and tls_event.c (events) share.
 *
 * limits   for these two files only
 */
#ifndef SK_APP_TLS_INSIDE_H
#define SK_APP_TLS_INSIDE_H

#include "app/binding.h"
#include "base/buf.h"
#include "proto/tls.h"

#define SK_TLS_COUNTERS(X) \
	X(client_hellos, "messages", "ClientHello messages") \
	X(server_hellos, "messages", "ServerHello messages") \
	X(certificates, "certificates", "certificates in clear") \
	X(records, "records", "records followed") \
	X(malformed, "messages", "things wrong with records, hellos or certificates") \
	X(too_long, "messages", "handshake messages over the limit, skipped") \
	X(lost, "gaps", "holes after which records were looked for") \
	X(memory, "messages", "messages lost because memory was short")
SK_COUNTER_STRUCT(tls, SK_TLS_COUNTERS)

struct sk_tls_side {
	uint8_t header[SK_TLS_RECORD_HEADER];
	uint8_t header_n;
	uint8_t type;
	uint8_t beat[3];		/* first bytes of a heartbeat record */
	uint8_t beat_n;
	uint32_t left;			/* bytes of the record at hand still to come */
	uint32_t len;			/* its length */
	bool started;			/* any byte was seen */
	bool is_v2;			/* inside an SSL 2 message */
	bool lost;			/* where a record begins is not known */
	bool no_message;		/* where a handshake message begins is not known */
	bool encrypted;
	uint32_t skip;			/* bytes of a message nobody wants */
	uint32_t told;			/* oddities told of this direction */
	struct sk_buf held;		/* beginning of a handshake or SSL 2 message */
	uint64_t held_off;
};

struct sk_tls_flow {
	struct sk_tls_side dir[2];
	bool has_hello;			/* the client's */
	bool is_v2;			/* … was of SSL 2 and asked for it */
	bool is_retry;			/* the server asked for another hello */
	bool retried;
	bool finished;			/* the server has switched to encryption */
	struct sk_span sni;		/* flow memory, lower case */
};

/* What is at hand. */
struct sk_tls_job {
	struct sk_app *a;
	struct sk_flow *f;
	struct sk_tls_flow *t;
	struct sk_tls_side *s;
	int dir;
	struct sk_tls_counters *counters;
};

/* Events of one message; msg with its header, body without; off: stream offset of the message. */
void sk_tls_tell_client_hello(struct sk_tls_job *j, const struct sk_tls_hello *h, struct sk_span msg, uint64_t off);
void sk_tls_tell_server_hello(struct sk_tls_job *j, const struct sk_tls_hello *h, struct sk_span msg, uint64_t off);
void sk_tls_tell_certificate(struct sk_tls_job *j, struct sk_span der, unsigned index, uint64_t off);
/* is_whole: of a message that was cut short only the certificates that are whole are told. */
void sk_tls_tell_certificates(struct sk_tls_job *j, struct sk_span body, uint64_t off, bool is_whole);
/* SK_TLS_ODD() bits; each is told once per direction. */
void sk_tls_tell_oddities(struct sk_tls_job *j, uint32_t bits, struct sk_span bytes, uint64_t off);

#endif
