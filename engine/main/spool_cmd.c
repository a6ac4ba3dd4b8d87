/* main/spool_cmd.c — sekisho spool list|show|send|drop: alerts that wait on disk for Redis.
 *
 * list and show only look, also while a sensor is at work. send opens the Redis outputs of the command line or the configuration,
 * each of which takes up its spool; spools that are named, also copies from elsewhere, go to the one output there is. Exit status 1 when something could not be sent or a spool could not be read, 2 for wrong usage.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fmt.h"
#include "main/cli.h"
#include "sink/spool/spool.h"

struct command {
	struct sk_cli cli;
	char **names;				/* what is left of the command line */
	int name_cnt;
	unsigned seen, failed;
	bool drops;
};

static bool is_chosen(const struct command *c, const char *path, const char *name)
{
	for (int i = 0; i < c->name_cnt; i++)
		if (strcmp(c->names[i], name) == 0 || strcmp(c->names[i], path) == 0 || strcmp(c->names[i], "all") == 0)
			return true;
	return c->name_cnt == 0;
}

static int is_name(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

typedef void visit_fn(struct command *c, struct sk_spool *s, const char *path);

static void visit_one(struct command *c, const char *path, visit_fn *fn)
{
	struct sk_spool *s;
	struct sk_error e;

	c->seen++;
	if (sk_spool_open(&s, &(struct sk_spool_conf){ .dir = path, .sensor = "", .max = UINT64_MAX / 2, .retain_ns = UINT64_MAX,
						       .read_only = !c->drops }, &e) < 0) {
		sk_cli_error(&e);
		c->failed++;
		return;
	}
	fn(c, s, path);
	sk_spool_close(s);
}

/* Every spool below spool.dir that was asked for. */
static int visit(struct command *c, visit_fn *fn)
{
	const char *parent = c->cli.settings.spool_dir;
	struct dirent **list;
	int cnt = scandir(parent, &list, is_name, alphasort);

	if (cnt < 0) {
		fprintf(stderr, "sekisho: spool.dir: cannot read %s: %s\n", parent, strerror(errno));
		return SK_EXIT_USAGE;
	}
	for (int i = 0; i < cnt; i++) {
		char path[PATH_MAX], state[PATH_MAX + 8];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", parent, list[i]->d_name);
		snprintf(state, sizeof(state), "%s/state", path);
		if (is_chosen(c, path, list[i]->d_name) && stat(state, &st) == 0)
			visit_one(c, path, fn);
		free(list[i]);
	}
	free(list);
	if (c->name_cnt && !c->seen) {
		fprintf(stderr, "sekisho: there is no spool '%s' in %s (sekisho spool list shows all)\n", c->names[0], parent);
		return SK_EXIT_USAGE;
	}
	return c->failed ? SK_EXIT_FAILED : SK_EXIT_DONE;
}

/* --- list, show, drop --- */

struct first {
	uint64_t time_ns;
};

static void on_first(void *cx, const struct sk_spool_item *it)
{
	struct first *f = cx;

	if (!f->time_ns)
		f->time_ns = it->time_ns;
}

static void list_one(struct command *c, struct sk_spool *s, const char *path)
{
	char target[1024], time[SK_TIME_TEXT_MAX];
	struct sk_spool_state st;
	struct first first = { 0 };

	sk_spool_state(s, &st);
	sk_spool_each(s, on_first, &first);
	printf("%s\n  to       %s\n  sensor   %s\n  waiting  %" PRIu64 " alerts, %" PRIu64 " records, %" PRIu64 " bytes", path,
	       sk_spool_read_label(path, target, sizeof(target)), sk_spool_sensor(s), st.pending_alerts, st.pending, st.pending_bytes);
	if (first.time_ns)
		printf(", since %s", sk_fmt_time(first.time_ns, time));
	printf("\n  kept     %" PRIu64 " records that Redis has, %" PRIu64 " bytes on disk\n", st.retained, st.bytes);
	if (st.torn || st.damaged)
		printf("  damaged  %" PRIu64 " bytes at the end, %" PRIu64 " between records; %" PRIu64 " alert%s lost\n", st.torn, st.damaged,
		       st.lost.alerts, st.lost.alerts == 1 ? "" : "s");
}

static void on_show(void *cx, const struct sk_spool_item *it)
{
	fwrite(it->json.p, 1, it->json.n, cx);
	fputc('\n', cx);
}

static void show_one(struct command *c, struct sk_spool *s, const char *path)
{
	sk_spool_each(s, on_show, stdout);
}

static void drop_one(struct command *c, struct sk_spool *s, const char *path)
{
	struct sk_spool_state st;

	sk_spool_state(s, &st);
	sk_spool_drop(s);
	printf("%s: %" PRIu64 " alerts dropped that were not sent\n", path, st.pending_alerts);
}

/* --- send --- */

static int send_one(const struct sk_settings *s, const struct sk_sink_conf *conf, const char *spec, uint64_t wait_ns)
{
	struct sk_sink_counts n;
	struct sk_sink *sink;
	struct sk_error e;
	char *name;
	int rc = sk_sink_open(&sink, spec, conf, &e);

	if (rc < 0) {
		sk_cli_error(&e);
		return rc == SK_E_CONFIG ? SK_EXIT_USAGE : SK_EXIT_FAILED;
	}
	name = strdup(sink->name);
	rc = sink->ops->close(sink, wait_ns, &n);
	printf("%s: %" PRIu64 " delivered", name ? name : "", n.delivered);
	if (n.undelivered)
		printf(", %" PRIu64 " NOT delivered", n.undelivered);
	printf("\n");
	free(name);
	return rc < 0 ? SK_EXIT_FAILED : SK_EXIT_DONE;
}

/* The sensor a spool belongs to, which must send it: a copy may be anywhere. 0; SK_EXIT_…, told. */
static int read_sensor(const char *path, char *name, size_t size)
{
	struct sk_spool *s;
	struct sk_error e;

	if (sk_spool_open(&s, &(struct sk_spool_conf){ .dir = path, .sensor = "", .max = UINT64_MAX / 2, .retain_ns = UINT64_MAX,
						       .read_only = true }, &e) < 0) {
		sk_cli_error(&e);
		return SK_EXIT_USAGE;
	}
	snprintf(name, size, "%s", sk_spool_sensor(s));
	sk_spool_close(s);
	return 0;
}

/* The spools that are named, each to the one output there is, or where it was to go (without a password). */
static int send_named(struct command *c, struct sk_sink_conf *conf, const char *spec)
{
	const struct sk_settings *s = &c->cli.settings;
	int status = SK_EXIT_DONE;

	for (int i = 0; i < c->name_cnt; i++) {
		char path[PATH_MAX], state[PATH_MAX + 8], sensor[256], target[6144];
		struct stat st;
		int one;

		snprintf(path, sizeof(path), "%s%s%s", strchr(c->names[i], '/') ? "" : s->spool_dir, strchr(c->names[i], '/') ? "" : "/", c->names[i]);
		snprintf(state, sizeof(state), "%s/state", path);
		if (stat(state, &st) < 0) {
			fprintf(stderr, "sekisho: there is no spool '%s' in %s (sekisho spool list shows all)\n", c->names[i], s->spool_dir);
			return SK_EXIT_USAGE;
		}
		one = read_sensor(path, sensor, sizeof(sensor));
		if (one == 0) {
			conf->spool_folder = path;
			conf->sensor = sensor[0] ? sensor : s->sensor;
			one = send_one(s, conf, spec ? spec : sk_spool_read_label(path, target, sizeof(target)), c->cli.wait_ns);
		}
		status = SK_MAX(status, one);
	}
	return status;
}

static int send_all(struct command *c)
{
	const struct sk_settings *s = &c->cli.settings;
	struct sk_sink_conf conf = s->sink;
	int status = SK_EXIT_DONE, one;
	unsigned cnt = 0;

	conf.sensor = s->sensor;
	conf.spool_dir = s->spool_dir;
	conf.tls_ca = *s->tls_ca ? s->tls_ca : NULL;
	conf.tls_cert = *s->tls_cert ? s->tls_cert : NULL;
	conf.tls_key = *s->tls_key ? s->tls_key : NULL;
	conf.password_file = *s->password_file ? s->password_file : NULL;
	conf.sentinel_user = *s->sentinel_user ? s->sentinel_user : NULL;
	conf.sentinel_password_file = *s->sentinel_password_file ? s->sentinel_password_file : NULL;
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < s->outputs.cnt; i++) {
		if (strncmp(s->outputs.items[i], "redis", 5) != 0)
			continue;
		if (c->name_cnt && cnt) {
			fputs("sekisho: spool send: to which Redis? Name one with -o\n", stderr);
			return SK_EXIT_USAGE;
		}
		cnt++;
		one = c->name_cnt ? send_named(c, &conf, s->outputs.items[i]) : send_one(s, &conf, s->outputs.items[i], c->cli.wait_ns);
		status = SK_MAX(status, one);
	}
	if (c->name_cnt && !cnt)
		return send_named(c, &conf, NULL);
	if (cnt)
		return status;
	fputs("sekisho: spool send needs -o redis://… or a configuration (-c) with such an output\n", stderr);
	return SK_EXIT_USAGE;
}

static int run(struct command *c, const char *verb)
{
	if (!*c->cli.settings.spool_dir) {
		fputs("sekisho: there is no spool: give -c FILE or --set spool.dir=FOLDER\n", stderr);
		return SK_EXIT_USAGE;
	}
	if (strcmp(verb, "list") == 0)
		return visit(c, list_one);
	if (strcmp(verb, "show") == 0)
		return visit(c, show_one);
	if (strcmp(verb, "send") == 0)
		return send_all(c);
	if (c->name_cnt == 0) {
		fputs("sekisho: spool drop needs the names of spools, or 'all' (sekisho spool list shows them)\n", stderr);
		return SK_EXIT_USAGE;
	}
	c->drops = true;
	return visit(c, drop_one);
}

int sk_cmd_spool(int argc, char **argv)
{
	static const char *const verbs[] = { "list", "show", "send", "drop" };
	const char *verb = argc > 1 ? argv[1] : "";
	struct command c = { 0 };
	int status = SK_EXIT_USAGE;
	size_t i = 0;

	while (i < SK_ARRAY_LEN(verbs) && strcmp(verb, verbs[i]) != 0)
		i++;
	if (i == SK_ARRAY_LEN(verbs)) {
		fputs("usage: sekisho spool list|show|send|drop [-c FILE] [--set KEY=VALUE] [-o URL] [--wait TIME] [FOLDER …]\n", stderr);
		return SK_EXIT_USAGE;
	}
	if (sk_cli_parse(&c.cli, argc - 1, argv + 1, true) == 0) {
		c.names = argv + 1 + c.cli.rest;
		c.name_cnt = argc - 1 - c.cli.rest;
		status = run(&c, verb);
	}
	sk_cli_fini(&c.cli);
	if (fflush(stdout) != 0) {
		fprintf(stderr, "sekisho: cannot write to standard output: %s\n", strerror(errno));
		status = SK_EXIT_FAILED;
	}
	return status;
}
