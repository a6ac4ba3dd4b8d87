/* classify/classify.h — nDPI's guess at a flow's protocol, category and risks.
 *
 * in       the first payload packets of a flow, from the IP header on
 * out      f->info.ndpi_protocol, ndpi_category, ndpi_risk
 * memory   one detection module per worker (about 6 MB, 25 ms), made at the first flow that needs it; an nDPI flow from the first
 *          payload to the verdict; where names are wanted of some flows only, the first packets of the others (at most 8 MiB, of
 *          eight times as many flows: those kept longest are shown to nDPI then), or where they are while their bytes stay
 * threads  one worker each; modules are made one after the other
 * source   nDPI 4.2 to 5.x, differences probed by configure
 * limits   a hint, never an indicator: nDPI does not reassemble and truncates names
 */
#ifndef SK_CLASSIFY_CLASSIFY_H
#define SK_CLASSIFY_CLASSIFY_H

#include "flow/flow.h"

#define SK_CLASSIFY_COUNTERS(X) \
	X(flows, "flows", "flows given to nDPI") \
	X(packets, "packets", "packets given to nDPI") \
	X(detected, "flows", "flows nDPI has a name for") \
	X(guessed, "flows", "… guessed after the last packet") \
	X(dropped, "flows", "flows nDPI was not needed for: a parser knows them") \
	X(unasked, "flows", "… or nothing was told of them") \
	X(refused, "flows", "flows not classified because too many were at a time, or memory was short") \
	X(memory, "flows", "flows with half of nDPI's name because memory was short")
SK_COUNTER_STRUCT(classify, SK_CLASSIFY_COUNTERS)

/* Names of packet.oddity told for this folder. X(ENUM, "name", "what it means", "source") */
#define SK_CLASSIFY_ODDITIES(X) \
	X(LIMIT, "classify_limit", "nDPI did not see the flow: classify.flows were under way, or memory was short", "")

struct sk_classify;

/* max_packets: payload packets per flow, at most 64; max_flows: flows without a verdict at a time; at_once: names are wanted of every flow, not only
 * of those sk_classify_name is called for. NULL with *e. */
struct sk_classify *sk_classify_new(unsigned max_packets, size_t max_flows, bool at_once, struct sk_error *e);
/* Most bytes of nDPI's flows. */
uint64_t sk_classify_bytes(unsigned max_packets, size_t max_flows);
/* Flows that were shown to nDPI have been forgotten before. */
void sk_classify_free(struct sk_classify *c);

/* Makes the module now instead of at the first flow. 0, or a negative code with *e. */
int sk_classify_open(struct sk_classify *c, struct sk_error *e);

/* Takes a packet until there is a verdict; cheap afterwards. False, once, when the flow is refused for want of room. */
bool sk_classify_packet(struct sk_classify *c, struct sk_flow *f, const struct sk_packet *p);
/* Something is to be told of the flow: its names are as good as they get from the packets so far. False, once, when the flow is refused
 * for want of room. */
bool sk_classify_name(struct sk_classify *c, struct sk_flow *f);
/* Nobody needs a verdict on this flow: forgets what there is, takes no more packets. */
void sk_classify_drop(struct sk_classify *c, struct sk_flow *f);
/* No more packets: the last guess, now or when sk_classify_name is called. */
void sk_classify_flow_end(struct sk_classify *c, struct sk_flow *f);
/* Bytes of packets with SK_PACKET_STAYS go: what is kept of them is copied, or shown to nDPI where there is no room; lost: forgotten. */
void sk_classify_settle(struct sk_classify *c, bool lost);
/* Frees f->classify. The names stay until the flow goes. */
void sk_classify_forget(struct sk_classify *c, struct sk_flow *f);

const struct sk_classify_counters *sk_classify_counters(const struct sk_classify *c);

/* Name of risk bit i, or NULL from the last one on. Static. */
const char *sk_classify_risk_name(unsigned i);
/* Version of the library linked. */
const char *sk_classify_version(void);

#endif
