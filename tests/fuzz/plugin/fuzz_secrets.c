/* tests/fuzz/plugin/fuzz_secrets.c — a message in pieces: the first byte is the size of a piece; cut or whole must score the same. */
#include <stdlib.h>

#include "scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scan_table table;
	static struct scan whole, cut;
	size_t piece;

	if (!table.cnt && !scan_table_init(&table, "fuzz"))
		abort();
	if (!size)
		return 0;
	piece = data[0] + 1u;
	memset(&whole, 0, sizeof(whole));
	memset(&cut, 0, sizeof(cut));
	scan_push(&whole, &table, sk_span(data + 1, size - 1), true);
	for (size_t off = 1; off < size; off += piece)
		scan_push(&cut, &table, sk_span(data + off, size - off < piece ? size - off : piece), size - off <= piece);
	if (whole.tally.score != cut.tally.score || whole.tally.groups != cut.tally.groups)
		abort();
	return 0;
}
