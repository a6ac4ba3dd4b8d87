/* rules/sieve.c — see sieve.h.
 *
 * Of a regex the items of its outermost sequence are read: characters, classes and how often they come. What is in groups is passed over,
 * and a regex with anything else outside of them (alternatives, modifiers, back-references) has no literal and no beginning here.
 */
#include "rules/sieve.h"

#include "base/ascii.h"

#define LITERAL_MAX 64u
#define LONG_MIN 8u			/* bytes of a literal that goes into the filter */
#define STEP_MAX 16u
#define BEGIN_BITS 10u			/* a beginning says at least so much */
#define FILTER_MIN 4096u
#define FILTER_MAX (1u << 20)

struct set {
	uint64_t bits[4];
};

/* What is known of a pattern. */
struct key {
	struct set begin[SK_SIEVE_DEPTH];
	unsigned depth;			/* of begin */
	uint8_t literal[LITERAL_MAX];	/* the longest so far */
	unsigned n;
};

/* A regex under way. */
struct reader {
	const char *p;
	bool begins;			/* all items so far are in begin */
	uint8_t run[LITERAL_MAX];	/* the literal at hand */
	unsigned run_n;
	struct key *key;
};

static void set_add(struct set *s, unsigned c)
{
	s->bits[c / 64] |= UINT64_C(1) << c % 64;
}

static bool set_has(const struct set *s, unsigned c)
{
	return s->bits[c / 64] >> c % 64 & 1;
}

static void set_range(struct set *s, unsigned from, unsigned to)
{
	for (unsigned c = from; c <= to; c++)
		set_add(s, c);
}

static void set_all(struct set *s)
{
	set_range(s, 0, 255);
}

static unsigned set_size(const struct set *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 4; i++)
		n += (unsigned)__builtin_popcountll(s->bits[i]);
	return n;
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Behind a backslash; *one: the byte, -1 for several. False for what is not read here. */
static bool read_escape(const char **p, struct set *s, int *one)
{
	const char c = *(*p)++;

	*one = -1;
	if (c == 'd') {
		set_range(s, '0', '9');
	} else if (c == 'w' || c == 's' || c == 'D' || c == 'W' || c == 'S') {
		set_all(s);
	} else if (c == 'x' && hex_digit((*p)[0]) >= 0 && hex_digit((*p)[1]) >= 0) {
		*one = hex_digit((*p)[0]) << 4 | hex_digit((*p)[1]);
		*p += 2;
	} else if (c > ' ' && c < 127 && !is_alnum(c)) {
		*one = c;
	} else {
		return false;
	}
	if (*one >= 0)
		set_add(s, (unsigned)*one);
	return true;
}

/* Behind a bracket. */
static bool read_class(const char **p, struct set *s)
{
	bool negated = **p == '^';

	*p += negated;
	for (bool first = true; first || **p != ']'; first = false) {
		int from, to;

		if (**p <= 0 || **p == '[')		/* of [:names:] nothing is known */
			return false;
		from = *(*p)++;
		if (from == '\\' && !read_escape(p, s, &from))
			return false;
		if (**p != '-' || (*p)[1] == ']')
			;
		else if (from < 0)
			return false;
		else {
			++*p;
			to = *(*p)++;
			if (to <= 0 || to == '[' || (to == '\\' && !read_escape(p, s, &to)) || to < from)
				return false;
			set_range(s, (unsigned)from, (unsigned)to);
		}
		if (from >= 0)
			set_add(s, (unsigned)from);
	}
	++*p;
	if (negated)
		set_all(s);
	return true;
}

/* Behind a parenthesis. */
static bool skip_group(const char **p)
{
	unsigned depth = 1;
	struct set any;

	while (depth) {
		const char c = *(*p)++;

		if (c == 0)
			return false;
		if (c == '(' && **p == '*')
			return false;
		if (c == '(' && **p == '?' && (*p)[1] != ':')
			return false;
		depth += c == '(';
		depth -= c == ')';
		if (c == '\\' && *(*p)++ == 0)
			return false;
		if (c == '[' && !read_class(p, &any))
			return false;
	}
	return true;
}

/* *least times at least, and perhaps more. */
static bool read_times(const char **p, unsigned *least, bool *exact)
{
	*least = 1;
	*exact = true;
	if (**p == '?' || **p == '*' || **p == '+') {
		*least = **p == '+';
		*exact = false;
		++*p;
	} else if (**p == '{') {
		++*p;
		if (**p < '0' || **p > '9')
			return false;
		for (*least = 0; **p >= '0' && **p <= '9'; ++*p)
			*least = SK_MIN(*least * 10 + (unsigned)(**p - '0'), 1000u);
		*exact = **p == '}';
		while (**p && **p != '}')
			++*p;
		if (*(*p)++ != '}')
			return false;
	} else {
		return true;
	}
	if (**p == '?' || **p == '+')		/* lazy, possessive */
		++*p;
	return true;
}

static void end_run(struct reader *r)
{
	if (r->run_n > r->key->n) {
		memcpy(r->key->literal, r->run, r->run_n);
		r->key->n = r->run_n;
	}
	r->run_n = 0;
}

static void take(struct reader *r, const struct set *s, int one, unsigned least, bool exact)
{
	struct key *k = r->key;

	for (unsigned i = 0; i < SK_MIN(least, LITERAL_MAX); i++) {
		if (r->begins && k->depth < SK_SIEVE_DEPTH)
			k->begin[k->depth++] = *s;
		if (one < 0)
			end_run(r);
		else if (r->run_n < LITERAL_MAX)
			r->run[r->run_n++] = (uint8_t)one;
	}
	if (!exact || least > LITERAL_MAX) {
		r->begins = false;
		end_run(r);
	}
}

/* A literal cut at LITERAL_MAX is one all the same; what follows does not join it. */
static bool read_item(struct reader *r)
{
	struct set s = { { 0 } };
	const char c = *r->p++;
	unsigned least;
	bool exact, group = false;
	int one = -1;

	if (c == '(') {
		group = true;
		if (*r->p == '*' || (*r->p == '?' && r->p[1] != ':') || !skip_group(&r->p))
			return false;
	} else if (c == '[') {
		if (!read_class(&r->p, &s))
			return false;
	} else if (c == '\\' && *r->p == 'b') {
		r->p++;				/* between bytes; nothing may repeat it */
		return *r->p == 0 || !strchr("?*+{", *r->p);
	} else if (c == '\\') {
		if (!read_escape(&r->p, &s, &one))
			return false;
	} else if (c == '.') {
		set_all(&s);
	} else if (c < ' ' || c == 127 || strchr("|^$*+?{})]", c)) {
		return false;
	} else {
		one = c;
		set_add(&s, (unsigned)one);
	}
	if (!read_times(&r->p, &least, &exact))
		return false;
	if (group) {
		r->begins = false;
		end_run(r);
		return true;
	}
	if (r->run_n == LITERAL_MAX)
		end_run(r);
	take(r, &s, one, least, exact);
	return true;
}

static bool read_regex(const struct sk_atom *a, struct key *k)
{
	struct reader r = { .p = (const char *)a->text.p, .key = k };

	if (strlen(r.p) != a->text.n)
		return false;
	r.begins = *r.p == '^';
	r.p += r.begins;
	while (*r.p && !(r.p[0] == '$' && r.p[1] == 0))
		if (!read_item(&r))
			return false;
	end_run(&r);
	return true;
}

bool sk_atom_is_anchored(const struct sk_atom *a)
{
	return a->type == SK_ATOM_STARTS || a->type == SK_ATOM_IS || (a->type == SK_ATOM_REGEX && a->text.p[0] == '^');
}

/* A character or an escape that stands for one byte. False for all else. */
static bool read_byte(const char **p, int *one)
{
	struct set any = { { 0 } };

	*one = (uint8_t)**p;
	if (*one <= ' ' - 1 || *one >= 127 || strchr("|^$*+?{}[]().", *one))
		return false;
	++*p;
	return *one != '\\' || (read_escape(p, &any, one) && *one >= 0);
}

bool sk_pattern_begin(const struct sk_atom *a, struct sk_pattern_begin *b)
{
	const char *p = (const char *)a->text.p;
	struct key whole = { .depth = 0 };
	struct set s = { { 0 } };
	unsigned least;
	bool exact = true;
	int one;

	b->n = b->run = 0;
	if (a->type != SK_ATOM_REGEX) {
		b->n = (unsigned)SK_MIN(a->text.n, sizeof(b->literal));
		memcpy(b->literal, a->text.p, b->n);
		return true;
	}
	if (!read_regex(a, &whole))
		return false;
	p += *p == '^';
	if (*p == '[') {
		p++;
		if (!read_class(&p, &s) || !read_times(&p, &b->run, &exact))
			return false;
		memcpy(b->set, s.bits, sizeof(b->set));
		return b->run > 0;
	}
	while (exact && b->n < sizeof(b->literal) && read_byte(&p, &one) && read_times(&p, &least, &exact))
		for (unsigned i = 0; i < least && b->n < sizeof(b->literal); i++)
			b->literal[b->n++] = (uint8_t)one;
	return b->n > 0;
}

static void read_literal(const struct sk_atom *a, struct key *k)
{
	k->n = (unsigned)SK_MIN(a->text.n, (size_t)LITERAL_MAX);
	memcpy(k->literal, a->text.p, k->n);
	if (a->type != SK_ATOM_STARTS)
		return;
	for (; k->depth < SK_MIN(k->n, SK_SIEVE_DEPTH); k->depth++)
		set_add(&k->begin[k->depth], k->literal[k->depth]);
}

/* How much a beginning says, in bits. */
static unsigned begin_bits(const struct key *k)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < k->depth; i++)
		bits += (unsigned)__builtin_clz(set_size(&k->begin[i]) | 1) - 23;
	return bits;
}

/* --- making --- */

struct maker {
	struct sk_arena *arena;
	struct sk_sieve *s;
	unsigned begin_cnt;
	uint8_t (*longs)[LITERAL_MAX];
	unsigned *long_n;
	size_t long_cnt;
};

static uint32_t filter_bit(const uint8_t *p, unsigned shift)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return (v | 0x20202020u) * 0x9e3779b1u >> shift;
}

static bool add_begin(struct maker *mk, const struct key *k, bool nocase)
{
	struct sk_sieve *s = mk->s;
	const uint64_t bit = UINT64_C(1) << mk->begin_cnt++;

	if (!s->first)
		s->first = sk_arena_zalloc(mk->arena, SK_SIEVE_DEPTH * sizeof(*s->first));
	if (!s->first)
		return false;
	s->all |= bit;
	for (unsigned i = 0; i < SK_SIEVE_DEPTH; i++) {
		if (i < k->depth)
			s->deeper[i] |= bit;
		for (unsigned c = 0; c < 256; c++)
			if (i >= k->depth || set_has(&k->begin[i], c) || (nocase && is_alnum((char)c) && set_has(&k->begin[i], c ^ 32)))
				s->first[i][c] |= bit;
	}
	return true;
}

static bool add_pattern(struct maker *mk, const struct sk_atom *a)
{
	struct key k = { .depth = 0 };

	if (a->type == SK_ATOM_REGEX) {
		if (!read_regex(a, &k))
			return false;
	} else {
		read_literal(a, &k);
	}
	if (begin_bits(&k) >= BEGIN_BITS && mk->begin_cnt < SK_SIEVE_BEGINS_MAX)
		return add_begin(mk, &k, a->nocase);
	if (k.n >= LONG_MIN) {
		memcpy(mk->longs[mk->long_cnt], k.literal, k.n);
		mk->long_n[mk->long_cnt++] = k.n;
		return true;
	}
	if (k.n < SK_SIEVE_SHORT || mk->s->short_cnt == SK_SIEVE_SHORT_MAX)
		return false;
	for (unsigned i = 0; i < SK_SIEVE_SHORT; i++)
		mk->s->shorts[mk->s->short_cnt][i] = k.literal[i] | 0x20;
	mk->s->short_cnt++;
	return true;
}

static bool make_filter(struct maker *mk)
{
	struct sk_sieve *s = mk->s;
	unsigned least = LITERAL_MAX;
	uint32_t bits = FILTER_MIN;

	if (mk->long_cnt == 0)
		return true;
	for (size_t i = 0; i < mk->long_cnt; i++)
		least = SK_MIN(least, mk->long_n[i]);
	s->step = SK_MIN(least - 3, STEP_MAX);
	while (bits < FILTER_MAX && bits < mk->long_cnt * s->step * 64)
		bits *= 2;
	if (bits < mk->long_cnt * s->step * 8)
		return false;
	s->filter = sk_arena_zalloc(mk->arena, bits / 8);
	s->shift = 32 - (unsigned)__builtin_ctz(bits);
	if (!s->filter)
		return false;
	for (size_t i = 0; i < mk->long_cnt; i++)
		for (uint32_t at = 0; at < s->step; at++) {
			uint32_t bit = filter_bit(mk->longs[i] + at, s->shift);

			s->filter[bit / 64] |= UINT64_C(1) << bit % 64;
		}
	return true;
}

struct sk_sieve *sk_sieve_new(struct sk_arena *arena, const struct sk_atom *const *atoms, size_t cnt)
{
	struct maker mk = { .arena = arena, .s = sk_arena_zalloc(arena, sizeof(*mk.s)) };
	struct sk_arena scratch;
	bool good = mk.s != NULL;

	sk_arena_init(&scratch, 65536, SIZE_MAX / 2);
	mk.longs = sk_arena_alloc(&scratch, (cnt + 1) * sizeof(*mk.longs));
	mk.long_n = sk_arena_alloc(&scratch, (cnt + 1) * sizeof(*mk.long_n));
	good = good && mk.longs && mk.long_n;
	for (size_t i = 0; good && i < cnt; i++)
		good = add_pattern(&mk, atoms[i]);
	good = good && make_filter(&mk);
	sk_arena_fini(&scratch);
	return good ? mk.s : NULL;
}

/* --- using --- */

static bool begins(const struct sk_sieve *s, struct sk_span v)
{
	uint64_t left = s->all;

	for (size_t i = 0; i < SK_SIEVE_DEPTH && left; i++) {
		if (i == v.n)
			return left & ~s->deeper[i];
		left &= s->first[i][v.p[i]];
	}
	return left != 0;
}

static bool has_long(const struct sk_sieve *s, struct sk_span v)
{
	for (size_t i = 0; i + 4 <= v.n; i += s->step) {
		uint32_t bit = filter_bit(v.p + i, s->shift);

		if (SK_UNLIKELY(s->filter[bit / 64] >> bit % 64 & 1))
			return true;
	}
	return false;
}

/* Sixteen places, of which the bytes up to two behind are there. */
static SK_ALWAYS_INLINE sk_bytes16 short_at(const struct sk_sieve *s, const uint8_t *p)
{
	sk_bytes16 a, b, c, found = { 0 };

	memcpy(&a, p, 16);
	memcpy(&b, p + 1, 16);
	memcpy(&c, p + 2, 16);
	a |= 0x20;
	b |= 0x20;
	c |= 0x20;
	for (unsigned i = 0; i < s->short_cnt; i++)
		found |= (sk_bytes16)((a == s->shorts[i][0]) & (b == s->shorts[i][1]) & (c == s->shorts[i][2]));
	return found;
}

static bool has_short(const struct sk_sieve *s, struct sk_span v)
{
	const size_t each = 16 + SK_SIEVE_SHORT - 1;
	uint8_t buf[16 + SK_SIEVE_SHORT - 1] = { 0 };
	sk_bytes16 found = { 0 };
	sk_words2 all;

	if (v.n < each) {
		if (v.n)
			memcpy(buf, v.p, v.n);
		found = short_at(s, buf);
	} else {
		for (size_t i = 0; i + each < v.n; i += 16)
			found |= short_at(s, v.p + i);
		found |= short_at(s, v.p + v.n - each);
	}
	all = (sk_words2)found;
	return all[0] | all[1];
}

bool sk_sieve_may(const struct sk_sieve *s, struct sk_span v)
{
	return (s->all && begins(s, v)) || (s->filter && has_long(s, v)) || (s->short_cnt && has_short(s, v));
}
