/* tests/fuzz/rules/fuzz_match.c — fixed random rules over the input's fields and cuts; matcher and naive evaluation must agree.
 *
 * in       one byte each: which fields are there, port, network; then cuts (12 bytes, a bit each); then fields, each ended
 *          by a byte over 0xf0
 */
#include "../../unit/rules/naive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct naive rules;
static struct sk_matcher *matcher;

static void start(void)
{
	struct sk_buf text = { 0 };

	naive_make(&rules, NAIVE_RULES, 4711);
	naive_text(&rules, &text);
	matcher = sk_matcher_new(lab_load(sk_buf_str(&text)), NULL);
	sk_buf_fini(&text);
}

static void take(struct naive_values *v, unsigned field, unsigned item, const uint8_t **p, const uint8_t *end)
{
	size_t n = 0;

	while (*p < end && **p <= 0xf0 && n < sizeof(v->item[0][0].p))
		v->item[field][item].p[n++] = *(*p)++;
	if (*p < end && **p > 0xf0)
		(*p)++;
	v->item[field][item].n = n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct naive_values v = { 0 };
	uint8_t cuts[96];
	const uint8_t *p = data + 15, *end = data + size;

	if (size < 16)
		return 0;
	if (!matcher)
		start();
	for (size_t i = 0; i < sizeof(cuts); i++)
		cuts[i] = data[3 + i / 8] >> (i % 8) & 1;
	v.port = data[1] % 6;
	v.ip = (struct sk_addr){ .family = 4, .b = { 10, 0, data[2] % 6, 1 } };
	v.cnt[NF_BYTES] = 1;
	v.cnt[NF_PATH] = data[0] & 1;
	v.cnt[NF_METHOD] = data[0] >> 1 & 1;
	v.cnt[NF_REFERER] = data[0] >> 2 & 3;
	v.cnt[NF_HEADER] = data[0] >> 4 & 3;
	for (unsigned f = 0; f < NF_CNT; f++)
		for (unsigned i = 0; i < v.cnt[f]; i++)
			take(&v, f, i, &p, end);
	naive_compare(&rules, matcher, &v, cuts);
	return 0;
}
