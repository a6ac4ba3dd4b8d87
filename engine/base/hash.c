/* base/hash.c — see hash.h. */
#include "base/hash.h"

#include <sys/random.h>
#include <time.h>
#include <unistd.h>

struct sk_seed sk_seed_draw(void)
{
	struct sk_seed s;

	if (getrandom(&s, sizeof(s), GRND_NONBLOCK) != (ssize_t)sizeof(s)) {
		struct timespec t;

		clock_gettime(CLOCK_REALTIME, &t);
		s.k[0] = (uint64_t)t.tv_sec * 0x9e3779b97f4a7c15u ^ (uint64_t)getpid();
		s.k[1] = (uint64_t)t.tv_nsec * 0xa0761d6478bd642fu ^ (uint64_t)(uintptr_t)&s;
	}
	return s;
}
