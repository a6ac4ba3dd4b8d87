/* tests/unit/campaign/t_values.c — values by hash, oldest and newest, against a list that is searched from end to end; growth and its
 * limit. */
#include "unit.h"

#include "base/compiler.h"
#include "campaign/values.h"

#define MODEL_MAX 300

struct model_value {
	uint64_t hash, when_ns;
};

/* In the order of ranks. */
static struct model_value model[MODEL_MAX];
static size_t model_cnt;

static uint32_t draw(uint64_t *rng)
{
	*rng = *rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*rng >> 33);
}

static size_t model_find(uint64_t hash)
{
	size_t i = 0;

	while (i < model_cnt && model[i].hash != hash)
		i++;
	return i;
}

static size_t model_end(bool newest)
{
	size_t best = 0;

	for (size_t i = 1; i < model_cnt; i++)
		if (newest ? model[i].when_ns >= model[best].when_ns : model[i].when_ns < model[best].when_ns)
			best = i;
	return best;
}

static void model_drop(size_t i)
{
	memmove(&model[i], &model[i + 1], (model_cnt - i - 1) * sizeof(model[0]));
	model_cnt--;
}

static void same(const struct sk_values *v)
{
	assert_int_equal(v->cnt, model_cnt);
	if (model_cnt == 0) {
		assert_null(sk_values_oldest(v));
		assert_null(sk_values_newest(v));
		return;
	}
	assert_int_equal(sk_values_oldest(v)->hash, model[model_end(false)].hash);
	assert_int_equal(sk_values_newest(v)->hash, model[model_end(true)].hash);
	for (size_t i = 0; i < model_cnt; i++) {
		const struct sk_tally_value *x = sk_values_find(v, model[i].hash);

		assert_non_null(x);
		assert_int_equal(x->when_ns, model[i].when_ns);
	}
}

/* One of: drop the oldest, the newest, any; see a value again, or another in its place; a new one. */
static void step(struct sk_values *v, uint64_t *rng, uint32_t hashes)
{
	uint64_t hash = draw(rng) % hashes, when = draw(rng) % 50;
	unsigned what = draw(rng) % 8;
	size_t i = model_find(hash);
	struct sk_tally_value *x = sk_values_find(v, hash);

	assert_int_equal(x != NULL, i < model_cnt);
	if (what == 0 && model_cnt) {
		sk_values_drop(v, sk_values_oldest(v));
		model_drop(model_end(false));
	} else if (what == 1 && model_cnt) {
		sk_values_drop(v, sk_values_newest(v));
		model_drop(model_end(true));
	} else if (what == 2 && x) {
		sk_values_drop(v, x);
		model_drop(i);
	} else if (x) {
		sk_values_set(v, x, hash, when);
		model[i].when_ns = when;
	} else if (v->cnt == v->room && sk_values_grow(v, MODEL_MAX) == 0) {
		i = model_end(false);
		sk_values_set(v, sk_values_oldest(v), hash, when);
		model[i] = (struct model_value){ hash, when };
	} else {
		assert_null(sk_values_add(v, hash, when)->alert);
		model[model_cnt++] = (struct model_value){ hash, when };
	}
}

static void as_a_list_would(void **state)
{
	static const uint32_t hashes[] = { 3, 20, 200, 3000 };

	for (size_t round = 0; round < 4 * SK_ARRAY_LEN(hashes); round++) {
		struct sk_values v = { .cnt = 0 };
		uint64_t rng = round + 1;

		model_cnt = 0;
		for (int i = 0; i < 3000; i++) {
			step(&v, &rng, hashes[round % 4]);
			if (i % 16 == 0)
				same(&v);
		}
		same(&v);
		sk_values_fini(&v);
		assert_null(sk_values_find(&v, 1));
	}
}

static void room_has_a_limit_and_is_counted(void **state)
{
	struct sk_values v = { .cnt = 0 };
	size_t bytes = 0, more;

	for (uint64_t i = 0; i < 1000; i++) {
		if (v.cnt == v.room) {
			more = sk_values_grow(&v, 100);
			if (!more)
				break;
			bytes += more;
		}
		sk_values_add(&v, i << 32, 7);		/* all in one slot of the table */
	}
	assert_int_equal(v.cnt, 100);
	assert_int_equal(v.room, 100);
	assert_int_equal(bytes, 100 * (sizeof(struct sk_tally_value) + 2 * sizeof(uint32_t)) + 256 * sizeof(uint32_t));
	for (uint64_t i = 0; i < 100; i++)		/* of one moment: in the order they came */
		sk_values_drop(&v, sk_values_find(&v, sk_values_oldest(&v)->hash == i << 32 ? i << 32 : UINT64_MAX));
	assert_null(sk_values_oldest(&v));
	sk_values_fini(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_a_list_would),
		cmocka_unit_test(room_has_a_limit_and_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
