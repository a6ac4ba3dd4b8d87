/* tests/unit/rules/naive.h — random rules and the plainest way to evaluate them: every condition on every value, no gates, no
 * databases, streamed values whole. What the matcher must agree with. */
#ifndef SK_TESTS_RULES_NAIVE_H
#define SK_TESTS_RULES_NAIVE_H

#include "lab.h"

enum naive_field { NF_BYTES, NF_PATH, NF_METHOD, NF_REFERER, NF_PORT, NF_HEADER, NF_IP, NF_CNT };
enum naive_op { NO_IS, NO_CONTAINS, NO_ALL, NO_STARTS, NO_ENDS, NO_REGEX, NO_LEN_GT, NO_LEN_LE, NO_EXISTS, NO_CNT };

#define NAIVE_NODES 4096
#define NAIVE_RULES 64
#define NAIVE_ITEMS 4

struct naive_node {
	char type;			/* A all, O any, N not, T test */
	unsigned child[4], child_cnt;
	enum naive_field field;
	struct {
		enum naive_op op;
		char pattern[3][8];
		unsigned pattern_cnt;
		uint64_t num;
	} ops[2];
	unsigned op_cnt;
	bool nocase;
};

struct naive_values {			/* of one event */
	struct {
		uint8_t p[96];
		size_t n;
	} item[NF_CNT][NAIVE_ITEMS];
	unsigned cnt[NF_CNT];		/* 0: absent */
	uint64_t port;
	struct sk_addr ip;
};

struct naive {
	struct naive_node nodes[NAIVE_NODES];
	unsigned node_cnt;
	unsigned rules[NAIVE_RULES], rule_cnt;
	bool body[NAIVE_RULES];		/* on http.body, else on http.request */
	uint64_t rng;
};

static inline uint32_t naive_draw(struct naive *n, uint32_t below)
{
	n->rng ^= n->rng << 13;
	n->rng ^= n->rng >> 7;
	n->rng ^= n->rng << 17;
	return (uint32_t)(n->rng >> 33) % below;
}

static inline char naive_char(struct naive *n)
{
	return "abAB/."[naive_draw(n, 6)];
}

static inline void naive_pattern(struct naive *n, char *out, bool regex)
{
	unsigned len = 1 + naive_draw(n, 4), k = 0;

	if (regex && naive_draw(n, 4) == 0)
		out[k++] = '^';
	while (len--)
		out[k++] = naive_char(n);
	if (regex && naive_draw(n, 4) == 0)
		out[k++] = '$';
	out[k] = 0;
}

static inline unsigned naive_test(struct naive *n, bool body)
{
	unsigned index = n->node_cnt++;
	struct naive_node *t = &n->nodes[index];

	*t = (struct naive_node){ .type = 'T', .field = (enum naive_field)(body ? naive_draw(n, 3) ? naive_draw(n, NF_CNT) : NF_BYTES :
		1 + naive_draw(n, NF_CNT - 1)) };
	if (t->field == NF_PORT || t->field == NF_IP) {
		t->op_cnt = 1;
		t->ops[0].num = naive_draw(n, 4);
		return index;
	}
	t->op_cnt = 1 + (naive_draw(n, 4) == 0);
	t->nocase = naive_draw(n, 3) == 0;
	for (unsigned i = 0; i < t->op_cnt; i++) {
		do
			t->ops[i].op = (enum naive_op)naive_draw(n, NO_CNT);
		while ((i && t->ops[i].op == t->ops[0].op) || (t->op_cnt == 2 && (t->ops[i].op >= NO_LEN_GT)));
		t->ops[i].num = naive_draw(n, 12);
		t->ops[i].pattern_cnt = 1 + naive_draw(n, 3);
		for (unsigned k = 0; k < t->ops[i].pattern_cnt; k++)
			naive_pattern(n, t->ops[i].pattern[k], t->ops[i].op == NO_REGEX);
	}
	return index;
}

static inline unsigned naive_tree(struct naive *n, bool body, unsigned depth)
{
	unsigned index, cnt, child;

	if (depth == 0 || naive_draw(n, 3) == 0)
		return naive_test(n, body);
	index = n->node_cnt++;
	n->nodes[index] = (struct naive_node){ .type = "AAON"[naive_draw(n, 4)] };
	cnt = n->nodes[index].type == 'N' ? 1 : 1 + naive_draw(n, 3);
	for (unsigned i = 0; i < cnt; i++) {
		child = naive_tree(n, body, depth - 1);
		n->nodes[index].child[n->nodes[index].child_cnt++] = child;
	}
	return index;
}

static inline void naive_make(struct naive *n, unsigned rules, uint64_t seed)
{
	n->rng = seed * 0x9e3779b97f4a7c15u | 1;
	n->node_cnt = n->rule_cnt = 0;
	for (unsigned i = 0; i < rules; i++) {
		n->body[i] = naive_draw(n, 3) != 0;
		n->rules[n->rule_cnt] = naive_tree(n, n->body[i], 3);
		n->rule_cnt++;
	}
}

/* --- as text --- */

static inline void naive_write_test(const struct naive_node *t, bool body, struct sk_buf *b)
{
	static const char *const names[] = { "bytes", "path", "method", "referer.path", "server.port", "'header[x]'", "client.ip" };
	static const char *const ops[] = { "is", "contains", "contains_all", "starts", "ends", "regex" };
	bool own = t->field == NF_BYTES || t->field == NF_PORT || t->field == NF_IP || !body;
	char name[64];

	snprintf(name, sizeof(name), "%s", names[t->field]);
	if (!own)
		snprintf(name, sizeof(name), names[t->field][0] == '\'' ? "'request.%s" : "request.%s", names[t->field] + (names[t->field][0] == '\''));
	sk_buf_addf(b, "%s: ", name);
	if (t->field == NF_PORT) {
		sk_buf_addf(b, "{ge: %u}", (unsigned)t->ops[0].num);
		return;
	}
	if (t->field == NF_IP) {
		sk_buf_addf(b, "{cidr: [10.0.%u.0/24, 10.0.3.0/24]}", (unsigned)t->ops[0].num);
		return;
	}
	sk_buf_add_str(b, "{");
	for (unsigned i = 0; i < t->op_cnt; i++) {
		sk_buf_add_str(b, i ? ", " : "");
		if (t->ops[i].op == NO_LEN_GT || t->ops[i].op == NO_LEN_LE) {
			sk_buf_addf(b, "len: {%s: %u}", t->ops[i].op == NO_LEN_GT ? "gt" : "le", (unsigned)t->ops[i].num);
		} else if (t->ops[i].op == NO_EXISTS) {
			sk_buf_addf(b, "exists: %s", t->ops[i].num & 1 ? "yes" : "no");
		} else {
			sk_buf_addf(b, "%s: [", ops[t->ops[i].op]);
			for (unsigned k = 0; k < t->ops[i].pattern_cnt; k++)
				sk_buf_addf(b, "%s'%s'", k ? ", " : "", t->ops[i].pattern[k]);
			sk_buf_add_str(b, "]");
		}
	}
	sk_buf_addf(b, "%s}", t->nocase ? ", nocase: true" : "");
}

static inline void naive_write(const struct naive *n, unsigned index, bool body, struct sk_buf *b)
{
	const struct naive_node *t = &n->nodes[index];

	if (t->type == 'T') {
		naive_write_test(t, body, b);
		return;
	}
	sk_buf_addf(b, "%s: [", t->type == 'A' ? "all" : t->type == 'O' ? "any" : "not");
	for (unsigned i = 0; i < t->child_cnt; i++) {
		sk_buf_add_str(b, i ? ", {" : "{");
		naive_write(n, t->child[i], body, b);
		sk_buf_add_str(b, "}");
	}
	sk_buf_add_str(b, "]");
}

static inline void naive_text(const struct naive *n, struct sk_buf *b)
{
	sk_buf_add_str(b, LAB_HEAD "rules:\n");
	for (unsigned i = 0; i < n->rule_cnt; i++) {
		sk_buf_addf(b, "- {id: r%u, title: t, severity: low, on: %s, where: {", i, n->body[i] ? "http.body" : "http.request");
		naive_write(n, n->rules[i], n->body[i], b);
		sk_buf_add_str(b, "}}\n");
	}
}

/* --- evaluated --- */

static inline bool naive_same(uint8_t a, uint8_t b, bool nocase)
{
	return nocase ? sk_ascii_lower(a) == sk_ascii_lower(b) : a == b;
}

static inline bool naive_at(const uint8_t *p, const char *pattern, size_t len, bool nocase, bool regex)
{
	for (size_t i = 0; i < len; i++)
		if (!(regex && pattern[i] == '.' && p[i] != '\n') && !naive_same(p[i], (uint8_t)pattern[i], nocase))
			return false;
	return true;
}

static inline bool naive_op(enum naive_op op, const uint8_t *p, size_t n, const char *pattern, bool nocase)
{
	bool regex = op == NO_REGEX, start = op == NO_STARTS || op == NO_IS, end = op == NO_ENDS || op == NO_IS;
	size_t len = strlen(pattern);
	bool dollar = false;

	if (regex && pattern[0] == '^') {
		start = true;
		pattern++;
		len--;
	}
	if (regex && len && pattern[len - 1] == '$') {
		end = dollar = true;
		len--;
	}
	for (size_t i = 0; i + len <= n; i++) {
		size_t after = n - i - len;

		if ((start && i) || (end && after && !(dollar && after == 1 && p[n - 1] == '\n')))
			continue;
		if (naive_at(p + i, pattern, len, nocase, regex))
			return true;
	}
	return false;
}

static inline bool naive_item(const struct naive_node *t, const uint8_t *p, size_t n)
{
	for (unsigned i = 0; i < t->op_cnt; i++) {
		enum naive_op op = t->ops[i].op;
		unsigned have = 0;
		bool ok;

		for (unsigned k = 0; k < t->ops[i].pattern_cnt; k++)
			have += naive_op(op == NO_ALL ? NO_CONTAINS : op, p, n, t->ops[i].pattern[k], t->nocase);
		ok = op == NO_LEN_GT ? n > t->ops[i].num : op == NO_LEN_LE ? n <= t->ops[i].num : op == NO_EXISTS ? t->ops[i].num & 1 :
			op == NO_ALL ? have == t->ops[i].pattern_cnt : have > 0;
		if (!ok)
			return false;
	}
	return true;
}

static inline bool naive_eval(const struct naive *n, unsigned index, const struct naive_values *v)
{
	const struct naive_node *t = &n->nodes[index];
	unsigned held = 0;

	if (t->type != 'T') {
		for (unsigned i = 0; i < t->child_cnt; i++)
			held += naive_eval(n, t->child[i], v);
		return t->type == 'A' ? held == t->child_cnt : t->type == 'O' ? held > 0 : held == 0;
	}
	if (t->field == NF_PORT)
		return v->port >= t->ops[0].num;
	if (t->field == NF_IP)
		return v->ip.b[0] == 10 && v->ip.b[1] == 0 && (v->ip.b[2] == t->ops[0].num || v->ip.b[2] == 3);
	if (v->cnt[t->field] == 0)
		return t->op_cnt == 1 && t->ops[0].op == NO_EXISTS && !(t->ops[0].num & 1);
	for (unsigned i = 0; i < v->cnt[t->field]; i++)
		if (naive_item(t, v->item[t->field][i].p, v->item[t->field][i].n))
			return true;
	return false;
}

/* --- run --- */

struct naive_got {
	unsigned times[NAIVE_RULES];
};

static inline void naive_on_match(void *cx, const struct sk_match *m)
{
	struct naive_got *got = cx;

	got->times[strtoul(m->rule->id + 1, NULL, 10)]++;
	for (size_t i = 0; i < m->evidence_cnt; i++)
		if (m->evidence[i].start > m->evidence[i].value.n || m->evidence[i].length > m->evidence[i].value.n - m->evidence[i].start)
			abort();
}

static inline struct sk_value naive_value(const struct naive_values *v, enum naive_field f, unsigned i)
{
	return lab_bytes(v->item[f][i].p, v->item[f][i].n);
}

static inline void naive_tell(const struct naive *n, unsigned rule, const struct naive_values *v, unsigned times)
{
	struct sk_buf b = { 0 };
	char hex[256];

	naive_write(n, n->rules[rule], n->body[rule], &b);
	fprintf(stderr, "rule r%u: %u matches, expected %d: %s\n", rule, times, naive_eval(n, n->rules[rule], v), sk_buf_str(&b));
	for (unsigned f = 0; f < NF_CNT; f++)
		for (unsigned i = 0; i < v->cnt[f]; i++)
			fprintf(stderr, "  field %u: %s\n", f, sk_fmt_hex(sk_span(v->item[f][i].p, v->item[f][i].n), hex, sizeof(hex)));
	abort();
}

/* Runs the request and its body, cut at every place where cuts has a one. Aborts where matcher and naive evaluation differ. */
static inline void naive_compare(const struct naive *n, struct sk_matcher *m, const struct naive_values *v, const uint8_t *cuts)
{
	struct sk_value referer[NAIVE_ITEMS], headers[NAIVE_ITEMS * 2];
	struct lab_event req, body;
	struct naive_got got = { 0 };
	const uint8_t *p = v->item[NF_BYTES][0].p;
	size_t len = v->item[NF_BYTES][0].n, at = 0;
	void *unit = NULL;

	lab_event(&req, SK_KIND_HTTP_REQUEST);
	lab_event(&body, SK_KIND_HTTP_BODY);
	req.flow.server_port = body.flow.server_port = (uint16_t)v->port;
	req.flow.client_ip = body.flow.client_ip = v->ip;
	if (v->cnt[NF_PATH])
		req.values[SK_F_HTTP_REQUEST_PATH] = naive_value(v, NF_PATH, 0);
	if (v->cnt[NF_METHOD])
		req.values[SK_F_HTTP_REQUEST_METHOD] = naive_value(v, NF_METHOD, 0);
	for (unsigned i = 0; i < v->cnt[NF_REFERER]; i++)
		referer[i] = naive_value(v, NF_REFERER, i);
	req.values[SK_F_HTTP_REQUEST_REFERER_PATH] = lab_list(referer, v->cnt[NF_REFERER]);
	for (unsigned i = 0; i < v->cnt[NF_HEADER]; i++) {
		headers[2 * i] = lab_text(i % 2 ? "X" : "x");
		headers[2 * i + 1] = naive_value(v, NF_HEADER, i);
	}
	req.values[SK_F_HTTP_REQUEST_HEADERS] = lab_list(headers, 2 * v->cnt[NF_HEADER]);
	sk_matcher_event(m, &req.e, NULL, naive_on_match, &got);
	body.e.parent = &req.e;
	for (size_t i = 0; i <= len; i++) {
		uint8_t *copy;

		if (i < len && !cuts[i])
			continue;
		copy = malloc(i - at + 1);
		if (!copy)
			abort();
		memcpy(copy, p + at, i - at);
		body.values[SK_F_HTTP_BODY_BYTES] = lab_bytes(copy, i - at);
		body.values[SK_F_HTTP_BODY_OFFSET] = lab_num(at);
		body.values[SK_F_HTTP_BODY_LAST] = lab_bool(i == len);
		sk_matcher_event(m, &body.e, &unit, naive_on_match, &got);
		free(copy);
		at = i;
	}
	if (unit)
		abort();
	for (unsigned i = 0; i < n->rule_cnt; i++) {
		if (got.times[i] == naive_eval(n, n->rules[i], v))
			continue;
		naive_tell(n, i, v, got.times[i]);
	}
}

#endif
