/* tests/unit/reassembly/t_overlap.c — every overlap policy on the overlap patterns of the literature.
 *
 * source   the 18-segment pattern and its outcome by operating system: Novak and Sturges, Target-Based TCP Stream Reassembly
 *          (2007), as held by the unit tests of OISF/suricata (src/tests/stream-tcp-list.c); "first" is their Vista, and Windows
 *          before Vista reads as BSD. The six-fragment pattern: Shankar and Paxson, Active Mapping (2003), with the outcomes
 *          in Novak, Target-Based Fragmentation Reassembly (2005). bsd-right on the 18 segments: worked out by hand from the
 *          rule of the latter paper (the later segment wins unless it begins before the earlier one).
 */
#include "dsl.h"

struct piece {
	int seq;
	const char *data;
};

static void read_as(enum sk_policy policy, const struct piece *pieces, const char *want)
{
	static struct talk t;
	struct seg hello[] = { HELLO, { 0 } }, seg[2] = { { .from = 'c', .ack = 1 } };

	talk_begin(&t, policy);
	talk_say(&t, hello);
	for (; pieces->data; pieces++) {
		seg[0].seq = pieces->seq;
		seg[0].data = pieces->data;
		talk_say(&t, seg);
	}
	if (strcmp(t.read[0], want) != 0)
		fail_msg("%s: \"%s\" instead of \"%s\"", sk_policy_names[policy], t.read[0], want);
	talk_fini(&t);
}

static void eighteen_segments(void **state)
{
	static const struct piece pieces[] = {
		{ 2, "AAA" }, { 6, "BB" }, { 8, "CCC" }, { 12, "D" }, { 15, "EE" }, { 17, "FFF" }, { 20, "GG" }, { 22, "HH" }, { 24, "I" },
		{ 3, "JJJJ" }, { 8, "KKK" }, { 11, "LLL" }, { 14, "MMM" }, { 18, "N" }, { 21, "O" }, { 22, "P" }, { 24, "QQ" }, { 1, "0" },
		{ 0 }
	};
	static const char *const want[] = {
		[SK_POLICY_FIRST] = "0AAAJBBCCCLDLMEEFFFGGHHIQ",
		[SK_POLICY_LAST] = "0AJJJJBKKKLLLMMMFNFGOPHQQ",
		[SK_POLICY_BSD] = "0AAAJJBCCCLLLMMMFFFGGHHIQ",
		[SK_POLICY_BSD_RIGHT] = "0AJJJBBKKKLDLMEEFNFGOPHQQ",
		[SK_POLICY_LINUX] = "0AAAJJBCCCLLLMMMFFFGGHHQQ",
		[SK_POLICY_OLD_LINUX] = "0AAAJJBKKKLLLMMMFFFGGHHQQ",
		[SK_POLICY_WINDOWS] = "0AAAJJBCCCLLLMMMFFFGGHHIQ",
		[SK_POLICY_SOLARIS] = "0AJJJBBKKKLLLMMMFFFGGHHQQ",
	};

	for (unsigned i = 0; i < SK_ARRAY_LEN(want); i++)
		read_as((enum sk_policy)i, pieces, want[i]);
}

static void six_fragments(void **state)
{
	static const struct piece pieces[] = {
		{ 2, "111" }, { 6, "22" }, { 8, "333" }, { 3, "4444" }, { 8, "555" }, { 11, "666" }, { 1, "0" }, { 0 }
	};

	read_as(SK_POLICY_FIRST, pieces, "0111422333666");
	read_as(SK_POLICY_LAST, pieces, "0144442555666");
	read_as(SK_POLICY_BSD, pieces, "0111442333666");
	read_as(SK_POLICY_BSD_RIGHT, pieces, "0144422555666");
}

static void differing_bytes_are_told_both_ways(void **state)
{
	static const struct seg segs[] = { HELLO, { 'c', "A", 3, 1, "cdef" }, { 'c', "A", 2, 1, "bXYe" }, { 'c', "A", 1, 1, "a" }, { 0 } };
	static struct talk t;

	talk_begin(&t, SK_POLICY_BSD);
	talk_say(&t, segs);
	assert_string_equal(t.read[0], "abXYef");
	assert_string_equal(t.odd, "overlap_different_data");
	assert_string_equal(t.bytes, "XYe");
	assert_string_equal(t.other, "cde");
	assert_int_equal(sk_reassembly_counters(t.r)->overlap_different, 1);
	talk_fini(&t);
}

static void what_was_passed_on_is_the_reading(void **state)
{
	static const struct seg segs[] = { HELLO, { 'c', "A", 1, 1, "abcdef" }, { 'c', "A", 3, 1, "cXefgh" }, { 0 } };
	static struct talk t;

	talk_begin(&t, SK_POLICY_LAST);
	talk_say(&t, segs);
	assert_string_equal(t.read[0], "abcdefgh");
	assert_string_equal(t.bytes, "cdef");
	assert_string_equal(t.other, "cXef");
	talk_fini(&t);
}

static void oddities_of_a_flow_are_limited(void **state)
{
	static const struct seg hello[] = { HELLO, { 0 } };
	static const struct seg twice[] = { { 'c', "A", 1, 1, "abc" }, { 'c', "A", 1, 1, "abX" }, { 0 } };
	static struct talk t;
	unsigned n = 0;

	talk_begin(&t, SK_POLICY_BSD);
	talk_say(&t, hello);
	for (unsigned i = 0; i < 20; i++)
		talk_say(&t, twice);
	for (const char *s = t.odd; (s = strstr(s, "overlap")); s++)
		n++;
	assert_int_equal(n, SK_REASSEMBLY_ODDITY_MAX);
	assert_int_equal(sk_reassembly_counters(t.r)->overlap_different, 20);
	talk_fini(&t);
}

static void the_receiver_chooses_the_policy(void **state)
{
	static const struct seg segs[] = { HELLO, { 'c', "A", 2, 1, "bb" }, { 'c', "A", 2, 1, "XX" }, { 'c', "A", 1, 1, "a" },
					   { 's', "A", 2, 4, "bb" }, { 's', "A", 2, 4, "XX" }, { 's', "A", 1, 4, "a" }, { 0 } };
	static struct talk t;

	talk_begin(&t, SK_POLICY_FIRST);
	assert_int_equal(sk_policies_add(&t.policies, sk_span_str("10.0.0.2/32"), SK_POLICY_LAST), 0);
	talk_say(&t, segs);
	assert_string_equal(t.read[SK_TO_SERVER], "aXX");
	assert_string_equal(t.read[SK_TO_CLIENT], "abb");
	talk_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eighteen_segments),
		cmocka_unit_test(six_fragments),
		cmocka_unit_test(differing_bytes_are_told_both_ways),
		cmocka_unit_test(what_was_passed_on_is_the_reading),
		cmocka_unit_test(oddities_of_a_flow_are_limited),
		cmocka_unit_test(the_receiver_chooses_the_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
