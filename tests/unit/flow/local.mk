UNIT_TESTS += tests/unit/flow/t_policy
tests_unit_flow_t_policy_SOURCES = %D%/t_policy.c
tests_unit_flow_t_policy_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_flow_t_policy_LDADD = libsk_flow.a libsk_base.a $(CMOCKA_LIBS)
