/* tests/lib/alert.h — alerts for tests: rules, events with a flow, and a file of JSON lines held against the schema. */
#ifndef SK_TESTS_ALERT_H
#define SK_TESTS_ALERT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alert/alert.h"
#include "base/fmt.h"

#define TEST_SEC UINT64_C(1000000000)
#define TEST_T0 (UINT64_C(1752861961) * TEST_SEC)	/* 2025-07-18T18:06:01Z */

static const char *const test_actors[] = { "Storm-2603", "Linen Typhoon", NULL };
static const char *const test_references[] = { "https://example.org/report", NULL };
static const char *const test_next_steps[] = { "Take the server off the network.", "Rotate its machine keys.", NULL };
static const char *const test_attack[] = { "T1190", NULL };

static const struct sk_campaign_info test_campaign = {
	.id = "toolshell", .name = "SharePoint ToolShell", .file = "toolshell.yaml", .actors = test_actors,
	.references = test_references, .next_steps = test_next_steps };

static inline struct sk_addr test_addr(const char *text)
{
	struct sk_addr a;

	sk_parse_addr(sk_span_str(text), &a);
	return a;
}

static inline struct sk_flow_info test_flow(const char *client, const char *server)
{
	return (struct sk_flow_info){ .size = sizeof(struct sk_flow_info), .proto = 6, .client_ip = test_addr(client),
		.server_ip = test_addr(server), .client_port = 49152, .server_port = 80, .serial = 11, .start_ns = TEST_T0 - TEST_SEC,
		.last_ns = TEST_T0, .packets = { 6, 4 }, .bytes = { 4120, 901 }, .app_proto = "http" };
}

static inline struct sk_value test_text(const char *s)
{
	return (struct sk_value){ .type = SK_VALUE_TEXT, .u.bytes = sk_span_str(s) };
}

static inline struct sk_value test_num(uint64_t n)
{
	return (struct sk_value){ .type = SK_VALUE_INT, .u.num = n };
}

static inline struct sk_value test_ip(const char *s)
{
	return (struct sk_value){ .type = SK_VALUE_ADDR, .u.addr = test_addr(s) };
}

/* The JSON line of an alert, malloc'ed; also kept in <name of the program>.jsonl for test_schema(). */
static FILE *test_lines;
static inline char *test_json(const struct sk_alert *a, const char *sensor)
{
	struct sk_buf b = { 0 };
	char *s;

	if (sk_alert_json(a, sensor, &b) < 0)
		abort();
	s = strdup(sk_buf_str(&b));
	if (test_lines)
		fprintf(test_lines, "%s\n", s);
	sk_buf_fini(&b);
	return s;
}

/* Opens the file of lines. name: of the program. */
static inline void test_schema_begin(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s.jsonl", name);
	test_lines = fopen(path, "w");
}

/* Holds the lines against doc/alert.schema.json. 0, 1 when one does not fit, 77 where Python's jsonschema is missing. */
static inline int test_schema_end(const char *name)
{
	const char *srcdir = getenv("srcdir");
	char path[256], script[1024], schema[1024];
	int status = 0;
	pid_t pid;

	snprintf(path, sizeof(path), "%s.jsonl", name);
	snprintf(script, sizeof(script), "%s/tests/lib/schema.py", srcdir ? srcdir : ".");
	snprintf(schema, sizeof(schema), "%s/doc/alert.schema.json", srcdir ? srcdir : ".");
	if (!test_lines || fclose(test_lines) != 0)
		return 1;
	test_lines = NULL;
	pid = fork();
	if (pid == 0) {
		execl("/usr/bin/python3", "python3", script, schema, path, (char *)NULL);
		_exit(77);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return 1;
	if (WEXITSTATUS(status) == 0)
		unlink(path);
	return WEXITSTATUS(status);
}

#endif
