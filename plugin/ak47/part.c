/* ak47/part.c — parts of messages that were cut; see message.h.
 *
 * The marker is "s", the session, "t", how many parts, "p", which one, both numbers with as many digits, usually four. No hex digit is
 * an s, t or p, so a marker in clear cannot be taken for what is around it. The hex text of a message is cut anywhere, also
 * between the two digits of a byte; or each part is coded by itself: both are tried.
 */
#include "message.h"

#include "coding.h"

#define NUMBER_MAX 5u			/* digits of a number in a marker */

static bool is_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* exact digits, or as many as there are up to NUMBER_MAX. Digits read. */
static size_t read_number(struct sk_span s, size_t exact, uint32_t *v)
{
	size_t n = 0, most = exact ? exact : NUMBER_MAX;

	*v = 0;
	for (; n < most && n < s.n && s.p[n] >= '0' && s.p[n] <= '9'; n++)
		*v = *v * 10 + (uint32_t)(s.p[n] - '0');
	return exact && n < exact ? 0 : n;
}

/* The marker s begins with: its length, 0 when it is none. */
static size_t marker(struct sk_span s, struct ak47_part *out)
{
	size_t i = 1 + AK47_SESSION, n;
	uint32_t total, at;

	if (s.n < i + 4 || (s.p[0] | 0x20) != 's' || (s.p[i] | 0x20) != 't')
		return 0;
	for (size_t k = 0; k < AK47_SESSION; k++) {
		out->session[k] = s.p[1 + k];
		if (!is_word(s.p[1 + k]))
			return 0;
	}
	n = read_number(sk_span_sub(s, i + 1, s.n), 0, &total);
	i += 1 + n;
	if (n == 0 || i >= s.n || (s.p[i] | 0x20) != 'p')
		return 0;
	if (read_number(sk_span_sub(s, i + 1, s.n), n, &at) == 0 || total == 0 || total > AK47_PARTS_MAX || at > total)
		return 0;
	out->total = (uint16_t)total;
	out->at = (uint16_t)at;
	return i + 1 + n;
}

/* Bytes are read no further than n; the rest a marker sets. */
static void begin(struct ak47_part *p)
{
	p->plain = false;
	p->n = 0;
}

static void add(struct ak47_part *p, struct sk_span s)
{
	size_t n = s.n < AK47_PART_MAX - p->n ? s.n : AK47_PART_MAX - p->n;

	if (n)
		memcpy(p->bytes + p->n, s.p, n);
	p->n += (uint16_t)n;
}

/* The hex labels from here on. */
static void add_labels(struct ak47_part *p, const struct sk_span *labels, size_t n)
{
	for (size_t i = 0; i < n && labels[i].n && ak47_hex_run(labels[i]) == labels[i].n; i++)
		add(p, labels[i]);
}

/* The marker is coded: by itself in label i, or with its part from there on. */
static bool coded_marker(const struct sk_span *labels, size_t n, struct ak47_part *out)
{
	uint8_t hex[256], plain[128];
	size_t len = 0, got, taken;

	got = ak47_decode(labels[0], plain, sizeof(plain));
	if (got * 2 == labels[0].n && got && marker(sk_span(plain, got), out) == got) {
		add_labels(out, labels + 1, n - 1);
		return out->n > 0;
	}
	for (size_t i = 0; i < n && labels[i].n && ak47_hex_run(labels[i]) == labels[i].n && labels[i].n <= sizeof(hex) - len; i++) {
		memcpy(hex + len, labels[i].p, labels[i].n);
		len += labels[i].n;
	}
	got = ak47_decode(sk_span(hex, len), plain, sizeof(plain));
	taken = marker(sk_span(plain, got), out);
	if (!taken || taken == got || !ak47_is_text(plain, got))
		return false;
	out->plain = true;
	add(out, sk_span(plain + taken, got - taken));
	return true;
}

bool ak47_part_of_labels(const struct sk_span *labels, size_t n, struct ak47_part *out)
{
	for (size_t i = 0; i < n; i++) {
		size_t taken;

		begin(out);
		taken = marker(labels[i], out);
		if (taken && ak47_hex_run(sk_span_sub(labels[i], taken, labels[i].n)) == labels[i].n - taken) {
			add(out, sk_span_sub(labels[i], taken, labels[i].n));
			add_labels(out, labels + i + 1, n - i - 1);
			if (!out->n)
				add_labels(out, labels, i);
			return out->n > 0;
		}
		if (labels[i].n >= 2 && ak47_hex_run(labels[i]) == labels[i].n && coded_marker(labels + i, n - i, out))
			return true;
	}
	return false;
}

bool ak47_next_part(struct sk_span text, size_t *at, struct ak47_part *out)
{
	uint8_t plain[AK47_PART_MAX + 32];
	size_t got, taken;

	if (*at == 0) {		/* one part, marker and all in the coding */
		got = ak47_decode(text, plain, sizeof(plain));
		*out = (struct ak47_part){ .plain = true };
		taken = got && got * 2 == text.n ? marker(sk_span(plain, got), out) : 0;
		if (taken && taken < got && ak47_is_text(plain, got)) {
			add(out, sk_span(plain + taken, got - taken));
			*at = text.n;
			return true;
		}
	}
	for (; *at < text.n; ++*at) {
		struct sk_span rest = sk_span_sub(text, *at, text.n);

		begin(out);
		taken = marker(rest, out);
		if (!taken)
			continue;
		*at += taken;
		while (*at < text.n && (text.p[*at] == '.' || text.p[*at] == ' '))
			++*at;
		rest = sk_span_sub(text, *at, text.n);
		rest.n = ak47_hex_run(rest);
		add(out, rest);
		*at += rest.n;
		if (out->n)
			return true;
	}
	return false;
}

/* Parts one behind the other, as they are. */
static size_t join(const struct ak47_part *parts, size_t n, uint8_t *out, size_t room)
{
	size_t len = 0;

	for (size_t i = 0; i < n && parts[i].n <= room - len; i++) {
		memcpy(out + len, parts[i].bytes, parts[i].n);
		len += parts[i].n;
	}
	return len;
}

/* Each part coded by itself. Bytes of text, 0 when one is none. */
static size_t decode_each(const struct ak47_part *parts, size_t n, uint8_t *out, size_t room)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		size_t got = ak47_decode(sk_span(parts[i].bytes, parts[i].n), out + len, room - len);

		if (!ak47_is_text(out + len, got))
			return 0;
		len += got;
	}
	return len;
}

bool ak47_from_parts(const struct ak47_part *parts, size_t n, bool to_server, struct ak47_message *out)
{
	uint8_t hex[AK47_HEX_MAX], plain[AK47_HEX_MAX];
	struct ak47_text *text;
	size_t len;

	if (n == 0)
		return false;
	len = join(parts, n, parts[0].plain ? plain : hex, AK47_HEX_MAX);
	if (!parts[0].plain)
		len = ak47_decode(sk_span(hex, len), plain, sizeof(plain));
	if (!ak47_is_text(plain, len))
		len = parts[0].plain ? 0 : decode_each(parts, n, plain, sizeof(plain));
	if (!len)
		return false;
	if (!ak47_from_json(sk_span(plain, len), out)) {
		*out = (struct ak47_message){ .layout = "fields", .kind = to_server ? "result" : "task" };
		text = to_server ? &out->result : &out->command;
		text->n = (uint32_t)(len < AK47_TEXT_MAX ? len : AK47_TEXT_MAX);
		memcpy(text->p, plain, text->n);
	}
	out->session.n = AK47_SESSION;
	memcpy(out->session.p, parts[0].session, AK47_SESSION);
	return true;
}
