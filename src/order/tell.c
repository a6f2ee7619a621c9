/* tell.c - the events that order appends to the journal: their payloads (app/tbl/topics.h) and who
 * may read them. */
#include "order/tell.h"

#include "base/json.h"
#include "journal/journal.h"

static void optional(struct jout *j, const char *key, struct str value)
{
    if (value.at)
        jout_field_str(j, key, value);
}

static void write_options(struct jout *j, const struct order_line *line)
{
    if (line->option_count == 0)
        return;
    jout_key(j, "options");
    jout_array(j);
    for (size_t i = 0; i < line->option_count; i++)
        jout_str(j, line->options[i].name);
    jout_array_end(j);
}

static void write_lines(struct jout *j, const struct order *o)
{
    jout_array(j);
    for (size_t i = 0; i < o->line_count; i++) {
        const struct order_line *line = &o->lines[i];
        jout_object(j);
        optional(j, "product_id", line->product_id);
        jout_field_str(j, "name", line->name);
        jout_field_int(j, "qty", line->qty);
        jout_field_int(j, "price", line->price);
        write_options(j, line);
        jout_object_end(j);
    }
    jout_array_end(j);
}

/* What every event about an order begins with. */
static void write_who(struct jout *j, const struct order *o)
{
    jout_field_str(j, "order_id", o->id);
    jout_field_str(j, "number", o->number);
    jout_field_str(j, "shop_id", o->shop_id);
    optional(j, "account_id", o->account_id);
    optional(j, "kiosk_id", o->kiosk_id);
}

static void add_channel(struct arena *arena, struct str channels[4], size_t *count,
                        const char *prefix, struct str id)
{
    if (id.at)
        channels[(*count)++] = str_of(arena_printf(arena, "%s%.*s", prefix, STR_ARG(id)));
}

static void append(struct db *tx, struct arena *arena, const char *topic, const struct order *o,
                   struct str payload, struct str actor, int64_t now_us)
{
    struct str channels[4];
    size_t count = 0;
    add_channel(arena, channels, &count, "shop:", o->shop_id);
    add_channel(arena, channels, &count, "order:", o->id);
    add_channel(arena, channels, &count, "account:", o->account_id);
    add_channel(arena, channels, &count, "kiosk:", o->kiosk_id);
    journal_append(tx, &(struct event_draft){.topic = topic,
                                             .key = o->id,
                                             .actor = actor,
                                             .at_us = now_us,
                                             .payload = payload,
                                             .channels = channels,
                                             .channel_count = count});
}

void order_tell_whole(struct db *tx, struct arena *arena, const char *topic, const struct order *o,
                      struct str actor, int64_t now_us)
{
    struct buf payload = buf_in(arena);
    buf_reserve(&payload, 512);
    struct jout j = jout_to(&payload);
    jout_object(&j);
    write_who(&j, o);
    optional(&j, "username", o->username);
    jout_field_str(&j, "via", o->via);
    jout_field_str(&j, "pay", o->pay);
    jout_field_cstr(&j, "status", order_state_word(o->state));
    jout_field_int(&j, "total", o->total);
    jout_field_cstr(&j, "currency", currency_name(o->currency));
    jout_field_str(&j, "language", o->language);
    jout_key(&j, "items");
    write_lines(&j, o);
    jout_object_end(&j);
    append(tx, arena, topic, o, buf_str(&payload), actor, now_us);
}

void order_tell_step(struct db *tx, struct arena *arena, const char *topic, const struct order *o,
                     struct str actor, int64_t now_us)
{
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    jout_object(&j);
    write_who(&j, o);
    jout_field_cstr(&j, "status", order_state_word(o->state));
    optional(&j, "reason", order_reason(o));
    jout_field_str(&j, "by", actor);
    if (o->state == ORDER_ACCEPTED && o->eta_us > 0)
        jout_field_time(&j, "eta_at", o->eta_us);
    jout_object_end(&j);
    append(tx, arena, topic, o, buf_str(&payload), actor, now_us);
}
