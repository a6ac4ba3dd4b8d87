/* capture/capture.h — capture files and live interfaces to packets.
 *
 * in       files (pcap, pcapng; plain, .gz, .zst, .xz, .lz4), standard input, an interface
 * out      bursts of struct sk_raw to pipeline/
 * memory   packet bytes are borrowed until the next call on the same capture
 * threads  one capture belongs to one thread; sk_capture_break may be called from a signal handler
 * limits   a damaged file is reported and read up to the damage
 */
#ifndef SK_CAPTURE_CAPTURE_H
#define SK_CAPTURE_CAPTURE_H

#include <sekisho/span.h>

#include "base/counter.h"
#include "base/err.h"

#define SK_CAPTURE_BURST_MAX 32

struct sk_raw {
	const uint8_t *data;
	uint32_t caplen;		/* bytes at data */
	uint32_t len;			/* bytes on the wire */
	uint64_t time_ns;		/* since 1970 */
	uint64_t number;		/* in its file or since start, from 1; counts packets the filter let through or not, as Wireshark does */
	int linktype;			/* DLT_* value as libpcap's pcap_datalink() gives */
};

struct sk_capture;

#define SK_CAPTURE_COUNTERS(X) \
	X(files, "files", "capture files read") \
	X(files_damaged, "files", "capture files that could be read only in part") \
	X(packets, "packets", "packets read") \
	X(bytes, "bytes", "captured bytes read") \
	X(cut, "packets", "packets shorter than on the wire (snaplen)") \
	X(filtered, "packets", "packets the filter expression kept out") \
	X(kernel_packets, "packets", "live: packets the kernel saw for us") \
	X(kernel_drops, "packets", "live: packets the kernel dropped because we were slow") \
	X(interface_drops, "packets", "live: packets the interface dropped") \
	X(time_backwards, "packets", "packets older than the one before by more than a second")
SK_COUNTER_STRUCT(capture, SK_CAPTURE_COUNTERS)

struct sk_capture_live {
	const char *iface;
	const char *filter;		/* BPF expression or NULL */
	uint32_t snaplen;		/* bytes */
	uint64_t buffer;		/* kernel ring, bytes */
	int fanout_group;		/* <0: none; otherwise PACKET_FANOUT hash group shared by the workers' captures */
	bool promiscuous;
};

/* path "-" is standard input. filter: BPF expression or NULL. *damaged later tells of a torn file.
 * SK_E_CONFIG for a filter that does not compile; SK_E_FORMAT when it is no capture file; -errno. */
int sk_capture_open_file(struct sk_capture **out, const char *path, const char *filter, struct sk_error *e);
int sk_capture_open_live(struct sk_capture **out, const struct sk_capture_live *how, struct sk_error *e);
void sk_capture_close(struct sk_capture *c);

/* Checks a filter expression without a capture (Ethernet assumed). 0 or SK_E_CONFIG. */
int sk_capture_check_filter(const char *filter, struct sk_error *e);

/* Up to max packets (at most SK_CAPTURE_BURST_MAX) into burst. >0 their number; 0 none within timeout_ms (live only);
 * SK_E_EOF at the end; another negative code when the rest cannot be read: *e says why (also torn files: what was
 * whole has been delivered before). */
int sk_capture_next(struct sk_capture *c, struct sk_raw *burst, int max, int timeout_ms, struct sk_error *e);

/* Fetches what of the next burst is read first into the caches; to be called once per packet of the burst at hand. */
void sk_capture_look_ahead(struct sk_capture *c);

/* True when packet bytes stay where they are until sk_capture_close: those of a plain file, which is mapped. soon: all will be looked at
 * by another thread, which may be some MiB behind. */
bool sk_capture_stays(struct sk_capture *c, bool soon);
/* False when a file whose bytes stay has become shorter: its packets must not be touched any more. */
bool sk_capture_is_whole(const struct sk_capture *c);

/* Makes a waiting or later sk_capture_next return SK_E_EOF soon. Async-signal-safe. */
void sk_capture_break(struct sk_capture *c);

/* For a file: bytes of the file consumed and its size (0 when unknown), for the progress bar. */
void sk_capture_progress(const struct sk_capture *c, uint64_t *done, uint64_t *size);

/* Counters so far; live ones are fetched from the kernel. */
const struct sk_capture_counters *sk_capture_counters(struct sk_capture *c);

/* Capture files under path: itself when a file or "-"; below a folder all that begin like a capture file or a compressed
 * one, recursively, sorted by path bytes. Appends malloc'd names. SK_E_CONFIG when path does not exist, cannot be read, or is a
 * folder without captures. */
struct sk_capture_list {
	char **paths;
	size_t cnt, room;
};
int sk_capture_find(struct sk_capture_list *l, const char *path, struct sk_error *e);
void sk_capture_list_free(struct sk_capture_list *l);

#endif
