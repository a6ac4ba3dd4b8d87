/* tests/unit/capture/t_capture.c — capture files of every flavour, whole and torn at every byte; filters; folders. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <lz4frame.h>
#include <lzma.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/buf.h"
#include "base/err.h"
#include "capture/capture.h"
#include "capture/memory.h"
#include "packet.h"

#define T0 UINT64_C(1753000000123456000)
#define RECORDS_MAX 16

/* What a file holds and where each record ends: the truth a reader is held against. */
struct made {
	struct sk_buf file;
	size_t cnt;			/* packets */
	size_t ends[64];		/* ends of records or blocks, ascending */
	size_t packets_at[64];		/* packets up to there */
	size_t end_cnt;
	struct {
		uint64_t time_ns;
		uint32_t caplen, len;
		int linktype;
		uint8_t first;		/* first byte */
	} p[RECORDS_MAX];
};

static bool big;			/* byte order of what is written */

static void w32(struct made *m, uint32_t v)
{
	uint32_t swapped = big ? htobe32(v) : htole32(v);

	assert_int_equal(sk_buf_add(&m->file, sk_span(&swapped, 4)), 0);
}

static void w16(struct made *m, unsigned v)
{
	uint16_t swapped = big ? htobe16((uint16_t)v) : htole16((uint16_t)v);

	assert_int_equal(sk_buf_add(&m->file, sk_span(&swapped, 2)), 0);
}

static void record_ends(struct made *m)
{
	m->ends[m->end_cnt] = m->file.n;
	m->packets_at[m->end_cnt++] = m->cnt;
}

static void body(struct made *m, uint32_t caplen)
{
	for (uint32_t i = 0; i < caplen; i++)
		assert_int_equal(sk_buf_add_byte(&m->file, (uint8_t)(m->cnt * 16 + i)), 0);
}

static void expect(struct made *m, uint64_t time_ns, uint32_t caplen, uint32_t len, int linktype)
{
	m->p[m->cnt].time_ns = time_ns;
	m->p[m->cnt].caplen = caplen;
	m->p[m->cnt].len = len;
	m->p[m->cnt].linktype = linktype;
	m->p[m->cnt].first = (uint8_t)(m->cnt * 16);
	m->cnt++;
}

static void pcap(struct made *m, uint32_t magic, bool big_endian)
{
	bool ns = magic == 0xa1b23c4d;
	static const uint32_t caplens[] = { 60, 0, 1, 95 };

	memset(m, 0, sizeof(*m));
	big = big_endian;
	w32(m, magic);
	w16(m, 2);
	w16(m, 4);
	w32(m, 0);
	w32(m, 0);
	w32(m, 65535);
	w32(m, 0xf0000000 | 101);	/* raw IP, with what some writers put above */
	record_ends(m);
	for (size_t i = 0; i < SK_ARRAY_LEN(caplens); i++) {
		w32(m, (uint32_t)(T0 / 1000000000) + (uint32_t)i);
		w32(m, ns ? 123456789 : 123456);
		w32(m, caplens[i]);
		w32(m, caplens[i] + (uint32_t)i * 100);
		if (magic == 0xa1b2cd34) {
			w32(m, 1);
			w32(m, 0);
		}
		body(m, caplens[i]);
		expect(m, T0 + i * 1000000000 + (ns ? 789 : 0), caplens[i], caplens[i] + (uint32_t)i * 100, 12);
		record_ends(m);
	}
}

static void pcap_us_little(struct made *m) { pcap(m, 0xa1b2c3d4, false); }
static void pcap_us_big(struct made *m) { pcap(m, 0xa1b2c3d4, true); }
static void pcap_ns_little(struct made *m) { pcap(m, 0xa1b23c4d, false); }
static void pcap_ns_big(struct made *m) { pcap(m, 0xa1b23c4d, true); }
static void pcap_modified_little(struct made *m) { pcap(m, 0xa1b2cd34, false); }
static void pcap_modified_big(struct made *m) { pcap(m, 0xa1b2cd34, true); }

static size_t block_begin(struct made *m, uint32_t type)
{
	w32(m, type);
	w32(m, 0);
	return m->file.n - 8;
}

static void block_end(struct made *m, size_t at)
{
	uint32_t len, swapped;

	while (m->file.n % 4)
		assert_int_equal(sk_buf_add_byte(&m->file, 0), 0);
	len = (uint32_t)(m->file.n - at + 4);
	swapped = big ? htobe32(len) : htole32(len);
	memcpy(m->file.p + at + 4, &swapped, 4);
	w32(m, len);
	record_ends(m);
}

static void section(struct made *m)
{
	size_t at = block_begin(m, 0x0a0d0d0a);

	w32(m, 0x1a2b3c4d);
	w16(m, 1);
	w16(m, 0);
	w32(m, 0xffffffff);
	w32(m, 0xffffffff);
	block_end(m, at);
}

/* tsresol 0 for none. */
static void interface(struct made *m, unsigned linktype, uint32_t snaplen, unsigned tsresol, int64_t tsoffset)
{
	size_t at = block_begin(m, 1);
	uint8_t resolution[4] = { (uint8_t)tsresol };

	w16(m, linktype);
	w16(m, 0);
	w32(m, snaplen);
	w16(m, 2);			/* if_name */
	w16(m, 5);
	sk_buf_add(&m->file, sk_span("eth0\0\0\0\0", 8));
	if (tsresol) {
		w16(m, 9);
		w16(m, 1);
		sk_buf_add(&m->file, sk_span(resolution, 4));
	}
	if (tsoffset) {
		uint64_t v = big ? htobe64((uint64_t)tsoffset) : htole64((uint64_t)tsoffset);

		w16(m, 14);
		w16(m, 8);
		sk_buf_add(&m->file, sk_span(&v, 8));
	}
	w16(m, 0);
	w16(m, 0);
	block_end(m, at);
}

static void enhanced(struct made *m, uint32_t id, uint64_t stamp, uint32_t caplen, uint32_t len, uint64_t time_ns, int linktype)
{
	size_t at = block_begin(m, 6);

	w32(m, id);
	w32(m, (uint32_t)(stamp >> 32));
	w32(m, (uint32_t)stamp);
	w32(m, caplen);
	w32(m, len);
	body(m, caplen);
	while (m->file.n % 4)
		sk_buf_add_byte(&m->file, 0);
	w16(m, 1);			/* a comment */
	w16(m, 3);
	sk_buf_add(&m->file, sk_span("abc\0", 4));
	w16(m, 0);
	w16(m, 0);
	expect(m, time_ns, caplen, len, linktype);
	block_end(m, at);
}

static void pcapng(struct made *m, bool big_endian)
{
	size_t at;

	memset(m, 0, sizeof(*m));
	big = big_endian;
	section(m);
	interface(m, 1, 96, 0, 0);
	interface(m, 101, 0, 9, 0);
	at = block_begin(m, 0x00000bad);	/* a custom block */
	w32(m, 32473);
	body(m, 37);
	block_end(m, at);
	enhanced(m, 0, T0 / 1000, 60, 1500, T0, 1);
	enhanced(m, 1, T0 + 7, 21, 21, T0 + 7, 12);
	at = block_begin(m, 3);			/* simple: 100 bytes on the wire, cut at the snaplen of 96 */
	w32(m, 100);
	body(m, 96);
	expect(m, T0 + 7, 96, 100, 1);
	block_end(m, at);
	at = block_begin(m, 2);			/* old */
	w16(m, 1);
	w16(m, 0xffff);
	w32(m, (uint32_t)((T0 + 9) >> 32));
	w32(m, (uint32_t)(T0 + 9));
	w32(m, 3);
	w32(m, 4);
	body(m, 3);
	expect(m, T0 + 9, 3, 4, 12);
	block_end(m, at);
	interface(m, 276, 0, 0x80 | 10, 1000000000);	/* 1/1024 s since 2001-09-09 */
	enhanced(m, 2, UINT64_C(753000000) * 1024 + 512, 0, 0, UINT64_C(1753000000500000000), 276);
	big = !big;				/* another section, of the other kind of machine */
	section(m);
	interface(m, 113, 0, 3, 0);
	enhanced(m, 0, T0 / 1000000, 17, 17, T0 / 1000000 * 1000000, 113);
	interface(m, 1, 0, 12, 0);
	enhanced(m, 1, 5001, 17, 17, 5, 1);
}

static void pcapng_little(struct made *m) { pcapng(m, false); }
static void pcapng_big(struct made *m) { pcapng(m, true); }

static const struct {
	const char *name;
	void (*make)(struct made *m);
	size_t head;			/* shorter files do not open */
} flavours[] = {
	{ "pcap", pcap_us_little, 24 }, { "pcap, big endian", pcap_us_big, 24 },
	{ "pcap, ns", pcap_ns_little, 24 }, { "pcap, ns, big endian", pcap_ns_big, 24 },
	{ "modified pcap", pcap_modified_little, 24 }, { "modified pcap, big endian", pcap_modified_big, 24 },
	{ "pcapng", pcapng_little, 12 }, { "pcapng, big endian", pcapng_big, 12 },
};

static void pack_gz(struct sk_span in, struct sk_buf *out)
{
	z_stream z = { 0 };
	uint8_t *mine = malloc(in.n);

	memcpy(mine, in.p, in.n);
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(sk_buf_reserve(out, in.n + 1000), 0);
	z.next_in = mine;
	z.avail_in = (uInt)in.n;
	z.next_out = out->p + out->n;
	z.avail_out = (uInt)(out->room - out->n);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->n += z.total_out;
	deflateEnd(&z);
	free(mine);
}

static void pack_zst(struct sk_span in, struct sk_buf *out)
{
	size_t n;

	assert_int_equal(sk_buf_reserve(out, ZSTD_compressBound(in.n)), 0);
	n = ZSTD_compress(out->p + out->n, out->room - out->n, in.p, in.n, 3);
	assert_false(ZSTD_isError(n));
	out->n += n;
}

static void pack_xz(struct sk_span in, struct sk_buf *out)
{
	assert_int_equal(sk_buf_reserve(out, lzma_stream_buffer_bound(in.n)), 0);
	assert_int_equal(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, in.p, in.n, out->p, &out->n, out->room), LZMA_OK);
}

static void pack_lz4(struct sk_span in, struct sk_buf *out)
{
	size_t n;

	assert_int_equal(sk_buf_reserve(out, LZ4F_compressFrameBound(in.n, NULL)), 0);
	n = LZ4F_compressFrame(out->p + out->n, out->room - out->n, in.p, in.n, NULL);
	assert_false(LZ4F_isError(n));
	out->n += n;
}

static const struct {
	const char *name;
	void (*pack)(struct sk_span in, struct sk_buf *out);
} packers[] = { { "gz", pack_gz }, { "zst", pack_zst }, { "xz", pack_xz }, { "lz4", pack_lz4 } };

/* Reads to the end, holding every packet against the truth. The number of packets; *rc how it ended. */
static size_t read_all(struct sk_capture *c, const struct made *m, int burst_max, int *rc, struct sk_error *e)
{
	struct sk_raw burst[SK_CAPTURE_BURST_MAX];
	size_t cnt = 0;

	while ((*rc = sk_capture_next(c, burst, burst_max, 0, e)) > 0) {
		for (int i = 0; i < *rc; i++, cnt++) {
			assert_in_range(cnt, 0, m->cnt - 1);
			assert_int_equal(burst[i].number, cnt + 1);
			assert_int_equal(burst[i].time_ns, m->p[cnt].time_ns);
			assert_int_equal(burst[i].caplen, m->p[cnt].caplen);
			assert_int_equal(burst[i].len, m->p[cnt].len);
			assert_int_equal(burst[i].linktype, m->p[cnt].linktype);
			for (uint32_t k = 0; k < burst[i].caplen; k++)
				assert_int_equal(burst[i].data[k], (uint8_t)(m->p[cnt].first + k));
			if (burst_max > 1)
				sk_capture_look_ahead(c);
		}
	}
	return cnt;
}

static struct made made;

static void every_flavour_is_read(void **state)
{
	for (size_t i = 0; i < SK_ARRAY_LEN(flavours); i++) {
		for (int burst = 1; burst <= 32; burst *= 4) {
			struct sk_capture *c;
			struct sk_error e;
			int rc;

			flavours[i].make(&made);
			assert_int_equal(sk_capture_open_memory(&c, sk_buf_span(&made.file), "file", NULL, &e), 0);
			if (read_all(c, &made, burst, &rc, &e) != made.cnt || rc != SK_E_EOF)
				fail_msg("%s: ended with %d: %s", flavours[i].name, rc, e.text);
			assert_int_equal(sk_capture_counters(c)->packets, made.cnt);
			assert_int_equal(sk_capture_counters(c)->files_damaged, 0);
			assert_int_equal(sk_capture_next(c, (struct sk_raw[1]){ { 0 } }, 1, 0, &e), SK_E_EOF);
			sk_capture_close(c);
			sk_buf_fini(&made.file);
		}
	}
}

/* The packets that are whole in the first n bytes; *clean when they end where a record does. */
static size_t whole(const struct made *m, size_t n, bool *clean)
{
	size_t cnt = 0;

	*clean = false;
	for (size_t i = 0; i < m->end_cnt && m->ends[i] <= n; i++) {
		cnt = m->packets_at[i];
		*clean = m->ends[i] == n;
	}
	return cnt;
}

static void torn_at_every_byte(void **state)
{
	for (size_t i = 0; i < SK_ARRAY_LEN(flavours); i++) {
		flavours[i].make(&made);
		for (size_t n = 0; n < made.file.n; n++) {
			struct sk_capture *c;
			struct sk_error e = { 0 };
			uint8_t *copy = malloc(n ? n : 1);
			bool clean;
			size_t want = whole(&made, n, &clean);
			int rc;

			memcpy(copy, made.file.p, n);
			rc = sk_capture_open_memory(&c, sk_span(copy, n), "torn.pcap", NULL, &e);
			if (n < flavours[i].head) {
				assert_int_equal(rc, SK_E_FORMAT);
				assert_non_null(strstr(e.text, "torn.pcap"));
			} else {
				assert_int_equal(rc, 0);
				assert_int_equal(read_all(c, &made, 32, &rc, &e), want);
				assert_int_equal(rc, clean ? SK_E_EOF : SK_E_FORMAT);
				assert_int_equal(sk_capture_counters(c)->files_damaged, !clean);
				if (!clean)
					assert_non_null(strstr(e.text, "torn.pcap: damaged after packet"));
				assert_int_equal(sk_capture_next(c, (struct sk_raw[1]){ { 0 } }, 1, 0, &e), rc);
				sk_capture_close(c);
			}
			free(copy);
		}
		sk_buf_fini(&made.file);
	}
}

static void compressed_and_torn(void **state)
{
	for (size_t i = 0; i < SK_ARRAY_LEN(packers); i++) {
		struct sk_buf packed = { 0 };
		size_t half;

		pcapng(&made, false);
		packers[i].pack(sk_buf_span(&made.file), &packed);
		for (size_t n = 0; n <= packed.n; n++) {
			struct sk_capture *c;
			struct sk_error e = { 0 };
			uint8_t *copy = malloc(n ? n : 1);
			int rc;

			memcpy(copy, packed.p, n);
			rc = sk_capture_open_memory(&c, sk_span(copy, n), "packed", NULL, &e);
			if (rc == 0) {
				half = read_all(c, &made, 32, &rc, &e);
				if (n == packed.n && (rc != SK_E_EOF || half != made.cnt))
					fail_msg("%s: %zu packets, ended with %d: %s", packers[i].name, half, rc, e.text);
				/* lz4 has a mark at its end that adds nothing, so has gzip: all packets may be there before. */
				if (n < packed.n && rc != SK_E_FORMAT)
					fail_msg("%s: cut at %zu of %zu ended with %d", packers[i].name, n, packed.n, rc);
				sk_capture_close(c);
			} else {
				assert_int_equal(rc, SK_E_FORMAT);
				assert_true(e.text[0]);
			}
			free(copy);
		}
		sk_buf_fini(&packed);
		sk_buf_fini(&made.file);
	}
}

/* gzip files laid end to end are one; what is no gzip behind them is left alone. */
static void concatenated(void **state)
{
	for (size_t i = 0; i < SK_ARRAY_LEN(packers); i++) {
		struct sk_buf packed = { 0 }, second = { 0 };
		struct sk_capture *c;
		struct sk_error e = { 0 };
		int rc;

		pcap(&made, 0xa1b2c3d4, false);
		packers[i].pack(sk_span(made.file.p, 50), &packed);
		packers[i].pack(sk_span(made.file.p + 50, made.file.n - 50), &second);
		sk_buf_add(&packed, sk_buf_span(&second));
		if (packers[i].pack == pack_gz)
			sk_buf_add(&packed, sk_span("\0\0\0\0", 4));
		assert_int_equal(sk_capture_open_memory(&c, sk_buf_span(&packed), "packed", NULL, &e), 0);
		if (read_all(c, &made, 32, &rc, &e) != made.cnt || rc != SK_E_EOF)
			fail_msg("%s: ended with %d: %s", packers[i].name, rc, e.text);
		sk_capture_close(c);
		sk_buf_fini(&packed);
		sk_buf_fini(&second);
		sk_buf_fini(&made.file);
	}
}

static int open_bytes(struct sk_capture **c, const struct made *m, struct sk_error *e)
{
	return sk_capture_open_memory(c, sk_buf_span(&m->file), "bad", NULL, e);
}

static void damage_is_told(void **state)
{
	struct sk_raw burst[32];
	struct sk_capture *c;
	struct sk_error e;

	/* A length no packet has, in the third record. */
	pcap(&made, 0xa1b2c3d4, false);
	memset(made.file.p + made.ends[2] + 8, 0xff, 4);
	assert_int_equal(open_bytes(&c, &made, &e), 0);
	assert_int_equal(sk_capture_next(c, burst, 32, 0, &e), 2);
	assert_int_equal(sk_capture_next(c, burst, 32, 0, &e), SK_E_FORMAT);
	assert_string_equal(e.text, "bad: damaged after packet 2, at byte 116: its length is more than 262144 bytes");
	sk_capture_close(c);
	sk_buf_fini(&made.file);

	/* An interface nobody described; two lengths that differ. */
	for (int i = 0; i < 2; i++) {
		pcapng(&made, true);
		made.file.p[i ? made.ends[5] - 1 : made.ends[4] + 8 + 3] ^= 0x40;
		assert_int_equal(open_bytes(&c, &made, &e), 0);
		assert_int_equal(sk_capture_next(c, burst, 32, 0, &e), 1);
		assert_int_equal(sk_capture_next(c, burst, 32, 0, &e), SK_E_FORMAT);
		assert_non_null(strstr(e.text, i ? "the two lengths of its block differ" : "an interface that is not described"));
		sk_capture_close(c);
		sk_buf_fini(&made.file);
	}
}

/* Every byte of every flavour changed: it ends, whatever it says. */
static void any_byte_may_be_wrong(void **state)
{
	for (size_t i = 0; i < SK_ARRAY_LEN(flavours); i++) {
		flavours[i].make(&made);
		for (size_t n = 0; n < made.file.n; n++) {
			static const uint8_t flips[] = { 0xff, 0x80, 0x01 };

			for (size_t k = 0; k < sizeof(flips); k++) {
				struct sk_raw burst[32];
				struct sk_capture *c;
				struct sk_error e;
				uint8_t *copy = malloc(made.file.n);
				int rc;

				memcpy(copy, made.file.p, made.file.n);
				copy[n] ^= flips[k];
				if (sk_capture_open_memory(&c, sk_span(copy, made.file.n), "x", NULL, &e) == 0) {
					while ((rc = sk_capture_next(c, burst, 32, 0, &e)) > 0)
						for (int j = 0; j < rc; j++)
							assert_true(burst[j].data >= copy && burst[j].data + burst[j].caplen <= copy + made.file.n);
					assert_true(rc == SK_E_EOF || rc == SK_E_FORMAT);
					sk_capture_close(c);
				}
				free(copy);
			}
		}
		sk_buf_fini(&made.file);
	}
}

static void what_is_no_capture(void **state)
{
	struct sk_capture *c;
	struct sk_error e;
	struct sk_buf packed = { 0 };

	assert_int_equal(sk_capture_open_memory(&c, sk_span("", 0), "f", NULL, &e), SK_E_FORMAT);
	assert_string_equal(e.text, "f: the file is empty");
	assert_int_equal(sk_capture_open_memory(&c, sk_span_str("#!/bin/sh\necho hello world\n"), "f", NULL, &e), SK_E_FORMAT);
	assert_string_equal(e.text, "f: not a capture file (neither pcap nor pcapng)");
	pack_gz(sk_span_str("just text, longer than a header"), &packed);
	assert_int_equal(sk_capture_open_memory(&c, sk_buf_span(&packed), "f", NULL, &e), SK_E_FORMAT);
	assert_string_equal(e.text, "f: not a capture file (neither pcap nor pcapng)");
	sk_buf_fini(&packed);
	assert_int_equal(sk_capture_open_file(&c, "/nonexistent/x.pcap", NULL, &e), -ENOENT);
	assert_non_null(strstr(e.text, "/nonexistent/x.pcap: No such file"));
	assert_int_equal(sk_capture_open_file(&c, "/", NULL, &e), -EISDIR);
	assert_int_equal(sk_capture_open_file(&c, "/", NULL, NULL), -EISDIR);
}

static char folder[] = "/tmp/sk-capture-XXXXXX";
static struct pk pk;

static const char *in_folder(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *name, struct sk_span s)
{
	FILE *f = fopen(in_folder(name), "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(s.p, 1, s.n, f), s.n);
	assert_int_equal(fclose(f), 0);
}

/* Many packets: more than a window holds. */
enum { MANY = 5000, MANY_PAYLOAD = 1200 };

static void write_many(const char *name)
{
	static uint8_t payload[MANY_PAYLOAD];
	FILE *f = fopen(in_folder(name), "wb");

	assert_non_null(f);
	pk_pcap_begin(f, 1);
	for (uint32_t i = 0; i < MANY; i++) {
		memcpy(payload, &i, 4);
		pk_udp_frame(&pk, "10.0.0.1", 1000, i % 3 ? "10.0.0.2" : "10.0.0.3", 53, payload, i % 7 ? MANY_PAYLOAD : 4);
		pk_pcap_add(f, &pk, T0 + i);
	}
	assert_int_equal(fclose(f), 0);
}

static uint32_t check_many(struct sk_capture *c)
{
	struct sk_raw burst[SK_CAPTURE_BURST_MAX];
	struct sk_error e = { 0 };
	uint32_t cnt = 0;
	int n;

	while ((n = sk_capture_next(c, burst, 32, 0, &e)) > 0) {
		/* All of a burst is still there after the whole burst was read. */
		for (int i = 0; i < n; i++, cnt++) {
			uint32_t id = (uint32_t)burst[i].number - 1;

			assert_int_equal(burst[i].time_ns, T0 + id);
			assert_int_equal(burst[i].caplen, 42 + (id % 7 ? MANY_PAYLOAD : 4));
			assert_memory_equal(burst[i].data + 42, &id, 4);
		}
	}
	if (n != SK_E_EOF)
		fail_msg("ended with %d: %s", n, e.text);
	return cnt;
}

static void files_pipes_and_compressed_files(void **state)
{
	static uint8_t whole_file[MANY * 1300];
	struct sk_capture *c;
	struct sk_error e;
	struct sk_span s;
	uint64_t done, size;
	FILE *f;
	char command[600];

	write_many("many.pcap");
	assert_int_equal(sk_capture_open_file(&c, in_folder("many.pcap"), NULL, &e), 0);
	assert_int_equal(check_many(c), MANY);
	sk_capture_progress(c, &done, &size);
	assert_int_equal(done, size);
	assert_true(size > MANY * 1000);
	sk_capture_close(c);

	f = fopen(in_folder("many.pcap"), "rb");
	s = sk_span(whole_file, fread(whole_file, 1, sizeof(whole_file), f));
	fclose(f);
	for (size_t i = 0; i < SK_ARRAY_LEN(packers); i++) {
		struct sk_buf packed = { 0 };
		int saved = dup(STDIN_FILENO);

		packers[i].pack(s, &packed);
		write_file("many.packed", sk_buf_span(&packed));
		assert_int_equal(sk_capture_open_file(&c, in_folder("many.packed"), NULL, &e), 0);
		assert_int_equal(check_many(c), MANY);
		sk_capture_progress(c, &done, &size);
		assert_int_equal(size, packed.n);
		assert_int_equal(done, size);
		sk_capture_close(c);
		/* The same through a pipe on standard input, in small pieces. */
		snprintf(command, sizeof(command), "dd bs=777 status=none if=%s", in_folder(i % 2 ? "many.packed" : "many.pcap"));
		f = popen(command, "r");
		assert_non_null(f);
		dup2(fileno(f), STDIN_FILENO);
		assert_int_equal(sk_capture_open_file(&c, "-", NULL, &e), 0);
		assert_int_equal(check_many(c), MANY);
		sk_capture_close(c);
		pclose(f);
		dup2(saved, STDIN_FILENO);
		close(saved);
		sk_buf_fini(&packed);
	}
}

static void filters(void **state)
{
	struct sk_capture *c;
	struct sk_error e;
	struct sk_raw burst[32];

	assert_int_equal(sk_capture_check_filter("tcp port 80", &e), 0);
	assert_int_equal(sk_capture_check_filter(NULL, &e), 0);
	assert_int_equal(sk_capture_check_filter("tcp prot 80", &e), SK_E_CONFIG);
	assert_non_null(strstr(e.text, "tcp prot 80"));
	assert_int_equal(sk_capture_open_file(&c, in_folder("many.pcap"), "host 10.0.0.3", &e), 0);
	assert_int_equal(check_many(c), (MANY + 2) / 3);
	assert_int_equal(sk_capture_counters(c)->packets, MANY);
	assert_int_equal(sk_capture_counters(c)->filtered, MANY - (MANY + 2) / 3);
	sk_capture_close(c);
	assert_int_equal(sk_capture_open_file(&c, in_folder("many.pcap"), "host 10.0.0.", &e), SK_E_CONFIG);
	/* Different link types in one file: the expression is compiled for each. */
	memset(&made, 0, sizeof(made));
	big = false;
	section(&made);
	interface(&made, 1, 0, 0, 0);
	interface(&made, 101, 0, 0, 0);
	for (uint32_t i = 0; i < 4; i++) {
		size_t at = block_begin(&made, 6);
		struct sk_span s;

		pk_udp_frame(&pk, "10.0.0.1", 1000, i < 2 ? "10.0.0.2" : "10.0.0.3", 53, "x", 1);
		s = i % 2 ? sk_span_sub(pk_span(&pk), 14, SIZE_MAX) : pk_span(&pk);
		w32(&made, i % 2);
		w32(&made, 0);
		w32(&made, i);
		w32(&made, (uint32_t)s.n);
		w32(&made, (uint32_t)s.n);
		sk_buf_add(&made.file, s);
		block_end(&made, at);
	}
	assert_int_equal(sk_capture_open_memory(&c, sk_buf_span(&made.file), "f", "dst host 10.0.0.3", &e), 0);
	assert_int_equal(sk_capture_next(c, burst, 32, 0, &e), 2);
	assert_int_equal(burst[0].number, 3);
	assert_int_equal(burst[0].linktype, 1);
	assert_int_equal(burst[1].number, 4);
	assert_int_equal(burst[1].linktype, 12);
	sk_capture_close(c);
	/* An expression that makes no sense on one of them says so. */
	assert_int_equal(sk_capture_open_memory(&c, sk_buf_span(&made.file), "f", "ether host 02:00:00:00:00:01", &e), 0);
	assert_int_equal(sk_capture_next(c, burst, 32, 0, &e), 1);
	assert_int_equal(sk_capture_next(c, burst, 32, 0, &e), SK_E_CONFIG);
	assert_non_null(strstr(e.text, "RAW"));
	sk_capture_close(c);
	sk_buf_fini(&made.file);
}

static void *break_soon(void *c)
{
	usleep(20000);
	sk_capture_break(c);
	return NULL;
}

static void a_waiting_read_can_be_stopped(void **state)
{
	struct sk_capture *c;
	struct sk_error e;
	struct sk_raw burst[32];
	pthread_t thread;
	int ends[2], saved = dup(STDIN_FILENO);

	pcap(&made, 0xa1b2c3d4, false);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], made.file.p, made.file.n), made.file.n);
	dup2(ends[0], STDIN_FILENO);
	assert_int_equal(sk_capture_open_file(&c, "-", NULL, &e), 0);
	assert_int_equal(sk_capture_next(c, burst, 32, 0, &e), made.cnt);
	assert_int_equal(pthread_create(&thread, NULL, break_soon, c), 0);
	assert_int_equal(sk_capture_next(c, burst, 32, 0, &e), SK_E_EOF);
	assert_int_equal(sk_capture_next(c, burst, 32, 0, &e), SK_E_EOF);
	pthread_join(thread, NULL);
	assert_int_equal(sk_capture_counters(c)->files_damaged, 0);
	sk_capture_close(c);
	dup2(saved, STDIN_FILENO);
	close(saved);
	close(ends[0]);
	close(ends[1]);
	sk_buf_fini(&made.file);
}

/* A long compressed input is unpacked on a thread: torn, left in the middle, and stopped while that thread waits for a pipe. */
static void unpacking_ahead_ends_early(void **state)
{
	static uint8_t whole_file[MANY * 1300];
	struct sk_raw burst[SK_CAPTURE_BURST_MAX];
	struct sk_capture *c;
	struct sk_error e;
	struct sk_span s;
	pthread_t thread;
	FILE *f = fopen(in_folder("many.pcap"), "rb");

	assert_non_null(f);
	s = sk_span(whole_file, fread(whole_file, 1, sizeof(whole_file), f));
	fclose(f);
	for (size_t i = 0; i < SK_ARRAY_LEN(packers); i++) {
		struct sk_buf packed = { 0 };
		int ends[2], saved = dup(STDIN_FILENO), cnt = 0, n;

		packers[i].pack(s, &packed);
		packed.n = packed.n * 6 / 10;
		write_file("many.torn", sk_buf_span(&packed));
		assert_int_equal(sk_capture_open_file(&c, in_folder("many.torn"), NULL, &e), 0);
		while ((n = sk_capture_next(c, burst, 32, 0, &e)) > 0)
			cnt += n;
		assert_int_equal(n, SK_E_FORMAT);
		assert_non_null(strstr(e.text, "data end after"));
		assert_in_range(cnt, 2000, MANY - 1);
		assert_int_equal(sk_capture_next(c, burst, 32, 0, &e), SK_E_FORMAT);
		assert_int_equal(sk_capture_counters(c)->files_damaged, 1);
		sk_capture_close(c);
		for (int stop = 0; stop < 2; stop++) {
			assert_int_equal(pipe(ends), 0);
			assert_true(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) >= (int)packed.n);
			assert_int_equal(write(ends[1], packed.p, packed.n), packed.n);
			dup2(ends[0], STDIN_FILENO);
			assert_int_equal(sk_capture_open_file(&c, "-", NULL, &e), 0);
			for (n = 0; n < 2000; )
				n += sk_capture_next(c, burst, 32, 0, &e);
			if (stop) {
				assert_int_equal(pthread_create(&thread, NULL, break_soon, c), 0);
				while ((n = sk_capture_next(c, burst, 32, 0, &e)) > 0)
					;
				assert_int_equal(n, SK_E_EOF);
				pthread_join(thread, NULL);
				assert_int_equal(sk_capture_counters(c)->files_damaged, 0);
			}
			sk_capture_close(c);
			close(ends[0]);
			close(ends[1]);
		}
		dup2(saved, STDIN_FILENO);
		close(saved);
		sk_buf_fini(&packed);
	}
	assert_int_equal(unlink(in_folder("many.torn")), 0);
}

/* Cut to half a page beyond what was read, and to nothing: the next bytes are gone at once, long before the file's size is asked for. */
static void a_file_is_cut_while_it_is_read(void **state)
{
	static uint8_t whole_file[MANY * 1300];
	struct sk_raw burst[SK_CAPTURE_BURST_MAX];
	FILE *f = fopen(in_folder("many.pcap"), "rb");
	struct sk_capture *c;
	struct sk_error e;
	struct sk_span s;

	assert_non_null(f);
	s = sk_span(whole_file, fread(whole_file, 1, sizeof(whole_file), f));
	fclose(f);
	for (off_t left = 0; left < 400000; left += 202000) {
		int n, cnt = 0;

		write_file("cut.pcap", s);
		assert_int_equal(sk_capture_open_file(&c, in_folder("cut.pcap"), NULL, &e), 0);
		assert_true(sk_capture_next(c, burst, 32, 0, &e) > 0);
		assert_int_equal(truncate(in_folder("cut.pcap"), left), 0);
		while ((n = sk_capture_next(c, burst, 32, 0, &e)) > 0)
			cnt += n;
		assert_int_equal(n, SK_E_FORMAT);
		assert_non_null(strstr(e.text, "the file was cut short while it was read"));
		assert_in_range(cnt, 0, 700);
		assert_int_equal(sk_capture_counters(c)->files_damaged, 1);
		sk_capture_close(c);
	}
	assert_int_equal(unlink(in_folder("cut.pcap")), 0);
}

static void folders_are_searched(void **state)
{
	struct sk_capture_list l = { 0 };
	struct sk_error e;
	struct sk_buf packed = { 0 };
	const char *want[] = { "a.pcap", "b/2.pcapng", "b/deep/x", "link.pcap", "z.gz" };

	assert_int_equal(unlink(in_folder("many.packed")), 0);
	assert_int_equal(unlink(in_folder("many.pcap")), 0);
	assert_int_equal(sk_capture_find(&l, folder, &e), SK_E_CONFIG);
	assert_non_null(strstr(e.text, "no capture files"));
	assert_int_equal(sk_capture_find(&l, in_folder("missing"), &e), SK_E_CONFIG);
	assert_int_equal(mkdir(in_folder("b"), 0700), 0);
	assert_int_equal(mkdir(in_folder("b/deep"), 0700), 0);
	pcap(&made, 0xa1b2c3d4, true);
	write_file("a.pcap", sk_buf_span(&made.file));
	write_file("b/deep/x", sk_buf_span(&made.file));
	pack_gz(sk_buf_span(&made.file), &packed);
	write_file("z.gz", sk_buf_span(&packed));
	sk_buf_clear(&packed);
	pack_gz(sk_span_str("a log file that was compressed, no capture"), &packed);
	write_file("log.gz", sk_buf_span(&packed));
	sk_buf_fini(&packed);
	sk_buf_fini(&made.file);
	pcapng(&made, false);
	write_file("b/2.pcapng", sk_buf_span(&made.file));
	sk_buf_fini(&made.file);
	write_file("b/notes.txt", sk_span_str("not a capture at all"));
	write_file("empty.pcap", sk_span("", 0));
	assert_int_equal(symlink("..", in_folder("b/loop")), 0);
	assert_int_equal(symlink("a.pcap", in_folder("link.pcap")), 0);
	assert_int_equal(symlink("nowhere", in_folder("dangling.pcap")), 0);
	assert_int_equal(sk_capture_find(&l, folder, &e), 0);
	assert_int_equal(l.cnt, SK_ARRAY_LEN(want));
	for (size_t i = 0; i < l.cnt; i++)
		assert_string_equal(l.paths[i], in_folder(want[i]));
	assert_int_equal(sk_capture_find(&l, "-", &e), 0);
	assert_int_equal(sk_capture_find(&l, in_folder("b/notes.txt"), &e), 0);
	assert_int_equal(l.cnt, SK_ARRAY_LEN(want) + 2);
	assert_string_equal(l.paths[5], "-");
	sk_capture_list_free(&l);
}

static int make_folder(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_flavour_is_read),
		cmocka_unit_test(torn_at_every_byte),
		cmocka_unit_test(compressed_and_torn),
		cmocka_unit_test(concatenated),
		cmocka_unit_test(damage_is_told),
		cmocka_unit_test(any_byte_may_be_wrong),
		cmocka_unit_test(what_is_no_capture),
		cmocka_unit_test(files_pipes_and_compressed_files),
		cmocka_unit_test(filters),
		cmocka_unit_test(a_waiting_read_can_be_stopped),
		cmocka_unit_test(unpacking_ahead_ends_early),
		cmocka_unit_test(a_file_is_cut_while_it_is_read),
		cmocka_unit_test(folders_are_searched),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
