/* proto/http1_other.c — requests that hosts of another kind read in the same segments; see http1_other.h.
 *
 * A copy of the reader is made where the readings part. It is given the other bytes, and from there on what the first one gets too,
 * until both stand at the begin of the same message.
 */
#include "proto/http1_other.h"

#include "base/compiler.h"
#include "base/mem.h"
#include "proto/http1_head.h"

/* Stream offset of the next byte to come. */
static uint64_t position(const struct sk_http1 *h) { return h->off + h->wait.n; }

void sk_http1_other_drop(struct sk_http1 *h)
{
	if (SK_LIKELY(!h->other))
		return;
	sk_http1_fini(h->other);
	sk_mem_free(h->other);
	h->other = NULL;
}

/* A reader that goes on from stream offset off, which lies in what waits or at its end. False when memory is short. */
static bool start_other(struct sk_http1 *h, uint64_t off)
{
	struct sk_http1 *s = sk_mem_alloc(sizeof(*s));
	size_t keep = (size_t)(off - h->off);

	if (!s)
		return false;
	*s = *h;
	s->second = s->other = NULL;
	s->is_second = true;
	s->heads = s->scan = 0;
	s->first_line = false;
	s->wait = (struct sk_buf){ .cap = h->wait.cap };
	s->replaced = (struct sk_buf){ 0 };
	if (keep && sk_buf_add(&s->wait, sk_span(h->wait.p, keep)) < 0) {
		sk_mem_free(s);
		return false;
	}
	h->other = s;
	h->other_from = off;
	h->inserted = h->start_cnt = 0;
	memset(h->starts, 0, sizeof(h->starts));
	return true;
}

/* Whether both readers begin the same message. */
static bool joins(const struct sk_http1 *h, const struct sk_http1 *s)
{
	if (!sk_http1_is_at_start(s))
		return false;
	for (size_t i = 0; i < SK_ARRAY_LEN(h->starts); i++)
		if (h->starts[i] && h->starts[i] == s->off - h->inserted)
			return true;
	return false;
}

/* Bytes from stream offset off on, of which the other reader has some already. */
static void feed_other(struct sk_http1 *h, struct sk_span bytes, uint64_t off)
{
	struct sk_http1 *s = h->other;
	uint64_t at = position(s) - h->inserted;

	if (at > off)
		bytes = sk_span_sub(bytes, (size_t)SK_MIN(at - off, (uint64_t)bytes.n), bytes.n);
	/* byte by byte, so that it stops where the stream's reader has begun a message too */
	for (size_t i = 0; i < bytes.n; i++) {
		(void)sk_http1_feed_stream(s, sk_span_sub(bytes, i, 1));
		if (s->stopped || s->heads >= SK_HTTP1_SECOND_HEADS_MAX || position(s) - h->other_from > SK_HTTP1_SECOND_BYTES_MAX ||
		    joins(h, s)) {
			sk_http1_other_drop(h);
			return;
		}
	}
}

/* The stream has come to where the other reading begins. */
static void take_replaced(struct sk_http1 *h)
{
	if ((h->other && position(h->other) - h->inserted == h->replaced_off) || (!h->other && start_other(h, position(h))))
		(void)sk_http1_feed_stream(h->other, sk_buf_span(&h->replaced));
	sk_buf_fini(&h->replaced);
}

/* In the bytes from stream offset `from` on an LF has ended a chunk line with an extension: some servers take it for a part of that. */
static void pass_lf(struct sk_http1 *h, uint64_t from)
{
	uint64_t off = h->lf_at;
	struct sk_http1 *s;

	h->lf_at = 0;
	if (h->other || h->is_response || off < from || !start_other(h, position(h)))
		return;
	s = h->other;
	sk_buf_fini(&s->wait);
	s->off = h->other_from = off;
	sk_http1_pass_lf(s);
}

size_t sk_http1_feed(struct sk_http1 *h, struct sk_span bytes)
{
	uint64_t at = position(h);
	size_t head = 0, n;

	if (SK_UNLIKELY(h->replaced.n) && h->replaced_off >= at && h->replaced_off < at + bytes.n) {
		head = (size_t)(h->replaced_off - at);
		n = head ? sk_http1_feed_stream(h, sk_span(bytes.p, head)) : 0;
		if (n < head || h->stopped)
			return n;
		if (h->other)
			feed_other(h, sk_span(bytes.p, head), at);
		take_replaced(h);
		at += head;
		bytes = sk_span_sub(bytes, head, bytes.n);
	}
	n = sk_http1_feed_stream(h, bytes);
	if (SK_UNLIKELY(h->lf_at))
		pass_lf(h, at);
	if (SK_UNLIKELY(h->other))
		feed_other(h, sk_span_sub(bytes, 0, n), at);
	return head + n;
}

/* What is replaced was read already: another request may stand there all the same. */
static void read_apart(struct sk_http1 *h, struct sk_span bytes, uint64_t off)
{
	struct sk_http1 s;

	if (sk_http1_begins(bytes.p, bytes.n, false, true, true) != 1)
		return;
	sk_http1_init(&s, false, h->head_max, off, h->ops, h->cx);
	s.is_second = true;
	(void)sk_http1_feed_stream(&s, bytes);
	sk_http1_end(&s);
	sk_http1_fini(&s);
}

void sk_http1_other(struct sk_http1 *h, struct sk_span bytes, uint64_t off, bool inserted)
{
	uint64_t at = position(h);

	if (h->stopped || h->is_response || bytes.n == 0)
		return;
	if (inserted) {
		if (!h->other && !start_other(h, at))
			return;
		h->inserted += (uint32_t)bytes.n;
		(void)sk_http1_feed_stream(h->other, bytes);
	} else if (off >= at) {
		if (h->replaced.n && off != h->replaced_off + h->replaced.n)
			return;
		if (h->replaced.n == 0)
			h->replaced_off = off;
		h->replaced.cap = SK_HTTP1_SECOND_BYTES_MAX;
		(void)sk_buf_add(&h->replaced, bytes);
	} else if (off < h->off || h->other) {
		read_apart(h, bytes, off);
	} else if (start_other(h, off)) {
		size_t end = (size_t)SK_MIN(off - h->off + bytes.n, (uint64_t)h->wait.n);

		(void)sk_http1_feed_stream(h->other, bytes);
		feed_other(h, sk_span_sub(sk_buf_span(&h->wait), end, h->wait.n), h->off + end);
	}
}
