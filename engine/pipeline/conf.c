/* pipeline/conf.c — see conf.h.
 *
 * Every key is one row of the table below: how it is written, what it means, where it goes. Defaults are written as a user would
 * write them and go through the same parser.
 */
#include "pipeline/conf.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fmt.h"

enum type { BOOL, INT, SIZE, DURATION, TEXT, WORD, LIST };

struct key {
	const char *name;			/* section.key */
	enum type type;
	size_t off;				/* in struct sk_settings */
	const char *preset;
	uint64_t min, max;			/* of numbers */
	const char *const *words;		/* of WORD: values by index */
	const char *help;
};

static const char *const join_words[] = { "auto", "always", "never", NULL };
static const char *const classify_words[] = { "auto", "all", "off", NULL };
static const char *const sandbox_words[] = { "auto", "on", "off", NULL };
static const char *const checksum_words[] = { "auto", "all", "none", NULL };

#define AT(member) offsetof(struct sk_settings, member)
#define KB UINT64_C(1024)
#define GB (UINT64_C(1) << 30)

static const struct key keys[] = {
	{ "sensor", TEXT, AT(sensor), "", 0, 0, NULL, "name in alerts and Redis keys; empty: the host's name" },
	{ "workers", INT, AT(workers), "1", 1, 64, NULL, "threads that look at packets (-j)" },
	{ "rules", LIST, AT(rules), NULL, 0, 0, NULL, "campaign files or folders (-S); empty: those installed" },
	{ "disable", LIST, AT(disable), NULL, 0, 0, NULL, "campaigns or rules to leave out, by id" },
	{ "outputs", LIST, AT(outputs), NULL, 0, 0, NULL, "text[:FILE], json[:FILE], redis://… (-o); empty: text" },
	{ "plugin_dir", TEXT, AT(plugin_dir), "", 0, 0, NULL, "folder of plugins; empty: the installed one" },
	{ "pattern_cache", TEXT, AT(pattern_cache), "", 0, 0, NULL, "folder that keeps compiled patterns for the next start; empty: none" },
	{ "user", TEXT, AT(user), "", 0, 0, NULL, "live: run as this user once the interface is open" },
	{ "sandbox", WORD, AT(sandbox), "auto", 0, 0, sandbox_words,
	  "live: few system calls and paths once the interface is open; auto: as far as the system can, on: or not at all" },
	{ "stats", DURATION, AT(stats_ns), "60 s", 0, 86400000000000, NULL, "live: time between stats events; 0: none" },
	{ "capture.snaplen", SIZE, AT(snaplen), "256 KiB", 64, 1 << 20, NULL, "live: bytes taken of each packet" },
	{ "capture.buffer", SIZE, AT(ring), "64 MiB", KB, 4 * GB, NULL, "live: kernel ring per worker" },
	{ "capture.promiscuous", BOOL, AT(promiscuous), "yes", 0, 0, NULL, "live: also packets for others" },
	{ "capture.join", WORD, AT(join), "auto", 0, 0, join_words, "replay: does a file continue the one before (auto: within 60 s)" },
	{ "decode.checksums", WORD, AT(checksums), "auto", 0, 0, checksum_words, "verify; auto gives up where offloading is seen (-k)" },
	{ "defrag.max", SIZE, AT(defrag_max), "16 MiB", 64 * KB, 4 * GB, NULL, "fragments waiting, per worker" },
	{ "defrag.timeout", DURATION, AT(defrag_timeout), "30 s", 1000000, 3600000000000, NULL, "for the missing ones" },
	{ "flow.max", INT, AT(flow.max), "1000000", 16, 100000000, NULL, "flows at a time, per worker" },
	{ "flow.memory", SIZE, AT(flow.arena_cap), "256 KiB", 16 * KB, GB, NULL, "parser memory per flow" },
	{ "flow.total", SIZE, AT(flow.total), "1 GiB", 64 * KB * KB, 1024 * GB, NULL, "what all flows may hold, per worker" },
	{ "flow.timeout_new", DURATION, AT(flow.new_ns), "30 s", 1000000, 86400000000000, NULL, "half-open TCP" },
	{ "flow.timeout_established", DURATION, AT(flow.established_ns), "10 min", 1000000, 864000000000000, NULL, "silent TCP" },
	{ "flow.timeout_closed", DURATION, AT(flow.closed_ns), "5 s", 1000000, 86400000000000, NULL, "after FIN or RST" },
	{ "flow.timeout_datagram", DURATION, AT(flow.datagram_ns), "60 s", 1000000, 86400000000000, NULL, "UDP and the rest" },
	{ "flow.timeout_answered", DURATION, AT(flow.answered_ns), "2 s", 1000000, 86400000000000, NULL, "UDP whose last message was an answer (DNS)" },
	{ "reassembly.max", SIZE, AT(reassembly.max_bytes), "1 MiB", 4 * KB, GB, NULL, "bytes waiting for a hole, per direction" },
	{ "reassembly.total", SIZE, AT(reassembly.max_total), "256 MiB", 64 * KB, 64 * GB, NULL, "… per worker" },
	{ "reassembly.midstream", BOOL, AT(reassembly.midstream), "yes", 0, 0, NULL, "follow connections whose start was not seen" },
	{ "reassembly.policy", WORD, AT(policies.preset), "windows", 0, 0, sk_policy_names, "overlaps, where reassembly.policies has no network" },
	{ "classify.mode", WORD, AT(classify_mode), "all", 0, 0, classify_words,
	  "flows shown to nDPI; auto: those no parser knows, or all if a rule or plugin asks for ndpi.*" },
	{ "classify.packets", INT, AT(classify_packets), "8", 0, 64, NULL, "payload packets shown to nDPI; 0: none" },
	{ "classify.flows", INT, AT(classify_flows), "20000", 16, 10000000, NULL, "flows without a verdict of nDPI at a time, per worker" },
	{ "app.head", SIZE, AT(app.header_max), "64 KiB", KB, 16 * KB * KB, NULL, "bytes of an HTTP head" },
	{ "app.handshake", SIZE, AT(app.handshake_max), "128 KiB", 4 * KB, 16 * KB * KB, NULL, "bytes of a TLS handshake message" },
	{ "app.inflate_max", SIZE, AT(app.inflate_max), "256 MiB", KB, 64 * GB, NULL, "bytes out of one body or message" },
	{ "app.inflate_ratio", INT, AT(app.inflate_ratio_max), "500", 2, 1000000, NULL, "bytes out per byte in, after the first MiB" },
	{ "app.inflate_layers", INT, AT(inflate_layers), "4", 1, 8, NULL, "codings on top of each other" },
	{ "app.ranges", SIZE, AT(app.ranges_max), "32 MiB", 0, 64 * GB, NULL, "bytes of resources that come in pieces (206), per worker" },
	{ "detect.plugin_budget", DURATION, AT(plugin_budget), "50 ms", 0, 10000000000, NULL, "live: time for one call; 0: not watched" },
	{ "detect.plugin_memory", SIZE, AT(plugin_memory), "64 MiB", 64 * KB, 64 * GB, NULL, "per plugin and worker" },
	{ "campaign.keys", INT, AT(keys), "100000", 16, 100000000, NULL, "hosts with open sequences or counts" },
	{ "campaign.members", INT, AT(members), "64", 2, 10000, NULL, "alerts kept for one of them" },
	{ "campaign.memory", SIZE, AT(campaign_memory), "64 MiB", KB * KB, 64 * GB, NULL, "open sequences and counts with their alerts" },
	{ "campaign.queue", SIZE, AT(alert_queue), "64 MiB", KB * KB, 64 * GB, NULL, "alerts on their way to outputs, per worker" },
	{ "campaign.seen", SIZE, AT(seen), "16 MiB", KB, 64 * GB, NULL, "values remembered for unless" },
	{ "campaign.rule_per_min", INT, AT(rule_per_min), "0", 0, UINT32_MAX, NULL, "alerts of one rule per minute; 0: no limit" },
	{ "campaign.source_per_min", INT, AT(source_per_min), "0", 0, UINT32_MAX, NULL, "alerts of one client per minute; 0: no limit" },
	{ "spool.dir", TEXT, AT(spool_dir), "", 0, 0, NULL, "keeps alerts on disk until Redis has them; empty: in memory" },
	{ "spool.max", SIZE, AT(sink.spool_max), "1 GiB", KB * KB, 1024 * GB, NULL, "bytes on disk" },
	{ "spool.fsync", DURATION, AT(sink.fsync_ns), "200 ms", 0, 60000000000, NULL, "how often; 0: after every alert" },
	{ "spool.retain", DURATION, AT(sink.retain_ns), "10 min", 0, 86400000000000, NULL, "keep what Redis has acknowledged" },
	{ "redis.queue", SIZE, AT(sink.queue_max), "64 MiB", 64 * KB, 64 * GB, NULL, "alerts waiting in memory" },
	{ "redis.connect_timeout", DURATION, AT(sink.connect_timeout_ns), "3 s", 1000000, 600000000000, NULL, "" },
	{ "redis.command_timeout", DURATION, AT(sink.command_timeout_ns), "5 s", 1000000, 600000000000, NULL, "" },
	{ "redis.backoff_max", DURATION, AT(sink.backoff_max_ns), "10 s", 1000000, 600000000000, NULL, "longest time between attempts" },
	{ "redis.batch", INT, AT(sink.batch_max), "256", 1, 65536, NULL, "alerts in one go" },
	{ "redis.tls_ca", TEXT, AT(tls_ca), "", 0, 0, NULL, "CA certificates; empty: the system's" },
	{ "redis.tls_cert", TEXT, AT(tls_cert), "", 0, 0, NULL, "client certificate" },
	{ "redis.tls_key", TEXT, AT(tls_key), "", 0, 0, NULL, "and its key" },
	{ "redis.password_file", TEXT, AT(password_file), "", 0, 0, NULL, "first line is the password" },
	{ "redis.sentinel_user", TEXT, AT(sentinel_user), "", 0, 0, NULL, "user at the sentinels" },
	{ "redis.sentinel_password_file", TEXT, AT(sentinel_password_file), "", 0, 0, NULL, "first line is the password at the sentinels" },
};

static void *member(struct sk_settings *s, const struct key *k)
{
	return (char *)s + k->off;
}

int sk_settings_list_add(struct sk_settings_list *l, const char *item)
{
	char **items = realloc(l->items, (l->cnt + 2) * sizeof(*items));

	if (!items)
		return SK_E_MEMORY;
	l->items = items;
	items[l->cnt] = strdup(item);
	if (!items[l->cnt])
		return SK_E_MEMORY;
	items[++l->cnt] = NULL;
	return 0;
}

void sk_settings_list_clear(struct sk_settings_list *l)
{
	for (size_t i = 0; i < l->cnt; i++)
		free(l->items[i]);
	free(l->items);
	l->items = NULL;
	l->cnt = 0;
}

static int read_list(struct sk_settings_list *l, const struct sk_conf_node *n, struct sk_error *e)
{
	struct sk_span text;
	int rc = 0;

	sk_settings_list_clear(l);
	if (n->type == SK_CONF_SCALAR)
		return sk_settings_list_add(l, (const char *)n->text.p);
	if (n->type != SK_CONF_SEQUENCE)
		return sk_conf_error(n, e, "expected a list");
	for (const struct sk_conf_node *c = n->child; c && rc == 0; c = c->next) {
		rc = sk_conf_text(c, &text, e);
		if (rc == 0)
			rc = sk_settings_list_add(l, (const char *)text.p);
	}
	return rc;
}

static int read_text(char **out, const struct sk_conf_node *n, struct sk_error *e)
{
	struct sk_span text;
	int rc = sk_conf_text(n, &text, e);

	if (rc < 0)
		return rc;
	free(*out);
	*out = strdup((const char *)text.p);
	return *out ? 0 : SK_E_MEMORY;
}

static int read_key(struct sk_settings *s, const struct key *k, const struct sk_conf_node *n, struct sk_error *e)
{
	uint64_t v;
	int rc;

	switch (k->type) {
	case BOOL:
		return sk_conf_bool(n, member(s, k), e);
	case INT:
		return sk_conf_int(n, k->min, k->max, member(s, k), e);
	case SIZE:
		return sk_conf_bytes(n, k->min, k->max, member(s, k), e);
	case DURATION:
		rc = sk_conf_duration(n, &v, e);
		if (rc < 0)
			return rc;
		if (v < k->min || v > k->max)
			return sk_conf_error(n, e, "%s is out of range: %s", k->name, (const char *)n->text.p);
		*(uint64_t *)member(s, k) = v;
		return 0;
	case TEXT:
		return read_text(member(s, k), n, e);
	case WORD:
		return sk_conf_word(n, k->words, member(s, k), e);
	case LIST:
		return read_list(member(s, k), n, e);
	}
	SK_UNREACHABLE();
}

/* reassembly.policies: {10.0.0.0/8: windows} */
static int read_policies(struct sk_settings *s, const struct sk_conf_node *n, struct sk_error *e)
{
	unsigned word;
	int rc;

	if (n->type != SK_CONF_MAPPING)
		return sk_conf_error(n, e, "expected networks with policies, as in  10.0.0.0/8: windows");
	for (const struct sk_conf_node *c = n->child; c; c = c->next) {
		rc = sk_conf_word(c, sk_policy_names, &word, e);
		if (rc < 0)
			return rc;
		if (sk_policies_add(&s->policies, sk_span_str(c->key), (enum sk_policy)word) < 0)
			return sk_conf_error(c, e, "'%s' is no network, expected one as in 10.0.0.0/8", c->key);
	}
	return 0;
}

/* "2026-12-31" as the end of that day in UTC. */
static int read_date(const struct sk_conf_node *n, uint64_t *ns, struct sk_error *e)
{
	int y, m, d, end = 0;

	if (n->type != SK_CONF_SCALAR || sscanf((const char *)n->text.p, "%4d-%2d-%2d%n", &y, &m, &d, &end) != 3 ||
	    (size_t)end != n->text.n || y < 1970 || m < 1 || m > 12 || d < 1 || d > 31)
		return sk_conf_error(n, e, "expected a date as in 2026-12-31");
	/* days since 1970 of a civil date: Howard Hinnant, chrono-Compatible Low-Level Date Algorithms, days_from_civil */
	y -= m <= 2;
	int64_t era = y / 400, yoe = y - era * 400, doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	int64_t day = era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
	*ns = (uint64_t)(day + 1) * 86400000000000u;
	return 0;
}

static int read_allow_entry(struct sk_campaign_allow *a, const struct sk_conf_node *n, struct sk_error *e)
{
	static const char *const names[] = { "rule", "field", "value", "reason", "expires", NULL };
	struct sk_span text;

	if (n->type != SK_CONF_MAPPING)
		return sk_conf_error(n, e, "expected an entry with field, value and reason");
	for (const struct sk_conf_node *c = n->child; c; c = c->next) {
		unsigned i = 0;

		while (names[i] && strcmp(names[i], c->key) != 0)
			i++;
		if (!names[i])
			return sk_conf_error(c, e, "unknown key '%s', expected rule, field, value, reason or expires", c->key);
		if (i == 4) {
			if (read_date(c, &a->expires_ns, e) < 0)
				return SK_E_CONFIG;
			continue;
		}
		if (sk_conf_text(c, &text, e) < 0)
			return SK_E_CONFIG;
		*(i == 0 ? &a->rule : i == 1 ? &a->field : i == 2 ? &a->value : &a->reason) = (const char *)text.p;
	}
	if (!a->field || !a->value || !a->reason)
		return sk_conf_error(n, e, "an allow-list entry needs field, value and reason");
	return 0;
}

static int read_allow(struct sk_settings *s, const struct sk_conf_node *n, struct sk_error *e)
{
	size_t cnt = 0;

	if (n->type != SK_CONF_SEQUENCE)
		return sk_conf_error(n, e, "expected a list of entries with field, value and reason");
	for (const struct sk_conf_node *c = n->child; c; c = c->next)
		cnt++;
	free(s->allow);
	s->allow_cnt = 0;
	s->allow = calloc(cnt ? cnt : 1, sizeof(*s->allow));
	if (!s->allow)
		return SK_E_MEMORY;
	for (const struct sk_conf_node *c = n->child; c; c = c->next)
		if (read_allow_entry(&s->allow[s->allow_cnt++], c, e) < 0)
			return SK_E_CONFIG;
	return 0;
}

static int unknown(const struct sk_conf_node *n, const char *name, struct sk_error *e)
{
	const char *names[SK_ARRAY_LEN(keys) + 4] = { "reassembly.policies", "campaign.allow", "plugins" };
	const char *near;

	for (size_t i = 0; i < SK_ARRAY_LEN(keys); i++)
		names[i + 3] = keys[i].name;
	near = sk_conf_nearest(name, names);
	return near ? sk_conf_error(n, e, "unknown key '%s', did you mean '%s'?", name, near)
		    : sk_conf_error(n, e, "unknown key '%s' (sekisho --dump-config shows all)", name);
}

static int read_named(struct sk_settings *s, const char *name, const struct sk_conf_node *n, struct sk_error *e)
{
	for (size_t i = 0; i < SK_ARRAY_LEN(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return read_key(s, &keys[i], n, e);
	if (strcmp(name, "reassembly.policies") == 0)
		return read_policies(s, n, e);
	if (strcmp(name, "campaign.allow") == 0)
		return read_allow(s, n, e);
	return unknown(n, name, e);
}

static bool is_section(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < SK_ARRAY_LEN(keys); i++)
		if (strncmp(keys[i].name, name, n) == 0 && keys[i].name[n] == '.')
			return true;
	return false;
}

static int read_tree(struct sk_settings *s, const struct sk_conf_node *root, struct sk_error *e)
{
	char name[128];
	int rc = 0;

	if (root->type != SK_CONF_MAPPING)
		return sk_conf_error(root, e, "expected keys with values");
	for (const struct sk_conf_node *n = root->child; n && rc == 0; n = n->next) {
		if (strcmp(n->key, "plugins") == 0) {
			if (n->type != SK_CONF_MAPPING)
				return sk_conf_error(n, e, "expected plugin names");
			s->plugins = n;
		} else if (!is_section(n->key)) {
			rc = read_named(s, n->key, n, e);
		} else if (n->type != SK_CONF_MAPPING) {
			rc = sk_conf_error(n, e, "'%s' is a section: its keys go below it, indented", n->key);
		} else {
			for (const struct sk_conf_node *c = n->child; c && rc == 0; c = c->next) {
				snprintf(name, sizeof(name), "%s.%s", n->key, c->key);
				rc = read_named(s, name, c, e);
			}
		}
	}
	return rc;
}

static int keep_tree(struct sk_settings *s, struct sk_conf_tree *t)
{
	struct sk_conf_tree **trees = realloc(s->trees, (s->tree_cnt + 1) * sizeof(*trees));

	if (!trees) {
		sk_conf_free(t);
		return SK_E_MEMORY;
	}
	s->trees = trees;
	trees[s->tree_cnt++] = t;
	return 0;
}

int sk_settings_load(struct sk_settings *s, const char *path, struct sk_error *e)
{
	struct sk_conf_tree *t;
	int rc = sk_conf_load_file(&t, path, e);

	if (rc == 0)
		rc = keep_tree(s, t);
	return rc < 0 ? rc : read_tree(s, sk_conf_root(t), e);
}

/* The YAML of one value, as a node of a tree of its own. */
static int load_value(struct sk_conf_tree **t, const struct sk_conf_node **value, const char *name, const char *text, struct sk_error *e)
{
	struct sk_buf b = { .cap = 1 << 16 };
	int rc;

	sk_buf_addf(&b, "value: %s\n", *text ? text : "\"\"");
	rc = b.failed ? sk_error_set(e, SK_E_CONFIG, "too long") : sk_conf_load_text(t, name, sk_buf_span(&b), e);
	sk_buf_fini(&b);
	if (rc < 0)
		return rc;
	*value = sk_conf_get(sk_conf_root(*t), "value");
	return 0;
}

/* Characters YAML does not take as they are, or takes for line breaks (YAML 1.2.2 5.1, 5.4), as escapes. Bytes taken, or 0. */
static size_t add_escaped(struct sk_buf *b, const uint8_t *c)
{
	if (*c < 0x20 || *c == 0x7f) {
		sk_buf_addf(b, "\\x%02x", *c);
		return 1;
	}
	if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0) {
		sk_buf_addf(b, "\\x%02x", c[1]);
		return 2;
	}
	if (c[0] == 0xe2 && c[1] == 0x80 && (c[2] == 0xa8 || c[2] == 0xa9)) {
		sk_buf_addf(b, "\\u20%02x", c[2] - 0x80);
		return 3;
	}
	if (c[0] == 0xef && ((c[1] == 0xbb && c[2] == 0xbf) || (c[1] == 0xbf && c[2] >= 0xbe))) {
		sk_buf_addf(b, "\\u%04x", (c[0] & 15u) << 12 | (c[1] & 63u) << 6 | (c[2] & 63u));
		return 3;
	}
	return 0;
}

/* A scalar in YAML double quotes, or bare where that is the same. */
static void add_scalar(struct sk_buf *b, const char *text)
{
	static const char bare[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
	const uint8_t *c = (const uint8_t *)text;

	if (*text && text[strspn(text, bare)] == 0 && strspn(text, "-.") == 0) {
		sk_buf_add_str(b, text);
		return;
	}
	sk_buf_add_byte(b, '"');
	while (*c) {
		size_t n = add_escaped(b, c);

		if (*c == '"' || *c == '\\')
			sk_buf_add_byte(b, '\\');
		if (n == 0)
			sk_buf_add_byte(b, *c);
		c += n ? n : 1;
	}
	sk_buf_add_byte(b, '"');
}

/* The plugins mapping with one option of one plugin replaced, as a tree of its own. */
static int set_plugin(struct sk_settings *s, const char *name, const char *option, const char *value, struct sk_error *e)
{
	struct sk_buf b = { .cap = 1 << 20 };
	struct sk_conf_tree *t;
	const struct sk_conf_node *old = s->plugins ? sk_conf_get(s->plugins, name) : NULL;
	int rc;

	sk_buf_add_str(&b, "plugins:\n");
	for (const struct sk_conf_node *p = s->plugins ? s->plugins->child : NULL; p; p = p->next) {
		if (p == old)
			continue;
		sk_buf_addf(&b, "  %s:\n", p->key);
		for (const struct sk_conf_node *o = p->child; o; o = o->next) {
			sk_buf_addf(&b, "    %s: ", o->key);
			add_scalar(&b, (const char *)o->text.p);
			sk_buf_add_byte(&b, '\n');
		}
	}
	sk_buf_addf(&b, "  %s:\n", name);
	for (const struct sk_conf_node *o = old ? old->child : NULL; o; o = o->next) {
		if (strcmp(o->key, option) == 0)
			continue;
		sk_buf_addf(&b, "    %s: ", o->key);
		add_scalar(&b, (const char *)o->text.p);
		sk_buf_add_byte(&b, '\n');
	}
	sk_buf_addf(&b, "    %s: ", option);
	add_scalar(&b, value);
	sk_buf_add_byte(&b, '\n');
	rc = b.failed ? SK_E_MEMORY : sk_conf_load_text(&t, "--set", sk_buf_span(&b), e);
	sk_buf_fini(&b);
	if (rc == 0)
		rc = keep_tree(s, t);
	if (rc == 0)
		s->plugins = sk_conf_get(sk_conf_root(t), "plugins");
	return rc;
}

int sk_settings_set(struct sk_settings *s, const char *assignment, struct sk_error *e)
{
	const char *eq = strchr(assignment, '=');
	const struct sk_conf_node *value;
	struct sk_conf_tree *t;
	char name[128];
	int rc;

	if (!eq || eq == assignment || (size_t)(eq - assignment) >= sizeof(name))
		return sk_error_set(e, SK_E_CONFIG, "--set %s: expected key=value", assignment);
	snprintf(name, sizeof(name), "%.*s", (int)(eq - assignment), assignment);
	if (strncmp(name, "plugins.", 8) == 0) {
		char *plugin = name + 8, *dot = strchr(plugin, '.');

		if (!dot || !dot[1] || dot == plugin)
			return sk_error_set(e, SK_E_CONFIG, "--set %s: expected plugins.NAME.OPTION=value", assignment);
		*dot = 0;
		return set_plugin(s, plugin, dot + 1, eq + 1, e);
	}
	rc = load_value(&t, &value, "--set", eq + 1, e);
	if (rc == 0)
		rc = keep_tree(s, t);
	if (rc == 0)
		rc = read_named(s, name, value, e);
	if (rc < 0 && e) {
		char why[SK_ERROR_TEXT_MAX];

		snprintf(why, sizeof(why), "%s", e->text);
		sk_error_set(e, SK_E_CONFIG, "--set %.120s: %.380s", assignment, why);
	}
	return rc;
}

int sk_settings_init(struct sk_settings *s)
{
	char host[256] = "sekisho";
	struct sk_error e;

	memset(s, 0, sizeof(*s));
	s->sink = sk_sink_conf_default;
	s->app = sk_app_conf_default;
	for (size_t i = 0; i < SK_ARRAY_LEN(keys); i++) {
		const struct sk_conf_node *value;
		struct sk_conf_tree *t;

		if (!keys[i].preset)
			continue;
		if (keys[i].type == TEXT) {
			char **text = member(s, &keys[i]);

			*text = strdup(keys[i].preset);
			if (!*text)
				return SK_E_MEMORY;
			continue;
		}
		if (load_value(&t, &value, "default", keys[i].preset, &e) < 0)
			return SK_E_MEMORY;
		SK_ASSERT(read_key(s, &keys[i], value, &e) == 0);
		sk_conf_free(t);
	}
	gethostname(host, sizeof(host) - 1);
	free(s->sensor);
	s->sensor = strdup(host);
	return s->sensor ? 0 : SK_E_MEMORY;
}

void sk_settings_fini(struct sk_settings *s)
{
	for (size_t i = 0; i < SK_ARRAY_LEN(keys); i++) {
		if (keys[i].type == TEXT)
			free(*(char **)member(s, &keys[i]));
		else if (keys[i].type == LIST)
			sk_settings_list_clear(member(s, &keys[i]));
	}
	sk_policies_fini(&s->policies);
	free(s->allow);
	for (size_t i = 0; i < s->tree_cnt; i++)
		sk_conf_free(s->trees[i]);
	free(s->trees);
	memset(s, 0, sizeof(*s));
}

static void show_duration(char *buf, size_t size, uint64_t ns)
{
	static const struct { const char *name; uint64_t factor; } units[] = {
		{ "h", 3600000000000 }, { "min", 60000000000 }, { "s", 1000000000 }, { "ms", 1000000 }, { "us", 1000 }, { "ns", 1 } };
	size_t i = 0;

	while (ns && ns % units[i].factor)
		i++;
	snprintf(buf, size, "%" PRIu64 " %s", ns / units[ns ? i : 2].factor, units[ns ? i : 2].name);
}

static void show_size(char *buf, size_t size, uint64_t bytes)
{
	static const char *const names[] = { "", " KiB", " MiB", " GiB" };
	unsigned i = 0;

	while (i < 3 && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		i++;
	}
	snprintf(buf, size, "%" PRIu64 "%s", bytes, names[i]);
}

static void show_value(const struct sk_settings *s, const struct key *k, struct sk_buf *b)
{
	const void *m = (const char *)s + k->off;
	char text[64];

	switch (k->type) {
	case BOOL:
		sk_buf_add_str(b, *(const bool *)m ? "yes" : "no");
		break;
	case INT:
		sk_buf_addf(b, "%" PRIu64, *(const uint64_t *)m);
		break;
	case SIZE:
		show_size(text, sizeof(text), *(const uint64_t *)m);
		sk_buf_add_str(b, text);
		break;
	case DURATION:
		show_duration(text, sizeof(text), *(const uint64_t *)m);
		sk_buf_add_str(b, text);
		break;
	case TEXT:
		add_scalar(b, *(char *const *)m);
		break;
	case WORD:
		sk_buf_add_str(b, k->words[*(const unsigned *)m]);
		break;
	case LIST: {
		const struct sk_settings_list *l = m;

		sk_buf_add_byte(b, '[');
		for (size_t i = 0; i < l->cnt; i++) {
			const char *at = strrchr(l->items[i], '@'), *slashes = strstr(l->items[i], "://");

			if (i)
				sk_buf_add_str(b, ", ");
			if (at && slashes && at > slashes) {	/* credentials of a URL */
				struct sk_buf u = { 0 };

				sk_buf_addf(&u, "%.*s***%s", (int)(slashes + 3 - l->items[i]), l->items[i], at);
				add_scalar(b, sk_buf_str(&u));
				sk_buf_fini(&u);
			} else {
				add_scalar(b, l->items[i]);
			}
		}
		sk_buf_add_byte(b, ']');
		break;
	}
	}
}

void sk_settings_dump(const struct sk_settings *s, void *out)
{
	char section[64] = "";
	struct sk_buf b = { 0 };

	for (size_t i = 0; i < SK_ARRAY_LEN(keys); i++) {
		const struct key *k = &keys[i];
		const char *dot = strchr(k->name, '.');

		if (dot && (strncmp(section, k->name, (size_t)(dot - k->name)) != 0 || section[dot - k->name])) {
			snprintf(section, sizeof(section), "%.*s", (int)(dot - k->name), k->name);
			fprintf(out, "%s:\n", section);
		}
		sk_buf_clear(&b);
		sk_buf_addf(&b, "%s%s: ", dot ? "  " : "", dot ? dot + 1 : k->name);
		show_value(s, k, &b);
		fprintf(out, *k->help ? "%-39s # %s\n" : "%s\n", sk_buf_str(&b), k->help);
		if (strcmp(k->name, "reassembly.policy") == 0 && s->policies.cnt) {
			fprintf(out, "  policies:\n");
			for (size_t n = 0; n < s->policies.cnt; n++) {
				char addr[SK_ADDR_TEXT_MAX];

				fprintf(out, "    %s/%u: %s\n", sk_fmt_addr(&s->policies.nets[n].net, addr),
					s->policies.nets[n].prefix, sk_policy_names[s->policies.nets[n].policy]);
			}
		}
	}
	for (const struct sk_conf_node *p = s->plugins ? s->plugins->child : NULL; p; p = p->next) {
		if (p == s->plugins->child)
			fprintf(out, "plugins:\n");
		fprintf(out, "  %s:\n", p->key);
		for (const struct sk_conf_node *o = p->child; o; o = o->next) {
			sk_buf_clear(&b);
			add_scalar(&b, (const char *)o->text.p);
			fprintf(out, "    %s: %s\n", o->key, sk_buf_str(&b));
		}
	}
	sk_buf_fini(&b);
}
