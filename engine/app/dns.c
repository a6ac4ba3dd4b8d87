/* app/dns.c — DNS over UDP and TCP: queries, answers, oddities.
 *
 * in       datagrams; runs, cut into messages by their two-byte lengths
 * memory   a message that is not whole in a run waits in a malloc'd buffer, at most 64 KiB per direction
 * source   RFC 1035, RFC 7766 (TCP), RFC 6762 (mDNS), RFC 4795 (LLMNR)
 * limits   behind a hole in a TCP stream the next run that looks like the start of a message is one
 */
#include "app/binding.h"
#include "app/list.h"
#include "base/buf.h"
#include "base/rd.h"
#include "proto/dns.h"

#define SK_DNS_COUNTERS(X) \
	X(messages, "messages", "messages parsed") \
	X(queries, "messages", "… that ask") \
	X(answers, "messages", "… that answer") \
	X(malformed, "messages", "… with something wrong") \
	X(not_dns, "messages", "datagrams and lengths that begin no DNS message") \
	X(resyncs, "runs", "runs skipped behind a hole") \
	X(names_cut, "messages", "messages with more names than are told") \
	X(memory, "messages", "messages lost because memory was short")
SK_COUNTER_STRUCT(dns, SK_DNS_COUNTERS)
SK_COUNTER_TABLE(dns, SK_DNS_COUNTERS)

#define NAME_BYTES_MAX (256u * 1024)	/* of expanded names that one answer tells */

struct stream {
	struct sk_buf held;		/* the beginning of a message, with its length */
	uint64_t held_off;
	uint64_t next_off;
	bool lost;			/* looking for a message's start */
};

struct dns {
	struct stream *dir;		/* two, of TCP; a datagram leaves nothing behind */
};

/* One message at hand. */
struct job {
	struct sk_app *a;
	struct sk_flow *f;
	struct sk_dns_counters *counters;
	int dir;
	uint64_t off;			/* stream offset of its first byte */
	bool cut;			/* by the capture length: truncation says nothing */
	struct sk_dns dns;
	size_t name_bytes;		/* expanded so far */
};

static bool is_wanted(const struct job *j, unsigned kind)
{
	return sk_wanted_kind(sk_app_wanted(j->a), kind);
}

static bool wants(const struct job *j, unsigned kind, unsigned slot)
{
	return sk_wanted_field(sk_app_wanted(j->a), kind, slot);
}

static struct sk_span code_name(struct sk_arena *arena, const char *name, const char *prefix, uint16_t code)
{
	char digits[5];
	size_t n = 0, len;
	uint8_t *p;

	if (name)
		return sk_span_str(name);
	do
		digits[n++] = (char)('0' + code % 10);
	while ((code = (uint16_t)(code / 10)));
	len = strlen(prefix);
	p = sk_arena_alloc(arena, len + n);
	if (!p)
		return sk_span(NULL, 0);
	memcpy(p, prefix, len);
	for (size_t i = 0; i < n; i++)
		p[len + i] = (uint8_t)digits[n - 1 - i];
	return sk_span(p, len + n);
}

static struct sk_span name_text(struct job *j, const struct sk_dns_name *name)
{
	struct sk_span s = sk_list_lower(sk_app_scratch(j->a), sk_span(name->text, name->n));

	j->counters->memory += s.p == NULL;
	return s;
}

/* The same of a name that stays where it is until the event is over: most are sent in lower case. */
static struct sk_span kept_name_text(struct job *j, const struct sk_dns_name *name)
{
	return SK_LIKELY(name->lower) ? sk_span(name->text, name->n) : name_text(j, name);
}

/* --- queries --- */

static void set_labels(struct sk_value *v, struct sk_arena *arena, struct sk_span msg, const struct sk_dns_name *name)
{
	const size_t n = name->label_cnt;
	struct sk_value *label = n ? sk_arena_alloc(arena, n * sizeof(*label)) : NULL;

	if (!label)
		return;
	v->type = SK_VALUE_LIST;
	v->u.list.v = label;
	v->u.list.n = n;
	for (size_t i = 0; i < n; i++)
		sk_set_span(&label[i], SK_VALUE_TEXT, sk_span(msg.p + name->label[i].off, name->label[i].n));
}

static void publish_query(struct job *j, const struct sk_dns_question *q)
{
	struct sk_arena *arena = sk_app_scratch(j->a);
	struct sk_value v[SK_F_DNS_QUERY_CNT];
	struct sk_event e = { .kind = SK_KIND_DNS_QUERY, .value_cnt = SK_F_DNS_QUERY_CNT, .values = v };

	sk_set_span(&v[SK_F_DNS_QUERY_NAME], SK_VALUE_TEXT, kept_name_text(j, q->name));
	sk_set_span(&v[SK_F_DNS_QUERY_NAME_RAW], SK_VALUE_TEXT, sk_span(q->name->text, q->name->n));
	sk_set_num(&v[SK_F_DNS_QUERY_ID], j->dns.id);
	sk_set_num(&v[SK_F_DNS_QUERY_OPCODE], j->dns.opcode);
	sk_set_num(&v[SK_F_DNS_QUERY_CLASS], q->class);
	if (q->whole) {
		sk_set_span(&v[SK_F_DNS_QUERY_TYPE], SK_VALUE_TEXT, code_name(arena, sk_dns_type_name(q->type), "TYPE", q->type));
	} else {
		v[SK_F_DNS_QUERY_TYPE].type = SK_VALUE_NONE;
		v[SK_F_DNS_QUERY_CLASS].type = SK_VALUE_NONE;
	}
	v[SK_F_DNS_QUERY_LABELS].type = SK_VALUE_NONE;
	if (wants(j, SK_KIND_DNS_QUERY, SK_F_DNS_QUERY_LABELS))
		set_labels(&v[SK_F_DNS_QUERY_LABELS], arena, j->dns.msg, q->name);
	sk_app_publish(j->a, j->f, j->dir, j->off, &e);
}

static void run_query(struct job *j)
{
	struct sk_dns_name name;
	struct sk_dns_question q = { .name = &name };
	struct sk_dns_record r;

	j->counters->queries++;
	if (is_wanted(j, SK_KIND_DNS_QUERY))
		while (sk_dns_next_question(&j->dns, &q))
			publish_query(j, &q);
	if (is_wanted(j, SK_KIND_DNS_ODDITY))
		while (sk_dns_next_record(&j->dns, &r))
			;
}

/* --- answers --- */

struct lists {
	struct sk_list address, cname, txt, ns, names, other;
	uint64_t records, ttl_min;
	bool has_ttl;
	struct sk_span last_owner;	/* as told, so that a run of records of one owner tells it once */
	const struct sk_dns_name *asked;	/* of the question, whole, at asked_at; or NULL */
	size_t asked_at;
	struct sk_span asked_text;	/* of the question; p NULL: none */
};

static void add_text(struct job *j, struct sk_list *l, struct sk_span text)
{
	struct sk_value *v = text.p ? sk_list_more(l, sk_app_scratch(j->a)) : NULL;

	if (v)
		sk_set_span(v, SK_VALUE_TEXT, text);
	else if (!text.p)
		j->counters->memory++;
}

static void add_name(struct job *j, struct sk_list *l, const struct sk_dns_name *name)
{
	if (name->n)
		add_text(j, l, name_text(j, name));
}

/* False when the message has had its share of names. */
static bool has_share(struct job *j)
{
	if (SK_LIKELY(j->name_bytes <= NAME_BYTES_MAX))
		return true;
	sk_dns_odd(&j->dns, SK_DNS_ODD(NAMES), j->dns.at);
	return false;
}

static bool expand(struct job *j, size_t at, struct sk_dns_name *name)
{
	if (!has_share(j))
		return false;
	sk_dns_name_at(&j->dns, at, name);
	j->name_bytes += name->n + 16u;
	return true;
}

/* The owner is a pointer to the name that was asked for, as it is nearly always. */
static bool owner_is_asked(const struct job *j, const struct lists *l, size_t at)
{
	struct sk_rd rd = sk_rd(sk_span_sub(j->dns.msg, at, 2));

	return l->asked && sk_rd_u16be(&rd) == (0xc000 | l->asked_at);
}

static void add_owner(struct job *j, struct lists *l, const struct sk_dns_record *r)
{
	struct sk_dns_name own;
	struct sk_span text;
	size_t n = l->names.n;

	if (owner_is_asked(j, l, r->owner_at)) {
		if (!has_share(j))
			return;
		j->name_bytes += l->asked->n + 16u;
		text = l->asked_text;
	} else {
		if (!expand(j, r->owner_at, &own))
			return;
		text = name_text(j, &own);
	}
	if (text.p && (text.n == 0 || (l->last_owner.p && (l->last_owner.p == text.p || sk_span_is(l->last_owner, text)))))
		return;
	add_text(j, &l->names, text);
	if (l->names.n > n)
		l->last_owner = text;
}

/* The strings of a TXT record, one after the other. */
static void add_txt(struct job *j, struct sk_list *l, const struct sk_dns_record *r)
{
	struct sk_rd rd = sk_rd(r->data);
	uint8_t *p = sk_arena_alloc(sk_app_scratch(j->a), r->data.n + 1);
	size_t n = 0;

	if (!p) {
		j->counters->memory++;
		return;
	}
	while (sk_rd_left(&rd)) {
		size_t len = sk_rd_u8(&rd);
		struct sk_span s = sk_rd_span(&rd, SK_MIN(len, sk_rd_left(&rd)));

		if (s.n < len)
			sk_dns_odd(&j->dns, SK_DNS_ODD(DATA), r->data_at);
		if (s.n)
			memcpy(p + n, s.p, s.n);
		n += s.n;
	}
	sk_list_add(l, sk_app_scratch(j->a), sk_value_text(sk_span(p, n)));
}

static bool add_address(struct job *j, struct sk_list *l, const struct sk_dns_record *r)
{
	size_t want = r->type == SK_DNS_A ? 4 : 16;
	struct sk_value *v;

	if ((r->class & 0x7fff) != 1)
		return false;
	if (r->data.n != want) {
		if (r->data.n || j->dns.opcode != 5)
			sk_dns_odd(&j->dns, SK_DNS_ODD(DATA), r->data_at);
		return false;
	}
	v = sk_list_more(l, sk_app_scratch(j->a));
	if (v) {
		v->type = SK_VALUE_ADDR;
		v->u.addr = (struct sk_addr){ .family = want == 4 ? 4 : 6 };
		memcpy(v->u.addr.b, r->data.p, want);
	}
	return true;
}

static void add_data_names(struct job *j, struct lists *l, const struct sk_dns_record *r)
{
	size_t at[2];
	unsigned n = sk_dns_data_names(&j->dns, r, at);
	struct sk_dns_name name;

	for (unsigned i = 0; i < n; i++) {
		if (!expand(j, at[i], &name))
			return;
		add_name(j, &l->names, &name);
		if (r->type == SK_DNS_CNAME)
			add_name(j, &l->cname, &name);
		else if (r->type == SK_DNS_NS)
			add_name(j, &l->ns, &name);
	}
}

static void add_record(struct job *j, struct lists *l, const struct sk_dns_record *r)
{
	bool told = false;

	l->records++;
	if (r->section == SK_DNS_ANSWER && (!l->has_ttl || r->ttl < l->ttl_min)) {
		l->ttl_min = r->ttl;
		l->has_ttl = true;
	}
	add_owner(j, l, r);
	switch (r->type) {
	case SK_DNS_A:
	case SK_DNS_AAAA:
		told = add_address(j, &l->address, r);
		break;
	case SK_DNS_TXT:
		add_txt(j, &l->txt, r);
		told = true;
		break;
	default:
		add_data_names(j, l, r);
		told = r->type == SK_DNS_CNAME || r->type == SK_DNS_NS;
		break;
	}
	if (!told && r->data.n && wants(j, SK_KIND_DNS_ANSWER, SK_F_DNS_ANSWER_OTHER))
		sk_list_add(&l->other, sk_app_scratch(j->a), sk_value_bytes(r->data));
}

static void publish_answer(struct job *j, const struct lists *l, const struct sk_dns_question *q)
{
	struct sk_arena *arena = sk_app_scratch(j->a);
	struct sk_value v[SK_F_DNS_ANSWER_CNT];
	struct sk_event e = { .kind = SK_KIND_DNS_ANSWER, .value_cnt = SK_F_DNS_ANSWER_CNT, .values = v };

	sk_set_span(&v[SK_F_DNS_ANSWER_NAME], SK_VALUE_TEXT, l->asked_text);
	if (q && q->whole)
		sk_set_span(&v[SK_F_DNS_ANSWER_TYPE], SK_VALUE_TEXT, code_name(arena, sk_dns_type_name(q->type), "TYPE", q->type));
	else
		v[SK_F_DNS_ANSWER_TYPE].type = SK_VALUE_NONE;
	sk_set_span(&v[SK_F_DNS_ANSWER_RCODE], SK_VALUE_TEXT,
		    code_name(arena, sk_dns_rcode_name(j->dns.rcode), "RCODE", j->dns.rcode));
	sk_set_num(&v[SK_F_DNS_ANSWER_ID], j->dns.id);
	sk_set_list(&v[SK_F_DNS_ANSWER_ADDRESS], &l->address);
	sk_set_list(&v[SK_F_DNS_ANSWER_CNAME], &l->cname);
	sk_set_list(&v[SK_F_DNS_ANSWER_TXT], &l->txt);
	sk_set_list(&v[SK_F_DNS_ANSWER_NS], &l->ns);
	sk_set_list(&v[SK_F_DNS_ANSWER_NAMES], &l->names);
	sk_set_list(&v[SK_F_DNS_ANSWER_OTHER], &l->other);
	sk_set_num(&v[SK_F_DNS_ANSWER_RECORDS], l->records);
	sk_set_num(&v[SK_F_DNS_ANSWER_TTL_MIN], l->ttl_min);
	if (!l->has_ttl)
		v[SK_F_DNS_ANSWER_TTL_MIN].type = SK_VALUE_NONE;
	sk_app_publish(j->a, j->f, j->dir, j->off, &e);
}

static void run_answer(struct job *j)
{
	struct sk_dns_name name;
	struct sk_dns_question q = { .name = &name };
	struct sk_dns_record r;
	struct lists l = { 0 };
	bool asked;

	j->counters->answers++;
	if (!is_wanted(j, SK_KIND_DNS_ANSWER) && !is_wanted(j, SK_KIND_DNS_ODDITY))
		return;
	l.asked_at = j->dns.at;
	asked = sk_dns_next_question(&j->dns, &q);
	if (asked)
		l.asked_text = kept_name_text(j, &name);
	if (asked && name.whole)
		l.asked = &name;
	while (sk_dns_next_record(&j->dns, &r))
		add_record(j, &l, &r);
	if (j->dns.oddities & SK_DNS_ODD(NAMES))
		j->counters->names_cut++;
	publish_answer(j, &l, asked ? &q : NULL);
}

/* --- messages --- */

static void tell_oddities(struct job *j)
{
	const struct sk_dns *d = &j->dns;
	uint32_t bits = d->oddities;

	/* RFC 6762 5.3: mDNS asks several questions at once */
	if (j->f->info.server_port == 5353)
		bits &= ~SK_DNS_ODD(QUESTIONS);
	if (j->cut)
		bits &= ~(SK_DNS_ODD(TRUNCATED) | SK_DNS_ODD(HEADER) | SK_DNS_ODD(POINTER_OUTSIDE) | SK_DNS_ODD(DATA));
	if (!bits)
		return;
	j->counters->malformed++;
	for (; bits; bits &= bits - 1) {
		unsigned bit = (unsigned)__builtin_ctz(bits);

		sk_app_publish_oddity(j->a, j->f, j->dir, SK_KIND_DNS_ODDITY, sk_dns_oddity_names[bit], d->msg, sk_span(NULL, 0),
				      j->off + d->odd_at[bit], NULL);
	}
}

static void run_message(struct sk_app *a, struct sk_flow *f, struct sk_dns_counters *c, int dir, struct sk_span msg, uint64_t off, bool cut)
{
	struct job j;

	j.a = a;
	j.f = f;
	j.counters = c;
	j.dir = dir;
	j.off = off;
	j.cut = cut;
	j.name_bytes = 0;
	j.counters->messages++;
	if (sk_dns_open(&j.dns, msg)) {
		if (j.dns.is_response)
			run_answer(&j);
		else
			run_query(&j);
	}
	tell_oddities(&j);
}

/* mDNS, LLMNR and DNS itself: what comes to these ports is meant to be DNS, however it looks. */
static bool is_dns_number(uint16_t port)
{
	return port == 53 || port == 5353 || port == 5355;
}

static bool is_dns_port(const struct sk_flow_info *f)
{
	return is_dns_number(f->server_port) || is_dns_number(f->client_port);
}

/* Queries go to the server. On equal ports (mDNS) both sides ask and answer; to a DNS port anything goes. */
static bool fits_dir(struct sk_span msg, int dir, const struct sk_flow_info *f)
{
	return f->client_port == f->server_port || is_dns_number(f->server_port) || (msg.n > 2 && msg.p[2] >> 7) == (dir == SK_TO_CLIENT);
}

static void run_datagram(struct sk_app *a, struct sk_flow *f, void *state, int dir, const struct sk_packet *p)
{
	struct sk_dns_counters *c = sk_app_binding_counters(a, &sk_app_dns);
	struct sk_span msg = sk_span_sub(p->payload, 0, UINT16_MAX);

	(void)state;
	if (msg.n == 0)
		return;
	if (SK_UNLIKELY(!sk_dns_is_usual(msg)) && msg.n >= SK_DNS_HEADER_LEN && sk_dns_looks(msg, msg.n, false) == SK_DNS_NO) {
		c->not_dns++;
		sk_app_publish_oddity(a, f, dir, SK_KIND_DNS_ODDITY, sk_dns_oddity_names[SK_DNS_ODDITY_BIT_NOT_DNS], msg,
				      sk_span(NULL, 0), 0, NULL);
		return;
	}
	f->answered = msg.n > 2 && msg.p[2] >> 7;
	run_message(a, f, c, dir, msg, 0, p->flags & SK_PACKET_CUT);
}

static enum sk_app_guess from_look(enum sk_dns_look look)
{
	return look == SK_DNS_YES ? SK_APP_YES : look == SK_DNS_MORE ? SK_APP_MORE : SK_APP_NO;
}

static enum sk_app_guess guess_datagram(struct sk_span payload, int dir, const struct sk_flow_info *f)
{
	/* NetBIOS names (RFC 1002) have the same shape and mean something else */
	if (f->server_port == 137 || f->client_port == 137 || !fits_dir(payload, dir, f))
		return SK_APP_NO;
	if (is_dns_port(f) && sk_dns_is_usual(payload))
		return SK_APP_YES;
	return from_look(sk_dns_looks(payload, payload.n, !is_dns_port(f)));
}

/* --- TCP --- */

static enum sk_app_guess guess(struct sk_span first, int dir, const struct sk_flow_info *f)
{
	struct sk_rd r = sk_rd(first);
	size_t len = sk_rd_u16be(&r);

	if (!sk_rd_ok(&r))
		return SK_APP_MORE;
	if (len < SK_DNS_HEADER_LEN)
		return SK_APP_NO;
	if (first.n > 4 && !fits_dir(sk_span_sub(first, 2, first.n), dir, f))
		return SK_APP_NO;
	/* a message that looks malformed is believed only when it is whole: its length may be anything */
	return from_look(sk_dns_looks(sk_span_sub(first, 2, SK_MIN(len, first.n)), len, !is_dns_port(f) || len > first.n - 2));
}

static void lose(struct sk_app *a, struct stream *s)
{
	struct sk_dns_counters *c = sk_app_binding_counters(a, &sk_app_dns);

	c->resyncs++;
	sk_buf_clear(&s->held);
	s->lost = true;
}

/* A whole message with its length in front. False when the stream is not understood any more. */
static bool run_framed(struct sk_app *a, struct sk_flow *f, int dir, struct sk_span framed, uint64_t off)
{
	struct sk_span msg = sk_span_sub(framed, 2, framed.n);

	if (SK_UNLIKELY(!sk_dns_is_usual(msg)) && msg.n >= SK_DNS_HEADER_LEN && sk_dns_looks(msg, msg.n, false) == SK_DNS_NO) {
		struct sk_dns_counters *c = sk_app_binding_counters(a, &sk_app_dns);

		c->not_dns++;
		sk_app_publish_oddity(a, f, dir, SK_KIND_DNS_ODDITY, sk_dns_oddity_names[SK_DNS_ODDITY_BIT_NOT_DNS], msg,
				      sk_span(NULL, 0), off + 2, NULL);
		return false;
	}
	run_message(a, f, sk_app_binding_counters(a, &sk_app_dns), dir, msg, off + 2, false);
	return true;
}

/* Bytes of the message that begins with these, its length included; 0 while that is not known. */
static size_t framed_len(struct sk_span s)
{
	struct sk_rd r = sk_rd(s);
	size_t len = sk_rd_u16be(&r);

	return sk_rd_ok(&r) ? len + 2 : 0;
}

/* Adds to what is held until a message is whole; takes its part off the front of *data. */
static bool run_held(struct sk_app *a, struct sk_flow *f, int dir, struct stream *s, struct sk_span *data)
{
	while (s->held.n && data->n) {
		size_t want = framed_len(sk_buf_span(&s->held)), n;

		n = want ? want - s->held.n : 1;
		n = SK_MIN(n, data->n);
		if (sk_buf_add(&s->held, sk_span(data->p, n)) < 0)
			return false;
		*data = sk_span_sub(*data, n, data->n);
		if (s->held.n >= 2 && s->held.n == framed_len(sk_buf_span(&s->held))) {
			bool ok = run_framed(a, f, dir, sk_buf_span(&s->held), s->held_off);

			sk_buf_clear(&s->held);
			if (!ok)
				return false;
		}
	}
	return true;
}

static bool run_bytes(struct sk_app *a, struct sk_flow *f, int dir, struct stream *s, struct sk_span data, uint64_t off)
{
	size_t n0 = data.n, len;

	if (!run_held(a, f, dir, s, &data))
		return false;
	off += n0 - data.n;
	while ((len = framed_len(data)) && len <= data.n) {
		sk_arena_reset(sk_app_scratch(a));
		if (!run_framed(a, f, dir, sk_span_sub(data, 0, len), off))
			return false;
		data = sk_span_sub(data, len, data.n);
		off += len;
	}
	if (data.n == 0)
		return true;
	if (data.n >= 2 + SK_DNS_HEADER_LEN && sk_dns_looks(sk_span_sub(data, 2, data.n), len, false) == SK_DNS_NO)
		return run_framed(a, f, dir, data, off);
	s->held_off = off;
	sk_app_pin(f, dir, off + 2);
	return sk_buf_add(&s->held, data) == 0;
}

static void run(struct sk_app *a, struct sk_flow *f, void *state, int dir, const struct sk_run *r)
{
	const struct dns *d = state;
	struct stream *s;

	if (!d->dir)
		return;				/* counted by begin */
	s = &d->dir[dir];
	if (!r->data.p) {
		lose(a, s);
	} else if (r->data.n) {
		if (s->lost && guess(sk_span_sub(r->data, 0, SK_APP_FIRST_MAX), dir, &f->info) != SK_APP_YES)
			return;
		s->lost = false;
		if (!run_bytes(a, f, dir, s, r->data, r->off))
			lose(a, s);
	}
	/* a capture may end anywhere, and so may a connection that is reset; one that is closed may not */
	if (r->closed && s->held.n) {
		struct sk_dns_counters *c = sk_app_binding_counters(a, &sk_app_dns);

		c->malformed++;
		sk_app_publish_oddity(a, f, dir, SK_KIND_DNS_ODDITY, sk_dns_oddity_names[SK_DNS_ODDITY_BIT_TRUNCATED],
				      sk_buf_span(&s->held), sk_span(NULL, 0), s->held_off, NULL);
		sk_buf_clear(&s->held);
	}
}

static void begin(struct sk_app *a, struct sk_flow *f, void *state, const void *setup)
{
	struct dns *d = state;

	(void)setup;
	if (f->info.proto != 6)
		return;
	d->dir = sk_arena_zalloc(&f->arena, 2 * sizeof(*d->dir));
	if (!d->dir)
		((struct sk_dns_counters *)sk_app_binding_counters(a, &sk_app_dns))->memory++;
	for (int i = 0; i < 2 && d->dir; i++)
		d->dir[i].held.cap = UINT16_MAX + 2u;
}

static void end(struct sk_app *a, struct sk_flow *f, void *state)
{
	struct dns *d = state;

	(void)a;
	(void)f;
	for (int i = 0; i < 2 && d->dir; i++)
		sk_buf_fini(&d->dir[i].held);
}

const struct sk_app_binding sk_app_dns = {
	.name = "dns",
	.kinds = SK_APP_KIND(DNS_QUERY) | SK_APP_KIND(DNS_ANSWER) | SK_APP_KIND(DNS_ODDITY),
	.state_size = sizeof(struct dns),
	.guess = guess,
	.guess_datagram = guess_datagram,
	.begin = begin,
	.run = run,
	.datagram = run_datagram,
	.datagrams_alone = true,
	.end = end,
	.counter_table = &sk_dns_counter_table,
};
