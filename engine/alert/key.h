/* alert/key.h — values as bytes that are the same when the values are; and by what an unless remembers an event.
 *
 * memory   the caller's
 * threads  pure
 * limits   values are cut as in an alert's context, so that an event and an alert of it give the same bytes
 */
#ifndef SK_ALERT_KEY_H
#define SK_ALERT_KEY_H

#include "alert/alert.h"

#define SK_ALERT_KEY_MAX 8448u		/* bytes of a key: four fields, of each at most 1024 and the item that passes them */

/* Adds one value with its type in front, at most 2112 bytes; text and bytes are one sort. */
void sk_alert_key_add(uint8_t *key, size_t *n, const struct sk_value *v);

/* The hashes (at most SK_ALERT_LIST_MAX) under which u remembers these values of u->seen: every item of a list by itself.
 * Returns how many. */
size_t sk_alert_seen_hashes(const struct sk_unless *u, const struct sk_value *values, size_t cnt, uint64_t *hashes);
/* The one under which values of u->here are looked up. */
uint64_t sk_alert_seen_hash(const struct sk_unless *u, const struct sk_value *values, size_t cnt);

#define SK_ALERT_SEEN_MAX (SK_RULES_FEEDS_MAX * SK_ALERT_LIST_MAX)
/* The hashes (at most SK_ALERT_SEEN_MAX) of an event of a mark that has feeds. Returns how many; none where a field is missing. */
size_t sk_alert_seen(const struct sk_rule *r, const struct sk_event *e, struct sk_arena *scratch, uint64_t *hashes);

#endif
