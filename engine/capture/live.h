/* capture/live.h — an interface, through libpcap; private to capture/. */
#ifndef SK_CAPTURE_LIVE_H
#define SK_CAPTURE_LIVE_H

#include "capture/capture.h"

struct sk_live;

int sk_live_open(struct sk_live **out, const struct sk_capture_live *how, int break_fd, struct sk_error *e);
void sk_live_close(struct sk_live *l);

/* Up to max packets but for their numbers; 0 none in time; SK_E_STATE when told to stop; -errno. */
int sk_live_next(struct sk_live *l, struct sk_raw *burst, int max, int timeout_ms, struct sk_error *e);

/* Brings the kernel's numbers up to date. */
void sk_live_count(struct sk_live *l, struct sk_capture_counters *c);

#endif
