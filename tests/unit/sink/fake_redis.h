/* tests/unit/sink/fake_redis.h — a Redis that fails on demand.
 *
 * what     a thread that knows the commands sekisho sends, keeps what transactions store, and makes the trouble a test has asked for
 * limits   no type but lists; WATCH is not looked at
 */
#ifndef TEST_FAKE_REDIS_H
#define TEST_FAKE_REDIS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum fake_trouble {
	FAKE_NONE,
	FAKE_ERROR,		/* answers the command with an error */
	FAKE_ERROR_IN_EXEC,	/* the command fails when the transaction is carried out */
	FAKE_CLOSE_BEFORE,	/* hangs up instead of doing it */
	FAKE_CLOSE_AFTER,	/* does it, then hangs up instead of answering */
	FAKE_SILENCE		/* does nothing, says nothing, from then on */
};

#define FAKE_VALUES 4096
#define FAKE_FIELDS 256

struct fake {
	char path[108];
	int fd, wake[2];
	pthread_t thread;
	pthread_mutex_t lock;
	/* under lock */
	enum fake_trouble trouble;
	const char *command, *key, *text;	/* where (PUSHES: EXEC with alerts); key NULL: any; the error */
	int times;				/* how often; <0: always */
	int happened;
	char *keys[FAKE_VALUES], *values[FAKE_VALUES];
	size_t cnt;				/* stored */
	char *fields[FAKE_FIELDS][2];			/* of the one hash */
	size_t field_cnt;
};

void fake_start(struct fake *f);
void fake_stop(struct fake *f);
void fake_trouble(struct fake *f, enum fake_trouble trouble, const char *command, const char *key, const char *text, int times);
size_t fake_count(struct fake *f);
int fake_happened(struct fake *f);

#endif
