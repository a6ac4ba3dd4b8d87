/* capture/capture.c — one capture: a file or an interface, its filter, its counters. */
#include "capture/capture.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "capture/filter.h"
#include "capture/format.h"
#include "capture/live.h"
#include "capture/memory.h"
#include "capture/source.h"

#define BACKWARDS_NS 1000000000u

SK_COUNTER_TABLE(capture, SK_CAPTURE_COUNTERS)

struct sk_capture {
	struct sk_live *live;		/* or … */
	struct sk_source source;
	struct sk_format format;
	struct sk_filter *filter;	/* NULL for none; live ones filter in the kernel */
	int break_fd;
	atomic_bool broken;
	int ended;			/* code of the end or the error that is to be told; 0 while there is more */
	struct sk_error why;
	uint64_t number;
	uint64_t last_ns;
	struct sk_capture_counters counters;
};

static struct sk_capture *new_capture(struct sk_error *e)
{
	struct sk_capture *c = calloc(1, sizeof(*c));

	if (!c) {
		sk_error_set(e, SK_E_MEMORY, "not enough memory");
		return NULL;
	}
	c->source.fd = -1;
	c->break_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->break_fd < 0) {
		sk_error_set(e, -errno, "eventfd: %s", strerror(errno));
		free(c);
		return NULL;
	}
	return c;
}

/* The source is open. */
static int begin_file(struct sk_capture **out, struct sk_capture *c, const char *filter, struct sk_error *e)
{
	int rc = sk_format_open(&c->format, &c->source, e);

	if (rc == 0)
		rc = sk_filter_new(&c->filter, filter, c->format.is_ng ? -1 : c->format.linktype, e);
	if (rc < 0) {
		sk_capture_close(c);
		return rc;
	}
	c->counters.files = 1;
	*out = c;
	return 0;
}

int sk_capture_open_file(struct sk_capture **out, const char *path, const char *filter, struct sk_error *e)
{
	struct sk_error here;
	struct sk_capture *c;
	int rc;

	*out = NULL;
	e = e ? e : &here;
	c = new_capture(e);
	if (!c)
		return e->code;
	rc = sk_source_open(&c->source, path, c->break_fd, e);
	if (rc < 0) {
		sk_capture_close(c);
		return rc;
	}
	return begin_file(out, c, filter, e);
}

int sk_capture_open_memory(struct sk_capture **out, struct sk_span bytes, const char *name, const char *filter,
	struct sk_error *e)
{
	struct sk_error here;
	struct sk_capture *c;
	int rc;

	*out = NULL;
	e = e ? e : &here;
	c = new_capture(e);
	if (!c)
		return e->code;
	rc = sk_source_open_memory(&c->source, bytes, name, e);
	if (rc < 0) {
		sk_capture_close(c);
		return rc;
	}
	return begin_file(out, c, filter, e);
}

int sk_capture_open_live(struct sk_capture **out, const struct sk_capture_live *how, struct sk_error *e)
{
	struct sk_error here;
	struct sk_capture *c;
	int rc;

	*out = NULL;
	e = e ? e : &here;
	c = new_capture(e);
	if (!c)
		return e->code;
	rc = sk_live_open(&c->live, how, c->break_fd, e);
	if (rc < 0) {
		sk_capture_close(c);
		return rc;
	}
	*out = c;
	return 0;
}

void sk_capture_close(struct sk_capture *c)
{
	if (!c)
		return;
	sk_live_close(c->live);
	sk_format_close(&c->format);
	sk_source_close(&c->source);
	sk_filter_free(c->filter);
	close(c->break_fd);
	free(c);
}

static void count_packet(struct sk_capture *c, const struct sk_raw *raw)
{
	c->counters.packets++;
	c->counters.bytes += raw->caplen;
	if (raw->caplen < raw->len)
		c->counters.cut++;
	if (SK_UNLIKELY(raw->time_ns < c->last_ns && c->last_ns - raw->time_ns > BACKWARDS_NS))
		c->counters.time_backwards++;
	c->last_ns = raw->time_ns;
}

static int damaged(struct sk_capture *c, const char *what)
{
	c->counters.files_damaged = 1;
	return sk_error_set(&c->why, SK_E_FORMAT, "%s: damaged after packet %llu, at byte %llu: %s", c->source.name,
		(unsigned long long)c->number, (unsigned long long)c->source.taken, what);
}

/* The window does not hold the next record. 0 when it may now, or the end. */
static int get_more(struct sk_capture *c, size_t want)
{
	int rc;

	if (want > SOURCE_WANT_MAX)
		return damaged(c, "a record is too long");
	rc = sk_source_more(&c->source, want, &c->why);
	if (rc > 0)
		return 0;
	if (rc == SK_E_STATE)
		return SK_E_EOF;
	if (rc < 0) {
		c->counters.files_damaged = 1;
		return rc;
	}
	if (c->source.window.n || c->format.skip)
		return damaged(c, "the file ends inside a record");
	return SK_E_EOF;
}

/* One packet into *raw. 1; 0 when the window has no whole record and the burst (which points into it) must go first; <0 the
 * end. */
static int next_packet(struct sk_capture *c, struct sk_raw *raw, bool first)
{
	const char *what = NULL;
	size_t want = 0;

	for (;;) {
		int rc = sk_format_next(&c->format, &c->source, raw, &want, &what);

		if (rc == SK_FORMAT_MORE) {
			if (!first)
				return 0;
			rc = get_more(c, want);
			if (rc < 0)
				return rc;
			continue;
		}
		if (rc == SK_FORMAT_AGAIN)
			continue;
		if (rc < 0)
			return rc == SK_E_FORMAT ? damaged(c, what) : sk_error_set(&c->why, rc, "%s: %s", c->source.name, what);
		raw->number = ++c->number;
		count_packet(c, raw);
		if (!c->filter)
			return 1;
		rc = sk_filter_passes(c->filter, raw, &c->why);
		if (rc != 0)
			return rc;
		c->counters.filtered++;
		if (atomic_load_explicit(&c->broken, memory_order_relaxed))
			return SK_E_EOF;
	}
}

static int file_next(struct sk_capture *c, struct sk_raw *burst, int max)
{
	int n = 0;

	if (sk_source_release(&c->source, &c->why) < 0) {
		c->counters.files_damaged = 1;
		c->ended = SK_E_FORMAT;
	}
	while (n < max && !c->ended) {
		int rc = next_packet(c, &burst[n], n == 0);

		if (rc == 0)
			break;
		if (rc < 0)
			c->ended = rc;
		else
			n++;
	}
	return n > 0 ? n : c->ended;
}

static int live_next(struct sk_capture *c, struct sk_raw *burst, int max, int timeout_ms)
{
	int n = sk_live_next(c->live, burst, max, timeout_ms, &c->why);

	for (int i = 0; i < n; i++) {
		burst[i].number = ++c->number;
		count_packet(c, &burst[i]);
	}
	return n == SK_E_STATE ? SK_E_EOF : n;
}

int sk_capture_next(struct sk_capture *c, struct sk_raw *burst, int max, int timeout_ms, struct sk_error *e)
{
	int n;

	max = SK_MIN(max, SK_CAPTURE_BURST_MAX);
	if (atomic_load_explicit(&c->broken, memory_order_relaxed))
		return SK_E_EOF;
	n = c->live ? live_next(c, burst, max, timeout_ms) : file_next(c, burst, max);
	if (n < 0 && n != SK_E_EOF && e)
		*e = c->why;
	return n;
}

void sk_capture_look_ahead(struct sk_capture *c)
{
	if (!c->live)
		sk_format_look_ahead(&c->format, &c->source);
}

bool sk_capture_is_whole(const struct sk_capture *c)
{
	return c->live || sk_source_is_whole(&c->source);
}

bool sk_capture_stays(struct sk_capture *c, bool soon)
{
	return !c->live && sk_source_stays(&c->source, soon);
}

void sk_capture_break(struct sk_capture *c)
{
	int saved = errno;
	uint64_t one = 1;

	atomic_store_explicit(&c->broken, true, memory_order_relaxed);
	/* Full is as good as written. */
	if (write(c->break_fd, &one, sizeof(one)) < 0)
		errno = saved;
}

void sk_capture_progress(const struct sk_capture *c, uint64_t *done, uint64_t *size)
{
	*done = c->live ? 0 : c->source.read;
	*size = c->live ? 0 : c->source.size;
}

const struct sk_capture_counters *sk_capture_counters(struct sk_capture *c)
{
	if (c->live)
		sk_live_count(c->live, &c->counters);
	return &c->counters;
}
