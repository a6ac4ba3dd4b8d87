/* tests/unit/rules/t_property.c — random rules over random events: gates, databases, tables and streaming must not change
 * what matches. And printed rules must mean what they meant. */
#include "unit.h"

#include "naive.h"

static void random_values(struct naive *n, struct naive_values *v, uint8_t *cuts)
{
	memset(v, 0, sizeof(*v));
	for (unsigned f = 0; f < NF_CNT; f++) {
		v->cnt[f] = f == NF_BYTES ? 1 : f == NF_REFERER || f == NF_HEADER ? naive_draw(n, NAIVE_ITEMS + 1) : naive_draw(n, 6) > 0;
		for (unsigned i = 0; i < v->cnt[f]; i++) {
			v->item[f][i].n = naive_draw(n, f == NF_BYTES ? 40 : 8);
			for (size_t k = 0; k < v->item[f][i].n; k++)
				v->item[f][i].p[k] = (uint8_t)(naive_draw(n, 40) ? naive_char(n) : '\n');
		}
	}
	for (size_t i = 0; i < sizeof(v->item[0][0].p); i++)
		cuts[i] = naive_draw(n, 4) == 0;
	v->port = naive_draw(n, 5);
	v->ip = (struct sk_addr){ .family = 4, .b = { 10, 0, (uint8_t)naive_draw(n, 5), (uint8_t)naive_draw(n, 3) } };
}

static void check(const struct naive *n, struct sk_ruleset *s, unsigned events, uint64_t seed)
{
	struct sk_matcher *m = sk_matcher_new(s, NULL);
	struct naive *values = malloc(sizeof(*values));
	struct naive_values v;
	uint8_t cuts[96];

	assert_non_null(m);
	values->rng = seed | 1;
	for (unsigned i = 0; i < events; i++) {
		random_values(values, &v, cuts);
		naive_compare(n, m, &v, cuts);
	}
	free(values);
	sk_matcher_free(m);
}

static struct sk_ruleset *reprint(const struct sk_ruleset *s)
{
	struct sk_buf b = { 0 };
	struct sk_ruleset *again;
	char *text = NULL;
	size_t size;

	sk_buf_add_str(&b, LAB_HEAD "rules:\n");
	for (size_t i = 0; i < sk_rules_count(s); i++) {
		FILE *f = open_memstream(&text, &size);

		sk_rules_print(s, sk_rules_at(s, i), f);
		fclose(f);
		sk_buf_add_str(&b, "- ");
		for (const char *p = text; *p; p++) {
			sk_buf_add_byte(&b, (uint8_t)*p);
			if (*p == '\n' && p[1])
				sk_buf_add_str(&b, "  ");
		}
		free(text);
		text = NULL;
	}
	again = lab_load(sk_buf_str(&b));
	sk_buf_fini(&b);
	return again;
}

static void rules_against_naive(void **state)
{
	struct naive *n = malloc(sizeof(*n));

	for (uint64_t seed = 1; seed <= 24; seed++) {
		struct sk_buf text = { 0 };
		struct sk_ruleset *s, *again;

		/* few rules: views are searched without a database; many: with one */
		naive_make(n, seed % 2 ? NAIVE_RULES : 6, seed);
		naive_text(n, &text);
		s = lab_load(sk_buf_str(&text));
		check(n, s, 120, seed);
		if (seed % 4 == 1) {
			again = reprint(s);
			check(n, again, 60, seed + 1000);
			sk_rules_free(again);
		}
		sk_rules_free(s);
		sk_buf_fini(&text);
	}
	free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(rules_against_naive) };

	return cmocka_run_group_tests_name("property", tests, NULL, NULL);
}
