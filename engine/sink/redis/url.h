/* sink/redis/url.h — where alerts go in Redis, as written after -o.
 *
 * in       redis[s]://[user[:password]@][host][:port][/db][?key=…&…], redis+unix://[user[:password]@]/path[?…],
 *          redis[s]-sentinel://[user[:password]@]host[:port],…/master[?…], redis[s]-cluster://[user[:password]@]host[:port],…[?…];
 *          parts are percent-decoded (RFC 3986)
 * memory   a value, nothing to free
 * limits   no message and no name ever holds a user name, a password or any part of the text before the query
 */
#ifndef SK_SINK_REDIS_URL_H
#define SK_SINK_REDIS_URL_H

#include "base/buf.h"
#include "base/err.h"

enum sk_redis_type { SK_REDIS_LIST, SK_REDIS_STREAM, SK_REDIS_CHANNEL };

enum sk_redis_mode { SK_REDIS_ONE, SK_REDIS_SENTINEL, SK_REDIS_CLUSTER };

#define SK_REDIS_PLACES 16u

struct sk_redis_place {
	bool is_unix, is_tls;
	char host[256];				/* or the path of the socket */
	char port[8];
};

struct sk_redis_url {
	enum sk_redis_mode mode;
	bool is_unix, is_tls, is_left;		/* is_left: push=left, LPUSH */
	struct sk_redis_place places[SK_REDIS_PLACES];	/* the server; the sentinels; some nodes of the cluster */
	unsigned place_cnt;
	char master[128];			/* as Sentinel calls it */
	unsigned db;
	char user[128], password[512];		/* empty for none */
	char key[256];				/* template */
	char field[64];				/* of a stream entry */
	enum sk_redis_type type;
	uint64_t maxlen;			/* of a stream, about; 0: no limit */
	uint64_t high;				/* of a list; 0: no limit */
	char name[6144];			/* without secrets, for messages; parses to the same place and shape */
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
/* The part of a key that decides about its slot in a cluster: what stands in the first braces, or all of it (Redis Cluster
 * specification, "Hash tags"). */
struct sk_span sk_redis_tag(struct sk_span key);
/* The key beside those of the alerts, in the same slot where that can be: what is seq or owner. */
int sk_redis_side_key(const char *template, const char *what, const char *sensor, struct sk_buf *out);

/* "host:port" as in MOVED and ASK; an empty host leaves p's. 0 or SK_E_FORMAT. */
int sk_redis_place_parse(struct sk_redis_place *p, const char *text);

#endif
