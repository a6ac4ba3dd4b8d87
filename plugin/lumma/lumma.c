/* plugin/lumma/lumma.c — reads configurations that Lumma 6 gets from its server.
 *
 * in       http.body, both directions
 * out      lumma.config, one per body that decrypts to JSON; rules decide
 * memory   the beginning and the last 40 bytes of a body, per unit
 * threads  no state but the unit's
 * source   see decrypt.h
 * limits   bodies that begin with 32 printable bytes are not tried: keys and ciphertext do not look like that
 */
#include <sekisho/plugin.h>

#include <stdlib.h>

#include "decrypt.h"

#define HEAD_MAX (CONFIG_KEYS + CONFIG_TEXT)
#define TEXT_LOOK 32u

struct instance {
	const struct sk_host *host;
	uint32_t tried, found;		/* counters */
};

struct unit {
	bool done;
	uint64_t size;
	uint32_t n;
	uint8_t head[HEAD_MAX];
	uint8_t tail[CONFIG_KEYS];	/* the last ones, in order; full from size CONFIG_KEYS on */
};

/* name, type, pad, unit, source, example, help */
static const struct sk_field_def fields[] = {
	{ "place", SK_VALUE_TEXT, 0, "", "", "prefix",
	  "where key and nonce are: prefix or suffix of the body" },
	{ "text", SK_VALUE_BYTES, 0, "", "RFC 8439", "{\"v\":4,\"se\":true,\"ex\":[]}",
	  "the first 1024 bytes in clear" },
	{ "markers", SK_VALUE_LIST, 0, "", "", "ex",
	  "members of Lumma's configurations that the text has: c, ex, mx, se, ad, vm; absent when none" },
	{ "size", SK_VALUE_INT, 0, "bytes", "", "4120",
	  "of the body" },
};
enum { PLACE, TEXT, MARKERS, SIZE, FIELD_CNT };

static const struct sk_kind_def kinds[] = {
	{ .name = "lumma.config", .help = "a body that brings its own ChaCha20 key and is JSON behind it; request.* is the request",
	  .fields = fields, .field_cnt = FIELD_CNT },
};

static void keep(struct unit *u, struct sk_span s)
{
	size_t n = s.n < HEAD_MAX - u->n ? s.n : HEAD_MAX - u->n;

	if (n)
		memcpy(u->head + u->n, s.p, n);
	u->n += (uint32_t)n;
	u->size += s.n;
	n = s.n < CONFIG_KEYS ? s.n : CONFIG_KEYS;
	memmove(u->tail, u->tail + n, CONFIG_KEYS - n);
	if (n)
		memcpy(u->tail + CONFIG_KEYS - n, s.p + s.n - n, n);
}

static bool is_text(const struct unit *u)
{
	for (uint32_t i = 0; i < TEXT_LOOK; i++)
		if (u->head[i] >= 0x7f || (u->head[i] < 0x20 && u->head[i] != '\t' && u->head[i] != '\r' && u->head[i] != '\n'))
			return false;
	return true;
}

static void judge(const struct instance *in, struct sk_worker *w, const struct unit *u)
{
	struct config *c = in->host->scratch(w, sizeof(*c));
	struct sk_value markers[CONFIG_MARKERS], values[FIELD_CNT];
	size_t n = 0;

	in->host->count(w, in->tried, 1);
	if (!c || !config_decrypt(sk_span(u->head, u->n), u->tail, u->size, c))
		return;
	for (unsigned i = 0; i < CONFIG_MARKERS; i++)
		if (c->marker_bits >> i & 1)
			markers[n++] = (struct sk_value){ .type = SK_VALUE_TEXT, .u.bytes = sk_span_str(config_markers[i]) };
	values[PLACE] = (struct sk_value){ .type = SK_VALUE_TEXT, .u.bytes = sk_span_str(c->place) };
	values[TEXT] = (struct sk_value){ .type = SK_VALUE_BYTES, .u.bytes = sk_span(c->text, c->n) };
	values[MARKERS] = (struct sk_value){ .type = n ? SK_VALUE_LIST : SK_VALUE_NONE, .u.list = { markers, n } };
	values[SIZE] = (struct sk_value){ .type = SK_VALUE_INT, .u.num = u->size };
	in->host->count(w, in->found, 1);
	in->host->publish(w, 0, values, FIELD_CNT);
}

static int on_event(void *instance, struct sk_worker *w, void *worker_state, void *flow_state, const struct sk_event *e)
{
	const struct instance *in = instance;
	struct unit *u = in->host->unit(w);

	(void)worker_state;
	(void)flow_state;
	if (!u || u->done)
		return SK_CONTINUE;
	keep(u, sk_event_bytes(e, SK_F_HTTP_BODY_BYTES));
	if (u->n >= TEXT_LOOK && is_text(u)) {
		u->done = true;
		return SK_CONTINUE;
	}
	if (sk_event_num(e, SK_F_HTTP_BODY_LAST, 0)) {
		u->done = true;
		if (u->size >= CONFIG_KEYS + CONFIG_MIN && !sk_event_num(e, SK_F_HTTP_BODY_TRUNCATED, 0))
			judge(in, w, u);
	}
	return SK_CONTINUE;
}

static int on_open(const struct sk_host *host, void **instance, char *error, size_t error_size)
{
	struct instance *in = calloc(1, sizeof(*in));

	(void)error;
	(void)error_size;
	if (!in)
		return -1;
	in->host = host;
	in->tried = host->counter(host, "tried", "bodies decrypted with their own bytes as key");
	in->found = host->counter(host, "found", "bodies that were JSON behind it");
	*instance = in;
	return 0;
}

static const struct sk_interest interests[] = {
	{ .kind = "http.body", .reads = "bytes last truncated" },
};

SK_PLUGIN(lumma,
	.version = "1.0",
	.summary = "reads configurations of the Lumma stealer, which bring their own key",
	.licence = "BSD-2-Clause",
	.interests = interests, .interest_cnt = 1,
	.kinds = kinds, .kind_cnt = 1,
	.unit_size = sizeof(struct unit),
	.open = on_open, .close = free, .on_event = on_event);
