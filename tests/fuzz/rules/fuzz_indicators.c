/* tests/fuzz/rules/fuzz_indicators.c — any text as a list of indicators of any kind; what is taken is found again.
 *
 * in       first byte: the kind; the rest: a value per line
 * out      aborts when a value that was taken is not found by what it stands for, or what is not in the list is found
 */
#include "../../unit/rules/lab.h"
#include "../fuzz_file.h"
#include "rules/load.h"
#include "rules/set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void on_hit(void *cx, const struct sk_set_entry *e)
{
	++*(unsigned *)cx;
}

static unsigned look_up(const struct sk_sets *s, enum sk_set_kind kind, struct sk_span text)
{
	struct sk_span host = text, target;
	struct sk_addr addr;
	const uint8_t *slash;
	unsigned hits = 0;

	switch (sk_set_table(kind)) {
	case SK_TABLE_DOMAIN:
		sk_sets_domain(s, text, on_hit, &hits);
		break;
	case SK_TABLE_NET:
		slash = memchr(text.p, '/', text.n);
		host.n = slash ? (size_t)(slash - text.p) : text.n;
		must(sk_parse_addr(host, &addr) == 0);
		sk_sets_net(s, &addr, on_hit, &hits);
		break;
	case SK_TABLE_URL:
		slash = memchr(text.p, '/', text.n);
		must(slash);
		target = sk_span_sub(text, (size_t)(slash - text.p), text.n);
		host.n = (size_t)(slash - text.p);
		sk_sets_url(s, host, target, on_hit, &hits);
		break;
	case SK_TABLE_HASH:
		sk_sets_hash(s, text, on_hit, &hits);
		break;
	case SK_TABLE_TEXT:
		sk_sets_text(s, text, on_hit, &hits);
		break;
	case SK_TABLE_PATH:
		sk_sets_path(s, text, on_hit, &hits);
		break;
	default:
		abort();
	}
	return hits;
}

/* Every line by itself, without files. */
static void as_values(enum sk_set_kind kind, struct sk_span lines)
{
	struct sk_sets s;
	char text[4200];
	int64_t set;
	size_t taken = 0;

	sk_sets_init(&s);
	set = sk_sets_new(&s, "fuzz", kind);
	must(set >= 0);
	while (lines.n) {
		const uint8_t *end = memchr(lines.p, '\n', lines.n);
		size_t n = end ? (size_t)(end - lines.p) : lines.n;
		const char *problem = NULL;
		int rc = sk_indicator_add(&s, (uint32_t)set, 0, sk_span(lines.p, n), &problem);

		must(rc == 0 || (rc == SK_E_FORMAT && problem));
		taken += rc == 0;
		lines = sk_span_sub(lines, n + (end != NULL), lines.n);
	}
	must(sk_sets_build(&s) == 0);
	if (sk_set_table(kind) == SK_TABLE_NET) {
		must(s.net.cnt == taken);
		for (size_t i = 0; i < s.net.cnt; i++)
			must(look_up(&s, kind, sk_sets_text_of(&s, &s.net.entries[i], kind, text, sizeof(text))) > 0);
	} else {
		struct sk_strtable *t = &s.str[sk_set_table(kind)];

		must(t->cnt <= taken && (t->cnt > 0) == (taken > 0));
		for (size_t i = 0; i < t->cnt; i++)
			must(look_up(&s, kind, sk_span(t->text.p + t->entries[i].text, t->entries[i].len)) > 0);
	}
	sk_sets_fini(&s);
}

/* The same bytes as the file of a set in a campaign. */
static void as_file(enum sk_set_kind kind, struct sk_span lines)
{
	static struct fuzz_file file;
	struct lab_errors errors = { 0 };
	struct sk_buf b = { 0 };
	struct sk_ruleset *rules;

	sk_buf_addf(&b, LAB_HEAD "indicators:\n  list: {kind: %s, file: %s}\n", sk_set_kind_names[kind], fuzz_file(&file, lines.p, lines.n));
	rules = lab_try_load(sk_buf_span(&b), &errors, 0, NULL);
	must((rules == NULL) == (errors.cnt > 0));
	sk_rules_free(rules);
	sk_buf_fini(&errors.text);
	sk_buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum sk_set_kind kind;

	if (size < 2 || size > 16384)
		return 0;
	kind = (enum sk_set_kind)(data[0] % SK_SET_KIND_CNT);
	as_values(kind, sk_span(data + 1, size - 1));
	as_file(kind, sk_span(data + 1, size - 1));
	return 0;
}
