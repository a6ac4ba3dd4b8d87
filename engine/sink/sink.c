/* sink/sink.c — see sink.h. */
#include "sink/sink.h"

#include <stdio.h>
#include <sys/stat.h>

const struct sk_sink_conf sk_sink_conf_default = {
	.sensor = "sekisho",
	.spool_max = UINT64_C(1) << 30,
	.queue_max = UINT64_C(64) << 20,
	.fsync_ns = UINT64_C(200000000),
	.retain_ns = UINT64_C(600000000000),
	.connect_timeout_ns = UINT64_C(3000000000),
	.command_timeout_ns = UINT64_C(5000000000),
	.backoff_max_ns = UINT64_C(10000000000),
	.batch_max = 256,
};

typedef int open_fn(struct sk_sink **out, const char *rest, const struct sk_sink_conf *conf, struct sk_error *e);
typedef int check_fn(const char *rest, const struct sk_sink_conf *conf, struct sk_error *e);

static int check_file(const char *file, const struct sk_sink_conf *conf, struct sk_error *e)
{
	struct stat st;

	if (file && stat(file, &st) == 0 && S_ISDIR(st.st_mode))
		return sk_error_set(e, SK_E_CONFIG, "output file '%s' is a folder", file);
	return 0;
}

/* What may stand after -o. A URL is handed over whole, a file without its scheme. */
static const struct scheme {
	const char *name, *usage;
	bool is_url;
	open_fn *open;
	check_fn *check;
} schemes[] = {
	{ "text", "text[:FILE]", false, sk_sink_text_open, check_file },
	{ "json", "json[:FILE]", false, sk_sink_json_open, check_file },
	{ "redis", "redis://…", true, sk_sink_redis_open, sk_sink_redis_check },
	{ "rediss", "rediss://…", true, sk_sink_redis_open, sk_sink_redis_check },
	{ "redis+unix", "redis+unix:///path", true, sk_sink_redis_open, sk_sink_redis_check },
	{ "redis-sentinel", "redis-sentinel://…", true, sk_sink_redis_open, sk_sink_redis_check },
	{ "rediss-sentinel", "rediss-sentinel://…", true, sk_sink_redis_open, sk_sink_redis_check },
	{ "redis-cluster", "redis-cluster://…", true, sk_sink_redis_open, sk_sink_redis_check },
	{ "rediss-cluster", "rediss-cluster://…", true, sk_sink_redis_open, sk_sink_redis_check },
};

/* The scheme of a spec and what of it the opener gets; NULL with *e. */
static const struct scheme *find(const char *spec, const char **rest, struct sk_error *e)
{
	size_t n = strcspn(spec, ":"), used = 0;
	char usage[320] = "";

	for (size_t i = 0; i < SK_ARRAY_LEN(schemes); i++) {
		const struct scheme *s = &schemes[i];
		bool is_url = spec[n] && strncmp(spec + n, "://", 3) == 0;

		if (strlen(s->name) == n && strncmp(spec, s->name, n) == 0 && s->is_url == is_url) {
			*rest = is_url ? spec : spec[n] && spec[n + 1] && strcmp(spec + n, ":-") != 0 ? spec + n + 1 : NULL;
			return s;
		}
		used += (size_t)snprintf(usage + used, sizeof(usage) - used, "%s%s",
					 i == 0 ? "" : i + 1 < SK_ARRAY_LEN(schemes) ? ", " : " or ", s->usage);
	}
	/* only the scheme is repeated: the rest may hold a password */
	sk_error_set(e, SK_E_CONFIG, "unknown output '%.*s', expected %s", (int)SK_MIN(n, (size_t)40), spec, usage);
	return NULL;
}

int sk_sink_open(struct sk_sink **out, const char *spec, const struct sk_sink_conf *conf, struct sk_error *e)
{
	const char *rest = NULL;
	const struct scheme *s = find(spec, &rest, e);

	*out = NULL;
	return s ? s->open(out, rest, conf, e) : SK_E_CONFIG;
}

int sk_sink_check(const char *spec, const struct sk_sink_conf *conf, struct sk_error *e)
{
	const char *rest = NULL;
	const struct scheme *s = find(spec, &rest, e);

	if (!s)
		return SK_E_CONFIG;
	return s->check ? s->check(rest, conf, e) : 0;
}
