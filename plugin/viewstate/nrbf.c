/* viewstate/nrbf.c — see nrbf.h.
 *
 * Values of primitive members lie bare between records; so a walk must know the member types of every class it is inside of. A
 * frame is a class or an array whose members are still to come; a class record leaves its types in a table, for ClassWithId
 * records that refer to it.
 */
#include "nrbf.h"

#include "reader.h"

enum record {
	HEADER, CLASS_WITH_ID, SYSTEM_CLASS, CLASS, SYSTEM_CLASS_TYPES, CLASS_TYPES, STRING, ARRAY, PRIMITIVE, REFERENCE, NULL_OBJECT,
	MESSAGE_END, LIBRARY, NULLS_256, NULLS, ARRAY_PRIMITIVE, ARRAY_OBJECT, ARRAY_STRING
};
enum member_type { T_PRIMITIVE, T_STRING, T_OBJECT, T_SYSTEM_CLASS, T_CLASS, T_OBJECT_ARRAY, T_STRING_ARRAY, T_PRIMITIVE_ARRAY };

struct class_types {
	uint32_t id;
	uint32_t cnt;			/* members */
	struct sk_span kinds;		/* a member_type each; p NULL: all are records */
	struct sk_span infos;		/* the rest of their descriptions */
};

struct frame {
	uint32_t left;			/* members to come */
	uint32_t next;			/* index of the next one */
	struct sk_span kinds;
	struct reader infos;
	bool primitives;		/* an array of bare values … */
	uint8_t primitive;		/* … of this type */
};

struct walk {
	struct reader r;
	nrbf_fn *fn;
	void *cx;
	struct frame stack[NRBF_DEPTH_MAX];
	unsigned depth;
	struct class_types classes[NRBF_CLASSES_MAX];
	struct nrbf_result *out;
	bool end;
};

static void tell(struct walk *w, enum nrbf_what what, struct sk_span s)
{
	if (s.p)
		w->fn(w->cx, what, s);
}

/* Bytes of a primitive of fixed size, [MS-NRBF] 2.1.2.3; 0 for those of other forms. */
static size_t primitive_size(uint8_t type)
{
	static const uint8_t sizes[] = { 0, 1, 1, 0, 0, 0, 8, 2, 4, 8, 1, 4, 8, 8, 2, 4, 8, 0, 0 };

	return type < sizeof(sizes) ? sizes[type] : 0;
}

static void read_primitive(struct walk *w, uint8_t type)
{
	size_t n = primitive_size(type);
	uint8_t lead;

	if (n) {
		take(&w->r, n);
	} else if (type == 3) {		/* char */
		lead = take_u8(&w->r);
		if (lead >= 0xc0)
			take(&w->r, lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1);
	} else if (type == 5) {		/* decimal, as text */
		take_string(&w->r);
	} else if (type == 18) {
		tell(w, NRBF_STRING, take_string(&w->r));
	} else if (type != 17) {	/* null has no bytes */
		w->r.failed = true;
	}
}

static void skip_type_info(struct reader *r, uint8_t kind)
{
	if (kind == T_PRIMITIVE || kind == T_PRIMITIVE_ARRAY) {
		take_u8(r);
	} else if (kind == T_SYSTEM_CLASS) {
		take_string(r);
	} else if (kind == T_CLASS) {
		take_string(r);
		take_u32(r);
	} else if (kind > T_PRIMITIVE_ARRAY) {
		r->failed = true;
	}
}

static void push(struct walk *w, struct frame f)
{
	if (f.left == 0)
		return;
	if (w->depth == NRBF_DEPTH_MAX) {
		w->r.failed = true;
		return;
	}
	w->stack[w->depth++] = f;
}

static void push_class(struct walk *w, const struct class_types *c)
{
	push(w, (struct frame){ .left = c->cnt, .kinds = c->kinds, .infos = reader(c->infos) });
}

static void read_class(struct walk *w, bool typed, bool has_library)
{
	struct class_types c = { .id = take_u32(&w->r) };
	struct sk_span name = take_string(&w->r);

	tell(w, NRBF_CLASS, name);
	w->out->classes += name.p != NULL;
	c.cnt = take_u32(&w->r);
	if (c.cnt > NRBF_MEMBERS_MAX)
		w->r.failed = true;
	for (uint32_t i = 0; i < c.cnt && !w->r.failed; i++)
		tell(w, NRBF_MEMBER, take_string(&w->r));
	if (typed && !w->r.failed) {
		const uint8_t *infos;

		c.kinds = sk_span(take(&w->r, c.cnt), c.cnt);
		infos = w->r.p;
		for (uint32_t i = 0; i < c.cnt && !w->r.failed; i++)
			skip_type_info(&w->r, c.kinds.p[i]);
		if (!w->r.failed)
			c.infos = sk_span(infos, (size_t)(w->r.p - infos));
	}
	if (has_library)
		take_u32(&w->r);
	if (w->r.failed)
		return;
	if (w->out->classes <= NRBF_CLASSES_MAX)
		w->classes[w->out->classes - 1] = c;
	push_class(w, &c);
}

static void read_class_with_id(struct walk *w)
{
	uint32_t known = w->out->classes < NRBF_CLASSES_MAX ? w->out->classes : NRBF_CLASSES_MAX, like;

	take_u32(&w->r);
	like = take_u32(&w->r);
	for (uint32_t i = 0; i < known && !w->r.failed; i++)
		if (w->classes[i].id == like) {
			push_class(w, &w->classes[i]);
			return;
		}
	w->r.failed = true;
}

/* n bare values of a type; byte arrays are told. */
static void read_primitives(struct walk *w, uint8_t type, uint64_t n)
{
	size_t size = primitive_size(type);

	if (type == 2 && n <= w->r.left)
		tell(w, NRBF_BYTES, sk_span(w->r.p, (size_t)n));
	else if (type == 2)
		tell(w, NRBF_BYTES, sk_span(w->r.p, w->r.left));
	if (size) {
		if (n > w->r.left / size)
			w->r.failed = true;
		else
			take(&w->r, (size_t)n * size);
	} else if (n > w->r.left) {
		w->r.failed = true;
	} else {
		push(w, (struct frame){ .left = (uint32_t)n, .primitives = true, .primitive = type });
	}
}

static void read_array(struct walk *w)
{
	uint64_t n = 1;
	uint8_t shape, kind, primitive = 0;
	uint32_t rank;

	take_u32(&w->r);
	shape = take_u8(&w->r);
	rank = take_u32(&w->r);
	if (rank == 0 || rank > 32)
		w->r.failed = true;
	for (uint32_t i = 0; i < rank && !w->r.failed; i++) {
		n *= take_u32(&w->r);
		if (n > UINT32_MAX)
			w->r.failed = true;
	}
	if (shape >= 3 && !w->r.failed)		/* the shapes with lower bounds */
		take(&w->r, (size_t)rank * 4);
	kind = take_u8(&w->r);
	if (kind == T_PRIMITIVE || kind == T_PRIMITIVE_ARRAY) {
		primitive = take_u8(&w->r);
	} else if (kind == T_SYSTEM_CLASS || kind == T_CLASS) {
		tell(w, NRBF_CLASS, take_string(&w->r));
		if (kind == T_CLASS)
			take_u32(&w->r);
	}
	if (w->r.failed)
		return;
	if (kind == T_PRIMITIVE)
		read_primitives(w, primitive, n);
	else
		push(w, (struct frame){ .left = (uint32_t)n });
}

/* Takes n members off the innermost frame: a value was read in their place. */
static void fill(struct walk *w, uint32_t n)
{
	struct frame *f;

	if (w->depth == 0)
		return;
	f = &w->stack[w->depth - 1];
	if (n > f->left)
		n = f->left;
	for (uint32_t i = 0; i < n && f->kinds.p; i++)
		skip_type_info(&f->infos, f->kinds.p[f->next + i]);
	f->left -= n;
	f->next += n;
}

static void read_record(struct walk *w)
{
	uint32_t n;

	switch (take_u8(&w->r)) {
	case HEADER: take(&w->r, 16); break;
	case LIBRARY: take_u32(&w->r); tell(w, NRBF_LIBRARY, take_string(&w->r)); break;
	case CLASS_WITH_ID: fill(w, 1); read_class_with_id(w); break;
	case SYSTEM_CLASS: fill(w, 1); read_class(w, false, false); break;
	case CLASS: fill(w, 1); read_class(w, false, true); break;
	case SYSTEM_CLASS_TYPES: fill(w, 1); read_class(w, true, false); break;
	case CLASS_TYPES: fill(w, 1); read_class(w, true, true); break;
	case STRING: fill(w, 1); take_u32(&w->r); tell(w, NRBF_STRING, take_string(&w->r)); break;
	case ARRAY: fill(w, 1); read_array(w); break;
	case PRIMITIVE: fill(w, 1); read_primitive(w, take_u8(&w->r)); break;
	case REFERENCE: fill(w, 1); take_u32(&w->r); break;
	case NULL_OBJECT: fill(w, 1); break;
	case NULLS_256: fill(w, take_u8(&w->r)); break;
	case NULLS: fill(w, take_u32(&w->r)); break;
	case ARRAY_PRIMITIVE: fill(w, 1); take_u32(&w->r); n = take_u32(&w->r); read_primitives(w, take_u8(&w->r), n); break;
	case ARRAY_OBJECT:
	case ARRAY_STRING: fill(w, 1); take_u32(&w->r); n = take_u32(&w->r); push(w, (struct frame){ .left = n }); break;
	case MESSAGE_END: w->end = true; break;
	default: w->r.failed = true;
	}
}

/* The next bare value of the innermost frame, when it is one. */
static bool read_bare(struct walk *w)
{
	struct frame *f = &w->stack[w->depth - 1];
	uint8_t type;

	if (f->primitives) {
		f->left--;
		read_primitive(w, f->primitive);
		return true;
	}
	if (!f->kinds.p || f->kinds.p[f->next] != T_PRIMITIVE)
		return false;
	type = take_u8(&f->infos);
	f->next++;
	f->left--;
	read_primitive(w, type);
	return true;
}

bool nrbf_begins(struct sk_span s)
{
	struct reader r = reader(s);
	uint32_t major;
	uint8_t next;

	if (take_u8(&r) != HEADER)
		return false;
	take(&r, 8);
	major = take_u32(&r);
	take(&r, 4);
	next = take_u8(&r);
	return !r.failed && major <= 1 && next >= CLASS_WITH_ID && next <= ARRAY_STRING && next != MESSAGE_END;
}

void nrbf_walk(struct sk_span s, nrbf_fn *fn, void *cx, struct nrbf_result *out)
{
	struct walk w = { .r = reader(s), .fn = fn, .cx = cx, .out = out };

	*out = (struct nrbf_result){ .whole = false };
	while (!w.r.failed && !w.end && out->records < NRBF_RECORDS_MAX) {
		while (w.depth && w.stack[w.depth - 1].left == 0)
			w.depth--;
		out->records++;
		out->stopped = s.n - w.r.left;
		if (!w.depth || !read_bare(&w))
			read_record(&w);
	}
	out->whole = w.end && !w.r.failed;
}
