/* log.c - log lines: put together by the caller, copied into a ring, written by a thread of its
 * own.
 *
 * The ring is guarded by one mutex that is held for a memcpy, never for a write: the thread writes
 * from the ring itself, whose bytes stay put until it moves `tail`. It asks poll() before each
 * write of at most a page, so even a blocking pipe cannot hold it, and log_stop() ends in time. */
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/metrics.h"

#define RING_SIZE    (1024 * 1024) /* a power of two */
#define VALUE_MAX    512
#define WRITE_MAX    4096 /* what a pipe with POLLOUT takes without blocking */
#define POLL_MS      100
#define STOP_TIME_MS 2000 /* how long a stuck pipe may hold up log_stop() */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t filled; /* the ring is no longer empty, or stop is set */
    char *bytes;           /* RING_SIZE of them from log_start() to log_stop(), else NULL */
    bool running;          /* lines go into the ring; falls when the thread has done its last */
    size_t head;           /* bytes ever put in */
    size_t tail;           /* bytes ever written out; head - tail are waiting */
    int64_t dropped;       /* lines dropped since this was last told */
    bool stop;             /* write what waits and end */
    pthread_t thread;
} ring = {.lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER};

static _Atomic int least_level = LOG_INFO;
static _Atomic int line_form = LOG_TEXT;

static const char *const level_words[][2] = {
    [LOG_DEBUG] = {"DEBUG", "debug"},
    [LOG_INFO] = {"INFO", "info"},
    [LOG_WARN] = {"WARN", "warn"},
    [LOG_ERROR] = {"ERROR", "error"},
};

/* A value made fit for a line: cut between characters, and made ASCII when it is not UTF-8. */
static struct str tame(struct str value, char space[VALUE_MAX])
{
    if (value.len > VALUE_MAX) {
        value.len = VALUE_MAX;
        while (value.len > 0 && ((uint8_t)value.at[value.len] & 0xc0) == 0x80)
            value.len--;
    }
    if (str_utf8_valid(value))
        return value;
    for (size_t i = 0; i < value.len; i++)
        space[i] = (uint8_t)value.at[i] < 0x80 ? value.at[i] : '?';
    return (struct str){space, value.len};
}

/* Can the value stand in a text line without quotes? */
static bool is_plain(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = (uint8_t)value.at[i];
        if (c <= ' ' || c == '"' || c == '\\' || c == '=' || c == 0x7f)
            return false;
    }
    return value.len > 0;
}

static void add_text_field(struct buf *out, const struct log_field *f)
{
    char space[VALUE_MAX];
    buf_add_char(out, ' ');
    buf_add_cstr(out, f->name);
    buf_add_char(out, '=');
    if (!f->text.at) {
        buf_add_i64(out, f->number);
        return;
    }
    struct str value = tame(f->text, space);
    struct jout quoted = jout_to(out);
    if (is_plain(value))
        buf_add_str(out, value);
    else
        jout_str(&quoted, value);
}

static void add_json_field(struct jout *j, const struct log_field *f)
{
    char space[VALUE_MAX];
    if (f->text.at)
        jout_field_str(j, f->name, tame(f->text, space));
    else
        jout_field_int(j, f->name, f->number);
}

static void add_text_line(struct buf *out, enum log_level level, const char *id,
                          const struct log_field *fields, size_t count)
{
    char at[CLOCK_TEXT_MAX];
    clock_iso(clock_utc_us(), at);
    buf_addf(out, "%s %s %s", at, level_words[level][0], id);
    for (size_t i = 0; i < count; i++)
        add_text_field(out, &fields[i]);
    buf_add_char(out, '\n');
}

static void add_json_line(struct buf *out, enum log_level level, const char *id,
                          const struct log_field *fields, size_t count)
{
    struct jout j = jout_to(out);
    jout_object(&j);
    jout_field_time(&j, "at", clock_utc_us());
    jout_field_cstr(&j, "level", level_words[level][1]);
    jout_field_cstr(&j, "id", id);
    for (size_t i = 0; i < count; i++)
        add_json_field(&j, &fields[i]);
    jout_object_end(&j);
    buf_add_char(out, '\n');
}

static void add_line(struct buf *out, enum log_level level, const char *id,
                     const struct log_field *fields, size_t count)
{
    if (atomic_load_explicit(&line_form, memory_order_relaxed) == LOG_JSON)
        add_json_line(out, level, id, fields, count);
    else
        add_text_line(out, level, id, fields, count);
}

/* Copy into the ring, or count the line as dropped. The lock is held and the thread runs. */
static void put_in_ring(struct str line)
{
    if (line.len > RING_SIZE - (ring.head - ring.tail)) {
        ring.dropped++;
        metric_add(METRIC_LOG_DROPPED, 1);
        return;
    }
    size_t at = ring.head % RING_SIZE;
    size_t to_end = RING_SIZE - at < line.len ? RING_SIZE - at : line.len;
    memcpy(ring.bytes + at, line.at, to_end);
    memcpy(ring.bytes, line.at + to_end, line.len - to_end);
    if (ring.head == ring.tail)
        pthread_cond_signal(&ring.filled);
    ring.head += line.len;
}

/* Before log_start() and after log_stop(), when there is nobody to hand it to. */
static void write_at_once(struct str line)
{
    while (line.len > 0) {
        ssize_t done = write(STDERR_FILENO, line.at, line.len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return;
        line = (struct str){line.at + done, line.len - (size_t)done};
    }
}

bool log_wants(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&least_level, memory_order_relaxed);
}

void log_line(enum log_level level, const char *id, const struct log_field *fields, size_t count)
{
    if (!log_wants(level))
        return;
    struct buf line = {0};
    add_line(&line, level, id, fields, count);
    pthread_mutex_lock(&ring.lock);
    bool running = ring.running;
    if (running)
        put_in_ring(buf_str(&line));
    pthread_mutex_unlock(&ring.lock);
    if (!running)
        write_at_once(buf_str(&line));
    buf_fini(&line);
}

/* With the lock held: tell how many lines were dropped, once there is room to. */
static void tell_dropped(void)
{
    if (ring.dropped == 0)
        return;
    struct buf line = {0};
    struct log_field count = LOG_N("lines", ring.dropped);
    add_line(&line, LOG_WARN, "LOG-DROPPED", &count, 1);
    if (line.len <= RING_SIZE - (ring.head - ring.tail)) {
        ring.dropped = 0;
        put_in_ring(buf_str(&line));
    }
    buf_fini(&line);
}

/* Write some of `span`, waiting at most POLL_MS. Returns bytes dealt with; 0: try again. */
static size_t write_some(struct str span)
{
    struct pollfd err = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&err, 1, POLL_MS) <= 0)
        return 0;
    ssize_t done = write(STDERR_FILENO, span.at, span.len < WRITE_MAX ? span.len : WRITE_MAX);
    if (done >= 0)
        return (size_t)done;
    /* Nobody reads any more: the bytes are lost, but the ring must not fill for ever. */
    return errno == EINTR || errno == EAGAIN ? 0 : span.len;
}

/* Write the oldest run of bytes. The lock is held on entry and return, not while writing. */
static bool drain(void)
{
    size_t at = ring.tail % RING_SIZE;
    size_t waiting = ring.head - ring.tail;
    size_t to_end = RING_SIZE - at;
    struct str span = {ring.bytes + at, waiting < to_end ? waiting : to_end};
    pthread_mutex_unlock(&ring.lock);
    size_t done = write_some(span);
    pthread_mutex_lock(&ring.lock);
    ring.tail += done;
    tell_dropped();
    return done > 0;
}

static void *write_lines(void *unused)
{
    int stuck_ms = 0; /* how long nothing went out since the stop */
    pthread_mutex_lock(&ring.lock);
    while (stuck_ms < STOP_TIME_MS) {
        if (ring.head != ring.tail) {
            bool moved = drain();
            stuck_ms = ring.stop && !moved ? stuck_ms + POLL_MS : 0;
        } else if (ring.stop) {
            break;
        } else {
            pthread_cond_wait(&ring.filled, &ring.lock);
        }
    }
    ring.running = false;
    pthread_mutex_unlock(&ring.lock);
    return unused;
}

void log_start(enum log_level least, enum log_form form)
{
    atomic_store(&least_level, (int)least);
    atomic_store(&line_form, (int)form);
    pthread_mutex_lock(&ring.lock);
    CHECK(ring.bytes == NULL);
    ring.bytes = mem_alloc(RING_SIZE);
    ring.head = ring.tail = 0;
    ring.dropped = 0;
    ring.stop = false;
    ring.running = true;
    CHECK(pthread_create(&ring.thread, NULL, write_lines, NULL) == 0);
    pthread_mutex_unlock(&ring.lock);
}

void log_stop(void)
{
    pthread_mutex_lock(&ring.lock);
    bool started = ring.bytes != NULL;
    ring.stop = true;
    pthread_cond_signal(&ring.filled);
    pthread_mutex_unlock(&ring.lock);
    if (!started)
        return;
    pthread_join(ring.thread, NULL);
    mem_free(ring.bytes);
    ring.bytes = NULL;
}
