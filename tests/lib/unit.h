/* tests/lib/unit.h — what every unit test includes. */
#ifndef SK_TESTS_UNIT_H
#define SK_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sekisho/span.h>

#define assert_span(s, text) \
	do { \
		struct sk_span got_ = (s); \
		const char *want_ = (text); \
		assert_int_equal(got_.n, strlen(want_)); \
		assert_memory_equal(got_.p, want_, got_.n); \
	} while (0)

#endif
