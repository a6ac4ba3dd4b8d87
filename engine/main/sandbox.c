/* main/sandbox.c — see sandbox.h.
 *
 * Landlock first, then seccomp, whose filter no longer lets Landlock be changed. A system call that is not on the list fails with EPERM:
 * libraries then say what they could not do, where a killed sensor would see nothing any more. Starting programs is not on the list.
 */
#include "main/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "config.h"
#include "main/privileges.h"
#include "pipeline/paths.h"

#ifdef HAVE_SECCOMP
#include <seccomp.h>
#endif
#ifdef HAVE_LINUX_LANDLOCK_H
#include <linux/landlock.h>
#endif

/* Leak checkers stop all threads with ptrace at the end: they need calls nobody else does. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_CHECKED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_CHECKED 1
#endif
#endif
#ifndef IS_CHECKED
#define IS_CHECKED 0
#endif

/* A part that is not there: a mistake with sandbox: on, a line in the log otherwise. */
static int missing(const struct sk_settings *s, const char *what, int err, struct sk_error *e)
{
	if (s->sandbox == SK_SANDBOX_ON)
		return sk_error_set(e, SK_E_UNSUPPORTED, "sandbox: on, but there is no %s here: %s", what, strerror(err));
	sk_log_info("main", "sandbox: no %s here: %s", what, strerror(err));
	return 0;
}

/* --- paths --- */

#ifdef HAVE_LINUX_LANDLOCK_H

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define ALL ((UINT64_C(1) << 13) - 1)		/* of the first version: all there is to do with a path */
#define REFER (UINT64_C(1) << 13)		/* of the second: renames between folders */
#define TRUNCATE (UINT64_C(1) << 14)		/* of the third */
#define ONE_FILE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_EXECUTE | TRUNCATE)

struct domain {
	int fd;
	uint64_t handled;
};

/* A path that is not there needs no rule. */
static void allow(const struct domain *d, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access & d->handled };
	struct stat st;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return;
	if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access &= ONE_FILE;
	if (syscall(SYS_landlock_add_rule, d->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		sk_log_warning("main", "sandbox: %s: %s", path, strerror(errno));
	close(rule.parent_fd);
}

/* A file that may be moved away and made anew: its folder. What is no regular file stays what it is. */
static void allow_output(const struct domain *d, const char *path)
{
	char *copy;
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		allow(d, path, READ | WRITE | TRUNCATE);
		return;
	}
	copy = strdup(path);
	if (copy)
		allow(d, dirname(copy), READ | WRITE | TRUNCATE);
	free(copy);
}

static void allow_paths(const struct domain *d, const struct sk_settings *s)
{
	/* names of hosts, certificates, time zones, and the libraries that look names up */
	static const char *const system[] = { "/etc", "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share", "/usr/local/share", "/run/systemd/resolve",
		"/var/lib/ca-certificates", "/proc", "/sys/devices/system/cpu", "/dev/urandom", "/dev/random" };
	const char *const own[] = { s->plugin_dir, s->tls_ca, s->tls_cert, s->tls_key, s->password_file, sk_paths_config(), sk_paths_rules(),
		sk_paths_plugins() };

	for (size_t i = 0; i < SK_ARRAY_LEN(system); i++)
		allow(d, system[i], READ | LANDLOCK_ACCESS_FS_EXECUTE);
	allow(d, "/dev/null", READ | WRITE);
	for (size_t i = 0; i < SK_ARRAY_LEN(own); i++)
		if (own[i] && *own[i])
			allow(d, own[i], READ | LANDLOCK_ACCESS_FS_EXECUTE);
	for (size_t i = 0; i < s->rules.cnt; i++)
		allow(d, s->rules.items[i], READ);
	if (*s->spool_dir)
		allow(d, s->spool_dir, ALL | TRUNCATE);
	if (*s->pattern_cache)
		allow(d, s->pattern_cache, ALL | TRUNCATE);
	for (size_t i = 0; i < s->outputs.cnt; i++) {
		const char *file = strchr(s->outputs.items[i], ':');

		if (file && strncmp(file, "://", 3) != 0 && file[1] && strcmp(file, ":-") != 0)
			allow_output(d, file + 1);
	}
}

static int enter_landlock(const struct sk_settings *s, struct sk_error *e)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = ALL };
	struct domain d;
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	int rc = 0;

	if (version < 1)
		return missing(s, "Landlock", errno, e);
	attr.handled_access_fs |= (version >= 2 ? REFER : 0) | (version >= 3 ? TRUNCATE : 0);
	d.handled = attr.handled_access_fs;
	d.fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr.handled_access_fs), 0);
	if (d.fd < 0)
		return missing(s, "Landlock", errno, e);
	allow_paths(&d, s);
	if (sk_privileges_call_all(SYS_landlock_restrict_self, d.fd, 0, 0) != 0)
		rc = missing(s, "Landlock", errno, e);
	close(d.fd);
	return rc;
}

#else
static int enter_landlock(const struct sk_settings *s, struct sk_error *e) { return missing(s, "Landlock", ENOSYS, e); }
#endif

/* --- system calls --- */

#ifdef HAVE_SECCOMP

/* By who needs them. A call this libseccomp does not know is left out. */
static const char *const calls[] = {
	/* memory and threads: all */
	"brk", "mmap", "mmap2", "munmap", "mremap", "mprotect", "madvise", "futex", "futex_time64", "set_robust_list", "rseq", "membarrier",
	"sched_yield", "sched_getaffinity", "exit", "exit_group", "gettid", "getpid", "tgkill", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
	"sigreturn", "sigaltstack", "restart_syscall", "prlimit64", "getrlimit", "ugetrlimit", "getrandom",
	/* time: all */
	"clock_gettime", "clock_gettime64", "clock_getres", "gettimeofday", "time", "nanosleep", "clock_nanosleep", "clock_nanosleep_time64",
	/* workers: the ring and its statistics */
	"poll", "ppoll", "ppoll_time64", "select", "_newselect", "pselect6", "epoll_wait", "epoll_pwait", "epoll_ctl", "epoll_create1",
	"recvfrom", "recvmsg", "getsockopt", "read", "eventfd2",
	/* outputs, the spool, what is opened anew after SIGHUP */
	"write", "writev", "readv", "pread64", "pwrite64", "preadv", "pwritev", "open", "openat", "close", "fstat", "fstat64", "stat", "stat64",
	"lstat", "lstat64", "newfstatat", "fstatat64", "statx", "statfs", "fstatfs", "lseek", "_llseek", "fsync", "fdatasync", "ftruncate",
	"ftruncate64", "fallocate", "flock", "fcntl", "fcntl64", "dup", "dup2", "dup3", "rename", "renameat", "renameat2", "unlink", "unlinkat",
	"link", "linkat", "mkdir", "mkdirat", "rmdir", "getdents", "getdents64", "access", "faccessat", "faccessat2", "readlink", "readlinkat",
	"getcwd", "umask", "fchmod", "fchown", "sync_file_range", "pipe", "pipe2",
	/* redis: connections, looking names up */
	"socket", "connect", "bind", "send", "sendto", "sendmsg", "sendmmsg", "recv", "recvmmsg", "recvmmsg_time64", "setsockopt", "getsockname",
	"getpeername", "shutdown", "socketpair",
	/* the report at the end */
	"getrusage", "sysinfo", "uname", "getuid", "geteuid", "getgid", "getegid", "getppid", "times",
};

/* What a thread that looks at packets has no business with: it has its socket, outputs are others'. Files stay: plugins and libraries may
 * open theirs when they are first needed. */
static const char *const not_with_packets[] = {
	"socket", "socketpair", "connect", "bind", "send", "sendto", "sendmsg", "sendmmsg", "shutdown", "setsockopt", "seccomp",
};

static int add_calls(scmp_filter_ctx c)
{
	int rc = 0;

	for (size_t i = 0; i < SK_ARRAY_LEN(calls) && rc == 0; i++) {
		int nr = seccomp_syscall_resolve_name(calls[i]);

		if (nr != __NR_SCMP_ERROR)
			rc = seccomp_rule_add(c, SCMP_ACT_ALLOW, nr, 0);
	}
	/* threads, no processes; clone3 hides its flags behind a pointer, and libraries fall back to clone */
	if (rc == 0)
		rc = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	if (rc == 0)
		rc = seccomp_rule_add(c, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	/* is it a terminal, how much waits to be read */
	if (rc == 0)
		rc = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, 0x5401, 0));	/* TCGETS */
	if (rc == 0)
		rc = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, 0x541b, 0));	/* FIONREAD */
	if (rc == 0)
		rc = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME, 0));
	/* a second filter on the calling thread: SECCOMP_SET_MODE_FILTER without flags */
	if (rc == 0)
		rc = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(seccomp), 2, SCMP_A0(SCMP_CMP_EQ, 1, 0), SCMP_A1(SCMP_CMP_EQ, 0, 0));
	return rc;
}

/* The filters add up: what either forbids is forbidden. */
static int enter_packets(void)
{
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ALLOW);
	int rc = c ? seccomp_attr_set(c, SCMP_FLTATR_CTL_NNP, 0) : -ENOMEM;	/* it is set */

	for (size_t i = 0; i < SK_ARRAY_LEN(not_with_packets) && rc == 0; i++) {
		int nr = seccomp_syscall_resolve_name(not_with_packets[i]);

		if (nr != __NR_SCMP_ERROR)
			rc = seccomp_rule_add(c, SCMP_ACT_ERRNO(EPERM), nr, 0);
	}
	if (rc == 0)
		rc = seccomp_load(c);
	seccomp_release(c);
	return rc;
}

static int enter_seccomp(const struct sk_settings *s, struct sk_error *e)
{
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc = c ? 0 : -ENOMEM;

	if (rc == 0)
		rc = seccomp_attr_set(c, SCMP_FLTATR_CTL_TSYNC, 1);
	if (rc == 0)
		rc = add_calls(c);
	if (rc == 0)
		rc = seccomp_load(c);
	seccomp_release(c);
	return rc < 0 ? missing(s, "seccomp", -rc, e) : 0;
}

#else
static int enter_seccomp(const struct sk_settings *s, struct sk_error *e) { return missing(s, "seccomp", ENOSYS, e); }
static int enter_packets(void) { return 0; }
#endif

int sk_sandbox_enter(const struct sk_settings *s, struct sk_error *e)
{
	int rc = 0;

	if (sk_privileges_call_all(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0) != 0)
		return sk_error_set(e, -errno, "cannot set no_new_privs: %s", strerror(errno));
	if (s->sandbox == SK_SANDBOX_OFF)
		return 0;
#ifndef HAVE_PSX
	rc = missing(s, "libpsx", ENOSYS, e);
#endif
	if (rc == 0)
		rc = enter_landlock(s, e);
	if (rc == 0 && !IS_CHECKED)
		rc = enter_seccomp(s, e);
	return rc;
}

void sk_sandbox_packets(const struct sk_settings *s)
{
	int rc = s->sandbox == SK_SANDBOX_OFF || IS_CHECKED ? 0 : enter_packets();

	if (rc < 0)
		sk_log_info("main", "sandbox: a thread for packets may still make connections: %s", strerror(-rc));
}
