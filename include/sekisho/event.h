/* sekisho/event.h — what rules and plugins see: event kinds, their fields, their values.
 *
 * what     one table (SK_KINDS and the SK_FIELDS_* lists) from which enums, names, rule checks and the field
 *          reference in doc/rules.md are made
 * memory   an event and everything it points to is the host's and ends when on_event returns
 * threads  an event is seen by one worker only
 * limits   kinds and slots are appended, never renumbered or reused; a slot that is absent has type SK_VALUE_NONE
 *
 * Events whose description says "streamed" come in pieces: the piece with offset 0 opens a unit, the piece with last = 1
 * closes it (always delivered once, with truncated = 1 when the flow ended or lost bytes before the message did).
 * Their streamed field holds the bytes of this piece only.
 */
#ifndef SEKISHO_EVENT_H
#define SEKISHO_EVENT_H

#include <sekisho/addr.h>
#include <sekisho/span.h>

/* X(ENUM, "name", "description") */
#define SK_KINDS(X) \
	X(FLOW_START, "flow.start", "a flow was seen for the first time; not told of what holds only oddities of fragments and broken headers, nor is its end") \
	X(FLOW_END, "flow.end", "a flow ended, timed out or was evicted") \
	X(DNS_QUERY, "dns.query", "one question of a DNS query") \
	X(DNS_ANSWER, "dns.answer", "one DNS response message, with the records of all its sections") \
	X(TLS_CLIENT_HELLO, "tls.client_hello", "a TLS ClientHello") \
	X(TLS_SERVER_HELLO, "tls.server_hello", "a TLS ServerHello") \
	X(TLS_CERTIFICATE, "tls.certificate", "one certificate of a TLS chain, as sent in clear up to TLS 1.2") \
	X(HTTP_REQUEST, "http.request", "the head of an HTTP request") \
	X(HTTP_RESPONSE, "http.response", "the head of an HTTP response; request.* is its request") \
	X(HTTP_BODY, "http.body", "streamed: a body after dechunking and decompression; request.* and, to the client, response.*") \
	X(HTTP_FORM, "http.form", "streamed: one decoded parameter of a query, an urlencoded or a multipart body; request.*") \
	X(WEBSOCKET_OPEN, "websocket.open", "a WebSocket handshake was accepted; request.* is the handshake") \
	X(WEBSOCKET_MESSAGE, "websocket.message", "streamed: a message after unmasking, joining and inflating; request.* is the handshake") \
	X(STREAM_DATA, "stream.data", "streamed: ordered bytes of one direction of a flow no parser has claimed") \
	X(FILE, "file", "a file that travelled in a body, told when its last byte is there; request.*, response.*") \
	X(PACKET_ODDITY, "packet.oddity", "something wrong below the flow: checksums, fragments, headers") \
	X(STREAM_ODDITY, "stream.oddity", "something wrong in a TCP stream: overlaps with different bytes, gaps, injected resets") \
	X(HTTP_ODDITY, "http.oddity", "a message that endpoints may read differently") \
	X(DNS_ODDITY, "dns.oddity", "a malformed DNS message") \
	X(TLS_ODDITY, "tls.oddity", "a malformed TLS record or handshake") \
	X(WEBSOCKET_ODDITY, "websocket.oddity", "a WebSocket frame against RFC 6455 or 7692")

/* Every list: X(ENUM, "name", TYPE, "unit", "source", "example", "description").
 * TYPE is one of TEXT, BYTES (both a span), STREAM (a span that is one piece of a longer value), INT, BOOL, TIME (ns since
 * 1970), ADDR, LIST (of values), PAIRS (a LIST that alternates name and value; rules pick one with field[name]). */

/* Of every event; taken from the flow. */
#define SK_FIELDS_COMMON(X) \
	X(CLIENT_IP, "client.ip", ADDR, "", "RFC 791, RFC 8200", "10.1.2.3", "who opened the flow") \
	X(CLIENT_PORT, "client.port", INT, "", "RFC 9293, RFC 768", "49152", "its port") \
	X(SERVER_IP, "server.ip", ADDR, "", "RFC 791, RFC 8200", "10.1.1.5", "who was addressed") \
	X(SERVER_PORT, "server.port", INT, "", "RFC 9293, RFC 768", "443", "its port") \
	X(TRANSPORT, "transport", TEXT, "", "", "tcp", "tcp, udp, icmp, sctp or the protocol's number") \
	X(DIRECTION, "direction", TEXT, "", "", "to_server", "to_server or to_client") \
	X(APP_PROTO, "app_proto", TEXT, "", "", "http", "protocol found by sekisho's own parsers: http, dns, tls, websocket") \
	X(COMMUNITY_ID, "community_id", TEXT, "", "community-id-spec 1", "1:LQU9qZlK+B5F3KDmev6m5PMibrg=", "hash of the flow's five-tuple, seed 0") \
	X(NDPI_PROTOCOL, "ndpi.protocol", TEXT, "", "nDPI", "TLS.Telegram", "nDPI's name for the flow, a hint") \
	X(NDPI_CATEGORY, "ndpi.category", TEXT, "", "nDPI", "Web", "nDPI's category, a hint") \
	X(NDPI_RISK, "ndpi.risk", LIST, "", "nDPI", "Self-signed Cert", "nDPI's risks, by name") \
	X(VLAN, "vlan", INT, "", "IEEE 802.1Q", "100", "outermost VLAN id")

#define SK_FIELDS_FLOW_START(X) \
	X(STATE, "state", TEXT, "", "", "syn", "syn, midstream or datagram")

#define SK_FIELDS_FLOW_END(X) \
	X(PACKETS_TO_SERVER, "packets_to_server", INT, "packets", "", "12", "packets from client to server") \
	X(PACKETS_TO_CLIENT, "packets_to_client", INT, "packets", "", "10", "packets from server to client") \
	X(BYTES_TO_SERVER, "bytes_to_server", INT, "bytes", "", "4120", "captured frame bytes from client to server") \
	X(BYTES_TO_CLIENT, "bytes_to_client", INT, "bytes", "", "901", "captured frame bytes from server to client") \
	X(DURATION, "duration", INT, "ms", "", "1503", "from first to last packet") \
	X(STATE, "state", TEXT, "", "RFC 9293", "closed", "new, established, closed or reset") \
	X(REASON, "reason", TEXT, "", "", "timeout", "closed, timeout, evicted, reused or end (of the input)") \
	X(UPLOAD, "upload", INT, "", "", "82", "the client's share of the captured bytes, in percent; absent for a flow without bytes")

#define SK_FIELDS_DNS_QUERY(X) \
	X(NAME, "name", TEXT, "", "RFC 1035 4.1.2", "www.example.org", "question name in lower case without the final dot") \
	X(NAME_RAW, "name.raw", TEXT, "", "RFC 1035 4.1.2", "wWw.eXample.org", "question name as sent") \
	X(TYPE, "type", TEXT, "", "IANA DNS parameters", "TXT", "question type, TYPE123 where unnamed") \
	X(CLASS, "class", INT, "", "RFC 1035 3.2.4", "1", "question class") \
	X(ID, "id", INT, "", "RFC 1035 4.1.1", "4660", "message id") \
	X(OPCODE, "opcode", INT, "", "RFC 1035 4.1.1", "0", "operation") \
	X(LABELS, "labels", LIST, "", "RFC 1035 3.1", "www", "the labels of the name, leftmost first, as sent")

#define SK_FIELDS_DNS_ANSWER(X) \
	X(NAME, "name", TEXT, "", "RFC 1035 4.1.2", "www.example.org", "question name in lower case without the final dot") \
	X(TYPE, "type", TEXT, "", "IANA DNS parameters", "A", "question type") \
	X(RCODE, "rcode", TEXT, "", "IANA DNS parameters", "NXDOMAIN", "response code, with its EDNS extension") \
	X(ID, "id", INT, "", "RFC 1035 4.1.1", "4660", "message id") \
	X(ADDRESS, "address", LIST, "", "RFC 1035 3.4.1, RFC 3596", "192.0.2.1", "addresses in A and AAAA records") \
	X(CNAME, "cname", LIST, "", "RFC 1035 3.3.1", "cdn.example.net", "targets of CNAME records") \
	X(TXT, "txt", LIST, "", "RFC 1035 3.3.14", "v=spf1 -all", "TXT records, their strings joined") \
	X(NS, "ns", LIST, "", "RFC 1035 3.3.11", "ns1.example.org", "targets of NS records, of any section") \
	X(NAMES, "names", LIST, "", "RFC 1035 4.1.3", "www.example.org", "every owner name and every name in the data of the records") \
	X(OTHER, "other", LIST, "", "RFC 1035 3.2.1", "", "data of the records of other types, as sent") \
	X(RECORDS, "records", INT, "records", "RFC 1035 4.1", "3", "records in all sections") \
	X(TTL_MIN, "ttl_min", INT, "s", "RFC 1035 3.2.1", "60", "smallest time to live of the answer section")

#define SK_FIELDS_TLS_CLIENT_HELLO(X) \
	X(SNI, "sni", TEXT, "", "RFC 6066 3", "www.example.org", "server name in lower case without a final dot; absent when not sent") \
	X(ALPN, "alpn", LIST, "", "RFC 7301", "h2", "protocols offered, in order") \
	X(VERSION, "version", INT, "", "RFC 8446 4.1.2", "771", "legacy_version") \
	X(VERSIONS, "versions", LIST, "", "RFC 8446 4.2.1", "772", "supported_versions, without GREASE") \
	X(JA3, "ja3", TEXT, "", "salesforce/ja3", "e7d705a3286e19ea42f587b344ee6865", "MD5 of the JA3 string") \
	X(JA3_STRING, "ja3.string", TEXT, "", "salesforce/ja3", "771,4865-4866,0-23,29-23,0", "what JA3 is the hash of") \
	X(JA4, "ja4", TEXT, "", "FoxIO JA4, BSD part", "t13d1516h2_8daaf6152771_02713d6af862", "JA4 client fingerprint") \
	X(ECH, "ech", BOOL, "", "RFC 9849", "1", "an encrypted hello was offered, or a stand-in for one: sni may be a cover name") \
	X(GREASE, "grease", BOOL, "", "RFC 8701", "1", "values of no meaning among ciphers or extensions, as browsers send them")

#define SK_FIELDS_TLS_SERVER_HELLO(X) \
	X(SNI, "sni", TEXT, "", "RFC 6066 3", "www.example.org", "the name the client asked for") \
	X(VERSION, "version", INT, "", "RFC 8446 4.2.1", "772", "version chosen") \
	X(CIPHER, "cipher", INT, "", "IANA TLS parameters", "4865", "cipher suite chosen") \
	X(ALPN, "alpn", TEXT, "", "RFC 7301", "h2", "protocol chosen, where in clear") \
	X(JA3S, "ja3s", TEXT, "", "salesforce/ja3", "eb1d94daa7e0344597e756a1fb6e7054", "MD5 of the JA3S string")

#define SK_FIELDS_TLS_CERTIFICATE(X) \
	X(SNI, "sni", TEXT, "", "RFC 6066 3", "www.example.org", "the name the client asked for") \
	X(INDEX, "index", INT, "", "RFC 5246 7.4.2", "0", "place in the chain; 0 is the server's own") \
	X(SUBJECT, "subject", TEXT, "", "RFC 5280 4.1.2.6", "CN=www.example.org", "distinguished name, RFC 4514 order as encoded, comma and blank between parts") \
	X(ISSUER, "issuer", TEXT, "", "RFC 5280 4.1.2.4", "C=US, O=Example, CN=Example CA", "distinguished name of the issuer") \
	X(CN, "cn", TEXT, "", "RFC 5280 4.1.2.6", "www.example.org", "last common name of the subject, lower case") \
	X(SAN, "san", LIST, "", "RFC 5280 4.2.1.6", "www.example.org", "DNS names (lower case) and addresses of subjectAltName") \
	X(SERIAL, "serial", TEXT, "", "RFC 5280 4.1.2.2", "0a1b2c", "serial number in hex") \
	X(SHA1, "sha1", TEXT, "", "FIPS 180-4", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "SHA-1 of the certificate") \
	X(SHA256, "sha256", TEXT, "", "FIPS 180-4", "e3b0c44298fc1c149afbf4c8996fb924…", "SHA-256 of the certificate") \
	X(NOT_BEFORE, "not_before", TIME, "ns", "RFC 5280 4.1.2.5", "1735689600000000000", "start of validity") \
	X(NOT_AFTER, "not_after", TIME, "ns", "RFC 5280 4.1.2.5", "1767225600000000000", "end of validity; the year 9999 is 253402300799 s, stored as 2^63-1") \
	X(SELF_ISSUED, "self_issued", BOOL, "", "RFC 5280 3.2", "1", "subject and issuer are the same name")

#define SK_FIELDS_HTTP_REQUEST(X) \
	X(METHOD, "method", TEXT, "", "RFC 9110 9", "POST", "as sent") \
	X(TARGET, "target", BYTES, "", "RFC 9112 3.2", "/a%20b/?q=1", "request target as sent") \
	X(PATH, "path", BYTES, "", "RFC 3986 5.2.4, 6.2.2", "/a b/", "path decoded once, backslashes turned, dot segments and double slashes gone") \
	X(PATH_JAVA, "path.java", BYTES, "", "Servlet 6.0 3.5.2", "/a b/", "as path, with ;parameters of each segment taken off before dot segments are resolved") \
	X(PATH_TWICE, "path.twice", BYTES, "", "", "/a b/", "as path, decoded a second time; absent when that changes nothing") \
	X(QUERY, "query", BYTES, "", "RFC 3986 3.4", "q=1", "query as sent, without the question mark") \
	X(QUERY_DECODED, "query.decoded", BYTES, "", "RFC 3986 2.1", "q=a b", "query decoded once, plus as blank") \
	X(VERSION, "version", TEXT, "", "RFC 9112 2.3", "HTTP/1.1", "as sent; absent for HTTP/0.9") \
	X(HOST, "host", TEXT, "", "RFC 9110 7.2", "www.example.org", "authority of an absolute target or the Host field, lower case, without port") \
	X(USER_AGENT, "user_agent", BYTES, "", "RFC 9110 10.1.5", "curl/7.88.1", "first User-Agent field") \
	X(REFERER, "referer", BYTES, "", "RFC 9110 10.1.3", "/a/b", "first Referer field as sent") \
	X(REFERER_PATH, "referer.path", LIST, "", "RFC 3986 5.2", "/a/b", "path of every Referer field, resolved against the request, normalised as path") \
	X(CONTENT_TYPE, "content_type", BYTES, "", "RFC 9110 8.3", "text/plain", "first Content-Type field") \
	X(CONTENT_LENGTH, "content_length", INT, "bytes", "RFC 9110 8.6", "120", "where valid and single") \
	X(HEADERS, "header", PAIRS, "", "RFC 9110 5", "header[accept]", "all fields in wire order, unfolded; names as sent, picked without regard to case") \
	X(COOKIES, "cookie", PAIRS, "", "RFC 6265 4.2", "cookie[session]", "pairs of all Cookie fields") \
	X(HEADER_ORDER, "header_order", TEXT, "", "", "host,user-agent,accept", "field names in lower case, joined by commas, wire order") \
	X(ODDITIES, "oddities", LIST, "", "", "duplicate_content_length", "names of what was odd in this head") \
	X(NUMBER, "number", INT, "", "", "1", "place among the requests of the flow, from 1") \
	X(QUERY_TWICE, "query.twice", BYTES, "", "", "q=a b", "query decoded a second time; absent when that changes nothing") \
	X(PATH_NUL, "path.nul", BYTES, "", "RFC 3986 7.3", "/a", "path up to a NUL, as servers written in C read it; absent without one")

#define SK_FIELDS_HTTP_RESPONSE(X) \
	X(STATUS, "status", INT, "", "RFC 9110 15", "200", "status code") \
	X(REASON, "reason", BYTES, "", "RFC 9112 4", "OK", "reason phrase") \
	X(VERSION, "version", TEXT, "", "RFC 9112 2.3", "HTTP/1.1", "as sent") \
	X(SERVER, "server", BYTES, "", "RFC 9110 10.2.4", "nginx", "first Server field") \
	X(LOCATION, "location", BYTES, "", "RFC 9110 10.2.2", "/login", "first Location field") \
	X(CONTENT_TYPE, "content_type", BYTES, "", "RFC 9110 8.3", "text/html", "first Content-Type field") \
	X(CONTENT_LENGTH, "content_length", INT, "bytes", "RFC 9110 8.6", "120", "where valid and single") \
	X(HEADERS, "header", PAIRS, "", "RFC 9110 5", "header[x-powered-by]", "all fields in wire order, unfolded") \
	X(ODDITIES, "oddities", LIST, "", "", "chunked_http10", "names of what was odd in this head")

#define SK_FIELDS_HTTP_BODY(X) \
	X(BYTES, "bytes", STREAM, "", "RFC 9112 6, RFC 9110 8.4", "", "body bytes after dechunking and decompression") \
	X(OFFSET, "offset", INT, "bytes", "", "0", "of this piece in the decoded body") \
	X(LAST, "last", BOOL, "", "", "1", "this piece ends the body") \
	X(TRUNCATED, "truncated", BOOL, "", "", "0", "the body ended before its length said, or bytes of it are missing") \
	X(ENCODING, "encoding", TEXT, "", "RFC 9110 8.4.1", "gzip", "codings taken off, joined by commas; absent when none") \
	X(TRAILERS, "trailer", PAIRS, "", "RFC 9110 6.5", "trailer[digest]", "fields behind a chunked body, with its last piece") \
	X(PIECES, "pieces", INT, "", "RFC 9110 14.4", "3", "ranges of a resource this body was put together from, behind their own bodies; absent for a body as sent") \
	X(SECOND, "second_reading", BOOL, "", "", "1", "raw bytes of the stream as other hosts read them where segments overlap, with what lies around; absent for a body") \
	X(CHARSET, "charset", TEXT, "", "XML 1.0 F, RFC 9110 8.3.2", "utf-16le", "charset this body was converted from, to UTF-8, beside the body itself; absent for a body as sent")

#define SK_FIELDS_HTTP_FORM(X) \
	X(NAME, "name", BYTES, "", "WHATWG URL 5.1, RFC 7578", "__VIEWSTATE", "parameter name, decoded, at most 1024 bytes") \
	X(VALUE, "value", STREAM, "", "WHATWG URL 5.1, RFC 7578", "", "decoded value") \
	X(OFFSET, "offset", INT, "bytes", "", "0", "of this piece in the decoded value") \
	X(LAST, "last", BOOL, "", "", "1", "this piece ends the value") \
	X(TRUNCATED, "truncated", BOOL, "", "", "0", "the value ended with the flow or in a gap") \
	X(SOURCE, "source", TEXT, "", "", "query", "query, urlencoded or multipart") \
	X(FILENAME, "filename", BYTES, "", "RFC 7578 4.2", "a.txt", "file name of a multipart part") \
	X(CONTENT_TYPE, "content_type", BYTES, "", "RFC 7578 4.4", "text/plain", "type of a multipart part") \
	X(INDEX, "index", INT, "", "", "0", "place among the parameters of its source")

#define SK_FIELDS_WEBSOCKET_OPEN(X) \
	X(PROTOCOL, "protocol", TEXT, "", "RFC 6455 1.9", "v1.kernel.websocket.jupyter.org", "subprotocol chosen") \
	X(EXTENSIONS, "extensions", TEXT, "", "RFC 7692", "permessage-deflate", "extensions the server accepted") \
	X(ORIGIN, "origin", TEXT, "", "RFC 6455 10.2", "https://example.org", "Origin of the handshake; absent for most scripted clients") \
	X(ACCEPT_OK, "accept_ok", BOOL, "", "RFC 6455 4.2.2", "1", "Sec-WebSocket-Accept fits the key")

#define SK_FIELDS_WEBSOCKET_MESSAGE(X) \
	X(PAYLOAD, "payload", STREAM, "", "RFC 6455 5, RFC 7692", "", "payload after unmasking, joining and inflating") \
	X(OFFSET, "offset", INT, "bytes", "", "0", "of this piece in the payload") \
	X(LAST, "last", BOOL, "", "", "1", "this piece ends the message") \
	X(TRUNCATED, "truncated", BOOL, "", "", "0", "the message ended with the flow or in a gap") \
	X(OPCODE, "opcode", TEXT, "", "RFC 6455 5.2", "text", "text, binary, close, ping, pong or the number") \
	X(FRAGMENTS, "fragments", INT, "frames", "RFC 6455 5.4", "1", "frames so far") \
	X(COMPRESSED, "compressed", BOOL, "", "RFC 7692", "1", "was sent deflated") \
	X(MASKED, "masked", BOOL, "", "RFC 6455 5.3", "1", "was sent masked") \
	X(NUMBER, "number", INT, "", "", "1", "place among the messages of its direction, from 1")

#define SK_FIELDS_STREAM_DATA(X) \
	X(BYTES, "bytes", STREAM, "", "RFC 9293, RFC 768", "", "payload in order; for UDP one unit per datagram") \
	X(OFFSET, "offset", INT, "bytes", "", "0", "of this piece in its direction") \
	X(LAST, "last", BOOL, "", "", "0", "the direction ended") \
	X(TRUNCATED, "truncated", BOOL, "", "", "0", "bytes before this piece are missing") \
	X(SECOND, "second_reading", BOOL, "", "", "1", "bytes as other hosts read them where segments overlap, with what lies around; absent for the stream itself")

#define SK_FIELDS_FILE(X) \
	X(NAME, "name", BYTES, "", "RFC 6266", "a.exe", "from Content-Disposition, the multipart part or the last path segment") \
	X(MAGIC, "magic", TEXT, "", "", "pe", "kind by its first bytes: pe, elf, zip, gzip, pdf, png, jpeg, gif, ole, rar, 7z, script, html, xml, sqlite, java or data") \
	X(SIZE, "size", INT, "bytes", "", "1024", "decoded size") \
	X(SHA256, "sha256", TEXT, "", "FIPS 180-4", "e3b0c442…", "of all bytes; absent when some are missing") \
	X(SHA1, "sha1", TEXT, "", "FIPS 180-4", "da39a3ee…", "of all bytes; absent when some are missing") \
	X(MD5, "md5", TEXT, "", "RFC 1321", "d41d8cd9…", "of all bytes; absent when some are missing") \
	X(TRUNCATED, "truncated", BOOL, "", "", "0", "bytes are missing") \
	X(PIECES, "pieces", INT, "", "RFC 9110 14.4", "3", "ranges of a resource this file was put together from, behind their own files; absent for a file as sent")

#define SK_FIELDS_ODDITY(X) \
	X(NAME, "name", TEXT, "", "", "overlap_different_data", "what was odd") \
	X(BYTES, "bytes", BYTES, "", "", "", "the bytes concerned, as read") \
	X(OTHER, "other", BYTES, "", "", "", "the other reading, where there are two") \
	X(OFFSET, "offset", INT, "bytes", "", "0", "where, in the stream or packet")

#define SK_FIELDS_PACKET_ODDITY(X) SK_FIELDS_ODDITY(X)
#define SK_FIELDS_STREAM_ODDITY(X) SK_FIELDS_ODDITY(X)
#define SK_FIELDS_HTTP_ODDITY(X) SK_FIELDS_ODDITY(X)
#define SK_FIELDS_DNS_ODDITY(X) SK_FIELDS_ODDITY(X)
#define SK_FIELDS_TLS_ODDITY(X) SK_FIELDS_ODDITY(X)
#define SK_FIELDS_WEBSOCKET_ODDITY(X) SK_FIELDS_ODDITY(X)

/* SK_KIND_HTTP_REQUEST, … SK_KIND_BUILTIN_CNT; kinds that plugins bring follow from there, at most SK_KIND_MAX in all. */
enum {
#define X(id, name, help) SK_KIND_##id,
	SK_KINDS(X)
#undef X
	SK_KIND_BUILTIN_CNT
};
#define SK_KIND_MAX 64u
#define SK_KIND_NONE UINT16_MAX

/* Slots: SK_F_<KIND>_<FIELD>, the index into sk_event.values. Common fields have slots of their own, SK_F_COMMON_*. */
#define SK_FIELD_MAX 32u
#define SK_SLOT_(kind, id) SK_F_##kind##_##id
#define SK_F_ENUM(kind, list) enum { list(SK_F_SLOT_##kind) SK_F_##kind##_CNT };
#define SK_F_SLOT_COMMON(id, ...) SK_SLOT_(COMMON, id),
#define SK_F_SLOT_FLOW_START(id, ...) SK_SLOT_(FLOW_START, id),
#define SK_F_SLOT_FLOW_END(id, ...) SK_SLOT_(FLOW_END, id),
#define SK_F_SLOT_DNS_QUERY(id, ...) SK_SLOT_(DNS_QUERY, id),
#define SK_F_SLOT_DNS_ANSWER(id, ...) SK_SLOT_(DNS_ANSWER, id),
#define SK_F_SLOT_TLS_CLIENT_HELLO(id, ...) SK_SLOT_(TLS_CLIENT_HELLO, id),
#define SK_F_SLOT_TLS_SERVER_HELLO(id, ...) SK_SLOT_(TLS_SERVER_HELLO, id),
#define SK_F_SLOT_TLS_CERTIFICATE(id, ...) SK_SLOT_(TLS_CERTIFICATE, id),
#define SK_F_SLOT_HTTP_REQUEST(id, ...) SK_SLOT_(HTTP_REQUEST, id),
#define SK_F_SLOT_HTTP_RESPONSE(id, ...) SK_SLOT_(HTTP_RESPONSE, id),
#define SK_F_SLOT_HTTP_BODY(id, ...) SK_SLOT_(HTTP_BODY, id),
#define SK_F_SLOT_HTTP_FORM(id, ...) SK_SLOT_(HTTP_FORM, id),
#define SK_F_SLOT_WEBSOCKET_OPEN(id, ...) SK_SLOT_(WEBSOCKET_OPEN, id),
#define SK_F_SLOT_WEBSOCKET_MESSAGE(id, ...) SK_SLOT_(WEBSOCKET_MESSAGE, id),
#define SK_F_SLOT_STREAM_DATA(id, ...) SK_SLOT_(STREAM_DATA, id),
#define SK_F_SLOT_FILE(id, ...) SK_SLOT_(FILE, id),
#define SK_F_SLOT_ODDITY(id, ...) SK_SLOT_(ODDITY, id),
SK_F_ENUM(COMMON, SK_FIELDS_COMMON)
SK_F_ENUM(FLOW_START, SK_FIELDS_FLOW_START)
SK_F_ENUM(FLOW_END, SK_FIELDS_FLOW_END)
SK_F_ENUM(DNS_QUERY, SK_FIELDS_DNS_QUERY)
SK_F_ENUM(DNS_ANSWER, SK_FIELDS_DNS_ANSWER)
SK_F_ENUM(TLS_CLIENT_HELLO, SK_FIELDS_TLS_CLIENT_HELLO)
SK_F_ENUM(TLS_SERVER_HELLO, SK_FIELDS_TLS_SERVER_HELLO)
SK_F_ENUM(TLS_CERTIFICATE, SK_FIELDS_TLS_CERTIFICATE)
SK_F_ENUM(HTTP_REQUEST, SK_FIELDS_HTTP_REQUEST)
SK_F_ENUM(HTTP_RESPONSE, SK_FIELDS_HTTP_RESPONSE)
SK_F_ENUM(HTTP_BODY, SK_FIELDS_HTTP_BODY)
SK_F_ENUM(HTTP_FORM, SK_FIELDS_HTTP_FORM)
SK_F_ENUM(WEBSOCKET_OPEN, SK_FIELDS_WEBSOCKET_OPEN)
SK_F_ENUM(WEBSOCKET_MESSAGE, SK_FIELDS_WEBSOCKET_MESSAGE)
SK_F_ENUM(STREAM_DATA, SK_FIELDS_STREAM_DATA)
SK_F_ENUM(FILE, SK_FIELDS_FILE)
SK_F_ENUM(ODDITY, SK_FIELDS_ODDITY)

/* Value types. TEXT and BYTES differ in how they are shown, not in how they are matched. */
enum {
	SK_VALUE_NONE,
	SK_VALUE_TEXT,
	SK_VALUE_BYTES,
	SK_VALUE_STREAM,
	SK_VALUE_INT,
	SK_VALUE_BOOL,
	SK_VALUE_TIME,
	SK_VALUE_ADDR,
	SK_VALUE_LIST,
	SK_VALUE_PAIRS
};

struct sk_value {
	uint32_t type;
	uint32_t pad;
	union {
		struct sk_span bytes;		/* TEXT, BYTES, STREAM; absent is type NONE, empty is n 0 */
		uint64_t num;			/* INT, BOOL, TIME */
		struct sk_addr addr;		/* ADDR */
		struct {
			const struct sk_value *v;
			size_t n;
		} list;				/* LIST, PAIRS (n is even) */
	} u;
};

enum { SK_TO_SERVER = 0, SK_TO_CLIENT = 1 };

/* What every event knows of its flow. Host-owned, append-only. */
struct sk_flow_info {
	uint32_t size;
	uint8_t proto;			/* IP protocol number */
	uint8_t saw_both;		/* packets of both directions were seen */
	uint8_t dir_guessed;		/* the first packet was not a SYN: client and server are a guess */
	uint8_t midstream;		/* the handshake was not seen */
	struct sk_addr client_ip, server_ip;
	uint16_t client_port, server_port;
	uint16_t vlan;			/* outermost id, 0 when untagged */
	uint16_t pad;
	uint64_t serial;		/* capture order number of the flow's first packet; unique per run, same for any -j */
	uint64_t start_ns, last_ns;	/* packet time */
	uint64_t packets[2], bytes[2];	/* by direction */
	const char *app_proto;		/* NULL until known */
	const char *ndpi_protocol;	/* NULL until known; as new as the event where a rule or plugin asks for ndpi.*, otherwise in alerts only */
	const char *ndpi_category;
	uint64_t ndpi_risk;		/* bit set of the nDPI that is linked */
};

struct sk_event {
	uint32_t size;
	uint16_t kind;
	uint8_t dir;			/* SK_TO_SERVER or SK_TO_CLIENT */
	uint8_t value_cnt;		/* slots in values */
	uint64_t time_ns;		/* of the packet that completed the event, since 1970 */
	uint64_t packet;		/* its number in its capture file, from 1, as Wireshark counts */
	const uint64_t *packets;	/* numbers of all packets that carry the event, ascending; at least one */
	uint32_t packet_cnt;
	uint32_t pad;
	const struct sk_flow_info *flow;
	const struct sk_event *parent;	/* response -> request, body -> response or request, …; NULL for none */
	const struct sk_value *values;
	void **unit;			/* streamed kinds: where the host hangs its state of the unit; others NULL */
};

/* The value in a slot; type NONE also where the event is older than the slot. */
static inline const struct sk_value *sk_event_value(const struct sk_event *e, unsigned slot)
{
	static const struct sk_value none = { SK_VALUE_NONE, 0, { { 0, 0 } } };

	return slot < e->value_cnt ? &e->values[slot] : &none;
}

/* The bytes in a slot; p NULL where absent or not bytes. */
static inline struct sk_span sk_event_bytes(const struct sk_event *e, unsigned slot)
{
	const struct sk_value *v = sk_event_value(e, slot);

	if (v->type == SK_VALUE_TEXT || v->type == SK_VALUE_BYTES || v->type == SK_VALUE_STREAM)
		return v->u.bytes;
	return sk_span(NULL, 0);
}

/* The number in a slot, or otherwise. */
static inline uint64_t sk_event_num(const struct sk_event *e, unsigned slot, uint64_t otherwise)
{
	const struct sk_value *v = sk_event_value(e, slot);

	if (v->type == SK_VALUE_INT || v->type == SK_VALUE_BOOL || v->type == SK_VALUE_TIME)
		return v->u.num;
	return otherwise;
}

/* The event itself or the nearest ancestor of that kind, or NULL. */
static inline const struct sk_event *sk_event_up(const struct sk_event *e, unsigned kind)
{
	while (e && e->kind != kind)
		e = e->parent;
	return e;
}

/* One field's description, as held by engine/app/fields.c for the kinds above and by plugins for their own. */
struct sk_field_def {
	const char *name;
	uint32_t type;			/* SK_VALUE_* */
	uint32_t pad;
	const char *unit, *source, *example, *help;
};

struct sk_kind_def {
	const char *name;		/* "aspnet.viewstate" */
	const char *help;
	const struct sk_field_def *fields;
	uint32_t field_cnt;
	uint32_t pad;
};

#endif
