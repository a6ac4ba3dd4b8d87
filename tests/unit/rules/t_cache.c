/* The cache of compiled patterns: what comes back is what was compiled; what is damaged or of others is compiled anew. */
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "rules/cache.h"

static char dir[] = "/tmp/sekisho-cache-XXXXXX";
static const char *const texts[] = { "needle", "straw[0-9]+", "hay" };
static const unsigned flags[] = { HS_FLAG_SINGLEMATCH, HS_FLAG_SINGLEMATCH | HS_FLAG_CASELESS, HS_FLAG_SINGLEMATCH };
static const unsigned ids[] = { 7, 8, 9 };

static int on_hit(unsigned id, unsigned long long from, unsigned long long to, unsigned f, void *cx)
{
	*(unsigned *)cx |= 1u << id;
	return 0;
}

/* Bits of the ids found in text. */
static unsigned scan(const hs_database_t *db, const char *text)
{
	hs_scratch_t *scratch = NULL;
	unsigned found = 0;

	assert_int_equal(hs_alloc_scratch(db, &scratch), HS_SUCCESS);
	assert_int_equal(hs_scan(db, text, (unsigned)strlen(text), 0, scratch, on_hit, &found), HS_SUCCESS);
	hs_free_scratch(scratch);
	return found;
}

/* Compiles cnt patterns; true when they came from the folder. */
static bool compile(const char *where, unsigned cnt, unsigned want)
{
	const struct sk_patterns p = { texts, flags, ids, cnt, HS_MODE_BLOCK };
	hs_compile_error_t *error = NULL;
	hs_database_t *db = NULL;
	bool found = true;

	assert_int_equal(sk_rules_cache_compile(where, &p, &db, &found, &error), HS_SUCCESS);
	assert_int_equal(scan(db, "a NEEDLE, a needle, STRAW12 and hay"), want);
	hs_free_database(db);
	return found;
}

/* The only file's path, or how many there are. */
static unsigned files(char *path, size_t size)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	unsigned n = 0;

	assert_non_null(d);
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, size, "%s/%s", dir, e->d_name);
		n++;
	}
	closedir(d);
	return n;
}

static void the_second_time_it_is_found(void **state)
{
	char path[600];

	assert_false(compile(dir, 2, 1u << 7 | 1u << 8));
	assert_int_equal(files(path, sizeof(path)), 1);
	assert_true(compile(dir, 2, 1u << 7 | 1u << 8));
	assert_false(compile(dir, 3, 1u << 7 | 1u << 8 | 1u << 9));
	assert_int_equal(files(path, sizeof(path)), 2);
	assert_true(compile(dir, 3, 1u << 7 | 1u << 8 | 1u << 9));
	assert_false(compile(NULL, 3, 1u << 7 | 1u << 8 | 1u << 9));
	assert_false(compile("", 3, 1u << 7 | 1u << 8 | 1u << 9));
}

static void empty_the_folder(void)
{
	char path[600];

	while (files(path, sizeof(path)))
		assert_int_equal(unlink(path), 0);
}

static void damage_is_compiled_anew(void **state)
{
	char path[600], byte;
	struct stat st;
	int fd;

	empty_the_folder();
	assert_false(compile(dir, 2, 1u << 7 | 1u << 8));
	assert_int_equal(files(path, sizeof(path)), 1);
	assert_int_equal(stat(path, &st), 0);
	for (off_t at = 0; at < st.st_size; at += st.st_size / 23) {
		fd = open(path, O_RDWR);
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 0x5a;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		close(fd);
		assert_false(compile(dir, 2, 1u << 7 | 1u << 8));
		assert_true(compile(dir, 2, 1u << 7 | 1u << 8));	/* written again */
	}
	assert_int_equal(truncate(path, st.st_size / 2), 0);
	assert_false(compile(dir, 2, 1u << 7 | 1u << 8));
	assert_int_equal(truncate(path, 0), 0);
	assert_false(compile(dir, 2, 1u << 7 | 1u << 8));
}

static void files_others_may_write_are_not_believed(void **state)
{
	char path[600];

	empty_the_folder();
	assert_false(compile(dir, 2, 1u << 7 | 1u << 8));
	assert_int_equal(files(path, sizeof(path)), 1);
	assert_int_equal(chmod(path, 0622), 0);
	assert_false(compile(dir, 2, 1u << 7 | 1u << 8));
	assert_true(compile(dir, 2, 1u << 7 | 1u << 8));
}

static void old_files_go(void **state)
{
	const struct timespec old[2] = { { time(NULL) - 31 * 86400, 0 }, { time(NULL) - 31 * 86400, 0 } };
	char path[600];

	empty_the_folder();
	assert_false(compile(dir, 2, 1u << 7 | 1u << 8));
	assert_int_equal(files(path, sizeof(path)), 1);
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	assert_true(compile(dir, 2, 1u << 7 | 1u << 8));	/* read today */
	assert_false(compile(dir, 3, 1u << 7 | 1u << 8 | 1u << 9));
	assert_int_equal(files(path, sizeof(path)), 2);
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	assert_false(compile(dir, 1, 1u << 7));
	assert_int_equal(files(path, sizeof(path)), 2);
}

static void no_folder_is_no_harm(void **state)
{
	assert_false(compile("/nonexistent/folder", 2, 1u << 7 | 1u << 8));
	assert_false(compile("/proc", 2, 1u << 7 | 1u << 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_second_time_it_is_found),
		cmocka_unit_test(damage_is_compiled_anew),
		cmocka_unit_test(files_others_may_write_are_not_believed),
		cmocka_unit_test(old_files_go),
		cmocka_unit_test(no_folder_is_no_harm),
	};
	int rc;

	if (!mkdtemp(dir))
		return 1;
	sk_log_set_level(SK_LOG_LEVEL_ERROR);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	empty_the_folder();
	rmdir(dir);
	return rc;
}
