/* main/privileges.h — gives up what is not needed once the interface is open. */
#ifndef SK_MAIN_PRIVILEGES_H
#define SK_MAIN_PRIVILEGES_H

#include "base/err.h"

/* Becomes user (when not empty and we are root), forgets supplementary groups and all capabilities, on every thread there is (without
 * libpsx capabilities on this one only). 0, or a negative code with *e. */
int sk_privileges_drop(const char *user, struct sk_error *e);

/* The system call on every thread. 0, or -1 with errno. */
long sk_privileges_call_all(long nr, long a, long b, long c);

#endif
