/* tests/unit/flow/t_defrag_corpus.c — what the shared corpus' captures of fragments must show. Skipped (77) where there is no corpus.
 *
 * source   the expectations of OISF/suricata-verify for the same captures, in our words
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "capture/capture.h"
#include "decode/decode.h"
#include "flow/defrag.h"

#define V6 "suricata-verify/ipv6-evasion/ipv6-malformed-fragments-"
#define GRE "suricata-verify/defrag/bug-6942-6887-defrag-eth-ip-gre-ppp-ip-udp-data/eth-ip-gre-ppp-max-ip-packet.pcap"

static const struct {
	const char *path, *oddity;	/* oddity NULL: only the numbers count */
	unsigned whole, tcp, udp;	/* datagrams put together; transports of them */
} cases[] = {
	{ "suricata-verify/defrag/bug-6887-defrag-eth-vlan-ipv4-tcp-syn/frag-eth-vlan-ip-tcp-syn.pcap", "tiny_fragment", 1, 1, 0 },
	{ "suricata-verify/defrag/bug-6887-defrag-ppp-ipv4-tcp-syn/frag-ppp-ip-tcp-syn.pcap", "tiny_fragment", 1, 1, 0 },
	{ "suricata-verify/defrag/bug-6887-defrag-ipv6-tcp/frag-ip-tcp.pcap", NULL, 1, 1, 0 },
	{ "suricata-verify/defrag/bug-6887-defrag-ppp-ipv6-tcp/frag-ppp-ipv6-tcp.pcap", NULL, 1, 1, 0 },
	{ GRE, NULL, 1, 0, 1 },
	{ V6 "2/frag-2.pcap", "ipv6_fragment_overlap", 1, 0, 0 },
	{ V6 "4/frag-4.pcap", "ipv6_fragment_overlap", 1, 0, 0 },
	{ V6 "7/frag-7.pcap", "ipv6_fragment_overlap", 0, 0, 0 },
	{ V6 "8/frag-8.pcap", "ipv6_fragment_overlap", 0, 0, 0 },
	{ V6 "29/frag-29.pcap", "ipv6_fragment_overlap", 0, 0, 0 },
	{ V6 "10/frag-10.pcap", "duplicate_fragment_header", 0, 0, 0 },
	{ V6 "12/frag-12.pcap", "duplicate_fragment_header", 0, 0, 0 },
	{ V6 "15/frag-15.pcap", "fragment_too_large", 0, 0, 0 },
	{ V6 "16/frag-16.pcap", "fragment_too_large", 0, 0, 0 },
	{ V6 "33/frag-33.pcap", "fragment_too_large", 0, 0, 0 },
	{ V6 "22/frag-22.pcap", "bad_fragment", 0, 0, 0 },
	{ V6 "23/frag-23.pcap", "bad_fragment", 0, 0, 0 },
	{ V6 "24/frag-24.pcap", "bad_fragment", 0, 0, 0 },
	{ V6 "25/frag-25.pcap", "truncated_header", 0, 0, 0 },
	{ V6 "26/frag-26.pcap", "truncated_header", 0, 0, 0 },
	{ V6 "27/frag-27.pcap", "truncated_header", 0, 0, 0 },
	{ V6 "28/frag-28.pcap", "truncated_header", 0, 0, 0 },
	{ "suricata-verify/security-8510/defrag-af-confusion-spray-h8.pcap", "bad_udp_length", 8192, 0, 0 },
	{ "zeek/ipv4/fragmented-4.pcap", "fragment_overlap", 1, 1, 0 },
};

struct result {
	unsigned whole, tcp, udp;
	const char *wanted;
	bool seen;
};

static void on_oddity(void *cx, const struct sk_packet *p, const char *name, struct sk_span bytes, struct sk_span other, uint64_t off)
{
	struct result *r = cx;

	(void)p, (void)bytes, (void)other, (void)off;
	r->seen = r->seen || (r->wanted && strcmp(name, r->wanted) == 0);
}

static void look_for_bits(struct result *r, const struct sk_packet *p)
{
	for (unsigned i = 0; i < SK_PACKET_ODDITY_CNT; i++)
		if (p->oddities >> i & 1)
			on_oddity(r, p, sk_packet_oddity_names[i], sk_span(NULL, 0), sk_span(NULL, 0), 0);
}

static void take(struct sk_decode *decode, struct sk_defrag *d, const struct sk_raw *raw, struct result *r)
{
	struct sk_packet p, whole;
	struct sk_span ip;
	int rc = sk_decode(decode, raw, &p);

	look_for_bits(r, &p);
	while (rc == 0 && p.flags & SK_PACKET_FRAGMENT && sk_defrag_push(d, &p, &ip)) {
		r->whole++;
		rc = sk_decode_datagram(decode, ip, &p, &whole);
		look_for_bits(r, &whole);
		p = whole;
		if (rc == 0 && !(p.flags & SK_PACKET_FRAGMENT)) {
			r->tcp += p.proto == 6;
			r->udp += p.proto == 17;
		}
	}
}

static int read_case(const char *corpus, const char *path, struct result *r)
{
	static struct sk_decode decode;
	struct sk_policies policies = { NULL, 0, SK_POLICY_LINUX };
	struct sk_raw burst[SK_CAPTURE_BURST_MAX];
	struct sk_defrag *d = sk_defrag_new(16 << 20, UINT64_C(30000000000), &policies, on_oddity, r);
	struct sk_capture *c;
	struct sk_error e;
	char full[4096];
	int n;

	snprintf(full, sizeof(full), "%s/%s", corpus, path);
	n = sk_capture_open_file(&c, full, NULL, &e);
	if (n == 0) {
		sk_decode_init(&decode, SK_CHECKSUMS_ALL);
		while ((n = sk_capture_next(c, burst, SK_CAPTURE_BURST_MAX, 0, &e)) > 0)
			for (int i = 0; i < n; i++)
				take(&decode, d, &burst[i], r);
		sk_capture_close(c);
	}
	sk_defrag_free(d);
	return n;
}

int main(void)
{
	const char *srcdir = getenv("srcdir");
	unsigned read = 0, wrong = 0;
	char corpus[2048];

	snprintf(corpus, sizeof(corpus), "%s/../shared/corpus", srcdir ? srcdir : ".");
	for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++) {
		struct result r = { .wanted = cases[i].oddity };

		if (read_case(corpus, cases[i].path, &r) != SK_E_EOF)
			continue;
		read++;
		if (r.whole == cases[i].whole && r.tcp == cases[i].tcp && r.udp == cases[i].udp && (r.seen || !r.wanted))
			continue;
		wrong++;
		printf("%s: %u whole, %u TCP, %u UDP, %s %s\n", cases[i].path, r.whole, r.tcp, r.udp, r.wanted ? r.wanted : "nothing",
			r.seen ? "seen" : "not seen");
	}
	if (read == 0) {
		printf("skipped: no corpus\n");
		return 77;
	}
	printf("%u captures, %u not as expected\n", read, wrong);
	return wrong ? 1 : 0;
}
