/* event.c - one event in memory: one allocation, shared by reference. */
#include "journal/inside.h"

void event_ref(struct event *e)
{
    atomic_fetch_add_explicit(&e->refs, 1, memory_order_relaxed);
}

void event_unref(struct event *e)
{
    if (atomic_fetch_sub_explicit(&e->refs, 1, memory_order_acq_rel) == 1)
        mem_free(e);
}

bool event_says(const struct event *e, struct str member)
{
    return memmem(e->payload.at, e->payload.len, member.at, member.len) != NULL;
}

/* Copy `s` to *at, which moves behind it. */
static struct str put(char **at, struct str s)
{
    struct str copy = {*at, s.len};
    if (s.len)
        memcpy(*at, s.at, s.len);
    *at += s.len;
    return copy;
}

struct event *event_copy(const struct event *like)
{
    size_t size = sizeof *like + like->channel_count * sizeof like->channels[0] + like->topic.len +
                  like->key.len + like->actor.len + like->payload.len;
    for (size_t i = 0; i < like->channel_count; i++)
        size += like->channels[i].len;
    struct event *e = mem_alloc(size);
    atomic_init(&e->refs, 1);
    e->size = size;
    e->seq = like->seq;
    e->id = like->id;
    e->at_us = like->at_us;
    e->channel_count = like->channel_count;
    e->channels = (struct str *)(e + 1);
    char *at = (char *)(e->channels + e->channel_count);
    e->topic = put(&at, like->topic);
    e->key = put(&at, like->key);
    e->actor = put(&at, like->actor);
    e->payload = put(&at, like->payload);
    for (size_t i = 0; i < e->channel_count; i++)
        e->channels[i] = put(&at, like->channels[i]);
    CHECK(at == (char *)e + size);
    return e;
}

struct event *event_row(struct db_rows *rows)
{
    struct str channels[JOURNAL_CHANNELS_MAX] = {0};
    struct event like = {.seq = db_int(rows, 0), .channels = channels};
    struct str id = db_text(rows, 1);
    if (id.len == ID_LEN)
        memcpy(like.id.text, id.at, ID_LEN);
    like.topic = db_text(rows, 2);
    like.key = db_text(rows, 3);
    like.at_us = db_int(rows, 4);
    like.actor = db_text(rows, 5);
    struct str names = db_text(rows, 6);
    while (names.len && like.channel_count < JOURNAL_CHANNELS_MAX)
        channels[like.channel_count++] = str_cut(&names, '\n');
    like.payload = db_text(rows, 7);
    return event_copy(&like);
}
