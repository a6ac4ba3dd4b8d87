/* proto/http1_oddity.h — everything that can be odd about an HTTP/1 message, by name.
 *
 * what     one table: number, the name rules see in http.oddity and in the oddities lists, what it means, where it is said;
 *          and a set of them
 * memory   static
 * threads  pure
 * limits   at most SK_HTTP_ODD_MAX; numbers never leave the program, names do and are not reused
 */
#ifndef SK_PROTO_HTTP1_ODDITY_H
#define SK_PROTO_HTTP1_ODDITY_H

#include <stdbool.h>
#include <stdint.h>

/* X(ID, "name", "what it means", "source") */
#define SK_HTTP_ODDITIES(X) \
	/* lines and white space */ \
	X(LF_LINE_END, "lf_line_end", "a line ends with LF alone", "RFC 9112 2.2") \
	X(CR_LINE_END, "cr_line_end", "a line ends with CR alone", "RFC 9112 2.2") \
	X(BARE_CR, "bare_cr", "CR inside a line", "RFC 9112 2.2") \
	X(BLANK_LINE_WITH_SPACE, "blank_line_with_space", "a line of white space where the head may end", "RFC 9112 2.2") \
	X(BLANK_BEFORE_MESSAGE, "blank_before_message", "white space or empty lines before a message", "RFC 9112 2.2") \
	X(JUNK_BEFORE_MESSAGE, "junk_before_message", "bytes between messages that are none", "RFC 9112 2.2") \
	X(NUL_IN_HEAD, "nul_in_head", "a NUL byte in a head", "RFC 9110 5.5") \
	X(HEADER_FOLDING, "header_folding", "a field continues on the next line", "RFC 9112 5.2") \
	X(FOLDED_FIELD, "folded_field", "the continuation of a field looks like a framing field of its own", "RFC 9112 5.2") \
	/* start line */ \
	X(MISSING_VERSION, "missing_version", "a request line without version is followed by fields", "RFC 9112 3") \
	X(BAD_VERSION, "bad_version", "the version is none of HTTP/1.0 and HTTP/1.1", "RFC 9112 2.3") \
	X(VERSION_CASE, "version_case", "the version is not in upper case", "RFC 9112 2.3") \
	X(START_LINE_SPACE, "start_line_space", "the parts of the start line are not separated by one blank", "RFC 9112 3") \
	X(SPACE_IN_TARGET, "space_in_target", "white space inside the request target", "RFC 9112 3.2") \
	X(MISSING_TARGET, "missing_target", "a request line without target", "RFC 9112 3.2") \
	X(METHOD_CASE, "method_case", "the method has lower-case letters", "RFC 9110 9.1") \
	X(BAD_METHOD, "bad_method", "the method has bytes no token may have", "RFC 9110 9.1") \
	X(BAD_STATUS, "bad_status", "the status is not three digits from 100 to 599", "RFC 9112 4") \
	X(MISSING_STATUS_LINE, "missing_status_line", "an answer without status line (HTTP/0.9)", "RFC 9112 4") \
	/* fields */ \
	X(SPACE_BEFORE_COLON, "space_before_colon", "white space between field name and colon", "RFC 9112 5.1") \
	X(SPACE_BEFORE_NAME, "space_before_name", "the first field line begins with white space", "RFC 9112 2.2") \
	X(BAD_HEADER_NAME, "bad_header_name", "a field name has bytes no token may have, or is empty", "RFC 9110 5.1") \
	X(HEADER_WITHOUT_COLON, "header_without_colon", "a field line without colon", "RFC 9112 5") \
	X(DOUBLE_COLON, "double_colon", "a field value begins with a colon", "RFC 9112 5") \
	X(HEADER_TOO_LONG, "header_too_long", "a head longer than header_max: the rest was not read", "") \
	X(TOO_MANY_HEADERS, "too_many_headers", "more fields than are kept", "") \
	X(INCOMPLETE_HEAD, "incomplete_head", "the stream ended or has a gap inside a head", "RFC 9112 8") \
	X(DUPLICATE_HOST, "duplicate_host", "more than one Host field", "RFC 9112 3.2") \
	X(MISSING_HOST, "missing_host", "an HTTP/1.1 request without Host", "RFC 9112 3.2") \
	X(HOST_MISMATCH, "host_mismatch", "authority of the target and Host field differ", "RFC 9112 3.2.2") \
	X(MESSAGE_MEMORY, "message_memory", "fields or cookies of a head were left out because it takes too much memory, or memory was short", "") \
	/* framing */ \
	X(DUPLICATE_CONTENT_LENGTH, "duplicate_content_length", "Content-Length more than once, with equal values", "RFC 9112 6.3") \
	X(DIFFERENT_CONTENT_LENGTH, "different_content_length", "Content-Length with different values", "RFC 9112 6.3") \
	X(BAD_CONTENT_LENGTH, "bad_content_length", "Content-Length is not a number below 2^63", "RFC 9110 8.6") \
	X(CONTENT_LENGTH_ZEROS, "content_length_zeros", "Content-Length with leading zeros", "RFC 9110 8.6") \
	X(CONTENT_LENGTH_AND_CHUNKED, "content_length_and_chunked", "both Content-Length and Transfer-Encoding", "RFC 9112 6.1") \
	X(CHUNKED_HTTP10, "chunked_http10", "Transfer-Encoding with another version than HTTP/1.1", "RFC 9112 6.1") \
	X(CHUNKED_TWICE, "chunked_twice", "several Transfer-Encoding fields or codings besides chunked", "RFC 9112 6.1") \
	X(BAD_TRANSFER_ENCODING, "bad_transfer_encoding", "Transfer-Encoding is spelt so that readers may differ", "RFC 9112 6.1") \
	X(UNKNOWN_TRANSFER_ENCODING, "unknown_transfer_encoding", "Transfer-Encoding names a coding nobody knows", "RFC 9112 7") \
	X(NOT_CHUNKED, "not_chunked", "the body is not chunked although the head says so", "RFC 9112 7.1") \
	X(CHUNK_EXTENSION, "chunk_extension", "a chunk has an extension", "RFC 9112 7.1.1") \
	X(CHUNK_SIZE_SYNTAX, "chunk_size_syntax", "a chunk size with white space, 0x or other bytes around it", "RFC 9112 7.1") \
	X(CHUNK_SIZE_ZEROS, "chunk_size_zeros", "a chunk size with leading zeros", "RFC 9112 7.1") \
	X(CHUNK_SIZE_OVERFLOW, "chunk_size_overflow", "a chunk size of 2^63 or more", "RFC 9112 7.1") \
	X(CHUNK_LINE_END, "chunk_line_end", "a line of the chunked coding does not end with CR LF", "RFC 9112 7.1") \
	X(CHUNK_BROKEN, "chunk_broken", "no chunk size where one must be", "RFC 9112 7.1") \
	X(MISSING_FINAL_CHUNK, "missing_final_chunk", "the stream ended before the last chunk", "RFC 9112 8") \
	X(TRAILER_TOO_LONG, "trailer_too_long", "more behind a chunked body than is kept of its trailer", "RFC 9112 7.1.2") \
	X(FORBIDDEN_TRAILER, "forbidden_trailer", "a field behind a chunked body that belongs before it (framing, routing, content)", "RFC 9110 6.5.1") \
	X(SHORT_BODY, "short_body", "the stream ended before Content-Length bytes", "RFC 9112 8") \
	X(UNEXPECTED_BODY, "unexpected_body", "bytes follow a head that allows no body", "RFC 9112 6.3") \
	X(EXPECT_WITHOUT_BODY, "expect_without_body", "Expect: 100-continue with Content-Length 0", "RFC 9110 10.1.1") \
	X(SECOND_READING, "second_reading", "a request that only the other reading of an ambiguous length shows", "RFC 9112 11.2") \
	/* transactions */ \
	X(RESPONSE_WITHOUT_REQUEST, "response_without_request", "a response nobody asked for", "RFC 9110 3.4") \
	X(PIPELINE_TOO_LONG, "pipeline_too_long", "more unanswered requests than are kept", "RFC 9112 9.3.2") \
	X(RANGE_UNASKED, "range_unasked", "status 206 to a request that asked for no range", "RFC 9110 15.3.7") \
	X(BAD_CONTENT_RANGE, "bad_content_range", "status 206 without a Content-Range that can be read", "RFC 9110 14.4") \
	X(RANGE_OVERLAP, "range_overlap", "pieces of a resource overlap with different bytes", "RFC 9110 14.4") \
	X(RANGE_HOLE, "range_hole", "some pieces of a resource came and are told together; others did not come", "RFC 9110 14.4") \
	X(RANGE_LIMIT, "range_limit", "a resource has more or larger pieces than are kept: it is not put together", "") \
	X(HELD_TOO_LONG, "held_too_long", "more than 64 KiB behind a handshake before its answer: they are read as HTTP", "RFC 9110 7.8") \
	X(UPGRADE_WITHOUT_REQUEST, "upgrade_without_request", "status 101 to a request that asked for no upgrade", "RFC 9110 7.8") \
	/* target */ \
	X(DOUBLE_ENCODING, "double_encoding", "decoding the path or query once leaves escapes", "RFC 3986 2.4") \
	X(BAD_ESCAPE, "bad_escape", "a percent sign without two hex digits", "RFC 3986 2.1") \
	X(PERCENT_U, "percent_u", "%uXXXX escapes", "") \
	X(OVERLONG_UTF8, "overlong_utf8", "a character in more UTF-8 bytes than it needs", "RFC 3629 3") \
	X(FULLWIDTH, "fullwidth", "full-width forms of ASCII letters", "Unicode FF01-FF5E") \
	X(NUL_IN_TARGET, "nul_in_target", "a NUL in the decoded path or query", "RFC 3986 7.3") \
	X(BACKSLASH, "backslash", "a backslash as separator in the path", "") \
	X(ENCODED_SEPARATOR, "encoded_separator", "an encoded slash or backslash in the path", "RFC 3986 2.2") \
	X(DOUBLE_SLASH, "double_slash", "an empty segment in the path", "RFC 3986 3.3") \
	X(DOT_SEGMENT, "dot_segment", "a segment of one dot in the path", "RFC 3986 5.2.4") \
	X(PATH_TRAVERSAL, "path_traversal", "a segment of two dots in the path", "RFC 3986 5.2.4") \
	X(PATH_ABOVE_ROOT, "path_above_root", "two-dot segments lead above the root", "RFC 3986 5.2.4") \
	X(PATH_PARAMETER, "path_parameter", "a segment of the path has ;parameters", "RFC 3986 3.3") \
	X(PATH_PARAMETER_TRAVERSAL, "path_parameter_traversal", "a dot segment is hidden by ;parameters", "") \
	X(FRAGMENT_IN_TARGET, "fragment_in_target", "a number sign in the request target", "RFC 9112 3.2") \
	/* codings */ \
	X(UNKNOWN_CODING, "unknown_coding", "Content-Encoding names a coding nobody knows", "RFC 9110 8.4") \
	X(BAD_CODING_SYNTAX, "bad_coding_syntax", "Content-Encoding is spelt so that readers may differ", "RFC 9110 8.4") \
	X(STACKED_CODINGS, "stacked_codings", "more than one content coding", "RFC 9110 8.4") \
	X(TOO_MANY_CODINGS, "too_many_codings", "more content codings than are taken off", "") \
	X(CODING_MISMATCH, "coding_mismatch", "the bytes are not in the coding the head names", "RFC 9110 8.4") \
	X(CODING_BROKEN, "coding_broken", "compressed bytes that cannot be read on", "RFC 9110 8.4") \
	X(CODING_TRUNCATED, "coding_truncated", "compressed bytes end too early", "RFC 9110 8.4") \
	X(CODING_TRAILER, "coding_trailer", "bytes behind the end of the compressed data", "RFC 1952 2.2") \
	X(GZIP_FLAGS, "gzip_flags", "a gzip header with unusual or reserved flags", "RFC 1952 2.3.1") \
	X(GZIP_CHECKSUM, "gzip_checksum", "CRC or length of a gzip member is wrong or missing", "RFC 1952 2.3.1") \
	X(COMPRESSION_BOMB, "compression_bomb", "decompressed bytes over the ratio or size allowed: the rest is passed on raw", "") \
	/* forms */ \
	X(ODD_CHARSET, "odd_charset", "a form in another charset than UTF-8, ISO-8859-1 or windows-125x, or a body in UTF-16, UTF-32, UTF-7 or EBCDIC", "RFC 7578 5.1.2, RFC 9110 8.3.2") \
	X(FORM_NAME_TOO_LONG, "form_name_too_long", "a parameter name longer than is kept", "") \
	X(FORM_TYPE_MISMATCH, "form_type_mismatch", "a body is a form although its type is another or absent", "RFC 9110 8.3") \
	X(MULTIPART_BOUNDARY, "multipart_boundary", "a multipart boundary is absent, empty or odd", "RFC 2046 5.1.1") \
	X(MULTIPART_LINE_END, "multipart_line_end", "multipart lines end with LF alone", "RFC 2046 4.1.1") \
	X(MULTIPART_UNFINISHED, "multipart_unfinished", "the last multipart boundary is missing", "RFC 2046 5.1.1") \
	X(MULTIPART_HEADER, "multipart_header", "a multipart part with a bad head", "RFC 7578 4") \
	X(TRANSFER_CODED_PART, "transfer_coded_part", "a form part with Content-Transfer-Encoding", "RFC 7578 4.7")

enum sk_http_odd {
#define X(id, name, help, source) SK_HTTP_ODD_##id,
	SK_HTTP_ODDITIES(X)
#undef X
	SK_HTTP_ODD_CNT
};
#define SK_HTTP_ODD_MAX 128
_Static_assert(SK_HTTP_ODD_CNT <= SK_HTTP_ODD_MAX, "a set of oddities has 128 places");

struct sk_http_oddity_def {
	const char *name, *help, *source;
};
extern const struct sk_http_oddity_def sk_http_oddity_defs[SK_HTTP_ODD_CNT];

struct sk_http_odds {
	uint64_t w[2];
};

static inline void sk_http_odds_add(struct sk_http_odds *s, enum sk_http_odd o)
{
	s->w[o >> 6] |= UINT64_C(1) << (o & 63);
}

static inline bool sk_http_odds_has(const struct sk_http_odds *s, enum sk_http_odd o)
{
	return s->w[o >> 6] >> (o & 63) & 1;
}

static inline bool sk_http_odds_any(const struct sk_http_odds *s)
{
	return (s->w[0] | s->w[1]) != 0;
}

/* Takes the first one out of a set that has any. */
static inline enum sk_http_odd sk_http_odds_take(struct sk_http_odds *s)
{
	unsigned word = s->w[0] ? 0 : 1, bit = (unsigned)__builtin_ctzll(s->w[word]);

	s->w[word] &= s->w[word] - 1;
	return (enum sk_http_odd)(64 * word + bit);
}

static inline void sk_http_odds_merge(struct sk_http_odds *s, const struct sk_http_odds *t)
{
	s->w[0] |= t->w[0];
	s->w[1] |= t->w[1];
}

#endif
