/* tests/differential/http.c — HTTP as app/ reads it against libhtp, over the same reassembled streams.
 *
 * in       a folder that names are shown without, capture files; nothing: libhtp's version is printed
 * out      a line per difference: "file <tab> flow N, transaction M: field ours|theirs"; then what was compared
 *
 * Both get the same pieces in the same order. Compared are method, target, status, names of fields, and the length of both
 * bodies after all codings are taken off. Requests that only our second reading of a length shows are left out: libhtp has one.
 *
 * source   libhtp 0.5, htp/htp.h
 * limits   flows with bytes missing are left out; a field counts once per name, as libhtp keeps them
 */
#include <htp/htp.h>
#include <stdio.h>
#include <strings.h>

#include "app/app.h"
#include "base/buf.h"
#include "road.h"

#define FLOWS_MAX 4096u
#define TX_MAX 512u

struct side_tx {
	char method[24], target[80];
	uint64_t status, request_fields, response_fields, request_body, response_body;
};

struct flow {
	htp_connp_t *connp;
	struct sk_buf held[2];			/* for libhtp, which wants the other direction first */
	struct side_tx ours[TX_MAX];
	uint64_t number[TX_MAX];		/* of the request, of ours */
	size_t cnt;
	bool broken, dead[2];
};

static struct {
	struct road road;
	struct sk_registry registry;
	struct sk_wanted wanted;
	struct sk_app *app;
	htp_cfg_t *cfg;
	struct flow *flows[FLOWS_MAX];
	const char *name;
	uint64_t compared, left_out, different;
} d;

/* --- ours --- */

static void show(char *out, size_t room, const uint8_t *p, size_t n)
{
	size_t at = 0;

	for (size_t i = 0; i < n && at + 4 < room; i++)
		at += (size_t)snprintf(out + at, room - at, p[i] > 0x20 && p[i] < 0x7f && p[i] != '%' && p[i] != '|' ? "%c" : "%%%02x", p[i]);
	out[at] = 0;
}

static uint64_t names(const struct sk_value *v)
{
	uint64_t cnt = 0;

	for (size_t i = 0; v->type == SK_VALUE_PAIRS && i + 1 < v->u.list.n; i += 2) {
		struct sk_span name = v->u.list.v[i].u.bytes;
		bool again = false;

		for (size_t j = 0; j < i && !again; j += 2) {
			struct sk_span other = v->u.list.v[j].u.bytes;

			again = other.n == name.n && (name.n == 0 || strncasecmp((const char *)other.p, (const char *)name.p, name.n) == 0);
		}
		cnt += !again;
	}
	return cnt;
}

static bool is_second_reading(const struct sk_event *request)
{
	const struct sk_value *v = sk_event_value(request, SK_F_HTTP_REQUEST_ODDITIES);

	for (size_t i = 0; v->type == SK_VALUE_LIST && i < v->u.list.n; i++)
		if (sk_span_is_str(v->u.list.v[i].u.bytes, "second_reading"))
			return true;
	return false;
}

static struct side_tx *tx_of(struct flow *f, const struct sk_event *request)
{
	uint64_t number;

	if (!request || request->kind != SK_KIND_HTTP_REQUEST)
		return NULL;
	number = sk_event_num(request, SK_F_HTTP_REQUEST_NUMBER, 0);
	/* from the last: numbers begin anew in a tunnel */
	for (size_t i = f->cnt; i-- > 0;)
		if (f->number[i] == number)
			return &f->ours[i];
	return NULL;
}

/* Not put together of ranges, converted or of a second reading, which are told beside the body itself. */
static bool is_as_sent(const struct sk_event *e)
{
	return !sk_event_num(e, SK_F_HTTP_BODY_PIECES, 0) && !sk_event_num(e, SK_F_HTTP_BODY_SECOND, 0) &&
	       !sk_event_bytes(e, SK_F_HTTP_BODY_CHARSET).p;
}

static void on_event(void *cx, struct sk_flow *sf, const struct sk_event *e)
{
	struct flow *f = d.flows[road_index(&d.road, sf)];
	struct side_tx *tx;
	struct sk_span s;

	if (!f)
		return;
	if (e->kind == SK_KIND_HTTP_REQUEST && f->cnt < TX_MAX && !is_second_reading(e)) {
		f->number[f->cnt] = sk_event_num(e, SK_F_HTTP_REQUEST_NUMBER, 0);
		tx = &f->ours[f->cnt++];
		s = sk_event_bytes(e, SK_F_HTTP_REQUEST_METHOD);
		show(tx->method, sizeof(tx->method), s.p, s.n);
		s = sk_event_bytes(e, SK_F_HTTP_REQUEST_TARGET);
		show(tx->target, sizeof(tx->target), s.p, s.n);
		tx->request_fields = names(sk_event_value(e, SK_F_HTTP_REQUEST_HEADERS));
	} else if (e->kind == SK_KIND_HTTP_RESPONSE && (tx = tx_of(f, e->parent)) != NULL) {
		uint64_t status = sk_event_num(e, SK_F_HTTP_RESPONSE_STATUS, 0);

		if (status == 100)		/* libhtp reads over it */
			return;
		tx->status = status;
		tx->response_fields = names(sk_event_value(e, SK_F_HTTP_RESPONSE_HEADERS));
	} else if (e->kind == SK_KIND_HTTP_BODY && is_as_sent(e)) {
		const struct sk_event *request = e->parent && e->parent->kind == SK_KIND_HTTP_RESPONSE ? e->parent->parent : e->parent;

		tx = tx_of(f, request);
		if (tx)
			*(e->dir == SK_TO_SERVER ? &tx->request_body : &tx->response_body) += sk_event_bytes(e, SK_F_HTTP_BODY_BYTES).n;
	}
}

/* --- libhtp's --- */

static int give(struct flow *f, int dir, const uint8_t *p, size_t n)
{
	return dir == SK_TO_SERVER ? htp_connp_req_data(f->connp, NULL, p, n) : htp_connp_res_data(f->connp, NULL, p, n);
}

/* What is held goes on until libhtp asks for the other direction, or has all. */
static bool push(struct flow *f, int dir)
{
	struct sk_buf rest = { 0 };
	size_t n = f->held[dir].n, taken;
	int rc;

	if (n == 0 || f->dead[dir])
		return false;
	rc = give(f, dir, f->held[dir].p, n);
	if (rc == HTP_STREAM_ERROR || rc == HTP_STREAM_STOP)
		f->dead[dir] = true;
	if (rc == HTP_STREAM_DATA_OTHER) {
		taken = dir == SK_TO_SERVER ? htp_connp_req_data_consumed(f->connp) : htp_connp_res_data_consumed(f->connp);
		sk_buf_add(&rest, sk_span(f->held[dir].p + taken, n - taken));
	} else {
		taken = n;
	}
	sk_buf_fini(&f->held[dir]);
	f->held[dir] = rest;
	return taken > 0;
}

static void feed(struct flow *f, int dir, struct sk_span s)
{
	sk_buf_add(&f->held[dir], s);
	while (push(f, dir) && push(f, !dir))
		;
}

static struct side_tx of_libhtp(const htp_tx_t *tx)
{
	struct side_tx t = { .status = tx->response_status_number > 0 ? (uint64_t)tx->response_status_number : 0,
		.request_fields = htp_table_size(tx->request_headers), .response_fields = htp_table_size(tx->response_headers),
		.request_body = (uint64_t)SK_MAX(tx->request_entity_len, (int64_t)0),
		.response_body = (uint64_t)SK_MAX(tx->response_entity_len, (int64_t)0) };

	if (tx->request_method)
		show(t.method, sizeof(t.method), bstr_ptr(tx->request_method), bstr_len(tx->request_method));
	if (tx->request_uri)
		show(t.target, sizeof(t.target), bstr_ptr(tx->request_uri), bstr_len(tx->request_uri));
	return t;
}

/* --- both --- */

static void tell(size_t flow, size_t tx, const char *field, const char *ours, const char *theirs)
{
	d.different++;
	printf("%s\tflow %zu, transaction %zu: %s %s|%s\n", d.name, flow + 1, tx + 1, field, ours, theirs);
}

static void tell_number(size_t flow, size_t tx, const char *field, uint64_t ours, uint64_t theirs)
{
	char a[24], b[24];

	if (ours == theirs)
		return;
	snprintf(a, sizeof(a), "%llu", (unsigned long long)ours);
	snprintf(b, sizeof(b), "%llu", (unsigned long long)theirs);
	tell(flow, tx, field, a, b);
}

static void compare(size_t flow, struct flow *f)
{
	const htp_list_array_t *txs = htp_connp_get_connection(f->connp)->transactions;
	size_t cnt = htp_list_size(txs);

	/* the last one may be one that has not begun */
	while (cnt && !((htp_tx_t *)htp_list_get(txs, cnt - 1))->request_method)
		cnt--;
	if (cnt + f->cnt == 0)
		return;
	d.compared++;
	tell_number(flow, 0, "transactions", f->cnt, SK_MIN(cnt, (size_t)TX_MAX));
	for (size_t i = 0; i < cnt && i < f->cnt; i++) {
		const struct side_tx *a = &f->ours[i], b = of_libhtp(htp_list_get(txs, i));

		if (strcmp(a->method, b.method) != 0)
			tell(flow, i, "method", a->method, b.method);
		if (strcmp(a->target, b.target) != 0)
			tell(flow, i, "target", a->target, b.target);
		tell_number(flow, i, "status", a->status, b.status);
		tell_number(flow, i, "request.fields", a->request_fields, b.request_fields);
		tell_number(flow, i, "response.fields", a->response_fields, b.response_fields);
		tell_number(flow, i, "request.body", a->request_body, b.request_body);
		tell_number(flow, i, "response.body", a->response_body, b.response_body);
	}
}

static void on_start(void *cx, struct sk_flow *sf, const struct sk_packet *p)
{
	size_t i = road_index(&d.road, sf);
	struct flow *f;

	sk_app_flow_start(d.app, sf, p);
	if (i >= FLOWS_MAX)
		return;
	f = d.flows[i] = calloc(1, sizeof(*f));
	if (!f)
		abort();
	f->connp = htp_connp_create(d.cfg);
	htp_connp_open(f->connp, "192.0.2.1", 1, "192.0.2.2", 2, NULL);
}

static void on_run(void *cx, struct sk_flow *sf, int dir, const struct sk_run *run)
{
	size_t i = road_index(&d.road, sf);
	struct flow *f = i < FLOWS_MAX ? d.flows[i] : NULL;

	if (f && !run->data.p)
		f->broken = true;
	if (f && run->data.n && !f->broken)
		feed(f, dir, run->data);
	sk_app_run(d.app, sf, dir, run);
}

/* Only a flow one of the two has taken for HTTP: libhtp takes anything. */
static bool is_http(const struct flow *f)
{
	const htp_tx_t *tx = htp_list_get(htp_connp_get_connection(f->connp)->transactions, 0);

	return f->cnt || (tx && tx->request_protocol_number >= HTP_PROTOCOL_0_9 && tx->request_method_number != HTP_M_UNKNOWN &&
		tx->request_method_number != HTP_M_INVALID && !tx->is_protocol_0_9);
}

static void on_end(void *cx, struct sk_flow *sf, enum sk_flow_reason why)
{
	size_t i = road_index(&d.road, sf);
	struct flow *f = i < FLOWS_MAX ? d.flows[i] : NULL;

	sk_app_flow_end(d.app, sf, why);
	if (!f)
		return;
	htp_connp_close(f->connp, NULL);
	if (f->broken)
		d.left_out++;
	else if (is_http(f))
		compare(i, f);
	htp_connp_destroy_all(f->connp);
	sk_buf_fini(&f->held[0]);
	sk_buf_fini(&f->held[1]);
	free(f);
	d.flows[i] = NULL;
}

int main(int argc, char **argv)
{
	const struct sk_app_conf conf = sk_app_conf_default;
	size_t prefix = argc > 1 ? strlen(argv[1]) + 1 : 0;
	const char *version = htp_get_version();

	if (argc < 2) {
		printf("%s\n", version + strcspn(version, "0123456789"));
		return 0;
	}
	d.cfg = htp_config_create();
	htp_config_set_server_personality(d.cfg, HTP_SERVER_GENERIC);
	htp_config_set_log_level(d.cfg, HTP_LOG_NONE);
	htp_config_set_request_decompression(d.cfg, 1);
	htp_config_set_response_decompression_layer_limit(d.cfg, 4);
	htp_config_set_compression_bomb_limit(d.cfg, 1 << 30);
	htp_config_set_compression_time_limit(d.cfg, 60000000);
	sk_registry_init(&d.registry);
	d.wanted.kinds = UINT64_C(1) << SK_KIND_HTTP_REQUEST | UINT64_C(1) << SK_KIND_HTTP_RESPONSE | UINT64_C(1) << SK_KIND_HTTP_BODY;
	memset(d.wanted.fields, 0xff, sizeof(d.wanted.fields));
	d.road = (struct road){ .start = on_start, .run = on_run, .end = on_end };
	for (int i = 2; i < argc; i++) {
		d.name = strlen(argv[i]) > prefix ? argv[i] + prefix : argv[i];
		d.app = sk_app_new(&conf, &d.wanted, on_event, NULL);
		if (!d.app)
			abort();
		road_read(&d.road, argv[i], SK_POLICY_FIRST);
		sk_app_free(d.app);
	}
	htp_config_destroy(d.cfg);
	fprintf(stderr, "%llu flows compared, %llu with missing bytes left out, %llu differences\n", (unsigned long long)d.compared,
		(unsigned long long)d.left_out, (unsigned long long)d.different);
	return 0;
}
