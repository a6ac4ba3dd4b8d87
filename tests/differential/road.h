/* tests/differential/road.h — a capture file as far as reassembly/, for programs that hold the reading against another one's.
 *
 * in       a capture file
 * out      runs of TCP flows, and their ends, through callbacks; road_index counts flows from 0
 * memory   that of the tables, given back at the end
 * limits   checksums are not verified; waiting times are out of reach, so that only the packets decide
 */
#ifndef SK_TESTS_ROAD_H
#define SK_TESTS_ROAD_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"
#include "decode/decode.h"
#include "flow/defrag.h"
#include "flow/flow.h"
#include "reassembly/tcp.h"

struct road {
	void (*start)(void *cx, struct sk_flow *f, const struct sk_packet *p);
	sk_reassembly_run_fn *run;
	void (*end)(void *cx, struct sk_flow *f, enum sk_flow_reason why);
	void *cx;
	struct sk_flow_table *flows;
	struct sk_reassembly *tcp;
	uint64_t tcp_packets;
	size_t cnt;			/* flows so far */
	uint32_t *numbers;		/* of flows, from 1, by the number of their first packet */
	size_t room;
};

static inline size_t road_index(const struct road *r, const struct sk_flow *f)
{
	return r->numbers[f->info.serial] - 1;
}

static inline void road_run(void *cx, struct sk_flow *f, int dir, const struct sk_run *run)
{
	struct road *r = cx;

	if (!f->done)
		r->run(r->cx, f, dir, run);
}

static inline void road_end(void *cx, struct sk_flow *f, enum sk_flow_reason why)
{
	struct road *r = cx;

	sk_reassembly_flow_end(r->tcp, f, f->info.last_ns);
	r->end(r->cx, f, why);
}

static inline void road_packet(struct road *r, const struct sk_packet *p)
{
	uint64_t hash = sk_flow_hash(r->flows, p);
	struct sk_flow *f;
	int dir;

	if (p->proto != 6 || p->flags & (SK_PACKET_NO_TRANSPORT | SK_PACKET_FRAGMENT))
		return;
	r->tcp_packets++;
	f = sk_flow_find(r->flows, p, hash, &dir);
	if (f && sk_reassembly_is_reuse(f, p, dir)) {
		sk_flow_end(r->flows, f, SK_FLOW_END_REUSED);
		f = NULL;
	}
	if (!f) {
		f = sk_flow_add(r->flows, p, hash, &dir);
		if (!f)
			return;
		r->numbers[p->order] = (uint32_t)++r->cnt;
		r->start(r->cx, f, p);
	}
	sk_flow_touch(r->flows, f, p, dir);
	sk_reassembly_packet(r->tcp, f, dir, p);
}

static inline void road_raw(struct road *r, struct sk_decode *decode, struct sk_defrag *defrag, const struct sk_raw *raw)
{
	struct sk_packet p, fragment;
	struct sk_span ip;
	int rc = sk_decode(decode, raw, &p);

	if (raw->number >= r->room) {
		r->room = raw->number * 2 + 1024;
		r->numbers = realloc(r->numbers, r->room * sizeof(*r->numbers));
		if (!r->numbers)
			abort();
	}
	for (int nested = 0; rc == 0 && p.flags & SK_PACKET_FRAGMENT; nested++) {
		fragment = p;
		if (nested == 4 || sk_defrag_push(defrag, &fragment, &ip) != 1)
			return;
		rc = sk_decode_datagram(decode, ip, &fragment, &p);
	}
	p.order = raw->number;
	if (rc == 0)
		road_packet(r, &p);
}

/* 0, or -1 when the file is no capture. */
static inline int road_read(struct road *r, const char *path, enum sk_policy policy)
{
	static const uint64_t ever = UINT64_C(1) << 50;
	const struct sk_flow_conf flow = { .max = 100000, .arena_cap = 1 << 20, .new_ns = ever, .established_ns = ever, .closed_ns = ever,
		.datagram_ns = ever };
	struct sk_policies policies = { .preset = policy };
	const struct sk_reassembly_conf tcp = { .max_bytes = 16 << 20, .max_total = 64 << 20, .midstream = true, .policies = &policies };
	struct sk_raw burst[SK_CAPTURE_BURST_MAX];
	struct sk_capture *c;
	struct sk_decode decode;
	struct sk_defrag *defrag;
	struct sk_error e;
	int n;

	if (sk_capture_open_file(&c, path, NULL, &e) < 0)
		return -1;
	r->tcp_packets = r->cnt = 0;
	r->flows = sk_flow_table_new(&flow, road_end, r);
	r->tcp = sk_reassembly_new(&tcp, road_run, NULL, r);
	defrag = sk_defrag_new(1 << 24, ever, &policies, NULL, NULL);
	sk_decode_init(&decode, SK_CHECKSUMS_NONE);
	if (!r->flows || !r->tcp || !defrag)
		abort();
	while ((n = sk_capture_next(c, burst, SK_CAPTURE_BURST_MAX, 0, &e)) > 0)
		for (int i = 0; i < n; i++)
			road_raw(r, &decode, defrag, &burst[i]);
	sk_capture_close(c);
	sk_flow_table_free(r->flows);
	sk_reassembly_free(r->tcp);
	sk_defrag_free(defrag);
	free(r->numbers);
	r->numbers = NULL;
	r->room = 0;
	return 0;
}

#endif
