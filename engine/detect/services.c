/* detect/services.c — the functions of struct sk_host: what a plugin may ask of the engine.
 *
 * what     every one survives wrong use: a bad id, a call at the wrong time and a foreign pointer are refused
 * memory   blocks are in a list per plugin and worker, counted against plugin_memory_max, freed with the worker
 * threads  log anywhere; option_* and counter on the main thread; the rest on the worker's
 */
#include "detect/detect_priv.h"

#include <errno.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define LOG_LINE_MAX 1600
#define LOG_LINES_PER_MINUTE 60u

static struct plugin *owner(const struct sk_host *h)
{
	return ((const struct host *)(const void *)h)->plugin;
}

/* A live run writes at most so many lines a minute for a plugin, whatever traffic makes it say. */
static bool may_log(struct plugin *pl)
{
	uint64_t held = 0;

	if (!atomic_load_explicit(&pl->set->watched, memory_order_relaxed))
		return true;
	if (sk_log_gate_open(&pl->log_gate, &held)) {
		if (held >= LOG_LINES_PER_MINUTE)
			sk_log_warning(pl->p.name, "%llu lines held back", (unsigned long long)(held - LOG_LINES_PER_MINUTE + 1));
		return true;
	}
	return atomic_load_explicit(&pl->log_gate.held_back, memory_order_relaxed) < LOG_LINES_PER_MINUTE;
}

SK_PRINTF(3, 4)
static void host_log(const struct sk_host *h, int level, const char *fmt, ...)
{
	struct plugin *pl = owner(h);
	char line[LOG_LINE_MAX];
	va_list args;

	if (level < SK_LOG_ERROR || level > SK_LOG_DEBUG)
		level = SK_LOG_INFO;
	if (!fmt || level > (int)sk_log_level() || !may_log(pl))
		return;
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	for (char *s = line; *s; s++)
		if ((unsigned char)*s < 32 || *s == 127)
			*s = '.';
	sk_log((enum sk_log_level)level, pl->p.name, "%s", line);
}

/* The option's value, or NULL after saying what is wrong with the question. */
static const struct option_value *find_option(const struct sk_host *h, const char *name, bool text)
{
	const struct plugin *pl = owner(h);

	for (uint32_t i = 0; pl->opening && name && i < pl->p.option_cnt; i++) {
		if (strcmp(pl->p.options[i].name, name))
			continue;
		if ((pl->p.options[i].type == SK_OPTION_TEXT) == text)
			return &pl->options[i];
	}
	sk_log_error("detect", "plugin '%s' asks for option '%s' as %s: it declares no such option, or asks outside open",
		     pl->p.name, name ? name : "(null)", text ? "text" : "number");
	return NULL;
}

static uint64_t host_option_num(const struct sk_host *h, const char *name)
{
	const struct option_value *v = find_option(h, name, false);

	return v ? v->num : 0;
}

static const char *host_option_text(const struct sk_host *h, const char *name)
{
	const struct option_value *v = find_option(h, name, true);

	return v ? v->text : "";
}

static uint32_t host_counter(const struct sk_host *h, const char *name, const char *help)
{
	struct plugin *pl = owner(h);
	size_t prefix = strlen(pl->p.name) + 1;
	char *full;
	size_t size;

	if (!pl->opening || !sk_detect_is_name(name)) {
		sk_log_error("detect", "plugin '%s': counter '%s' is not a name, or asked for outside open", pl->p.name,
				name ? name : "(null)");
		return UINT32_MAX;
	}
	for (uint32_t i = 0; i < pl->counter_cnt; i++)
		if (!strcmp(pl->counters[i].name + prefix, name))
			return i;
	if (pl->counter_cnt == COUNTERS_MAX) {
		sk_log_error("detect", "plugin '%s': counter '%s' is one too many, there is room for %u", pl->p.name, name, COUNTERS_MAX);
		return UINT32_MAX;
	}
	size = prefix + strlen(name) + 1;
	full = malloc(size);
	if (!full)
		return UINT32_MAX;
	snprintf(full, size, "%s.%s", pl->p.name, name);
	pl->counters[pl->counter_cnt] = (struct plugin_counter){ full, help };
	return pl->counter_cnt++;
}

static void host_count(struct sk_worker *w, uint32_t counter, uint64_t n)
{
	if (counter < w->plugin->counter_cnt)
		w->counters[counter] += n;
}

/* --- memory --- */

#define BLOCK_LIVE 0x736b626c6f636b01u
#define BLOCK_TAIL 16u

struct block {
	struct block *prev, *next;
	struct sk_worker *owner;
	size_t n;
	uint64_t live;
	alignas(max_align_t) uint8_t data[];
};

static const uint8_t tail[BLOCK_TAIL] = { 0x5a, 0xc3, 0x17, 0xe4, 0x9d, 0x28, 0xb6, 0x71, 0x5a, 0xc3, 0x17, 0xe4,
		0x9d, 0x28, 0xb6, 0x71 };

static bool has_room(struct sk_worker *w, size_t old, size_t n)
{
	uint64_t used = w->memory - old;

	if (n <= SIZE_MAX / 2 && used <= w->d->conf.plugin_memory_max && n <= w->d->conf.plugin_memory_max - used)
		return true;
	w->d->counters.plugin_memory++;
	sk_detect_watch_fault(w, FAULT_MEMORY, w->at->now_ns);
	return false;
}

static void link_block(struct sk_worker *w, struct block *b)
{
	b->prev = NULL;
	b->next = w->blocks;
	if (b->next)
		b->next->prev = b;
	w->blocks = b;
	w->memory += b->n;
	memcpy(b->data + b->n, tail, BLOCK_TAIL);
}

static void unlink_block(struct sk_worker *w, struct block *b)
{
	if (b->prev)
		b->prev->next = b->next;
	else
		w->blocks = b->next;
	if (b->next)
		b->next->prev = b->prev;
	w->memory -= b->n;
}

/* The block of a pointer the plugin gives back. NULL when it never got it from us; a block written past its end breaks the
 * plugin. */
static struct block *block_of(struct sk_worker *w, void *p)
{
	struct block *b = SK_CONTAINER(p, struct block, data);

	if (b->live != BLOCK_LIVE || b->owner != w) {
		sk_log_error("detect", "plugin '%s' gives back memory it was not given here; it gets no more events on this worker",
				w->plugin->p.name);
		w->broken = true;
		return NULL;
	}
	if (memcmp(b->data + b->n, tail, BLOCK_TAIL)) {
		sk_log_error("detect", "plugin '%s' wrote past %zu bytes it was given; it gets no more events on this worker",
				w->plugin->p.name, b->n);
		w->broken = true;
	}
	return b;
}

static void *host_alloc(struct sk_worker *w, size_t n)
{
	struct block *b;

	if (!has_room(w, 0, n))
		return NULL;
	b = calloc(1, sizeof(*b) + n + BLOCK_TAIL);
	if (!b) {
		w->d->counters.plugin_memory++;
		return NULL;
	}
	b->owner = w;
	b->n = n;
	b->live = BLOCK_LIVE;
	link_block(w, b);
	return b->data;
}

static void host_free(struct sk_worker *w, void *p)
{
	struct block *b = p ? block_of(w, p) : NULL;

	if (!b)
		return;
	unlink_block(w, b);
	b->live = 0;
	free(b);
}

static void *host_realloc(struct sk_worker *w, void *p, size_t n)
{
	struct block *b, *grown;

	if (!p)
		return host_alloc(w, n);
	b = block_of(w, p);
	if (!b || !has_room(w, b->n, n))
		return NULL;
	unlink_block(w, b);
	grown = realloc(b, sizeof(*b) + n + BLOCK_TAIL);
	if (!grown) {
		w->d->counters.plugin_memory++;
		link_block(w, b);
		return NULL;
	}
	grown->n = n;
	link_block(w, grown);
	return grown->data;
}

void sk_detect_blocks_free(struct sk_worker *w)
{
	while (w->blocks) {
		struct block *b = w->blocks;

		w->blocks = b->next;
		free(b);
	}
	w->memory = 0;
}

static void *host_scratch(struct sk_worker *w, size_t n)
{
	void *p = sk_arena_alloc(&w->d->scratch, n ? n : 1);

	if (!p) {
		w->d->counters.plugin_memory++;
		sk_detect_watch_fault(w, FAULT_MEMORY, w->at->now_ns);
	}
	return p;
}

/* --- events --- */

static void *host_unit(struct sk_worker *w)
{
	return w->at->unit;
}

static bool values_fit(const struct sk_kind_def *k, const struct sk_value *values, uint32_t cnt)
{
	if (cnt > k->field_cnt || (cnt && !values))
		return false;
	for (uint32_t i = 0; i < cnt; i++)
		if (values[i].type != SK_VALUE_NONE && values[i].type != k->fields[i].type)
			return false;
	return true;
}

static int host_publish(struct sk_worker *w, uint32_t kind_index, const struct sk_value *values, uint32_t value_cnt)
{
	struct sk_detect *d = w->d;
	const struct sk_event *at = w->at->event;
	struct sk_event e;
	uint64_t began;

	if (!w->at->may_publish || kind_index >= w->plugin->p.kind_cnt || !values_fit(&w->plugin->p.kinds[kind_index], values, value_cnt))
		return -EINVAL;
	if (d->depth >= NESTING_MAX) {
		d->counters.plugin_nesting++;
		return -ELOOP;
	}
	e = *at;
	e.size = sizeof(e);
	e.kind = (uint16_t)(w->plugin->kind_base + kind_index);
	e.values = values;
	e.value_cnt = (uint8_t)value_cnt;
	e.parent = at;
	e.unit = NULL;
	began = w->at->timed ? sk_detect_clock() : 0;
	d->depth++;
	sk_detect_run(d, w->at->flow, &e);
	d->depth--;
	if (w->at->timed)
		w->at->nested_ns += sk_detect_clock() - began;
	return 0;
}

static int host_alert(struct sk_worker *w, const struct sk_finding *f)
{
	return sk_detect_finding(w, f);
}

static uint64_t host_now(struct sk_worker *w)
{
	return w->at->now_ns;
}

const struct sk_host sk_detect_host_table = {
	.abi = SK_ABI,
	.size = sizeof(struct sk_host),
	.log = host_log,
	.option_num = host_option_num,
	.option_text = host_option_text,
	.counter = host_counter,
	.count = host_count,
	.alloc = host_alloc,
	.realloc = host_realloc,
	.free = host_free,
	.scratch = host_scratch,
	.unit = host_unit,
	.publish = host_publish,
	.alert = host_alert,
	.now = host_now,
};
