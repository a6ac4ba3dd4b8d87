LINT_TESTS = \
	%D%/dist.sh \
	%D%/exports.sh \
	%D%/headers.sh \
	%D%/includes.sh \
	%D%/includes_test.sh \
	%D%/source.sh \
	%D%/troubles.sh
TESTS += $(LINT_TESTS)
EXTRA_DIST += $(LINT_TESTS)
EXTRA_DIST += \
	engine/alert/.may-include engine/app/.may-include engine/base/.may-include engine/campaign/.may-include \
	engine/capture/.may-include engine/classify/.may-include engine/conf/.may-include engine/decode/.may-include \
	engine/detect/.may-include engine/event/.may-include engine/flow/.may-include engine/main/.may-include \
	engine/pipeline/.may-include engine/proto/.may-include engine/reassembly/.may-include engine/rules/.may-include \
	engine/sink/.may-include
