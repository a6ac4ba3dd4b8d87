/* rules/test.c — one condition of a rule: its field, operators and modifiers. The language is in doc/rules.md. */
#include <stdio.h>
#include <stdlib.h>

#include "rules/load.h"

enum word {
	W_IS, W_CONTAINS, W_CONTAINS_ALL, W_STARTS, W_ENDS, W_REGEX, W_IN, W_CIDR, W_GT, W_LT, W_GE, W_LE, W_LEN, W_EXISTS,
	W_NOCASE, W_DECODE, W_AS, W_CNT
};
static const char *const words[] = {
	"is", "contains", "contains_all", "starts", "ends", "regex", "in", "cidr", "gt", "lt", "ge", "le", "len", "exists",
	"nocase", "decode", "as", NULL
};

#define BIT(w) (1u << (w))
#define MODIFIERS (BIT(W_NOCASE) | BIT(W_DECODE) | BIT(W_AS))
#define PATTERNS (BIT(W_IS) | BIT(W_CONTAINS) | BIT(W_CONTAINS_ALL) | BIT(W_STARTS) | BIT(W_ENDS) | BIT(W_REGEX))
#define COMPARES (BIT(W_IS) | BIT(W_GT) | BIT(W_LT) | BIT(W_GE) | BIT(W_LE))

/* What fits a field of which type. */
static const struct {
	const char *what;
	uint32_t words;
} fits[] = {
	[SK_VALUE_TEXT] = { "text", PATTERNS | BIT(W_IN) | BIT(W_CIDR) | BIT(W_LEN) | BIT(W_EXISTS) | MODIFIERS },
	[SK_VALUE_BYTES] = { "bytes", PATTERNS | BIT(W_IN) | BIT(W_CIDR) | BIT(W_LEN) | BIT(W_EXISTS) | MODIFIERS },
	[SK_VALUE_STREAM] = { "streamed bytes", PATTERNS | BIT(W_LEN) | BIT(W_EXISTS) | MODIFIERS },
	[SK_VALUE_INT] = { "a number", COMPARES | BIT(W_IN) | BIT(W_EXISTS) },
	[SK_VALUE_BOOL] = { "true or false", BIT(W_IS) | BIT(W_EXISTS) },
	[SK_VALUE_TIME] = { "a time", COMPARES | BIT(W_EXISTS) },
	[SK_VALUE_ADDR] = { "an address", BIT(W_IS) | BIT(W_IN) | BIT(W_CIDR) | BIT(W_EXISTS) },
	[SK_VALUE_LIST] = { "a list", PATTERNS | COMPARES | BIT(W_IN) | BIT(W_CIDR) | BIT(W_LEN) | BIT(W_EXISTS) | MODIFIERS },
	[SK_VALUE_PAIRS] = { "pairs", PATTERNS | BIT(W_IN) | BIT(W_CIDR) | BIT(W_LEN) | BIT(W_EXISTS) | MODIFIERS },
};

struct as {
	bool text, hex, utf16;
	const char *shown;
};

struct parse {				/* one test being read */
	struct sk_load *l;
	const struct sk_conf_node *field;	/* its node, for the key's place */
	unsigned kind;
	struct sk_field_ref ref;
	uint32_t view;
	bool nocase, decoded;
	struct as as;
	struct sk_op *ops;
	uint32_t op_cnt;
};

static const char *field_name(const struct parse *p)
{
	return p->field->key;
}

static size_t count_values(const struct sk_conf_node *n)
{
	size_t cnt = 0;

	if (n->type != SK_CONF_SEQUENCE)
		return 1;
	for (const struct sk_conf_node *c = n->child; c; c = c->next)
		cnt++;
	return cnt;
}

/* A new operator with room for its shown values. */
static struct sk_op *new_op(struct parse *p, enum sk_op_type type, const char *word, const struct sk_conf_node *n)
{
	const struct sk_conf_node *c = n->type == SK_CONF_SEQUENCE ? n->child : n;
	struct sk_op *op = &p->ops[p->op_cnt];
	size_t cnt = count_values(n), i = 0;
	const char **shown = sk_load_alloc(p->l, (cnt + 1) * sizeof(*shown));

	if (!shown)
		return NULL;
	for (; c && i < cnt; c = c->next)
		shown[i++] = sk_load_copy(p->l, c->type == SK_CONF_SCALAR ? c->text : sk_span(NULL, 0));
	*op = (struct sk_op){ .type = (uint8_t)type, .word = word, .shown = shown };
	p->op_cnt++;
	return op;
}

/* Values of n one after the other; each a scalar. */
static const struct sk_conf_node *first_value(struct parse *p, const struct sk_conf_node *n)
{
	if (n->type == SK_CONF_SEQUENCE && !n->child)
		sk_load_error(p->l, n, "expected a value, found an empty list");
	return n->type == SK_CONF_SEQUENCE ? n->child : n;
}

static const struct sk_conf_node *next_value(const struct sk_conf_node *n, const struct sk_conf_node *c)
{
	return n->type == SK_CONF_SEQUENCE ? c->next : NULL;
}

static void add_atom(struct parse *p, uint32_t *atoms, struct sk_op *op, const struct sk_atom *like)
{
	uint32_t a = sk_load_atom(p->l, like);

	if (a != SK_LOAD_NONE)
		atoms[op->atom_cnt++] = a;
}

static bool check_pattern(struct parse *p, const struct sk_conf_node *c, enum word w)
{
	struct sk_error e;
	struct sk_span s;

	if (sk_conf_text(c, &s, &e) < 0) {
		sk_load_tell(p->l, &e);
		return false;
	}
	if (s.n == 0 && w != W_IS)
		sk_load_error(p->l, c, "%s: an empty pattern is in every value", words[w]);
	else if (s.n > SK_RULES_PATTERN_MAX)
		sk_load_error(p->l, c, "%s: pattern of %zu bytes; expected at most %u", words[w], s.n, SK_RULES_PATTERN_MAX);
	else
		return true;
	return false;
}

static bool has_upper(struct sk_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 'A' && s.p[i] <= 'Z')
			return true;
	return false;
}

/* Patterns that can never match because of what the field is. */
static bool check_sense(struct parse *p, const struct sk_conf_node *c, enum word w)
{
	bool whole_lower = strstr(p->ref.def->help ? p->ref.def->help : "", "lower case") != NULL;

	if (p->decoded || w == W_REGEX)
		return true;
	if (p->ref.up == SK_KIND_NONE && p->ref.slot == SK_F_COMMON_DIRECTION && w == W_IS && !sk_span_is_str(c->text, "to_server") &&
		!sk_span_is_str(c->text, "to_client")) {
		sk_load_error(p->l, c, "expected to_server or to_client, found %s", sk_conf_what(c).text);
		return false;
	}
	if (whole_lower && !p->nocase && !p->as.hex && has_upper(c->text)) {
		sk_load_error(p->l, c, "%s is in lower case and cannot match %s; write it in lower case or add nocase", field_name(p),
			sk_conf_what(c).text);
		return false;
	}
	return true;
}

static struct sk_span utf16_of(struct parse *p, struct sk_span s)
{
	uint8_t *out = sk_load_alloc(p->l, s.n * 2 + 1);

	if (!out)
		return sk_span(NULL, 0);
	for (size_t i = 0; i < s.n; i++)
		out[2 * i] = s.p[i];
	return sk_span(out, s.n * 2);
}

static void add_literal(struct parse *p, uint32_t *atoms, struct sk_op *op, enum sk_atom_type type,
	const struct sk_conf_node *c)
{
	struct sk_atom like = { .type = (uint8_t)type, .nocase = p->nocase, .view = p->view, .node = c };

	if (p->as.text) {
		like.text = sk_span(sk_load_copy(p->l, c->text), c->text.n);
		add_atom(p, atoms, op, &like);
	}
	if (p->as.utf16) {
		like.text = utf16_of(p, c->text);
		add_atom(p, atoms, op, &like);
	}
	if (p->as.hex) {
		if (sk_decode_hex_text(c->text, &like.text, &p->l->set->arena) == 0)
			add_atom(p, atoms, op, &like);
		else
			sk_load_error(p->l, c, "expected bytes in hex such as '55 11 69 DF', found %s", sk_conf_what(c).text);
	}
}

static void add_regex(struct parse *p, uint32_t *atoms, struct sk_op *op, const struct sk_conf_node *c)
{
	struct sk_atom like = { .type = SK_ATOM_REGEX, .nocase = p->nocase, .view = p->view, .node = c };

	if (memchr(c->text.p, 0, c->text.n)) {
		sk_load_error(p->l, c, "regex: a zero byte; write \\x00");
		return;
	}
	like.text = sk_span(sk_load_copy(p->l, c->text), c->text.n);
	if (!like.text.p)
		return;
	/* mistakes in it are told when all patterns of the field are compiled */
	like.width = sk_regex_width((const char *)like.text.p);
	add_atom(p, atoms, op, &like);
}

/* is on a number, an address, or what an item of a list may be. False when the value fits none. */
static bool parse_number(struct parse *p, const struct sk_conf_node *c, uint64_t *v, struct sk_error *e)
{
	const char *unit = p->ref.def->unit ? p->ref.def->unit : "";
	uint64_t scale = strcmp(unit, "ms") == 0 ? 1000000 : strcmp(unit, "s") == 0 ? 1000000000 : 0;
	bool b;

	if (p->ref.def->type == SK_VALUE_BOOL) {
		if (sk_conf_bool(c, &b, e) < 0)
			return false;
		*v = b;
		return true;
	}
	if (c->type == SK_CONF_SCALAR && sk_conf_parse_number(c->text, v))
		return true;
	if (p->ref.def->type == SK_VALUE_TIME) {
		if (c->type == SK_CONF_SCALAR && sk_load_date(c->text, v) == 0)
			return true;
		sk_conf_error(c, e, "expected a date such as 2026-12-31 or 2026-12-31T12:00:00Z, found %s", sk_conf_what(c).text);
		return false;
	}
	if (strcmp(unit, "bytes") == 0)
		return sk_conf_bytes(c, 0, UINT64_MAX, v, e) == 0;
	if (scale && sk_conf_duration(c, v, e) == 0) {
		*v /= scale;
		return true;
	}
	if (!scale)
		sk_conf_int(c, 0, UINT64_MAX, v, e);
	return false;
}

/* A list written into the rule becomes a set of its own. */
static void add_nets(struct parse *p, uint32_t *atoms, struct sk_op *op, const struct sk_conf_node *n, bool quiet)
{
	int64_t set = sk_sets_new(&p->l->set->sets, NULL, SK_SET_CIDR);
	const struct sk_set_meta nothing = { .expires_ns = UINT64_MAX, .confidence = 101 };
	int64_t meta = sk_sets_meta(&p->l->set->sets, &nothing);
	struct sk_atom like = { .type = SK_ATOM_SET, .view = p->view, .set = (uint32_t)set, .node = n };
	const char *problem = "a network";
	size_t added = 0;

	if (set < 0 || meta < 0) {
		sk_load_no_memory(p->l);
		return;
	}
	for (const struct sk_conf_node *c = quiet ? n->child ? n->child : n : first_value(p, n); c; c = next_value(n, c)) {
		int rc = c->type == SK_CONF_SCALAR ? sk_indicator_add(&p->l->set->sets, (uint32_t)set, (uint32_t)meta, c->text, &problem) :
			SK_E_FORMAT;

		if (rc == 0)
			added++;
		else if (rc != SK_E_FORMAT)
			sk_load_no_memory(p->l);
		else if (!quiet)
			sk_load_error(p->l, c, "expected %s, found %s", problem, sk_conf_what(c).text);
	}
	if (added)
		add_atom(p, atoms, op, &like);
}

static void add_values(struct parse *p, uint32_t *atoms, struct sk_op *op, enum word w, const struct sk_conf_node *n)
{
	static const enum sk_atom_type types[] = { [W_IS] = SK_ATOM_IS, [W_CONTAINS] = SK_ATOM_CONTAINS,
		[W_CONTAINS_ALL] = SK_ATOM_CONTAINS,
		[W_STARTS] = SK_ATOM_STARTS, [W_ENDS] = SK_ATOM_ENDS };
	bool number = p->ref.def->type == SK_VALUE_INT || p->ref.def->type == SK_VALUE_TIME;
	struct sk_error e;

	for (const struct sk_conf_node *c = first_value(p, n); c; c = next_value(n, c)) {
		struct sk_atom like = { .type = SK_ATOM_NUM, .view = p->view, .node = c };

		if (number) {
			if (parse_number(p, c, &like.num, &e))
				add_atom(p, atoms, op, &like);
			else
				sk_load_tell(p->l, &e);
			continue;
		}
		if (!check_pattern(p, c, w) || !check_sense(p, c, w))
			continue;
		if (w == W_REGEX)
			add_regex(p, atoms, op, c);
		else
			add_literal(p, atoms, op, types[w], c);
		if (w == W_IS && p->ref.def->type == SK_VALUE_LIST && sk_conf_parse_number(c->text, &like.num))
			add_atom(p, atoms, op, &like);
	}
	if (w == W_IS && p->ref.def->type == SK_VALUE_LIST)
		add_nets(p, atoms, op, n, true);
}

static void read_patterns(struct parse *p, enum word w, const struct sk_conf_node *n)
{
	struct sk_op *op;
	uint32_t *atoms;
	uint64_t v;
	struct sk_error e;

	if (n->type == SK_CONF_MAPPING) {
		sk_load_error(p->l, n, "%s: expected a value or a list of values, found a mapping", words[w]);
		return;
	}
	op = new_op(p, SK_OP_ATOMS, words[w], n);
	/* a value becomes at most three atoms: as text, utf16 and hex, or as text, number and address */
	atoms = op ? sk_load_alloc(p->l, (count_values(n) * 3 + 1) * sizeof(*atoms)) : NULL;
	if (!atoms)
		return;
	op->atoms = atoms;
	op->all = w == W_CONTAINS_ALL;
	if (op->all && p->as.text && p->as.utf16)
		sk_load_error_key(p->l, n, "contains_all takes one form; write two conditions under any:");
	if (p->ref.def->type == SK_VALUE_BOOL) {
		op->type = SK_OP_BOOL;
		if (parse_number(p, n, &v, &e))
			op->num = v;
		else
			sk_load_tell(p->l, &e);
	} else if (p->ref.def->type == SK_VALUE_ADDR || w == W_CIDR) {
		add_nets(p, atoms, op, n, false);
	} else {
		add_values(p, atoms, op, w, n);
	}
}

static bool set_fits(const struct parse *p, enum sk_set_kind kind)
{
	const struct sk_field_ref *r = &p->ref;
	uint32_t type = r->def->type;
	bool text = type == SK_VALUE_TEXT || type == SK_VALUE_BYTES || type == SK_VALUE_LIST || type == SK_VALUE_PAIRS;
	bool plugin = r->up >= SK_KIND_BUILTIN_CNT && r->up != SK_KIND_NONE;

	switch (kind) {
	case SK_SET_IP:
	case SK_SET_CIDR:
		return text || type == SK_VALUE_ADDR;
	case SK_SET_URL:
		return r->up == SK_KIND_HTTP_REQUEST && (r->slot == SK_F_HTTP_REQUEST_TARGET || r->slot == SK_F_HTTP_REQUEST_PATH) &&
			!p->decoded;
	case SK_SET_CERT_SHA1:
		return (r->up == SK_KIND_TLS_CERTIFICATE && r->slot == SK_F_TLS_CERTIFICATE_SHA1) || (plugin && text);
	case SK_SET_SHA1:
		return (r->up != SK_KIND_TLS_CERTIFICATE && strcmp(r->def->name, "sha1") == 0) || (plugin && text);
	case SK_SET_JA3:
	case SK_SET_JA3S:
	case SK_SET_JA4:
	case SK_SET_SHA256:
	case SK_SET_MD5:
		return strcmp(r->def->name, sk_set_kind_names[kind]) == 0 || (plugin && text);
	default:
		return text;
	}
}

static void read_in_set(struct parse *p, const struct sk_conf_node *n)
{
	struct sk_load *l = p->l;
	struct sk_atom like = { .type = SK_ATOM_SET, .nocase = p->nocase, .view = p->view, .node = n };
	const char *near, **names;
	struct sk_op *op = new_op(p, SK_OP_ATOMS, "in", n);
	uint32_t *atoms = op ? sk_load_alloc(l, sizeof(*atoms)) : NULL;

	if (!atoms)
		return;
	op->atoms = atoms;
	for (size_t i = 0; i < l->set_cnt; i++) {
		const struct sk_set *s = &l->set->sets.sets[l->sets[i].set];

		if (!sk_span_is_str(n->text, l->sets[i].name))
			continue;
		like.set = l->sets[i].set;
		if (set_fits(p, s->kind))
			add_atom(p, atoms, op, &like);
		else
			sk_load_error(l, n, "indicator set '%s' is of kind %s, which does not fit %s", s->name, sk_set_kind_names[s->kind],
				field_name(p));
		return;
	}
	names = calloc(l->set_cnt + 1, sizeof(*names));
	for (size_t i = 0; names && i < l->set_cnt; i++)
		names[i] = l->sets[i].name;
	near = names && n->text.n ? sk_conf_nearest((const char *)n->text.p, names) : NULL;
	if (near)
		sk_load_error(l, n, "unknown indicator set %s; did you mean '%s'?", sk_conf_what(n).text, near);
	else
		sk_load_error(l, n, "unknown indicator set %s; expected one of this file's, or a list [a, b]", sk_conf_what(n).text);
	free(names);
}

static void read_compare(struct parse *p, enum word w, const struct sk_conf_node *n, bool len)
{
	static const enum sk_op_type plain[] = { [W_GT] = SK_OP_GT, [W_LT] = SK_OP_LT, [W_GE] = SK_OP_GE, [W_LE] = SK_OP_LE };
	static const enum sk_op_type lens[] = { [W_IS] = SK_OP_LEN_IS, [W_GT] = SK_OP_LEN_GT, [W_LT] = SK_OP_LEN_LT,
		[W_GE] = SK_OP_LEN_GE,
		[W_LE] = SK_OP_LEN_LE };
	static const char *const len_words[] = { [W_IS] = "len is", [W_GT] = "len gt", [W_LT] = "len lt", [W_GE] = "len ge",
		[W_LE] = "len le" };
	struct sk_op *op = new_op(p, len ? lens[w] : plain[w], len ? len_words[w] : words[w], n);
	struct sk_error e;
	bool ok;

	if (!op)
		return;
	ok = len ? sk_conf_bytes(n, 0, UINT64_MAX, &op->num, &e) == 0 : parse_number(p, n, &op->num, &e);
	if (!ok)
		sk_load_tell(p->l, &e);
}

static void read_len(struct parse *p, const struct sk_conf_node *n)
{
	static const char *const names[] = { "is", "gt", "lt", "ge", "le", NULL };

	if (n->type == SK_CONF_SCALAR) {
		read_compare(p, W_IS, n, true);
		return;
	}
	if (!sk_load_mapping(p->l, n, "len", names))
		return;
	if (!n->child)
		sk_load_error(p->l, n, "len: expected is, gt, lt, ge or le");
	for (const struct sk_conf_node *c = n->child; c; c = c->next)
		for (unsigned w = 0; words[w]; w++)
			if (strcmp(words[w], c->key) == 0 && (w == W_IS || (w >= W_GT && w <= W_LE)))
				read_compare(p, (enum word)w, c, true);
}

static void read_op(struct parse *p, enum word w, const struct sk_conf_node *n)
{
	struct sk_error e;
	struct sk_op *op;
	bool b = true;

	switch (w) {
	case W_IN:
		if (n->type == SK_CONF_SCALAR) {
			read_in_set(p, n);
			return;
		}
		if (n->type == SK_CONF_MAPPING)
			sk_load_error(p->l, n, "in: expected the name of an indicator set or a list of values, found a mapping");
		else
			read_patterns(p, W_IS, n);
		return;
	case W_GT:
	case W_LT:
	case W_GE:
	case W_LE:
		read_compare(p, w, n, false);
		return;
	case W_LEN:
		read_len(p, n);
		return;
	case W_EXISTS:
		op = new_op(p, SK_OP_EXISTS, words[w], n);
		if (sk_conf_bool(n, &b, &e) < 0)
			sk_load_tell(p->l, &e);
		if (op)
			op->num = b;
		return;
	default:
		read_patterns(p, w, n);
	}
}

static int word_of(const char *key)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], key) == 0)
			return i;
	return -1;
}

static bool check_word(struct parse *p, const struct sk_conf_node *n, int w)
{
	uint32_t type = p->ref.def->type, fit = fits[type].words & ~MODIFIERS;
	char list[256], hint[64];
	size_t k = 0;

	if (w < 0) {
		sk_load_hint(n->key, words, hint, sizeof(hint));
		sk_load_error_key(p->l, n, "unknown operator '%.64s'%s", n->key,
			hint[0] ? hint : "; expected is, contains, starts, ends, regex, in, cidr, gt, lt, ge, le, len or exists");
		return false;
	}
	if (fits[type].words & BIT(w))
		return true;
	list[0] = 0;
	for (unsigned i = 0; i < W_NOCASE; i++)
		if (fit & BIT(i))
			k += (size_t)snprintf(list + k, sizeof(list) - k, "%s%s", k == 0 ? "" : fit >> (i + 1) ? ", " : " or ", words[i]);
	sk_load_error_key(p->l, n, "'%s' does not fit %s, %s; expected %s", words[w], field_name(p), fits[type].what, list);
	return false;
}

static void read_as(struct parse *p, const struct sk_conf_node *n)
{
	static const char *const names[] = { "text", "hex", "utf16", NULL };
	struct sk_error e;
	unsigned w;
	char shown[64];
	size_t k = 0;

	shown[0] = 0;
	p->as = (struct as){ 0 };
	for (const struct sk_conf_node *c = first_value(p, n); c; c = next_value(n, c)) {
		if (sk_conf_word(c, names, &w, &e) < 0) {
			sk_load_tell(p->l, &e);
			continue;
		}
		p->as.text |= w == 0;
		p->as.hex |= w == 1;
		p->as.utf16 |= w == 2;
	}
	if (p->as.hex && (p->as.text || p->as.utf16))
		sk_load_error(p->l, n, "'hex' does not go with 'text' or 'utf16'");
	k += (size_t)snprintf(shown, sizeof(shown), "%s%s", p->as.hex ? "hex" : "", p->as.text && p->as.utf16 ? "[text, " : "");
	snprintf(shown + k, sizeof(shown) - k, "%s%s", p->as.utf16 ? "utf16" : p->as.hex ? "" : "text", p->as.text &&
		p->as.utf16 ? "]" : "");
	p->as.shown = sk_load_copy(p->l, sk_span_str(shown));
}

static unsigned read_decode(struct parse *p, const struct sk_conf_node *n, struct sk_decode *chain)
{
	char hint[64], key[32];
	unsigned cnt = 0;

	if (p->ref.def->type == SK_VALUE_STREAM) {
		sk_load_error_key(p->l, n, "decoders cannot be applied to a streamed field; %s must be searched as it is", field_name(p));
		return 0;
	}
	for (const struct sk_conf_node *c = first_value(p, n); c; c = next_value(n, c)) {
		if (cnt == SK_DECODE_MAX) {
			sk_load_error(p->l, c, "more than %u decoders in a row", SK_DECODE_MAX);
			return cnt;
		}
		if (c->type == SK_CONF_SCALAR && sk_decode_parse(c->text, &chain[cnt], &p->l->set->arena) == 0) {
			cnt++;
			continue;
		}
		snprintf(key, sizeof(key), "%.31s", c->type == SK_CONF_SCALAR ? (const char *)c->text.p : "");
		sk_load_hint(key, sk_decoder_names, hint, sizeof(hint));
		sk_load_error(p->l, c, "expected percent, urldecode, base64, hex, xor(KEY), lower, reverse or utf16, found %s%s",
			sk_conf_what(c).text, hint);
	}
	return cnt;
}

/* Modifiers first: they say what the operators mean. */
static void read_modifiers(struct parse *p, const struct sk_conf_node *n)
{
	struct sk_decode chain[SK_DECODE_MAX];
	unsigned cnt = 0;
	struct sk_error e;

	for (const struct sk_conf_node *c = n->type == SK_CONF_MAPPING ? n->child : NULL; c; c = c->next) {
		int w = word_of(c->key);

		if (w < W_NOCASE || !(fits[p->ref.def->type].words & BIT(w)))
			continue;
		if (w == W_NOCASE && sk_conf_bool(c, &p->nocase, &e) < 0)
			sk_load_tell(p->l, &e);
		else if (w == W_DECODE)
			cnt = read_decode(p, c, chain);
		else if (w == W_AS)
			read_as(p, c);
	}
	p->decoded = cnt > 0;
	p->view = sk_load_view(p->l, p->kind, &p->ref, field_name(p), chain, cnt);
}

static size_t ops_room(const struct sk_conf_node *n)
{
	size_t cnt = 1;

	for (const struct sk_conf_node *c = n->type == SK_CONF_MAPPING ? n->child : NULL; c; c = c->next)
		cnt += c->type == SK_CONF_MAPPING ? 8 : 1;
	return cnt;
}

struct sk_cond *sk_load_cond(struct sk_load *l, enum sk_cond_type type)
{
	struct sk_cond *c = sk_load_alloc(l, sizeof(*c));

	if (c)
		c->type = type;
	return c;
}

struct sk_cond *sk_load_test(struct sk_load *l, unsigned kind, const struct sk_conf_node *n)
{
	struct parse p = { .l = l, .field = n, .kind = kind, .as = { .text = true } };
	unsigned operators = 0;
	struct sk_cond *cond;
	struct sk_test *t;
	struct sk_error e;

	if (sk_field_resolve(&l->set->registry, kind, n->key, &p.ref, &e) < 0) {
		sk_load_error_key(l, n, "%s", e.text);
		return NULL;
	}
	p.ops = sk_load_alloc(l, ops_room(n) * sizeof(*p.ops));
	read_modifiers(&p, n);
	if (!p.ops || p.view == SK_LOAD_NONE)
		return NULL;
	if (n->type != SK_CONF_MAPPING)
		read_op(&p, W_IS, n);
	for (const struct sk_conf_node *c = n->type == SK_CONF_MAPPING ? n->child : NULL; c; c = c->next) {
		int w = word_of(c->key);

		if (w < W_NOCASE)
			operators++;
		if (check_word(&p, c, w) && w < W_NOCASE)
			read_op(&p, (enum word)w, c);
	}
	if (operators == 0 && n->type == SK_CONF_MAPPING)
		sk_load_error(l, n, "%s: expected an operator such as is, contains or exists", field_name(&p));
	cond = sk_load_cond(l, SK_COND_TEST);
	t = sk_load_alloc(l, sizeof(*t));
	if (!cond || !t)
		return NULL;
	*t = (struct sk_test){ .view = p.view, .ops = p.ops, .op_cnt = p.op_cnt, .nocase = p.nocase, .as = p.as.shown };
	cond->test = t;
	return cond;
}
