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

/* Clears n bytes, a constant of 16 to 256: stores one after the other, where the compiler would make a loop of words. */
typedef unsigned char sk_zeros16 __attribute__((vector_size(16), aligned(1), may_alias));
#define SK_ZERO16_(at) if ((at) + 16 <= n) *(sk_zeros16 *)((char *)p + (at)) = (sk_zeros16){ 0 };
#define SK_ZERO64_(at) SK_ZERO16_(at) SK_ZERO16_((at) + 16) SK_ZERO16_((at) + 32) SK_ZERO16_((at) + 48)
static SK_ALWAYS_INLINE void sk_zero_small(void *p, size_t n)
{
	SK_ZERO64_(0) SK_ZERO64_(64) SK_ZERO64_(128) SK_ZERO64_(192)
	*(sk_zeros16 *)((char *)p + n - 16) = (sk_zeros16){ 0 };
}

void sk_assert_failed(const char *file, int line, const char *what) __attribute__((noreturn, cold));

/* Our own mistakes only; never for packet content, configuration or a plugin's behaviour. Kept in release builds. */
#define SK_ASSERT(x) (SK_LIKELY(x) ? (void)0 : sk_assert_failed(__FILE__, __LINE__, #x))
#define SK_UNREACHABLE() sk_assert_failed(__FILE__, __LINE__, "unreachable")

#endif
