/* pipeline/advice.c — see advice.h.
 *
 * source   ethtool(8), reordercap(1), RFC 791 (IP ids tell copies from repetitions); the shares at which to speak are ours
 */
#include "pipeline/advice.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *what[2];		/* counters whose sum is hit */
	const char *of[2];		/* counters whose sum is all of them */
	uint64_t permille;		/* share from which to speak; 0: from the first */
	const char *text;		/* behind the share, in per cent */
} rows[] = {
	{ { "capture.kernel_drops", "capture.interface_drops" }, { "capture.packets" }, 0,
	  "of the packets were dropped before sekisho saw them: more workers (-j), a larger capture.buffer, fewer packets (a filter)" },
	{ { "decode.checksum_ignored" }, { "decode.packets" }, 20,
	  "of checksums are bad: offloading is on at the capturing host (ethtool -K IFACE tx off rx off); they are ignored" },
	{ { "reassembly.duplicated" }, { "decode.tcp" }, 200,
	  "of TCP packets come twice: the mirror copies them where they come in and where they go out; mirror one direction (rx) of each port" },
	{ { "flow.one_sided_data" }, { "flow.tcp_data" }, 500,
	  "of TCP flows show one direction only: mirror both directions (rx and tx), or send both ways of an asymmetric route to this sensor" },
	{ { "flow.vlan_differs" }, { "flow.tcp", "flow.udp" }, 200,
	  "of flows carry a VLAN tag in one direction only, as ports of a trunk do when mirrored: harmless, tags do not tell flows apart" },
	{ { "capture.cut" }, { "capture.packets" }, 0,
	  "of packets are cut short: capture them whole (tcpdump -s 0, capture.snaplen)" },
	{ { "reassembly.merged" }, { "reassembly.segments" }, 20,
	  "of segments are longer than their receivers allow: the capturing host merges packets (ethtool -K IFACE gro off lro off)" },
	{ { "capture.time_backwards" }, { "capture.packets" }, 0,
	  "of packets are older than the one before by more than a second: put the capture in order (reordercap), or mind the clock" },
};

static uint64_t sum(const struct sk_report *r, const char *const names[2])
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 2 && names[i]; i++) {
		const char *dot = strchr(names[i], '.');
		char folder[32];

		snprintf(folder, sizeof(folder), "%.*s", (int)(dot - names[i]), names[i]);
		v += sk_report_value(r, folder, dot + 1);
	}
	return v;
}

/* Where loss is seen from: bytes that receivers have acknowledged and the capture does not have. */
static bool loss(const struct sk_report *r, char text[SK_ADVICE_TEXT_MAX])
{
	uint64_t lost = sk_report_value(r, "reassembly", "gap_bytes"), all = lost + sk_report_value(r, "reassembly", "bytes");

	if (lost == 0 || lost * 1000 < all)
		return false;
	snprintf(text, SK_ADVICE_TEXT_MAX, "%" PRIu64 ".%" PRIu64 " %% of TCP bytes were acknowledged but never seen: the mirror or the capturing "
		 "host loses packets in bursts; mirror fewer ports, use a faster mirror port, a larger capture.buffer", lost * 100 / all,
		 lost * 1000 / all % 10);
	return true;
}

bool sk_advice(const struct sk_report *r, unsigned i, char text[SK_ADVICE_TEXT_MAX])
{
	uint64_t hit, all;

	if (i >= SK_ARRAY_LEN(rows))
		return loss(r, text);
	hit = sum(r, rows[i].what);
	all = sum(r, rows[i].of);
	if (hit == 0 || all == 0 || hit * 1000 < all * rows[i].permille)
		return false;
	hit = hit < all ? hit : all;
	snprintf(text, SK_ADVICE_TEXT_MAX, "%" PRIu64 ".%" PRIu64 " %% %s", hit * 100 / all, hit * 1000 / all % 10, rows[i].text);
	return true;
}
