/* tests/fuzz/pipeline/fuzz_engine.c — a capture file through the whole engine: pcap and pcapng, all rules, all plugins.
 *
 * in       a capture file; checksums are not verified, so that changed bytes get as far as the parsers
 * out      aborts when an alert leaves without its text, or the engine cannot be taken down
 * memory   small caps, so that floods meet them; the rules are read once and kept
 * limits   nDPI is left out: it is tested by its own people, and would take most of the time. One worker
 */
#include <fcntl.h>
#include <string.h>

#include "../fuzz_file.h"
#include "alert/alert.h"
#include "capture/capture.h"
#include "pipeline/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sk_settings settings;
static struct sk_engine *keeper;		/* its rules */

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void on_rule_error(void *cx, const struct sk_error *e)
{
	fprintf(stderr, "%s:%d: %s\n", e->file, e->line, e->text);
}

static void start(void)
{
	static const char *const set[] = { "decode.checksums=none", "classify.mode=off", "flow.max=64", "defrag.max=128 KiB",
		"reassembly.max=64 KiB", "reassembly.total=256 KiB", "app.head=8 KiB", "app.handshake=16 KiB", "app.inflate_max=1 MiB",
		"detect.plugin_memory=4 MiB", "campaign.keys=64", "campaign.members=4", "campaign.rule_per_min=8",
		"campaign.source_per_min=16", "sensor=fuzz" };
	const char *srcdir = getenv("srcdir");
	char rules[4096];
	struct sk_error e;

	must(sk_settings_init(&settings) == 0);
	for (size_t i = 0; i < SK_ARRAY_LEN(set); i++)
		must(sk_settings_set(&settings, set[i], &e) == 0);
	snprintf(rules, sizeof(rules), "%s/rules", srcdir ? srcdir : SK_FUZZ_SRCDIR);
	must(sk_settings_list_add(&settings.rules, rules) == 0);
	if (sk_engine_open(&keeper, &(struct sk_engine_setup){ .settings = &settings, .need = SK_ENGINE_CHECK,
			.on_rule_error = on_rule_error }, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
}

static void on_alert(void *cx, const struct sk_alert *a)
{
	struct sk_buf b = { 0 };

	if (a->rule->mark)
		return;
	must(a->rule && sk_alert_id(a)[0] && a->reason);
	must(sk_alert_json(a, "fuzz", &b) == 0 && b.n > 2 && b.p[b.n - 1] == '}');
	sk_buf_fini(&b);
	++*(uint64_t *)cx;
}

static void on_problem(void *cx, const char *file, const struct sk_error *e)
{
	must(e->text[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_file file;
	struct sk_capture_list files = { 0 };
	struct sk_engine *g = NULL;
	struct sk_error e;
	uint64_t alerts = 0;
	char *path;

	if (size > 1 << 17)
		return 0;
	if (!keeper)
		start();
	path = strdup(fuzz_file(&file, data, size));
	files.paths = &path;
	files.cnt = 1;
	must(path && sk_engine_open(&g, &(struct sk_engine_setup){ .settings = &settings, .need = SK_ENGINE_REPLAY, .rules = keeper->rules,
		.observe = on_alert, .cx = &alerts }, &e) == 0);
	must(sk_engine_replay(g, &(struct sk_engine_replay){ .files = &files, .problem = on_problem }, &e) >= 0);
	must(sk_engine_finish(g, 0) == 0);
	sk_engine_free(g);
	free(path);
	return 0;
}
