/* pipeline/report.h — what was read, dropped, capped and skipped: all counters of all workers, for people and as a stats event.
 *
 * memory   a value with one malloc'd table
 * threads  exact when the workers are done; while they run a number may lag
 */
#ifndef SK_PIPELINE_REPORT_H
#define SK_PIPELINE_REPORT_H

#include "pipeline/engine.h"

struct sk_report_item {
	const char *folder, *name, *unit, *help;
	uint64_t value;
};

struct sk_report {
	struct sk_report_item *items;		/* in the order of the road */
	size_t cnt, room;
	char **names;				/* of plugin counters, owned */
	size_t name_cnt;
};

/* 0 or SK_E_MEMORY. */
int sk_report_make(struct sk_report *r, const struct sk_engine *g);
void sk_report_fini(struct sk_report *r);

/* Value of "folder.name"; 0 when there is none. */
uint64_t sk_report_value(const struct sk_report *r, const char *folder, const char *name);

/* A few lines: what was read, then every drop, cap and gap that happened, then outputs; all counters when verbose.
 * To stdio file out. */
void sk_report_print(const struct sk_report *r, const struct sk_engine *g, void *out, bool verbose);

/* One line of EVE JSON, event_type stats, appended. */
int sk_report_json(const struct sk_report *r, const struct sk_engine *g, uint64_t now_ns, struct sk_buf *out);

#endif
