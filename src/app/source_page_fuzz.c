/* source_page_fuzz.c - pages of journals as strangers write them: what is taken keeps to the limits
 * the journal sets. */
#include "app/source_page.h"

#define NOW INT64_C(1700000000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool takes(const void *ctx, const struct topic *topic)
{
    (void)ctx;
    return strcmp(topic->owner, "delivery") != 0;
}

static void check_draft(const struct event_draft *d)
{
    CHECK(id_valid(id_str(d->id)) && topic_find(str_of(d->topic)));
    CHECK(d->at_us >= 0 && d->at_us <= NOW);
    CHECK(d->payload.len <= JOURNAL_PAYLOAD_MAX && d->payload.at[0] == '{');
    CHECK(str_utf8_valid(d->payload) && str_utf8_valid(d->key) && str_utf8_valid(d->actor));
    CHECK(d->channel_count <= JOURNAL_CHANNELS_MAX);
    for (size_t i = 0; i < d->channel_count; i++)
        CHECK(d->channels[i].len > 0 && !memchr(d->channels[i].at, '\n', d->channels[i].len));
}

static void check(struct str body, const struct source_ask *ask)
{
    const char *why = NULL;
    struct source_page page;
    struct arena *arena = arena_new(SIZE_MAX);
    if (source_page_read(body, ask, arena, &page, &why)) {
        CHECK(page.next.seq >= ask->from.seq && page.next.seq <= page.head);
        CHECK(!*ask->from.epoch || strcmp(page.next.epoch, ask->from.epoch) == 0);
        for (size_t i = 0; i < page.count; i++)
            check_draft(&page.drafts[i]);
    } else {
        CHECK(why != NULL);
    }
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str body = {(const char *)data, size};
    check(body, &(struct source_ask){.now_us = NOW, .takes = takes});
    check(body, &(struct source_ask){.from = {"epoch1", 10}, .now_us = NOW, .takes = takes});
    return 0;
}
