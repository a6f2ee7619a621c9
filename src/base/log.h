/* log.h - structured log lines, as text for people or JSON for machines.
 *
 * A line has a level, a stable id ("WS-RSV-BITS", grep for it) and named values. Callers only copy
 * into a bounded ring; a thread of its own writes to stderr, so a slow pipe never stops a loop.
 * When the ring is full lines are dropped and their number is told once there is room. */
#ifndef PESAN_BASE_LOG_H
#define PESAN_BASE_LOG_H

#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

enum log_form { LOG_TEXT, LOG_JSON };

/* One named value: text, or a number when text.at is NULL. */
struct log_field {
    const char *name; /* a plain ASCII literal */
    struct str text;  /* any bytes, or at == NULL */
    int64_t number;   /* the value when text.at is NULL */
};

#define LOG_S(name, value) ((struct log_field){name, value, 0})
#define LOG_C(name, value) ((struct log_field){name, str_of(value), 0})
#define LOG_N(name, value) ((struct log_field){name, {NULL, 0}, (int64_t)(value)})

/* Start the writing thread. Before it, and after log_stop(), lines go out at once. Both on one
 * thread, which starts and stops the process. */
void log_start(enum log_level least, enum log_form form);

/* Write out all that waits and end the thread; gives up on a pipe that takes nothing for 2 s. */
void log_stop(void);

bool log_wants(enum log_level level);

/* Any thread. Never blocks, never fails. Values are cut at 512 bytes each. */
void log_line(enum log_level level, const char *id, const struct log_field *fields, size_t count);

#define LOG_AT(level, id, ...)                                                                     \
    log_line(level, id, (const struct log_field[]){{0}, ##__VA_ARGS__} + 1,                        \
             sizeof((const struct log_field[]){{0}, ##__VA_ARGS__}) / sizeof(struct log_field) -   \
                 1)
#define log_debug(id, ...) LOG_AT(LOG_DEBUG, id, ##__VA_ARGS__)
#define log_info(id, ...)  LOG_AT(LOG_INFO, id, ##__VA_ARGS__)
#define log_warn(id, ...)  LOG_AT(LOG_WARN, id, ##__VA_ARGS__)
#define log_error(id, ...) LOG_AT(LOG_ERROR, id, ##__VA_ARGS__)

#endif
