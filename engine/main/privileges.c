/* main/privileges.c — see privileges.h. */
#include "main/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/log.h"
#include "config.h"

#ifdef HAVE_PSX
#include <sys/psx_syscall.h>
#endif

long sk_privileges_call_all(long nr, long a, long b, long c)
{
#ifdef HAVE_PSX
	long rc = psx_syscall6(nr, a, b, c, 0, 0, 0);

	if (rc < 0 && errno == 0)
		errno = EPERM;
	return rc;
#else
	return syscall(nr, a, b, c, 0, 0, 0);
#endif
}

static int become(const char *user, struct sk_error *e)
{
	const struct passwd *pw = getpwnam(user);

	if (!pw)
		return sk_error_set(e, SK_E_CONFIG, "user: there is no user '%s' on this host", user);
	if (setgroups(0, NULL) < 0 || setgid(pw->pw_gid) < 0 || setuid(pw->pw_uid) < 0)
		return sk_error_set(e, -errno, "cannot become %s: %s", user, strerror(errno));
	if (setuid(0) == 0)
		return sk_error_set(e, SK_E_STATE, "cannot give up root: user %s is root", user);
	return 0;
}

int sk_privileges_drop(const char *user, struct sk_error *e)
{
	static struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	static struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
	int rc = 0;

	if (*user && geteuid() == 0)
		rc = become(user, e);
	else if (geteuid() == 0)
		sk_log_warning("main", "still root: set user: in the configuration, or give the program cap_net_raw instead");
	if (rc < 0)
		return rc;
	/* of a start by the capabilities of the file; becoming another user takes root's */
	if (geteuid() != 0 && sk_privileges_call_all(SYS_capset, (long)&head, (long)none, 0) != 0)
		return sk_error_set(e, -errno, "cannot give up capabilities: %s", strerror(errno));
	return 0;
}
