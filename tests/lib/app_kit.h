/* tests/lib/app_kit.h — drives app/ without capture or reassembly and writes down its events.
 *
 * what     a flow and an app that wants everything; runs, gaps and datagrams are given by hand; each event becomes one line:
 *          "dns.query to_server name=a.example type=A packets=1,2", streamed kinds one line per unit with their pieces joined
 * memory   the log is one growing buffer; kit_free gives all back
 */
#ifndef SK_TESTS_APP_KIT_H
#define SK_TESTS_APP_KIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "base/buf.h"
#include "base/fmt.h"

struct kit_unit {
	struct sk_buf bytes;
	uint64_t pieces;
};

struct kit {
	struct sk_registry registry;
	struct sk_wanted wanted;
	struct sk_app *app;
	struct sk_flow flow;
	struct sk_buf log;
	uint64_t off[2];
	uint64_t packet;
	unsigned open_units;
	bool with_packets;
	bool quiet;			/* count events, write nothing */
	bool alerts;			/* an alert is made of every event */
	uint64_t events;
};

static inline bool kit_is_streamed(uint16_t kind)
{
	return kind == SK_KIND_HTTP_BODY || kind == SK_KIND_HTTP_FORM || kind == SK_KIND_WEBSOCKET_MESSAGE || kind == SK_KIND_STREAM_DATA;
}

static inline void kit_text(struct sk_buf *b, struct sk_span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] >= 0x21 && s.p[i] < 0x7f && s.p[i] != '%')
			sk_buf_add_byte(b, s.p[i]);
		else
			sk_buf_addf(b, "%%%02x", s.p[i]);
	}
}

static inline void kit_value(struct sk_buf *b, const struct sk_value *v)
{
	char addr[SK_ADDR_TEXT_MAX];

	switch (v->type) {
	case SK_VALUE_TEXT:
	case SK_VALUE_BYTES:
	case SK_VALUE_STREAM:
		kit_text(b, v->u.bytes);
		break;
	case SK_VALUE_ADDR:
		sk_buf_add_str(b, sk_fmt_addr(&v->u.addr, addr));
		break;
	case SK_VALUE_LIST:
	case SK_VALUE_PAIRS:
		for (size_t i = 0; i < v->u.list.n; i++) {
			if (i)
				sk_buf_add_byte(b, ',');
			kit_value(b, &v->u.list.v[i]);
		}
		break;
	default:
		sk_buf_addf(b, "%llu", (unsigned long long)v->u.num);
	}
}

static inline void kit_publish(void *cx, struct sk_flow *f, const struct sk_event *e)
{
	struct kit *k = cx;
	const struct sk_kind_def *def = k->registry.kinds[e->kind];
	struct kit_unit *u = NULL;
	bool last = false;

	if (e->packet_cnt < 1 || e->packet_cnt > 16 || e->flow != &f->info)
		abort();
	for (uint32_t i = 1; i < e->packet_cnt; i++)
		if (e->packets[i - 1] >= e->packets[i])
			abort();
	k->events++;
	if (k->alerts)
		sk_app_complete(k->app);
	if (k->quiet)
		return;
	if (kit_is_streamed(e->kind)) {
		if (!e->unit)
			abort();
		for (uint32_t i = 0; i < def->field_cnt; i++)
			if (strcmp(def->fields[i].name, "last") == 0)
				last = sk_event_num(e, i, 0);
		if (!*e->unit) {
			for (uint32_t i = 0; i < def->field_cnt; i++)
				if (strcmp(def->fields[i].name, "offset") == 0 && sk_event_num(e, i, 0) != 0)
					abort();	/* units open at 0 */
			*e->unit = calloc(1, sizeof(*u));
			k->open_units++;
		}
		u = *e->unit;
		u->pieces++;
		for (uint32_t i = 0; i < def->field_cnt; i++)
			if (def->fields[i].type == SK_VALUE_STREAM)
				sk_buf_add(&u->bytes, sk_event_bytes(e, i));
		if (!last)
			return;
	}
	sk_buf_addf(&k->log, "%s %s", def->name, e->dir == SK_TO_SERVER ? "to_server" : "to_client");
	for (uint32_t i = 0; i < def->field_cnt; i++) {
		const struct sk_value *v = sk_event_value(e, i);

		if (v->type == SK_VALUE_NONE || (u && strcmp(def->fields[i].name, "offset") == 0))
			continue;
		if (v->type != def->fields[i].type)
			abort();
		sk_buf_addf(&k->log, " %s=", def->fields[i].name);
		if (u && v->type == SK_VALUE_STREAM)
			kit_text(&k->log, sk_buf_span(&u->bytes));
		else
			kit_value(&k->log, v);
	}
	if (k->with_packets) {
		sk_buf_add_str(&k->log, " packets=");
		for (uint32_t i = 0; i < e->packet_cnt; i++)
			sk_buf_addf(&k->log, "%s%llu", i ? "," : "", (unsigned long long)e->packets[i]);
	}
	sk_buf_add_byte(&k->log, '\n');
	if (u) {
		sk_buf_fini(&u->bytes);
		free(u);
		*e->unit = NULL;
		k->open_units--;
	}
}

/* proto: 6 or 17. Starts the flow, with everything wanted. */
static inline void kit_init(struct kit *k, uint8_t proto, uint16_t client_port, uint16_t server_port)
{
	struct sk_packet p = { .proto = proto, .number = 1, .time_ns = 1000000000u };

	memset(k, 0, sizeof(*k));
	sk_registry_init(&k->registry);
	k->wanted.kinds = UINT64_MAX & ~(UINT64_C(1) << SK_KIND_FLOW_START | UINT64_C(1) << SK_KIND_FLOW_END);
	k->wanted.common = UINT32_MAX;
	memset(k->wanted.fields, 0xff, sizeof(k->wanted.fields));
	k->app = sk_app_new(NULL, &k->wanted, kit_publish, k);
	if (!k->app)
		abort();
	sk_arena_init(&k->flow.arena, 4096, 256 * 1024);
	k->flow.info = (struct sk_flow_info){
		.size = sizeof(k->flow.info), .proto = proto, .client_port = client_port, .server_port = server_port,
		.client_ip = { .family = 4, .b = { 192, 0, 2, 1 } }, .server_ip = { .family = 4, .b = { 192, 0, 2, 2 } },
		.start_ns = p.time_ns, .last_ns = p.time_ns, .dir_guessed = proto != 6 };
	p.src = k->flow.info.client_ip;
	p.dst = k->flow.info.server_ip;
	p.src_port = client_port;
	p.dst_port = server_port;
	k->packet = 1;
	sk_app_flow_start(k->app, &k->flow, &p);
}

/* One segment in order. */
static inline void kit_run(struct kit *k, int dir, const void *data, size_t n, bool fin)
{
	struct sk_run r = { .data = sk_span(n ? data : "", n), .off = k->off[dir], .packet = ++k->packet, .fin = fin };

	r.time_ns = k->packet * 1000000000u;
	k->flow.info.last_ns = r.time_ns;
	k->off[dir] += n;
	sk_app_run(k->app, &k->flow, dir, &r);
}

/* The direction's sender closes it. */
static inline void kit_close(struct kit *k, int dir)
{
	struct sk_run r = { .data = sk_span("", 0), .off = k->off[dir], .packet = ++k->packet, .time_ns = k->packet * 1000000000u, .fin = true,
			    .closed = true };

	sk_app_run(k->app, &k->flow, dir, &r);
}

/* The same bytes in segments of at most step bytes, each a heap block of its own so that a sanitizer sees overreads. */
static inline void kit_split(struct kit *k, int dir, const void *data, size_t n, size_t step)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < n; i += step) {
		size_t len = n - i < step ? n - i : step;
		uint8_t *copy = malloc(len);

		if (!copy)
			abort();
		memcpy(copy, p + i, len);
		kit_run(k, dir, copy, len, false);
		free(copy);
	}
}

static inline void kit_gap(struct kit *k, int dir, uint64_t lost)
{
	struct sk_run r = { .lost = lost, .off = k->off[dir], .packet = ++k->packet, .time_ns = k->packet * 1000000000u };

	k->off[dir] += lost;
	sk_app_run(k->app, &k->flow, dir, &r);
}

/* Other bytes at off, inserted there or in place of as many. tail: what is remembered of the stream up to now. */
static inline void kit_other(struct kit *k, int dir, uint64_t off, struct sk_span bytes, bool inserted, struct sk_span tail)
{
	const uint64_t at = k->off[dir];
	struct sk_reading around = { .tail = tail, .behind = at > off && !inserted ? at - off : 0 };
	struct sk_run r = { .data = bytes, .off = off, .packet = ++k->packet, .time_ns = k->packet * 1000000000u,
			    .reading = inserted ? SK_RUN_INSERTED : SK_RUN_REPLACED, .around = &around };

	sk_app_run(k->app, &k->flow, dir, &r);
}

static inline void kit_datagram(struct kit *k, int dir, const void *data, size_t n)
{
	struct sk_packet p = { .proto = k->flow.info.proto, .number = ++k->packet, .time_ns = k->packet * 1000000000u };
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	memcpy(copy, data, n);
	p.payload = sk_span(copy, n);
	k->flow.info.last_ns = p.time_ns;
	k->flow.info.packets[dir]++;
	sk_app_datagram(k->app, &k->flow, dir, &p);
	free(copy);
}

static inline void kit_end(struct kit *k)
{
	if (k->flow.arena.chunk_size == 0)
		return;
	sk_app_flow_end(k->app, &k->flow, SK_FLOW_END_INPUT);
	if (k->open_units)
		abort();
	sk_arena_fini(&k->flow.arena);
	k->flow.arena.chunk_size = 0;
}

static inline void kit_free(struct kit *k)
{
	kit_end(k);
	sk_app_free(k->app);
	sk_buf_fini(&k->log);
}

static inline const char *kit_log(struct kit *k)
{
	return sk_buf_str(&k->log);
}

#endif
