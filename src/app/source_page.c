/* source_page.c - reads a page of another process's journal and believes nothing of it. */
#include "app/source_page.h"

#include "app/feed.h"
#include "base/clock.h"
#include "base/json.h"

#define NAME_BYTES_MAX 760 /* of what is indexed: 190 characters, {key} of db/migrate.h */

/* A reading in progress. */
struct reading {
    const struct source_ask *ask; /* the caller's */
    struct arena *arena;          /* where all of it goes */
    struct source_page *page;     /* being filled */
    int64_t seq;                  /* of the event before */
    const char *why;              /* what is wrong */
};

static bool wrong(struct reading *r, const char *why)
{
    r->why = why;
    return false;
}

/* A key, an actor or a topic: any text that is short. */
static bool name_sound(struct str s)
{
    return s.at && s.len <= NAME_BYTES_MAX;
}

static bool read_channels(struct reading *r, const json_t *list, struct event_draft *d)
{
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count > JOURNAL_CHANNELS_MAX)
        return wrong(r, "channels are no list, or too many");
    struct str *channels = arena_alloc(r->arena, (count + 1) * sizeof *channels);
    for (size_t i = 0; i < count; i++) {
        struct str name = json_slice(json_array_get(list, i));
        if (!name_sound(name) || name.len == 0 || memchr(name.at, '\n', name.len))
            return wrong(r, "a channel is no name");
        channels[i] = arena_str(r->arena, name);
    }
    d->channels = channels;
    d->channel_count = count;
    return true;
}

static bool read_payload(struct reading *r, const json_t *payload, struct event_draft *d)
{
    struct buf text = buf_in(r->arena);
    if (!json_is_object(payload))
        return wrong(r, "a payload is no object");
    json_write(&text, payload);
    d->payload = buf_str(&text);
    return text.len <= JOURNAL_PAYLOAD_MAX || wrong(r, "a payload is too long");
}

/* Its place in the source's journal: behind the one before, on this page. */
static bool read_seq(struct reading *r, const json_t *event)
{
    int64_t seq;
    if (!json_int(event, "seq", &seq) || seq <= r->seq || seq > r->page->next.seq)
        return wrong(r, "events are not in order");
    r->seq = seq;
    return true;
}

static bool read_names(struct reading *r, const json_t *event, struct event_draft *d)
{
    struct id *id = arena_alloc(r->arena, sizeof *id);
    struct str key = json_text(event, "key");
    struct str actor = json_text(event, "actor");
    struct str at = json_text(event, "at");
    if (!id_parse(json_text(event, "id"), id))
        return wrong(r, "an event's id is no UUID");
    if (!name_sound(key) || !name_sound(actor))
        return wrong(r, "an event's key or actor is no name");
    if (!at.at || !clock_parse_iso(at, &d->at_us) || d->at_us < 0)
        return wrong(r, "an event's time is none");
    if (d->at_us > r->ask->now_us)
        d->at_us = r->ask->now_us;
    d->id = id;
    d->key = arena_str(r->arena, key);
    d->actor = arena_str(r->arena, actor);
    return true;
}

static bool read_event(struct reading *r, const json_t *event)
{
    struct str name = json_text(event, "topic");
    struct event_draft d = {0};
    if (!json_is_object(event) || !name_sound(name))
        return wrong(r, "an event has no topic");
    if (!read_seq(r, event) || !read_names(r, event, &d) ||
        !read_channels(r, json_object_get(event, "channels"), &d) ||
        !read_payload(r, json_object_get(event, "payload"), &d))
        return false;
    const struct topic *topic = topic_find(name);
    if (!topic || !r->ask->takes(r->ask->ctx, topic))
        return true;
    d.topic = topic->name;
    r->page->drafts[r->page->count++] = d;
    return true;
}

static bool epoch_sound(struct str epoch)
{
    for (size_t i = 0; i < epoch.len; i++) {
        char c = epoch.at[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return epoch.len > 0 && epoch.len <= IMPORT_EPOCH_MAX;
}

static bool read_where(struct reading *r, const json_t *body)
{
    struct source_page *page = r->page;
    const struct import_position *from = &r->ask->from;
    struct str epoch = json_text(body, "epoch");
    int64_t floor;
    if (!epoch_sound(epoch) || !json_int(body, "floor", &floor) ||
        !json_int(body, "head", &page->head) || !json_int(body, "next", &page->next.seq))
        return wrong(r, "epoch, floor, head or next is missing");
    if (*from->epoch && !str_is(epoch, from->epoch))
        return wrong(r, "another epoch than was asked for");
    r->seq = *from->epoch ? from->seq : floor;
    if (floor < 0 || page->next.seq < r->seq || page->head < page->next.seq)
        return wrong(r, "next does not stand between the cursor and the head");
    memcpy(page->next.epoch, epoch.at, epoch.len);
    return true;
}

static bool read_body(struct reading *r, const json_t *body)
{
    const json_t *events = json_object_get(body, "events");
    size_t count = json_array_size(events);
    if (!json_is_object(body) || !json_is_array(events))
        return wrong(r, "it is no page of events");
    if (count > FEED_EVENTS_MAX)
        return wrong(r, "too many events");
    if (!read_where(r, body))
        return false;
    r->page->drafts = arena_alloc(r->arena, (count + 1) * sizeof *r->page->drafts);
    for (size_t i = 0; i < count; i++) {
        if (!read_event(r, json_array_get(events, i)))
            return false;
    }
    return true;
}

bool source_page_read(struct str body, const struct source_ask *ask, struct arena *arena,
                      struct source_page *page_r, const char **why_r)
{
    *page_r = (struct source_page){0};
    struct reading r = {.ask = ask, .arena = arena, .page = page_r};
    json_t *json = json_read(body, &r.why);
    bool ok = json && read_body(&r, json);
    json_decref(json);
    *why_r = r.why;
    return ok;
}
