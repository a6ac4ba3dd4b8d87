/* pipeline/worker.h — one worker: the road a packet takes from decode/ to detect/.
 *
 * in       decoded packets, time
 * out      alerts in order, through a callback
 * memory   the tables and parsers of its flows; nothing is shared with other workers
 * threads  one thread per worker
 */
#ifndef SK_PIPELINE_WORKER_H
#define SK_PIPELINE_WORKER_H

#include "app/app.h"
#include "classify/classify.h"
#include "detect/detect.h"
#include "flow/defrag.h"
#include "flow/flow.h"
#include "pipeline/conf.h"
#include "reassembly/tcp.h"

#define SK_WORKER_SWEEP_SHIFT 25	/* 2^25 ns of packet time between looks for flows that are due */

/* Takes the alert, order, file and interface filled in. */
typedef void sk_worker_alert_fn(void *cx, struct sk_alert *a);
/* A mark that has feeds, by its hashes (sk_alert_seen); see sk_output_seen. */
typedef void sk_worker_seen_fn(void *cx, const struct sk_alert_order *order, uint64_t time_ns, const uint64_t *hashes, size_t n);

struct sk_worker_setup {
	const struct sk_settings *settings;
	const struct sk_detect_conf *detect;
	const struct sk_wanted *wanted;
	bool live, wants_ndpi;			/* no work left for the first packets; somebody asks for ndpi.* */
	sk_worker_alert_fn *alert;
	sk_worker_seen_fn *seen;		/* NULL: those marks are alerts too */
	void *cx;
};

struct sk_pipeline_worker {
	unsigned index;
	struct sk_flow_table *flows;
	struct sk_reassembly *reassembly;
	struct sk_classify *classify;		/* NULL: not asked for */
	bool classify_all;			/* also flows a parser knows */
	const struct sk_packet *unclassified;	/* at hand, and nDPI may have to see it … */
	const struct sk_flow *unclassified_flow;	/* … for this flow; runs of others may be let go meanwhile */
	const struct sk_flow *unnamed;		/* nDPI had no room for it when an alert asked for its names: to be told */
	struct sk_app_conf app_conf;
	struct sk_app *app;
	const struct sk_wanted *wanted;
	struct sk_detect *detect;
	sk_worker_alert_fn *alert;
	sk_worker_seen_fn *seen;
	void *cx;
	const char *file, *iface;		/* where the packet at hand is from */
	struct sk_alert_order order;		/* of the next alert */
	bool ending;				/* a flow ends: what is passed on is its last */
	bool by_flow;				/* several flows end at once: alerts are ordered by flow */
};

/* Main thread, one worker after the other. 0, or a negative code with *e. */
int sk_worker_init(struct sk_pipeline_worker *w, unsigned index, const struct sk_worker_setup *setup, struct sk_error *e);
void sk_worker_fini(struct sk_pipeline_worker *w);

/* A burst of packets. order is that of the alerts they raise: strictly ascending over calls, see sk_alert_order. */
void sk_worker_packets(struct sk_pipeline_worker *w, const struct sk_packet *const *p, int cnt);
/* An oddity of a packet that goes no further than intake: a fragment, or one with damaged headers. order: the packet's own, or, of a
 * datagram that is given up, the place at which that happens; then p->order tells those of one place apart. */
void sk_worker_oddity(struct sk_pipeline_worker *w, const struct sk_packet *p, uint64_t order, const char *name, struct sk_span bytes,
		      struct sk_span other, uint64_t offset);
/* Packet time has come this far. */
void sk_worker_time(struct sk_pipeline_worker *w, uint64_t order, uint64_t now_ns);
/* Bytes of packets with SK_PACKET_STAYS go: what is still needed of them is copied. lost: they are gone. */
void sk_worker_settle(struct sk_pipeline_worker *w, bool lost);
/* The input ends, or the next file does not continue this one. */
void sk_worker_end(struct sk_pipeline_worker *w, uint64_t order);

/* --- decode and defragmentation, which come before packets are shared out --- */

#define SK_INTAKE_IP_MAX (256u * 1024u)	/* bytes of a datagram; no capture or datagram is larger */

struct sk_intake {
	struct sk_decode decode;
	struct sk_defrag *defrag;
	sk_defrag_oddity_fn *oddity;
	void *cx;
};

int sk_intake_init(struct sk_intake *in, const struct sk_settings *s, sk_defrag_oddity_fn *oddity, void *cx);
void sk_intake_fini(struct sk_intake *in);

/* Decodes, and puts fragments together. What is odd about packets that end here is told where their addresses are known. True when *p
 * is a packet for a worker; its bytes are borrowed from raw or, of a defragmented datagram, until the next call. */
bool sk_intake_packet(struct sk_intake *in, const struct sk_raw *raw, uint64_t order, struct sk_packet *p);
/* Tells what is odd about a packet that no worker gets, but for those bits. */
void sk_intake_tell(const struct sk_packet *p, uint32_t but, sk_defrag_oddity_fn *oddity, void *cx);

#endif
