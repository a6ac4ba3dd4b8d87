/* tests/unit/rules/t_doc.c — doc/rules.md: its examples load, its mistakes are told as it says, its field tables are the
 * registry's. With the argument --fields it prints the tables. */
#include "unit.h"

#include "lab.h"

static char *doc;

static void read_doc(void)
{
	const char *srcdir = getenv("srcdir");
	char path[4096];
	size_t n = 0;
	FILE *f, *out = open_memstream(&doc, &n);
	int c;

	snprintf(path, sizeof(path), "%s/doc/rules.md", srcdir ? srcdir : ".");
	f = fopen(path, "r");
	if (!f) {
		perror(path);
		exit(99);
	}
	while ((c = fgetc(f)) != EOF)
		fputc(c, out);
	fclose(f);
	fclose(out);
}

/* The next fenced block from *at on: its info line and its text. */
static bool next_block(const char **at, char *info, size_t info_size, char *text, size_t text_size)
{
	const char *open = strstr(*at, "\n```"), *body, *close;

	if (!open)
		return false;
	body = strchr(open + 1, '\n');
	assert_non_null(body);
	snprintf(info, info_size, "%.*s", (int)(body - open - 4), open + 4);
	close = strstr(body, "\n```");
	assert_non_null(close);
	snprintf(text, text_size, "%.*s", (int)(close - body), body + 1);
	*at = close + 4;
	return true;
}

static void load_where(const char *kind, const char *text)
{
	struct sk_buf b = { 0 };

	sk_buf_addf(&b, LAB_HEAD "rules:\n- id: r\n  title: t\n  severity: low\n  on: %s\n  where:\n    ", kind);
	for (; *text; text++) {
		sk_buf_add_byte(&b, (uint8_t)*text);
		if (*text == '\n')
			sk_buf_add_str(&b, "    ");
	}
	sk_rules_free(lab_load(sk_buf_str(&b)));
	sk_buf_fini(&b);
}

static void examples(void **state)
{
	static char text[16384], told[16384];
	const char *at = doc;
	char info[64];
	unsigned cnt = 0;

	while (next_block(&at, info, sizeof(info), text, sizeof(text))) {
		if (strcmp(info, "yaml") == 0) {
			sk_rules_free(lab_load(text));
			cnt++;
		} else if (strncmp(info, "yaml where ", 11) == 0) {
			load_where(info + 11, text);
			cnt++;
		} else if (strcmp(info, "yaml error") == 0) {
			struct lab_errors errors = { 0 };

			assert_null(lab_try_load(sk_span_str(text), &errors, 0, NULL));
			assert_true(next_block(&at, info, sizeof(info), told, sizeof(told)));
			assert_string_equal(info, "text");
			assert_string_equal(sk_buf_str(&errors.text), told);
			sk_buf_fini(&errors.text);
			cnt++;
		}
	}
	assert_true(cnt >= 10);
}

static void field_tables(void **state)
{
	const char *from = strstr(doc, "<!-- fields -->\n"), *to = strstr(doc, "<!-- /fields -->");
	struct sk_registry r;
	char *want = NULL, *got;
	size_t n;
	FILE *f = open_memstream(&want, &n);

	sk_registry_init(&r);
	sk_registry_print(&r, f);
	fclose(f);
	assert_non_null(from);
	assert_non_null(to);
	from += strlen("<!-- fields -->\n");
	got = strndup(from, (size_t)(to - from));
	if (strcmp(got, want) != 0)
		fail_msg("the field tables in doc/rules.md are old; put the output of t_doc --fields between the markers");
	free(got);
	free(want);
}

/* The words of the language are all in its reference. */
static void complete(void **state)
{
	static const char *const words[] = { "`is`", "`contains`", "`contains_all`", "`starts`", "`regex`", "`in`", "`cidr`", "`len`", "`exists`",
		"`nocase: yes`", "`as: hex`", "`percent`", "`urldecode`", "`base64`", "`hex`", "`xor(KEY)`", "`lower`", "`reverse`", "`utf16`", "`domain`",
		"`fqdn`", "`ip`", "`url`", "`ja3`", "`cert_sha1`", "`sha256`", "`text`", "`path`", "`rev`", "`reason`", "`confidence`", "`attack`",
		"`references`", "`stage`", "`mark`", "`limit`", "`tests`", "`enabled`", "`note`", "`next_steps`", NULL };

	for (size_t i = 0; words[i]; i++)
		if (!strstr(doc, words[i]))
			fail_msg("doc/rules.md does not say %s", words[i]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(examples), cmocka_unit_test(field_tables), cmocka_unit_test(complete) };
	int rc;

	sk_registry_init(&lab_registry);
	if (argc > 1 && strcmp(argv[1], "--fields") == 0) {
		sk_registry_print(&lab_registry, stdout);
		return 0;
	}
	read_doc();
	rc = cmocka_run_group_tests_name("doc", tests, NULL, NULL);
	free(doc);
	return rc;
}
