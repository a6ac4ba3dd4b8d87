/* tests/unit/decode/t_decode.c — every link type, tunnel, IP and transport header; checksums; truncation at every length.
 *
 * The frames of cases[] all carry the same TCP segment: 10.1.0.1:40000 to 10.1.0.2:80 (or 2001:db8::1 to 2001:db8::2), seq 1000,
 * ack 2000, PSH and ACK, "hello".
 */
#include "unit.h"

#include "base/err.h"
#include "decode/decode.h"
#include "packet.h"

#define V4_A "10.1.0.1"
#define V4_B "10.1.0.2"
#define V6_A "2001:db8::1"
#define V6_B "2001:db8::2"

static void tcp4(struct pk *p)
{
	pk_begin(p, "hello", 5);
	pk_tcp(p, 40000, 80, 1000, 2000, 0x18);
	pk_ipv4(p, V4_A, V4_B, 6);
}

static void tcp6(struct pk *p)
{
	pk_begin(p, "hello", 5);
	pk_tcp(p, 40000, 80, 1000, 2000, 0x18);
	pk_ipv6(p, V6_A, V6_B, 6);
}

static void eth4(struct pk *p)
{
	tcp4(p);
	pk_eth(p, 0x0800);
}

static void outer4(struct pk *p, unsigned proto)
{
	pk_ipv4(p, "192.0.2.1", "192.0.2.2", proto);
	pk_eth(p, 0x0800);
}

static void outer_udp(struct pk *p, unsigned port)
{
	pk_udp(p, 55555, port);
	outer4(p, 17);
}

#define PUSH(p, ...) \
	do { \
		static const uint8_t bytes_[] = { __VA_ARGS__ }; \
		pk_push(p, bytes_, sizeof(bytes_)); \
	} while (0)

static void f_eth4(struct pk *p) { eth4(p); }
static void f_eth6(struct pk *p) { tcp6(p); pk_eth(p, 0x86dd); }
static void f_eth_pad(struct pk *p)
{
	uint8_t padded[128] = { 0 };
	struct sk_span s;

	tcp4(p);
	s = pk_span(p);
	memcpy(padded, s.p, s.n);
	pk_begin(p, padded, 64);	/* 45 bytes of datagram, then padding */
	pk_eth(p, 0x0800);
}
static void f_snap(struct pk *p) { tcp4(p); PUSH(p, 0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00); pk_eth(p, 53); }
static void f_llc_ip(struct pk *p) { tcp4(p); PUSH(p, 6, 6, 3); pk_eth(p, 48); }
static void f_vlan(struct pk *p) { tcp4(p); pk_vlan(p, 100, 0x0800); pk_eth(p, 0x8100); }
static void f_qinq(struct pk *p) { tcp4(p); pk_vlan(p, 100, 0x0800); pk_vlan(p, 200, 0x8100); pk_eth(p, 0x88a8); }
static void f_vlan4(struct pk *p)
{
	tcp6(p);
	pk_vlan(p, 4, 0x86dd);
	pk_vlan(p, 3, 0x9300);
	pk_vlan(p, 2, 0x9200);
	pk_vlan(p, 1, 0x9100);
	pk_eth(p, 0x88a8);
}
static void f_priority(struct pk *p) { tcp4(p); pk_vlan(p, 0xe000, 0x0800); pk_eth(p, 0x8100); }
static void f_vlan_snap(struct pk *p) { tcp4(p); PUSH(p, 0xaa, 0xaa, 3, 0, 0, 0xf8, 0x08, 0x00); pk_vlan(p, 100, 53); pk_eth(p, 0x8100); }
static void f_itag(struct pk *p) { eth4(p); PUSH(p, 0, 0, 0x12, 0x34); pk_vlan(p, 7, 0x88e7); pk_eth(p, 0x88a8); }
static void f_etag(struct pk *p) { tcp4(p); PUSH(p, 0, 1, 0, 2, 0, 3, 0x08, 0x00); pk_eth(p, 0x893f); }
static void f_vntag(struct pk *p) { tcp4(p); pk_vlan(p, 9, 0x0800); PUSH(p, 0, 1, 0, 2, 0x81, 0x00); pk_eth(p, 0x8926); }
static void f_mpls(struct pk *p) { tcp4(p); PUSH(p, 0, 0, 0x10, 64, 0, 0, 0x21, 64); pk_eth(p, 0x8847); }
static void f_mpls6(struct pk *p) { tcp6(p); PUSH(p, 0, 0, 0x21, 64); pk_eth(p, 0x8848); }
static void f_mpls_pw(struct pk *p) { eth4(p); PUSH(p, 0, 0, 0x21, 64, 0, 0, 0, 1); pk_eth(p, 0x8847); }
static void f_pppoe(struct pk *p) { tcp4(p); PUSH(p, 0x11, 0, 0, 1, 0, 47, 0, 0x21); pk_eth(p, 0x8864); }
static void f_pppoe6(struct pk *p) { tcp6(p); PUSH(p, 0x11, 0, 0, 1, 0, 66, 0x57); pk_eth(p, 0x8864); }
static void f_nsh(struct pk *p) { eth4(p); PUSH(p, 0, 6, 1, 3, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4); pk_eth(p, 0x894f); }
static void f_nsh_ip(struct pk *p) { tcp4(p); PUSH(p, 0, 2, 2, 1, 0, 0, 1, 1); pk_eth(p, 0x894f); }
static void f_raw4(struct pk *p) { tcp4(p); }
static void f_raw6(struct pk *p) { tcp6(p); }
static void f_null_le(struct pk *p) { tcp4(p); PUSH(p, 2, 0, 0, 0); }
static void f_null_be(struct pk *p) { tcp4(p); PUSH(p, 0, 0, 0, 2); }
static void f_null6_le(struct pk *p) { tcp6(p); PUSH(p, 30, 0, 0, 0); }
static void f_null6_be(struct pk *p) { tcp6(p); PUSH(p, 0, 0, 0, 24); }
static void f_null6_28(struct pk *p) { tcp6(p); PUSH(p, 28, 0, 0, 0); }
static void f_null6_10(struct pk *p) { tcp6(p); PUSH(p, 10, 0, 0, 0); }
static void f_ppp(struct pk *p) { tcp4(p); PUSH(p, 0xff, 3, 0, 0x21); }
static void f_ppp_short(struct pk *p) { tcp6(p); PUSH(p, 0x57); }
static void f_ppp_mpls(struct pk *p) { tcp4(p); PUSH(p, 0xff, 3, 2, 0x81, 0, 0, 0x11, 3); }
static void f_hdlc(struct pk *p) { tcp4(p); PUSH(p, 0x0f, 0, 0x08, 0x00); }
static void f_hdlc6(struct pk *p) { tcp6(p); PUSH(p, 0x8f, 0, 0x86, 0xdd); }
static void f_sll(struct pk *p) { tcp4(p); PUSH(p, 0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0x00); }
static void f_sll_vlan(struct pk *p) { tcp6(p); pk_vlan(p, 5, 0x86dd); PUSH(p, 0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x81, 0x00); }
static void f_sll_llc(struct pk *p) { tcp4(p); PUSH(p, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0); PUSH(p, 0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0, 4); }
static void f_sll2(struct pk *p) { tcp4(p); PUSH(p, 8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0); }
static void f_gre(struct pk *p) { tcp4(p); PUSH(p, 0, 0, 8, 0); outer4(p, 47); }
static void f_gre_all(struct pk *p)
{
	tcp6(p);
	PUSH(p, 0xf0, 0, 0x86, 0xdd, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 8, 0, 2, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0);
	outer4(p, 47);
}
static void f_nvgre(struct pk *p) { eth4(p); PUSH(p, 0x20, 0, 0x65, 0x58, 0, 0, 1, 0); outer4(p, 47); }
static void f_gre_pptp(struct pk *p) { tcp4(p); PUSH(p, 0x30, 0x81, 0x88, 0x0b, 0, 47, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0xff, 3, 0x21); outer4(p, 47); }
static void f_gre_wccp(struct pk *p) { tcp4(p); PUSH(p, 0, 0, 0x88, 0x3e, 0, 0, 0, 0); outer4(p, 47); }
static void f_gre_mpls(struct pk *p) { tcp4(p); PUSH(p, 0, 0, 0x88, 0x47, 0, 0, 0x11, 9); outer4(p, 47); }
static void f_erspan1(struct pk *p) { eth4(p); PUSH(p, 0, 0, 0x88, 0xbe); outer4(p, 47); }
static void f_erspan2(struct pk *p) { eth4(p); PUSH(p, 0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 1, 0, 1, 0, 0, 0, 0); outer4(p, 47); }
static void f_erspan3(struct pk *p) { eth4(p); PUSH(p, 0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0); outer4(p, 47); }
static void f_erspan3_o(struct pk *p)
{
	eth4(p);
	PUSH(p, 0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8);
	outer4(p, 47);
}
static void f_ipip(struct pk *p) { tcp4(p); outer4(p, 4); }
static void f_6in4(struct pk *p) { tcp6(p); outer4(p, 41); }
static void f_4in6(struct pk *p) { tcp4(p); pk_ipv6(p, "2001:db8:1::1", "2001:db8:1::2", 4); pk_eth(p, 0x86dd); }
static void f_6in6_options(struct pk *p) { tcp6(p); pk_ipv6_extension(p, 41); pk_ipv6(p, "2001:db8:1::1", "2001:db8:1::2", 60); pk_eth(p, 0x86dd); }
static void f_mpls_in_ip(struct pk *p) { tcp4(p); PUSH(p, 0, 0, 0x11, 9); outer4(p, 137); }
static void f_vxlan(struct pk *p) { eth4(p); PUSH(p, 8, 0, 0, 0, 0, 0, 42, 0); outer_udp(p, 4789); }
static void f_vxlan_linux(struct pk *p) { tcp6(p); pk_eth(p, 0x86dd); PUSH(p, 8, 0, 0, 0, 0, 0, 42, 0); outer_udp(p, 8472); }
static void f_vxlan_gpe(struct pk *p) { tcp4(p); PUSH(p, 0x0c, 0, 0, 1, 0, 0, 42, 0); outer_udp(p, 4790); }
static void f_vxlan_gpe_nsh(struct pk *p) { eth4(p); PUSH(p, 0, 2, 2, 3, 0, 0, 1, 1); PUSH(p, 0x0c, 0, 0, 4, 0, 0, 42, 0); outer_udp(p, 4790); }
static void f_geneve(struct pk *p) { eth4(p); PUSH(p, 2, 0, 0x65, 0x58, 0, 0, 42, 0, 1, 1, 1, 1, 2, 2, 2, 2); outer_udp(p, 6081); }
static void f_geneve_ip(struct pk *p) { tcp6(p); PUSH(p, 0, 0, 0x86, 0xdd, 0, 0, 42, 0); outer_udp(p, 6081); }
static void f_teredo(struct pk *p)
{
	pk_begin(p, "hello", 5);
	pk_tcp(p, 40000, 80, 1000, 2000, 0x18);
	pk_ipv6(p, V6_A, "2001:0:4136:e378:8000:63bf:3fff:fdd2", 6);
	pk_udp(p, 51413, 51414);
	outer4(p, 17);
}
static void f_teredo_origin(struct pk *p)
{
	pk_begin(p, "hello", 5);
	pk_tcp(p, 40000, 80, 1000, 2000, 0x18);
	pk_ipv6(p, V6_A, "2001:0:4136:e378:8000:63bf:3fff:fdd2", 6);
	PUSH(p, 0, 1, 2, 3, 0xaa, 0xbb, 1, 2, 3, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0x11, 0x22, 1, 2, 3, 4);
	pk_udp(p, 3544, 51414);
	outer4(p, 17);
}
static void f_options4(struct pk *p)
{
	pk_begin(p, "hello", 5);
	pk_tcp(p, 40000, 80, 1000, 2000, 0x18);
	pk_ipv4_full(p, V4_A, V4_B, 6, 0, false, "\x94\x04\0\0\x07\x07\x04\0\0\0\0\0", 12);
	pk_eth(p, 0x0800);
}
static void f_gtp(struct pk *p) { tcp4(p); PUSH(p, 0x30, 0xff, 0, 45, 0, 0, 0, 1); outer_udp(p, 2152); }
/* Sequence number and two extensions; towards the port the request came from. */
static void f_gtp_extensions(struct pk *p)
{
	tcp6(p);
	PUSH(p, 0x36, 0xff, 0, 81, 0, 0, 0, 1, 0, 7, 0, 0x85, 1, 0, 9, 0xc0, 2, 1, 2, 3, 4, 5, 6, 0);
	pk_udp(p, 2152, 5906);
	outer4(p, 17);
}
static void f_gre_udp(struct pk *p) { tcp4(p); PUSH(p, 0x20, 0, 8, 0, 0, 0, 0, 5); outer_udp(p, 4754); }
static void f_fabricpath(struct pk *p) { eth4(p); PUSH(p, 0, 0x41); pk_eth(p, 0x8903); }
static void f_nflog(struct pk *p) { tcp4(p); PUSH(p, 2, 0, 0, 5, 6, 0, 10, 0, 'p', 0, 0, 0, 49, 0, 9, 0); }
static void f_nflog_big(struct pk *p) { tcp6(p); PUSH(p, 10, 0, 0, 5, 0, 6, 0, 10, 'p', 0, 0, 0, 0, 69, 0, 9); }
static void f_source_route(struct pk *p)
{
	pk_begin(p, "hello", 5);
	pk_tcp(p, 40000, 80, 1000, 2000, 0x18);
	pk_ipv4_full(p, V4_A, V4_B, 6, 0, false, "\x01\x83\x07\x04\x0a\x00\x00\x01", 8);
	pk_eth(p, 0x0800);
}
static void f_bad_options(struct pk *p)
{
	pk_begin(p, "hello", 5);
	pk_tcp(p, 40000, 80, 1000, 2000, 0x18);
	pk_ipv4_full(p, V4_A, V4_B, 6, 0, false, "\x01\x07\x30\x04", 4);
	pk_eth(p, 0x0800);
}
/* RFC 6275: sent from 2001:db8::7, with 2001:db8::1 the home address. */
static void f_home_address(struct pk *p)
{
	static const uint8_t home[16] = { 0x20, 1, 0x0d, 0xb8, [15] = 1 };

	pk_begin(p, "hello", 5);
	pk_tcp(p, 40000, 80, 1000, 2000, 0x18);
	pk_ipv6_checksum(p, V6_A, V6_B, 6);
	pk_push(p, home, 16);
	PUSH(p, 6, 2, 1, 2, 0, 0, 0xc9, 16);
	pk_ipv6(p, "2001:db8::0:1", V6_B, 60);
	p->b[p->at + 8 + 14] = 7;
	pk_eth(p, 0x86dd);
}
static void f_ah4(struct pk *p)
{
	pk_begin(p, "hello", 5);
	pk_tcp(p, 40000, 80, 1000, 2000, 0x18);
	p->no_checksum = false;
	pk_transport_checksum(p, 6, (const uint8_t[4]){ 10, 1, 0, 1 }, (const uint8_t[4]){ 10, 1, 0, 2 }, 4);
	PUSH(p, 6, 4, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
	pk_ipv4(p, V4_A, V4_B, 51);
	pk_eth(p, 0x0800);
}
static void f_chain6(struct pk *p)
{
	pk_begin(p, "hello", 5);
	pk_tcp(p, 40000, 80, 1000, 2000, 0x18);
	pk_ipv6_checksum(p, V6_A, V6_B, 6);
	pk_ipv6_extension(p, 6);				/* shim6 */
	pk_ipv6_extension(p, 140);				/* HIP */
	pk_ipv6_extension(p, 139);				/* mobility */
	pk_ipv6_extension(p, 135);				/* destination options */
	PUSH(p, 60, 4, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);	/* AH */
	PUSH(p, 51, 0, 0, 0, 0, 0, 0, 0);			/* routing, no segments left */
	pk_ipv6_extension(p, 43);				/* destination options */
	pk_ipv6_extension(p, 60);				/* hop-by-hop */
	pk_ipv6(p, V6_A, V6_B, 0);
	pk_eth(p, 0x86dd);
}
/* RFC 8754: on its way through 2001:db8::7, with 2001:db8::2 the last. */
static void f_srh(struct pk *p)
{
	static const uint8_t last[16] = { 0x20, 1, 0x0d, 0xb8, [15] = 2 }, via[16] = { 0x20, 1, 0x0d, 0xb8, [15] = 7 };

	pk_begin(p, "hello", 5);
	pk_tcp(p, 40000, 80, 1000, 2000, 0x18);
	pk_ipv6_checksum(p, V6_A, V6_B, 6);
	pk_push(p, via, 16);
	pk_push(p, last, 16);
	PUSH(p, 6, 4, 4, 1, 1, 0, 0, 0);
	pk_ipv6(p, V6_A, "2001:db8::7", 43);
	pk_eth(p, 0x86dd);
}
static void f_atomic(struct pk *p)
{
	pk_begin(p, "hello", 5);
	pk_tcp(p, 40000, 80, 1000, 2000, 0x18);
	pk_ipv6_checksum(p, V6_A, V6_B, 6);
	pk_ipv6_fragment(p, 6, 77, 0, false);
	pk_ipv6(p, V6_A, V6_B, 44);
	pk_eth(p, 0x86dd);
}
static void f_atomic_twice(struct pk *p)
{
	pk_begin(p, "hello", 5);
	pk_tcp(p, 40000, 80, 1000, 2000, 0x18);
	pk_ipv6_checksum(p, V6_A, V6_B, 6);
	pk_ipv6_fragment(p, 6, 77, 0, false);
	pk_ipv6_fragment(p, 44, 77, 0, false);
	pk_ipv6(p, V6_A, V6_B, 44);
	pk_eth(p, 0x86dd);
}
/* RFC 2675 with a small length: what counts is the option. */
static void f_jumbo(struct pk *p)
{
	tcp6(p);
	uint8_t *b = p->b + p->at;
	uint8_t segment[64];
	size_t n = pk_span(p).n - 40;

	memcpy(segment, b + 40, n);
	pk_begin(p, segment, n);
	PUSH(p, 6, 0, 0xc2, 4, 0, 0, 0, 33);
	pk_ipv6(p, V6_A, V6_B, 0);
	pk_put16(p->b + p->at + 4, 0);
	pk_eth(p, 0x86dd);
}

static const struct {
	const char *name;
	void (*make)(struct pk *p);
	int linktype;
	uint8_t family, depth, vlans;
	uint16_t vlan;
	uint32_t oddities;
} cases[] = {
	{ "Ethernet, IPv4", f_eth4, 1, 4, 0, 0, 0, 0 },
	{ "Ethernet, IPv6", f_eth6, 1, 6, 0, 0, 0, 0 },
	{ "Ethernet padding", f_eth_pad, 1, 4, 0, 0, 0, 0 },
	{ "LLC, SNAP", f_snap, 1, 4, 0, 0, 0, 0 },
	{ "LLC, SAP 6", f_llc_ip, 1, 4, 0, 0, 0, 0 },
	{ "802.1Q", f_vlan, 1, 4, 0, 1, 100, 0 },
	{ "802.1ad", f_qinq, 1, 4, 0, 2, 200, 0 },
	{ "four tags", f_vlan4, 1, 6, 0, 3, 1, 0 },
	{ "priority tag", f_priority, 1, 4, 0, 0, 0, 0 },
	{ "802.1Q, SNAP", f_vlan_snap, 1, 4, 0, 1, 100, 0 },
	{ "802.1ah", f_itag, 1, 4, 0, 1, 7, 0 },
	{ "E-TAG", f_etag, 1, 4, 0, 0, 0, 0 },
	{ "VN-TAG, 802.1Q", f_vntag, 1, 4, 0, 1, 9, 0 },
	{ "MPLS", f_mpls, 1, 4, 0, 0, 0, 0 },
	{ "MPLS multicast, IPv6", f_mpls6, 1, 6, 0, 0, 0, 0 },
	{ "MPLS pseudowire", f_mpls_pw, 1, 4, 0, 0, 0, 0 },
	{ "MPLS link", f_ppp_mpls, 9, 4, 0, 0, 0, 0 },
	{ "PPPoE", f_pppoe, 1, 4, 0, 0, 0, 0 },
	{ "PPPoE, IPv6", f_pppoe6, 1, 6, 0, 0, 0, 0 },
	{ "NSH 1, Ethernet", f_nsh, 1, 4, 0, 0, 0, 0 },
	{ "NSH 2, IPv4", f_nsh_ip, 1, 4, 0, 0, 0, 0 },
	{ "raw 12", f_raw4, 12, 4, 0, 0, 0, 0 },
	{ "raw 14", f_raw6, 14, 6, 0, 0, 0, 0 },
	{ "raw 101", f_raw4, 101, 4, 0, 0, 0, 0 },
	{ "IPv4 link", f_raw4, 228, 4, 0, 0, 0, 0 },
	{ "IPv6 link", f_raw6, 229, 6, 0, 0, 0, 0 },
	{ "NULL little", f_null_le, 0, 4, 0, 0, 0, 0 },
	{ "NULL big", f_null_be, 0, 4, 0, 0, 0, 0 },
	{ "NULL IPv6 30", f_null6_le, 0, 6, 0, 0, 0, 0 },
	{ "LOOP IPv6 24", f_null6_be, 108, 6, 0, 0, 0, 0 },
	{ "NULL IPv6 28", f_null6_28, 0, 6, 0, 0, 0, 0 },
	{ "NULL IPv6 10", f_null6_10, 0, 6, 0, 0, 0, 0 },
	{ "PPP", f_ppp, 9, 4, 0, 0, 0, 0 },
	{ "PPP compressed", f_ppp_short, 9, 6, 0, 0, 0, 0 },
	{ "PPP_SERIAL with PPP", f_ppp, 50, 4, 0, 0, 0, 0 },
	{ "PPP_SERIAL with HDLC", f_hdlc, 50, 4, 0, 0, 0, 0 },
	{ "C_HDLC", f_hdlc6, 104, 6, 0, 0, 0, 0 },
	{ "SLL", f_sll, 113, 4, 0, 0, 0, 0 },
	{ "SLL, 802.1Q", f_sll_vlan, 113, 6, 0, 1, 5, 0 },
	{ "SLL, 802.2", f_sll_llc, 113, 4, 0, 0, 0, 0 },
	{ "SLL2", f_sll2, 276, 4, 0, 0, 0, 0 },
	{ "GRE", f_gre, 1, 4, 1, 0, 0, 0 },
	{ "GRE, all fields", f_gre_all, 1, 6, 1, 0, 0, 0 },
	{ "NVGRE", f_nvgre, 1, 4, 1, 0, 0, 0 },
	{ "PPTP", f_gre_pptp, 1, 4, 1, 0, 0, 0 },
	{ "GRE, WCCP 2", f_gre_wccp, 1, 4, 1, 0, 0, 0 },
	{ "GRE, MPLS", f_gre_mpls, 1, 4, 1, 0, 0, 0 },
	{ "ERSPAN I", f_erspan1, 1, 4, 1, 0, 0, 0 },
	{ "ERSPAN II", f_erspan2, 1, 4, 1, 0, 0, 0 },
	{ "ERSPAN III", f_erspan3, 1, 4, 1, 0, 0, 0 },
	{ "ERSPAN III, O", f_erspan3_o, 1, 4, 1, 0, 0, 0 },
	{ "IP in IP", f_ipip, 1, 4, 1, 0, 0, 0 },
	{ "6in4", f_6in4, 1, 6, 1, 0, 0, 0 },
	{ "4in6", f_4in6, 1, 4, 1, 0, 0, 0 },
	{ "6in6 behind options", f_6in6_options, 1, 6, 1, 0, 0, 0 },
	{ "MPLS in IP", f_mpls_in_ip, 1, 4, 1, 0, 0, 0 },
	{ "VXLAN", f_vxlan, 1, 4, 1, 0, 0, 0 },
	{ "VXLAN 8472", f_vxlan_linux, 1, 6, 1, 0, 0, 0 },
	{ "VXLAN-GPE", f_vxlan_gpe, 1, 4, 1, 0, 0, 0 },
	{ "VXLAN-GPE, NSH", f_vxlan_gpe_nsh, 1, 4, 1, 0, 0, 0 },
	{ "GENEVE", f_geneve, 1, 4, 1, 0, 0, 0 },
	{ "GENEVE, IPv6", f_geneve_ip, 1, 6, 1, 0, 0, 0 },
	{ "GTP-U", f_gtp, 1, 4, 1, 0, 0, 0 },
	{ "GTP-U, extensions", f_gtp_extensions, 1, 6, 1, 0, 0, 0 },
	{ "GRE in UDP", f_gre_udp, 1, 4, 1, 0, 0, 0 },
	{ "FabricPath", f_fabricpath, 1, 4, 0, 0, 0, 0 },
	{ "NFLOG", f_nflog, 239, 4, 0, 0, 0, 0 },
	{ "NFLOG, big endian", f_nflog_big, 239, 6, 0, 0, 0, 0 },
	{ "source route", f_source_route, 1, 4, 0, 0, 0, SK_PACKET_ODD(SOURCE_ROUTE) },
	{ "damaged IPv4 options", f_bad_options, 1, 4, 0, 0, 0, SK_PACKET_ODD(BAD_IP_OPTIONS) },
	{ "home address", f_home_address, 1, 6, 0, 0, 0, 0 },
	{ "Teredo", f_teredo, 1, 6, 1, 0, 0, 0 },
	{ "Teredo, authentication and origin", f_teredo_origin, 1, 6, 1, 0, 0, 0 },
	{ "IPv4 options", f_options4, 1, 4, 0, 0, 0, 0 },
	{ "AH, IPv4", f_ah4, 1, 4, 0, 0, 0, 0 },
	{ "all extension headers", f_chain6, 1, 6, 0, 0, 0, 0 },
	{ "segment routing", f_srh, 1, 6, 0, 0, 0, 0 },
	{ "atomic fragment", f_atomic, 1, 6, 0, 0, 0, SK_PACKET_ODD(ATOMIC_FRAGMENT) },
	{ "two atomic headers", f_atomic_twice, 1, 6, 0, 0, 0, SK_PACKET_ODD(ATOMIC_FRAGMENT) | SK_PACKET_ODD(DUPLICATE_FRAGMENT_HEADER) },
	{ "jumbogram", f_jumbo, 1, 6, 0, 0, 0, 0 },
};

static struct pk pk;

/* A copy on the heap of exactly n bytes: the sanitizer sees a byte too many. */
static int decode_copy(struct sk_decode *d, const uint8_t *b, size_t n, size_t wire, int linktype, struct sk_packet *p, uint8_t **copy)
{
	struct sk_raw raw = { NULL, (uint32_t)n, (uint32_t)wire, 1000, 7, linktype };

	*copy = malloc(n ? n : 1);
	assert_non_null(*copy);
	if (n)
		memcpy(*copy, b, n);
	raw.data = *copy;
	return sk_decode(d, &raw, p);
}

static int decode_pk(struct sk_decode *d, int linktype, struct sk_packet *p)
{
	struct sk_raw raw = pk_raw(&pk, 7, 1000);

	raw.linktype = linktype;
	return sk_decode(d, &raw, p);
}

static void every_way_leads_to_the_segment(void **state)
{
	struct sk_decode d;
	struct sk_packet p;
	uint8_t *copy;

	for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++) {
		struct sk_span s;

		cases[i].make(&pk);
		s = pk_span(&pk);
		sk_decode_init(&d, SK_CHECKSUMS_ALL);
		if (decode_copy(&d, s.p, s.n, s.n, cases[i].linktype, &p, &copy) != 0)
			fail_msg("%s: refused", cases[i].name);
		if (p.proto != 6 || p.src_port != 40000 || p.dst_port != 80 || p.payload.n != 5)
			fail_msg("%s: proto %u %u -> %u, %zu bytes", cases[i].name, p.proto, p.src_port, p.dst_port, p.payload.n);
		if (p.oddities != cases[i].oddities)
			fail_msg("%s: oddities %x", cases[i].name, p.oddities);
		assert_int_equal(p.seq, 1000);
		assert_int_equal(p.ack, 2000);
		assert_int_equal(p.tcp_flags, SK_TCP_PSH | SK_TCP_ACK);
		assert_int_equal(p.window, 64240);
		assert_int_equal(p.ttl, 64);
		assert_int_equal(p.src.family, cases[i].family);
		assert_int_equal(p.src.b[cases[i].family == 4 ? 3 : 15], 1);
		assert_int_equal(p.tunnel_depth, cases[i].depth);
		assert_int_equal(p.flags, cases[i].depth ? SK_PACKET_TUNNELLED : 0);
		assert_int_equal(p.vlan_cnt, cases[i].vlans);
		assert_int_equal(p.vlan[0], cases[i].vlan);
		assert_int_equal(p.wire_len, s.n);
		assert_int_equal(p.number, 7);
		assert_memory_equal(p.payload.p, "hello", 5);
		assert_ptr_equal(p.ip.p + p.ip.n, p.payload.p + 5);
		assert_int_equal(d.counters.packets, 1);
		assert_int_equal(d.counters.tcp, 1);
		assert_int_equal(d.counters.bad_checksum + d.counters.bad_ip_checksum, 0);
		assert_int_equal(d.counters.tunnelled, cases[i].depth);
		free(copy);
	}
}

static void inside(struct sk_span part, const uint8_t *b, size_t n, const char *name)
{
	if (part.p && (part.p < b || part.p > b + n || part.n > (size_t)(b + n - part.p)))
		fail_msg("%s: a span leaves the frame", name);
}

static void every_length_is_survived(void **state)
{
	struct sk_decode d;
	struct sk_packet p;
	uint8_t *copy;

	for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++) {
		struct sk_span s;

		cases[i].make(&pk);
		s = pk_span(&pk);
		for (size_t n = 0; n < s.n; n++) {
			for (int cut = 0; cut < 2; cut++) {
				int rc;

				sk_decode_init(&d, SK_CHECKSUMS_ALL);
				rc = decode_copy(&d, s.p, n, cut ? s.n : n, cases[i].linktype, &p, &copy);
				inside(p.ip, copy, n, cases[i].name);
				inside(p.payload, copy, n, cases[i].name);
				assert_true(rc == 0 || rc == SK_E_FORMAT);
				if (rc == 0)
					assert_true(p.src.family == 4 || p.src.family == 6);
				if (rc == 0 && cut)
					assert_true(p.flags & SK_PACKET_CUT || p.payload.n == 5 || p.flags & SK_PACKET_NO_TRANSPORT);
				if (cut && p.flags & (SK_PACKET_BAD_CHECKSUM | SK_PACKET_BAD_IP_CHECKSUM))
					fail_msg("%s: cut to %zu the checksum is wrong", cases[i].name, n);
				assert_int_equal(d.counters.packets, 1);
				free(copy);
			}
		}
	}
}

static void every_bit_may_flip(void **state)
{
	struct sk_decode d;
	struct sk_packet p;
	uint8_t *copy;

	sk_decode_init(&d, SK_CHECKSUMS_AUTO);
	for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++) {
		struct sk_span s;

		cases[i].make(&pk);
		s = pk_span(&pk);
		for (size_t bit = 0; bit < s.n * 8; bit++) {
			pk.b[pk.at + bit / 8] ^= (uint8_t)(1 << bit % 8);
			(void)decode_copy(&d, s.p, s.n, s.n, cases[i].linktype, &p, &copy);
			inside(p.ip, copy, s.n, cases[i].name);
			inside(p.payload, copy, s.n, cases[i].name);
			pk.b[pk.at + bit / 8] ^= (uint8_t)(1 << bit % 8);
			free(copy);
		}
	}
}

static void snaplen_keeps_what_it_can(void **state)
{
	struct sk_decode d;
	struct sk_packet p;
	uint8_t *copy;
	struct sk_span s;

	eth4(&pk);
	s = pk_span(&pk);
	sk_decode_init(&d, SK_CHECKSUMS_ALL);
	assert_int_equal(decode_copy(&d, s.p, 14 + 20 + 20 + 2, s.n, 1, &p, &copy), 0);
	assert_int_equal(p.flags, SK_PACKET_CUT);
	assert_int_equal(p.payload.n, 2);
	assert_int_equal(p.dst_port, 80);
	free(copy);
	assert_int_equal(decode_copy(&d, s.p, 14 + 20 + 10, s.n, 1, &p, &copy), 0);
	assert_int_equal(p.flags, SK_PACKET_CUT | SK_PACKET_NO_TRANSPORT);
	assert_int_equal(p.proto, 6);
	assert_int_equal(p.oddities, 0);
	free(copy);
	assert_int_equal(decode_copy(&d, s.p, 14 + 10, s.n, 1, &p, &copy), SK_E_FORMAT);
	assert_int_equal(p.oddities, 0);
	free(copy);
	assert_int_equal(decode_copy(&d, s.p, 14 + 10, 14 + 10, 1, &p, &copy), SK_E_FORMAT);
	assert_int_equal(p.oddities, SK_PACKET_ODD(TRUNCATED_HEADER));
	free(copy);
	assert_int_equal(decode_copy(&d, s.p, s.n - 1, s.n - 1, 1, &p, &copy), SK_E_FORMAT);
	assert_int_equal(p.oddities, SK_PACKET_ODD(BAD_IP_LENGTH));
	free(copy);
	assert_int_equal(d.counters.truncated, 3);
	assert_int_equal(d.counters.malformed, 1);
}

static void what_is_no_ip_is_counted(void **state)
{
	struct sk_decode d;
	struct sk_packet p;

	sk_decode_init(&d, SK_CHECKSUMS_AUTO);
	pk_begin(&pk, "\0\1\x08\0\6\4\0\1", 8);
	pk_eth(&pk, 0x0806);
	assert_int_equal(decode_pk(&d, 1, &p), SK_E_FORMAT);
	pk_begin(&pk, "\x42\x42\x03", 3);		/* spanning tree */
	pk_eth(&pk, 38);
	assert_int_equal(decode_pk(&d, 1, &p), SK_E_FORMAT);
	assert_int_equal(d.counters.not_ip, 2);
	assert_int_equal(decode_pk(&d, 147, &p), SK_E_FORMAT);
	assert_int_equal(d.counters.unknown_link, 1);
}

static void layers_have_an_end(void **state)
{
	struct sk_decode d;
	struct sk_packet p;

	sk_decode_init(&d, SK_CHECKSUMS_AUTO);
	tcp4(&pk);
	pk_vlan(&pk, 1, 0x0800);
	for (int i = 0; i < 12; i++)
		pk_vlan(&pk, 1, 0x8100);
	pk_eth(&pk, 0x8100);		/* 1 + 13 + 2 layers */
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_int_equal(p.dst_port, 80);
	tcp4(&pk);
	pk_vlan(&pk, 1, 0x0800);
	for (int i = 0; i < 14; i++)
		pk_vlan(&pk, 1, 0x8100);
	pk_eth(&pk, 0x8100);
	assert_int_equal(decode_pk(&d, 1, &p), SK_E_FORMAT);
	assert_int_equal(p.oddities, SK_PACKET_ODD(TOO_MANY_LAYERS));
	/* Of twenty IP headers the sixteenth and what it carries are not looked into; the fifteenth stands. */
	tcp4(&pk);
	for (int i = 0; i < 20; i++)
		pk_ipv4(&pk, "192.0.2.1", "192.0.2.2", 4);
	pk_eth(&pk, 0x0800);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_int_equal(p.proto, 4);
	assert_int_equal(p.tunnel_depth, 14);
	assert_int_equal(p.oddities, SK_PACKET_ODD(TOO_MANY_LAYERS));
	pk_begin(&pk, "x", 1);
	for (int i = 0; i < 20; i++)
		PUSH(&pk, 0, 0, 0, 1);
	pk_eth(&pk, 0x8847);
	assert_int_equal(decode_pk(&d, 1, &p), SK_E_FORMAT);
	assert_int_equal(p.oddities, SK_PACKET_ODD(TOO_MANY_LAYERS));
}

static void extension_chains_have_an_end(void **state)
{
	struct sk_decode d;
	struct sk_packet p;

	sk_decode_init(&d, SK_CHECKSUMS_ALL);
	pk_begin(&pk, "", 0);
	pk_tcp(&pk, 1, 2, 3, 4, 0x10);
	pk_ipv6_checksum(&pk, V6_A, V6_B, 6);
	pk_ipv6_extension(&pk, 6);
	for (int i = 1; i < 64; i++)
		pk_ipv6_extension(&pk, 60);
	pk_ipv6(&pk, V6_A, V6_B, 60);
	pk_eth(&pk, 0x86dd);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_int_equal(p.dst_port, 2);
	assert_int_equal(p.oddities, SK_PACKET_ODD(EXTENSION_CHAIN));
	pk_begin(&pk, "", 0);
	pk_tcp(&pk, 1, 2, 3, 4, 0x10);
	for (int i = 0; i < 70; i++)
		pk_ipv6_extension(&pk, i ? 60 : 6);
	pk_ipv6(&pk, V6_A, V6_B, 60);
	pk_eth(&pk, 0x86dd);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_true(p.flags & SK_PACKET_NO_TRANSPORT);
	assert_true(p.oddities & SK_PACKET_ODD(EXTENSION_CHAIN));
	/* No next header. */
	pk_begin(&pk, "junk", 4);
	pk_ipv6(&pk, V6_A, V6_B, 59);
	pk_eth(&pk, 0x86dd);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_true(p.flags & SK_PACKET_NO_TRANSPORT);
	/* Hop-by-hop options that do not come first. */
	pk_begin(&pk, "", 0);
	pk_tcp(&pk, 1, 2, 3, 4, 0x10);
	pk_ipv6_checksum(&pk, V6_A, V6_B, 6);
	pk_ipv6_extension(&pk, 6);
	pk_ipv6_extension(&pk, 0);
	pk_ipv6(&pk, V6_A, V6_B, 60);
	pk_eth(&pk, 0x86dd);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_int_equal(p.oddities, SK_PACKET_ODD(EXTENSION_CHAIN));
	assert_int_equal(p.dst_port, 2);
}

static void fragments_are_handed_on(void **state)
{
	struct sk_decode d;
	struct sk_packet p;

	sk_decode_init(&d, SK_CHECKSUMS_ALL);
	pk_begin(&pk, "01234567", 8);
	pk_ipv4_fragment(&pk, V4_A, V4_B, 17, 0x1234, 1480, true);
	pk_eth(&pk, 0x0800);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_int_equal(p.flags, SK_PACKET_FRAGMENT);
	assert_int_equal(p.frag_id, 0x1234);
	assert_int_equal(p.frag_off, 1480);
	assert_int_equal(p.frag_more, 1);
	assert_int_equal(p.frag_proto, 17);
	assert_int_equal(p.ip_header_len, 20);
	assert_int_equal(p.ip_next_off, 9);
	assert_span(p.payload, "01234567");
	assert_int_equal(d.counters.fragments, 1);
	assert_int_equal(d.counters.udp, 0);

	pk_begin(&pk, "abcdefgh", 8);
	pk_ipv6_fragment(&pk, 6, 0xdeadbeef, 24, false);
	pk_ipv6_extension(&pk, 44);
	pk_ipv6(&pk, V6_A, V6_B, 0);
	pk_eth(&pk, 0x86dd);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_int_equal(p.flags, SK_PACKET_FRAGMENT);
	assert_int_equal(p.frag_id, 0xdeadbeef);
	assert_int_equal(p.frag_off, 24);
	assert_int_equal(p.frag_more, 0);
	assert_int_equal(p.frag_proto, 6);
	assert_int_equal(p.ip_header_len, 48);
	assert_int_equal(p.ip_next_off, 40);
	assert_int_equal(p.ip.p[p.ip_next_off], 44);
	assert_span(p.payload, "abcdefgh");

	pk_begin(&pk, "0123456", 7);
	pk_ipv4_fragment(&pk, V4_A, V4_B, 17, 1, 0, true);
	pk_eth(&pk, 0x0800);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_int_equal(p.oddities, SK_PACKET_ODD(BAD_FRAGMENT));
}

static void datagrams_are_decoded(void **state)
{
	struct sk_decode d;
	struct sk_packet p, like = { .time_ns = 5, .number = 6, .order = 7, .wire_len = 99, .vlan_cnt = 1, .vlan = { 12 } };

	sk_decode_init(&d, SK_CHECKSUMS_ALL);
	pk_begin(&pk, "hello", 5);
	pk_tcp(&pk, 40000, 80, 1000, 2000, 0x18);
	pk.wrong_ip_checksum = true;
	pk_ipv4(&pk, V4_A, V4_B, 6);
	assert_int_equal(sk_decode_datagram(&d, pk_span(&pk), &like, &p), 0);
	assert_int_equal(p.flags, SK_PACKET_DEFRAGMENTED);
	assert_int_equal(p.time_ns, 5);
	assert_int_equal(p.number, 6);
	assert_int_equal(p.order, 7);
	assert_int_equal(p.wire_len, 99);
	assert_int_equal(p.vlan[0], 12);
	assert_int_equal(p.dst_port, 80);
	assert_span(p.payload, "hello");
	assert_int_equal(d.counters.packets, 0);
}

static void tunnels_without_ip_are_what_they_were(void **state)
{
	struct sk_decode d;
	struct sk_packet p;

	sk_decode_init(&d, SK_CHECKSUMS_ALL);
	pk_begin(&pk, "\x08\0\0\0\0\0\x2a\0not an Ethernet frame at all", 36);
	outer_udp(&pk, 4789);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_int_equal(p.proto, 17);
	assert_int_equal(p.dst_port, 4789);
	assert_int_equal(p.payload.n, 36);
	assert_int_equal(p.flags, 0);
	/* Says IPv6 all right, but its length does not fit. */
	f_teredo(&pk);
	pk.b[pk.at + 14 + 20 + 8 + 5] ^= 1;
	sk_decode_init(&d, SK_CHECKSUMS_NONE);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_int_equal(p.dst_port, 51414);
	assert_int_equal(p.tunnel_depth, 0);
	/* An ARP inside a GRE tunnel. */
	pk_begin(&pk, "\0\1\x08\0\6\4\0\1", 8);
	PUSH(&pk, 0, 0, 8, 6);
	outer4(&pk, 47);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_int_equal(p.proto, 47);
	assert_int_equal(p.payload.n, 12);
	assert_int_equal(p.src.b[0], 192);
	assert_int_equal(d.counters.other, 1);
	/* Damage behind an inner IP header is the inner packet's. */
	tcp4(&pk);
	pk.b[pk.at + 20 + 12] = 0x40;
	outer4(&pk, 4);
	assert_int_equal(decode_pk(&d, 1, &p), SK_E_FORMAT);
	assert_int_equal(p.oddities, SK_PACKET_ODD(BAD_TCP_HEADER));
	assert_int_equal(p.src.b[0], 10);
}

static void ip_headers_that_lie(void **state)
{
	struct sk_decode d;
	struct sk_packet p;
	static const struct { uint8_t off, value; uint32_t odd; } lies[] = {
		{ 0, 0x55, SK_PACKET_ODD(BAD_IP_VERSION) }, { 0, 0x44, SK_PACKET_ODD(BAD_IP_LENGTH) },
		{ 0, 0x4f, SK_PACKET_ODD(BAD_IP_LENGTH) }, { 3, 19, SK_PACKET_ODD(BAD_IP_LENGTH) },
		{ 3, 0, SK_PACKET_ODD(BAD_IP_LENGTH) }, { 3, 46, SK_PACKET_ODD(BAD_IP_LENGTH) }, { 2, 0xff, SK_PACKET_ODD(BAD_IP_LENGTH) },
	};

	for (size_t i = 0; i < SK_ARRAY_LEN(lies); i++) {
		sk_decode_init(&d, SK_CHECKSUMS_NONE);
		eth4(&pk);
		pk.b[pk.at + 14 + lies[i].off] = lies[i].value;
		assert_int_equal(decode_pk(&d, 1, &p), SK_E_FORMAT);
		assert_int_equal(p.oddities, lies[i].odd);
		assert_int_equal(d.counters.malformed, 1);
	}
}

/* Large send offload leaves a length of 0 in frames no wire carries; a short one is a lie. */
static void offloaded_lengths(void **state)
{
	static uint8_t big[4000];
	struct sk_decode d;
	struct sk_packet p;

	sk_decode_init(&d, SK_CHECKSUMS_NONE);
	for (int family = 4; family <= 6; family += 2) {
		pk_begin(&pk, big, sizeof(big));
		pk_tcp(&pk, 1, 2, 3, 4, 0x10);
		if (family == 4)
			pk_ipv4(&pk, V4_A, V4_B, 6);
		else
			pk_ipv6(&pk, V6_A, V6_B, 6);
		pk_put16(pk.b + pk.at + (family == 4 ? 2 : 4), 0);
		pk_eth(&pk, family == 4 ? 0x0800 : 0x86dd);
		assert_int_equal(decode_pk(&d, 1, &p), 0);
		assert_int_equal(p.payload.n, sizeof(big));
		assert_int_equal(p.oddities, 0);
	}
}

static void tcp_options_are_read(void **state)
{
	struct sk_decode d;
	struct sk_packet p;

	sk_decode_init(&d, SK_CHECKSUMS_ALL);
	pk_begin(&pk, "", 0);
	pk_tcp_options(&pk, 1, 2, 3, 0, SK_TCP_SYN, "\x02\x04\x05\xb4\x04\x02\x08\x0a\x01\x02\x03\x04\x05\x06\x07\x08\x01\x03\x03\x0f\x00\x00\x00\x00", 24);
	pk_ip_frame(&pk, V4_A, V4_B, 6);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_int_equal(p.mss, 1460);
	assert_int_equal(p.wscale, 14);
	assert_int_equal(p.ts_val, 0x01020304);
	assert_int_equal(p.ts_ecr, 0x05060708);
	assert_int_equal(p.flags, SK_PACKET_HAS_TIMESTAMP | SK_PACKET_HAS_WSCALE);
	assert_int_equal(p.oddities, 0);
	assert_int_equal(p.payload.n, 0);

	pk_begin(&pk, "x", 1);
	pk_tcp_options(&pk, 1, 2, 3, 4, SK_TCP_ACK, "\x01\x01\x08\x0a\0\0\0\x09\0\0\0\x0a", 12);
	pk_ip_frame(&pk, V4_A, V4_B, 6);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_int_equal(p.ts_val, 9);
	assert_int_equal(p.ts_ecr, 10);

	/* A list whose second option has no length: what came before counts, so does the segment. */
	pk_begin(&pk, "x", 1);
	pk_tcp_options(&pk, 1, 2, 3, 4, SK_TCP_ACK, "\x02\x04\x02\x00\x05\x00\x00\x00", 8);
	pk_ip_frame(&pk, V4_A, V4_B, 6);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_int_equal(p.mss, 512);
	assert_int_equal(p.oddities, SK_PACKET_ODD(BAD_TCP_HEADER));
}

static void tcp_flags_no_host_sends(void **state)
{
	static const uint8_t odd[] = { 0, 1, 3, 6, 8, 0x20, 0x29, 0x15, 0x3f }, fine[] = { 2, 0x12, 0x10, 0x18, 4, 0x14, 0x11, 0x19, 0xc2, 0x30 };
	struct sk_decode d;
	struct sk_packet p;

	sk_decode_init(&d, SK_CHECKSUMS_ALL);
	for (size_t i = 0; i < sizeof(odd); i++) {
		pk_tcp_frame(&pk, V4_A, 1, V4_B, 2, 3, 4, odd[i], "", 0);
		assert_int_equal(decode_pk(&d, 1, &p), 0);
		assert_int_equal(p.oddities, SK_PACKET_ODD(TCP_FLAGS));
	}
	for (size_t i = 0; i < sizeof(fine); i++) {
		pk_tcp_frame(&pk, V4_A, 1, V4_B, 2, 3, 4, fine[i], "", 0);
		assert_int_equal(decode_pk(&d, 1, &p), 0);
		assert_int_equal(p.oddities, 0);
	}
	pk_tcp_frame(&pk, V4_A, 139, V4_A, 139, 3, 4, SK_TCP_SYN, "", 0);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_int_equal(p.oddities, SK_PACKET_ODD(LAND));
}

static void datagram_transports(void **state)
{
	struct sk_decode d;
	struct sk_packet p;

	sk_decode_init(&d, SK_CHECKSUMS_ALL);
	for (int six = 0; six < 2; six++) {
		pk_udp_frame(&pk, six ? V6_A : V4_A, 5353, six ? V6_B : V4_B, 53, "query", 5);
		assert_int_equal(decode_pk(&d, 1, &p), 0);
		assert_int_equal(p.proto, 17);
		assert_int_equal(p.src_port, 5353);
		assert_span(p.payload, "query");
		assert_int_equal(p.oddities, 0);
	}
	/* UDP shorter than IP says: taken by hosts, odd all the same. */
	pk_begin(&pk, "queryEXTRA", 10);
	pk_udp(&pk, 1, 53);
	pk_put16(pk.b + pk.at + 4, 13);
	pk.no_checksum = true;
	pk_ip_frame(&pk, V4_A, V4_B, 17);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_span(p.payload, "query");
	assert_int_equal(p.oddities, SK_PACKET_ODD(BAD_UDP_LENGTH));
	for (unsigned len = 0; len < 8; len++) {
		pk_put16(pk.b + pk.at + 14 + 20 + 4, len);
		assert_int_equal(decode_pk(&d, 1, &p), SK_E_FORMAT);
		assert_int_equal(p.oddities, SK_PACKET_ODD(BAD_UDP_LENGTH));
	}
	pk_put16(pk.b + pk.at + 14 + 20 + 4, 19);
	assert_int_equal(decode_pk(&d, 1, &p), SK_E_FORMAT);

	/* UDP-Lite, 8 of 13 bytes covered; the sum is 10.1.0.1 + 10.1.0.2 + 136 + 13 + 1 + 2 + 8. */
	pk_begin(&pk, "voice", 5);
	PUSH(&pk, 0, 1, 0, 2, 0, 8, 0xeb, 0x5a);
	pk_ip_frame(&pk, V4_A, V4_B, 136);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_int_equal(p.dst_port, 2);
	assert_span(p.payload, "voice");
	assert_int_equal(p.flags, 0);

	pk_begin(&pk, "\0\x03\0\x08\0\0\0\0", 8);
	PUSH(&pk, 0x0b, 0x59, 0x0b, 0x5a, 0, 0, 0, 1, 0, 0, 0, 0);
	pk_ip_frame(&pk, V4_A, V4_B, 132);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_int_equal(p.src_port, 2905);
	assert_int_equal(p.dst_port, 2906);
	assert_int_equal(p.payload.n, 8);
	assert_int_equal(d.counters.sctp, 1);
	assert_int_equal(p.flags, 0);

	/* with its CRC-32C, worked out bit by bit; and with a wrong one (behind right ones, so that it counts) */
	for (unsigned i = 0; i < 3; i++) {
		pk_begin(&pk, "\0\x03\0\x08\0\0\0\0", 8);
		PUSH(&pk, 0x0b, 0x59, 0x0b, 0x5a, 0, 0, 0, 1, 0x40, 0x31, 0xeb, 0x74);
		pk.b[pk.at + 11] ^= i == 2;
		pk_ip_frame(&pk, V4_A, V4_B, 132);
		assert_int_equal(decode_pk(&d, 1, &p), 0);
		assert_int_equal(p.flags, i == 2 ? SK_PACKET_BAD_CHECKSUM : 0);
	}

	pk_begin(&pk, "\1\2\3\4", 4);
	pk_ip_frame(&pk, V4_A, V4_B, 50);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_int_equal(p.proto, 50);
	assert_int_equal(p.flags, 0);
	assert_int_equal(d.counters.other, 1);
}

static void icmp_has_types_and_ids(void **state)
{
	static const uint8_t pairs[][3] = { { 8, 0, 4 }, { 13, 14, 4 }, { 15, 16, 4 }, { 17, 18, 4 }, { 128, 129, 6 } };
	struct sk_decode d;
	struct sk_packet p, q;

	sk_decode_init(&d, SK_CHECKSUMS_ALL);
	for (size_t i = 0; i < SK_ARRAY_LEN(pairs); i++) {
		bool six = pairs[i][2] == 6;

		pk_begin(&pk, "ping", 4);
		pk_icmp(&pk, pairs[i][0], 0, 0x1234, 1);
		pk_ip_frame(&pk, six ? V6_A : V4_A, six ? V6_B : V4_B, six ? 58 : 1);
		assert_int_equal(decode_pk(&d, 1, &p), 0);
		assert_int_equal(p.src_port, pairs[i][0] << 8);
		assert_int_equal(p.dst_port, 0x1234);
		pk_begin(&pk, "ping", 4);
		pk_icmp(&pk, pairs[i][1], 0, 0x1234, 1);
		pk_ip_frame(&pk, six ? V6_B : V4_B, six ? V6_A : V4_A, six ? 58 : 1);
		assert_int_equal(decode_pk(&d, 1, &q), 0);
		assert_int_equal(q.src_port, pairs[i][1] << 8);
		assert_int_equal(q.dst_port, 0x1234);
		assert_span(q.payload, "ping");
		assert_int_equal(q.oddities, 0);
		assert_true(sk_packet_pair_hash(&p) == sk_packet_pair_hash(&q));
	}
	pk_begin(&pk, "", 0);
	pk_icmp(&pk, 3, 1, 0, 0);
	pk_ip_frame(&pk, V4_A, V4_B, 1);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_int_equal(p.src_port, 0x0301);
	assert_int_equal(p.dst_port, 0);
}

static void wrong_checksums_are_flagged(void **state)
{
	static const uint8_t protos[] = { 6, 17, 1 };
	struct sk_decode d;
	struct sk_packet p;

	for (size_t i = 0; i < sizeof(protos); i++) {
		for (int how = SK_CHECKSUMS_ALL; how <= SK_CHECKSUMS_NONE; how++) {
			pk_begin(&pk, "hello", 5);
			if (protos[i] == 6)
				pk_tcp(&pk, 1, 2, 3, 4, 0x10);
			else if (protos[i] == 17)
				pk_udp(&pk, 1, 2);
			else
				pk_icmp(&pk, 8, 0, 1, 1);
			pk.wrong_checksum = pk.wrong_ip_checksum = true;
			pk_ip_frame(&pk, V4_A, V4_B, protos[i]);
			sk_decode_init(&d, how);
			assert_int_equal(decode_pk(&d, 1, &p), 0);
			assert_int_equal(p.flags, how == SK_CHECKSUMS_ALL ? SK_PACKET_BAD_CHECKSUM | SK_PACKET_BAD_IP_CHECKSUM : 0);
			assert_int_equal(d.counters.bad_checksum, how == SK_CHECKSUMS_ALL);
			assert_int_equal(d.counters.bad_ip_checksum, how == SK_CHECKSUMS_ALL);
		}
	}
	/* No checksum. */
	pk_begin(&pk, "hello", 5);
	pk_udp(&pk, 1, 2);
	pk.no_checksum = true;
	pk_ip_frame(&pk, V4_A, V4_B, 17);
	sk_decode_init(&d, SK_CHECKSUMS_ALL);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_int_equal(p.flags, 0);
}

/* A capture made on the client, whose card fills the checksums in: all of his are wrong, all of the server's right. */
static void offloaded_sender_is_found(void **state)
{
	struct sk_decode d;
	struct sk_packet p;

	sk_decode_init(&d, SK_CHECKSUMS_AUTO);
	for (int i = 0; i < 50; i++) {
		pk_begin(&pk, "hello", 5);
		pk_tcp(&pk, 40000, 80, 1000, 2000, 0x18);
		pk.wrong_checksum = true;
		pk_ip_frame(&pk, V4_A, V4_B, 6);
		assert_int_equal(decode_pk(&d, 1, &p), 0);
		assert_int_equal(p.flags, 0);
		pk_tcp_frame(&pk, V4_B, 80, V4_A, 40000, 2000, 1005, 0x18, "there", 5);
		assert_int_equal(decode_pk(&d, 1, &p), 0);
		assert_int_equal(p.flags, 0);
	}
	assert_true(d.offloaded);
	assert_int_equal(d.counters.checksum_ignored, 50);
	/* A server whose checksums are right does not get a wrong one through. */
	pk_begin(&pk, "evil", 4);
	pk_tcp(&pk, 80, 40000, 2005, 1005, 0x18);
	pk.wrong_checksum = true;
	pk_ip_frame(&pk, V4_B, V4_A, 6);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_int_equal(p.flags, SK_PACKET_BAD_CHECKSUM);
	assert_int_equal(d.counters.bad_checksum, 1);
}

/* A handshake with right checksums, then a segment for the sensor's eyes only; also after noise from the same address. */
static void insertion_is_seen_through(void **state)
{
	struct sk_decode d;
	struct sk_packet p;

	sk_decode_init(&d, SK_CHECKSUMS_AUTO);
	pk_tcp_frame(&pk, V4_A, 40000, V4_B, 80, 999, 0, SK_TCP_SYN, "", 0);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	pk_begin(&pk, "GET /harmless", 13);
	pk_tcp(&pk, 40000, 80, 1000, 2000, 0x18);
	pk.wrong_checksum = true;
	pk_ip_frame(&pk, V4_A, V4_B, 6);
	assert_int_equal(decode_pk(&d, 1, &p), 0);
	assert_int_equal(p.flags, SK_PACKET_BAD_CHECKSUM);
	assert_false(d.offloaded);
}

static void f_udp4(struct pk *p) { pk_begin(p, "hello", 5); pk_udp(p, 5000, 53); pk_ip_frame(p, V4_A, V4_B, 17); }
static void f_ping4(struct pk *p) { pk_begin(p, "hello", 5); pk_icmp(p, 8, 0, 1, 1); pk_ip_frame(p, V4_A, V4_B, 1); }
static void f_ping6(struct pk *p) { pk_begin(p, "hello", 5); pk_icmp(p, 128, 0, 1, 1); pk_ip_frame(p, V6_A, V6_B, 58); }

static void no_frame(struct pk *p) { pk_begin(p, "", 0); }

/* Frames told to be plain are decoded the same without what was seen before. True for a plain one. */
static bool plain_as_decoded(const struct sk_decode *d, const uint8_t *b, size_t n, size_t len)
{
	struct sk_raw raw = { b, (uint32_t)n, (uint32_t)len, 1, 7, 1 };
	struct sk_decode seen = *d, fresh;
	struct sk_packet p, q;
	uint64_t pair;
	int rc;

	if (!sk_decode_is_plain(d, &raw, &pair))
		return false;
	sk_decode_init(&fresh, sk_decode_plain_checksums(d));
	memset(&seen.counters, 0, sizeof(seen.counters));
	rc = sk_decode(&seen, &raw, &p);
	assert_int_equal(sk_decode(&fresh, &raw, &q), rc);
	assert_memory_equal(&p, &q, sizeof(p));
	assert_memory_equal(&seen.counters, &fresh.counters, sizeof(fresh.counters));
	assert_false(p.flags & (SK_PACKET_FRAGMENT | SK_PACKET_TUNNELLED));
	if (rc == 0)
		assert_true(pair == sk_packet_pair_hash(&p));
	return true;
}

/* Every bit flipped, every length. */
static unsigned plain_variants(const struct sk_decode *d, struct sk_span s)
{
	unsigned plain = 0;

	for (size_t n = 0; n <= s.n; n++) {
		uint8_t *copy = malloc(n + 1);

		assert_non_null(copy);
		memcpy(copy, s.p, n);
		copy = realloc(copy, n ? n : 1);
		plain += plain_as_decoded(d, copy, n, n) + plain_as_decoded(d, copy, n, s.n);
		free(copy);
	}
	for (size_t bit = 0; bit < 8 * s.n; bit++) {
		uint8_t *copy = malloc(s.n);

		assert_non_null(copy);
		memcpy(copy, s.p, s.n);
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		plain += plain_as_decoded(d, copy, s.n, s.n);
		free(copy);
	}
	return plain;
}

static void plain_frames_need_no_history(void **state)
{
	static const struct {
		void (*make)(struct pk *p);
		bool plain;
	} frames[] = {
		{ f_eth4, true }, { f_eth6, true }, { f_eth_pad, true }, { f_vlan, true }, { f_qinq, true },
		{ f_udp4, true }, { f_ping4, true }, { f_ping6, true },
		{ f_vlan4, false }, { f_snap, false }, { no_frame, false },
	};
	static struct sk_decode d, none;
	struct sk_packet p;

	sk_decode_init(&d, SK_CHECKSUMS_AUTO);
	sk_decode_init(&none, SK_CHECKSUMS_NONE);
	for (size_t i = 0; i < SK_ARRAY_LEN(frames); i++) {
		frames[i].make(&pk);
		assert_false(plain_as_decoded(&d, pk_span(&pk).p, pk_span(&pk).n, pk_span(&pk).n));
	}
	for (int i = 0; i < 64; i++) {
		f_eth4(&pk);
		assert_int_equal(decode_pk(&d, 1, &p), 0);
		f_eth6(&pk);
		assert_int_equal(decode_pk(&d, 1, &p), 0);
	}
	for (size_t i = 0; i < SK_ARRAY_LEN(frames); i++) {
		frames[i].make(&pk);
		if (plain_as_decoded(&d, pk_span(&pk).p, pk_span(&pk).n, pk_span(&pk).n) != frames[i].plain)
			fail_msg("frame %zu", i);
		if (frames[i].plain)
			assert_true(plain_variants(&d, pk_span(&pk)) > 100 && plain_variants(&none, pk_span(&pk)) > 100);
	}
	/* tunnels, known by their ports */
	for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++) {
		cases[i].make(&pk);
		if (cases[i].linktype == 1 && cases[i].depth)
			assert_false(plain_as_decoded(&none, pk_span(&pk).p, pk_span(&pk).n, pk_span(&pk).n));
	}
}

/* The same packet without its link layer goes layer by layer: what is made of it, of counters and of what is known of its sender is the
 * same. */
static void usual_as_others(const struct sk_decode *d, const uint8_t *b, size_t n, size_t len)
{
	static struct sk_decode one, other;
	struct sk_raw raw = { b, (uint32_t)n, (uint32_t)len, 1, 7, 1 };
	struct sk_packet p, q;
	int rc;

	one = other = *d;
	rc = sk_decode(&one, &raw, &p);
	raw = (struct sk_raw){ b + 14, (uint32_t)n - 14, (uint32_t)len - 14, 1, 7, 228 };
	assert_int_equal(sk_decode(&other, &raw, &q), rc);
	q.wire_len += 14;
	assert_memory_equal(&p, &q, sizeof(p));
	assert_memory_equal(&one.counters, &other.counters, sizeof(one.counters));
	assert_memory_equal(one.all, other.all, sizeof(one.all));
	assert_memory_equal(one.senders, other.senders, sizeof(one.senders));
}

/* The datagram says that it ends where the frame does, and its header's checksum is right. */
static void end_with_frame(uint8_t *frame, size_t n)
{
	unsigned sum;

	if (n < 34 || frame[14] != 0x45)
		return;
	frame[16] = (uint8_t)((n - 14) >> 8);
	frame[17] = (uint8_t)(n - 14);
	frame[24] = frame[25] = 0;
	sum = ~pk_sum(frame + 14, 20, 0);
	frame[24] = (uint8_t)(sum >> 8);
	frame[25] = (uint8_t)sum;
}

static void usual_variants(const struct sk_decode *d, struct sk_span s)
{
	uint8_t *copy;

	for (size_t n = 15; n <= s.n; n++) {
		copy = malloc(n);
		assert_non_null(copy);
		memcpy(copy, s.p, n);
		usual_as_others(d, copy, n, n);
		usual_as_others(d, copy, n, s.n);
		end_with_frame(copy, n);
		usual_as_others(d, copy, n, n);
		free(copy);
	}
	copy = malloc(s.n);
	assert_non_null(copy);
	memcpy(copy, s.p, s.n);
	for (size_t bit = 8 * 14; bit < 8 * s.n; bit++) {
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		usual_as_others(d, copy, s.n, s.n);
		/* another bit, so that some checksums are right again */
		for (size_t more = bit + 16; more < 8 * s.n && more <= bit + 160; more += 16) {
			copy[more / 8] ^= (uint8_t)(1u << more % 8);
			usual_as_others(d, copy, s.n, s.n);
			copy[more / 8] ^= (uint8_t)(1u << more % 8);
		}
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	free(copy);
}

static void f_same_host(struct pk *p) { pk_begin(p, "hello", 5); pk_udp(p, 53, 53); pk_ip_frame(p, V4_A, V4_A, 17); }
static void f_from_gtp(struct pk *p) { pk_begin(p, "hello", 5); pk_udp(p, 2152, 53); pk_ip_frame(p, V4_A, V4_B, 17); }
static void f_six(struct pk *p)
{
	uint8_t six[40] = { 0x60 };

	pk_begin(p, six, sizeof(six));
	pk_udp(p, 5000, 5001);
	pk_ip_frame(p, V4_A, V4_B, 17);
}

static void usual_frames_are_as_others(void **state)
{
	static void (*const frames[])(struct pk *) = { f_eth4, f_eth_pad, f_udp4, f_ping4, f_same_host, f_from_gtp, f_six };
	static const enum sk_decode_checksums how[] = { SK_CHECKSUMS_AUTO, SK_CHECKSUMS_ALL, SK_CHECKSUMS_NONE };
	static struct sk_decode d;
	struct sk_packet p;

	for (size_t k = 0; k < SK_ARRAY_LEN(how); k++) {
		sk_decode_init(&d, how[k]);
		for (int round = 0; round < 2; round++) {
			for (size_t i = 0; i < SK_ARRAY_LEN(frames); i++) {
				frames[i](&pk);
				usual_variants(&d, pk_span(&pk));
			}
			f_eth4(&pk);
			for (int i = 0; i < 64; i++)
				assert_int_equal(decode_pk(&d, 1, &p), 0);
		}
	}
}

static void checksum_of_any_length_and_alignment(void **state)
{
	struct sk_decode d;
	struct sk_packet p;
	static uint8_t body[300];

	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)(i * 151 + 255);
	sk_decode_init(&d, SK_CHECKSUMS_ALL);
	for (size_t n = 0; n < sizeof(body); n++) {
		pk_udp_frame(&pk, V6_A, 65535, V6_B, 65535, body, n);
		assert_int_equal(decode_pk(&d, 1, &p), 0);
		assert_int_equal(p.flags, 0);
		pk.b[PK_ROOM - 1] ^= 0x80;
		assert_int_equal(decode_pk(&d, 1, &p), 0);
		assert_int_equal(p.flags, SK_PACKET_BAD_CHECKSUM);
	}
}

static void hosts_spread_over_workers(void **state)
{
	unsigned count[4] = { 0 };
	struct sk_packet p = { 0 };

	p.src.family = p.dst.family = 4;
	memcpy(p.dst.b, "\x0a\0\0\1", 4);
	memcpy(p.src.b, "\x0a\1\0\0", 4);
	for (unsigned i = 0; i < 4096; i++) {
		p.src.b[2] = (uint8_t)(i >> 8);
		p.src.b[3] = (uint8_t)i;
		count[sk_packet_pair_hash(&p) % 4]++;
	}
	for (int i = 0; i < 4; i++)
		assert_in_range(count[i], 900, 1150);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_leads_to_the_segment),
		cmocka_unit_test(every_length_is_survived),
		cmocka_unit_test(every_bit_may_flip),
		cmocka_unit_test(snaplen_keeps_what_it_can),
		cmocka_unit_test(what_is_no_ip_is_counted),
		cmocka_unit_test(layers_have_an_end),
		cmocka_unit_test(extension_chains_have_an_end),
		cmocka_unit_test(fragments_are_handed_on),
		cmocka_unit_test(datagrams_are_decoded),
		cmocka_unit_test(tunnels_without_ip_are_what_they_were),
		cmocka_unit_test(ip_headers_that_lie),
		cmocka_unit_test(offloaded_lengths),
		cmocka_unit_test(tcp_options_are_read),
		cmocka_unit_test(tcp_flags_no_host_sends),
		cmocka_unit_test(datagram_transports),
		cmocka_unit_test(icmp_has_types_and_ids),
		cmocka_unit_test(wrong_checksums_are_flagged),
		cmocka_unit_test(offloaded_sender_is_found),
		cmocka_unit_test(insertion_is_seen_through),
		cmocka_unit_test(plain_frames_need_no_history),
		cmocka_unit_test(usual_frames_are_as_others),
		cmocka_unit_test(checksum_of_any_length_and_alignment),
		cmocka_unit_test(hosts_spread_over_workers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
