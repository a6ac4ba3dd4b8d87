/* base/compiler.h — the few compiler extensions the engine uses, and its assertion words. */
#ifndef SK_BASE_COMPILER_H
#define SK_BASE_COMPILER_H

#include <stddef.h>

#define SK_LIKELY(x) __builtin_expect(!!(x), 1)
#define SK_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define SK_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define SK_ALWAYS_INLINE inline __attribute__((always_inline))
#define SK_NOINLINE __attribute__((noinline))
#define SK_PREFETCH(p) __builtin_prefetch(p)
#define SK_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define SK_CONTAINER(p, type, member) ((type *)(void *)((char *)(p) - offsetof(type, member)))
#define SK_MIN(a, b) ((a) < (b) ? (a) : (b))
#define SK_MAX(a, b) ((a) > (b) ? (a) : (b))

void sk_assert_failed(const char *file, int line, const char *what) __attribute__((noreturn, cold));

/* Our own mistakes only; never for packet content, configuration or a plugin's behaviour. Kept in release builds. */
#define SK_ASSERT(x) (SK_LIKELY(x) ? (void)0 : sk_assert_failed(__FILE__, __LINE__, #x))
#define SK_UNREACHABLE() sk_assert_failed(__FILE__, __LINE__, "unreachable")

#endif
