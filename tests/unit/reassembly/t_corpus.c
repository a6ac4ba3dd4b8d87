/* tests/unit/reassembly/t_corpus.c — published evasion captures, read as far as decode/, flow/ and reassembly/ decide.
 *
 * in       $srcdir/../shared/corpus; skipped without it
 * source   captures and expectations: OISF/suricata-verify tests of the same names; zeek/zeek testing/btest/Traces; ntop/nDPI
 *          tests/cfgs/default/pcap. What each must read is stated there in terms of rules; here in terms of streams
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "capture/capture.h"
#include "reassembly/tcp.h"

#define FLOWS_MAX 64u

struct read {
	char odd[4096];			/* "name@packet " … */
	struct sk_buf text[FLOWS_MAX][2];	/* by flow and direction; a gap is one 0xff */
	struct sk_flow_info info[FLOWS_MAX];
	uint8_t state[FLOWS_MAX];
	bool established[FLOWS_MAX];	/* ever */
	uint64_t lost;
	unsigned flows;
	struct sk_reassembly *r;
	struct sk_reassembly_counters counters;
};

static unsigned index_of(const struct sk_flow *f)
{
	return (unsigned)(uintptr_t)f->app - 1;
}

static void on_run(void *cx, struct sk_flow *f, int dir, const struct sk_run *run)
{
	struct read *r = cx;

	r->lost += run->lost;
	if (run->data.p)
		sk_buf_add(&r->text[index_of(f)][dir], run->data);
	else
		sk_buf_add_byte(&r->text[index_of(f)][dir], 0xff);
}

static void on_odd(void *cx, struct sk_flow *f, int dir, const struct sk_packet *p, const char *name, struct sk_span bytes,
		   struct sk_span other, uint64_t offset)
{
	struct read *r = cx;
	size_t n = strlen(r->odd);

	snprintf(r->odd + n, sizeof(r->odd) - n, "%s@%llu ", name, (unsigned long long)p->number);
}

static void on_end(void *cx, struct sk_flow *f, enum sk_flow_reason why)
{
	struct read *r = cx;
	unsigned i = index_of(f);

	r->state[i] = f->state;
	sk_reassembly_flow_end(r->r, f, f->info.last_ns);
	r->info[i] = f->info;
}

static void take(struct read *r, struct sk_flow_table *t, struct sk_packet *p)
{
	uint64_t hash = sk_flow_hash(t, p);
	struct sk_flow *f;
	int dir;

	p->order = p->number;
	f = sk_flow_find(t, p, hash, &dir);
	if (f && sk_reassembly_is_reuse(f, p, dir)) {
		sk_flow_end(t, f, SK_FLOW_END_REUSED);
		f = NULL;
	}
	if (!f) {
		f = sk_flow_add(t, p, hash, &dir);
		assert_non_null(f);
		assert_true(r->flows < FLOWS_MAX);
		f->app = (void *)(uintptr_t)++r->flows;
	}
	sk_flow_touch(t, f, p, dir);
	sk_reassembly_packet(r->r, f, dir, p);
	r->established[index_of(f)] |= f->state == SK_FLOW_ESTABLISHED;
}

static void read_capture(struct read *r, const char *name)
{
	static const struct sk_flow_conf flows = { 100000, 65536, UINT64_C(60000000000), UINT64_C(3600000000000), UINT64_C(60000000000),
						   UINT64_C(60000000000) };
	struct sk_reassembly_conf conf = { 1 << 20, 64 << 20, NULL, true };
	const char *srcdir = getenv("srcdir");
	struct sk_flow_table *t;
	struct sk_decode d;
	struct sk_capture *c;
	struct sk_raw raw[SK_CAPTURE_BURST_MAX];
	struct sk_packet p;
	struct sk_error e;
	char path[4096];
	int n;

	memset(r, 0, sizeof(*r));
	snprintf(path, sizeof(path), "%s/../shared/corpus/%s", srcdir ? srcdir : ".", name);
	if (sk_capture_open_file(&c, path, NULL, &e) < 0)
		fail_msg("%s: %s", path, e.text);
	t = sk_flow_table_new(&flows, on_end, r);
	r->r = sk_reassembly_new(&conf, on_run, on_odd, r);
	assert_true(t && r->r);
	sk_decode_init(&d, SK_CHECKSUMS_AUTO);
	while ((n = sk_capture_next(c, raw, SK_CAPTURE_BURST_MAX, 0, &e)) > 0)
		for (int i = 0; i < n; i++)
			if (sk_decode(&d, &raw[i], &p) == 0 && p.proto == 6 && !(p.flags & (SK_PACKET_FRAGMENT | SK_PACKET_NO_TRANSPORT)))
				take(r, t, &p);
	sk_flow_table_free(t);
	r->counters = *sk_reassembly_counters(r->r);
	sk_reassembly_free(r->r);
	sk_capture_close(c);
}

static void drop(struct read *r)
{
	for (unsigned i = 0; i < FLOWS_MAX; i++) {
		sk_buf_fini(&r->text[i][0]);
		sk_buf_fini(&r->text[i][1]);
	}
}

static bool has(struct read *r, unsigned flow, int dir, const char *text)
{
	const struct sk_buf *b = &r->text[flow][dir];

	return b->n && memmem(b->p, b->n, text, strlen(text)) != NULL;
}

static struct read r;

#define READ(path) \
	read_capture(&r, path)

static void answers_with_wrong_timestamps(void **state)
{
	static const char *const paths[] = { "suricata-verify/bug-3286-02-linux-evasion/with_evasion_linux.pcap",
					     "suricata-verify/bug-3286-03-windows-evasion/with_evasion_windows.pcap" };

	for (unsigned i = 0; i < 2; i++) {
		READ(paths[i]);
		assert_string_equal(r.odd, "invalid_timestamp@2 invalid_timestamp@3 ");
		assert_int_equal(r.flows, 1);
		assert_true(has(&r, 0, SK_TO_SERVER, "GET / HTTP/1.1"));
		assert_int_equal(r.text[0][SK_TO_CLIENT].n, 79);
		assert_true(has(&r, 0, SK_TO_CLIENT, "THIS_IS_A_TEST"));
		assert_int_equal(r.lost, 0);
		drop(&r);
	}
}

static void urgent_byte_leaves(void **state)
{
	READ("suricata-verify/tcp-urgp-04-2byte-XY/tcp-urgent-2byte-XY.pcap");
	assert_true(has(&r, 0, SK_TO_SERVER, "malicXious"));
	assert_string_equal(r.odd, "urgent_data@5 ");
	assert_int_equal(r.state[0], SK_FLOW_CLOSED);
	drop(&r);
}

static void fast_open(void **state)
{
	READ("suricata-verify/tcp-fastopen-01/tfo.pcap");
	assert_int_equal(r.flows, 2);
	assert_true(has(&r, 0, SK_TO_SERVER, "GET /index.php HTTP/1.0"));
	assert_true(has(&r, 1, SK_TO_SERVER, "/etc/passwd"));
	assert_int_equal(r.text[1][SK_TO_SERVER].n, 86);
	assert_int_equal(r.state[0], SK_FLOW_CLOSED);
	assert_int_equal(r.state[1], SK_FLOW_CLOSED);
	drop(&r);
	READ("suricata-verify/tcp-fastopen-07/tcp_fastopen_segmentation.pcap");
	assert_int_equal(r.flows, 2);
	assert_int_equal(r.text[1][SK_TO_SERVER].n, 70 + 98 + 5);
	assert_true(has(&r, 1, SK_TO_SERVER, "d2d3"));
	assert_true(has(&r, 1, SK_TO_CLIENT, "404 Not Found"));
	assert_int_equal(r.lost, 0);
	drop(&r);
}

static void five_way_handshake(void **state)
{
	READ("suricata-verify/tcp-split-handshake-02-5whs/split-handshake-5whs.pcap");
	assert_int_equal(r.info[0].client_port, 12345);
	assert_int_equal(r.text[0][SK_TO_SERVER].n, 4);
	assert_true(has(&r, 0, SK_TO_SERVER, "EVIL"));
	assert_string_equal(r.odd, "split_handshake@3 ");
	assert_true(r.established[0]);
	drop(&r);
}

static void unacknowledged_before_a_reset(void **state)
{
	READ("suricata-verify/tcp-rst-unacked-stream-01-raw/input.pcap");
	assert_true(has(&r, 0, SK_TO_CLIENT, "Let Me In"));
	assert_int_equal(r.counters.gaps, 0);
	drop(&r);
	READ("suricata-verify/tcp-rst-unacked-stream-03-gap/input.pcap");
	assert_true(has(&r, 0, SK_TO_CLIENT, "Me In"));
	assert_int_equal(r.counters.gaps, 0);
	assert_null(strstr(r.odd, "gap"));
	drop(&r);
	READ("suricata-verify/tcp-rst-unacked-stream-07-http/input.pcap");
	assert_true(has(&r, 0, SK_TO_SERVER, "User-Agent: Mozilla"));
	assert_int_equal(r.counters.gaps, 0);
	drop(&r);
}

static void data_in_a_reset(void **state)
{
	READ("suricata-verify/bug-6244-tcp-rst-with-data/tcp-rst-with-data.pcap");
	assert_false(has(&r, 0, SK_TO_SERVER, "Access Denied"));
	assert_int_equal(r.text[0][SK_TO_SERVER].n, 0);
	assert_string_equal(r.odd, "data_in_rst@8 ");
	drop(&r);
}

static void forged_resets(void **state)
{
	READ("suricata-verify/security-4710-01/input.pcap");
	assert_true(has(&r, 0, SK_TO_SERVER, "GET /ultrasurf.html"));
	assert_int_equal(strncmp(r.odd, "suspected_rst_injection@5 ", 26), 0);
	assert_int_equal(r.flows, 1);
	drop(&r);
	READ("zeek/tcp/rst-inject-rae.pcap");
	assert_int_equal(strncmp(r.odd, "suspected_rst_injection@2 ", 26), 0);
	assert_int_equal(r.text[0][SK_TO_SERVER].n, 25 + 150);
	drop(&r);
}

static void met_in_the_middle(void **state)
{
	READ("suricata-verify/tcp-stream-after-swap/http-start-from-response.pcap");
	assert_int_equal(r.flows, 1);
	assert_int_equal(r.info[0].server_port, 80);
	assert_int_equal(r.info[0].midstream, 1);
	assert_int_equal(r.text[0][SK_TO_SERVER].n, 344);
	assert_int_equal(r.text[0][SK_TO_CLIENT].n, 328 + 445);
	assert_true(has(&r, 0, SK_TO_SERVER, "GET /favicon.ico"));
	assert_int_equal(r.lost, 0);
	assert_int_equal(r.state[0], SK_FLOW_CLOSED);
	drop(&r);
	READ("suricata-verify/alert-testmyids-midstream/input.pcap");
	assert_int_equal(r.info[0].server_port, 80);
	assert_true(has(&r, 0, SK_TO_CLIENT, "uid=0(root)"));
	drop(&r);
	READ("suricata-verify/alert-no-3whs-established/no-3whs.pcap");
	assert_false(r.established[0]);
	drop(&r);
}

static void one_side_only(void **state)
{
	READ("suricata-verify/tcp-async-01/input.pcap");
	assert_int_equal(r.info[0].saw_both, 0);
	assert_int_equal(r.info[0].server_port, 143);
	assert_true(r.established[0]);
	assert_true(r.text[0][SK_TO_CLIENT].n > 20000);
	assert_int_equal(r.lost, 0);
	drop(&r);
	READ("suricata-verify/alert-testmyids-async/input.pcap");
	assert_true(has(&r, 0, SK_TO_CLIENT, "uid=0(root)"));
	assert_true(r.established[0]);
	drop(&r);
}

static void repeated_handshakes(void **state)
{
	READ("suricata-verify/bug-4376/syn_retransmit_with_ts.pcap");
	assert_int_equal(r.flows, 1);
	assert_int_equal(r.info[0].vlan, 3136);
	assert_true(has(&r, 0, SK_TO_CLIENT, "HTTP/1.1 200 OK"));
	assert_int_equal(r.lost, 0);
	assert_int_equal(r.state[0], SK_FLOW_CLOSED);
	assert_null(strstr(r.odd, "invalid_timestamp"));
	drop(&r);
	READ("ndpi/tls_multiple_synack_different_seq.pcapng");
	assert_int_equal(r.flows, 1);
	assert_int_equal(r.text[0][SK_TO_SERVER].p[0], 0x16);
	assert_int_equal(r.text[0][SK_TO_CLIENT].p[0], 0x16);
	assert_int_equal(r.info[0].client_port, 59927);
	assert_int_equal(r.lost, 0);
	drop(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_with_wrong_timestamps),
		cmocka_unit_test(urgent_byte_leaves),
		cmocka_unit_test(fast_open),
		cmocka_unit_test(five_way_handshake),
		cmocka_unit_test(unacknowledged_before_a_reset),
		cmocka_unit_test(data_in_a_reset),
		cmocka_unit_test(forged_resets),
		cmocka_unit_test(met_in_the_middle),
		cmocka_unit_test(one_side_only),
		cmocka_unit_test(repeated_handshakes),
	};
	const char *srcdir = getenv("srcdir");
	char path[4096];

	snprintf(path, sizeof(path), "%s/../shared/corpus/suricata-verify", srcdir ? srcdir : ".");
	if (access(path, R_OK) != 0) {
		printf("skipped: no %s\n", path);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
