/* proto/http1.c — see http1.h.
 *
 * DOC How ambiguous messages are read
 *
 * Where the specification leaves no doubt, it is followed. Where endpoints are known to differ, the reading that shows most is
 * taken, the oddity is named, and what the other reading would show is looked at too:
 *
 * - Transfer-Encoding wins over Content-Length. A second reader starts where the Content-Length would have ended the body; the
 *   requests it finds are told with second = true. It goes when both readers stand at the same message start, when it finds
 *   nothing, or after 16 requests or 256 KiB. The same for two different Content-Lengths in a request.
 * - "chunked" in any spelling is tried, but the body must begin like one; otherwise Content-Length or the end of the stream
 *   frames it.
 * - A length nobody can agree on (negative, huge, "68;") makes the body run until a line that begins a message, or until an
 *   offset at which one of the readings would have ended it and a message does begin.
 * - Bytes where a message should begin but none does are told as headless body bytes, again until a line that begins a message.
 * - A line of white space ends the head unless a field line follows; a lone CR ends a line if a field line follows.
 *
 * DOC States
 *
 * The machine runs over bytes that lie where they came. A step that must see more (a head, the first bytes of a message, of a
 * body or of a trailer line) leaves them; they are put in the wait buffer, and the next bytes are added to it piece by piece
 * until the step is done. Every such step has a longest look: head_max, 8 KiB for a start line, 64 bytes for a body.
 */
#include "proto/http1.h"

#include "base/compiler.h"
#include "base/mem.h"
#include "proto/http1_head.h"
#include "proto/http1_other.h"

enum state { START, HEAD, SKIP_HEAD, LOOK_CHUNKED, LOOK_BODY, LENGTH, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER, CLOSE, RESYNC };

#define WAIT_SLACK 4096u
#define PIECE 2048u
#define CHUNK_LINE_MAX 8192u

/* --- telling --- */

static void tell_odd_at(struct sk_http1 *h, enum sk_http_odd o, const uint8_t *p, size_t n, uint64_t off)
{
	if (h->is_second || sk_http_odds_has(&h->told, o))
		return;
	sk_http_odds_add(&h->told, o);
	h->ops->oddity(h->cx, o, sk_span(p, n), off);
}

static void tell_odd(struct sk_http1 *h, enum sk_http_odd o, const uint8_t *p, size_t n)
{
	tell_odd_at(h, o, p, n, h->off);
}

static void tell_piece(struct sk_http1 *h, const uint8_t *p, size_t n, bool last)
{
	if (n == 0)
		return;
	h->open = true;
	if (!h->is_second)
		h->ops->body(h->cx, sk_span(p, n), h->off, h->headless, last);
}

static void tell_body(struct sk_http1 *h, const uint8_t *p, size_t n)
{
	tell_piece(h, p, n, false);
}

static void tell_end(struct sk_http1 *h, bool truncated)
{
	if (h->open && !h->is_second)
		h->ops->end(h->cx, truncated || h->lost, h->headless);
	h->open = h->headless = h->lost = false;
	h->told = (struct sk_http_odds){ { 0, 0 } };
	h->suspect[0] = h->suspect[1] = 0;
	h->state = START;
	h->line_n = 0;
}

/* From here on the bytes belong to no message. */
static void go_headless(struct sk_http1 *h)
{
	h->state = RESYNC;
	h->headless = true;
	h->at_line = true;
}

/* The message goes on, but nobody knows how far. */
static void go_resync(struct sk_http1 *h)
{
	h->state = RESYNC;
	h->at_line = true;
}

/* --- the second reader --- */

static void drop_second(struct sk_http1 *h)
{
	if (!h->second)
		return;
	sk_http1_fini(h->second);
	sk_mem_free(h->second);
	h->second = NULL;
}

static void start_second(struct sk_http1 *h, uint64_t from)
{
	if (h->second || h->is_second)
		return;
	h->second = sk_mem_alloc(sizeof(*h->second));
	if (!h->second)
		return;
	sk_http1_init(h->second, h->is_response, h->head_max, from, h->ops, h->cx);
	h->second->is_second = true;
	h->second_from = from;
}

/* k bytes at p are read. */
static void taken(struct sk_http1 *h, const uint8_t *p, size_t k)
{
	struct sk_http1 *s = h->second;
	uint64_t at = h->off;
	size_t skip;

	h->off += k;
	if (SK_UNLIKELY(h->other) && h->state == START)
		h->starts[h->start_cnt++ % SK_ARRAY_LEN(h->starts)] = h->off;
	if (SK_LIKELY(!s) || h->off < h->second_from)
		return;
	skip = s->off + s->wait.n > at ? (size_t)(s->off + s->wait.n - at) : 0;
	if (skip == k && s->off == h->off && s->state == START && h->state == START) {
		drop_second(h);
		return;
	}
	if (skip < k)
		(void)sk_http1_feed(s, sk_span(p + skip, k - skip));
	if (s->stopped || s->heads >= SK_HTTP1_SECOND_HEADS_MAX || s->off - h->second_from > SK_HTTP1_SECOND_BYTES_MAX ||
	    (s->state == START && h->state == START && s->off == h->off && s->wait.n == 0))
		drop_second(h);
}

/* --- heads --- */

/* How the body is framed; sets the state behind the head. body: stream offset of its first byte. */
static void frame(struct sk_http1 *h, const struct sk_http1_framing *fr, enum sk_http1_answer answer, uint64_t body)
{
	uint8_t plain;			/* framing if there is no chunked coding */

	h->left = fr->length;
	if (fr->bad_length || (fr->has_other && h->is_response)) {
		plain = RESYNC;
		h->suspect[0] = fr->hint || fr->has_length ? body + (fr->has_length ? fr->length : fr->hint) : 0;
		h->suspect[1] = fr->has_other ? body + fr->other : 0;
	} else if (fr->has_length) {
		plain = LENGTH;
	} else if (h->is_response) {
		plain = CLOSE;
	} else {
		plain = fr->chunked || fr->other_coding ? RESYNC : START;
	}
	h->at_line = true;
	h->clean_chunked = fr->clean_chunked;
	h->framing = plain;
	h->next = fr->chunked ? LOOK_CHUNKED : plain;
	if (!h->is_response && fr->has_length && (fr->chunked || fr->has_other))
		start_second(h, body + (fr->has_other ? fr->other : fr->length));
	if (answer == SK_HTTP1_NO_BODY)
		h->next = fr->chunked || (fr->has_length && fr->length) || fr->bad_length ? LOOK_BODY : START;
	h->size = fr->chunked;		/* for LOOK_BODY */
}

static void enter_body(struct sk_http1 *h)
{
	h->state = h->next;
	h->line_n = 0;
	if (h->state == START || (h->state == LENGTH && h->left == 0))
		tell_end(h, false);
}

/* A whole head at p, or what there is of it. */
static void read_head(struct sk_http1 *h, const uint8_t *p, size_t n, enum sk_http_odd why)
{
	enum sk_http1_answer answer = SK_HTTP1_BODY;
	struct sk_http1_framing fr;
	struct sk_http1_head head;

	sk_http1_head_parse(&head, sk_span(p, n), h->is_response, &fr);
	head.off = h->off;
	head.second = h->is_second;
	if (why != SK_HTTP_ODD_CNT)
		sk_http_odds_add(&head.odds, why);
	head.bodyless = head.bodyless && why != SK_HTTP_ODD_HEADER_TOO_LONG;
	if (h->line_n > 2)
		sk_http_odds_add(&head.odds, SK_HTTP_ODD_BLANK_BEFORE_MESSAGE);
	if (h->is_second) {
		sk_http_odds_add(&head.odds, SK_HTTP_ODD_SECOND_READING);
		h->heads++;
	}
	h->open = true;
	h->scan = 0;
	h->first_line = false;
	h->told = (struct sk_http_odds){ { 0, 0 } };
	answer = h->ops->head(h->cx, &head);
	if (answer == SK_HTTP1_SWITCH && !h->is_second) {
		h->stopped = true;
		tell_end(h, false);
		return;
	}
	frame(h, &fr, answer, h->off + n);
}

static size_t step_head(struct sk_http1 *h, const uint8_t *p, size_t n, bool fin)
{
	size_t look = SK_MIN(n, (size_t)h->head_max);
	size_t end = sk_http1_head_end(p, look, h->is_response, fin && look == n, &h->scan, &h->first_line);

	if (end == 0 && look < h->head_max)
		return 0;
	if (end == 0) {
		/* too long: what is kept is cut behind its last whole line */
		const uint8_t *lf = memrchr(p, '\n', look);

		end = lf ? (size_t)(lf - p) + 1 : look;
		read_head(h, p, end, SK_HTTP_ODD_HEADER_TOO_LONG);
		h->state = SKIP_HEAD;
		h->line_n = lf ? 0 : 1;
		return end;
	}
	/* without an end of line at its end it is cut short */
	read_head(h, p, end, fin && end == n && p[n - 1] != '\n' ? SK_HTTP_ODD_INCOMPLETE_HEAD : SK_HTTP_ODD_CNT);
	if (!h->stopped)
		enter_body(h);
	return end;
}

/* The rest of a head that was too long, up to an empty line. */
static size_t step_skip_head(struct sk_http1 *h, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n' && h->line_n == 0) {
			enter_body(h);
			return i + 1;
		}
		if (p[i] == '\n')
			h->line_n = 0;
		else if (p[i] != '\r')
			h->line_n = 1;
	}
	return n;
}

static size_t step_start(struct sk_http1 *h, const uint8_t *p, size_t n, bool fin)
{
	size_t i = 0;
	int begins;

	while (i < n && (p[i] == '\r' || p[i] == '\n' || p[i] == ' ' || p[i] == '\t' || p[i] == '\v' || p[i] == '\f' || p[i] == 0))
		i++;
	if (i) {
		h->line_n += (uint32_t)SK_MIN(i, (size_t)8);
		h->line_n = SK_MIN(h->line_n, 8u);
		return i;
	}
	begins = sk_http1_begins(p, n, h->is_response, h->is_second, fin);
	if (begins < 0)
		return 0;
	if (begins) {
		h->state = HEAD;
		h->scan = 0;
		h->first_line = false;
		return step_head(h, p, n, fin);
	}
	if (h->is_second) {
		h->stopped = true;
		return n;
	}
	go_headless(h);
	tell_odd(h, SK_HTTP_ODD_JUNK_BEFORE_MESSAGE, p, SK_MIN(n, (size_t)1));
	h->at_line = false;		/* looked at just now */
	return SIZE_MAX;
}

/* --- bodies --- */

static inline int hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static inline bool chunk_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Do the bytes look like a chunk size? 1, 0, -1 for more. */
static int chunk_begins(const uint8_t *p, size_t n, bool fin)
{
	size_t i = 0, start;

	while (i < n && i < 32 && chunk_blank(p[i]))
		i++;
	if (n - i >= 2 && p[i] == '0' && (p[i + 1] | 0x20) == 'x')
		i += 2;
	start = i;
	while (i < n && i < 64 && hex(p[i]) >= 0)
		i++;
	if (i == 64)
		return 1;
	if (i == n)
		return fin ? i > start : -1;
	if (i == start)
		return 0;
	return chunk_blank(p[i]) || p[i] == ';' || p[i] == ',' || p[i] == 0 || (p[i] == 'x' && i == start + 1);
}

static size_t step_look_chunked(struct sk_http1 *h, const uint8_t *p, size_t n, bool fin)
{
	int begins = chunk_begins(p, n, fin);

	if (begins < 0)
		return 0;
	if (begins) {
		h->state = CHUNK_SIZE;
		h->line_n = 0;
		h->size = 0;
		h->phase = 0;
		h->overflow = false;
		return SIZE_MAX;
	}
	tell_odd(h, SK_HTTP_ODD_NOT_CHUNKED, p, SK_MIN(n, (size_t)1));
	h->next = h->framing;
	enter_body(h);
	return SIZE_MAX;
}

/* Behind a head that allows no body but names one: does a message follow, or do bytes? */
static size_t step_look_body(struct sk_http1 *h, const uint8_t *p, size_t n, bool fin)
{
	int begins = sk_http1_begins(p, n, h->is_response, true, fin);

	if (begins < 0)
		return 0;
	if (begins || n == 0) {
		tell_end(h, false);
		return SIZE_MAX;
	}
	tell_odd(h, SK_HTTP_ODD_UNEXPECTED_BODY, p, SK_MIN(n, (size_t)1));
	h->next = h->size ? LOOK_CHUNKED : h->framing;
	enter_body(h);
	return SIZE_MAX;
}

static size_t step_length(struct sk_http1 *h, const uint8_t *p, size_t n)
{
	size_t k = (size_t)SK_MIN((uint64_t)n, h->left);

	h->left -= k;
	tell_piece(h, p, k, h->left == 0 && h->state == LENGTH);
	if (h->left == 0) {
		if (h->state == LENGTH) {
			tell_end(h, false);
		} else {
			h->state = CHUNK_END;
			h->line_n = 0;
		}
	}
	return k;
}

/* The chunk line is read: size holds. */
static void chunk_line_done(struct sk_http1 *h, const uint8_t *p, uint64_t off)
{
	h->line_n = 0;
	if (h->overflow) {
		tell_odd_at(h, SK_HTTP_ODD_CHUNK_SIZE_OVERFLOW, p, 1, off);
		go_resync(h);
		return;
	}
	h->left = h->size;
	h->state = h->size ? CHUNK_DATA : TRAILER;
	h->at_line = true;
	h->size = 0;
}

enum chunk_part { BEFORE, FIRST_ZERO, DIGITS, BEHIND, AFTER_CR };

/* A digit of the size, or the first byte behind it. */
static void chunk_digit(struct sk_http1 *h, const uint8_t *p, uint64_t off)
{
	int v = hex(*p);

	if (v >= 0) {
		h->overflow = h->overflow || h->size >= UINT64_C(1) << 59;
		h->size = h->size << 4 | (unsigned)v;
		return;
	}
	h->phase = *p == '\r' ? AFTER_CR : BEHIND;
	if (*p == ';')
		tell_odd_at(h, SK_HTTP_ODD_CHUNK_EXTENSION, p, 1, off);
	else if (*p == '\n')
		tell_odd_at(h, SK_HTTP_ODD_CHUNK_LINE_END, p, 1, off);
	else if (*p != '\r')
		tell_odd_at(h, SK_HTTP_ODD_CHUNK_SIZE_SYNTAX, p, 1, off);
}

/* One byte of a chunk line, at stream offset off. False: no chunk begins here. */
static bool chunk_byte(struct sk_http1 *h, const uint8_t *p, uint64_t off)
{
	uint8_t c = *p;
	int v = hex(c);

	switch ((enum chunk_part)h->phase) {
	case BEFORE:
		if (chunk_blank(c)) {
			tell_odd_at(h, c == '\r' || c == '\n' ? SK_HTTP_ODD_CHUNK_LINE_END : SK_HTTP_ODD_CHUNK_SIZE_SYNTAX, p, 1, off);
			return true;
		}
		if (v < 0)
			return false;
		h->size = (uint64_t)v;
		h->overflow = false;
		h->phase = v ? DIGITS : FIRST_ZERO;
		return true;
	case FIRST_ZERO:
		if (c == 'x' || c == 'X') {
			tell_odd_at(h, SK_HTTP_ODD_CHUNK_SIZE_SYNTAX, p, 1, off);
			h->phase = DIGITS;
			return true;
		}
		if (v >= 0)
			tell_odd_at(h, SK_HTTP_ODD_CHUNK_SIZE_ZEROS, p, 1, off);
		h->phase = DIGITS;
		chunk_digit(h, p, off);
		break;
	case DIGITS:
		chunk_digit(h, p, off);
		break;
	case BEHIND:
		if (c == ';')
			tell_odd_at(h, SK_HTTP_ODD_CHUNK_EXTENSION, p, 1, off);
		if (c == '\r')
			h->phase = AFTER_CR;
		if (c != '\n')
			break;
		if (h->passes_lf)
			return true;
		tell_odd_at(h, SK_HTTP_ODD_CHUNK_LINE_END, p, 1, off);
		if (!h->is_second && sk_http_odds_has(&h->told, SK_HTTP_ODD_CHUNK_EXTENSION)) {
			h->lf_at = off + 1;
			h->lf_size = h->size;
		}
		break;
	case AFTER_CR:
		if (c != '\n') {
			tell_odd_at(h, SK_HTTP_ODD_CHUNK_LINE_END, p, 1, off);
			h->phase = c == '\r' ? AFTER_CR : BEHIND;
		}
		break;
	}
	if (c == '\n')
		chunk_line_done(h, p, off);
	return true;
}

static size_t step_chunk_size(struct sk_http1 *h, const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (i < n && h->state == CHUNK_SIZE) {
		if (!chunk_byte(h, p + i, h->off + i) || ++h->line_n > CHUNK_LINE_MAX) {
			tell_odd_at(h, SK_HTTP_ODD_CHUNK_BROKEN, p + i, 1, h->off + i);
			go_resync(h);
			return i ? i : SIZE_MAX;
		}
		i++;
	}
	return i;
}

static size_t step_chunk_end(struct sk_http1 *h, const uint8_t *p, size_t n)
{
	size_t i = 0;

	if (h->line_n == 0 && p[0] == '\r') {
		h->line_n = 1;
		i = 1;
	}
	if (i == n)
		return i;
	if (p[i] == '\n' && h->line_n == 1)
		i++;
	else
		tell_odd_at(h, SK_HTTP_ODD_CHUNK_LINE_END, p + i, 1, h->off + i);
	h->state = CHUNK_SIZE;
	h->phase = BEFORE;
	h->line_n = 0;
	return i ? i : SIZE_MAX;
}

/* Lines up to an empty one; a line that begins a message ends them too. */
static size_t step_trailer(struct sk_http1 *h, const uint8_t *p, size_t n, bool fin)
{
	const uint8_t *lf;
	size_t k;

	if (h->at_line) {
		int begins = p[0] == '\r' || p[0] == '\n' ? 0 : sk_http1_begins(p, n, h->is_response, true, fin);

		if (begins < 0)
			return 0;
		if (begins) {
			tell_odd(h, SK_HTTP_ODD_CHUNK_LINE_END, p, 1);
			tell_end(h, false);
			return SIZE_MAX;
		}
		if (p[0] == '\r' && n == 1 && !fin)
			return 0;
		if (p[0] == '\n' || (p[0] == '\r' && n > 1 && p[1] == '\n')) {
			if (p[0] == '\n')
				tell_odd(h, SK_HTTP_ODD_CHUNK_LINE_END, p, 1);
			tell_end(h, false);
			return p[0] == '\n' ? 1 : 2;
		}
		h->at_line = false;
	}
	lf = memchr(p, '\n', n);
	k = lf ? (size_t)(lf - p) + 1 : n;
	h->at_line = lf != NULL;
	h->line_n += (uint32_t)SK_MIN(k, (size_t)h->head_max);
	if (h->ops->trailer && !h->is_second)
		h->ops->trailer(h->cx, sk_span(p, k));
	if (h->line_n > h->head_max)
		go_resync(h);
	return k;
}

/* Bytes up to the next place where a message may begin: behind a line end, or at a suspected offset. */
static size_t to_next_place(struct sk_http1 *h, const uint8_t *p, size_t n)
{
	const uint8_t *lf = p;
	size_t k = n;

	for (unsigned i = 0; i < 2; i++)
		if (h->suspect[i] > h->off && h->suspect[i] - h->off < k)
			k = (size_t)(h->suspect[i] - h->off);
	/* lines that cannot begin a message are passed in one go */
	while ((lf = memchr(lf, '\n', (size_t)(p + k - lf)))) {
		lf++;
		if (lf == p + k)
			break;
		if (h->is_response ? (*lf | 0x20) == 'h' : *lf > ' ' && *lf < 0x7f) {
			k = (size_t)(lf - p);
			break;
		}
	}
	return k;
}

static size_t step_resync(struct sk_http1 *h, const uint8_t *p, size_t n, bool fin)
{
	size_t k;

	if (h->at_line) {
		int begins = sk_http1_begins(p, n, h->is_response, true, fin);

		if (begins < 0)
			return 0;
		if (begins) {
			tell_end(h, false);
			return SIZE_MAX;
		}
		h->at_line = false;
		if (h->is_second) {
			h->stopped = true;
			return n;
		}
	}
	k = to_next_place(h, p, n);
	tell_body(h, p, k);
	h->at_line = p[k - 1] == '\n' || h->off + k == h->suspect[0] || h->off + k == h->suspect[1];
	return k;
}

/* Bytes taken; 0 when more must be seen; SIZE_MAX when only the state changed. */
static size_t step(struct sk_http1 *h, const uint8_t *p, size_t n, bool fin)
{
	switch ((enum state)h->state) {
	case START:
		return step_start(h, p, n, fin);
	case HEAD:
		return step_head(h, p, n, fin);
	case SKIP_HEAD:
		return step_skip_head(h, p, n);
	case LOOK_CHUNKED:
		return step_look_chunked(h, p, n, fin);
	case LOOK_BODY:
		return step_look_body(h, p, n, fin);
	case LENGTH:
	case CHUNK_DATA:
		return step_length(h, p, n);
	case CHUNK_SIZE:
		return step_chunk_size(h, p, n);
	case CHUNK_END:
		return step_chunk_end(h, p, n);
	case TRAILER:
		return step_trailer(h, p, n, fin);
	case CLOSE:
		tell_body(h, p, n);
		return n;
	case RESYNC:
		return step_resync(h, p, n, fin);
	}
	SK_UNREACHABLE();
}

/* Runs over n bytes; returns how many are taken. */
static size_t process(struct sk_http1 *h, const uint8_t *p, size_t n, bool fin)
{
	size_t done = 0;

	while (done < n && !h->stopped) {
		size_t k = step(h, p + done, n - done, fin);

		if (k == 0)
			break;
		if (k == SIZE_MAX)
			continue;
		taken(h, p + done, k);
		done += k;
	}
	return done;
}

/* --- outside --- */

void sk_http1_init(struct sk_http1 *h, bool is_response, uint32_t head_max, uint64_t off, const struct sk_http1_ops *ops, void *cx)
{
	*h = (struct sk_http1){ .ops = ops, .cx = cx, .off = off, .is_response = is_response };
	h->head_max = SK_MAX(head_max, 1024u);
	h->wait.cap = (size_t)SK_MAX(h->head_max, 2 * CHUNK_LINE_MAX) + WAIT_SLACK;
}

void sk_http1_fini(struct sk_http1 *h)
{
	drop_second(h);
	sk_http1_other_drop(h);
	sk_buf_fini(&h->replaced);
	sk_buf_fini(&h->wait);
}

/* Puts bytes aside until more come. Memory short: they are lost, as in a gap. */
static void keep(struct sk_http1 *h, struct sk_span s)
{
	if (s.n && sk_buf_add(&h->wait, s) < 0) {
		h->refused++;
		sk_http1_gap(h, s.n);
	}
}

void sk_http1_pass_lf(struct sk_http1 *h)
{
	h->state = CHUNK_SIZE;
	h->phase = BEHIND;
	h->size = h->lf_size;
	h->passes_lf = h->clean_chunked = true;
	h->line_n = 1;
}

bool sk_http1_is_at_start(const struct sk_http1 *h) { return h->state == START && h->wait.n == 0; }

size_t sk_http1_feed_stream(struct sk_http1 *h, struct sk_span bytes)
{
	size_t pos = 0;

	if (h->stopped)
		return 0;
	while (pos < bytes.n && !h->stopped) {
		struct sk_span rest = sk_span(bytes.p + pos, bytes.n - pos);
		size_t k;

		if (h->wait.n == 0) {
			k = process(h, rest.p, rest.n, false);
			pos += k;
			if (h->stopped)
				break;
			/* what is left is less than the longest look */
			rest = sk_span(bytes.p + pos, bytes.n - pos);
			keep(h, rest);
			pos += rest.n;
			break;
		}
		size_t before = h->wait.n;
		rest.n = SK_MIN(rest.n, (size_t)PIECE);
		keep(h, rest);
		pos += rest.n;
		k = process(h, h->wait.p, h->wait.n, false);
		if (h->stopped && k >= before && k < h->wait.n)
			pos -= h->wait.n - k;
		sk_buf_consume(&h->wait, k);
		if (h->wait.n == 0)
			sk_buf_fini(&h->wait);
	}
	return pos;
}

/* Reads what waits as if nothing followed. */
static void drain(struct sk_http1 *h)
{
	size_t k = process(h, h->wait.p, h->wait.n, true);

	if (k < h->wait.n && !h->stopped) {
		/* a step that has nothing to add: told as they are */
		if (h->state != TRAILER && h->state != CHUNK_SIZE)
			tell_body(h, h->wait.p + k, h->wait.n - k);
		taken(h, h->wait.p + k, h->wait.n - k);
	}
	sk_buf_fini(&h->wait);
}

void sk_http1_resume(struct sk_http1 *h)
{
	h->stopped = false;
}

void sk_http1_flush(struct sk_http1 *h)
{
	if (h->state == HEAD && h->wait.n && !h->first_line && !h->stopped && memchr(h->wait.p, '\n', h->wait.n))
		drain(h);
}

void sk_http1_gap(struct sk_http1 *h, uint64_t lost)
{
	uint64_t own = 0;

	if (h->stopped || lost == 0)
		return;
	drop_second(h);
	sk_http1_other_drop(h);
	sk_buf_fini(&h->replaced);
	if (h->wait.n)
		drain(h);
	switch ((enum state)h->state) {
	case LENGTH:
	case CHUNK_DATA:
		own = SK_MIN(lost, h->left);
		break;
	case START:
	case HEAD:
		break;
	default:
		own = lost;
	}
	if (own && h->open) {
		h->lost = true;
		if (!h->is_second)
			h->ops->gap(h->cx, own);
	}
	if (h->state == LENGTH) {
		h->left -= own;
		if (h->left == 0)
			tell_end(h, true);
		if (own < lost)
			go_headless(h);
	} else if (h->state == CHUNK_DATA && lost < h->left) {
		h->left -= lost;
	} else if (h->state == START || h->state == HEAD) {
		go_headless(h);
	} else if (h->state != CLOSE) {
		go_resync(h);
		h->lost = h->open;
	}
	h->off += lost;
}

void sk_http1_end(struct sk_http1 *h)
{
	bool last;

	if (h->ended)
		return;
	h->ended = true;
	if (h->stopped) {
		sk_buf_fini(&h->wait);
		return;
	}
	drain(h);
	if (h->second)
		sk_http1_end(h->second);
	if (h->other)
		sk_http1_end(h->other);
	sk_http1_other_drop(h);
	switch ((enum state)h->state) {
	case LENGTH:
		tell_odd(h, SK_HTTP_ODD_SHORT_BODY, NULL, 0);
		tell_end(h, true);
		break;
	case CHUNK_SIZE:
	case LOOK_CHUNKED:
	case CHUNK_DATA:
	case CHUNK_END:
		/* a last chunk without its line end is one */
		last = h->state == CHUNK_SIZE && h->phase != BEFORE && h->size == 0;
		tell_odd(h, last ? SK_HTTP_ODD_CHUNK_LINE_END : SK_HTTP_ODD_MISSING_FINAL_CHUNK, NULL, 0);
		tell_end(h, !last);
		break;
	case SKIP_HEAD:
		tell_end(h, true);
		break;
	default:
		tell_end(h, false);
	}
	drop_second(h);
}
