/* rules/indicator.c — the indicators: of a campaign file, and single values to table entries.
 *
 * Values may be defanged as reports write them (hxxp, [.], (dot), [at], …); they are refanged, normalised and checked here, so
 * that the tables compare bytes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fmt.h"
#include "rules/load.h"

#define VALUE_MAX 4096u

struct value {				/* being normalised */
	uint8_t p[VALUE_MAX];
	size_t n;
	unsigned dots;			/* of a domain */
};

/* How reports break an indicator, and what was meant. Zero-width characters are left out. */
static const struct {
	const char *from, *to;
} fangs[] = {
	{ "[.]", "." }, { "(.)", "." }, { "{.}", "." }, { "[dot]", "." }, { "(dot)", "." }, { "{dot}", "." }, { "\\.", "." },
	{ "[:]", ":" }, { "[://]", "://" }, { "[/]", "/" }, { "[@]", "@" }, { "[at]", "@" }, { "(at)", "@" },
	{ "\xe2\x80\x8b", "" }, { "\xe2\x80\x8c", "" }, { "\xe2\x80\x8d", "" }, { "\xef\xbb\xbf", "" },
};

static bool may_be_fang(uint8_t c)
{
	static const bool first[256] = { ['['] = true, ['('] = true, ['{'] = true, ['\\'] = true, [0xe2] = true, [0xef] = true };

	return first[c];
}

static size_t fang_at(struct sk_span s, size_t i, const char **to)
{
	if (!may_be_fang(s.p[i]))
		return 0;
	for (size_t k = 0; k < SK_ARRAY_LEN(fangs); k++) {
		size_t n = strlen(fangs[k].from);

		if (sk_span_is_nocase(sk_span_sub(s, i, n), sk_span_str(fangs[k].from))) {
			*to = fangs[k].to;
			return n;
		}
	}
	return 0;
}

static bool refang(struct sk_span s, struct value *v)
{
	const char *to = "";
	size_t plain = 0;

	while (s.n && s.p[0] == ' ')
		s = sk_span_sub(s, 1, s.n);
	while (s.n && s.p[s.n - 1] == ' ')
		s.n--;
	while (plain < s.n && !may_be_fang(s.p[plain]))
		plain++;
	if (plain > VALUE_MAX)
		return false;
	if (plain)
		memcpy(v->p, s.p, plain);
	v->n = plain;
	for (size_t i = plain; i < s.n; ) {
		size_t n = fang_at(s, i, &to), m = n ? strlen(to) : 1;

		if (v->n + m > VALUE_MAX)
			return false;
		memcpy(v->p + v->n, n ? (const uint8_t *)to : s.p + i, m);
		v->n += m;
		i += n ? n : 1;
	}
	if (v->n > 4 && sk_span_is_nocase(sk_span(v->p, 4), sk_span("hxxp", 4)))
		v->p[1] = v->p[2] = 't';
	return v->n > 0;
}

static void lower(struct value *v, size_t n)
{
	for (size_t i = 0; i < n && i < v->n; i++)
		v->p[i] = sk_ascii_lower(v->p[i]);
}

static const char *check_domain(struct value *v)
{
	size_t label = 0;

	v->dots = 0;
	if (v->n && v->p[v->n - 1] == '.')
		v->n--;
	if (v->n >= 2 && v->p[0] == '*' && v->p[1] == '.')
		return "a domain without '*.': kind domain covers the names below it";
	for (size_t i = 0; i < v->n; i++) {
		uint8_t c = v->p[i] = sk_ascii_lower(v->p[i]);

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_') {
			if (++label > 63)
				return "a domain with labels of at most 63 bytes";
		} else if (c == '.' && label) {
			v->dots++;
			label = 0;
		} else if (c >= 0x80) {
			return "a domain in ASCII form (xn--…)";
		} else {
			return c == ':' || c == '/' ? "a domain, without scheme, port or path" : "a domain";
		}
	}
	return v->n > 253 ? "a domain of at most 253 bytes" : v->dots == 0 || label == 0 ? "a domain" : NULL;
}

static const char *check_hex(struct value *v, size_t n, const char *what)
{
	lower(v, v->n);
	if (v->n != n)
		return what;
	for (size_t i = 0; i < n; i++)
		if (!((v->p[i] >= '0' && v->p[i] <= '9') || (v->p[i] >= 'a' && v->p[i] <= 'f')))
			return what;
	return NULL;
}

/* t13d1516h2_8daaf6152771_02713d6af862: 10, 12 and 12 characters. */
static const char *check_ja4(struct value *v)
{
	static const char what[] = "a JA4 fingerprint such as t13d1516h2_8daaf6152771_02713d6af862";

	lower(v, v->n);
	if (v->n != 36 || v->p[10] != '_' || v->p[23] != '_' || (v->p[0] != 't' && v->p[0] != 'q' && v->p[0] != 'd'))
		return what;
	for (size_t i = 0; i < 36; i++)
		if (i != 10 && i != 23 && !((v->p[i] >= '0' && v->p[i] <= '9') || (v->p[i] >= 'a' && v->p[i] <= 'z')))
			return what;
	return NULL;
}

/* To host and path, without scheme, user, port and fragment; the host in lower case. */
static const char *check_url(struct value *v)
{
	static const char what[] = "a URL with host and path (host/path, with or without http://)";
	struct sk_span s = sk_span(v->p, v->n), host;
	uint8_t *scheme = memmem(v->p, v->n, "://", 3), *at, *end;
	struct value out;

	if (scheme)
		s = sk_span_sub(s, (size_t)(scheme - v->p) + 3, s.n);
	end = s.n ? memchr(s.p, '#', s.n) : NULL;
	if (end)
		s.n = (size_t)(end - s.p);
	end = s.n ? memchr(s.p, '/', s.n) : NULL;
	if (!end)
		return what;
	host = sk_span(s.p, (size_t)(end - s.p));
	at = host.n ? memrchr(host.p, '@', host.n) : NULL;
	if (at)
		host = sk_span_sub(host, (size_t)(at - host.p) + 1, host.n);
	at = host.n && host.p[0] != '[' ? memchr(host.p, ':', host.n) : host.n ? memmem(host.p, host.n, "]:", 2) : NULL;
	if (at)
		host.n = (size_t)(at - host.p) + (*at == ']');
	if (host.n == 0 || host.n > 253 || memchr(host.p, ' ', host.n))
		return what;
	memcpy(out.p, host.p, host.n);
	out.n = host.n;
	lower(&out, out.n);
	host.n = s.n - (size_t)(end - s.p);
	memcpy(out.p + out.n, end, host.n);
	out.n += host.n;
	memcpy(v->p, out.p, out.n);
	v->n = out.n;
	return NULL;
}

static const char *check_net(struct value *v, bool net, struct sk_addr *addr, unsigned *bits)
{
	uint8_t *slash = memchr(v->p, '/', v->n);
	uint64_t len = 0;
	unsigned most;

	if (slash && !net)
		return "an address (a network is of kind cidr)";
	if (sk_parse_addr(sk_span(v->p, slash ? (size_t)(slash - v->p) : v->n), addr) < 0)
		return net ? "a network such as 192.0.2.0/24 or 2001:db8::/32" : "an address such as 192.0.2.1 or 2001:db8::1";
	most = addr->family == 4 ? 32 : 128;
	if (slash && (!sk_conf_parse_number(sk_span(slash + 1, v->n - (size_t)(slash - v->p) - 1), &len) || len > most))
		return addr->family == 4 ? "a prefix length from 0 to 32" : "a prefix length from 0 to 128";
	*bits = slash ? (unsigned)len : most;
	for (unsigned i = *bits; i < most; i++)
		if (addr->b[i / 8] >> (7 - i % 8) & 1)
			return "a network without host bits behind its prefix";
	return NULL;
}

static unsigned count_parts(const struct value *v, uint8_t sep)
{
	unsigned n = 1;

	for (size_t i = 0; i < v->n; i++)
		n += v->p[i] == sep;
	return n;
}

/* What was expected where the value is not of that kind. */
static const char *normalise(enum sk_set_kind kind, struct value *v, struct sk_addr *addr, unsigned *bits)
{
	switch (kind) {
	case SK_SET_DOMAIN:
	case SK_SET_FQDN:
		return check_domain(v);
	case SK_SET_IP:
	case SK_SET_CIDR:
		return check_net(v, kind == SK_SET_CIDR, addr, bits);
	case SK_SET_URL:
		return check_url(v);
	case SK_SET_JA3:
	case SK_SET_JA3S:
		return check_hex(v, 32, "a JA3 hash of 32 hex digits");
	case SK_SET_JA4:
		return check_ja4(v);
	case SK_SET_CERT_SHA1:
	case SK_SET_SHA1:
		return check_hex(v, 40, "a SHA-1 of 40 hex digits");
	case SK_SET_SHA256:
		return check_hex(v, 64, "a SHA-256 of 64 hex digits");
	case SK_SET_MD5:
		return check_hex(v, 32, "an MD5 of 32 hex digits");
	case SK_SET_PATH:
		lower(v, v->n);
		return v->n > 1 && v->p[v->n - 1] != '/' ? NULL : "a path or the last segments of one";
	default:
		return NULL;
	}
}

int sk_indicator_add(struct sk_sets *s, uint32_t set, uint32_t meta, struct sk_span text, const char **problem)
{
	enum sk_set_kind kind = s->sets[set].kind;
	enum sk_table table = sk_set_table(kind);
	struct sk_strtable *t = &s->str[table];
	struct sk_addr addr = { 0 };
	bool exact = kind == SK_SET_FQDN;
	unsigned bits = 0, parts;
	struct value v;
	int rc;

	*problem = "a value of at most 4096 bytes";
	if (kind == SK_SET_TEXT) {		/* as it is: a text may contain anything */
		if (text.n == 0 || text.n > VALUE_MAX)
			return SK_E_FORMAT;
		memcpy(v.p, text.p, text.n);
		v.n = text.n;
	} else if (!refang(text, &v)) {
		return SK_E_FORMAT;
	}
	*problem = normalise(kind, &v, &addr, &bits);
	if (*problem)
		return SK_E_FORMAT;
	s->sets[set].cnt++;
	if (table == SK_TABLE_NET)
		return sk_nettable_add(&s->net, &addr, bits, set, meta);
	if (kind == SK_SET_PATH)
		exact = v.p[0] == '/';
	rc = sk_strtable_add(t, sk_span(v.p, v.n), exact, set, meta);
	parts = table == SK_TABLE_DOMAIN ? v.dots + 1 : count_parts(&v, '/');
	t->parts_max = SK_MAX(t->parts_max, parts);
	return rc;
}

/* Days since 1970 of a date of the Gregorian calendar. */
static int64_t days(int64_t y, unsigned m, unsigned d)
{
	int64_t era, day_of_era;
	unsigned year_of_era, day_of_year;

	y -= m <= 2;
	era = y / 400;
	year_of_era = (unsigned)(y - era * 400);
	day_of_year = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

static int digits(const char *s, unsigned n)
{
	int v = 0;

	for (unsigned i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		v = v * 10 + s[i] - '0';
	}
	return v;
}

int sk_load_date(struct sk_span text, uint64_t *ns)
{
	static const int month_days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	char s[24] = "0000-00-00T00:00:00Z";
	int y, m, d, hh, mm, ss;

	if (text.n != 10 && text.n != 20)
		return SK_E_FORMAT;
	memcpy(s, text.p, text.n);
	y = digits(s, 4);
	m = digits(s + 5, 2);
	d = digits(s + 8, 2);
	hh = digits(s + 11, 2);
	mm = digits(s + 14, 2);
	ss = digits(s + 17, 2);
	if (s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19] != 'Z')
		return SK_E_FORMAT;
	if (y < 1970 || y > 2500 || m < 1 || m > 12 || d < 1 || d > month_days[m - 1] || hh < 0 || hh > 23 || mm < 0 || mm > 59 ||
		ss < 0 || ss > 59)
		return SK_E_FORMAT;
	if (m == 2 && d == 29 && (y % 4 || (y % 100 == 0 && y % 400)))
		return SK_E_FORMAT;
	*ns = ((uint64_t)days(y, (unsigned)m, (unsigned)d) * 86400 + (uint64_t)hh * 3600 + (uint64_t)mm * 60 + (uint64_t)ss) * 1000000000u;
	return 0;
}

static const char *opt_text(struct sk_load *l, const struct sk_conf_node *n, const char *key, const char *otherwise)
{
	const struct sk_conf_node *c = sk_conf_get(n, key);
	const char *s = c ? sk_load_text(l, c) : otherwise;

	/* what the set says already is not kept again */
	return s && otherwise && strcmp(s, otherwise) == 0 ? otherwise : s;
}

/* What a set or a single value says about itself, over what base says. */
static struct sk_set_meta read_meta(struct sk_load *l, const struct sk_conf_node *n, const struct sk_set_meta *base)
{
	struct sk_set_meta m = *base;
	const struct sk_conf_node *c = sk_conf_get(n, "expires");
	struct sk_error e;
	uint64_t v;

	m.source = opt_text(l, n, "source", m.source);
	m.note = opt_text(l, n, "note", m.note);
	m.role = opt_text(l, n, "role", m.role);
	m.stage = opt_text(l, n, "stage", m.stage);
	if (c && (c->type != SK_CONF_SCALAR || sk_load_date(c->text, &m.expires_ns) < 0))
		sk_load_error(l, c, "expected a date such as 2026-12-31, found %s", sk_conf_what(c).text);
	else if (c)
		m.expires = sk_load_copy(l, c->text);
	c = sk_conf_get(n, "confidence");
	if (c && sk_conf_int(c, 0, 100, &v, &e) < 0)
		sk_load_tell(l, &e);
	else if (c)
		m.confidence = (uint32_t)v;
	return m;
}

/* The meta's index; SK_LOAD_NONE for an expired one (with now) or when memory is short. */
static uint32_t keep_meta(struct sk_load *l, const struct sk_set_meta *m)
{
	int64_t meta;

	if (l->src->now_ns && m->expires_ns <= l->src->now_ns)
		return SK_LOAD_NONE;
	meta = sk_sets_meta(&l->set->sets, m);
	if (meta < 0)
		sk_load_no_memory(l);
	return meta < 0 ? SK_LOAD_NONE : (uint32_t)meta;
}

static void add_node(struct sk_load *l, uint32_t set, const struct sk_conf_node *n, struct sk_span value, uint32_t meta)
{
	struct sk_sets *s = &l->set->sets;
	const char *problem;
	int rc;

	if (meta == SK_LOAD_NONE) {
		s->expired++;
		return;
	}
	rc = sk_indicator_add(s, set, meta, value, &problem);
	if (rc == SK_E_FORMAT)
		sk_load_error(l, n, "%s: expected %s, found %s", sk_set_kind_names[s->sets[set].kind], problem, sk_conf_what(n).text);
	else if (rc < 0)
		sk_load_no_memory(l);
	else
		s->indicators++;
}

static void read_values(struct sk_load *l, uint32_t set, const struct sk_conf_node *values, const struct sk_set_meta *base,
	uint32_t base_meta)
{
	static const char *const names[] = { "value", "source", "expires", "note", "role", "confidence", "stage", NULL };
	const struct sk_conf_node *value;
	struct sk_set_meta m;
	struct sk_error e;
	struct sk_span s;

	if (values->type == SK_CONF_MAPPING)
		sk_load_error(l, values, "expected a list of values, found a mapping");
	for (const struct sk_conf_node *c = values->type == SK_CONF_SEQUENCE ? values->child : values; c &&
		!l->out_of_memory; c = c->next) {
		uint32_t meta = base_meta;

		value = c;
		if (c->type == SK_CONF_MAPPING) {
			if (values->type == SK_CONF_MAPPING)
				return;
			sk_load_mapping(l, c, "an indicator", names);
			value = sk_conf_get(c, "value");
			m = read_meta(l, c, base);
			meta = keep_meta(l, &m);
			if (!value) {
				sk_load_error(l, c, "indicator has no value");
				continue;
			}
		}
		if (sk_conf_text(value, &s, &e) < 0)
			sk_load_tell(l, &e);
		else
			add_node(l, set, value, s, meta);
		if (values->type != SK_CONF_SEQUENCE)
			return;
	}
}

static int add_line(struct sk_load *l, uint32_t set, uint32_t meta, struct sk_span s, const char *path, int line)
{
	struct sk_sets *sets = &l->set->sets;
	const uint8_t *hash = s.n > 1 && memchr(s.p, '#', s.n) ? memmem(s.p, s.n, " #", 2) : NULL;
	const char *problem;
	struct sk_error e;
	int rc;

	if (hash)
		s.n = (size_t)(hash - s.p);
	while (s.n && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r' || s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	if (s.n == 0 || s.p[0] == '#')
		return 0;
	if (meta == SK_LOAD_NONE) {
		sets->expired++;
		return 0;
	}
	rc = sk_indicator_add(sets, set, meta, s, &problem);
	if (rc == SK_E_FORMAT) {
		sk_error_at(&e, SK_E_CONFIG, path, line, 1, "%s: expected %s, found '%.*s'", sk_set_kind_names[sets->sets[set].kind], problem,
			(int)SK_MIN(s.n, (size_t)60), (const char *)s.p);
		sk_load_tell(l, &e);
	} else if (rc < 0) {
		sk_load_no_memory(l);
	} else {
		sets->indicators++;
	}
	return rc == SK_E_FORMAT ? rc : 0;
}

#define FILE_ERRORS_MAX 20

/* One value per line; "#" at the start of a line or after a blank begins a comment. */
static void read_file(struct sk_load *l, uint32_t set, const struct sk_conf_node *n, uint32_t meta)
{
	const char *name = sk_load_text(l, n), *slash = strrchr(l->file, '/');
	char path[4096];
	char *line = NULL;
	size_t room = 0;
	ssize_t got;
	int number = 0, bad = 0;
	FILE *f;

	if (!name)
		return;
	if (name[0] == '/' || !slash)
		snprintf(path, sizeof(path), "%s", name);
	else
		snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - l->file), l->file, name);
	f = fopen(path, "rbe");
	if (!f) {
		sk_load_error(l, n, "%s cannot be read: %s", path, strerror(errno));
		return;
	}
	while (!l->out_of_memory && bad < FILE_ERRORS_MAX && (got = getline(&line, &room, f)) >= 0)
		bad += add_line(l, set, meta, sk_span(line, (size_t)got), path, ++number) < 0;
	if (ferror(f))
		sk_load_error(l, n, "%s cannot be read", path);
	if (bad == FILE_ERRORS_MAX)
		sk_load_error(l, n, "%s: stopped after %d mistakes", path, bad);
	free(line);
	fclose(f);
}

static void read_set(struct sk_load *l, const struct sk_conf_node *n)
{
	static const char *const names[] = { "kind", "values", "file", "source", "expires", "role", "confidence", "stage", "note",
		NULL };
	static const struct sk_set_meta nothing = { .expires_ns = UINT64_MAX, .confidence = 101 };
	const struct sk_conf_node *kind, *values, *file;
	struct sk_load_set *grown;
	struct sk_set_meta m;
	struct sk_error e;
	unsigned k = 0;
	uint32_t meta;
	int64_t set;

	if (!sk_load_is_id(sk_span_str(n->key)))
		sk_load_error_key(l, n, "expected a name of a-z, 0-9, '-', '_' and '.', found '%.64s'", n->key);
	if (!sk_load_mapping(l, n, "an indicator set", names))
		return;
	kind = sk_conf_get(n, "kind");
	values = sk_conf_get(n, "values");
	file = sk_conf_get(n, "file");
	if (!kind)
		sk_load_error_key(l, n, "indicator set '%s' has no kind", n->key);
	else if (sk_conf_word(kind, sk_set_kind_names, &k, &e) < 0)
		sk_load_tell(l, &e);
	if (!values && !file)
		sk_load_error_key(l, n, "indicator set '%s' has neither values nor file", n->key);
	m = read_meta(l, n, &nothing);
	meta = keep_meta(l, &m);
	grown = sk_rules_grow(l->sets, &l->set_room, l->set_cnt, sizeof(*grown));
	set = sk_sets_new(&l->set->sets, sk_load_copy(l, sk_span_str(n->key)), (enum sk_set_kind)k);
	if (!grown || set < 0) {
		sk_load_no_memory(l);
		l->sets = grown ? grown : l->sets;
		return;
	}
	l->sets = grown;
	l->sets[l->set_cnt++] = (struct sk_load_set){ l->set->sets.sets[set].name, (uint32_t)set };
	if (!kind || l->disabled)
		return;
	if (values)
		read_values(l, (uint32_t)set, values, &m, meta);
	if (file)
		read_file(l, (uint32_t)set, file, meta);
}

void sk_load_indicators(struct sk_load *l, const struct sk_conf_node *n)
{
	if (n->type != SK_CONF_MAPPING) {
		sk_load_error(l, n, "indicators: expected a mapping of sets by name, found %s", sk_conf_what(n).text);
		return;
	}
	for (const struct sk_conf_node *c = n->child; c && !l->out_of_memory; c = c->next)
		read_set(l, c);
}
