/* main/oddities.c — see oddities.h. */
#include "main/oddities.h"

#include "app/app.h"
#include "classify/classify.h"
#include "decode/decode.h"
#include "flow/defrag.h"
#include "proto/dns.h"
#include "proto/http1_oddity.h"
#include "proto/tls.h"
#include "proto/websocket.h"
#include "reassembly/tcp.h"

struct oddity {
	const char *name, *help, *source;
};

#define X(id, name, help, source) { name, help, source },
static const struct oddity of_packets[] = { SK_PACKET_ODDITIES(X) SK_DEFRAG_ODDITIES(X) SK_CLASSIFY_ODDITIES(X) };
static const struct oddity of_http[] = { SK_HTTP_ODDITIES(X) };
static const struct oddity of_dns[] = { SK_DNS_ODDITIES(X) };
static const struct oddity of_tls[] = { SK_TLS_ODDITIES(X) };
static const struct oddity of_websocket[] = { SK_WS_ODDITIES(X) };
#undef X
#define X(id, name, help) { name, help, "" },
static const struct oddity of_streams[] = { SK_REASSEMBLY_ODDITIES(X) SK_APP_ODDITIES(X) };
#undef X

static const struct {
	const char *kind;
	const struct oddity *list;
	size_t cnt;
} kinds[] = {
	{ "packet.oddity", of_packets, SK_ARRAY_LEN(of_packets) },
	{ "stream.oddity", of_streams, SK_ARRAY_LEN(of_streams) },
	{ "http.oddity", of_http, SK_ARRAY_LEN(of_http) },
	{ "dns.oddity", of_dns, SK_ARRAY_LEN(of_dns) },
	{ "tls.oddity", of_tls, SK_ARRAY_LEN(of_tls) },
	{ "websocket.oddity", of_websocket, SK_ARRAY_LEN(of_websocket) },
};

void sk_oddities_print(FILE *out)
{
	for (size_t i = 0; i < SK_ARRAY_LEN(kinds); i++) {
		fprintf(out, "| name in %s | meaning | source |\n|---|---|---|\n", kinds[i].kind);
		for (size_t k = 0; k < kinds[i].cnt; k++)
			fprintf(out, "| `%s` | %s | %s |\n", kinds[i].list[k].name, kinds[i].list[k].help, kinds[i].list[k].source);
		fputc('\n', out);
	}
}
