/* plugin/ak47/t_ak47.c — messages coded elsewhere (XOR "VHBD@H", hex), through the plugin. */
#include "fake_host.h"

extern const struct sk_plugin sk_plugin_ak47;

enum { KIND, LAYOUT, SESSION, HOST, COMMAND, COMMAND_ID, RESULT, CHANNEL, PARTS };

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

/* Records of one answer: TXT, or names of MG; NULL ends them. */
static void answers_to(struct fake *f, const char *question, bool is_mg, const char *const *records)
{
	struct sk_value items[16], values[SK_F_DNS_ANSWER_CNT] = { { 0 } };
	struct sk_event e = { .kind = SK_KIND_DNS_ANSWER, .dir = SK_TO_CLIENT, .values = values, .value_cnt = SK_F_DNS_ANSWER_CNT };
	size_t n = 0;

	if (is_mg)
		items[n++] = (struct sk_value){ .type = SK_VALUE_TEXT, .u.bytes = sk_span_str(question) };
	for (; *records; records++)
		items[n++] = (struct sk_value){ .type = SK_VALUE_TEXT, .u.bytes = sk_span_str(*records) };
	values[SK_F_DNS_ANSWER_NAME] = (struct sk_value){ .type = SK_VALUE_TEXT, .u.bytes = sk_span_str(question) };
	values[SK_F_DNS_ANSWER_TYPE] = (struct sk_value){ .type = SK_VALUE_TEXT, .u.bytes = sk_span_str(is_mg ? "MG" : "TXT") };
	values[is_mg ? SK_F_DNS_ANSWER_NAMES : SK_F_DNS_ANSWER_TXT] =
		(struct sk_value){ .type = SK_VALUE_LIST, .u.list = { items, n } };
	CHECK(fake_event(f, &e) == SK_CONTINUE);
}

static void answer(struct fake *f, const char *txt)
{
	const char *const records[] = { txt, NULL };

	answers_to(f, "a.example", false, records);
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
	answer(&f, "sk3v9qt1p1" ANSWER);
	CHECK(f.published_cnt == 2 && is(&f, COMMAND, "inert") && is(&f, SESSION, "k3v9q"));
	answer(&f, "v=spf1 include:2d6a2129246 -all");
	answer(&f, "2d6a21");
	answer(&f, "");
	CHECK(f.published_cnt == 2);
	CHECK(fake_close(&f) == 0);
}

/* A result in layout fields; a task's answer: the command by itself, in TXT or MG. */
static void fields(void)
{
	static const char *const command[] = { "21202d252d21766723282c", NULL };			/* whoami /all */
	static const char *const with_fields[] = { "672371327939.372371327939.3f38212b2e2e3f2f", NULL };	/* … ipconfig */
	static const char *const name[] = { "21202d252d.21766723282c.cafe.example", NULL };
	static const char *const none[] = { "5648", "v=spf1 -all", "", NULL };
	const char *task = "672371327939.372371327939.011b6f0d0e0d041c6f7471.update.example";
	const char *result = "642371327939.372371327939.011b6f0d0e0d041c6f7471.352730341c3b202b6f2d2e2d243c.update.example";
	struct fake f;

	fake_open(&f, &sk_plugin_ak47);
	query(&f, result);
	CHECK(f.published_cnt == 1 && is(&f, KIND, "result") && is(&f, HOST, "WS-INERT-01") && is(&f, RESULT, "corp\\svc-inert"));
	query(&f, "642371327939.372371327939.011b6f0d0e0d041c6f7471.352730341c3b20.2b6f2d2e2d243c.cafe.example");	/* in two */
	CHECK(f.published_cnt == 2 && is(&f, RESULT, "corp\\svc-inert"));
	query(&f, "672371327939.372371327939.011b6f0d0e0d041c6f7471.352730341c3b202b6f2d2e2d243c.update.example");
	CHECK(f.published_cnt == 3 && is(&f, KIND, "task") && is(&f, RESULT, NULL));
	answers_to(&f, task, false, command);
	CHECK(f.published_cnt == 4 && is(&f, COMMAND, "whoami /all") && is(&f, HOST, "WS-INERT-01") && is(&f, SESSION, "k3v9q"));
	answers_to(&f, task, false, with_fields);
	CHECK(f.published_cnt == 5 && is(&f, COMMAND, "ipconfig") && is(&f, KIND, "task") && is(&f, LAYOUT, "fields"));
	answers_to(&f, task, true, name);
	CHECK(f.published_cnt == 6 && is(&f, COMMAND, "whoami /all"));
	/* the same texts as answers to other names, to a result, and what is no text */
	answers_to(&f, "www.example", false, command);
	answers_to(&f, "www.example", true, name);
	answers_to(&f, result, false, command);
	answers_to(&f, task, false, none);
	CHECK(f.published_cnt == 6);
	CHECK(fake_close(&f) == 0);
}

/* {"cmd":"whoami","cmd_id":"17","fqdn":"WS-INERT-01","result":"corp\\svc-inert","type":"result"}, its hex cut at 63 digits */
#define CUT1 "2d6a2129246a6c6a352c2f293b216068622b3b2c1d2d246a6c6a73736264742"
#define CUT2 "e33202e6a6c6a15176d01180d10106d78676a6e66322d253d2e306272742b2d"
#define CUT3 "3630140a3b34276d21382d30306264743c3b34256a6c6a3021333d3a3c6039"

static void parts(void)
{
	static const char *const records[] = { "sk3v9qt0003p0003" CUT3, "sk3v9qt0003p0001" CUT1, "sk3v9qt0003p0002" CUT2, NULL };
	static const char *const two[] = { "sk3v9qt0003p0003" CUT3, "sk3v9qt0003p0001" CUT1, NULL };
	static const char *const third[] = { "sk3v9qt0003p0002" CUT2, NULL };
	static const char *const one[] = { "sk3v9qt0003p0002" CUT2 "sk3v9qt0003p0001" CUT1 "sk3v9qt0003p0003" CUT3, NULL };
	static const char *const names[] = { "sk3v9qt0003p0002." CUT3 ".example", "sk3v9qt0003p0000." CUT1 ".example",
					     "sk3v9qt0003p0001." CUT2 ".example", NULL };
	static const char *const coded[] = { "25237132793922787274733866787275." CUT1, "25237132793922787274733866787276." CUT2,
					     "25237132793922787274733866787277." CUT3, NULL };
	struct fake f;

	fake_open(&f, &sk_plugin_ak47);
	answers_to(&f, "a.example", false, records);
	CHECK(f.published_cnt == 1 && is(&f, COMMAND, "whoami") && is(&f, COMMAND_ID, "17") && is(&f, RESULT, "corp\\svc-inert"));
	CHECK(is(&f, HOST, "WS-INERT-01") && is(&f, SESSION, "k3v9q") && f.published[0].values[PARTS].u.num == 3);
	answers_to(&f, "a.example", false, two);
	fake_next_flow(&f);
	CHECK(f.published_cnt == 1);
	answers_to(&f, "b.example", false, third);
	CHECK(f.published_cnt == 2 && is(&f, COMMAND, "whoami"));
	answers_to(&f, "a.example", false, one);
	CHECK(f.published_cnt == 3 && is(&f, COMMAND, "whoami"));
	answers_to(&f, "a.example", false, coded);
	CHECK(f.published_cnt == 4 && is(&f, COMMAND, "whoami"));
	/* numbered from 0, in names of MG */
	answers_to(&f, "a.example", true, names);
	CHECK(f.published_cnt == 5 && is(&f, COMMAND, "whoami"));
	/* from the client: marker in a label of its own, in front of the part, behind it, coded */
	query(&f, "sk3v9qt0003p0002." CUT2 ".update.example");
	query(&f, CUT3 ".sk3v9qt0003p0003.update.example");
	query(&f, "25237132793922787274733866787275." CUT1 ".update.example");
	CHECK(f.published_cnt == 6 && is(&f, RESULT, "corp\\svc-inert") && is(&f, KIND, "result"));
	/* a result by itself, the whole of it coded and cut, or each part coded, or marker and part coded together */
	query(&f, "sk3v9qt0002p0001.3a212c216027382d4f4e2c21382d.example");
	query(&f, "sk3v9qt0002p0002.623037275b422e2d2e2d763c2a36252d.example");
	CHECK(f.published_cnt == 7 && is(&f, RESULT, "line one\r\nline two\r\nline three") && is(&f, LAYOUT, "fields") && is(&f, KIND, "result"));
	query(&f, "sAb12Zt2p2.3a212c216027382d4f4e.example");
	query(&f, "sAb12Zt2p1.3a212c21603c21274f4e.example");
	CHECK(f.published_cnt == 8);
	query(&f, "2523713279392278727472386678727537203929.example");
	query(&f, "252371327939227872747238667872762d21766723282c.example");
	CHECK(f.published_cnt == 9 && is(&f, RESULT, "whoami /all"));
	CHECK(fake_close(&f) == 0);
}

static void parts_that_stay_away(void)
{
	static const char *const bad[] = { "sk3v9qt0002p0003." CUT1, "sk3v9qt0000p0000." CUT1, "sk3v9qt0002p001." CUT1, "sk3v9t0002p0001." CUT1,
					   "sk3v-qt0002p0001." CUT1, "sk3v9qt0257p0001." CUT1, "sk3v9qt0001p0001.example", "st0001p0001" };
	char name[128];
	struct fake f;

	fake_init(&f, &sk_plugin_ak47);
	fake_option_num(&f, "max_open", 2);
	CHECK(fake_start(&f) == 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		query(&f, bad[i]);
	CHECK(f.published_cnt == 0);
	for (int i = 0; i < 9; i++) {		/* nine messages of which one part comes; two may wait */
		snprintf(name, sizeof(name), "saaaa%dt0002p0001.3a212c216027382d4f4e.example", i);
		query(&f, name);
	}
	CHECK(f.published_cnt == 0 && f.counters[1] == 9 && f.counters[2] == 7);
	query(&f, "saaaa8t0002p0002.3a212c21603c21274f4e.example");
	CHECK(f.published_cnt == 1);
	query(&f, "saaaa0t0002p0002.3a212c21603c21274f4e.example");	/* forgotten */
	CHECK(f.published_cnt == 1);
	/* another client's part is none of this message */
	query(&f, "sbbbbbt0002p0001.3a212c216027382d4f4e.example");
	f.flow.client_ip.b[3]++;
	query(&f, "sbbbbbt0002p0002.3a212c21603c21274f4e.example");
	CHECK(f.published_cnt == 1);
	f.alloc_fails = true;
	query(&f, "scccccst0002p0001.3a212c216027382d4f4e.example");
	CHECK(f.published_cnt == 1);
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
	fields();
	parts();
	parts_that_stay_away();
	bodies();
	return 0;
}
