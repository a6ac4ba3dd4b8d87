/* sink/spool/spool.c — see spool.h and, for the bytes of a file, segment.h.
 *
 * The folder of a spool holds its segments and a file "state", which is locked while the spool is in use:
 *
 *	  0  "SKSTATE\n"
 *	  8  u32 version (1)
 *	 12  u32 CRC32C of bytes 16 to 63
 *	 16  id of the spool, 32 hex digits
 *	 48  u64 number of the last opening
 *	 56  u64 last acknowledged sequence number; a hint for people and for dropping, never for sending
 *
 * A file is written with pwrite and read through a mapping. An opening never appends to files it found.
 */
#include "sink/spool/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "base/fmt.h"
#include "base/log.h"
#include "sink/spool/segment.h"

#define SEGMENT_MIN (16u << 10)
#define SEGMENT_MOST (4u << 20)
#define SEGMENTS 16u			/* a spool of max bytes has about this many, or more */
#define STATE_SIZE 64u
#define SEQ_BITS 40
#define RETRY_NS UINT64_C(1000000000)	/* after the disk was full */

/* Of the spool, what may be taken by records nobody has had yet before this severity is refused; in percent. */
static const unsigned share[SK_SPOOL_SEVERITIES] = { 75, 75, 85, 92, 97, 100 };

struct segment {
	struct segment *next;
	uint8_t *p;
	size_t size, used;
	int fd;				/* -1 in memory */
	uint64_t base, last;		/* sequence numbers: before the first, of the last record */
	uint64_t last_ns, records;
	bool is_dirty, is_torn;
	bool has_gaps;			/* damage between records: each is checked when it is read again */
};

/* Where reading has come to: the next record is at or behind off, and its number is greater than after. */
struct cursor {
	struct segment *g;		/* NULL: at the end */
	size_t off;
	uint64_t after;
};

struct sk_spool {
	struct sk_spool_conf conf;
	char *dir, *sensor;
	char id[SK_SPOOL_ID_MAX];
	int dir_fd, state_fd;
	bool is_ours;			/* open and locked: may be written to */
	bool is_dir_dirty;
	struct segment *head, *tail;
	struct cursor at;		/* the first record that is not acknowledged; none when g is NULL */
	uint64_t opening, next;
	uint64_t limit, limit_until_ns;	/* below max while the disk is full */
	size_t segment_size;
	bool has_bad;			/* a file was left aside */
	bool is_told;			/* that no segment can be made */
	struct sk_spool_state st;
};

static uint64_t wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void put64(uint8_t *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static uint64_t get64(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 8; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

static struct sk_span bytes_of(const struct segment *g)
{
	return sk_span(g->p, g->used);
}

static void segment_name(uint64_t base, char *name)
{
	snprintf(name, 32, "%016llx.seg", (unsigned long long)base);
}

static void draw_id(char *id)
{
	uint8_t bytes[16];
	size_t n = 0;

	while (n < sizeof(bytes)) {
		ssize_t got = getrandom(bytes + n, sizeof(bytes) - n, 0);

		n += got > 0 ? (size_t)got : 0;
	}
	sk_fmt_hex(sk_span(bytes, sizeof(bytes)), id, SK_SPOOL_ID_MAX);
}

/* --- segments --- */

static void segment_free(struct sk_spool *s, struct segment *g, bool unlink_it)
{
	char name[32];

	if (g->p)
		munmap(g->p, g->size);
	if (g->fd >= 0)
		close(g->fd);
	if (unlink_it && s->dir_fd >= 0 && !s->conf.read_only) {
		segment_name(g->base, name);
		unlinkat(s->dir_fd, name, 0);
	}
	s->st.bytes -= g->size;
	free(g);
}

static void append(struct sk_spool *s, struct segment *g)
{
	if (s->tail)
		s->tail->next = g;
	else
		s->head = g;
	s->tail = g;
	s->st.bytes += g->size;
}

/* Drops the oldest segment when all of it is acknowledged. */
static bool drop_oldest(struct sk_spool *s)
{
	struct segment *g = s->head;

	if (!g || g == s->at.g)
		return false;
	s->head = g->next;
	if (!s->head)
		s->tail = NULL;
	s->st.retained -= g->records;
	segment_free(s, g, true);
	return true;
}

/* Writes to the tail at its end. */
static int store(struct segment *g, const uint8_t *p, size_t n)
{
	size_t done = 0;

	if (g->fd < 0) {
		memcpy(g->p + g->used, p, n);
		return 0;
	}
	while (done < n) {
		ssize_t got = pwrite(g->fd, p + done, n - done, (off_t)(g->used + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		done += (size_t)got;
	}
	return 0;
}

static int make_file(struct sk_spool *s, struct segment *g)
{
	char name[32];
	int rc;

	segment_name(g->base, name);
	g->fd = openat(s->dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (g->fd < 0)
		return -errno;
	rc = -posix_fallocate(g->fd, 0, (off_t)g->size);
	if (rc == 0) {
		g->p = mmap(NULL, g->size, PROT_READ, MAP_SHARED, g->fd, 0);
		if (g->p == MAP_FAILED) {
			g->p = NULL;
			rc = -errno;
		}
	}
	if (rc == 0 && s->conf.fsync_always && fsync(s->dir_fd) < 0)
		rc = -errno;
	if (rc < 0)
		unlinkat(s->dir_fd, name, 0);
	s->is_dir_dirty = rc == 0 && !s->conf.fsync_always;
	return rc;
}

static int new_segment(struct sk_spool *s, size_t size)
{
	struct sk_segment_head h = { .base = s->next - 1, .time_ns = wall_ns() };
	struct segment *g = calloc(1, sizeof(*g));
	uint8_t bytes[SK_SEGMENT_HEAD];
	int rc = 0;

	if (!g)
		return SK_E_MEMORY;
	*g = (struct segment){ .fd = -1, .size = size, .base = h.base, .last = h.base, .last_ns = h.time_ns, .is_dirty = true };
	if (s->dir_fd >= 0) {
		rc = make_file(s, g);
	} else {
		g->p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (g->p == MAP_FAILED) {
			g->p = NULL;
			rc = SK_E_MEMORY;
		}
	}
	memcpy(h.id, s->id, sizeof(h.id));
	snprintf(h.sensor, sizeof(h.sensor), "%s", s->sensor);
	sk_segment_head_write(bytes, &h);
	if (rc == 0)
		rc = store(g, bytes, sizeof(bytes));
	s->st.bytes += size;
	if (rc < 0) {
		segment_free(s, g, g->fd >= 0);
		return rc;
	}
	s->st.bytes -= size;
	g->used = SK_SEGMENT_HEAD;
	append(s, g);
	return 0;
}

/* --- state file --- */

static int write_state(struct sk_spool *s)
{
	uint8_t b[STATE_SIZE] = "SKSTATE\n";

	if (!s->is_ours)
		return 0;
	b[8] = SK_SPOOL_VERSION;
	memcpy(b + 16, s->id, 32);
	put64(b + 48, s->opening);
	put64(b + 56, s->st.acked);
	uint32_t crc = sk_crc32c(sk_span(b + 16, STATE_SIZE - 16));
	for (int i = 0; i < 4; i++)
		b[12 + i] = (uint8_t)(crc >> 8 * i);
	return pwrite(s->state_fd, b, sizeof(b), 0) == (ssize_t)sizeof(b) ? 0 : -EIO;
}

static int read_state(struct sk_spool *s, struct sk_error *e)
{
	uint8_t b[STATE_SIZE];
	ssize_t n = pread(s->state_fd, b, sizeof(b), 0);
	uint32_t crc = sk_crc32c(sk_span(b + 16, STATE_SIZE - 16));

	if (n == 0)
		return 0;
	if (n == (ssize_t)sizeof(b) && memcmp(b, "SKSTATE\n", 8) == 0 && b[8] != SK_SPOOL_VERSION)
		return sk_error_set(e, SK_E_CONFIG, "spool %s was written in version %u, this program reads %u", s->dir, b[8], SK_SPOOL_VERSION);
	if (n != (ssize_t)sizeof(b) || memcmp(b, "SKSTATE\n", 8) != 0 || (b[12] | b[13] << 8 | b[14] << 16 | (uint32_t)b[15] << 24) != crc) {
		sk_log_warning("spool", "%s/state is damaged; it is made anew from the segments", s->dir);
		return 0;
	}
	memcpy(s->id, b + 16, 32);
	s->opening = get64(b + 48);
	s->st.acked = get64(b + 56);
	return 0;
}

/* --- what an earlier run has left --- */

/* Records between these two numbers cannot be read any more. What Redis has had is no loss. */
static void miss(struct sk_spool *s, uint64_t after, uint64_t before, uint64_t time_ns)
{
	struct sk_spool_lost *l = &s->st.lost;
	uint64_t from = SK_MAX(after, s->st.acked);

	if (before <= from + 1)
		return;
	l->alerts += before - from - 1;
	l->by_severity[0] += before - from - 1;
	l->first_ns = l->first_ns ? l->first_ns : time_ns;
	l->last_ns = time_ns;
}

static void scan(struct sk_spool *s, struct segment *g)
{
	struct sk_span file = sk_span(g->p, g->size);
	struct sk_spool_item it;
	size_t off = SK_SEGMENT_HEAD, end = g->size;

	g->used = off;
	while (off < g->size) {
		size_t from = off, n = sk_record_find(file, &off, g->last, &it);

		if (!n)
			break;
		if (off > from) {
			s->st.damaged += off - from;
			g->has_gaps = true;
			miss(s, g->last, it.seq, it.time_ns);
		}
		off += n;
		g->used = off;
		g->last = it.seq;
		g->last_ns = it.time_ns;
		g->records++;
	}
	while (end > g->used && g->p[end - 1] == 0)
		end--;
	s->st.torn += end - g->used;
	g->is_torn = end > g->used;
}

static int check_head(struct sk_spool *s, const char *name, struct segment *g, struct sk_error *e)
{
	struct sk_segment_head h;
	int rc = sk_segment_head_read(sk_span(g->p, g->size), &h);

	if (rc == SK_E_UNSUPPORTED)
		return sk_error_set(e, SK_E_CONFIG, "spool segment %s/%s was written in version %u, this program reads %u", s->dir, name,
				    h.version, SK_SPOOL_VERSION);
	if (rc < 0)
		return rc;
	if (s->sensor[0] && strncmp(h.sensor, s->sensor, sizeof(h.sensor) - 1) != 0)
		return sk_error_set(e, SK_E_CONFIG, "spool %s belongs to the sensor '%s', this one is '%s'", s->dir, h.sensor, s->sensor);
	if (s->id[0] && memcmp(s->id, h.id, sizeof(s->id)) != 0)
		return sk_error_set(e, SK_E_CONFIG, "spool segment %s/%s belongs to another spool", s->dir, name);
	memcpy(s->id, h.id, sizeof(s->id));
	if (!s->sensor[0]) {
		free(s->sensor);
		s->sensor = strdup(h.sensor);
		if (!s->sensor)
			return sk_error_set(e, SK_E_MEMORY, "not enough memory");
	}
	g->base = h.base;
	g->last = s->tail ? SK_MAX(h.base, s->tail->last) : h.base;
	g->last_ns = h.time_ns;
	return 0;
}

/* Cuts what is not a whole record, or leaves a file that is no segment aside. */
static int tidy(struct sk_spool *s, const char *name, struct segment *g, int rc)
{
	char bad[300];

	if (s->conf.read_only)
		return rc;
	if (rc < 0) {
		snprintf(bad, sizeof(bad), "%s.bad", name);
		sk_log_error("spool", "%s/%s is no segment; it is kept as %s", s->dir, name, bad);
		renameat(s->dir_fd, name, s->dir_fd, bad);
		s->has_bad = true;
	} else if (g->records == 0) {
		unlinkat(s->dir_fd, name, 0);
		rc = SK_E_EOF;
	} else if (ftruncate(g->fd, (off_t)g->used) == 0) {
		munmap(g->p, g->size);
		g->size = g->used;
		g->p = mmap(NULL, g->size, PROT_READ, MAP_SHARED, g->fd, 0);
		if (g->p == MAP_FAILED) {
			g->p = NULL;
			rc = SK_E_MEMORY;
		}
	}
	return rc;
}

/* Of a spool in use: its last segment may be cut behind its last record at any time, so that is found in a copy. */
static int map_copy(struct sk_spool *s, const char *name, struct segment *g, struct sk_error *e)
{
	uint8_t *copy = malloc(g->size ? g->size : 1);
	ssize_t n = copy ? pread(g->fd, copy, g->size, 0) : -1;
	size_t size = g->size;
	int rc = SK_E_MEMORY;

	if (n >= 0) {
		g->p = copy;
		g->size = (size_t)n;
		rc = check_head(s, name, g, e);
		if (rc == 0)
			scan(s, g);
	}
	free(copy);
	g->p = NULL;
	g->size = size;
	if (rc < 0)
		return rc;
	g->size = g->used;
	g->p = mmap(NULL, g->size, PROT_READ, MAP_SHARED, g->fd, 0);
	if (g->p != MAP_FAILED)
		return 0;
	g->p = NULL;
	return SK_E_MEMORY;
}

static int map_it(struct sk_spool *s, const char *name, struct segment *g, struct sk_error *e)
{
	int rc;

	if (!g->size)
		return SK_E_FORMAT;
	if (s->conf.read_only)
		return map_copy(s, name, g, e);
	g->p = mmap(NULL, g->size, PROT_READ, MAP_SHARED, g->fd, 0);
	if (g->p == MAP_FAILED) {
		g->p = NULL;
		return sk_error_set(e, SK_E_CONFIG, "cannot read spool segment %s/%s: %s", s->dir, name, strerror(errno));
	}
	rc = check_head(s, name, g, e);
	if (rc == 0)
		scan(s, g);
	return rc;
}

/* 0 also for a file that is left aside; <0 with *e. */
static int load_segment(struct sk_spool *s, const char *name, struct sk_error *e)
{
	struct segment *g = calloc(1, sizeof(*g));
	struct stat st;
	int rc;

	if (!g)
		return sk_error_set(e, SK_E_MEMORY, "not enough memory");
	g->fd = openat(s->dir_fd, name, (s->conf.read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW);
	if (g->fd < 0 && errno == ENOENT && s->conf.read_only) {
		free(g);		/* its owner has dropped it */
		return 0;
	}
	if (g->fd < 0 || fstat(g->fd, &st) < 0) {
		rc = sk_error_set(e, SK_E_CONFIG, "cannot open spool segment %s/%s: %s", s->dir, name, strerror(errno));
		goto failed;
	}
	g->size = (size_t)st.st_size;
	rc = map_it(s, name, g, e);
	if (rc == SK_E_CONFIG || rc == SK_E_MEMORY) {
		if (rc == SK_E_MEMORY)
			sk_error_set(e, rc, "not enough memory");
		goto failed;
	}
	rc = tidy(s, name, g, rc);
	if (rc == 0) {
		append(s, g);
		return 0;
	}
	rc = 0;
failed:
	s->st.bytes += g->size;
	segment_free(s, g, false);
	return rc;
}

static int is_segment(const struct dirent *d)
{
	return strlen(d->d_name) == 20 && strspn(d->d_name, "0123456789abcdef") == 16 && strcmp(d->d_name + 16, ".seg") == 0;
}

static int load(struct sk_spool *s, struct sk_error *e)
{
	struct dirent **names;
	int cnt = scandirat(s->dir_fd, ".", &names, is_segment, alphasort), rc = 0;

	if (cnt < 0)
		return sk_error_set(e, SK_E_CONFIG, "cannot read spool %s: %s", s->dir, strerror(errno));
	for (int i = 0; i < cnt; i++) {
		if (rc == 0)
			rc = load_segment(s, names[i]->d_name, e);
		free(names[i]);
	}
	free(names);
	for (struct segment *g = s->head; g && rc == 0; g = g->next) {
		if (g->next && (g->is_torn || s->has_bad) && g->last >> SEQ_BITS == g->next->base >> SEQ_BITS)
			miss(s, g->last, g->next->base + 1, g->next->last_ns);
		s->st.last = SK_MAX(s->st.last, g->last);
		s->opening = SK_MAX(s->opening, g->last >> SEQ_BITS);
	}
	if (s->st.torn)
		sk_log_warning("spool", "%s: %llu bytes of a record that was not finished are cut off", s->dir, (unsigned long long)s->st.torn);
	if (s->st.damaged)
		sk_log_error("spool", "%s: %llu damaged bytes between records are skipped", s->dir, (unsigned long long)s->st.damaged);
	if (s->st.lost.alerts)
		sk_log_error("spool", "%s: %llu alerts are lost by this damage", s->dir, (unsigned long long)s->st.lost.alerts);
	return rc;
}

/* Once root is given up, segments are made by this user. */
static int give_to(struct sk_spool *s, const char *user, struct sk_error *e)
{
	const struct passwd *pw = getpwnam(user);

	if (!pw)
		return sk_error_set(e, SK_E_CONFIG, "user: there is no user '%s' on this host", user);
	if (fchown(s->dir_fd, pw->pw_uid, pw->pw_gid) < 0 || fchown(s->state_fd, pw->pw_uid, pw->pw_gid) < 0)
		return sk_error_set(e, SK_E_CONFIG, "cannot give the spool folder %s to %s: %s", s->dir, user, strerror(errno));
	return 0;
}

static int open_dir(struct sk_spool *s, struct sk_error *e)
{
	bool ro = s->conf.read_only;

	if (!ro && mkdir(s->dir, 0700) < 0 && errno != EEXIST)
		return sk_error_set(e, SK_E_CONFIG, "cannot make the spool folder %s: %s", s->dir, strerror(errno));
	s->dir_fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd < 0)
		return sk_error_set(e, SK_E_CONFIG, "cannot open the spool folder %s: %s", s->dir, strerror(errno));
	s->state_fd = openat(s->dir_fd, "state", (ro ? O_RDONLY : O_RDWR | O_CREAT) | O_CLOEXEC, 0600);
	if (s->state_fd < 0)
		return sk_error_set(e, SK_E_CONFIG, "cannot write to the spool folder %s: %s", s->dir, strerror(errno));
	if (!ro && flock(s->state_fd, LOCK_EX | LOCK_NB) < 0)
		return sk_error_set(e, SK_E_CONFIG, "spool %s is in use by another process", s->dir);
	if (read_state(s, e) < 0 || load(s, e) < 0 || (s->conf.user && give_to(s, s->conf.user, e) < 0))
		return e->code;
	if (!s->id[0])
		draw_id(s->id);
	s->opening++;
	if (s->opening >> (64 - SEQ_BITS))
		return sk_error_set(e, SK_E_CONFIG, "spool %s has no sequence numbers left: send what it holds and remove it", s->dir);
	s->is_ours = !ro;
	if (!ro && (write_state(s) < 0 || fsync(s->state_fd) < 0 || fsync(s->dir_fd) < 0))
		return sk_error_set(e, SK_E_CONFIG, "cannot write to the spool folder %s: %s", s->dir, strerror(errno));
	return 0;
}

/* --- open, close --- */

int sk_spool_open(struct sk_spool **out, const struct sk_spool_conf *conf, struct sk_error *e)
{
	struct sk_spool *s = calloc(1, sizeof(*s));
	int rc = 0;

	*out = NULL;
	if (!s)
		return sk_error_set(e, SK_E_MEMORY, "not enough memory");
	s->conf = *conf;
	s->dir_fd = s->state_fd = -1;
	s->limit = conf->max;
	s->segment_size = (size_t)SK_MIN(SK_MAX(conf->max / SEGMENTS, (uint64_t)SEGMENT_MIN), (uint64_t)SEGMENT_MOST);
	s->sensor = strdup(conf->sensor);
	s->dir = conf->dir ? strdup(conf->dir) : NULL;
	if (!s->sensor || (conf->dir && !s->dir))
		rc = sk_error_set(e, SK_E_MEMORY, "not enough memory");
	if (rc == 0 && conf->dir) {
		rc = open_dir(s, e);
	} else if (rc == 0) {
		draw_id(s->id);
		s->opening = 1;
	}
	if (rc < 0) {
		sk_spool_close(s);
		return rc;
	}
	s->next = (s->opening << SEQ_BITS) + 1;
	sk_spool_seek(s, s->st.acked);
	*out = s;
	return 0;
}

void sk_spool_close(struct sk_spool *s)
{
	if (!s)
		return;
	write_state(s);
	while (s->head) {
		struct segment *g = s->head;

		s->head = g->next;
		if (g->fd >= 0 && s->is_ours) {
			if (g->records && ftruncate(g->fd, (off_t)g->used) < 0)
				sk_log_warning("spool", "%s: %s", s->dir, strerror(errno));
			fdatasync(g->fd);
		}
		segment_free(s, g, g->records == 0 && s->is_ours);
	}
	if (s->state_fd >= 0)
		close(s->state_fd);
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	free(s->dir);
	free(s->sensor);
	free(s);
}

/* --- in --- */

static void refuse(struct sk_spool *s, const struct sk_spool_item *it)
{
	struct sk_spool_lost *l = &s->st.lost;

	if (!it->is_alert)
		return;
	l->alerts++;
	l->by_severity[it->severity]++;
	l->last_ns = it->time_ns;
	if (!l->first_ns)
		l->first_ns = it->time_ns;
}

/* What the folder's disk lets this spool have: with little left, the shares of severities are of that. */
static uint64_t disk_limit(struct sk_spool *s)
{
	struct statvfs v;
	uint64_t more;

	if (s->dir_fd < 0 || fstatvfs(s->dir_fd, &v) < 0 || !v.f_frsize)
		return s->conf.max;
	more = (uint64_t)v.f_bavail > s->conf.max / v.f_frsize ? s->conf.max : (uint64_t)v.f_bavail * v.f_frsize;
	return SK_MIN(s->conf.max, s->st.bytes + more);
}

/* A new segment at the tail, smaller than usual where the disk has no room for that; the oldest acknowledged ones go first. */
static int grow(struct sk_spool *s, size_t need)
{
	size_t size = SK_MAX(s->segment_size, need);
	int rc;

	for (;;) {
		while (s->st.bytes + size > s->limit && drop_oldest(s))
			;
		if (s->st.bytes + size > s->limit)
			size = s->limit > s->st.bytes ? (size_t)(s->limit - s->st.bytes) & ~(size_t)4095 : 0;
		if (size < SK_MAX(need, (size_t)SEGMENT_MIN))
			return SK_E_LIMIT;
		rc = new_segment(s, size);
		if (rc == 0 || s->dir_fd < 0)
			return rc;
		if (drop_oldest(s))
			continue;
		if (size / 2 < SK_MAX(need, (size_t)SEGMENT_MIN))
			return rc;
		size /= 2;
	}
}

/* A segment at the tail with room for n bytes. */
static int make_room(struct sk_spool *s, size_t n, uint64_t now)
{
	int rc;

	if (s->tail && s->tail->size - s->tail->used >= n && s->tail->base >= s->opening << SEQ_BITS)
		return 0;
	s->limit = disk_limit(s);
	s->limit_until_ns = now + RETRY_NS;
	rc = grow(s, SK_SEGMENT_HEAD + n);
	if (rc == 0 || rc == SK_E_LIMIT || s->dir_fd < 0)
		return rc;
	if (!s->is_told)
		sk_log_error("spool", "cannot make a segment in %s: %s", s->dir, sk_err_text(rc));
	s->is_told = true;
	s->limit = s->st.bytes;
	return SK_E_LIMIT;
}

static int add_record(struct sk_spool *s, struct sk_spool_item *it, size_t n)
{
	struct segment *g = s->tail;
	uint8_t small[4096], *p = small;
	int rc;

	it->seq = s->next;
	if (g->fd < 0) {
		sk_record_write(g->p + g->used, it);
	} else {
		if (n > sizeof(small))
			p = malloc(n);
		if (!p)
			return SK_E_MEMORY;
		sk_record_write(p, it);
		rc = store(g, p, n);
		if (rc == 0 && s->conf.fsync_always)
			rc = fdatasync(g->fd) < 0 ? -errno : 0;
		if (p != small)
			free(p);
		if (rc < 0)
			return rc;
	}
	if (!s->at.g)
		s->at = (struct cursor){ .g = g, .off = g->used, .after = it->seq - 1 };
	g->used += n;
	g->last = s->st.last = s->next++;
	g->last_ns = it->time_ns;
	g->records++;
	g->is_dirty = !s->conf.fsync_always;
	s->st.pending++;
	s->st.pending_alerts += it->is_alert;
	s->st.pending_bytes += n;
	return 0;
}

int sk_spool_add(struct sk_spool *s, struct sk_spool_item *it)
{
	size_t n = sk_record_size(it);
	int rc = n ? 0 : SK_E_LIMIT;

	it->time_ns = wall_ns();
	if (s->limit != s->conf.max && it->time_ns > s->limit_until_ns) {
		s->limit = disk_limit(s);
		s->limit_until_ns = it->time_ns + RETRY_NS;
	}
	if (rc == 0 && s->st.pending_bytes + n > s->limit / 100 * share[it->severity])
		rc = SK_E_LIMIT;
	if (rc == 0)
		rc = make_room(s, n, it->time_ns);
	if (rc == 0)
		rc = add_record(s, it, n);
	if (rc < 0)
		refuse(s, it);
	return rc;
}

/* --- out --- */

/* The next record; the cursor goes to it, pass() behind it. Where the opening has passed bytes over, so does this: damage, and
 * records whose numbers do not ascend, which are copies. */
static size_t step(struct cursor *c, struct sk_spool_item *it)
{
	while (c->g) {
		size_t n = c->g->has_gaps ? 0 : sk_record_view(bytes_of(c->g), c->off, it);

		if (!n)
			n = sk_record_find(bytes_of(c->g), &c->off, c->after, it);
		if (n)
			return n;
		c->g = c->g->next;
		c->off = SK_SEGMENT_HEAD;
		if (c->g)
			c->after = SK_MAX(c->after, c->g->base);
	}
	return 0;
}

static void pass(struct cursor *c, size_t n, uint64_t seq)
{
	c->off += n;
	c->after = seq;
}

static struct cursor first(const struct sk_spool *s)
{
	return (struct cursor){ .g = s->head, .off = SK_SEGMENT_HEAD, .after = s->head ? s->head->base : 0 };
}

size_t sk_spool_peek(struct sk_spool *s, uint64_t after, struct sk_spool_item *items, size_t max, size_t max_bytes)
{
	struct cursor c = s->at;
	size_t cnt = 0, bytes = 0, n;

	while (cnt < max && (n = step(&c, &items[cnt])) > 0) {
		bool is_wanted = items[cnt].seq > after;

		if (is_wanted && cnt && bytes + n > max_bytes)
			break;
		pass(&c, n, items[cnt].seq);
		bytes += is_wanted ? n : 0;
		cnt += is_wanted;
	}
	return cnt;
}

void sk_spool_ack(struct sk_spool *s, uint64_t seq)
{
	struct sk_spool_item it;
	size_t n;

	while ((n = step(&s->at, &it)) > 0 && it.seq <= seq) {
		pass(&s->at, n, it.seq);
		s->st.pending--;
		s->st.pending_alerts -= it.is_alert;
		s->st.pending_bytes -= n;
		s->st.retained++;
		if (s->at.off == s->at.g->used && !s->at.g->next) {
			s->at.g = NULL;
			break;
		}
	}
	s->st.acked = SK_MAX(s->st.acked, seq);
	write_state(s);
}

void sk_spool_seek(struct sk_spool *s, uint64_t seq)
{
	struct cursor c = first(s);
	struct sk_spool_item it;
	size_t n;

	s->at.g = NULL;
	s->st.pending = s->st.pending_alerts = s->st.pending_bytes = s->st.retained = 0;
	while ((n = step(&c, &it)) > 0) {
		if (it.seq <= seq) {
			s->st.retained++;
		} else {
			if (!s->at.g)
				s->at = c;
			s->st.pending++;
			s->st.pending_alerts += it.is_alert;
			s->st.pending_bytes += n;
		}
		pass(&c, n, it.seq);
	}
	s->st.acked = seq;
	if (s->next <= seq)
		s->next = seq + 1;
	write_state(s);
}

void sk_spool_expire(struct sk_spool *s, uint64_t now_ns)
{
	while (s->head && s->head != s->at.g && s->head->records && s->head->last <= s->st.acked &&
	       (s->conf.retain_ns == 0 || (now_ns > s->head->last_ns && now_ns - s->head->last_ns > s->conf.retain_ns)))
		if (!drop_oldest(s))
			return;
}

int sk_spool_sync_fd(struct sk_spool *s)
{
	if (s->is_dir_dirty) {
		s->is_dir_dirty = false;
		return fcntl(s->dir_fd, F_DUPFD_CLOEXEC, 0);
	}
	for (struct segment *g = s->head; g && s->dir_fd >= 0; g = g->next) {
		if (!g->is_dirty)
			continue;
		g->is_dirty = false;
		return fcntl(g->fd, F_DUPFD_CLOEXEC, 0);
	}
	return -1;
}

const char *sk_spool_id(const struct sk_spool *s) { return s->id; }
bool sk_spool_on_disk(const struct sk_spool *s) { return s->dir_fd >= 0; }
void sk_spool_state(const struct sk_spool *s, struct sk_spool_state *state) { *state = s->st; }
bool sk_spool_has_pending(const struct sk_spool *s) { return s->st.pending > 0; }

uint64_t sk_spool_oldest(const struct sk_spool *s)
{
	struct cursor c = s->at;
	struct sk_spool_item it;

	return step(&c, &it) ? it.time_ns : 0;
}

void sk_spool_each(struct sk_spool *s, sk_spool_each_fn *fn, void *cx)
{
	struct cursor c = s->at;
	struct sk_spool_item it;
	size_t n;

	while ((n = step(&c, &it)) > 0) {
		fn(cx, &it);
		pass(&c, n, it.seq);
	}
}

void sk_spool_drop(struct sk_spool *s)
{
	while (s->head) {
		struct segment *g = s->head;

		s->head = g->next;
		segment_free(s, g, true);
	}
	s->tail = s->at.g = NULL;
	s->st.pending = s->st.pending_alerts = s->st.pending_bytes = s->st.retained = 0;
}

const char *sk_spool_sensor(const struct sk_spool *s) { return s->sensor; }
