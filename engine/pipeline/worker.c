/* pipeline/worker.c — the road, top to bottom.
 *
 *	capture -> decode -> flow -> reassembly -> app(proto) -> event -> detect -> alert
 *	                       |
 *	                    classify
 *
 * worker_packet is one packet's way. Stations do not call each other: what reassembly/ puts in order comes back to on_run, which
 * hands it to app/; what app/ understands comes back to on_event, which hands it to detect/; what detect/ finds comes back to
 * on_alert, which passes it to whoever owns the worker.
 */
#include "pipeline/worker.h"

#include <netinet/in.h>
#include <string.h>

#include "base/log.h"

#define FRAGMENTS_NESTED_MAX 4			/* fragments in tunnels in fragments … */

static void tell_limit(struct sk_pipeline_worker *w, struct sk_flow *f, const struct sk_packet *p, int dir)
{
	sk_app_oddity(w->app, f, dir, p, SK_KIND_PACKET_ODDITY, "classify_limit", sk_span(NULL, 0), sk_span(NULL, 0), 0);
}

/* Once the event the alert was made of is over. */
static void tell_unnamed(struct sk_pipeline_worker *w, struct sk_flow *f, const struct sk_packet *p, int dir)
{
	if (SK_LIKELY(w->unnamed != f))
		return;
	w->unnamed = NULL;
	tell_limit(w, f, p, dir);
}

static void classify(struct sk_pipeline_worker *w, struct sk_flow *f, const struct sk_packet *p, int dir)
{
	if (SK_UNLIKELY(!sk_classify_packet(w->classify, f, p)))
		tell_limit(w, f, p, dir);
}

/* With classify.mode auto nDPI sees a packet only after app/ had it and did not know it, but before rules see its bytes. */
static void classify_late(struct sk_pipeline_worker *w, struct sk_flow *f, int dir)
{
	const struct sk_packet *p = w->unclassified;

	w->unclassified = NULL;
	if (p && f->info.app_proto)
		sk_classify_drop(w->classify, f);
	else if (p)
		classify(w, f, p, dir);
}

static void worker_packet(struct sk_pipeline_worker *w, const struct sk_packet *p, uint64_t hash)
{
	struct sk_flow *f;
	bool is_new = false;
	int dir;

	f = sk_flow_find(w->flows, p, hash, &dir);
	if (f && p->proto == IPPROTO_TCP && sk_reassembly_is_reuse(f, p, dir)) {
		sk_flow_end(w->flows, f, SK_FLOW_END_REUSED);
		f = NULL;
	}
	if (!f) {
		f = sk_flow_add(w->flows, p, hash, &dir);
		if (!f)
			return;			/* counted by flow/ */
		is_new = true;
	}
	sk_flow_touch(w->flows, f, p, dir);
	if (is_new || SK_UNLIKELY(f->apart)) {
		f->apart = false;
		sk_app_flow_start(w->app, f, p);
	}
	for (uint32_t bits = p->oddities; bits; bits &= bits - 1)
		sk_app_oddity(w->app, f, dir, p, SK_KIND_PACKET_ODDITY, sk_packet_oddity_names[__builtin_ctz(bits)],
			      sk_span(NULL, 0), sk_span(NULL, 0), 0);
	if (w->classify && !f->done) {
		if (w->classify_all)
			classify(w, f, p, dir);
		else
			w->unclassified = p;
		w->unclassified_flow = f;
	}
	if (p->proto == IPPROTO_TCP && !(p->flags & SK_PACKET_NO_TRANSPORT)) {
		bool was_done = f->done;

		sk_reassembly_packet(w->reassembly, f, dir, p);
		if (f->done && !was_done)
			sk_reassembly_stop(w->reassembly, f);
	} else if (!f->done && !(p->flags & SK_PACKET_BAD_CHECKSUM)) {
		sk_app_datagram(w->app, f, dir, p);
	}
	classify_late(w, f, dir);
	tell_unnamed(w, f, p, dir);
}

static void on_run(void *cx, struct sk_flow *f, int dir, const struct sk_run *run)
{
	struct sk_pipeline_worker *w = cx;

	/* a flow that ends without ever having had bytes has nothing to tell a parser */
	if (!f->done && (f->app || !w->ending || run->data.n || run->lost))
		sk_app_run(w->app, f, dir, run);
}

static void on_oddity(void *cx, struct sk_flow *f, int dir, const struct sk_packet *p, const char *name, struct sk_span bytes,
		      struct sk_span other, uint64_t offset)
{
	struct sk_pipeline_worker *w = cx;

	sk_app_oddity(w->app, f, dir, p, SK_KIND_STREAM_ODDITY, name, bytes, other, offset);
}

static void on_event(void *cx, struct sk_flow *f, const struct sk_event *e)
{
	struct sk_pipeline_worker *w = cx;

	if (w->unclassified && f == w->unclassified_flow && !f->info.app_proto)
		classify_late(w, f, e->dir);
	sk_detect_event(w->detect, f, e);
}

static bool on_ask(void *cx, const struct sk_flow *f, unsigned kind)
{
	const struct sk_pipeline_worker *w = cx;

	return sk_detect_may(w->detect, &f->info, kind);
}

static bool on_ask_name(void *cx, unsigned kind, const char *name)
{
	const struct sk_pipeline_worker *w = cx;

	return sk_detect_may_name(w->detect, kind, name);
}

static bool on_pass(void *cx, unsigned kind, int dir, const struct sk_app_piece *p, void **unit)
{
	const struct sk_pipeline_worker *w = cx;

	return sk_detect_passes(w->detect, kind, (unsigned)dir, &(struct sk_piece){ p->bytes, p->offset, p->packet, p->last }, unit);
}

static void on_alert(void *cx, struct sk_alert *a)
{
	struct sk_pipeline_worker *w = cx;

	a->order = w->order;
	if (w->by_flow)
		a->order.flow = a->flow.serial;
	w->order.seq++;
	a->file = w->file;
	a->iface = w->iface;
	w->alert(w->cx, a);
}

/* An alert of the flow is about to be made. */
static void on_complete(void *cx, struct sk_flow *f)
{
	struct sk_pipeline_worker *w = cx;

	if (w->classify && !sk_classify_name(w->classify, f))
		w->unnamed = f;
	sk_app_complete(w->app);
}

static void on_seen(void *cx, const struct sk_event *e, const uint64_t *hashes, size_t n)
{
	struct sk_pipeline_worker *w = cx;
	struct sk_alert_order order = w->order;

	if (w->by_flow)
		order.flow = e->flow->serial;
	w->order.seq++;
	w->seen(w->cx, &order, e->time_ns, hashes, n);
}

static void on_swap(void *cx, struct sk_flow *f)
{
	struct sk_pipeline_worker *w = cx;

	sk_flow_swap(w->flows, f);
}

static void on_flow_end(void *cx, struct sk_flow *f, enum sk_flow_reason why)
{
	struct sk_pipeline_worker *w = cx;

	w->ending = true;
	if (f->tcp)
		sk_reassembly_flow_end(w->reassembly, f, f->info.last_ns);
	w->ending = false;
	if (w->classify)
		sk_classify_flow_end(w->classify, f);
	sk_app_flow_end(w->app, f, why);
	tell_unnamed(w, f, NULL, SK_TO_SERVER);
	sk_detect_flow_end(w->detect, f);
	if (w->unnamed == f)
		w->unnamed = NULL;
	if (w->classify)
		sk_classify_forget(w->classify, f);
}

int sk_worker_init(struct sk_pipeline_worker *w, unsigned index, const struct sk_worker_setup *setup, struct sk_error *e)
{
	const struct sk_settings *s = setup->settings;
	struct sk_reassembly_conf reassembly = s->reassembly;
	struct sk_detect_conf detect = *setup->detect;

	memset(w, 0, sizeof(*w));
	w->index = index;
	w->alert = setup->alert;
	w->seen = setup->seen;
	w->cx = setup->cx;
	w->wanted = setup->wanted;
	reassembly.policies = &s->policies;
	reassembly.readings = true;
	w->app_conf = s->app;
	w->app_conf.inflate_layers_max = (unsigned)s->inflate_layers;
	w->flows = sk_flow_table_new(&s->flow, on_flow_end, w);
	w->reassembly = sk_reassembly_new(&reassembly, on_run, on_oddity, w);
	w->app = sk_app_new(&w->app_conf, setup->wanted, on_event, w);
	if (!w->flows || !w->reassembly || !w->app)
		return sk_error_set(e, SK_E_MEMORY, "not enough memory for worker %u", index);
	sk_app_on_swap(w->app, on_swap);
	sk_app_on_ask(w->app, on_ask, on_ask_name);
	sk_app_on_pass(w->app, on_pass);
	w->classify_all = s->classify_mode == SK_CLASSIFY_ALL || setup->wants_ndpi;
	if (s->classify_packets && s->classify_mode != SK_CLASSIFY_OFF) {
		w->classify = sk_classify_new((unsigned)s->classify_packets, s->classify_flows, setup->wants_ndpi, e);
		if (!w->classify || (setup->live && sk_classify_open(w->classify, e) < 0))
			return SK_E_MEMORY;
	}
	detect.seen = setup->seen ? on_seen : NULL;
	detect.complete = on_complete;
	w->detect = sk_detect_new(&detect, index, on_alert, w, e);
	return w->detect ? 0 : SK_E_MEMORY;
}

void sk_worker_fini(struct sk_pipeline_worker *w)
{
	sk_flow_table_free(w->flows);
	sk_reassembly_free(w->reassembly);
	sk_classify_free(w->classify);
	sk_app_free(w->app);
	sk_detect_free(w->detect);
	memset(w, 0, sizeof(*w));
}

static void set_order(struct sk_pipeline_worker *w, uint64_t order, bool by_flow)
{
	if (w->order.packet != order)
		w->order = (struct sk_alert_order){ .packet = order };
	w->order.flow = 0;
	w->by_flow = by_flow;
}

void sk_worker_packets(struct sk_pipeline_worker *w, const struct sk_packet *const *p, int cnt)
{
	uint64_t hash[SK_CAPTURE_BURST_MAX];

	SK_ASSERT(cnt <= SK_CAPTURE_BURST_MAX);
	for (int i = 0; i < cnt; i++) {
		hash[i] = sk_flow_hash(w->flows, p[i]);
		sk_flow_prefetch(w->flows, hash[i]);
	}
	for (int i = 0; i < cnt; i++)
		sk_flow_prefetch_flow(w->flows, hash[i]);
	for (int i = 0; i < cnt; i++) {
		set_order(w, p[i]->order, false);
		worker_packet(w, p[i], hash[i]);
		sk_flow_relieve(w->flows);
		sk_flow_look_ahead(w->flows);
	}
}

void sk_worker_oddity(struct sk_pipeline_worker *w, const struct sk_packet *p, uint64_t order, const char *name, struct sk_span bytes,
		      struct sk_span other, uint64_t offset)
{
	struct sk_packet alone = *p;
	struct sk_flow *f;
	bool is_new = false, is_late = order != p->order;
	uint64_t hash;
	int dir;

	/* nothing came that flows would count */
	if (is_late && !sk_wanted_kind(w->wanted, SK_KIND_PACKET_ODDITY))
		return;
	alone.src_port = alone.dst_port = 0;
	alone.payload = sk_span(NULL, 0);
	alone.flags |= SK_PACKET_NO_TRANSPORT;
	set_order(w, order, is_late);
	hash = sk_flow_hash(w->flows, &alone);
	f = sk_flow_find(w->flows, &alone, hash, &dir);
	if (!f) {
		f = sk_flow_add(w->flows, &alone, hash, &dir);
		if (!f)
			return;
		is_new = true;
	}
	if (is_new || !is_late)
		sk_flow_touch(w->flows, f, &alone, dir);
	if (is_new) {
		f->apart = true;
		sk_app_flow_start(w->app, f, &alone);
	}
	sk_app_oddity(w->app, f, dir, &alone, SK_KIND_PACKET_ODDITY, name, bytes, other, offset);
}

void sk_worker_time(struct sk_pipeline_worker *w, uint64_t order, uint64_t now_ns)
{
	set_order(w, order, true);
	sk_flow_expire(w->flows, now_ns);
}

void sk_worker_settle(struct sk_pipeline_worker *w, bool lost)
{
	if (w->classify)
		sk_classify_settle(w->classify, lost);
}

void sk_worker_end(struct sk_pipeline_worker *w, uint64_t order)
{
	set_order(w, order, true);
	sk_flow_end_all(w->flows, SK_FLOW_END_INPUT);
}

int sk_intake_init(struct sk_intake *in, const struct sk_settings *s, sk_defrag_oddity_fn *oddity, void *cx)
{
	sk_decode_init(&in->decode, (enum sk_decode_checksums)s->checksums);
	in->oddity = oddity;
	in->cx = cx;
	in->defrag = sk_defrag_new(s->defrag_max, s->defrag_timeout, &s->policies, oddity, cx);
	return in->defrag ? 0 : SK_E_MEMORY;
}

void sk_intake_fini(struct sk_intake *in)
{
	sk_defrag_free(in->defrag);
	in->defrag = NULL;
}

void sk_intake_tell(const struct sk_packet *p, uint32_t but, sk_defrag_oddity_fn *oddity, void *cx)
{
	if (!p->src.family)
		return;
	for (uint32_t bits = p->oddities & ~but; bits; bits &= bits - 1)
		oddity(cx, p, sk_packet_oddity_names[__builtin_ctz(bits)], sk_span(NULL, 0), sk_span(NULL, 0), 0);
}

bool sk_intake_packet(struct sk_intake *in, const struct sk_raw *raw, uint64_t order, struct sk_packet *p)
{
	struct sk_packet fragment;
	struct sk_span ip;
	bool offloaded = in->decode.offloaded;
	int rc = sk_decode(&in->decode, raw, p);

	p->order = order;
	if (in->decode.offloaded && !offloaded)
		sk_log_warning("decode", "most checksums are wrong: offloading is on at the capturing host; "
			       "they are ignored from packet %llu on (ethtool -K IFACE tx off rx off cures it)",
			       (unsigned long long)raw->number);
	for (int nested = 0; rc == 0 && p->flags & SK_PACKET_FRAGMENT; nested++) {
		fragment = *p;
		sk_intake_tell(&fragment, SK_PACKET_ODD(BAD_FRAGMENT), in->oddity, in->cx);	/* that one is defrag's */
		if (nested == FRAGMENTS_NESTED_MAX) {
			in->decode.counters.layers++;
			in->oddity(in->cx, &fragment, sk_packet_oddity_names[SK_PACKET_ODDITY_BIT_TOO_MANY_LAYERS], fragment.payload, sk_span(NULL, 0), 0);
			return false;
		}
		if (sk_defrag_push(in->defrag, &fragment, &ip) != 1)
			return false;
		fragment.wire_len = sk_defrag_wire_len(in->defrag);
		rc = sk_decode_datagram(&in->decode, ip, &fragment, p);
		p->order = order;
	}
	if (rc < 0)
		sk_intake_tell(p, 0, in->oddity, in->cx);
	return rc == 0 && p->ip.n <= SK_INTAKE_IP_MAX;
}
