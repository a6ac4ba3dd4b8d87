/* conf/plain.c — the tree of a file in the plain part of YAML that nearly all rule files are written in, without libyaml.
 *
 * in       text
 * out      the same tree libyaml's events give, or false: then libyaml reads the file, and tells what is wrong with it
 * memory   the tree's arena
 * threads  none of its own
 * limits   block mappings and lists; flow mappings and lists; scalars on one line: plain, in single quotes, in double quotes with \\ \" \/ \n
 *          \r \t. Whatever else there is (an empty value, a scalar on several lines, '|', '>', '&', '*', '!', '---', a key that comes twice, a
 *          character that is not plain text, …) is left to libyaml. Mistakes are never told here
 */
#include <string.h>

#include "conf/tree.h"

#define DEPTH_MAX SK_CONF_DEPTH_MAX
#define KEY_MAX 1000			/* a simple key ends within 1,024 characters (YAML 1.1, 7.3.1) */

struct reader {
	struct sk_conf_tree *tree;
	const uint8_t *p, *end, *line;		/* at, behind all, beginning of the line */
	int line_no;				/* from 1 */
	bool ended;				/* no content follows */
	bool given_up;
};

static void *give_up(struct reader *r)
{
	r->given_up = true;
	return NULL;
}

/* --- characters --- */

/* What YAML takes for printable, but for what it takes for line breaks beside LF, and tabs. */
static bool is_plain_wide(const uint8_t *p, size_t n)
{
	uint32_t c = n == 2 ? (uint32_t)(p[0] & 31) << 6 | (p[1] & 63) :
		n == 3 ? (uint32_t)(p[0] & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (p[2] & 63) : 0x10000;

	return c >= 0xa0 && c != 0x2028 && c != 0x2029 && c != 0xfeff && c < 0xfffe ? true : c == 0x10000;
}

static bool is_plain_text(struct sk_span text)
{
	for (size_t i = 0; i < text.n; ) {
		uint8_t c = text.p[i];
		size_t n = 1;

		if (c >= 0x80) {
			n = sk_conf_utf8_len(text.p + i, text.n - i);
			if (n == 0 || !is_plain_wide(text.p + i, n))
				return false;
		} else if ((c < 0x20 && c != '\n') || c == 0x7f) {
			return false;
		}
		i += n;
	}
	return true;
}

static bool is_break(const struct reader *r, const uint8_t *p)
{
	return p >= r->end || *p == '\n';
}

static bool is_blank_or_break(const struct reader *r, const uint8_t *p)
{
	return is_break(r, p) || *p == ' ';
}

static void skip_blanks(struct reader *r)
{
	while (r->p < r->end && *r->p == ' ')
		r->p++;
}

/* Columns count characters. */
static int column(const struct reader *r)
{
	int n = 1;

	for (const uint8_t *p = r->line; p < r->p; p++)
		n += (*p & 0xc0) != 0x80;
	return n;
}

static int indent(const struct reader *r)
{
	return (int)(r->p - r->line);		/* blanks and dashes only before it */
}

/* At a line break: goes to the next line. False at the end. */
static bool next_line(struct reader *r)
{
	static const char *const marks[] = { "---", "..." };

	if (r->p >= r->end)
		return false;
	r->line = ++r->p;
	r->line_no++;
	for (size_t i = 0; i < SK_ARRAY_LEN(marks); i++)
		if (r->end - r->p >= 3 && memcmp(r->p, marks[i], 3) == 0)
			give_up(r);
	if (r->p < r->end && *r->p == '%')
		give_up(r);
	return true;
}

/* Skips blanks and a comment: true when the line ends then. */
static bool rest_is_empty(struct reader *r)
{
	skip_blanks(r);
	if (r->p < r->end && *r->p == '#' && (r->p == r->line || r->p[-1] == ' '))
		while (!is_break(r, r->p))
			r->p++;
	return is_break(r, r->p);
}

/* From the end of a line to the next content. */
static void to_content(struct reader *r)
{
	do {
		if (!next_line(r)) {
			r->ended = true;
			return;
		}
	} while (rest_is_empty(r));
}

static bool at_dash(const struct reader *r)
{
	return *r->p == '-' && is_blank_or_break(r, r->p + 1);
}

/* --- scalars --- */

static struct sk_conf_node *new_node(struct reader *r, enum sk_conf_type type)
{
	struct sk_conf_node *n = sk_arena_zalloc(&r->tree->arena, sizeof(*n));

	if (!n)
		return give_up(r);
	n->type = type;
	n->line = r->line_no;
	n->column = column(r);
	n->tree = r->tree;
	return n;
}

/* Room for a text of at most n bytes. */
static uint8_t *new_text(struct reader *r, size_t n)
{
	uint8_t *p = sk_arena_alloc(&r->tree->arena, n + 1);

	return p ? p : give_up(r);
}

static bool begins_plain(const struct reader *r, bool flow)
{
	if (*r->p == '-')
		return !flow && !is_blank_or_break(r, r->p + 1);
	return !strchr("?:,[]{}#&*!|>'\"%@`", *r->p);
}

/* Leaves r->p behind its last character that is no blank. */
static struct sk_span plain_scalar(struct reader *r, bool flow)
{
	const uint8_t *begin = r->p, *last = r->p, *p = r->p;
	struct sk_span s;
	uint8_t *copy;

	for (; !is_break(r, p); p++) {
		if (*p == ' ') {
			if (p + 1 < r->end && p[1] == '#')
				break;
			continue;
		}
		if (*p == ':' && is_blank_or_break(r, p + 1))
			break;
		if (flow && strchr(",[]{}", *p))
			break;
		if (flow && (*p == '?' || (*p == ':' && strchr(",[]{}?", p[1]))))
			give_up(r);
		last = p + 1;
	}
	r->p = last;
	s = sk_span(begin, (size_t)(last - begin));
	copy = new_text(r, s.n);
	if (!copy)
		return sk_span(NULL, 0);
	memcpy(copy, s.p, s.n);
	copy[s.n] = 0;
	return sk_span(copy, s.n);
}

/* What a backslash in double quotes and the character behind it stand for, or 0. */
static uint8_t escaped(uint8_t c)
{
	switch (c) {
	case '\\': case '"': case '/':
		return c;
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return 0;
	}
}

static struct sk_span quoted_scalar(struct reader *r)
{
	const uint8_t quote = *r->p++, *p = r->p;
	uint8_t *copy, *to;

	while (!is_break(r, p) && *p != quote)
		p += quote == '"' && *p == '\\' && !is_break(r, p + 1) ? 2 : 1;
	while (quote == '\'' && !is_break(r, p) && p + 1 < r->end && p[1] == '\'') {	/* two of them stand for one */
		p += 2;
		while (!is_break(r, p) && *p != quote)
			p++;
	}
	if (is_break(r, p)) {
		give_up(r);
		return sk_span(NULL, 0);
	}
	copy = to = new_text(r, (size_t)(p - r->p));
	for (const uint8_t *q = r->p; copy && q < p; q++) {
		uint8_t c = *q;

		if (quote == '"' && c == '\\') {
			c = escaped(*++q);
			if (!c)
				give_up(r);
		} else if (quote == '\'' && c == '\'') {
			q++;
		}
		*to++ = c;
	}
	r->p = p + 1;
	if (!copy)
		return sk_span(NULL, 0);
	*to = 0;
	return sk_span(copy, (size_t)(to - copy));
}

/* The text of a scalar where the reader stands. */
static struct sk_span scalar_text(struct reader *r, bool flow)
{
	if (*r->p == '\'' || *r->p == '"')
		return quoted_scalar(r);
	if (begins_plain(r, flow))
		return plain_scalar(r, flow);
	give_up(r);
	return sk_span(NULL, 0);
}

static struct sk_conf_node *scalar(struct reader *r, bool flow)
{
	struct sk_conf_node *n = new_node(r, SK_CONF_SCALAR);

	if (!n)
		return NULL;
	n->quoted = *r->p == '\'' || *r->p == '"';
	n->text = scalar_text(r, flow);
	return r->given_up ? NULL : n;
}

/* --- mappings and lists --- */

struct key {
	const char *text;
	int line, column;
};

/* A key and its colon. */
static bool read_key(struct reader *r, bool flow, struct key *k)
{
	const uint8_t *begin = r->p;
	struct sk_span text;

	k->line = r->line_no;
	k->column = column(r);
	text = scalar_text(r, flow);
	k->text = (const char *)text.p;
	skip_blanks(r);
	if (text.n == 0 || r->p - begin > KEY_MAX || is_break(r, r->p) || *r->p != ':' || !is_blank_or_break(r, r->p + 1))
		give_up(r);
	r->p++;
	return !r->given_up;
}

static void hang(struct sk_conf_node *n, const struct sk_conf_node ***tail, struct sk_conf_node *item, const struct key *k)
{
	if (k) {
		item->key = k->text;
		item->key_line = k->line;
		item->key_column = k->column;
	}
	if (!*tail)
		*tail = &n->child;
	**tail = item;
	*tail = &item->next;
}

static struct sk_conf_node *flow(struct reader *r, int depth);

/* Blanks, comments and line breaks between the parts of a flow collection. False at the end. */
static bool skip_in_flow(struct reader *r)
{
	while (rest_is_empty(r))
		if (!next_line(r))
			return false;
	return true;
}

static struct sk_conf_node *flow_value(struct reader *r, int depth)
{
	if (!skip_in_flow(r))
		return give_up(r);
	return *r->p == '{' || *r->p == '[' ? flow(r, depth) : depth > DEPTH_MAX ? give_up(r) : scalar(r, true);
}

static struct sk_conf_node *flow(struct reader *r, int depth)
{
	const bool mapping = *r->p == '{';
	const uint8_t close = mapping ? '}' : ']';
	struct sk_conf_node *n = new_node(r, mapping ? SK_CONF_MAPPING : SK_CONF_SEQUENCE), *item;
	const struct sk_conf_node **tail = NULL;
	struct key k;
	size_t cnt = 0;

	if (!n || depth > DEPTH_MAX)
		return give_up(r);
	do {
		r->p++;
		if (!skip_in_flow(r))
			return give_up(r);
		if (*r->p == close && cnt == 0)
			break;
		if (mapping && !read_key(r, true, &k))
			return NULL;
		item = flow_value(r, depth + 1);
		if (!item || !skip_in_flow(r))
			return give_up(r);
		hang(n, &tail, item, mapping ? &k : NULL);
		cnt++;
	} while (*r->p == ',');
	if (*r->p != close || (mapping && !sk_conf_keys_differ(n, cnt)))
		return give_up(r);
	r->p++;
	return n;
}

static struct sk_conf_node *block(struct reader *r, int depth);

/* True when what the reader stands at is a key. */
static bool at_key(const struct reader *r)
{
	struct reader look = *r;

	if (*look.p == '\'' || *look.p == '"') {
		const uint8_t quote = *look.p++;

		while (!is_break(&look, look.p) && *look.p != quote)	/* what escapes its quote makes the file one for libyaml at most */
			look.p++;
		look.p++;
	} else {
		while (!is_break(&look, look.p) && !(*look.p == ':' && is_blank_or_break(&look, look.p + 1)) &&
		       !(*look.p == ' ' && look.p + 1 < look.end && look.p[1] == '#'))
			look.p++;
	}
	skip_blanks(&look);
	return !is_break(&look, look.p) && *look.p == ':' && is_blank_or_break(&look, look.p + 1);
}

static struct sk_conf_node *list(struct reader *r, int depth, bool in_mapping);

/* The value behind a colon or a dash of a collection indented by n. Goes to the next content. */
static struct sk_conf_node *value(struct reader *r, int n, bool behind_dash, int depth)
{
	struct sk_conf_node *v;

	if (rest_is_empty(r)) {
		to_content(r);
		if (r->ended || r->given_up || indent(r) < n || (indent(r) == n && (behind_dash || !at_dash(r))))
			return give_up(r);
		return indent(r) == n ? list(r, depth, true) : block(r, depth);
	}
	if (behind_dash && (at_dash(r) || (*r->p != '{' && *r->p != '[' && at_key(r))))
		return block(r, depth);
	if (depth > DEPTH_MAX)
		return give_up(r);
	v = *r->p == '{' || *r->p == '[' ? flow(r, depth) : scalar(r, false);
	if (!v || !rest_is_empty(r))
		return give_up(r);
	to_content(r);
	return !r->ended && indent(r) > n ? give_up(r) : v;
}

/* in_mapping: no deeper than the mapping it is a value of; that goes on where the dashes end. */
static struct sk_conf_node *list(struct reader *r, int depth, bool in_mapping)
{
	struct sk_conf_node *n = new_node(r, SK_CONF_SEQUENCE), *item;
	const struct sk_conf_node **tail = NULL;
	const int at = indent(r);

	if (!n || depth > DEPTH_MAX)
		return give_up(r);
	do {
		r->p++;
		item = value(r, at, true, depth + 1);
		if (!item)
			return NULL;
		hang(n, &tail, item, NULL);
	} while (!r->ended && indent(r) == at && at_dash(r));
	return !r->ended && (indent(r) > at || (indent(r) == at && !in_mapping)) ? give_up(r) : n;
}

static struct sk_conf_node *mapping(struct reader *r, int depth)
{
	struct sk_conf_node *n = new_node(r, SK_CONF_MAPPING), *item;
	const struct sk_conf_node **tail = NULL;
	const int at = indent(r);
	struct key k;
	size_t cnt = 0;

	if (!n || depth > DEPTH_MAX)
		return give_up(r);
	do {
		if (at_dash(r) || !read_key(r, false, &k))
			return give_up(r);
		item = value(r, at, false, depth + 1);
		if (!item)
			return NULL;
		hang(n, &tail, item, &k);
		cnt++;
	} while (!r->ended && indent(r) == at);
	return (!r->ended && indent(r) > at) || !sk_conf_keys_differ(n, cnt) ? give_up(r) : n;
}

static struct sk_conf_node *block(struct reader *r, int depth)
{
	return at_dash(r) ? list(r, depth, false) : mapping(r, depth);
}

bool sk_conf_read_plain(struct sk_conf_tree *t, struct sk_span text)
{
	struct reader r = { .tree = t, .p = text.p, .end = text.p + text.n, .line = text.p, .line_no = 1 };
	struct sk_conf_node *root;

	if (text.n == 0 || !is_plain_text(text) || *r.p == '%' || (text.n >= 3 && (memcmp(r.p, "---", 3) == 0 || memcmp(r.p, "...", 3) == 0)))
		return false;
	if (rest_is_empty(&r))
		to_content(&r);
	if (r.ended || at_dash(&r))
		return false;
	root = mapping(&r, 1);
	if (!root || r.given_up || !r.ended)
		return false;
	t->root = root;
	return true;
}
