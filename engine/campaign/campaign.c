/* campaign/campaign.c — see campaign.h.
 *
 * An alert that arrives is first held against the allow-list, then leaves unless a limit holds it back, then counts as a step of
 * the rules it is a step of, in the order in which they were loaded. What those rules make of it goes the same way at once, so
 * that an alert stands directly before those it completes. Limits hold back output, never steps.
 */
#include "campaign/campaign.h"

#include <stdlib.h>

#include "campaign/campaign_priv.h"

#define KEYS_PRESET 65536u
#define MEMBERS_PRESET 64u
#define BYTES_PRESET (UINT64_C(64) << 20)

SK_COUNTER_TABLE(campaign, SK_CAMPAIGN_COUNTERS)

static bool is_step(const struct sk_rule *parent, const char *id)
{
	for (size_t i = 0; i < parent->correlation->step_cnt; i++)
		if (strcmp(parent->correlation->steps[i]->id, id) == 0)
			return true;
	return false;
}

static int find_parents(struct sk_campaign *c, struct sk_rule_state *s, const char *id)
{
	size_t n = 0;

	for (size_t i = 0; i < c->correlation_cnt; i++)
		n += is_step(sk_rules_at(c->rules, c->correlations[i]), id);
	if (n == 0)
		return 0;
	s->parents = calloc(n, sizeof(*s->parents));
	if (!s->parents)
		return SK_E_MEMORY;
	for (size_t i = 0; i < c->correlation_cnt; i++)
		if (is_step(sk_rules_at(c->rules, c->correlations[i]), id))
			s->parents[s->parent_cnt++] = c->correlations[i];
	return 0;
}

static struct sk_rule_state *state_of(struct sk_campaign *c, const struct sk_rule *r)
{
	struct sk_rule_state *s;

	if (r->index < c->state_cnt && c->states[r->index].rule == r)
		return &c->states[r->index];
	for (size_t i = 0; i < c->foreign_cnt; i++)
		if (strcmp(c->foreign[i].id, r->id) == 0)
			return &c->foreign[i];
	if (c->foreign_cnt == SK_CAMPAIGN_FOREIGN_MAX)
		return &c->others;
	s = &c->foreign[c->foreign_cnt];
	*s = (struct sk_rule_state){ .id = strdup(r->id) };
	if (!s->id || find_parents(c, s, r->id) < 0) {
		free(s->id);
		return &c->others;
	}
	c->foreign_cnt++;
	return s;
}

static void open_fini(void *cx, struct sk_key *k)
{
	struct sk_campaign *c = cx;
	const struct sk_rule *r = sk_rules_at(c->rules, k->owner);

	switch (r->type) {
	case SK_RULE_SEQUENCE:
		sk_sequence_fini(c, r, k);
		break;
	case SK_RULE_COUNT:
	case SK_RULE_DISTINCT:
		sk_tally_fini(c, k);
		break;
	default:
		sk_absent_fini(c, k);
		break;
	}
}

static int states_new(struct sk_campaign *c)
{
	size_t cnt = sk_rules_count(c->rules);

	c->states = calloc(cnt ? cnt : 1, sizeof(*c->states));
	c->waits = calloc(cnt ? cnt : 1, sizeof(*c->waits));
	c->foreign = calloc(SK_CAMPAIGN_FOREIGN_MAX, sizeof(*c->foreign));
	c->correlations = calloc(cnt ? cnt : 1, sizeof(*c->correlations));
	if (!c->states || !c->waits || !c->foreign || !c->correlations)
		return SK_E_MEMORY;
	c->state_cnt = cnt;
	for (size_t i = 0; i < cnt; i++) {
		c->states[i].rule = sk_rules_at(c->rules, i);
		if (c->states[i].rule->correlation && c->states[i].rule->correlation->step_cnt)
			c->correlations[c->correlation_cnt++] = (uint32_t)i;
	}
	for (size_t i = 0; i < cnt && c->correlation_cnt; i++)
		if (find_parents(c, &c->states[i], c->states[i].rule->id) < 0)
			return SK_E_MEMORY;
	return 0;
}

/* Open states and limits by bytes, each table's buckets (doubled while the old ones are there), the pairs of hosts of the summary. */
uint64_t sk_campaign_bytes(const struct sk_campaign_conf *conf)
{
	const uint64_t key = sizeof(struct sk_key) + 32, keys = conf->max_keys ? conf->max_keys : KEYS_PRESET;

	return 2 * (conf->max_bytes ? conf->max_bytes : BYTES_PRESET) + 3 * keys * 3 * sizeof(struct sk_key *) +
	       2 * SK_CAMPAIGN_SUMMARY_MAX * (key + 512) + SK_CAMPAIGN_FOREIGN_MAX * sizeof(struct sk_rule_state);
}

struct sk_campaign *sk_campaign_new(const struct sk_ruleset *rules, const struct sk_campaign_conf *conf, sk_campaign_emit_fn *emit,
				    void *cx)
{
	struct sk_campaign *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->rules = rules;
	c->conf = *conf;
	c->conf.max_keys = conf->max_keys ? conf->max_keys : KEYS_PRESET;
	c->conf.max_members = conf->max_members ? conf->max_members : MEMBERS_PRESET;
	c->conf.max_bytes = conf->max_bytes ? conf->max_bytes : BYTES_PRESET;
	c->emit = emit;
	c->cx = cx;
	sk_arena_init(&c->scratch, 4096, 256 * 1024);
	c->summary = sk_summary_new();
	if (!c->summary || states_new(c) < 0 || sk_allow_new(&c->allow, conf) < 0 ||
	    sk_keys_init(&c->open, c->conf.max_keys, sizeof(union sk_open), open_fini, c) < 0 ||
	    sk_keys_init(&c->limits, c->conf.max_keys, 3 * sizeof(uint64_t), NULL, NULL) < 0 ||
	    sk_keys_init(&c->sources, c->conf.max_keys, 3 * sizeof(uint64_t), NULL, NULL) < 0) {
		sk_campaign_free(c);
		return NULL;
	}
	return c;
}

void sk_campaign_free(struct sk_campaign *c)
{
	if (!c)
		return;
	sk_keys_fini(&c->open);
	sk_keys_fini(&c->limits);
	sk_keys_fini(&c->sources);
	for (size_t i = 0; i < c->state_cnt; i++)
		free(c->states[i].parents);
	for (size_t i = 0; i < c->foreign_cnt; i++) {
		free(c->foreign[i].id);
		free(c->foreign[i].parents);
	}
	free(c->states);
	free(c->foreign);
	free(c->waits);
	free(c->correlations);
	sk_allow_free(c->allow);
	sk_summary_free(c->summary);
	sk_arena_fini(&c->scratch);
	free(c);
}

struct sk_alert *sk_campaign_hold(struct sk_campaign *c, struct sk_key *k, struct sk_alert *a)
{
	sk_keys_grow(&c->open, k, a->size);
	return sk_alert_get(a);
}

void sk_campaign_release(struct sk_campaign *c, struct sk_key *k, struct sk_alert *a)
{
	sk_keys_shrink(&c->open, k, a->size);
	sk_alert_put(a);
}

int sk_campaign_by_time(const void *a, const void *b)
{
	const struct sk_alert *x = *(struct sk_alert *const *)a, *y = *(struct sk_alert *const *)b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	if (x->order.packet != y->order.packet)
		return x->order.packet < y->order.packet ? -1 : 1;
	if (x->order.flow != y->order.flow)
		return x->order.flow < y->order.flow ? -1 : 1;
	if (x->order.seq != y->order.seq)
		return x->order.seq < y->order.seq ? -1 : 1;
	return strcmp(x->id, y->id);	/* a correlated alert has the order of its last member */
}

static void put16(uint8_t *key, size_t *n, size_t v)
{
	key[(*n)++] = (uint8_t)(v >> 8);
	key[(*n)++] = (uint8_t)v;
}

static void put_key_value(uint8_t *key, size_t *n, const struct sk_value *v)
{
	size_t len;

	switch (v->type) {
	case SK_VALUE_TEXT:
	case SK_VALUE_BYTES:
	case SK_VALUE_STREAM:
		len = SK_MIN(v->u.bytes.n, (size_t)1024);
		put16(key, n, len);
		if (len)
			memcpy(key + *n, v->u.bytes.p, len);
		*n += len;
		break;
	case SK_VALUE_ADDR:
		key[(*n)++] = v->u.addr.family;
		memcpy(key + *n, v->u.addr.b, sizeof(v->u.addr.b));
		*n += sizeof(v->u.addr.b);
		break;
	case SK_VALUE_INT:
	case SK_VALUE_BOOL:
	case SK_VALUE_TIME:
		memcpy(key + *n, &v->u.num, sizeof(v->u.num));
		*n += sizeof(v->u.num);
		break;
	default:
		break;
	}
}

bool sk_campaign_key(struct sk_campaign *c, const struct sk_alert *a, const char *const by[4], bool empty_ok, uint8_t *key,
		     size_t *n)
{
	*n = 0;
	for (size_t i = 0; i < 4 && by[i]; i++) {
		const size_t start = *n;
		struct sk_value v;

		sk_arena_reset(&c->scratch);
		v = sk_alert_value(a, by[i], &c->scratch);
		if (v.type == SK_VALUE_NONE && !empty_ok)
			return false;
		key[(*n)++] = (uint8_t)v.type;
		if (v.type != SK_VALUE_LIST && v.type != SK_VALUE_PAIRS) {
			put_key_value(key, n, &v);
			continue;
		}
		for (size_t j = 0; j < v.u.list.n && *n - start < 1024; j++)
			put_key_value(key, n, &v.u.list.v[j]);
	}
	return true;
}

static void handle(struct sk_campaign *c, struct sk_alert *a);

static void make(struct sk_campaign *c, const struct sk_rule *r, const struct sk_fire *fire)
{
	struct sk_alert *a = sk_alert_new_correlated(r, fire->members, fire->cnt, &fire->sum);

	if (!a) {
		c->counters.no_memory++;
		return;
	}
	c->counters.correlated++;
	handle(c, a);
	sk_alert_put(a);
}

static void step(struct sk_campaign *c, const struct sk_rule *r, struct sk_alert *a)
{
	uint8_t bytes[SK_CAMPAIGN_KEY_MAX];
	struct sk_fire fire = { 0 };
	struct sk_key *k;
	size_t n;

	if (!sk_campaign_key(c, a, r->correlation->by, false, bytes, &n))
		return;
	k = sk_keys_get(&c->open, r->index, sk_span(bytes, n));
	if (!k) {
		c->counters.no_memory++;
		return;
	}
	switch (r->type) {
	case SK_RULE_SEQUENCE:
		if (sk_sequence_step(c, r, k, a, &fire))
			make(c, r, &fire);
		break;
	case SK_RULE_COUNT:
	case SK_RULE_DISTINCT:
		if (sk_tally_step(c, r, k, a, &fire))
			make(c, r, &fire);
		break;
	default:
		sk_absent_step(c, r, k, a);
		break;
	}
}

static void leave(struct sk_campaign *c, struct sk_rule_state *s, struct sk_alert *a)
{
	if (!sk_limit_passes(c, s, a))
		return;
	a->seq = ++c->seq;
	c->counters.alerts++;
	sk_summary_add(c->summary, a);
	c->emit(c->cx, a);
}

static void handle(struct sk_campaign *c, struct sk_alert *a)
{
	struct sk_rule_state *s = state_of(c, a->rule);

	sk_arena_reset(&c->scratch);
	if (sk_allow_covers(c->allow, a, &c->scratch)) {
		c->counters.allowed++;
		return;
	}
	if (a->rule->mark)
		c->counters.marks++;
	else
		leave(c, s, a);
	if (a->depth >= SK_ALERT_DEPTH_MAX)
		return;
	for (size_t i = 0; i < s->parent_cnt; i++)
		step(c, sk_rules_at(c->rules, s->parents[i]), a);
}

/* Tells the waits that ended before now, earliest first. */
static void tell_absences(struct sk_campaign *c, uint64_t now_ns)
{
	struct sk_wait *w;

	while ((w = sk_absent_over(c, now_ns)) != NULL) {
		const struct sk_rule *r = sk_rules_at(c->rules, w->key->owner);
		struct sk_alert *a = sk_alert_get(w->alert);
		const struct sk_fire fire = { .members = &a, .cnt = 1, .sum = { .time_ns = w->end_ns } };

		sk_keys_drop(&c->open, w->key);
		make(c, r, &fire);
		sk_alert_put(a);
	}
}

static void hold_caps(struct sk_campaign *c)
{
	while (c->open.bytes > c->conf.max_bytes && c->open.cnt)
		sk_keys_evict(&c->open);
	while (c->limits.bytes + c->sources.bytes > c->conf.max_bytes)
		sk_keys_evict(c->limits.bytes > c->sources.bytes ? &c->limits : &c->sources);
	c->counters.keys_evicted = c->open.evicted + c->limits.evicted + c->sources.evicted;
	c->counters.memory_max = SK_MAX(c->counters.memory_max, c->open.bytes + c->limits.bytes + c->sources.bytes);
	c->counters.keys_max = SK_MAX(c->open.cnt_max, SK_MAX(c->limits.cnt_max, c->sources.cnt_max));
}

void sk_campaign_push(struct sk_campaign *c, struct sk_alert *a)
{
	tell_absences(c, a->time_ns);
	c->clock_ns = SK_MAX(c->clock_ns, a->time_ns);
	handle(c, a);
	sk_alert_put(a);
	hold_caps(c);
}

void sk_campaign_time(struct sk_campaign *c, uint64_t now_ns)
{
	c->clock_ns = SK_MAX(c->clock_ns, now_ns);
	tell_absences(c, now_ns);
	hold_caps(c);
}

void sk_campaign_end(struct sk_campaign *c, uint64_t now_ns)
{
	tell_absences(c, now_ns == UINT64_MAX ? now_ns : now_ns + 1);
	hold_caps(c);
}

const struct sk_campaign_counters *sk_campaign_counters(const struct sk_campaign *c)
{
	return &c->counters;
}
