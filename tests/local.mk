# Everything below tests/unit is a cmocka program named after its folder and subject.
EXTRA_DIST += %D%/README.md %D%/lib/unit.h %D%/lib/packet.h %D%/lib/app_kit.h
include %D%/unit/local.mk
include %D%/fuzz/local.mk
include %D%/system/local.mk
include %D%/differential/local.mk
include %D%/corpus/local.mk
include %D%/chaos/local.mk
include %D%/golden/local.mk
include %D%/abi/local.mk
include %D%/lint/local.mk
include %D%/bench/local.mk
