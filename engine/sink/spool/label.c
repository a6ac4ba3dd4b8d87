/* sink/spool/label.c — what a spool is for, in words for people: see sk_spool_label in spool.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "sink/spool/spool.h"

void sk_spool_label(const char *dir, const char *text)
{
	char path[PATH_MAX];
	int fd = -1;

	if (snprintf(path, sizeof(path), "%s/target", dir) < (int)sizeof(path))
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || dprintf(fd, "%s\n", text) < 0)
		sk_log_warning("spool", "%s/target: %s", dir, strerror(errno));
	if (fd >= 0)
		close(fd);
}

const char *sk_spool_read_label(const char *dir, char *buf, size_t size)
{
	char path[PATH_MAX];
	FILE *f = NULL;

	buf[0] = 0;
	if (snprintf(path, sizeof(path), "%s/target", dir) < (int)sizeof(path))
		f = fopen(path, "re");
	if (!f)
		return buf;
	if (!fgets(buf, (int)size, f))
		buf[0] = 0;
	fclose(f);
	buf[strcspn(buf, "\n")] = 0;
	return buf;
}
