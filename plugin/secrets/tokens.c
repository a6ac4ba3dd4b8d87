/* secrets/tokens.c — shapes of credential tokens.
 *
 * source   gitleaks/gitleaks config/gitleaks.toml at b58d3f1: prefixes, alphabets and lengths
 * limits   check digits at the end of GitHub and npm tokens are not verified: their rule is not confirmed by a second source
 */
#include "scan.h"

enum alphabet { ALNUM, WORD, URL64, HEX_LOWER, DIGIT, BASE64, UPPER27, ALPHA, BECH32, GRAPH };

struct shape {
	const char *begin;		/* where a match is looked for */
	const char *kind;
	uint8_t alphabet;
	uint16_t min, max;		/* characters of the alphabet behind begin; max 0: any number */
	uint8_t back;			/* characters of back_alphabet that must stand before begin */
	uint8_t back_alphabet;
	bool whole;			/* a word character may not follow */
	const char *end;		/* must follow, or NULL */
};

static const struct shape shapes[] = {
	{ "ghp_", "github_pat", ALNUM, 36, 36, 0, 0, true, NULL },
	{ "gho_", "github_oauth", ALNUM, 36, 36, 0, 0, true, NULL },
	{ "ghu_", "github_app_user", ALNUM, 36, 0, 0, 0, true, NULL },
	{ "ghs_", "github_app_server", ALNUM, 36, 0, 0, 0, true, NULL },
	{ "ghr_", "github_refresh", ALNUM, 36, 0, 0, 0, true, NULL },
	{ "github_pat_", "github_fine_grained_pat", WORD, 82, 82, 0, 0, true, NULL },
	{ "npm_", "npm_token", ALNUM, 36, 36, 0, 0, true, NULL },
	{ ":_authToken=", "npmrc_auth", GRAPH, 8, 0, 0, 0, false, NULL },
	{ "AKIA", "aws_access_key_id", UPPER27, 16, 16, 0, 0, true, NULL },
	{ "ASIA", "aws_session_key_id", UPPER27, 16, 16, 0, 0, true, NULL },
	{ "ABIA", "aws_access_key_id", UPPER27, 16, 16, 0, 0, true, NULL },
	{ "ACCA", "aws_access_key_id", UPPER27, 16, 16, 0, 0, true, NULL },
	{ "AIza", "google_api_key", URL64, 35, 35, 0, 0, true, NULL },
	{ "glpat-", "gitlab_pat", URL64, 20, 0, 0, 0, false, NULL },
	{ "xoxa-", "slack_token", URL64, 10, 0, 0, 0, false, NULL },
	{ "xoxb-", "slack_token", URL64, 10, 0, 0, 0, false, NULL },
	{ "xoxe-", "slack_token", URL64, 10, 0, 0, 0, false, NULL },
	{ "xoxo-", "slack_token", URL64, 10, 0, 0, 0, false, NULL },
	{ "xoxp-", "slack_token", URL64, 10, 0, 0, 0, false, NULL },
	{ "xoxr-", "slack_token", URL64, 10, 0, 0, 0, false, NULL },
	{ "xoxs-", "slack_token", URL64, 10, 0, 0, 0, false, NULL },
	{ "hooks.slack.com/services/", "slack_webhook", BASE64, 43, 56, 0, 0, false, NULL },
	{ "hooks.slack.com/workflows/", "slack_webhook", BASE64, 43, 56, 0, 0, false, NULL },
	{ "sk_live_", "stripe_key", ALNUM, 10, 99, 0, 0, false, NULL },
	{ "sk_prod_", "stripe_key", ALNUM, 10, 99, 0, 0, false, NULL },
	{ "rk_live_", "stripe_key", ALNUM, 10, 99, 0, 0, false, NULL },
	{ "rk_prod_", "stripe_key", ALNUM, 10, 99, 0, 0, false, NULL },
	{ "SG.", "sendgrid_key", GRAPH, 66, 66, 0, 0, true, NULL },
	{ "pypi-AgEIcHlwaS5vcmc", "pypi_token", URL64, 50, 0, 0, 0, false, NULL },
	{ "rubygems_", "rubygems_key", HEX_LOWER, 48, 48, 0, 0, true, NULL },
	{ "dckr_pat_", "docker_pat", URL64, 27, 0, 0, 0, false, NULL },
	{ "doo_v1_", "digitalocean_token", HEX_LOWER, 64, 64, 0, 0, true, NULL },
	{ "dop_v1_", "digitalocean_token", HEX_LOWER, 64, 64, 0, 0, true, NULL },
	{ "dor_v1_", "digitalocean_token", HEX_LOWER, 64, 64, 0, 0, true, NULL },
	{ "hf_", "huggingface_token", ALPHA, 34, 34, 0, 0, true, NULL },
	{ "T3BlbkFJ", "openai_key", URL64, 20, 0, 20, URL64, false, NULL },
	{ "sk-ant-api03-", "anthropic_key", URL64, 95, 95, 0, 0, true, NULL },
	{ "sk-ant-admin01-", "anthropic_key", URL64, 95, 95, 0, 0, true, NULL },
	{ "hvs.", "vault_token", URL64, 90, 300, 0, 0, false, NULL },
	{ "hvb.", "vault_token", URL64, 90, 300, 0, 0, false, NULL },
	{ ".atlasv1.", "terraform_cloud_token", URL64, 60, 70, 14, ALNUM, false, NULL },
	{ "dapi", "databricks_token", HEX_LOWER, 32, 32, 0, 0, true, NULL },
	{ "glsa_", "grafana_token", ALNUM, 32, 32, 0, 0, false, "_" },
	{ "HRKU-AA", "heroku_key", URL64, 58, 58, 0, 0, true, NULL },
	{ "ATATT3", "atlassian_token", URL64, 180, 0, 0, 0, false, NULL },
	{ "AKCp", "artifactory_key", ALNUM, 69, 69, 0, 0, true, NULL },
	{ "ops_eyJ", "onepassword_token", BASE64, 250, 0, 0, 0, false, NULL },
	{ "AGE-SECRET-KEY-1", "age_key", BECH32, 58, 58, 0, 0, true, NULL },
	{ "PRIVATE KEY-----", "private_key", GRAPH, 0, 0, 0, 0, false, NULL },
	{ "PRIVATE KEY BLOCK-----", "private_key", GRAPH, 0, 0, 0, 0, false, NULL },
	{ "discord.com/api/webhooks/", "discord_webhook", BASE64, 17, 20, 0, 0, false, "/" },
	{ "discordapp.com/api/webhooks/", "discord_webhook", BASE64, 17, 20, 0, 0, false, "/" },
	{ ":AA", "telegram_bot_token", URL64, 33, 33, 8, DIGIT, true, NULL },
};

bool token_shape(unsigned i, const char **begin, const char **kind)
{
	if (i >= sizeof(shapes) / sizeof(shapes[0]))
		return false;
	*begin = shapes[i].begin;
	*kind = shapes[i].kind;
	return true;
}

static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }
static bool is_lower(uint8_t c) { return c >= 'a' && c <= 'z'; }
static bool is_upper(uint8_t c) { return c >= 'A' && c <= 'Z'; }
static bool is_word(uint8_t c) { return is_digit(c) || is_lower(c) || is_upper(c) || c == '_'; }

static bool is_in(uint8_t alphabet, uint8_t c)
{
	switch (alphabet) {
	case ALNUM: return is_digit(c) || is_lower(c) || is_upper(c);
	case WORD: return is_word(c);
	case URL64: return is_word(c) || c == '-';
	case HEX_LOWER: return is_digit(c) || (c >= 'a' && c <= 'f');
	case DIGIT: return is_digit(c);
	case BASE64: return is_digit(c) || is_lower(c) || is_upper(c) || c == '+' || c == '/';
	case UPPER27: return is_upper(c) || (c >= '2' && c <= '7');
	case ALPHA: return is_lower(c) || is_upper(c);
	case BECH32: return c && strchr("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", c) != NULL;
	case GRAPH: return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
	}
	return false;
}

/* The key ids of AWS's documentation end in EXAMPLE. */
static bool is_sample(const uint8_t *p, size_t n)
{
	return n >= 7 && memcmp(p + n - 7, "EXAMPLE", 7) == 0;
}

/* "-----BEGIN " and up to 40 capitals and blanks before PRIVATE KEY: a header, not the word in a text. */
static bool is_pem_header(const uint8_t *window, size_t at)
{
	static const char begin[] = "-----BEGIN ";

	for (size_t back = sizeof(begin) - 1; back <= at && back <= 40 + sizeof(begin) - 1; back++) {
		if (memcmp(window + at - back, begin, sizeof(begin) - 1) == 0)
			return true;
		if (!is_upper(window[at - back]) && window[at - back] != ' ' && window[at - back] != '-')
			return false;
	}
	return false;
}

size_t token_match(unsigned token, const uint8_t *window, size_t n, size_t at)
{
	const struct shape *s = &shapes[token];
	size_t begin = strlen(s->begin), i = at + begin, body;

	if (at > 0 && !s->back && is_word((uint8_t)s->begin[0]) && is_word(window[at - 1]))
		return 0;
	if (at < s->back)
		return 0;
	for (size_t k = 1; k <= s->back; k++)
		if (!is_in(s->back_alphabet, window[at - k]))
			return 0;
	if (strcmp(s->kind, "private_key") == 0)
		return is_pem_header(window, at) ? begin : 0;
	while (i < n && is_in(s->alphabet, window[i]) && (!s->max || i - at - begin < s->max))
		i++;
	body = i - at - begin;
	if (body < s->min)
		return 0;
	if (s->whole && i < n && is_word(window[i]))
		return 0;
	if (s->end && (i >= n || window[i] != (uint8_t)s->end[0]))
		return 0;
	return is_sample(window + at, i - at) ? 0 : i - at;
}
