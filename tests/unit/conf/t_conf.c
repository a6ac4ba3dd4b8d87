/* tests/unit/conf/t_conf.c — trees, places, typed leaves, and every message of conf/. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/compiler.h"
#include "conf/conf.h"

static struct sk_conf_tree *load(const char *text)
{
	struct sk_conf_tree *t = NULL;
	struct sk_error e = { 0 };

	if (sk_conf_load_text(&t, "f.yaml", sk_span_str(text), &e) < 0)
		fail_msg("%d:%d: %s", e.line, e.column, e.text);
	return t;
}

static void tree(void **state)
{
	struct sk_conf_tree *t = load("name: NO\nlist:\n  - one\n  - {k: 'v', é: \"a\\tb\"}\nempty:\nblock: |\n  x\n  y\n");
	const struct sk_conf_node *root = sk_conf_root(t), *n, *m;

	assert_string_equal(sk_conf_file(t), "f.yaml");
	assert_int_equal(root->type, SK_CONF_MAPPING);
	n = sk_conf_get(root, "name");
	assert_span(n->text, "NO");
	assert_false(n->quoted);
	assert_int_equal(n->line, 1);
	assert_int_equal(n->column, 7);
	assert_int_equal(n->key_column, 1);
	n = sk_conf_get(root, "list");
	assert_int_equal(n->type, SK_CONF_SEQUENCE);
	assert_span(n->child->text, "one");
	m = n->child->next;
	assert_int_equal(m->type, SK_CONF_MAPPING);
	assert_int_equal(m->line, 4);
	assert_int_equal(m->column, 5);
	assert_span(sk_conf_get(m, "k")->text, "v");
	assert_true(sk_conf_get(m, "k")->quoted);
	n = sk_conf_get(m, "é");
	assert_span(n->text, "a\tb");
	assert_int_equal(n->key_column, 14);
	assert_int_equal(n->column, 17);
	n = sk_conf_get(root, "empty");
	assert_int_equal(n->type, SK_CONF_SCALAR);
	assert_int_equal(n->text.n, 0);
	assert_span(sk_conf_get(root, "block")->text, "x\ny\n");
	assert_null(sk_conf_get(root, "nothing"));
	assert_null(sk_conf_get(sk_conf_get(root, "list"), "one"));
	sk_conf_free(t);

	t = load("");
	assert_int_equal(sk_conf_root(t)->type, SK_CONF_MAPPING);
	assert_null(sk_conf_root(t)->child);
	sk_conf_free(t);
	t = load("# only a comment\n---\n...\n");
	assert_null(sk_conf_root(t)->child);
	sk_conf_free(t);
	t = load("\xef\xbb\xbf" "a: 1\r\nb: 2\r\n");
	assert_int_equal(sk_conf_get(sk_conf_root(t), "b")->line, 2);
	sk_conf_free(t);
}

static void refused(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "a: 1\nb: 2\na: 3\n", "f.yaml:3:1: duplicate key 'a', first at line 1" },
		{ "x: {a: 1, a: 2}\n", "f.yaml:1:11: duplicate key 'a', first at line 1" },
		{ "a: &x 1\n", "f.yaml:1:4: anchors are not allowed: '&x'" },
		{ "a: &x [1]\n", "f.yaml:1:4: anchors are not allowed: '&x'" },
		{ "a: &x 1\nb: *x\n", "f.yaml:1:4: anchors are not allowed: '&x'" },
		{ "b: *x\n", "f.yaml:1:4: aliases are not allowed: '*x'" },
		{ "a: !secret 1\n", "f.yaml:1:4: tag '!secret' is not known" },
		{ "a: !!binary 1\n", "f.yaml:1:4: tag 'tag:yaml.org,2002:binary' is not known" },
		{ "a:\n\t- 1\n", "f.yaml:2:1: a tab; expected blanks (or \\t in double quotes)" },
		{ "a: é\xff\n", "f.yaml:1:5: byte 0xff is not UTF-8" },
		{ "a: \xc0\xaf\n", "f.yaml:1:4: byte 0xc0 is not UTF-8" },
		{ "a: \xed\xa0\x80\n", "f.yaml:1:4: byte 0xed is not UTF-8" },
		{ "a: b\x01\n", "f.yaml:1:5: control character 0x01; expected text" },
		{ "- 1\n- 2\n", "f.yaml:1:1: expected a mapping (key: value), found a list" },
		{ "word\n", "f.yaml:1:1: expected a mapping (key: value), found 'word'" },
		{ "a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document; expected one" },
		{ "[a, b]: 1\n", "f.yaml:1:1: expected a name as key" },
		{ "? {a: b}\n: 1\n", "f.yaml:1:3: expected a name as key" },
		{ "\"a\\0b\": 1\n", "f.yaml:1:1: expected a name as key" },
		{ "a: [1, 2\n", "f.yaml:2:1: did not find expected ',' or ']' while parsing a flow sequence" },
		{ "a: 1\n b: 2\n", "f.yaml:2:3: mapping values are not allowed in this context" },
		{ "a: 'x\n", "f.yaml:2:1: found unexpected end of stream while scanning a quoted scalar" },
		{ "a: \"\\q\"\n", "f.yaml:1:5: found unknown escape character while parsing a quoted scalar" },
	};
	char line[1024];

	for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++) {
		struct sk_conf_tree *t = NULL;
		struct sk_error e = { 0 };

		assert_int_equal(sk_conf_load_text(&t, "f.yaml", sk_span_str(cases[i].text), &e), SK_E_CONFIG);
		assert_null(t);
		assert_string_equal(sk_error_line(&e, line, sizeof(line)), cases[i].want);
	}
}

static void depth(void **state)
{
	char text[512];
	struct sk_conf_tree *t = NULL;
	struct sk_error e;

	for (int n = 30; n <= 33; n++) {
		int k = snprintf(text, sizeof(text), "a: ");

		memset(text + k, '[', (size_t)n);
		memset(text + k + n, ']', (size_t)n);
		text[k + 2 * n] = 0;
		/* the mapping is level 1, n lists follow */
		assert_int_equal(sk_conf_load_text(&t, "f", sk_span_str(text), &e), n + 1 > 32 ? SK_E_CONFIG : 0);
		if (t)
			sk_conf_free(t);
		else
			assert_string_equal(e.text, "nested deeper than 32");
		t = NULL;
	}
}

static void count_errors(void *cx, const struct sk_error *e)
{
	++*(int *)cx;
}

static void all_errors(void **state)
{
	struct sk_conf_tree *t = NULL;
	int n = 0;

	assert_int_equal(sk_conf_load_text_all(&t, "f", sk_span_str("a: 1\na: 2\nb: *x\nc: &y 3\nd: 4\n"), count_errors, &n), SK_E_CONFIG);
	assert_int_equal(n, 3);
	assert_non_null(t);
	assert_span(sk_conf_get(sk_conf_root(t), "d")->text, "4");
	sk_conf_free(t);
}

static const struct sk_conf_node *leaf(struct sk_conf_tree *t)
{
	return sk_conf_get(sk_conf_root(t), "v");
}

#define LEAF(text_, call, rc_, want) \
	do { \
		struct sk_conf_tree *t = load("v: " text_ "\n"); \
		const struct sk_conf_node *n = leaf(t); \
		struct sk_error e = { 0 }; \
		char line[1024]; \
		assert_int_equal((call), (rc_)); \
		if ((rc_) < 0) \
			assert_string_equal(sk_error_line(&e, line, sizeof(line)), (want)); \
		sk_conf_free(t); \
	} while (0)
#define GOOD(text_, call) LEAF(text_, call, 0, "")
#define BAD(text_, call, want) LEAF(text_, call, SK_E_CONFIG, "f.yaml:1:4: " want)

static void leaves(void **state)
{
	static const char *const words[] = { "critical", "high", "medium", NULL };
	uint64_t v = 0;
	unsigned w = 9;
	bool b = false;
	struct sk_span s;

	GOOD("true", sk_conf_bool(n, &b, &e));
	assert_true(b);
	GOOD("no", sk_conf_bool(n, &b, &e));
	assert_false(b);
	BAD("on", sk_conf_bool(n, &b, &e), "expected true or false, found 'on'");
	LEAF("", sk_conf_bool(n, &b, &e), SK_E_CONFIG, "f.yaml:1:3: expected true or false, found nothing");
	BAD("[true]", sk_conf_bool(n, &b, &e), "expected true or false, found a list");
	GOOD("64", sk_conf_int(n, 1, 64, &v, &e));
	assert_int_equal(v, 64);
	GOOD("0x0304", sk_conf_int(n, 1, 65535, &v, &e));
	assert_int_equal(v, 772);
	GOOD("18446744073709551615", sk_conf_int(n, 1, UINT64_MAX, &v, &e));
	assert_true(v == UINT64_MAX);
	BAD("18446744073709551616", sk_conf_int(n, 1, UINT64_MAX, &v, &e), "expected a number from 1 up, found '18446744073709551616'");
	BAD("many", sk_conf_int(n, 1, 64, &v, &e), "expected a number from 1 to 64, found 'many'");
	BAD("65", sk_conf_int(n, 1, 64, &v, &e), "expected a number from 1 to 64, found '65'");
	BAD("010", sk_conf_int(n, 1, 64, &v, &e), "expected a number from 1 to 64, found '010'");
	BAD("-1", sk_conf_int(n, 0, 64, &v, &e), "expected a number from 0 to 64, found '-1'");
	BAD("{a: b}", sk_conf_int(n, 0, 64, &v, &e), "expected a number from 0 to 64, found a mapping");
	GOOD("64 KiB", sk_conf_bytes(n, 0, 1 << 20, &v, &e));
	assert_int_equal(v, 65536);
	BAD("2 MiB", sk_conf_bytes(n, 1, 1 << 20, &v, &e), "expected a size from 1 to 1 MiB, found '2 MiB'");
	BAD("x", sk_conf_bytes(n, 4096, UINT64_MAX, &v, &e), "expected a size such as 64 KiB, at least 4 KiB, found 'x'");
	GOOD("7 d", sk_conf_duration(n, &v, &e));
	assert_true(v == 7 * UINT64_C(86400000000000));
	BAD("7", sk_conf_duration(n, &v, &e), "expected a time with unit such as 200 ms, 10 s, 5 min, 2 h or 7 d, found '7'");
	GOOD("''", sk_conf_text(n, &s, &e));
	LEAF("", sk_conf_text(n, &s, &e), SK_E_CONFIG, "f.yaml:1:3: expected a text, found nothing");
	GOOD("high", sk_conf_word(n, words, &w, &e));
	assert_int_equal(w, 1);
	BAD("hihg", sk_conf_word(n, words, &w, &e), "expected critical, high or medium, found 'hihg'; did you mean 'high'?");
	BAD("9", sk_conf_word(n, words, &w, &e), "expected critical, high or medium, found '9'");
	BAD("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", sk_conf_bool(n, &b, &e),
		"expected true or false, found 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...'");
}

static void nearest(void **state)
{
	static const char *const names[] = { "contains", "starts", "ends", "regex", "nocase", NULL };

	assert_string_equal(sk_conf_nearest("contain", names), "contains");
	assert_string_equal(sk_conf_nearest("Starts", names), "starts");
	assert_string_equal(sk_conf_nearest("regxe", names), "regex");
	assert_string_equal(sk_conf_nearest("no_case", names), "nocase");
	assert_null(sk_conf_nearest("zzzz", names));
	assert_null(sk_conf_nearest("", names));
}

static void files(void **state)
{
	char path[] = "/tmp/sk-conf-XXXXXX", line[1024];
	struct sk_conf_tree *t = NULL;
	struct sk_error e = { 0 };
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a: 1\n", 5), 5);
	close(fd);
	assert_int_equal(sk_conf_load_file(&t, path, &e), 0);
	assert_string_equal(sk_conf_file(t), path);
	sk_conf_free(t);
	unlink(path);
	assert_int_equal(sk_conf_load_file(&t, "/nonexistent/f.yaml", &e), SK_E_CONFIG);
	assert_string_equal(sk_error_line(&e, line, sizeof(line)), "/nonexistent/f.yaml: cannot be read: No such file or directory");
	assert_int_equal(sk_conf_load_file(&t, "/", &e), SK_E_CONFIG);
	assert_string_equal(sk_error_line(&e, line, sizeof(line)), "/: cannot be read: not a regular file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tree),
		cmocka_unit_test(refused),
		cmocka_unit_test(depth),
		cmocka_unit_test(all_errors),
		cmocka_unit_test(leaves),
		cmocka_unit_test(nearest),
		cmocka_unit_test(files),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
