/* pipeline/crew.h — the workers of a replay on threads of their own, as its reader sees them.
 *
 * in       packets, decoded or as frames, oddities, time marks, ends, in order
 * out      each to the worker of its pair of hosts, in batches; marks and ends to all
 * memory   SK_BATCHES batches a worker; the reader waits for one to come back
 * threads  the reader calls; a thread per worker
 *
 * Pairs of hosts are told apart by a hash of some bits. The first packet with such a hash goes to the worker that was given the
 * least so far, and the others follow it: what a worker gets depends on the input alone.
 */
#ifndef SK_PIPELINE_CREW_H
#define SK_PIPELINE_CREW_H

#include "pipeline/batch.h"
#include "pipeline/engine.h"

struct sk_crew;

/* Starts the threads. *out is to be closed in any case. 0, SK_E_MEMORY or -errno. */
int sk_crew_open(struct sk_crew **out, struct sk_engine *g, struct sk_error *e);

/* file: borrowed until close. stays: the packet's bytes stay where they are until the next sk_crew_drain; otherwise they are copied. */
void sk_crew_packet(struct sk_crew *s, const struct sk_packet *p, const char *file, bool stays);
/* A frame that sk_decode_is_plain, which the worker decodes; pair: as told there. */
void sk_crew_frame(struct sk_crew *s, const struct sk_raw *raw, uint64_t pair, uint64_t order, const char *file, bool stays);
/* As sk_worker_oddity; bytes are copied. */
void sk_crew_oddity(struct sk_crew *s, const struct sk_packet *p, uint64_t order, const char *file, const char *name,
		    struct sk_span bytes, struct sk_span other, uint64_t offset);
/* what: none of SK_BATCH_PACKET and SK_BATCH_ODDITY; for every worker. */
void sk_crew_mark(struct sk_crew *s, enum sk_batch_what what, const char *file, uint64_t order, uint64_t now_ns);
/* All up to this order has been given: sends off what there is. */
void sk_crew_upto(struct sk_crew *s, uint64_t order);
/* The same, and waits until the workers are done with it. */
void sk_crew_drain(struct sk_crew *s, uint64_t order);

/* Waits for all workers. NULL is allowed. */
void sk_crew_close(struct sk_crew *s);

#endif
