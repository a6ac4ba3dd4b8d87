/* flow/policy.h — which host keeps which bytes where fragments or segments overlap, per network.
 *
 * memory   a sorted table, read-only after load
 * source   Novak and Sturges, Target-Based TCP Stream Reassembly (2007); Novak, Target-Based Fragmentation Reassembly (2005)
 */
#ifndef SK_FLOW_POLICY_H
#define SK_FLOW_POLICY_H

#include <sekisho/addr.h>
#include <sekisho/span.h>

#include "base/err.h"

enum sk_policy {
	SK_POLICY_FIRST, SK_POLICY_LAST, SK_POLICY_BSD, SK_POLICY_BSD_RIGHT, SK_POLICY_LINUX, SK_POLICY_OLD_LINUX,
	SK_POLICY_WINDOWS, SK_POLICY_SOLARIS
};
extern const char *const sk_policy_names[];	/* NULL-ended, by enum value */

struct sk_policy_net {
	struct sk_addr net;
	uint8_t prefix;			/* bits */
	uint8_t policy;
};

struct sk_policies {
	struct sk_policy_net *nets;
	size_t cnt;
	enum sk_policy preset;		/* where no network fits */
};

/* Adds "10.0.0.0/8" with a policy. 0 or SK_E_FORMAT, SK_E_MEMORY. */
int sk_policies_add(struct sk_policies *p, struct sk_span net, enum sk_policy policy);
void sk_policies_fini(struct sk_policies *p);
/* Of the longest fitting network. NULL p: SK_POLICY_BSD. */
enum sk_policy sk_policies_find(const struct sk_policies *p, const struct sk_addr *host);

#endif
