/* base/err.h — result codes and errors told to people.
 *
 * what     int functions return 0 or a count, or a negative sk_err; system errors are -errno
 * memory   struct sk_error is a value the caller owns
 */
#ifndef SK_BASE_ERR_H
#define SK_BASE_ERR_H

#include "base/compiler.h"

enum sk_err {
	SK_E_FIRST = -1000,
	SK_E_LIMIT = -1000,	/* a cap was hit; counted by who hit it */
	SK_E_MEMORY = -1001,	/* allocation failed */
	SK_E_FORMAT = -1002,	/* input is not what it should be */
	SK_E_EOF = -1003,	/* no more input */
	SK_E_UNSUPPORTED = -1004,
	SK_E_CONFIG = -1005,	/* a person must correct something: exit status 2 */
	SK_E_STATE = -1006	/* not possible now */
};

#define SK_ERROR_TEXT_MAX 512

/* One line for a person: where, what, what was expected. */
struct sk_error {
	int code;
	int line, column;		/* from 1; 0 where unknown */
	char file[256];			/* empty where none */
	char text[SK_ERROR_TEXT_MAX];
};

/* Sets e (which may be NULL) and returns code. */
int sk_error_set(struct sk_error *e, int code, const char *fmt, ...) SK_PRINTF(3, 4);
int sk_error_at(struct sk_error *e, int code, const char *file, int line, int column, const char *fmt, ...) SK_PRINTF(6, 7);

/* "file:line:column: text", as much of it as is known, into buf. Returns buf. */
const char *sk_error_line(const struct sk_error *e, char *buf, size_t size);

/* Text of a negative result code. */
const char *sk_err_text(int code);

#endif
