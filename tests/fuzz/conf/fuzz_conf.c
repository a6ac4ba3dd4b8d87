/* tests/fuzz/conf/fuzz_conf.c — any text through the configuration reader and every typed leaf of what comes out. */
#include <stdlib.h>

#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const struct sk_error *e)
{
	if (e->code != SK_E_CONFIG || e->text[0] == 0)
		abort();
}

static void walk(const struct sk_conf_node *n)
{
	static const char *const words[] = { "alpha", "beta", "gamma", NULL };
	struct sk_error e;
	struct sk_span text;
	uint64_t v;
	unsigned w;
	bool b;

	if (n->line < 1 || n->column < 1 || (n->key && (n->key_line < 1 || n->key_column < 1)))
		abort();
	if (n->type == SK_CONF_SCALAR && n->text.p && n->text.p[n->text.n] != 0)
		abort();
	if (sk_conf_bool(n, &b, &e) < 0)
		check_error(&e);
	if (sk_conf_int(n, 1, 64, &v, &e) < 0)
		check_error(&e);
	else if (v < 1 || v > 64)
		abort();
	if (sk_conf_bytes(n, 0, 1 << 20, &v, &e) < 0)
		check_error(&e);
	if (sk_conf_duration(n, &v, &e) < 0)
		check_error(&e);
	if (sk_conf_text(n, &text, &e) < 0)
		check_error(&e);
	if (sk_conf_word(n, words, &w, &e) < 0)
		check_error(&e);
	for (const struct sk_conf_node *c = n->child; c; c = c->next)
		walk(c);
}

static void on_error(void *cx, const struct sk_error *e)
{
	check_error(e);
	++*(int *)cx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_conf_tree *t = NULL;
	struct sk_error e = { 0 };
	int errors = 0, rc = sk_conf_load_text(&t, "f.yaml", sk_span(data, size), &e);

	if (rc == 0)
		walk(sk_conf_root(t));
	else if (t)
		abort();
	else
		check_error(&e);
	sk_conf_free(t);
	if ((sk_conf_load_text_all(&t, "f.yaml", sk_span(data, size), on_error, &errors) < 0) != (errors > 0) || (rc < 0) != (errors > 0))
		abort();
	sk_conf_free(t);
	return 0;
}
