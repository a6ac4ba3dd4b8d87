/* pipeline/crew.c — see crew.h.
 *
 * Nobody naps: a worker without a batch sleeps until the reader sends one, a reader without an empty batch until half of them are back,
 * so that it runs seldom and then for long.
 */
#include "pipeline/crew.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/bell.h"
#include "base/mem.h"

#define PAIRS 4096u			/* a power of two */
#define BACK_ENOUGH (SK_BATCHES / 2)
#define AHEAD 8u			/* frames whose first bytes are fetched before they are decoded */

struct member {
	struct sk_ring there, back;
	struct sk_bell bell;			/* the worker sleeps on it */
	struct sk_batch *filling;
	struct sk_crew *all;
	struct sk_pipeline_worker *worker;
	struct sk_decode decode;		/* of frames; its counters are added up when the crew is closed */
	struct sk_packet decoded[SK_CAPTURE_BURST_MAX];
	const struct sk_packet *burst[SK_CAPTURE_BURST_MAX];	/* what the worker is given next */
	int burst_n;
	unsigned index;
	uint64_t told;				/* the newest upto in a batch */
	uint64_t given;				/* packets */
	pthread_t thread;
	bool started;
};

struct sk_crew {
	struct sk_output *output;
	struct sk_decode *decode;		/* the reader's */
	struct sk_bell bell;			/* the reader sleeps on it … */
	_Atomic unsigned waits_for;		/* … for this one above all */
	struct member *members;
	unsigned cnt;
	uint8_t member_of[PAIRS];		/* index + 1; 0: not met yet */
};

/* --- worker threads --- */

static void give_mark(struct member *m, enum sk_batch_what what, const struct sk_packet *p)
{
	if (what == SK_BATCH_END) {
		sk_worker_end(m->worker, p->order);
		return;
	}
	if (what == SK_BATCH_SETTLE || what == SK_BATCH_LOST) {
		sk_worker_settle(m->worker, what == SK_BATCH_LOST);
		return;
	}
	if (m->index == 0 && what == SK_BATCH_TIME)
		sk_output_time(m->all->output, 0, p->order, p->time_ns);
	sk_worker_time(m->worker, p->order, p->time_ns);
}

static void flush_burst(struct member *m)
{
	if (m->burst_n)
		sk_worker_packets(m->worker, m->burst, m->burst_n);
	m->burst_n = 0;
}

static void on_frame_oddity(void *cx, const struct sk_packet *p, const char *name, struct sk_span bytes, struct sk_span other,
			    uint64_t offset)
{
	struct member *m = cx;

	flush_burst(m);
	sk_worker_oddity(m->worker, p, p->order, name, bytes, other, offset);
}

static void add_frame(struct member *m, const struct sk_batch_frame *frame)
{
	struct sk_packet *p = &m->decoded[m->burst_n];
	int rc = sk_decode(&m->decode, &frame->raw, p);

	p->order = frame->order;
	if (frame->stays)
		p->flags |= SK_PACKET_STAYS;
	if (rc < 0)
		sk_intake_tell(p, 0, on_frame_oddity, m);
	else
		m->burst[m->burst_n++] = p;
}

static void run_batch(struct member *m, struct sk_batch *b)
{
	m->worker->file = b->file;
	for (uint32_t i = 0; i < b->cnt; i++) {
		const struct sk_packet *p = &b->packets[i];
		const struct sk_batch_oddity *o = &b->oddities[i];

		if (m->burst_n == SK_CAPTURE_BURST_MAX || b->what[i] > SK_BATCH_FRAME)
			flush_burst(m);
		if (i + AHEAD < b->cnt && b->what[i + AHEAD] == SK_BATCH_FRAME)
			SK_PREFETCH(b->frames[i + AHEAD].raw.data);
		if (b->what[i] == SK_BATCH_FRAME) {
			add_frame(m, &b->frames[i]);
		} else if (b->what[i] == SK_BATCH_PACKET) {
			m->burst[m->burst_n++] = p;
			SK_PREFETCH(p->payload.p);
		} else if (b->what[i] == SK_BATCH_ODDITY) {
			sk_worker_oddity(m->worker, p, o->order, o->name, o->bytes, o->other, o->offset);
		} else {
			give_mark(m, (enum sk_batch_what)b->what[i], p);
		}
	}
	flush_burst(m);
	if (b->upto)
		sk_output_upto(m->all->output, m->index, b->upto);
}

static struct sk_batch *next_batch(struct member *m)
{
	struct sk_batch *b = sk_ring_pop(&m->there);

	while (!b) {
		sk_bell_listen(&m->bell);
		b = sk_ring_pop(&m->there);
		if (b)
			sk_bell_stay(&m->bell);
		else
			sk_bell_sleep(&m->bell);
	}
	return b;
}

static void give_back(struct member *m, struct sk_batch *b)
{
	struct sk_crew *s = m->all;

	sk_batch_clear(b);
	sk_ring_push(&m->back, b);
	if (!sk_bell_heard(&s->bell))
		return;
	if (sk_ring_len(&m->there) == 0 ||
	    (atomic_load_explicit(&s->waits_for, memory_order_relaxed) == m->index && sk_ring_len(&m->back) >= BACK_ENOUGH))
		sk_bell_ring(&s->bell);
}

static void *worker_thread(void *arg)
{
	struct member *m = arg;
	bool last = false;

	while (!last) {
		struct sk_batch *b = next_batch(m);

		run_batch(m, b);
		last = b->upto == UINT64_MAX;
		give_back(m, b);
	}
	sk_mem_trim();
	return NULL;
}

/* --- the reader's side --- */

/* Gives the batch to the worker. There are as many places as batches. */
static void member_push(struct member *m, uint64_t upto)
{
	m->filling->upto = upto;
	m->told = SK_MAX(m->told, upto);
	sk_ring_push(&m->there, m->filling);
	m->filling = NULL;
	if (sk_bell_heard(&m->bell))
		sk_bell_ring(&m->bell);
}

static bool has_batch(struct member *m)
{
	if (!m->filling)
		m->filling = sk_ring_pop(&m->back);
	return m->filling;
}

static bool is_idle(struct member *m)
{
	return sk_ring_len(&m->back) + (m->filling != NULL) == SK_BATCHES;
}

/* Tells all other workers that can be told that all up to this order has been given. */
static bool tell_others(struct sk_crew *s, const struct member *but, uint64_t upto)
{
	bool told = false;

	for (unsigned i = 0; i < s->cnt; i++) {
		struct member *o = &s->members[i];

		if (o != but && o->told < upto && has_batch(o)) {
			member_push(o, upto);
			told = true;
		}
	}
	return told;
}

/* Waits until one is ready. Its worker may itself be waiting for the output, and that for the other workers to get this far:
 * they are told meanwhile that all up to this order has been given. */
static void wait_for(struct sk_crew *s, struct member *m, bool (*ready)(struct member *), uint64_t upto)
{
	while (!ready(m)) {
		atomic_store_explicit(&s->waits_for, m->index, memory_order_relaxed);
		sk_bell_listen(&s->bell);
		if (tell_others(s, m, upto) || ready(m))
			sk_bell_stay(&s->bell);
		else
			sk_bell_sleep(&s->bell);
	}
}

/* The batch for an item of this order and file with n bytes to copy; the item is its last one. */
static struct sk_batch *add_item(struct sk_crew *s, struct member *m, enum sk_batch_what what, const char *file, uint64_t order, size_t n)
{
	struct sk_batch *b;

	if (m->filling && !sk_batch_fits(m->filling, file, n))
		member_push(m, 0);
	wait_for(s, m, has_batch, order ? order - 1 : 0);	/* not yet the packet or mark at hand */
	b = m->filling;
	b->file = file;
	b->what[b->cnt++] = (uint8_t)what;
	return b;
}

static struct member *member_of(struct sk_crew *s, uint64_t pair)
{
	uint8_t *at = &s->member_of[pair % PAIRS];

	if (SK_UNLIKELY(!*at)) {
		unsigned least = 0;

		for (unsigned i = 1; i < s->cnt; i++)
			if (s->members[i].given < s->members[least].given)
				least = i;
		*at = (uint8_t)(least + 1);
	}
	return &s->members[*at - 1];
}

void sk_crew_packet(struct sk_crew *s, const struct sk_packet *p, const char *file, bool stays)
{
	struct member *m = member_of(s, sk_packet_pair_hash(p));
	struct sk_batch *b = add_item(s, m, SK_BATCH_PACKET, file, p->order, stays ? 0 : p->ip.n);
	struct sk_packet *to = &b->packets[b->cnt - 1];

	m->given++;
	*to = *p;
	if (stays) {
		b->left_behind += (uint32_t)p->ip.n;
		return;
	}
	to->ip = sk_batch_copy(b, p->ip);
	if (p->payload.p)
		to->payload = sk_span(to->ip.p + (p->payload.p - p->ip.p), p->payload.n);
}

void sk_crew_frame(struct sk_crew *s, const struct sk_raw *raw, uint64_t pair, uint64_t order, const char *file, bool stays)
{
	struct member *m = member_of(s, pair);
	struct sk_batch *b = add_item(s, m, SK_BATCH_FRAME, file, order, stays ? 0 : raw->caplen);
	struct sk_batch_frame *to = &b->frames[b->cnt - 1];

	m->given++;
	to->raw = *raw;
	to->order = order;
	to->stays = stays;
	if (stays)
		b->left_behind += raw->caplen;
	else
		to->raw.data = sk_batch_copy(b, sk_span(raw->data, raw->caplen)).p;
}

void sk_crew_oddity(struct sk_crew *s, const struct sk_packet *p, uint64_t order, const char *file, const char *name,
		    struct sk_span bytes, struct sk_span other, uint64_t offset)
{
	struct sk_batch *b = add_item(s, member_of(s, sk_packet_pair_hash(p)), SK_BATCH_ODDITY, file, order, p->ip.n + bytes.n + other.n);
	struct sk_packet *to = &b->packets[b->cnt - 1];

	*to = *p;
	to->ip = sk_batch_copy(b, p->ip);
	to->payload = sk_span(NULL, 0);
	b->oddities[b->cnt - 1] = (struct sk_batch_oddity){ name, order, sk_batch_copy(b, bytes), sk_batch_copy(b, other), offset };
}

void sk_crew_mark(struct sk_crew *s, enum sk_batch_what what, const char *file, uint64_t order, uint64_t now_ns)
{
	for (unsigned i = 0; i < s->cnt; i++) {
		struct sk_batch *b = add_item(s, &s->members[i], what, file, order, 0);

		b->packets[b->cnt - 1].order = order;
		b->packets[b->cnt - 1].time_ns = now_ns;
	}
}

void sk_crew_upto(struct sk_crew *s, uint64_t order)
{
	for (unsigned i = 0; i < s->cnt; i++) {
		struct member *m = &s->members[i];

		if (!m->started || m->told >= order)
			continue;
		wait_for(s, m, has_batch, order);
		member_push(m, order);
	}
}

void sk_crew_drain(struct sk_crew *s, uint64_t order)
{
	for (unsigned i = 0; i < s->cnt; i++)
		if (s->members[i].filling && s->members[i].filling->cnt)
			member_push(&s->members[i], order);
	sk_crew_upto(s, order);
	for (unsigned i = 0; i < s->cnt; i++)
		wait_for(s, &s->members[i], is_idle, order);
}

static void free_batches(struct member *m)
{
	struct sk_batch *b;

	free(m->filling);
	while (m->there.slots && (b = sk_ring_pop(&m->there)))
		free(b);
	while (m->back.slots && (b = sk_ring_pop(&m->back)))
		free(b);
	sk_ring_fini(&m->there);
	sk_ring_fini(&m->back);
}

void sk_crew_close(struct sk_crew *s)
{
	if (!s)
		return;
	sk_crew_upto(s, UINT64_MAX);
	for (unsigned i = 0; i < s->cnt; i++) {
		if (s->members[i].started)
			pthread_join(s->members[i].thread, NULL);
		sk_counter_add(&sk_decode_counter_table, (uint64_t *)&s->decode->counters, &s->members[i].decode.counters);
		free_batches(&s->members[i]);
	}
	free(s->members);
	free(s);
}

static int member_open(struct member *m, struct sk_error *e)
{
	int rc;

	if (sk_ring_init(&m->there, SK_BATCHES) < 0 || sk_ring_init(&m->back, SK_BATCHES) < 0)
		return sk_error_set(e, SK_E_MEMORY, "not enough memory");
	for (int n = 0; n < SK_BATCHES; n++) {
		struct sk_batch *b = malloc(sizeof(*b));

		if (!b)
			return sk_error_set(e, SK_E_MEMORY, "not enough memory");
		sk_batch_clear(b);
		sk_ring_push(&m->back, b);
	}
	rc = pthread_create(&m->thread, NULL, worker_thread, m);
	if (rc)
		return sk_error_set(e, -rc, "cannot start a worker: %s", strerror(rc));
	m->started = true;
	return 0;
}

int sk_crew_open(struct sk_crew **out, struct sk_engine *g, struct sk_error *e)
{
	struct sk_crew *s = *out = calloc(1, sizeof(*s));
	int rc = 0;

	if (s)
		s->members = calloc(g->worker_cnt, sizeof(*s->members));
	if (!s || !s->members)
		return sk_error_set(e, SK_E_MEMORY, "not enough memory");
	s->output = g->output;
	s->decode = &g->intakes[0].decode;
	s->cnt = g->worker_cnt;
	for (unsigned i = 0; i < s->cnt; i++) {
		s->members[i].all = s;
		s->members[i].index = i;
		s->members[i].worker = &g->workers[i];
		sk_decode_init(&s->members[i].decode, sk_decode_plain_checksums(s->decode));
	}
	for (unsigned i = 0; i < s->cnt && rc == 0; i++)
		rc = member_open(&s->members[i], e);
	return rc;
}
