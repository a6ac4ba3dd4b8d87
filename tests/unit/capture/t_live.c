/* tests/unit/capture/t_live.c — an interface: lo in a network namespace of our own. Skipped (77) where that is not permitted. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "capture/capture.h"

#define CHECK(x) \
	do { \
		if (!(x)) { \
			fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #x, e.text); \
			exit(1); \
		} \
	} while (0)

static struct sk_error e;

static void lo_up(void)
{
	struct ifreq r = { .ifr_name = "lo" };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	r.ifr_flags = IFF_UP | IFF_RUNNING;
	if (s < 0 || ioctl(s, SIOCSIFFLAGS, &r) < 0)
		exit(77);
	close(s);
}

static void send_some(int n, unsigned port, size_t size)
{
	static uint8_t bytes[2000];
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (int i = 0; i < n; i++)
		CHECK(sendto(s, bytes, size, 0, (struct sockaddr *)&to, sizeof(to)) == (ssize_t)size);
	close(s);
}

/* UDP packets to the port that come within two seconds; stops early when there are want. */
static int receive(struct sk_capture *c, int want)
{
	struct sk_raw burst[SK_CAPTURE_BURST_MAX];
	time_t end = time(NULL) + 2;
	int got = 0;

	while (got < want && time(NULL) <= end) {
		int n = sk_capture_next(c, burst, 32, 50, &e);

		CHECK(n >= 0);
		for (int i = 0; i < n; i++) {
			CHECK(burst[i].linktype == 1);
			CHECK(burst[i].time_ns / 1000000000 + 10 > (uint64_t)time(NULL));
			if (burst[i].caplen > 42 && burst[i].data[23] == 17) {
				CHECK(burst[i].len == 14 + 20 + 8 + 1000);
				CHECK(burst[i].caplen == 200);
				got++;
			}
		}
	}
	return got;
}

static void *break_soon(void *c)
{
	usleep(50000);
	sk_capture_break(c);
	return NULL;
}

int main(void)
{
	struct sk_capture_live how = { .iface = "lo", .filter = "udp port 4242", .snaplen = 200, .buffer = 4 << 20, .fanout_group = -1 };
	struct sk_capture_live none = { .iface = "sk-none0", .fanout_group = -1 };
	struct sk_raw burst[SK_CAPTURE_BURST_MAX];
	const struct sk_capture_counters *k;
	struct sk_capture *c, *d;
	pthread_t thread;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 && unshare(CLONE_NEWNET) < 0) {
		printf("skipped: %s\n", strerror(errno));
		return 77;
	}
	lo_up();
	if (sk_capture_open_live(&c, &how, &e) == -EPERM) {
		printf("skipped: %s\n", e.text);
		return 77;
	}
	CHECK(c);
	send_some(100, 4243, 1000);
	send_some(100, 4242, 1000);
	CHECK(receive(c, 101) == 100);
	CHECK(sk_capture_next(c, burst, 32, 10, &e) == 0);
	k = sk_capture_counters(c);
	CHECK(k->packets == 100 && k->bytes == 20000 && k->cut == 100);
	CHECK(k->kernel_packets >= 100 && k->kernel_drops == 0);
	CHECK(pthread_create(&thread, NULL, break_soon, c) == 0);
	CHECK(sk_capture_next(c, burst, 32, 10000, &e) == SK_E_EOF);
	pthread_join(thread, NULL);
	sk_capture_close(c);

	CHECK(sk_capture_open_live(&c, &none, &e) == -ENODEV);
	CHECK(strstr(e.text, "\"sk-none0\"") && strstr(e.text, "there are: lo"));
	how.filter = "udp prot 1";
	CHECK(sk_capture_open_live(&c, &how, &e) == SK_E_CONFIG);

	/* Two workers: every packet comes to one of them, one flow to one only. */
	how.filter = "udp port 4242";
	how.fanout_group = 7;
	CHECK(sk_capture_open_live(&c, &how, &e) == 0);
	CHECK(sk_capture_open_live(&d, &how, &e) == 0);
	send_some(50, 4242, 1000);
	int first = receive(c, 50), second = receive(d, 50 - first);

	CHECK(first + second == 50 && (first == 0 || second == 0));
	sk_capture_close(c);
	sk_capture_close(d);
	printf("live capture: %d and %d of 50\n", first, second);
	return 0;
}
