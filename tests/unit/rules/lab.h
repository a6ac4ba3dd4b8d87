/* tests/unit/rules/lab.h — rules from text, events from values, and what matched: for the tests and fuzz targets of rules/. */
#ifndef SK_TESTS_RULES_LAB_H
#define SK_TESTS_RULES_LAB_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fmt.h"
#include "rules/rules.h"

#define LAB_HEAD "campaign: {id: lab, name: Lab}\n"

static struct sk_registry lab_registry;

struct lab_errors {
	struct sk_buf text;		/* one line each, "line:column: text" */
	int cnt;
};

static inline void lab_on_error(void *cx, const struct sk_error *e)
{
	struct lab_errors *errors = cx;

	if (e->line)
		sk_buf_addf(&errors->text, "%d:%d: %s\n", e->line, e->column, e->text);
	else
		sk_buf_addf(&errors->text, "%s\n", e->text);
	errors->cnt++;
}

static bool lab_late;			/* patterns are compiled when they are first needed */

/* Through a file, as rules always come. */
static inline struct sk_ruleset *lab_try_load(struct sk_span text, struct lab_errors *errors, uint64_t now_ns, const char *const *disabled)
{
	char path[] = "/tmp/sk-rules-XXXXXX";
	const char *paths[] = { path, NULL };
	struct sk_rules_source src = { .paths = paths, .registry = &lab_registry, .disabled = disabled, .now_ns = now_ns, .late = lab_late,
		.on_error = lab_on_error, .cx = errors };
	struct sk_ruleset *s = NULL;
	int fd = mkstemp(path);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "wb");

	if (!f)
		abort();
	if (text.n && fwrite(text.p, text.n, 1, f) != 1)
		abort();
	fclose(f);
	if (!lab_registry.cnt)
		sk_registry_init(&lab_registry);
	sk_rules_load(&s, &src);
	unlink(path);
	return s;
}

static inline struct sk_ruleset *lab_load_at(const char *text, uint64_t now_ns)
{
	struct lab_errors errors = { 0 };
	struct sk_ruleset *s = lab_try_load(sk_span_str(text), &errors, now_ns, NULL);

	if (!s) {
		fprintf(stderr, "%s---\n%s", text, sk_buf_str(&errors.text));
		abort();
	}
	sk_buf_fini(&errors.text);
	return s;
}

static inline struct sk_ruleset *lab_load(const char *text)
{
	return lab_load_at(text, 0);
}

/* One event with all its values; parent by hand. */
struct lab_event {
	struct sk_event e;
	struct sk_flow_info flow;
	struct sk_value values[SK_FIELD_MAX];
	uint64_t packet;
};

static inline struct sk_value lab_bytes(const void *p, size_t n)
{
	return (struct sk_value){ .type = SK_VALUE_BYTES, .u.bytes = sk_span(p, n) };
}

static inline struct sk_value lab_text(const char *s)
{
	return lab_bytes(s, strlen(s));
}

static inline struct sk_value lab_num(uint64_t n)
{
	return (struct sk_value){ .type = SK_VALUE_INT, .u.num = n };
}

static inline struct sk_value lab_bool(bool b)
{
	return (struct sk_value){ .type = SK_VALUE_BOOL, .u.num = b };
}

static inline struct sk_value lab_addr(const char *s)
{
	struct sk_value v = { .type = SK_VALUE_ADDR };

	if (sk_parse_addr(sk_span_str(s), &v.u.addr) < 0)
		abort();
	return v;
}

static inline struct sk_value lab_list(const struct sk_value *v, size_t n)
{
	return (struct sk_value){ .type = SK_VALUE_LIST, .u.list = { v, n } };
}

static inline void lab_event(struct lab_event *e, unsigned kind)
{
	if (!lab_registry.cnt)
		sk_registry_init(&lab_registry);
	*e = (struct lab_event){ .packet = 1 };
	e->flow = (struct sk_flow_info){ .size = sizeof(e->flow), .proto = 6, .client_port = 40000, .server_port = 80 };
	e->flow.client_ip = lab_addr("10.1.2.3").u.addr;
	e->flow.server_ip = lab_addr("10.1.1.5").u.addr;
	e->e = (struct sk_event){ .size = sizeof(e->e), .kind = (uint16_t)kind, .time_ns = UINT64_C(1753000000000000000), .packet = 1,
		.packets = &e->packet, .packet_cnt = 1, .flow = &e->flow, .values = e->values,
		.value_cnt = (uint8_t)lab_registry.kinds[kind]->field_cnt };
}

/* What matched, as "id id", with the evidence of the last. */
struct lab_seen {
	char ids[512];
	size_t cnt;
	char field[128], note[512], value[300];
	uint64_t offset;
	uint32_t start, length;
	size_t value_n, evidence_cnt;
	uint64_t packets[64];		/* of the first evidence */
	uint32_t packet_cnt;
};

static inline void lab_on_match(void *cx, const struct sk_match *match)
{
	struct lab_seen *seen = cx;
	const struct sk_evidence *e = match->evidence;
	size_t n = strlen(seen->ids);

	snprintf(seen->ids + n, sizeof(seen->ids) - n, "%s%s", n ? " " : "", match->rule->id);
	seen->cnt++;
	seen->evidence_cnt = match->evidence_cnt;
	if (match->evidence_cnt == 0)
		return;
	snprintf(seen->field, sizeof(seen->field), "%s", e->field);
	snprintf(seen->note, sizeof(seen->note), "%s", e->note ? e->note : "");
	seen->value_n = e->value.n;
	memset(seen->value, 0, sizeof(seen->value));
	if (e->value.n)
		memcpy(seen->value, e->value.p, SK_MIN(e->value.n, sizeof(seen->value) - 1));
	seen->offset = e->offset;
	seen->start = e->start;
	seen->length = e->length;
	seen->packet_cnt = match->packets->cnt;
	if (seen->packet_cnt > SK_ARRAY_LEN(seen->packets))
		abort();
	memcpy(seen->packets, match->packets->at, seen->packet_cnt * sizeof(*seen->packets));
	for (size_t i = 0; i < match->evidence_cnt; i++)
		if (!e[i].field || e[i].start > e[i].value.n || e[i].length > e[i].value.n - e[i].start || e[i].value.n > 256)
			abort();
}

static inline struct lab_seen lab_run(struct sk_matcher *m, const struct sk_event *e)
{
	struct lab_seen seen = { 0 };

	sk_matcher_event(m, e, NULL, lab_on_match, &seen);
	return seen;
}

#endif
