/* main/main.c — the command: reads options, builds an engine, runs it, tells what happened.
 *
 * Exit status: 0 done; 1 could not do it (a file, the interface, undelivered alerts); 2 wrong usage, configuration or rule;
 * 3 something fired and --fail-on-alert was given.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "classify/classify.h"
#include "config.h"
#include "main/cli.h"
#include "main/privileges.h"
#include "main/sandbox.h"
#include "pipeline/engine.h"
#include "pipeline/memory.h"
#include "pipeline/report.h"

struct run {
	struct sk_cli *cli;
	struct sk_engine *engine;
	uint64_t rule_errors;
	uint64_t next_stats_ns;
	bool progress_shown;
};

static uint64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void on_signal(int sig)
{
	sk_engine_stop();
}

static void on_hangup(int sig)
{
	sk_output_reopen();
}

static void on_crash(int sig)
{
	sk_detect_breadcrumb(STDERR_FILENO);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void install_signals(bool live)
{
	struct sigaction stop = { .sa_handler = on_signal }, hangup = { .sa_handler = on_hangup }, crash = { .sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND };

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	if (live)
		sigaction(SIGHUP, &hangup, NULL);
	signal(SIGPIPE, SIG_IGN);
#if !defined(__SANITIZE_ADDRESS__)
	sigaction(SIGSEGV, &crash, NULL);
	sigaction(SIGBUS, &crash, NULL);
	sigaction(SIGABRT, &crash, NULL);
#else
	(void)crash;
#endif
}

static void on_rule_error(void *cx, const struct sk_error *e)
{
	struct run *r = cx;

	r->rule_errors++;
	sk_cli_error(e);
}

/* --- progress of a replay, on a terminal --- */

static bool shows_progress(const struct sk_cli *cli)
{
	return isatty(STDERR_FILENO) && !cli->quiet && cli->mode == SK_CLI_REPLAY;
}

static void clear_progress(struct run *r)
{
	if (r->progress_shown)
		fputs("\r\033[K", stderr);
	r->progress_shown = false;
}

static void on_progress(void *cx, const char *file, size_t file_no, size_t file_cnt, uint64_t done, uint64_t size, uint64_t packets)
{
	struct run *r = cx;
	uint64_t now = clock_ns(CLOCK_MONOTONIC), began = r->engine->ready_ns;
	double share = size ? (double)done / (double)size : 0, seconds = (double)(now - began) / 1e9;
	char bar[21];

	for (int i = 0; i < 20; i++)
		bar[i] = i < (int)(share * 20) ? '#' : '.';
	bar[20] = 0;
	fprintf(stderr, "\r\033[K[%s] %3.0f%%  file %zu of %zu  %" PRIu64 " MB  %.2f Mpackets/s", bar, share * 100, file_no + 1,
		file_cnt, done / 1000000, seconds > 0 ? (double)packets / seconds / 1e6 : 0.0);
	if (share > 0.01 && file_cnt == 1)
		fprintf(stderr, "  %.0f s left", seconds / share - seconds);
	r->progress_shown = true;
}

static void on_problem(void *cx, const char *file, const struct sk_error *e)
{
	clear_progress(cx);
	sk_cli_error(e);
}

/* --- stats events of a sensor --- */

static void write_stats(struct run *r, struct sk_output *o)
{
	struct sk_report report;
	struct sk_buf json = { .cap = 1 << 20 };

	if (sk_report_make(&report, r->engine) == 0) {
		if (sk_report_json(&report, r->engine, clock_ns(CLOCK_REALTIME), &json) == 0)
			sk_output_event(o, sk_buf_span(&json));
		sk_report_fini(&report);
	}
	sk_buf_fini(&json);
}

static void on_idle(void *cx, struct sk_output *o)
{
	struct run *r = cx;
	uint64_t every = r->cli->settings.stats_ns, now;

	if (!r->engine || !r->engine->live || !every)
		return;
	now = clock_ns(CLOCK_MONOTONIC);
	if (r->next_stats_ns && now >= r->next_stats_ns)
		write_stats(r, o);
	if (!r->next_stats_ns || now >= r->next_stats_ns)
		r->next_stats_ns = now + every;
}

/* --- the end --- */

static void tell(struct run *r)
{
	bool to_stdout = sk_output_is_text(r->engine->output);
	FILE *out = to_stdout ? stdout : stderr;
	struct sk_report report;

	if (r->cli->quiet)
		return;
	sk_campaign_summary(sk_output_campaign(r->engine->output), out, isatty(fileno(out)) && !getenv("NO_COLOR"));
	if (sk_report_make(&report, r->engine) == 0) {
		sk_report_print(&report, r->engine, out, r->cli->verbose);
		sk_report_fini(&report);
	}
	fflush(out);
}

static int finish(struct run *r, int status)
{
	int rc;

	clear_progress(r);
	rc = sk_engine_finish(r->engine, r->cli->wait_ns);
	if (r->cli->explain)
		sk_campaign_explain(sk_output_campaign(r->engine->output), stderr);
	tell(r);
	if (rc < 0)
		status = SK_EXIT_FAILED;
	if (status == SK_EXIT_DONE && r->cli->fail_on_alert && sk_output_alerts(r->engine->output))
		status = SK_EXIT_ALERTS;
	return status;
}

static int open_engine(struct run *r, enum sk_engine_need need, bool hold)
{
	struct sk_error e = { 0 };
	int rc = sk_engine_open(&r->engine, &(struct sk_engine_setup){
		.settings = &r->cli->settings, .need = need, .explain = r->cli->explain, .hold = hold,
		.colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
		.progress = shows_progress(r->cli),
		.on_rule_error = on_rule_error, .idle = on_idle, .cx = r }, &e);

	if (rc < 0 && r->rule_errors)
		fprintf(stderr, "sekisho: %" PRIu64 " mistake%s in the rules\n", r->rule_errors, r->rule_errors == 1 ? "" : "s");
	else if (rc < 0)
		sk_cli_error(&e);
	return rc;
}

static int status_of(int rc)
{
	return rc == SK_E_CONFIG ? SK_EXIT_USAGE : SK_EXIT_FAILED;
}

/* All of it files: a pipe may be as good as an interface, and go on for days. */
static bool ends(const struct sk_capture_list *files)
{
	struct stat st;

	for (size_t i = 0; i < files->cnt; i++)
		if (stat(files->paths[i], &st) < 0 || !S_ISREG(st.st_mode))
			return false;
	return true;
}

static int replay(struct run *r)
{
	struct sk_capture_list files = { 0 };
	struct sk_error e;
	int rc = 0, status = SK_EXIT_DONE;

	for (size_t i = 0; i < r->cli->inputs.cnt && rc == 0; i++)
		rc = sk_capture_find(&files, r->cli->inputs.items[i], &e);
	if (rc < 0)
		sk_cli_error(&e);
	if (rc == 0)
		rc = open_engine(r, SK_ENGINE_REPLAY, ends(&files));
	if (rc < 0) {
		sk_capture_list_free(&files);
		return status_of(rc);
	}
	rc = sk_engine_replay(r->engine, &(struct sk_engine_replay){
		.files = &files, .filter = r->cli->filter,
		.progress = shows_progress(r->cli) ? on_progress : NULL,
		.problem = on_problem, .cx = r }, &e);
	if (rc < 0)
		sk_cli_error(&e);
	if (rc != 0)
		status = SK_EXIT_FAILED;
	status = finish(r, status);
	sk_engine_free(r->engine);
	sk_capture_list_free(&files);
	return status;
}

static int on_opened(void *cx, struct sk_error *e)
{
	struct run *r = cx;
	int rc = sk_privileges_drop(r->cli->settings.user, e);

	if (rc == 0)
		rc = sk_sandbox_enter(&r->cli->settings, e);
	if (rc == 0)
		sk_log_info("main", "watching %s with %" PRIu64 " worker%s", r->cli->iface, r->cli->settings.workers,
			    r->cli->settings.workers == 1 ? "" : "s");
	return rc;
}

static void on_begin(void *cx)
{
	const struct run *r = cx;

	sk_sandbox_packets(&r->cli->settings);
}

static int live(struct run *r)
{
	struct sk_error e;
	int rc = open_engine(r, SK_ENGINE_LIVE, false), status = SK_EXIT_DONE;

	if (rc < 0)
		return status_of(rc);
	rc = sk_engine_live(r->engine, &(struct sk_engine_live){
		.iface = r->cli->iface, .filter = r->cli->filter, .opened = on_opened, .begin = on_begin, .cx = r }, &e);
	if (rc < 0) {
		sk_cli_error(&e);
		status = status_of(rc);
	}
	status = finish(r, status);
	sk_engine_free(r->engine);
	return status;
}

static int check(struct run *r)
{
	struct sk_sink_conf conf = r->cli->settings.sink;
	struct sk_error e;
	int rc = open_engine(r, SK_ENGINE_CHECK, true);

	if (rc < 0)
		return status_of(rc);
	conf.sensor = r->cli->settings.sensor;
	for (size_t i = 0; i < r->cli->settings.outputs.cnt && rc == 0; i++)
		rc = sk_sink_check(r->cli->settings.outputs.items[i], &conf, &e);
	if (rc < 0)
		sk_cli_error(&e);
	else if (!r->cli->quiet)
		printf("configuration, %zu plugins, %zu rules in %zu campaigns with %zu indicators: no mistakes\n",
		       sk_plugins_count(r->engine->plugins), sk_rules_count(r->engine->rules),
		       sk_rules_campaign_count(r->engine->rules), sk_rules_indicator_count(r->engine->rules));
	if (rc == 0 && !r->cli->quiet && sk_rules_blind_count(r->engine->rules))
		printf("%zu more rules are left out, because plugins are switched off\n", sk_rules_blind_count(r->engine->rules));
	if (rc == 0 && r->cli->verbose)
		sk_memory_print(r->engine, sk_memory_resident(), stdout);
	sk_engine_free(r->engine);
	return rc < 0 ? status_of(rc) : SK_EXIT_DONE;
}

static int list_plugins(struct run *r)
{
	int rc = open_engine(r, SK_ENGINE_CHECK, true);

	if (rc < 0)
		return status_of(rc);
	for (size_t i = 0; i < sk_plugins_count(r->engine->plugins); i++) {
		const struct sk_plugin *p = sk_plugins_at(r->engine->plugins, i);

		printf("%-12s %-6s %s (%s)\n", p->name, p->version, p->summary, sk_plugins_origin(r->engine->plugins, i));
	}
	sk_engine_free(r->engine);
	return SK_EXIT_DONE;
}

static int run(struct sk_cli *cli)
{
	struct run r = { .cli = cli };

	switch (cli->mode) {
	case SK_CLI_HELP:
		sk_cli_help();
		return SK_EXIT_DONE;
	case SK_CLI_VERSION:
		printf("sekisho %s (nDPI %s)\n", PACKAGE_VERSION, sk_classify_version());
		return SK_EXIT_DONE;
	case SK_CLI_DUMP_CONFIG:
		sk_settings_dump(&cli->settings, stdout);
		return SK_EXIT_DONE;
	case SK_CLI_CHECK:
		return check(&r);
	case SK_CLI_LIST_PLUGINS:
		return list_plugins(&r);
	case SK_CLI_REPLAY:
		install_signals(false);
		return replay(&r);
	case SK_CLI_LIVE:
		install_signals(true);
		return live(&r);
	}
	SK_UNREACHABLE();
}

int main(int argc, char **argv)
{
	struct sk_cli cli;
	int status = SK_EXIT_USAGE;

	if (argc > 1 && strcmp(argv[1], "rules") == 0)
		return sk_cmd_rules(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "spool") == 0)
		return sk_cmd_spool(argc - 1, argv + 1);
	if (sk_cli_parse(&cli, argc, argv, false) == 0)
		status = run(&cli);
	sk_cli_fini(&cli);
	if (fflush(stdout) != 0 && errno != EPIPE) {
		fprintf(stderr, "sekisho: cannot write to standard output: %s\n", strerror(errno));
		status = SK_EXIT_FAILED;
	}
	return status;
}
