/* tests/bench/loop.c — what reading a capture costs at least: counts packets and bytes, either with libpcap's loop or along the
 * record headers of the mapped file.
 *
 *	loop pcap|mmap FILE
 *
 * limits   mmap: pcap files in this machine's byte order
 */
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_HEAD = 24, RECORD_HEAD = 16 };

static int fail(const char *name, const char *why)
{
	fprintf(stderr, "loop: %s: %s\n", name, why);
	return 1;
}

static int with_pcap(const char *name)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline(name, why);
	struct pcap_pkthdr *head;
	const unsigned char *bytes;
	unsigned long long packets = 0, total = 0;
	int rc;

	if (!p)
		return fail(name, why);
	while ((rc = pcap_next_ex(p, &head, &bytes)) == 1) {
		packets++;
		total += head->len;
	}
	printf("%llu packets, %llu bytes\n", packets, total);
	if (rc != PCAP_ERROR_BREAK)
		fail(name, pcap_geterr(p));
	pcap_close(p);
	return rc != PCAP_ERROR_BREAK;
}

static int with_mmap(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	unsigned long long packets = 0, total = 0;
	size_t at = FILE_HEAD;
	struct stat st;
	uint32_t len[2];
	uint8_t *map;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size < FILE_HEAD)
		return fail(name, "cannot be read");
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return fail(name, "cannot be mapped");
	(void)madvise(map, (size_t)st.st_size, MADV_SEQUENTIAL);
	while ((size_t)st.st_size - at >= RECORD_HEAD) {
		memcpy(len, map + at + 8, sizeof(len));
		if (len[0] > (size_t)st.st_size - at - RECORD_HEAD)
			break;
		packets++;
		total += len[1];
		at += RECORD_HEAD + len[0];
	}
	printf("%llu packets, %llu bytes\n", packets, total);
	munmap(map, (size_t)st.st_size);
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "pcap") == 0)
		return with_pcap(argv[2]);
	if (argc == 3 && strcmp(argv[1], "mmap") == 0)
		return with_mmap(argv[2]);
	fprintf(stderr, "usage: loop pcap|mmap FILE\n");
	return 2;
}
