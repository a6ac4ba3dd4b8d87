/* sink/redis/batch.c — see batch.h. The bytes are those of the Redis protocol specification (RESP): arrays of bulk strings. */
#include "sink/redis/batch.h"

#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 24u

int sk_redis_batch_init(struct sk_redis_batch *b, size_t max)
{
	memset(b, 0, sizeof(*b));
	b->max = max;
	b->seqs = calloc(max, sizeof(*b->seqs));
	b->push_of = calloc(max, sizeof(*b->push_of));
	b->key_of = calloc(max, sizeof(*b->key_of));
	return b->seqs && b->push_of && b->key_of ? 0 : SK_E_MEMORY;
}

void sk_redis_batch_fini(struct sk_redis_batch *b)
{
	sk_buf_fini(&b->text);
	free(b->seqs);
	free(b->push_of);
	free(b->key_of);
	b->seqs = NULL;
	b->push_of = NULL;
	b->key_of = NULL;
}

void sk_redis_batch_clear(struct sk_redis_batch *b)
{
	sk_buf_clear(&b->text);
	b->taken = b->cnt = b->push_cnt = 0;
	b->key_cnt = 0;
}

size_t sk_redis_batch_keys(struct sk_redis_batch *b, const struct sk_spool_item *items, size_t cnt)
{
	unsigned k = 0;

	for (size_t i = 0; i < cnt; i++) {
		if (k >= b->key_cnt || !sk_span_is(b->keys[k], items[i].key))
			for (k = 0; k < b->key_cnt && !sk_span_is(b->keys[k], items[i].key); k++)
				;
		if (k == SK_REDIS_BATCH_KEYS)
			return i;
		if (k == b->key_cnt)
			b->keys[b->key_cnt++] = items[i].key;
		b->key_of[i] = (uint8_t)k;
	}
	return cnt;
}

/* --- bytes; room was made before --- */

static void put(struct sk_buf *b, struct sk_span s)
{
	if (s.n)
		memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
}

/* "*12\r\n", "$12\r\n" */
static void put_number(struct sk_buf *b, char kind, size_t v)
{
	uint8_t digits[NUMBER_MAX], *p = digits + sizeof(digits);

	*--p = '\n';
	*--p = '\r';
	do {
		*--p = (uint8_t)('0' + v % 10);
		v /= 10;
	} while (v);
	*--p = (uint8_t)kind;
	put(b, sk_span(p, (size_t)(digits + sizeof(digits) - p)));
}

static int put_bulk(struct sk_buf *b, struct sk_span s)
{
	int rc = sk_buf_reserve(b, s.n + NUMBER_MAX + 2);

	if (rc < 0)
		return rc;
	put_number(b, '$', s.n);
	put(b, s);
	put(b, sk_span("\r\n", 2));
	return 0;
}

static int put_array(struct sk_buf *b, size_t cnt)
{
	int rc = sk_buf_reserve(b, NUMBER_MAX);

	if (rc == 0)
		put_number(b, '*', cnt);
	return rc;
}

static int put_word(struct sk_buf *b, const char *s)
{
	return put_bulk(b, sk_span_str(s));
}

static void went(struct sk_redis_batch *b, const struct sk_spool_item *it)
{
	b->seqs[b->cnt] = it->seq;
	b->push_of[b->cnt++] = (uint32_t)b->push_cnt;
}

/* --- a list --- */

static void put_list(struct sk_redis_batch *b, const struct sk_spool_item *items, size_t cnt, unsigned key)
{
	for (size_t i = 0; i < cnt; i++) {
		if (!items[i].seq || b->key_of[i] != key)
			continue;
		put_bulk(&b->text, items[i].json);
		went(b, &items[i]);
	}
}

static int add_list(struct sk_redis_batch *b, const struct sk_redis_url *u, const struct sk_spool_item *items, size_t cnt)
{
	size_t of_key[SK_REDIS_BATCH_KEYS] = { 0 };

	for (size_t i = 0; i < cnt; i++)
		of_key[b->key_of[i]] += items[i].seq != 0;
	for (unsigned k = 0; k < b->key_cnt; k++) {
		if (!of_key[k])
			continue;
		put_array(&b->text, of_key[k] + 2);
		put_word(&b->text, u->is_left ? "LPUSH" : "RPUSH");
		put_bulk(&b->text, b->keys[k]);
		put_list(b, items, cnt, k);
		b->push_cnt++;
	}
	return b->text.failed ? SK_E_MEMORY : 0;
}

/* --- a stream --- */

/* What stands before the JSON of every entry of a key. */
static int put_entry_head(struct sk_buf *b, const struct sk_redis_url *u, struct sk_span key)
{
	char maxlen[NUMBER_MAX];
	size_t n = 0;

	put_array(b, u->maxlen ? 8 : 5);
	put_word(b, "XADD");
	put_bulk(b, key);
	if (u->maxlen) {
		maxlen[sizeof(maxlen) - 1] = 0;
		n = sizeof(maxlen) - 1;
		for (uint64_t v = u->maxlen; v; v /= 10)
			maxlen[--n] = (char)('0' + v % 10);
		put_word(b, "MAXLEN");
		put_word(b, "~");
		put_word(b, maxlen + n);
	}
	put_word(b, "*");
	return put_word(b, u->field);
}

static int add_stream(struct sk_redis_batch *b, const struct sk_redis_url *u, const struct sk_spool_item *items, size_t cnt)
{
	size_t head = 0, head_n = 0;	/* where the text has the head of the same key */
	struct sk_span key = { 0 };

	for (size_t i = 0; i < cnt; i++) {
		if (!items[i].seq)
			continue;
		if (head_n && sk_span_is(key, items[i].key)) {
			if (sk_buf_reserve(&b->text, head_n) < 0)
				return SK_E_MEMORY;
			put(&b->text, sk_span(b->text.p + head, head_n));
		} else {
			head = b->text.n;
			key = items[i].key;
			put_entry_head(&b->text, u, key);
			head_n = b->text.n - head;
		}
		put_bulk(&b->text, items[i].json);
		went(b, &items[i]);
		b->push_cnt++;
	}
	return b->text.failed ? SK_E_MEMORY : 0;
}

int sk_redis_batch_add(struct sk_redis_batch *b, const struct sk_redis_url *u, const struct sk_spool_item *items, size_t cnt, uint64_t last)
{
	b->last = last;
	b->taken += cnt;
	return u->type == SK_REDIS_LIST ? add_list(b, u, items, cnt) : add_stream(b, u, items, cnt);
}
