/* base/log.h — lines for the operator on standard error.
 *
 * what     "sekisho: <folder>: text"; a level below the set one costs a compare
 * threads  any; each line is written whole
 * limits   workers use sk_log_once_a_minute so that traffic cannot fill a disk; proto/ and base/ never log
 */
#ifndef SK_BASE_LOG_H
#define SK_BASE_LOG_H

#include <sekisho/span.h>

#include "base/compiler.h"

enum sk_log_level { SK_LOG_LEVEL_ERROR, SK_LOG_LEVEL_WARNING, SK_LOG_LEVEL_INFO, SK_LOG_LEVEL_DEBUG };

void sk_log_set_level(enum sk_log_level level);
enum sk_log_level sk_log_level(void);

/* tag: the folder's name. One line, without final newline. */
void sk_log(enum sk_log_level level, const char *tag, const char *fmt, ...) SK_PRINTF(3, 4);

#define sk_log_error(tag, ...) sk_log(SK_LOG_LEVEL_ERROR, tag, __VA_ARGS__)
#define sk_log_warning(tag, ...) sk_log(SK_LOG_LEVEL_WARNING, tag, __VA_ARGS__)
#define sk_log_info(tag, ...) sk_log(SK_LOG_LEVEL_INFO, tag, __VA_ARGS__)

/* Of one place in the code; zeroed at start. */
struct sk_log_gate {
	_Atomic uint64_t next_sec;
	_Atomic uint64_t held_back;
};

/* True at most once a minute (wall clock); *held_back is how many were refused since. */
bool sk_log_gate_open(struct sk_log_gate *g, uint64_t *held_back);

#endif
