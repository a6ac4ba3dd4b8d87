/* tests/unit/classify/t_classify.c — the wrapper around nDPI: lazily, capped, bounded, stable names. */
#include "unit.h"
#include "packet.h"

#include "classify/classify.h"
#include "decode/decode.h"

struct link {
	struct sk_classify *c;
	struct sk_decode d;
	struct sk_flow f;
	uint64_t number;
	bool stays;			/* frames are kept in … */
	struct pk frames[4];
	unsigned frame_cnt;
};

static void open_any(struct link *l, unsigned max_packets, size_t max_flows, bool at_once)
{
	struct sk_error e;

	memset(l, 0, sizeof(*l));
	sk_decode_init(&l->d, SK_CHECKSUMS_NONE);
	l->c = sk_classify_new(max_packets, max_flows, at_once, &e);
	assert_non_null(l->c);
}

static void open_link(struct link *l, unsigned max_packets, size_t max_flows)
{
	open_any(l, max_packets, max_flows, true);
}

static void send_tcp(struct link *l, struct sk_flow *f, int dir, uint32_t seq, const char *payload)
{
	struct sk_packet p;
	struct sk_raw raw;
	struct pk here, *b = l->stays ? &l->frames[l->frame_cnt++] : &here;

	if (dir == SK_TO_SERVER)
		pk_tcp_frame(b, "10.0.0.1", 40000, "10.0.0.2", 8080, seq, 1, 0x18, payload, strlen(payload));
	else
		pk_tcp_frame(b, "10.0.0.2", 8080, "10.0.0.1", 40000, seq, 1, 0x18, payload, strlen(payload));
	l->number++;
	raw = pk_raw(b, l->number, l->number * 1000000);
	assert_int_equal(sk_decode(&l->d, &raw, &p), 0);
	f->info.proto = 6;
	p.flags |= l->stays ? SK_PACKET_STAYS : 0;
	sk_classify_packet(l->c, f, &p);
}

static const char request[] = "GET /index.html HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n";
static const char response[] = "HTTP/1.1 200 OK\r\nServer: test\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok";

static void http_is_recognised(void **state)
{
	struct link l;
	const struct sk_classify_counters *n;

	open_link(&l, 12, 100);
	n = sk_classify_counters(l.c);
	send_tcp(&l, &l.f, SK_TO_SERVER, 1, "");
	assert_null(l.f.classify);
	assert_int_equal(n->flows, 0);
	send_tcp(&l, &l.f, SK_TO_SERVER, 1, request);
	send_tcp(&l, &l.f, SK_TO_CLIENT, 1, response);
	assert_int_equal(n->flows, 1);
	sk_classify_flow_end(l.c, &l.f);
	sk_classify_forget(l.c, &l.f);
	assert_null(l.f.classify);
	assert_string_equal(l.f.info.ndpi_protocol, "HTTP");
	assert_string_equal(l.f.info.ndpi_category, "Web");
	assert_int_equal(n->detected, 1);
	sk_classify_free(l.c);
}

static void names_are_the_same_pointers(void **state)
{
	struct sk_flow g = { 0 };
	struct link l;

	open_link(&l, 12, 100);
	for (int i = 0; i < 2; i++) {
		send_tcp(&l, i ? &g : &l.f, SK_TO_SERVER, 1, request);
		send_tcp(&l, i ? &g : &l.f, SK_TO_CLIENT, 1, response);
		sk_classify_flow_end(l.c, i ? &g : &l.f);
	}
	assert_ptr_equal(l.f.info.ndpi_protocol, g.info.ndpi_protocol);
	assert_ptr_equal(l.f.info.ndpi_category, g.info.ndpi_category);
	sk_classify_free(l.c);
}

static void packets_are_capped(void **state)
{
	struct link l;

	open_link(&l, 4, 100);
	for (unsigned i = 0; i < 20; i++)
		send_tcp(&l, &l.f, i % 2, 1 + 4 * i, "\x01\x9d\x80\xee");
	assert_int_equal(sk_classify_counters(l.c)->packets, 4);
	sk_classify_flow_end(l.c, &l.f);
	sk_classify_free(l.c);
}

static void flows_are_bounded(void **state)
{
	struct sk_flow f[5] = { 0 };
	struct link l;

	open_link(&l, 12, 3);
	for (unsigned i = 0; i < 5; i++)
		send_tcp(&l, &f[i], SK_TO_SERVER, 1, "\x01\x9d\x80\xee");
	assert_int_equal(sk_classify_counters(l.c)->flows, 3);
	assert_int_equal(sk_classify_counters(l.c)->refused, 2);
	for (unsigned i = 0; i < 5; i++)
		sk_classify_flow_end(l.c, &f[i]);
	send_tcp(&l, &l.f, SK_TO_SERVER, 1, request);
	assert_int_equal(sk_classify_counters(l.c)->flows, 4);
	sk_classify_flow_end(l.c, &l.f);
	sk_classify_free(l.c);
}

static void risks_have_names(void **state)
{
	unsigned n = 0;

	while (sk_classify_risk_name(n)) {
		assert_true(strlen(sk_classify_risk_name(n)) > 1);
		n++;
	}
	assert_in_range(n, 40, 64);
	assert_null(sk_classify_risk_name(64));
	assert_true(strlen(sk_classify_version()) >= 3);
}

static void what_is_known_is_dropped(void **state)
{
	struct link l;
	const struct sk_classify_counters *n;

	open_link(&l, 12, 1);
	n = sk_classify_counters(l.c);
	send_tcp(&l, &l.f, SK_TO_SERVER, 1, request);
	assert_int_equal(n->packets, 1);
	sk_classify_drop(l.c, &l.f);
	assert_null(l.f.info.ndpi_protocol);
	assert_null(l.f.info.ndpi_category);
	send_tcp(&l, &l.f, SK_TO_CLIENT, 1, response);
	sk_classify_drop(l.c, &l.f);
	assert_int_equal(n->packets, 1);
	assert_int_equal(n->dropped, 1);
	sk_classify_flow_end(l.c, &l.f);
	sk_classify_forget(l.c, &l.f);
	assert_null(l.f.classify);
	assert_null(l.f.info.ndpi_protocol);
	/* its place is free again, of the one there is */
	send_tcp(&l, &l.f, SK_TO_SERVER, 1, request);
	assert_int_equal(n->refused, 0);
	sk_classify_flow_end(l.c, &l.f);
	assert_string_equal(l.f.info.ndpi_protocol, "HTTP");
	sk_classify_free(l.c);
}

/* What was kept gives the names that it gives at once, in the middle of a flow, behind it and not at all. */
static void names_wait_until_asked(void **state)
{
	struct sk_flow g = { 0 };
	struct link l;
	const struct sk_classify_counters *n;

	open_any(&l, 12, 100, false);
	n = sk_classify_counters(l.c);
	for (int i = 0; i < 2; i++) {
		send_tcp(&l, i ? &g : &l.f, SK_TO_SERVER, 1, request);
		send_tcp(&l, i ? &g : &l.f, SK_TO_CLIENT, 1, response);
	}
	assert_int_equal(n->flows, 0);
	assert_null(l.f.info.ndpi_protocol);
	sk_classify_name(l.c, &l.f);
	assert_string_equal(l.f.info.ndpi_protocol, "HTTP");
	assert_int_equal(n->flows, 1);
	assert_int_equal(n->packets, 2);
	sk_classify_name(l.c, &l.f);
	sk_classify_flow_end(l.c, &l.f);
	sk_classify_forget(l.c, &l.f);
	assert_null(l.f.classify);
	assert_int_equal(n->detected, 1);
	sk_classify_flow_end(l.c, &g);
	assert_null(g.info.ndpi_protocol);
	sk_classify_name(l.c, &g);
	assert_ptr_equal(g.info.ndpi_protocol, l.f.info.ndpi_protocol);
	sk_classify_forget(l.c, &g);
	assert_int_equal(n->unasked, 0);
	g = (struct sk_flow){ 0 };
	send_tcp(&l, &g, SK_TO_SERVER, 1, request);
	sk_classify_flow_end(l.c, &g);
	sk_classify_forget(l.c, &g);
	assert_null(g.classify);
	assert_null(g.info.ndpi_protocol);
	assert_int_equal(n->unasked, 1);
	assert_int_equal(n->flows, 2);
	sk_classify_free(l.c);
}

/* A guess behind the last packet is the same guess later. */
static void a_late_guess_is_the_same(void **state)
{
	const char *name[2];

	for (int late = 0; late < 2; late++) {
		struct link l;

		open_any(&l, 12, 100, !late);
		send_tcp(&l, &l.f, SK_TO_SERVER, 1, "\x01\x9d\x80\xee");
		sk_classify_flow_end(l.c, &l.f);
		if (late)
			sk_classify_name(l.c, &l.f);
		name[late] = l.f.info.ndpi_protocol;
		assert_int_equal(sk_classify_counters(l.c)->packets, 1);
		assert_int_equal(sk_classify_counters(l.c)->guessed, name[late] != NULL);
		sk_classify_forget(l.c, &l.f);
		if (name[late])
			name[late] = strdup(name[late]);
		sk_classify_free(l.c);
	}
	if (name[0])
		assert_string_equal(name[0], name[1]);
	else
		assert_null(name[1]);
	free((void *)(uintptr_t)name[0]);
	free((void *)(uintptr_t)name[1]);
}

/* The packets kept longest are shown to nDPI to make room; no flow is refused while there are such. */
static void what_is_kept_is_bounded(void **state)
{
	static char big[1001];
	struct sk_flow f[20] = { 0 };
	struct link l;
	const struct sk_classify_counters *n;

	memset(big, 'x', 1000);
	open_any(&l, 12, 2, false);
	n = sk_classify_counters(l.c);
	send_tcp(&l, &f[0], SK_TO_SERVER, 1, request);
	send_tcp(&l, &f[0], SK_TO_CLIENT, 1, response);
	for (unsigned i = 1; i < 16; i++)	/* eight times as many may wait as nDPI may have */
		send_tcp(&l, &f[i], SK_TO_SERVER, 1, "\x01\x9d\x80\xee");
	assert_int_equal(n->flows, 0);
	send_tcp(&l, &f[16], SK_TO_SERVER, 1, "\x01\x9d\x80\xee");
	assert_int_equal(n->flows, 1);
	assert_string_equal(f[0].info.ndpi_protocol, "HTTP");
	assert_int_equal(n->refused, 0);
	for (unsigned i = 0; i < 17; i++)
		sk_classify_forget(l.c, &f[i]);
	sk_classify_free(l.c);

	/* nDPI is given no more than it may have, and none is taken that could not be shown: both are counted */
	open_any(&l, 12, 1, false);
	n = sk_classify_counters(l.c);
	for (unsigned i = 0; i < 3; i++)
		send_tcp(&l, &f[i], SK_TO_SERVER, 1, "\x01\x9d\x80\xee");
	sk_classify_name(l.c, &f[0]);
	assert_int_equal(n->flows, 1);
	assert_int_equal(n->refused, 0);
	sk_classify_name(l.c, &f[1]);
	assert_int_equal(n->flows, 1);
	assert_int_equal(n->refused, 1);
	for (unsigned i = 3; i < 10; i++)
		send_tcp(&l, &f[i], SK_TO_SERVER, 1, "\x01\x9d\x80\xee");
	assert_int_equal(n->refused, 1);
	send_tcp(&l, &f[10], SK_TO_SERVER, 1, "\x01\x9d\x80\xee");
	assert_int_equal(n->refused, 2);
	for (unsigned i = 0; i < 11; i++)
		sk_classify_forget(l.c, &f[i]);
	sk_classify_free(l.c);

	open_any(&l, 64, 4, false);		/* 16 KiB */
	n = sk_classify_counters(l.c);
	send_tcp(&l, &f[3], SK_TO_SERVER, 1, request);
	for (unsigned i = 0; i < 10; i++)
		send_tcp(&l, &f[4], SK_TO_SERVER, 1 + 1000 * i, big);
	assert_int_equal(n->flows, 0);
	for (unsigned i = 10; i < 20; i++)
		send_tcp(&l, &f[4], SK_TO_SERVER, 1 + 1000 * i, big);
	assert_int_equal(n->flows, 2);
	assert_string_equal(f[3].info.ndpi_protocol, "HTTP");
	assert_int_equal(n->refused, 0);
	sk_classify_drop(l.c, &f[4]);
	sk_classify_forget(l.c, &f[3]);
	sk_classify_free(l.c);
}

/* Packets whose bytes stay are not copied until these go. */
static void places_are_settled(void **state)
{
	enum { ASKED, COPIED, LOST, HOW_CNT };
	static struct link l;
	const struct sk_classify_counters *n;

	for (int how = 0; how < HOW_CNT; how++) {
		open_any(&l, 12, 100, false);
		l.stays = true;
		n = sk_classify_counters(l.c);
		send_tcp(&l, &l.f, SK_TO_SERVER, 1, request);
		send_tcp(&l, &l.f, SK_TO_CLIENT, 1, response);
		if (how != ASKED) {
			sk_classify_settle(l.c, how == LOST);
			memset(l.frames, 0, sizeof(l.frames));
			l.stays = false;
			send_tcp(&l, &l.f, SK_TO_SERVER, 85, request);
		}
		sk_classify_name(l.c, &l.f);
		assert_int_equal(n->refused, how == LOST);
		if (how == LOST)
			assert_null(l.f.info.ndpi_protocol);
		else
			assert_string_equal(l.f.info.ndpi_protocol, "HTTP");
		sk_classify_flow_end(l.c, &l.f);
		sk_classify_forget(l.c, &l.f);
		sk_classify_free(l.c);
	}
}

/* Where there is no room for copies, nDPI is shown what was kept longest. */
static void what_is_settled_is_bounded(void **state)
{
	static char big[1001];
	struct sk_flow f[2] = { 0 };
	static struct link l;

	memset(big, 'x', 1000);
	open_any(&l, 12, 1, false);		/* 4 KiB */
	l.stays = true;
	send_tcp(&l, &f[0], SK_TO_SERVER, 1, request);
	send_tcp(&l, &f[0], SK_TO_CLIENT, 1, response);
	assert_int_equal(sk_classify_counters(l.c)->flows, 0);
	sk_classify_settle(l.c, false);
	assert_int_equal(sk_classify_counters(l.c)->flows, 0);
	sk_classify_drop(l.c, &f[0]);
	l.frame_cnt = 0;
	for (unsigned i = 0; i < 4; i++)
		send_tcp(&l, &f[1], SK_TO_SERVER, 1 + 1000 * i, big);
	assert_int_equal(sk_classify_counters(l.c)->flows, 0);
	sk_classify_settle(l.c, false);
	assert_int_equal(sk_classify_counters(l.c)->flows, 1);
	assert_int_equal(sk_classify_counters(l.c)->packets, 4);
	sk_classify_forget(l.c, &f[1]);
	sk_classify_free(l.c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(http_is_recognised),
		cmocka_unit_test(names_are_the_same_pointers),
		cmocka_unit_test(packets_are_capped),
		cmocka_unit_test(flows_are_bounded), cmocka_unit_test(names_wait_until_asked),
		cmocka_unit_test(a_late_guess_is_the_same), cmocka_unit_test(what_is_kept_is_bounded), cmocka_unit_test(places_are_settled),
		cmocka_unit_test(what_is_settled_is_bounded),
		cmocka_unit_test(what_is_known_is_dropped), cmocka_unit_test(risks_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
