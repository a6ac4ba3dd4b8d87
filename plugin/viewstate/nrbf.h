/* viewstate/nrbf.h — walks the records of .NET's binary format.
 *
 * in       bytes from the SerializationHeader record on
 * out      libraries, classes, member names, strings and byte arrays, in wire order, through a callback
 * memory   none but a table of NRBF_CLASSES_MAX classes seen
 * source   [MS-NRBF] 2.1 to 2.6
 * limits   NRBF_RECORDS_MAX records, classes of NRBF_MEMBERS_MAX members, nesting NRBF_DEPTH_MAX; method calls (records 21, 22) end the walk
 */
#ifndef VIEWSTATE_NRBF_H
#define VIEWSTATE_NRBF_H

#include <sekisho/span.h>

#define NRBF_DEPTH_MAX 64
#define NRBF_CLASSES_MAX 128
#define NRBF_MEMBERS_MAX 512
#define NRBF_RECORDS_MAX 100000

enum nrbf_what { NRBF_LIBRARY, NRBF_CLASS, NRBF_MEMBER, NRBF_STRING, NRBF_BYTES };

typedef void nrbf_fn(void *cx, enum nrbf_what what, struct sk_span bytes);

struct nrbf_result {
	bool whole;			/* read to the MessageEnd record */
	size_t stopped;			/* where it was not: offset of the record that could not be read */
	uint32_t records, classes;
};

/* True when s begins like a stream the .NET Framework reads: record 0, major version 0 or 1, then a record that may follow.
 * Ids and the minor version are free. */
bool nrbf_begins(struct sk_span s);
void nrbf_walk(struct sk_span s, nrbf_fn *fn, void *cx, struct nrbf_result *out);

#endif
