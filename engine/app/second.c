/* app/second.c — bytes that hosts of another kind read in the same segments, shown to rules with what lies around them.
 *
 * in       the other bytes, told by reassembly/ before or after the stream itself has come to their place; the runs of the stream
 * out      stream.data, or what the flow's binding makes of them (http.body), with second_reading: up to CONTEXT bytes of the stream, the
 *          other bytes in their place, up to AFTER bytes of what follows
 * memory   one malloc'd struct sk_app_view per flow that has such bytes, with at most OTHER_MAX of them, until its end
 * threads  the flow's worker
 * limits   raw bytes: no coding is taken off them. Of several places with other readings all are shown in it together, not in every
 *          combination, and of three readings of one place the first two. A pattern longer than what is shown around is not found.
 *          At most SK_APP_VIEWS_MAX of a flow
 */
#include "app/state.h"
#include "base/mem.h"

#define CONTEXT 256u
#define AFTER 1024u
#define OTHER_MAX 16384u
#define PLACES_MAX 32u			/* of other bytes in what is shown at once */

/* Other bytes: where in the stream, and where in fresh. */
struct place {
	uint64_t off;
	uint32_t pos, n;
	bool inserted;
};

struct sk_app_view {
	bool open;
	uint8_t dir;
	struct sk_buf bytes;		/* what is to be shown, so far */
	struct sk_buf fresh;		/* other bytes */
	struct place places[PLACES_MAX];	/* by off; those from next on are still to come */
	unsigned place_cnt, next;
	uint64_t skip;			/* bytes of the stream that others stand for, still to come */
	uint64_t off;			/* stream offset of the first of bytes */
	uint64_t at;			/* stream offset of the next byte to take */
	uint64_t until;			/* … where it is enough */
};

static void publish(struct sk_app *a, struct sk_flow *f, const struct sk_app_view *w)
{
	struct sk_app_flow *af = f->app;
	struct sk_value v[SK_F_STREAM_DATA_CNT] = {
		[SK_F_STREAM_DATA_BYTES] = { .type = SK_VALUE_STREAM, .u.bytes = sk_buf_span(&w->bytes) },
		[SK_F_STREAM_DATA_OFFSET] = { .type = SK_VALUE_INT, .u.num = 0 },
		[SK_F_STREAM_DATA_LAST] = { .type = SK_VALUE_BOOL, .u.num = true },
		[SK_F_STREAM_DATA_TRUNCATED] = { .type = SK_VALUE_BOOL, .u.num = true },
		[SK_F_STREAM_DATA_SECOND] = { .type = SK_VALUE_BOOL, .u.num = true },
	};
	void *unit = NULL;
	struct sk_event e = { .kind = SK_KIND_STREAM_DATA, .value_cnt = SK_F_STREAM_DATA_CNT, .values = v, .unit = &unit };

	a->counters.views++;
	if (af->phase == SK_APP_BOUND && af->binding->view)
		af->binding->view(a, f, af->state, w->dir, sk_buf_span(&w->bytes), w->off);
	else
		sk_app_publish(a, f, w->dir, w->off, &e);
}

static void put_fresh(struct sk_app_view *w, const struct place *p)
{
	(void)sk_buf_add(&w->bytes, sk_span_sub(sk_buf_span(&w->fresh), p->pos, p->n));
}

/* Shows what there is. Other bytes whose place has not come are shown behind it all the same. */
static void show(struct sk_app *a, struct sk_flow *f, struct sk_app_view *w)
{
	if (!w->open)
		return;
	w->open = false;
	for (; w->next < w->place_cnt; w->next++)
		put_fresh(w, &w->places[w->next]);
	if (w->bytes.n)
		publish(a, f, w);
	sk_buf_clear(&w->bytes);
	sk_buf_clear(&w->fresh);
}

/* Bytes of the stream, or of what is remembered of it, that begin at w->at. False: enough was seen. */
static bool take(struct sk_app_view *w, struct sk_span s)
{
	while (s.n) {
		const struct place *p = w->next < w->place_cnt ? &w->places[w->next] : NULL;
		size_t n = (size_t)SK_MIN((uint64_t)s.n, w->until - w->at);

		if (n == 0)
			return false;
		if (p && w->at >= p->off) {
			put_fresh(w, p);
			w->skip += p->inserted ? 0 : p->n;
			w->next++;
			continue;
		}
		if (p)
			n = SK_MIN(n, (size_t)(p->off - w->at));
		if (w->skip) {
			n = SK_MIN(n, (size_t)w->skip);
			w->skip -= n;
		} else {
			(void)sk_buf_add(&w->bytes, sk_span_sub(s, 0, n));
		}
		w->at += n;
		s = sk_span_sub(s, n, s.n);
	}
	return w->at < w->until;
}

static struct sk_app_view *view_of(struct sk_app *a, struct sk_flow *f)
{
	struct sk_app_flow *af = f->app;

	if (!af->view) {
		af->view = sk_mem_zalloc(sizeof(*af->view));
		if (!af->view) {
			a->counters.memory++;
			return NULL;
		}
		af->view->fresh.cap = OTHER_MAX;
		af->view->bytes.cap = CONTEXT + OTHER_MAX + AFTER;
	}
	return af->view;
}

/* Notes other bytes at off, as far as there are none for their place yet. False: the view has no room for them, or is past them. */
static bool add_place(struct sk_app_view *w, uint64_t off, struct sk_span bytes, bool inserted)
{
	unsigned i = w->place_cnt;

	if (w->place_cnt == PLACES_MAX || off < w->at)
		return false;
	while (i > w->next && w->places[i - 1].off > off)
		i--;
	if (i > w->next && w->places[i - 1].off + w->places[i - 1].n > off) {
		const uint64_t cut = w->places[i - 1].off + w->places[i - 1].n - off;

		off += cut;
		bytes = sk_span_sub(bytes, (size_t)SK_MIN(cut, (uint64_t)bytes.n), bytes.n);
	}
	if (i < w->place_cnt && w->places[i].off < off + bytes.n)
		bytes.n = (size_t)(SK_MAX(w->places[i].off, off) - off);
	if (bytes.n == 0)
		return true;
	if (sk_buf_add(&w->fresh, bytes) < 0)
		return false;
	memmove(&w->places[i + 1], &w->places[i], (w->place_cnt - i) * sizeof(w->places[0]));
	w->places[i] = (struct place){ off, (uint32_t)(w->fresh.n - bytes.n), (uint32_t)bytes.n, inserted };
	w->place_cnt++;
	w->until = SK_MAX(w->until, off + bytes.n + AFTER);
	return true;
}

void sk_app_view_reading(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_run *run)
{
	struct sk_app_flow *af = f->app;
	struct sk_span tail = run->around ? run->around->tail : sk_span("", 0);
	uint64_t behind = run->around ? SK_MIN(run->around->behind, (uint64_t)tail.n) : 0, begin;
	struct sk_app_view *w;

	if (!(sk_wanted_kind(a->wanted, SK_KIND_STREAM_DATA) || sk_wanted_kind(a->wanted, SK_KIND_HTTP_BODY)))
		return;
	w = view_of(a, f);
	if (!w || (w->open && w->dir == dir && add_place(w, run->off, run->data, run->reading == SK_RUN_INSERTED)))
		return;
	show(a, f, w);
	if (af->views >= SK_APP_VIEWS_MAX) {
		a->counters.views_limit++;
		if (af->views++ == SK_APP_VIEWS_MAX)
			sk_app_oddity(a, f, dir, NULL, SK_KIND_STREAM_ODDITY, "too_many_readings", run->data, sk_span(NULL, 0), run->off);
		af->views = SK_APP_VIEWS_MAX + 1;
		return;
	}
	af->views++;
	/* where the stream stands, counted as run->off is */
	begin = (behind ? run->off + behind : SK_MIN(af->dir[dir].end_off, run->off)) - tail.n;
	if (begin > run->off + behind)
		begin = 0;
	w->open = true;
	w->dir = (uint8_t)dir;
	w->place_cnt = w->next = 0;
	w->skip = w->until = 0;
	w->at = w->off = run->off > CONTEXT ? SK_MAX(run->off - CONTEXT, begin) : begin;
	(void)add_place(w, run->off, sk_span_sub(run->data, 0, OTHER_MAX), run->reading == SK_RUN_INSERTED);
	if (w->at < begin + tail.n && !take(w, sk_span_sub(tail, (size_t)(w->at - begin), tail.n)))
		show(a, f, w);
}

void sk_app_view_run(struct sk_app *a, struct sk_flow *f, int dir, const struct sk_run *run)
{
	struct sk_app_flow *af = f->app;
	struct sk_app_view *w = af ? af->view : NULL;
	struct sk_span s = run->data;

	if (!w || !w->open || w->dir != dir)
		return;
	if (!s.p || run->off > w->at) {
		show(a, f, w);
		return;
	}
	if (run->off + s.n <= w->at)
		return;
	if (!take(w, sk_span_sub(s, (size_t)(w->at - run->off), s.n)) || run->fin || f->done)
		show(a, f, w);
}

void sk_app_view_end(struct sk_app *a, struct sk_flow *f)
{
	struct sk_app_flow *af = f->app;
	struct sk_app_view *w = af->view;

	show(a, f, w);
	sk_buf_fini(&w->bytes);
	sk_buf_fini(&w->fresh);
	sk_mem_free(w);
	af->view = NULL;
}
