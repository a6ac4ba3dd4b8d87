/* tests/fuzz/sink/fuzz_redis_reply.c — whatever a server answers to the sender of alerts.
 *
 * in       first byte: list, stream or channel, and how often the server comes back; then what it says on each connection,
 *          parts ended by 0xff
 * out      aborts when more is said to be delivered than was given, or the sender does not end
 * threads  this one is the server, the sender has its own
 * limits   arrays of more than 4096 elements are not sent: hiredis makes room for all of them at once, and a server that wants
 *          our memory has it; memory of the queue only
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sink/sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WAIT_MS 2000

static int server = -1;
static char address[108], url[2][3][160];

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void leave(void)
{
	unlink(address);
}

static void start(void)
{
	static const char *const shapes[] = { "key=a&high=5", "type=stream&key=b-{severity}&maxlen=9", "type=channel&key=c" };
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd;

	snprintf(address, sizeof(address), "/tmp/sk-fuzz-XXXXXX");
	fd = mkstemp(address);
	must(fd >= 0);
	close(fd);
	unlink(address);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", address);
	server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(server >= 0 && bind(server, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(server, 8) == 0);
	atexit(leave);
	for (int i = 0; i < 3; i++) {
		snprintf(url[0][i], sizeof(url[0][i]), "redis+unix://%s?%s", address, shapes[i]);
		snprintf(url[1][i], sizeof(url[1][i]), "redis+unix://u:p@%s?%s", address, shapes[i]);
	}
}

/* An array header no sane server sends. */
static bool is_too_much(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 5 < n; i++)
		if (p[i] == '*' && p[i + 1] >= '0' && p[i + 1] <= '9' && p[i + 2] >= '0' && p[i + 2] <= '9' && p[i + 3] >= '0' && p[i + 3] <= '9' &&
		    p[i + 4] >= '0' && p[i + 4] <= '9')
			return true;
	return false;
}

static int wait_for(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms);
}

/* One connection: says its part, then listens until the sender hangs up; new alerts make it speak again. */
static bool serve(struct sk_sink *sink, const uint8_t *p, size_t n, uint64_t *given)
{
	static uint8_t in[65536];
	int fd, turns = 0;
	ssize_t got;

	if (wait_for(server, WAIT_MS) <= 0)
		return false;
	fd = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	must(fd >= 0);
	(void)!send(fd, p, n, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	do {
		if (wait_for(fd, 5) > 0) {
			got = recv(fd, in, sizeof(in), 0);
			if (got <= 0)
				break;
		} else {
			sink->ops->write(sink, NULL, sk_span_str("{\"n\":1}"));
			++*given;
			turns++;
		}
	} while (turns < 4);
	close(fd);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_sink_conf conf = sk_sink_conf_default;
	struct sk_sink_counts counts;
	struct sk_sink *sink;
	struct sk_error e;
	uint64_t given = 3;
	size_t at = 1;

	if (size < 2 || size > 4096 || is_too_much(data, size))
		return 0;
	if (server < 0)
		start();
	conf.sensor = "fuzz";
	conf.backoff_max_ns = 1000000;
	conf.command_timeout_ns = UINT64_C(2000000000);
	conf.batch_max = 2;
	must(sk_sink_redis_open(&sink, url[data[0] >> 2 & 1][data[0] % 3], &conf, &e) == 0);
	for (uint64_t i = 0; i < given; i++)
		sink->ops->write(sink, NULL, sk_span_str("{\"n\":0}"));
	for (int i = 0; i < 4 && at < size; i++) {
		const uint8_t *end = memchr(data + at, 0xff, size - at);
		size_t n = end ? (size_t)(end - data) - at : size - at;

		if (!serve(sink, data + at, n, &given))
			break;
		at += n + 1;
	}
	sink->ops->close(sink, 0, &counts);
	must(counts.delivered <= counts.written && counts.lost <= counts.undelivered && counts.undelivered <= given);
	/* connections nobody answered any more */
	while (wait_for(server, 0) > 0)
		close(accept4(server, NULL, NULL, SOCK_CLOEXEC));
	return 0;
}
