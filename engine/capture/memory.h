/* capture/memory.h — a capture file that is in memory already; for tests and fuzzing. */
#ifndef SK_CAPTURE_MEMORY_H
#define SK_CAPTURE_MEMORY_H

#include "capture/capture.h"

/* As sk_capture_open_file. bytes: borrowed until close. name: for messages. */
int sk_capture_open_memory(struct sk_capture **out, struct sk_span bytes, const char *name, const char *filter,
	struct sk_error *e);

#endif
