/* detect/load.c — a file to a plugin's table.
 *
 * what     refuses files others can write to, then maps the file, then compares two numbers; only after that is anything
 *          else of the table believed
 * memory   a file that was accepted stays mapped for the life of the process: its strings, its code and what it registered
 *          with the C library may be in use
 * limits   constructors of a shared object run when it is mapped; that cannot be prevented, so the file is checked before
 */
#include "detect/detect_priv.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sizes of ABI 1.0: the least a table of major 1 has. Fixed when 1.0 was. */
#define SIZE_1_0 (offsetof(struct sk_plugin, unit_end) + sizeof(void (*)(void)))
#define INTEREST_SIZE_1_0 (offsetof(struct sk_interest, pad) + sizeof(uint32_t))
#define OPTION_SIZE_1_0 (offsetof(struct sk_option, help) + sizeof(char *))
#define KIND_SIZE_1_0 (offsetof(struct sk_kind_def, pad) + sizeof(uint32_t))
#define FIELD_SIZE_1_0 (offsetof(struct sk_field_def, help) + sizeof(char *))

static int refuse_writable(const char *what, const char *path, const struct stat *st, struct sk_error *e)
{
	uid_t me = geteuid();
	bool sticky = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX);

	if (st->st_uid != 0 && st->st_uid != me)
		return sk_error_set(e, SK_E_CONFIG, "%s: the %s belongs to another user (%u): chown it to root", path, what,
				(unsigned)st->st_uid);
	if ((st->st_mode & S_IWOTH) && !sticky)
		return sk_error_set(e, SK_E_CONFIG, "%s: everyone may write to the %s: chmod o-w it", path, what);
	/* A person's own build tree is often writable by the person's own group; root's plugins are not to be. */
	if ((st->st_mode & S_IWGRP) && !sticky && me == 0)
		return sk_error_set(e, SK_E_CONFIG, "%s: a group may write to the %s: chmod g-w it", path, what);
	return 0;
}

static int check_file(const char *path, struct sk_error *e)
{
	char folder[PATH_MAX];
	struct stat st;
	size_t n = (size_t)(strrchr(path, '/') - path);
	int rc;

	if (stat(path, &st) < 0)
		return sk_error_set(e, SK_E_CONFIG, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return sk_error_set(e, SK_E_CONFIG, "%s: not a file", path);
	rc = refuse_writable("file", path, &st, e);
	if (rc < 0)
		return rc;
	memcpy(folder, path, n);
	folder[n] = 0;
	if (stat(n ? folder : "/", &st) < 0)
		return sk_error_set(e, SK_E_CONFIG, "%s: %s", folder, strerror(errno));
	return refuse_writable("folder it is in", path, &st, e);
}

int sk_detect_check_abi(const struct sk_plugin *table, const char *origin, struct sk_error *e)
{
	unsigned major = table->abi >> 16, minor = table->abi & 0xffff;

	if (major != SK_ABI_MAJOR)
		return sk_error_set(e, SK_E_CONFIG,
				"%s: made for plugin API %u.%u, this sekisho has %u.%u: build it with the headers of this one",
				    origin, major, minor, SK_ABI_MAJOR, SK_ABI_MINOR);
	if (minor > SK_ABI_MINOR)
		return sk_error_set(e, SK_E_CONFIG,
				"%s: made for plugin API %u.%u, this sekisho has %u.%u: use a newer sekisho, or build it with the headers of this one",
				    origin, major, minor, SK_ABI_MAJOR, SK_ABI_MINOR);
	if (table->size < SIZE_1_0)
		return sk_error_set(e, SK_E_CONFIG, "%s: its table has %u bytes, plugin API %u.%u needs %zu: define it with SK_PLUGIN()",
				    origin, table->size, major, minor, SIZE_1_0);
	if (table->interest_size != INTEREST_SIZE_1_0 || table->option_size != OPTION_SIZE_1_0
	    || table->kind_size != KIND_SIZE_1_0 || table->field_size != FIELD_SIZE_1_0)
		return sk_error_set(e, SK_E_CONFIG,
				"%s: its element sizes are %u, %u, %u, %u, those of plugin API %u.%u are %zu, %zu, %zu, %zu: define it with SK_PLUGIN()",
				    origin, table->interest_size, table->option_size, table->kind_size, table->field_size, major, minor,
				    INTEREST_SIZE_1_0, OPTION_SIZE_1_0, KIND_SIZE_1_0, FIELD_SIZE_1_0);
	return 0;
}

void sk_detect_copy_table(struct sk_plugin *to, const struct sk_plugin *from)
{
	memset(to, 0, sizeof(*to));
	memcpy(to, from, SK_MIN((size_t)from->size, sizeof(*to)));
}

int sk_detect_load_file(const char *path, const struct sk_plugin **table, struct sk_error *e)
{
	char real[PATH_MAX];
	void *handle;
	int rc;

	if (path[0] != '/')
		return sk_error_set(e, SK_E_CONFIG, "%s: the path of a plugin must begin with a slash", path);
	if (!realpath(path, real))
		return sk_error_set(e, SK_E_CONFIG, "%s: %s", path, strerror(errno));
	rc = check_file(real, e);
	if (rc < 0)
		return rc;
	handle = dlopen(real, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return sk_error_set(e, SK_E_CONFIG, "cannot load a plugin: %s", dlerror());
	*table = dlsym(handle, "sk_plugin_main");
	if (!*table)
		rc = sk_error_set(e, SK_E_CONFIG,
				"%s: has no sk_plugin_main, so it is no plugin for sekisho: define it with SK_PLUGIN()", path);
	else
		rc = sk_detect_check_abi(*table, path, e);
	if (rc < 0)
		dlclose(handle);
	return rc;
}
