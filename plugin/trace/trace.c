/* plugin/trace — writes every event it is given as one line: what plugins see, and in what order.
 *
 * what     living documentation, and the eyes of the golden tests: same capture, same lines (with one worker)
 * memory   nothing but a scratch line per event
 * threads  lines of several workers mix, each whole
 * limits   values longer than `bytes` and lines longer than LINE_MAX are cut and say by how much; kinds made by plugins are
 *          not traced, because interests are fixed when this is built
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sekisho/plugin.h>

#define LINE_MAX_ 65536u
#define LIST_MAX 64u			/* items shown of a list */
#define PACKETS_MAX 16u			/* packet numbers shown */

/* --- names, from the tables of <sekisho/event.h> --- */

#define FIELD_NAME(id, name, ...) name,
#define X(id, name, help) static const char *const fields_##id[] = { SK_FIELDS_##id(FIELD_NAME) };
SK_KINDS(X)
#undef X

static const struct {
	const char *name;
	const char *const *fields;
	unsigned field_cnt;
} kinds[] = {
#define X(id, name, help) { name, fields_##id, sizeof(fields_##id) / sizeof(fields_##id[0]) },
	SK_KINDS(X)
#undef X
};

static const struct sk_interest interests[] = {
#define X(id, name, help) { .kind = name },
	SK_KINDS(X)
#undef X
};

enum { INTEREST_CNT = sizeof(interests) / sizeof(interests[0]) };

struct instance {
	const struct sk_host *host;
	uint64_t kinds;			/* bit by kind */
	size_t bytes;
	bool flows;
	int fd;				/* -1: through the log */
};

/* --- a line --- */

struct line {
	char *p;
	size_t n, room;
	size_t lost;
};

static void put(struct line *l, const char *s, size_t n)
{
	if (n > l->room - l->n) {
		l->lost += n;
		return;
	}
	memcpy(l->p + l->n, s, n);
	l->n += n;
}

static void put_str(struct line *l, const char *s)
{
	put(l, s, strlen(s));
}

static void put_num(struct line *l, uint64_t v)
{
	char s[24];

	put(l, s, (size_t)snprintf(s, sizeof(s), "%" PRIu64, v));
}

/* "text" with \" \\ and \xNN, so that a line is one line and bytes can be told apart. */
static void put_bytes(struct line *l, struct sk_span s, size_t max)
{
	size_t n = s.n < max ? s.n : max;

	put_str(l, "\"");
	for (size_t i = 0; i < n; i++) {
		char c[5];

		if (s.p[i] == '"' || s.p[i] == '\\')
			put(l, c, (size_t)snprintf(c, sizeof(c), "\\%c", s.p[i]));
		else if (s.p[i] >= 32 && s.p[i] < 127)
			put(l, (const char *)&s.p[i], 1);
		else
			put(l, c, (size_t)snprintf(c, sizeof(c), "\\x%02x", s.p[i]));
	}
	put_str(l, "\"");
	if (n < s.n) {
		put_str(l, "+");
		put_num(l, s.n - n);
	}
}

static void put_addr(struct line *l, const struct sk_addr *a)
{
	char s[INET6_ADDRSTRLEN];

	if (a->family == 0 || !inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->b, s, sizeof(s)))
		put_str(l, "-");
	else
		put_str(l, s);
}

static void put_scalar(struct line *l, const struct sk_value *v, size_t max)
{
	switch (v->type) {
	case SK_VALUE_TEXT:
	case SK_VALUE_BYTES:
	case SK_VALUE_STREAM:
		put_bytes(l, v->u.bytes, max);
		break;
	case SK_VALUE_INT:
	case SK_VALUE_BOOL:
	case SK_VALUE_TIME:
		put_num(l, v->u.num);
		break;
	case SK_VALUE_ADDR:
		put_addr(l, &v->u.addr);
		break;
	default:
		put_str(l, "-");
	}
}

static void put_value(struct line *l, const struct sk_value *v, size_t max)
{
	size_t n = v->u.list.n < LIST_MAX ? v->u.list.n : LIST_MAX;

	if (v->type != SK_VALUE_LIST && v->type != SK_VALUE_PAIRS) {
		put_scalar(l, v, max);
		return;
	}
	put_str(l, "[");
	for (size_t i = 0; i < n; i++) {
		if (i)
			put_str(l, v->type == SK_VALUE_PAIRS && i % 2 ? ": " : ", ");
		put_scalar(l, &v->u.list.v[i], max);
	}
	put_str(l, "]");
	if (n < v->u.list.n) {
		put_str(l, "+");
		put_num(l, v->u.list.n - n);
	}
}

static bool line_begin(struct line *l, const struct instance *in, struct sk_worker *w)
{
	*l = (struct line){ .p = in->host->scratch(w, LINE_MAX_), .room = LINE_MAX_ - 64 };
	return l->p != NULL;
}

static int line_end(struct line *l, const struct instance *in)
{
	if (l->lost) {
		l->room = LINE_MAX_ - 2;
		put_str(l, " cut=");
		put_num(l, l->lost);
	}
	if (in->fd < 0) {
		l->p[l->n] = 0;
		in->host->log(in->host, SK_LOG_INFO, "%s", l->p);
		return 0;
	}
	l->p[l->n++] = '\n';
	for (size_t done = 0; done < l->n; ) {
		ssize_t n = write(in->fd, l->p + done, l->n - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

/* --- life cycle --- */

/* Bits of the kinds named in text, all for none. 0 for an unknown name, copied to bad. */
static uint64_t read_kinds(const char *text, char *bad, size_t size)
{
	uint64_t bits = 0;

	while (*(text += strspn(text, " ,"))) {
		size_t n = strcspn(text, " ,"), i = 0;

		while (i < INTEREST_CNT && (strlen(kinds[i].name) != n || memcmp(kinds[i].name, text, n)))
			i++;
		if (i == INTEREST_CNT) {
			snprintf(bad, size, "%.*s", (int)n, text);
			return 0;
		}
		bits |= UINT64_C(1) << i;
		text += n;
	}
	return bits ? bits : UINT64_MAX;
}

static int on_open(const struct sk_host *host, void **instance, char *error, size_t error_size)
{
	const char *file = host->option_text(host, "file");
	struct instance *in = calloc(1, sizeof(*in));
	char bad[64];

	if (!in) {
		snprintf(error, error_size, "out of memory");
		return -1;
	}
	in->host = host;
	in->fd = -1;
	in->flows = host->option_num(host, "flows") != 0;
	in->bytes = (size_t)host->option_num(host, "bytes");
	in->kinds = read_kinds(host->option_text(host, "kinds"), bad, sizeof(bad));
	if (!in->kinds) {
		snprintf(error, error_size, "option kinds: there is no event '%s'", bad);
		free(in);
		return -1;
	}
	if (*file) {
		in->fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
		if (in->fd < 0) {
			snprintf(error, error_size, "%s: %s", file, strerror(errno));
			free(in);
			return -1;
		}
	}
	*instance = in;
	return 0;
}

static void on_close(void *instance)
{
	struct instance *in = instance;

	if (in->fd >= 0)
		close(in->fd);
	free(in);
}

/* --- flows --- */

static void put_flow(struct line *l, const struct sk_flow_info *f)
{
	put_str(l, " flow=");
	put_num(l, f->serial);
	put_str(l, " proto=");
	put_num(l, f->proto);
	put_str(l, " client=");
	put_addr(l, &f->client_ip);
	put_str(l, " port=");
	put_num(l, f->client_port);
	put_str(l, " server=");
	put_addr(l, &f->server_ip);
	put_str(l, " port=");
	put_num(l, f->server_port);
	if (f->vlan) {
		put_str(l, " vlan=");
		put_num(l, f->vlan);
	}
	if (f->midstream)
		put_str(l, " midstream");
	if (f->dir_guessed)
		put_str(l, " dir_guessed");
}

static int on_flow_begin(void *instance, struct sk_worker *w, void *worker_state, void *flow_state, const struct sk_flow_info *f)
{
	const struct instance *in = instance;
	struct line l;

	(void)worker_state;
	(void)flow_state;
	if (in->flows && line_begin(&l, in, w)) {
		put_str(&l, "begin");
		put_flow(&l, f);
		line_end(&l, in);
	}
	return SK_WATCH;
}

static void on_flow_end(void *instance, struct sk_worker *w, void *worker_state, void *flow_state, const struct sk_flow_info *f)
{
	const struct instance *in = instance;
	struct line l;

	(void)worker_state;
	(void)flow_state;
	if (in->flows && line_begin(&l, in, w)) {
		put_str(&l, "end");
		put_flow(&l, f);
		put_str(&l, " packets=");
		put_num(&l, f->packets[SK_TO_SERVER]);
		put_str(&l, "/");
		put_num(&l, f->packets[SK_TO_CLIENT]);
		put_str(&l, " bytes=");
		put_num(&l, f->bytes[SK_TO_SERVER]);
		put_str(&l, "/");
		put_num(&l, f->bytes[SK_TO_CLIENT]);
		line_end(&l, in);
	}
}

/* --- events --- */

static void put_head(struct line *l, const struct sk_event *e)
{
	put_str(l, kinds[e->kind].name);
	put_str(l, e->dir == SK_TO_SERVER ? " to_server" : " to_client");
	put_str(l, " flow=");
	put_num(l, e->flow->serial);
	put_str(l, " time=");
	put_num(l, e->time_ns);
	put_str(l, " packet=");
	put_num(l, e->packet);
	put_str(l, " packets=");
	for (uint32_t i = 0; i < e->packet_cnt && i < PACKETS_MAX; i++) {
		if (i)
			put_str(l, ",");
		put_num(l, e->packets[i]);
	}
	if (e->packet_cnt > PACKETS_MAX) {
		put_str(l, "+");
		put_num(l, e->packet_cnt - PACKETS_MAX);
	}
	if (e->parent) {
		put_str(l, " parent=");
		put_str(l, e->parent->kind < INTEREST_CNT ? kinds[e->parent->kind].name : "-");
	}
}

static int on_event(void *instance, struct sk_worker *w, void *worker_state, void *flow_state, const struct sk_event *e)
{
	const struct instance *in = instance;
	struct line l;

	(void)worker_state;
	(void)flow_state;
	if (e->kind >= INTEREST_CNT || !(in->kinds >> e->kind & 1))
		return SK_CONTINUE;
	if (!line_begin(&l, in, w))
		return SK_FAILED;
	put_head(&l, e);
	for (unsigned i = 0; i < kinds[e->kind].field_cnt; i++) {
		const struct sk_value *v = sk_event_value(e, i);

		if (v->type == SK_VALUE_NONE)
			continue;
		put_str(&l, " ");
		put_str(&l, kinds[e->kind].fields[i]);
		put_str(&l, "=");
		put_value(&l, v, in->bytes);
	}
	return line_end(&l, in) < 0 ? SK_FAILED : SK_CONTINUE;
}

static const struct sk_option options[] = {
	{ .name = "file", .type = SK_OPTION_TEXT, .preset = "", .help = "write lines there, from its beginning; else to the log" },
	{ .name = "kinds", .type = SK_OPTION_TEXT, .preset = "", .help = "event kinds to write, blanks between; else all" },
	{ .name = "flows", .type = SK_OPTION_BOOL, .preset = "false", .help = "also write when a flow begins and ends" },
	{ .name = "bytes", .type = SK_OPTION_SIZE, .preset = "64", .max = 65536, .help = "bytes shown of one value" },
};

SK_PLUGIN(trace,
	.version = "1.0",
	.summary = "writes every event as one line",
	.licence = "BSD-2-Clause",
	.flags = SK_PLUGIN_OFF,
	.interests = interests, .interest_cnt = INTEREST_CNT,
	.options = options, .option_cnt = sizeof(options) / sizeof(options[0]),
	.open = on_open, .close = on_close,
	.flow_begin = on_flow_begin, .on_event = on_event, .flow_end = on_flow_end);
