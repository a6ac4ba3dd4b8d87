/* fake_host.h — a host for a plugin's own tests: no engine, no cmocka, one header.
 *
 * what     runs one plugin as sekisho would: options, flows, units, events; keeps what it publishes, finds, logs and counts
 * memory   everything is freed by fake_close, which also says how many blocks of host->alloc were left
 * limits   no caps, budgets or quarantine; set fake.alloc_fails to see how the plugin takes a NULL
 *
 *	struct fake fake;
 *	fake_open(&fake, &sk_plugin_template);            or with fake_option_num() between fake_init and fake_start
 *	fake_event(&fake, &event);
 *	CHECK(fake.finding_cnt == 1);
 *	CHECK(fake_close(&fake) == 0);
 */
#ifndef SEKISHO_FAKE_HOST_H
#define SEKISHO_FAKE_HOST_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sekisho/plugin.h>

#define FAKE_MAX 64u			/* of each thing that is kept */
#define FAKE_TEXT 4096u

#define CHECK(x) \
	do { \
		if (!(x)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); \
			exit(1); \
		} \
	} while (0)

struct fake_finding {
	char id[64], title[128], reason[512];
	uint32_t severity, confidence, evidence_cnt;
	char field[64];			/* of the first piece of evidence */
	char value[512];
	size_t value_len;
};

struct fake_published {
	uint32_t kind_index, value_cnt;
	struct sk_value values[SK_FIELD_MAX];	/* bytes are copied; lists keep their pointers, which end with the event */
	char *copies[SK_FIELD_MAX];
};

struct fake_option {
	const char *name, *text;
	uint64_t num;
};

struct sk_worker {
	struct fake *fake;
};

struct fake {
	struct sk_host host;		/* first: handed back by the plugin */
	const struct sk_plugin *plugin;
	struct sk_worker worker;
	void *instance, *worker_state, *flow_state, *unit_state;
	bool unit_done;			/* the plugin wants no more pieces of the unit */
	struct sk_flow_info flow;
	const struct sk_event *at;
	int flow_status;		/* -1 not begun, else the last answer of flow_begin or on_event */
	struct fake_option options[FAKE_MAX];
	unsigned option_cnt;
	const char *counter_names[FAKE_MAX];
	uint64_t counters[FAKE_MAX];
	unsigned counter_cnt;
	struct fake_finding findings[FAKE_MAX];
	unsigned finding_cnt;		/* may be more than FAKE_MAX; the first are kept */
	struct fake_published published[FAKE_MAX];
	unsigned published_cnt;
	char log[FAKE_TEXT];		/* all lines */
	char error[256];		/* of open */
	bool alloc_fails;
	long blocks;			/* got and not given back */
	void *scratch[FAKE_MAX];
	unsigned scratch_cnt;
};

/* --- the services --- */

static inline struct fake *fake_of(const struct sk_host *h)
{
	return (struct fake *)(uintptr_t)h;
}

__attribute__((format(printf, 3, 4)))
static inline void fake_log(const struct sk_host *h, int level, const char *fmt, ...)
{
	struct fake *f = fake_of(h);
	size_t n = strlen(f->log);
	va_list args;

	(void)level;
	va_start(args, fmt);
	vsnprintf(f->log + n, sizeof(f->log) - n, fmt, args);
	va_end(args);
	n = strlen(f->log);
	snprintf(f->log + n, sizeof(f->log) - n, "\n");
}

static inline const struct fake_option *fake_find_option(const struct sk_host *h, const char *name)
{
	struct fake *f = fake_of(h);

	for (unsigned i = 0; i < f->option_cnt; i++)
		if (!strcmp(f->options[i].name, name))
			return &f->options[i];
	fprintf(stderr, "no value for option %s: call fake_option_num or fake_option_text before fake_start\n", name);
	exit(1);
}

static inline uint64_t fake_get_num(const struct sk_host *h, const char *name)
{
	return fake_find_option(h, name)->num;
}

static inline const char *fake_get_text(const struct sk_host *h, const char *name)
{
	const char *s = fake_find_option(h, name)->text;

	return s ? s : "";
}

static inline uint32_t fake_counter(const struct sk_host *h, const char *name, const char *help)
{
	struct fake *f = fake_of(h);

	(void)help;
	CHECK(f->counter_cnt < FAKE_MAX);
	f->counter_names[f->counter_cnt] = name;
	return f->counter_cnt++;
}

static inline void fake_count(struct sk_worker *w, uint32_t counter, uint64_t n)
{
	CHECK(counter < w->fake->counter_cnt);
	w->fake->counters[counter] += n;
}

static inline void *fake_alloc(struct sk_worker *w, size_t n)
{
	void *p = w->fake->alloc_fails ? NULL : calloc(1, n ? n : 1);

	w->fake->blocks += p != NULL;
	return p;
}

static inline void *fake_realloc(struct sk_worker *w, void *p, size_t n)
{
	if (!p)
		return fake_alloc(w, n);
	return w->fake->alloc_fails ? NULL : realloc(p, n ? n : 1);
}

static inline void fake_free(struct sk_worker *w, void *p)
{
	w->fake->blocks -= p != NULL;
	free(p);
}

static inline void *fake_scratch(struct sk_worker *w, size_t n)
{
	if (w->fake->alloc_fails || w->fake->scratch_cnt == FAKE_MAX)
		return NULL;
	return w->fake->scratch[w->fake->scratch_cnt++] = malloc(n ? n : 1);
}

static inline void *fake_unit(struct sk_worker *w)
{
	return w->fake->unit_state;
}

static inline int fake_publish(struct sk_worker *w, uint32_t kind_index, const struct sk_value *values, uint32_t value_cnt)
{
	struct fake *f = w->fake;
	const struct sk_kind_def *def = &f->plugin->kinds[kind_index];
	struct fake_published *p = &f->published[f->published_cnt];

	CHECK(f->at != NULL && kind_index < f->plugin->kind_cnt && value_cnt <= def->field_cnt && value_cnt <= SK_FIELD_MAX);
	for (uint32_t i = 0; i < value_cnt; i++)
		CHECK(values[i].type == SK_VALUE_NONE || values[i].type == def->fields[i].type);
	if (f->published_cnt++ >= FAKE_MAX)
		return 0;
	p->kind_index = kind_index;
	p->value_cnt = value_cnt;
	for (uint32_t i = 0; i < value_cnt; i++) {
		p->values[i] = values[i];
		if (values[i].type != SK_VALUE_TEXT && values[i].type != SK_VALUE_BYTES)
			continue;
		p->copies[i] = malloc(values[i].u.bytes.n + 1);
		CHECK(p->copies[i] != NULL);
		if (values[i].u.bytes.n)
			memcpy(p->copies[i], values[i].u.bytes.p, values[i].u.bytes.n);
		p->copies[i][values[i].u.bytes.n] = 0;
		p->values[i].u.bytes = sk_span(p->copies[i], values[i].u.bytes.n);
	}
	return 0;
}

static inline int fake_alert(struct sk_worker *w, const struct sk_finding *x)
{
	struct fake *f = w->fake;
	struct fake_finding *k = &f->findings[f->finding_cnt];
	size_t n = strlen(f->plugin->name);

	CHECK(x->size == sizeof(*x) && x->evidence_size == sizeof(struct sk_evidence));
	CHECK(!strncmp(x->id, f->plugin->name, n) && x->id[n] == '.' && x->title && x->reason);
	CHECK(x->severity >= SK_SEVERITY_INFO && x->severity <= SK_SEVERITY_CRITICAL && x->confidence <= 100);
	CHECK(x->evidence_cnt <= SK_EVIDENCE_MAX);
	if (f->finding_cnt++ >= FAKE_MAX)
		return 0;
	snprintf(k->id, sizeof(k->id), "%s", x->id);
	snprintf(k->title, sizeof(k->title), "%s", x->title);
	snprintf(k->reason, sizeof(k->reason), "%s", x->reason);
	k->severity = x->severity;
	k->confidence = x->confidence;
	k->evidence_cnt = x->evidence_cnt;
	if (x->evidence_cnt) {
		snprintf(k->field, sizeof(k->field), "%s", x->evidence[0].field);
		k->value_len = x->evidence[0].value.n < sizeof(k->value) - 1 ? x->evidence[0].value.n : sizeof(k->value) - 1;
		if (k->value_len)
			memcpy(k->value, x->evidence[0].value.p, k->value_len);
		k->value[k->value_len] = 0;
	}
	return 0;
}

static inline uint64_t fake_now(struct sk_worker *w)
{
	return w->fake->at ? w->fake->at->time_ns : 0;
}

/* --- running a plugin --- */

static inline void fake_option_num(struct fake *f, const char *name, uint64_t num)
{
	CHECK(f->option_cnt < FAKE_MAX);
	f->options[f->option_cnt++] = (struct fake_option){ .name = name, .num = num };
}

static inline void fake_option_text(struct fake *f, const char *name, const char *text)
{
	CHECK(f->option_cnt < FAKE_MAX);
	f->options[f->option_cnt++] = (struct fake_option){ .name = name, .text = text };
}

static inline void fake_init(struct fake *f, const struct sk_plugin *p)
{
	static const struct sk_addr client = { { 10, 1, 2, 3 }, 4, { 0 } }, server = { { 10, 1, 1, 5 }, 4, { 0 } };

	memset(f, 0, sizeof(*f));
	f->host = (struct sk_host){
		.abi = SK_ABI, .size = sizeof(struct sk_host), .log = fake_log, .option_num = fake_get_num, .option_text = fake_get_text,
		.counter = fake_counter, .count = fake_count, .alloc = fake_alloc, .realloc = fake_realloc, .free = fake_free,
		.scratch = fake_scratch, .unit = fake_unit, .publish = fake_publish, .alert = fake_alert, .now = fake_now };
	f->plugin = p;
	f->worker.fake = f;
	f->flow_status = -1;
	f->flow = (struct sk_flow_info){ .size = sizeof(f->flow), .proto = 6, .client_ip = client, .server_ip = server,
		.client_port = 49152, .server_port = 80, .serial = 1 };
}

/* Presets that are plain numbers or text stand for options nobody set. 0, or <0 with f->error. */
static inline int fake_start(struct fake *f)
{
	const struct sk_plugin *p = f->plugin;
	unsigned given = f->option_cnt;

	for (uint32_t i = 0; i < p->option_cnt; i++) {
		unsigned k = 0;

		while (k < given && strcmp(f->options[k].name, p->options[i].name))
			k++;
		if (k < given)
			continue;
		fake_option_text(f, p->options[i].name, p->options[i].preset);
		f->options[f->option_cnt - 1].num = strcmp(p->options[i].preset, "true") ? strtoull(p->options[i].preset, NULL, 10) : 1;
	}
	f->worker_state = calloc(1, p->worker_size + 1u);
	f->flow_state = calloc(1, p->flow_size + 1u);
	if (p->open && p->open(&f->host, &f->instance, f->error, sizeof(f->error)) < 0)
		return -1;
	return p->worker_begin ? p->worker_begin(f->instance, &f->worker, f->worker_state) : 0;
}

static inline void fake_open(struct fake *f, const struct sk_plugin *p)
{
	fake_init(f, p);
	if (fake_start(f) < 0) {
		fprintf(stderr, "open: %s\n", f->error);
		exit(1);
	}
}

/* Fill values by SK_F_… as the engine does. Events of a flow the plugin has left are not given. first and last: a piece that opens
 * and closes a unit of a streamed event; units here do not overlap. */
static inline int fake_event_unit(struct fake *f, struct sk_event *e, bool first, bool last)
{
	static const uint64_t one = 1;
	const struct sk_plugin *p = f->plugin;

	e->size = sizeof(*e);
	e->flow = &f->flow;
	if (!e->packets) {
		e->packets = &one;
		e->packet_cnt = 1;
		e->packet = 1;
	}
	f->at = e;
	if (f->flow_status == -1) {
		f->flow_status = SK_CONTINUE;
		if (p->flow_begin && p->flow_begin(f->instance, &f->worker, f->worker_state, f->flow_state, &f->flow) != SK_WATCH)
			f->flow_status = SK_FLOW_DONE;
	}
	if (first && p->unit_size)
		f->unit_state = calloc(1, p->unit_size);
	f->unit_done = f->unit_done && !first;
	if (f->flow_status == SK_CONTINUE && !f->unit_done)
		f->flow_status = p->on_event(f->instance, &f->worker, f->worker_state, f->flow_state, e);
	if (f->flow_status == SK_UNIT_DONE) {
		f->flow_status = SK_CONTINUE;
		f->unit_done = f->unit_state != NULL;
	}
	if (last && p->unit_size) {
		if (p->unit_end)
			p->unit_end(f->instance, &f->worker, f->worker_state, f->flow_state, f->unit_state);
		free(f->unit_state);
		f->unit_state = NULL;
	}
	f->at = NULL;
	while (f->scratch_cnt)
		free(f->scratch[--f->scratch_cnt]);
	return f->flow_status;
}

static inline int fake_event(struct fake *f, struct sk_event *e)
{
	return fake_event_unit(f, e, false, false);
}

/* Ends the flow and begins another one. */
static inline void fake_next_flow(struct fake *f)
{
	struct sk_event end = { .size = sizeof(end), .kind = SK_KIND_FLOW_END, .flow = &f->flow };

	f->at = &end;
	if (f->flow_status != -1 && f->plugin->flow_end)
		f->plugin->flow_end(f->instance, &f->worker, f->worker_state, f->flow_state, &f->flow);
	f->at = NULL;
	while (f->scratch_cnt)
		free(f->scratch[--f->scratch_cnt]);
	f->flow_status = -1;
	f->flow.serial++;
	if (f->flow_state)
		memset(f->flow_state, 0, f->plugin->flow_size);
}

/* Blocks of host->alloc that were not given back. */
static inline long fake_close(struct fake *f)
{
	fake_next_flow(f);
	if (f->plugin->worker_end)
		f->plugin->worker_end(f->instance, &f->worker, f->worker_state);
	if (f->plugin->close)
		f->plugin->close(f->instance);
	free(f->worker_state);
	free(f->flow_state);
	free(f->unit_state);
	for (unsigned i = 0; i < f->published_cnt && i < FAKE_MAX; i++)
		for (uint32_t k = 0; k < f->published[i].value_cnt; k++)
			free(f->published[i].copies[k]);
	return f->blocks;
}

#endif
