/* tests/system/reach.c — a plugin that tries what a sandbox must not let it do, on the first request it sees.
 *
 * option   secret: a file outside of what the sensor needs
 * out      one finding whose reason has a word and an errno (0: it worked) for each attempt: "read 13 write 13 run 1 trace 1
 *          mount 1 socket 1"
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sekisho/plugin.h>

struct instance {
	const struct sk_host *host;
	char secret[256];
};

static int on_open(const struct sk_host *host, void **instance, char *error, size_t error_size)
{
	struct instance *in = calloc(1, sizeof(*in));

	if (!in) {
		snprintf(error, error_size, "out of memory");
		return -1;
	}
	in->host = host;
	snprintf(in->secret, sizeof(in->secret), "%s", host->option_text(host, "secret"));
	*instance = in;
	return 0;
}

static void on_close(void *instance)
{
	free(instance);
}

static int opened(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int connects(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int ran(void)
{
	static char name[] = "true", *const args[] = { name, NULL };
	pid_t child = vfork();
	int status;

	if (child < 0)
		return errno;
	if (child == 0) {
		execv("/bin/true", args);
		_exit(errno & 0x7f);
	}
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int on_event(void *instance, struct sk_worker *w, void *worker_state, void *flow_state, const struct sk_event *e)
{
	const struct instance *in = instance;
	char reason[160], made[300];
	int n;

	(void)worker_state;
	(void)flow_state;
	(void)e;
	snprintf(made, sizeof(made), "%s.made", in->secret);
	n = snprintf(reason, sizeof(reason), "read %d", opened(in->secret, O_RDONLY));
	n += snprintf(reason + n, sizeof(reason) - (size_t)n, " write %d", opened(made, O_WRONLY | O_CREAT));
	n += snprintf(reason + n, sizeof(reason) - (size_t)n, " run %d", ran());
	n += snprintf(reason + n, sizeof(reason) - (size_t)n, " trace %d", ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : errno);
	n += snprintf(reason + n, sizeof(reason) - (size_t)n, " mount %d", mount("none", "/mnt", "tmpfs", 0, NULL) == 0 ? 0 : errno);
	snprintf(reason + n, sizeof(reason) - (size_t)n, " socket %d", connects());
	in->host->alert(w, SK_FINDING(.id = "reach.tried", .title = "What could be reached", .reason = reason,
				      .severity = SK_SEVERITY_LOW, .confidence = 100));
	return SK_FLOW_DONE;
}

static const struct sk_interest interests[] = { { .kind = "http.request", .reads = "path" } };
static const struct sk_option options[] = { { .name = "secret", .type = SK_OPTION_TEXT, .preset = "/nowhere", .help = "a file to read" } };

SK_PLUGIN(reach,
	.version = "1.0",
	.summary = "tries what a sandbox forbids",
	.licence = "BSD-2-Clause",
	.interests = interests, .interest_cnt = sizeof(interests) / sizeof(interests[0]),
	.options = options, .option_cnt = sizeof(options) / sizeof(options[0]),
	.open = on_open, .close = on_close, .on_event = on_event);
