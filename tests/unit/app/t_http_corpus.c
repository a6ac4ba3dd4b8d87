/* tests/unit/app/t_http_corpus.c — capture files through the whole road up to the events: what http-evader hides is found, the
 * requests behind ambiguous lengths are told.
 *
 * limits   skipped where the captures (../shared/corpus beside the tree) are not there
 */
#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "base/buf.h"
#include "capture/capture.h"
#include "decode/decode.h"
#include "flow/flow.h"
#include "reassembly/tcp.h"

struct road {
	struct sk_app *app;
	struct sk_reassembly *reassembly;
	struct sk_buf bodies;		/* bytes of all bodies to the client */
	unsigned requests, oddities;
};

static char corpus[4096];

static void publish(void *cx, struct sk_flow *f, const struct sk_event *e)
{
	struct road *r = cx;

	r->requests += e->kind == SK_KIND_HTTP_REQUEST;
	r->oddities += e->kind == SK_KIND_HTTP_ODDITY;
	if (e->kind == SK_KIND_HTTP_BODY && e->dir == SK_TO_CLIENT)
		sk_buf_add(&r->bodies, sk_event_bytes(e, SK_F_HTTP_BODY_BYTES));
}

static void on_run(void *cx, struct sk_flow *f, int dir, const struct sk_run *run) { sk_app_run(((struct road *)cx)->app, f, dir, run); }

static void on_oddity(void *cx, struct sk_flow *f, int dir, const struct sk_packet *p, const char *name, struct sk_span bytes,
		      struct sk_span other, uint64_t offset)
{
}

static void on_end(void *cx, struct sk_flow *f, enum sk_flow_reason why)
{
	struct road *r = cx;

	sk_reassembly_flow_end(r->reassembly, f, f->info.last_ns);
	sk_app_flow_end(r->app, f, why);
}

static void packet(struct road *r, struct sk_flow_table *t, const struct sk_packet *p)
{
	uint64_t hash = sk_flow_hash(t, p);
	int dir;
	struct sk_flow *f = sk_flow_find(t, p, hash, &dir);
	bool is_new = !f;

	if (!f)
		f = sk_flow_add(t, p, hash, &dir);
	assert_non_null(f);
	sk_flow_touch(t, f, p, dir);
	if (is_new)
		sk_app_flow_start(r->app, f, p);
	if (p->proto == 6)
		sk_reassembly_packet(r->reassembly, f, dir, p);
}

/* Reads a capture; what came of it is in r until road_fini. */
static void road_run(struct road *r, const char *path)
{
	static const struct sk_flow_conf flow_conf = { 1000, 1 << 20, UINT64_C(60000000000), UINT64_C(600000000000), UINT64_C(10000000000),
						       UINT64_C(60000000000) };
	static const struct sk_reassembly_conf tcp_conf = { 1 << 20, 1 << 24, NULL, true };
	static struct sk_wanted wanted;
	static struct sk_decode decode;
	struct sk_raw burst[SK_CAPTURE_BURST_MAX];
	struct sk_flow_table *t;
	struct sk_capture *c;
	struct sk_packet p;
	struct sk_error e;
	int n;

	memset(r, 0, sizeof(*r));
	wanted.kinds = UINT64_C(1) << SK_KIND_HTTP_REQUEST | UINT64_C(1) << SK_KIND_HTTP_BODY | UINT64_C(1) << SK_KIND_HTTP_ODDITY;
	sk_decode_init(&decode, SK_CHECKSUMS_NONE);
	r->app = sk_app_new(NULL, &wanted, publish, r);
	r->reassembly = sk_reassembly_new(&tcp_conf, on_run, on_oddity, r);
	t = sk_flow_table_new(&flow_conf, on_end, r);
	assert_int_equal(sk_capture_open_file(&c, path, NULL, &e), 0);
	while ((n = sk_capture_next(c, burst, SK_CAPTURE_BURST_MAX, 0, &e)) > 0)
		for (int i = 0; i < n; i++)
			if (sk_decode(&decode, &burst[i], &p) == 0)
				packet(r, t, &p);
	sk_capture_close(c);
	sk_flow_table_free(t);
	sk_reassembly_free(r->reassembly);
	sk_app_free(r->app);
}

static void evader_hides_nothing(void **state)
{
	unsigned found = 0, all = 0;
	char path[8192];
	struct dirent **list;
	int n;

	snprintf(path, sizeof(path), "%s/http-evader", corpus);
	n = scandir(path, &list, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		struct road r;

		if (strstr(list[i]->d_name, ".pcap")) {
			snprintf(path, sizeof(path), "%s/http-evader/%s", corpus, list[i]->d_name);
			road_run(&r, path);
			all++;
			if (memmem(r.bodies.p, r.bodies.n, "EICAR-STANDARD-ANTIVIRUS-TEST-FILE", 34) && memmem(r.bodies.p, r.bodies.n, "X5O!P%@AP[4", 11))
				found++;
			else
				print_message("not found in %s\n", path);
			sk_buf_fini(&r.bodies);
		}
		free(list[i]);
	}
	free(list);
	print_message("found in %u of %u\n", found, all);
	assert_true(all > 0);
	assert_int_equal(found, all);
}

static void both_requests_of_a_desync_are_told(void **state)
{
	static const char *const names[] = { "01-chunk_2pow64_overflow", "02-cl_uint64max", "03-cl_negative", "04-te_cl_desync",
		"07-expect_100_cl0", "10-multi_value_te" };

	for (size_t i = 0; i < SK_ARRAY_LEN(names); i++) {
		struct road r;
		char path[8192];

		snprintf(path, sizeof(path), "%s/zeek/http/261/variant-%s.pcap", corpus, names[i]);
		road_run(&r, path);
		assert_int_equal(r.requests, 2);
		assert_true(r.oddities >= 1);
		sk_buf_fini(&r.bodies);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(evader_hides_nothing), cmocka_unit_test(both_requests_of_a_desync_are_told),
	};
	const char *srcdir = getenv("srcdir");

	snprintf(corpus, sizeof(corpus), "%s/../shared/corpus", srcdir ? srcdir : ".");
	if (access(corpus, R_OK) != 0) {
		printf("skipped: no captures in %s\n", corpus);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
