/* rules/eval.c — whether conditions hold, in three values: of a streamed value that has not ended, what was not seen yet may
 * still come. */
#include "rules/match.h"

static enum sk_truth not_yet(const struct sk_matcher *m)
{
	return m->last ? SK_NO : SK_MAYBE;
}

static bool compare(uint8_t type, uint64_t v, uint64_t num)
{
	switch (type) {
	case SK_OP_GT:
	case SK_OP_LEN_GT:
		return v > num;
	case SK_OP_LT:
	case SK_OP_LEN_LT:
		return v < num;
	case SK_OP_GE:
	case SK_OP_LEN_GE:
		return v >= num;
	case SK_OP_LE:
	case SK_OP_LEN_LE:
		return v <= num;
	default:
		return v == num;
	}
}

/* A length that still grows: more than enough stays enough, too much stays too much. */
static enum sk_truth stream_len(const struct sk_matcher *m, const struct sk_op *op)
{
	uint64_t len = m->unit->len;
	bool now = compare(op->type, len, op->num);

	if (m->last)
		return now ? SK_YES : SK_NO;
	if (op->type == SK_OP_LEN_GT || op->type == SK_OP_LEN_GE)
		return now ? SK_YES : SK_MAYBE;
	if (op->type == SK_OP_LEN_LT || op->type == SK_OP_LEN_LE)
		return now ? SK_MAYBE : SK_NO;
	return len > op->num ? SK_NO : SK_MAYBE;
}

static enum sk_truth stream_op(const struct sk_matcher *m, const struct sk_op *op)
{
	uint32_t have = 0;

	if (op->type == SK_OP_EXISTS)
		return op->num ? SK_YES : SK_NO;
	if (op->type != SK_OP_ATOMS)
		return stream_len(m, op);
	for (uint32_t i = 0; i < op->atom_cnt; i++) {
		const struct sk_atom *a = &m->s->atoms[op->atoms[i]];

		/* the empty value is no pattern */
		have += a->text.n == 0 ? m->last && m->unit->len == 0 : sk_unit_bit(m->unit, a->bit);
	}
	if (op->all ? have == op->atom_cnt : have > 0)
		return SK_YES;
	return not_yet(m);
}

static bool any_hit(const struct sk_matcher *m, const struct sk_op *op)
{
	for (uint32_t i = 0; i < op->atom_cnt; i++)
		if (m->atoms[op->atoms[i]].epoch == m->epoch)
			return true;
	return false;
}

static bool atoms_hold(const struct sk_matcher *m, const struct sk_op *op, bool probed)
{
	uint32_t have = 0;

	for (uint32_t i = 0; i < op->atom_cnt; i++) {
		const struct sk_atom_state *st = &m->atoms[op->atoms[i]];

		have += probed ? st->probe == m->probe : st->epoch == m->epoch;
	}
	return op->all ? have == op->atom_cnt && have : have > 0;
}

enum sk_truth sk_match_op(struct sk_matcher *m, const struct sk_test *t, const struct sk_op *op, uint32_t elem, bool probed)
{
	const struct sk_view_state *vs = &m->views[t->view];
	const struct sk_value *v = &vs->v[elem];
	bool number = v->type == SK_VALUE_INT || v->type == SK_VALUE_BOOL || v->type == SK_VALUE_TIME;
	bool bytes = v->type == SK_VALUE_TEXT || v->type == SK_VALUE_BYTES || v->type == SK_VALUE_STREAM;

	switch (op->type) {
	case SK_OP_ATOMS:
		return atoms_hold(m, op, probed) ? SK_YES : SK_NO;
	case SK_OP_EXISTS:
		return (v->type != SK_VALUE_NONE) == (op->num != 0) ? SK_YES : SK_NO;
	case SK_OP_LEN_IS:
	case SK_OP_LEN_GT:
	case SK_OP_LEN_LT:
	case SK_OP_LEN_GE:
	case SK_OP_LEN_LE:
		return bytes && compare(op->type, v->u.bytes.n, op->num) ? SK_YES : SK_NO;
	case SK_OP_BOOL:
		return number && (v->u.num != 0) == (op->num != 0) ? SK_YES : SK_NO;
	default:
		return number && compare(op->type, v->u.num, op->num) ? SK_YES : SK_NO;
	}
}

bool sk_match_needs_probe(const struct sk_matcher *m, const struct sk_test *t)
{
	return m->views[t->view].n > 1 && (t->op_cnt > 1 || t->ops[0].all);
}

static enum sk_truth stream_test(struct sk_matcher *m, const struct sk_test *t)
{
	enum sk_truth truth = SK_YES, one;

	for (uint32_t i = 0; i < t->op_cnt && truth != SK_NO; i++) {
		one = stream_op(m, &t->ops[i]);
		truth = SK_MIN(truth, one);
	}
	return truth;
}

static enum sk_truth item_test(struct sk_matcher *m, const struct sk_test *t, uint32_t elem, bool probed)
{
	for (uint32_t i = 0; i < t->op_cnt; i++)
		if (sk_match_op(m, t, &t->ops[i], elem, probed) != SK_YES)
			return SK_NO;
	return SK_YES;
}

/* One operator over a list: the first scan has told already. */
static enum sk_truth single_atoms(struct sk_matcher *m, const struct sk_op *op, uint32_t *elem)
{
	uint32_t first = UINT32_MAX;

	for (uint32_t i = 0; i < op->atom_cnt; i++)
		if (m->atoms[op->atoms[i]].epoch == m->epoch)
			first = SK_MIN(first, m->atoms[op->atoms[i]].elem);
	if (first == UINT32_MAX)
		return SK_NO;
	*elem = first;
	return SK_YES;
}

/* Only whether a field of the event is there is asked, and one look tells. Its values are not read: evidence asks sk_match_test. */
static bool is_plainly_there(const struct sk_matcher *m, const struct sk_test *t)
{
	const struct sk_view *view = &m->s->views[t->view];
	const struct sk_value *v;

	if (t->op_cnt != 1 || t->ops[0].type != SK_OP_EXISTS || !t->ops[0].num || view->direct != SK_DIRECT_FIELD || view->streamed ||
	    view->at_last)
		return false;
	v = sk_event_value(m->event, view->slot);
	if (v->type == SK_VALUE_LIST)
		v = v->u.list.n ? v->u.list.v : NULL;
	return v && v->type != SK_VALUE_NONE && v->type != SK_VALUE_PAIRS && v->type != SK_VALUE_LIST;
}

enum sk_truth sk_match_test(struct sk_matcher *m, const struct sk_test *t, uint32_t *elem)
{
	const struct sk_view *view = &m->s->views[t->view];
	const struct sk_view_state *vs;
	bool probe, atoms = false;

	*elem = 0;
	if (view->streamed)
		return stream_test(m, t);
	if (view->at_last && !m->last)
		return SK_MAYBE;
	vs = sk_match_values(m, t->view);
	if (vs->n == 0) {
		for (uint32_t i = 0; i < t->op_cnt; i++)
			if (t->ops[i].type != SK_OP_EXISTS || t->ops[i].num)
				return SK_NO;
		return SK_YES;
	}
	for (uint32_t i = 0; i < t->op_cnt; i++) {
		if (t->ops[i].type != SK_OP_ATOMS)
			continue;
		sk_match_scan(m, t->view);
		if (!any_hit(m, &t->ops[i]))
			return SK_NO;
		atoms = true;
	}
	probe = sk_match_needs_probe(m, t);
	if (vs->n > 1 && !probe && atoms)
		return single_atoms(m, &t->ops[0], elem);
	for (uint32_t i = 0; i < vs->n; i++) {
		if (probe && atoms)
			sk_match_probe(m, t->view, i);
		if (item_test(m, t, i, probe && atoms) == SK_YES) {
			*elem = i;
			return SK_YES;
		}
	}
	return SK_NO;
}

enum sk_truth sk_match_eval(struct sk_matcher *m, const struct sk_cond *c)
{
	enum sk_truth truth = c->type == SK_COND_ANY ? SK_NO : SK_YES, one;
	uint32_t elem;

	switch (c->type) {
	case SK_COND_TEST:
		return is_plainly_there(m, c->test) ? SK_YES : sk_match_test(m, c->test, &elem);
	case SK_COND_NOT:
		return (enum sk_truth)(SK_YES - sk_match_eval(m, c->child));
	case SK_COND_ALL:
		for (c = c->child; c && truth != SK_NO; c = c->next) {
			one = sk_match_eval(m, c);
			truth = SK_MIN(truth, one);
		}
		return truth;
	case SK_COND_ANY:
		for (c = c->child; c && truth != SK_YES; c = c->next) {
			one = sk_match_eval(m, c);
			truth = SK_MAX(truth, one);
		}
		return truth;
	}
	return SK_NO;
}
