/* order_event.c - the ids at the beginning of events about an order, and the channels they name. */
#include "app/order_event.h"

#include "app/topic.h"
#include "journal/journal.h"

#define CHANNELS 4

void order_event_begin(struct jout *j, const struct order_ids *ids)
{
    jout_object(j);
    jout_field_str(j, "order_id", ids->order_id);
    jout_field_str(j, "number", ids->number);
    jout_field_str(j, "shop_id", ids->shop_id);
    jout_field_given(j, "account_id", ids->account_id);
    jout_field_given(j, "kiosk_id", ids->kiosk_id);
}

/* Every order tells one event at least, so this is no printf. */
static void add_channel(struct arena *arena, struct str channels[CHANNELS], size_t *count,
                        struct str kind, struct str id)
{
    if (!id.at)
        return;
    char *name = arena_alloc(arena, kind.len + id.len);
    memcpy(name, kind.at, kind.len);
    memcpy(name + kind.len, id.at, id.len);
    channels[(*count)++] = (struct str){name, kind.len + id.len};
}

/* A new order is news for the shop, all that becomes of it for the customer. */
static bool is_for_shop(const char *topic)
{
    return strcmp(topic, TOPIC_ORDER_PLACED) == 0 || strcmp(topic, TOPIC_ORDER_PAID) == 0;
}

void order_event_append(struct db *tx, struct arena *arena, const char *topic,
                        const struct order_ids *ids, struct str payload, struct str actor,
                        int64_t at_us)
{
    struct str channels[CHANNELS];
    size_t count = 0;
    bool shop_first = is_for_shop(topic);
    if (!shop_first)
        add_channel(arena, channels, &count, STR("account:"), ids->account_id);
    add_channel(arena, channels, &count, STR("shop:"), ids->shop_id);
    if (shop_first)
        add_channel(arena, channels, &count, STR("account:"), ids->account_id);
    add_channel(arena, channels, &count, STR("order:"), ids->order_id);
    add_channel(arena, channels, &count, STR("kiosk:"), ids->kiosk_id);
    journal_append(tx, &(struct event_draft){.topic = topic,
                                             .key = ids->order_id,
                                             .actor = actor,
                                             .at_us = at_us,
                                             .payload = payload,
                                             .channels = channels,
                                             .channel_count = count});
}
