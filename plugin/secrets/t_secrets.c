/* plugin/secrets/t_secrets.c — the plugin against a fake host. All tokens are made up here: right shape, no meaning. */
#include "fake_host.h"
#include "scan.h"

extern const struct sk_plugin sk_plugin_secrets;

enum { SCORE, GROUPS, TOKENS, NAMES, SECRETS, WHERE, SCRIPTED, SIZE };

static struct fake f;
static char last_names[4096];		/* of the last event: lists end with it */

static int publish(struct sk_worker *w, uint32_t kind_index, const struct sk_value *values, uint32_t value_cnt)
{
	size_t n = 0;

	for (size_t i = 0; values[NAMES].type == SK_VALUE_LIST && i < values[NAMES].u.list.n; i++)
		n += (size_t)snprintf(last_names + n, sizeof(last_names) - n, " %.*s ", (int)values[NAMES].u.list.v[i].u.bytes.n,
				      (const char *)values[NAMES].u.list.v[i].u.bytes.p);
	return fake_publish(w, kind_index, values, value_cnt);
}

/* One WebSocket message to the server in pieces of n bytes. */
static void send(const char *text, size_t size, size_t n, uint8_t dir, bool browser)
{
	struct sk_value head[SK_F_HTTP_REQUEST_CNT] = { 0 };
	struct sk_event request = { .kind = SK_KIND_HTTP_REQUEST, .values = head, .value_cnt = SK_F_HTTP_REQUEST_CNT };
	size_t off = 0;

	if (browser)
		head[SK_F_HTTP_REQUEST_USER_AGENT] = (struct sk_value){ .type = SK_VALUE_BYTES, .u.bytes = sk_span_str("Mozilla/5.0") };
	do {
		size_t part = size - off < n ? size - off : n;
		struct sk_value values[SK_F_WEBSOCKET_MESSAGE_CNT] = {
			[SK_F_WEBSOCKET_MESSAGE_PAYLOAD] = { .type = SK_VALUE_STREAM, .u.bytes = sk_span(text + off, part) },
			[SK_F_WEBSOCKET_MESSAGE_OFFSET] = { .type = SK_VALUE_INT, .u.num = off },
			[SK_F_WEBSOCKET_MESSAGE_LAST] = { .type = SK_VALUE_BOOL, .u.num = off + part == size } };
		struct sk_event e = { .kind = SK_KIND_WEBSOCKET_MESSAGE, .dir = dir, .parent = &request, .values = values,
			.value_cnt = SK_F_WEBSOCKET_MESSAGE_CNT };

		CHECK(fake_event_unit(&f, &e, off == 0, off + part == size) == SK_CONTINUE);
		off += part;
	} while (off < size);
}

static void say(const char *text)
{
	send(text, strlen(text), strlen(text) ? strlen(text) : 1, SK_TO_SERVER, false);
}

static void forget(void)
{
	for (unsigned i = 0; i < f.published_cnt && i < FAKE_MAX; i++)
		for (unsigned k = 0; k < SK_FIELD_MAX; k++) {
			free(f.published[i].copies[k]);
			f.published[i].copies[k] = NULL;
		}
	f.published_cnt = 0;
}

static uint64_t num(unsigned i, unsigned field)
{
	return f.published[i].values[field].u.num;
}

static const char dump[] = "{\"PATH\":\"/usr/bin\",\"HOME\":\"/home/x\",\"USER\":\"x\",\"npm_config_cache\":\"/c\",\"npm_package_name\":\"p\","
	"\"INIT_CWD\":\"/w\",\"NPM_TOKEN\":\"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\",\"X\":\"1\"}";

static void finds_a_dump_however_cut(void)
{
	for (size_t n = 1; n < sizeof(dump); n += n < 20 ? 1 : 17) {
		unsigned i = f.published_cnt;

		send(dump, sizeof(dump) - 1, n, SK_TO_SERVER, n & 1);
		CHECK(f.published_cnt == i + 1);
		CHECK(num(i, SCORE) >= 10 && num(i, GROUPS) >= 2);
		CHECK(num(i, SCRIPTED) == !(n & 1));
		forget();
	}
	/* whole, the score is exact: 3 shell + 9 npm + 3 cloud + 6 token */
	send(dump, sizeof(dump) - 1, sizeof(dump), SK_TO_SERVER, false);
	CHECK(num(0, SCORE) == 21 && num(0, GROUPS) == 4 && num(0, TOKENS) == 1);
	forget();
}

static void finds_forms_of_dumps(void)
{
	say("PATH=/bin\nHOME=/root\nUSER=root\nPWD=/\nAWS_SECRET_ACCESS_KEY=x\nAWS_SESSION_TOKEN=y\n");
	CHECK(f.published_cnt == 1 && num(0, SCORE) == 10);
	forget();
	say("{\\\"npm_config_a\\\":\\\"1\\\",\\\"npm_package_b\\\":\\\"2\\\",\\\"GITHUB_TOKEN\\\":\\\"\\\",\\\"PATH\\\":\\\"/\\\"}");
	CHECK(f.published_cnt == 1 && num(0, SCORE) == 10);
	forget();
	/* base64 of …npm_config_a=1\nGITHUB_TOKEN=… at three alignments (made with base64(1)) */
	say("bnBtX2NvbmZpZ19hPTEKR0lUSFVCX1RPS0VOPXg=");
	CHECK(f.published_cnt == 1 && num(0, SCORE) == 10);
	say("eG5wbV9jb25maWdfYT0xCkdJVEhVQl9UT0tFTj14");
	CHECK(f.published_cnt == 2 && num(1, SCORE) == 10);
	say("eHhucG1fY29uZmlnX2E9MQpHSVRIVUJfVE9LRU49eA==");
	CHECK(f.published_cnt == 3 && num(2, SCORE) == 10);
	forget();
}

static bool shows(const char *kind)
{
	char word[64];

	snprintf(word, sizeof(word), " %s ", kind);
	return strstr(last_names, word) != NULL;
}

static void tokens_by_shape(void)
{
	static const struct { const char *text, *kind; } good[] = {
		{ "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", "github_pat" },
		{ "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", "github_oauth" },
		{ "ghu_abcdefghijklmnopqrstuvwxyzABCD4dNndU", "github_app_user" },
		{ "ghs_0123456789abcdefghijklmnopqrst3j70pI", "github_app_server" },
		{ "ghs_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "github_app_server" },
		{ "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", "github_refresh" },
		{ "github_pat_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a"
		  "_a_", "github_fine_grained_pat" },
		{ "token=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;", "npm_token" },
		{ "//registry.example.org/:_authToken=0123456789abcdef", "npmrc_auth" },
		{ "AKIAABCDEFGHIJKLMNOP", "aws_access_key_id" },
		{ "ASIA2222222222222222", "aws_session_key_id" },
		{ "A3TXAAAAAAAAAAAAAAAA", "aws_access_key_id" },
		{ "AIzaa-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-b", "google_api_key" },
		{ "glpat-aaaaaaaaaaaaaaaaaaaa", "gitlab_pat" },
		{ "glpat-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.012345678", "gitlab_pat" },
		{ "xoxb-000000000000-aaaa", "slack_token" },
		{ "https://hooks.slack.com/services/TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT", "slack_webhook" },
		{ "hooks.slack.com/triggers/TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT", "slack_webhook" },
		{ "sk_live_0123456789", "stripe_key" },
		{ "SG.aaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "sendgrid_key" },
		{ "pypi-AgEIcHlwaS5vcmcaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "pypi_token" },
		{ "rubygems_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "rubygems_key" },
		{ "dckr_pat_aaaaaaaaaaaaaaaaaaaaaaaaaaa", "docker_pat" },
		{ "dop_v1_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "digitalocean_token" },
		{ "hf_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "huggingface_token" },
		{ "sk-proj-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaT3BlbkFJaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "openai_key" },
		{ "sk-ant-api03-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaAA", "anthropic_key" },
		{ "hvs.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaa", "vault_token" },
		{ "aaaaaaaaaaaaaa.atlasv1.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "terraform_cloud_token" },
		{ "dapiaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "databricks_token" },
		{ "glsa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_0123abCD", "grafana_token" },
		{ "HRKU-AAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "heroku_key" },
		{ "ATATT3aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaa=", "atlassian_token" },
		{ "AKCpaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "artifactory_key" },
		{ "ops_eyJaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "onepassword_token" },
		{ "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ", "age_key" },
		{ "-----BEGIN RSA PRIVATE KEY-----\nAAAA", "private_key" },
		{ "-----BEGIN PRIVATE KEY-----", "private_key" },
		{ "-----BEGIN AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDDDDDDDD PRIVATE KEY-----", "private_key" },
		{ "-----BEGIN PGP PRIVATE KEY BLOCK-----", "private_key" },
		{ "12345678:AA012345678901234567890123456789012", "telegram_bot_token" },
		{ "https://discord.com/api/webhooks/12345678901234567/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "discord_webhook" },
	};
	/* no credential by themselves: a checksum that does not fit, shapes of other things */
	static const struct { const char *text, *kind; } weak[] = {
		{ "ghp_abcdefghijklmnopqrstuvwxyzABCDEFGHIJ", "github_pat" },
		{ "npm_000000000000000000000000000000000000", "npm_token" },
		{ "eyJaaaaaaaaaaaaaaaaaaaa.eyaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "jwt" },
		{ "eyJaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.eyaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "jwt" },
		{ "sk_test_0123456789", "stripe_test_key" },
		{ "SK0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a", "twilio_key" },
		{ "abc8Q~aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "azure_secret" },
	};
	static const char *const bad[] = {
		"ghp_abcdefghijklmnopqrstuvwxyzABCDEFGHI",		/* one short */
		"github_pat_short", "hvs.short", "glsa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_0123", "SKaaaa", "A3TXAAAA", "AIzaSy", "Q~", "eyJhbGciOi.eyJ",
		"https://discord.com/api/webhooks/12345678901234567/short", "hooks.slack.com/services/T0", "sk-ant-api03-aaaa", "12345:AA0123",
		"x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",		/* within a word */
		"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K",		/* goes on */
		"AKIAIOSFODNN7EXAMPLE",					/* of the documentation */
		"the words PRIVATE KEY----- in a text",
		"-----BEGIN A lowercase PRIVATE KEY-----", "-----BEGIN S \1\1? SA PRIVATE KEY-----", "-----BEGIN AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDDDDDDDDDE PRIVATE KEY-----",
		"-----BEGIN PUBLIC KEY-----",
		"-----BEGIN CERTIFICATE-----",
		"PATH, HOME and USER are variables",
		"{\"path\":\"/a\",\"user\":\"b\",\"home\":\"c\"}",
		"",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		forget();
		say(good[i].text);
		CHECK(f.published_cnt == 1);
		CHECK(num(0, TOKENS) == 1 && num(0, SCORE) == 6 && shows(good[i].kind));
	}
	forget();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		say(bad[i]);
		CHECK(f.published_cnt == 0);
	}
	for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++) {
		static char text[2000];

		say(weak[i].text);
		CHECK(f.published_cnt == 0);
		/* with a token beside it: both are told, one is counted */
		snprintf(text, sizeof(text), "%s\nrubygems_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", weak[i].text);
		say(text);
		CHECK(f.published_cnt == 1 && num(0, TOKENS) == 1 && num(0, SCORE) == 8 && num(0, GROUPS) == 2);
		CHECK(shows(weak[i].kind) && shows("rubygems_key"));
		forget();
	}
	/* answers of a server are not looked at */
	send(dump, sizeof(dump) - 1, 50, SK_TO_CLIENT, false);
	CHECK(f.published_cnt == 0);
}

static void shows_no_secret(void)
{
	static struct scan_table t;
	static struct scan s;
	char shown[SCAN_SHOWN_MAX];
	const char text[] = "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";

	CHECK(scan_table_init(&t, "key"));
	scan_push(&s, &t, sk_span_str(text), true);
	CHECK(s.tally.shown_cnt == 1);
	scan_describe(&t, &s.tally.shown[0], shown);
	CHECK(!strncmp(shown, "github_pat ghp_… 40 bytes #", 28));
	CHECK(!strstr(shown, "abcdef"));
	scan_table_fini(&t);
	/* SipHash-2-4 paper, appendix A: key 00 … 0f, message 00 … 0e */
	uint64_t key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	uint8_t message[15];
	for (uint8_t i = 0; i < 15; i++)
		message[i] = i;
	CHECK(scan_siphash(key, message, sizeof(message)) == 0xa129ca6149be45e5);
}

static unsigned score_of(const struct scan_table *t, const char *text, size_t n)
{
	struct scan s = { 0 };

	scan_push(&s, t, sk_span(text, n), true);
	return s.tally.score;
}

/* The shortest of all patterns, a name and what follows it, is found; none is in fewer bytes. */
static void least_is_enough(void)
{
	static struct scan_table t;

	CHECK(scan_table_init(&t, "key"));
	CHECK(score_of(&t, "PWD=", SCAN_LEAST) == 1);
	for (unsigned i = 0; i < t.cnt; i++) {
		char text[SCAN_LEAST] = { t.patterns[i].text[0], t.patterns[i].text[1] };

		for (unsigned c = 0; c < 256; c++) {
			text[2] = (char)c;
			CHECK(score_of(&t, text, SCAN_LEAST - 1) == 0);
		}
	}
	scan_table_fini(&t);
}

/* Wherever a pattern stands, the filter tells its place; it tells none where nothing of a pattern is. */
static void filter_passes_over_nothing(void)
{
	static const char *const patterns[] = { "Q~", "SK", "eyJ", "ghp_", "npm_config_", "xoxb-" };
	struct filter set;
	uint8_t w[FILTER_WIDTH + 16];
	uint32_t r = 7;

	filter_init(&set, patterns, 6);
	memset(w, 'a', sizeof(w));
	CHECK(filter_places(&set, w) == 0 && !filter_place(&set, w));
	for (unsigned i = 0; i < 6; i++) {
		for (size_t at = 0; at < FILTER_WIDTH; at++) {
			for (size_t k = 0; k < sizeof(w); k++)
				w[k] = (uint8_t)((r = r * 1664525 + 1013904223) >> 24);
			memcpy(w + at, patterns[i], strlen(patterns[i]));
			CHECK(filter_places(&set, w) >> at & 1);
			CHECK(filter_place(&set, w + at));
		}
	}
}

int main(void)
{
	fake_init(&f, &sk_plugin_secrets);
	f.host.publish = publish;
	fake_option_text(&f, "hash_key", "test");
	fake_option_num(&f, "min_score", 6);
	CHECK(fake_start(&f) == 0);
	finds_a_dump_however_cut();
	finds_forms_of_dumps();
	tokens_by_shape();
	shows_no_secret();
	least_is_enough();
	filter_passes_over_nothing();
	CHECK(fake_close(&f) == 0);
	return 0;
}
