/* tests/abi/plugin10.c — uses every part of plugin API 1.0; built with the headers of 1.0 and loaded by today's engine.
 *
 * It publishes plugin10.seen {count, method} for every request, keeps counts per worker, flow and unit, and raises one finding
 * when a body ends, with all of them in the reason.
 */
#include <stdio.h>
#include <stdlib.h>

#include <sekisho/plugin.h>

struct instance {
	const struct sk_host *host;
	char word[32];
	uint32_t events;
};

struct worker {
	uint64_t events;
};

struct flow {
	uint64_t events;
	char *copy;
};

struct unit {
	uint64_t pieces, bytes;
};

static int on_open(const struct sk_host *host, void **instance, char *error, size_t error_size)
{
	struct instance *in = calloc(1, sizeof(*in));

	if (!in || host->size < sizeof(*host) || host->abi >> 16 != SK_ABI_MAJOR) {
		free(in);
		snprintf(error, error_size, "no such host");
		return -1;
	}
	in->host = host;
	in->events = host->counter(host, "events", "events seen");
	snprintf(in->word, sizeof(in->word), "%s%llu", host->option_text(host, "word"),
			(unsigned long long)host->option_num(host, "size"));
	*instance = in;
	return 0;
}

static void on_close(void *instance)
{
	free(instance);
}

static int on_worker_begin(void *instance, struct sk_worker *w, void *worker_state)
{
	((struct worker *)worker_state)->events = 100;
	return 0;
}

static void on_worker_end(void *instance, struct sk_worker *w, void *worker_state)
{
}

static int on_flow_begin(void *instance, struct sk_worker *w, void *worker_state, void *flow_state,
		const struct sk_flow_info *info)
{
	const struct instance *in = instance;
	struct flow *f = flow_state;

	f->copy = in->host->alloc(w, 4);
	return f->copy && info->server_port != 81 ? SK_WATCH : SK_IGNORE;
}

static void on_flow_end(void *instance, struct sk_worker *w, void *worker_state, void *flow_state,
		const struct sk_flow_info *info)
{
	const struct instance *in = instance;
	struct flow *f = flow_state;

	in->host->free(w, f->copy);
}

static int on_event(void *instance, struct sk_worker *w, void *worker_state, void *flow_state, const struct sk_event *e)
{
	const struct instance *in = instance;
	struct worker *worker = worker_state;
	struct flow *f = flow_state;
	struct unit *u = in->host->unit(w);
	char *reason;

	worker->events++;
	f->events++;
	in->host->count(w, in->events, 1);
	if (e->kind == SK_KIND_HTTP_REQUEST) {
		struct sk_value values[2] = { { .type = SK_VALUE_INT, .u.num = f->events }, *sk_event_value(e, SK_F_HTTP_REQUEST_METHOD) };

		return in->host->publish(w, 0, values, 2) < 0 ? SK_FAILED : SK_CONTINUE;
	}
	if (!u)
		return SK_FAILED;
	u->pieces++;
	u->bytes += sk_event_bytes(e, SK_F_HTTP_BODY_BYTES).n;
	if (!sk_event_num(e, SK_F_HTTP_BODY_LAST, 0))
		return SK_CONTINUE;
	reason = in->host->scratch(w, 128);
	if (!reason)
		return SK_FAILED;
	snprintf(reason, 128, "%s worker %llu flow %llu pieces %llu bytes %llu time %llu.", in->word, (unsigned long long)worker->events,
		 (unsigned long long)f->events, (unsigned long long)u->pieces, (unsigned long long)u->bytes,
		 (unsigned long long)in->host->now(w));
	return in->host->alert(w, SK_FINDING(.id = "plugin10.body", .title = "A body", .reason = reason,
					     .severity = SK_SEVERITY_INFO, .confidence = 10)) < 0 ? SK_FAILED : SK_CONTINUE;
}

static void on_unit_end(void *instance, struct sk_worker *w, void *worker_state, void *flow_state, void *unit_state)
{
	const struct instance *in = instance;

	in->host->log(in->host, SK_LOG_DEBUG, "unit of %llu pieces", (unsigned long long)((struct unit *)unit_state)->pieces);
}

static const struct sk_field_def seen_fields[] = {
	{ .name = "count", .type = SK_VALUE_INT, .unit = "events", .source = "", .example = "1", .help = "events of the flow so far" },
	{ .name = "method", .type = SK_VALUE_TEXT, .unit = "", .source = "", .example = "GET", .help = "of the request" },
};
static const struct sk_kind_def kinds[] = { { .name = "plugin10.seen", .help = "a request", .fields = seen_fields,
		.field_cnt = 2 } };
static const struct sk_interest interests[] = {
	{ .kind = "http.request", .field = "method", .prefix = "p", .reads = "method" },
	{ .kind = "http.body", .reads = "bytes offset last request.method" },
};
static const struct sk_option options[] = {
	{ .name = "word", .type = SK_OPTION_TEXT, .preset = "a", .help = "first word of the reason" },
	{ .name = "size", .type = SK_OPTION_SIZE, .preset = "1 KiB", .min = 1, .max = 4096, .help = "its second" },
};

SK_PLUGIN(plugin10,
	.version = "1", .summary = "uses every part of plugin API 1.0", .licence = "BSD-2-Clause",
	.interests = interests, .interest_cnt = 2, .options = options, .option_cnt = 2, .kinds = kinds, .kind_cnt = 1,
	.worker_size = sizeof(struct worker), .flow_size = sizeof(struct flow), .unit_size = sizeof(struct unit),
	.open = on_open, .close = on_close, .worker_begin = on_worker_begin, .worker_end = on_worker_end,
	.flow_begin = on_flow_begin, .on_event = on_event, .flow_end = on_flow_end, .unit_end = on_unit_end);
