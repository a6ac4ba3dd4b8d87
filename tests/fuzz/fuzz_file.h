/* tests/fuzz/fuzz_file.h — an input as a file, for readers that take a path.
 *
 * memory   one memory file per process, written anew for each input; nothing reaches a disk
 * limits   the path is this process's own and may be opened any number of times
 */
#ifndef SK_TESTS_FUZZ_FILE_H
#define SK_TESTS_FUZZ_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct fuzz_file {
	int fd;
	char path[64];
};

/* f: zeroed at first. */
static inline const char *fuzz_file(struct fuzz_file *f, const void *data, size_t size)
{
	if (!f->path[0]) {
		f->fd = memfd_create("fuzz", MFD_CLOEXEC);
		snprintf(f->path, sizeof(f->path), "/proc/self/fd/%d", f->fd);
	}
	if (f->fd < 0 || ftruncate(f->fd, 0) < 0 || pwrite(f->fd, data, size, 0) != (ssize_t)size)
		abort();
	return f->path;
}

#endif
