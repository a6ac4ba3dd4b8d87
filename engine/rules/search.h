/* rules/search.h — Vectorscan, by routines that find what they should.
 *
 * what     Of Vectorscan 5.4.9 (Debian 12) and 5.4.11 (Debian 13, Ubuntu 24.04) the routines for AVX-512 miss matches in values of more
 *          than 64 bytes: of sets of two to about eight patterns (VectorCamp/vectorscan, issue 317), and of expressions that wait for
 *          one byte, as b, b.*c and [^z]+z do. Those for AVX2 miss matches at the end of whole values: of a/aA, aa\z and \.BB\z the
 *          second in any value of 20 to 32 bytes, and at places of longer ones. Those for SSE4.2 miss nothing that
 *          tests/unit/rules/t_search.c tries, and whole replays take no longer by them. So where the library has these under names of
 *          their own, as the builds for all processors that distributions ship have, they are called and databases are made for them
 * threads  sk_search is the same for all from the first call of the functions below on
 */
#ifndef SK_RULES_SEARCH_H
#define SK_RULES_SEARCH_H

#include <stdbool.h>

#include <hs.h>

struct sk_search {
	hs_error_t (*scan)(const hs_database_t *db, const char *data, unsigned len, unsigned flags, hs_scratch_t *scratch,
			   match_event_handler on_match, void *cx);
	hs_error_t (*open)(const hs_database_t *db, unsigned flags, hs_stream_t **stream);
	hs_error_t (*scan_stream)(hs_stream_t *stream, const char *data, unsigned len, unsigned flags, hs_scratch_t *scratch,
				  match_event_handler on_match, void *cx);
	hs_error_t (*reset)(hs_stream_t *stream, unsigned flags, hs_scratch_t *scratch, match_event_handler on_match, void *cx);
	hs_error_t (*close)(hs_stream_t *stream, hs_scratch_t *scratch, match_event_handler on_match, void *cx);
};

/* As hs_scan, hs_open_stream, hs_scan_stream, hs_reset_stream, hs_close_stream. */
extern struct sk_search sk_search;

/* Does this library miss matches? Asked by a trial where it has no routines for SSE4.2 by name. */
bool sk_search_misses(void);

/* The trial: are matches found that routines for AVX2 and AVX-512 are known to miss? */
bool sk_search_finds(const struct sk_search *s, const hs_platform_info_t *cpu);

/* The processor databases are made for. */
void sk_search_platform(hs_platform_info_t *cpu);

/* As hs_compile_multi, for that processor. */
hs_error_t sk_search_compile(const char *const *texts, const unsigned *flags, const unsigned *ids, unsigned cnt, unsigned mode,
			     hs_database_t **db, hs_compile_error_t **error);

#endif
