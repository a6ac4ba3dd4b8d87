/* pipeline/conf.h — the configuration: one typed struct, every key with a default.
 *
 * in       sekisho.yaml, --set key=value
 * out      struct sk_settings, read-only once the engine is built
 * memory   owns its text; freed as a whole
 * source   sekisho.yaml(5); the table in conf.c is the only list of keys
 */
#ifndef SK_PIPELINE_CONF_H
#define SK_PIPELINE_CONF_H

#include "app/app.h"
#include "campaign/campaign.h"
#include "conf/conf.h"
#include "flow/policy.h"
#include "reassembly/tcp.h"
#include "sink/sink.h"

struct sk_settings_list {
	char **items;				/* NULL-ended, or NULL when empty */
	size_t cnt;
};

enum sk_settings_join { SK_JOIN_AUTO, SK_JOIN_ALWAYS, SK_JOIN_NEVER };

enum sk_settings_classify { SK_CLASSIFY_AUTO, SK_CLASSIFY_ALL, SK_CLASSIFY_OFF };

enum sk_settings_sandbox { SK_SANDBOX_AUTO, SK_SANDBOX_ON, SK_SANDBOX_OFF };

struct sk_settings {
	char *sensor;
	uint64_t workers;
	struct sk_settings_list rules, disable, outputs;
	char *plugin_dir;
	char *pattern_cache;

	uint64_t snaplen, ring;
	bool promiscuous;
	unsigned join;				/* enum sk_settings_join */
	unsigned checksums;			/* enum sk_decode_checksums */
	uint64_t defrag_max, defrag_timeout;
	struct sk_flow_conf flow;
	struct sk_reassembly_conf reassembly;
	struct sk_policies policies;
	unsigned classify_mode;			/* enum sk_settings_classify */
	uint64_t classify_packets, classify_flows;
	struct sk_app_conf app;
	uint64_t inflate_layers;
	uint64_t plugin_budget, plugin_memory;
	uint64_t alert_queue, campaign_memory;
	uint64_t keys, members, seen, rule_per_min, source_per_min;
	struct sk_campaign_allow *allow;
	size_t allow_cnt;
	struct sk_sink_conf sink;
	char *spool_dir, *tls_ca, *tls_cert, *tls_key, *password_file, *sentinel_user, *sentinel_password_file;
	char *user;
	unsigned sandbox;			/* enum sk_settings_sandbox */
	uint64_t stats_ns;

	struct sk_conf_tree **trees;		/* what text and plugin nodes point into */
	size_t tree_cnt;
	const struct sk_conf_node *plugins;	/* the mapping under plugins:, or NULL */
};

/* All defaults. 0 or SK_E_MEMORY. */
int sk_settings_init(struct sk_settings *s);
void sk_settings_fini(struct sk_settings *s);

/* Reads a file over what is set. SK_E_CONFIG with *e. */
int sk_settings_load(struct sk_settings *s, const char *path, struct sk_error *e);
/* "flow.max=1000", "plugins.viewstate.depth=8". SK_E_CONFIG with *e. */
int sk_settings_set(struct sk_settings *s, const char *assignment, struct sk_error *e);

/* The configuration as it stands, as YAML with a comment per key, to stdio file out. Secrets are not shown. */
void sk_settings_dump(const struct sk_settings *s, void *out);

int sk_settings_list_add(struct sk_settings_list *l, const char *item);
void sk_settings_list_clear(struct sk_settings_list *l);

#endif
