/* rules/pattern.c — literals and regexes to pattern databases.
 *
 * Compiling takes most of the time of a load, and views do not depend on each other, so they are compiled on several threads.
 * What a thread cannot compile is compiled again on the main thread, which tells why; so mistakes come in the order of the views.
 *
 * A replay of one capture needs few of the databases. With late, regexes are only parsed at load, which finds what is wrong with
 * nearly all that are wrong; those that may be too large, and all as soon as there is any mistake, are compiled at once.
 */
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <hs.h>

#include "base/log.h"
#include "rules/cache.h"
#include "rules/load.h"
#include "rules/sieve.h"

#define THREADS_MAX 4u
#define LATE_WIDTH_MAX 1024u		/* bytes: regexes that match more may be too large and are not left for later */

/* --- expressions --- */

unsigned sk_atom_flags(const struct sk_atom *a)
{
	return HS_FLAG_SINGLEMATCH | (a->nocase ? HS_FLAG_CASELESS : 0);
}

const char *sk_atom_expression(const struct sk_atom *a, struct sk_arena *scratch)
{
	static const char hex[] = "0123456789abcdef";
	char *p, *out;

	if (a->type == SK_ATOM_REGEX)
		return (const char *)a->text.p;
	p = out = sk_arena_alloc(scratch, a->text.n * 4 + 8);
	if (!out)
		return NULL;
	if (a->type == SK_ATOM_STARTS || a->type == SK_ATOM_IS) {
		*p++ = '\\';
		*p++ = 'A';
	}
	for (size_t i = 0; i < a->text.n; i++) {
		*p++ = '\\';
		*p++ = 'x';
		*p++ = hex[a->text.p[i] >> 4];
		*p++ = hex[a->text.p[i] & 15];
	}
	if (a->type == SK_ATOM_ENDS || a->type == SK_ATOM_IS) {
		*p++ = '\\';
		*p++ = 'z';
	}
	*p = 0;
	return out;
}

/* --- how long a match is at least: an estimate, for choosing gates --- */

#define WIDTH_MAX 64u
#define WIDTH_DEPTH 16u

static unsigned alternatives(const char **p, unsigned depth);

static unsigned skip_class(const char **p)
{
	const char *s = *p + 1;

	s += *s == '^';
	s += *s == ']';
	while (*s && *s != ']')
		s += s[0] == '\\' && s[1] ? 2 : 1;
	*p = *s ? s + 1 : s;
	return 1;
}

static unsigned group(const char **p, unsigned depth)
{
	unsigned w;

	++*p;
	if (**p == '?') {			/* (?:…), (?i), (?<name>…) */
		while (**p && **p != ':' && **p != ')' && **p != '>')
			++*p;
		*p += **p == ':' || **p == '>';
	}
	w = depth < WIDTH_DEPTH ? alternatives(p, depth + 1) : 0;
	*p += **p == ')';
	return w;
}

static unsigned one_item(const char **p, unsigned depth)
{
	switch (**p) {
	case '[':
		return skip_class(p);
	case '(':
		return group(p, depth);
	case '^':
	case '$':
		++*p;
		return 0;
	case '\\':
		*p += (*p)[1] ? 2 : 1;
		if ((*p)[-1] == 'x') {
			for (unsigned i = 0; i < 2 && **p && strchr("0123456789abcdefABCDEF", **p); i++)
				++*p;
			return 1;
		}
		return strchr("AzZbB", (*p)[-1]) ? 0 : 1;
	default:
		++*p;
		return 1;
	}
}

static unsigned repeated(const char **p, unsigned w)
{
	unsigned n = 0;

	if (**p == '*' || **p == '?')
		w = 0;
	else if (**p == '{' && (*p)[1] >= '0' && (*p)[1] <= '9') {
		while (*++*p >= '0' && **p <= '9')
			n = SK_MIN(n * 10 + (unsigned)(**p - '0'), WIDTH_MAX);
		while (**p && **p != '}')
			++*p;
		w *= n;
	} else if (**p != '+')
		return w;
	*p += **p != 0;
	*p += **p == '?' || **p == '+';		/* lazy, possessive */
	return w;
}

static unsigned alternatives(const char **p, unsigned depth)
{
	unsigned least = WIDTH_MAX, w = 0;

	while (**p && **p != ')') {
		if (**p == '|') {
			least = SK_MIN(least, w);
			w = 0;
			++*p;
			continue;
		}
		w += repeated(p, one_item(p, depth));
		w = SK_MIN(w, WIDTH_MAX);
	}
	return SK_MIN(least, w);
}

unsigned sk_regex_width(const char *regex)
{
	unsigned w = alternatives(&regex, 0);

	return *regex ? 0 : w;
}

/* --- databases --- */

struct job {				/* the patterns of one view */
	struct sk_view *view;
	const char **texts;
	unsigned *flags, *ids;
	unsigned cnt, regexes;
};

struct jobs {
	struct job *jobs;
	const char *cache_dir;
	unsigned cnt;
	_Atomic unsigned next;
};

static int compile(const char *cache_dir, struct job *j, hs_compile_error_t **error)
{
	const struct sk_patterns p = { j->texts, j->flags, j->ids, j->cnt, j->view->streamed ? HS_MODE_STREAM : HS_MODE_BLOCK };

	return sk_rules_cache_compile(cache_dir, &p, &j->view->db, NULL, error);
}

static void *work(void *cx)
{
	struct jobs *all = cx;
	unsigned i;

	while ((i = atomic_fetch_add(&all->next, 1)) < all->cnt) {
		hs_compile_error_t *error = NULL;

		if (compile(all->cache_dir, &all->jobs[i], &error) != HS_SUCCESS) {
			all->jobs[i].view->db = NULL;
			hs_free_compile_error(error);
		}
	}
	return NULL;
}

static void drop(struct job *j, unsigned bad)
{
	j->cnt--;
	j->texts[bad] = j->texts[j->cnt];
	j->flags[bad] = j->flags[j->cnt];
	j->ids[bad] = j->ids[j->cnt];
}

static void tell_pattern(struct sk_load *l, const struct sk_atom *a, const char *message)
{
	if (strstr(message, "ALLOWEMPTY"))
		message = "matches an empty value, and so everything";
	sk_load_error(l, a->node, "%s: %s", a->type == SK_ATOM_REGEX ? "regex" : "pattern", message);
}

/* A pattern the compiler refuses is told and left out, so that the next one is told too. */
static void finish(struct sk_load *l, struct job *j)
{
	struct sk_error e;
	struct sk_atom *a;

	while (j->cnt && !j->view->db) {
		hs_compile_error_t *error = NULL;
		int rc = compile(l->set->cache_dir, j, &error), bad = error ? error->expression : -1;

		if (rc == HS_SUCCESS)
			break;
		j->view->db = NULL;
		if (rc != HS_COMPILER_ERROR || bad < 0 || (unsigned)bad >= j->cnt) {
			sk_error_set(&e, SK_E_CONFIG, "patterns of %s: %s", j->view->field, error ? error->message : "cannot be compiled");
			sk_load_tell(l, &e);
			hs_free_compile_error(error);
			return;
		}
		a = &l->set->atoms[j->ids[bad]];
		if (a->node)
			tell_pattern(l, a, error->message);
		a->node = NULL;		/* told, should it be in another database too */
		hs_free_compile_error(error);
		drop(j, (unsigned)bad);
	}
	if (j->view->db && hs_alloc_scratch(j->view->db, &l->set->scratch) != HS_SUCCESS)
		sk_load_no_memory(l);
}

static bool is_pattern(const struct sk_ruleset *s, const struct sk_atom *a)
{
	return a->used && (a->type <= SK_ATOM_REGEX || (a->type == SK_ATOM_IS && s->views[a->view].streamed && a->text.n));
}

/* Is it searched for with the database of the view? */
static bool is_in(const struct sk_ruleset *s, const struct sk_atom *a, const struct sk_view *v)
{
	return v->of == a->view && a->dirs & v->dirs && is_pattern(s, a);
}

/* Few short literals are searched one by one. */
static bool stays_plain(const struct sk_ruleset *s, const struct job *j)
{
	if (j->view->streamed || j->regexes || j->cnt > SK_RULES_PLAIN_MAX)
		return false;
	for (unsigned i = 0; i < j->cnt; i++)
		if (s->atoms[j->ids[i]].text.n > SK_RULES_PLAIN_LENGTH)
			return false;
	return true;
}

/* The literal or run all matches of the pattern begin with. False where there is no such thing, or it is too short. */
static bool add_begin(struct sk_load *l, struct sk_literals *few, const struct sk_atom *a)
{
	struct sk_pattern_begin begin;
	uint8_t *p;

	if (!sk_pattern_begin(a, &begin))
		return false;
	if (begin.run)
		return begin.run >= SK_LITERALS_RUN && sk_literals_add_run(few, begin.set, a->nocase);
	p = sk_load_alloc(l, begin.n + 1);
	if (!p)
		return false;
	memcpy(p, begin.literal, begin.n);
	return sk_literals_add(few, sk_span(p, begin.n), a->nocase);
}

/* What the few patterns of a stream begin with is looked for before the database is asked. */
static void find_few(struct sk_load *l, const struct job *j)
{
	struct sk_literals *few;

	if (!j->view->streamed || j->cnt > SK_LITERALS_MAX)
		return;
	few = sk_load_alloc(l, sizeof(*few));
	for (unsigned i = 0; few && i < j->cnt; i++)
		if (!add_begin(l, few, &l->set->atoms[j->ids[i]]))
			return;
	j->view->few = few;
}

static int by_work(const void *a, const void *b)
{
	const struct job *x = a, *y = b;

	if (x->regexes != y->regexes)
		return x->regexes < y->regexes ? 1 : -1;
	return x->view < y->view ? -1 : x->view > y->view;
}

static int by_view(const void *a, const void *b)
{
	const struct job *x = a, *y = b;

	return x->view < y->view ? -1 : x->view > y->view;
}

static void run_jobs(struct sk_load *l, struct jobs *all)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned want = SK_MIN(all->cnt, cpus < 1 ? 1u : cpus > (long)THREADS_MAX ? THREADS_MAX : (unsigned)cpus), started = 0;
	pthread_t threads[THREADS_MAX];

	qsort(all->jobs, all->cnt, sizeof(*all->jobs), by_work);
	while (started + 1 < want && pthread_create(&threads[started], NULL, work, all) == 0)
		started++;
	work(all);
	while (started)
		pthread_join(threads[--started], NULL);
	qsort(all->jobs, all->cnt, sizeof(*all->jobs), by_view);
	for (unsigned i = 0; i < all->cnt && !l->out_of_memory; i++)
		finish(l, &all->jobs[i]);
}

/* Hands every view its part of the arrays and fills in its patterns. */
static void fill(struct sk_load *l, struct job *by_index, const char **texts, unsigned *flags, unsigned *ids,
	struct sk_arena *scratch)
{
	struct sk_ruleset *s = l->set;
	size_t at = 0;

	for (uint32_t i = 0; i < s->atom_cnt; i++)
		for (uint32_t v = s->atoms[i].view; v != UINT32_MAX; v = s->views[v].other)
			by_index[v].cnt += is_in(s, &s->atoms[i], &s->views[v]);
	for (uint32_t i = 0; i < s->view_cnt; i++) {
		struct job *j = &by_index[i];

		j->view = &s->views[i];
		j->texts = texts + at;
		j->flags = flags + at;
		j->ids = ids + at;
		at += j->cnt;
		j->cnt = 0;
	}
	for (uint32_t i = 0; i < s->atom_cnt; i++) {
		const struct sk_atom *a = &s->atoms[i];

		for (uint32_t v = a->view; v != UINT32_MAX; v = s->views[v].other) {
			struct job *j = &by_index[v];

			if (!is_in(s, a, &s->views[v]))
				continue;
			j->texts[j->cnt] = sk_atom_expression(a, scratch);
			j->flags[j->cnt] = sk_atom_flags(a);
			j->ids[j->cnt] = i;
			j->regexes += a->type == SK_ATOM_REGEX;
			if (!j->texts[j->cnt++])
				sk_load_no_memory(l);
		}
	}
}

static void keep_plain(struct sk_load *l, const struct job *j)
{
	uint32_t *plain = sk_load_alloc(l, j->cnt * sizeof(*plain));

	for (unsigned i = 0; plain && i < j->cnt; i++)
		plain[i] = j->ids[i];
	j->view->plain = plain;
	j->view->plain_cnt = plain ? j->cnt : 0;
}

/* Regexes of rules that are switched off are looked at, but not compiled. */
static void check_unused(struct sk_load *l)
{
	for (uint32_t i = 0; i < l->set->atom_cnt; i++) {
		const struct sk_atom *a = &l->set->atoms[i];
		hs_compile_error_t *error = NULL;
		hs_expr_info_t *info = NULL;

		if (a->used || a->type != SK_ATOM_REGEX)
			continue;
		if (hs_expression_info((const char *)a->text.p, sk_atom_flags(a), &info, &error) != HS_SUCCESS)
			tell_pattern(l, a, error ? error->message : "cannot be compiled");
		hs_free_compile_error(error);
		free(info);
	}
}

/* Of a regex: the least bytes it matches, 0 when the library does not know; whether it had better be compiled at once. */
static uint32_t look_at_regex(const char *text, unsigned flags, bool *can_wait)
{
	hs_compile_error_t *error = NULL;
	hs_expr_info_t *info = NULL;
	uint32_t least = 0;

	if (hs_expression_info(text, flags, &info, &error) == HS_SUCCESS)
		least = info->min_width == UINT_MAX ? 0 : info->min_width;
	if (least == 0 || least > LATE_WIDTH_MAX || (info->max_width > LATE_WIDTH_MAX && info->max_width != UINT_MAX))
		*can_wait = false;
	hs_free_compile_error(error);
	free(info);
	return least;
}

/* Sets the view's least. False when its patterns had better be compiled at once. */
static bool look_at_patterns(const struct sk_ruleset *s, const struct job *j)
{
	uint32_t least = UINT32_MAX, n;
	bool can_wait = true;

	for (unsigned i = 0; i < j->cnt; i++) {
		const struct sk_atom *a = &s->atoms[j->ids[i]];

		if (a->type == SK_ATOM_REGEX)
			n = look_at_regex(j->texts[i], j->flags[i], &can_wait);
		else
			n = (uint32_t)SK_MIN(a->text.n, (size_t)UINT32_MAX);
		least = SK_MIN(least, n);
	}
	j->view->least = least;
	return can_wait;
}

static void make_sieve(struct sk_load *l, const struct job *j)
{
	const struct sk_atom **atoms = j->view->streamed ? NULL : calloc(j->cnt, sizeof(*atoms));

	for (unsigned i = 0; atoms && i < j->cnt; i++)
		atoms[i] = &l->set->atoms[j->ids[i]];
	if (atoms)
		j->view->sieve = sk_sieve_new(&l->set->arena, atoms, j->cnt);
	free(atoms);
}

static void put_off(struct sk_load *l, struct job *j)
{
	struct sk_late *late = sk_load_alloc(l, sizeof(*late));

	if (late && pthread_mutex_init(&late->lock, NULL) == 0)
		j->view->late = late;
	else if (late)
		sk_load_no_memory(l);
}

static struct hs_database *compile_late(const struct sk_ruleset *s, const struct sk_view *v, bool *broken)
{
	hs_compile_error_t *error = NULL;
	struct hs_database *db = NULL;
	struct sk_arena scratch;
	const char **texts = calloc(s->atom_cnt + 1, sizeof(*texts));
	unsigned *flags = calloc(s->atom_cnt + 1, sizeof(*flags)), *ids = calloc(s->atom_cnt + 1, sizeof(*ids)), cnt = 0;
	bool short_of_memory = !texts || !flags || !ids;

	sk_arena_init(&scratch, 16384, SIZE_MAX / 2);
	for (uint32_t i = 0; i < s->atom_cnt && !short_of_memory; i++) {
		const struct sk_atom *a = &s->atoms[i];

		if (!is_in(s, a, v))
			continue;
		texts[cnt] = sk_atom_expression(a, &scratch);
		flags[cnt] = sk_atom_flags(a);
		ids[cnt] = i;
		short_of_memory = !texts[cnt++];
	}
	const struct sk_patterns p = { texts, flags, ids, cnt, v->streamed ? HS_MODE_STREAM : HS_MODE_BLOCK };

	if (!short_of_memory && sk_rules_cache_compile(s->cache_dir, &p, &db, NULL, &error) != HS_SUCCESS) {
		db = NULL;
		*broken = error && error->expression >= 0;
		if (*broken)
			sk_log_error("rules", "the patterns of %s cannot be compiled and will not be found: %s", v->name, error->message);
		hs_free_compile_error(error);
	}
	sk_arena_fini(&scratch);
	free(texts);
	free(flags);
	free(ids);
	return db;
}

struct hs_database *sk_rules_late_database(const struct sk_ruleset *s, const struct sk_view *v, bool *broken)
{
	struct hs_database *db;

	pthread_mutex_lock(&v->late->lock);
	if (!v->late->db && !v->late->broken)
		v->late->db = compile_late(s, v, &v->late->broken);
	db = v->late->db;
	*broken = v->late->broken;
	pthread_mutex_unlock(&v->late->lock);
	return db;
}

void sk_load_build_databases(struct sk_load *l)
{
	struct sk_ruleset *s = l->set;
	struct job *jobs = calloc(s->view_cnt + 1, sizeof(*jobs));
	const size_t room = 2 * (size_t)s->atom_cnt + 1;	/* an atom may be looked for in both directions */
	const char **texts = calloc(room, sizeof(*texts));
	unsigned *flags = calloc(room, sizeof(*flags)), *ids = calloc(room, sizeof(*ids));
	struct jobs all = { .jobs = jobs, .cache_dir = s->cache_dir };
	struct sk_arena scratch;

	sk_arena_init(&scratch, 65536, SIZE_MAX / 2);
	if (jobs && texts && flags && ids)
		fill(l, jobs, texts, flags, ids, &scratch);
	else
		sk_load_no_memory(l);
	for (uint32_t i = 0; !l->out_of_memory && i < s->view_cnt; i++) {
		if (jobs[i].cnt == 0)
			continue;
		if (stays_plain(s, &jobs[i])) {
			keep_plain(l, &jobs[i]);
			continue;
		}
		make_sieve(l, &jobs[i]);
		find_few(l, &jobs[i]);
		if (look_at_patterns(s, &jobs[i]) && l->src->late && !l->errors)
			put_off(l, &jobs[i]);
		else
			jobs[all.cnt++] = jobs[i];
	}
	if (all.cnt && !l->out_of_memory)
		run_jobs(l, &all);
	if (!l->out_of_memory)
		check_unused(l);
	sk_arena_fini(&scratch);
	free(jobs);
	free(texts);
	free(flags);
	free(ids);
}
