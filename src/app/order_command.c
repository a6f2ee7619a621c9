/* order_command.c - the table of commands about orders, and the events that ask for one and refuse
 * it. */
#include "app/order_command.h"

#include "app/people.h"
#include "app/topic.h"
#include "base/json.h"
#include "base/log.h"

#define COMMAND_ARENA 1048576

static const struct order_command_row rows[COMMAND_COUNT] = {
#define ORDER_COMMAND(name, word, other, service, number, text, en, id, ko, pl)                    \
    {                                                                                              \
        word,        other,                                                                        \
        service,     PART_##number,                                                                \
        PART_##text, {[LANG_EN] = en, [LANG_ID] = id, [LANG_KO] = ko, [LANG_PL] = pl}},
#include "app/tbl/order_commands.h"
#undef ORDER_COMMAND
};

const struct order_command_row *order_command_row(enum order_command_kind kind)
{
    CHECK(kind < COMMAND_COUNT);
    return &rows[kind];
}

bool order_command_parse(struct str word, enum order_command_kind *kind_r)
{
    if (word.len == 0)
        return false;
    for (int k = 0; k < COMMAND_COUNT; k++) {
        if (str_eq_nocase(word, str_of(rows[k].word)) ||
            str_eq_nocase(word, str_of(rows[k].other))) {
            *kind_r = (enum order_command_kind)k;
            return true;
        }
    }
    return false;
}

static struct str shop_channel(struct arena *arena, struct str shop_id)
{
    return str_of(arena_printf(arena, "shop:%.*s", STR_ARG(shop_id)));
}

/* The shop's people hear of it, and nobody else. */
static void append(struct db *tx, struct arena *arena, const char *topic,
                   const struct order_command *c, struct str actor, struct str payload)
{
    struct str channel = shop_channel(arena, c->shop_id);
    journal_append(tx, &(struct event_draft){.topic = topic,
                                             .key = c->order_id,
                                             .actor = actor,
                                             .at_us = c->at_us,
                                             .payload = payload,
                                             .channels = &channel,
                                             .channel_count = 1});
}

void order_command_tell(struct db *tx, struct arena *arena, const struct order_command *c)
{
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    jout_object(&j);
    jout_field_str(&j, "uri", c->uri);
    jout_field_str(&j, "order_id", c->order_id);
    jout_field_str(&j, "shop_id", c->shop_id);
    jout_field_cstr(&j, "command", rows[c->kind].word);
    if (c->numbered)
        jout_field_int(&j, "argument", c->number);
    jout_field_given(&j, "text", c->text);
    jout_field_str(&j, "by", c->actor);
    jout_object_end(&j);
    append(tx, arena, TOPIC_CHAT_COMMAND, c, c->actor, buf_str(&payload));
}

/* Is what the table asks for there, and within its bounds? */
static bool is_whole(const struct order_command *c)
{
    const struct order_command_row *row = &rows[c->kind];
    struct str text = c->text;
    struct id id;
    return c->uri.len > 0 && id_parse(c->order_id, &id) && c->shop_id.len > 0 &&
           (c->numbered ? row->number != PART_NO : row->number != PART_MUST) &&
           (!c->numbered || (c->number >= 1 && c->number <= COMMAND_NUMBER_MAX)) &&
           (text.at ? row->text != PART_NO && str_clean(&text, COMMAND_TEXT_MAX)
                    : row->text != PART_MUST);
}

static void log_unread(const struct event *e, const char *why)
{
    log_warn("ORDER-COMMAND", LOG_S("key", e->key), LOG_N("seq", e->seq), LOG_C("why", why));
}

bool order_command_read(const struct event *e, const char *service, struct arena *arena,
                        struct order_command *c_r)
{
    struct order_command c = {
        .actor = arena_str(arena, e->actor), .id = e->id, .seq = e->seq, .at_us = e->at_us};
    const char *why = "";
    json_t *json = json_read(e->payload, &why);
    bool known = order_command_parse(json_text(json, "command"), &c.kind);
    if (known) {
        c.uri = arena_str(arena, json_text(json, "uri"));
        c.order_id = arena_str(arena, json_text(json, "order_id"));
        c.shop_id = arena_str(arena, json_text(json, "shop_id"));
        c.text = arena_str(arena, json_text(json, "text"));
        c.numbered = json_int(json, "argument", &c.number);
    }
    json_decref(json);
    if (!known || strcmp(rows[c.kind].service, service) != 0)
        return false;
    *c_r = c;
    if (is_whole(&c))
        return true;
    log_unread(e, "a command that is not as its table says");
    return false;
}

bool order_command_by(struct db *db, struct arena *arena, const struct order_command *c,
                      struct str shop_id, unsigned roles)
{
    const struct str prefix = STR("account:");
    if (!str_starts(c->actor, prefix))
        return false;
    struct str account = {c->actor.at + prefix.len, c->actor.len - prefix.len};
    return people_worked_in(db, account, shop_id, roles, c->seq, arena);
}

static void say_no(struct db *tx, struct arena *arena, const char *topic,
                   const struct order_command *c, enum problem why)
{
    const char *service = rows[c->kind].service;
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    jout_object(&j);
    jout_field_str(&j, "order_id", c->order_id);
    jout_field_str(&j, "uri", c->uri);
    jout_field_cstr(&j, "command", rows[c->kind].word);
    jout_field_cstr(&j, "reason", problem_row(why)->slug);
    jout_field_str(&j, "by", c->actor);
    jout_object_end(&j);
    append(tx, arena, topic, c, str_of(arena_printf(arena, "service:%s", service)),
           buf_str(&payload));
}

void order_command_obey(struct db *tx, const struct event *e, const char *service,
                        const char *refused,
                        enum problem (*obey)(struct db *tx, struct arena *arena,
                                             const struct order_command *c))
{
    struct arena *arena = arena_new(COMMAND_ARENA);
    struct order_command c;
    if (order_command_read(e, service, arena, &c)) {
        enum problem no = obey(tx, arena, &c);
        if (no)
            say_no(tx, arena, refused, &c, no);
    }
    arena_free(&arena);
}
