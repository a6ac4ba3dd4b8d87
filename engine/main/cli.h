/* main/cli.h — what the command line asks for.
 *
 * memory   owns its strings; freed as a whole
 */
#ifndef SK_MAIN_CLI_H
#define SK_MAIN_CLI_H

#include "capture/capture.h"
#include "pipeline/conf.h"

enum { SK_EXIT_DONE = 0, SK_EXIT_FAILED = 1, SK_EXIT_USAGE = 2, SK_EXIT_ALERTS = 3 };

enum sk_cli_mode { SK_CLI_HELP, SK_CLI_VERSION, SK_CLI_DUMP_CONFIG, SK_CLI_CHECK, SK_CLI_LIST_PLUGINS, SK_CLI_REPLAY, SK_CLI_LIVE };

struct sk_cli {
	enum sk_cli_mode mode;
	struct sk_settings settings;
	struct sk_settings_list inputs;		/* -r */
	const char *iface;
	char *filter;				/* BPF expression, or NULL */
	const char *explain;
	uint64_t wait_ns;
	bool fail_on_alert, quiet, verbose;
	int rest;				/* index of the first argument that is no option */
};

/* Parses options; with command set (a subcommand's arguments) what is left stays in argv from cli->rest on, otherwise it is the
 * filter. 0, or SK_E_CONFIG after one line on standard error. */
int sk_cli_parse(struct sk_cli *cli, int argc, char **argv, bool command);
void sk_cli_fini(struct sk_cli *cli);
void sk_cli_help(void);

/* Prints "sekisho: …" on standard error. */
void sk_cli_error(const struct sk_error *e);

/* Subcommands; argv[0] is the word behind. Exit status. */
int sk_cmd_rules(int argc, char **argv);
int sk_cmd_spool(int argc, char **argv);

#endif
