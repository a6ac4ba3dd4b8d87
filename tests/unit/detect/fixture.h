/* tests/unit/detect/fixture.h — a worker's detection with plugins made in the test, and rules made by fake_rules.c. */
#ifndef SK_TESTS_DETECT_FIXTURE_H
#define SK_TESTS_DETECT_FIXTURE_H

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detect/detect.h"

#define SEC UINT64_C(1000000000)
#define T0 (UINT64_C(1753000000) * SEC)

/* fake_rules.c: matches every event of the rule's kind; open units are counted. */
extern struct sk_rule fake_rules[4];
extern size_t fake_rule_cnt;
extern long fake_units;
const struct sk_ruleset *fake_ruleset(void);

#define ALERTS_MAX 512

struct fixture {
	struct sk_registry registry;
	struct sk_conf_tree *tree;
	struct sk_plugins *plugins;
	struct sk_detect *detect;
	struct sk_flow flow;
	struct sk_alert *alerts[ALERTS_MAX];
	size_t alert_cnt;
	struct sk_error error;
};

static inline void keep_alert(void *cx, struct sk_alert *a)
{
	struct fixture *x = cx;

	assert_true(x->alert_cnt < ALERTS_MAX);
	x->alerts[x->alert_cnt++] = a;
}

static inline void new_flow(struct fixture *x, uint64_t serial)
{
	memset(&x->flow, 0, sizeof(x->flow));
	x->flow.info = (struct sk_flow_info){ .size = sizeof(x->flow.info), .proto = 6, .serial = serial,
			.client_port = 49152, .server_port = 80,
		.client_ip = { { 10, 1, 2, 3 }, 4, { 0 } }, .server_ip = { { 10, 1, 1, 5 }, 4, { 0 } }, .start_ns = T0, .last_ns = T0 };
	sk_arena_init(&x->flow.arena, 1024, 65536);
}

static inline void end_flow(struct fixture *x)
{
	sk_detect_flow_end(x->detect, &x->flow);
	assert_null(x->flow.detect);
	sk_arena_fini(&x->flow.arena);
}

/* yaml: the mapping under plugins:, or NULL. */
static inline int load(struct fixture *x, const char *yaml, const char *dir)
{
	const struct sk_conf_node *conf = NULL;

	memset(x, 0, sizeof(*x));
	sk_registry_init(&x->registry);
	if (yaml) {
		assert_int_equal(sk_conf_load_text(&x->tree, "sekisho.yaml", sk_span_str(yaml), &x->error), 0);
		conf = sk_conf_root(x->tree);
	}
	return sk_plugins_load(&x->plugins, conf, dir, &x->registry, &x->error);
}

static inline void start(struct fixture *x, const char *yaml, uint64_t budget_ns)
{
	struct sk_detect_conf conf = { .registry = &x->registry, .rules = fake_ruleset(), .plugin_budget_ns = budget_ns,
		.plugin_memory_max = 100000 };

	assert_int_equal(load(x, yaml, NULL), 0);
	assert_int_equal(sk_plugins_open(x->plugins, &x->error), 0);
	conf.plugins = x->plugins;
	x->detect = sk_detect_new(&conf, 0, keep_alert, x, &x->error);
	assert_non_null(x->detect);
	new_flow(x, 7);
}

static inline void drop_alerts(struct fixture *x)
{
	for (size_t i = 0; i < x->alert_cnt; i++)
		sk_alert_put(x->alerts[i]);
	x->alert_cnt = 0;
}

static inline void stop(struct fixture *x)
{
	if (x->detect)
		end_flow(x);
	sk_detect_free(x->detect);
	drop_alerts(x);
	sk_plugins_free(x->plugins);
	sk_conf_free(x->tree);
}

static inline void error_is(const struct fixture *x, const char *want)
{
	char line[1024];

	assert_string_equal(sk_error_line(&x->error, line, sizeof(line)), want);
}

static inline struct sk_value text(const char *s)
{
	return (struct sk_value){ .type = SK_VALUE_TEXT, .u.bytes = sk_span_str(s) };
}

static inline struct sk_value number(uint64_t n)
{
	return (struct sk_value){ .type = SK_VALUE_INT, .u.num = n };
}

static const uint64_t *packet_at(uint64_t n)
{
	static uint64_t packet;

	packet = n;
	return &packet;
}

static inline void event(struct fixture *x, unsigned kind, uint64_t packet, const struct sk_value *values,
		unsigned cnt, void **unit)
{
	struct sk_event e = { .size = sizeof(e), .kind = (uint16_t)kind, .time_ns = x->flow.info.last_ns, .packet = packet,
		.packets = packet_at(packet), .packet_cnt = 1, .flow = &x->flow.info, .values = values, .value_cnt = (uint8_t)cnt,
				.unit = unit };

	x->flow.order = packet;
	sk_detect_event(x->detect, &x->flow, &e);
}

static inline void request(struct fixture *x, uint64_t packet, const char *method)
{
	struct sk_value values[SK_F_HTTP_REQUEST_CNT] = { [SK_F_HTTP_REQUEST_METHOD] = text(method) };

	event(x, SK_KIND_HTTP_REQUEST, packet, values, SK_F_HTTP_REQUEST_CNT, NULL);
}

static inline void piece(struct fixture *x, uint64_t packet, void **unit, uint64_t offset, const char *bytes, bool last)
{
	struct sk_value values[SK_F_HTTP_BODY_CNT] = {
		[SK_F_HTTP_BODY_BYTES] = { .type = SK_VALUE_STREAM, .u.bytes = sk_span_str(bytes) },
		[SK_F_HTTP_BODY_OFFSET] = number(offset),
		[SK_F_HTTP_BODY_LAST] = { .type = SK_VALUE_BOOL, .u.num = last } };

	event(x, SK_KIND_HTTP_BODY, packet, values, SK_F_HTTP_BODY_CNT, unit);
}

#endif
