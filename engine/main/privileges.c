/* main/privileges.c — see privileges.h. */
#include "main/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/log.h"
#include "config.h"

#ifdef HAVE_CAP
#include <sys/capability.h>
#endif

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
	int rc = 0;

	if (*user && geteuid() == 0)
		rc = become(user, e);
	else if (geteuid() == 0)
		sk_log_warning("main", "still root: set user: in the configuration, or give the program cap_net_raw instead");
	if (rc < 0)
		return rc;
#ifdef HAVE_CAP
	if (geteuid() != 0) {
		cap_t none = cap_init();

		if (none && cap_set_proc(none) < 0)
			sk_log_warning("main", "cannot drop capabilities: %s", strerror(errno));
		cap_free(none);
	}
#endif
	return 0;
}
