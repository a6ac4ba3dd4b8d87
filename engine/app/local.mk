noinst_LIBRARIES += libsk_app.a
libsk_app_a_SOURCES = \
	%D%/app.c %D%/app.h \
	%D%/binding.h \
	%D%/bindings.c \
	%D%/claim.c \
	%D%/dns.c \
	%D%/http.c %D%/http.h \
	%D%/http_body.c \
	%D%/http_event.c \
	%D%/http_file.c \
	%D%/http_range.c \
	%D%/http_text.c \
	%D%/list.h \
	%D%/second.c \
	%D%/state.h \
	%D%/tls.c %D%/tls_event.c %D%/tls_inside.h \
	%D%/websocket.c %D%/websocket.h
