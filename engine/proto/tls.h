/* proto/tls.h — TLS hellos and certificate lists, and the fingerprints made of hellos.
 *
 * in       the body of one handshake message, put together by the caller
 * out      spans into it
 * memory   none but what callers give
 * threads  pure
 * source   RFC 8446 4, RFC 5246 7.4, RFC 6066 3, RFC 7301 3.1, RFC 8701 (GREASE), RFC 9849 (ECH), RFC 6101 E (SSL 2 hello);
 *          JA3, JA3S: salesforce/ja3 README; JA4: FoxIO-LLC/ja4 technical_details/JA4.md, the BSD-licensed TLS client part
 * limits   a malformed hello sets a bit in oddities and gives what was read before
 */
#ifndef SK_PROTO_TLS_H
#define SK_PROTO_TLS_H

#include <sekisho/span.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "proto/digest.h"

enum { SK_TLS_CHANGE_CIPHER = 20, SK_TLS_ALERT, SK_TLS_HANDSHAKE, SK_TLS_DATA, SK_TLS_HEARTBEAT };	/* record types */
enum {
	SK_TLS_CLIENT_HELLO = 1, SK_TLS_SERVER_HELLO = 2, SK_TLS_HELLO_RETRY = 6, SK_TLS_CERTIFICATE = 11
};									/* handshake types; 6: drafts of TLS 1.3 */

#define SK_TLS_RECORD_HEADER 5u
#define SK_TLS_RECORD_MAX (16384u + 2048u)	/* RFC 5246 6.2.3 */

/* X(ENUM, "name", "what it means", "source") */
#define SK_TLS_ODDITIES(X) \
	X(RECORD, "bad_record", "no record begins where one must", "RFC 8446 5.1") \
	X(RECORD_LENGTH, "record_too_long", "a record of more than 18,432 bytes", "RFC 5246 6.2.3") \
	X(HELLO, "bad_hello", "a hello that cannot be read to its end", "RFC 8446 4.1.2") \
	X(EXTENSION, "bad_extension", "an extension whose lengths contradict each other", "RFC 8446 4.2") \
	X(DUPLICATE, "duplicate_extension", "the same extension twice", "RFC 8446 4.2") \
	X(SNI, "bad_server_name", "a server name that cannot be read", "RFC 6066 3") \
	X(TRAILING, "trailing_bytes", "bytes behind the end of a hello", "RFC 8446 4.1.2") \
	X(CERTIFICATE_LIST, "bad_certificate_list", "a list of certificates whose lengths contradict each other", "RFC 5246 7.4.2") \
	X(CERTIFICATE, "bad_certificate", "a certificate that cannot be read", "RFC 5280 4.1") \
	X(HANDSHAKE_LENGTH, "handshake_too_long", "a handshake message over app.handshake: it was skipped", "") \
	X(HEARTBEAT, "heartbeat_overread", "a heartbeat that speaks of more than it brought", "RFC 6520 4") \
	X(CUT, "truncated_handshake", "the connection was closed inside a handshake message", "RFC 8446 6.1") \
	X(SECOND_HELLO, "second_client_hello", "another ClientHello that nobody had asked for", "RFC 8446 4.1.2")
enum {
#define X(id, name, help, source) SK_TLS_ODDITY_BIT_##id,
	SK_TLS_ODDITIES(X)
#undef X
	SK_TLS_ODDITY_CNT
};
#define SK_TLS_ODD(id) (UINT32_C(1) << SK_TLS_ODDITY_BIT_##id)
extern const char *const sk_tls_oddity_names[SK_TLS_ODDITY_CNT];

struct sk_tls_hello {
	uint16_t version;		/* legacy_version */
	uint16_t selected;		/* server: supported_versions' choice, or version */
	uint16_t cipher;		/* server */
	bool is_v2;			/* a client hello in SSL 2 form: ciphers has three bytes each */
	bool is_retry;			/* server: HelloRetryRequest */
	bool has_extensions;
	bool has_sni;			/* the extension is there, whatever is in it */
	bool has_ech;
	bool has_grease;		/* client: among ciphers or extensions */
	uint32_t oddities;
	struct sk_span random, session_id;
	struct sk_span ciphers;		/* client: two bytes each */
	struct sk_span extensions;	/* type, length, data, … as far as they are whole */
	/* data of extensions, without leading list lengths; p NULL where absent */
	struct sk_span sni;		/* the first host name */
	struct sk_span alpn;		/* length, name, … */
	struct sk_span versions, groups, points, signatures;
};

/* False when not even the version could be read. */
bool sk_tls_client_hello(struct sk_span body, struct sk_tls_hello *h);
bool sk_tls_server_hello(struct sk_span body, struct sk_tls_hello *h);
/* msg: the SSL 2 message from its type on. */
bool sk_tls_v2_hello(struct sk_span msg, struct sk_tls_hello *h);

/* The next certificate (DER) of a Certificate message of TLS up to 1.2; *list is the body at first, then what is left. *len is
 * its length as declared, more than der has where the message ends before. */
bool sk_tls_next_certificate(struct sk_span *list, bool first, struct sk_span *der, size_t *len, uint32_t *oddities);

static inline bool sk_tls_is_grease(uint16_t v)
{
	return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff);
}

/* The JA3 or JA3S string, appended. 0 or what sk_buf_add says. Absent for SSL 2 hellos: SK_E_UNSUPPORTED. */
int sk_tls_ja3(const struct sk_tls_hello *h, struct sk_buf *out);
int sk_tls_ja3s(const struct sk_tls_hello *h, struct sk_buf *out);

#define SK_TLS_JA4_LEN 36
/* Writes the fingerprint and a NUL. work: cleared and used. 0 or SK_E_LIMIT, SK_E_MEMORY, SK_E_UNSUPPORTED. */
int sk_tls_ja4(const struct sk_tls_hello *h, struct sk_digester *d, struct sk_buf *work, char out[SK_TLS_JA4_LEN + 1]);

/* Whether the first bytes of a direction begin TLS. midstream: any record will do. */
enum sk_tls_look { SK_TLS_NO, SK_TLS_MORE, SK_TLS_YES };
enum sk_tls_look sk_tls_looks(struct sk_span first, bool to_server, bool midstream);

#endif
