sekishoinclude_HEADERS += \
	%D%/sekisho/addr.h \
	%D%/sekisho/alert.h \
	%D%/sekisho/event.h \
	%D%/sekisho/plugin.h \
	%D%/sekisho/span.h
