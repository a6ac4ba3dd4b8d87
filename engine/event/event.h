/* event/event.h — the registry of event kinds and fields, and what of them is wanted.
 *
 * what     the tables of <sekisho/event.h> as data, plus the kinds plugins bring; name look-ups; common fields
 * memory   built-in kinds are static; the registry keeps pointers to the plugins' tables
 * threads  filled on the main thread, then read-only
 */
#ifndef SK_EVENT_EVENT_H
#define SK_EVENT_EVENT_H

#include <sekisho/event.h>

#include "base/arena.h"
#include "base/err.h"

struct sk_registry {
	const struct sk_kind_def *kinds[SK_KIND_MAX];	/* by kind number */
	uint32_t cnt;
	const char *off[SK_KIND_MAX];		/* the plugin that is switched off and would publish the kind; NULL: it is on, or built in */
	const char *off_files[8];		/* plugins from files that are switched off: their kinds are not known */
	uint32_t off_file_cnt;
};

/* The fields every event has. */
extern const struct sk_kind_def sk_event_common;

void sk_registry_init(struct sk_registry *r);
/* "http.request.method", static; NULL for kinds of plugins. slot: one of the kind's. */
const char *sk_event_full_name(unsigned kind, unsigned slot);
/* Adds a plugin's kind, kept by pointer. Its number, or SK_E_LIMIT, SK_E_CONFIG (name taken). */
int sk_registry_add(struct sk_registry *r, const struct sk_kind_def *kind);
/* Kind number by name, or -1. */
int sk_registry_find(const struct sk_registry *r, struct sk_span name);
/* Slot by field name, or -1. For PAIRS fields give the part before '['. */
int sk_kind_field(const struct sk_kind_def *kind, struct sk_span name);

/* Which events and fields rules, plugins and outputs look at; bit by kind, bit by slot. */
struct sk_wanted {
	uint64_t kinds;
	uint32_t fields[SK_KIND_MAX];
	uint32_t late[SK_KIND_MAX];	/* of the fields, those nobody but alerts show: may be filled in when an alert is made */
	uint32_t common;
};
static inline bool sk_wanted_kind(const struct sk_wanted *w, unsigned kind) { return w->kinds >> kind & 1; }
static inline bool sk_wanted_field(const struct sk_wanted *w, unsigned kind, unsigned slot) { return w->fields[kind] >> slot & 1; }
static inline bool sk_wanted_late(const struct sk_wanted *w, unsigned kind, unsigned slot) { return w->late[kind] >> slot & 1; }

/* A common field of the event's flow; text is made in scratch. */
struct sk_value sk_event_common_value(const struct sk_event *e, unsigned slot, struct sk_arena *scratch);

/* Name tables that event/ cannot know itself; set once at start (ndpi risks by bit). */
void sk_event_set_risk_names(const char *(*name)(unsigned bit));
/* The name of a bit of ndpi_risk, or NULL. */
const char *sk_event_risk_name(unsigned bit);

/* Community id of a flow into buf (48 bytes), "" where nobody makes them. Returns buf. */
const char *sk_event_community_id(const struct sk_flow_info *f, char *buf);
/* Who makes them, set once at start by pipeline/. */
void sk_event_set_community_id(const char *(*make)(const struct sk_flow_info *, char *buf));

/* The field reference as Markdown tables, from the registry, to stdio file out. */
void sk_registry_print(const struct sk_registry *r, void *out);

#endif
