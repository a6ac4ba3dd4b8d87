/* rules/rule.c — one rule of a campaign file: its keys beside the conditions. */
#include <stdio.h>
#include <stdlib.h>

#include "rules/load.h"

static const char *const rule_keys[] = {
	"id", "sid", "rev", "title", "reason", "severity", "confidence", "attack", "references", "stage", "mark", "mask", "on", "where",
	"sequence", "count", "distinct", "absent", "limit", "tests", "enabled", "note", NULL
};
static const char *const severities[] = { "info", "low", "medium", "high", "critical", NULL };
static const char *const types[] = { "where", "sequence", "count", "distinct", "absent", NULL };

static uint32_t fnv(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h;
}

static void read_number(struct sk_load *l, const struct sk_conf_node *rule, const char *key, uint64_t min, uint64_t max,
	uint32_t *out)
{
	const struct sk_conf_node *n = sk_conf_get(rule, key);
	struct sk_error e;
	uint64_t v;

	if (n && sk_conf_int(n, min, max, &v, &e) < 0)
		sk_load_tell(l, &e);
	else if (n)
		*out = (uint32_t)v;
}

static bool read_bool(struct sk_load *l, const struct sk_conf_node *rule, const char *key, bool otherwise)
{
	const struct sk_conf_node *n = sk_conf_get(rule, key);
	struct sk_error e;

	if (n && sk_conf_bool(n, &otherwise, &e) < 0)
		sk_load_tell(l, &e);
	return otherwise;
}

/* T1190, T1059.001, TA0001. */
static bool is_technique(const char *s)
{
	unsigned i = s[0] == 'T' ? s[1] == 'A' ? 2 : 1 : 0, n = i;

	if (i == 0)
		return false;
	while (s[i] >= '0' && s[i] <= '9')
		i++;
	if (i - n != 4)
		return false;
	if (s[i] == '.' && n == 1) {
		n = ++i;
		while (s[i] >= '0' && s[i] <= '9')
			i++;
		if (i - n != 3)
			return false;
	}
	return s[i] == 0;
}

static void read_attack(struct sk_load *l, struct sk_rule *r, const struct sk_conf_node *n)
{
	const struct sk_conf_node *c = n && n->type == SK_CONF_SEQUENCE ? n->child : n;

	r->attack = sk_load_texts(l, n);
	for (; c; c = c->next) {
		if (c->type == SK_CONF_SCALAR && c->text.n && !is_technique((const char *)c->text.p))
			sk_load_error(l, c, "expected an ATT&CK id such as T1190 or T1059.001, found %s", sk_conf_what(c).text);
		if (n->type != SK_CONF_SEQUENCE)
			break;
	}
}

static bool is_relative(const char *s)
{
	if (s[0] == '/')
		return false;
	for (const char *p = s; (p = strstr(p, "..")); p += 2)
		if ((p == s || p[-1] == '/') && (p[2] == 0 || p[2] == '/'))
			return false;
	return true;
}

static void read_test(struct sk_load *l, const struct sk_conf_node *n, struct sk_rule_test *t)
{
	static const char *const names[] = { "pcap", "alerts", NULL };
	const struct sk_conf_node *pcap, *alerts;
	struct sk_error e;
	uint64_t v;

	t->alerts = -1;
	t->pcap = "";
	t->line = n->line;
	if (!sk_load_mapping(l, n, "a test", names))
		return;
	pcap = sk_conf_get(n, "pcap");
	alerts = sk_conf_get(n, "alerts");
	if (!pcap)
		sk_load_error(l, n, "test has no pcap");
	else if ((t->pcap = sk_load_text(l, pcap)) && !is_relative(t->pcap))
		sk_load_error(l, pcap, "expected a path below pcaps/, found %s", sk_conf_what(pcap).text);
	if (!alerts || (alerts->type == SK_CONF_SCALAR && sk_span_is_str(alerts->text, "some")))
		return;
	if (alerts->type == SK_CONF_SCALAR && sk_conf_int(alerts, 0, UINT32_MAX, &v, &e) == 0)
		t->alerts = (int64_t)v;
	else
		sk_load_error(l, alerts, "expected a number of alerts, or 'some' for at least one, found %s", sk_conf_what(alerts).text);
}

static void read_tests(struct sk_load *l, struct sk_rule *r, const struct sk_conf_node *n)
{
	struct sk_rule_test *tests;
	size_t cnt = 0;

	if (!n)
		return;
	if (n->type != SK_CONF_SEQUENCE) {
		sk_load_error(l, n, "tests: expected a list, found %s", sk_conf_what(n).text);
		return;
	}
	for (const struct sk_conf_node *c = n->child; c; c = c->next)
		cnt++;
	tests = sk_load_alloc(l, cnt * sizeof(*tests));
	if (!tests)
		return;
	r->tests = tests;
	for (const struct sk_conf_node *c = n->child; c; c = c->next)
		read_test(l, c, &tests[r->test_cnt++]);
}

static enum sk_rule_type read_type(struct sk_load *l, struct sk_crule *r, const struct sk_conf_node *n)
{
	const struct sk_conf_node *first = NULL, *c;
	enum sk_rule_type type = SK_RULE_EVENT;

	for (unsigned i = 0; types[i]; i++) {
		c = sk_conf_get(n, types[i]);
		if (!c)
			continue;
		if (first) {
			sk_load_error_key(l, c, "'%s' beside '%s'; expected one of where, sequence, count, distinct and absent", c->key, first->key);
			continue;
		}
		first = r->body = c;
		type = (enum sk_rule_type)i;
	}
	if (!first)
		sk_load_error(l, n, "rule '%s' has no conditions; expected on and where, or sequence, count, distinct or absent", r->pub.id);
	return type;
}

static void read_event(struct sk_load *l, struct sk_crule *r, const struct sk_conf_node *n)
{
	const struct sk_registry *reg = &l->set->registry;
	const struct sk_conf_node *on = sk_conf_get(n, "on");
	const char *names[SK_KIND_MAX + 1];
	char hint[128];
	int kind;

	if (r->pub.type != SK_RULE_EVENT) {
		if (on)
			sk_load_error_key(l, on, "'on' does not go with '%s'", types[r->pub.type]);
		return;
	}
	if (!on) {
		if (r->body)
			sk_load_error(l, n, "rule '%s' has no event; expected on: http.request or another kind", r->pub.id);
		return;
	}
	kind = on->type == SK_CONF_SCALAR ? sk_registry_find(reg, on->text) : -1;
	for (uint32_t i = 0; kind < 0 && on->type == SK_CONF_SCALAR && i < reg->off_file_cnt; i++) {
		const size_t len = strlen(reg->off_files[i]);

		if (on->text.n > len && memcmp(on->text.p, reg->off_files[i], len) == 0 && on->text.p[len] == '.') {
			r->blind = reg->off_files[i];
			return;
		}
	}
	if (kind < 0) {
		for (uint32_t i = 0; i < reg->cnt; i++)
			names[i] = reg->kinds[i]->name;
		names[reg->cnt] = NULL;
		if (on->type == SK_CONF_SCALAR && on->text.n)
			sk_load_error(l, on, "unknown event %s%s", sk_conf_what(on).text,
				sk_load_hint((const char *)on->text.p, names, hint, sizeof(hint)));
		else
			sk_load_error(l, on, "expected the name of an event, found %s", sk_conf_what(on).text);
		return;
	}
	r->pub.kind = (unsigned)kind;
	r->blind = reg->off[kind];
	if (r->body)
		r->where = sk_load_where(l, (unsigned)kind, r->body);
}

/* False when the rule has no id to go on with. */
static bool read_id(struct sk_load *l, struct sk_crule *r, const struct sk_conf_node *n)
{
	const struct sk_conf_node *id = sk_conf_get(n, "id");
	struct sk_crule **bucket, *other;

	r->pub.id = "";
	if (!id) {
		sk_load_error(l, n, "rule has no id");
		return false;
	}
	if (id->type != SK_CONF_SCALAR || !sk_load_is_id(id->text)) {
		sk_load_error(l, id, "expected an id of a-z, 0-9, '-', '_' and '.', found %s", sk_conf_what(id).text);
		return false;
	}
	r->pub.id = sk_load_copy(l, id->text);
	if (!r->pub.id)
		return false;
	bucket = &l->id_buckets[fnv(r->pub.id) % SK_LOAD_BUCKETS];
	for (other = *bucket; other; other = other->next_id)
		if (strcmp(other->pub.id, r->pub.id) == 0)
			sk_load_error(l, id, "duplicate rule id '%s', first in %s:%d", r->pub.id, other->pub.file, other->pub.line);
	r->next_id = *bucket;
	*bucket = r;
	return true;
}

static void read_texts(struct sk_load *l, struct sk_rule *r, const struct sk_conf_node *n)
{
	const struct sk_conf_node *c = sk_conf_get(n, "severity");
	struct sk_error e;
	unsigned word = 0;

	r->title = sk_load_text(l, sk_conf_get(n, "title"));
	if (!sk_conf_get(n, "title"))
		sk_load_error(l, n, "rule '%s' has no title", r->id);
	r->reason = sk_load_text(l, sk_conf_get(n, "reason"));
	r->mark = read_bool(l, n, "mark", false);
	r->mask = read_bool(l, n, "mask", false);
	r->severity = SK_SEVERITY_INFO;
	if (c && sk_conf_word(c, severities, &word, &e) < 0)
		sk_load_tell(l, &e);
	else if (c)
		r->severity = SK_SEVERITY_INFO + word;
	else if (!r->mark)
		sk_load_error(l, n, "rule '%s' has no severity; expected critical, high, medium, low or info", r->id);
	r->confidence = 75;
	read_number(l, n, "confidence", 0, 100, &r->confidence);
	r->rev = 1;
	read_number(l, n, "rev", 1, UINT32_MAX, &r->rev);
	r->sid = 0x40000000u | (fnv(r->id) & 0x3fffffffu);
	read_number(l, n, "sid", 1, 0x7fffffff, &r->sid);
	read_attack(l, r, sk_conf_get(n, "attack"));
	r->references = sk_load_texts(l, sk_conf_get(n, "references"));
	r->stage = sk_load_text(l, sk_conf_get(n, "stage"));
	(void)sk_load_text(l, sk_conf_get(n, "note"));
}

static bool is_off(const struct sk_load *l, const char *id)
{
	for (const char *const *d = l->src->disabled; d && *d; d++)
		if (strcmp(*d, id) == 0)
			return true;
	return l->disabled;
}

void sk_load_rule(struct sk_load *l, const struct sk_conf_node *n)
{
	struct sk_crule **grown = sk_rules_grow(l->set->rules, &l->rule_room, l->set->rule_cnt, sizeof(struct sk_crule *));
	struct sk_crule *r = sk_load_alloc(l, sizeof(*r));

	if (grown)
		l->set->rules = grown;
	if (!grown || !r) {
		sk_load_no_memory(l);
		return;
	}
	if (!sk_load_mapping(l, n, "a rule", rule_keys))
		return;
	r->node = n;
	r->pub.file = l->file;
	r->pub.line = n->line;
	r->pub.campaign = l->campaign;
	r->pub.kind = SK_KIND_NONE;
	if (read_id(l, r, n))
		grown[l->set->rule_cnt++] = r;
	r->pub.type = read_type(l, r, n);
	read_texts(l, &r->pub, n);
	read_tests(l, &r->pub, sk_conf_get(n, "tests"));
	read_event(l, r, n);
	/* switched off: checked like the others, then left out */
	r->off = !read_bool(l, n, "enabled", true) || is_off(l, r->pub.id);
	if (r->off)
		r->blind = NULL;
	else if (r->blind)
		r->off = true;
}
