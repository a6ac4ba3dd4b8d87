/* tests/unit/reassembly/dsl.h — conversations as tables: segments in, what each direction reads out.
 *
 * what     struct seg is one packet: who sends it, flags as letters (S A F R P U), sequence numbers counted from the sender's
 *          own ISN (the SYN is 0, the first byte 1), data; "A" and a window of 64000 where nothing else is said
 * out      read[dir]: the bytes, a gap of n bytes as "[n]", the end as "$"; odd: names of oddities in order, with blanks; closed[dir]:
 *          the end was its sender's
 */
#ifndef SK_TESTS_REASSEMBLY_DSL_H
#define SK_TESTS_REASSEMBLY_DSL_H

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/fmt.h"
#include "reassembly/tcp.h"

/* Rows say what matters; the rest is zero. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

struct seg {
	char from;			/* 'c', 's', 0 for the end of the table */
	const char *flags;		/* NULL for "A" */
	int64_t seq, ack;
	const char *data;
	uint32_t ts, ecr;		/* a timestamps option when either is set */
	int window;			/* 0 for 64000, -1 for 0 */
	int wscale;			/* 0 for none, otherwise 1 more than the shift */
	int ttl;			/* 0 for 64 */
	int urgent;
	uint32_t cut;			/* bytes missing behind data */
	uint32_t isn;			/* another ISN than the usual one, for this segment */
	uint32_t packet_flags;		/* SK_PACKET_* */
	uint32_t after_ms;		/* since the segment before; 0 for 1 */
};

struct talk {
	struct sk_reassembly *r;
	struct sk_flow_table *table;
	struct sk_flow *f;
	struct sk_policies policies;
	struct sk_reassembly_conf conf;
	uint32_t isn[2];
	uint64_t number, time_ns;
	char read[2][8192];
	size_t n[2];
	uint64_t off[2];
	char odd[2048];
	char bytes[512], other[512];	/* of the last oddity with bytes */
	uint64_t run_packets[2][64];	/* packet numbers of runs with bytes */
	unsigned runs[2];
	int stop_after;			/* runs; 0 never */
	bool log_off;			/* only count */
	uint64_t total[2];
	unsigned fins[2];
	bool closed[2];
	bool swap;
	const uint8_t *model[2];	/* what the stream is: every run must be a part of it at its offset */
	uint64_t lost[2];
};

static inline void talk_put(struct talk *t, int dir, const char *s, size_t n)
{
	if (t->n[dir] + n < sizeof(t->read[dir])) {
		memcpy(t->read[dir] + t->n[dir], s, n);
		t->n[dir] += n;
		t->read[dir][t->n[dir]] = 0;
	}
}

static inline void talk_run(void *cx, struct sk_flow *f, int dir, const struct sk_run *run)
{
	struct talk *t = cx;
	char gap[32];

	assert_int_equal(run->off, t->off[dir]);
	t->off[dir] += run->data.p ? run->data.n : run->lost;
	assert_int_equal(t->fins[dir], 0);
	if (!run->data.p) {
		assert_true(run->lost > 0);
		t->lost[dir] += run->lost;
		snprintf(gap, sizeof(gap), "[%llu]", (unsigned long long)run->lost);
		talk_put(t, dir, gap, strlen(gap));
		return;
	}
	if (t->model[dir] && run->data.n)
		assert_memory_equal(run->data.p, t->model[dir] + run->off, run->data.n);
	t->total[dir] += run->data.n;
	if (run->data.n && t->runs[dir] < SK_ARRAY_LEN(t->run_packets[dir]))
		t->run_packets[dir][t->runs[dir]] = run->packet;
	t->runs[dir] += run->data.n != 0;
	if (!t->log_off)
		talk_put(t, dir, (const char *)run->data.p, run->data.n);
	assert_true(run->fin || !run->closed);
	if (run->fin) {
		t->fins[dir]++;
		t->closed[dir] = run->closed;
		talk_put(t, dir, "$", 1);
	}
	if (t->swap) {
		uint64_t off = t->off[0];

		t->swap = false;
		t->off[0] = t->off[1];
		t->off[1] = off;
		sk_flow_swap(t->table, f);
	}
	if (t->stop_after && --t->stop_after == 0)
		sk_reassembly_stop(t->r, f);
}

static inline void talk_odd(void *cx, struct sk_flow *f, int dir, const struct sk_packet *p, const char *name, struct sk_span bytes,
			    struct sk_span other, uint64_t offset)
{
	struct talk *t = cx;
	size_t len;

	assert_non_null(p);
	len = strlen(t->odd);
	if (len + strlen(name) + 2 < sizeof(t->odd))
		snprintf(t->odd + len, sizeof(t->odd) - len, "%s%s", len ? " " : "", name);
	if (bytes.n || other.n) {
		snprintf(t->bytes, sizeof(t->bytes), "%.*s", (int)SK_MIN(bytes.n, 500), (const char *)bytes.p);
		snprintf(t->other, sizeof(t->other), "%.*s", (int)SK_MIN(other.n, 500), (const char *)other.p);
	}
}

static inline void talk_end(void *cx, struct sk_flow *f, enum sk_flow_reason why)
{
	struct talk *t = cx;

	sk_reassembly_flow_end(t->r, f, f->info.last_ns);
	if (t->f == f)
		t->f = NULL;
}

static inline void talk_begin(struct talk *t, enum sk_policy policy)
{
	static const struct sk_flow_conf flows = { 1000, 65536, UINT64_C(600000000000), UINT64_C(600000000000), UINT64_C(600000000000),
						   UINT64_C(600000000000), UINT64_C(600000000000), 0 };

	memset(t, 0, sizeof(*t));
	t->policies.preset = policy;
	t->conf = (struct sk_reassembly_conf){ 1 << 20, 64 << 20, &t->policies, true };
	t->isn[0] = 0xfffffffa;		/* so that every test meets the end of the numbers */
	t->isn[1] = 7000;
	t->time_ns = UINT64_C(1700000000000000000);
	t->table = sk_flow_table_new(&flows, talk_end, t);
	assert_non_null(t->table);
}

static inline void talk_open(struct talk *t)
{
	if (!t->r)
		t->r = sk_reassembly_new(&t->conf, talk_run, talk_odd, t);
	assert_non_null(t->r);
}

static inline uint8_t talk_flags(const char *letters)
{
	static const char names[] = "FSRPAU";
	uint8_t flags = 0;

	for (; letters && *letters; letters++)
		flags |= (uint8_t)(1 << (strchr(names, *letters) - names));
	return flags;
}

static inline void talk_packet(struct talk *t, const struct seg *s, struct sk_span data)
{
	struct sk_packet p = { 0 };
	uint8_t ip[20] = { 0x45 };
	unsigned side = s->from == 's';
	uint64_t hash;
	int dir;

	talk_open(t);
	t->time_ns += (s->after_ms ? s->after_ms : 1) * UINT64_C(1000000);
	p.time_ns = t->time_ns;
	p.number = p.order = ++t->number;
	p.wire_len = 54 + (uint32_t)data.n;
	p.proto = 6;
	p.ttl = (uint8_t)(s->ttl ? s->ttl : 64);
	sk_parse_addr(sk_span_str(side ? "10.0.0.2" : "10.0.0.1"), &p.src);
	sk_parse_addr(sk_span_str(side ? "10.0.0.1" : "10.0.0.2"), &p.dst);
	p.src_port = side ? 80 : 40000;
	p.dst_port = side ? 40000 : 80;
	p.tcp_flags = s->flags ? talk_flags(s->flags) : SK_TCP_ACK;
	p.seq = (s->isn ? s->isn : t->isn[side]) + (uint32_t)s->seq;
	p.ack = p.tcp_flags & SK_TCP_ACK ? t->isn[!side] + (uint32_t)s->ack : 0;
	p.window = s->window < 0 ? 0 : (uint16_t)(s->window ? s->window : 64000);
	p.urgent = (uint16_t)s->urgent;
	p.flags = s->packet_flags;
	if (s->ts || s->ecr) {
		p.flags |= SK_PACKET_HAS_TIMESTAMP;
		p.ts_val = s->ts;
		p.ts_ecr = s->ecr;
	}
	if (s->wscale) {
		p.flags |= SK_PACKET_HAS_WSCALE;
		p.wscale = (uint8_t)(s->wscale - 1);
	}
	p.payload = data;
	p.ip = sk_span(ip, sizeof(ip));
	if (s->cut) {
		/* ip.n is what was captured; only the header's first bytes are looked at */
		p.flags |= SK_PACKET_CUT;
		ip[2] = (uint8_t)((20 + s->cut) >> 8);
		ip[3] = (uint8_t)(20 + s->cut);
	}
	hash = sk_flow_hash(t->table, &p);
	t->f = sk_flow_find(t->table, &p, hash, &dir);
	if (t->f && sk_reassembly_is_reuse(t->f, &p, dir)) {
		sk_flow_end(t->table, t->f, SK_FLOW_END_REUSED);
		t->off[0] = t->off[1] = 0;
		t->fins[0] = t->fins[1] = 0;
		talk_put(t, 0, "/", 1);
		talk_put(t, 1, "/", 1);
		t->f = NULL;
	}
	if (!t->f)
		t->f = sk_flow_add(t->table, &p, hash, &dir);
	assert_non_null(t->f);
	sk_flow_touch(t->table, t->f, &p, dir);
	sk_reassembly_packet(t->r, t->f, dir, &p);
}

static inline void talk_say(struct talk *t, const struct seg *segs)
{
	for (; segs->from; segs++) {
		/* exactly as many bytes on the heap: a sanitizer sees the first one too many */
		size_t n = segs->data ? strlen(segs->data) : 0;
		uint8_t *copy = malloc(n ? n : 1);

		assert_non_null(copy);
		memcpy(copy, segs->data ? segs->data : "", n);
		talk_packet(t, segs, sk_span(copy, n));
		free(copy);
	}
}

static inline void talk_close(struct talk *t)
{
	sk_flow_end_all(t->table, SK_FLOW_END_INPUT);
}

static inline void talk_fini(struct talk *t)
{
	sk_flow_table_free(t->table);
	sk_reassembly_free(t->r);
	sk_policies_fini(&t->policies);
}

/* SYN, SYN-ACK, ACK. */
#define HELLO { 'c', "S" }, { 's', "SA", 0, 1 }, { 'c', "A", 1, 1 }

/* One whole test: the table, then the end of the flow, then what must have been read. */
struct story {
	const char *name;
	const char *client, *server;	/* what is read to_server and to_client; NULL: not compared */
	const char *odd;		/* "" for none, NULL: not compared */
	int state;			/* before the end of the flow */
	enum sk_policy policy;
	bool no_midstream;
	const char *closed;		/* "c", "s", "cs" or "": who has closed; NULL: not compared */
	struct seg segs[24];
};

static inline bool story_check(const struct story *s)
{
	static struct talk t;
	const char *closed;
	int state;
	bool ok;

	talk_begin(&t, s->policy);
	t.conf.midstream = !s->no_midstream;
	talk_say(&t, s->segs);
	state = t.f->state;
	talk_close(&t);
	closed = t.closed[0] ? t.closed[1] ? "cs" : "c" : t.closed[1] ? "s" : "";
	ok = (!s->client || strcmp(t.read[0], s->client) == 0) && (!s->server || strcmp(t.read[1], s->server) == 0) &&
	     (!s->odd || strcmp(t.odd, s->odd) == 0) && state == s->state && (!s->closed || strcmp(closed, s->closed) == 0);
	if (!ok)
		print_error("%s: read \"%s\" and \"%s\", oddities \"%s\", state %s, closed by \"%s\"\n", s->name, t.read[0], t.read[1], t.odd,
			    sk_flow_state_names[state], closed);
	talk_fini(&t);
	return ok;
}

#endif
