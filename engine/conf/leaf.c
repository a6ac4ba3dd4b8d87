/* conf/leaf.c — typed leaves of the tree, and messages about them. See conf.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fmt.h"
#include "conf/conf.h"
#include "conf/tree.h"

const struct sk_conf_node *sk_conf_get(const struct sk_conf_node *mapping, const char *key)
{
	const struct sk_conf_node *c = mapping && mapping->type == SK_CONF_MAPPING ? mapping->child : NULL;

	while (c && (c->key[0] != key[0] || strcmp(c->key, key) != 0))
		c = c->next;
	return c;
}

struct sk_conf_what sk_conf_what(const struct sk_conf_node *n)
{
	struct sk_conf_what w;
	size_t k = 0;

	if (n->type != SK_CONF_SCALAR) {
		snprintf(w.text, sizeof(w.text), "%s", n->type == SK_CONF_SEQUENCE ? "a list" : "a mapping");
		return w;
	}
	if (n->text.n == 0) {
		snprintf(w.text, sizeof(w.text), "%s", n->quoted ? "an empty text" : "nothing");
		return w;
	}
	w.text[k++] = '\'';
	for (size_t i = 0; i < n->text.n && i < 60; i++)
		w.text[k++] = (char)(n->text.p[i] < 0x20 || n->text.p[i] == 0x7f ? '?' : n->text.p[i]);
	/* a character cut in two is left out whole */
	while (n->text.n > 60 && k > 1 && ((uint8_t)w.text[k - 1] & 0x80))
		k--;
	snprintf(w.text + k, sizeof(w.text) - k, "%s'", n->text.n > 60 ? "..." : "");
	return w;
}

int sk_conf_error(const struct sk_conf_node *n, struct sk_error *e, const char *fmt, ...)
{
	char text[SK_ERROR_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return sk_error_at(e, SK_E_CONFIG, n->tree->file, n->line, n->column, "%s", text);
}

int sk_conf_error_key(const struct sk_conf_node *n, struct sk_error *e, const char *fmt, ...)
{
	char text[SK_ERROR_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!n->key)
		return sk_error_at(e, SK_E_CONFIG, n->tree->file, n->line, n->column, "%s", text);
	return sk_error_at(e, SK_E_CONFIG, n->tree->file, n->key_line, n->key_column, "%s", text);
}

int sk_conf_bool(const struct sk_conf_node *n, bool *out, struct sk_error *e)
{
	if (n->type == SK_CONF_SCALAR) {
		if (sk_span_is_str(n->text, "true") || sk_span_is_str(n->text, "yes")) {
			*out = true;
			return 0;
		}
		if (sk_span_is_str(n->text, "false") || sk_span_is_str(n->text, "no")) {
			*out = false;
			return 0;
		}
	}
	return sk_conf_error(n, e, "expected true or false, found %s", sk_conf_what(n).text);
}

bool sk_conf_parse_number(struct sk_span s, uint64_t *out)
{
	bool hex = s.n > 2 && s.p[0] == '0' && (s.p[1] == 'x' || s.p[1] == 'X');
	unsigned base = hex ? 16 : 10;
	uint64_t v = 0;

	if (s.n == 0 || (!hex && s.n > 1 && s.p[0] == '0'))
		return false;
	for (size_t i = hex ? 2 : 0; i < s.n; i++) {
		uint8_t c = sk_ascii_lower(s.p[i]);
		unsigned digit = c >= '0' && c <= '9' ? c - 48u : hex && c >= 'a' && c <= 'f' ? c - 87u : 99u;

		if (digit == 99 || v > (UINT64_MAX - digit) / base)
			return false;
		v = v * base + digit;
	}
	*out = v;
	return true;
}

static bool scalar_number(const struct sk_conf_node *n, uint64_t *v)
{
	return n->type == SK_CONF_SCALAR && sk_conf_parse_number(n->text, v);
}

int sk_conf_int(const struct sk_conf_node *n, uint64_t min, uint64_t max, uint64_t *out, struct sk_error *e)
{
	uint64_t v = 0;

	if (!scalar_number(n, &v) || v < min || v > max) {
		if (max == UINT64_MAX)
			return sk_conf_error(n, e, "expected a number from %llu up, found %s", (unsigned long long)min, sk_conf_what(n).text);
		return sk_conf_error(n, e, "expected a number from %llu to %llu, found %s", (unsigned long long)min, (unsigned long long)max,
			sk_conf_what(n).text);
	}
	*out = v;
	return 0;
}

static void size_text(uint64_t v, char *buf, size_t size)
{
	if (v && v % (1u << 30) == 0)
		snprintf(buf, size, "%llu GiB", (unsigned long long)(v >> 30));
	else if (v && v % (1u << 20) == 0)
		snprintf(buf, size, "%llu MiB", (unsigned long long)(v >> 20));
	else if (v && v % 1024 == 0)
		snprintf(buf, size, "%llu KiB", (unsigned long long)(v >> 10));
	else
		snprintf(buf, size, "%llu", (unsigned long long)v);
}

int sk_conf_bytes(const struct sk_conf_node *n, uint64_t min, uint64_t max, uint64_t *out, struct sk_error *e)
{
	char low[32], high[32];
	uint64_t v = 0;

	if (n->type != SK_CONF_SCALAR || sk_parse_size(n->text, &v) < 0 || v < min || v > max) {
		size_text(min, low, sizeof(low));
		size_text(max, high, sizeof(high));
		if (max == UINT64_MAX)
			return sk_conf_error(n, e, "expected a size such as 64 KiB, at least %s, found %s", low, sk_conf_what(n).text);
		return sk_conf_error(n, e, "expected a size from %s to %s, found %s", low, high, sk_conf_what(n).text);
	}
	*out = v;
	return 0;
}

int sk_conf_duration(const struct sk_conf_node *n, uint64_t *out_ns, struct sk_error *e)
{
	if (n->type != SK_CONF_SCALAR || sk_parse_duration(n->text, out_ns) < 0)
		return sk_conf_error(n, e, "expected a time with unit such as 200 ms, 10 s, 5 min, 2 h or 7 d, found %s",
			sk_conf_what(n).text);
	return 0;
}

int sk_conf_text(const struct sk_conf_node *n, struct sk_span *out, struct sk_error *e)
{
	if (n->type != SK_CONF_SCALAR || (n->text.n == 0 && !n->quoted))
		return sk_conf_error(n, e, "expected a text, found %s", sk_conf_what(n).text);
	*out = n->text;
	return 0;
}

int sk_conf_word(const struct sk_conf_node *n, const char *const *words, unsigned *out, struct sk_error *e)
{
	char list[256];
	const char *near;
	size_t k = 0;

	for (unsigned i = 0; n->type == SK_CONF_SCALAR && words[i]; i++) {
		if (sk_span_is_str(n->text, words[i])) {
			*out = i;
			return 0;
		}
	}
	list[0] = 0;
	for (unsigned i = 0; words[i] && k < sizeof(list); i++)
		k += (size_t)snprintf(list + k, sizeof(list) - k, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
	near = n->type == SK_CONF_SCALAR && n->text.n ? sk_conf_nearest((const char *)n->text.p, words) : NULL;
	if (near)
		return sk_conf_error(n, e, "expected %s, found %s; did you mean '%s'?", list, sk_conf_what(n).text, near);
	return sk_conf_error(n, e, "expected %s, found %s", list, sk_conf_what(n).text);
}

#define NEAR_MAX 64

/* Edits between a and b without regard to case: insert, delete, replace, swap of neighbours each count one. */
static unsigned distance(const char *a, size_t an, const char *b, size_t bn)
{
	unsigned rows[3][NEAR_MAX + 1];
	unsigned *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= bn; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= an; i++) {
		unsigned *spare = before;

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= bn; j++) {
			uint8_t x = sk_ascii_lower((uint8_t)a[i - 1]), y = sk_ascii_lower((uint8_t)b[j - 1]);
			unsigned d = last[j - 1] + (x != y);

			d = SK_MIN(d, last[j] + 1);
			d = SK_MIN(d, row[j - 1] + 1);
			if (i > 1 && j > 1 && x == sk_ascii_lower((uint8_t)b[j - 2]) && y == sk_ascii_lower((uint8_t)a[i - 2]))
				d = SK_MIN(d, before[j - 2] + 1);
			row[j] = d;
		}
		before = last;
		last = row;
		row = spare;
	}
	return last[bn];
}

const char *sk_conf_nearest(const char *name, const char *const *names)
{
	size_t n = strlen(name);
	const char *best = NULL;
	unsigned best_d = 0;

	if (n == 0 || n > NEAR_MAX)
		return NULL;
	for (; *names; names++) {
		size_t m = strlen(*names);
		unsigned d, max = (unsigned)SK_MAX((size_t)1, SK_MAX(n, m) / 3);

		if (m > NEAR_MAX || (n > m ? n - m : m - n) > max)
			continue;
		d = distance(name, n, *names, m);
		if (d <= max && d < SK_MAX(n, m) && (!best || d < best_d)) {
			best = *names;
			best_d = d;
		}
	}
	return best;
}
