/* proto/ranges.c — see ranges.h. */
#include "proto/ranges.h"

#include <stdlib.h>

#include "base/compiler.h"
#include "proto/http1.h"

#define FIRST_ROOM 512u

/* --- Content-Range --- */

static void skip_blanks(struct sk_span s, size_t *i)
{
	while (*i < s.n && (s.p[*i] == ' ' || s.p[*i] == '\t' || s.p[*i] == '\r' || s.p[*i] == '\n'))
		++*i;
}

/* Digits at *i, and the white space behind them. */
static bool number(struct sk_span s, size_t *i, uint64_t *v)
{
	const size_t start = *i;

	*v = 0;
	for (; *i < s.n && s.p[*i] >= '0' && s.p[*i] <= '9'; ++*i) {
		if (*v > (UINT64_MAX >> 1) / 10)
			return false;
		*v = *v * 10 + (uint64_t)(s.p[*i] - '0');
	}
	if (*i == start)
		return false;
	skip_blanks(s, i);
	return true;
}

int sk_range_parse(struct sk_span s, struct sk_range *r)
{
	size_t i = 5;

	s = sk_http1_trim(s);
	if (s.n < 5 || !sk_span_is_str_nocase(sk_span(s.p, 5), "bytes"))
		return 0;
	skip_blanks(s, &i);
	if (i < s.n && s.p[i] == '=')
		i++;
	skip_blanks(s, &i);
	if (i < s.n && s.p[i] == '*')
		return 0;
	if (!number(s, &i, &r->first) || i == s.n || s.p[i] != '-')
		return -1;
	i++;
	skip_blanks(s, &i);
	if (!number(s, &i, &r->last) || r->last < r->first)
		return -1;
	r->total = SK_RANGES_UNKNOWN;
	if (i == s.n)
		return 1;
	if (s.p[i] != '/')
		return -1;
	i++;
	skip_blanks(s, &i);
	if (i < s.n && s.p[i] == '*')
		return 1;
	return number(s, &i, &r->total) && r->total > r->last ? 1 : -1;
}

/* --- chunks --- */

/* The last chunk that begins at or before off, NULL where there is none. */
static struct sk_ranges_chunk *chunk_at(const struct sk_ranges *s, uint64_t off)
{
	struct sk_ranges_chunk *c = s->last && s->last->off <= off ? s->last : s->first;

	if (!c || c->off > off)
		return NULL;
	while (c->next && c->next->off <= off)
		c = c->next;
	return c;
}

static bool pay(struct sk_ranges *s, uint64_t *budget, uint64_t n)
{
	if (*budget < n)
		return false;
	*budget -= n;
	s->held += n;
	return true;
}

/* Room for up to n bytes behind c's. How many there are then. */
static size_t grow(struct sk_ranges *s, struct sk_ranges_chunk *c, size_t n, uint64_t *budget)
{
	size_t room = c->room ? c->room : FIRST_ROOM;
	uint8_t *p;

	n = SK_MIN(n, (size_t)(SK_RANGES_CHUNK - c->n));
	if (c->n + n <= c->room)
		return n;
	while (room < c->n + n)
		room *= 2;
	if (!pay(s, budget, room - c->room))
		return c->room - c->n;
	p = realloc(c->p, room);
	if (!p) {
		*budget += room - c->room;
		s->held -= room - c->room;
		return c->room - c->n;
	}
	c->p = p;
	c->room = (uint32_t)room;
	return n;
}

/* A chunk without bytes at off, behind c (NULL: at the begin). */
static struct sk_ranges_chunk *add(struct sk_ranges *s, struct sk_ranges_chunk *c, uint64_t off, uint32_t piece, uint64_t *budget)
{
	struct sk_ranges_chunk *fresh;

	if (s->chunks == SK_RANGES_CHUNKS || !pay(s, budget, sizeof(*fresh)))
		return NULL;
	fresh = malloc(sizeof(*fresh));
	if (!fresh) {
		*budget += sizeof(*fresh);
		s->held -= sizeof(*fresh);
		return NULL;
	}
	*fresh = (struct sk_ranges_chunk){ .off = off, .piece = piece, .next = c ? c->next : s->first };
	*(c ? &c->next : &s->first) = fresh;
	s->chunks++;
	return fresh;
}

static size_t replace(struct sk_ranges_chunk *c, uint64_t off, struct sk_span bytes, uint32_t piece, sk_ranges_differ_fn *differ, void *cx)
{
	uint8_t *at = c->p + (off - c->off);
	size_t n = SK_MIN(bytes.n, (size_t)(c->off + c->n - off));

	if (memcmp(at, bytes.p, n) != 0) {
		differ(cx, sk_span(bytes.p, n), sk_span(at, n), off);
		memcpy(at, bytes.p, n);
	}
	c->mixed = c->mixed || c->piece != piece;
	return n;
}

/* Bytes where there are none yet, behind c or at a place of their own. 0: they cannot be kept. */
static size_t append(struct sk_ranges *s, struct sk_ranges_chunk *c, uint64_t off, struct sk_span bytes, uint32_t piece, uint64_t *budget)
{
	struct sk_ranges_chunk *next = c ? c->next : s->first;
	size_t n = next && next->off - off < bytes.n ? (size_t)(next->off - off) : bytes.n;

	if (!c || c->off + c->n != off || c->n == SK_RANGES_CHUNK)
		c = add(s, c, off, piece, budget);
	if (!c)
		return 0;
	n = grow(s, c, n, budget);
	if (n)
		memcpy(c->p + c->n, bytes.p, n);
	c->n += (uint32_t)n;
	c->mixed = c->mixed || c->piece != piece;
	s->last = c;
	return n;
}

bool sk_ranges_put(struct sk_ranges *s, uint64_t off, struct sk_span bytes, uint32_t piece, uint64_t *budget, sk_ranges_differ_fn *differ,
		   void *cx)
{
	while (bytes.n) {
		struct sk_ranges_chunk *c = chunk_at(s, off);
		size_t n;

		if (off > UINT64_MAX - bytes.n)
			return false;
		if (c && off < c->off + c->n)
			n = replace(c, off, bytes, piece, differ, cx);
		else
			n = append(s, c, off, bytes, piece, budget);
		if (n == 0)
			return false;
		off += n;
		bytes = sk_span_sub(bytes, n, bytes.n);
	}
	return true;
}

void sk_ranges_clear(struct sk_ranges *s, uint64_t *budget)
{
	while (s->first) {
		struct sk_ranges_chunk *next = s->first->next;

		free(s->first->p);
		free(s->first);
		s->first = next;
	}
	*budget += s->held;
	*s = (struct sk_ranges){ 0 };
}

uint64_t sk_ranges_run(const struct sk_ranges_chunk *c, const struct sk_ranges_chunk **behind, bool *joined)
{
	const uint32_t piece = c->piece;
	uint64_t end = c->off;

	*joined = false;
	for (; c && c->off == end; c = c->next) {
		*joined = *joined || c->mixed || c->piece != piece;
		end += c->n;
	}
	*behind = c;
	return end;
}
