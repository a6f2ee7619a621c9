/* tell.c - the events that delivery appends to the journal about its decisions: their payloads
 * (app/tbl/topics.h) and who may read them. */
#include "delivery/tell.h"

#include "app/order_event.h"
#include "app/topic.h"

static struct order_ids ids_of(const struct delivery *d)
{
    return (struct order_ids){.order_id = d->order_id,
                              .number = d->number,
                              .shop_id = d->shop_id,
                              .account_id = d->account_id,
                              .kiosk_id = d->kiosk_id};
}

void tell_moved(struct db *tx, struct arena *arena, const struct delivery *d, enum order_state from,
                const struct delivery_move *m)
{
    const struct order_ids ids = ids_of(d);
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    order_event_begin(&j, &ids);
    jout_field_cstr(&j, "from", order_state_word(from));
    jout_field_cstr(&j, "status", order_state_word(m->to));
    jout_field_given(&j, "note", m->note);
    jout_field_str(&j, "by", m->actor);
    jout_object_end(&j);
    order_event_append(tx, arena, TOPIC_DELIVERY_MOVED, &ids, buf_str(&payload), m->actor,
                       d->updated_us);
}

void tell_cancel_refused(struct db *tx, struct arena *arena, const struct delivery *d,
                         int64_t at_us)
{
    const struct str actor = STR("service:delivery");
    const struct order_ids ids = ids_of(d);
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    order_event_begin(&j, &ids);
    jout_field_cstr(&j, "status", order_state_word(d->state));
    jout_field_str(&j, "by", actor);
    jout_object_end(&j);
    order_event_append(tx, arena, TOPIC_DELIVERY_CANCEL_REFUSED, &ids, buf_str(&payload), actor,
                       at_us);
}
