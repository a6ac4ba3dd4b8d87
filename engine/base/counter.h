/* base/counter.h — counters: plain words, one set per thread and folder, added up on demand.
 *
 * what     a folder lists its counters once; struct, names and help come from the list
 * threads  the owner thread writes without atomics; sk_counter_sum is called when the owners are quiet or may be
 *          slightly behind
 *
 *	#define SK_DECODE_COUNTERS(X) \
 *		X(packets, "packets", "frames looked at") \
 *		X(truncated, "packets", "frames cut by the capture length")
 *	SK_COUNTER_STRUCT(decode, SK_DECODE_COUNTERS)            in decode.h: struct sk_decode_counters
 *	SK_COUNTER_TABLE(decode, SK_DECODE_COUNTERS)             in decode.c: sk_decode_counter_table
 */
#ifndef SK_BASE_COUNTER_H
#define SK_BASE_COUNTER_H

#include <stddef.h>
#include <stdint.h>

struct sk_counter_def {
	const char *name;		/* without the folder */
	const char *unit;
	const char *help;
};

struct sk_counter_table {
	const char *folder;
	const struct sk_counter_def *defs;
	size_t cnt;
};

#define SK_COUNTER_MEMBER_(name, unit, help) uint64_t name;
#define SK_COUNTER_DEF_(name, unit, help) { #name, unit, help },
#define SK_COUNTER_STRUCT(folder, LIST) \
	struct sk_##folder##_counters { LIST(SK_COUNTER_MEMBER_) }; \
	extern const struct sk_counter_table sk_##folder##_counter_table;
#define SK_COUNTER_TABLE(folder_, LIST) \
	static const struct sk_counter_def folder_##_counter_defs[] = { LIST(SK_COUNTER_DEF_) }; \
	const struct sk_counter_table sk_##folder_##_counter_table = { \
		#folder_, folder_##_counter_defs, sizeof(folder_##_counter_defs) / sizeof(folder_##_counter_defs[0]) };

/* Adds one thread's struct (an array of words in table order) to sum. */
static inline void sk_counter_add(const struct sk_counter_table *t, uint64_t *sum, const void *counters)
{
	const uint64_t *c = counters;

	for (size_t i = 0; i < t->cnt; i++)
		sum[i] += c[i];
}

#endif
