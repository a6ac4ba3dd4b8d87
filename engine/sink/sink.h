/* sink/sink.h — where alerts leave: text, json, redis.
 *
 * in       alerts in output order with their JSON
 * memory   a sink owns its queue and bounds it
 * threads  write, flush and close are called from one thread; a sink may have its own thread behind
 * limits   write never waits for the network
 */
#ifndef SK_SINK_SINK_H
#define SK_SINK_SINK_H

#include "alert/alert.h"
#include "conf/conf.h"

struct sk_sink_conf {
	const char *sensor;
	bool colour;				/* text on a terminal */
	bool progress;				/* a progress line may stand on the terminal: text takes it away first */
	const char *spool_dir;			/* NULL: no spool */
	const char *spool_folder;		/* the spool itself, whatever the URL; NULL: one of spool_dir, named after the URL */
	const char *user;			/* who the process will be when it writes; NULL: who it is */
	uint64_t spool_max;			/* bytes */
	uint64_t queue_max;			/* bytes of alerts in memory */
	uint64_t fsync_ns;			/* 0: after every record */
	uint64_t retain_ns;			/* keep acknowledged alerts this long */
	uint64_t connect_timeout_ns, command_timeout_ns;
	uint64_t backoff_max_ns;
	uint64_t batch_max;			/* alerts per pipeline */
	const char *tls_ca, *tls_cert, *tls_key;
	const char *password_file;
	const char *sentinel_user, *sentinel_password_file;
};
extern const struct sk_sink_conf sk_sink_conf_default;

/* Of a sink with a way to go: records, alerts and others. */
#define SK_SINK_TRIPS 8u
#define SK_SINK_TRIP_LIMITS_MS { 1, 3, 10, 30, 100, 300, 1000 }
struct sk_sink_way {
	uint64_t queued;			/* taken in, or left by an earlier run */
	uint64_t sent;				/* each time */
	uint64_t acknowledged;
	uint64_t retried;			/* sent without an answer that they are there: again, unless it turns out that they are */
	uint64_t healed;			/* again, for the other side has lost them */
	uint64_t refused;			/* alerts, for want of room */
	uint64_t spool_bytes, oldest_ms;	/* now: room taken, age of the first that waits */
	uint64_t trips[SK_SINK_TRIPS];		/* batches by the time until the answer: within each limit, and more */
};

struct sk_sink_counts {
	uint64_t written;			/* alerts given to the sink */
	uint64_t delivered;			/* … that are where they should be */
	uint64_t undelivered;			/* … that are not (kept or lost) */
	uint64_t lost;				/* … of these: not kept anywhere */
	struct sk_sink_way way;
};

struct sk_sink {
	const struct sk_sink_ops *ops;
	char *name;				/* the spec without secrets, for messages */
};

struct sk_sink_ops {
	const char *scheme;
	/* event_json: one line without newline. 0, or <0 counted by the sink. a is NULL for stats events. */
	int (*write)(struct sk_sink *s, const struct sk_alert *a, struct sk_span event_json);
	/* End of a moment of activity: push out what is buffered. */
	void (*flush)(struct sk_sink *s);
	/* Delivers what it can within wait_ns, tells, frees the sink. 0 or SK_E_STATE when something was not delivered. */
	int (*close)(struct sk_sink *s, uint64_t wait_ns, struct sk_sink_counts *counts);
	/* Counts so far. */
	void (*counts)(struct sk_sink *s, struct sk_sink_counts *counts);
	/* Opens its file anew, after it was moved away; keeps the old one when that fails. May be NULL. */
	void (*reopen)(struct sk_sink *s);
};

/* spec as after -o: text[:FILE], json[:FILE], redis://…, rediss://…, redis+unix://…, redis[s]-sentinel://…,
 * redis[s]-cluster://…. SK_E_CONFIG with *e for a wrong one; a
 * Redis that cannot be reached is not an error. */
int sk_sink_open(struct sk_sink **out, const char *spec, const struct sk_sink_conf *conf, struct sk_error *e);

/* Looks at a spec without opening anything, for -T. */
int sk_sink_check(const char *spec, const struct sk_sink_conf *conf, struct sk_error *e);

/* Openers by folder; file NULL is standard output. */
int sk_sink_text_open(struct sk_sink **out, const char *file, const struct sk_sink_conf *conf, struct sk_error *e);
int sk_sink_json_open(struct sk_sink **out, const char *file, const struct sk_sink_conf *conf, struct sk_error *e);
int sk_sink_redis_open(struct sk_sink **out, const char *url, const struct sk_sink_conf *conf, struct sk_error *e);
int sk_sink_redis_check(const char *url, const struct sk_sink_conf *conf, struct sk_error *e);

#endif
