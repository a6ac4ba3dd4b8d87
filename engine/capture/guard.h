/* capture/guard.h — a mapped file that somebody cuts short while it is read: its lost pages read as zeros, and that is told.
 *
 * what     without this the kernel ends the process (SIGBUS) at the first byte the file has no more
 * memory   SK_GUARDS_MAX places for the whole process
 * threads  anyone may read guarded bytes; adding and removing as well
 * source   mmap(2), sigaction(2)
 * limits   SK_GUARDS_MAX files at a time. Whoever handles SIGBUS after the last file was opened has to pass it on
 */
#ifndef SK_CAPTURE_GUARD_H
#define SK_CAPTURE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SK_GUARDS_MAX 64u

/* Guards a read-only mapping. Its place, or -1 when there is none left. */
int sk_guard_add(const uint8_t *p, size_t n);
/* place: as given; -1 is none. Before the mapping goes. */
void sk_guard_remove(int place);
/* Has a page of it been missing? */
bool sk_guard_was_cut(int place);

#endif
