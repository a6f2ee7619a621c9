/* tell.c - the events that chat appends to the journal (app/tbl/topics.h), and who may read them.
 */
#include "chat/tell.h"

#include "app/topic.h"
#include "journal/journal.h"

#define CHANNELS 4

/* In rooms of more members reading is told to oneself alone: everybody reads every message, and
 * each would hear of all others. */
#define READERS_TOLD_MAX 100

/* Where an event goes. */
struct audience {
    struct str all[CHANNELS]; /* channels */
    size_t count;             /* of those */
};

static void add(struct audience *a, struct arena *arena, struct str kind, struct str id)
{
    if (!id.at)
        return;
    char *name = arena_alloc(arena, kind.len + id.len);
    memcpy(name, kind.at, kind.len);
    memcpy(name + kind.len, id.at, id.len);
    a->all[a->count++] = (struct str){name, kind.len + id.len};
}

/* Those of the room; an order's crew and customer hear it without asking for it. */
static struct audience audience_of(const struct room *room, struct arena *arena)
{
    struct audience a = {0};
    add(&a, arena, STR("chat:"), room->uri);
    if (room->kind == ROOM_ORDER) {
        add(&a, arena, STR("shop:"), room->shop_id);
        add(&a, arena, STR("account:"), room->account_id);
    }
    return a;
}

static void append(struct db *tx, const char *topic, const struct room *room,
                   const struct audience *a, struct str payload, struct str actor, int64_t at_us)
{
    journal_append(tx, &(struct event_draft){.topic = topic,
                                             .key = room->uri,
                                             .actor = actor,
                                             .at_us = at_us,
                                             .payload = payload,
                                             .channels = a->all,
                                             .channel_count = a->count});
}

static struct str actor_of(struct arena *arena, const struct room_person *p)
{
    return str_of(arena_printf(arena, "account:%.*s", STR_ARG(p->id)));
}

static void begin(struct jout *j, const struct room *room)
{
    jout_object(j);
    jout_field_str(j, "uri", room->uri);
}

static void write_person(struct jout *j, const char *key, const struct room_person *p,
                         const struct room *room)
{
    jout_key(j, key);
    room_write_person(j, p, room->order_id);
}

void tell_message(struct db *tx, struct arena *arena, const struct room *room,
                  const struct room_post *p)
{
    struct audience a = audience_of(room, arena);
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    begin(&j, room);
    jout_field_int(&j, "seq", room->seq);
    jout_field_str(&j, "message", p->text);
    jout_field_cstr(&j, "kind", p->by.id.at ? "text" : "system");
    write_person(&j, "user", &p->by, room);
    jout_field_given(&j, "id", p->client_id);
    if (p->reply_to > 0)
        jout_field_int(&j, "reply_to", p->reply_to);
    jout_field_given(&j, "system", p->system);
    jout_field_given(&j, "order_id", room->order_id);
    jout_field_time(&j, "at", p->at_us);
    jout_object_end(&j);
    append(tx, TOPIC_CHAT_MESSAGE, room, &a, buf_str(&payload), p->actor, p->at_us);
}

void tell_changed(struct db *tx, struct arena *arena, const struct room *room, int64_t seq,
                  struct str text, const struct room_person *by, int64_t at_us)
{
    struct audience a = audience_of(room, arena);
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    begin(&j, room);
    jout_field_int(&j, "seq", seq);
    jout_field_given(&j, "message", text);
    write_person(&j, "user", by, room);
    jout_field_time(&j, "at", at_us);
    jout_object_end(&j);
    append(tx, text.at ? TOPIC_CHAT_EDITED : TOPIC_CHAT_DELETED, room, &a, buf_str(&payload),
           actor_of(arena, by), at_us);
}

void tell_member(struct db *tx, struct arena *arena, const struct room *room,
                 const struct member_news *n, int64_t at_us)
{
    struct audience a = audience_of(room, arena);
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    add(&a, arena, STR("account:"), n->who.id);
    begin(&j, room);
    write_person(&j, "user", &n->who, room);
    jout_field_cstr(&j, "change", n->change);
    jout_field_cstr(&j, "role", room_role_word(n->role));
    write_person(&j, "by", &n->by, room);
    jout_field_int(&j, "member_count", room->members);
    jout_object_end(&j);
    append(tx, n->ends ? TOPIC_CHAT_MEMBER_LEFT : TOPIC_CHAT_MEMBER, room, &a, buf_str(&payload),
           actor_of(arena, &n->by), at_us);
}

void tell_read(struct db *tx, struct arena *arena, const struct room *room,
               const struct room_person *who, const struct room_place *place, int64_t at_us)
{
    struct audience a = {0};
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    if (room->members <= READERS_TOLD_MAX)
        add(&a, arena, STR("chat:"), room->uri);
    add(&a, arena, STR("account:"), who->id);
    begin(&j, room);
    jout_field_str(&j, "account_id", who->id);
    jout_field_int(&j, "read_seq", place->read_seq);
    jout_field_int(&j, "delivered_seq", place->delivered_seq);
    jout_object_end(&j);
    append(tx, TOPIC_CHAT_READ, room, &a, buf_str(&payload), actor_of(arena, who), at_us);
}

void tell_room(struct db *tx, struct arena *arena, const struct room *room, struct str actor,
               int64_t at_us)
{
    struct audience a = audience_of(room, arena);
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    begin(&j, room);
    jout_field_str(&j, "name", room->name);
    jout_field_cstr(&j, "kind", room_kind_word(room->kind));
    jout_field_bool(&j, "open", room->closed_us == 0);
    jout_object_end(&j);
    append(tx, TOPIC_CHAT_ROOM, room, &a, buf_str(&payload), actor, at_us);
}
