/* flow/community.c — the community id: one short text for a flow that other tools compute alike.
 *
 * memory   the latest of a thread, because alerts of a flow come together
 * source   community-id-spec version 1: base64(SHA-1(seed, low address, high address, protocol, 0, low port, high port))
 */
#include <openssl/sha.h>
#include <string.h>

#include "base/fmt.h"
#include "flow/flow.h"
#include "flow/icmp.h"

struct ends {
	uint16_t src_port, dst_port;
	bool has_ports;
	bool one_way;			/* an ICMP message nobody answers: ends keep their order */
};

static struct ends flow_ends(const struct sk_flow_info *f)
{
	struct ends e = { f->client_port, f->server_port, true, false };
	unsigned type = f->client_port >> 8;
	bool reply;
	int other;

	if (!sk_flow_is_icmp(f->proto)) {
		e.has_ports = f->proto == SK_IPPROTO_TCP || f->proto == SK_IPPROTO_UDP || f->proto == SK_IPPROTO_SCTP;
		if (!e.has_ports)
			e.src_port = e.dst_port = 0;
		return e;
	}
	other = sk_flow_icmp_pair(f->proto, type, &reply);
	e.src_port = (uint16_t)type;
	e.dst_port = (uint16_t)(other < 0 ? f->client_port & 0xff : other);
	e.one_way = other < 0;
	return e;
}

#define IN_MAX (2 + 16 + 16 + 2 + 4)

/* text: SK_COMMUNITY_ID_MAX - 2 bytes */
static void digest_text(const uint8_t *in, size_t n, char *text)
{
	static _Thread_local struct {
		size_t n;
		uint8_t in[IN_MAX];
		char text[SK_COMMUNITY_ID_MAX - 2];
	} latest;
	uint8_t digest[SHA_DIGEST_LENGTH];

	if (latest.n != n || memcmp(latest.in, in, n) != 0) {
		SHA1(in, n, digest);
		memcpy(latest.in, in, n);
		latest.n = n;
		sk_fmt_base64(sk_span(digest, sizeof(digest)), latest.text, sizeof(latest.text));
	}
	memcpy(text, latest.text, sizeof(latest.text));
}

const char *sk_flow_community_id(const struct sk_flow_info *f, char *buf)
{
	size_t n = f->client_ip.family == 6 ? 16 : 4, at = 2;
	uint8_t in[IN_MAX] = { 0 };
	struct ends e = flow_ends(f);
	int order = memcmp(f->client_ip.b, f->server_ip.b, n);
	bool turn = !e.one_way && (order ? order > 0 : e.src_port > e.dst_port);
	uint16_t low = turn ? e.dst_port : e.src_port, high = turn ? e.src_port : e.dst_port;

	memcpy(in + at, turn ? f->server_ip.b : f->client_ip.b, n);
	memcpy(in + at + n, turn ? f->client_ip.b : f->server_ip.b, n);
	at += 2 * n;
	in[at] = f->proto;
	at += 2;
	if (e.has_ports) {
		in[at++] = (uint8_t)(low >> 8);
		in[at++] = (uint8_t)low;
		in[at++] = (uint8_t)(high >> 8);
		in[at++] = (uint8_t)high;
	}
	buf[0] = '1';
	buf[1] = ':';
	digest_text(in, at, buf + 2);
	return buf;
}
