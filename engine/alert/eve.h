/* alert/eve.h — the protocol objects of EVE: http, dns, tls, websocket, files. */
#ifndef SK_ALERT_EVE_H
#define SK_ALERT_EVE_H

#include "alert/alert.h"
#include "alert/jw.h"

void sk_eve_protocols(struct sk_jw *w, const struct sk_alert *a);

/* A value under a key, or as the next item of an array for NULL. */
void sk_eve_value(struct sk_jw *w, const char *key, const struct sk_value *v);

/* "fields": what the protocol objects have no key for, by full name. */
void sk_eve_fields(struct sk_jw *w, const struct sk_alert *a);

#endif
