/* main/privileges.h — gives up what is not needed once the interface is open. */
#ifndef SK_MAIN_PRIVILEGES_H
#define SK_MAIN_PRIVILEGES_H

#include "base/err.h"

/* Becomes user (when not empty and we are root), forgets supplementary groups and all capabilities, and makes that final
 * (no_new_privs). Call on the main thread before others start. 0, or a negative code with *e. */
int sk_privileges_drop(const char *user, struct sk_error *e);

#endif
