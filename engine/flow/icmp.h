/* flow/icmp.h — which ICMP messages answer which.
 *
 * source   RFC 792, 950, 1256 (ICMP); RFC 4443, 2710, 4861, 4620, 6275 (ICMPv6); pairs as in the community id specification,
 *          which takes them from Zeek
 */
#ifndef SK_FLOW_ICMP_H
#define SK_FLOW_ICMP_H

#include <stdbool.h>
#include <stdint.h>

enum { SK_IPPROTO_ICMP = 1, SK_IPPROTO_TCP = 6, SK_IPPROTO_UDP = 17, SK_IPPROTO_ICMPV6 = 58, SK_IPPROTO_SCTP = 132 };

static inline bool sk_flow_is_icmp(uint8_t proto)
{
	return proto == SK_IPPROTO_ICMP || proto == SK_IPPROTO_ICMPV6;
}

/* The type on the other side of a request and reply pair, or -1. *reply: type is the reply. */
static inline int sk_flow_icmp_pair(uint8_t proto, unsigned type, bool *reply)
{
	static const uint8_t v4[][2] = { { 8, 0 }, { 10, 9 }, { 13, 14 }, { 15, 16 }, { 17, 18 } };
	static const uint8_t v6[][2] = { { 128, 129 }, { 130, 131 }, { 133, 134 }, { 135, 136 }, { 139, 140 }, { 144, 145 } };
	const uint8_t (*pairs)[2] = proto == SK_IPPROTO_ICMP ? v4 : v6;
	unsigned n = proto == SK_IPPROTO_ICMP ? sizeof(v4) / 2 : sizeof(v6) / 2;

	for (unsigned i = 0; i < n; i++) {
		*reply = type == pairs[i][1];
		if (*reply)
			return pairs[i][0];
		if (type == pairs[i][0])
			return pairs[i][1];
	}
	*reply = false;
	return -1;
}

#endif
