/* proto/http1_oddity.c — see http1_oddity.h. */
#include "proto/http1_oddity.h"

const struct sk_http_oddity_def sk_http_oddity_defs[SK_HTTP_ODD_CNT] = {
#define X(id, name, help, source) { name, help, source },
	SK_HTTP_ODDITIES(X)
#undef X
};
