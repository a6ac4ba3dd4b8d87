/* secrets/scan.h — finds names of environment variables and credential tokens in bytes that arrive in pieces.
 *
 * in       a body or message, piece by piece
 * out      struct tally: what was found, each kind once, and a score; secrets only as kind, length, four characters and a keyed hash
 * memory   the state is a value of fixed size: the last SCAN_BACK + SCAN_AHEAD bytes and the tally
 * threads  the table is read-only after scan_table_init
 * source   token shapes: gitleaks config/gitleaks.toml, as facts; variable names: POSIX, Windows, npm, GitHub, GitLab, AWS, Azure docs
 * limits   a token longer than SCAN_AHEAD is judged by its first SCAN_AHEAD bytes
 */
#ifndef SECRETS_SCAN_H
#define SECRETS_SCAN_H

#include <sekisho/span.h>

#include "filter.h"

#define SCAN_BACK 64u			/* a PEM header's beginning lies up to 51 bytes before what is looked for */
#define SCAN_AHEAD 320u
#define SCAN_PIECE 1024u
#define SCAN_LEAST 4u			/* bytes: in fewer nothing is found; a variable's name and what follows it has these: PWD= */
#define SCAN_PATTERNS_MAX 256u
#define SCAN_SHOWN 8u			/* secrets described per unit */
#define SCAN_SHOWN_MAX 96u		/* room for a description */

enum scan_group { GROUP_SHELL, GROUP_WINDOWS, GROUP_NPM, GROUP_CLOUD, GROUP_TOKEN, GROUP_BASE64, GROUP_WEAK, GROUP_CNT };

struct scan_pattern {
	const char *text;		/* what begins it */
	const char *label;		/* name or kind of token */
	uint16_t len;
	uint8_t group;
	uint8_t token;			/* index of the token shape, GROUP_TOKEN only */
	bool prefix;			/* a name that goes on */
};

struct scan_table {
	struct scan_pattern patterns[SCAN_PATTERNS_MAX];	/* by their first two bytes */
	unsigned cnt;
	uint8_t first[65536];		/* by first two bytes: index of the first such pattern + 1, 0 for none */
	struct filter filter;		/* tells places where a pattern may begin */
	uint64_t key[2];		/* of the hash over secrets */
	char *base64;			/* texts made at init */
};

struct scan_secret {
	uint16_t pattern;
	char begin[4];
	uint32_t len, hash;
};

struct tally {
	uint64_t seen[SCAN_PATTERNS_MAX / 64];
	uint64_t seen_weak[SCAN_PATTERNS_MAX / 64];	/* as something that may be no secret */
	unsigned score, groups;
	unsigned by_group[GROUP_CNT];	/* distinct patterns */
	unsigned shown_cnt;
	struct scan_secret shown[SCAN_SHOWN];
};

struct scan {
	uint64_t total;			/* bytes given */
	uint16_t back;			/* of kept: bytes before the first not yet looked at */
	uint16_t n;			/* of kept */
	uint8_t kept[SCAN_BACK + SCAN_AHEAD];
	struct tally tally;
};

/* key_text: what keys the hash. False when memory is short. */
bool scan_table_init(struct scan_table *t, const char *key_text);
void scan_table_fini(struct scan_table *t);

/* The next bytes; last: none will follow. The state begins as zeros. */
void scan_push(struct scan *s, const struct scan_table *t, struct sk_span piece, bool last);

/* A secret's kind, first characters, length and hash. */
void scan_describe(const struct scan_table *t, const struct scan_secret *secret, char text[SCAN_SHOWN_MAX]);

/* The hash secrets are told apart by: SipHash-2-4. */
uint64_t scan_siphash(const uint64_t key[2], const uint8_t *p, size_t n);

/* Length of the token whose beginning lies at window[at], 0 when it has not its shape. weak: it may be no secret. */
size_t token_match(unsigned token, const uint8_t *window, size_t n, size_t at, bool *weak);
/* Token shapes: beginning and kind of number i; false from the last on. */
bool token_shape(unsigned i, const char **begin, const char **kind);

#endif
