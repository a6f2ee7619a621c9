/* source_page.h - a page of another process's journal (feed.h), read and checked whole. */
#ifndef PESAN_APP_SOURCE_PAGE_H
#define PESAN_APP_SOURCE_PAGE_H

#include "app/topic.h"
#include "base/arena.h"
#include "journal/import.h"

/* What was asked, and whose topics are taken. */
struct source_ask {
    struct import_position from; /* the cursor; epoch "": from the floor, wherever that is */
    int64_t now_us;              /* UTC now: nothing was told later than that */
    bool (*takes)(const void *ctx, const struct topic *topic); /* is a topic of this process's? */
    const void *ctx;                                           /* given to takes() */
};

struct source_page {
    struct import_position next; /* behind the page */
    int64_t head;                /* the source's last event */
    struct event_draft *drafts;  /* those that are taken, in the source's order */
    size_t count;                /* of those */
};

/* Read the body of an answer. All slices are copies in the arena. False with one short reason in
 * *why_r when anything in it is not as feed.h says, or over a limit of journal.h: then nothing of
 * it may be used. Events of topics this program does not know are passed over. */
MUST_USE bool source_page_read(struct str body, const struct source_ask *ask, struct arena *arena,
                               struct source_page *page_r, const char **why_r);

#endif
