/* tests/fuzz/sink/fuzz_redis_url.c — any text after -o as a Redis URL; a name that comes out parses again to the same place. */
#include <stdlib.h>
#include <string.h>

#include "sink/redis/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_redis_url u, again;
	struct sk_error e = { 0 };
	struct sk_buf key = { 0 };
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	if (sk_redis_url_parse(&u, text, &e) == 0) {
		sk_redis_key(u.key, &(struct sk_redis_names){ "c", "s", "r" }, &key);
		SK_ASSERT(sk_redis_url_parse(&again, u.name, &e) == 0);
		SK_ASSERT(memcmp(again.places, u.places, sizeof(u.places)) == 0 && again.mode == u.mode && again.db == u.db && again.type == u.type && again.is_left == u.is_left);
		SK_ASSERT(strcmp(again.key, u.key) == 0 && strcmp(again.field, u.field) == 0 && strcmp(again.name, u.name) == 0);
	} else {
		SK_ASSERT(e.text[0] && e.code == SK_E_CONFIG);
	}
	sk_buf_fini(&key);
	free(text);
	return 0;
}
