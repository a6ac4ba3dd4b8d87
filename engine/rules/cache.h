/* rules/cache.h — compiled patterns kept in a folder from one start to the next.
 *
 * in       patterns as Vectorscan takes them
 * out      databases
 * memory   a file is read whole; nothing is kept
 * threads  any; files appear under their names whole or not at all
 * limits   a file is believed when it belongs to us or to root, nobody else may write it, and it holds the very patterns asked for;
 *          everything else is compiled anew. Files nobody has read for CACHE_DAYS go when one is written
 */
#ifndef SK_RULES_CACHE_H
#define SK_RULES_CACHE_H

#include <hs.h>

struct sk_patterns {
	const char *const *texts;
	const unsigned *flags, *ids;
	unsigned cnt;
	unsigned mode;			/* HS_MODE_* */
};

/* As hs_compile_multi. dir: the folder, NULL for none; what cannot be read or written there is logged once per start. *found, which
 * may be NULL: the database came from there. */
int sk_rules_cache_compile(const char *dir, const struct sk_patterns *p, hs_database_t **db, bool *found, hs_compile_error_t **error);

#endif
