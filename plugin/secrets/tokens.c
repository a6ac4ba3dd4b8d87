/* secrets/tokens.c — shapes of credential tokens.
 *
 * source   gitleaks/gitleaks config/gitleaks.toml at b58d3f1: prefixes, alphabets and lengths. Docker Hub, Telegram and Discord are
 *          not in it in this form; other public scanners agree on them. Checksums of GitHub and npm tokens: GitHub's blog,
 *          2021-04-05 and 2021-09-23, as in Samsung/CredSweeper's and Datadog's scanners: CRC-32 of the 30 characters before, in six
 *          digits of base 62
 * limits   weak shapes are shared by things that are no secrets, or by tokens that everybody carries (JWT); tokens whose checksum does
 *          not fit are samples, most likely: both count little and are no credential by themselves
 */
#include "scan.h"

enum alphabet { ALNUM, WORD, URL64, HEX_LOWER, HEX, DIGIT, BASE64, UPPER27, UPPER, ALPHA, BECH32, GRAPH, DOTTED, TILDE, URL64EQ };
enum check { NO_CHECK, CRC62, PEM, JWT, AZURE };

struct shape {
	const char *begin;		/* where a match is looked for */
	const char *kind;
	uint8_t alphabet;
	uint16_t min, max;		/* characters of the alphabet behind begin; max 0: any number */
	uint8_t back;			/* characters of back_alphabet that must stand before begin */
	uint8_t back_alphabet;
	bool whole;			/* a word character may not follow */
	const char *end;		/* must follow, or NULL … */
	uint8_t tail;			/* … and behind it this many … */
	uint8_t tail_alphabet;		/* … of these */
	uint8_t check;			/* enum check */
	bool weak;
};

static const struct shape shapes[] = {
	{ "ghp_", "github_pat", ALNUM, 36, 36, 0, 0, true, NULL, 0, 0, CRC62, false },
	{ "gho_", "github_oauth", ALNUM, 36, 36, 0, 0, true, NULL, 0, 0, CRC62, false },
	{ "ghu_", "github_app_user", ALNUM, 36, 0, 0, 0, true, NULL, 0, 0, CRC62, false },
	{ "ghs_", "github_app_server", ALNUM, 36, 0, 0, 0, true, NULL, 0, 0, CRC62, false },
	{ "ghr_", "github_refresh", ALNUM, 36, 0, 0, 0, true, NULL, 0, 0, CRC62, false },
	{ "github_pat_", "github_fine_grained_pat", WORD, 82, 82, 0, 0, true, NULL, 0, 0, NO_CHECK, false },
	{ "npm_", "npm_token", ALNUM, 36, 36, 0, 0, true, NULL, 0, 0, CRC62, false },
	{ ":_authToken=", "npmrc_auth", GRAPH, 8, 0, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ "AKIA", "aws_access_key_id", UPPER27, 16, 16, 0, 0, true, NULL, 0, 0, NO_CHECK, false },
	{ "ASIA", "aws_session_key_id", UPPER27, 16, 16, 0, 0, true, NULL, 0, 0, NO_CHECK, false },
	{ "ABIA", "aws_access_key_id", UPPER27, 16, 16, 0, 0, true, NULL, 0, 0, NO_CHECK, false },
	{ "ACCA", "aws_access_key_id", UPPER27, 16, 16, 0, 0, true, NULL, 0, 0, NO_CHECK, false },
	{ "A3T", "aws_access_key_id", UPPER, 17, 17, 0, 0, true, NULL, 0, 0, NO_CHECK, false },
	{ "AIza", "google_api_key", URL64, 35, 35, 0, 0, true, NULL, 0, 0, NO_CHECK, false },
	{ "glpat-", "gitlab_pat", URL64, 20, 0, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ "xoxa-", "slack_token", URL64, 10, 0, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ "xoxb-", "slack_token", URL64, 10, 0, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ "xoxe-", "slack_token", URL64, 10, 0, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ "xoxo-", "slack_token", URL64, 10, 0, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ "xoxp-", "slack_token", URL64, 10, 0, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ "xoxr-", "slack_token", URL64, 10, 0, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ "xoxs-", "slack_token", URL64, 10, 0, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ "hooks.slack.com/services/", "slack_webhook", BASE64, 43, 56, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ "hooks.slack.com/workflows/", "slack_webhook", BASE64, 43, 56, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ "hooks.slack.com/triggers/", "slack_webhook", BASE64, 43, 56, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ "sk_live_", "stripe_key", ALNUM, 10, 99, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ "sk_prod_", "stripe_key", ALNUM, 10, 99, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ "rk_live_", "stripe_key", ALNUM, 10, 99, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ "rk_prod_", "stripe_key", ALNUM, 10, 99, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ "sk_test_", "stripe_test_key", ALNUM, 10, 99, 0, 0, false, NULL, 0, 0, NO_CHECK, true },
	{ "rk_test_", "stripe_test_key", ALNUM, 10, 99, 0, 0, false, NULL, 0, 0, NO_CHECK, true },
	{ "SG.", "sendgrid_key", DOTTED, 66, 66, 0, 0, true, NULL, 0, 0, NO_CHECK, false },
	{ "SK", "twilio_key", HEX, 32, 32, 0, 0, true, NULL, 0, 0, NO_CHECK, true },
	{ "pypi-AgEIcHlwaS5vcmc", "pypi_token", URL64, 50, 0, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ "rubygems_", "rubygems_key", HEX_LOWER, 48, 48, 0, 0, true, NULL, 0, 0, NO_CHECK, false },
	{ "dckr_pat_", "docker_pat", URL64, 27, 0, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ "doo_v1_", "digitalocean_token", HEX_LOWER, 64, 64, 0, 0, true, NULL, 0, 0, NO_CHECK, false },
	{ "dop_v1_", "digitalocean_token", HEX_LOWER, 64, 64, 0, 0, true, NULL, 0, 0, NO_CHECK, false },
	{ "dor_v1_", "digitalocean_token", HEX_LOWER, 64, 64, 0, 0, true, NULL, 0, 0, NO_CHECK, false },
	{ "hf_", "huggingface_token", ALPHA, 34, 34, 0, 0, true, NULL, 0, 0, NO_CHECK, false },
	{ "T3BlbkFJ", "openai_key", URL64, 20, 0, 20, URL64, false, NULL, 0, 0, NO_CHECK, false },
	{ "sk-ant-api03-", "anthropic_key", URL64, 95, 95, 0, 0, true, NULL, 0, 0, NO_CHECK, false },
	{ "sk-ant-admin01-", "anthropic_key", URL64, 95, 95, 0, 0, true, NULL, 0, 0, NO_CHECK, false },
	{ "hvs.", "vault_token", URL64, 90, 300, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ "hvb.", "vault_token", URL64, 90, 300, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ ".atlasv1.", "terraform_cloud_token", URL64EQ, 60, 70, 14, ALNUM, false, NULL, 0, 0, NO_CHECK, false },
	{ "dapi", "databricks_token", HEX_LOWER, 32, 32, 0, 0, true, NULL, 0, 0, NO_CHECK, false },
	{ "glsa_", "grafana_token", ALNUM, 32, 32, 0, 0, false, "_", 8, HEX, NO_CHECK, false },
	{ "HRKU-AA", "heroku_key", URL64, 58, 58, 0, 0, true, NULL, 0, 0, NO_CHECK, false },
	{ "Q~", "azure_secret", TILDE, 31, 34, 0, 0, true, NULL, 0, 0, AZURE, true },
	{ "ATATT3", "atlassian_token", URL64EQ, 186, 186, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ "AKCp", "artifactory_key", ALNUM, 69, 69, 0, 0, true, NULL, 0, 0, NO_CHECK, false },
	{ "ops_eyJ", "onepassword_token", BASE64, 250, 0, 0, 0, false, NULL, 0, 0, NO_CHECK, false },
	{ "AGE-SECRET-KEY-1", "age_key", BECH32, 58, 58, 0, 0, true, NULL, 0, 0, NO_CHECK, false },
	{ "PRIVATE KEY-----", "private_key", GRAPH, 0, 0, 0, 0, false, NULL, 0, 0, PEM, false },
	{ "PRIVATE KEY BLOCK-----", "private_key", GRAPH, 0, 0, 0, 0, false, NULL, 0, 0, PEM, false },
	{ "eyJ", "jwt", URL64, 16, 0, 0, 0, false, NULL, 0, 0, JWT, true },
	{ "discord.com/api/webhooks/", "discord_webhook", DIGIT, 17, 20, 0, 0, false, "/", 60, URL64, NO_CHECK, false },
	{ "discordapp.com/api/webhooks/", "discord_webhook", DIGIT, 17, 20, 0, 0, false, "/", 60, URL64, NO_CHECK, false },
	{ ":AA", "telegram_bot_token", URL64, 33, 33, 8, DIGIT, true, NULL, 0, 0, NO_CHECK, false },
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
	case HEX: return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
	case DIGIT: return is_digit(c);
	case BASE64: return is_digit(c) || is_lower(c) || is_upper(c) || c == '+' || c == '/';
	case UPPER27: return is_upper(c) || (c >= '2' && c <= '7');
	case UPPER: return is_upper(c) || is_digit(c);
	case ALPHA: return is_lower(c) || is_upper(c);
	case BECH32: return c && strchr("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", c) != NULL;
	case DOTTED: return is_word(c) || c == '.' || c == '=' || c == '-';
	case TILDE: return is_word(c) || c == '~' || c == '.' || c == '-';
	case URL64EQ: return is_word(c) || c == '-' || c == '=';
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
	size_t len = sizeof(begin) - 1;

	for (size_t back = 0; back <= 40 && back + len <= at; back++) {
		if (back && !is_upper(window[at - back]) && window[at - back] != ' ')
			return false;
		if (memcmp(window + at - back - len, begin, len) == 0)
			return true;
	}
	return false;
}

/* The last six of 36 characters are the CRC-32 of those before, in base 62. */
static bool crc_fits(const uint8_t *p)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	uint32_t crc = UINT32_MAX;

	for (unsigned i = 0; i < 30; i++) {
		crc ^= p[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	crc = ~crc;
	for (unsigned i = 36; i-- > 30; crc /= 62)
		if (p[i] != (uint8_t)digits[crc % 62])
			return false;
	return true;
}

/* The rest of a JSON web token, behind its first part that ends at i: the end, 0 when it is none. */
static size_t jwt_end(const uint8_t *window, size_t n, size_t i)
{
	static const size_t least[] = { 19, 10 };

	for (unsigned part = 0; part < 2; part++) {
		size_t from = i + 1;

		if (i >= n || window[i] != '.' || (part == 0 && (from + 2 > n || window[from] != 'e' || window[from + 1] != 'y')))
			return 0;
		for (i = from; i < n && is_in(URL64, window[i]); i++)
			;
		if (i - from < least[part])
			return 0;
		if (i == n)
			break;		/* longer than what is at hand */
	}
	return i;
}

/* Three characters and a digit stand before Q~. */
static bool is_azure(const uint8_t *window, size_t at)
{
	return at >= 4 && is_digit(window[at - 1]) && is_in(TILDE, window[at - 2]) && is_in(TILDE, window[at - 3]) && is_in(TILDE, window[at - 4]) &&
	       (at == 4 || !is_in(TILDE, window[at - 5]));
}

static bool has_tail(const struct shape *s, const uint8_t *window, size_t n, size_t i)
{
	if (!s->end)
		return true;
	if (i >= n || window[i] != (uint8_t)s->end[0] || n - i - 1 < s->tail)
		return false;
	for (size_t k = 1; k <= s->tail; k++)
		if (!is_in(s->tail_alphabet, window[i + k]))
			return false;
	return true;
}

size_t token_match(unsigned token, const uint8_t *window, size_t n, size_t at, bool *weak)
{
	const struct shape *s = &shapes[token];
	size_t begin = strlen(s->begin), i = at + begin, body;

	if (n > at + SCAN_AHEAD)	/* the same for any pieces */
		n = at + SCAN_AHEAD;
	*weak = s->weak;
	if (at > 0 && !s->back && s->check != AZURE && is_word((uint8_t)s->begin[0]) && is_word(window[at - 1]))
		return 0;
	if (at < s->back)
		return 0;
	for (size_t k = 1; k <= s->back; k++)
		if (!is_in(s->back_alphabet, window[at - k]))
			return 0;
	if (s->check == PEM)
		return is_pem_header(window, at) ? begin : 0;
	while (i < n && is_in(s->alphabet, window[i]) && (!s->max || i - at - begin < s->max))
		i++;
	body = i - at - begin;
	if (body < s->min || (s->check == AZURE && !is_azure(window, at)))
		return 0;
	if (s->check == JWT && (i = jwt_end(window, n, i)) == 0)
		return 0;
	if (s->whole && i < n && is_word(window[i]))
		return 0;
	if (!has_tail(s, window, n, i) || is_sample(window + at, i - at))
		return 0;
	if (s->check == CRC62 && body == 36)
		*weak = !crc_fits(window + at + begin);
	return i - at;
}
