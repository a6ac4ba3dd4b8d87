/* tests/differential/streams.c — the TCP streams of a capture as text, to be held against tshark's by streams.py.
 *
 * in       capture files
 * out      "file PATH", then a line per flow with bytes: both ends as address:port, and what each sent in hex; bytes that are
 *          missing are [count]; "none" alone where the file has no TCP packet
 */
#include <stdio.h>

#include "base/buf.h"
#include "base/fmt.h"
#include "road.h"

#define FLOWS_MAX 4096u

static struct sk_buf texts[FLOWS_MAX][2];
static struct sk_flow_info infos[FLOWS_MAX];
static size_t flows;

static void on_start(void *cx, struct sk_flow *f, const struct sk_packet *p)
{
	if (road_index(cx, f) < FLOWS_MAX) {
		flows = road_index(cx, f) + 1;
		infos[road_index(cx, f)] = f->info;
	}
}

static void on_run(void *cx, struct sk_flow *f, int dir, const struct sk_run *run)
{
	static const char digits[] = "0123456789abcdef";

	if (road_index(cx, f) >= FLOWS_MAX)
		return;
	if (!run->data.p) {
		sk_buf_addf(&texts[road_index(cx, f)][dir], "[%llu]", (unsigned long long)run->lost);
		return;
	}
	for (size_t i = 0; i < run->data.n; i++) {
		sk_buf_add_byte(&texts[road_index(cx, f)][dir], (uint8_t)digits[run->data.p[i] >> 4]);
		sk_buf_add_byte(&texts[road_index(cx, f)][dir], (uint8_t)digits[run->data.p[i] & 15]);
	}
}

static void on_end(void *cx, struct sk_flow *f, enum sk_flow_reason why)
{
}

static void show(void)
{
	char client[SK_ADDR_TEXT_MAX], server[SK_ADDR_TEXT_MAX];

	for (size_t i = 0; i < flows; i++) {
		const struct sk_flow_info *f = &infos[i];

		if (texts[i][0].n + texts[i][1].n)
			printf("%s:%u %s:%u %s %s\n", sk_fmt_addr(&f->client_ip, client), f->client_port, sk_fmt_addr(&f->server_ip, server),
				f->server_port, texts[i][0].n ? sk_buf_str(&texts[i][0]) : "-", texts[i][1].n ? sk_buf_str(&texts[i][1]) : "-");
		for (int d = 0; d < 2; d++) {
			sk_buf_fini(&texts[i][d]);
			texts[i][d] = (struct sk_buf){ 0 };
		}
	}
	flows = 0;
}

int main(int argc, char **argv)
{
	struct road r = { .start = on_start, .run = on_run, .end = on_end };

	r.cx = &r;
	for (int i = 1; i < argc; i++) {
		printf("file %s\n", argv[i]);
		if (road_read(&r, argv[i], SK_POLICY_FIRST) < 0 || r.tcp_packets == 0)
			printf("none\n");
		show();
	}
	return 0;
}
