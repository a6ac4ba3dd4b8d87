/* base/fmt.c — see fmt.h. */
#include "base/fmt.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <time.h>

#include "base/compiler.h"

const char *sk_fmt_addr(const struct sk_addr *a, char *buf)
{
	if (a->family == 4)
		inet_ntop(AF_INET, a->b, buf, SK_ADDR_TEXT_MAX);
	else if (a->family == 6)
		inet_ntop(AF_INET6, a->b, buf, SK_ADDR_TEXT_MAX);
	else
		snprintf(buf, SK_ADDR_TEXT_MAX, "-");
	return buf;
}

int sk_parse_addr(struct sk_span text, struct sk_addr *a)
{
	char s[SK_ADDR_TEXT_MAX];

	memset(a, 0, sizeof(*a));
	if (text.n == 0 || text.n >= sizeof(s) || memchr(text.p, 0, text.n))
		return SK_E_FORMAT;
	memcpy(s, text.p, text.n);
	s[text.n] = 0;
	if (inet_pton(AF_INET, s, a->b) == 1)
		a->family = 4;
	else if (inet_pton(AF_INET6, s, a->b) == 1)
		a->family = 6;
	else
		return SK_E_FORMAT;
	return 0;
}

const char *sk_fmt_time(uint64_t ns, char *buf)
{
	time_t sec = (time_t)(ns / 1000000000u);
	struct tm tm;
	char day[32];

	if (!gmtime_r(&sec, &tm) || strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		snprintf(day, sizeof(day), "1970-01-01T00:00:00");
	snprintf(buf, SK_TIME_TEXT_MAX, "%s.%06u+0000", day, (unsigned)(ns % 1000000000u / 1000u));
	return buf;
}

const char *sk_fmt_hex(struct sk_span s, char *buf, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = SK_MIN(s.n, size ? (size - 1) / 2 : 0);

	for (size_t i = 0; i < n; i++) {
		buf[2 * i] = digits[s.p[i] >> 4];
		buf[2 * i + 1] = digits[s.p[i] & 15];
	}
	if (size)
		buf[2 * n] = 0;
	return buf;
}

size_t sk_fmt_base64(struct sk_span s, char *buf, size_t size)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t o = 0;

	SK_ASSERT(size >= 4 * ((s.n + 2) / 3) + 1);
	for (size_t i = 0; i < s.n; i += 3) {
		size_t left = s.n - i;
		uint32_t v = (uint32_t)s.p[i] << 16 | (left > 1 ? (uint32_t)s.p[i + 1] << 8 : 0) | (left > 2 ? s.p[i + 2] : 0u);

		buf[o++] = set[v >> 18];
		buf[o++] = set[v >> 12 & 63];
		buf[o++] = left > 1 ? set[v >> 6 & 63] : '=';
		buf[o++] = left > 2 ? set[v & 63] : '=';
	}
	buf[o] = 0;
	return o;
}

struct unit {
	const char *name;
	uint64_t factor;
};

static int parse_unit(struct sk_span text, const struct unit *units, uint64_t *out)
{
	uint64_t v = 0;
	size_t i = 0;

	while (i < text.n && text.p[i] >= '0' && text.p[i] <= '9') {
		unsigned digit = text.p[i] - '0';

		if (v > (UINT64_MAX - digit) / 10)
			return SK_E_FORMAT;
		v = v * 10 + digit;
		i++;
	}
	if (i == 0)
		return SK_E_FORMAT;
	while (i < text.n && text.p[i] == ' ')
		i++;
	struct sk_span unit = sk_span_sub(text, i, text.n);
	for (const struct unit *u = units; u->name; u++) {
		if (!sk_span_is_str_nocase(unit, u->name))
			continue;
		if (u->factor && v > UINT64_MAX / u->factor)
			return SK_E_FORMAT;
		*out = v * u->factor;
		return 0;
	}
	return SK_E_FORMAT;
}

int sk_parse_size(struct sk_span text, uint64_t *bytes)
{
	static const struct unit units[] = {
		{ "", 1 }, { "B", 1 }, { "k", 1024 }, { "KiB", 1024 }, { "kB", 1000 }, { "M", 1048576 }, { "MiB", 1048576 },
		{ "MB", 1000000 }, { "G", 1073741824 }, { "GiB", 1073741824 }, { "GB", 1000000000 }, { NULL, 0 } };

	return parse_unit(text, units, bytes);
}

int sk_parse_duration(struct sk_span text, uint64_t *ns)
{
	static const struct unit units[] = {
		{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 }, { "sec", 1000000000 },
		{ "min", 60000000000 }, { "m", 60000000000 }, { "h", 3600000000000 }, { "d", 86400000000000 }, { NULL, 0 } };

	return parse_unit(text, units, ns);
}
