/* main/rules_cmd.c — sekisho rules list|show|check|test|explain|fields|oddities.
 *
 * Results go to standard output, mistakes to standard error. Exit status 2 when a rule has a mistake or an id is unknown, 1 when a
 * test does not come out as declared.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "main/cli.h"
#include "main/oddities.h"
#include "pipeline/engine.h"
#include "pipeline/paths.h"

struct command {
	struct sk_cli cli;
	struct sk_engine *engine;		/* SK_ENGINE_CHECK: the rules */
	char **ids;				/* what is left of the command line */
	int id_cnt;
	uint64_t mistakes;
};

static void on_rule_error(void *cx, const struct sk_error *e)
{
	struct command *c = cx;

	c->mistakes++;
	sk_cli_error(e);
}

static void on_problem(void *cx, const char *file, const struct sk_error *e)
{
	sk_cli_error(e);
}

/* --- which rules --- */

static bool id_fits(const struct sk_rule *r, const char *id)
{
	return strcmp(r->id, id) == 0 || strcmp(r->campaign->id, id) == 0;
}

static bool is_chosen(const struct command *c, const struct sk_rule *r)
{
	for (int i = 0; i < c->id_cnt; i++)
		if (id_fits(r, c->ids[i]))
			return true;
	return c->id_cnt == 0;
}

static int check_ids(const struct command *c)
{
	for (int i = 0; i < c->id_cnt; i++) {
		size_t k = 0;

		while (k < sk_rules_count(c->engine->rules) && !id_fits(sk_rules_at(c->engine->rules, k), c->ids[i]))
			k++;
		if (k < sk_rules_count(c->engine->rules))
			continue;
		fprintf(stderr, "sekisho: there is no rule or campaign '%s' (sekisho rules list shows all)\n", c->ids[i]);
		return SK_EXIT_USAGE;
	}
	return SK_EXIT_DONE;
}

/* --- list, show, check, fields, oddities --- */

static const char *const severity_words[] = { "", "info", "low", "medium", "high", "critical" };

static int list(struct command *c)
{
	for (size_t i = 0; i < sk_rules_count(c->engine->rules); i++) {
		const struct sk_rule *r = sk_rules_at(c->engine->rules, i);

		if (is_chosen(c, r))
			printf("%-8" PRIu32 " %-9s %-34s %s\n", r->sid, r->mark ? "mark" : severity_words[r->severity], r->id, r->title);
	}
	return SK_EXIT_DONE;
}

static int show(struct command *c)
{
	for (size_t i = 0; i < sk_rules_count(c->engine->rules); i++) {
		const struct sk_rule *r = sk_rules_at(c->engine->rules, i);

		if (is_chosen(c, r))
			sk_rules_print(c->engine->rules, r, stdout);
	}
	return SK_EXIT_DONE;
}

static int check(struct command *c)
{
	size_t untested = 0, rules = sk_rules_count(c->engine->rules);

	for (size_t i = 0; i < rules; i++) {
		const struct sk_rule *r = sk_rules_at(c->engine->rules, i);
		bool fires = false, spares = false;

		for (size_t t = 0; t < r->test_cnt; t++) {
			fires |= r->tests[t].alerts != 0;
			spares |= r->tests[t].alerts == 0;
		}
		if (fires && spares)
			continue;
		untested++;
		printf("%s:%d: %s has no capture that %s\n", r->file, r->line, r->id, fires ? "must not fire it" : "fires it");
	}
	printf("%zu rules in %zu campaigns with %zu indicators: no mistakes, %zu without a full test\n", rules,
	       sk_rules_campaign_count(c->engine->rules), sk_rules_indicator_count(c->engine->rules), untested);
	return SK_EXIT_DONE;
}

static int fields(struct command *c)
{
	sk_registry_print(&c->engine->registry, stdout);
	return SK_EXIT_DONE;
}

static int oddities(struct command *c)
{
	(void)c;
	sk_oddities_print(stdout);
	return SK_EXIT_DONE;
}

/* --- test --- */

struct replay_count {
	uint64_t *alerts;			/* by rule index */
	size_t cnt;
};

static void on_alert(void *cx, const struct sk_alert *a)
{
	struct replay_count *n = cx;

	if (a->rule->index < n->cnt)
		n->alerts[a->rule->index]++;
}

/* Replays one capture with an engine of its own; counts alerts and marks by rule. 0 or a negative code, told. */
static int replay_one(struct command *c, const char *path, const char *explain, struct replay_count *n)
{
	struct sk_capture_list files = { 0 };
	struct sk_engine *g;
	struct sk_error e = { 0 };
	int rc = sk_capture_find(&files, path, &e);

	if (rc == 0)
		rc = sk_engine_open(&g, &(struct sk_engine_setup){
			.settings = &c->cli.settings, .need = SK_ENGINE_REPLAY, .rules = c->engine->rules, .explain = explain, .hold = true,
			.on_rule_error = on_rule_error, .observe = on_alert, .cx = n }, &e);
	if (rc < 0) {
		sk_cli_error(&e);
		sk_capture_list_free(&files);
		return rc;
	}
	rc = sk_engine_replay(g, &(struct sk_engine_replay){ .files = &files, .problem = on_problem, .cx = c }, &e);
	sk_engine_finish(g, 0);
	if (explain)
		sk_campaign_explain(sk_output_campaign(g->output), stderr);
	sk_engine_free(g);
	sk_capture_list_free(&files);
	return rc;
}

static const char *capture_path(const char *name, char *buf, size_t size)
{
	const char *dir = sk_paths_pcaps();

	if (name[0] == '/' || !dir)
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "%s/%s", dir, name);
	return buf;
}

/* Checks every declared test of one capture; returns how many did not come out. */
static unsigned judge(const struct command *c, const char *pcap, const struct replay_count *n, int rc, unsigned *ran)
{
	unsigned failed = 0;

	for (size_t i = 0; i < n->cnt; i++) {
		const struct sk_rule *r = sk_rules_at(c->engine->rules, i);

		for (size_t t = 0; t < r->test_cnt; t++) {
			const struct sk_rule_test *want = &r->tests[t];
			uint64_t got = n->alerts[i];
			bool ok;

			if (strcmp(want->pcap, pcap) != 0 || !is_chosen(c, r))
				continue;
			ok = rc >= 0 && (want->alerts < 0 ? got > 0 : got == (uint64_t)want->alerts);
			(*ran)++;
			failed += !ok;
			printf("%-4s %-36s %-44s %" PRIu64 " alert%s", ok ? "ok" : "FAIL", r->id, pcap, got, got == 1 ? "" : "s");
			if (!ok && want->alerts < 0)
				printf(", expected at least one (%s:%d)", r->file, want->line);
			else if (!ok)
				printf(", expected %" PRId64 " (%s:%d; sekisho rules explain %s)", want->alerts, r->file, want->line, r->id);
			putchar('\n');
		}
	}
	return failed;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The captures that chosen rules name, sorted, each once. Returns their number; *out is malloc'd, the names borrowed. */
static size_t test_captures(const struct command *c, const char ***out)
{
	size_t cnt = 0, kept = 0;
	const char **names;

	for (size_t i = 0; i < sk_rules_count(c->engine->rules); i++)
		cnt += sk_rules_at(c->engine->rules, i)->test_cnt;
	*out = names = calloc(cnt ? cnt : 1, sizeof(*names));
	if (!names)
		return 0;
	cnt = 0;
	for (size_t i = 0; i < sk_rules_count(c->engine->rules); i++) {
		const struct sk_rule *r = sk_rules_at(c->engine->rules, i);

		for (size_t t = 0; t < r->test_cnt && is_chosen(c, r); t++)
			names[cnt++] = r->tests[t].pcap;
	}
	if (cnt)
		qsort(names, cnt, sizeof(*names), compare_names);
	for (size_t i = 0; i < cnt; i++)
		if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0)
			names[kept++] = names[i];
	return kept;
}

static int test(struct command *c)
{
	struct replay_count n = { .cnt = sk_rules_count(c->engine->rules) };
	const char **captures;
	size_t cnt = test_captures(c, &captures);
	unsigned failed = 0, ran = 0;
	char path[4096];

	n.alerts = calloc(n.cnt ? n.cnt : 1, sizeof(*n.alerts));
	for (size_t i = 0; i < cnt && n.alerts; i++) {
		int rc;

		memset(n.alerts, 0, n.cnt * sizeof(*n.alerts));
		rc = replay_one(c, capture_path(captures[i], path, sizeof(path)), NULL, &n);
		failed += judge(c, captures[i], &n, rc, &ran);
	}
	free(captures);
	free(n.alerts);
	printf("%u passed, %u failed\n", ran - failed, failed);
	return failed ? SK_EXIT_FAILED : SK_EXIT_DONE;
}

/* --- explain --- */

static int explain(struct command *c)
{
	struct replay_count n = { .cnt = sk_rules_count(c->engine->rules) };
	const struct sk_rule *r = c->id_cnt == 1 ? sk_rules_find(c->engine->rules, c->ids[0]) : NULL;
	char path[4096];
	int rc = 0;

	if (!r) {
		fprintf(stderr, "sekisho: rules explain: expected the id of one rule (sekisho rules list shows all)\n");
		return SK_EXIT_USAGE;
	}
	n.alerts = calloc(n.cnt, sizeof(*n.alerts));
	if (!n.alerts)
		return SK_EXIT_FAILED;
	sk_rules_print(c->engine->rules, r, stdout);
	for (size_t i = 0; i < c->cli.inputs.cnt && rc >= 0; i++) {
		printf("--- %s\n", c->cli.inputs.items[i]);
		fflush(stdout);
		rc = replay_one(c, c->cli.inputs.items[i], r->id, &n);
		printf("%" PRIu64 " alert%s\n", n.alerts[r->index], n.alerts[r->index] == 1 ? "" : "s");
	}
	for (size_t t = 0; t < r->test_cnt && c->cli.inputs.cnt == 0 && rc >= 0; t++) {
		memset(n.alerts, 0, n.cnt * sizeof(*n.alerts));
		printf("--- %s\n", r->tests[t].pcap);
		fflush(stdout);
		rc = replay_one(c, capture_path(r->tests[t].pcap, path, sizeof(path)), r->id, &n);
		printf("%" PRIu64 " alert%s\n", n.alerts[r->index], n.alerts[r->index] == 1 ? "" : "s");
	}
	free(n.alerts);
	return rc < 0 ? SK_EXIT_FAILED : SK_EXIT_DONE;
}

static const struct {
	const char *name;
	int (*run)(struct command *c);
} commands[] = {
	{ "list", list }, { "show", show }, { "check", check }, { "test", test }, { "explain", explain }, { "fields", fields },
	{ "oddities", oddities },
};

int sk_cmd_rules(int argc, char **argv)
{
	struct command c = { 0 };
	struct sk_error e = { 0 };
	size_t i = 0;
	int status = SK_EXIT_USAGE, rc;

	while (i < SK_ARRAY_LEN(commands) && !(argc > 1 && strcmp(commands[i].name, argv[1]) == 0))
		i++;
	if (i == SK_ARRAY_LEN(commands)) {
		fprintf(stderr, "sekisho: rules %s: expected list, show, check, test, explain, fields or oddities\n", argc > 1 ? argv[1] : "");
		return SK_EXIT_USAGE;
	}
	if (sk_cli_parse(&c.cli, argc - 1, argv + 1, true) == 0) {
		c.ids = argv + 1 + c.cli.rest;
		c.id_cnt = argc - 1 - c.cli.rest;
		rc = sk_engine_open(&c.engine, &(struct sk_engine_setup){
			.settings = &c.cli.settings, .need = SK_ENGINE_CHECK, .on_rule_error = on_rule_error, .cx = &c }, &e);
		if (rc < 0 && c.mistakes == 0)
			sk_cli_error(&e);
		status = rc == 0 ? check_ids(&c) : rc == SK_E_CONFIG ? SK_EXIT_USAGE : SK_EXIT_FAILED;
		if (status == SK_EXIT_DONE)
			status = commands[i].run(&c);
		sk_engine_free(c.engine);
	}
	sk_cli_fini(&c.cli);
	return status;
}
