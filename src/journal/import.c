/* import.c - takes over the events of other processes, each once. */
#include "journal/import.h"

struct import_position journal_imported(struct db *db, struct str source)
{
    struct import_position p = {0};
    struct db_rows *rows =
        db_query(db, "SELECT epoch, position FROM journal_sources WHERE name = ?", DB_TEXT(source));
    if (db_row(rows)) {
        struct str epoch = db_text(rows, 0);
        if (epoch.len <= IMPORT_EPOCH_MAX)
            memcpy(p.epoch, epoch.at, epoch.len);
        p.seq = db_int(rows, 1);
    }
    db_end(rows);
    return p;
}

static void store(struct db *tx, const struct import_batch *b)
{
    int64_t changed =
        db_exec(tx, "UPDATE journal_sources SET epoch = ?, position = ? WHERE name = ?",
                DB_CSTR(b->position.epoch), DB_INT(b->position.seq), DB_TEXT(b->source));
    if (changed == 0)
        db_exec(tx, "INSERT INTO journal_sources (name, epoch, position) VALUES (?, ?, ?)",
                DB_TEXT(b->source), DB_CSTR(b->position.epoch), DB_INT(b->position.seq));
}

size_t journal_import(struct db *tx, const struct import_batch *batch)
{
    size_t fresh = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const struct event_draft *draft = &batch->drafts[i];
        CHECK(draft->id != NULL);
        if (journal_knows(tx, draft->id))
            continue;
        journal_append(tx, draft);
        fresh++;
    }
    store(tx, batch);
    return fresh;
}
