/* sink/redis/route.c — alerts to Redis: which server takes writes now, and logging in there.
 *
 * Sentinel: every new connection asks for the master's address first, the sentinels in turn, the one that answered last before the
 * others; the server must then say itself that it is a master (Redis documentation, "Guidelines for Redis clients with support for
 * Redis Sentinel"). Cluster: some node; where MOVED points to once it has, until that node cannot be reached.
 *
 * limits   each connection has redis.connect_timeout, each answer redis.command_timeout
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "sink/redis/redis.h"

/* Only the first word of a refusal is shown: some servers repeat what they were sent. */
static int authenticate(struct sk_redis *r, const char *user, const char *password, const char *who)
{
	char error[120];
	redisReply *p;

	if (!password[0])
		return 0;
	if (user[0])
		sk_redis_conn_words(&r->conn, "AUTH", user, password, NULL);
	else
		sk_redis_conn_words(&r->conn, "AUTH", password, NULL);
	p = sk_redis_reply(r);
	if (!p)
		return SK_E_STATE;
	snprintf(error, sizeof(error), "%.64s", p->type == REDIS_REPLY_ERROR ? p->str : "");
	freeReplyObject(p);
	if (!error[0])
		return 0;
	if (sk_redis_is_passing(error))
		return sk_redis_fail(r, SK_REDIS_RETRY, error);
	error[strcspn(error, " ")] = 0;
	snprintf(error + strlen(error), sizeof(error) - strlen(error), ": %s refuses the user or the password", who);
	return sk_redis_fail(r, SK_REDIS_STOPPED, error);
}

static int log_in(struct sk_redis *r)
{
	char db[12];

	if (authenticate(r, r->url.user, r->url.password, "Redis") < 0)
		return SK_E_STATE;
	if (r->url.db) {
		snprintf(db, sizeof(db), "%u", r->url.db);
		sk_redis_conn_words(&r->conn, "SELECT", db, NULL);
	} else {
		sk_redis_conn_words(&r->conn, "PING", NULL);
	}
	return sk_redis_expect(r, 1);
}

static int connect_to(struct sk_redis *r, const struct sk_redis_place *at)
{
	if (&r->at != at)
		r->at = *at;
	return sk_redis_conn_open(&r->conn, &r->at, &r->conn_conf) < 0 ? sk_redis_fail_broken(r) : 0;
}

/* --- Sentinel --- */

/* Into *at what one sentinel says. */
static int ask_sentinel(struct sk_redis *r, const struct sk_redis_place *sentinel, struct sk_redis_place *at)
{
	redisReply *p;
	char why[256];
	int rc;

	if (connect_to(r, sentinel) < 0 ||
	    authenticate(r, r->sentinel_user ? r->sentinel_user : "", r->sentinel_password, "Sentinel") < 0)
		return SK_E_STATE;
	sk_redis_conn_words(&r->conn, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", r->url.master, NULL);
	p = sk_redis_good_reply(r);
	if (!p)
		return SK_E_STATE;
	*at = (struct sk_redis_place){ .is_tls = r->url.is_tls };
	rc = SK_E_FORMAT;
	if (p->type == REDIS_REPLY_ARRAY && p->elements == 2 && p->element[0]->type == REDIS_REPLY_STRING &&
	    p->element[1]->type == REDIS_REPLY_STRING &&
	    snprintf(why, sizeof(why), "%s:%s", p->element[0]->str, p->element[1]->str) < (int)sizeof(why))
		rc = sk_redis_place_parse(at, why);
	if (p->type == REDIS_REPLY_NIL) {
		snprintf(why, sizeof(why), "Sentinel knows no master called '%s'", r->url.master);
		rc = sk_redis_fail(r, SK_REDIS_STOPPED, why);
	} else if (rc < 0) {
		rc = sk_redis_fail(r, SK_REDIS_RETRY, "Sentinel's answer makes no sense");
	}
	freeReplyObject(p);
	sk_redis_conn_close(&r->conn);
	return rc;
}

/* Asks all that must be asked. What is told of failures is what the last one gave. */
static int find_master(struct sk_redis *r, struct sk_redis_place *at)
{
	for (unsigned i = 0; i < r->url.place_cnt && !r->conn.is_cancelled; i++) {
		if (ask_sentinel(r, &r->url.places[r->next_place], at) == 0)
			return 0;
		r->next_place = (r->next_place + 1) % r->url.place_cnt;
	}
	return SK_E_STATE;
}

/* ROLE: an array that begins with "master", "slave" or "sentinel". */
static int check_role(struct sk_redis *r)
{
	bool is_master;
	redisReply *p;

	sk_redis_conn_words(&r->conn, "ROLE", NULL);
	p = sk_redis_good_reply(r);
	if (!p)
		return SK_E_STATE;
	is_master = p->type == REDIS_REPLY_ARRAY && p->elements && p->element[0]->type == REDIS_REPLY_STRING &&
		    strcmp(p->element[0]->str, "master") == 0;
	freeReplyObject(p);
	return is_master ? 0 : sk_redis_fail(r, SK_REDIS_RETRY, "the server Sentinel names is no master");
}

static int route_sentinel(struct sk_redis *r)
{
	struct sk_redis_place at;

	if (find_master(r, &at) < 0 || connect_to(r, &at) < 0 || log_in(r) < 0)
		return SK_E_STATE;
	return check_role(r);
}

/* --- cluster --- */

static int route_cluster(struct sk_redis *r)
{
	struct sk_redis_place target = r->is_asked ? r->asked : r->is_moved ? r->at : r->url.places[r->next_place];
	struct sk_redis_place owner = r->at;
	bool is_asked = r->is_asked;
	int rc = connect_to(r, &target);

	r->is_asked = false;
	if (is_asked)
		r->at = owner;
	if (rc == 0)
		rc = log_in(r);
	if (rc == 0) {
		r->conn.is_asking = is_asked;
		return 0;
	}
	if (!r->is_moved)
		r->next_place = (r->next_place + 1) % r->url.place_cnt;
	r->is_moved = false;
	return rc;
}

static void tell_place(struct sk_redis *r)
{
	char text[sizeof(r->told_at)];

	if (r->url.mode == SK_REDIS_ONE || r->conn.is_asking)
		return;
	snprintf(text, sizeof(text), strchr(r->at.host, ':') ? "[%s]:%s" : "%s:%s", r->at.host, r->at.port);
	if (strcmp(text, r->told_at) == 0)
		return;
	memcpy(r->told_at, text, sizeof(text));
	sk_log_info("redis", "%s: %s %s", r->s.name, r->url.mode == SK_REDIS_SENTINEL ? "the master is" : "connected to", text);
}

int sk_redis_route(struct sk_redis *r)
{
	int rc;

	if (r->url.mode == SK_REDIS_SENTINEL)
		rc = route_sentinel(r);
	else if (r->url.mode == SK_REDIS_CLUSTER)
		rc = route_cluster(r);
	else
		rc = connect_to(r, &r->url.places[0]) < 0 ? SK_E_STATE : log_in(r);
	if (rc == 0)
		tell_place(r);
	return rc;
}
