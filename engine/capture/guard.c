/* capture/guard.c — see guard.h. */
#include "capture/guard.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

struct guard {
	_Atomic uintptr_t begin;	/* 0: free */
	_Atomic uintptr_t end;		/* 0 while begin is being set */
	atomic_bool cut;
};

static struct guard guards[SK_GUARDS_MAX];
static uintptr_t page;
static struct sigaction before;

/* A fault that is none of ours is for who handled them before. */
static void pass_on(int number, siginfo_t *info, void *cx)
{
	if (before.sa_flags & SA_SIGINFO)
		before.sa_sigaction(number, info, cx);
	else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
		before.sa_handler(number);
	else
		(void)signal(number, SIG_DFL);	/* and again */
}

/* Pages of zeros instead of the rest of the mapping, so that reading goes on. */
static void on_fault(int number, siginfo_t *info, void *cx)
{
	uintptr_t at = (uintptr_t)info->si_addr;

	for (unsigned i = 0; i < SK_GUARDS_MAX; i++) {
		struct guard *g = &guards[i];
		uintptr_t begin = atomic_load(&g->begin), end = atomic_load(&g->end), from = at & ~(page - 1);

		if (begin == 0 || at < begin || at >= end)
			continue;
		atomic_store(&g->cut, true);
		if (mmap((void *)from, (size_t)(end - from), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
			return;
	}
	pass_on(number, info, cx);
}

static void install(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO }, now;

	(void)pthread_mutex_lock(&lock);
	page = (uintptr_t)sysconf(_SC_PAGESIZE);
	if (sigaction(SIGBUS, NULL, &now) == 0 && now.sa_sigaction != on_fault) {
		before = now;
		(void)sigemptyset(&action.sa_mask);
		(void)sigaction(SIGBUS, &action, NULL);
	}
	(void)pthread_mutex_unlock(&lock);
}

int sk_guard_add(const uint8_t *p, size_t n)
{
	install();
	for (int i = 0; i < (int)SK_GUARDS_MAX; i++) {
		uintptr_t none = 0;

		if (!atomic_compare_exchange_strong(&guards[i].begin, &none, (uintptr_t)p))
			continue;
		atomic_store(&guards[i].cut, false);
		atomic_store(&guards[i].end, (uintptr_t)p + n);
		return i;
	}
	return -1;
}

void sk_guard_remove(int place)
{
	if (place < 0)
		return;
	atomic_store(&guards[place].end, 0);
	atomic_store(&guards[place].begin, 0);
}

bool sk_guard_was_cut(int place)
{
	return place >= 0 && atomic_load_explicit(&guards[place].cut, memory_order_relaxed);
}
