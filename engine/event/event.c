/* event/event.c — see event.h.
 *
 * The static tables are made from the lists of <sekisho/event.h>, so a field exists here exactly when its slot does.
 */
#include "event/event.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>

#include "base/fmt.h"

#define FIELD(id, name_, type_, unit_, source_, example_, help_) \
	{ .name = name_, .type = SK_VALUE_##type_, .unit = unit_, .source = source_, .example = example_, .help = help_ },
#define X(id, name, help) static const struct sk_field_def fields_##id[] = { SK_FIELDS_##id(FIELD) };
SK_KINDS(X)
#undef X
static const struct sk_field_def fields_common[] = { SK_FIELDS_COMMON(FIELD) };

static const struct sk_kind_def builtin[SK_KIND_BUILTIN_CNT] = {
#define X(id, name_, help_) \
	[SK_KIND_##id] = { .name = name_, .help = help_, .fields = fields_##id, .field_cnt = SK_ARRAY_LEN(fields_##id) },
	SK_KINDS(X)
#undef X
};

const struct sk_kind_def sk_event_common = {
	.name = "common", .help = "fields of every event, taken from its flow", .fields = fields_common,
	.field_cnt = SK_ARRAY_LEN(fields_common)
};

#define X(id, name, help) _Static_assert(SK_ARRAY_LEN(fields_##id) <= SK_FIELD_MAX, name);
SK_KINDS(X)
#undef X
_Static_assert(SK_F_COMMON_CNT <= SK_FIELD_MAX, "common");
_Static_assert(SK_KIND_BUILTIN_CNT <= SK_KIND_MAX, "kinds");

static const char *(*risk_name)(unsigned bit);
static const char *(*community_id)(const struct sk_flow_info *, char *buf);

/* Room a community id maker may fill: "1:" and base64 of 20 bytes, with air. */
#define COMMUNITY_ID_ROOM 64

void sk_event_set_risk_names(const char *(*name)(unsigned bit))
{
	risk_name = name;
}

const char *sk_event_risk_name(unsigned bit)
{
	return risk_name ? risk_name(bit) : NULL;
}

void sk_event_set_community_id(const char *(*make)(const struct sk_flow_info *, char *buf))
{
	community_id = make;
}

#define FULL_NAMES 16384u

static struct {
	pthread_once_t once;
	char text[FULL_NAMES];
	uint16_t at[SK_KIND_BUILTIN_CNT][SK_FIELD_MAX];
} full_names = { .once = PTHREAD_ONCE_INIT };

static void make_full_names(void)
{
	size_t n = 0;

	for (unsigned kind = 0; kind < SK_KIND_BUILTIN_CNT; kind++)
		for (uint32_t i = 0; i < builtin[kind].field_cnt; i++) {
			full_names.at[kind][i] = (uint16_t)n;
			n += (size_t)snprintf(full_names.text + n, FULL_NAMES - n, "%s.%s", builtin[kind].name, builtin[kind].fields[i].name) + 1;
			SK_ASSERT(n < FULL_NAMES);
		}
}

const char *sk_event_full_name(unsigned kind, unsigned slot)
{
	if (kind >= SK_KIND_BUILTIN_CNT)
		return NULL;
	pthread_once(&full_names.once, make_full_names);
	return full_names.text + full_names.at[kind][slot];
}

void sk_registry_init(struct sk_registry *r)
{
	*r = (struct sk_registry){ .cnt = SK_KIND_BUILTIN_CNT };
	for (uint32_t i = 0; i < SK_KIND_BUILTIN_CNT; i++)
		r->kinds[i] = &builtin[i];
}

/* [a-z][a-z0-9_]* words joined by dots. */
static bool is_name(const char *s, bool needs_dot)
{
	bool start = true, dot = false;

	if (!s)
		return false;
	for (; *s; s++) {
		if (*s == '.') {
			if (start)
				return false;
			start = dot = true;
		} else if (start ? !(*s >= 'a' && *s <= 'z') : !(islower((unsigned char)*s) || isdigit((unsigned char)*s) || *s == '_')) {
			return false;
		} else {
			start = false;
		}
	}
	return !start && (dot || !needs_dot);
}

static bool is_kind(const struct sk_kind_def *kind)
{
	if (!is_name(kind->name, true) || kind->field_cnt > SK_FIELD_MAX || (kind->field_cnt && !kind->fields))
		return false;
	for (uint32_t i = 0; i < kind->field_cnt; i++) {
		const struct sk_field_def *f = &kind->fields[i];

		if (!is_name(f->name, false) || f->type == SK_VALUE_NONE || f->type > SK_VALUE_PAIRS)
			return false;
		if (sk_kind_field(kind, sk_span_str(f->name)) != (int)i || sk_kind_field(&sk_event_common, sk_span_str(f->name)) >= 0)
			return false;
	}
	return true;
}

int sk_registry_add(struct sk_registry *r, const struct sk_kind_def *kind)
{
	if (!is_kind(kind) || sk_registry_find(r, sk_span_str(kind->name)) >= 0)
		return SK_E_CONFIG;
	if (r->cnt == SK_KIND_MAX)
		return SK_E_LIMIT;
	r->kinds[r->cnt] = kind;
	return (int)r->cnt++;
}

int sk_registry_find(const struct sk_registry *r, struct sk_span name)
{
	for (uint32_t i = 0; i < r->cnt; i++)
		if (sk_span_is_str(name, r->kinds[i]->name))
			return (int)i;
	return -1;
}

int sk_kind_field(const struct sk_kind_def *kind, struct sk_span name)
{
	for (uint32_t i = 0; i < kind->field_cnt; i++)
		if (sk_span_is_str(name, kind->fields[i].name))
			return (int)i;
	return -1;
}

static struct sk_value none(void)
{
	return (struct sk_value){ .type = SK_VALUE_NONE };
}

static struct sk_value number(uint64_t n)
{
	return (struct sk_value){ .type = SK_VALUE_INT, .u.num = n };
}

static struct sk_value address(const struct sk_addr *a)
{
	return a->family ? (struct sk_value){ .type = SK_VALUE_ADDR, .u.addr = *a } : none();
}

/* s lives as long as the event: static, or made by flow/ or classify/ for the flow. */
static struct sk_value text(const char *s)
{
	return s ? (struct sk_value){ .type = SK_VALUE_TEXT, .u.bytes = sk_span_str(s) } : none();
}

static struct sk_value transport(uint8_t proto, struct sk_arena *scratch)
{
	char buf[4];
	struct sk_span s;
	int n;

	switch (proto) {
	case 1:
	case 58:
		return text("icmp");
	case 6:
		return text("tcp");
	case 17:
		return text("udp");
	case 132:
		return text("sctp");
	default:
		n = snprintf(buf, sizeof(buf), "%u", proto);
		s = sk_arena_copy(scratch, sk_span(buf, (size_t)n));
		return s.p ? (struct sk_value){ .type = SK_VALUE_TEXT, .u.bytes = s } : none();
	}
}

const char *sk_event_community_id(const struct sk_flow_info *f, char *buf)
{
	buf[0] = 0;
	return community_id ? community_id(f, buf) : buf;
}

static struct sk_value community(const struct sk_flow_info *f, struct sk_arena *scratch)
{
	char buf[COMMUNITY_ID_ROOM] = "";
	struct sk_span s;

	if (!community_id)
		return none();
	s = sk_span_str(community_id(f, buf));
	if (s.n == 0)
		return none();
	s = sk_arena_copy(scratch, s);
	return s.p ? (struct sk_value){ .type = SK_VALUE_TEXT, .u.bytes = s } : none();
}

static struct sk_value risks(uint64_t bits, struct sk_arena *scratch)
{
	struct sk_value *v;
	size_t n = 0;

	if (bits == 0 || !risk_name)
		return none();
	v = sk_arena_alloc(scratch, (size_t)__builtin_popcountll(bits) * sizeof(*v));
	if (!v)
		return none();
	for (unsigned bit = 0; bit < 64; bit++) {
		const char *name = bits >> bit & 1 ? risk_name(bit) : NULL;

		if (name)
			v[n++] = text(name);
	}
	return n ? (struct sk_value){ .type = SK_VALUE_LIST, .u.list = { v, n } } : none();
}

struct sk_value sk_event_common_value(const struct sk_event *e, unsigned slot, struct sk_arena *scratch)
{
	const struct sk_flow_info *f = e->flow;

	if (!f)
		return none();
	switch (slot) {
	case SK_F_COMMON_CLIENT_IP:
		return address(&f->client_ip);
	case SK_F_COMMON_CLIENT_PORT:
		return number(f->client_port);
	case SK_F_COMMON_SERVER_IP:
		return address(&f->server_ip);
	case SK_F_COMMON_SERVER_PORT:
		return number(f->server_port);
	case SK_F_COMMON_TRANSPORT:
		return transport(f->proto, scratch);
	case SK_F_COMMON_DIRECTION:
		return text(e->dir == SK_TO_SERVER ? "to_server" : "to_client");
	case SK_F_COMMON_APP_PROTO:
		return text(f->app_proto);
	case SK_F_COMMON_COMMUNITY_ID:
		return community(f, scratch);
	case SK_F_COMMON_NDPI_PROTOCOL:
		return text(f->ndpi_protocol);
	case SK_F_COMMON_NDPI_CATEGORY:
		return text(f->ndpi_category);
	case SK_F_COMMON_NDPI_RISK:
		return risks(f->ndpi_risk, scratch);
	case SK_F_COMMON_VLAN:
		return f->vlan ? number(f->vlan) : none();
	default:
		return none();
	}
}

static const char *type_name(uint32_t type)
{
	static const char *const names[] = {
		[SK_VALUE_NONE] = "", [SK_VALUE_TEXT] = "text", [SK_VALUE_BYTES] = "bytes", [SK_VALUE_STREAM] = "bytes, streamed",
		[SK_VALUE_INT] = "integer", [SK_VALUE_BOOL] = "boolean", [SK_VALUE_TIME] = "time", [SK_VALUE_ADDR] = "address",
		[SK_VALUE_LIST] = "list", [SK_VALUE_PAIRS] = "pairs" };

	return type < SK_ARRAY_LEN(names) ? names[type] : "";
}

/* One table cell; a bar would end it. */
static void print_cell(FILE *out, const char *s, const char *quote)
{
	fputs("| ", out);
	if (!s || !*s)
		quote = "";
	fputs(quote, out);
	for (; s && *s; s++) {
		if (*s == '|')
			fputc('\\', out);
		fputc(*s, out);
	}
	fputs(quote, out);
	fputc(' ', out);
}

static void print_kind(FILE *out, const struct sk_kind_def *kind)
{
	fprintf(out, "### %s\n\n%c%s.\n\n", kind->name, toupper((unsigned char)(kind->help ? kind->help[0] : ' ')),
		kind->help && kind->help[0] ? kind->help + 1 : "");
	if (kind->field_cnt == 0)
		return;
	fputs("| field | type | unit | example | meaning | source |\n|---|---|---|---|---|---|\n", out);
	for (uint32_t i = 0; i < kind->field_cnt; i++) {
		const struct sk_field_def *f = &kind->fields[i];

		print_cell(out, f->name, "`");
		print_cell(out, type_name(f->type), "");
		print_cell(out, f->unit, "");
		print_cell(out, f->example, "`");
		print_cell(out, f->help, "");
		print_cell(out, f->source, "");
		fputs("|\n", out);
	}
	fputc('\n', out);
}

void sk_registry_print(const struct sk_registry *r, void *out)
{
	print_kind(out, &sk_event_common);
	for (uint32_t i = 0; i < r->cnt; i++)
		print_kind(out, r->kinds[i]);
}
