/* pipeline/stop.h — the wish to stop, from a signal handler to whoever waits for packets.
 *
 * threads  sk_engine_stop (engine.h) in a signal handler; the rest on the threads that read
 */
#ifndef SK_PIPELINE_STOP_H
#define SK_PIPELINE_STOP_H

#include "capture/capture.h"

#define SK_STOP_MAX 64u

bool sk_stop_wanted(void);
/* sk_engine_stop breaks this capture too; NULL forgets it. i < SK_STOP_MAX. */
void sk_stop_breaks(unsigned i, struct sk_capture *c);

#endif
