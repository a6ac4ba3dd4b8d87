/* rules/cache.c — see cache.h.
 *
 * A file is: MAGIC, the key's length, the database's and its hash (64 bits each, this machine's order), the key, the database as
 * Vectorscan serializes it. The key is everything the database is made from: Vectorscan's version, the processor's features, the mode, and
 * number, flags and text of every pattern. The name is its hash, the whole of it is compared.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/log.h"
#include "rules/cache.h"
#include "rules/search.h"

#define MAGIC "SKPATDB3"
#define SUFFIX ".patterns"
#define FILE_MAX (UINT64_C(1) << 30)
#define CACHE_DAYS 30

struct head {
	char magic[8];
	uint64_t key_len, db_len, db_hash;
};

static const struct sk_seed fixed[2] = { { { 1, 2 } }, { { 3, 4 } } };	/* nobody who can write here needs to find collisions */

static void add(struct sk_buf *key, const void *p, size_t n)
{
	(void)sk_buf_add(key, sk_span(p, n));	/* failure sticks: key->failed */
}

static void make_key(struct sk_buf *key, const struct sk_patterns *p)
{
	struct hs_platform_info cpu = { 0 };

	sk_search_platform(&cpu);
	add(key, hs_version(), strlen(hs_version()) + 1);
	add(key, &cpu.tune, sizeof(cpu.tune));
	add(key, &cpu.cpu_features, sizeof(cpu.cpu_features));
	add(key, &p->mode, sizeof(p->mode));
	add(key, &p->cnt, sizeof(p->cnt));
	for (unsigned i = 0; i < p->cnt; i++) {
		add(key, &p->ids[i], sizeof(p->ids[i]));
		add(key, &p->flags[i], sizeof(p->flags[i]));
		add(key, p->texts[i], strlen(p->texts[i]) + 1);
	}
}

static bool make_path(char *path, size_t size, const char *dir, struct sk_span key)
{
	int n = snprintf(path, size, "%s/%016llx%016llx" SUFFIX, dir, (unsigned long long)sk_hash(key.p, key.n, &fixed[0]),
			 (unsigned long long)sk_hash(key.p, key.n, &fixed[1]));

	return n > 0 && (size_t)n < size;
}

static void complain(const char *what, const char *path, const char *why)
{
	static atomic_flag told = ATOMIC_FLAG_INIT;

	if (!atomic_flag_test_and_set(&told))
		sk_log_warning("rules", "pattern_cache: %s %s: %s; patterns are compiled instead", what, path, why);
}

static bool read_all(int fd, void *to, size_t n)
{
	for (size_t at = 0; at < n; ) {
		ssize_t got = read(fd, (char *)to + at, n - at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += (size_t)got;
	}
	return true;
}

static bool write_all(int fd, const void *from, size_t n)
{
	for (size_t at = 0; at < n; ) {
		ssize_t put = write(fd, (const char *)from + at, n - at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		at += (size_t)put;
	}
	return true;
}

/* Nobody but us and root can have written it. */
static bool is_ours(const struct stat *st)
{
	return S_ISREG(st->st_mode) && (st->st_uid == geteuid() || st->st_uid == 0) && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

static hs_database_t *unpack(const uint8_t *bytes, size_t n, struct sk_span key)
{
	hs_database_t *db = NULL;
	struct head h;

	if (n < sizeof(h))
		return NULL;
	memcpy(&h, bytes, sizeof(h));
	n -= sizeof(h);
	if (memcmp(h.magic, MAGIC, sizeof(h.magic)) != 0 || h.key_len != key.n || n < key.n || h.db_len != n - key.n)
		return NULL;
	bytes += sizeof(h);
	if (memcmp(bytes, key.p, key.n) != 0 || h.db_hash != sk_hash(bytes + key.n, (size_t)h.db_len, &fixed[0]))
		return NULL;
	return hs_deserialize_database((const char *)bytes + key.n, (size_t)h.db_len, &db) == HS_SUCCESS ? db : NULL;
}

static hs_database_t *look(const char *path, struct sk_span key)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	hs_database_t *db = NULL;
	uint8_t *bytes = NULL;
	struct stat st;

	if (fd < 0) {
		if (errno != ENOENT)
			complain("cannot read", path, strerror(errno));
		return NULL;
	}
	if (fstat(fd, &st) == 0 && is_ours(&st) && st.st_size > 0 && (uint64_t)st.st_size <= FILE_MAX)
		bytes = malloc((size_t)st.st_size);
	if (bytes && read_all(fd, bytes, (size_t)st.st_size))
		db = unpack(bytes, (size_t)st.st_size, key);
	if (db)
		(void)futimens(fd, NULL);	/* read today: see clean */
	else
		complain("do not believe", path, "damaged, of others, or writable by others");
	free(bytes);
	close(fd);
	return db;
}

/* Removes what has not been read for long. */
static void clean(const char *dir)
{
	DIR *d = opendir(dir);
	time_t now = time(NULL);
	struct dirent *entry;
	struct stat st;

	if (!d)
		return;
	while ((entry = readdir(d))) {
		size_t n = strlen(entry->d_name);

		if (n != 32 + strlen(SUFFIX) || strcmp(entry->d_name + 32, SUFFIX) != 0)
			continue;
		if (fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
		    now - st.st_mtime > CACHE_DAYS * 86400)
			(void)unlinkat(dirfd(d), entry->d_name, 0);
	}
	closedir(d);
}

static void keep(const char *dir, const char *path, struct sk_span key, const hs_database_t *db)
{
	char *bytes = NULL, temp[4200];
	struct head h = { .key_len = key.n };
	size_t n = 0;
	bool ok = false;
	int fd;

	if ((size_t)snprintf(temp, sizeof(temp), "%s.XXXXXX", path) >= sizeof(temp))
		return;
	if (hs_serialize_database(db, &bytes, &n) != HS_SUCCESS)
		return;
	memcpy(h.magic, MAGIC, sizeof(h.magic));
	h.db_len = n;
	h.db_hash = sk_hash(bytes, n, &fixed[0]);
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd >= 0) {
		ok = write_all(fd, &h, sizeof(h)) && write_all(fd, key.p, key.n) && write_all(fd, bytes, n);
		ok = close(fd) == 0 && ok && rename(temp, path) == 0;
	}
	if (!ok) {
		complain("cannot write", path, strerror(errno));
		if (fd >= 0)
			(void)unlink(temp);
	} else {
		clean(dir);
	}
	free(bytes);
}

int sk_rules_cache_compile(const char *dir, const struct sk_patterns *p, hs_database_t **db, bool *found, hs_compile_error_t **error)
{
	struct sk_buf key = { .cap = FILE_MAX / 2 };
	char path[4096];
	bool cached = dir && *dir;
	int rc;

	if (found)
		*found = false;
	if (cached) {
		make_key(&key, p);
		cached = !key.failed && make_path(path, sizeof(path), dir, sk_buf_span(&key));
	}
	*db = cached ? look(path, sk_buf_span(&key)) : NULL;
	if (*db) {
		if (found)
			*found = true;
		sk_buf_fini(&key);
		return HS_SUCCESS;
	}
	rc = sk_search_compile(p->texts, p->flags, p->ids, p->cnt, p->mode, db, error);
	if (cached && rc == HS_SUCCESS)
		keep(dir, path, sk_buf_span(&key), *db);
	sk_buf_fini(&key);
	return rc;
}
