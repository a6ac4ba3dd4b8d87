/* sink/redis/url.c — see url.h. */
#include "sink/redis/url.h"

#include <stdio.h>
#include <string.h>

#define PORT "6379"
#define SENTINEL_PORT "26379"
#define KEY "sekisho"
#define FIELD "eve"
#define DB_MAX 65535u

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes into a C string of size bytes; text that does not fit, a broken escape and NUL are errors. what: for the message. */
static int decode(struct sk_span s, char *out, size_t size, const char *what, struct sk_error *e)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int c = s.p[i];

		if (c == '%') {
			int high = i + 2 < s.n ? hex((char)s.p[i + 1]) : -1, low = i + 2 < s.n ? hex((char)s.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return sk_error_set(e, SK_E_CONFIG, "Redis URL: '%%' in the %s must be followed by two hex digits", what);
			c = high << 4 | low;
			i += 2;
		}
		if (c == 0)
			return sk_error_set(e, SK_E_CONFIG, "Redis URL: the %s holds a NUL", what);
		if (n + 1 >= size)
			return sk_error_set(e, SK_E_CONFIG, "Redis URL: the %s is longer than %zu bytes", what, size - 1);
		out[n++] = (char)c;
	}
	out[n] = 0;
	return 0;
}

static int number(const char *text, uint64_t max, uint64_t *v)
{
	*v = 0;
	if (!*text)
		return SK_E_FORMAT;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || *v > (max - (uint64_t)(*text - '0')) / 10)
			return SK_E_FORMAT;
		*v = *v * 10 + (uint64_t)(*text - '0');
	}
	return *v <= max ? 0 : SK_E_FORMAT;
}

static struct sk_span until(struct sk_span s, char c)
{
	const uint8_t *p = s.n ? memchr(s.p, c, s.n) : NULL;

	return sk_span(s.p, p ? (size_t)(p - s.p) : s.n);
}

static int parse_user(struct sk_redis_url *u, struct sk_span s, struct sk_error *e)
{
	struct sk_span user = until(s, ':');
	int rc = decode(user, u->user, sizeof(u->user), "user name", e);

	if (rc == 0 && user.n < s.n)
		rc = decode(sk_span_sub(s, user.n + 1, s.n), u->password, sizeof(u->password), "password", e);
	return rc;
}

static int check_port(const char *port)
{
	uint64_t v;

	return number(port, 65535, &v) < 0 || v == 0 ? SK_E_FORMAT : 0;
}

static int parse_host(struct sk_redis_url *u, struct sk_span s, struct sk_error *e)
{
	struct sk_redis_place *p = &u->places[u->place_cnt];
	struct sk_span host = until(s, ':'), port;

	if (u->place_cnt == SK_REDIS_PLACES)
		return sk_error_set(e, SK_E_CONFIG, "Redis URL: more than %u hosts", SK_REDIS_PLACES);
	u->place_cnt++;
	p->is_tls = u->is_tls;
	if (s.n && s.p[0] == '[') {
		host = until(s, ']');
		if (host.n == s.n)
			return sk_error_set(e, SK_E_CONFIG, "Redis URL: '[' without ']'");
		port = sk_span_sub(s, host.n + 1, s.n);
		host = sk_span_sub(host, 1, host.n);
	} else {
		port = sk_span_sub(s, host.n, s.n);
	}
	if (decode(host, p->host, sizeof(p->host), "host", e) < 0)
		return SK_E_CONFIG;
	if (!host.n && u->mode != SK_REDIS_ONE)
		return sk_error_set(e, SK_E_CONFIG, "Redis URL: expected hosts, separated by ','");
	if (!host.n)
		snprintf(p->host, sizeof(p->host), "127.0.0.1");
	snprintf(p->port, sizeof(p->port), "%s", u->mode == SK_REDIS_SENTINEL ? SENTINEL_PORT : PORT);
	if (!port.n)
		return 0;
	if (port.p[0] != ':' || port.n > 6 || decode(sk_span_sub(port, 1, port.n), p->port, sizeof(p->port), "port", e) < 0 ||
	    check_port(p->port) < 0)
		return sk_error_set(e, SK_E_CONFIG, "Redis URL: the port must be a number from 1 to 65535");
	return 0;
}

static int parse_hosts(struct sk_redis_url *u, struct sk_span s, struct sk_error *e)
{
	if (u->mode == SK_REDIS_ONE)
		return parse_host(u, s, e);
	for (;;) {
		struct sk_span one = until(s, ',');

		if (parse_host(u, one, e) < 0)
			return SK_E_CONFIG;
		if (one.n == s.n)
			return 0;
		s = sk_span_sub(s, one.n + 1, s.n);
	}
}

static int parse_db(struct sk_redis_url *u, const char *text, struct sk_error *e)
{
	uint64_t v;

	if (number(text, DB_MAX, &v) < 0)
		return sk_error_set(e, SK_E_CONFIG, "Redis URL: the database must be a number from 0 to %u", DB_MAX);
	u->db = (unsigned)v;
	return 0;
}

/* Names of masters are of these characters: Redis 7.0, src/sentinel.c, sentinelCheckCreateInstanceErrors has no rule; its example
 * configuration says letters, digits and ".-_". */
static int parse_master(struct sk_redis_url *u, struct sk_span s, struct sk_error *e)
{
	if (decode(s, u->master, sizeof(u->master), "master's name", e) < 0)
		return SK_E_CONFIG;
	if (!u->master[0] || strspn(u->master, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") != strlen(u->master))
		return sk_error_set(e, SK_E_CONFIG, "Redis URL: expected the master's name behind '/' (letters, digits, '.', '-', '_')");
	return 0;
}

/* Everything between the scheme and the query. */
static int parse_place(struct sk_redis_url *u, struct sk_span s, struct sk_error *e)
{
	struct sk_span authority = until(s, '/'), path = sk_span_sub(s, authority.n, s.n), host = authority;
	char db[16];

	for (size_t i = authority.n; i-- > 0;) {
		if (authority.p[i] != '@')
			continue;
		if (parse_user(u, sk_span_sub(authority, 0, i), e) < 0)
			return SK_E_CONFIG;
		host = sk_span_sub(authority, i + 1, authority.n);
		break;
	}
	if (u->is_unix) {
		if (host.n || path.n < 2)
			return sk_error_set(e, SK_E_CONFIG, "Redis URL: expected redis+unix:///path/to/socket");
		u->places[0].is_unix = true;
		u->place_cnt = 1;
		return decode(path, u->places[0].host, sizeof(u->places[0].host), "path", e);
	}
	if (parse_hosts(u, host, e) < 0)
		return SK_E_CONFIG;
	path = sk_span_sub(path, 1, path.n);
	if (u->mode == SK_REDIS_SENTINEL)
		return parse_master(u, path, e);
	if (!path.n)
		return 0;
	if (u->mode == SK_REDIS_CLUSTER)
		return sk_error_set(e, SK_E_CONFIG, "Redis URL: a cluster has no databases: expected '?' behind its hosts");
	if (decode(path, db, sizeof(db), "database", NULL) < 0)
		return parse_db(u, "", e);
	return parse_db(u, db, e);
}

static int check_template(const char *t, struct sk_error *e)
{
	for (; *t; t++) {
		size_t n;

		if ((t[0] == '{' || t[0] == '}') && t[1] == t[0]) {
			t++;
			continue;
		}
		if (*t == '}')
			return sk_error_set(e, SK_E_CONFIG, "Redis URL: '}' without '{' in the key; a brace itself is written '}}'");
		if (*t != '{')
			continue;
		n = strcspn(t, "}");
		if (!t[n] || !((n == 9 && strncmp(t, "{campaign", n) == 0) || (n == 9 && strncmp(t, "{severity", n) == 0) ||
			       (n == 5 && strncmp(t, "{rule", n) == 0)))
			return sk_error_set(e, SK_E_CONFIG, "Redis URL: in the key, braces hold campaign, severity or rule; a brace itself is written '{{'");
		t += n;
	}
	return 0;
}

static int parse_type(struct sk_redis_url *u, const char *v, struct sk_error *e)
{
	static const char *const words[] = { "list", "stream", "channel" };

	for (unsigned i = 0; i < SK_ARRAY_LEN(words); i++) {
		if (strcmp(v, words[i]) != 0)
			continue;
		u->type = (enum sk_redis_type)i;
		return 0;
	}
	return sk_error_set(e, SK_E_CONFIG, "Redis URL: type is list, stream or channel");
}

enum { KEY_KEY, KEY_TYPE, KEY_PUSH, KEY_FIELD, KEY_MAXLEN, KEY_HIGH, KEY_DB, KEY_CNT };
static const char *const key_names[KEY_CNT] = { "key", "type", "push", "field", "maxlen", "high", "db" };

static int set_key(struct sk_redis_url *u, unsigned which, const char *v, struct sk_error *e)
{
	switch (which) {
	case KEY_KEY:
		if (!*v)
			return sk_error_set(e, SK_E_CONFIG, "Redis URL: key is empty");
		snprintf(u->key, sizeof(u->key), "%s", v);
		return check_template(v, e);
	case KEY_TYPE:
		return parse_type(u, v, e);
	case KEY_PUSH:
		u->is_left = strcmp(v, "left") == 0;
		if (!u->is_left && strcmp(v, "right") != 0)
			return sk_error_set(e, SK_E_CONFIG, "Redis URL: push is right or left");
		return 0;
	case KEY_FIELD:
		if (!*v || strlen(v) >= sizeof(u->field))
			return sk_error_set(e, SK_E_CONFIG, "Redis URL: field is a name of 1 to %zu bytes", sizeof(u->field) - 1);
		memcpy(u->field, v, strlen(v) + 1);
		return 0;
	case KEY_DB:
		return parse_db(u, v, e);
	default:
		if (number(v, UINT64_C(1) << 40, which == KEY_HIGH ? &u->high : &u->maxlen) < 0)
			return sk_error_set(e, SK_E_CONFIG, "Redis URL: %s is a number", key_names[which]);
		return 0;
	}
}

static int parse_query(struct sk_redis_url *u, struct sk_span s, struct sk_error *e)
{
	char name[16], value[256];
	unsigned seen = 0;

	while (s.n) {
		struct sk_span pair = until(s, '&'), left = until(pair, '=');
		unsigned which = 0;

		s = sk_span_sub(s, pair.n + 1, s.n);
		if (!pair.n)
			continue;
		if (decode(left, name, sizeof(name), "name of a key", NULL) < 0)
			name[0] = 0;
		while (which < KEY_CNT && strcmp(name, key_names[which]) != 0)
			which++;
		if (which == KEY_CNT || left.n == pair.n)
			return sk_error_set(e, SK_E_CONFIG, "Redis URL: expected key=, type=, push=, field=, maxlen=, high= or db= behind '?'");
		if (seen & 1u << which)
			return sk_error_set(e, SK_E_CONFIG, "Redis URL: %s is given twice", name);
		seen |= 1u << which;
		if (decode(sk_span_sub(pair, left.n + 1, pair.n), value, sizeof(value), name, e) < 0 || set_key(u, which, value, e) < 0)
			return SK_E_CONFIG;
	}
	if ((seen & 1u << KEY_PUSH || seen & 1u << KEY_HIGH) && u->type != SK_REDIS_LIST)
		return sk_error_set(e, SK_E_CONFIG, "Redis URL: push and high belong to type=list");
	if ((seen & 1u << KEY_FIELD || seen & 1u << KEY_MAXLEN) && u->type != SK_REDIS_STREAM)
		return sk_error_set(e, SK_E_CONFIG, "Redis URL: field and maxlen belong to type=stream");
	return 0;
}

static void add_escaped(struct sk_buf *b, const char *s, const char *keep)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr(keep, c);

		if (plain)
			sk_buf_add_byte(b, c);
		else
			sk_buf_addf(b, "%%%02X", c);
	}
}

static void add_place(struct sk_buf *b, const struct sk_redis_url *u, unsigned i)
{
	const struct sk_redis_place *p = &u->places[i];

	if (i)
		sk_buf_add_byte(b, ',');
	if (strchr(p->host, ':') && !u->is_unix) {
		sk_buf_add_byte(b, '[');
		add_escaped(b, p->host, "-._~:");
		sk_buf_add_byte(b, ']');
	} else {
		add_escaped(b, p->host, u->is_unix ? "-._~/" : "-._~");
	}
	if (!u->is_unix)
		sk_buf_addf(b, ":%s", p->port);
}

static int make_name(struct sk_redis_url *u, struct sk_error *e)
{
	static const char *const types[] = { "", "&type=stream", "&type=channel" }, *const modes[] = { "", "-sentinel", "-cluster" };
	struct sk_buf b = { .cap = sizeof(u->name) - 1 };
	int rc = 0;

	sk_buf_addf(&b, "%s%s://", u->is_unix ? "redis+unix" : u->is_tls ? "rediss" : "redis", modes[u->mode]);
	for (unsigned i = 0; i < u->place_cnt; i++)
		add_place(&b, u, i);
	if (u->mode == SK_REDIS_SENTINEL)
		sk_buf_addf(&b, "/%s", u->master);
	else if (u->mode == SK_REDIS_ONE && !u->is_unix)
		sk_buf_addf(&b, "/%u", u->db);
	sk_buf_add_str(&b, "?key=");
	add_escaped(&b, u->key, "-._~:{}/");
	if ((u->is_unix || u->mode == SK_REDIS_SENTINEL) && u->db)
		sk_buf_addf(&b, "&db=%u", u->db);
	sk_buf_add_str(&b, types[u->type]);
	if (u->is_left)
		sk_buf_add_str(&b, "&push=left");
	if (strcmp(u->field, FIELD) != 0) {
		sk_buf_add_str(&b, "&field=");
		add_escaped(&b, u->field, "-._~");
	}
	if (b.failed)
		rc = sk_error_set(e, SK_E_CONFIG, "Redis URL: longer than %zu bytes", sizeof(u->name) - 1);
	else
		snprintf(u->name, sizeof(u->name), "%s", sk_buf_str(&b));
	sk_buf_fini(&b);
	return rc;
}

/* Keys of alerts and the sequence key must have one slot: a transaction has. */
static int check_slot(const struct sk_redis_url *u, struct sk_error *e)
{
	struct sk_buf one = { .cap = 1024 }, other = { .cap = 1024 }, side = { .cap = 1024 };
	int rc = SK_E_MEMORY;

	if (sk_redis_key(u->key, &(struct sk_redis_names){ "a", "a", "a" }, &one) == 0 &&
	    sk_redis_key(u->key, &(struct sk_redis_names){ "b", "b", "b" }, &other) == 0 &&
	    sk_redis_side_key(u->key, "seq", "", &side) == 0) {
		struct sk_span a = sk_redis_tag(sk_buf_span(&one)), b = sk_redis_tag(sk_buf_span(&other)), c = sk_redis_tag(sk_buf_span(&side));

		rc = sk_span_is(a, b) && sk_span_is(a, c) ? 0 : SK_E_CONFIG;
	}
	sk_buf_fini(&one);
	sk_buf_fini(&other);
	sk_buf_fini(&side);
	return rc == 0 ? 0 : sk_error_set(e, rc, "Redis URL: in a cluster all keys of a sensor must have one hash tag, without names: "
					  "key={{alerts}}:{campaign} instead of key=alerts:{campaign}");
}

static int parse_scheme(struct sk_redis_url *u, struct sk_span s, struct sk_error *e)
{
	static const struct {
		const char *name;
		enum sk_redis_mode mode;
		bool is_tls, is_unix;
	} schemes[] = {
		{ "redis", SK_REDIS_ONE, false, false }, { "rediss", SK_REDIS_ONE, true, false }, { "redis+unix", SK_REDIS_ONE, false, true },
		{ "redis-sentinel", SK_REDIS_SENTINEL, false, false }, { "rediss-sentinel", SK_REDIS_SENTINEL, true, false },
		{ "redis-cluster", SK_REDIS_CLUSTER, false, false }, { "rediss-cluster", SK_REDIS_CLUSTER, true, false } };

	for (size_t i = 0; i < SK_ARRAY_LEN(schemes); i++) {
		if (!sk_span_is(s, sk_span_str(schemes[i].name)))
			continue;
		u->mode = schemes[i].mode;
		u->is_tls = schemes[i].is_tls;
		u->is_unix = schemes[i].is_unix;
		return 0;
	}
	return sk_error_set(e, SK_E_CONFIG, "Redis URL: expected redis://, rediss://, redis+unix://, redis-sentinel:// or redis-cluster://");
}

int sk_redis_url_parse(struct sk_redis_url *u, const char *text, struct sk_error *e)
{
	struct sk_span s = sk_span_str(text), place;
	const char *sep = strstr(text, "://");

	memset(u, 0, sizeof(*u));
	snprintf(u->key, sizeof(u->key), KEY);
	snprintf(u->field, sizeof(u->field), FIELD);
	if (parse_scheme(u, sk_span(s.p, sep ? (size_t)(sep - text) : 0), e) < 0)
		return SK_E_CONFIG;
	s = sk_span_sub(s, (size_t)(sep - text) + 3, s.n);
	place = until(s, '?');
	/* What stands behind may be the rest of a password: nothing of it is repeated. */
	if (strchr(text, '@') && until(until(place, '/'), '@').n == until(place, '/').n)
		return sk_error_set(e, SK_E_CONFIG, "Redis URL: '@' behind '/' or '?'; write %%40, and in a password %%2F and %%3F for '/' and '?'");
	if (parse_place(u, place, e) < 0 || parse_query(u, sk_span_sub(s, place.n + 1, s.n), e) < 0)
		return SK_E_CONFIG;
	if (u->mode == SK_REDIS_CLUSTER && u->db)
		return sk_error_set(e, SK_E_CONFIG, "Redis URL: a cluster has no databases");
	if (u->mode == SK_REDIS_CLUSTER && u->type != SK_REDIS_CHANNEL && check_slot(u, e) < 0)
		return SK_E_CONFIG;
	return make_name(u, e);
}

int sk_redis_key(const char *template, const struct sk_redis_names *names, struct sk_buf *out)
{
	for (const char *t = template; *t; t++) {
		if ((t[0] == '{' || t[0] == '}') && t[1] == t[0]) {
			sk_buf_add_byte(out, (uint8_t)*t++);
		} else if (t[0] == '{') {
			sk_buf_add_str(out, t[1] == 'c' ? names->campaign : t[1] == 's' ? names->severity : names->rule);
			t += strcspn(t, "}");
		} else {
			sk_buf_add_byte(out, (uint8_t)*t);
		}
	}
	return out->failed ? SK_E_MEMORY : 0;
}

bool sk_redis_key_varies(const char *template)
{
	for (const char *t = template; *t; t++) {
		if (t[0] == '{' && t[1] != '{')
			return true;
		t += t[0] == '{';
	}
	return false;
}

struct sk_span sk_redis_tag(struct sk_span key)
{
	size_t from = until(key, '{').n + 1;
	struct sk_span in = from < key.n ? until(sk_span_sub(key, from, key.n), '}') : sk_span(key.p, 0);

	return in.n && from + in.n < key.n ? in : key;
}

/* A key with a tag of its own gives it; else all of it becomes the tag. */
int sk_redis_side_key(const char *template, const char *what, const char *sensor, struct sk_buf *out)
{
	struct sk_buf base = { .cap = 1024 };
	int rc = sk_redis_key(template, &(struct sk_redis_names){ "campaign", "severity", "rule" }, &base);
	struct sk_span key = sk_buf_span(&base);

	if (rc == 0)
		rc = sk_buf_addf(out, sk_redis_tag(key).n < key.n ? "%s:%s:%s" : "{%s}:%s:%s", sk_buf_str(&base), what, sensor);
	sk_buf_fini(&base);
	return rc;
}

int sk_redis_place_parse(struct sk_redis_place *p, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : 0;

	if (!colon || n >= sizeof(p->host) || strlen(colon + 1) >= sizeof(p->port) || check_port(colon + 1) < 0 || *text == '?')
		return SK_E_FORMAT;
	if (n) {
		memcpy(p->host, text, n);
		p->host[n] = 0;
	}
	memcpy(p->port, colon + 1, strlen(colon + 1) + 1);
	return 0;
}
