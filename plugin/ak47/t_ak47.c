/* plugin/ak47/t_ak47.c — messages coded elsewhere (XOR "VHBD@H", hex), through the plugin. */
#include "fake_host.h"

extern const struct sk_plugin sk_plugin_ak47;

enum { KIND, LAYOUT, SESSION, HOST, COMMAND, COMMAND_ID, RESULT, CHANNEL };

/* {"cmd":"","cmd_id":"","fqdn":"WS-INERT-01","result":"","type":"task"} */
#define LABEL1 "2d6a2129246a6c6a6068622b3b2c1d2d246a6c6a6068622e272c2c667a6a"
#define LABEL2 "011b6f0d0e0d041c6f74716a7a6a3021333d3a3c607e626a7a6a363d302d"
#define LABEL3 "74726030213b3d6a3f"
/* {"cmd":"inert","cmd_id":"","fqdn":"WS-INERT-01","result":"","type":"task"} */
#define ANSWER "2d6a2129246a6c6a2b2a253a226a6e66232532172b206272746a6e6626393226607e621f05650b0a051a026572756264743a27373524226a786662" \
	"64743c3b34256a6c6a362533237435"
/* {"cmd":"a\"b\u00e4\n","cmd_id":"17","fqdn":"X","result":"r","type":"result"} */
#define ESCAPES "2d6a2129246a6c6a2318622a0a3d7274257c0a266068622b3b2c1d2d246a6c6a73736264742e33202e6a6c6a1a666c6a242d31312c3c7472603662" \
	"64743c3b34256a6c6a3021333d3a3c6039"

static void query(struct fake *f, const char *name)
{
	struct sk_value labels[32];
	struct sk_value values[SK_F_DNS_QUERY_CNT] = { [SK_F_DNS_QUERY_NAME] = { .type = SK_VALUE_TEXT, .u.bytes = sk_span_str(name) } };
	struct sk_event e = { .kind = SK_KIND_DNS_QUERY, .values = values, .value_cnt = SK_F_DNS_QUERY_CNT };
	size_t n = 0;

	for (const char *p = name; n < 32; p++) {
		size_t len = strcspn(p, ".");

		labels[n++] = (struct sk_value){ .type = SK_VALUE_BYTES, .u.bytes = sk_span(p, len) };
		p += len;
		if (!*p)
			break;
	}
	values[SK_F_DNS_QUERY_LABELS] = (struct sk_value){ .type = SK_VALUE_LIST, .u.list = { labels, n } };
	CHECK(fake_event(f, &e) == SK_CONTINUE);
}

static void answer(struct fake *f, const char *txt)
{
	struct sk_value item = { .type = SK_VALUE_BYTES, .u.bytes = sk_span_str(txt) };
	struct sk_value values[SK_F_DNS_ANSWER_CNT] = { [SK_F_DNS_ANSWER_TXT] = { .type = SK_VALUE_LIST, .u.list = { &item, 1 } } };
	struct sk_event e = { .kind = SK_KIND_DNS_ANSWER, .dir = SK_TO_CLIENT, .values = values, .value_cnt = SK_F_DNS_ANSWER_CNT };

	CHECK(fake_event(f, &e) == SK_CONTINUE);
}

static void body(struct fake *f, const char *text, size_t piece)
{
	size_t n = strlen(text), off = 0;

	do {
		size_t part = n - off < piece ? n - off : piece;
		bool last = off + part == n;
		struct sk_value values[SK_F_HTTP_BODY_CNT] = {
			[SK_F_HTTP_BODY_BYTES] = { .type = SK_VALUE_STREAM, .u.bytes = sk_span(text + off, part) },
			[SK_F_HTTP_BODY_LAST] = { .type = SK_VALUE_BOOL, .u.num = last } };
		struct sk_event e = { .kind = SK_KIND_HTTP_BODY, .values = values, .value_cnt = SK_F_HTTP_BODY_CNT };

		CHECK(fake_event_unit(f, &e, off == 0, last) == SK_CONTINUE);
		off += part;
	} while (off < n);
}

static bool is(const struct fake *f, unsigned field, const char *text)
{
	const struct sk_value *v = &f->published[f->published_cnt - 1].values[field];

	return text ? v->type != SK_VALUE_NONE && sk_span_is_str(v->u.bytes, text) : v->type == SK_VALUE_NONE;
}

static void names(void)
{
	struct fake f;

	fake_open(&f, &sk_plugin_ak47);
	query(&f, LABEL1 "." LABEL2 "." LABEL3 ".update.example");
	CHECK(f.published_cnt == 1 && is(&f, KIND, "task") && is(&f, LAYOUT, "json") && is(&f, HOST, "WS-INERT-01") && is(&f, CHANNEL, "dns"));
	CHECK(is(&f, COMMAND, NULL) && is(&f, RESULT, NULL) && is(&f, SESSION, NULL));
	query(&f, LABEL1 "." LABEL2 "." LABEL3 ".cafe");	/* a domain of digits */
	CHECK(f.published_cnt == 2 && is(&f, KIND, "task"));
	query(&f, LABEL1 "." LABEL2 ".example");		/* cut */
	CHECK(f.published_cnt == 3 && is(&f, KIND, NULL) && is(&f, HOST, "WS-INERT-01"));
	query(&f, "672371327939.372371327939.011b6f0d0e0d041c6f7471.update.example");
	CHECK(f.published_cnt == 4 && is(&f, KIND, "task") && is(&f, LAYOUT, "fields") && is(&f, SESSION, "k3v9q") && is(&f, HOST, "WS-INERT-01"));
	query(&f, "642371327939.372371327939.01.example");	/* result, host "W" */
	CHECK(f.published_cnt == 5 && is(&f, KIND, "result") && is(&f, HOST, "W"));
	/* other sessions, another first letter, no host, a host that is no text, an odd label, plain hex */
	query(&f, "672371327939.372371327938.011b6f0d0e0d041c6f7471.example");
	query(&f, "652371327939.372371327939.011b6f0d0e0d041c6f7471.example");
	query(&f, "672371327939.362371327939.011b6f0d0e0d041c6f7471.example");
	query(&f, "672371327939.372371327939");
	query(&f, "672371327939.372371327939.5648.example");
	query(&f, "672371327939.372371327939.011.example");
	query(&f, "2d6a2129246a.example");
	query(&f, "67d41d8cd98f00b204e9800998ecf8427e.example");
	CHECK(f.published_cnt == 5);
	CHECK(fake_close(&f) == 0);
}

static void answers(void)
{
	struct fake f;

	fake_open(&f, &sk_plugin_ak47);
	answer(&f, ANSWER);
	CHECK(f.published_cnt == 1 && is(&f, COMMAND, "inert") && is(&f, HOST, "WS-INERT-01") && is(&f, KIND, "task"));
	answer(&f, "sk3v9qt2p1" ANSWER);
	CHECK(f.published_cnt == 2 && is(&f, COMMAND, "inert"));
	answer(&f, "v=spf1 include:2d6a2129246 -all");
	answer(&f, "2d6a21");
	answer(&f, "");
	CHECK(f.published_cnt == 2);
	CHECK(fake_close(&f) == 0);
}

static void bodies(void)
{
	static const size_t pieces[] = { 1, 3, 5, 10000 };
	static char upper[sizeof(ESCAPES)], large[20000];
	struct fake f;

	fake_open(&f, &sk_plugin_ak47);
	for (unsigned i = 0; i < 4; i++) {
		body(&f, ESCAPES, pieces[i]);
		CHECK(f.published_cnt == i + 1 && is(&f, COMMAND, "a\"b\xc3\xa4\n") && is(&f, COMMAND_ID, "17") && is(&f, HOST, "X"));
		CHECK(is(&f, RESULT, "r") && is(&f, KIND, "result") && is(&f, CHANNEL, "http"));
	}
	for (size_t i = 0; ESCAPES[i]; i++)
		upper[i] = ESCAPES[i] >= 'a' ? (char)(ESCAPES[i] - 'a' + 'A') : ESCAPES[i];
	body(&f, upper, 7);
	CHECK(f.published_cnt == 5 && is(&f, HOST, "X"));
	/* longer than what is kept: told when the room is full, once */
	memset(large, '0', sizeof(large) - 1);
	memcpy(large, ANSWER, strlen(ANSWER));
	body(&f, large, 1000);
	CHECK(f.published_cnt == 6 && is(&f, COMMAND, "inert"));
	body(&f, "2d6a", 1);
	body(&f, "2d6a2129246a6c6b606862", 4);
	body(&f, "uid=1", 4);
	body(&f, "", 4);
	CHECK(f.published_cnt == 6);
	f.alloc_fails = true;
	body(&f, ESCAPES, 5);
	answer(&f, ANSWER);
	CHECK(f.published_cnt == 6);
	CHECK(fake_close(&f) == 0);
}

int main(void)
{
	names();
	answers();
	bodies();
	return 0;
}
