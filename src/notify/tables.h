/* tables.h - the tables of notify. */
#ifndef PESAN_NOTIFY_TABLES_H
#define PESAN_NOTIFY_TABLES_H

#define NOTIFY_STEPS 1

extern const char *const notify_steps[NOTIFY_STEPS];

#endif
