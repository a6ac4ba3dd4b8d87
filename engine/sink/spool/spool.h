/* sink/spool/spool.h — alerts on their way, numbered, kept until the other side has had them for a while.
 *
 * in       records of the output thread
 * out      the records behind the last acknowledged one, in order, to a sender
 * memory   segments of at most max bytes together: files of a folder, or memory when there is none
 * threads  the caller locks. What sk_spool_peek has given stays valid without the lock until it is acknowledged, sought past or
 *          the spool is closed
 * limits   records are dropped only when acknowledged; a full spool refuses new ones, those of low severity first, and counts
 *
 * A sequence number is the number of the opening (upper 24 bits) and of the record in it (lower 40): it grows for ever, also when
 * the system crashed before the last records or their file reached the disk.
 */
#ifndef SK_SINK_SPOOL_SPOOL_H
#define SK_SINK_SPOOL_SPOOL_H

#include <sekisho/span.h>

#include "base/err.h"

#define SK_SPOOL_ID_MAX 33		/* 128 bits in hex */
#define SK_SPOOL_SEVERITIES 6		/* 0: no alert; 1 info … 5 critical */

struct sk_spool_conf {
	const char *dir;		/* of this spool alone; NULL: in memory */
	const char *sensor;		/* "": whoever made it */
	const char *user;		/* whom the folder shall belong to; NULL: as it is */
	uint64_t max;			/* bytes */
	uint64_t retain_ns;		/* keep acknowledged records this long */
	bool fsync_always;		/* else when sk_spool_sync is called */
	bool read_only;			/* look at it, change nothing */
};

struct sk_spool_item {
	uint64_t seq;			/* given by sk_spool_add */
	uint64_t time_ns;		/* when it was added, since 1970 */
	uint8_t severity;		/* below SK_SPOOL_SEVERITIES */
	bool is_alert;
	struct sk_span key, json;
};

struct sk_spool_lost {
	uint64_t alerts, by_severity[SK_SPOOL_SEVERITIES];	/* 0: it cannot be read any more */
	uint64_t first_ns, last_ns;
};

struct sk_spool_state {
	uint64_t acked, last;		/* sequence numbers; 0: none yet */
	uint64_t pending, pending_alerts, pending_bytes;
	uint64_t retained;		/* records that are acknowledged and still here */
	uint64_t bytes;			/* taken by segments */
	uint64_t torn, damaged;		/* at opening: bytes cut behind the last whole record, bytes skipped between records */
	struct sk_spool_lost lost;	/* all since opening, and what was found damaged then */
};

struct sk_spool;

/* SK_E_CONFIG with *e: the folder cannot be used, is in use, belongs to another sensor or was written by another version. */
int sk_spool_open(struct sk_spool **out, const struct sk_spool_conf *conf, struct sk_error *e);
/* Keeps what is not acknowledged, on disk where there is a disk. */
void sk_spool_close(struct sk_spool *s);

/* Copies. 0 and it->seq is set; SK_E_LIMIT (full) or another code: refused, and counted where it is an alert. */
int sk_spool_add(struct sk_spool *s, struct sk_spool_item *it);
/* Up to max records behind the acknowledged ones and behind after, of max_bytes together but at least one. Borrowed. */
size_t sk_spool_peek(struct sk_spool *s, uint64_t after, struct sk_spool_item *items, size_t max, size_t max_bytes);
/* All up to seq are where they should be. */
void sk_spool_ack(struct sk_spool *s, uint64_t seq);
/* The other side says that seq is the last it has: goes there, forwards or back as far as records are kept. */
void sk_spool_seek(struct sk_spool *s, uint64_t seq);
/* Drops what was acknowledged longer ago than retain_ns. */
void sk_spool_expire(struct sk_spool *s, uint64_t now_ns);
/* A descriptor to give to fdatasync and to close, or -1 when there is nothing new. */
int sk_spool_sync_fd(struct sk_spool *s);

const char *sk_spool_id(const struct sk_spool *s);
bool sk_spool_on_disk(const struct sk_spool *s);
void sk_spool_state(const struct sk_spool *s, struct sk_spool_state *state);
bool sk_spool_has_pending(const struct sk_spool *s);
/* When the first record that is not acknowledged was added; 0: there is none. */
uint64_t sk_spool_oldest(const struct sk_spool *s);

/* Every record that is not acknowledged, oldest first. */
typedef void sk_spool_each_fn(void *cx, const struct sk_spool_item *it);
void sk_spool_each(struct sk_spool *s, sk_spool_each_fn *fn, void *cx);
/* Forgets all records, acknowledged or not. */
void sk_spool_drop(struct sk_spool *s);

/* Where the alerts of a spool on disk go, for people; written to a file "target" of the folder. */
void sk_spool_label(const char *dir, const char *text);
/* Into buf; "" when unknown. Returns buf. */
const char *sk_spool_read_label(const char *dir, char *buf, size_t size);
/* The sensor a spool belongs to; "" when it is not known. */
const char *sk_spool_sensor(const struct sk_spool *s);

#endif
