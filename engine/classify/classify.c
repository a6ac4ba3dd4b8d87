/* classify/classify.c — see classify.h. The only file that knows nDPI; its differences between releases are in the functions
 * ndpi_* below, behind macros that configure probes for (m4/sk-ndpi.m4).
 *
 * An nDPI flow is made at the first payload and goes with the verdict; what stays is a name, a category and risk bits. Names
 * come from the module's own tables, pairs "Master.App" are made once each: nDPI's functions that print into static buffers
 * are never called from a worker.
 */
#include "classify/classify.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

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
#define BLOCKS_PER_SLAB 64u
#define SHOWN_BYTES 4096u		/* bytes shown, per flow of the cap; nDPI's buffers grow by doubling */

/* An nDPI flow and our count of it. */
struct block {
	struct block *next_unused;
	uint32_t packets;
	uint32_t bytes;			/* shown so far: nDPI may keep copies of them all */
	_Alignas(16) unsigned char flow[];
};

struct slab {
	struct slab *next;
	_Alignas(16) unsigned char blocks[];
};

struct pair {
	uint32_t key;			/* master << 16 | app, never 0 */
	char *name;
};

struct sk_classify {
	struct ndpi_detection_module_struct *ndpi;
	struct sk_classify_counters counters;
	struct block *unused;
	struct slab *slabs;
	size_t block_size, flow_size;
	size_t active, max_flows;
	uint64_t bytes;			/* shown to flows without a verdict */
	unsigned max_packets;
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

static ndpi_protocol ndpi_feed(struct sk_classify *c, struct ndpi_flow_struct *flow, const struct sk_packet *p)
{
	unsigned short len = (unsigned short)SK_MIN(p->ip.n, UINT16_MAX);

#ifdef SK_NDPI_INPUT_INFO
	return ndpi_detection_process_packet(c->ndpi, flow, p->ip.p, len, p->time_ns / 1000000u, NULL);
#else
	return ndpi_detection_process_packet(c->ndpi, flow, p->ip.p, len, p->time_ns / 1000000u);
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

static struct ndpi_flow_struct *ndpi_of(struct block *b)
{
	return (struct ndpi_flow_struct *)(void *)b->flow;
}

struct sk_classify *sk_classify_new(unsigned max_packets, size_t max_flows, struct sk_error *e)
{
	struct sk_classify *c = calloc(1, sizeof(*c));

	if (!c) {
		sk_error_set(e, SK_E_MEMORY, "not enough memory to classify flows");
		return NULL;
	}
	c->max_packets = max_packets;
	c->max_flows = max_flows;
	c->flow_size = ndpi_detection_get_sizeof_ndpi_flow_struct();
	c->block_size = (sizeof(struct block) + c->flow_size + 15) & ~(size_t)15;
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
	struct slab *next;

	if (!c)
		return;
	if (c->ndpi)
		ndpi_exit_detection_module(c->ndpi);
	for (unsigned i = 0; i < NAMES_SLOTS; i++)
		free(c->pairs[i].name);
	for (struct slab *s = c->slabs; s; s = next) {
		next = s->next;
		free(s);
	}
	free(c);
}

uint64_t sk_classify_bytes(size_t max_flows)
{
	return (max_flows + BLOCKS_PER_SLAB) * (sizeof(struct block) + ndpi_detection_get_sizeof_ndpi_flow_struct() + 16 + 2 * SHOWN_BYTES);
}

static struct block *block_take(struct sk_classify *c)
{
	struct block *b;
	struct slab *s;

	if (c->active >= c->max_flows)
		return NULL;
	if (!c->unused) {
		s = aligned_alloc(16, sizeof(*s) + BLOCKS_PER_SLAB * c->block_size);
		if (!s)
			return NULL;
		s->next = c->slabs;
		c->slabs = s;
		for (unsigned i = BLOCKS_PER_SLAB; i-- > 0;) {
			b = (struct block *)(void *)(s->blocks + i * c->block_size);
			b->next_unused = c->unused;
			c->unused = b;
		}
	}
	b = c->unused;
	c->unused = b->next_unused;
	c->active++;
	b->packets = b->bytes = 0;
	memset(b->flow, 0, c->flow_size);
	return b;
}

static void block_give_back(struct sk_classify *c, struct block *b)
{
	ndpi_free_flow_data(ndpi_of(b));
	b->next_unused = c->unused;
	c->unused = b;
	c->active--;
	c->bytes -= b->bytes;
}

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
	if (n < 0)
		return app_name;
	c->pairs[at] = (struct pair){ key, name };
	c->pair_cnt++;
	return name;
}

static void tell(struct sk_classify *c, struct sk_flow *f, const struct block *b, const ndpi_protocol *v)
{
	const struct ndpi_flow_struct *flow = (const struct ndpi_flow_struct *)(const void *)b->flow;
	uint16_t master = ndpi_master(v), app = ndpi_app(v);

	f->info.ndpi_risk = flow->risk;
	if (!is_known(v))
		return;
	if (master == NDPI_PROTOCOL_UNKNOWN || app == NDPI_PROTOCOL_UNKNOWN || master == app)
		f->info.ndpi_protocol = ndpi_get_proto_name(c->ndpi, app == NDPI_PROTOCOL_UNKNOWN ? master : app);
	else
		f->info.ndpi_protocol = pair_name(c, master, app);
	if ((unsigned)v->category < NDPI_PROTOCOL_NUM_CATEGORIES)
		f->info.ndpi_category = c->categories[v->category];
}

static void conclude(struct sk_classify *c, struct sk_flow *f, struct block *b)
{
	bool known = f->info.ndpi_protocol != NULL;

	if (!known) {
		ndpi_protocol v = ndpi_guess(c, ndpi_of(b));

		tell(c, f, b, &v);
		c->counters.guessed += f->info.ndpi_protocol != NULL;
	}
	c->counters.detected += f->info.ndpi_protocol != NULL;
	block_give_back(c, b);
	f->classify = &verdict;
}

bool sk_classify_packet(struct sk_classify *c, struct sk_flow *f, const struct sk_packet *p, int dir)
{
	struct block *b = f->classify;
	struct sk_error e;
	ndpi_protocol v;

	(void)dir;
	if (SK_LIKELY(f->classify == &verdict || p->payload.n == 0))
		return true;
	if (p->flags & (SK_PACKET_FRAGMENT | SK_PACKET_NO_TRANSPORT | SK_PACKET_BAD_CHECKSUM) || !p->ip.p)
		return true;
	if (!b) {
		if (c->ndpi || sk_classify_open(c, &e) == 0)
			b = block_take(c);
		if (!b) {
			c->counters.refused++;
			f->classify = &verdict;
			return false;
		}
		f->classify = b;
		c->counters.flows++;
	}
	c->counters.packets++;
	b->packets++;
	b->bytes += (uint32_t)p->payload.n;
	c->bytes += p->payload.n;
	v = ndpi_feed(c, ndpi_of(b), p);
	tell(c, f, b, &v);
	if (b->packets >= c->max_packets || c->bytes > c->max_flows * SHOWN_BYTES || is_final(c, ndpi_of(b), &v))
		conclude(c, f, b);
	return true;
}

void sk_classify_drop(struct sk_classify *c, struct sk_flow *f)
{
	if (f->classify == &verdict)
		return;
	if (f->classify)
		block_give_back(c, f->classify);
	f->classify = &verdict;
	f->info.ndpi_protocol = f->info.ndpi_category = NULL;
	f->info.ndpi_risk = 0;
	c->counters.dropped++;
}

void sk_classify_flow_end(struct sk_classify *c, struct sk_flow *f)
{
	if (f->classify && f->classify != &verdict)
		conclude(c, f, f->classify);
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
