/* decode/decode.c — from a frame to struct sk_packet: the way through the layers.
 *
 * source   link types: the tcpdump.org list; DLT_RAW is 12 or 14 in memory and 101 in files
 */
#include "decode/decode.h"

#include "base/hash.h"
#include "decode/walk.h"

SK_COUNTER_TABLE(decode, SK_DECODE_COUNTERS)

const char *const sk_packet_oddity_names[SK_PACKET_ODDITY_CNT] = {
#define X(id, name, help, source) name,
	SK_PACKET_ODDITIES(X)
#undef X
};

static layer_fn *const layers[LAYER_CNT] = {
#define X(id, fn) [LAYER_##id] = sk_layer_##fn,
	SK_LAYERS(X)
#undef X
};

static const struct {
	int linktype;
	enum layer layer;
} links[] = {
	{ 1, LAYER_ETHERNET },
	{ 0, LAYER_LOOPBACK }, { 108, LAYER_LOOPBACK },
	{ 12, LAYER_RAW }, { 14, LAYER_RAW }, { 101, LAYER_RAW },
	{ 228, LAYER_IPV4 }, { 229, LAYER_IPV6 },
	{ 113, LAYER_SLL }, { 276, LAYER_SLL2 },
	{ 9, LAYER_PPP }, { 50, LAYER_HDLC }, { 51, LAYER_PPPOE }, { 104, LAYER_HDLC },
	{ 219, LAYER_MPLS }, { 239, LAYER_NFLOG },
};

static enum layer first_layer(int linktype)
{
	if (SK_LIKELY(linktype == 1))
		return LAYER_ETHERNET;
	for (size_t i = 0; i < SK_ARRAY_LEN(links); i++)
		if (links[i].linktype == linktype)
			return links[i].layer;
	return LAYER_UNKNOWN_LINK;
}

void sk_decode_init(struct sk_decode *d, enum sk_decode_checksums how)
{
	memset(d, 0, sizeof(*d));
	d->checksums = how;
}

static void count_transport(struct sk_decode *d, unsigned proto)
{
	switch (proto) {
	case 6:
		d->counters.tcp++;
		break;
	case 17: case 136:
		d->counters.udp++;
		break;
	case 1: case 58:
		d->counters.icmp++;
		break;
	case 132:
		d->counters.sctp++;
		break;
	default:
		d->counters.other++;
		break;
	}
}

static int finish(struct walk *w)
{
	if (SK_LIKELY(!(w->p->flags & SK_PACKET_FRAGMENT)))
		count_transport(w->d, w->p->proto);
	if (SK_UNLIKELY(w->p->flags & SK_PACKET_TUNNELLED))
		w->d->counters.tunnelled++;
	return 0;
}

/* The way ends before its goal. A tunnel without an IP packet inside leaves the outer packet; a transport that the snaplen
 * has cut leaves the addresses. The rest cannot be followed: counts why. */
static int give_up(struct walk *w, enum layer why)
{
	struct sk_decode_counters *c = &w->d->counters;

	if (w->speculative) {
		*w->p = w->outer;
		if (why == LAYER_CNT) {
			c->layers++;
			w->p->oddities |= SK_PACKET_ODD(TOO_MANY_LAYERS);
		}
		return finish(w);
	}
	if (w->has_ip) {
		w->p->flags |= SK_PACKET_NO_TRANSPORT;
		w->p->payload = sk_span(NULL, 0);
	}
	switch (why) {
	case LAYER_NOT_IP:
		c->not_ip++;
		break;
	case LAYER_UNKNOWN_LINK:
		c->unknown_link++;
		break;
	case LAYER_TRUNCATED:
		c->truncated++;
		if (w->has_ip && w->missing)
			return finish(w);
		if (!w->missing)
			w->p->oddities |= SK_PACKET_ODD(TRUNCATED_HEADER);
		break;
	case LAYER_CNT:
		c->layers++;
		w->p->oddities |= SK_PACKET_ODD(TOO_MANY_LAYERS);
		break;
	default:
		c->malformed++;
		break;
	}
	return SK_E_FORMAT;
}

static int walk(struct walk *w, enum layer layer)
{
	while (layer < LAYER_CNT) {
		if (SK_UNLIKELY(++w->layers > SK_DECODE_LAYERS_MAX)) {
			layer = LAYER_CNT;
			break;
		}
		layer = layers[layer](w);
	}
	return SK_LIKELY(layer == LAYER_DONE) ? finish(w) : give_up(w, layer);
}

int sk_decode(struct sk_decode *d, const struct sk_raw *raw, struct sk_packet *p)
{
	struct walk w;

	if (SK_LIKELY(sk_decode_usual(d, raw, p)))
		return 0;
	memset(p, 0, sizeof(*p));
	p->time_ns = raw->time_ns;
	p->number = raw->number;
	p->wire_len = raw->len;
	memset(&w, 0, offsetof(struct walk, outer));
	w.d = d;
	w.p = p;
	w.at = sk_span(raw->data, raw->caplen);
	w.missing = raw->len > raw->caplen ? raw->len - raw->caplen : 0;
	d->counters.packets++;
	return walk(&w, first_layer(raw->linktype));
}

int sk_decode_datagram(struct sk_decode *d, struct sk_span ip, const struct sk_packet *like, struct sk_packet *p)
{
	struct walk w;
	struct sk_packet kept = *like;

	memset(p, 0, sizeof(*p));
	p->time_ns = kept.time_ns;
	p->number = kept.number;
	p->order = kept.order;
	p->wire_len = kept.wire_len;
	p->flags = SK_PACKET_DEFRAGMENTED | (kept.flags & SK_PACKET_TUNNELLED);
	p->tunnel_depth = kept.tunnel_depth;
	p->vlan_cnt = kept.vlan_cnt;
	memcpy(p->vlan, kept.vlan, sizeof(p->vlan));
	memset(&w, 0, offsetof(struct walk, outer));
	w.d = d;
	w.p = p;
	w.at = ip;
	w.made_here = true;
	/* Fragments in tunnels in fragments must come to an end, too. */
	w.layers = (uint8_t)SK_MIN(kept.tunnel_depth * 2u, (unsigned)SK_DECODE_LAYERS_MAX);
	return walk(&w, LAYER_RAW);
}

uint64_t sk_packet_pair_hash(const struct sk_packet *p)
{
	const uint8_t *a = p->src.b, *b = p->dst.b;
	uint64_t x = sk_hash_fold(sk_hash_load64(a) ^ 0x2d358dccaa6c78a5u, sk_hash_load64(a + 8) ^ 0x8bb84b93962eacc9u);
	uint64_t y = sk_hash_fold(sk_hash_load64(b) ^ 0x2d358dccaa6c78a5u, sk_hash_load64(b + 8) ^ 0x8bb84b93962eacc9u);

	return sk_hash_fold(x + y + 0x4b33a62ed433d4a3u, (x ^ y) ^ 0x4d5a2da51de1aa47u);
}
