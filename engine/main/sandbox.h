/* main/sandbox.h — what a sensor may still do once it watches: few system calls, few paths.
 *
 * in       settings: whose paths are needed
 * out      a seccomp filter and a Landlock domain on every thread there is, and on those to come; another filter on those that look
 *          at packets
 * source   seccomp(2), libseccomp; landlock(7); psx_syscall(3), which makes a call on every thread
 * limits   what the build or the kernel does not have is told; with sandbox: on that is a reason not to start; no thread may block SIGSYS,
 *          by which libpsx reaches it
 */
#ifndef SK_MAIN_SANDBOX_H
#define SK_MAIN_SANDBOX_H

#include "pipeline/conf.h"

/* For all threads: no_new_privs, Landlock, seccomp. Behind the change of user. 0, or a negative code with *e. */
int sk_sandbox_enter(const struct sk_settings *s, struct sk_error *e);

/* On a thread that looks at packets, behind sk_sandbox_enter: it makes no connections either. */
void sk_sandbox_packets(const struct sk_settings *s);

#endif
