/* tell.c - the events that delivery appends to the journal about its decisions: their payloads
 * (app/tbl/topics.h) and who may read them. */
#include "delivery/tell.h"

#include "app/topic.h"
#include "base/json.h"
#include "journal/journal.h"

static void optional(struct jout *j, const char *key, struct str value)
{
    if (value.at)
        jout_field_str(j, key, value);
}

/* What every event about an order begins with. */
static void write_who(struct jout *j, const struct delivery *d)
{
    jout_object(j);
    jout_field_str(j, "order_id", d->order_id);
    jout_field_str(j, "number", d->number);
    jout_field_str(j, "shop_id", d->shop_id);
    optional(j, "account_id", d->account_id);
    optional(j, "kiosk_id", d->kiosk_id);
}

static void add_channel(struct arena *arena, struct str channels[4], size_t *count,
                        const char *prefix, struct str id)
{
    if (id.at)
        channels[(*count)++] = str_of(arena_printf(arena, "%s%.*s", prefix, STR_ARG(id)));
}

static void append(struct db *tx, struct arena *arena, const char *topic, const struct delivery *d,
                   struct str payload, struct str actor, int64_t at_us)
{
    struct str channels[4];
    size_t count = 0;
    add_channel(arena, channels, &count, "shop:", d->shop_id);
    add_channel(arena, channels, &count, "order:", d->order_id);
    add_channel(arena, channels, &count, "account:", d->account_id);
    add_channel(arena, channels, &count, "kiosk:", d->kiosk_id);
    journal_append(tx, &(struct event_draft){.topic = topic,
                                             .key = d->order_id,
                                             .actor = actor,
                                             .at_us = at_us,
                                             .payload = payload,
                                             .channels = channels,
                                             .channel_count = count});
}

void tell_moved(struct db *tx, struct arena *arena, const struct delivery *d, enum order_state from,
                const struct delivery_move *m)
{
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    write_who(&j, d);
    jout_field_cstr(&j, "from", order_state_word(from));
    jout_field_cstr(&j, "status", order_state_word(m->to));
    optional(&j, "note", m->note);
    jout_field_str(&j, "by", m->actor);
    jout_object_end(&j);
    append(tx, arena, TOPIC_DELIVERY_MOVED, d, buf_str(&payload), m->actor, d->updated_us);
}

void tell_cancel_refused(struct db *tx, struct arena *arena, const struct delivery *d,
                         int64_t at_us)
{
    const struct str actor = STR("service:delivery");
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    write_who(&j, d);
    jout_field_cstr(&j, "status", order_state_word(d->state));
    jout_field_str(&j, "by", actor);
    jout_object_end(&j);
    append(tx, arena, TOPIC_DELIVERY_CANCEL_REFUSED, d, buf_str(&payload), actor, at_us);
}
