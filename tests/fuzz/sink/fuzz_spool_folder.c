/* tests/fuzz/sink/fuzz_spool_folder.c — a folder that says it is a spool: opened to look at, then to go on with.
 *
 * in       byte 0: mend checksums, where the second segment begins; 64 bytes of the state file; segments
 * out      aborts when records come out of order, when looking changes a file, or when what is added afterwards is not kept
 * memory   a folder in memory where there is one, made anew for each input
 * limits   where checksums are mended, records are numbered in order, too: only who can write to the folder could say otherwise
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "sink/spool/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STATE 64u

static char folder[64];

static void must(bool ok)
{
	if (!ok)
		abort();
}

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put64(uint8_t *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void put_crc(uint8_t *p, struct sk_span of)
{
	uint32_t crc = sk_crc32c(of);

	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(crc >> 8 * i);
}

/* Every checksum that has a place gets its right value, as far as lengths lead; records are numbered from *seq on, the rest is
 * zeroed. */
static void mend(uint8_t *p, size_t n, uint64_t *seq)
{
	size_t off = SK_SEGMENT_HEAD;

	if (n < SK_SEGMENT_HEAD)
		return;
	put64(p + 48, *seq);
	put_crc(p + 12, sk_span(p + 16, SK_SEGMENT_HEAD - 16));
	while (off + SK_RECORD_HEAD <= n) {
		uint32_t len = le32(p + off);

		if (len < SK_RECORD_HEAD || len > n - off)
			break;
		*seq += 1 + (p[off + 8] & 3);
		put64(p + off + 8, *seq);
		put_crc(p + off + 4, sk_span(p + off + 8, len - 8));
		off += (len + 7) & ~7u;
	}
	if (off < n)
		memset(p + off, 0, n - off);	/* no records with numbers of their own behind those mended */
}

static void write_file(const char *name, const uint8_t *p, size_t n)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "wb");
	must(f && fwrite(p, 1, n, f) == n);
	fclose(f);
}

static void clear(void)
{
	DIR *d = opendir(folder);

	must(d);
	for (const struct dirent *e = readdir(d); e; e = readdir(d))
		if (e->d_name[0] != '.')
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
}

static void leave(void)
{
	clear();
	rmdir(folder);
}

static void on_record(void *cx, const struct sk_spool_item *it)
{
	uint64_t *last = cx;
	volatile uint8_t sum = 0;

	must(it->seq > *last && it->severity < SK_SPOOL_SEVERITIES);
	*last = it->seq;
	for (size_t i = 0; i < it->json.n; i++)
		sum = (uint8_t)(sum + it->json.p[i]);
}

static void look(void)
{
	const struct sk_spool_conf conf = { .dir = folder, .sensor = "", .max = 1 << 20, .read_only = true };
	struct sk_spool *s;
	struct sk_error e = { 0 };
	uint64_t last = 0;
	char label[256];

	sk_spool_read_label(folder, label, sizeof(label));
	if (sk_spool_open(&s, &conf, &e) < 0) {
		must(e.text[0]);
		return;
	}
	sk_spool_each(s, on_record, &last);
	sk_spool_close(s);
}

static void go_on(void)
{
	const struct sk_spool_conf conf = { .dir = folder, .sensor = "sensor", .max = 1 << 20, .retain_ns = 1000 };
	struct sk_spool_item it = { .severity = 2, .is_alert = true, .key = sk_span_str("k"), .json = sk_span_str("{}") }, items[64];
	struct sk_spool_state st;
	struct sk_spool *s;
	struct sk_error e = { 0 };
	uint64_t last = 0;
	size_t cnt;

	if (sk_spool_open(&s, &conf, &e) < 0) {
		must(e.text[0]);
		return;
	}
	if (sk_spool_add(s, &it) == 0) {
		sk_spool_state(s, &st);
		must(st.pending > 0 && st.last == it.seq);
		while ((cnt = sk_spool_peek(s, 0, items, 64, 1 << 20)) > 0) {
			for (size_t i = 0; i < cnt; i++)
				on_record(&last, &items[i]);
			sk_spool_ack(s, last);
		}
		must(last == it.seq);
	}
	sk_spool_state(s, &st);
	must(st.pending == 0 || last == 0);
	sk_spool_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t copy[16384];
	uint64_t seq = UINT64_C(1) << 40;
	size_t n, first;

	if (size < 1 + STATE || size > sizeof(copy))
		return 0;
	if (!folder[0]) {
		snprintf(folder, sizeof(folder), "%s/sk-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
		must(mkdtemp(folder) != NULL);
		atexit(leave);
	}
	memcpy(copy, data, size);
	n = size - 1 - STATE;
	first = data[0] & 0x80 ? n * (data[0] & 0x3f) / 64 : n;
	if (data[0] & 0x40) {
		copy[STATE] &= 0x3f;
		memset(copy + 1 + 51, 0, 5);	/* number of the opening: 24 bits */
		put_crc(copy + 1 + 12, sk_span(copy + 1 + 16, STATE - 16));
		mend(copy + 1 + STATE, first, &seq);
		mend(copy + 1 + STATE + first, n - first, &seq);
	}
	write_file("state", copy + 1, STATE);
	write_file("0000010000000000.seg", copy + 1 + STATE, first);
	if (n > first)
		write_file("0000020000000000.seg", copy + 1 + STATE + first, n - first);
	look();
	go_on();
	look();
	clear();
	return 0;
}
