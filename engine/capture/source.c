/* capture/source.c — see source.h. */
#include "capture/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/ahead.h"
#include "capture/guard.h"
#include "capture/unpack.h"

#define IN_ROOM (256u << 10)
#define FILL (256u << 10)		/* bytes at a time: they are still in the cache when they are decoded */
#define PAGE (64u << 10)		/* a multiple of every page size in use */
#define LOOK_EVERY (1u << 20)		/* has the mapped file shrunk? */
#define AHEAD_FROM (1u << 20)		/* bytes unpacked here, before a thread is worth it */
#define DROP_EVERY (512u << 10)		/* pages behind us go from our memory … */
#define DROP_SHARED_EVERY (2u << 20)	/* … seldomer where other threads see them, whose processors must be told */
#define AGAIN_EVERY (16u << 20)		/* … and all of them again, for who looked at them later had them mapped again */
#define DROP_BEHIND (16u << 20)		/* … this far behind when bytes stay valid: who comes late has them read in again */

static int fail(struct sk_source *s, struct sk_error *e, int code, const char *what)
{
	return sk_error_set(e, code, "%s: %s", s->name, what);
}

static int fail_errno(struct sk_source *s, struct sk_error *e)
{
	int err = errno ? errno : EIO;

	return sk_error_set(e, -err, "%s: %s", s->name, strerror(err));
}

/* Waits until fd can be read. False when told to stop. */
static bool wait_for(const struct sk_source *s)
{
	struct pollfd fds[2] = { { s->fd, POLLIN, 0 }, { s->break_fd, POLLIN, 0 } };

	while (poll(fds, s->break_fd >= 0 ? 2 : 1, -1) < 0)
		if (errno != EINTR)
			return true;	/* read will say what is wrong */
	return !(s->break_fd >= 0 && fds[1].revents);
}

/* >0 bytes, 0 at the end, or as sk_source_more. */
static int64_t read_some(struct sk_source *s, uint8_t *to, size_t room, struct sk_error *e)
{
	ssize_t n;

	do {
		if (s->waits && !wait_for(s))
			return sk_error_set(e, SK_E_STATE, "%s: stopped", s->name);
		n = read(s->fd, to, room);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n < 0)
		return fail_errno(s, e);
	s->read += (uint64_t)n;
	if (n == 0)
		s->ended = true;
	return n;
}

static int unpack_error(struct sk_source *s, struct sk_error *e, int code)
{
	const char *kind = sk_unpack_name(s->unpack);

	if (code == SK_E_LIMIT)
		return sk_error_set(e, code, "%s: unpacking this %s file needs more than 128 MiB of memory", s->name, kind);
	if (code == SK_E_MEMORY)
		return sk_error_set(e, code, "%s: not enough memory to unpack %s", s->name, kind);
	return sk_error_set(e, code, "%s: the %s data %s after %llu unpacked bytes", s->name, kind,
		s->packed.n ? "are damaged" : "end", (unsigned long long)s->unpacked);
}

/* Pages of the map before done go. */
static void drop_behind(struct sk_source *s, size_t done)
{
	size_t from;

	if (done < s->map_dropped + (s->stays ? DROP_SHARED_EVERY : DROP_EVERY))
		return;
	done -= done % PAGE;
	/* now and then from the start: somebody may have looked at what went long ago */
	from = done / AGAIN_EVERY == s->map_dropped / AGAIN_EVERY ? s->map_dropped : 0;
	(void)madvise(s->map + from, done - from, MADV_DONTNEED);
	s->map_dropped = done;
}

static int64_t unpack_some(struct sk_source *s, uint8_t *to, size_t room, struct sk_error *e)
{
	for (;;) {
		size_t before = s->packed.n;
		int64_t n = sk_unpack_some(s->unpack, &s->packed, s->ended, to, room);

		if (!s->in)
			s->read += before - s->packed.n;
		if (s->map)
			drop_behind(s, (size_t)(s->packed.p - s->map));
		if (n < 0)
			return unpack_error(s, e, (int)n);
		s->unpacked += (uint64_t)n;
		if (n > 0 || s->ended)
			return n;
		n = read_some(s, s->in, IN_ROOM, e);
		if (n < 0)
			return n;
		s->packed = sk_span(s->in, (size_t)n);
	}
}

static int64_t make_ahead(void *cx, uint8_t *to, size_t room)
{
	struct sk_source *s = cx;

	return unpack_some(s, to, room, &s->ahead_error);
}

/* Unpacks here, or takes what the thread has unpacked. */
static int64_t unpacked_some(struct sk_source *s, uint8_t *to, size_t room, struct sk_error *e)
{
	int64_t n;

	if (!s->ahead && s->fd >= 0 && s->unpacked >= AHEAD_FROM && !s->no_ahead) {
		s->ahead = sk_ahead_new(make_ahead, s);
		s->no_ahead = !s->ahead;
	}
	if (!s->ahead)
		return unpack_some(s, to, room, e);
	n = sk_ahead_take(s->ahead, to, room);
	if (n < 0)
		*e = s->ahead_error;
	return n;
}

int sk_source_more(struct sk_source *s, size_t want, struct sk_error *e)
{
	int64_t n;

	SK_ASSERT(want <= SOURCE_WANT_MAX);
	if (!s->buf)
		return 0;
	if (s->window.n)
		memmove(s->buf, s->window.p, s->window.n);
	s->window.p = s->buf;
	do {
		uint8_t *to = s->buf + s->window.n;
		size_t room = SK_MIN(SOURCE_ROOM - s->window.n, FILL);

		if (!s->unpack && s->ended)
			return 0;
		n = s->unpack ? unpacked_some(s, to, room, e) : read_some(s, to, room, e);
		if (n <= 0)
			return (int)n;
		s->window.n += (size_t)n;
	} while (s->window.n < want);
	return 1;
}

int sk_source_release(struct sk_source *s, struct sk_error *e)
{
	struct stat st;
	size_t done;

	if (!s->map || s->map_len == 0 || s->unpack)
		return 0;
	done = (size_t)(s->window.p - s->map);
	if (sk_guard_was_cut(s->guard) ||
	    (done / LOOK_EVERY != s->read / LOOK_EVERY && fstat(s->fd, &st) == 0 && (uint64_t)st.st_size < s->map_len))
		return fail(s, e, SK_E_FORMAT, "the file was cut short while it was read");
	s->read = done;
	drop_behind(s, s->stays ? done - SK_MIN(done, DROP_BEHIND) : done);
	return 0;
}

bool sk_source_stays(struct sk_source *s, bool soon)
{
	bool stays = s->map && !s->unpack;

	s->stays = stays && soon;
	return stays;
}

bool sk_source_is_whole(const struct sk_source *s)
{
	struct stat st;

	return !s->map || (fstat(s->fd, &st) == 0 && (uint64_t)st.st_size >= s->map_len);
}

static int make_buffer(struct sk_source *s, struct sk_error *e)
{
	s->buf = malloc(SOURCE_ROOM);
	if (!s->buf)
		return fail(s, e, SK_E_MEMORY, "not enough memory");
	s->window = sk_span(s->buf, 0);
	return 0;
}

/* begin: the first bytes, in the window. Puts the decompressor between the file and the window when they ask for it. */
static int look_for_packing(struct sk_source *s, struct sk_error *e)
{
	struct sk_span begin = s->window;

	if (!sk_unpack_is(begin))
		return 0;
	s->unpack = sk_unpack_new(begin);
	if (!s->unpack)
		return fail(s, e, SK_E_MEMORY, "not enough memory");
	if (!s->buf) {
		s->packed = begin;
		s->ended = true;
		return make_buffer(s, e);
	}
	/* What was read of a pipe is compressed: it moves to where compressed bytes are kept. */
	s->in = malloc(SK_MAX(IN_ROOM, begin.n));
	if (!s->in)
		return fail(s, e, SK_E_MEMORY, "not enough memory");
	memcpy(s->in, begin.p, begin.n);
	s->packed = sk_span(s->in, begin.n);
	s->window = sk_span(s->buf, 0);
	return 0;
}

static int open_mapped(struct sk_source *s, size_t len, struct sk_error *e)
{
	s->size = s->map_len = len;
	s->map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, s->fd, 0);
	if (s->map == MAP_FAILED) {
		s->map = NULL;
		return fail_errno(s, e);
	}
	s->guard = sk_guard_add(s->map, len);
	(void)madvise(s->map, len, MADV_SEQUENTIAL);
	s->window = sk_span(s->map, len);
	return look_for_packing(s, e);
}

static int open_streamed(struct sk_source *s, struct sk_error *e)
{
	int rc = make_buffer(s, e);

	if (rc < 0)
		return rc;
	s->waits = true;
	rc = sk_source_more(s, SK_UNPACK_MAGIC_LEN, e);
	return rc < 0 ? rc : look_for_packing(s, e);
}

static void init(struct sk_source *s, const char *name, int break_fd)
{
	memset(s, 0, sizeof(*s));
	snprintf(s->name, sizeof(s->name), "%s", name);
	s->fd = -1;
	s->break_fd = break_fd;
}

int sk_source_open(struct sk_source *s, const char *path, int break_fd, struct sk_error *e)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct stat st;
	int rc;

	init(s, is_stdin ? "standard input" : path, break_fd);
	s->fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0 || fstat(s->fd, &st) < 0)
		rc = fail_errno(s, e);
	else if (S_ISDIR(st.st_mode))
		rc = fail(s, e, -EISDIR, "is a folder");
	else if (S_ISREG(st.st_mode) && st.st_size > 0 && lseek(s->fd, 0, SEEK_CUR) == 0 && (uint64_t)st.st_size <= SIZE_MAX / 2)
		rc = open_mapped(s, (size_t)st.st_size, e);
	else
		rc = open_streamed(s, e);
	if (rc < 0)
		sk_source_close(s);
	return rc;
}

int sk_source_open_memory(struct sk_source *s, struct sk_span bytes, const char *name, struct sk_error *e)
{
	int rc;

	init(s, name, -1);
	s->size = bytes.n;
	s->window = bytes;
	rc = look_for_packing(s, e);
	if (rc < 0)
		sk_source_close(s);
	return rc;
}

void sk_source_close(struct sk_source *s)
{
	if (s->ahead && s->waits && s->break_fd >= 0 && eventfd_write(s->break_fd, 1) < 0)
		errno = 0;	/* full is as good as written */
	sk_ahead_free(s->ahead);
	s->ahead = NULL;
	if (s->map) {
		sk_guard_remove(s->guard);
		munmap(s->map, s->map_len);
	}
	if (s->fd >= 0)
		close(s->fd);
	sk_unpack_free(s->unpack);
	free(s->buf);
	free(s->in);
	s->map = s->buf = s->in = NULL;
	s->unpack = NULL;
	s->fd = -1;
	s->window = sk_span(NULL, 0);
}
