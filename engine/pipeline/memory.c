/* pipeline/memory.c — see memory.h. */
#include "pipeline/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "pipeline/batch.h"
#include "pipeline/lane.h"

#define MB (UINT64_C(1) << 20)
#define LATE (48 * MB)			/* pattern databases and nDPI's tables, made when first needed */
#define SCRATCH (64 * MB)		/* event memory, a worker: decoded values 8 + 8 MiB, lists 32 MiB, plugins 4 MiB, digests, stacks */
#define DECODER (16 * MB)		/* the largest window, brotli's: a packet may make one per layer before anybody looks */
#define CAPTURE (160 * MB)		/* a replay's reader: xz may ask for 128 MiB */
#define READER (4 * MB)			/* … without compression */

uint64_t sk_memory_resident(void)
{
	unsigned long long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f)
		return 0;
	if (fscanf(f, "%*u %llu", &pages) != 1)
		pages = 0;
	fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t sk_memory_resident_max(void)
{
	struct rusage u;

	return getrusage(RUSAGE_SELF, &u) == 0 ? (uint64_t)u.ru_maxrss * 1024 : 0;
}

static uint64_t output_bytes(const struct sk_settings *s)
{
	uint64_t cnt = s->outputs.cnt ? s->outputs.cnt : 1;

	/* a growing buffer is copied; a spool keeps its index in memory, the alerts on disk */
	return cnt * s->sink.queue_max * 2;
}

size_t sk_memory_items(const struct sk_engine *g, uint64_t start, struct sk_memory_item items[SK_MEMORY_ITEMS], uint64_t *sum)
{
	const struct sk_settings *s = g->settings;
	const uint64_t w = s->workers, plugins = sk_plugins_count(g->plugins);
	const struct sk_campaign_conf campaign = { .max_keys = s->keys, .max_bytes = s->campaign_memory };
	const struct sk_reassembly_conf waiting = { .max_total = s->reassembly.max_total };
	const struct sk_memory_item all[] = {
		{ "", "program, rules, plugins", start + LATE },
		{ "", "a worker's event memory", w * SCRATCH },
		{ "", "reading captures", g->live ? w * 2 * MB : CAPTURE + READER },
		{ "", "packets on their way to workers", g->live || w == 1 ? 0 : w * SK_BATCHES * sizeof(struct sk_batch) },
		{ "flow.max", "flow table", w * sk_flow_table_bytes(&s->flow) },
		{ "flow.max", "TCP states", w * (sk_reassembly_bytes(&waiting, s->flow.max) - s->reassembly.max_total) },
		{ "flow.total", "what flows hold", w * (s->flow.total + s->inflate_layers * DECODER) },
		{ "app.ranges", "resources that come in pieces", w * s->app.ranges_max },
		{ "reassembly.total", "bytes behind a hole", w * s->reassembly.max_total },
		{ "defrag.max", "fragments", (g->live ? w : 1) * sk_defrag_bytes(s->defrag_max) },
		{ "classify.flows", "nDPI's flows", s->classify_mode == SK_CLASSIFY_OFF || !s->classify_packets ? 0 :
		  w * sk_classify_bytes((unsigned)s->classify_packets, s->classify_flows) },
		{ "detect.plugin_memory", "plugins", w * plugins * s->plugin_memory },
		{ "campaign.queue", "alerts on their way", w * (s->alert_queue + SK_OUTPUT_RING * sizeof(struct sk_lane_item)) },
		{ "campaign.memory", "open sequences, counts, limits", sk_campaign_bytes(&campaign) },
		{ "redis.queue", "outputs", output_bytes(s) },
	};
	size_t n = 0;

	_Static_assert(SK_ARRAY_LEN(all) < SK_MEMORY_ITEMS, "one more item for what malloc adds");
	*sum = 0;
	for (size_t i = 0; i < SK_ARRAY_LEN(all); i++) {
		if (all[i].bytes == 0)
			continue;
		items[n++] = all[i];
		*sum += all[i].bytes;
	}
	items[n] = (struct sk_memory_item){ "", "what malloc cannot use again", (*sum - start) / 4 };
	*sum += items[n++].bytes;
	return n;
}

void sk_memory_print(const struct sk_engine *g, uint64_t start, void *out)
{
	struct sk_memory_item items[SK_MEMORY_ITEMS];
	uint64_t sum;
	size_t cnt = sk_memory_items(g, start, items, &sum);

	fprintf(out, "memory\n");
	for (size_t i = 0; i < cnt; i++)
		fprintf(out, "  %8" PRIu64 " MiB  %-32s %s\n", (items[i].bytes + MB - 1) / MB, items[i].what, items[i].key);
	fprintf(out, "  %8" PRIu64 " MiB  at most\n", (sum + MB - 1) / MB);
}
