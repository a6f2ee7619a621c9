/* import.h - events of other processes, taken over into this journal under its own seq.
 *
 * Whatever brings them (the HTTP pull of app/source.h, a consumer of a broker) hands over what it
 * was given in one batch, with the position behind it: events and position are written by the same
 * transaction, and an event whose id is known is passed over. So each takes effect once, whoever is
 * killed when, and however often it is brought. */
#ifndef PESAN_JOURNAL_IMPORT_H
#define PESAN_JOURNAL_IMPORT_H

#include "journal/journal.h"

#define IMPORT_EPOCH_MAX 64 /* bytes of the name of an epoch */

/* How far a source has been taken over. */
struct import_position {
    char epoch[IMPORT_EPOCH_MAX + 1]; /* of the source's own counting; "": not begun */
    int64_t seq;                      /* everything up to here; the source's seq or offset */
};

/* What a source gave at once. Everything is borrowed for the call. */
struct import_batch {
    struct str source;                /* its name here, such as "orders" or "topic/3" */
    struct import_position position;  /* behind the batch */
    const struct event_draft *drafts; /* in the source's order, each with its id, time and actor */
    size_t count;                     /* of those; may be 0 */
};

/* Append what is not known and store the position. In a unit of the writer; returns how many were
 * new. A draft over the limits of journal.h fails the unit. */
size_t journal_import(struct db *tx, const struct import_batch *batch);

/* How far `source` was taken over by the last commit this connection sees. */
struct import_position journal_imported(struct db *db, struct str source);

/* Its table, a step of the journal's migrations. */
#define IMPORT_TABLE                                                                               \
    "CREATE TABLE journal_sources (name {key} PRIMARY KEY, epoch {key} NOT NULL,"                  \
    " position {int} NOT NULL) {table_clustered};"

#endif
