/* conf/conf.c — see conf.h.
 *
 * libyaml's events are taken instead of its documents, because a document no longer shows where an alias stood. What
 * libyaml would accept silently (duplicate keys, tabs, odd tags) is refused here.
 */
#include "conf/conf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "base/arena.h"
#include "conf/tree.h"

#define DEPTH_MAX 32
#define FILE_SIZE_MAX (64u << 20)

struct loader {
	struct sk_conf_tree *tree;
	yaml_parser_t parser;
	sk_conf_error_fn *on_error;
	void *cx;
	int errors;
	bool stop;			/* nothing more can be read */
};

static void complain(struct loader *l, int line, int column, const char *fmt, ...) SK_PRINTF(4, 5);
static void complain(struct loader *l, int line, int column, const char *fmt, ...)
{
	struct sk_error e;
	char text[SK_ERROR_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	sk_error_at(&e, SK_E_CONFIG, l->tree->file, line, column, "%s", text);
	l->errors++;
	l->on_error(l->cx, &e);
}

static void complain_mark(struct loader *l, const yaml_mark_t *mark, const char *text)
{
	complain(l, (int)mark->line + 1, (int)mark->column + 1, "%s", text);
}

static void out_of_memory(struct loader *l)
{
	complain(l, 0, 0, "out of memory");
	l->stop = true;
}

/* Length of the UTF-8 sequence at p, or 0: RFC 3629, no surrogates, nothing longer than needed. */
static size_t utf8_len(const uint8_t *p, size_t n)
{
	size_t need = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 :
		0;

	if (need == 0 || need > n)
		return 0;
	for (size_t i = 1; i < need; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 &&
		p[1] > 0x8f))
		return 0;
	return need;
}

/* Looks at every character before libyaml does, because it names neither line nor column for these. */
static bool check_characters(struct loader *l, struct sk_span text)
{
	int line = 1, column = 1;

	for (size_t i = 0; i < text.n; ) {
		uint8_t c = text.p[i];
		size_t n;

		if (SK_LIKELY(c >= 0x20 && c < 0x7f)) {
			column++;
			i++;
			continue;
		}
		n = utf8_len(text.p + i, text.n - i);
		if (n == 0)
			complain(l, line, column, "byte 0x%02x is not UTF-8", c);
		else if (c == '\t')
			complain(l, line, column, "a tab; expected blanks (or \\t in double quotes)");
		else if ((c < 0x20 && c != '\n' && c != '\r') || c == 0x7f)
			complain(l, line, column, "control character 0x%02x; expected text", c);
		if (l->errors)
			return false;
		if (c == '\n' || (c == '\r' && (i + 1 >= text.n || text.p[i + 1] != '\n'))) {
			line++;
			column = 1;
		} else if (c != '\r') {
			column++;
		}
		i += n;
	}
	return true;
}

static void complain_parser(struct loader *l)
{
	yaml_parser_t *p = &l->parser;
	const char *problem = p->problem ? p->problem : "not YAML";

	l->stop = true;
	if (p->error == YAML_MEMORY_ERROR)
		out_of_memory(l);
	else if (p->error == YAML_READER_ERROR)
		complain_mark(l, &p->mark, problem);
	else if (p->context && p->context[0])
		complain(l, (int)p->problem_mark.line + 1, (int)p->problem_mark.column + 1, "%s %s", problem, p->context);
	else
		complain_mark(l, &p->problem_mark, problem);
}

static bool next_event(struct loader *l, yaml_event_t *event)
{
	if (l->stop)
		return false;
	if (yaml_parser_parse(&l->parser, event))
		return true;
	complain_parser(l);
	return false;
}

static struct sk_conf_node *new_node(struct loader *l, enum sk_conf_type type, const yaml_mark_t *mark)
{
	struct sk_conf_node *n = sk_arena_zalloc(&l->tree->arena, sizeof(*n));

	if (!n) {
		out_of_memory(l);
		return NULL;
	}
	n->type = type;
	n->line = (int)mark->line + 1;
	n->column = (int)mark->column + 1;
	n->tree = l->tree;
	return n;
}

static const uint8_t *copy_text(struct loader *l, const uint8_t *p, size_t n)
{
	uint8_t *copy = sk_arena_alloc(&l->tree->arena, n + 1);

	if (!copy) {
		out_of_memory(l);
		return NULL;
	}
	if (n)
		memcpy(copy, p, n);
	copy[n] = 0;
	return copy;
}

static bool core_tag(const yaml_char_t *tag)
{
	static const char prefix[] = "tag:yaml.org,2002:";
	static const char *const names[] = { "str", "int", "float", "bool", "null", "seq", "map" };
	const char *t = (const char *)tag;

	if (!t || strcmp(t, "!") == 0)
		return true;
	if (strncmp(t, prefix, sizeof(prefix) - 1) != 0)
		return false;
	for (size_t i = 0; i < SK_ARRAY_LEN(names); i++)
		if (strcmp(t + sizeof(prefix) - 1, names[i]) == 0)
			return true;
	return false;
}

static void check_properties(struct loader *l, const yaml_event_t *e, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		complain(l, (int)e->start_mark.line + 1, (int)e->start_mark.column + 1, "anchors are not allowed: '&%s'",
			(const char *)anchor);
	if (!core_tag(tag))
		complain(l, (int)e->start_mark.line + 1, (int)e->start_mark.column + 1, "tag '%s' is not known", (const char *)tag);
}

static struct sk_conf_node *read_scalar(struct loader *l, const yaml_event_t *e)
{
	struct sk_conf_node *n = new_node(l, SK_CONF_SCALAR, &e->start_mark);

	check_properties(l, e, e->data.scalar.anchor, e->data.scalar.tag);
	if (!n)
		return NULL;
	n->text = sk_span(copy_text(l, e->data.scalar.value, e->data.scalar.length), e->data.scalar.length);
	n->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	return n->text.p ? n : NULL;
}

static struct sk_conf_node *read_node(struct loader *l, yaml_event_t *e, int depth);

static struct sk_conf_node *read_sequence(struct loader *l, const yaml_event_t *start, int depth)
{
	struct sk_conf_node *n = new_node(l, SK_CONF_SEQUENCE, &start->start_mark);
	const struct sk_conf_node **tail = n ? &n->child : NULL;
	yaml_event_t e;

	check_properties(l, start, start->data.sequence_start.anchor, start->data.sequence_start.tag);
	while (n && next_event(l, &e)) {
		bool end = e.type == YAML_SEQUENCE_END_EVENT;
		struct sk_conf_node *item = end ? NULL : read_node(l, &e, depth + 1);

		yaml_event_delete(&e);
		if (end)
			return n;
		if (item) {
			*tail = item;
			tail = &item->next;
		}
	}
	return NULL;
}

static int compare_keys(const void *a, const void *b)
{
	const struct sk_conf_node *x = *(const struct sk_conf_node *const *)a, *y = *(const struct sk_conf_node *const *)b;
	int c = strcmp(x->key, y->key);

	if (c)
		return c;
	if (x->key_line != y->key_line)
		return x->key_line < y->key_line ? -1 : 1;
	return x->key_column < y->key_column ? -1 : x->key_column > y->key_column;
}

#define FEW_KEYS 16

/* Sorted by name and place; NULL when memory is short. */
static const struct sk_conf_node **sorted_keys(const struct sk_conf_node *mapping, size_t cnt)
{
	const struct sk_conf_node **keys = malloc((cnt ? cnt : 1) * sizeof(const struct sk_conf_node *));
	size_t i = 0;

	if (!keys)
		return NULL;
	for (const struct sk_conf_node *c = mapping->child; c && i < cnt; c = c->next)
		keys[i++] = c;
	qsort(keys, i, sizeof(const struct sk_conf_node *), compare_keys);
	return keys;
}

static bool keys_differ(const struct sk_conf_node *mapping, size_t cnt)
{
	const struct sk_conf_node **keys;
	bool differ = true;

	if (cnt <= FEW_KEYS) {
		for (const struct sk_conf_node *a = mapping->child; a; a = a->next)
			for (const struct sk_conf_node *b = a->next; b; b = b->next)
				if (a->key[0] == b->key[0] && strcmp(a->key, b->key) == 0)
					return false;
		return true;
	}
	keys = sorted_keys(mapping, cnt);
	for (size_t k = 1; keys && differ && k < cnt; k++)
		differ = strcmp(keys[k]->key, keys[k - 1]->key) != 0;
	free(keys);
	return keys && differ;
}

/* Reports every key that was there before. The later node stays in the tree: reading goes on only to find other errors. */
static void check_duplicates(struct loader *l, const struct sk_conf_node *mapping, size_t cnt)
{
	const struct sk_conf_node **keys;

	if (keys_differ(mapping, cnt))
		return;
	keys = sorted_keys(mapping, cnt);
	if (!keys) {
		out_of_memory(l);
		return;
	}
	for (size_t k = 1; k < cnt; k++)
		if (strcmp(keys[k]->key, keys[k - 1]->key) == 0)
			complain(l, keys[k]->key_line, keys[k]->key_column, "duplicate key '%s', first at line %d", keys[k]->key,
				keys[k - 1]->key_line);
	free(keys);
}

/* The key of a mapping's item into *key; false where the mapping or the input ends. */
static bool read_key(struct loader *l, struct sk_conf_node *key)
{
	yaml_event_t e;
	bool ok;

	if (!next_event(l, &e))
		return false;
	ok = e.type != YAML_MAPPING_END_EVENT;
	key->key_line = (int)e.start_mark.line + 1;
	key->key_column = (int)e.start_mark.column + 1;
	if (ok && (e.type != YAML_SCALAR_EVENT || e.data.scalar.length == 0 || memchr(e.data.scalar.value, 0, e.data.scalar.length))) {
		complain(l, key->key_line, key->key_column, "expected a name as key");
		l->stop = true;
		ok = false;
	} else if (ok) {
		check_properties(l, &e, e.data.scalar.anchor, e.data.scalar.tag);
		key->key = (const char *)copy_text(l, e.data.scalar.value, e.data.scalar.length);
		ok = key->key != NULL;
	}
	yaml_event_delete(&e);
	return ok;
}

static struct sk_conf_node *read_mapping(struct loader *l, const yaml_event_t *start, int depth)
{
	struct sk_conf_node *n = new_node(l, SK_CONF_MAPPING, &start->start_mark), key = { 0 };
	const struct sk_conf_node **tail = n ? &n->child : NULL;
	yaml_event_t e;
	size_t cnt = 0;

	check_properties(l, start, start->data.mapping_start.anchor, start->data.mapping_start.tag);
	while (n && read_key(l, &key) && next_event(l, &e)) {
		struct sk_conf_node *item = read_node(l, &e, depth + 1);

		yaml_event_delete(&e);
		if (!item)
			continue;
		item->key = key.key;
		item->key_line = key.key_line;
		item->key_column = key.key_column;
		*tail = item;
		tail = &item->next;
		cnt++;
	}
	if (!n || l->stop)
		return NULL;
	check_duplicates(l, n, cnt);
	return n;
}

static struct sk_conf_node *read_node(struct loader *l, yaml_event_t *e, int depth)
{
	if (depth > DEPTH_MAX) {
		complain(l, (int)e->start_mark.line + 1, (int)e->start_mark.column + 1, "nested deeper than %d", DEPTH_MAX);
		l->stop = true;
		return NULL;
	}
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(l, e);
	case YAML_SEQUENCE_START_EVENT:
		return read_sequence(l, e, depth);
	case YAML_MAPPING_START_EVENT:
		return read_mapping(l, e, depth);
	case YAML_ALIAS_EVENT:
		complain(l, (int)e->start_mark.line + 1, (int)e->start_mark.column + 1, "aliases are not allowed: '*%s'",
			(const char *)e->data.alias.anchor);
		return new_node(l, SK_CONF_SCALAR, &e->start_mark);
	default:
		l->stop = true;
		return NULL;
	}
}

static void read_documents(struct loader *l)
{
	yaml_event_t e;
	bool done = false;

	while (!done && next_event(l, &e)) {
		if (e.type == YAML_DOCUMENT_START_EVENT && l->tree->root)
			complain_mark(l, &e.start_mark, "a second document; expected one");
		if (e.type == YAML_SCALAR_EVENT || e.type == YAML_SEQUENCE_START_EVENT || e.type == YAML_MAPPING_START_EVENT ||
			e.type == YAML_ALIAS_EVENT) {
			struct sk_conf_node *root = read_node(l, &e, 1);

			if (!l->tree->root)
				l->tree->root = root;
		}
		done = e.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&e);
	}
}

static void read_text(struct loader *l, struct sk_span text)
{
	const yaml_mark_t start = { 0, 0, 0 };
	const struct sk_conf_node *root;

	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		text = sk_span_sub(text, 3, text.n);
	if (!check_characters(l, text))
		return;
	if (!yaml_parser_initialize(&l->parser)) {
		out_of_memory(l);
		return;
	}
	yaml_parser_set_encoding(&l->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&l->parser, text.n ? text.p : (const uint8_t *)"", text.n);
	read_documents(l);
	yaml_parser_delete(&l->parser);
	root = l->tree->root;
	if (!root || (root->type == SK_CONF_SCALAR && root->text.n == 0 && !root->quoted))
		l->tree->root = new_node(l, SK_CONF_MAPPING, &start);
	else if (root->type != SK_CONF_MAPPING && l->errors == 0)
		complain(l, root->line, root->column, "expected a mapping (key: value), found %s", sk_conf_what(root).text);
}

int sk_conf_load_text_all(struct sk_conf_tree **out, const char *name, struct sk_span text, sk_conf_error_fn *on_error,
	void *cx)
{
	struct sk_conf_tree *t = calloc(1, sizeof(*t));
	struct loader l = { .tree = t, .on_error = on_error, .cx = cx };
	struct sk_error e;

	*out = NULL;
	if (!t) {
		sk_error_at(&e, SK_E_CONFIG, name, 0, 0, "out of memory");
		on_error(cx, &e);
		return SK_E_CONFIG;
	}
	sk_arena_init(&t->arena, 16384, SIZE_MAX / 2);
	t->file = (const char *)copy_text(&l, (const uint8_t *)name, strlen(name));
	if (t->file)
		read_text(&l, text);
	if (l.stop || !t->root || t->root->type != SK_CONF_MAPPING) {
		sk_conf_free(t);
		return SK_E_CONFIG;
	}
	*out = t;
	return l.errors ? SK_E_CONFIG : 0;
}

static int read_whole(FILE *f, uint8_t **data, size_t *n)
{
	size_t room = 65536, used = 0, got;
	uint8_t *p = malloc(room), *more;

	while (p && (got = fread(p + used, 1, room - used, f)) > 0) {
		used += got;
		if (used < room)
			continue;
		if (room >= FILE_SIZE_MAX) {
			free(p);
			return SK_E_LIMIT;
		}
		more = realloc(p, room * 2);
		if (!more)
			free(p);
		p = more;
		room *= 2;
	}
	if (!p)
		return SK_E_MEMORY;
	if (ferror(f)) {
		free(p);
		return -EIO;
	}
	*data = p;
	*n = used;
	return 0;
}

int sk_conf_load_file_all(struct sk_conf_tree **out, const char *path, sk_conf_error_fn *on_error, void *cx)
{
	FILE *f = fopen(path, "rbe");
	struct sk_error e;
	uint8_t *data = NULL;
	size_t n = 0;
	int rc = f ? read_whole(f, &data, &n) : -errno;

	*out = NULL;
	if (f)
		fclose(f);
	if (rc < 0) {
		sk_error_at(&e, SK_E_CONFIG, path, 0, 0, "cannot be read: %s", rc == SK_E_LIMIT ? "larger than 64 MiB" :
			rc == -EIO || rc == -EISDIR ? "not a regular file" : sk_err_text(rc));
		on_error(cx, &e);
		return SK_E_CONFIG;
	}
	rc = sk_conf_load_text_all(out, path, sk_span(data, n), on_error, cx);
	free(data);
	return rc;
}

struct first {
	struct sk_error *error;
	bool taken;
};

static void take_first(void *cx, const struct sk_error *e)
{
	struct first *f = cx;

	if (!f->taken && f->error)
		*f->error = *e;
	f->taken = true;
}

static int only_whole(struct sk_conf_tree **out, int rc)
{
	if (rc < 0) {
		sk_conf_free(*out);
		*out = NULL;
	}
	return rc;
}

int sk_conf_load_text(struct sk_conf_tree **out, const char *name, struct sk_span text, struct sk_error *error)
{
	struct first f = { error, false };

	return only_whole(out, sk_conf_load_text_all(out, name, text, take_first, &f));
}

int sk_conf_load_file(struct sk_conf_tree **out, const char *path, struct sk_error *error)
{
	struct first f = { error, false };

	return only_whole(out, sk_conf_load_file_all(out, path, take_first, &f));
}

void sk_conf_free(struct sk_conf_tree *t)
{
	if (!t)
		return;
	sk_arena_fini(&t->arena);
	free(t);
}

const struct sk_conf_node *sk_conf_root(const struct sk_conf_tree *t)
{
	return t->root;
}

const char *sk_conf_file(const struct sk_conf_tree *t)
{
	return t->file;
}
