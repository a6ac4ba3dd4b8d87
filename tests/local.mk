# Everything below tests/unit is a cmocka program named after its folder and subject.
include %D%/unit/local.mk
include %D%/fuzz/local.mk
