/* tests/abi/faulty.c — plugins with one mistake each: those of the table by FAULT_… at build, those at run time by option. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <sekisho/plugin.h>

static const struct sk_host *host;
static char how[32];

static int on_open(const struct sk_host *h, void **instance, char *error, size_t error_size)
{
	host = h;
	snprintf(how, sizeof(how), "%s", h->option_text(h, "how"));
	if (strcmp(how, "open"))
		return 0;
	snprintf(error, error_size, "it was told to fail");
	return -1;
}

static void recurse(struct sk_worker *w)
{
	const struct sk_value v = { .type = SK_VALUE_INT, .u.num = 1 };

	host->publish(w, 0, &v, 1);
}

static int on_event(void *instance, struct sk_worker *w, void *worker_state, void *flow_state, const struct sk_event *e)
{
	struct timespec pause = { 0, 3000000 };

	if (!strcmp(how, "failed"))
		return SK_FAILED;
	if (!strcmp(how, "slow"))
		nanosleep(&pause, NULL);
	if (!strcmp(how, "hog"))
		while (host->alloc(w, 1000))
			;
	if (!strcmp(how, "flood"))
		host->alert(w, SK_FINDING(.id = "faulty.flood", .title = "Flood", .reason = "flood", .severity = SK_SEVERITY_LOW));
	if (!strcmp(how, "overrun"))
		((volatile unsigned char *)flow_state)[8] = 1;
	if (!strcmp(how, "recurse"))
		recurse(w);
	return SK_CONTINUE;
}

static const struct sk_field_def fields[] = {
	{ .name = "level", .type = SK_VALUE_INT, .unit = "", .source = "", .example = "1", .help = "a level" } };
static const struct sk_kind_def kinds[] = { { .name = "faulty.thing", .help = "a thing", .fields = fields, .field_cnt = 1 } };

#ifdef FAULT_UNKNOWN_KIND
static const struct sk_interest interests[] = { { .kind = "http.requets" } };
#else
static const struct sk_interest interests[] = { { .kind = "http.request" }, { .kind = "faulty.thing" } };
#endif

#ifdef FAULT_UNKNOWN_OPTION
static const struct sk_option options[] = { { .name = "how", .type = 77, .preset = "", .help = "what to do wrong" } };
#else
static const struct sk_option options[] = { { .name = "how", .type = SK_OPTION_TEXT, .preset = "", .help = "what to do wrong" } };
#endif

#ifdef FAULT_NO_SYMBOL
#define sk_plugin_main sk_plugin_elsewhere
#endif

SK_EXPORT extern const struct sk_plugin sk_plugin_main;
SK_EXPORT const struct sk_plugin sk_plugin_main = {
#if defined(FAULT_WRONG_MAJOR)
	.abi = (SK_ABI_MAJOR + 1) << 16,
#elif defined(FAULT_NEWER_MINOR)
	.abi = SK_ABI + 1,
#else
	.abi = SK_ABI,
#endif
#ifdef FAULT_SHORT_SIZE
	.size = 40,
#else
	.size = sizeof(struct sk_plugin),
#endif
#ifndef FAULT_NO_NAME
	.name = "faulty",
#endif
	.interest_size = sizeof(struct sk_interest), .option_size = sizeof(struct sk_option), .kind_size = sizeof(struct sk_kind_def),
	.field_size = sizeof(struct sk_field_def),
	.version = "1", .summary = "makes a mistake", .licence = "BSD-2-Clause",
	.interests = interests, .interest_cnt = sizeof(interests) / sizeof(interests[0]), .options = options, .option_cnt = 1,
	.kinds = kinds, .kind_cnt = 1, .flow_size = 8, .open = on_open, .on_event = on_event,
};
