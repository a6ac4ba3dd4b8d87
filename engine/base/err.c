/* base/err.c — see err.h. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sk_assert_failed(const char *file, int line, const char *what)
{
	fprintf(stderr, "sekisho: internal error at %s:%d: %s\n", file, line, what);
	abort();
}

static int SK_PRINTF(6, 0) set(struct sk_error *e, int code, const char *file, int line, int column, const char *fmt, va_list args)
{
	if (!e)
		return code;
	e->code = code;
	e->line = line;
	e->column = column;
	snprintf(e->file, sizeof(e->file), "%s", file ? file : "");
	vsnprintf(e->text, sizeof(e->text), fmt, args);
	return code;
}

int sk_error_set(struct sk_error *e, int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set(e, code, NULL, 0, 0, fmt, args);
	va_end(args);
	return code;
}

int sk_error_at(struct sk_error *e, int code, const char *file, int line, int column, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set(e, code, file, line, column, fmt, args);
	va_end(args);
	return code;
}

const char *sk_error_line(const struct sk_error *e, char *buf, size_t size)
{
	if (e->file[0] && e->line && e->column)
		snprintf(buf, size, "%s:%d:%d: %s", e->file, e->line, e->column, e->text);
	else if (e->file[0] && e->line)
		snprintf(buf, size, "%s:%d: %s", e->file, e->line, e->text);
	else if (e->file[0])
		snprintf(buf, size, "%s: %s", e->file, e->text);
	else
		snprintf(buf, size, "%s", e->text);
	return buf;
}

const char *sk_err_text(int code)
{
	switch (code) {
	case SK_E_LIMIT: return "limit reached";
	case SK_E_MEMORY: return "out of memory";
	case SK_E_FORMAT: return "malformed";
	case SK_E_EOF: return "end of input";
	case SK_E_UNSUPPORTED: return "not supported";
	case SK_E_CONFIG: return "configuration error";
	case SK_E_STATE: return "not possible now";
	}
	if (code < 0 && code > SK_E_FIRST)
		return strerror(-code);
	return code < 0 ? "unknown error" : "success";
}
