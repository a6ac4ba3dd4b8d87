/* main/cli.c — see cli.h. */
#include "main/cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fmt.h"
#include "base/log.h"
#include "pipeline/paths.h"

enum { OPT_SET = 256, OPT_DUMP, OPT_EXPLAIN, OPT_FAIL, OPT_WAIT, OPT_PLUGINS, OPT_USER };

static const struct option long_options[] = {
	{ "read", required_argument, NULL, 'r' },
	{ "interface", required_argument, NULL, 'i' },
	{ "config", required_argument, NULL, 'c' },
	{ "set", required_argument, NULL, OPT_SET },
	{ "rules", required_argument, NULL, 'S' },
	{ "output", required_argument, NULL, 'o' },
	{ "workers", required_argument, NULL, 'j' },
	{ "checksums", required_argument, NULL, 'k' },
	{ "filter-file", required_argument, NULL, 'F' },
	{ "test", no_argument, NULL, 'T' },
	{ "dump-config", no_argument, NULL, OPT_DUMP },
	{ "list-plugins", no_argument, NULL, OPT_PLUGINS },
	{ "explain", required_argument, NULL, OPT_EXPLAIN },
	{ "fail-on-alert", no_argument, NULL, OPT_FAIL },
	{ "wait", required_argument, NULL, OPT_WAIT },
	{ "user", required_argument, NULL, OPT_USER },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

void sk_cli_help(void)
{
	fputs("usage: sekisho -r FILE|DIR|- … [options] [filter expression]     replay captures\n"
	      "       sekisho -i INTERFACE [options] [filter expression]        watch an interface\n"
	      "       sekisho rules list|show|check|test|explain|fields [ID …]  look at rules\n"
	      "       sekisho spool list|show|send|drop [FOLDER …]              alerts that Redis does not have yet\n"
	      "\n"
	      "  -r, --read PATH         capture file, folder of captures, or - (pcap, pcapng; .gz .zst .xz .lz4); repeatable\n"
	      "  -i, --interface NAME    network interface\n"
	      "  -o, --output SPEC       text[:FILE], json[:FILE], redis://[user:password@]host[:port][/db][?key=…&type=list|stream|channel],\n"
	      "                          rediss://…, redis+unix:///path[?…], redis-sentinel://host,host/master[?…],\n"
	      "                          redis-cluster://host,host[?…]; repeatable; default text\n"
	      "  -S, --rules PATH        campaign file or folder; repeatable; default: those installed\n"
	      "  -c, --config FILE       configuration, see sekisho.yaml(5)\n"
	      "      --set KEY=VALUE     one key of it; repeatable\n"
	      "  -j, --workers N         threads that look at packets\n"
	      "  -k, --checksums HOW     all, none or auto\n"
	      "  -F, --filter-file FILE  filter expression from a file\n"
	      "  -T, --test              check configuration, plugins, rules and outputs, then leave\n"
	      "      --explain ID        say how far a rule got on each event it looked at\n"
	      "      --fail-on-alert     exit with status 3 when something fired\n"
	      "      --wait TIME         at the end, wait this long for Redis to take the alerts (30 s)\n"
	      "      --user NAME         live: run as this user once the interface is open\n"
	      "      --dump-config       print the configuration as it stands\n"
	      "      --list-plugins      print the plugins\n"
	      "  -q, --quiet             no summary, no progress\n"
	      "  -v, --verbose           all counters; debug lines\n"
	      "  -V, --version           -h, --help\n"
	      "\n"
	      "exit status: 0 done, 1 could not do it, 2 wrong usage, configuration or rule, 3 alerts with --fail-on-alert\n", stdout);
}

void sk_cli_error(const struct sk_error *e)
{
	char line[1024];

	sk_error_line(e, line, sizeof(line));
	fprintf(stderr, "sekisho: %s\n", *line ? line : sk_err_text(e->code));
}

static int SK_PRINTF(1, 2) usage(const char *fmt, ...)
{
	va_list args;

	fputs("sekisho: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputs(" (sekisho --help shows the options)\n", stderr);
	return SK_E_CONFIG;
}

static int read_filter_file(struct sk_cli *cli, const char *path)
{
	char text[65536];
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f) {
		fprintf(stderr, "sekisho: cannot read the filter from %s: %s\n", path, strerror(errno));
		return SK_E_CONFIG;
	}
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = 0;
	for (char *c = text; *c; c++)
		if (*c == '\n' || *c == '\r' || *c == '\t')
			*c = ' ';
	free(cli->filter);
	cli->filter = strdup(text);
	return cli->filter ? 0 : SK_E_MEMORY;
}

static int set_key(struct sk_cli *cli, const char *key, const char *value)
{
	char text[512];
	struct sk_error e;
	int rc;

	if (value)
		snprintf(text, sizeof(text), "%s=%s", key, value);
	rc = sk_settings_set(&cli->settings, value ? text : key, &e);
	if (rc < 0)
		sk_cli_error(&e);
	return rc;
}

static int set_mode(struct sk_cli *cli, enum sk_cli_mode mode)
{
	cli->mode = mode;
	return 0;
}

/* Users of the host see the command line: from now on without the password of a URL. */
static void hide_password(char *text)
{
	char *from = strstr(text, "://"), *end = from ? strrchr(from, '@') : NULL;

	if (!end || strncmp(text, "redis", 5) != 0)
		return;
	from = memchr(from + 3, ':', (size_t)(end - from - 3));
	if (from)
		memset(from + 1, '*', (size_t)(end - from - 1));
}

/* Options that change the configuration; applied after -c whatever their order. */
static int take_setting(struct sk_cli *cli, int opt, bool *rules_seen, bool *outputs_seen)
{
	int rc;

	switch (opt) {
	case OPT_SET:
		return set_key(cli, optarg, NULL);
	case 'j':
		return set_key(cli, "workers", optarg);
	case 'k':
		return set_key(cli, "decode.checksums", optarg);
	case OPT_USER:
		return set_key(cli, "user", optarg);
	case 'S':
		if (!*rules_seen)
			sk_settings_list_clear(&cli->settings.rules);
		*rules_seen = true;
		return sk_settings_list_add(&cli->settings.rules, optarg);
	case 'o':
		if (!*outputs_seen)
			sk_settings_list_clear(&cli->settings.outputs);
		*outputs_seen = true;
		rc = sk_settings_list_add(&cli->settings.outputs, optarg);
		hide_password(optarg);
		return rc;
	}
	return 0;
}

static int take_option(struct sk_cli *cli, int opt, bool *mode_set)
{
	switch (opt) {
	case 'r':
		return sk_settings_list_add(&cli->inputs, optarg);
	case 'i':
		if (cli->iface)
			return usage("-i %s: one interface at a time", optarg);
		cli->iface = optarg;
		return 0;
	case 'F':
		return read_filter_file(cli, optarg);
	case 'q':
		cli->quiet = true;
		sk_log_set_level(SK_LOG_LEVEL_WARNING);
		return 0;
	case 'v':
		cli->verbose = true;
		sk_log_set_level(SK_LOG_LEVEL_DEBUG);
		return 0;
	case OPT_EXPLAIN:
		cli->explain = optarg;
		return 0;
	case OPT_FAIL:
		cli->fail_on_alert = true;
		return 0;
	case OPT_WAIT:
		if (sk_parse_duration(sk_span_str(optarg), &cli->wait_ns) < 0)
			return usage("--wait %s: expected a time as in 30s", optarg);
		return 0;
	case 'T': case OPT_DUMP: case OPT_PLUGINS: case 'V': case 'h':
		*mode_set = true;
		return set_mode(cli, opt == 'T' ? SK_CLI_CHECK : opt == OPT_DUMP ? SK_CLI_DUMP_CONFIG :
				opt == OPT_PLUGINS ? SK_CLI_LIST_PLUGINS : opt == 'V' ? SK_CLI_VERSION : SK_CLI_HELP);
	}
	return 0;
}

/* The words behind the options, joined by blanks, as tcpdump does. */
static int join_filter(struct sk_cli *cli, int argc, char **argv)
{
	struct sk_buf b = { 0 };

	if (cli->rest >= argc)
		return 0;
	if (cli->filter)
		return usage("a filter expression ('%s …') and -F exclude each other", argv[cli->rest]);
	for (int i = cli->rest; i < argc; i++)
		sk_buf_addf(&b, "%s%s", i > cli->rest ? " " : "", argv[i]);
	cli->filter = strdup(sk_buf_str(&b));
	sk_buf_fini(&b);
	return cli->filter ? 0 : SK_E_MEMORY;
}

static int load_config(struct sk_cli *cli, int argc, char **argv, const char *shorts)
{
	const char *path = NULL, *preset = sk_paths_config();
	struct sk_error e;
	int opt;

	optind = 0;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, shorts, long_options, NULL)) != -1)
		if (opt == 'c')
			path = optarg;
	opterr = 1;
	if (!path && preset && access(preset, R_OK) == 0)
		path = preset;
	if (!path)
		return 0;
	if (sk_settings_load(&cli->settings, path, &e) < 0) {
		sk_cli_error(&e);
		return SK_E_CONFIG;
	}
	return 0;
}

static int parse(struct sk_cli *cli, int argc, char **argv, bool command)
{
	const char *shorts = command ? "c:S:r:o:qvh" : "+r:i:c:S:o:j:k:F:TqvVh";
	bool rules_seen = false, outputs_seen = false, mode_set = false;
	int opt, rc;

	memset(cli, 0, sizeof(*cli));
	cli->wait_ns = 30000000000u;
	if (sk_settings_init(&cli->settings) < 0)
		return SK_E_MEMORY;
	rc = load_config(cli, argc, argv, shorts);
	optind = 0;
	while (rc == 0 && (opt = getopt_long(argc, argv, shorts, long_options, NULL)) != -1) {
		if (opt == '?')
			return SK_E_CONFIG;	/* getopt has said what */
		rc = take_setting(cli, opt, &rules_seen, &outputs_seen);
		if (rc == 0)
			rc = take_option(cli, opt, &mode_set);
	}
	cli->rest = optind;
	if (rc < 0 || command)
		return rc;
	if (cli->inputs.cnt && cli->iface)
		return usage("-r and -i exclude each other");
	if (mode_set)
		return 0;
	if (!cli->inputs.cnt && !cli->iface)
		return usage("nothing to do: give -r FILE or -i INTERFACE");
	cli->mode = cli->iface ? SK_CLI_LIVE : SK_CLI_REPLAY;
	rc = join_filter(cli, argc, argv);
	if (rc == 0 && cli->filter) {
		struct sk_error e;

		rc = sk_capture_check_filter(cli->filter, &e);
		if (rc < 0)
			sk_cli_error(&e);
	}
	return rc;
}

int sk_cli_parse(struct sk_cli *cli, int argc, char **argv, bool command)
{
	int rc = parse(cli, argc, argv, command);

	if (rc == SK_E_MEMORY)		/* all other mistakes are told where they are found */
		fputs("sekisho: not enough memory\n", stderr);
	return rc;
}

void sk_cli_fini(struct sk_cli *cli)
{
	sk_settings_fini(&cli->settings);
	sk_settings_list_clear(&cli->inputs);
	free(cli->filter);
}
