/* sink/redis/url.h — redis://, rediss:// and redis+unix:// as written after -o.
 *
 * in       redis[s]://[user[:password]@][host][:port][/db][?key=…&…], redis+unix://[user[:password]@]/path[?…]; parts are
 *          percent-decoded (RFC 3986)
 * memory   a value, nothing to free
 * limits   no message and no name ever holds a user name, a password or any part of the text before the query
 */
#ifndef SK_SINK_REDIS_URL_H
#define SK_SINK_REDIS_URL_H

#include "base/buf.h"
#include "base/err.h"

enum sk_redis_type { SK_REDIS_LIST, SK_REDIS_STREAM, SK_REDIS_CHANNEL };

struct sk_redis_url {
	bool is_unix, is_tls, is_left;		/* is_left: push=left, LPUSH */
	char host[256];				/* or the path of the socket */
	char port[8];
	unsigned db;
	char user[128], password[512];		/* empty for none */
	char key[256];				/* template */
	char field[64];				/* of a stream entry */
	enum sk_redis_type type;
	uint64_t maxlen;			/* of a stream, about; 0: no limit */
	uint64_t high;				/* of a list; 0: no limit */
	char name[2560];			/* without secrets, for messages; parses to the same place and shape */
};

/* 0 or SK_E_CONFIG. */
int sk_redis_url_parse(struct sk_redis_url *u, const char *text, struct sk_error *e);

/* The key of one alert: {campaign}, {severity}, {rule} of the template replaced, {{ and }} made single braces. */
struct sk_redis_names {
	const char *campaign, *severity, *rule;
};
int sk_redis_key(const char *template, const struct sk_redis_names *names, struct sk_buf *out);
/* The template has a name in braces. */
bool sk_redis_key_varies(const char *template);

#endif
