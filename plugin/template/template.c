/* plugin/template — the smallest plugin that is of use: many refused requests in one flow.
 *
 * what     counts answers with status 401 and raises one finding per flow at a threshold
 * memory   flow state: 4 bytes
 * source   RFC 9110 section 15.5.2 (401 Unauthorized)
 * limits   one flow is one TCP connection: attempts spread over many are for a rule with count: and by:
 */
#include <stdio.h>
#include <stdlib.h>

#include <sekisho/plugin.h>

/* Read-only after open: workers share it. */
struct instance {
	const struct sk_host *host;
	uint64_t threshold;
	uint32_t refused_counter;
};

/* Zeroed by the host for every flow. */
struct flow {
	uint32_t refused;
};

static int on_open(const struct sk_host *host, void **instance, char *error, size_t error_size)
{
	struct instance *in = calloc(1, sizeof(*in));

	if (!in) {
		snprintf(error, error_size, "out of memory");
		return -1;
	}
	in->host = host;
	in->threshold = host->option_num(host, "threshold");
	in->refused_counter = host->counter(host, "refused", "requests answered with 401");
	*instance = in;
	return 0;
}

static void on_close(void *instance)
{
	free(instance);
}

static int on_event(void *instance, struct sk_worker *w, void *worker_state, void *flow_state, const struct sk_event *e)
{
	const struct instance *in = instance;
	struct flow *flow = flow_state;
	const struct sk_event *request = sk_event_up(e, SK_KIND_HTTP_REQUEST);
	struct sk_evidence evidence = { .field = "http.request.path" };
	char reason[96];

	if (sk_event_num(e, SK_F_HTTP_RESPONSE_STATUS, 0) != 401)
		return SK_CONTINUE;
	in->host->count(w, in->refused_counter, 1);
	if (++flow->refused < in->threshold)
		return SK_CONTINUE;

	if (request)
		evidence.value = sk_event_bytes(request, SK_F_HTTP_REQUEST_PATH);
	snprintf(reason, sizeof(reason), "%u requests of one connection were answered with 401.", flow->refused);
	in->host->alert(w, SK_FINDING(.id = "template.refused", .title = "Many refused requests", .reason = reason,
				      .severity = SK_SEVERITY_LOW, .confidence = 40,
				      .evidence = &evidence, .evidence_cnt = evidence.value.p ? 1 : 0));
	return SK_FLOW_DONE;
}

/* reads: what is looked at, so that the engine computes nothing else for us. */
static const struct sk_interest interests[] = {
	{ .kind = "http.response", .reads = "status request.path" },
};

static const struct sk_option options[] = {
	{ .name = "threshold", .type = SK_OPTION_INT, .preset = "5", .min = 1, .max = 1000000, .help = "refused requests in one flow" },
};

SK_PLUGIN(template,
	.version = "1.0",
	.summary = "many refused requests in one flow",
	.licence = "BSD-2-Clause",
	.interests = interests, .interest_cnt = sizeof(interests) / sizeof(interests[0]),
	.options = options, .option_cnt = sizeof(options) / sizeof(options[0]),
	.flow_size = sizeof(struct flow),
	.open = on_open, .close = on_close, .on_event = on_event);
