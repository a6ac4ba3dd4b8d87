/* alert/alert_priv.h — between the files of this folder. */
#ifndef SK_ALERT_ALERT_PRIV_H
#define SK_ALERT_ALERT_PRIV_H

#include "alert/alert.h"

#define SK_ALERT_CHAIN_MAX 8u		/* an event and its ancestors */
#define SK_ALERT_PICK_MAX 128u

/* A field the alert will carry. */
struct sk_alert_pick {
	const struct sk_kind_def *kind;
	const char *full;		/* name with its kind, static; NULL: there is none */
	size_t kind_len;		/* of the kind's name */
	unsigned slot;
	const struct sk_value *value;
	bool hidden;
	bool bare;			/* under the registry's own name, not copied */
};

/* The fields to carry of e and its ancestors, nearest first. Returns how many. */
size_t sk_alert_picks(const struct sk_event *e, const struct sk_registry *reg, struct sk_alert_pick *out);

/* Is the rule's sentence the same for every alert, and printable as it is written? *reason: it, the rule's own. */
bool sk_alert_reason_is_plain(const struct sk_rule *r, struct sk_span *reason);
/* The sentence, into an empty buffer without cap. 0 or SK_E_MEMORY. */
int sk_alert_reason(struct sk_buf *out, const struct sk_match *m, const struct sk_registry *reg, struct sk_arena *scratch);
int sk_alert_reason_correlated(struct sk_buf *out, const struct sk_rule *r, struct sk_alert *const *members, size_t cnt,
			       const struct sk_alert_sum *sum, struct sk_arena *scratch);

/* The value under key among pairs, without regard to the case of names; type NONE where absent. */
struct sk_value sk_alert_pair(const struct sk_value *pairs, struct sk_span key);

/* The steps members are, bit by step. */
uint64_t sk_alert_steps_seen(const struct sk_alert_sum *sum, size_t cnt);
/* The i-th of the values members share; type NONE behind the last. */
struct sk_value sk_alert_shared(const struct sk_rule *r, const struct sk_alert *last, const struct sk_alert_sum *sum, size_t i,
				struct sk_arena *scratch);

#endif
