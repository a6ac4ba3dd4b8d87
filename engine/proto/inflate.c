/* proto/inflate.c — see inflate.h.
 *
 * A table entry is 32 bits: 0-7 how many bits to take in all, code and extra bits; 8-11 those of the code; 12-15 flags; from 16
 * on the literal, the least length or distance, or where the second table begins. A code longer than the first table leads to a
 * second one, whose entries count from behind the first table's bits.
 *
 * The fast loop runs while some bytes of input and room for the longest copy are left, so it looks at neither inside. The slow
 * one makes the rest, byte for byte: nothing is waited for that the bits at hand decide already.
 */
#include "proto/inflate.h"

#include <string.h>

#include "base/compiler.h"

enum { BLOCK, STORED_LEN, STORED, COUNTS, STEPS, LENGTHS, CODES, ENDED };

#define LENGTH_BITS 10u
#define DISTANCE_BITS 8u
#define STEP_BITS 7u
#define CODE_MAX 15u
#define LENGTH_CODES 286u
#define DISTANCE_CODES 30u
#define FAST_IN 24u			/* eight bytes are loaded before the first round … */
#define ROUND_IN 16u			/* … and twice in each; a load moves on by 7 at most */
#define STEP_MOST 14u			/* bits of a step, and those behind it */
#define DISTANCE_MOST 38u		/* bits of a distance, and those of the first look behind it */

#define LITERAL 0x80000000u
#define SPECIAL 0x8000u			/* none of: literal, length, distance */
#define SECOND 0x4000u
#define END_OF_BLOCK 0x2000u

static uint32_t low_bits(uint64_t v, unsigned n)
{
	return (uint32_t)v & ((1u << n) - 1);
}

/* --- tables --- */

/* RFC 1951 3.2.5, written as least value and extra bits. */
static uint32_t length_entry(unsigned code)
{
	static const uint16_t least[29] = {
		3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258 };
	unsigned i = code - 257;

	if (code < 256)
		return LITERAL | code << 16;
	if (code == 256)
		return SPECIAL | END_OF_BLOCK;
	if (code >= LENGTH_CODES)
		return SPECIAL;
	return (uint32_t)least[i] << 16 | (i < 8 || i == 28 ? 0 : (i - 4) / 4);
}

static uint32_t distance_entry(unsigned code)
{
	unsigned extra = code < 4 ? 0 : code / 2 - 1;

	if (code >= DISTANCE_CODES)
		return SPECIAL;
	return (code < 4 ? code + 1 : ((2 + (code & 1)) << extra) + 1) << 16 | extra;
}

static uint32_t step_entry(unsigned code)
{
	return code << 16;
}

struct code {
	unsigned root;			/* bits of the first table */
	size_t room;			/* entries */
	uint32_t (*entry)(unsigned code);
	bool may_lack;			/* one code of one bit is enough */
};

static const struct code length_code = { LENGTH_BITS, SK_INFLATE_LENGTH_TABLE, length_entry, true };
static const struct code distance_code = { DISTANCE_BITS, SK_INFLATE_DISTANCE_TABLE, distance_entry, true };
static const struct code step_code = { STEP_BITS, SK_INFLATE_DISTANCE_TABLE, step_entry, false };

struct build {
	uint32_t *table;
	const struct code *c;
	uint16_t cnt[CODE_MAX + 1];	/* codes by length */
	uint16_t order[288];		/* codes by length, then number */
	unsigned max;
	uint32_t word;			/* the code at hand, first bit lowest */
	unsigned next;			/* in order */
};

/* The word behind b->word among those of n bits; false behind the last. */
static bool next_word(struct build *b, unsigned n)
{
	uint32_t zeros = b->word ^ ((1u << n) - 1), bit;

	if (!zeros)
		return false;
	bit = 1u << (31 - __builtin_clz(zeros));
	b->word = (b->word & (bit - 1)) | bit;
	return true;
}

static uint32_t entry_of(const struct build *b, unsigned code, unsigned bits)
{
	return b->c->entry(code) + (bits << 8 | bits);
}

/* Codes that fit into the first table. Each is entered once for its own length; when the length grows the table is doubled. */
static bool fill_first(struct build *b)
{
	unsigned n = 0;
	uint32_t size = 1;
	bool more = true;

	for (n = 1; n <= b->c->root; n++) {
		if (n > 1)
			memcpy(b->table + size, b->table, size * sizeof(*b->table));
		size *= 2;
		for (unsigned k = 0; k < b->cnt[n] && more; k++) {
			b->table[b->word] = entry_of(b, b->order[b->next++], n);
			more = next_word(b, n);
		}
	}
	return more;
}

/* Longer codes: those that share their first bits share a second table, as wide as the longest of them. */
static bool fill_second(struct build *b)
{
	unsigned root = b->c->root, width = 0;
	uint32_t begin = 1u << root, size = 0, first = UINT32_MAX;

	for (unsigned n = root + 1; n <= b->max; n++) {
		for (unsigned k = 0; k < b->cnt[n]; k++) {
			if (low_bits(b->word, root) != first) {
				uint32_t space = b->cnt[n] - k;

				first = low_bits(b->word, root);
				begin += size;
				for (width = n - root; space < 1u << width && root + width < b->max; )
					space = space * 2 + b->cnt[root + ++width];
				size = 1u << width;
				if (begin + size > b->c->room)
					return false;
				b->table[first] = SPECIAL | SECOND | begin << 16 | width << 8 | root;
			}
			for (uint32_t i = b->word >> root; i < size; i += 1u << (n - root))
				b->table[begin + i] = entry_of(b, b->order[b->next], n - root);
			b->next++;
			if (!next_word(b, n))
				return true;
		}
	}
	return true;
}

static void fill_with(struct build *b, uint32_t even, uint32_t odd)
{
	for (uint32_t i = 0; i < 1u << b->c->root; i++)
		b->table[i] = i & 1 ? odd : even;
}

/* False when the lengths make no code. Without any code there is a table in which every look-up is an error (of steps: code 0,
 * which is as good as one). */
static bool build_table(uint32_t *table, const struct code *c, const uint8_t *len, unsigned cnt)
{
	uint16_t part[4][CODE_MAX + 1] = { { 0 } };
	uint16_t at[CODE_MAX + 2] = { 0 };
	struct build b;
	unsigned n4 = cnt & ~3u;
	int left = 1;

	b.table = table;
	b.c = c;
	b.max = b.next = 0;
	b.word = 0;
	/* four counts side by side: one waits for itself where neighbours are equal */
	for (unsigned i = 0; i < n4; i += 4)
		for (unsigned k = 0; k < 4; k++)
			part[k][len[i + k]]++;
	for (unsigned i = n4; i < cnt; i++)
		part[0][len[i]]++;
	for (unsigned n = 0; n <= CODE_MAX; n++)
		b.cnt[n] = (uint16_t)(part[0][n] + part[1][n] + part[2][n] + part[3][n]);
	b.cnt[0] = 0;
	for (unsigned n = 1; n <= CODE_MAX; n++) {
		b.max = b.cnt[n] ? n : b.max;
		left = left * 2 - b.cnt[n];
		if (left < 0)
			return false;
		at[n + 1] = (uint16_t)(at[n] + b.cnt[n]);
	}
	for (unsigned i = 0; i < cnt; i++)
		if (len[i])
			b.order[at[len[i]]++] = (uint16_t)i;
	if (b.max == 0) {
		fill_with(&b, c->may_lack ? SPECIAL | 1 : 0x101, c->may_lack ? SPECIAL | 1 : 0x101);
		return true;
	}
	if (left > 0) {
		if (!c->may_lack || b.max != 1)
			return false;
		fill_with(&b, entry_of(&b, b.order[0], 1), SPECIAL | 1);
		return true;
	}
	return !fill_first(&b) || fill_second(&b);
}

static void build_fixed(struct sk_inflate *z)
{
	for (unsigned i = 0; i < 288; i++)
		z->len[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
	build_table(z->length_table, &length_code, z->len, 288);
	memset(z->len, 5, 32);
	build_table(z->distance_table, &distance_code, z->len, 32);
}

/* --- bits --- */

static inline uint64_t load(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

struct input {
	const uint8_t *p, *end;
};

/* Takes bytes until n bits are at hand; false when they run out. */
static bool need(struct sk_inflate *z, struct input *in, unsigned n)
{
	while (z->bits < n) {
		if (in->p == in->end)
			return false;
		z->hold |= (uint64_t)*in->p++ << z->bits;
		z->bits += 8;
	}
	return true;
}

/* Takes as many bytes as there is room for; where eight are left only. */
static void take_in(struct sk_inflate *z, struct input *in)
{
	unsigned n = (63 - z->bits) / 8;

	if (in->end - in->p < 8)
		return;
	z->hold |= (load(in->p) & ((UINT64_C(1) << 8 * n) - 1)) << z->bits;
	in->p += n;
	z->bits += 8 * n;
}

static uint32_t take(struct sk_inflate *z, unsigned n)
{
	uint32_t v = low_bits(z->hold, n);

	z->hold >>= n;
	z->bits -= n;
	return v;
}

/* Gives back whole bytes that were not used. What waited from an earlier call was too little for what was to be read next, so
 * these bytes are of this call. */
static void give_back(struct sk_inflate *z, struct input *in)
{
	in->p -= z->bits / 8;
	z->bits %= 8;
	z->hold = low_bits(z->hold, z->bits);
}

/* --- what stands between blocks --- */

/* The steps of a block's head: true when the next one can be done, false when bytes run out or *broken. */
static bool step_block(struct sk_inflate *z, struct input *in, bool *broken)
{
	if (z->last) {
		give_back(z, in);
		z->hold = z->bits = 0;
		z->state = ENDED;
		return false;
	}
	if (!need(z, in, 3))
		return false;
	z->last = take(z, 1);
	switch (take(z, 2)) {
	case 0:
		take(z, z->bits % 8);
		z->state = STORED_LEN;
		break;
	case 1:
		build_fixed(z);
		z->state = CODES;
		break;
	case 2:
		z->state = COUNTS;
		break;
	default:
		*broken = true;
	}
	return !*broken;
}

static bool step_counts(struct sk_inflate *z, struct input *in, bool *broken)
{
	if (!need(z, in, 14))
		return false;
	z->lengths = (uint16_t)(take(z, 5) + 257);
	z->distances = (uint16_t)(take(z, 5) + 1);
	z->steps = (uint16_t)(take(z, 4) + 4);
	z->have = 0;
	memset(z->len, 0, 19);
	z->state = STEPS;
	*broken = z->lengths > LENGTH_CODES || z->distances > DISTANCE_CODES;
	return !*broken;
}

static bool step_steps(struct sk_inflate *z, struct input *in, bool *broken)
{
	static const uint8_t order[19] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 };

	for (; z->have < z->steps; z->have++) {
		if (!need(z, in, 3))
			return false;
		z->len[order[z->have]] = (uint8_t)take(z, 3);
	}
	*broken = !build_table(z->distance_table, &step_code, z->len, 19);
	z->have = 0;
	z->state = LENGTHS;
	return !*broken;
}

/* One code length, or several that repeat. 1 done, 0 bytes run out, -1 broken. */
static int read_length(struct sk_inflate *z, struct input *in)
{
	static const uint8_t extra[3] = { 2, 3, 7 }, least[3] = { 3, 3, 11 };
	uint32_t e, code;
	unsigned n;
	uint8_t again = 0;

	for (;;) {
		e = z->distance_table[low_bits(z->hold, STEP_BITS)];
		n = e & 0xff;
		if (n <= z->bits)
			break;
		if (!need(z, in, z->bits + 1))
			return 0;
	}
	code = e >> 16;
	if (code < 16) {
		take(z, n);
		z->len[z->have++] = (uint8_t)code;
		return 1;
	}
	if (!need(z, in, n + extra[code - 16]))
		return 0;
	take(z, n);
	n = take(z, extra[code - 16]) + least[code - 16];
	if (code == 16) {
		if (z->have == 0)
			return -1;
		again = z->len[z->have - 1];
	}
	if (z->have + n > (unsigned)z->lengths + z->distances)
		return -1;
	memset(z->len + z->have, again, n);
	z->have = (uint16_t)(z->have + n);
	return 1;
}

static bool step_lengths(struct sk_inflate *z, struct input *in, bool *broken)
{
	while (z->have < z->lengths + z->distances) {
		int rc;

		if (z->bits < STEP_MOST)
			take_in(z, in);
		rc = read_length(z, in);
		*broken = rc < 0;
		if (rc <= 0)
			return false;
	}
	give_back(z, in);
	*broken = z->len[256] == 0 || !build_table(z->length_table, &length_code, z->len, z->lengths) ||
		!build_table(z->distance_table, &distance_code, z->len + z->lengths, z->distances);
	z->state = CODES;
	return !*broken;
}

static bool step_stored(struct sk_inflate *z, struct input *in, uint32_t stop, bool *broken)
{
	size_t n;

	if (z->state == STORED_LEN) {
		if (!need(z, in, 32))
			return false;
		z->left = take(z, 16);
		*broken = (take(z, 16) ^ z->left) != 0xffff;
		z->state = STORED;
		if (*broken)
			return false;
	}
	n = SK_MIN(SK_MIN((size_t)z->left, (size_t)(in->end - in->p)), (size_t)(stop - z->end));
	if (n)
		memcpy(z->window + z->end, in->p, n);
	in->p += n;
	z->end += (uint32_t)n;
	z->left -= (uint32_t)n;
	if (z->left)
		return false;
	z->state = BLOCK;
	return true;
}

/* --- codes --- */

/* Copies n bytes from `distance` bytes before to; may write up to 15 bytes more. */
static inline __attribute__((always_inline)) void copy_back(uint8_t *to, size_t distance, size_t n)
{
	const uint8_t *from = to - distance, *end = to + n;
	uint8_t word[16];

	memcpy(word, from, 16);
	memcpy(to, word, 16);
	/* two branches, for both are foreseen: a minimum would have to be waited for */
	if (SK_LIKELY(n <= 16) && SK_LIKELY(n <= distance))
		return;
	if (distance == 1) {
		memset(to, *from, n);
	} else if (distance < 16) {
		do
			*to++ = *from++;
		while (to < end);
	} else {
		for (to += 16, from += 16; to < end; to += 16, from += 16) {
			memcpy(word, from, 16);
			memcpy(to, word, 16);
		}
	}
}

enum codes { CODES_GO_ON, CODES_BLOCK_END, CODES_BROKEN };

/* The lowest n bits, n being the lowest eight bits of e, at most 63. */
static inline __attribute__((always_inline)) uint64_t low_by(uint64_t v, uint32_t e, bool bmi2)
{
#if defined(__x86_64__) && defined(__GNUC__)
	if (bmi2) {
		__asm__("bzhi %2, %1, %0" : "=r"(v) : "r"(v), "r"((uint64_t)e) : "cc");
		return v;
	}
#endif
	return v & ((UINT64_C(1) << (e & 63)) - 1);
}

/* Bits at hand in the fast loop, kept in registers: as many as the lowest eight bits of `bits` say. hold may have bits of bytes that
 * are not counted; they are read again. */
#define FILL() (hold |= load(p) << (bits & 63), p += 7 - (bits >> 3 & 7), bits |= 56)
#define USE(e) (hold >>= (e) & 63, bits -= (e))
#define VALUE(saved, e) (((e) >> 16) + (uint32_t)(low_by(saved, e, bmi2) >> ((e) >> 8 & 63)))
#define AT_LENGTH() (z->length_table[low_bits(hold, LENGTH_BITS)])

/* All there is to do while much input and room is left. A look-up is begun as soon as its bits are known, before the bytes of the
 * one before are written: the two then run side by side. Behind FILL there are 56 bits: a literal's 10, a length's 15, a distance's
 * 21 and 10 for the next look-up. Longer codes fill up by themselves. */
static inline __attribute__((always_inline)) enum codes run_fast(struct sk_inflate *z, struct input *in, uint32_t stop, bool bmi2)
{
	const uint8_t *p = in->p, *last = in->end - ROUND_IN;
	uint8_t *out = z->window + z->end, *out_stop = z->window + stop;
	uint64_t hold = z->hold, saved;
	uint32_t bits = z->bits, e, length, distance;
	enum codes result = CODES_GO_ON;

	FILL();
	e = AT_LENGTH();
	while (p <= last && out < out_stop) {
		if (e & LITERAL) {
			USE(e);
			*out++ = (uint8_t)(e >> 16);
			e = AT_LENGTH();
			if (e & LITERAL) {
				USE(e);
				*out++ = (uint8_t)(e >> 16);
				e = AT_LENGTH();
				if (e & LITERAL) {
					USE(e);
					*out++ = (uint8_t)(e >> 16);
					e = AT_LENGTH();
				}
				FILL();
				continue;
			}
		}
		if (SK_UNLIKELY(e & SPECIAL)) {
			if (e & SECOND) {
				hold >>= LENGTH_BITS;
				bits -= LENGTH_BITS;
				e = z->length_table[(e >> 16) + low_bits(hold, e >> 8 & 15)];
			}
			if (e & (LITERAL | SPECIAL)) {
				USE(e);
				if (e & SPECIAL) {
					result = e & END_OF_BLOCK ? CODES_BLOCK_END : CODES_BROKEN;
					break;
				}
				*out++ = (uint8_t)(e >> 16);
				FILL();
				e = AT_LENGTH();
				continue;
			}
			FILL();
		}
		saved = hold;
		USE(e);
		length = VALUE(saved, e);
		e = z->distance_table[low_bits(hold, DISTANCE_BITS)];
		if (SK_UNLIKELY(e & SPECIAL)) {
			if (e & SECOND) {
				if ((bits & 63) < DISTANCE_MOST)
					FILL();
				hold >>= DISTANCE_BITS;
				bits -= DISTANCE_BITS;
				e = z->distance_table[(e >> 16) + low_bits(hold, e >> 8 & 15)];
			}
			if (e & SPECIAL) {
				USE(e);
				result = CODES_BROKEN;
				break;
			}
		}
		saved = hold;
		USE(e);
		distance = VALUE(saved, e);
		if (SK_UNLIKELY(distance > (size_t)(out - z->window))) {
			result = CODES_BROKEN;
			break;
		}
		e = AT_LENGTH();
		FILL();
		copy_back(out, distance, length);
		out += length;
	}
	z->hold = hold;
	z->bits = bits & 63;
	in->p = p;
	z->end = (uint32_t)(out - z->window);
	give_back(z, in);
	return result;
}

#if defined(__x86_64__) && defined(__GNUC__)
/* The same with shifts that need no flags: a third faster. */
__attribute__((target("bmi2"))) static enum codes run_fast_bmi2(struct sk_inflate *z, struct input *in, uint32_t stop)
{
	return run_fast(z, in, stop, true);
}

static enum codes run_plain(struct sk_inflate *z, struct input *in, uint32_t stop)
{
	return run_fast(z, in, stop, false);
}

static enum codes run_much(struct sk_inflate *z, struct input *in, uint32_t stop)
{
	return __builtin_cpu_supports("bmi2") ? run_fast_bmi2(z, in, stop) : run_plain(z, in, stop);
}
#else
static enum codes run_much(struct sk_inflate *z, struct input *in, uint32_t stop)
{
	return run_fast(z, in, stop, false);
}
#endif

/* The entry for the bits from `skip` on, its second table looked up; *skip grows by the bits of the first table then. False when
 * the bits at hand do not say. */
static bool look_up(const struct sk_inflate *z, const uint32_t *table, unsigned root, unsigned *skip, uint32_t *e)
{
	*e = table[low_bits(z->hold >> *skip, root)];
	if (*e & SPECIAL && *e & SECOND && z->bits >= *skip + root) {
		*skip += root;
		*e = table[(*e >> 16) + low_bits(z->hold >> *skip, *e >> 8 & 15)];
	}
	return !(*e & SPECIAL && *e & SECOND) && z->bits >= *skip + (*e & 0xff);
}

static uint32_t value_of(const struct sk_inflate *z, unsigned skip, uint32_t e)
{
	return (e >> 16) + (low_bits(z->hold >> skip, e & 0xff) >> (e >> 8 & 15));
}

/* One literal or copy, when the bits at hand are enough: 1; 0 when not. */
static int make_one(struct sk_inflate *z, enum codes *result)
{
	unsigned used = 0;
	uint32_t e, length, distance;

	if (!look_up(z, z->length_table, LENGTH_BITS, &used, &e))
		return 0;
	if (e & LITERAL) {
		take(z, used + (e & 0xff));
		z->window[z->end++] = (uint8_t)(e >> 16);
		return 1;
	}
	if (e & SPECIAL) {
		take(z, used + (e & 0xff));
		*result = e & END_OF_BLOCK ? CODES_BLOCK_END : CODES_BROKEN;
		return 1;
	}
	length = value_of(z, used, e);
	used += e & 0xff;
	if (!look_up(z, z->distance_table, DISTANCE_BITS, &used, &e))
		return 0;
	distance = value_of(z, used, e);
	used += e & 0xff;
	z->hold >>= used;
	z->bits -= used;
	if (e & SPECIAL || distance > z->end) {
		*result = CODES_BROKEN;
		return 1;
	}
	copy_back(z->window + z->end, distance, length);
	z->end += length;
	return 1;
}

static enum codes run_slow(struct sk_inflate *z, struct input *in, uint32_t stop)
{
	enum codes result = CODES_GO_ON;

	while (z->end < stop && result == CODES_GO_ON) {
		/* a length and its distance have 48 bits at most */
		if (z->bits < 48)
			(void)need(z, in, 57);
		if (!make_one(z, &result))
			return result;
	}
	give_back(z, in);
	return result;
}

static bool step_codes(struct sk_inflate *z, struct input *in, uint32_t stop, bool *broken)
{
	enum codes result = CODES_GO_ON;

	/* the fast loop gives bytes back, so it must get past what waited: at least one round */
	if ((size_t)(in->end - in->p) >= FAST_IN && z->end < stop)
		result = run_much(z, in, stop);
	if (result == CODES_GO_ON)
		result = run_slow(z, in, stop);
	*broken = result == CODES_BROKEN;
	if (result == CODES_BLOCK_END)
		z->state = BLOCK;
	return result == CODES_BLOCK_END;
}

/* --- the stream --- */

static bool step(struct sk_inflate *z, struct input *in, uint32_t stop, bool *broken)
{
	switch (z->state) {
	case BLOCK:
		return step_block(z, in, broken);
	case STORED_LEN:
	case STORED:
		return step_stored(z, in, stop, broken);
	case COUNTS:
		return step_counts(z, in, broken);
	case STEPS:
		return step_steps(z, in, broken);
	case LENGTHS:
		return step_lengths(z, in, broken);
	case CODES:
		return step_codes(z, in, stop, broken);
	default:
		return false;
	}
}

void sk_inflate_init(struct sk_inflate *z)
{
	z->hold = 0;
	z->bits = z->end = z->left = 0;
	z->state = BLOCK;
	z->last = z->full = false;
}

enum sk_inflate_result sk_inflate_run(struct sk_inflate *z, const uint8_t **p, size_t *n, struct sk_span *out)
{
	struct input in = { *p, *p + *n };
	bool broken = false;
	uint32_t begin, stop;

	if (z->end > SK_INFLATE_ROOM - SK_INFLATE_OUT) {
		memmove(z->window, z->window + z->end - SK_INFLATE_WINDOW, SK_INFLATE_WINDOW);
		z->end = SK_INFLATE_WINDOW;
	}
	begin = z->end;
	stop = begin + SK_INFLATE_OUT;
	while (step(z, &in, stop, &broken))
		;
	if (broken)
		give_back(z, &in);
	z->full = z->end >= stop && z->state != ENDED && !broken;
	*out = sk_span(z->window + begin, z->end - begin);
	*n -= (size_t)(in.p - *p);
	*p = in.p;
	return broken ? SK_INFLATE_BROKEN : z->state == ENDED ? SK_INFLATE_END : SK_INFLATE_MORE;
}
