/* tests/fuzz/app/fuzz_flow.h — an input as the two directions of a flow.
 *
 * what     three bytes say how: segment size; flags (1: the client speaks second, 2: a hole in the middle of the second part, 4:
 *          the flow ends with fin); where the second direction's part begins, in 1/256 of the rest
 */
#ifndef SK_TESTS_FUZZ_FLOW_H
#define SK_TESTS_FUZZ_FLOW_H

#include "app_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_directions(struct kit *k, const uint8_t *data, size_t size)
{
	uint8_t flags;
	size_t step, cut, hole;
	int dir;

	if (size < 3)
		return;
	step = (size_t)data[0] * 4 + 1;
	flags = data[1];
	cut = (size - 3) * data[2] / 256;
	data += 3;
	size -= 3;
	dir = flags & 1;
	kit_split(k, dir, data, cut, step);
	data += cut;
	size -= cut;
	hole = flags & 2 ? size / 2 : 0;
	if (hole) {
		kit_split(k, !dir, data, hole, step);
		kit_gap(k, !dir, 1 + hole / 8);
	}
	kit_split(k, !dir, data + hole, size - hole, step);
	if (flags & 4) {
		kit_close(k, 0);
		kit_close(k, 1);
	}
}

#endif
