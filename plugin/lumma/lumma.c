/* plugin/lumma/lumma.c — reads configurations that Lumma 6 gets from its server, and the pages that say where that is.
 *
 * in       http.body, both directions
 * out      lumma.config, one per body that decrypts to JSON; lumma.dead_drop, one per page; rules decide
 * memory   the beginning and the last 40 bytes of a body, or the last 192 of a page, per unit
 * threads  no state but the unit's
 * source   see decrypt.h, drop.h
 * limits   bodies that begin with 32 printable bytes are not tried: keys and ciphertext do not look like that;
 *          pages are read on hosts of Steam and Telegram only
 */
#include <sekisho/plugin.h>

#include <stdlib.h>

#include "decrypt.h"
#include "drop.h"

#define HEAD_MAX (CONFIG_KEYS + CONFIG_TEXT)
#define TEXT_LOOK 32u

struct instance {
	const struct sk_host *host;
	uint32_t tried, found, drops;	/* counters */
};

struct unit {
	bool begun;
	bool is_page;			/* of a service that Lumma uses as a dead drop */
	struct drop drop;
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

static const struct sk_field_def drop_fields[] = {
	{ "title", SK_VALUE_BYTES, 0, "", "", "rdcihpri.ide",
	  "of the profile or channel, as it stands" },
	{ "name", SK_VALUE_TEXT, 0, "", "", "contsact.top",
	  "the same with its letters moved by fifteen: a domain name" },
};
enum { DROP_TITLE, DROP_NAME, DROP_FIELD_CNT };

static const struct sk_kind_def kinds[] = {
	{ .name = "lumma.config", .help = "a body that brings its own ChaCha20 key and is JSON behind it; request.* is the request",
	  .fields = fields, .field_cnt = FIELD_CNT },
	{ .name = "lumma.dead_drop", .help = "a page of Steam or Telegram whose title is a domain name with its letters moved by fifteen",
	  .fields = drop_fields, .field_cnt = DROP_FIELD_CNT },
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

static bool ends_in(struct sk_span host, const char *name)
{
	size_t n = strlen(name);

	return host.n >= n && sk_span_is_str_nocase(sk_span_sub(host, host.n - n, n), name) && (host.n == n || host.p[host.n - n - 1] == '.');
}

/* An answer of a service whose profiles and channels anybody may title. */
static bool is_page(const struct sk_event *e)
{
	static const char *const services[] = { "steamcommunity.com", "t.me", "telegram.me" };
	const struct sk_event *request = sk_event_up(e, SK_KIND_HTTP_REQUEST);

	for (size_t i = 0; e->dir == SK_TO_CLIENT && request && i < sizeof(services) / sizeof(services[0]); i++)
		if (ends_in(sk_event_bytes(request, SK_F_HTTP_REQUEST_HOST), services[i]))
			return true;
	return false;
}

/* True when the title is read. */
static bool take_page(const struct instance *in, struct sk_worker *w, struct unit *u, struct sk_span piece)
{
	struct sk_value values[DROP_FIELD_CNT];

	if (!drop_push(&u->drop, piece))
		return false;
	values[DROP_TITLE] = (struct sk_value){ .type = SK_VALUE_BYTES, .u.bytes = sk_span(u->drop.title, u->drop.title_n) };
	values[DROP_NAME] = (struct sk_value){ .type = SK_VALUE_TEXT, .u.bytes = sk_span(u->drop.name, u->drop.title_n) };
	in->host->count(w, in->drops, 1);
	in->host->publish(w, 1, values, DROP_FIELD_CNT);
	return true;
}

static int on_event(void *instance, struct sk_worker *w, void *worker_state, void *flow_state, const struct sk_event *e)
{
	const struct instance *in = instance;
	struct unit *u = in->host->unit(w);

	(void)worker_state;
	(void)flow_state;
	if (!u)
		return SK_CONTINUE;
	if (!u->begun)
		u->is_page = is_page(e);
	u->begun = true;
	if (u->is_page) {
		return take_page(in, w, u, sk_event_bytes(e, SK_F_HTTP_BODY_BYTES)) ? SK_UNIT_DONE : SK_CONTINUE;
	}
	keep(u, sk_event_bytes(e, SK_F_HTTP_BODY_BYTES));
	if (u->n >= TEXT_LOOK && is_text(u))
		return SK_UNIT_DONE;
	if (sk_event_num(e, SK_F_HTTP_BODY_LAST, 0) && u->size >= CONFIG_KEYS + CONFIG_MIN && !sk_event_num(e, SK_F_HTTP_BODY_TRUNCATED, 0))
		judge(in, w, u);
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
	in->drops = host->counter(host, "drops", "pages whose title is a domain name with its letters moved");
	*instance = in;
	return 0;
}

static const struct sk_interest interests[] = {
	{ .kind = "http.body", .reads = "bytes last truncated request.host" },
};

SK_PLUGIN(lumma,
	.version = "1.0",
	.summary = "reads configurations of the Lumma stealer, which bring their own key, and its dead drops",
	.licence = "BSD-2-Clause",
	.interests = interests, .interest_cnt = 1,
	.kinds = kinds, .kind_cnt = sizeof(kinds) / sizeof(kinds[0]),
	.unit_size = sizeof(struct unit),
	.open = on_open, .close = free, .on_event = on_event);
