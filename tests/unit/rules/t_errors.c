/* tests/unit/rules/t_errors.c — every mistake a campaign file can have, where it is told and how. */
#include "unit.h"

#include "base/compiler.h"
#include "lab.h"

#define IND "indicators:\n  c2: {kind: domain, values: [evil.example]}\n  nets: {kind: cidr, values: [192.0.2.0/24]}\n"
/* A rule whose conditions begin in line 3, column 12. */
#define WHERE(w) LAB_HEAD "rules:\n- {id: r, title: t, severity: low, on: http.request, where: \n   " w "}\n"
#define IN(w) LAB_HEAD IND "rules:\n- {id: r, title: t, severity: low, on: http.request, where: \n   " w "}\n"
#define RULE(r) LAB_HEAD "rules:\n- {" r "}\n"
#define OK "id: r, title: t, severity: low, on: dns.query, where: {name: x}"
#define SET(s) LAB_HEAD "indicators:\n  s: {" s "}\n"
#define STEPS "- {id: a, title: t, severity: low, on: dns.query, where: {name: x}}\n- {id: b, title: t, severity: low, on: http.body, where: {bytes: x}}\n"
#define OVER(c) LAB_HEAD "rules:\n" STEPS "- {id: c, title: t, severity: low,\n   " c "}\n"

static const struct {
	const char *text, *want;
} cases[] = {
	/* files */
	{ "", "1:1: no campaign; expected campaign: {id: …, name: …}\n" },
	{ "a: [\n", "2:1: did not find expected node content while parsing a flow node\n" },
	{ LAB_HEAD "rule: []\n", "2:1: unknown key 'rule' in a campaign file; did you mean 'rules'?\n" },
	{ LAB_HEAD "xyz: []\n", "2:1: unknown key 'xyz' in a campaign file; expected campaign, indicators or rules\n" },
	{ LAB_HEAD "rules: {}\n", "2:8: rules: expected a list of rules, found a mapping\n" },
	{ LAB_HEAD "rules: [a]\n", "2:9: a rule: expected a mapping (key: value), found 'a'\n" },
	{ "campaign: {id: lab}\n", "1:1: campaign has no name\n" },
	{ "campaign: {name: lab}\n", "1:1: campaign has no id\n" },
	{ "campaign: {id: Lab One, name: x}\n", "1:16: expected an id of a-z, 0-9, '-', '_' and '.', found 'Lab One'\n" },
	{ "campaign: {id: lab, name: x, actor: [a]}\n", "1:30: unknown key 'actor' in campaign; did you mean 'actors'?\n" },
	{ "campaign: {id: lab, name: x, actors: {a: b}}\n", "1:38: expected a text, found a mapping\n" },
	{ "campaign: {id: lab, name: ''}\n", "1:27: expected a text, found an empty text\n" },
	{ "campaign: {id: lab, name: x, name: y}\n", "1:30: duplicate key 'name', first at line 1\n" },
	{ LAB_HEAD "rules:\n- &a {" OK "}\n", "3:3: anchors are not allowed: '&a'\n" },
	/* keys of a rule */
	{ RULE("title: t, severity: low, on: dns.query, where: {name: x}"), "3:3: rule has no id\n" },
	{ RULE("id: Up, title: t, severity: low, on: dns.query, where: {name: x}"),
		"3:8: expected an id of a-z, 0-9, '-', '_' and '.', found 'Up'\n" },
	{ RULE("id: r, severity: low, on: dns.query, where: {name: x}"), "3:3: rule 'r' has no title\n" },
	{ RULE("id: r, title: t, on: dns.query, where: {name: x}"),
		"3:3: rule 'r' has no severity; expected critical, high, medium, low or info\n" },
	{ RULE("id: r, title: t, severity: hihg, on: dns.query, where: {name: x}"),
		"3:31: expected info, low, medium, high or critical, found 'hihg'; did you mean 'high'?\n" },
	{ RULE(OK ", titel: x"), "3:69: unknown key 'titel' in a rule; did you mean 'title'?\n" },
	{ RULE(OK ", sid: 0"), "3:74: expected a number from 1 to 2147483647, found '0'\n" },
	{ RULE(OK ", confidence: 101"), "3:81: expected a number from 0 to 100, found '101'\n" },
	{ RULE(OK ", mark: maybe"), "3:75: expected true or false, found 'maybe'\n" },
	{ RULE(OK ", enabled: 1"), "3:78: expected true or false, found '1'\n" },
	{ RULE(OK ", attack: [T119]"), "3:78: expected an ATT&CK id such as T1190 or T1059.001, found 'T119'\n" },
	{ RULE(OK ", tests: x"), "3:76: tests: expected a list, found 'x'\n" },
	{ RULE(OK ", tests: [{alerts: 1}]"), "3:77: test has no pcap\n" },
	{ RULE(OK ", tests: [{pcap: ../x.pcap}]"), "3:84: expected a path below pcaps/, found '../x.pcap'\n" },
	{ RULE(OK ", tests: [{pcap: x, alerts: many}]"), "3:95: expected a number of alerts, or 'some' for at least one, found 'many'\n" },
	{ RULE(OK ", reason: 'to {nam}'"), "3:77: reason: 'nam' is not a field of the rule's events\n" },
	{ RULE(OK ", reason: 'to {name'"), "3:77: a lone '{'; expected {field}, or '{{' for the character itself\n" },
	{ RULE(OK ", reason: 'to name}'"), "3:77: a lone '}'; expected {field}, or '}}' for the character itself\n" },
	{ RULE(OK "") "- {" OK "}\n", "4:8: duplicate rule id 'r', first in FILE:3\n" },
	{ RULE(OK ", sid: 7") "- {id: q, sid: 7, title: t, severity: low, on: dns.query, where: {name: x}}\n",
		"4:16: duplicate sid 7, first in FILE:3\n" },
	{ RULE(OK ", count: {}"), "3:69: 'count' beside 'where'; expected one of where, sequence, count, distinct and absent\n" },
	{ RULE("id: r, title: t, severity: low"),
		"3:3: rule 'r' has no conditions; expected on and where, or sequence, count, distinct or absent\n" },
	{ RULE("id: r, title: t, severity: low, where: {name: x}"),
		"3:3: rule 'r' has no event; expected on: http.request or another kind\n" },
	{ RULE("id: r, title: t, severity: low, on: http.requst, where: {path: x}"),
		"3:40: unknown event 'http.requst'; did you mean 'http.request'?\n" },
	{ RULE("id: r, title: t, severity: low, on: [a], where: {path: x}"), "3:40: expected the name of an event, found a list\n" },
	{ RULE(OK ", limit: {count: 1}"), "3:69: limit has no within\n" },
	{ RULE(OK ", limit: {within: 1 h}"), "3:69: limit has no count\n" },
	{ RULE(OK ", limit: {count: 1, within: 1 h, by: nam}"), "3:104: dns.query has no field 'nam'; did you mean 'name'?\n" },
	{ RULE(OK ", limit: {count: 1, within: soon}"),
		"3:95: expected a time with unit such as 200 ms, 10 s, 5 min, 2 h or 7 d, found 'soon'\n" },
	/* fields */
	{ WHERE("{pth: /a}"), "4:5: http.request has no field 'pth'; did you mean 'path'?\n" },
	{ WHERE("{sever.ip: 10.1.1.1}"), "4:5: http.request has no field 'sever.ip'; did you mean 'server.ip'?\n" },
	{ WHERE("{zzzzzzzz: 1}"), "4:5: http.request has no field 'zzzzzzzz'\n" },
	{ WHERE("{header: x}"), "4:5: 'header' holds pairs; expected header[name], or header[*] for all\n" },
	{ WHERE("{'path[x]': x}"), "4:5: 'path' is not a field of pairs; leave out '[x]'\n" },
	{ WHERE("{response.status: 200}"), "4:5: http.request has no http.response above it\n" },
	{ WHERE("{http.response.status: 200}"), "4:5: http.request has no http.response above it\n" },
	{ LAB_HEAD "rules:\n- {id: r, title: t, severity: low, on: http.body, where: {request.pth: x}}\n",
		"3:59: http.request has no field 'pth'; did you mean 'request.path'?\n" },
	/* conditions */
	{ WHERE("[a]"), "4:4: where: expected a mapping of conditions, found a list; a list goes under all:, any: or not:\n" },
	{ WHERE("{}"), "4:4: where: expected conditions, found none\n" },
	{ WHERE("{any: x}"), "4:10: any: expected conditions, found 'x'\n" },
	{ WHERE("{any: [x]}"), "4:11: expected a condition (field: value), found 'x'\n" },
	{ WHERE("{path: {contain: x}}"), "4:12: unknown operator 'contain'; did you mean 'contains'?\n" },
	{ WHERE("{path: {zzzzzzzz: x}}"),
		"4:12: unknown operator 'zzzzzzzz'; expected is, contains, starts, ends, regex, in, cidr, gt, lt, ge, le, len or exists\n" },
	{ WHERE("{path: {gt: 5}}"),
		"4:12: 'gt' does not fit path, bytes; expected is, contains, contains_all, starts, ends, regex, in, cidr, len or exists\n" },
	{ WHERE("{content_length: {contains: 5}}"),
		"4:22: 'contains' does not fit content_length, a number; expected is, in, gt, lt, ge, le or exists\n" },
	{ WHERE("{server.port: {is: 5, nocase: true}}"),
		"4:26: 'nocase' does not fit server.port, a number; expected is, in, gt, lt, ge, le or exists\n" },
	{ WHERE("{client.ip: {starts: '10.'}}"), "4:17: 'starts' does not fit client.ip, an address; expected is, in, cidr or exists\n" },
	{ WHERE("{client.ip: 10.1.2}"), "4:16: expected a network such as 192.0.2.0/24 or 2001:db8::/32, found '10.1.2'\n" },
	{ WHERE("{client.ip: {cidr: 10.1.2.3/8}}"), "4:23: expected a network without host bits behind its prefix, found '10.1.2.3/8'\n" },
	{ WHERE("{client.ip: {cidr: 10.0.0.0/33}}"), "4:23: expected a prefix length from 0 to 32, found '10.0.0.0/33'\n" },
	{ WHERE("{server.port: http}"), "4:18: expected a number from 0 up, found 'http'\n" },
	{ WHERE("{content_length: {gt: big}}"), "4:26: expected a size such as 64 KiB, at least 0, found 'big'\n" },
	{ WHERE("{path: {exists: maybe}}"), "4:20: expected true or false, found 'maybe'\n" },
	{ WHERE("{path: {contains: ''}}"), "4:22: contains: an empty pattern is in every value\n" },
	{ WHERE("{path: {contains: []}}"), "4:22: expected a value, found an empty list\n" },
	{ WHERE("{path: {contains: {a: b}}}"), "4:22: contains: expected a value or a list of values, found a mapping\n" },
	{ WHERE("{path: {contains: [[a]]}}"), "4:23: expected a text, found a list\n" },
	{ WHERE("{path: }"), "4:11: expected a text, found nothing\n" },
	{ WHERE("{path: {nocase: true}}"), "4:11: path: expected an operator such as is, contains or exists\n" },
	{ WHERE("{path: {is: a, nocase: 1}}"), "4:27: expected true or false, found '1'\n" },
	{ WHERE("{path: {regex: 'a(b'}}"), "4:19: regex: Missing close parenthesis for group started at index 1.\n" },
	{ WHERE("{path: {regex: '[z-a]'}}"), "4:19: regex: Range out of order in character class at index 3.\n" },
	{ WHERE("{path: {regex: 'a*'}}"), "4:19: regex: matches an empty value, and so everything\n" },
	{ WHERE("{path: {regex: '(a)\\1'}}"), "4:19: regex: Back-references are unsupported.\n" },
	{ RULE("id: r, title: t, severity: low, enabled: no, on: dns.query, where: {name: {regex: '('}}"),
		"3:86: regex: Missing close parenthesis for group started at index 0.\n" },
	{ WHERE("{path: {is: '5 5', as: hex}}"), "4:16: expected bytes in hex such as '55 11 69 DF', found '5 5'\n" },
	{ WHERE("{path: {is: a, as: utf8}}"), "4:23: expected text, hex or utf16, found 'utf8'\n" },
	{ WHERE("{path: {is: 'aa', as: [hex, text]}}"), "4:26: 'hex' does not go with 'text' or 'utf16'\n" },
	{ WHERE("{path: {is: a, decode: base46}}"),
		"4:27: expected percent, urldecode, base64, hex, xor(KEY), lower, reverse or utf16, found 'base46'; did you mean 'base64'?\n" },
	{ WHERE("{path: {is: a, decode: xor()}}"),
		"4:27: expected percent, urldecode, base64, hex, xor(KEY), lower, reverse or utf16, found 'xor()'\n" },
	{ WHERE("{path: {is: a, decode: [lower, lower, lower, lower, lower, lower, lower, lower, hex]}}"),
		"4:84: more than 8 decoders in a row\n" },
	{ WHERE("{path: {len: {gr: 5}}}"), "4:18: unknown key 'gr' in len; did you mean 'gt'?\n" },
	{ WHERE("{path: {len: {}}}"), "4:17: len: expected is, gt, lt, ge or le\n" },
	{ WHERE("{host: Evil.example}"),
		"4:11: host is in lower case and cannot match 'Evil.example'; write it in lower case or add nocase\n" },
	{ WHERE("{direction: client}"), "4:16: expected to_server or to_client, found 'client'\n" },
	{ IN("{host: {in: c3}}"), "7:16: unknown indicator set 'c3'; did you mean 'c2'?\n" },
	{ IN("{host: {in: zzzz}}"), "7:16: unknown indicator set 'zzzz'; expected one of this file's, or a list [a, b]\n" },
	{ IN("{client.ip: {in: c2}}"), "7:21: indicator set 'c2' is of kind domain, which does not fit client.ip\n" },
	{ IN("{path: {in: {a: b}}}"), "7:16: in: expected the name of an indicator set or a list of values, found a mapping\n" },
	{ LAB_HEAD "indicators: {u: {kind: url, values: [h.example/a]}}\nrules:\n- {id: r, title: t, severity: low, on: http.request, where: {host: {in: u}}}\n",
		"4:73: indicator set 'u' is of kind url, which does not fit host\n" },
	{ LAB_HEAD "rules:\n- {id: r, title: t, severity: low, on: http.body, where: {bytes: {contains: x, decode: base64}}}\n",
		"3:80: decoders cannot be applied to a streamed field; bytes must be searched as it is\n" },
	{ LAB_HEAD IND "rules:\n- {id: r, title: t, severity: low, on: http.body, where: {bytes: {in: c2}}}\n",
		"6:67: 'in' does not fit bytes, streamed bytes; expected is, contains, contains_all, starts, ends, regex, len or exists\n" },
	{ LAB_HEAD "rules:\n- {id: r, title: t, severity: low, on: tls.certificate, where: {not_after: {lt: soon}}}\n",
		"3:81: expected a date such as 2026-12-31 or 2026-12-31T12:00:00Z, found 'soon'\n" },
	/* indicators */
	{ LAB_HEAD "indicators: [a]\n", "2:13: indicators: expected a mapping of sets by name, found a list\n" },
	{ SET("values: [a.example]"), "3:3: indicator set 's' has no kind\n" },
	{ SET("kind: domian, values: [a.example]"),
		"3:13: expected domain, fqdn, ip, cidr, url, ja3, ja3s, ja4, cert_sha1, sha256, sha1, md5, text or path, found 'domian'; did you mean 'domain'?\n" },
	{ SET("kind: domain"), "3:3: indicator set 's' has neither values nor file\n" },
	{ SET("kind: domain, values: [nodots]"), "3:30: domain: expected a domain, found 'nodots'\n" },
	{ SET("kind: domain, values: ['*.a.example']"),
		"3:30: domain: expected a domain without '*.': kind domain covers the names below it, found '*.a.example'\n" },
	{ SET("kind: domain, values: ['hxxp://a[.]example/x']"),
		"3:30: domain: expected a domain, without scheme, port or path, found 'hxxp://a[.]example/x'\n" },
	{ SET("kind: domain, values: [é.example]"), "3:30: domain: expected a domain in ASCII form (xn--…), found 'é.example'\n" },
	{ SET("kind: domain, values: {a: b}"), "3:29: expected a list of values, found a mapping\n" },
	{ SET("kind: domain, values: [{source: x}]"), "3:30: indicator has no value\n" },
	{ SET("kind: domain, values: [{value: a.example, nots: x}]"), "3:49: unknown key 'nots' in an indicator; did you mean 'note'?\n" },
	{ SET("kind: ip, values: [10.0.0.256]"), "3:26: ip: expected an address such as 192.0.2.1 or 2001:db8::1, found '10.0.0.256'\n" },
	{ SET("kind: ip, values: [10.0.0.0/8]"), "3:26: ip: expected an address (a network is of kind cidr), found '10.0.0.0/8'\n" },
	{ SET("kind: url, values: [a.example]"), "3:27: url: expected a URL with host and path (host/path, with or without http://), found 'a.example'\n" },
	{ SET("kind: sha256, values: [abc]"), "3:30: sha256: expected a SHA-256 of 64 hex digits, found 'abc'\n" },
	{ SET("kind: md5, values: [zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz]"),
		"3:27: md5: expected an MD5 of 32 hex digits, found 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz'\n" },
	{ SET("kind: ja4, values: [t13]"), "3:27: ja4: expected a JA4 fingerprint such as t13d1516h2_8daaf6152771_02713d6af862, found 't13'\n" },
	{ SET("kind: path, values: ['/a/']"), "3:28: path: expected a path or the last segments of one, found '/a/'\n" },
	{ SET("kind: domain, values: [a.example], expires: 2026-02-29"), "3:51: expected a date such as 2026-12-31, found '2026-02-29'\n" },
	{ SET("kind: domain, values: [a.example], confidence: high"), "3:54: expected a number from 0 to 100, found 'high'\n" },
	{ SET("kind: domain, file: nowhere.txt"), "3:27: /tmp/nowhere.txt cannot be read: No such file or directory\n" },
	/* conditions over several alerts */
	{ OVER("sequence: {by: client.ip, within: 1 h, steps: [a, bb]}"), "6:54: unknown rule 'bb'; did you mean 'b'?\n" },
	{ OVER("sequence: {by: client.ip, within: 1 h, steps: [a]}"), "6:50: expected at least two steps\n" },
	{ OVER("sequence: {by: client.ip, within: 1 h}"), "6:4: sequence has no steps\n" },
	{ OVER("sequence: {by: client.ip, steps: [a, b]}"), "6:4: sequence has no within\n" },
	{ OVER("sequence: {within: 1 h, steps: [a, b]}"), "6:4: sequence has no by; expected a field such as client.ip or server.ip\n" },
	{ OVER("sequence: {by: client.ip, within: 0 s, steps: [a, b]}"), "6:38: expected a time of more than 0, found '0 s'\n" },
	{ OVER("sequence: {by: client.ip, within: 1 h, steps: [a, b], at_least: 3}"), "6:68: expected a number from 1 to 2, found '3'\n" },
	{ OVER("sequence: {by: nosuch, within: 1 h, steps: [a, b]}"), "6:19: dns.query has no field 'nosuch' (rule 'a')\n" },
	{ OVER("sequence: {by: name, within: 1 h, steps: [a, b]}"), "6:19: http.body has no field 'name' (rule 'b')\n" },
	{ OVER("count: {by: bytes, within: 1 h, of: b, at_least: 2}"), "6:16: bytes is streamed; expected a field with one value (rule 'b')\n" },
	{ OVER("count: {by: client.ip, within: 1 h, of: a}"), "6:4: count has no at_least\n" },
	{ OVER("count: {by: client.ip, within: 1 h, of: a, at_least: 1}"), "6:57: expected a number from 2 to 1000000, found '1'\n" },
	{ OVER("distinct: {by: client.ip, within: 1 h, of: a, at_least: 2}"), "6:4: distinct has no field\n" },
	{ OVER("absent: {by: client.ip, within: 1 h, first: a}"), "6:4: absent has no then\n" },
	{ OVER("absent: {by: client.ip, within: 1 h, first: [a, b], then: b}"), "6:4: absent: expected one rule as first and one as then\n" },
	{ OVER("sequence: {by: client.ip, within: 1 h, steps: [a, c]}"), "6:14: rule 'c' waits for itself\n" },
	{ OVER("sequence: {by: client.ip, within: 1 h, steps: [a, {of: [b, bb]}]}"), "6:63: unknown rule 'bb'; did you mean 'b'?\n" },
	{ OVER("sequence: {by: client.ip, within: 1 h, steps: [a, {by: client.ip}]}"), "6:54: step has no of; expected a rule's id or a list of them\n" },
	{ OVER("sequence: {by: client.ip, within: 1 h, steps: [a, {of: b, bi: client.ip}]}"),
		"6:62: unknown key 'bi' in a step; did you mean 'by'?\n" },
	{ OVER("sequence: {by: client.ip, within: 1 h, steps: [a, {of: b, by: [client.ip, server.ip]}]}"),
		"6:66: expected 1 field, as many as the other steps are joined by, found 2\n" },
	{ OVER("sequence: {by: client.ip, within: 1 h, steps: [a, {of: b, by: request.host}]}"),
		"6:66: 'request.host' is text and cannot be joined with 'client.ip', which is an address\n" },
	{ OVER("sequence: {by: client.ip, within: 1 h, steps: [a, {of: b, by: nosuch}]}"), "6:66: http.body has no field 'nosuch' (rule 'b')\n" },
	{ OVER("sequence: {by: client.ip, within: 1 h, steps: [a, {of: b, unless: {of: a, within: 1 h}}]}"),
		"6:62: unless has no same; expected fields that must have the same value\n" },
	{ OVER("sequence: {by: client.ip, within: 1 h, steps: [a, {of: b, unless: {of: x, within: 1 h, same: {client.ip: client.ip}}}]}"),
		"6:75: unknown rule 'x'\n" },
	{ OVER("sequence: {by: client.ip, within: 1 h, steps: [a, {of: b, unless: {of: a, within: 1 h, same: {name: server.ip}}}]}"),
		"6:97: 'name' is text and cannot be the same as 'server.ip', which is an address\n" },
	{ OVER("sequence: {by: client.ip, within: 1 h, steps: [a, {of: b, unless: {of: a, within: 1 h, same: {nam: server.ip}}}]}"),
		"6:97: dns.query has no field 'nam'; did you mean 'name'? (rule 'a')\n" },
	{ OVER("sequence: {by: client.ip, within: 1 h, steps: [a, {of: b, unless: {of: a, within: 1 h, same: client.ip}}]}"),
		"6:97: same: expected fields of what was seen with those of the step, as in {client.ip: client.ip}, found 'client.ip'\n" },
	{ OVER("absent: {by: client.ip, within: 1 h, first: [{of: a, unless: {of: b, within: 1 h, same: {client.ip: client.ip}}}], then: b}"),
		"6:57: unless does not go with absent\n" },
	{ OVER("on: dns.query, count: {by: client.ip, within: 1 h, of: a, at_least: 2}"), "6:4: 'on' does not go with 'count'\n" },
	{ OVER("count: {by: [client.ip, server.ip, client.port, server.port], within: 1 h, of: a, at_least: 2}"),
		"6:52: more than three fields\n" },
};

/* The name of the temporary file stands in some messages. */
static void hide_name(char *s)
{
	char *at = strstr(s, "/tmp/sk-rules-");

	if (at) {
		memmove(at + 4, at + 20, strlen(at + 20) + 1);
		memcpy(at, "FILE", 4);
	}
}

static void messages(void **state)
{
	int bad = 0;

	for (size_t i = 0; i < SK_ARRAY_LEN(cases); i++) {
		struct lab_errors errors = { 0 };
		struct sk_ruleset *s = lab_try_load(sk_span_str(cases[i].text), &errors, 0, NULL);
		char got[2048];

		snprintf(got, sizeof(got), "%s", sk_buf_str(&errors.text));
		hide_name(got);
		if (s || strcmp(got, cases[i].want) != 0) {
			fprintf(stderr, "case %zu\n%s---\nwant %sgot  %s\n", i, cases[i].text, cases[i].want, got);
			bad++;
		}
		sk_rules_free(s);
		sk_buf_fini(&errors.text);
	}
	assert_int_equal(bad, 0);
}

/* One load tells all mistakes, of every kind, and none twice. */
static void all_at_once(void **state)
{
	static const char text[] = "campaign: {id: lab, nam: x}\n"
		"indicators:\n  s: {kind: ip, values: [1.2.3, 4.5.6]}\n"
		"rules:\n"
		"- {id: a, severity: low, on: dns.query, where: {nam: x}}\n"
		"- {id: b, title: t, severity: low, on: dns.query, where: {name: {regex: '('}, type: {contians: x}}}\n"
		"- {id: c, title: t, severity: low, sequence: {by: client.ip, within: 1 h, steps: [a, d]}}\n";
	struct lab_errors errors = { 0 };

	assert_null(lab_try_load(sk_span_str(text), &errors, 0, NULL));
	assert_string_equal(sk_buf_str(&errors.text),
		"1:1: campaign has no name\n"
		"1:21: unknown key 'nam' in campaign; did you mean 'name'?\n"
		"3:26: ip: expected an address such as 192.0.2.1 or 2001:db8::1, found '1.2.3'\n"
		"3:33: ip: expected an address such as 192.0.2.1 or 2001:db8::1, found '4.5.6'\n"
		"5:3: rule 'a' has no title\n"
		"5:49: dns.query has no field 'nam'; did you mean 'name'?\n"
		"6:73: regex: Missing close parenthesis for group started at index 0.\n"
		"6:86: unknown operator 'contians'; did you mean 'contains'?\n"
		"7:86: unknown rule 'd'\n");
	sk_buf_fini(&errors.text);
}

/* Rules may name rules of files that are read later; two files may not hold the same campaign. */
static void several_files(void **state)
{
	char dir[] = "/tmp/sk-rules-XXXXXX", path[64], line[1024];
	static const char *const names[] = { "b.yaml", "a.yaml", "c.txt" };
	static const char *const texts[] = {
		("campaign: {id: b, name: B}\nrules:\n- {id: step, title: t, severity: low, mark: true, on: dns.query, where: {name: x}}\n"
		"- {id: step2, title: t, severity: low, on: dns.query, where: {name: y}}\n"),
		"campaign: {id: a, name: A, references: [r1, r2]}\nrules:\n- {id: over, title: t, severity: high, sequence: {by: [client.ip, name], within: 2 h, steps: [step, step2], at_least: 2, ordered: no}}\n",
		"not: yaml: at: all" };
	const char *paths[] = { dir, NULL };
	struct lab_errors errors = { 0 };
	struct sk_rules_source src = { .paths = paths, .registry = &lab_registry, .on_error = lab_on_error, .cx = &errors };
	struct sk_ruleset *s = NULL;
	const struct sk_rule *r;
	FILE *f;

	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		f = fopen(path, "w");
		fputs(texts[i], f);
		fclose(f);
	}
	assert_int_equal(sk_rules_load(&s, &src), 0);
	assert_int_equal(sk_rules_count(s), 3);
	assert_int_equal(sk_rules_campaign_count(s), 2);
	r = sk_rules_at(s, 0);
	assert_string_equal(r->id, "over");
	assert_int_equal(r->type, SK_RULE_SEQUENCE);
	assert_string_equal(r->campaign->name, "A");
	assert_string_equal(r->campaign->references[1], "r2");
	assert_null(r->campaign->references[2]);
	assert_int_equal(r->correlation->step_cnt, 2);
	assert_ptr_equal(r->correlation->steps[0], sk_rules_find(s, "step"));
	assert_true(r->correlation->within_ns == UINT64_C(7200000000000));
	assert_int_equal(r->correlation->threshold, 2);
	assert_false(r->correlation->ordered);
	assert_string_equal(r->correlation->by[1], "name");
	assert_null(r->correlation->by[2]);
	assert_true(sk_rules_find(s, "step")->mark);
	assert_null(sk_rules_find(s, "nothing"));
	sk_rules_free(s);

	/* switched off by campaign or rule: what is built on them goes too */
	src.disabled = (const char *const[]){ "step2", NULL };
	assert_int_equal(sk_rules_load(&s, &src), 0);
	assert_int_equal(sk_rules_count(s), 1);
	sk_rules_free(s);
	src.disabled = (const char *const[]){ "b", NULL };
	assert_int_equal(sk_rules_load(&s, &src), 0);
	assert_int_equal(sk_rules_count(s), 0);
	assert_int_equal(sk_rules_campaign_count(s), 1);
	sk_rules_free(s);
	src.disabled = NULL;

	f = fopen(path, "w");
	fclose(f);
	snprintf(path, sizeof(path), "%s/c.yaml", dir);
	f = fopen(path, "w");
	fputs("campaign: {id: a, name: again}\n", f);
	fclose(f);
	assert_int_equal(sk_rules_load(&s, &src), SK_E_CONFIG);
	snprintf(line, sizeof(line), "1:16: campaign 'a' is already in %s/a.yaml\n", dir);
	assert_string_equal(sk_buf_str(&errors.text), line);
	sk_buf_fini(&errors.text);
	unlink(path);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
	paths[0] = "/nonexistent/rules";
	errors = (struct lab_errors){ 0 };
	assert_int_equal(sk_rules_load(&s, &src), SK_E_CONFIG);
	assert_string_equal(sk_buf_str(&errors.text), "cannot be read: No such file or directory\n");
	sk_buf_fini(&errors.text);
}

static void steps_of_their_own_kind(void **state)
{
	static const char head[] = "campaign: {id: lab, name: Lab}\nrules:\n"
		"- {id: a, title: T, severity: low, on: dns.query, where: {name: x}}\n"
		"- {id: b, title: T, severity: low, on: http.request, where: {path: /x}}\n"
		"- {id: seen, title: T, mark: true, on: dns.answer, where: {address: {exists: yes}}}\n"
		"- {id: c, title: T, severity: low, sequence: {by: server.ip, within: 1 h, ordered: no, at_least: 1, steps: [\n"
		"   a, {name: call home, of: [b, a], by: client.ip,\n"
		"   unless: {of: seen, within: 1 d, same: {client.ip: client.ip, address: server.ip}}}]}}\n";
	static const char *const want =
		"id: c\nsid: %u\nrev: 1\ntitle: T\nseverity: low\nconfidence: 75\n"
		"sequence:\n  by: server.ip\n  within: 3600000 ms\n  steps:\n    - a\n"
		"    - name: 'call home'\n      of: [b, a]\n      by: client.ip\n"
		"      unless: {of: [seen], within: 86400000 ms, same: {client.ip: client.ip, address: server.ip}}\n"
		"  at_least: 1\n  ordered: false\n";
	struct sk_ruleset *s = lab_load(head);
	const struct sk_rule *r = sk_rules_find(s, "c"), *seen = sk_rules_find(s, "seen");
	const struct sk_correlation *c = r->correlation;
	char *text = NULL, expected[1024];
	size_t size;
	FILE *f;

	assert_int_equal(c->step_cnt, 3);
	assert_int_equal(sk_step_cnt(c), 2);
	assert_int_equal(sk_step_place(c, 0), 0);
	assert_int_equal(sk_step_place(c, 1), 1);
	assert_int_equal(sk_step_place(c, 2), 1);
	assert_string_equal(sk_step_by(c, 0)[0], "server.ip");
	assert_string_equal(sk_step_by(c, 2)[0], "client.ip");
	assert_null(sk_step_by(c, 2)[1]);
	assert_ptr_equal(c->joins[1].unless->rules[0], seen);
	assert_ptr_equal(c->joins[1].unless, c->joins[2].unless);
	assert_true(seen->bare);
	assert_int_equal(seen->bare_fields, 1u << SK_F_DNS_ANSWER_ADDRESS);
	assert_int_equal(seen->feed_cnt, 1);
	assert_ptr_equal(seen->feeds[0].unless, c->joins[1].unless);
	assert_int_equal(seen->feeds[0].cnt, 2);
	assert_true(seen->feeds[0].common[0]);
	assert_int_equal(seen->feeds[0].slot[0], SK_F_COMMON_CLIENT_IP);
	assert_false(seen->feeds[0].common[1]);
	assert_int_equal(seen->feeds[0].slot[1], SK_F_DNS_ANSWER_ADDRESS);
	assert_false(sk_rules_find(s, "a")->bare);
	f = open_memstream(&text, &size);
	sk_rules_print(s, r, f);
	fclose(f);
	snprintf(expected, sizeof(expected), want, r->sid);
	assert_string_equal(text, expected);
	free(text);
	sk_rules_free(s);
}

static void rule_attributes(void **state)
{
	struct sk_ruleset *s = lab_load("campaign: {id: lab, name: Lab, summary: sum, actors: X, next_steps: [one]}\nrules:\n"
		"- {id: a, sid: 12, rev: 3, title: T, reason: 'a {name} {client.ip} {{x}} {match}', severity: critical, confidence: 90,\n"
		"   attack: T1190, references: [u], stage: c2, note: n, on: dns.query, where: {name: x},\n"
		"   limit: {count: 2, within: 10 s, by: [client.ip, type]}, tests: [{pcap: a/b.pcap, alerts: 0}, {pcap: c.pcap, alerts: some}, {pcap: d}]}\n"
		"- {id: m, title: T, mark: true, on: http.form, where: {name: x}, reason: '{path} {request.path} {value}'}\n"
		"- {id: off, title: T, severity: low, enabled: false, on: dns.query, where: {name: x}}\n"
		"- {id: d, title: T, severity: low, distinct: {by: server.ip, within: 1 d, of: [a, off], field: type, at_least: 5}}\n"
		"- {id: n, title: T, severity: low, absent: {by: server.ip, within: 1 min, first: a, then: m}}\n");
	const struct sk_rule *a = sk_rules_at(s, 0), *d, *n;

	assert_int_equal(sk_rules_count(s), 4);
	assert_int_equal(a->sid, 12);
	assert_int_equal(a->rev, 3);
	assert_int_equal(a->severity, SK_SEVERITY_CRITICAL);
	assert_int_equal(a->confidence, 90);
	assert_string_equal(a->attack[0], "T1190");
	assert_string_equal(a->stage, "c2");
	assert_int_equal(a->limit.count, 2);
	assert_string_equal(a->limit.by[1], "type");
	assert_int_equal(a->test_cnt, 3);
	assert_int_equal(a->tests[0].alerts, 0);
	assert_int_equal(a->tests[1].alerts, -1);
	assert_int_equal(a->tests[2].alerts, -1);
	assert_int_equal(a->line, 3);
	assert_string_equal(a->campaign->summary, "sum");
	assert_string_equal(a->campaign->actors[0], "X");
	assert_int_equal(sk_rules_at(s, 1)->severity, SK_SEVERITY_INFO);
	assert_int_equal(sk_rules_at(s, 1)->index, 1);
	d = sk_rules_find(s, "d");
	assert_int_equal(d->type, SK_RULE_DISTINCT);
	assert_int_equal(d->correlation->step_cnt, 1);
	assert_int_equal(d->correlation->threshold, 5);
	assert_string_equal(d->correlation->distinct, "type");
	n = sk_rules_find(s, "n");
	assert_int_equal(n->type, SK_RULE_ABSENT);
	assert_ptr_equal(n->correlation->steps[1], sk_rules_at(s, 1));
	assert_int_not_equal(d->sid, n->sid);
	sk_rules_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages), cmocka_unit_test(all_at_once), cmocka_unit_test(several_files), cmocka_unit_test(rule_attributes),
		cmocka_unit_test(steps_of_their_own_kind),
	};

	sk_registry_init(&lab_registry);
	int failed = cmocka_run_group_tests_name("errors", tests, NULL, NULL);

	lab_late = true;
	return failed + cmocka_run_group_tests_name("errors, compiled late", tests, NULL, NULL);
}
