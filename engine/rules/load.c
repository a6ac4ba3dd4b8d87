/* rules/load.c — campaign files: which are read, their outer keys, and how mistakes are told. See rules.h. */
#include "rules/load.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"
#include "rules/search.h"

SK_COUNTER_TABLE(rules, SK_RULES_COUNTERS)

static void pass_on(const struct sk_load *l, const struct sk_error *e)
{
	if (l->src->on_error)
		l->src->on_error(l->src->cx, e);
}

/* Kept, because some are found late: people read them in the order of lines. */
void sk_load_tell(struct sk_load *l, const struct sk_error *e)
{
	struct sk_load_told *grown = sk_rules_grow(l->told, &l->told_room, l->told_cnt, sizeof(*grown)), *t;

	l->errors++;
	if (!grown) {
		pass_on(l, e);
		return;
	}
	l->told = grown;
	t = &grown[l->told_cnt];
	*t = (struct sk_load_told){ .e = *e, .file = l->told_cnt, .seq = l->told_cnt };
	/* mistakes of a file mostly come one after the other */
	for (size_t i = l->told_cnt; i > 0; i--) {
		if (strcmp(grown[i - 1].e.file, e->file) == 0) {
			t->file = grown[i - 1].file;
			break;
		}
	}
	l->told_cnt++;
}

static int by_place(const void *a, const void *b)
{
	const struct sk_load_told *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->e.line != y->e.line)
		return x->e.line < y->e.line ? -1 : 1;
	if (x->e.column != y->e.column)
		return x->e.column < y->e.column ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void tell_all(struct sk_load *l)
{
	if (l->told_cnt)
		qsort(l->told, l->told_cnt, sizeof(*l->told), by_place);
	for (size_t i = 0; i < l->told_cnt; i++)
		pass_on(l, &l->told[i].e);
	free(l->told);
}

static void tell_at(struct sk_load *l, const struct sk_conf_node *n, bool key, const char *fmt, va_list args) SK_PRINTF(4, 0);
static void tell_at(struct sk_load *l, const struct sk_conf_node *n, bool key, const char *fmt, va_list args)
{
	struct sk_error e;
	char text[SK_ERROR_TEXT_MAX];

	vsnprintf(text, sizeof(text), fmt, args);
	if (key)
		sk_conf_error_key(n, &e, "%s", text);
	else
		sk_conf_error(n, &e, "%s", text);
	sk_load_tell(l, &e);
}

void sk_load_error(struct sk_load *l, const struct sk_conf_node *n, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tell_at(l, n, false, fmt, args);
	va_end(args);
}

void sk_load_error_key(struct sk_load *l, const struct sk_conf_node *n, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tell_at(l, n, true, fmt, args);
	va_end(args);
}

int sk_load_no_memory(struct sk_load *l)
{
	struct sk_error e;

	if (!l->out_of_memory) {
		sk_error_at(&e, SK_E_CONFIG, l->file, 0, 0, "out of memory");
		sk_load_tell(l, &e);
	}
	l->out_of_memory = true;
	return SK_E_MEMORY;
}

void *sk_load_alloc(struct sk_load *l, size_t n)
{
	void *p = sk_arena_zalloc(&l->set->arena, n ? n : 1);

	if (!p)
		sk_load_no_memory(l);
	return p;
}

char *sk_load_copy(struct sk_load *l, struct sk_span s)
{
	char *p = sk_load_alloc(l, s.n + 1);

	if (p && s.n)
		memcpy(p, s.p, s.n);
	return p;
}

const char *sk_load_hint(const char *name, const char *const *names, char *buf, size_t size)
{
	const char *near = sk_conf_nearest(name, names);

	buf[0] = 0;
	if (near)
		snprintf(buf, size, "; did you mean '%s'?", near);
	return buf;
}

static void unknown_key(struct sk_load *l, const struct sk_conf_node *c, const char *what, const char *const *names)
{
	char list[400], hint[128];
	size_t k = 0;

	if (sk_conf_nearest(c->key, names)) {
		sk_load_error_key(l, c, "unknown key '%.64s' in %s%s", c->key, what, sk_load_hint(c->key, names, hint, sizeof(hint)));
		return;
	}
	list[0] = 0;
	for (unsigned i = 0; names[i] && k < sizeof(list); i++)
		k += (size_t)snprintf(list + k, sizeof(list) - k, "%s%s", i == 0 ? "" : names[i + 1] ? ", " : " or ", names[i]);
	sk_load_error_key(l, c, "unknown key '%.64s' in %s; expected %s", c->key, what, list);
}

bool sk_load_mapping(struct sk_load *l, const struct sk_conf_node *n, const char *what, const char *const *names)
{
	if (n->type != SK_CONF_MAPPING) {
		sk_load_error(l, n, "%s: expected a mapping (key: value), found %s", what, sk_conf_what(n).text);
		return false;
	}
	for (const struct sk_conf_node *c = n->child; c; c = c->next) {
		const char *const *name = names;

		while (*name && (**name != c->key[0] || strcmp(*name, c->key) != 0))
			name++;
		if (!*name)
			unknown_key(l, c, what, names);
	}
	return true;
}

const char *sk_load_text(struct sk_load *l, const struct sk_conf_node *n)
{
	struct sk_error e;
	struct sk_span s;

	if (!n)
		return NULL;
	if (sk_conf_text(n, &s, &e) < 0) {
		sk_load_tell(l, &e);
		return NULL;
	}
	if (s.n == 0 || memchr(s.p, 0, s.n)) {
		sk_load_error(l, n, "expected a text, found %s", s.n ? "a text with a zero byte" : "an empty text");
		return NULL;
	}
	return sk_load_copy(l, s);
}

const char *const *sk_load_texts(struct sk_load *l, const struct sk_conf_node *n)
{
	const struct sk_conf_node *first = n && n->type == SK_CONF_SEQUENCE ? n->child : n;
	const char **list;
	size_t cnt = 0;

	for (const struct sk_conf_node *c = first; c; c = c->next)
		cnt++;
	list = sk_load_alloc(l, (cnt + 1) * sizeof(*list));
	if (!list || !n)
		return list;
	cnt = 0;
	if (n->type != SK_CONF_SEQUENCE) {
		list[0] = sk_load_text(l, n);
		return list;
	}
	for (const struct sk_conf_node *c = first; c; c = c->next) {
		list[cnt] = sk_load_text(l, c);
		cnt += list[cnt] != NULL;
	}
	return list;
}

bool sk_load_is_id(struct sk_span s)
{
	bool start = true;

	if (s.n == 0 || s.n > 128)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (!word && (start || (c != '.' && c != '-' && c != '_')))
			return false;
		start = c == '.';
	}
	return !start;
}

static bool is_disabled(const struct sk_load *l, const char *id)
{
	for (const char *const *d = l->src->disabled; d && *d; d++)
		if (strcmp(*d, id) == 0)
			return true;
	return false;
}

static const struct sk_campaign_info *read_campaign(struct sk_load *l, const struct sk_conf_node *root)
{
	static const char *const names[] = { "id", "name", "summary", "actors", "references", "next_steps", NULL };
	const struct sk_conf_node *n = sk_conf_get(root, "campaign"), *id;
	struct sk_campaign_info *c = sk_load_alloc(l, sizeof(*c));

	if (!c)
		return NULL;
	c->id = c->name = "";
	c->file = l->file;
	if (!n || !sk_load_mapping(l, n, "campaign", names)) {
		if (!n)
			sk_load_error(l, root, "no campaign; expected campaign: {id: …, name: …}");
		c->actors = c->references = c->next_steps = sk_load_texts(l, NULL);
		return c;
	}
	id = sk_conf_get(n, "id");
	if (!id || !sk_conf_get(n, "name"))
		sk_load_error_key(l, n, "campaign has no %s", id ? "name" : "id");
	else if (!(id->type == SK_CONF_SCALAR && sk_load_is_id(id->text)))
		sk_load_error(l, id, "expected an id of a-z, 0-9, '-', '_' and '.', found %s", sk_conf_what(id).text);
	else
		c->id = sk_load_copy(l, id->text);
	c->name = sk_load_text(l, sk_conf_get(n, "name"));
	c->summary = sk_load_text(l, sk_conf_get(n, "summary"));
	c->actors = sk_load_texts(l, sk_conf_get(n, "actors"));
	c->references = sk_load_texts(l, sk_conf_get(n, "references"));
	c->next_steps = sk_load_texts(l, sk_conf_get(n, "next_steps"));
	for (size_t i = 0; c->id && c->id[0] && i < l->set->campaign_cnt; i++)
		if (strcmp(l->set->campaigns[i]->id, c->id) == 0)
			sk_load_error(l, id, "campaign '%s' is already in %s", c->id, l->set->campaigns[i]->file);
	l->disabled = c->id && is_disabled(l, c->id);
	return c;
}

static void keep_campaign(struct sk_load *l)
{
	const struct sk_campaign_info **grown = sk_rules_grow(l->set->campaigns, &l->campaign_room, l->set->campaign_cnt,
		sizeof(*grown));

	if (!grown) {
		sk_load_no_memory(l);
		return;
	}
	l->set->campaigns = grown;
	grown[l->set->campaign_cnt++] = l->campaign;
}

static void read_file(struct sk_load *l, const struct sk_conf_node *root)
{
	static const char *const names[] = { "campaign", "indicators", "rules", NULL };
	const struct sk_conf_node *n;

	l->set_cnt = 0;
	l->disabled = false;
	if (!sk_load_mapping(l, root, "a campaign file", names))
		return;
	l->campaign = read_campaign(l, root);
	if (!l->campaign)
		return;
	if (!l->disabled)
		keep_campaign(l);
	n = sk_conf_get(root, "indicators");
	if (n)
		sk_load_indicators(l, n);
	n = sk_conf_get(root, "rules");
	if (n && n->type != SK_CONF_SEQUENCE)
		sk_load_error(l, n, "rules: expected a list of rules, found %s", sk_conf_what(n).text);
	else
		for (const struct sk_conf_node *c = n ? n->child : NULL; c && !l->out_of_memory; c = c->next)
			sk_load_rule(l, c);
}

static void on_conf_error(void *cx, const struct sk_error *e)
{
	sk_load_tell(cx, e);
}

static void load_file(struct sk_load *l, const char *path)
{
	struct sk_conf_tree **grown = sk_rules_grow(l->trees, &l->tree_room, l->tree_cnt, sizeof(*grown));
	struct sk_conf_tree *t = NULL;

	if (grown)
		l->trees = grown;
	l->file = sk_load_copy(l, sk_span_str(path));
	if (!grown || !l->file) {
		sk_load_no_memory(l);
		return;
	}
	sk_conf_load_file_all(&t, path, on_conf_error, l);
	if (!t)
		return;
	l->trees[l->tree_cnt++] = t;
	read_file(l, sk_conf_root(t));
}

static int is_rule_file(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > 5 && strcmp(d->d_name + n - 5, ".yaml") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);	/* not by locale: the order is part of the output */
}

static void load_path(struct sk_load *l, const char *path)
{
	struct dirent **list = NULL;
	struct sk_error e;
	struct stat st;
	char file[4096];
	int n;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
		load_file(l, path);
		return;
	}
	n = scandir(path, &list, is_rule_file, by_name);
	if (n < 0) {
		sk_error_at(&e, SK_E_CONFIG, path, 0, 0, "cannot be read: %s", strerror(errno));
		sk_load_tell(l, &e);
		return;
	}
	for (int i = 0; i < n; i++) {
		if (snprintf(file, sizeof(file), "%s/%s", path, list[i]->d_name) < (int)sizeof(file))
			load_file(l, file);
		free(list[i]);
	}
	free(list);
}

static void load_fini(struct sk_load *l)
{
	for (size_t i = 0; i < l->tree_cnt; i++)
		sk_conf_free(l->trees[i]);
	free(l->trees);
	free(l->sets);
	free(l->atom_buckets);
	free(l->id_buckets);
}

int sk_rules_load(struct sk_ruleset **out, const struct sk_rules_source *src)
{
	static _Atomic uint64_t serials;
	struct sk_load l = { .src = src, .set = calloc(1, sizeof(*l.set)) };
	struct sk_error e;

	*out = NULL;
	l.atom_buckets = calloc(SK_LOAD_BUCKETS, sizeof(*l.atom_buckets));
	l.id_buckets = calloc(SK_LOAD_BUCKETS, sizeof(*l.id_buckets));
	if (!l.set || !l.atom_buckets || !l.id_buckets) {
		sk_load_no_memory(&l);
		tell_all(&l);
		free(l.set);
		load_fini(&l);
		return SK_E_CONFIG;
	}
	sk_arena_init(&l.set->arena, 65536, SIZE_MAX / 2);
	sk_sets_init(&l.set->sets);
	l.set->registry = *src->registry;
	l.set->serial = ++serials;
	if (src->cache_dir && *src->cache_dir)
		l.set->cache_dir = sk_load_copy(&l, sk_span_str(src->cache_dir));
	for (const char *const *p = src->paths; p && *p && !l.out_of_memory; p++)
		load_path(&l, *p);
	if (hs_valid_platform() != HS_SUCCESS) {
		sk_error_set(&e, SK_E_CONFIG, "this processor lacks SSSE3 (or NEON), which pattern matching needs");
		sk_load_tell(&l, &e);
	}
	if (sk_search_misses())
		sk_log_warning("rules", "this build of Vectorscan misses matches on this processor; use one for all processors (FAT_RUNTIME)");
	if (!l.out_of_memory)
		sk_load_resolve(&l);
	if (!l.out_of_memory)
		sk_load_compile(&l);
	tell_all(&l);
	load_fini(&l);
	if (l.errors) {
		sk_rules_free(l.set);
		return SK_E_CONFIG;
	}
	*out = l.set;
	return 0;
}

void sk_rules_free(struct sk_ruleset *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->view_cnt; i++) {
		hs_free_database(s->views[i].db);
		if (s->views[i].late) {
			hs_free_database(s->views[i].late->db);
			pthread_mutex_destroy(&s->views[i].late->lock);
		}
		free(s->views[i].is_slots);
		free(s->views[i].nums);
		free(s->views[i].sets);
	}
	hs_free_scratch(s->scratch);
	sk_sets_fini(&s->sets);
	free(s->views);
	free(s->atoms);
	free(s->rules);
	free(s->campaigns);
	sk_arena_fini(&s->arena);
	free(s);
}

size_t sk_rules_count(const struct sk_ruleset *s)
{
	return s->rule_cnt;
}

const struct sk_rule *sk_rules_at(const struct sk_ruleset *s, size_t i)
{
	return i < s->rule_cnt ? &s->rules[i]->pub : NULL;
}

const struct sk_rule *sk_rules_find(const struct sk_ruleset *s, const char *id)
{
	for (size_t i = 0; i < s->rule_cnt; i++)
		if (strcmp(s->rules[i]->pub.id, id) == 0)
			return &s->rules[i]->pub;
	return NULL;
}

size_t sk_rules_campaign_count(const struct sk_ruleset *s)
{
	return s->campaign_cnt;
}

size_t sk_rules_indicator_count(const struct sk_ruleset *s)
{
	return s->sets.indicators;
}

size_t sk_rules_blind_count(const struct sk_ruleset *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->blind_cnt; i++)
		n += s->blind[i].rule_cnt;
	return n;
}

const struct sk_rules_blind *sk_rules_blind_at(const struct sk_ruleset *s, size_t i)
{
	return i < s->blind_cnt ? &s->blind[i] : NULL;
}

size_t sk_rules_expired_count(const struct sk_ruleset *s)
{
	return s->sets.expired;
}

void sk_rules_wanted(const struct sk_ruleset *s, struct sk_wanted *w)
{
	w->kinds |= s->wanted.kinds;
	w->common |= s->wanted.common;
	for (unsigned i = 0; i < SK_KIND_MAX; i++)
		w->fields[i] |= s->wanted.fields[i];
}
