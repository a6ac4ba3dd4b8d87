/* capture/filter.h — one BPF expression, compiled for every link type it meets; private to capture/. */
#ifndef SK_CAPTURE_FILTER_H
#define SK_CAPTURE_FILTER_H

#include "capture/capture.h"

#define FILTER_LINKS_MAX 64

struct sk_filter;

/* NULL or empty text: everything passes and *out is NULL. SK_E_CONFIG, SK_E_MEMORY. linktype <0: unknown, checked for
 * Ethernet. Copies text. */
int sk_filter_new(struct sk_filter **out, const char *text, int linktype, struct sk_error *e);
void sk_filter_free(struct sk_filter *f);

/* 1 passes, 0 does not; SK_E_CONFIG when the expression makes no sense on the packet's link type, SK_E_MEMORY. */
int sk_filter_passes(struct sk_filter *f, const struct sk_raw *raw, struct sk_error *e);

#endif
