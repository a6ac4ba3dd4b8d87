/* ak47/message.c — see message.h.
 *
 * Coding: XOR with six bytes, over and over, then hex. Layout "json" (202503 and HTTP): one JSON object, in names cut into labels
 * anywhere. Layout "fields" (202504): three labels, each coded from the key's beginning: "1" (task) or "2" (result) and five
 * characters of session, "a" and the session again, the computer's name.
 */
#include "message.h"

#define SESSION_LEN 5u

static const uint8_t key[6] = { 'V', 'H', 'B', 'D', '@', 'H' };

static int digit(uint8_t c)
{
	uint8_t low = c | 0x20;

	return c >= '0' && c <= '9' ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* Bytes behind the coding; stops at the first that is no pair of digits. */
static size_t decode(struct sk_span hex, uint8_t *out, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i + 1 < hex.n && n < room; i += 2) {
		int high = digit(hex.p[i]), low = digit(hex.p[i + 1]);

		if (high < 0 || low < 0)
			break;
		out[n] = (uint8_t)(high << 4 | low) ^ key[n % sizeof(key)];
		n++;
	}
	return n;
}

static void put(struct ak47_text *t, uint8_t c)
{
	if (t->n < AK47_TEXT_MAX)
		t->p[t->n++] = c;
}

/* Four hex digits of \u to UTF-8; a surrogate becomes a question mark. */
static void put_escaped(struct ak47_text *t, struct sk_span four)
{
	uint32_t c = 0;

	for (size_t i = 0; i < four.n; i++)
		c = c << 4 | (uint32_t)(digit(four.p[i]) & 15);
	if (c < 0x80) {
		put(t, (uint8_t)c);
	} else if (c >= 0xd800 && c < 0xe000) {
		put(t, '?');
	} else {
		if (c >= 0x800)
			put(t, (uint8_t)(0xe0 | c >> 12));
		put(t, (uint8_t)(c >= 0x800 ? 0x80 | (c >> 6 & 0x3f) : 0xc0 | c >> 6));
		put(t, (uint8_t)(0x80 | (c & 0x3f)));
	}
}

/* A JSON string that begins at *i, behind its quote; *i goes behind the closing one. to may be NULL. */
static void read_string(struct sk_span s, size_t *i, struct ak47_text *to)
{
	static const char escapes[] = "n\nr\rt\tb\bf\f";
	struct ak47_text none = { 0 };

	if (!to)
		to = &none;
	for (; *i < s.n && s.p[*i] != '"'; ++*i) {
		uint8_t c = s.p[*i];

		if (c != '\\' || *i + 1 >= s.n) {
			put(to, c);
			continue;
		}
		c = s.p[++*i];
		if (c == 'u') {
			struct sk_span four = sk_span_sub(s, *i + 1, 4);

			put_escaped(to, four);
			*i += four.n;
			continue;
		}
		for (size_t k = 0; k + 1 < sizeof(escapes); k += 2)
			if (c == (uint8_t)escapes[k]) {
				c = (uint8_t)escapes[k + 1];
				break;
			}
		put(to, c);
	}
	if (*i < s.n)
		++*i;
}

static size_t skip_blanks(struct sk_span s, size_t i)
{
	while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t' || s.p[i] == '\r' || s.p[i] == '\n'))
		i++;
	return i;
}

static bool text_is(const struct ak47_text *t, const char *s)
{
	return sk_span_is_str(sk_span(t->p, t->n), s);
}

/* Members of a flat object with string values; what is cut off at the end is read as far as it goes. */
static bool read_json(struct sk_span s, struct ak47_message *out)
{
	struct ak47_text name, kind = { 0 };
	bool has_cmd = false;
	size_t i = 1;

	while ((i = skip_blanks(s, i)) < s.n && s.p[i] == '"') {
		struct ak47_text *to = NULL;

		name.n = 0;
		i++;
		read_string(s, &i, &name);
		i = skip_blanks(s, i);
		if (i >= s.n || s.p[i] != ':')
			break;
		i = skip_blanks(s, i + 1);
		if (i >= s.n || s.p[i] != '"')
			break;
		i++;
		if (text_is(&name, "cmd"))
			to = &out->command;
		else if (text_is(&name, "cmd_id"))
			to = &out->id;
		else if (text_is(&name, "fqdn"))
			to = &out->host;
		else if (text_is(&name, "result"))
			to = &out->result;
		else if (text_is(&name, "type"))
			to = &kind;
		has_cmd |= to == &out->command;
		if (to)
			to->n = 0;
		read_string(s, &i, to);
		i = skip_blanks(s, i);
		if (i >= s.n || s.p[i] != ',')
			break;
		i++;
	}
	out->layout = "json";
	out->kind = text_is(&kind, "task") ? "task" : text_is(&kind, "result") ? "result" : NULL;
	return has_cmd;
}

bool ak47_from_hex(struct sk_span hex, struct ak47_message *out)
{
	uint8_t plain[AK47_HEX_MAX / 2];
	size_t n = decode(hex, plain, sizeof(plain));

	*out = (struct ak47_message){ 0 };
	return n >= 8 && plain[0] == '{' && plain[1] == '"' && read_json(sk_span(plain, n), out);
}

bool ak47_from_text(struct sk_span text, struct ak47_message *out)
{
	static const char start[] = "2d6a2129246a";	/* {"cmd" */

	for (size_t i = 0; i < 64 && i + sizeof(start) <= text.n; i++)
		if (sk_span_is_nocase(sk_span_sub(text, i, sizeof(start) - 1), sk_span_str(start)))
			return ak47_from_hex(sk_span_sub(text, i, text.n - i), out);
	return false;
}

static bool is_printable(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < 0x20 || p[i] == 0x7f)
			return false;
	return n > 0;
}

static bool is_session(const uint8_t *p)
{
	for (size_t i = 0; i < SESSION_LEN; i++)
		if (!((p[i] >= '0' && p[i] <= '9') || ((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z')))
			return false;
	return true;
}

static bool from_fields(const struct sk_span *labels, size_t n, struct ak47_message *out)
{
	uint8_t first[1 + SESSION_LEN], second[1 + SESSION_LEN], host[32];
	size_t host_len;

	if (n < 3 || labels[0].n != 2 * sizeof(first) || labels[1].n != 2 * sizeof(second) || labels[2].n % 2)
		return false;
	if (decode(labels[0], first, sizeof(first)) != sizeof(first) || decode(labels[1], second, sizeof(second)) != sizeof(second))
		return false;
	host_len = decode(labels[2], host, sizeof(host));
	if ((first[0] != '1' && first[0] != '2') || second[0] != 'a' || memcmp(first + 1, second + 1, SESSION_LEN) != 0)
		return false;
	if (!is_session(first + 1) || host_len != labels[2].n / 2 || !is_printable(host, host_len))
		return false;
	*out = (struct ak47_message){ .layout = "fields", .kind = first[0] == '1' ? "task" : "result" };
	out->session.n = SESSION_LEN;
	memcpy(out->session.p, first + 1, SESSION_LEN);
	out->host.n = (uint32_t)host_len;
	memcpy(out->host.p, host, host_len);
	return true;
}

bool ak47_from_labels(const struct sk_span *labels, size_t n, struct ak47_message *out)
{
	uint8_t joined[256];
	size_t len = 0;

	if (from_fields(labels, n, out))
		return true;
	for (size_t i = 0; i < n && labels[i].n <= sizeof(joined) - len; i++) {
		if (labels[i].n)
			memcpy(joined + len, labels[i].p, labels[i].n);
		len += labels[i].n;
	}
	return ak47_from_hex(sk_span(joined, len), out);
}
