/* app/bindings.c — the protocols, in the order in which they are asked whether a flow is theirs. */
#include "app/binding.h"

const struct sk_app_binding *const sk_app_bindings[] = {
	&sk_app_tls,
	&sk_app_dns,
	&sk_app_http,
	&sk_app_websocket,
	NULL
};
