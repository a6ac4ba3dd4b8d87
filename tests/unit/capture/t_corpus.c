/* tests/unit/capture/t_corpus.c — every capture of the shared corpus is read and decoded to its end, or ends with a clear error.
 * Skipped (77) where there is no corpus. Paths on the command line: these instead, with one line of numbers for each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "capture/capture.h"
#include "decode/decode.h"

static struct sk_decode d;

static void check(int ok, const char *path, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s: %s\n", path, what);
	exit(1);
}

static void look_inside(const struct sk_raw *raw, const char *path)
{
	struct sk_packet p, q;
	int rc = sk_decode(&d, raw, &p);

	check(rc == 0 || rc == SK_E_FORMAT, path, "unknown result");
	check(!p.payload.p || (p.payload.p >= raw->data && p.payload.p + p.payload.n <= raw->data + raw->caplen), path, "payload outside");
	check(!p.ip.p || (p.ip.p >= raw->data && p.ip.p + p.ip.n <= raw->data + raw->caplen), path, "datagram outside");
	if (rc == 0)
		sk_decode_datagram(&d, p.ip, &p, &q);
}

/* 1 when it was read to its end. */
static int read_file(const char *path, int tell)
{
	struct sk_raw burst[SK_CAPTURE_BURST_MAX];
	struct sk_capture *c;
	struct sk_error e = { 0 };
	uint64_t cnt = 0;
	int n;

	sk_decode_init(&d, SK_CHECKSUMS_AUTO);
	n = sk_capture_open_file(&c, path, NULL, &e);
	if (n == 0) {
		while ((n = sk_capture_next(c, burst, SK_CAPTURE_BURST_MAX, 0, &e)) > 0)
			for (int i = 0; i < n; i++, cnt++) {
				check(burst[i].number == cnt + 1, path, "numbers do not follow each other");
				look_inside(&burst[i], path);
			}
		sk_capture_close(c);
	}
	check(n == SK_E_EOF || e.text[0], path, "an error without words");
	if (tell)
		printf("%s\t%llu\t%llu ip\t%s\n", path, (unsigned long long)cnt,
			(unsigned long long)(d.counters.tcp + d.counters.udp + d.counters.icmp + d.counters.sctp + d.counters.other + d.counters.fragments),
			n == SK_E_EOF ? "" : e.text);
	return n == SK_E_EOF;
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	struct sk_capture_list l = { 0 };
	struct sk_error e;
	size_t whole = 0;
	char path[4096];

	for (int i = 1; i < argc; i++)
		read_file(argv[i], 1);
	if (argc > 1)
		return 0;
	snprintf(path, sizeof(path), "%s/../shared/corpus", srcdir ? srcdir : ".");
	if (sk_capture_find(&l, path, &e) < 0) {
		printf("skipped: %s\n", e.text);
		return 77;
	}
	for (size_t i = 0; i < l.cnt; i++)
		whole += (size_t)read_file(l.paths[i], 0);
	printf("%zu captures, %zu whole\n", l.cnt, whole);
	check(whole * 10 >= l.cnt * 9, path, "more than a tenth of the corpus is damaged");
	sk_capture_list_free(&l);
	return 0;
}
