/* tests/unit/app/t_corpus.c — public captures through the road up to app/: what must be seen in them.
 *
 * what     what tests/corpus does not ask for: values published with the captures (suricata-verify test.yaml, nDPI result files,
 *          Zeek baselines) or printed by
 *          tshark; with file names as arguments it prints every event of them instead
 * in       $srcdir/../shared/corpus; skipped (77) where that is absent
 */
#include <unistd.h>

#include "unit.h"

#include "app_kit.h"
#include "capture/capture.h"
#include "decode/decode.h"

static char corpus[4096];

struct replay {
	struct kit k;			/* its registry, its log */
	struct sk_flow_table *flows;
	struct sk_reassembly *tcp;
};

static void on_run(void *cx, struct sk_flow *f, int dir, const struct sk_run *run)
{
	struct replay *r = cx;

	if (!f->done)
		sk_app_run(r->k.app, f, dir, run);
}

static void on_oddity(void *cx, struct sk_flow *f, int dir, const struct sk_packet *p, const char *name, struct sk_span bytes,
		      struct sk_span other, uint64_t offset)
{
}

static void on_swap(void *cx, struct sk_flow *f)
{
	struct replay *r = cx;

	sk_flow_swap(r->flows, f);
}

static void on_end(void *cx, struct sk_flow *f, enum sk_flow_reason why)
{
	struct replay *r = cx;

	sk_reassembly_flow_end(r->tcp, f, f->info.last_ns);
	sk_app_flow_end(r->k.app, f, why);
}

static void packet(struct replay *r, const struct sk_packet *p)
{
	uint64_t hash = sk_flow_hash(r->flows, p);
	int dir;
	struct sk_flow *f = sk_flow_find(r->flows, p, hash, &dir);

	if (f && p->proto == 6 && sk_reassembly_is_reuse(f, p, dir)) {
		sk_flow_end(r->flows, f, SK_FLOW_END_REUSED);
		f = NULL;
	}
	if (!f) {
		f = sk_flow_add(r->flows, p, hash, &dir);
		if (!f)
			return;
		sk_app_flow_start(r->k.app, f, p);
	}
	sk_flow_touch(r->flows, f, p, dir);
	if (p->flags & (SK_PACKET_NO_TRANSPORT | SK_PACKET_FRAGMENT))
		return;
	if (p->proto == 6)
		sk_reassembly_packet(r->tcp, f, dir, p);
	else if (!f->done)
		sk_app_datagram(r->k.app, f, dir, p);
}

/* The events of the kinds (bits) in the file, one per line; NULL when it cannot be read. Valid until the next call. */
static const char *events(const char *path, uint64_t kinds)
{
	static struct replay r;
	const struct sk_flow_conf flow = { .max = 100000, .arena_cap = 1 << 20, .new_ns = UINT64_C(1) << 40, .established_ns = UINT64_C(1) << 50,
		.closed_ns = UINT64_C(1) << 40, .datagram_ns = UINT64_C(1) << 40,
		.answered_ns = UINT64_C(1) << 40 };
	const struct sk_reassembly_conf tcp = { .max_bytes = 1 << 20, .max_total = 64 << 20, .midstream = true };
	struct sk_capture *c;
	struct sk_raw burst[SK_CAPTURE_BURST_MAX];
	struct sk_decode decode;
	struct sk_error e;
	int n;

	sk_buf_fini(&r.k.log);
	memset(&r, 0, sizeof(r));
	sk_registry_init(&r.k.registry);
	r.k.wanted.kinds = kinds;
	memset(r.k.wanted.fields, 0xff, sizeof(r.k.wanted.fields));
	if (sk_capture_open_file(&c, path, NULL, &e) < 0)
		return NULL;
	r.k.app = sk_app_new(NULL, &r.k.wanted, kit_publish, &r.k);
	sk_app_on_swap(r.k.app, on_swap);
	r.flows = sk_flow_table_new(&flow, on_end, &r);
	r.tcp = sk_reassembly_new(&tcp, on_run, on_oddity, &r);
	sk_decode_init(&decode, SK_CHECKSUMS_NONE);
	while ((n = sk_capture_next(c, burst, SK_CAPTURE_BURST_MAX, 0, &e)) > 0) {
		for (int i = 0; i < n; i++) {
			struct sk_packet p;

			if (sk_decode(&decode, &burst[i], &p) == 0)
				packet(&r, &p);
		}
	}
	sk_capture_close(c);
	sk_flow_table_free(r.flows);
	sk_reassembly_free(r.tcp);
	sk_app_free(r.k.app);
	return sk_buf_str(&r.k.log);
}

static const char *corpus_events(const char *name, uint64_t kinds)
{
	char path[8192];
	const char *log;

	snprintf(path, sizeof(path), "%s/%s", corpus, name);
	log = events(path, kinds);
	if (!log)
		fail_msg("cannot read %s", path);
	return log;
}

static unsigned count(const char *log, const char *what)
{
	unsigned n = 0;

	for (const char *p = log; (p = strstr(p, what)); p++)
		n++;
	return n;
}

#define HAS(log, what) do { if (!strstr(log, what)) fail_msg("no \"%s\" in:\n%.4000s", what, log); } while (0)
#define HAS_NOT(log, what) do { if (strstr(log, what)) fail_msg("there is \"%s\" in:\n%.4000s", what, log); } while (0)

#define TLS (UINT64_C(1) << SK_KIND_TLS_CLIENT_HELLO | UINT64_C(1) << SK_KIND_TLS_SERVER_HELLO | \
	     UINT64_C(1) << SK_KIND_TLS_CERTIFICATE | UINT64_C(1) << SK_KIND_TLS_ODDITY)
#define DNS (UINT64_C(1) << SK_KIND_DNS_QUERY | UINT64_C(1) << SK_KIND_DNS_ANSWER | UINT64_C(1) << SK_KIND_DNS_ODDITY)
#define WEBSOCKET (UINT64_C(1) << SK_KIND_WEBSOCKET_OPEN | UINT64_C(1) << SK_KIND_WEBSOCKET_MESSAGE | \
		   UINT64_C(1) << SK_KIND_WEBSOCKET_ODDITY)

/* nDPI tests/cfgs/default/result/tls_ech.pcapng.out: JA3, JA3S, JA4, ECH, SNI, ALPN. */
static void ndpi_ech(void **state)
{
	const char *log = corpus_events("ndpi/tls_ech.pcapng", TLS);

	HAS(log, "tls.client_hello to_server sni=performance.radar.cloudflare.com alpn=h2,http/1.1 version=771 versions=772,771 "
		 "ja3=6820f114cf3b0809ffdcb30cb277848a ");
	HAS(log, " ech=1 grease=1\n");
	HAS(log, " ja4=t13d1516h2_8daaf6152771_02713d6af862 ");
	HAS(log, "tls.server_hello to_client sni=performance.radar.cloudflare.com version=772 cipher=4865 ja3s=eb1d94daa7e0344597e756a1fb6e7054\n");
	HAS_NOT(log, "tls.oddity");
}

/* suricata-verify tests/ja4-tls/test.yaml. */
static void suricata_ja4(void **state)
{
	HAS(corpus_events("suricata-verify/ja4-tls/input.pcap", TLS), " ja4=t12i1810s1_27d4652c4487_06a4338d0495\n");
}

/* nDPI's tls_port_80.pcapng.out; its JA4 says d where no name was sent, FoxIO's text wants i. */
static void ndpi_tls_on_port_80(void **state)
{
	const char *log = corpus_events("ndpi/tls_port_80.pcapng", TLS);

	HAS(log, "ja3=3f2fba0262b1a22b739126dfb2fe7a7d ");
	HAS(log, " ja4=t12i550500_168bb377f8c8_a1e935682795\n");
	HAS(log, "ja3s=107030a763c7224285717ff1569a17f3\n");
	HAS(log, "tls.certificate to_client index=0 subject=C=DE,%20O=philandro%20Software%20GmbH,%20CN=AnyNet%20Relay");	/* the capture ends inside the chain */
}

/* nDPI's ja3_lots_of_cipher_suites.pcap.out. */
static void ndpi_certificate(void **state)
{
	const char *log = corpus_events("ndpi/ja3_lots_of_cipher_suites.pcap", TLS);

	HAS(log, "ja3s=9d456958a9e86bb0d503543beaf1a65b\n");
	HAS(log, "issuer=C=US,%20ST=New%20York,%20L=Rochester,%20O=Xerox%20Corporation,%20OU=Generic%20Root%20Certificate%20Authority,"
		 "%20CN=Xerox%20Generic%20Root%20Certificate%20Authority ");
	HAS(log, " sha1=3b2b5e586e3e301f52bf9b812047de10a0678efa ");
	HAS(log, "not_before=1543517842000000000 not_after=1701284242000000000 self_issued=0\n");	/* 2018-11-29 18:57:22, five years */
	assert_int_equal(count(log, "tls.certificate "), 2);
}

/* Zeek's hrr.pcap: two hellos each way; ssl-v2.pcap: a certificate in an SSL 2 hello; heartbleed.pcap. */
static void zeek_tls(void **state)
{
	const char *log = corpus_events("zeek/tls/hrr.pcap", TLS);

	assert_int_equal(count(log, "tls.client_hello "), 2);
	assert_int_equal(count(log, "tls.server_hello "), 2);
	HAS_NOT(log, "tls.oddity");
	log = corpus_events("zeek/tls/ssl-v2.pcap", TLS);
	HAS(log, "tls.client_hello to_server version=2\n");
	HAS(log, "CN=plesk,%20emailAddress=info@plesk.com cn=plesk ");
	HAS(corpus_events("zeek/tls/heartbleed.pcap", TLS), "name=heartbeat_overread");
	HAS(corpus_events("zeek/tls/tls-1.2-protocol-error.pcap", TLS), "name=bad_record");
	HAS_NOT(corpus_events("suricata-verify/tls/tls13-draft14/tls13_draft14.pcap", TLS), "tls.oddity");
	log = corpus_events("zeek/tls/chrome-1250-tls-x25519-kyber.pcap", TLS);
	HAS(log, "tls.client_hello");	/* in two segments, for its key share */
	HAS_NOT(log, "tls.oddity");
}

/* suricata-verify tests/ja4-cl-handshake/test.yaml: the lists, as JA3 writes them. */
static void suricata_client_handshake(void **state)
{
	HAS(corpus_events("suricata-verify/ja4-cl-handshake/input.pcap", TLS),
	    "ja3.string=771,49196-49200-159-52393-52392-52394-49195-49199-158-49188-49192-107-49187-49191-103-49162-49172-57-49161-49171-51-"
	    "157-156-61-60-53-47-255,0-11-10-35-22-23-13,");
}

/* Captures that begin with the response: client and server are turned round. */
static void reversed_dns(void **state)
{
	HAS(corpus_events("suricata-verify/dns-reversed-udp-1/input.pcap", DNS), "dns.answer to_client name=www.suricata-ids.org type=A "
	    "rcode=NOERROR id=36146 address=192.0.78.24,192.0.78.25 cname=suricata-ids.org ");
	HAS(corpus_events("suricata-verify/dns-reversed-tcp-1/dns.pcap", DNS), "dns.answer to_client name=www.google.com type=A rcode=NOERROR ");
}

static void odd_dns(void **state)
{
	const char *log = corpus_events("suricata-verify/dns/dns-invalid-opcode/input.pcap", DNS);

	assert_int_equal(count(log, "name=unknown_opcode"), 2);
	HAS(log, "dns.query to_server name=suricata.io name.raw=suricata.io type=A class=1 id=1 opcode=9 ");
	HAS(corpus_events("suricata-verify/dns/dns-forward-pointer/input.pcap", DNS), "name=pointer_forward");
	HAS_NOT(corpus_events("suricata-verify/dns-udp-z-flag-fp/suricatafpdnsdecoder.pcap", DNS), "dns.oddity");
	assert_int_equal(count(corpus_events("ndpi/malformed_dns.pcap", DNS), "name=name_too_long"), 4);
	HAS_NOT(corpus_events("zeek/dns/mdns.pcap", DNS), "dns.oddity");
	HAS(corpus_events("zeek/dns/max-compression-depth.pcap", DNS), "address=127.0.0.1,127.0.0.2,127.0.0.3,127.0.0.4,127.0.0.5,127.0.0.6,127.0.0.7 ");
	HAS(corpus_events("zeek/dns_original_case.pcap", DNS), "name.raw=");
	HAS(corpus_events("zeek/dns-https.pcap", DNS), " type=HTTPS ");
	HAS(corpus_events("zeek/dns-svcb.pcap", DNS), " type=SVCB ");
}

/* suricata-verify tests/websocket-*, Zeek's websocket traces: through the HTTP handshake. */
static void websockets(void **state)
{
	const char *log = corpus_events("suricata-verify/websocket-control-frag/input.pcap", WEBSOCKET);
	HAS(log, "opcode=ping fragments=1 ");
	HAS(log, "last=1 truncated=0 opcode=text fragments=2 ");
	HAS(corpus_events("zeek/websocket/oversized-close-frame.pcapng", WEBSOCKET), "name=oversize_control_frame");
	log = corpus_events("zeek/websocket/reply-ping-coalesced.pcap", WEBSOCKET);
	HAS(log, "to_server payload=Hello%20Zeek! last=1 ");
	HAS(log, "to_client payload=Hello%20there! last=1 ");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ndpi_ech),
		cmocka_unit_test(suricata_ja4),
		cmocka_unit_test(ndpi_tls_on_port_80),
		cmocka_unit_test(ndpi_certificate),
		cmocka_unit_test(zeek_tls),
		cmocka_unit_test(suricata_client_handshake),
		cmocka_unit_test(reversed_dns),
		cmocka_unit_test(odd_dns),
		cmocka_unit_test(websockets),
	};
	const char *srcdir = getenv("srcdir");

	for (int i = 1; i < argc; i++) {
		const char *log = events(argv[i], UINT64_MAX & ~(UINT64_C(1) << SK_KIND_STREAM_DATA));

		printf("%s", log ? log : "cannot read it\n");
	}
	if (argc > 1)
		return 0;
	snprintf(corpus, sizeof(corpus), "%s/../shared/corpus", srcdir ? srcdir : ".");
	if (access(corpus, R_OK) != 0)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
