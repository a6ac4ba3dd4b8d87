/* tests/lib/flood.c — writes a flood to standard output as a capture, with an attack in the middle of it.
 *
 * usage: flood syn|http|fragments|bombs COUNT [ATTACK.pcap [STEP]]
 *
 * what     syn        COUNT SYNs, each a flow of its own
 *          http       COUNT connections with a request that never becomes whole: half of them within the head, half within a form
 *          fragments  COUNT first fragments of datagrams that never complete
 *          bombs      COUNT connections with a response that inflates to many MiB, left open: gzip, gzip in gzip in gzip in gzip,
 *                     brotli with the largest window, deflate
 *          The packets of ATTACK.pcap (Ethernet, little-endian) are put in from the middle on, STEP packets of the flood between two of
 *          them, with the flood's time.
 * time     a packet every 10 us, from 2025-07-21T10:00:00Z
 * source   RFC 791, 9293, 1952, 7932; bytes of addresses and ids by splitmix64 (Steele, Lea, Flood 2014)
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define START UINT64_C(1753092000)
#define SEGMENT 1400u
#define PLAIN (16u << 20)

/* 64 MiB of zeros: BrotliEncoderCompress(quality 9, lgwin 24) of libbrotli 1.0.9 */
static const uint8_t brotli_zeros[] = {
	0xcf, 0xff, 0xff, 0x7f, 0x00, 0x24, 0x00, 0xe2, 0xb1, 0x40, 0x72, 0xef, 0xff, 0x9f, 0xff, 0xff, 0x0f, 0x80, 0x04, 0x40, 0x1c, 0x16,
	0x80, 0xee, 0xfd, 0x3f, 0xff, 0xff, 0xf0, 0x19, 0x00, 0x88, 0xc3, 0x02, 0xd0, 0xbd, 0xff, 0xcf, 0xff, 0xff, 0x7f, 0x00, 0x12, 0x00,
	0x71, 0x58, 0x00, 0xba, 0xf7, 0xff };

struct blob {
	const char *coding;
	uint8_t *p;
	size_t n;
};

static uint64_t packets, count, step = 1000;
static uint8_t *attack;
static size_t attack_n, attack_at = 24;
static uint64_t attack_from = UINT64_MAX;

static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static void put32le(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static uint32_t get32le(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put16(uint8_t *p, uint32_t v) { p[0] = (uint8_t)(v >> 8); p[1] = (uint8_t)v; }
static void put32(uint8_t *p, uint32_t v) { put16(p, v >> 16); put16(p + 2, v & 0xffff); }

static uint32_t sum16(uint32_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	if (n & 1)
		sum += (uint32_t)p[n - 1] << 8;
	return sum;
}

static uint32_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static void write_record(const uint8_t *p, size_t n)
{
	uint8_t head[16];
	uint64_t us = packets * 10;

	put32le(head, (uint32_t)(START + us / 1000000));
	put32le(head + 4, (uint32_t)(us % 1000000));
	put32le(head + 8, (uint32_t)n);
	put32le(head + 12, (uint32_t)n);
	if (fwrite(head, sizeof(head), 1, stdout) != 1 || fwrite(p, n, 1, stdout) != 1)
		exit(1);
	packets++;
}

/* A packet of the flood; one of the attack where it is time for it. */
static void emit(const uint8_t *p, size_t n)
{
	write_record(p, n);
	if (packets < attack_from || packets % step || attack_at + 16 > attack_n)
		return;
	n = get32le(attack + attack_at + 8);
	if (n > attack_n - attack_at - 16)
		exit(1);
	write_record(attack + attack_at + 16, n);
	attack_at += 16 + n;
}

struct ends {
	uint32_t client, server;
	uint16_t port;
};

/* Ethernet and IPv4 in front of n bytes at frame + 34. */
static void emit_ip(uint8_t *frame, uint32_t from, uint32_t to, uint8_t proto, uint32_t id, uint32_t frag, size_t n)
{
	static const uint8_t ethernet[14] = { 2, 0x77, 2, 0, 0, 0x10, 2, 0x77, 1, 0, 0, 0x10, 8, 0 };
	uint8_t *ip = frame + 14;

	memcpy(frame, ethernet, sizeof(ethernet));
	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, (uint32_t)(20 + n));
	put16(ip + 4, id & 0xffff);
	put16(ip + 6, frag);
	ip[8] = 64;
	ip[9] = proto;
	put32(ip + 12, from);
	put32(ip + 16, to);
	put16(ip + 10, fold(sum16(0, ip, 20)));
	emit(frame, 34 + n);
}

static void emit_tcp(const struct ends *e, int to_client, uint32_t seq, uint32_t ack, uint8_t flags, const void *data, size_t n)
{
	static uint8_t frame[34 + 20 + SEGMENT];
	uint8_t *tcp = frame + 34, pseudo[12];
	uint32_t from = to_client ? e->server : e->client, to = to_client ? e->client : e->server;

	memset(tcp, 0, 20);
	put16(tcp, to_client ? 80 : e->port);
	put16(tcp + 2, to_client ? e->port : 80);
	put32(tcp + 4, seq);
	put32(tcp + 8, ack);
	tcp[12] = 0x50;
	tcp[13] = flags;
	put16(tcp + 14, 65535);
	if (n)
		memcpy(tcp + 20, data, n);
	put32(pseudo, from);
	put32(pseudo + 4, to);
	put16(pseudo + 8, 6);
	put16(pseudo + 10, (uint32_t)(20 + n));
	put16(tcp + 16, fold(sum16(sum16(0, pseudo, 12), tcp, 20 + n)));
	emit_ip(frame, from, to, 6, (uint32_t)packets, 0x4000, 20 + n);
}

static struct ends ends_of(uint64_t i)
{
	uint64_t r = mix(i);

	return (struct ends){ 0x0a000000 | (uint32_t)(r & 0x3fffff), 0x0ac80000 | (uint32_t)(r >> 24 & 0xff), (uint16_t)(1024 + (r >> 32) % 60000) };
}

static void handshake(const struct ends *e)
{
	emit_tcp(e, 0, 1000, 0, 0x02, NULL, 0);
	emit_tcp(e, 1, 9000, 1001, 0x12, NULL, 0);
	emit_tcp(e, 0, 1001, 9001, 0x10, NULL, 0);
}

static void half_request(uint64_t i)
{
	static const char head[] = "GET /index.html HTTP/1.1\r\nHost: www.example\r\nUser-Agent: flood\r\nX-Wait";
	static const char form[] = "POST /upload HTTP/1.1\r\nHost: www.example\r\nContent-Type: application/x-www-form-urlencoded\r\n"
		"Content-Length: 1000000\r\n\r\nfirst=1&second=%41";
	struct ends e = ends_of(i);

	handshake(&e);
	if (i & 1)
		emit_tcp(&e, 0, 1001, 9001, 0x18, form, sizeof(form) - 1);
	else
		emit_tcp(&e, 0, 1001, 9001, 0x18, head, sizeof(head) - 1);
}

static void fragment(uint64_t i)
{
	static uint8_t frame[34 + 512];
	uint64_t r = mix(i);

	put32(frame + 34, (uint32_t)r);
	put16(frame + 38, 2000);
	emit_ip(frame, 0x0a000000 | (uint32_t)(r >> 40), 0x0ac80001, 17, (uint32_t)i, 0x2000, 512);
}

static struct blob deflated(struct blob in, const char *coding, int window)
{
	struct blob out = { .coding = coding };
	z_stream z;
	size_t room;

	memset(&z, 0, sizeof(z));
	if (deflateInit2(&z, 9, Z_DEFLATED, window, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		exit(1);
	room = deflateBound(&z, in.n);
	out.p = malloc(room);
	z.next_in = in.p;
	z.avail_in = (uInt)in.n;
	z.next_out = out.p;
	z.avail_out = (uInt)room;
	if (!out.p || deflate(&z, Z_FINISH) != Z_STREAM_END)
		exit(1);
	out.n = z.total_out;
	deflateEnd(&z);
	return out;
}

static void bomb(uint64_t i)
{
	static struct blob blobs[4];
	struct ends e = ends_of(i);
	const struct blob *b;
	char head[256];
	uint32_t seq = 9001, request;
	int n;

	if (!blobs[0].p) {
		struct blob zeros = { NULL, calloc(1, PLAIN), PLAIN };

		if (!zeros.p)
			exit(1);
		blobs[0] = deflated(zeros, "gzip", 31);
		blobs[1] = blobs[0];
		for (int k = 0; k < 3; k++)
			blobs[1] = deflated(blobs[1], "gzip, gzip, gzip, gzip", 31);
		blobs[2] = (struct blob){ "br", malloc(sizeof(brotli_zeros)), sizeof(brotli_zeros) };
		if (!blobs[2].p)
			exit(1);
		memcpy(blobs[2].p, brotli_zeros, sizeof(brotli_zeros));
		blobs[3] = deflated(zeros, "deflate", 15);
		free(zeros.p);
	}
	b = &blobs[i & 3];
	handshake(&e);
	n = snprintf(head, sizeof(head), "GET /%u HTTP/1.1\r\nHost: www.example\r\n\r\n", (unsigned)(i & 0xffff));
	emit_tcp(&e, 0, 1001, seq, 0x18, head, (size_t)n);
	request = 1001 + (uint32_t)n;
	n = snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: %s\r\nContent-Length: 90000000\r\n\r\n", b->coding);
	emit_tcp(&e, 1, seq, request, 0x18, head, (size_t)n);
	seq += (uint32_t)n;
	for (size_t at = 0; at < b->n; at += SEGMENT) {
		size_t k = b->n - at < SEGMENT ? b->n - at : SEGMENT;

		emit_tcp(&e, 1, seq, request, 0x18, b->p + at, k);
		seq += (uint32_t)k;
	}
}

static void load_attack(const char *path)
{
	FILE *f = fopen(path, "rb");

	attack = malloc(1 << 20);
	if (!f || !attack) {
		fprintf(stderr, "flood: cannot read %s\n", path);
		exit(1);
	}
	attack_n = fread(attack, 1, 1 << 20, f);
	fclose(f);
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*make)(uint64_t); unsigned packets; } kinds[] = {
		{ "http", half_request, 4 }, { "fragments", fragment, 1 }, { "bombs", bomb, 9 } };
	static const uint8_t head[24] = { 0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0 };
	const char *kind = argc > 2 ? argv[1] : "";
	size_t k = 0;

	while (k < sizeof(kinds) / sizeof(kinds[0]) && strcmp(kind, kinds[k].name) != 0)
		k++;
	if (argc < 3 || (k == sizeof(kinds) / sizeof(kinds[0]) && strcmp(kind, "syn") != 0)) {
		fprintf(stderr, "usage: flood syn|http|fragments|bombs COUNT [ATTACK.pcap [STEP]]\n");
		return 2;
	}
	count = strtoull(argv[2], NULL, 10);
	if (argc > 3) {
		load_attack(argv[3]);
		attack_from = count * (strcmp(kind, "syn") == 0 ? 1 : kinds[k].packets) / 2;
	}
	if (argc > 4)
		step = strtoull(argv[4], NULL, 10);
	fwrite(head, sizeof(head), 1, stdout);
	for (uint64_t i = 0; i < count; i++) {
		if (strcmp(kind, "syn") == 0) {
			struct ends e = ends_of(i);

			emit_tcp(&e, 0, (uint32_t)mix(i), 0, 0x02, NULL, 0);
		} else {
			kinds[k].make(i);
		}
	}
	return fflush(stdout) == 0 && attack_at + 16 > attack_n ? 0 : argc > 3;
}
