/* detect/finding.c — what a plugin finds, as an alert of a rule made for it.
 *
 * what     a finding has no rule in a file; so that alerts, campaigns and sinks need to know only rules, one is made per
 *          different id, severity and title, with the plugin as its campaign
 * memory   pseudo rules: process, at most FINDINGS_MAX per plugin
 * threads  workers push onto a list without locks; entries never change or go until the set is freed
 * limits   a token bucket per plugin and flow, in packet time: deterministic for any number of workers
 */
#include "detect/detect_priv.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#define SID_BASE 1000000000u		/* findings' signature numbers are above those of rules … */
#define SID_RANGE 1000000000u
#define FINDING_SIZE_1_0 (offsetof(struct sk_finding, evidence) + sizeof(void *))

static const char *const nothing[] = { NULL };

/* FNV-1a: the same number for the same id in every run. */
static uint32_t sid_of(const char *id)
{
	uint32_t h = 2166136261u;

	for (; *id; id++)
		h = (h ^ (uint8_t)*id) * 16777619u;
	return SID_BASE + h % SID_RANGE;
}

static bool is_valid(const struct plugin *pl, const struct sk_finding *f)
{
	size_t n = strlen(pl->p.name);

	if (!f || f->size < FINDING_SIZE_1_0 || f->evidence_size != sizeof(struct sk_evidence) || !f->id || !f->title || !f->reason)
		return false;
	if (strncmp(f->id, pl->p.name, n) || f->id[n] != '.' || !f->id[n + 1])
		return false;
	if (f->severity < SK_SEVERITY_INFO || f->severity > SK_SEVERITY_CRITICAL || f->confidence > 100)
		return false;
	if (f->evidence_cnt > SK_EVIDENCE_MAX || (f->evidence_cnt && !f->evidence))
		return false;
	for (uint32_t i = 0; i < f->evidence_cnt; i++)
		if (!f->evidence[i].field || (f->evidence[i].value.n && !f->evidence[i].value.p)
				|| f->evidence[i].start > f->evidence[i].value.n)
			return false;
	return true;
}

static const struct finding *look_up(struct finding *list, const struct sk_finding *f, size_t *cnt)
{
	for (*cnt = 0; list; list = list->next, ++*cnt)
		if (list->rule.severity == f->severity && !strcmp(list->rule.id, f->id) && !strcmp(list->rule.title, f->title))
			return list;
	return NULL;
}

static void free_finding(struct finding *x)
{
	if (!x)
		return;
	free((void *)(uintptr_t)x->rule.id);
	free((void *)(uintptr_t)x->rule.title);
	free(x);
}

static struct finding *make(const struct plugin *pl, const struct sk_finding *f, unsigned kind)
{
	struct finding *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->rule = (struct sk_rule){
		.id = strdup(f->id), .title = strdup(f->title), .index = SK_RULE_INDEX_FINDING, .sid = sid_of(f->id), .rev = 1,
		.severity = f->severity, .confidence = f->confidence, .attack = nothing, .references = nothing,
		.type = SK_RULE_EVENT, .kind = kind, .campaign = &pl->campaign, .file = pl->origin,
	};
	if (x->rule.id && x->rule.title)
		return x;
	free_finding(x);
	return NULL;
}

/* The pseudo rule, made at first use. NULL when memory or room is short. */
static const struct sk_rule *rule_of(struct plugin *pl, const struct sk_finding *f, unsigned kind)
{
	struct finding *head = atomic_load_explicit(&pl->findings, memory_order_acquire), *mine = NULL;

	for (;;) {
		size_t cnt;
		const struct finding *old = look_up(head, f, &cnt);

		if (old || cnt >= FINDINGS_MAX || (!mine && !(mine = make(pl, f, kind)))) {
			free_finding(mine);
			return old ? &old->rule : NULL;
		}
		mine->next = head;
		if (atomic_compare_exchange_weak_explicit(&pl->findings, &head, mine, memory_order_acq_rel, memory_order_acquire))
			return &mine->rule;
	}
}

void sk_detect_findings_free(struct plugin *pl)
{
	struct finding *x = atomic_load(&pl->findings);

	while (x) {
		struct finding *next = x->next;

		free_finding(x);
		x = next;
	}
}

/* True when the flow's bucket has a token; takes it. */
static bool take_token(struct slot *s, uint64_t now_ns)
{
	if (s->used == 0 || now_ns < s->refill_ns) {
		s->refill_ns = now_ns;
	} else {
		uint64_t back = (now_ns - s->refill_ns) / BURST_REFILL_NS;

		s->refill_ns += back * BURST_REFILL_NS;
		s->used -= (uint32_t)SK_MIN(back, (uint64_t)s->used);
	}
	if (s->used >= BURST_MAX)
		return false;
	s->used++;
	return true;
}

/* The sentence as a template that stands for itself: braces doubled, one printable line. NULL, for the title, when memory is
 * short. */
static const char *as_template(struct sk_buf *out, const char *reason)
{
	struct sk_buf line = { .cap = SK_ALERT_REASON_MAX };
	struct sk_span s;

	sk_alert_printable(&line, sk_span(reason, strnlen(reason, SK_ALERT_REASON_MAX / 4)));
	s = sk_buf_span(&line);
	for (size_t i = 0; !line.failed && i < s.n; i++) {
		if (s.p[i] == '{' || s.p[i] == '}')
			sk_buf_add_byte(out, s.p[i]);
		sk_buf_add_byte(out, s.p[i]);
	}
	sk_buf_add_byte(out, 0);
	sk_buf_fini(&line);
	return out->failed || line.failed ? NULL : (const char *)out->p;
}

static struct sk_alert *make_alert(struct sk_worker *w, const struct sk_finding *f, const struct sk_rule *kept)
{
	struct sk_alert_order order = sk_detect_next_order(w->d, w->at->flow);
	struct sk_buf reason = { 0 };
	struct sk_rule rule = *kept;		/* the alert keeps the lasting one; this one has this finding's sentence */
	struct sk_alert *a;

	if (w->d->conf.complete)
		w->d->conf.complete(w->d->cx, w->at->flow);
	rule.reason = as_template(&reason, f->reason);
	rule.confidence = f->confidence;
	a = sk_alert_new(&(struct sk_match){ .rule = &rule, .event = w->at->event, .evidence = f->evidence, .evidence_cnt = f->evidence_cnt },
			 w->d->conf.registry, &order);
	sk_buf_fini(&reason);
	if (!a)
		return NULL;
	a->rule = kept;
	a->suppressed = w->at->slot->held;
	w->at->slot->held = 0;
	return a;
}

int sk_detect_finding(struct sk_worker *w, const struct sk_finding *f)
{
	struct sk_detect *d = w->d;
	const struct sk_rule *kept;
	struct sk_alert *a;

	if (!w->at->event || !w->at->slot || !is_valid(w->plugin, f))
		return -EINVAL;
	if (!take_token(w->at->slot, w->at->now_ns)) {
		w->at->slot->held++;
		d->counters.findings_suppressed++;
		sk_detect_watch_fault(w, FAULT_FLOOD, w->at->now_ns);
		return 1;
	}
	kept = rule_of(w->plugin, f, w->at->event->kind);
	a = kept ? make_alert(w, f, kept) : NULL;
	if (!a) {
		d->counters.alerts_lost++;
		return -ENOMEM;
	}
	d->counters.alerts++;
	d->counters.alerts_cut += a->cut;
	sk_detect_emit(d, w->at->flow, a);
	return 0;
}
