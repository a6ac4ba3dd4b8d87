/* campaign/values.c — see values.h. Values lie in one array; a table by hash and two binary heaps hold indexes of it. */
#include "campaign/values.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"

#define FIRST_ROOM 4u

void sk_values_fini(struct sk_values *v)
{
	free(v->at);
	free(v->heap[0]);
	free(v->heap[1]);
	free(v->table);
	*v = (struct sk_values){ .cnt = 0 };
}

/* --- the table --- */

static void table_put(struct sk_values *v, uint32_t index)
{
	uint32_t i = (uint32_t)v->at[index].hash & v->mask;

	while (v->table[i])
		i = (i + 1) & v->mask;
	v->table[i] = index + 1;
}

/* Where it stands; it is there. */
static uint32_t table_slot(const struct sk_values *v, uint32_t index)
{
	uint32_t i = (uint32_t)v->at[index].hash & v->mask;

	while (v->table[i] != index + 1)
		i = (i + 1) & v->mask;
	return i;
}

/* What stands behind it and would be found no more moves up. */
static void table_drop(struct sk_values *v, uint32_t index)
{
	uint32_t hole = table_slot(v, index);

	v->table[hole] = 0;
	for (uint32_t i = (hole + 1) & v->mask; v->table[i]; i = (i + 1) & v->mask) {
		uint32_t home = (uint32_t)v->at[v->table[i] - 1].hash & v->mask;

		if (((i - home) & v->mask) < ((i - hole) & v->mask))
			continue;
		v->table[hole] = v->table[i];
		v->table[i] = 0;
		hole = i;
	}
}

/* --- the heaps --- */

static bool comes_before(const struct sk_values *v, int which, uint32_t a, uint32_t b)
{
	const struct sk_tally_value *x = &v->at[which ? b : a], *y = &v->at[which ? a : b];

	return x->when_ns != y->when_ns ? x->when_ns < y->when_ns : x->rank < y->rank;
}

static void heap_put(struct sk_values *v, int which, uint32_t place, uint32_t index)
{
	v->heap[which][place] = index;
	v->at[index].place[which] = place;
}

/* Moves what stands at place to where it belongs among cnt. */
static void heap_mend(struct sk_values *v, int which, uint32_t place, uint32_t cnt)
{
	const uint32_t *heap = v->heap[which];
	uint32_t index = heap[place];

	while (place && comes_before(v, which, index, heap[(place - 1) / 2])) {
		heap_put(v, which, place, heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	for (uint32_t child; (child = 2 * place + 1) < cnt; place = child) {
		child += child + 1 < cnt && comes_before(v, which, heap[child + 1], heap[child]);
		if (!comes_before(v, which, heap[child], index))
			break;
		heap_put(v, which, place, heap[child]);
	}
	heap_put(v, which, place, index);
}

static void heap_drop(struct sk_values *v, int which, uint32_t index)
{
	uint32_t place = v->at[index].place[which], last = v->cnt - 1;

	if (place == last)
		return;
	heap_put(v, which, place, v->heap[which][last]);
	heap_mend(v, which, place, last);
}

/* --- all together --- */

static bool grow_array(void *array, size_t size)
{
	void **at = array, *p = realloc(*at, size);

	if (p)
		*at = p;
	return p != NULL;
}

size_t sk_values_grow(struct sk_values *v, size_t max)
{
	uint32_t room = (uint32_t)SK_MIN(v->room ? (size_t)v->room * 2 : FIRST_ROOM, SK_MIN(max, (size_t)UINT32_MAX / 4));
	uint32_t slots = 2 * FIRST_ROOM, was = v->table ? v->mask + 1 : 0, *table;
	size_t more;

	if (room <= v->room)
		return 0;
	while (slots < 2 * room)
		slots *= 2;
	if (!grow_array(&v->at, room * sizeof(*v->at)) || !grow_array(&v->heap[0], room * sizeof(uint32_t)) ||
	    !grow_array(&v->heap[1], room * sizeof(uint32_t)))
		return 0;
	table = calloc(slots, sizeof(*table));
	if (!table)
		return 0;
	free(v->table);
	v->table = table;
	v->mask = slots - 1;
	for (uint32_t i = 0; i < v->cnt; i++)
		table_put(v, i);
	more = (room - v->room) * (sizeof(*v->at) + 2 * sizeof(uint32_t)) + (slots - was) * sizeof(*table);
	v->room = room;
	return more;
}

struct sk_tally_value *sk_values_find(const struct sk_values *v, uint64_t hash)
{
	if (!v->table)
		return NULL;
	for (uint32_t i = (uint32_t)hash & v->mask; v->table[i]; i = (i + 1) & v->mask)
		if (v->at[v->table[i] - 1].hash == hash)
			return &v->at[v->table[i] - 1];
	return NULL;
}

struct sk_tally_value *sk_values_oldest(const struct sk_values *v)
{
	return v->cnt ? &v->at[v->heap[0][0]] : NULL;
}

struct sk_tally_value *sk_values_newest(const struct sk_values *v)
{
	return v->cnt ? &v->at[v->heap[1][0]] : NULL;
}

struct sk_tally_value *sk_values_add(struct sk_values *v, uint64_t hash, uint64_t when_ns)
{
	uint32_t index = v->cnt++;

	SK_ASSERT(index < v->room);
	v->at[index] = (struct sk_tally_value){ .hash = hash, .when_ns = when_ns, .rank = v->next_rank++ };
	table_put(v, index);
	for (int which = 0; which < 2; which++) {
		heap_put(v, which, index, index);
		heap_mend(v, which, index, v->cnt);
	}
	return &v->at[index];
}

void sk_values_set(struct sk_values *v, struct sk_tally_value *x, uint64_t hash, uint64_t when_ns)
{
	uint32_t index = (uint32_t)(x - v->at);

	if (hash != x->hash) {
		table_drop(v, index);
		x->hash = hash;
		table_put(v, index);
	}
	x->when_ns = when_ns;
	for (int which = 0; which < 2; which++)
		heap_mend(v, which, x->place[which], v->cnt);
}

void sk_values_drop(struct sk_values *v, struct sk_tally_value *x)
{
	uint32_t index = (uint32_t)(x - v->at), last = v->cnt - 1;

	table_drop(v, index);
	for (int which = 0; which < 2; which++)
		heap_drop(v, which, index);
	v->cnt = last;
	if (index == last)
		return;
	v->table[table_slot(v, last)] = index + 1;
	v->at[index] = v->at[last];
	for (int which = 0; which < 2; which++)
		v->heap[which][v->at[index].place[which]] = index;
}
