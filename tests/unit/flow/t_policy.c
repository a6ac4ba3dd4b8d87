/* tests/unit/flow/t_policy.c — which host follows which overlap policy. */
#include "unit.h"

#include "base/fmt.h"
#include "flow/policy.h"

static enum sk_policy find(const struct sk_policies *p, const char *host)
{
	struct sk_addr a;

	assert_int_equal(sk_parse_addr(sk_span_str(host), &a), 0);
	return sk_policies_find(p, &a);
}

static int add(struct sk_policies *p, const char *net, enum sk_policy policy)
{
	return sk_policies_add(p, sk_span_str(net), policy);
}

static void longest_prefix_wins(void **state)
{
	struct sk_policies p = { .preset = SK_POLICY_BSD };

	assert_int_equal(add(&p, "10.0.0.0/8", SK_POLICY_LINUX), 0);
	assert_int_equal(add(&p, "10.1.2.3", SK_POLICY_SOLARIS), 0);
	assert_int_equal(add(&p, "10.1.0.0/17", SK_POLICY_WINDOWS), 0);
	assert_int_equal(add(&p, "2001:db8::/33", SK_POLICY_LAST), 0);
	assert_int_equal(find(&p, "10.1.2.3"), SK_POLICY_SOLARIS);
	assert_int_equal(find(&p, "10.1.2.4"), SK_POLICY_WINDOWS);
	assert_int_equal(find(&p, "10.1.127.255"), SK_POLICY_WINDOWS);
	assert_int_equal(find(&p, "10.1.128.0"), SK_POLICY_LINUX);
	assert_int_equal(find(&p, "11.0.0.1"), SK_POLICY_BSD);
	assert_int_equal(find(&p, "2001:db8:7fff::1"), SK_POLICY_LAST);
	assert_int_equal(find(&p, "2001:db8:8000::1"), SK_POLICY_BSD);
	sk_policies_fini(&p);
}

static void all_addresses_of_a_family(void **state)
{
	struct sk_policies p = { .preset = SK_POLICY_FIRST };

	assert_int_equal(add(&p, "0.0.0.0/0", SK_POLICY_WINDOWS), 0);
	assert_int_equal(find(&p, "192.0.2.1"), SK_POLICY_WINDOWS);
	assert_int_equal(find(&p, "::1"), SK_POLICY_FIRST);
	sk_policies_fini(&p);
}

static void the_same_network_again_replaces(void **state)
{
	struct sk_policies p = { .preset = SK_POLICY_BSD };

	assert_int_equal(add(&p, "192.0.2.77/24", SK_POLICY_LINUX), 0);
	assert_int_equal(add(&p, "192.0.2.0/24", SK_POLICY_OLD_LINUX), 0);
	assert_int_equal(p.cnt, 1);
	assert_int_equal(find(&p, "192.0.2.5"), SK_POLICY_OLD_LINUX);
	sk_policies_fini(&p);
}

static void nonsense_is_refused(void **state)
{
	static const char *const bad[] = { "", "/", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "::/129", "ten/8", "/8",
					   "10.0.0.0/0008" };
	struct sk_policies p = { .preset = SK_POLICY_BSD };

	for (size_t i = 0; i < SK_ARRAY_LEN(bad); i++)
		assert_int_equal(add(&p, bad[i], SK_POLICY_LAST), SK_E_FORMAT);
	assert_int_equal(p.cnt, 0);
	sk_policies_fini(&p);
}

static void no_table_means_bsd(void **state)
{
	assert_int_equal(find(NULL, "192.0.2.1"), SK_POLICY_BSD);
}

static void names_follow_the_enum(void **state)
{
	assert_string_equal(sk_policy_names[SK_POLICY_FIRST], "first");
	assert_string_equal(sk_policy_names[SK_POLICY_BSD_RIGHT], "bsd-right");
	assert_string_equal(sk_policy_names[SK_POLICY_OLD_LINUX], "old-linux");
	assert_string_equal(sk_policy_names[SK_POLICY_SOLARIS], "solaris");
	assert_null(sk_policy_names[SK_POLICY_SOLARIS + 1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(longest_prefix_wins),
		cmocka_unit_test(all_addresses_of_a_family),
		cmocka_unit_test(the_same_network_again_replaces),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(no_table_means_bsd),
		cmocka_unit_test(names_follow_the_enum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
