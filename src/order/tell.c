/* tell.c - the events that order appends to the journal: their payloads (app/tbl/topics.h) and who
 * may read them. */
#include "order/tell.h"

#include "app/caller.h"
#include "app/order_event.h"
#include "app/topic.h"
#include "order/chosen.h"

static void write_lines(struct jout *j, const struct order *o)
{
    jout_array(j);
    for (size_t i = 0; i < o->line_count; i++) {
        const struct order_line *line = &o->lines[i];
        jout_object(j);
        jout_field_given(j, "product_id", line->product_id);
        jout_field_str(j, "name", line->name);
        jout_field_int(j, "qty", line->qty);
        jout_field_int(j, "price", line->price);
        chosen_write_names(j, line->options, line->option_count);
        jout_object_end(j);
    }
    jout_array_end(j);
}

static struct order_ids ids_of(const struct order *o)
{
    return (struct order_ids){.order_id = o->id,
                              .number = o->number,
                              .shop_id = o->shop_id,
                              .account_id = o->account_id,
                              .kiosk_id = o->kiosk_id};
}

void order_tell_whole(struct db *tx, struct arena *arena, const char *topic, const struct order *o,
                      struct str actor, int64_t now_us)
{
    const struct order_ids ids = ids_of(o);
    struct buf payload = buf_in(arena);
    buf_reserve(&payload, 512);
    struct jout j = jout_to(&payload);
    order_event_begin(&j, &ids);
    jout_field_given(&j, "username", o->username);
    jout_field_str(&j, "via", o->via);
    jout_field_str(&j, "pay", o->pay);
    jout_field_cstr(&j, "status", order_state_word(o->state));
    jout_field_int(&j, "total", o->total);
    jout_field_cstr(&j, "currency", currency_name(o->currency));
    jout_field_str(&j, "language", o->language);
    jout_key(&j, "items");
    write_lines(&j, o);
    jout_object_end(&j);
    order_event_append(tx, arena, topic, &ids, buf_str(&payload), actor, now_us);
}

void order_tell_step(struct db *tx, struct arena *arena, const char *topic, const struct order *o,
                     const struct order_act *act)
{
    const struct order_ids ids = ids_of(o);
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    order_event_begin(&j, &ids);
    jout_field_cstr(&j, "status", order_state_word(o->state));
    jout_field_given(&j, "reason", order_reason(o));
    jout_field_str(&j, "by", act->actor);
    bool says_when = o->state == ORDER_ACCEPTED || strcmp(topic, TOPIC_ORDER_ETA_CHANGED) == 0;
    if (says_when && o->eta_us > 0)
        jout_field_time(&j, "eta_at", o->eta_us);
    jout_field_given(&j, "device", caller_device(act->device));
    jout_object_end(&j);
    order_event_append(tx, arena, topic, &ids, buf_str(&payload), act->actor, act->now_us);
}
