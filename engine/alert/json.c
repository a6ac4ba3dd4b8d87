/* alert/json.c — an alert as one line of EVE JSON: the outer object, alert, flow, ndpi and sekisho.
 *
 * Keys come in the order they are written here. What EVE readers know is named as they know it; everything of ours is in
 * "sekisho". The protocol objects are in eve.c.
 */
#include <stdio.h>
#include <string.h>

#include "alert/alert.h"
#include "alert/eve.h"
#include "base/fmt.h"

static const char *proto_name(uint8_t proto, char *buf, size_t size)
{
	switch (proto) {
	case 1: return "ICMP";
	case 2: return "IGMP";
	case 6: return "TCP";
	case 17: return "UDP";
	case 33: return "DCCP";
	case 47: return "GRE";
	case 50: return "ESP";
	case 58: return "IPv6-ICMP";
	case 132: return "SCTP";
	case 136: return "UDPLite";
	}
	snprintf(buf, size, "%03u", proto);
	return buf;
}

static bool has_ports(uint8_t proto)
{
	return proto == 6 || proto == 17 || proto == 33 || proto == 132 || proto == 136;
}

static uint64_t mix_bytes(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * UINT64_C(0x100000001b3);	/* FNV-1a */
	return h;
}

/* Positive and below 2^53, so that readers which keep numbers as doubles do not change it. */
static uint64_t flow_id(const struct sk_flow_info *f)
{
	uint8_t rest[13];
	uint64_t h;

	for (unsigned i = 0; i < 8; i++)
		rest[i] = (uint8_t)(f->serial >> (56 - 8 * i));
	rest[8] = (uint8_t)(f->client_port >> 8);
	rest[9] = (uint8_t)f->client_port;
	rest[10] = (uint8_t)(f->server_port >> 8);
	rest[11] = (uint8_t)f->server_port;
	rest[12] = f->proto;
	h = mix_bytes(UINT64_C(0xcbf29ce484222325), rest, sizeof(rest));
	h = mix_bytes(h, f->client_ip.b, sizeof(f->client_ip.b));
	h = mix_bytes(h, f->server_ip.b, sizeof(f->server_ip.b));
	h = (h ^ h >> 53) & ((UINT64_C(1) << 53) - 1);
	return h ? h : 1;
}

static void put_time(struct sk_jw *w, const char *key, uint64_t ns)
{
	char text[SK_TIME_TEXT_MAX];

	sk_jw_str(w, key, sk_fmt_time(ns, text));
}

static void put_addr(struct sk_jw *w, const char *key, const struct sk_addr *a)
{
	char text[SK_ADDR_TEXT_MAX];

	if (a->family)
		sk_jw_str(w, key, sk_fmt_addr(a, text));
}

static void put_list(struct sk_jw *w, const char *key, const char *const *list)
{
	if (!list || !list[0])
		return;
	sk_jw_array(w, key);
	for (; *list; list++)
		sk_jw_str(w, NULL, *list);
	sk_jw_end_array(w);
}

static void put_word(struct sk_jw *w, const char *key, const char *word)
{
	if (!word)
		return;
	sk_jw_array(w, key);
	sk_jw_str(w, NULL, word);
	sk_jw_end_array(w);
}

/* src and dest are those of the packet that triggered the alert. */
static void put_packet(struct sk_jw *w, const struct sk_alert *a)
{
	const struct sk_flow_info *f = &a->flow;
	bool back = a->dir == SK_TO_CLIENT;
	char proto[8];

	put_addr(w, "src_ip", back ? &f->server_ip : &f->client_ip);
	if (has_ports(f->proto))
		sk_jw_num(w, "src_port", back ? f->server_port : f->client_port);
	put_addr(w, "dest_ip", back ? &f->client_ip : &f->server_ip);
	if (has_ports(f->proto))
		sk_jw_num(w, "dest_port", back ? f->client_port : f->server_port);
	sk_jw_str(w, "proto", proto_name(f->proto, proto, sizeof(proto)));
	if (f->app_proto)
		sk_jw_str(w, "app_proto", f->app_proto);
	sk_jw_str(w, "direction", back ? "to_client" : "to_server");
}

static void put_alert(struct sk_jw *w, const struct sk_alert *a)
{
	const struct sk_rule *r = a->rule;
	const struct sk_campaign_info *c = r->campaign;

	sk_jw_object(w, "alert");
	sk_jw_str(w, "action", "allowed");
	sk_jw_num(w, "gid", 1);
	sk_jw_num(w, "signature_id", r->sid);
	sk_jw_num(w, "rev", r->rev);
	sk_jw_str(w, "signature", r->title ? r->title : r->id);
	sk_jw_str(w, "category", c ? c->name ? c->name : c->id : "");
	sk_jw_num(w, "severity", sk_severity_eve(r->severity));
	sk_jw_object(w, "metadata");
	put_list(w, "mitre_technique_id", r->attack);
	put_word(w, "campaign", c ? c->id : NULL);
	put_list(w, "actor", c ? c->actors : NULL);
	put_word(w, "stage", r->stage);
	put_word(w, "confidence", a->confidence >= 80 ? "High" : a->confidence >= 50 ? "Medium" : "Low");
	put_word(w, "rule", r->id);
	sk_jw_end_object(w);
	put_list(w, "references", r->references);
	sk_jw_end_object(w);
}

static void put_flow(struct sk_jw *w, const struct sk_flow_info *f)
{
	sk_jw_object(w, "flow");
	sk_jw_num(w, "pkts_toserver", f->packets[SK_TO_SERVER]);
	sk_jw_num(w, "pkts_toclient", f->packets[SK_TO_CLIENT]);
	sk_jw_num(w, "bytes_toserver", f->bytes[SK_TO_SERVER]);
	sk_jw_num(w, "bytes_toclient", f->bytes[SK_TO_CLIENT]);
	put_time(w, "start", f->start_ns);
	put_addr(w, "src_ip", &f->client_ip);
	put_addr(w, "dest_ip", &f->server_ip);
	if (has_ports(f->proto)) {
		sk_jw_num(w, "src_port", f->client_port);
		sk_jw_num(w, "dest_port", f->server_port);
	}
	sk_jw_end_object(w);
}

static void put_ndpi(struct sk_jw *w, const struct sk_alert *a)
{
	bool any = false;

	if (!a->flow.ndpi_protocol && !a->flow.ndpi_category && !a->flow.ndpi_risk)
		return;
	sk_jw_object(w, "ndpi");
	if (a->flow.ndpi_protocol)
		sk_jw_str(w, "protocol", a->flow.ndpi_protocol);
	if (a->flow.ndpi_category)
		sk_jw_str(w, "category", a->flow.ndpi_category);
	for (unsigned bit = 0; bit < 64; bit++) {
		const char *name = a->flow.ndpi_risk >> bit & 1 ? sk_event_risk_name(bit) : NULL;

		if (!name)
			continue;
		if (!any)
			sk_jw_array(w, "risks");
		any = true;
		sk_jw_bytes(w, NULL, sk_span_str(name));
	}
	if (any)
		sk_jw_end_array(w);
	sk_jw_end_object(w);
}

static void put_evidence(struct sk_jw *w, const struct sk_alert_evidence *ev)
{
	sk_jw_object(w, NULL);
	sk_jw_str(w, "field", ev->field);
	sk_jw_num(w, "offset", ev->offset + ev->start);
	sk_jw_num(w, "length", ev->length ? ev->length : ev->value.n - SK_MIN(ev->start, ev->value.n));
	if (ev->start)
		sk_jw_num(w, "before", ev->start);
	sk_jw_bytes(w, "text", ev->value);
	sk_jw_base64(w, "base64", ev->value);
	sk_jw_bool(w, "truncated", ev->truncated);
	if (ev->note)
		sk_jw_bytes(w, "note", sk_span_str(ev->note));
	sk_jw_array(w, "packets");
	for (uint32_t i = 0; i < ev->packet_cnt; i++)
		sk_jw_num(w, NULL, ev->packets[i]);
	sk_jw_end_array(w);
	sk_jw_end_object(w);
}

static void put_member(struct sk_jw *w, const struct sk_alert *m)
{
	sk_jw_object(w, NULL);
	put_time(w, "time", m->time_ns);
	sk_jw_str(w, "id", sk_alert_id(m));
	sk_jw_str(w, "rule", m->rule->id);
	sk_jw_str(w, "title", m->rule->title ? m->rule->title : m->rule->id);
	if (m->rule->stage)
		sk_jw_str(w, "stage", m->rule->stage);
	put_addr(w, "client_ip", &m->flow.client_ip);
	put_addr(w, "server_ip", &m->flow.server_ip);
	sk_jw_num(w, "packet", m->packet);
	sk_jw_str(w, "reason", m->reason);
	sk_jw_end_object(w);
}

/* Steps that were not seen: by name, or by their first rule. */
static void put_missing(struct sk_jw *w, const struct sk_alert *a)
{
	const struct sk_correlation *c = a->rule->correlation;
	bool open = false;

	for (size_t i = 0, step = 64; c && a->rule->type == SK_RULE_SEQUENCE && i < c->step_cnt; i++) {
		const bool first = sk_step_place(c, i) != step;

		step = sk_step_place(c, i);
		if (!first || step >= 64 || a->steps >> step & 1)
			continue;
		if (!open)
			sk_jw_array(w, "missing");
		open = true;
		sk_jw_str(w, NULL, c->joins && c->joins[i].name ? c->joins[i].name : c->steps[i]->id);
	}
	if (open)
		sk_jw_end_array(w);
}

static void put_key(struct sk_jw *w, const struct sk_alert *a)
{
	if (!a->key_cnt)
		return;
	sk_jw_object(w, "key");
	for (size_t i = 0; i < a->key_cnt; i++)
		sk_eve_value(w, a->key[i].field, &a->key[i].value);
	sk_jw_end_object(w);
}

static void put_members(struct sk_jw *w, const struct sk_alert *a)
{
	if (!a->member_cnt)
		return;
	put_key(w, a);
	if (a->case_id[0]) {
		sk_jw_str(w, "case", a->case_id);
		sk_jw_num(w, "update", a->update);
	}
	put_missing(w, a);
	sk_jw_array(w, "members");
	for (size_t i = 0; i < a->member_cnt; i++)
		sk_jw_str(w, NULL, sk_alert_id(a->members[i]));
	sk_jw_end_array(w);
	sk_jw_array(w, "timeline");
	for (size_t i = 0; i < a->member_cnt; i++)
		put_member(w, a->members[i]);
	sk_jw_end_array(w);
}

static void put_sekisho(struct sk_jw *w, const struct sk_alert *a, const char *sensor)
{
	const struct sk_rule *r = a->rule;
	const struct sk_campaign_info *c = r->campaign;

	sk_jw_object(w, "sekisho");
	sk_jw_str(w, "id", sk_alert_id(a));
	if (sensor)
		sk_jw_str(w, "sensor", sensor);
	sk_jw_num(w, "seq", a->seq);
	sk_jw_str(w, "rule", r->id);
	if (r->file)
		sk_jw_str(w, "rule_file", strrchr(r->file, '/') ? strrchr(r->file, '/') + 1 : r->file);
	if (c) {
		sk_jw_str(w, "campaign", c->id);
		sk_jw_str(w, "campaign_name", c->name ? c->name : c->id);
	}
	if (r->stage)
		sk_jw_str(w, "stage", r->stage);
	sk_jw_str(w, "severity", sk_severity_word(r->severity));
	sk_jw_num(w, "confidence", a->confidence);
	sk_jw_str(w, "reason", a->reason);
	sk_jw_array(w, "evidence");
	for (size_t i = 0; i < a->evidence_cnt; i++)
		put_evidence(w, &a->evidence[i]);
	sk_jw_end_array(w);
	sk_eve_fields(w, a);
	put_list(w, "references", c ? c->references : NULL);
	put_list(w, "next_steps", c ? c->next_steps : NULL);
	sk_jw_num(w, "suppressed", a->suppressed);
	put_members(w, a);
	sk_jw_end_object(w);
}

int sk_alert_json(const struct sk_alert *a, const char *sensor, struct sk_buf *out)
{
	struct sk_jw w = { .b = out };
	size_t start = out->n;
	bool failed = out->failed;

	out->failed = false;
	sk_jw_object(&w, NULL);
	put_time(&w, "timestamp", a->time_ns);
	sk_jw_num(&w, "flow_id", flow_id(&a->flow));
	if (a->iface)
		sk_jw_str(&w, "in_iface", a->iface);
	if (a->file) {
		sk_jw_str(&w, "pcap_filename", a->file);
		sk_jw_num(&w, "pcap_cnt", a->packet);
	}
	sk_jw_str(&w, "event_type", "alert");
	if (a->flow.vlan) {
		sk_jw_array(&w, "vlan");
		sk_jw_num(&w, NULL, a->flow.vlan);
		sk_jw_end_array(&w);
	}
	put_packet(&w, a);
	if (a->community_id[0])
		sk_jw_str(&w, "community_id", a->community_id);
	if (sensor)
		sk_jw_str(&w, "host", sensor);
	put_alert(&w, a);
	sk_eve_protocols(&w, a);
	put_flow(&w, &a->flow);
	put_ndpi(&w, a);
	put_sekisho(&w, a, sensor);
	sk_jw_end_object(&w);
	if (!out->failed) {
		out->failed = failed;
		return 0;
	}
	out->n = start;
	return SK_E_MEMORY;
}
