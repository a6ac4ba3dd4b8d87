# One cmocka program per subject: tests/unit/<folder>/t_<subject>, added to UNIT_TESTS by the folder's local.mk.
UNIT_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(top_srcdir)/tests/lib
UNIT_TESTS =
include %D%/base/local.mk
include %D%/conf/local.mk
include %D%/capture/local.mk
include %D%/decode/local.mk
include %D%/flow/local.mk
include %D%/reassembly/local.mk
include %D%/classify/local.mk
include %D%/proto/local.mk
include %D%/event/local.mk
include %D%/app/local.mk
include %D%/rules/local.mk
include %D%/alert/local.mk
include %D%/detect/local.mk
include %D%/campaign/local.mk
include %D%/sink/local.mk
include %D%/pipeline/local.mk
if HAVE_CMOCKA
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif
