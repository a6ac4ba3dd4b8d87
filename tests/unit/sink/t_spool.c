/* tests/unit/sink/t_spool.c — the spool: what it keeps through a crash, what it refuses, whose it is. */
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/crc32c.h"
#include "sink/spool/segment.h"

static char dir[64];

static int open_as(struct sk_spool **s, const char *sensor, uint64_t max, struct sk_error *e)
{
	e->text[0] = 0;
	return sk_spool_open(s, &(struct sk_spool_conf){ .dir = dir, .sensor = sensor, .max = max, .retain_ns = UINT64_MAX }, e);
}

static struct sk_spool *open_ok(void)
{
	struct sk_spool *s = NULL;
	struct sk_error e;

	if (open_as(&s, "a", 1 << 20, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

static uint64_t add(struct sk_spool *s, const char *json, unsigned severity)
{
	struct sk_spool_item it = { .severity = (uint8_t)severity, .is_alert = true, .key = sk_span_str("k"), .json = sk_span_str(json) };

	return sk_spool_add(s, &it) == 0 ? it.seq : 0;
}

static size_t pending(struct sk_spool *s)
{
	struct sk_spool_state st;

	sk_spool_state(s, &st);
	return (size_t)st.pending;
}

/* The path of the only segment. */
static const char *segment(void)
{
	static char path[400];
	DIR *d = opendir(dir);

	assert_non_null(d);
	path[0] = 0;
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		if (strstr(e->d_name, ".seg") && !strstr(e->d_name, ".bad")) {
			assert_int_equal(path[0], 0);
			snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		}
	closedir(d);
	assert_int_not_equal(path[0], 0);
	return path;
}

static void wipe(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	assert_int_equal(system(command), 0);
}

static int setup(void **state)
{
	strcpy(dir, "/tmp/t_spool.XXXXXX");
	assert_non_null(mkdtemp(dir));
	return 0;
}

static int teardown(void **state)
{
	wipe();
	return 0;
}

static size_t slurp(const char *path, uint8_t *p, size_t size)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	assert_non_null(f);
	n = fread(p, 1, size, f);
	fclose(f);
	return n;
}

static void spill(const char *path, const uint8_t *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void crc(void **state)
{
	uint8_t b[32];

	/* RFC 3720, B.4 */
	memset(b, 0, sizeof(b));
	assert_int_equal(sk_crc32c(sk_span(b, 32)), 0x8a9136aa);
	memset(b, 0xff, sizeof(b));
	assert_int_equal(sk_crc32c(sk_span(b, 32)), 0x62a8ab43);
	for (unsigned i = 0; i < 32; i++)
		b[i] = (uint8_t)i;
	assert_int_equal(sk_crc32c(sk_span(b, 32)), 0x46dd794e);
	assert_int_equal(sk_crc32c(sk_span("123456789", 9)), 0xe3069283);
	assert_int_equal(sk_crc32c_plain(sk_span("123456789", 9)), 0xe3069283);
	for (size_t n = 0; n < sizeof(b); n++)
		assert_int_equal(sk_crc32c(sk_span(b, n)), sk_crc32c_plain(sk_span(b, n)));
}

static void in_order_and_once(void **state)
{
	struct sk_spool_item items[8];
	struct sk_spool *s = open_ok();
	uint64_t a = add(s, "one", 3), b = add(s, "two", 5), c = add(s, "three", 1);

	assert_true(a < b && b < c && a > 0);
	assert_int_equal(sk_spool_peek(s, 0, items, 8, 1 << 20), 3);
	assert_memory_equal(items[1].json.p, "two", 3);
	assert_int_equal(items[1].severity, 5);
	assert_int_equal(items[1].key.n, 1);
	assert_int_equal(sk_spool_peek(s, 0, items, 2, 1 << 20), 2);
	assert_int_equal(sk_spool_peek(s, 0, items, 8, 1), 1);
	sk_spool_ack(s, b);
	assert_int_equal(sk_spool_peek(s, 0, items, 8, 1 << 20), 1);
	assert_int_equal(items[0].seq, c);
	sk_spool_seek(s, a);
	assert_int_equal(pending(s), 2);
	sk_spool_seek(s, 0);
	assert_int_equal(pending(s), 3);
	sk_spool_seek(s, c);
	assert_int_equal(pending(s), 0);
	/* Redis knows more than we do: what comes next must still be greater */
	sk_spool_seek(s, c + 100);
	assert_int_equal(add(s, "four", 3), c + 101);
	assert_int_equal(pending(s), 1);
	sk_spool_close(s);
}

static void numbers_grow_over_openings(void **state)
{
	struct sk_spool *s = open_ok();
	uint64_t a = add(s, "one", 3), b;
	char id[SK_SPOOL_ID_MAX];

	strcpy(id, sk_spool_id(s));
	sk_spool_ack(s, a);
	sk_spool_close(s);
	/* as after a crash that took the segment */
	unlink(segment());
	s = open_ok();
	assert_string_equal(sk_spool_id(s), id);
	b = add(s, "two", 3);
	assert_true(b > a);
	assert_int_equal(pending(s), 1);
	sk_spool_close(s);
	s = open_ok();
	assert_int_equal(pending(s), 1);
	assert_true(add(s, "three", 3) > b);
	sk_spool_close(s);
}

static void torn_at_every_byte(void **state)
{
	static const char *const texts[] = { "{\"n\":1}", "{\"number\":2}", "{\"n\":\"three\"}" };
	static uint8_t whole[1 << 16];
	struct sk_spool *s = open_ok();
	struct sk_spool_item items[4];
	size_t ends[3], n, off = SK_SEGMENT_HEAD;
	char path[400];

	for (unsigned i = 0; i < 3; i++) {
		assert_true(add(s, texts[i], 3) > 0);
		off += (SK_RECORD_HEAD + 1 + strlen(texts[i]) + 7) & ~(size_t)7;
		ends[i] = off;
	}
	sk_spool_close(s);
	snprintf(path, sizeof(path), "%s", segment());
	n = slurp(path, whole, sizeof(whole));
	assert_int_equal(n, ends[2]);
	for (size_t cut = SK_SEGMENT_HEAD; cut <= n; cut++) {
		/* cut short, and as preallocated: zeros behind */
		for (int zeros = 0; zeros < 2; zeros++) {
			size_t want = cut >= ends[2] ? 3 : cut >= ends[1] ? 2 : cut >= ends[0] ? 1 : 0;
			uint8_t *copy = calloc(1, n + 512);

			assert_non_null(copy);
			memcpy(copy, whole, cut);
			spill(path, copy, zeros ? n + 512 : cut);
			free(copy);
			s = open_ok();
			/* padding may be missing or be there as zeros */
			if (zeros)
				assert_in_range(pending(s), want, want + 1);
			else
				assert_int_equal(pending(s), want);
			size_t got = sk_spool_peek(s, 0, items, 4, 1 << 20);
			assert_int_equal(got, pending(s));
			for (size_t i = 0; i < got; i++) {
				assert_int_equal(items[i].json.n, strlen(texts[i]));
				assert_memory_equal(items[i].json.p, texts[i], items[i].json.n);
			}
			assert_true(add(s, "after", 3) > 0);
			assert_int_equal(pending(s), got + 1);
			sk_spool_close(s);
			wipe();
			assert_int_equal(mkdir(dir, 0700), 0);
		}
	}
}

static void damaged_record_in_the_middle(void **state)
{
	uint8_t whole[4096];
	struct sk_spool_state st;
	struct sk_spool_item items[4];
	struct sk_spool *s = open_ok();
	char path[400];
	size_t n;

	add(s, "first", 3);
	add(s, "second", 3);
	add(s, "third", 3);
	sk_spool_close(s);
	snprintf(path, sizeof(path), "%s", segment());
	n = slurp(path, whole, sizeof(whole));
	whole[SK_SEGMENT_HEAD + 40 + 34] ^= 1;		/* in the text of the second */
	spill(path, whole, n);
	s = open_ok();
	sk_spool_state(s, &st);
	assert_int_equal(st.pending, 2);
	assert_int_equal(st.damaged, 40);
	assert_int_equal(st.lost.alerts, 1);
	assert_int_equal(st.lost.by_severity[0], 1);
	assert_int_equal(sk_spool_peek(s, 0, items, 4, 1 << 20), 2);
	assert_memory_equal(items[0].json.p, "first", 5);
	assert_memory_equal(items[1].json.p, "third", 5);
	/* no loss once Redis has had it */
	sk_spool_ack(s, items[1].seq);
	sk_spool_close(s);
	s = open_ok();
	sk_spool_state(s, &st);
	assert_int_equal(st.damaged, 40);
	assert_int_equal(st.lost.alerts, 0);
	sk_spool_close(s);
}

/* Records that stand in a file once more, whole, behind others: a copy within it, or the same file under another name. */
static void records_copied(void **state)
{
	uint8_t whole[4096];
	struct sk_spool_state st;
	struct sk_spool_item items[8];
	struct sk_spool *s = open_ok();
	char path[400], other[440];
	uint64_t last;
	size_t n;

	add(s, "first", 3);
	add(s, "second", 3);
	sk_spool_close(s);
	snprintf(path, sizeof(path), "%s", segment());
	n = slurp(path, whole, sizeof(whole));
	assert_int_equal(n, SK_SEGMENT_HEAD + 80);
	memcpy(whole + n, whole + SK_SEGMENT_HEAD, 80);
	spill(path, whole, n + 80);
	snprintf(other, sizeof(other), "%s/00000fffffffffff.seg", dir);
	spill(other, whole, n + 80);
	s = open_ok();
	assert_int_equal(pending(s), 2);
	last = add(s, "third", 3);
	assert_int_equal(sk_spool_peek(s, 0, items, 8, 1 << 20), 3);
	assert_memory_equal(items[1].json.p, "second", 6);
	assert_memory_equal(items[2].json.p, "third", 5);
	sk_spool_ack(s, items[0].seq);
	assert_int_equal(sk_spool_peek(s, 0, items, 8, 1 << 20), 2);
	sk_spool_ack(s, last);
	sk_spool_state(s, &st);
	assert_int_equal(st.pending, 0);
	assert_int_equal(st.pending_bytes, 0);
	assert_int_equal(st.lost.alerts, 0);
	sk_spool_close(s);
}

/* A number is that of the opening and, in 40 bits, that of the record: after 2^24 - 1 openings none follows. */
static void no_numbers_left(void **state)
{
	uint8_t b[64];
	struct sk_spool *s = open_ok();
	struct sk_error e;
	char path[400];
	uint32_t crc;

	add(s, "first", 3);
	sk_spool_close(s);
	snprintf(path, sizeof(path), "%s/state", dir);
	assert_int_equal(slurp(path, b, sizeof(b)), sizeof(b));
	for (unsigned left = 2; left-- > 0;) {
		memset(b + 48, 0, 8);
		memset(b + 48, 0xff, 3);
		b[48] = (uint8_t)(b[48] - left);
		crc = sk_crc32c(sk_span(b + 16, sizeof(b) - 16));
		for (unsigned i = 0; i < 4; i++)
			b[12 + i] = (uint8_t)(crc >> 8 * i);
		spill(path, b, sizeof(b));
		s = NULL;
		assert_int_equal(open_as(&s, "a", 1 << 20, &e), left ? 0 : SK_E_CONFIG);
		if (left) {
			assert_true(add(s, "last", 3) > UINT64_C(0xffffff) << 40);
			sk_spool_close(s);
		}
	}
	assert_non_null(strstr(e.text, "no sequence numbers left"));
}

static void not_ours(void **state)
{
	uint8_t whole[4096];
	struct sk_spool *s = open_ok(), *t;
	struct sk_error e;
	char path[400];
	size_t n;

	add(s, "first", 3);
	assert_int_equal(open_as(&t, "a", 1 << 20, &e), SK_E_CONFIG);
	assert_non_null(strstr(e.text, "in use"));
	sk_spool_close(s);
	assert_int_equal(open_as(&t, "b", 1 << 20, &e), SK_E_CONFIG);
	assert_non_null(strstr(e.text, "sensor 'a'"));
	snprintf(path, sizeof(path), "%s", segment());
	n = slurp(path, whole, sizeof(whole));
	whole[8] = 2;
	spill(path, whole, n);
	assert_int_equal(open_as(&t, "a", 1 << 20, &e), SK_E_CONFIG);
	assert_non_null(strstr(e.text, "version 2"));
	whole[8] = 1;
	whole[70] ^= 1;					/* under the header's CRC: left aside */
	spill(path, whole, n);
	s = open_ok();
	assert_int_equal(pending(s), 0);
	sk_spool_close(s);
	snprintf(dir + strlen(dir), 16, "/no/folder");
	assert_int_equal(open_as(&t, "a", 1 << 20, &e), SK_E_CONFIG);
	dir[strlen(dir) - strlen("/no/folder")] = 0;
}

/* Both kinds of spool. */
static void full(struct sk_spool *s)
{
	struct sk_spool_item item, items[2000];
	struct sk_spool_state st;
	char json[1000];
	uint64_t stored[6] = { 0 }, refused[6] = { 0 }, last = 0;
	size_t n;

	memset(json, 'x', sizeof(json));
	for (unsigned i = 0; i < 2000; i++) {
		unsigned severity = 1 + i % 5;

		item = (struct sk_spool_item){ .severity = (uint8_t)severity, .is_alert = true, .json = sk_span(json, sizeof(json)) };
		if (sk_spool_add(s, &item) == 0)
			stored[severity]++;
		else
			refused[severity]++;
	}
	sk_spool_state(s, &st);
	assert_true(st.bytes <= 1 << 20);
	assert_true(stored[1] < stored[2] && stored[2] < stored[3] && stored[3] < stored[4] && stored[4] <= stored[5]);
	for (unsigned i = 1; i < 6; i++)
		assert_int_equal(st.lost.by_severity[i], refused[i]);
	assert_int_equal(st.lost.alerts + st.pending_alerts, 2000);
	/* what is acknowledged makes room: everything goes through, in order */
	n = sk_spool_peek(s, 0, items, 2000, SIZE_MAX);
	assert_int_equal(n, st.pending);
	for (size_t i = 0; i < n; i++) {
		assert_true(items[i].seq > last);
		last = items[i].seq;
	}
	sk_spool_ack(s, last);
	for (unsigned i = 0; i < 3000; i++) {
		item = (struct sk_spool_item){ .severity = 1, .is_alert = true, .json = sk_span(json, sizeof(json)) };
		assert_int_equal(sk_spool_add(s, &item), 0);
		assert_int_equal(sk_spool_peek(s, 0, items, 10, SIZE_MAX), 1);
		sk_spool_ack(s, item.seq);
	}
	sk_spool_state(s, &st);
	assert_true(st.bytes <= 1 << 20);
	assert_int_equal(st.pending, 0);
}

static void full_in_memory(void **state)
{
	struct sk_spool *s;
	struct sk_error e;

	assert_int_equal(sk_spool_open(&s, &(struct sk_spool_conf){ .sensor = "a", .max = 1 << 20, .retain_ns = UINT64_MAX }, &e), 0);
	assert_false(sk_spool_on_disk(s));
	full(s);
	sk_spool_close(s);
}

static void full_on_disk(void **state)
{
	struct sk_spool *s = open_ok();

	full(s);
	sk_spool_close(s);
}

/* Room for about 1 MiB, and less than one segment of the usual size: severities have their shares of what there is, what is acknowledged
 * makes room, and once there is more room all goes on. */
static void full_disk(void **state)
{
	uint64_t stored[6] = { 0 }, last = 0;
	struct sk_spool_state st;
	struct sk_spool *s;
	struct sk_error e;
	char json[1000];

	memset(json, 'x', sizeof(json) - 1);
	json[sizeof(json) - 1] = 0;
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount("none", dir, "tmpfs", 0, "size=1m") < 0)
		skip();
	assert_int_equal(open_as(&s, "a", 64 << 20, &e), 0);
	for (unsigned i = 0; i < 3000; i++) {
		unsigned severity = 1 + i % 5;
		uint64_t seq = add(s, json, severity);

		stored[severity] += seq != 0;
		last = seq ? seq : last;
	}
	sk_spool_state(s, &st);
	assert_true(stored[1] > 100 && stored[1] < stored[2] && stored[2] < stored[3] && stored[3] < stored[4] && stored[4] <= stored[5]);
	assert_int_equal(stored[1] + stored[2] + stored[3] + stored[4] + stored[5], st.pending_alerts);
	assert_int_equal(st.lost.alerts + st.pending_alerts, 3000);
	assert_true(st.bytes <= 1 << 20);
	sk_spool_ack(s, last);
	for (unsigned i = 0; i < 2000; i++) {
		last = add(s, json, 1);
		assert_true(last);
		sk_spool_ack(s, last);
	}
	assert_int_equal(mount("none", dir, NULL, MS_REMOUNT, "size=8m"), 0);
	sleep(2);
	for (unsigned i = 0; i < 3000; i++)
		assert_true(add(s, json, 5));
	sk_spool_close(s);
	assert_int_equal(open_as(&s, "a", 64 << 20, &e), 0);
	assert_int_equal(pending(s), 3000);
	sk_spool_close(s);
	assert_int_equal(umount(dir), 0);

	/* read-only from the start: told then */
	assert_int_equal(mount("none", dir, "tmpfs", MS_RDONLY, "size=1m"), 0);
	assert_int_equal(open_as(&s, "a", 64 << 20, &e), SK_E_CONFIG);
	assert_non_null(strstr(e.text, "cannot write to the spool folder"));
	assert_int_equal(umount(dir), 0);
}

static int synced(struct sk_spool *s)
{
	int cnt = 0;

	for (int fd; (fd = sk_spool_sync_fd(s)) >= 0; cnt++)
		close(fd);
	return cnt;
}

/* Every so often: the folder and the segment, once each when there is something new. Always: nothing is left to sync. */
static void synced_as_told(void **state)
{
	struct sk_spool *s = open_ok();
	struct sk_error e;

	assert_int_equal(synced(s), 0);
	assert_true(add(s, "first", 3));
	assert_int_equal(synced(s), 2);
	assert_int_equal(synced(s), 0);
	assert_true(add(s, "second", 3));
	assert_int_equal(synced(s), 1);
	sk_spool_close(s);
	assert_int_equal(sk_spool_open(&s, &(struct sk_spool_conf){ .dir = dir, .sensor = "a", .max = 1 << 20, .fsync_always = true }, &e), 0);
	assert_true(add(s, "third", 3));
	assert_int_equal(synced(s), 0);
	sk_spool_close(s);
}

/* Somebody looks while the owner writes, and while it ends. */
static void looked_at_while_used(void **state)
{
	struct sk_spool_conf conf = { .dir = dir, .sensor = "", .max = UINT64_MAX / 2, .retain_ns = UINT64_MAX, .read_only = true };
	struct sk_spool *s = open_ok(), *look;
	struct sk_spool_item items[4];
	struct sk_error e;
	uint64_t first = add(s, "first", 3);

	assert_true(add(s, "second", 3));
	sk_spool_ack(s, first);
	assert_int_equal(sk_spool_open(&look, &conf, &e), 0);
	assert_int_equal(pending(look), 1);
	assert_true(add(s, "third", 3));
	assert_int_equal(sk_spool_peek(look, 0, items, 4, SIZE_MAX), 1);
	sk_spool_close(s);
	assert_memory_equal(items[0].json.p, "second", 6);
	assert_int_equal(sk_spool_peek(look, 0, items, 4, SIZE_MAX), 1);
	sk_spool_close(look);
	assert_int_equal(sk_spool_open(&look, &conf, &e), 0);
	assert_int_equal(pending(look), 2);
	sk_spool_close(look);
	s = open_ok();
	assert_int_equal(pending(s), 2);
	sk_spool_close(s);
}

static void retained_for_a_while(void **state)
{
	struct sk_spool_state st;
	struct sk_spool *s;
	struct sk_error e;
	uint64_t seq;

	assert_int_equal(sk_spool_open(&s, &(struct sk_spool_conf){ .sensor = "a", .max = 1 << 20, .retain_ns = 1000000000 }, &e), 0);
	seq = add(s, "one", 3);
	sk_spool_expire(s, UINT64_MAX);
	assert_int_equal(pending(s), 1);		/* never what nobody has */
	sk_spool_ack(s, seq);
	sk_spool_expire(s, 0);
	sk_spool_state(s, &st);
	assert_int_equal(st.retained, 1);
	sk_spool_expire(s, UINT64_MAX);
	sk_spool_state(s, &st);
	assert_int_equal(st.retained, 0);
	assert_int_equal(st.bytes, 0);
	assert_true(add(s, "two", 3) > seq);
	sk_spool_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc),
		cmocka_unit_test_setup_teardown(in_order_and_once, setup, teardown),
		cmocka_unit_test_setup_teardown(numbers_grow_over_openings, setup, teardown),
		cmocka_unit_test_setup_teardown(torn_at_every_byte, setup, teardown),
		cmocka_unit_test_setup_teardown(damaged_record_in_the_middle, setup, teardown),
		cmocka_unit_test_setup_teardown(records_copied, setup, teardown),
		cmocka_unit_test_setup_teardown(no_numbers_left, setup, teardown),
		cmocka_unit_test_setup_teardown(not_ours, setup, teardown),
		cmocka_unit_test(full_in_memory),
		cmocka_unit_test_setup_teardown(full_on_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(full_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(synced_as_told, setup, teardown),
		cmocka_unit_test_setup_teardown(looked_at_while_used, setup, teardown),
		cmocka_unit_test(retained_for_a_while),
	};

	sk_log_set_level(SK_LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
