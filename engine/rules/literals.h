/* rules/literals.h — may one of a few literals, or a long run of certain bytes, be in streamed bytes?
 *
 * in       literals, sets of bytes; a stream in pieces
 * out      false: none ends in this piece or has begun in it; a pattern database need not see it. True also where so much agrees in part
 *          that the database is cheaper
 * memory   a value; texts of literals are borrowed from the rule set
 * threads  immutable
 * source   the search by nibbles is that of Teddy: G. Langdale in Hyperscan, X. Wang et al., "Hyperscan: A Fast Multi-pattern Regex
 *          Matcher for Modern CPUs", NSDI 2019, section 5
 * limits   runs of ASCII; SK_LITERALS_MAX literals, of which the first SK_LITERALS_LENGTH bytes are looked for
 */
#ifndef SK_RULES_LITERALS_H
#define SK_RULES_LITERALS_H

#include <sekisho/span.h>

#include "base/compiler.h"

#define SK_LITERALS_MAX 32u
#define SK_LITERALS_LENGTH 64u		/* bytes */
#define SK_LITERALS_WINDOW 3u		/* bytes of a literal that are looked for first */
#define SK_LITERALS_RUN 32u		/* bytes of a run that are enough */

struct sk_literal {
	struct sk_span text;		/* its first bytes */
	uint8_t window;			/* where in it they are */
	bool nocase;
};

struct sk_literals {
	struct sk_literal literals[SK_LITERALS_MAX];
	uint32_t in_bucket[8];		/* bit by literal */
	uint32_t cnt;
	size_t tail;			/* bytes before a piece that must be known: those of the longest literal but one, or of a run */
	bool runs;
	bool in_run[256];
	uint8_t run_low[16], run_high[16];	/* bit by high nibble, by nibble: of bytes of a run both have one */
	uint8_t low[SK_LITERALS_WINDOW][16], high[SK_LITERALS_WINDOW][16];	/* bit by bucket, by nibble */
	uint8_t byte[SK_LITERALS_WINDOW][256];	/* the same by byte */
};

/* False when the literal is too short, or there are too many. text is borrowed. */
bool sk_literals_add(struct sk_literals *s, struct sk_span text, bool nocase);
/* Bytes of set (bit by byte) that come SK_LITERALS_RUN times or more in a row. False where that cannot be looked for. */
bool sk_literals_add_run(struct sk_literals *s, const uint64_t set[4], bool nocase);
/* tail: what of the stream is before the piece, the last s->tail bytes where there is more. True when a literal that began in tail or
 * piece may end in the piece or behind it; asked for every piece it is true before the literal's end, while its beginning is in
 * tail or piece. The same of runs. */
bool sk_literals_may(const struct sk_literals *s, struct sk_span tail, struct sk_span piece);

#endif
