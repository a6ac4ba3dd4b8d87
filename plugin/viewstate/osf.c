/* viewstate/osf.c — see osf.h.
 *
 * A frame on the stack says how many values its container still wants. Scalars are read at once; a container pushes a frame.
 * A sparse array and a typed array begin with a type; a sparse array has an index before each value.
 */
#include "osf.h"

#include "reader.h"

struct frame {
	uint32_t left;			/* values still to come */
	bool indexed;			/* a varint index before each */
};

struct walk {
	struct reader r;
	osf_fn *fn;
	void *cx;
	struct frame stack[OSF_DEPTH_MAX];
	unsigned depth;
	struct osf_result *out;
};

static void tell(struct walk *w, enum osf_what what, struct sk_span s)
{
	if (w->fn && s.p)
		w->fn(w->cx, what, s, w->depth);
}

/* Type position: tokens 41, 42 and 43 only. */
static void read_type(struct walk *w)
{
	switch (take_u8(&w->r)) {
	case OSF_TYPE_ADD:
	case OSF_TYPE_ADD_LOCAL:
		tell(w, OSF_GOT_TYPE, take_string(&w->r));
		break;
	case OSF_TYPE_INDEX:
		take_varint(&w->r);
		break;
	default:
		w->r.failed = true;
	}
}

/* A container of n values; every value takes at least one byte. */
static void push(struct walk *w, uint64_t n, bool indexed)
{
	if (n == 0)
		return;
	if (w->depth == OSF_DEPTH_MAX || n > w->r.left || n > UINT32_MAX) {
		w->r.failed = true;
		return;
	}
	w->stack[w->depth++] = (struct frame){ (uint32_t)n, indexed };
	if (w->depth > w->out->depth)
		w->out->depth = w->depth;
}

static void read_char(struct walk *w)
{
	uint8_t lead = take_u8(&w->r);

	if (lead >= 0xc0)
		take(&w->r, lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1);
}

/* Of another format: a version, a count, and as many digests of 16 bytes. */
static void read_event_validation(struct walk *w)
{
	uint32_t n;

	if (take_u8(&w->r) != 0)
		w->r.failed = true;
	n = take_varint(&w->r);
	if (n > w->r.left / 16)
		w->r.failed = true;
	else
		take(&w->r, (size_t)n * 16);
}

static void read_blob(struct walk *w)
{
	uint32_t n = take_varint(&w->r);
	struct sk_span s = sk_span(w->r.p, n > w->r.left ? w->r.left : n);

	if (w->r.failed)
		return;
	w->out->blobs++;
	tell(w, OSF_GOT_BLOB, s);
	take(&w->r, n);
}

static void read_containers(struct walk *w, uint8_t token)
{
	uint32_t n;

	switch (token) {
	case OSF_PAIR: push(w, 2, false); break;
	case OSF_TRIPLET: push(w, 3, false); break;
	case OSF_ARRAY: read_type(w); push(w, take_varint(&w->r), false); break;
	case OSF_ARRAY_LIST: push(w, take_varint(&w->r), false); break;
	case OSF_HASHTABLE:
	case OSF_HYBRID_DICTIONARY: push(w, 2 * (uint64_t)take_varint(&w->r), false); break;
	case OSF_STRING_ARRAY:
		n = take_varint(&w->r);
		if (n > w->r.left)
			w->r.failed = true;
		while (n-- && !w->r.failed)
			tell(w, OSF_GOT_STRING, take_string(&w->r));
		break;
	case OSF_SPARSE_ARRAY:
		read_type(w);
		take_varint(&w->r);
		push(w, take_varint(&w->r), true);
		break;
	default: w->r.failed = true;
	}
}

static void read_value(struct walk *w, uint8_t token)
{
	switch (token) {
	case OSF_INT16: take(&w->r, 2); break;
	case OSF_INT32:
	case OSF_KNOWN_COLOR: take_varint(&w->r); break;
	case OSF_BYTE:
	case OSF_STRING_INDEX: take(&w->r, 1); break;
	case OSF_CHAR: read_char(w); break;
	case OSF_STRING:
	case OSF_STRING_ADD: tell(w, OSF_GOT_STRING, take_string(&w->r)); break;
	case OSF_DATETIME:
	case OSF_DOUBLE: take(&w->r, 8); break;
	case OSF_SINGLE:
	case OSF_COLOR: take(&w->r, 4); break;
	case OSF_UNIT: take(&w->r, 12); break;
	case OSF_INT_ENUM: read_type(w); take_varint(&w->r); break;
	case OSF_TYPE: read_type(w); break;
	case OSF_STRING_FORMATTED: read_type(w); tell(w, OSF_GOT_STRING, take_string(&w->r)); break;
	case OSF_BINARY: read_blob(w); break;
	case OSF_EVENT_VALIDATION: read_event_validation(w); break;
	case OSF_EMPTY_COLOR: case OSF_EMPTY_UNIT: case OSF_NULL: case OSF_EMPTY_STRING: case OSF_ZERO: case OSF_TRUE: case OSF_FALSE:
		break;
	default: read_containers(w, token);
	}
}

bool osf_walk(struct sk_span s, osf_fn *fn, void *cx, struct osf_result *out)
{
	struct walk w = { .r = reader(s), .fn = fn, .cx = cx, .out = out };

	*out = (struct osf_result){ .whole = false };
	if (s.n < 3 || s.p[0] != 0xff || s.p[1] != 0x01)
		return false;
	take(&w.r, 2);
	out->root = w.r.p[0];
	do {
		out->read = s.n - w.r.left;
		while (w.depth && w.stack[w.depth - 1].left == 0)
			w.depth--;
		if (w.depth) {
			w.stack[w.depth - 1].left--;
			if (w.stack[w.depth - 1].indexed)
				take_varint(&w.r);
		} else if (out->nodes) {
			break;
		}
		read_value(&w, take_u8(&w.r));
		out->nodes++;
	} while (!w.r.failed && out->nodes < OSF_NODES_MAX);
	out->whole = !w.r.failed && w.depth == 0;
	out->tail = out->whole ? w.r.left : 0;
	return out->whole || out->nodes > 1 || out->blobs;
}
