/* sink/text/defang.c — see defang.h. */
#include "sink/text/defang.h"

#include "base/fmt.h"

static bool is_local(const struct sk_addr *a)
{
	const uint8_t *b = a->b;

	if (a->family == 4)
		return b[0] == 10 || b[0] == 127 || b[0] == 0 || b[0] >= 224 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
		       (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254) || (b[0] == 100 && (b[1] & 0xc0) == 64);
	return a->family == 0 || (b[0] & 0xfe) == 0xfc || b[0] == 0xff || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) ||
	       (memcmp(b, (const uint8_t[15]){ 0 }, 15) == 0 && b[15] <= 1);
}

static void add(struct sk_defang *d, struct sk_span name)
{
	if (name.n < 3 || d->cnt == SK_DEFANG_MAX || !memchr(name.p, '.', name.n))
		return;
	for (size_t i = 0; i < d->cnt; i++)
		if (sk_span_is_nocase(d->names[i], name))
			return;
	d->names[d->cnt++] = name;
}

static void add_addr(struct sk_defang *d, const struct sk_addr *a)
{
	if (d->cnt < SK_DEFANG_MAX && !is_local(a))
		add(d, sk_span_str(sk_fmt_addr(a, d->addrs[d->cnt])));
}

static void add_value(struct sk_defang *d, const struct sk_value *v)
{
	switch (v->type) {
	case SK_VALUE_TEXT:
	case SK_VALUE_BYTES:
		add(d, v->u.bytes);
		break;
	case SK_VALUE_ADDR:
		add_addr(d, &v->u.addr);
		break;
	case SK_VALUE_LIST:
		for (size_t i = 0; i < v->u.list.n; i++)
			if (v->u.list.v[i].type != SK_VALUE_LIST)
				add_value(d, &v->u.list.v[i]);
		break;
	default:
		break;
	}
}

static void collect(struct sk_defang *d, const struct sk_alert *a)
{
	static const char *const fields[] = {
		"http.request.host", "tls.client_hello.sni", "tls.server_hello.sni", "tls.certificate.sni", "tls.certificate.cn",
		"tls.certificate.san", "dns.query.name", "dns.answer.name", "dns.answer.cname", "dns.answer.ns", "dns.answer.address" };

	add_addr(d, &a->flow.client_ip);
	add_addr(d, &a->flow.server_ip);
	for (size_t i = 0; i < a->context_cnt; i++)
		for (size_t j = 0; j < SK_ARRAY_LEN(fields); j++)
			if (strcmp(a->context[i].field, fields[j]) == 0)
				add_value(d, &a->context[i].value);
	for (size_t i = 0; i < a->member_cnt && d->cnt < SK_DEFANG_MAX; i++)
		collect(d, a->members[i]);
}

void sk_defang_init(struct sk_defang *d, const struct sk_alert *a)
{
	d->cnt = 0;
	collect(d, a);
}

static bool is_word(uint8_t c)
{
	c = sk_ascii_lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c >= 0x80;
}

/* True when name ends in a dot and tail. */
static bool is_below(struct sk_span name, struct sk_span tail)
{
	return name.n > tail.n && name.p[name.n - tail.n - 1] == '.' &&
	       sk_span_is_nocase(sk_span_sub(name, name.n - tail.n, tail.n), tail);
}

/* A name, something below it, or a domain above it. */
static bool is_known(const struct sk_defang *d, struct sk_span word)
{
	if (word.n < 3 || !memchr(word.p, '.', word.n))
		return false;
	for (size_t i = 0; i < d->cnt; i++)
		if (sk_span_is_nocase(word, d->names[i]) || is_below(word, d->names[i]) || is_below(d->names[i], word))
			return true;
	return false;
}

static void put_broken(struct sk_buf *out, struct sk_span word)
{
	size_t dot = word.n;

	while (dot > 0 && word.p[dot - 1] != '.')
		dot--;
	if (dot == 0) {
		sk_buf_add(out, word);
		return;
	}
	sk_buf_add(out, sk_span_sub(word, 0, dot - 1));
	sk_buf_add_str(out, "[.]");
	sk_buf_add(out, sk_span_sub(word, dot, word.n));
}

void sk_defang_text(const struct sk_defang *d, struct sk_buf *out, struct sk_span text)
{
	bool is_host = false;

	for (size_t i = 0; i < text.n;) {
		size_t from = i, end;
		struct sk_span word;

		while (i < text.n && is_word(text.p[i]))
			i++;
		for (end = i; end > from && text.p[end - 1] == '.'; end--)
			;
		word = sk_span_sub(text, from, end - from);
		if (text.n - i >= 3 && end == i && memcmp(text.p + i, "://", 3) == 0 && sk_span_is_str_nocase(word, "http"))
			sk_buf_add_str(out, "hxxp");
		else if (text.n - i >= 3 && end == i && memcmp(text.p + i, "://", 3) == 0 && sk_span_is_str_nocase(word, "https"))
			sk_buf_add_str(out, "hxxps");
		else if (is_host || is_known(d, word))
			put_broken(out, word);
		else
			sk_buf_add(out, word);
		sk_buf_add(out, sk_span_sub(text, end, i - end));
		from = i;
		while (i < text.n && !is_word(text.p[i]))
			i++;
		sk_buf_add(out, sk_span_sub(text, from, i - from));
		is_host = i - from >= 3 && memcmp(text.p + i - 3, "://", 3) == 0;
	}
}

void sk_defang_addr(struct sk_buf *out, const struct sk_addr *a)
{
	char text[SK_ADDR_TEXT_MAX];
	struct sk_span s = sk_span_str(sk_fmt_addr(a, text));
	const uint8_t *colon = memchr(s.p, ':', s.n);

	if (is_local(a)) {
		sk_buf_add(out, s);
	} else if (a->family == 4) {
		put_broken(out, s);
	} else if (colon) {
		sk_buf_add(out, sk_span(s.p, (size_t)(colon - s.p)));
		sk_buf_add_str(out, "[:]");
		sk_buf_add(out, sk_span_sub(s, (size_t)(colon - s.p) + 1, s.n));
	}
}
