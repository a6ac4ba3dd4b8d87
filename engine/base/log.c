/* base/log.c — see log.h. */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static _Atomic int max_level = SK_LOG_LEVEL_INFO;

void sk_log_set_level(enum sk_log_level level)
{
	atomic_store(&max_level, (int)level);
}

enum sk_log_level sk_log_level(void)
{
	return (enum sk_log_level)atomic_load(&max_level);
}

void sk_log(enum sk_log_level level, const char *tag, const char *fmt, ...)
{
	static const char *const words[] = { "error: ", "warning: ", "", "" };
	char line[2048];
	va_list args;
	int n, m;

	if ((int)level > atomic_load_explicit(&max_level, memory_order_relaxed))
		return;
	n = snprintf(line, sizeof(line), "sekisho: %s%s%s", words[level], tag ? tag : "", tag ? ": " : "");
	va_start(args, fmt);
	m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, args);
	va_end(args);
	if (m > 0)
		n += SK_MIN(m, (int)sizeof(line) - n - 2);
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return;			/* nowhere left to say it */
}

bool sk_log_gate_open(struct sk_log_gate *g, uint64_t *held_back)
{
	struct timespec t;
	uint64_t now, next;

	clock_gettime(CLOCK_MONOTONIC, &t);
	now = (uint64_t)t.tv_sec;
	next = atomic_load_explicit(&g->next_sec, memory_order_relaxed);
	if (now < next || !atomic_compare_exchange_strong(&g->next_sec, &next, now + 60)) {
		atomic_fetch_add_explicit(&g->held_back, 1, memory_order_relaxed);
		return false;
	}
	*held_back = atomic_exchange(&g->held_back, 0);
	return true;
}
