/* sink/file.h — records into a file or standard output: whole, in order, counted.
 *
 * in       records of text/ and json/
 * memory   what cannot be written waits in memory up to a cap; what comes after that is lost and counted
 * threads  one
 * limits   a file is opened with O_APPEND; a record goes out in one write unless the system cuts it; a reader that has closed
 *          its end (EPIPE) ends the output for good. The process must ignore SIGPIPE
 */
#ifndef SK_SINK_FILE_H
#define SK_SINK_FILE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "sink/sink.h"

struct sk_sink_file {
	int fd;
	char *path;			/* NULL: standard output */
	const char *tag;		/* for messages: the sink's scheme */
	struct sk_buf pending;		/* whole records */
	struct sk_buf lengths;		/* of each, uint32_t; the top bit: it is an alert */
	size_t done;			/* bytes of the first record that are written */
	bool is_closed;			/* the reader has gone */
	bool is_stuck;			/* the last write failed, and that was told */
	uint64_t errors;		/* writes that failed */
	struct sk_sink_counts counts;
};

/* path NULL: standard output. 0 or SK_E_CONFIG with *e. */
int sk_sink_file_open(struct sk_sink_file *f, const char *path, const char *tag, uint64_t max, struct sk_error *e);
/* "scheme:path" or the scheme alone, malloc'ed; NULL when memory is short. */
char *sk_sink_file_name(const char *scheme, const char *path);
/* One record of two parts. 0, or <0 when it is lost. */
int sk_sink_file_put(struct sk_sink_file *f, struct sk_span a, struct sk_span b, bool is_alert);
void sk_sink_file_flush(struct sk_sink_file *f);
void sk_sink_file_reopen(struct sk_sink_file *f);
void sk_sink_file_counts(const struct sk_sink_file *f, struct sk_sink_counts *counts);
/* Writes what it can and tells what it could not. 0 or SK_E_STATE. */
int sk_sink_file_close(struct sk_sink_file *f, struct sk_sink_counts *counts);

#endif
