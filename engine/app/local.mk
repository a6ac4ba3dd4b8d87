noinst_LIBRARIES += libsk_app.a
libsk_app_a_SOURCES = \
	%D%/app.h \
	%D%/binding.h \
	%D%/websocket.h
