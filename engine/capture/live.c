/* capture/live.c — see live.h.
 *
 * source   pcap(3PCAP); packet(7) for PACKET_FANOUT
 *
 * Immediate mode is not asked for: with it libpcap falls back from TPACKET_V3 to V2 and a packet costs thirty times as much.
 * The handle does not block: a blocking one waits in the kernel where sk_capture_break cannot reach it. libpcap gives a
 * block of the ring back to the kernel as soon as its last packet was handed out, so a burst is copied.
 */
#include "capture/live.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/log.h"

#define SNAPLEN_DEFAULT 262144u
#define BLOCK_TIMEOUT_MS 10		/* a block of the ring that is not full is handed over after this time */
#define ROOM_MIN (1u << 20)

struct sk_live {
	char name[64];
	pcap_t *pcap;
	int fd, break_fd;
	int linktype;
	uint32_t snaplen;
	uint64_t frac_ns;
	uint8_t *room;			/* bytes of the burst */
	size_t room_len, used;
	struct sk_raw *burst;		/* of the call at hand */
	int cnt, max;
	struct pcap_stat seen;		/* at the last look; libpcap's numbers wrap at 32 bits */
};

/* "lo, eth0", as far as it goes. */
static void list_interfaces(struct sk_buf *text)
{
	struct if_nameindex *all = if_nameindex();

	for (struct if_nameindex *i = all; i && i->if_name; i++)
		sk_buf_addf(text, "%s%s", text->n ? ", " : "", i->if_name);
	if (all)
		if_freenameindex(all);
}

static int no_interface(const char *name, struct sk_error *e)
{
	struct sk_buf list = { .cap = 300 };

	list_interfaces(&list);
	sk_error_set(e, -ENODEV, "no interface \"%s\"; there %s%s", name, list.n ? "are: " : "are none", sk_buf_str(&list));
	sk_buf_fini(&list);
	return -ENODEV;
}

static int no_permission(const char *name, struct sk_error *e)
{
	return sk_error_set(e, -EPERM, "no permission to capture on %s: run as root, or once as root: "
		"setcap cap_net_raw+ep $(command -v sekisho)", name);
}

static int pcap_failed(struct sk_live *l, const char *name, int rc, struct sk_error *e)
{
	switch (rc) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return no_interface(name, e);
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return no_permission(name, e);
	case PCAP_ERROR_IFACE_NOT_UP:
		return sk_error_set(e, -ENETDOWN, "interface %s is down: ip link set %s up", name, name);
	default:
		return sk_error_set(e, -EIO, "%s: %s", name, *pcap_geterr(l->pcap) ? pcap_geterr(l->pcap) : pcap_statustostr(rc));
	}
}

static int set_up(struct sk_live *l, const struct sk_capture_live *how, struct sk_error *e)
{
	int rc;

	pcap_set_snaplen(l->pcap, (int)l->snaplen);
	pcap_set_promisc(l->pcap, how->promiscuous);
	pcap_set_timeout(l->pcap, BLOCK_TIMEOUT_MS);
	if (how->buffer)
		pcap_set_buffer_size(l->pcap, (int)SK_MIN(how->buffer, (uint64_t)INT32_MAX));
	pcap_set_tstamp_precision(l->pcap, PCAP_TSTAMP_PRECISION_NANO);
	rc = pcap_activate(l->pcap);
	if (rc < 0)
		return pcap_failed(l, how->iface, rc, e);
	if (rc > 0)
		sk_log_warning("capture", "%s: %s", how->iface, *pcap_geterr(l->pcap) ? pcap_geterr(l->pcap) : pcap_statustostr(rc));
	l->frac_ns = pcap_get_tstamp_precision(l->pcap) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;
	l->linktype = pcap_datalink(l->pcap);
	l->fd = pcap_get_selectable_fd(l->pcap);
	return 0;
}

static int set_filter(struct sk_live *l, const char *text, struct sk_error *e)
{
	struct bpf_program program;
	int rc = 0;

	if (!text || !*text)
		return 0;
	if (pcap_compile(l->pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return sk_error_set(e, SK_E_CONFIG, "filter \"%s\": %s", text, pcap_geterr(l->pcap));
	if (pcap_setfilter(l->pcap, &program) < 0)
		rc = sk_error_set(e, SK_E_CONFIG, "filter \"%s\": %s", text, pcap_geterr(l->pcap));
	pcap_freecode(&program);
	return rc;
}

static void forget(u_char *cx, const struct pcap_pkthdr *head, const u_char *data)
{
}

/* Both directions of a flow come to the same socket: the kernel's hash is symmetric. What came before the socket joined
 * the others have seen too: it goes. */
static int join_fanout(struct sk_live *l, const struct sk_capture_live *how, struct sk_error *e)
{
	int value = (how->fanout_group & 0xffff) | (PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_DEFRAG) << 16;

	if (how->fanout_group < 0)
		return 0;
	if (setsockopt(pcap_fileno(l->pcap), SOL_PACKET, PACKET_FANOUT, &value, sizeof(value)) < 0) {
		int err = errno;

		return sk_error_set(e, -err, "%s: cannot share the interface between workers (PACKET_FANOUT): %s", how->iface, strerror(err));
	}
	pcap_dispatch(l->pcap, -1, forget, NULL);
	return 0;
}

int sk_live_open(struct sk_live **out, const struct sk_capture_live *how, int break_fd, struct sk_error *e)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	struct sk_live *l = calloc(1, sizeof(*l));
	int rc = 0;

	*out = NULL;
	if (!l)
		return sk_error_set(e, SK_E_MEMORY, "not enough memory");
	snprintf(l->name, sizeof(l->name), "%s", how->iface);
	l->break_fd = break_fd;
	l->snaplen = how->snaplen && how->snaplen < SNAPLEN_DEFAULT ? how->snaplen : SNAPLEN_DEFAULT;
	l->room_len = SK_MAX(ROOM_MIN, 2 * (size_t)l->snaplen);
	l->room = malloc(l->room_len);
	l->pcap = l->room ? pcap_create(how->iface, error) : NULL;
	if (!l->pcap)
		rc = sk_error_set(e, l->room ? -EIO : SK_E_MEMORY, "%s: %s", how->iface, l->room ? error : "not enough memory");
	if (rc == 0)
		rc = set_up(l, how, e);
	if (rc == 0)
		rc = set_filter(l, how->filter, e);
	if (rc == 0 && (l->fd < 0 || pcap_setnonblock(l->pcap, 1, error) < 0))
		rc = sk_error_set(e, -EIO, "%s: %s", how->iface, l->fd < 0 ? "cannot be waited for" : error);
	if (rc == 0)
		rc = join_fanout(l, how, e);
	if (rc < 0) {
		sk_live_close(l);
		return rc;
	}
	*out = l;
	return 0;
}

void sk_live_close(struct sk_live *l)
{
	if (!l)
		return;
	if (l->pcap)
		pcap_close(l->pcap);
	free(l->room);
	free(l);
}

static void take(u_char *cx, const struct pcap_pkthdr *head, const u_char *data)
{
	struct sk_live *l = (struct sk_live *)(void *)cx;
	uint32_t caplen = SK_MIN(head->caplen, l->snaplen);
	struct sk_raw *raw = &l->burst[l->cnt++];

	memcpy(l->room + l->used, data, caplen);
	*raw = (struct sk_raw){ l->room + l->used, caplen, SK_MAX(head->len, caplen),
		(uint64_t)head->ts.tv_sec * 1000000000u + (uint64_t)head->ts.tv_usec * l->frac_ns, 0, l->linktype };
	l->used += (caplen + 15u) & ~(size_t)15;
	if (l->cnt == l->max || l->used + l->snaplen > l->room_len)
		pcap_breakloop(l->pcap);
}

/* Packets that are there already; 0 for none, or -errno. */
static int take_some(struct sk_live *l, struct sk_error *e)
{
	int rc = pcap_dispatch(l->pcap, l->max, take, (u_char *)l);

	if (rc < 0 && rc != PCAP_ERROR_BREAK && l->cnt == 0)
		return sk_error_set(e, -EIO, "%s: %s", l->name, pcap_geterr(l->pcap));
	return l->cnt;
}

int sk_live_next(struct sk_live *l, struct sk_raw *burst, int max, int timeout_ms, struct sk_error *e)
{
	struct pollfd fds[2] = { { l->fd, POLLIN, 0 }, { l->break_fd, POLLIN, 0 } };
	int rc;

	l->burst = burst;
	l->max = max;
	l->cnt = 0;
	l->used = 0;
	rc = take_some(l, e);
	if (rc != 0)
		return rc;
	rc = poll(fds, 2, timeout_ms);
	if (rc < 0 && errno != EINTR)
		return sk_error_set(e, -errno, "%s: %s", l->name, strerror(errno));
	if (rc > 0 && fds[1].revents)
		return SK_E_STATE;
	return rc > 0 ? take_some(l, e) : 0;
}

void sk_live_count(struct sk_live *l, struct sk_capture_counters *c)
{
	struct pcap_stat now;

	if (pcap_stats(l->pcap, &now) < 0)
		return;
	c->kernel_packets += (uint32_t)(now.ps_recv - l->seen.ps_recv);
	c->kernel_drops += (uint32_t)(now.ps_drop - l->seen.ps_drop);
	c->interface_drops += (uint32_t)(now.ps_ifdrop - l->seen.ps_ifdrop);
	l->seen = now;
}
