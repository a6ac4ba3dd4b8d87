/* flow/flow.c — flows: who is client, when they end, which one goes when the table is full.
 *
 * Two clocks decide about silence. A packet belongs to a flow when it comes within the flow's timeout, by the packets' own time:
 * so the answer does not depend on how often the table is swept, nor on how flows are spread over workers. The sweep
 * follows a clock of the table that only ever goes forward, so that a capture whose time jumps (files in the wrong order,
 * one damaged time stamp) can neither keep flows alive for ever nor disorder the lists.
 *
 * A packet moves its flow to the end of its list only when the flow has been in its place for an eighth of its timeout:
 * unlinking would fetch two other flows into the cache for every packet. Lists stay sorted by the time of linking (listed); the
 * time of the last packet (touched) decides. So the sweep looks at all that were linked a timeout ago and passes by those that have had a
 * packet since: a ninth of a table in a steady state. It must, for what happens to be linked before a flow depends on -j.
 */
#include "flow/flow.h"

#include <stdlib.h>

#include "base/mem.h"
#include "flow/icmp.h"
#include "flow/table.h"

SK_COUNTER_TABLE(flow, SK_FLOW_COUNTERS)

const char *const sk_flow_state_names[] = { "new", "established", "closed", "reset", NULL };
const char *const sk_flow_reason_names[] = { "closed", "timeout", "evicted", "reused", "end", NULL };

#define KEPT_ENOUGH 8192u		/* pieces of memory without a flow that are kept for connections to come: 2.7 MiB */
#define WELL_KNOWN_PORT 1024u		/* below: RFC 6335 system ports */
#define EVICT_TRIES 16u
#define AHEAD_MAX 2048u			/* records fetched before they are due: what a cache of the second level holds */
#define CLOCK_STEP_NS (UINT64_C(1) << (TICK_SHIFT + 30))	/* beyond all timeouts: a longer step would only turn ticks round */
#define CLOCK_SLACK_NS UINT64_C(10000000000)	/* a step back by more is a jump, not disorder among capture queues */

/* What a packet says about its flow: ports with ICMP replies turned into what they answer. Of every packet: kept in registers. */
struct key {
	uint16_t src_port, dst_port;
	bool ports_follow;		/* ports belong to addresses, in ICMP they do not */
	bool reply;
};

static SK_ALWAYS_INLINE struct key packet_key(const struct sk_packet *p)
{
	struct key k = { p->src_port, p->dst_port, true, false };
	int request;

	if (SK_UNLIKELY(sk_flow_is_icmp(p->proto))) {
		k.ports_follow = false;
		request = sk_flow_icmp_pair(p->proto, p->src_port >> 8, &k.reply);
		if (k.reply)
			k.src_port = (uint16_t)(request << 8 | (p->src_port & 0xff));
	}
	return k;
}

uint64_t sk_flow_hash(const struct sk_flow_table *t, const struct sk_packet *p)
{
	struct key k = packet_key(p);
	uint64_t low[2] = { sk_hash_load64(p->src.b), sk_hash_load64(p->src.b + 8) };
	uint64_t high[2] = { sk_hash_load64(p->dst.b), sk_hash_load64(p->dst.b + 8) };
	bool turn = low[0] != high[0] ? low[0] > high[0] : low[1] != high[1] ? low[1] > high[1] : k.ports_follow && k.src_port > k.dst_port;
	const uint64_t *a = turn ? high : low, *b = turn ? low : high;
	uint64_t ports = turn && k.ports_follow ? (uint64_t)k.dst_port << 16 | k.src_port : (uint64_t)k.src_port << 16 | k.dst_port;
	uint64_t k0 = t->seed.k[0], k1 = t->seed.k[1], h;

	h = sk_hash_fold(a[0] ^ k1, a[1] ^ k0 ^ 0xa0761d6478bd642fu);
	h = sk_hash_fold(b[0] ^ k1 ^ h, b[1] ^ k0 ^ 0xe7037ed1a0b428dbu);
	h = sk_hash_fold((ports << 16 | (uint64_t)p->proto << 8 | p->src.family) ^ k1 ^ h, k0 ^ 0x8ebc6af09c88c6e3u);
	return sk_hash_fold(h ^ 0x9e3779b97f4a7c15u, k1 ^ 0x589965cc75374cc3u);
}

/* The packet's direction in f, -1 when it belongs to another flow. */
static int direction_in(const struct sk_flow_info *f, const struct sk_packet *p, struct key k)
{
	if (f->proto != p->proto)
		return -1;
	if (f->client_port == k.src_port && f->server_port == k.dst_port && sk_addr_is(&f->client_ip, &p->src) &&
	    sk_addr_is(&f->server_ip, &p->dst))
		return SK_TO_SERVER;
	if (k.ports_follow) {
		uint16_t port = k.src_port;

		k.src_port = k.dst_port;
		k.dst_port = port;
	}
	if (f->client_port == k.src_port && f->server_port == k.dst_port && sk_addr_is(&f->client_ip, &p->dst) &&
	    sk_addr_is(&f->server_ip, &p->src))
		return SK_TO_CLIENT;
	return -1;
}

static unsigned time_class(const struct sk_flow *f)
{
	if (f->info.proto != SK_IPPROTO_TCP)
		return f->answered ? LIST_ANSWERED : LIST_DATAGRAM;
	return f->state == SK_FLOW_NEW ? LIST_NEW : f->state == SK_FLOW_ESTABLISHED ? LIST_ESTABLISHED : LIST_CLOSED;
}

static uint8_t list_of(const struct sk_flow *f)
{
	unsigned worth = f->suspect ? CLASS_SUSPECT : f->has_payload ? CLASS_PAYLOAD : CLASS_EMPTY;

	return (uint8_t)(time_class(f) * CLASS_CNT + worth);
}

static void clock_advance(struct sk_flow_table *t, uint64_t now_ns)
{
	if (SK_LIKELY(now_ns >= t->seen_ns)) {
		t->clock_ns += SK_MIN(now_ns - t->seen_ns, CLOCK_STEP_NS);
		t->seen_ns = now_ns;
	} else if (t->seen_ns - now_ns > CLOCK_SLACK_NS) {
		t->seen_ns = now_ns;
	}
}

static uint32_t tick_now(const struct sk_flow_table *t)
{
	return (uint32_t)(t->clock_ns >> TICK_SHIFT);
}

/* Ticks until a flow in a list may be due; 0 when it is. Differences of ticks survive the end of 32 bits. */
static uint32_t ticks_left(const struct sk_flow_table *t, const struct sk_flow *f)
{
	uint32_t silent = tick_now(t) - f->touched, idle = t->idle_ticks[f->list / CLASS_CNT];

	return silent < idle ? idle - silent : 0;
}

static void append(struct sk_flow_table *t, struct record *r, uint8_t list)
{
	uint64_t due;

	r->f.list = list;
	r->f.listed = tick_now(t);
	sk_flow_list_append(t, &t->lists[list], &r->f);
	due = (t->clock_ns >> TICK_SHIFT) + ticks_left(t, &r->f);
	if (due < t->next_tick)
		t->next_tick = due;
}

static void refile(struct sk_flow_table *t, struct record *r, uint8_t list)
{
	sk_flow_list_unlink(t, &t->lists[r->f.list], &r->f);
	append(t, r, list);
}

/* The bytes from state on: while they are the same, a flow is in its list. */
static uint64_t learnt(const struct sk_flow *f)
{
	uint64_t v;

	_Static_assert(offsetof(struct sk_flow, alone) == offsetof(struct sk_flow, state) + 7, "they are read at once");
	memcpy(&v, &f->state, sizeof(v));
	return v;
}

/* What the stations behind the table learnt from the flow's last packet (state, worth) moves it to another list. They do
 * not tell; so the flow last touched is looked at again before the table does anything else. */
static void settle(struct sk_flow_table *t)
{
	struct record *r = t->touched;
	uint8_t list;

	if (!r)
		return;
	t->touched = NULL;
	if (learnt(&r->f) == t->learnt)
		return;
	list = list_of(&r->f);
	if (list != r->f.list)
		refile(t, r, list);
}

/* Tells, frees what hangs on the flow, forgets it. It is in no list any more. */
static void finish(struct sk_flow_table *t, struct record *r, enum sk_flow_reason why)
{
	if (t->touched == r)
		t->touched = NULL;
	t->counters.timeouts += why == SK_FLOW_END_TIMEOUT;
	t->counters.evicted += why == SK_FLOW_END_EVICTED;
	t->counters.evicted_suspects += why == SK_FLOW_END_EVICTED && r->f.suspect;
	t->counters.reused += why == SK_FLOW_END_REUSED;
	t->counters.one_sided += !r->f.info.saw_both;
	if (r->f.info.proto == SK_IPPROTO_TCP && r->f.has_payload) {
		t->counters.tcp_data++;
		t->counters.one_sided_data += !r->f.info.saw_both;
	}
	if (t->on_end)
		t->on_end(t->cx, &r->f, why);
	sk_flow_table_keep_memory(t, r);
	sk_flow_table_remove(t, r);
	sk_flow_table_give_back(t, r);
}

void sk_flow_end(struct sk_flow_table *t, struct sk_flow *f, enum sk_flow_reason why)
{
	struct record *r = (struct record *)f;

	sk_flow_list_unlink(t, &t->lists[r->f.list], f);
	finish(t, r, why);
}

/* The flows linked from here on. The record of the one after the next is fetched, and the memory of the next. */
static void finish_all(struct sk_flow_table *t, uint32_t ended, enum sk_flow_reason why)
{
	struct sk_flow *f = sk_flow_table_at(t, sk_flow_list_sort(t, ended)), *next;

	for (; f; f = next) {
		next = sk_flow_table_at(t, f->newer);
		if (next) {
			SK_PREFETCH(next->tcp);
			SK_PREFETCH(next->classify);
			sk_flow_table_prefetch_memory(next->arena.head);
			sk_flow_prefetch(t, next->hash);
			if (next->newer)
				sk_flow_table_prefetch(sk_flow_table_at(t, next->newer));
		}
		finish(t, (struct record *)f, why);
	}
}

/* Moves a flow of a list to the end of those that end: they stay nearly in order of their first packets. */
static void take_out(struct sk_flow_table *t, struct list *from, struct sk_flow *f, struct list *ended)
{
	sk_flow_list_unlink(t, from, f);
	sk_flow_list_append(t, ended, f);
}

struct sk_flow_table *sk_flow_table_new(const struct sk_flow_conf *conf, sk_flow_end_fn *on_end, void *cx)
{
	struct sk_flow_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->conf = *conf;
	if (!t->conf.total)
		t->conf.total = INT64_MAX;
	t->on_end = on_end;
	t->cx = cx;
	t->seed = sk_seed_draw();
	t->idle_ns[LIST_NEW] = conf->new_ns;
	t->idle_ns[LIST_ESTABLISHED] = conf->established_ns;
	t->idle_ns[LIST_CLOSED] = conf->closed_ns;
	t->idle_ns[LIST_DATAGRAM] = conf->datagram_ns;
	t->idle_ns[LIST_ANSWERED] = SK_MIN(conf->answered_ns, conf->datagram_ns);
	for (unsigned i = 0; i < LIST_CNT; i++)
		t->idle_ticks[i] = (uint32_t)SK_MIN((t->idle_ns[i] >> TICK_SHIFT) + 2, UINT64_C(1) << 30);
	t->next_tick = UINT64_MAX;
	if (sk_flow_table_init(t) < 0) {
		free(t);
		return NULL;
	}
	return t;
}

void sk_flow_table_free(struct sk_flow_table *t)
{
	if (!t)
		return;
	sk_flow_end_all(t, SK_FLOW_END_INPUT);
	sk_flow_table_fini(t);
	free(t);
}

void sk_flow_prefetch(const struct sk_flow_table *t, uint64_t hash)
{
	SK_PREFETCH(&t->slots[(uint32_t)hash & t->mask]);
}

void sk_flow_prefetch_flow(const struct sk_flow_table *t, uint64_t hash)
{
	for (uint32_t at = (uint32_t)hash & t->mask; t->slots[at].index1; at = (at + 1) & t->mask) {
		if (t->slots[at].hash == (uint32_t)hash) {
			const char *r = (const char *)sk_flow_table_record(t, t->slots[at].index1 - 1);

			SK_PREFETCH(r);
			SK_PREFETCH(r + 64);
			SK_PREFETCH(r + 128);
			return;
		}
	}
}

struct sk_flow *sk_flow_find(struct sk_flow_table *t, const struct sk_packet *p, uint64_t hash, int *dir)
{
	struct key k = packet_key(p);

	settle(t);
	for (uint32_t at = (uint32_t)hash & t->mask; t->slots[at].index1; at = (at + 1) & t->mask) {
		struct sk_flow *f;

		if (t->slots[at].hash != (uint32_t)hash)
			continue;
		f = &sk_flow_table_record(t, t->slots[at].index1 - 1)->f;
		*dir = direction_in(&f->info, p, k);
		if (*dir < 0)
			continue;
		if (SK_LIKELY(p->time_ns < f->info.last_ns + t->idle_ns[f->list / CLASS_CNT]))
			return f;
		sk_flow_end(t, f, SK_FLOW_END_TIMEOUT);
		return NULL;
	}
	return NULL;
}

/* The first of a list that is what its place says. Others go where they belong now: some are worth more since their last
 * packet, some have had packets since they were put there. */
static struct sk_flow *oldest_of(struct sk_flow_table *t, unsigned list)
{
	struct sk_flow *f;

	for (unsigned tries = 0; (f = sk_flow_table_at(t, t->lists[list].oldest)) && tries < EVICT_TRIES; tries++) {
		if (list_of(f) == list && (int32_t)(f->touched - f->listed) <= 0)
			break;
		refile(t, (struct record *)f, list_of(f));
	}
	return f;
}

/* The flow with the least to lose: worthless ones first, among equals the longest silent. */
static struct record *victim(struct sk_flow_table *t)
{
	uint32_t now = tick_now(t);

	for (unsigned class = 0; class < CLASS_CNT; class++) {
		struct sk_flow *best = NULL;

		for (unsigned i = 0; i < LIST_CNT; i++) {
			struct sk_flow *f = oldest_of(t, i * CLASS_CNT + class);

			if (f && (!best || now - f->touched > now - best->touched ||
				  (f->touched == best->touched && f->info.serial < best->info.serial)))
				best = f;
		}
		if (best)
			return (struct record *)best;
	}
	return NULL;
}

static bool evict(struct sk_flow_table *t)
{
	struct record *r = victim(t);

	if (r)
		sk_flow_end(t, &r->f, SK_FLOW_END_EVICTED);
	return r != NULL;
}

static void relieve(struct sk_flow_table *t)
{
	t->tight = true;
	settle(t);
	while (sk_mem_held > (int64_t)t->conf.total && evict(t))
		t->counters.evicted_memory++;
	t->tight = false;
}

void sk_flow_relieve(struct sk_flow_table *t)
{
	if (SK_LIKELY(sk_mem_held <= (int64_t)SK_MIN(t->counters.memory_max, t->conf.total)))
		return;
	if (sk_mem_held > (int64_t)t->conf.total)
		relieve(t);
	if (sk_mem_held > (int64_t)t->counters.memory_max)
		t->counters.memory_max = (uint64_t)sk_mem_held;
}

/* True when the packet goes to the client. *guessed: its ports or nothing at all say so. */
static bool goes_to_client(const struct sk_packet *p, struct key k, bool *guessed)
{
	bool tcp = p->proto == SK_IPPROTO_TCP;

	*guessed = false;
	if (!k.ports_follow)
		return k.reply;
	if (tcp && p->tcp_flags & SK_TCP_SYN)
		return p->tcp_flags & SK_TCP_ACK;
	*guessed = tcp;
	if (p->src_port >= WELL_KNOWN_PORT || p->dst_port <= p->src_port || p->src_port == 0)
		return false;
	if (p->dst_port < WELL_KNOWN_PORT)
		return false;
	*guessed = true;
	return true;
}

static void count_new(struct sk_flow_table *t, const struct sk_flow_info *f)
{
	t->counters.tcp += f->proto == SK_IPPROTO_TCP;
	t->counters.udp += f->proto == SK_IPPROTO_UDP;
	t->counters.other += f->proto != SK_IPPROTO_TCP && f->proto != SK_IPPROTO_UDP;
	t->counters.midstream += f->midstream;
	if (t->active > t->counters.active_max)
		t->counters.active_max = t->active;
}

static void fill(struct sk_flow_info *f, const struct sk_packet *p, int *dir)
{
	struct key k = packet_key(p);
	bool guessed, turn = goes_to_client(p, k, &guessed);

	f->size = sizeof(*f);
	f->proto = p->proto;
	f->dir_guessed = guessed;
	f->midstream = p->proto == SK_IPPROTO_TCP && !(p->tcp_flags & SK_TCP_SYN);
	f->client_ip = turn ? p->dst : p->src;
	f->server_ip = turn ? p->src : p->dst;
	f->client_port = turn && k.ports_follow ? k.dst_port : k.src_port;
	f->server_port = turn && k.ports_follow ? k.src_port : k.dst_port;
	f->vlan = p->vlan_cnt ? p->vlan[0] : 0;
	f->serial = p->order;
	f->start_ns = f->last_ns = p->time_ns;
	*dir = turn ? SK_TO_CLIENT : SK_TO_SERVER;
}

struct sk_flow *sk_flow_add(struct sk_flow_table *t, const struct sk_packet *p, uint64_t hash, int *dir)
{
	uint32_t index;
	struct record *r = NULL;

	settle(t);
	if (t->active < t->conf.max || evict(t))
		r = sk_flow_table_take(t);
	if (!r && evict(t))
		r = sk_flow_table_take(t);
	if (!r) {
		t->counters.refused++;
		return NULL;
	}
	index = r->f.index;
	sk_zero_small(&r->f, sizeof(r->f));
	r->f.hash = (uint32_t)hash;
	r->f.index = index;
	sk_flow_table_begin_memory(t, r);
	if (sk_flow_table_insert(t, r) < 0) {
		sk_flow_table_give_back(t, r);
		t->counters.refused++;
		return NULL;
	}
	/* datagrams often need none; those that do bring in another piece each, unless they are lent what there is too much of */
	if (p->proto == SK_IPPROTO_TCP || t->kept > KEPT_ENOUGH)
		sk_flow_table_lend_memory(t, r);
	fill(&r->f.info, p, dir);
	r->f.order = p->order;
	clock_advance(t, p->time_ns);
	r->f.touched = tick_now(t);
	r->f.has_payload = p->payload.n > 0;
	append(t, r, list_of(&r->f));
	count_new(t, &r->f.info);
	return &r->f;
}

void sk_flow_touch(struct sk_flow_table *t, struct sk_flow *f, const struct sk_packet *p, int dir)
{
	struct record *r = (struct record *)f;
	uint8_t list;

	if (t->touched != r)
		settle(t);
	t->touched = r;
	clock_advance(t, p->time_ns);
	if (p->time_ns > f->info.last_ns)
		f->info.last_ns = p->time_ns;
	f->info.packets[dir]++;
	f->info.bytes[dir] += p->wire_len;
	f->order = p->order;
	f->number = p->number;
	if (p->payload.n)
		f->has_payload = 1;
	if (!f->info.saw_both && f->info.packets[!dir]) {
		f->info.saw_both = 1;
		t->counters.vlan_differs += f->info.vlan != (p->vlan_cnt ? p->vlan[0] : 0);
		if (f->info.proto != SK_IPPROTO_TCP)
			f->state = SK_FLOW_ESTABLISHED;
	}
	list = list_of(f);
	f->touched = tick_now(t);
	if (list != f->list || f->touched - f->listed > t->idle_ticks[list / CLASS_CNT] / 8)
		refile(t, r, list);
	t->learnt = learnt(f);
}

void sk_flow_swap(struct sk_flow_table *t, struct sk_flow *f)
{
	struct sk_flow_info *i = &f->info;
	struct sk_addr ip = i->client_ip;
	uint16_t port = i->client_port;
	uint64_t packets = i->packets[0], bytes = i->bytes[0];

	(void)t;
	i->client_ip = i->server_ip;
	i->server_ip = ip;
	if (!sk_flow_is_icmp(i->proto)) {
		i->client_port = i->server_port;
		i->server_port = port;
	}
	i->packets[0] = i->packets[1];
	i->packets[1] = packets;
	i->bytes[0] = i->bytes[1];
	i->bytes[1] = bytes;
	f->swapped = !f->swapped;
}

/* Takes out what is due in a list whose timeout is idle ticks; when something may be due next. How many were taken. */
static uint32_t sweep(struct sk_flow_table *t, struct list *l, uint32_t idle, struct list *ended)
{
	uint32_t taken = 0;
	const uint64_t tick = t->clock_ns >> TICK_SHIFT;
	struct sk_flow *f = sk_flow_table_at(t, l->oldest), *newer;

	for (; f && (uint32_t)tick - f->listed >= idle; f = newer) {
		uint32_t left = ticks_left(t, f);

		newer = sk_flow_table_at(t, f->newer);
		if (left == 0) {
			take_out(t, l, f, ended);
			taken++;
		} else {
			t->next_tick = SK_MIN(t->next_tick, tick + left);
		}
	}
	if (f)
		t->next_tick = SK_MIN(t->next_tick, tick + idle - ((uint32_t)tick - f->listed));
	return taken;
}

void sk_flow_look_ahead(struct sk_flow_table *t)
{
	for (unsigned i = LIST_CLOSED; i < LIST_CNT; i++) {
		struct ahead *a = &t->ahead[i];
		uint32_t next;

		if (!a->left)
			continue;
		a->left--;
		next = sk_flow_table_at(t, a->at)->newer;
		if (next) {
			sk_flow_table_prefetch(sk_flow_table_at(t, next));
			a->at = next;
		}
	}
}

void sk_flow_expire(struct sk_flow_table *t, uint64_t now_ns)
{
	struct list ended = { 0 };
	uint64_t tick;

	settle(t);
	clock_advance(t, now_ns);
	tick = t->clock_ns >> TICK_SHIFT;
	if (SK_LIKELY(tick < t->next_tick))
		return;
	t->next_tick = UINT64_MAX;
	for (unsigned i = 0; i < SK_ARRAY_LEN(t->lists); i++) {
		uint32_t taken = sweep(t, &t->lists[i], t->idle_ticks[i / CLASS_CNT], &ended);

		if (i % CLASS_CNT == CLASS_PAYLOAD)
			t->ahead[i / CLASS_CNT] = (struct ahead){ t->lists[i].oldest, t->lists[i].oldest ? SK_MIN(taken, AHEAD_MAX) : 0 };
	}
	finish_all(t, ended.oldest, SK_FLOW_END_TIMEOUT);
}

void sk_flow_end_all(struct sk_flow_table *t, enum sk_flow_reason why)
{
	struct list ended = { 0 };

	for (unsigned i = 0; i < SK_ARRAY_LEN(t->lists); i++) {
		struct sk_flow *f;

		while ((f = sk_flow_table_at(t, t->lists[i].oldest)))
			take_out(t, &t->lists[i], f, &ended);
	}
	finish_all(t, ended.oldest, why);
}

size_t sk_flow_active(const struct sk_flow_table *t)
{
	return t->active;
}

const struct sk_flow_counters *sk_flow_counters(const struct sk_flow_table *t)
{
	return &t->counters;
}
