/* ak47/message.c — see message.h.
 *
 * Coding: XOR with six bytes, over and over, then hex. Layout "json" (202503 and HTTP): one JSON object, in names cut into labels
 * anywhere. Layout "fields" (202504): labels, each coded from the key's beginning: "1" (task) or "2" (result) and five
 * characters of session, "a" and the session again, the computer's name, then what else there is to say. What is too long for one
 * name or record is cut, each part behind a marker of its own (part.c).
 */
#include "message.h"

#include "coding.h"

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
		c = c << 4 | (uint32_t)(ak47_digit(four.p[i]) & 15);
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
	struct ak47_text none;

	if (!to) {
		none.n = 0;
		to = &none;
	}
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

/* Nothing is read yet; texts are read no further than their n. */
static void forget(struct ak47_message *m)
{
	m->layout = m->kind = NULL;
	m->session.n = m->host.n = m->command.n = m->id.n = m->result.n = 0;
}

bool ak47_from_json(struct sk_span s, struct ak47_message *out)
{
	struct ak47_text name, kind;
	bool has_cmd = false;
	size_t i = 1;

	forget(out);
	if (s.n < 8 || s.p[0] != '{' || s.p[1] != '"')
		return false;
	kind.n = 0;
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

	return ak47_from_json(sk_span(plain, ak47_decode(hex, plain, sizeof(plain))), out);
}

bool ak47_from_text(struct sk_span text, struct ak47_message *out)
{
	static const char start[] = "2d6a2129246a";	/* {"cmd" */

	for (size_t i = 0; i < 64 && i + sizeof(start) <= text.n; i++)
		if (sk_span_is_nocase(sk_span_sub(text, i, sizeof(start) - 1), sk_span_str(start)))
			return ak47_from_hex(sk_span_sub(text, i, text.n - i), out);
	return false;
}

static bool is_session(const uint8_t *p)
{
	for (size_t i = 0; i < AK47_SESSION; i++)
		if (!((p[i] >= '0' && p[i] <= '9') || ((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z')))
			return false;
	return true;
}

static bool copy_text(struct ak47_text *to, const uint8_t *p, size_t n)
{
	if (!ak47_is_text(p, n))
		return false;
	to->n = (uint32_t)(n < AK47_TEXT_MAX ? n : AK47_TEXT_MAX);
	memcpy(to->p, p, to->n);
	return true;
}

static bool is_ascii(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] >= 0x80)
			return false;
	return true;
}

/* n labels behind one another as one text. */
static bool read_labels(const struct sk_span *labels, size_t n, bool ascii, struct ak47_text *out)
{
	uint8_t joined[256], plain[128];
	size_t len = 0, got;

	for (size_t i = 0; i < n; len += labels[i++].n) {
		if (labels[i].n > sizeof(joined) - len)
			return false;
		memcpy(joined + len, labels[i].p, labels[i].n);
	}
	got = ak47_decode(sk_span(joined, len), plain, sizeof(plain));
	return got * 2 == len && (!ascii || is_ascii(plain, got)) && copy_text(out, plain, got);
}

/* Labels behind the host. The domain's follow; where they are hex digits too, they hardly give ASCII. */
static void read_rest(const struct sk_span *labels, size_t n, struct ak47_text *out)
{
	size_t run = 0;

	while (run < n && labels[run].n && ak47_hex_run(labels[run]) == labels[run].n)
		run++;
	for (int ascii = 1; ascii >= 0; ascii--)
		for (size_t k = run; k; k--)
			if (read_labels(labels, k, ascii, out))
				return;
	out->n = 0;
}

static bool from_fields(const struct sk_span *labels, size_t n, struct ak47_message *out)
{
	uint8_t first[1 + AK47_SESSION], second[1 + AK47_SESSION], host[32];
	size_t host_len;

	if (n < 3 || labels[0].n != 2 * sizeof(first) || labels[1].n != 2 * sizeof(second) || labels[2].n % 2)
		return false;
	if (ak47_decode(labels[0], first, sizeof(first)) != sizeof(first) ||
	    ak47_decode(labels[1], second, sizeof(second)) != sizeof(second))
		return false;
	host_len = ak47_decode(labels[2], host, sizeof(host));
	if ((first[0] != '1' && first[0] != '2') || second[0] != 'a' || memcmp(first + 1, second + 1, AK47_SESSION) != 0)
		return false;
	if (!is_session(first + 1) || host_len != labels[2].n / 2)
		return false;
	*out = (struct ak47_message){ .layout = "fields", .kind = first[0] == '1' ? "task" : "result" };
	if (!copy_text(&out->host, host, host_len))
		return false;
	copy_text(&out->session, first + 1, AK47_SESSION);
	if (first[0] == '2')
		read_rest(labels + 3, n - 3, &out->result);
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

size_t ak47_labels(struct sk_span name, struct sk_span *labels, size_t room)
{
	size_t n = 0, from = 0;

	for (size_t i = 0; i <= name.n && n < room; i++)
		if (i == name.n || name.p[i] == '.') {
			labels[n++] = sk_span_sub(name, from, i - from);
			from = i + 1;
		}
	return n;
}

bool ak47_name_text(const struct sk_span *labels, size_t n, struct ak47_text *out)
{
	out->n = 0;
	read_rest(labels, n, out);
	return out->n > 0;
}

bool ak47_plain(struct sk_span coded, struct ak47_text *out)
{
	struct sk_span fields[16];
	size_t n = ak47_labels(coded, fields, 16);
	struct ak47_text one;

	out->n = 0;
	for (size_t i = 0; i < n; i++) {
		size_t from = one.n = 0;
		size_t got = ak47_decode(fields[i], one.p, AK47_TEXT_MAX);

		if (got == 0 || (got * 2 != fields[i].n && got < AK47_TEXT_MAX) || !ak47_is_text(one.p, got))
			return false;
		if (n > 1 && got == AK47_SESSION + 1 && memchr("12a", one.p[0], 3) && is_session(one.p + 1))
			continue;
		if (out->n && out->n < AK47_TEXT_MAX)
			out->p[out->n++] = ' ';
		while (from < got && out->n < AK47_TEXT_MAX)
			out->p[out->n++] = one.p[from++];
	}
	return out->n > 0;
}
