/* tests/unit/sink/t_redis_url.c — Redis URLs: their parts, their mistakes, what is never repeated. */
#include "unit.h"

#include "sink/redis/url.h"

static struct sk_redis_url parse(const char *text)
{
	struct sk_redis_url u;
	struct sk_error e = { 0 };

	if (sk_redis_url_parse(&u, text, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	return u;
}

static void parts(void **state)
{
	struct sk_redis_url u = parse("redis://");

	assert_string_equal(u.places[0].host, "127.0.0.1");
	assert_string_equal(u.places[0].port, "6379");
	assert_string_equal(u.key, "sekisho");
	assert_int_equal(u.type, SK_REDIS_LIST);
	assert_false(u.is_left || u.is_tls || u.is_unix);
	u = parse("rediss://us%65r:p%40ss%3a%2F@host.example:7000/12?key=a%26b&type=stream&field=body&maxlen=5000");
	assert_true(u.is_tls);
	assert_string_equal(u.user, "user");
	assert_string_equal(u.password, "p@ss:/");
	assert_string_equal(u.places[0].host, "host.example");
	assert_string_equal(u.places[0].port, "7000");
	assert_int_equal(u.db, 12);
	assert_string_equal(u.key, "a&b");
	assert_int_equal(u.type, SK_REDIS_STREAM);
	assert_string_equal(u.field, "body");
	assert_int_equal(u.maxlen, 5000);
	assert_string_equal(u.name, "rediss://host.example:7000/12?key=a%26b&type=stream&field=body");
	u = parse("redis://:a@b@[2001:db8::1]:1/");
	assert_string_equal(u.user, "");
	assert_string_equal(u.password, "a@b");
	assert_string_equal(u.places[0].host, "2001:db8::1");
	assert_string_equal(u.name, "redis://[2001:db8::1]:1/0?key=sekisho");
	u = parse("redis+unix://u:p@/run/redis%20x.sock?key=k&push=left&high=10&db=3");
	assert_true(u.is_unix && u.is_left);
	assert_string_equal(u.places[0].host, "/run/redis x.sock");
	assert_string_equal(u.user, "u");
	assert_int_equal(u.high, 10);
	assert_int_equal(u.db, 3);
	assert_string_equal(u.name, "redis+unix:///run/redis%20x.sock?key=k&db=3&push=left");
	assert_int_equal(parse("redis://h/?type=channel").type, SK_REDIS_CHANNEL);
}

static void several_hosts(void **state)
{
	struct sk_redis_url u = parse("rediss-sentinel://u:a,b@s1.example,[::1]:5000,10.0.0.3/my-master.1?key=k&db=2");

	assert_int_equal(u.mode, SK_REDIS_SENTINEL);
	assert_int_equal(u.place_cnt, 3);
	assert_string_equal(u.password, "a,b");
	assert_string_equal(u.places[0].host, "s1.example");
	assert_string_equal(u.places[0].port, "26379");
	assert_string_equal(u.places[1].host, "::1");
	assert_string_equal(u.places[1].port, "5000");
	assert_true(u.places[2].is_tls);
	assert_string_equal(u.master, "my-master.1");
	assert_string_equal(u.name, "rediss-sentinel://s1.example:26379,[::1]:5000,10.0.0.3:26379/my-master.1?key=k&db=2");
	assert_string_equal(parse(u.name).name, u.name);
	u = parse("redis-cluster://a,b:7000?key={{k}}:{rule}");
	assert_int_equal(u.mode, SK_REDIS_CLUSTER);
	assert_string_equal(u.places[0].port, "6379");
	assert_string_equal(u.name, "redis-cluster://a:6379,b:7000?key={{k}}:{rule}");
	assert_int_equal(parse("redis-cluster://a?key=x:{rule}&type=channel").mode, SK_REDIS_CLUSTER);
}

/* Redis Cluster specification, "Hash tags". */
static void slots(void **state)
{
	static const struct { const char *key, *tag; } cases[] = {
		{ "{user1000}.following", "user1000" }, { "foo{}{bar}", "foo{}{bar}" }, { "foo{{bar}}zap", "{bar" }, { "foo{bar}{zap}", "bar" },
		{ "foo", "foo" }, { "foo{bar", "foo{bar" }, { "foo}bar", "foo}bar" }, { "", "" } };
	static const struct { const char *key, *side; } sides[] = {
		{ "alerts", "{alerts}:seq:s" }, { "a:{campaign}", "{a:campaign}:seq:s" }, { "{{a}}:{campaign}", "{a}:campaign:seq:s" } };
	struct sk_buf b = { 0 };

	for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++)
		assert_true(sk_span_is_str(sk_redis_tag(sk_span_str(cases[i].key)), cases[i].tag));
	for (size_t i = 0; i < SK_ARRAY_LEN(sides); i++) {
		sk_buf_clear(&b);
		assert_int_equal(sk_redis_side_key(sides[i].key, "seq", "s", &b), 0);
		assert_string_equal(sk_buf_str(&b), sides[i].side);
	}
	sk_buf_fini(&b);
}

static void redirections(void **state)
{
	struct sk_redis_place p = { .host = "10.0.0.1", .port = "1", .is_tls = true };

	assert_int_equal(sk_redis_place_parse(&p, ":7001"), 0);
	assert_string_equal(p.host, "10.0.0.1");
	assert_string_equal(p.port, "7001");
	assert_int_equal(sk_redis_place_parse(&p, "2001:db8::1:7002"), 0);
	assert_string_equal(p.host, "2001:db8::1");
	assert_string_equal(p.port, "7002");
	assert_true(p.is_tls);
	for (const char *const *t = (const char *const[]){ "", "host", "host:", "host:0", "host:65536", "?:7000", "host:70000000000", NULL }; *t; t++)
		assert_int_equal(sk_redis_place_parse(&p, *t), SK_E_FORMAT);
}

static void mistakes(void **state)
{
	static const struct { const char *text, *why; } wrong[] = {
		{ "redis://u:SECRET@h:99999/", "port" }, { "redis://u:SECRET@h:/", "port" }, { "redis://h:0/", "port" },
		{ "redis://u:SEC/RET@h/", "'@' behind" }, { "redis://u:SEC?RET@h/", "'@' behind" }, { "redis://u:SECRET%4@h/", "hex" },
		{ "redis://u:SECRET%00@h/", "NUL" }, { "redis://u:SECRET@h/x", "database" }, { "redis://u:SECRET@h/65536", "database" },
		{ "redis://u:SECRET@[::1/", "']'" }, { "redis+unix://u:SECRET@h/p", "redis+unix:///path" }, { "redis+unix://", "redis+unix:///path" },
		{ "redis://h/?SECRET=1", "expected key=" }, { "redis://h/?key", "expected key=" }, { "redis://h/?key=", "empty" },
		{ "redis://h/?key=a&key=b", "twice" }, { "redis://h/?type=SECRET", "list, stream or channel" },
		{ "redis://h/?type=stream&push=left", "type=list" }, { "redis://h/?field=x", "type=stream" }, { "redis://h/?push=up", "right or left" },
		{ "redis://h/?type=stream&maxlen=x", "number" }, { "redis://h/?key={campain}", "braces" }, { "redis://h/?key=a}", "'}'" },
		{ "redis-sentinel://u:SECRET@h", "master's name" }, { "redis-sentinel://u:SECRET@h/SE CRET", "master's name" },
		{ "redis-sentinel://h,,i/m", "hosts" }, { "redis-sentinel:///m", "hosts" }, { "redis-cluster://u:SECRET@h:x", "port" },
		{ "redis-cluster://1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "more than 16" }, { "redis-cluster://h/0", "no databases" },
		{ "redis-cluster://h?db=1", "no databases" }, { "redis-cluster://h?key=a:{rule}", "one hash tag" },
		{ "redis-cluster://h?key=a{{}}b", "one hash tag" }, { "redis-cluster://h?key={{{rule}}}", "one hash tag" },
		{ "redis://h/?key={rule", "braces" }, { "http://h/", "expected redis://" }, { "redis:h", "expected redis://" },
	};

	for (size_t i = 0; i < SK_ARRAY_LEN(wrong); i++) {
		struct sk_redis_url u;
		struct sk_error e = { 0 };

		assert_int_equal(sk_redis_url_parse(&u, wrong[i].text, &e), SK_E_CONFIG);
		if (!strstr(e.text, wrong[i].why))
			fail_msg("%s: '%s', expected '%s'", wrong[i].text, e.text, wrong[i].why);
		assert_null(strstr(e.text, "SEC"));
		assert_null(strchr(e.text, '\n'));
	}
}

static void keys(void **state)
{
	const struct sk_redis_names names = { "toolshell", "critical", "toolshell.x" };
	struct sk_buf b = { 0 };

	assert_int_equal(sk_redis_key("a:{campaign}:{severity}:{rule}:{{x}}", &names, &b), 0);
	assert_string_equal(sk_buf_str(&b), "a:toolshell:critical:toolshell.x:{x}");
	sk_buf_fini(&b);
	assert_true(sk_redis_key_varies("a{rule}"));
	assert_false(sk_redis_key_varies("{{rule}}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(parts), cmocka_unit_test(several_hosts), cmocka_unit_test(slots),
		cmocka_unit_test(redirections), cmocka_unit_test(mistakes), cmocka_unit_test(keys) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
