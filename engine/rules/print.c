/* rules/print.c — a rule as the loader has understood it, in the shape of its file. */
#include "rules/print.h"

#include <ctype.h>

static bool is_plain(const char *s)
{
	if (!isalnum((unsigned char)*s) && *s != '/' && *s != '.' && *s != '_')
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("/._-+=;()<>$^~", *s))
			return false;
	return true;
}

/* Quoted where YAML would read something else. */
static void print_scalar(FILE *out, const char *s)
{
	bool control = false;

	for (const char *p = s; *p; p++)
		control |= (unsigned char)*p < 0x20 || *p == 0x7f;
	if (is_plain(s)) {
		fputs(s, out);
		return;
	}
	if (!control) {
		fputc('\'', out);
		for (; *s; s++)
			fprintf(out, *s == '\'' ? "''" : "%c", *s);
		fputc('\'', out);
		return;
	}
	fputc('"', out);
	for (; *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			fprintf(out, "\\x%02x", (unsigned char)*s);
		else
			fprintf(out, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
	}
	fputc('"', out);
}

static void print_list(FILE *out, const char *const *list, bool always)
{
	if (list[0] && !list[1] && !always) {
		print_scalar(out, list[0]);
		return;
	}
	fputc('[', out);
	for (size_t i = 0; list[i]; i++) {
		fputs(i ? ", " : "", out);
		print_scalar(out, list[i]);
	}
	fputc(']', out);
}

static bool is_len(const struct sk_op *op)
{
	return strncmp(op->word, "len ", 4) == 0;
}

/* Returns how many were printed: all lengths go under one key. */
static uint32_t print_op(FILE *out, const struct sk_op *ops, uint32_t cnt)
{
	uint32_t n = 0;

	if (!is_len(ops)) {
		fprintf(out, "%s: ", ops->word);
		print_list(out, ops->shown, false);
		return 1;
	}
	fputs("len: {", out);
	for (; n < cnt && is_len(&ops[n]); n++) {
		fprintf(out, "%s%s: ", n ? ", " : "", ops[n].word + 4);
		print_list(out, ops[n].shown, false);
	}
	fputc('}', out);
	return n;
}

void sk_print_test(const struct sk_ruleset *s, const struct sk_test *t, FILE *out)
{
	const struct sk_view *view = &s->views[t->view];
	bool only_is = t->op_cnt == 1 && strcmp(t->ops[0].word, "is") == 0 && !t->nocase && !t->as && !view->decode_cnt;
	const char *const text = "text";

	fprintf(out, "%s: ", view->name);
	if (only_is) {
		print_list(out, t->ops[0].shown, false);
		return;
	}
	fputc('{', out);
	if (view->decode_cnt) {
		fputs("decode: [", out);
		for (unsigned i = 0; i < view->decode_cnt; i++) {
			fputs(i ? ", " : "", out);
			print_scalar(out, view->decode[i].shown);
		}
		fputs("], ", out);
	}
	for (uint32_t i = 0; i < t->op_cnt; ) {
		fputs(i ? ", " : "", out);
		i += print_op(out, &t->ops[i], t->op_cnt - i);
	}
	fputs(t->nocase ? ", nocase: true" : "", out);
	if (t->as && strcmp(t->as, text) != 0)
		fprintf(out, ", as: %s", t->as);
	fputc('}', out);
}

static void print_cond(const struct sk_ruleset *s, const struct sk_cond *c, unsigned depth, FILE *out)
{
	static const char *const groups[] = { [SK_COND_ALL] = "all", [SK_COND_ANY] = "any", [SK_COND_NOT] = "not" };

	fprintf(out, "%*s- ", (int)depth * 2, "");
	if (c->type == SK_COND_TEST) {
		sk_print_test(s, c->test, out);
		fputc('\n', out);
		return;
	}
	fprintf(out, "%s:\n", groups[c->type]);
	/* a list under not: reads "none of" */
	if (c->type == SK_COND_NOT && c->child->type != SK_COND_ANY) {
		print_cond(s, c->child, depth + 2, out);
		return;
	}
	if (c->type == SK_COND_NOT)
		c = c->child;
	for (const struct sk_cond *k = c->child; k; k = k->next)
		print_cond(s, k, depth + 2, out);
}

static void print_unless(const struct sk_unless *u, FILE *out)
{
	fputs("      unless: {of: [", out);
	for (size_t i = 0; i < u->rule_cnt; i++)
		fprintf(out, "%s%s", i ? ", " : "", u->rules[i]->id);
	fprintf(out, "], within: %llu ms, same: {", (unsigned long long)(u->within_ns / 1000000));
	for (size_t i = 0; i < 3 && u->seen[i]; i++) {
		fputs(i ? ", " : "", out);
		print_scalar(out, u->seen[i]);
		fputs(": ", out);
		print_scalar(out, u->here[i]);
	}
	fputs("}}\n", out);
}

static bool same_names(const char *const *a, const char *const *b)
{
	for (size_t i = 0; i < 4 && (a[i] || b[i]); i++)
		if (!a[i] || !b[i] || strcmp(a[i], b[i]) != 0)
			return false;
	return true;
}

/* The steps from the i-th on that are one; returns how many. */
static size_t print_step(const struct sk_correlation *c, size_t i, FILE *out)
{
	const struct sk_join *j = c->joins ? &c->joins[i] : NULL;
	const bool own = j && !same_names(j->by, c->by);
	size_t n = 1;

	while (i + n < c->step_cnt && sk_step_place(c, i + n) == sk_step_place(c, i))
		n++;
	if (n == 1 && !own && !(j && (j->unless || j->name))) {
		fprintf(out, "    - %s\n", c->steps[i]->id);
		return n;
	}
	fputs("    - ", out);
	if (j && j->name) {
		fputs("name: ", out);
		print_scalar(out, j->name);
		fputs("\n      ", out);
	}
	fputs("of: [", out);
	for (size_t k = 0; k < n; k++)
		fprintf(out, "%s%s", k ? ", " : "", c->steps[i + k]->id);
	fputs("]\n", out);
	if (own) {
		fputs("      by: ", out);
		print_list(out, j->by, false);
		fputc('\n', out);
	}
	if (j && j->unless)
		print_unless(j->unless, out);
	return n;
}

static void print_steps(const struct sk_rule *r, FILE *out)
{
	static const char *const names[] = { [SK_RULE_SEQUENCE] = "sequence", [SK_RULE_COUNT] = "count",
		[SK_RULE_DISTINCT] = "distinct",
		[SK_RULE_ABSENT] = "absent" };
	const struct sk_correlation *c = r->correlation;

	fprintf(out, "%s:\n  by: ", names[r->type]);
	print_list(out, c->by, false);
	fprintf(out, "\n  within: %llu ms\n", (unsigned long long)(c->within_ns / 1000000));
	fputs(r->type == SK_RULE_SEQUENCE ? "  steps:\n" : r->type == SK_RULE_ABSENT ? "  first, then:\n" : "  of:\n", out);
	for (size_t i = 0; i < c->step_cnt; )
		i += print_step(c, i, out);
	if (c->distinct) {
		fputs("  field: ", out);
		print_scalar(out, c->distinct);
		fputc('\n', out);
	}
	if (c->threshold)
		fprintf(out, "  at_least: %llu\n", (unsigned long long)c->threshold);
	if (r->type == SK_RULE_SEQUENCE && !c->ordered)
		fputs("  ordered: false\n", out);
}

static void print_head(const struct sk_rule *r, FILE *out)
{
	static const char *const severities[] = { "", "info", "low", "medium", "high", "critical" };

	fprintf(out, "id: %s\nsid: %u\nrev: %u\ntitle: ", r->id, r->sid, r->rev);
	print_scalar(out, r->title);
	if (r->reason) {
		fputs("\nreason: ", out);
		print_scalar(out, r->reason);
	}
	fprintf(out, "\nseverity: %s\nconfidence: %u\n", severities[r->severity], r->confidence);
	if (r->attack[0]) {
		fputs("attack: ", out);
		print_list(out, r->attack, true);
		fputc('\n', out);
	}
	if (r->stage)
		fprintf(out, "stage: %s\n", r->stage);
	if (r->mark)
		fputs("mark: true\n", out);
	if (r->mask)
		fputs("mask: true\n", out);
}

void sk_rules_print(const struct sk_ruleset *s, const struct sk_rule *r, void *out_)
{
	FILE *out = out_;
	const struct sk_cond *where;

	if (r->index >= s->rule_cnt || &s->rules[r->index]->pub != r)
		return;
	print_head(r, out);
	if (r->type != SK_RULE_EVENT) {
		print_steps(r, out);
	} else {
		where = s->rules[r->index]->where;
		fprintf(out, "on: %s\nwhere:\n  %s:\n", s->registry.kinds[r->kind]->name, where->type == SK_COND_ANY ? "any" : "all");
		for (const struct sk_cond *c = where->child; c; c = c->next)
			print_cond(s, c, 2, out);
	}
	if (r->limit.count) {
		fprintf(out, "limit: {count: %llu, within: %llu ms, by: ", (unsigned long long)r->limit.count,
			(unsigned long long)(r->limit.within_ns / 1000000));
		print_list(out, r->limit.by, true);
		fputs("}\n", out);
	}
}
