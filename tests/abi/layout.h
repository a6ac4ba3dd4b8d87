/* tests/abi/layout.h — numbers that plugins have compiled in. */
#ifndef SK_TESTS_ABI_LAYOUT_H
#define SK_TESTS_ABI_LAYOUT_H

#include <stddef.h>

struct layout_number {
	const char *what;
	unsigned long value;
	int may_grow;			/* found by a size that goes with it */
};

extern const struct layout_number layout_1_0[], layout_today[];
extern const size_t layout_1_0_cnt, layout_today_cnt;

#endif
