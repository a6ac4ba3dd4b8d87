/* secrets/scan.c — see scan.h.
 *
 * Every position is looked at once, with SCAN_BACK bytes before and SCAN_AHEAD bytes behind it at hand (fewer only at the ends of the
 * unit). A filter, then a table over two bytes, say whether any pattern begins there; few positions pass the first.
 */
#include "scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Bytes at hand: of a piece, or what was kept and the beginning of a piece behind it. */
struct window {
	const uint8_t *p;
	size_t n;
};

struct name {
	const char *text;
	uint8_t group;
	bool prefix;
};

static const struct name names[] = {
	{ "PATH", GROUP_SHELL, false }, { "HOME", GROUP_SHELL, false }, { "USER", GROUP_SHELL, false }, { "SHELL", GROUP_SHELL, false },
	{ "PWD", GROUP_SHELL, false }, { "LANG", GROUP_SHELL, false }, { "TERM", GROUP_SHELL, false }, { "HOSTNAME", GROUP_SHELL, false },
	{ "LOGNAME", GROUP_SHELL, false }, { "SHLVL", GROUP_SHELL, false }, { "OLDPWD", GROUP_SHELL, false },
	{ "APPDATA", GROUP_WINDOWS, false }, { "LOCALAPPDATA", GROUP_WINDOWS, false }, { "USERPROFILE", GROUP_WINDOWS, false },
	{ "COMSPEC", GROUP_WINDOWS, false }, { "ComSpec", GROUP_WINDOWS, false }, { "PATHEXT", GROUP_WINDOWS, false },
	{ "SYSTEMROOT", GROUP_WINDOWS, false }, { "SystemRoot", GROUP_WINDOWS, false }, { "PROCESSOR_ARCHITECTURE", GROUP_WINDOWS, false },
	{ "NUMBER_OF_PROCESSORS", GROUP_WINDOWS, false }, { "LOGONSERVER", GROUP_WINDOWS, false }, { "PSModulePath", GROUP_WINDOWS, false },
	{ "PSMODULEPATH", GROUP_WINDOWS, false }, { "COMPUTERNAME", GROUP_WINDOWS, false },
	{ "npm_config_", GROUP_NPM, true }, { "npm_package_", GROUP_NPM, true }, { "npm_lifecycle_", GROUP_NPM, true },
	{ "npm_execpath", GROUP_NPM, false }, { "npm_node_execpath", GROUP_NPM, false }, { "INIT_CWD", GROUP_NPM, false },
	{ "NODE", GROUP_NPM, false },
	{ "GITHUB_TOKEN", GROUP_CLOUD, false }, { "GITHUB_ACTIONS", GROUP_CLOUD, false }, { "GH_TOKEN", GROUP_CLOUD, false },
	{ "CI_JOB_TOKEN", GROUP_CLOUD, false }, { "GITLAB_TOKEN", GROUP_CLOUD, false }, { "AWS_ACCESS_KEY_ID", GROUP_CLOUD, false },
	{ "AWS_SECRET_ACCESS_KEY", GROUP_CLOUD, false }, { "AWS_SESSION_TOKEN", GROUP_CLOUD, false },
	{ "AZURE_CLIENT_SECRET", GROUP_CLOUD, false }, { "AZURE_", GROUP_CLOUD, true },
	{ "GOOGLE_APPLICATION_CREDENTIALS", GROUP_CLOUD, false }, { "NPM_TOKEN", GROUP_CLOUD, false }, { "NODE_AUTH_TOKEN", GROUP_CLOUD, false },
	{ "VAULT_TOKEN", GROUP_CLOUD, false }, { "DOCKER_AUTH", GROUP_CLOUD, true }, { "DATABASE_URL", GROUP_CLOUD, false },
	{ "ACTIONS_RUNTIME_TOKEN", GROUP_CLOUD, false }, { "TWINE_PASSWORD", GROUP_CLOUD, false },
};

/* Names that are also looked for in base64: long enough to be no accident, of an environment and not of a page. */
static const char *const encoded[] = {
	"npm_config_", "npm_lifecycle_event", "npm_package_", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "GITHUB_TOKEN", "_authToken=",
	"PROCESSOR_ARCHITECTURE", "NUMBER_OF_PROCESSORS", "GOOGLE_APPLICATION_CREDENTIALS", "CI_JOB_TOKEN", "USERPROFILE", "INIT_CWD",
};

#define LEN(a) (sizeof(a) / sizeof((a)[0]))
#define BASE64_TEXT 48u

static const unsigned points[GROUP_CNT] = { 1, 1, 3, 3, 6, 5, 2 };
static const unsigned most[GROUP_CNT] = { 4, 5, 9, 9, 18, 15, 4 };

/* Base64 of text at the given place in its group of three, without the characters that depend on neighbours. */
static void encode(const char *text, unsigned place, char *out)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = strlen(text), first = place ? place + 1 : 0, chars = (place + n) * 8 / 6, o = 0;

	for (size_t c = first; c < chars && o + 1 < BASE64_TEXT; c++) {
		unsigned v = 0;

		for (unsigned b = 0; b < 6; b++) {
			size_t bit = c * 6 + b, byte = bit / 8;
			unsigned x = byte < place || byte - place >= n ? 0 : (uint8_t)text[byte - place];

			v = v << 1 | (x >> (7 - bit % 8) & 1);
		}
		out[o++] = set[v];
	}
	out[o] = 0;
}

static void add(struct scan_table *t, struct scan_pattern p)
{
	p.len = (uint16_t)strlen(p.text);
	if (t->cnt < SCAN_PATTERNS_MAX)
		t->patterns[t->cnt++] = p;
}

static int by_begin(const void *a, const void *b)
{
	const struct scan_pattern *p = a, *q = b;
	int d = strcmp(p->text, q->text);

	return d ? d : (int)p->group - (int)q->group;
}

static unsigned pair_of(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

bool scan_table_init(struct scan_table *t, const char *key_text)
{
	const char *begin, *kind, *texts[SCAN_PATTERNS_MAX];
	char *out;

	memset(t, 0, sizeof(*t));
	t->base64 = out = malloc(LEN(encoded) * 3 * BASE64_TEXT);
	if (!out)
		return false;
	for (size_t i = 0; i < LEN(names); i++)
		add(t, (struct scan_pattern){ .text = names[i].text, .label = names[i].text, .group = names[i].group, .prefix = names[i].prefix });
	for (unsigned i = 0; token_shape(i, &begin, &kind); i++)
		add(t, (struct scan_pattern){ .text = begin, .label = kind, .group = GROUP_TOKEN, .token = (uint8_t)i });
	for (size_t i = 0; i < LEN(encoded); i++)
		for (unsigned place = 0; place < 3; place++, out += BASE64_TEXT) {
			encode(encoded[i], place, out);
			add(t, (struct scan_pattern){ .text = out, .label = encoded[i], .group = GROUP_BASE64 });
		}
	qsort(t->patterns, t->cnt, sizeof(t->patterns[0]), by_begin);
	for (unsigned i = t->cnt; i-- > 0;) {
		unsigned pair = pair_of((const uint8_t *)t->patterns[i].text);

		t->first[pair] = (uint8_t)(i + 1);
		texts[i] = t->patterns[i].text;
	}
	filter_init(&t->filter, texts, t->cnt);
	for (size_t i = 0; key_text[i]; i++) {
		t->key[i & 1] = (t->key[i & 1] ^ (uint8_t)key_text[i]) * UINT64_C(0x100000001b3);
		t->key[i & 1] ^= t->key[i & 1] >> 29;
	}
	return true;
}

void scan_table_fini(struct scan_table *t)
{
	free(t->base64);
	t->base64 = NULL;
}

static uint64_t rotl(uint64_t x, unsigned b)
{
	return x << b | x >> (64 - b);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1]; v[1] = rotl(v[1], 13) ^ v[0]; v[0] = rotl(v[0], 32);
	v[2] += v[3]; v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3]; v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1]; v[1] = rotl(v[1], 17) ^ v[2]; v[2] = rotl(v[2], 32);
}

static void sip_block(uint64_t v[4], uint64_t m)
{
	v[3] ^= m;
	sip_round(v);
	sip_round(v);
	v[0] ^= m;
}

/* SipHash-2-4 (Aumasson and Bernstein, 2012). */
uint64_t scan_siphash(const uint64_t key[2], const uint8_t *p, size_t n)
{
	uint64_t v[4] = { key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
			  key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573 };
	uint64_t end = (uint64_t)n << 56;
	size_t i = 0;

	for (; i + 8 <= n; i += 8) {
		uint64_t m = 0;

		for (unsigned k = 0; k < 8; k++)
			m |= (uint64_t)p[i + k] << 8 * k;
		sip_block(v, m);
	}
	for (unsigned k = 0; i + k < n; k++)
		end |= (uint64_t)p[i + k] << 8 * k;
	sip_block(v, end);
	v[2] ^= 0xff;
	for (int r = 0; r < 4; r++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static void count(struct scan *s, const struct scan_table *t, unsigned i, const uint8_t *secret, size_t secret_len, bool weak)
{
	const struct scan_pattern *p = &t->patterns[i];
	struct tally *y = &s->tally;
	uint64_t *seen = weak ? y->seen_weak : y->seen;
	struct scan_secret *show;

	if (seen[i / 64] >> (i % 64) & 1)
		return;
	seen[i / 64] |= UINT64_C(1) << (i % 64);
	if (y->by_group[weak ? (unsigned)GROUP_WEAK : p->group]++ == 0)
		y->groups++;
	y->score = 0;
	for (unsigned g = 0; g < GROUP_CNT; g++) {
		unsigned n = y->by_group[g] * points[g];

		y->score += n < most[g] ? n : most[g];
	}
	if (!secret || y->shown_cnt == SCAN_SHOWN)
		return;
	show = &y->shown[y->shown_cnt++];
	show->pattern = (uint16_t)i;
	show->len = (uint32_t)secret_len;
	show->hash = (uint32_t)scan_siphash(t->key, secret, secret_len);
	memset(show->begin, 0, sizeof(show->begin));
	memcpy(show->begin, secret, secret_len < sizeof(show->begin) ? secret_len : sizeof(show->begin));
}

void scan_describe(const struct scan_table *t, const struct scan_secret *secret, char text[SCAN_SHOWN_MAX])
{
	snprintf(text, SCAN_SHOWN_MAX, "%s %.4s… %" PRIu32 " bytes #%08" PRIx32, t->patterns[secret->pattern].label, secret->begin, secret->len,
		 secret->hash);
}

static bool is_name_char(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* NAME= at the beginning of a line or part, or "NAME": as in JSON, also when that is quoted once more. */
static bool is_variable(struct window at_hand, size_t at, const struct scan_pattern *p)
{
	const uint8_t *w = at_hand.p;
	size_t i = at + p->len, n = at_hand.n < at + SCAN_AHEAD ? at_hand.n : at + SCAN_AHEAD;
	uint8_t before = at ? w[at - 1] : '\n';

	while (p->prefix && i < n && is_name_char(w[i]))
		i++;
	if (i >= n)
		return false;
	if (w[i] == '=')
		return before == '\n' || before == '\r' || before == 0 || before == ' ' || before == ';' || before == '&' || before == '\t' ||
		       before == '"' || before == '|';
	if (before != '"' && before != '\'')
		return false;
	if (w[i] == '\\')
		i++;
	if (i >= n || (w[i] != '"' && w[i] != '\''))
		return false;
	for (i++; i < n && w[i] == ' '; i++)
		;
	return i < n && (w[i] == ':' || w[i] == ',');
}

/* A pattern may begin at a place the filter has told. */
static void look_at(struct scan *s, const struct scan_table *t, struct window at_hand, size_t at)
{
	const uint8_t *w = at_hand.p + at;
	size_t left = at_hand.n - at;
	unsigned pair = pair_of(w);

	for (unsigned i = t->first[pair]; i && i <= t->cnt && pair_of((const uint8_t *)t->patterns[i - 1].text) == pair; i++) {
		const struct scan_pattern *p = &t->patterns[i - 1];
		bool weak = false;
		size_t len;

		if (p->len > left || (p->len > 2 && w[2] != (uint8_t)p->text[2]) || memcmp(w, p->text, p->len) != 0)
			continue;
		if (p->group == GROUP_BASE64) {
			count(s, t, i - 1, NULL, 0, false);
		} else if (p->group != GROUP_TOKEN) {
			if (is_variable(at_hand, at, p))
				count(s, t, i - 1, NULL, 0, false);
		} else if ((len = token_match(p->token, at_hand.p, at_hand.n, at, &weak)) > 0) {
			count(s, t, i - 1, w, len, weak);
		}
	}
}

/* All places of the window from back on, below end; end < n. */
static void look(struct scan *s, const struct scan_table *t, struct window w, size_t end)
{
	size_t i = s->back;

	for (; i < end && w.n - i >= FILTER_WIDTH + FILTER_BYTES; i += FILTER_WIDTH) {
		uint32_t places = filter_places(&t->filter, w.p + i);

		if (end - i < FILTER_WIDTH)
			places &= (UINT32_C(1) << (end - i)) - 1;
		for (; places; places &= places - 1)
			look_at(s, t, w, i + (size_t)__builtin_ctz(places));
	}
	for (; i < end; i++)
		if (filter_place(&t->filter, w.p + i))
			look_at(s, t, w, i);
}

void scan_push(struct scan *s, const struct scan_table *t, struct sk_span piece, bool last)
{
	uint8_t joined[SCAN_BACK + SCAN_AHEAD + SCAN_PIECE];

	s->total += piece.n;
	do {
		size_t room = sizeof(joined) - s->n, take = piece.n < room ? piece.n : room, end, keep;
		struct window w = { piece.p, take };
		bool final;

		if (s->n) {
			memcpy(joined, s->kept, s->n);
			if (take)
				memcpy(joined + s->n, piece.p, take);
			w = (struct window){ joined, s->n + take };
		}
		piece = sk_span_sub(piece, take, piece.n);
		final = last && piece.n == 0;
		end = final ? (w.n ? w.n - 1 : 0) : w.n > SCAN_AHEAD ? w.n - SCAN_AHEAD : s->back;
		look(s, t, w, end);
		if (final)
			return;
		if (end < s->back)
			end = s->back;
		keep = end > SCAN_BACK ? end - SCAN_BACK : 0;
		s->n = (uint16_t)(w.n - keep);
		s->back = (uint16_t)(end - keep);
		if (s->n)
			memcpy(s->kept, w.p + keep, s->n);
	} while (piece.n);
}
