/* detect/options.c — a plugin's options: what it declares, what the configuration says.
 *
 * in       struct sk_option of the plugin's table; the mapping plugins: <name>: of the configuration
 * out      one value per option, with the preset where the configuration is silent
 * memory   process; text is copied
 */
#include "detect/detect_priv.h"

#include <stdlib.h>

#include "base/fmt.h"

static uint64_t upper(const struct sk_option *o)
{
	return o->max ? o->max : UINT64_MAX;
}

static int parse_bool(const char *s, uint64_t *out)
{
	static const char *const words[] = { "false", "no", "off", "true", "yes", "on" };

	for (size_t i = 0; i < SK_ARRAY_LEN(words); i++) {
		if (strcmp(s, words[i]))
			continue;
		*out = i >= SK_ARRAY_LEN(words) / 2;
		return 0;
	}
	return SK_E_FORMAT;
}

static int parse_int(const char *s, uint64_t *out)
{
	uint64_t v = 0;

	if (!*s)
		return SK_E_FORMAT;
	for (; *s; s++) {
		unsigned digit = (unsigned)*s - '0';

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return SK_E_FORMAT;
		v = v * 10 + digit;
	}
	*out = v;
	return 0;
}

static int set_text(struct option_value *v, struct sk_span text, struct sk_error *e)
{
	char *copy = malloc(text.n + 1);

	if (!copy)
		return sk_error_set(e, SK_E_MEMORY, "out of memory");
	if (text.n)
		memcpy(copy, text.p, text.n);
	copy[text.n] = 0;
	free(v->text);
	v->text = copy;
	return 0;
}

static int read_preset(const struct plugin *pl, const struct sk_option *o, struct option_value *v, struct sk_error *e)
{
	struct sk_span text = sk_span_str(o->preset);
	int rc = 0;

	switch (o->type) {
	case SK_OPTION_TEXT: return set_text(v, text, e);
	case SK_OPTION_BOOL: rc = parse_bool(o->preset, &v->num); break;
	case SK_OPTION_INT: rc = parse_int(o->preset, &v->num); break;
	case SK_OPTION_SIZE: rc = sk_parse_size(text, &v->num); break;
	case SK_OPTION_DURATION: rc = sk_parse_duration(text, &v->num); break;
	}
	if (rc == 0 && o->type != SK_OPTION_BOOL && (v->num < o->min || v->num > upper(o)))
		rc = SK_E_FORMAT;
	if (rc < 0)
		return sk_error_set(e, SK_E_CONFIG, "%s: the preset of option '%s' is '%s', which the option itself does not allow",
				    pl->origin, o->name, o->preset);
	return 0;
}

static int read_value(const struct sk_option *o, struct option_value *v, const struct sk_conf_node *n, struct sk_error *e)
{
	struct sk_span text;
	bool yes;
	int rc;

	switch (o->type) {
	case SK_OPTION_BOOL:
		rc = sk_conf_bool(n, &yes, e);
		if (rc == 0)
			v->num = yes;
		return rc;
	case SK_OPTION_INT:
		return sk_conf_int(n, o->min, upper(o), &v->num, e);
	case SK_OPTION_SIZE:
		return sk_conf_bytes(n, o->min, upper(o), &v->num, e);
	case SK_OPTION_DURATION:
		rc = sk_conf_duration(n, &v->num, e);
		if (rc == 0 && (v->num < o->min || v->num > upper(o)))
			return sk_conf_error(n, e, "expected a time from %llu ns to %llu ns", (unsigned long long)o->min,
					(unsigned long long)upper(o));
		return rc;
	}
	rc = sk_conf_text(n, &text, e);
	if (rc == 0 && memchr(text.p ? (const char *)text.p : "", 0, text.n))
		return sk_conf_error(n, e, "expected text without NUL bytes");
	return rc < 0 ? rc : set_text(v, text, e);
}

static int unknown_key(const struct plugin *pl, const struct sk_conf_node *n, struct sk_error *e)
{
	const char **names = calloc(pl->p.option_cnt + 3u, sizeof(*names));
	const char *near = NULL;

	if (names) {
		names[0] = "enabled";
		names[1] = "path";
		for (uint32_t i = 0; i < pl->p.option_cnt; i++)
			names[i + 2] = pl->p.options[i].name;
		near = sk_conf_nearest(n->key, names);
	}
	sk_error_at(e, SK_E_CONFIG, sk_conf_file(n->tree), n->key_line, n->key_column, "plugin '%s' has no option '%s'%s%s%s",
		    pl->p.name, n->key, near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
	free(names);
	return SK_E_CONFIG;
}

int sk_detect_read_options(struct plugin *pl, const struct sk_conf_node *node, struct sk_error *e)
{
	int rc = 0;

	pl->options = calloc(pl->p.option_cnt + 1u, sizeof(*pl->options));
	if (!pl->options)
		return sk_error_set(e, SK_E_MEMORY, "out of memory");
	for (uint32_t i = 0; rc == 0 && i < pl->p.option_cnt; i++)
		rc = read_preset(pl, &pl->p.options[i], &pl->options[i], e);
	for (const struct sk_conf_node *n = node ? node->child : NULL; rc == 0 && n; n = n->next) {
		uint32_t i = 0;

		if (!strcmp(n->key, "enabled") || !strcmp(n->key, "path"))
			continue;
		while (i < pl->p.option_cnt && strcmp(n->key, pl->p.options[i].name))
			i++;
		rc = i == pl->p.option_cnt ? unknown_key(pl, n, e) : read_value(&pl->p.options[i], &pl->options[i], n, e);
	}
	return rc;
}
