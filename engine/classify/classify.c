/* classify/classify.c — see classify.h. The only file that knows nDPI; its differences between releases are in the functions
 * ndpi_* below, behind macros that configure probes for (m4/sk-ndpi.m4).
 *
 * Where names are wanted only of flows that something is told of, a flow's first packets are kept as they are, and nDPI is shown them
 * when its name is asked for, or when there is no more room for them: it is told the same in the same order, later or never.
 * An nDPI flow is made at the first payload it is shown and goes with the verdict; what stays is a name, a category and risk bits. Names
 * come from the module's own tables, pairs "Master.App" are made once each: nDPI's functions that print into static buffers
 * are never called from a worker.
 */
#include "classify/classify.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

/* nDPI's headers are not ours to keep free of warnings. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wundef"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <ndpi_api.h>
#pragma GCC diagnostic pop

SK_COUNTER_TABLE(classify, SK_CLASSIFY_COUNTERS)

#define NAMES_MAX 4096u			/* pairs; more than nDPI has ever needed */
#define NAMES_SLOTS (2 * NAMES_MAX)
#define SLAB_CNT 64u
#define PACKETS_MAX 64u			/* as classify.packets */
#define SHOWN_BYTES 4096u		/* bytes shown or kept, per flow of the cap; nDPI's buffers grow by doubling */
#define KEPT_BYTES_MAX (8u << 20)	/* … kept at most, over all flows */
#define WAITING 8u			/* flows whose packets are kept, per flow that nDPI may have at a time */

/* A packet nDPI may have to see. */
struct kept {
	uint64_t time_ns;
	const uint8_t *ip;		/* malloc'd; or where the packet's bytes stay */
	uint32_t payload;		/* bytes */
	uint16_t n;			/* from the IP header on */
	bool copied;
};

/* A flow without a verdict: f->classify. */
struct look {
	struct look *older, *newer;	/* of those whose packets are kept; newer also links unused ones */
	struct sk_flow *flow;
	unsigned char *ndpi;		/* nDPI's flow; NULL: its packets are kept */
	uint32_t packets;		/* kept, or shown so far */
	uint32_t bytes;			/* of payload shown: nDPI may keep copies of them all */
	bool ended;			/* no more packets will come */
	struct kept kept[];		/* max_packets, unless names are wanted at once */
};

/* Memory for things of one size, which come from slabs and are used again. */
struct slab {
	struct slab *next;
	_Alignas(16) unsigned char bytes[];
};

struct pool {
	struct slab *slabs;
	void *unused;			/* the first pointer of each leads to the next */
	size_t size;			/* of one; a multiple of 16 */
};

struct pair {
	uint32_t key;			/* master << 16 | app, never 0 */
	char *name;
};

struct sk_classify {
	struct ndpi_detection_module_struct *ndpi;
	struct sk_classify_counters counters;
	struct pool looks, flows;
	struct look *oldest, *newest;	/* of those whose packets are kept */
	size_t active, max_flows;	/* looks with an nDPI flow */
	size_t waiting;			/* … whose packets are kept */
	uint64_t bytes;			/* shown to nDPI's flows without a verdict */
	uint64_t kept, kept_max;	/* bytes of packets that are kept */
	unsigned max_packets;
	bool at_once;			/* names are wanted of every flow */
	uint32_t pair_cnt;
	struct pair pairs[NAMES_SLOTS];
	const char *categories[NDPI_PROTOCOL_NUM_CATEGORIES];
};

/* f->classify of flows with a verdict. */
static char verdict;

static struct ndpi_detection_module_struct *ndpi_open(void)
{
#ifdef SK_NDPI_INIT_PREFS
	struct ndpi_detection_module_struct *m = ndpi_init_detection_module(ndpi_no_prefs);
#else
	struct ndpi_detection_module_struct *m = ndpi_init_detection_module(NULL);
#endif

	if (!m)
		return NULL;
#ifdef SK_NDPI_BITMASK
	NDPI_PROTOCOL_BITMASK all;

	NDPI_BITMASK_SET_ALL(all);
	ndpi_set_protocol_detection_bitmask2(m, &all);
#endif
	(void)ndpi_finalize_initialization(m);
	return m;
}

static ndpi_protocol ndpi_feed(struct sk_classify *c, struct ndpi_flow_struct *flow, struct sk_span ip, uint64_t time_ns)
{
	unsigned short len = (unsigned short)SK_MIN(ip.n, UINT16_MAX);

#ifdef SK_NDPI_INPUT_INFO
	return ndpi_detection_process_packet(c->ndpi, flow, ip.p, len, time_ns / 1000000u, NULL);
#else
	return ndpi_detection_process_packet(c->ndpi, flow, ip.p, len, time_ns / 1000000u);
#endif
}

static ndpi_protocol ndpi_guess(struct sk_classify *c, struct ndpi_flow_struct *flow)
{
#if defined(SK_NDPI_GIVEUP_4)
	u_int8_t guessed;

	return ndpi_detection_giveup(c->ndpi, flow, 1, &guessed);
#elif defined(SK_NDPI_GIVEUP_3)
	u_int8_t guessed;

	return ndpi_detection_giveup(c->ndpi, flow, &guessed);
#else
	return ndpi_detection_giveup(c->ndpi, flow);
#endif
}

static uint16_t ndpi_master(const ndpi_protocol *v)
{
#ifdef SK_NDPI_MEMBER_PROTO
	return v->proto.master_protocol;
#else
	return v->master_protocol;
#endif
}

static uint16_t ndpi_app(const ndpi_protocol *v)
{
#ifdef SK_NDPI_MEMBER_PROTO
	return v->proto.app_protocol;
#else
	return v->app_protocol;
#endif
}

static bool is_known(const ndpi_protocol *v)
{
	return ndpi_app(v) != NDPI_PROTOCOL_UNKNOWN || ndpi_master(v) != NDPI_PROTOCOL_UNKNOWN;
}

/* nDPI wants no more packets. */
static bool is_final(struct sk_classify *c, struct ndpi_flow_struct *flow, const ndpi_protocol *v)
{
#ifdef SK_NDPI_MEMBER_STATE
	(void)c;
	(void)flow;
	return v->state == NDPI_STATE_CLASSIFIED;
#else
	return is_known(v) && !ndpi_extra_dissection_possible(c->ndpi, flow);
#endif
}

static struct ndpi_flow_struct *ndpi_of(const struct look *l)
{
	return (struct ndpi_flow_struct *)(void *)l->ndpi;
}

/* --- memory --- */

static void pool_init(struct pool *p, size_t size)
{
	p->size = (size + 15) & ~(size_t)15;
}

static void pool_fini(struct pool *p)
{
	struct slab *next;

	for (struct slab *s = p->slabs; s; s = next) {
		next = s->next;
		free(s);
	}
}

static void pool_give(struct pool *p, void *one)
{
	memcpy(one, &p->unused, sizeof(p->unused));
	p->unused = one;
}

/* NULL when memory is short. */
static void *pool_take(struct pool *p)
{
	void *one;

	if (!p->unused) {
		struct slab *s = aligned_alloc(16, sizeof(*s) + SLAB_CNT * p->size);

		if (!s)
			return NULL;
		s->next = p->slabs;
		p->slabs = s;
		for (unsigned i = SLAB_CNT; i-- > 0;)
			pool_give(p, s->bytes + i * p->size);
	}
	one = p->unused;
	memcpy(&p->unused, one, sizeof(p->unused));
	return one;
}

struct sk_classify *sk_classify_new(unsigned max_packets, size_t max_flows, bool at_once, struct sk_error *e)
{
	struct sk_classify *c = calloc(1, sizeof(*c));

	if (!c) {
		sk_error_set(e, SK_E_MEMORY, "not enough memory to classify flows");
		return NULL;
	}
	c->max_packets = SK_MIN(max_packets, PACKETS_MAX);
	c->max_flows = max_flows;
	c->at_once = at_once;
	c->kept_max = SK_MIN(max_flows * SHOWN_BYTES, (uint64_t)KEPT_BYTES_MAX);
	pool_init(&c->looks, sizeof(struct look) + (at_once ? 0 : c->max_packets * sizeof(struct kept)));
	pool_init(&c->flows, ndpi_detection_get_sizeof_ndpi_flow_struct());
	return c;
}

int sk_classify_open(struct sk_classify *c, struct sk_error *e)
{
	static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;	/* modules share tables that the first one fills */

	if (c->ndpi)
		return 0;
	pthread_mutex_lock(&opening);
	c->ndpi = ndpi_open();
	pthread_mutex_unlock(&opening);
	if (!c->ndpi)
		return sk_error_set(e, SK_E_MEMORY, "nDPI %s could not be started", ndpi_revision());
	for (unsigned i = 0; i < NDPI_PROTOCOL_NUM_CATEGORIES; i++)
		c->categories[i] = ndpi_category_get_name(c->ndpi, (ndpi_protocol_category_t)i);
	return 0;
}

void sk_classify_free(struct sk_classify *c)
{
	if (!c)
		return;
	while (c->oldest)
		sk_classify_forget(c, c->oldest->flow);
	if (c->ndpi)
		ndpi_exit_detection_module(c->ndpi);
	for (unsigned i = 0; i < NAMES_SLOTS; i++)
		free(c->pairs[i].name);
	pool_fini(&c->looks);
	pool_fini(&c->flows);
	free(c);
}

uint64_t sk_classify_bytes(unsigned max_packets, size_t max_flows)
{
	uint64_t looks = ((WAITING + 1) * max_flows + SLAB_CNT) * (sizeof(struct look) + max_packets * sizeof(struct kept) + 16);
	uint64_t flows = (max_flows + SLAB_CNT) * (ndpi_detection_get_sizeof_ndpi_flow_struct() + 16 + 2 * SHOWN_BYTES);

	return looks + flows + KEPT_BYTES_MAX;
}

/* --- verdicts --- */

/* "Master.App", made once. Where the table is full or memory short the application's name alone. */
static const char *pair_name(struct sk_classify *c, uint16_t master, uint16_t app)
{
	const char *app_name = ndpi_get_proto_name(c->ndpi, app);
	uint32_t key = (uint32_t)master << 16 | app, at = (key * 2654435761u >> 16) % NAMES_SLOTS;
	char *name;
	int n;

	for (; c->pairs[at].key; at = (at + 1) % NAMES_SLOTS)
		if (c->pairs[at].key == key)
			return c->pairs[at].name;
	if (c->pair_cnt >= NAMES_MAX)
		return app_name;
	n = asprintf(&name, "%s.%s", ndpi_get_proto_name(c->ndpi, master), app_name);
	if (n < 0) {
		c->counters.memory++;
		return app_name;
	}
	c->pairs[at] = (struct pair){ key, name };
	c->pair_cnt++;
	return name;
}

static void tell(struct sk_classify *c, struct sk_flow *f, const struct look *l, const ndpi_protocol *v)
{
	uint16_t master = ndpi_master(v), app = ndpi_app(v);

	f->info.ndpi_risk = ndpi_of(l)->risk;
	if (!is_known(v))
		return;
	if (master == NDPI_PROTOCOL_UNKNOWN || app == NDPI_PROTOCOL_UNKNOWN || master == app)
		f->info.ndpi_protocol = ndpi_get_proto_name(c->ndpi, app == NDPI_PROTOCOL_UNKNOWN ? master : app);
	else
		f->info.ndpi_protocol = pair_name(c, master, app);
	if ((unsigned)v->category < NDPI_PROTOCOL_NUM_CATEGORIES)
		f->info.ndpi_category = c->categories[v->category];
}

/* --- packets that wait for somebody to ask --- */

static void list_add(struct sk_classify *c, struct look *l)
{
	l->older = c->newest;
	l->newer = NULL;
	*(l->older ? &l->older->newer : &c->oldest) = l;
	c->newest = l;
	c->waiting++;
}

static void list_remove(struct sk_classify *c, struct look *l)
{
	*(l->older ? &l->older->newer : &c->oldest) = l->newer;
	*(l->newer ? &l->newer->older : &c->newest) = l->older;
	c->waiting--;
}

static void let_go(struct sk_classify *c, const struct kept *k)
{
	if (!k->copied)
		return;
	c->kept -= k->n;
	sk_mem_free((void *)(uintptr_t)k->ip);
}

/* False when memory is short. */
static bool copy(struct sk_classify *c, struct kept *k)
{
	uint8_t *to = sk_mem_alloc(k->n);

	if (!to)
		return false;
	k->ip = memcpy(to, k->ip, k->n);
	k->copied = true;
	c->kept += k->n;
	return true;
}

/* False when memory is short. */
static bool keep(struct sk_classify *c, struct look *l, const struct sk_packet *p)
{
	struct kept *k = &l->kept[l->packets];

	*k = (struct kept){ .time_ns = p->time_ns, .ip = p->ip.p, .payload = (uint32_t)p->payload.n,
			    .n = (uint16_t)SK_MIN(p->ip.n, (size_t)UINT16_MAX) };
	if (!(p->flags & SK_PACKET_STAYS) && !copy(c, k))
		return false;
	l->packets++;
	return true;
}

static void look_end(struct sk_classify *c, struct look *l)
{
	if (l->ndpi) {
		ndpi_free_flow_data(ndpi_of(l));
		pool_give(&c->flows, l->ndpi);
		c->bytes -= l->bytes;
		c->active--;
	} else {
		list_remove(c, l);
		for (uint32_t i = 0; i < l->packets; i++)
			let_go(c, &l->kept[i]);
	}
	l->flow->classify = &verdict;
	pool_give(&c->looks, l);
}

static void conclude(struct sk_classify *c, struct look *l)
{
	struct sk_flow *f = l->flow;

	if (!f->info.ndpi_protocol) {
		ndpi_protocol v = ndpi_guess(c, ndpi_of(l));

		tell(c, f, l, &v);
		c->counters.guessed += f->info.ndpi_protocol != NULL;
	}
	c->counters.detected += f->info.ndpi_protocol != NULL;
	look_end(c, l);
}

/* Shows nDPI a packet. The look may be over then. */
static void feed(struct sk_classify *c, struct look *l, struct sk_span ip, uint32_t payload, uint64_t time_ns)
{
	ndpi_protocol v;

	c->counters.packets++;
	l->packets++;
	l->bytes += payload;
	c->bytes += payload;
	v = ndpi_feed(c, ndpi_of(l), ip, time_ns);
	tell(c, l->flow, l, &v);
	if (l->packets >= c->max_packets || c->bytes > c->max_flows * SHOWN_BYTES || is_final(c, ndpi_of(l), &v))
		conclude(c, l);
}

/* Makes nDPI's flow. False when it cannot be: too many are under way, or memory is short. */
static bool begin(struct sk_classify *c, struct look *l)
{
	struct sk_error e;

	if (c->active < c->max_flows && (c->ndpi || sk_classify_open(c, &e) == 0))
		l->ndpi = pool_take(&c->flows);
	if (!l->ndpi)
		return false;
	memset(l->ndpi, 0, c->flows.size);
	c->active++;
	c->counters.flows++;
	l->packets = 0;
	return true;
}

/* Shows nDPI what was kept. The look may be over then. False when nDPI can have no more flows, or memory is short. */
static bool show(struct sk_classify *c, struct look *l)
{
	struct kept kept[PACKETS_MAX];
	struct sk_flow *f = l->flow;
	uint32_t cnt = l->packets;

	memcpy(kept, l->kept, cnt * sizeof(*kept));
	if (!begin(c, l)) {
		c->counters.refused++;
		look_end(c, l);
		return false;
	}
	list_remove(c, l);
	for (uint32_t i = 0; i < cnt; i++) {
		if (f->classify == l)
			feed(c, l, sk_span(kept[i].ip, kept[i].n), kept[i].payload, kept[i].time_ns);
		let_go(c, &kept[i]);
	}
	if (f->classify == l && l->ended)
		conclude(c, l);
	return true;
}

/* Where too many flows wait, those that have longest are shown. NULL when nDPI can have no more flows, or memory is short. */
static struct look *look_begin(struct sk_classify *c, struct sk_flow *f)
{
	struct look *l;

	while (c->waiting >= WAITING * c->max_flows && c->active < c->max_flows)
		show(c, c->oldest);
	l = c->waiting < WAITING * c->max_flows ? pool_take(&c->looks) : NULL;
	if (!l)
		return NULL;
	memset(l, 0, sizeof(*l));
	l->flow = f;
	if (!c->at_once) {
		list_add(c, l);
	} else if (!begin(c, l)) {
		pool_give(&c->looks, l);
		return NULL;
	}
	f->classify = l;
	return l;
}

bool sk_classify_packet(struct sk_classify *c, struct sk_flow *f, const struct sk_packet *p)
{
	struct look *l = f->classify;

	if (SK_LIKELY(f->classify == &verdict || p->payload.n == 0))
		return true;
	if (p->flags & (SK_PACKET_FRAGMENT | SK_PACKET_NO_TRANSPORT | SK_PACKET_BAD_CHECKSUM) || !p->ip.p)
		return true;
	if (!l && !(l = look_begin(c, f))) {
		c->counters.refused++;
		f->classify = &verdict;
		return false;
	}
	if (l->ndpi) {
		feed(c, l, p->ip, (uint32_t)p->payload.n, p->time_ns);
	} else if (l->packets < c->max_packets && !keep(c, l, p)) {
		c->counters.refused++;
		look_end(c, l);
		return false;
	}
	while (c->kept > c->kept_max)
		show(c, c->oldest);
	return true;
}

bool sk_classify_name(struct sk_classify *c, struct sk_flow *f)
{
	struct look *l = f->classify;

	return !l || f->classify == &verdict || l->ndpi || show(c, l);
}

void sk_classify_drop(struct sk_classify *c, struct sk_flow *f)
{
	if (f->classify == &verdict)
		return;
	if (f->classify)
		look_end(c, f->classify);
	f->classify = &verdict;
	f->info.ndpi_protocol = f->info.ndpi_category = NULL;
	f->info.ndpi_risk = 0;
	c->counters.dropped++;
}

void sk_classify_flow_end(struct sk_classify *c, struct sk_flow *f)
{
	struct look *l = f->classify;

	if (!l || f->classify == &verdict)
		return;
	if (l->ndpi)
		conclude(c, l);
	else
		l->ended = true;
}

/* Copies what is where packets' bytes stayed. False when that cannot be. */
static bool settle(struct sk_classify *c, struct look *l, bool lost)
{
	for (uint32_t i = 0; i < l->packets; i++)
		if (!l->kept[i].copied && (lost || !copy(c, &l->kept[i])))
			return false;
	return true;
}

void sk_classify_settle(struct sk_classify *c, bool lost)
{
	struct look *next;

	for (struct look *l = c->oldest; l; l = next) {
		next = l->newer;
		if (!settle(c, l, lost)) {
			c->counters.refused++;
			look_end(c, l);
		}
		while (c->kept > c->kept_max && c->oldest != next)
			show(c, c->oldest);
	}
}

void sk_classify_forget(struct sk_classify *c, struct sk_flow *f)
{
	if (f->classify && f->classify != &verdict) {
		c->counters.unasked++;
		look_end(c, f->classify);
	}
	f->classify = NULL;
}

const struct sk_classify_counters *sk_classify_counters(const struct sk_classify *c)
{
	return &c->counters;
}

const char *sk_classify_risk_name(unsigned i)
{
	if (i == 0)
		return "No risk";
	return i < NDPI_MAX_RISK ? ndpi_risk2str((ndpi_risk_enum)i) : NULL;
}

const char *sk_classify_version(void)
{
	return ndpi_revision();
}
