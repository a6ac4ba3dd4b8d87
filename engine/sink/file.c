/* sink/file.c — see file.h. */
#include "sink/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FULL (64u * 1024)		/* bytes that are worth a write */
#define ALERT_BIT UINT32_C(0x80000000)
#define WAIT_MS 1000			/* for a pipe that takes no more at the moment */

static int open_path(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
}

int sk_sink_file_open(struct sk_sink_file *f, const char *path, const char *tag, uint64_t max, struct sk_error *e)
{
	*f = (struct sk_sink_file){ .fd = STDOUT_FILENO, .tag = tag };
	f->pending.cap = (size_t)SK_MAX(max, (uint64_t)FULL * 2);
	f->lengths.cap = f->pending.cap;
	if (!path)
		return 0;
	f->path = strdup(path);
	if (!f->path)
		return sk_error_set(e, SK_E_MEMORY, "not enough memory");
	f->fd = open_path(path);
	if (f->fd >= 0)
		return 0;
	sk_error_set(e, SK_E_CONFIG, "cannot open output file '%s': %s", path, strerror(errno));
	free(f->path);
	f->path = NULL;
	return SK_E_CONFIG;
}

char *sk_sink_file_name(const char *scheme, const char *path)
{
	size_t n = strlen(scheme) + (path ? strlen(path) : 0) + 2;
	char *name = malloc(n);

	if (name)
		snprintf(name, n, "%s%s%s", scheme, path ? ":" : "", path ? path : "");
	return name;
}

static const char *name_of(const struct sk_sink_file *f)
{
	return f->path ? f->path : "standard output";
}

/* The first record is out, or given up. */
static void pop(struct sk_sink_file *f, size_t *byte, size_t *record, bool lost)
{
	uint32_t len;

	memcpy(&len, f->lengths.p + *record, sizeof(len));
	*record += sizeof(len);
	*byte += len & ~ALERT_BIT;
	if (!(len & ALERT_BIT))
		return;
	if (lost)
		f->counts.lost++;
	else
		f->counts.delivered++;
}

static void give_up(struct sk_sink_file *f)
{
	size_t byte = 0, record = 0;

	while (record < f->lengths.n)
		pop(f, &byte, &record, true);
	sk_buf_clear(&f->pending);
	sk_buf_clear(&f->lengths);
	f->done = 0;
}

/* n more bytes are written: takes off the records that are whole by now. */
static void advance(struct sk_sink_file *f, size_t n)
{
	size_t byte = 0, record = 0;

	f->done += n;
	while (record < f->lengths.n) {
		uint32_t len;

		memcpy(&len, f->lengths.p + record, sizeof(len));
		if ((len & ~ALERT_BIT) > f->done - byte)
			break;
		pop(f, &byte, &record, false);
	}
	sk_buf_consume(&f->pending, byte);
	sk_buf_consume(&f->lengths, record);
	f->done -= byte;
}

/* Told once until a write succeeds again. */
static void failed(struct sk_sink_file *f, int error)
{
	f->errors++;
	if (error == EPIPE) {
		f->is_closed = true;
		give_up(f);
		return;
	}
	if (!f->is_stuck)
		sk_log_error(f->tag, "cannot write to %s: %s; alerts wait in memory", name_of(f), strerror(error));
	f->is_stuck = true;
}

void sk_sink_file_flush(struct sk_sink_file *f)
{
	while (f->done < f->pending.n && !f->is_closed) {
		ssize_t n = write(f->fd, f->pending.p + f->done, f->pending.n - f->done);

		if (n > 0) {
			if (f->is_stuck)
				sk_log_info(f->tag, "writing to %s again", name_of(f));
			f->is_stuck = false;
			advance(f, (size_t)n);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			struct pollfd p = { .fd = f->fd, .events = POLLOUT };

			if (poll(&p, 1, WAIT_MS) > 0)
				continue;
		}
		failed(f, n < 0 ? errno : EIO);
		return;
	}
}

int sk_sink_file_put(struct sk_sink_file *f, struct sk_span a, struct sk_span b, bool is_alert)
{
	size_t n = a.n + b.n;
	uint32_t len = (uint32_t)n | (is_alert ? ALERT_BIT : 0);

	if (n == 0)
		return 0;
	f->counts.written += is_alert;
	if (f->is_closed || n >= ALERT_BIT || sk_buf_reserve(&f->pending, n) < 0 ||
	    sk_buf_reserve(&f->lengths, sizeof(len)) < 0) {
		f->counts.lost += is_alert;
		return SK_E_STATE;
	}
	sk_buf_add(&f->pending, a);
	sk_buf_add(&f->pending, b);
	sk_buf_add(&f->lengths, sk_span(&len, sizeof(len)));
	if (f->pending.n >= FULL && !f->is_stuck)
		sk_sink_file_flush(f);
	return 0;
}

void sk_sink_file_reopen(struct sk_sink_file *f)
{
	int fd;

	if (!f->path)
		return;
	sk_sink_file_flush(f);
	fd = open_path(f->path);
	if (fd < 0) {
		sk_log_error(f->tag, "cannot open %s again: %s; the old file stays in use", f->path, strerror(errno));
		return;
	}
	close(f->fd);
	f->fd = fd;
	f->done = 0;			/* a record the old file has only begun starts anew */
	f->is_closed = f->is_stuck = false;
}

void sk_sink_file_counts(const struct sk_sink_file *f, struct sk_sink_counts *counts)
{
	*counts = f->counts;
	counts->undelivered = counts->written - counts->delivered;
}

int sk_sink_file_close(struct sk_sink_file *f, struct sk_sink_counts *counts)
{
	bool reader_gone;

	sk_sink_file_flush(f);
	reader_gone = f->is_closed;
	give_up(f);
	if (f->path && close(f->fd) < 0) {
		f->errors++;
		sk_log_error(f->tag, "closing %s: %s", f->path, strerror(errno));
	}
	sk_sink_file_counts(f, counts);
	if (counts->lost)
		sk_log_error(f->tag, "%llu alerts were not written to %s%s", (unsigned long long)counts->lost, name_of(f),
			     reader_gone ? ": its reader has gone" : "");
	sk_buf_fini(&f->pending);
	sk_buf_fini(&f->lengths);
	free(f->path);
	return counts->lost ? SK_E_STATE : 0;
}
