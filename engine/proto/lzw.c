/* proto/lzw.c — see lzw.h.
 *
 * A code stands for the string of an older code and one more byte. Strings come out backwards, so they are put on a stack first and
 * handed out from there as there is room.
 */
#include "proto/lzw.h"

#include "base/mem.h"

#define BITS_MIN 9u
#define BITS_MAX 16u
#define CODES (1u << BITS_MAX)
#define CLEAR 256u
#define NO_CODE UINT32_MAX

struct sk_lzw {
	bool started;			/* the flags byte was read */
	bool block;			/* 256 clears the table */
	uint8_t bits_max;
	uint8_t bits;			/* of the next code */
	uint8_t first;			/* first byte of the last string */
	uint32_t next;			/* the code to be made next */
	uint32_t last;			/* the code before; NO_CODE at the begin */
	uint64_t hold;			/* bits read and not used, lowest first */
	unsigned hold_n;
	uint32_t group;			/* bits used since codes got this width */
	uint32_t skip;			/* bits to pass over, up to the end of a group */
	uint32_t stack_n;
	uint16_t prefix[CODES];
	uint8_t suffix[CODES];
	uint8_t stack[CODES];
};

struct sk_lzw *sk_lzw_new(void) { return sk_mem_zalloc(sizeof(struct sk_lzw)); }

void sk_lzw_free(struct sk_lzw *z) { sk_mem_free(z); }

bool sk_lzw_holds_output(const struct sk_lzw *z) { return z && z->stack_n; }

/* The flags: five bits of width, the top bit for block mode. */
static bool start(struct sk_lzw *z, uint8_t flags)
{
	z->bits_max = flags & 0x1f;
	z->block = flags & 0x80;
	z->bits = BITS_MIN;
	z->next = z->block ? CLEAR + 1 : CLEAR;
	z->last = NO_CODE;
	z->started = true;
	return z->bits_max >= BITS_MIN && z->bits_max <= BITS_MAX;
}

/* Codes get another width: the group of eight codes at hand is left. */
static void change_width(struct sk_lzw *z, uint8_t bits)
{
	uint32_t group = z->bits * 8u;

	z->skip = (group - z->group % group) % group;
	z->group = 0;
	z->bits = bits;
}

static void add_string(struct sk_lzw *z)
{
	if (z->next >= 1u << z->bits_max)
		return;
	z->prefix[z->next] = (uint16_t)z->last;
	z->suffix[z->next] = z->first;
	z->next++;
}

/* Puts the string of a code on the stack. False for a code that cannot be. */
static bool take_code(struct sk_lzw *z, uint32_t code)
{
	uint32_t at = code;

	if (z->last == NO_CODE) {
		if (code >= CLEAR)
			return false;
		z->stack[z->stack_n++] = z->first = (uint8_t)code;
		z->last = code;
		return true;
	}
	if (code == CLEAR && z->block) {
		z->next = CLEAR;	/* the first string made behind it has no code of its own */
		change_width(z, BITS_MIN);
		return true;
	}
	if (code > z->next)
		return false;
	if (code == z->next) {
		z->stack[z->stack_n++] = z->first;
		at = z->last;
	}
	/* every prefix is smaller than its code, so this ends and fits */
	for (; at >= CLEAR && z->stack_n < CODES - 1; at = z->prefix[at]) {
		if (z->prefix[at] >= at)
			return false;
		z->stack[z->stack_n++] = z->suffix[at];
	}
	z->stack[z->stack_n++] = z->first = (uint8_t)at;
	add_string(z);
	z->last = code;
	return true;
}

/* The next code, NO_CODE when there are not enough bits. */
static uint32_t next_code(struct sk_lzw *z)
{
	uint32_t code;

	if (z->next > (1u << z->bits) - 1 && z->bits < z->bits_max)
		change_width(z, (uint8_t)(z->bits + 1));
	if (z->skip) {
		unsigned k = z->skip < z->hold_n ? z->skip : z->hold_n;

		z->hold >>= k;
		z->hold_n -= k;
		z->skip -= k;
	}
	if (z->skip || z->hold_n < z->bits)
		return NO_CODE;
	code = (uint32_t)(z->hold & ((1u << z->bits) - 1));
	z->hold >>= z->bits;
	z->hold_n -= z->bits;
	z->group += z->bits;
	return code;
}

size_t sk_lzw_run(struct sk_lzw *z, const uint8_t **in, size_t *n, uint8_t *out, size_t room)
{
	size_t made = 0;

	for (;;) {
		uint32_t code;

		while (z->stack_n && made < room)
			out[made++] = z->stack[--z->stack_n];
		if (z->stack_n)
			return made;
		code = z->started ? next_code(z) : NO_CODE;
		if (code != NO_CODE) {
			if (!take_code(z, code))
				return SIZE_MAX;
			continue;
		}
		if (*n == 0)
			return made;
		if (!z->started) {
			if (!start(z, **in))
				return SIZE_MAX;
		} else {
			z->hold |= (uint64_t)**in << z->hold_n;
			z->hold_n += 8;
		}
		(*in)++;
		(*n)--;
	}
}
