/* screen.c - the only code that changes what a kiosk shows: the row, the deadline and the event of
 * a screen, in one transaction. */
#include "kiosk/screen.h"

#include "app/topic.h"
#include "base/json.h"
#include "journal/deadline.h"

static const char *const words[KIOSK_STATE_COUNT] = {
#define KIOSK_STATE(name, meaning) #name,
#include "kiosk/tbl/screens.h"
};

static const bool moves[KIOSK_STATE_COUNT][KIOSK_STATE_COUNT] = {
#define KIOSK_MOVE(from, to, when) [KIOSK_##from][KIOSK_##to] = true,
#include "kiosk/tbl/screens.h"
};

const char *kiosk_state_word(enum kiosk_state s)
{
    CHECK(s < KIOSK_STATE_COUNT);
    return words[s];
}

bool kiosk_may_move(enum kiosk_state from, enum kiosk_state to)
{
    CHECK(from < KIOSK_STATE_COUNT && to < KIOSK_STATE_COUNT);
    return moves[from][to];
}

bool screen_may(const struct kiosk *k, struct str order_id, enum kiosk_state to)
{
    return k->order_id.at && str_eq(k->order_id, order_id) && kiosk_may_move(k->state, to);
}

static void write_row(struct db *tx, const struct kiosk *k)
{
    db_exec(tx,
            "UPDATE kiosks SET state = ?, order_id = ?, screen_event = ?, screen_values = ?,"
            " until_at = ?, changed_at = ? WHERE id = ?",
            DB_CSTR(kiosk_state_word(k->state)), DB_TEXT(k->order_id), DB_TEXT(k->event),
            DB_TEXT(k->values), DB_INT(k->until_us), DB_INT(k->changed_us), DB_TEXT(k->id));
}

static void arm(struct db *tx, struct arena *arena, const struct kiosk *k, int64_t was_us)
{
    struct str key = str_of(arena_printf(arena, "screen:%.*s", STR_ARG(k->id)));
    if (k->until_us)
        deadline_set(tx, "kiosk", key, k->until_us);
    else if (was_us)
        deadline_clear(tx, "kiosk", key);
}

static void tell(struct db *tx, struct arena *arena, const struct kiosk *k, struct str actor,
                 int64_t now_us)
{
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    jout_object(&j);
    jout_field_str(&j, "event", k->event);
    jout_field_raw(&j, "values", k->values);
    jout_object_end(&j);
    struct str channel = str_of(arena_printf(arena, "kiosk:%.*s", STR_ARG(k->id)));
    journal_append(tx, &(struct event_draft){.topic = TOPIC_KIOSK_SCREEN,
                                             .key = k->id,
                                             .actor = actor,
                                             .at_us = now_us,
                                             .payload = buf_str(&payload),
                                             .channels = &channel,
                                             .channel_count = 1});
}

void screen_show(struct db *tx, struct arena *arena, struct kiosk *k, const struct screen *s,
                 struct str actor, int64_t now_us)
{
    CHECK(k->state == s->state || kiosk_may_move(k->state, s->state));
    int64_t was_us = k->until_us;
    k->state = s->state;
    k->order_id = s->order_id;
    k->event = str_of(s->event);
    k->values = s->values;
    k->until_us = s->until_us;
    k->changed_us = now_us;
    write_row(tx, k);
    arm(tx, arena, k, was_us);
    tell(tx, arena, k, actor, now_us);
}

void screen_rest(struct db *tx, struct arena *arena, struct kiosk *k, struct str actor,
                 int64_t now_us)
{
    struct screen s = {.state = KIOSK_IDLE,
                       .event = k->in_order ? kiosk_state_word(KIOSK_IDLE) : "OUT_OF_ORDER",
                       .values = STR("{}")};
    screen_show(tx, arena, k, &s, actor, now_us);
}

/* One of the two ends: `field` is the number or the reason. */
static void show_end(struct db *tx, struct arena *arena, struct kiosk *k, enum kiosk_state state,
                     const char *field, struct str value, struct str actor, int64_t now_us)
{
    struct buf values = buf_in(arena);
    struct jout j = jout_to(&values);
    jout_object(&j);
    jout_field_str(&j, "order_id", k->order_id);
    jout_field_str(&j, field, value);
    jout_field_time(&j, "until", now_us + KIOSK_REST_US);
    jout_object_end(&j);
    struct screen s = {.state = state,
                       .event = kiosk_state_word(state),
                       .values = buf_str(&values),
                       .order_id = k->order_id,
                       .until_us = now_us + KIOSK_REST_US};
    screen_show(tx, arena, k, &s, actor, now_us);
}

void screen_success(struct db *tx, struct arena *arena, struct kiosk *k, const struct order *o,
                    int64_t now_us)
{
    show_end(tx, arena, k, KIOSK_PAYMENT_SUCCESS, "number", o->number, STR("service:kiosk"),
             now_us);
}

void screen_failed(struct db *tx, struct arena *arena, struct kiosk *k, struct str reason,
                   struct str actor, int64_t now_us)
{
    show_end(tx, arena, k, KIOSK_PAYMENT_FAILED, "reason", reason, actor, now_us);
}
