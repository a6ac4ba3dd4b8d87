/* pipeline/advice.h — what the counters say about how the traffic reaches the sensor, and what to do about it.
 *
 * what     one row per trouble of mirrors and capturing hosts: the share of packets, flows or bytes it has hit, and the remedy
 * in       a report
 * memory   the caller's
 */
#ifndef SK_PIPELINE_ADVICE_H
#define SK_PIPELINE_ADVICE_H

#include "pipeline/report.h"

#define SK_ADVICE_TEXT_MAX 320
#define SK_ADVICE_CNT 9u

/* Writes advice number i to text where the report gives reason for it; false where not. */
bool sk_advice(const struct sk_report *r, unsigned i, char text[SK_ADVICE_TEXT_MAX]);

#endif
