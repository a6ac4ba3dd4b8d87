/* pipeline/report.c — see report.h. */
#include "pipeline/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmt.h"
#include "pipeline/advice.h"
#include "pipeline/memory.h"

/* Counters that mean something was lost, cut short or looked wrong: told by themselves, worst first. */
static const char *const troubles[] = {
	"capture.kernel_drops", "capture.interface_drops", "capture.files_damaged", "capture.cut", "capture.time_backwards",
	"decode.unknown_link", "decode.truncated", "decode.malformed", "decode.layers", "decode.bad_ip_checksum",
	"decode.bad_checksum", "decode.checksum_ignored", "reassembly.bad_checksum", "reassembly.duplicated", "reassembly.merged",
	"defrag.timeout", "defrag.evicted", "defrag.too_large", "defrag.malformed", "defrag.cut", "defrag.overlaps_different",
	"flow.evicted", "flow.evicted_memory", "flow.evicted_suspects", "flow.refused", "flow.midstream", "flow.one_sided", "flow.one_sided_data", "flow.vlan_differs",
	"reassembly.gaps", "reassembly.gap_bytes", "reassembly.limit", "reassembly.overlap_different",
	"reassembly.out_of_window", "reassembly.bad_timestamp", "reassembly.bad_rst", "reassembly.memory",
	"app.switch_limit", "app.views_limit", "app.memory", "app.flow_memory",
	"http.queue_limit", "http.held_limit", "http.unpaired", "http.bombs", "http.ranges_limit", "http.ranges_evicted", "http.gap_bytes", "http.memory",
	"dns.malformed", "dns.names_cut", "dns.resyncs", "dns.memory",
	"tls.malformed", "tls.too_long", "tls.lost", "tls.memory",
	"websocket.malformed", "websocket.inflate_failed", "websocket.inflate_limit", "websocket.inflaters_refused", "websocket.lost",
	"websocket.memory",
	"classify.refused", "classify.memory", "rules.left_out", "rules.refused", "rules.unplaced", "rules.broken",
	"detect.alerts_lost", "detect.alerts_cut", "detect.plugin_failures", "detect.plugin_slow", "detect.plugin_quarantines",
	"detect.plugin_skipped", "detect.plugin_memory", "detect.plugin_nesting", "detect.findings_suppressed",
	"campaign.allowed", "campaign.limited", "campaign.storm", "campaign.keys_evicted", "campaign.seen_evicted",
	"campaign.no_memory", "output.lost", "output.sink_lost", "redis.refused", "redis.healed",
};

static int add(struct sk_report *r, const char *folder, const struct sk_counter_def *def, uint64_t value)
{
	if (r->cnt == r->room) {
		size_t room = r->room ? r->room * 2 : 128;
		struct sk_report_item *items = realloc(r->items, room * sizeof(*items));

		if (!items)
			return SK_E_MEMORY;
		r->items = items;
		r->room = room;
	}
	r->items[r->cnt++] = (struct sk_report_item){ folder, def->name, def->unit, def->help, value };
	return 0;
}

/* Adds a thread's counters to those of the same table already there, or appends them. */
static int add_table(struct sk_report *r, const struct sk_counter_table *t, const void *counters)
{
	const uint64_t *c = counters;

	if (!c)
		return 0;
	for (size_t i = 0; i < r->cnt; i++) {
		if (strcmp(r->items[i].folder, t->folder) != 0)
			continue;
		for (size_t k = 0; k < t->cnt; k++) {
			bool is_most = strstr(t->defs[k].name, "_max") != NULL;
			uint64_t v = __atomic_load_n(&c[k], __ATOMIC_RELAXED);

			r->items[i + k].value = is_most ? SK_MAX(r->items[i + k].value, v) : r->items[i + k].value + v;
		}
		return 0;
	}
	for (size_t k = 0; k < t->cnt; k++)
		if (add(r, t->folder, &t->defs[k], __atomic_load_n(&c[k], __ATOMIC_RELAXED)) < 0)
			return SK_E_MEMORY;
	return 0;
}

static int add_plugin_counters(struct sk_report *r, const struct sk_detect *d)
{
	const char *name;
	uint64_t value;

	for (size_t i = 0; (name = sk_detect_plugin_counter(d, i, &value)); i++) {
		struct sk_counter_def def = { .unit = "", .help = "" };
		size_t k = 0;

		while (k < r->cnt && !(strcmp(r->items[k].folder, "plugin") == 0 && strcmp(r->items[k].name, name) == 0))
			k++;
		if (k < r->cnt) {
			r->items[k].value += value;
			continue;
		}
		char **names = realloc(r->names, (r->name_cnt + 1) * sizeof(*names));
		if (!names)
			return SK_E_MEMORY;
		r->names = names;
		def.name = names[r->name_cnt] = strdup(name);
		if (!def.name || add(r, "plugin", &def, value) < 0)
			return SK_E_MEMORY;
		r->name_cnt++;
	}
	return 0;
}

static int add_worker(struct sk_report *r, const struct sk_pipeline_worker *w)
{
	struct sk_app_counter_set sets[16];
	size_t cnt = sk_app_counters(w->app, sets, SK_ARRAY_LEN(sets));
	int rc = add_table(r, &sk_flow_counter_table, sk_flow_counters(w->flows));

	if (rc == 0)
		rc = add_table(r, &sk_reassembly_counter_table, sk_reassembly_counters(w->reassembly));
	if (rc == 0 && w->classify)
		rc = add_table(r, &sk_classify_counter_table, sk_classify_counters(w->classify));
	for (size_t i = 0; i < cnt && i < SK_ARRAY_LEN(sets) && rc == 0; i++)
		rc = add_table(r, sets[i].table, sets[i].counters);
	if (rc == 0)
		rc = add_table(r, &sk_rules_counter_table, sk_detect_rules_counters(w->detect));
	if (rc == 0)
		rc = add_table(r, &sk_detect_counter_table, sk_detect_counters(w->detect));
	return rc == 0 ? add_plugin_counters(r, w->detect) : rc;
}

static void add_way(struct sk_sink_way *sum, const struct sk_sink_way *w)
{
	sum->queued += w->queued;
	sum->sent += w->sent;
	sum->acknowledged += w->acknowledged;
	sum->retried += w->retried;
	sum->healed += w->healed;
	sum->refused += w->refused;
	sum->spool_bytes += w->spool_bytes;
	sum->oldest_ms = SK_MAX(sum->oldest_ms, w->oldest_ms);
	for (unsigned i = 0; i < SK_SINK_TRIPS; i++)
		sum->trips[i] += w->trips[i];
}

/* Of all Redis outputs together. */
static int add_redis(struct sk_report *r, const struct sk_sink_way *w)
{
	static const struct sk_counter_def defs[] = {
		{ "queued", "records", "alerts and other events taken in for Redis, or left by an earlier run" },
		{ "sent", "records", "alerts and other events sent to Redis, each time they were" },
		{ "acknowledged", "records", "alerts and other events Redis has answered for" },
		{ "retried", "records", "alerts and other events sent without an answer that Redis has them" },
		{ "healed", "records", "alerts and other events sent again because Redis had lost them" },
		{ "refused", "alerts", "alerts the spool or queue for Redis had no room for" },
		{ "spool_bytes", "bytes", "bytes the spool or queue takes at the moment" },
		{ "oldest_ms", "ms", "age of the first alert that waits, in milliseconds" },
		{ "trips_1ms", "batches", "batches answered within 1 ms" },
		{ "trips_3ms", "batches", "batches answered within 3 ms" },
		{ "trips_10ms", "batches", "batches answered within 10 ms" },
		{ "trips_30ms", "batches", "batches answered within 30 ms" },
		{ "trips_100ms", "batches", "batches answered within 100 ms" },
		{ "trips_300ms", "batches", "batches answered within 300 ms" },
		{ "trips_1s", "batches", "batches answered within 1 s" },
		{ "trips_more", "batches", "batches answered later" } };
	const uint64_t v[] = { w->queued, w->sent, w->acknowledged, w->retried, w->healed, w->refused, w->spool_bytes, w->oldest_ms };
	int rc = 0;

	for (size_t i = 0; i < SK_ARRAY_LEN(defs) && rc == 0; i++)
		rc = add(r, "redis", &defs[i], i < SK_ARRAY_LEN(v) ? v[i] : w->trips[i - SK_ARRAY_LEN(v)]);
	return rc;
}

static int add_outputs(struct sk_report *r, const struct sk_output *o)
{
	static const struct sk_counter_def defs[] = {
		{ "delivered", "alerts", "alerts that outputs have delivered" },
		{ "waiting", "alerts", "alerts that wait for an output at the moment" },
		{ "sink_lost", "alerts", "alerts outputs have lost: a queue or spool was full, or the end came" } };
	struct sk_sink_counts sum = { 0 }, c = { 0 };
	bool has_redis = false;

	for (size_t i = 0; i < sk_output_sink_count(o); i++) {
		has_redis |= strncmp(sk_output_sink(o, i, &c), "redis", 5) == 0;
		add_way(&sum.way, &c.way);
		sum.delivered += c.delivered;
		sum.undelivered += c.undelivered;
		sum.lost += c.lost;
	}
	if (add(r, "output", &defs[0], sum.delivered) < 0 || add(r, "output", &defs[1], sum.undelivered - sum.lost) < 0)
		return SK_E_MEMORY;
	if (add(r, "output", &defs[2], sum.lost) < 0)
		return SK_E_MEMORY;
	return has_redis ? add_redis(r, &sum.way) : 0;
}

int sk_report_make(struct sk_report *r, const struct sk_engine *g)
{
	static const struct sk_counter_def lost = { "lost", "alerts", "alerts lost between a worker and the outputs" };
	int rc;

	memset(r, 0, sizeof(*r));
	rc = add_table(r, &sk_capture_counter_table, &g->capture);
	for (unsigned i = 0; i < g->intake_cnt && rc == 0; i++) {
		rc = add_table(r, &sk_decode_counter_table, &g->intakes[i].decode.counters);
		if (rc == 0)
			rc = add_table(r, &sk_defrag_counter_table, sk_defrag_counters(g->intakes[i].defrag));
	}
	for (unsigned i = 0; i < g->worker_cnt && rc == 0; i++)
		rc = add_worker(r, &g->workers[i]);
	for (size_t i = 0; i < r->cnt; i++)		/* known of the set, not of a worker's matcher */
		if (strcmp(r->items[i].folder, "rules") == 0 && strcmp(r->items[i].name, "left_out") == 0)
			r->items[i].value = sk_rules_blind_count(g->rules);
	if (rc == 0)
		rc = add_table(r, &sk_campaign_counter_table, sk_campaign_counters(sk_output_campaign(g->output)));
	if (rc == 0)
		rc = add(r, "output", &lost, sk_output_lost(g->output));
	if (rc == 0)
		rc = add_outputs(r, g->output);
	if (rc < 0)
		sk_report_fini(r);
	return rc;
}

void sk_report_fini(struct sk_report *r)
{
	for (size_t i = 0; i < r->name_cnt; i++)
		free(r->names[i]);
	free(r->names);
	free(r->items);
	memset(r, 0, sizeof(*r));
}

uint64_t sk_report_value(const struct sk_report *r, const char *folder, const char *name)
{
	for (size_t i = 0; i < r->cnt; i++)
		if (strcmp(r->items[i].folder, folder) == 0 && strcmp(r->items[i].name, name) == 0)
			return r->items[i].value;
	return 0;
}

static const struct sk_report_item *find_full(const struct sk_report *r, const char *full)
{
	size_t n = (size_t)(strchr(full, '.') - full);

	for (size_t i = 0; i < r->cnt; i++)
		if (strncmp(r->items[i].folder, full, n) == 0 && !r->items[i].folder[n] &&
		    strcmp(r->items[i].name, full + n + 1) == 0)
			return &r->items[i];
	return NULL;
}

/* 1234567 as "1,234,567". Returns buf (32 bytes). */
static const char *thousands(uint64_t v, char *buf)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, v), o = 0;

	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			buf[o++] = ',';
		buf[o++] = digits[i];
	}
	buf[o] = 0;
	return buf;
}

static void print_read(const struct sk_report *r, const struct sk_engine *g, FILE *out)
{
	char a[32], b[32], c[32], d[32];
	uint64_t files = sk_report_value(r, "capture", "files");
	uint64_t span = g->last_ns > g->first_ns ? g->last_ns - g->first_ns : 0;

	fprintf(out, "read     ");
	if (!g->live)
		fprintf(out, "%s file%s, ", thousands(files, a), files == 1 ? "" : "s");
	fprintf(out, "%s packets, %s bytes, %" PRIu64 ".%03u s of traffic\n", thousands(sk_report_value(r, "capture", "packets"), a),
		thousands(sk_report_value(r, "capture", "bytes"), b), span / 1000000000u, (unsigned)(span / 1000000u % 1000u));
	fprintf(out, "flows    %s TCP, %s UDP, %s other; %s bytes in order\n", thousands(sk_report_value(r, "flow", "tcp"), a),
		thousands(sk_report_value(r, "flow", "udp"), b), thousands(sk_report_value(r, "flow", "other"), c),
		thousands(sk_report_value(r, "reassembly", "bytes"), d));
	fprintf(out, "events   %s; %s alerts", thousands(sk_report_value(r, "detect", "events"), a),
		thousands(sk_output_alerts(g->output), b));
	if (sk_report_value(r, "campaign", "marks"))
		fprintf(out, ", %s marks", thousands(sk_report_value(r, "campaign", "marks"), c));
	fputc('\n', out);
}

static void print_item(const struct sk_report_item *it, FILE *out)
{
	char full[96], n[32];

	snprintf(full, sizeof(full), "%s.%s", it->folder, it->name);
	fprintf(out, "  %14s  %-30s %s\n", thousands(it->value, n), full, it->help);
}

static void print_memory(const struct sk_engine *g, FILE *out)
{
	struct sk_memory_item items[SK_MEMORY_ITEMS];
	uint64_t sum;

	(void)sk_memory_items(g, g->start_bytes, items, &sum);
	fprintf(out, "memory   %" PRIu64 " MiB resident at most, %" PRIu64 " MiB configured (sekisho -T -v)\n",
		(sk_memory_resident_max() + (1 << 20) - 1) >> 20, (sum + (1 << 20) - 1) >> 20);
}

static void print_advice(const struct sk_report *r, FILE *out)
{
	char text[SK_ADVICE_TEXT_MAX];

	for (unsigned i = 0; i < SK_ADVICE_CNT; i++)
		if (sk_advice(r, i, text))
			fprintf(out, "advice   %s\n", text);
}

void sk_report_print(const struct sk_report *r, const struct sk_engine *g, void *out, bool verbose)
{
	struct sk_sink_counts counts;
	bool head = false;
	char a[32], b[32];

	print_read(r, g, out);
	for (size_t i = 0; i < SK_ARRAY_LEN(troubles); i++) {
		const struct sk_report_item *it = find_full(r, troubles[i]);

		if (!it || !it->value)
			continue;
		if (!head)
			fprintf(out, "noticed\n");
		head = true;
		print_item(it, out);
	}
	print_advice(r, out);
	if (verbose) {
		fprintf(out, "counters\n");
		for (size_t i = 0; i < r->cnt; i++)
			if (r->items[i].value)
				print_item(&r->items[i], out);
	}
	if (verbose)
		print_memory(g, out);
	for (size_t i = 0; i < sk_output_sink_count(g->output); i++) {
		const char *name = sk_output_sink(g->output, i, &counts);

		if (strncmp(name, "text", 4) == 0 && counts.undelivered == 0)
			continue;
		fprintf(out, "output   %s: %s delivered", name, thousands(counts.delivered, a));
		if (counts.undelivered)
			fprintf(out, ", %s NOT delivered (%s of them lost)", thousands(counts.undelivered, a),
				thousands(counts.lost, b));
		fputc('\n', out);
	}
}

/* The texts hold nothing that JSON would have to escape. */
static void add_advice(const struct sk_report *r, struct sk_buf *out)
{
	char text[SK_ADVICE_TEXT_MAX];
	bool any = false;

	for (unsigned i = 0; i < SK_ADVICE_CNT; i++) {
		if (!sk_advice(r, i, text))
			continue;
		sk_buf_addf(out, "%s\"%s\"", any ? "," : ",\"advice\":[", text);
		any = true;
	}
	if (any)
		sk_buf_add_byte(out, ']');
}

int sk_report_json(const struct sk_report *r, const struct sk_engine *g, uint64_t now_ns, struct sk_buf *out)
{
	char time[SK_TIME_TEXT_MAX];
	const char *folder = "";

	sk_buf_addf(out, "{\"timestamp\":\"%s\",\"event_type\":\"stats\",\"host\":\"", sk_fmt_time(now_ns, time));
	for (const char *c = g->settings->sensor; *c; c++)
		if ((unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7f && *c != '"' && *c != '\\')
			sk_buf_add_byte(out, (uint8_t)*c);
	sk_buf_add_str(out, "\",\"stats\":{");
	for (size_t i = 0; i < r->cnt; i++) {
		const struct sk_report_item *it = &r->items[i];
		bool first = strcmp(folder, it->folder) != 0;

		if (first)
			sk_buf_addf(out, "%s\"%s\":{", *folder ? "}," : "", it->folder);
		sk_buf_addf(out, "%s\"%s\":%" PRIu64, first ? "" : ",", it->name, it->value);
		folder = it->folder;
	}
	sk_buf_add_str(out, *folder ? "}}" : "}");
	add_advice(r, out);
	return sk_buf_add_str(out, "}");
}
