/* detect/guard.c — patterns before and behind a plugin's state, so that writing past it is seen.
 *
 * limits   finds out after the fact, and only what was written next to the state. Touched guards whose far ends are whole
 *          say that nothing else was written; otherwise memory of the engine may be.
 */
#include "detect/detect_priv.h"

static const uint8_t pattern[GUARD_BEHIND] = {
	0xa5, 0x5e, 0x91, 0x3c, 0x6b, 0xd2, 0x0f, 0xe8, 0x47, 0xbd, 0x72, 0x19, 0xc6, 0x8a, 0x34, 0xfb,
	0xa5, 0x5e, 0x91, 0x3c, 0x6b, 0xd2, 0x0f, 0xe8, 0x47, 0xbd, 0x72, 0x19, 0xc6, 0x8a, 0x34, 0xfb,
	0xa5, 0x5e, 0x91, 0x3c, 0x6b, 0xd2, 0x0f, 0xe8, 0x47, 0xbd, 0x72, 0x19, 0xc6, 0x8a, 0x34, 0xfb,
	0xa5, 0x5e, 0x91, 0x3c, 0x6b, 0xd2, 0x0f, 0xe8, 0x47, 0xbd, 0x72, 0x19, 0xc6, 0x8a, 0x34, 0xfb,
};

void *sk_detect_guard(void *block, size_t n)
{
	uint8_t *p = block;

	memcpy(p, pattern, GUARD_FRONT);
	p += GUARD_FRONT;
	memset(p, 0, n);
	memcpy(p + n, pattern, GUARD_BEHIND);
	return p;
}

bool sk_detect_guard_near(const void *state, size_t n)
{
	const uint8_t *p = state;

	return memcmp(p - 8, pattern + GUARD_FRONT - 8, 8) == 0 && memcmp(p + n, pattern, 8) == 0;
}

enum guard sk_detect_guard_check(const void *state, size_t n)
{
	const uint8_t *front = (const uint8_t *)state - GUARD_FRONT, *behind = (const uint8_t *)state + n;

	if (memcmp(front, pattern, GUARD_FRONT) == 0 && memcmp(behind, pattern, GUARD_BEHIND) == 0)
		return GUARD_WHOLE;
	if (memcmp(front, pattern, GUARD_FRONT / 2) == 0
	    && memcmp(behind + GUARD_BEHIND / 2, pattern + GUARD_BEHIND / 2, GUARD_BEHIND / 2) == 0)
		return GUARD_TOUCHED;
	return GUARD_RUINED;
}
