/* flow/policy.c — the policy table: longest prefixes first, so that the first network that fits is the right one.
 *
 * limits   a search walks the table; it is asked once per datagram or direction of a flow, and sites have few networks
 */
#include "flow/policy.h"

#include <stdlib.h>

#include "base/fmt.h"

const char *const sk_policy_names[] = { "first", "last", "bsd", "bsd-right", "linux", "old-linux", "windows", "solaris", NULL };

static bool fits(const struct sk_policy_net *n, const struct sk_addr *host)
{
	unsigned whole = n->prefix / 8, rest = n->prefix % 8;

	if (n->net.family != host->family || memcmp(n->net.b, host->b, whole) != 0)
		return false;
	return rest == 0 || ((n->net.b[whole] ^ host->b[whole]) & (0xff00 >> rest) & 0xff) == 0;
}

static void clear_host_bits(struct sk_policy_net *n)
{
	unsigned whole = n->prefix / 8, rest = n->prefix % 8;

	if (rest) {
		n->net.b[whole] &= (uint8_t)(0xff00 >> rest);
		whole++;
	}
	memset(n->net.b + whole, 0, sizeof(n->net.b) - whole);
}

/* "24" to 24; -1 where it is no number up to max. */
static int parse_prefix(struct sk_span s, int max)
{
	int v = 0;

	if (s.n == 0 || s.n > 3)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		v = v * 10 + (s.p[i] - '0');
	}
	return v <= max ? v : -1;
}

static int parse_net(struct sk_span s, struct sk_policy_net *n)
{
	const uint8_t *slash = s.n ? memchr(s.p, '/', s.n) : NULL;
	struct sk_span host = slash ? sk_span(s.p, (size_t)(slash - s.p)) : s;
	int bits;

	memset(n, 0, sizeof(*n));
	if (sk_parse_addr(host, &n->net) < 0)
		return SK_E_FORMAT;
	bits = n->net.family == 4 ? 32 : 128;
	if (slash)
		bits = parse_prefix(sk_span(slash + 1, s.n - host.n - 1), bits);
	if (bits < 0)
		return SK_E_FORMAT;
	n->prefix = (uint8_t)bits;
	clear_host_bits(n);
	return 0;
}

int sk_policies_add(struct sk_policies *p, struct sk_span net, enum sk_policy policy)
{
	struct sk_policy_net n, *nets;
	size_t at = 0;
	int err = parse_net(net, &n);

	if (err < 0)
		return err;
	n.policy = (uint8_t)policy;
	while (at < p->cnt && p->nets[at].prefix > n.prefix)
		at++;
	for (size_t i = at; i < p->cnt && p->nets[i].prefix == n.prefix; i++) {
		if (sk_addr_is(&p->nets[i].net, &n.net)) {
			p->nets[i].policy = n.policy;
			return 0;
		}
	}
	nets = reallocarray(p->nets, p->cnt + 1, sizeof(*nets));
	if (!nets)
		return SK_E_MEMORY;
	memmove(nets + at + 1, nets + at, (p->cnt - at) * sizeof(*nets));
	nets[at] = n;
	p->nets = nets;
	p->cnt++;
	return 0;
}

void sk_policies_fini(struct sk_policies *p)
{
	free(p->nets);
	p->nets = NULL;
	p->cnt = 0;
}

enum sk_policy sk_policies_find(const struct sk_policies *p, const struct sk_addr *host)
{
	if (!p)
		return SK_POLICY_BSD;
	for (size_t i = 0; i < p->cnt; i++)
		if (fits(&p->nets[i], host))
			return (enum sk_policy)p->nets[i].policy;
	return p->preset;
}
