/* tests/lib/failmalloc.c — loaded with LD_PRELOAD: makes one allocation of the program fail.
 *
 * in       FAILMALLOC_AT=K: the K-th allocation from the program's own code (its file and plugins, not the libraries it uses) gives
 *          NULL; 0 or unset: none. FAILMALLOC_LOG=FILE: at the end their number is written there. FAILMALLOC_TRACE: who asked is
 *          written to standard error, as addresses in the program; with several threads the K-th is not always the same one
 * what     malloc, calloc, realloc, reallocarray, aligned_alloc and posix_memalign, and strdup, strndup and asprintf on top of them
 * limits   glibc; a library's own allocations do not fail, those it makes through functions it was given do
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t cnt, size_t n);
extern void *__libc_realloc(void *p, size_t n);
extern void *__libc_memalign(size_t align, size_t n);

static atomic_ulong counted;
static unsigned long at;
static uintptr_t from, to;		/* the program's code */

static int on_object(struct dl_phdr_info *info, size_t size, void *cx)
{
	(void)size;
	(void)cx;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
			continue;
		from = info->dlpi_addr + p->p_vaddr;
		to = from + p->p_memsz;
	}
	return 1;			/* the first object is the program */
}

__attribute__((constructor)) static void begin(void)
{
	const char *k = getenv("FAILMALLOC_AT");

	dl_iterate_phdr(on_object, NULL);
	at = k ? strtoul(k, NULL, 10) : 0;
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("FAILMALLOC_LOG");
	char text[32];
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1, n;

	if (fd < 0)
		return;
	n = snprintf(text, sizeof(text), "%lu\n", atomic_load(&counted));
	if (write(fd, text, (size_t)n) != n)
		_exit(99);
	close(fd);
}

static int fails(const void *caller)
{
	uintptr_t c = (uintptr_t)caller;

	if (c < from || c >= to || atomic_fetch_add(&counted, 1) + 1 != at)
		return 0;
	if (getenv("FAILMALLOC_TRACE")) {
		void *at_hand[24];

		backtrace_symbols_fd(at_hand, backtrace(at_hand, 24), 2);
	}
	errno = ENOMEM;
	return 1;
}

#pragma GCC visibility push(default)	/* found before those of the C library */

#define CALLER __builtin_return_address(0)

void *malloc(size_t n) { return fails(CALLER) ? NULL : __libc_malloc(n); }
void *calloc(size_t cnt, size_t n) { return fails(CALLER) ? NULL : __libc_calloc(cnt, n); }
void *realloc(void *p, size_t n) { return fails(CALLER) ? NULL : __libc_realloc(p, n); }
void *aligned_alloc(size_t align, size_t n) { return fails(CALLER) ? NULL : __libc_memalign(align, n); }

void *reallocarray(void *p, size_t cnt, size_t n)
{
	if (n && cnt > (size_t)-1 / n) {
		errno = ENOMEM;
		return NULL;
	}
	return fails(CALLER) ? NULL : __libc_realloc(p, cnt * n);
}

int posix_memalign(void **out, size_t align, size_t n)
{
	void *p = fails(CALLER) ? NULL : __libc_memalign(align, n);

	*out = p;
	return p ? 0 : ENOMEM;
}

char *strndup(const char *s, size_t max)
{
	size_t n = strnlen(s, max);
	char *p = fails(CALLER) ? NULL : __libc_malloc(n + 1);

	if (p) {
		memcpy(p, s, n);
		p[n] = 0;
	}
	return p;
}

char *strdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = fails(CALLER) ? NULL : __libc_malloc(n);

	return p ? memcpy(p, s, n) : NULL;
}

int vasprintf(char **out, const char *format, va_list args)
{
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	*out = n < 0 || fails(CALLER) ? NULL : __libc_malloc((size_t)n + 1);
	return *out ? vsnprintf(*out, (size_t)n + 1, format, args) : -1;
}

int asprintf(char **out, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	*out = n < 0 || fails(CALLER) ? NULL : __libc_malloc((size_t)n + 1);
	if (!*out)
		return -1;
	va_start(args, format);
	n = vsnprintf(*out, (size_t)n + 1, format, args);
	va_end(args);
	return n;
}
