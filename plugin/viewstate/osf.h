/* viewstate/osf.h — walks the token stream of ASP.NET's ObjectStateFormatter.
 *
 * in       decoded view state, from FF 01 on
 * out      root token, every serialised .NET blob (token 50) and every string, through a callback
 * memory   none; nesting is counted on an explicit stack of OSF_DEPTH_MAX frames of 8 bytes
 * source   token table of Microsoft's reference source, ObjectStateFormatter.cs; EventValidationStore.cs
 * limits   OSF_NODES_MAX values; deeper nesting or an unknown token ends the walk
 */
#ifndef VIEWSTATE_OSF_H
#define VIEWSTATE_OSF_H

#include <sekisho/span.h>

#define OSF_DEPTH_MAX 1024		/* a server's stack of 256 KiB holds about as many calls */
#define OSF_NODES_MAX 200000

enum osf_token {
	OSF_INT16 = 1, OSF_INT32, OSF_BYTE, OSF_CHAR, OSF_STRING, OSF_DATETIME, OSF_DOUBLE, OSF_SINGLE, OSF_COLOR, OSF_KNOWN_COLOR,
	OSF_INT_ENUM, OSF_EMPTY_COLOR, OSF_PAIR = 15, OSF_TRIPLET, OSF_ARRAY = 20, OSF_STRING_ARRAY, OSF_ARRAY_LIST, OSF_HASHTABLE,
	OSF_HYBRID_DICTIONARY, OSF_TYPE, OSF_UNIT = 27, OSF_EMPTY_UNIT, OSF_EVENT_VALIDATION, OSF_STRING_ADD, OSF_STRING_INDEX,
	OSF_STRING_FORMATTED = 40, OSF_TYPE_ADD, OSF_TYPE_ADD_LOCAL, OSF_TYPE_INDEX, OSF_BINARY = 50, OSF_SPARSE_ARRAY = 60,
	OSF_NULL = 100, OSF_EMPTY_STRING, OSF_ZERO, OSF_TRUE, OSF_FALSE
};

enum osf_what { OSF_GOT_BLOB, OSF_GOT_STRING, OSF_GOT_TYPE };

/* bytes: borrowed. depth: containers around it. A blob cut by the end is given as far as it goes. */
typedef void osf_fn(void *cx, enum osf_what what, struct sk_span bytes, unsigned depth);

struct osf_result {
	bool whole;			/* the graph was read to its end */
	size_t read;			/* offset of the last value that was begun */
	uint8_t root;			/* first token */
	unsigned depth;			/* deepest nesting */
	uint32_t nodes, blobs;
	size_t tail;			/* bytes behind the graph */
};

/* False when it does not begin with FF 01 and a known token. */
bool osf_walk(struct sk_span s, osf_fn *fn, void *cx, struct osf_result *out);

#endif
