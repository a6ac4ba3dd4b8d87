/* capture/source.h — the bytes of a capture file, wherever they come from; private to capture/.
 *
 * what     a window of bytes in order; a plain file is mapped and is one window, a pipe and a compressed file are read
 *          piece by piece into a buffer of fixed size
 * memory   SOURCE_ROOM for a pipe or a compressed file, plus what the decompressor needs (see unpack.h and ahead.h)
 * threads  one owner; a long compressed file or pipe is unpacked on a thread of its own; the break descriptor is written by
 *          sk_capture_break
 * limits   a mapped file that shrinks while it is read is noticed every megabyte, or where it ends now (see guard.h); more than
 *          SOURCE_WANT_MAX bytes at a time are never asked for
 */
#ifndef SK_CAPTURE_SOURCE_H
#define SK_CAPTURE_SOURCE_H

#include <sekisho/span.h>

#include "base/err.h"

#define SOURCE_WANT_MAX (1u << 20)
#define SOURCE_ROOM (2u << 20)

struct sk_ahead;
struct sk_unpack;

struct sk_source {
	char name[256];			/* for messages */
	struct sk_span window;		/* next bytes of the capture */
	uint64_t taken;			/* bytes of the capture before window */
	_Atomic uint64_t read;		/* bytes of the file read */
	uint64_t size;			/* of the file, 0 when unknown */
	int fd;
	int break_fd;			/* readable once reading is to stop; <0 for none */
	bool waits;			/* fd may block: a pipe or a terminal */
	bool ended;			/* the file's own end was reached */
	uint8_t *map;			/* the whole file, or NULL */
	int guard;			/* of it: see guard.h */
	size_t map_len, map_dropped;
	bool stays;			/* bytes taken will be looked at once more */
	struct sk_span packed;		/* what of map, of memory or of in is not unpacked yet */
	struct sk_unpack *unpack;	/* NULL when not compressed */
	uint64_t unpacked;		/* bytes */
	struct sk_ahead *ahead;		/* NULL: unpacked when asked for. Otherwise unpacking and what it needs above are its thread's */
	struct sk_error ahead_error;	/* why it stopped */
	bool no_ahead;			/* there was no thread to be had */
	uint8_t *buf;			/* SOURCE_ROOM bytes, with a window in it; NULL when mapped and plain */
	uint8_t *in;			/* compressed bytes read from fd */
};

/* path "-" is standard input. 0, SK_E_FORMAT (damaged compressed data), SK_E_MEMORY or -errno; *e says why. */
int sk_source_open(struct sk_source *s, const char *path, int break_fd, struct sk_error *e);
/* bytes are borrowed until close. */
int sk_source_open_memory(struct sk_source *s, struct sk_span bytes, const char *name, struct sk_error *e);
void sk_source_close(struct sk_source *s);

/* Takes n bytes, which are in the window, off its front; they stay valid until the next sk_source_more or _release. */
static inline void sk_source_take(struct sk_source *s, size_t n)
{
	s->window.p += n;
	s->window.n -= n;
	s->taken += n;
}

/* More bytes into the window, until there are want (at most SOURCE_WANT_MAX) or something comes late. Moves the window.
 * 1; 0 at the end of the input; SK_E_STATE when told to stop; SK_E_FORMAT, -errno: *e says why. */
int sk_source_more(struct sk_source *s, size_t want, struct sk_error *e);

/* True when bytes taken stay valid until close. soon: those of the newest MiB will be looked at once more and are kept in memory. */
bool sk_source_stays(struct sk_source *s, bool soon);
/* False when a mapped file is shorter than it was: touching its end would end the process. */
bool sk_source_is_whole(const struct sk_source *s);

/* Bytes taken are not needed any more. 0, or SK_E_FORMAT when the file has shrunk meanwhile. */
int sk_source_release(struct sk_source *s, struct sk_error *e);

#endif
