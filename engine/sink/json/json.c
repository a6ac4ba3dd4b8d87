/* sink/json/json.c — one alert or event per line. */
#include <stdlib.h>

#include "sink/file.h"

struct json {
	struct sk_sink s;
	struct sk_sink_file f;
};

static struct json *json_of(struct sk_sink *s)
{
	return SK_CONTAINER(s, struct json, s);
}

static int json_write(struct sk_sink *s, const struct sk_alert *a, struct sk_span event_json)
{
	return sk_sink_file_put(&json_of(s)->f, event_json, sk_span("\n", 1), a != NULL);
}

static void json_flush(struct sk_sink *s)
{
	sk_sink_file_flush(&json_of(s)->f);
}

static void json_counts(struct sk_sink *s, struct sk_sink_counts *counts)
{
	sk_sink_file_counts(&json_of(s)->f, counts);
}

static void json_reopen(struct sk_sink *s)
{
	sk_sink_file_reopen(&json_of(s)->f);
}

static int json_close(struct sk_sink *s, uint64_t wait_ns, struct sk_sink_counts *counts)
{
	struct json *j = json_of(s);
	int rc = sk_sink_file_close(&j->f, counts);

	free(s->name);
	free(j);
	return rc;
}

static const struct sk_sink_ops ops = {
	.scheme = "json",
	.write = json_write,
	.flush = json_flush,
	.close = json_close,
	.counts = json_counts,
	.reopen = json_reopen,
};

int sk_sink_json_open(struct sk_sink **out, const char *file, const struct sk_sink_conf *conf, struct sk_error *e)
{
	struct json *j = calloc(1, sizeof(*j));
	struct sk_sink_counts counts;
	int rc;

	*out = NULL;
	if (!j)
		return sk_error_set(e, SK_E_MEMORY, "not enough memory");
	rc = sk_sink_file_open(&j->f, file, "json", conf->queue_max, e);
	if (rc < 0) {
		free(j);
		return rc;
	}
	j->s = (struct sk_sink){ .ops = &ops, .name = sk_sink_file_name("json", file) };
	if (!j->s.name) {
		sk_sink_file_close(&j->f, &counts);
		free(j);
		return sk_error_set(e, SK_E_MEMORY, "not enough memory");
	}
	*out = &j->s;
	return 0;
}
