/* campaign/campaign.c — see campaign.h.
 *
 * An alert that arrives is first held against the allow-list, then leaves unless a limit holds it back, then counts as a step of
 * the rules it is a step of, in the order in which they were loaded. What those rules make of it goes the same way at once, so
 * that an alert stands directly before those it completes. Limits hold back output, never steps.
 *
 * With hold a sequence that may grow is a step of others as often as it grows, but leaves once: when its window is over, its
 * state goes, or the input ends.
 */
#include "campaign/campaign.h"

#include <stdlib.h>

#include "campaign/campaign_priv.h"

#define KEYS_PRESET 65536u
#define MEMBERS_PRESET 64u
#define BYTES_PRESET (UINT64_C(64) << 20)
#define TALE_MAX (UINT64_C(4) << 20)	/* bytes of what --explain tells */

SK_COUNTER_TABLE(campaign, SK_CAMPAIGN_COUNTERS)

/* How many of the rule's steps are the rule of that id; which, where places is given. */
static uint32_t find_places(const struct sk_rule *parent, const char *id, uint32_t *places)
{
	uint32_t n = 0;

	for (size_t i = 0; i < parent->correlation->step_cnt; i++) {
		if (strcmp(parent->correlation->steps[i]->id, id) != 0)
			continue;
		if (places)
			places[n] = (uint32_t)i;
		n++;
	}
	return n;
}

static int find_parents(struct sk_campaign *c, struct sk_rule_state *s, const char *id)
{
	uint32_t n = 0, places = 0, cnt;

	for (size_t i = 0; i < c->correlation_cnt; i++) {
		cnt = find_places(sk_rules_at(c->rules, c->correlations[i]), id, NULL);
		n += cnt > 0;
		places += cnt;
	}
	if (n == 0)
		return 0;
	s->parents = calloc(n, sizeof(*s->parents));
	s->places = calloc(places, sizeof(*s->places));
	if (!s->parents || !s->places)
		return SK_E_MEMORY;
	places = 0;
	for (size_t i = 0; i < c->correlation_cnt; i++) {
		cnt = find_places(sk_rules_at(c->rules, c->correlations[i]), id, s->places + places);
		if (cnt)
			s->parents[s->parent_cnt++] = (struct sk_parent){ c->correlations[i], places, cnt };
		places += cnt;
	}
	return 0;
}

/* Those whose unless asks for alerts of that rule. */
static int find_feeds(struct sk_campaign *c, struct sk_rule_state *s, const char *id)
{
	for (size_t i = 0; i < c->correlation_cnt; i++) {
		const struct sk_correlation *cor = sk_rules_at(c->rules, c->correlations[i])->correlation;

		for (size_t k = 0; cor->joins && k < cor->step_cnt; k++) {
			const struct sk_unless *u = cor->joins[k].unless;
			const struct sk_unless **more;

			/* the rules of a step share one */
			if (!u || (k > 0 && cor->joins[k - 1].unless == u))
				continue;
			for (size_t j = 0; j < u->rule_cnt; j++) {
				if (strcmp(u->rules[j]->id, id) != 0)
					continue;
				more = realloc(s->feeds, (s->feed_cnt + 1) * sizeof(*s->feeds));
				if (!more)
					return SK_E_MEMORY;
				s->feeds = more;
				s->feeds[s->feed_cnt++] = u;
				break;
			}
		}
	}
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
	if (!s->id || find_parents(c, s, r->id) < 0 || find_feeds(c, s, r->id) < 0) {
		free(s->id);
		free(s->parents);
		free(s->places);
		free(s->feeds);
		*s = (struct sk_rule_state){ .id = NULL };
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
		sk_campaign_settle(c, k);
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

/* The rule and the correlated ones it is made of. */
static void explain_rule(struct sk_campaign *c, const struct sk_rule *r, unsigned depth)
{
	if (!r->correlation || depth > SK_ALERT_DEPTH_MAX || r->index >= c->state_cnt)
		return;
	c->states[r->index].explain = true;
	for (size_t i = 0; i < r->correlation->step_cnt; i++)
		explain_rule(c, r->correlation->steps[i], depth + 1);
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
		if (find_parents(c, &c->states[i], c->states[i].rule->id) < 0 || find_feeds(c, &c->states[i], c->states[i].rule->id) < 0)
			return SK_E_MEMORY;
	for (size_t i = 0; i < cnt && c->conf.explain; i++)
		if (strcmp(c->states[i].rule->id, c->conf.explain) == 0)
			explain_rule(c, c->states[i].rule, 0);
	return 0;
}

/* Open states and limits by bytes, each table's buckets (doubled while the old ones are there), the pairs of hosts of the summary. */
uint64_t sk_campaign_bytes(const struct sk_campaign_conf *conf)
{
	const uint64_t key = sizeof(struct sk_key) + 32, keys = conf->max_keys ? conf->max_keys : KEYS_PRESET;

	return 2 * (conf->max_bytes ? conf->max_bytes : BYTES_PRESET) + 2 * sk_seen_bytes(conf) + 3 * keys * 3 * sizeof(struct sk_key *) +
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
	c->tale.cap = TALE_MAX;
	if (!c->summary || states_new(c) < 0 || sk_seen_init(c) < 0 || sk_allow_new(&c->allow, conf) < 0 ||
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
	c->closing = true;
	sk_keys_fini(&c->open);
	sk_seen_fini(c);
	sk_keys_fini(&c->limits);
	sk_keys_fini(&c->sources);
	for (size_t i = 0; i < c->state_cnt; i++) {
		free(c->states[i].parents);
		free(c->states[i].places);
		free(c->states[i].feeds);
	}
	for (size_t i = 0; i < c->foreign_cnt; i++) {
		free(c->foreign[i].id);
		free(c->foreign[i].parents);
		free(c->foreign[i].places);
		free(c->foreign[i].feeds);
	}
	sk_buf_fini(&c->tale);
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
	return strcmp(sk_alert_id(x), sk_alert_id(y));	/* a correlated alert has the order of its last member */
}

bool sk_campaign_key(struct sk_campaign *c, const struct sk_alert *a, const char *const by[4], bool empty_ok, uint8_t *key,
		     size_t *n)
{
	*n = 0;
	for (size_t i = 0; i < 4 && by[i]; i++) {
		struct sk_value v;

		sk_arena_reset(&c->scratch);
		v = sk_alert_value(a, by[i], &c->scratch);
		if (v.type == SK_VALUE_NONE && !empty_ok)
			return false;
		sk_alert_key_add(key, n, &v);
	}
	return true;
}

static void leave(struct sk_campaign *c, struct sk_rule_state *s, struct sk_alert *a)
{
	if (!sk_limit_passes(c, s, a)) {
		sk_explain_held(c, a, "by a limit");
		return;
	}
	a->seq = ++c->seq;
	c->counters.alerts++;
	sk_summary_add(c->summary, a);
	c->emit(c->cx, a);
}

void sk_campaign_settle(struct sk_campaign *c, struct sk_key *k)
{
	struct sk_sequence *s = &((union sk_open *)k->payload)->sequence;
	struct sk_alert *a = s->pending;

	if (!a)
		return;
	s->pending = NULL;
	s->tells++;
	if (!c->closing)
		leave(c, state_of(c, a->rule), a);
	sk_campaign_release(c, k, a);
}

/* The case of an alert that waits until it cannot grow any more. */
static void hold(struct sk_campaign *c, struct sk_key *k, struct sk_alert *a)
{
	struct sk_sequence *s = &((union sk_open *)k->payload)->sequence;

	if (s->pending)
		sk_campaign_release(c, k, s->pending);
	s->pending = sk_campaign_hold(c, k, a);
}

/* k: where a waits with hold; NULL for alerts that need not. */
static void handle(struct sk_campaign *c, struct sk_alert *a, struct sk_key *k);

static void make(struct sk_campaign *c, const struct sk_rule *r, struct sk_key *k, const struct sk_fire *fire)
{
	struct sk_alert *a = sk_alert_new_correlated(r, fire->members, fire->cnt, &fire->sum);
	const bool grows = k && r->type == SK_RULE_SEQUENCE && !r->mark && sk_step_grows(r->correlation);

	if (!a) {
		c->counters.no_memory++;
		return;
	}
	c->counters.no_memory += a->cut;
	c->counters.correlated++;
	if (grows && !c->conf.hold)
		((union sk_open *)k->payload)->sequence.tells++;
	handle(c, a, grows && c->conf.hold ? k : NULL);
	sk_alert_put(a);
}

static void arrive(struct sk_campaign *c, const struct sk_arrival *v)
{
	struct sk_fire fire = { 0 };
	bool came_true = false;

	switch (v->rule->type) {
	case SK_RULE_SEQUENCE:
		came_true = sk_sequence_step(c, v, &fire);
		break;
	case SK_RULE_COUNT:
	case SK_RULE_DISTINCT:
		came_true = sk_tally_step(c, v->rule, v->key, v->alert, &fire);
		break;
	default:
		sk_explain_arrival(c, v, false);
		sk_absent_step(c, v);
		return;
	}
	fire.sum.by = v->by;
	sk_explain_arrival(c, v, came_true);
	if (came_true)
		make(c, v->rule, v->key, &fire);
}

static bool same_fields(const char *const *a, const char *const *b)
{
	for (size_t i = 0; a != b && i < 4 && (a[i] || b[i]); i++)
		if (!a[i] || !b[i] || strcmp(a[i], b[i]) != 0)
			return false;
	return true;
}

/* Steps joined by the fields of the i-th are taken together: they are under one key. Where an alert is a step under two keys
 * that have the same value (a host that talks to itself), it counts under the first. */
static void step(struct sk_campaign *c, const struct sk_rule *r, const uint32_t *places, uint32_t cnt, struct sk_alert *a)
{
	const struct sk_correlation *cor = r->correlation;
	uint64_t keys[SK_RULES_STEPS_MAX];
	uint8_t bytes[SK_ALERT_KEY_MAX];
	size_t key_cnt = 0, n;

	for (uint32_t i = 0; i < cnt; i++) {
		struct sk_arrival v = { .rule = r, .alert = a, .by = sk_step_by(cor, places[i]) };
		bool is_known = false;
		uint64_t hash;

		for (uint32_t k = 0; k < i && !is_known; k++)
			is_known = same_fields(sk_step_by(cor, places[k]), v.by);
		if (is_known)
			continue;
		for (uint32_t k = i; k < cnt; k++)
			if (same_fields(sk_step_by(cor, places[k]), v.by) && !sk_seen_forbids(c, r, places[k], a))
				v.steps |= UINT64_C(1) << (sk_step_place(cor, places[k]) & 63);
		if (!v.steps)
			continue;
		if (!sk_campaign_key(c, a, v.by, false, bytes, &n)) {
			sk_explain_left_out(c, r, a, "has no value for what joins the steps");
			continue;
		}
		hash = sk_hash(bytes, n, &c->open.seed);
		for (size_t k = 0; k < key_cnt; k++)
			is_known |= keys[k] == hash;
		if (is_known || key_cnt == SK_RULES_STEPS_MAX)
			continue;
		keys[key_cnt++] = hash;
		v.key = sk_keys_get(&c->open, r->index, sk_span(bytes, n));
		if (v.key)
			arrive(c, &v);
		else
			c->counters.no_memory++;
	}
}

static void handle(struct sk_campaign *c, struct sk_alert *a, struct sk_key *k)
{
	struct sk_rule_state *s = state_of(c, a->rule);

	sk_arena_reset(&c->scratch);
	if (sk_allow_covers(c->allow, a, &c->scratch)) {
		c->counters.allowed++;
		sk_explain_held(c, a, "by the allow-list");
		return;
	}
	if (a->rule->mark) {
		c->counters.marks++;
		c->emit(c->cx, a);
	} else if (k) {
		hold(c, k, a);
	} else {
		leave(c, s, a);
	}
	for (size_t i = 0; a->depth < SK_ALERT_DEPTH_MAX && i < s->parent_cnt; i++) {
		const struct sk_parent *p = &s->parents[i];

		step(c, sk_rules_at(c->rules, p->rule), s->places + p->first, p->cnt, a);
	}
	sk_seen_add(c, s, a);		/* last: nothing excepts itself */
}

/* Tells the waits that ended before now, earliest first. */
static void tell_absences(struct sk_campaign *c, uint64_t now_ns)
{
	struct sk_wait *w;

	while ((w = sk_absent_over(c, now_ns)) != NULL) {
		const struct sk_rule *r = sk_rules_at(c->rules, w->key->owner);
		struct sk_alert *a = sk_alert_get(w->alert);
		const struct sk_fire fire = { .members = &a, .cnt = 1, .sum = { .time_ns = w->end_ns, .by = sk_step_by(r->correlation, 0) } };

		sk_keys_drop(&c->open, w->key);
		make(c, r, NULL, &fire);
		sk_alert_put(a);
	}
}

static void count_memory(struct sk_campaign *c)
{
	c->counters.memory_max = SK_MAX(c->counters.memory_max, c->open.bytes + c->limits.bytes + c->sources.bytes + sk_seen_held(&c->seen));
}

static void hold_caps(struct sk_campaign *c)
{
	while (c->open.bytes > c->conf.max_bytes && c->open.cnt)
		sk_keys_evict(&c->open);
	while (c->limits.bytes + c->sources.bytes > c->conf.max_bytes)
		sk_keys_evict(c->limits.bytes > c->sources.bytes ? &c->limits : &c->sources);
	c->counters.keys_evicted = c->open.evicted + c->limits.evicted + c->sources.evicted;
	count_memory(c);
	c->counters.seen_evicted = c->seen.evicted;
	c->counters.keys_max = SK_MAX(c->open.cnt_max, SK_MAX(c->limits.cnt_max, c->sources.cnt_max));
}

void sk_campaign_push(struct sk_campaign *c, struct sk_alert *a)
{
	tell_absences(c, a->time_ns);
	c->clock_ns = SK_MAX(c->clock_ns, a->time_ns);
	handle(c, a, NULL);
	sk_alert_put(a);
	hold_caps(c);
}

void sk_campaign_seen(struct sk_campaign *c, uint64_t time_ns, bool is_mark, const uint64_t *hash)
{
	tell_absences(c, time_ns);
	c->clock_ns = SK_MAX(c->clock_ns, time_ns);
	c->counters.marks += is_mark;
	if (!hash)
		return;
	sk_seen_put(c, *hash, time_ns);
	c->counters.seen_evicted = c->seen.evicted;
	count_memory(c);
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
	for (struct sk_key *k = c->open.oldest; k; k = k->newer)
		if (sk_rules_at(c->rules, k->owner)->type == SK_RULE_SEQUENCE)
			sk_campaign_settle(c, k);
	hold_caps(c);
	sk_explain_open(c);
}

const struct sk_campaign_counters *sk_campaign_counters(const struct sk_campaign *c)
{
	return &c->counters;
}
