/* pipeline/engine.c — see engine.h. */
#include "pipeline/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "pipeline/memory.h"
#include "pipeline/paths.h"

static uint64_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int load_rules(struct sk_engine *g, const struct sk_engine_setup *setup, struct sk_error *e)
{
	const struct sk_settings *s = setup->settings;
	const char *preset[] = { sk_paths_rules(), NULL };
	const char *const *paths = s->rules.cnt ? (const char *const *)s->rules.items : preset;
	const struct sk_rules_source src = {
		.paths = paths, .registry = &g->registry, .disabled = (const char *const *)s->disable.items,
		.now_ns = setup->need == SK_ENGINE_LIVE ? wall_ns() : 0, .late = setup->need == SK_ENGINE_REPLAY,
		.cache_dir = s->pattern_cache,
		.on_error = setup->on_rule_error, .cx = setup->cx };

	for (size_t i = 0; paths[i]; i++)
		if (access(paths[i], R_OK) < 0)
			return sk_error_set(e, SK_E_CONFIG, "cannot read rules from %s: %s", paths[i], strerror(errno));
	e->text[0] = 0;
	return sk_rules_load(&g->rules, &src);
}

/* What rules and plugins look at or show. */
static const uint32_t ndpi_fields = 1u << SK_F_COMMON_NDPI_PROTOCOL | 1u << SK_F_COMMON_NDPI_CATEGORY | 1u << SK_F_COMMON_NDPI_RISK;

static void on_alert(void *cx, struct sk_alert *a)
{
	struct sk_engine_lane *lane = cx;

	sk_output_alert(lane->output, lane->index, a);
}

static void on_seen(void *cx, const struct sk_alert_order *order, uint64_t time_ns, const uint64_t *hashes, size_t n)
{
	struct sk_engine_lane *lane = cx;

	sk_output_seen(lane->output, lane->index, order, time_ns, hashes, n);
}

static int open_workers(struct sk_engine *g, const struct sk_engine_setup *setup, struct sk_error *e)
{
	const bool whole_marks = setup->observe || setup->explain || g->settings->allow_cnt;
	int rc = 0;

	g->worker_cnt = (unsigned)g->settings->workers;
	g->workers = calloc(g->worker_cnt, sizeof(*g->workers));
	g->lanes = calloc(g->worker_cnt, sizeof(*g->lanes));
	if (!g->workers || !g->lanes)
		return sk_error_set(e, SK_E_MEMORY, "not enough memory");
	for (unsigned i = 0; i < g->worker_cnt && rc == 0; i++) {
		g->lanes[i] = (struct sk_engine_lane){ g->output, i };
		rc = sk_worker_init(&g->workers[i], i, &(struct sk_worker_setup){
			.settings = g->settings, .detect = &g->detect, .wanted = &g->wanted, .live = g->live,
			.wants_ndpi = g->wanted.common & ndpi_fields,
			.alert = on_alert, .seen = whole_marks ? NULL : on_seen, .cx = &g->lanes[i] }, e);
	}
	return rc;
}

int sk_engine_open(struct sk_engine **out, const struct sk_engine_setup *setup, struct sk_error *e)
{
	const struct sk_settings *s = setup->settings;
	struct sk_engine *g = calloc(1, sizeof(*g));
	struct sk_sink_conf sink = s->sink;
	const char *dir = *s->plugin_dir ? s->plugin_dir : sk_paths_plugins();
	int rc;

	*out = NULL;
	if (!g)
		return sk_error_set(e, SK_E_MEMORY, "not enough memory");
	g->started_ns = monotonic_ns();
	g->settings = s;
	g->live = setup->need == SK_ENGINE_LIVE;
	sk_registry_init(&g->registry);
	sk_event_set_community_id(sk_flow_community_id);
	sk_event_set_risk_names(sk_classify_risk_name);
	rc = sk_plugins_load(&g->plugins, s->plugins, dir, &g->registry, e);
	if (rc == 0 && setup->rules) {
		g->rules = setup->rules;
		g->rules_borrowed = true;
	} else if (rc == 0) {
		rc = load_rules(g, setup, e);
	}
	if (rc == 0 && setup->explain && !sk_rules_find(g->rules, setup->explain))
		rc = sk_error_set(e, SK_E_CONFIG, "--explain: there is no rule '%s' (sekisho rules list shows all)", setup->explain);
	for (size_t i = 0; rc == 0 && !g->rules_borrowed && sk_rules_blind_at(g->rules, i); i++) {
		const struct sk_rules_blind *b = sk_rules_blind_at(g->rules, i);

		sk_log_warning("rules", "plugin '%s' is off: %zu rule%s left out (%s)", b->plugin, b->rule_cnt, b->rule_cnt == 1 ? " is" : "s are",
			    b->ids);
	}
	if (rc < 0 || setup->need == SK_ENGINE_CHECK)
		goto done;
	if (g->live && sk_rules_expired_count(g->rules))
		sk_log_info("rules", "%zu indicators have expired and are left out", sk_rules_expired_count(g->rules));
	rc = sk_plugins_open(g->plugins, e);
	if (rc < 0)
		goto done;
	sk_rules_wanted(g->rules, &g->wanted);
	sk_plugins_wanted(g->plugins, &g->wanted);
	sk_alert_wanted(&g->registry, &g->wanted);
	g->detect = (struct sk_detect_conf){
		.rules = g->rules, .plugins = g->plugins, .registry = &g->registry, .explain = setup->explain,
		.plugin_budget_ns = g->live ? s->plugin_budget : 0, .plugin_memory_max = s->plugin_memory };
	sink.sensor = s->sensor;
	sink.colour = setup->colour;
	sink.progress = setup->progress;
	sink.spool_dir = *s->spool_dir ? s->spool_dir : NULL;
	sink.user = g->live && *s->user && geteuid() == 0 ? s->user : NULL;
	sink.tls_ca = *s->tls_ca ? s->tls_ca : NULL;
	sink.tls_cert = *s->tls_cert ? s->tls_cert : NULL;
	sink.tls_key = *s->tls_key ? s->tls_key : NULL;
	sink.password_file = *s->password_file ? s->password_file : NULL;
	sink.sentinel_user = *s->sentinel_user ? s->sentinel_user : NULL;
	sink.sentinel_password_file = *s->sentinel_password_file ? s->sentinel_password_file : NULL;
	rc = sk_output_open(&g->output, &(struct sk_output_setup){
		.settings = s, .rules = g->rules, .sink = &sink, .workers = (unsigned)s->workers, .live = g->live,
		.hold = setup->hold, .explain = setup->explain,
		.idle = setup->idle, .observe = setup->observe, .cx = setup->cx }, e);
	if (rc == 0)
		rc = open_workers(g, setup, e);
	g->ready_ns = monotonic_ns();
	g->start_bytes = sk_memory_resident();
	*out = g;			/* before the output thread runs, which may look at it */
	if (rc == 0)
		rc = sk_output_start(g->output, e);
done:
	if (rc < 0) {
		*out = NULL;
		sk_engine_free(g);
		return rc;
	}
	if (!*out)
		*out = g;
	return 0;
}

void sk_engine_no_more(struct sk_engine *g)
{
	for (unsigned i = 0; i < g->worker_cnt; i++)
		sk_output_upto(g->output, i, UINT64_MAX);
}

int sk_engine_finish(struct sk_engine *g, uint64_t wait_ns)
{
	return sk_output_finish(g->output, wait_ns);
}

void sk_engine_free(struct sk_engine *g)
{
	if (!g)
		return;
	for (unsigned i = 0; g->workers && i < g->worker_cnt; i++)
		sk_worker_fini(&g->workers[i]);
	free(g->workers);
	free(g->lanes);
	sk_output_free(g->output);
	for (unsigned i = 0; i < g->intake_cnt; i++)
		sk_intake_fini(&g->intakes[i]);
	free(g->intakes);
	sk_plugins_free(g->plugins);
	if (!g->rules_borrowed)
		sk_rules_free(g->rules);
	sk_mem_trim();
	free(g);
}
