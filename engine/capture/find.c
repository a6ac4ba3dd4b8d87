/* capture/find.c — capture files below a folder. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"
#include "capture/capture.h"
#include "capture/format.h"

#define DEPTH_MAX 64

static int no_memory(struct sk_error *e)
{
	return sk_error_set(e, SK_E_MEMORY, "not enough memory");
}

/* Takes path. */
static int add(struct sk_capture_list *l, char *path, struct sk_error *e)
{
	if (l->cnt == l->room) {
		size_t room = l->room ? l->room * 2 : 16;
		char **more = path ? realloc(l->paths, room * sizeof(*more)) : NULL;

		if (!more) {
			free(path);
			return no_memory(e);
		}
		l->paths = more;
		l->room = room;
	}
	if (!path)
		return no_memory(e);
	l->paths[l->cnt++] = path;
	return 0;
}

/* Looks inside, through compression. */
static bool is_capture(const char *path)
{
	struct sk_source s;
	bool is = false;

	if (sk_source_open(&s, path, -1, NULL) < 0)
		return false;
	if (s.window.n >= SK_FORMAT_MAGIC_LEN || sk_source_more(&s, SK_FORMAT_MAGIC_LEN, NULL) >= 0)
		is = sk_format_is(s.window);
	sk_source_close(&s);
	return is;
}

static int walk(struct sk_capture_list *l, const char *folder, int depth, struct sk_error *e);

/* A symbolic link to a file is followed, one to a folder is not: it might lead back. */
static int look_at(struct sk_capture_list *l, char *path, int depth, struct sk_error *e)
{
	struct stat st;
	int rc = 0;

	if (lstat(path, &st) < 0) {
		sk_log_warning("capture", "%s: %s", path, strerror(errno));
	} else if (S_ISDIR(st.st_mode)) {
		if (depth < DEPTH_MAX)
			rc = walk(l, path, depth + 1, e);
		else
			sk_log_warning("capture", "%s: more than %d folders deep, not looked into", path, DEPTH_MAX);
	} else if ((S_ISREG(st.st_mode) || (S_ISLNK(st.st_mode) && stat(path, &st) == 0 && S_ISREG(st.st_mode))) && is_capture(path)) {
		return add(l, path, e);
	}
	free(path);
	return rc;
}

static int walk(struct sk_capture_list *l, const char *folder, int depth, struct sk_error *e)
{
	DIR *d = opendir(folder);
	struct dirent *entry;
	size_t n = strlen(folder);
	int rc = 0;

	if (!d) {
		if (depth == 0)
			return sk_error_set(e, SK_E_CONFIG, "%s: %s", folder, strerror(errno));
		sk_log_warning("capture", "%s: %s", folder, strerror(errno));
		return 0;
	}
	while (rc == 0 && (entry = readdir(d)) != NULL) {
		char *path;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (asprintf(&path, "%s%s%s", folder, n && folder[n - 1] == '/' ? "" : "/", entry->d_name) < 0)
			rc = no_memory(e);
		else
			rc = look_at(l, path, depth, e);
	}
	closedir(d);
	return rc;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int sk_capture_find(struct sk_capture_list *l, const char *path, struct sk_error *e)
{
	size_t before = l->cnt;
	struct stat st;
	int rc;

	if (strcmp(path, "-") == 0)
		return add(l, strdup(path), e);
	if (stat(path, &st) < 0)
		return sk_error_set(e, SK_E_CONFIG, "%s: %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return add(l, strdup(path), e);
	rc = walk(l, path, 0, e);
	if (rc < 0)
		return rc;
	if (l->cnt == before)
		return sk_error_set(e, SK_E_CONFIG, "%s: no capture files in this folder", path);
	qsort(l->paths + before, l->cnt - before, sizeof(*l->paths), by_bytes);
	return 0;
}

void sk_capture_list_free(struct sk_capture_list *l)
{
	for (size_t i = 0; i < l->cnt; i++)
		free(l->paths[i]);
	free(l->paths);
	*l = (struct sk_capture_list){ 0 };
}
